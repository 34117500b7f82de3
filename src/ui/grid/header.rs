//! Headers: of a day (sticky), and of an album (scrolls away).

use egui::{Align2, Id, Popup, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::layout::Section;
use super::{Frame, fade_under};
use crate::model::AlbumId;
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::Pictures;
use crate::ui::selection::Share;
use crate::ui::timeline::Timeline;
use crate::ui::tokens::{self, measure, radius};
use crate::ui::view::{Intent, Question, View};
use crate::ui::widgets::{self, MenuRow};
use crate::ui::{text, tile_paint, words};

/// 8 above the cover, the cover, 16 below it.
pub(super) const ALBUM_HEIGHT: f32 = 168.0;
const COVER: f32 = 144.0;

/// Where the header of a section that ends at `end` is held while its rows are under it.
pub(super) fn stuck(frame: &Frame, end: f32) -> Rect {
    let top = frame.rect.min.y;
    let y = top.min(end - measure::DAY_HEADER);
    Rect::from_min_max(
        pos2(frame.rect.min.x, top.min(y)),
        pos2(frame.tiles.max.x + 1.0, y + measure::DAY_HEADER),
    )
}

/// Paints a day's header at `y`, held at the top of the grid while its rows are under it. True
/// when its check disc was clicked.
pub(super) fn section(
    ui: &Ui,
    frame: &Frame,
    section: &Section,
    (y, end): (f32, f32),
    by_month: bool,
    (share, choosing): (Share, bool),
) -> bool {
    let palette = tokens::palette(ui.ctx());
    let top = frame.rect.min.y;
    let is_stuck = y < top;
    let y = y.max(top).min(end - measure::DAY_HEADER).max(y);
    if y > frame.rect.max.y || y + measure::DAY_HEADER < top {
        return false;
    }
    if is_stuck {
        let held = stuck(frame, end);
        let bar = Rect::from_min_max(pos2(held.min.x, top), held.max);
        fade_under(ui, bar, palette.canvas);
    }
    let title = if by_month { words::month(section.day) } else { words::long_day(section.day) };
    let centre = y + measure::DAY_HEADER / 2.0;
    let shown = text::paint(
        ui.painter(),
        pos2(frame.tiles.min.x, centre),
        Align2::LEFT_CENTER,
        text::SECTION,
        &title,
        palette.text,
        frame.tiles.width() * 0.7,
    );
    let facts = text::paint(
        ui.painter(),
        pos2(shown.max.x + 8.0, centre),
        Align2::LEFT_CENTER,
        text::LABEL,
        &facts_of(section),
        palette.text_3,
        (frame.tiles.max.x - shown.max.x - 48.0).max(0.0),
    );
    if section.count == section.drafts {
        return false;
    }
    let row = Rect::from_min_max(
        pos2(frame.tiles.min.x, y),
        pos2(frame.tiles.max.x, y + measure::DAY_HEADER),
    );
    let disc = Rect::from_center_size(pos2(facts.max.x + 20.0, centre), vec2(32.0, 32.0));
    let shows = choosing || ui.rect_contains_pointer(row);
    select_all(ui, disc, section.first, &title, share, shows)
}

/// A disc that selects all of a day, or none of it: empty, with a bar, with a check mark.
fn select_all(ui: &Ui, rect: Rect, first: usize, of: &str, share: Share, shows: bool) -> bool {
    let response = ui.interact(rect, Id::unique(("select day", first)), Sense::click());
    response.widget_info(|| {
        let label = format!("Select {of}");
        match share {
            // Neither on nor off.
            Share::Some => WidgetInfo::labeled(Role::CheckBox, true, label),
            _ => WidgetInfo::selected(Role::CheckBox, true, share == Share::All, label),
        }
    });
    let (palette, painter) = (tokens::palette(ui.ctx()), ui.painter());
    let (centre, half) = (rect.center(), 10.0);
    if shows || response.has_focus() {
        if share == Share::None {
            let colour = if response.hovered() { palette.text } else { palette.control };
            painter.circle_stroke(centre, half - 1.0, Stroke::new(1.5, colour));
        } else {
            painter.circle_filled(centre, half, palette.accent);
            let mark = if share == Share::All { Icon::Check } else { Icon::Minus };
            icons::paint(painter, mark, centre, 13.0, palette.on_accent);
        }
    }
    if response.has_focus() {
        let disc = Rect::from_center_size(centre, vec2(half, half) * 2.0);
        widgets::focus_ring(painter, disc, half, palette);
    }
    response.clicked()
}

fn facts_of(section: &Section) -> String {
    let Section { count, videos, drafts, .. } = *section;
    let there = || words::photos_and_videos(count - videos - drafts, videos);
    let coming = || format!("{} on the way", words::count(drafts));
    match (drafts, count - drafts) {
        (0, _) => there(),
        (_, 0) => coming(),
        _ => format!("{} · {}", there(), coming()),
    }
}

/// Paints an album's header, `offset` points scrolled away.
#[expect(clippy::too_many_arguments, reason = "what every painter gets, and where it stands")]
pub(super) fn album(
    ui: &Ui,
    frame: &Frame,
    album: AlbumId,
    timeline: &Timeline,
    offset: f32,
    view: &View<'_>,
    pictures: &mut Pictures,
    out: &mut Vec<Intent>,
) {
    let Some(shelf) = view.library.album(album).filter(|_| offset < ALBUM_HEIGHT) else { return };
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let min = pos2(frame.tiles.min.x, frame.rect.min.y + 8.0 - offset);
    let cover = Rect::from_min_size(min, vec2(COVER, COVER));
    painter.rect_filled(cover, radius::CARD, palette.tile);
    if let Some(photo) = shelf.cover() {
        tile_paint::cover(ui, cover, radius::CARD, photo, pictures);
    } else {
        icons::paint(painter, Icon::Photo, cover.center(), 32.0, palette.text_off);
    }
    let left = cover.max.x + 24.0;
    let room = frame.tiles.max.x - left;
    let title = &shelf.album.title;
    let line = |y: f32| pos2(left, min.y + y);
    let at = line(33.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::DISPLAY, title, palette.text, room);
    let (photos, videos) = (timeline.photo_count(), timeline.video_count());
    let mut facts = words::photos_and_videos(photos - videos, videos);
    let oldest = photos.checked_sub(1).and_then(|last| timeline.photo_at(last));
    if let Some((last, first)) = timeline.photo_at(0).zip(oldest) {
        facts = format!("{facts} · {}", words::span(first.day(), last.day()));
    }
    let at = line(66.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::BODY, &facts, palette.text_2, room);
    buttons(ui, line(96.0), album, title, photos, out);
}

fn buttons(
    ui: &Ui,
    at: egui::Pos2,
    album: AlbumId,
    title: &str,
    photos: usize,
    out: &mut Vec<Intent>,
) {
    let face = widgets::Face::Outlined;
    let mut x = at.x;
    let mut place = |label: &str, icon: Icon| {
        let width = widgets::button_width(ui, face, Some(icon), label);
        let rect = Rect::from_min_size(pos2(x, at.y), vec2(width, measure::CONTROL));
        x += width + 8.0;
        widgets::button(ui, rect, Id::unique(("album", label)), face, Some(icon), label, true)
            .clicked()
    };
    if place("Add photos", Icon::Photo) {
        out.push(Intent::BrowseFiles(album));
    }
    if place("Add a folder", Icon::Folder) {
        out.push(Intent::BrowseFolder(album));
    }
    let more = Rect::from_min_size(pos2(x, at.y), vec2(32.0, 32.0));
    let response = widgets::icon_button(
        ui,
        more,
        Id::unique("album more"),
        Icon::More,
        "More about this album",
    );
    Popup::menu(&response).show(|ui| menu(ui, album, title, photos, out));
}

/// The menu of an album; also used by its row in the sidebar.
pub(crate) fn menu(ui: &mut Ui, album: AlbumId, title: &str, photos: usize, out: &mut Vec<Intent>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let row = |icon, label| MenuRow { icon, label, key: "", chosen: false };
    if widgets::menu_row(ui, row(Icon::Pencil, "Rename")) {
        out.push(Intent::RenameAlbum(album));
        ui.close();
    }
    if photos > 0 && widgets::menu_row(ui, row(Icon::ShieldCheck, "Verify album")) {
        out.push(Intent::Verify(album));
        ui.close();
    }
    if widgets::menu_row(ui, row(Icon::Trash, "Delete album")) {
        out.push(Intent::Ask(Question::DeleteAlbum { album, title: title.to_owned(), photos }));
        ui.close();
    }
}
