//! JPEG: segments before and between the scans. What follows the picture (further pictures, a
//! video, a maker's own) goes in any case: each may tell the place again.

use std::ops::Range;

use super::{Plan, Read, StripError, from, stretch, tells_a_place, tiff};
use crate::model::Strip;

const EXIF: &[u8] = b"Exif\0\0";
const PROFILE: &[u8] = b"ICC_PROFILE\0";

/// A marker and what belongs to it.
struct Segment {
    marker: u8,
    whole: Range<usize>,
    payload: Range<usize>,
}

pub(super) fn strip(file: &[u8], what: Strip) -> Read<Plan> {
    let segments = segments(file)?;
    let payload = |segment: &Segment| file.get(segment.payload.clone()).unwrap_or_default();
    let turn = segments
        .iter()
        .filter(|segment| segment.marker == 0xe1)
        .find_map(|segment| tiff::orientation(payload(segment).strip_prefix(EXIF)?));
    let mut plan = Plan::default();
    let mut turn = turn.filter(|_| what == Strip::All);
    for segment in &segments {
        let content = payload(segment);
        // Behind the two segments that must come first.
        if !matches!(segment.marker, 0xd8 | 0xe0)
            && let Some(turn) = turn.take()
        {
            plan.put(exif(&tiff::turned(turn))?);
        }
        let stays = is_picture(segment.marker, content)
            || what == Strip::Location && tells_no_place(segment.marker, content);
        if !stays {
            continue;
        }
        if what == Strip::Location
            && segment.marker == 0xe1
            && let Some(block) = content.strip_prefix(EXIF)
        {
            let mut block = block.to_vec();
            if tiff::without_place(&mut block)? {
                plan.put(exif(&block)?);
                continue;
            }
        }
        plan.keep(segment.whole.clone());
    }
    Ok(plan)
}

/// Without it the picture would be another one.
fn is_picture(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xe0 => content.starts_with(b"JFIF\0"),
        0xe2 => content.starts_with(PROFILE),
        0xee => content.starts_with(b"Adobe"),
        0xe1..=0xef | 0xfe => false,
        _ => true,
    }
}

/// What may stay where only the place goes. All others (XMP, IPTC, certificates, maps, a maker's
/// own) are not looked into: too many of them tell it.
fn tells_no_place(marker: u8, content: &[u8]) -> bool {
    match marker {
        // Its own directory of the place is taken out.
        0xe1 => content.starts_with(EXIF),
        0xfe => !tells_a_place(content),
        _ => false,
    }
}

fn exif(block: &[u8]) -> Read<Vec<u8>> {
    let length = u16::try_from(2 + EXIF.len() + block.len()).map_err(|_| StripError::Damaged)?;
    Ok([&[0xff, 0xe1][..], &length.to_be_bytes(), EXIF, block].concat())
}

/// All segments up to the end of the picture. A scan's data belong to it.
fn segments(file: &[u8]) -> Read<Vec<Segment>> {
    let (mut found, mut at) = (Vec::new(), 0);
    loop {
        let start = at;
        let [0xff, mut marker] = *stretch(file, from(at, 2)?)? else {
            return Err(StripError::Damaged);
        };
        // Fill bytes.
        while marker == 0xff {
            at += 1;
            marker = *file.get(at + 1).ok_or(StripError::Damaged)?;
        }
        at += 2;
        match marker {
            0xd9 => {
                found.push(Segment { marker, whole: start..at, payload: at..at });
                return Ok(found);
            }
            0xd8 | 0x01 | 0xd0..=0xd7 => {
                found.push(Segment { marker, whole: start..at, payload: at..at });
            }
            _ => {
                let [high, low] = *stretch(file, from(at, 2)?)? else {
                    return Err(StripError::Damaged);
                };
                let length = usize::from(u16::from_be_bytes([high, low]));
                let payload = from(at + 2, length.checked_sub(2).ok_or(StripError::Damaged)?)?;
                stretch(file, payload.clone())?;
                at = payload.end;
                if marker == 0xda {
                    at = end_of_scan(file, at);
                }
                found.push(Segment { marker, whole: start..at, payload });
                if at >= file.len() {
                    // Cut short, as some cameras leave them; decoders show what there is.
                    return Ok(found);
                }
            }
        }
    }
}

/// Where the next marker is that ends a scan.
fn end_of_scan(file: &[u8], start: usize) -> usize {
    let data = file.get(start..).unwrap_or_default();
    let ends =
        |two: &[u8]| matches!(two, [0xff, marker] if !matches!(marker, 0 | 0xff | 0xd0..=0xd7));
    data.windows(2).position(ends).map_or(file.len(), |at| start + at)
}
