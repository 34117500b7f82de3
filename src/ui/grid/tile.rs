//! One tile: the best picture there is, its badges, its states.

use egui::{
    Align2, Color32, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::size::TileSize;
use crate::model::{MediaKind, PhotoRef, PixelSize, Rendition};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::Pictures;
use crate::ui::timeline::TileId;
use crate::ui::tokens::{self, motion, on_photo};
use crate::ui::view::{Intent, View};
use crate::ui::{text, tile_paint, timeline, widgets, words};

/// What all tiles of a frame have in common.
pub(super) struct Look {
    pub(super) size: TileSize,
    pub(super) at_rest: bool,
    pub(super) cursor: Option<TileId>,
}

/// Below this width a failed tile shows its icon alone.
const FAILED_WORDS: f32 = 144.0;

/// Paints a tile and wishes for what it lacks; true when it was clicked.
pub(super) fn ui(
    ui: &Ui,
    rect: Rect,
    photo: PhotoRef<'_>,
    look: &Look,
    view: &View<'_>,
    pictures: &mut Pictures,
    out: &mut Vec<Intent>,
) -> bool {
    // Not a stop of the Tab key: the grid is one stop, and its cursor goes from tile to tile.
    let response = ui.interact(rect, Id::unique(("tile", photo.id())), Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name(photo, view)));
    let radius = look.size.radius();
    wish(ui, rect, photo, look.at_rest, pictures);
    tile_paint::photo(ui, rect, radius, photo, pictures, look.at_rest, Color32::WHITE);
    let failed = pictures
        .failure(photo.id(), Rendition::Thumbnail)
        .filter(|_| pictures.thumbnail_size(photo.id()).is_none())
        .map(|trouble| trouble.sentence.clone());
    let mut opened = response.clicked();
    if let Some(reason) = failed {
        let id = Id::unique(("retry", photo.id()));
        if failure(ui, rect, radius, id, &reason) {
            opened = false;
            out.push(Intent::Retry(photo.id()));
        }
    }
    let painter = ui.painter();
    let hover = ui.ctx().animate_bool_with_time(
        response.id.with("hover"),
        response.hovered() && look.at_rest,
        tokens::seconds(ui.ctx(), motion::HOVER),
    );
    if response.is_pointer_button_down_on() {
        painter.rect_filled(rect, radius, on_photo::PRESSED);
    } else if hover > 0.0 {
        painter.rect_filled(rect, radius, Color32::WHITE.gamma_multiply(0.05 * hover));
    }
    if look.size.badges()
        && let MediaKind::Video { seconds } = photo.kind()
    {
        video_badge(ui, rect, seconds);
    }
    if look.cursor == Some(photo.id().into()) {
        focus_ring(ui, rect, radius);
    }
    opened
}

/// Shows on any photograph.
pub(super) fn focus_ring(ui: &Ui, rect: Rect, radius: f32) {
    let palette = tokens::palette(ui.ctx());
    let ring = Stroke::new(2.0, palette.accent_line);
    ui.painter().rect_stroke(rect, radius, ring, StrokeKind::Inside);
    let inner = Stroke::new(1.0, on_photo::FOCUS_INNER);
    ui.painter().rect_stroke(rect.shrink(2.0), radius - 1.0, inner, StrokeKind::Inside);
}

fn wish(ui: &Ui, rect: Rect, photo: PhotoRef<'_>, at_rest: bool, pictures: &mut Pictures) {
    let bare = pictures.thumbnail_size(photo.id()).is_none();
    if bare && photo.has_preview() && !pictures.has_preview(photo.id()) {
        pictures.wish(photo.id(), Rendition::Preview, PixelSize::new(40, 40));
    }
    if at_rest {
        pictures.wish_thumbnail(photo, tile_paint::fit(ui, rect));
    }
}

/// What a screen reader says of a tile.
fn name(photo: PhotoRef<'_>, view: &View<'_>) -> String {
    let kind = if matches!(photo.kind(), MediaKind::Video { .. }) { "Video" } else { "Photo" };
    let when = words::moment(timeline::wall_seconds(photo, view.zone));
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

/// A tile that cannot be shown: why, and Retry. True when Retry took the click.
pub(super) fn failure(ui: &Ui, rect: Rect, radius: f32, id: Id, reason: &str) -> bool {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    painter.rect_filled(rect, radius, palette.tile);
    let centre = rect.center();
    if rect.width() < FAILED_WORDS || rect.height() < 96.0 {
        icons::paint(painter, Icon::Warning, centre, 20.0, palette.danger);
        let retry = ui.interact(rect, id, Sense::CLICK);
        let label = format!("{reason}. Try again");
        retry.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let clicked = retry.clicked();
        text::tooltip(retry, &label);
        return clicked;
    }
    icons::paint(painter, Icon::Warning, centre - vec2(0.0, 24.0), 20.0, palette.danger);
    text::paint(
        painter,
        centre,
        Align2::CENTER_CENTER,
        text::SMALL,
        reason,
        palette.text_2,
        rect.width() - 16.0,
    );
    let width = text::width(painter, text::LABEL_500, "Retry");
    let link = Rect::from_center_size(centre + vec2(0.0, 24.0), vec2(width, 24.0));
    widgets::link(ui, link, id, text::LABEL_500, "Retry").clicked()
}
