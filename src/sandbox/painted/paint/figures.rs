//! Things in a landscape: trees, balloons, boats, birds, snowflakes.

use super::{
    super::dice::Dice,
    canvas::{Canvas, Rgb, hex, mix, step, times},
    light::Light,
    noise::tile,
};

pub(super) fn snowfall(canvas: &mut Canvas, dice: &mut Dice) {
    let aspect = canvas.aspect();
    for _ in 0..(260.0 * aspect) as usize {
        let near = dice.unit().powi(3);
        let (x, y) = (dice.unit() * aspect, dice.unit());
        let radius = 0.0015 + near * 0.009;
        canvas.disc(x, y, radius * 0.5, radius, [0.97, 0.98, 1.0], 0.8 - near * 0.45);
    }
}

pub(super) fn birds(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    if !dice.chance(400) {
        return;
    }
    let (cx, cy) = (canvas.aspect() * dice.range(0.2, 0.8), dice.range(0.1, 0.3));
    let colour = mix(light.on([0.1, 0.1, 0.12]), light.middle, 0.25);
    for _ in 0..dice.between(3, 9) {
        let (x, y) = (cx + dice.range(-0.16, 0.16), cy + dice.range(-0.07, 0.07));
        let span = dice.range(0.012, 0.024);
        let pixel = canvas.pixel();
        canvas.within(x - span, y - span, x + span, y + span, |px, py| {
            let u = (px - x).abs() / span;
            let wing = y - span * 0.55 * (u * (1.0 - u) * 2.4);
            let thick = span * 0.09 * (1.0 - u) + pixel * 0.5;
            (u < 1.0).then(|| (colour, (1.0 - (py - wing).abs() / thick).clamp(0.0, 1.0)))
        });
    }
}

/// A hot-air balloon whose envelope has radius `size`.
pub(super) fn balloon(
    canvas: &mut Canvas,
    x: f32,
    y: f32,
    size: f32,
    light: Light,
    far: f32,
    dice: &mut Dice,
) {
    let palettes: [[u32; 3]; 6] = [
        [0xd8402f, 0xf5e9d0, 0xe8a33a],
        [0x2f6fb0, 0xf2f2ea, 0xe0483c],
        [0xe9b23c, 0xc8402e, 0x6c2f5c],
        [0x3d8b6a, 0xf3dfa8, 0xd8683a],
        [0x7b3f8c, 0xf0c850, 0xe85f7a],
        [0xe86a2c, 0xfbe3b5, 0x9e2f3a],
    ];
    let palette = dice.pick(&palettes).map(hex);
    let stripes = dice.between(8, 15) as f32;
    let banded = dice.chance(350);
    let pixel = canvas.pixel();
    canvas.within(x - size, y - size, x + size, y + size * 1.45, |px, py| {
        let (u, v) = ((px - x) / size, (py - y) / size);
        // Round above, drawn together below.
        let half = if v < 0.0 {
            (1.0 - v * v).max(0.0).sqrt()
        } else {
            ((1.0 - v * v * 0.56).max(0.0).sqrt() - 0.12 * v * v).max(0.0)
        };
        let low = 1.22;
        if v > low {
            return None;
        }
        let edge = (half - u.abs()) * size / pixel + 0.5;
        let turn = (u / half.max(0.01)).clamp(-1.0, 1.0).asin() / std::f32::consts::PI;
        let stripe =
            if banded { ((v + 1.0) * 4.5) as i32 } else { ((turn + 0.5) * stripes) as i32 };
        let colour = palette[stripe.rem_euclid(3) as usize];
        let round = 1.05 - (u + 0.35).abs() * 0.38 - v.max(0.0) * 0.22;
        Some((light.haze(light.on(times(colour, round)), far), edge.clamp(0.0, 1.0)))
    });
    let basket = light.haze(light.on(hex(0x5a3b22)), far);
    let (w, top) = (size * 0.16, y + size * 1.38);
    let rope = light.haze(light.on(hex(0x3a3430)), far);
    canvas.within(x - w, y + size * 1.2, x + w, top, |px, _| {
        let on = (px - x).abs() / w;
        (on > 0.72).then_some((rope, 0.65))
    });
    canvas.within(x - w, top, x + w, top + size * 0.2, |_, _| Some((basket, 1.0)));
}

/// A broad-leaved tree whose foot is at (`x`, `y`).
pub(super) fn tree(
    canvas: &mut Canvas,
    x: f32,
    y: f32,
    height: f32,
    light: Light,
    dice: &mut Dice,
) {
    let trunk = light.on(hex(0x3a2c20));
    let pixel = canvas.pixel();
    let width = height * 0.05;
    canvas.within(x - width * 2.0, y - height * 0.62, x + width * 2.0, y, |px, py| {
        let half = width * (0.45 + 0.5 * step(y - height * 0.2, y, py));
        Some((trunk, ((half - (px - x).abs()) / pixel + 0.5).clamp(0.0, 1.0)))
    });
    let leaf = light.on(*dice.pick(&[
        hex(0x3f6a2a),
        hex(0x5a7a2c),
        hex(0xb0702a),
        hex(0x2f5a35),
        hex(0xe39bb0),
    ]));
    let shift = dice.unit();
    // From the shaded underside to the lit top.
    for at in 0..34 {
        let up = at as f32 / 34.0;
        let spread = (1.0 - (up * 2.0 - 0.9).powi(2)).max(0.1).sqrt();
        let (cx, cy) =
            (x + dice.range(-0.42, 0.42) * height * spread, y - height * (0.42 + up * 0.5));
        let radius = height * dice.range(0.1, 0.17);
        let tone = times(leaf, 0.5 + up * 0.62);
        canvas.within(cx - radius, cy - radius, cx + radius, cy + radius, |px, py| {
            let d = ((px - cx).powi(2) + (py - cy).powi(2)).sqrt() / radius;
            let n = tile(px * 2.4 + shift, py * 2.4);
            let cover = step(1.0, 0.72, d + (n - 0.5) * 0.7);
            (cover > 0.0).then(|| (times(tone, 0.75 + n * 0.5), cover))
        });
    }
}

/// Flowers in perspective: large near the lower edge, dots towards `top`.
pub(super) fn flower_field(canvas: &mut Canvas, top: f32, light: Light, dice: &mut Dice) {
    let hues: [[u32; 2]; 5] = [
        [0xc9302c, 0xe24a3a],
        [0xf2d13c, 0xf7e27a],
        [0x7a58b8, 0x9d7fd0],
        [0xf4f0e6, 0xffffff],
        [0xe77fa4, 0xf3a8c2],
    ];
    let pair = dice.pick(&hues).map(|c| light.on(hex(c)));
    let aspect = canvas.aspect();
    let mut flowers: Vec<(f32, f32, f32)> = (0..(330.0 * aspect) as usize)
        .map(|_| {
            let near = dice.unit().sqrt();
            (dice.unit() * aspect, top + (1.02 - top) * near * near, dice.unit())
        })
        .collect();
    flowers.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (x, y, tone) in flowers {
        let near = ((y - top) / (1.0 - top)).clamp(0.0, 1.0);
        let radius = 0.0016 + 0.011 * near * near;
        canvas.disc(x, y, radius, radius * 0.35, mix(pair[0], pair[1], tone), 0.95);
        if near > 0.45 {
            canvas.disc(x, y, radius * 0.3, radius * 0.2, light.on(hex(0x3a2a18)), 0.8);
        }
    }
}

/// A small sailing boat on the water line `y`.
pub(super) fn boat(canvas: &mut Canvas, y: f32, light: Light, dice: &mut Dice) {
    let x = canvas.aspect() * dice.range(0.2, 0.8);
    let size = dice.range(0.03, 0.07);
    let sail = mix(light.on(hex(0xfaf6ec)), light.horizon, 0.2);
    let hull = light.on(*dice.pick(&[hex(0x8c2f2a), hex(0x27405c), hex(0xe8e4da)]));
    let pixel = canvas.pixel();
    let cover = |d: f32| (d / pixel + 0.5).clamp(0.0, 1.0);
    canvas.within(x - size, y - size * 2.2, x + size, y - size * 0.12, |px, py| {
        let up = (y - size * 0.12 - py) / (size * 2.0);
        let (left, right) = ((1.0 - up) * 0.75, (1.0 - up) * 0.42);
        let u = (px - x) / size;
        let inside = if u < 0.0 { left + u - 0.04 } else { right - u - 0.04 };
        (up < 1.0).then(|| (times(sail, if u < 0.0 { 1.0 } else { 0.84 }), cover(inside * size)))
    });
    canvas.within(x - size, y - size * 0.12, x + size, y + size * 0.14, |px, py| {
        let down = (py - y + size * 0.12) / (size * 0.26);
        Some((hull, cover((0.95 - down * 0.35 - ((px - x) / size).abs()) * size)))
    });
    // Its reflection.
    canvas.within(x - size * 0.7, y + size * 0.14, x + size * 0.7, y + size * 1.6, |px, py| {
        let down = (py - y) / (size * 1.6);
        Some((sail, 0.3 * (1.0 - down) * step(0.7, 0.2, ((px - x) / size).abs() + down * 0.3)))
    });
}

/// Planks leading from the lower edge onto the water.
pub(super) fn jetty(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let aspect = canvas.aspect();
    let foot = aspect * dice.range(0.3, 0.7);
    let tip = foot + aspect * dice.range(-0.08, 0.08);
    let top = dice.range(0.76, 0.84);
    let wood: Rgb = light.on(*dice.pick(&[hex(0x8a6a4a), hex(0x6f6258), hex(0x9a8468)]));
    let pixel = canvas.pixel();
    canvas.within(0.0, top, aspect, 1.0, |x, y| {
        let t = (y - top) / (1.0 - top);
        let middle = tip + (foot - tip) * t;
        let half = 0.028 + 0.15 * t * t + 0.05 * t;
        let cover = ((half - (x - middle).abs()) / pixel + 0.5).clamp(0.0, 1.0);
        if cover == 0.0 {
            return None;
        }
        // Planks are as deep as perspective lets them seem.
        let plank = 7.0 / (0.22 + t);
        let gap = if plank.fract() < 0.1 { 0.5 } else { 1.0 };
        let tone = 0.8 + 0.3 * tile(plank.floor() * 0.137, (x - middle) / half * 0.06);
        Some((times(wood, tone * gap), cover))
    });
}
