//! How many requests should be under way, and over how many connections: grows by doubling while
//! that makes it faster, goes back where it does not, shrinks when answers take long. A pure
//! function of what was measured; no thread, no clock.

use std::time::Duration;

/// An answer that takes this long says that the line is too full.
const TOO_SLOW: Duration = Duration::from_secs(8);
/// Twice the requests should make it at least this much faster.
const WORTH_IT: f64 = 1.15;
/// Measurements after which a settled line is tried with more again.
const TRY_AGAIN_AFTER: u32 = 60;

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
    /// The slowest answer.
    pub(super) slowest: Duration,
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

    /// A connection was cut before it had answered what it began with. Where something cuts
    /// connections after so many bytes, several requests under way on one would never all arrive;
    /// one by one they do.
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

    /// Draws the conclusions of a measurement.
    pub(super) fn step(&mut self, sample: Sample) {
        if sample.slowest >= TOO_SLOW {
            return self.stalled();
        }
        if !sample.was_full {
            return;
        }
        match self.state {
            State::Warming => self.state = State::Growing,
            State::Growing
                if self.before == 0.0 || sample.bytes_per_second > self.before * WORTH_IT =>
            {
                self.grow(sample.bytes_per_second);
            }
            // More connections did not help: the line, or the server, is at its limit.
            State::Growing => {
                self.shrink();
                self.state = State::Settled(TRY_AGAIN_AFTER);
            }
            State::Settled(0) => self.grow(sample.bytes_per_second),
            State::Settled(rest) => self.state = State::Settled(rest - 1),
        }
    }

    /// An answer did not come, or very late.
    pub(super) fn stalled(&mut self) {
        self.window = self.window.div_ceil(2);
        self.state = State::Settled(TRY_AGAIN_AFTER);
    }

    fn grow(&mut self, rate: f64) {
        self.before = rate;
        if self.window < self.most {
            self.window = (self.window * 2).min(self.most);
            self.state = State::Warming;
        } else {
            self.state = State::Settled(TRY_AGAIN_AFTER);
        }
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
        Sample {
            bytes_per_second: (connection * f64::from(u32::try_from(ramp.connections()).unwrap()))
                .min(line),
            was_full: true,
            slowest: Duration::from_millis(200),
        }
    }

    #[test]
    fn one_that_begins_wide_goes_back_when_answers_take_long() {
        let mut ramp = Ramp::new(16, 2).beginning_with(2);
        assert_eq!((ramp.window(), ramp.connections(), ramp.share()), (32, 2, 16));
        ramp.step(rate(&ramp, 1e6, 1e9));
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
        let slow =
            Sample { bytes_per_second: 1e4, was_full: true, slowest: Duration::from_secs(20) };
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
            samples in proptest::collection::vec((0.0..1e9f64, any::<bool>(), 0u64..12), 0..200),
        ) {
            let mut ramp = Ramp::new(per, connections).beginning_with(first);
            prop_assert!((1..=per * connections).contains(&ramp.window()));
            for (bytes_per_second, was_full, seconds) in samples {
                let slowest = Duration::from_secs(seconds);
                ramp.step(Sample { bytes_per_second, was_full, slowest });
                prop_assert!((1..=per * connections).contains(&ramp.window()));
                prop_assert!((1..=connections).contains(&ramp.connections()));
                prop_assert!((1..=per).contains(&ramp.share()));
            }
        }
    }
}
