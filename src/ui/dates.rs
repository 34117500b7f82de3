//! Dates as people type them: a year, a month of a year, a day. Pure.

use std::fmt;
use std::ops::RangeInclusive;

use jiff::civil::{Date, date};

use super::words;

/// What was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Year(i16),
    Month(i16, i8),
    Day(Date),
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Days since 1970.
fn days(date: Date) -> i64 {
    date.since(Date::constant(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()))
}

impl Span {
    /// Its days, days since 1970.
    pub(crate) fn days(self) -> RangeInclusive<i64> {
        let (first, last) = match self {
            Self::Year(year) => (date(year, 1, 1), date(year, 12, 31)),
            Self::Month(year, month) => {
                let first = date(year, month, 1);
                (first, first.last_of_month())
            }
            Self::Day(day) => (day, day),
        };
        days(first)..=days(last)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = *self.days().start();
        match self {
            Self::Year(year) => write!(f, "{year}"),
            Self::Month(..) => f.write_str(&words::month(first)),
            Self::Day(_) => f.write_str(&words::long_day(first)),
        }
    }
}

/// A part of what was typed.
enum Part {
    Number(i16, usize),
    Month(i8),
}

/// Reads `2024`, `2024-05`, `2024-05-17`, `May 2024`, `17 May 2024` and `May 17, 2024`.
pub(crate) fn understand(typed: &str) -> Option<Span> {
    let words = typed.split(|c: char| c.is_whitespace() || matches!(c, '-' | '/' | '.' | ','));
    let parts: Option<Vec<Part>> = words.filter(|word| !word.is_empty()).map(part).collect();
    let (year, month, day) = match *parts?.as_slice() {
        [Part::Number(year, 4)] => (year, None, None),
        [Part::Number(year, 4), Part::Number(month, 1..=2)] => {
            (year, i8::try_from(month).ok(), None)
        }
        [Part::Number(year, 4), Part::Month(month)]
        | [Part::Month(month), Part::Number(year, 4)] => (year, Some(month), None),
        [Part::Number(year, 4), Part::Number(month, 1..=2), Part::Number(day, 1..=2)] => {
            (year, i8::try_from(month).ok(), Some(day))
        }
        [Part::Number(day, 1..=2), Part::Month(month), Part::Number(year, 4)]
        | [Part::Month(month), Part::Number(day, 1..=2), Part::Number(year, 4)] => {
            (year, Some(month), Some(day))
        }
        _ => return None,
    };
    let (Some(month), day) = (month, day) else { return Some(Span::Year(year)) };
    let first = Date::new(year, month, day.map_or(Some(1), |day| i8::try_from(day).ok())?).ok()?;
    Some(if day.is_some() { Span::Day(first) } else { Span::Month(year, month) })
}

fn part(word: &str) -> Option<Part> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() <= 4 {
        return Some(Part::Number(word.parse().ok()?, word.len()));
    }
    let word = word.to_lowercase();
    let at = MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(&word))?;
    Some(Part::Month(i8::try_from(at + 1).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type_is_understood() {
        let day = |y, m, d| Some(Span::Day(date(y, m, d)));
        for (typed, expected) in [
            ("2024", Some(Span::Year(2024))),
            (" 2024-05 ", Some(Span::Month(2024, 5))),
            ("2024-5", Some(Span::Month(2024, 5))),
            ("2024-05-17", day(2024, 5, 17)),
            ("2024/05/17", day(2024, 5, 17)),
            ("May 2024", Some(Span::Month(2024, 5))),
            ("sept 2024", Some(Span::Month(2024, 9))),
            ("2024 june", Some(Span::Month(2024, 6))),
            ("17 May 2024", day(2024, 5, 17)),
            ("may 17, 2024", day(2024, 5, 17)),
            ("29 Feb 2024", day(2024, 2, 29)),
            ("29 Feb 2023", None),
            ("2024-13", None),
            ("2024-00", None),
            ("2024-05-32", None),
            ("24", None),
            ("ma 2024", None),
            ("17 2024", None),
            ("yesterday", None),
            ("", None),
            ("-", None),
            ("99999", None),
        ] {
            assert_eq!(understand(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn it_says_what_it_understood() {
        let says = |typed| understand(typed).map(|span| span.to_string());
        assert_eq!(says("2024").as_deref(), Some("2024"));
        assert_eq!(says("2024-05").as_deref(), Some("May 2024"));
        assert_eq!(says("2024-05-17").as_deref(), Some("Friday, 17 May 2024"));
        let days = understand("feb 2024").unwrap().days();
        assert_eq!(days.end() - days.start(), 28);
    }

    proptest! {
        #[test]
        fn nothing_typed_breaks_it(typed in "\\PC{0,24}") {
            let _ = understand(&typed);
        }

        #[test]
        fn every_day_is_understood_in_every_way(day in -20_000_i64..60_000) {
            let spelled = words::day(day);
            let date = words::date(day).unwrap();
            for typed in [spelled, date.to_string()] {
                prop_assert_eq!(understand(&typed).map(Span::days), Some(day..=day));
            }
        }
    }
}
