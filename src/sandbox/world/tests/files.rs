//! Uploads, documents, thumbnails, references, data centres, and what is refused of them.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::super::picture;
use super::*;

fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (super::super::seal::mix(n) & 255) as u8).collect()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let scene = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 80])
    });
    picture::size(&scene.into(), b'x', width.max(height), 90).jpeg
}

fn send(bench: &Bench, to: Peer, media: enums::InputMedia, random_id: i64) -> types::Document {
    let updates = bench.ask(ANN, &media_message(to, media, "c", random_id)).unwrap();
    document(&new_messages(&updates)[0])
}

fn fetch(bench: &Bench, location: &enums::InputFileLocation, length: usize) -> Vec<u8> {
    let mut all = Vec::new();
    for offset in (0..length).step_by(1 << 20) {
        let request = get_file(location.clone(), offset as i64, 1 << 20);
        all.extend(bytes(bench.ask(ANN, &request).unwrap()));
    }
    all
}

#[test]
fn a_document_comes_back_byte_for_byte_and_survives_a_restart() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let original = noise(2_500_000);
    let file = bench.upload(ANN, 9, &original, 512 * 1024);
    let thumb = bench.upload(ANN, 10, &jpeg(320, 200), 128 * 1024);
    let sent = send(&bench, peer, uploaded_document(file, Some(thumb), "image/jpeg"), 4);
    assert_eq!((sent.size, sent.dc_id), (2_500_000, DCS[0]));
    assert_eq!(sent.file_reference.len(), 25);
    let place = location(&sent, "");
    assert_eq!(fetch(&bench, &place, original.len()), original);
    let bench = bench.reopened();
    let again = document(&bench.history(ANN, peer, Page { limit: 1, ..Page::default() })[0]);
    let place = location(&again, "");
    assert!(fetch(&bench, &place, original.len()) == original);
    let hashes =
        bench.ask(ANN, &f::upload::GetFileHashes { location: place.clone(), offset: 0 }).unwrap();
    assert_eq!(hashes.len(), 20);
    for (enums::FileHash::Hash(hash), piece) in hashes.iter().zip(original.chunks(128 * 1024)) {
        assert_eq!(hash.hash, Sha256::digest(piece).to_vec());
        assert_eq!(hash.limit, i32::try_from(piece.len()).unwrap());
    }
    let beyond = get_file(place, 3 << 20, 1024);
    assert!(bytes(bench.ask(ANN, &beyond).unwrap()).is_empty());
    let by_hash = |sha256: Vec<u8>| f::messages::GetDocumentByHash {
        sha256,
        size: 2_500_000,
        mime_type: "image/jpeg".into(),
    };
    let known = bench.ask(ANN, &by_hash(Sha256::digest(&original).to_vec())).unwrap();
    assert!(matches!(known, enums::Document::Document(it) if it.id == sent.id));
    let unknown = bench.ask(ANN, &by_hash(vec![0; 32])).unwrap();
    assert!(matches!(unknown, enums::Document::Empty(_)));
    assert_eq!(bench.ask(ANN, &by_hash(vec![0; 31])).unwrap_err(), "400 SHA256_HASH_INVALID");
}

fn letters(document: &types::Document) -> Vec<String> {
    let letter = |size: &enums::PhotoSize| match size {
        enums::PhotoSize::Size(size) => format!("{} {}x{}", size.r#type, size.w, size.h),
        enums::PhotoSize::PhotoStrippedSize(size) => size.r#type.clone(),
        other => panic!("{other:?}"),
    };
    document.thumbs.iter().flatten().map(letter).collect()
}

#[test]
fn thumbnails_are_made_where_telegram_makes_them() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let own = jpeg(300, 200);
    let thumb = bench.upload(ANN, 1, &own, 1 << 17);
    let heic = bench.upload(ANN, 2, &noise(5000), 1 << 17);
    let sent = send(&bench, peer, uploaded_document(heic.clone(), Some(thumb), "image/heic"), 1);
    assert_eq!(letters(&sent), ["i", "m 300x200"]);
    assert_eq!(fetch(&bench, &location(&sent, "m"), own.len()), own);
    let sent = send(&bench, peer, uploaded_document(heic, None, "image/heic"), 2);
    assert!(sent.thumbs.is_none());
    let plain = bench.upload(ANN, 3, &jpeg(1000, 500), 1 << 17);
    let sent = send(&bench, peer, uploaded_document(plain, None, "image/jpeg"), 3);
    assert_eq!(letters(&sent), ["i", "m 320x160"]);
    assert!(sent.attributes.iter().any(|a| matches!(a,
        enums::DocumentAttribute::ImageSize(it) if (it.w, it.h) == (1000, 500))));
    let rubbish = bench.upload(ANN, 4, b"GIF89a no thumbnail", 1 << 17);
    let file = bench.upload(ANN, 5, &jpeg(64, 64), 1 << 17);
    let sent = send(&bench, peer, uploaded_document(file, Some(rubbish), "image/jpeg"), 4);
    assert_eq!(letters(&sent), ["i", "m 64x64"]);
    let unknown = get_file(location(&sent, "q"), 0, 1024);
    assert_eq!(bench.ask(ANN, &unknown).unwrap_err(), "400 LOCATION_INVALID");
}

fn photo_media(file: enums::InputFile) -> enums::InputMedia {
    types::InputMediaUploadedPhoto {
        spoiler: false,
        live_photo: false,
        file,
        stickers: None,
        ttl_seconds: None,
        video: None,
    }
    .into()
}

#[test]
fn photos_are_encoded_anew_in_sizes() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let send = |id, bytes: &[u8]| {
        let file = bench.upload(ANN, id, bytes, 1 << 17);
        bench.ask(ANN, &media_message(peer, photo_media(file), "", id))
    };
    assert_eq!(send(1, b"no picture").unwrap_err(), "400 IMAGE_PROCESS_FAILED");
    assert_eq!(send(2, &jpeg(2100, 100)).unwrap_err(), "400 PHOTO_INVALID_DIMENSIONS");
    let updates = send(3, &jpeg(900, 600)).unwrap();
    let enums::Message::Message(message) = &new_messages(&updates)[0] else { panic!() };
    let Some(enums::MessageMedia::Photo(media)) = &message.media else { panic!() };
    let Some(enums::Photo::Photo(photo)) = &media.photo else { panic!() };
    let Some(enums::PhotoSize::Size(largest)) = photo.sizes.last() else { panic!() };
    assert_eq!((largest.r#type.as_str(), largest.w, largest.h), ("y", 900, 600));
    let place = types::InputPhotoFileLocation {
        id: photo.id,
        access_hash: photo.access_hash,
        file_reference: photo.file_reference.clone(),
        thumb_size: "y".into(),
    };
    let got = bytes(bench.ask(ANN, &get_file(place.into(), 0, 1 << 20)).unwrap());
    assert_eq!(got.len(), usize::try_from(largest.size).unwrap());
    assert_eq!(picture::dimensions(&got), Some((900, 600)));
    let file = bench.upload(ANN, 4, &jpeg(500, 500), 1 << 17);
    let photo = types::InputChatUploadedPhoto {
        file: Some(file),
        video: None,
        video_start_ts: None,
        video_emoji_markup: None,
    };
    let edit = f::channels::EditPhoto { channel: peer.input(), photo: photo.into() };
    let enums::Updates::Updates(updates) = bench.ask(ANN, &edit).unwrap() else { panic!() };
    let enums::Chat::Channel(channel) = &updates.chats[0] else { panic!() };
    let enums::ChatPhoto::Photo(photo) = &channel.photo else { panic!() };
    assert!(photo.stripped_thumb.is_some());
    let place = types::InputPeerPhotoFileLocation {
        big: true,
        peer: peer.peer(),
        photo_id: photo.photo_id,
    };
    let got = bytes(bench.ask(ANN, &get_file(place.into(), 0, 1 << 20)).unwrap());
    assert_eq!(picture::dimensions(&got), Some((500, 500)));
    let none =
        f::channels::EditPhoto { channel: peer.input(), photo: enums::InputChatPhoto::Empty };
    bench.ask(ANN, &none).unwrap();
    assert_eq!(bench.ask(ANN, &none).unwrap_err(), "400 CHAT_NOT_MODIFIED");
}

#[test]
fn locations_and_references_are_checked() {
    let mut bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let file = bench.upload(ANN, 1, &noise(5000), 1 << 17);
    let sent = send(&bench, peer, uploaded_document(file, None, "x/y"), 1);
    let ask = |bench: &Bench, change: &dyn Fn(&mut types::Document)| {
        let mut changed = sent.clone();
        change(&mut changed);
        bench.ask(ANN, &get_file(location(&changed, ""), 0, 8192)).map(bytes)
    };
    assert_eq!(ask(&bench, &|_| ()).unwrap().len(), 5000);
    assert_eq!(ask(&bench, &|d| d.id += 1).unwrap_err(), "400 LOCATION_INVALID");
    assert_eq!(ask(&bench, &|d| d.access_hash += 1).unwrap_err(), "400 LOCATION_INVALID");
    let (empty, broken) = ("400 FILE_REFERENCE_EMPTY", "400 FILE_REFERENCE_INVALID");
    assert_eq!(ask(&bench, &|d| d.file_reference.clear()).unwrap_err(), empty);
    assert_eq!(ask(&bench, &|d| d.file_reference[20] ^= 1).unwrap_err(), broken);
    bench.faults.expire_references = Some(Duration::ZERO);
    assert_eq!(ask(&bench, &|_| ()).unwrap_err(), "400 FILE_REFERENCE_EXPIRED");
    bench.faults = Faults { no_hashes: true, ..Faults::default() };
    let hashes = f::upload::GetFileHashes { location: location(&sent, ""), offset: 0 };
    assert_eq!(bench.ask(ANN, &hashes).unwrap_err(), "400 METHOD_INVALID");
    bench.faults = Faults::default();
    let odd = f::upload::GetFileHashes { location: location(&sent, ""), offset: 1 };
    assert_eq!(bench.ask(ANN, &odd).unwrap_err(), "400 OFFSET_INVALID");
}

#[test]
fn files_migrate_and_parts_get_lost() {
    let mut bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    bench.faults.migrate = true;
    let file = bench.upload(ANN, 1, &noise(5000), 1 << 17);
    let sent = send(&bench, peer, uploaded_document(file, None, "x/y"), 1);
    assert_eq!(sent.dc_id, DCS[1]);
    let request = get_file(location(&sent, ""), 0, 8192);
    assert_eq!(bench.ask(ANN, &request).unwrap_err(), "303 FILE_MIGRATE_4");
    bench.dc = DCS[1];
    assert_eq!(bytes(bench.ask(ANN, &request).unwrap()).len(), 5000);
    let stray = bench.upload(ANN, 2, &noise(5000), 1 << 17);
    bench.dc = DCS[0];
    bench.faults = Faults { lose_part: 1.0, ..Faults::default() };
    let lost = bench.upload(ANN, 3, &noise(5000), 1 << 17);
    for file in [stray, lost] {
        let request = media_message(peer, uploaded_document(file, None, "x/y"), "", 9);
        assert_eq!(bench.ask(ANN, &request).unwrap_err(), "400 FILE_PART_0_MISSING");
    }
}

#[test]
fn odd_media_are_refused() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let refused =
        |media: enums::InputMedia| bench.ask(ANN, &media_message(peer, media, "", 77)).unwrap_err();
    assert_eq!(refused(enums::InputMedia::Empty), "400 MEDIA_EMPTY");
    let external =
        types::InputMediaPhotoExternal { spoiler: false, url: "x".into(), ttl_seconds: None };
    assert_eq!(refused(external.into()), "400 WEBPAGE_CURL_FAILED");
    let foreign = types::InputMediaDocument {
        spoiler: false,
        id: types::InputDocument { id: 1, access_hash: 2, file_reference: vec![1; 25] }.into(),
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
        query: None,
    };
    assert_eq!(refused(foreign.into()), "400 MEDIA_EMPTY");
    let big = types::InputFileBig { id: 5, parts: 0, name: "x".into() };
    assert_eq!(refused(uploaded_document(big.into(), None, "x/y")), "400 FILE_PARTS_INVALID");
}
