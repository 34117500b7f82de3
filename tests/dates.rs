//! Capture dates of photos that another client sent: learnt in the background from the heads of
//! the originals, whatever the line does, and no more is read than that takes.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/dated.rs"]
mod dated;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use heliogram::config::{Config, Dates};
use heliogram::engine::{Engine, Event, PhotoEvent, PhotoRequest, Request, SaveTo, Want, WantList};
use heliogram::model::{
    AlbumShelf, Library, Moment, PhotoId, PhotoRef, PixelSize, Rendition, Taken, Touched,
};
use heliogram::sandbox::{Conditions, Fault};
use world::{World, jpeg, noise, until, upload};

/// What a request for a head asks for at most.
const RANGE: u64 = 64 * 1024;
/// How long anything here may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

/// 2024-01-31 14:22:33 where the camera was.
const THEN: i64 = 1_706_710_953;
const TEXT: &str = "2024:01:31 14:22:33";

/// A window without pixels.
struct Window {
    engine: Engine,
    library: Library,
    in_step: bool,
    saved: bool,
    /// Photos in the order in which it was told that something about them was different.
    told: Vec<PhotoId>,
    /// How many dates were said to be left, one number after the other.
    left: Vec<usize>,
}

impl Window {
    fn open(config: Arc<Config>) -> Self {
        let engine = Engine::start(config, Arc::new(|| {})).unwrap();
        Self {
            engine,
            library: Library::new(),
            in_step: false,
            saved: false,
            told: Vec::new(),
            left: Vec::new(),
        }
    }

    fn take(&mut self) {
        while let Some(event) = self.engine.poll() {
            match event {
                Event::Changed(news) => {
                    if let Touched::Photos(photos) = news.touched {
                        self.told.extend(photos);
                    }
                    self.library = news.library;
                }
                Event::Photo(PhotoEvent::Saved { .. }) => self.saved = true,
                Event::Dates(left) => self.left.push(left),
                Event::Sync(progress) => self.in_step = progress.is_none(),
                _ => {}
            }
        }
    }

    /// Waits until so many heads are known to be read.
    #[track_caller]
    fn read(&mut self, count: usize) {
        until("heads are read", LIMIT, || {
            self.take();
            let read = self.heads_read();
            if read >= count { Ok(()) } else { Err(format!("{read} of {count}")) }
        });
    }

    fn heads_read(&self) -> usize {
        let photos = self.library.albums().flat_map(AlbumShelf::photos);
        photos.filter(PhotoRef::head_read).count()
    }

    /// Camera dates by name.
    fn taken(&self) -> BTreeMap<String, Option<Taken>> {
        let photos = self.library.albums().flat_map(AlbumShelf::photos);
        photos.map(|photo| (photo.name().to_owned(), photo.taken())).collect()
    }
}

fn exif() -> Vec<u8> {
    dated::block(TEXT)
}

fn encoded(format: image::ImageFormat) -> Vec<u8> {
    // Noise, so that it takes more than a head.
    let rgb = noise(5, 400 * 300 * 3);
    let picture = image::RgbImage::from_raw(400, 300, rgb).unwrap();
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Photographs of all kinds in `folder`; what their cameras knew.
fn all_kinds(folder: &Path) -> BTreeMap<String, Option<Taken>> {
    std::fs::create_dir_all(folder).unwrap();
    let zoned = Some(Taken { wall_seconds: THEN, offset_minutes: Some(120) });
    let zoneless = Some(Taken { wall_seconds: THEN, offset_minutes: None });
    // Where a video was made is not known: it is told by the clock here.
    let here = Taken::at(THEN, &jiff::tz::TimeZone::system());
    let plain = jpeg(1, 64, 48, 300_000);
    let files = [
        ("camera.jpg", dated::jpeg(&plain, &exif()), zoned),
        ("small.jpg", dated::jpeg(&jpeg(2, 32, 24, 0), &exif()), zoned),
        ("scan.tif", dated::tiff(&noise(3, 400_000), TEXT), zoneless),
        ("added.png", dated::png(&encoded(image::ImageFormat::Png), &exif()), zoned),
        ("web.webp", dated::webp(&encoded(image::ImageFormat::WebP), &exif()), zoned),
        ("phone.heic", dated::heic(&noise(4, 500_000), &exif()), zoned),
        ("film.mp4", dated::mp4(&noise(6, 900_000), u32::try_from(THEN).unwrap()), here),
        ("IMG_20200202_101010.jpg", jpeg(3, 64, 48, 90_000), None),
        ("unknown.jpg", jpeg(4, 64, 48, 90_000), None),
    ];
    let mut known = BTreeMap::new();
    for (name, bytes, taken) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
        known.insert(name.to_owned(), taken);
    }
    known
}

/// Cameras' photographs, each larger than a head.
fn many(folder: &Path, count: u8) {
    std::fs::create_dir_all(folder).unwrap();
    for n in 0..count {
        let bytes = dated::jpeg(&jpeg(n, 64, 48, 70_000), &exif());
        std::fs::write(folder.join(format!("{n:03}.jpg")), bytes).unwrap();
    }
}

/// Sends what is in `folder` from another home than "here", in which somebody is signed in; the
/// dates that the sender knows.
fn sent_elsewhere(world: &World, folder: &Path) -> BTreeMap<String, Option<Taken>> {
    let elsewhere = world.signed_in("elsewhere", 0);
    let album = elsewhere.create_album("Tour").unwrap();
    upload(&elsewhere, album.id, &[folder.to_owned()]).unwrap();
    let photos = elsewhere.list(album.id).unwrap();
    assert!(photos.iter().all(|photo| photo.head_read), "who sends a file has its head");
    drop(elsewhere);
    drop(world.signed_in("here", 0));
    photos.iter().map(|photo| (photo.name.clone(), photo.taken)).collect()
}

fn learns_all_dates(faults: &[&str]) {
    let world = World::new(&[]);
    let folder = world.folder.path().join("files");
    let known = all_kinds(&folder);
    assert_eq!(sent_elsewhere(&world, &folder), known);
    let (calls, bytes) = spent(&world);
    world.sandbox().set_faults(faults.iter().map(|f| f.parse::<Fault>().unwrap()).collect());

    let mut window = Window::open(world.config("here"));
    window.read(known.len());
    assert_eq!(window.taken(), known);
    let told: Vec<PhotoId> = window.told.clone();
    for photo in window.library.albums().flat_map(AlbumShelf::photos) {
        assert!(told.contains(&photo.id()), "nobody said that {} is different", photo.name());
        // What nobody knows better stands where its name says.
        let is_named = matches!(photo.moment(), Moment::Named(_));
        assert_eq!(is_named, photo.name() == "IMG_20200202_101010.jpg");
    }
    let (calls, bytes) = (spent(&world).0 - calls, spent(&world).1 - bytes);
    let most = u64::try_from(known.len()).unwrap() * 2;
    if faults.is_empty() {
        assert!(calls <= most && bytes <= most * RANGE, "{calls} requests, {bytes} bytes");
    }

    // All of it is remembered: another start reads nothing.
    drop(window);
    world.sandbox().set_faults(std::iter::empty::<Fault>().collect());
    let before = spent(&world);
    let mut again = Window::open(world.config("here"));
    again.read(known.len());
    assert_eq!(again.taken(), known);
    assert_eq!(spent(&world), before);
}

/// Requests for files, and bytes of files, so far.
fn spent(world: &World) -> (u64, u64) {
    let calls = world.sandbox().calls().get("upload.getFile").copied();
    (calls.unwrap_or_default(), world.sandbox().bytes_handed_out())
}

#[test]
fn the_dates_of_what_others_sent_are_learnt() {
    learns_all_dates(&[]);
}

#[test]
fn a_line_that_breaks_and_references_that_expire_lose_no_date() {
    learns_all_dates(&["cut=0.05", "expire-references=1", "migrate"]);
}

#[test]
fn a_wait_is_waited_out_and_what_was_broken_off_is_read_after_it() {
    learns_all_dates(&["flood=upload.getFile:4:1"]);
}

#[test]
fn after_a_restart_only_the_others_are_read() {
    const COUNT: u8 = 40;
    let slow = Conditions { rtt: Duration::from_millis(40), ..Conditions::default() };
    let world = World::with(&[], slow, Vec::new());
    let folder = world.folder.path().join("files");
    many(&folder, COUNT);
    sent_elsewhere(&world, &folder);

    let mut window = Window::open(world.config("here"));
    window.read(6);
    drop(window);
    let here = world.open("here");
    let albums = here.albums().unwrap();
    let photos = here.list(albums[0].album.id).unwrap();
    drop(here);
    let read = photos.iter().filter(|photo| photo.head_read).count();
    assert!((6..usize::from(COUNT)).contains(&read), "{read}: it was to be stopped in the middle");
    let known = photos.iter().filter(|photo| photo.taken.is_some()).count();
    assert_eq!(known, read, "none is marked that was not read");

    let before = spent(&world).0;
    let mut again = Window::open(world.config("here"));
    again.read(COUNT.into());
    until("it is told that all is read", LIMIT, || {
        again.take();
        let most = again.left.iter().max();
        let told = again.left.last() == Some(&0) && most.is_some_and(|most| *most > 10);
        if told { Ok(()) } else { Err(format!("{:?}", again.left)) }
    });
    let requests = usize::try_from(spent(&world).0 - before).unwrap();
    // What was under way when something more urgent came is asked for again.
    let left = usize::from(COUNT) - read;
    assert!((left..=left + 3).contains(&requests), "{requests} requests for {left} that were left");
}

#[test]
fn what_is_on_the_screen_is_read_first() {
    let slow = Conditions { rtt: Duration::from_millis(40), ..Conditions::default() };
    let world = World::with(&[], slow, Vec::new());
    let folder = world.folder.path().join("files");
    many(&folder, 30);
    sent_elsewhere(&world, &folder);
    // What is there is known before there is a line.
    world.open("here").sync().unwrap();

    let mut window = Window::open(world.config("here"));
    until("the library is read", LIMIT, || {
        window.take();
        let count = window.library.photo_count();
        if count == 30 { Ok(()) } else { Err(format!("{count} photos")) }
    });
    // The oldest; without the wish, the newest go first.
    let photos = window.library.albums().flat_map(AlbumShelf::photos);
    let wished: Vec<PhotoId> = photos.map(|photo| photo.id()).take(3).collect();
    let want = |photo: &PhotoId| Want {
        photo: *photo,
        rendition: Rendition::Thumbnail,
        fit: PixelSize::new(64, 64),
    };
    window.engine.want(WantList { wants: wished.iter().map(want).collect() });
    until("what is on the screen is read", LIMIT, || {
        window.take();
        let is_read =
            |id: &PhotoId| window.library.photo(*id).is_some_and(|photo| photo.head_read());
        if wished.iter().all(is_read) { Ok(()) } else { Err(format!("{:?}", window.told)) }
    });
    let read = window.heads_read();
    assert!(read < 25, "{read} were read, and only then what is on the screen");
}

#[test]
fn while_somebody_waits_for_a_download_it_waits() {
    const COUNT: u8 = 24;
    let narrow = Conditions { line_rate: Some(4_000_000), ..Conditions::default() };
    let world = World::with(&[], narrow, Vec::new());
    let folder = world.folder.path().join("files");
    many(&folder, COUNT);
    // Three seconds of this line.
    std::fs::write(folder.join("large.jpg"), jpeg(99, 64, 48, 12_000_000)).unwrap();
    sent_elsewhere(&world, &folder);
    world.open("here").sync().unwrap();

    let mut window = Window::open(world.config("here"));
    let large = until("the library is read", LIMIT, || {
        window.take();
        let mut photos = window.library.albums().flat_map(AlbumShelf::photos);
        photos
            .find(|photo| photo.name() == "large.jpg")
            .map(|photo| photo.id())
            .ok_or_else(String::new)
    });
    let to = world.folder.path().join("saved");
    let save = PhotoRequest::Save { photos: vec![large], to: SaveTo::Folder(to.clone()) };
    window.engine.request(Request::Photo(save));
    until("it is saved", LIMIT, || {
        window.take();
        if window.saved { Ok(()) } else { Err(format!("{} heads", window.heads_read())) }
    });
    // A few may have been begun before. At its usual pace it would be through by now.
    let read = window.heads_read();
    assert!(read < usize::from(COUNT) / 2, "{read} heads were read meanwhile");
    window.read(usize::from(COUNT) + 1);
}

#[test]
fn who_switched_it_off_reads_nothing() {
    let world = World::new(&[]);
    let folder = world.folder.path().join("files");
    many(&folder, 4);
    sent_elsewhere(&world, &folder);
    drop(world.signed_in("other", 0));
    let mut config = Config::clone(&world.config("here"));
    config.settings.dates = Dates { read_heads: false, ..Dates::default() };
    let mut off = Window::open(Arc::new(config));
    until("it is in step", LIMIT, || {
        off.take();
        if off.in_step && off.library.photo_count() == 4 { Ok(()) } else { Err("not".to_owned()) }
    });
    let before = spent(&world).0;
    // One that may read has read all meanwhile.
    let mut on = Window::open(world.config("other"));
    on.read(4);
    off.take();
    assert_eq!(off.heads_read(), 0);
    assert_eq!(spent(&world).0 - before, 4);
}

#[test]
fn the_cap_is_kept() {
    let world = World::new(&[]);
    let folder = world.folder.path().join("files");
    many(&folder, 24);
    sent_elsewhere(&world, &folder);
    drop(world.signed_in("other", 0));
    let before = spent(&world).1;
    let mut config = Config::clone(&world.config("here"));
    config.settings.dates.cap_megabytes = 1;
    let mut capped = Window::open(Arc::new(config));
    // A mebibyte is sixteen heads; the last is not begun, as it may take two ranges.
    capped.read(15);
    let read = spent(&world).1 - before;
    let mut other = Window::open(world.config("other"));
    other.read(24);
    capped.take();
    assert_eq!(capped.heads_read(), 15);
    assert_eq!(read, 15 * RANGE);
}
