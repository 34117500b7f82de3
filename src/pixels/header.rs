//! The size of a picture as stored, from the beginning of its file.

use std::io::Cursor;

use image::ImageReader;

use super::{
    boxes,
    boxes::{be16, be32},
    guard::guarded,
};
use crate::model::PixelSize;

/// Size as stored and the orientation that the container (not EXIF) asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stored {
    pub(super) size: PixelSize,
    /// Set where the container has its own rotation, which then replaces EXIF's.
    pub(super) orientation: Option<u8>,
}

/// Reads the header; empty where it is out of reach.
pub(super) fn stored(bytes: &[u8], mime: &str) -> Stored {
    let size = match mime {
        "image/jpeg" => Jpeg::scan(bytes).frame.map(|f| f.size),
        "image/png" => png(bytes),
        "image/heic" | "image/heif" | "image/avif" => return heif(bytes).unwrap_or_default(),
        _ => guarded(|| {
            let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
            let (width, height) = reader.into_dimensions().ok()?;
            Some(PixelSize::new(width, height))
        })
        .flatten(),
    };
    Stored { size: size.filter(|s| !s.is_empty()).unwrap_or_default(), orientation: None }
}

/// A JPEG's frame header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) size: PixelSize,
    pub(super) components: u8,
    /// Progressive pictures are held as coefficients while they are decoded.
    pub(super) progressive: bool,
}

/// What lies before a JPEG's first scan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Jpeg {
    pub(super) frame: Option<Frame>,
    /// Where the first entropy-coded byte is; `None` where the bytes end before it.
    pub(super) scan: Option<usize>,
}

impl Jpeg {
    /// Walks over the segments. `bytes` may be a prefix; lengths lead forward only.
    pub(super) fn scan(bytes: &[u8]) -> Self {
        let mut found = Self { frame: None, scan: None };
        let mut at = 2;
        while let Some(&byte) = bytes.get(at) {
            // Fill bytes may stand before a marker, and some writers leave stray ones.
            if byte != 0xff {
                at += 1;
                continue;
            }
            let marker = bytes.get(at + 1).copied().unwrap_or(0xff);
            match marker {
                0xff => at += 1,
                0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
                0xd9 => break,
                _ => {
                    let Some(length) = be16(bytes, at + 2).filter(|&l| l >= 2) else { break };
                    let next = at + 2 + usize::from(length);
                    match marker {
                        // Frame headers, without DHT (C4), JPG (C8) and DAC (CC).
                        0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                            found.frame = found.frame.or_else(|| frame(bytes, at, marker));
                        }
                        0xda => {
                            found.scan = (next <= bytes.len()).then_some(next);
                            break;
                        }
                        _ => {}
                    }
                    at = next;
                }
            }
        }
        found
    }
}

fn frame(bytes: &[u8], at: usize, marker: u8) -> Option<Frame> {
    let size = PixelSize::new(be16(bytes, at + 7)?.into(), be16(bytes, at + 5)?.into());
    Some(Frame { size, components: *bytes.get(at + 9)?, progressive: marker & 0b11 == 2 })
}

/// The decoder wants to see the first pixels, which may lie behind a long colour profile.
fn png(bytes: &[u8]) -> Option<PixelSize> {
    (bytes.get(12..16)? == b"IHDR").then_some(PixelSize::new(be32(bytes, 16)?, be32(bytes, 20)?))
}

/// HEIF: among the properties, the largest extent is the picture (smaller ones are its tiles and
/// thumbnails), and a rotation is the picture's.
fn heif(bytes: &[u8]) -> Option<Stored> {
    let meta = boxes::find(bytes, *b"meta")?.get(4..)?;
    let properties = boxes::find(boxes::find(meta, *b"iprp")?, *b"ipco")?;
    let mut stored = Stored { size: PixelSize::default(), orientation: Some(1) };
    for piece in boxes::pieces(properties) {
        match &piece.kind {
            b"ispe" => {
                let size = PixelSize::new(be32(piece.body, 4)?, be32(piece.body, 8)?);
                if size.pixels() > stored.size.pixels() {
                    stored.size = size;
                }
            }
            // Quarter turns against the clock.
            b"irot" => {
                let turns = usize::from(piece.body.first()? & 3);
                stored.orientation = Some([1, 8, 3, 6][turns]);
            }
            _ => {}
        }
    }
    Some(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::testing;

    #[test]
    fn a_jpeg_prefix_is_enough() {
        let bytes = testing::jpeg(PixelSize::new(37, 21), None);
        let jpeg = Jpeg::scan(&bytes);
        let scan = jpeg.scan.unwrap();
        assert_eq!(jpeg.frame.unwrap().size, PixelSize::new(37, 21));
        assert_eq!(Jpeg::scan(&bytes[..scan]).scan, Some(scan));
        assert_eq!(Jpeg::scan(&bytes[..scan - 1]).scan, None);
    }

    #[test]
    fn a_heif_is_as_large_as_its_largest_extent() {
        let piece = |kind: &[u8; 4], body: &[u8]| {
            let mut bytes = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
            bytes.extend_from_slice(kind);
            bytes.extend_from_slice(body);
            bytes
        };
        let ispe = |w: u32, h: u32| {
            piece(b"ispe", &[&[0; 4][..], &w.to_be_bytes(), &h.to_be_bytes()].concat())
        };
        let ipco =
            piece(b"ipco", &[ispe(512, 512), ispe(4032, 3024), piece(b"irot", &[3])].concat());
        let meta = piece(b"meta", &[&[0; 4][..], &piece(b"iprp", &ipco)].concat());
        let file = [piece(b"ftyp", b"heic\0\0\0\0mif1"), meta].concat();
        let stored = stored(&file, "image/heic");
        assert_eq!(stored, Stored { size: PixelSize::new(4032, 3024), orientation: Some(6) });
    }
}
