//! Thumbnails that Telegram has the wrong way round: the server and most programs turn them as
//! the camera was held, some senders do not.
//!
//! What can be known: a thumbnail is told to lie on its side by its shape, where the photo's own
//! size says upright and the thumbnail says across, or the other way round. Which way to turn it
//! only the original's EXIF tells. So it is turned where the original's head was ever read (what
//! that said is kept beside the thumbnails) or the original is on the disk, and left as it is
//! elsewhere; a thumbnail that stands on its head has the right shape and cannot be told.
//!
//! On the pool: reads the store.

use std::io::Read as _;

use crate::model::{Bitmap, Photo, PixelSize};
use crate::pixels::{self, Facts};
use crate::store::{Store, ThumbKey};

/// Under this letter the store keeps how an original was held: its EXIF orientation, and whether
/// it is wider than high once that is followed.
const HELD: u8 = b'^';
/// Enough of a file to find its EXIF.
const HEAD: u64 = 64 * 1024;

/// Notes how the camera was held, where that matters for thumbnails.
pub(crate) fn note(store: &Store, file: i64, facts: &Facts) {
    if facts.orientation >= 5 && !facts.size.is_empty() {
        let wide = u8::from(facts.size.width > facts.size.height);
        store.put_thumbnail(ThumbKey { file, letter: HELD }, vec![facts.orientation, wide]);
    }
}

/// The thumbnail as it is meant to be seen, as far as that is known.
pub(super) fn turned(store: &Store, photo: &Photo, bitmap: Bitmap) -> Bitmap {
    if !lies_across(bitmap.size(), photo.size) {
        return bitmap;
    }
    let Some((orientation, wide)) = held(store, photo) else { return bitmap };
    // It may be right, and the size that the sender told wrong.
    let is_right = wide == (bitmap.size().width > bitmap.size().height);
    if is_right { bitmap } else { pixels::turn(bitmap, orientation) }
}

/// How the camera was held, and whether the photo is wider than high.
fn held(store: &Store, photo: &Photo) -> Option<(u8, bool)> {
    let key = ThumbKey { file: photo.remote.id, letter: HELD };
    if let Ok(Some(noted)) = store.thumbnail(key)
        && let [orientation @ 5..=8, wide] = noted[..]
    {
        return Some((orientation, wide == 1));
    }
    let mut head = Vec::new();
    let original = std::fs::File::open(store.original(photo)?).ok()?;
    original.take(HEAD).read_to_end(&mut head).ok()?;
    let facts = pixels::facts(&head);
    note(store, photo.remote.id, &facts);
    let size = facts.size;
    (facts.orientation >= 5 && !size.is_empty())
        .then_some((facts.orientation, size.width > size.height))
}

/// Whether the shapes fit only when one of them is turned.
fn lies_across(thumbnail: PixelSize, photo: PixelSize) -> bool {
    if thumbnail.is_empty() || photo.is_empty() {
        return false;
    }
    let near = |a: f32, b: f32| (a / b - 1.0).abs() < 0.06;
    let (own, other) = (thumbnail.aspect(), photo.aspect());
    near(own, 1.0 / other) && !near(own, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_turned_shapes_lie_across() {
        let across = |a: (u32, u32), b: (u32, u32)| {
            lies_across(PixelSize::new(a.0, a.1), PixelSize::new(b.0, b.1))
        };
        assert!(across((320, 240), (3000, 4000)));
        assert!(across((180, 320), (4000, 2250)));
        assert!(!across((320, 240), (4000, 3000)), "as it should be");
        assert!(!across((320, 320), (3000, 3000)), "a square has no side to lie on");
        assert!(!across((320, 310), (3000, 3050)), "nor has nearly a square");
        assert!(!across((320, 100), (3000, 4000)), "another shape altogether");
        assert!(!across((320, 240), (0, 0)), "nothing is known");
    }
}
