//! The whole window in front of an engine that the test plays, and hands to use it with.
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]
#![allow(dead_code, reason = "each test crate uses its own part of this")]

#[path = "news.rs"]
mod news;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use egui::{Event as Input, Key, Modifiers, PointerButton, Pos2, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heliogram::config::{Config, Places, Server, Settings};
use heliogram::engine::{AccountState, ConnectionState, Event, Request, WantList};
use heliogram::model::{
    Album, AlbumId, Change, Library, MediaKind, MessageId, Photo, PhotoId, PixelSize, RemoteFile,
    RemoteKind, Taken,
};
use heliogram::ui::{App, Backend, WindowOptions};

/// What the window asked of the engine, and what the engine will say next.
#[derive(Default)]
struct Script {
    events: VecDeque<Event>,
    requests: Vec<Request>,
}

#[derive(Clone, Default)]
struct Played(Rc<RefCell<Script>>);

impl Backend for Played {
    fn poll(&mut self) -> Option<Event> {
        self.0.borrow_mut().events.pop_front()
    }

    fn request(&mut self, request: Request) {
        self.0.borrow_mut().requests.push(request);
    }

    fn want(&mut self, _: WantList) {}
}

/// The window and the hands of its user.
pub(crate) struct Window<'a> {
    pub(crate) harness: Harness<'a, App>,
    engine: Played,
    library: Library,
    home: tempfile::TempDir,
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
        let home = tempfile::tempdir().unwrap();
        let engine = Played::default();
        let here = home.path().to_path_buf();
        let to = here.join("saved");
        let options = WindowOptions {
            reduce_motion,
            folder_dialog: Some(Arc::new(move |_| Some(to.clone()))),
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
        let mut builder = Harness::builder().with_size(size).with_step_dt(1.0 / 60.0);
        if painted {
            builder = builder.wgpu();
        }
        let harness =
            builder.build_eframe(move |cc| App::new(&cc.egui_ctx, backend, &config, options));
        let mut window = Self { harness, engine, library: Library::new(), home };
        window.say(Event::Account(AccountState::SignedIn {
            name: "Ingrid Holm".to_owned(),
            phone_masked: "+47 ••67".to_owned(),
        }));
        window.say(Event::Connection(ConnectionState::Online));
        window.change(changes);
        window
    }

    pub(crate) fn saved_to(&self) -> PathBuf {
        self.home.path().join("saved")
    }

    /// A few frames: events in, their consequences painted.
    pub(crate) fn settle(&mut self) {
        self.harness.run_steps(5);
    }

    pub(crate) fn say(&mut self, event: Event) {
        self.engine.0.borrow_mut().events.push_back(event);
        self.settle();
    }

    /// The library changes.
    pub(crate) fn change(&mut self, changes: &[Change]) {
        let event = news::tell(&mut self.library, changes);
        self.say(event);
        // A library that grows is not laid out anew in every frame.
        self.harness.run_steps(30);
    }

    /// The requests since the last time this was asked.
    pub(crate) fn asked(&self) -> Vec<Request> {
        std::mem::take(&mut self.engine.0.borrow_mut().requests)
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    pub(crate) fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
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

    pub(crate) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    pub(crate) fn shows(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
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
