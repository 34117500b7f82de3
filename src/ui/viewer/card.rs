//! What the viewer shows of a sidecar, which holds no picture: its name, what it is, its size.

use egui::{Align, Align2, Id, Rect, Role, Ui, pos2, vec2};

use crate::model::PhotoRef;
use crate::ui::icons::{self, Icon};
use crate::ui::tokens::viewer as look;
use crate::ui::{text, widgets, words};

const WIDTH: f32 = 440.0;
const HEIGHT: f32 = 176.0;
const WHAT: &str = "A program or a camera wrote this beside the picture of the same name: its \
                    edits, or words about it. It is kept as it is; save it to use it.";

pub(super) fn ui(ui: &Ui, area: Rect, sidecar: PhotoRef<'_>) {
    let painter = ui.painter();
    let size = vec2(WIDTH, HEIGHT).min(area.size());
    let card = Rect::from_center_size(area.center().round(), size);
    painter.rect_filled(card, 12.0, look::PANEL);
    let (x, room) = (card.center().x, card.width() - 48.0);
    icons::paint(painter, Icon::File, pos2(x, card.min.y + 40.0), 28.0, look::TEXT);
    let (centre, name) = (Align2::CENTER_CENTER, sidecar.name());
    let at = pos2(x, card.min.y + 78.0);
    text::paint(painter, at, centre, text::LABEL_500, name, look::TEXT, room);
    let facts = format!("{} · {}", words::sidecar(name), words::bytes(sidecar.bytes()));
    let at = pos2(x, card.min.y + 100.0);
    text::paint(painter, at, centre, text::SMALL, &facts, look::TEXT, room);
    let at = pos2(x, card.min.y + 120.0);
    text::paint_paragraph(painter, at, text::SMALL, WHAT, look::TEXT, room, Align::Center);
    let says = format!("{name}, {facts}. {WHAT}");
    widgets::says(ui, card, Id::unique("sidecar"), Role::Label, &says);
}
