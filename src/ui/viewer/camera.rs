//! Where one looks at a photo from: pure geometry in the photo's own pixels, so that a better
//! rendition never moves the picture.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// What a frame of the camera depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    /// Where the picture may be, points.
    pub(super) view: Rect,
    /// The photo's size, its own pixels.
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
}

/// Closest one can come: 800 %.
const CLOSEST: f32 = 8.0;

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
        Rect::from_min_size(min, stage.photo * scale)
    }

    /// Comes closer by `factor`; what is under `at` stays there.
    pub(super) fn zoom(&mut self, stage: &Stage, factor: f32, at: Pos2) {
        self.zoom_to(stage, self.scale(stage) * factor, at);
    }

    /// Goes to `scale`; what is under `at` stays there.
    pub(super) fn zoom_to(&mut self, stage: &Stage, scale: f32, at: Pos2) {
        let (fit, full) = (stage.fit(), stage.full());
        let scale = scale.min(CLOSEST * full.max(fit));
        if scale <= fit * 1.001 {
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
                // A picture that is already at 100 % or more goes to twice that.
                let full = stage.full();
                let to = if stage.fit() < full * 0.98 { full } else { stage.fit() * 2.0 };
                self.zoom_to(stage, to, at);
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

    /// No ground shows where there could be photo.
    pub(super) fn clamp(&mut self, stage: &Stage) {
        if let Self::Free { scale, centre } = self {
            let half = stage.view.size() / 2.0 / *scale;
            let axis = |value: f32, half: f32, size: f32| {
                if size <= 2.0 * half { size / 2.0 } else { value.clamp(half, size - half) }
            };
            *centre =
                pos2(axis(centre.x, half.x, stage.photo.x), axis(centre.y, half.y, stage.photo.y));
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

    proptest! {
        #[test]
        fn what_is_under_the_cursor_stays_there(
            w in 2000.0_f32..9000.0, h in 2000.0_f32..9000.0,
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
            // Along a side that does not fill the view the photo is centred instead.
            let free = |before: f32, view: f32| before > view * 1.7;
            let x = !free(before.width(), stage.view.width()) || (back.x - at.x).abs() < 0.5;
            let y = !free(before.height(), stage.view.height()) || (back.y - at.y).abs() < 0.5;
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
            for (min, max, from, to) in [
                (rect.min.x, rect.max.x, stage.view.min.x, stage.view.max.x),
                (rect.min.y, rect.max.y, stage.view.min.y, stage.view.max.y),
            ] {
                let covers = min <= from + 0.5 && max >= to - 0.5;
                let centred = (f32::midpoint(min, max) - f32::midpoint(from, to)).abs() < 0.5;
                prop_assert!(covers || centred, "{min} {max} in {from} {to}");
            }
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
}
