//! What was painted, in numbers: tiles of this frame, blank ones among them, photos whose
//! thumbnail has been seen since the window opened.
//!
//! Window thread only. Nothing here decides anything.

use std::collections::HashMap;

use crate::model::{AlbumId, PhotoId};

/// What was painted of photos in tiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tiles painted in this frame.
    pub tiles: u32,
    /// Those of them with neither placeholder nor picture nor sign of their file's type.
    pub blank: u32,
    /// Distinct photos whose thumbnail has been painted so far.
    pub thumbnails: usize,
}

/// A set of photos, a bit each: messages of an album are numbered nearly without gaps.
#[derive(Default)]
pub(super) struct Seen {
    blocks: HashMap<(AlbumId, i32), [u64; 8]>,
    count: usize,
}

impl Seen {
    pub(super) fn insert(&mut self, photo: PhotoId) {
        let message = photo.message.0;
        let block = self.blocks.entry((photo.album, message >> 9)).or_default();
        let (word, bit) = ((message >> 6) & 7, 1 << (message & 63));
        let Some(word) = usize::try_from(word).ok().and_then(|at| block.get_mut(at)) else {
            return;
        };
        self.count += usize::from(*word & bit == 0);
        *word |= bit;
    }

    pub(super) const fn len(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::model::MessageId;

    proptest! {
        #[test]
        fn each_photo_counts_once(photos in proptest::collection::vec((0_i64..3, any::<i32>()), 0..60)) {
            let (mut seen, mut known) = (Seen::default(), HashSet::new());
            for (album, message) in photos.iter().chain(&photos) {
                let photo = PhotoId { album: AlbumId(*album), message: MessageId(*message) };
                seen.insert(photo);
                known.insert(photo);
                prop_assert_eq!(seen.len(), known.len());
            }
        }
    }
}
