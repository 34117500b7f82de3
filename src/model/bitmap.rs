//! Decoded pictures and their sizes.

use serde::{Deserialize, Serialize};

/// Width and height in pixels, as the picture is meant to be seen (after EXIF orientation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PixelSize {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl PixelSize {
    /// A size of `width` × `height` pixels.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Whether a side is zero: nothing is known, or there is nothing to see.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The number of pixels.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The longer side.
    #[must_use]
    pub const fn long_side(self) -> u32 {
        if self.width > self.height { self.width } else { self.height }
    }

    /// Width over height; 4:3 where the size is not known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than 24 bits")]
    pub fn aspect(self) -> f32 {
        if self.is_empty() { 4.0 / 3.0 } else { self.width as f32 / self.height as f32 }
    }

    /// Width and height exchanged.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self::new(self.height, self.width)
    }

    /// The largest size of the same aspect that fits into `bounds`, never larger than `self`,
    /// never below 1 × 1 (unless `self` is empty).
    #[must_use]
    pub fn fit(self, bounds: Self) -> Self {
        if self.is_empty() || (self.width <= bounds.width && self.height <= bounds.height) {
            return self;
        }
        let (w, h) = (u64::from(self.width), u64::from(self.height));
        let (bw, bh) = (u64::from(bounds.width.max(1)), u64::from(bounds.height.max(1)));
        // Compare w/bw with h/bh without leaving the integers.
        let (width, height) =
            if w * bh >= h * bw { (bw, (h * bw + w / 2) / w) } else { ((w * bh + h / 2) / h, bh) };
        let side = |v: u64| u32::try_from(v).unwrap_or(u32::MAX).max(1);
        Self::new(side(width), side(height))
    }
}

/// A decoded picture: upright, sRGB, eight bits a channel, alpha not premultiplied.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    size: PixelSize,
    rgba: Vec<u8>,
}

impl Bitmap {
    /// Wraps `rgba` (row by row, four bytes a pixel). `None` when the length is not
    /// `4 × width × height`.
    #[must_use]
    pub fn new(size: PixelSize, rgba: Vec<u8>) -> Option<Self> {
        let bytes = size.pixels().checked_mul(4)?;
        (usize::try_from(bytes).ok()? == rgba.len()).then_some(Self { size, rgba })
    }

    /// Its size.
    #[must_use]
    pub const fn size(&self) -> PixelSize {
        self.size
    }

    /// Its pixels, row by row, R G B A.
    #[must_use]
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Gives the pixels away.
    #[must_use]
    pub fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }
}

impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap({} × {})", self.size.width, self.size.height)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fit_keeps_small_pictures() {
        assert_eq!(PixelSize::new(100, 50).fit(PixelSize::new(320, 320)), PixelSize::new(100, 50));
    }

    #[test]
    fn a_bitmap_has_exactly_its_pixels() {
        assert!(Bitmap::new(PixelSize::new(2, 2), vec![0; 16]).is_some());
        assert!(Bitmap::new(PixelSize::new(2, 2), vec![0; 15]).is_none());
        assert!(Bitmap::new(PixelSize::new(u32::MAX, u32::MAX), vec![]).is_none());
    }

    proptest! {
        #[test]
        fn fit_never_exceeds_its_bounds(w in 1u32.., h in 1u32.., bw in 1u32..5000, bh in 1u32..5000) {
            let fitted = PixelSize::new(w, h).fit(PixelSize::new(bw, bh));
            prop_assert!(fitted.width <= bw && fitted.height <= bh);
            prop_assert!(!fitted.is_empty());
        }
    }
}
