//! The seam to the engine: the window needs three things of it, and tests can be it.
//!
//! The engine is started beside the window, which is there before it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use egui::{Context, ViewportCommand};

use super::window::EngineStarter;
use crate::engine::{Engine, Event, Request, WantList};

/// What the engine calls when it has something to tell; from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

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

/// Requests before there is an engine. The window has nothing to ask for until it has been told
/// something, so this is never full.
const MOST: usize = 256;

/// An engine that is being started on a thread of its own, and is then that engine.
pub(super) struct Coming {
    engine: Option<Engine>,
    started: Receiver<Engine>,
    requests: Vec<Request>,
    wants: WantList,
}

impl Coming {
    /// Starts it. The handle tells how that went; a failure closes the window.
    pub(super) fn start<E: Send + 'static>(
        ctx: &Context,
        start: EngineStarter<E>,
    ) -> std::io::Result<(Self, JoinHandle<Result<(), E>>)> {
        let (sender, started) = sync_channel(1);
        let ctx = ctx.clone();
        let run = move || {
            let closing = CloseOnFailure(Some(ctx.clone()));
            let wake = {
                let ctx = ctx.clone();
                Arc::new(move || ctx.request_repaint())
            };
            let engine = start(wake)?;
            closing.disarm();
            // Where the window is gone, the engine ends here.
            let _ = sender.send(engine);
            ctx.request_repaint();
            Ok(())
        };
        let starter = std::thread::Builder::new().name("start".to_owned()).spawn(run)?;
        let this = Self { engine: None, started, requests: Vec::new(), wants: WantList::default() };
        Ok((this, starter))
    }
}

impl Backend for Coming {
    fn poll(&mut self) -> Option<Event> {
        if self.engine.is_none() {
            let engine = self.started.try_recv().ok()?;
            self.requests.drain(..).for_each(|request| engine.request(request));
            engine.want(std::mem::take(&mut self.wants));
            self.engine = Some(engine);
        }
        self.engine.as_ref().and_then(Engine::poll)
    }

    fn request(&mut self, request: Request) {
        match &self.engine {
            Some(engine) => engine.request(request),
            None if self.requests.len() < MOST => self.requests.push(request),
            None => tracing::error!("a request came before the engine and could not be taken"),
        }
    }

    fn want(&mut self, wants: WantList) {
        match &self.engine {
            Some(engine) => engine.want(wants),
            None => self.wants = wants,
        }
    }
}

/// Closes the window when it is dropped armed: nothing would ever be shown in it.
struct CloseOnFailure(Option<Context>);

impl CloseOnFailure {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CloseOnFailure {
    fn drop(&mut self) {
        if let Some(ctx) = self.0.take() {
            ctx.send_viewport_cmd(ViewportCommand::Close);
            ctx.request_repaint();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_does_not_start_closes_the_window() {
        let ctx = Context::default();
        let (mut backend, starter) = Coming::start(&ctx, Box::new(|_| Err("no room"))).unwrap();
        assert_eq!(starter.join().unwrap(), Err("no room"));
        assert!(backend.poll().is_none());
        let mut output = ctx.run_ui(egui::RawInput::default(), |_| {});
        output.textures_delta.clear();
        let commands = output.viewport_output.values().flat_map(|viewport| &viewport.commands);
        assert!(commands.into_iter().any(|command| *command == ViewportCommand::Close));
    }
}
