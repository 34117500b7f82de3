//! The grid of photos: justified rows under sticky day headers, only what is on screen painted.

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

use std::collections::HashMap;

use egui::{Color32, Id, Rect, Sense, Ui, pos2, vec2};

pub(crate) use self::hands::Hands;
use self::hands::Page;
pub(crate) use self::header::menu as album_menu;
use self::layout::{Layout, Params};
pub(crate) use self::position::Position;
use self::scroll::Scroll;
pub(crate) use self::size::TileSize;
use super::pictures::Pictures;
use super::selection::Share;
use super::timeline::{Entry, Scope, TileId, Timeline};
use super::tokens::{self, measure};
use super::view::{Intent, View};
use super::{empty, widgets};
use crate::model::{PhotoId, PixelSize, Rendition};

/// The photo under the eye and where on the screen it is: what stays put.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Anchor {
    tile: TileId,
    /// How far down the tile, 0..=1.
    within: f64,
    /// Physical pixels below the top of the grid.
    below_top: f64,
}

/// What the layout was made from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Made {
    scope: Scope,
    revision: u64,
    /// Of the files on their way.
    drafts: u64,
    params: Params,
}

/// Dragging the scrubber counts as flying until it has rested for so many seconds.
const DRAG_RESTS: f64 = 0.15;
/// The eye rests here, as a share of the grid's height.
const EYE: f32 = 0.4;

/// The grid's state.
#[derive(Default)]
pub(crate) struct Grid {
    timeline: Timeline,
    /// The photos alone, while `timeline` holds files on their way too.
    photos: Option<Timeline>,
    layout: Layout,
    made: Option<Made>,
    scroll: Scroll,
    anchor: Option<Anchor>,
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
    /// When the last layout was made and how long it took: a growing library is not laid out anew
    /// in every frame.
    made_at: f64,
    made_in: f64,
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
    /// The photos as they stand, for the viewer to walk through.
    pub(crate) fn timeline(&self) -> &Timeline {
        self.photos.as_ref().unwrap_or(&self.timeline)
    }

    /// Brings a photo into view in the next frame and puts the cursor on it.
    pub(crate) fn reveal(&mut self, photo: PhotoId) {
        self.reveal = Some(photo);
        self.cursor = Some(photo.into());
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
        let rows = self.layout.rows_between(from, to);
        rows.first()
            .zip(rows.last())
            .map_or(0..0, |(first, last)| first.first..last.first + last.count)
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
        self.update_layout(ui, &frame, scope, view);
        if self.timeline.is_empty() {
            let mut below = rect;
            if let Scope::Album(album) = scope {
                header::album(ui, &frame, album, self.timeline(), 0.0, view, pictures, out);
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
        let moving = self.scroll.advance(
            before,
            frame.now,
            f64::from(ui.input(|input| input.stable_dt.min(0.1))),
        );
        if moving {
            ui.ctx().request_repaint();
        }
        if (self.scroll.offset() - before).abs() > 0.0 {
            self.drop_anchor(&frame);
        }
        self.hold(ui, &frame, view);
        let mut clipped = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        clipped.set_clip_rect(rect.intersect(ui.clip_rect()));
        self.tiles(&clipped, &frame, &area, view, pictures, out);
        self.paint_band(&clipped, &frame);
        self.headers(&clipped, &frame, scope, view, pictures, out);
        self.tell_reader(&mut clipped, &frame, &area, view, out);
        self.wish_ahead(&frame, view, pictures);
        self.scrubber(&clipped, &frame);
        self.bar(&mut clipped, &frame, &area, view, out);
        self.date_card(&mut clipped, &frame, &area);
        self.menu(&clipped, &frame, &area, view, out);
        self.tip(&clipped, &area, view);
    }

    fn update_layout(&mut self, ui: &Ui, frame: &Frame, scope: Scope, view: &View<'_>) {
        #[expect(clippy::cast_possible_truncation, reason = "a window's size")]
        let px = |points: f32| (f64::from(points) * frame.scale).round() as i64;
        let head = if matches!(scope, Scope::Album(_)) { header::ALBUM_HEIGHT } else { 0.0 };
        let params = Params {
            width: px(frame.tiles.width()).max(1),
            scale: frame.scale,
            size: view.tile_size,
            head: px(head),
        };
        let (revision, drafts) = (view.library.revision(), view.uploads.revision());
        let made = Made { scope, revision, drafts, params };
        let same_photos = self.made.is_some_and(|m| Made { params, ..m } == made);
        if self.made == Some(made) {
            return self.settle(frame);
        }
        let same_scope = self.made.is_some_and(|m| m.scope == scope);
        let only_grew = same_scope && self.made.is_some_and(|m| m.params == params);
        if only_grew && frame.now - self.made_at < self.made_in * 8.0 {
            ui.ctx().request_repaint_after_secs(0.1);
            return self.settle(frame);
        }
        if let Some(old) = self.made.filter(|old| old.scope != scope) {
            if let Some(anchor) = self.anchor.take() {
                self.left_at.insert(old.scope, anchor);
            }
            self.scroll = Scroll::default();
            self.cursor = None;
            self.hands.let_go();
            self.anchor = self.left_at.get(&scope).copied();
        }
        let pointer_anchor = self.pointer.take().and_then(|at| self.anchor_at(frame, at));
        let at_top = same_scope && self.scroll.offset() <= 0.0 && pointer_anchor.is_none();
        let old_place = self.anchor.and_then(|anchor| self.timeline.place_of(anchor.tile));
        let began = std::time::Instant::now();
        self.hands.before_change(&self.timeline, view.library);
        if !same_photos {
            let photos = Timeline::of(view.library, scope, view.zone);
            let all = Timeline::with_drafts(view.library, view.uploads, scope, view.zone);
            (self.timeline, self.photos) = match all {
                Some(all) => (all, Some(photos)),
                None => (photos, None),
            };
        }
        self.layout = Layout::of(&self.timeline, &params);
        (self.made_in, self.made_at) = (began.elapsed().as_secs_f64(), frame.now);
        self.made = Some(made);
        self.set_limit(frame);
        if at_top {
            self.scroll.hold(0.0);
        } else if let Some(anchor) = pointer_anchor.or(self.anchor) {
            self.hold_anchor(anchor, old_place);
        }
        self.go_back(scope, frame);
        self.settle(frame);
        ui.ctx().request_repaint();
    }

    /// After any layout: limits, and a photo that wants to be seen.
    fn settle(&mut self, frame: &Frame) {
        self.set_limit(frame);
        let Some(photo) = self.reveal.take() else { return };
        let tile = self.timeline.place_of(photo).and_then(|place| self.layout.tile(place));
        let Some(tile) = tile else { return };
        #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
        let (top, bottom) = (tile.y as f64, (tile.y + tile.height) as f64);
        let (offset, height) = (self.scroll.offset(), frame.height_px());
        let header = f64::from(measure::DAY_HEADER) * frame.scale;
        if top < offset + header || bottom > offset + height {
            self.scroll.hold(f64::midpoint(top, bottom) - height * f64::from(EYE));
            self.drop_anchor(frame);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
    fn set_limit(&mut self, frame: &Frame) {
        self.scroll.set_limit(self.layout.height() as f64 - frame.height_px());
    }

    /// Notes which photo the eye rests on.
    fn drop_anchor(&mut self, frame: &Frame) {
        self.stay_here();
        let eye = pos2(frame.tiles.center().x, egui::lerp(frame.rect.y_range(), EYE));
        self.anchor = self.anchor_at(frame, eye);
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "on screen")]
    fn anchor_at(&self, frame: &Frame, at: egui::Pos2) -> Option<Anchor> {
        let below_top = f64::from(at.y - frame.rect.min.y) * frame.scale;
        let y = self.scroll.offset() + below_top;
        let x = f64::from(at.x - frame.tiles.min.x) * frame.scale;
        let index = self.layout.nearest(x as i64, y as i64)?;
        let (tile, entry) = (self.layout.tile(index)?, self.timeline.get(index)?);
        let within = ((y - tile.y as f64) / tile.height as f64).clamp(0.0, 1.0);
        let below_top = tile.y as f64 + tile.height as f64 * within - self.scroll.offset();
        Some(Anchor { tile: entry.id, within, below_top })
    }

    /// Scrolls so that the anchor is where it was. If its photo is gone, its neighbour stands in.
    fn hold_anchor(&mut self, anchor: Anchor, old_place: Option<usize>) {
        let last = self.timeline.len().saturating_sub(1);
        let place = self.timeline.place_of(anchor.tile).or(old_place.map(|old| old.min(last)));
        let Some(tile) = place.and_then(|place| self.layout.tile(place)) else { return };
        #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
        let y = tile.y as f64 + tile.height as f64 * anchor.within;
        self.scroll.hold(y - anchor.below_top);
        self.anchor = Some(anchor);
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
            cursor: self.cursor.filter(|_| area.has_focus()),
        };
        let mut places = 0..0;
        for row in self.layout.rows_between(from, to) {
            for index in row.first..row.first + row.count {
                let Some((tile, entry)) = self.layout.tile(index).zip(self.timeline.get(index))
                else {
                    continue;
                };
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
        self.hands.painted(places, &self.timeline);
    }

    #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
    fn visible(&self, frame: &Frame) -> (i64, i64) {
        let from = self.scroll.offset();
        (from.floor() as i64, (from + frame.height_px()).ceil() as i64)
    }

    /// Wishes for the screens ahead, in the direction of travel first.
    fn wish_ahead(&self, frame: &Frame, view: &View<'_>, pictures: &mut Pictures) {
        let (from, to) = self.visible(frame);
        let screen = to - from;
        let (below, above) = ((to, to + screen * 2), (from - screen, from));
        let order = if self.scroll.direction() < 0.0 {
            [(from - screen * 2, from), (to, to + screen)]
        } else {
            [below, above]
        };
        for (from, to) in order {
            for row in self.layout.rows_between(from, to) {
                for index in row.first..row.first + row.count {
                    let photo = self.timeline.get(index).and_then(Entry::photo);
                    let Some(photo) = photo.and_then(|id| view.library.photo(id)) else { continue };
                    if photo.has_preview() && photo.blur().is_none() {
                        pictures.wish(photo.id(), Rendition::Preview, PixelSize::new(40, 40));
                    }
                    if !frame.flinging
                        && let Some(tile) = self.layout.tile(index)
                    {
                        let side = |v: i64| u32::try_from(v).unwrap_or(320);
                        let fit = PixelSize::new(side(tile.width), side(tile.height));
                        pictures.wish_thumbnail(photo, fit);
                    }
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
            header::album(ui, frame, album, self.timeline(), offset, view, pictures, out);
        }
        let (from, to) = self.visible(frame);
        let sections = self.layout.sections();
        let first = sections.partition_point(|section| section.end < from);
        let page = Page { timeline: &self.timeline, library: view.library };
        for section in sections.iter().skip(first).take_while(|section| section.y < to) {
            let at = frame.on_screen(0, section.y, 0, 0, self.scroll.offset()).min;
            let end = frame.on_screen(0, section.end, 0, 0, self.scroll.offset()).min.y;
            let places = section.first..section.first + section.count;
            let share = self.hands.share(places.clone(), &page);
            let state = (share, self.hands.has_selection());
            let by_month = view.tile_size.by_month();
            if header::section(ui, frame, section, (at.y, end), by_month, state) {
                self.hands.end_range();
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
    widgets::scrim_down(ui.painter(), fade, solid);
}
