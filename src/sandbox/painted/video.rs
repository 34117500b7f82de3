//! A video's file: a header that says how long and how large, then filler instead of frames.

use super::Spec;

fn piece(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(body.len() + 8).unwrap_or(0).to_be_bytes().to_vec();
    bytes.extend_from_slice(&kind);
    bytes.extend_from_slice(body);
    bytes
}

/// `ftyp`, `moov` and the beginning of `mdat`.
pub(super) fn head(spec: &Spec, seconds: u32) -> Vec<u8> {
    const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
    let duration = seconds * 1000;
    let mvhd = [
        words(&[0, 0, 0, 1000, duration, 0x1_0000, 0x100_0000, 0, 0]),
        words(&MATRIX),
        words(&[0, 0, 0, 0, 0, 0, 2]),
    ]
    .concat();
    let tkhd = [
        words(&[3, 0, 0, 1, 0, duration, 0, 0, 0, 0]),
        words(&MATRIX),
        words(&[spec.stored.width << 16, spec.stored.height << 16]),
    ]
    .concat();
    let moov = piece(
        *b"moov",
        &[piece(*b"mvhd", &mvhd), piece(*b"trak", &piece(*b"tkhd", &tkhd))].concat(),
    );
    let mut head = [piece(*b"ftyp", b"isom\0\0\x02\0isomiso2mp41"), moov].concat();
    let frames = spec.bytes.saturating_sub(head.len() as u64);
    head.extend(u32::try_from(frames).unwrap_or(0).to_be_bytes());
    head.extend(b"mdat");
    head
}
