//! The grid under the keyboard: a cursor that goes from tile to tile, and the page's own keys.

use egui::{Context, Event, EventFilter, FocusDirection, Popup, Response, Ui};

use super::{Frame, Grid, TileId, seek};
use crate::ui::keys::{self, Action};
use crate::ui::tokens::{self, measure, motion};
use crate::ui::view::{Errand, Intent, View};

impl Grid {
    /// Notes whether keys are used or the pointer. Every frame, also while the grid is not painted.
    pub(crate) fn note_input(&mut self, ctx: &Context) {
        ctx.input(|input| {
            for event in &input.events {
                match event {
                    Event::Key { pressed: true, .. } => {
                        (self.hands.by_keys, self.hands.pointed) = (true, false);
                    }
                    Event::PointerMoved(_) | Event::MouseWheel { .. } => self.hands.pointed = true,
                    Event::PointerButton { pressed: true, .. } => self.hands.by_keys = false,
                    _ => {}
                }
            }
        });
    }

    /// The tile that has a ring around it. Who uses the pointer sees where it is; the keys go on
    /// from the same tile.
    pub(super) fn ringed(&self, area: &Response) -> Option<TileId> {
        self.cursor.filter(|_| self.hands.by_keys && area.has_focus())
    }

    pub(super) fn keys(
        &mut self,
        ui: &Ui,
        frame: &Frame,
        area: &Response,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let returns = !view.is_behind && std::mem::take(&mut self.takes_keys);
        if returns || area.clicked() || area.gained_focus() {
            area.request_focus();
        }
        if area.has_focus() {
            let filter = EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: true,
                ..Default::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(area.id, filter));
        }
        // Keys belong to the grid unless something else has asked for them.
        let elsewhere = ui.memory(|memory| memory.focused().is_some_and(|id| id != area.id));
        let over_it = self.hands.menu.is_some() || self.hands.date_card.is_some();
        let hidden = view.is_covered || view.is_behind;
        if hidden || over_it || elsewhere || Popup::is_any_open(ui.ctx()) {
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
        let place = self.cursor_in_view(frame);
        let column = self.column(action, place);
        if let Some((to, extends)) = self.target(frame, action, place, column) {
            area.request_focus();
            // The arrow is used up: it does not lead on to a widget beside the grid.
            ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
            self.move_to(ui, frame, to, extends, view);
            (self.hands.column, self.hands.column_of) = (column, self.cursor);
            return;
        }
        if let Some((unit, older)) = seek::step(action) {
            area.request_focus();
            return self.step_through_time(ui, frame, unit, older);
        }
        let screen = frame.height_px() - f64::from(measure::DAY_HEADER) * frame.scale;
        let seconds = f64::from(tokens::seconds(ui.ctx(), motion::VIEWER));
        match action {
            Action::First | Action::Last => {
                let (to, y) = if action == Action::First {
                    (0, 0.0)
                } else {
                    (self.timeline.len().saturating_sub(1), self.scroll.limit())
                };
                self.hands.end_range();
                self.cursor = self.timeline.get(to).map(|entry| entry.id);
                area.request_focus();
                self.scroll.glide_to(y, frame.now, seconds);
            }
            Action::PageUp | Action::PageDown => {
                let by = if action == Action::PageUp { -screen } else { screen };
                self.scroll.glide_to(self.scroll.destination() + by, frame.now, seconds);
            }
            Action::Open => match place.filter(|_| area.has_focus()) {
                Some(place) => self.open(frame, place, out),
                // First it has to be seen what would be opened.
                None => self.put_cursor_in_view(frame, area),
            },
            Action::Select => {
                if let Some(place) = place.or_else(|| self.first_in_view(frame)) {
                    self.cursor = self.timeline.get(place).map(|entry| entry.id);
                    area.request_focus();
                    self.toggle(place);
                    self.follow(frame, place, seconds);
                }
            }
            Action::SelectAll => {
                self.hands.end_range();
                self.hands.selection.put_all(0..self.timeline.len(), true);
                self.hands.all_soon = self.is_being_arranged();
                if let Some(place) = place {
                    self.follow(frame, place, seconds);
                }
            }
            Action::SelectNone => self.hands.escape(),
            Action::Menu => self.open_menu_by_key(frame),
            Action::GoToDate => self.ask_for_date(),
            Action::Save | Action::DeleteForGood => {
                let one = place.filter(|_| !self.hands.has_selection() && area.has_focus());
                let photos = self.subject(one, view);
                if !photos.is_empty() {
                    let save = action == Action::Save;
                    out.push(if save { Intent::Save(photos) } else { Intent::Delete(photos) });
                }
            }
            Action::CopyPicture => {
                let one = place.filter(|_| !self.hands.has_selection() && area.has_focus());
                // Of several the clipboard has no room.
                if let [photo] = self.subject(one, view)[..] {
                    out.push(Intent::Photo(Errand::CopyPicture, photo));
                }
            }
            Action::LargerTiles | Action::SmallerTiles | Action::Arrange => {
                // What keys act on stays where it is, as does what the pointer is on.
                self.pointer =
                    place.and_then(|place| self.rect_at(frame, place)).map(|tile| tile.center());
                out.push(match action {
                    Action::LargerTiles => Intent::TileSize(view.tile_size.larger()),
                    Action::SmallerTiles => Intent::TileSize(view.tile_size.smaller()),
                    _ => Intent::Arrange(view.arrangement.other()),
                });
            }
            _ => {}
        }
    }

    /// Where the cursor is, unless the page has been scrolled away from it: keys do nothing to
    /// what nobody sees.
    fn cursor_in_view(&self, frame: &Frame) -> Option<usize> {
        let (from, to) = self.destination(frame);
        let place = self.cursor.and_then(|tile| self.timeline.place_of(tile));
        place.filter(|place| {
            self.layout.tile(*place).is_some_and(|tile| tile.y < to && tile.y + tile.height > from)
        })
    }

    fn put_cursor_in_view(&mut self, frame: &Frame, area: &Response) {
        let place = self.cursor_in_view(frame).or_else(|| self.first_in_view(frame));
        self.cursor = place.and_then(|place| self.timeline.get(place)).map(|entry| entry.id);
        area.request_focus();
    }

    /// Going up and down keeps to the column where it began, through rows that end before it.
    fn column(&self, action: Action, place: Option<usize>) -> Option<i64> {
        let vertical =
            [Action::Up, Action::Down, Action::ExtendUp, Action::ExtendDown].contains(&action);
        let tile = place.filter(|_| vertical).and_then(|place| self.layout.tile(place))?;
        let before = self.hands.column.filter(|_| self.hands.column_of == self.cursor);
        Some(before.unwrap_or(tile.x + tile.width / 2))
    }

    /// Where an arrow or its like leads, and whether it selects on its way.
    fn target(
        &self,
        frame: &Frame,
        action: Action,
        place: Option<usize>,
        column: Option<i64>,
    ) -> Option<(usize, bool)> {
        let last = self.timeline.len().saturating_sub(1);
        let rows = |by: isize| {
            let next = self.layout.step_rows(place?, by)?;
            self.layout.nearest(column?, self.layout.tile(next)?.y)
        };
        let by = |by: isize| place.map(|at| at.saturating_add_signed(by));
        let extends = !matches!(action, Action::Left | Action::Right | Action::Up | Action::Down);
        let to = match action {
            Action::Left | Action::ExtendLeft => by(-1),
            Action::Right | Action::ExtendRight => by(1),
            Action::Up | Action::ExtendUp => rows(-1),
            Action::Down | Action::ExtendDown => rows(1),
            Action::ExtendFirst => Some(0),
            Action::ExtendLast => Some(last),
            Action::ExtendPageUp => self.page_from(frame, place, -1.0),
            Action::ExtendPageDown => self.page_from(frame, place, 1.0),
            _ => return None,
        };
        let to = to.or_else(|| self.first_in_view(frame))?;
        Some((to.min(last), extends))
    }

    /// The photo a screen above or below the one at `place`.
    #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
    fn page_from(&self, frame: &Frame, place: Option<usize>, screens: f64) -> Option<usize> {
        let tile = self.layout.tile(place?)?;
        let screen = frame.height_px() - f64::from(measure::DAY_HEADER) * frame.scale;
        let y = tile.y + tile.height / 2 + (screen * screens) as i64;
        self.layout.nearest(tile.x + tile.width / 2, y)
    }

    fn move_to(&mut self, ui: &Ui, frame: &Frame, to: usize, extends: bool, view: &View<'_>) {
        if extends {
            self.extend_to(to, view);
        } else {
            self.hands.end_range();
            self.cursor = self.timeline.get(to).map(|entry| entry.id);
        }
        let seconds = f64::from(tokens::seconds(ui.ctx(), motion::VIEWER));
        self.follow(frame, to, seconds);
    }

    /// The first photo that is wholly below the header, or else the first of which anything is.
    fn first_in_view(&self, frame: &Frame) -> Option<usize> {
        let (from, to) = self.destination(frame);
        let mut rows = self.layout.rows_between(from, to);
        let first = rows.next()?;
        let whole = std::iter::once(first).chain(rows).find(|row| row.y >= from);
        Some(whole.unwrap_or(first).first)
    }

    /// Scrolls just so far that the tile at `index` is wholly in view.
    fn follow(&mut self, frame: &Frame, index: usize, seconds: f64) {
        let Some(tile) = self.layout.tile(index) else { return };
        #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
        let (top, bottom) = (tile.y as f64, (tile.y + tile.height) as f64);
        let header = f64::from(measure::DAY_HEADER) * frame.scale;
        let margin = f64::from(measure::EDGE) * frame.scale;
        self.scroll.set_room(self.foot(frame));
        let height = frame.height_px() - self.foot(frame);
        let at = self.scroll.destination();
        let to = if top - header < at {
            top - header
        } else if bottom + margin > at + height {
            bottom + margin - height
        } else {
            return self.take_aim(index, at);
        };
        self.scroll.glide_to(to, frame.now, seconds);
        self.take_aim(index, to);
    }
}

#[cfg(test)]
mod tests {
    use egui::{Id, Key, Modifiers, PointerButton, RawInput, Rect, Sense, pos2};

    use super::*;
    use crate::model::{AlbumId, MessageId, PhotoId};

    #[test]
    fn there_is_a_ring_for_keys_and_none_for_the_pointer() {
        let ctx = Context::default();
        let photo = PhotoId { album: AlbumId(1), message: MessageId(7) };
        let mut grid = Grid::default();
        let mut ringed = |event: Event| {
            // As after the viewer.
            grid.reveal(photo);
            let mut ringed = None;
            let input = RawInput { events: vec![event], ..RawInput::default() };
            let output = ctx.run_ui(input, |ui| {
                grid.note_input(ui.ctx());
                let area = ui.interact(Rect::EVERYTHING, Id::unique("area"), Sense::click());
                area.request_focus();
                ringed = grid.ringed(&area);
            });
            output.drop_without_applying_deltas();
            ringed
        };
        let key = |key| Event::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        };
        let click = Event::PointerButton {
            pos: pos2(5.0, 5.0),
            button: PointerButton::Primary,
            pressed: true,
            modifiers: Modifiers::NONE,
        };
        assert_eq!(ringed(key(Key::Escape)), Some(photo.into()));
        assert_eq!(ringed(click), None);
        assert_eq!(ringed(Event::PointerMoved(pos2(9.0, 9.0))), None);
        assert_eq!(ringed(key(Key::ArrowRight)), Some(photo.into()), "from the same photo");
    }
}
