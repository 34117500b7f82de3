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
    /// What a decoder may take beyond that while it is at work, where it cannot do with less; the
    /// picture itself may not.
    pub max_extra_bytes: u64,
}

impl Default for Limits {
    /// 262,144 pixels a side, a thousand megapixels, 768 MiB. What would take more memory than
    /// that is decoded smaller where its format allows for it.
    fn default() -> Self {
        Self {
            max_side: 1 << 18,
            max_pixels: 1_000_000_000,
            max_alloc_bytes: 768 << 20,
            max_extra_bytes: 0,
        }
    }
}

impl Limits {
    /// What one picture may cost while no other is decoded: 2 GiB for decoders that have to hold
    /// all of it in some form, such as those of progressive JPEG and `WebP`.
    #[must_use]
    pub fn of_one_at_a_time() -> Self {
        let usual = Self::default();
        Self { max_extra_bytes: (2 << 30) - usual.max_alloc_bytes, ..usual }
    }

    /// What somebody else's thumbnail may cost: one that claims to be a mural is none. 8,192
    /// pixels a side, 24 megapixels, 192 MiB.
    #[must_use]
    pub const fn of_a_thumbnail() -> Self {
        Self {
            max_side: 8192,
            max_pixels: 24_000_000,
            max_alloc_bytes: 192 << 20,
            max_extra_bytes: 0,
        }
    }

    /// Whether a picture of `size` that takes `alloc_bytes` is within bounds.
    pub(super) const fn admit(&self, size: PixelSize, alloc_bytes: u64) -> bool {
        size.long_side() <= self.max_side
            && size.pixels() <= self.max_pixels
            && alloc_bytes <= self.max_alloc_bytes
    }

    /// What a decoder may take while it is at work.
    pub(super) const fn at_work(&self) -> u64 {
        self.max_alloc_bytes.saturating_add(self.max_extra_bytes)
    }
}
