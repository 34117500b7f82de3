//! The whole window over the whole engine, sixty frames a second at most, without anything that
//! shows them.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event as Input, Key, Modifiers, Vec2};
use heliogram::config::Settings;
use heliogram::engine::{Engine, Event, Request, WantList};
use heliogram::model::{PhotoId, Rendition};
use heliogram::ui::Backend;

use super::sandbox::Ready;
use super::screen::{Screen, wheel};

/// Nothing takes so long.
const PATIENCE: Duration = Duration::from_mins(2);
/// Of a window's height, a frame: as fast as one can go and still see photographs.
const STEP: f32 = 0.075;
/// Whoever looks at a photo looks for so long at least.
const RESTS: Duration = Duration::from_millis(400);
/// The page has ended when nothing new came into view in so many frames.
const STILL: usize = 60;

/// The engine, and what it was last asked and told.
#[derive(Clone)]
struct Watched(Rc<Engine>, Rc<RefCell<Facts>>);

#[derive(Default)]
struct Facts {
    photos: usize,
    in_step: bool,
    /// Wanted, and nothing has come of them yet.
    missing: HashSet<PhotoId>,
    /// A sharper one may be wanted of these, which only an original on the disk could give.
    came: HashSet<PhotoId>,
    failed: HashSet<PhotoId>,
    /// Large pictures that are wanted and not there.
    large: usize,
}

impl Backend for Watched {
    fn poll(&mut self) -> Option<Event> {
        let event = self.0.poll();
        let mut facts = self.1.borrow_mut();
        match &event {
            Some(Event::Changed(news)) => facts.photos = news.library.photo_count(),
            Some(Event::Sync(progress)) => facts.in_step = progress.is_none(),
            Some(Event::Picture(picture)) if picture.rendition == Rendition::Thumbnail => {
                facts.missing.remove(&picture.photo);
                facts.came.insert(picture.photo);
                if picture.content.is_err() {
                    facts.failed.insert(picture.photo);
                }
            }
            _ => {}
        }
        event
    }

    fn request(&mut self, request: Request) {
        self.0.request(request);
    }

    fn want(&mut self, wants: WantList) {
        let thumbnails = wants.wants.iter().filter(|want| want.rendition == Rendition::Thumbnail);
        let mut facts = self.1.borrow_mut();
        facts.missing =
            thumbnails.map(|want| want.photo).filter(|photo| !facts.came.contains(photo)).collect();
        facts.large = wants.wants.iter().filter(|want| want.rendition >= Rendition::Screen).count();
        self.0.want(wants);
    }
}

/// See the module.
pub(super) struct Window {
    facts: Rc<RefCell<Facts>>,
    pub(super) screen: Screen,
}

impl Window {
    pub(super) fn open(ready: &Ready, home: &Path, size: Vec2) -> Self {
        // What is measured is the window's work alone.
        let mut settings = Settings::default();
        settings.dates.read_heads = false;
        let config = ready.config(home, settings);
        let thread = std::thread::current();
        let engine = Engine::start(Arc::clone(&config), Arc::new(move || thread.unpark()));
        let engine = Watched(Rc::new(engine.expect("the engine starts")), Rc::default());
        let facts = Rc::clone(&engine.1);
        Self { facts, screen: Screen::new(Box::new(engine), &config, size) }
    }

    /// How many photos there are.
    pub(super) fn photos(&self) -> usize {
        self.facts.borrow().photos
    }

    /// Thumbnails that could not be had.
    pub(super) fn failed(&self) -> usize {
        self.facts.borrow().failed.len()
    }

    /// Photos whose thumbnail has been painted.
    pub(super) fn shown(&self) -> usize {
        self.screen.app.tally().thumbnails
    }

    fn is_served(&self) -> bool {
        self.facts.borrow().missing.is_empty()
    }

    pub(super) fn resize(&mut self, size: Vec2) {
        self.screen.size = size;
        self.paint(Vec::new());
    }

    pub(super) fn smallest_tiles(&mut self) {
        for _ in 0..6 {
            self.paint(vec![Input::Text("-".to_owned())]);
        }
    }

    pub(super) fn wait_until_in_step(&mut self) {
        let begun = Instant::now();
        while !self.facts.borrow().in_step || self.photos() == 0 {
            assert!(begun.elapsed() < PATIENCE, "not in step: {} photos", self.photos());
            self.paint(Vec::new());
        }
        self.paint(vec![Input::PointerMoved((self.screen.size / 2.0).to_pos2())]);
    }

    /// Down the page until so many thumbnails have been painted, or the page ends.
    pub(super) fn browse(&mut self, photos: usize) {
        let (mut still, mut waits) = (0, Instant::now());
        while self.shown() < photos && still < STILL {
            let before = self.shown();
            if self.is_served() {
                waits = Instant::now();
                self.paint(vec![wheel(-self.screen.size.y * STEP)]);
                still = if self.shown() == before { still + 1 } else { 0 };
            } else {
                let missing = self.facts.borrow().missing.len();
                assert!(waits.elapsed() < PATIENCE, "{missing} thumbnails do not come");
                self.paint(Vec::new());
            }
        }
    }

    /// Opens the first photo and goes through so many, each with its neighbours as sharp as the
    /// screen; of every tenth all pixels are looked at.
    pub(super) fn page(&mut self, photos: usize) {
        self.press(Key::ArrowRight);
        self.press(Key::Enter);
        for photo in 0..photos {
            self.look(photo);
            if photo % 10 == 0 {
                self.press(Key::Num1);
                self.look(photo);
            }
            self.press(Key::ArrowRight);
        }
    }

    /// Frames until every large picture that is wanted is there.
    fn look(&mut self, photo: usize) {
        let begun = Instant::now();
        // What rests for a moment wants more.
        while begun.elapsed() < RESTS || self.facts.borrow().large > 0 {
            assert!(begun.elapsed() < PATIENCE, "photo {photo} does not come");
            self.paint(Vec::new());
        }
    }

    fn press(&mut self, key: Key) {
        let event = |pressed| Input::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::NONE,
        };
        let text = (key == Key::Num1).then(|| Input::Text("1".to_owned()));
        self.paint([event(true)].into_iter().chain(text).collect());
        self.paint(vec![event(false)]);
    }

    fn paint(&mut self, events: Vec<Input>) {
        self.screen.paint(events);
    }
}
