//! The uploads screen: figures on top, then a row a file.

use egui::{Align2, Color32, Id, Painter, Pos2, Rect, Sense, Ui, UiBuilder, pos2, vec2};
use egui_extras::{Column, TableBuilder};

use super::{Group, Uploads, row};
use crate::model::{Upload, UploadId};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::Pictures;
use crate::ui::tokens::{self, Palette, measure, radius};
use crate::ui::view::{Intent, View};
use crate::ui::{empty, text, widgets, words};

/// Queued files shown before the rest is folded.
const QUEUED_SHOWN: usize = 2;

/// What the screen remembers.
#[derive(Default)]
pub(crate) struct Screen {
    unfolded: bool,
    lines: Vec<Line>,
    /// What the lines were made from: the groups as they stood, and whether the queue is unfolded.
    made: Option<(u64, bool)>,
}

#[derive(Clone, Copy)]
enum Line {
    File(UploadId),
    Fold { hidden: usize },
}

impl Screen {
    /// Paints the screen into `rect`.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        ui.painter().rect_filled(rect, 0.0, tokens::palette(ui.ctx()).canvas);
        if view.uploads.is_empty() {
            empty::no_uploads(ui, rect, view, out);
            return;
        }
        let content = rect.shrink2(vec2(measure::EDGE, 0.0));
        let at = content.min + vec2(0.0, 8.0);
        let card = Rect::from_min_size(at, vec2(content.width(), 152.0));
        header(ui, card, view);
        // The scroll bar runs at the window's edge, beside the rows.
        let list = Rect::from_min_max(pos2(content.min.x, card.max.y + 12.0), rect.max);
        self.update_lines(view.uploads);
        let mut child = ui.new_child(UiBuilder::new().max_rect(list));
        child.spacing_mut().item_spacing = egui::Vec2::ZERO;
        // Only the rows in view are made, however many there are.
        let table = TableBuilder::new(&mut child)
            .id_salt("uploads")
            .auto_shrink([false, false])
            .column(Column::exact(content.width()));
        table.body(|body| {
            body.rows(measure::UPLOAD_ROW, self.lines.len(), |mut cells| {
                let Some(line) = self.lines.get(cells.index()).copied() else { return };
                cells.col(|ui| {
                    let rect = ui.max_rect();
                    match line {
                        Line::File(id) => {
                            if let Some(upload) = view.uploads.get(id) {
                                row::ui(ui, rect, upload, view, pictures, out);
                            }
                        }
                        Line::Fold { hidden } => self.fold_row(ui, rect, hidden),
                    }
                });
            });
        });
    }

    /// Puts the rows in order, where files have come, gone or changed their group.
    fn update_lines(&mut self, uploads: &Uploads) {
        let from = (uploads.groups_revision(), self.unfolded);
        if self.made == Some(from) {
            return;
        }
        self.made = Some(from);
        let file = |upload: &Upload| Line::File(upload.id);
        let hidden = uploads.count(Group::Queued).saturating_sub(QUEUED_SHOWN);
        let shown = if self.unfolded { usize::MAX } else { QUEUED_SHOWN };
        self.lines.clear();
        self.lines.extend(uploads.in_group(Group::Failed).map(file));
        self.lines.extend(uploads.in_group(Group::UnderWay).map(file));
        self.lines.extend(uploads.in_group(Group::Queued).take(shown).map(file));
        self.lines.extend((hidden > 0).then_some(Line::Fold { hidden }));
        self.lines.extend(uploads.in_group(Group::Finished).rev().map(file));
    }

    fn fold_row(&mut self, ui: &Ui, rect: Rect, hidden: usize) {
        let palette = tokens::palette(ui.ctx());
        let label = if self.unfolded {
            "Fold the queue".to_owned()
        } else {
            format!("{} more queued", words::count(hidden))
        };
        let response = ui.interact(rect, Id::unique("fold queue"), Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
        if response.clicked() {
            self.unfolded = !self.unfolded;
        }
        let lit = response.hovered() || response.has_focus();
        let colour = if lit { palette.text } else { palette.text_2 };
        let icon = if self.unfolded { Icon::ChevronUp } else { Icon::ChevronDown };
        let painter = ui.painter();
        let y = rect.center().y;
        icons::paint(painter, icon, pos2(rect.min.x + 24.0, y), 16.0, colour);
        let at = pos2(rect.min.x + 64.0, y);
        text::paint(
            painter,
            at,
            Align2::LEFT_CENTER,
            text::LABEL_500,
            &label,
            colour,
            rect.width(),
        );
        widgets::hairline(painter, rect.min.x, rect.max.x, rect.max.y - 1.0, palette.line);
    }
}

/// A figure with its caption above and a remark below.
fn figure(
    painter: &Painter,
    palette: &Palette,
    at: Pos2,
    room: f32,
    [small, large, below]: [&str; 3],
) {
    let at = |y: f32| at + vec2(0.0, y);
    let left = Align2::LEFT_CENTER;
    text::paint(painter, at(7.0), left, text::SMALL, small, palette.text_3, room);
    text::paint(painter, at(31.0), left, text::FIGURE, large, palette.text, room);
    text::paint(painter, at(56.0), left, text::SMALL, below, palette.text_2, room);
}

fn header(ui: &Ui, card: Rect, view: &View<'_>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let uploads = view.uploads;
    let totals = uploads.totals();
    widgets::card(painter, card, radius::CARD, palette.surface);
    let inner = card.shrink(24.0);
    let wide = card.width() > 900.0;
    let shares = if wide { [0.0, 0.32, 0.543, 0.7] } else { [0.0, 0.38, 0.66, 0.82] };
    let place = |n: usize| {
        let share = |n: usize| shares.get(n).copied().unwrap_or(1.0) * inner.width();
        (pos2((inner.min.x + share(n)).round(), inner.min.y), share(n + 1) - share(n) - 12.0)
    };
    let verified = totals.finished.saturating_sub(totals.failed);
    let done = format!("{} of {} done", words::count(verified), words::count(totals.files));
    let sent = format!("{} of {} sent", words::bytes(totals.sent), words::bytes(totals.bytes));
    let (at, room) = place(0);
    figure(painter, palette, at, room, [&target_of(uploads, view), &done, &sent]);
    let left = totals.seconds_left.map_or_else(|| "–".to_owned(), words::duration);
    let wait = uploads.waiting_until().map_or_else(
        || "including Telegram’s waits".to_owned(),
        |until| {
            let wait = u64::try_from(until - view.now).unwrap_or(0).max(1);
            format!("Telegram asks to wait {}", words::duration(wait))
        },
    );
    let (at, room) = place(1);
    let time =
        if uploads.is_over() { ["Time left", "–", ""] } else { ["Time left", &left, &wait] };
    figure(painter, palette, at, room, time);
    let (at, room) = place(2);
    // What is still open when nothing is left to send is of no use to anybody.
    let open = if uploads.is_over() { 0 } else { totals.connections };
    let shown = if open > 0 { open.to_string() } else { "–".to_owned() };
    figure(painter, palette, at, room, ["Connections", &shown, ""]);
    for i in 0..u8::try_from(open.min(8)).unwrap_or(8) {
        let dash = at + vec2(f32::from(i) * 20.0, 54.0);
        painter.rect_filled(Rect::from_min_size(dash, vec2(16.0, 4.0)), 2.0, palette.accent_line);
    }
    let (at, room) = place(3);
    let speed = if uploads.is_over() { "–".to_owned() } else { words::speed(totals.speed) };
    figure(painter, palette, at, room, ["Speed", &speed, if wide { "last minute" } else { "" }]);
    if wide {
        let min = pos2(inner.max.x - 216.0, inner.min.y + 4.0);
        let curve = Rect::from_min_size(min, vec2(216.0, 48.0));
        widgets::sparkline(painter, curve, &uploads.speed_curve(), palette.accent_line);
    }
    overall_bar(ui, Rect::from_min_max(pos2(inner.min.x, inner.max.y - 8.0), inner.max), uploads);
}

/// Solid is verified, faint is sent but not verified yet.
fn overall_bar(ui: &Ui, bar: Rect, uploads: &Uploads) {
    let palette = tokens::palette(ui.ctx());
    let totals = uploads.totals();
    let verified = totals.finished.saturating_sub(totals.failed);
    #[expect(clippy::cast_precision_loss, reason = "shares of a bar")]
    let (sent, done) = (
        totals.sent as f32 / totals.bytes.max(1) as f32,
        verified as f32 / totals.files.max(1) as f32,
    );
    let faint = palette.accent_line.gamma_multiply(0.45);
    widgets::progress(ui.painter(), bar, sent.max(done), faint, palette.track);
    widgets::progress(ui.painter(), bar, done, palette.accent_line, Color32::TRANSPARENT);
}

/// Where the files go: the album's name if there is but one.
fn target_of(uploads: &Uploads, view: &View<'_>) -> String {
    let mut albums = uploads.albums();
    match (albums.next(), albums.len()) {
        (Some(only), 0) => format!("To {}", view.album_title(only)),
        (_, others) => format!("To {} albums", others + 1),
    }
}
