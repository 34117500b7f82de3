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
    /// Bytes a second while they moved.
    steady: f64,
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
        self.forget(now);
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
        let (span, bytes) = pairs.fold((Duration::ZERO, 0_u64), |(span, sum), (before, after)| {
            // Longer than that, something waited.
            let step = after.0.duration_since(before.0).min(Duration::from_secs(1));
            (span + step, sum + after.1)
        });
        if span >= Duration::from_millis(500) {
            self.steady = as_f64(bytes) / span.as_secs_f64();
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.samples.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Bytes a second while something moved last, whatever has held it up since.
    pub(crate) const fn steady(&self) -> f64 {
        self.steady
    }

    /// Bytes a second.
    pub(crate) fn speed(&mut self, now: Instant) -> f64 {
        self.forget(now);
        let Some((first, _)) = self.samples.front() else { return 0.0 };
        let span = now.duration_since(*first).max(Duration::from_millis(500));
        as_f64(self.samples.iter().map(|(_, bytes)| *bytes).sum::<u64>()) / span.as_secs_f64()
    }
}

#[expect(clippy::cast_precision_loss, reason = "speeds for people")]
const fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}

/// Messages by which the pace is measured.
const PACED: usize = 512;
/// Fewer tell nothing.
const ENOUGH: usize = 8;

/// How quickly Telegram takes messages, its waits included: the line alone does not tell how long
/// ten thousand small files take.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    made: VecDeque<Instant>,
}

impl Pace {
    /// A message was made.
    pub(crate) fn made(&mut self, now: Instant) {
        if self.made.len() >= PACED {
            self.made.pop_front();
        }
        self.made.push_back(now);
    }

    /// Nothing is left to do: what comes later has a pace of its own.
    pub(crate) fn rest(&mut self) {
        self.made.clear();
    }

    /// Seconds from one message to the next.
    pub(crate) fn seconds(&self) -> Option<f64> {
        let span = self.made.back()?.duration_since(*self.made.front()?).as_secs_f64();
        let steps = u32::try_from(self.made.len() - 1).ok()?;
        (self.made.len() >= ENOUGH).then(|| span / f64::from(steps))
    }
}

/// How fast it goes, and what holds it up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Going {
    /// Bytes a second, now.
    pub(crate) speed: f64,
    /// Bytes a second when something last moved.
    pub(crate) last_speed: f64,
    /// Seconds from one message to the next, where that is known.
    pub(crate) pace: Option<f64>,
    /// Seconds for which Telegram has asked to wait.
    pub(crate) wait: u64,
    pub(crate) connections: u32,
}

/// Adds up what is shown.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole seconds for people"
)]
pub(crate) fn totals<'a>(items: impl Iterator<Item = &'a Item>, going: &Going) -> UploadTotals {
    let Going { speed, connections, .. } = *going;
    let mut sum = UploadTotals { speed, connections, ..UploadTotals::default() };
    // Files whose length nobody knows yet count as much as the others do on average.
    let (mut weighed, mut unweighed) = (0_u64, 0_u64);
    // Those that are paused take no time.
    let (mut paused, mut paused_bytes) = (0, 0);
    for item in items {
        sum.files += 1;
        let (over, failed) =
            (item.is_over(), matches!(item.state(None), crate::model::UploadState::Failed { .. }));
        sum.finished += usize::from(over);
        sum.failed += usize::from(failed);
        // What is over weighs what was sent of it, so that the bar reaches its end.
        let sent = item.sent();
        let weight = item.weight();
        sum.bytes += if over { sent } else { weight };
        sum.sent += sent;
        weighed += u64::from(weight > 0);
        unweighed += u64::from(!over && weight == 0);
        if !over && item.is_paused() {
            paused += 1;
            paused_bytes += weight.saturating_sub(sent);
        }
    }
    sum.bytes += (sum.bytes / weighed.max(1)).saturating_mul(unweighed);
    let left = sum.bytes.saturating_sub(sum.sent).saturating_sub(paused_bytes);
    let files = sum.files - sum.finished - paused;
    // While Telegram makes us wait little moves, or nothing: what counts is how fast it went.
    let speed = if going.wait > 0 { speed.max(going.last_speed) } else { speed };
    sum.seconds_left = if files == 0 && paused > 0 {
        None
    } else if files == 0 {
        Some(0)
    } else if left == 0 || speed > 1.0 {
        let bytes = if left == 0 { 0.0 } else { left as f64 / speed };
        let messages = going.pace.map_or(0.0, |pace| pace * files as f64);
        Some(bytes.max(messages).ceil() as u64 + going.wait)
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
        assert!((900.0..1100.0).contains(&meter.steady()));
        assert!(meter.speed(start + Duration::from_mins(1)) < 1.0);
        // A part now and then among waits.
        for second in [60, 67, 74] {
            meter.moved(start + Duration::from_secs(second), 1000);
        }
        assert!((900.0..1100.0).contains(&meter.steady()), "{}", meter.steady());
    }

    #[test]
    fn time_left_includes_waits_and_how_quickly_messages_are_taken() {
        use crate::model::{AlbumId, UploadId};
        use crate::store::{JournalEntry, JournalStage, PartSet};
        let start = Instant::now();
        let mut pace = Pace::default();
        (0..6).for_each(|n| pace.made(start + Duration::from_secs(n)));
        assert_eq!(pace.seconds(), None, "too few to tell");
        // A wait of a minute among them counts.
        (66..100).for_each(|n| pace.made(start + Duration::from_secs(n)));
        let seconds = pace.seconds().unwrap();
        assert!((2.4..2.7).contains(&seconds), "{seconds}");
        let item = |n| {
            let entry = JournalEntry {
                id: UploadId(n),
                order: 0,
                album: AlbumId(1),
                path: "a.jpg".into(),
                random_id: n,
                bytes: 1000,
                modified: 0,
                sha256: None,
                part_size: 1000,
                acknowledged: PartSet::default(),
                as_photo: false,
                strip: None,
                caption: String::new(),
                taken: None,
                blur: None,
                stage: JournalStage::Sending,
            };
            Item::new(entry, true)
        };
        let items: Vec<Item> = (0..100).map(item).collect();
        let left = |going: Going| totals(items.iter(), &going).seconds_left;
        let line = Going { speed: 10_000.0, last_speed: 10_000.0, ..Going::default() };
        assert_eq!(left(line), Some(10));
        assert_eq!(left(Going { pace: Some(2.5), ..line }), Some(250), "messages take longer");
        assert_eq!(left(Going { speed: 0.0, wait: 60, ..line }), Some(70), "nothing moves");
        assert_eq!(left(Going::default()), None, "nobody knows yet");
        let mut items: Vec<Item> = (0..2).map(item).collect();
        items[1].entry.bytes = 0;
        items[1].length = 99_000;
        assert_eq!(totals(items.iter(), &line).bytes, 100_000, "its folder tells its length");
        items[1].entry.stage = JournalStage::Paused;
        let sum = totals(items.iter(), &line);
        assert_eq!((sum.bytes, sum.seconds_left), (100_000, Some(1)), "a pause takes no time");
    }
}
