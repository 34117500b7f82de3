//! One photo on black: it grows out of its tile, gets better without moving, and goes back.
//!
//! Window thread only. What can be seen of the photo is `pictures`'; here is where it lies.

mod animation;
mod camera;
mod card;
mod controls;
mod facts;
mod filmstrip;
mod hands;
mod info;
pub(crate) mod more;
mod picture;
mod play;
mod skim;
mod slides;
mod slideshow;
mod space;
mod state;
#[cfg(test)]
mod tests;
mod turn;
mod wishes;

use std::collections::HashMap;

use egui::{Id, Popup, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use self::animation::Moving;
use self::camera::{Camera, Stage};
use self::filmstrip::{Chosen, Strip};
pub(crate) use self::picture::Quality;
use self::picture::Shot;
use self::skim::Skim;
pub(crate) use self::slideshow::Options as SlideOptions;
use self::slideshow::Slideshow;
use self::space::Known;
use self::turn::Turn;
use super::particulars::Particular;
use super::pictures::{Patch, Pictures};
use super::text;
use super::timeline::{Entry, Timeline};
use super::tokens::{self, measure, motion, viewer as look};
use super::view::{Intent, View};
use crate::engine::Frames;
use crate::model::{Library, PhotoId, PhotoRef, Rendition};

/// What the viewer shows and how.
pub(crate) struct Viewer {
    photo: PhotoId,
    camera: Camera,
    /// What is known of the photo's size, and what the camera took it for in the last frame.
    known: Known,
    space: Option<Vec2>,
    /// How photos are turned for as long as the viewer is open.
    turns: HashMap<PhotoId, Turn>,
    began: f64,
    /// The tile it grew out of.
    from: Rect,
    closing: Option<f64>,
    /// When another photo was gone to, and which way one is going: 1 or -1.
    turned: f64,
    way: isize,
    skim: Skim,
    moved: f64,
    pub(crate) info: bool,
    filmstrip: bool,
    strip: Strip,
    full_screen: bool,
    /// Nothing but the photo is shown.
    bare: bool,
    /// When a click asked for all the rest again.
    clicked: Option<f64>,
    /// What was painted of the photo in the last frame.
    quality: Quality,
    moving: Moving,
    show: Option<Slideshow>,
    /// What the next slide show is like.
    pub(crate) slides: SlideOptions,
}

/// After this many seconds without movement the controls fade.
const CONTROLS_STAY: f64 = 2.0;
/// In a window less wide than this the info panel lies over the photo.
const NARROW: f32 = 800.0;
/// What buttons and title take at the top.
const TOP: f32 = 56.0;
/// Whoever stays for so many seconds wants to know more, and has seen what was there.
const REST: f64 = 0.15;

impl Viewer {
    /// Opens on a photo whose tile is at `from`.
    pub(crate) fn open(
        photo: PhotoId,
        from: Rect,
        now: f64,
        info: bool,
        slides: SlideOptions,
    ) -> Self {
        Self {
            photo,
            camera: Camera::Fitted,
            known: Known::default(),
            space: None,
            turns: HashMap::new(),
            began: now,
            from,
            closing: None,
            turned: now,
            way: 1,
            skim: Skim::default(),
            moved: now,
            info,
            filmstrip: true,
            strip: Strip::default(),
            full_screen: false,
            bare: false,
            clicked: None,
            quality: Quality::Nothing,
            moving: Moving::default(),
            show: None,
            slides,
        }
    }

    /// The photo that is shown.
    pub(crate) const fn photo(&self) -> PhotoId {
        self.photo
    }

    /// What the last frame painted of it.
    pub(crate) const fn quality(&self) -> Quality {
        self.quality
    }

    /// Whether the gallery shows behind it, while it grows or shrinks.
    pub(crate) fn shows_gallery(&self, ctx: &egui::Context) -> bool {
        self.closing.is_some() || self.openness(ctx) < 1.0
    }

    pub(crate) const fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Begins to close; the gallery is asked to have the photo's tile in view.
    pub(crate) fn close(&mut self, ctx: &egui::Context) {
        self.stop_show(ctx);
        if self.full_screen {
            self.set_full_screen(ctx, false);
        }
        self.closing.get_or_insert(ctx.time());
        ctx.request_repaint();
    }

    /// Whether it has gone back into its tile.
    pub(crate) fn is_over(&self, ctx: &egui::Context) -> bool {
        self.closing.is_some() && self.openness(ctx) <= 0.0
    }

    /// A picture that was asked to be played does move.
    pub(crate) fn moves(&mut self, photo: PhotoId, frames: Frames) {
        self.moving.receive(photo, frames);
    }

    fn set_full_screen(&mut self, ctx: &egui::Context, on: bool) {
        self.full_screen = on;
        ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(on));
    }

    fn turn_of(&self, photo: PhotoId) -> Turn {
        self.turns.get(&photo).copied().unwrap_or_default()
    }

    /// 0: a tile; 1: the viewer.
    #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
    fn openness(&self, ctx: &egui::Context) -> f32 {
        let seconds = f64::from(tokens::seconds(ctx, motion::VIEWER));
        let share = |since: f64| {
            if seconds > 0.0 {
                ((ctx.time() - since) / seconds).clamp(0.0, 1.0) as f32
            } else {
                1.0
            }
        };
        self.closing.map_or_else(
            || tokens::ease_out(share(self.began)),
            |since| 1.0 - tokens::ease_out(share(since)),
        )
    }

    /// Paints the viewer over the window. `tile` is where the photo's tile is now, if it is on
    /// screen.
    #[expect(clippy::too_many_arguments, reason = "what every screen gets, and the tile")]
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        window: Rect,
        tile: Option<Rect>,
        timeline: &Timeline,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        let openness = self.openness(ui.ctx());
        if openness < 1.0 {
            ui.ctx().request_repaint();
        }
        let ground = look::GROUND.gamma_multiply(openness);
        ui.painter().rect_filled(window, 0.0, ground);
        // Nothing behind it answers.
        ui.interact(window, Id::unique("viewer"), Sense::click_and_drag());
        // A menu has the keys while it is open.
        if openness >= 1.0 && !view.is_covered && !Popup::is_any_open(ui.ctx()) {
            let stage = view.library.photo(self.photo).map(|photo| {
                let parts = self.parts(window);
                self.stage(ui, parts.picture, photo, pictures)
            });
            if let Some(stage) = stage {
                self.keys(ui, &stage, timeline, out);
            }
        }
        if openness >= 1.0 {
            self.go_on(ui.ctx(), timeline, view, pictures);
        }
        let Some(photo) = view.library.photo(self.photo) else {
            // It was deleted elsewhere: its neighbour was chosen, or there is none.
            self.close(ui.ctx());
            return;
        };
        let parts = self.parts(window);
        let stage = self.stage(ui, parts.picture, photo, pictures);
        self.camera.clamp(&stage);
        let pixels = window.size() * stage.pixels_per_point;
        self.wish(ui.ctx(), photo, &stage, pixels, timeline, view, pictures);
        if openness < 1.0 {
            self.growing(ui, tile.unwrap_or(self.from), openness, &stage, photo, pictures);
            return;
        }
        self.open_ui(ui, &parts, photo, &stage, timeline, view, pictures, out);
    }

    /// Between tile and window.
    fn growing(
        &mut self,
        ui: &Ui,
        tile: Rect,
        openness: f32,
        stage: &Stage,
        photo: PhotoRef<'_>,
        pictures: &mut Pictures,
    ) {
        let from = camera::around(tile, stage.photo);
        let rect = camera::between(from, self.camera.rect(stage), openness);
        let clip = camera::between(tile, stage.view, openness);
        let shot = Shot { rect, clip, ..self.shot(stage, ui.ctx()) };
        self.quality = picture::paint(ui, &shot, photo, pictures);
    }

    #[expect(clippy::too_many_arguments, reason = "what every screen gets, and where things are")]
    fn open_ui(
        &mut self,
        ui: &mut Ui,
        parts: &Parts,
        photo: PhotoRef<'_>,
        stage: &Stage,
        timeline: &Timeline,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        if self.show.is_some() {
            return self.show_ui(ui, parts.picture, photo, stage, view, pictures, out);
        }
        let id = Id::unique("viewer picture");
        let response = ui.interact(parts.picture, id, Sense::click_and_drag());
        let name = || format!("Showing {}", text::isolate(photo.name()));
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name()));
        self.hands(ui, &response, stage, parts.panel);
        self.notice(ui);
        let mut shot = self.shot(stage, ui.ctx());
        shot.frame = self.frame(ui.ctx(), photo, &shot, stage, pictures, out);
        self.quality = picture::paint(ui, &shot, photo, pictures);
        if self.bare {
            self.wake(ui.ctx(), &response);
            return;
        }
        if !self.skim.is_fast(ui.ctx().time()) {
            let (is_close, since) = (shot.is_close, ui.ctx().time() - self.turned);
            let shown = state::Shown { photo, is_close, since };
            state::paint(ui, parts.picture, &shown, view, pictures, out);
        }
        if let Some(strip) = parts.strip {
            let chosen = self.strip.ui(ui, strip, self.photo, timeline, view, pictures);
            match chosen {
                Some(Chosen::Photo(photo)) => self.turn_to(photo, ui.ctx().time()),
                Some(Chosen::By(by)) => self.step(timeline, by, ui.ctx().time()),
                None => {}
            }
            if chosen.is_some() {
                ui.ctx().request_repaint();
            }
        }
        self.controls(ui, parts.picture, photo, stage, timeline, view, out);
        if let Some(panel) = parts.panel
            && info::ui(ui, panel, photo, view, pictures, out)
        {
            self.info = false;
        }
        if self.info {
            self.describe(ui.ctx(), timeline, view, out);
        }
    }

    /// Once one rests on a photo, asks what its file tells; once that is known, its neighbours'.
    fn describe(
        &self,
        ctx: &egui::Context,
        timeline: &Timeline,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let left = self.turned + REST - ctx.time();
        if left > 0.0 {
            ctx.request_repaint_after_secs(0.1);
            return;
        }
        if !matches!(view.particulars.get(self.photo), Some(Particular::Known(_))) {
            out.push(Intent::Describe(self.photo));
            return;
        }
        let Some(at) = timeline.photo_place(self.photo) else { return };
        for step in [1, -1] {
            let entry = at.checked_add_signed(step).and_then(|place| timeline.photo_at(place));
            out.extend(entry.and_then(Entry::photo).map(Intent::Describe));
        }
    }

    /// Where things stand in the window.
    fn parts(&self, window: Rect) -> Parts {
        let is_alone = self.bare || self.show.is_some();
        let (has_panel, has_strip) = (self.info && !is_alone, self.filmstrip && !is_alone);
        let panel = measure::INFO_PANEL.min(window.width());
        let edge = window.max.x - panel;
        let lies_over = window.width() < NARROW;
        let right = if has_panel && !lies_over { edge } else { window.max.x };
        let bottom = window.max.y - if has_strip { look::FILMSTRIP_HEIGHT } else { 0.0 };
        let beside = Rect::from_min_max(pos2(edge, window.min.y), window.max);
        let over = Rect::from_min_max(pos2(edge, window.min.y + TOP), pos2(window.max.x, bottom));
        let strip = Rect::from_min_max(pos2(window.min.x, bottom), pos2(right, window.max.y));
        Parts {
            picture: Rect::from_min_max(window.min, pos2(right, bottom)),
            strip: has_strip.then_some(strip),
            panel: has_panel.then_some(if lies_over { over } else { beside }),
        }
    }

    /// Where the photo is shown: messages stand within it.
    pub(crate) fn room(&self, window: Rect) -> Rect {
        self.parts(window).picture
    }

    /// What the camera goes by in this frame. What is seen stays where it is when the photo's size
    /// turns out to be another.
    fn stage(&mut self, ui: &Ui, view: Rect, photo: PhotoRef<'_>, pictures: &Pictures) -> Stage {
        let size = |kind| pictures.large(photo.id(), kind);
        let original = size(Rendition::Original).filter(|large| !large.is_partial());
        self.known = Known {
            told: photo.size(),
            real: original
                .map(|large| large.reduced_from().unwrap_or(large.size()))
                .or(self.known.real.filter(|_| self.space.is_some())),
            shape: size(Rendition::Screen)
                .map(super::pictures::Large::size)
                .or_else(|| pictures.thumbnail_size(photo.id())),
        };
        let upright = self.known.size(self.camera == Camera::Fitted);
        let turn = self.turn_of(photo.id());
        if let Some(before) = self.space.replace(upright)
            && before != upright
        {
            self.camera.rebase(turn.size(before), turn.size(upright));
        }
        Stage { view, photo: turn.size(upright), pixels_per_point: ui.pixels_per_point() }
    }

    fn shot(&self, stage: &Stage, ctx: &egui::Context) -> Shot {
        Shot {
            rect: self.camera.rect(stage),
            clip: stage.view,
            turn: self.turn_of(self.photo),
            // What comes at once is there at once; later, one has got used to what it replaces.
            fades: ctx.time() > self.turned + REST && !self.skim.is_held(),
            is_close: self.is_close(stage),
            share: 1.0,
            frame: None,
        }
    }

    /// The frame of a picture that moves.
    fn frame(
        &mut self,
        ctx: &egui::Context,
        photo: PhotoRef<'_>,
        shot: &Shot,
        stage: &Stage,
        pictures: &Pictures,
        out: &mut Vec<Intent>,
    ) -> Option<Patch> {
        if !self.skim.is_held() {
            let window = wishes::fit_px(stage.view.size() * stage.pixels_per_point);
            out.extend(self.moving.ask(photo, window, pictures).map(Intent::Request));
        }
        let magnified = shot.rect.width() * stage.pixels_per_point / stage.photo.x.max(1.0);
        self.moving.frame(ctx, self.photo, magnified > 4.0)
    }

    fn turn_to(&mut self, photo: PhotoId, now: f64) {
        self.photo = photo;
        self.camera = Camera::Fitted;
        self.space = None;
        self.turned = now;
    }

    /// If the photo is gone, its neighbour takes its place: the next in what was shown, or the one
    /// before it.
    pub(crate) fn replace_gone(&mut self, shown: &Timeline, library: &Library, now: f64) {
        if library.photo(self.photo).is_some() {
            return;
        }
        let place = shown.place_of(self.photo).unwrap_or(0);
        let mut around = (place..shown.len()).chain((0..place).rev());
        let stands = |at| shown.get(at)?.photo().filter(|id| library.photo(*id).is_some());
        if let Some(photo) = around.find_map(stands) {
            self.turn_to(photo, now);
        }
    }
}

/// Where things stand in the window.
struct Parts {
    picture: Rect,
    strip: Option<Rect>,
    panel: Option<Rect>,
}
