//! Thumbnails and photo sizes as Telegram's servers make them. Pure functions with limits; costly
//! ones, so they are called from blocking threads only.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};

/// Images up to so many bytes get a thumbnail of the server's own.
pub(crate) const MAX_DECODED_FILE: u64 = 10 * 1024 * 1024;
/// An attached thumbnail may be so big.
pub(crate) const MAX_ATTACHED: u64 = 200 * 1024;
const STRIPPED_SIDE: u32 = 40;
const STRIPPED_QUALITY: u8 = 20;

/// A size of a picture, encoded.
pub(crate) struct Size {
    pub(crate) letter: u8,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) jpeg: Vec<u8>,
}

/// Decodes upright. `None` for what cannot be decoded, or not within the limits.
pub(crate) fn decode(bytes: &[u8]) -> Option<DynamicImage> {
    let read = || {
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(20_000);
        limits.max_image_height = Some(20_000);
        limits.max_alloc = Some(400 * 1024 * 1024);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().ok()?;
        let orientation = decoder.orientation().ok()?;
        let mut picture = DynamicImage::from_decoder(decoder).ok()?;
        picture.apply_orientation(orientation);
        Some(picture)
    };
    // A decoder that panics on hostile bytes must not take the server with it.
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

/// Width and height from the header, upright.
pub(crate) fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut decoder =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?.into_decoder().ok()?;
    let (w, h) = decoder.dimensions();
    let turned = decoder.orientation().is_ok_and(|turn| (turn.to_exif()) >= 5);
    Some(if turned { (h, w) } else { (w, h) })
}

/// Scaled down to fit a square of `side` (never up), over white where transparent.
fn fit(picture: &DynamicImage, side: u32) -> RgbImage {
    let small = if picture.width().max(picture.height()) > side {
        picture.thumbnail(side, side)
    } else {
        picture.clone()
    };
    if !small.color().has_alpha() {
        return small.into_rgb8();
    }
    let rgba = small.into_rgba8();
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in rgb.pixels_mut().zip(rgba.pixels()) {
        let alpha = u32::from(from[3]);
        for channel in 0..3 {
            let mixed = (u32::from(from[channel]) * alpha + 255 * (255 - alpha)) / 255;
            to[channel] = u8::try_from(mixed).unwrap_or(255);
        }
    }
    rgb
}

fn encode(picture: &RgbImage, quality: u8, sampling: jpeg_encoder::SamplingFactor) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(sampling);
    let (w, h) = picture.dimensions();
    let (Ok(w), Ok(h)) = (u16::try_from(w), u16::try_from(h)) else { return Vec::new() };
    if encoder.encode(picture.as_raw(), w, h, jpeg_encoder::ColorType::Rgb).is_err() {
        // Only an empty picture comes here.
        return Vec::new();
    }
    jpeg
}

/// One size of a picture, as letter `letter`.
pub(crate) fn size(picture: &DynamicImage, letter: u8, side: u32, quality: u8) -> Size {
    let scaled = fit(picture, side);
    let jpeg = encode(&scaled, quality, jpeg_encoder::SamplingFactor::F_2_2);
    Size { letter, width: scaled.width(), height: scaled.height(), jpeg }
}

/// The sizes of a photo: each of `steps` that is not larger than the picture, the largest being
/// the picture itself (scaled down where it exceeds the last step).
pub(crate) fn sizes(picture: &DynamicImage, steps: &[(u8, u32)]) -> Vec<Size> {
    let long = picture.width().max(picture.height());
    let mut made = Vec::new();
    for (at, (letter, side)) in steps.iter().enumerate() {
        if at > 0 && long <= steps[at - 1].1 {
            break;
        }
        made.push(size(picture, *letter, *side, 87));
    }
    made
}

/// The boxes of a photo in a message.
pub(crate) const PHOTO_STEPS: [(u8, u32); 4] =
    [(b'm', 320), (b'x', 800), (b'y', 1280), (b'w', 2560)];
/// The boxes of a channel's photo.
pub(crate) const CHAT_PHOTO_STEPS: [(u8, u32); 3] = [(b'a', 160), (b'b', 320), (b'c', 640)];

/// `photoStrippedSize`: `[1, height, width]` and the scan of a JPEG of at most 40 px with the
/// standard tables at quality 20, whose header every client knows by heart.
pub(crate) fn stripped(picture: &DynamicImage) -> Vec<u8> {
    let tiny = fit(picture, STRIPPED_SIDE);
    let jpeg = encode(&tiny, STRIPPED_QUALITY, jpeg_encoder::SamplingFactor::F_2_2);
    let side = |px: u32| u8::try_from(px).unwrap_or(0);
    let mut bytes = vec![1, side(tiny.height()), side(tiny.width())];
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).and_then(|at| {
        let length = usize::from(u16::from_be_bytes([*jpeg.get(at + 2)?, *jpeg.get(at + 3)?]));
        jpeg.get(at + 2 + length..jpeg.len() - 2)
    });
    bytes.extend_from_slice(scan.unwrap_or_default());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn scene(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
            let shade = |part: u32, whole: u32| u8::try_from(part * 255 / whole).unwrap();
            image::Rgb([shade(x, width), shade(y, height), 90])
        }))
    }

    #[test]
    fn stripped_thumbnails_expand_in_a_client() {
        use grammers_tl_types::{enums, types};
        let picture = scene(300, 200);
        let bytes = stripped(&picture);
        assert_eq!(bytes[..3], [1, 27, 40]);
        assert!(bytes.len() < 1200, "{} bytes", bytes.len());
        let photo = types::Photo {
            has_stickers: false,
            id: 1,
            access_hash: 1,
            file_reference: vec![],
            date: 0,
            sizes: vec![enums::PhotoSize::PhotoStrippedSize(types::PhotoStrippedSize {
                r#type: "i".into(),
                bytes: bytes.clone(),
            })],
            video_sizes: None,
            dc_id: 2,
        };
        let thumbs = grammers_client::media::Photo::from_raw(photo.into()).thumbs();
        let grammers_client::media::PhotoSize::Stripped(size) = &thumbs[0] else { panic!() };
        assert_eq!(size.bytes, bytes);
        // The header that clients put in front belongs to the very tables that we encode with.
        let tiny = fit(&picture, STRIPPED_SIDE);
        let whole = encode(&tiny, STRIPPED_QUALITY, jpeg_encoder::SamplingFactor::F_2_2);
        let luma = [0xff, 0xdb, 0x00, 0x43, 0x00, 0x28, 0x1c, 0x1e, 0x23, 0x1e, 0x19, 0x28, 0x23];
        let chroma = [0xff, 0xdb, 0x00, 0x43, 0x01, 0x2b, 0x2d, 0x2d, 0x3c, 0x35, 0x3c, 0x76];
        let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap() + 10;
        // Sampling and table of each component; their ids do not matter to the scan.
        let components: Vec<[u8; 2]> =
            (0..3).map(|n| [whole[frame + 1 + n * 3], whole[frame + 2 + n * 3]]).collect();
        assert_eq!(components, [[0x22, 0], [0x11, 1], [0x11, 1]]);
        for expected in [&luma[..], &chroma[..]] {
            assert!(whole.windows(expected.len()).any(|part| part == expected));
        }
    }

    #[test]
    fn photos_get_the_sizes_they_fill() {
        let letters = |w, h| -> Vec<(u8, u32, u32)> {
            sizes(&scene(w, h), &PHOTO_STEPS)
                .iter()
                .map(|s| (s.letter, s.width, s.height))
                .collect()
        };
        assert_eq!(letters(200, 100), [(b'm', 200, 100)]);
        assert_eq!(letters(1000, 500), [(b'm', 320, 160), (b'x', 800, 400), (b'y', 1000, 500)]);
        assert_eq!(letters(3000, 1500).last(), Some(&(b'w', 2560, 1280)));
    }

    #[test]
    fn rubbish_is_not_decoded() {
        assert!(decode(b"\xff\xd8\xff\xe0 not a picture").is_none());
        assert!(decode(&[]).is_none());
    }
}
