//! The engine with a window in front: requests and wants in, events out. The window's calls never
//! block; everything happens in `reception`.

mod hand_in;
mod reception;
mod turns;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use self::reception::Reception;
use super::bus::{Bus, Inbox, bus};
use super::core::Ground;
use super::event::{AccountState, Event, Trouble};
use super::runtime::Workers;
use super::{EngineError, Request, WantList};
use crate::config::Config;

/// Requests that may wait.
const REQUESTS: usize = 1024;

/// The engine with a window in front. Dropping it stops everything within a second; nothing is
/// lost.
pub struct Engine {
    requests: mpsc::Sender<Request>,
    wants: watch::Sender<WantList>,
    inbox: Inbox,
    bus: Bus,
    ground: Ground,
    workers: Option<Workers>,
    /// Hears when nobody takes requests any more.
    received: Receiver<()>,
}

impl Engine {
    /// Opens the store, starts runtime and pools, and begins to read the library (which arrives as
    /// [`Event::Changed`]). `wake` is called after an event was queued, from any thread.
    pub fn start(
        config: Arc<Config>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, EngineError> {
        let workers = Workers::start()?;
        let (bus, inbox) = bus(wake);
        let runtime = workers.handle()?;
        let _inside = runtime.enter();
        let ground = Ground::open(config, workers.pool(), bus.clone())?;
        let (requests, asked) = mpsc::channel(REQUESTS);
        let (wants, wanted) = watch::channel(WantList::default());
        bus.send(Event::Account(AccountState::Starting));
        runtime.spawn(bus.clone().courier());
        let (receiving, received) = sync_channel(1);
        runtime.spawn(run(ground.clone(), asked, wanted, receiving));
        Ok(Self { requests, wants, inbox, bus, ground, workers: Some(workers), received })
    }

    /// Asks for something. Never blocks; the answer is an event.
    pub fn request(&self, request: Request) {
        if let Err(error) = self.requests.try_send(request) {
            tracing::error!(%error, "a request could not be taken");
            self.bus.trouble(Trouble::plain(
                "Too much is asked at once. Wait a moment and do it again",
            ));
        }
    }

    /// States the wishes; they replace the former ones.
    pub fn want(&self, wants: WantList) {
        self.wants.send_if_modified(|before| {
            let new = *before != wants;
            if new {
                *before = wants;
            }
            new
        });
    }

    /// The next event, if any; never blocks.
    pub fn poll(&self) -> Option<Event> {
        self.inbox.poll()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // What was asked last is still taken: files that were handed in are then remembered.
        self.requests = mpsc::channel(1).0;
        let _ended = self.received.recv_timeout(LAST).is_err();
        drop(self.workers.take());
        self.ground.vault.flush();
    }
}

/// Reads the library, then serves requests.
async fn run(
    ground: Ground,
    requests: mpsc::Receiver<Request>,
    wants: watch::Receiver<WantList>,
    _receiving: SyncSender<()>,
) {
    let loading = ground.clone();
    match ground.pool.run(move || loading.load()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => ground
            .bus
            .trouble(Trouble::from(&error).while_doing("The local library could not be read")),
        Err(crashed) => ground.bus.trouble(crashed.into()),
    }
    let reception = Reception::new(ground, wants);
    reception.serve(requests).await;
}

/// How long quitting waits for the last requests to be taken.
const LAST: Duration = Duration::from_millis(400);
/// How long a sign-out at Telegram may take before the local half is done anyway.
const SIGN_OUT: Duration = Duration::from_secs(5);
