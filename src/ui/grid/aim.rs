//! What keys have brought into view stays there until somebody scrolls, whatever comes and goes
//! around it; should it go itself, the cursor goes on to who stands next to it.

use super::anchor::Anchor;
use super::{Grid, TileId};
use crate::ui::timeline::{Entry, Key, Timeline};

/// A tile that is to stand at a certain height of the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aim {
    tile: TileId,
    /// Physical pixels from the top of the grid to the top of the tile.
    below_top: f64,
    /// How often the page had been moved by then.
    moves: u64,
}

/// Where the cursor and the aim stand in time, before photos come and go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    cursor: Option<Key>,
    aim: Option<Key>,
    /// The cursor is on the screen, and not to leave it.
    seen: bool,
}

impl Grid {
    /// Has the tile at `place` stand where it does when the page is scrolled to `offset`.
    #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
    pub(super) fn take_aim(&mut self, place: usize, offset: f64) {
        let Some((entry, tile)) = self.timeline.get(place).zip(self.layout.tile(place)) else {
            return;
        };
        let below_top = tile.y as f64 - offset.max(0.0);
        self.aim = Some(Aim { tile: entry.id, below_top, moves: self.scroll.moves() });
    }

    /// The anchor that keeps the aim, unless somebody has scrolled since it was taken.
    fn aimed(&self) -> Option<Anchor> {
        let aim = self.aim.filter(|aim| aim.moves == self.scroll.moves())?;
        let key = self.timeline.get(self.timeline.place_of(aim.tile)?)?.key();
        Some(Anchor { key, within: 0.0, below_top: aim.below_top })
    }

    /// Makes the aim the anchor, once the page has got there.
    pub(super) fn hold_aim(&mut self) {
        if let Some(anchor) = self.aimed().filter(|_| !self.scroll.is_gliding()) {
            self.anchor = Some(anchor);
        }
    }

    /// After tiles have moved: has a glide end where its tile stands now.
    pub(super) fn aim_again(&mut self) {
        if !self.scroll.is_gliding() {
            return;
        }
        let aimed = self.aimed();
        if let Some(to) = aimed.and_then(|aim| aim.offset(self.timeline.order(), &self.layout)) {
            self.scroll.aim(to);
        }
    }

    /// Notes where cursor and aim stand.
    pub(super) fn held(&self) -> Held {
        let entry = |tile| self.timeline.place_of(tile).and_then(|at| self.timeline.get(at));
        let places = self.hands.seen();
        let place = self.cursor.and_then(|tile| self.timeline.place_of(tile));
        let aim = self.aimed().map(|aim| aim.key);
        let cursor = self.cursor.and_then(entry).map(Entry::key);
        // What is aimed at need not be on the screen yet.
        let is_aim = aim.is_some() && aim == cursor;
        let seen = is_aim || place.is_some_and(|place| places.contains(&place));
        Held { cursor, aim, seen }
    }

    /// After photos have come and gone.
    pub(super) fn hold_again(&mut self, held: Held) {
        if let Some(key) = held.cursor
            && (held.seen || self.timeline.place_of(key.id).is_none())
        {
            self.cursor = stand_in(&self.timeline, key);
        }
        if let (Some(key), Some(aim)) = (held.aim, &mut self.aim) {
            match stand_in(&self.timeline, key) {
                Some(tile) => aim.tile = tile,
                None => self.aim = None,
            }
        }
        self.hold_aim();
    }
}

/// Itself where it still is at its place in time, else who stands there: the next older one, unless
/// only the newer one is of the same day.
fn stand_in(timeline: &Timeline, key: Key) -> Option<TileId> {
    let order = timeline.order();
    let Err(rank) = order.search(key) else { return Some(key.id) };
    let (older, newer) = (order.get(rank), rank.checked_sub(1).and_then(|at| order.get(at)));
    let day = Entry { id: key.id, wall_seconds: key.wall_seconds, aspect: 1.0, video: false }.day();
    let near = |entry: &Entry| entry.day() == day;
    let here = older.filter(near).or_else(|| newer.filter(near));
    here.or(older).or(newer).map(|entry| entry.id)
}
