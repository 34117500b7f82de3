//! The wall clock of one's own zone, for many moments at a cost of one.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds of the wall clock at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
    /// Unix seconds from which to before which an offset holds, and the offset: newest first in use.
    spans: Vec<(i64, i64, i64)>,
}

/// Spans of one offset that are kept: twenty years of summer time.
const MOST: usize = 64;

impl Clock {
    pub(crate) const fn new(zone: TimeZone) -> Self {
        Self { zone, spans: Vec::new() }
    }

    /// The wall clock at `unix_seconds`.
    pub(crate) fn wall_seconds(&mut self, unix_seconds: i64) -> i64 {
        let holds = |(from, until, _): &(i64, i64, i64)| (*from..*until).contains(&unix_seconds);
        let offset = match self.spans.iter().position(holds) {
            Some(at) => {
                // Photos of one time stand together.
                self.spans.swap(0, at);
                self.spans.first().map_or(0, |span| span.2)
            }
            None => self.look_up(unix_seconds),
        };
        unix_seconds.saturating_add(offset)
    }

    fn look_up(&mut self, unix_seconds: i64) -> i64 {
        let Ok(at) = Timestamp::from_second(unix_seconds) else { return 0 };
        let offset = i64::from(self.zone.to_offset(at).seconds());
        // The transition that began it may be this very second.
        let next_second = Timestamp::from_second(unix_seconds + 1).unwrap_or(at);
        let began = self.zone.preceding(next_second).next();
        let ends = self.zone.following(at).next();
        let from = began.map_or(Timestamp::MIN, |transition| transition.timestamp());
        let until = ends.map_or(Timestamp::MAX, |transition| transition.timestamp());
        if self.spans.len() >= MOST {
            self.spans.pop();
        }
        self.spans.insert(0, (from.as_second(), until.as_second(), offset));
        offset
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Moment;

    fn wall_seconds(moment: i64, zone: &TimeZone) -> i64 {
        Moment::Sent(moment).wall_seconds(zone)
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_zone(
            zone in prop::sample::select(vec!["Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
            moments in prop::collection::vec(-2_000_000_000_i64..4_000_000_000, 1..200),
        ) {
            let zone = TimeZone::get(zone).unwrap();
            let mut clock = Clock::new(zone.clone());
            for moment in moments {
                prop_assert_eq!(clock.wall_seconds(moment), wall_seconds(moment, &zone));
            }
        }
    }

    #[test]
    fn it_agrees_around_each_change_of_the_clock() {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let mut clock = Clock::new(zone.clone());
        let begin = Timestamp::from_second(1_500_000_000).unwrap();
        for transition in zone.following(begin).take(40) {
            let at = transition.timestamp().as_second();
            for moment in [at - 1, at, at + 1, at - 1] {
                assert_eq!(clock.wall_seconds(moment), wall_seconds(moment, &zone), "{moment}");
            }
        }
    }

    #[test]
    fn beyond_the_calendar_it_stands_still() {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let mut clock = Clock::new(zone.clone());
        for moment in [i64::MIN, i64::MAX, Timestamp::MAX.as_second(), Timestamp::MIN.as_second()] {
            assert_eq!(clock.wall_seconds(moment), wall_seconds(moment, &zone));
        }
    }
}
