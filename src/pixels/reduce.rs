//! Making a picture smaller while its rows come in, so that the whole of it is never held.
//!
//! Squares of pixels become their mean; it takes the smaller picture and one row of sums.

use std::ops::RangeInclusive;

use super::samples::{Kind, Samples};
use crate::model::PixelSize;

/// Larger squares would overflow their sums.
const LARGEST_FACTOR: u32 = 256;

/// A picture in the making: rows go in from the top.
pub(super) struct Reducer {
    kind: Kind,
    stored: PixelSize,
    size: PixelSize,
    factor: usize,
    sums: Vec<u32>,
    rows_summed: usize,
    rows_left: u32,
    bytes: Vec<u8>,
}

impl Reducer {
    /// By how much a picture may be made smaller: at first so that it keeps the pixels of
    /// `target`, then more and more.
    pub(super) fn factors(stored: PixelSize, target: PixelSize) -> RangeInclusive<u32> {
        let (x, y) = (stored.width / target.width.max(1), stored.height / target.height.max(1));
        // Halves and less are left to a better filter.
        let enough = match x.min(y) {
            0..3 => 1,
            times => (times / 2).min(LARGEST_FACTOR),
        };
        enough..=LARGEST_FACTOR
    }

    /// `factor` is one of [`Self::factors`].
    pub(super) fn new(kind: Kind, stored: PixelSize, factor: u32) -> Self {
        let size = reduced(stored, factor);
        let row = size.width as usize * kind.channels();
        let sums = if factor == 1 { vec![] } else { vec![0; row] };
        let bytes = Vec::with_capacity(row * size.height as usize);
        Self {
            kind,
            stored,
            size,
            factor: factor as usize,
            sums,
            rows_summed: 0,
            rows_left: stored.height,
            bytes,
        }
    }

    /// Takes the next row; false where it is not as long as a row is, or one too many.
    pub(super) fn push(&mut self, row: &[u8]) -> bool {
        let channels = self.kind.channels();
        let is_row = row.len() == self.stored.width as usize * channels;
        let Some(left) = self.rows_left.checked_sub(1).filter(|_| is_row) else { return false };
        self.rows_left = left;
        if self.factor == 1 {
            self.bytes.extend_from_slice(row);
            return true;
        }
        let squares = row.chunks(self.factor * channels);
        for (sums, square) in self.sums.chunks_exact_mut(channels).zip(squares) {
            for pixel in square.chunks_exact(channels) {
                add(sums, pixel, self.kind.has_alpha());
            }
        }
        self.rows_summed += 1;
        if self.rows_summed == self.factor {
            self.finish_row();
        }
        true
    }

    pub(super) const fn rows_left(&self) -> u32 {
        self.rows_left
    }

    fn finish_row(&mut self) {
        let channels = self.kind.channels();
        let width = self.stored.width as usize;
        for (index, sums) in self.sums.chunks_exact(channels).enumerate() {
            let columns = self.factor.min(width - index * self.factor);
            let count = u32::try_from(columns * self.rows_summed).unwrap_or(u32::MAX).max(1);
            let mean = |sum: u32, of: u32| u8::try_from((sum + of / 2) / of.max(1)).unwrap_or(255);
            if self.kind.has_alpha() {
                let (alpha, colours) = sums.split_last().unwrap_or((&0, &[]));
                self.bytes.extend(colours.iter().map(|sum| mean(*sum, *alpha)));
                self.bytes.push(mean(*alpha, count));
            } else {
                self.bytes.extend(sums.iter().map(|sum| mean(*sum, count)));
            }
        }
        self.sums.fill(0);
        self.rows_summed = 0;
    }

    /// The picture, and whether it is torn: nothing is there instead of the rows that are missing.
    /// `None` where all are.
    pub(super) fn finish(mut self) -> Option<(Samples, bool)> {
        if self.rows_summed > 0 {
            self.finish_row();
        }
        let row = self.size.width as usize * self.kind.channels();
        let rows = u32::try_from(self.bytes.len() / row.max(1)).ok().filter(|rows| *rows > 0)?;
        let is_torn = self.rows_left > 0;
        self.bytes.resize(row * self.size.height as usize, 0);
        let samples = Samples::new(self.kind, self.size, self.bytes)?;
        Some(if is_torn { (samples.torn(0..rows), true) } else { (samples, false) })
    }
}

/// What is transparent has no say in the colours.
fn add(sums: &mut [u32], pixel: &[u8], has_alpha: bool) {
    let weight = if has_alpha { u32::from(pixel[pixel.len() - 1]) } else { 1 };
    let colours = pixel.len() - usize::from(has_alpha);
    for (sum, sample) in sums.iter_mut().zip(&pixel[..colours]) {
        *sum += u32::from(*sample) * weight;
    }
    if has_alpha {
        sums[colours] += weight;
    }
}

/// What is left of a picture.
pub(super) const fn reduced(stored: PixelSize, factor: u32) -> PixelSize {
    PixelSize::new(stored.width.div_ceil(factor), stored.height.div_ceil(factor))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reduce(kind: Kind, stored: PixelSize, factor: u32, bytes: &[u8]) -> Samples {
        let mut reducer = Reducer::new(kind, stored, factor);
        for row in bytes.chunks_exact(stored.width as usize * kind.channels()) {
            assert!(reducer.push(row));
        }
        assert!(!reducer.push(&bytes[..stored.width as usize * kind.channels()]), "one too many");
        let (samples, is_torn) = reducer.finish().unwrap();
        assert!(!is_torn);
        samples
    }

    #[test]
    fn squares_become_their_mean_and_edges_too() {
        let small =
            reduce(Kind::Gray, PixelSize::new(3, 3), 2, &[0, 10, 100, 20, 30, 200, 7, 9, 5]);
        assert_eq!((small.size, small.bytes), (PixelSize::new(2, 2), vec![15, 150, 8, 5]));
    }

    #[test]
    fn what_is_missing_is_transparent() {
        let mut reducer = Reducer::new(Kind::Rgb, PixelSize::new(2, 6), 2);
        for _ in 0..3 {
            assert!(reducer.push(&[10, 20, 30, 10, 20, 30]));
        }
        let (samples, is_torn) = reducer.finish().unwrap();
        assert!(is_torn);
        assert_eq!(samples.bytes, [10, 20, 30, 255, 10, 20, 30, 255, 0, 0, 0, 0]);
        assert!(Reducer::new(Kind::Gray, PixelSize::new(2, 2), 1).finish().is_none());
    }

    #[test]
    fn transparent_pixels_do_not_bleed() {
        let small = reduce(Kind::GrayAlpha, PixelSize::new(2, 1), 2, &[200, 255, 0, 0]);
        assert_eq!(small.bytes, [200, 128]);
    }

    #[test]
    fn the_largest_squares_do_not_overflow() {
        let size = PixelSize::new(LARGEST_FACTOR, LARGEST_FACTOR);
        let bytes = vec![255; usize::try_from(size.pixels()).unwrap() * 2];
        assert_eq!(reduce(Kind::GrayAlpha, size, LARGEST_FACTOR, &bytes).bytes, [255, 255]);
    }

    proptest! {
        #[test]
        fn a_plain_colour_stays(w in 1_u32..40, h in 1_u32..40, factor in 1_u32..9, colour in any::<[u8; 3]>()) {
            let size = PixelSize::new(w, h);
            let small = reduce(Kind::Rgb, size, factor, &colour.repeat(usize::try_from(size.pixels()).unwrap()));
            prop_assert_eq!(small.size, reduced(size, factor));
            prop_assert!(small.bytes.chunks_exact(3).all(|pixel| pixel == colour));
        }

        #[test]
        fn enough_is_left(w in 1_u32..9000, h in 1_u32..9000, side in 1_u32..4000) {
            let stored = PixelSize::new(w, h);
            let target = stored.fit(PixelSize::new(side, side));
            let factors = Reducer::factors(stored, target);
            let left = reduced(stored, *factors.start());
            prop_assert!(left.width >= target.width && left.height >= target.height);
        }
    }
}
