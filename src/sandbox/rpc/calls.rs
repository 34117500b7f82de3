//! How often each call was made, for tests and for faults that count. Any thread.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use grammers_tl_types::name_for_id;

use crate::sandbox::held::lock;

#[derive(Debug, Default)]
pub(crate) struct Calls {
    arrived: AtomicU64,
    by_constructor: Mutex<HashMap<u32, u64>>,
}

/// Constructors that are counted; a client inventing numbers must not fill the memory.
const MOST: usize = 4096;

impl Calls {
    /// Counts a request before anything is known of it; the first is 1.
    pub(crate) fn arrive(&self) -> u64 {
        self.arrived.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn count(&self, constructor: u32) {
        let mut counts = lock(&self.by_constructor);
        if counts.len() < MOST || counts.contains_key(&constructor) {
            *counts.entry(constructor).or_default() += 1;
        }
    }

    pub(crate) fn by_name(&self) -> BTreeMap<String, u64> {
        lock(&self.by_constructor)
            .iter()
            .map(|(id, count)| (name_for_id(*id).to_owned(), *count))
            .collect()
    }
}
