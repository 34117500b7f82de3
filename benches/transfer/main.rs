//! Download of photographs, against grammers' own loop (`iter_download`), in one run.
//!
//! The sandbox is a process of its own. `cargo bench --bench transfer -- [RTT_MS] [PHOTOS] [MB]`.
//! Ours counts everything, files on the disk included. What is sent is measured in `upload`.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../tests/support/client.rs"]
mod client;
#[path = "../support/files.rs"]
mod files;
#[path = "../support/sandbox.rs"]
mod sandbox;
#[path = "../support/stock.rs"]
mod stock;

use std::time::{Duration, Instant};

use heliogram::engine::{Stop, UploadOptions};
use sandbox::SandboxProcess;

fn rate(bytes: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown with one decimal")]
    let bytes = bytes as f64;
    bytes / 1e6 / time.as_secs_f64()
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let rtt = numbers.next().unwrap_or(0).to_string();
    let (count, megabytes) = (numbers.next().unwrap_or(25), numbers.next().unwrap_or(4));
    let folder = tempfile::TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &["--rtt", &rtt]);
    let ready = &process.ready;
    let photos = files::photographs(&folder.path().join("photos"), count, megabytes * 1_000_000);
    let bytes = files::total(&photos);
    println!("{count} photos, {:.0} MB, round trip {rtt} ms", rate(bytes, Duration::from_secs(1)));

    let engine = ready.signed_in(&folder.path().join("here"));
    let album = engine.create_album("Bench").expect("an album");
    let summary = engine
        .upload(album.id, &photos, &UploadOptions::default(), &Stop::default(), &mut |_| {})
        .expect("the upload runs");
    assert_eq!(summary.verified, count, "{summary:?}");
    drop(engine);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stock = runtime.block_on(async {
        let stock = stock::Stock::connect(ready).await;
        let (_, sent) = stock.upload(&photos).await;
        let took = stock.download(&sent, &photos).await;
        stock.end().await;
        took
    });

    let engine = ready.signed_in(&folder.path().join("there"));
    engine.sync().expect("it syncs");
    let start = Instant::now();
    engine
        .download(album.id, &[], &folder.path().join("back"), &Stop::default(), &mut |report| {
            report.result.expect("every photo comes back");
        })
        .expect("the download runs");
    let ours = start.elapsed();
    println!(
        "download  ours {:>7.1} MB/s   stock {:>7.1} MB/s   {:.1}x",
        rate(bytes, ours),
        rate(bytes, stock),
        stock.as_secs_f64() / ours.as_secs_f64()
    );
}
