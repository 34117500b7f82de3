//! WebP: chunks within a RIFF, whose head tells its length and which chunks to expect.

use super::{Plan, Read, Span, StripError, from, stretch, tiff};
use crate::model::Strip;

const HEAD: usize = 12;
/// Flags of `VP8X`: what is to be expected.
const HAS_XMP: u8 = 0x04;
const HAS_EXIF: u8 = 0x08;
const EXIF: &[u8] = b"Exif\0\0";
/// Without them the picture would be another one.
const PICTURE: [&[u8; 4]; 6] = [b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];

pub(super) fn strip(file: &[u8], what: Strip) -> Read<Plan> {
    let size = stretch(file, 4..8)?.first_chunk::<4>().ok_or(StripError::Damaged)?;
    let size = usize::try_from(u32::from_le_bytes(*size)).map_err(|_| StripError::Damaged)?;
    let end = from(8, size)?.end.min(file.len());
    let (mut body, mut at, mut extended) = (Plan::default(), HEAD, None);
    let mut missing = HAS_XMP | HAS_EXIF;
    while at + 8 <= end {
        let head = stretch(file, from(at, 8)?)?;
        let (Some(name), Some(length)) = (head.first_chunk::<4>(), head.last_chunk::<4>()) else {
            return Err(StripError::Damaged);
        };
        let length =
            usize::try_from(u32::from_le_bytes(*length)).map_err(|_| StripError::Damaged)?;
        let data = from(at + 8, length)?;
        let content = stretch(file, data.clone())?;
        let whole = at..(data.end + length % 2).min(file.len());
        at = data.end + length % 2;
        match (name, what) {
            (b"VP8X", _) => {
                extended = Some(body.0.len());
                body.put(stretch(file, whole)?.to_vec());
            }
            (b"EXIF", _) => {
                let prefix = if content.starts_with(EXIF) { EXIF.len() } else { 0 };
                let mut block = content.get(prefix..).unwrap_or_default().to_vec();
                let kept = match what {
                    Strip::All => tiff::orientation(&block).map(tiff::turned).map(Some),
                    Strip::Location if tiff::without_place(&mut block)? => {
                        Some(Some([content.get(..prefix).unwrap_or_default(), &block].concat()))
                    }
                    Strip::Location => Some(None),
                };
                match kept {
                    Some(Some(block)) => body.put(chunk(*name, &block)),
                    Some(None) => body.keep(whole),
                    None => continue,
                }
                missing &= !HAS_EXIF;
            }
            (name, _) if PICTURE.contains(&name) => body.keep(whole),
            // XMP, and what nobody knows.
            _ => {}
        }
    }
    // `VP8X` stands in a span of its own beginning: other puts follow it at most.
    if let Some(Span::Put(head)) = extended.and_then(|at| body.0.get_mut(at))
        && let Some(flags) = head.get_mut(8)
    {
        *flags &= !missing;
    }
    Ok(whole(file, body))
}

/// With a head that tells the length as it is now; the file as it was, if nothing went.
fn whole(file: &[u8], body: Plan) -> Plan {
    let length = |span: &Span| match span {
        Span::Keep(range) => range.len(),
        Span::Put(bytes) => bytes.len(),
    };
    let size: usize = body.0.iter().map(length).sum::<usize>() + 4;
    let mut plan = Plan::default();
    let mut head = b"RIFF".to_vec();
    head.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
    head.extend(b"WEBP");
    plan.put(head);
    for span in body.0 {
        match span {
            Span::Keep(range) => plan.keep(range),
            Span::Put(bytes) => plan.put(bytes),
        }
    }
    let mut at = 0;
    let is_same = plan.0.iter().all(|span| {
        let seen = at;
        at += length(span);
        match span {
            Span::Keep(range) => range.start == seen,
            Span::Put(bytes) => file.get(seen..at) == Some(bytes.as_slice()),
        }
    });
    if is_same && at == file.len() {
        plan = Plan::default();
        plan.keep(0..file.len());
    }
    plan
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut chunk = [&name[..], &length.to_le_bytes(), data].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}
