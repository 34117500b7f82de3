//! The first frame of a GIF to samples, row by row: what is larger than wanted, or than memory
//! allows for, becomes smaller on the way.

use std::io::Cursor;
use std::num::NonZeroU64;

use ::gif::{ColorOutput, DecodeOptions, Decoder, MemoryLimit};

use super::{
    PixelsError,
    decode::{Order, Read, complaint},
    reduce::Reducer,
    samples::Kind,
};
use crate::model::PixelSize;

/// What the decoder may hold beside the rows: palettes, a block of codes, and what programs write
/// before the picture: a colour profile, and XMP that can be long.
const ASIDE_BYTES: u64 = 48 << 20;
const NOTHING: [u8; 4] = [0; 4];

/// Decodes to what is wanted or a little more of it.
pub(super) fn read(order: &Order<'_>) -> Result<Read, PixelsError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(
        NonZeroU64::new(ASIDE_BYTES).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes),
    );
    let mut decoder = options.read_info(Cursor::new(order.bytes)).map_err(|e| complaint(&e))?;
    let size = PixelSize::new(decoder.width().into(), decoder.height().into());
    if size.is_empty() {
        return Err(PixelsError::Broken);
    }
    let frame = decoder.next_frame_info().map_err(|e| complaint(&e))?;
    let frame = frame.ok_or(PixelsError::EndsEarly)?;
    let place = Place {
        left: frame.left.into(),
        top: frame.top.into(),
        size: PixelSize::new(frame.width.into(), frame.height.into()),
    };
    // A frame may be larger than its canvas: what lies beyond is not seen, but has to be read.
    if !order.limits.admit(place.size, 0) {
        return Err(PixelsError::TooLarge { size: place.size });
    }
    let (is_interlaced, clear) = (frame.interlaced, frame.transparent);
    // Interlaced rows do not come in their order: they wait for each other.
    let waiting = if is_interlaced { place.size.pixels() } else { 0 };
    let factor = order.factor(size, |reduced| order.need(size, reduced, Kind::Rgba, waiting))?;
    let palette = decoder.palette().map_err(|e| complaint(&e))?;
    let mut colours: Vec<[u8; 4]> =
        palette.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    if let Some(clear) = clear.and_then(|clear| colours.get_mut(usize::from(clear))) {
        *clear = NOTHING;
    }
    let mut canvas = Canvas {
        reducer: Reducer::new(Kind::Rgba, size, factor),
        size,
        place,
        colours,
        row: vec![],
    };
    let end =
        if is_interlaced { canvas.interlaced(&mut decoder) } else { canvas.in_order(&mut decoder) };
    let icc = decoder.icc_profile().map(<[u8]>::to_vec);
    Ok(Read::rows(canvas.reducer, size, end)?.with_icc(icc.as_deref()))
}

/// Where a frame lies on its canvas.
struct Place {
    left: u32,
    top: u32,
    size: PixelSize,
}

type Source<'a> = Decoder<Cursor<&'a [u8]>>;

/// Takes rows of a frame, and gives rows of the whole picture.
struct Canvas {
    reducer: Reducer,
    size: PixelSize,
    place: Place,
    colours: Vec<[u8; 4]>,
    row: Vec<u8>,
}

impl Canvas {
    fn in_order(&mut self, decoder: &mut Source<'_>) -> Result<(), PixelsError> {
        let mut indices = vec![0; self.place.size.width as usize];
        for y in 0..self.place.size.height {
            fill(decoder, &mut indices)?;
            if y == 0 {
                self.empty(self.place.top)?;
            }
            self.push(&indices)?;
            if self.reducer.rows_left() == 0 {
                return Ok(());
            }
        }
        self.empty(u32::MAX)
    }

    fn interlaced(&mut self, decoder: &mut Source<'_>) -> Result<(), PixelsError> {
        let PixelSize { width, height } = self.place.size;
        let mut indices = vec![0; width as usize * height as usize];
        let row = |y: u32| y as usize * width as usize..(y as usize + 1) * width as usize;
        let mut order = PASSES.iter().flat_map(|(first, step, above)| {
            (*first..height).step_by(*step).map(move |y| (y, *above))
        });
        let end = order.by_ref().try_for_each(|(y, above)| {
            fill(decoder, &mut indices[row(y)]).map_err(|error| (error, y, above))
        });
        let end = end.map_err(|(error, y, above)| {
            // What is missing of the later passes is as in those before them.
            for (y, above) in std::iter::once((y, above)).chain(order).filter(|(_, a)| *a > 0) {
                indices.copy_within(row(y - above), row(y).start);
            }
            (error, if above == 0 { y } else { height })
        });
        let there = end.as_ref().err().map_or(height, |(_, rows)| *rows);
        if there > 0 {
            self.empty(self.place.top)?;
        }
        // Of the first pass, every eighth row stands for those below it.
        for y in 0..there {
            let from = if there < height { y / 8 * 8 } else { y };
            self.push(&indices[row(from)])?;
        }
        end.map_err(|(error, _)| error)?;
        self.empty(u32::MAX)
    }

    /// One row of the frame.
    fn push(&mut self, indices: &[u8]) -> Result<(), PixelsError> {
        if self.reducer.rows_left() == 0 {
            return Ok(());
        }
        let width = self.size.width as usize;
        let left = (self.place.left as usize).min(width);
        let seen = indices.get(..width - left).unwrap_or(indices);
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        row.resize(left * 4, 0);
        let colour = |index: &u8| self.colours.get(usize::from(*index)).copied();
        row.extend(seen.iter().flat_map(|index| colour(index).unwrap_or(NOTHING)));
        row.resize(width * 4, 0);
        let is_taken = self.reducer.push(&row);
        self.row = row;
        if is_taken { Ok(()) } else { Err(PixelsError::Broken) }
    }

    /// Up to so many rows with nothing in them.
    fn empty(&mut self, rows: u32) -> Result<(), PixelsError> {
        let row = vec![0; self.size.width as usize * 4];
        let rows = rows.min(self.reducer.rows_left());
        let is_taken = (0..rows).all(|_| self.reducer.push(&row));
        if is_taken { Ok(()) } else { Err(PixelsError::Broken) }
    }
}

/// The rows of an interlaced frame: the first of a pass, the step to the next, and how far above
/// one is that an earlier pass has.
const PASSES: [(u32, usize, u32); 4] = [(0, 8, 0), (4, 8, 4), (2, 4, 2), (1, 2, 1)];

fn fill(decoder: &mut Source<'_>, row: &mut [u8]) -> Result<(), PixelsError> {
    match decoder.fill_buffer(row) {
        Ok(true) => Ok(()),
        Ok(false) => Err(PixelsError::EndsEarly),
        Err(error) => Err(complaint(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bitmap;
    use crate::pixels::{Limits, decode, testing};

    /// Stripes of three colours and nothing, on a canvas with room around them.
    fn stripes(is_interlaced: bool, canvas: PixelSize, place: &Place) -> Vec<u8> {
        let side = |side: u32| u16::try_from(side).unwrap();
        let palette = [200, 0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0];
        let mut bytes = vec![];
        let mut encoder =
            ::gif::Encoder::new(&mut bytes, side(canvas.width), side(canvas.height), &palette)
                .unwrap();
        let mut frame = ::gif::Frame {
            left: side(place.left),
            top: side(place.top),
            width: side(place.size.width),
            height: side(place.size.height),
            transparent: Some(3),
            interlaced: is_interlaced,
            ..::gif::Frame::default()
        };
        let PixelSize { width, height } = place.size;
        let passes = PASSES.iter().flat_map(|(first, step, _)| (*first..height).step_by(*step));
        let order: Vec<u32> = if is_interlaced { passes.collect() } else { (0..height).collect() };
        let index = |x: u32, y: u32| u8::try_from((x / 3 + y / 2) % 4).unwrap();
        frame.buffer = order
            .iter()
            .flat_map(|y| (0..width).map(move |x| index(x, *y)))
            .collect::<Vec<_>>()
            .into();
        encoder.write_frame(&frame).unwrap();
        drop(encoder);
        bytes
    }

    fn shown(bytes: &[u8]) -> Bitmap {
        let decoded = decode(bytes, None, &Limits::default()).unwrap();
        assert!(!decoded.is_damaged);
        decoded.bitmap
    }

    #[test]
    fn a_frame_lies_on_its_canvas_however_its_rows_come() {
        let canvas = PixelSize::new(40, 30);
        for (left, top, width, height) in [(0, 0, 40, 30), (5, 7, 20, 13), (30, 20, 20, 20)] {
            let place = Place { left, top, size: PixelSize::new(width, height) };
            let plain = stripes(false, canvas, &place);
            let ours = shown(&plain);
            assert!(ours == shown(&stripes(true, canvas, &place)), "interlaced");
            let other = image::load_from_memory(&plain).unwrap().into_rgba8();
            assert!(ours.rgba() == other.as_raw(), "otherwise than another reader");
        }
    }

    #[test]
    fn what_does_not_fit_is_made_smaller_on_the_way() {
        let picture = testing::picture(PixelSize::new(400, 300));
        let mut bytes = Cursor::new(vec![]);
        image::RgbaImage::from_raw(400, 300, picture.rgba().to_vec())
            .unwrap()
            .write_to(&mut bytes, image::ImageFormat::Gif)
            .unwrap();
        let tight = Limits { max_alloc_bytes: 200_000, ..Limits::default() };
        let decoded = decode(bytes.get_ref(), None, &tight).unwrap();
        assert_eq!(decoded.reduced_from(None), Some(picture.size()));
        let twin = crate::pixels::scale(&picture, decoded.bitmap.size());
        let off = testing::mean_difference(&decoded.bitmap, &twin);
        assert!(off < 8.0, "{off}");
    }

    #[test]
    fn of_a_frame_beyond_its_canvas_no_more_is_read_than_is_seen() {
        let canvas = PixelSize::new(6, 4);
        let place = Place { left: 2, top: 1, size: PixelSize::new(300, 200) };
        let bytes = stripes(false, canvas, &place);
        // The rows that are seen are there, of the others most are not.
        let decoded = decode(&bytes[..bytes.len() / 2], None, &Limits::default()).unwrap();
        assert!(!decoded.is_damaged, "it read on behind the canvas");
        assert!(decoded.bitmap == shown(&bytes) && decoded.bitmap.size() == canvas);
        for is_interlaced in [false, true] {
            let bytes = stripes(is_interlaced, canvas, &place);
            for limits in [
                Limits { max_side: 299, ..Limits::default() },
                Limits { max_pixels: 59_999, ..Limits::default() },
            ] {
                let refused = decode(&bytes, None, &limits);
                assert_eq!(refused, Err(PixelsError::TooLarge { size: place.size }));
            }
        }
    }

    #[test]
    fn what_programs_write_before_the_picture_may_be_long() {
        let size = PixelSize::new(40, 30);
        let bytes = stripes(false, size, &Place { left: 0, top: 0, size });
        // Behind the header and its four colours.
        let (start, picture) = bytes.split_at(13 + 12);
        let block = [&[255][..], &[b' '; 255]].concat();
        let xmp = [&b"\x21\xff\x0bXMP DataXMP"[..], &block.repeat(12_000), &[0]].concat();
        assert!(shown(&[start, &xmp, picture].concat()) == shown(&bytes));
    }

    #[test]
    fn of_a_part_the_rows_that_are_there_are_shown() {
        let size = PixelSize::new(300, 200);
        let place = Place { left: 0, top: 0, size };
        for is_interlaced in [false, true] {
            let bytes = stripes(is_interlaced, size, &place);
            let whole = shown(&bytes);
            let part = decode(&bytes[..bytes.len() * 3 / 4], None, &Limits::default()).unwrap();
            assert!(part.is_damaged);
            let pairs = part.bitmap.rgba().chunks_exact(4).zip(whole.rgba().chunks_exact(4));
            let same = pairs.filter(|(a, b)| a == b).count();
            assert!(same > 30_000, "{same} of 60,000 pixels, interlaced {is_interlaced}");
        }
    }
}
