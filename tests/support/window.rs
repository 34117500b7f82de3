//! A window without pixels: an engine that is open, and the library that it told of.

#![allow(dead_code, reason = "each test crate uses its own part of this")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::config::{Config, CustomServer};
use heliogram::engine::{Engine, Event};
use heliogram::model::{AlbumShelf, Library};

/// Until a window shows what somebody else did: it looks by itself only once a minute.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// See the module.
pub(crate) struct Window {
    engine: Engine,
    pub(crate) library: Library,
    pub(crate) in_step: bool,
}

impl Window {
    /// Opens a home that is signed in.
    pub(crate) fn open(home: &Path, server: CustomServer) -> Self {
        let config = Config::with_server(home, server).expect("the home is of this server");
        let engine = Engine::start(Arc::new(config), Arc::new(|| {})).expect("it opens");
        Self { engine, library: Library::new(), in_step: false }
    }

    /// An album by its title.
    pub(crate) fn album(&self, title: &str) -> Option<&AlbumShelf> {
        self.library.albums().find(|shelf| shelf.album.title == title)
    }

    /// Takes events until `done`, or fails after `limit`; how long it took.
    #[track_caller]
    pub(crate) fn within(
        &mut self,
        limit: Duration,
        what: &str,
        mut done: impl FnMut(&Self) -> bool,
    ) -> Duration {
        let begun = Instant::now();
        while !done(self) {
            assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
            match self.engine.poll() {
                Some(Event::Changed(news)) => self.library = news.library,
                Some(Event::Sync(progress)) => self.in_step = progress.is_none(),
                Some(_) => {}
                None => std::thread::park_timeout(Duration::from_millis(2)),
            }
        }
        begun.elapsed()
    }
}
