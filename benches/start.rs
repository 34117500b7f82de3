//! From nothing to the first grid with a recorded library, against reading the same records from
//! redb alone.
//!
//! Each round is a process of its own, so that both begin with empty caches of their own (the
//! system's are warm for both). `cargo bench --bench start -- [PHOTOS …]`; best of three.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::config::{Config, Places, Server, Settings};
use heliogram::engine::{Engine, Event};
use heliogram::model::{
    Album, AlbumId, Blur, Change, MediaKind, MessageId, Photo, PhotoId, PhotoRef, PixelSize,
    RemoteFile, RemoteKind, RemoteThumb, Taken,
};
use heliogram::store::{Store, StoreOptions};
use heliogram::ui::arrange::{Measures, Page, Piece};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

const ALBUMS: i32 = 20;
const ROUNDS: usize = 3;
const PHOTO_ROWS: TableDefinition<'_, (i64, i32), &[u8]> = TableDefinition::new("photos");
/// A bench that hangs tells nothing.
const PATIENCE: Duration = Duration::from_mins(2);

/// In batches of a hundred, as history comes.
fn fill(home: &Path, photos: i32) {
    let places = Places::under(home);
    let store = Store::open(StoreOptions {
        data: places.data,
        cache: places.cache,
        thumbnail_budget: 1 << 30,
        original_budget: 1 << 30,
    });
    let store = store.expect("the store opens");
    let mut last = None;
    for album in 0..ALBUMS {
        let id = AlbumId(i64::from(album) + 1);
        let title = format!("Album {album}");
        let change = Change::Album(Album { id, access_hash: 1, title, created: 1_400_000_000 });
        let mut tickets = vec![store.record(vec![change].into())];
        let messages: Vec<i32> = (1..=photos / ALBUMS).collect();
        for page in messages.chunks(100).rev() {
            let changes: Vec<Change> =
                page.iter().map(|n| Change::Photo(Box::new(photo(id, album, *n)))).collect();
            tickets.push(store.record(changes.into()));
        }
        last = tickets.pop();
    }
    last.expect("there are albums").wait().expect("it is recorded");
}

/// About as large as a real one.
fn photo(album: AlbumId, year: i32, n: i32) -> Photo {
    let noise = |length: i32| (0..length).map(|at| (at * 31 + n).to_le_bytes()[0]).collect();
    let wall_seconds = 1_000_000_000 + i64::from(year) * 30_000_000 + i64::from(n) * 600;
    Photo {
        id: PhotoId { album, message: MessageId(n) },
        name: format!("IMG_20240131_{n:06}.jpg"),
        bytes: 4_000_000,
        size: if n % 4 == 0 { PixelSize::new(3000, 4000) } else { PixelSize::new(4000, 3000) },
        kind: MediaKind::Image,
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent: 1_700_000_000 + i64::from(n),
        taken: (n % 3 > 0).then_some(Taken { wall_seconds, offset_minutes: Some(60) }),
        head_read: true,
        blur: Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: i64::from(n) << 32,
            access_hash: -1 << 50,
            reference: noise(32),
            dc: 2,
            thumbs: vec![RemoteThumb {
                letter: "m".to_owned(),
                size: PixelSize::new(320, 240),
                bytes: 17_000,
            }],
            stripped: Some(noise(180)),
        },
    }
}

/// All rows by redb alone: milliseconds.
fn raw(home: &Path) {
    let begun = Instant::now();
    let path = Places::under(home).cache.join("library.redb");
    let database = redb::Builder::new().set_cache_size(8 << 20).open(path).expect("it opens");
    let read = database.begin_read().expect("a snapshot");
    let rows = read.open_table(PHOTO_ROWS).expect("the photos");
    let mut bytes = 0;
    for row in rows.iter().expect("rows") {
        bytes += row.expect("a row").1.value().len();
    }
    assert!(bytes > 0);
    println!("{}", begun.elapsed().as_secs_f64() * 1e3);
}

fn piece((number, photo): (i32, PhotoRef<'_>)) -> Piece {
    let wall_seconds = photo.moment().wall_seconds(&jiff::tz::TimeZone::UTC);
    Piece { number, wall_seconds, aspect: photo.size().aspect() }
}

/// Engine, library and the exact first screen: milliseconds until each.
fn ours(home: &Path) {
    let begun = Instant::now();
    let since = || begun.elapsed().as_secs_f64() * 1e3;
    let config = Config {
        places: Places::under(home),
        // Without credentials nobody is asked anything.
        server: Server::Telegram,
        api: None,
        settings: Settings::default(),
    };
    let thread = std::thread::current();
    let engine = Engine::start(Arc::new(config), Arc::new(move || thread.unpark()));
    let engine = engine.expect("the engine starts");
    let opened = since();
    let library = loop {
        assert!(begun.elapsed() < PATIENCE, "the library does not come");
        match engine.poll() {
            Some(Event::Changed(news)) => break news.library,
            Some(_) => {}
            None => std::thread::park_timeout(Duration::from_millis(5)),
        }
    };
    let loaded = since();
    let measures = Measures { width: 2240, scale: 1.0, size: 2, squares: false };
    let photos = library.albums().flat_map(heliogram::model::AlbumShelf::photos);
    let mut page = Page::of((1..).zip(photos).map(piece), &measures);
    page.look_at(0);
    println!("{opened} {loaded} {}", since());
}

/// What a process of its own says: the round whose last figure is the best.
fn best(way: &str, home: &Path) -> Vec<f64> {
    let round = |_| {
        let program = std::env::current_exe().expect("this program");
        let said = Command::new(program).args([Path::new(way), home]).output().expect("it runs");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let figures = said.split_whitespace().map(str::parse::<f64>);
        figures.collect::<Result<Vec<f64>, _>>().expect("figures")
    };
    let last = |figures: &Vec<f64>| *figures.last().expect("figures");
    (0..ROUNDS).map(round).min_by(|a, b| last(a).total_cmp(&last(b))).expect("rounds")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [way, home] if way == "raw" => return raw(Path::new(home)),
        [way, home] if way == "ours" => return ours(Path::new(home)),
        _ => {}
    }
    let mut sizes: Vec<i32> = arguments.iter().filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![100_000, 1_000_000];
    }
    println!("photos       raw ms   engine   library   first grid   ratio");
    for photos in sizes {
        let home = tempfile::TempDir::new().expect("a folder");
        fill(home.path(), photos);
        let raw = best("raw", home.path())[0];
        let ours = best("ours", home.path());
        let [opened, loaded, grid] = ours[..] else { panic!("three figures") };
        let ratio = grid / raw;
        println!("{photos:<9} {raw:>9.0} {opened:>8.0} {loaded:>9.0} {grid:>12.0} {ratio:>7.2}");
    }
}
