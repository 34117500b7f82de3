//! The library against a plain map of photos.

use proptest::prelude::*;

use super::plain::Plain;
use super::*;
use crate::model::{MediaKind, Photo, PixelSize, RemoteFile, RemoteKind, RemoteThumb, Taken};

fn photo(album: i64, message: i32, file: i64, caption: &str) -> Photo {
    Photo {
        id: PhotoId { album: AlbumId(album), message: MessageId(message) },
        name: format!("IMG_{message}.JPG"),
        bytes: 1000,
        size: PixelSize::new(400, 300),
        kind: MediaKind::Image,
        mime: "image/jpeg".into(),
        caption: caption.into(),
        sent: 1_700_000_000,
        taken: None,
        head_read: false,
        blur: None,
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: file,
            access_hash: 1,
            reference: vec![],
            dc: 2,
            thumbs: vec![RemoteThumb {
                letter: "m".into(),
                size: PixelSize::new(320, 240),
                bytes: 9,
            }],
            stripped: None,
        },
    }
}

fn album(id: i64, title: &str) -> Album {
    Album { id: AlbumId(id), access_hash: 9, title: title.into(), created: 0 }
}

fn any_change() -> impl Strategy<Value = Change> {
    let album_id = 1i64..4;
    let message = 1i32..6;
    prop_oneof![
        2 => (album_id.clone(), "[a-c]").prop_map(|(id, title)| Change::Album(album(id, &title))),
        1 => album_id.clone().prop_map(|id| Change::AlbumGone(AlbumId(id))),
        4 => (album_id.clone(), message.clone(), 1i64..3, "[a-c]")
            .prop_map(|(a, m, f, c)| Change::Photo(Box::new(photo(a, m, f, &c)))),
        2 => (album_id.clone(), prop::collection::vec(message.clone(), 0..3)).prop_map(
            |(a, ids)| Change::PhotosGone {
                album: AlbumId(a),
                messages: ids.into_iter().map(MessageId).collect(),
            }
        ),
        2 => (
            (album_id, message, 1i64..3),
            prop::option::of(0i64..3),
            any::<bool>(),
            any::<bool>()
        )
            .prop_map(|((a, m, file), taken, head_read, blur)| Change::Described {
                photo: PhotoId { album: AlbumId(a), message: MessageId(m) },
                file,
                taken: taken.map(|s| Taken { wall_seconds: s, offset_minutes: None }),
                head_read,
                blur: blur.then(|| Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj")).flatten(),
            }),
    ]
}

/// A long album, so that there are many chunks and several blocks: runs of photos that come and
/// go, in any order.
fn any_run() -> impl Strategy<Value = Vec<Change>> {
    let from = 0i32..9_000;
    prop_oneof![
        (from.clone(), 1i32..3_000, 1i64..3).prop_map(|(from, length, file)| {
            (from..from + length)
                .map(|m| Change::Photo(Box::new(photo(1, m, file, ""))))
                .collect::<Vec<_>>()
        }),
        (from.clone(), 1i32..3_000).prop_map(|(from, length)| {
            let messages = (from..from + length).map(MessageId).collect();
            vec![Change::PhotosGone { album: AlbumId(1), messages }]
        }),
        from.prop_map(|m| vec![Change::Photo(Box::new(photo(1, m, 9, "alone")))]),
    ]
}

impl Plain {
    #[track_caller]
    fn check(&self, library: &Library) {
        assert_eq!(library.photo_count(), self.photos.len());
        assert!(library.albums().map(|shelf| &shelf.album).eq(self.albums.values()));
        let seen = library.albums().flat_map(AlbumShelf::photos);
        for (seen, (id, photo)) in seen.zip(&self.photos) {
            assert_eq!(seen.id(), *id);
            assert_eq!(seen.facts(), PhotoFacts::from(photo));
        }
        for shelf in library.albums() {
            let messages: Vec<MessageId> = shelf.photos().map(|photo| photo.id().message).collect();
            let back = shelf.photos().rev().map(|photo| photo.id().message);
            assert!(back.eq(messages.iter().rev().copied()));
            assert_eq!(shelf.newest().map(|photo| photo.id().message), messages.last().copied());
            for at in [0, 1, 3, 6, 2_000, 8_900].map(MessageId) {
                let place = messages.partition_point(|message| *message < at);
                let (before, from) = messages.split_at(place);
                let seen = shelf.photos_from(at).map(|photo| photo.id().message);
                assert!(seen.eq(from.iter().copied()));
                let seen = shelf.photos_before(at).map(|photo| photo.id().message);
                assert!(seen.eq(before.iter().rev().copied()));
                let there = from.first() == Some(&at);
                assert_eq!(shelf.photo(at).map(|photo| photo.id().message), there.then_some(at));
            }
        }
    }
}

/// What of `before` and `after` is not the same.
fn differences(before: &Library, after: &Library) -> Vec<PhotoId> {
    let all = |library: &Library| -> BTreeMap<PhotoId, (i64, String, bool, bool)> {
        let row = |photo: PhotoRef<'_>| {
            let told = (photo.taken().is_some(), photo.blur().is_some() || photo.head_read());
            (photo.id(), (photo.file(), photo.caption().to_owned(), told.0, told.1))
        };
        library.albums().flat_map(|shelf| shelf.photos().map(row)).collect()
    };
    let (before, after) = (all(before), all(after));
    let ids = before.keys().chain(after.keys());
    ids.filter(|id| before.get(id) != after.get(id)).copied().collect()
}

proptest! {
    #[test]
    fn applying_a_change_twice_is_applying_it_once(
        changes in prop::collection::vec(any_change(), 0..40),
    ) {
        let (mut once, mut twice) = (Library::new(), Library::new());
        for change in &changes {
            once.apply(change);
            twice.apply(change);
            let revision = twice.revision();
            prop_assert!(!twice.apply(change));
            prop_assert_eq!(twice.revision(), revision);
        }
        prop_assert_eq!(once, twice);
    }

    /// In whatever portions changes come; and a snapshot stays what it was.
    #[test]
    fn a_library_is_the_sum_of_its_changes(
        portions in prop::collection::vec(prop::collection::vec(any_change(), 0..12), 0..8),
    ) {
        let (mut library, mut single, mut plain) = (Library::new(), Library::new(), Plain::default());
        for changes in &portions {
            let before = library.clone();
            let frozen: Vec<_> = before.albums().flat_map(AlbumShelf::photos).map(|p| p.facts()).collect();
            let folded = library.apply_all(changes);
            let mut any = false;
            for change in changes {
                any |= single.apply(change);
                plain.apply(change);
            }
            plain.check(&library);
            prop_assert_eq!(&library, &single);
            prop_assert!(any || !folded.is_change());
            prop_assert_eq!(library.revision() > before.revision(), folded.is_change());
            if !folded.is_change() {
                prop_assert_eq!(&library, &before);
            }
            let touched = match &folded.touched {
                Touched::Everything => None,
                Touched::Photos(ids) => Some(ids.clone()),
            };
            for id in differences(&before, &library) {
                prop_assert!(touched.as_ref().is_none_or(|ids| ids.contains(&id)), "{:?}", id);
            }
            let now: Vec<_> = before.albums().flat_map(AlbumShelf::photos).map(|p| p.facts()).collect();
            prop_assert_eq!(frozen, now, "a snapshot has changed");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn long_albums_keep_their_order(runs in prop::collection::vec(any_run(), 1..8)) {
        let (mut library, mut plain) = (Library::new(), Plain::default());
        let born = Change::Album(album(1, "Long"));
        library.apply(&born);
        plain.apply(&born);
        for run in &runs {
            let before = library.clone();
            let count = before.photo_count();
            library.apply_all(run);
            for change in run {
                plain.apply(change);
            }
            plain.check(&library);
            prop_assert_eq!(before.photos_at_all(), count);
            // What is shared is passed over, what is new is not.
            let (old, new) = (before.album(AlbumId(1)).unwrap(), library.album(AlbumId(1)).unwrap());
            let fresh: Vec<_> = new.photos_since(old).map(|photo| photo.id()).collect();
            for id in differences(&before, &library) {
                prop_assert!(library.photo(id).is_none() || fresh.contains(&id));
            }
        }
        // The same, read from a record in parts.
        let shelf = library.album(AlbumId(1)).unwrap();
        let mut parts = [PackedPhotos::default(), PackedPhotos::default()];
        for photo in shelf.photos() {
            parts[usize::from(photo.id().message > MessageId(4_000))].push(photo.id(), &photo.facts());
        }
        let assembled = Library::assemble([shelf.album.clone()], parts);
        prop_assert_eq!(&assembled, &library);
    }
}

impl Library {
    /// Counted one by one.
    fn photos_at_all(&self) -> usize {
        self.albums().map(|shelf| shelf.photos().count()).sum()
    }
}

#[test]
fn what_was_learnt_of_another_file_is_not_taken() {
    let edited = photo(1, 1, 2, "");
    let put = [Change::Album(album(1, "")), Change::Photo(Box::new(edited.clone()))];
    let described = |file| Change::Described {
        photo: edited.id,
        file,
        taken: Some(Taken { wall_seconds: 1, offset_minutes: None }),
        head_read: true,
        blur: None,
    };
    let mut library = Library::new();
    library.apply_all(&put);
    assert!(!library.apply(&described(1)), "its message was edited meanwhile");
    assert!(!library.photo(edited.id).unwrap().head_read());
    assert!(library.apply(&described(2)));
    assert!(library.photo(edited.id).unwrap().taken().is_some());
}

#[test]
fn a_change_to_a_long_album_makes_one_chunk_anew() {
    let mut library = Library::new();
    let mut changes = vec![Change::Album(album(1, "Long"))];
    changes.extend((1..=50_000).map(|m| Change::Photo(Box::new(photo(1, m, 1, "")))));
    assert_eq!(library.apply_all(&changes).added, 50_000);
    let before = library.clone();
    let gone = vec![MessageId(25_000)];
    library.apply(&Change::PhotosGone { album: AlbumId(1), messages: gone });
    let (old, new) = (before.album(AlbumId(1)).unwrap(), library.album(AlbumId(1)).unwrap());
    assert!(new.photos_since(old).count() < MOST);
    assert_eq!((old.len(), new.len()), (50_000, 49_999));
}
