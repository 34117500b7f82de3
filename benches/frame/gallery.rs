//! The whole window in front of an engine that answers every wish at once.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use egui::{Context, Ui};
use heliogram::config::{Config, Places, Server, Settings};
use heliogram::engine::{
    AccountState, ConnectionState, Event, News, Picture, Request, Want, WantList,
};
use heliogram::model::{Bitmap, PhotoId, PixelSize, Rendition, Touched};
use heliogram::ui::{App, Backend, WindowOptions};

use super::{Painter, library};

/// Pictures that come in one frame, at most.
const A_FRAME: usize = 24;

/// See the module.
pub(super) struct Gallery {
    app: App,
    frame: eframe::Frame,
    engine: Engine,
    _home: tempfile::TempDir,
}

#[derive(Clone, Default)]
struct Engine(Rc<RefCell<Desk>>);

#[derive(Default)]
struct Desk {
    events: VecDeque<Event>,
    wants: VecDeque<Want>,
    sent: HashMap<PhotoId, u32>,
    bitmaps: HashMap<u32, Arc<Bitmap>>,
    left: usize,
}

impl Desk {
    fn answer(&mut self) -> Option<Event> {
        self.left = self.left.checked_sub(1)?;
        let want = self.wants.pop_front()?;
        let side = want.fit.long_side();
        self.sent.insert(want.photo, side);
        let bitmap = self.bitmaps.entry(side).or_insert_with(|| picture(side)).clone();
        Some(Event::Picture(Picture::new(want.photo, want.rendition, Ok(bitmap))))
    }
}

fn picture(side: u32) -> Arc<Bitmap> {
    let size = PixelSize::new(side, side * 2 / 3);
    let rgba = (0..size.pixels()).flat_map(|n| [(n % 251) as u8, 90, 120, 255]).collect();
    Arc::new(Bitmap::new(size, rgba).unwrap_or_else(|| unreachable!("it has that many pixels")))
}

impl Backend for Engine {
    fn poll(&mut self) -> Option<Event> {
        let mut desk = self.0.borrow_mut();
        desk.events.pop_front().or_else(|| desk.answer())
    }

    fn request(&mut self, _request: Request) {}

    fn want(&mut self, wants: WantList) {
        let mut desk = self.0.borrow_mut();
        let fresh = |want: &Want| {
            want.rendition == Rendition::Thumbnail
                && desk.sent.get(&want.photo).is_none_or(|side| *side < want.fit.long_side())
        };
        desk.wants = wants.wants.into_iter().filter(fresh).collect();
    }
}

impl Gallery {
    /// A window that shows all of so many photos.
    pub(super) fn new(ctx: &Context, photos: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let home = tempfile::tempdir()?;
        let engine = Engine::default();
        {
            let mut desk = engine.0.borrow_mut();
            desk.events.push_back(Event::Account(AccountState::SignedIn {
                name: "Ingrid Holm".to_owned(),
                phone_masked: "+47 ••67".to_owned(),
            }));
            desk.events.push_back(Event::Connection(ConnectionState::Online));
            let (library, touched) = (library::of(photos), Touched::Everything);
            desk.events.push_back(Event::Changed(News { library, touched }));
            desk.events.push_back(Event::Sync(None));
        }
        let options = WindowOptions::default();
        let config = config(home.path());
        let app = App::new(ctx, Box::new(engine.clone()), &config, options);
        Ok(Self { app, frame: eframe::Frame::_new_kittest(), engine, _home: home })
    }
}

fn config(home: &std::path::Path) -> Arc<Config> {
    let here = home.to_path_buf();
    Arc::new(Config {
        places: Places {
            config: here.clone(),
            data: here.clone(),
            cache: here.clone(),
            logs: here,
        },
        server: Server::Telegram,
        api: None,
        settings: Settings::default(),
    })
}

impl Painter for Gallery {
    fn logic(&mut self, ctx: &Context) {
        self.engine.0.borrow_mut().left = A_FRAME;
        eframe::App::logic(&mut self.app, ctx, &mut self.frame);
    }

    fn ui(&mut self, ui: &mut Ui) {
        eframe::App::ui(&mut self.app, ui, &mut self.frame);
    }

    fn images(&self) -> usize {
        self.app.pictures_painted()
    }
}
