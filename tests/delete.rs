//! Photos chosen in the real window, saved and deleted for good in an account of the sandbox; and
//! what the engine does when Telegram refuses, asks to wait, or is not there.
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]

#[path = "support/live.rs"]
mod live;
#[path = "support/world.rs"]
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use heliogram::engine::{ConnectionState, Engine, Event, Request, Trouble};
use heliogram::model::{Album, MessageId, PhotoId};
use heliogram::ui::{FolderDialog, WindowOptions};
use live::{Hands as _, LIMIT, Window};
use world::World;

/// Their names say when they were taken.
const NAMES: [&str; 5] = [
    "IMG_20210301_101010.jpg",
    "IMG_20220517_101010.jpg",
    "IMG_20220518_101010.jpg",
    "IMG_20230704_101010.jpg",
    "IMG_20240131_101010.jpg",
];

/// A sandbox with an album of [`NAMES`], and homes that are signed in: `window`, not in use, and
/// the one that is returned.
fn world(faults: &[&str]) -> (World, heliogram::engine::Headless, Album) {
    let world = World::new(faults);
    drop(world.signed_in("window", 0));
    let other = world.signed_in("other", 0);
    let album = other.create_album("Garden").unwrap();
    let folder = world.folder.path().join("photos");
    std::fs::create_dir_all(&folder).unwrap();
    let paths: Vec<PathBuf> = (1..)
        .zip(NAMES)
        .map(|(seed, name)| {
            let path = folder.join(name);
            std::fs::write(&path, world::jpeg(seed, 320, 240, 2000)).unwrap();
            path
        })
        .collect();
    world::upload(&other, album.id, &paths).unwrap();
    other.sync().unwrap();
    (world, other, album)
}

#[test]
fn what_is_chosen_by_date_is_saved_and_then_deleted_for_good() {
    let (world, other, album) = world(&[]);
    let saved = world.folder.path().join("saved");
    let to = saved.clone();
    let folder_dialog: FolderDialog = Arc::new(move |_| Some(to.clone()));
    let options = WindowOptions { folder_dialog: Some(folder_dialog), ..Default::default() };
    // All of them are in view.
    let mut window = Window::open(world.config("window"), vec2(1440.0, 1400.0), options);
    for name in NAMES {
        window.wait_for(name);
    }
    window.press_with(Modifiers::COMMAND, Key::A);
    window.wait_for("5 selected");
    window.press(Key::Escape);

    window.press(Key::G);
    window.harness.get_by_label("Date").type_text("May 2022");
    window.harness.run_steps(3);
    window.press(Key::Enter);
    window.press(Key::X);
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.wait_for("2 selected");
    window.press_with(Modifiers::COMMAND, Key::S);
    window.wait_for("2 originals saved in");
    let saved = world::read_folder(&saved);
    assert_eq!(saved.keys().collect::<Vec<_>>(), [NAMES[1], NAMES[2]]);
    for (name, bytes) in saved {
        assert_eq!(bytes, std::fs::read(world.folder.path().join("photos").join(name)).unwrap());
    }

    window.press_with(Modifiers::SHIFT, Key::Delete);
    window.wait_for("removed from “Garden” on Telegram");
    window.harness.get_by_label("Delete 2 photos").click();
    window.wait_for("2 photos deleted for good");
    window.wait("the deleted ones are still shown", |window| {
        !window.shows(NAMES[1]) && !window.shows(NAMES[2])
    });
    assert!(window.shows(NAMES[0]) && window.shows(NAMES[3]) && window.shows(NAMES[4]));
    drop(window);

    // Telegram holds the others, and what this home keeps agrees.
    let names = |engine: &heliogram::engine::Headless| {
        let mut names: Vec<String> =
            engine.list(album.id).unwrap().into_iter().map(|photo| photo.name).collect();
        names.sort();
        names
    };
    other.sync().unwrap();
    assert_eq!(names(&other), [NAMES[0], NAMES[3], NAMES[4]]);
    let here = world.open("window");
    assert_eq!(names(&here), [NAMES[0], NAMES[3], NAMES[4]]);
}

/// What the engine says about a deletion: how many are gone, and the troubles until then.
#[track_caller]
fn answer(engine: &Engine) -> (usize, Vec<Trouble>) {
    let (begun, mut troubles) = (Instant::now(), Vec::new());
    loop {
        match engine.poll() {
            Some(Event::Deleted { deleted, .. }) => return (deleted, troubles),
            Some(Event::Trouble(trouble)) => troubles.push(trouble),
            Some(_) => {}
            None => std::thread::park_timeout(Duration::from_millis(5)),
        }
        assert!(begun.elapsed() < LIMIT, "no answer; {troubles:?}");
    }
}

/// An engine on `home` that knows the album and has a line.
#[track_caller]
fn ready(world: &World, home: &str, album: &Album) -> Engine {
    let engine = Engine::start(world.config(home), Arc::new(|| {})).unwrap();
    let (begun, mut known, mut online) = (Instant::now(), 0, false);
    while known < NAMES.len() || !online {
        match engine.poll() {
            Some(Event::Changed(news)) => {
                known = news.library.album(album.id).map_or(0, heliogram::model::AlbumShelf::len);
            }
            Some(Event::Connection(state)) => online = state == ConnectionState::Online,
            Some(_) => {}
            None => std::thread::park_timeout(Duration::from_millis(5)),
        }
        assert!(begun.elapsed() < LIMIT, "{known} photos, online: {online}");
    }
    engine
}

#[test]
fn one_that_must_stay_keeps_none_of_the_others_and_waits_are_waited_out() {
    let (world, other, album) = world(&["flood=channels.deleteMessages:3:1"]);
    let engine = ready(&world, "window", &album);
    let mine: Vec<MessageId> =
        other.list(album.id).unwrap().iter().map(|photo| photo.id.message).collect();
    // The first message says that the channel was made, and cannot be deleted.
    let messages = std::iter::once(MessageId(1)).chain(mine.iter().copied().take(3));
    let photos = messages.map(|message| PhotoId { album: album.id, message }).collect();
    engine.request(Request::DeletePhotos { photos });
    let (deleted, troubles) = answer(&engine);
    assert_eq!(deleted, 3, "{troubles:?}");
    assert!(
        troubles.iter().any(|t| t.sentence == "1 of 4 photos could not be deleted"
            && t.cause.as_ref().is_some_and(|cause| cause.contains("does not let you delete"))),
        "{troubles:?}"
    );
    other.sync().unwrap();
    let left: Vec<MessageId> =
        other.list(album.id).unwrap().iter().map(|photo| photo.id.message).collect();
    assert_eq!(left, mine[3..]);
}

#[test]
fn without_a_line_nothing_is_deleted_and_that_is_said() {
    let (mut world, other, album) = world(&[]);
    let engine = ready(&world, "window", &album);
    let photo = other.list(album.id).unwrap()[0].id;
    drop(other);
    let sandbox = world.sandbox.take().unwrap();
    world.runtime.block_on(async move { drop(sandbox) });
    engine.request(Request::DeletePhotos { photos: vec![photo] });
    let (deleted, troubles) = answer(&engine);
    assert_eq!(deleted, 0);
    assert!(
        troubles.iter().any(|trouble| trouble.sentence == "1 photo could not be deleted"),
        "{troubles:?}"
    );
    engine.request(Request::DeletePhotos { photos: Vec::new() });
    assert_eq!(answer(&engine).0, 0, "nothing to delete is no trouble");
}
