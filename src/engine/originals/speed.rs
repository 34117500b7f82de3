//! How fast an original comes: over the last few seconds, so that what was waited for is forgotten
//! soon. Pure: times are handed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Over this time it is measured.
const WINDOW: Duration = Duration::from_secs(4);

/// What came when.
#[derive(Debug)]
pub(super) struct Speed {
    since: Instant,
    came: VecDeque<(Instant, u64)>,
}

impl Speed {
    pub(super) const fn new(now: Instant) -> Self {
        Self { since: now, came: VecDeque::new() }
    }

    /// So many bytes came.
    pub(super) fn add(&mut self, bytes: u64, now: Instant) {
        self.came.push_back((now, bytes));
        while let Some((then, _)) = self.came.front()
            && now.saturating_duration_since(*then) > WINDOW
        {
            self.came.pop_front();
        }
    }

    /// Bytes a second.
    #[expect(clippy::cast_precision_loss, reason = "a speed for people")]
    pub(super) fn bytes_per_second(&self, now: Instant) -> f64 {
        let begun = self.since.max(now.checked_sub(WINDOW).unwrap_or(self.since));
        let recent = self.came.iter().filter(|(then, _)| *then >= begun);
        let bytes: u64 = recent.map(|(_, bytes)| bytes).sum();
        bytes as f64 / now.saturating_duration_since(begun).as_secs_f64().max(0.001)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_last_seconds() {
        let begun = Instant::now();
        let at = |seconds: f64| begun + Duration::from_secs_f64(seconds);
        let mut speed = Speed::new(begun);
        assert!(speed.bytes_per_second(begun) < 1.0);
        for n in 1..=10u32 {
            speed.add(100, at(f64::from(n) / 10.0));
        }
        assert!((speed.bytes_per_second(at(1.0)) - 1000.0).abs() < 1.0);
        assert!((speed.bytes_per_second(at(2.0)) - 500.0).abs() < 1.0, "it hangs");
        assert!(speed.bytes_per_second(at(30.0)) < 1.0);
        for n in 1..=40u32 {
            speed.add(400, at(30.0 + f64::from(n) / 10.0));
        }
        let now = speed.bytes_per_second(at(34.0));
        assert!((now - 4000.0).abs() < 200.0, "{now}");
    }
}
