//! A TIFF block (a TIFF file, a camera raw file, or the EXIF in any other file): its capture date
//! and how the picture was made, wherever in the block the directories stand.

use super::parts::{Gap, Read, View};
use super::{Found, Look};
use crate::model::{GeoPoint, Shot, Taken};
use crate::pixels::exif;

const MAKE: u16 = 0x010f;
const MODEL: u16 = 0x0110;
const CHANGED: u16 = 0x0132;
const EXPOSURE: u16 = 0x829a;
const F_NUMBER: u16 = 0x829d;
const EXIF_DIRECTORY: u16 = 0x8769;
const GPS_DIRECTORY: u16 = 0x8825;
const ISO: u16 = 0x8827;
/// Where a sensitivity stands that is too high for [`ISO`]'s two bytes.
const ISO_BEYOND: u16 = 0x8832;
const ORIGINAL: u16 = 0x9003;
const DIGITIZED: u16 = 0x9004;
const OFFSET: u16 = 0x9010;
const OFFSET_ORIGINAL: u16 = 0x9011;
const OFFSET_DIGITIZED: u16 = 0x9012;
const FOCAL: u16 = 0x920a;
const FOCAL_35: u16 = 0xa405;
const LENS: u16 = 0xa434;
/// Tags of the GPS directory.
mod gps {
    pub(super) const SOUTH: u16 = 1;
    pub(super) const LATITUDE: u16 = 2;
    pub(super) const WEST: u16 = 3;
    pub(super) const LONGITUDE: u16 = 4;
    pub(super) const BELOW: u16 = 5;
    pub(super) const ALTITUDE: u16 = 6;
}
/// More than any camera writes into one directory.
const MOST_ENTRIES: u16 = 2048;
/// The longest date or zone, with its zero and somebody's fractions.
const LONGEST_DATE: u32 = 64;
/// The longest name of a camera or a lens.
const LONGEST_NAME: u32 = 256;
/// No exposure takes longer than a day.
const LONGEST_EXPOSURE_SECONDS: f64 = 86_400.0;

/// The value of a tag, once its directory was read.
type Said<T> = Option<Read<T>>;

/// What of a block matters here.
#[derive(Default)]
struct Tags {
    original: Said<String>,
    digitized: Said<String>,
    /// When the file was last changed: by the camera, where nobody came after it.
    changed: Said<String>,
    offset: Said<String>,
    offset_original: Said<String>,
    offset_digitized: Said<String>,
    make: Said<String>,
    model: Said<String>,
    lens: Said<String>,
    exposure: Said<f64>,
    f_number: Said<f64>,
    iso: Said<f64>,
    iso_beyond: Said<f64>,
    focal: Said<f64>,
    focal_35: Said<f64>,
    south: Said<String>,
    latitude: Said<f64>,
    west: Said<String>,
    longitude: Said<f64>,
    below: Said<f64>,
    altitude: Said<f64>,
}

/// The directories that another one leads to.
#[derive(Default)]
struct Leads {
    exif: Option<u64>,
    gps: Option<u64>,
}

/// Which directory is read: the same number is another tag in that of places.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Place,
}

/// Reads the date and how the picture was made. What is broken is not there.
pub(super) fn read(block: View<'_>) -> Found {
    read_as(block, Kind::Picture)
}

/// Reads a block whose first directory is that of the place.
pub(super) fn read_place(block: View<'_>) -> Found {
    read_as(block, Kind::Place)
}

fn read_as(block: View<'_>, first: Kind) -> Found {
    let mut tags = Tags::default();
    let (mut gap, mut place_gap) = (None, None);
    if let Ok(tiff) = Tiff::open(block).inspect_err(|at| gap = Some(*at)) {
        (gap, place_gap) = tiff.collect(first, &mut tags);
    }
    let taken = taken(&tags);
    let last_resort = if taken.is_some() { None } else { gap_of(&tags.changed) };
    let gaps = [gap, gap_of(&tags.original), gap_of(&tags.digitized), last_resort];
    let look = first_of(gaps.into_iter());
    let rest = [place_gap, gap_of(&tags.make), gap_of(&tags.model), gap_of(&tags.lens)];
    let numbers = [&tags.exposure, &tags.f_number, &tags.focal, &tags.latitude, &tags.longitude];
    let rest = rest.into_iter().chain(numbers.map(gap_of));
    Found {
        taken,
        // The last resort, where nothing better can come.
        changed: changed(&tags).filter(|_| taken.is_none() && look.is_none()),
        look,
        look_for_rest: first_of(rest),
        shot: shot(tags),
        ..Found::default()
    }
}

fn taken(tags: &Tags) -> Option<Taken> {
    let with = |text, own: &Said<String>| dated(text, own.as_ref().map_or(&tags.offset, |_| own));
    let original = with(&tags.original, &tags.offset_original);
    original.or_else(|| with(&tags.digitized, &tags.offset_digitized))
}

fn changed(tags: &Tags) -> Option<Taken> {
    dated(&tags.changed, &tags.offset)
}

#[expect(clippy::ref_option, reason = "as they stand among the tags")]
fn dated(date: &Said<String>, zone: &Said<String>) -> Option<Taken> {
    let wall_seconds = exif::wall_seconds(date.as_ref()?.as_ref().ok()?)?;
    let zone = zone.as_ref().and_then(|zone| zone.as_ref().ok());
    Some(Taken { wall_seconds, offset_minutes: zone.and_then(|zone| exif::offset_minutes(zone)) })
}

fn shot(tags: Tags) -> Shot {
    fn said<T>(value: Said<T>) -> Option<T> {
        value?.ok()
    }
    let name = |text| said(text).and_then(|text: String| exif::name(&text));
    let within = |value, most: f64| said(value).filter(|value| *value > 0.0 && *value <= most);
    // The number that means "more than two bytes hold".
    let iso = within(tags.iso, f64::from(u16::MAX - 1));
    let iso = iso.or_else(|| within(tags.iso_beyond, 1e9));
    let sign = |mark: Said<String>, negative| {
        said(mark).map_or(1.0, |mark| if mark.starts_with(negative) { -1.0 } else { 1.0 })
    };
    let latitude = said(tags.latitude).map(|degrees| degrees * sign(tags.south, ['S', 's']));
    let longitude = said(tags.longitude).map(|degrees| degrees * sign(tags.west, ['W', 'w']));
    let is_below = said(tags.below).is_some_and(|below| (below - 1.0).abs() < f64::EPSILON);
    let altitude = said(tags.altitude).map(|metres| if is_below { -metres } else { metres });
    Shot {
        camera: exif::camera(name(tags.make).as_deref(), name(tags.model).as_deref()),
        lens: name(tags.lens),
        exposure_seconds: within(tags.exposure, LONGEST_EXPOSURE_SECONDS),
        f_number: within(tags.f_number, 1e3),
        iso: iso.map(rounded),
        focal_mm: within(tags.focal, 1e5),
        focal_35_mm: within(tags.focal_35, 1e5),
        place: latitude
            .zip(longitude)
            .and_then(|(latitude, longitude)| GeoPoint::new(latitude, longitude, altitude)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 … 1e9")]
fn rounded(number: f64) -> u32 {
    number.round() as u32
}

#[expect(clippy::ref_option, reason = "as it stands among the tags")]
fn gap_of<T>(value: &Said<T>) -> Option<Gap> {
    value.as_ref()?.as_ref().err().copied()
}

fn first_of(gaps: impl Iterator<Item = Option<Gap>>) -> Option<Look> {
    gaps.flatten().find_map(|gap| match gap {
        Gap::NotAtHand(at) => Some(Look::Around(at)),
        Gap::Nowhere => None,
    })
}

struct Tiff<'a> {
    block: View<'a>,
    little: bool,
}

impl<'a> Tiff<'a> {
    fn open(block: View<'a>) -> Read<Self> {
        let little = match &block.array::<4>(0)? {
            b"II*\0" | b"IIU\0" | b"IIRO" | b"IIRS" => true,
            b"MM\0*" | b"MMOR" => false,
            _ => return Err(Gap::Nowhere),
        };
        Ok(Self { block, little })
    }

    /// Takes what matters; tells what was in the way of the date, and of the place.
    fn collect(&self, first: Kind, tags: &mut Tags) -> (Option<Gap>, Option<Gap>) {
        // Canon's blocks have the tags of EXIF or of the place in their first directory.
        let first = self.u32(4).and_then(|at| self.directory(at.into(), first, tags));
        let leads = match first {
            Ok(leads) => leads,
            Err(gap) => return (Some(gap), None),
        };
        let mut read =
            |at: Option<u64>, kind| at.and_then(|at| self.directory(at, kind, tags).err());
        (read(leads.exif, Kind::Picture), read(leads.gps, Kind::Place))
    }

    /// Takes what matters from the directory at `at`.
    fn directory(&self, at: u64, kind: Kind, tags: &mut Tags) -> Read<Leads> {
        let count = self.u16(at)?.min(MOST_ENTRIES);
        let first = at.saturating_add(2);
        // Entries that are cut off by the end of a broken block do not hide those before.
        let room = self.block.len().saturating_sub(first) / 12;
        let count = u64::from(count).min(room);
        if let Ok(length) = usize::try_from(count * 12)
            && let Err(gap @ Gap::NotAtHand(_)) = self.block.bytes(first, length)
        {
            return Err(gap);
        }
        let mut leads = Leads::default();
        for entry in (0..count).map(|i| first + i * 12) {
            match (kind, self.u16(entry)?) {
                (Kind::Picture, EXIF_DIRECTORY) => {
                    leads.exif = Some(u64::from(self.u32(entry + 8)?));
                }
                (Kind::Picture, GPS_DIRECTORY) => {
                    leads.gps = Some(u64::from(self.u32(entry + 8)?));
                }
                (Kind::Picture, tag) => self.of_picture(tag, entry, tags),
                (Kind::Place, tag) => self.of_place(tag, entry, tags),
            }
        }
        Ok(leads)
    }

    fn of_picture(&self, tag: u16, entry: u64, tags: &mut Tags) {
        let (text, longest) = match tag {
            CHANGED => (&mut tags.changed, LONGEST_DATE),
            ORIGINAL => (&mut tags.original, LONGEST_DATE),
            DIGITIZED => (&mut tags.digitized, LONGEST_DATE),
            OFFSET => (&mut tags.offset, LONGEST_DATE),
            OFFSET_ORIGINAL => (&mut tags.offset_original, LONGEST_DATE),
            OFFSET_DIGITIZED => (&mut tags.offset_digitized, LONGEST_DATE),
            MAKE => (&mut tags.make, LONGEST_NAME),
            MODEL => (&mut tags.model, LONGEST_NAME),
            LENS => (&mut tags.lens, LONGEST_NAME),
            _ => {
                let number = match tag {
                    EXPOSURE => &mut tags.exposure,
                    F_NUMBER => &mut tags.f_number,
                    ISO => &mut tags.iso,
                    ISO_BEYOND => &mut tags.iso_beyond,
                    FOCAL => &mut tags.focal,
                    FOCAL_35 => &mut tags.focal_35,
                    _ => return,
                };
                *number = Some(self.number(entry, 0));
                return;
            }
        };
        *text = Some(self.text(entry, longest));
    }

    fn of_place(&self, tag: u16, entry: u64, tags: &mut Tags) {
        match tag {
            gps::SOUTH => tags.south = Some(self.text(entry, LONGEST_DATE)),
            gps::WEST => tags.west = Some(self.text(entry, LONGEST_DATE)),
            gps::LATITUDE => tags.latitude = Some(self.degrees(entry)),
            gps::LONGITUDE => tags.longitude = Some(self.degrees(entry)),
            gps::BELOW => tags.below = Some(self.number(entry, 0)),
            gps::ALTITUDE => tags.altitude = Some(self.number(entry, 0)),
            _ => {}
        }
    }

    fn text(&self, entry: u64, longest: u32) -> Read<String> {
        let length = self.u32(entry + 4)?;
        if length > longest {
            return Err(Gap::Nowhere);
        }
        let at = self.value(entry, 1)?;
        let bytes = self.block.bytes(at, usize::try_from(length).map_err(|_| Gap::Nowhere)?)?;
        let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).trim().to_owned())
    }

    /// Degrees, minutes and seconds as degrees; minutes or seconds may be left out.
    fn degrees(&self, entry: u64) -> Read<f64> {
        let part = |n| match self.number(entry, n) {
            Err(Gap::Nowhere) => Ok(0.0),
            other => other,
        };
        Ok(self.number(entry, 0)? + part(1)? / 60.0 + part(2)? / 3600.0)
    }

    /// The `n`th number of an entry, of whatever type it is.
    fn number(&self, entry: u64, n: u32) -> Read<f64> {
        let kind = self.u16(entry + 2)?;
        let size = match kind {
            1 => 1,
            3 => 2,
            4 | 9 => 4,
            5 | 10 => 8,
            _ => return Err(Gap::Nowhere),
        };
        if n >= self.u32(entry + 4)? {
            return Err(Gap::Nowhere);
        }
        let at = self.value(entry, size)?.saturating_add(size * u64::from(n));
        let signed = |at| self.u32(at).map(|bits| f64::from(bits.cast_signed()));
        match kind {
            1 => self.block.array::<1>(at).map(|[byte]| f64::from(byte)),
            3 => self.u16(at).map(f64::from),
            4 => self.u32(at).map(f64::from),
            9 => signed(at),
            5 => ratio(self.u32(at)?.into(), self.u32(at + 4)?.into()),
            _ => ratio(signed(at)?, signed(at + 4)?),
        }
    }

    /// Where the values of an entry are, each of `size` bytes: short ones are in the entry itself.
    fn value(&self, entry: u64, size: u64) -> Read<u64> {
        let length = u64::from(self.u32(entry + 4)?).saturating_mul(size);
        if length <= 4 { Ok(entry + 8) } else { self.u32(entry + 8).map(u64::from) }
    }

    fn u16(&self, at: u64) -> Read<u16> {
        self.block.be16(at).map(|v| if self.little { v.swap_bytes() } else { v })
    }

    fn u32(&self, at: u64) -> Read<u32> {
        self.block.be32(at).map(|v| if self.little { v.swap_bytes() } else { v })
    }
}

fn ratio(above: f64, below: f64) -> Read<f64> {
    let ratio = above / below;
    if ratio.is_finite() { Ok(ratio) } else { Err(Gap::Nowhere) }
}
