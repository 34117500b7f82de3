//! A timeline that follows its library, whatever changes, is the one that would be made anew.

use proptest::prelude::*;

use super::*;
use crate::engine::UploadsEvent;
use crate::model::{
    Album, Change, MessageId, Photo, PixelSize, RemoteFile, RemoteKind, Taken, Touched, UploadId,
    UploadState,
};

pub(in crate::ui) fn album(id: i64) -> Change {
    Change::Album(Album { id: AlbumId(id), access_hash: 1, title: id.to_string(), created: id })
}

pub(in crate::ui) fn photo(album: i64, message: i32, sent: i64, sides: (u32, u32)) -> Change {
    Change::Photo(Box::new(Photo {
        id: PhotoId { album: AlbumId(album), message: MessageId(message) },
        name: format!("{message}.jpg"),
        bytes: 1000,
        size: PixelSize::new(sides.0, sides.1),
        kind: if message % 5 == 0 { MediaKind::Video { seconds: 3 } } else { MediaKind::Image },
        mime: "image/jpeg".to_owned(),
        caption: String::new(),
        sent,
        taken: None,
        head_read: false,
        blur: None,
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: i64::from(message),
            access_hash: 1,
            reference: vec![],
            dc: 2,
            thumbs: vec![],
            stripped: None,
        },
    }))
}

fn change() -> impl Strategy<Value = Change> {
    let (albums, messages) = (1_i64..4, 1_i32..60);
    prop_oneof![
        6 => (albums.clone(), messages.clone(), 1_600_000_000_i64..1_601_000_000, 1_u32..9, 1_u32..9)
            .prop_map(|(album, message, sent, w, h)| photo(album, message, sent, (w, h))),
        3 => (albums.clone(), prop::collection::vec(messages.clone(), 1..4)).prop_map(
            |(album, messages)| Change::PhotosGone {
                album: AlbumId(album),
                messages: messages.into_iter().map(MessageId).collect(),
            },
        ),
        3 => (albums, messages, 1_600_000_000_i64..1_601_000_000).prop_map(
            |(album, message, wall_seconds)| Change::Described {
                photo: PhotoId { album: AlbumId(album), message: MessageId(message) },
                file: i64::from(message),
                taken: Some(Taken { wall_seconds, offset_minutes: None }),
                head_read: false,
                blur: None,
            },
        ),
    ]
}

fn entries(timeline: &Timeline) -> Vec<Entry> {
    timeline.order().iter_from(0).collect()
}

/// A list that follows what it is told.
#[derive(Default)]
struct Mirror(Vec<Entry>);

impl Mirror {
    fn take(&mut self, order: &Order, edit: Edit) {
        match edit {
            Edit::Inserted(rank) => self.0.insert(rank, order.get(rank).unwrap()),
            Edit::Removed(rank, entry) => assert_eq!(self.0.remove(rank), entry),
        }
    }
}

proptest! {
    #[test]
    fn following_comes_to_the_same_as_making_anew(
        batches in prop::collection::vec(prop::collection::vec(change(), 1..12), 1..12),
        one_album in any::<bool>(),
    ) {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let scope = if one_album { Scope::Album(AlbumId(2)) } else { Scope::All };
        let mut library = Library::new();
        library.apply_all(&[album(1), album(2), album(3)]);
        let mut timeline = Timeline::of(&library, scope, &zone);
        let mut mirror = Mirror::default();
        for batch in batches {
            let folded = library.apply_all(&batch);
            let Touched::Photos(mut ids) = folded.touched else { panic!("a few photos") };
            // Told twice is told once.
            ids.extend(ids.clone());
            timeline.keep_different(&library, &mut ids);
            timeline.follow(&library, ids.clone(), |order, edit| mirror.take(order, edit));
            timeline.keep_different(&library, &mut ids);
            prop_assert!(ids.is_empty(), "what has been taken in is no different");
            let anew = Timeline::of(&library, scope, &zone);
            prop_assert_eq!(entries(&timeline), entries(&anew));
            prop_assert_eq!(&mirror.0, &entries(&anew));
            prop_assert_eq!(timeline.revision(), library.revision());
            for (place, entry) in entries(&timeline).into_iter().enumerate() {
                prop_assert_eq!(timeline.place_of(entry.id), Some(place));
            }
        }
    }
}

#[test]
fn files_on_their_way_come_and_go_and_are_no_photos() {
    let ctx = egui::Context::default();
    let zone = TimeZone::UTC;
    let mut library = Library::new();
    let sent = 1_600_000_000;
    library.apply_all(&[album(1), photo(1, 1, sent, (3, 2)), photo(1, 2, sent + 100, (3, 2))]);
    let mut timeline = Timeline::of(&library, Scope::All, &zone);
    let mut uploads = Uploads::default();
    let upload = |wall_seconds, state| Upload {
        id: UploadId(7),
        order: 7,
        album: AlbumId(1),
        path: "a.jpg".into(),
        bytes: 100,
        size: PixelSize::new(2, 3),
        taken: Some(Taken { wall_seconds, offset_minutes: None }),
        as_photo: false,
        strip: None,
        state,
        photo: None,
    };
    let mut mirror = Mirror(entries(&timeline));
    let mut say = |timeline: &mut Timeline, event| {
        uploads.receive(&ctx, event);
        timeline.follow_drafts(&library, &uploads, |order, edit| mirror.take(order, edit));
        assert_eq!(mirror.0, entries(timeline));
    };
    let queued = upload(sent + 50, UploadState::Queued);
    say(&mut timeline, UploadsEvent::Changed(vec![queued]));
    assert_eq!((timeline.len(), timeline.photo_count()), (3, 2));
    assert_eq!(timeline.place_of(TileId::Draft(UploadId(7))), Some(1));
    let oldest = PhotoId { album: AlbumId(1), message: MessageId(1) };
    assert_eq!((timeline.place_of(oldest), timeline.photo_place(oldest)), (Some(2), Some(1)));
    assert_eq!(timeline.photo_at(1).and_then(Entry::photo), Some(oldest));
    // Its date becomes known: it moves.
    let dated = upload(sent + 500, UploadState::Queued);
    say(&mut timeline, UploadsEvent::Changed(vec![dated]));
    assert_eq!(timeline.place_of(TileId::Draft(UploadId(7))), Some(0));
    say(&mut timeline, UploadsEvent::Removed(vec![UploadId(7)]));
    assert_eq!((timeline.len(), timeline.photo_count()), (2, 2));
    assert_eq!(timeline.place_of(TileId::Draft(UploadId(7))), None);
}

#[test]
fn a_glimpse_has_the_newest_of_each_album_and_what_is_around_a_photo() {
    let mut library = Library::new();
    library.apply_all(&[album(1), album(2)]);
    for (of, message) in (1..=2).flat_map(|of| (1..=40).map(move |message| (of, message))) {
        library.apply(&photo(of, message, 1_600_000_000 + i64::from(message) * 100, (3, 2)));
    }
    let glimpse = |around: Option<i32>| -> Vec<(i64, i32)> {
        let around = around.map(|n| PhotoId { album: AlbumId(2), message: MessageId(n) });
        let timeline = Timeline::glimpse(&library, Scope::All, &TimeZone::UTC, 10, around);
        let ids = timeline.order().iter_from(0).filter_map(Entry::photo);
        let mut ids: Vec<_> = ids.map(|id| (id.album.0, id.message.0)).collect();
        ids.sort_unstable();
        ids
    };
    let newest = |of: i64| (31..=40).map(move |n| (of, n));
    assert_eq!(glimpse(None), newest(1).chain(newest(2)).collect::<Vec<_>>());
    let around = (15..25).map(|n| (2, n));
    assert_eq!(glimpse(Some(20)), newest(1).chain(around).chain(newest(2)).collect::<Vec<_>>());
    // Where they meet, each stands once.
    let joined = (28..=40).map(|n| (2, n));
    assert_eq!(glimpse(Some(33)), newest(1).chain(joined).collect::<Vec<_>>());
}

#[test]
fn entries_of_no_library_are_found_too() {
    let entry = |number: i32| Entry {
        id: PhotoId { album: AlbumId(1), message: MessageId(number) }.into(),
        wall_seconds: i64::from(number % 7) * 40_000,
        aspect: 1.5,
        video: false,
    };
    let timeline = Timeline::from_entries((0..100).map(entry).collect());
    for (place, entry) in timeline.order().iter_from(0).enumerate() {
        assert_eq!(timeline.place_of(entry.id), Some(place));
    }
}
