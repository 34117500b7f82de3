//! Where a JPEG's EXIF is: in a segment before its first scan, usually the first.

use super::parts::{Gap, Read, View};
use super::{Found, Look, tiff};

/// Reads the date of a JPEG.
pub(super) fn read(file: View<'_>) -> Found {
    search(file).unwrap_or_else(|gap| match gap {
        Gap::NotAtHand(at) => Found::look(Look::From(at)),
        Gap::Nowhere => Found::default(),
    })
}

/// Fuji's raw files hold a JPEG, and say where.
pub(super) fn in_fuji(file: View<'_>) -> Found {
    let jpeg = file.be32(84).and_then(|at| file.at(at.into(), u64::MAX));
    jpeg.map(read).unwrap_or_default()
}

fn search(file: View<'_>) -> Read<Found> {
    let mut at = 2;
    loop {
        let [byte] = file.array(at)?;
        // As other readers do: stray and fill bytes before a marker are passed over.
        if byte != 0xff {
            at += 1;
            continue;
        }
        match file.array::<2>(at)?[1] {
            0xff => at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 | 0xda => return Ok(Found::default()),
            marker => {
                let length = u64::from(file.be16(at + 2)?);
                if length < 2 {
                    return Ok(Found::default());
                }
                if marker == 0xe1 && length > 8 && file.bytes(at + 4, 6)? == b"Exif\0\0" {
                    let block = file.at(at + 10, length - 8)?;
                    return Ok(tiff::read(block));
                }
                at += 2 + length;
            }
        }
    }
}
