//! Placeholders: BlurHash (<https://blurha.sh>) from a picture and back.
//!
//! Decoding is the one piece of this room that runs on the window thread: it is bounded to
//! 64 × 64 pixels and takes no lock.

use super::{
    guard::guarded,
    scale::{over_white, scale},
};
use crate::model::{Bitmap, Blur, PixelSize};

/// The longest side that is encoded or decoded.
const MAX_SIDE: u32 = 64;

/// 4 × 3 components, 3 × 4 for portraits; transparent parts as white. `None` for an empty
/// picture.
#[must_use]
pub fn blur_encode(bitmap: &Bitmap) -> Option<Blur> {
    if bitmap.size().is_empty() {
        return None;
    }
    let small = scale(bitmap, PixelSize::new(MAX_SIDE, MAX_SIDE));
    let size = small.size();
    let (across, down) = if size.width >= size.height { (4, 3) } else { (3, 4) };
    let rgba: Vec<u8> =
        over_white(small.rgba()).chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    Blur::new(&blurhash::encode(across, down, size.width, size.height, &rgba).ok()?)
}

/// Decodes to `size`, each side cut to 64 at most. `None` for a damaged placeholder or an empty
/// size.
#[must_use]
pub fn blur_decode(blur: &Blur, size: PixelSize) -> Option<Bitmap> {
    let size = PixelSize::new(size.width.min(MAX_SIDE), size.height.min(MAX_SIDE));
    if size.is_empty() {
        return None;
    }
    let rgba = guarded(|| blurhash::decode(blur.as_str(), size.width, size.height, 1.0).ok())??;
    Bitmap::new(size, rgba)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::testing;

    /// Mean of the channels in linear light, where the placeholder's mean is kept.
    fn mean(bitmap: &Bitmap) -> [f64; 3] {
        let mut sums = [0.0; 3];
        for pixel in bitmap.rgba().chunks_exact(4) {
            for (sum, &c) in sums.iter_mut().zip(pixel) {
                *sum += (f64::from(c) / 255.0).powf(2.2);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a small picture")]
        sums.map(|sum| sum / bitmap.size().pixels() as f64)
    }

    #[test]
    fn the_mean_colour_survives() {
        for size in [PixelSize::new(300, 200), PixelSize::new(200, 300), PixelSize::new(3, 1)] {
            let picture = testing::picture(size);
            let blur = blur_encode(&picture).unwrap();
            assert_eq!(blur.as_str().len(), 28);
            let shown = blur_decode(&blur, PixelSize::new(32, 32)).unwrap();
            for (a, b) in mean(&picture).into_iter().zip(mean(&shown)) {
                assert!((a - b).abs() < 0.06, "{a} became {b} at {size:?}");
            }
        }
    }

    #[test]
    fn sizes_are_bounded() {
        let blur = blur_encode(&testing::picture(PixelSize::new(20, 20))).unwrap();
        let shown = blur_decode(&blur, PixelSize::new(9_000, 40)).unwrap();
        assert_eq!(shown.size(), PixelSize::new(64, 40));
        assert_eq!(blur_decode(&blur, PixelSize::new(0, 40)), None);
        assert!(blur_encode(&Bitmap::new(PixelSize::default(), vec![]).unwrap()).is_none());
    }

    proptest! {
        #[test]
        fn damaged_placeholders_are_none(text in "[!-~]{1,32}") {
            if let Some(bitmap) = blur_decode(&Blur::new(&text).unwrap(), PixelSize::new(8, 8)) {
                prop_assert_eq!(bitmap.size(), PixelSize::new(8, 8));
            }
        }
    }
}
