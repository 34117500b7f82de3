//! Files that want to do harm: valid ones of every kind, damaged and cut off anywhere, and bytes
//! of no kind at all. Whatever they are, the answer is a picture or an error, and soon.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::PixelSize;

/// Valid files by which decoders are led as deep as they go.
fn seeds() -> Vec<Vec<u8>> {
    let size = PixelSize::new(50, 40);
    let exif = testing::exif(6, Some("2024:01:31 14:22:33"), Some("+09:00"));
    let picture = testing::picture(size);
    vec![
        testing::jpeg(size, Some(&exif)),
        testing::progressive(&picture, Some(&exif)),
        testing::jpeg_written(&picture, false, jpeg_encoder::ColorType::CmykAsYcck),
        testing::png(),
        testing::noise_png(),
        testing::webp(),
        testing::gif(),
        testing::tiff(),
        testing::bmp(),
        testing::gray16_png(),
        testing::TURNED_AVIF.to_vec(),
        testing::CLEAR_AVIF.to_vec(),
        testing::LOSSLESS_JXL.to_vec(),
        testing::LOSSY_JXL.to_vec(),
        testing::TRIMMED_HEIC.to_vec(),
    ]
}

/// Everything that this room does with bytes from elsewhere.
fn endure(bytes: &[u8]) {
    let limits = Limits { max_alloc_bytes: 8 << 20, ..Limits::default() };
    let fit = PixelSize::new(20, 20);
    for fit in [None, Some(fit)] {
        if let Ok(decoded) = decode(bytes, fit, &limits) {
            let size = decoded.bitmap.size();
            assert!(size.pixels() * 4 <= limits.max_alloc_bytes, "{size:?}");
            assert!(fit.is_none_or(|fit| size == size.fit(fit)), "{size:?}");
        }
    }
    assert!((1..=8).contains(&facts(bytes).orientation));
    let _ = head(&Parts::new(bytes, bytes.len() as u64));
    let _ = prefix(bytes, fit, None, &limits);
    let _ = (stripped_preview(bytes), stripped_blur(bytes));
    if let Ok(Some(animation)) = Animation::open(Arc::from(bytes), fit, &limits) {
        assert!(animation.take(50).count() < 50);
    }
}

#[test]
fn nothing_is_no_picture() {
    endure(&[]);
    assert_eq!(decode(&[], None, &Limits::default()), Err(PixelsError::EndsEarly));
}

#[test]
fn files_may_end_anywhere() {
    for seed in seeds() {
        let step = seed.len() / 40 + 1;
        for end in (0..seed.len().min(64)).chain((64..seed.len()).step_by(step)) {
            endure(&seed[..end]);
        }
    }
}

#[test]
fn names_decide_nothing_and_kinds_may_be_mixed() {
    let seeds = seeds();
    for (first, second) in seeds.iter().zip(seeds.iter().cycle().skip(1)) {
        for at in [4, 12, 40] {
            endure(&[&first[..at], &second[at.min(second.len())..]].concat());
        }
    }
}

#[test]
fn murals_are_refused_by_their_header() {
    let mut png = testing::png();
    png[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    let size = PixelSize::new(100_000, 100_000);
    assert_eq!(decode(&png, None, &Limits::default()), Err(PixelsError::TooLarge { size }));
    let mut avif = testing::TURNED_AVIF.to_vec();
    let at = avif.windows(4).position(|kind| kind == b"ispe").unwrap() + 8;
    avif[at..at + 8].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    assert_eq!(decode(&avif, None, &Limits::default()), Err(PixelsError::TooLarge { size }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn damage_harms_nobody(
        which in any::<prop::sample::Index>(),
        patches in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..10),
        end in any::<prop::sample::Index>(),
        is_cut in prop::bool::weighted(0.2),
    ) {
        let mut bytes = which.get(&seeds()).clone();
        for (at, byte) in patches {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(end.index(bytes.len()));
        }
        endure(&bytes);
    }

    #[test]
    fn bytes_of_no_kind_harm_nobody(
        magic in any::<prop::sample::Index>(),
        length in 0_usize..40,
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let seed = magic.get(&seeds()).clone();
        endure(&[&seed[..length.min(seed.len())], &bytes].concat());
    }
}
