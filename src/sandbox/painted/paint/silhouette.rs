//! Somebody against the light: a dark shape with a bright rim.

use super::{
    super::dice::Dice,
    canvas::{Canvas, Rgb, hex, mix, step, times},
    light::Light,
    noise::tile,
};

/// Roughly the distance to an ellipse, negative inside.
fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> f32 {
    let k = ((x / rx).powi(2) + (y / ry).powi(2)).sqrt();
    (k - 1.0) * rx.min(ry)
}

/// The union of two shapes, blended where they meet.
fn joined(a: f32, b: f32, soft: f32) -> f32 {
    let h = (0.5 + 0.5 * (b - a) / soft).clamp(0.0, 1.0);
    b + (a - b) * h - soft * h * (1.0 - h)
}

/// A torso from the collar down: a box with round corners, sloping to both sides.
fn shoulders(u: f32, v: f32) -> f32 {
    let (round, half) = (0.1, 0.235);
    let (x, y) = (u.abs() - half + round, round - v + u.abs() * 0.28);
    let outside = (x.max(0.0).powi(2) + y.max(0.0).powi(2)).sqrt();
    outside + x.max(y).min(0.0) - round
}

pub(super) fn person(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (aspect, pixel) = (canvas.aspect(), canvas.pixel());
    let (sx, sy) = (dice.unit(), dice.unit());
    let sun_x = aspect * dice.range(0.1, 0.9);
    let sun_y = dice.range(0.2, 0.45);
    canvas.rows(|y| {
        let base = mix(light.sky(0.35 + 0.65 * y), light.on(hex(0x3c3430)), step(0.72, 1.1, y));
        move |_, x| {
            let n = (tile(x * 0.06 + sx, y * 0.06 + sy) - 0.5) * 0.7;
            let d2 = (x - sun_x).powi(2) + (y - sun_y).powi(2);
            mix(times(base, 1.0 + n), light.sun, 0.05 / (d2 + 0.07))
        }
    });
    for _ in 0..16 {
        let (x, y, r) = (aspect * dice.unit(), dice.range(0.05, 0.9), dice.range(0.015, 0.06));
        canvas.disc(x, y, r, r * 0.25, light.sun, dice.range(0.05, 0.22));
    }
    let x = aspect * dice.range(0.36, 0.64);
    let tall = dice.range(0.92, 1.15);
    let hair = *dice.pick(&[0_u8, 1, 2, 3]);
    let lean = dice.range(-0.05, 0.05);
    let shape = move |px: f32, py: f32| {
        let (u, v) = ((px - x - lean * (0.6 - py)) / tall, (py - 1.0) / tall + 0.62);
        let head = ellipse(u, v, 0.088, 0.112);
        let neck = ellipse(u, v - 0.11, 0.05, 0.1);
        let body = shoulders(u, v - 0.175);
        let mut d = joined(joined(head, neck, 0.02), body, 0.05);
        d = match hair {
            0 => joined(d, ellipse(u - 0.03, v + 0.115, 0.042, 0.04), 0.015),
            1 => joined(d, ellipse(u + 0.012, v - 0.06, 0.108, 0.19), 0.03),
            2 => d.min(ellipse(u, v + 0.045, 0.17, 0.016)).min(joined(
                ellipse(u, v + 0.085, 0.092, 0.06),
                d,
                0.01,
            )),
            _ => joined(d, ellipse(u, v + 0.03, 0.098, 0.1), 0.015),
        };
        d * tall
    };
    let cloth: Rgb = light.on(*dice.pick(&[hex(0x2a2430), hex(0x30261f), hex(0x1f2a33)]));
    canvas.within(0.0, 0.0, aspect, 1.0, |px, py| {
        let d = shape(px, py);
        if d > pixel {
            return None;
        }
        // Towards the sun the rim is bright.
        let towards = ((sun_x - px) * (px - x) + (sun_y - py) * (py - 0.6)).max(0.0);
        let rim = (d / 0.02).exp() * (0.28 + 0.72 * step(0.0, 0.05, towards));
        let fold = tile(px * 0.6 + sx, py * 0.6) * 0.35;
        let colour = mix(times(cloth, 0.75 + fold), light.sun, rim * 0.8);
        Some((colour, (0.5 - d / pixel).clamp(0.0, 1.0)))
    });
    canvas.glow(sun_x, sun_y, 0.55, light.sun, 0.28);
}
