//! What the head of a picture tells without decoding pixels.

use super::{
    exif,
    guard::guarded,
    header, raw,
    sniff::{Class, sniff},
};
use crate::model::{PixelSize, Taken};

/// What the head of an image file tells without decoding pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Size in pixels, upright; empty where the bytes do not reach that far.
    pub size: PixelSize,
    /// How to turn the stored picture: EXIF's 1 … 8, 1 where nothing is said.
    pub orientation: u8,
    /// The camera's clock.
    pub taken: Option<Taken>,
    /// When the file was last changed, by the camera or by who came after it: worth less than a
    /// date in the file's name. Only told where no better date can follow.
    pub changed: Option<Taken>,
    /// Make and model, the make said once.
    pub camera: Option<String>,
}

/// Reads the facts. `bytes` may be a prefix of the file (64 KiB is enough for camera JPEGs);
/// what lies beyond it is simply not known.
#[must_use]
pub fn facts(bytes: &[u8]) -> Facts {
    let sniffed = sniff(bytes);
    if sniffed.class != Class::Image {
        return Facts { orientation: 1, ..Facts::default() };
    }
    let stored = header::stored(bytes, sniffed.mime);
    // Fuji's own header says little; the picture in it has the rest.
    let is_fuji = sniffed.mime == "image/x-fuji-raf";
    let inside =
        if is_fuji { guarded(|| raw::preview(bytes, sniffed.mime)).flatten() } else { None };
    let exif = exif::read(inside.unwrap_or(bytes)).unwrap_or_default();
    let orientation = stored.orientation.or(exif.orientation).unwrap_or(1);
    let size = if stored.size.is_empty() { exif.size.unwrap_or_default() } else { stored.size };
    Facts {
        size: upright(size, orientation),
        orientation,
        taken: exif.taken,
        changed: None,
        camera: exif.camera,
    }
}

/// The size after turning.
pub(super) const fn upright(size: PixelSize, orientation: u8) -> PixelSize {
    if orientation >= 5 { size.transposed() } else { size }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::testing;

    #[test]
    fn a_camera_file_tells_who_when_and_how() {
        let size = PixelSize::new(40, 24);
        let exif = testing::exif(6, Some("2024:01:31 14:22:33"), Some("+09:00"));
        let facts = facts(&testing::jpeg(size, Some(&exif)));
        assert_eq!(facts.size, PixelSize::new(24, 40));
        assert_eq!(facts.orientation, 6);
        assert_eq!(
            facts.taken,
            Some(Taken { wall_seconds: 1_706_710_953, offset_minutes: Some(540) })
        );
        assert_eq!(facts.camera.as_deref(), Some("Canon EOS 40D"));
    }

    #[test]
    fn a_reset_clock_is_no_date() {
        let exif = testing::exif(1, Some("0000:00:00 00:00:00"), None);
        assert_eq!(facts(&testing::jpeg(PixelSize::new(8, 8), Some(&exif))).taken, None);
    }

    #[test]
    fn other_formats_tell_their_size() {
        for bytes in
            [testing::png(), testing::gif(), testing::webp(), testing::tiff(), testing::bmp()]
        {
            assert_eq!(facts(&bytes).size, testing::SIZE, "{:?}", sniff(&bytes));
        }
        assert_eq!(facts(b"no picture at all"), Facts { orientation: 1, ..Facts::default() });
    }

    proptest! {
        #[test]
        fn no_bytes_harm(bytes in proptest::collection::vec(any::<u8>(), 0..800), which in 0_usize..7) {
            let magics: [&[u8]; 7] = [b"", b"\xff\xd8\xff\xe1\0\x40Exif\0\0II*\0\x08\0\0\0", b"II*\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\x01\0WEBPVP8X", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"GIF89a"];
            let file = [magics[which], &bytes].concat();
            let facts = facts(&file);
            prop_assert!((1..=8).contains(&facts.orientation));
        }
    }
}
