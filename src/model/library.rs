//! The library: what all changes so far add up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Album, AlbumId, Change, MessageId, Photo, PhotoId};

/// One album with its photos, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlbumShelf {
    /// The album itself.
    pub album: Album,
    /// Its photos by message id.
    pub photos: BTreeMap<MessageId, Arc<Photo>>,
    revision: u64,
}

impl AlbumShelf {
    /// A number that grows with every change to this album.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}

/// All albums and photos. Cheap to fold a change into, cheap to ask.
#[derive(Clone, Debug, Default)]
pub struct Library {
    albums: BTreeMap<AlbumId, AlbumShelf>,
    revision: u64,
}

impl Library {
    /// An empty library.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Folds one change in; returns whether anything is different now.
    ///
    /// A photo of an album that is not known is not kept: albums are announced before their photos.
    pub fn apply(&mut self, change: &Change) -> bool {
        let changed = match change {
            Change::Album(album) => self.put_album(album),
            Change::AlbumGone(id) => self.albums.remove(id).is_some(),
            Change::Photo(photo) => self.put_photo(photo),
            Change::PhotosGone { album, messages } => self.edit(*album, |shelf| {
                messages.iter().fold(false, |any, id| shelf.photos.remove(id).is_some() | any)
            }),
            Change::Described { photo, taken, blur } => self.edit(photo.album, |shelf| {
                let Some(known) = shelf.photos.get_mut(&photo.message) else { return false };
                let (taken, blur) = (taken.or(known.taken), blur.or(known.blur));
                let changed = taken != known.taken || blur != known.blur;
                if changed {
                    let photo = Arc::make_mut(known);
                    (photo.taken, photo.blur) = (taken, blur);
                }
                changed
            }),
        };
        self.revision += u64::from(changed);
        changed
    }

    fn put_album(&mut self, album: &Album) -> bool {
        if let Some(shelf) = self.albums.get_mut(&album.id) {
            let changed = shelf.album != *album;
            if changed {
                shelf.album = album.clone();
                shelf.revision += 1;
            }
            return changed;
        }
        let shelf = AlbumShelf { album: album.clone(), photos: BTreeMap::new(), revision: 1 };
        self.albums.insert(album.id, shelf);
        true
    }

    fn put_photo(&mut self, photo: &Photo) -> bool {
        self.edit(photo.id.album, |shelf| {
            let mut photo = photo.clone();
            let known = shelf.photos.get(&photo.id.message);
            if let Some(known) = known {
                photo.inherit(known);
            }
            let changed = known.is_none_or(|known| **known != photo);
            if changed {
                shelf.photos.insert(photo.id.message, Arc::new(photo));
            }
            changed
        })
    }

    fn edit(&mut self, album: AlbumId, f: impl FnOnce(&mut AlbumShelf) -> bool) -> bool {
        let Some(shelf) = self.albums.get_mut(&album) else { return false };
        let changed = f(shelf);
        shelf.revision += u64::from(changed);
        changed
    }

    /// A number that grows with every change.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// All albums, in the order of their ids.
    pub fn albums(&self) -> impl ExactSizeIterator<Item = &AlbumShelf> {
        self.albums.values()
    }

    /// One album.
    #[must_use]
    pub fn album(&self, id: AlbumId) -> Option<&AlbumShelf> {
        self.albums.get(&id)
    }

    /// One photo.
    #[must_use]
    pub fn photo(&self, id: PhotoId) -> Option<&Arc<Photo>> {
        self.albums.get(&id.album)?.photos.get(&id.message)
    }

    /// How many photos there are in all albums together.
    #[must_use]
    pub fn photo_count(&self) -> usize {
        self.albums.values().map(|shelf| shelf.photos.len()).sum()
    }

    /// The changes that make an equal library from nothing.
    pub fn as_changes(&self) -> impl Iterator<Item = Change> + '_ {
        self.albums.values().flat_map(|shelf| {
            std::iter::once(Change::Album(shelf.album.clone())).chain(
                shelf.photos.values().map(|photo| Change::Photo(Box::new(Photo::clone(photo)))),
            )
        })
    }
}

impl PartialEq for Library {
    /// Equal content; how often it changed on the way does not count.
    fn eq(&self, other: &Self) -> bool {
        self.albums.len() == other.albums.len()
            && self
                .albums
                .values()
                .zip(other.albums.values())
                .all(|(a, b)| a.album == b.album && a.photos == b.photos)
    }
}
