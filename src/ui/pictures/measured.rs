//! Placeholders without the rest of the window, for programs that measure them.
//!
//! What the grid does for a tile that has no picture yet, and nothing else.

use egui::Context;

use super::placeholders::{decoded_size, side_for};
use super::{Pictures, Subject};
use crate::model::{Blur, PhotoId, PixelSize};

/// The placeholders of a grid of tiles.
#[derive(Default)]
pub struct Placeholders(Pictures);

impl Placeholders {
    /// Decodes what these tiles need (photo, its size, its placeholder; `tile` physical pixels
    /// each) and hands it to the context's textures, as one frame does. Returns how many tiles
    /// have something to show.
    pub fn frame(
        &mut self,
        ctx: &Context,
        photos: &[(PhotoId, PixelSize, Blur)],
        tile: PixelSize,
    ) -> usize {
        self.0.begin_frame(ctx);
        let shown = photos.iter().filter(|(id, size, blur)| {
            let (id, size, blur) = (*id, *size, Some(*blur));
            let subject =
                Subject { id, size, blur, thumb_side: 0, has_preview: false, has_picture: true };
            self.0.tile(ctx, &subject, tile, false).placeholder.is_some()
        });
        let shown = shown.count();
        self.0.end_frame(ctx);
        shown
    }

    /// The size that the placeholder of a photo is decoded to for a tile.
    pub fn decoded_size(photo: PixelSize, tile: PixelSize) -> PixelSize {
        decoded_size(photo, side_for(tile))
    }
}
