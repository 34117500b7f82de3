//! Several homes at once: each sees what it should and nothing else.

#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]

#[path = "support/world.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use heliogram::engine::{Engine, EngineError, Event, Headless};
use heliogram::model::{AlbumId, Library, PhotoId, PixelSize};
use heliogram::sandbox::{AccountOption, Conditions};
use support::{World, pictures, until, upload};

fn two_accounts() -> World {
    let account = |phone: &str, password: Option<&str>| AccountOption {
        phone: phone.into(),
        password: password.map(Into::into),
    };
    let accounts =
        vec![account("+9996621111", None), account("+9996622222", Some("correct horse"))];
    World::with(&[], Conditions::default(), accounts)
}

fn titles(engine: &Headless) -> Vec<String> {
    engine.albums().unwrap().into_iter().map(|row| row.album.title).collect()
}

/// What both homes must agree upon; file references differ in every answer, and a capture date or
/// placeholder is known where the photo was sent from.
fn rows(engine: &Headless, album: AlbumId) -> Vec<(PhotoId, String, u64, PixelSize, i64)> {
    let photos = engine.list(album).unwrap();
    photos.iter().map(|p| (p.id, p.name.clone(), p.bytes, p.size, p.sent)).collect()
}

#[test]
fn two_homes_of_one_account_agree_and_another_account_sees_nothing() {
    let world = two_accounts();
    let files = world.folder.path().join("files");
    let expected = pictures(&files);
    let (first, second) = (world.signed_in("first", 0), world.signed_in("second", 0));
    let other = world.signed_in("other", 1);
    assert_ne!(first.whoami().unwrap().id, other.whoami().unwrap().id);

    let album = first.create_album("Shared by one").unwrap();
    upload(&first, album.id, std::slice::from_ref(&files)).unwrap();
    let report = second.sync().unwrap();
    assert_eq!((report.albums, report.added), (1, expected.len()));
    assert_eq!(rows(&first, album.id), rows(&second, album.id));

    let own = other.create_album("Of the other").unwrap();
    other.sync().unwrap();
    assert_eq!(titles(&other), ["Of the other"]);
    second.sync().unwrap();
    assert_eq!(titles(&second), ["Shared by one"]);

    second.rename_album(album.id, "Renamed").unwrap();
    first.sync().unwrap();
    assert_eq!(titles(&first), ["Renamed"]);
    second.delete_album(album.id).unwrap();
    let report = first.sync().unwrap();
    assert_eq!((report.albums, report.removed), (0, expected.len()));
    assert!(matches!(other.list(own.id), Ok(photos) if photos.is_empty()));
}

/// A session that was ended elsewhere leaves library and journal where they are; whoever signs in
/// next must not find them.
#[test]
fn another_account_in_the_same_home_finds_nothing_of_the_first() {
    let world = two_accounts();
    let files = world.folder.path().join("files");
    pictures(&files);
    let first = world.signed_in("home", 0);
    let album = first.create_album("Of the first").unwrap();
    upload(&first, album.id, std::slice::from_ref(&files)).unwrap();
    assert_eq!(titles(&first), ["Of the first"]);
    drop(first);
    std::fs::remove_file(world.folder.path().join("home/data/session")).unwrap();
    let pasted = world.folder.path().join("home/data/pasted");
    std::fs::create_dir(&pasted).unwrap();
    std::fs::write(pasted.join("private.png"), "of the first").unwrap();

    let second = world.signed_in("home", 1);
    assert_eq!(titles(&second), [""; 0]);
    assert!(second.list(album.id).is_err());
    assert!(!pasted.exists(), "a pasted picture of the first stayed");
    let own = second.create_album("Of the second").unwrap();
    // Its own journal, too: nothing there says that these were sent before.
    let sent = upload(&second, own.id, std::slice::from_ref(&files)).unwrap();
    assert!(sent.sent > 0, "{sent:?}");
    second.sync().unwrap();
    assert_eq!(titles(&second), ["Of the second"]);
}

#[test]
fn a_home_in_use_is_refused() {
    let world = World::new(&[]);
    let _open = world.signed_in("home", 0);
    let refused: Result<Headless, EngineError> = Headless::open(world.config("home"));
    let error = refused.err().expect("a second one must be refused");
    assert_eq!(error.exit_code(), 5, "{error}");
}

/// Told by the server: the window looks by itself only once a minute.
#[test]
fn an_open_window_shows_what_another_home_does_without_being_asked() {
    let world = World::new(&[]);
    let files = world.folder.path().join("files");
    let expected = pictures(&files);
    drop(world.signed_in("window", 0));
    let elsewhere = world.signed_in("elsewhere", 0);

    let window = Engine::start(world.config("window"), Arc::new(|| {})).unwrap();
    let mut library = Library::new();
    let mut fold = |window: &Engine| {
        while let Some(event) = window.poll() {
            if let Event::Changed(news) = event {
                library = news.library;
            }
        }
        (
            library.albums().map(|shelf| shelf.album.title.clone()).collect::<Vec<_>>(),
            library.photo_count(),
        )
    };
    let album = elsewhere.create_album("Live").unwrap();
    until("the album shows", Duration::from_mins(1), || {
        let seen = fold(&window);
        if seen.0 == ["Live"] { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    upload(&elsewhere, album.id, std::slice::from_ref(&files)).unwrap();
    until("the photos show", Duration::from_secs(20), || {
        let seen = fold(&window);
        if seen.1 == expected.len() { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    elsewhere.rename_album(album.id, "Live too").unwrap();
    until("the new title shows", Duration::from_secs(20), || {
        let seen = fold(&window);
        if seen.0 == ["Live too"] { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    elsewhere.delete_album(album.id).unwrap();
    until("the album is gone", Duration::from_secs(20), || {
        let seen = fold(&window);
        if seen == (vec![], 0) { Ok(()) } else { Err(format!("{seen:?}")) }
    });
}
