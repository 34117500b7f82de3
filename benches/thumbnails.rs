//! How fast thumbnails come from the cache: from a want to a bitmap in the window's hands, beside
//! decoding the same JPEGs from memory on all cores with the `image` crate alone.
//!
//! The whole engine runs, on a home that was signed in once and has no line now.
//! Ratios, not milliseconds: machines differ. `cargo bench --bench thumbnails`.

#[path = "../tests/support/world.rs"]
mod support;

use std::hint::black_box;
use std::io::{Write, stdout};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use heliogram::config::Config;
use heliogram::engine::{AccountState, Engine, Event, Want, WantList};
use heliogram::model::{
    Album, AlbumId, Bitmap, Blur, Change, MediaKind, MessageId, Photo, PhotoId, PixelSize,
    RemoteFile, RemoteKind, RemoteThumb, Rendition,
};
use heliogram::pixels;
use heliogram::store::{Store, StoreOptions, ThumbKey};
use rayon::prelude::*;
use support::World;

/// Photos in each of two albums: what is wanted anew was not wanted just before.
const PHOTOS: i32 = 2_000;
const ROUNDS: usize = 6;
/// Different pictures, over and over.
const PICTURES: u32 = 64;
/// Nothing takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let jpegs = jpegs()?;
    let mut world = World::new(&[]);
    drop(world.signed_in("home", 0));
    let config = world.config("home");
    world.sandbox = None;
    fill(&config, &jpegs)?;

    let (wake, woken) = sync_channel(1);
    // A full channel is as good: the window will look.
    let wake = move || {
        let _ = wake.try_send(());
    };
    let engine = Engine::start(config, Arc::new(wake))?;
    let next = || -> Result<Event, Failure> {
        let begun = Instant::now();
        loop {
            if let Some(event) = engine.poll() {
                return Ok(event);
            }
            if let Err(RecvTimeoutError::Disconnected) = woken.recv_timeout(PATIENCE) {
                return Err("the engine has stopped".into());
            }
            if begun.elapsed() > PATIENCE {
                return Err("the engine says nothing".into());
            }
        }
    };
    while !matches!(next()?, Event::Account(AccountState::SignedIn { .. })) {}

    let mut out = stdout().lock();
    let cores = std::thread::available_parallelism()?.get();
    writeln!(out, "{PHOTOS} thumbnails of 320 px, {cores} cores, {ROUNDS} rounds")?;
    for side in [320, 192, 96] {
        let (mut ours, mut raw) = (Duration::MAX, Duration::MAX);
        for round in 0..ROUNDS {
            let album = AlbumId(1 + i64::try_from(round % 2)?);
            let fit = PixelSize::new(side, side);
            let wants = (1..=PHOTOS).map(|n| Want {
                photo: PhotoId { album, message: MessageId(n) },
                rendition: Rendition::Thumbnail,
                fit,
            });
            let list = WantList { wants: wants.collect() };
            let begun = Instant::now();
            engine.want(list);
            let mut left = PHOTOS;
            while left > 0 {
                if let Event::Picture(picture) = next()? {
                    let bitmap = picture.content.map_err(|trouble| trouble.sentence)?;
                    left -= i32::from(bitmap.size().long_side() == side);
                }
            }
            ours = ours.min(begun.elapsed());

            let all: Vec<&[u8]> =
                (0..PHOTOS).zip(jpegs.iter().cycle()).map(|(_, jpeg)| &jpeg[..]).collect();
            let begun = Instant::now();
            let decoded: usize = all
                .par_iter()
                .map(|jpeg| {
                    let format = image::ImageFormat::Jpeg;
                    let picture = image::load_from_memory_with_format(jpeg, format);
                    usize::from(black_box(picture).is_ok())
                })
                .sum();
            raw = raw.min(begun.elapsed());
            if decoded != all.len() {
                return Err("a thumbnail cannot be decoded".into());
            }
        }
        let rate = |time: Duration| f64::from(PHOTOS) / time.as_secs_f64();
        writeln!(
            out,
            "at {side:>3} px: from the cache {:>6.0}/s   decoded alone {:>6.0}/s   ratio {:.2}",
            rate(ours),
            rate(raw),
            rate(ours) / rate(raw),
        )?;
    }
    Ok(())
}

/// Records the photos and keeps their thumbnails.
fn fill(config: &Config, jpegs: &[Vec<u8>]) -> Result<(), Failure> {
    let store = Store::open(StoreOptions {
        data: config.places.data.clone(),
        cache: config.places.cache.clone(),
        thumbnail_budget: 1 << 30,
        original_budget: 1 << 30,
    })?;
    for id in [AlbumId(1), AlbumId(2)] {
        let title = format!("Album {}", id.0);
        let album = Change::Album(Album { id, access_hash: 1, title, created: 1 });
        let photos = (1..=PHOTOS).map(|n| Change::Photo(Box::new(photo(id, n))));
        let changes: Vec<Change> = std::iter::once(album).chain(photos).collect();
        for (n, jpeg) in (1..=PHOTOS).zip(jpegs.iter().cycle()) {
            store.put_thumbnail(ThumbKey { file: file(id, n), letter: b'm' }, jpeg.clone());
            if n % 100 == 0 {
                // Few may wait: what is offered beyond that is dropped.
                store.record(Vec::new().into()).wait()?;
            }
        }
        store.record(changes.into()).wait()?;
    }
    Ok(())
}

fn file(album: AlbumId, n: i32) -> i64 {
    (album.0 << 32) + i64::from(n)
}

fn photo(album: AlbumId, n: i32) -> Photo {
    let thumb = RemoteThumb { letter: "m".to_owned(), size: PixelSize::new(320, 240), bytes: 1 };
    Photo {
        id: PhotoId { album, message: MessageId(n) },
        name: format!("IMG_{n:04}.jpg"),
        bytes: 4_000_000,
        size: PixelSize::new(4000, 3000),
        kind: MediaKind::Image,
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent: 1_700_000_000 + i64::from(n),
        taken: None,
        head_read: true,
        blur: Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: file(album, n),
            access_hash: 1,
            reference: vec![1],
            dc: 2,
            thumbs: vec![thumb],
            stripped: None,
        },
    }
}

/// Shapes, edges and grain, as photographs have, as the thumbnails that we send.
fn jpegs() -> Result<Vec<Vec<u8>>, Failure> {
    let mut state = 1_u32;
    let mut jpegs = Vec::new();
    for picture in 0..PICTURES {
        let mut rgba = Vec::new();
        for y in 0..240 {
            for x in 0..320 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let grain = state >> 28;
                let shape = if (x / (7 + picture) + y / 11) % 3 == 0 { 60 } else { 0 };
                let channel = |v: u32| u8::try_from((v + shape + grain).min(255)).unwrap_or(255);
                let (red, green) = (x * (90 + picture) / 320, y * (150 - picture) / 240);
                rgba.extend([channel(red), channel(green), channel(70), 255]);
            }
        }
        let bitmap = Bitmap::new(PixelSize::new(320, 240), rgba).ok_or("as many pixels")?;
        jpegs.push(pixels::thumbnail_jpeg(&bitmap)?);
    }
    Ok(jpegs)
}
