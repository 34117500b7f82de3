//! The photos of a place in the order of time, newest first, and the files on their way there.
//!
//! A timeline is in step with one snapshot of the library; told what has changed since, it follows
//! the next one by edits. Pure; made on the window's thread where it is short, else on another.

mod clock;
mod entry;
mod order;
mod sums;

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;

use self::clock::Clock;
pub(crate) use self::entry::{ASPECT_UNIT, Entry, Key, Packed, SECONDS_OF_DAY, TileId};
pub(crate) use self::order::{Order, Totals};
pub(crate) use self::sums::{SumList, Summed};
use super::uploads::Uploads;
use crate::model::{AlbumId, AlbumShelf, Library, MediaKind, PhotoId, PhotoRef, Upload, UploadId};

/// Which photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    All,
    Album(AlbumId),
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    order: Order,
    scope: Scope,
    /// The snapshot that the order is in step with.
    library: Library,
    zone: TimeZone,
    /// What stands in it and is in no library: files on their way.
    others: HashMap<TileId, Entry>,
}

/// What happened to the order of a timeline, told after each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Edit {
    /// An entry has come to stand at this rank.
    Inserted(usize),
    /// This entry, which stood at this rank, is gone.
    Removed(usize, Entry),
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            order: Order::default(),
            scope: Scope::All,
            library: Library::default(),
            zone: TimeZone::UTC,
            others: HashMap::new(),
        }
    }
}

impl Timeline {
    /// Orders the photos of `scope`.
    pub(crate) fn of(library: &Library, scope: Scope, zone: &TimeZone) -> Self {
        let photos = shelves(library, scope).flat_map(AlbumShelf::photos);
        Self::of_photos(library, scope, zone, photos)
    }

    /// Orders a few photos of `scope`, to be shown until all are in order: the newest messages of
    /// each album, so many at most, and as many around one photo.
    pub(crate) fn glimpse(
        library: &Library,
        scope: Scope,
        zone: &TimeZone,
        most: usize,
        around: Option<PhotoId>,
    ) -> Self {
        let shelf = around.and_then(|photo| Some((photo, library.album(photo.album)?)));
        let near: Vec<PhotoRef<'_>> = shelf.map_or_else(Vec::new, |(photo, shelf)| {
            let newer = shelf.photos_from(photo.message).take(most / 2);
            shelf.photos_before(photo.message).take(most / 2).chain(newer).collect()
        });
        // Each once, where the two meet.
        let nearest_to_now = near.iter().map(PhotoRef::id).max();
        let newest = shelves(library, scope)
            .flat_map(|shelf| shelf.photos().rev().take(most))
            .filter(|photo| {
                let id = photo.id();
                nearest_to_now.is_none_or(|last| id.album != last.album || id > last)
            });
        let photos: Vec<PhotoRef<'_>> = newest.chain(near.iter().copied()).collect();
        Self::of_photos(library, scope, zone, photos.into_iter())
    }

    fn of_photos<'a>(
        library: &Library,
        scope: Scope,
        zone: &TimeZone,
        photos: impl Iterator<Item = PhotoRef<'a>>,
    ) -> Self {
        let mut clock = Clock::new(zone.clone());
        let order = photos.map(|photo| entry(photo, |unix| clock.wall_seconds(unix))).collect();
        let library = library.clone();
        Self { order, scope, library, zone: zone.clone(), others: HashMap::new() }
    }

    /// Orders `entries`, which no library knows.
    #[cfg(test)]
    pub(crate) fn from_entries(entries: Vec<Entry>) -> Self {
        let others = entries.iter().map(|entry| (entry.id, *entry)).collect();
        Self { order: entries.into_iter().collect(), others, ..Self::default() }
    }

    /// The revision of the library's snapshot that it is in step with.
    pub(crate) const fn revision(&self) -> u64 {
        self.library.revision()
    }

    /// The entries, newest first.
    pub(crate) const fn order(&self) -> &Order {
        &self.order
    }

    pub(crate) fn get(&self, index: usize) -> Option<Entry> {
        self.order.get(index)
    }

    pub(crate) const fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a photo or a file on its way stands.
    pub(crate) fn place_of(&self, id: impl Into<TileId>) -> Option<usize> {
        self.order.rank_of(self.key_of(id.into())?)
    }

    fn key_of(&self, id: TileId) -> Option<Key> {
        if let Some(entry) = self.others.get(&id) {
            return Some(entry.key());
        }
        let TileId::Photo(photo) = id else { return None };
        let photo = self.library.photo(photo)?;
        Some(Key { wall_seconds: wall_seconds(photo, &self.zone), id })
    }

    /// Takes the step to another snapshot of the library; no photo but the `touched` ones may be
    /// different.
    pub(crate) fn follow(
        &mut self,
        library: &Library,
        touched: impl IntoIterator<Item = PhotoId>,
        mut told: impl FnMut(&Order, Edit),
    ) {
        let mut clock = Clock::new(self.zone.clone());
        for id in touched {
            if matches!(self.scope, Scope::Album(album) if album != id.album) {
                continue;
            }
            let now = library.photo(id).map(|photo| entry(photo, |u| clock.wall_seconds(u)));
            self.set(id.into(), now, &mut told);
        }
        self.library = library.clone();
    }

    /// Of these photos, keeps those that stand elsewhere or look different in another snapshot.
    pub(crate) fn keep_different(&self, library: &Library, photos: &mut Vec<PhotoId>) {
        let mut clock = Clock::new(self.zone.clone());
        photos.retain(|id| {
            if matches!(self.scope, Scope::Album(album) if album != id.album) {
                return false;
            }
            let now = library.photo(*id).map(|photo| entry(photo, |u| clock.wall_seconds(u)));
            self.standing((*id).into()).map(|was| was.packed()) != now.map(|now| now.packed())
        });
    }

    /// The entry of a photo or a file as it stands in the order.
    fn standing(&self, id: TileId) -> Option<Entry> {
        self.order.get(self.order.rank_of(self.key_of(id)?)?)
    }

    /// Takes in which files are on their way: all of them.
    pub(crate) fn follow_drafts(
        &mut self,
        library: &Library,
        uploads: &Uploads,
        mut told: impl FnMut(&Order, Edit),
    ) {
        let known = self.others.keys().filter_map(|id| match id {
            TileId::Draft(upload) => Some(*upload),
            TileId::Photo(_) => None,
        });
        let mut files: HashSet<UploadId> = known.collect();
        files.extend(uploads.drafts(library).map(|(upload, _)| upload.id));
        for id in files {
            self.follow_draft(library, uploads, id, &mut told);
        }
    }

    /// Takes in whether, and where, this file is on its way.
    pub(crate) fn follow_draft(
        &mut self,
        library: &Library,
        uploads: &Uploads,
        file: UploadId,
        told: &mut impl FnMut(&Order, Edit),
    ) {
        let of_scope = |upload: &Upload| match self.scope {
            Scope::All => library.album(upload.album).is_some(),
            Scope::Album(album) => upload.album == album,
        };
        let now = uploads
            .draft(file, library)
            .filter(|(upload, _)| of_scope(upload))
            .map(|(upload, seen)| draft(upload, seen, &self.zone));
        let id = TileId::Draft(file);
        if self.others.get(&id) == now.as_ref() {
            return;
        }
        self.set(id, now, told);
        match now {
            Some(entry) => drop(self.others.insert(id, entry)),
            None => drop(self.others.remove(&id)),
        }
    }

    /// Puts an entry where it belongs now, or takes it out.
    fn set(&mut self, id: TileId, now: Option<Entry>, told: &mut impl FnMut(&Order, Edit)) {
        let was = self.standing(id);
        if was.zip(now).is_some_and(|(was, now)| was.packed() == now.packed()) {
            return;
        }
        if let Some((rank, entry)) = was.and_then(|entry| self.order.remove(entry.key())) {
            told(&self.order, Edit::Removed(rank, entry));
        }
        if let Some(rank) = now.and_then(|entry| self.order.insert(&entry)) {
            told(&self.order, Edit::Inserted(rank));
        }
    }

    /// What kind of file a photo is.
    pub(crate) fn kind_of(&self, photo: PhotoId) -> Option<MediaKind> {
        self.library.photo(photo).map(|photo| photo.kind())
    }

    /// How many of the entries are photos.
    pub(crate) const fn photo_count(&self) -> usize {
        let totals = self.order.totals();
        totals.entries - totals.drafts
    }

    /// How many of them are videos.
    pub(crate) const fn video_count(&self) -> usize {
        self.order.totals().videos
    }

    /// A photo by its place among the photos alone.
    pub(crate) fn photo_at(&self, place: usize) -> Option<Entry> {
        self.order.photo_at(place)
    }

    /// The place of a photo among the photos alone.
    pub(crate) fn photo_place(&self, photo: PhotoId) -> Option<usize> {
        let rank = self.place_of(photo)?;
        Some(rank - self.order.drafts_before(rank))
    }
}

fn shelves(library: &Library, scope: Scope) -> impl Iterator<Item = &AlbumShelf> {
    let one = match scope {
        Scope::All => None,
        Scope::Album(id) => Some(id),
    };
    library.albums().filter(move |shelf| one.is_none_or(|id| id == shelf.album.id))
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

/// `local` tells the wall clock of a moment.
fn entry(photo: PhotoRef<'_>, local: impl FnOnce(i64) -> i64) -> Entry {
    Entry {
        id: TileId::Photo(photo.id()),
        wall_seconds: photo.moment().wall_seconds_by(local),
        aspect: photo.size().aspect(),
        video: matches!(photo.kind(), MediaKind::Video { .. }),
    }
}

#[cfg(test)]
pub(super) mod tests;
