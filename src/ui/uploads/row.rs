//! One file of the queue: thumbnail, name, facts, state, and what can be done about it.

use egui::{Align2, Color32, Id, Popup, Rect, Ui, pos2, vec2};

use super::{Group, Uploads};
use crate::engine::{Request, UploadsRequest};
use crate::model::{Strip, Upload, UploadState};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::{self, Patch, Pictures};
use crate::ui::tokens::{self, measure, radius};
use crate::ui::view::{Intent, Place, View};
use crate::ui::widgets::{Face, MenuRow};
use crate::ui::{text, tile_paint, widgets, words};

/// Paints the row of the file at this place of its group, and answers its buttons.
pub(super) fn ui(
    ui: &Ui,
    rect: Rect,
    (upload, place): (&Upload, usize),
    view: &View<'_>,
    pictures: &mut Pictures,
    out: &mut Vec<Intent>,
) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    thumbnail(ui, rect, upload, view.uploads, view, pictures);
    let state_x = (rect.min.x + rect.width() * 0.541).round();
    let left = rect.min.x + 64.0;
    let room = state_x - left - 24.0;
    let y = rect.center().y;
    let align = Align2::LEFT_CENTER;
    let name = file_name(upload);
    text::paint(painter, pos2(left, y - 9.0), align, text::BODY_500, &name, palette.text, room);
    let facts = facts(upload);
    text::paint(painter, pos2(left, y + 10.0), align, text::SMALL, &facts, palette.text_3, room);
    state(ui, rect, state_x, upload, view.now);
    buttons(ui, rect, upload, &name, out);
    if upload.state == UploadState::Queued {
        order_menu(ui, rect, (upload, place), &name, view.uploads, out);
    }
    widgets::hairline(painter, rect.min.x, rect.max.x, rect.max.y - 1.0, palette.line);
}

fn file_name(upload: &Upload) -> String {
    upload.path.file_name().map_or_else(
        || upload.path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn facts(upload: &Upload) -> String {
    let mut facts = Vec::new();
    if upload.bytes > 0 {
        facts.push(words::bytes(upload.bytes));
    }
    if !upload.size.is_empty() {
        facts.push(format!("{} × {}", upload.size.width, upload.size.height));
    }
    facts.join(" · ")
}

fn thumbnail(
    ui: &Ui,
    rect: Rect,
    upload: &Upload,
    uploads: &Uploads,
    view: &View<'_>,
    pictures: &mut Pictures,
) {
    let palette = tokens::palette(ui.ctx());
    let frame = Rect::from_min_size(pos2(rect.min.x, rect.center().y - 24.0), vec2(48.0, 48.0));
    ui.painter().rect_filled(frame, radius::TILE, palette.tile);
    let photo = upload.photo.and_then(|id| view.library.photo(id));
    if let Some(photo) = photo.filter(|_| !uploads.has_thumbnail(upload.id)) {
        tile_paint::cover(ui, frame, radius::TILE, photo, pictures);
    } else if let Some(patch) = square(upload, uploads) {
        tile_paint::patch(ui.painter(), frame, radius::TILE, patch, Color32::WHITE);
    } else {
        icons::paint(ui.painter(), Icon::Photo, frame.center(), 20.0, palette.text_off);
    }
}

/// The middle of a file's own thumbnail.
pub(super) fn square(upload: &Upload, uploads: &Uploads) -> Option<Patch> {
    let texture = uploads.thumbnail(upload.id)?;
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let uv = pictures::cover(uv, texture.aspect_ratio(), 1.0);
    Some(Patch { texture: texture.id(), uv, is_shared: false })
}

/// What is written at the state's place.
struct Says<'a> {
    icon: Icon,
    colour: Color32,
    words: &'a str,
    below: &'a str,
}

fn state(ui: &Ui, rect: Rect, x: f32, upload: &Upload, now: i64) {
    let palette = tokens::palette(ui.ctx());
    #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
    let share = |sent: u64| (sent as f32 / upload.bytes.max(1) as f32).min(1.0);
    let says =
        |icon, colour, words, below| lines(ui, rect, x, &Says { icon, colour, words, below });
    let text = palette.text;
    match &upload.state {
        UploadState::Failed { reason } => says(Icon::Warning, palette.danger, "Failed", reason),
        UploadState::Sending { sent } => {
            let percent = format!("{:.0} %", share(*sent) * 100.0);
            let what = (Icon::Upload, "Sending", percent.as_str());
            bar(ui, rect, x, what, share(*sent), palette.accent_line);
        }
        UploadState::Waiting { sent, until } => {
            let left = words::duration(u64::try_from(until - now).unwrap_or(0).max(1));
            let what = (Icon::Clock, "Waiting for Telegram", left.as_str());
            bar(ui, rect, x, what, share(*sent), palette.accent_line.gamma_multiply(0.45));
        }
        UploadState::Paused { sent } => {
            bar(ui, rect, x, (Icon::Pause, "Paused", ""), share(*sent), palette.text_3);
        }
        UploadState::Preparing => {
            says(Icon::File, text, "Preparing", "Reading and checking the file");
        }
        UploadState::Sent => {
            says(Icon::ShieldCheck, text, "Sent", "Comparing what Telegram holds");
        }
        UploadState::Queued => says(Icon::Queued, palette.text_2, "Queued", ""),
        UploadState::Verified => {
            let (icon, words, below) = proven(upload);
            says(icon, palette.success, words, below);
        }
        UploadState::Skipped { reason } => {
            let is_twin = upload.photo.is_some();
            let words = if is_twin { "Skipped as duplicate" } else { "Skipped" };
            says(Icon::Copy, palette.text_2, words, reason);
        }
    }
}

/// What is certain of a file that was sent.
const fn proven(upload: &Upload) -> (Icon, &'static str, &'static str) {
    if upload.as_photo {
        return (Icon::Photo, "Sent as a photo", "Compressed by Telegram");
    }
    let below = match upload.strip {
        None => "Telegram holds exactly this file",
        Some(Strip::Location) => "The copy without its location is verified",
        Some(Strip::All) => "The copy without its details is verified",
    };
    (Icon::ShieldCheck, "Verified", below)
}

fn lines(ui: &Ui, rect: Rect, x: f32, says: &Says<'_>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let left = x + 24.0;
    let room = rect.max.x - left - 128.0;
    let middle = rect.center().y;
    let y = if says.below.is_empty() { middle } else { middle - 9.0 };
    icons::paint(painter, says.icon, pos2(x + 8.0, y), 16.0, says.colour);
    let align = Align2::LEFT_CENTER;
    text::paint(painter, pos2(left, y), align, text::LABEL_500, says.words, says.colour, room);
    let at = pos2(left, middle + 10.0);
    let shown = text::paint(painter, at, align, text::SMALL, says.below, palette.text_3, room);
    if shown.width() + 1.0 >= room && !says.below.is_empty() {
        let id = Id::unique(("reason", rect.min.y.to_bits()));
        text::tooltip(ui.interact(shown, id, egui::Sense::hover()), says.below);
    }
}

fn bar(ui: &Ui, rect: Rect, x: f32, what: (Icon, &str, &str), share: f32, fill: Color32) {
    let (icon, words, right) = what;
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let y = rect.center().y - 6.0;
    let left = x + 24.0;
    let width = 240.0_f32.min(rect.max.x - left - 88.0).max(40.0);
    icons::paint(painter, icon, pos2(x + 8.0, y), 16.0, palette.text);
    let room = width - 48.0;
    let at = pos2(left, y);
    text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL_500, words, palette.text, room);
    let at = pos2(left + width, y);
    text::paint(painter, at, Align2::RIGHT_CENTER, text::LABEL, right, palette.text_2, 64.0);
    let rail = Rect::from_min_size(pos2(left, rect.center().y + 11.0), vec2(width, 4.0));
    widgets::progress(painter, rail, share, fill, palette.track);
}

fn buttons(ui: &Ui, rect: Rect, upload: &Upload, name: &str, out: &mut Vec<Intent>) {
    let id = |what: &str| Id::unique(("upload", upload.id.0, what));
    let y = rect.center().y - measure::CONTROL / 2.0;
    let last = Rect::from_min_size(pos2(rect.max.x - 32.0, y), vec2(32.0, 32.0));
    let before = last.translate(vec2(-32.0, 0.0));
    let mut ask = |request| out.push(Intent::Request(Request::Uploads(request)));
    match &upload.state {
        UploadState::Verified | UploadState::Skipped { .. } => {
            let label = format!("Show {name} in its album");
            if let Some(photo) = upload.photo
                && widgets::icon_button(ui, last, id("show"), Icon::Photo, &label).clicked()
            {
                out.push(Intent::Show(Place::Album(photo.album), photo));
            }
            return;
        }
        UploadState::Sent => return,
        UploadState::Queued => {}
        UploadState::Failed { .. } => {
            let icon = Some(Icon::Retry);
            let width = widgets::button_width(ui, Face::Outlined, icon, "Retry");
            let at = pos2(last.min.x - 4.0 - width, y);
            let retry = Rect::from_min_size(at, vec2(width, measure::CONTROL));
            if widgets::button(ui, retry, id("retry"), Face::Outlined, icon, "Retry", true)
                .clicked()
            {
                ask(UploadsRequest::Retry(upload.id));
            }
        }
        UploadState::Paused { .. } => {
            let label = format!("Go on with {name}");
            if widgets::icon_button(ui, before, id("go on"), Icon::Play, &label).clicked() {
                ask(UploadsRequest::Resume(upload.id));
            }
        }
        UploadState::Preparing | UploadState::Sending { .. } | UploadState::Waiting { .. } => {
            let label = format!("Pause {name}");
            if widgets::icon_button(ui, before, id("pause"), Icon::Pause, &label).clicked() {
                ask(UploadsRequest::Pause(upload.id));
            }
        }
    }
    let label = format!("Do not send {name}");
    if widgets::icon_button(ui, last, id("cancel"), Icon::Close, &label).clicked() {
        ask(UploadsRequest::Cancel(upload.id));
    }
}

/// Where in the queue it stands can be changed.
fn order_menu(
    ui: &Ui,
    rect: Rect,
    (upload, place): (&Upload, usize),
    name: &str,
    uploads: &Uploads,
    out: &mut Vec<Intent>,
) {
    let count = uploads.count(Group::Queued);
    if count < 2 {
        return;
    }
    let y = rect.center().y - measure::CONTROL / 2.0;
    let button = Rect::from_min_size(pos2(rect.max.x - 64.0, y), vec2(32.0, 32.0));
    let id = Id::unique(("upload order", upload.id));
    let response = widgets::icon_button(ui, button, id, Icon::More, &format!("Move {name}"));
    let at = |place: usize| uploads.at(Group::Queued, place).map(|upload| upload.id);
    let is_last = place + 1 == count;
    let wishes = [
        (Icon::ToTop, "Send first", (place > 0).then(|| at(0))),
        (Icon::ChevronUp, "Move up", (place > 0).then(|| at(place.saturating_sub(1)))),
        (Icon::ChevronDown, "Move down", (!is_last).then(|| at(place + 2))),
        (Icon::ToBottom, "Send last", (!is_last).then_some(None)),
    ];
    Popup::menu(&response).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (icon, label, before) in wishes {
            let Some(before) = before else { continue };
            if widgets::menu_row(ui, MenuRow { icon, label, key: "", chosen: false }) {
                let request = UploadsRequest::Move { upload: upload.id, before };
                out.push(Intent::Request(Request::Uploads(request)));
                ui.close();
            }
        }
    });
}
