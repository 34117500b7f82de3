//! What stays put: a photo under the eye keeps its place on the screen, whatever comes, goes or
//! changes its size around it.

use egui::pos2;

use super::layout::Layout;
use super::scroll::Scroll;
use super::{EYE, Frame, Grid};
use crate::ui::timeline::{Entry, Key, Order};

/// The photo under the eye and where on the screen it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Anchor {
    /// By its place in time: should it go, what comes next in time stands there.
    pub(super) key: Key,
    /// How far down the tile, 0..=1.
    pub(super) within: f64,
    /// Physical pixels below the top of the grid.
    pub(super) below_top: f64,
}

/// Neighbours that may stand in for an anchor that goes.
const STAND_INS: usize = 48;

impl Anchor {
    /// The photo nearest to a place on the screen, physical pixels from the top left of the tiles.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "pixels on a page"
    )]
    pub(super) fn at(
        order: &Order,
        layout: &Layout,
        offset: f64,
        (x, below_top): (f64, f64),
    ) -> Option<Self> {
        let y = offset + below_top;
        let index = layout.nearest(x as i64, y.floor() as i64)?;
        let (tile, entry) = (layout.tile(index)?, order.get(index)?);
        let within = ((y - tile.y as f64) / tile.height as f64).clamp(0.0, 1.0);
        let below_top = tile.y as f64 + tile.height as f64 * within - offset;
        Some(Self { key: entry.key(), within, below_top })
    }

    /// The offset at which it is where it was.
    #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
    pub(super) fn offset(&self, order: &Order, layout: &Layout) -> Option<f64> {
        let (Ok(rank) | Err(rank)) = order.search(self.key);
        let tile = layout.tile(rank.min(order.len().checked_sub(1)?))?;
        Some(tile.y as f64 + tile.height as f64 * self.within - self.below_top)
    }

    /// Itself and its neighbours, nearest first, each where it is on the screen now: what stays of
    /// them after a change keeps the page where it is.
    #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
    pub(super) fn stand_ins(self, order: &Order, layout: &Layout, offset: f64) -> Vec<Self> {
        let (Ok(rank) | Err(rank)) = order.search(self.key);
        let (newer, older) = (rank.saturating_sub(STAND_INS / 2), rank + STAND_INS / 2);
        let keys = order.iter_from(newer).take(older - newer).map(Entry::key);
        let mut near: Vec<(usize, Key)> =
            (newer..).zip(keys).filter(|(_, key)| *key != self.key).collect();
        near.sort_by_key(|(at, _)| at.abs_diff(rank));
        let stand_in = |(at, key)| {
            let tile = layout.tile(at)?;
            let below_top = tile.y as f64 - offset;
            Some(Self { key, within: 0.0, below_top })
        };
        std::iter::once(self).chain(near.into_iter().filter_map(stand_in)).collect()
    }

    /// The first of `stand_ins` that still is where it was in time; else the one that was held.
    pub(super) fn remaining(stand_ins: &[Self], order: &Order) -> Option<Self> {
        let stays = |anchor: &&Self| order.rank_of(anchor.key).is_some();
        stand_ins.iter().find(stays).or_else(|| stand_ins.first()).copied()
    }
}

/// Breaks the rows on the screen, and a screen around it, while `anchor` stays where it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "pixels on a page"
)]
pub(super) fn settle(
    order: &Order,
    layout: &mut Layout,
    scroll: &mut Scroll,
    anchor: Option<&Anchor>,
    height: f64,
) {
    // Each round breaks at least one run, and rarely is there work for a second.
    const ROUNDS: usize = 32;
    for _ in 0..ROUNDS {
        scroll.set_limit(layout.height() as f64 - height);
        if let Some(offset) = anchor.and_then(|anchor| anchor.offset(order, layout)) {
            scroll.hold(offset);
        }
        let (from, to) = (scroll.offset() - height, scroll.offset() + 2.0 * height);
        if !layout.make_exact(order, from.floor() as i64, to.ceil() as i64) {
            break;
        }
    }
}

impl Grid {
    /// Notes which photo the eye rests on.
    pub(super) fn drop_anchor(&mut self, frame: &Frame) {
        self.stay_here();
        let eye = pos2(frame.tiles.center().x, egui::lerp(frame.rect.y_range(), EYE));
        self.anchor = self.anchor_at(frame, eye);
        self.hold_aim();
        self.state.anchored = self.scroll.offset();
    }

    /// The photo at a place of the window.
    pub(super) fn anchor_at(&self, frame: &Frame, at: egui::Pos2) -> Option<Anchor> {
        let px = |points: f32| f64::from(points) * frame.scale;
        let at = (px(at.x - frame.tiles.min.x), px(at.y - frame.rect.min.y));
        Anchor::at(self.timeline.order(), &self.layout, self.scroll.offset(), at)
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "pixels on a page"
)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId, PhotoId};
    use crate::ui::grid::layout::Params;
    use crate::ui::grid::size::{Arrangement, TileSize};
    use crate::ui::timeline::{Edit, TileId};

    const HEIGHT: f64 = 900.0;

    fn entry(message: i32, wall_seconds: i64, aspect: u16) -> Entry {
        let id = PhotoId { album: AlbumId(1), message: MessageId(message) };
        let aspect = f32::from(aspect) / 100.0;
        Entry { id: TileId::Photo(id), wall_seconds, aspect, video: false }
    }

    #[derive(Clone, Debug)]
    enum Happens {
        Arrival(i64, u16),
        Deletion(prop::sample::Index),
        AnchorDeleted,
        DateChange(prop::sample::Index, i64),
        Measures(i64, usize, bool),
        Refined,
    }

    fn happens() -> impl Strategy<Value = Happens> {
        prop_oneof![
            4 => (0_i64..86_400 * 20, 50_u16..400).prop_map(|(t, a)| Happens::Arrival(t, a)),
            3 => any::<prop::sample::Index>().prop_map(Happens::Deletion),
            1 => Just(Happens::AnchorDeleted),
            3 => (any::<prop::sample::Index>(), 0_i64..86_400 * 20)
                .prop_map(|(at, to)| Happens::DateChange(at, to)),
            2 => (300_i64..3000, 0_usize..6, any::<bool>())
                .prop_map(|(width, size, squares)| Happens::Measures(width, size, squares)),
            1 => Just(Happens::Refined),
        ]
    }

    struct Page {
        order: Order,
        layout: Layout,
        scroll: Scroll,
        anchor: Anchor,
        message: i32,
    }

    impl Page {
        fn settle(&mut self) {
            let Self { order, layout, scroll, anchor, .. } = self;
            settle(order, layout, scroll, Some(anchor), HEIGHT);
        }

        /// Edits as the grid does them: who may stand in is noted first.
        fn edit(&mut self, removed: Option<Entry>, inserted: Option<Entry>) {
            let stand_ins = self.anchor.stand_ins(&self.order, &self.layout, self.scroll.offset());
            if let Some((rank, gone)) = removed.and_then(|entry| self.order.remove(entry.key())) {
                self.layout.apply(&self.order, Edit::Removed(rank, gone));
            }
            if let Some(rank) = inserted.and_then(|entry| self.order.insert(&entry)) {
                self.layout.apply(&self.order, Edit::Inserted(rank));
            }
            if let Some(anchor) = Anchor::remaining(&stand_ins, &self.order) {
                self.anchor = anchor;
            }
        }

        /// Of an entry: the top of its tile below the top of the screen.
        fn on_screen(&self, key: Key, within: f64) -> Option<f64> {
            let tile = self.layout.tile(self.order.rank_of(key)?)?;
            Some(tile.y as f64 + tile.height as f64 * within - self.scroll.offset())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn the_photo_under_the_eye_stays_whatever_happens(
            photos in prop::collection::vec((0_i64..86_400 * 20, 50_u16..400), 300..900),
            start in 0.0_f64..1.0,
            sequence in prop::collection::vec(happens(), 1..60),
        ) {
            let order: Order =
                (1..).zip(&photos).map(|(n, (wall, aspect))| entry(n, *wall, *aspect)).collect();
            let params = Params { width: 1120, scale: 1.0, ..Params::default() };
            let mut layout = Layout::of(&order, &params);
            let mut scroll = Scroll::default();
            settle(&order, &mut layout, &mut scroll, None, HEIGHT);
            scroll.jump(start * scroll.limit(), 0.0);
            let eye = (500.0, 360.0);
            let anchor = Anchor::at(&order, &layout, scroll.offset(), eye).unwrap();
            let mut page = Page { order, layout, scroll, anchor, message: 10_000 };
            page.settle();
            for what in sequence {
                let before = page.anchor;
                let nth = |at: &prop::sample::Index| page.order.get(at.index(page.order.len()));
                match &what {
                    Happens::Arrival(wall, aspect) => {
                        page.message += 1;
                        let new = entry(page.message, *wall, *aspect);
                        page.edit(None, Some(new));
                    }
                    Happens::Deletion(at) => page.edit(nth(at), None),
                    Happens::AnchorDeleted => {
                        let gone = page.order.rank_of(page.anchor.key).unwrap();
                        let gone = page.order.get(gone).unwrap();
                        page.edit(Some(gone), None);
                    }
                    Happens::DateChange(at, to) => {
                        let old = nth(at).unwrap();
                        page.edit(Some(old), Some(Entry { wall_seconds: *to, ..old }));
                    }
                    Happens::Measures(width, size, squares) => {
                        let arrangement =
                            if *squares { Arrangement::Squares } else { Arrangement::Justified };
                        let size = TileSize::at(*size);
                        let params =
                            Params { width: *width, scale: 1.0, size, arrangement, head: 0 };
                        page.layout.set_params(&page.order, &params);
                    }
                    Happens::Refined => {
                        let (until, here) = (Instant::now() + Duration::from_mins(1), 0);
                        page.layout.refine(&page.order, here, until);
                    }
                }
                page.settle();
                // Where the page is too short for it, it comes back when the page is long enough.
                let is_held = (1.0..page.scroll.limit() - 1.0).contains(&page.scroll.offset());
                let now = page.on_screen(page.anchor.key, page.anchor.within);
                prop_assert!(now.is_some(), "somebody stands in");
                if is_held {
                    let off = (now.unwrap() - page.anchor.below_top).abs();
                    prop_assert!(off < 1.0, "{} pixels off after {:?}", off, what);
                }
                // Whoever is still there is still the one.
                if page.order.rank_of(before.key).is_some() {
                    prop_assert_eq!(page.anchor, before);
                }
                // What is seen is exact.
                let (from, to) = (page.scroll.offset() as i64, page.scroll.offset() + HEIGHT);
                prop_assert!(!page.layout.make_exact(&page.order, from, to as i64));
            }
        }
    }

    #[test]
    fn a_neighbour_that_stands_in_does_not_move() {
        let photos = (1..=900_i32).map(|n| entry(n, i64::from(n) * 700, 150));
        let order: Order = photos.collect();
        let params = Params { width: 1120, scale: 1.0, ..Params::default() };
        let mut layout = Layout::of(&order, &params);
        layout.finish(&order);
        let mut scroll = Scroll::default();
        scroll.set_limit(layout.height() as f64 - HEIGHT);
        scroll.jump(4000.0, 0.0);
        let anchor = Anchor::at(&order, &layout, scroll.offset(), (500.0, 360.0)).unwrap();
        let mut page = Page { order, layout, scroll, anchor, message: 1000 };
        page.settle();
        let rank = page.order.rank_of(page.anchor.key).unwrap();
        let next = page.order.get(rank - 1).unwrap();
        let was = page.on_screen(next.key(), 0.0).unwrap();
        let gone = page.order.get(rank).unwrap();
        page.edit(Some(gone), None);
        page.settle();
        assert_eq!(page.anchor.key, next.key());
        let is = page.on_screen(next.key(), 0.0).unwrap();
        assert!((is - was).abs() < 1.0, "{was} {is}");
    }
}
