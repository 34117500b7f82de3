//! Which files stand in which group, how many were skipped, and where they go: kept up with every
//! change, so that nobody counts all files in a frame.

use std::collections::BTreeMap;

use super::Group;
use crate::model::{AlbumId, Upload, UploadId, UploadState};

/// Where a file stands in its group.
type Key = (u64, UploadId);

/// Files by group and album.
#[derive(Default)]
pub(super) struct Tally {
    /// Sorted. Any row is one step away; a file that comes or goes moves a few kilobytes.
    groups: [Vec<Key>; 4],
    albums: BTreeMap<AlbumId, usize>,
    skipped: usize,
    /// Sent for Telegram to compress.
    photos: usize,
    /// Verified, but as copies that something was taken out of.
    copies: usize,
}

impl Tally {
    /// A file is there that was not, or is what it was not.
    pub(super) fn changed(&mut self, before: Option<&Upload>, after: Option<&Upload>) {
        let place = |upload: &Upload| (Group::of(&upload.state), (upload.order, upload.id));
        if before.map(place) != after.map(place) {
            if let Some((group, key)) = before.map(place) {
                let group = &mut self.groups[group as usize];
                if let Ok(at) = group.binary_search(&key) {
                    group.remove(at);
                }
            }
            if let Some((group, key)) = after.map(place) {
                let group = &mut self.groups[group as usize];
                if let Err(at) = group.binary_search(&key) {
                    group.insert(at, key);
                }
            }
        }
        if let Some(upload) = before {
            self.skipped -= usize::from(is_skipped(upload));
            self.photos -= usize::from(is_photo(upload));
            self.copies -= usize::from(is_copy(upload));
            if let Some(files) = self.albums.get_mut(&upload.album) {
                *files -= 1;
                if *files == 0 {
                    self.albums.remove(&upload.album);
                }
            }
        }
        if let Some(upload) = after {
            self.skipped += usize::from(is_skipped(upload));
            self.photos += usize::from(is_photo(upload));
            self.copies += usize::from(is_copy(upload));
            *self.albums.entry(upload.album).or_default() += 1;
        }
    }

    /// How many files a group has.
    pub(super) const fn count(&self, group: Group) -> usize {
        self.groups[group as usize].len()
    }

    /// The file at a place of its group.
    pub(super) fn at(&self, group: Group, place: usize) -> Option<UploadId> {
        self.groups[group as usize].get(place).map(|(_, id)| *id)
    }

    /// A group's files in the order of the queue.
    pub(super) fn group(&self, group: Group) -> impl DoubleEndedIterator<Item = UploadId> {
        self.groups[group as usize].iter().map(|(_, id)| *id)
    }

    /// The place of a file in its group.
    pub(super) fn place_of(&self, upload: &Upload) -> Option<usize> {
        let group = &self.groups[Group::of(&upload.state) as usize];
        group.binary_search(&(upload.order, upload.id)).ok()
    }

    pub(super) const fn skipped(&self) -> usize {
        self.skipped
    }

    /// Sent for Telegram to compress.
    pub(super) const fn photos(&self) -> usize {
        self.photos
    }

    /// Verified, but as copies that something was taken out of.
    pub(super) const fn copies(&self) -> usize {
        self.copies
    }

    /// Where files go.
    pub(super) fn albums(&self) -> impl ExactSizeIterator<Item = AlbumId> {
        self.albums.keys().copied()
    }
}

const fn is_skipped(upload: &Upload) -> bool {
    matches!(upload.state, UploadState::Skipped { .. })
}

fn is_photo(upload: &Upload) -> bool {
    upload.state == UploadState::Verified && upload.as_photo
}

fn is_copy(upload: &Upload) -> bool {
    upload.state == UploadState::Verified && !upload.as_photo && upload.strip.is_some()
}
