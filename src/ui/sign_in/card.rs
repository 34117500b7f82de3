//! The card that holds one question: a column that is filled from the top, with a foot.

use egui::{Align, Align2, Id, Key, Rect, Role, Ui, pos2, vec2};

use crate::ui::icons::{self, Icon};
use crate::ui::text;
use crate::ui::tokens::{self, Palette, measure, radius};
use crate::ui::widgets::{self, Face, FieldOptions};

/// A card being filled.
pub(super) struct Card<'a> {
    pub(super) ui: &'a mut Ui,
    inner: Rect,
    y: f32,
    palette: &'static Palette,
    /// Whether the last field was changed in this frame.
    pub(super) changed: bool,
}

impl<'a> Card<'a> {
    pub(super) fn new(ui: &'a mut Ui, rect: Rect) -> Self {
        let palette = tokens::palette(ui.ctx());
        widgets::card(ui.painter(), rect, radius::DIALOG, palette.surface);
        let inner = rect.shrink2(vec2(48.0, if rect.height() < 340.0 { 24.0 } else { 40.0 }));
        Self { ui, inner, y: inner.min.y, palette, changed: false }
    }

    pub(super) fn now(&self) -> f64 {
        self.ui.ctx().time()
    }

    pub(super) fn space(&mut self, points: f32) {
        self.y += points;
    }

    pub(super) fn heading(&mut self, words: &str) {
        let at = pos2(self.inner.min.x, self.y);
        let (room, colour) = (self.inner.width(), self.palette.text);
        let painter = self.ui.painter();
        let rect = text::paint(painter, at, Align2::LEFT_TOP, text::HEADING, words, colour, room);
        widgets::says(self.ui, rect, Id::unique("sign-in heading"), Role::Heading, words);
        self.y += 28.0;
    }

    pub(super) fn paragraph(&mut self, words: &str) {
        let at = pos2(self.inner.min.x, self.y);
        let (room, colour) = (self.inner.width(), self.palette.text_2);
        let painter = self.ui.painter();
        let style = text::LABEL;
        let height = text::paint_paragraph(painter, at, style, words, colour, room, Align::LEFT);
        let rect = Rect::from_min_size(at, vec2(room, height));
        widgets::says(self.ui, rect, Id::unique("sign-in words"), Role::Label, words);
        self.y += height + 8.0;
    }

    /// A line under a field; kept free when it is empty, so that nothing moves.
    pub(super) fn hint(&mut self, words: &str) {
        let at = pos2(self.inner.min.x, self.y + 16.0);
        let (room, colour) = (self.inner.width(), self.palette.text_3);
        let painter = self.ui.painter();
        let rect = text::paint(painter, at, Align2::LEFT_CENTER, text::SMALL, words, colour, room);
        widgets::says(self.ui, rect, Id::unique("sign-in hint"), Role::Label, words);
        self.y += 36.0;
    }

    pub(super) fn link(&mut self, label: &str) -> bool {
        let width = text::width(self.ui.painter(), text::LABEL_500, label) + 1.0;
        let rect = Rect::from_min_size(pos2(self.inner.min.x, self.y + 4.0), vec2(width, 24.0));
        self.y += 36.0;
        widgets::link(self.ui, rect, Id::unique(label), text::LABEL_500, label).clicked()
    }

    /// A field; true when Enter was pressed in it.
    pub(super) fn field(
        &mut self,
        id: Id,
        content: &mut String,
        options: FieldOptions<'_>,
        focus: bool,
    ) -> bool {
        let size = vec2(self.inner.width(), measure::SIGN_IN_CONTROL);
        let rect = Rect::from_min_size(pos2(self.inner.min.x, self.y), size);
        let response = widgets::field(self.ui, rect, id, content, options);
        self.y += measure::SIGN_IN_CONTROL;
        self.changed = response.changed();
        if focus {
            response.request_focus();
        }
        let entered = response.lost_focus() && self.ui.input(|input| input.key_pressed(Key::Enter));
        if entered {
            response.request_focus();
        }
        entered
    }

    /// The one main button.
    pub(super) fn main(&mut self, label: &str, enabled: bool) -> bool {
        let size = vec2(self.inner.width(), measure::SIGN_IN_CONTROL);
        let rect = Rect::from_min_size(pos2(self.inner.min.x, self.y), size);
        self.y += measure::SIGN_IN_CONTROL;
        widgets::button(self.ui, rect, Id::unique(label), Face::Main, None, label, enabled)
            .clicked()
    }

    pub(super) fn plain(&mut self, label: &str) -> bool {
        let size = vec2(self.inner.width(), measure::CONTROL);
        let rect = Rect::from_min_size(pos2(self.inner.min.x, self.y), size);
        self.y += measure::CONTROL;
        widgets::button(self.ui, rect, Id::unique(label), Face::Plain, None, label, true).clicked()
    }

    /// The line at the bottom of the card.
    pub(super) fn foot(&mut self, icon: Icon, words: &str, is_trouble: bool) {
        let colour = if is_trouble { self.palette.danger } else { self.palette.text_2 };
        let painter = self.ui.painter();
        let room = self.inner.width() - 32.0;
        let galley = text::paragraph(painter, text::LABEL, words, colour, room, 4, Align::LEFT);
        let top = (self.inner.max.y - galley.size().y).max(self.y + 8.0);
        if !is_trouble && top + galley.size().y > self.inner.max.y + 16.0 {
            // A promise may give way where the window is low; trouble may not.
            return;
        }
        if top - self.y > 24.0 {
            let y = top - 16.0;
            widgets::hairline(painter, self.inner.min.x, self.inner.max.x, y, self.palette.line_2);
        }
        icons::paint(painter, icon, pos2(self.inner.min.x + 10.0, top + 9.0), 18.0, colour);
        painter.galley(pos2(self.inner.min.x + 32.0, top), galley, colour);
        let rect = Rect::from_min_max(pos2(self.inner.min.x, top), self.inner.max);
        let role = if is_trouble { Role::Alert } else { Role::Label };
        widgets::says(self.ui, rect, Id::unique("sign-in line"), role, words);
    }

    /// What is being waited for.
    pub(super) fn busy(&mut self, why: &str) {
        let y = self.inner.max.y - 9.0;
        let spin = Rect::from_center_size(pos2(self.inner.min.x + 10.0, y), vec2(16.0, 16.0));
        widgets::spinner(self.ui, spin, self.palette.text_3);
        let at = pos2(self.inner.min.x + 32.0, y);
        let (room, colour) = (self.inner.width() - 32.0, self.palette.text_2);
        let painter = self.ui.painter();
        let rect = text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL, why, colour, room);
        widgets::says(self.ui, rect, Id::unique("sign-in line"), Role::Status, why);
    }
}
