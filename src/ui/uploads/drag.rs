//! Moving a queued file by dragging its row: where it would go is shown as a line between two rows.

use std::ops::Range;

use egui::{CursorIcon, Id, Rect, Sense, Stroke, Ui, vec2};

use super::{Group, Uploads};
use crate::engine::{Request, UploadsRequest};
use crate::model::UploadId;
use crate::ui::tokens::{self, measure};
use crate::ui::view::Intent;

/// So near an edge the list scrolls by itself.
const EDGE: f32 = 32.0;
/// Points a second.
const SPEED: f32 = 600.0;

/// A row that is being dragged, if one is.
#[derive(Default)]
pub(super) struct Drag {
    file: Option<UploadId>,
    /// Rows of queued files.
    queue: Range<usize>,
    /// Where the first row of all would be.
    top: Option<f32>,
    scroll: f32,
}

impl Drag {
    /// Before the rows are made; `queue`: those of queued files.
    pub(super) fn begin_frame(&mut self, ui: &Ui, list: Rect, queue: Range<usize>) {
        (self.queue, self.top, self.scroll) = (queue, None, 0.0);
        let Some(at) = self.file.and_then(|_| ui.ctx().pointer_interact_pos()) else { return };
        let over = (list.min.y + EDGE - at.y).max(0.0) - (at.y - list.max.y + EDGE).max(0.0);
        if over != 0.0 {
            let seconds = ui.input(|input| input.stable_dt).min(0.1);
            self.scroll = over.clamp(-EDGE, EDGE) / EDGE * SPEED * seconds;
            ui.ctx().request_repaint();
        }
    }

    /// Within the list: near an edge it scrolls.
    pub(super) fn scroll(&self, ui: &Ui) {
        if self.scroll != 0.0 {
            ui.scroll_with_delta(vec2(0.0, self.scroll));
        }
    }

    /// Makes a queued file's row one that can be dragged.
    pub(super) fn row(&mut self, ui: &Ui, rect: Rect, index: usize, file: UploadId) {
        #[expect(clippy::cast_precision_loss, reason = "rows of a list")]
        let above = index as f32 * measure::UPLOAD_ROW;
        self.top = Some(rect.min.y - above);
        let response = ui.interact(rect, Id::unique(("upload row", file)), Sense::drag());
        if response.drag_started() {
            self.file = Some(file);
        }
        if self.file == Some(file) {
            ui.painter().rect_filled(rect, 0.0, tokens::palette(ui.ctx()).active);
        }
    }

    /// After the rows: shows where the file would go, and sends it there when it is let go.
    pub(super) fn end_frame(
        &mut self,
        ui: &Ui,
        list: Rect,
        uploads: &Uploads,
        out: &mut Vec<Intent>,
    ) {
        let Some(file) = self.file else { return };
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let is_down = ui.input(|input| input.pointer.any_down());
        let at = ui.ctx().pointer_interact_pos();
        let gap = at.zip(self.top).map(|(at, top)| gap_at(at.y - top, &self.queue));
        if let (Some(gap), Some(top)) = (gap, self.top) {
            #[expect(clippy::cast_precision_loss, reason = "rows of a list")]
            let y = (self.queue.start + gap) as f32 * measure::UPLOAD_ROW + top;
            let line = Stroke::new(2.0, tokens::palette(ui.ctx()).accent_line);
            ui.painter().with_clip_rect(list).hline(list.x_range(), y, line);
        }
        if is_down && !ui.input(|input| input.key_pressed(egui::Key::Escape)) {
            return;
        }
        self.file = None;
        // What began as a queued file may be on its way by now.
        let from = uploads.get(file).filter(|upload| Group::of(&upload.state) == Group::Queued);
        let from = from.and_then(|upload| uploads.place_of(upload));
        let dropped = from.zip(gap).filter(|(from, gap)| *gap != *from && *gap != *from + 1);
        if let Some((_, gap)) = dropped.filter(|_| !is_down) {
            let before = uploads.at(Group::Queued, gap).map(|upload| upload.id);
            let request = UploadsRequest::Move { upload: file, before };
            out.push(Intent::Request(Request::Uploads(request)));
        }
    }
}

/// The gap between two queued files that is nearest to `y`, counted from the first row's top.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and rows of a list"
)]
fn gap_at(y: f32, queue: &Range<usize>) -> usize {
    let row = (y / measure::UPLOAD_ROW).round().max(0.0) as usize;
    row.clamp(queue.start, queue.end) - queue.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_gap_is_meant() {
        let rows = |rows: f32| rows * measure::UPLOAD_ROW;
        let gaps = [-3.0, 2.4, 2.6, 3.4, 4.6, 99.0].map(|y| gap_at(rows(y), &(2..5)));
        assert_eq!(gaps, [0, 0, 1, 1, 3, 3]);
    }
}
