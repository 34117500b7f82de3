//! Opening a photo whose original is at Telegram: until it is there, against grammers' own loop
//! (`iter_download`), and until the first part of it is sharper than its thumbnail on a slow line.
//!
//! The sandbox is a process of its own. `cargo bench --bench view -- [ROUNDS]`. Ours counts
//! everything from the wish to the picture; the stock loop only fetches.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/support/client.rs"]
mod client;
#[path = "support/files.rs"]
mod files;
#[path = "support/sandbox.rs"]
mod sandbox;
#[path = "support/stock.rs"]
mod stock;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::config::Settings;
use heliogram::engine::{Engine, Event, Picture, Stop, UploadOptions, Want, WantList};
use heliogram::model::{Bitmap, Library, PhotoId, PixelSize, Rendition};
use sandbox::{Ready, SandboxProcess};

const SIZE: PixelSize = PixelSize::new(4000, 3000);
const SCREEN: PixelSize = PixelSize::new(1440, 900);
const ORIGINAL: usize = 8_000_000;

/// A window on an album.
struct Window {
    engine: Engine,
    library: Library,
    in_step: bool,
}

impl Window {
    fn open(ready: &Ready, home: &Path) -> Self {
        drop(ready.signed_in(home));
        let mut settings = Settings::default();
        settings.dates.read_heads = false;
        let engine = Engine::start(ready.config(home, settings), Arc::new(|| {}));
        Self { engine: engine.expect("it starts"), library: Library::new(), in_step: false }
    }

    /// Waits for the next picture; the rest is taken in.
    fn next(&mut self) -> Option<Picture> {
        match self.engine.poll() {
            Some(Event::Picture(picture)) => return Some(picture),
            Some(Event::Changed(news)) => self.library = news.library,
            Some(Event::Sync(progress)) => self.in_step = progress.is_none(),
            Some(_) => {}
            None => std::thread::park_timeout(Duration::from_micros(200)),
        }
        None
    }

    /// The photos, once all of them are known and their thumbnails are there.
    fn photos(&mut self, count: usize) -> Vec<PhotoId> {
        let mut photos: Vec<PhotoId> = Vec::new();
        while !self.in_step || photos.len() < count {
            self.next();
            let ours = self.library.albums().filter(|album| album.album.title == "Bench");
            photos = ours.flat_map(|album| album.photos().map(|photo| photo.id())).collect();
        }
        let want = |photo: &PhotoId| {
            let (rendition, fit) = (Rendition::Thumbnail, PixelSize::new(320, 320));
            Want { photo: *photo, rendition, fit }
        };
        self.engine.want(WantList { wants: photos.iter().map(want).collect() });
        let mut left = photos.len();
        while left > 0 {
            left -= usize::from(self.next().is_some());
        }
        photos
    }

    /// Opens a photo: everything that is told of it, and the bytes that were here each time.
    fn view(&mut self, photo: PhotoId) -> Vec<Picture> {
        let want = Want { photo, rendition: Rendition::Screen, fit: SCREEN };
        self.engine.want(WantList { wants: vec![want] });
        let mut told = Vec::new();
        loop {
            let Some(picture) = self.next().filter(|p| p.photo == photo) else { continue };
            let is_done = picture.progress.is_none() && picture.rendition == Rendition::Screen;
            told.push(picture);
            if is_done {
                return told;
            }
        }
    }
}

fn upload(ready: &Ready, home: &Path, photos: &[PathBuf]) {
    let engine = ready.signed_in(home);
    let album = engine.create_album("Bench").expect("an album");
    let options = UploadOptions::default();
    let summary = engine.upload(album.id, photos, &options, &Stop::default(), &mut |_| {});
    assert_eq!(summary.expect("the upload runs").verified, photos.len());
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn against_stock(rounds: usize, rtt: u32) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &["--rtt", &rtt.to_string()]);
    let ready = &process.ready;
    let mut photos = files::prepared(&folder.path().join("quick"), rounds, ORIGINAL);
    photos.extend(files::photographs(&folder.path().join("photos"), rounds, ORIGINAL));
    upload(ready, &folder.path().join("here"), &photos);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stock = runtime.block_on(async {
        let stock = stock::Stock::connect(ready).await;
        let (_, sent) = stock.upload(&photos[..rounds]).await;
        let mut times = Vec::new();
        for (message, path) in sent.iter().zip(&photos) {
            let one = (std::slice::from_ref(message), std::slice::from_ref(path));
            times.push(stock.download(one.0, one.1).await);
        }
        stock.end().await;
        median(times)
    });
    let mut window = Window::open(ready, &folder.path().join("there"));
    let known = window.photos(2 * rounds);
    let library = window.library.clone();
    let (mut fetched, mut shown) = (Vec::new(), Vec::new());
    for photo in known {
        let name = library.photo(photo).expect("it is there").name().to_owned();
        let begun = Instant::now();
        let told = window.view(photo);
        assert!(told.last().is_some_and(|last| last.content.is_ok()), "{name}");
        let to = if name.starts_with("IMG") { &mut fetched } else { &mut shown };
        to.push(begun.elapsed());
    }
    let (fetched, shown) = (median(fetched), median(shown));
    println!(
        "8 MB, {rtt:>3} ms    stock {:>6.0} ms   fetched {:>6.0} ms {:>5.1}x   12 megapixels shown {:>6.0} ms {:>5.1}x",
        stock.as_secs_f64() * 1e3,
        fetched.as_secs_f64() * 1e3,
        stock.as_secs_f64() / fetched.as_secs_f64(),
        shown.as_secs_f64() * 1e3,
        stock.as_secs_f64() / shown.as_secs_f64(),
    );
}

/// A picture with detail of every size, as photographs have it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "shades below 256"
)]
fn detailed() -> Bitmap {
    let hash = |x: u32, y: u32, octave: u32| {
        let mut v = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ (octave << 13);
        v = (v ^ (v >> 15)).wrapping_mul(0x2c1b_3c6d);
        v = (v ^ (v >> 12)).wrapping_mul(0x297a_2d39);
        ((v ^ (v >> 15)) & 0xffff) as f32 / 65_535.0
    };
    let mut rgba = Vec::with_capacity((SIZE.pixels() * 4) as usize);
    for y in 0..SIZE.height {
        for x in 0..SIZE.width {
            let (mut value, mut weight) = (0.0, 0.5);
            for octave in 0..11 {
                let cell = 1024 >> octave;
                let (cx, cy) = (x / cell, y / cell);
                let fx = (x % cell) as f32 / cell as f32;
                let fy = (y % cell) as f32 / cell as f32;
                let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
                let top = mix(hash(cx, cy, octave), hash(cx + 1, cy, octave), fx);
                let low = mix(hash(cx, cy + 1, octave), hash(cx + 1, cy + 1, octave), fx);
                value += weight * mix(top, low, fy);
                weight *= 0.95;
            }
            // The sum of all weights, stretched to where most sums of them lie.
            let shade = (((value / 4.3 - 0.5) * 2.5 + 0.5) * 255.0).clamp(0.0, 255.0);
            rgba.extend([shade as u8, (shade * 0.8) as u8, (255.0 - shade) as u8, 255]);
        }
    }
    Bitmap::new(SIZE, rgba).expect("its size is right")
}

/// Mean difference of the channels; `other` is stretched smoothly to the size of `to`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixels of a screen"
)]
fn difference(other: &Bitmap, to: &Bitmap) -> f64 {
    let (size, own) = (to.size(), other.size());
    let pixel = |x: u32, y: u32, c: usize| {
        let at = (y.min(own.height - 1) * own.width + x.min(own.width - 1)) as usize * 4;
        f64::from(other.rgba()[at + c])
    };
    let mut sum = 0.0;
    for y in 0..size.height {
        for x in 0..size.width {
            let place = |v: u32, of: u32, own: u32| {
                ((f64::from(v) + 0.5) * f64::from(own) / f64::from(of) - 0.5).max(0.0)
            };
            let (u, v) = (place(x, size.width, own.width), place(y, size.height, own.height));
            let (x0, y0, fx, fy) = (u as u32, v as u32, u.fract(), v.fract());
            for c in 0..3 {
                let top = pixel(x0, y0, c) * (1.0 - fx) + pixel(x0 + 1, y0, c) * fx;
                let low = pixel(x0, y0 + 1, c) * (1.0 - fx) + pixel(x0 + 1, y0 + 1, c) * fx;
                let at = (y * size.width + x) as usize * 4 + c;
                sum += (top * (1.0 - fy) + low * fy - f64::from(to.rgba()[at])).abs();
            }
        }
    }
    sum / (size.pixels() * 3) as f64
}

fn encoded(bitmap: &Bitmap, quality: u8, progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    encoder.set_progressive(progressive);
    let side = |v| u16::try_from(v).expect("below 65,536");
    let (width, height) = (side(SIZE.width), side(SIZE.height));
    let colour = jpeg_encoder::ColorType::Rgba;
    encoder.encode(bitmap.rgba(), width, height, colour).expect("it can be encoded");
    bytes
}

fn on_a_slow_line() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let photos = folder.path().join("photos");
    std::fs::create_dir(&photos).expect("a folder for the photographs");
    let picture = detailed();
    let files: Vec<PathBuf> =
        [("progressive", 90, true), ("progressive", 80, true), ("baseline", 90, false)]
            .into_iter()
            .map(|(name, quality, progressive)| {
                let path = photos.join(format!("{name}-{quality}.jpg"));
                std::fs::write(&path, encoded(&picture, quality, progressive)).expect("written");
                path
            })
            .collect();
    let process = SandboxProcess::start(folder.path(), &["--line-rate", "4M", "--rtt", "50"]);
    upload(&process.ready, &folder.path().join("here"), &files);
    let mut window = Window::open(&process.ready, &folder.path().join("there"));
    for photo in window.photos(files.len()) {
        let told = window.view(photo);
        let name = window.library.photo(photo).expect("it is there").name().to_owned();
        let last = told.last().and_then(|last| last.content.as_ref().ok()).expect("a picture");
        let thumbnail = told[0].content.as_ref().expect("what is at hand");
        let blurred = difference(thumbnail, last);
        let mut steps = Vec::new();
        let mut seen: Option<Arc<Bitmap>> = None;
        for picture in told.iter().filter(|picture| picture.partial) {
            let (Some(progress), Ok(bitmap)) = (picture.progress, &picture.content) else {
                continue;
            };
            if seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, bitmap)) {
                steps.push((progress, difference(bitmap, last)));
                seen = Some(bitmap.clone());
            }
        }
        let total = told[0].progress.map_or(0, |progress| progress.total);
        let share = |bytes: u64| bytes * 100 / total.max(1);
        let first = steps.iter().find(|(_, off)| *off < blurred).map(|(p, _)| share(p.bytes));
        let steps: Vec<String> =
            steps.iter().map(|(p, off)| format!("{} %: {off:.1}", share(p.bytes))).collect();
        println!(
            "{name}, {:.1} MB at 4 MB/s: sharper than the thumbnail after {} % of its bytes \
             (off by {blurred:.1}; then {})",
            megabytes(total),
            first.map_or_else(|| "all".to_owned(), |first| first.to_string()),
            steps.join(", "),
        );
    }
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}

fn main() {
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(5);
    against_stock(rounds, 100);
    against_stock(rounds, 0);
    on_a_slow_line();
}
