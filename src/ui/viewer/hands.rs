//! The viewer under the user's hands: pointer and keys.

use egui::{Context, CursorIcon, FocusDirection, Key, Rect, Response, Ui, Vec2, vec2};

use super::camera::{Camera, Stage};
use super::turn::Turn;
use super::{CONTROLS_STAY, Viewer};
use crate::model::MediaKind;
use crate::ui::keys::{self, Action};
use crate::ui::timeline::{Entry, Timeline};
use crate::ui::view::{Errand, Intent};

/// How much closer a key comes.
const STEP: f32 = 1.25;
/// Seconds in which a click may become a double click.
const DOUBLE_CLICK: f64 = 0.3;
/// Sidecars that are passed over at once.
const PASSED_OVER: isize = 64;
/// Points that a key moves a photo.
const PAN: f32 = 80.0;

impl Viewer {
    /// Wheel, pinch, drag, double click. `over`: what may lie over the photo.
    pub(super) fn hands(
        &mut self,
        ui: &Ui,
        response: &Response,
        stage: &Stage,
        over: Option<Rect>,
    ) {
        let (delta, zoom, pointer) = ui.input(|input| {
            (input.smooth_scroll_delta().y, input.zoom_delta(), input.pointer.latest_pos())
        });
        let at = pointer.unwrap_or(stage.view.center());
        if response.contains_pointer() && !over.is_some_and(|over| over.contains(at)) {
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
            if matches!(self.camera, Camera::Free { .. }) {
                ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            }
        }
    }

    /// Where nothing but the photo is shown, a click brings the rest back, unless it becomes a
    /// double click.
    pub(super) fn wake(&mut self, ctx: &Context, response: &Response) {
        let now = ctx.time();
        if response.double_clicked() {
            self.clicked = None;
        } else if response.clicked() {
            self.clicked = Some(now);
        }
        let Some(clicked) = self.clicked else { return };
        if now - clicked > DOUBLE_CLICK {
            (self.bare, self.clicked, self.moved) = (false, None, now);
            ctx.request_repaint();
        } else {
            ctx.request_repaint_after_secs(0.1);
        }
    }

    /// Notes that somebody is there: controls and pointer show for a while.
    pub(super) fn notice(&mut self, ui: &Ui) {
        let now = ui.ctx().time();
        let (still, touched) = ui.input(|input| {
            let touched = input.pointer.any_down() || input.key_pressed(Key::Tab);
            (f64::from(input.pointer.time_since_last_movement()), touched)
        });
        self.moved = self.moved.max(if touched { now } else { now - still });
        if now - self.moved < CONTROLS_STAY {
            ui.ctx().request_repaint_after_secs(0.25);
        } else if !self.info || self.show.is_some() {
            ui.ctx().set_cursor_icon(CursorIcon::None);
        }
    }

    /// What the keys ask for, before anything is painted: the frame that hears of an arrow shows
    /// the next photo.
    pub(super) fn keys(
        &mut self,
        ui: &Ui,
        stage: &Stage,
        timeline: &Timeline,
        out: &mut Vec<Intent>,
    ) {
        let ctx = ui.ctx();
        if let Some(show) = &mut self.show {
            for action in keys::pressed(ctx, keys::Place::Slides) {
                match action {
                    Action::Longer => show.options.other_time(true),
                    Action::Shorter => show.options.other_time(false),
                    _ => show.is_paused = !show.is_paused,
                }
                self.moved = ctx.time();
            }
        }
        // The same characters mean something else while photos follow each other.
        let is_taken = |action: &Action| matches!(action, Action::Closer | Action::Further);
        for action in keys::pressed(ctx, keys::Place::Viewer) {
            if self.show.is_none() || !is_taken(&action) {
                self.act(ui, action, stage, timeline, out);
            }
        }
        let held = match keys::held(ctx, keys::Place::Viewer, &[Action::Previous, Action::Next]) {
            Some(Action::Previous) => Some(-1),
            Some(Action::Next) => Some(1),
            _ => None,
        };
        let was_fast = self.skim.is_fast(ctx.time());
        let by = self.skim.step(held, ctx.time());
        if by != 0 {
            self.skim_on(timeline, by, ctx.time());
        }
        if self.skim.is_held() || was_fast {
            ctx.request_repaint();
        }
    }

    fn act(
        &mut self,
        ui: &Ui,
        action: Action,
        stage: &Stage,
        timeline: &Timeline,
        out: &mut Vec<Intent>,
    ) {
        let ctx = ui.ctx();
        let now = ctx.time();
        let middle = stage.view.center();
        let pointer = ui.input(|input| input.pointer.latest_pos());
        let at = pointer.filter(|at| stage.view.contains(*at)).unwrap_or(middle);
        match action {
            Action::Previous => self.walk(ui, timeline, -1),
            Action::Next => self.walk(ui, timeline, 1),
            Action::First => self.go_to(timeline, 0, now),
            Action::Last => self.go_to(timeline, timeline.photo_count().saturating_sub(1), now),
            Action::Closer => self.camera.zoom(stage, STEP, at),
            Action::Further => self.camera.zoom(stage, 1.0 / STEP, at),
            Action::PanLeft => self.pan(ui, stage, vec2(PAN, 0.0)),
            Action::PanRight => self.pan(ui, stage, vec2(-PAN, 0.0)),
            Action::PanUp => self.pan(ui, stage, vec2(0.0, PAN)),
            Action::PanDown => self.pan(ui, stage, vec2(0.0, -PAN)),
            Action::FitOrFull => self.camera.fit_or_full(stage, at),
            Action::Fit => self.camera = Camera::Fitted,
            Action::Full => self.camera.zoom_to(stage, stage.full(), at),
            Action::TurnRight => self.turn(Turn::RIGHT, stage),
            Action::TurnLeft => self.turn(Turn::LEFT, stage),
            Action::Info => self.info = !self.info,
            Action::Filmstrip => self.filmstrip = !self.filmstrip,
            Action::Hide => self.bare = !self.bare,
            Action::Slides => self.begin_show(ctx),
            Action::FullScreen => self.set_full_screen(ctx, !self.full_screen),
            Action::CopyPicture => {
                out.push(Intent::Photo(Errand::CopyPicture, self.photo));
            }
            Action::Play => out.push(Intent::Photo(Errand::Play, self.photo)),
            Action::Save => out.push(Intent::Save(vec![self.photo])),
            Action::DeleteForGood => out.push(Intent::Delete(vec![self.photo])),
            Action::Back => self.back(ctx),
            _ => {}
        }
    }

    /// One level back.
    fn back(&mut self, ctx: &Context) {
        if self.show.is_some() {
            self.stop_show(ctx);
        } else if self.bare {
            self.bare = false;
        } else if self.full_screen {
            self.set_full_screen(ctx, false);
        } else {
            self.close(ctx);
        }
    }

    fn walk(&mut self, ui: &Ui, timeline: &Timeline, by: isize) {
        // The arrow is used up: it does not lead on to another control.
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        self.step(timeline, by, ui.ctx().time());
    }

    fn pan(&mut self, ui: &Ui, stage: &Stage, delta: Vec2) {
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        self.camera.pan(stage, delta);
    }

    /// Goes on by so many photos, as far as there are any.
    pub(super) fn step(&mut self, timeline: &Timeline, by: isize, now: f64) {
        let Some(at) = timeline.photo_place(self.photo) else { return };
        self.way = if by < 0 { -1 } else { 1 };
        let last = timeline.photo_count().saturating_sub(1);
        self.go_to(timeline, at.saturating_add_signed(by).min(last), now);
    }

    /// The same while photos go by, which sidecars do not hold up.
    fn skim_on(&mut self, timeline: &Timeline, way: isize, now: f64) {
        let Some(at) = timeline.photo_place(self.photo) else { return };
        let has_picture = |place: usize| {
            let photo = timeline.photo_at(place).and_then(Entry::photo)?;
            Some(timeline.kind_of(photo)? != MediaKind::Sidecar)
        };
        let by = (1..=PASSED_OVER)
            .map(|steps| steps * way)
            .map_while(|by| Some((by, has_picture(at.checked_add_signed(by)?)?)))
            .find_map(|(by, stands)| stands.then_some(by));
        self.step(timeline, by.unwrap_or(way), now);
    }

    fn go_to(&mut self, timeline: &Timeline, place: usize, now: f64) {
        let photo = timeline.photo_at(place).and_then(Entry::photo);
        if let Some(photo) = photo.filter(|photo| *photo != self.photo) {
            self.turn_to(photo, now);
        }
    }

    /// Turns the view of this photo, for as long as the viewer is open.
    pub(super) fn turn(&mut self, by: Turn, stage: &Stage) {
        let turn = self.turn_of(self.photo).and(by);
        self.turns.insert(self.photo, turn);
        self.camera.turn(by, stage.photo);
    }
}
