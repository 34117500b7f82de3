//! When the part of an original that is here is worth a decode. Pure: times are handed in.

use std::time::{Duration, Instant};

use crate::engine::originals::Coming;

/// Less than this shows nothing.
const LEAST: u64 = 32 * 1024;
/// What the first decode may take, a pixel.
const NANOSECONDS_A_PIXEL: u64 = 10;
/// The prefix is this much longer each time, in quarters: few steps, each of which shows.
const QUARTERS_MORE: u64 = 1;
/// The time between two decodes, in decodes: a third of a core is all that is taken.
const REST: u32 = 2;

/// How one photo's decodes went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// The prefix that was decoded last.
    decoded: u64,
    took: Duration,
    ended: Option<Instant>,
}

impl Pace {
    /// A decode of so many bytes is over.
    pub(super) fn decoded(&mut self, prefix: u64, took: Duration, now: Instant) {
        *self = Self { decoded: prefix, took, ended: Some(now) };
    }

    /// Whether to decode now a picture of `pixels` pixels.
    pub(super) fn is_due(&self, now: Instant, coming: &Coming, pixels: u64) -> bool {
        let has_rested =
            self.ended.is_none_or(|ended| now.saturating_duration_since(ended) >= self.took * REST);
        let longer = self.decoded + self.decoded / 4 * QUARTERS_MORE;
        coming.prefix >= longer.max(LEAST)
            && coming.prefix < coming.progress.total
            && has_rested
            && time_left(coming) > self.will_take(coming.prefix, pixels)
    }

    /// How long the next one may take.
    fn will_take(&self, prefix: u64, pixels: u64) -> Duration {
        if self.decoded == 0 {
            return Duration::from_nanos(pixels.saturating_mul(NANOSECONDS_A_PIXEL));
        }
        // It takes longer the more of it there is, but for what takes its time anyway.
        let more = (prefix / self.decoded.max(1)).clamp(1, 4);
        self.took * u32::try_from(more).unwrap_or(4)
    }
}

/// When the rest will be here.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn time_left(coming: &Coming) -> Duration {
    let left = coming.progress.total.saturating_sub(coming.progress.bytes) as f64;
    let seconds = left / coming.progress.bytes_per_second.max(1.0);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a line that is made up"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::Progress;

    fn coming(prefix: u64, total: u64, bytes_per_second: f64) -> Coming {
        let progress = Progress { bytes: prefix, total, bytes_per_second };
        Coming { progress, prefix, is_asked_for: false }
    }

    #[test]
    fn a_fast_line_is_not_decoded_for() {
        let (pace, now) = (Pace::default(), Instant::now());
        let twelve = 12_000_000;
        assert!(!pace.is_due(now, &coming(1 << 20, 8 << 20, 2e8), twelve));
        assert!(pace.is_due(now, &coming(1 << 20, 8 << 20, 4e6), twelve));
        assert!(!pace.is_due(now, &coming(8 << 20, 8 << 20, 4e6), twelve), "all of it is here");
        assert!(!pace.is_due(now, &coming(1000, 8 << 20, 1e3), twelve));
    }

    proptest! {
        /// A line of any speed, and decodes that take any time.
        #[test]
        fn decodes_are_few_take_a_third_of_a_core_and_come_early(
            total in 100_000u64..40_000_000,
            bytes_per_second in 20_000.0..50_000_000.0f64,
            decode in 0.005..2.0f64,
        ) {
            let (begun, mut pace) = (Instant::now(), Pace::default());
            let (mut now, mut busy, mut count) = (0.0, 0.0, 0);
            let step = total as f64 / bytes_per_second / 500.0;
            loop {
                now += step;
                let here = (now * bytes_per_second) as u64;
                if here >= total {
                    break;
                }
                let seen = coming(here, total, bytes_per_second);
                if !pace.is_due(begun + Duration::from_secs_f64(now), &seen, total * 3) {
                    continue;
                }
                let left = (total - here) as f64 / bytes_per_second;
                prop_assert!(pace.decoded == 0 || left > pace.took.as_secs_f64());
                now += decode;
                busy += decode;
                count += 1;
                let took = Duration::from_secs_f64(decode);
                pace.decoded(here, took, begun + Duration::from_secs_f64(now));
            }
            prop_assert!(count <= 36, "{} decodes", count);
            // But for the last one, each is followed by two rests of its length.
            prop_assert!(busy - decode <= now / 3.0 + 1e-6, "{} of {}", busy, now);
            let slow = total as f64 / bytes_per_second > 1.0 + total as f64 * 3.0e-8 * 2.0;
            prop_assert!(!slow || count > 0, "nothing was shown");
        }
    }
}
