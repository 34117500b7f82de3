//! The strip of neighbours under the picture.

use egui::{Color32, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::model::PhotoId;
use crate::ui::pictures::Pictures;
use crate::ui::tile_paint;
use crate::ui::timeline::{Entry, Timeline};
use crate::ui::tokens::radius;
use crate::ui::view::View;

const HEIGHT: f32 = 56.0;
const WIDTH: f32 = 44.0;
const GAP: f32 = 4.0;
const CURRENT: f32 = 84.0;
const AROUND_CURRENT: f32 = 12.0;

/// Paints the strip; returns the photo that was chosen.
pub(super) fn ui(
    ui: &Ui,
    strip: Rect,
    current: PhotoId,
    timeline: &Timeline,
    view: &View<'_>,
    pictures: &mut Pictures,
) -> Option<PhotoId> {
    let at = timeline.photo_place(current)?;
    let y = strip.center().y - HEIGHT / 2.0;
    let middle = Rect::from_min_size(
        pos2((strip.center().x - CURRENT / 2.0).round(), y),
        vec2(CURRENT, HEIGHT),
    );
    let mut clipped = ui.painter().clone();
    clipped.set_clip_rect(strip);
    let mut chosen = None;
    let side = ((strip.width() / 2.0) / (WIDTH + GAP)).ceil();
    #[expect(clippy::cast_possible_truncation, reason = "a few dozen")]
    let side = side as isize;
    for step in (-side..=side).filter(|step| *step != 0) {
        let entry = at.checked_add_signed(step).and_then(|place| timeline.photo_at(place));
        let Some(photo) = entry.and_then(Entry::photo).and_then(|id| view.library.photo(id)) else {
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let n = (step.unsigned_abs() - 1) as f32;
        let x = if step > 0 {
            middle.max.x + AROUND_CURRENT + n * (WIDTH + GAP)
        } else {
            middle.min.x - AROUND_CURRENT - WIDTH - n * (WIDTH + GAP)
        };
        let rect = Rect::from_min_size(pos2(x, y), vec2(WIDTH, HEIGHT));
        let response =
            ui.interact(rect.intersect(strip), Id::unique(("strip", photo.id())), Sense::CLICK);
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Button, true, format!("Go to {}", photo.name()))
        });
        let strength = if response.hovered() { 1.0 } else { 0.72 };
        let tint = Color32::WHITE.gamma_multiply(strength);
        tile_paint::photo(ui, rect, radius::TILE, photo, pictures, true, tint);
        if response.clicked() {
            chosen = Some(photo.id());
        }
    }
    if let Some(photo) = view.library.photo(current) {
        tile_paint::photo(ui, middle, radius::TILE, photo, pictures, true, Color32::WHITE);
        let dark = Stroke::new(2.0, Color32::BLACK);
        clipped.rect_stroke(middle, radius::TILE, dark, StrokeKind::Outside);
        let white = Stroke::new(2.0, Color32::WHITE);
        clipped.rect_stroke(middle.expand(2.0), radius::TILE + 2.0, white, StrokeKind::Outside);
    }
    chosen
}
