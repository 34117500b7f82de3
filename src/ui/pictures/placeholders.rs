//! Blurs and previews on the graphics card: what a tile shows before its thumbnail is there.
//!
//! Blurs are decoded here, on the window's thread, the moment that a tile needs them; previews
//! arrive decoded. Both share textures and are sent together, one update a texture and frame.

use egui::Context;

use super::atlas::{Atlas, Form, Place};
use super::entry::Entry;
use super::{Patch, Subject};
use crate::model::{Bitmap, PixelSize};
use crate::pixels;

/// Up to here a tile is small, physical pixels: the waves of a placeholder need no more than the
/// smaller of two sides to look the same.
const SMALL_TILE: u32 = 160;
const SMALL: u32 = 16;
const LARGE: u32 = 32;

const SMALL_FORM: Form =
    Form { name: "placeholders", cell: [16, 16], page: [32, 32], gathers: true };
const LARGE_FORM: Form =
    Form { name: "placeholders", cell: [32, 32], page: [32, 16], gathers: true };
const PREVIEW_FORM: Form = Form { name: "previews", cell: [40, 40], page: [16, 16], gathers: true };

/// Pages that are kept of each; a screen that needs more has more.
const PAGES: usize = 4;

/// Decoded placeholders.
pub(super) struct Blurs {
    small: Atlas,
    large: Atlas,
    previews: Atlas,
}

impl Default for Blurs {
    fn default() -> Self {
        let [small, large, previews] = [SMALL_FORM, LARGE_FORM, PREVIEW_FORM].map(Atlas::new);
        Self { small, large, previews }
    }
}

/// The side that a blur is decoded to for a tile.
pub(super) fn side_for(tile: PixelSize) -> u32 {
    if tile.long_side() <= SMALL_TILE { SMALL } else { LARGE }
}

/// The size that a blur of a photo is decoded to: its shape, but never a mere line.
pub(super) fn decoded_size(photo: PixelSize, side: u32) -> PixelSize {
    let square = PixelSize::new(side, side);
    if photo.is_empty() {
        return square;
    }
    let size = photo.fit(square);
    PixelSize::new(size.width.max(side / 4), size.height.max(side / 4))
}

impl Blurs {
    /// Preview or blur of a photo; the blur is decoded the first time.
    pub(super) fn placeholder(
        &mut self,
        ctx: &Context,
        entry: &mut Entry,
        subject: &Subject,
        tile: PixelSize,
        frame: u64,
    ) -> Option<Patch> {
        if let Some(patch) = entry.preview.and_then(|place| self.previews.get(place, frame)) {
            return Some(patch);
        }
        let side = side_for(tile);
        let atlas = if side == SMALL { &mut self.small } else { &mut self.large };
        if let Some((decoded, place)) = entry.blur
            && decoded == side
            && let Some(patch) = atlas.get(place, frame)
        {
            return Some(patch);
        }
        let bitmap = pixels::blur_decode(&subject.blur?, decoded_size(subject.size, side))?;
        let place = put(atlas, ctx, &bitmap, frame)?;
        entry.blur = Some((side, place));
        atlas.get(place, frame)
    }

    pub(super) fn put_preview(
        &mut self,
        ctx: &Context,
        bitmap: &Bitmap,
        frame: u64,
    ) -> Option<Place> {
        put(&mut self.previews, ctx, bitmap, frame)
    }

    /// Whether the smoothed preview is there (a blur does not count).
    pub(super) fn has_preview(&self, entry: &Entry) -> bool {
        entry.preview.is_some_and(|place| self.previews.has(place))
    }

    /// Gives back what an unusually full screen needed.
    pub(super) fn tidy(&mut self, frame: u64) {
        for atlas in [&mut self.small, &mut self.large, &mut self.previews] {
            atlas.shrink(PAGES, frame);
        }
    }

    /// Bytes of all textures.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.small.bytes() + self.large.bytes() + self.previews.bytes()
    }

    /// Sends what was decoded in this frame; returns the bytes.
    pub(super) fn send(&mut self) -> usize {
        self.small.send() + self.large.send() + self.previews.send()
    }
}

fn put(atlas: &mut Atlas, ctx: &Context, bitmap: &Bitmap, frame: u64) -> Option<Place> {
    atlas.make_room(ctx, PAGES, frame);
    let size = [bitmap.size().width as usize, bitmap.size().height as usize];
    atlas.put(bitmap.rgba(), size, frame)
}
