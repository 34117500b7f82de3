//! A picture in the making: eight bits a channel, painted by rows or by shapes.

use rayon::prelude::*;

use crate::model::PixelSize;

/// sRGB, 0 … 1.
pub(in super::super) type Rgb = [f32; 3];

/// Below this many pixels, sharing the work costs more than it saves.
const WORTH_SHARING: usize = 200_000;

/// Canvases of fewer pixels are sketches, made by the hundred.
const SKETCH: usize = 1000;
/// On a sketch, discs of less than this part of a pixel are dots.
const DOT: f32 = 0.35;

/// `a` where `t` is 0, `b` where it is 1.
pub(super) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    let t = t.clamp(0.0, 1.0);
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

pub(super) fn times(a: Rgb, by: f32) -> Rgb {
    [a[0] * by, a[1] * by, a[2] * by]
}

pub(super) fn add(a: Rgb, b: Rgb, by: f32) -> Rgb {
    [a[0] + b[0] * by, a[1] + b[1] * by, a[2] + b[2] * by]
}

/// A colour as people write it, `0xRRGGBB`.
pub(super) const fn hex(code: u32) -> Rgb {
    [
        ((code >> 16) & 255) as f32 / 255.0,
        ((code >> 8) & 255) as f32 / 255.0,
        (code & 255) as f32 / 255.0,
    ]
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn step(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn byte(v: f32) -> u8 {
    // Saturates at both ends.
    (v * 255.0 + 0.5) as u8
}

pub(super) fn bytes(c: Rgb) -> [u8; 3] {
    [byte(c[0]), byte(c[1]), byte(c[2])]
}

fn floats(c: [u8; 3]) -> Rgb {
    [f32::from(c[0]) / 255.0, f32::from(c[1]) / 255.0, f32::from(c[2]) / 255.0]
}

/// A picture in the making.
#[derive(Clone)]
pub(in super::super) struct Canvas {
    size: PixelSize,
    pixels: Vec<[u8; 3]>,
}

impl Canvas {
    pub(in super::super) fn new(size: PixelSize) -> Self {
        Self { size, pixels: vec![[0; 3]; size.width as usize * size.height as usize] }
    }

    pub(in super::super) fn from_pixels(size: PixelSize, pixels: Vec<[u8; 3]>) -> Self {
        Self { size, pixels }
    }

    pub(in super::super) const fn size(&self) -> PixelSize {
        self.size
    }

    pub(in super::super) fn rgb(&self) -> &[u8] {
        self.pixels.as_flattened()
    }

    pub(super) fn pixels(&self) -> &[[u8; 3]] {
        &self.pixels
    }

    pub(super) fn width(&self) -> usize {
        self.size.width as usize
    }

    pub(super) fn height(&self) -> usize {
        self.size.height as usize
    }

    /// Width of the plane.
    pub(super) fn aspect(&self) -> f32 {
        self.size.width as f32 / self.size.height as f32
    }

    /// A pixel's side on the plane.
    pub(super) fn pixel(&self) -> f32 {
        1.0 / self.size.height as f32
    }

    /// Paints every pixel: `row(y)` prepares what a row has in common and gives the function
    /// from column and `x` to a colour.
    pub(super) fn rows<F: Fn(usize, f32) -> Rgb>(&mut self, row: impl Fn(f32) -> F + Sync) {
        let (width, pixel) = (self.width(), self.pixel());
        let paint = |(y, pixels): (usize, &mut [[u8; 3]])| {
            let at = row((y as f32 + 0.5) * pixel);
            for (x, out) in pixels.iter_mut().enumerate() {
                *out = bytes(at(x, (x as f32 + 0.5) * pixel));
            }
        };
        if self.pixels.len() > WORTH_SHARING {
            self.pixels.par_chunks_mut(width).enumerate().for_each(paint);
        } else {
            self.pixels.chunks_mut(width).enumerate().for_each(paint);
        }
    }

    /// Paints within a box of the plane: `at(x, y)` gives a colour and its coverage.
    pub(super) fn within(
        &mut self,
        left: f32,
        top: f32,
        right: f32,
        bottom: f32,
        at: impl Fn(f32, f32) -> Option<(Rgb, f32)>,
    ) {
        let pixel = self.pixel();
        let span = |from: f32, to: f32, limit: usize| {
            ((from / pixel).max(0.0) as usize).min(limit)
                ..((to / pixel).ceil().max(0.0) as usize).min(limit)
        };
        let columns = span(left, right, self.width());
        let width = self.width();
        for y in span(top, bottom, self.height()) {
            let row = &mut self.pixels[y * width..][columns.clone()];
            for (x, out) in columns.clone().zip(row) {
                if let Some((colour, cover)) =
                    at((x as f32 + 0.5) * pixel, (y as f32 + 0.5) * pixel)
                {
                    *out = bytes(mix(floats(*out), colour, cover));
                }
            }
        }
    }

    /// A disc whose edge is `soft` wide; smaller than a pixel it fades.
    pub(super) fn disc(&mut self, x: f32, y: f32, radius: f32, soft: f32, colour: Rgb, cover: f32) {
        let pixel = self.pixel();
        if radius < pixel * DOT && self.pixels.len() < SKETCH {
            return self.dot(x, y, radius, colour, cover);
        }
        let (r, fade) =
            if radius < pixel { (pixel, (radius / pixel).powi(2)) } else { (radius, 1.0) };
        let soft = soft.max(pixel);
        let reach = r + soft;
        self.within(x - reach, y - reach, x + reach, y + reach, |px, py| {
            let d2 = (px - x) * (px - x) + (py - y) * (py - y);
            (d2 < reach * reach)
                .then(|| (colour, cover * fade * ((reach - d2.sqrt()) / soft).min(1.0)))
        });
    }

    /// A disc much smaller than a pixel: what it covers, all in the one pixel.
    fn dot(&mut self, x: f32, y: f32, radius: f32, colour: Rgb, cover: f32) {
        let pixel = self.pixel();
        // As much as the cone that larger canvases get: one pixel wide, fading over another.
        let cover = cover * (radius / pixel).powi(2) * 7.33;
        let inside = x >= 0.0 && y >= 0.0 && x < self.aspect() && y < 1.0;
        if cover < 0.002 || !inside {
            return;
        }
        let at = (y / pixel) as usize * self.width() + (x / pixel) as usize;
        if let Some(out) = self.pixels.get_mut(at) {
            *out = bytes(mix(floats(*out), colour, cover));
        }
    }

    /// Light that adds up: brightest at the middle, gone at `radius`.
    pub(super) fn glow(&mut self, x: f32, y: f32, radius: f32, colour: Rgb, strength: f32) {
        self.within(x - radius, y - radius, x + radius, y + radius, |px, py| {
            let d2 = ((px - x) * (px - x) + (py - y) * (py - y)) / (radius * radius);
            let near = 1.0 - d2;
            (near > 0.0).then_some((colour, strength * near * near))
        });
    }

    /// Water below `line` that mirrors what is above it, rippled and tinted.
    pub(super) fn mirror(&mut self, line: f32, tint: Rgb, ripple: f32) {
        let (width, height, pixel) = (self.width(), self.height(), self.pixel());
        let line_row = ((line * height as f32) as usize).clamp(1, height);
        let (above, below) = self.pixels.split_at_mut(line_row * width);
        for (down, row) in below.chunks_mut(width).enumerate() {
            let depth = down as f32 * pixel;
            // Waves look longer and lower towards the shore.
            let wave_y = depth.sqrt() * 6.0;
            for (x, out) in row.iter_mut().enumerate() {
                let px = x as f32 * pixel;
                let n = super::noise::tile(px * 0.35 + wave_y * 0.11, wave_y) - 0.5;
                let up = (down as f32 * (1.0 + n * ripple) + n * ripple * 0.02 / pixel).max(0.0)
                    as usize;
                let side = (x as f32 + n * ripple * depth * 0.25 / pixel)
                    .clamp(0.0, (width - 1) as f32) as usize;
                let row_of =
                    |up: usize| line_row.saturating_sub(1 + up.min(line_row - 1)) * width + side;
                // Two samples: water does not mirror as sharply as glass.
                let seen =
                    mix(floats(above[row_of(up)]), floats(above[row_of(up + up / 7 + 1)]), 0.5);
                let gleam = 1.0 + n * ripple * 0.3;
                *out = bytes(mix(times(seen, gleam), tint, 0.18 + depth * 0.5));
            }
        }
    }

    /// Darker towards the corners, as lenses draw.
    pub(super) fn vignette(&mut self, strength: f32) {
        let (width, height) = (self.width(), self.height());
        let falloff = |at: usize, of: usize| {
            let d = (at as f32 + 0.5) / of as f32 * 2.0 - 1.0;
            ((1.0 - strength * d * d * 0.5) * 256.0) as u32
        };
        let columns: Vec<u32> = (0..width).map(|x| falloff(x, width)).collect();
        for (y, row) in self.pixels.chunks_mut(width).enumerate() {
            let fy = falloff(y, height);
            for (pixel, fx) in row.iter_mut().zip(&columns) {
                let f = fx * fy;
                *pixel = pixel.map(|c| ((u32::from(c) * f) >> 16) as u8);
            }
        }
    }
}
