//! Sending photographs: ours against grammers' own loop (`upload_stream`, then `send_message`) and
//! against a plain loop (one connection, one part at a time), same sandbox, same run.
//!
//! The sandbox is a process of its own. Ours counts everything: reading, hashing, thumbnails, the
//! journal, and the proof of what the server holds; the other two prove nothing and send no
//! thumbnail, and send fewer files where theirs take long: rates are compared.
//! `cargo bench --bench upload -- [photos] [prepared] [large] [line] [faults] [cost] [memory]`,
//! all of them when none is named.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with a few digits")]

#[path = "../../tests/support/client.rs"]
mod client;
mod cost;
#[path = "../support/files.rs"]
mod files;
mod plain;
#[path = "../support/sandbox.rs"]
mod sandbox;
#[path = "../support/stock.rs"]
mod stock;

use std::path::PathBuf;
use std::time::Instant;

use cost::User;
use heliogram::engine::{Stop, UploadOptions};
use sandbox::{Ready, SandboxProcess};
use tempfile::TempDir;

/// What a way of sending came to.
struct Figures {
    megabytes: f64,
    seconds: f64,
}

impl Figures {
    fn rate(&self) -> f64 {
        self.megabytes / self.seconds
    }
}

fn megabytes(files: &[PathBuf]) -> f64 {
    files::total(files) as f64 / 1e6
}

fn ours(ready: &Ready, folder: &TempDir, files: &[PathBuf]) -> Figures {
    measured(ready, folder, files).0
}

/// … and the user time that it took.
fn measured(ready: &Ready, folder: &TempDir, files: &[PathBuf]) -> (Figures, User) {
    let engine = ready.signed_in(&folder.path().join("home"));
    let album = engine.create_album("Ours").expect("an album");
    let (begun, before) = (Instant::now(), User::now());
    let summary = engine
        .upload(album.id, files, &UploadOptions::default(), &Stop::default(), &mut |_| {})
        .expect("the upload runs");
    let (seconds, after) = (begun.elapsed().as_secs_f64(), User::now());
    assert_eq!(summary.verified, files.len(), "{summary:?}");
    let user = User { all: after.all - before.all, preparing: after.preparing - before.preparing };
    (Figures { megabytes: megabytes(files), seconds }, user)
}

fn stock(ready: &Ready, files: &[PathBuf]) -> Figures {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let seconds = runtime.block_on(async {
        let stock = stock::Stock::connect(ready).await;
        let (took, _) = stock.upload(files).await;
        stock.end().await;
        took.as_secs_f64()
    });
    Figures { megabytes: megabytes(files), seconds }
}

fn plain(ready: &Ready, files: &[PathBuf]) -> Figures {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let seconds = runtime.block_on(plain::upload(ready, files)).as_secs_f64();
    Figures { megabytes: megabytes(files), seconds }
}

/// A row of the table.
fn compare(what: &str, ours: &Figures, stock: &Figures, plain: &Figures) {
    println!(
        "{what:<34} ours {:>6.1} MB/s   stock {:>6.1} ({:.1}x)   plain {:>6.1} ({:.1}x)",
        ours.rate(),
        stock.rate(),
        ours.rate() / stock.rate(),
        plain.rate(),
        ours.rate() / plain.rate()
    );
}

fn photos() {
    let folder = TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &["--rtt", "100"]);
    let photos = files::photographs(&folder.path().join("photos"), 100, 4_000_000);
    let stock = stock(&process.ready, &photos[..8]);
    let plain = plain(&process.ready, &photos[..8]);
    let (ours, user) = measured(&process.ready, &folder, &photos);
    compare("100 photos of 4 MB, 100 ms", &ours, &stock, &plain);
    let decode = cost::decode_seconds(&photos[0]);
    let count = photos.len() as f64;
    println!(
        "{:<34} {:.0} ms of a processor to prepare one, hashes included; one raw decode {:.0} ms \
         ({:.2}x); {:.0} ms in all",
        "",
        user.preparing / count * 1e3,
        decode * 1e3,
        user.preparing / count / decode,
        user.all / count * 1e3,
    );
}

fn prepared() {
    let folder = TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &[]);
    let files = files::prepared(&folder.path().join("files"), 100, 4_000_000);
    let stock = stock(&process.ready, &files[..24]);
    let plain = plain(&process.ready, &files[..24]);
    let ours = ours(&process.ready, &folder, &files);
    compare("100 prepared files, loopback", &ours, &stock, &plain);
}

fn large() {
    let folder = TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &["--rtt", "100"]);
    let file = files::prepared(&folder.path().join("file"), 1, 300_000_000);
    let small = files::prepared(&folder.path().join("small"), 1, 30_000_000);
    let stock = stock(&process.ready, &file);
    let plain = plain(&process.ready, &small);
    let ours = ours(&process.ready, &folder, &file);
    compare("one file of 300 MB, 100 ms", &ours, &stock, &plain);
}

const LINE: [&str; 6] = ["--rtt", "100", "--line-rate", "40000000", "--connection-rate", "8000000"];

/// The rate over a limited line.
fn line() -> f64 {
    let folder = TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &LINE);
    let files = files::prepared(&folder.path().join("files"), 100, 4_000_000);
    let ours = ours(&process.ready, &folder, &files);
    println!(
        "{:<34} ours {:>6.1} MB/s   {:.0} % of the line",
        "40 MB/s, 8 MB/s a connection",
        ours.rate(),
        ours.rate() / 0.4
    );
    ours.rate()
}

fn faults(line: f64) {
    /// Seconds of each wait.
    const WAIT: f64 = 2.0;
    let folder = TempDir::new().expect("a folder");
    let faults = ["--fault", "cut=0.01", "flood=messages.sendMedia:50:2"];
    let process = SandboxProcess::start(folder.path(), &[&LINE[..], &faults].concat());
    let files = files::prepared(&folder.path().join("files"), 120, 4_000_000);
    let mut ours = ours(&process.ready, &folder, &files);
    // Every fiftieth call is told to wait, repeated ones included.
    ours.seconds -= WAIT * (120.0_f64 / 49.0).floor();
    println!(
        "{:<34} ours {:>6.1} MB/s   {:.0} % of that line without them",
        "… cuts and waits, net of the waits",
        ours.rate(),
        ours.rate() / line * 100.0
    );
}

fn cost() {
    let folder = TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &[]);
    let files = files::prepared(&folder.path().join("files"), 100, 4_000_000);
    let bytes = files::total(&files);
    let (_, user) = measured(&process.ready, &folder, &files);
    let raw = cost::raw_seconds(bytes);
    let sending = user.all - user.preparing;
    println!(
        "{:<34} {sending:.2} s of a processor for {:.0} MB; AES-IGE and SHA-256 alone {raw:.2} s \
         ({:.2}x; hashing of the files besides {:.2} s)",
        "sending",
        bytes as f64 / 1e6,
        sending / raw,
        user.preparing,
    );
}

fn memory() {
    let folder = TempDir::new().expect("a folder");
    let (few, many) = cost::memory(folder.path(), 10_000);
    println!(
        "{:<34} {:.0} MB above the {few:.0} MB with one",
        "memory with 10,000 files queued",
        many - few
    );
}

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_on = |name: &str| named.is_empty() || named.iter().any(|other| other == name);
    let cases: [(&str, fn()); 5] = [
        ("photos", photos),
        ("prepared", prepared),
        ("large", large),
        ("cost", cost),
        ("memory", memory),
    ];
    for (_, case) in cases.into_iter().filter(|(name, _)| is_on(name)) {
        case();
    }
    if is_on("line") || is_on("faults") {
        let rate = line();
        if is_on("faults") {
            faults(rate);
        }
    }
}
