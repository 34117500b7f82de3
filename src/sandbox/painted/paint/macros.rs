//! Close by: flowers before a blurred garden, and lights out of focus.

use std::f32::consts::{PI, TAU};

use super::{
    super::dice::Dice,
    canvas::{Canvas, Rgb, add, hex, mix, step, times},
    light::Light,
    noise::tile,
};

/// Within a thousandth, which no petal shows.
fn angle_of(y: f32, x: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let (low, high) = if ax < ay { (ax, ay) } else { (ay, ax) };
    let a = low / high.max(1e-9);
    let s = a * a;
    let mut r = ((-0.046_496 * s + 0.159_314) * s - 0.327_623) * s * a + a;
    if ay > ax {
        r = PI * 0.5 - r;
    }
    if x < 0.0 {
        r = PI - r;
    }
    if y < 0.0 { -r } else { r }
}

/// A garden out of focus: clouds of two greens and round lights.
fn blurred(canvas: &mut Canvas, light: Light, tones: [Rgb; 3], lights: u64, dice: &mut Dice) {
    let (sx, sy) = (dice.unit(), dice.unit());
    let aspect = canvas.aspect();
    let tones = tones.map(|c| light.on(c));
    canvas.rows(|y| {
        let base = mix(tones[0], tones[1], y);
        move |_, x| {
            // Large shapes only.
            let n = (tile(x * 0.055 + sx, y * 0.055 + sy) - 0.5) * 1.7 + 0.5;
            mix(base, tones[2], n * n)
        }
    });
    for _ in 0..lights {
        let (x, y, r) = (aspect * dice.unit(), dice.range(0.0, 0.85), dice.range(0.02, 0.1));
        let hue = mix(light.sun, tones[2], dice.unit());
        disc_of_light(canvas, x, y, r, hue, dice.range(0.06, 0.3));
    }
}

/// A point of light out of focus: even inside, a little brighter at the rim.
fn disc_of_light(canvas: &mut Canvas, x: f32, y: f32, radius: f32, colour: Rgb, strength: f32) {
    let soft = (radius * 0.14).max(canvas.pixel());
    canvas.within(
        x - radius - soft,
        y - radius - soft,
        x + radius + soft,
        y + radius + soft,
        |px, py| {
            let d = ((px - x).powi(2) + (py - y).powi(2)).sqrt();
            let inside = ((radius - d) / soft + 0.5).clamp(0.0, 1.0);
            let rim = step(radius * 0.72, radius * 0.97, d) * 0.45;
            (inside > 0.0).then_some((colour, strength * inside * (0.75 + rim)))
        },
    );
}

pub(super) fn flowers(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let gardens = [
        [hex(0x7d9c5a), hex(0x2f4a2c), hex(0xa9c07a)],
        [hex(0x8fa3a0), hex(0x2f4438), hex(0xc9b8c0)],
        [hex(0xb08a5a), hex(0x3a3a24), hex(0xe0c890)],
        [hex(0x55788f), hex(0x24403a), hex(0x9fc0b8)],
    ];
    let garden = *dice.pick(&gardens);
    blurred(canvas, light, garden, 22, dice);
    let aspect = canvas.aspect();
    let petals: [[u32; 2]; 8] = [
        [0xf6f2ea, 0xdcd8e6],
        [0xe85a78, 0xa82050],
        [0xf4c23a, 0xe07a1c],
        [0x8a6ad0, 0x4a3490],
        [0xf08a4a, 0xb83c20],
        [0xf7c9d6, 0xd8708f],
        [0x6f9be0, 0x3a58a8],
        [0xc8323a, 0x701420],
    ];
    let hue = *dice.pick(&petals);
    let kind = Kind {
        inner: light.on(hex(hue[1])),
        outer: light.on(hex(hue[0])),
        heart: light.on(*dice.pick(&[hex(0xe8b020), hex(0x5a3a1c), hex(0xd8d060)])),
        petals: dice.between(5, 15) as f32,
        sharp: dice.range(0.25, 0.7),
    };
    let stem = light.on(hex(0x4d7032));
    let count = dice.between(1, 4);
    let place = dice.range(0.3, 0.7);
    for at in (0..count).rev() {
        let near = at == 0;
        let radius = if near { dice.range(0.2, 0.29) } else { dice.range(0.09, 0.15) };
        let x = if near { aspect * place } else { aspect * dice.range(0.08, 0.92) };
        let y = if near { dice.range(0.36, 0.5) } else { dice.range(0.3, 0.75) };
        let blur: f32 = if near { 0.006 } else { 0.03 };
        let bend = dice.range(-0.14, 0.14);
        let half = 0.010 * radius / 0.2;
        canvas.within(x - 0.22, y, x + 0.22, 1.0, |px, py| {
            let t = (py - y) / (1.0 - y);
            let off = (px - x - bend * t * t) / (half * (1.0 + t * 0.4));
            let cover = ((1.0 - off.abs()) * half / blur.max(0.002)).clamp(0.0, 1.0);
            (cover > 0.0).then(|| (times(stem, 0.95 - off * 0.28), cover))
        });
        flower(canvas, (x, y), radius, blur, &kind, dice.range(0.0, TAU));
    }
}

struct Kind {
    inner: Rgb,
    outer: Rgb,
    heart: Rgb,
    petals: f32,
    sharp: f32,
}

fn flower(canvas: &mut Canvas, (x, y): (f32, f32), radius: f32, blur: f32, kind: &Kind, turn: f32) {
    let soft = blur.max(canvas.pixel() * 1.5);
    // A second whorl behind, half a petal on.
    for (shift, size, shade) in [(0.5, 1.0, 0.82), (0.0, 0.86, 1.0)] {
        canvas.within(x - radius, y - radius, x + radius, y + radius, |px, py| {
            let (u, v) = ((px - x) / radius, (py - y) / (radius * 0.94));
            let d2 = u * u + v * v;
            if d2 > 1.1 {
                return None;
            }
            let d = d2.sqrt();
            let a = (angle_of(v, u) + turn) / TAU * kind.petals + shift;
            let across = (a - a.floor()) * 2.0 - 1.0;
            let edge = size * (1.0 - across * across * kind.sharp - across.powi(4) * 0.3);
            let cover = ((edge - d) * radius / soft + 0.3).clamp(0.0, 1.0);
            if cover <= 0.0 {
                return None;
            }
            let vein = (tile(across * 0.12 + a.floor() * 0.37, d * 0.05) - 0.5) * 0.24;
            let round = 1.0 - across * across * 0.26 - (1.0 - d).max(0.0) * 0.2;
            let colour = mix(kind.inner, kind.outer, step(0.08, 0.85, d));
            Some((times(colour, (round + vein) * shade), cover))
        });
    }
    let heart = radius * 0.24;
    canvas.within(x - heart, y - heart, x + heart, y + heart, |px, py| {
        let (u, v) = ((px - x) / heart, (py - y) / heart);
        let d = (u * u + v * v).sqrt();
        let grain = tile(px * 4.0, py * 4.0);
        let cover = ((1.0 - d) * heart / soft + 0.2).clamp(0.0, 1.0);
        (cover > 0.0).then(|| (times(kind.heart, 0.55 + 0.7 * grain - d * 0.2 - v * 0.15), cover))
    });
}

pub(super) fn bokeh(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let rooms = [
        [hex(0x3a2f5c), hex(0x101428), hex(0x7a4a6a)],
        [hex(0x6a4a34), hex(0x1c1414), hex(0xb07a4a)],
        [hex(0x2f4a5c), hex(0x0c1a24), hex(0x4a7a80)],
    ];
    let room = *dice.pick(&rooms);
    blurred(canvas, light, room, 0, dice);
    let aspect = canvas.aspect();
    let hues =
        [hex(0xffc070), hex(0xff8a5a), hex(0xffe6b0), hex(0xf06a8a), hex(0x70c0e0), hex(0x90d8a0)];
    let palette = [*dice.pick(&hues), *dice.pick(&hues), *dice.pick(&hues)];
    let line = dice.range(0.35, 0.6);
    for at in 0..56 {
        // Small ones far behind, large ones before them.
        let near = at as f32 / 56.0;
        let r = (0.016 + 0.075 * near * near) * dice.range(0.7, 1.2);
        let (x, y) = (aspect * dice.unit(), line + dice.range(-0.3, 0.34) * (0.5 + near));
        let hue = mix(*dice.pick(&palette), [1.0, 0.97, 0.9], dice.range(0.0, 0.35));
        disc_of_light(canvas, x, y, r, hue, dice.range(0.25, 0.75) * (1.0 - near * 0.55));
    }
    // A street that shines after rain.
    let tint = light.on(room[1]);
    canvas.within(0.0, 0.86, aspect, 1.0, |_, y| {
        Some((add(tint, palette[0], 0.06), step(0.86, 1.0, y) * 0.6))
    });
}
