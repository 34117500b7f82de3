//! Everything under the cache folder may vanish at any time and comes back from Telegram.

#[path = "support/world.rs"]
mod support;

use support::{World, assert_same_files, download, pictures, upload};

#[test]
fn a_deleted_cache_comes_back() {
    let world = World::new(&[]);
    let files = world.folder.path().join("files");
    let expected = pictures(&files);
    let engine = world.signed_in("home", 0);
    let album = engine.create_album("Kept").unwrap();
    upload(&engine, album.id, std::slice::from_ref(&files)).unwrap();
    let names = |engine: &heliogram::engine::Headless| {
        let photos = engine.list(album.id).unwrap();
        photos.iter().map(|photo| (photo.id, photo.name.clone())).collect::<Vec<_>>()
    };
    let before = names(&engine);
    assert_eq!(before.len(), expected.len());
    drop(engine);

    std::fs::remove_dir_all(&world.config("home").places.cache).unwrap();
    let engine = world.open("home");
    assert!(engine.albums().unwrap().is_empty(), "nothing is left before the sync");
    engine.sync().unwrap();
    assert_eq!(names(&engine), before);
    let mut thumbnails = 0;
    engine
        .thumbnails(album.id, &mut |photo, result| {
            assert!(result.is_ok(), "{photo}: {result:?}");
            thumbnails += 1;
        })
        .unwrap();
    assert_eq!(thumbnails, expected.len());
    assert_same_files(&download(&engine, &album, &world.folder.path().join("back")), &expected);
    // What was sent before is still known not to be sent again.
    let again = upload(&engine, album.id, std::slice::from_ref(&files)).unwrap();
    assert_eq!((again.sent, again.skipped), (0, expected.len()), "{again:?}");
}

#[test]
fn a_damaged_cache_is_put_aside() {
    let world = World::new(&[]);
    let engine = world.signed_in("home", 0);
    let album = engine.create_album("Kept").unwrap();
    drop(engine);
    let cache = world.config("home").places.cache.clone();
    for entry in std::fs::read_dir(&cache).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::write(&path, b"not a database at all").unwrap();
        }
    }
    let engine = world.open("home");
    engine.sync().unwrap();
    assert_eq!(engine.albums().unwrap()[0].album.title, album.title);
}
