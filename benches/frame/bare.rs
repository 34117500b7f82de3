//! The measure: egui alone, as many images as there are tiles, scrolling.

use egui::{Color32, ColorImage, Context, Rect, TextureHandle, TextureOptions, Ui, pos2, vec2};

use super::{Painter, SIZE};

/// How an image comes to the screen.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// As egui's own widget.
    Widgets,
    /// As a shape alone: nothing is laid out, nothing answers.
    Painted,
}

impl How {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Widgets => "bare egui",
            Self::Painted => "bare, shapes alone",
        }
    }
}

/// See the module.
pub(super) struct Bare {
    textures: Vec<TextureHandle>,
    offset: f32,
    how: How,
}

/// A tile of the gallery at the size that is measured, and the gap between two.
const TILE: egui::Vec2 = vec2(150.0, 104.0);
const GAP: f32 = 2.0;

impl Bare {
    /// Paints `count` images.
    pub(super) fn new(ctx: &Context, count: usize, how: How) -> Self {
        let textures = (0..count)
            .map(|n| {
                let shade = u8::try_from(n % 256).unwrap_or(0);
                let image = ColorImage::filled([192, 128], Color32::from_gray(shade));
                ctx.load_texture("image", image, TextureOptions::LINEAR)
            })
            .collect();
        Self { textures, offset: 0.0, how }
    }
}

impl Painter for Bare {
    fn ui(&mut self, ui: &mut Ui) {
        self.offset = (self.offset + 30.0) % (TILE.y + GAP);
        let mut at = pos2(0.0, -self.offset);
        for texture in &self.textures {
            let rect = Rect::from_min_size(at, TILE);
            let image =
                egui::Image::from_texture(egui::load::SizedTexture::new(texture.id(), TILE));
            let image = image.corner_radius(4);
            match self.how {
                How::Widgets => drop(ui.put(rect, image)),
                How::Painted => image.paint_at(ui, rect),
            }
            at.x += TILE.x + GAP;
            if at.x + TILE.x > SIZE.x - 304.0 {
                at = pos2(0.0, at.y + TILE.y + GAP);
            }
        }
    }

    fn images(&self) -> usize {
        self.textures.len()
    }
}
