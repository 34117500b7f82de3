//! Telegram's stripped previews: the scan of a JPEG of at most 40 pixels, whose header is always
//! the same and therefore not sent
//! (<https://core.telegram.org/api/files#stripped-thumbnails>).

use std::sync::LazyLock;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{Limits, blur_encode, decode, encode::by_the_book, guard::guarded, header::Jpeg};
use crate::model::{Bitmap, Blur, PixelSize};

/// The header is that of quality 20 with 4:2:0 chroma and the standard's own tables.
const QUALITY: u8 = 20;
/// What is accepted is a little more generous: a byte a side.
const MAX_SIDE: u32 = 64;

/// The shorter side that a placeholder is made of: it has four waves at most, and each pixel costs.
const BLURRED_SIDE: u32 = 14;

/// Everything up to the scan, and where height and width go.
struct Header {
    bytes: Vec<u8>,
    height_at: usize,
    width_at: usize,
}

static HEADER: LazyLock<Option<Header>> = LazyLock::new(header);

/// Puts the header together as the documentation has it: JFIF, quantisation, frame, Huffman
/// tables, scan. The tables are those of the encoder, which are the standard's.
fn header() -> Option<Header> {
    let jpeg = encoded(&[128; 3], 1, 1)?;
    let scan = Jpeg::scan(&jpeg).scan?;
    let mut by_marker: Vec<(u8, &[u8])> = vec![];
    let mut at = 2;
    while at < scan {
        let length =
            usize::from(u16::from_be_bytes(jpeg.get(at + 2..at + 4)?.try_into().ok()?)) + 2;
        by_marker.push((*jpeg.get(at + 1)?, jpeg.get(at..at + length)?));
        at += length;
    }
    let all_of = |marker: u8| {
        by_marker.iter().filter(move |(m, _)| *m == marker).map(|(_, segment)| *segment)
    };
    let mut bytes = vec![0xff, 0xd8];
    for marker in [0xe0, 0xdb, 0xc0, 0xc4, 0xda] {
        all_of(marker).for_each(|segment| bytes.extend_from_slice(segment));
    }
    let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0])?;
    // Both sides fit a byte, the lower one of two.
    Some(Header { bytes, height_at: frame + 6, width_at: frame + 8 })
}

fn encoded(rgb: &[u8], width: u16, height: u16) -> Option<Vec<u8>> {
    let mut jpeg = vec![];
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(rgb, width, height, ColorType::Rgb).ok()?;
    by_the_book(&mut jpeg);
    Some(jpeg)
}

/// `photoStrippedSize` (`[1, height, width]` and the scan) as a whole JPEG. `None` when it is
/// not of that shape.
#[must_use]
pub fn stripped_to_jpeg(stripped: &[u8]) -> Option<Vec<u8>> {
    let &[1, height, width, ref scan @ ..] = stripped else { return None };
    if height == 0 || width == 0 || scan.is_empty() {
        return None;
    }
    let header = HEADER.as_ref()?;
    let mut jpeg = Vec::with_capacity(header.bytes.len() + scan.len() + 2);
    jpeg.extend_from_slice(&header.bytes);
    *jpeg.get_mut(header.height_at)? = height;
    *jpeg.get_mut(header.width_at)? = width;
    jpeg.extend_from_slice(scan);
    jpeg.extend_from_slice(&[0xff, 0xd9]);
    Some(jpeg)
}

/// The stripped preview, decoded and smoothed: its blocks would catch the eye when enlarged.
#[must_use]
pub fn stripped_preview(stripped: &[u8]) -> Option<Bitmap> {
    let jpeg = stripped_to_jpeg(stripped)?;
    let fit = PixelSize::new(MAX_SIDE, MAX_SIDE);
    let bitmap = decode(&jpeg, Some(fit), &Limits::default()).ok()?.bitmap;
    let size = bitmap.size();
    // Two box passes are close to a Gaussian.
    let mut rgba = bitmap.into_rgba();
    for _ in 0..2 {
        rgba = box_blur(&rgba, size);
    }
    Bitmap::new(size, rgba)
}

/// The placeholder of a stripped preview.
#[must_use]
pub fn stripped_blur(stripped: &[u8]) -> Option<Blur> {
    let jpeg = stripped_to_jpeg(stripped)?;
    let &[_, height, width, ..] = stripped else { return None };
    let (long, short) = (u32::from(height.max(width)), u32::from(height.min(width)));
    let side = (long * BLURRED_SIDE).div_ceil(short.max(1));
    let fit = PixelSize::new(side, side);
    let bitmap = decode(&jpeg, Some(fit), &Limits::default()).ok()?.bitmap;
    guarded(|| blur_encode(&bitmap))?
}

/// Mean of the 3 × 3 neighbourhood, edges repeated.
fn box_blur(rgba: &[u8], size: PixelSize) -> Vec<u8> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut out = Vec::with_capacity(rgba.len());
    for y in 0..height {
        let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
        for x in 0..width {
            let columns = [x.saturating_sub(1), x, (x + 1).min(width - 1)];
            for channel in 0..4 {
                let sum: u16 = rows
                    .iter()
                    .flat_map(|row| {
                        columns.map(|column| u16::from(rgba[(row * width + column) * 4 + channel]))
                    })
                    .sum();
                out.push(u8::try_from((sum + 4) / 9).unwrap_or(255));
            }
        }
    }
    out
}

/// What Telegram sends as the stripped preview of a picture: `rgb` (rows of R, G, B) has been
/// scaled down to 40 pixels a side before. `None` for no picture or a larger one.
#[must_use]
pub fn stripped_from_rgb(rgb: &[u8], size: PixelSize) -> Option<Vec<u8>> {
    let side = |side: u32| u8::try_from(side).ok().filter(|&side| side > 0);
    let (width, height) = (side(size.width)?, side(size.height)?);
    let jpeg = encoded(rgb, width.into(), height.into())?;
    let scan = Jpeg::scan(&jpeg).scan?;
    let mut stripped = vec![1, height, width];
    stripped.extend_from_slice(jpeg.get(scan..jpeg.len() - 2)?);
    Some(stripped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::pixels::{
        blur_decode,
        scale::{over_white, scale},
        testing,
    };

    #[test]
    fn the_header_is_telegrams() {
        let header = HEADER.as_ref().unwrap();
        let mut bytes = header.bytes.clone();
        assert_eq!((bytes.len(), header.height_at, header.width_at), (623, 164, 166));
        bytes[164] = 0;
        bytes[166] = 0;
        let telegrams = [
            0xc2, 0xd6, 0xc9, 0x60, 0xe3, 0x5c, 0x3d, 0x94, 0xde, 0x4a, 0x0d, 0x85, 0xa3, 0x9e,
            0x0d, 0x9d, 0xef, 0x69, 0x3e, 0xe1, 0x07, 0xfa, 0x37, 0x43, 0x54, 0x96, 0x0f, 0x2d,
            0xf4, 0x7d, 0x82, 0xd4,
        ];
        assert_eq!(Sha256::digest(&bytes).as_slice(), telegrams);
    }

    #[test]
    fn a_preview_looks_like_its_picture() {
        for size in [PixelSize::new(300, 200), PixelSize::new(90, 270), PixelSize::new(30, 24)] {
            let picture = testing::picture(size);
            let small = scale(&picture, PixelSize::new(40, 40));
            let stripped = stripped_from_rgb(&over_white(small.rgba()), small.size()).unwrap();
            assert!(stripped.len() < 1_000);
            let shown = stripped_preview(&stripped).unwrap();
            assert_eq!(shown.size(), small.size());
            let off = testing::mean_difference(&shown, &small);
            assert!(off < 16.0, "off by {off} at {size:?}");
        }
    }

    #[test]
    fn a_placeholder_looks_like_its_picture() {
        for size in [PixelSize::new(300, 200), PixelSize::new(90, 270)] {
            let small = scale(&testing::picture(size), PixelSize::new(40, 40));
            let stripped = stripped_from_rgb(&over_white(small.rgba()), small.size()).unwrap();
            let blur = stripped_blur(&stripped).unwrap();
            let shown = blur_decode(&blur, small.size()).unwrap();
            let whole = blur_decode(&blur_encode(&small).unwrap(), small.size()).unwrap();
            let off = testing::mean_difference(&shown, &whole);
            assert!(off < 8.0, "off by {off} at {size:?}");
        }
        assert_eq!(stripped_blur(&[2, 30, 40, 7]), None);
    }

    #[test]
    fn other_shapes_are_none() {
        for bytes in [&[][..], &[1, 2], &[2, 30, 40, 7], &[1, 0, 40, 7], &[1, 30, 40]] {
            assert_eq!(stripped_to_jpeg(bytes), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300), h in any::<u8>(), w in any::<u8>()) {
            let stripped = [&[1, h, w][..], &bytes].concat();
            let _ = (stripped_preview(&stripped), stripped_blur(&stripped));
        }
    }
}
