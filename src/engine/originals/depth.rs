//! How many requests for originals are under way at once: about a second's worth of what the line
//! gives. More would make the next photo wait for what was asked for before it and can no longer
//! be taken back; fewer would leave a long line empty. Any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::pieces::PIECE;

/// To begin with, before anything is known of the line.
const FIRST: usize = 12;
const LEAST: usize = 2;
const MOST: usize = 24;
/// An answer that takes longer says that too much is under way …
const TOO_LONG: Duration = Duration::from_millis(1500);
/// … and one that takes less, that there is room for more.
const SHORT: Duration = Duration::from_millis(750);

/// The number, for all originals. Clones are the same one.
#[derive(Clone)]
pub(super) struct Depth(Arc<AtomicUsize>);

impl Default for Depth {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(FIRST)))
    }
}

impl Depth {
    pub(super) fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A request for so many bytes was answered.
    pub(super) fn answered(&self, bytes: u64, took: Duration) {
        let adapt = |depth| Some(adapted(depth, bytes, took));
        // It is always set.
        let _before = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, adapt);
    }
}

fn adapted(depth: usize, bytes: u64, took: Duration) -> usize {
    if took > TOO_LONG {
        (depth * 3 / 4).max(LEAST)
    } else if took < SHORT && bytes >= PIECE / 2 {
        (depth + 1).min(MOST)
    } else {
        depth
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// On a line of any speed and length: it is used, and the next photo does not wait long.
        #[test]
        fn it_becomes_about_a_second_of_the_line(
            bytes_per_second in 100_000u32..200_000_000,
            milliseconds in 1u32..600,
        ) {
            let (rate, round_trip) = (f64::from(bytes_per_second), f64::from(milliseconds) / 1e3);
            let piece = f64::from(u32::try_from(PIECE).unwrap());
            let mut depth = FIRST;
            for _ in 0..100 {
                // Those asked for before come first.
                let queued = f64::from(u32::try_from(depth).unwrap()) * piece / rate;
                depth = adapted(depth, PIECE, Duration::from_secs_f64(queued.max(round_trip)));
            }
            let under_way = f64::from(u32::try_from(depth).unwrap()) * piece;
            let waits = under_way / rate;
            prop_assert!(waits < 1.6 || depth == LEAST, "{} s for {} requests", waits, depth);
            let used = (under_way / round_trip).min(rate) / rate;
            prop_assert!(used > 0.6 || depth == MOST, "{} of the line by {} requests", used, depth);
        }
    }
}
