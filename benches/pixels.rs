//! What the picture room costs beside the crates that it stands on, measured in one run.
//!
//! Ratios, not milliseconds: machines differ. `cargo bench --bench pixels`.

use std::{
    hint::black_box,
    io::{Cursor, Write, stdout},
    time::{Duration, Instant},
};

use heliogram::{
    model::{Bitmap, PixelSize},
    pixels,
};

/// How much neighbours differ at most: a JPEG of 4 to 5 MB comes of it.
const GRAIN: u32 = 36;

/// Best of several: the machine's other work only ever adds.
fn best(times: usize, mut work: impl FnMut()) -> Duration {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Medians of two, by turns: the machine's other work slows down both.
fn by_turns(times: usize, mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let mut timed: [Vec<Duration>; 2] = Default::default();
    for _ in 0..times {
        for (times, work) in timed.iter_mut().zip([&mut one as &mut dyn FnMut(), &mut other]) {
            let start = Instant::now();
            work();
            times.push(start.elapsed());
        }
    }
    let [one, other] = timed.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    (one, other)
}

/// Shapes, edges and grain, as photographs have.
fn photograph(size: PixelSize) -> Option<Bitmap> {
    let mut state = 1_u32;
    let mut rgba = Vec::new();
    for y in 0..size.height {
        for x in 0..size.width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (state >> 24) * GRAIN / 256;
            let shape = if (x / 97 + y / 61) % 3 == 0 { 40 } else { 0 };
            let channel = |v: u32| u8::try_from((v + shape + grain).min(255)).unwrap_or(255);
            rgba.extend([
                channel(x * 180 / size.width),
                channel(y * 180 / size.height),
                channel(90),
                255,
            ]);
        }
    }
    Bitmap::new(size, rgba)
}

/// The same JPEG with EXIF that says how the camera was held.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [
        &b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..],
        &[orientation, 0, 0, 0],
        &[0; 4],
    ]
    .concat();
    let length = u16::try_from(exif.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let size = PixelSize::new(4000, 3000);
    let picture = photograph(size).ok_or("no picture")?;
    let jpeg = pixels::encode_jpeg(&picture, 89)?;
    let tile = PixelSize::new(320, 320);
    let limits = pixels::Limits::default();
    let mut rows: Vec<(&str, Duration, &str, Duration)> = vec![];

    let screen = PixelSize::new(2560, 1440);
    let on_its_side = with_orientation(&jpeg, 6);
    if pixels::facts(&on_its_side).orientation != 6 {
        return Err("the picture does not lie on its side".into());
    }
    for (name, file, fit) in [
        ("12 MP JPEG to 320 px", &jpeg, Some(tile)),
        ("12 MP JPEG, every pixel", &jpeg, None),
        ("12 MP JPEG to 1280 × 800", &jpeg, Some(PixelSize::new(1280, 800))),
        ("12 MP JPEG to 2560 × 1440", &jpeg, Some(screen)),
        ("the same on its side", &on_its_side, Some(screen)),
    ] {
        let (ours, raw) = by_turns(
            15,
            || drop(black_box(pixels::decode(file, fit, &limits))),
            || drop(black_box(image::load_from_memory(file))),
        );
        rows.push((name, ours, "decoded by `image` alone", raw));
    }

    let ours = best(9, || drop(black_box(pixels::scale(&picture, tile))));
    let by_image = image::RgbaImage::from_raw(size.width, size.height, picture.rgba().to_vec())
        .ok_or("no picture")?;
    let raw = best(3, || {
        drop(black_box(image::imageops::resize(
            &by_image,
            320,
            240,
            image::imageops::FilterType::Triangle,
        )));
    });
    rows.push(("12 MP bitmap to 320 px", ours, "resized by `image`", raw));

    let small = pixels::scale(&picture, tile);
    let ours = best(20, || drop(black_box(pixels::thumbnail_jpeg(&small))));
    let rgb = image::DynamicImage::ImageRgba8(
        image::RgbaImage::from_raw(320, 240, small.rgba().to_vec()).ok_or("no picture")?,
    )
    .into_rgb8();
    let raw = best(20, || {
        let mut out = Cursor::new(vec![]);
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 85);
        drop(black_box(rgb.write_with_encoder(encoder)));
    });
    rows.push(("thumbnail to JPEG", ours, "encoded by `image`", raw));

    let blur = pixels::blur_encode(&picture).ok_or("no placeholder")?;
    let square = PixelSize::new(32, 32);
    let ours = best(200, || drop(black_box(pixels::blur_decode(&blur, square))));
    let raw = best(200, || drop(black_box(blurhash::decode(blur.as_str(), 32, 32, 1.0))));
    rows.push(("placeholder of 32 px", ours, "decoded by `blurhash` alone", raw));

    let head = &jpeg[..jpeg.len().min(65_536)];
    let ours = best(50, || drop(black_box(pixels::facts(head))));
    rows.push((
        "facts of 64 KiB",
        ours,
        "12 MP JPEG decoded by `image`",
        best(3, || drop(black_box(image::load_from_memory(&jpeg)))),
    ));

    let mut out = stdout().lock();
    writeln!(out, "the JPEG has {} kB", jpeg.len() / 1000)?;
    for (name, ours, other, raw) in rows {
        let ratio = ours.as_secs_f64() / raw.as_secs_f64();
        writeln!(
            out,
            "{name:<26} {:>9.3} ms   {ratio:>7.3} × {other} ({:.3} ms)",
            ours.as_secs_f64() * 1e3,
            raw.as_secs_f64() * 1e3
        )?;
    }
    Ok(())
}
