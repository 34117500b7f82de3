//! How many pixels a photo has, as far as is known: the space that the camera lives in. Pure.
//!
//! Telegram says what the sender told it, which may be a little off, or nothing at all; the
//! original knows. What is fitted into the window does not move when that becomes known.

use egui::{Vec2, vec2};

use crate::model::PixelSize;

/// Where nothing but the shape is known, the photo is taken to be this large: small pictures do
/// not fill the window, and it may well be a large one.
const TAKEN_FOR: u32 = 4096;
/// Shapes that differ by no more than this share are told apart by nobody.
const ALIKE: f32 = 0.01;

/// What is known of a photo's size.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// As Telegram says; may be empty.
    pub(super) told: PixelSize,
    /// As the original says.
    pub(super) real: Option<PixelSize>,
    /// The size of some picture of it.
    pub(super) shape: Option<PixelSize>,
}

impl Known {
    /// Whether it is more than a guess.
    pub(super) const fn is_certain(&self) -> bool {
        self.real.is_some() || !self.told.is_empty()
    }

    /// The size to go by, upright. `fitted`: all of it is in view.
    pub(super) fn size(&self, fitted: bool) -> Vec2 {
        let told = Some(self.told).filter(|told| !told.is_empty());
        let real = self.real.filter(|real| !real.is_empty());
        let shape = self.shape.filter(|shape| !shape.is_empty());
        match (told, real) {
            (Some(told), Some(real)) => {
                pixels(if fitted && alike(told, real) { told } else { real })
            }
            (None, Some(real)) => pixels(real),
            (Some(told), None) => match shape {
                Some(shape) if is_turned(told, shape) => pixels(told.transposed()),
                _ => pixels(told),
            },
            (None, None) => {
                let shape = pixels(shape.unwrap_or(PixelSize::new(4, 3)));
                shape * (f32::from(u16::try_from(TAKEN_FOR).unwrap_or(u16::MAX)) / shape.max_elem())
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sides of a picture")]
fn pixels(size: PixelSize) -> Vec2 {
    vec2(size.width as f32, size.height as f32)
}

/// Whether one fills the same window as the other, but for what nobody sees.
fn alike(a: PixelSize, b: PixelSize) -> bool {
    let (a, b) = (pixels(a), pixels(b));
    let near = |a: f32, b: f32| (a / b - 1.0).abs() < ALIKE;
    near(a.x / a.y, b.x / b.y)
}

/// Whether the sender forgot how the camera was held.
fn is_turned(told: PixelSize, shape: PixelSize) -> bool {
    // A thumbnail's sides are rounded.
    let near = |a: f32, b: f32| (a / b - 1.0).abs() < 0.04;
    let (told, shape) = (told.aspect(), shape.aspect());
    near(1.0 / told, shape) && !near(told, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn size(width: u32, height: u32) -> PixelSize {
        PixelSize::new(width, height)
    }

    #[test]
    fn a_size_that_is_a_little_off_moves_nothing_and_is_put_right_up_close() {
        let known = Known { told: size(4000, 3000), real: Some(size(3992, 2992)), shape: None };
        assert_eq!(known.size(true), vec2(4000.0, 3000.0));
        assert_eq!(known.size(false), vec2(3992.0, 2992.0));
    }

    #[test]
    fn a_size_that_is_wrong_is_not_kept() {
        let known = Known { told: size(4000, 3000), real: Some(size(3000, 4000)), shape: None };
        assert_eq!(known.size(true), vec2(3000.0, 4000.0));
        let early = Known { told: size(4000, 3000), real: None, shape: Some(size(240, 320)) };
        assert_eq!(early.size(true), vec2(3000.0, 4000.0));
    }

    #[test]
    fn without_a_size_the_shape_is_kept_and_the_photo_fills_the_window() {
        let known = Known { told: size(0, 0), real: None, shape: Some(size(320, 240)) };
        assert_eq!(known.size(true), vec2(4096.0, 3072.0));
        assert!(!known.is_certain());
        let later = Known { real: Some(size(6000, 4500)), ..known };
        assert!(later.is_certain());
        // The same shape: what is fitted stays where it is.
        assert_eq!(later.size(true), vec2(6000.0, 4500.0));
    }
}
