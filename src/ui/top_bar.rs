//! The bar over the grid: where one is, how large tiles are, Upload.

use egui::{Align2, Id, Popup, Rect, Role, Ui, pos2, vec2};

use super::grid::{Arrangement, TileSize};
use super::icons::{self, Icon};
use super::tokens::{self, measure, radius};
use super::uploads::Group;
use super::view::{Intent, Place, Question, View};
use super::widgets::{self, Face, IconFace, MenuRow};
use super::{text, words};
use crate::engine::{Request, UploadsRequest};

const SELECT: &str = "Select";
const SLIDER: f32 = 96.0;
/// The slider with an icon on either side and the space before Upload.
const SIZES: f32 = 24.0 + 16.0 + 8.0 + 6.0 + SLIDER + 6.0 + 16.0;
/// The button of the arrangement and the space after it.
const ARRANGEMENT: f32 = 32.0 + 12.0;

/// Paints the bar into `rect`.
pub(crate) fn ui(ui: &Ui, rect: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    ui.painter().rect_filled(rect, 0.0, palette.canvas);
    // Measured from the right, made from the left: Tab goes through them in reading order.
    let upload = upload_rect(ui, rect, view);
    let queue = if view.place == Place::Uploads {
        queue_buttons(ui, rect, upload.min.x, view)
    } else {
        Vec::new()
    };
    let select = select_rect(ui, upload, view);
    let has_sizes = view.place != Place::Uploads && view.library.photo_count() > 0;
    let sizes = if view.is_rail { 44.0 } else { SIZES };
    let left = if has_sizes {
        select.min.x - sizes - ARRANGEMENT
    } else {
        queue.first().map_or(upload.min.x, |button| button.rect.min.x)
    };
    title(ui, rect, left - 16.0, view, out);
    for QueueButton { rect, icon, label, request } in queue {
        let id = Id::unique(("queue", label));
        if widgets::button(ui, rect, id, Face::Plain, icon, label, true).clicked() {
            out.push(match request {
                Some(request) => Intent::Request(Request::Uploads(request)),
                None => Intent::Ask(Question::CancelUploads { files: view.uploads.left() }),
            });
        }
    }
    if has_sizes {
        arrangement(ui, rect, left, view, out);
        size_control(ui, rect, select.min.x, view, out);
        select_button(ui, select, view, out);
    }
    upload_button(ui, upload, view, out);
}

fn title(ui: &Ui, rect: Rect, right: f32, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let y = rect.center().y;
    let left = rect.min.x + measure::EDGE;
    let (words, count) = match view.place {
        Place::AllPhotos => {
            let n = view.library.photo_count();
            ("All photos", words::counted(n, "photo", "photos"))
        }
        Place::Uploads => {
            let n = view.uploads.len();
            let count = if n > 0 { words::counted(n, "file", "files") } else { String::new() };
            ("Uploads", count)
        }
        Place::Album(album) => {
            crumbs(ui, left, y, right, &view.album_title(album), out);
            return;
        }
    };
    let at = pos2(left, y);
    let room = right - left;
    let align = Align2::LEFT_CENTER;
    let shown = text::paint(painter, at, align, text::TITLE, words, palette.text, room);
    widgets::says(ui, shown, Id::unique("title"), Role::Heading, words);
    let at = pos2(shown.max.x + 12.0, y + 1.0);
    let room = right - at.x;
    text::paint(painter, at, align, text::LABEL, &count, palette.text_3, room);
}

fn crumbs(ui: &Ui, left: f32, y: f32, right: f32, album: &str, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let label = "All photos";
    let size = text::line_size(painter, text::LABEL_500, label);
    let home = Rect::from_min_size(pos2(left, y - 14.0), vec2(size.x, 28.0));
    let response = ui.interact(home, Id::unique("crumb"), egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Link, true, "Back to all photos"));
    let colour = if response.hovered() { palette.text } else { palette.text_2 };
    text::paint(
        painter,
        pos2(left, y),
        Align2::LEFT_CENTER,
        text::LABEL_500,
        label,
        colour,
        size.x + 1.0,
    );
    if response.has_focus() {
        widgets::focus_ring(painter, home, radius::TILE, palette);
    }
    if response.clicked() {
        out.push(Intent::Go(Place::AllPhotos));
    }
    icons::paint(painter, Icon::ChevronRight, pos2(home.max.x + 14.0, y), 14.0, palette.text_3);
    let at = pos2(home.max.x + 28.0, y);
    let (align, room) = (Align2::LEFT_CENTER, right - at.x);
    let shown = text::paint(painter, at, align, text::LABEL_600, album, palette.text, room);
    widgets::says(ui, shown, Id::unique("title"), Role::Heading, album);
}

const UPLOAD: &str = "Upload";

fn upload_rect(ui: &Ui, rect: Rect, view: &View<'_>) -> Rect {
    let width = if view.is_rail {
        40.0
    } else {
        widgets::button_width(ui, Face::Main, Some(Icon::Upload), UPLOAD)
    };
    let edge = rect.max.x - measure::EDGE;
    let y = rect.center().y - measure::CONTROL / 2.0;
    Rect::from_min_size(pos2(edge - width, y), vec2(width, measure::CONTROL))
}

/// The one main button.
fn upload_button(ui: &Ui, button: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let id = Id::unique("upload");
    let response = if view.is_rail {
        let palette = tokens::palette(ui.ctx());
        let face = IconFace {
            colour: palette.on_accent,
            ground: palette.accent,
            radius: radius::CONTROL,
            size: 20.0,
        };
        widgets::icon_button_as(ui, button, id, Icon::Upload, UPLOAD, face)
    } else {
        widgets::button(ui, button, id, Face::Main, Some(Icon::Upload), UPLOAD, true)
    };
    if response.clicked() {
        out.push(view.default_album.map_or(Intent::NewAlbum, Intent::BrowseFiles));
    }
}

fn select_rect(ui: &Ui, upload: Rect, view: &View<'_>) -> Rect {
    let width = if view.is_rail {
        32.0
    } else {
        widgets::button_width(ui, Face::Plain, Some(Icon::Select), SELECT)
    };
    let min = pos2(upload.min.x - 8.0 - width, upload.min.y);
    Rect::from_min_size(min, vec2(width, measure::CONTROL))
}

/// From now on clicks select; once more, and they open.
fn select_button(ui: &Ui, button: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let id = Id::unique("select");
    if view.is_choosing {
        ui.painter().rect_filled(button, radius::CONTROL, palette.active);
    }
    let response = if view.is_rail {
        widgets::icon_button(ui, button, id, Icon::Select, SELECT)
    } else {
        widgets::button(ui, button, id, Face::Plain, Some(Icon::Select), SELECT, true)
    };
    if response.clicked() {
        out.push(Intent::Choose);
    }
}

struct QueueButton {
    rect: Rect,
    icon: Option<Icon>,
    label: &'static str,
    /// `None`: asks before anything is taken out of the queue.
    request: Option<UploadsRequest>,
}

/// What can be done to the queue, from left to right.
fn queue_buttons(ui: &Ui, rect: Rect, right: f32, view: &View<'_>) -> Vec<QueueButton> {
    let is_over = view.uploads.is_over();
    let pause = if view.uploads.all_paused {
        (Some(Icon::Play), "Go on", Some(UploadsRequest::ResumeAll))
    } else {
        (Some(Icon::Pause), "Pause all", Some(UploadsRequest::PauseAll))
    };
    let clear = (None, "Clear finished", Some(UploadsRequest::ClearFinished));
    let clear = (view.uploads.count(Group::Finished) > 0).then_some(clear);
    let cancel = (!is_over).then_some((None, "Cancel all", None));
    let pause = (!is_over).then_some(pause);
    let y = rect.center().y - measure::CONTROL / 2.0;
    let mut x = right;
    let mut buttons: Vec<_> = clear
        .into_iter()
        .chain(cancel)
        .chain(pause)
        .map(|(icon, label, request)| {
            let width = widgets::button_width(ui, Face::Plain, icon, label);
            x -= width + 4.0;
            let rect = Rect::from_min_size(pos2(x, y), vec2(width, measure::CONTROL));
            QueueButton { rect, icon, label, request }
        })
        .collect();
    buttons.reverse();
    buttons
}

/// The slider of tile sizes, or its menu where there is no room.
fn size_control(ui: &Ui, rect: Rect, right: f32, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let y = rect.center().y;
    if view.is_rail {
        let button =
            Rect::from_min_size(pos2(right - 12.0 - 32.0, y - 16.0), vec2(32.0, measure::CONTROL));
        let response =
            widgets::icon_button(ui, button, Id::unique("sizes"), Icon::GridSmall, "Tile size");
        Popup::menu(&response).show(|ui| size_menu(ui, view, out));
        return;
    }
    let large = pos2(right - 24.0 - 8.0, y);
    icons::paint(ui.painter(), Icon::GridLarge, large, 16.0, palette.text_3);
    let rail =
        Rect::from_min_size(pos2(large.x - 8.0 - 6.0 - SLIDER, y - 12.0), vec2(SLIDER, 24.0));
    let mut step = view.tile_size.step();
    let steps = TileSize::ALL.len();
    if widgets::steps(ui, rail, Id::unique("tile size"), &mut step, steps, "Tile size").changed() {
        out.push(Intent::TileSize(TileSize::at(step)));
    }
    let small = pos2(rail.min.x - 6.0 - 8.0, y);
    icons::paint(ui.painter(), Icon::GridSmall, small, 16.0, palette.text_3);
}

/// Squares, or whole photos: shows what a click brings.
fn arrangement(ui: &Ui, rect: Rect, left: f32, view: &View<'_>, out: &mut Vec<Intent>) {
    let other = view.arrangement.other();
    let (icon, name) = match other {
        Arrangement::Squares => (Icon::GridLarge, "Show squares"),
        Arrangement::Justified => (Icon::GridJustified, "Show whole photos"),
    };
    let min = pos2(left, rect.center().y - measure::CONTROL / 2.0);
    let button = Rect::from_min_size(min, vec2(32.0, measure::CONTROL));
    if widgets::icon_button(ui, button, Id::unique("arrangement"), icon, name).clicked() {
        out.push(Intent::Arrange(other));
    }
}

fn size_menu(ui: &mut Ui, view: &View<'_>, out: &mut Vec<Intent>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let names = [
        "Tiny tiles",
        "Small tiles",
        "Medium tiles",
        "Large tiles",
        "Larger tiles",
        "Largest tiles",
    ];
    for (size, label) in TileSize::ALL.into_iter().zip(names) {
        let icon = if size.by_month() { Icon::GridSmall } else { Icon::GridLarge };
        let row = MenuRow { icon, label, key: "", chosen: size == view.tile_size };
        if widgets::menu_row(ui, row) {
            out.push(Intent::TileSize(size));
            ui.close();
        }
    }
}
