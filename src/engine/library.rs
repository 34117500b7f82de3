//! The engine's library: the one into which changes are folded. Look-ups on workers take it from
//! here, the window gets snapshots of it. The lock is never held across an `await`, and never taken
//! by the window.

mod sizes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use self::sizes::Sizes;
use super::runtime::lock;
use crate::model::{Album, AlbumId, Change, Folded, Library, MessageId, PhotoId, RemoteKind};

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

impl From<&Folded> for Tally {
    fn from(folded: &Folded) -> Self {
        Self { added: folded.added, changed: folded.changed, removed: folded.removed }
    }
}

/// The library. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Mirror(Arc<RwLock<Library>>, Arc<Mutex<Option<Sizes>>>);

impl Mirror {
    /// The library as it is now.
    pub(crate) fn snapshot(&self) -> Library {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Folds changes in and says what was different.
    pub(crate) fn apply(&self, changes: &[Change]) -> Folded {
        let folded = self.0.write().unwrap_or_else(PoisonError::into_inner).apply_all(changes);
        // Afterwards: whoever makes the index meanwhile has seen these changes, or waits for them.
        if let Some(sizes) = &mut *lock(&self.1) {
            sizes.follow(changes);
        }
        folded
    }

    /// Puts what was loaded in the place of what was there.
    pub(crate) fn replace(&self, library: Library) {
        let mut own = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *own = own.replaced_by(library);
        drop(own);
        *lock(&self.1) = None;
    }

    pub(crate) fn has_photo(&self, id: PhotoId) -> bool {
        self.snapshot().photo(id).is_some()
    }

    pub(crate) fn album(&self, id: AlbumId) -> Option<Album> {
        self.snapshot().album(id).map(|shelf| shelf.album.clone())
    }

    pub(crate) fn albums(&self) -> BTreeMap<AlbumId, Album> {
        self.snapshot().albums().map(|shelf| (shelf.album.id, shelf.album.clone())).collect()
    }

    /// The photos of an album, newest first.
    pub(crate) fn newest_first(&self, album: AlbumId) -> Vec<PhotoId> {
        let library = self.snapshot();
        let shelf = library.album(album).into_iter();
        shelf.flat_map(|shelf| shelf.photos().rev().map(|photo| photo.id())).collect()
    }

    pub(crate) fn messages(&self, album: AlbumId) -> BTreeSet<MessageId> {
        let library = self.snapshot();
        let shelf = library.album(album).into_iter();
        shelf.flat_map(|shelf| shelf.photos().map(|photo| photo.id().message)).collect()
    }

    /// The newest photo's message; 0 in an empty album.
    pub(crate) fn top(&self, album: AlbumId) -> MessageId {
        let library = self.snapshot();
        let newest = library.album(album).and_then(|shelf| Some(shelf.newest()?.id().message));
        newest.unwrap_or(MessageId(0))
    }

    /// Up to `limit` messages of the album around `message`.
    pub(crate) fn around(&self, id: PhotoId, limit: usize) -> Vec<MessageId> {
        let library = self.snapshot();
        let Some(shelf) = library.album(id.album) else { return vec![id.message] };
        let older = shelf.photos_before(id.message).take(limit / 2);
        let newer = shelf.photos_from(id.message).take(limit.div_ceil(2));
        let mut found: Vec<_> = older.chain(newer).map(|photo| photo.id().message).collect();
        if !found.contains(&id.message) {
            found.push(id.message);
        }
        found
    }

    /// Documents of the album with exactly this many bytes, newest first, and whether they have
    /// this name. The first call of all takes as long as the library is large: on the pool.
    pub(crate) fn of_size(&self, album: AlbumId, bytes: u64, name: &str) -> Vec<(PhotoId, bool)> {
        let found = {
            let mut sizes = lock(&self.1);
            // The library is looked at under this lock, so that no change is missed.
            sizes.get_or_insert_with(|| Sizes::of(&self.snapshot())).find(album, bytes)
        };
        let library = self.snapshot();
        let photos = found.into_iter().filter_map(|message| {
            let photo = library.photo(PhotoId { album, message })?;
            let suits = photo.bytes() == bytes && photo.remote_kind() == RemoteKind::Document;
            suits.then(|| (photo.id(), photo.name() == name))
        });
        photos.collect()
    }

    /// Whether the album has a document with exactly this many bytes; as [`of_size`](Self::of_size).
    pub(crate) fn has_size(&self, album: AlbumId, bytes: u64) -> bool {
        !self.of_size(album, bytes, "").is_empty()
    }

    /// Documents of other albums with exactly this many bytes and this name; as
    /// [`of_size`](Self::of_size).
    pub(crate) fn elsewhere(&self, than: AlbumId, bytes: u64, name: &str) -> Vec<PhotoId> {
        let albums = self.snapshot();
        let others = albums.albums().map(|shelf| shelf.album.id).filter(|album| *album != than);
        let alike = others.flat_map(|album| self.of_size(album, bytes, name));
        alike.filter(|(_, has_name)| *has_name).map(|(id, _)| id).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{MediaKind, Photo, PixelSize, RemoteFile};

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
            head_read: false,
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
        let tally = |changes: &[Change]| Tally::from(&mirror.apply(changes));
        assert_eq!(tally(&[put(photo(1, 1, 9))]), Tally::default(), "no album, no photo");
        let all = [Change::Album(album(1)), put(photo(1, 1, 9)), put(photo(1, 2, 9))];
        assert_eq!(tally(&all), Tally { added: 2, ..Tally::default() });
        assert_eq!(tally(&all), Tally::default(), "twice is once");
        let mut fresh = photo(1, 1, 9);
        fresh.remote.reference = vec![2];
        assert_eq!(tally(&[put(fresh.clone())]), Tally::default());
        fresh.caption = "new".into();
        assert_eq!(tally(&[put(fresh)]), Tally { changed: 1, ..Tally::default() });
        let gone = vec![MessageId(1), MessageId(1), MessageId(77)];
        let gone = Change::PhotosGone { album: AlbumId(1), messages: gone };
        assert_eq!(tally(&[gone]), Tally { removed: 1, ..Tally::default() });
        let gone = [Change::AlbumGone(AlbumId(1))];
        assert_eq!(tally(&gone), Tally { removed: 1, ..Tally::default() });
    }

    #[test]
    fn neighbours_and_doubles_are_found() {
        let mirror = Mirror::default();
        let mut changes = vec![Change::Album(album(1))];
        changes.extend((1..=2000).map(|n| {
            let bytes = if n % 500 == 0 { 77 } else { 9 };
            Change::Photo(Box::new(photo(1, n * 2, bytes)))
        }));
        mirror.apply(&changes);
        let at = |message| PhotoId { album: AlbumId(1), message: MessageId(message) };
        assert_eq!(mirror.top(AlbumId(1)), MessageId(4000));
        assert_eq!(mirror.top(AlbumId(2)), MessageId(0));
        let around = mirror.around(at(1024), 4);
        assert_eq!(around, [1022, 1020, 1024, 1026].map(MessageId));
        assert_eq!(mirror.around(at(1), 2), [2, 1].map(MessageId), "itself, though it is gone");
        assert_eq!(mirror.around(at(9000), 2), [4000, 9000].map(MessageId));
        assert!(mirror.has_size(AlbumId(1), 77) && !mirror.has_size(AlbumId(1), 78));
        let elsewhere = |album, name| mirror.elsewhere(AlbumId(album), 77, name);
        assert_eq!(elsewhere(2, "3000.jpg"), [at(3000)]);
        assert_eq!((elsewhere(1, "3000.jpg"), elsewhere(2, "77.jpg")), (vec![], vec![]));
        let same = [(at(4000), false), (at(3000), true), (at(2000), false), (at(1000), false)];
        assert_eq!(mirror.of_size(AlbumId(1), 77, "3000.jpg"), same);
        assert_eq!(mirror.newest_first(AlbumId(1)).first(), Some(&at(4000)));
        assert_eq!(mirror.messages(AlbumId(1)).len(), 2000);
    }
}
