//! Sums over the queue, speed and time left. Pure, but for the clock that is handed in.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::item::Item;
use crate::model::{UploadId, UploadState, UploadTotals};

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

/// What a file adds to the sums, or several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    files: usize,
    finished: usize,
    failed: usize,
    /// Those that are paused take no time.
    paused: usize,
    paused_bytes: u64,
    bytes: u64,
    sent: u64,
    /// Files whose length nobody knows yet count as much as the others do on average.
    weighed: u64,
    unweighed: u64,
}

impl Share {
    fn of(item: &Item) -> Self {
        let over = item.is_over();
        let failed = matches!(item.state(None), UploadState::Failed { .. });
        let (sent, weight) = (item.sent(), item.weight());
        let paused = !over && item.is_paused();
        Self {
            files: 1,
            finished: usize::from(over),
            failed: usize::from(failed),
            paused: usize::from(paused),
            paused_bytes: if paused { weight.saturating_sub(sent) } else { 0 },
            // What is over weighs what was sent of it, so that the bar reaches its end.
            bytes: if over { sent } else { weight },
            sent,
            weighed: u64::from(weight > 0),
            unweighed: u64::from(!over && weight == 0),
        }
    }

    /// With `old` taken out and `new` put in.
    fn exchanged(self, old: Self, new: Self) -> Self {
        let files = |sum: usize, old: usize, new: usize| (sum + new).saturating_sub(old);
        let bytes = |sum: u64, old: u64, new: u64| (sum + new).saturating_sub(old);
        Self {
            files: files(self.files, old.files, new.files),
            finished: files(self.finished, old.finished, new.finished),
            failed: files(self.failed, old.failed, new.failed),
            paused: files(self.paused, old.paused, new.paused),
            paused_bytes: bytes(self.paused_bytes, old.paused_bytes, new.paused_bytes),
            bytes: bytes(self.bytes, old.bytes, new.bytes),
            sent: bytes(self.sent, old.sent, new.sent),
            weighed: bytes(self.weighed, old.weighed, new.weighed),
            unweighed: bytes(self.unweighed, old.unweighed, new.unweighed),
        }
    }
}

/// The sums over what is shown, kept up to date file by file: a queue of ten thousand is not
/// walked through for one that has changed.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    shares: HashMap<UploadId, Share>,
    sum: Share,
}

impl Tally {
    /// The file is this now; `None`: it is not shown.
    pub(crate) fn set(&mut self, id: UploadId, item: Option<&Item>) {
        let new = item.map(Share::of);
        let old = match new {
            Some(new) => self.shares.insert(id, new),
            None => self.shares.remove(&id),
        };
        self.sum = self.sum.exchanged(old.unwrap_or_default(), new.unwrap_or_default());
    }

    /// The sums, while it goes like that.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole seconds for people"
    )]
    pub(crate) fn totals(&self, going: &Going) -> UploadTotals {
        let Going { speed, connections, .. } = *going;
        let Share { files, finished, failed, paused, paused_bytes, sent, .. } = self.sum;
        let average = self.sum.bytes / self.sum.weighed.max(1);
        let bytes = self.sum.bytes + average.saturating_mul(self.sum.unweighed);
        let left = bytes.saturating_sub(sent).saturating_sub(paused_bytes);
        let unfinished = files - finished - paused;
        // While Telegram makes us wait little moves, or nothing: what counts is how fast it went.
        let rate = if going.wait > 0 { speed.max(going.last_speed) } else { speed };
        let seconds_left = if unfinished == 0 && paused > 0 {
            None
        } else if unfinished == 0 {
            Some(0)
        } else if left == 0 || rate > 1.0 {
            let bytes = if left == 0 { 0.0 } else { left as f64 / rate };
            let messages = going.pace.map_or(0.0, |pace| pace * unfinished as f64);
            Some(bytes.max(messages).ceil() as u64 + going.wait)
        } else {
            None
        };
        UploadTotals { files, finished, failed, bytes, sent, speed, seconds_left, connections }
    }
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
        use crate::model::AlbumId;
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
        let totals = |items: &[Item], going: &Going| {
            let mut tally = Tally::default();
            for item in items {
                tally.set(item.entry.id, Some(item));
            }
            tally.totals(going)
        };
        let left = |going: Going| totals(&items, &going).seconds_left;
        let line = Going { speed: 10_000.0, last_speed: 10_000.0, ..Going::default() };
        assert_eq!(left(line), Some(10));
        assert_eq!(left(Going { pace: Some(2.5), ..line }), Some(250), "messages take longer");
        assert_eq!(left(Going { speed: 0.0, wait: 60, ..line }), Some(70), "nothing moves");
        assert_eq!(left(Going::default()), None, "nobody knows yet");
        let mut items: Vec<Item> = (0..2).map(item).collect();
        items[1].entry.bytes = 0;
        items[1].length = 99_000;
        assert_eq!(totals(&items, &line).bytes, 100_000, "its folder tells its length");
        items[1].entry.stage = JournalStage::Paused;
        let sum = totals(&items, &line);
        assert_eq!((sum.bytes, sum.seconds_left), (100_000, Some(1)), "a pause takes no time");
    }
}
