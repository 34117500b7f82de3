//! Night: stars, northern lights, a tent, fireworks.

use super::{
    super::dice::Dice,
    canvas::{Canvas, hex, mix, step},
    light::{Light, Sky, paint_sky, stars},
    noise::{line, tile},
    ridges::{columns, plant},
};

pub(super) fn stars_over_land(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (pixel, aspect) = (canvas.pixel(), canvas.aspect());
    let horizon = dice.range(0.7, 0.85);
    paint_sky(canvas, Sky::new(light, horizon, aspect, dice));
    stars(canvas, horizon, dice);
    if dice.chance(450) {
        aurora(canvas, horizon, dice);
    }
    let glow = *dice.pick(&[hex(0xe09058), hex(0x6088b0), hex(0x70a890)]);
    canvas.within(0.0, horizon - 0.3, aspect, horizon + 0.1, |_, y| {
        Some((glow, 0.34 * step(horizon - 0.3, horizon + 0.05, y)))
    });
    let seed = dice.bits() as u32;
    for (back, tone) in [(0.0, hex(0x0b1220)), (0.09, hex(0x04070d))] {
        let mut top = columns(canvas, |x| {
            horizon + back - (line(x + back * 40.0, seed, 1.4, 0.45, pixel) - 0.4) * (0.3 - back)
        });
        let mut grove = *dice;
        dice.bits();
        plant(
            &mut top,
            pixel,
            (0..(aspect * 40.0) as usize)
                .map(|_| (grove.unit() * aspect, grove.range(0.02, 0.08) * (0.5 + back * 9.0))),
        );
        canvas.within(0.0, 0.0, aspect, 1.0, |x, y| {
            let at = ((x / pixel) as usize).min(top.len() - 1);
            let cover = ((y - top[at]) / pixel + 0.5).clamp(0.0, 1.0);
            (cover > 0.0).then_some((tone, cover))
        });
    }
    if dice.chance(450) {
        tent(canvas, dice);
    }
}

fn aurora(canvas: &mut Canvas, horizon: f32, dice: &mut Dice) {
    let (sx, phase) = (dice.unit(), dice.range(0.0, 6.0));
    let base = horizon * dice.range(0.62, 0.8);
    let aspect = canvas.aspect();
    let violet = dice.chance(500);
    canvas.within(0.0, 0.0, aspect, horizon, |x, y| {
        let fold = (x * 2.2 + phase).sin() * 0.09 + (x * 5.1 + phase * 2.0).sin() * 0.03;
        let rays = tile(x * 0.9 + sx, 0.1 + y * 0.03);
        let up = base + fold - y;
        let shape = step(-0.03, 0.02, up) * (-up * (2.4 + 3.0 * (1.0 - rays))).exp();
        let high = step(0.1, 0.42, up);
        let colour = mix(hex(0x52e8a0), if violet { hex(0x9a60d8) } else { hex(0x3f9fc0) }, high);
        let cover = shape * (0.2 + 0.8 * rays);
        (cover > 0.01).then_some((colour, (cover * 0.85).min(0.85)))
    });
}

fn tent(canvas: &mut Canvas, dice: &mut Dice) {
    let (x, y, size) = (canvas.aspect() * dice.range(0.3, 0.7), 0.955, 0.075);
    let cloth = *dice.pick(&[hex(0xf0a040), hex(0xe8703c), hex(0xd8c060)]);
    canvas.glow(x, y - size * 0.4, 0.28, cloth, 0.4);
    let pixel = canvas.pixel();
    canvas.within(x - size * 1.1, y - size, x + size * 1.1, y, |px, py| {
        let up = (y - py) / size;
        let u = (px - x) / size;
        let inside = (1.0 - up.powf(1.3)) - u.abs();
        let seam = (u * 4.0).fract().abs() < 0.06;
        let bright = 1.0 - 0.5 * up - 0.3 * u.abs();
        let colour = cloth.map(|c| c * if seam { bright * 0.7 } else { bright + 0.2 });
        Some((colour, (inside * size / pixel).clamp(0.0, 1.0)))
    });
}

pub(super) fn fireworks(canvas: &mut Canvas, dice: &mut Dice) {
    let hues = [hex(0xffd070), hex(0xff7a6a), hex(0x80c8ff), hex(0xc890ff), hex(0x90f0b0)];
    for _ in 0..dice.between(3, 7) {
        let (x, y) = (canvas.aspect() * dice.range(0.12, 0.88), dice.range(0.1, 0.36));
        let (radius, hue) = (dice.range(0.08, 0.19), *dice.pick(&hues));
        canvas.glow(x, y, radius * 1.7, hue, 0.25);
        let rays = dice.between(26, 46);
        for ray in 0..rays {
            let angle = ray as f32 / rays as f32 * std::f32::consts::TAU + dice.range(-0.06, 0.06);
            let reach = radius * dice.range(0.75, 1.05);
            for bead in 2..13 {
                let t = bead as f32 / 12.0;
                let (bx, by) = (
                    x + angle.cos() * reach * t,
                    y + angle.sin() * reach * t + t * t * radius * 0.16,
                );
                canvas.disc(
                    bx,
                    by,
                    0.0012 + 0.0016 * t,
                    0.002,
                    mix([1.0, 0.98, 0.9], hue, 0.3 + 0.7 * t),
                    0.35 + 0.6 * t,
                );
            }
        }
    }
}
