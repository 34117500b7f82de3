//! A library as an account has it: some albums, days with many photos and days with few, shapes of
//! all kinds, each photo with a placeholder.

use heliogram::model::{
    Album, AlbumId, Blur, Change, Library, MediaKind, MessageId, Photo, PhotoId, PixelSize,
    RemoteFile, RemoteKind, RemoteThumb, Taken,
};

const ALBUMS: usize = 12;
const SIZES: [(u32, u32); 5] =
    [(4032, 3024), (3024, 4032), (6000, 4000), (1920, 1080), (4000, 6000)];
const BLURS: [&str; 4] = [
    "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    "LGF5]+Yk^6#M@-5c,1J5@[or[Q6.",
    "L6PZfSi_.AyE_3t7t7R**0o#DgR4",
    "LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
];
/// 2024-06-01, the day of the newest.
const NEWEST: i64 = 1_717_200_000;

/// So many photographs over all albums.
pub(super) fn of(photos: usize) -> Library {
    /// Folded at once.
    const PORTION: usize = 4096;
    let mut library = Library::new();
    let mut portion = Vec::with_capacity(PORTION);
    for change in changes(photos) {
        portion.push(change);
        if portion.len() == PORTION {
            library.apply_all(&portion);
            portion.clear();
        }
    }
    library.apply_all(&portion);
    library
}

/// Albums first, then `photos` photographs over all of them.
fn changes(photos: usize) -> impl Iterator<Item = Change> {
    let albums = (0..ALBUMS).map(|n| {
        Change::Album(Album {
            id: album(n),
            access_hash: 1,
            title: format!("Album number {n}"),
            created: 1_400_000_000 + whole(n),
        })
    });
    albums.chain((0..photos).map(|n| Change::Photo(Box::new(photo(n)))))
}

fn album(n: usize) -> AlbumId {
    AlbumId(1000 + whole(n))
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(0)
}

fn photo(n: usize) -> Photo {
    let id = PhotoId {
        album: album(n % ALBUMS),
        message: MessageId(i32::try_from(n / ALBUMS + 1).unwrap_or(1)),
    };
    let (width, height) = SIZES.get(n * 7 % SIZES.len()).copied().unwrap_or((4000, 3000));
    // Many in an hour of one day, then some days without any.
    let seconds = whole(n) * 40 + whole(n / 150) * 86_400 / 2;
    let wall_seconds = NEWEST - seconds;
    Photo {
        id,
        name: format!("IMG_{n:07}.JPG"),
        bytes: 4_000_000,
        size: PixelSize::new(width, height),
        kind: if n.is_multiple_of(40) {
            MediaKind::Video { seconds: 12 }
        } else {
            MediaKind::Image
        },
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent: wall_seconds,
        taken: Some(Taken { wall_seconds, offset_minutes: None }),
        head_read: true,
        blur: BLURS.get(n % BLURS.len()).and_then(|text| Blur::new(text)),
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: whole(n) + 1,
            access_hash: 1,
            reference: vec![1; 24],
            dc: 2,
            thumbs: vec![RemoteThumb {
                letter: "m".to_owned(),
                size: PixelSize::new(320, 240),
                bytes: 20_000,
            }],
            stripped: None,
        },
    }
}
