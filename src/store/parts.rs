//! Which parts of a file Telegram has acknowledged.

use serde::{Deserialize, Serialize};

/// Which parts Telegram has acknowledged: a bit a part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSet {
    words: Vec<u64>,
}

impl PartSet {
    /// How many parts a file can have here; Telegram takes 8,000 at most.
    pub const CAPACITY: u32 = 1 << 16;

    /// Adds a part; returns whether it is new. A part beyond the capacity is not added.
    pub fn insert(&mut self, part: u32) -> bool {
        if part >= Self::CAPACITY {
            return false;
        }
        let (word, bit) = place(part);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words.get_mut(word).is_some_and(|word| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        })
    }

    /// Whether the part was acknowledged.
    pub fn contains(&self, part: u32) -> bool {
        let (word, bit) = place(part);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// How many parts were acknowledged.
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether no part was acknowledged.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Forgets all parts.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// The parts, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..Self::CAPACITY).take(self.words.len() * 64).filter(|part| self.contains(*part))
    }

    /// The words that are not empty, for the journal's rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        (0..).zip(&self.words).filter(|(_, bits)| **bits != 0).map(|(row, bits)| (row, *bits))
    }

    /// Takes a row back. Rows beyond the capacity are not taken.
    pub(super) fn add_row(&mut self, row: u32, bits: u64) {
        let word = row as usize;
        if bits == 0 || row >= Self::CAPACITY / 64 {
            return;
        }
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= bits;
        }
    }
}

/// In which word and at which bit a part is kept.
pub(super) const fn place(part: u32) -> (usize, u64) {
    ((part / 64) as usize, 1 << (part % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(parts in proptest::collection::vec(0..9000_u32, 0..200)) {
            let (mut set, mut model) = (PartSet::default(), BTreeSet::new());
            for part in parts {
                prop_assert_eq!(set.insert(part), model.insert(part));
            }
            prop_assert_eq!(set.len() as usize, model.len());
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.into_iter().collect::<Vec<_>>());
            let mut again = PartSet::default();
            set.rows().for_each(|(row, bits)| again.add_row(row, bits));
            prop_assert_eq!(again, set);
        }
    }

    #[test]
    fn nothing_is_allocated_for_nonsense() {
        let mut set = PartSet::default();
        assert!(!set.insert(u32::MAX));
        set.add_row(u32::MAX, 1);
        assert_eq!(set, PartSet::default());
    }
}
