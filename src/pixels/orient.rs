//! Turning pixels upright.

use crate::model::PixelSize;

/// Side of the squares in which pixels change places: a square's rows stay in the fastest cache.
const SQUARE: usize = 16;

/// Pixels of a picture stored at `size` as they are meant to be seen by an EXIF orientation
/// (1 … 8; others leave them as they are), and their size then. `rgba` holds `size`.
pub(super) fn upright(mut rgba: Vec<u8>, size: PixelSize, orientation: u8) -> (Vec<u8>, PixelSize) {
    let (pixels, _) = rgba.as_chunks_mut::<4>();
    let width = size.width as usize;
    match orientation {
        2 => pixels.chunks_exact_mut(width.max(1)).for_each(<[_]>::reverse),
        3 => pixels.reverse(),
        4 => flip_rows(pixels, width),
        5..=8 => return (on_its_side(pixels, size, orientation), size.transposed()),
        _ => {}
    }
    (rgba, size)
}

fn flip_rows(pixels: &mut [[u8; 4]], width: usize) {
    let (upper, lower) = pixels.split_at_mut(pixels.len() / width.max(1) / 2 * width);
    let rows = upper.chunks_exact_mut(width.max(1));
    for (a, b) in rows.zip(lower.chunks_exact_mut(width.max(1)).rev()) {
        a.swap_with_slice(b);
    }
}

/// Rows become columns: from the bottom up for 6 and 7, from the right for 7 and 8.
fn on_its_side(pixels: &[[u8; 4]], size: PixelSize, orientation: u8) -> Vec<u8> {
    let (width, height) = (size.width as usize, size.height as usize);
    let (from_bottom, from_right) = (matches!(orientation, 6 | 7), matches!(orientation, 7 | 8));
    let mut turned = vec![0; pixels.len() * 4];
    let (out, _) = turned.as_chunks_mut::<4>();
    for top in (0..width).step_by(SQUARE) {
        for left in (0..height).step_by(SQUARE) {
            for y in top..(top + SQUARE).min(width) {
                let column = if from_right { width - 1 - y } else { y };
                let end = (left + SQUARE).min(height);
                for (x, to) in (left..end).zip(&mut out[y * height + left..y * height + end]) {
                    let row = if from_bottom { height - 1 - x } else { x };
                    *to = pixels[row * width + column];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::testing;

    #[test]
    fn each_orientation_undoes_how_it_was_stored() {
        for size in [PixelSize::new(48, 32), PixelSize::new(17, 35), PixelSize::new(1, 5)] {
            let seen = testing::picture(size);
            for orientation in 1..=8 {
                let stored = testing::stored_as(&seen, orientation);
                let stored_size = stored.size();
                let turned = upright(stored.into_rgba(), stored_size, orientation);
                assert_eq!(turned, (seen.rgba().to_vec(), size), "{orientation}");
            }
        }
    }
}
