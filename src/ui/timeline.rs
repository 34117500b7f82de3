//! The photos of a place in the order of time, newest first. Pure: library in, order out.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::uploads::Uploads;
use crate::model::{AlbumId, Library, MediaKind, PhotoId, PhotoRef, Upload, UploadId};

/// Which photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    All,
    Album(AlbumId),
}

/// What a tile stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TileId {
    /// A photo of the library.
    Photo(PhotoId),
    /// A file on its way, until the photo that it becomes is in the library.
    Draft(UploadId),
}

impl TileId {
    /// The photo, unless it is still on its way.
    pub(crate) const fn photo(self) -> Option<PhotoId> {
        match self {
            Self::Photo(photo) => Some(photo),
            Self::Draft(_) => None,
        }
    }
}

impl From<PhotoId> for TileId {
    fn from(photo: PhotoId) -> Self {
        Self::Photo(photo)
    }
}

/// What the layout needs to know of a photo, or of a file that becomes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: TileId,
    /// Seconds of the wall clock it belongs to.
    pub(crate) wall_seconds: i64,
    /// Width over height, as it is.
    pub(crate) aspect: f32,
    pub(crate) video: bool,
}

impl Entry {
    /// The photo, unless it is still on its way.
    pub(crate) const fn photo(&self) -> Option<PhotoId> {
        match self.id {
            TileId::Photo(photo) => Some(photo),
            TileId::Draft(_) => None,
        }
    }

    /// Days since 1970-01-01.
    pub(crate) const fn day(&self) -> i64 {
        self.wall_seconds.div_euclid(86_400)
    }
}

/// Photos in the order of time, newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    entries: Vec<Entry>,
    places: HashMap<TileId, usize>,
}

impl Timeline {
    /// Orders the photos of `scope`.
    pub(crate) fn of(library: &Library, scope: Scope, zone: &TimeZone) -> Self {
        let mut entries = Vec::new();
        let mut take = |shelf: &crate::model::AlbumShelf| {
            entries.extend(shelf.photos().map(|photo| entry(photo, zone)));
        };
        match scope {
            Scope::All => library.albums().for_each(&mut take),
            Scope::Album(id) => library.album(id).into_iter().for_each(&mut take),
        }
        Self::from_entries(entries)
    }

    /// Orders the photos of `scope` and the files on their way there; `None` without such files.
    pub(crate) fn with_drafts(
        library: &Library,
        uploads: &Uploads,
        scope: Scope,
        zone: &TimeZone,
    ) -> Option<Self> {
        let of_scope = |upload: &Upload| match scope {
            Scope::All => library.album(upload.album).is_some(),
            Scope::Album(album) => upload.album == album,
        };
        let mut drafts = uploads
            .drafts(library)
            .filter(|(upload, _)| of_scope(upload))
            .map(|(upload, seen)| draft(upload, seen, zone))
            .peekable();
        drafts.peek()?;
        let mut entries = Self::of(library, scope, zone).entries;
        entries.extend(drafts);
        Some(Self::from_entries(entries))
    }

    /// Orders `entries`.
    pub(crate) fn from_entries(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| b.wall_seconds.cmp(&a.wall_seconds).then(b.id.cmp(&a.id)));
        let places = entries.iter().enumerate().map(|(i, entry)| (entry.id, i)).collect();
        Self { entries, places }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where a photo stands.
    pub(crate) fn place_of(&self, id: impl Into<TileId>) -> Option<usize> {
        self.places.get(&id.into()).copied()
    }
}

/// The wall clock a photo is sorted by.
pub(crate) fn wall_seconds(photo: PhotoRef<'_>, zone: &TimeZone) -> i64 {
    photo.moment().wall_seconds(zone)
}

/// Stands where its photo will stand, as far as that is known.
fn draft(upload: &Upload, seen: i64, zone: &TimeZone) -> Entry {
    Entry {
        id: TileId::Draft(upload.id),
        wall_seconds: upload.moment(seen).wall_seconds(zone),
        aspect: upload.size.aspect(),
        video: false,
    }
}

fn entry(photo: PhotoRef<'_>, zone: &TimeZone) -> Entry {
    Entry {
        id: TileId::Photo(photo.id()),
        wall_seconds: wall_seconds(photo, zone),
        aspect: photo.size().aspect(),
        video: matches!(photo.kind(), MediaKind::Video { .. }),
    }
}
