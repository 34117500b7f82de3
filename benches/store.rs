//! How long loading a library of 100,000 photos takes, against reading the same rows from redb
//! without making a library of them.
//!
//! `cargo bench --bench store`; prints the best of five runs of each, and their ratio.

use std::io::Write;
use std::time::{Duration, Instant};

use heliogram::model::{
    Album, AlbumId, Blur, Change, MediaKind, MessageId, Photo, PhotoId, PixelSize, RemoteFile,
    RemoteKind, RemoteThumb, Taken,
};
use heliogram::store::{Store, StoreOptions};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

const PHOTOS: i32 = 100_000;
const ALBUMS: i32 = 20;
const RUNS: usize = 5;
const PHOTO_ROWS: TableDefinition<'_, (i64, i32), &[u8]> = TableDefinition::new("photos");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let options = StoreOptions {
        data: home.path().join("data"),
        cache: home.path().join("cache"),
        thumbnail_budget: 1 << 30,
        original_budget: 1 << 30,
    };

    let store = Store::open(options.clone())?;
    let begun = Instant::now();
    fill(&store)?;
    let recording = begun.elapsed();
    drop(store);

    let store = Store::open(options)?;
    let (loading, loaded) = best(|| Ok(store.load()?.photo_count()))?;
    drop(store);

    let path = home.path().join("cache/library.redb");
    let file = std::fs::metadata(&path)?.len();
    let database = redb::Builder::new().set_cache_size(8 << 20).open(&path)?;
    let (reading, read) = best(|| {
        let rows = database.begin_read()?.open_table(PHOTO_ROWS)?;
        let mut bytes = 0;
        for row in rows.iter()? {
            bytes += row?.1.value().len();
        }
        Ok(bytes)
    })?;

    let rate = |time: Duration| f64::from(PHOTOS) / time.as_secs_f64();
    let mut out = std::io::stdout().lock();
    writeln!(out, "photos    {loaded} ({read} bytes in rows, {file} bytes on disk)")?;
    writeln!(out, "recording {recording:>10.1?} {:>12.0} photos/s", rate(recording))?;
    writeln!(out, "loading   {loading:>10.1?} {:>12.0} photos/s", rate(loading))?;
    writeln!(out, "raw rows  {reading:>10.1?} {:>12.0} photos/s", rate(reading))?;
    writeln!(out, "ratio     {:.2}", loading.as_secs_f64() / reading.as_secs_f64())?;
    Ok(())
}

/// The best of some runs, and what they all answered.
fn best(
    mut run: impl FnMut() -> Result<usize, Box<dyn std::error::Error>>,
) -> Result<(Duration, usize), Box<dyn std::error::Error>> {
    let mut best = (Duration::MAX, 0);
    for _ in 0..RUNS {
        let begun = Instant::now();
        let answer = run()?;
        best = (best.0.min(begun.elapsed()), answer);
    }
    Ok(best)
}

/// In batches of a hundred, as history comes.
fn fill(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    let mut last = None;
    for album in 0..ALBUMS {
        let id = AlbumId(i64::from(album) + 1);
        let title = format!("Album {album}");
        let album = Album { id, access_hash: 1 << 60, title, created: 1_700_000_000 };
        let mut tickets = vec![store.record(vec![Change::Album(album)].into())];
        let messages: Vec<i32> = (1..=PHOTOS / ALBUMS).collect();
        for page in messages.chunks(100) {
            let changes: Vec<_> =
                page.iter().map(|n| Change::Photo(Box::new(photo(id, *n)))).collect();
            tickets.push(store.record(changes.into()));
        }
        last = tickets.pop();
    }
    Ok(last.map_or(Ok(()), heliogram::store::Ticket::wait)?)
}

/// About as large as a real one.
fn photo(album: AlbumId, n: i32) -> Photo {
    let noise = |length: i32| (0..length).map(|at| (at * 31 + n).to_le_bytes()[0]).collect();
    Photo {
        id: PhotoId { album, message: MessageId(n) },
        name: format!("IMG_20240131_{n:06}.jpg"),
        bytes: 4_000_000,
        size: PixelSize::new(4000, 3000),
        kind: MediaKind::Image,
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent: 1_700_000_000 + i64::from(n),
        taken: Some(Taken { wall_seconds: 1_600_000_000, offset_minutes: Some(60) }),
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
