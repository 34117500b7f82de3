//! What sending costs: processor time of this process, raw cost of what cannot be left out, memory
//! of a process with a long queue. On Linux alone: elsewhere nothing is printed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::files;
use crate::sandbox::SandboxProcess;

/// Ticks a second of the times in `/proc`: the same on every Linux.
const TICKS: f64 = 100.0;

/// User time of this process so far, seconds.
pub(crate) fn user_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may have spaces; user time is the 14th of all.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: Option<f64> = after.split_whitespace().nth(11).and_then(|text| text.parse().ok());
    ticks.unwrap_or(0.0) / TICKS
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
    drop(process.ready.signed_in(home));
    let mut client = Client(
        Command::new(env!("CARGO_BIN_EXE_heliogram"))
            .args([Path::new("--home"), home, Path::new("--endpoint"), &process.ready_file])
            .args(["upload", "--album", "Queue", "--create"])
            .args(paths)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts"),
    );
    let begun = Instant::now();
    while begun.elapsed() < watched && client.0.try_wait().is_ok_and(|ended| ended.is_none()) {
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
    let queued = files::prepared(&queue, count, 40_000);
    let few = peak(&process, &folder.join("few"), &queued[..1], Duration::from_secs(4));
    let many = peak(&process, &folder.join("many"), &[queue], Duration::from_secs(15));
    (few, many)
}
