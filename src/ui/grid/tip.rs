//! What a pointer that rests on a tile is told: name, date, size, album.

use egui::{Align2, Id, PopupAnchor, Response, Role, Sense, Tooltip, Ui, WidgetInfo, vec2};

use super::Grid;
use crate::model::PhotoRef;
use crate::ui::tokens::{self, motion};
use crate::ui::view::{Place, View};
use crate::ui::{text, words};

/// The widest line, points.
const WIDEST: f32 = 360.0;

impl Grid {
    /// Shows it once the pointer has been still for a moment.
    pub(super) fn tip(&self, ui: &Ui, area: &Response, view: &View<'_>) {
        let photo = self.hands.hovered.and_then(|place| self.timeline.get(place)?.photo());
        let Some(photo) = photo.and_then(|photo| view.library.photo(photo)) else { return };
        let (still, is_down) =
            ui.input(|input| (input.pointer.time_since_last_movement(), input.pointer.any_down()));
        let busy = is_down || self.hands.menu.is_some() || self.hands.band.is_some();
        if busy || !self.hands.pointed || view.is_covered || !area.hovered() {
            return;
        }
        // The pointer may rest while photos pass under it.
        #[expect(clippy::cast_possible_truncation, reason = "seconds")]
        let still = still.min((ui.ctx().time() - self.scroll.last_moved()) as f32);
        if still < motion::TOOLTIP_AFTER {
            ui.ctx().request_repaint_after_secs(motion::TOOLTIP_AFTER - still);
            return;
        }
        let id = Id::unique("tile tip");
        let tip = Tooltip::always_open(ui.ctx().clone(), area.layer_id, id, PopupAnchor::Pointer);
        tip.gap(16.0).show(|ui| lines(ui, &told(photo, view)));
    }
}

/// What is told of a photo, a line each.
fn told(photo: PhotoRef<'_>, view: &View<'_>) -> Vec<String> {
    let mut lines = vec![photo.name().to_owned()];
    lines.push(words::when(photo.moment(), view.zone));
    let bytes = words::bytes(photo.bytes());
    lines.push(if photo.size().is_empty() {
        bytes
    } else {
        format!("{} × {} · {bytes}", photo.size().width, photo.size().height)
    });
    if view.place == Place::AllPhotos {
        lines.push(view.album_title(photo.id().album));
    }
    lines
}

fn lines(ui: &mut Ui, lines: &[String]) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let palette = tokens::palette(ui.ctx());
    let mut style = (text::SMALL_500, palette.text);
    for line in lines {
        let galley = text::line(ui.painter(), style.0, line, style.1, WIDEST);
        let size = galley.size() + vec2(4.0, 2.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, line));
        let at =
            Align2::LEFT_CENTER.anchor_size(rect.left_center() + vec2(2.0, 0.0), galley.size());
        ui.painter().galley(at.min, galley, style.1);
        style = (text::SMALL, palette.text_2);
    }
}
