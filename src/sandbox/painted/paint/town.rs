//! Towns: a skyline with lit windows, and a row of painted houses on a canal.

use super::{
    super::dice::Dice,
    canvas::{Canvas, Rgb, hex, mix, step, times},
    light::{Hour, Light, Sky, stars},
    night,
    noise::{chance, tile},
    ridges::{Layer, paint_layers},
};

/// A box in a skyline.
#[derive(Clone, Copy)]
struct Building {
    left: f32,
    right: f32,
    top: f32,
    seed: u32,
}

pub(super) fn city(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (pixel, aspect) = (canvas.pixel(), canvas.aspect());
    let water = if dice.chance(650) { dice.range(0.72, 0.82) } else { 1.1 };
    let sky = Sky::new(light, water.min(0.92), aspect, dice);
    let body = light.on(*dice.pick(&[hex(0x6a7084), hex(0x70687c), hex(0x5c6c80)]));
    let mut layers: Vec<Layer<'_>> = vec![];
    let count = 4;
    for k in 0..count {
        let near = k as f32 / (count - 1) as f32;
        let tall = (0.34 - 0.13 * near) * dice.range(0.85, 1.2);
        let ground = water.min(1.0);
        let crowd = aspect * dice.range(0.3, 0.7);
        let buildings = row_of_buildings(dice, aspect, near, |x, height| {
            let centre = 0.55 + 0.75 * (-(x - crowd).powi(2) * 5.0).exp();
            ground - tall * (0.25 + height * centre) - 0.02
        });
        let (mut top, mut owner) = (vec![1.2; canvas.width()], vec![0; canvas.width()]);
        for (id, b) in buildings.iter().enumerate() {
            for column in ((b.left / pixel).max(0.0) as usize)
                ..((b.right / pixel).max(0.0) as usize).min(canvas.width())
            {
                if b.top < top[column] {
                    top[column] = b.top;
                    owner[column] = id;
                }
            }
        }
        spires(&mut top, pixel, &buildings, near);
        let far = (1.0 - near).powf(0.8) * 0.72;
        let lit = match light.hour {
            Hour::Dusk => 0.28,
            _ => 0.42,
        };
        layers.push(Layer {
            top,
            colour: Box::new(move |column, x, y, _| {
                let b = buildings[owner[column]];
                let wall = times(body, 0.55 + 0.5 * chance(1, 7, b.seed) - (y - b.top) * 0.25);
                light.haze(windows(wall, b, x, y, near, lit, pixel), far)
            }),
        });
    }
    layers.reverse();
    paint_layers(canvas, &layers, |y| sky.row(y));
    if light.hour == Hour::Night {
        if dice.chance(450) {
            night::fireworks(canvas, dice);
        } else {
            stars(canvas, 0.3, dice);
        }
    }
    if water < 1.0 {
        canvas.mirror(water, times(light.middle, 0.45), dice.range(0.5, 1.1));
    }
}

fn row_of_buildings(
    dice: &mut Dice,
    aspect: f32,
    near: f32,
    top: impl Fn(f32, f32) -> f32,
) -> Vec<Building> {
    let mut buildings = vec![];
    let mut left = -0.05;
    while left < aspect {
        let width = dice.range(0.035, 0.09) * (0.65 + 0.75 * near);
        let height = dice.unit().powf(1.6);
        buildings.push(Building {
            left,
            right: left + width,
            top: top(left, height),
            seed: dice.bits() as u32,
        });
        left += width * dice.range(0.8, 1.15);
    }
    buildings
}

fn spires(top: &mut [f32], pixel: f32, buildings: &[Building], near: f32) {
    for b in buildings.iter().filter(|b| b.seed.is_multiple_of(9)) {
        let (middle, half) = ((b.left + b.right) * 0.5, (b.right - b.left) * 0.06);
        let tall = 0.06 + 0.05 * near;
        let from = ((middle - half) / pixel).max(0.0) as usize;
        for (column, line) in
            top.iter_mut().enumerate().skip(from).take((half * 2.0 / pixel) as usize + 1)
        {
            let off = ((column as f32 + 0.5) * pixel - middle).abs() / half.max(pixel);
            *line = line.min(b.top - tall * (1.0 - off).max(0.0));
        }
    }
}

fn windows(wall: Rgb, b: Building, x: f32, y: f32, near: f32, lit: f32, pixel: f32) -> Rgb {
    let cell = 0.0085 + 0.006 * near;
    let (u, v) = ((x - b.left) / cell, (y - b.top) / (cell * 1.35));
    let warm = mix(hex(0xffc56e), hex(0xffe9c0), chance(3, 3, b.seed));
    // Too small to be seen one by one: their mean.
    let fine = step(cell * 0.7, cell * 0.3, pixel);
    let mean = mix(wall, warm, lit * 0.34);
    if fine <= 0.0 {
        return mean;
    }
    let (fu, fv) = (u.fract(), v.fract());
    let pane = fu > 0.24 && fu < 0.8 && fv > 0.26 && fv < 0.78 && v > 0.6;
    let on = chance(u as i32, v as i32, b.seed);
    let seen = match pane {
        true if on < lit => mix(warm, hex(0xff9a48), on / lit * 0.5),
        true => times(wall, 0.7),
        false => wall,
    };
    mix(mean, seen, fine)
}

/// A house of the row.
#[derive(Clone, Copy)]
struct House {
    left: f32,
    right: f32,
    top: f32,
    roof: f32,
    colour: Rgb,
    columns: f32,
    rows: f32,
    seed: u32,
}

pub(super) fn houses(canvas: &mut Canvas, light: Light, dice: &mut Dice) {
    let (pixel, aspect) = (canvas.pixel(), canvas.aspect());
    let quay = dice.range(0.7, 0.8);
    let sky = Sky::new(light, quay, aspect, dice);
    let paints = [
        hex(0xd9583f),
        hex(0xe9b04a),
        hex(0x4f93ad),
        hex(0x7fae7a),
        hex(0xe08f8f),
        hex(0xf0e2c4),
        hex(0xb9607f),
        hex(0x5d7fb0),
        hex(0xd98a4a),
        hex(0xc9d3c0),
    ];
    let roofs = [hex(0x9a4a35), hex(0x6a4a44), hex(0x56606c)].map(|c| light.on(c));
    let tile_roof = *dice.pick(&roofs);
    let mut row: Vec<House> = vec![];
    let mut left = -dice.range(0.0, 0.12);
    let storey = dice.range(0.115, 0.135);
    while left < aspect {
        let width = dice.range(0.13, 0.23);
        let rows = dice.between(2, 5) as f32;
        let top = quay - 0.03 - storey * rows;
        row.push(House {
            left,
            right: left + width,
            top,
            roof: if dice.chance(620) { dice.range(0.05, 0.09) } else { 0.008 },
            colour: light.on(*dice.pick(&paints)),
            columns: (width / 0.068).floor().max(2.0),
            rows,
            seed: dice.bits() as u32,
        });
        left += width;
    }
    let glass = mix(light.on(hex(0x2c3a48)), light.middle, 0.22);
    let lamps = light.hour == Hour::Dusk;
    canvas.rows(|y| {
        let above = sky.row(y);
        let row = &row;
        move |_, x| {
            let Some(house) = row.iter().find(|h| x >= h.left && x < h.right) else {
                return above(x);
            };
            let t = (x - house.left) / (house.right - house.left);
            let ridge = house.top - house.roof * (1.0 - (t * 2.0 - 1.0).abs());
            if y < ridge - pixel {
                return above(x);
            }
            let edge = ((y - ridge) / pixel).clamp(0.0, 1.0);
            let seen = if y < house.top {
                times(tile_roof, 0.82 + 0.3 * tile(x * 2.0, y * 3.0))
            } else {
                facade(house, x, y, t, quay, glass, light, lamps)
            };
            mix(above(x), seen, edge)
        }
    });
    canvas.mirror(quay, mix(light.on(hex(0x1f5560)), light.middle, 0.25), dice.range(0.5, 1.0));
    let stone = light.on(hex(0x8c8378));
    canvas.within(0.0, quay - 0.022, aspect, quay + pixel, |x, y| {
        Some((times(stone, 0.8 + 0.35 * tile(x, y * 2.0)), 1.0))
    });
}

#[expect(clippy::too_many_arguments, reason = "one point of one wall")]
fn facade(
    house: &House,
    x: f32,
    y: f32,
    t: f32,
    quay: f32,
    glass: Rgb,
    light: Light,
    lamps: bool,
) -> Rgb {
    let plaster = 0.93 + 0.14 * tile(x * 0.8 + house.seed as f32 * 1e-4, y * 0.8);
    let shade = 1.04 - 0.12 * step(0.9, 1.0, t) - 0.10 * step(0.03, 0.0, y - house.top);
    let wall = times(house.colour, plaster * shade);
    let (u, v) = (t * house.columns, (y - house.top) / (quay - 0.03 - house.top) * house.rows);
    let (fu, fv) = (u.fract() - 0.5, v.fract() - 0.5);
    let ground = v >= house.rows - 1.0;
    let door = ground && u as u32 == house.seed % (house.columns as u32).max(1);
    let (half_u, low, high) = if door { (0.24, -0.3, 0.6) } else { (0.22, -0.28, 0.26) };
    let inside = fu.abs() < half_u && fv > low && fv < high;
    let frame = fu.abs() < half_u + 0.06 && fv > low - 0.05 && fv < high + 0.05;
    let shutter =
        !door && house.seed.is_multiple_of(3) && fu.abs() < half_u + 0.2 && fv > low && fv < high;
    if inside {
        if door {
            return light.on(mix(hex(0x4a3524), hex(0x244a3c), chance(2, 2, house.seed)));
        }
        let cross = fu.abs() < 0.02 || (fv + 0.06).abs() < 0.018;
        let lit = lamps && chance(u as i32, v as i32, house.seed) < 0.45;
        let pane = if lit { hex(0xffcf80) } else { mix(glass, light.middle, 0.25 * (0.5 - fv)) };
        return if cross { light.on([0.94, 0.93, 0.9]) } else { pane };
    }
    if frame {
        return light.on([0.95, 0.94, 0.9]);
    }
    if shutter {
        times(light.on(mix(hex(0x2f5a4a), hex(0x35506e), chance(5, 1, house.seed))), plaster)
    } else {
        wall
    }
}
