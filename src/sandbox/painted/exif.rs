//! The EXIF block of a painted photograph: a little-endian TIFF of three directories.

use super::{Painter, Spec, camera::Camera, dice::Dice, words};

/// A directory entry: tag, type, count and the value's bytes.
struct Entry(u16, u16, u32, Vec<u8>);

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;

fn ascii(tag: u16, text: &str) -> Entry {
    let bytes = [text.as_bytes(), b"\0"].concat();
    Entry(tag, ASCII, u32::try_from(bytes.len()).unwrap_or(0), bytes)
}

fn short(tag: u16, value: u16) -> Entry {
    Entry(tag, SHORT, 1, value.to_le_bytes().to_vec())
}

fn long(tag: u16, value: u32) -> Entry {
    Entry(tag, LONG, 1, value.to_le_bytes().to_vec())
}

fn rationals(tag: u16, values: &[(u32, u32)]) -> Entry {
    let bytes =
        values.iter().flat_map(|(n, d)| [n.to_le_bytes(), d.to_le_bytes()]).flatten().collect();
    Entry(tag, RATIONAL, u32::try_from(values.len()).unwrap_or(0), bytes)
}

/// A directory at `at`, its longer values behind it.
fn directory(mut entries: Vec<Entry>, at: usize) -> Vec<u8> {
    entries.sort_by_key(|e| e.0);
    let mut out = u16::try_from(entries.len()).unwrap_or(0).to_le_bytes().to_vec();
    let mut values: Vec<u8> = vec![];
    let values_at = at + 2 + entries.len() * 12 + 4;
    for Entry(tag, kind, count, mut value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        if value.len() > 4 {
            out.extend(u32::try_from(values_at + values.len()).unwrap_or(0).to_le_bytes());
            if value.len() % 2 == 1 {
                value.push(0);
            }
            values.extend(value);
        } else {
            value.resize(4, 0);
            out.extend(value);
        }
    }
    out.extend([0; 4]);
    out.extend(values);
    out
}

/// The TIFF block, without the `Exif` mark in front.
pub(super) fn block(painter: Painter, spec: &Spec, camera: &Camera) -> Vec<u8> {
    let mut dice = Dice::new(painter.seed, spec.index, 30);
    let date = spec.taken.map(|t| words::exif_date(t.wall_seconds)).unwrap_or_default();
    let speed = *dice.pick(&[15, 30, 60, 125, 250, 500, 1000, 2000]);
    let mut exif = vec![
        rationals(0x829a, &[(1, speed)]),
        rationals(0x829d, &[(*dice.pick(&[18, 20, 28, 40, 56, 80]), 10)]),
        short(0x8827, *dice.pick(&[100, 100, 200, 400, 800, 1600])),
        Entry(0x9000, UNDEFINED, 4, b"0231".to_vec()),
        ascii(0x9003, &date),
        ascii(0x9004, &date),
        rationals(0x920a, &[(camera.focal, 10)]),
        short(0xa001, 1),
        long(0xa002, spec.stored.width),
        long(0xa003, spec.stored.height),
    ];
    if let Some(minutes) = spec.taken.and_then(|t| t.offset_minutes) {
        let sign = if minutes < 0 { '-' } else { '+' };
        let zone = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        exif.extend([0x9010, 0x9011, 0x9012].map(|tag| ascii(tag, &zone)));
    }
    if !camera.lens.is_empty() {
        exif.push(ascii(0xa434, camera.lens));
    }
    let gps = camera.knows_place.then(|| place(&mut dice));

    // Both pointers come last in the first directory; its length does not depend on them.
    let first = |exif_at: u32, gps_at: Option<u32>| {
        let mut entries = vec![
            ascii(0x010f, camera.make),
            ascii(0x0110, camera.model),
            short(0x0112, spec.orientation.into()),
            rationals(0x011a, &[(72, 1)]),
            rationals(0x011b, &[(72, 1)]),
            short(0x0128, 2),
            ascii(0x0132, &date),
            long(0x8769, exif_at),
        ];
        entries.extend(gps_at.map(|at| long(0x8825, at)));
        directory(entries, 8)
    };
    let exif_at = 8 + first(0, gps.as_ref().map(|_| 0)).len();
    let exif = directory(exif, exif_at);
    let gps_at = exif_at + exif.len();
    let at = |v: usize| u32::try_from(v).unwrap_or(0);
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    block.extend(first(at(exif_at), gps.as_ref().map(|_| at(gps_at))));
    block.extend(exif);
    block.extend(gps.map(|entries| directory(entries, gps_at)).unwrap_or_default());
    block
}

/// Somewhere on land, roughly.
fn place(dice: &mut Dice) -> Vec<Entry> {
    let mut degrees = |from, to| {
        [
            (u32::try_from(dice.between(from, to)).unwrap_or(0), 1),
            (u32::try_from(dice.below(60)).unwrap_or(0), 1),
            (u32::try_from(dice.below(6000)).unwrap_or(0), 100),
        ]
    };
    let (latitude, longitude) = (degrees(36, 68), degrees(1, 28));
    vec![
        Entry(0, 1, 4, vec![2, 3, 0, 0]),
        ascii(1, "N"),
        rationals(2, &latitude),
        ascii(3, "E"),
        rationals(4, &longitude),
    ]
}
