//! Mountains, lakes, forests, meadows: ridges one behind the other.

use super::{
    super::dice::Dice,
    canvas::{Canvas, Rgb, hex, mix, step, times},
    figures,
    light::{Hour, Light, Sky, stars},
    noise::{crests, line, tile},
    ridges::{Layer, columns, misted, paint_layers, plant, slopes},
};

struct Range {
    layers: usize,
    horizon: f32,
    foot: f32,
    tall: f32,
    snow: bool,
    pines: bool,
}

pub(super) fn mountains(canvas: &mut Canvas, light: Light, dice: &mut Dice, snow: bool) {
    let range = Range {
        layers: dice.between(4, 7) as usize,
        horizon: dice.range(0.42, 0.55),
        foot: 1.0,
        tall: dice.range(0.22, 0.36),
        snow: snow || dice.chance(350),
        pines: snow || dice.chance(550),
    };
    ranges(canvas, light, dice, &range, snow);
    if snow && light.hour != Hour::Golden && dice.chance(600) {
        figures::snowfall(canvas, dice);
    }
}

pub(super) fn lake(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let shore = dice.range(0.56, 0.68);
    let range = Range {
        layers: dice.between(3, 6) as usize,
        horizon: shore - dice.range(0.12, 0.2),
        foot: shore + 0.05,
        tall: dice.range(0.2, 0.32),
        snow: dice.chance(500),
        pines: dice.chance(700),
    };
    ranges(canvas, light, dice, &range, false);
    let water = mix(light.on(hex(0x1d4a5e)), light.middle, 0.25);
    canvas.mirror(shore, water, dice.range(0.15, 0.7));
    if dice.chance(450) {
        figures::jetty(canvas, light, dice);
    } else if dice.chance(500) {
        figures::boat(canvas, shore + dice.range(0.06, 0.2), light, dice);
    }
}

pub(super) fn balloons(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let range = Range {
        layers: 4,
        horizon: dice.range(0.66, 0.74),
        foot: 1.0,
        tall: dice.range(0.08, 0.16),
        snow: false,
        pines: true,
    };
    ranges(canvas, light, dice, &range, false);
    for at in 0..dice.between(3, 8) {
        let far = 1.0 - at as f32 * 0.1;
        let size = dice.range(0.035, 0.075) * (1.35 - far * 0.5) + if at == 5 { 0.05 } else { 0.0 };
        let (x, y) = (canvas.aspect() * dice.range(0.07, 0.93), dice.range(0.14, 0.55));
        figures::balloon(canvas, x, y, size, light, far * 0.35, dice);
    }
}

fn ranges(canvas: &mut Canvas, light: Light, dice: &mut Dice, range: &Range, white: bool) {
    let pixel = canvas.pixel();
    let sky = Sky::new(light, range.horizon + 0.08, canvas.aspect(), dice);
    let from_left = sky.sun.is_none_or(|(x, _)| x < canvas.aspect() * 0.5);
    let rock = light.on(*dice.pick(&[hex(0x5b6270), hex(0x6a5f58), hex(0x55656a), hex(0x64586a)]));
    let green = light.on(*dice.pick(&[hex(0x3d5a34), hex(0x4a5c2e), hex(0x2f4f3f), hex(0x6b5a2c)]));
    let snow_lit = mix(light.on(hex(0xf7f9ff)), light.sun, 0.2);
    let snow_dark = mix(light.on(hex(0x93abd0)), light.zenith, 0.3);
    let mist = mix(light.horizon, light.middle, 0.2);
    let misty = dice.range(0.15, 0.75);
    let count = range.layers;
    let mut layers: Vec<Layer<'_>> = vec![];
    for k in 0..count {
        let near = k as f32 / (count - 1).max(1) as f32;
        let seed = dice.bits() as u32;
        let base = range.horizon + (range.foot - range.horizon) * near.powf(1.25) * 0.86;
        let tall = range.tall * (1.0 - near * 0.55) * dice.range(0.75, 1.2);
        let frequency = 1.1 + near * 0.8;
        let peaks = near < 0.55;
        let mut top = columns(canvas, |x| {
            let h = if peaks {
                crests(x + k as f32 * 9.7, seed, frequency, 0.48, pixel)
            } else {
                line(x + k as f32 * 9.7, seed, frequency, 0.46, pixel)
            };
            base - tall * (h - 0.25) * 1.5
        });
        let slope = slopes(&top, pixel, 0.02);
        let ground = if range.pines && near > 0.6 { top.clone() } else { vec![] };
        if range.pines && near > 0.6 {
            let mut grove = *dice;
            let n = (canvas.aspect() * 95.0 / (0.4 + near)) as usize;
            let aspect = canvas.aspect();
            plant(
                &mut top,
                pixel,
                (0..n).map(|_| (grove.unit() * aspect, grove.range(0.02, 0.055) * (0.4 + near))),
            );
            dice.bits();
        }
        let far = (1.0 - near).powf(1.2) * 0.80;
        let snow_line = base - tall * dice.range(0.2, 0.5);
        let snowy = range.snow && (peaks || white);
        let body = if white {
            mix(snow_dark, snow_lit, 0.3)
        } else {
            mix(rock, green, step(0.25, 0.7, near))
        };
        let towards = if from_left { -0.014 } else { 0.014 };
        let shift = dice.unit();
        let last = k == count - 1;
        layers.push(Layer {
            top,
            colour: Box::new(move |column, x, y, depth| {
                let lit = if from_left { slope[column] } else { -slope[column] };
                let (u, v) = (
                    x * (0.42 + near * 0.5) + shift,
                    y * (0.6 + near * 0.8) + shift * 3.0 - x * 0.1,
                );
                let rough = tile(u, v);
                // The relief: how much rougher it is a little towards the light.
                let relief = (rough - tile(u + towards, v - 0.012)) * 3.4;
                // The further down from the crest, the less its slope says.
                let shade = 0.52 - lit * 0.42 * (-depth * 9.0).exp()
                    + relief * (0.9 - near * 0.35)
                    + (rough - 0.5) * 0.3;
                let mut colour = times(body, 0.6 + 0.66 * shade.clamp(0.0, 1.0));
                if snowy {
                    let above = if white {
                        1.0
                    } else {
                        step(0.05, -0.05, y - snow_line + (rough - 0.5) * 0.3)
                    };
                    colour =
                        mix(colour, mix(snow_dark, snow_lit, shade.clamp(0.0, 1.0)), above * 0.92);
                }
                if let Some(ground) = ground.get(column) {
                    let tree = step(0.006, -0.004, y - ground + (rough - 0.5) * 0.03);
                    colour = mix(colour, times(green, 0.38 + 0.25 * rough), tree * 0.95);
                }
                let colour = light.haze(colour, far);
                if last { colour } else { misted(colour, mist, depth, 0.26, misty) }
            }),
        });
    }
    layers.reverse();
    paint_layers(canvas, &layers, |y| sky.row(y));
    if light.hour == Hour::Night {
        stars(canvas, range.horizon * 0.6, dice);
    }
}

pub(super) fn forest(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (pixel, aspect) = (canvas.pixel(), canvas.aspect());
    let sky = Sky::new(light, 0.55, aspect, dice);
    let tone = light.on(*dice.pick(&[hex(0x1d3a31), hex(0x24402a), hex(0x1c3442), hex(0x3e3a22)]));
    let count = dice.between(5, 8) as usize;
    let mut layers = vec![];
    for k in 0..count {
        let near = k as f32 / (count - 1) as f32;
        let seed = dice.bits() as u32;
        let base = 0.42 + 0.56 * near.powf(1.15);
        let mut top = columns(canvas, |x| {
            base - (line(x + k as f32 * 5.1, seed, 0.9, 0.5, pixel) - 0.5)
                * 0.3
                * (1.0 - near * 0.5)
        });
        let height = 0.05 + 0.26 * near * near;
        let n = (aspect * 2.3 / height) as usize;
        let mut grove = *dice;
        dice.bits();
        plant(
            &mut top,
            pixel,
            (0..n).map(|_| (grove.unit() * aspect, height * grove.range(0.55, 1.25))),
        );
        let far = (1.0 - near).powf(0.9) * 0.93;
        let shift = dice.unit();
        let fog = mix(light.horizon, light.middle, 0.4);
        layers.push(Layer {
            top,
            colour: Box::new(move |_, x, y, depth| {
                let leaf = tile(x * (1.0 + near) + shift, y * (1.4 + near));
                let colour = light.haze(times(tone, 0.75 + 0.55 * leaf), far);
                misted(colour, fog, depth, 0.16 + 0.2 * near, 0.72 * (1.0 - near))
            }),
        });
    }
    layers.reverse();
    paint_layers(canvas, &layers, |y| sky.row(y));
    figures::birds(canvas, light, dice);
}

pub(super) fn meadow(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (pixel, aspect) = (canvas.pixel(), canvas.aspect());
    let horizon = dice.range(0.45, 0.58);
    let sky = Sky::new(light, horizon + 0.05, aspect, dice);
    let crop: Rgb =
        light.on(*dice.pick(&[hex(0x6f8f3a), hex(0x5f8a3c), hex(0xa39a3e), hex(0x7a8f55)]));
    let mut layers = vec![];
    for k in 0..4_usize {
        let near = k as f32 / 3.0;
        let seed = dice.bits() as u32;
        let base = horizon + 0.3 * near * near;
        let top = columns(canvas, |x| {
            base - (line(x + k as f32 * 3.3, seed, 0.7 + (1.0 - near), 0.32, pixel) - 0.5) * 0.16
        });
        let slope = slopes(&top, pixel, 0.03);
        let (shift, hue) = (dice.unit(), dice.range(-0.06, 0.06));
        let tone = [crop[0] + hue, crop[1] + hue * 0.4, crop[2]];
        layers.push(Layer {
            top,
            colour: Box::new(move |column, x, y, depth| {
                // Blades are long near by and short far away.
                let deep = y - horizon + 0.05;
                let blades = tile(x / (0.25 + deep) * 0.7 + shift, 0.5 / (0.1 + deep) + shift);
                let lit = 0.86 - slope[column] * 0.45
                    + (blades - 0.5) * (0.35 + 0.5 * near)
                    + depth * 0.25;
                light.haze(times(tone, lit), (1.0 - near) * 0.5)
            }),
        });
    }
    layers.reverse();
    paint_layers(canvas, &layers, |y| sky.row(y));
    if dice.chance(650) {
        let x = aspect * dice.range(0.2, 0.8);
        figures::tree(
            canvas,
            x,
            horizon + dice.range(0.06, 0.12),
            dice.range(0.2, 0.36),
            light,
            dice,
        );
    }
    figures::flower_field(canvas, horizon + 0.2, light, dice);
}
