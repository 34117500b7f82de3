//! The mark: a mirror turned to the sun. A disc cut along the falling diagonal, the upper half in
//! the accent colour, the lower at half strength; also the window's icon, drawn in code.

use std::f32::consts::{FRAC_PI_4, PI};

use egui::epaint::PathShape;
use egui::{Color32, IconData, Painter, Pos2, Stroke, Vec2};

/// On the 24 grid.
const RADIUS: f32 = 9.0;
const GAP: f32 = 1.8;

/// Paints the mark in a square of `size` points around `centre`.
pub(crate) fn paint(painter: &Painter, centre: Pos2, size: f32, accent: Color32) {
    let scale = size / 24.0;
    let radius = RADIUS * scale;
    // A half disc is a chord at distance GAP/2 from the centre and the arc above it.
    let reach = (GAP / 2.0 / RADIUS).asin();
    for (turn, colour) in [(-FRAC_PI_4 * 3.0, accent), (FRAC_PI_4, accent.gamma_multiply(0.5))] {
        // The falling diagonal runs at 45° (y down); `turn` is where the half begins.
        let (from, to) = (turn + reach, turn + PI - reach);
        let points = (0..=48_u8)
            .map(|i| {
                let a = from + (to - from) * f32::from(i) / 48.0;
                centre + Vec2::angled(a) * radius
            })
            .collect();
        painter.add(PathShape::convex_polygon(points, colour, Stroke::NONE));
    }
}

/// The window's icon: the mark on a dark, rounded ground, `side` pixels square.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture of a few hundred pixels"
)]
pub(crate) fn icon(side: u32) -> IconData {
    const GROUND: [f32; 3] = [14.0, 15.0, 17.0];
    const SUN: [f32; 3] = [246.0, 183.0, 60.0];
    const SAMPLES: u32 = 4;
    let mut rgba = Vec::with_capacity(side as usize * side as usize * 4);
    for y in 0..side {
        for x in 0..side {
            let (mut cover, mut colour) = (0.0, [0.0; 3]);
            for sample in 0..SAMPLES * SAMPLES {
                let (dx, dy) = (sample % SAMPLES, sample / SAMPLES);
                let at = |v: u32, d: u32| {
                    (v as f32 + (d as f32 + 0.5) / SAMPLES as f32) / side as f32 * 24.0 - 12.0
                };
                let (u, v) = (at(x, dx), at(y, dy));
                if rounded_square(u, v) {
                    cover += 1.0;
                    let strength = mark(u * 1.1, v * 1.1);
                    for ((sum, ground), sun) in colour.iter_mut().zip(GROUND).zip(SUN) {
                        *sum += ground + (sun - ground) * strength;
                    }
                }
            }
            let n = f32::max(cover, 1.0);
            rgba.extend(colour.map(|sum| (sum / n).round() as u8));
            rgba.push((cover / (SAMPLES * SAMPLES) as f32 * 255.0).round() as u8);
        }
    }
    IconData { rgba, width: side, height: side }
}

/// How strongly the accent shows at a place on the 24 grid, measured from its middle.
fn mark(x: f32, y: f32) -> f32 {
    // Positive above the falling diagonal.
    let above = (x - y) / std::f32::consts::SQRT_2;
    if x.hypot(y) > RADIUS || above.abs() < GAP / 2.0 {
        0.0
    } else if above > 0.0 {
        1.0
    } else {
        0.5
    }
}

fn rounded_square(x: f32, y: f32) -> bool {
    const CORNER: f32 = 5.4;
    let over = |v: f32| (v.abs() - (12.0 - CORNER)).max(0.0);
    x.abs() <= 12.0 && y.abs() <= 12.0 && over(x).hypot(over(y)) <= CORNER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_has_clear_corners_and_a_bright_half() {
        let icon = icon(64);
        let pixel = |x: usize, y: usize| icon.rgba[(y * 64 + x) * 4..][..4].to_vec();
        assert_eq!(pixel(0, 0)[3], 0);
        assert_eq!(pixel(42, 22), [246, 183, 60, 255]);
        assert!(pixel(22, 42)[0] < 150);
    }
}
