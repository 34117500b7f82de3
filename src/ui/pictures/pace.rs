//! How many bytes go to the graphics card in a frame: as many as can without the frame showing it.
//!
//! A card in hardware takes megabytes unnoticed, a driver in software copies each of them. So the
//! budget follows what frames take: halved when a frame with uploads took clearly longer than
//! frames do, raised while they do not. Pure.

/// The least, bytes: pictures have to come on any machine.
const LEAST: usize = 1 << 20;
const MOST: usize = 8 << 20;
const START: usize = 4 << 20;
/// What no frame needs to be faster than, seconds.
const SMOOTH: f64 = 1.0 / 50.0;

/// The budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    bytes: usize,
    /// What a frame takes without uploads, seconds; where all have some, at best.
    usual: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { bytes: START, usual: SMOOTH }
    }
}

impl Pace {
    /// The budget of the next frame, bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A frame was over `seconds` after the one before, and had sent `sent` bytes. Only for frames
    /// that followed at once upon each other.
    pub(super) fn learn(&mut self, seconds: f64, sent: usize) {
        if seconds <= 0.0 {
            return;
        }
        if sent == 0 {
            self.usual = self.usual * 0.8 + seconds * 0.2;
            return;
        }
        self.usual = seconds.min(self.usual * 1.002);
        if seconds > SMOOTH.max(self.usual * 1.6) {
            self.bytes = (self.bytes / 2).max(LEAST);
        } else if sent * 2 > self.bytes {
            self.bytes = (self.bytes + self.bytes / 4).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_driver_gets_less_and_a_fast_one_more() {
        // Seconds for a frame, and for a megabyte.
        let settle = |frame: f64, megabyte: f64| {
            let mut pace = Pace::default();
            for _ in 0..40 {
                pace.learn(frame, 0);
            }
            for _ in 0..40 {
                #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
                let megabytes = pace.bytes() as f64 / f64::from(1 << 20);
                pace.learn(frame + megabytes * megabyte, pace.bytes());
            }
            pace.bytes()
        };
        assert_eq!(settle(0.016, 0.000_1), MOST);
        assert!(settle(0.016, 0.01) <= 2 * LEAST, "10 ms a megabyte shows");
        assert_eq!(settle(0.04, 0.000_5), MOST, "slow frames alone are no reason");
        assert_eq!(settle(0.016, 0.1), LEAST);
    }
}
