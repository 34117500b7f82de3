//! Photographs whose capture date stands in different places of their files.
#![allow(dead_code, reason = "each test crate uses its own part of this")]
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};

/// The EXIF block of a camera that knew its zone.
pub(crate) fn block(taken: &str) -> Vec<u8> {
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let fields = [
        field(Tag::Make, text("Canon")),
        field(Tag::DateTimeOriginal, text(taken)),
        field(Tag::OffsetTimeOriginal, text("+02:00")),
    ];
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut out = Cursor::new(Vec::new());
    writer.write(&mut out, true).unwrap();
    out.into_inner()
}

fn be(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

fn le(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
}

/// The EXIF where cameras put it: in the first segment of a JPEG.
pub(crate) fn jpeg(plain: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, b"Exif\0\0", exif, &plain[2..]].concat()
}

/// A TIFF with its directories behind the picture.
pub(crate) fn tiff(picture: &[u8], taken: &str) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: usize, value: usize| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &le(count), &le(value)].concat()
    };
    let first = 8 + picture.len().next_multiple_of(2);
    let (exif, text) = (first + 18, first + 18 + 18);
    let mut file = [b"II*\0", &le(first)[..], picture].concat();
    file.resize(first, 0);
    file.extend([&[1, 0][..], &entry(0x8769, 4, 1, exif), &le(0)].concat());
    file.extend([&[1, 0][..], &entry(0x9003, 2, 20, text), &le(0)].concat());
    file.extend([taken.as_bytes(), b"\0"].concat());
    file
}

/// A PNG with the EXIF before its end, as programs add it to a finished picture.
pub(crate) fn png(plain: &[u8], exif: &[u8]) -> Vec<u8> {
    let (picture, end) = plain.split_at(plain.len() - 12);
    assert_eq!(&end[4..8], b"IEND");
    let chunk = [b"eXIf", exif].concat();
    [picture, &be(exif.len()), &chunk, &crc(&chunk), end].concat()
}

/// The checksum of a PNG's chunk.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    let add = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    (!bytes.iter().fold(u32::MAX, add)).to_be_bytes()
}

/// An extended `WebP` with the EXIF behind the picture.
pub(crate) fn webp(plain: &[u8], exif: &[u8]) -> Vec<u8> {
    let chunk =
        |kind: &[u8], body: &[u8]| [kind, &le(body.len()), body, &[0][..body.len() % 2]].concat();
    // EXIF, no alpha; 400 × 300.
    let front = chunk(b"VP8X", &[8, 0, 0, 0, 143, 1, 0, 43, 1, 0]);
    let body = [b"WEBP", &front[..], &plain[12..], &chunk(b"EXIF", exif)].concat();
    chunk(b"RIFF", &body)
}

fn piece(kind: &[u8], body: &[u8]) -> Vec<u8> {
    [&be(body.len() + 8), kind, body].concat()
}

/// A HEIC with the EXIF behind the picture. Nothing here decodes one.
pub(crate) fn heic(picture: &[u8], exif: &[u8]) -> Vec<u8> {
    let item = [&be(6)[..], b"Exif\0\0", exif].concat();
    let infe =
        |id: u8, kind: &[u8]| piece(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind, b"\0"].concat());
    let iinf = [&[0, 0, 0, 0, 0, 2][..], &infe(1, b"hvc1"), &infe(2, b"Exif")].concat();
    let front = |start: usize| {
        let place = |id: u8, at: usize, length: usize| {
            [&[0, id, 0, 0, 0, 1][..], &be(at), &be(length)].concat()
        };
        let places = [place(1, start, picture.len()), place(2, start + picture.len(), item.len())];
        let iloc = [&[0, 0, 0, 0, 0x44, 0, 0, 2][..], &places.concat()].concat();
        let meta = [vec![0; 4], piece(b"iinf", &iinf), piece(b"iloc", &iloc)].concat();
        [piece(b"ftyp", b"heic\0\0\0\0mif1heic"), piece(b"meta", &meta)].concat()
    };
    let start = front(0).len() + 8;
    [front(start), piece(b"mdat", &[picture, &item].concat())].concat()
}

/// A video whose header stands behind its frames, as phones write it.
pub(crate) fn mp4(frames: &[u8], unix_seconds: u32) -> Vec<u8> {
    let mut mvhd = vec![0; 100];
    mvhd[4..8].copy_from_slice(&(unix_seconds + 2_082_844_800).to_be_bytes());
    let moov = piece(b"moov", &piece(b"mvhd", &mvhd));
    [piece(b"ftyp", b"isom\0\0\0\0isom"), piece(b"mdat", frames), moov].concat()
}
