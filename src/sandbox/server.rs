//! What all connections of the sandbox share: database, keys, accounts, faults, counters.
//! One per sandbox; both data centres share it. Any thread.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use redb::Database;
use tokio::sync::watch;

use super::accounts::Accounts;
use super::dice::Dice;
use super::hub::Hub;
use super::key::ServerKey;
use super::rpc::calls::Calls;
use super::rpc::flood::FloodGate;
use super::wire::Connections;
use super::wire::line::SharedLine;
use super::world::World;
use super::{Faults, SandboxError, SandboxOptions, db, held};

/// The data centres: the first is everybody's home unless the phone or a fault says otherwise.
pub(crate) const DCS: [i32; 2] = [2, 4];

/// The data centre that is not `dc`.
pub(crate) fn other_dc(dc: i32) -> i32 {
    if dc == DCS[0] { DCS[1] } else { DCS[0] }
}

/// One per sandbox process; both data centres share it.
pub(crate) struct Server {
    /// redb over a file whose sync is a no-op: survives kill -9, fast.
    pub db: Arc<Database>,
    pub folder: PathBuf,
    pub hub: Hub,
    pub faults: RwLock<Faults>,
    pub options: SandboxOptions,
    pub accounts: Accounts,
    /// Albums, messages and files.
    pub world: World,
    pub key: ServerKey,
    pub dice: Arc<Dice>,
    pub calls: Calls,
    pub flood: FloodGate,
    pub line: SharedLine,
    pub connections: Connections,
    addresses: OnceLock<[(i32, SocketAddr); 2]>,
    /// Set to stop; whoever still works holds a receiver.
    stop: watch::Sender<bool>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the folder. Blocks.
    pub(crate) fn open(options: SandboxOptions) -> Result<Self, SandboxError> {
        let folder = options.data.clone();
        std::fs::create_dir_all(&folder)
            .map_err(|source| SandboxError::Io { path: folder.clone(), source })?;
        let db = db::open(&folder)?;
        let key = ServerKey::open(&folder)?;
        let accounts = Accounts::open(&db, &options.accounts)?;
        let world = World::open(&db, &folder, &options)?;
        if let Some(first) = accounts.users.first() {
            world.paint(first)?;
        }
        let dice = Arc::new(Dice::new(options.fault_seed));
        let server = Self {
            hub: Hub::new(Arc::clone(&dice)),
            faults: RwLock::default(),
            calls: Calls::default(),
            flood: FloodGate::default(),
            line: SharedLine::new(options.conditions.line_rate),
            connections: Connections::default(),
            addresses: OnceLock::new(),
            stop: watch::Sender::new(false),
            db,
            folder,
            accounts,
            world,
            key,
            dice,
            options,
        };
        server.set_faults(server.options.faults.clone());
        Ok(server)
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.hub.set_drop(faults.drop_hints);
        self.flood.reset();
        let migrate = faults.migrate;
        *held::write(&self.faults) = faults;
        // Painted photographs are the first account's, and live with it like all other files.
        let owner = self.accounts.users.first().and_then(|id| self.accounts.users.get(id));
        if let Some(home) = owner.map(|owner| self.home_of(owner)) {
            self.world.painted_live_at(if migrate { other_dc(home) } else { home });
        }
    }

    /// Where both data centres listen.
    pub(crate) fn addresses(&self) -> [(i32, SocketAddr); 2] {
        let unset = SocketAddr::from(([0, 0, 0, 0], 0));
        self.addresses.get().copied().unwrap_or(DCS.map(|dc| (dc, unset)))
    }

    pub(crate) fn set_addresses(&self, addresses: [SocketAddr; 2]) {
        let _ = self.addresses.set([(DCS[0], addresses[0]), (DCS[1], addresses[1])]);
    }

    /// The data centre a user signs in at.
    pub(crate) fn home_of(&self, user: &super::accounts::users::User) -> i32 {
        if held::read(&self.faults).migrate { DCS[1] } else { user.home }
    }

    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
        self.connections.cut_all();
    }

    /// To be held by every task that works for the sandbox.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Resolves when nobody works any more.
    pub(crate) async fn stopped(&self) {
        self.stop.closed().await;
    }
}

/// Unix seconds, as Telegram counts them.
pub(crate) fn now() -> i32 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i32::try_from(elapsed.as_secs()).unwrap_or(i32::MAX)
}
