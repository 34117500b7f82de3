//! The photos of a place in the order of time, newest first. Pure: library in, order out.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::model::{AlbumId, Library, MediaKind, Photo, PhotoId};

/// Which photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    All,
    Album(AlbumId),
}

/// What the layout needs to know of a photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: PhotoId,
    /// Seconds of the wall clock it belongs to.
    pub(crate) wall_seconds: i64,
    /// Width over height, as it is.
    pub(crate) aspect: f32,
    pub(crate) video: bool,
}

impl Entry {
    /// Days since 1970-01-01.
    pub(crate) const fn day(&self) -> i64 {
        self.wall_seconds.div_euclid(86_400)
    }
}

/// Photos in the order of time, newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    entries: Vec<Entry>,
    places: HashMap<PhotoId, usize>,
}

impl Timeline {
    /// Orders the photos of `scope`.
    pub(crate) fn of(library: &Library, scope: Scope, zone: &TimeZone) -> Self {
        let mut entries = Vec::new();
        let mut take = |shelf: &crate::model::AlbumShelf| {
            entries.extend(shelf.photos.values().map(|photo| entry(photo, zone)));
        };
        match scope {
            Scope::All => library.albums().for_each(&mut take),
            Scope::Album(id) => library.album(id).into_iter().for_each(&mut take),
        }
        Self::from_entries(entries)
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
    pub(crate) fn place_of(&self, id: PhotoId) -> Option<usize> {
        self.places.get(&id).copied()
    }
}

/// The wall clock a photo is sorted by: the camera's, else the sender's moment in our zone.
pub(crate) fn wall_seconds(photo: &Photo, zone: &TimeZone) -> i64 {
    photo.taken.map_or_else(
        || {
            let offset = jiff::Timestamp::from_second(photo.sent)
                .map_or(0, |at| zone.to_offset(at).seconds());
            photo.sent.saturating_add(i64::from(offset))
        },
        |taken| taken.wall_seconds,
    )
}

fn entry(photo: &Photo, zone: &TimeZone) -> Entry {
    Entry {
        id: photo.id,
        wall_seconds: wall_seconds(photo, zone),
        aspect: photo.size.aspect(),
        video: matches!(photo.kind, MediaKind::Video { .. }),
    }
}
