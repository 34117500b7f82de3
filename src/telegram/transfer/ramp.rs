//! How many requests should be under way, and over how many connections: doubles at once while
//! answers come as quickly as ever, which says that the line is not full; then while doubling makes
//! it faster; goes back where it does not, and shrinks when answers take long. A pure function of
//! what was measured; no thread, no clock.

use std::time::Duration;

/// An answer that takes this long says that the line is too full.
const TOO_SLOW: Duration = Duration::from_secs(8);
/// Twice the requests should make it at least this much faster.
const WORTH_IT: f64 = 1.15;
/// Measurements after which a settled line is tried with more again: at first, as what was
/// measured may have been a passing thing; twice as many each time that it did not help.
const TRY_AGAIN_AFTER: u32 = 16;
/// … at most.
const TRY_AGAIN_AT_LAST: u32 = 128;
/// Answers that take no more than so many times as long as the quickest do not wait for each other.
const UNHINDERED: f64 = 1.6;

/// Answers for which a connection that was cut early carries one request at a time.
const CAREFUL: u32 = 32;
/// … at most, where that happens again and again.
const MOST_CAREFUL: u32 = 1024;
/// Answers without such a cut after which it is forgotten.
const CALM: u32 = 256;

/// The size of the window, and what led to it.
#[derive(Clone, Debug)]
pub(super) struct Ramp {
    per_connection: usize,
    most: usize,
    window: usize,
    /// Bytes a second before the latest growth.
    before: f64,
    /// The mean time of answers when it was shortest.
    quickest: Duration,
    /// Answers took no longer than ever when it was last measured.
    is_unhindered: bool,
    /// How long it stays settled the next time.
    rest: u32,
    state: State,
    /// Answers to go with one request at a time on each connection.
    careful: u32,
    /// How long that was the last time.
    caution: u32,
    calm: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// The next measurement decides whether to grow further.
    Growing,
    /// Just grown: connections are being made, so that the next measurement tells nothing.
    Warming,
    /// Stays for so many measurements more.
    Settled(u32),
}

/// What was measured over a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) bytes_per_second: f64,
    /// The window was used up at some moment: more could have been under way.
    pub(super) was_full: bool,
    /// How long answers took.
    pub(super) mean: Duration,
    /// The slowest answer.
    pub(super) slowest: Duration,
    /// A connection broke meanwhile: how fast it went tells nothing.
    pub(super) is_disturbed: bool,
}

impl Ramp {
    /// Starts with one connection.
    pub(super) fn new(per_connection: usize, connections: usize) -> Self {
        let per_connection = per_connection.max(1);
        Self {
            per_connection,
            most: per_connection * connections.max(1),
            window: per_connection,
            before: 0.0,
            quickest: Duration::MAX,
            is_unhindered: true,
            rest: TRY_AGAIN_AFTER,
            state: State::Growing,
            careful: 0,
            caution: 0,
            calm: 0,
        }
    }

    /// Starts with more connections.
    pub(super) fn beginning_with(mut self, connections: usize) -> Self {
        self.window = (self.per_connection * connections.max(1)).min(self.most);
        self
    }

    /// Requests under way.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// Connections for them.
    pub(super) fn connections(&self) -> usize {
        self.window.div_ceil(self.per_connection)
    }

    /// Requests under way on each connection.
    pub(super) fn share(&self) -> usize {
        if self.careful > 0 { 1 } else { self.window.div_ceil(self.connections()) }
    }

    /// A connection was cut before it had answered anything. Where something cuts connections after
    /// so many bytes, of several requests under way on one none might ever arrive; one by one they
    /// do.
    pub(super) fn cut_short(&mut self) {
        self.caution = (self.caution * 2).clamp(CAREFUL, MOST_CAREFUL);
        (self.careful, self.calm) = (self.caution, 0);
    }

    /// A request was answered.
    pub(super) fn answered(&mut self) {
        if self.careful > 0 {
            self.careful -= 1;
            return;
        }
        self.calm = self.calm.saturating_add(1);
        if self.calm == CALM {
            self.caution = 0;
        }
    }

    /// Over how many round trips to measure: of rates more is asked than of times.
    pub(super) fn round_trips(&self) -> u32 {
        if self.is_unhindered { 1 } else { 2 }
    }

    /// Draws the conclusions of a measurement.
    pub(super) fn step(&mut self, sample: Sample) {
        if sample.slowest >= TOO_SLOW {
            return self.stalled();
        }
        self.quickest = self.quickest.min(sample.mean);
        if !sample.was_full || sample.is_disturbed {
            return;
        }
        self.is_unhindered = sample.mean <= self.quickest.mul_f64(UNHINDERED);
        match self.state {
            State::Growing | State::Warming if self.is_unhindered => {
                self.rest = TRY_AGAIN_AFTER;
                self.grow(sample.bytes_per_second);
            }
            State::Warming => self.state = State::Growing,
            State::Growing
                if self.before == 0.0 || sample.bytes_per_second > self.before * WORTH_IT =>
            {
                self.rest = TRY_AGAIN_AFTER;
                self.grow(sample.bytes_per_second);
            }
            // More connections did not help: the line, or the server, is at its limit.
            State::Growing => {
                self.shrink();
                self.settle();
            }
            State::Settled(0) => self.grow(sample.bytes_per_second),
            State::Settled(rest) => self.state = State::Settled(rest - 1),
        }
    }

    /// An answer did not come, or very late.
    pub(super) fn stalled(&mut self) {
        self.window = self.window.div_ceil(2);
        self.state = State::Settled(self.rest);
    }

    fn grow(&mut self, rate: f64) {
        self.before = rate;
        if self.window < self.most {
            self.window = (self.window * 2).min(self.most);
            self.state = State::Warming;
        } else {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.state = State::Settled(self.rest);
        self.rest = (self.rest * 2).min(TRY_AGAIN_AT_LAST);
    }

    fn shrink(&mut self) {
        self.window = (self.window / 2).max(self.per_connection.min(self.window));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a line gives to a window: each connection is limited, and so is the line.
    fn rate(ramp: &Ramp, connection: f64, line: f64) -> Sample {
        const PART: f64 = 5e5;
        let number = |n: usize| f64::from(u32::try_from(n).unwrap());
        let bytes_per_second = (connection * number(ramp.connections())).min(line);
        let takes = Duration::from_secs_f64(PART * number(ramp.window()) / bytes_per_second);
        Sample {
            bytes_per_second,
            was_full: true,
            mean: takes,
            slowest: takes,
            is_disturbed: false,
        }
    }

    #[test]
    fn a_long_empty_line_is_filled_without_trying() {
        let mut ramp = Ramp::new(3, 8);
        let sample =
            |ramp: &Ramp| Sample { mean: Duration::from_millis(110), ..rate(ramp, 1e7, 1e9) };
        for window in [6, 12, 24] {
            ramp.step(sample(&ramp));
            assert_eq!(ramp.window(), window);
        }
    }

    #[test]
    fn a_broken_connection_says_nothing_of_the_line() {
        let mut ramp = Ramp::new(3, 8);
        ramp.step(rate(&ramp, 8e6, 1e9));
        for _ in 0..20 {
            ramp.step(Sample { is_disturbed: true, ..rate(&ramp, 1e6, 1e9) });
        }
        assert_eq!(ramp.window(), 6);
        (0..8).for_each(|_| ramp.step(rate(&ramp, 8e6, 1e9)));
        assert_eq!(ramp.window(), 24);
    }

    #[test]
    fn one_that_begins_wide_goes_back_when_answers_take_long() {
        let mut ramp = Ramp::new(16, 2).beginning_with(2);
        assert_eq!((ramp.window(), ramp.connections(), ramp.share()), (32, 2, 16));
        ramp.step(rate(&ramp, 1e7, 1e9));
        assert_eq!(ramp.window(), 32, "there is no more to grow to");
        ramp.stalled();
        assert_eq!((ramp.window(), ramp.connections()), (16, 1));
    }

    #[test]
    fn grows_to_the_end_where_each_connection_is_limited() {
        let mut ramp = Ramp::new(3, 8);
        for _ in 0..8 {
            ramp.step(rate(&ramp, 8e6, 1e9));
        }
        assert_eq!((ramp.connections(), ramp.window()), (8, 24));
    }

    #[test]
    fn settles_where_more_does_not_help() {
        let mut ramp = Ramp::new(3, 8);
        for _ in 0..20 {
            ramp.step(rate(&ramp, 8e6, 15e6));
        }
        assert_eq!(ramp.connections(), 2);
    }

    #[test]
    fn a_slow_line_gets_fewer_requests_until_one_is_left() {
        let mut ramp = Ramp::new(3, 8);
        for _ in 0..4 {
            ramp.step(rate(&ramp, 8e6, 1e9));
        }
        let long = Duration::from_secs(20);
        let slow =
            Sample { bytes_per_second: 1e4, mean: long, slowest: long, ..rate(&ramp, 1e6, 1e6) };
        let mut before = ramp.window();
        for _ in 0..8 {
            ramp.step(slow);
            assert!(ramp.window() <= before);
            before = ramp.window();
        }
        assert_eq!((ramp.window(), ramp.connections()), (1, 1));
    }

    #[test]
    fn connections_that_are_cut_early_carry_one_request_at_a_time_for_a_while() {
        let mut ramp = Ramp::new(3, 8);
        let answers_until_trusted = |ramp: &mut Ramp| {
            let mut answers = 0;
            while ramp.share() == 1 {
                ramp.answered();
                answers += 1;
            }
            answers
        };
        assert_eq!(ramp.share(), 3);
        ramp.cut_short();
        assert_eq!(answers_until_trusted(&mut ramp), CAREFUL);
        ramp.cut_short();
        assert_eq!(answers_until_trusted(&mut ramp), 2 * CAREFUL, "longer the next time");
        (0..CALM).for_each(|_| ramp.answered());
        ramp.cut_short();
        assert_eq!(answers_until_trusted(&mut ramp), CAREFUL);
    }

    proptest! {
        #[test]
        fn never_leaves_its_bounds(
            per in 1usize..20,
            connections in 1usize..17,
            first in 0usize..5,
            samples in proptest::collection::vec(
                (0.0..1e9f64, any::<bool>(), 0u64..12, 0.0..1.0f64, any::<bool>()),
                0..200,
            ),
        ) {
            let mut ramp = Ramp::new(per, connections).beginning_with(first);
            prop_assert!((1..=per * connections).contains(&ramp.window()));
            for (bytes_per_second, was_full, seconds, share, is_disturbed) in samples {
                let slowest = Duration::from_secs(seconds);
                let mean = slowest.mul_f64(share);
                ramp.step(Sample { bytes_per_second, was_full, mean, slowest, is_disturbed });
                prop_assert!((1..=per * connections).contains(&ramp.window()));
                prop_assert!((1..=connections).contains(&ramp.connections()));
                prop_assert!((1..=per).contains(&ramp.share()));
            }
        }
    }
}
