//! What the window's engine and the command line's share: store, mirror, pool, bus, and the line
//! to Telegram. Cheap to clone; no task of its own decides anything here.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, timeout};

use super::EngineError;
use super::account::Account;
use super::bus::Bus;
use super::busy::Busy;
use super::describe::Describer;
use super::errands::forget_handed;
use super::event::{Event, News};
use super::library::Mirror;
use super::originals::Originals;
use super::pasted;
use super::pictures::Gate;
use super::publish::{Cursors, Publisher};
use super::runtime::{Pool, lock};
use super::vault::StoreVault;
use super::verify::Verifying;
use crate::config::{Config, Server, Settings};
use crate::model::{Album, AlbumId, Change, Touched};
use crate::store::{Store, StoreError, StoreOptions};
use crate::telegram::{self, Connection, Endpoint, Me, Telegram, TelegramError};

/// Everything that stands without a line to Telegram.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) config: Arc<Config>,
    pub(crate) store: Store,
    pub(crate) pool: Pool,
    pub(crate) mirror: Mirror,
    pub(crate) cursors: Cursors,
    pub(crate) bus: Bus,
    pub(crate) publisher: Publisher,
    pub(crate) describer: Describer,
    pub(crate) vault: Arc<StoreVault>,
    /// What the user chose, as it is now; `config` says what it was at the start.
    pub(crate) chosen: Arc<watch::Sender<Settings>>,
    /// What Telegram asked to wait for in an earlier run.
    waits: Arc<std::sync::Mutex<Vec<(String, i64)>>>,
    /// What an earlier run was handed and did not come to put into the queue.
    left: Arc<std::sync::Mutex<Vec<i64>>>,
}

impl Ground {
    /// Opens the store. Must be called inside the runtime, on a thread that may read files.
    pub(crate) fn open(config: Arc<Config>, pool: Pool, bus: Bus) -> Result<Self, EngineError> {
        let store = Store::open(StoreOptions {
            data: config.places.data.clone(),
            cache: config.places.cache.clone(),
            thumbnail_budget: config.settings.thumbnail_budget_bytes,
            original_budget: config.settings.original_budget_bytes,
        })?;
        let (mirror, cursors) = (Mirror::default(), Cursors::default());
        let publisher = Publisher::start(
            store.clone(),
            pool.clone(),
            mirror.clone(),
            cursors.clone(),
            bus.clone(),
        );
        let vault = StoreVault::new(store.clone()).map_err(|source| EngineError::Io {
            doing: "A thread could not be started".into(),
            source,
        })?;
        Ok(Self {
            describer: Describer::start(publisher.clone()),
            vault: Arc::new(vault),
            chosen: Arc::new(watch::Sender::new(config.settings.clone())),
            waits: Arc::default(),
            left: Arc::default(),
            config,
            store,
            pool,
            mirror,
            cursors,
            bus,
            publisher,
        })
    }

    /// Loads what is recorded and tells the window of it. On a thread that may read files.
    pub(crate) fn load(&self) -> Result<(), EngineError> {
        *lock(&self.waits) = self.store.waits()?;
        *lock(&self.left) = self.store.handed_in()?.into_iter().map(|(id, _)| id).collect();
        self.cursors.set(&self.store.cursors()?);
        let library = self.store.load_spread(&|pieces, each| self.pool.spread(pieces, each))?;
        self.mirror.replace(library);
        let library = self.mirror.snapshot();
        self.bus.send(Event::Changed(News { library, touched: Touched::Everything }));
        Ok(())
    }

    /// What an earlier run left to be put into the queue; told once.
    pub(crate) fn take_left(&self) -> Vec<i64> {
        std::mem::take(&mut lock(&self.left))
    }

    /// Starts the line; must be called inside the runtime. `patience`: how long a call may find
    /// no line before it gives up; `None` for ever.
    pub(crate) fn connect(&self, patience: Option<Duration>) -> Result<Core, EngineError> {
        let endpoint = match &self.config.server {
            Server::Telegram => Endpoint::Telegram,
            Server::TestServers => Endpoint::TestServers,
            Server::Custom(custom) => Endpoint::Custom {
                address: custom.address,
                dc_id: custom.dc_id,
                rsa_public_key_pem: custom.rsa_public_key.clone(),
            },
        };
        let (api_id, api_hash) = match (&self.config.api, &self.config.server) {
            (Some(api), _) => (api.id, api.hash.clone()),
            // A server of one's own accepts any.
            (None, Server::Custom(_)) => (1, "heliogram".to_owned()),
            (None, _) => return Err(EngineError::NeedsApi),
        };
        let telegram = Telegram::start(telegram::Options {
            endpoint,
            api_id,
            api_hash,
            vault: self.vault.clone(),
            max_connections: self.config.settings.max_connections,
        })?;
        telegram.resume_waits(&lock(&self.waits));
        Ok(Core {
            ground: self.clone(),
            telegram,
            patience,
            originals: Originals::default(),
            gate: Gate::default(),
            busy: Busy::default(),
            thumbnails: Busy::default(),
            refreshing: Arc::default(),
            verifying: Verifying::default(),
            naming: Arc::default(),
            is_listed: Arc::default(),
        })
    }

    pub(crate) fn album(&self, id: AlbumId) -> Result<Album, EngineError> {
        self.mirror.album(id).ok_or(EngineError::UnknownAlbum(id))
    }
}

/// The ground with a line to Telegram.
#[derive(Clone)]
pub(crate) struct Core {
    ground: Ground,
    pub(crate) telegram: Telegram,
    patience: Option<Duration>,
    pub(crate) originals: Originals,
    /// How many large pictures are decoded at a time.
    pub(crate) gate: Gate,
    /// What is under way that somebody waits for.
    pub(crate) busy: Busy,
    /// Thumbnails that are on their way from Telegram.
    pub(crate) thumbnails: Busy,
    /// File references are refreshed one batch at a time.
    pub(crate) refreshing: Arc<Mutex<()>>,
    /// Albums that are being verified for the window.
    pub(crate) verifying: Verifying,
    /// Albums are looked for by their names, and made, one at a time.
    pub(crate) naming: Arc<Mutex<()>>,
    /// The list of albums has come since the start.
    pub(crate) is_listed: Arc<AtomicBool>,
}

impl std::ops::Deref for Core {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl Core {
    /// What stands without a line.
    pub(crate) const fn ground(&self) -> &Ground {
        &self.ground
    }

    /// The album, or that there is none: not before the list of albums has come, which is waited for.
    pub(crate) async fn listed_album(&self, id: AlbumId) -> Option<Album> {
        /// Nobody lists albums for so long but where nobody does.
        const LISTED_WITHIN: Duration = Duration::from_mins(10);
        let begun = Instant::now();
        loop {
            let is_listed = self.is_listed.load(Ordering::Acquire);
            let album = self.mirror.album(id);
            if album.is_some() || is_listed || begun.elapsed() > LISTED_WITHIN {
                return album;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for a line; `false` when patience has run out. Always takes a moment, so that a call
    /// that fails at once is not repeated in a tight loop.
    pub(crate) async fn line_is_back(&self, attempt: u32) -> bool {
        let pause = Duration::from_millis(200).saturating_mul(1 << attempt.min(5));
        sleep(pause).await;
        let mut connection = self.telegram.connection();
        let online = async {
            let back = |c: &Connection| matches!(c, Connection::Online | Connection::SignedOut);
            connection.wait_for(back).await.is_ok()
        };
        match self.patience {
            None => online.await,
            Some(patience) => timeout(patience, online).await.unwrap_or(false),
        }
    }

    /// Repeats `call` while the line is down or Telegram asks to wait. `waiting` is told of waits
    /// before they are slept through.
    pub(crate) async fn patiently<T, F, C>(
        &self,
        mut waiting: impl FnMut(Duration),
        mut call: C,
    ) -> telegram::Result<T>
    where
        C: FnMut() -> F,
        F: Future<Output = Result<T, TelegramError>>,
    {
        let (mut attempt, mut since) = (0, None);
        loop {
            match call().await {
                Err(error) if error.wait().is_some() => {
                    let wait = error.wait().unwrap_or_default();
                    waiting(wait);
                    sleep(wait).await;
                    since = None;
                }
                Err(error) if error.is_offline() => {
                    let first: Instant = *since.get_or_insert_with(Instant::now);
                    let tired = self.patience.is_some_and(|patience| first.elapsed() > patience);
                    if tired || !self.line_is_back(attempt).await {
                        return Err(error);
                    }
                    attempt += 1;
                }
                other => return other,
            }
        }
    }
}

impl Ground {
    /// Makes the home that of whoever is signed in. What another account left here, because its
    /// session was ended elsewhere, is forgotten first: two accounts' albums and uploads must
    /// never be mixed.
    pub(crate) async fn belong_to(&self, me: &Me) -> Result<Account, EngineError> {
        let (account, data) = (Account::from(me), self.config.places.data.clone());
        let before =
            self.pool.run(move || (Account::remembered(&data), Account::owner(&data))).await;
        let (before, owner) = before.map_err(|_| EngineError::Stopping)?;
        if owner.is_some_and(|owner| owner != account.id) {
            tracing::info!("another account has signed in; what the former one left is forgotten");
            self.forget_library().await?;
            let (store, places) = (self.store.clone(), self.config.places.clone());
            let forgotten = tokio::task::spawn_blocking(move || {
                forget_handed(&places.cache);
                pasted::forget(&places.data);
                store.forget_content()
            });
            let forgotten = forgotten.await;
            forgotten.map_err(|_| EngineError::Stopping)??;
        }
        // Last: a kill before this moment does it all again.
        if before.as_ref() != Some(&account) {
            let (data, new) = (self.config.places.data.clone(), account.clone());
            let remembered = self.pool.run(move || new.remember(&data)).await;
            remembered.map_err(|_| EngineError::Stopping)?;
        }
        Ok(account)
    }

    /// Nobody is signed in any more: forgets everything of the account but uploads that are not
    /// finished, which go on when it signs in again. Blocks.
    pub(crate) fn forget_account(&self) -> Result<(), StoreError> {
        let data = &self.config.places.data;
        forget_handed(&self.config.places.cache);
        let forgotten = self.store.forget_all_but_queue();
        if !matches!(forgotten, Ok(false)) && Account::leave(data).is_ok() {
            return forgotten.map(drop);
        }
        // Without a word of whose they are, they might become somebody else's.
        pasted::forget(data);
        Account::forget(data);
        forgotten.and_then(|_| self.store.forget_account())
    }

    /// Empties the library, through the road of changes, so that nothing that is still under way
    /// comes after it.
    pub(crate) async fn forget_library(&self) -> Result<(), EngineError> {
        let gone: Vec<Change> = self.mirror.albums().into_keys().map(Change::AlbumGone).collect();
        self.publisher.publish(gone).await?;
        self.cursors.clear();
        Ok(())
    }

    /// Forgets the session, and returns when that is on the disk.
    pub(crate) async fn vault_clear(&self) {
        let vault = self.vault.clone();
        let cleared = tokio::task::spawn_blocking(move || {
            telegram::SessionVault::clear(&*vault);
            vault.flush();
        });
        if let Err(error) = cleared.await {
            tracing::error!(%error, "the session could not be forgotten");
        }
    }
}
