//! What a file is, by its content and never by its name.
//!
//! `infer` knows most magic numbers. What matters for photographs is looked at here first: it
//! takes every TIFF for a scan, knows few brands of MP4 and HEIF, and believes two letters `BM`.

use super::boxes::be32;
use super::ifd::Tiff;

/// How much of a file's beginning [`sniff`] looks at.
pub const SNIFF_BYTES: usize = 4096;

/// What a file is, by its content. `mime` is what is told to Telegram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// Media type, e.g. `image/jpeg`.
    pub mime: &'static str,
    /// Picture, video or neither.
    pub class: Class,
}

/// Picture, video or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A still or animated picture, whether or not it can be decoded here.
    Image,
    /// A video.
    Video,
    /// Anything else.
    Other,
}

impl Sniffed {
    const fn image(mime: &'static str) -> Self {
        Self { mime, class: Class::Image }
    }

    const fn video(mime: &'static str) -> Self {
        Self { mime, class: Class::Video }
    }

    const fn other(mime: &'static str) -> Self {
        Self { mime, class: Class::Other }
    }

    /// Whether it is a camera's raw file, of which the embedded picture is shown.
    pub(super) fn is_raw(&self) -> bool {
        matches!(
            self.mime,
            "image/x-canon-cr2"
                | "image/x-canon-cr3"
                | "image/x-adobe-dng"
                | "image/x-nikon-nef"
                | "image/x-sony-arw"
                | "image/x-pentax-pef"
                | "image/x-panasonic-rw2"
                | "image/x-olympus-orf"
                | "image/x-fuji-raf"
        )
    }

    /// What people call a kind of picture for which there is no decoder here; `None` where there
    /// is one, or where it is no picture.
    pub(super) fn undecodable(&self) -> Option<&'static str> {
        match self.mime {
            "image/jp2" => Some("JPEG 2000"),
            "image/vnd.ms-photo" => Some("JPEG XR"),
            "image/vnd.adobe.photoshop" => Some("Photoshop"),
            "image/openraster" => Some("OpenRaster"),
            "image/vnd.microsoft.icon" => Some("Icon"),
            _ => None,
        }
    }
}

/// By magic numbers in the first [`SNIFF_BYTES`] (JPEG, PNG, GIF, `WebP`, TIFF, BMP, AVIF, HEIC,
/// JPEG XL, camera raw, MP4, MOV, MKV, `WebM`, AVI …).
#[must_use]
pub fn sniff(head: &[u8]) -> Sniffed {
    let head = &head[..head.len().min(SNIFF_BYTES)];
    own(head).unwrap_or_else(|| by_infer(head))
}

fn own(head: &[u8]) -> Option<Sniffed> {
    // One JPEG whose third byte was lost to a transfer is no JPEG; three bytes are the magic.
    if head.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some(Sniffed::image("image/jpeg"));
    }
    if head.get(4..8) == Some(b"ftyp") {
        return Some(by_brand(head));
    }
    // In its container, or bare.
    if head.starts_with(b"\0\0\0\x0cJXL \r\n\x87\n") || head.starts_with(&[0xff, 0x0a]) {
        return Some(Sniffed::image("image/jxl"));
    }
    if head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        let named = |name: &[u8]| head[..head.len().min(64)].windows(name.len()).any(|w| w == name);
        let webm = named(b"webm");
        return Some(Sniffed::video(if webm { "video/webm" } else { "video/x-matroska" }));
    }
    // QuickTime from before there was an `ftyp`.
    if matches!(head.get(4..8), Some(b"moov" | b"mdat" | b"wide")) && be32(head, 0) != Some(0) {
        return Some(Sniffed::video("video/quicktime"));
    }
    if head.starts_with(b"FUJIFILMCCD-RAW") {
        return Some(Sniffed::image("image/x-fuji-raf"));
    }
    if head.starts_with(b"IIU\0") {
        return Some(Sniffed::image("image/x-panasonic-rw2"));
    }
    if [b"IIRO", b"IIRS", b"MMOR"].iter().any(|magic| head.starts_with(*magic)) {
        return Some(Sniffed::image("image/x-olympus-orf"));
    }
    if let Some(tiff) = Tiff::open(head) {
        return Some(kind_of_tiff(tiff));
    }
    if head.starts_with(b"BM") {
        return Some(if is_bmp(head) {
            Sniffed::image("image/bmp")
        } else {
            Sniffed::other("application/octet-stream")
        });
    }
    is_transport_stream(head).then_some(Sniffed::video("video/mp2t"))
}

fn by_infer(head: &[u8]) -> Sniffed {
    use infer::MatcherType;
    let Some(kind) = infer::get(head) else {
        return Sniffed::other("application/octet-stream");
    };
    match (kind.matcher_type(), kind.mime_type()) {
        // Drawings and scanned books are documents, not photographs.
        (MatcherType::Image, mime @ ("image/vnd.dwg" | "image/vnd.djvu")) => Sniffed::other(mime),
        (MatcherType::Image, mime) => Sniffed::image(mime),
        (MatcherType::Video, mime) => Sniffed::video(mime),
        (_, mime) => Sniffed::other(mime),
    }
}

/// ISO base media: the brands say what is in it, the major one first, then those that it is
/// compatible with.
fn by_brand(head: &[u8]) -> Sniffed {
    let end =
        usize::try_from(be32(head, 0).unwrap_or(0)).unwrap_or(0).clamp(12, head.len().max(12));
    let mut brands: Vec<&[u8]> = head.get(8..12).into_iter().collect();
    brands.extend(head.get(16..end).unwrap_or_default().chunks_exact(4).take(64));
    // `mif1` and `msf1` only say "HEIF of some coding": a more telling brand goes first.
    let telling = brands.iter().find_map(|brand| match *brand {
        b"avif" | b"avis" => Some(Sniffed::image("image/avif")),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => {
            Some(Sniffed::image("image/heic"))
        }
        b"crx " => Some(Sniffed::image("image/x-canon-cr3")),
        _ => None,
    });
    if let Some(sniffed) = telling {
        return sniffed;
    }
    match brands.first().copied().unwrap_or_default() {
        b"mif1" | b"msf1" | b"mif2" => Sniffed::image("image/heif"),
        b"jp2 " | b"jpx " | b"jpm " => Sniffed::image("image/jp2"),
        b"jxl " => Sniffed::image("image/jxl"),
        b"qt  " => Sniffed::video("video/quicktime"),
        b"M4V " | b"M4VH" | b"M4VP" => Sniffed::video("video/x-m4v"),
        b"M4A " | b"M4B " | b"M4P " | b"F4A " => Sniffed::other("audio/mp4"),
        brand if brand.starts_with(b"3g") => Sniffed::video("video/3gpp"),
        _ => Sniffed::video("video/mp4"),
    }
}

/// `BM` alone also begins sentences: the sizes of the headers must be possible too.
fn is_bmp(head: &[u8]) -> bool {
    let le32 = |at: usize| be32(head, at).map(u32::swap_bytes);
    let known =
        le32(14).is_some_and(|size| matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124));
    known && le32(10).is_some_and(|offset| (26..1 << 20).contains(&offset))
}

/// MPEG transport streams (camcorders): a sync byte at each packet's start, with or without the
/// four bytes of time code before it.
fn is_transport_stream(head: &[u8]) -> bool {
    [(0, 188), (4, 192)]
        .into_iter()
        .any(|(first, step)| (0..5).all(|i| head.get(first + i * step) == Some(&0x47)))
}

/// Plain scans and most camera raw files look alike but for a tag of their first directory.
fn kind_of_tiff(tiff: Tiff<'_>) -> Sniffed {
    const MAKE: u16 = 0x010f;
    const SUB_IFDS: u16 = 0x014a;
    const DNG_VERSION: u16 = 0xc612;
    if tiff.bytes().get(8..10) == Some(b"CR") {
        return Sniffed::image("image/x-canon-cr2");
    }
    let mut make: &[u8] = &[];
    let (mut dng, mut sub_ifds) = (false, false);
    for entry in tiff.first().into_iter().flat_map(|at| tiff.entries(at)) {
        match entry.tag {
            MAKE => make = tiff.text(entry),
            SUB_IFDS => sub_ifds = true,
            DNG_VERSION => dng = true,
            _ => {}
        }
    }
    Sniffed::image(match make {
        _ if dng => "image/x-adobe-dng",
        // Raw files keep the sensor's data in a directory below; developed TIFFs do not.
        make if sub_ifds && make.starts_with(b"NIKON") => "image/x-nikon-nef",
        make if sub_ifds && make.starts_with(b"SONY") => "image/x-sony-arw",
        make if sub_ifds && make.starts_with(b"PENTAX") => "image/x-pentax-pef",
        _ => "image/tiff",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn brands(text: &str) -> Vec<u8> {
        let mut bytes = u32::try_from(text.len() + 12).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(b"ftyp");
        bytes.extend_from_slice(&text.as_bytes()[..4]);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&text.as_bytes()[4..]);
        bytes
    }

    fn tiff(entries: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend_from_slice(&u16::try_from(entries.len()).unwrap().to_le_bytes());
        let mut data = vec![];
        let data_at = 8 + 2 + entries.len() * 12 + 4;
        for (tag, text) in entries {
            bytes.extend_from_slice(&tag.to_le_bytes());
            bytes.extend_from_slice(&2_u16.to_le_bytes());
            bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(&u32::try_from(data_at + data.len()).unwrap().to_le_bytes());
            data.extend_from_slice(text);
        }
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&data);
        bytes
    }

    #[test]
    fn content_decides() {
        let cases: [(&[u8], &str, Class); 12] = [
            (&[0xff, 0xd8, 0xff, 0xe0, 0, 16], "image/jpeg", Class::Image),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png", Class::Image),
            (b"GIF89a\x01\0\x01\0", "image/gif", Class::Image),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp", Class::Image),
            (b"RIFF\x10\0\0\0AVI LIST", "video/x-msvideo", Class::Video),
            (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl", Class::Image),
            (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm", "video/webm", Class::Video),
            (b"%PDF-1.7\n", "application/pdf", Class::Other),
            (b"BMW brochure, 40 pages of text", "application/octet-stream", Class::Other),
            (b"Dear diary", "application/octet-stream", Class::Other),
            (b"", "application/octet-stream", Class::Other),
            (b"IIU\0\x18\0\0\0", "image/x-panasonic-rw2", Class::Image),
        ];
        for (head, mime, class) in cases {
            assert_eq!(sniff(head), Sniffed { mime, class }, "{:?}", String::from_utf8_lossy(head));
        }
        assert_eq!(sniff(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>").class, Class::Other);
        assert_eq!(sniff(b"<?xml version=\"1.0\"?><svg/>").class, Class::Other);
    }

    #[test]
    fn brands_tell_pictures_from_videos() {
        for (text, mime, class) in [
            ("heicmif1heic", "image/heic", Class::Image),
            ("mif1mif1heic", "image/heic", Class::Image),
            ("mif1mif1", "image/heif", Class::Image),
            ("avifavifmif1", "image/avif", Class::Image),
            ("crx crx isom", "image/x-canon-cr3", Class::Image),
            ("isomiso2avc1mp41", "video/mp4", Class::Video),
            ("qt  qt  ", "video/quicktime", Class::Video),
            ("3gp43gp4", "video/3gpp", Class::Video),
            ("M4A M4A mp42", "audio/mp4", Class::Other),
        ] {
            assert_eq!(sniff(&brands(text)), Sniffed { mime, class }, "{text}");
        }
    }

    #[test]
    fn raw_files_are_pictures_of_their_own() {
        assert_eq!(sniff(&tiff(&[(0x010f, b"EPSON Perfection\0")])).mime, "image/tiff");
        let nef = tiff(&[(0x010f, b"NIKON CORPORATION\0"), (0x014a, b"\0\0\0\0\0")]);
        assert_eq!(sniff(&nef).mime, "image/x-nikon-nef");
        assert_eq!(sniff(&tiff(&[(0x010f, b"NIKON CORPORATION\0")])).mime, "image/tiff");
        assert_eq!(sniff(&tiff(&[(0xc612, b"\x01\x04\0\0")])).mime, "image/x-adobe-dng");
        assert_eq!(sniff(b"II*\0\x10\0\0\0CR\x02\0").mime, "image/x-canon-cr2");
    }

    proptest! {
        #[test]
        fn no_bytes_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600), magic in 0_usize..6) {
            let magics: [&[u8]; 6] = [b"", b"II*\0", b"MM\0*", b"\0\0\0\x40ftyp", b"BM", b"\xff\xd8\xff"];
            let mut head = magics[magic].to_vec();
            head.extend_from_slice(&bytes);
            let _ = sniff(&head);
        }
    }
}
