//! Verifying an album: the sheet that shows how far it is and what came of it, and which files of a
//! folder Telegram holds whole, so that they may go. The engine does the work; nothing is deleted.

use std::fmt::Write as _;

use egui::{Align, Align2, Id, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::icons::{self, Icon};
use super::tokens::{self, measure, radius};
use super::view::Intent;
use super::widgets::{self, Face};
use super::{text, words};
use crate::engine::{Request, VerifyEvent, VerifyOutcome, VerifyReport};
use crate::model::{AlbumId, Library};

const WIDTH: f32 = 560.0;
const ROW: f32 = 40.0;

/// One verification, under way or over.
pub(super) struct Verification {
    pub(super) album: AlbumId,
    progress: (usize, usize, usize),
    outcome: Option<VerifyOutcome>,
    /// A folder was named to compare with.
    compares: bool,
}

impl Verification {
    /// One that begins.
    pub(super) const fn begin(album: AlbumId, compares: bool) -> Self {
        Self { album, progress: (0, 0, 0), outcome: None, compares }
    }

    /// Takes in how far it is; true when it is over.
    pub(super) fn told(&mut self, event: VerifyEvent) -> bool {
        match event {
            VerifyEvent::Progress { album, done, total, failed } if album == self.album => {
                self.progress = (done, total, failed);
                false
            }
            VerifyEvent::Over(outcome) if outcome.album == self.album => {
                self.outcome = Some(outcome);
                true
            }
            VerifyEvent::Progress { .. } | VerifyEvent::Over(_) => false,
        }
    }

    /// What came of it, in a sentence.
    pub(super) fn verdict(&self, title: &str) -> Option<(bool, String)> {
        let VerifyOutcome { summary, stopped, failed, .. } = self.outcome.as_ref()?;
        let good = words::counted(summary.photos, "photo", "photos");
        Some(if *stopped {
            (false, format!("Verifying {title} was stopped. {good} had been found whole."))
        } else if failed.is_empty() {
            (true, format!("Telegram holds all of {title} byte for byte: {good}."))
        } else {
            let bad = words::counted(summary.failed, "is", "are");
            (false, format!("{good} of {title} whole; {bad} not as it should be."))
        })
    }

    /// Paints the sheet; false when it is closed.
    pub(super) fn sheet(
        &self,
        ui: &mut Ui,
        window: Rect,
        library: &Library,
        out: &mut Vec<Intent>,
    ) -> bool {
        let palette = tokens::palette(ui.ctx());
        let ground = ui.interact(window, Id::unique("verify ground"), Sense::click_and_drag());
        ui.painter().rect_filled(window, 0.0, tokens::on_photo::DROP_SCRIM);
        let rows = self.outcome.as_ref().map_or(0, |outcome| outcome.failed.len());
        #[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
        let list = (rows.min(8) as f32) * ROW;
        let height = (216.0 + list).min(window.height() - 32.0);
        let size = vec2(WIDTH.min(window.width() - 32.0), height);
        let rect = Rect::from_center_size(window.center(), size);
        ui.interact(rect, Id::unique("verify"), Sense::click_and_drag());
        widgets::raised(ui.painter(), rect, radius::DIALOG, palette);
        let inner = rect.shrink(24.0);
        let title = library
            .album(self.album)
            .map_or_else(|| "the album".to_owned(), |shelf| shelf.album.title.clone());
        let heading = format!("Verify {title}");
        let room = inner.width();
        let top = Align2::LEFT_TOP;
        text::paint(ui.painter(), inner.min, top, text::HEADING, &heading, palette.text, room);
        widgets::says(ui, rect, Id::unique("verify title"), egui::Role::Heading, &heading);
        let body = inner.min + vec2(0.0, 36.0);
        let below = Rect::from_min_max(body, inner.max - vec2(0.0, measure::CONTROL + 16.0));
        match &self.outcome {
            Some(outcome) => self.result(ui, below, outcome, &title),
            None => self.under_way(ui, below),
        }
        let closed = self.buttons(ui, inner, out);
        let escaped = ui.input(|input| input.key_pressed(egui::Key::Escape));
        !(closed || escaped || ground.clicked())
    }

    fn under_way(&self, ui: &Ui, rect: Rect) {
        let palette = tokens::palette(ui.ctx());
        let (done, total, failed) = self.progress;
        let mut words = format!("{} of {} compared", words::count(done), words::count(total));
        if failed > 0 {
            let _ = write!(words, ", {} not as it should be", words::count(failed));
        }
        let (top, room) = (Align2::LEFT_TOP, rect.width());
        text::paint(ui.painter(), rect.min, top, text::BODY, &words, palette.text_2, room);
        widgets::says(ui, rect, Id::unique("verify progress"), egui::Role::Status, &words);
        let min = rect.min + vec2(0.0, 36.0);
        let rail = Rect::from_min_size(min, vec2(rect.width(), 8.0));
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = done as f32 / total.max(1) as f32;
        widgets::progress(ui.painter(), rail, share, palette.accent_line, palette.track);
    }

    fn result(&self, ui: &mut Ui, rect: Rect, outcome: &VerifyOutcome, title: &str) {
        let palette = tokens::palette(ui.ctx());
        let Some((is_good, mut verdict)) = self.verdict(title) else { return };
        if self.compares {
            let safe = words::counted(outcome.summary.safe, "file", "files");
            let _ = write!(verdict, " {safe} of the folder may be deleted from this computer.");
        }
        let (icon, colour) = if is_good {
            (Icon::ShieldCheck, palette.success)
        } else {
            (Icon::Warning, palette.danger)
        };
        icons::paint(ui.painter(), icon, rect.min + vec2(8.0, 10.0), 18.0, colour);
        let room = rect.width() - 32.0;
        let ink = palette.text;
        let galley = text::paragraph(ui.painter(), text::BODY, &verdict, ink, room, 3, Align::LEFT);
        widgets::says(ui, rect, Id::unique("verify result"), egui::Role::Status, &verdict);
        let height = galley.size().y;
        ui.painter().galley(rect.min + vec2(28.0, 0.0), galley, ink);
        let list = Rect::from_min_max(rect.min + vec2(0.0, height + 12.0), rect.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(list));
        child.spacing_mut().item_spacing = egui::Vec2::ZERO;
        let area = ScrollArea::vertical().auto_shrink([false, false]);
        area.show_rows(&mut child, ROW, outcome.failed.len(), |ui, rows| {
            for report in outcome.failed.get(rows).unwrap_or_default() {
                failure(ui, report);
            }
        });
    }

    /// At the foot of the sheet; true when it is to be closed.
    fn buttons(&self, ui: &Ui, inner: Rect, out: &mut Vec<Intent>) -> bool {
        let mut right = inner.max.x;
        let mut button = |face: Face, icon: Option<Icon>, label: &str| {
            let width = widgets::button_width(ui, face, icon, label);
            let min = pos2(right - width, inner.max.y - measure::CONTROL);
            let rect = Rect::from_min_size(min, vec2(width, measure::CONTROL));
            right = rect.min.x - 8.0;
            widgets::button(ui, rect, Id::unique(("verify", label)), face, icon, label, true)
                .clicked()
        };
        let closed = button(Face::Outlined, None, "Close");
        let Some(outcome) = &self.outcome else {
            if button(Face::Plain, None, "Stop verifying") {
                out.push(Intent::Request(Request::StopVerifying { album: self.album }));
            }
            return closed;
        };
        if button(Face::Outlined, Some(Icon::Folder), "Compare with a folder") {
            out.push(Intent::BrowseToCompare(self.album));
        }
        let has_list = !outcome.failed.is_empty() || !outcome.safe.is_empty();
        if has_list && button(Face::Plain, Some(Icon::Copy), "Copy list") {
            ui.ctx().copy_text(list(outcome));
        }
        closed
    }
}

fn failure(ui: &mut Ui, report: &VerifyReport) {
    let palette = tokens::palette(ui.ctx());
    let size = vec2(ui.available_width(), ROW);
    let rect = ui.allocate_exact_size(size, Sense::hover()).0;
    let (align, room) = (Align2::LEFT_CENTER, rect.width());
    let why = report.result.as_ref().err().map_or("", String::as_str);
    let at = |dy: f32| rect.left_center() + vec2(0.0, dy);
    let painter = ui.painter();
    text::paint(painter, at(-9.0), align, text::LABEL_500, &report.name, palette.text, room);
    text::paint(painter, at(9.0), align, text::SMALL, why, palette.text_3, room);
}

/// What failed with its reasons, then what may be deleted.
fn list(outcome: &VerifyOutcome) -> String {
    let mut text = String::new();
    for report in &outcome.failed {
        let why = report.result.as_ref().err().map_or("", String::as_str);
        let _ = writeln!(text, "{}: {why}", report.name);
    }
    if !outcome.safe.is_empty() {
        let _ = writeln!(text, "Held by Telegram byte for byte:");
        for path in &outcome.safe {
            let _ = writeln!(text, "{}", path.display());
        }
    }
    text
}
