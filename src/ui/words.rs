//! Numbers, sizes, dates and durations in words. Pure functions.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::engine::{Progress, Trouble};
use crate::model::{Moment, NamedClock, NamedDate};

/// What happened and why, as one text: `The code was not accepted. Look again and retype it.`
pub(crate) fn trouble(trouble: &Trouble) -> String {
    let mut words = sentence(&trouble.sentence);
    if let Some(cause) = &trouble.cause {
        words.push(' ');
        words.push_str(&sentence(cause));
    }
    words
}

/// Ends with a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    let ended = text.ends_with(['.', '!', '?', '…']) || text.is_empty();
    format!("{text}{}", if ended { "" } else { "." })
}

/// `48216` → `48,216`.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 photo`, `2 photos`.
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// What kind of sidecar it is, by its name: `XMP sidecar`.
pub(crate) fn sidecar(name: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    format!("{} sidecar", ending.to_ascii_uppercase()).trim_start().to_owned()
}

/// Photos and videos that add up to the total: `37 photos, 1 video`, or `23 photos`.
pub(crate) fn photos_and_videos(photos: usize, videos: usize) -> String {
    match (photos, videos) {
        (n, 0) => counted(n, "photo", "photos"),
        (0, n) => counted(n, "video", "videos"),
        (p, v) => {
            format!("{}, {}", counted(p, "photo", "photos"), counted(v, "video", "videos"))
        }
    }
}

/// `“Arezzo”`, `“Arezzo” and “Garden”`, `“Arezzo”, “Garden” and 3 other albums`.
pub(crate) fn albums(titles: &[String]) -> String {
    match titles {
        [] => "an album that is gone".to_owned(),
        [one] => format!("“{one}”"),
        [one, two] => format!("“{one}” and “{two}”"),
        [one, two, three] => format!("“{one}”, “{two}” and “{three}”"),
        [one, two, rest @ ..] => format!("“{one}”, “{two}” and {} other albums", count(rest.len())),
    }
}

/// `24.1 MB`; decimal units, as file managers and cameras count.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("PB");
    if value < 100.0 && unit > 0 {
        format!("{value:.1} {name}")
    } else {
        format!("{value:.0} {name}")
    }
}

/// How far what is fetched is, and how fast where that is known yet: `3.2 MB of 8.0 MB · 4.0 MB/s`.
pub(crate) fn way(progress: Progress) -> String {
    let so_far = format!("{} of {}", bytes(progress.bytes), bytes(progress.total));
    if progress.bytes_per_second < 1.0 {
        return so_far;
    }
    format!("{so_far} · {}", speed(progress.bytes_per_second))
}

/// `38 MB/s`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
pub(crate) fn speed(bytes_per_second: f64) -> String {
    // A number that changes all the time is easier to read without its tenths.
    let whole = match bytes_per_second {
        10_000_000.0..1e9 => (bytes_per_second / 1e6).round(),
        other => return format!("{}/s", bytes(other.clamp(0.0, 1e15) as u64)),
    };
    format!("{whole:.0} MB/s")
}

/// `12 s`, `3 min`, `2 h 5 min`.
pub(crate) fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds.div_ceil(60)),
        _ => match (seconds / 3600, seconds % 3600 / 60) {
            (h, 0) => format!("{h} h"),
            (h, m) => format!("{h} h {m} min"),
        },
    }
}

/// Length of a video: `0:41`, `1:02:03`.
pub(crate) fn clock(seconds: u32) -> String {
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// Megapixels: `51.1 MP`.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(crate) fn megapixels(pixels: u64) -> String {
    format!("{:.1} MP", pixels as f64 / 1e6)
}

/// The wall clock `seconds` after 1970 of that clock.
pub(crate) fn civil(wall_seconds: i64) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_second(wall_seconds).ok()?;
    Some(instant.to_zoned(TimeZone::UTC).datetime())
}

/// The date that is `days` after 1970-01-01.
pub(crate) fn date(days: i64) -> Option<Date> {
    civil(days.checked_mul(86_400)?).map(DateTime::date)
}

/// `Saturday, 12 September 2026`.
pub(crate) fn long_day(days: i64) -> String {
    date(days).map_or_else(unknown_date, |d| d.strftime("%A, %-d %B %Y").to_string())
}

/// `12 September 2026`.
pub(crate) fn day(days: i64) -> String {
    date(days).map_or_else(unknown_date, |d| d.strftime("%-d %B %Y").to_string())
}

/// `12 Sep 2026`.
pub(crate) fn short_day(days: i64) -> String {
    date(days).map_or_else(unknown_date, |d| d.strftime("%-d %b %Y").to_string())
}

/// `September 2026`.
pub(crate) fn month(days: i64) -> String {
    date(days).map_or_else(unknown_date, |d| d.strftime("%B %Y").to_string())
}

/// `29 August – 14 September 2026`: from the earlier to the later day.
pub(crate) fn span(first: i64, last: i64) -> String {
    let (Some(a), Some(b)) = (date(first), date(last)) else { return day(last) };
    if a == b {
        day(first)
    } else if a.year() != b.year() {
        format!("{} – {}", a.strftime("%-d %B %Y"), b.strftime("%-d %B %Y"))
    } else if a.month() != b.month() {
        format!("{} – {}", a.strftime("%-d %B"), b.strftime("%-d %B %Y"))
    } else {
        format!("{} – {}", a.strftime("%-d"), b.strftime("%-d %B %Y"))
    }
}

/// `12 September 2026, 09:41`; without the time where only the day is known.
pub(crate) fn when(at: Moment, zone: &TimeZone) -> String {
    let wall = at.wall_seconds(zone);
    match at {
        Moment::Named(NamedDate { clock: NamedClock::Day, .. }) => day(wall.div_euclid(86_400)),
        _ => moment(wall),
    }
}

/// `12 September 2026, 09:41`.
fn moment(wall_seconds: i64) -> String {
    civil(wall_seconds).map_or_else(unknown_date, |t| t.strftime("%-d %B %Y, %H:%M").to_string())
}

/// `09:41`.
pub(crate) fn time_of_day(wall_seconds: i64) -> String {
    civil(wall_seconds).map_or_else(String::new, |t| t.strftime("%H:%M").to_string())
}

/// `UTC+2`, `UTC−3:30`.
pub(crate) fn zone(offset_minutes: i16) -> String {
    let sign = if offset_minutes < 0 { '−' } else { '+' };
    let minutes = offset_minutes.unsigned_abs();
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (h, 0) => format!("UTC{sign}{h}"),
        (h, m) => format!("UTC{sign}{h}:{m:02}"),
    }
}

fn unknown_date() -> String {
    "Unknown date".to_owned()
}

/// Two letters for an avatar: `Ingrid Holm` → `IH`.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_says_how_far_and_how_fast() {
        let some = Progress { bytes: 3_200_000, total: 8_000_000, bytes_per_second: 4e6 };
        assert_eq!(way(some), "3.2 MB of 8.0 MB · 4.0 MB/s");
        let begun = Progress { bytes: 0, bytes_per_second: 0.0, ..some };
        assert_eq!(way(begun), "0 B of 8.0 MB");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(48_216), "48,216");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(photos_and_videos(1272, 12), "1,272 photos, 12 videos");
        assert_eq!(photos_and_videos(1, 0), "1 photo");
        assert_eq!(bytes(24_100_000), "24.1 MB");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(2_900_000_000), "2.9 GB");
        assert_eq!(speed(38e6), "38 MB/s");
        assert_eq!(speed(1.25e6), "1.2 MB/s");
        assert_eq!(duration(61), "2 min");
        assert_eq!(duration(7500), "2 h 5 min");
        assert_eq!(clock(41), "0:41");
        assert_eq!(clock(3723), "1:02:03");
    }

    #[test]
    fn dates_read_well() {
        let d = 20_708; // 2026-09-12
        assert_eq!(long_day(d), "Saturday, 12 September 2026");
        assert_eq!(span(d - 14, d + 2), "29 August – 14 September 2026");
        assert_eq!(span(d, d), "12 September 2026");
        let when = |name: &str| when(Moment::of(None, name, 1_706_710_953), &TimeZone::UTC);
        assert_eq!(when("a.jpg"), "31 January 2024, 14:22");
        assert_eq!(when("IMG_20200202_101010.jpg"), "2 February 2020, 10:10");
        assert_eq!(when("IMG-20200202-WA0001.jpg"), "2 February 2020");
        assert_eq!(zone(-210), "UTC−3:30");
        assert_eq!(zone(120), "UTC+2");
        assert_eq!(day(i64::MAX), "Unknown date");
    }

    #[test]
    fn albums_are_named_while_they_are_few() {
        let titles = |n: usize| -> Vec<String> {
            ["A", "B", "C", "D", "E"].iter().take(n).map(ToString::to_string).collect()
        };
        assert_eq!(albums(&titles(1)), "“A”");
        assert_eq!(albums(&titles(2)), "“A” and “B”");
        assert_eq!(albums(&titles(3)), "“A”, “B” and “C”");
        assert_eq!(albums(&titles(5)), "“A”, “B” and 3 other albums");
    }

    #[test]
    fn initials_take_the_first_and_the_last_word() {
        assert_eq!(initials("Ingrid Maria Holm"), "IH");
        assert_eq!(initials("Åse"), "Å");
        assert_eq!(initials(""), "");
    }
}
