//! What memory the window takes while somebody browses a library from end to end.
//!
//! The sandbox is a process of its own, and so is each of ours. The first brings a home in step.
//! The second is the whole window over the whole engine, fed with turns of a wheel until every
//! photo's thumbnail has been painted; the third does the same again, now that the thumbnails are
//! on the disk. There is no window and no graphics card: what would go to the card is counted and
//! let go, so that no driver is in the figures.
//!
//! First some photos in a window of 1440 × 900 at the usual size of tiles, then all others in one
//! of 2560 × 1440 at the smallest. `cargo bench --bench browse -- [PHOTOS]`. Linux alone says how
//! much memory a process has.
//!
//! `cargo bench --bench browse -- page [PHOTOS]` pages through photos of fifty megapixels instead,
//! one by one in the viewer: first from the line, then from the disk.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../support/card.rs"]
mod card;
#[path = "../support/files.rs"]
mod files;
#[path = "../support/sandbox.rs"]
mod sandbox;
#[path = "../support/screen.rs"]
mod screen;
mod window;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use egui::vec2;
use heliogram::config::Places;
use heliogram::engine::{Stop, UploadOptions};
use sandbox::{Ready, SandboxProcess};
use window::Window;

/// Photos that are looked at in the usual size.
const USUAL: usize = 5_000;
const MB: u64 = 1_000_000;
/// Bytes of a photo of fifty megapixels.
const LONG: usize = 11_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [way, ready, home] if way == "sync" => return sync(Path::new(ready), Path::new(home)),
        [way, ready, home] if way == "browse" => return browse(Path::new(ready), Path::new(home)),
        [way, ready, home] if way == "page" => return page(Path::new(ready), Path::new(home)),
        [way, photos @ ..] if way == "page" => {
            return page_all(photos.first().and_then(|photos| photos.parse().ok()).unwrap_or(200));
        }
        _ => {}
    }
    let photos = arguments.iter().find_map(|argument| argument.parse::<u64>().ok());
    let photos = photos.unwrap_or(100_000).to_string();
    let folder = tempfile::TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &["--photos", &photos]);
    let home = folder.path().join("home");
    in_turn(
        &process,
        &home,
        &[
            ("first sync", "sync"),
            ("thumbnails from the line", "browse"),
            ("thumbnails from the disk", "browse"),
        ],
    );
}

/// Each in a process of its own.
fn in_turn(process: &SandboxProcess, home: &Path, ways: &[(&str, &str)]) {
    for (what, way) in ways {
        println!("{what}");
        let own = std::env::current_exe().expect("this program");
        let mut child = Command::new(own);
        let child = child.args([Path::new(way), &process.ready_file, home]);
        assert!(child.status().expect("it runs").success(), "{what}: it failed");
    }
}

/// Uploads photos of fifty megapixels and pages through them.
fn page_all(photos: usize) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &[]);
    let away = process.ready.signed_in(&folder.path().join("away"));
    let album = away.create_album("Fifty megapixels").expect("an album");
    let jpeg = files::photograph(8192, 6144);
    let source = folder.path().join("source");
    std::fs::create_dir(&source).expect("a folder");
    for number in 0..photos {
        // So long that the server makes no thumbnail of its own.
        let file = source.join(format!("DSC_{number:04}.JPG"));
        let bytes =
            [&jpeg[..], &files::noise(LONG.saturating_sub(jpeg.len())), &number.to_le_bytes()];
        std::fs::write(&file, bytes.concat()).expect("the photograph can be written");
        let (options, stop) = (UploadOptions::default(), Stop::default());
        let sent = away.upload(album.id, std::slice::from_ref(&file), &options, &stop, &mut |_| {});
        assert_eq!(sent.expect("the upload runs").verified, 1);
        std::fs::remove_file(file).expect("it can be removed");
    }
    drop(away);
    let home = folder.path().join("home");
    in_turn(
        &process,
        &home,
        &[("first sync", "sync"), ("from the line", "page"), ("from the disk", "page")],
    );
}

fn page(ready: &Path, home: &Path) {
    let _ = std::fs::remove_file(Places::under(home).config.join("window.toml"));
    let mut window = Window::open(&Ready::read(ready), home, vec2(1440.0, 900.0));
    window.wait_until_in_step();
    let begun = Instant::now();
    let photos = window.photos();
    window.page(photos);
    print!("  {photos} photos of 50 megapixels");
    say(&format!(" in {:.0} s; ", begun.elapsed().as_secs_f64()));
    println!("  textures at most {} MB, which are the driver's", window.screen.card.most / MB);
}

fn sync(ready: &Path, home: &Path) {
    let begun = Instant::now();
    let report = Ready::read(ready).signed_in(home).sync().expect("it syncs");
    println!("  {} photos after {:.0} s", report.added, begun.elapsed().as_secs_f64());
    say("  ");
}

fn browse(ready: &Path, home: &Path) {
    // Each begins at the top, with tiles of the usual size. There may be none from before.
    let _ = std::fs::remove_file(Places::under(home).config.join("window.toml"));
    let mut window = Window::open(&Ready::read(ready), home, vec2(1440.0, 900.0));
    window.wait_until_in_step();
    let photos = window.photos();
    print!("  in step     ");
    say("");
    let begun = Instant::now();
    window.browse(USUAL.min(photos));
    print!("  {:>6} shown", window.shown());
    say(&format!(" in {:.0} s; ", begun.elapsed().as_secs_f64()));
    window.resize(vec2(2560.0, 1440.0));
    window.smallest_tiles();
    window.browse(photos);
    print!("  {:>6} shown", window.shown());
    say(&format!(" in {:.0} s; ", begun.elapsed().as_secs_f64()));
    let (most, failed) = (window.screen.card.most / MB, window.failed());
    println!("  of {photos}; {failed} failed; textures at most {most} MB, which are the driver's");
    for file in ["library.redb", "thumbnails.redb"] {
        let cache = home.join("cache").join(file);
        let bytes = std::fs::metadata(cache).map_or(0, |of| of.len());
        println!("  {file}: {} MB on the disk", bytes / MB);
    }
}

/// What this process takes now, and the most that it ever took.
fn say(before: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.map_or("?".to_owned(), |kibibytes| (kibibytes * 1024 / MB).to_string())
    };
    let [now, own, files, most] = ["VmRSS:", "RssAnon:", "RssFile:", "VmHWM:"].map(megabytes);
    println!("{before}{now} MB now ({own} of its own, {files} of files), {most} MB at most");
}
