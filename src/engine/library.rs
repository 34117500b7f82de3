//! The engine's own copy of the library, folded from the same changes as the window's, for
//! look-ups on workers. Never held across an `await`, never touched by the window.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::model::{Album, AlbumId, Change, Library, MessageId, Photo, PhotoId};

/// What a batch of changes did to the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.removed += other.removed;
    }
}

/// The copy. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Mirror(Arc<RwLock<Library>>);

impl Mirror {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Library> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Folds changes in and says what was different.
    pub(crate) fn apply(&self, changes: &[Change]) -> Tally {
        let mut library = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut tally = Tally::default();
        for change in changes {
            tally += effect(&library, change);
            library.apply(change);
        }
        tally
    }

    pub(crate) fn photo(&self, id: PhotoId) -> Option<Arc<Photo>> {
        self.read().photo(id).cloned()
    }

    pub(crate) fn album(&self, id: AlbumId) -> Option<Album> {
        self.read().album(id).map(|shelf| shelf.album.clone())
    }

    pub(crate) fn albums(&self) -> BTreeMap<AlbumId, Album> {
        self.read().albums().map(|shelf| (shelf.album.id, shelf.album.clone())).collect()
    }

    /// The photos of an album, newest first.
    pub(crate) fn newest_first(&self, album: AlbumId) -> Vec<Arc<Photo>> {
        self.read()
            .album(album)
            .map(|shelf| shelf.photos.values().rev().cloned().collect())
            .unwrap_or_default()
    }

    pub(crate) fn messages(&self, album: AlbumId) -> BTreeSet<MessageId> {
        self.read()
            .album(album)
            .map(|shelf| shelf.photos.keys().copied().collect())
            .unwrap_or_default()
    }

    /// The newest photo's message; 0 in an empty album.
    pub(crate) fn top(&self, album: AlbumId) -> MessageId {
        self.read()
            .album(album)
            .and_then(|shelf| shelf.photos.last_key_value().map(|(id, _)| *id))
            .unwrap_or(MessageId(0))
    }

    /// Up to `limit` messages of the album around `message`.
    pub(crate) fn around(&self, id: PhotoId, limit: usize) -> Vec<MessageId> {
        let library = self.read();
        let Some(shelf) = library.album(id.album) else { return vec![id.message] };
        let older = shelf.photos.range(..id.message).rev().take(limit / 2).map(|(id, _)| *id);
        let newer = shelf.photos.range(id.message..).take(limit.div_ceil(2)).map(|(id, _)| *id);
        let mut found: Vec<MessageId> = older.chain(newer).collect();
        if !found.contains(&id.message) {
            found.push(id.message);
        }
        found
    }

    /// Whether the album has a photo with exactly this many bytes.
    pub(crate) fn has_size(&self, album: AlbumId, bytes: u64) -> bool {
        self.read()
            .album(album)
            .is_some_and(|shelf| shelf.photos.values().any(|photo| photo.bytes == bytes))
    }

    /// Photos of the album with exactly this many bytes, newest first.
    pub(crate) fn of_size(&self, album: AlbumId, bytes: u64) -> Vec<Arc<Photo>> {
        self.read()
            .album(album)
            .map(|shelf| {
                shelf.photos.values().rev().filter(|photo| photo.bytes == bytes).cloned().collect()
            })
            .unwrap_or_default()
    }
}

/// What `change` will do to `library`, in photos. A new file reference is no change for people.
fn effect(library: &Library, change: &Change) -> Tally {
    let mut tally = Tally::default();
    match change {
        Change::Photo(photo) => match library.photo(photo.id) {
            None => tally.added = usize::from(library.album(photo.id.album).is_some()),
            Some(known) => {
                let mut new = Photo::clone(photo);
                new.inherit(known);
                new.remote.reference.clone_from(&known.remote.reference);
                tally.changed = usize::from(new != **known);
            }
        },
        Change::PhotosGone { album, messages } => {
            if let Some(shelf) = library.album(*album) {
                tally.removed = messages
                    .iter()
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .filter(|id| shelf.photos.contains_key(id))
                    .count();
            }
        }
        Change::AlbumGone(album) => {
            tally.removed = library.album(*album).map_or(0, |shelf| shelf.photos.len());
        }
        Change::Album(_) | Change::Described { .. } => {}
    }
    tally
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{MediaKind, PixelSize, RemoteFile, RemoteKind};

    pub(crate) fn album(id: i64) -> Album {
        Album { id: AlbumId(id), access_hash: 7, title: format!("Album {id}"), created: 0 }
    }

    pub(crate) fn photo(album: i64, message: i32, bytes: u64) -> Photo {
        Photo {
            id: PhotoId { album: AlbumId(album), message: MessageId(message) },
            name: format!("{message}.jpg"),
            bytes,
            size: PixelSize::new(40, 30),
            kind: MediaKind::Image,
            mime: "image/jpeg".into(),
            caption: String::new(),
            sent: 0,
            taken: None,
            blur: None,
            group: None,
            remote: RemoteFile {
                kind: RemoteKind::Document,
                id: i64::from(message),
                access_hash: 1,
                reference: vec![1],
                dc: 2,
                thumbs: vec![],
                stripped: None,
            },
        }
    }

    #[test]
    fn counts_what_people_would_count() {
        let mirror = Mirror::default();
        let put = |p: Photo| Change::Photo(Box::new(p));
        assert_eq!(mirror.apply(&[put(photo(1, 1, 9))]), Tally::default(), "no album, no photo");
        let all = [Change::Album(album(1)), put(photo(1, 1, 9)), put(photo(1, 2, 9))];
        assert_eq!(mirror.apply(&all), Tally { added: 2, ..Tally::default() });
        assert_eq!(mirror.apply(&all), Tally::default(), "twice is once");
        let mut fresh = photo(1, 1, 9);
        fresh.remote.reference = vec![2];
        assert_eq!(mirror.apply(&[put(fresh.clone())]), Tally::default());
        assert_eq!(mirror.photo(fresh.id).unwrap().remote.reference, vec![2]);
        fresh.caption = "new".into();
        assert_eq!(mirror.apply(&[put(fresh)]), Tally { changed: 1, ..Tally::default() });
        let gone = vec![MessageId(1), MessageId(1), MessageId(77)];
        let gone = Change::PhotosGone { album: AlbumId(1), messages: gone };
        assert_eq!(mirror.apply(&[gone]), Tally { removed: 1, ..Tally::default() });
        assert_eq!(
            mirror.apply(&[Change::AlbumGone(AlbumId(1))]),
            Tally { removed: 1, ..Tally::default() }
        );
    }
}
