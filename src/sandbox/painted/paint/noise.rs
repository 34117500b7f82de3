//! Noise: the roughness of everything natural.

use std::sync::LazyLock;

use super::super::dice::scramble;

const SIDE: usize = 256;

/// Fractal noise that repeats seamlessly, 0 … 1.
static TILE: LazyLock<Box<[f32; SIDE * SIDE]>> = LazyLock::new(|| {
    let lattice = |octave: u64, cells: usize, x: usize, y: usize| {
        let at = (y % cells * cells + x % cells) as u64;
        (scramble(at ^ (octave << 40) ^ 0x70_1e) >> 40) as f32 / 16_777_216.0
    };
    let mut tile = Box::new([0.0_f32; SIDE * SIDE]);
    let mut weight = 0.5;
    for octave in 0..6 {
        let cells = 4 << octave;
        let cell = SIDE / cells;
        for (at, out) in tile.iter_mut().enumerate() {
            let (x, y) = (at % SIDE, at / SIDE);
            let ease = |v: usize| {
                let t = v as f32 / cell as f32;
                t * t * (3.0 - 2.0 * t)
            };
            let (cx, cy, tx, ty) = (x / cell, y / cell, ease(x % cell), ease(y % cell));
            let corner = |dx, dy| lattice(octave, cells, cx + dx, cy + dy);
            let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * tx;
            let low = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * tx;
            *out += (top + (low - top) * ty) * weight;
        }
        weight *= 0.5;
    }
    // Stretched: sums of chances crowd around the middle.
    tile.iter_mut().for_each(|v| *v = ((*v - 0.492) * 1.7 + 0.5).clamp(0.0, 1.0));
    tile
});

/// Without the call into the mathematics library that `f32::floor` is on plain x86-64.
#[inline]
fn floor(x: f32) -> i32 {
    let whole = x as i32;
    whole - i32::from(x < whole as f32)
}

/// Fractal noise on the plane, 0 … 1, repeating after 1 in both directions.
#[inline]
pub(super) fn tile(x: f32, y: f32) -> f32 {
    let (x, y) = (x * SIDE as f32, y * SIDE as f32);
    let (fx, fy) = (floor(x), floor(y));
    let (tx, ty) = (x - fx as f32, y - fy as f32);
    let (ix, iy) = (fx as usize & (SIDE - 1), fy as usize & (SIDE - 1));
    let (jx, jy) = ((ix + 1) & (SIDE - 1), (iy + 1) & (SIDE - 1));
    let tile: &[f32; SIDE * SIDE] = &TILE;
    let top = tile[iy * SIDE + ix] * (1.0 - tx) + tile[iy * SIDE + jx] * tx;
    let low = tile[jy * SIDE + ix] * (1.0 - tx) + tile[jy * SIDE + jx] * tx;
    top + (low - top) * ty
}

/// Chance at a point of a lattice, 0 … 1.
#[inline]
pub(super) fn chance(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^= h >> 15;
    (h >> 8) as f32 / 16_777_216.0
}

/// Smooth noise along a line, 0 … 1.
fn value(x: f32, seed: u32) -> f32 {
    let cell = floor(x);
    let t = x - cell as f32;
    let t = t * t * (3.0 - 2.0 * t);
    let (a, b) = (chance(cell, 0, seed), chance(cell + 1, 0, seed));
    a + (b - a) * t
}

/// Fractal noise along a line, 0 … 1, down to details of `pixel`.
pub(super) fn line(x: f32, seed: u32, frequency: f32, rough: f32, pixel: f32) -> f32 {
    octaves(x, seed, frequency, rough, pixel, |v| v)
}

/// The same with crests, as mountains have.
pub(super) fn crests(x: f32, seed: u32, frequency: f32, rough: f32, pixel: f32) -> f32 {
    octaves(x, seed, frequency, rough, pixel, |v| 1.0 - (v * 2.0 - 1.0).abs())
}

fn octaves(
    x: f32,
    seed: u32,
    mut frequency: f32,
    rough: f32,
    pixel: f32,
    shape: impl Fn(f32) -> f32,
) -> f32 {
    let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
    for octave in 0..9 {
        sum += shape(value(x * frequency, seed.wrapping_add(octave * 7919))) * weight;
        total += weight;
        weight *= rough;
        frequency *= 2.0;
        if frequency * pixel > 0.6 {
            break;
        }
    }
    sum / total
}
