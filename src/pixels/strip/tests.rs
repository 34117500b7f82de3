use proptest::prelude::*;

use super::*;
use crate::model::PixelSize;
use crate::pixels::{Limits, Parts, decode, exif, head, testing};

const SIZE: PixelSize = PixelSize { width: 48, height: 32 };

/// What is left of a file.
fn left(file: &[u8], what: Strip) -> Vec<u8> {
    match strip(file, what).unwrap() {
        None => file.to_vec(),
        Some(spans) => spans.iter().fold(Vec::new(), |mut left, span| {
            left.extend_from_slice(match span {
                Span::Keep(range) => &file[range.clone()],
                Span::Put(bytes) => bytes,
            });
            left
        }),
    }
}

/// A block of a camera that knows where it is.
fn located(orientation: u16, is_little_endian: bool) -> Vec<u8> {
    use ::exif::{Field, In, Rational, Tag, Value, experimental::Writer};
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let degrees =
        |n: u32| Value::Rational([n, 30, 0].map(|num| Rational { num, denom: 1 }).to_vec());
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let fields = [
        field(Tag::Make, text("Canon")),
        field(Tag::MakerNote, Value::Undefined(b"City: Tromso".to_vec(), 0)),
        field(Tag::Orientation, Value::Short(vec![orientation])),
        field(Tag::DateTimeOriginal, text("2024:05:01 12:00:00")),
        field(Tag::GPSLatitudeRef, text("N")),
        field(Tag::GPSLatitude, degrees(69)),
        field(Tag::GPSLongitudeRef, text("E")),
        field(Tag::GPSLongitude, degrees(18)),
    ];
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut out = std::io::Cursor::new(Vec::new());
    writer.write(&mut out, is_little_endian).unwrap();
    out.into_inner()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, content].concat()
}

/// A JPEG with everything that may tell something.
fn telling_jpeg() -> Vec<u8> {
    let plain = testing::jpeg(SIZE, Some(&located(6, true)));
    let (start, rest) = plain.split_at(2);
    let xmp = [&b"http://ns.adobe.com/xap/1.0/\0"[..], b"<x exif:GPSLatitude='69,30N'/>"].concat();
    let iptc =
        [&b"Photoshop 3.0\0"[..], b"8BIM\x04\x04\0\0\0\0\0\x09\x1c\x02\x5a\0\x04Oslo"].concat();
    let more = [&b"MPF\0"[..], b"II*\0"].concat();
    let mut file = start.to_vec();
    for (marker, content) in [(0xe1, &xmp), (0xed, &iptc), (0xe2, &more)] {
        file.extend(segment(marker, content));
    }
    file.extend(segment(0xfe, b"a comment"));
    file.extend(rest);
    // A second picture behind the first, with the place once more.
    file.extend(testing::jpeg(SIZE, Some(&located(1, false))));
    file
}

fn has_place(file: &[u8]) -> bool {
    let length = file.len() as u64;
    head(&Parts::new(file, length)).shot.place.is_some()
}

fn contains(file: &[u8], word: &str) -> bool {
    file.windows(word.len()).any(|seen| seen == word.as_bytes())
}

fn pixels(file: &[u8]) -> Vec<u8> {
    decode(file, None, &Limits::default()).unwrap().bitmap.rgba().to_vec()
}

#[test]
fn a_jpeg_loses_its_place_and_keeps_the_rest() {
    let file = telling_jpeg();
    assert!(has_place(&file));
    let stripped = left(&file, Strip::Location);
    assert!(!has_place(&stripped));
    for word in ["GPSLatitude", "Oslo", "MPF", "Tromso"] {
        assert!(contains(&file, word) && !contains(&stripped, word), "{word}");
    }
    assert!(contains(&stripped, "Canon") && contains(&stripped, "a comment"));
    let facts = exif::read(&stripped).unwrap();
    assert_eq!(facts.orientation, Some(6));
    assert!(facts.taken.is_some());
    assert!(pixels(&file) == pixels(&stripped));
    assert_eq!(strip(&stripped, Strip::Location), Ok(None), "nothing is left to take out");
    let again = left(&file, Strip::Location);
    assert!(again == stripped, "the same every time");
}

/// What makers and tools have been seen to write, each with a place in it.
#[test]
fn a_place_goes_however_a_maker_spells_it_and_wherever_it_stands() {
    let plain = testing::jpeg(SIZE, None);
    let dji = [
        &b"http://ns.adobe.com/xap/1.0/\0"[..],
        b"<x:xmpmeta><rdf:Description drone-dji:GpsLatitude=\"+69.64\"/></x:xmpmeta>",
    ]
    .concat();
    let told: [(u8, &[u8]); 6] = [
        (0xe1, &dji),
        (0xe6, b"GoPro\0DEVC GPS5 +69.64"),
        (0xeb, b"JP\0\x01\0\0\0\x01 jumb c2pa +69.64"),
        (0xed, b"Photoshop 3.0\08BIM +69.64"),
        (0xe4, b"a maker's own +69.64"),
        (0xfe, b"latitude=+69.64"),
    ];
    for (marker, content) in told {
        let file = [&plain[..2], &segment(marker, content), &plain[2..]].concat();
        for what in [Strip::Location, Strip::All] {
            let stripped = left(&file, what);
            assert!(stripped == plain, "{}", String::from_utf8_lossy(content));
        }
    }
    let plain = testing::png();
    let told: [([u8; 4], &[u8]); 6] = [
        (*b"tEXt", b"exif:GPSLatitude\x0069/1, 38/1"),
        (*b"tEXt", b"Comment\0taken at latitude 69.64"),
        (*b"iTXt", b"Location\0\0\0\0\0Tromso"),
        (*b"iTXt", b"Comment\0\x01\0\0\0packed"),
        (*b"zTXt", b"Comment\0\0packed"),
        (*b"caBX", b"jumb c2pa"),
    ];
    for (name, content) in told {
        let file = with_chunk(&plain, name, content);
        for what in [Strip::Location, Strip::All] {
            assert!(left(&file, what) == plain, "{}", String::from_utf8_lossy(content));
        }
    }
}

#[test]
fn a_jpeg_loses_everything_but_the_picture() {
    let file = telling_jpeg();
    let stripped = left(&file, Strip::All);
    for word in ["GPSLatitude", "Oslo", "Canon", "a comment", "2024", "MPF"] {
        assert!(contains(&file, word) && !contains(&stripped, word), "{word}");
    }
    assert_eq!(exif::read(&stripped).unwrap().orientation, Some(6), "or it would lie on its side");
    assert!(pixels(&file) == pixels(&stripped));
    assert_eq!(left(&stripped, Strip::All), stripped);
    let plain = testing::jpeg(SIZE, None);
    assert_eq!(strip(&plain, Strip::All), Ok(None));
}

#[test]
fn a_block_of_either_order_loses_its_place_in_place() {
    for is_little_endian in [true, false] {
        let mut block = located(3, is_little_endian);
        let length = block.len();
        assert_eq!(tiff::without_place(&mut block), Ok(true));
        assert_eq!((block.len(), tiff::orientation(&block)), (length, Some(3)));
        assert_eq!(tiff::without_place(&mut block), Ok(false));
        let file = testing::jpeg(SIZE, Some(&block));
        let facts = exif::read(&file).unwrap();
        assert!(!has_place(&file) && facts.taken.is_some());
    }
}

/// A chunk behind the first one of a PNG.
fn with_chunk(file: &[u8], name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let (start, rest) = file.split_at(8 + 25);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [start, &length, &name, data, &png_sum(name, data), rest].concat()
}

fn png_sum(name: [u8; 4], data: &[u8]) -> [u8; 4] {
    let mut sum = flate2::Crc::new();
    sum.update(&name);
    sum.update(data);
    sum.sum().to_be_bytes()
}

#[test]
fn a_png_loses_what_is_asked() {
    let plain = testing::png();
    let file = with_chunk(&plain, *b"eXIf", &located(6, true));
    let file = with_chunk(&file, *b"tEXt", b"Comment\0a word");
    let file = with_chunk(&file, *b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x GPS/>");
    assert!(has_place(&file));
    let stripped = left(&file, Strip::Location);
    assert!(!has_place(&stripped) && contains(&stripped, "Canon"));
    assert!(contains(&stripped, "a word") && !contains(&stripped, "xmp"));
    let stripped = left(&file, Strip::All);
    assert!(!contains(&stripped, "Canon") && !contains(&stripped, "a word"));
    assert_eq!(exif::read(&stripped).unwrap().orientation, Some(6));
    assert!(pixels(&file) == pixels(&stripped));
    assert_eq!(strip(&plain, Strip::All), Ok(None));
}

#[test]
fn a_webp_loses_what_is_asked() {
    let plain = testing::webp();
    assert_eq!(strip(&plain, Strip::All), Ok(None));
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let mut chunk =
            [&name[..], &u32::try_from(data.len()).unwrap().to_le_bytes(), data].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    };
    let mut head = vec![0x0c, 0, 0, 0];
    let side = |v: u32| (v - 1).to_le_bytes()[..3].to_vec();
    let size = decode(&plain, None, &Limits::default()).unwrap().bitmap.size();
    head.extend(side(size.width));
    head.extend(side(size.height));
    let mut body = chunk(b"VP8X", &head);
    body.extend(&plain[12..]);
    body.extend(chunk(b"EXIF", &located(6, true)));
    body.extend(chunk(b"XMP ", b"<x drone-dji:GpsLatitude='+69.64'/>"));
    body.extend(chunk(b"C2PA", b"jumb"));
    let length = u32::try_from(body.len() + 4).unwrap().to_le_bytes();
    let file = [&b"RIFF"[..], &length, b"WEBP", &body].concat();
    assert!(has_place(&file));
    let stripped = left(&file, Strip::Location);
    assert!(!has_place(&stripped) && contains(&stripped, "Canon"), "the place alone");
    assert_eq!(stripped[20], 0x08, "only what there is, is to be expected");
    let bare = left(&file, Strip::All);
    assert!(!contains(&bare, "Canon") && !contains(&bare, "XMP"));
    assert_eq!(exif::read(&bare).unwrap().orientation, Some(6));
    for stripped in [&stripped, &bare] {
        let length = u32::from_le_bytes(stripped[4..8].try_into().unwrap());
        assert_eq!(usize::try_from(length).unwrap() + 8, stripped.len());
        assert!(pixels(&file) == pixels(stripped));
    }
}

#[test]
fn what_cannot_be_stripped_is_refused() {
    assert_eq!(strip(&testing::bmp(), Strip::All), Ok(None), "there is nothing in it");
    for file in [testing::gif(), testing::tiff()] {
        assert!(matches!(strip(&file, Strip::Location), Err(StripError::Format(_))));
    }
    let file = telling_jpeg();
    assert_eq!(strip(&file[..40], Strip::All), Err(StripError::Damaged));
}

proptest! {
    /// Whatever a file is: no panic, and no stretch beyond it.
    #[test]
    fn no_file_leads_astray(
        kind in 0usize..3,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        all in any::<bool>(),
    ) {
        let mut file = [telling_jpeg, || with_chunk(&testing::png(), *b"eXIf", &located(6, false)),
            testing::webp][kind]();
        for (at, byte) in flips {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        let what = if all { Strip::All } else { Strip::Location };
        if let Ok(Some(spans)) = strip(&file, what) {
            for span in spans {
                if let Span::Keep(range) = span {
                    prop_assert!(range.start <= range.end && range.end <= file.len());
                }
            }
        }
    }
}
