//! Chance, the same for the same seed: which request a fault hits. Not for keys or nonces.
//! Lock-free; any thread.

use std::sync::atomic::{AtomicU64, Ordering};

/// A `SplitMix64` generator shared by all connections of a sandbox.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// True with this probability; 0 and below is never, 1 and above always.
    pub(crate) fn chance(&self, probability: f64) -> bool {
        if probability <= 0.0 {
            return false;
        }
        #[expect(clippy::cast_precision_loss, reason = "53 bits are kept, exactly what f64 holds")]
        let drawn = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        drawn < probability
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_fate_and_fair() {
        let (one, two) = (Dice::new(7), Dice::new(7));
        let drawn: Vec<bool> = (0..10_000).map(|_| one.chance(0.25)).collect();
        assert_eq!(drawn, (0..10_000).map(|_| two.chance(0.25)).collect::<Vec<_>>());
        let hits = drawn.iter().filter(|hit| **hit).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
        assert!(!one.chance(0.0) && one.chance(1.0));
    }
}
