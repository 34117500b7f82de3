//! Which files stand in which group, how many were skipped, and where they go: kept up with every
//! change, so that nobody counts all files in a frame.

use std::collections::{BTreeMap, BTreeSet};

use super::Group;
use crate::model::{AlbumId, Upload, UploadState};

/// Files by group and album, told by their numbers.
#[derive(Default)]
pub(super) struct Tally {
    groups: [BTreeSet<u64>; 4],
    albums: BTreeMap<AlbumId, usize>,
    skipped: usize,
    revision: u64,
}

impl Tally {
    /// A file is there that was not, or is what it was not.
    pub(super) fn changed(&mut self, number: u64, before: Option<&Upload>, after: Option<&Upload>) {
        let group = |upload: &Upload| Group::of(&upload.state);
        if before.map(group) != after.map(group) {
            self.revision += 1;
        }
        if let Some(upload) = before {
            self.groups[group(upload) as usize].remove(&number);
            self.skipped -= usize::from(is_skipped(upload));
            if let Some(files) = self.albums.get_mut(&upload.album) {
                *files -= 1;
                if *files == 0 {
                    self.albums.remove(&upload.album);
                }
            }
        }
        if let Some(upload) = after {
            self.groups[group(upload) as usize].insert(number);
            self.skipped += usize::from(is_skipped(upload));
            *self.albums.entry(upload.album).or_default() += 1;
        }
    }

    /// One without files, whose revision is none that was.
    pub(super) fn emptied(&self) -> Self {
        Self { revision: self.revision + 1, ..Self::default() }
    }

    /// The numbers of a group's files, in the order in which they came.
    pub(super) const fn group(&self, group: Group) -> &BTreeSet<u64> {
        &self.groups[group as usize]
    }

    pub(super) const fn skipped(&self) -> usize {
        self.skipped
    }

    /// Where files go.
    pub(super) fn albums(&self) -> impl ExactSizeIterator<Item = AlbumId> {
        self.albums.keys().copied()
    }

    /// A number that grows when a file comes, goes, or changes its group.
    pub(super) const fn revision(&self) -> u64 {
        self.revision
    }
}

const fn is_skipped(upload: &Upload) -> bool {
    matches!(upload.state, UploadState::Skipped { .. })
}
