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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Blur, MediaKind, PixelSize, RemoteFile, RemoteKind, Taken};

    fn photo(album: i64, message: i32, file: i64, caption: &str) -> Change {
        Change::Photo(Box::new(Photo {
            id: PhotoId { album: AlbumId(album), message: MessageId(message) },
            name: format!("IMG_{message}.JPG"),
            bytes: 1000,
            size: PixelSize::new(400, 300),
            kind: MediaKind::Image,
            mime: "image/jpeg".into(),
            caption: caption.into(),
            sent: 1_700_000_000,
            taken: None,
            blur: None,
            group: None,
            remote: RemoteFile {
                kind: RemoteKind::Document,
                id: file,
                access_hash: 1,
                reference: vec![],
                dc: 2,
                thumbs: vec![],
                stripped: None,
            },
        }))
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let album = 1i64..4;
        let message = 1i32..6;
        prop_oneof![
            (album.clone(), "[a-c]").prop_map(|(id, title)| Change::Album(Album {
                id: AlbumId(id),
                access_hash: 9,
                title,
                created: 0
            })),
            album.clone().prop_map(|id| Change::AlbumGone(AlbumId(id))),
            (album.clone(), message.clone(), 1i64..3, "[a-c]")
                .prop_map(|(a, m, f, c)| photo(a, m, f, &c)),
            (album.clone(), prop::collection::vec(message.clone(), 0..3)).prop_map(|(a, ids)| {
                Change::PhotosGone {
                    album: AlbumId(a),
                    messages: ids.into_iter().map(MessageId).collect(),
                }
            }),
            (album, message, prop::option::of(0i64..3), any::<bool>()).prop_map(
                |(a, m, taken, blur)| Change::Described {
                    photo: PhotoId { album: AlbumId(a), message: MessageId(m) },
                    taken: taken.map(|s| Taken { wall_seconds: s, offset_minutes: None }),
                    blur: blur.then(|| Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj")).flatten(),
                }
            ),
        ]
    }

    proptest! {
        #[test]
        fn applying_a_change_twice_is_applying_it_once(changes in prop::collection::vec(any_change(), 0..40)) {
            let (mut once, mut twice) = (Library::new(), Library::new());
            for change in &changes {
                once.apply(change);
                twice.apply(change);
                prop_assert!(!twice.apply(change));
            }
            prop_assert_eq!(once, twice);
        }

        #[test]
        fn a_library_is_the_sum_of_its_changes(changes in prop::collection::vec(any_change(), 0..40)) {
            let mut library = Library::new();
            for change in &changes {
                library.apply(change);
            }
            let mut copy = Library::new();
            for change in library.as_changes() {
                copy.apply(&change);
            }
            prop_assert_eq!(library.photo_count(), copy.photo_count());
            prop_assert_eq!(library, copy);
        }
    }
}
