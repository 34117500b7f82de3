//! What the painter promises to the world that shows its photographs.

use std::{collections::BTreeMap, io::Cursor};

use super::*;
use crate::{
    model::Bitmap,
    pixels::{Limits, decode, facts, scale, sniff, stripped_preview, video_facts},
};

const PAINTER: Painter = Painter { seed: 7 };

fn specs(kind: impl Fn(PaintedKind) -> bool) -> impl Iterator<Item = Spec> {
    (0..).map(|index| PAINTER.spec(index)).filter(move |spec| kind(spec.kind))
}

fn documents() -> impl Iterator<Item = Spec> {
    specs(|kind| kind == PaintedKind::Document)
}

fn difference(a: &Bitmap, b: &Bitmap) -> f64 {
    assert_eq!(a.size(), b.size());
    let sum: f64 = a.rgba().iter().zip(b.rgba()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    #[expect(clippy::cast_precision_loss, reason = "a small picture")]
    let mean = sum / a.rgba().len() as f64;
    mean
}

#[test]
fn a_photograph_is_always_the_same_and_seeds_differ() {
    for index in [0, 1, 77, 999_999, 5_000_000] {
        assert_eq!(PAINTER.spec(index), PAINTER.spec(index));
        assert_ne!(PAINTER.spec(index), Painter { seed: 8 }.spec(index));
    }
    let spec = documents().next().unwrap();
    assert_eq!(PAINTER.thumb(&spec, 64), PAINTER.thumb(&spec, 64));
}

#[test]
fn time_goes_on() {
    let (mut before, mut days) = (0, BTreeMap::<i64, u32>::new());
    for spec in (0..20_000).map(|index| PAINTER.spec(index)) {
        assert!(spec.sent >= before, "photograph {} was sent before the last", spec.index);
        before = spec.sent;
        if let Some(taken) = spec.taken {
            assert!(
                taken.wall_seconds < spec.sent,
                "photograph {} was sent before it was taken",
                spec.index
            );
            *days.entry(taken.wall_seconds / 86_400).or_default() += 1;
        }
    }
    assert!(days.len() > 700, "{} days", days.len());
    let years = (PAINTER.spec(999_999).sent - PAINTER.spec(0).sent) / (365 * 86_400);
    assert!((11..=12).contains(&years), "{years} years");
}

#[test]
fn the_mixture_is_as_wanted() {
    let specs: Vec<Spec> = (0..10_000).map(|index| PAINTER.spec(index)).collect();
    let count = |wanted: &dyn Fn(&&Spec) -> bool| specs.iter().filter(wanted).count();
    assert!((400..600).contains(&count(&|s| s.kind == PaintedKind::Photo)));
    assert!((200..400).contains(&count(&|s| matches!(s.kind, PaintedKind::Video { .. }))));
    let without = count(&|s| s.kind == PaintedKind::Document && s.taken.is_none());
    assert!((500..1000).contains(&without), "{without}");
    for orientation in [3, 6, 8] {
        assert!(count(&|s| s.orientation == orientation) > 100);
    }
    assert!(count(&|s| s.taken.is_some_and(|t| t.offset_minutes.is_some())) > 1000);
    assert!(count(&|s| !s.name.is_ascii()) > 20);
    assert!(count(&|s| s.caption.contains('#')) > 100);
    assert!(count(&|s| s.kind == PaintedKind::Photo && !s.name.is_empty()) == 0);
}

#[test]
fn every_head_tells_what_its_spec_says() {
    for spec in documents().take(60) {
        let head = PAINTER.head(&spec);
        assert!(head.len() as u64 == jpeg::HEAD_BYTES && head.len() as u64 <= spec.bytes);
        let facts = facts(&head);
        assert_eq!(facts.size, spec.upright(), "{spec:?}");
        assert_eq!(facts.orientation, spec.orientation);
        assert_eq!(facts.taken, spec.taken, "{spec:?}");
        assert_eq!(facts.camera.is_some(), spec.taken.is_some());
    }
}

#[test]
fn every_file_fits_begins_with_its_head_and_shows_its_scene() {
    // Small ones of all scenes, through the same code as large ones.
    for (at, mut spec) in documents().take(40).enumerate() {
        spec.stored = PixelSize::new(200, [150, 133, 267][at % 3]);
        spec.bytes = jpeg::HEAD_BYTES + spec.stored.pixels() * 26 / 100 + 4096;
        let file = PAINTER.file(&spec);
        assert_eq!(file.len() as u64, spec.bytes);
        assert!(file.starts_with(&PAINTER.head(&spec)));
        let shown = decode(&file, None, &Limits::default()).unwrap().bitmap;
        assert_eq!(shown.size(), spec.upright());
        let thumb = decode(&PAINTER.thumb(&spec, 120), None, &Limits::default()).unwrap().bitmap;
        let off = difference(&scale(&shown, PixelSize::new(120, 120)), &thumb);
        assert!(off < 14.0, "photograph {} and its thumbnail differ by {off}", spec.index);
    }
}

#[test]
fn a_file_painted_at_half_size_is_whole() {
    let spec = documents().find(|spec| spec.stored == PixelSize::new(1600, 1200)).unwrap();
    let file = PAINTER.file(&spec);
    assert_eq!(file.len() as u64, spec.bytes);
    let shown = decode(&file, Some(PixelSize::new(160, 160)), &Limits::default()).unwrap().bitmap;
    let thumb = decode(&PAINTER.thumb(&spec, 160), None, &Limits::default()).unwrap().bitmap;
    let off = difference(&shown, &thumb);
    assert!(off < 10.0, "{off}");
}

#[test]
fn even_noise_fits_at_the_lowest_quality() {
    let size = PixelSize::new(256, 256);
    let mut noise = vec![];
    dice::fill(&mut noise, size.pixels() * 3, 1);
    let canvas = Canvas::from_pixels(size, noise.as_chunks::<3>().0.to_vec());
    assert!(jpeg::thumb(&canvas, 0).len() as u64 - 623 < size.pixels() * 26 / 100);
    // The same for a thumbnail of the largest declared kind.
    assert!(jpeg::thumb(&canvas, 0).len() < thumb_bytes(256) as usize);
}

#[test]
fn thumbnails_are_upright_and_of_the_declared_length() {
    for spec in (0..24).map(|index| PAINTER.spec(index)) {
        for side in [40, 90, 320] {
            let thumb = PAINTER.thumb(&spec, side);
            assert_eq!(thumb.len(), thumb_bytes(side) as usize);
            let shown = decode(&thumb, None, &Limits::default()).unwrap().bitmap;
            assert_eq!(shown.size(), spec.upright().fit(PixelSize::new(side, side)));
        }
        let preview = stripped_preview(&PAINTER.stripped(&spec)).unwrap();
        assert_eq!(preview.size(), spec.upright().fit(PixelSize::new(40, 40)));
    }
    assert_eq!(THUMB_320_BYTES, 16_384);
}

#[test]
fn a_preview_looks_like_its_thumbnail() {
    let mut off = vec![];
    for spec in (0..120).map(|index| PAINTER.spec(index * 31)) {
        let preview = stripped_preview(&PAINTER.stripped(&spec)).unwrap();
        let thumb = decode(&PAINTER.thumb(&spec, 320), None, &Limits::default()).unwrap().bitmap;
        let thumb = scale(&thumb, PixelSize::new(40, 40));
        // A thumbnail's own size is rounded, so that now and then they differ by a pixel.
        if thumb.size() == preview.size() {
            off.push(difference(&thumb, &preview));
        }
    }
    off.sort_by(f64::total_cmp);
    // Of 255. Another photograph's preview is off by 40 and more.
    let (middle, worst) = (off[off.len() / 2], off[off.len() - 1]);
    assert!(off.len() > 80 && middle < 8.0 && worst < 25.0, "{middle} mostly, {worst} at worst");
}

#[test]
fn a_video_is_as_long_as_it_says() {
    let spec = specs(|kind| matches!(kind, PaintedKind::Video { .. }))
        .take(20)
        .min_by_key(|spec| spec.bytes)
        .unwrap();
    let PaintedKind::Video { seconds } = spec.kind else { unreachable!("chosen by kind") };
    let file = PAINTER.file(&spec);
    assert_eq!(file.len() as u64, spec.bytes);
    assert!(file.starts_with(&PAINTER.head(&spec)));
    assert_eq!(sniff(&file).mime, spec.mime);
    assert_eq!(video_facts(&mut Cursor::new(&file)), (seconds, spec.stored));
}

#[test]
fn albums_hold_every_photograph_once() {
    assert!(PAINTER.albums(0).is_empty());
    for photos in [1, 3, 200, 1_499, 10_000, 1_000_000] {
        let albums = PAINTER.albums(photos);
        let mut next = 0;
        for album in &albums {
            assert_eq!(album.first, next);
            assert!(album.count > 0 && !album.title.is_empty());
            next += album.count;
        }
        assert_eq!(next, photos);
        assert!(albums.len() <= 40);
    }
    assert_eq!(PAINTER.albums(200).len(), 5);
    let titles: Vec<String> = PAINTER.albums(1_000_000).into_iter().map(|a| a.title).collect();
    let distinct: std::collections::BTreeSet<_> = titles.iter().collect();
    assert_eq!(distinct.len(), titles.len());
}
