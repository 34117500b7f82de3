//! A photo's place in time, from the best that is known: the camera's clock, the date in its
//! name, the moment at which it was sent.
//!
//! Pure. It reads names and no files, and knows no zone but the one it is handed.

use jiff::tz::TimeZone;

use super::Taken;

mod named;

pub use named::{NamedClock, NamedDate};

/// What a photo's place in time is known from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// The camera said so.
    Taken(Taken),
    /// The program that named the file said so.
    Named(NamedDate),
    /// Nothing is known but when the message was sent: Unix seconds.
    Sent(i64),
}

impl Moment {
    /// The best of what is known.
    #[must_use]
    pub fn of(taken: Option<Taken>, name: &str, sent: i64) -> Self {
        taken
            .map(Self::Taken)
            .or_else(|| NamedDate::in_name(name).map(Self::Named))
            .unwrap_or(Self::Sent(sent))
    }

    /// Seconds of the wall clock that the photo stands at. Where only an instant is known, it is
    /// the wall clock of `zone` at that instant.
    #[must_use]
    pub fn wall_seconds(self, zone: &TimeZone) -> i64 {
        self.wall_seconds_by(|unix| {
            let offset =
                jiff::Timestamp::from_second(unix).map_or(0, |at| zone.to_offset(at).seconds());
            unix.saturating_add(i64::from(offset))
        })
    }

    /// The instant, Unix seconds. Where only a wall clock is known, it is taken for that of `zone`;
    /// a clock of the hour that summer time repeats for its first, one of the hour that it leaves
    /// out for the hour after.
    #[must_use]
    pub fn instant(self, zone: &TimeZone) -> i64 {
        match self {
            Self::Taken(Taken { wall_seconds, offset_minutes: Some(minutes) }) => {
                wall_seconds.saturating_sub(i64::from(minutes) * 60)
            }
            Self::Sent(seconds) | Self::Named(NamedDate { seconds, clock: NamedClock::Utc }) => {
                seconds
            }
            Self::Taken(Taken { wall_seconds: seconds, .. })
            | Self::Named(NamedDate { seconds, .. }) => {
                let there = jiff::Timestamp::from_second(seconds).and_then(|wall| {
                    wall.to_zoned(TimeZone::UTC).datetime().to_zoned(zone.clone())
                });
                there.map_or(seconds, |there| there.timestamp().as_second())
            }
        }
    }

    /// As [`wall_seconds`](Self::wall_seconds); `local` tells the wall clock of a Unix second. For
    /// many moments, by somebody who remembers when the zone's offset changes.
    #[must_use]
    pub fn wall_seconds_by(self, local: impl FnOnce(i64) -> i64) -> i64 {
        match self {
            Self::Taken(taken) => taken.wall_seconds,
            Self::Named(NamedDate { seconds, clock: NamedClock::Utc }) | Self::Sent(seconds) => {
                local(seconds)
            }
            Self::Named(named) => named.seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_camera_goes_before_the_name_and_the_name_before_the_message() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let taken = Taken { wall_seconds: 5, offset_minutes: Some(-600) };
        let name = "IMG_20240131_142233.jpg";
        let wall = |taken, name| Moment::of(taken, name, 1_000).wall_seconds(&zone);
        assert_eq!(wall(Some(taken), name), 5);
        assert_eq!(wall(None, name), 1_706_710_953);
        assert_eq!(wall(None, "DSC_0001.jpg"), 1_000 + 7_200);
        // A Pixel's clock in a name is UTC.
        assert_eq!(wall(None, "PXL_20240131_142233123.jpg"), 1_706_710_953 + 7_200);
        assert_eq!(Moment::Sent(i64::MAX).wall_seconds(&zone), i64::MAX);
    }

    #[test]
    fn an_instant_needs_a_zone_where_the_camera_knew_none() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let taken = |offset_minutes| Taken { wall_seconds: 1_706_710_953, offset_minutes };
        let instant = |taken, name| Moment::of(taken, name, 1_000).instant(&zone);
        assert_eq!(instant(Some(taken(Some(-210))), ""), 1_706_710_953 + 12_600);
        assert_eq!(instant(Some(taken(None)), ""), 1_706_710_953 - 7_200);
        assert_eq!(instant(None, "IMG_20240131_142233.jpg"), 1_706_710_953 - 7_200);
        assert_eq!(instant(None, "PXL_20240131_142233123.jpg"), 1_706_710_953);
        assert_eq!(instant(None, "DSC_0001.jpg"), 1_000);
        let beyond = Taken { wall_seconds: i64::MIN, offset_minutes: None };
        assert_eq!(Moment::Taken(beyond).instant(&zone), i64::MIN);
    }
}
