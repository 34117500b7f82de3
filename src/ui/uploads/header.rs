//! The card over the list: how far the queue is, or, when it is over, what came of it.

use egui::{Align2, Color32, Id, Painter, Pos2, Rect, Ui, pos2, vec2};

use super::{Uploads, summary};
use crate::engine::{Request, UploadsRequest};
use crate::ui::icons::Icon;
use crate::ui::tokens::{self, Palette, measure, radius};
use crate::ui::view::{Intent, View};
use crate::ui::widgets::Face;
use crate::ui::{text, widgets, words};

/// Paints the card.
pub(super) fn ui(ui: &Ui, card: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    widgets::card(ui.painter(), card, radius::CARD, palette.surface);
    let inner = card.shrink(24.0);
    if view.uploads.is_over() {
        over(ui, inner, view, out);
    } else {
        under_way(ui, inner, view);
    }
    let bar = Rect::from_min_max(pos2(inner.min.x, inner.max.y - 8.0), inner.max);
    overall_bar(ui, bar, view.uploads);
}

/// What came of it, and what to do about what failed.
fn over(ui: &Ui, inner: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let uploads = view.uploads;
    let (failed, skipped) = (uploads.failed(), uploads.skipped());
    let right = buttons(ui, inner, view, out);
    let width = (right - inner.min.x - 16.0).max(120.0);
    let place = |share: f32, next: f32| {
        let at = pos2((inner.min.x + share * width).round(), inner.min.y);
        (at, (next - share) * width - 12.0)
    };
    let (at, room) = place(0.0, 0.45);
    let done = done(uploads, uploads.len());
    let sent = format!("{} sent", words::bytes(uploads.totals().sent));
    figure(painter, palette, at, room, [&target_of(uploads, view), &done, &sent]);
    let (at, room) = place(0.45, 0.72);
    let why = if skipped > 0 { "Each with its reason below" } else { "" };
    figure(painter, palette, at, room, ["Skipped", &words::count(skipped), why]);
    let (at, room) = place(0.72, 1.0);
    let why = if failed > 0 { "Each with its reason below" } else { "" };
    figure(painter, palette, at, room, ["Failed", &words::count(failed), why]);
}

/// At the right of the card; where they begin.
fn buttons(ui: &Ui, inner: Rect, view: &View<'_>, out: &mut Vec<Intent>) -> f32 {
    let mut right = inner.max.x;
    let mut button = |icon: Icon, label: &str| {
        let width = widgets::button_width(ui, Face::Outlined, Some(icon), label);
        let min = pos2(right - width, inner.min.y + 12.0);
        let rect = Rect::from_min_size(min, vec2(width, measure::CONTROL));
        right = rect.min.x - 8.0;
        let id = Id::unique(("summary", label));
        widgets::button(ui, rect, id, Face::Outlined, Some(icon), label, true).clicked()
    };
    if button(Icon::Copy, "Copy summary") {
        ui.ctx().copy_text(summary::text(view));
    }
    if view.uploads.failed() > 1 && button(Icon::Retry, "Retry failed") {
        out.push(Intent::Request(Request::Uploads(UploadsRequest::RetryAll)));
    }
    right
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

fn under_way(ui: &Ui, inner: Rect, view: &View<'_>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let uploads = view.uploads;
    let totals = uploads.totals();
    let wide = inner.width() > 852.0;
    let shares = if wide { [0.0, 0.32, 0.543, 0.7] } else { [0.0, 0.38, 0.66, 0.82] };
    let place = |n: usize| {
        let share = |n: usize| shares.get(n).copied().unwrap_or(1.0) * inner.width();
        (pos2((inner.min.x + share(n)).round(), inner.min.y), share(n + 1) - share(n) - 12.0)
    };
    let done = done(uploads, totals.files);
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
    figure(painter, palette, at, room, ["Time left", &left, &wait]);
    let (at, room) = place(2);
    let open = totals.connections;
    let shown = if open > 0 { open.to_string() } else { "–".to_owned() };
    figure(painter, palette, at, room, ["Connections", &shown, ""]);
    // Eight of them stay within their column.
    let step = 20.0_f32.min(room / 8.0);
    for i in 0..u8::try_from(open.min(8)).unwrap_or(8) {
        let dash = Rect::from_min_size(at + vec2(f32::from(i) * step, 54.0), vec2(step - 4.0, 4.0));
        painter.rect_filled(dash, 2.0, palette.accent_line);
    }
    let (at, room) = place(3);
    let speed = words::speed(totals.speed);
    figure(painter, palette, at, room, ["Speed", &speed, if wide { "last minute" } else { "" }]);
    if wide {
        let min = pos2(inner.max.x - 216.0, inner.min.y + 4.0);
        let curve = Rect::from_min_size(min, vec2(216.0, 48.0));
        widgets::sparkline(painter, curve, &uploads.speed_curve(), palette.accent_line);
    }
}

/// How many are verified; where some were compressed, which cannot be compared, how many are done.
fn done(uploads: &Uploads, files: usize) -> String {
    let (verified, photos) = (uploads.verified(), uploads.photos());
    let files = words::count(files);
    if photos == 0 {
        format!("{} of {files} verified", words::count(verified))
    } else {
        format!("{} of {files} done", words::count(verified + photos))
    }
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
pub(super) fn target_of(uploads: &Uploads, view: &View<'_>) -> String {
    let mut albums = uploads.albums();
    match (albums.next(), albums.len()) {
        (Some(only), 0) => format!("To {}", view.album_title(only)),
        (_, others) => format!("To {} albums", others + 1),
    }
}
