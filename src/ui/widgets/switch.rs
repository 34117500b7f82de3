//! A switch with its words, and one of several choices: a pill with a knob, a disc.

use egui::{Align2, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::focus_ring;
use crate::ui::text;
use crate::ui::tokens;

const PILL: egui::Vec2 = vec2(36.0, 20.0);

/// A row that is switched on or off; the whole of `rect` answers.
pub(crate) fn switch(ui: &Ui, rect: Rect, id: Id, on: bool, label: &str) -> Response {
    let palette = tokens::palette(ui.ctx());
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, label));
    let painter = ui.painter();
    let y = rect.center().y;
    let pill = Rect::from_center_size(pos2(rect.max.x - PILL.x / 2.0, y), PILL);
    let (ground, knob) =
        if on { (palette.accent, palette.on_accent) } else { (palette.control, palette.canvas) };
    painter.rect_filled(pill, PILL.y / 2.0, ground);
    let x = if on { pill.max.x - 10.0 } else { pill.min.x + 10.0 };
    painter.circle_filled(pos2(x, y), 7.0, knob);
    if response.has_focus() {
        focus_ring(painter, pill, PILL.y / 2.0, palette);
    }
    let room = rect.width() - PILL.x - 16.0;
    let at = pos2(rect.min.x, y);
    text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL, label, palette.text, room);
    response
}

/// One of several choices that exclude each other.
pub(crate) fn radio(ui: &Ui, rect: Rect, id: Id, chosen: bool, label: &str) -> Response {
    let palette = tokens::palette(ui.ctx());
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, label));
    let painter = ui.painter();
    let centre = pos2(rect.min.x + 10.0, rect.center().y);
    if chosen {
        painter.circle_filled(centre, 8.0, palette.accent);
        painter.circle_filled(centre, 3.0, palette.on_accent);
    } else {
        painter.circle_stroke(centre, 7.25, Stroke::new(1.5, palette.control));
    }
    if response.has_focus() {
        let ring = Rect::from_center_size(centre, vec2(16.0, 16.0));
        focus_ring(painter, ring, 8.0, palette);
    }
    let ink = if chosen || response.hovered() { palette.text } else { palette.text_2 };
    let at = pos2(rect.min.x + 28.0, rect.center().y);
    let room = rect.width() - 28.0;
    let shown = text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL, label, ink, room);
    if shown.width() + 1.0 >= room {
        return text::tooltip(response, label);
    }
    response
}
