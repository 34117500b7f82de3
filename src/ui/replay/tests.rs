//! The scripts through the whole window, without one: frames as a window would make them, in front
//! of an engine that the test plays.

use std::collections::VecDeque;
use std::sync::Arc;

use egui::{Context, Pos2, RawInput, Rect, ViewportCommand};

use super::*;
use crate::config::{Config, Places, Server, Settings};
use crate::engine::{
    AccountState, ConnectionState, Event, News, Picture, Request, SyncProgress, WantList,
};
use crate::model::{
    Album, AlbumId, Bitmap, Blur, Change, Library, MediaKind, MessageId, Photo, PhotoId, PixelSize,
    RemoteFile, RemoteKind, Rendition, Touched,
};
use crate::ui::{App, Backend, WindowOptions};

/// Answers every wish for a thumbnail, a few in a frame.
#[derive(Default)]
struct Engine {
    events: VecDeque<Event>,
    given: std::collections::HashSet<PhotoId>,
    /// Whether it has originals, too.
    has_originals: bool,
}

impl Backend for Engine {
    fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn request(&mut self, _request: Request) {}

    fn want(&mut self, wants: WantList) {
        for want in wants.wants {
            let is_due = match want.rendition {
                Rendition::Thumbnail => self.given.insert(want.photo),
                rendition => self.has_originals && rendition == Rendition::Screen,
            };
            if is_due {
                let size = PixelSize::new(4, 3);
                let bitmap = Bitmap::new(size, vec![200; 48]).map(Arc::new).unwrap();
                self.events.push_back(Event::Picture(Picture::new(
                    want.photo,
                    want.rendition,
                    Ok(bitmap),
                )));
            }
        }
    }
}

fn photo(n: i32) -> Photo {
    Photo {
        id: PhotoId { album: AlbumId(1), message: MessageId(n) },
        name: format!("{n}.jpg"),
        bytes: 1,
        size: PixelSize::new(400, 300),
        kind: MediaKind::Image,
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent: 1_700_000_000 + i64::from(n) * 9000,
        taken: None,
        head_read: false,
        blur: Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: i64::from(n),
            access_hash: 1,
            reference: Vec::new(),
            dc: 2,
            thumbs: Vec::new(),
            stripped: None,
        },
    }
}

fn signed_in(photos: i32) -> Vec<Event> {
    let album = Album { id: AlbumId(1), access_hash: 1, title: "One".to_owned(), created: 1 };
    let mut library = Library::new();
    library.apply(&Change::Album(album));
    for n in 1..=photos {
        library.apply(&Change::Photo(Box::new(photo(n))));
    }
    vec![
        Event::Account(AccountState::SignedIn {
            name: "Ingrid Holm".to_owned(),
            phone_masked: "+47 ••67".to_owned(),
        }),
        Event::Connection(ConnectionState::Online),
        Event::Changed(News { library, touched: Touched::Everything }),
    ]
}

/// A window of 1280 × 800 that is driven.
struct Window {
    ctx: Context,
    driven: Driven,
    replay: Replay,
    frame: eframe::Frame,
    time: f64,
    _home: tempfile::TempDir,
}

impl Window {
    fn open(script: Script, events: Vec<Event>) -> Self {
        Self::open_on(script, Engine { events: events.into(), ..Engine::default() })
    }

    fn open_on(script: Script, engine: Engine) -> Self {
        let home = tempfile::tempdir().unwrap();
        let here = home.path().to_path_buf();
        let config = Arc::new(Config {
            places: Places {
                config: here.clone(),
                data: here.clone(),
                cache: here.clone(),
                logs: here,
            },
            server: Server::Telegram,
            api: None,
            settings: Settings::default(),
        });
        let replay = Replay::new(script, (1280, 800));
        let options = WindowOptions { replay: Some(replay.clone()), ..WindowOptions::default() };
        let ctx = Context::default();
        let app = App::new(&ctx, Box::new(engine), &config, options);
        let driven = Driven::new(&ctx, app, replay.clone(), std::time::Instant::now());
        let frame = eframe::Frame::_new_kittest();
        Self { ctx, driven, replay, frame, time: 0.0, _home: home }
    }

    /// A frame; whether the window was closed by it.
    fn frame(&mut self) -> bool {
        use eframe::App as _;
        self.time += 1.0 / 30.0;
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0))),
            time: Some(self.time),
            // What a user does meanwhile.
            events: vec![egui::Event::Text("+".to_owned()), egui::Event::PointerGone],
            ..RawInput::default()
        };
        self.driven.raw_input_hook(&self.ctx, &mut input);
        let output = self.ctx.run_ui(input, |ui| {
            self.driven.logic(ui.ctx(), &mut self.frame);
            self.driven.ui(ui, &mut self.frame);
        });
        let closes = output
            .viewport_output
            .values()
            .any(|viewport| viewport.commands.contains(&ViewportCommand::Close));
        output.drop_without_applying_deltas();
        closes
    }

    /// Frames until the window closes.
    fn play(&mut self, seconds: f64) -> Result<Report, ReplayError> {
        while !self.frame() {
            assert!(self.time < seconds, "still open after {seconds} s");
        }
        self.replay.take_report()
    }
}

fn replayed(script: Script) -> Report {
    let mut events = signed_in(400);
    events.push(Event::Sync(None));
    let report = Window::open(script, events).play(70.0).unwrap();
    assert_eq!(report.photos, 400);
    assert!(report.frames > 300, "{report:?}");
    assert_eq!(report.blank_tiles, 0, "{report:?}");
    assert!(report.p50_ms > 0.0 && report.p50_ms <= report.p99_ms, "{report:?}");
    assert!(report.p99_ms <= report.max_ms, "{report:?}");
    report
}

#[test]
fn scroll_comes_past_every_photo() {
    let report = replayed(Script::Scroll);
    assert_eq!((report.photos_shown, report.thumbnails_shown), (400, 400));
}

#[test]
fn scrub_comes_past_every_photo() {
    assert_eq!(replayed(Script::Scrub).photos_shown, 400);
}

#[test]
fn skim_goes_through_the_viewer_from_both_ends() {
    let report = replayed(Script::Skim);
    // Two times ten seconds forwards, less five back, and ten seconds from the other end.
    assert_eq!(report.photos_shown, 400, "{report:?}");
    let rate = report.skim_photos_per_second.unwrap();
    assert!((28.0..31.0).contains(&rate), "a photo in each of thirty frames: {rate}");
    assert_eq!((report.rest_to_sharp_ms, report.rests_timed), (None, 0), "there are no originals");
}

#[test]
fn rests_on_photos_whose_originals_are_here_are_timed() {
    let mut events = signed_in(400);
    events.push(Event::Sync(None));
    let engine = Engine { events: events.into(), has_originals: true, ..Engine::default() };
    let report = Window::open_on(Script::Skim, engine).play(70.0).unwrap();
    // After each way back to one of those that were visited.
    assert!((6..=8).contains(&report.rests_timed), "{report:?}");
    let sharp = report.rest_to_sharp_ms.unwrap();
    assert!(sharp < 500.0, "a few frames of a thirtieth of a second each: {sharp}");
}

#[test]
fn it_waits_until_the_library_is_in_step() {
    let mut events = signed_in(5);
    events.push(Event::Sync(Some(SyncProgress { known: 5, total: 1000 })));
    let mut window = Window::open(Script::Skim, events);
    while window.time < 60.0 {
        assert!(!window.frame());
    }
    assert_eq!(window.replay.take_report(), Err(ReplayError::Closed), "nothing was played");
    assert_eq!(window.play(130.0), Err(ReplayError::Stalled));
}

#[test]
fn what_makes_it_useless_is_said() {
    let offline = Event::Connection(ConnectionState::Offline { why: "No route".to_owned() });
    let mut without_a_line = signed_in(5);
    without_a_line.push(offline);
    let mut without_photos = signed_in(0);
    without_photos.push(Event::Sync(None));
    for (events, why) in [
        (vec![Event::Account(AccountState::NeedsPhone)], ReplayError::NotSignedIn),
        (without_a_line, ReplayError::NoConnection("No route".to_owned())),
        (without_photos, ReplayError::NoPhotos),
    ] {
        assert_eq!(Window::open(Script::Scroll, events).play(40.0), Err(why));
    }
}
