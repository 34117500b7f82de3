//! PNG to samples, row by row: what is larger than wanted, or than memory allows for, becomes
//! smaller on the way.

use std::io::Cursor;

use ::png::{ColorType, Decoder, Limits, Reader, Transformations};

use super::{
    PixelsError, colour,
    decode::{Order, Read, complaint},
    reduce::{Reducer, reduced},
    samples::{Kind, Samples},
};
use crate::model::PixelSize;

/// What the decoder may hold beside the rows: chunks of text, profiles.
const ASIDE_BYTES: u64 = 64 << 20;

/// Decodes to what is wanted or a little more of it.
pub(super) fn read(order: &Order<'_>) -> Result<Read, PixelsError> {
    let limit = order.limits.max_alloc_bytes.min(ASIDE_BYTES);
    let limits = Limits { bytes: usize::try_from(limit).unwrap_or(usize::MAX) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(order.bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(|e| complaint(&e))?;
    let info = reader.info();
    let (size, is_interlaced) = (PixelSize::new(info.width, info.height), info.interlaced);
    let icc = info.icc_profile.clone();
    let cicp = info.coding_independent_code_points;
    let kind = kind(reader.output_color_type().0).ok_or(PixelsError::Broken)?;
    // The bitmap is made of the samples, the sums of a row are small.
    let need = |reduced: PixelSize| order.need(size, reduced, kind, 0);
    let mut read = if is_interlaced {
        // Half of the passes have all of a picture of half the size.
        let factors = [1, 2, 4, 8].into_iter();
        let factor = order.first_admitted(size, &factors, |factor| need(reduced(size, factor)));
        let factor = factor.ok_or(PixelsError::TooLarge { size })?;
        interlaced(&mut reader, kind, size, factor)?
    } else {
        let mut reducer = Reducer::new(kind, size, order.factor(size, need)?);
        let end = rows(&mut reader, &mut reducer);
        Read::rows(reducer, size, end)?
    };
    read = read.with_icc(icc.as_deref());
    if let (None, Some(cicp)) = (&read.samples.profile, cicp) {
        read.samples.profile = colour::of_video(cicp.color_primaries, cicp.transfer_function);
    }
    Ok(read)
}

/// What the decoder's colours are; it resolves palettes.
pub(super) const fn kind(colours: ColorType) -> Option<Kind> {
    Some(match colours {
        ColorType::Grayscale => Kind::Gray,
        ColorType::GrayscaleAlpha => Kind::GrayAlpha,
        ColorType::Rgb => Kind::Rgb,
        ColorType::Rgba => Kind::Rgba,
        ColorType::Indexed => return None,
    })
}

fn rows(reader: &mut Reader<Cursor<&[u8]>>, reducer: &mut Reducer) -> Result<(), PixelsError> {
    while let Some(row) = reader.next_row().map_err(|e| complaint(&e))? {
        if !reducer.push(row.data()) {
            return Err(PixelsError::Broken);
        }
    }
    Ok(())
}

/// Keeps one pixel of each square. What is missing of the last passes is as in those before them.
fn interlaced(
    reader: &mut Reader<Cursor<&[u8]>>,
    kind: Kind,
    size: PixelSize,
    factor: u32,
) -> Result<Read, PixelsError> {
    let channels = kind.channels();
    let kept = reduced(size, factor);
    let mut bytes = vec![0; kept.width as usize * kept.height as usize * channels];
    let place = |x: u32, y: u32| {
        let is_kept = x.is_multiple_of(factor) && y.is_multiple_of(factor);
        let pixel = (y / factor) as usize * kept.width as usize + (x / factor) as usize;
        is_kept.then_some(pixel * channels)
    };
    let mut rows = PASSES.iter().flat_map(|pass| pass.rows(size)).peekable();
    let mut end = None;
    while let Some((pass, y)) = rows.peek().copied() {
        let row = match reader.next_interlaced_row() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) => {
                end = Some(complaint(&error));
                break;
            }
        };
        for (index, pixel) in (0_u32..).zip(row.data().chunks_exact(channels)) {
            if let Some(at) = place(pass.x + index * pass.right, y) {
                let to = bytes.get_mut(at..at + channels).ok_or(PixelsError::Broken)?;
                to.copy_from_slice(pixel);
            }
        }
        rows.next();
    }
    // Without a whole first pass a part of the picture is not known at all.
    if rows.peek().is_some_and(|(pass, _)| pass.fills == (0, 0)) {
        return Err(end.unwrap_or(PixelsError::EndsEarly));
    }
    let is_damaged = rows.peek().is_some();
    for (pass, y) in rows {
        for x in (pass.x..size.width).step_by(pass.right as usize) {
            if let (Some(at), Some(from)) = (place(x, y), place(x - pass.fills.0, y - pass.fills.1))
            {
                bytes.copy_within(from..from + channels, at);
            }
        }
    }
    let samples = Samples::new(kind, kept, bytes).ok_or(PixelsError::Broken)?;
    Ok(Read { samples, size, is_damaged })
}

/// Which pixels a pass of an interlaced picture has: the first, and the steps from one to the
/// next.
struct Pass {
    x: u32,
    y: u32,
    right: u32,
    down: u32,
    /// How far to the left and above a pixel is that an earlier pass has.
    fills: (u32, u32),
}

const PASSES: [Pass; 7] = [
    Pass { x: 0, y: 0, right: 8, down: 8, fills: (0, 0) },
    Pass { x: 4, y: 0, right: 8, down: 8, fills: (4, 0) },
    Pass { x: 0, y: 4, right: 4, down: 8, fills: (0, 4) },
    Pass { x: 2, y: 0, right: 4, down: 4, fills: (2, 0) },
    Pass { x: 0, y: 2, right: 2, down: 4, fills: (0, 2) },
    Pass { x: 1, y: 0, right: 2, down: 2, fills: (1, 0) },
    Pass { x: 0, y: 1, right: 1, down: 2, fills: (0, 1) },
];

impl Pass {
    /// The rows that it has of a picture of `size`.
    fn rows(&self, size: PixelSize) -> impl Iterator<Item = (&Self, u32)> {
        let last = if self.x < size.width { size.height } else { 0 };
        (self.y..last).step_by(self.down as usize).map(move |y| (self, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bitmap;
    use crate::pixels::{Decoded, Limits as Bounds, decode, testing};

    fn with_bytes(png: &[u8], max_alloc_bytes: u64) -> Decoded {
        decode(png, None, &Bounds { max_alloc_bytes, ..Bounds::default() }).unwrap()
    }

    /// Interlaced by the rules, which no encoder at hand knows: the rows of the passes one after
    /// the other, unfiltered.
    fn interlaced_png(picture: &Bitmap) -> Vec<u8> {
        use std::io::Write as _;
        let size = picture.size();
        let mut raw = vec![];
        for (pass, y) in PASSES.iter().flat_map(|pass| pass.rows(size)) {
            raw.push(0);
            for x in (pass.x..size.width).step_by(pass.right as usize) {
                let at = (y * size.width + x) as usize * 4;
                raw.extend(&picture.rgba()[at..at + 4]);
            }
        }
        let mut packed = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::fast());
        packed.write_all(&raw).unwrap();
        let chunk = |kind: &[u8], body: &[u8]| testing::png_chunk(kind, body);
        let (w, h) = (size.width.to_be_bytes(), size.height.to_be_bytes());
        [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"IHDR", &[&w[..], &h, &[8, 6, 0, 0, 1]].concat()),
            chunk(b"IDAT", &packed.finish().unwrap()),
            chunk(b"IEND", &[]),
        ]
        .concat()
    }

    #[test]
    fn an_interlaced_picture_is_the_same() {
        for size in [PixelSize::new(37, 21), PixelSize::new(1, 1), PixelSize::new(3, 9)] {
            let picture = testing::picture(size);
            assert_eq!(with_bytes(&interlaced_png(&picture), 1 << 30).bitmap, picture);
        }
    }

    #[test]
    fn a_part_of_an_interlaced_picture_is_all_of_it_with_less_detail() {
        let size = PixelSize::new(160, 120);
        let picture = testing::picture(size);
        let bytes = interlaced_png(&picture);
        let head = bytes.len() - 12;
        for share in [3, 5, 9] {
            let cut = &bytes[..head * share / 10];
            let decoded = decode(cut, None, &Bounds::default()).unwrap();
            assert!(decoded.is_damaged);
            let off = testing::mean_difference(&decoded.bitmap, &picture);
            assert!(off < 4.0, "{off} at {share} tenths");
            assert!(decoded.bitmap.rgba().iter().skip(3).step_by(4).all(|alpha| *alpha == 255));
        }
    }

    #[test]
    fn what_does_not_fit_is_made_smaller_on_the_way() {
        let picture = testing::picture(PixelSize::new(400, 300));
        for bytes in [testing::png_of(&picture), interlaced_png(&picture)] {
            let decoded = with_bytes(&bytes, 400_000);
            assert_eq!(decoded.stored, picture.size());
            assert_eq!(decoded.reduced_from(None), Some(picture.size()));
            let size = decoded.bitmap.size();
            assert!(size.width >= 100 && size.pixels() * 8 <= 400_000, "{size:?}");
            let twin = crate::pixels::scale(&picture, size);
            assert!(testing::mean_difference(&decoded.bitmap, &twin) < 3.0);
        }
    }
}
