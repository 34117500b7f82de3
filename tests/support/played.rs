//! The whole window in front of an engine that the test plays, and hands to use it with.
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]
#![allow(dead_code, reason = "each test crate uses its own part of this")]

#[path = "hands.rs"]
mod hands;
#[path = "news.rs"]
mod news;

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event as Input, Key, Modifiers, PointerButton, Pos2, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heliogram::config::{Config, Places, Server, Settings};
use heliogram::engine::{AccountState, ConnectionState, Event, Request, UploadsRequest, WantList};
use heliogram::model::{
    Album, AlbumId, Change, Library, MediaKind, MessageId, Photo, PhotoId, PixelSize, RemoteFile,
    RemoteKind, Taken, UploadId,
};
use heliogram::platform::desktop::Desktop;
use heliogram::ui::{App, Backend, Notifier, Outcome, PointerProbe, WindowOptions};

pub(crate) use hands::Hands;
pub(crate) use news::tell;

/// What the window asked of the engine, and what the engine will say next.
#[derive(Default)]
struct Script {
    events: VecDeque<Event>,
    requests: Vec<Request>,
    wants: WantList,
    /// Files on their way whose pictures were asked for.
    shown: Vec<UploadId>,
    /// Every photo that was ever wanted.
    wanted: HashSet<PhotoId>,
    /// As the window was told.
    library: Library,
}

#[derive(Clone, Default)]
pub(crate) struct Played(Rc<RefCell<Script>>);

impl Backend for Played {
    fn poll(&mut self) -> Option<Event> {
        self.0.borrow_mut().events.pop_front()
    }

    fn request(&mut self, request: Request) {
        let mut script = self.0.borrow_mut();
        match request {
            // As wants are: stated for what is in view.
            Request::Uploads(UploadsRequest::Show(files)) => script.shown.extend(files),
            request => script.requests.push(request),
        }
    }

    fn want(&mut self, wants: WantList) {
        let mut script = self.0.borrow_mut();
        script.wanted.extend(wants.wants.iter().map(|want| want.photo));
        script.wants = wants;
    }
}

impl Played {
    pub(crate) fn say(&self, event: Event) {
        let mut script = self.0.borrow_mut();
        if let Event::Changed(news) = &event {
            script.library = news.library.clone();
        }
        script.events.push_back(event);
    }

    /// The requests since the last time this was asked.
    pub(crate) fn asked(&self) -> Vec<Request> {
        std::mem::take(&mut self.0.borrow_mut().requests)
    }

    /// Files on their way whose pictures were asked for since the last time this was asked.
    pub(crate) fn shown(&self) -> Vec<UploadId> {
        std::mem::take(&mut self.0.borrow_mut().shown)
    }

    /// What is wanted now.
    pub(crate) fn wants(&self) -> WantList {
        self.0.borrow().wants.clone()
    }

    /// Whether a photo was ever wanted.
    pub(crate) fn was_wanted(&self, photo: PhotoId) -> bool {
        self.0.borrow().wanted.contains(&photo)
    }

    /// As the window was told.
    pub(crate) fn library(&self) -> Library {
        self.0.borrow().library.clone()
    }
}

/// How a window begins.
pub(crate) struct Opening {
    pub(crate) size: Vec2,
    /// What the engine says before the first frame.
    pub(crate) first: Vec<Event>,
    /// From frame to frame, seconds.
    pub(crate) step: f32,
    pub(crate) reduce_motion: bool,
    /// Whether it can be painted.
    pub(crate) painted: bool,
    pub(crate) pointer: Option<PointerProbe>,
    pub(crate) notifier: Option<Notifier>,
    /// In place of the system's.
    pub(crate) desktop: Option<Arc<dyn Desktop>>,
    pub(crate) home: tempfile::TempDir,
}

impl Opening {
    pub(crate) fn new(size: Vec2) -> Self {
        Self {
            size,
            first: Vec::new(),
            step: 1.0 / 60.0,
            reduce_motion: true,
            painted: false,
            pointer: None,
            notifier: None,
            desktop: None,
            home: tempfile::tempdir().unwrap(),
        }
    }
}

/// The window and the hands of its user.
pub(crate) struct Window<'a> {
    pub(crate) harness: Harness<'a, App>,
    pub(crate) engine: Played,
    pub(crate) outcome: Rc<Cell<Outcome>>,
    pub(crate) home: tempfile::TempDir,
}

impl<'a> Hands<'a> for Window<'a> {
    fn harness(&self) -> &Harness<'a, App> {
        &self.harness
    }

    fn harness_mut(&mut self) -> &mut Harness<'a, App> {
        &mut self.harness
    }
}

impl Window<'_> {
    /// A window of this size over these changes.
    pub(crate) fn open(size: Vec2, changes: &[Change]) -> Self {
        Self::open_as(size, changes, true, false)
    }

    /// As [`Self::open`]; whether nothing moves, and whether it can be painted.
    pub(crate) fn open_as(
        size: Vec2,
        changes: &[Change],
        reduce_motion: bool,
        painted: bool,
    ) -> Self {
        let first = signed_in();
        let opening = Opening { first, reduce_motion, painted, ..Opening::new(size) };
        let mut window = Self::open_with(opening);
        window.change(changes);
        if changes.iter().any(|change| matches!(change, Change::Photo(_))) {
            let begun = Instant::now();
            while window.visible().is_empty() {
                let late = begun.elapsed() > Duration::from_mins(1);
                assert!(!late, "no photo is shown: {:?}", window.harness.root());
                window.settle();
            }
        }
        window
    }

    pub(crate) fn open_with(opening: Opening) -> Self {
        let Opening { size, first, step, reduce_motion, painted, pointer, notifier, desktop, home } =
            opening;
        let engine = Played::default();
        for event in first {
            engine.say(event);
        }
        let outcome = Rc::new(Cell::new(Outcome::Closed));
        let here = home.path().to_path_buf();
        let to = here.join("saved");
        let options = WindowOptions {
            offers_demo: true,
            reduce_motion,
            folder_dialog: Some(Arc::new(move |_| Some(to.clone()))),
            pointer,
            notifier,
            desktop,
            outcome: Rc::clone(&outcome),
            ..Default::default()
        };
        let config = Arc::new(Config {
            places: Places {
                config: here.clone(),
                data: here.clone(),
                cache: here.clone(),
                logs: here,
            },
            server: Server::Telegram,
            api: None,
            settings: Settings { theme: "dark".to_owned(), ..Settings::default() },
        });
        let backend = Box::new(engine.clone());
        let mut builder = Harness::builder().with_size(size).with_step_dt(step);
        if painted {
            builder = builder.wgpu();
        }
        let harness =
            builder.build_eframe(move |cc| App::new(&cc.egui_ctx, backend, &config, options));
        let mut window = Self { harness, engine, outcome, home };
        window.settle();
        window
    }

    pub(crate) fn saved_to(&self) -> PathBuf {
        self.home.path().join("saved")
    }

    pub(crate) fn say(&mut self, event: Event) {
        self.engine.say(event);
        self.settle();
    }

    /// The library changes.
    pub(crate) fn change(&mut self, changes: &[Change]) {
        let event = tell(&mut self.engine.library(), changes);
        self.say(event);
        // A library that grows is not laid out anew in every frame.
        self.harness.run_steps(30);
    }

    /// The requests since the last time this was asked.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.engine.asked()
    }

    /// As the window system tells a character: the key, and the text of it.
    pub(crate) fn type_key(&mut self, key: Key, text: &str) {
        let (input, repeat, physical_key) = (self.harness.input_mut(), false, None);
        let modifiers = Modifiers::NONE;
        for pressed in [true, false] {
            input.events.push(Input::Key { key, pressed, modifiers, repeat, physical_key });
            if pressed {
                input.events.push(Input::Text(text.to_owned()));
            }
        }
        self.settle();
    }

    pub(crate) fn move_to(&mut self, at: Pos2) {
        self.harness.event(Input::PointerMoved(at));
        self.harness.run_steps(2);
    }

    pub(crate) fn button(&mut self, pos: Pos2, pressed: bool, modifiers: Modifiers) {
        let button = PointerButton::Primary;
        self.harness.event(Input::ModifiersChanged(modifiers));
        self.harness.event(Input::PointerButton { pos, button, pressed, modifiers });
        self.harness.run_steps(2);
    }

    /// Presses, moves in steps and stays there, the button held.
    pub(crate) fn drag(&mut self, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.move_to(from);
        self.button(from, true, modifiers);
        for step in 1..=4_u8 {
            self.move_to(from + (to - from) * f32::from(step) / 4.0);
        }
    }

    pub(crate) fn release(&mut self, at: Pos2) {
        self.button(at, false, Modifiers::NONE);
        self.harness.event(Input::ModifiersChanged(Modifiers::NONE));
        self.settle();
    }

    pub(crate) fn click_at(&mut self, at: Pos2, modifiers: Modifiers) {
        self.move_to(at);
        self.button(at, true, modifiers);
        self.button(at, false, modifiers);
        self.harness.event(Input::ModifiersChanged(Modifiers::NONE));
        self.settle();
        // The next click is no double click.
        self.harness.run_steps(30);
    }

    /// Where the tile of photo number `message` is.
    #[track_caller]
    pub(crate) fn tile(&self, message: i32) -> Rect {
        self.harness.get_by_label_contains(&name(message)).rect()
    }

    /// Its check disc.
    #[track_caller]
    pub(crate) fn disc(&self, message: i32) -> Pos2 {
        self.tile(message).min + vec2(18.0, 18.0)
    }

    /// The numbers of the photos whose tiles are on screen.
    pub(crate) fn visible(&self) -> Vec<i32> {
        self.numbers(|_| true)
    }

    /// The numbers of those that are selected.
    pub(crate) fn selected(&self) -> Vec<i32> {
        self.numbers(|on| on == Some(true))
    }

    fn numbers(&self, wanted: impl Fn(Option<bool>) -> bool) -> Vec<i32> {
        let tiles = self.harness.query_all_by_label_contains("Photo DSC");
        let mut found: Vec<i32> = tiles
            .filter(|tile| wanted(tile.accesskit_node().is_selected()))
            .filter_map(|tile| {
                let label = tile.accesskit_node().label()?;
                label.split("DSC").nth(1)?.split('.').next()?.parse().ok()
            })
            .collect();
        found.sort_unstable();
        found
    }

    /// The words of the selection's bar; empty without one.
    pub(crate) fn bar(&self) -> String {
        let mut bars = self.harness.query_all_by_label_contains(" selected, ");
        bars.next().and_then(|bar| bar.accesskit_node().label()).unwrap_or_default()
    }
}

/// Somebody is signed in, and there is a line.
pub(crate) fn signed_in() -> Vec<Event> {
    vec![
        Event::Account(AccountState::SignedIn {
            name: "Ingrid Holm".to_owned(),
            phone_masked: "+47 ••67".to_owned(),
        }),
        Event::Connection(ConnectionState::Online),
    ]
}

fn name(message: i32) -> String {
    format!("Photo DSC{message:05}.jpg")
}

pub(crate) fn id(album: i64, message: i32) -> PhotoId {
    PhotoId { album: AlbumId(album), message: MessageId(message) }
}

pub(crate) fn album(id: i64, title: &str) -> Change {
    Change::Album(Album { id: AlbumId(id), access_hash: 1, title: title.to_owned(), created: id })
}

/// The first day that a photo of [`photo`] may have, seconds of the wall clock: 1 January 2021.
pub(crate) const BEGIN: i64 = 18_628 * 86_400;

/// Photo number `message` of 1 MB, taken `days` days after [`BEGIN`]: the higher, the newer.
pub(crate) fn photo(album: i64, message: i32, days: i32) -> Change {
    let taken = BEGIN + i64::from(days) * 86_400 + i64::from(message);
    Change::Photo(Box::new(Photo {
        id: id(album, message),
        name: format!("DSC{message:05}.jpg"),
        bytes: 1_000_000,
        size: PixelSize::new(6000, 4000),
        kind: MediaKind::Image,
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent: taken,
        taken: Some(Taken { wall_seconds: taken, offset_minutes: None }),
        blur: None,
        head_read: false,
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: i64::from(message),
            access_hash: 1,
            reference: vec![],
            dc: 2,
            thumbs: vec![],
            stripped: None,
        },
    }))
}

/// Two albums; the second, Norway, has `photos` photos, `a_day` of them a day.
pub(crate) fn library(photos: i32, a_day: i32) -> Vec<Change> {
    let mut changes = vec![album(1, "Arezzo"), album(2, "Norway")];
    changes.extend((0..photos).map(|message| photo(2, message + 1, message / a_day)));
    changes
}

pub(crate) fn gone(album: i64, messages: &[i32]) -> Change {
    let messages = messages.iter().copied().map(MessageId).collect();
    Change::PhotosGone { album: AlbumId(album), messages }
}
