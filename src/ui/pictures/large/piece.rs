//! Pieces of a picture: how it is cut, and one of them on the card.

use egui::{Context, Rect, TextureFilter, TextureHandle, TextureOptions, pos2, vec2};

use super::{Frame, Tile};
use crate::model::{Bitmap, PixelSize};
use crate::ui::pictures::atlas::image;

/// Side of a piece, pixels, its overlap included.
const SIDE: u32 = 512;

/// Of pixels that are shown as what they are.
const PLAIN: TextureOptions =
    TextureOptions { magnification: TextureFilter::Nearest, ..TextureOptions::LINEAR };

/// A part of the picture that is on the card.
pub(super) struct Piece {
    texture: TextureHandle,
    /// Where it belongs, in shares of the picture.
    part: Rect,
    /// The same part within the texture.
    uv: Rect,
    plain: bool,
    bytes: usize,
    pub(super) used: u64,
}

impl Piece {
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether its pixels are shown as what they are.
    pub(super) const fn is_plain(&self) -> bool {
        self.plain
    }

    pub(super) fn tile(&self) -> Tile {
        Tile { texture: self.texture.id(), part: self.part, uv: self.uv }
    }
}

/// How a picture, or a smaller copy of it, is cut.
pub(super) struct Grid {
    /// How often it was halved.
    pub(super) level: usize,
    /// The picture's own size, and that of the copy.
    whole: PixelSize,
    size: PixelSize,
    step: u32,
}

impl Grid {
    /// Of a picture of size `whole`, halved so often.
    pub(super) fn of(whole: PixelSize, level: usize, ctx: &Context) -> Self {
        let halved = |side: u32| (0..level).fold(side, |side, _| side.div_ceil(2));
        let size = PixelSize::new(halved(whole.width), halved(whole.height));
        let most = ctx.input(|input| input.max_texture_side);
        let side = SIDE.min(u32::try_from(most).unwrap_or(SIDE)).max(16);
        Self { level, whole, size, step: side - 2 }
    }

    /// As [`Self::of`], by the copy itself.
    pub(super) fn new(copy: &Bitmap, whole: PixelSize, level: usize, ctx: &Context) -> Self {
        Self { size: copy.size(), ..Self::of(whole, level, ctx) }
    }

    const fn across(&self) -> u32 {
        self.size.width.div_ceil(self.step)
    }

    const fn down(&self) -> u32 {
        self.size.height.div_ceil(self.step)
    }

    /// All places, row by row.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let across = self.across();
        (0..self.down()).flat_map(move |y| (0..across).map(move |x| (x, y)))
    }

    /// The places that lie within a part of the picture.
    pub(super) fn within(&self, part: Rect) -> impl Iterator<Item = (u32, u32)> + use<> {
        self.range(part, 0)
    }

    /// The places around that part.
    pub(super) fn around(&self, part: Rect) -> impl Iterator<Item = (u32, u32)> + use<> {
        self.range(part, 1)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the pieces that there are"
    )]
    fn range(&self, part: Rect, more: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
        let axis = |from: f32, to: f32, side: u32, count: u32| {
            let place = |share: f32| (share.clamp(0.0, 1.0) * side as f32) as u32 / self.step;
            let from = place(from).min(count.saturating_sub(1)).saturating_sub(more);
            (from, (place(to) + 1 + more).min(count))
        };
        let (left, right) = axis(part.min.x, part.max.x, self.size.width, self.across());
        let (top, bottom) = axis(part.min.y, part.max.y, self.size.height, self.down());
        (top..bottom).flat_map(move |y| (left..right).map(move |x| (x, y)))
    }

    /// The places within a part, its middle first.
    pub(super) fn middle_first(&self, part: Rect) -> Vec<(u32, u32)> {
        let mut places: Vec<_> = self.within(part).collect();
        let sum = |of: fn(&(u32, u32)) -> u32| places.iter().map(of).max().unwrap_or(0);
        let least = |of: fn(&(u32, u32)) -> u32| places.iter().map(of).min().unwrap_or(0);
        let (x, y) = (sum(|p| p.0) + least(|p| p.0), sum(|p| p.1) + least(|p| p.1));
        places.sort_by_key(|place| {
            (2 * place.0).abs_diff(x).pow(2) + (2 * place.1).abs_diff(y).pow(2)
        });
        places
    }

    /// Brings a piece to the card, into the texture of `old` where there is one.
    #[expect(clippy::cast_precision_loss, reason = "pixels of one picture")]
    pub(super) fn piece(
        &self,
        source: &Bitmap,
        x: u32,
        y: u32,
        plain: bool,
        old: Option<Piece>,
        frame: &Frame<'_>,
    ) -> Option<Piece> {
        let (x, y) = (x * self.step, y * self.step);
        let (w, h) = (self.step.min(self.size.width - x), self.step.min(self.size.height - y));
        // One pixel of the neighbours on every side, so that filtering shows no seam.
        let (left, top) = (x.saturating_sub(1), y.saturating_sub(1));
        let right = (x + w + 1).min(self.size.width);
        let bottom = (y + h + 1).min(self.size.height);
        let (width, height) = ((right - left) as usize, (bottom - top) as usize);
        let mut rgba = Vec::with_capacity(width * height * 4);
        for row in top..bottom {
            let from = (row as usize * self.size.width as usize + left as usize) * 4;
            rgba.extend_from_slice(source.rgba().get(from..from + width * 4)?);
        }
        let image = image([width, height], &rgba);
        let options = if plain { PLAIN } else { TextureOptions::LINEAR };
        let texture = match old {
            Some(Piece { mut texture, .. }) => {
                texture.set(image, options);
                texture
            }
            None => frame.ctx.load_texture("large", image, options),
        };
        // An odd last row of a copy stands for one row less of the picture.
        let doubled = (1_u32 << self.level) as f32;
        let end = |at: u32, whole: u32| (at as f32 * doubled).min(whole as f32);
        let max = pos2(end(x + w, self.whole.width), end(y + h, self.whole.height));
        let min = pos2(x as f32 * doubled, y as f32 * doubled);
        let whole = vec2(self.whole.width as f32, self.whole.height as f32);
        let share = |at: egui::Pos2| (at.to_vec2() / whole).to_pos2();
        let side = vec2(width as f32, height as f32);
        let within = |at: egui::Pos2| {
            ((at.to_vec2() / doubled - vec2(left as f32, top as f32)) / side).to_pos2()
        };
        Some(Piece {
            texture,
            part: Rect::from_min_max(share(min), share(max)),
            uv: Rect::from_min_max(within(min), within(max)),
            plain,
            bytes: rgba.len(),
            used: frame.number,
        })
    }
}
