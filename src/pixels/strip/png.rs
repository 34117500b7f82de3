//! PNG: chunks, each with its checksum.

use super::{Plan, Read, StripError, from, stretch, tells_a_place, tiff};
use crate::model::Strip;

const SIGNATURE: usize = 8;
/// Of those that a decoder may do without, the ones that make the picture what it looks like.
const LOOKS: [&[u8; 4]; 15] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI", b"pHYs",
    b"bKGD", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];

pub(super) fn strip(file: &[u8], what: Strip) -> Read<Plan> {
    let mut plan = Plan::default();
    plan.keep(0..SIGNATURE);
    let mut at = SIGNATURE;
    loop {
        let head = stretch(file, from(at, 8)?)?;
        let (Some(length), Some(name)) = (head.first_chunk::<4>(), head.last_chunk::<4>()) else {
            return Err(StripError::Damaged);
        };
        let length =
            usize::try_from(u32::from_be_bytes(*length)).map_err(|_| StripError::Damaged)?;
        let data = from(at + 8, length)?;
        let whole = at..from(data.end, 4)?.end;
        stretch(file, whole.clone())?;
        let content = stretch(file, data)?;
        at = whole.end;
        match (name, what) {
            (b"eXIf", Strip::All) => {
                if let Some(turn) = tiff::orientation(content) {
                    plan.put(chunk(*name, &tiff::turned(turn)));
                }
            }
            (b"eXIf", Strip::Location) => {
                let mut block = content.to_vec();
                if tiff::without_place(&mut block)? {
                    plan.put(chunk(*name, &block));
                } else {
                    plan.keep(whole);
                }
            }
            (b"tEXt" | b"iTXt", Strip::Location) if is_harmless(*name, content) => plan.keep(whole),
            (b"tIME", Strip::Location) => plan.keep(whole),
            (name, _) if name[0].is_ascii_lowercase() && !LOOKS.contains(&name) => {}
            _ => plan.keep(whole),
        }
        if name == b"IEND" {
            // What follows is no part of the picture.
            return Ok(plan);
        }
    }
}

/// Whether a text can be read as it stands and tells no place.
fn is_harmless(name: [u8; 4], content: &[u8]) -> bool {
    let mut parts = content.splitn(2, |byte| *byte == 0);
    let (keyword, text) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_packed = &name == b"iTXt" && text.first() != Some(&0);
    // Their contents are blocks of their own, packed or in hexadecimal.
    let is_block = keyword == b"XML:com.adobe.xmp" || keyword.starts_with(b"Raw profile type");
    !(is_packed || is_block || tells_a_place(content))
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut chunk = length.to_be_bytes().to_vec();
    chunk.extend(name);
    chunk.extend(data);
    let sum = checksum(chunk.get(4..).unwrap_or_default());
    chunk.extend(sum.to_be_bytes());
    chunk
}

/// CRC-32, a bit at a time: it is asked for a few hundred bytes of a file.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}
