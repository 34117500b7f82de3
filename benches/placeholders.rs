//! What the placeholders of a screen cost, decoded and handed to the renderer, beside decoding
//! them by the `blurhash` crate alone, at the same sizes and in one run.
//!
//! Ratios, not milliseconds: machines differ. `cargo bench --bench placeholders`.

use std::hint::black_box;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use egui::Context;
use egui::epaint::ImageData;
use heliogram::model::{AlbumId, Bitmap, Blur, MessageId, PhotoId, PixelSize};
use heliogram::pixels;
use heliogram::ui::Placeholders;

/// A 60 Hz frame, milliseconds.
const FRAME: f64 = 1000.0 / 60.0;
const ROUNDS: i32 = 60;

/// A screen: what it is, how many tiles, how large each (physical pixels).
const SCREENS: [(&str, i32, PixelSize); 4] = [
    ("200 tiles of 216 × 144", 200, PixelSize::new(216, 144)),
    ("60 tiles of 552 × 368", 60, PixelSize::new(552, 368)),
    ("930 tiles of 108 × 72", 930, PixelSize::new(108, 72)),
    ("1,450 tiles of 72 × 72", 1_450, PixelSize::new(72, 72)),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let blurs = blurs().ok_or("no placeholder")?;
    let mut out = stdout().lock();
    for (name, tiles, tile) in SCREENS {
        let ctx = Context::default();
        let mut placeholders = Placeholders::default();
        let (mut ours, mut raw, mut bytes, mut updates) = (vec![], vec![], 0, 0);
        for round in 0..ROUNDS {
            // Photos that were never seen: every round decodes all of them.
            let photos: Vec<_> = (0..tiles)
                .map(|n| {
                    let message = MessageId(round * tiles + n + 1);
                    let (size, blur) = blurs[usize::try_from(n).unwrap_or(0) % blurs.len()];
                    (PhotoId { album: AlbumId(1), message }, size, blur)
                })
                .collect();
            let began = Instant::now();
            let shown = placeholders.frame(&ctx, &photos, tile);
            let (sent, count) = render(&ctx);
            ours.push(began.elapsed());
            (bytes, updates) = (bytes + sent, updates + count);
            if shown != photos.len() {
                return Err(format!("{shown} of {tiles} tiles have something to show").into());
            }
            let began = Instant::now();
            for (_, size, blur) in &photos {
                let size = Placeholders::decoded_size(*size, tile);
                black_box(blurhash::decode(blur.as_str(), size.width, size.height, 1.0)?);
            }
            raw.push(began.elapsed());
        }
        let [(ours, usual), (raw, _)] = [best_and_median(&mut ours), best_and_median(&mut raw)];
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        writeln!(
            out,
            "{name:<24} {:>7.3} ms (median {:.3}) {:>5.1} % of a frame   {:.2} × blurhash alone \
             ({:.3} ms)   {} kB in {} updates a frame",
            ms(ours),
            ms(usual),
            ms(ours) / FRAME * 100.0,
            ours.as_secs_f64() / raw.as_secs_f64(),
            ms(raw),
            bytes / usize::try_from(ROUNDS)? / 1000,
            updates / usize::try_from(ROUNDS)?,
        )?;
    }
    Ok(())
}

/// The best tells of the work, the median of the machine too.
fn best_and_median(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |place: usize| times.get(place).copied().unwrap_or_default();
    (at(0), at(times.len() / 2))
}

/// Copies what was handed over, as a driver does: bytes and updates.
fn render(ctx: &Context) -> (usize, usize) {
    let mut delta = ctx.tex_manager().write().take_delta();
    let (mut bytes, mut updates) = (0, 0);
    for part in delta.set.values().flatten() {
        let ImageData::Color(image) = &part.image;
        bytes += black_box(image.pixels.clone()).len() * 4;
        updates += 1;
    }
    delta.clear();
    (bytes, updates)
}

/// Placeholders of pictures of several shapes and colours.
fn blurs() -> Option<Vec<(PixelSize, Blur)>> {
    let shapes = [(4000, 3000), (3000, 4000), (6000, 4000), (4000, 2250), (4000, 4000)];
    let mut blurs = vec![];
    for (number, (width, height)) in (1_u32..).zip(shapes.repeat(8)) {
        let small = PixelSize::new(width, height).fit(PixelSize::new(48, 48));
        let mut rgba = vec![];
        for y in 0..small.height {
            for x in 0..small.width {
                let channel = |v: u32| (v * number * 3 % 256).to_le_bytes()[0];
                rgba.extend([channel(x), channel(y), channel(x + y), 255]);
            }
        }
        let blur = pixels::blur_encode(&Bitmap::new(small, rgba)?)?;
        blurs.push((PixelSize::new(width, height), blur));
    }
    Some(blurs)
}
