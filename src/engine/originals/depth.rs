//! How much of originals is asked for at once: about what the line gives in a second, or in its
//! round trip. More would come in any order, and make the next photo wait for what was asked for
//! before it and can no longer be taken back; less would leave a long line empty. Any thread.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::pieces::PIECE;
use crate::engine::runtime::lock;

/// Bytes to begin with, before anything is known of the line.
const FIRST: u64 = PIECE;
const LEAST: u64 = 2 * SMALLEST;
const MOST: u64 = 24 * PIECE;
/// The smallest piece that is asked for because the line is slow.
const SMALLEST: u64 = PIECE / 8;
/// Pieces that share the line: what comes is written down, and seen, so often.
const PIECES: u64 = 4;
/// An answer that takes so much longer than the quickest one (and half as long again) says that
/// too much is under way …
const LONGER: Duration = Duration::from_millis(600);
/// … and one that takes only so much longer, that there is room for more.
const LITTLE_LONGER: Duration = Duration::from_millis(300);
/// A line on which the quickest answer takes longer is full rather than long.
const LONGEST: Duration = Duration::from_millis(600);
/// Answers to fewer bytes say nothing of how much there is room for.
const TELLS: u64 = PIECE / 32;

/// The measure, for all originals. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Depth(Arc<Mutex<Line>>);

/// What is known of the line.
struct Line {
    /// Bytes that may be under way.
    window: u64,
    delivered: u64,
    quickest: Duration,
    /// When the window was last made smaller.
    eased: Option<Instant>,
}

impl Default for Line {
    fn default() -> Self {
        Self { window: FIRST, delivered: 0, quickest: LONGEST, eased: None }
    }
}

/// A request that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    at: Instant,
    /// Bytes that had come by then.
    delivered: u64,
}

impl Depth {
    /// How many bytes may be under way.
    pub(super) fn window(&self) -> u64 {
        lock(&self.0).window
    }

    /// How many bytes to ask for at once.
    pub(super) fn piece(&self) -> u64 {
        lock(&self.0).piece()
    }

    /// A request is sent.
    pub(super) fn asked(&self, now: Instant) -> Asked {
        Asked { at: now, delivered: self.delivered() }
    }

    /// A request for so many bytes was answered.
    pub(super) fn answered(&self, asked: Asked, bytes: u64, now: Instant) {
        lock(&self.0).answered(asked, bytes, now);
    }

    /// Bytes that came, ever.
    pub(super) fn delivered(&self) -> u64 {
        lock(&self.0).delivered
    }
}

impl Line {
    fn piece(&self) -> u64 {
        let size = (self.window / PIECES).clamp(SMALLEST, PIECE);
        1 << size.ilog2()
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an estimate of some bytes"
    )]
    fn answered(&mut self, asked: Asked, bytes: u64, now: Instant) {
        let took = now.saturating_duration_since(asked.at);
        self.delivered += bytes;
        self.quickest = self.quickest.min(took);
        if took > self.quickest * 3 / 2 + LONGER {
            // Once for all that were under way then.
            if self.eased.is_none_or(|eased| asked.at >= eased) {
                self.window = (self.window / 2).max(LEAST);
                self.eased = Some(now);
            }
        } else if took < self.quickest + LITTLE_LONGER && bytes >= TELLS {
            let came = (self.delivered - asked.delivered) as f64;
            let a_second = (came / took.as_secs_f64().max(1e-3)) as u64;
            let grown = (self.window + 3 * bytes).min(a_second).min(MOST);
            self.window = self.window.max(grown);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn float(bytes: u64) -> f64 {
        f64::from(u32::try_from(bytes).unwrap())
    }

    /// Lets so much come over a line on which answers come one after the other, and tells how long
    /// that takes.
    fn over(line: &mut Line, rate: f64, round_trip: f64, bytes: u64) -> f64 {
        let begun = Instant::now();
        let at = |seconds: f64| begun + Duration::from_secs_f64(seconds);
        let (mut now, mut busy_until, mut under_way, mut left) = (0.0, 0.0f64, 0, bytes);
        let mut flying: VecDeque<(f64, Asked, u64)> = VecDeque::new();
        loop {
            let piece = line.piece().min(left);
            if left > 0 && (flying.is_empty() || under_way + piece <= line.window) {
                busy_until = busy_until.max(now + round_trip) + float(piece) / rate;
                let asked = Asked { at: at(now), delivered: line.delivered };
                flying.push_back((busy_until, asked, piece));
                (under_way, left) = (under_way + piece, left - piece);
            } else if let Some((comes, asked, piece)) = flying.pop_front() {
                now = comes;
                under_way -= piece;
                line.answered(asked, piece, at(now));
            } else {
                return now;
            }
        }
    }

    #[test]
    fn a_long_fast_line_is_full_after_a_few_round_trips() {
        let took = over(&mut Line::default(), 1e9, 0.1, 8 << 20);
        assert!(took < 0.36, "{took}");
    }

    #[test]
    fn a_slow_line_gets_small_pieces_and_few_of_them() {
        let mut line = Line::default();
        over(&mut line, 4e5, 0.1, 1 << 20);
        assert!(line.window <= 400_000, "{}", line.window);
        assert_eq!(line.piece(), SMALLEST);
    }

    proptest! {
        /// On a line of any speed and length: it is used, and the next photo does not wait long.
        #[test]
        fn it_becomes_about_a_second_of_the_line(
            bytes_per_second in 100_000u32..200_000_000,
            milliseconds in 1u32..600,
        ) {
            let (rate, round_trip) = (f64::from(bytes_per_second), f64::from(milliseconds) / 1e3);
            let mut line = Line::default();
            over(&mut line, rate, round_trip, 100 * PIECE);
            let under_way = float(line.window);
            let waits = under_way / rate;
            prop_assert!(waits < 1.6 || line.window == LEAST, "{} s for {} bytes", waits, under_way);
            let used = (under_way / round_trip).min(rate) / rate;
            prop_assert!(used > 0.6 || line.window == MOST, "{} of the line by {}", used, under_way);
        }
    }
}
