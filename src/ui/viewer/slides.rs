//! The viewer while photos follow each other by themselves.

use egui::{Rect, Ui, Vec2, vec2};

use super::camera::{Camera, Stage};
use super::picture::{self, Quality, Shot};
use super::slideshow::{self, Slideshow};
use super::{CONTROLS_STAY, Viewer};
use crate::model::{PhotoRef, Rendition};
use crate::ui::pictures::Pictures;
use crate::ui::timeline::Timeline;
use crate::ui::tokens::{self, viewer as look};
use crate::ui::view::{Intent, View};

impl Viewer {
    /// Begins a slide show with the photo that is shown, or ends the one under way.
    pub(super) fn begin_show(&mut self, ctx: &egui::Context) {
        if self.show.is_some() {
            return self.stop_show(ctx);
        }
        self.show = Some(Slideshow::begin(self.slides, ctx.time(), self.full_screen));
        self.camera = Camera::Fitted;
        if !self.full_screen {
            self.set_full_screen(ctx, true);
        }
    }

    pub(super) fn stop_show(&mut self, ctx: &egui::Context) {
        if let Some(show) = self.show.take() {
            self.slides = show.options;
            if self.full_screen && !show.was_full_screen {
                self.set_full_screen(ctx, false);
            }
        }
    }

    /// Shows the next photo when it is due, and there.
    pub(super) fn go_on(
        &mut self,
        ctx: &egui::Context,
        timeline: &Timeline,
        view: &View<'_>,
        pictures: &Pictures,
    ) {
        let Some(show) = &mut self.show else { return };
        let refused =
            |id| pictures.failure(id, Rendition::Screen).is_some() && !pictures.is_sharp(id);
        show.choose(self.photo, timeline, view, refused);
        let now = ctx.time();
        let is_there = self.quality == Quality::Sharp
            || pictures.failure(self.photo, Rendition::Screen).is_some()
            || view.library.photo(self.photo).is_none_or(|photo| !super::wishes::is_still(photo));
        let next_is_there = show.next().is_some_and(|id| pictures.is_sharp(id));
        if let Some(next) = show.due(now, is_there && !view.is_covered, next_is_there) {
            show.turned(self.photo, now);
            self.turn_to(next, now);
            ctx.request_repaint();
        } else if !show.is_paused {
            #[expect(clippy::cast_possible_truncation, reason = "a minute at most")]
            let left = show.left(now) as f32;
            // Once it is due it comes with its picture, which wakes the window.
            if left > 0.0 {
                ctx.request_repaint_after_secs(left);
            }
        }
    }

    /// The photo, over the one before it while that fades away, and the bar.
    #[expect(clippy::too_many_arguments, reason = "what every screen gets, and where things are")]
    pub(super) fn show_ui(
        &mut self,
        ui: &Ui,
        area: Rect,
        photo: PhotoRef<'_>,
        stage: &Stage,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        self.notice(ui);
        let now = ui.ctx().time();
        let Some(show) = &mut self.show else { return };
        let fills = show.options.fills;
        let leaving = show.leaving(now, tokens::seconds(ui.ctx(), slideshow::FADE));
        let shot = |size: Vec2, shot: Shot| Shot { rect: placed(stage, size, fills), ..shot };
        let base = self.shot(stage, ui.ctx());
        let mut new = Shot { fades: false, ..shot(stage.photo, base) };
        if let Some((before, share)) = leaving
            && let Some(before) = view.library.photo(before)
        {
            ui.ctx().request_repaint();
            new.share = share;
            let turn = self.turn_of(before.id());
            let size = turn.size(size_of(before, pictures));
            let old = Shot { turn, fades: false, ..shot(size, base) };
            picture::paint(ui, &old, before, pictures);
            darken(ui, area, new.rect, share);
        }
        new.frame = self.frame(ui.ctx(), photo, &new, stage, pictures, out);
        self.quality = picture::paint(ui, &new, photo, pictures);
        if now - self.moved < CONTROLS_STAY
            && let Some(show) = &mut self.show
            && show.bar(ui, area)
        {
            self.stop_show(ui.ctx());
        }
        if let Some(show) = &self.show {
            self.slides = show.options;
        }
    }
}

/// Where a photo of this size lies: seen whole, or filling the view.
fn placed(stage: &Stage, size: Vec2, fills: bool) -> Rect {
    let stage = Stage { photo: size, ..*stage };
    if !fills {
        return Camera::Fitted.rect(&stage);
    }
    let scale = (stage.view.width() / size.x).max(stage.view.height() / size.y);
    let scale = scale.max(f32::MIN_POSITIVE);
    Rect::from_center_size(stage.view.center(), vec2(size.x, size.y) * scale)
}

#[expect(clippy::cast_precision_loss, reason = "sides of a picture")]
fn size_of(photo: PhotoRef<'_>, pictures: &Pictures) -> Vec2 {
    let screen =
        pictures.large(photo.id(), Rendition::Screen).map(super::super::pictures::Large::size);
    let size = if photo.size().is_empty() { screen.unwrap_or_default() } else { photo.size() };
    vec2(size.width.max(1) as f32, size.height.max(1) as f32)
}

/// What was beside the new photo goes, as what is under it does.
fn darken(ui: &Ui, area: Rect, photo: Rect, share: f32) {
    let colour = look::GROUND.gamma_multiply(share);
    let photo = photo.intersect(area);
    let [mut above, mut below, mut left, mut right] = [area; 4];
    (above.max.y, below.min.y) = (photo.min.y, photo.max.y);
    (left.min.y, left.max.y, left.max.x) = (photo.min.y, photo.max.y, photo.min.x);
    (right.min.y, right.max.y, right.min.x) = (photo.min.y, photo.max.y, photo.max.x);
    for part in [above, below, left, right].into_iter().filter(Rect::is_positive) {
        ui.painter().rect_filled(part, 0.0, colour);
    }
}
