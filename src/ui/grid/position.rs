//! Where one is in a place, in a form that outlives the program: a photo, the time it belongs to,
//! and where on the screen it stands. Photos that come or go in between do not matter.
//!
//! Window thread only; nothing here reads or writes files.

use serde::{Deserialize, Serialize};

use super::{Anchor, Frame, Grid};
use crate::model::PhotoId;
use crate::ui::timeline::{Entry, Scope, TileId, Timeline};

/// A photo under the eye.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) photo: PhotoId,
    /// The wall clock it belongs to: where one was, should the photo be gone.
    pub(crate) wall_seconds: i64,
    /// How far down its tile, 0..=1.
    within: f64,
    /// Points below the top of the grid.
    below_top: f64,
}

impl Position {
    /// Whether the numbers can be meant.
    pub(crate) fn is_sane(&self) -> bool {
        (0.0..=1.0).contains(&self.within) && self.below_top.abs() < 1e5
    }

    /// Where that photo stands, or the one that is nearest in time.
    fn place_in(&self, timeline: &Timeline) -> Option<usize> {
        timeline.place_of(self.photo).or_else(|| nearest(timeline, self.wall_seconds))
    }
}

/// The photo nearest in time; of two the newer one.
fn nearest(timeline: &Timeline, wall_seconds: i64) -> Option<usize> {
    let at = |place: usize| timeline.get(place).map(|entry| entry.wall_seconds);
    let (mut newer, mut end) = (0, timeline.len());
    while newer < end {
        let middle = usize::midpoint(newer, end);
        if at(middle)? > wall_seconds {
            newer = middle + 1;
        } else {
            end = middle;
        }
    }
    let (older, newer) = (newer, newer.checked_sub(1));
    let distance = |place: usize| Some(at(place)?.abs_diff(wall_seconds));
    let candidates = newer.into_iter().chain((older < timeline.len()).then_some(older));
    candidates.min_by_key(|place| distance(*place))
}

impl Grid {
    /// Where one is in `scope`, if it is the place that is shown; `None` at the top, where what
    /// is new comes in.
    pub(crate) fn position(&self, scope: Scope, pixels_per_point: f32) -> Option<Position> {
        if let Some(waiting) = self.waiting.get(&scope) {
            return Some(*waiting);
        }
        let anchor = self.anchor.filter(|_| self.scroll.offset() > 0.0)?;
        let below_top = anchor.below_top / f64::from(pixels_per_point);
        Some(Position {
            photo: anchor.key.id.photo()?,
            wall_seconds: anchor.key.wall_seconds,
            within: anchor.within,
            below_top,
        })
    }

    /// Whether `scope` is the place that is laid out.
    pub(crate) fn shows(&self, scope: Scope) -> bool {
        self.state.scope() == Some(scope)
    }

    /// Has `scope` be shown where it was left, when it is next laid out.
    pub(crate) fn restore(&mut self, scope: Scope, position: Position) {
        self.waiting.insert(scope, position);
    }

    /// Holds on to the photo where one was. One that is not there may still come, until one
    /// scrolls.
    pub(super) fn go_back(&mut self, scope: Scope, frame: &Frame) {
        let Some(position) = self.waiting.get(&scope).copied() else { return };
        let Some(place) = position.place_in(&self.timeline) else { return };
        let Some(key) = self.timeline.get(place).map(Entry::key) else { return };
        let below_top = position.below_top * frame.scale;
        self.anchor = Some(Anchor { key, within: position.within, below_top });
        if key.id == TileId::Photo(position.photo) {
            self.waiting.remove(&scope);
        }
    }

    /// One has scrolled: nothing is waited for any more.
    pub(super) fn stay_here(&mut self) {
        if let Some(scope) = self.state.scope() {
            self.waiting.remove(&scope);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId};

    fn timeline(times: &[i64]) -> Timeline {
        let entry = |(n, wall_seconds): (usize, &i64)| Entry {
            id: TileId::Photo(photo(n)),
            wall_seconds: *wall_seconds,
            aspect: 1.5,
            video: false,
        };
        Timeline::from_entries(times.iter().enumerate().map(entry).collect())
    }

    fn photo(n: usize) -> PhotoId {
        PhotoId { album: AlbumId(1), message: MessageId(i32::try_from(n).unwrap() + 1) }
    }

    fn position(n: usize, wall_seconds: i64) -> Position {
        Position { photo: photo(n), wall_seconds, within: 0.5, below_top: 100.0 }
    }

    #[test]
    fn a_photo_is_found_again_whatever_came_before_it() {
        let times = timeline(&[30, 10, 20]);
        assert_eq!(position(2, 20).place_in(&times), Some(1));
        // It has another time by now, and is itself all the same.
        assert_eq!(position(2, 99).place_in(&times), Some(1));
        // It is gone: what was next to it in time stands in.
        assert_eq!(position(7, 21).place_in(&times), Some(1));
        assert_eq!(position(7, 99).place_in(&times), Some(0));
        assert_eq!(position(7, -5).place_in(&times), Some(2));
        assert_eq!(position(7, 0).place_in(&timeline(&[])), None);
    }

    proptest! {
        #[test]
        fn the_nearest_is_as_near_as_any(
            times in prop::collection::vec(-50_i64..50, 1..20),
            wall in -60_i64..60,
        ) {
            let timeline = timeline(&times);
            let found = nearest(&timeline, wall).and_then(|place| timeline.get(place)).unwrap();
            let best = times.iter().map(|time| time.abs_diff(wall)).min().unwrap();
            prop_assert_eq!(found.wall_seconds.abs_diff(wall), best);
        }
    }
}
