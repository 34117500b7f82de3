//! What kind each photo of a painted album is, and how many of each come before any place: filters
//! and counts need not ask the painter again. Plain data.

use super::record::Kind;

/// Counts are summed up in blocks of so many photos.
const BLOCK: usize = 256;

/// The kinds of an album, a byte each, and how many of each come before a block.
pub(crate) struct Kinds {
    kinds: Vec<u8>,
    before: Vec<[i32; 4]>,
}

impl Kinds {
    pub(crate) fn of(all: impl Iterator<Item = Kind>) -> Self {
        let (mut kinds, mut so_far) = (Vec::new(), [0; 4]);
        let mut before = vec![so_far];
        for kind in all {
            kinds.push(kind as u8);
            so_far[kind as usize] += 1;
            if kinds.len().is_multiple_of(BLOCK) {
                before.push(so_far);
            }
        }
        Self { kinds, before }
    }

    pub(crate) fn at(&self, position: usize) -> Option<Kind> {
        self.kinds.get(position).map(|bits| Kind::from_bits(*bits))
    }

    /// How many of the first `end` photos are of a kind in `mask`.
    pub(crate) fn count(&self, end: usize, mask: u8) -> i32 {
        let end = end.min(self.kinds.len());
        let block = end / BLOCK;
        let whole = self.before[block];
        let mut count: i32 =
            Kind::ALL.iter().filter(|k| mask & k.bit() != 0).map(|k| whole[*k as usize]).sum();
        for bits in &self.kinds[block * BLOCK..end] {
            count += i32::from(mask & (1 << bits) != 0);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::super::seal::mix;
    use super::*;

    #[test]
    fn kinds_are_counted_by_blocks() {
        let all: Vec<Kind> = (0..1000u64).map(|n| Kind::from_bits((mix(n) % 4) as u8)).collect();
        let kinds = Kinds::of(all.iter().copied());
        for (end, mask) in [(0, 15), (256, 2), (257, 6), (999, 8), (2000, 15)] {
            let slow = all.iter().take(end).filter(|kind| mask & kind.bit() != 0).count();
            assert_eq!(kinds.count(end, mask), i32::try_from(slow).unwrap());
        }
        assert_eq!((kinds.at(7), kinds.at(1000)), (Some(all[7]), None));
    }
}
