//! Large pictures in front of a context that nobody paints.

use std::time::{Duration, Instant};

use egui::{pos2, vec2};
use proptest::prelude::*;

use super::*;
use crate::model::{AlbumId, MessageId};

const WHOLE: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(1.0, 1.0) };

fn id(n: i32) -> PhotoId {
    PhotoId { album: AlbumId(1), message: MessageId(n) }
}

fn bitmap(width: u32, height: u32) -> Arc<Bitmap> {
    let size = PixelSize::new(width, height);
    Arc::new(Bitmap::new(size, vec![200; bytes(size)]).unwrap())
}

fn arrived(bitmap: &Arc<Bitmap>, partial: bool) -> Arrived {
    Arrived { bitmap: bitmap.clone(), reduced_from: None, is_damaged: false, partial }
}

/// A frame that may send so many bytes.
fn frame(ctx: &Context, number: u64, budget: usize) -> Frame<'_> {
    Frame { ctx, number, now: 0.0, fade: 0.0, budget }
}

fn sight(part: Rect, width: f32, height: f32) -> Sight {
    Sight { part, pixels: vec2(width, height), fades: false }
}

fn put(larges: &mut Larges, n: i32, rendition: Rendition, bitmap: &Arc<Bitmap>, frame: u64) {
    larges.asked((id(n), rendition), bitmap.size());
    larges.put((id(n), rendition), arrived(bitmap, false), frame);
}

/// Shows an original again and again until all that is seen of it is on the card.
fn settle(larges: &mut Larges, ctx: &Context, sight: &Sight, from: u64) -> (Tiles, u64) {
    let end = Instant::now() + Duration::from_mins(1);
    let mut number = from;
    loop {
        number += 1;
        larges.begin_frame(number);
        let mut frame = frame(ctx, number, 1 << 20);
        let shown = larges.show((id(1), Rendition::Original), sight, &mut frame);
        if let Some((tiles, false)) = shown {
            return (tiles, number);
        }
        assert!(Instant::now() < end, "not whole after {number} frames");
        std::thread::yield_now();
    }
}

/// The parts lie side by side, and cover what is seen.
fn assert_tiled(tiles: &Tiles, seen: Rect) {
    assert!(tiles.covers);
    for (i, a) in tiles.parts.iter().enumerate() {
        assert!(WHOLE.expand(1e-5).contains_rect(a.part), "{a:?}");
        assert!(WHOLE.expand(1e-5).contains_rect(a.uv), "{a:?}");
        for b in &tiles.parts[..i] {
            assert!(!a.part.shrink(1e-4).intersects(b.part.shrink(1e-4)), "{a:?} {b:?}");
        }
    }
    let within = tiles.parts.iter().map(|tile| tile.part.intersect(seen)).filter(Rect::is_positive);
    let area: f32 = within.map(|part| part.area()).sum();
    assert!((area - seen.area()).abs() < 1e-3, "{area} of {}", seen.area());
}

#[test]
fn a_picture_for_the_screen_comes_whole_within_the_budget_and_lets_go_of_its_pixels() {
    let ctx = Context::default();
    let mut larges = Larges::default();
    put(&mut larges, 1, Rendition::Screen, &bitmap(2500, 1100), 0);
    let key = (id(1), Rendition::Screen);
    let mut number = 0;
    while larges.held() > 0 {
        number += 1;
        larges.begin_frame(number);
        assert!(larges.covers(key, PixelSize::new(2500, 1100), number));
        let mut one = frame(&ctx, number, 1);
        larges.upload(&mut one, true);
        let shown = larges.show(key, &sight(WHOLE, 1250.0, 550.0), &mut one);
        assert_eq!(shown.is_some(), larges.held() == 0, "it shows once it is whole");
        assert!(number < 100);
    }
    assert_eq!(number, 15, "a budget of one byte is one piece a frame");
    let mut none = frame(&ctx, number, 0);
    let (tiles, more) = larges.show(key, &sight(WHOLE, 1250.0, 550.0), &mut none).unwrap();
    assert!(!more);
    assert_tiled(&tiles, WHOLE);
}

#[test]
fn an_original_is_on_the_card_as_far_as_it_is_seen() {
    let ctx = Context::default();
    let mut larges = Larges::default();
    let original = bitmap(6000, 4000);
    put(&mut larges, 1, Rendition::Original, &original, 0);
    // All of it, on a screen of a few hundred pixels.
    let (tiles, number) = settle(&mut larges, &ctx, &sight(WHOLE, 900.0, 600.0), 0);
    assert_tiled(&tiles, WHOLE);
    assert!(larges.bytes() <= 4 * 4 * 900 * 600 + 8 * 512 * 512 * 4, "{}", larges.bytes());
    // Pixel by pixel, in a corner and then in another.
    let mut number = number;
    for corner in [pos2(0.0, 0.0), pos2(0.8, 0.0), pos2(0.8, 0.8), pos2(0.0, 0.8)] {
        let part = Rect::from_min_size(corner, vec2(0.2, 0.2));
        let (tiles, now) = settle(&mut larges, &ctx, &sight(part, 6000.0, 4000.0), number);
        assert_tiled(&tiles, part);
        number = now;
        assert!(larges.bytes() <= KEPT + 30 * 512 * 512 * 4, "{}", larges.bytes());
    }
    assert!(larges.held() <= original.rgba().len() * 4 / 3 + 100_000);
    // Nobody looks any more.
    larges.begin_frame(number + FRESH + 1);
    assert_eq!((larges.bytes(), larges.held()), (0, 0));
}

#[test]
fn pixels_are_plain_beyond_400_percent_and_smooth_below() {
    let ctx = Context::default();
    let mut larges = Larges::default();
    put(&mut larges, 1, Rendition::Original, &bitmap(900, 600), 0);
    let key = (id(1), Rendition::Original);
    let mut number = 0;
    for (percent, plain) in [(4.0, false), (4.5, true), (8.0, true), (3.9, false), (0.4, false)] {
        let sight = sight(WHOLE, 900.0 * percent, 600.0 * percent);
        number = settle(&mut larges, &ctx, &sight, number).1;
        let large = larges.get(key).unwrap();
        assert!(large.pieces.values().all(|piece| piece.is_plain() == plain), "{percent}");
    }
}

#[test]
fn the_old_picture_stays_until_the_better_one_is_whole() {
    let ctx = Context::default();
    let mut larges = Larges::default();
    let key = (id(1), Rendition::Screen);
    let small = bitmap(300, 200);
    larges.asked(key, PixelSize::new(1500, 1000));
    larges.put(key, arrived(&small, true), 1);
    assert!(!larges.covers(key, PixelSize::new(1500, 1000), 1), "a part is not enough");
    let sight = sight(WHOLE, 1500.0, 1000.0);
    assert!(larges.show(key, &sight, &mut frame(&ctx, 1, 1 << 20)).is_some());
    larges.put(key, arrived(&bitmap(1500, 1000), false), 1);
    let mut frames = 0;
    while larges.get(key).unwrap().size() == small.size() {
        frames += 1;
        let shown = larges.show(key, &sight, &mut frame(&ctx, frames, 1));
        assert!(shown.is_some_and(|(tiles, _)| tiles.covers), "never nothing");
        assert!(frames < 100);
    }
    assert!(frames > 3);
    assert!(larges.covers(key, PixelSize::new(1500, 1000), frames));
}

#[test]
fn paging_through_large_photos_stays_within_the_budget() {
    let ctx = Context::default();
    let mut larges = Larges::default();
    // What 50 megapixels come to on a large screen, and this many neighbours.
    let (screen, fit) = (bitmap(2880, 1920), PixelSize::new(2880, 1920));
    let mut most = 0;
    for n in 2..200_i32 {
        let number = u64::try_from(n).unwrap() * 3;
        for frame_of_photo in 0..3 {
            larges.begin_frame(number + frame_of_photo);
            for near in [n, n + 1, n - 1, n + 2, n - 2] {
                let key = (id(near), Rendition::Screen);
                if !larges.covers(key, fit, number + frame_of_photo) {
                    put(&mut larges, near, Rendition::Screen, &screen, number + frame_of_photo);
                }
            }
            larges.upload(&mut frame(&ctx, number, 64 << 20), false);
            most = most.max(larges.bytes() + larges.held());
            let near = (n - 2..=n + 2).filter(|near| *near <= n);
            near.for_each(|near| {
                assert!(larges.get((id(near), Rendition::Screen)).is_some(), "{near} of {n}");
            });
        }
    }
    let own = screen.rgba().len();
    assert!(most <= SCREENS + 5 * own, "{most}");
}

proptest! {
    #[test]
    fn no_copy_has_fewer_pixels_than_the_screen(magnified in 0.001_f32..20.0) {
        let level = i32::try_from(level_for(magnified)).unwrap();
        let left = magnified * 2.0_f32.powi(level);
        prop_assert!(left <= 1.0 || level == 0);
        prop_assert!(left > 0.5 || level == 16);
    }

    #[test]
    fn every_copy_is_cut_into_parts_that_meet(
        width in 1_u32..3000, height in 1_u32..3000, level in 0_usize..4,
    ) {
        let ctx = Context::default();
        let size = PixelSize::new(width, height);
        let grid = Grid::of(size, level, &ctx);
        let copies = (0..level).fold(size, |s, _| PixelSize::new(s.width.div_ceil(2), s.height.div_ceil(2)));
        let copy = Bitmap::new(copies, vec![0; bytes(copies)]).unwrap();
        let frame = frame(&ctx, 1, 0);
        let pieces = grid.all().map(|(x, y)| grid.piece(&copy, x, y, false, None, &frame).unwrap());
        let tiles: Vec<Tile> = pieces.map(|piece| piece.tile()).collect();
        prop_assert!(!tiles.is_empty());
        assert_tiled(&Tiles { parts: tiles, share: 1.0, covers: true }, WHOLE);
    }
}
