//! Going through time: the next day, month or year, and the photo nearest to a date.

use std::ops::RangeInclusive;

use egui::Ui;
use jiff::civil::Date;

use super::layout::Tile;
use super::{Frame, Grid};
use crate::ui::keys::Action;
use crate::ui::timeline::{Entry, Timeline};
use crate::ui::tokens::{self, measure, motion};
use crate::ui::words;

/// A step through time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Month,
    Year,
}

/// The step that a key means, and whether it goes on to older photos.
pub(super) const fn step(action: Action) -> Option<(Unit, bool)> {
    Some(match action {
        Action::NextDay => (Unit::Day, true),
        Action::PreviousDay => (Unit::Day, false),
        Action::NextMonth => (Unit::Month, true),
        Action::PreviousMonth => (Unit::Month, false),
        Action::NextYear => (Unit::Year, true),
        Action::PreviousYear => (Unit::Year, false),
        _ => return None,
    })
}

impl Unit {
    /// The first day of the unit that `day` is in, days since 1970.
    fn first_day(self, day: i64) -> i64 {
        let back = |date: Date| match self {
            Self::Day => 0,
            Self::Month => i64::from(date.day()) - 1,
            Self::Year => i64::from(date.day_of_year()) - 1,
        };
        words::date(day).map_or(day, |date| day - back(date))
    }
}

fn day(timeline: &Timeline, place: usize) -> i64 {
    timeline.get(place).map_or(0, Entry::day)
}

/// The first place whose day is earlier than `limit`.
fn first_before(timeline: &Timeline, limit: i64) -> usize {
    let (mut from, mut to) = (0, timeline.len());
    while from < to {
        let middle = usize::midpoint(from, to);
        if day(timeline, middle) < limit { to = middle } else { from = middle + 1 }
    }
    from
}

/// Where the newest photo of the unit that `place` is in stands.
fn start(timeline: &Timeline, place: usize, unit: Unit) -> usize {
    let first = unit.first_day(day(timeline, place));
    let (mut from, mut to) = (0, place);
    while from < to {
        let middle = usize::midpoint(from, to);
        if unit.first_day(day(timeline, middle)) <= first { to = middle } else { from = middle + 1 }
    }
    from
}

/// Where the next older unit after that of `place` begins; newer ones backwards, after the
/// beginning of its own. `None` at the ends.
pub(super) fn next(timeline: &Timeline, place: usize, unit: Unit, older: bool) -> Option<usize> {
    if older {
        let next = first_before(timeline, unit.first_day(day(timeline, place)));
        return Some(next).filter(|next| *next < timeline.len());
    }
    match start(timeline, place, unit) {
        own if own < place => Some(own),
        own => Some(start(timeline, own.checked_sub(1)?, unit)),
    }
}

/// The newest photo within these days, or else the one nearest to them.
pub(super) fn nearest(timeline: &Timeline, days: RangeInclusive<i64>) -> Option<usize> {
    let last = timeline.len().checked_sub(1)?;
    let older = first_before(timeline, days.end().saturating_add(1));
    let Some(newer) = older.checked_sub(1) else { return Some(older.min(last)) };
    if older > last {
        return Some(newer);
    }
    let above = day(timeline, newer).saturating_sub(*days.end());
    let below = days.start().saturating_sub(day(timeline, older));
    Some(if below <= above { older } else { newer })
}

impl Grid {
    /// Goes to the next day, month or year.
    pub(super) fn step_through_time(&mut self, ui: &Ui, frame: &Frame, unit: Unit, older: bool) {
        let Some(here) = self.where_one_is(frame) else { return };
        if let Some(place) = next(&self.timeline, here, unit, older) {
            self.go_to(ui, frame, place);
        }
    }

    /// The cursor's place while it is in view, else the topmost row below the header.
    fn where_one_is(&self, frame: &Frame) -> Option<usize> {
        let (from, to) = self.destination(frame);
        let place = self.cursor.and_then(|tile| self.timeline.place_of(tile));
        let in_view = place.filter(|place| {
            self.layout.tile(*place).is_some_and(|tile| tile.y < to && tile.y + tile.height > from)
        });
        in_view.or_else(|| self.layout.rows_between(from, to).next().map(|row| row.first))
    }

    /// What will be in view below the header, once the page has come to rest.
    #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
    pub(super) fn destination(&self, frame: &Frame) -> (i64, i64) {
        let (at, header) =
            (self.scroll.destination(), f64::from(measure::DAY_HEADER) * frame.scale);
        ((at + header).ceil() as i64, (at + frame.height_px()).ceil() as i64)
    }

    /// Puts the cursor on the photo at `place` and its row at the top: gliding where that is near,
    /// else at once.
    pub(super) fn go_to(&mut self, ui: &Ui, frame: &Frame, place: usize) {
        let Some((entry, tile)) = self.timeline.get(place).zip(self.layout.tile(place)) else {
            return;
        };
        self.cursor = Some(entry.id);
        self.hands.end_range();
        let to = below_header(frame, tile);
        if (to - self.scroll.offset()).abs() > frame.height_px() * NEAR_SCREENS {
            self.hands.goes_to = Some(entry.id);
            ui.ctx().request_repaint();
            return;
        }
        let seconds = f64::from(tokens::seconds(ui.ctx(), motion::VIEWER));
        self.scroll.glide_to(to, frame.now, seconds);
        self.take_aim(place, to);
    }

    /// Goes to a photo far away, whose rows may not have been broken yet. Once all other movement
    /// of this frame is done: nobody sees what lies between.
    pub(super) fn arrive(&mut self, frame: &Frame) {
        let Some(tile) = self.hands.goes_to.take() else { return };
        let Some(place) = self.timeline.place_of(tile) else { return };
        let Some(guess) = self.layout.tile(place).map(|tile| below_header(frame, tile)) else {
            return;
        };
        self.scroll.jump(guess, frame.now);
        self.take_aim(place, guess);
        self.drop_anchor(frame);
        // With the rows around it broken its place is no guess any more.
        self.keep_in_view(frame);
    }
}

/// So near that the way there says something.
const NEAR_SCREENS: f64 = 2.0;

/// Where the page has to be scrolled to for a tile to stand below the header.
#[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
fn below_header(frame: &Frame, tile: Tile) -> f64 {
    tile.y as f64 - f64::from(measure::DAY_HEADER) * frame.scale
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId, PhotoId};

    fn timeline(days: &[i64]) -> Timeline {
        let entries = (1..).zip(days).map(|(n, day)| Entry {
            id: PhotoId { album: AlbumId(1), message: MessageId(n) }.into(),
            wall_seconds: day * 86_400 + i64::from(n),
            aspect: 1.5,
            video: false,
        });
        Timeline::from_entries(entries.collect())
    }

    fn unit() -> impl Strategy<Value = Unit> {
        prop::sample::select(vec![Unit::Day, Unit::Month, Unit::Year])
    }

    proptest! {
        #[test]
        fn steps_visit_the_newest_of_every_unit_and_come_back(
            days in prop::collection::vec(19_000_i64..20_500, 1..200),
            unit in unit(),
        ) {
            let timeline = timeline(&days);
            let units = |place: usize| unit.first_day(day(&timeline, place));
            let mut starts: Vec<usize> = (0..timeline.len())
                .filter(|place| *place == 0 || units(*place) != units(place - 1))
                .collect();
            let mut walked = vec![0];
            while let Some(place) = next(&timeline, walked[walked.len() - 1], unit, true) {
                walked.push(place);
            }
            prop_assert_eq!(&walked, &starts);
            let mut back = vec![walked[walked.len() - 1]];
            while let Some(place) = next(&timeline, back[back.len() - 1], unit, false) {
                back.push(place);
            }
            starts.reverse();
            prop_assert_eq!(back, starts);
            // From within a unit one first comes to its beginning.
            let last = timeline.len() - 1;
            let own = start(&timeline, last, unit);
            if own < last {
                prop_assert_eq!(next(&timeline, last, unit, false), Some(own));
            }
        }

        #[test]
        fn no_photo_is_nearer_than_the_nearest(
            days in prop::collection::vec(0_i64..400, 1..60),
            from in -20_i64..420,
            length in 0_i64..40,
        ) {
            let timeline = timeline(&days);
            let wanted = from..=from + length;
            let far = |place: usize| {
                let day = day(&timeline, place);
                (day - wanted.end()).max(wanted.start() - day).max(0)
            };
            let found = nearest(&timeline, wanted.clone()).unwrap();
            let least = (0..timeline.len()).map(far).min().unwrap();
            prop_assert_eq!(far(found), least);
            if least == 0 {
                let newest = (0..timeline.len()).find(|place| far(*place) == 0);
                prop_assert_eq!(Some(found), newest, "the newest of them");
            }
        }
    }

    #[test]
    fn nothing_is_nearest_where_nothing_is() {
        assert_eq!(nearest(&Timeline::default(), 0..=1), None);
    }
}
