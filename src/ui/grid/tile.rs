//! One tile: the best picture there is, its badges, its states.

use egui::{
    Align2, Color32, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::size::TileSize;
use crate::model::{MediaKind, PhotoRef, Rendition};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::Pictures;
use crate::ui::timeline::TileId;
use crate::ui::tokens::{self, on_photo};
use crate::ui::view::{Intent, View};
use crate::ui::{text, tile_paint, widgets, words};

/// What all tiles of a frame have in common.
pub(super) struct Look {
    pub(super) size: TileSize,
    pub(super) at_rest: bool,
    pub(super) cursor: Option<TileId>,
}

/// What is the matter with one tile; shares are of the way to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mood {
    pub(super) is_selected: bool,
    pub(super) selected: f32,
    pub(super) hovered: f32,
    pub(super) pressed: bool,
    /// Being deleted.
    pub(super) dimmed: bool,
}

/// Below this width a failed tile shows its icon alone.
const FAILED_WORDS: f32 = 144.0;
/// How much of a picture shows while it is being deleted.
const DIMMED: f32 = 0.6;
/// From the tile's corner to the check disc.
const DISC_SELECTED: f32 = 6.0;
const DISC_HOVERED: f32 = 8.0;

/// Paints a tile and wishes for what it lacks.
pub(super) fn ui(
    ui: &Ui,
    rect: Rect,
    photo: PhotoRef<'_>,
    look: &Look,
    mood: Mood,
    pictures: &mut Pictures,
    out: &mut Vec<Intent>,
) {
    let palette = tokens::palette(ui.ctx());
    let radius = look.size.radius();
    let cell = rect;
    let rect = cell.shrink(look.size.inset() * tokens::ease_out(mood.selected));
    if mood.selected > 0.0 {
        tile_paint::ground(ui, cell, radius, palette.selection, pictures);
    }
    let strength = if mood.dimmed { DIMMED } else { 1.0 };
    let tint = Color32::WHITE.gamma_multiply(strength);
    let shown = tile_paint::photo(ui, rect, radius, photo, pictures, look.at_rest, tint);
    let is_video = matches!(photo.kind(), MediaKind::Video { .. });
    if shown.failed
        && let Some(trouble) = pictures.failure(photo.id(), Rendition::Thumbnail)
        // A video without a preview can be played: nothing is wrong with it.
        && (trouble.remedy.is_another_try() || !is_video)
    {
        let id = Id::unique(("retry", photo.id()));
        let again = trouble.remedy.is_another_try();
        if failure(ui, rect, radius, id, &trouble.sentence, again) {
            out.push(Intent::Retry(photo.id()));
        }
    }
    let painter = ui.painter();
    if mood.pressed {
        painter.rect_filled(rect, radius, on_photo::PRESSED);
    }
    if look.size.badges()
        && let MediaKind::Video { seconds } = photo.kind()
    {
        video_badge(ui, rect, seconds);
    }
    check_disc(ui, cell, (rect, radius), look.size, mood);
    if look.cursor == Some(photo.id().into()) {
        focus_ring(ui, cell, radius);
    }
}

/// Accent and a check mark when selected; a ring under the pointer.
fn check_disc(ui: &Ui, cell: Rect, (picture, radius): (Rect, f32), size: TileSize, mood: Mood) {
    let (palette, painter) = (tokens::palette(ui.ctx()), ui.painter());
    let half = size.disc() / 2.0;
    if mood.selected > 0.0 {
        let centre = cell.min + vec2(1.0, 1.0) * (DISC_SELECTED + half);
        let share = mood.selected;
        painter.circle_filled(centre, (half + 2.0) * share, palette.selection);
        painter.circle_filled(centre, half * share, palette.accent);
        let mark = palette.on_accent.gamma_multiply(share);
        icons::paint(painter, Icon::Check, centre, half * 1.3, mark);
        return;
    }
    if mood.hovered <= 0.0 {
        return;
    }
    let height = on_photo::SCRIM_HEIGHT.min(picture.height());
    let scrim = Rect::from_min_size(picture.min, vec2(picture.width(), height));
    let dark = on_photo::SCRIM.gamma_multiply(mood.hovered);
    widgets::scrim_down(painter, scrim, radius, dark);
    let centre = cell.min + vec2(1.0, 1.0) * (DISC_HOVERED + half);
    painter.circle_filled(centre, half, on_photo::RING_GROUND.gamma_multiply(mood.hovered));
    let ring = Stroke::new(1.5, on_photo::RING.gamma_multiply(mood.hovered));
    painter.circle_stroke(centre, half - 1.0, ring);
}

/// Where a click means the check disc: the corner of the tile, down to the disc's far side.
pub(super) fn disc_reach(tile: Rect, size: TileSize) -> Rect {
    let side = size.disc() + DISC_HOVERED + 4.0;
    let most = tile.size() / 2.0;
    Rect::from_min_size(tile.min, vec2(side, side).min(most))
}

/// Shows on any photograph.
pub(super) fn focus_ring(ui: &Ui, rect: Rect, radius: f32) {
    let palette = tokens::palette(ui.ctx());
    let ring = Stroke::new(2.0, palette.accent_line);
    ui.painter().rect_stroke(rect, radius, ring, StrokeKind::Inside);
    let inner = Stroke::new(1.0, on_photo::FOCUS_INNER);
    ui.painter().rect_stroke(rect.shrink(2.0), radius - 1.0, inner, StrokeKind::Inside);
}

/// What a screen reader says of a tile.
pub(super) fn name(photo: PhotoRef<'_>, view: &View<'_>) -> String {
    let kind = match photo.kind() {
        MediaKind::Image => "Photo",
        MediaKind::Video { .. } => "Video",
        MediaKind::Sidecar => "Sidecar",
    };
    let when = words::when(photo.moment(), view.zone);
    if photo.caption().is_empty() {
        format!("{kind} {}, {when}", photo.name())
    } else {
        format!("{kind} {}, {}, {when}", photo.name(), photo.caption())
    }
}

fn video_badge(ui: &Ui, rect: Rect, seconds: u32) {
    let painter = ui.painter();
    let length = words::clock(seconds);
    let words = if seconds == 0 { "" } else { length.as_str() };
    let width = text::width(painter, text::TINY, words) + 24.0;
    let badge =
        Rect::from_min_size(pos2(rect.max.x - 6.0 - width, rect.max.y - 26.0), vec2(width, 20.0));
    painter.rect_filled(badge, 10.0, on_photo::BADGE);
    let y = badge.center().y;
    icons::paint(painter, Icon::Play, pos2(badge.min.x + 10.0, y), 9.0, Color32::WHITE);
    let at = pos2(badge.max.x - 7.0, y);
    text::paint(painter, at, Align2::RIGHT_CENTER, text::TINY, words, Color32::WHITE, 64.0);
}

/// A tile that cannot be shown: why, and Retry where that may help (`again`). True when Retry took
/// the click.
pub(super) fn failure(ui: &Ui, rect: Rect, radius: f32, id: Id, reason: &str, again: bool) -> bool {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    painter.rect_filled(rect, radius, palette.tile);
    let centre = rect.center();
    if rect.width() < FAILED_WORDS || rect.height() < 96.0 {
        icons::paint(painter, Icon::Warning, centre, 20.0, palette.danger);
        let (sense, role, label) = if again {
            (Sense::CLICK, Role::Button, format!("{reason}. Try again"))
        } else {
            (Sense::hover(), Role::Label, reason.to_owned())
        };
        let response = ui.interact(rect, id, sense);
        response.widget_info(|| WidgetInfo::labeled(role, true, &label));
        let clicked = response.clicked();
        text::tooltip(response, &label);
        return clicked;
    }
    icons::paint(painter, Icon::Warning, centre - vec2(0.0, 24.0), 20.0, palette.danger);
    let (room, middle) = (rect.width() - 16.0, egui::Align::Center);
    let lines = if again { 1 } else { 2 };
    let (style, colour) = (text::SMALL, palette.text_2);
    let words = text::paragraph(painter, style, reason, colour, room, lines, middle);
    let at = pos2(centre.x, centre.y - 8.0);
    painter.galley(at, words, colour);
    if !again {
        widgets::says(ui, rect, id, Role::Label, reason);
        return false;
    }
    let width = text::width(painter, text::LABEL_500, "Retry");
    let link = Rect::from_center_size(centre + vec2(0.0, 24.0), vec2(width, 24.0));
    widgets::link(ui, link, id, text::LABEL_500, "Retry").clicked()
}
