//! A small cache of bytes that are dear to make: each made once however many ask at the same
//! time, the least recently used forgotten first. Makers run on the caller's (blocking) thread.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Cell = Arc<OnceLock<Arc<Vec<u8>>>>;

pub(crate) struct Cache<K> {
    most_bytes: usize,
    most_entries: usize,
    inner: Mutex<Inner<K>>,
}

struct Inner<K> {
    clock: u64,
    /// Of all that is made.
    bytes: usize,
    cells: HashMap<K, (Cell, u64)>,
}

impl<K: Hash + Eq + Clone> Cache<K> {
    pub(crate) fn new(most_bytes: usize, most_entries: usize) -> Self {
        let inner = Mutex::new(Inner { clock: 0, bytes: 0, cells: HashMap::new() });
        Self { most_bytes, most_entries, inner }
    }

    /// What is cached under `key`, or what `make` makes.
    pub(crate) fn get(&self, key: &K, make: impl FnOnce() -> Vec<u8>) -> Arc<Vec<u8>> {
        let cell = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.clock += 1;
            let clock = inner.clock;
            let entry = inner.cells.entry(key.clone()).or_default();
            entry.1 = clock;
            Arc::clone(&entry.0)
        };
        let mut made = false;
        let bytes = Arc::clone(cell.get_or_init(|| {
            made = true;
            Arc::new(make())
        }));
        if made {
            self.weigh(key, &cell);
        }
        bytes
    }

    /// Takes note of what was made, and forgets the older half when there is too much.
    fn weigh(&self, key: &K, made: &Cell) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let weight = |cell: &Cell| cell.get().map_or(0, |bytes| bytes.len());
        // It may have been forgotten while it was being made.
        if inner.cells.get(key).is_some_and(|(cell, _)| Arc::ptr_eq(cell, made)) {
            inner.bytes += weight(made);
        }
        if inner.bytes <= self.most_bytes && inner.cells.len() <= self.most_entries {
            return;
        }
        let mut ages: Vec<u64> = inner.cells.values().map(|(_, age)| *age).collect();
        ages.sort_unstable();
        let middle = ages[ages.len() / 2];
        inner.cells.retain(|_, (_, age)| *age > middle);
        // What is still being made counts nothing yet, and is added when it is there.
        inner.bytes = inner.cells.values().map(|(cell, _)| weight(cell)).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_too() {
        let cache = Cache::new(1000, 1000);
        for key in 0..50 {
            cache.get(&key, || vec![0; 100]);
            let inner = cache.inner.lock().unwrap();
            let held: usize = inner.cells.values().map(|(cell, _)| cell.get().unwrap().len()).sum();
            assert!(inner.bytes == held && held <= 1000, "{held} bytes, {} counted", inner.bytes);
        }
    }

    #[test]
    fn the_oldest_go_first_and_nothing_is_made_twice() {
        let cache = Cache::new(1000, 4);
        let mut made = 0;
        for key in [1, 2, 3, 4, 4, 4, 5] {
            cache.get(&key, || {
                made += 1;
                vec![0; 10]
            });
        }
        assert_eq!(made, 5);
        cache.get(&5, || panic!("5 is the newest"));
        let mut again = false;
        cache.get(&1, || {
            again = true;
            vec![]
        });
        assert!(again);
    }
}
