//! Sidecars: sent beside their pictures and byte for byte, seen beside them in every home, with a
//! tile and a card of their own, and never taken for pictures.

#[path = "support/dated.rs"]
mod dated;
#[path = "support/played.rs"]
mod played;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use egui::{Key, vec2};
use egui_kittest::kittest::Queryable as _;
use heliogram::engine::{Engine, Event};
use heliogram::model::{AlbumShelf, Change, Library, MediaKind, Taken};
use played::{Hands as _, Window, id, library, photo};
use world::{World, assert_same_files, download, jpeg, noise, until, upload};

const TEXT: &str = "2024:01:31 14:22:33";

/// The wall clock that each file stands at, by name.
fn taken(library: &Library) -> BTreeMap<String, Option<i64>> {
    let photos = library.albums().flat_map(AlbumShelf::photos);
    photos.map(|photo| (photo.name().to_owned(), wall(photo.taken()))).collect()
}

fn wall(taken: Option<Taken>) -> Option<i64> {
    taken.map(|taken| taken.wall_seconds)
}

#[test]
fn sidecars_are_sent_whole_and_stand_beside_their_pictures_in_every_home() {
    let world = World::new(&[]);
    let folder = world.folder.path().join("files");
    std::fs::create_dir_all(&folder).unwrap();
    let camera = |seed| dated::jpeg(&jpeg(seed, 64, 48, 70_000), &dated::block(TEXT));
    // What two phones write about untouched pictures is the same to the byte.
    let edits = b"<plist version=\"1.0\"><dict/></plist>".to_vec();
    let mut files: BTreeMap<String, Vec<u8>> = [
        ("IMG_1.JPG", camera(1)),
        ("IMG_1.CR2", dated::tiff(&noise(3, 90_000), TEXT)),
        ("IMG_1.xmp", b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>".to_vec()),
        ("IMG_1.AAE", edits.clone()),
        ("IMG_2.JPG", camera(2)),
        ("IMG_2.AAE", edits),
        ("IMG_2.JPG.xmp", b"<x:xmpmeta/>".to_vec()),
        ("alone.xmp", b"<x:xmpmeta> </x:xmpmeta>".to_vec()),
        ("notes.txt", b"no sidecar".to_vec()),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .into();
    for (name, bytes) in &files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let elsewhere = world.signed_in("elsewhere", 0);
    let album = elsewhere.create_album("Tour").unwrap();
    for (sent, skipped) in [(7, 2), (0, 9)] {
        let summary = upload(&elsewhere, album.id, std::slice::from_ref(&folder)).unwrap();
        assert_eq!((summary.sent, summary.skipped, summary.failed), (sent, skipped, 0));
        assert_eq!(summary.verified, sent);
    }
    files.retain(|name, _| name != "alone.xmp" && name != "notes.txt");
    let back = download(&elsewhere, &album, &world.folder.path().join("back"));
    assert_same_files(&back, &files);
    let listed = elsewhere.list(album.id).unwrap();
    for photo in &listed {
        let is_sidecar = photo.name.ends_with("xmp") || photo.name.ends_with("AAE");
        assert_eq!(photo.kind == MediaKind::Sidecar, is_sidecar, "{}", photo.name);
        assert!(photo.taken.is_some(), "{} has no date", photo.name);
        if is_sidecar {
            assert!(photo.remote.thumbs.is_empty() && photo.blur.is_none(), "{}", photo.name);
        }
    }
    let mime = |name: &str| listed.iter().find(|photo| photo.name == name).unwrap().mime.clone();
    assert_eq!(mime("IMG_1.xmp"), "application/rdf+xml");
    drop(elsewhere);

    // In a home that has seen none of the files, dates are learnt from the pictures' heads.
    drop(world.signed_in("here", 0));
    let engine = Engine::start(world.config("here"), Arc::new(|| {})).unwrap();
    let known: BTreeMap<_, _> =
        listed.into_iter().map(|photo| (photo.name, wall(photo.taken))).collect();
    let mut seen = BTreeMap::new();
    until("every sidecar has its picture's date", Duration::from_mins(1), || {
        while let Some(event) = engine.poll() {
            if let Event::Changed(news) = event {
                seen = taken(&news.library);
            }
        }
        if seen == known { Ok(()) } else { Err(format!("{seen:?}")) }
    });
}

/// Photos of [`library`], the newest but one of which is a sidecar.
fn with_sidecar() -> Vec<Change> {
    let mut changes = library(6, 6);
    let mut sidecar = photo(2, 5, 0);
    if let Change::Photo(photo) = &mut sidecar {
        (photo.name, photo.kind) = ("DSC00006.xmp".into(), MediaKind::Sidecar);
        (photo.bytes, photo.size) = (4321, heliogram::model::PixelSize::default());
    }
    changes.push(sidecar);
    changes
}

#[test]
fn a_sidecar_has_a_quiet_tile_and_a_card_and_nothing_is_fetched_for_it() {
    let mut window = Window::open(vec2(1440.0, 900.0), &with_sidecar());
    window.settle();
    assert_eq!(window.harness.query_all_by_label_contains("Sidecar DSC00006.xmp, ").count(), 1);
    assert_eq!(window.harness.query_all_by_label_contains("Try again").count(), 0);
    assert!(window.engine.was_wanted(id(2, 6)), "pictures are wished for");

    let at = window.tile(6).center();
    window.click_at(at, egui::Modifiers::NONE);
    window.settle();
    window.press(Key::ArrowRight);
    let card = "DSC00006.xmp, XMP sidecar · 4 kB.";
    let shown = window.harness.query_all_by_label_contains(card).count();
    assert_eq!(shown, 1, "{:?}", window.harness.root());
    assert!(!window.engine.was_wanted(id(2, 5)), "nothing of it can be shown");
}
