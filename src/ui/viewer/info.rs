//! What is known about the photo, beside it.

use egui::{Align, Align2, Id, Rect, Ui, pos2, vec2};

use crate::model::{AlbumShelf, MediaKind, Moment, NamedClock, PhotoRef};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::Pictures;
use crate::ui::timeline;
use crate::ui::tokens::{DARK, radius, viewer as look};
use crate::ui::view::View;
use crate::ui::widgets::{self, IconFace};
use crate::ui::{text, tile_paint, words};

/// Paints the panel; true when it was closed.
pub(super) fn ui(
    ui: &Ui,
    panel: Rect,
    photo: PhotoRef<'_>,
    view: &View<'_>,
    pictures: &mut Pictures,
) -> bool {
    let painter = ui.painter();
    painter.rect_filled(panel, 0.0, look::PANEL);
    // The panel is dark in both themes.
    let palette = &DARK;
    let inner = panel.shrink2(vec2(24.0, 0.0));
    let at = pos2(inner.min.x, panel.min.y + 28.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::SECTION, "Info", palette.text, 200.0);
    let close = Rect::from_center_size(pos2(panel.max.x - 28.0, at.y), vec2(32.0, 32.0));
    let face = IconFace {
        colour: palette.text_2,
        ground: egui::Color32::TRANSPARENT,
        radius: radius::CONTROL,
        size: 20.0,
    };
    let closed = widgets::icon_button_as(
        ui,
        close,
        Id::unique("close info"),
        Icon::Close,
        "Close info",
        face,
    )
    .clicked();
    let mut y = panel.min.y + 64.0;
    if !photo.caption().is_empty() {
        let at = pos2(inner.min.x, y);
        let room = inner.width();
        y += text::paint_paragraph(
            painter,
            at,
            text::BODY,
            photo.caption(),
            palette.text,
            room,
            Align::LEFT,
        );
        y += 20.0;
        widgets::hairline(painter, inner.min.x, inner.max.x, y, palette.line_2);
        y += 20.0;
    }
    let wall = timeline::wall_seconds(photo, view.zone);
    let time = known_from(photo.moment(), &words::time_of_day(wall));
    y = group(ui, inner, y, Icon::Calendar, &words::long_day(wall.div_euclid(86_400)), &time);
    y = group(ui, inner, y, Icon::File, photo.name(), &file_facts(photo));
    let title = view.album_title(photo.id().album);
    let shelf = view.library.album(photo.id().album);
    let count = shelf.map_or(0, AlbumShelf::len);
    let line = words::counted(count, "photo", "photos");
    let before = y;
    group(ui, inner, y, Icon::Photo, &title, &line);
    if let Some(cover) = shelf.and_then(AlbumShelf::newest) {
        let rect = Rect::from_min_size(pos2(inner.max.x - 40.0, before), vec2(40.0, 40.0));
        tile_paint::cover(ui, rect, radius::SMALL, cover, pictures);
    }
    closed
}

/// The time of day, and whose word it is where it is not the camera's.
fn known_from(moment: Moment, time: &str) -> String {
    match moment {
        Moment::Taken(taken) => taken
            .offset_minutes
            .map_or_else(|| time.to_owned(), |offset| format!("{time} · {}", words::zone(offset))),
        Moment::Named(named) if named.clock == NamedClock::Day => {
            "Day from the file name".to_owned()
        }
        Moment::Named(_) => format!("{time} · from the file name"),
        Moment::Sent(_) => format!("{time} · when it was sent"),
    }
}

fn file_facts(photo: PhotoRef<'_>) -> String {
    let mut facts = Vec::new();
    if !photo.size().is_empty() {
        facts.push(format!("{} × {}", photo.size().width, photo.size().height));
        facts.push(words::megapixels(photo.size().pixels()));
    }
    if let MediaKind::Video { seconds } = photo.kind() {
        facts.push(words::clock(seconds));
    }
    facts.push(words::bytes(photo.bytes()));
    facts.join(" · ")
}

/// A group of two lines behind an icon; returns where the next one begins.
fn group(ui: &Ui, inner: Rect, y: f32, icon: Icon, first: &str, second: &str) -> f32 {
    let painter = ui.painter();
    icons::paint(painter, icon, pos2(inner.min.x + 10.0, y + 10.0), 18.0, DARK.text_2);
    let left = inner.min.x + 32.0;
    let room = inner.max.x - left;
    let room = if icon == Icon::Photo { room - 52.0 } else { room };
    let at = pos2(left, y + 10.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::BODY_500, first, DARK.text, room);
    let at = pos2(left, y + 31.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL, second, DARK.text_2, room);
    y + 60.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Taken;

    #[test]
    fn a_time_that_the_camera_did_not_tell_says_whose_word_it_is() {
        let taken = Taken { wall_seconds: 0, offset_minutes: Some(120) };
        assert_eq!(known_from(Moment::Taken(taken), "14:22"), "14:22 · UTC+2");
        assert_eq!(
            known_from(Moment::of(None, "IMG_20240131_142233.jpg", 0), "14:22"),
            "14:22 · from the file name"
        );
        assert_eq!(
            known_from(Moment::of(None, "IMG-20240131-WA0001.jpg", 0), "12:00"),
            "Day from the file name"
        );
        assert_eq!(known_from(Moment::of(None, "a.jpg", 0), "14:22"), "14:22 · when it was sent");
    }
}
