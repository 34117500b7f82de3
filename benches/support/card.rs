//! A graphics card that keeps nothing but the count of what it would have to keep.

use std::collections::HashMap;

use egui::{TextureId, TexturesDelta};

/// See the module.
#[derive(Default)]
pub(super) struct Card {
    textures: HashMap<TextureId, u64>,
    bytes: u64,
    /// The most bytes of textures at a time.
    pub(super) most: u64,
}

impl Card {
    /// Takes over what a frame sends, and lets go what it frees.
    pub(super) fn take(&mut self, delta: &mut TexturesDelta) {
        for (id, deltas) in delta.set.drain() {
            for whole in deltas.iter().filter(|delta| delta.is_whole()) {
                let [width, height] = whole.image.size();
                let base = width as u64 * height as u64 * 4;
                // Each smaller copy has a quarter of the one before.
                let smaller = whole.options.mipmap_mode.map_or(0, |_| base / 3);
                let old = self.textures.insert(id, base + smaller);
                self.bytes = self.bytes + base + smaller - old.unwrap_or(0);
            }
        }
        self.most = self.most.max(self.bytes);
        for id in delta.free.drain() {
            self.bytes -= self.textures.remove(&id).unwrap_or(0);
        }
    }
}
