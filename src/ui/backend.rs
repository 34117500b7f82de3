//! The seam to the engine: the window needs three things of it, and tests can be it.

use crate::engine::{Engine, Event, Request, WantList};

/// What the window asks of an engine.
pub trait Backend {
    /// The next event, if any; never blocks.
    fn poll(&mut self) -> Option<Event>;
    /// Asks for something; the answer comes as events.
    fn request(&mut self, request: Request);
    /// States the one wish: which pictures, most wanted first. Replaces the last.
    fn want(&mut self, wants: WantList);
}

impl Backend for Engine {
    fn poll(&mut self) -> Option<Event> {
        Self::poll(self)
    }

    fn request(&mut self, request: Request) {
        Self::request(self, request);
    }

    fn want(&mut self, wants: WantList) {
        Self::want(self, wants);
    }
}
