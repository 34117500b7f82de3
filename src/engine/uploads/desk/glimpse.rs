//! Pictures of files that wait, for the tiles and rows that somebody looks at: the window asks for
//! those in view, the pool makes them from the files. Nothing is written down, and what cannot be
//! read is said when the file's turn comes.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::super::prepare::{DECODE, SIDE};
use super::Desk;
use crate::model::{Bitmap, PixelSize, Taken, UploadId};
use crate::pixels::{self, Class, Limits};
use crate::platform::fs::open_regular;

/// What a look at a file shows.
struct Glimpse {
    bitmap: Bitmap,
    size: PixelSize,
    taken: Option<Taken>,
}

impl Desk {
    /// Shows these files, one after the other; other wishes have their own.
    pub(super) async fn glimpse(&self, ids: Vec<UploadId>) {
        for id in ids {
            let Some((entry, _)) = self.peek(id) else { continue };
            let Ok(Some(seen)) = self.core.pool.run(move || look(&entry.path)).await else {
                continue;
            };
            self.update(id, |item| {
                // Who prepared it meanwhile knows better.
                if item.size.is_empty() {
                    (item.size, item.taken) = (seen.size, seen.taken.or(item.taken));
                }
            });
            self.tile(id, Arc::new(seen.bitmap));
        }
    }
}

fn look(path: &Path) -> Option<Glimpse> {
    let mut bytes = Vec::new();
    let mut file = open_regular(path).ok()?;
    // Of what is no picture, or too large to be decoded, the beginning is enough to see that.
    file.by_ref().take(4096).read_to_end(&mut bytes).ok()?;
    if pixels::sniff(&bytes).class != Class::Image || file.metadata().ok()?.len() > DECODE {
        return None;
    }
    file.take(DECODE).read_to_end(&mut bytes).ok()?;
    let facts = pixels::facts(&bytes);
    let side = PixelSize::new(SIDE, SIDE);
    let bitmap = pixels::decode(&bytes, Some(side), &Limits::default()).ok()?.bitmap;
    Some(Glimpse { bitmap, size: facts.size, taken: facts.taken })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_seen_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        let bitmap = Bitmap::new(PixelSize::new(640, 480), vec![90; 640 * 480 * 4]).unwrap();
        std::fs::write(&path, pixels::encode_jpeg(&bitmap, 90).unwrap()).unwrap();
        let seen = look(&path).unwrap();
        assert_eq!((seen.size, seen.bitmap.size()), (bitmap.size(), PixelSize::new(320, 240)));
        std::fs::write(&path, "no picture").unwrap();
        assert!(look(&path).is_none());
        assert!(look(folder.path()).is_none() && look(Path::new("/nowhere")).is_none());
    }
}
