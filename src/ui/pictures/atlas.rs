//! Placeholders, hundreds to a texture, so that a screen full of them is one draw call.
//!
//! Cells are reused by second chance: what was painted in this frame or the last is kept.

use std::collections::HashMap;

use egui::{Color32, ColorImage, Context, Rect, TextureHandle, TextureOptions, pos2};

use super::Patch;
use crate::model::{Bitmap, PhotoId};

/// The longest side of a placeholder.
const CONTENT: usize = 40;
/// One pixel around it repeats its edge, for linear filtering.
const CELL: usize = CONTENT + 2;
const ACROSS: usize = 24;
const PAGE: usize = CELL * ACROSS;
const CELLS_A_PAGE: usize = ACROSS * ACROSS;
const MOST_PAGES: usize = 6;

#[derive(Clone, Copy)]
struct Cell {
    owner: Option<PhotoId>,
    used: u64,
    size: [usize; 2],
    preview: bool,
}

#[derive(Default)]
pub(super) struct Atlas {
    pages: Vec<TextureHandle>,
    cells: Vec<Cell>,
    places: HashMap<PhotoId, usize>,
    hand: usize,
}

impl Atlas {
    pub(super) fn get(&mut self, photo: PhotoId, frame: u64) -> Option<Patch> {
        let at = *self.places.get(&photo)?;
        let cell = self.cells.get_mut(at)?;
        cell.used = frame;
        let texture = self.pages.get(at / CELLS_A_PAGE)?.id();
        let (x, y) = origin(at);
        #[expect(clippy::cast_precision_loss, reason = "below 1024")]
        let uv = |x: usize, y: usize| pos2(x as f32 / PAGE as f32, y as f32 / PAGE as f32);
        let [width, height] = cell.size;
        let uv = Rect::from_min_max(uv(x + 1, y + 1), uv(x + 1 + width, y + 1 + height));
        Some(Patch { texture, uv })
    }

    pub(super) fn has_preview(&self, photo: PhotoId) -> bool {
        self.places.get(&photo).and_then(|at| self.cells.get(*at)).is_some_and(|cell| cell.preview)
    }

    pub(super) fn photos(&self) -> impl Iterator<Item = PhotoId> {
        self.places.keys().copied()
    }

    pub(super) fn forget(&mut self, photo: PhotoId) {
        let cell = self.places.remove(&photo).and_then(|at| self.cells.get_mut(at));
        if let Some(cell) = cell {
            cell.owner = None;
            cell.used = 0;
        }
    }

    pub(super) fn put(
        &mut self,
        ctx: &Context,
        photo: PhotoId,
        bitmap: &Bitmap,
        preview: bool,
        frame: u64,
    ) {
        let Some(image) = framed(bitmap) else { return };
        let Some(at) = self.places.get(&photo).copied().or_else(|| self.free(ctx, frame)) else {
            return;
        };
        let (page, size) = (
            at / CELLS_A_PAGE,
            [image.width().saturating_sub(2), image.height().saturating_sub(2)],
        );
        let (x, y) = origin(at);
        let Some(texture) = self.pages.get_mut(page) else { return };
        texture.set_partial([x, y], image, TextureOptions::LINEAR);
        if let Some(cell) = self.cells.get_mut(at) {
            if let Some(old) = cell.owner.filter(|old| *old != photo) {
                self.places.remove(&old);
            }
            *cell = Cell { owner: Some(photo), used: frame, size, preview };
            self.places.insert(photo, at);
        }
    }

    /// A cell that nobody needs now.
    fn free(&mut self, ctx: &Context, frame: u64) -> Option<usize> {
        for _ in 0..self.cells.len() {
            let at = self.hand;
            self.hand = (self.hand + 1) % self.cells.len();
            let cell = self.cells.get(at)?;
            if cell.owner.is_none() || (self.pages.len() == MOST_PAGES && cell.used + 1 < frame) {
                return Some(at);
            }
            // With room for another page, old placeholders are worth keeping.
            if self.pages.len() < MOST_PAGES && at + 1 == self.cells.len() {
                break;
            }
        }
        if self.pages.len() == MOST_PAGES {
            return None;
        }
        let blank = ColorImage::filled([PAGE, PAGE], Color32::TRANSPARENT);
        self.pages.push(ctx.load_texture("placeholders", blank, TextureOptions::LINEAR));
        let first = self.cells.len();
        let empty = Cell { owner: None, used: 0, size: [0, 0], preview: false };
        self.cells.resize(first + CELLS_A_PAGE, empty);
        self.hand = first + 1;
        Some(first)
    }
}

const fn origin(at: usize) -> (usize, usize) {
    let cell = at % CELLS_A_PAGE;
    (cell % ACROSS * CELL, cell / ACROSS * CELL)
}

/// The bitmap, scaled down to a cell's content, with its edge repeated around it.
fn framed(bitmap: &Bitmap) -> Option<ColorImage> {
    let source = super::image(bitmap);
    let [w, h] = source.size;
    if w == 0 || h == 0 {
        return None;
    }
    let long = w.max(h).max(CONTENT);
    let (width, height) = ((w * CONTENT / long).max(1), (h * CONTENT / long).max(1));
    let (width, height) = if long == CONTENT { (w, h) } else { (width, height) };
    let mut pixels = Vec::with_capacity((width + 2) * (height + 2));
    for y in 0..height + 2 {
        for x in 0..width + 2 {
            let inside = |v: usize, n: usize| v.saturating_sub(1).min(n - 1);
            let (u, v) = (inside(x, width) * w / width, inside(y, height) * h / height);
            pixels.push(source.pixels.get(v * w + u).copied().unwrap_or_default());
        }
    }
    Some(ColorImage::new([width + 2, height + 2], pixels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, MessageId, PixelSize};

    fn id(n: i32) -> PhotoId {
        PhotoId { album: AlbumId(1), message: MessageId(n) }
    }

    #[test]
    fn it_reuses_cells_but_never_those_on_screen() {
        let ctx = Context::default();
        let mut atlas = Atlas::default();
        let bitmap = Bitmap::new(PixelSize::new(4, 3), vec![9; 48]).unwrap();
        let all = i32::try_from(MOST_PAGES * CELLS_A_PAGE).unwrap();
        for n in 0..all {
            atlas.put(&ctx, id(n), &bitmap, false, 1);
        }
        assert_eq!(atlas.pages.len(), MOST_PAGES);
        assert!((0..all).all(|n| atlas.get(id(n), 1).is_some()));
        // All are on screen: no room.
        atlas.put(&ctx, id(all), &bitmap, false, 2);
        assert!(atlas.get(id(all), 2).is_none());
        // Later there is, and whoever had the cell is forgotten.
        atlas.put(&ctx, id(all), &bitmap, true, 9);
        assert!(atlas.has_preview(id(all)));
        assert_eq!(atlas.places.len(), usize::try_from(all).unwrap());
    }

    #[test]
    fn large_previews_are_scaled_into_the_cell() {
        let bitmap = Bitmap::new(PixelSize::new(400, 100), vec![7; 160_000]).unwrap();
        assert_eq!(framed(&bitmap).unwrap().size, [CONTENT + 2, 12]);
    }
}
