//! Copies of large originals at the size of the screen, kept among the thumbnails: what was looked
//! at once is as sharp as the screen again after a few milliseconds, whatever its original takes to
//! decode, and also where that had to make room.
//!
//! On the pool: reads the store, decodes and encodes.

use std::sync::Arc;

use crate::engine::core::Ground;
use crate::model::{Bitmap, Photo, PixelSize};
use crate::pixels::{self, Limits};
use crate::store::ThumbKey;

/// Counted up whenever decoding makes other pixels of the same file: older copies are not shown
/// again then.
const GENERATION: u8 = 1;
/// Originals of fewer pixels are decoded about as quickly as a copy.
const FEWEST_PIXELS: u64 = 4_000_000;
/// An original of not so many times the pixels as well.
const TIMES: u64 = 2;
/// Nobody sees that it is a copy …
const QUALITY: u8 = 90;
/// … and where there are more pixels than this, and so smaller ones, less will do.
const FINE_PIXELS: u64 = 3_000_000;
const FINE_QUALITY: u8 = 85;

/// The copy, if there is one that has (nearly) all pixels that `fit` asks for.
pub(super) fn find(ground: &Ground, photo: &Photo, fit: PixelSize) -> Option<Arc<Bitmap>> {
    let jpeg = ground.store.thumbnail(key(photo)).unwrap_or_else(|error| {
        tracing::warn!(%error, "a copy could not be read");
        None
    })?;
    if !is_enough(pixels::facts(&jpeg).size, fit) {
        return None;
    }
    // A damaged one is made anew.
    let decoded = pixels::decode(&jpeg, Some(fit), &Limits::of_a_thumbnail()).ok()?;
    Some(Arc::new(decoded.bitmap))
}

/// Keeps a copy for next time, where that saves time. `stored`: the size of the original.
pub(super) fn keep(ground: &Ground, photo: &Photo, copy: &Arc<Bitmap>, stored: PixelSize) {
    let pixels = copy.size().pixels();
    if stored.pixels() < FEWEST_PIXELS.max(pixels.saturating_mul(TIMES)) {
        return;
    }
    let (key, copy, store) = (key(photo), copy.clone(), ground.store.clone());
    // Whoever waits for the picture does not wait for this.
    ground.pool.spawn(move || {
        // It would lose what is transparent.
        if !pixels::is_opaque(copy.rgba(), 4) {
            return;
        }
        let quality = if pixels > FINE_PIXELS { FINE_QUALITY } else { QUALITY };
        match pixels::encode_jpeg(&copy, quality) {
            Ok(jpeg) => store.put_thumbnail(key, jpeg),
            Err(error) => tracing::warn!(%error, "no copy could be made"),
        }
    });
}

pub(super) const fn key(photo: &Photo) -> ThumbKey {
    ThumbKey::copy(photo.remote.id, GENERATION)
}

/// Whether a copy of this size is what `fit` makes of its original, or so little smaller that
/// nobody sees it.
fn is_enough(copy: PixelSize, fit: PixelSize) -> bool {
    let reaches = |have: u32, fit: u32| (u64::from(have) + 1) * 9 >= u64::from(fit) * 8;
    !copy.is_empty() && (reaches(copy.width, fit.width) || reaches(copy.height, fit.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_serves_the_same_screen_and_smaller_ones() {
        let copy = PixelSize::new(1067, 800);
        for (fit, serves) in [
            ((1280, 800), true),
            ((1067, 800), true),
            ((640, 480), true),
            ((1400, 890), true),
            ((1440, 1000), false),
            ((2560, 1600), false),
            // Across it is as wide as it can be.
            ((1067, 5000), true),
        ] {
            assert_eq!(is_enough(copy, PixelSize::new(fit.0, fit.1)), serves, "{fit:?}");
        }
        assert!(!is_enough(PixelSize::default(), PixelSize::new(1, 1)));
    }
}
