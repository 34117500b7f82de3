//! Bytes to an upright bitmap of the size that is wanted.
//!
//! The order is by cost: limits from the header, decode, scale in the file's own pixel format,
//! then colours and orientation on the few pixels that are left.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader};

use super::{
    PixelsError, colour, exif, facts,
    guard::guarded,
    header::{self, Jpeg},
    jpeg::{self, Stored},
    limits::Limits,
    orient,
    scale::shrink,
    sniff::{Class, Sniffed, sniff},
};
use crate::model::{Bitmap, PixelSize};

/// A picture from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// What is to be seen.
    pub bitmap: Bitmap,
    /// The size of the picture in the file, upright.
    pub stored: PixelSize,
}

impl Decoded {
    /// The size of the picture in the file, where memory did not allow for as much of it as `fit`
    /// asked for (`None`: all of it).
    #[must_use]
    pub fn reduced_from(&self, fit: Option<PixelSize>) -> Option<PixelSize> {
        let wanted = fit.map_or(self.stored, |fit| self.stored.fit(fit));
        (self.bitmap.size().pixels() < wanted.pixels()).then_some(self.stored)
    }
}

/// Decodes upright, to sRGB RGBA, scaled down to fit `fit` (never up). Limits are checked from
/// the header before memory is taken: what would take more of it is decoded smaller. A panicking
/// decoder becomes an error. A JPEG that ends too early shows the part that is there.
pub fn decode(
    bytes: &[u8],
    fit: Option<PixelSize>,
    limits: &Limits,
) -> Result<Decoded, PixelsError> {
    let (bitmap, stored) = decode_bitmap(bytes, fit, limits)?;
    Ok(Decoded { bitmap, stored })
}

fn decode_bitmap(
    bytes: &[u8],
    fit: Option<PixelSize>,
    limits: &Limits,
) -> Result<(Bitmap, PixelSize), PixelsError> {
    let sniffed = sniff(bytes);
    if sniffed.class != Class::Image {
        return Err(if bytes.is_empty() {
            PixelsError::EndsEarly
        } else {
            PixelsError::NotAPicture
        });
    }
    if let Some(format) = sniffed.undecodable() {
        return Err(PixelsError::Unsupported { format });
    }
    let stored = header::stored(bytes, sniffed.mime);
    if !stored.size.is_empty() && !limits.admit(stored.size, 0) {
        return Err(PixelsError::TooLarge { size: stored.size });
    }
    let extra_bytes = if sniffed.mime == "image/jpeg" { jpeg_extra_bytes(bytes)? } else { 0 };
    let orientation = stored.orientation.or_else(|| exif::read(bytes)?.orientation).unwrap_or(1);
    let turned_fit = fit.map(|fit| facts::upright(fit, orientation));
    let keeps_size = turned_fit.is_none_or(|fit| stored.size.fit(fit) == stored.size);
    if sniffed.mime == "image/jpeg"
        && keeps_size
        && limits.admit(stored.size, extra_bytes.saturating_add(stored.size.pixels() * 4))
        && let Some(Some(bitmap)) = guarded(|| decode_unscaled(bytes, stored.size, orientation))
    {
        let stored = bitmap.size();
        return Ok((bitmap, stored));
    }
    guarded(|| decode_stored(bytes, &sniffed, fit, orientation, extra_bytes, limits))
        .unwrap_or(Err(PixelsError::Broken))
}

/// Memory that a JPEG decoder takes beside the picture: progressive ones are collected as 16-bit
/// coefficients first.
fn jpeg_extra_bytes(bytes: &[u8]) -> Result<u64, PixelsError> {
    let jpeg = Jpeg::scan(bytes);
    let (Some(frame), Some(_)) = (jpeg.frame, jpeg.scan) else {
        return Err(PixelsError::EndsEarly);
    };
    Ok(if frame.progressive { frame.size.pixels() * u64::from(frame.components) * 2 } else { 0 })
}

/// A JPEG that keeps its size; `None` sends it the general way, which also knows what to complain
/// about.
fn decode_unscaled(bytes: &[u8], size: PixelSize, orientation: u8) -> Option<Bitmap> {
    let Stored { size, rgba, profile } = jpeg::decode(bytes, size)?;
    finished(rgba, size, profile.as_deref(), orientation)
}

/// Turns a picture by an EXIF orientation (1 … 8; others leave it as it is).
#[must_use]
pub fn turn(bitmap: Bitmap, orientation: u8) -> Bitmap {
    let size = bitmap.size();
    let (rgba, upright) = orient::upright(bitmap.into_rgba(), size, orientation);
    Bitmap::new(upright, rgba).unwrap_or_else(|| unreachable!("turning keeps every pixel"))
}

/// In sRGB and upright.
pub(super) fn finished(
    mut rgba: Vec<u8>,
    size: PixelSize,
    profile: Option<&[u8]>,
    orientation: u8,
) -> Option<Bitmap> {
    if let Some(profile) = profile {
        colour::to_srgb(&mut rgba, profile);
    }
    let (rgba, upright) = orient::upright(rgba, size, orientation);
    Bitmap::new(upright, rgba)
}

fn decode_stored(
    bytes: &[u8],
    sniffed: &Sniffed,
    fit: Option<PixelSize>,
    orientation: u8,
    extra_bytes: u64,
    limits: &Limits,
) -> Result<(Bitmap, PixelSize), PixelsError> {
    let explain = |e: &ImageError, size| sentence(e, sniffed, size);
    let mut reader = ImageReader::new(Cursor::new(bytes));
    if let Some(format) = image::ImageFormat::from_mime_type(sniffed.mime) {
        reader.set_format(format);
    }
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.max_side);
    bounds.max_image_height = Some(limits.max_side);
    bounds.max_alloc = Some(limits.max_alloc_bytes);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(|e| explain(&e, PixelSize::default()))?;

    let (width, height) = decoder.dimensions();
    let size = PixelSize::new(width, height);
    if size.is_empty() {
        return Err(PixelsError::Broken);
    }
    let turned_fit = fit.map(|fit| facts::upright(fit, orientation));
    let target = turned_fit.map_or(size, |fit| size.fit(fit));
    let memory =
        decoder.total_bytes().saturating_add(extra_bytes).saturating_add(target.pixels() * 4);
    if !limits.admit(size, memory) {
        return Err(PixelsError::TooLarge { size });
    }
    // A broken profile is no reason not to show the picture.
    let profile = decoder.icc_profile().ok().flatten();
    let full = DynamicImage::from_decoder(decoder).map_err(|e| explain(&e, size))?;
    let rgba = shrink(full, target).into_rgba8().into_raw();
    let bitmap =
        finished(rgba, target, profile.as_deref(), orientation).ok_or(PixelsError::Broken)?;
    Ok((bitmap, facts::upright(size, orientation)))
}

/// The decoder's complaint as a sentence for people.
fn sentence(error: &ImageError, sniffed: &Sniffed, size: PixelSize) -> PixelsError {
    match error {
        ImageError::Limits(_) => PixelsError::TooLarge { size },
        ImageError::Unsupported(_) => PixelsError::Unsupported {
            format: match sniffed.mime {
                "image/jpeg" => "Rare kinds of JPEG",
                "image/tiff" => "Rare kinds of TIFF",
                _ => "Rare kinds of such",
            },
        },
        error => complaint(error),
    }
}

/// What any decoder's complaint is about: bytes that are missing or bytes that are wrong.
pub(super) fn complaint(error: &(dyn std::error::Error + 'static)) -> PixelsError {
    if ends_early(error) { PixelsError::EndsEarly } else { PixelsError::Broken }
}

fn ends_early(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(e) = cause {
        if e.downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::UnexpectedEof)
        {
            return true;
        }
        cause = e.source();
    }
    // Some decoders only say so in words.
    let words = error.to_string().to_lowercase();
    ["unexpected end", "unexpected eof", "exhausted", "premature"].iter().any(|w| words.contains(w))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::testing;

    fn plain(bytes: &[u8]) -> Result<Bitmap, PixelsError> {
        Ok(decode(bytes, None, &Limits::default())?.bitmap)
    }

    #[test]
    fn what_is_smaller_than_was_asked_for_says_so() {
        let bitmap = testing::picture(PixelSize::new(30, 20));
        let decoded = Decoded { bitmap, stored: PixelSize::new(60, 40) };
        assert_eq!(decoded.reduced_from(None), Some(decoded.stored));
        assert_eq!(decoded.reduced_from(Some(PixelSize::new(40, 40))), Some(decoded.stored));
        assert_eq!(decoded.reduced_from(Some(PixelSize::new(30, 30))), None);
        assert_eq!(decoded.reduced_from(Some(PixelSize::new(10, 10))), None);
    }

    #[test]
    fn all_eight_orientations_show_the_same_picture() {
        let upright = testing::picture(PixelSize::new(48, 32));
        for orientation in 1..=8 {
            let stored = testing::stored_as(&upright, orientation);
            let exif = testing::exif(orientation, None, None);
            let shown = plain(&testing::jpeg_of(&stored, Some(&exif))).unwrap();
            assert_eq!(shown.size(), upright.size(), "orientation {orientation}");
            let off = testing::mean_difference(&shown, &upright);
            assert!(off < 4.0, "orientation {orientation} is off by {off}");
            let small = decode(
                &testing::jpeg_of(&stored, Some(&exif)),
                Some(PixelSize::new(24, 24)),
                &Limits::default(),
            )
            .unwrap();
            assert_eq!(small.stored, upright.size(), "orientation {orientation}");
            let small = small.bitmap;
            assert_eq!(small.size(), PixelSize::new(24, 16), "orientation {orientation}");
        }
    }

    #[test]
    fn what_lies_on_its_side_is_turned() {
        let upright = testing::picture(PixelSize::new(48, 32));
        for orientation in 0..=9 {
            let known = (1..=8).contains(&orientation);
            let stored =
                if known { testing::stored_as(&upright, orientation) } else { upright.clone() };
            assert_eq!(turn(stored, orientation), upright, "orientation {orientation}");
        }
    }

    #[test]
    fn the_short_way_leads_where_the_long_one_does() {
        let picture = testing::picture(PixelSize::new(75, 43));
        for quality in [40, 90] {
            let jpeg = crate::pixels::encode_jpeg(&picture, quality).unwrap();
            let short = jpeg::decode(&jpeg, picture.size()).unwrap();
            let long = image::load_from_memory(&jpeg).unwrap().into_rgba8();
            assert_eq!(short.rgba, long.into_raw(), "quality {quality}");
        }
        let grey = DynamicImage::ImageLuma8(image::GrayImage::new(9, 8));
        let mut jpeg = Cursor::new(vec![]);
        grey.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        assert!(jpeg::decode(jpeg.get_ref(), PixelSize::new(9, 8)).is_none(), "no usual colours");
        assert_eq!(plain(jpeg.get_ref()).unwrap().size(), PixelSize::new(9, 8));
    }

    #[test]
    fn every_format_decodes_to_its_pixels() {
        for bytes in [
            testing::png(),
            testing::gif(),
            testing::webp(),
            testing::tiff(),
            testing::bmp(),
            testing::gray16_png(),
        ] {
            let bitmap = plain(&bytes).unwrap();
            assert_eq!(bitmap.size(), testing::SIZE, "{:?}", sniff(&bytes));
        }
        let deep = plain(&testing::gray16_png()).unwrap();
        assert_eq!(deep.rgba()[..4], [0x80, 0x80, 0x80, 0xff]);
    }

    #[test]
    fn what_is_too_large_is_refused_by_its_header() {
        let mut bytes = testing::jpeg(PixelSize::new(64, 64), None);
        let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(
            plain(&bytes),
            Err(PixelsError::TooLarge { size: PixelSize::new(65_535, 65_535) })
        );
        let tight = Limits { max_alloc_bytes: 10_000, ..Limits::default() };
        let small = testing::jpeg(PixelSize::new(64, 64), None);
        assert!(matches!(decode(&small, None, &tight), Err(PixelsError::TooLarge { .. })));
        let narrow = Limits { max_side: 16, ..Limits::default() };
        assert!(matches!(
            decode(&testing::png(), None, &narrow),
            Err(PixelsError::TooLarge { .. })
        ));
    }

    #[test]
    fn reasons_are_told_apart() {
        assert_eq!(plain(b"just text"), Err(PixelsError::NotAPicture));
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        assert_eq!(plain(heic), Err(PixelsError::Unsupported { format: "HEIC" }));
        let png = testing::png();
        assert_eq!(plain(&png[..png.len() / 2]), Err(PixelsError::EndsEarly));
        let jpeg = testing::jpeg(PixelSize::new(64, 64), None);
        assert_eq!(plain(&jpeg[..100]), Err(PixelsError::EndsEarly));
    }

    #[test]
    fn a_truncated_jpeg_shows_what_is_there() {
        let picture = testing::picture(PixelSize::new(256, 256));
        let bytes = testing::jpeg_of(&picture, None);
        let half = plain(&bytes[..bytes.len() * 6 / 10]).unwrap();
        assert_eq!(half.size(), picture.size());
        let rows = 256 * 4 * 64;
        let off: u64 = half.rgba()[..rows]
            .iter()
            .zip(picture.rgba())
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        assert!(off / (rows as u64) < 8, "the upper quarter should be there");
    }

    #[test]
    fn truncations_never_panic() {
        for bytes in [
            testing::jpeg(PixelSize::new(200, 140), None),
            testing::noise_png(),
            testing::webp(),
            testing::gif(),
            testing::tiff(),
            testing::bmp(),
        ] {
            for end in (0..bytes.len()).step_by(97) {
                let _ = plain(&bytes[..end]);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damage_never_panics(which in 0_usize..6, at in 0.0_f64..1.0, patch in proptest::collection::vec(any::<u8>(), 1..12)) {
            let mut bytes = [testing::jpeg(PixelSize::new(50, 40), None), testing::png(), testing::webp(), testing::gif(), testing::tiff(), testing::bmp()][which].clone();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a position in a small file")]
            let at = (at * bytes.len() as f64) as usize;
            for (byte, new) in bytes[at..].iter_mut().zip(patch) {
                *byte = new;
            }
            let limits = Limits { max_alloc_bytes: 64 << 20, ..Limits::default() };
            let _ = decode(&bytes, Some(PixelSize::new(32, 32)), &limits);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes, None, &Limits::default());
        }
    }
}
