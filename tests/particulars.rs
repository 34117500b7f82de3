//! Photos in hand, in the whole window before an engine that the test plays and a desktop that it
//! plays too: the info panel, copying, opening elsewhere, videos, and how far all that is.
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]

#[path = "support/played.rs"]
mod played;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui::{Event as Input, Key, Modifiers, Vec2, vec2};
use egui_kittest::kittest::Queryable as _;
use heliogram::engine::{
    ConnectionState, Event, Fetching, PhotoEvent, PhotoRequest, Picture, Progress, Remedy, Request,
    SaveTo, Trouble,
};
use heliogram::model::{
    Bitmap, Change, Details, GeoPoint, MediaKind, PhotoId, PixelSize, Rendition, Shot, Taken,
    Verified,
};
use heliogram::platform::desktop::Desktop;
use played::{BEGIN, Hands as _, Opening, Window, id, library, photo, signed_in};

const SIZE: Vec2 = vec2(1440.0, 900.0);

/// Writes down what it is asked for. There is no Telegram on it.
#[derive(Default)]
struct Noted(Mutex<Vec<String>>);

impl Desktop for Noted {
    fn open(&self, what: &OsStr) -> std::io::Result<()> {
        let what = what.to_string_lossy().into_owned();
        let has_program = !what.starts_with("tg:") && !what.ends_with("odd");
        self.0.lock().unwrap().push(what);
        has_program.then_some(()).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    fn copy(&self, picture: &Bitmap) -> Result<(), String> {
        let size = picture.size();
        self.0.lock().unwrap().push(format!("picture of {} × {}", size.width, size.height));
        Ok(())
    }

    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

fn open<'a>(changes: &[Change]) -> (Window<'a>, Arc<Noted>) {
    let noted = Arc::new(Noted::default());
    let desktop: Option<Arc<dyn Desktop>> = Some(noted.clone());
    let opening = Opening { first: signed_in(), step: 0.1, desktop, ..Opening::new(SIZE) };
    let mut window = Window::open_with(opening);
    window.change(changes);
    (window, noted)
}

/// The requests about photos since this was asked last.
fn asked(window: &Window<'_>) -> Vec<PhotoRequest> {
    let requests = window.asked().into_iter();
    let photos = requests.filter_map(|request| match request {
        Request::Photo(request) => Some(request),
        _ => None,
    });
    photos.collect()
}

/// Frames until `done`: what the desktop is asked for runs on threads of its own.
#[track_caller]
fn until(window: &mut Window<'_>, what: &str, done: impl Fn(&Window<'_>) -> bool) {
    let begun = Instant::now();
    while !done(window) {
        let late = begun.elapsed() > Duration::from_mins(1);
        assert!(!late, "{what}: {:?}", window.harness.root());
        window.settle();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// A video, the newest photo.
fn video(message: i32) -> Change {
    let Change::Photo(mut video) = photo(2, message, 400) else { unreachable!("it is a photo") };
    video.kind = MediaKind::Video { seconds: 41 };
    "video/mp4".clone_into(&mut video.mime);
    video.size = PixelSize::new(1920, 1080);
    Change::Photo(video)
}

fn details() -> Details {
    Details {
        size: PixelSize::new(6000, 4000),
        taken: Some(Taken { wall_seconds: BEGIN + 3600, offset_minutes: Some(120) }),
        shot: Shot {
            camera: Some("Fujifilm GFX 50S II".to_owned()),
            lens: Some("GF 35-70 mm".to_owned()),
            exposure_seconds: Some(1.0 / 320.0),
            f_number: Some(11.0),
            iso: Some(100),
            focal_mm: Some(35.0),
            focal_35_mm: None,
            place: GeoPoint::new(62.5675, 7.687, Some(412.0)),
        },
        verified: Some(Verified::AsSent),
    }
}

fn tell(window: &mut Window<'_>, photo: PhotoId, details: Result<Details, Trouble>) {
    let details = details.map(Arc::new);
    window.say(Event::Photo(PhotoEvent::Details { photo, details }));
}

#[test]
fn the_panel_shows_what_the_file_tells() {
    let (mut window, noted) = open(&library(30, 6));
    window.click_at(window.tile(29).center(), Modifiers::NONE);
    window.harness.run_steps(20);
    assert_eq!(asked(&window), [], "nobody wants to know");
    window.press(Key::I);
    window.harness.run_steps(20);
    assert_eq!(asked(&window), [PhotoRequest::Describe(id(2, 29))], "once");
    assert!(window.shows("DSC00029.jpg, 6000 × 4000 · 24.0 MP · 1.0 MB"));
    assert!(!window.shows("Verified"), "nothing is claimed that is not known");
    tell(&mut window, id(2, 29), Ok(details()));
    window.harness.run_steps(20);
    for words in [
        "Friday, 1 January 2021, 01:00 · UTC+2",
        "Fujifilm GFX 50S II, GF 35-70 mm",
        "35 mm, ƒ/11, 1/320 s, ISO 100",
        "62.5675° N, 7.6870° E, 412 m above the sea",
        "Verified on Telegram",
    ] {
        assert!(window.shows(words), "{words}: {:?}", window.harness.root());
    }
    let neighbours = [PhotoRequest::Describe(id(2, 28)), PhotoRequest::Describe(id(2, 30))];
    assert_eq!(asked(&window), neighbours, "at rest, once");
    assert!(noted.0.lock().unwrap().is_empty(), "no map is asked for");
    window.click("Open in map");
    until(&mut window, "the map", |_| !noted.0.lock().unwrap().is_empty());
    let there = "https://www.openstreetmap.org/?mlat=62.56750&mlon=7.68700#map=15/62.56750/7.68700";
    assert_eq!(*noted.0.lock().unwrap(), [there]);
}

#[test]
fn what_could_not_be_read_is_read_with_the_next_line() {
    let (mut window, _) = open(&library(30, 6));
    window.click_at(window.tile(29).center(), Modifiers::NONE);
    window.press(Key::I);
    window.harness.run_steps(20);
    assert_eq!(asked(&window).len(), 1);
    let sentence = "There is no connection to Telegram".to_owned();
    tell(&mut window, id(2, 29), Err(Trouble { sentence, cause: None, remedy: Remedy::Retry }));
    window.harness.run_steps(20);
    assert!(window.shows("What the file says is not known: There is no connection"));
    assert_eq!(asked(&window), [], "not over and over");
    window.say(Event::Connection(ConnectionState::Offline { why: "no line".to_owned() }));
    window.say(Event::Connection(ConnectionState::Online));
    window.harness.run_steps(20);
    assert_eq!(asked(&window), [PhotoRequest::Describe(id(2, 29))]);
    // Another file of the same message.
    tell(&mut window, id(2, 29), Ok(details()));
    assert!(window.shows("GF 35-70 mm"));
    let Change::Photo(mut other) = photo(2, 29, 4) else { unreachable!("it is a photo") };
    other.remote.id = 777;
    window.change(&[Change::Photo(other)]);
    assert!(!window.shows("GF 35-70 mm"));
}

#[test]
fn a_picture_is_copied_when_its_pixels_are_here() {
    let (mut window, noted) = open(&library(30, 6));
    window.press(Key::ArrowRight);
    window.harness.event(Input::Copy);
    window.settle();
    assert_eq!(asked(&window), [PhotoRequest::Picture(id(2, 30))], "in the grid");
    window.press(Key::Enter);
    window.harness.run_steps(20);
    window.harness.event(Input::Copy);
    window.settle();
    assert_eq!(asked(&window), [PhotoRequest::Picture(id(2, 30))], "in the viewer");
    assert!(!window.shows("Picture copied"));
    let picture = Arc::new(Bitmap::new(PixelSize::new(3, 2), vec![7; 24]).unwrap());
    window.say(Event::Photo(PhotoEvent::Picture { photo: id(2, 30), picture }));
    until(&mut window, "it is said", |window| window.shows("Picture copied"));
    assert_eq!(*noted.0.lock().unwrap(), ["picture of 3 × 2"]);
}

#[test]
fn the_menu_leads_to_telegram_and_to_other_programs() {
    let (mut window, noted) = open(&library(30, 6));
    window.click_at(window.tile(30).center(), Modifiers::NONE);
    window.harness.run_steps(20);
    window.click("More");
    window.press(Key::Escape);
    assert!(window.shows("Back") && !window.shows("Show in Telegram"), "only the menu goes");
    window.click("More");
    window.click("Show in Telegram");
    let opened = |noted: &Noted| noted.0.lock().unwrap().clone();
    until(&mut window, "the link", |_| opened(&noted).len() == 2);
    let links = ["tg://privatepost?channel=2&post=30", "https://t.me/c/2/30"];
    assert_eq!(opened(&noted), links, "without its program, in the browser");
    window.click("More");
    window.click("Copy link");
    assert!(window.shows("Link copied"));
    window.click("More");
    window.click("Open with other program");
    assert_eq!(asked(&window), [PhotoRequest::HandOver(id(2, 30))]);
    let file = PathBuf::from("/tmp/handed/photo.odd");
    window.say(Event::Photo(PhotoEvent::Ready { photo: id(2, 30), file }));
    until(&mut window, "it is said", |window| window.shows("No program opened it"));
    assert_eq!(opened(&noted)[2], "/tmp/handed/photo.odd");
}

#[test]
fn a_video_has_a_button_a_key_and_a_player() {
    let mut changes = library(30, 6);
    changes.push(video(31));
    let (mut window, noted) = open(&changes);
    let tile = window.harness.get_by_label_contains("Video DSC00031.jpg").rect();
    window.click_at(tile.center(), Modifiers::NONE);
    window.harness.run_steps(20);
    assert!(window.shows("0:41 · 1.0 MB"));
    window.click("Play in the system's player");
    window.press(Key::Enter);
    window.click("More");
    assert!(window.harness.query_by_label("Copy picture").is_none());
    window.click("Play");
    assert_eq!(asked(&window), [(); 3].map(|()| PhotoRequest::Play(id(2, 31))));
    let file = PathBuf::from("/tmp/list/video.m3u8");
    window.say(Event::Photo(PhotoEvent::Ready { photo: id(2, 31), file }));
    until(&mut window, "the player", |_| !noted.0.lock().unwrap().is_empty());
    assert_eq!(*noted.0.lock().unwrap(), ["/tmp/list/video.m3u8"]);
    // On a picture the key means nothing.
    window.press(Key::ArrowRight);
    window.harness.run_steps(20);
    window.press(Key::Enter);
    assert_eq!(asked(&window), []);
}

#[test]
fn a_video_without_a_preview_has_not_failed() {
    let mut changes = library(30, 6);
    changes.push(video(31));
    let (mut window, _) = open(&changes);
    for (photo, sentence) in [(id(2, 31), "Nothing of the video"), (id(2, 30), "Nothing of it")] {
        let trouble = Trouble { sentence: sentence.to_owned(), cause: None, remedy: Remedy::None };
        window.say(Event::Picture(Picture::new(photo, Rendition::Thumbnail, Err(trouble))));
    }
    window.harness.run_steps(20);
    assert!(window.shows("Nothing of it"), "why a photo is not shown is said");
    assert!(!window.shows("Nothing of the video"), "a video can be played all the same");
    assert!(window.harness.query_by_label_contains("Video DSC00031.jpg").is_some());
}

#[test]
fn what_takes_long_says_how_far_it_is_and_can_be_stopped() {
    let (mut window, _) = open(&library(30, 6));
    let progress = Progress { bytes: 34_000_000, total: 120_000_000, bytes_per_second: 4.1e6 };
    let fetching = Fetching { photos: 12, done: 3, progress };
    window.say(Event::Photo(PhotoEvent::Fetching(Some(fetching))));
    window.harness.run_steps(10);
    assert!(window.shows("Fetching originals, 3 of 12. 34.0 MB of 120 MB · 4.1 MB/s · 21 s left"));
    window.click("Cancel");
    assert_eq!(asked(&window), [PhotoRequest::StopFetching]);
    window.say(Event::Photo(PhotoEvent::Fetching(None)));
    assert!(!window.shows("Fetching originals"));
    let to = SaveTo::File(PathBuf::from("/home/ingrid/DSC00030 (2).jpg"));
    window.say(Event::Photo(PhotoEvent::Saved { photos: 1, to }));
    assert!(window.shows("Original saved as /home/ingrid/DSC00030 (2).jpg"));
    let to = SaveTo::Folder(PathBuf::from("/home/ingrid/Norway"));
    window.say(Event::Photo(PhotoEvent::Saved { photos: 1, to }));
    assert!(window.shows("1 original saved in /home/ingrid/Norway"));
}
