//! What the window knows of the queue, against what counting would find.

use super::*;
use crate::model::{Photo, PixelSize};

fn upload(n: i64, state: UploadState) -> Upload {
    Upload {
        id: UploadId(n),
        order: n.unsigned_abs(),
        album: AlbumId(1),
        path: "a.jpg".into(),
        bytes: 10,
        size: PixelSize::default(),
        taken: None,
        as_photo: false,
        strip: None,
        state,
        photo: None,
    }
}

fn photo(message: i32) -> Photo {
    use crate::model::{MediaKind, MessageId, RemoteFile, RemoteKind};
    Photo {
        id: PhotoId { album: AlbumId(1), message: MessageId(message) },
        name: "a.jpg".to_owned(),
        bytes: 10,
        size: PixelSize::default(),
        kind: MediaKind::Image,
        mime: String::new(),
        caption: String::new(),
        sent: 0,
        taken: None,
        head_read: false,
        blur: None,
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: 1,
            access_hash: 1,
            reference: vec![],
            dc: 2,
            thumbs: vec![],
            stripped: None,
        },
    }
}

#[test]
fn a_file_becomes_its_photo_once_and_hands_its_picture_over() {
    use crate::model::{Album, Bitmap, Change};
    let ctx = Context::default();
    let (mut uploads, mut library) = (Uploads::default(), Library::new());
    let title = "Garden".to_owned();
    let album = Album { id: AlbumId(1), access_hash: 1, title, created: 0 };
    library.apply(&Change::Album(album));
    let said = |state| UploadsEvent::Changed(vec![upload(7, state)]);
    uploads.receive(&ctx, said(UploadState::Sending { sent: 5 }));
    let bitmap = Bitmap::new(PixelSize::new(1, 1), vec![9; 4]).unwrap().into();
    uploads.receive(&ctx, UploadsEvent::Thumbnail { upload: UploadId(7), bitmap });
    assert_eq!(uploads.drafts(&library).count(), 1);
    let before = uploads.revision();
    // The photo comes before the queue says that it is sent.
    library.apply(&Change::Photo(Box::new(photo(3))));
    uploads.arrived(library.photo(photo(3).id).unwrap());
    assert_eq!(uploads.drafts(&library).count(), 0);
    assert!(uploads.revision() > before);
    let mut sent = upload(7, UploadState::Sent);
    sent.photo = Some(photo(3).id);
    uploads.receive(&ctx, said(UploadState::Sending { sent: 10 }));
    uploads.receive(&ctx, UploadsEvent::Changed(vec![sent]));
    assert_eq!(uploads.drafts(&library).count(), 0);
    let handed: Vec<_> = uploads.take_handovers().into_iter().map(|(id, _)| id).collect();
    assert_eq!(handed, [photo(3).id]);
    // Another file of the same name is not taken for it.
    library.apply(&Change::Photo(Box::new(photo(4))));
    uploads.arrived(library.photo(photo(4).id).unwrap());
    assert!(uploads.take_handovers().is_empty());
}

#[test]
fn a_changed_file_keeps_its_place_and_counts_once() {
    let ctx = Context::default();
    let mut uploads = Uploads::default();
    let failed = UploadState::Failed { reason: "gone".to_owned() };
    uploads.receive(
        &ctx,
        UploadsEvent::Changed(vec![upload(7, UploadState::Queued), upload(3, failed)]),
    );
    assert_eq!((uploads.left(), uploads.failed(), uploads.is_over()), (1, 1, false));
    uploads.receive(&ctx, UploadsEvent::Changed(vec![upload(7, UploadState::Verified)]));
    assert!(uploads.is_over());
    uploads.receive(&ctx, UploadsEvent::Removed(vec![UploadId(7), UploadId(3)]));
    assert!(uploads.is_empty());
}

proptest::proptest! {
    /// However files come, change and go: what is kept is what counting would find.
    #[test]
    fn counts_are_kept_up(steps in proptest::collection::vec((0_i64..6, 0_u64..9, 0_usize..8, 1_i64..4), 0..40)) {
        let ctx = Context::default();
        let mut uploads = Uploads::default();
        for (id, order, what, album) in steps {
            let event = match what {
                0 => UploadsEvent::Removed(vec![UploadId(id)]),
                state => {
                    let state = [
                        UploadState::Queued,
                        UploadState::Preparing,
                        UploadState::Sending { sent: 1 },
                        UploadState::Sent,
                        UploadState::Verified,
                        UploadState::Skipped { reason: String::new() },
                        UploadState::Failed { reason: String::new() },
                    ][state - 1].clone();
                    let as_photo = order % 3 == 0;
                    let strip = (order % 2 == 0).then_some(crate::model::Strip::All);
                    let album = AlbumId(album);
                    let upload = Upload { order, album, as_photo, strip, ..upload(id, state) };
                    UploadsEvent::Changed(vec![upload])
                }
            };
            uploads.receive(&ctx, event);
            for group in [Group::Failed, Group::UnderWay, Group::Queued, Group::Finished] {
                let of_group = uploads.all().filter(|u| Group::of(&u.state) == group);
                let mut counted: Vec<_> = of_group.map(|u| (u.order, u.id)).collect();
                counted.sort_unstable();
                let kept: Vec<_> = uploads.in_group(group).map(|u| (u.order, u.id)).collect();
                proptest::prop_assert_eq!(&counted, &kept);
                proptest::prop_assert_eq!(uploads.count(group), kept.len());
                for (place, upload) in uploads.in_group(group).enumerate() {
                    proptest::prop_assert_eq!(uploads.at(group, place).map(|u| u.id), Some(upload.id));
                    proptest::prop_assert_eq!(uploads.place_of(upload), Some(place));
                }
            }
            let sent = |u: &&Upload| u.state == UploadState::Verified;
            let photos = uploads.all().filter(sent).filter(|u| u.as_photo).count();
            proptest::prop_assert_eq!(photos, uploads.photos());
            proptest::prop_assert_eq!(uploads.all().filter(sent).count() - photos, uploads.verified());
            let copies = uploads.all().filter(sent).filter(|u| !u.as_photo && u.strip.is_some());
            proptest::prop_assert_eq!(copies.count(), uploads.copies());
            let skipped = |u: &&Upload| matches!(u.state, UploadState::Skipped { .. });
            proptest::prop_assert_eq!(uploads.all().filter(skipped).count(), uploads.skipped());
            let mut albums: Vec<_> = uploads.all().map(|upload| upload.album).collect();
            albums.sort_unstable();
            albums.dedup();
            proptest::prop_assert_eq!(albums, uploads.albums().collect::<Vec<_>>());
            let final_ = uploads.all().all(|upload| upload.state.is_final());
            proptest::prop_assert_eq!(final_, uploads.is_over());
        }
    }
}
