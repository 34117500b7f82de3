//! Where ISO base media files keep the date: HEIC and AVIF in an item whose place their `meta` box
//! tells, JPEG XL in a box, Canon's raw files and videos in `moov`.

use super::parts::{Gap, Read, View};
use super::{Found, Look, found_in, tiff};
use crate::model::{GeoPoint, Shot, Taken};
use crate::pixels::boxes as memory;
use crate::pixels::exif;
use crate::pixels::items::{self, Place};

/// A `meta` box beyond this is no camera's.
const LONGEST_META: u64 = 48 * 1024;
/// From 1904, which videos count from, to 1970.
const FROM_1904: u64 = 2_082_844_800;
/// A video's clock before 1990 was never set; after 2100 it is none.
const PLAUSIBLE: std::ops::Range<i64> = 631_152_000..4_133_980_800;
/// What Canon's box of camera facts is known by.
const CANON: [u8; 16] = *b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
/// The names under which Apple keeps the wall clock, the camera and the place.
const APPLE_DATE: &[u8] = b"com.apple.quicktime.creationdate";
const APPLE_MAKE: &[u8] = b"com.apple.quicktime.make";
const APPLE_MODEL: &[u8] = b"com.apple.quicktime.model";
const APPLE_PLACE: &[u8] = b"com.apple.quicktime.location.ISO6709";

/// The first box of `kind` in `view`.
fn find(view: View<'_>, kind: [u8; 4]) -> Read<View<'_>> {
    find_where(view, kind, |_| Ok(true))
}

fn find_where<'a>(
    view: View<'a>,
    kind: [u8; 4],
    suits: impl Fn(View<'a>) -> Read<bool>,
) -> Read<View<'a>> {
    let mut at = 0;
    loop {
        let (short, found) = (u64::from(view.be32(at)?), view.array::<4>(at + 4)?);
        let (header, length) = match short {
            0 => (8, u64::MAX),
            1 => (16, view.be64(at + 8)?),
            _ => (8, short),
        };
        if length < header {
            return Err(Gap::Nowhere);
        }
        if found == kind {
            let body = view.at(at + header, length - header)?;
            if suits(body)? {
                return Ok(body);
            }
        }
        at = at.checked_add(length).ok_or(Gap::Nowhere)?;
    }
}

/// Reads the date of a HEIC or an AVIF.
pub(super) fn heif(file: View<'_>) -> Found {
    found_in(exif_item(file))
}

fn exif_item(file: View<'_>) -> Read<View<'_>> {
    let meta = find(file, *b"meta")?;
    let length = usize::try_from(meta.len().min(LONGEST_META)).map_err(|_| Gap::Nowhere)?;
    let bytes = meta.bytes(0, length)?.get(4..).ok_or(Gap::Nowhere)?;
    let exif = |iinf| items::kinds(iinf).find(|(_, kind)| kind == b"Exif");
    let (item, _) = memory::find(bytes, *b"iinf").and_then(exif).ok_or(Gap::Nowhere)?;
    let places = memory::find(bytes, *b"iloc").and_then(|iloc| items::places(iloc, item));
    let item = match *places.ok_or(Gap::Nowhere)?.first().ok_or(Gap::Nowhere)? {
        Place { in_meta: false, at, length } => file.at(at, length)?,
        Place { in_meta: true, at, length } => {
            let data = find(meta.at(4, u64::MAX)?, *b"idat")?;
            data.at(at, length)?
        }
    };
    // The block begins where its first four bytes say.
    item.at(u64::from(item.be32(0)?).saturating_add(4), u64::MAX)
}

/// Reads the date of a JPEG XL in its container.
pub(super) fn jpeg_xl(file: View<'_>) -> Found {
    found_in(
        find(file, *b"Exif")
            .and_then(|body| body.at(u64::from(body.be32(0)?).saturating_add(4), u64::MAX)),
    )
}

/// Reads the date of a Canon raw file: one block tells which camera, one how, one where.
pub(super) fn canon(file: View<'_>) -> Found {
    let block = |kind| {
        let moov = find(file, *b"moov")?;
        let canon = find_where(moov, *b"uuid", |body| Ok(body.array(0)? == CANON))?;
        find(canon.at(16, u64::MAX)?, kind)
    };
    let mut found = found_in(block(*b"CMT2"));
    found.shot.camera = found_in(block(*b"CMT1")).shot.camera;
    found.shot.place = block(*b"CMT4").ok().and_then(|block| tiff::read_place(block).shot.place);
    found
}

/// Reads when a video was begun.
pub(super) fn video(file: View<'_>) -> Found {
    let moov = match find(file, *b"moov") {
        Ok(moov) => moov,
        Err(Gap::NotAtHand(at)) => return Found::look(Look::From(at)),
        Err(Gap::Nowhere) => return Found::default(),
    };
    let apple = apple(moov).unwrap_or_default();
    match (apple.taken, instant(moov)) {
        (None, Err(Gap::NotAtHand(at))) => Found::look(Look::From(at)),
        (_, instant) => Found { instant: instant.ok().flatten(), ..apple },
    }
}

fn instant(moov: View<'_>) -> Read<Option<i64>> {
    let mvhd = find(moov, *b"mvhd")?;
    let since_1904 = match mvhd.array(0)? {
        [1] => mvhd.be64(4)?,
        _ => mvhd.be32(4)?.into(),
    };
    let unix = since_1904.checked_sub(FROM_1904).and_then(|unix| i64::try_from(unix).ok());
    Ok(unix.filter(|unix| PLAUSIBLE.contains(unix)))
}

/// What Apple's devices write down beside the film.
fn apple(moov: View<'_>) -> Read<Found> {
    let meta = find(moov, *b"meta")?;
    // QuickTime's box has no version before its content, MP4's has.
    let meta = if &meta.array::<4>(4)? == b"hdlr" { meta } else { meta.at(4, u64::MAX)? };
    let whole = |view: View<'_>| {
        let length = usize::try_from(view.len().min(LONGEST_META)).map_err(|_| Gap::Nowhere)?;
        Ok::<_, Gap>(view.bytes(0, length)?.to_vec())
    };
    let (keys, values) = (whole(find(meta, *b"keys")?)?, whole(find(meta, *b"ilst")?)?);
    let name = |key| said(&keys, &values, key).and_then(exif::name);
    let shot = Shot {
        camera: exif::camera(name(APPLE_MAKE).as_deref(), name(APPLE_MODEL).as_deref()),
        place: said(&keys, &values, APPLE_PLACE).and_then(point),
        ..Shot::default()
    };
    let taken = said(&keys, &values, APPLE_DATE).and_then(apple_date);
    Ok(Found { taken, shot, ..Found::default() })
}

/// The text that stands under `key`.
fn said<'v>(keys: &[u8], values: &'v [u8], key: &[u8]) -> Option<&'v str> {
    let number = memory::pieces(keys.get(8..)?).position(|piece| piece.body == key)? + 1;
    let number = u32::try_from(number).ok()?.to_be_bytes();
    let data = memory::find(memory::find(values, number)?, *b"data")?;
    std::str::from_utf8(data.get(8..)?).ok()
}

/// The wall clock with its zone: `2024-01-31T14:22:33+0100`.
fn apple_date(text: &str) -> Option<Taken> {
    let (wall, zone) = text.split_at_checked(19)?;
    let zone = match zone.split_at_checked(3) {
        Some((hours, minutes)) if !minutes.starts_with(':') => format!("{hours}:{minutes}"),
        _ => zone.to_owned(),
    };
    Some(Taken {
        wall_seconds: exif::wall_seconds(wall)?,
        offset_minutes: exif::offset_minutes(&zone),
    })
}

/// ISO 6709 in degrees: `+62.5675+007.6870+412.000/`.
fn point(text: &str) -> Option<GeoPoint> {
    let text = text.trim_end_matches('/');
    let signs: Vec<usize> = text.match_indices(['+', '-']).map(|(at, _)| at).take(4).collect();
    let number = |n: usize| {
        let end = signs.get(n + 1).copied().unwrap_or(text.len());
        text.get(*signs.get(n)?..end)?.parse::<f64>().ok()
    };
    GeoPoint::new(number(0)?, number(1)?, number(2))
}
