//! Bitmaps to JPEG: thumbnails that go to Telegram with a file, and whole pictures; and to PNG,
//! which loses nothing.

use image::ImageEncoder as _;
use image::codecs::png::PngEncoder;
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::{
    PixelsError,
    scale::{is_opaque, over_white, scale},
};
use crate::model::{Bitmap, PixelSize};

/// Telegram takes thumbnails up to this long side
/// (<https://core.telegram.org/api/files#uploading-files>: 320 pixels).
pub const THUMBNAIL_SIDE: u32 = 320;

/// A thumbnail is smaller than this many bytes; larger ones have been seen ignored.
pub const THUMBNAIL_BYTES: usize = 20_000;

/// JPEG for Telegram's `thumb`: long side ≤ [`THUMBNAIL_SIDE`], fewer than [`THUMBNAIL_BYTES`],
/// upright, no metadata; alpha over white.
pub fn thumbnail_jpeg(bitmap: &Bitmap) -> Result<Vec<u8>, PixelsError> {
    // Smaller sides are never needed for a photograph, but nothing is promised about noise.
    for side in [THUMBNAIL_SIDE, 240, 160, 80] {
        let small = scale(bitmap, PixelSize::new(side, side));
        for quality in [85, 78, 70, 60, 48, 34, 20, 8] {
            let jpeg = encode_jpeg(&small, quality)?;
            if jpeg.len() < THUMBNAIL_BYTES {
                return Ok(jpeg);
            }
        }
    }
    Err(PixelsError::NotEncodable { size: bitmap.size() })
}

/// A baseline JPEG without metadata; alpha over white. `quality` is 1 … 100.
pub fn encode_jpeg(bitmap: &Bitmap, quality: u8) -> Result<Vec<u8>, PixelsError> {
    let size = bitmap.size();
    let not_encodable = PixelsError::NotEncodable { size };
    let (Ok(width), Ok(height)) = (u16::try_from(size.width), u16::try_from(size.height)) else {
        return Err(not_encodable);
    };
    let quality = quality.clamp(1, 100);
    let mut jpeg = Vec::with_capacity(bitmap.rgba().len() / 16 + 1024);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(if quality < 90 {
        SamplingFactor::F_2_2
    } else {
        SamplingFactor::F_1_1
    });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let written = if is_opaque(bitmap.rgba(), 4) {
        encoder.encode(bitmap.rgba(), width, height, ColorType::Rgba)
    } else {
        encoder.encode(&over_white(bitmap.rgba()), width, height, ColorType::Rgb)
    };
    written.map_err(|_| not_encodable)?;
    by_the_book(&mut jpeg);
    Ok(jpeg)
}

/// A PNG of exactly these pixels, without metadata.
pub fn encode_png(bitmap: &Bitmap) -> Result<Vec<u8>, PixelsError> {
    let (size, mut png) = (bitmap.size(), Vec::new());
    PngEncoder::new(&mut png)
        .write_image(bitmap.rgba(), size.width, size.height, image::ExtendedColorType::Rgba8)
        .map_err(|_| PixelsError::NotEncodable { size })?;
    Ok(png)
}

/// JFIF 1.01 wants its components numbered 1, 2, 3; the encoder counts from 0.
pub(super) fn by_the_book(jpeg: &mut [u8]) {
    if jpeg.get(6..10) == Some(b"JFIF") {
        jpeg[12] = 1;
    }
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = jpeg.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([high, low])) + 2;
        let Some(segment) = jpeg.get_mut(at..at + length) else { return };
        match marker {
            0xc0 => segment[10..].iter_mut().step_by(3).for_each(|id| *id += 1),
            0xda => {
                let components = usize::from(segment[4]);
                return segment[5..5 + components * 2]
                    .iter_mut()
                    .step_by(2)
                    .for_each(|id| *id += 1);
            }
            _ => {}
        }
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{Limits, decode, testing};

    #[test]
    fn a_png_is_the_same_picture() {
        let rgba = (0..5 * 3 * 4).map(|n| n * 4).collect();
        let bitmap = Bitmap::new(PixelSize::new(5, 3), rgba).unwrap();
        let png = encode_png(&bitmap).unwrap();
        let read = image::load_from_memory(&png).unwrap().into_rgba8();
        assert_eq!((read.dimensions(), read.as_raw().as_slice()), ((5, 3), bitmap.rgba()));
    }

    #[test]
    fn a_thumbnail_is_small_whatever_it_shows() {
        for bitmap in
            [testing::noise(PixelSize::new(700, 500)), testing::picture(PixelSize::new(900, 1200))]
        {
            let jpeg = thumbnail_jpeg(&bitmap).unwrap();
            assert!(jpeg.len() < THUMBNAIL_BYTES, "{}", jpeg.len());
            let shown = decode(&jpeg, None, &Limits::default()).unwrap().bitmap;
            assert_eq!(shown.size(), bitmap.size().fit(PixelSize::new(320, 320)));
        }
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let nothing = Bitmap::new(PixelSize::new(8, 8), vec![0; 256]).unwrap();
        let shown =
            decode(&encode_jpeg(&nothing, 90).unwrap(), None, &Limits::default()).unwrap().bitmap;
        assert!(shown.rgba().iter().all(|&c| c > 250));
    }

    #[test]
    fn empty_and_endless_pictures_are_refused() {
        for size in [PixelSize::new(0, 0), PixelSize::new(70_000, 1)] {
            let bitmap =
                Bitmap::new(size, vec![0; usize::try_from(size.pixels() * 4).unwrap()]).unwrap();
            assert_eq!(encode_jpeg(&bitmap, 80), Err(PixelsError::NotEncodable { size }));
        }
    }
}
