//! JPEG to samples.
//!
//! Two decoders share the work. The quick one writes every pixel, straight as R G B A where none
//! is scaled away, and makes the best of files that break off. The other can leave out what a
//! smaller picture does not need before it is computed: at a half, a quarter or an eighth of the
//! size it is quicker still, takes little memory, and opens pictures that would not fit whole. It
//! also knows inks.

use std::borrow::Cow;

use jpeg_decoder::PixelFormat;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{
    PixelsError,
    decode::{Need, Order, Read, complaint},
    guard::guarded,
    header::{Frame, Jpeg},
    samples::{Kind, Samples},
};
use crate::model::PixelSize;

/// By how much a picture can be made smaller while it is decoded.
const SCALES: [u32; 4] = [1, 2, 4, 8];
/// The marker behind the last scan.
const END: [u8; 2] = [0xff, 0xd9];
/// What the quick decoder writes instead of samples that are missing.
const BLANK: u8 = 128;
/// The most rows that it works on at a time: the last of them are made up where the bytes end.
pub(super) const UNSURE_ROWS: u32 = 32;
const RARE: PixelsError = PixelsError::Unsupported { format: "Rare kinds of JPEG" };

/// Decodes to what is wanted or a little more of it.
pub(super) fn read(order: &Order<'_>) -> Result<Read, PixelsError> {
    let jpeg = Jpeg::scan(order.bytes);
    let (Some(frame), Some(scan)) = (jpeg.frame, jpeg.scan) else {
        return Err(PixelsError::EndsEarly);
    };
    let size = frame.size;
    if size.is_empty() {
        return Err(PixelsError::Broken);
    }
    if !matches!(frame.components, 1 | 3 | 4) || frame.precision != 8 {
        return Err(RARE);
    }
    let is_whole = is_whole(&order.bytes[scan..]);
    let target = order.target(size);
    Plan { order, frame, adobe: jpeg.adobe, target, is_whole }.read()
}

/// Whether the end of the picture is there: prefixes go to the decoder that bears with them.
fn is_whole(entropy_coded: &[u8]) -> bool {
    entropy_coded.windows(2).rev().any(|pair| pair == END)
}

struct Plan<'a> {
    order: &'a Order<'a>,
    frame: Frame,
    adobe: bool,
    target: PixelSize,
    is_whole: bool,
}

impl Plan<'_> {
    fn read(&self) -> Result<Read, PixelsError> {
        let is_ink = self.frame.components == 4;
        let mut error = None;
        let scaled = self.scale();
        let quicker =
            scaled.is_some_and(|scale| scale > 1) && !self.frame.progressive && self.is_whole;
        if let Some(scale) = scaled.filter(|_| is_ink || quicker) {
            match self.smaller(scale) {
                Ok(samples) => return Ok(self.made(samples, !self.is_whole)),
                Err(e) => error = Some(e),
            }
        }
        if !is_ink && self.admits_whole() {
            return self.whole();
        }
        // What does not fit at the size that is wanted, smaller.
        if error.is_none()
            && let Some(scale) = self.largest_admitted()
        {
            return self.smaller(scale).map(|samples| self.made(samples, !self.is_whole));
        }
        Err(error.unwrap_or(PixelsError::TooLarge { size: self.frame.size }))
    }

    const fn made(&self, samples: Samples, is_damaged: bool) -> Read {
        Read { samples, size: self.frame.size, is_damaged }
    }

    /// The smallest scale that has all pixels of the target, if memory allows for it; otherwise
    /// the first that memory allows for.
    fn scale(&self) -> Option<u32> {
        let enough = Some(self.enough());
        enough
            .filter(|scale| self.order.admits(self.frame.size, self.need(*scale), false))
            .or_else(|| (self.frame.components == 4).then(|| self.largest_admitted()).flatten())
    }

    /// The smallest scale that has all pixels of the target.
    fn enough(&self) -> u32 {
        let has_all = |scale: &u32| {
            let size = at_scale(self.frame.size, *scale);
            size.width >= self.target.width && size.height >= self.target.height
        };
        SCALES.into_iter().rev().find(has_all).unwrap_or(1)
    }

    fn largest_admitted(&self) -> Option<u32> {
        let scales = SCALES.into_iter().filter(|scale| *scale >= self.enough());
        self.order.first_admitted(self.frame.size, &scales, |scale| self.need(scale))
    }

    /// The memory for coefficients, which progressive pictures are collected as.
    const fn coefficient_bytes(&self) -> u64 {
        if self.frame.progressive { self.frame.coefficients.saturating_mul(2) } else { 0 }
    }

    fn need(&self, scale: u32) -> Need {
        let size = at_scale(self.frame.size, scale);
        let bitmap = size.fit(self.target);
        // Planes of the components, then rows of pixels, then the bitmap.
        let planes = self.frame.coefficients / u64::from(scale * scale);
        let pixels = size.pixels() * u64::from(self.frame.components);
        let at_work = planes + pixels + self.coefficient_bytes();
        Need { at_work, made: pixels + self.order.bitmap_bytes(bitmap) }
    }

    fn admits_whole(&self) -> bool {
        let size = self.frame.size;
        let is_kept = self.target == size;
        let channels = if is_kept { 4 } else { 3 };
        let at_work = self.coefficient_bytes() + size.pixels() * channels;
        let made = if is_kept {
            self.order.bitmap_bytes(size)
        } else {
            size.pixels() * channels + self.order.bitmap_bytes(self.target)
        };
        self.order.admits(size, Need { at_work, made }, false)
    }

    /// Every pixel that there is.
    fn whole(&self) -> Result<Read, PixelsError> {
        let size = self.frame.size;
        let kind = match (self.frame.components, self.target == size) {
            (1, _) => Kind::Gray,
            (_, true) => Kind::Rgba,
            (_, false) => Kind::Rgb,
        };
        let colours = match kind {
            Kind::Gray => ColorSpace::Luma,
            Kind::Rgba => ColorSpace::RGBA,
            _ => ColorSpace::RGB,
        };
        let bytes = self.order.bytes;
        let strictly = self.is_whole.then(|| every_pixel(bytes, size, kind, colours, true));
        let error = match strictly {
            Some(Ok(samples)) => return Ok(self.made(samples, false)),
            Some(Err(error)) => Some(error),
            None => None,
        };
        let is_damaged = !error.as_ref().is_some_and(is_harmless);
        match every_pixel(bytes, size, kind, colours, false) {
            Ok(samples) if is_damaged => self.torn(samples),
            Ok(samples) => Ok(self.made(samples, false)),
            // Not all colours can be written straight as R G B A.
            Err(_) if kind == Kind::Rgba && self.order.admits(size, self.need(1), false) => {
                self.smaller(1).map(|samples| self.made(samples, !self.is_whole))
            }
            Err(error) => Err(complaint(&error)),
        }
    }

    /// A damaged one, with nothing instead of the rows that the decoder did not come to, and of
    /// those that it made up.
    fn torn(&self, samples: Samples) -> Result<Read, PixelsError> {
        let row = samples.size.width as usize * samples.kind.channels();
        let rows = samples.bytes.chunks_exact(row);
        let blank = rows.rev().take_while(|row| row.iter().all(|sample| *sample == BLANK));
        let blank = u32::try_from(blank.count()).unwrap_or(u32::MAX);
        let there = match samples.size.height.saturating_sub(blank) {
            rows if blank == 0 || self.frame.progressive => rows,
            rows => rows.saturating_sub(UNSURE_ROWS),
        };
        if there == 0 {
            return Err(PixelsError::EndsEarly);
        }
        let samples = if blank == 0 { samples } else { samples.torn(0..there) };
        Ok(self.made(samples, true))
    }

    /// At `scale` of the size.
    fn smaller(&self, scale: u32) -> Result<Samples, PixelsError> {
        guarded(|| self.smaller_unguarded(scale)).unwrap_or(Err(PixelsError::Broken))
    }

    fn smaller_unguarded(&self, scale: u32) -> Result<Samples, PixelsError> {
        let bytes = if self.is_whole {
            Cow::Borrowed(self.order.bytes)
        } else {
            // What breaks off ends here, so that the part that is there is given.
            Cow::Owned([self.order.bytes, &END].concat())
        };
        let mut decoder = jpeg_decoder::Decoder::new(&*bytes);
        decoder.read_info().map_err(|e| explain(&e))?;
        let asked = at_scale(self.frame.size, scale);
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        let (width, height) =
            decoder.scale(side(asked.width), side(asked.height)).map_err(|e| explain(&e))?;
        let size = PixelSize::new(width.into(), height.into());
        if size.pixels() > asked.pixels() {
            return Err(PixelsError::Broken);
        }
        let mut bytes = decoder.decode().map_err(|e| explain(&e))?;
        let kind = match decoder.info().ok_or(PixelsError::Broken)?.pixel_format {
            PixelFormat::L8 => Kind::Gray,
            PixelFormat::RGB24 => Kind::Rgb,
            PixelFormat::CMYK32 => Kind::Cmyk,
            PixelFormat::L16 => return Err(RARE),
        };
        // The decoder takes all inks for Adobe's.
        if kind == Kind::Cmyk && !self.adobe {
            for ink in &mut bytes {
                *ink = 255 - *ink;
            }
        }
        let icc = decoder.icc_profile();
        let samples = Samples::new(kind, size, bytes).ok_or(PixelsError::Broken)?;
        Ok(samples.with_icc(icc.as_deref()))
    }
}

/// What the beginning of a JPEG of usual colours shows; pixels that the decoder did not come to
/// are left translucent. The caller has checked its limits.
pub(super) fn beginning(bytes: &[u8], size: PixelSize) -> Option<Samples> {
    every_pixel(bytes, size, Kind::Rgba, ColorSpace::RGBA, false).ok()
}

fn every_pixel(
    bytes: &[u8],
    size: PixelSize,
    kind: Kind,
    colours: ColorSpace,
    is_strict: bool,
) -> Result<Samples, DecodeErrors> {
    let options = DecoderOptions::default()
        .set_strict_mode(is_strict)
        .set_max_width(size.width as usize)
        .set_max_height(size.height as usize)
        .jpeg_set_out_colorspace(colours);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers()?;
    let icc = decoder.icc_profile();
    let bytes = decoder.decode()?;
    let unlike = DecodeErrors::FormatStatic("not as large as its header says");
    let samples = Samples::new(kind, size, bytes).ok_or(unlike)?;
    Ok(samples.with_icc(icc.as_deref()))
}

/// Whether what the strict decoder finds fault with harms no pixel: bytes between the headers.
fn is_harmless(error: &DecodeErrors) -> bool {
    error.to_string().contains("between headers")
}

/// What a picture of `size` is at one `scale`th.
const fn at_scale(size: PixelSize, scale: u32) -> PixelSize {
    PixelSize::new(size.width.div_ceil(scale), size.height.div_ceil(scale))
}

fn explain(error: &jpeg_decoder::Error) -> PixelsError {
    match error {
        jpeg_decoder::Error::Unsupported(_) => RARE,
        error => complaint(error),
    }
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;

    use super::*;
    use crate::model::Bitmap;
    use crate::pixels::{Limits, decode, testing};

    fn with_memory(bytes: &[u8], max_alloc_bytes: u64) -> crate::pixels::Decoded {
        decode(bytes, None, &Limits { max_alloc_bytes, ..Limits::default() }).unwrap()
    }

    #[test]
    fn every_pixel_is_what_another_reader_sees() {
        let picture = testing::picture(PixelSize::new(75, 43));
        for quality in [40, 90] {
            let jpeg = crate::pixels::encode_jpeg(&picture, quality).unwrap();
            let other = image::load_from_memory(&jpeg).unwrap().into_rgba8();
            let ours = with_memory(&jpeg, 1 << 20).bitmap;
            assert_eq!(ours.rgba(), other.as_raw(), "quality {quality}");
        }
        let grey = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(9, 8, image::Luma([77])));
        let mut jpeg = std::io::Cursor::new(vec![]);
        grey.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        let shown = with_memory(jpeg.get_ref(), 1 << 20).bitmap;
        assert_eq!(shown.rgba()[..4], [77, 77, 77, 255]);
    }

    #[test]
    fn smaller_ones_are_the_same_picture() {
        let picture = testing::picture(PixelSize::new(403, 301));
        for progressive in [false, true] {
            let bytes = testing::jpeg_written(&picture, progressive, jpeg_encoder::ColorType::Rgba);
            for side in [400, 200, 130, 60, 20] {
                let fit = PixelSize::new(side, side);
                let small = decode(&bytes, Some(fit), &Limits::default()).unwrap();
                assert_eq!(small.bitmap.size(), picture.size().fit(fit));
                assert_eq!(small.reduced_from(Some(fit)), None);
                let twin = crate::pixels::scale(&picture, fit);
                let off = testing::mean_difference(&small.bitmap, &twin);
                assert!(off < 3.0, "{side}, progressive {progressive}: {off}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_decoded_smaller_or_refused() {
        let picture = testing::picture(PixelSize::new(800, 600));
        let baseline = testing::jpeg_of(&picture, None);
        for (bytes, factor) in [(2_500_000, 1), (1_500_000, 2), (300_000, 4), (100_000, 8)] {
            let decoded = with_memory(&baseline, bytes);
            assert_eq!(decoded.stored, picture.size());
            assert_eq!(decoded.bitmap.size(), at_scale(picture.size(), factor), "{bytes}");
            assert_eq!(decoded.reduced_from(None).is_some(), factor > 1);
        }
        let progressive = testing::jpeg_written(&picture, true, jpeg_encoder::ColorType::Rgba);
        let tight = Limits { max_alloc_bytes: 300_000, ..Limits::default() };
        let refused = decode(&progressive, None, &tight);
        assert_eq!(refused, Err(PixelsError::TooLarge { size: picture.size() }));
    }

    #[test]
    fn inks_are_the_right_way_round() {
        let size = PixelSize::new(32, 16);
        // Cyan with a little black, as Adobe stores it: upside down.
        let ink = Bitmap::new(size, [255, 0, 0, 51].repeat(512)).unwrap();
        for colours in [jpeg_encoder::ColorType::Cmyk, jpeg_encoder::ColorType::CmykAsYcck] {
            let adobe = testing::jpeg_written(&ink, false, colours);
            assert!(Jpeg::scan(&adobe).adobe);
            let shown = with_memory(&adobe, 1 << 20).bitmap;
            let near = |a: &[u8], b: [u8; 4]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 4);
            assert!(near(&shown.rgba()[..4], [0, 204, 204, 255]), "{:?}", &shown.rgba()[..4]);
        }
    }

    #[test]
    fn a_prefix_is_told_from_a_whole_file() {
        let bytes = testing::jpeg(PixelSize::new(64, 64), None);
        let scan = Jpeg::scan(&bytes).scan.unwrap();
        assert!(is_whole(&bytes[scan..]));
        assert!(!is_whole(&bytes[scan..bytes.len() - 2]));
    }
}
