//! Transfers: our own connections for parts and pieces of files, beside the main line. Telegram
//! meters each connection, so there are several; grammers' own would compress photographs and send
//! one part at a time. One lane per data centre and kind of request. On tokio's workers.

mod connection;
mod lane;
mod ramp;
mod wire;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use grammers_mtsender::RpcError;
use grammers_tl_types::{
    self as tl, Deserializable as _, Identifiable, RemoteCall, Serializable as _,
};
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::core::{self, Core};
use super::error::{Result, TelegramError};
use super::retry;
pub(super) use lane::Kind;
use lane::{Answer, Job, Lane};

/// Waits of Telegram's up to this long are waited out inside.
const ALLOWANCE: Duration = Duration::from_hours(1);
/// How often a server's own trouble is tried again.
const SERVER_TRIES: u32 = 6;

/// All lanes of an account.
pub(super) struct Transfers {
    core: Arc<Core>,
    most: usize,
    lanes: Mutex<HashMap<(i32, Kind), Running>>,
    open: Arc<AtomicU32>,
    window: watch::Sender<usize>,
}

struct Running {
    lane: Arc<Lane>,
    keeper: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Transfers {
    pub(super) fn new(core: Arc<Core>, most_connections: u8) -> Self {
        Self {
            core,
            most: usize::from(most_connections.clamp(1, 16)),
            lanes: Mutex::default(),
            open: Arc::default(),
            window: watch::Sender::new(3),
        }
    }

    /// Connections that are open now.
    pub(super) fn open(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// How many parts should be under way.
    pub(super) fn window(&self) -> watch::Receiver<usize> {
        self.window.subscribe()
    }

    /// Ends all connections: their keys are no longer ours.
    pub(super) fn start_over(&self) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Originals are about to be looked at: has connections for them in all data centres that
    /// files came from lately, and at home.
    pub(super) fn expect_views(&self) {
        let mut dcs: Vec<i32> = {
            let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let pictures = |kind: &Kind| matches!(kind, Kind::Small | Kind::View);
            lanes.keys().filter(|(_, kind)| pictures(kind)).map(|(dc, _)| *dc).collect()
        };
        dcs.push(self.core.session.home());
        dcs.sort_unstable();
        dcs.dedup();
        for dc in dcs {
            self.lane(dc, Kind::View).expect_work();
        }
    }

    fn lane(&self, dc: i32, kind: Kind) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let running = lanes.entry((dc, kind)).or_insert_with(|| {
            let window = (kind == Kind::Up).then(|| self.window.clone());
            let open = Arc::clone(&self.open);
            let lane = Lane::new(Arc::clone(&self.core), dc, kind, self.most, open, window);
            let keeper = tokio::spawn(lane::keep(Arc::clone(&lane))).abort_handle();
            Running { lane, keeper }
        });
        Arc::clone(&running.lane)
    }

    /// Makes connections to the home data centre, for requests that will come soon.
    pub(super) fn expect(&self, kind: Kind) {
        self.lane(self.core.session.home(), kind).expect_work();
    }

    /// Sends a request, as often as it takes, and resolves with its answer. One of
    /// [`Kind::InOrder`] has its place in the order once this was polled. `size_hint` is about
    /// how many bytes it has. Dropping the future takes it out of the queue.
    pub(super) async fn call<R: RemoteCall + Identifiable>(
        &self,
        dc: i32,
        kind: Kind,
        request: R,
        size_hint: usize,
    ) -> Result<R::Return> {
        let method = tl::name_for_id(R::CONSTRUCTOR_ID);
        let mut body = Vec::with_capacity(size_hint + 128);
        // These connections carry files alone.
        // <https://core.telegram.org/method/invokeWithoutUpdates>
        tl::functions::InvokeWithoutUpdates::<R>::CONSTRUCTOR_ID.serialize(&mut body);
        request.serialize(&mut body);
        // A part's bytes are in the body now, once.
        drop(request);
        let answer = self.carry(dc, kind, method, body).await?;
        R::Return::from_bytes(&answer)
            .map_err(|error| TelegramError::unexpected(method, error.to_string()))
    }

    async fn carry(
        &self,
        dc: i32,
        kind: Kind,
        method: &'static str,
        mut body: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let mut refusals = 0;
        let mut reauthorised = false;
        loop {
            // What has its place in an order waits there.
            if kind != Kind::InOrder {
                let waited = self.core.gate.pass(method, ALLOWANCE).await;
                waited.map_err(|wait| core::flood(method, wait))?;
            }
            let (reply, answer) = oneshot::channel();
            self.lane(dc, kind).submit(Job { method, body, reply, cuts: 0, place: 0 });
            let error: RpcError;
            (body, error) = match answer.await {
                Ok(Answer::Done(answer)) => return Ok(answer),
                Ok(Answer::Held(held)) => {
                    body = held;
                    continue;
                }
                Ok(Answer::Failed(error)) => return Err(error),
                Ok(Answer::Refused { body, error }) => (body, error),
                Err(_) => {
                    return Err(TelegramError::Offline { why: "transfers were stopped".into() });
                }
            };
            if error.code == 420 {
                let wait = Duration::from_secs(u64::from(error.value.unwrap_or(1)));
                self.core.gate.close(method, wait);
            } else if retry::is_server_trouble(error.code, &error.name) && refusals < SERVER_TRIES {
                refusals += 1;
                sleep(retry::pause(refusals)).await;
            } else if error.code == 401 && dc != self.core.session.home() && !reauthorised {
                // The authorisation carried over to that data centre is no longer good.
                reauthorised = true;
                self.core.session.set_authorised(dc, false);
                self.core.route(dc).await?;
            } else {
                if dc == self.core.session.home() {
                    self.core.notice(error.code, &error.name);
                }
                return Err(TelegramError::from_rpc(error, method));
            }
        }
    }
}
