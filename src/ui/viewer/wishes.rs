//! What the viewer wishes for: this photo first, then where one is going, then where one was.

use egui::Vec2;

use super::Viewer;
use super::camera::Stage;
use crate::model::{MediaKind, PhotoRef, PixelSize, Rendition};
use crate::ui::pictures::Pictures;
use crate::ui::timeline::{Entry, Timeline};
use crate::ui::view::View;

/// What a thumbnail is asked for in.
const THUMB: PixelSize = PixelSize::new(320, 320);
/// Neighbours whose thumbnails are as good as on screen.
const NEAR: isize = 12;
/// Thumbnails that are fetched ahead, so that a key that comes to be held finds them there; ahead
/// of one that is held; and kept behind.
const READY: isize = 60;
const AHEAD: isize = 240;
const BEHIND: isize = 24;
/// Neighbours that are fetched to the screen's size, in steps along the way one is going.
const SCREENS: [isize; 5] = [1, -1, 2, -2, 3];

/// The neighbours of a photo.
struct Around<'a> {
    timeline: &'a Timeline,
    view: &'a View<'a>,
    at: usize,
    /// 1 or -1: the way one is going.
    way: isize,
}

impl<'a> Around<'a> {
    /// So many steps on along the way.
    fn step(&self, steps: isize) -> Option<PhotoRef<'a>> {
        let place = self.at.checked_add_signed(steps * self.way)?;
        let id = self.timeline.photo_at(place).and_then(Entry::photo)?;
        self.view.library.photo(id)
    }
}

impl Viewer {
    /// Says what is wanted. `window`: all of it, physical pixels.
    #[expect(clippy::too_many_arguments, reason = "what every screen gets, and where things are")]
    pub(super) fn wish(
        &self,
        ctx: &egui::Context,
        photo: PhotoRef<'_>,
        stage: &Stage,
        window: Vec2,
        timeline: &Timeline,
        view: &View<'_>,
        pictures: &mut Pictures,
    ) {
        pictures.wish_preview(photo);
        pictures.wish_thumbnail(photo, THUMB);
        pictures.keep_original(photo.id());
        let now = ctx.time();
        let place = timeline.photo_place(photo.id());
        let around = place.map(|at| Around { timeline, view, at, way: self.way });
        if let Some(around) = &around {
            let ahead = if self.skim.is_held() { AHEAD } else { READY };
            thumbnails_ahead(ctx, around, ahead, pictures);
        }
        if self.skim.is_fast(now) {
            return;
        }
        self.wish_screen(photo, window, pictures);
        let is_unsure = photo.size().is_empty() && pictures.is_sharp(photo.id());
        if is_still(photo) && (self.is_close(stage) || is_unsure) {
            pictures.wish(photo.id(), Rendition::Original, photo.size());
        }
        if let Some(show) = &self.show {
            let next = show.next().and_then(|id| view.library.photo(id));
            if let Some(photo) = next {
                self.wish_screen(photo, window, pictures);
            }
            return;
        }
        let Some(around) = around else { return };
        for photo in (1..=NEAR).flat_map(|step| [step, -step]).filter_map(|s| around.step(s)) {
            pictures.wish_thumbnail(photo, THUMB);
        }
        if !self.skim.rests(now) {
            ctx.request_repaint_after_secs(0.05);
            return;
        }
        for photo in SCREENS.into_iter().filter_map(|step| around.step(step)) {
            self.wish_screen(photo, window, pictures);
        }
    }

    /// Whether more than the screen's rendition is needed.
    pub(super) fn is_close(&self, stage: &Stage) -> bool {
        self.camera.scale(stage) > stage.fit() * 1.02
    }

    /// A photo as large as the window, whatever lies beside it there now.
    fn wish_screen(&self, photo: PhotoRef<'_>, window: Vec2, pictures: &mut Pictures) {
        if is_still(photo) {
            let fit = fit_px(self.turn_of(photo.id()).back().size(window));
            let fills = self.show.as_ref().is_some_and(|show| show.options.fills);
            let fit = match photo.size() {
                size if size.is_empty() => fit,
                size if fills => filling(size, fit),
                size => size.fit(fit),
            };
            pictures.wish(photo.id(), Rendition::Screen, fit);
        }
    }
}

/// Thumbnails along the way, far enough ahead to be there when a held key comes by.
fn thumbnails_ahead(
    ctx: &egui::Context,
    around: &Around<'_>,
    ahead: isize,
    pictures: &mut Pictures,
) {
    let at = i64::try_from(around.at).unwrap_or(i64::MAX);
    let reach = i64::try_from(around.way * ahead).unwrap_or(1);
    if !pictures.looks_ahead(ctx, ((at, reach), around.timeline.revision())) {
        return;
    }
    for step in (1..=ahead).chain((1..=BEHIND).map(|step| -step)) {
        let Some(photo) = around.step(step) else { continue };
        // One that is there will do while photos go by.
        let is_there = pictures.thumbnail_size(photo.id()).is_some();
        let fit = if is_there { PixelSize::new(1, 1) } else { THUMB };
        if !pictures.wish_ahead(photo, fit) {
            break;
        }
    }
}

/// The size in which a photo fills a window, of which its longer side may stick out.
fn filling(size: PixelSize, window: PixelSize) -> PixelSize {
    let wide = size.fit(PixelSize::new(window.width, u32::MAX));
    let high = size.fit(PixelSize::new(u32::MAX, window.height));
    if wide.height >= window.height { wide } else { high }
}

pub(super) fn is_still(photo: PhotoRef<'_>) -> bool {
    matches!(photo.kind(), MediaKind::Image)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a window's size")]
pub(super) fn fit_px(size: Vec2) -> PixelSize {
    let side = |v: f32| v.ceil().clamp(1.0, 65_535.0) as u32;
    PixelSize::new(side(size.x), side(size.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_that_fills_the_window_covers_it() {
        let window = PixelSize::new(1440, 900);
        assert_eq!(filling(PixelSize::new(6000, 4000), window), PixelSize::new(1440, 960));
        assert_eq!(filling(PixelSize::new(9000, 3000), window), PixelSize::new(2700, 900));
        assert_eq!(filling(PixelSize::new(300, 200), window), PixelSize::new(300, 200));
    }
}
