//! What a library is, for tests: the rules without the packing.

use std::collections::BTreeMap;

use crate::model::{Album, AlbumId, Change, Photo, PhotoId};

/// The same rules, plainly.
#[derive(Default)]
pub(crate) struct Plain {
    pub(crate) albums: BTreeMap<AlbumId, Album>,
    pub(crate) photos: BTreeMap<PhotoId, Photo>,
}

impl Plain {
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Album(album) => drop(self.albums.insert(album.id, album.clone())),
            Change::AlbumGone(album) => {
                self.albums.remove(album);
                self.photos.retain(|id, _| id.album != *album);
            }
            Change::Photo(photo) if self.albums.contains_key(&photo.id.album) => {
                let mut photo = Photo::clone(photo);
                if let Some(known) = self.photos.get(&photo.id) {
                    photo.inherit(known);
                }
                self.photos.insert(photo.id, photo);
            }
            Change::Photo(_) | Change::Proven { .. } => {}
            Change::PhotosGone { album, messages } => {
                for message in messages {
                    self.photos.remove(&PhotoId { album: *album, message: *message });
                }
            }
            Change::Described { photo, file, taken, head_read, blur } => {
                let known = self.photos.get_mut(photo);
                if let Some(photo) = known.filter(|photo| photo.remote.id == *file) {
                    photo.taken = taken.or(photo.taken);
                    photo.head_read |= head_read;
                    photo.blur = blur.or(photo.blur);
                }
            }
        }
    }
}
