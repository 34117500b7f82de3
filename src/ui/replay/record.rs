//! What is noted of each frame, and the report that it comes to.

use std::ops::Range;
use std::time::Duration;

use super::Report;

/// Frames so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    costs: Vec<Duration>,
    pub(super) blank_tiles: u64,
    shown: Shown,
}

impl Record {
    pub(super) fn frame(&mut self, cost: Duration, blank: u32, places: Range<usize>) {
        self.costs.push(cost);
        self.blank_tiles += u64::from(blank);
        self.shown.add(places);
    }

    pub(super) const fn frames(&self) -> usize {
        self.costs.len()
    }

    /// The report, but for what frames do not tell.
    pub(super) fn report(mut self) -> Report {
        self.costs.sort_unstable();
        Report {
            photos: 0,
            frames: self.costs.len(),
            p50_ms: milliseconds(quantile(&self.costs, 500)),
            p99_ms: milliseconds(quantile(&self.costs, 990)),
            max_ms: milliseconds(quantile(&self.costs, 1000)),
            blank_tiles: self.blank_tiles,
            thumbnails_shown: 0,
            photos_shown: self.shown.count(),
            skim_photos_per_second: None,
            rest_to_sharp_ms: None,
            rests_timed: 0,
            peak_memory_bytes: 0,
            sync_seconds: 0.0,
        }
    }
}

/// The cost that so many thousandths of the frames did not exceed; `costs` in rising order.
fn quantile(costs: &[Duration], thousandths: usize) -> Duration {
    let rank = (costs.len() * thousandths).div_ceil(1000).max(1);
    costs.get(rank - 1).copied().unwrap_or_default()
}

/// To the microsecond.
fn milliseconds(cost: Duration) -> f64 {
    (cost.as_secs_f64() * 1e6).round() / 1e3
}

/// Places in a timeline, a bit each.
#[derive(Debug, Default)]
struct Shown(Vec<u64>);

impl Shown {
    fn add(&mut self, places: Range<usize>) {
        let words = places.end.div_ceil(64);
        if !places.is_empty() && words > self.0.len() {
            self.0.resize(words, 0);
        }
        for place in places {
            if let Some(word) = self.0.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
    }

    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_costs_of_frames() {
        let costs: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let of = |thousandths| quantile(&costs, thousandths);
        assert_eq!([of(500), of(990), of(1000)], [100, 198, 200].map(Duration::from_millis));
        let one = [Duration::from_micros(7)];
        assert_eq!([quantile(&one, 500), quantile(&one, 1000)], [one[0], one[0]]);
        assert_eq!(quantile(&[], 500), Duration::ZERO);
    }

    #[test]
    fn a_place_counts_once() {
        let mut record = Record::default();
        for (blank, places) in [(0, 10..30), (2, 20..130), (1, 64..64), (0, 999_999..1_000_000)] {
            record.frame(Duration::from_millis(1), blank, places);
        }
        assert_eq!(record.frames(), 4);
        let report = record.report();
        assert_eq!((report.photos_shown, report.blank_tiles), (121, 3));
    }
}
