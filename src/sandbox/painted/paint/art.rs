//! A scene at the size of a file: painted once at half size, then enlarged strip by strip with
//! the grain of a sensor on top. Previews of a few pixels are enlarged alike, without grain.

use super::{
    super::{Painter, Spec, dice::scramble},
    canvas::Canvas,
    scene::paint,
};
use crate::model::PixelSize;

/// Rows of a strip: a multiple of 16, so that strips can be encoded apart.
pub(in super::super) const STRIP_ROWS: u32 = 128;

/// Pictures up to this many pixels are painted at their full size.
const FULL_PIXELS: u64 = 1_500_000;

const GRAIN: usize = 4096;

/// A painted scene, turned as the camera stored it.
pub(in super::super) struct Art {
    stored: PixelSize,
    canvas: Canvas,
    doubled: bool,
    grain: Vec<i16>,
}

impl Art {
    pub(in super::super) fn new(painter: Painter, spec: &Spec) -> Self {
        let doubled = spec.stored.pixels() > FULL_PIXELS;
        let upright = spec.upright();
        let size = if doubled {
            PixelSize::new(upright.width.div_ceil(2), upright.height.div_ceil(2))
        } else {
            upright
        };
        let mut canvas = Canvas::new(size);
        paint(&mut canvas, painter, spec);
        // The sum of two dice is nearly a bell.
        let grain = (0..GRAIN as u64).map(|i| {
            let bits = scramble(painter.seed ^ (spec.index << 13) ^ i);
            ((bits & 3) as i16 + ((bits >> 2) & 3) as i16) - 3
        });
        Self {
            stored: spec.stored,
            canvas: turned(canvas, spec.orientation),
            doubled,
            grain: grain.collect(),
        }
    }

    pub(in super::super) const fn size(&self) -> PixelSize {
        self.stored
    }

    /// Strip number `strip`, `STRIP_ROWS` high but for the last.
    pub(in super::super) fn strip(&self, strip: u32) -> Canvas {
        let top = strip * STRIP_ROWS;
        let rows = STRIP_ROWS.min(self.stored.height - top);
        let width = self.stored.width as usize;
        let mut pixels = Vec::with_capacity(width * rows as usize);
        let mut mixed = vec![[0_u16; 3]; self.canvas.width()];
        for y in top as usize..(top + rows) as usize {
            let from = pixels.len();
            if self.doubled {
                mix_rows(&self.canvas, y, &mut mixed);
                double(&mixed, width, &mut pixels);
            } else {
                pixels.extend_from_slice(&self.canvas.pixels()[y * width..][..width]);
            }
            let mut at = (scramble(y as u64) % GRAIN as u64) as usize;
            for pixel in &mut pixels[from..] {
                at = (at + 1) & (GRAIN - 1);
                let grain = self.grain[at];
                *pixel = pixel.map(|c| (i16::from(c) + grain).clamp(0, 255) as u8);
            }
        }
        Canvas::from_pixels(PixelSize::new(self.stored.width, rows), pixels)
    }
}

/// `small` at another size, smooth between its pixels.
pub(in super::super) fn enlarged(small: &Canvas, size: PixelSize) -> Canvas {
    let columns = between(small.width(), size.width as usize);
    let mut pixels = Vec::with_capacity(size.width as usize * size.height as usize);
    let mut mixed = vec![0_u16; small.width() * 3];
    for (near, far, part) in between(small.height(), size.height as usize) {
        let row = |at: usize| &small.rgb()[at * mixed.len()..][..mixed.len()];
        let (a, b) = (row(near), row(far));
        for ((out, a), b) in mixed.iter_mut().zip(a).zip(b) {
            *out = u16::from(*a) * (16 - part) + u16::from(*b) * part;
        }
        let mixed = mixed.as_chunks::<3>().0;
        for &(near, far, part) in &columns {
            let (a, b, other) = (mixed[near], mixed[far], 16 - part);
            // At most 255 × 256 + 128, which fits.
            let byte = |a: u16, b: u16| ((a * other + b * part + 128) >> 8) as u8;
            pixels.push([byte(a[0], b[0]), byte(a[1], b[1]), byte(a[2], b[2])]);
        }
    }
    Canvas::from_pixels(size, pixels)
}

/// For each of `to` pixels the two of `from` that it lies between, and how much of the second
/// it has, in sixteenths.
fn between(from: usize, to: usize) -> Vec<(usize, usize, u16)> {
    let place = |at: usize| {
        // Middles of pixels, in sixteenths of one, from the middle of the first.
        let place = (((2 * at + 1) * from * 8) / to).saturating_sub(8);
        let near = (place / 16).min(from - 1);
        (near, (near + 1).min(from - 1), (place % 16) as u16)
    };
    (0..to).map(place).collect()
}

/// Three quarters of the nearer row and one of the farther, times four.
fn mix_rows(half: &Canvas, y: usize, out: &mut [[u16; 3]]) {
    let (width, height) = (half.width(), half.height());
    let near = (y / 2).min(height - 1);
    let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(height - 1) };
    let row = |at: usize| &half.pixels()[at * width..][..width];
    for ((out, a), b) in out.iter_mut().zip(row(near)).zip(row(far)) {
        *out = std::array::from_fn(|c| u16::from(a[c]) * 3 + u16::from(b[c]));
    }
}

fn double(row: &[[u16; 3]], width: usize, out: &mut Vec<[u8; 3]>) {
    let last = row.len() - 1;
    for x in 0..width {
        let near = (x / 2).min(last);
        let far = if x % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(last) };
        let (a, b) = (row[near], row[far]);
        out.push(std::array::from_fn(|c| ((a[c] * 3 + b[c] + 8) >> 4) as u8));
    }
}

/// The upright picture as the camera stored it: the inverse of what EXIF's orientation asks for.
fn turned(upright: Canvas, orientation: u8) -> Canvas {
    let (w, h) = (upright.width(), upright.height());
    let from = upright.pixels();
    let collect = |size, at: &dyn Fn(usize, usize) -> usize| {
        let PixelSize { width, height } = size;
        let mut pixels = Vec::with_capacity(w * h);
        for y in 0..height as usize {
            pixels.extend((0..width as usize).map(|x| from[at(x, y)]));
        }
        Canvas::from_pixels(size, pixels)
    };
    match orientation {
        3 => collect(upright.size(), &|x, y| (h - 1 - y) * w + (w - 1 - x)),
        // Turned clockwise by the viewer, so stored against the clock.
        6 => collect(upright.size().transposed(), &|x, y| x * w + (w - 1 - y)),
        8 => collect(upright.size().transposed(), &|x, y| (h - 1 - x) * w + y),
        _ => upright,
    }
}
