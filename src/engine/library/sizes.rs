//! Which files have how many bytes: asked for every file that is to be sent, so that no album's
//! rows are gone through for each. Eight bytes a photo, made when first asked for, kept up to date
//! as changes are folded in. Plain data.
//!
//! It may say too much (photos that are gone or are another file now), never too little: whoever
//! asks looks at the photos themselves.

use std::collections::HashMap;

use crate::model::{AlbumId, AlbumShelf, Change, Library, MessageId};

/// Newcomers that are gone through one by one before they are sorted in.
const RECENT: usize = 1024;

/// The lower half of a size, and the message: of two files larger than 4 GB some are alike.
type Row = (u32, i32);

/// One album.
#[derive(Debug, Default)]
struct Album {
    sorted: Vec<Row>,
    recent: Vec<Row>,
}

/// All albums.
#[derive(Debug)]
pub(super) struct Sizes(HashMap<AlbumId, Album>);

impl Sizes {
    pub(super) fn of(library: &Library) -> Self {
        Self(library.albums().map(|shelf| (shelf.album.id, Album::of(shelf))).collect())
    }

    /// Follows what was folded into the library before.
    pub(super) fn follow(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Photo(photo) => {
                    let row = (lower(photo.bytes), photo.id.message.0);
                    self.0.entry(photo.id.album).or_default().add(row);
                }
                Change::AlbumGone(album) => drop(self.0.remove(album)),
                Change::Album(_)
                | Change::PhotosGone { .. }
                | Change::Described { .. }
                | Change::Proven { .. } => {}
            }
        }
    }

    /// Messages of an album that may have exactly this many bytes, newest first.
    pub(super) fn find(&self, album: AlbumId, bytes: u64) -> Vec<MessageId> {
        let Some(album) = self.0.get(&album) else { return Vec::new() };
        let size = lower(bytes);
        let first = album.sorted.partition_point(|row| row.0 < size);
        let rows = album.sorted.iter().skip(first).take_while(|row| row.0 == size);
        let recent = album.recent.iter().filter(|row| row.0 == size);
        let mut found: Vec<MessageId> = rows.chain(recent).map(|row| MessageId(row.1)).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.dedup();
        found
    }
}

impl Album {
    fn of(shelf: &AlbumShelf) -> Self {
        let rows = shelf.photos().map(|photo| (lower(photo.bytes()), photo.id().message.0));
        let mut sorted: Vec<Row> = rows.collect();
        sorted.sort_unstable();
        Self { sorted, recent: Vec::new() }
    }

    fn add(&mut self, row: Row) {
        if self.sorted.binary_search(&row).is_ok() || self.recent.contains(&row) {
            return;
        }
        self.recent.push(row);
        if self.recent.len() >= RECENT {
            self.sorted.append(&mut self.recent);
            self.sorted.sort_unstable();
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is kept")]
const fn lower(bytes: u64) -> u32 {
    bytes as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{album, photo};
    use super::*;

    fn change() -> impl Strategy<Value = Change> {
        let sizes = prop_oneof![0..4u64, Just(1 << 32), Just((1 << 32) + 1)];
        prop_oneof![
            1 => (1..3i64).prop_map(|id| Change::Album(album(id))),
            1 => (1..3i64).prop_map(|id| Change::AlbumGone(AlbumId(id))),
            20 => (1..3i64, 1..3000i32, sizes).prop_map(|(album, message, bytes)| {
                Change::Photo(Box::new(photo(album, message, bytes)))
            }),
            2 => (1..3i64, 1..3000i32).prop_map(|(album, message)| Change::PhotosGone {
                album: AlbumId(album),
                messages: vec![MessageId(message)],
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whatever happened before and after it was made: no photo is missing.
        #[test]
        fn it_never_says_too_little(
            before in proptest::collection::vec(change(), 0..40),
            after in proptest::collection::vec(change(), 0..3000),
        ) {
            let mut library = Library::new();
            library.apply_all(&before);
            let mut sizes = Sizes::of(&library);
            for changes in after.chunks(7) {
                library.apply_all(changes);
                sizes.follow(changes);
            }
            for shelf in library.albums() {
                for photo in shelf.photos() {
                    let found = sizes.find(shelf.album.id, photo.bytes());
                    prop_assert!(found.contains(&photo.id().message));
                    prop_assert!(found.is_sorted_by(|a, b| a > b), "newest first, each once");
                }
            }
        }
    }
}
