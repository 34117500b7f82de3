//! Pictures from the disk, in front of a real store and without a line.

use std::sync::Arc;

use super::local;
use super::pump::Pump;
use super::upright::note;
use super::*;
use crate::config::{Config, Places, Server, Settings};
use crate::engine::bus::{Inbox, bus};
use crate::engine::core::Ground;
use crate::engine::library::tests::{album, photo};
use crate::engine::runtime::Workers;
use crate::model::Bitmap;
use crate::model::{Change, Photo, PixelSize, RemoteThumb};
use crate::pixels::{self, Facts, Limits};
use crate::store::ThumbKey;

struct Home {
    ground: Ground,
    inbox: Inbox,
    workers: Workers,
    _folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            places: Places::under(folder.path()),
            server: Server::Telegram,
            api: None,
            settings: Settings::default(),
        };
        let workers = Workers::start().unwrap();
        let runtime = workers.handle().unwrap();
        let _inside = runtime.enter();
        let (bus, inbox) = bus(Arc::new(|| {}));
        let ground = Ground::open(Arc::new(config), workers.pool(), bus).unwrap();
        Self { ground, inbox, workers, _folder: folder }
    }

    /// Records photos and waits until they are.
    fn record(&self, photos: &[Photo]) {
        let put = photos.iter().map(|photo| Change::Photo(Box::new(photo.clone())));
        let changes: Vec<_> = std::iter::once(Change::Album(album(1))).chain(put).collect();
        self.ground.store.record(changes.into()).wait().unwrap();
    }

    fn keep(&self, file: i64, letter: u8, jpeg: Vec<u8>) {
        self.ground.store.put_thumbnail(ThumbKey { file, letter }, jpeg);
        self.written();
    }

    /// Waits until what was put before is written: of what is carried out together records come
    /// first, so that only a second one finds the thumbnails behind it.
    fn written(&self) {
        for _ in 0..2 {
            self.ground.store.record(Vec::new().into()).wait().unwrap();
        }
    }

    fn load(&self, photo: &Photo, side: u32) -> Outcome {
        local::load(&self.ground, want(photo, side))
    }
}

fn want(photo: &Photo, side: u32) -> Want {
    let fit = PixelSize::new(side, side);
    Want { photo: photo.id, rendition: Rendition::Thumbnail, fit }
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let size = PixelSize::new(width, height);
    let grey = [90, 120, 60, 255].repeat((width * height) as usize);
    pixels::encode_jpeg(&Bitmap::new(size, grey).unwrap(), 80).unwrap()
}

/// With a thumbnail of 320 px at Telegram.
fn thumbed(message: i32, bytes: u64, size: PixelSize) -> Photo {
    let mut photo = photo(1, message, bytes);
    photo.size = size;
    photo.blur = crate::model::Blur::new("00OZZy");
    let size = size.fit(PixelSize::new(320, 320));
    photo.remote.thumbs = vec![RemoteThumb { letter: "m".into(), size, bytes: 1 }];
    photo
}

fn ready(outcome: &Outcome) -> Option<PixelSize> {
    match outcome {
        Outcome::Ready(shown) => Some(shown.bitmap.size()),
        _ => None,
    }
}

#[test]
fn a_larger_thumbnail_than_telegrams_comes_from_an_original_that_is_here_and_from_nowhere_else() {
    let home = Home::new();
    let original = jpeg(1000, 750);
    let photo = thumbed(1, original.len() as u64, PixelSize::new(1000, 750));
    home.record(std::slice::from_ref(&photo));
    assert!(matches!(home.load(&photo, 320), Outcome::Missed(Lane::Small)));
    home.keep(photo.remote.id, b'm', jpeg(320, 240));
    assert_eq!(ready(&home.load(&photo, 320)), Some(PixelSize::new(320, 240)));
    assert_eq!(ready(&home.load(&photo, 96)), Some(PixelSize::new(96, 72)));
    assert!(matches!(home.load(&photo, 640), Outcome::Nothing), "nothing is fetched for it");

    let mut part = home.ground.store.begin_original(&photo).unwrap();
    part.write(0, &original).unwrap();
    let path = part.finish().unwrap();
    assert!(matches!(home.load(&photo, 640), Outcome::Missed(Lane::Whole)));
    let fit = PixelSize::new(640, 640);
    let made = local::own_thumbnail(&home.ground, &photo, &path, &Limits::default(), fit);
    let Ok(made) = made else { panic!("it can be decoded") };
    assert_eq!(ready(&made), Some(PixelSize::new(640, 480)));
    home.written();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(ready(&home.load(&photo, 640)), Some(PixelSize::new(640, 480)), "it was kept");
    assert_eq!(ready(&home.load(&photo, 320)), Some(PixelSize::new(320, 240)));
}

#[test]
fn what_cannot_be_shown_is_telegrams_preview_and_why() {
    let home = Home::new();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    let photo = thumbed(1, heic.len() as u64, PixelSize::new(1000, 750));
    home.record(std::slice::from_ref(&photo));
    let screen = Want { rendition: Rendition::Screen, ..want(&photo, 900) };
    let load = || local::load(&home.ground, screen);
    assert!(matches!(load(), Outcome::Missed(Lane::Whole)));
    let mut part = home.ground.store.begin_original(&photo).unwrap();
    part.write(0, &heic).unwrap();
    part.finish().unwrap();
    assert!(matches!(load(), Outcome::Missed(Lane::Whole)), "its preview is to be fetched");
    home.keep(photo.remote.id, b'm', jpeg(320, 240));
    let Outcome::Ready(shown) = load() else { panic!("there is a preview") };
    assert_eq!(shown.bitmap.size(), PixelSize::new(320, 240));
    let trouble = shown.answer(screen).trouble.unwrap();
    assert!(trouble.sentence.contains("HEIC"), "{trouble:?}");
}

#[test]
fn a_damaged_original_shows_what_there_is_and_says_so() {
    let home = Home::new();
    let whole = jpeg(1000, 750);
    for (message, length, is_damaged) in [(1, whole.len(), false), (2, whole.len() * 2 / 3, true)] {
        let photo = thumbed(message, length as u64, PixelSize::new(1000, 750));
        home.record(std::slice::from_ref(&photo));
        let mut part = home.ground.store.begin_original(&photo).unwrap();
        part.write(0, &whole[..length]).unwrap();
        part.finish().unwrap();
        let screen = Want { rendition: Rendition::Screen, ..want(&photo, 900) };
        let Outcome::Ready(shown) = local::load(&home.ground, screen) else { panic!("a part") };
        let picture = shown.answer(screen);
        assert_eq!(picture.is_damaged, is_damaged);
        let bitmap = picture.content.unwrap();
        let last = bitmap.rgba().last().copied();
        assert_eq!((bitmap.size().width, last), (900, Some(if is_damaged { 0 } else { 255 })));
        assert!(picture.trouble.is_none());
    }
}

#[test]
fn what_takes_more_memory_than_it_said_waits_until_it_is_alone() {
    let home = Home::new();
    let mut vast = jpeg(64, 64);
    let frame = vast.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    vast[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let photo = thumbed(1, vast.len() as u64, PixelSize::new(64, 64));
    home.record(std::slice::from_ref(&photo));
    let mut part = home.ground.store.begin_original(&photo).unwrap();
    part.write(0, &vast).unwrap();
    let path = part.finish().unwrap();
    let screen = Want { rendition: Rendition::Screen, ..want(&photo, 900) };
    assert!(matches!(local::load(&home.ground, screen), Outcome::Missed(Lane::Whole)));
    assert_eq!(local::size(&path), PixelSize::new(65_535, 65_535));
}

#[test]
fn a_thumbnail_that_lies_on_its_side_is_turned_where_it_is_known_how() {
    let home = Home::new();
    let upright = PixelSize::new(3000, 4000);
    let photo = thumbed(1, 9, upright);
    home.record(std::slice::from_ref(&photo));
    home.keep(photo.remote.id, b'm', jpeg(320, 240));
    assert_eq!(ready(&home.load(&photo, 320)), Some(PixelSize::new(320, 240)), "not known");
    let facts = Facts { size: upright, orientation: 6, ..Facts::default() };
    note(&home.ground.store, photo.remote.id, &facts);
    home.written();
    assert_eq!(ready(&home.load(&photo, 320)), Some(PixelSize::new(240, 320)));
    // Here the sender was wrong about the size, and the thumbnail is right.
    let wrong = thumbed(2, 9, upright);
    home.record(std::slice::from_ref(&wrong));
    home.keep(wrong.remote.id, b'm', jpeg(320, 240));
    let facts = Facts { size: upright.transposed(), ..facts };
    note(&home.ground.store, wrong.remote.id, &facts);
    home.written();
    assert_eq!(ready(&home.load(&wrong, 320)), Some(PixelSize::new(320, 240)));
}

#[test]
fn the_pump_delivers_each_want_once_and_no_more_what_nobody_wants() {
    let home = Home::new();
    let photos: Vec<Photo> = (1..=60).map(|n| thumbed(n, 9, PixelSize::new(400, 300))).collect();
    home.record(&photos);
    for photo in &photos[..50] {
        home.keep(photo.remote.id, b'm', jpeg(96, 72));
    }
    let pump = Pump::new(home.ground.clone());
    for (serial, photo) in (1..).zip(&photos) {
        pump.queue(want(photo, 96), serial);
    }
    // Before anything has begun.
    for serial in 41..=45 {
        pump.cancel(serial);
    }
    pump.start();
    let (runtime, begun) = (home.workers.handle().unwrap(), Instant::now());
    let _inside = runtime.enter();
    let mut done = Vec::new();
    while done.len() < 55 {
        done.extend(pump.take());
        assert!(begun.elapsed() < Duration::from_mins(1), "{} of 55 are done", done.len());
        let told = tokio::time::timeout(Duration::from_millis(50), pump.told());
        drop(runtime.block_on(told));
        pump.start();
    }
    let missed = done.iter().filter(|done| matches!(done.outcome, Outcome::Missed(Lane::Small)));
    assert_eq!(missed.count(), 10, "those whose thumbnails are not here");
    let mut delivered = Vec::new();
    while delivered.len() < 45 {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} of 45 came", delivered.len());
        match home.inbox.poll() {
            Some(Event::Picture(picture)) => delivered.push(picture.photo),
            Some(_) => {}
            None => std::thread::park_timeout(Duration::from_millis(2)),
        }
    }
    delivered.sort_unstable();
    let expected = photos[..40].iter().chain(&photos[45..50]).map(|photo| photo.id);
    assert_eq!(delivered, expected.collect::<Vec<_>>());
}

#[test]
fn what_was_seen_once_is_there_at_the_screens_size_even_when_its_original_is_gone() {
    let home = Home::new();
    let original = jpeg(2400, 1800);
    let photo = thumbed(1, original.len() as u64, PixelSize::new(2400, 1800));
    home.record(std::slice::from_ref(&photo));
    let mut part = home.ground.store.begin_original(&photo).unwrap();
    part.write(0, &original).unwrap();
    let path = part.finish().unwrap();
    let screen = |width, height| {
        let fit = PixelSize::new(width, height);
        let want = Want { photo: photo.id, rendition: Rendition::Screen, fit };
        ready(&local::load(&home.ground, want))
    };
    assert_eq!(screen(1067, 800), Some(PixelSize::new(1067, 800)));
    // The copy is made when nobody waits for it.
    let key = copies::key(&photo);
    let begun = Instant::now();
    while home.ground.store.thumbnail(key).unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_mins(1), "there is no copy");
        std::thread::yield_now();
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(screen(1067, 800), Some(PixelSize::new(1067, 800)));
    assert_eq!(screen(640, 480), Some(PixelSize::new(640, 480)));
    assert_eq!(screen(2000, 1500), None, "it has too few pixels for that");
}
