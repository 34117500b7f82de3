//! The strip at the bottom of the gallery while files are on their way.

use egui::{Align2, Color32, Id, Rect, Ui, pos2, vec2};

use super::{Group, Uploads, row};
use crate::engine::{Request, UploadsRequest};
use crate::model::Upload;
use crate::ui::icons::{self, Icon};
use crate::ui::tokens::{self, measure, radius};
use crate::ui::view::{Intent, Place, View};
use crate::ui::widgets::Face;
use crate::ui::{text, tile_paint, widgets, words};

/// How long the strip stays after the last file.
const STAYS: f64 = 4.0;

/// Whether the strip has something to say.
pub(crate) fn is_wanted(uploads: &Uploads, now: f64) -> bool {
    !uploads.is_empty()
        && (!uploads.is_over()
            || uploads.failed() > 0
            || uploads.over_since().is_some_and(|since| now - since < STAYS))
}

/// Paints the strip into `rect`.
pub(crate) fn ui(ui: &Ui, rect: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let uploads = view.uploads;
    let totals = uploads.totals();
    painter.rect_filled(rect, 0.0, palette.surface);
    widgets::hairline(painter, rect.min.x, rect.max.x, rect.min.y, palette.line);
    let y = rect.center().y;
    let first = |group| uploads.at(group, 0);
    let last = |group| uploads.in_group(group).next_back();
    let current = first(Group::UnderWay)
        .or_else(|| first(Group::Queued))
        .or_else(|| last(Group::Failed))
        .or_else(|| last(Group::Finished));
    let frame = Rect::from_min_size(pos2(rect.min.x + measure::EDGE, y - 16.0), vec2(32.0, 32.0));
    thumbnail(ui, frame, current, uploads);
    let (title, facts) = words_of(uploads, view, current);
    let right = buttons(ui, rect, uploads, view.is_rail, out);
    let left = frame.max.x + 12.0;
    #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
    let sent = totals.sent as f32 / totals.bytes.max(1) as f32;
    let share = if uploads.is_over() { 1.0 } else { sent };
    let waits = uploads.waiting_until().is_some();
    let fill = palette.accent_line.gamma_multiply(if waits { 0.45 } else { 1.0 });
    let failed = uploads.is_over() && uploads.failed() > 0;
    let ink = if failed { palette.danger } else { palette.text };
    let align = Align2::LEFT_CENTER;
    let bar = if view.is_rail {
        let wanted = text::width(painter, text::SMALL, &facts) + 1.0;
        let facts_room = wanted.min((right - left) * 0.62);
        let room = right - left - facts_room - 16.0;
        text::paint(painter, pos2(left, y - 5.0), align, text::LABEL_600, &title, ink, room);
        let at = pos2(right, y - 5.0);
        let align = Align2::RIGHT_CENTER;
        text::paint(painter, at, align, text::SMALL, &facts, palette.text_2, facts_room);
        Rect::from_min_max(pos2(left, y + 11.0), pos2(right, y + 15.0))
    } else {
        let room = 224.0;
        text::paint(painter, pos2(left, y - 8.0), align, text::LABEL_600, &title, ink, room);
        text::paint(painter, pos2(left, y + 9.0), align, text::SMALL, &facts, palette.text_2, room);
        Rect::from_min_max(pos2(left + room + 20.0, y - 2.0), pos2(right - 24.0, y + 2.0))
    };
    if bar.width() > 24.0 {
        widgets::progress(painter, bar, share, fill, palette.track);
    }
}

fn thumbnail(ui: &Ui, frame: Rect, upload: Option<&Upload>, uploads: &Uploads) {
    let palette = tokens::palette(ui.ctx());
    ui.painter().rect_filled(frame, radius::TILE, palette.tile);
    if let Some(patch) = upload.and_then(|upload| row::square(upload, uploads)) {
        tile_paint::patch(ui.painter(), frame, radius::TILE, patch, Color32::WHITE);
    } else {
        icons::paint(ui.painter(), Icon::Upload, frame.center(), 16.0, palette.text_3);
    }
}

fn words_of(uploads: &Uploads, view: &View<'_>, current: Option<&Upload>) -> (String, String) {
    let totals = uploads.totals();
    let album = current.map(|upload| view.album_title(upload.album)).unwrap_or_default();
    let failed = uploads.failed();
    if uploads.is_over() && failed > 0 {
        let title = format!("{} not sent", words::counted(failed, "file", "files"));
        return (title, "See why, and try again".to_owned());
    }
    if uploads.is_over() {
        let skipped = uploads.skipped();
        let (verified, photos) = (uploads.verified(), uploads.photos());
        let mut facts = Vec::new();
        if verified > 0 {
            facts.push(format!("{} verified", words::counted(verified, "file", "files")));
        }
        if photos > 0 {
            facts.push(format!("{} sent as photos", words::count(photos)));
        }
        if skipped > 0 {
            facts.push(format!("{} skipped", words::count(skipped)));
        }
        let title = if verified + photos > 0 { "Sent to" } else { "Nothing new for" };
        let albums = uploads.albums().len();
        let whereto = if albums > 1 { format!("{} albums", words::count(albums)) } else { album };
        return (format!("{title} {whereto}"), facts.join(" · "));
    }
    let done = format!("{} of {}", words::count(totals.finished), words::count(totals.files));
    let mut facts = vec![done];
    if let Some(until) = uploads.waiting_until() {
        let wait = u64::try_from(until - view.now).unwrap_or(0).max(1);
        facts.push(format!("Telegram asks to wait {}", words::duration(wait)));
    } else if !uploads.all_paused && totals.speed > 0.0 {
        facts.push(words::speed(totals.speed));
    }
    if let Some(left) = totals.seconds_left.filter(|_| !uploads.all_paused) {
        facts.push(format!("{} left", words::duration(left)));
    }
    let title =
        if uploads.all_paused { "Paused".to_owned() } else { format!("Sending to {album}") };
    (title, facts.join(" · "))
}

/// Paints the buttons at the right; returns where they begin.
fn buttons(ui: &Ui, rect: Rect, uploads: &Uploads, compact: bool, out: &mut Vec<Intent>) -> f32 {
    let label = "Show uploads";
    let id = Id::unique("strip uploads");
    let y = rect.center().y - measure::CONTROL / 2.0;
    let edge = rect.max.x - 12.0;
    let wanted = widgets::button_width(ui, Face::Outlined, None, label);
    let width = if compact { 32.0 } else { wanted };
    let show = Rect::from_min_size(pos2(edge - width, y), vec2(width, measure::CONTROL));
    let response = if compact {
        widgets::icon_button(ui, show, id, Icon::ChevronUp, label)
    } else {
        widgets::button(ui, show, id, Face::Outlined, None, label, true)
    };
    if response.clicked() {
        out.push(Intent::Go(Place::Uploads));
    }
    if uploads.is_over() {
        return show.min.x - 12.0;
    }
    let pause = Rect::from_min_size(pos2(show.min.x - 44.0, y), vec2(32.0, 32.0));
    let (icon, label, request) = if uploads.all_paused {
        (Icon::Play, "Go on with all uploads", UploadsRequest::ResumeAll)
    } else {
        (Icon::Pause, "Pause all uploads", UploadsRequest::PauseAll)
    };
    if widgets::icon_button(ui, pause, Id::unique("strip pause"), icon, label).clicked() {
        out.push(Intent::Request(Request::Uploads(request)));
    }
    pause.min.x - 12.0
}
