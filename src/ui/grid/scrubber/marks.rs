//! What the scrubber's lane shows: years, months or days, and how densely photos lie in time. Found
//! by looking up places in the order of time, a few for each label: nothing here walks through a
//! library. Pure.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use crate::model::{AlbumId, MessageId, PhotoId};
use crate::ui::timeline::{Key, Order, SECONDS_OF_DAY, TileId};
use crate::ui::words;

/// Labels and dashes, made for one order and one lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Marks {
    made_for: Option<Lane>,
    /// Place on the lane, 0..=1, and words.
    pub(super) labels: Vec<(f32, String)>,
    /// Place on the lane and how many photos there are for the time there, both 0..=1.
    pub(super) dashes: Vec<(f32, f32)>,
}

/// What marks depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lane {
    /// Of the layout's photos.
    pub(super) edition: u64,
    /// How many photos the lane stands for.
    pub(super) photos: f64,
    /// Its length, points.
    pub(super) length: f32,
}

/// Labels closer than this are left out, points.
const LABEL_ROOM: f32 = 24.0;
/// Between dashes, points.
const DASH_ROOM: f32 = 7.0;
/// A lane that stands for so many days is labelled with months, or with days.
const MONTHS_WITHIN: i64 = 730;
const DAYS_WITHIN: i64 = 62;

/// What one label stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Year,
    Month,
    Day,
}

impl Period {
    /// The first day of the one that holds a day.
    fn begin(self, day: Date) -> Date {
        match self {
            Self::Year => day.first_of_year(),
            Self::Month => day.first_of_month(),
            Self::Day => day,
        }
    }

    fn words(self, day: Date) -> String {
        let form = match self {
            Self::Year => "%Y",
            Self::Month => "%b ’%y",
            Self::Day => "%-d %b",
        };
        day.strftime(form).to_string()
    }
}

impl Marks {
    /// Makes them anew where they are for something else.
    pub(super) fn update(&mut self, order: &Order, lane: Lane) {
        let same = self.made_for.is_some_and(|made| {
            // How much of the last screen there is changes while rows are being broken.
            let moved = (made.photos / lane.photos - 1.0).abs() * f64::from(lane.length);
            (made.edition, made.length) == (lane.edition, lane.length) && moved < 0.5
        });
        if !same {
            self.labels = labels(order, lane);
            self.dashes = dashes(order, lane);
            self.made_for = Some(lane);
        }
    }
}

/// The first entry that is older than all of a day.
fn before(order: &Order, day: Date) -> usize {
    let days = (day - date(1970, 1, 1)).get_days();
    let id = TileId::Photo(PhotoId { album: AlbumId(i64::MIN), message: MessageId(i32::MIN) });
    let (Ok(rank) | Err(rank)) =
        order.search(Key { wall_seconds: i64::from(days) * SECONDS_OF_DAY, id });
    rank
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places on a lane"
)]
fn labels(order: &Order, lane: Lane) -> Vec<(f32, String)> {
    let day = |rank: usize| order.get(rank).and_then(|entry| words::date(entry.day()));
    let Some((newest, oldest)) = order.get(0).zip(order.get(order.len().saturating_sub(1))) else {
        return Vec::new();
    };
    let days = newest.day().saturating_sub(oldest.day());
    let period = if days <= DAYS_WITHIN {
        Period::Day
    } else if days <= MONTHS_WITHIN {
        Period::Month
    } else {
        Period::Year
    };
    let place = |rank: usize| (rank as f64 / lane.photos).min(1.0) as f32;
    let room = LABEL_ROOM / lane.length.max(1.0);
    let mut labels: Vec<(f32, String)> = Vec::new();
    let mut rank = 0;
    while let Some(day) = day(rank).filter(|_| place(rank) < 1.0) {
        let begin = period.begin(day);
        let next = before(order, begin).max(rank + 1);
        // Where two begin close together, the one that has more photos is named.
        let is_long = place(next) - place(rank) >= room;
        let is_free = |last: &(f32, String)| place(rank) - last.0 >= room;
        if labels.last().is_none_or(is_free) {
            labels.push((place(rank), period.words(begin)));
        } else if is_long && let Some(last) = labels.last_mut() {
            *last = (place(rank), period.words(begin));
        }
        // Of the ones that have no room of their own, none is looked at.
        let far = ((f64::from(place(rank) + room) * lane.photos) as usize).max(next);
        rank = if is_long { next } else { period_at(order, period, next, far) };
    }
    labels
}

/// Where the first period begins that reaches from `next` or later to beyond `far`.
fn period_at(order: &Order, period: Period, next: usize, far: usize) -> usize {
    let Some(day) = order.get(far).and_then(|entry| words::date(entry.day())) else { return far };
    // Everything newer than the period of that day comes before it.
    let after = match period {
        Period::Year => 1.year(),
        Period::Month => 1.month(),
        Period::Day => 1.day(),
    };
    let follows = period.begin(day).checked_add(after);
    follows.map_or(far, |follows| before(order, follows)).max(next)
}

/// How densely photos lie in time, where on the lane: each as a share of the densest place, by
/// orders of magnitude.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places on a lane"
)]
fn dashes(order: &Order, lane: Lane) -> Vec<(f32, f32)> {
    let count = (lane.length / DASH_ROOM).floor().max(0.0) as usize;
    let last = order.len().saturating_sub(1);
    let at = |n: usize| (lane.photos * n as f64 / count as f64) as usize;
    let wall = |n: usize| order.get(at(n).min(last)).map(|entry| entry.wall_seconds);
    let mut found = Vec::with_capacity(count);
    for n in 0..count {
        let photos = at(n + 1).min(last).saturating_sub(at(n));
        let Some((newer, older)) = wall(n).zip(wall(n + 1)) else { break };
        // Within a minute nobody sees a difference.
        let minutes = (newer.saturating_sub(older) as f64 / 60.0).max(1.0);
        found.push(((photos.max(1) as f64) / minutes).ln());
    }
    let most = found.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = found.iter().copied().fold(f64::INFINITY, f64::min);
    let range = (most - least).max(1e-9);
    let share = |(n, density): (usize, f64)| {
        let place = (n as f32 + 0.5) / count as f32;
        (place, ((density - least) / range) as f32)
    };
    found.into_iter().enumerate().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::timeline::Entry;

    fn order(days: impl IntoIterator<Item = (Date, i32)>) -> Order {
        let mut message = 0;
        let entries = days.into_iter().flat_map(|(day, count)| {
            let days = i64::from((day - date(1970, 1, 1)).get_days());
            (0..count).map(move |n| days * SECONDS_OF_DAY + i64::from(n))
        });
        entries
            .map(|wall_seconds| {
                message += 1;
                let id = PhotoId { album: AlbumId(1), message: MessageId(message) };
                Entry { id: TileId::Photo(id), wall_seconds, aspect: 1.5, video: false }
            })
            .collect()
    }

    fn lane(photos: f64) -> Lane {
        Lane { edition: 1, photos, length: 800.0 }
    }

    #[test]
    fn years_stand_where_their_newest_photo_stands() {
        let years = (2017..2027).map(|year| (date(year, 6, 1), 100));
        let labels = labels(&order(years), lane(1000.0));
        let expected: Vec<_> =
            (0..10_u16).map(|n| (f32::from(n) / 10.0, (2026 - i32::from(n)).to_string())).collect();
        assert_eq!(labels, expected);
    }

    #[test]
    fn of_two_years_too_close_the_longer_is_named() {
        let days = [(date(2026, 1, 1), 3), (date(2025, 6, 1), 500), (date(2020, 6, 1), 497)];
        let labels = labels(&order(days), lane(1000.0));
        let words: Vec<_> = labels.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(words, ["2025", "2020"]);
    }

    #[test]
    fn a_short_time_is_labelled_with_months_and_a_shorter_one_with_days() {
        let months = (1..=12).map(|month| (date(2026, month, 3), 100));
        let labels_of = |order: &Order, photos| -> Vec<String> {
            labels(order, lane(photos)).into_iter().map(|(_, words)| words).collect()
        };
        assert_eq!(labels_of(&order(months), 1200.0)[..2], ["Dec ’26", "Nov ’26"]);
        let days = (1..=4).map(|day| (date(2026, 9, day), 100));
        assert_eq!(labels_of(&order(days), 400.0), ["4 Sep", "3 Sep", "2 Sep", "1 Sep"]);
    }

    #[test]
    fn labels_keep_their_distance_however_many_days_there_are() {
        let days = (0..20_000_i32).map(|n| (date(1970, 1, 1).saturating_add(n.days()), n % 3));
        let order = order(days);
        #[expect(clippy::cast_precision_loss, reason = "a test's photos")]
        let labels = labels(&order, lane(order.len() as f64));
        assert!((20..=34).contains(&labels.len()), "{labels:?}");
        for pair in labels.windows(2) {
            assert!((pair[1].0 - pair[0].0) * 800.0 >= LABEL_ROOM, "{pair:?}");
        }
    }

    #[test]
    fn a_busy_day_is_denser_than_a_quiet_year() {
        let quiet = (0..480_i32).map(|n| (date(2024, 1, 1).saturating_add(n.days()), 1));
        let dashes = dashes(&order(quiet.chain([(date(2026, 5, 5), 480)])), lane(960.0));
        let first = dashes[2].1;
        let last = dashes[dashes.len() - 3].1;
        assert!(first > 0.9 && last < 0.5, "{first} {last}");
    }

    #[test]
    fn marks_are_made_once_for_the_same() {
        let order = order([(date(2026, 5, 5), 480)]);
        let mut marks = Marks::default();
        marks.update(&order, lane(480.0));
        assert!(!marks.dashes.is_empty());
        let made = marks.clone();
        marks.labels.clear();
        marks.update(&order, lane(480.1));
        assert!(marks.labels.is_empty(), "not made anew");
        marks.update(&order, Lane { edition: 2, ..lane(480.0) });
        assert_eq!(marks.labels, made.labels);
    }
}
