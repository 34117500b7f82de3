//! The store from its front door, against property, crash, kill, full disk and damage.

use std::path::Path;

use super::*;
use crate::model::{
    Album, Change, MediaKind, MessageId, PhotoId, PixelSize, RemoteFile, RemoteKind, UploadId,
};

mod cache;
mod crash;
mod disk;
mod home;
mod kill;
mod property;

fn options(home: &Path) -> StoreOptions {
    StoreOptions {
        data: home.join("data"),
        cache: home.join("cache"),
        thumbnail_budget: 64 << 20,
        original_budget: 64 << 20,
    }
}

fn open(home: &Path) -> Store {
    Store::open(options(home)).unwrap()
}

fn album(id: i64) -> Album {
    Album { id: AlbumId(id), access_hash: 7, title: format!("Album {id}"), created: 1 }
}

fn photo(album: i64, message: i32, bytes: u64) -> Photo {
    Photo {
        id: PhotoId { album: AlbumId(album), message: MessageId(message) },
        name: "../../etc/passwd".to_owned(),
        bytes,
        size: PixelSize::new(4000, 3000),
        kind: MediaKind::Image,
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent: 1,
        taken: None,
        head_read: false,
        blur: None,
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: i64::from(message) - 3,
            access_hash: 1,
            reference: vec![1, 2, 3],
            dc: 2,
            thumbs: Vec::new(),
            stripped: None,
        },
    }
}

fn entry(id: i64, order: u64) -> JournalEntry {
    JournalEntry {
        id: UploadId(id),
        order,
        album: AlbumId(1),
        path: format!("/photos/{id}.jpg").into(),
        random_id: id * 31,
        bytes: 10,
        modified: 3,
        sha256: Some([id.to_le_bytes()[0]; 32]),
        part_size: 524_288,
        acknowledged: PartSet::default(),
        as_photo: false,
        strip: None,
        caption: "Zoë at the sea".to_owned(),
        taken: None,
        blur: None,
        stage: JournalStage::Queued,
    }
}

/// Everything recorded: albums and their photos.
fn recorded(store: &Store) -> Vec<Change> {
    let library = store.load().unwrap();
    let albums = library.albums().map(|shelf| &shelf.album);
    albums
        .flat_map(|album| {
            let photos = store.photos_of(album.id).unwrap();
            let photos = photos.into_iter().rev().map(|photo| Change::Photo(Box::new(photo)));
            std::iter::once(Change::Album(album.clone())).chain(photos)
        })
        .collect()
}
