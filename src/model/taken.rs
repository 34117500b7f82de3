//! When a photo was taken.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The camera's clock at the moment of exposure. A camera that knew no zone gives the wall clock
/// alone; then no instant can be derived from it, only a day and an order.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Taken {
    /// The wall clock where the photo was taken, in seconds since 1970-01-01 00:00 of that clock.
    pub wall_seconds: i64,
    /// Minutes that the wall clock was ahead of UTC, where the camera knew.
    pub offset_minutes: Option<i16>,
}

impl Taken {
    /// The wall clock of `zone` at an instant in Unix seconds, for cameras that knew the instant
    /// alone. `None` beyond the calendar's range.
    #[must_use]
    pub fn at(instant: i64, zone: &TimeZone) -> Option<Self> {
        let offset = zone.to_offset(jiff::Timestamp::from_second(instant).ok()?).seconds();
        // Zones of long ago had seconds in them.
        let offset_minutes = i16::try_from(offset.div_euclid(60)).ok()?;
        let wall_seconds = instant + i64::from(offset_minutes) * 60;
        Some(Self { wall_seconds, offset_minutes: Some(offset_minutes) })
    }

    /// RFC 3339 with offset, or `2024-01-31T14:22:33` without one where no zone is known. `None`
    /// when the clock is beyond the calendar's range (years −9999 … 9999).
    #[must_use]
    pub fn to_rfc3339(self) -> Option<String> {
        let wall = jiff::Timestamp::from_second(self.wall_seconds).ok()?;
        let civil = wall.to_zoned(TimeZone::UTC).datetime();
        let text = civil.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        Some(match self.offset_minutes {
            None => text,
            Some(minutes) => {
                let (sign, m) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
                format!("{text}{sign}{:02}:{:02}", m / 60, m % 60)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_written_only_where_known() {
        let taken = Taken { wall_seconds: 1_706_710_953, offset_minutes: None };
        assert_eq!(taken.to_rfc3339().as_deref(), Some("2024-01-31T14:22:33"));
        let zoned = Taken { offset_minutes: Some(-210), ..taken };
        assert_eq!(zoned.to_rfc3339().as_deref(), Some("2024-01-31T14:22:33-03:30"));
        let odd = Taken { offset_minutes: Some(i16::MIN), ..taken };
        assert_eq!(odd.to_rfc3339().as_deref(), Some("2024-01-31T14:22:33-546:08"));
        let there = TimeZone::fixed(jiff::tz::offset(-3));
        assert_eq!(
            Taken::at(1_706_710_953, &there).and_then(Taken::to_rfc3339).as_deref(),
            Some("2024-01-31T11:22:33-03:00")
        );
        assert_eq!(Taken::at(i64::MAX, &there), None);
        let nowhere = Taken { wall_seconds: i64::MAX, offset_minutes: None };
        assert_eq!(nowhere.to_rfc3339(), None);
    }
}
