//! Upload and download of photographs, against grammers' own loops, in one run.
//!
//! The sandbox is a process of its own. `cargo bench --bench transfer -- [RTT_MS] [PHOTOS] [MB]`.
//! Ours counts everything (reading, hashing, thumbnails, journal, proof of what the server
//! holds); the stock loop is `upload_stream` + `send_message`, `iter_download`.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod stock;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::config::{Config, CustomServer, Places, Server, Settings};
use heliogram::engine::{Headless, Stop, UploadOptions};
use heliogram::model::{Bitmap, PixelSize};
use zeroize::Zeroizing;

/// What the sandbox says of itself.
#[derive(serde::Deserialize)]
pub(crate) struct Ready {
    pub(crate) address: String,
    pub(crate) dc_id: i32,
    pub(crate) rsa_public_key: String,
    pub(crate) phone: String,
    pub(crate) code: String,
}

struct SandboxProcess(Child);

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        // It may be gone already, which is just as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sandbox(folder: &Path, rtt_ms: u32) -> (SandboxProcess, Ready) {
    let ready = folder.join("ready.json");
    let child = Command::new(env!("CARGO_BIN_EXE_heliogram"))
        .args(["sandbox", "--listen", "127.0.0.1:0", "--rtt", &rtt_ms.to_string(), "--data"])
        .arg(folder.join("world"))
        .arg("--ready-file")
        .arg(&ready)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the sandbox starts");
    let child = SandboxProcess(child);
    let start = Instant::now();
    while !ready.exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "the sandbox is not ready after 30 s");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    let text = std::fs::read_to_string(&ready).expect("the ready file is readable");
    (child, serde_json::from_str(&text).expect("the ready file is JSON"))
}

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

fn config(ready: &Ready, home: &Path) -> Arc<Config> {
    Arc::new(Config {
        places: Places::under(home),
        server: Server::Custom(CustomServer {
            address: ready.address.parse().expect("the address is one"),
            dc_id: ready.dc_id,
            rsa_public_key: ready.rsa_public_key.clone(),
        }),
        api: None,
        settings: Settings::default(),
    })
}

fn signed_in(ready: &Ready, home: &Path) -> Headless {
    let engine = Headless::open(config(ready, home)).expect("the home opens");
    engine.send_code(&ready.phone).expect("a code is sent");
    engine.sign_in(Zeroizing::new(ready.code.clone())).expect("the code is right");
    engine
}

fn rate(bytes: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown with one decimal")]
    let bytes = bytes as f64;
    bytes / 1e6 / time.as_secs_f64()
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let rtt = u32::try_from(numbers.next().unwrap_or(0)).unwrap_or(0);
    let (count, megabytes) = (numbers.next().unwrap_or(25), numbers.next().unwrap_or(4));
    let folder = tempfile::TempDir::new().expect("a folder");
    let (_process, ready) = sandbox(folder.path(), rtt);
    let files = photographs(&folder.path().join("photos"), count, megabytes * 1_000_000);
    let bytes: u64 = files.iter().map(|f| f.metadata().map_or(0, |m| m.len())).sum();
    println!("{count} photos, {:.0} MB, round trip {rtt} ms", rate(bytes, Duration::from_secs(1)));

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (stock_up, stock_down) = runtime.block_on(stock::run(&ready, &files));

    let engine = signed_in(&ready, &folder.path().join("here"));
    let album = engine.create_album("Bench").expect("an album");
    let start = Instant::now();
    let options = UploadOptions { as_photo: false, caption: String::new() };
    let summary = engine
        .upload(album.id, &files, &options, &Stop::default(), &mut |_| {})
        .expect("the upload runs");
    let up = start.elapsed();
    assert_eq!(summary.verified, count, "{summary:?}");
    drop(engine);

    let engine = signed_in(&ready, &folder.path().join("there"));
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
