//! The grid under the keyboard: a cursor that goes from tile to tile, and the page's own keys.

use egui::{EventFilter, Response, Ui};

use super::{Frame, Grid};
use crate::ui::keys::{self, Action};
use crate::ui::tokens::{self, measure, motion};
use crate::ui::view::{Intent, View};

impl Grid {
    pub(super) fn keys(
        &mut self,
        ui: &Ui,
        frame: &Frame,
        area: &Response,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        if area.clicked() || area.gained_focus() {
            area.request_focus();
        }
        if area.has_focus() {
            let filter = EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                ..Default::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(area.id, filter));
        }
        // Keys belong to the grid unless something else has asked for them.
        let elsewhere = ui.memory(|memory| memory.focused().is_some_and(|id| id != area.id));
        if view.is_covered || elsewhere {
            return;
        }
        for action in keys::pressed(ui.ctx(), keys::Place::Grid) {
            self.act(ui, frame, area, action, view, out);
        }
    }

    fn act(
        &mut self,
        ui: &Ui,
        frame: &Frame,
        area: &Response,
        action: Action,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let place = self.cursor.and_then(|tile| self.timeline.place_of(tile));
        let last = self.timeline.len().saturating_sub(1);
        let screen = frame.height_px() - f64::from(measure::DAY_HEADER) * frame.scale;
        let seconds = f64::from(tokens::seconds(ui.ctx(), motion::VIEWER));
        let go = |grid: &mut Self, to: Option<usize>| {
            let to = to.or_else(|| grid.first_in_view(frame));
            let Some(entry) = to.and_then(|to| grid.timeline.get(to.min(last))) else { return };
            grid.cursor = Some(entry.id);
            area.request_focus();
            grid.follow(frame, to.unwrap_or(0), seconds);
        };
        match action {
            Action::Left => go(self, place.map(|at| at.saturating_sub(1))),
            Action::Right => go(self, place.map(|at| at + 1)),
            Action::Up => go(self, place.and_then(|at| self.layout.step_rows(at, -1))),
            Action::Down => go(self, place.and_then(|at| self.layout.step_rows(at, 1))),
            Action::First => {
                self.cursor = self.timeline.get(0).map(|entry| entry.id);
                self.scroll.glide_to(0.0, frame.now, seconds);
            }
            Action::Last => {
                self.cursor = self.timeline.get(last).map(|entry| entry.id);
                self.scroll.glide_to(self.scroll.limit(), frame.now, seconds);
            }
            Action::PageUp | Action::PageDown => {
                let by = if action == Action::PageUp { -screen } else { screen };
                self.scroll.glide_to(self.scroll.destination() + by, frame.now, seconds);
            }
            Action::Open => {
                let open = place
                    .filter(|_| area.has_focus())
                    .and_then(|at| self.timeline.get(at)?.photo().zip(self.layout.tile(at)));
                if let Some((photo, tile)) = open {
                    let offset = self.scroll.offset();
                    let rect = frame.on_screen(tile.x, tile.y, tile.width, tile.height, offset);
                    out.push(Intent::Open(photo, rect));
                }
            }
            Action::LargerTiles => out.push(Intent::TileSize(view.tile_size.larger())),
            Action::SmallerTiles => out.push(Intent::TileSize(view.tile_size.smaller())),
            _ => {}
        }
    }

    fn first_in_view(&self, frame: &Frame) -> Option<usize> {
        let (from, to) = self.visible(frame);
        self.layout.rows_between(from, to).first().map(|row| row.first)
    }

    /// Scrolls just so far that the tile at `index` is wholly in view.
    fn follow(&mut self, frame: &Frame, index: usize, seconds: f64) {
        let Some(tile) = self.layout.tile(index) else { return };
        #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
        let (top, bottom) = (tile.y as f64, (tile.y + tile.height) as f64);
        let header = f64::from(measure::DAY_HEADER) * frame.scale;
        let margin = f64::from(measure::EDGE) * frame.scale;
        let at = self.scroll.destination();
        if top - header < at {
            self.scroll.glide_to(top - header, frame.now, seconds);
        } else if bottom + margin > at + frame.height_px() {
            self.scroll.glide_to(bottom + margin - frame.height_px(), frame.now, seconds);
        }
    }
}
