//! A sandbox in a process of its own, and homes that are signed in there: memory and processor time
//! of the one are not counted as the other's.
#![allow(dead_code, reason = "each bench uses its own part of this")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::config::{Config, CustomServer, Places, Server, Settings};
use heliogram::engine::Headless;
use zeroize::Zeroizing;

/// A bench that hangs tells nothing.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the sandbox says of itself.
#[derive(serde::Deserialize)]
pub(crate) struct Ready {
    pub(crate) address: SocketAddr,
    pub(crate) dc_id: i32,
    pub(crate) rsa_public_key: String,
    pub(crate) phone: String,
    pub(crate) code: String,
}

impl Ready {
    pub(crate) fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("the ready file is readable");
        serde_json::from_str(&text).expect("the ready file is JSON")
    }

    /// A home that belongs to this sandbox.
    pub(crate) fn config(&self, home: &Path, settings: Settings) -> Arc<Config> {
        Arc::new(Config {
            places: Places::under(home),
            server: Server::Custom(CustomServer {
                address: self.address,
                dc_id: self.dc_id,
                rsa_public_key: self.rsa_public_key.clone(),
            }),
            api: None,
            settings,
        })
    }

    /// The same with the first account signed in.
    pub(crate) fn signed_in(&self, home: &Path) -> Headless {
        let engine = Headless::open(self.config(home, Settings::default()));
        let engine = engine.expect("the home opens");
        engine.send_code(&self.phone).expect("a code is sent");
        engine.sign_in(Zeroizing::new(self.code.clone())).expect("the code is right");
        engine
    }
}

/// Ended by force when dropped.
pub(crate) struct SandboxProcess {
    child: Child,
    pub(crate) ready: Ready,
    pub(crate) ready_file: PathBuf,
    /// From the start of the process until it listened.
    pub(crate) took: Duration,
}

impl SandboxProcess {
    /// Starts one whose world lives below `folder`.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let ready_file = folder.join("ready.json");
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_heliogram"))
            .args(["sandbox", "--listen", "127.0.0.1:0", "--seed", "1", "--data"])
            .args([&folder.join("world"), Path::new("--ready-file"), &ready_file])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the sandbox starts");
        while !ready_file.exists() {
            let ended = child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "the sandbox has ended: {ended:?}");
            assert!(begun.elapsed() < PATIENCE, "the sandbox is not ready after a minute");
            std::thread::park_timeout(Duration::from_millis(1));
        }
        let took = begun.elapsed();
        Self { child, ready: Ready::read(&ready_file), ready_file, took }
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        // It may be gone already, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
