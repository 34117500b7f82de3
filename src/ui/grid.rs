//! The grid of photos: justified rows under sticky day headers, only what is on screen painted.

mod aim;
mod anchor;
mod arranger;
mod band;
mod bar;
mod date_card;
mod draft;
mod focus;
mod hands;
mod header;
mod layout;
mod menu;
mod position;
mod reader;
mod scroll;
mod scrubber;
mod seek;
mod size;
mod tile;
mod tip;
mod update;

use std::collections::HashMap;

use egui::{Color32, Id, Rect, Sense, Ui, pos2, vec2};

use self::aim::Aim;
use self::anchor::Anchor;
pub(crate) use self::hands::Hands;
use self::hands::Page;
pub(crate) use self::header::menu as album_menu;
pub(crate) use self::layout::{Layout, Params};
pub(crate) use self::position::Position;
use self::scroll::Scroll;
pub(crate) use self::size::{Arrangement, TileSize};
use super::pictures::Pictures;
use super::selection::Share;
use super::timeline::{Entry, Scope, TileId, Timeline};
use super::tokens::{self, measure};
use super::view::{Intent, View};
use super::{empty, widgets};
use crate::model::{PhotoId, PixelSize};

/// Dragging the scrubber counts as flying until it has rested for so many seconds.
const DRAG_RESTS: f64 = 0.15;
/// The eye rests here, as a share of the grid's height.
const EYE: f32 = 0.4;

/// The grid's state.
#[derive(Default)]
pub(crate) struct Grid {
    timeline: Timeline,
    layout: Layout,
    /// How the two keep up with the library and the window.
    state: update::State,
    scroll: Scroll,
    anchor: Option<Anchor>,
    /// What keys have brought into view.
    aim: Option<Aim>,
    /// Where other places were left.
    left_at: HashMap<Scope, Anchor>,
    /// Where places were left before this start, until they are shown.
    waiting: HashMap<Scope, Position>,
    /// The tile that keys act on.
    cursor: Option<TileId>,
    pub(crate) hands: Hands,
    /// Where the pointer was when the tile size changed.
    pointer: Option<egui::Pos2>,
    /// Bring this into view once it is laid out.
    reveal: Option<PhotoId>,
    /// The keys are the grid's as soon as nothing covers it.
    takes_keys: bool,
    marks: scrubber::Marks,
    /// How deep the finger of the scrubber was taken.
    grip: f32,
    scrubbing: bool,
}

/// The grid in this frame.
#[derive(Clone, Copy)]
struct Frame {
    /// All of it, scrubber included.
    rect: Rect,
    /// Where tiles stand.
    tiles: Rect,
    scale: f64,
    now: f64,
    flinging: bool,
}

impl Frame {
    /// A rectangle on the page, in points on the screen.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "on screen")]
    fn on_screen(&self, x: i64, y: i64, width: i64, height: i64, offset: f64) -> Rect {
        // Whole pixels on the screen: the page's pixels minus a whole offset.
        let top = y - offset.round() as i64;
        let points = |v: i64| (v as f64 / self.scale) as f32;
        Rect::from_min_size(
            self.tiles.min + vec2(points(x), points(top)),
            vec2(points(width), points(height)),
        )
    }

    fn height_px(&self) -> f64 {
        f64::from(self.rect.height()) * self.scale
    }
}

impl Grid {
    /// The photos as they stand, and files on their way among them.
    pub(crate) const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Brings a photo into view in the next frame and puts the cursor on it: keys act on it from
    /// then on.
    pub(crate) fn reveal(&mut self, photo: PhotoId) {
        self.reveal = Some(photo);
        self.cursor = Some(photo.into());
        self.takes_keys = true;
    }

    /// Where a photo's tile was painted, if it is on screen.
    pub(crate) fn tile_rect(&self, ui: &Ui, rect: Rect, photo: PhotoId) -> Option<Rect> {
        let frame = self.frame(ui, rect);
        let tile = self.layout.tile(self.timeline.place_of(photo)?)?;
        let on_screen =
            frame.on_screen(tile.x, tile.y, tile.width, tile.height, self.scroll.offset());
        on_screen.intersects(rect).then_some(on_screen)
    }

    /// The places in the timeline whose tiles are on screen.
    pub(crate) fn in_view(&self, ui: &Ui, rect: Rect) -> std::ops::Range<usize> {
        let (from, to) = self.visible(&self.frame(ui, rect));
        let mut rows =
            self.layout.rows_between(from, to).map(|row| row.first..row.first + row.count);
        let first = rows.next().unwrap_or(0..0);
        first.start..rows.last().map_or(first.end, |last| last.end)
    }

    /// Whether one can scroll no further up, down.
    pub(crate) fn ends(&self) -> (bool, bool) {
        (self.scroll.offset() <= 0.0, self.scroll.offset() >= self.scroll.limit())
    }

    /// Whether something is moving too fast to look at.
    fn is_flinging(&self, height: f64, now: f64) -> bool {
        let dragged = self.scrubbing && now - self.scroll.last_moved() < DRAG_RESTS;
        dragged || self.scroll.is_flinging(height)
    }

    fn frame(&self, ui: &Ui, rect: Rect) -> Frame {
        let scale = f64::from(ui.pixels_per_point());
        let round = |v: f32| (v * ui.pixels_per_point()).round() / ui.pixels_per_point();
        let tiles = Rect::from_min_max(
            pos2(round(rect.min.x + measure::EDGE), round(rect.min.y)),
            pos2(round(rect.max.x - measure::SCRUBBER), rect.max.y),
        );
        let (height, now) = (f64::from(rect.height()) * scale, ui.ctx().time());
        Frame { rect, tiles, scale, now, flinging: self.is_flinging(height, now) }
    }

    /// Paints the grid of `scope` into `rect`, and wishes for what it lacks.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        scope: Scope,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        let frame = self.frame(ui, rect);
        ui.painter().rect_filled(rect, 0.0, tokens::palette(ui.ctx()).canvas);
        self.update(ui, &frame, scope, view);
        if self.timeline.is_empty() {
            let mut below = rect;
            if let Scope::Album(album) = scope {
                header::album(ui, &frame, album, &self.timeline, 0.0, view, pictures, out);
                below.min.y += header::ALBUM_HEIGHT;
            }
            empty::no_photos(ui, below, scope, view, out);
            return;
        }
        let before = self.scroll.offset();
        let area = ui.interact(rect, Id::unique("grid"), Sense::click_and_drag());
        area.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ListBox, true, "Photos"));
        self.wheel(ui, &frame, view, out);
        self.keys(ui, &frame, &area, view, out);
        self.point(ui, &frame, &area, view, out);
        // The thumb's way is no speed.
        let undrawn = self.scroll.offset();
        let finger = self.scrub(ui, &frame);
        let drawn = self.scroll.offset() - undrawn;
        let moving = self.scroll.advance(
            before + drawn,
            frame.now,
            f64::from(ui.input(|input| input.stable_dt.min(0.1))),
        );
        if moving {
            ui.ctx().request_repaint();
        }
        if (self.scroll.offset() - before).abs() > 0.0 {
            self.drop_anchor(&frame);
            self.keep_in_view(&frame);
        }
        self.hold(ui, &frame, view);
        self.hover(&frame, &area, view);
        let mut clipped = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        clipped.set_clip_rect(rect.intersect(ui.clip_rect()));
        self.tiles(&clipped, &frame, &area, view, pictures, out);
        self.paint_band(&clipped, &frame);
        self.headers(&clipped, &frame, scope, view, pictures, out);
        self.tell_reader(&mut clipped, &frame, &area, view, out);
        self.wish_ahead(&clipped, &frame, view, pictures);
        if let Some(finger) = finger {
            self.scrubber(&clipped, &frame, &finger);
        }
        self.bar(&mut clipped, &frame, &area, view, out);
        self.date_card(&mut clipped, &frame, &area);
        self.menu(&clipped, &frame, &area, view, out);
        self.tip(&clipped, &area, view);
    }

    fn wheel(&mut self, ui: &Ui, frame: &Frame, view: &View<'_>, out: &mut Vec<Intent>) {
        let over = ui.rect_contains_pointer(frame.rect) && !view.is_covered;
        if !over {
            return;
        }
        let (delta, zoom, pointer) = ui.input(|input| {
            (input.smooth_scroll_delta().y, input.zoom_delta(), input.pointer.hover_pos())
        });
        self.scroll.by(-f64::from(delta) * frame.scale, frame.now);
        self.step_size_by_zoom(ui, zoom, pointer, view.tile_size, out);
    }

    /// Ctrl and the wheel, or two fingers: a step of tile size once enough has added up.
    fn step_size_by_zoom(
        &mut self,
        ui: &Ui,
        zoom: f32,
        pointer: Option<egui::Pos2>,
        size: TileSize,
        out: &mut Vec<Intent>,
    ) {
        const STEP: f32 = 1.18;
        let id = Id::unique("grid zoom");
        let so_far = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(1.0) * zoom;
        let next = if so_far > STEP {
            Some(size.larger())
        } else if so_far < 1.0 / STEP {
            Some(size.smaller())
        } else {
            None
        };
        let keep = if next.is_some() { 1.0 } else { so_far };
        ui.data_mut(|data| data.insert_temp(id, keep));
        if let Some(next) = next.filter(|next| *next != size) {
            self.pointer = pointer;
            out.push(Intent::TileSize(next));
        }
    }

    fn tiles(
        &mut self,
        ui: &Ui,
        frame: &Frame,
        area: &egui::Response,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        let (from, to) = self.visible(frame);
        let look = tile::Look {
            size: view.tile_size,
            at_rest: !frame.flinging,
            cursor: self.ringed(area),
        };
        pictures.travels(self.scroll.direction());
        pictures.begin_layer(ui.painter());
        let mut places = 0..0;
        for row in self.layout.rows_between(from, to) {
            for (index, tile) in self.layout.tiles_of(row) {
                let Some(entry) = self.timeline.get(index) else { continue };
                let rect =
                    frame.on_screen(tile.x, tile.y, tile.width, tile.height, self.scroll.offset());
                let photo = match entry.id {
                    TileId::Draft(upload) => {
                        draft::ui(ui, rect, upload, &look, view, out);
                        continue;
                    }
                    TileId::Photo(id) => view.library.photo(id),
                };
                let Some(photo) = photo else { continue };
                let mood = self.hands.mood(ui, entry.id, index, look.at_rest);
                tile::ui(ui, rect, photo, &look, mood, pictures, out);
            }
            let first = if places.is_empty() { row.first } else { places.start };
            places = first..row.first + row.count;
        }
        pictures.end_layer();
        self.hands.painted(places, &self.timeline);
    }

    #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
    fn visible(&self, frame: &Frame) -> (i64, i64) {
        let from = self.scroll.offset();
        (from.floor() as i64, (from + frame.height_px()).ceil() as i64)
    }

    /// Wishes for the screens ahead, what is next to come into view first, as far as there is
    /// room.
    fn wish_ahead(&self, ui: &Ui, frame: &Frame, view: &View<'_>, pictures: &mut Pictures) {
        if frame.flinging {
            return pictures.look_away();
        }
        let (from, to) = self.visible(frame);
        if !pictures.looks_ahead(ui.ctx(), ((from, to), self.layout.edition())) {
            return;
        }
        let screen = to - from;
        let upwards = self.scroll.direction() < 0.0;
        let order = if upwards {
            [(from - screen * 2, from), (to, to + screen)]
        } else {
            [(to, to + screen * 2), (from - screen, from)]
        };
        for (start, end) in order {
            let rows = self.layout.rows_between(start, end);
            let mut tiles: Vec<_> = rows.flat_map(|row| self.layout.tiles_of(row)).collect();
            if start < from {
                tiles.reverse();
            }
            for (index, tile) in tiles {
                let photo = self.timeline.get(index).and_then(Entry::photo);
                let Some(photo) = photo.and_then(|id| view.library.photo(id)) else { continue };
                let side = |v: i64| u32::try_from(v).unwrap_or(320);
                let fit = PixelSize::new(side(tile.width), side(tile.height));
                if !pictures.wish_ahead(photo, fit) {
                    return;
                }
            }
        }
    }

    fn headers(
        &mut self,
        ui: &Ui,
        frame: &Frame,
        scope: Scope,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        #[expect(clippy::cast_possible_truncation, reason = "on screen")]
        let offset = (self.scroll.offset().round() / frame.scale) as f32;
        if let Scope::Album(album) = scope {
            header::album(ui, frame, album, &self.timeline, offset, view, pictures, out);
        }
        let (from, to) = self.visible(frame);
        let page = Page { timeline: &self.timeline, library: view.library };
        for section in self.layout.sections_between(from, to) {
            let at = frame.on_screen(0, section.y, 0, 0, self.scroll.offset()).min;
            let end = frame.on_screen(0, section.end, 0, 0, self.scroll.offset()).min.y;
            let places = section.first..section.first + section.count;
            let share = self.hands.share(places.clone(), &page);
            let state = (share, self.hands.is_choosing());
            let by_month = view.tile_size.by_month();
            if header::section(ui, frame, &section, (at.y, end), by_month, state) {
                self.hands.end_range();
                self.hands.all_soon = false;
                self.hands.selection.put_all(places, share != Share::All);
            }
        }
    }
}

/// Nothing behind the words while something is under them.
fn fade_under(ui: &Ui, rect: Rect, canvas: Color32) {
    let solid = canvas.gamma_multiply(0.97);
    ui.painter().rect_filled(rect, 0.0, solid);
    let fade = Rect::from_min_size(rect.left_bottom(), vec2(rect.width(), 16.0));
    widgets::scrim_down(ui.painter(), fade, 0.0, solid);
}
