//! Upload and download of photographs, against grammers' own loops, in one run.
//!
//! The sandbox is a process of its own. `cargo bench --bench transfer -- [RTT_MS] [PHOTOS] [MB]`.
//! Ours counts everything (reading, hashing, thumbnails, journal, proof of what the server
//! holds); the stock loop is `upload_stream` + `send_message`, `iter_download`.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../support/sandbox.rs"]
mod sandbox;
mod stock;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use heliogram::engine::{Stop, UploadOptions};
use heliogram::model::{Bitmap, PixelSize};
use sandbox::SandboxProcess;

/// `count` camera-like files of about `bytes`: a real 12-megapixel JPEG, filled up with noise.
fn photographs(folder: &Path, count: usize, bytes: usize) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).expect("a folder for the photographs");
    let (width, height) = (4000u32, 3000u32);
    let mut state = 1u32;
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, _, _, grain] = state.to_le_bytes();
            let shade = |v: u32, of: u32| u8::try_from(v * 200 / of).unwrap_or(255);
            rgba.extend([
                shade(x, width) + grain / 16,
                shade(y, height) + grain / 16,
                90 + grain / 16,
                255,
            ]);
        }
    }
    let bitmap = Bitmap::new(PixelSize::new(width, height), rgba).expect("its size is right");
    let jpeg = heliogram::pixels::encode_jpeg(&bitmap, 85).expect("it can be encoded");
    (0..count)
        .map(|index| {
            let mut file = jpeg.clone();
            while file.len() < bytes {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                file.extend(state.to_le_bytes());
            }
            file.extend(index.to_le_bytes());
            let path = folder.join(format!("DSC_{index:04}.JPG"));
            std::fs::write(&path, &file).expect("the photograph can be written");
            path
        })
        .collect()
}

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
    let files = photographs(&folder.path().join("photos"), count, megabytes * 1_000_000);
    let bytes: u64 = files.iter().map(|f| f.metadata().map_or(0, |m| m.len())).sum();
    println!("{count} photos, {:.0} MB, round trip {rtt} ms", rate(bytes, Duration::from_secs(1)));

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (stock_up, stock_down) = runtime.block_on(stock::run(ready, &files));

    let engine = ready.signed_in(&folder.path().join("here"));
    let album = engine.create_album("Bench").expect("an album");
    let start = Instant::now();
    let options = UploadOptions { as_photo: false, caption: String::new() };
    let summary = engine
        .upload(album.id, &files, &options, &Stop::default(), &mut |_| {})
        .expect("the upload runs");
    let up = start.elapsed();
    assert_eq!(summary.verified, count, "{summary:?}");
    drop(engine);

    let engine = ready.signed_in(&folder.path().join("there"));
    engine.sync().expect("it syncs");
    let start = Instant::now();
    engine
        .download(album.id, &[], &folder.path().join("back"), &Stop::default(), &mut |report| {
            report.result.expect("every photo comes back");
        })
        .expect("the download runs");
    let down = start.elapsed();

    for (what, ours, stock) in [("upload", up, stock_up), ("download", down, stock_down)] {
        println!(
            "{what:<9} ours {:>7.1} MB/s   stock {:>7.1} MB/s   {:.1}x",
            rate(bytes, ours),
            rate(bytes, stock),
            stock.as_secs_f64() / ours.as_secs_f64()
        );
    }
}
