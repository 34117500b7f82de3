//! Entries in the order of time, newest first, edited in place: one that comes, goes or moves costs
//! its block, however many there are.
//!
//! Blocks hold at most 512 entries and never span two days. No entry is found by a table of all:
//! its [`Key`] says where it stands. Pure.

use std::ops::AddAssign;

use super::entry::{Entry, Key, Packed, SECONDS_OF_DAY};
use super::sums::{SumList, Summed};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    blocks: SumList<Block>,
}

/// Some entries of one day, never none.
#[derive(Clone, Debug)]
struct Block {
    day: i64,
    entries: Vec<Packed>,
    totals: Totals,
}

/// What some entries add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) entries: usize,
    pub(crate) videos: usize,
    pub(crate) drafts: usize,
    /// Aspect ratios, in [`ASPECT_UNIT`](super::entry::ASPECT_UNIT)s.
    pub(crate) aspects: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.videos += other.videos;
        self.drafts += other.drafts;
        self.aspects += other.aspects;
    }
}

impl Totals {
    pub(crate) fn of(entries: &[Packed]) -> Self {
        let mut totals = Self { entries: entries.len(), ..Self::default() };
        for entry in entries {
            totals.videos += usize::from(entry.is_video());
            totals.drafts += usize::from(entry.is_draft());
            totals.aspects += u64::from(entry.aspect());
        }
        totals
    }
}

/// Entries in a block, at most.
const MOST: usize = 512;
/// Blocks are made with room for what is to come.
const FILLED: usize = MOST * 3 / 4;

impl Block {
    fn of(day: i64, entries: &[Packed]) -> Self {
        Self { day, entries: entries.to_vec(), totals: Totals::of(entries) }
    }
}

impl Summed for Block {
    type Sum = Totals;

    fn sum(&self) -> Totals {
        self.totals
    }
}

/// Entries that stand side by side, all of one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) day: i64,
    pub(crate) totals: Totals,
}

impl FromIterator<Entry> for Order {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().map(|entry| Packed::new(&entry)).collect();
        // What comes from albums is in the order of time but for a few: stable sorting sees that.
        entries.sort_by(Packed::order);
        let mut blocks = Vec::new();
        let mut rest = entries.as_slice();
        while let Some(first) = rest.first() {
            let day = first.day();
            let begins = day.saturating_mul(SECONDS_OF_DAY);
            let (this_day, others) = rest.split_at(days_end(rest, begins));
            let pieces = this_day.len().div_ceil(FILLED);
            let even = this_day.len().div_ceil(pieces.max(1)).max(1);
            blocks.extend(this_day.chunks(even).map(|entries| Block::of(day, entries)));
            rest = others;
        }
        Self { blocks: blocks.into_iter().collect() }
    }
}

/// How many of `entries` are not before `begins`. Looks a step, two, four … ahead: a day is short
/// beside a library.
fn days_end(entries: &[Packed], begins: i64) -> usize {
    let is_such = |entry: &Packed| entry.wall_seconds() >= begins;
    let mut end = 1;
    while entries.get(end).is_some_and(is_such) {
        end *= 2;
    }
    let begin = end / 2;
    let near = entries.get(begin..end.min(entries.len())).unwrap_or(&[]);
    begin + near.partition_point(is_such)
}

impl Order {
    pub(crate) const fn len(&self) -> usize {
        self.blocks.total().entries
    }

    pub(crate) const fn totals(&self) -> Totals {
        self.blocks.total()
    }

    pub(crate) fn get(&self, rank: usize) -> Option<Entry> {
        let (block, before) = self.blocks.find(|through| through.entries > rank)?;
        let entries = &self.blocks.get(block)?.entries;
        entries.get(rank - before.entries).map(Packed::entry)
    }

    /// An entry by its place among those that are photos already.
    pub(crate) fn photo_at(&self, place: usize) -> Option<Entry> {
        let (block, before) =
            self.blocks.find(|through| through.entries - through.drafts > place)?;
        let photos = self.blocks.get(block)?.entries.iter().filter(|entry| !entry.is_draft());
        photos.map(Packed::entry).nth(place - (before.entries - before.drafts))
    }

    /// How many entries before `rank` are files on their way.
    pub(crate) fn drafts_before(&self, rank: usize) -> usize {
        let Some((block, before)) = self.blocks.find(|through| through.entries > rank) else {
            return self.totals().drafts;
        };
        let entries = self.blocks.get(block).map_or(&[][..], |block| &block.entries);
        let these = entries.get(..rank - before.entries).unwrap_or(&[]);
        before.drafts + Totals::of(these).drafts
    }

    /// Where the entry of `key` stands.
    pub(crate) fn rank_of(&self, key: Key) -> Option<usize> {
        self.search(key).ok()
    }

    /// Where it stands, or where it would stand.
    pub(crate) fn search(&self, key: Key) -> Result<usize, usize> {
        let Some((block, _)) = self.block_of(key) else { return Err(0) };
        let before = self.blocks.before(block).entries;
        let Some(block) = self.blocks.get(block) else { return Err(before) };
        match block.entries.binary_search_by(|entry| key.cmp(&entry.key())) {
            Ok(at) => Ok(before + at),
            Err(at) => Err(before + at),
        }
    }

    /// The last block that begins at `key` or before it, else the first; its day.
    fn block_of(&self, key: Key) -> Option<(usize, i64)> {
        let begun = |block: &Block| block.entries.first().is_some_and(|e| e.key() >= key);
        let at = self.blocks.partition_point(begun).saturating_sub(1);
        self.blocks.get(at).map(|block| (at, block.day))
    }

    /// Entries from `rank` on, in slices.
    pub(crate) fn slices_from(&self, rank: usize) -> impl Iterator<Item = &[Packed]> {
        let found = self.blocks.find(|through| through.entries > rank);
        let (block, before) = found.unwrap_or((self.blocks.len(), Totals::default()));
        let mut skip = rank.saturating_sub(before.entries);
        self.blocks.iter_from(block).map(move |block| {
            let slice = block.entries.get(skip..).unwrap_or(&[]);
            skip = 0;
            slice
        })
    }

    /// Entries from `rank` on.
    pub(crate) fn iter_from(&self, rank: usize) -> impl Iterator<Item = Entry> {
        self.slices_from(rank).flatten().map(Packed::entry)
    }

    /// What the entries from one rank to another add up to.
    pub(crate) fn totals_of(&self, rank: usize, count: usize) -> Totals {
        let (mut totals, mut left) = (Totals::default(), count);
        for slice in self.slices_from(rank) {
            let slice = slice.get(..left).unwrap_or(slice);
            totals += Totals::of(slice);
            left -= slice.len();
            if left == 0 {
                break;
            }
        }
        totals
    }

    /// All of them as stretches within days.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = Stretch> {
        self.blocks.iter_from(0).map(|block| Stretch { day: block.day, totals: block.totals })
    }

    /// Puts an entry in its place; its rank. One that is there already is replaced only after it
    /// was removed: `None`.
    pub(crate) fn insert(&mut self, entry: &Entry) -> Option<usize> {
        let (key, packed, day) = (entry.key(), Packed::new(entry), entry.day());
        let at = match self.block_of(key) {
            None => 0,
            Some((block, its_day)) if its_day == day => return self.insert_in(block, key, packed),
            Some((block, its_day)) if its_day > day => block + 1,
            Some((block, _)) => block,
        };
        // It may come before the first of its day.
        if self.blocks.get(at).is_some_and(|block| block.day == day) {
            return self.insert_in(at, key, packed);
        }
        self.blocks.insert(at, Block::of(day, &[packed]));
        Some(self.blocks.before(at).entries)
    }

    fn insert_in(&mut self, block: usize, key: Key, entry: Packed) -> Option<usize> {
        let before = self.blocks.before(block).entries;
        let (at, half) = self.blocks.update(block, |block| {
            let at = block.entries.binary_search_by(|e| key.cmp(&e.key())).err()?;
            block.entries.insert(at, entry);
            let half = (block.entries.len() > MOST).then(|| {
                let half = block.entries.split_off(block.entries.len() / 2);
                Block::of(block.day, &half)
            });
            block.totals = Totals::of(&block.entries);
            Some((at, half))
        })??;
        if let Some(half) = half {
            self.blocks.insert(block + 1, half);
        }
        Some(before + at)
    }

    /// Takes the entry of `key` out: its rank, and what it was.
    pub(crate) fn remove(&mut self, key: Key) -> Option<(usize, Entry)> {
        let rank = self.rank_of(key)?;
        let (block, before) = self.blocks.find(|through| through.entries > rank)?;
        let (entry, left) = self.blocks.update(block, |block| {
            let entry = block.entries.remove(rank - before.entries);
            block.totals = Totals::of(&block.entries);
            (entry, block.entries.len())
        })?;
        if left == 0 {
            self.blocks.remove(block);
        } else if left < MOST / 8 {
            self.join(block);
        }
        Some((rank, entry.entry()))
    }

    /// Joins a block that has become small with the next one of its day, where one has room for
    /// both.
    fn join(&mut self, block: usize) {
        let facts = |at| self.blocks.get(at).map(|block| (block.day, block.entries.len()));
        let Some((this, next)) = facts(block).zip(facts(block + 1)) else { return };
        if this.0 != next.0 || this.1 + next.1 > FILLED {
            return;
        }
        let Some(next) = self.blocks.remove(block + 1) else { return };
        self.blocks.update(block, |block| {
            block.entries.extend(next.entries);
            block.totals += next.totals;
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId, PhotoId, UploadId};
    use crate::ui::timeline::TileId;

    /// Few moments and few ids: many of one second, and some that are there already.
    fn entry() -> impl Strategy<Value = Entry> {
        let id = prop_oneof![
            4 => (0_i64..3, 0_i32..900).prop_map(|(album, message)| {
                TileId::Photo(PhotoId { album: AlbumId(album), message: MessageId(message) })
            }),
            1 => (0_i64..9).prop_map(|id| TileId::Draft(UploadId(id))),
        ];
        let wall = prop_oneof![
            8 => -200_000_i64..400_000,
            4 => 0_i64..2_000,
            1 => prop::sample::select(vec![i64::MIN, i64::MAX, i64::MIN + 1]),
        ];
        (id, wall, 50_u16..300, any::<bool>()).prop_map(|(id, wall_seconds, aspect, video)| Entry {
            id,
            wall_seconds,
            aspect: f32::from(aspect) / 64.0,
            video,
        })
    }

    fn check(order: &Order, model: &[Entry]) -> Result<(), TestCaseError> {
        let mut sorted = model.to_vec();
        sorted.sort_by_key(|entry| std::cmp::Reverse(entry.key()));
        prop_assert_eq!(order.len(), sorted.len());
        prop_assert!(order.iter_from(0).eq(sorted.iter().copied()));
        let mut drafts = 0;
        for (rank, entry) in sorted.iter().enumerate() {
            prop_assert_eq!(order.get(rank), Some(*entry));
            prop_assert_eq!(order.rank_of(entry.key()), Some(rank));
            prop_assert_eq!(order.drafts_before(rank), drafts);
            if entry.photo().is_some() {
                prop_assert_eq!(order.photo_at(rank - drafts), Some(*entry));
            }
            drafts += usize::from(entry.photo().is_none());
        }
        let packed: Vec<Packed> = sorted.iter().map(Entry::packed).collect();
        prop_assert_eq!(order.totals(), Totals::of(&packed));
        let (third, half) = (sorted.len() / 3, sorted.len() / 2);
        prop_assert_eq!(order.totals_of(third, half), Totals::of(&packed[third..third + half]));
        let mut before = None;
        for block in order.blocks.iter_from(0) {
            prop_assert!((1..=MOST).contains(&block.entries.len()));
            prop_assert!(block.entries.iter().all(|entry| entry.day() == block.day));
            prop_assert!(before.is_none_or(|before| before >= block.day));
            before = Some(block.day);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_sequence_of_edits_keeps_the_order(
            first in prop::collection::vec(entry(), 0..1200),
            edits in prop::collection::vec((entry(), any::<prop::sample::Index>(), 0_u8..3), 0..200),
        ) {
            let mut model: Vec<Entry> = Vec::new();
            for entry in first {
                if !model.iter().any(|known| known.key() == entry.key()) {
                    model.push(entry);
                }
            }
            let mut order: Order = model.iter().copied().collect();
            check(&order, &model)?;
            for (entry, at, kind) in edits {
                if kind == 0 && !model.is_empty() {
                    let gone = model.swap_remove(at.index(model.len()));
                    let rank = order.rank_of(gone.key());
                    prop_assert_eq!(order.remove(gone.key()), rank.map(|rank| (rank, gone)));
                } else if model.iter().any(|known| known.key() == entry.key()) {
                    prop_assert_eq!(order.insert(&entry), None);
                } else {
                    let rank = order.search(entry.key()).unwrap_err();
                    prop_assert_eq!(order.insert(&entry), Some(rank));
                    model.push(entry);
                }
            }
            check(&order, &model)?;
        }
    }

    #[test]
    fn blocks_of_a_long_day_stay_short() {
        let entry = |second: i64| Entry {
            id: TileId::Draft(UploadId(second)),
            wall_seconds: second,
            aspect: 1.5,
            video: false,
        };
        let mut order: Order = (0..2_000).map(|second| entry(second * 10)).collect();
        for second in 5_000..9_000 {
            order.insert(&entry(second)).or_else(|| order.rank_of(entry(second).key())).unwrap();
        }
        assert!(order.blocks.iter_from(0).all(|block| block.entries.len() <= MOST));
        for second in 5_000..8_990 {
            order.remove(entry(second).key());
        }
        assert!(order.blocks.len() < 20, "{} blocks", order.blocks.len());
    }
}
