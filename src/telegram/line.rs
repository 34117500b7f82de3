//! The main line: grammers' sender pool, kept running. Its runner is rebuilt after a panic, an
//! exit, or when it does not answer; a watchdog asks for a sign of life and tells how the line
//! is. Two tasks on tokio's workers; neither computes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use grammers_mtsender::{
    ConnectionParams, InvocationError, NoRetries, SenderPool, SenderPoolHandle,
};
use grammers_tl_types::{Serializable as _, functions};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::chance;
use super::core::Core;
use super::error::{Result, TelegramError};
use super::live;
use super::retry::{self, Care};
use super::words::{Connection, Hint};

/// How often a quiet line is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(25);
/// No answer in this time: the line is dead, whatever the system thinks.
const PONG_LIMIT: Duration = Duration::from_secs(15);
/// The longest pause between two tries to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The main line, as the rest of the room sees it.
pub(super) struct Line {
    pool: watch::Sender<Option<SenderPoolHandle>>,
    state: watch::Sender<Connection>,
    /// Counts the times the line was found dead.
    outages: watch::Sender<u64>,
    /// The watchdog should look now.
    look: Notify,
    /// The pool should be built anew.
    rebuild: Notify,
    /// Something may have been missed since the line was last known to be up.
    missed: AtomicBool,
    /// The line was up at least once.
    was_up: AtomicBool,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            pool: watch::Sender::new(None),
            state: watch::Sender::new(Connection::Connecting),
            outages: watch::Sender::new(0),
            look: Notify::new(),
            rebuild: Notify::new(),
            missed: AtomicBool::new(true),
            was_up: AtomicBool::new(false),
        }
    }

    pub(super) fn state(&self) -> watch::Receiver<Connection> {
        self.state.subscribe()
    }

    pub(super) fn outages(&self) -> watch::Receiver<u64> {
        self.outages.subscribe()
    }

    /// The pool that runs now; waits while it is being rebuilt.
    pub(super) async fn pool(&self) -> SenderPoolHandle {
        let mut pool = self.pool.subscribe();
        loop {
            if let Some(handle) = pool.borrow_and_update().clone() {
                return handle;
            }
            // The sender lives in `self`.
            if pool.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// A call failed: look whether the line is up.
    pub(super) fn nudge(&self) {
        self.look.notify_one();
    }

    /// Nothing comes back: start over.
    pub(super) fn doubt(&self) {
        self.outages.send_modify(|outages| *outages = outages.wrapping_add(1));
        self.rebuild.notify_one();
        self.interrupted();
    }

    /// Starts over without any doubt about the line: the keys in use are no longer ours.
    pub(super) fn start_over(&self) {
        self.rebuild.notify_one();
    }

    /// The connection was closed; updates may have been missed.
    pub(super) fn interrupted(&self) {
        self.missed.store(true, Ordering::Release);
        self.state.send_if_modified(|state| {
            let was_online = *state == Connection::Online;
            if was_online {
                *state = Connection::Connecting;
            }
            was_online
        });
        self.nudge();
    }

    pub(super) fn signed_in(&self) {
        self.tell(Connection::Online);
    }

    pub(super) fn signed_out(&self) {
        self.tell(Connection::SignedOut);
    }

    /// Gives up the pool's connection to a data centre.
    pub(super) fn disconnect(&self, dc: i32) {
        if let Some(pool) = &*self.pool.borrow() {
            pool.disconnect_from_dc(dc);
        }
    }

    fn tell(&self, now: Connection) {
        self.state.send_if_modified(|state| {
            let changed = *state != now;
            *state = now;
            changed
        });
    }
}

/// Keeps a pool running until the task is aborted.
pub(super) async fn keep(core: Arc<Core>) {
    loop {
        let params = ConnectionParams {
            device_model: core.device.model.clone(),
            system_version: core.device.system.clone(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            system_lang_code: core.device.system_language.clone(),
            lang_code: core.device.language.clone(),
            use_ipv6: core.place.uses_ipv6(),
            retry_policy: Box::new(NoRetries),
            ..ConnectionParams::default()
        };
        let SenderPool { runner, handle, updates } =
            SenderPool::with_configuration(Arc::clone(&core.session), core.api_id, params);
        // Aborted when dropped, and the pool's connections with it.
        let mut crew = JoinSet::new();
        crew.spawn(runner.run());
        crew.spawn(live::listen(Arc::clone(&core), updates));
        core.line.pool.send_replace(Some(handle.thin));
        tokio::select! {
            end = crew.join_next() => {
                let panicked = end.is_some_and(|end| end.is_err());
                tracing::warn!(panicked, "the line's runner ended; it is built anew");
            }
            () = core.line.rebuild.notified() => {
                tracing::info!("the line is built anew");
            }
        }
        core.line.pool.send_replace(None);
        core.line.interrupted();
        drop(crew);
        sleep(Duration::from_millis(200)).await;
    }
}

/// Watches over the line until the task is aborted.
pub(super) async fn watch_over(core: Arc<Core>) {
    let mut failures = 0;
    loop {
        // Cleared before looking: what happens meanwhile must not be forgotten.
        let missed = core.line.missed.swap(false, Ordering::AcqRel);
        match sign_of_life(&core, missed).await {
            Ok(()) => {
                failures = 0;
                let again = core.line.was_up.swap(true, Ordering::AcqRel);
                core.line.tell(match core.session.me() {
                    Some(_) => Connection::Online,
                    None => Connection::SignedOut,
                });
                if missed && again {
                    core.hints.put(&Hint::Everything);
                }
                tokio::select! {
                    () = sleep(PING_EVERY) => {}
                    () = core.line.look.notified() => {}
                }
            }
            Err(error) => {
                failures += 1;
                core.line.missed.store(true, Ordering::Release);
                let why = match &error {
                    TelegramError::Offline { why } => why.clone(),
                    other => other.to_string(),
                };
                tracing::info!(%error, failures, "no line");
                core.line.tell(Connection::Offline { why });
                // Calls that fail ask to look again; not more often than this.
                sleep(retry::pause(failures)).await;
                let rest = Duration::from_secs(u64::from(failures)).min(LONGEST_PAUSE);
                tokio::select! {
                    () = sleep(rest) => {}
                    () = core.line.look.notified() => {}
                }
            }
        }
    }
}

/// Asks the home data centre for an answer, whatever it takes to have a connection; after an
/// interruption also for the account's state, which makes it send updates to this connection.
async fn sign_of_life(core: &Core, after_interruption: bool) -> Result<()> {
    let home = core.session.home();
    core.key(home).await?;
    let pool = timeout(PONG_LIMIT, core.line.pool()).await.map_err(|_| silent())?;
    let ping = functions::Ping { ping_id: chance::id()? }.to_bytes();
    match timeout(PONG_LIMIT, pool.raw_invoke_in_dc(home, ping)).await {
        Ok(Ok(_)) => {}
        Ok(Err(InvocationError::Authentication(error))) => {
            // The server has forgotten our key and the pool cannot agree on another one.
            core.session.forget_key(home);
            return Err(TelegramError::Offline { why: error.to_string() });
        }
        Ok(Err(error)) => return Err(TelegramError::from_invocation(error, "ping")),
        Err(_) => {
            core.line.doubt();
            return Err(silent());
        }
    }
    if after_interruption && core.session.me().is_some() {
        match core.call(&functions::updates::GetState {}, Care::BRIEF).await {
            Ok(_) => {}
            Err(error) if error.is_offline() => return Err(error),
            // Signed out: noticed already. Anything else does not concern the line.
            Err(error) => tracing::debug!(%error, "no state"),
        }
    }
    Ok(())
}

fn silent() -> TelegramError {
    TelegramError::Offline { why: "the server does not answer".into() }
}
