//! Bytes to an upright bitmap of the size that is wanted.
//!
//! The order is by cost: limits from the header, decode (smaller where that is cheaper or where
//! memory asks for it), scale in the file's own pixel format, then colours and orientation on the
//! few pixels that are left.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader};

use super::{
    PixelsError, avif, bmp, colour, exif, facts, gif,
    guard::guarded,
    header, heic, jpeg, jxl,
    limits::Limits,
    orient, png, raw,
    reduce::{Reducer, reduced},
    samples::{Kind, Samples},
    scale::shrink,
    sniff::{Class, Sniffed, sniff},
    tiff,
};
use crate::model::{Bitmap, PixelSize};

/// A picture from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// What is to be seen.
    pub bitmap: Bitmap,
    /// The size of the picture in the file, upright.
    pub stored: PixelSize,
    /// The file ends before its picture does, or contradicts itself on the way: what could be read
    /// is there, the rest is not, and where that is known it is transparent.
    pub is_damaged: bool,
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

/// What is to be decoded, and how much of it may be.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) bytes: &'a [u8],
    /// As stored; empty where the header is out of reach.
    pub(super) size: PixelSize,
    /// Into what it has to fit, turned as it is stored.
    pub(super) fit: Option<PixelSize>,
    /// Whether turning it upright takes a second copy.
    pub(super) on_its_side: bool,
    pub(super) limits: &'a Limits,
}

impl Order<'_> {
    /// What is wanted of a picture stored at `size`.
    pub(super) fn target(&self, size: PixelSize) -> PixelSize {
        self.fit.map_or(size, |fit| size.fit(fit))
    }

    /// Memory for a bitmap of `size`, with what turning it takes.
    pub(super) const fn bitmap_bytes(&self, size: PixelSize) -> u64 {
        size.pixels().saturating_mul(if self.on_its_side { 8 } else { 4 })
    }

    /// Whether a picture stored at `size` may take so much memory, `extra` or not.
    pub(super) fn admits(&self, size: PixelSize, need: Need, extra: bool) -> bool {
        let bound = if extra { self.limits.at_work() } else { self.limits.max_alloc_bytes };
        need.at_work <= bound && self.limits.admit(size, need.made)
    }

    /// The first of `ways` that memory allows for; if none does, the first that extra memory
    /// allows for.
    pub(super) fn first_admitted<T: Copy>(
        &self,
        size: PixelSize,
        ways: &(impl Iterator<Item = T> + Clone),
        need: impl Fn(T) -> Need,
    ) -> Option<T> {
        let find = |extra| ways.clone().find(|way| self.admits(size, need(*way), extra));
        find(false).or_else(|| find(true).filter(|_| self.limits.max_extra_bytes > 0))
    }

    /// By how much rows have to be made smaller on the way, by what a picture of some size needs.
    pub(super) fn factor(
        &self,
        size: PixelSize,
        need: impl Fn(PixelSize) -> Need,
    ) -> Result<u32, PixelsError> {
        let factors = Reducer::factors(size, self.target(size));
        self.first_admitted(size, &factors, |factor| need(reduced(size, factor)))
            .ok_or(PixelsError::TooLarge { size })
    }

    /// What is needed where rows become `samples` of `reduced`, and those a bitmap: a decoder at
    /// work takes `decoding` bytes beside the samples.
    pub(super) fn need(
        &self,
        size: PixelSize,
        reduced: PixelSize,
        kind: Kind,
        decoding: u64,
    ) -> Need {
        let samples = reduced.pixels() * kind.channels() as u64;
        let made = samples + self.bitmap_bytes(reduced.fit(self.target(size)));
        Need { at_work: samples.saturating_add(decoding), made }
    }
}

/// Memory for a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// While it is decoded.
    pub(super) at_work: u64,
    /// For its samples and the bitmap that is made of them.
    pub(super) made: u64,
}

/// What a decoder read.
pub(super) struct Read {
    pub(super) samples: Samples,
    /// The size of the whole picture, of which the samples may be a smaller one.
    pub(super) size: PixelSize,
    /// Not all of the picture could be read.
    pub(super) is_damaged: bool,
}

impl Read {
    pub(super) const fn whole(samples: Samples, size: PixelSize) -> Self {
        Self { samples, size, is_damaged: false }
    }

    /// The rows that went into `reducer` until the decoder was done, or failed.
    pub(super) fn rows(
        reducer: Reducer,
        size: PixelSize,
        end: Result<(), PixelsError>,
    ) -> Result<Self, PixelsError> {
        if let Err(error @ PixelsError::TooLarge { .. }) = end {
            return Err(error);
        }
        match reducer.finish() {
            Some((samples, is_torn)) => {
                Ok(Self { samples, size, is_damaged: is_torn || end.is_err() })
            }
            None => Err(end.err().unwrap_or(PixelsError::EndsEarly)),
        }
    }

    pub(super) fn with_icc(self, icc: Option<&[u8]>) -> Self {
        Self { samples: self.samples.with_icc(icc), ..self }
    }
}

/// Decodes upright, to sRGB RGBA, scaled down to fit `fit` (never up). Limits are checked from
/// the header before memory is taken: what would take more of it is decoded smaller. A panicking
/// decoder becomes an error. A damaged file shows the part that is there, if its decoder can give
/// one.
pub fn decode(
    bytes: &[u8],
    fit: Option<PixelSize>,
    limits: &Limits,
) -> Result<Decoded, PixelsError> {
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
    if sniffed.is_raw() {
        return decode_raw(bytes, sniffed.mime, fit, limits);
    }
    let stored = header::stored(bytes, sniffed.mime);
    if !stored.size.is_empty() && !limits.admit(stored.size, 0) {
        return Err(PixelsError::TooLarge { size: stored.size });
    }
    let told = exif::read(bytes).unwrap_or_default();
    let orientation = stored.orientation.or(told.orientation).unwrap_or(1);
    // Its decoder turns it.
    let (size, orientation) = match sniffed.mime {
        "image/heic" | "image/heif" => (facts::upright(stored.size, orientation), 1),
        _ => (stored.size, orientation),
    };
    decode_as(bytes, &sniffed, size, orientation, told.is_adobe_rgb, fit, limits)
}

/// The picture that a camera put into its raw file, held as the file says; where that says
/// nothing, as the picture does.
fn decode_raw(
    bytes: &[u8],
    mime: &'static str,
    fit: Option<PixelSize>,
    limits: &Limits,
) -> Result<Decoded, PixelsError> {
    let preview = guarded(|| raw::preview(bytes, mime)).flatten().ok_or(PixelsError::NoPreview)?;
    let told = exif::read(preview).unwrap_or_default();
    let held = guarded(|| raw::told(bytes, mime).orientation).flatten();
    let orientation = held.or(told.orientation).unwrap_or(1);
    let sniffed = sniff(preview);
    let size = header::stored(preview, sniffed.mime).size;
    if !limits.admit(size, 0) {
        return Err(PixelsError::TooLarge { size });
    }
    decode_as(preview, &sniffed, size, orientation, told.is_adobe_rgb, fit, limits)
}

fn decode_as(
    bytes: &[u8],
    sniffed: &Sniffed,
    stored: PixelSize,
    orientation: u8,
    is_adobe_rgb: bool,
    fit: Option<PixelSize>,
    limits: &Limits,
) -> Result<Decoded, PixelsError> {
    let order = Order {
        bytes,
        size: stored,
        fit: fit.map(|fit| facts::upright(fit, orientation)),
        on_its_side: orientation >= 5,
        limits,
    };
    let decoded = guarded(|| {
        let Read { mut samples, size, is_damaged } = read(&order, sniffed)?;
        // What memory did not allow for decides where it is less than what is wanted.
        let wanted = order.target(size);
        let is_enough = samples.size.width >= wanted.width && samples.size.height >= wanted.height;
        let target = if is_enough { wanted } else { size.fit(samples.size) };
        if samples.profile.is_none() && is_adobe_rgb {
            samples.profile = Some(colour::adobe_rgb());
        }
        let bitmap = samples.shrunk(target).and_then(|samples| samples.into_bitmap(orientation));
        let bitmap = bitmap.ok_or(PixelsError::Broken)?;
        Ok(Decoded { bitmap, stored: facts::upright(size, orientation), is_damaged })
    });
    decoded.unwrap_or(Err(PixelsError::Broken))
}

fn read(order: &Order<'_>, sniffed: &Sniffed) -> Result<Read, PixelsError> {
    match sniffed.mime {
        "image/jpeg" => jpeg::read(order),
        "image/png" | "image/apng" => png::read(order),
        "image/avif" => avif::read(order),
        "image/jxl" => jxl::read(order),
        "image/heic" | "image/heif" => heic::read(order),
        "image/gif" => gif::read(order),
        "image/tiff" => tiff::read(order)?.map_or_else(|| general(order, sniffed), Ok),
        "image/bmp" => bmp::read(order)?.map_or_else(|| general(order, sniffed), Ok),
        _ => general(order, sniffed),
    }
}

/// Turns a picture by an EXIF orientation (1 … 8; others leave it as it is).
#[must_use]
pub fn turn(bitmap: Bitmap, orientation: u8) -> Bitmap {
    let size = bitmap.size();
    let (rgba, upright) = orient::upright(bitmap.into_rgba(), size, orientation);
    Bitmap::new(upright, rgba).unwrap_or_else(|| unreachable!("turning keeps every pixel"))
}

/// The way of all formats that have none of their own.
fn general(order: &Order<'_>, sniffed: &Sniffed) -> Result<Read, PixelsError> {
    let explain = |e: &ImageError, size| sentence(e, sniffed, size);
    let mut reader = ImageReader::new(Cursor::new(order.bytes));
    if let Some(format) = image::ImageFormat::from_mime_type(sniffed.mime) {
        reader.set_format(format);
    }
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(order.limits.max_side);
    bounds.max_image_height = Some(order.limits.max_side);
    bounds.max_alloc = Some(order.limits.at_work());
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(|e| explain(&e, order.size))?;
    let (width, height) = decoder.dimensions();
    let size = PixelSize::new(width, height);
    if size.is_empty() {
        return Err(PixelsError::Broken);
    }
    // All of it, in some formats twice, before it is made smaller.
    let copies = if sniffed.mime == "image/webp" { size.pixels() * 4 } else { 0 };
    let decoding = decoder.total_bytes().saturating_add(copies);
    let factor = order.factor(size, |reduced| order.need(size, reduced, Kind::Rgba, decoding))?;
    let target = size.fit(reduced(size, factor)).fit(order.target(size));
    let icc = decoder.icc_profile().ok().flatten();
    let full = DynamicImage::from_decoder(decoder).map_err(|e| explain(&e, size))?;
    let samples = Samples::of(shrink(full, target)).ok_or(PixelsError::Broken)?;
    Ok(Read::whole(samples.with_icc(icc.as_deref()), size))
}

/// The decoder's complaint as a sentence for people.
fn sentence(error: &ImageError, sniffed: &Sniffed, size: PixelSize) -> PixelsError {
    match error {
        ImageError::Limits(_) => PixelsError::TooLarge { size },
        ImageError::Unsupported(_) => PixelsError::Unsupported {
            format: match sniffed.mime {
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
    use super::*;
    use crate::pixels::testing;

    fn plain(bytes: &[u8]) -> Result<Bitmap, PixelsError> {
        Ok(decode(bytes, None, &Limits::default())?.bitmap)
    }

    #[test]
    fn what_is_smaller_than_was_asked_for_says_so() {
        let bitmap = testing::picture(PixelSize::new(30, 20));
        let decoded = Decoded { bitmap, stored: PixelSize::new(60, 40), is_damaged: false };
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
        let tight = Limits { max_alloc_bytes: 100, ..Limits::default() };
        let small = testing::jpeg(PixelSize::new(64, 64), None);
        assert!(matches!(decode(&small, None, &tight), Err(PixelsError::TooLarge { .. })));
        let narrow = Limits { max_side: 16, ..Limits::default() };
        assert!(matches!(
            decode(&testing::png(), None, &narrow),
            Err(PixelsError::TooLarge { .. })
        ));
    }

    #[test]
    fn files_of_other_encoders_are_upright_and_whole() {
        let picture = testing::picture(PixelSize::new(48, 32));
        for (bytes, allowed) in
            [(testing::TURNED_AVIF, 3.0), (testing::LOSSLESS_JXL, 0.0), (testing::LOSSY_JXL, 3.0)]
        {
            let shown = plain(bytes).unwrap();
            let off = testing::mean_difference(&shown, &picture);
            assert!(off <= allowed, "{:?} is off by {off}", sniff(bytes));
            let small = decode(bytes, Some(PixelSize::new(12, 12)), &Limits::default()).unwrap();
            assert_eq!(small.bitmap.size(), PixelSize::new(12, 8));
            assert_eq!(facts(bytes).size, picture.size());
        }
        let clear = plain(testing::CLEAR_AVIF).unwrap();
        assert!(clear.rgba().chunks_exact(4).all(|pixel| pixel[3].abs_diff(128) < 3));
    }

    /// How it is turned is said by the container alone; what its EXIF says does not count.
    #[test]
    fn a_heic_is_as_large_as_its_container_says() {
        let size = PixelSize::new(32, 48);
        assert_eq!(facts(testing::TRIMMED_HEIC).size, size);
        #[cfg(feature = "heic")]
        assert_eq!(plain(testing::TRIMMED_HEIC).unwrap().size(), size);
    }

    #[test]
    fn a_damaged_file_shows_what_there_is_and_says_so() {
        let size = PixelSize::new(300, 200);
        let picture = testing::picture(size);
        let noise = testing::noise(size);
        for (name, bytes) in [
            ("JPEG", testing::jpeg_of(&picture, None)),
            ("grey JPEG", testing::jpeg_written(&picture, false, jpeg_encoder::ColorType::Rgba)),
            ("PNG", testing::png_of(&noise)),
        ] {
            let whole = decode(&bytes, None, &Limits::default()).unwrap();
            assert!(!whole.is_damaged, "{name}");
            let cut = &bytes[..bytes.len() * 6 / 10];
            for fit in [None, Some(PixelSize::new(150, 150))] {
                let part = decode(cut, fit, &Limits::default()).unwrap();
                assert!(part.is_damaged, "{name}");
                let row = part.bitmap.size().width as usize * 4;
                let is_there: Vec<bool> =
                    part.bitmap.rgba().chunks_exact(row).map(|row| row[3] == 255).collect();
                let rows = is_there.iter().filter(|is_there| **is_there).count() * 10;
                let all = is_there.len();
                assert!((2 * all..8 * all).contains(&rows), "{name}: {rows} of {all}, tenths");
                assert!(is_there.is_sorted_by(|a, b| a >= b), "{name}: torn once");
                if fit.is_none() {
                    let there = rows / 10 * row;
                    let part = &part.bitmap.rgba()[..there];
                    assert_eq!(part, &whole.bitmap.rgba()[..there], "{name}");
                }
            }
        }
        let progressive = testing::progressive(&picture, None);
        let part = plain_damaged(&progressive[..progressive.len() * 8 / 10]);
        assert!(testing::mean_difference(&part, &picture) < 6.0);
    }

    fn plain_damaged(bytes: &[u8]) -> Bitmap {
        let decoded = decode(bytes, None, &Limits::default()).unwrap();
        assert!(decoded.is_damaged);
        decoded.bitmap
    }

    #[test]
    fn reasons_are_told_apart() {
        assert_eq!(plain(b"just text"), Err(PixelsError::NotAPicture));
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        #[cfg(not(feature = "heic"))]
        assert_eq!(plain(heic), Err(PixelsError::NotBuiltIn { format: "HEIC" }));
        #[cfg(feature = "heic")]
        assert!(plain(heic).is_err());
        let png = testing::png();
        assert_eq!(plain(&png[..60]), Err(PixelsError::EndsEarly));
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
}
