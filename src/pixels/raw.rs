//! Camera raw files by the picture that the camera put into them: the largest JPEG.
//!
//! Each maker keeps it elsewhere. Offsets and lengths come from the file and are believed only as
//! far as they lead to a JPEG; where none of the known places has one, it is looked for by its
//! first bytes.

use super::{
    boxes::{self, be32, be64},
    header::{Frame, Jpeg},
    ifd::Tiff,
};
use crate::model::PixelSize;

/// More directories than any camera writes.
const MOST_DIRECTORIES: usize = 64;
/// More pictures than any camera puts into one file.
const MOST_PICTURES: usize = 64;
/// How much of a JPEG is looked at to learn its size.
const HEAD: usize = 256 << 10;
/// How often what looks like a JPEG is looked at where no place is known.
const MOST_GUESSES: usize = 256;
/// What Canon's box of camera facts is known by, and the one of its larger preview.
const CANON_FACTS: &[u8] = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
const CANON_PREVIEW: &[u8] = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";

const WIDTH: u16 = 0x0100;
const HEIGHT: u16 = 0x0101;
const STRIP_OFFSETS: u16 = 0x0111;
const ORIENTATION: u16 = 0x0112;
const STRIP_LENGTHS: u16 = 0x0117;
const SUB_DIRECTORIES: u16 = 0x014a;
const JPEG_OFFSET: u16 = 0x0201;
const JPEG_LENGTH: u16 = 0x0202;
const EXIF: u16 = 0x8769;
const MAKER_NOTE: u16 = 0x927c;
const EXIF_WIDTH: u16 = 0xa002;
const EXIF_HEIGHT: u16 = 0xa003;
/// Panasonic's own: the borders of the picture on the sensor, and the picture.
const PANASONIC_BORDERS: std::ops::RangeInclusive<u16> = 4..=7;
const PANASONIC_JPEG: u16 = 0x002e;
/// Olympus's own, in its note.
const OLYMPUS_SETTINGS: u16 = 0x2020;
const OLYMPUS_OFFSET: u16 = 0x0101;
const OLYMPUS_LENGTH: u16 = 0x0102;

/// What is known of a raw file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// As stored; empty where the bytes do not reach that far.
    pub(super) size: PixelSize,
    /// 1 … 8 where it says so.
    pub(super) orientation: Option<u8>,
}

/// The largest JPEG in the file.
pub(super) fn preview<'a>(bytes: &'a [u8], mime: &str) -> Option<&'a [u8]> {
    let known = largest(bytes, places(bytes, mime));
    known.or_else(|| largest(bytes, guesses(bytes)))
}

/// The size of the photograph and how the camera was held.
pub(super) fn told(bytes: &[u8], mime: &str) -> Told {
    match mime {
        "image/x-canon-cr3" => canon_facts(bytes).map_or_else(Told::default, |block| {
            Tiff::open(block).map_or_else(Told::default, |tiff| Walk::through(tiff).told)
        }),
        "image/x-fuji-raf" => {
            let jpeg = fuji(bytes).and_then(|(at, _)| bytes.get(at..)).unwrap_or_default();
            let size = Jpeg::scan(jpeg).frame.map(|frame| frame.size).unwrap_or_default();
            Told { size, orientation: None }
        }
        _ => Tiff::open(bytes).map_or_else(Told::default, |tiff| Walk::through(tiff).told),
    }
}

/// Where makers of such files keep JPEGs: offset and length.
fn places(bytes: &[u8], mime: &str) -> Vec<(usize, usize)> {
    match mime {
        "image/x-canon-cr3" => canon(bytes),
        "image/x-fuji-raf" => fuji(bytes).into_iter().collect(),
        _ => Tiff::open(bytes).map(|tiff| Walk::through(tiff).jpegs).unwrap_or_default(),
    }
}

/// The one with the most pixels; of equals the longest.
fn largest(bytes: &[u8], places: Vec<(usize, usize)>) -> Option<&[u8]> {
    let jpegs = places.into_iter().filter_map(|(at, length)| {
        let rest = bytes.get(at..)?;
        let jpeg = &rest[..length.min(rest.len())];
        Some((frame(jpeg)?.size.pixels(), jpeg))
    });
    jpegs.max_by_key(|(pixels, jpeg)| (*pixels, jpeg.len())).map(|(_, jpeg)| jpeg)
}

/// The header of a JPEG that can be shown: the sensor's own data is often one, too, of a kind
/// without loss.
fn frame(jpeg: &[u8]) -> Option<Frame> {
    if !jpeg.starts_with(&[0xff, 0xd8, 0xff]) {
        return None;
    }
    let frame = Jpeg::scan(&jpeg[..jpeg.len().min(HEAD)]).frame?;
    let is_shown = matches!(frame.coding, 0xc0..=0xc2) && frame.precision == 8;
    (is_shown && !frame.size.is_empty()).then_some(frame)
}

fn guesses(bytes: &[u8]) -> Vec<(usize, usize)> {
    let starts = bytes.windows(3).enumerate().filter(|(_, start)| *start == [0xff, 0xd8, 0xff]);
    starts.take(MOST_GUESSES).map(|(at, _)| (at, usize::MAX)).collect()
}

fn fuji(bytes: &[u8]) -> Option<(usize, usize)> {
    let number = |at| usize::try_from(be32(bytes, at)?).ok();
    Some((number(84)?, number(88)?))
}

fn canon_facts(bytes: &[u8]) -> Option<&[u8]> {
    let moov = boxes::find(bytes, *b"moov")?;
    let mut own = boxes::pieces(moov).filter(|piece| &piece.kind == b"uuid");
    let facts = own.find_map(|piece| piece.body.strip_prefix(CANON_FACTS))?;
    boxes::find(facts, *b"CMT1")
}

/// Canon's newer files are like videos: a track's first sample is the picture at its full size,
/// and a box of Canon's own holds a smaller one.
fn canon(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut places = vec![];
    let inside =
        |path: &[[u8; 4]], body| path.iter().try_fold(body, |body, kind| boxes::find(body, *kind));
    let tracks = boxes::find(bytes, *b"moov").into_iter().flat_map(boxes::pieces);
    for track in tracks.filter(|piece| &piece.kind == b"trak").take(MOST_DIRECTORIES) {
        let Some(table) = inside(&[*b"mdia", *b"minf", *b"stbl"], track.body) else { continue };
        let long = boxes::find(table, *b"co64").and_then(|body| be64(body, 8));
        let short = || boxes::find(table, *b"stco").and_then(|body| be32(body, 8)).map(u64::from);
        let Some(at) = long.or_else(short).and_then(|at| usize::try_from(at).ok()) else {
            continue;
        };
        places.push((at, usize::MAX));
    }
    let own = boxes::pieces(bytes).filter(|piece| &piece.kind == b"uuid").take(MOST_DIRECTORIES);
    for preview in own.filter_map(|piece| piece.body.strip_prefix(CANON_PREVIEW)) {
        // A few numbers stand before the box, and before the JPEG in it.
        let start = preview.windows(3).take(64).position(|start| start == [0xff, 0xd8, 0xff]);
        places.extend(start.map(|start| (offset_of(preview, bytes) + start, preview.len())));
    }
    places
}

/// Where a part of `bytes` begins in it.
fn offset_of(part: &[u8], bytes: &[u8]) -> usize {
    part.as_ptr().addr() - bytes.as_ptr().addr()
}

/// A walk through all directories of a file.
struct Walk {
    told: Told,
    jpegs: Vec<(usize, usize)>,
    seen: Vec<usize>,
}

/// What one directory says.
#[derive(Default)]
struct Directory {
    width: Option<u32>,
    height: Option<u32>,
    strips: Vec<u32>,
    strip_lengths: Vec<u32>,
    jpeg: Option<u32>,
    jpeg_length: Option<u32>,
    borders: [Option<u32>; 4],
    below: Vec<usize>,
}

impl Walk {
    fn through(tiff: Tiff<'_>) -> Self {
        let mut walk = Self { told: Told::default(), jpegs: vec![], seen: vec![] };
        let mut due: Vec<usize> = tiff.first().into_iter().collect();
        while let Some(at) = due.pop() {
            if walk.seen.contains(&at) || walk.seen.len() >= MOST_DIRECTORIES {
                continue;
            }
            walk.seen.push(at);
            let directory = walk.read(tiff, at);
            due.extend(&directory.below);
            due.extend(tiff.next(at));
            walk.learn(&directory);
        }
        walk
    }

    fn read(&mut self, tiff: Tiff<'_>, at: usize) -> Directory {
        let mut told = Directory::default();
        let is_first = self.seen.len() == 1;
        for entry in tiff.entries(at) {
            let number = || tiff.numbers(entry).first().copied();
            match entry.tag {
                WIDTH | EXIF_WIDTH => told.width = number(),
                HEIGHT | EXIF_HEIGHT => told.height = number(),
                STRIP_OFFSETS => told.strips = tiff.numbers(entry),
                STRIP_LENGTHS => told.strip_lengths = tiff.numbers(entry),
                JPEG_OFFSET => told.jpeg = number(),
                JPEG_LENGTH => told.jpeg_length = number(),
                ORIENTATION if is_first => {
                    let value = number().and_then(|value| u8::try_from(value).ok());
                    self.told.orientation = value.filter(|value| (1..=8).contains(value));
                }
                SUB_DIRECTORIES | EXIF => {
                    let offsets = tiff.numbers(entry).into_iter();
                    told.below.extend(offsets.filter_map(|at| usize::try_from(at).ok()));
                }
                MAKER_NOTE => self.found(olympus(tiff, tiff.value(entry))),
                PANASONIC_JPEG if is_first => self.found(tiff.value(entry)),
                tag if is_first && PANASONIC_BORDERS.contains(&tag) => {
                    told.borders[usize::from(tag - PANASONIC_BORDERS.start())] = number();
                }
                _ => {}
            }
        }
        told
    }

    /// Each place counts once: a file may name one as often as it has room for.
    fn found(&mut self, place: Option<(usize, usize)>) {
        let is_new = |place: &(usize, usize)| !self.jpegs.contains(place);
        if self.jpegs.len() < MOST_PICTURES {
            self.jpegs.extend(place.filter(is_new));
        }
    }

    fn learn(&mut self, directory: &Directory) {
        let mut size = PixelSize::new(
            directory.width.unwrap_or_default(),
            directory.height.unwrap_or_default(),
        );
        if let [Some(top), Some(left), Some(bottom), Some(right)] = directory.borders {
            size = PixelSize::new(right.saturating_sub(left), bottom.saturating_sub(top));
        }
        if size.pixels() > self.told.size.pixels() && !size.is_empty() {
            self.told.size = size;
        }
        let place =
            |at: u32, length: u32| Some((usize::try_from(at).ok()?, usize::try_from(length).ok()?));
        if let (Some(at), Some(length)) = (directory.jpeg, directory.jpeg_length) {
            self.found(place(at, length));
        }
        // A picture in one strip may be a JPEG, too.
        if let ([at], [length]) = (&directory.strips[..], &directory.strip_lengths[..]) {
            self.found(place(*at, *length));
        }
    }
}

/// The picture that Olympus keeps in its note, which counts from its own beginning.
fn olympus(tiff: Tiff<'_>, note: Option<(usize, usize)>) -> Option<(usize, usize)> {
    let (start, _) = note?;
    let bytes = tiff.bytes().get(start..)?;
    let (base, first) = if bytes.starts_with(b"OLYMPUS\0") {
        (start, 12)
    } else if bytes.starts_with(b"OM SYSTEM\0") {
        (start, 16)
    } else if bytes.starts_with(b"OLYMP\0") {
        (0, start.checked_add(8)?)
    } else {
        return None;
    };
    let note = tiff.with_bytes(tiff.bytes().get(base..)?);
    let entry = |at: usize, tag: u16| note.entries(at).find(|entry| entry.tag == tag);
    let settings = entry(first, OLYMPUS_SETTINGS)?;
    // A directory below is told by its place, or is the entry's value itself.
    let at = match (note.numbers(settings).as_slice(), note.value(settings)?) {
        ([at], _) => usize::try_from(*at).ok()?,
        (_, (at, _)) => at,
    };
    let number = |tag| usize::try_from(*note.numbers(entry(at, tag)?).first()?).ok();
    Some((base.checked_add(number(OLYMPUS_OFFSET)?)?, number(OLYMPUS_LENGTH)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::{Limits, decode, facts, sniff, testing};

    const WHOLE: PixelSize = PixelSize::new(96, 64);

    fn small() -> Vec<u8> {
        testing::jpeg(PixelSize::new(24, 16), None)
    }

    fn large() -> Vec<u8> {
        testing::jpeg(WHOLE, None)
    }

    /// Bytes to which places can be referred before they are known.
    struct File {
        bytes: Vec<u8>,
    }

    impl File {
        fn new(magic: &[u8]) -> Self {
            Self { bytes: [magic, &[0; 4]].concat() }
        }

        fn put(&mut self, bytes: &[u8]) -> u32 {
            let at = u32::try_from(self.bytes.len()).unwrap();
            self.bytes.extend_from_slice(bytes);
            at
        }

        /// A directory of entries (tag, kind, count, value).
        fn directory(&mut self, entries: &[(u16, u16, u32, u32)]) -> u32 {
            let mut bytes = u16::try_from(entries.len()).unwrap().to_le_bytes().to_vec();
            for (tag, kind, count, value) in entries {
                bytes.extend(tag.to_le_bytes());
                bytes.extend(kind.to_le_bytes());
                bytes.extend(count.to_le_bytes());
                bytes.extend(value.to_le_bytes());
            }
            bytes.extend([0; 4]);
            self.put(&bytes)
        }

        fn begin_at(mut self, directory: u32) -> Vec<u8> {
            self.bytes[4..8].copy_from_slice(&directory.to_le_bytes());
            self.bytes
        }
    }

    fn length(bytes: &[u8]) -> u32 {
        u32::try_from(bytes.len()).unwrap()
    }

    /// As Nikon, Sony and Adobe do it: the picture in a directory below.
    fn nef(orientation: u32) -> Vec<u8> {
        let mut file = File::new(b"II*\0");
        let (thumb, whole) = (file.put(&small()), file.put(&large()));
        let make = file.put(b"NIKON CORPORATION\0");
        let preview =
            file.directory(&[(JPEG_OFFSET, 4, 1, whole), (JPEG_LENGTH, 4, 1, length(&large()))]);
        let sensor = file.directory(&[(WIDTH, 4, 1, 6000), (HEIGHT, 4, 1, 4000)]);
        let below = file.put(&[preview.to_le_bytes(), sensor.to_le_bytes()].concat());
        let first = file.directory(&[
            (WIDTH, 4, 1, 160),
            (HEIGHT, 4, 1, 120),
            (0x010f, 2, 18, make),
            (STRIP_OFFSETS, 4, 1, thumb),
            (ORIENTATION, 3, 1, orientation),
            (STRIP_LENGTHS, 4, 1, length(&small())),
            (SUB_DIRECTORIES, 4, 2, below),
        ]);
        file.begin_at(first)
    }

    fn cr2() -> Vec<u8> {
        let mut file = File::new(b"II*\0");
        file.bytes.extend(b"CR\x02\0\0\0\0\0");
        let whole = file.put(&large());
        let first = file.directory(&[
            (WIDTH, 3, 1, 96),
            (HEIGHT, 3, 1, 64),
            (STRIP_OFFSETS, 4, 1, whole),
            (STRIP_LENGTHS, 4, 1, length(&large())),
        ]);
        file.begin_at(first)
    }

    fn rw2() -> Vec<u8> {
        let mut file = File::new(b"IIU\0");
        let whole = file.put(&large());
        let first = file.directory(&[
            (4, 3, 1, 4),
            (5, 3, 1, 8),
            (6, 3, 1, 3004),
            (7, 3, 1, 4008),
            (PANASONIC_JPEG, 7, length(&large()), whole),
        ]);
        file.begin_at(first)
    }

    fn orf() -> Vec<u8> {
        let mut note = File { bytes: b"OLYMPUS\0II\x03\0".to_vec() };
        // The directory of the note comes first, of one entry.
        let settings_at = 12 + 2 + 12 + 4;
        note.directory(&[(OLYMPUS_SETTINGS, 13, 1, settings_at)]);
        let whole = settings_at + 2 + 24 + 4;
        note.directory(&[(OLYMPUS_OFFSET, 4, 1, whole), (OLYMPUS_LENGTH, 4, 1, length(&large()))]);
        note.put(&large());
        let mut file = File::new(b"IIRO");
        let at = file.put(&note.bytes);
        let exif = file.directory(&[(MAKER_NOTE, 7, length(&note.bytes), at)]);
        let first = file.directory(&[(ORIENTATION, 3, 1, 8), (EXIF, 4, 1, exif)]);
        file.begin_at(first)
    }

    fn raf() -> Vec<u8> {
        let mut bytes = b"FUJIFILMCCD-RAW 0201".to_vec();
        bytes.resize(160, 0);
        bytes[84..88].copy_from_slice(&160_u32.to_be_bytes());
        let exif = testing::exif(6, None, None);
        let jpeg = testing::jpeg(WHOLE, Some(&exif));
        bytes[88..92].copy_from_slice(&length(&jpeg).to_be_bytes());
        [bytes, jpeg].concat()
    }

    fn cr3() -> Vec<u8> {
        let piece = |kind: &[u8; 4], body: &[u8]| {
            [&(length(body) + 8).to_be_bytes()[..], kind, body].concat()
        };
        let mut facts = File::new(b"II*\0");
        let first =
            facts.directory(&[(WIDTH, 4, 1, 6960), (HEIGHT, 4, 1, 4640), (ORIENTATION, 3, 1, 6)]);
        let facts = piece(b"CMT1", &facts.begin_at(first));
        let own = piece(b"uuid", &[CANON_FACTS, &facts].concat());
        let with_track_at = |at: u64| {
            let co64 = piece(b"co64", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &at.to_be_bytes()].concat());
            let track = [*b"stbl", *b"minf", *b"mdia", *b"trak"]
                .iter()
                .fold(co64, |body, kind| piece(kind, &body));
            let moov = piece(b"moov", &[own.clone(), track].concat());
            let preview = [CANON_PREVIEW, &[0; 24], &small()].concat();
            [piece(b"ftyp", b"crx \0\0\0\x01crx isom"), moov, piece(b"uuid", &preview)].concat()
        };
        let at = with_track_at(0).len() as u64 + 8;
        [with_track_at(at), piece(b"mdat", &large())].concat()
    }

    #[test]
    fn each_maker_s_files_show_their_largest_picture_upright() {
        for (name, bytes, orientation, told) in [
            ("nef", nef(6), 6, PixelSize::new(6000, 4000)),
            ("cr2", cr2(), 1, WHOLE),
            ("rw2", rw2(), 1, PixelSize::new(4000, 3000)),
            ("orf", orf(), 8, PixelSize::default()),
            ("raf", raf(), 6, WHOLE),
            ("cr3", cr3(), 6, PixelSize::new(6960, 4640)),
        ] {
            assert!(sniff(&bytes).is_raw(), "{name}: {:?}", sniff(&bytes));
            let decoded = decode(&bytes, None, &Limits::default()).unwrap();
            let upright = |size: PixelSize| if orientation > 4 { size.transposed() } else { size };
            assert_eq!(decoded.bitmap.size(), upright(WHOLE), "{name}");
            let turned = testing::picture(WHOLE);
            let turned = crate::pixels::turn(turned, orientation);
            let off = testing::mean_difference(&decoded.bitmap, &turned);
            assert!(off < 4.0, "{name} is off by {off}");
            let facts = facts(&bytes);
            assert_eq!((facts.size, facts.orientation), (upright(told), orientation), "{name}");
        }
    }

    #[test]
    fn a_picture_at_an_unknown_place_is_found() {
        let mut file = File::new(b"II*\0");
        let first = file.directory(&[(0xc612, 1, 4, 0x0401)]);
        file.put(&small());
        file.put(&large());
        let shown = decode(&file.begin_at(first), None, &Limits::default()).unwrap();
        assert_eq!(shown.bitmap.size(), WHOLE);
    }

    #[test]
    fn a_file_that_names_more_pictures_than_a_camera_takes_is_believed_so_far() {
        let with = |place: fn(u32) -> u32| {
            let mut file = File::new(b"IIU\0");
            let entries: Vec<_> = (0..1000).map(|n| (PANASONIC_JPEG, 7, 500, place(n))).collect();
            let first = file.directory(&entries);
            places(&file.begin_at(first), "image/x-panasonic-rw2").len()
        };
        assert_eq!(with(|_| 8), 1);
        assert_eq!(with(|n| n), MOST_PICTURES);
    }

    #[test]
    fn directories_that_lead_in_circles_end() {
        let mut bytes = nef(1);
        let first = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
        let end = bytes.len() - 4;
        bytes[end..].copy_from_slice(&first.to_le_bytes());
        assert!(decode(&bytes, None, &Limits::default()).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn no_damage_harms(which in 0_usize..6, end in any::<prop::sample::Index>(), patches in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)) {
            let mut bytes = [nef(3), cr2(), rw2(), orf(), raf(), cr3()][which].clone();
            for (at, byte) in patches {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(end.index(bytes.len()) + 1);
            let limits = Limits { max_alloc_bytes: 4 << 20, ..Limits::default() };
            let _ = (decode(&bytes, None, &limits), facts(&bytes));
        }
    }
}
