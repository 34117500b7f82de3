//! The demo's stage: a data centre in this process, folders that are thrown away, and profiles
//! that are signed in to it. Nothing of it can reach the real network: every profile made here
//! belongs to the endpoint of this one server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use heliogram::cli::{DemoArguments, Interrupt};
use heliogram::config::Config;
use heliogram::engine::Headless;
use heliogram::platform::fs;
use heliogram::sandbox::{Conditions, Faults, PaintedOptions, Ready, Sandbox, SandboxOptions};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

/// How many photographs are painted when nothing else is asked for.
const PAINTED_BY_DEFAULT: u64 = 200;

/// A running data centre with the folders around it. Dropping it stops the one and removes the
/// others (not those of a home that was given).
pub(crate) struct Stage {
    // Dropped in this order: the server before its folder.
    server: Server,
    ready: Ready,
    ready_file: PathBuf,
    home: PathBuf,
    scratch: TempDir,
    painted: u64,
}

impl Stage {
    /// Starts the data centre; its world lives in `home` where one is given, and is thrown away
    /// otherwise.
    pub(crate) fn start(
        arguments: &DemoArguments,
        home: Option<&Path>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Self> {
        let scratch = tempfile::Builder::new()
            .prefix("heliogram-demo-")
            .tempdir()
            .context("There is no room for the demo's throw-away folder")?;
        let thrown_away = scratch.path().to_owned();
        interrupt.on_end(move || {
            let _ = std::fs::remove_dir_all(thrown_away);
        });
        interrupt.at_once("The demo is over; its throw-away folder is removed.");
        let home = home.map_or_else(|| scratch.path().join("home"), Path::to_owned);
        std::fs::create_dir_all(&home)
            .with_context(|| format!("The folder {} cannot be made", home.display()))?;
        let world = home.join("sandbox");
        // Its key, its accounts and what was uploaded are nobody else's business either.
        fs::private_dir(&world)
            .with_context(|| format!("The folder {} cannot be made", world.display()))?;
        let ready_file = home.join("ready.json");
        let default = if arguments.paths.is_empty() { PAINTED_BY_DEFAULT } else { 0 };
        let painted = arguments.photos.unwrap_or(default);
        let server = Server::start(SandboxOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            data: world,
            ready_file: Some(ready_file.clone()),
            painted: (painted > 0)
                .then_some(PaintedOptions { photos: painted, seed: arguments.seed }),
            accounts: Vec::new(),
            conditions: Conditions {
                rtt: Duration::from_millis(arguments.rtt),
                ..Conditions::default()
            },
            faults: Faults::default(),
            fault_seed: arguments.seed,
        })?;
        let ready = server.sandbox()?.ready().clone();
        Ok(Self { server, ready, ready_file, home, scratch, painted })
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> &str {
        &self.ready.address
    }

    /// How many painted photographs it holds.
    pub(crate) const fn painted(&self) -> u64 {
        self.painted
    }

    /// The folder of the profile that the window shows.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// A folder below the one that is thrown away at the end.
    pub(crate) fn scratch(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.scratch.path().join(name);
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("The folder {} cannot be made", folder.display()))?;
        Ok(folder)
    }

    /// The configuration of a profile that belongs to this server and to no other.
    pub(crate) fn config(&self, home: &Path) -> anyhow::Result<Config> {
        Ok(Config::load(Some(home), Some(&self.ready_file))?)
    }

    /// The profile in `home`, for a thread that signs it in.
    pub(crate) fn profile(&self, home: &Path) -> Profile {
        let (ready_file, ready) = (self.ready_file.clone(), self.ready.clone());
        Profile { home: home.to_owned(), ready_file, ready }
    }

    /// Opens the profile in `home` and signs in, unless that was done before.
    pub(crate) fn signed_in(&self, home: &Path) -> anyhow::Result<Headless> {
        self.profile(home).signed_in()
    }

    /// Stops the data centre and waits until it has let its folder go.
    pub(crate) fn end(mut self) {
        self.server.stop();
    }
}

/// A folder that belongs to this server, and who may sign in there.
pub(crate) struct Profile {
    home: PathBuf,
    ready_file: PathBuf,
    ready: Ready,
}

impl Profile {
    /// Opens it and signs in, unless that was done before.
    pub(crate) fn signed_in(&self) -> anyhow::Result<Headless> {
        let config = Config::load(Some(&self.home), Some(&self.ready_file))?;
        config.claim()?;
        let engine = Headless::open(Arc::new(config))?;
        if engine.whoami().is_ok() {
            return Ok(engine);
        }
        engine.send_code(&self.ready.phone)?;
        if engine.sign_in(Zeroizing::new(self.ready.code.clone()))?.is_none() {
            let password = self.ready.password.clone().context("The account has a password")?;
            engine.check_password(Zeroizing::new(password))?;
        }
        Ok(engine)
    }
}

/// The data centre and the threads that it runs on.
struct Server {
    runtime: Runtime,
    sandbox: Option<Sandbox>,
}

impl Server {
    fn start(options: SandboxOptions) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("sandbox")
            .enable_all()
            .build()
            .context("The sandbox has no threads")?;
        let sandbox =
            runtime.block_on(Sandbox::start(options)).context("The sandbox did not start")?;
        Ok(Self { runtime, sandbox: Some(sandbox) })
    }

    fn sandbox(&self) -> anyhow::Result<&Sandbox> {
        self.sandbox.as_ref().context("The sandbox has stopped")
    }

    fn stop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
