//! Files whose date is not where one would like it.

use proptest::prelude::*;

use super::*;
use crate::model::PixelSize;
use crate::pixels::testing;

const THEN: &str = "2024:01:31 14:22:33";
const TAKEN: Taken = Taken { wall_seconds: 1_706_710_953, offset_minutes: Some(540) };

/// Reads as one does over a line: the head, then what it asks for. Gives how many ranges it took.
fn read(file: &[u8]) -> (Head, usize) {
    let total = file.len() as u64;
    let start = &file[..file.len().min(usize::try_from(HEAD_BYTES).unwrap())];
    let parts = Parts::new(start, total);
    let first = head(&parts);
    let Some(need) = first.need.clone() else { return (first, 1) };
    assert!(need.start < need.end && need.end <= total, "{need:?} of {total}");
    assert!(need.end - need.start <= HEAD_BYTES && need.start.is_multiple_of(GRAIN), "{need:?}");
    let index = |at: u64| usize::try_from(at).unwrap();
    let more = &file[index(need.start)..index(need.end)];
    (head(&parts.with(need.start, more)), 2)
}

fn taken(file: &[u8]) -> (Option<Taken>, usize) {
    let (head, ranges) = read(file);
    (head.facts.taken, ranges)
}

fn exif() -> Vec<u8> {
    testing::exif(1, Some(THEN), Some("+09:00"))
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

/// A JPEG whose EXIF stands behind `before` bytes of colour profile.
fn jpeg_behind(before: usize, exif: &[u8]) -> Vec<u8> {
    let plain = testing::jpeg(PixelSize::new(16, 8), None);
    let mut file = plain[..2].to_vec();
    let mut left = before;
    while left > 0 {
        let length = left.min(60_000);
        file.extend(segment(0xe2, &vec![7; length]));
        left -= length;
    }
    file.extend(segment(0xe1, &[b"Exif\0\0", exif].concat()));
    file.extend_from_slice(&plain[2..]);
    file
}

/// A TIFF block with its directories behind `gap` bytes of something else, and its texts behind
/// another such gap.
fn tiff_behind(gap: usize, values_gap: usize) -> Vec<u8> {
    let mut file = b"II*\0".to_vec();
    let number = |at: usize| u32::try_from(at).unwrap().to_le_bytes();
    file.extend(number(8 + gap));
    file.extend(vec![0xaa; gap]);
    let entry = |tag: u16, kind: u16, count: usize, value: usize| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &number(count), &number(value)].concat()
    };
    let exif_at = file.len() + 2 + 12 + 4;
    file.extend([&1_u16.to_le_bytes()[..], &entry(0x8769, 4, 1, exif_at), &[0; 4]].concat());
    let text_at = exif_at + 2 + 24 + 4 + values_gap;
    file.extend(2_u16.to_le_bytes());
    file.extend(entry(0x9003, 2, 20, text_at));
    file.extend(entry(0x9011, 2, 7, text_at + 20));
    file.extend([0; 4]);
    file.extend(vec![0xbb; values_gap]);
    file.extend([THEN.as_bytes(), b"\0+09:00\0"].concat());
    file
}

/// A TIFF block of texts.
fn texts(texts: &[(u16, &str)]) -> Vec<u8> {
    let number = |at: usize| u32::try_from(at).unwrap().to_le_bytes();
    let mut block = [&b"II*\0"[..], &number(8)].concat();
    block.extend(u16::try_from(texts.len()).unwrap().to_le_bytes());
    let mut at = 8 + 2 + texts.len() * 12 + 4;
    for (tag, text) in texts {
        let length = text.len() + 1;
        let kind = 2_u16.to_le_bytes();
        block.extend([&tag.to_le_bytes()[..], &kind, &number(length), &number(at)].concat());
        at += length;
    }
    block.extend([0; 4]);
    block.extend(texts.iter().flat_map(|(_, text)| text.bytes().chain([0])));
    block
}

#[test]
fn when_it_was_changed_is_the_last_resort() {
    let (changed, zone) = ((0x0132, THEN), (0x9010, "+09:00"));
    let later = "2025:02:03 04:05:06";
    let both = |file: &[u8]| {
        let (head, ranges) = read(file);
        ((head.facts.taken, head.facts.changed), ranges)
    };
    let of = |entries: &[(u16, &str)]| both(&jpeg_behind(0, &texts(entries))).0;
    assert_eq!(of(&[changed, zone]), (None, Some(TAKEN)), "nobody said when it was taken");
    assert_eq!(of(&[(0x0132, later), (0x9004, THEN), zone]), (Some(TAKEN), None));
    assert_eq!(of(&[(0x0132, later), (0x9003, THEN), zone]), (Some(TAKEN), None));
    assert_eq!(of(&[(0x0132, "0000:00:00 00:00:00")]), (None, None));
    // Behind a long profile it is asked for.
    assert_eq!(both(&jpeg_behind(100_000, &texts(&[changed, zone]))), ((None, Some(TAKEN)), 2));
    // Of a part it is not known whether something better follows.
    let cut = texts(&[(0x0132, THEN), (0x9003, later)]);
    let parts = Parts::new(&cut[..8 + 2 + 24 + 4 + 20], cut.len() as u64);
    let facts = head(&parts).facts;
    assert_eq!((facts.taken, facts.changed), (None, None));
}

fn png_chunk(kind: &[u8], body: &[u8]) -> Vec<u8> {
    // Nobody here looks at checksums.
    [&u32::try_from(body.len()).unwrap().to_be_bytes(), kind, body, &[0; 4]].concat()
}

fn png(pictures: &[usize], exif: Option<&[u8]>) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(png_chunk(b"IHDR", &[0, 0, 0, 9, 0, 0, 0, 7, 8, 2, 0, 0, 0]));
    // What is no chunk but looks like one.
    let picture = |length: usize| b"eXIfeXIf\0".iter().copied().cycle().take(length).collect();
    for length in pictures {
        let picture: Vec<u8> = picture(*length);
        file.extend(png_chunk(b"IDAT", &picture));
    }
    file.extend(exif.map(|exif| png_chunk(b"eXIf", exif)).unwrap_or_default());
    file.extend(png_chunk(b"IEND", b""));
    file
}

fn webp(kind: &[u8], pictures: &[usize], exif: &[u8], says_so: bool) -> Vec<u8> {
    let chunk = |kind: &[u8], body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [kind, &length, body, &[0][..body.len() % 2]].concat()
    };
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(b"VP8X", &[if says_so { 8 } else { 0 }, 0, 0, 0, 8, 0, 0, 6, 0, 0]));
    for length in pictures {
        body.extend(chunk(kind, &b"EXIF\x08\0\0".repeat(length / 7 + 1)[..*length]));
    }
    body.extend(chunk(b"EXIF", exif));
    chunk(b"RIFF", &body)
}

fn piece(kind: &[u8], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), kind, body].concat()
}

/// A HEIC whose EXIF stands behind `before` bytes of picture. In the file, or in `idat`.
fn heic(before: usize, in_meta: bool) -> Vec<u8> {
    let item = [&6_u32.to_be_bytes()[..], b"Exif\0\0", &exif()].concat();
    let infe =
        |id: u8, kind: &[u8]| piece(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind, b"\0"].concat());
    let iinf = [&[0, 0, 0, 0, 0, 2][..], &infe(1, b"hvc1"), &infe(2, b"Exif")].concat();
    let build = |at: u32| {
        let place = |id: u8, method: u8, at: u32, length: usize| {
            let length = u32::try_from(length).unwrap().to_be_bytes();
            [&[0, id, 0, method, 0, 0, 0, 1][..], &at.to_be_bytes(), &length].concat()
        };
        let (method, exif_at) =
            if in_meta { (1, 0) } else { (0, at + u32::try_from(before).unwrap()) };
        let iloc = [
            &[1, 0, 0, 0, 0x44, 0, 0, 2][..],
            &place(1, 0, at, before),
            &place(2, method, exif_at, item.len()),
        ];
        let idat = if in_meta { piece(b"idat", &item) } else { vec![] };
        let meta =
            [vec![0; 4], piece(b"iinf", &iinf), piece(b"iloc", &iloc.concat()), idat].concat();
        [piece(b"ftyp", b"heic\0\0\0\0mif1heic"), piece(b"meta", &meta)].concat()
    };
    let start = u32::try_from(build(0).len()).unwrap();
    let mut data = vec![9; before];
    data.extend(&item);
    [build(start + 8), piece(b"mdat", &data)].concat()
}

fn movie_header(since_1904: u32) -> Vec<u8> {
    let mut mvhd = vec![0; 100];
    mvhd[4..8].copy_from_slice(&since_1904.to_be_bytes());
    piece(b"mvhd", &mvhd)
}

fn apple_meta() -> Vec<u8> {
    let key = |name: &[u8]| piece(b"mdta", name);
    let names = [&key(b"com.apple.quicktime.make")[..], &key(APPLE), &key(APPLE_PLACE)].concat();
    let keys = [&[0, 0, 0, 0, 0, 0, 0, 3][..], &names].concat();
    let data = |text: &[u8]| piece(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], text].concat());
    let value = |number: u32, text: &[u8]| piece(&number.to_be_bytes(), &data(text));
    let place = value(3, b"+62.5675-007.6870+412.000/");
    let values = [value(1, b"Somebody"), value(2, b"2024-01-31T14:22:33+0900"), place].concat();
    let parts = [piece(b"hdlr", &[0; 24]), piece(b"keys", &keys), piece(b"ilst", &values)];
    piece(b"meta", &parts.concat())
}

const APPLE: &[u8] = b"com.apple.quicktime.creationdate";
const APPLE_PLACE: &[u8] = b"com.apple.quicktime.location.ISO6709";

fn movie(frames: usize, moov: &[Vec<u8>], moov_first: bool) -> Vec<u8> {
    let (moov, mdat) = (piece(b"moov", &moov.concat()), piece(b"mdat", &vec![5; frames]));
    let rest = if moov_first { [moov, mdat] } else { [mdat, moov] };
    [piece(b"ftyp", b"qt  \0\0\0\0qt  "), rest.concat()].concat()
}

#[test]
fn a_camera_file_takes_one_range() {
    assert_eq!(taken(&jpeg_behind(0, &exif())), (Some(TAKEN), 1));
    assert_eq!(taken(&testing::jpeg(PixelSize::new(900, 700), None)), (None, 1));
    // The largest segment there is does not fit into the head; its date does.
    let mut large = exif();
    large.resize(65_527, 0);
    assert_eq!(taken(&jpeg_behind(0, &large)), (Some(TAKEN), 1));
    let (told, _) = read(&jpeg_behind(0, &large));
    assert_eq!(told.facts.camera.as_deref(), Some("Canon EOS 40D"));
}

#[test]
fn exif_behind_a_long_profile_takes_two() {
    for before in [65_000, 65_470, 65_490, 65_530, 170_000] {
        assert_eq!(taken(&jpeg_behind(before, &exif())).0, Some(TAKEN), "{before}");
    }
    assert_eq!(taken(&jpeg_behind(100_000, &exif())).1, 2);
    // What lies beyond a second range stays unknown.
    assert_eq!(taken(&jpeg_behind(200_000, &exif())), (None, 2));
}

#[test]
fn tiff_directories_stand_anywhere() {
    assert_eq!(taken(&tiff_behind(0, 0)), (Some(TAKEN), 1));
    assert_eq!(taken(&tiff_behind(3_000_000, 0)), (Some(TAKEN), 2));
    assert_eq!(taken(&tiff_behind(3_000_000, 9_000)), (Some(TAKEN), 2));
    // Directories in the head, texts far behind.
    assert_eq!(taken(&tiff_behind(0, 400_000)), (Some(TAKEN), 2));
    // Three places are one too many.
    assert_eq!(taken(&tiff_behind(300_000, 400_000)), (None, 2));
    for magic in [&b"IIRO"[..], b"IIU\0"] {
        let raw = [magic, &tiff_behind(100_000, 0)[4..]].concat();
        assert_eq!(taken(&raw), (Some(TAKEN), 2));
    }
    let mut fuji = b"FUJIFILMCCD-RAW".to_vec();
    fuji.resize(84, 0);
    fuji.extend(148_u32.to_be_bytes());
    fuji.resize(148, 0);
    fuji.extend(jpeg_behind(0, &exif()));
    assert_eq!(taken(&fuji), (Some(TAKEN), 1));
}

#[test]
fn a_png_may_tell_at_its_end() {
    assert_eq!(taken(&png(&[500], Some(&exif()))), (Some(TAKEN), 1));
    assert_eq!(taken(&png(&[200_000], Some(&exif()))), (Some(TAKEN), 2));
    assert_eq!(taken(&png(&[8192; 40], Some(&exif()))), (Some(TAKEN), 2));
    assert_eq!(taken(&png(&[8192; 40], None)), (None, 2));
    assert_eq!(taken(&png(&[500], None)), (None, 1));
    let told = read(&png(&[200_000], Some(&exif()))).0;
    assert_eq!(told.facts.size, PixelSize::new(9, 7));
}

#[test]
fn a_webp_says_whether_it_tells() {
    let with_front = [b"Exif\0\0", &exif()[..]].concat();
    for exif in [&exif(), &with_front] {
        assert_eq!(taken(&webp(b"VP8 ", &[300], exif, true)), (Some(TAKEN), 1));
        assert_eq!(taken(&webp(b"VP8 ", &[150_001], exif, true)), (Some(TAKEN), 2));
        assert_eq!(taken(&webp(b"ANMF", &[30_001; 9], exif, true)), (Some(TAKEN), 2));
    }
    assert_eq!(taken(&webp(b"VP8 ", &[150_001], &exif(), false)), (None, 1));
    assert_eq!(taken(&testing::webp()), (None, 1));
}

#[test]
fn boxes_lead_to_the_date() {
    assert_eq!(taken(&heic(1_000, false)), (Some(TAKEN), 1));
    assert_eq!(taken(&heic(900_000, false)), (Some(TAKEN), 2));
    assert_eq!(taken(&heic(900_000, true)), (Some(TAKEN), 1));
    let item = [&6_u32.to_be_bytes()[..], b"Exif\0\0", &exif()].concat();
    let jxl = |codes: usize| {
        let mut file = b"\0\0\0\x0cJXL \r\n\x87\n".to_vec();
        file.extend(piece(b"ftyp", b"jxl \0\0\0\0jxl "));
        file.extend(piece(b"jxlc", &vec![1; codes]));
        file.extend(piece(b"Exif", &item));
        file
    };
    assert_eq!(taken(&jxl(100)), (Some(TAKEN), 1));
    assert_eq!(taken(&jxl(100_000)), (Some(TAKEN), 2));
    // Canon's block has the EXIF tags in its first directory.
    let block = tiff_behind(0, 0);
    let at = 8 + 2 + 12 + 4;
    let cmt2 = [&b"II*\0"[..], &u32::try_from(at).unwrap().to_le_bytes(), &block[8..]].concat();
    let canon = [&b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48"[..]]
        .concat()
        .into_iter()
        .chain(piece(b"CMT1", b"II*\0\x08\0\0\0\0\0"))
        .chain(piece(b"CMT2", &cmt2))
        .collect::<Vec<u8>>();
    let other = piece(b"uuid", &[1; 40]);
    let moov = piece(b"moov", &[other, piece(b"uuid", &canon)].concat());
    let cr3 = [piece(b"ftyp", b"crx \0\0\0\x01crx isom"), moov].concat();
    assert_eq!(taken(&cr3), (Some(TAKEN), 1));
}

#[test]
fn a_video_knows_when_it_was_begun() {
    let instant = |file: &[u8]| {
        let (told, ranges) = read(file);
        (told.instant, ranges)
    };
    let then = 1_706_710_953_u32.wrapping_add(2_082_844_800);
    let moov = [movie_header(then)];
    assert_eq!(instant(&movie(90, &moov, true)), (Some(1_706_710_953), 1));
    assert_eq!(instant(&movie(900_000, &moov, false)), (Some(1_706_710_953), 2));
    assert_eq!(instant(&movie(900_000, &[movie_header(0)], false)), (None, 2));
    // A clock that was never set.
    assert_eq!(instant(&movie(90, &[movie_header(2_082_844_800)], true)), (None, 1));
    let apple = [movie_header(then), apple_meta()];
    assert_eq!(taken(&movie(900_000, &apple, false)), (Some(TAKEN), 2));
    assert_eq!(taken(&movie(90, &apple, true)), (Some(TAKEN), 1));
    let shot = read(&movie(90, &apple, true)).0.shot;
    assert_eq!(shot.camera.as_deref(), Some("Somebody"));
    assert_eq!(shot.place, crate::model::GeoPoint::new(62.5675, -7.687, Some(412.0)));
    // What cannot be reached is not gone after: the header is enough.
    let far = [movie_header(then), piece(b"trak", &vec![0; 90_000]), apple_meta()];
    assert_eq!(instant(&movie(90, &far, true)), (Some(1_706_710_953), 1));
}

#[test]
fn what_is_at_hand_is_read_as_a_whole_file_is() {
    for date in [THEN, "2024:02:30 14:22:33", "1824:01:31 00:00:00", "    :  :     :  :  "] {
        for zone in [None, Some("+09:00"), Some("-03:30"), Some("   :  "), Some("Z")] {
            let file =
                testing::jpeg(PixelSize::new(16, 8), Some(&testing::exif(6, Some(date), zone)));
            let parts = Parts::new(&file, file.len() as u64);
            let own = jpeg::read(View::of(&parts)).taken;
            assert_eq!(own, facts(&file).taken, "{date} {zone:?}");
        }
    }
}

/// A block with everything that a camera may say, its values behind `gap` bytes.
fn full_block(gap: usize) -> Vec<u8> {
    let rational = |pairs: &[(u32, u32)]| -> Vec<u8> {
        pairs.iter().flat_map(|(n, d)| [n.to_be_bytes(), d.to_be_bytes()].concat()).collect()
    };
    let directory = |entries: &[(u16, u16, u32, Vec<u8>)], at: usize, gap: usize| {
        let number = |v: usize| u32::try_from(v).unwrap().to_be_bytes();
        let mut out = u16::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
        let (mut values, from) = (vec![0xcc; gap], at + 2 + entries.len() * 12 + 4);
        for (tag, kind, count, value) in entries {
            out.extend(
                [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes()].concat(),
            );
            if value.len() > 4 {
                out.extend(number(from + values.len()));
                values.extend(value);
            } else {
                out.extend(value.iter().copied().chain([0; 4]).take(4));
            }
        }
        [out, vec![0; 4], values].concat()
    };
    let text = |tag, text: &str| {
        (tag, 2, u32::try_from(text.len() + 1).unwrap(), [text.as_bytes(), b"\0"].concat())
    };
    let long = |tag, v: usize| (tag, 4, 1, u32::try_from(v).unwrap().to_be_bytes().to_vec());
    let short = |tag, v: u16| (tag, 3, 1, v.to_be_bytes().to_vec());
    let exif = |at| {
        directory(
            &[
                (0x829a, 5, 1, rational(&[(10, 1250)])),
                (0x829d, 5, 1, rational(&[(28, 10)])),
                short(0x8827, 400),
                text(0x9003, THEN),
                text(0x9011, "+09:00"),
                (0x920a, 5, 1, rational(&[(35, 1)])),
                short(0xa405, 52),
                text(0xa434, "GF 35-70 mm"),
            ],
            at,
            gap,
        )
    };
    let gps = |at| {
        directory(
            &[
                text(1, "N"),
                (2, 5, 3, rational(&[(62, 1), (30, 1), (900, 100)])),
                text(3, "W"),
                (4, 5, 2, rational(&[(7, 1), (4122, 100)])),
                (5, 1, 1, vec![1]),
                (6, 5, 1, rational(&[(824, 2)])),
            ],
            at,
            gap,
        )
    };
    let first = |exif_at, gps_at| {
        let names = [text(0x010f, "Fujifilm"), text(0x0110, "GFX 50S II")];
        let [make, model] = names;
        directory(&[make, model, long(0x8769, exif_at), long(0x8825, gps_at)], 8, gap)
    };
    let exif_at = 8 + first(0, 0).len();
    let gps_at = exif_at + exif(exif_at).len();
    [b"MM\0*\0\0\0\x08".to_vec(), first(exif_at, gps_at), exif(exif_at), gps(gps_at)].concat()
}

#[test]
fn a_file_tells_how_it_was_made() {
    let all = Shot {
        camera: Some("Fujifilm GFX 50S II".into()),
        lens: Some("GF 35-70 mm".into()),
        exposure_seconds: Some(0.008),
        f_number: Some(2.8),
        iso: Some(400),
        focal_mm: Some(35.0),
        focal_35_mm: Some(52.0),
        place: crate::model::GeoPoint::new(
            62.0 + 30.0 / 60.0 + 9.0 / 3600.0,
            -(7.0 + 41.22 / 60.0),
            Some(-412.0),
        ),
    };
    let told = read(&jpeg_behind(0, &full_block(0))).0;
    assert_eq!((told.shot, told.facts.taken), (all.clone(), Some(TAKEN)));
    assert_eq!(read(&full_block(0)).0.shot, all);
    // Far behind the head, in the one range that it names.
    assert_eq!(read(&jpeg_behind(100_000, &full_block(0))).0.shot, all);
    let file = full_block(9_000);
    let whole = Parts::new(&file, file.len() as u64);
    assert_eq!((head(&whole).shot, head(&whole).more), (all.clone(), None));
    let short = &file[..20_000];
    let told = head(&Parts::new(short, file.len() as u64));
    assert_eq!(told.need, None, "the date is here");
    let more = told.more.expect("the place is not");
    let index = |at: u64| usize::try_from(at).unwrap();
    let rest = &file[index(more.start)..index(more.end)];
    let told = head(&Parts::new(short, file.len() as u64).with(more.start, rest));
    assert_eq!(told.shot, all);
}

#[test]
fn nonsense_is_not_how_it_was_made() {
    // Every rational broken: 0 / 0.
    let mut file = full_block(0);
    for (n, d) in [(10_u32, 1250_u32), (28, 10), (35, 1), (62, 1), (7, 1), (824, 2)] {
        let pair = [n.to_be_bytes(), d.to_be_bytes()].concat();
        let at = file.windows(8).position(|window| window == pair).unwrap();
        file[at..at + 8].fill(0);
    }
    let shot = read(&file).0.shot;
    assert_eq!((shot.exposure_seconds, shot.f_number, shot.focal_mm), (None, None, None));
    assert_eq!(shot.place, None);
    assert_eq!(shot.iso, Some(400));
}

fn samples() -> Vec<Vec<u8>> {
    vec![
        jpeg_behind(70_000, &exif()),
        tiff_behind(70_000, 500),
        png(&[8192; 9], Some(&exif())),
        webp(b"ANMF", &[30_001; 3], &exif(), true),
        heic(70_000, false),
        heic(100, true),
        movie(70_000, &[movie_header(9), apple_meta()], false),
        full_block(9_000),
    ]
}

proptest! {
    #[test]
    fn no_bytes_harm(
        bytes in proptest::collection::vec(any::<u8>(), 0..900),
        magic in 0_usize..9,
        total in prop_oneof![0_u64..2000, any::<u64>()],
        more in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let magics: [&[u8]; 9] = [
            b"", b"\xff\xd8\xff\xe1\0\x40Exif\0\0II*\0\x08\0\0\0", b"II*\0\x08\0\0\0",
            b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\x01\0WEBPVP8X\x0a\0\0\0\x08", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x0cftypqt  ", b"FUJIFILMCCD-RAW",
        ];
        let file = [magics[magic], &bytes].concat();
        let parts = Parts::new(&file, total);
        if let Some(need) = head(&parts).need {
            prop_assert!(need.start < need.end && need.end <= parts.total());
            prop_assert!(need.end - need.start <= HEAD_BYTES && need.start % GRAIN == 0);
            let _ = head(&parts.with(need.start, &more));
        }
    }

    #[test]
    fn no_damage_harms(which in 0_usize..8, at in any::<prop::sample::Index>(), patch in any::<[u8; 4]>(), cut in any::<prop::sample::Index>()) {
        let mut file = samples().swap_remove(which);
        // Headers stand at both ends.
        let end = file.len() - 4;
        let places: Vec<usize> = (0..end.min(600)).chain(end.saturating_sub(600)..end).collect();
        let at = places[at.index(places.len())];
        file[at..at + 4].copy_from_slice(&patch);
        let _ = read(&file);
        file.truncate(cut.index(file.len()));
        let _ = read(&file);
    }
}
