//! The data folder: the lock, the journal, formats, closing, forgetting.

use redb::Database;

use super::*;
use crate::store::base::META;

fn everything(store: &Store) {
    store.save_session(b"who I am").unwrap();
    let changes = vec![Change::Album(album(1)), Change::Photo(Box::new(photo(1, 1, 4)))];
    store.record(changes.into()).wait().unwrap();
    store.journal_put(vec![entry(5, 1)]).wait().unwrap();
    store.put_thumbnail(ThumbKey { file: 1, letter: b'm' }, vec![9; 100]);
    let mut original = store.begin_original(&photo(1, 1, 4)).unwrap();
    original.write(0, b"jpeg").unwrap();
    original.finish().unwrap();
}

#[test]
fn a_home_has_one_store_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let clone = store.clone();
    drop(store);
    match Store::open(options(home.path())).unwrap_err() {
        error @ StoreError::InUse { .. } => {
            assert!(error.to_string().contains(home.path().to_str().unwrap()), "{error}");
        }
        other => panic!("{other}"),
    }
    drop(clone);
    open(home.path());
}

#[test]
fn closing_commits_what_is_queued() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    drop(store.record(vec![Change::Album(album(1))].into()));
    for message in 1..200 {
        drop(store.record(vec![Change::Photo(Box::new(photo(1, message, 1)))].into()));
        drop(store.journal_put(vec![entry(message.into(), 1)]));
        store.put_thumbnail(ThumbKey { file: message.into(), letter: b'm' }, vec![7; 1000]);
    }
    drop(store.queue_session(Some(Zeroizing::new(b"old".to_vec()))));
    drop(store.queue_session(Some(Zeroizing::new(b"new".to_vec()))));
    drop(store);
    let store = open(home.path());
    assert_eq!(recorded(&store).len(), 200);
    assert_eq!(store.journal().unwrap().len(), 199);
    assert_eq!(store.session().unwrap().unwrap().as_slice(), b"new");
    let thumbnail = store.thumbnail(ThumbKey { file: 199, letter: b'm' }).unwrap();
    assert_eq!(thumbnail, Some(vec![7; 1000]));
}

#[test]
fn what_is_handed_in_is_kept_until_it_is_taken_in() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    assert_eq!(store.handed_in().unwrap(), []);
    #[cfg(unix)]
    let odd = <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(vec![b'/', 0xff]);
    #[cfg(not(unix))]
    let odd = std::ffi::OsString::from("odd");
    let handed = HandedIn {
        album: None,
        paths: vec![ExactPath(odd.into()), ExactPath("/photos".into())],
        as_photo: true,
        caption: "Zoë".to_owned(),
        strip: Some(model::Strip::Location),
    };
    drop(store.hand_in(7, handed.clone()));
    drop(store);
    let store = open(home.path());
    assert_eq!(store.handed_in().unwrap(), [(7, handed.clone())]);
    store.take_in(8).wait().unwrap();
    store.take_in(7).wait().unwrap();
    assert_eq!(store.handed_in().unwrap(), []);
    store.hand_in(9, handed).wait().unwrap();
    store.forget_content().unwrap();
    assert_eq!(store.handed_in().unwrap(), []);
}

#[test]
fn the_journal_keeps_entries_in_their_order_and_parts_apart() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    store.journal_put(vec![entry(1, 20), entry(2, 10), entry(-3, 30)]).wait().unwrap();
    let parts = [(1, 0), (1, 64), (2, 7999), (9, 1), (1, u32::MAX)];
    for (id, part) in parts {
        store.journal_part(UploadId(id), part).wait().unwrap();
    }
    store.journal_remove(vec![UploadId(-3), UploadId(77)]).wait().unwrap();
    let journal = store.journal().unwrap();
    let ids: Vec<_> = journal.iter().map(|entry| entry.id.0).collect();
    assert_eq!(ids, [2, 1]);
    assert_eq!(journal[0].acknowledged.iter().collect::<Vec<_>>(), [7999]);
    assert_eq!(journal[1].acknowledged.iter().collect::<Vec<_>>(), [0, 64]);
    // Put in place wholly: the parts are those of the entry.
    let mut again = entry(1, 20);
    again.acknowledged.insert(3);
    again.stage = JournalStage::Committing { after: MessageId(8) };
    store.journal_put(vec![again.clone()]).wait().unwrap();
    assert_eq!(store.journal().unwrap()[1], again);
    // What was removed does not come back with another file of the same id.
    store.journal_remove(vec![UploadId(2)]).wait().unwrap();
    store.journal_put(vec![entry(2, 1)]).wait().unwrap();
    assert_eq!(store.journal().unwrap()[0].acknowledged.len(), 0);
    // One in place of another.
    store.journal_replace(UploadId(1), entry(4, 20)).wait().unwrap();
    let journal = store.journal().unwrap();
    assert_eq!(journal.iter().map(|entry| entry.id.0).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(journal[1].acknowledged.len(), 0);
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let bytes = b"/photos/\xe9t\xe9.jpg".to_vec();
    let path: PathBuf =
        <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into();
    let odd = JournalEntry { path, ..entry(1, 1) };
    store.journal_put(vec![odd.clone()]).wait().unwrap();
    assert_eq!(store.journal().unwrap(), [odd]);
}

#[test]
fn a_damaged_journal_is_an_error_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let journal = home.path().join("data/journal.redb");
    drop(open(home.path()));
    std::fs::write(&journal, "not a database, but perhaps somebody can still read it").unwrap();
    let before = std::fs::read(&journal).unwrap();
    let error = Store::open(options(home.path())).unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
    assert!(error.to_string().contains("nothing was deleted"), "{error}");
    assert_eq!(std::fs::read(&journal).unwrap(), before);
}

#[test]
fn newer_files_are_refused_and_left_alone() {
    for file in ["data/journal.redb", "cache/library.redb", "cache/thumbnails.redb"] {
        let home = tempfile::tempdir().unwrap();
        drop(open(home.path()));
        let path = home.path().join(file);
        let database = Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(META).unwrap().insert("schema", 99).unwrap();
        write.commit().unwrap();
        drop(database);
        match Store::open(options(home.path())).unwrap_err() {
            StoreError::Newer { path: named, found: 99, known: 1 | 2 } => assert_eq!(named, path),
            other => panic!("{other:?}"),
        }
        // The lock was let go of.
        assert!(matches!(Store::open(options(home.path())), Err(StoreError::Newer { .. })));
    }
}

#[test]
fn leftovers_are_removed() {
    let home = tempfile::tempdir().unwrap();
    drop(open(home.path()));
    let left = ["data/session.tmp", "cache/x.tmp", "cache/originals/7/1-00.ranges.tmp"];
    let orphan = "cache/originals/7/2-00.ranges";
    std::fs::create_dir_all(home.path().join("cache/originals/7")).unwrap();
    for file in left.iter().chain([&orphan]) {
        std::fs::write(home.path().join(file), "half").unwrap();
    }
    drop(open(home.path()));
    for file in left.iter().chain([&orphan]) {
        assert!(!home.path().join(file).exists(), "{file}");
    }
}

#[test]
fn forgetting_leaves_nothing_of_the_account() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    everything(&store);
    std::fs::write(home.path().join("cache/library.redb.broken"), "of the account").unwrap();
    let late = store.begin_original(&photo(1, 2, 4)).unwrap();
    store.forget_account().unwrap();
    assert!(late.finish().is_err());
    assert!(store.session().unwrap().is_none());
    assert_eq!(store.journal().unwrap(), []);
    assert_eq!(recorded(&store), []);
    assert_eq!(store.thumbnail(ThumbKey { file: 1, letter: b'm' }).unwrap(), None);
    assert_eq!(store.original(&photo(1, 1, 4)), None);
    assert!(!home.path().join("cache/library.redb.broken").exists());
    let title = b"Album 1";
    for file in ["data/journal.redb", "cache/library.redb"] {
        let bytes = std::fs::read(home.path().join(file)).unwrap();
        assert!(!bytes.windows(title.len()).any(|window| window == title), "{file}");
    }
    // The store goes on, for the next account.
    everything(&store);
    drop(store);
    assert_eq!(recorded(&open(home.path())).len(), 2);
}

#[test]
fn another_account_finds_its_session_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    everything(&store);
    store.save_session(b"the newcomer").unwrap();
    store.forget_content().unwrap();
    assert_eq!(store.session().unwrap().unwrap().as_slice(), b"the newcomer");
    assert_eq!(store.journal().unwrap(), []);
    assert_eq!(recorded(&store), []);
    assert_eq!(store.cursors().unwrap(), []);
    assert_eq!(store.original(&photo(1, 1, 4)), None);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_in() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    everything(&store);
    let mut partial = store.begin_original(&photo(1, 2, 4)).unwrap();
    partial.write(1, b"x").unwrap();
    drop(partial);
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(home.path()).min_depth(1) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        let wanted = if entry.file_type().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{}", entry.path().display());
        seen += 1;
    }
    assert!(seen >= 11, "{seen}");
}
