//! Numbers and tables as people read them. Pure functions.

/// Bytes in decimal units: `812 bytes`, `3.4 kB`, `12.3 MB`, `1.25 GB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    match bytes {
        1 => return "1 byte".to_owned(),
        0..1000 => return format!("{bytes} bytes"),
        _ => {}
    }
    let mut value = as_f64(bytes) / 1000.0;
    let mut unit = 0;
    // 999.95 would be shown as 1000.0.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).unwrap_or(&"TB");
    if value < 9.995 { format!("{value:.2} {unit}") } else { format!("{value:.1} {unit}") }
}

/// How many bytes a second: `6.50 MB/s`; a dash where no time has passed.
#[must_use]
pub fn rate(bytes: u64, seconds: f64) -> String {
    per_second(as_f64(bytes), seconds)
        .map_or_else(|| "–".to_owned(), |rate| format!("{}/s", size(rate)))
}

/// Whole units a second, where that can be told.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "finite, not negative, and saturating is right"
)]
fn per_second(units: f64, seconds: f64) -> Option<u64> {
    let rate = units / seconds;
    (rate.is_finite() && rate >= 0.0).then_some(rate as u64)
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

/// Seconds: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 5 min`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a range that fits"
)]
pub fn duration(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds.clamp(0.0, 1e12) } else { 0.0 };
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    match seconds.round() as u64 {
        whole @ 0..60 => format!("{whole} s"),
        whole @ 60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        whole => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A count with thin groups of thousands: `1 234 567`, never broken over two lines.
#[must_use]
pub fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `1 photo`, `1 234 photos`.
#[must_use]
pub fn counted(count: usize, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {one}{plural}", number(count))
}

/// Text that came from elsewhere, on one line and without control characters, which could
/// otherwise steer the terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let clean = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
            '\u{fffd}'
        }
        c => c,
    };
    text.chars().map(clean).collect()
}

/// A phone number masked but for its last two digits: `+*********12`.
#[must_use]
pub(super) fn masked(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let shown = digits.len().saturating_sub(2);
    let masked = digits.iter().enumerate().map(|(i, d)| if i < shown { '*' } else { *d });
    std::iter::once('+').chain(masked).collect()
}

/// On which side a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows under a heading, columns two spaces apart. The last column is not padded.
#[must_use]
pub(super) fn table(heading: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = heading
        .iter()
        .enumerate()
        .map(|(column, (title, _))| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell));
            cells.chain([columns(title)]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (((_, align), width), cell) in heading.iter().zip(&widths).zip(cells) {
            let padding = " ".repeat(width.saturating_sub(columns(cell)));
            match align {
                Align::Left => line.extend([cell, &padding, "  "]),
                Align::Right => line.extend([padding.as_str(), cell, "  "]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    };
    let mut lines = vec![line(&mut heading.iter().map(|(title, _)| *title))];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

/// How many columns of a terminal a text takes: two for the wide scripts, none for marks.
fn columns(text: &str) -> usize {
    let width = |c: char| match u32::from(c) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_and_times_read_well() {
        let sizes = [0, 1, 999, 1000, 12_345_678, 999_999, 1_250_000_000].map(size);
        assert_eq!(
            sizes,
            ["0 bytes", "1 byte", "999 bytes", "1.00 kB", "12.3 MB", "1.00 MB", "1.25 GB"]
        );
        let times = [0.04, 9.96, 59.6, 185.0, 7500.0, f64::NAN].map(duration);
        assert_eq!(times, ["0.0 s", "10 s", "1 min 0 s", "3 min 5 s", "2 h 5 min", "0.0 s"]);
        assert_eq!(rate(13_000_000, 2.0), "6.50 MB/s");
        assert_eq!(rate(1, 0.0), "–");
    }

    #[test]
    fn phones_keep_two_digits_and_nothing_else() {
        assert_eq!(masked("+99966 2 1234"), "+********34");
        assert_eq!(masked("9"), "+9");
        assert_eq!(masked(""), "+");
    }

    #[test]
    fn columns_stand_under_each_other_in_any_script() {
        let text = table(
            &[("Title", Align::Left), ("Photos", Align::Right)],
            &[vec!["東京".into(), "7".into()], vec!["Berlin".into(), "1234".into()]],
        );
        assert_eq!(text, "Title   Photos\n東京         7\nBerlin    1234");
    }

    proptest! {
        #[test]
        fn what_is_printed_cannot_steer_a_terminal(text in ".*") {
            let text = printable(&text);
            prop_assert!(!text.chars().any(char::is_control));
        }

        #[test]
        fn a_number_keeps_its_digits(count: usize) {
            let digits: String = number(count).chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(digits, count.to_string());
        }
    }
}
