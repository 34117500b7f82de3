//! Scaling down, in the pixel format at hand.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::DynamicImage;

use super::samples::Kind;
use crate::model::{Bitmap, PixelSize};

/// Scales down to fit `fit`; never up.
#[must_use]
pub fn scale(bitmap: &Bitmap, fit: PixelSize) -> Bitmap {
    let size = bitmap.size();
    let target = size.fit(fit);
    if target == size || size.is_empty() {
        return bitmap.clone();
    }
    let scaled = shrink_samples(bitmap.rgba(), Kind::Rgba, size, target);
    scaled.and_then(|rgba| Bitmap::new(target, rgba)).unwrap_or_else(|| bitmap.clone())
}

/// Scales samples that hold `size` to `target`, down or up, in their own format.
pub(super) fn shrink_samples(
    bytes: &[u8],
    kind: Kind,
    size: PixelSize,
    target: PixelSize,
) -> Option<Vec<u8>> {
    if target == size {
        return Some(bytes.to_vec());
    }
    let pixel = match kind {
        Kind::Gray => PixelType::U8,
        Kind::GrayAlpha => PixelType::U8x2,
        Kind::Rgb => PixelType::U8x3,
        Kind::Rgba | Kind::Cmyk => PixelType::U8x4,
    };
    let source = ImageRef::new(size.width, size.height, bytes, pixel).ok()?;
    let mut out = Image::new(target.width, target.height, pixel);
    // Weighing by alpha costs a pass over all pixels; most pictures have none.
    let is_clear = kind.has_alpha() && !is_opaque(bytes, kind.channels());
    let options = options(size, target).use_alpha(is_clear);
    Resizer::new().resize(&source, &mut out, &options).ok()?;
    Some(out.into_vec())
}

/// Scales what `image` decoded, in its own pixel format.
pub(super) fn shrink(full: DynamicImage, target: PixelSize) -> DynamicImage {
    let size = PixelSize::new(full.width(), full.height());
    if target == size {
        return full;
    }
    let mut small = DynamicImage::new(target.width, target.height, full.color());
    match Resizer::new().resize(&full, &mut small, &options(size, target)) {
        Ok(()) => small,
        // A pixel format without a fast way.
        Err(_) => full.thumbnail_exact(target.width, target.height),
    }
}

fn options(from: PixelSize, to: PixelSize) -> ResizeOptions {
    // Far down, every filter sees many pixels and the cheap one is as good; near the original
    // size sharpness shows.
    let far = from.width / to.width.max(1) >= 3;
    let filter = if far { FilterType::Hamming } else { FilterType::CatmullRom };
    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter))
}

/// Whether the last of each pixel's channels is all there.
pub(crate) fn is_opaque(bytes: &[u8], channels: usize) -> bool {
    bytes.chunks_exact(channels).all(|pixel| pixel[channels - 1] == 255)
}

/// R G B without alpha, as seen over white.
pub(super) fn over_white(rgba: &[u8]) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.chunks_exact(4) {
        let alpha = u16::from(pixel[3]);
        rgb.extend(pixel[..3].iter().map(|&c| {
            let mixed = (u16::from(c) * alpha + 255 * (255 - alpha) + 127) / 255;
            u8::try_from(mixed).unwrap_or(255)
        }));
    }
    rgb
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::testing;

    #[test]
    fn small_pictures_stay_as_they_are() {
        let picture = testing::picture(PixelSize::new(30, 20));
        assert_eq!(scale(&picture, PixelSize::new(320, 320)), picture);
    }

    #[test]
    fn transparent_pixels_do_not_bleed() {
        // Opaque white beside transparent black: the mix must stay white.
        let rgba = [[255, 255, 255, 255], [0, 0, 0, 0]].concat().repeat(64);
        let bitmap = Bitmap::new(PixelSize::new(16, 8), rgba).unwrap();
        let small = scale(&bitmap, PixelSize::new(4, 4));
        assert!(small.rgba().chunks_exact(4).all(|p| p[0] > 250 && (100..160).contains(&p[3])));
    }

    #[test]
    fn nothing_over_white_is_white() {
        assert_eq!(over_white(&[0, 0, 0, 0, 10, 20, 30, 255]), [255, 255, 255, 10, 20, 30]);
    }

    proptest! {
        #[test]
        fn a_plain_colour_stays(w in 1_u32..80, h in 1_u32..80, side in 1_u32..60, colour in any::<[u8; 3]>()) {
            let rgba = [colour[0], colour[1], colour[2], 255].repeat((w * h) as usize);
            let small = scale(&Bitmap::new(PixelSize::new(w, h), rgba).unwrap(), PixelSize::new(side, side));
            prop_assert_eq!(small.size(), PixelSize::new(w, h).fit(PixelSize::new(side, side)));
            for pixel in small.rgba().chunks_exact(4) {
                for c in 0..3 {
                    prop_assert!(pixel[c].abs_diff(colour[c]) <= 1);
                }
            }
        }
    }
}
