//! Sea, beach and desert.

use super::{
    super::dice::Dice,
    canvas::{Canvas, add, hex, mix, step, times},
    figures,
    light::{Light, Sky},
    noise::{chance, line, tile},
    ridges::{Layer, columns, paint_layers, slopes},
};

pub(super) fn sea(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (pixel, aspect) = (canvas.pixel(), canvas.aspect());
    let horizon = dice.range(0.45, 0.6);
    let sky = Sky::new(light, horizon, aspect, dice);
    let deep = light.on(*dice.pick(&[hex(0x0f4a6a), hex(0x12556a), hex(0x1a4468), hex(0x1f6a7a)]));
    let far = mix(light.horizon, deep, 0.35);
    let (shift, slant) = (dice.unit(), dice.range(-0.1, 0.1));
    let beach = if dice.chance(500) { dice.range(0.8, 0.92) } else { 2.0 };
    let sand = light.on(*dice.pick(&[hex(0xd9bf94), hex(0xe6d3ae), hex(0x8f8070)]));
    canvas.rows(|y| {
        let above = sky.row(y);
        let t = ((y - horizon) / (1.0 - horizon)).max(0.0);
        let base = mix(far, deep, t.powf(0.55));
        let wave_y = 0.9 / (t + 0.05) + shift;
        let wave_x = 0.5 / (t + 0.1);
        let edge = step(-pixel, pixel, y - horizon);
        move |_, x| {
            if edge <= 0.0 {
                return above(x);
            }
            let n = tile(x * wave_x + shift, wave_y * 0.35);
            let mut water = times(base, 0.82 + 0.4 * n);
            water = mix(water, light.sky(0.4), step(0.55, 0.85, n) * 0.35);
            if let Some((sx, _)) = sky.sun {
                let width = 0.035 + t * 0.22;
                let off = (x - sx) / width;
                let column = (-off * off).exp();
                water = add(water, light.sun, column * (step(0.5, 0.68, n) * 0.75 + 0.16));
            }
            let shore =
                beach + slant * (x - aspect * 0.5) + (tile(x * 0.3 + shift, 0.3) - 0.5) * 0.1;
            let up = y - shore;
            if up > -0.05 {
                let grain = tile(x * 1.7, y * 1.7);
                let wet = mix(times(sand, 0.62), light.sky(0.7), 0.3);
                let ground = mix(wet, times(sand, 0.88 + grain * 0.24), step(0.0, 0.06, up));
                let lace = step(0.35, 0.65, tile(x * 0.9 + shift, y * 0.9));
                let foam = step(-0.03, -0.012, up) * step(0.02, 0.002, up) * (0.45 + 0.55 * lace);
                water = mix(water, ground, step(-0.014, 0.004, up));
                water = mix(water, light.on([0.97, 0.98, 1.0]), foam);
            }
            if edge < 1.0 { mix(above(x), water, edge) } else { water }
        }
    });
    if dice.chance(450) {
        island(canvas, horizon, light, dice);
    }
    if dice.chance(450) {
        figures::boat(canvas, horizon + dice.range(0.015, 0.1), light, dice);
    }
    figures::birds(canvas, light, dice);
}

fn island(canvas: &mut Canvas, horizon: f32, light: Light, dice: &mut Dice) {
    let pixel = canvas.pixel();
    let (x0, wide, tall) =
        (canvas.aspect() * dice.range(0.0, 0.7), dice.range(0.3, 0.8), dice.range(0.03, 0.09));
    let seed = dice.bits() as u32;
    let colour = light.haze(light.on(hex(0x2f4038)), 0.45);
    let top = columns(canvas, |x| {
        let t = ((x - x0) / wide).clamp(0.0, 1.0);
        horizon - tall * (t * (1.0 - t) * 4.0).powf(0.7) * (0.35 + line(x, seed, 5.0, 0.5, pixel))
    });
    canvas.within(x0, horizon - tall * 1.5, x0 + wide, horizon + pixel, |x, y| {
        let line = top[((x / pixel) as usize).min(top.len() - 1)];
        Some((colour, ((y - line) / pixel).clamp(0.0, 1.0)))
    });
}

pub(super) fn dunes(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (pixel, aspect) = (canvas.pixel(), canvas.aspect());
    let sky = Sky::new(light, 0.6, aspect, dice);
    let sand = light.on(*dice.pick(&[hex(0xe0a266), hex(0xd9905a), hex(0xe8c08a), hex(0xcf8050)]));
    let dark = mix(times(sand, 0.42), light.zenith, 0.16);
    let from_left = sky.sun.is_none_or(|(x, _)| x < aspect * 0.5);
    let count = dice.between(4, 6) as usize;
    let mut layers = vec![];
    for k in 0..count {
        let near = k as f32 / (count - 1) as f32;
        let seed = dice.bits() as u32;
        let base = 0.47 + 0.42 * near;
        let (phase, frequency) = (dice.range(0.0, 9.0), dice.range(0.55, 1.0) + (1.0 - near) * 0.9);
        let top = columns(canvas, |x| {
            base - (line(x + phase, seed, frequency, 0.2, pixel) - 0.45) * (0.14 + 0.26 * near)
        });
        let slope = slopes(&top, pixel, 0.06);
        let shift = dice.unit();
        layers.push(Layer {
            top,
            colour: Box::new(move |column, x, y, depth| {
                let lit = if from_left { slope[column] } else { -slope[column] };
                let bend = (tile(x * 0.35 + shift, y * 0.35) - 0.5) * 0.7;
                let shade = step(
                    -0.25,
                    0.3,
                    lit * (-depth * 3.5).exp() * 1.5 + bend * (0.4 + depth) + depth * 0.12,
                );
                let ripple = ((y * 260.0 / (0.6 + near) + bend * 46.0 + x * 24.0).sin() * 0.5
                    + 0.5)
                    * 0.1
                    * near
                    * step(0.006, 0.002, pixel);
                let rim = (-depth * 130.0).exp() * 0.14;
                let colour = add(mix(sand, dark, shade), light.sun, rim + ripple * (1.0 - shade));
                light.haze(colour, (1.0 - near) * 0.55)
            }),
        });
    }
    layers.reverse();
    paint_layers(canvas, &layers, |y| sky.row(y));
}

/// A beach as birds see it: deep water, shallow water, foam, sand and parasols.
pub(super) fn from_above(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let aspect = canvas.aspect();
    let angle = dice.range(-0.5, 0.5);
    let (cos, sin) = (angle.cos(), angle.sin());
    let turned = dice.chance(500);
    let (sx, sy) = (dice.unit(), dice.unit());
    let middle = dice.range(0.0, 0.14);
    // Distance into the land.
    let land = move |x: f32, y: f32| {
        let (u, v) = (x - aspect * 0.5, y - 0.5);
        let d = if turned { u * cos + v * sin } else { v * cos + u * sin };
        d + middle - 0.08 + (tile(x * 0.16 + sx, y * 0.16 + sy) - 0.5) * 0.34
    };
    let water = [hex(0x0b4f78), hex(0x1382a0), hex(0x3fb9b9), hex(0xa5e3d2)].map(|c| light.on(c));
    let (sand, wet) = (light.on(hex(0xeed9b0)), light.on(hex(0xc9ab7c)));
    canvas.rows(|y| {
        move |_, x| {
            let d = land(x, y);
            let n = tile(x * 0.9 + sx, y * 0.9);
            let fine = tile(x * 2.3, y * 2.3 + sy);
            if d > 0.004 {
                let dry = step(0.01, 0.07, d);
                return times(mix(wet, sand, dry), 0.92 + 0.16 * fine);
            }
            let depth = -d;
            let mut c = mix(water[3], water[2], step(0.0, 0.07, depth));
            c = mix(c, water[1], step(0.05, 0.2, depth + (n - 0.5) * 0.07));
            c = mix(c, water[0], step(0.15, 0.5, depth + (n - 0.5) * 0.12));
            c = times(c, 0.93 + 0.16 * fine);
            let lace = step(0.42, 0.62, n) * 0.75 + 0.25;
            for (at, wide, strong) in
                [(0.004, 0.008, 1.0), (0.052, 0.009, 0.75), (0.115, 0.008, 0.45)]
            {
                let line = 1.0 - ((depth - at + (fine - 0.5) * 0.02) / wide).abs();
                c = mix(c, [0.98, 0.99, 0.98], line.clamp(0.0, 1.0) * lace * strong);
            }
            c
        }
    });
    let hues = [hex(0xe0483c), hex(0x2f7fb8), hex(0xf0b83a), hex(0x3fa07a), hex(0xe87f9a)];
    let seed = dice.bits() as u32;
    for _ in 0..90 {
        let (x, y) = (dice.unit() * aspect, dice.unit());
        let hue = *dice.pick(&hues);
        if land(x, y) < 0.09 || chance((x * 9.0) as i32, (y * 9.0) as i32, seed) < 0.35 {
            continue;
        }
        parasol(canvas, x, y, 0.016, light.on(hue));
    }
}

fn parasol(canvas: &mut Canvas, x: f32, y: f32, radius: f32, hue: [f32; 3]) {
    canvas.disc(
        x + radius * 0.55,
        y + radius * 0.55,
        radius,
        radius * 0.3,
        [0.25, 0.2, 0.14],
        0.42,
    );
    let pixel = canvas.pixel();
    canvas.within(x - radius, y - radius, x + radius, y + radius, |px, py| {
        let (u, v) = (px - x, py - y);
        let d = (u * u + v * v).sqrt();
        let sector = ((v.atan2(u) / std::f32::consts::TAU + 0.5) * 8.0) as i32;
        let colour = if sector % 2 == 0 { hue } else { [0.96, 0.95, 0.92] };
        Some((
            times(colour, 1.05 - 0.25 * d / radius),
            ((radius - d) / pixel + 0.5).clamp(0.0, 1.0),
        ))
    });
}
