use grammers_tl_types::{Deserializable as _, Serializable as _, enums, types};

use super::*;

const ALBUM: AlbumId = AlbumId(77);

/// A message with nothing but what every message has.
fn bare(id: i32) -> types::Message {
    let mut bytes = Vec::new();
    0u32.serialize(&mut bytes);
    0u32.serialize(&mut bytes);
    id.serialize(&mut bytes);
    enums::Peer::Channel(types::PeerChannel { channel_id: ALBUM.0 }).serialize(&mut bytes);
    1_700_000_000i32.serialize(&mut bytes);
    String::new().serialize(&mut bytes);
    types::Message::from_bytes(&bytes).unwrap()
}

fn channel(id: i64, title: &str) -> types::Channel {
    let mut bytes = Vec::new();
    0u32.serialize(&mut bytes);
    0u32.serialize(&mut bytes);
    id.serialize(&mut bytes);
    title.to_owned().serialize(&mut bytes);
    enums::ChatPhoto::Empty.serialize(&mut bytes);
    1_600_000_000i32.serialize(&mut bytes);
    let mut channel = types::Channel::from_bytes(&bytes).unwrap();
    (channel.creator, channel.broadcast, channel.access_hash) = (true, true, Some(5));
    channel
}

fn document(mime: &str, attributes: Vec<enums::DocumentAttribute>) -> types::Document {
    types::Document {
        id: 11,
        access_hash: 12,
        file_reference: vec![1, 2, 3],
        date: 0,
        mime_type: mime.into(),
        size: 5_000_000_000,
        thumbs: Some(vec![
            types::PhotoSize { r#type: "x".into(), w: 800, h: 600, size: 40_000 }.into(),
            types::PhotoStrippedSize { r#type: "i".into(), bytes: vec![1, 30, 40, 9, 9] }.into(),
            types::PhotoSize { r#type: "m".into(), w: 320, h: 240, size: 9_000 }.into(),
            types::PhotoPathSize { r#type: "j".into(), bytes: vec![0] }.into(),
        ]),
        video_thumbs: None,
        dc_id: 4,
        attributes,
    }
}

fn named(name: &str) -> enums::DocumentAttribute {
    types::DocumentAttributeFilename { file_name: name.into() }.into()
}

fn with_document(document: types::Document) -> enums::Message {
    let mut message = bare(9);
    message.media = Some(
        types::MessageMediaDocument {
            nopremium: false,
            spoiler: false,
            video: false,
            round: false,
            voice: false,
            document: Some(document.into()),
            alt_documents: None,
            video_cover: None,
            video_timestamp: None,
            ttl_seconds: None,
        }
        .into(),
    );
    message.message = "sunset".into();
    message.grouped_id = Some(3);
    message.into()
}

#[test]
fn a_document_of_a_size_that_cannot_be_is_none() {
    for (size, is_one) in [(5_000_000_000, true), (1 << 40, false), (i64::MAX, false), (-1, false)]
    {
        let mut document = document("image/png", vec![]);
        document.size = size;
        assert_eq!(photo(AlbumId(7), &with_document(document)).is_some(), is_one, "{size}");
    }
}

#[test]
fn a_document_keeps_what_it_says_of_itself() {
    let size = types::DocumentAttributeImageSize { w: 4000, h: 3000 };
    let message = with_document(document("image/jpeg", vec![named("IMG 1.jpg"), size.into()]));
    let photo = photo(ALBUM, &message).unwrap();
    assert_eq!(photo.id, PhotoId { album: ALBUM, message: MessageId(9) });
    assert_eq!((photo.name.as_str(), photo.bytes), ("IMG 1.jpg", 5_000_000_000));
    assert_eq!((photo.size, photo.kind), (PixelSize::new(4000, 3000), MediaKind::Image));
    assert_eq!((photo.caption.as_str(), photo.group), ("sunset", Some(3)));
    assert_eq!((photo.remote.dc, photo.remote.id), (4, 11));
    let letters: Vec<_> = photo.remote.thumbs.iter().map(|t| t.letter.as_str()).collect();
    assert_eq!(letters, ["m", "x"]);
    assert_eq!(photo.remote.stripped.as_deref(), Some(&[1, 30, 40, 9, 9][..]));
}

#[test]
fn what_counts_as_a_picture() {
    let is = |mime: &str, attributes: Vec<_>| {
        photo(ALBUM, &with_document(document(mime, attributes))).map(|photo| photo.kind)
    };
    let octets = "application/octet-stream";
    assert_eq!(is(octets, vec![named("DSC1.ARW")]), Some(MediaKind::Image));
    assert_eq!(is(octets, vec![named("a.heic")]), Some(MediaKind::Image));
    assert_eq!(is(octets, vec![named("archive.zip")]), None);
    for (mime, name) in [
        (octets, "IMG_1.AAE"),
        ("application/rdf+xml", "IMG_1.JPG.xmp"),
        ("text/plain", "DSC1.NEF.dop"),
    ] {
        assert_eq!(is(mime, vec![named(name)]), Some(MediaKind::Sidecar), "{name}");
    }
    assert_eq!(is("video/mp4", vec![named("GX1.LRV")]), Some(MediaKind::Video { seconds: 0 }));
    assert_eq!(is("image/jpeg", vec![named("GX1.THM")]), Some(MediaKind::Image));
    assert_eq!(is("text/plain", vec![named("notes.txt")]), None);
    assert_eq!(is("application/pdf", vec![named("a.jpg")]), None);
    assert_eq!(is("audio/mpeg", vec![named("a.mp3")]), None);
    assert_eq!(is("video/mp4", vec![]), Some(MediaKind::Video { seconds: 0 }));
    let video = types::DocumentAttributeVideo {
        round_message: false,
        supports_streaming: true,
        nosound: false,
        duration: 61.6,
        w: 1920,
        h: 1080,
        preload_prefix_size: None,
        video_start_ts: None,
        video_codec: None,
    };
    assert_eq!(is(octets, vec![video.into()]), Some(MediaKind::Video { seconds: 62 }));
    let sticker = types::DocumentAttributeSticker {
        mask: false,
        alt: String::new(),
        stickerset: enums::InputStickerSet::Empty,
        mask_coords: None,
    };
    assert_eq!(is("image/webp", vec![sticker.into()]), None);
    assert_eq!(
        photo(ALBUM, &with_document(document("image/png", vec![]))).unwrap().name,
        "file_9.png"
    );
    assert_eq!(photo(ALBUM, &bare(1).into()), None);
}

#[test]
fn a_compressed_photo_is_its_largest_size() {
    let mut message = bare(21);
    let sizes = vec![
        types::PhotoSizeProgressive {
            r#type: "y".into(),
            w: 1280,
            h: 960,
            sizes: vec![9, 90, 900],
        }
        .into(),
        types::PhotoSize { r#type: "m".into(), w: 320, h: 240, size: 70 }.into(),
        types::PhotoSizeEmpty { r#type: "w".into() }.into(),
    ];
    let photo_type = types::Photo {
        has_stickers: false,
        id: 1,
        access_hash: 2,
        file_reference: vec![],
        date: 0,
        sizes,
        video_sizes: None,
        dc_id: 2,
    };
    message.media = Some(
        types::MessageMediaPhoto {
            spoiler: false,
            live_photo: false,
            photo: Some(photo_type.into()),
            ttl_seconds: None,
            video: None,
        }
        .into(),
    );
    let photo = photo(ALBUM, &message.into()).unwrap();
    assert_eq!((photo.name.as_str(), photo.bytes), ("photo_21.jpg", 900));
    assert_eq!(photo.size, PixelSize::new(1280, 960));
    assert_eq!(photo.remote.kind, RemoteKind::Photo);
    assert_eq!(photo.remote.thumbs.last().unwrap().letter, "y");
}

#[test]
fn only_own_private_channels_are_albums() {
    assert_eq!(album(&channel(1, "Sea").into()).unwrap().title, "Sea");
    let changed = |change: fn(&mut types::Channel)| {
        let mut channel = channel(1, "Sea");
        change(&mut channel);
        album(&channel.into())
    };
    assert_eq!(changed(|c| c.creator = false), None);
    assert_eq!(changed(|c| (c.broadcast, c.megagroup) = (false, true)), None);
    assert_eq!(changed(|c| c.username = Some("sea".into())), None);
    assert_eq!(changed(|c| c.left = true), None);
    assert_eq!(changed(|c| c.access_hash = None), None);
}

#[test]
fn a_final_difference_keeps_its_edits_and_deletions() {
    let known = album(&channel(ALBUM.0, "Old").into()).unwrap();
    let picture = with_document(document("image/jpeg", vec![]));
    let edit = types::UpdateEditChannelMessage { message: picture.clone(), pts: 5, pts_count: 1 };
    let bared = types::UpdateEditChannelMessage { message: bare(4).into(), pts: 6, pts_count: 1 };
    let gone = |channel_id| types::UpdateDeleteChannelMessages {
        channel_id,
        messages: vec![1, 2],
        pts: 7,
        pts_count: 2,
    };
    let other = vec![edit.into(), bared.into(), gone(ALBUM.0).into(), gone(ALBUM.0 + 1).into()];
    let changes =
        changes(&known, &[channel(ALBUM.0, "New").into()], &[bare(3).into(), picture], &other);
    let ids = |ids: &[i32]| ids.iter().copied().map(MessageId).collect::<Vec<_>>();
    assert!(matches!(&changes[0], Change::Album(album) if album.title == "New"));
    assert!(matches!(&changes[1], Change::Photo(photo) if photo.id.message == MessageId(9)));
    assert!(matches!(&changes[2], Change::Photo(photo) if photo.id.message == MessageId(9)));
    assert_eq!(changes[3], Change::PhotosGone { album: ALBUM, messages: ids(&[4]) });
    assert_eq!(changes[4], Change::PhotosGone { album: ALBUM, messages: ids(&[1, 2]) });
    assert_eq!(changes.len(), 5);
}
