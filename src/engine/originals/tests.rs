//! Originals from a data centre in this process, over real sockets, whatever goes wrong.

use std::path::Path;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::*;
use crate::config::{Config, CustomServer, Places, Server, Settings};
use crate::engine::bus::Bus;
use crate::engine::core::Ground;
use crate::engine::runtime::Workers;
use crate::engine::{Headless, Stop, UploadOptions};
use crate::sandbox::{Conditions, Fault, Faults, Sandbox, SandboxOptions};

/// A home with one photo in its library, and the data centre that has it.
struct World {
    sandbox: Option<Sandbox>,
    core: Option<Core>,
    photo: Arc<Photo>,
    content: Vec<u8>,
    options: SandboxOptions,
    servers: tokio::runtime::Runtime,
    workers: Workers,
    _folder: tempfile::TempDir,
}

impl World {
    fn new(bytes: usize) -> Self {
        Self::with(bytes, Conditions::default(), &[])
    }

    fn with(bytes: usize, conditions: Conditions, faults: &[&str]) -> Self {
        let budget = Settings::default().original_budget_bytes;
        Self::on(bytes, conditions, faults, budget)
    }

    /// The faults begin once the photo is there. `budget`: bytes that originals may take.
    fn on(bytes: usize, conditions: Conditions, faults: &[&str], budget: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let servers = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let faults: Faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
        let mut options = SandboxOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: folder.path().join("world"),
            ready_file: None,
            painted: None,
            accounts: Vec::new(),
            conditions,
            faults: Faults { migrate: faults.migrate, ..Faults::default() },
            fault_seed: 7,
        };
        let sandbox = servers.block_on(Sandbox::start(options.clone())).unwrap();
        options.listen = sandbox.ready().address.parse().unwrap();
        let content: Vec<u8> =
            (0..bytes).map(|at| u8::try_from((at * at / 7 + at) % 251).unwrap()).collect();
        // What is sent from a home is not in its cache.
        let config = config(&sandbox, &folder.path().join("home"), budget);
        let photo = upload(&sandbox, config.clone(), folder.path(), &content);
        let workers = Workers::start().unwrap();
        let core = {
            let runtime = workers.handle().unwrap();
            let _inside = runtime.enter();
            let ground = Ground::open(config, workers.pool(), Bus::silent()).unwrap();
            ground.load().unwrap();
            ground.connect(None).unwrap()
        };
        options.faults = faults.clone();
        sandbox.set_faults(faults);
        let photo = Arc::new(photo);
        Self {
            sandbox: Some(sandbox),
            core: Some(core),
            photo,
            content,
            options,
            servers,
            workers,
            _folder: folder,
        }
    }

    fn core(&self) -> &Core {
        self.core.as_ref().unwrap()
    }

    fn original(&self) -> Original {
        Original::of(self.core(), &self.photo)
    }

    /// Waits for it on the network threads, for a minute at most.
    fn wait<T>(&self, what: &str, future: impl Future<Output = T>) -> T {
        let limited = async { tokio::time::timeout(Duration::from_mins(1), future).await };
        let done = self.workers.handle().unwrap().block_on(limited);
        done.unwrap_or_else(|_| panic!("never {what}"))
    }

    fn whole(&self) -> Vec<u8> {
        let original = self.original();
        let path = self.wait("whole", original.whole()).unwrap();
        std::fs::read(path).unwrap()
    }

    /// Takes part until so many bytes are here, and leaves.
    fn leave_at(&self, bytes: u64) {
        let original = self.original();
        let mut coming = original.coming();
        let enough = async {
            tokio::select! {
                whole = original.whole() => drop(whole.unwrap()),
                seen = coming.wait_for(|coming| coming.progress.bytes >= bytes) => drop(seen.unwrap()),
            }
        };
        self.wait("enough", enough);
    }

    fn requests(&self) -> u64 {
        let calls = self.sandbox.as_ref().unwrap().calls();
        calls.get("upload.getFile").copied().unwrap_or(0)
    }

    /// Bytes of originals that came.
    fn bytes(&self) -> u64 {
        self.core().originals.depth.delivered()
    }

    fn stop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.servers.block_on(sandbox.stop());
        }
    }

    fn start(&mut self) {
        let begun = Instant::now();
        while self.sandbox.is_none() {
            // The system may hold the port for a moment.
            assert!(begun.elapsed() < Duration::from_mins(1), "the port is never free");
            self.sandbox = self.servers.block_on(Sandbox::start(self.options.clone())).ok();
        }
    }
}

fn config(sandbox: &Sandbox, home: &Path, budget: u64) -> Arc<Config> {
    let ready = sandbox.ready();
    let mut settings = Settings::default();
    settings.dates.read_heads = false;
    settings.original_budget_bytes = budget;
    Arc::new(Config {
        places: Places::under(home),
        server: Server::Custom(CustomServer {
            address: ready.address.parse().unwrap(),
            dc_id: ready.dc_id,
            rsa_public_key: ready.rsa_public_key.clone(),
        }),
        api: None,
        settings,
    })
}

/// Signs in, sends one file and tells what became of it.
fn upload(sandbox: &Sandbox, config: Arc<Config>, folder: &Path, content: &[u8]) -> Photo {
    let home = Headless::open(config).unwrap();
    let ready = sandbox.ready();
    home.send_code(&ready.phone).unwrap();
    home.sign_in(Zeroizing::new(ready.code.clone())).unwrap().unwrap();
    let album = home.create_album("Tour").unwrap().id;
    let path = folder.join("0.png");
    std::fs::write(&path, [&b"\x89PNG\r\n\x1a\n"[..], content].concat()).unwrap();
    let (options, stop) = (UploadOptions::default(), Stop::default());
    let summary = home.upload(album, &[path], &options, &stop, &mut |_| {}).unwrap();
    assert_eq!(summary.verified, 1, "{summary:?}");
    home.list(album).unwrap().remove(0)
}

impl World {
    /// The file: what makes it a picture stands before the content.
    fn file(&self) -> Vec<u8> {
        [&b"\x89PNG\r\n\x1a\n"[..], &self.content].concat()
    }
}

#[test]
fn a_file_that_is_not_what_was_declared_is_an_error() {
    let got = |bytes: usize| exactly(vec![1; bytes], &(4096..10_000), 10_000);
    assert_eq!(got(5904).unwrap().len(), 5904);
    assert!(matches!(got(5903), Err(FetchError::Short { wanted: 5904, got: 5903 })));
    assert!(matches!(got(5905), Err(FetchError::Longer { told: 10_000 })));
    // What follows a piece in the middle of a file is another piece's.
    assert_eq!(exactly(vec![1; 8192], &(0..6000), 10_000).unwrap().len(), 6000);
}

/// As a player reads: range by range to the end, and from the beginning again.
#[test]
fn what_is_larger_than_the_budget_is_read_to_its_end_and_once_more() {
    let world = World::on(3_000_000, Conditions::default(), &[], 100_000);
    let file = world.file();
    let read_through = |original: &Original| {
        let (mut at, step) = (0, 700_000);
        while at < file.len() {
            let end = (at + step).min(file.len());
            let range = u64::try_from(at).unwrap()..u64::try_from(end).unwrap();
            let bytes = world.wait("read", original.read(range)).unwrap();
            assert!(bytes == file[at..end], "from {at}");
            at = end;
        }
    };
    let original = world.original();
    read_through(&original);
    let asked = world.requests();
    read_through(&original);
    assert_eq!(world.requests(), asked, "all of it is here for as long as it is read");
    drop(original);
    read_through(&world.original());
}

/// A message that tells another size than the file has.
#[test]
fn a_wrong_size_is_told_and_nothing_is_kept_for_whole() {
    let world = World::new(700_000);
    for (told, word) in [(600_000, "longer"), (800_000, "Telegram sent")] {
        let mut photo = Photo::clone(&world.photo);
        photo.bytes = told;
        let original = Original::of(world.core(), &Arc::new(photo.clone()));
        let error = world.wait("told", original.whole()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(world.core().store.original(&photo), None);
    }
    assert!(world.whole() == world.file());
}

fn comes_whole(faults: &[&str]) {
    let world = World::with(3_000_000, Conditions::default(), faults);
    assert!(world.whole() == world.file(), "{faults:?}");
}

#[test]
fn an_original_comes_whole_in_pieces_and_is_here_without_a_line() {
    let mut world = World::new(3_000_000);
    assert!(world.whole() == world.file());
    let asked = world.requests();
    assert!(asked >= 6, "in {asked} requests");
    world.stop();
    assert!(world.whole() == world.file());
}

#[test]
fn stale_references_are_refreshed() {
    comes_whole(&["expire-references=1"]);
    // Stale before the first byte: it was recorded when it was sent.
    let world = World::with(600_000, Conditions::default(), &["expire-references=1"]);
    let old = Instant::now();
    while old.elapsed() < Duration::from_millis(1100) {
        std::thread::park_timeout(Duration::from_millis(100));
    }
    assert!(world.whole() == world.file());
}

#[test]
fn a_file_in_another_data_centre_is_followed() {
    comes_whole(&["migrate"]);
}

#[test]
fn flood_waits_are_waited_out() {
    comes_whole(&["flood=upload.getFile:5:1"]);
}

#[test]
fn lost_connections_cost_time_alone() {
    comes_whole(&["cut=0.1"]);
    comes_whole(&["cut-after=900000"]);
    comes_whole(&["bad-salt=3"]);
}

#[test]
fn who_leaves_stops_it_and_who_returns_goes_on() {
    // So slow that it is never over before it is left.
    let slow = Conditions { line_rate: Some(1_000_000), ..Conditions::default() };
    let world = World::with(4_000_000, slow, &[]);
    world.leave_at(500_000);
    let original = world.original();
    let here = world.wait("read", original.read(0..10)).unwrap();
    assert!(here == world.file()[..10]);
    let there = original.coming().borrow().progress.bytes;
    assert!(there >= 500_000, "{there} bytes were kept");
    drop(original);
    let before = world.bytes();
    assert!(world.whole() == world.file());
    let asked = world.bytes() - before;
    assert!(asked <= world.photo.bytes - there, "asked for {asked} bytes, {there} were here");
}

#[test]
fn nothing_is_asked_for_twice_however_many_want_it() {
    let slow = Conditions { rtt: Duration::from_millis(50), ..Conditions::default() };
    let world = World::with(2_500_000, slow, &[]);
    let before = world.bytes();
    let [one, other] = [world.original(), world.original()];
    let both = async {
        let end = 2_400_000..2_500_100;
        tokio::join!(one.whole(), other.whole(), other.read(end.clone()), one.read(end))
    };
    let (whole, same, end, again) = world.wait("whole", both);
    assert_eq!(whole.unwrap(), same.unwrap());
    let (end, file) = (end.unwrap(), world.file());
    assert!(end == file[2_400_000..] && end == again.unwrap(), "cut at the end of the file");
    assert_eq!(world.bytes() - before, world.photo.bytes);
}

#[test]
fn a_range_is_fetched_alone_and_kept() {
    let mut world = World::new(5_000_000);
    let file = world.file();
    let before = world.requests();
    let read = |world: &World, range: Range<u64>| {
        world.wait("read", world.original().read(range)).unwrap()
    };
    let tail = 4_900_000..5_000_008;
    assert!(read(&world, tail.clone()) == file[4_900_000..]);
    assert!(read(&world, 3_000_000..3_000_100) == file[3_000_000..3_000_100]);
    assert_eq!(world.requests() - before, 2);
    assert!(read(&world, 9_000_000..9_000_001).is_empty(), "beyond the end");
    world.stop();
    assert!(read(&world, tail) == file[4_900_000..], "it is here now");
    world.start();
    // Read to the end piece by piece, it is a whole original like others.
    for start in (0..file.len()).step_by(700_000) {
        let end = (start + 700_000).min(file.len());
        assert!(read(&world, start as u64..end as u64) == file[start..end]);
    }
    assert!(world.core().store.original(&world.photo).is_some());
}

#[test]
fn it_goes_on_when_the_line_is_back() {
    let slow = Conditions { line_rate: Some(1_500_000), ..Conditions::default() };
    let mut world = World::with(3_000_000, slow, &[]);
    let original = world.original();
    let mut coming = original.coming();
    let whole = world.workers.handle().unwrap().spawn(async move { original.whole().await });
    let some = async { coming.wait_for(|coming| coming.progress.bytes > 300_000).await.is_ok() };
    assert!(world.wait("under way", some));
    world.stop();
    let core = world.core().clone();
    let mut line = core.telegram.connection();
    let gone =
        async { line.wait_for(|line| *line != crate::telegram::Connection::Online).await.is_ok() };
    assert!(world.wait("without a line", gone));
    world.start();
    let path = world.wait("whole", whole).unwrap().unwrap();
    assert!(std::fs::read(path).unwrap() == world.file());
}

#[test]
fn on_a_slow_line_it_comes_in_order() {
    let slow = Conditions {
        line_rate: Some(500_000),
        rtt: Duration::from_millis(100),
        ..Conditions::default()
    };
    let world = World::with(3_500_000, slow, &[]);
    let original = world.original();
    let mut coming = original.coming();
    let watched = async {
        let mut whole = std::pin::pin!(original.whole());
        loop {
            tokio::select! {
                whole = &mut whole => return drop(whole.unwrap()),
                changed = coming.changed() => changed.unwrap(),
            }
            let now = *coming.borrow_and_update();
            let ahead = now.progress.bytes - now.prefix;
            assert!(ahead <= now.progress.total * 15 / 100, "{ahead} are here too early: {now:?}");
        }
    };
    world.wait("whole", watched);
}
