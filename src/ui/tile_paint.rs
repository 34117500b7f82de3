//! Painting pictures into rounded rectangles.

use egui::epaint::RectShape;
use egui::{Color32, Painter, Rect, Shape, Ui};

use super::pictures::{self, Patch, Pictures};
use super::tokens;
use crate::model::{PhotoRef, PixelSize};

/// Paints a part of a texture with rounded corners.
pub(crate) fn patch(painter: &Painter, rect: Rect, radius: f32, patch: Patch, tint: Color32) {
    let shape = RectShape::filled(rect, radius, tint).with_texture(patch.texture, patch.uv);
    painter.add(Shape::Rect(shape));
}

/// Paints the best there is of a photo so that it fills `rect`; true when there was something.
pub(crate) fn photo(
    ui: &Ui,
    rect: Rect,
    radius: f32,
    photo: PhotoRef<'_>,
    pictures: &mut Pictures,
    at_rest: bool,
    tint: Color32,
) -> bool {
    let shown = pictures.tile(ui.ctx(), photo, at_rest);
    let frame = rect.aspect_ratio();
    let painter = ui.painter();
    if shown.placeholder.is_none() && shown.thumbnail.is_none_or(|(_, share)| share < 1.0) {
        painter.rect_filled(rect, radius, tokens::palette(ui.ctx()).tile);
    }
    if let Some(placeholder) = shown.placeholder {
        let uv = pictures::cover(placeholder.uv, photo.size().aspect(), frame);
        patch(painter, rect, radius, Patch { uv, ..placeholder }, tint);
    }
    if let Some((thumbnail, share)) = shown.thumbnail {
        let aspect = pictures
            .thumbnail_size(photo.id())
            .map_or_else(|| photo.size().aspect(), PixelSize::aspect);
        let uv = pictures::cover(thumbnail.uv, aspect, frame);
        patch(painter, rect, radius, Patch { uv, ..thumbnail }, tint.gamma_multiply(share));
    }
    let something = shown.placeholder.is_some() || shown.thumbnail.is_some();
    pictures.painted(!something);
    something
}

/// As [`photo`], for a cover or a small row: also wishes for the thumbnail.
pub(crate) fn cover(
    ui: &Ui,
    rect: Rect,
    radius: f32,
    of: PhotoRef<'_>,
    pictures: &mut Pictures,
) -> bool {
    pictures.wish_thumbnail(of, fit(ui, rect));
    photo(ui, rect, radius, of, pictures, true, Color32::WHITE)
}

/// A rectangle's size in physical pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a window's size, clamped to whole pixels"
)]
pub(crate) fn fit(ui: &Ui, rect: Rect) -> PixelSize {
    let scale = ui.pixels_per_point();
    let side = |points: f32| (points * scale).ceil().clamp(1.0, 65_535.0) as u32;
    PixelSize::new(side(rect.width()), side(rect.height()))
}
