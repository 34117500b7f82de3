//! The cache folder: damage, deletion, originals.

use std::time::{Duration, SystemTime};

use redb::{Database, ReadableTable as _};

use super::*;
use crate::store::base::META;
use crate::store::library::PHOTOS;

fn filled(home: &Path) {
    let store = open(home);
    let changes = vec![Change::Album(album(1)), Change::Photo(Box::new(photo(1, 1, 4)))];
    store.record(changes.into()).wait().unwrap();
    store.journal_put(vec![entry(5, 1)]).wait().unwrap();
    store.save_session(b"who I am").unwrap();
}

#[test]
fn damaged_caches_are_moved_aside_and_begun_anew() {
    for damage in [&b"rubbish"[..], &[0; 5000]] {
        let home = tempfile::tempdir().unwrap();
        filled(home.path());
        for file in ["library.redb", "thumbnails.redb"] {
            std::fs::write(home.path().join("cache").join(file), damage).unwrap();
        }
        let store = open(home.path());
        assert_eq!(store.warnings().len(), 2, "{:?}", store.warnings());
        assert!(store.warnings()[0].contains("library.redb.broken"));
        let aside = std::fs::read(home.path().join("cache/library.redb.broken")).unwrap();
        assert_eq!(aside, damage);
        assert_eq!(recorded(&store), []);
        assert_eq!(store.journal().unwrap().len(), 1);
        store.record(vec![Change::Album(album(2))].into()).wait().unwrap();
        assert_eq!(recorded(&store).len(), 1);
    }
}

#[test]
fn pages_that_rot_do_not_bring_the_program_down() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path());
    let path = home.path().join("cache/library.redb");
    let good = std::fs::read(&path).unwrap();
    for at in (64..good.len().min(60_000)).step_by(1789) {
        let mut bad = good.clone();
        let end = (at + 700).min(bad.len());
        bad[at..end].iter_mut().for_each(|byte| *byte ^= 0xa5);
        std::fs::write(&path, bad).unwrap();
        let store = open(home.path());
        // Either it was not noticed, or what comes next works.
        if store.load().is_err() {
            store.load().unwrap();
        }
        drop(store.photo(photo(1, 1, 4).id));
        store.record(vec![Change::Album(album(2))].into()).wait().unwrap();
    }
}

#[test]
fn damage_found_while_reading_is_told_and_begun_anew() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path());
    let database = Database::open(home.path().join("cache/library.redb")).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(PHOTOS).unwrap().insert((1, 2), &[1_u8, 99, 99][..]).unwrap();
    write.commit().unwrap();
    drop(database);
    let store = open(home.path());
    let error = store.load().unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("library.redb.broken"), "{error}");
    assert_eq!(recorded(&store), []);
    assert_eq!(store.cursors().unwrap(), []);
}

#[test]
fn a_row_that_makes_no_sense_costs_one_photo_until_it_comes_again() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path());
    let good = photo(1, 1, 4);
    let database = Database::open(home.path().join("cache/library.redb")).unwrap();
    let write = database.begin_write().unwrap();
    {
        // What the library keeps of it is whole, what a download needs is not.
        let mut photos = write.open_table(PHOTOS).unwrap();
        let row = photos.get((1, 1)).unwrap().unwrap().value().to_vec();
        photos.insert((1, 1), &row[..row.len() - 1]).unwrap();
    }
    write.commit().unwrap();
    drop(database);
    let store = open(home.path());
    assert_eq!(store.load().unwrap().photo_count(), 1);
    let error = store.photo(good.id).unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert_eq!(store.photos(&[good.id]).unwrap(), []);
    let other = photo(1, 2, 4);
    let changes = [&other, &good].map(|photo| Change::Photo(Box::new(photo.clone())));
    store.record(changes.to_vec().into()).wait().unwrap();
    assert_eq!(store.photos(&[good.id, photo(1, 9, 4).id, other.id]).unwrap(), [good, other]);
}

#[test]
fn an_older_library_is_begun_anew_without_a_word() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path());
    let path = home.path().join("cache/library.redb");
    let database = Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(META).unwrap().insert("schema", 1).unwrap();
    write.commit().unwrap();
    drop(database);
    let store = open(home.path());
    assert_eq!(store.warnings(), &[] as &[String]);
    assert_eq!(recorded(&store), []);
    assert!(!home.path().join("cache/library.redb.broken").exists());
    drop(store);
    filled(home.path());
    assert_eq!(recorded(&open(home.path())).len(), 2);
}

#[test]
fn the_cache_may_be_deleted_at_any_time() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path());
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    let store = open(home.path());
    assert_eq!(store.warnings(), &[] as &[String]);
    assert_eq!(store.journal().unwrap().len(), 1);
    assert_eq!(store.session().unwrap().unwrap().as_slice(), b"who I am");
    // Also while the program runs.
    let mut original = store.begin_original(&photo(1, 1, 4)).unwrap();
    if cfg!(unix) {
        std::fs::remove_dir_all(home.path().join("cache")).unwrap();
        original.write(0, b"jpeg").unwrap();
        assert!(original.finish().is_err());
        original = store.begin_original(&photo(1, 1, 4)).unwrap();
    }
    original.write(0, b"jpeg").unwrap();
    original.finish().unwrap();
    assert!(store.original(&photo(1, 1, 4)).is_some());
}

#[test]
fn an_original_is_whole_or_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let photo = photo(7, 1, 10);
    let mut original = store.begin_original(&photo).unwrap();
    assert!(store.begin_original(&photo).is_err());
    let gaps = |original: &PartialOriginal| {
        original.missing().iter().map(|gap| (gap.start, gap.end)).collect::<Vec<_>>()
    };
    assert_eq!(gaps(&original), [(0, 10)]);
    original.write(6, b"6789").unwrap();
    original.write(0, b"01").unwrap();
    assert!(original.write(9, b"9X").is_err());
    assert!(original.write(u64::MAX, b"9").is_err());
    assert_eq!(gaps(&original), [(2, 6)]);
    assert!(store.original(&photo).is_none());
    assert!(original.finish().is_err());

    let mut original = store.begin_original(&photo).unwrap();
    assert_eq!((gaps(&original), original.prefix_len()), (vec![(2, 6)], 2));
    assert_eq!(original.read(6..9).unwrap(), b"678");
    assert!(original.read(1..7).is_err(), "some of them are not there");
    original.write(2, b"2345").unwrap();
    assert_eq!(original.read_prefix().unwrap(), b"0123456789");
    let path = original.finish().unwrap();
    assert_eq!(path, home.path().join("cache/originals/7/1-fffffffffffffffe"));
    assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");
    assert_eq!(store.original(&photo), Some(path.clone()));
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    // Another file behind the same message is another original.
    let mut edited = photo.clone();
    edited.remote.id += 1;
    assert_eq!(store.original(&edited), None);
    assert_eq!(store.original(&Photo { bytes: 11, ..photo }), None);
}

#[test]
fn a_record_that_does_not_fit_is_none() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let photo = photo(7, 1, 10);
    let folder = home.path().join("cache/originals/7");
    let begun = || {
        let mut original = store.begin_original(&photo).unwrap();
        original.write(0, b"012").unwrap();
    };
    begun();
    assert_eq!(store.begin_original(&photo).unwrap().prefix_len(), 3);
    let (part, ranges) =
        (folder.join("1-fffffffffffffffe.part"), folder.join("1-fffffffffffffffe.ranges"));
    std::fs::write(&part, "0").unwrap();
    assert_eq!(store.begin_original(&photo).unwrap().prefix_len(), 0);
    begun();
    let mut record = std::fs::read(&ranges).unwrap();
    *record.last_mut().unwrap() ^= 1;
    std::fs::write(&ranges, record).unwrap();
    assert_eq!(store.begin_original(&photo).unwrap().prefix_len(), 0);
}

#[test]
fn those_unused_for_longest_go_and_those_in_use_stay() {
    let home = tempfile::tempdir().unwrap();
    let store =
        Store::open(StoreOptions { original_budget: 1000, ..options(home.path()) }).unwrap();
    let here = |message: i32, age: u64| {
        let photo = photo(1, message, 300);
        let mut original = store.begin_original(&photo).unwrap();
        original.write(0, &[1; 300]).unwrap();
        let path = original.finish().unwrap();
        let used = SystemTime::now() - Duration::from_secs(age);
        std::fs::File::options().append(true).open(path).unwrap().set_modified(used).unwrap();
        photo
    };
    let held = here(1, 9000);
    let hold = store.hold_original(&held).unwrap();
    std::fs::File::options()
        .append(true)
        .open(&*hold)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH)
        .unwrap();
    let old = here(2, 8000);
    let asked = here(3, 7000);
    assert!(store.original(&asked).is_some());
    let unfinished = photo(1, 9, 300);
    let mut partial = store.begin_original(&unfinished).unwrap();
    partial.write(0, &[1; 100]).unwrap();
    // The budget is used up with this one.
    let new = here(4, 0);
    let there = |photo: &Photo| store.inner.originals.path(photo).exists();
    assert!(there(&held) && there(&asked) && there(&new) && !there(&old));
    assert_eq!(partial.prefix_len(), 100);
    drop(hold);
    std::fs::File::options()
        .append(true)
        .open(store.inner.originals.path(&held))
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH)
        .unwrap();
    here(5, 0);
    assert!(!there(&held));
    drop(partial);
    assert_eq!(store.begin_original(&unfinished).unwrap().prefix_len(), 100);
}

#[test]
fn originals_go_with_their_photos() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let here = |album: i64, message: i32| {
        let photo = photo(album, message, 1);
        let mut original = store.begin_original(&photo).unwrap();
        original.write(0, b"x").unwrap();
        original.finish().unwrap();
        photo
    };
    let photos = [here(1, 1), here(1, 11), here(2, 1)];
    let there = || photos.each_ref().map(|photo| store.original(photo).is_some());
    let gone = Change::PhotosGone { album: AlbumId(1), messages: vec![MessageId(1)] };
    store.record(vec![gone].into()).wait().unwrap();
    // The ticket is answered before the files go; the next one comes after.
    store.record(Batch::default()).wait().unwrap();
    assert_eq!(there(), [false, true, true]);
    store.record(vec![Change::AlbumGone(AlbumId(2))].into()).wait().unwrap();
    store.record(Batch::default()).wait().unwrap();
    assert_eq!(there(), [false, true, false]);
}

#[test]
fn thumbnails_that_were_synced_survive_a_kill() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("thumbnails.redb");
    let thumbnails = Thumbnails::open(&path, 1 << 20, &mut Vec::new()).unwrap();
    let key = ThumbKey { file: 1, letter: b'm' };
    thumbnails.put(&[(key, vec![1; 100])]).unwrap();
    assert!(thumbnails.is_unsynced());
    thumbnails.flush().unwrap();
    // What the file holds now is what a kill leaves.
    let killed = home.path().join("killed.redb");
    std::fs::copy(&path, &killed).unwrap();
    let again = Thumbnails::open(&killed, 1 << 20, &mut Vec::new()).unwrap();
    assert_eq!(again.get(key).unwrap(), Some(vec![1; 100]));
}
