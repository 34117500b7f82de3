//! BMP to samples, band by band: what is larger than wanted, or than memory allows for, becomes
//! smaller on the way.
//!
//! Each band of rows is handed to the decoder as a picture of its own. For all kinds whose rows
//! are equally long; those of run lengths go the general way.

use std::io::Cursor;

use image::{ColorType, ImageDecoder, codecs::bmp::BmpDecoder};

use super::{
    PixelsError,
    decode::{Order, Read, complaint},
    reduce::Reducer,
    samples::Kind,
};
use crate::model::PixelSize;

/// About how many bytes of a file are decoded at a time.
const BAND_BYTES: usize = 1 << 20;
/// The longest header that is copied before every band.
const LONGEST_HEADER: usize = 64 << 10;

/// Decodes to what is wanted or a little more of it; `None` where the kind is not one of these.
pub(super) fn read(order: &Order<'_>) -> Result<Option<Read>, PixelsError> {
    let Some(layout) = Layout::of(order.bytes) else { return Ok(None) };
    let size = layout.size;
    let there = layout.rows_there();
    if there == 0 {
        return Err(PixelsError::EndsEarly);
    }
    let is_damaged = there < size.height;
    let has_alpha = is_damaged || layout.band(0, 1, |decoder| Ok(is_rgba(&decoder)))?;
    let kind = if has_alpha { Kind::Rgba } else { Kind::Rgb };
    let rows = layout.rows_at_a_time();
    let band = u64::from(rows) * (layout.row_bytes as u64 + u64::from(size.width) * 4);
    let factor = order.factor(size, |reduced| order.need(size, reduced, kind, band))?;
    let mut reducer = Reducer::new(kind, size, factor);
    let (first, last) =
        if layout.is_top_down { (0, there) } else { (size.height - there, size.height) };
    let nothing = vec![0; size.width as usize * kind.channels()];
    let mut is_taken = (0..first).all(|_| reducer.push(&nothing));
    for top in (first..last).step_by(rows as usize) {
        let bottom = (top + rows).min(last);
        is_taken &= layout.band(top, bottom, |decoder| push(decoder, &mut reducer, kind))?;
    }
    is_taken &= (last..size.height).all(|_| reducer.push(&nothing));
    if !is_taken {
        return Err(PixelsError::Broken);
    }
    let read = Read::rows(reducer, size, Ok(()))?;
    Ok(Some(Read { is_damaged, ..read }))
}

type Band<'a> = BmpDecoder<Cursor<&'a [u8]>>;

fn is_rgba(decoder: &Band<'_>) -> bool {
    decoder.color_type() == ColorType::Rgba8
}

/// Decodes a band; false where it is not what the whole picture is.
fn push(decoder: Band<'_>, reducer: &mut Reducer, kind: Kind) -> Result<bool, PixelsError> {
    let width = decoder.dimensions().0 as usize;
    let has_alpha = is_rgba(&decoder);
    let bytes = usize::try_from(decoder.total_bytes()).map_err(|_| PixelsError::Broken)?;
    let mut pixels = vec![0; bytes];
    decoder.read_image(&mut pixels).map_err(|e| complaint(&e))?;
    let is_as_it_is = has_alpha == (kind == Kind::Rgba);
    let mut row = vec![];
    Ok(pixels.chunks_exact(width * if has_alpha { 4 } else { 3 }).all(|pixels| {
        if is_as_it_is {
            return reducer.push(pixels);
        }
        row.clear();
        row.extend(pixels.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]));
        reducer.push(&row)
    }))
}

/// Where the rows are.
struct Layout<'a> {
    /// Up to the first row.
    header: &'a [u8],
    rows: &'a [u8],
    size: PixelSize,
    is_top_down: bool,
    /// With what fills it up to a multiple of four.
    row_bytes: usize,
    bits: usize,
    /// Where the height is written, and in how many bytes.
    height: (usize, usize),
}

impl<'a> Layout<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let four = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let two = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let begin = usize::try_from(four(10)?).ok().filter(|at| *at <= LONGEST_HEADER)?;
        let is_core = four(14)? == 12;
        let (width, height, bits, coding) = if is_core {
            (two(18)?.into(), i32::from(two(20)?), two(24)?, 0)
        } else {
            (four(18)?, four(22)?.cast_signed(), two(28)?, four(30)?)
        };
        let size = PixelSize::new(width, height.unsigned_abs());
        let bits = usize::from(bits);
        // Plain rows, or those that say where in them the colours are.
        let is_plain = matches!((coding, bits), (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) | (3, 16 | 32));
        if size.is_empty() || !is_plain || width > 1 << 18 {
            return None;
        }
        Some(Self {
            header: bytes.get(..begin)?,
            rows: &bytes[begin..],
            size,
            is_top_down: height < 0,
            row_bytes: (width as usize * bits).div_ceil(32) * 4,
            bits,
            height: if is_core { (20, 2) } else { (22, 4) },
        })
    }

    fn rows_at_a_time(&self) -> u32 {
        let rows = (BAND_BYTES / self.row_bytes).max(1);
        u32::try_from(rows).unwrap_or(u32::MAX).min(self.size.height)
    }

    /// How many are in the file. What fills up the last one may be missing.
    fn rows_there(&self) -> u32 {
        let used = (self.size.width as usize * self.bits).div_ceil(8);
        let rows = (self.rows.len() + self.row_bytes - used) / self.row_bytes;
        u32::try_from(rows).unwrap_or(u32::MAX).min(self.size.height)
    }

    /// The rows from `top` up to `bottom` as a picture of its own.
    fn band<T>(
        &self,
        top: u32,
        bottom: u32,
        take: impl FnOnce(Band<'_>) -> Result<T, PixelsError>,
    ) -> Result<T, PixelsError> {
        let rows = bottom - top;
        let first = if self.is_top_down { top } else { self.size.height - bottom };
        let from = first as usize * self.row_bytes;
        let to = (from + rows as usize * self.row_bytes).min(self.rows.len());
        let mut file = self.header.to_vec();
        let (at, bytes) = self.height;
        let signed = if self.is_top_down { rows.wrapping_neg() } else { rows };
        let height = signed.to_le_bytes();
        file.get_mut(at..at + bytes).ok_or(PixelsError::Broken)?.copy_from_slice(&height[..bytes]);
        file.extend_from_slice(self.rows.get(from..to).unwrap_or_default());
        file.resize(self.header.len() + rows as usize * self.row_bytes, 0);
        let decoder = BmpDecoder::new(Cursor::new(file.as_slice())).map_err(|e| complaint(&e))?;
        if decoder.dimensions() != (self.size.width, rows) {
            return Err(PixelsError::Broken);
        }
        take(decoder)
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ExtendedColorType, codecs::bmp::BmpEncoder};

    use super::*;
    use crate::pixels::{Limits, decode, testing};

    const SIZE: PixelSize = PixelSize::new(403, 301);

    fn samples() -> Vec<Vec<u8>> {
        let picture = testing::picture(SIZE);
        let rgba = image::RgbaImage::from_raw(SIZE.width, SIZE.height, picture.rgba().to_vec());
        let whole = DynamicImage::ImageRgba8(rgba.unwrap());
        let written = |bytes: &[u8], kind: ExtendedColorType| {
            let mut out = vec![];
            BmpEncoder::new(&mut out).encode(bytes, SIZE.width, SIZE.height, kind).unwrap();
            out
        };
        vec![
            written(whole.to_rgb8().as_raw(), ExtendedColorType::Rgb8),
            written(whole.to_rgba8().as_raw(), ExtendedColorType::Rgba8),
            written(whole.to_luma8().as_raw(), ExtendedColorType::L8),
        ]
    }

    /// The same, stored from the top.
    fn top_down(bytes: &[u8]) -> Vec<u8> {
        let layout = Layout::of(bytes).unwrap();
        let mut header = layout.header.to_vec();
        header[22..26].copy_from_slice(&SIZE.height.wrapping_neg().to_le_bytes());
        let rows = layout.rows.chunks_exact(layout.row_bytes).rev().flatten().copied();
        header.into_iter().chain(rows).collect()
    }

    #[test]
    fn bands_make_the_picture_that_another_reader_sees() {
        for bytes in samples() {
            let other = image::load_from_memory(&bytes).unwrap().into_rgba8();
            for bytes in [top_down(&bytes), bytes] {
                let decoded = decode(&bytes, None, &Limits::default()).unwrap();
                assert!(!decoded.is_damaged);
                assert!(decoded.bitmap.rgba() == other.as_raw(), "otherwise than another reader");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_made_smaller_on_the_way() {
        let tight = Limits { max_alloc_bytes: 500_000, ..Limits::default() };
        let bytes = &samples()[0];
        let decoded = decode(bytes, None, &tight);
        // A band as a file has it and as it is decoded is more than that.
        assert_eq!(decoded, Err(PixelsError::TooLarge { size: SIZE }));
        let larger = Limits { max_alloc_bytes: 1_200_000, ..Limits::default() };
        let decoded = decode(bytes, None, &larger).unwrap();
        assert_eq!(decoded.reduced_from(None), Some(SIZE));
        let twin = crate::pixels::scale(&testing::picture(SIZE), decoded.bitmap.size());
        assert!(testing::mean_difference(&decoded.bitmap, &twin) < 3.0);
    }

    #[test]
    fn of_a_part_the_rows_that_are_there_are_shown() {
        let picture = testing::picture(SIZE);
        let row = SIZE.width as usize * 4;
        let bytes = &samples()[0];
        for (bytes, is_top_down) in [(top_down(bytes), true), (bytes.clone(), false)] {
            let half = decode(&bytes[..bytes.len() / 2], None, &Limits::default()).unwrap();
            assert!(half.is_damaged);
            let rows = half.bitmap.rgba().chunks_exact(row).zip(picture.rgba().chunks_exact(row));
            let there: Vec<bool> = rows
                .map(|(ours, whole)| {
                    assert!(ours == whole || ours.iter().all(|byte| *byte == 0));
                    ours == whole
                })
                .collect();
            assert_eq!(there.iter().filter(|there| **there).count(), 150);
            assert_eq!((there[0], there[300]), (is_top_down, !is_top_down));
        }
    }
}
