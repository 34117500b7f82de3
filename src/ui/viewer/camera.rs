//! Where one looks at a photo from: pure geometry in the photo's own pixels, so that a better
//! rendition never moves the picture.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use super::turn::Turn;

/// What a frame of the camera depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    /// Where the picture may be, points.
    pub(super) view: Rect,
    /// The photo's size as it is turned, its own pixels.
    pub(super) photo: Vec2,
    /// Physical pixels per point.
    pub(super) pixels_per_point: f32,
}

impl Stage {
    /// Points per photo pixel at which all of it is seen; small pictures grow to twice at most.
    pub(super) fn fit(&self) -> f32 {
        let fit = (self.view.width() / self.photo.x).min(self.view.height() / self.photo.y);
        fit.min(2.0 * self.full()).max(1e-6)
    }

    /// Points per photo pixel at 100 %.
    pub(super) fn full(&self) -> f32 {
        1.0 / self.pixels_per_point
    }

    /// The photo on the window, its edges on whole physical pixels: at 100 % each of its pixels is
    /// one of the screen's. Its size does not depend on where it is, so that it does not tremble
    /// while it is dragged.
    fn snapped(&self, rect: Rect) -> Rect {
        let scale = self.pixels_per_point;
        let min = (rect.min.to_vec2() * scale + vec2(0.5, 0.5)).floor() / scale;
        let size = (rect.size() * scale).round().max(vec2(1.0, 1.0)) / scale;
        Rect::from_min_size(min.to_pos2(), size)
    }
}

/// Closest one can come: 1,600 %.
const CLOSEST: f32 = 16.0;

/// Fitted, or somewhere over the photo.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Camera {
    #[default]
    Fitted,
    Free {
        /// Points per photo pixel.
        scale: f32,
        /// The photo's pixel in the middle of the view.
        centre: Pos2,
    },
}

impl Camera {
    /// Points per photo pixel.
    pub(super) fn scale(&self, stage: &Stage) -> f32 {
        match self {
            Self::Fitted => stage.fit(),
            Self::Free { scale, .. } => *scale,
        }
    }

    fn centre(&self, stage: &Stage) -> Pos2 {
        match self {
            Self::Fitted => (stage.photo / 2.0).to_pos2(),
            Self::Free { centre, .. } => *centre,
        }
    }

    /// Where the whole photo lies on the window.
    pub(super) fn rect(&self, stage: &Stage) -> Rect {
        let scale = self.scale(stage);
        let min = stage.view.center() - self.centre(stage).to_vec2() * scale;
        stage.snapped(Rect::from_min_size(min, stage.photo * scale))
    }

    /// Comes closer by `factor`; what is under `at` stays there.
    pub(super) fn zoom(&mut self, stage: &Stage, factor: f32, at: Pos2) {
        self.zoom_to(stage, self.scale(stage) * factor, at);
    }

    /// Goes to `scale`; what is under `at` stays there. No further away than all of it, or 100 %.
    pub(super) fn zoom_to(&mut self, stage: &Stage, scale: f32, at: Pos2) {
        let (fit, full) = (stage.fit(), stage.full());
        let scale = scale.clamp(fit.min(full), CLOSEST * full.max(fit));
        if (scale / fit - 1.0).abs() < 0.001 {
            *self = Self::Fitted;
            return;
        }
        let from_middle = at - stage.view.center();
        let under = self.centre(stage) + from_middle / self.scale(stage);
        *self = Self::Free { scale, centre: under - from_middle / scale };
        self.clamp(stage);
    }

    /// Between all of it and 100 % (or back).
    pub(super) fn fit_or_full(&mut self, stage: &Stage, at: Pos2) {
        match self {
            Self::Fitted => {
                // A picture that is already at 100 % goes to twice that.
                let (fit, full) = (stage.fit(), stage.full());
                let is_full = (fit / full - 1.0).abs() < 0.02;
                self.zoom_to(stage, if is_full { 2.0 * full } else { full }, at);
            }
            Self::Free { .. } => *self = Self::Fitted,
        }
    }

    /// Drags the photo by `delta` points.
    pub(super) fn pan(&mut self, stage: &Stage, delta: Vec2) {
        if let Self::Free { scale, centre } = self {
            *centre -= delta / *scale;
        }
        self.clamp(stage);
    }

    /// No ground shows where there could be photo, and the photo is no smaller than it need be.
    pub(super) fn clamp(&mut self, stage: &Stage) {
        if self.scale(stage) < stage.fit().min(stage.full()) * 0.999 {
            *self = Self::Fitted;
        }
        if let Self::Free { scale, centre } = self {
            let half = stage.view.size() / 2.0 / *scale;
            let axis = |value: f32, half: f32, size: f32| {
                if size <= 2.0 * half { size / 2.0 } else { value.clamp(half, size - half) }
            };
            *centre =
                pos2(axis(centre.x, half.x, stage.photo.x), axis(centre.y, half.y, stage.photo.y));
        }
    }

    /// The photo has `now` pixels where it was taken to have `before`: what is seen stays where it
    /// is and as large as it is.
    pub(super) fn rebase(&mut self, before: Vec2, now: Vec2) {
        if let Self::Free { scale, centre } = self {
            *scale *= before.x / now.x;
            *centre = (centre.to_vec2() / before * now).to_pos2();
        }
    }

    /// The view was turned around its middle; `photo` is the size that the photo had before.
    pub(super) fn turn(&mut self, by: Turn, photo: Vec2) {
        if let Self::Free { centre, .. } = self {
            let at = by.point((centre.to_vec2() / photo).to_pos2());
            *centre = (at.to_vec2() * by.size(photo)).to_pos2();
        }
    }
}

/// A rectangle between two.
pub(super) fn between(a: Rect, b: Rect, t: f32) -> Rect {
    let lerp = |a: Pos2, b: Pos2| a + (b - a) * t;
    Rect::from_min_max(lerp(a.min, b.min), lerp(a.max, b.max))
}

/// The whole photo, placed so that what `tile` shows of it (its middle, filling it) is there.
pub(super) fn around(tile: Rect, photo: Vec2) -> Rect {
    let scale = (tile.width() / photo.x).max(tile.height() / photo.y);
    Rect::from_center_size(tile.center(), vec2(photo.x, photo.y) * scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stage(width: f32, height: f32) -> Stage {
        Stage {
            view: Rect::from_min_size(pos2(10.0, 20.0), vec2(1000.0, 700.0)),
            photo: vec2(width, height),
            pixels_per_point: 1.25,
        }
    }

    /// Along each axis: from and to of the photo, from and to of the view.
    fn axes(rect: Rect, view: Rect) -> [[f32; 4]; 2] {
        [
            [rect.min.x, rect.max.x, view.min.x, view.max.x],
            [rect.min.y, rect.max.y, view.min.y, view.max.y],
        ]
    }

    fn covers_or_is_centred(rect: Rect, view: Rect) -> bool {
        axes(rect, view).into_iter().all(|[min, max, from, to]| {
            let covers = min <= from + 0.9 && max >= to - 0.9;
            covers || (f32::midpoint(min, max) - f32::midpoint(from, to)).abs() < 0.9
        })
    }

    /// As far as the number itself can tell: far out of view it cannot tell hundredths.
    fn is_whole(pixels: f32) -> bool {
        (pixels - pixels.round()).abs() < (pixels.abs() * 2.0 * f32::EPSILON).max(0.02)
    }

    proptest! {
        #[test]
        fn what_is_under_the_cursor_stays_there(
            w in 2000.0_f32..30_000.0, h in 2000.0_f32..30_000.0,
            x in 0.3_f32..0.7, y in 0.3_f32..0.7, factor in 1.01_f32..1.5,
        ) {
            let stage = stage(w, h);
            let mut camera = Camera::default();
            let at = stage.view.lerp_inside(vec2(x, y));
            // From far enough inside, so that no edge comes into the view.
            camera.zoom_to(&stage, stage.fit() * 4.0, stage.view.center());
            let before = camera.rect(&stage);
            let share = (at - before.min) / before.size();
            camera.zoom(&stage, factor, at);
            let after = camera.rect(&stage);
            let back = after.min + share * after.size();
            // Along a side that does not fill the view the photo is centred instead; edges on
            // whole pixels may be one off.
            let near = |back: f32, at: f32| (back - at).abs() < 1.2;
            let free = |before: f32, view: f32| before > view * 1.7;
            let x = !free(before.width(), stage.view.width()) || near(back.x, at.x);
            let y = !free(before.height(), stage.view.height()) || near(back.y, at.y);
            prop_assert!(x && y, "{back:?} {at:?}");
        }

        #[test]
        fn the_photo_covers_the_view_or_is_centred(
            w in 50.0_f32..9000.0, h in 50.0_f32..9000.0,
            dx in -9000.0_f32..9000.0, dy in -9000.0_f32..9000.0, scale in 0.01_f32..8.0,
        ) {
            let stage = stage(w, h);
            let mut camera = Camera::default();
            camera.zoom_to(&stage, scale, stage.view.center());
            camera.pan(&stage, vec2(dx, dy));
            let rect = camera.rect(&stage);
            prop_assert!(covers_or_is_centred(rect, stage.view), "{rect:?}");
        }

        #[test]
        fn whatever_is_done_the_photo_is_in_view_and_on_whole_pixels(
            w in 1.0_f32..40_000.0, h in 1.0_f32..40_000.0, per_point in 1.0_f32..3.0,
            steps in proptest::collection::vec(
                (0_u8..4, 0.1_f32..4.0, 0.0_f32..1.0, 0.0_f32..1.0, any::<bool>()), 1..20,
            ),
        ) {
            let mut stage = stage(w.round(), h.round());
            stage.pixels_per_point = per_point;
            let mut camera = Camera::default();
            for (what, factor, x, y, right) in steps {
                let at = stage.view.lerp_inside(vec2(x, y));
                match what {
                    0 => camera.zoom(&stage, factor, at),
                    1 => camera.fit_or_full(&stage, at),
                    2 => camera.pan(&stage, (at - stage.view.center()) * factor),
                    _ => {
                        let by = if right { Turn::RIGHT } else { Turn::LEFT };
                        camera.turn(by, stage.photo);
                        stage.photo = by.size(stage.photo);
                        // A side that fitted before may not, or the other way round.
                        let scale = camera.scale(&stage);
                        camera.zoom_to(&stage, scale, stage.view.center());
                    }
                }
                camera.clamp(&stage);
                let rect = camera.rect(&stage);
                prop_assert!(rect.is_finite() && rect.intersects(stage.view));
                prop_assert!(covers_or_is_centred(rect, stage.view), "{rect:?}");
                let size = rect.size() * per_point;
                prop_assert!(size.x > 16_384.0 || is_whole(size.x) && is_whole(size.y), "{size:?}");
                let min = rect.min.to_vec2() * per_point;
                prop_assert!(size.x.max(size.y) > 16_384.0 || is_whole(min.x) && is_whole(min.y));
            }
        }

        #[test]
        fn a_photo_of_another_size_than_was_told_does_not_move(
            w in 500.0_f32..9000.0, h in 500.0_f32..9000.0, by in 0.2_f32..5.0,
            x in 0.2_f32..0.8, y in 0.2_f32..0.8,
        ) {
            let told = stage(w, h);
            let mut camera = Camera::default();
            camera.zoom_to(&told, told.fit() * 3.0, told.view.lerp_inside(vec2(x, y)));
            let before = camera.rect(&told);
            let real = Stage { photo: told.photo * by, ..told };
            camera.rebase(told.photo, real.photo);
            let after = camera.rect(&real);
            prop_assert!((before.min - after.min).length() < 2.0, "{before:?} {after:?}");
            prop_assert!((before.max - after.max).length() < 2.0, "{before:?} {after:?}");
        }

        #[test]
        fn the_middle_stays_when_the_view_is_turned(
            w in 3000.0_f32..9000.0, h in 3000.0_f32..9000.0, x in 0.2_f32..0.8, y in 0.2_f32..0.8,
        ) {
            let mut stage = stage(w, h);
            let mut camera = Camera::default();
            camera.zoom_to(&stage, 3.0, stage.view.lerp_inside(vec2(x, y)));
            let before = camera;
            for _ in 0..4 {
                camera.turn(Turn::RIGHT, stage.photo);
                stage.photo = Turn::RIGHT.size(stage.photo);
            }
            let (a, b) = (before.centre(&stage), camera.centre(&stage));
            prop_assert!((a - b).length() < 0.1, "{a:?} {b:?}");
        }
    }

    #[test]
    fn z_goes_there_and_back() {
        let stage = stage(6000.0, 4000.0);
        let mut camera = Camera::default();
        camera.fit_or_full(&stage, stage.view.center());
        assert!((camera.scale(&stage) - 0.8).abs() < 1e-6, "100 % is one photo pixel a pixel");
        camera.fit_or_full(&stage, stage.view.center());
        assert_eq!(camera, Camera::Fitted);
    }

    #[test]
    fn at_100_percent_a_pixel_is_a_pixel() {
        for (per_point, width) in [(1.0, 4001.0), (1.25, 3999.0), (1.5, 5003.0), (2.0, 8256.0)] {
            let mut stage = stage(width, 3001.0);
            stage.pixels_per_point = per_point;
            let mut camera = Camera::default();
            camera.zoom_to(&stage, stage.full(), pos2(333.3, 222.2));
            camera.pan(&stage, vec2(17.7, -3.3));
            let rect = camera.rect(&stage);
            let size = rect.size() * per_point;
            assert!((size - stage.photo).length() < 0.01, "{size:?}");
            assert!(is_whole(rect.min.x * per_point) && is_whole(rect.min.y * per_point));
        }
    }

    #[test]
    fn a_small_picture_fits_at_twice_its_size_and_can_be_seen_as_it_is() {
        let stage = stage(100.0, 80.0);
        let mut camera = Camera::default();
        assert!((camera.rect(&stage).width() * 1.25 - 200.0).abs() < 0.01);
        camera.fit_or_full(&stage, stage.view.center());
        assert!((camera.rect(&stage).width() * 1.25 - 100.0).abs() < 0.01);
        camera.zoom(&stage, 0.1, stage.view.center());
        assert!((camera.rect(&stage).width() * 1.25 - 100.0).abs() < 0.01, "no smaller");
    }
}
