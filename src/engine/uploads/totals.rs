//! Sums over the queue, speed and time left. Pure, but for the clock that is handed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::item::Item;
use crate::model::UploadTotals;

/// Speed is that of the last seconds.
const WINDOW: Duration = Duration::from_secs(8);

/// Measures speed by how much was acknowledged when.
#[derive(Debug, Default)]
pub(crate) struct Speedometer {
    samples: VecDeque<(Instant, u64)>,
}

impl Speedometer {
    /// `bytes` more were acknowledged.
    pub(crate) fn moved(&mut self, now: Instant, bytes: u64) {
        match self.samples.back_mut() {
            // Many parts a moment are one sample.
            Some((at, sum)) if now.duration_since(*at) < Duration::from_millis(100) => {
                *sum += bytes;
            }
            _ => self.samples.push_back((now, bytes)),
        }
    }

    /// Bytes a second.
    #[expect(clippy::cast_precision_loss, reason = "a speed for people")]
    pub(crate) fn speed(&mut self, now: Instant) -> f64 {
        while self.samples.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.samples.pop_front();
        }
        let Some((first, _)) = self.samples.front() else { return 0.0 };
        let span = now.duration_since(*first).max(Duration::from_millis(500));
        self.samples.iter().map(|(_, bytes)| *bytes).sum::<u64>() as f64 / span.as_secs_f64()
    }
}

/// Adds up what is shown.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole seconds for people"
)]
pub(crate) fn totals<'a>(
    items: impl Iterator<Item = &'a Item>,
    speed: f64,
    connections: u32,
    seconds_of_waiting: u64,
) -> UploadTotals {
    let mut sum = UploadTotals { speed, connections, ..UploadTotals::default() };
    // Files that nobody has looked at yet count as much as the others do on average.
    let (mut weighed, mut unweighed) = (0_u64, 0_u64);
    for item in items {
        sum.files += 1;
        let (over, failed) =
            (item.is_over(), matches!(item.state(None), crate::model::UploadState::Failed { .. }));
        sum.finished += usize::from(over);
        sum.failed += usize::from(failed);
        // What is over weighs what was sent of it, so that the bar reaches its end.
        let sent = item.sent();
        sum.bytes += if over { sent } else { item.entry.bytes };
        sum.sent += sent;
        weighed += u64::from(item.entry.bytes > 0);
        unweighed += u64::from(!over && item.entry.bytes == 0);
    }
    sum.bytes += (sum.bytes / weighed.max(1)).saturating_mul(unweighed);
    let left = sum.bytes - sum.sent;
    sum.seconds_left = if sum.finished == sum.files {
        Some(0)
    } else if speed > 1.0 {
        Some((left as f64 / speed).ceil() as u64 + seconds_of_waiting)
    } else {
        None
    };
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_that_of_the_last_seconds() {
        let (start, mut meter) = (Instant::now(), Speedometer::default());
        for second in 0..20 {
            meter.moved(start + Duration::from_secs(second), 1000);
        }
        let speed = meter.speed(start + Duration::from_secs(20));
        assert!((900.0..1200.0).contains(&speed), "{speed}");
        assert!(meter.speed(start + Duration::from_mins(1)) < 1.0);
    }
}
