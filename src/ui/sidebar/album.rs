//! An album's row: cover, title, count; a target for files.

use egui::{Align2, Id, Popup, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::model::AlbumShelf;
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::Pictures;
use crate::ui::tokens::{self, radius};
use crate::ui::view::{Intent, Place, View};
use crate::ui::widgets::{self, Row};
use crate::ui::{grid, text, tile_paint, words};

/// The part of a rail's row that answers.
pub(super) fn rail_cell(rect: Rect) -> Rect {
    Rect::from_center_size(rect.center(), vec2(40.0, 40.0))
}

pub(super) fn row(
    ui: &Ui,
    rect: Rect,
    shelf: &AlbumShelf,
    view: &View<'_>,
    pictures: &mut Pictures,
    out: &mut Vec<Intent>,
) {
    let palette = tokens::palette(ui.ctx());
    let album = shelf.album.id;
    let photos = shelf.len();
    let title = &shelf.album.title;
    let rail = view.is_rail;
    let cell = if rail { rail_cell(rect) } else { rect.shrink2(vec2(8.0, 0.0)) };
    let response = ui.interact(cell, Id::unique(("album", album)), Sense::click());
    let chosen = view.place == Place::Album(album);
    response.widget_info(|| {
        let name = format!("Album {title}, {}", words::counted(photos, "photo", "photos"));
        WidgetInfo::selected(Role::Button, true, chosen, name)
    });
    let is_target = view.drop_target == Some(album);
    let state = match (is_target, chosen) {
        (true, _) => Row::DropTarget,
        (false, true) => Row::Chosen,
        (false, false) => Row::Idle,
    };
    let colour = widgets::row_feedback(ui, cell, &response, state);
    let y = rect.center().y;
    let x = if rail { rect.center().x } else { rect.min.x + 30.0 };
    let cover = Rect::from_center_size(pos2(x, y), vec2(28.0, 28.0));
    let painter = ui.painter();
    if let Some(photo) = shelf.cover() {
        tile_paint::cover(ui, cover, radius::SMALL, photo, pictures);
    } else {
        painter.rect_filled(cover, radius::SMALL, palette.tile);
        icons::paint(painter, Icon::Photo, cover.center(), 16.0, palette.text_off);
    }
    if rail && chosen {
        let ring = Stroke::new(2.0, palette.accent_line);
        painter.rect_stroke(cover.expand(2.0), radius::CONTROL, ring, StrokeKind::Outside);
    }
    if !rail {
        let count = words::count(photos);
        let edge = cell.max.x - 8.0;
        let mut room = edge - 28.0 - (rect.min.x + 56.0);
        if is_target {
            icons::paint(painter, Icon::Plus, pos2(edge - 8.0, y), 16.0, palette.text);
        } else {
            let ink = if chosen { palette.text_2 } else { palette.text_3 };
            let at = pos2(edge, y);
            let align = Align2::RIGHT_CENTER;
            let shown = text::paint(painter, at, align, text::SMALL, &count, ink, 80.0);
            room = shown.min.x - 12.0 - (rect.min.x + 56.0);
        }
        let at = pos2(rect.min.x + 56.0, y);
        text::paint(painter, at, Align2::LEFT_CENTER, text::BODY_500, title, colour, room);
    }
    if response.clicked() {
        out.push(Intent::Go(Place::Album(album)));
    }
    Popup::context_menu(&response).show(|ui| grid::album_menu(ui, album, title, photos, out));
    if rail {
        text::tooltip(response, title);
    }
}
