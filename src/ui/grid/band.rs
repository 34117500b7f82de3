//! The rubber band: a rectangle on the page between where the button went down and the pointer.
//!
//! Its fixed corner holds on to a tile, so that it stays there whatever the layout does. Near the
//! edges of the grid the page scrolls, the faster the further out the pointer is.

use std::ops::Range;

use egui::{Pos2, Rect, Stroke, StrokeKind, Ui};

use super::layout::Layout;
use super::{Frame, Grid};
use crate::ui::selection::{Rule, spans};
use crate::ui::timeline::TileId;
use crate::ui::tokens;

/// So near to the edge the page begins to scroll, points.
const EDGE: f32 = 48.0;
/// Points a second, for each point further out.
const HASTE: f32 = 14.0;
/// Slow enough to see what goes by, points a second.
const FASTEST: f32 = 2800.0;

/// A rubber band that is being drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    corner: Corner,
    /// On the screen.
    pointer: Pos2,
    rule: Rule,
}

/// A point of the page, as seen from a tile: in widths and heights of it from its top left.
#[derive(Clone, Copy, Debug)]
struct Corner {
    tile: TileId,
    x: f64,
    y: f64,
}

/// A rectangle on the page, physical pixels, its ends included.
#[derive(Clone, Copy, Debug)]
struct Area {
    x: (i64, i64),
    y: (i64, i64),
}

impl Grid {
    /// The button went down at `at` and has moved far enough: a band begins.
    pub(super) fn begin_band(&mut self, frame: &Frame, at: Pos2, rule: Rule) -> Option<Band> {
        let (x, y) = self.on_page(frame, at);
        let place = self.layout.nearest(x, y)?;
        let (tile, entry) = (self.layout.tile(place)?, self.timeline.get(place)?);
        #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
        let share = |at: i64, from: i64, length: i64| (at - from) as f64 / length.max(1) as f64;
        let corner = Corner {
            tile: entry.id,
            x: share(x, tile.x, tile.width),
            y: share(y, tile.y, tile.height),
        };
        Some(Band { corner, pointer: at, rule })
    }

    /// The pointer is here now: scrolls where it is near an edge.
    pub(super) fn pull_band(&mut self, ui: &Ui, frame: &Frame, pointer: Pos2) {
        let Some(band) = &mut self.hands.band else { return };
        band.pointer = pointer;
        let above = (frame.rect.min.y + EDGE - pointer.y).max(0.0);
        let below = (pointer.y - (frame.rect.max.y - EDGE)).max(0.0);
        let speed = ((below - above) * HASTE).clamp(-FASTEST, FASTEST);
        if speed != 0.0 {
            let seconds = ui.input(|input| input.stable_dt.min(0.05));
            self.scroll.by(f64::from(speed * seconds) * frame.scale, frame.now);
            ui.ctx().request_repaint();
        }
    }

    /// Selects what the band touches now.
    pub(super) fn cover_band(&mut self, frame: &Frame) {
        let Some(band) = self.hands.band else { return };
        // Without its tile it has lost its hold.
        let Some(area) = self.area_of(frame, &band) else { return };
        let covered = touched(&self.layout, area);
        self.hands.selection.cover(covered, band.rule);
    }

    fn area_of(&self, frame: &Frame, band: &Band) -> Option<Area> {
        let tile = self.layout.tile(self.timeline.place_of(band.corner.tile)?)?;
        #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
        let from = |start: i64, length: i64, share: f64| start + (length as f64 * share) as i64;
        let corner =
            (from(tile.x, tile.width, band.corner.x), from(tile.y, tile.height, band.corner.y));
        let pointer = self.on_page(frame, band.pointer);
        let ends = |a: i64, b: i64| (a.min(b), a.max(b));
        Some(Area { x: ends(corner.0, pointer.0), y: ends(corner.1, pointer.1) })
    }

    /// Paints the band over the tiles.
    pub(super) fn paint_band(&self, ui: &Ui, frame: &Frame) {
        let Some(area) = self.hands.band.and_then(|band| self.area_of(frame, &band)) else {
            return;
        };
        let palette = tokens::palette(ui.ctx());
        let offset = self.scroll.offset();
        // Far beyond the screen nothing is seen of it.
        let (from, to) = self.visible(frame);
        let y = (area.y.0.max(from - 8), area.y.1.min(to + 8));
        let rect = frame.on_screen(area.x.0, y.0, area.x.1 - area.x.0, y.1 - y.0, offset);
        ui.painter().rect_filled(rect, 2.0, palette.accent.gamma_multiply(0.16));
        let line = Stroke::new(1.0, palette.accent_line);
        ui.painter().rect_stroke(rect, 2.0, line, StrokeKind::Inside);
    }

    /// Where a point of the screen is on the page, physical pixels.
    #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
    pub(super) fn on_page(&self, frame: &Frame, at: Pos2) -> (i64, i64) {
        let px = |points: f32| (f64::from(points) * frame.scale).floor() as i64;
        let y = self.scroll.offset().round() as i64 + px(at.y - frame.tiles.min.y);
        (px(at.x - frame.tiles.min.x), y)
    }

    /// The rectangle of the tile at `place` on the screen.
    pub(super) fn rect_at(&self, frame: &Frame, place: usize) -> Option<Rect> {
        let tile = self.layout.tile(place)?;
        let offset = self.scroll.offset();
        Some(frame.on_screen(tile.x, tile.y, tile.width, tile.height, offset))
    }
}

/// The places of the tiles that `area` touches.
fn touched(layout: &Layout, area: Area) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for row in layout.rows_between(area.y.0, area.y.1 + 1) {
        let ends = layout.nearest(area.x.0, row.y).zip(layout.nearest(area.x.1, row.y));
        let Some((first, last)) = ends else { continue };
        let tiles = layout.tile(first).zip(layout.tile(last));
        let Some((left, right)) = tiles else { continue };
        // The nearest one may still be beside it.
        let first = if left.x + left.width <= area.x.0 { first + 1 } else { first };
        let end = if right.x > area.x.1 { last } else { last + 1 };
        spans::push(&mut found, first..end.max(first));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId, PhotoId};
    use crate::ui::grid::TileSize;
    use crate::ui::grid::layout::Params;
    use crate::ui::timeline::{Entry, Timeline};

    proptest! {
        #[test]
        fn it_touches_what_lies_in_it(
            photos in prop::collection::vec((0_i64..86_400 * 9, 0.3_f32..4.0), 1..120),
            x in (-50_i64..900, -50_i64..900),
            y in (-50_i64..9000, 0_i64..3000),
        ) {
            let entries = (1..).zip(photos).map(|(n, (wall_seconds, aspect))| Entry {
                id: PhotoId { album: AlbumId(1), message: MessageId(n) }.into(),
                wall_seconds,
                aspect,
                video: false,
            });
            let timeline = Timeline::from_entries(entries.collect());
            let params = Params { width: 800, scale: 1.0, size: TileSize::S, ..Params::default() };
            let mut layout = Layout::of(timeline.order(), &params);
            layout.finish(timeline.order());
            let area = Area { x: (x.0.min(x.1), x.0.max(x.1)), y: (y.0, y.0 + y.1) };
            let found: Vec<usize> = touched(&layout, area).into_iter().flatten().collect();
            let expected: Vec<usize> = (0..timeline.len())
                .filter(|place| {
                    let tile = layout.tile(*place).unwrap();
                    tile.x <= area.x.1
                        && tile.x + tile.width > area.x.0
                        && tile.y <= area.y.1
                        && tile.y + tile.height > area.y.0
                })
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
