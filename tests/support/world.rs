//! What several tests need: a sandbox, homes of its accounts, and pictures made on the spot.
#![expect(dead_code, reason = "each test crate uses its own part of this")]
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::config::{Config, CustomServer, Places, Server, Settings};
use heliogram::engine::{EngineError, Headless, Stop, UploadOptions, UploadSummary};
use heliogram::model::{Album, AlbumId, Bitmap, PixelSize};
use heliogram::sandbox::{AccountOption, Conditions, Fault, Sandbox, SandboxOptions};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

/// A sandbox with a runtime of its own, so that tests can call blocking code.
pub(crate) struct World {
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) runtime: Runtime,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new(faults: &[&str]) -> Self {
        Self::with(faults, Conditions::default(), Vec::new())
    }

    pub(crate) fn with(
        faults: &[&str],
        conditions: Conditions,
        accounts: Vec<AccountOption>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let folder = TempDir::new().unwrap();
        let parsed = faults.iter().map(|fault| fault.parse::<Fault>().unwrap());
        let options = SandboxOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: folder.path().join("sandbox"),
            ready_file: None,
            painted: None,
            accounts,
            conditions,
            faults: parsed.collect(),
            fault_seed: 7,
        };
        let sandbox = Some(runtime.block_on(Sandbox::start(options)).unwrap());
        Self { sandbox, runtime, folder }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }

    /// The configuration of a home under this world's folder.
    pub(crate) fn config(&self, home: &str) -> Arc<Config> {
        let ready = self.sandbox().ready();
        Arc::new(Config {
            places: Places::under(&self.folder.path().join(home)),
            server: Server::Custom(CustomServer {
                address: ready.address.parse().unwrap(),
                dc_id: ready.dc_id,
                rsa_public_key: ready.rsa_public_key.clone(),
            }),
            api: None,
            settings: Settings::default(),
        })
    }

    pub(crate) fn open(&self, home: &str) -> Headless {
        Headless::open(self.config(home)).unwrap()
    }

    /// A home signed in to account number `account`.
    pub(crate) fn signed_in(&self, home: &str, account: usize) -> Headless {
        let engine = self.open(home);
        sign_in(&engine, self, account).unwrap();
        engine
    }
}

pub(crate) fn sign_in(engine: &Headless, world: &World, account: usize) -> Result<(), EngineError> {
    let account = &world.sandbox().ready().accounts[account];
    engine.send_code(&account.phone)?;
    if engine.sign_in(Zeroizing::new(account.code.clone()))?.is_none() {
        let password = account.password.clone().unwrap_or_default();
        engine.check_password(Zeroizing::new(password))?;
    }
    Ok(())
}

/// Bytes that do not compress, the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend_from_slice(&next());
    }
    bytes.truncate(len);
    bytes
}

/// A real JPEG of `width` × `height`, different for every seed, followed by `padding` bytes that
/// decoders ignore: files of any size without the cost of encoding them.
pub(crate) fn jpeg(seed: u8, width: u32, height: u32, padding: usize) -> Vec<u8> {
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            let shade = |v: u32| u8::try_from(v % 256).unwrap();
            rgba.extend_from_slice(&[
                shade(x * 255 / width + u32::from(seed) * 3),
                shade(y * 255 / height),
                seed.wrapping_mul(40),
                255,
            ]);
        }
    }
    let bitmap = Bitmap::new(PixelSize::new(width, height), rgba).unwrap();
    let mut bytes = heliogram::pixels::encode_jpeg(&bitmap, 80).unwrap();
    bytes.extend_from_slice(&noise(u64::from(seed) + 1, padding));
    bytes
}

/// Writes pictures of several sizes, one of them beyond ten MiB, into `folder`.
pub(crate) fn pictures(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::create_dir_all(folder).unwrap();
    let sizes = [300, 70_000, 524_288, 1_200_000, 3_000_000, 11 * 1024 * 1024 + 77];
    let mut files = BTreeMap::new();
    for (index, padding) in sizes.into_iter().enumerate() {
        let seed = u8::try_from(index).unwrap();
        let name = format!("IMG_{index:04}.JPG");
        let bytes = jpeg(seed, 64 + u32::from(seed) * 32, 48 + u32::from(seed) * 16, padding);
        std::fs::write(folder.join(&name), &bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}

/// Every file of a folder by name; hidden ones too.
pub(crate) fn read_folder(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

pub(crate) fn upload(
    engine: &Headless,
    album: AlbumId,
    paths: &[PathBuf],
) -> Result<UploadSummary, EngineError> {
    let options = UploadOptions::default();
    engine.upload(album, paths, &options, &Stop::default(), &mut |_| {})
}

/// Downloads a whole album; panics on any failure.
pub(crate) fn download(engine: &Headless, album: &Album, to: &Path) -> BTreeMap<String, Vec<u8>> {
    engine
        .download(album.id, &[], to, &Stop::default(), &mut |report| {
            assert!(report.result.is_ok(), "{}: {:?}", report.name, report.result);
        })
        .unwrap();
    read_folder(to)
}

/// Says what differs without printing megabytes.
#[track_caller]
pub(crate) fn assert_same_files(
    found: &BTreeMap<String, Vec<u8>>,
    expected: &BTreeMap<String, Vec<u8>>,
) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected));
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

/// Waits until `condition` says something, or panics with its last words.
#[track_caller]
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<T, String>,
) -> T {
    let start = Instant::now();
    loop {
        match condition() {
            Ok(value) => return value,
            Err(state) => {
                assert!(start.elapsed() < limit, "{what}: still {state} after {limit:?}");
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
    }
}
