//! One photo on black: it grows out of its tile, gets better without moving, and goes back.

mod camera;
mod controls;
mod filmstrip;
mod info;
mod picture;

use egui::{Id, Rect, Sense, Ui, Vec2, pos2, vec2};

use self::camera::{Camera, Stage};
use super::keys::{self, Action};
use super::pictures::Pictures;
use super::timeline::{Entry, Timeline};
use super::tokens::{self, measure, motion, viewer as look};
use super::view::{Intent, View};
use crate::model::{Library, MediaKind, PhotoId, PhotoRef, PixelSize, Rendition};

/// What the viewer shows and how.
pub(crate) struct Viewer {
    photo: PhotoId,
    camera: Camera,
    began: f64,
    /// The tile it grew out of.
    from: Rect,
    closing: Option<f64>,
    /// When another photo was gone to.
    turned: f64,
    moved: f64,
    pub(crate) info: bool,
    filmstrip: bool,
    full_screen: bool,
}

/// After this many seconds without movement the controls fade.
const CONTROLS_STAY: f64 = 2.0;
/// Skimming: neighbours are fetched only once one rests on a photo.
const REST: f64 = 0.15;

impl Viewer {
    /// Opens on a photo whose tile is at `from`.
    pub(crate) const fn open(photo: PhotoId, from: Rect, now: f64, info: bool) -> Self {
        Self {
            photo,
            camera: Camera::Fitted,
            began: now,
            from,
            closing: None,
            turned: now,
            moved: now,
            info,
            filmstrip: true,
            full_screen: false,
        }
    }

    /// The photo that is shown.
    pub(crate) const fn photo(&self) -> PhotoId {
        self.photo
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

    fn set_full_screen(&mut self, ctx: &egui::Context, on: bool) {
        self.full_screen = on;
        ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(on));
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
        let area = ui.interact(window, Id::unique("viewer"), Sense::click_and_drag());
        let Some(photo) = view.library.photo(self.photo) else {
            // It was deleted elsewhere: its neighbour was chosen, or there is none.
            self.close(ui.ctx());
            return;
        };
        let panel = if self.info { measure::INFO_PANEL.min(window.width() * 0.5) } else { 0.0 };
        let strip = if self.filmstrip { look::FILMSTRIP_HEIGHT } else { 0.0 };
        let picture =
            Rect::from_min_max(window.min, pos2(window.max.x - panel, window.max.y - strip));
        let stage = Stage {
            view: picture,
            photo: size_of(photo, pictures),
            pixels_per_point: ui.pixels_per_point(),
        };
        self.camera.clamp(&stage);
        if openness < 1.0 {
            let tile = tile.unwrap_or(self.from);
            let clip = camera::between(tile, picture, openness);
            let from = camera::around(tile, stage.photo);
            let rect = camera::between(from, self.camera.rect(&stage), openness);
            picture::paint(ui, rect, clip, photo, pictures);
            self.wish(ui, photo, &stage, timeline, view, pictures);
            return;
        }
        let response = ui.interact(picture, Id::unique("viewer picture"), Sense::click_and_drag());
        self.hands(ui, &area, &response, &stage);
        picture::paint(ui, self.camera.rect(&stage), picture, photo, pictures);
        picture::state(ui, picture, photo, pictures, out);
        self.wish(ui, photo, &stage, timeline, view, pictures);
        if self.filmstrip {
            let strip =
                Rect::from_min_max(picture.left_bottom(), pos2(picture.max.x, window.max.y));
            if let Some(chosen) = filmstrip::ui(ui, strip, self.photo, timeline, view, pictures) {
                self.turn_to(chosen, ui.ctx().time());
            }
        }
        if self.info {
            let panel = Rect::from_min_max(pos2(window.max.x - panel, window.min.y), window.max);
            if info::ui(ui, panel, photo, view, pictures) {
                self.info = false;
            }
        }
        self.controls(ui, picture, photo, &stage, timeline, view, out);
        if !view.is_covered {
            self.keys(ui, &stage, timeline, out);
        }
    }

    fn hands(&mut self, ui: &Ui, area: &egui::Response, response: &egui::Response, stage: &Stage) {
        let (delta, zoom, pointer, still) = ui.input(|input| {
            let wheel = input.smooth_scroll_delta().y;
            let still = input.pointer.time_since_last_movement();
            (wheel, input.zoom_delta(), input.pointer.latest_pos(), still)
        });
        let now = ui.ctx().time();
        self.moved = self.moved.max(now - f64::from(still));
        if area.clicked() || response.clicked() {
            self.moved = now;
        }
        let at = pointer.unwrap_or(stage.view.center());
        if stage.view.contains(at) {
            let factor = zoom * (delta / 240.0).exp();
            if (factor - 1.0).abs() > 1e-4 {
                self.camera.zoom(stage, factor, at);
            }
        }
        if response.double_clicked() {
            self.camera.fit_or_full(stage, at);
        }
        if response.dragged() {
            self.camera.pan(stage, response.drag_delta());
        }
        if response.dragged() && matches!(self.camera, Camera::Free { .. }) {
            ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
        }
    }

    fn keys(&mut self, ui: &Ui, stage: &Stage, timeline: &Timeline, out: &mut Vec<Intent>) {
        let ctx = ui.ctx();
        for action in keys::pressed(ctx, keys::Place::Viewer) {
            match action {
                Action::Previous => self.step(timeline, -1, ctx.time()),
                Action::Next => self.step(timeline, 1, ctx.time()),
                Action::FitOrFull => self.camera.fit_or_full(stage, stage.view.center()),
                Action::Fit => self.camera = Camera::Fitted,
                Action::Full => self.camera.zoom_to(stage, stage.full(), stage.view.center()),
                Action::Info => self.info = !self.info,
                Action::Filmstrip => self.filmstrip = !self.filmstrip,
                Action::FullScreen => self.set_full_screen(ctx, !self.full_screen),
                Action::Save => out.push(Intent::Save(vec![self.photo])),
                Action::DeleteForGood => out.push(Intent::Delete(vec![self.photo])),
                Action::Back => self.close(ctx),
                _ => {}
            }
        }
    }

    fn step(&mut self, timeline: &Timeline, by: isize, now: f64) {
        let Some(at) = timeline.photo_place(self.photo) else { return };
        let next = at.saturating_add_signed(by);
        let next = timeline.photo_at(next).filter(|_| next != at);
        if let Some(photo) = next.and_then(Entry::photo) {
            self.turn_to(photo, now);
        }
    }

    fn turn_to(&mut self, photo: PhotoId, now: f64) {
        self.photo = photo;
        self.camera = Camera::Fitted;
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

    /// Says what is wanted: this photo first, then the strip, then its neighbours.
    fn wish(
        &self,
        ui: &Ui,
        photo: PhotoRef<'_>,
        stage: &Stage,
        timeline: &Timeline,
        view: &View<'_>,
        pictures: &mut Pictures,
    ) {
        let fit = fit_px(stage.view.size() * stage.pixels_per_point);
        let thumb = PixelSize::new(320, 320);
        pictures.wish_preview(photo);
        pictures.wish_thumbnail(photo, thumb);
        let rests = ui.ctx().time() - self.turned > REST;
        wish_screen(photo, fit, pictures);
        // Beyond what the screen's rendition holds, the original's own pixels.
        let pixels = self.camera.scale(stage) * stage.pixels_per_point;
        let closer = pixels > stage.fit() * stage.pixels_per_point * 1.02;
        if closer && is_still(photo) {
            pictures.wish(photo.id(), Rendition::Original, photo.size());
        }
        let Some(at) = timeline.photo_place(photo.id()) else { return };
        for step in 1..=12_isize {
            for place in [at.checked_add_signed(step), at.checked_add_signed(-step)] {
                let entry = place.and_then(|place| timeline.photo_at(place));
                if let Some(photo) =
                    entry.and_then(Entry::photo).and_then(|id| view.library.photo(id))
                {
                    pictures.wish_thumbnail(photo, thumb);
                }
            }
        }
        if !rests {
            ui.ctx().request_repaint_after_secs(0.1);
            return;
        }
        for step in [1, -1, 2, -2] {
            let entry = at.checked_add_signed(step).and_then(|place| timeline.photo_at(place));
            if let Some(photo) = entry.and_then(Entry::photo).and_then(|id| view.library.photo(id))
            {
                wish_screen(photo, fit, pictures);
            }
        }
    }
}

fn is_still(photo: PhotoRef<'_>) -> bool {
    matches!(photo.kind(), MediaKind::Image)
}

fn wish_screen(photo: PhotoRef<'_>, fit: PixelSize, pictures: &mut Pictures) {
    if is_still(photo) {
        let fit = if photo.size().is_empty() { fit } else { photo.size().fit(fit) };
        pictures.wish(photo.id(), Rendition::Screen, fit);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a window's size")]
fn fit_px(size: Vec2) -> PixelSize {
    let side = |v: f32| v.ceil().clamp(1.0, 65_535.0) as u32;
    PixelSize::new(side(size.x), side(size.y))
}

/// The photo's size in its own pixels; where Telegram does not say, as its pictures have it.
#[expect(clippy::cast_precision_loss, reason = "sides of a picture")]
fn size_of(photo: PhotoRef<'_>, pictures: &mut Pictures) -> Vec2 {
    let size = if photo.size().is_empty() {
        pictures
            .large(photo.id(), Rendition::Screen)
            .map(super::pictures::Large::size)
            .or_else(|| pictures.thumbnail_size(photo.id()))
            .unwrap_or(PixelSize::new(1024, 768))
    } else {
        photo.size()
    };
    vec2(size.width as f32, size.height as f32)
}
