//! Pictures for this room's tests, made on the spot.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbaImage, imageops};

use crate::model::{Bitmap, PixelSize};

/// [`picture`] of 48 × 32 pixels by encoders that are not at hand: stored on its side, half
/// transparent, without loss, with some.
pub(super) const TURNED_AVIF: &[u8] = include_bytes!("../../tests/files/turned.avif");
pub(super) const CLEAR_AVIF: &[u8] = include_bytes!("../../tests/files/clear.avif");
pub(super) const LOSSLESS_JXL: &[u8] = include_bytes!("../../tests/files/lossless.jxl");
pub(super) const LOSSY_JXL: &[u8] = include_bytes!("../../tests/files/lossy.jxl");
pub(super) const TRIMMED_HEIC: &[u8] = include_bytes!("../../tests/files/trimmed.heic");
/// Oranges in Display P3, and what they are in sRGB: by number without loss, by number with some,
/// by an embedded profile.
pub(super) const WIDE_JXL: [(&[u8], [u8; 3]); 3] = [
    (include_bytes!("../../tests/files/wide-lossless.jxl"), [213, 115, 43]),
    (include_bytes!("../../tests/files/wide-lossy.jxl"), [200, 120, 58]),
    (include_bytes!("../../tests/files/wide-transcoded.jxl"), [213, 115, 43]),
];

/// 600 × 600 pixels in several groups: with some loss, without.
pub(super) const LARGE_JXL: [&[u8]; 2] = [
    include_bytes!("../../tests/files/large-lossy.jxl"),
    include_bytes!("../../tests/files/large-lossless.jxl"),
];

/// The size of the one-format samples.
pub(super) const SIZE: PixelSize = PixelSize::new(24, 16);

/// Smooth and different in every corner, so that no turn or flip looks like another.
#[expect(clippy::cast_possible_truncation, reason = "channels are computed below 256")]
pub(super) fn picture(size: PixelSize) -> Bitmap {
    let picture = RgbaImage::from_fn(size.width, size.height, |x, y| {
        let (u, v) = (x * 255 / size.width.max(1), y * 255 / size.height.max(1));
        image::Rgba([u as u8, v as u8, (u * v / 255) as u8, 255])
    });
    Bitmap::new(size, picture.into_raw()).unwrap()
}

/// The worst case of every encoder.
pub(super) fn noise(size: PixelSize) -> Bitmap {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let rgba = (0..size.pixels()).flat_map(|_| [next(), next(), next(), 255]).collect();
    Bitmap::new(size, rgba).unwrap()
}

fn dynamic(bitmap: &Bitmap) -> RgbaImage {
    RgbaImage::from_raw(bitmap.size().width, bitmap.size().height, bitmap.rgba().to_vec()).unwrap()
}

/// The picture as a camera held that way stores it: the inverse of what a viewer does.
pub(super) fn stored_as(upright: &Bitmap, orientation: u8) -> Bitmap {
    let p = dynamic(upright);
    let stored = match orientation {
        2 => imageops::flip_horizontal(&p),
        3 => imageops::rotate180(&p),
        4 => imageops::flip_vertical(&p),
        5 => imageops::flip_horizontal(&imageops::rotate90(&p)),
        6 => imageops::rotate270(&p),
        7 => imageops::flip_horizontal(&imageops::rotate270(&p)),
        8 => imageops::rotate90(&p),
        _ => p,
    };
    Bitmap::new(PixelSize::new(stored.width(), stored.height()), stored.into_raw()).unwrap()
}

/// Mean difference of the channels, 0 … 255.
pub(super) fn mean_difference(a: &Bitmap, b: &Bitmap) -> f64 {
    assert_eq!(a.size(), b.size());
    let sum: f64 = a.rgba().iter().zip(b.rgba()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    #[expect(clippy::cast_precision_loss, reason = "a small picture")]
    let mean = sum / a.rgba().len() as f64;
    mean
}

pub(super) fn jpeg(size: PixelSize, exif: Option<&[u8]>) -> Vec<u8> {
    jpeg_of(&picture(size), exif)
}

pub(super) fn jpeg_of(bitmap: &Bitmap, exif: Option<&[u8]>) -> Vec<u8> {
    encoded(bitmap, exif, false)
}

/// A JPEG whose scans make it sharper one after the other.
pub(super) fn progressive(bitmap: &Bitmap, exif: Option<&[u8]>) -> Vec<u8> {
    encoded(bitmap, exif, true)
}

/// Stripes of all widths, such as no thumbnail can hold.
#[expect(clippy::cast_possible_truncation, reason = "channels are computed below 256")]
pub(super) fn detailed(size: PixelSize) -> Bitmap {
    let stripes = |at: u32, of: u32| (at * at / of.max(1) * 3) % 256;
    let picture = RgbaImage::from_fn(size.width, size.height, |x, y| {
        let (u, v) = (stripes(x, size.width), stripes(y, size.height));
        image::Rgba([(u / 2 + 60) as u8, ((u + v) / 3 + 40) as u8, (v / 2 + 60) as u8, 255])
    });
    Bitmap::new(size, picture.into_raw()).unwrap()
}

fn encoded(bitmap: &Bitmap, exif: Option<&[u8]>, progressive: bool) -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 92);
    encoder.set_progressive(progressive);
    if let Some(exif) = exif {
        encoder.add_exif_metadata(exif).unwrap();
    }
    let side = |v| u16::try_from(v).unwrap();
    encoder
        .encode(
            bitmap.rgba(),
            side(bitmap.size().width),
            side(bitmap.size().height),
            jpeg_encoder::ColorType::Rgba,
        )
        .unwrap();
    bytes
}

/// Progressive or not, of four channels that mean `colours`.
pub(super) fn jpeg_written(
    bitmap: &Bitmap,
    progressive: bool,
    colours: jpeg_encoder::ColorType,
) -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    encoder.set_progressive(progressive);
    let side = |v| u16::try_from(v).unwrap();
    let size = bitmap.size();
    encoder.encode(bitmap.rgba(), side(size.width), side(size.height), colours).unwrap();
    bytes
}

/// A TIFF block as a Canon writes it.
pub(super) fn exif(orientation: u8, taken: Option<&str>, offset: Option<&str>) -> Vec<u8> {
    use ::exif::{Field, In, Tag, Value, experimental::Writer};
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let text = |s: &str| Value::Ascii(vec![s.as_bytes().to_vec()]);
    let mut fields = vec![
        field(Tag::Make, text("Canon")),
        field(Tag::Model, text("Canon EOS 40D")),
        field(Tag::Orientation, Value::Short(vec![orientation.into()])),
    ];
    fields.extend(taken.map(|s| field(Tag::DateTimeOriginal, text(s))));
    fields.extend(offset.map(|s| field(Tag::OffsetTimeOriginal, text(s))));
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut out = Cursor::new(vec![]);
    writer.write(&mut out, true).unwrap();
    out.into_inner()
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(vec![]);
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn sample(format: ImageFormat) -> Vec<u8> {
    written(&DynamicImage::ImageRgba8(dynamic(&picture(SIZE))), format)
}

pub(super) fn png_of(bitmap: &Bitmap) -> Vec<u8> {
    written(&DynamicImage::ImageRgba8(dynamic(bitmap)), ImageFormat::Png)
}

/// One chunk of a PNG with its checksum.
pub(super) fn png_chunk(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(body);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length, kind, body, &crc.sum().to_be_bytes()].concat()
}

pub(super) fn png() -> Vec<u8> {
    sample(ImageFormat::Png)
}

pub(super) fn noise_png() -> Vec<u8> {
    written(&DynamicImage::ImageRgba8(dynamic(&noise(PixelSize::new(60, 40)))), ImageFormat::Png)
}

pub(super) fn gif() -> Vec<u8> {
    sample(ImageFormat::Gif)
}

pub(super) fn webp() -> Vec<u8> {
    sample(ImageFormat::WebP)
}

pub(super) fn tiff() -> Vec<u8> {
    sample(ImageFormat::Tiff)
}

pub(super) fn bmp() -> Vec<u8> {
    sample(ImageFormat::Bmp)
}

/// Sixteen bits of gray, all of them 0x8080.
pub(super) fn gray16_png() -> Vec<u8> {
    let gray = image::ImageBuffer::from_pixel(SIZE.width, SIZE.height, image::Luma([0x8080_u16]));
    written(&DynamicImage::ImageLuma16(gray), ImageFormat::Png)
}
