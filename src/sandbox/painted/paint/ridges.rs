//! Layers of silhouettes, one behind the other: heights by column, colours by depth.

use super::canvas::{Canvas, Rgb, mix};

/// One silhouette. What is below its line belongs to it.
pub(super) struct Layer<'a> {
    /// Top of the layer by column, on the plane.
    pub(super) top: Vec<f32>,
    /// Colour at column, `x`, `y` and depth below the top.
    pub(super) colour: Box<dyn Fn(usize, f32, f32, f32) -> Rgb + Sync + 'a>,
}

/// A function of `x` for every column.
pub(super) fn columns(canvas: &Canvas, at: impl Fn(f32) -> f32) -> Vec<f32> {
    let pixel = canvas.pixel();
    (0..canvas.width()).map(|x| at((x as f32 + 0.5) * pixel)).collect()
}

/// How steeply a line falls to the right, −1 … 1, by column, seen `over` a distance.
pub(super) fn slopes(top: &[f32], pixel: f32, over: f32) -> Vec<f32> {
    let last = top.len() - 1;
    let reach = (over / pixel).ceil() as usize;
    (0..top.len())
        .map(|x| {
            let (a, b) = (x.saturating_sub(reach), (x + reach).min(last));
            let run = ((b - a).max(1)) as f32 * pixel;
            ((top[b] - top[a]) / run).clamp(-1.0, 1.0)
        })
        .collect()
}

/// Paints `layers` (nearest first) over `behind`, with smooth edges.
pub(super) fn paint_layers<B: Fn(f32) -> Rgb>(
    canvas: &mut Canvas,
    layers: &[Layer<'_>],
    behind: impl Fn(f32) -> B + Sync,
) {
    let pixel = canvas.pixel();
    canvas.rows(|y| {
        let behind = behind(y);
        move |column, x| {
            let mut seen: Rgb = [0.0; 3];
            let mut left = 1.0;
            for layer in layers {
                let depth = y - layer.top[column];
                let cover = (depth / pixel + 0.5).clamp(0.0, 1.0);
                if cover > 0.0 {
                    let colour = (layer.colour)(column, x, y, depth.max(0.0));
                    seen = std::array::from_fn(|c| seen[c] + colour[c] * cover * left);
                    left *= 1.0 - cover;
                    if left < 0.004 {
                        return seen;
                    }
                }
            }
            let sky = behind(x);
            std::array::from_fn(|c| seen[c] + sky[c] * left)
        }
    });
}

/// Stamps pointed trees onto a line of ground: each lifts the columns it stands on.
pub(super) fn plant(top: &mut [f32], pixel: f32, trees: impl Iterator<Item = (f32, f32)>) {
    for (x, height) in trees {
        let half = height * 0.21;
        let from = ((x - half) / pixel).max(0.0) as usize;
        let to = (((x + half) / pixel) as usize).min(top.len().saturating_sub(1));
        let foot = top.get((x / pixel).max(0.0) as usize).copied().unwrap_or(1.0);
        for (column, line) in top.iter_mut().enumerate().take(to + 1).skip(from) {
            let off = ((column as f32 + 0.5) * pixel - x).abs() / half;
            // Branches: the outline steps in as it rises.
            let rise = 1.0 - off;
            let steps = (rise * 9.0).fract() * 0.11;
            let tip = foot + height * 0.12 - height * (rise.max(0.0).powf(0.9) - steps).max(0.0);
            *line = line.min(tip);
        }
    }
}

/// A plain colour under a row, for layers that end in mist.
pub(super) fn misted(colour: Rgb, mist: Rgb, depth: f32, thickness: f32, strength: f32) -> Rgb {
    mix(colour, mist, (depth / thickness).min(1.0) * strength)
}
