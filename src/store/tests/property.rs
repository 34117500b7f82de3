//! Disk and screen agree about what a photo is.

use proptest::collection::vec;
use proptest::prelude::*;

use super::disk::Disk;
use super::*;
use crate::model::{self, Blur, Taken};
use crate::store::library::{LAYOUT, Library};

fn taken() -> impl Strategy<Value = Option<Taken>> {
    proptest::option::of(
        (0..3_i64, any::<Option<i16>>())
            .prop_map(|(wall_seconds, offset_minutes)| Taken { wall_seconds, offset_minutes }),
    )
}

fn blur() -> impl Strategy<Value = Option<Blur>> {
    proptest::option::of(proptest::sample::select(vec!["LEHV6n", "00"]))
        .prop_map(|text| Blur::new(text?))
}

/// Few albums, messages and files, so that they meet.
fn change() -> impl Strategy<Value = Change> {
    let id = || (1..4_i64, 1..5_i32);
    prop_oneof![
        3 => (1..4_i64, "[a-c]{1,2}").prop_map(|(id, title)| {
            Change::Album(Album { title, ..album(id) })
        }),
        1 => (1..4_i64).prop_map(|id| Change::AlbumGone(AlbumId(id))),
        8 => (id(), 0..2_i64, taken(), blur(), "[x-y]?").prop_map(
            |((album, message), file, taken, blur, caption)| {
                let mut photo = Photo { caption, taken, blur, ..photo(album, message, 9) };
                photo.remote.id = file;
                Change::Photo(Box::new(photo))
            }
        ),
        2 => (1..4_i64, vec(1..5_i32, 0..3)).prop_map(|(album, messages)| Change::PhotosGone {
            album: AlbumId(album),
            messages: messages.into_iter().map(MessageId).collect(),
        }),
        4 => (id(), 0..2_i64, taken(), any::<bool>(), blur()).prop_map(
            |((album, message), file, taken, head_read, blur)| {
                let photo = PhotoId { album: AlbumId(album), message: MessageId(message) };
                Change::Described { photo, file, taken, head_read, blur }
            }
        ),
    ]
}

/// The library in memory and every photo whole.
fn check(library: &Library, live: &model::Library, plain: &model::Plain) {
    assert_eq!(&library.load(&|pieces, each| (0..pieces).for_each(each)).unwrap(), live);
    let ids: Vec<PhotoId> = plain.photos.keys().copied().collect();
    let photos: Vec<Photo> = plain.photos.values().cloned().collect();
    assert_eq!(library.photos(&ids).unwrap(), photos);
    for album in plain.albums.keys() {
        let newest_first = photos.iter().rev().filter(|photo| photo.id.album == *album);
        assert!(library.photos_of(*album).unwrap().iter().eq(newest_first));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Any changes in any batches and any groups of batches, some repeated, some single changes
    /// twice, with the database closed and opened in between.
    #[test]
    fn what_is_loaded_is_what_was_lived(
        groups in vec((vec((vec(change(), 0..8), any::<bool>()), 0..4), any::<bool>()), 0..5),
        twice in any::<bool>(),
    ) {
        let disk = Disk::default();
        let mut library = Library::over(disk.base(LAYOUT).unwrap());
        let (mut live, mut plain) = (model::Library::new(), model::Plain::default());
        for (batches, reopen) in groups {
            let mut recorded = Vec::new();
            for (changes, repeat) in batches {
                for _ in 0..=u8::from(repeat) {
                    live.apply_all(&changes);
                    for change in &changes {
                        plain.apply(change);
                    }
                    let stored: Vec<Change> = changes
                        .iter()
                        .flat_map(|change| std::iter::repeat_n(change, 1 + usize::from(twice)))
                        .cloned()
                        .collect();
                    recorded.push(Batch::from(stored));
                }
            }
            library.record(recorded).unwrap();
            check(&library, &live, &plain);
            if reopen {
                drop(library);
                library = Library::over(disk.base(LAYOUT).unwrap());
                check(&library, &live, &plain);
            }
        }
    }
}

#[test]
fn cursors_belong_to_albums_that_are_there() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let cursor = Cursor { pts: 9, complete: true };
    let cursors = vec![(AlbumId(1), cursor), (AlbumId(2), cursor)];
    let changes = vec![Change::Album(album(1))];
    store.record(Batch { changes, cursors }).wait().unwrap();
    assert_eq!(store.cursors().unwrap(), [(AlbumId(1), cursor)]);
    // An album that comes back has to be read from the beginning.
    let changes = vec![Change::AlbumGone(AlbumId(1)), Change::Album(album(1))];
    store.record(changes.into()).wait().unwrap();
    assert_eq!(store.cursors().unwrap(), []);
}
