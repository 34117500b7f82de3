//! Thumbnails: bytes by file and size, within a budget.
//!
//! When the budget is used up the oldest go, except that one which was asked for since its last
//! turn goes to the end of the queue instead (second chance). What was asked for is remembered in
//! memory only, in 128 KiB however many there are; after a restart age alone decides at first.
//! Copies of originals, each as large as hundreds of thumbnails, have a queue of their own and push
//! each other out before they take more than a share of the budget.
//! The budget counts the pages that thumbnails take; the file itself, which redb lets grow in
//! steps, may be twice as large.
//! Losing thumbnails is harmless, so most commits are not synced.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::{ReadableTable, ReadableTableMetadata, Table, TableDefinition, WriteTransaction};

use super::base::{Base, Fault, Layout, META};
use super::error::Result;

type FaultOr<T> = std::result::Result<T, Fault>;
type Key = (i64, u8);

const THUMBS: TableDefinition<'_, Key, &[u8]> = TableDefinition::new("thumbs");
/// Oldest first.
const QUEUE: TableDefinition<'_, u64, Key> = TableDefinition::new("queue");
/// The same of copies.
const COPIES: TableDefinition<'_, u64, Key> = TableDefinition::new("copies");
/// In `meta`: the sum of all charges in [`QUEUE`].
const CHARGED: &str = "charged";
/// In `meta`: the same in [`COPIES`].
const CHARGED_COPIES: &str = "charged_copies";
/// Copies take at most this part of the budget.
const SHARE_OF_COPIES: u64 = 4;
/// What is larger is no thumbnail.
pub(super) const LARGEST: usize = 2 << 20;
/// How much may be lost in a kill, bytes.
const UNSYNCED: u64 = 4 << 20;

const LAYOUT: Layout = Layout {
    schema: 1,
    page_cache: 8 << 20,
    quick_repair: true,
    tables: |new| {
        new.open_table(THUMBS)?;
        new.open_table(QUEUE)?;
        Ok(())
    },
};

/// The first letter of copies.
const FIRST_COPY: u8 = 0x80;

/// Key of a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThumbKey {
    /// The remote file's id.
    pub file: i64,
    /// The size letter (`m`, `x`, …; `o` where we made it from the original). Those beyond ASCII
    /// are of copies.
    pub letter: u8,
}

impl ThumbKey {
    /// Key of a copy of the original at the size of a screen. Copies of another `generation`, of
    /// which there are 128, are not found by it.
    #[must_use]
    pub const fn copy(file: i64, generation: u8) -> Self {
        Self { file, letter: generation | FIRST_COPY }
    }

    const fn row(self) -> Key {
        (self.file, self.letter)
    }
}

#[derive(Debug)]
pub(super) struct Thumbnails {
    base: Base,
    budget: u64,
    asked: Asked,
    unsynced: AtomicU64,
}

impl Thumbnails {
    pub(super) fn open(path: &Path, budget: u64, warnings: &mut Vec<String>) -> Result<Self> {
        let base = Base::open_cache(path, LAYOUT, warnings)?;
        let thumbnails = Self { base, budget, asked: Asked::new(), unsynced: AtomicU64::new(0) };
        // The budget may have been lowered.
        if thumbnails.charged()? > budget {
            thumbnails.put(&[])?;
            thumbnails.flush()?;
            thumbnails.base.shrink(thumbnails.charged()?)?;
        }
        Ok(thumbnails)
    }

    fn charged(&self) -> Result<u64> {
        self.base.read(|read| {
            let meta = read.open_table(META)?;
            let mut sum = 0_u64;
            for name in [CHARGED, CHARGED_COPIES] {
                sum = sum.saturating_add(meta.get(name)?.map_or(0, |sum| sum.value()));
            }
            Ok(sum)
        })
    }

    pub(super) fn get(&self, key: ThumbKey) -> Result<Option<Vec<u8>>> {
        let found = self.base.read(|read| {
            let found = read.open_table(THUMBS)?.get(key.row())?;
            Ok(found.map(|bytes| bytes.value().to_vec()))
        })?;
        if found.is_some() {
            self.asked.mark(key.row());
        }
        Ok(found)
    }

    /// Keeps these, evicts what is beyond the budget.
    pub(super) fn put(&self, thumbnails: &[(ThumbKey, Vec<u8>)]) -> Result<()> {
        let bytes: u64 = thumbnails.iter().map(|(_, jpeg)| jpeg.len() as u64).sum();
        let sync = self.unsynced.load(Ordering::Relaxed) + bytes >= UNSYNCED;
        self.base.write(sync, |write| {
            let mut tables = Tables::open(write)?;
            for (key, jpeg) in thumbnails.iter().filter(|(_, jpeg)| jpeg.len() <= LARGEST) {
                tables.put(key.row(), jpeg)?;
            }
            tables.evict(self.budget, &self.asked)?;
            tables.close()
        })?;
        if sync {
            self.unsynced.store(0, Ordering::Relaxed);
        } else {
            self.unsynced.fetch_add(bytes.max(1), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether something would be lost in a kill.
    pub(super) fn is_unsynced(&self) -> bool {
        self.unsynced.load(Ordering::Relaxed) > 0
    }

    pub(super) fn flush(&self) -> Result<()> {
        // Not again and again where the disk refuses.
        if self.unsynced.swap(0, Ordering::Relaxed) > 0 {
            self.base.write(true, |_| Ok(()))?;
        }
        Ok(())
    }

    pub(super) fn forget(&self) -> Result<()> {
        self.unsynced.store(0, Ordering::Relaxed);
        self.base.begin_anew()
    }

    pub(super) fn path(&self) -> &Path {
        self.base.path()
    }
}

struct Tables<'t> {
    thumbs: Table<'t, Key, &'static [u8]>,
    meta: Table<'t, &'static str, u64>,
    thumbnails: Queue<'t>,
    copies: Queue<'t>,
}

impl<'t> Tables<'t> {
    fn open(write: &'t WriteTransaction) -> FaultOr<Self> {
        let meta = write.open_table(META)?;
        Ok(Self {
            thumbs: write.open_table(THUMBS)?,
            thumbnails: Queue::open(write.open_table(QUEUE)?, &meta, CHARGED)?,
            copies: Queue::open(write.open_table(COPIES)?, &meta, CHARGED_COPIES)?,
            meta,
        })
    }

    fn put(&mut self, key: Key, jpeg: &[u8]) -> FaultOr<()> {
        let replaced = self.thumbs.insert(key, jpeg)?.map(|old| charge(old.value().len()));
        let queue = if key.1 >= FIRST_COPY { &mut self.copies } else { &mut self.thumbnails };
        match replaced {
            Some(old) => queue.charged = queue.charged.saturating_sub(old),
            None => queue.enqueue(key)?,
        }
        queue.charged = queue.charged.saturating_add(charge(jpeg.len()));
        Ok(())
    }

    fn evict(&mut self, budget: u64, asked: &Asked) -> FaultOr<()> {
        self.copies.evict(&mut self.thumbs, budget / SHARE_OF_COPIES, asked)?;
        let rest = budget.saturating_sub(self.copies.charged);
        self.thumbnails.evict(&mut self.thumbs, rest, asked)
    }

    fn close(mut self) -> FaultOr<()> {
        self.meta.insert(CHARGED, self.thumbnails.charged)?;
        self.meta.insert(CHARGED_COPIES, self.copies.charged)?;
        Ok(())
    }
}

/// Those that push each other out, oldest first.
struct Queue<'t> {
    keys: Table<'t, u64, Key>,
    charged: u64,
    next: u64,
}

impl<'t> Queue<'t> {
    fn open(
        keys: Table<'t, u64, Key>,
        meta: &Table<'t, &'static str, u64>,
        charged: &str,
    ) -> FaultOr<Self> {
        let charged = meta.get(charged)?.map_or(0, |sum| sum.value());
        let next = keys.last()?.map_or(0, |(last, _)| last.value().saturating_add(1));
        Ok(Self { keys, charged, next })
    }

    fn enqueue(&mut self, key: Key) -> FaultOr<()> {
        self.keys.insert(self.next, key)?;
        self.next += 1;
        Ok(())
    }

    fn evict(
        &mut self,
        thumbs: &mut Table<'t, Key, &'static [u8]>,
        budget: u64,
        asked: &Asked,
    ) -> FaultOr<()> {
        // Readers may mark faster than this goes round.
        let mut chances = self.keys.len()?;
        while self.charged > budget {
            let Some(key) = self.keys.pop_first()?.map(|(_, key)| key.value()) else { break };
            if chances > 0 && asked.take(key) {
                chances -= 1;
                self.enqueue(key)?;
            } else if let Some(old) = thumbs.remove(key)? {
                self.charged = self.charged.saturating_sub(charge(old.value().len()));
            }
        }
        Ok(())
    }
}

/// What a thumbnail takes on the disk: redb gives a large value pages of its own, a power of two
/// of them.
const fn charge(length: usize) -> u64 {
    const PAGE: usize = 4096;
    let row = length + 64;
    let taken = if row > PAGE / 2 { row.next_multiple_of(PAGE).next_power_of_two() } else { row };
    taken as u64
}

/// Which thumbnails were asked for: one bit for each, found by a hash. Two that share a bit share
/// their second chance, which does no harm.
#[derive(Debug)]
struct Asked(Vec<AtomicU64>);

impl Asked {
    const WORDS: usize = 1 << 14;

    fn new() -> Self {
        Self((0..Self::WORDS).map(|_| AtomicU64::new(0)).collect())
    }

    fn place(&self, (file, letter): Key) -> Option<(&AtomicU64, u64)> {
        // Fibonacci hashing: the high bits of a product with 2⁶⁴ / φ are well mixed.
        let key = file.cast_unsigned() ^ u64::from(letter).rotate_right(8);
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
        let word = usize::try_from(hash / 64).ok()? % Self::WORDS;
        Some((self.0.get(word)?, 1 << (hash % 64)))
    }

    fn mark(&self, key: Key) {
        if let Some((word, bit)) = self.place(key) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn take(&self, key: Key) -> bool {
        self.place(key)
            .is_some_and(|(word, bit)| word.fetch_and(!bit, Ordering::Relaxed) & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(file: i64) -> ThumbKey {
        ThumbKey { file, letter: b'm' }
    }

    fn open(home: &tempfile::TempDir, budget: u64) -> Thumbnails {
        let mut warnings = Vec::new();
        let thumbnails =
            Thumbnails::open(&home.path().join("thumbnails.redb"), budget, &mut warnings).unwrap();
        assert_eq!(warnings, Vec::<String>::new());
        thumbnails
    }

    fn kept(thumbnails: &Thumbnails, files: impl Iterator<Item = i64>) -> Vec<i64> {
        // Not by `get`, which counts as asking.
        files
            .filter(|file| {
                let row = key(*file).row();
                thumbnails
                    .base
                    .read(|read| Ok(read.open_table(THUMBS)?.get(row)?.is_some()))
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn the_oldest_go_unless_asked_for() {
        let home = tempfile::tempdir().unwrap();
        let four = 4 * charge(10_000);
        let thumbnails = open(&home, four);
        for file in 0..4 {
            thumbnails.put(&[(key(file), vec![7; 10_000])]).unwrap();
        }
        thumbnails.get(key(0)).unwrap().unwrap();
        thumbnails.put(&[(key(4), vec![7; 10_000])]).unwrap();
        assert_eq!(kept(&thumbnails, 0..5), [0, 2, 3, 4]);
        // The chance was used up.
        let more: Vec<_> = (5..8).map(|file| (key(file), vec![7; 10_000])).collect();
        thumbnails.put(&more).unwrap();
        assert_eq!(kept(&thumbnails, 0..8), [0, 5, 6, 7]);
        assert!(thumbnails.charged().unwrap() <= four);
    }

    #[test]
    fn copies_push_out_each_other_and_no_more_thumbnails_than_their_share() {
        let home = tempfile::tempdir().unwrap();
        let budget = 16 * charge(10_000);
        let thumbnails = open(&home, budget);
        for file in 0..12 {
            thumbnails.put(&[(key(file), vec![7; 10_000])]).unwrap();
        }
        let copy = |file, generation| ThumbKey::copy(file, generation);
        for file in 0..50 {
            thumbnails.put(&[(copy(file, 1), vec![9; 10_000])]).unwrap();
        }
        assert_eq!(kept(&thumbnails, 0..12), (0..12).collect::<Vec<_>>());
        let there = |generation| {
            let is_there = |file: &i64| thumbnails.get(copy(*file, generation)).unwrap().is_some();
            (0..50).filter(is_there).collect::<Vec<_>>()
        };
        assert_eq!(there(1), [46, 47, 48, 49]);
        assert_eq!(there(2), [0_i64; 0], "another generation");
        assert_eq!(thumbnails.charged().unwrap(), budget);
        // Nor do thumbnails push out copies.
        let more: Vec<_> = (100..104).map(|file| (key(file), vec![7; 10_000])).collect();
        thumbnails.put(&more).unwrap();
        assert_eq!(kept(&thumbnails, 0..104), (4..12).chain(100..104).collect::<Vec<_>>());
        assert_eq!(there(1), [46, 47, 48, 49]);
    }

    #[test]
    fn putting_again_replaces_and_the_sum_stays_true() {
        let home = tempfile::tempdir().unwrap();
        let thumbnails = open(&home, 1 << 20);
        for length in [10, 20_000, 300] {
            thumbnails.put(&[(key(1), vec![1; length])]).unwrap();
        }
        assert_eq!(thumbnails.charged().unwrap(), charge(300));
        assert_eq!(thumbnails.get(key(1)).unwrap().unwrap(), vec![1; 300]);
        thumbnails.put(&[(key(2), vec![0; LARGEST + 1])]).unwrap();
        assert_eq!(thumbnails.get(key(2)).unwrap(), None);
    }

    #[test]
    fn the_budget_bounds_the_file() {
        let home = tempfile::tempdir().unwrap();
        let budget = 16 << 20;
        let thumbnails = open(&home, budget);
        for round in 0..100_i64 {
            let size = 2_000 + 1_700 * usize::try_from(round % 13).unwrap();
            let batch: Vec<_> = (0..50).map(|n| (key(round * 50 + n), vec![3; size])).collect();
            thumbnails.put(&batch).unwrap();
        }
        thumbnails.flush().unwrap();
        let length = std::fs::metadata(thumbnails.path()).unwrap().len();
        assert!(thumbnails.charged().unwrap() <= budget);
        // Pages are freed by syncing, and redb lets the file grow in ever larger steps.
        assert!(length < 5 * budget / 2, "{length}");
        drop(thumbnails);

        let smaller = open(&home, budget / 8);
        assert!(smaller.charged().unwrap() <= budget / 8);
        assert!(!kept(&smaller, 0..5_000).is_empty());
        // A budget that was lowered gives the disk back.
        let shrunk = std::fs::metadata(smaller.path()).unwrap().len();
        assert!(shrunk < length / 3, "{shrunk} of {length}");
    }
}
