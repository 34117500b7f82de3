//! A large picture as a set of textures: no texture exceeds what the card allows, and no frame
//! uploads more than its budget.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Context, Rect, TextureHandle, TextureOptions, pos2, vec2};

use super::atlas::image;
use crate::model::{Bitmap, PhotoId, PixelSize, Rendition};

/// Side of a piece, pixels, its overlap included.
const SIDE: u32 = 1024;
/// Bytes of large pictures kept as textures; what is on screen stays, whatever it takes.
const BUDGET: usize = 160 << 20;

type Key = (PhotoId, Rendition);

/// The large pictures that are there.
#[derive(Default)]
pub(super) struct Larges {
    pictures: HashMap<Key, Large>,
    /// The size last asked for: an original may be smaller than any wish.
    asked: HashMap<Key, PixelSize>,
}

impl Larges {
    pub(super) fn asked(&mut self, key: Key, fit: PixelSize) {
        self.asked.insert(key, fit);
    }

    pub(super) fn put(&mut self, ctx: &Context, key: Key, bitmap: Arc<Bitmap>, frame: u64) {
        let asked = self.asked.remove(&key).unwrap_or_default();
        let max_side = ctx.input(|input| input.max_texture_side);
        let large = Large::new(bitmap, asked, max_side, frame);
        // The old one stays until the new one is whole.
        if let Some(old) = self.pictures.get_mut(&key) {
            old.replace_by(large);
        } else {
            self.pictures.insert(key, large);
        }
    }

    /// Sends pieces while `budget` lasts; returns the bytes.
    pub(super) fn upload(&mut self, ctx: &Context, budget: usize) -> usize {
        let mut left = budget;
        for large in self.pictures.values_mut() {
            left = large.upload(ctx, left);
        }
        budget - left
    }

    pub(super) fn are_whole(&self) -> bool {
        self.pictures.values().all(Large::is_whole)
    }

    /// Lets the oldest go while there is more than the budget.
    pub(super) fn evict(&mut self, frame: u64) {
        let mut total: usize = self.pictures.values().map(Large::bytes).sum();
        while total > BUDGET {
            let oldest = self.pictures.iter().min_by_key(|(_, l)| l.used).map(|(key, _)| *key);
            let old =
                oldest.filter(|key| self.pictures.get(key).is_some_and(|l| l.used + 2 < frame));
            let Some(large) = old.and_then(|key| self.pictures.remove(&key)) else { break };
            total -= large.bytes();
        }
    }

    pub(super) fn photos(&self) -> impl Iterator<Item = PhotoId> {
        self.pictures.keys().map(|(id, _)| *id)
    }

    pub(super) fn forget(&mut self, photo: PhotoId) {
        self.pictures.retain(|(id, _), _| *id != photo);
    }

    /// A picture to paint, if any of it is there; it counts as used.
    pub(super) fn get(&mut self, key: Key, frame: u64) -> Option<&Large> {
        let large = self.pictures.get_mut(&key)?;
        large.used = frame;
        Some(large)
    }

    /// Whether there is (about to be) as much of it as `fit` asks for.
    pub(super) fn covers(&self, key: Key, fit: PixelSize) -> bool {
        let large = self.pictures.get(&key);
        large.is_some_and(|large| key.1 == Rendition::Original || large.covers(fit))
    }
}

/// A part of the picture that is on the card.
pub(crate) struct Piece {
    texture: TextureHandle,
    /// Where it belongs, in the picture's pixels.
    rect: Rect,
    /// The same part within the texture.
    uv: Rect,
}

impl Piece {
    pub(crate) fn texture(&self) -> egui::TextureId {
        self.texture.id()
    }

    pub(crate) const fn rect(&self) -> Rect {
        self.rect
    }

    pub(crate) const fn uv(&self) -> Rect {
        self.uv
    }
}

/// A picture in pieces, the first of which may be there before the last.
pub(crate) struct Large {
    size: PixelSize,
    /// What was asked for when it was made; it may be smaller.
    asked: PixelSize,
    pieces: Vec<Piece>,
    /// The pixels, until all of them are on the card.
    source: Option<Arc<Bitmap>>,
    next: u32,
    side: u32,
    used: u64,
    better: Option<Box<Large>>,
}

impl Large {
    pub(super) fn new(bitmap: Arc<Bitmap>, asked: PixelSize, max_side: usize, frame: u64) -> Self {
        let side = SIDE.min(u32::try_from(max_side).unwrap_or(SIDE)).max(16);
        Self {
            size: bitmap.size(),
            asked,
            pieces: Vec::new(),
            source: Some(bitmap),
            next: 0,
            side,
            used: frame,
            better: None,
        }
    }

    pub(super) fn replace_by(&mut self, better: Self) {
        self.better = Some(Box::new(better));
    }

    /// The picture's size in pixels.
    pub(crate) const fn size(&self) -> PixelSize {
        self.size
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether it is (about to be) as large as `fit` asks for, or as large as that can be.
    pub(super) fn covers(&self, fit: PixelSize) -> bool {
        let newest = self.better.as_deref().unwrap_or(self);
        [newest.size, newest.asked]
            .iter()
            .any(|size| size.width + 1 >= fit.width && size.height + 1 >= fit.height)
    }

    pub(super) fn bytes(&self) -> usize {
        let own = self.size.pixels() * 4;
        usize::try_from(own)
            .unwrap_or(usize::MAX)
            .saturating_add(self.better.as_ref().map_or(0, |b| b.bytes()))
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.source.is_none() && self.better.is_none()
    }

    /// Uploads pieces while `budget` lasts; returns what is left of it.
    pub(super) fn upload(&mut self, ctx: &Context, mut budget: usize) -> usize {
        if let Some(better) = &mut self.better {
            budget = better.upload(ctx, budget);
            if better.is_whole()
                && let Some(better) = self.better.take()
            {
                *self = Self { used: self.used, ..*better };
            }
            return budget;
        }
        let Some(source) = self.source.clone() else { return budget };
        let step = self.side - 2;
        let across = self.size.width.div_ceil(step).max(1);
        let down = self.size.height.div_ceil(step).max(1);
        while budget > 0 && self.next < across * down {
            let (x, y) = (self.next % across * step, self.next / across * step);
            budget = budget.saturating_sub(self.put(ctx, &source, x, y, step));
            self.next += 1;
        }
        if self.next == across * down {
            self.source = None;
        }
        budget
    }

    /// Uploads the piece whose own part begins at `x`, `y`; returns its bytes.
    #[expect(clippy::cast_precision_loss, reason = "pixels of one picture")]
    fn put(&mut self, ctx: &Context, source: &Bitmap, x: u32, y: u32, step: u32) -> usize {
        let (w, h) = (step.min(self.size.width - x), step.min(self.size.height - y));
        // One pixel of the neighbours on every side, so that filtering shows no seam.
        let (left, top) = (x.saturating_sub(1), y.saturating_sub(1));
        let right = (x + w + 1).min(self.size.width);
        let bottom = (y + h + 1).min(self.size.height);
        let (width, height) = ((right - left) as usize, (bottom - top) as usize);
        let mut rgba = Vec::with_capacity(width * height * 4);
        for row in top..bottom {
            let from = (row as usize * self.size.width as usize + left as usize) * 4;
            rgba.extend_from_slice(source.rgba().get(from..from + width * 4).unwrap_or(&[]));
        }
        if rgba.len() != width * height * 4 {
            return 0;
        }
        let image = image([width, height], &rgba);
        let texture = ctx.load_texture("large", image, TextureOptions::LINEAR);
        let rect = Rect::from_min_size(pos2(x as f32, y as f32), vec2(w as f32, h as f32));
        let uv = Rect::from_min_size(
            pos2((x - left) as f32 / width as f32, (y - top) as f32 / height as f32),
            vec2(w as f32 / width as f32, h as f32 / height as f32),
        );
        self.pieces.push(Piece { texture, rect, uv });
        rgba.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_picture_once() {
        let size = PixelSize::new(2500, 1100);
        let bytes = usize::try_from(size.pixels()).unwrap() * 4;
        let bitmap = Arc::new(Bitmap::new(size, vec![1; bytes]).unwrap());
        let ctx = Context::default();
        let mut large = Large::new(bitmap, size, 8192, 1);
        let mut frames = 0;
        while !large.is_whole() {
            large.upload(&ctx, 1);
            frames += 1;
            assert!(frames < 100);
        }
        assert_eq!(frames, 6, "a budget of one byte is one piece a frame");
        let area: f32 = large.pieces().iter().map(|piece| piece.rect().area()).sum();
        assert!((area - 2_750_000.0).abs() < 1.0);
        for (i, a) in large.pieces().iter().enumerate() {
            for b in &large.pieces()[..i] {
                assert!(!a.rect().shrink(0.5).intersects(b.rect().shrink(0.5)));
            }
        }
    }
}
