//! The picture itself: every rendition that is there, the better over the worse, in one place.

use egui::{Align2, Color32, Id, Mesh, Rect, Shape, Ui, pos2, vec2};

use crate::model::{MediaKind, PhotoRef, Rendition};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::{Large, Pictures};
use crate::ui::tokens::viewer as look;
use crate::ui::view::Intent;
use crate::ui::{text, widgets, words};

/// Paints the photo so that all of it would fill `rect`, cut to `clip`.
pub(super) fn paint(ui: &Ui, rect: Rect, clip: Rect, photo: PhotoRef<'_>, pictures: &mut Pictures) {
    let painter = ui.painter().with_clip_rect(clip.intersect(ui.clip_rect()));
    let ctx = ui.ctx();
    let whole = |kind, pictures: &mut Pictures| {
        pictures
            .large(photo.id(), kind)
            .is_some_and(|large| large.is_whole() && !large.pieces().is_empty())
    };
    let best =
        [Rendition::Original, Rendition::Screen].into_iter().find(|kind| whole(*kind, pictures));
    if best.is_none() {
        let thumbnail = pictures.thumbnail(photo.id());
        let under = if thumbnail.is_none() { pictures.placeholder(ctx, photo) } else { None };
        for patch in under.into_iter().chain(thumbnail) {
            painter.add(Shape::image(patch.texture, rect, patch.uv, Color32::WHITE));
        }
    }
    for kind in [Rendition::Screen, Rendition::Original] {
        // What is not whole yet lies over the worse one, piece by piece.
        if best.is_none_or(|best| kind >= best)
            && let Some(large) = pictures.large(photo.id(), kind)
        {
            pieces(&painter, rect, clip, large);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sides of a picture")]
fn pieces(painter: &egui::Painter, rect: Rect, clip: Rect, large: &Large) {
    let size = large.size();
    let scale =
        vec2(rect.width() / size.width.max(1) as f32, rect.height() / size.height.max(1) as f32);
    for piece in large.pieces() {
        let own = piece.rect();
        let at = Rect::from_min_max(
            rect.min + own.min.to_vec2() * scale,
            rect.min + own.max.to_vec2() * scale,
        );
        if at.intersects(clip) {
            let mut mesh = Mesh::with_texture(piece.texture());
            mesh.add_rect_with_uv(at, piece.uv(), Color32::WHITE);
            painter.add(mesh);
        }
    }
}

/// What there is to say about the picture: on its way, not to be shown, a video.
pub(super) fn state(
    ui: &Ui,
    area: Rect,
    photo: PhotoRef<'_>,
    pictures: &mut Pictures,
    out: &mut Vec<Intent>,
) {
    let painter = ui.painter();
    if matches!(photo.kind(), MediaKind::Video { .. }) {
        pill(ui, area, Icon::Play, "Save the original to play this video");
    }
    if let Some(progress) = pictures.progress(photo.id()) {
        ui.ctx().request_repaint_after_secs(0.1);
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = progress.bytes as f32 / progress.total.max(1) as f32;
        let bar = Rect::from_min_max(pos2(area.min.x, area.max.y - 3.0), area.max);
        widgets::progress(painter, bar, share, Color32::WHITE, look::TOGGLED);
        let words = format!(
            "{} of {} · {}",
            words::bytes(progress.bytes),
            words::bytes(progress.total),
            words::speed(progress.bytes_per_second)
        );
        pill(ui, area, Icon::Download, &words);
    }
    let shown = pictures.large(photo.id(), Rendition::Screen).is_some();
    let failure = pictures.failure(photo.id(), Rendition::Screen).filter(|_| !shown);
    if let Some(trouble) = failure {
        let sentence = trouble.sentence.clone();
        let width =
            (text::width(painter, text::LABEL_500, &sentence) + 150.0).min(area.width() - 40.0);
        let card =
            Rect::from_center_size(pos2(area.center().x, area.max.y - 56.0), vec2(width, 48.0));
        painter.rect_filled(card, 12.0, look::PANEL);
        let y = card.center().y;
        icons::paint(
            painter,
            Icon::Warning,
            pos2(card.min.x + 24.0, y),
            18.0,
            crate::ui::tokens::DARK.danger,
        );
        let at = pos2(card.min.x + 44.0, y);
        let room = width - 150.0 + 8.0;
        text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL_500, &sentence, look::TEXT, room);
        let retry = Rect::from_min_max(
            pos2(card.max.x - 88.0, y - 16.0),
            pos2(card.max.x - 12.0, y + 16.0),
        );
        let face = widgets::IconFace {
            colour: look::TEXT,
            ground: look::TOGGLED,
            radius: 8.0,
            size: 18.0,
        };
        if widgets::icon_button_as(
            ui,
            retry,
            Id::unique("retry picture"),
            Icon::Retry,
            "Try again",
            face,
        )
        .clicked()
        {
            out.push(Intent::Retry(photo.id()));
        }
    }
}

/// A line at the bottom left of the picture.
fn pill(ui: &Ui, area: Rect, icon: Icon, words: &str) {
    let painter = ui.painter();
    let width = text::width(painter, text::SMALL_500, words) + 48.0;
    let rect = Rect::from_min_size(pos2(area.min.x + 16.0, area.max.y - 48.0), vec2(width, 32.0));
    painter.rect_filled(rect, 16.0, look::ROUND_BUTTON);
    icons::paint(painter, icon, pos2(rect.min.x + 18.0, rect.center().y), 14.0, look::TEXT);
    let at = pos2(rect.min.x + 34.0, rect.center().y);
    text::paint(painter, at, Align2::LEFT_CENTER, text::SMALL_500, words, look::TEXT, width);
}
