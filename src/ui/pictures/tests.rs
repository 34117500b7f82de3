//! Pictures in front of a context that nobody paints.

use std::sync::Arc;

use egui::pos2;

use super::*;
use crate::model::{AlbumId, Blur, MessageId};

fn id(n: i32) -> PhotoId {
    PhotoId { album: AlbumId(1), message: MessageId(n) }
}

fn subject(n: i32) -> Subject {
    Subject {
        id: id(n),
        size: PixelSize::new(4000, 3000),
        blur: Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
        thumb_side: 320,
        has_preview: false,
        has_picture: true,
    }
}

fn bitmap(width: u32, height: u32) -> Arc<Bitmap> {
    let size = PixelSize::new(width, height);
    Arc::new(Bitmap::new(size, vec![200; usize::try_from(size.pixels()).unwrap() * 4]).unwrap())
}

fn picture(n: i32, rendition: Rendition, content: Result<Arc<Bitmap>, Trouble>) -> Picture {
    Picture::new(id(n), rendition, content)
}

fn thumbnail(n: i32, width: u32, height: u32) -> Picture {
    picture(n, Rendition::Thumbnail, Ok(bitmap(width, height)))
}

fn trouble() -> Trouble {
    Trouble {
        sentence: "File not readable".to_owned(),
        cause: None,
        remedy: crate::engine::Remedy::Retry,
    }
}

/// A grid of tiles at rest, `tile` pixels wide, over and over until nothing waits.
fn rest(pictures: &mut Pictures, ctx: &Context, photos: std::ops::Range<i32>, tile: u32) {
    loop {
        pictures.begin_frame(ctx);
        for n in photos.clone() {
            pictures.tile(ctx, &subject(n), PixelSize::new(tile, tile), true);
        }
        pictures.end_frame(ctx);
        if pictures.waiting.is_empty() {
            break;
        }
    }
}

const TILE: PixelSize = PixelSize::new(216, 144);

#[test]
fn what_is_there_or_has_failed_is_not_wished_for() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    for n in 1..=3 {
        pictures.wish_thumbnail(subject(n), TILE);
    }
    pictures.receive(thumbnail(1, 192, 144));
    pictures.receive(picture(2, Rendition::Thumbnail, Err(trouble())));
    pictures.begin_frame(&ctx);
    for n in 1..=3 {
        pictures.wish_thumbnail(subject(n), TILE);
        pictures.wish_thumbnail(subject(n), TILE);
    }
    let wants = pictures.changed_wishes().unwrap().wants;
    assert_eq!(wants.iter().map(|w| w.photo).collect::<Vec<_>>(), [id(3)]);
    assert!(pictures.changed_wishes().is_none(), "the same list is said once");
    pictures.forgive(id(2), Rendition::Thumbnail);
    pictures.wish_thumbnail(subject(2), TILE);
    assert_eq!(pictures.changed_wishes().unwrap().wants.len(), 2);
}

#[test]
fn an_original_on_its_way_is_still_wished_for() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    let progress = Progress { bytes: 0, total: 9, bytes_per_second: 0.0 };
    let at_hand = picture(1, Rendition::Original, Ok(bitmap(8, 8)));
    pictures.receive(Picture { progress: Some(progress), ..at_hand });
    pictures.begin_frame(&ctx);
    assert_eq!(pictures.progress(id(1)), Some(progress));
    pictures.wish(id(1), Rendition::Original, PixelSize::new(10, 10));
    assert_eq!(pictures.changed_wishes().unwrap().wants.len(), 1);
}

#[test]
fn each_photo_is_wished_for_once_as_sharp_as_its_largest_tile_needs() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    pictures.begin_frame(&ctx);
    pictures.wish_thumbnail(subject(1), PixelSize::new(28, 28));
    pictures.wish_thumbnail(subject(1), PixelSize::new(300, 200));
    pictures.wish_thumbnail(subject(1), PixelSize::new(700, 500));
    let wants = pictures.changed_wishes().unwrap().wants;
    // Sharper than Telegram has is for when there is something to look at.
    assert_eq!(wants.iter().map(|w| w.fit.long_side()).collect::<Vec<_>>(), [320]);
    pictures.receive(thumbnail(1, 320, 240));
    pictures.begin_frame(&ctx);
    pictures.wish_thumbnail(subject(1), PixelSize::new(300, 200));
    assert!(pictures.changed_wishes().unwrap().wants.is_empty());
    pictures.wish_thumbnail(subject(1), PixelSize::new(700, 500));
    let wants = pictures.changed_wishes().unwrap().wants;
    assert_eq!(wants.iter().map(|w| w.fit.long_side()).collect::<Vec<_>>(), [640]);
}

#[test]
fn thumbnails_stay_within_their_budget_and_the_newest_stay() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    let (screen, all) = (20, 300);
    for first in (0..all).step_by(20) {
        for (side, tile) in [(192, 200), (320, 300)] {
            for n in first..first + screen {
                pictures.wish_thumbnail(subject(n), PixelSize::new(tile, tile));
                let height = if n % 3 == 0 { side } else { side / 4 * 3 };
                pictures.receive(thumbnail(n, side, height));
            }
            for _ in 0..5 {
                rest(&mut pictures, &ctx, first..first + screen, tile);
            }
        }
        assert!(pictures.thumbnails.bytes() <= thumbnails::BUDGET + (16 << 20));
        for n in first..first + screen {
            assert!(pictures.thumbnail_size(id(n)).is_some(), "{n} is on screen");
        }
    }
    assert!(pictures.thumbnail_size(id(0)).is_none(), "the oldest goes");
    let own: usize = pictures
        .entries
        .values()
        .filter_map(|entry| entry.thumbnail.as_ref())
        .map(Thumbnail::own_bytes)
        .sum();
    assert!(own <= pictures.thumbnails.bytes());
    for n in 0..all {
        pictures.forget(id(n));
    }
    assert_eq!(pictures.thumbnails.own_textures(), 0);
}

#[test]
fn every_tile_has_its_placeholder_in_its_first_frame() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    for (tile, tiles) in [(100, 2_000), (300, 900), (100, 3_000)] {
        for jump in 0..8 {
            pictures.begin_frame(&ctx);
            for n in 0..tiles {
                let subject = subject(jump * tiles + n);
                let shown = pictures.tile(&ctx, &subject, PixelSize::new(tile, tile), false);
                assert!(shown.placeholder.is_some(), "tile {n} of {tiles}");
            }
            pictures.end_frame(&ctx);
        }
    }
    // What a full screen took is given back.
    for _ in 0..3 {
        pictures.begin_frame(&ctx);
        pictures.end_frame(&ctx);
    }
    assert!(pictures.blurs.bytes() <= 20 << 20, "{}", pictures.blurs.bytes());
    assert!(pictures.entries.len() < 40_000, "{}", pictures.entries.len());
}

#[test]
fn only_what_comes_while_one_looks_fades_in() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    let share = |pictures: &mut Pictures, n: i32, at_rest: bool| {
        pictures.begin_frame(&ctx);
        (pictures.now, pictures.fade) = (5.0, 0.12);
        pictures.tile(&ctx, &subject(n), TILE, at_rest).thumbnail.map(|shown| shown.share)
    };
    assert_eq!(share(&mut pictures, 1, true), None);
    pictures.receive(thumbnail(1, 192, 144));
    assert_eq!(share(&mut pictures, 1, true), Some(0.0), "it comes");
    // Fetched before it came into view.
    pictures.wish_ahead(subject(2), TILE);
    pictures.receive(thumbnail(2, 192, 144));
    assert_eq!(share(&mut pictures, 2, true), Some(1.0));
    assert_eq!(share(&mut pictures, 3, false), None);
    pictures.receive(thumbnail(3, 192, 144));
    assert_eq!(share(&mut pictures, 3, false), Some(1.0), "nothing fades in flight");
}

#[test]
fn what_lies_ahead_is_wished_for_last_and_no_further_than_there_is_room() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    pictures.begin_frame(&ctx);
    pictures.travels(-1.0);
    for n in 0..20 {
        pictures.tile(&ctx, &subject(n), TILE, true);
    }
    assert!(pictures.looks_ahead(&ctx, ((0, 900), 1)));
    let ahead = (20..100_000).take_while(|n| pictures.wish_ahead(subject(*n), TILE)).count();
    pictures.end_frame(&ctx);
    let wants = pictures.changed_wishes().unwrap().wants;
    let order: Vec<_> = wants.iter().take(21).map(|want| want.photo.message.0).collect();
    // Upwards: the lowest row came into view last.
    assert_eq!(order, (0..20).rev().chain([20]).collect::<Vec<_>>());
    assert!((200..2_000).contains(&ahead), "{ahead} thumbnails ahead");
    assert_eq!(wants.len(), 20 + ahead);
    // In flight there is nothing to wish for.
    pictures.begin_frame(&ctx);
    for n in 0..20 {
        pictures.tile(&ctx, &subject(n), TILE, false);
    }
    pictures.look_away();
    assert!(pictures.changed_wishes().unwrap().wants.is_empty());
}

#[test]
fn with_more_waiting_than_the_card_takes_no_more_is_wished_for() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    let photos = 0..200;
    for n in photos.clone() {
        pictures.wish_thumbnail(subject(n), PixelSize::new(300, 300));
        pictures.receive(thumbnail(n, 320, 240));
    }
    pictures.wish_thumbnail(subject(1_000), TILE);
    assert_eq!(pictures.changed_wishes().map(|list| list.wants.len()), Some(0));
    rest(&mut pictures, &ctx, photos, 300);
    pictures.wish_thumbnail(subject(1_000), TILE);
    assert_eq!(pictures.changed_wishes().map(|list| list.wants.len()), Some(1));
}

#[test]
fn a_cover_keeps_the_middle() {
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let cut = cover(whole, 2.0, 1.0);
    assert!((cut.width() - 0.5).abs() < 1e-6 && (cut.height() - 1.0).abs() < 1e-6);
    assert!((cut.center().x - 0.5).abs() < 1e-6);
}

#[test]
fn looking_ahead_comes_to_rest() {
    let ctx = Context::default();
    let mut pictures = Pictures::default();
    // A frame is painted when, and only when, egui asks for it.
    for frame in 0..60 {
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            pictures.begin_frame(ui.ctx());
            pictures.looks_ahead(ui.ctx(), ((0, 900), 1));
            pictures.end_frame(ui.ctx());
            pictures.changed_wishes();
        });
        output.textures_delta.clear();
        let viewport = &output.viewport_output[&egui::ViewportId::ROOT];
        if frame > 0 && viewport.repaint_delay == std::time::Duration::MAX {
            return;
        }
    }
    panic!("a frame asks for the next one, for ever");
}
