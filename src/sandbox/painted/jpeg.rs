//! A painted picture as a JPEG of exactly the declared length.
//!
//! The file begins with 64 KiB that need no painting: EXIF, the frame's size, and an application
//! segment of filler, where cameras keep their maker notes. The tables follow, since they depend
//! on the quality, which is lowered until the scan fits. Strips are encoded side by side and
//! joined by restart markers. What is left of the declared length is filled after the end.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rayon::prelude::*;

use super::{
    PaintedKind, Painter, Spec, dice, exif,
    paint::{Art, Canvas, STRIP_ROWS},
    spec,
};

/// What can be told of a file without painting it.
pub(super) const HEAD_BYTES: u64 = 65_536;

/// Begins with the best that usually fits.
const QUALITIES: [u8; 8] = [86, 74, 60, 45, 30, 16, 6, 1];

/// An MCU of 4:2:0 is 16 × 16 pixels.
const MCU: u32 = 16;

pub(super) fn head(painter: Painter, of: &Spec) -> Vec<u8> {
    let mut head = vec![0xff, 0xd8];
    let camera = spec::camera(painter, of.index).filter(|_| of.kind == PaintedKind::Document);
    if let Some(camera) = camera {
        let block = exif::block(painter, of, camera);
        segment(&mut head, 0xe1, &[b"Exif\0\0".as_slice(), &block].concat());
    } else {
        segment(&mut head, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    }
    let side = |v: u32| u16::try_from(v).unwrap_or(u16::MAX).to_be_bytes();
    let ([h0, h1], [w0, w1]) = (side(of.stored.height), side(of.stored.width));
    // Eight bits; Y of 2 × 2, Cb and Cr of 1 × 1.
    segment(&mut head, 0xc0, &[8, h0, h1, w0, w1, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    let mut notes = b"Heliogram sandbox\0".to_vec();
    let room = HEAD_BYTES - head.len() as u64 - 4;
    dice::fill(&mut notes, room, painter.seed.rotate_left(17) ^ of.index);
    segment(&mut head, 0xe9, &notes);
    head
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend([0xff, marker]);
    out.extend(u16::try_from(body.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(body);
}

/// Head, tables, scan and end; never longer than declared.
pub(super) fn file(painter: Painter, spec: &Spec) -> Vec<u8> {
    let mut file = head(painter, spec);
    let room = usize::try_from(spec.bytes).unwrap_or(usize::MAX).saturating_sub(file.len());
    let art = Art::new(painter, spec);
    for quality in QUALITIES {
        if let Some(body) = body(&art, quality).filter(|body| body.len() <= room) {
            file.extend(body);
            break;
        }
    }
    file
}

/// Tables, scan and end. `None` only if the encoder fails.
fn body(art: &Art, quality: u8) -> Option<Vec<u8>> {
    let size = art.size();
    let strips: Vec<u32> = (0..size.height.div_ceil(STRIP_ROWS)).collect();
    let scans: Option<Vec<(Vec<u8>, Vec<u8>)>> =
        strips.par_iter().map(|&strip| split(&encoded(&art.strip(strip), quality)?)).collect();
    let scans = scans?;
    let mut body = scans.first()?.0.clone();
    // The restart interval, in MCUs, goes before the scan's own header of 14 bytes.
    let interval = size.width.div_ceil(MCU) * (STRIP_ROWS / MCU);
    let scan_header = body.split_off(body.len().checked_sub(14)?);
    segment(&mut body, 0xdd, &u16::try_from(interval).ok()?.to_be_bytes());
    body.extend(scan_header);
    for (at, (_, scan)) in scans.iter().enumerate() {
        if at > 0 {
            body.extend([0xff, 0xd0 + u8::try_from((at - 1) % 8).ok()?]);
        }
        body.extend_from_slice(scan);
    }
    body.extend([0xff, 0xd9]);
    Some(body)
}

/// A thumbnail of at most `bytes` bytes.
pub(super) fn thumb(canvas: &Canvas, bytes: usize) -> Vec<u8> {
    let mut last = vec![];
    for quality in [84, 72, 58, 42, 25, 8, 1] {
        let Some(mut jpeg) = encoded(canvas, quality) else { continue };
        by_the_book(&mut jpeg);
        if jpeg.len() <= bytes {
            return jpeg;
        }
        last = jpeg;
    }
    last
}

fn encoded(canvas: &Canvas, quality: u8) -> Option<Vec<u8>> {
    let size = canvas.size();
    let mut jpeg = Vec::with_capacity(canvas.rgb().len() / 8 + 1024);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder
        .encode(
            canvas.rgb(),
            u16::try_from(size.width).ok()?,
            u16::try_from(size.height).ok()?,
            ColorType::Rgb,
        )
        .ok()?;
    Some(jpeg)
}

/// Where the segments of an encoder's output begin, up to and with the scan's header.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, std::ops::Range<usize>)> + '_ {
    let mut at = 2;
    let mut done = false;
    std::iter::from_fn(move || {
        let &[0xff, marker, high, low] = jpeg.get(at..at + 4).filter(|_| !done)? else {
            return None;
        };
        let range = at..at + 2 + usize::from(u16::from_be_bytes([high, low]));
        done = marker == 0xda;
        at = range.end;
        Some((marker, range))
    })
}

/// JFIF wants its components numbered 1, 2, 3; the encoder counts from 0.
fn by_the_book(jpeg: &mut [u8]) {
    let found: Vec<_> = segments(jpeg).collect();
    for (marker, range) in found {
        let ids = match marker {
            0xc0 => (10, 3),
            0xda => (5, 2),
            _ => continue,
        };
        for component in 0..3 {
            jpeg[range.start + ids.0 + component * ids.1] += 1;
        }
    }
}

/// Tables with the scan's header (without the frame, which is in the head), and the scan.
fn split(jpeg: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut jpeg = jpeg.to_vec();
    by_the_book(&mut jpeg);
    let mut tables = vec![];
    let mut scan_at = 0;
    for (marker, range) in segments(&jpeg) {
        scan_at = range.end;
        if matches!(marker, 0xdb | 0xc4 | 0xda) {
            tables.extend_from_slice(&jpeg[range]);
        }
    }
    let scan = jpeg.get(scan_at..jpeg.len().checked_sub(2)?)?.to_vec();
    Some((tables, scan))
}
