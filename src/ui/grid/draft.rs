//! A tile of a file on its way: its own picture, dimmed, and how far it is.

use egui::{Color32, Id, Rect, Ui, pos2, vec2};

use super::tile::{self, Look};
use crate::engine::{Request, UploadsRequest};
use crate::model::{Upload, UploadId, UploadState};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::{self, Patch};
use crate::ui::tokens::{self, on_photo};
use crate::ui::uploads::Uploads;
use crate::ui::view::{Intent, View};
use crate::ui::{tile_paint, widgets, words};

/// How much of the picture shows until the photo is there.
const DIMMED: f32 = 0.6;
const BAR: f32 = 4.0;
const BAR_EDGE: f32 = 8.0;

/// Paints the tile; a failed one offers Retry.
pub(super) fn ui(
    ui: &Ui,
    rect: Rect,
    upload: UploadId,
    look: &Look,
    view: &View<'_>,
    out: &mut Vec<Intent>,
) {
    // The layout may be a moment older than the queue.
    let Some(upload) = view.uploads.get(upload) else { return };
    let radius = look.size.radius();
    if let UploadState::Failed { reason } = &upload.state {
        let id = Id::unique(("retry", upload.id));
        if tile::failure(ui, rect, radius, id, reason, true) {
            let retry = UploadsRequest::Retry(upload.id);
            out.push(Intent::Request(Request::Uploads(retry)));
        }
    } else {
        picture(ui, rect, radius, upload, view.uploads);
        progress(ui, rect, upload);
    }
    if look.cursor == Some(super::TileId::Draft(upload.id)) {
        tile::focus_ring(ui, rect, radius);
    }
}

fn picture(ui: &Ui, rect: Rect, radius: f32, upload: &Upload, uploads: &Uploads) {
    let palette = tokens::palette(ui.ctx());
    ui.painter().rect_filled(rect, radius, palette.tile);
    let Some(texture) = uploads.thumbnail(upload.id) else { return };
    // Sent: the photo itself takes this place in a moment, and is not dimmed.
    let strength = if upload.photo.is_some() { 1.0 } else { DIMMED };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let uv = pictures::cover(whole, texture.aspect_ratio(), rect.aspect_ratio());
    let patch = Patch { texture: texture.id(), uv, is_shared: false };
    tile_paint::patch(ui.painter(), rect, radius, patch, Color32::WHITE.gamma_multiply(strength));
}

fn progress(ui: &Ui, rect: Rect, upload: &Upload) {
    #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
    let share = |sent: u64| (sent as f32 / upload.bytes.max(1) as f32).min(1.0);
    let bar = |share: f32, fill: Color32| {
        let rail = Rect::from_min_max(
            pos2(rect.min.x + BAR_EDGE, rect.max.y - BAR_EDGE - BAR),
            pos2(rect.max.x - BAR_EDGE, rect.max.y - BAR_EDGE),
        );
        widgets::progress(ui.painter(), rail, share, fill, on_photo::BADGE);
    };
    match upload.state {
        UploadState::Sending { sent } => bar(share(sent), Color32::WHITE),
        UploadState::Waiting { sent, .. } => {
            bar(share(sent), Color32::WHITE.gamma_multiply(0.45));
            badge(ui, rect.translate(vec2(0.0, -(BAR + BAR_EDGE))), Icon::Clock);
        }
        UploadState::Paused { .. } => badge(ui, rect, Icon::Pause),
        UploadState::Queued | UploadState::Preparing => badge(ui, rect, Icon::Clock),
        UploadState::Sent
        | UploadState::Verified
        | UploadState::Skipped { .. }
        | UploadState::Failed { .. } => {}
    }
}

fn badge(ui: &Ui, rect: Rect, icon: Icon) {
    let centre = rect.max - vec2(16.0, 16.0);
    ui.painter().circle_filled(centre, 10.0, on_photo::BADGE);
    icons::paint(ui.painter(), icon, centre, 12.0, Color32::WHITE);
}

/// What a screen reader says of it.
pub(super) fn name(upload: &Upload, now: i64) -> String {
    let file = upload.path.file_name().unwrap_or_default().to_string_lossy();
    let state = match &upload.state {
        UploadState::Queued => "queued".to_owned(),
        UploadState::Preparing => "being prepared".to_owned(),
        UploadState::Sending { .. } => "being sent".to_owned(),
        UploadState::Waiting { until, .. } => {
            let left = u64::try_from(until - now).unwrap_or(0).max(1);
            format!("waiting for Telegram, {}", words::duration(left))
        }
        UploadState::Paused { .. } => "paused".to_owned(),
        UploadState::Sent | UploadState::Verified => "sent".to_owned(),
        UploadState::Skipped { reason } | UploadState::Failed { reason } => reason.clone(),
    };
    format!("File {file}, {state}")
}
