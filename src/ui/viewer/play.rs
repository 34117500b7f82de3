//! What lies over a video's picture: the button that plays it in the system's player, its length
//! and its size.

use egui::{Align2, Id, Rect, Ui, pos2, vec2};

use super::info::length;
use crate::model::PhotoRef;
use crate::ui::icons::Icon;
use crate::ui::tokens::viewer as look;
use crate::ui::view::{Errand, Intent};
use crate::ui::widgets::{self, IconFace};
use crate::ui::{text, words};

const BUTTON: f32 = 72.0;

pub(super) fn ui(ui: &Ui, area: Rect, photo: PhotoRef<'_>, out: &mut Vec<Intent>) {
    let button = Rect::from_center_size(area.center().round(), vec2(BUTTON, BUTTON));
    let ground = look::ROUND_BUTTON;
    let face = IconFace { colour: look::TEXT, ground, radius: BUTTON / 2.0, size: 32.0 };
    let name = "Play in the system's player";
    let id = Id::unique("play");
    if widgets::icon_button_as(ui, button, id, Icon::Play, name, face).clicked() {
        out.push(Intent::Photo(Errand::Play, photo.id()));
    }
    let facts = length(photo.kind()).into_iter().chain([words::bytes(photo.bytes())]);
    let facts = facts.collect::<Vec<_>>().join(" · ");
    let painter = ui.painter();
    let width = text::width(painter, text::SMALL_500, &facts) + 28.0;
    let pill = Rect::from_center_size(
        pos2(area.center().x, button.max.y + 32.0).round(),
        vec2(width, 32.0),
    );
    painter.rect_filled(pill, 16.0, look::ROUND_BUTTON);
    let (at, centre, style) = (pill.center(), Align2::CENTER_CENTER, text::SMALL_500);
    text::paint(painter, at, centre, style, &facts, look::TEXT, width);
    widgets::says(ui, pill, Id::unique("video facts"), egui::Role::Label, &facts);
}
