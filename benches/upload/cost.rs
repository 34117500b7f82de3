//! What sending costs: processor time of this process, raw cost of what cannot be left out, memory
//! of a process with a long queue. On Linux alone: elsewhere nothing is printed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::files;
use crate::sandbox::SandboxProcess;

/// Ticks a second of the times in `/proc`: the same on every Linux.
const TICKS: f64 = 100.0;

/// User time of this process so far, seconds.
#[derive(Clone, Copy)]
pub(crate) struct User {
    pub(crate) all: f64,
    /// Of the threads that read, hash and decode files.
    pub(crate) preparing: f64,
}

impl User {
    pub(crate) fn now() -> Self {
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let is_pool = |thread: &Path| {
            let name = std::fs::read_to_string(thread.join("comm")).unwrap_or_default();
            name.starts_with("heliogram-work")
        };
        let pool = threads.map(|thread| thread.path()).filter(|thread| is_pool(thread));
        Self {
            all: seconds(Path::new("/proc/self")),
            preparing: pool.map(|thread| seconds(&thread)).sum(),
        }
    }
}

/// User time of a process or thread.
fn seconds(of: &Path) -> f64 {
    let stat = std::fs::read_to_string(of.join("stat")).unwrap_or_default();
    // Behind the name, which may have spaces; user time is the 14th of all.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: Option<f64> = after.split_whitespace().nth(11).and_then(|text| text.parse().ok());
    ticks.unwrap_or(0.0) / TICKS
}

fn user_seconds() -> f64 {
    seconds(Path::new("/proc/self"))
}

/// Seconds of a processor that AES-IGE and SHA-256 alone take over so many bytes, part by part.
pub(crate) fn raw_seconds(bytes: u64) -> f64 {
    const PART: usize = 512 * 1024;
    let mut part = files::noise(PART);
    let before = user_seconds();
    for _ in 0..bytes / PART as u64 {
        std::hint::black_box(Sha256::digest(&part));
        grammers_crypto::aes::ige_encrypt(&mut part, &[7; 32], &[9; 32]);
        std::hint::black_box(&part);
    }
    user_seconds() - before
}

/// Seconds of a processor that decoding a JPEG, every pixel of it, takes.
pub(crate) fn decode_seconds(photo: &Path) -> f64 {
    /// The system counts in steps of ten milliseconds.
    const TIMES: u32 = 20;
    let bytes = std::fs::read(photo).expect("the photograph can be read");
    let before = user_seconds();
    for _ in 0..TIMES {
        let options = zune_jpeg::zune_core::options::DecoderOptions::default();
        let content = zune_jpeg::zune_core::bytestream::ZCursor::new(&bytes);
        let mut decoder = zune_jpeg::JpegDecoder::new_with_options(content, options);
        std::hint::black_box(decoder.decode().expect("it is a JPEG"));
    }
    (user_seconds() - before) / f64::from(TIMES)
}

/// Ended by force when dropped.
struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        // It may be gone already, which is just as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Most memory of a process that sends `paths` over a line on which nothing moves, megabytes.
fn peak(process: &SandboxProcess, home: &Path, paths: &[PathBuf], watched: Duration) -> f64 {
    let heliogram = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heliogram"));
        command.args([Path::new("--home"), home, Path::new("--endpoint"), &process.ready_file]);
        command
    };
    let mut login = heliogram()
        .args(["login", "--stdin", "--phone", &process.ready.phone])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let code = format!("{}\n\n", process.ready.code);
    let written = login.stdin.take().expect("a pipe").write_all(code.as_bytes());
    written.expect("the code is taken");
    assert!(login.wait().expect("it ends").success(), "signed in");
    let mut client = Client(
        heliogram()
            .args(["upload", "--album", "Queue", "--create"])
            .args(paths)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts"),
    );
    let begun = Instant::now();
    while begun.elapsed() < watched {
        let ended = client.0.try_wait().expect("it can be asked");
        assert!(ended.is_none(), "it ended before it was looked at: {ended:?}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", client.0.id()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0.0) / 1000.0
}

/// Memory with one file queued, and with `count`; megabytes.
pub(crate) fn memory(folder: &Path, count: usize) -> (f64, f64) {
    let process = SandboxProcess::start(folder, &["--line-rate", "200000"]);
    let queue = folder.join("queue");
    files::prepared(&queue, count, 40_000);
    // Long enough to be under way all the while.
    let one = files::prepared(&folder.join("one"), 1, 4_000_000);
    let few = peak(&process, &folder.join("few"), &one, Duration::from_secs(6));
    let many = peak(&process, &folder.join("many"), &[queue], Duration::from_secs(15));
    (few, many)
}
