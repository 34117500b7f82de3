use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::pixels::testing;

const SIDE: u16 = 8;
const SIZE: PixelSize = PixelSize::new(8, 8);
const WHOLE: PixelSize = PixelSize::new(100, 100);
const RED: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];

/// A red picture, then a green left half over it, then a blue one; 20, 0 and 500 ms.
fn gif(repeat: ::gif::Repeat) -> Vec<u8> {
    let mut bytes = vec![];
    let palette = [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0];
    let mut encoder = ::gif::Encoder::new(&mut bytes, SIDE, SIDE, &palette).unwrap();
    encoder.set_repeat(repeat).unwrap();
    for (colour, width, delay) in [(0, SIDE, 2), (1, SIDE / 2, 0), (2, SIDE, 50)] {
        let buffer = Cow::Owned(vec![colour; usize::from(width * SIDE)]);
        let frame = ::gif::Frame { width, height: SIDE, buffer, delay, ..::gif::Frame::default() };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

/// The same as PNG, played three times.
fn apng() -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = ::png::Encoder::new(&mut bytes, SIDE.into(), SIDE.into());
    encoder.set_color(::png::ColorType::Rgba);
    encoder.set_animated(3, 3).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for (colour, width, delay) in [(RED, SIDE, 20), (GREEN, SIDE / 2, 0), (BLUE, SIDE, 500)] {
        writer.set_frame_delay(delay, 1000).unwrap();
        writer.set_frame_dimension(width.into(), SIDE.into()).unwrap();
        writer.write_image_data(&colour.repeat(usize::from(width * SIDE))).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// The same as `WebP`, played for ever.
fn webp() -> Vec<u8> {
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        let pad = vec![0; body.len() % 2];
        [&kind[..], &length, body, &pad].concat()
    };
    let three = |value: u32| value.to_le_bytes()[..3].to_vec();
    let side = u32::from(SIDE);
    let mut body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[&[2, 0, 0, 0][..], &three(side - 1), &three(side - 1)].concat()),
    ]
    .concat();
    body.extend(chunk(b"ANIM", &[0; 6]));
    for (colour, width, delay) in [(RED, side, 20), (GREEN, side / 2, 0), (BLUE, side, 500)] {
        let mut still = vec![];
        image_webp::WebPEncoder::new(&mut still)
            .encode(
                &colour[..3].repeat((width * side) as usize),
                width,
                side,
                image_webp::ColorType::Rgb8,
            )
            .unwrap();
        let frame = [three(0), three(0), three(width - 1), three(side - 1), three(delay), vec![0]];
        body.extend(chunk(b"ANMF", &[&frame.concat(), &still[12..]].concat()));
    }
    chunk(b"RIFF", &body)
}

type Seen = ([u8; 4], [u8; 4], u128);

fn open(bytes: &[u8]) -> Result<Option<Animation>, PixelsError> {
    Animation::open(bytes.into(), WHOLE, &Limits::default())
}

/// Whether the frames are those, but for what an encoder rounds.
fn alike(frames: &[Seen], others: &[Seen]) -> bool {
    let near = |a: [u8; 4], b: [u8; 4]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 1);
    let alike = |a: &Seen, b: &Seen| near(a.0, b.0) && near(a.1, b.1) && a.2 == b.2;
    frames.len() == others.len() && frames.iter().zip(others).all(|(a, b)| alike(a, b))
}

/// The colours at the left and at the right edge, and the delay.
fn seen(frame: &Frame) -> Seen {
    let rgba = frame.bitmap.rgba();
    (
        rgba[..4].try_into().unwrap(),
        rgba[rgba.len() - 4..].try_into().unwrap(),
        frame.delay.as_millis(),
    )
}

#[test]
fn each_kind_plays_frame_after_frame_and_again() {
    for (name, bytes, loops) in
        [("gif", gif(::gif::Repeat::Finite(2)), 3), ("apng", apng(), 3), ("webp", webp(), 0)]
    {
        assert!(is_animated(&bytes), "{name}");
        let mut animation = open(&bytes).unwrap().unwrap();
        assert_eq!(animation.stored(), SIZE, "{name}");
        assert_eq!(animation.loops(), NonZeroU32::new(loops), "{name}");
        for _ in 0..2 {
            let frames: Vec<_> = animation.by_ref().map(|frame| seen(&frame.unwrap())).collect();
            let expected = [(RED, RED, 20), (GREEN, RED, 100), (BLUE, BLUE, 500)];
            assert!(alike(&frames, &expected), "{name}: {frames:?}");
            animation.rewind().unwrap();
        }
    }
}

#[test]
fn loops_are_as_browsers_count_them() {
    let loops = |bytes: &[u8]| open(bytes).unwrap().unwrap().loops();
    assert_eq!(loops(&gif(::gif::Repeat::Infinite)), None);
    let extension = b"\x21\xff\x0bNETSCAPE2.0";
    let mut plain = gif(::gif::Repeat::Infinite);
    let at = plain.windows(extension.len()).position(|w| w == extension).unwrap();
    plain.drain(at..at + 19);
    assert_eq!(loops(&plain), NonZeroU32::new(1));
}

#[test]
fn still_pictures_are_no_animations() {
    for bytes in [testing::png(), testing::gif(), testing::webp(), testing::bmp(), vec![]] {
        assert!(!is_animated(&bytes));
        assert!(open(&bytes).unwrap().is_none());
    }
}

#[test]
fn frames_are_made_small_and_huge_canvases_refused() {
    let small = PixelSize::new(4, 4);
    let bytes = gif(::gif::Repeat::Infinite);
    let mut animation =
        Animation::open(bytes.as_slice().into(), small, &Limits::default()).unwrap().unwrap();
    assert_eq!(animation.next().unwrap().unwrap().bitmap.size(), small);
    assert_eq!(animation.stored(), SIZE);
    let mut mural = bytes;
    mural[6..10].fill(0xff);
    assert!(matches!(open(&mural), Err(PixelsError::TooLarge { .. })));
}

#[test]
fn an_animation_lies_on_its_side_as_a_still_picture_does() {
    let mut bytes = apng();
    let exif = testing::exif(6, None, None);
    bytes.splice(33..33, testing::png_chunk(b"eXIf", &exif));
    let frames: Vec<_> = open(&bytes).unwrap().unwrap().map(Result::unwrap).collect();
    // The green half at the left stands at the top once turned to the right.
    assert_eq!(seen(&frames[1]), (GREEN, RED, 100));
    assert_eq!(frames[1].bitmap.rgba()[28..32], GREEN);
}

#[test]
fn a_file_that_breaks_off_shows_what_is_there_and_ends() {
    for bytes in [gif(::gif::Repeat::Infinite), apng(), webp()] {
        for end in 0..bytes.len() {
            let Ok(Some(animation)) = open(&bytes[..end]) else { continue };
            assert!(animation.take(10).count() <= 4);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damage_only_ends_it(which in 0_usize..3, patches in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = [gif(::gif::Repeat::Infinite), apng(), webp()][which].clone();
        for (at, byte) in patches {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let limits = Limits { max_alloc_bytes: 16 << 20, ..Limits::default() };
        if let Ok(Some(animation)) = Animation::open(bytes.into(), WHOLE, &limits) {
            prop_assert!(animation.take(20).count() < 20);
        }
    }
}
