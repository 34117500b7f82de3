//! The sidebar: the brand, the places, the albums, the account. Under 960 points it is a rail.

mod album;
mod foot;

use std::ops::Range;

use egui::{
    Align2, Id, Key, Rect, Response, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::icons::{self, Icon};
use super::pictures::Pictures;
use super::tokens::{self, measure, radius};
use super::uploads::Group;
use super::view::{Intent, Place, View};
use super::widgets::{self, FieldOptions, Row};
use super::{brand, text, words};
use crate::engine::Request;
use crate::model::{AlbumId, Library};

/// A title being typed.
struct Editing {
    /// `None`: a new album.
    album: Option<AlbumId>,
    title: String,
    /// The field has not been shown yet.
    is_new: bool,
}

/// What the sidebar remembers.
#[derive(Default)]
pub(crate) struct Sidebar {
    editing: Option<Editing>,
    /// Title of an album that was asked for and is not here yet.
    pub(crate) making: Option<String>,
    /// Where each album's row was painted, for drops.
    rows: Vec<(AlbumId, Rect)>,
    /// All albums as they are shown, and the library that they were put in order from.
    order: Vec<AlbumId>,
    ordered: Option<u64>,
}

/// The longest title Telegram takes.
const LONGEST_TITLE: usize = 128;

impl Sidebar {
    /// Opens the field for a new album.
    pub(crate) fn new_album(&mut self) {
        self.editing = Some(Editing { album: None, title: String::new(), is_new: true });
    }

    /// Opens the field for an album's title.
    pub(crate) fn rename(&mut self, album: AlbumId, title: String) {
        self.editing = Some(Editing { album: Some(album), title, is_new: true });
    }

    /// The album whose row is under a place on the window.
    pub(crate) fn album_at(&self, at: egui::Pos2) -> Option<AlbumId> {
        self.rows.iter().find(|(_, rect)| rect.contains(at)).map(|(album, _)| *album)
    }

    /// Paints the sidebar into `rect`.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        let palette = tokens::palette(ui.ctx());
        ui.painter().rect_filled(rect, 0.0, palette.surface);
        let rail = view.is_rail;
        brand_row(ui, rect, rail);
        let mut y = rect.min.y + if rail { 66.0 } else { 96.0 };
        if !rail {
            caption(ui, rect, rect.min.y + 79.0, "Library");
        }
        for (icon, label, place) in [
            (Icon::Photo, "All photos", Place::AllPhotos),
            (Icon::Upload, "Uploads", Place::Uploads),
        ] {
            let row = nav_rect(rect, y, rail);
            let response = ui.interact(row, Id::unique(("nav", label)), Sense::click());
            let count = count_of(place, view);
            response.widget_info(|| {
                let name = count
                    .as_ref()
                    .map_or_else(|| label.to_owned(), |count| format!("{label}, {}", count.words));
                WidgetInfo::selected(Role::Button, true, view.place == place, name)
            });
            nav_row(ui, row, &response, icon, label, view.place == place, count, rail);
            if response.clicked() {
                out.push(Intent::Go(place));
            }
            if rail {
                text::tooltip(response, label);
            }
            y += if rail { 40.0 } else { measure::NAV_ROW };
        }
        if rail {
            let middle = rect.center().x;
            widgets::hairline(ui.painter(), middle - 16.0, middle + 16.0, y + 12.0, palette.line_2);
            y += 24.0;
        } else {
            caption(ui, rect, y + 31.0, "Albums");
            y += 48.0;
        }
        let foot = Rect::from_min_max(pos2(rect.min.x, rect.max.y - measure::STRIP), rect.max);
        let list = Rect::from_min_max(pos2(rect.min.x, y), pos2(rect.max.x, foot.min.y));
        self.albums(ui, list, view, pictures, out);
        foot::ui(ui, foot, view, out);
    }

    fn albums(
        &mut self,
        ui: &mut Ui,
        list: Rect,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        self.put_in_order(view.library);
        self.rows.clear();
        let mut child = ui.new_child(UiBuilder::new().max_rect(list));
        child.spacing_mut().item_spacing.y = 0.0;
        let scroll = ScrollArea::vertical().id_salt("albums").auto_shrink([false, false]);
        scroll.show_viewport(&mut child, |ui, seen| {
            let (all, rows) = visible_rows(self.order.len(), seen);
            let (whole, _) = ui.allocate_exact_size(vec2(list.width(), all), Sense::hover());
            for place in rows {
                let shelf = self.order.get(place).and_then(|id| view.library.album(*id));
                let Some(shelf) = shelf else { continue };
                let rect = row_rect(whole, place);
                self.rows.push((shelf.album.id, rect.intersect(list)));
                let editing =
                    self.editing.as_ref().is_some_and(|e| e.album == Some(shelf.album.id));
                if editing && !view.is_rail {
                    self.edit(ui, rect, out);
                } else {
                    album::row(ui, rect, shelf, view, pictures, out);
                }
            }
            self.new_row(ui, row_rect(whole, self.order.len()), view, out);
        });
    }

    /// The newest album first; the id settles ties, so that the order never wavers.
    fn put_in_order(&mut self, library: &Library) {
        if self.ordered == Some(library.revision()) {
            return;
        }
        self.ordered = Some(library.revision());
        let mut albums: Vec<_> = library.albums().map(|shelf| &shelf.album).collect();
        albums.sort_by_key(|album| std::cmp::Reverse((album.created, album.id)));
        self.order = albums.into_iter().map(|album| album.id).collect();
    }

    fn new_row(&mut self, ui: &mut Ui, rect: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
        let palette = tokens::palette(ui.ctx());
        if self.editing.as_ref().is_some_and(|editing| editing.album.is_none()) {
            let room = if view.is_rail {
                // The rail has no room for a field: it lies over the grid.
                Rect::from_min_size(rect.min + vec2(72.0, 0.0), vec2(240.0, rect.height()))
            } else {
                rect
            };
            if view.is_rail {
                let mut over = ui.new_child(
                    UiBuilder::new()
                        .layer_id(egui::LayerId::new(
                            egui::Order::Foreground,
                            Id::unique("new album"),
                        ))
                        .max_rect(room),
                );
                over.set_clip_rect(Rect::EVERYTHING);
                widgets::raised(over.painter(), room.expand(4.0), radius::CARD, palette);
                self.edit(&mut over, room, out);
            } else {
                self.edit(ui, room, out);
            }
            return;
        }
        if let Some(title) = &self.making {
            let words = format!("Making “{title}”");
            let at = pos2(rect.min.x + 56.0, rect.center().y);
            if !view.is_rail {
                text::paint(
                    ui.painter(),
                    at,
                    Align2::LEFT_CENTER,
                    text::BODY_500,
                    &words,
                    palette.text_3,
                    168.0,
                );
            }
            let spin =
                Rect::from_center_size(pos2(rect.min.x + 30.0, rect.center().y), vec2(16.0, 16.0));
            widgets::spinner(ui, spin, palette.text_3);
            return;
        }
        let row = if view.is_rail { album::rail_cell(rect) } else { rect.shrink2(vec2(8.0, 0.0)) };
        let response = ui.interact(row, Id::unique("new album row"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "New album"));
        let colour = widgets::row_feedback(ui, row, &response, Row::Idle);
        let x = if view.is_rail { rect.center().x } else { rect.min.x + 30.0 };
        icons::paint(ui.painter(), Icon::Plus, pos2(x, rect.center().y), 20.0, colour);
        if !view.is_rail {
            let at = pos2(rect.min.x + 56.0, rect.center().y);
            text::paint(
                ui.painter(),
                at,
                Align2::LEFT_CENTER,
                text::BODY_500,
                "New album",
                colour,
                160.0,
            );
        }
        if response.clicked() {
            self.new_album();
        }
        if view.is_rail {
            text::tooltip(response, "New album");
        }
    }

    /// The field for a title: Enter keeps it, Esc gives up.
    fn edit(&mut self, ui: &mut Ui, rect: Rect, out: &mut Vec<Intent>) {
        let Some(editing) = &mut self.editing else { return };
        let id = Id::unique("album title");
        let field = rect.shrink2(vec2(8.0, 4.0));
        let options = FieldOptions {
            name: "Album title",
            hint: "Title of the album",
            limit: LONGEST_TITLE,
            ..Default::default()
        };
        let response = widgets::field(ui, field, id, &mut editing.title, options);
        if editing.is_new {
            response.request_focus();
            response.scroll_to_me(None);
            editing.is_new = false;
            return;
        }
        let title = editing.title.trim().to_owned();
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        if response.lost_focus() {
            if entered && !title.is_empty() {
                let request = if let Some(album) = editing.album {
                    Request::RenameAlbum { album, title }
                } else {
                    self.making = Some(title.clone());
                    Request::CreateAlbum { title }
                };
                out.push(Intent::Request(request));
            }
            self.editing = None;
        }
    }
}

/// How high the list of so many albums is, and which of them are `seen`. One more row follows
/// them, and a little space.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "rows of a list"
)]
fn visible_rows(albums: usize, seen: Rect) -> (f32, Range<usize>) {
    let all = (albums + 1) as f32 * measure::ALBUM_ROW + 8.0;
    let from = (seen.min.y / measure::ALBUM_ROW).floor().max(0.0) as usize;
    let to = (seen.max.y / measure::ALBUM_ROW).ceil().max(0.0) as usize;
    (all, from.min(albums)..to.min(albums))
}

#[expect(clippy::cast_precision_loss, reason = "rows of a list")]
fn row_rect(list: Rect, place: usize) -> Rect {
    let y = list.min.y + place as f32 * measure::ALBUM_ROW;
    Rect::from_min_size(pos2(list.min.x, y), vec2(list.width(), measure::ALBUM_ROW))
}

struct Count {
    shown: String,
    words: String,
    badge: bool,
    danger: bool,
}

fn count_of(place: Place, view: &View<'_>) -> Option<Count> {
    match place {
        Place::AllPhotos => {
            let n = view.library.photo_count();
            Some(Count {
                shown: words::count(n),
                words: words::counted(n, "photo", "photos"),
                badge: false,
                danger: false,
            })
        }
        Place::Uploads => {
            let uploads = view.uploads;
            let (n, what, danger) = match (uploads.failed(), uploads.count(Group::UnderWay)) {
                (0, 0) => (uploads.count(Group::Queued), "queued", false),
                (0, under_way) => (under_way, "under way", false),
                (failed, _) => (failed, "failed", true),
            };
            (n > 0).then(|| Count {
                shown: words::count(n),
                words: format!("{} {what}", words::count(n)),
                badge: true,
                danger,
            })
        }
        Place::Album(_) => None,
    }
}

fn brand_row(ui: &Ui, rect: Rect, rail: bool) {
    let palette = tokens::palette(ui.ctx());
    let y = rect.min.y + 28.0;
    let x = if rail { rect.center().x } else { rect.min.x + 30.0 };
    brand::paint(ui.painter(), pos2(x, y), 26.0, palette.accent);
    if !rail {
        let at = pos2(rect.min.x + 56.0, y);
        text::paint(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            text::SECTION,
            "Heliogram",
            palette.text,
            160.0,
        );
    }
}

fn caption(ui: &Ui, rect: Rect, y: f32, words: &str) {
    let palette = tokens::palette(ui.ctx());
    let at = pos2(rect.min.x + 16.0, y);
    let (painter, align) = (ui.painter(), Align2::LEFT_CENTER);
    let shown = text::paint(painter, at, align, text::SMALL_500, words, palette.text_3, 200.0);
    widgets::says(ui, shown, Id::unique(("caption", words)), Role::Heading, words);
}

fn nav_rect(rect: Rect, y: f32, rail: bool) -> Rect {
    if rail {
        Rect::from_min_size(pos2(rect.min.x + 12.0, y), vec2(40.0, 36.0))
    } else {
        Rect::from_min_size(pos2(rect.min.x + 8.0, y), vec2(rect.width() - 16.0, measure::NAV_ROW))
    }
}

#[expect(clippy::too_many_arguments, reason = "what a row shows, nothing more")]
fn nav_row(
    ui: &Ui,
    row: Rect,
    response: &Response,
    icon: Icon,
    label: &str,
    chosen: bool,
    count: Option<Count>,
    rail: bool,
) {
    let palette = tokens::palette(ui.ctx());
    let colour =
        widgets::row_feedback(ui, row, response, if chosen { Row::Chosen } else { Row::Idle });
    let painter = ui.painter();
    let y = row.center().y;
    let x = if rail { row.center().x } else { row.min.x + 22.0 };
    icons::paint(painter, icon, pos2(x, y), 20.0, colour);
    if rail {
        if let Some(count) = count.filter(|count| count.badge) {
            let width = (text::width(painter, text::RAIL_BADGE, &count.shown) + 8.0).max(16.0);
            let badge =
                Rect::from_center_size(row.right_top() + vec2(-8.0, 8.0), vec2(width, 16.0));
            let (ground, ink) = badge_colours(palette, count.danger);
            painter.rect_filled(badge, 8.0, ground);
            text::paint(
                painter,
                badge.center(),
                Align2::CENTER_CENTER,
                text::RAIL_BADGE,
                &count.shown,
                ink,
                40.0,
            );
        }
        return;
    }
    let at = pos2(row.min.x + 48.0, y);
    text::paint(painter, at, Align2::LEFT_CENTER, text::BODY_500, label, colour, 110.0);
    let Some(count) = count else { return };
    if count.badge {
        let width = (text::width(painter, text::SMALL_500, &count.shown) + 12.0).max(20.0);
        let badge = Rect::from_min_size(pos2(row.max.x - 8.0 - width, y - 10.0), vec2(width, 20.0));
        let (ground, ink) = badge_colours(palette, count.danger);
        painter.rect_filled(badge, 10.0, ground);
        text::paint(
            painter,
            badge.center(),
            Align2::CENTER_CENTER,
            text::SMALL_500,
            &count.shown,
            ink,
            80.0,
        );
    } else {
        let ink = if chosen { palette.text_2 } else { palette.text_3 };
        let at = pos2(row.max.x - 8.0, y);
        text::paint(painter, at, Align2::RIGHT_CENTER, text::SMALL, &count.shown, ink, 80.0);
    }
}

fn badge_colours(palette: &tokens::Palette, danger: bool) -> (egui::Color32, egui::Color32) {
    if danger {
        (palette.danger_fill, egui::Color32::WHITE)
    } else {
        (palette.active, palette.text)
    }
}
