//! How much a single picture may cost.

use crate::model::PixelSize;

/// Bounds of one decode. They are compared with the file's header before memory is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest side, pixels.
    pub max_side: u32,
    /// Width times height.
    pub max_pixels: u64,
    /// Memory for the decoded picture and what the decoder needs beside it, bytes.
    pub max_alloc_bytes: u64,
}

impl Default for Limits {
    /// 262,144 pixels a side, a thousand megapixels, 768 MiB. What would take more memory than
    /// that is decoded smaller where its format allows for it.
    fn default() -> Self {
        Self { max_side: 1 << 18, max_pixels: 1_000_000_000, max_alloc_bytes: 768 << 20 }
    }
}

impl Limits {
    /// What somebody else's thumbnail may cost: one that claims to be a mural is none. 8,192
    /// pixels a side, 24 megapixels, 192 MiB.
    #[must_use]
    pub const fn of_a_thumbnail() -> Self {
        Self { max_side: 8192, max_pixels: 24_000_000, max_alloc_bytes: 192 << 20 }
    }

    /// Whether a picture of `size` that takes `alloc_bytes` is within bounds.
    pub(super) const fn admit(&self, size: PixelSize, alloc_bytes: u64) -> bool {
        size.long_side() <= self.max_side
            && size.pixels() <= self.max_pixels
            && alloc_bytes <= self.max_alloc_bytes
    }
}
