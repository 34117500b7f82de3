//! What the beginning of a file shows of its picture, laid over the best picture at hand.
//!
//! A progressive JPEG gets sharper with every scan, a baseline one and a PNG fill from the first
//! row, which is at the bottom or at a side where the camera was held so. Formats that show
//! nothing before their end are none. Pure, and limited as every decode; on worker threads.

use std::io::Cursor;

use ::png::{Decoder, Transformations};

use super::{
    exif, facts,
    guard::guarded,
    header::{self, Jpeg},
    jpeg,
    limits::Limits,
    png::kind,
    samples::{Kind, Samples},
    scale::shrink_samples,
    sniff::sniff,
};
use crate::model::{Bitmap, PixelSize};

/// The picture of which `bytes` is the beginning, upright and scaled down to fit `fit` (never up):
/// what is there of it, over `under` (any size, upright) or nothing. `None` while that would not
/// be better than `under`, for formats of which a part shows nothing, and beyond the limits.
#[must_use]
pub fn prefix(
    bytes: &[u8],
    fit: PixelSize,
    under: Option<&Bitmap>,
    limits: &Limits,
) -> Option<Bitmap> {
    guarded(|| laid_over(bytes, fit, under, limits)).flatten()
}

fn laid_over(
    bytes: &[u8],
    fit: PixelSize,
    under: Option<&Bitmap>,
    limits: &Limits,
) -> Option<Bitmap> {
    let mime = sniff(bytes).mime;
    let stored = header::stored(bytes, mime);
    let orientation = stored
        .orientation
        .or_else(|| exif::read(bytes)?.orientation)
        .filter(|orientation| (1..=8).contains(orientation))
        .unwrap_or(1);
    let part = match mime {
        "image/jpeg" => of_jpeg(bytes, limits)?,
        "image/png" => of_png(bytes, stored.size, limits)?,
        _ => return None,
    };
    let upright = facts::upright(stored.size, orientation).fit(fit);
    let target = facts::upright(upright, orientation);
    // Whole rows of the target that lie within the rows that are there.
    let rows = u64::from(part.rows) * u64::from(target.height) / u64::from(stored.size.height);
    let rows = u32::try_from(rows).ok().filter(|rows| *rows > 0)?;
    let from = u64::from(rows) * u64::from(stored.size.height) / u64::from(target.height);
    let from = PixelSize::new(stored.size.width, u32::try_from(from).ok()?);
    let Part { samples, .. } = part;
    let bytes = usize::try_from(from.pixels()).ok()? * samples.kind.channels();
    let to = PixelSize::new(target.width, rows);
    let scaled = shrink_samples(samples.bytes.get(..bytes)?, samples.kind, from, to)?;
    let scaled = Samples { bytes: scaled, size: to, ..samples };
    let turned = scaled.into_bitmap(orientation)?;
    let mut whole = match under {
        Some(under) => shrink_samples(under.rgba(), Kind::Rgba, under.size(), upright)?,
        None => vec![0; usize::try_from(upright.pixels() * 4).ok()?],
    };
    // The first row lies above, except where the camera was held otherwise.
    let left = if matches!(orientation, 6 | 7) { upright.width - turned.size().width } else { 0 };
    let top = if matches!(orientation, 3 | 4) { upright.height - turned.size().height } else { 0 };
    lay(&turned, &mut whole, upright, left, top)?;
    Bitmap::new(upright, whole)
}

/// Copies a picture into a larger one.
fn lay(part: &Bitmap, whole: &mut [u8], size: PixelSize, left: u32, top: u32) -> Option<()> {
    let row_bytes = part.size().width as usize * 4;
    for (row, y) in part.rgba().chunks_exact(row_bytes).zip(top as usize..) {
        let start = (y * size.width as usize + left as usize) * 4;
        whole.get_mut(start..start + row_bytes)?.copy_from_slice(row);
    }
    Some(())
}

/// The first rows of a picture as it is stored.
struct Part {
    rows: u32,
    /// These rows, perhaps some more that are no good.
    samples: Samples,
}

fn of_jpeg(bytes: &[u8], limits: &Limits) -> Option<Part> {
    let head = Jpeg::scan(bytes);
    let (frame, scan) = (head.frame?, head.scan?);
    let collected = if frame.progressive { u64::from(frame.components) * 2 } else { 0 };
    if !limits.admit(frame.size, frame.size.pixels() * (4 + collected)) {
        return None;
    }
    let shows = if frame.progressive {
        has_all_means(bytes, scan, frame.components)
    } else {
        // With a scan for each component, colours come last.
        components_of_scan(bytes, scan)? == usize::from(frame.components)
    };
    if !shows {
        return None;
    }
    let samples = jpeg::beginning(bytes, frame.size)?;
    let size = frame.size;
    let rows = if frame.progressive {
        size.height
    } else {
        // The decoder leaves pixels that it did not come to translucent.
        let row_bytes = size.width as usize * 4;
        let opaque =
            samples.bytes.chunks_exact(row_bytes).take_while(|row| row.get(3) == Some(&255));
        let rows = u32::try_from(opaque.count()).ok()?;
        if rows == size.height { rows } else { rows.saturating_sub(jpeg::UNSURE_ROWS) }
    };
    Some(Part { rows, samples })
}

/// How many components the scan has whose header ends at `scan`.
fn components_of_scan(bytes: &[u8], scan: usize) -> Option<usize> {
    // The header ends with three bytes behind the components, two each.
    (1..=4).find(|n| {
        let at = scan.checked_sub(6 + 2 * n);
        at.and_then(|at| bytes.get(at..at + 2)) == Some(&[0, u8::try_from(6 + 2 * n).unwrap_or(0)])
            && scan.checked_sub(4 + 2 * n).and_then(|at| bytes.get(at)).copied()
                == u8::try_from(*n).ok()
    })
}

/// Whether the mean of every block of every component is there: before that a part of the picture
/// is empty or without colour.
fn has_all_means(bytes: &[u8], first_scan: usize, components: u8) -> bool {
    let (mut at, mut complete) = (first_scan, 0);
    let Some(mut means) = components_of_scan(bytes, at) else { return false };
    while complete + means < usize::from(components) {
        let Some(end) = end_of_scan(bytes, at) else { return false };
        complete += means;
        // The next scan, if it is one of means: their spectrum begins at 0, unrefined.
        let Some(next) = next_scan(bytes, end) else { return false };
        let is_of_means = bytes.get(next - 3..next).is_some_and(|s| s[0] == 0 && s[2] >> 4 == 0);
        means = if is_of_means { components_of_scan(bytes, next).unwrap_or(0) } else { 0 };
        at = next;
    }
    end_of_scan(bytes, at).is_some()
}

/// Where the entropy-coded bytes of a scan end, if that is among the bytes: at a marker.
fn end_of_scan(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let at = rest.windows(2).position(|pair| {
        pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff) && !(0xd0..=0xd7).contains(&pair[1])
    })?;
    Some(start + at)
}

/// Where the entropy-coded bytes of the next scan begin.
fn next_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let [0xff, marker, high, low] = *bytes.get(at..)?.first_chunk()? else { return None };
        if marker == 0xd9 {
            return None;
        }
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]).max(2));
        if marker == 0xda {
            return (end <= bytes.len()).then_some(end);
        }
        at = end;
    }
}

fn of_png(bytes: &[u8], size: PixelSize, limits: &Limits) -> Option<Part> {
    if size.is_empty() || !limits.admit(size, size.pixels() * 8) {
        return None;
    }
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.ignore_checksums(true);
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    if info.interlaced || (info.width, info.height) != (size.width, size.height) {
        return None;
    }
    let icc = info.icc_profile.clone();
    let kind = kind(reader.output_color_type().0)?;
    let (mut samples, mut rows) = (vec![], 0);
    while let Ok(Some(row)) = reader.next_row() {
        samples.extend_from_slice(row.data());
        rows += 1;
    }
    let samples = Samples::new(kind, PixelSize::new(size.width, rows), samples)?;
    Some(Part { rows, samples: samples.with_icc(icc.as_deref()) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::testing;

    const SIZE: PixelSize = PixelSize::new(640, 480);

    fn at(bytes: &[u8], share: f64) -> &[u8] {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a part of a small file"
        )]
        let end = (bytes.len() as f64 * share) as usize;
        &bytes[..end]
    }

    fn shown(bytes: &[u8], under: Option<&Bitmap>) -> Option<Bitmap> {
        prefix(bytes, PixelSize::new(4000, 4000), under, &Limits::default())
    }

    fn black(size: PixelSize) -> Bitmap {
        Bitmap::new(size, [0, 0, 0, 255].repeat((size.width * size.height) as usize)).unwrap()
    }

    fn grown(bitmap: &Bitmap, size: PixelSize) -> Bitmap {
        Bitmap::new(size, shrink_samples(bitmap.rgba(), Kind::Rgba, bitmap.size(), size).unwrap())
            .unwrap()
    }

    #[test]
    fn a_progressive_one_gets_sharper_and_is_soon_better_than_a_thumbnail() {
        let picture = testing::detailed(SIZE);
        let bytes = testing::progressive(&picture, None);
        let thumbnail = crate::pixels::scale(&picture, PixelSize::new(40, 40));
        let blurred = testing::mean_difference(&grown(&thumbnail, SIZE), &picture);
        let (mut before, mut first) = (f64::MAX, None);
        for percent in (2..=100).step_by(2) {
            let Some(seen) = shown(at(&bytes, f64::from(percent) / 100.0), Some(&thumbnail)) else {
                assert!(first.is_none(), "gone again at {percent} %");
                continue;
            };
            let off = testing::mean_difference(&seen, &picture);
            assert!(off < before * 1.05, "{off} after {before} at {percent} %");
            before = off;
            if off < blurred {
                first = first.or(Some(percent));
            }
        }
        assert!(first.is_some_and(|first| first <= 35), "{first:?} % are needed");
        assert!(before < 4.0, "{before} in the end");
    }

    #[test]
    fn a_baseline_one_fills_from_its_first_row_however_the_camera_was_held() {
        let upright = testing::picture(SIZE);
        let under = black(PixelSize::new(8, 6));
        for orientation in 1..=8 {
            let stored = testing::stored_as(&upright, orientation);
            let exif = testing::exif(orientation, None, None);
            let bytes = testing::jpeg_of(&stored, Some(&exif));
            let half = shown(at(&bytes, 0.6), Some(&under)).unwrap();
            assert_eq!(half.size(), SIZE, "orientation {orientation}");
            let (mut filled, mut empty) = (0, 0);
            for (a, b) in half.rgba().chunks_exact(4).zip(upright.rgba().chunks_exact(4)) {
                let is_near = a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) < 24);
                let is_black = a[..3] == [0, 0, 0];
                assert!(is_near || is_black, "orientation {orientation}: {a:?} for {b:?}");
                filled += u32::from(is_near && !is_black);
                empty += u32::from(is_black && !is_near);
            }
            assert!(filled > 100_000 && empty > 60_000, "{orientation}: {filled} and {empty}");
        }
    }

    #[test]
    fn a_png_fills_too() {
        let picture = testing::noise(PixelSize::new(60, 40));
        let bytes = testing::noise_png();
        let half = shown(at(&bytes, 0.5), None).unwrap();
        let rows = half.rgba().chunks_exact(60 * 4).take_while(|row| row[3] == 255).count();
        assert!((10..25).contains(&rows), "{rows} rows of 40 in half of the bytes");
        assert_eq!(half.rgba()[..rows * 240], picture.rgba()[..rows * 240]);
        assert_eq!(shown(&bytes, None).unwrap(), picture);
        let deep = shown(&testing::gray16_png(), None).unwrap();
        assert_eq!(deep.rgba()[..4], [0x80, 0x80, 0x80, 0xff]);
    }

    #[test]
    fn what_shows_nothing_is_none() {
        for bytes in [testing::webp(), testing::gif(), testing::tiff(), testing::bmp()] {
            assert_eq!(shown(at(&bytes, 0.7), None), None, "{:?}", sniff(&bytes));
        }
        let jpeg = testing::jpeg(SIZE, None);
        for share in [0.0, 0.01, 0.05] {
            assert_eq!(shown(at(&jpeg, share), None), None, "{share}");
        }
        let tight = Limits { max_alloc_bytes: 100_000, ..Limits::default() };
        assert_eq!(prefix(&jpeg, SIZE, None, &tight), None);
        assert_eq!(shown(b"", None), None);
    }

    #[test]
    fn it_is_as_large_as_is_wanted() {
        let jpeg = testing::jpeg_of(&testing::picture(SIZE), None);
        let fit = PixelSize::new(200, 200);
        let small = prefix(at(&jpeg, 0.7), fit, None, &Limits::default()).unwrap();
        assert_eq!(small.size(), SIZE.fit(fit));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn damage_never_panics(
            which in 0_usize..3,
            share in 0.0_f64..1.0,
            patches in proptest::collection::vec((0.0_f64..1.0, any::<u8>()), 0..6),
        ) {
            let size = PixelSize::new(50, 40);
            let mut bytes = [
                testing::jpeg(size, None),
                testing::progressive(&testing::picture(size), None),
                testing::noise_png(),
            ][which].clone();
            for (place, value) in patches {
                let place = at(&bytes, place).len();
                bytes[place] = value;
            }
            let limits = Limits { max_alloc_bytes: 64 << 20, ..Limits::default() };
            let _ = prefix(at(&bytes, share), PixelSize::new(32, 32), None, &limits);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let heads: [&[u8]; 3] = [b"", b"\xff\xd8\xff\xda\0\x0c\x03", b"\x89PNG\r\n\x1a\n"];
            for head in heads {
                let _ = shown(&[head, &bytes].concat(), None);
            }
        }
    }
}
