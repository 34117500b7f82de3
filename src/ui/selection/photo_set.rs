//! A set of photos, small where they lie close together: one bit a message, in blocks. Pure.
//!
//! A million photos of an album are some four thousand blocks, so that taking a copy, or adding
//! the next photo, never costs a frame.

use std::collections::BTreeMap;

use crate::model::{AlbumId, MessageId, PhotoId};

const WORDS: usize = 4;
/// Messages of one block, as a power of two.
const SHIFT: u32 = 8;

pub(super) type Key = (AlbumId, i32);
type Bits = [u64; WORDS];

/// A set of photos, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PhotoSet {
    blocks: BTreeMap<Key, Bits>,
    len: usize,
}

/// Block, word and bit of a photo.
fn place(photo: PhotoId) -> (Key, usize, u64) {
    let message = photo.message.0;
    let low = usize::try_from(message & ((1 << SHIFT) - 1)).unwrap_or(0);
    ((photo.album, message >> SHIFT), low / 64, 1 << (low % 64))
}

impl PhotoSet {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn contains(&self, photo: PhotoId) -> bool {
        let (key, word, bit) = place(photo);
        self.blocks.get(&key).is_some_and(|bits| bits.get(word).is_some_and(|w| w & bit != 0))
    }

    /// Puts a photo in; whether that is new.
    pub(crate) fn insert(&mut self, photo: PhotoId) -> bool {
        let (key, word, bit) = place(photo);
        let Some(word) = self.blocks.entry(key).or_default().get_mut(word) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        self.len += usize::from(is_new);
        is_new
    }

    /// Takes a photo out; whether it was in.
    pub(crate) fn remove(&mut self, photo: PhotoId) -> bool {
        let (key, word, bit) = place(photo);
        let Some(bits) = self.blocks.get_mut(&key) else { return false };
        let Some(word) = bits.get_mut(word) else { return false };
        let was_in = *word & bit != 0;
        *word &= !bit;
        if bits.iter().all(|word| *word == 0) {
            self.blocks.remove(&key);
        }
        self.len -= usize::from(was_in);
        was_in
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = PhotoId> {
        self.blocks.iter().flat_map(|(key, bits)| photos_of(*key, *bits))
    }

    /// The photos of the first block at or after `from`, and where the next one begins.
    pub(super) fn block_from(&self, from: Option<Key>) -> Option<(Vec<PhotoId>, Key)> {
        let from = from.unwrap_or((AlbumId(i64::MIN), i32::MIN));
        let (key, bits) = self.blocks.range(from..).next()?;
        let next = (key.0, key.1.saturating_add(1));
        Some((photos_of(*key, *bits).collect(), next))
    }
}

fn photos_of((album, block): Key, bits: Bits) -> impl Iterator<Item = PhotoId> {
    (0_i32..).zip(bits).flat_map(move |(word, mut left)| {
        std::iter::from_fn(move || {
            let bit = i32::try_from(left.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
            left &= left - 1;
            let message = MessageId((block << SHIFT) | (word * 64 + bit));
            Some(PhotoId { album, message })
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn photo(album: i64, message: i32) -> PhotoId {
        PhotoId { album: AlbumId(album), message: MessageId(message) }
    }

    proptest! {
        #[test]
        fn it_holds_what_a_plain_set_holds(
            steps in prop::collection::vec((any::<bool>(), -3_i64..3, -600_i32..600), 0..400),
            far in prop::collection::vec((any::<i64>(), any::<i32>()), 0..20),
        ) {
            let (mut set, mut model) = (PhotoSet::default(), BTreeSet::new());
            let far = far.into_iter().map(|(album, message)| (true, album, message));
            for (put, album, message) in steps.into_iter().chain(far) {
                let id = photo(album, message);
                if put {
                    prop_assert_eq!(set.insert(id), model.insert(id));
                } else {
                    prop_assert_eq!(set.remove(id), model.remove(&id));
                }
                prop_assert!(set.contains(id) == put);
            }
            prop_assert_eq!(set.len(), model.len());
            prop_assert_eq!(set.is_empty(), model.is_empty());
            prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), model.clone());
            let (mut walked, mut from) = (BTreeSet::new(), None);
            while let Some((photos, next)) = set.block_from(from) {
                walked.extend(photos);
                if from == Some(next) {
                    break;
                }
                from = Some(next);
            }
            prop_assert_eq!(walked, model);
        }
    }
}
