//! Dates in the names of files, as cameras, phones and messengers write them.
//!
//! A name is somebody's word, not a measurement: what could be a counter is not taken for a date.
//! A date with a time of day counts wherever in a name it stands. A date alone counts when its
//! parts are kept apart (`2024-01-31`), when the name begins with it, or behind a word that
//! cameras put before a date (`IMG-20240131-WA0001`); behind others (`DSC_20240131`) eight digits
//! are a number.

use jiff::{
    civil::{Date, Time},
    tz::Offset,
};

/// A date that stands in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NamedDate {
    /// Seconds since 1970-01-01 00:00 of that clock.
    pub seconds: i64,
    /// Which clock.
    pub clock: NamedClock,
}

/// The clock that a date in a name was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamedClock {
    /// The wall clock where the file was named.
    Wall,
    /// UTC.
    Utc,
    /// Only the day is known; the seconds are those of its noon, so that the photo stands in the
    /// middle of its day.
    Day,
}

/// Where the calendars of files begin and end: outside of it, digits are no date.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2100;

/// Words behind which eight digits are a date, as no counter has that many there.
const BEFORE_A_DAY: &[&str] = &["IMG", "VID", "WP", "MVIMG", "PANO", "PXL", "SCREENSHOT"];

/// Cameras whose clock in names is UTC.
const UTC_NAMES: &[&str] = &["PXL_"];

/// Programs that write milliseconds since 1970 into names.
const UNIX_NAMES: &[&str] = &["mmexport", "FB_IMG_"];

/// Whether this stands between a date and its time: a sign, or the word "at" of the desktop's
/// language.
fn is_gap(between: &[u8]) -> bool {
    match between {
        b"_" | b"-" | b" " | b"." | b"T" | b"__" | b" - " => true,
        _ => [
            " at ",
            "_at_",
            "-at-",
            " um ",
            " à ",
            " a\u{300} ",
            " a las ",
            " alle ore ",
            " alle ",
            " om ",
            " kl. ",
            " kl ",
        ]
        .iter()
        .any(|word| word.as_bytes() == between),
    }
}

impl NamedDate {
    /// The first date in a file's name.
    #[must_use]
    pub fn in_name(name: &str) -> Option<Self> {
        let bytes = name.as_bytes();
        let mut at = 0;
        loop {
            at += bytes.get(at..)?.iter().position(u8::is_ascii_digit)?;
            let run = digits(bytes, at);
            if let Some(found) = read(bytes, at, run) {
                return Some(found);
            }
            at += run;
        }
    }
}

/// The date whose digits begin at `at`, the first of `run` digits.
fn read(name: &[u8], at: usize, run: usize) -> Option<NamedDate> {
    match run {
        4 => {
            let sign = *name.get(at + 4).filter(|sign| b"-_.".contains(sign))?;
            let apart = name.get(at + 7) == Some(&sign);
            if !apart || digits(name, at + 5) != 2 || digits(name, at + 8) != 2 {
                return None;
            }
            let day =
                day(number(name, at, 4)?, number(name, at + 5, 2)?, number(name, at + 8, 2)?)?;
            timed(name, day, at + 10).or_else(|| noon(day))
        }
        8 => {
            let day =
                day(number(name, at, 4)?, number(name, at + 4, 2)?, number(name, at + 6, 2)?)?;
            timed(name, day, at + 8).or_else(|| is_a_day(name, at).then(|| noon(day)).flatten())
        }
        // Some phones write all of it in one, and milliseconds too.
        14 | 17 => {
            let day =
                day(number(name, at, 4)?, number(name, at + 4, 2)?, number(name, at + 6, 2)?)?;
            let seconds = clock(day, name, [at + 8, at + 10, at + 12])?;
            Some(NamedDate { seconds, clock: of_camera(name) })
        }
        13 if UNIX_NAMES.iter().any(|word| at == word.len() && begins(name, word)) => {
            let seconds =
                name.get(at..at + 10)?.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'));
            Some(NamedDate { seconds, clock: NamedClock::Utc })
        }
        _ => None,
    }
}

/// The time of day behind a date that ends at `end`.
fn timed(name: &[u8], day: Date, end: usize) -> Option<NamedDate> {
    let rest = name.get(end..)?;
    let gap = rest.iter().take(12).position(u8::is_ascii_digit)?;
    let word = rest.get(..gap)?;
    if !is_gap(word) {
        return None;
    }
    let at = end + gap;
    let (seconds, end) = match digits(name, at) {
        run @ (6 | 9) => (clock(day, name, [at, at + 2, at + 4])?, at + run),
        run @ (1 | 2) => apart(name, day, at, run)?,
        _ => return None,
    };
    let is_utc = word == b"T"
        && name.get(end) == Some(&b'Z')
        && !name.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
    let clock = if is_utc { NamedClock::Utc } else { of_camera(name) };
    Some(NamedDate { seconds, clock })
}

/// A time whose parts are kept apart: `14.22.33`, `14h22m33s`, `2.22.33 PM`. The seconds of the
/// clock, and where it ends.
fn apart(name: &[u8], day: Date, at: usize, run: usize) -> Option<(i64, usize)> {
    let (first, second) = (at + run, at + run + 3);
    let known = match (name.get(first)?, name.get(second)?) {
        (b'h', b'm') => true,
        (a, b) => a == b && b".-_:".contains(a),
    };
    if !known || digits(name, first + 1) != 2 || digits(name, second + 1) != 2 {
        return None;
    }
    let end = second + 3;
    let hour = number(name, at, run)?;
    let hour = match half(name, end) {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        None if run == 2 => hour,
        _ => return None,
    };
    let seconds = at_time(day, hour, number(name, first + 1, 2)?, number(name, second + 1, 2)?)?;
    Some((seconds, end))
}

/// The hours that `AM` or `PM` adds, behind an ordinary or a narrow no-break space.
fn half(name: &[u8], end: usize) -> Option<i16> {
    let rest = name.get(end..)?;
    let rest = ["\u{202f}", "\u{a0}", " ", ""]
        .iter()
        .find_map(|space| rest.strip_prefix(space.as_bytes()))?;
    match rest.first_chunk::<2>()?.to_ascii_uppercase().as_slice() {
        b"AM" => Some(0),
        b"PM" => Some(12),
        _ => None,
    }
}

/// Whether eight digits at `at` are a day although no time follows.
fn is_a_day(name: &[u8], at: usize) -> bool {
    let before = &name[..at];
    let before = before.strip_suffix(b"_").or_else(|| before.strip_suffix(b"-")).unwrap_or(before);
    let start = before.iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(0, |i| i + 1);
    let word = &before[start..];
    at == 0 || BEFORE_A_DAY.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

fn of_camera(name: &[u8]) -> NamedClock {
    let is_utc = UTC_NAMES.iter().any(|word| begins(name, word));
    if is_utc { NamedClock::Utc } else { NamedClock::Wall }
}

fn begins(name: &[u8], word: &str) -> bool {
    name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

fn noon(day: Date) -> Option<NamedDate> {
    Some(NamedDate { seconds: at_time(day, 12, 0, 0)?, clock: NamedClock::Day })
}

/// Seconds of the clock whose hours, minutes and seconds stand at three places.
fn clock(day: Date, name: &[u8], at: [usize; 3]) -> Option<i64> {
    let [hour, minute, second] = at.map(|at| number(name, at, 2));
    at_time(day, hour?, minute?, second?)
}

fn at_time(day: Date, hour: i16, minute: i16, second: i16) -> Option<i64> {
    let small = |v: i16| i8::try_from(v).ok();
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some(Offset::UTC.to_timestamp(day.to_datetime(time)).ok()?.as_second())
}

fn day(year: i16, month: i16, day: i16) -> Option<Date> {
    if !YEARS.contains(&year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// How many digits stand at `at`.
fn digits(name: &[u8], at: usize) -> usize {
    name.get(at..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count())
}

/// The number of `length` digits at `at`; at most four.
fn number(name: &[u8], at: usize, length: usize) -> Option<i16> {
    name.get(at..at + length)?.iter().try_fold(0, |number: i16, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2024-01-31 14:22:33.
    const THEN: i64 = 1_706_710_953;
    const NOON: i64 = 1_706_702_400;

    #[test]
    fn cameras_phones_and_messengers_tell_when() {
        for name in [
            "IMG_20240131_142233.jpg",
            "IMG_20240131_142233(1).jpg",
            "IMG_20240131_142233_HDR.JPG",
            "IMG20240131142233.jpg",
            "00000IMG_00000_BURST20240131142233123_COVER.jpg",
            "VID_20240131_142233.mp4",
            "MVIMG_20240131_142233.jpg",
            "PANO_20240131_142233.jpg",
            "20240131_142233.jpg",
            "20240131142233.jpg",
            "WP_20240131_14_22_33_Pro.jpg",
            "Screenshot_20240131-142233.png",
            "Screenshot_20240131_142233_Maps.jpg",
            "Screenshot_2024-01-31-14-22-33-123_org.example.png",
            "Screenshot from 2024-01-31 14-22-33.png",
            "Screenshot 2024-01-31 142233.png",
            "Screenshot 2024-01-31 at 14.22.33.png",
            "Screenshot 2024-01-31 at 2.22.33\u{202f}PM.png",
            "Screen Shot 2024-01-31 at 2.22.33 PM (2).png",
            "Bildschirmfoto 2024-01-31 um 14.22.33.png",
            "Capture d’écran 2024-01-31 à 14.22.33.png",
            "Capture d’e\u{301}cran 2024-01-31 a\u{300} 14.22.33.png",
            "Schermata 2024-01-31 alle ore 14.22.33.png",
            "WhatsApp Image 2024-01-31 at 14.22.33.jpeg",
            "WhatsApp Image 2024-01-31 at 14.22.33 (1).jpeg",
            "WhatsApp Video 2024-01-31 at 2.22.33 PM.mp4",
            "signal-2024-01-31-142233.jpg",
            "signal-2024-01-31-14-22-33-123.jpg",
            "signal-2024-01-31-142233_002.jpeg",
            "photo_2024-01-31_14-22-33.jpg",
            "photo_7@31-01-2024_2024-01-31_14-22-33.jpg",
            "2024-01-31 14.22.33.jpg",
            "2024.01.31_14.22.33.jpg",
            "vlcsnap-2024-01-31-14h22m33s123.png",
            "2024-01-31T14:22:33.jpg",
        ] {
            let read = NamedDate::in_name(name);
            assert_eq!(read, Some(NamedDate { seconds: THEN, clock: NamedClock::Wall }), "{name}");
        }
    }

    #[test]
    fn some_write_universal_time() {
        for name in [
            "PXL_20240131_142233123.jpg",
            "PXL_20240131_142233123.MP.jpg",
            "pxl_20240131_142233123~2.jpg",
            "2024-01-31T14-22-33Z.jpg",
            "20240131T142233Z.jpg",
            "mmexport1706710953123.jpg",
            "FB_IMG_1706710953123.jpg",
        ] {
            let read = NamedDate::in_name(name);
            assert_eq!(read, Some(NamedDate { seconds: THEN, clock: NamedClock::Utc }), "{name}");
        }
        let wall = NamedDate::in_name("20240131T142233Zoo.jpg").unwrap();
        assert_eq!(wall.clock, NamedClock::Wall);
    }

    #[test]
    fn a_day_alone_stands_at_noon() {
        for name in [
            "IMG-20240131-WA0001.jpg",
            "VID-20240131-WA0012.mp4",
            "WP_20240131_001.jpg",
            "IMG_20240131.jpg",
            "20240131.jpg",
            "20240131-DSC_0042.NEF",
            "2024-01-31.png",
            "Berlin 2024-01-31 (12).jpg",
            "2024_01_31 Tiergarten.jpg",
            "2024-01-31 at 27.22.33.png",
            "2024-01-31 at 14.22.61.png",
            "2024-01-31 at 13.22.33 PM.png",
        ] {
            let read = NamedDate::in_name(name);
            assert_eq!(read, Some(NamedDate { seconds: NOON, clock: NamedClock::Day }), "{name}");
        }
    }

    #[test]
    fn numbers_are_no_dates() {
        for name in [
            "",
            "DSC_0001.JPG",
            "DSC_20240131.JPG",
            "DSCF20240131.JPG",
            "IMG_2024.JPG",
            "P1310142.JPG",
            "_MG_4242.CR2",
            "photo_20240131.jpg",
            "photo_1706710953.jpg",
            "1706710953123.jpg",
            "IMG_20241331_142233.jpg",
            "IMG_20230229_142233.jpg",
            "IMG_18240131_142233.jpg",
            "IMG_21010131_142233.jpg",
            "order 120240131 142233.jpg",
            "order 202401311 142233.jpg",
            "2024-1-31.jpg",
            "2024-01_31.jpg",
            "2024-01-311.jpg",
            "31-01-2024.jpg",
            "550e8400-e29b-41d4-a716-446655440000.jpg",
            "1920x1080 wallpaper 2024.png",
            "20240131424242.jpg",
            "２０２４０１３１_１４２２３３.jpg",
        ] {
            assert_eq!(NamedDate::in_name(name), None, "{name}");
        }
    }

    #[test]
    fn midnight_and_noon_of_half_days() {
        let hour = |name| (NamedDate::in_name(name).unwrap().seconds - NOON) / 3600 + 12;
        assert_eq!(hour("2024-01-31 at 12.00.00 AM.png"), 0);
        assert_eq!(hour("2024-01-31 at 12.00.00 PM.png"), 12);
        assert_eq!(hour("2024-01-31 at 1.00.00 am.png"), 1);
        assert_eq!(hour("2024-01-31 at 11.00.00 pm.png"), 23);
    }

    proptest! {
        #[test]
        fn no_name_harms(name in "\\PC{0,40}", digits in "[0-9_. T:AP-]{0,40}") {
            let _ = (NamedDate::in_name(&name), NamedDate::in_name(&digits));
        }

        #[test]
        fn what_is_written_is_read(
            seconds in -2_208_988_800_i64..4_133_980_799,
            before in "(IMG|VID|Screenshot|xyz)?",
            after in "(_HDR|\\(1\\)| copy)?\\.(jpg|png|HEIC)",
            style in 0_usize..5,
        ) {
            let civil = jiff::Timestamp::from_second(seconds).unwrap()
                .to_zoned(jiff::tz::TimeZone::UTC);
            let style = [
                "_%Y%m%d_%H%M%S", "%Y%m%d%H%M%S", " %Y-%m-%d at %H.%M.%S", "_%Y-%m-%d_%H-%M-%S",
                " %Y-%m-%d at %-I.%M.%S %p",
            ][style];
            let name = format!("{before}{}{after}", civil.strftime(style));
            let read = NamedDate::in_name(&name);
            prop_assert_eq!(read, Some(NamedDate { seconds, clock: NamedClock::Wall }), "{}", name);
        }

        #[test]
        fn a_date_in_a_name_is_in_the_calendar(name in "(IMG_|PXL_|)[0-9]{8}[_-][0-9]{6}") {
            if let Some(named) = NamedDate::in_name(&name) {
                prop_assert!((-2_208_988_800..4_133_980_800).contains(&named.seconds));
            }
        }
    }
}
