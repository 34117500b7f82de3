//! The size of a picture as stored, from the beginning of its file.

use std::io::Cursor;

use image::ImageReader;

use super::{
    boxes,
    boxes::{be16, be32},
    guard::guarded,
    items::Container,
    jxl, raw,
    sniff::{Class, Sniffed},
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
pub(super) fn stored(bytes: &[u8], mime: &'static str) -> Stored {
    let size = match mime {
        "image/jpeg" => Jpeg::scan(bytes).frame.map(|f| f.size),
        "image/png" => png(bytes),
        "image/heic" | "image/heif" | "image/avif" => {
            // What decodes AVIF here shows margins, too.
            let trimmed = mime != "image/avif";
            return heif(bytes, trimmed).unwrap_or_default();
        }
        mime if (Sniffed { mime, class: Class::Image }).is_raw() => {
            let told = guarded(|| raw::told(bytes, mime)).unwrap_or_default();
            return Stored { size: told.size, orientation: told.orientation };
        }
        // Its own header says how it is turned, and its size is that of the upright picture.
        "image/jxl" => {
            let size = guarded(|| jxl::size(bytes)).flatten().unwrap_or_default();
            return Stored { size, orientation: Some(1) };
        }
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
    /// Bits a sample.
    pub(super) precision: u8,
    /// How the samples are written down: the frame marker's second byte.
    pub(super) coding: u8,
    /// Samples of all components, whole blocks each.
    pub(super) coefficients: u64,
    /// Progressive pictures are held as coefficients while they are decoded.
    pub(super) progressive: bool,
}

/// What lies before a JPEG's first scan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Jpeg {
    pub(super) frame: Option<Frame>,
    /// Where the first entropy-coded byte is; `None` where the bytes end before it.
    pub(super) scan: Option<usize>,
    /// Adobe's segment is there, with which inks are stored upside down.
    pub(super) adobe: bool,
}

impl Jpeg {
    /// Walks over the segments. `bytes` may be a prefix; lengths lead forward only.
    pub(super) fn scan(bytes: &[u8]) -> Self {
        let mut found = Self { frame: None, scan: None, adobe: false };
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
                        0xee if bytes.get(at + 4..at + 9) == Some(b"Adobe") => found.adobe = true,
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
    let components = *bytes.get(at + 9)?;
    let precision = *bytes.get(at + 4)?;
    let coefficients = coefficients(bytes.get(at + 10..)?, components, size);
    let progressive = marker & 0b11 == 2;
    Some(Frame { size, components, precision, coding: marker, coefficients, progressive })
}

/// Samples of all components by their sampling factors; where those are out of reach or
/// impossible, as many as there could be.
fn coefficients(specs: &[u8], components: u8, size: PixelSize) -> u64 {
    let factors: Vec<(u64, u64)> = specs
        .chunks_exact(3)
        .take(components.into())
        .map(|spec| (u64::from(spec[1] >> 4), u64::from(spec[1] & 15)))
        .collect();
    let (h_max, v_max) =
        factors.iter().fold((1, 1), |(h, v), factor| (h.max(factor.0), v.max(factor.1)));
    let blocks = |side: u32, max: u64| u64::from(side).div_ceil(8 * max) * 8;
    let units = blocks(size.width, h_max) * blocks(size.height, v_max);
    if factors.len() < components.into() {
        return units * h_max * v_max * u64::from(components);
    }
    factors.iter().map(|(h, v)| units * h * v).sum()
}

/// The decoder wants to see the first pixels, which may lie behind a long colour profile.
fn png(bytes: &[u8]) -> Option<PixelSize> {
    (bytes.get(12..16)? == b"IHDR").then_some(PixelSize::new(be32(bytes, 16)?, be32(bytes, 20)?))
}

/// HEIF: the picture is the primary item. Where a file does not say which that is, the largest
/// extent is the picture (smaller ones are its tiles and thumbnails).
fn heif(bytes: &[u8], trimmed: bool) -> Option<Stored> {
    let container = Container::open(bytes)?;
    if let Some(item) = container.primary()
        && let Some(size) = if trimmed { container.trimmed(item) } else { container.size(item) }
    {
        return Some(Stored { size, orientation: Some(container.orientation(item)) });
    }
    let meta = boxes::find(bytes, *b"meta")?.get(4..)?;
    let properties = boxes::find(boxes::find(meta, *b"iprp")?, *b"ipco")?;
    let extents = boxes::pieces(properties)
        .filter(|piece| &piece.kind == b"ispe")
        .filter_map(|piece| Some(PixelSize::new(be32(piece.body, 4)?, be32(piece.body, 8)?)));
    let size = extents.max_by_key(|size| size.pixels())?;
    Some(Stored { size, orientation: Some(1) })
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

    fn piece(kind: &[u8], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], kind, body].concat()
    }

    fn heif_of(more: &[Vec<u8>]) -> Vec<u8> {
        let ispe = |w: u32, h: u32| {
            piece(b"ispe", &[&[0; 4][..], &w.to_be_bytes(), &h.to_be_bytes()].concat())
        };
        let turn = piece(b"irot", &[3]);
        let ipco = piece(b"ipco", &[ispe(512, 512), ispe(4032, 3024), turn].concat());
        let iprp = piece(b"iprp", &[vec![ipco], more.to_vec()].concat().concat());
        let pitm = piece(b"pitm", &[0, 0, 0, 0, 0, 7]);
        let meta = piece(b"meta", &[&[0; 4][..], &pitm, &iprp].concat());
        [piece(b"ftyp", b"heic\0\0\0\0mif1"), meta].concat()
    }

    #[test]
    fn a_heif_is_as_large_as_its_primary_item_and_turned_as_that_is() {
        let (tile, whole) = ([0, 3, 1, 1], [0, 7, 2, 2, 0x83]);
        let ipma = [&[0; 4][..], &[0, 0, 0, 2], &tile, &whole].concat();
        let stored_as = |bytes: &[u8]| stored(bytes, "image/heic");
        let size = PixelSize::new(4032, 3024);
        let told = stored_as(&heif_of(&[piece(b"ipma", &ipma)]));
        assert_eq!(told, Stored { size, orientation: Some(6) });
        let told = stored_as(&heif_of(&[]));
        assert_eq!(told, Stored { size, orientation: Some(1) });
    }
}
