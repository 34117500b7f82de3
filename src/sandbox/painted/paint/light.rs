//! The hour of a picture: what the sky does, and what it does to everything else.

use super::{
    super::dice::Dice,
    canvas::{Canvas, Rgb, add, hex, mix, step},
    noise::tile,
};

/// The light of an hour.
#[derive(Clone, Copy)]
pub(super) struct Light {
    pub(super) zenith: Rgb,
    pub(super) middle: Rgb,
    pub(super) horizon: Rgb,
    pub(super) sun: Rgb,
    /// How bright things are that the sky lights.
    pub(super) bright: f32,
    /// What it multiplies their colour with.
    pub(super) tint: Rgb,
    pub(super) cloud: Rgb,
    pub(super) shadow: Rgb,
    pub(super) hour: Hour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hour {
    Dawn,
    Morning,
    Noon,
    Golden,
    Dusk,
    Blue,
    Night,
    Overcast,
}

const fn light(
    hour: Hour,
    sky: [u32; 3],
    sun: u32,
    bright: f32,
    tint: u32,
    clouds: [u32; 2],
) -> Light {
    Light {
        zenith: hex(sky[0]),
        middle: hex(sky[1]),
        horizon: hex(sky[2]),
        sun: hex(sun),
        bright,
        tint: hex(tint),
        cloud: hex(clouds[0]),
        shadow: hex(clouds[1]),
        hour,
    }
}

impl Light {
    pub(super) const fn of(hour: Hour) -> Self {
        match hour {
            Hour::Dawn => light(
                hour,
                [0x6f8cb8, 0xc9b3c8, 0xf9cfae],
                0xfff0d2,
                0.80,
                0xffe2d6,
                [0xffd9cc, 0xa695b5],
            ),
            Hour::Morning => light(
                hour,
                [0x4f8fca, 0x93c0e4, 0xe8eef0],
                0xfffbe8,
                1.0,
                0xfffaee,
                [0xffffff, 0xb9c9d8],
            ),
            Hour::Noon => light(
                hour,
                [0x1f6fbe, 0x559fdc, 0xbfdff0],
                0xffffff,
                1.06,
                0xffffff,
                [0xffffff, 0xb3c6da],
            ),
            Hour::Golden => light(
                hour,
                [0x5c86b0, 0xd9bf98, 0xffc46b],
                0xfff3c0,
                0.92,
                0xffdca6,
                [0xffe3b4, 0xb98f7a],
            ),
            Hour::Dusk => light(
                hour,
                [0x34396f, 0xa8587f, 0xff9a56],
                0xffd08a,
                0.58,
                0xffb596,
                [0xff9d78, 0x5d4372],
            ),
            Hour::Blue => light(
                hour,
                [0x13224a, 0x2f4f86, 0xc08f9a],
                0xffd9b8,
                0.36,
                0xaebbe6,
                [0x6d7aa6, 0x243055],
            ),
            Hour::Night => light(
                hour,
                [0x050914, 0x0c1731, 0x22355c],
                0xeef2ff,
                0.17,
                0x93a8dc,
                [0x2a3a60, 0x0a1226],
            ),
            Hour::Overcast => light(
                hour,
                [0x98a6b2, 0xb6c1c9, 0xdde2e3],
                0xf4f4f0,
                0.84,
                0xeef3f7,
                [0xe6eaec, 0x8b98a4],
            ),
        }
    }

    /// A little different each time.
    pub(super) fn varied(mut self, dice: &mut Dice) -> Self {
        let warm = dice.range(-0.045, 0.045);
        let lift = dice.range(0.94, 1.05);
        for colour in [&mut self.zenith, &mut self.middle, &mut self.horizon] {
            *colour = [(colour[0] + warm) * lift, colour[1] * lift, (colour[2] - warm) * lift];
        }
        self
    }

    /// A thing's colour under this light.
    pub(super) fn on(&self, colour: Rgb) -> Rgb {
        std::array::from_fn(|c| colour[c] * self.tint[c] * self.bright)
    }

    /// What distance does: `far` from 0 to 1.
    pub(super) fn haze(&self, colour: Rgb, far: f32) -> Rgb {
        mix(colour, mix(self.horizon, self.middle, 0.35), far)
    }

    /// The sky without clouds at `t` from zenith (0) to horizon (1).
    pub(super) fn sky(&self, t: f32) -> Rgb {
        if t < 0.55 {
            mix(self.zenith, self.middle, step(0.0, 0.55, t))
        } else {
            mix(self.middle, self.horizon, step(0.5, 1.0, t))
        }
    }
}

/// Where the sun (or moon) stands and how the clouds are.
#[derive(Clone, Copy)]
pub(super) struct Sky {
    pub(super) light: Light,
    pub(super) horizon: f32,
    pub(super) sun: Option<(f32, f32)>,
    /// 0 clear … 1 covered.
    clouds: f32,
    shift: (f32, f32),
    stretch: f32,
}

impl Sky {
    pub(super) fn new(light: Light, horizon: f32, aspect: f32, dice: &mut Dice) -> Self {
        let low = matches!(light.hour, Hour::Dawn | Hour::Golden | Hour::Dusk);
        let height = if low { dice.range(0.72, 1.0) } else { dice.range(0.15, 0.5) };
        let seen = match light.hour {
            Hour::Overcast | Hour::Blue => false,
            Hour::Night => dice.chance(450),
            _ => dice.chance(if low { 800 } else { 250 }),
        };
        let x = aspect * dice.range(0.15, 0.85);
        Self {
            light,
            horizon,
            sun: seen.then_some((x, horizon * height)),
            clouds: match light.hour {
                Hour::Overcast => dice.range(0.8, 1.0),
                Hour::Night => dice.range(0.0, 0.25),
                _ => dice.range(0.05, 0.7),
            },
            shift: (dice.unit(), dice.unit()),
            stretch: dice.range(0.9, 2.2),
        }
    }

    /// Colour at a height, prepared for a row of pixels.
    pub(super) fn row(self, y: f32) -> impl Fn(f32) -> Rgb {
        let t = (y / self.horizon).clamp(0.0, 1.0);
        let base = self.light.sky(t);
        // Clouds flatten towards the horizon.
        let depth = 1.08 - t;
        let cloud_y = 0.22 / (depth + 0.12) + self.shift.1;
        let scale = 0.20 * self.stretch / (depth + 0.35);
        let cover = 0.86 - self.clouds * 0.52;
        let veil = self.clouds * step(1.0, 0.8, t);
        let night = self.light.hour == Hour::Night;
        move |x| {
            let mut colour = base;
            let mut glow = 0.0;
            if let Some((sx, sy)) = self.sun {
                let d2 = (x - sx) * (x - sx) + (y - sy) * (y - sy);
                glow = if night { 0.0016 / (d2 + 0.004) } else { 0.03 / (d2 + 0.055) };
                colour = mix(colour, self.light.sun, glow);
                let disc = if night { 0.028 } else { 0.036 };
                if d2 < disc * disc * 1.35 {
                    colour = mix(
                        colour,
                        [1.0, 1.0, 0.97],
                        step(disc * disc * 1.35, disc * disc * 0.8, d2),
                    );
                }
            }
            if veil > 0.01 {
                let n = tile(x * scale * 0.8 + self.shift.0, cloud_y);
                let thick = step(cover - 0.22, cover + 0.2, n);
                let body = mix(self.light.shadow, self.light.cloud, 0.35 + n * 0.5 + glow);
                colour = mix(colour, body, thick * 0.85 * (0.25 + 0.75 * veil.min(1.0)));
            }
            colour
        }
    }
}

/// Paints the whole canvas as sky.
pub(super) fn paint_sky(canvas: &mut Canvas, sky: Sky) {
    canvas.rows(|y| {
        let at = sky.row(y);
        move |_, x| at(x)
    });
}

/// Stars, more of them than one can count, and the milky way.
pub(super) fn stars(canvas: &mut Canvas, below: f32, dice: &mut Dice) {
    let (aspect, pixel) = (canvas.aspect(), canvas.pixel());
    let (sx, sy, slant) = (dice.unit(), dice.unit(), dice.range(0.5, 1.3));
    let middle = aspect * dice.range(0.3, 0.7);
    if dice.chance(600) {
        canvas.within(0.0, 0.0, aspect, below, |x, y| {
            let off = (x - middle) + (y - 0.35) * slant;
            let band = (-off * off * 9.0).exp();
            let n = tile(x * 0.45 + sx, y * 0.45 + sy);
            let glow = band * (0.15 + 0.75 * n * n) * step(below, below * 0.6, y);
            Some((add([0.30, 0.31, 0.45], [0.35, 0.22, 0.12], n), glow * 0.62))
        });
    }
    for _ in 0..(700.0 * aspect) as usize {
        let (x, y) = (dice.unit() * aspect, dice.unit() * below);
        let bright = dice.unit().powi(5);
        let warm = dice.unit();
        let colour = [0.85 + 0.15 * warm, 0.9, 1.0 - 0.15 * warm];
        canvas.disc(x, y, 0.0006 + bright * 0.0022, pixel, colour, 0.35 + 0.65 * bright);
    }
}
