//! What a photo costs in memory, and what one arrival or deletion costs in a long album.
//!
//! Each library is made in a process of its own, and what that process has grown by is counted:
//! with what the allocator loses. `cargo bench --bench memory`. Numbers of photos may be named:
//! `cargo bench --bench memory -- 100000`. Linux alone says how much memory a process has.

use std::error::Error;
use std::hint::black_box;
use std::io::{Write, stdout};
use std::process::Command;
use std::time::{Duration, Instant};

use heliogram::model::{
    Album, AlbumId, AlbumShelf, Blur, Change, Library, MediaKind, MessageId, PackedPhotos, Photo,
    PhotoFacts, PhotoId, PixelSize, RemoteFile, RemoteKind, RemoteThumb, Taken,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ALBUMS: i64 = 4;
/// Changes of each kind that are timed.
const ROUNDS: i32 = 400;
/// Messages of one page of history.
const PAGE: usize = 100;
/// Names the way in which a child makes its library.
const CHILD: &str = "--child";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, way, photos] = arguments.as_slice()
        && child == CHILD
    {
        return measure(way, photos.parse()?);
    }
    let mut sizes: Vec<i32> = arguments.iter().filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![100_000, 1_000_000];
    }
    let mut out = stdout().lock();
    writeln!(out, "bytes a photo      loaded  as history comes")?;
    for size in &sizes {
        let (loaded, read) = (child("loaded", *size)?, child("read", *size)?);
        writeln!(out, "{size:>12} {loaded:>12} {read:>17}")?;
    }
    writeln!(out, "\none album of     arrival   deletion       date  same size")?;
    let mut base = None;
    for size in std::iter::once(10_000).chain(sizes) {
        let costs = costs(size);
        let base = base.get_or_insert(costs);
        write!(out, "{size:>12}")?;
        for cost in costs {
            write!(out, " {cost:>10.1?}")?;
        }
        write!(out, "  ×")?;
        for (cost, base) in costs.iter().zip(base) {
            write!(out, " {:.1}", cost.div_duration_f64(*base))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A library in a process of its own; bytes a photo.
fn child(way: &str, photos: i32) -> Outcome<String> {
    let own = std::env::current_exe()?;
    let output = Command::new(own).args([CHILD, way, &photos.to_string()]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn measure(way: &str, photos: i32) -> Outcome<()> {
    let before = resident()?;
    let library = if way == "loaded" { loaded(photos) } else { read(photos) };
    let grown = resident()?.saturating_sub(before);
    let count = u64::try_from(library.photo_count())?;
    writeln!(stdout(), "{}", grown / count)?;
    drop(black_box(library));
    Ok(())
}

/// As a start finds it in the store.
fn loaded(photos: i32) -> Library {
    let mut packed = PackedPhotos::default();
    for n in 0..ALBUMS {
        for message in 1..=photos / 4 {
            let photo = photo(AlbumId(n), message);
            packed.push(photo.id, &PhotoFacts::from(&photo));
        }
    }
    Library::assemble((0..ALBUMS).map(album), [packed])
}

/// As the first reading brings it: pages of several albums in turn, newest first, and a window that
/// has the snapshot before.
fn read(photos: i32) -> Library {
    let mut library = Library::new();
    library.apply_all(&(0..ALBUMS).map(|n| Change::Album(album(n))).collect::<Vec<_>>());
    let messages: Vec<i32> = (1..=photos / 4).rev().collect();
    let mut window = library.clone();
    for page in messages.chunks(PAGE) {
        for n in 0..ALBUMS {
            let changes: Vec<Change> = page.iter().map(|m| put(photo(AlbumId(n), *m))).collect();
            library.apply_all(&changes);
            window = library.clone();
        }
    }
    drop(window);
    library
}

/// What an arrival, a deletion and a date cost until the window has the new snapshot and the old one
/// is gone; then what it costs to look for a size in all photos.
fn costs(photos: i32) -> [Duration; 4] {
    let album = album(1);
    let mut packed = PackedPhotos::default();
    for message in 1..=photos {
        let photo = photo(album.id, message);
        packed.push(photo.id, &PhotoFacts::from(&photo));
    }
    let mut library = Library::assemble([album.clone()], [packed]);
    let mut window = library.clone();
    // All over the album.
    let somewhere = |n: i32| MessageId(1 + n * 7919 % photos);
    let mut fold = |change: &dyn Fn(i32) -> Change| {
        median((1..=ROUNDS).map(|n| {
            let change = change(n);
            let begun = Instant::now();
            library.apply(&change);
            window = library.clone();
            begun.elapsed()
        }))
    };
    let arrival = fold(&|n| put(photo(album.id, photos + n)));
    let deletion = fold(&|n| Change::PhotosGone { album: album.id, messages: vec![somewhere(n)] });
    let date = fold(&|n| Change::Described {
        photo: PhotoId { album: album.id, message: somewhere(n + ROUNDS) },
        file: i64::from(somewhere(n + ROUNDS).0) << 32,
        taken: Some(Taken { wall_seconds: i64::from(n), offset_minutes: None }),
        head_read: true,
        blur: None,
    });
    let shelf = window.album(album.id);
    let search = median((0..9).map(|_| {
        let begun = Instant::now();
        let same = shelf.into_iter().flat_map(AlbumShelf::photos).filter(|p| p.bytes() == 1);
        black_box(same.count());
        begun.elapsed()
    }));
    [arrival, deletion, date, search]
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Physical memory of this process, bytes.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")).map(str::trim);
    Ok(kibibytes.ok_or("this system does not say")?.parse::<u64>()? * 1024)
}

fn album(n: i64) -> Album {
    Album { id: AlbumId(n), access_hash: 1, title: format!("Album {n}"), created: 1_700_000_000 }
}

fn put(photo: Photo) -> Change {
    Change::Photo(Box::new(photo))
}

/// As a telephone's are: a name with its date, a placeholder, now and then a caption.
fn photo(album: AlbumId, n: i32) -> Photo {
    let wall_seconds = 1_600_000_000 + i64::from(n) * 40;
    Photo {
        id: PhotoId { album, message: MessageId(n) },
        name: format!("IMG_20240131_{n:06}.jpg"),
        bytes: 4_000_000 + u64::from(n.unsigned_abs()),
        size: PixelSize::new(4032, 3024),
        kind: MediaKind::Image,
        mime: "image/jpeg".to_owned(),
        caption: if n % 20 == 0 { "The sea from the upper path".to_owned() } else { String::new() },
        sent: 1_700_000_000 + i64::from(n),
        taken: Some(Taken { wall_seconds, offset_minutes: Some(60) }),
        head_read: true,
        blur: Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: i64::from(n) << 32,
            access_hash: -1 << 50,
            reference: vec![1; 32],
            dc: 2,
            thumbs: vec![RemoteThumb {
                letter: "m".to_owned(),
                size: PixelSize::new(320, 240),
                bytes: 17_000,
            }],
            stripped: Some(vec![1; 180]),
        },
    }
}
