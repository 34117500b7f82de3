//! Chance that is none: numbers that follow from a seed.

/// splitmix64's finaliser: every bit of `x` changes every bit of the answer.
pub(super) const fn scramble(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A sequence of numbers from a seed, a subject and what they are for.
#[derive(Clone, Copy)]
pub(super) struct Dice(u64);

impl Dice {
    /// `purpose` keeps the sequences of one subject apart: adding a throw to one leaves the
    /// others as they are.
    pub(super) const fn new(seed: u64, subject: u64, purpose: u64) -> Self {
        Self(scramble(scramble(scramble(seed) ^ subject) ^ purpose))
    }

    pub(super) const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        scramble(self.0)
    }

    /// 0 … `n` − 1.
    pub(super) const fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { (self.bits() >> 11) % n }
    }

    /// `from` … `to` − 1.
    pub(super) const fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from))
    }

    /// True `per_mille` times in a thousand.
    pub(super) const fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).unwrap_or(0)]
    }

    /// 0 ≤ x < 1.
    #[expect(clippy::cast_precision_loss, reason = "24 bits are kept")]
    pub(super) const fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 16_777_216.0
    }

    /// `from` ≤ x < `to`.
    pub(super) const fn range(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit()
    }
}

/// Appends filler until `bytes` are `length` long. It depends on the position, so that a range
/// taken from a wrong place shows.
pub(super) fn fill(bytes: &mut Vec<u8>, length: u64, seed: u64) {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    bytes.reserve_exact(length.saturating_sub(bytes.len()));
    while bytes.len() < length {
        let word = scramble(seed ^ bytes.len() as u64).to_le_bytes();
        let missing = (length - bytes.len()).min(word.len());
        bytes.extend_from_slice(&word[..missing]);
    }
}
