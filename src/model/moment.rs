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
}
