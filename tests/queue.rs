//! The queue of a window against a data centre: files that are moved, cancelled, paused and handed
//! in again while others go out.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::engine::{
    AccountRequest, AccountState, Engine, Event, FileEvent, Headless, Request, Stop, Trouble,
    UploadOptions, UploadsEvent, UploadsRequest,
};
use heliogram::model::{AlbumId, Library, Strip, Upload, UploadId, UploadState};
use heliogram::sandbox::{Conditions, Faults};
use world::{World, jpeg, noise};
use zeroize::Zeroizing;

/// What the window was told of the queue.
struct Window {
    engine: Engine,
    library: Library,
    in_step: bool,
    uploads: BTreeMap<UploadId, Upload>,
    troubles: Vec<Trouble>,
    account: Option<AccountState>,
}

impl Window {
    fn open(world: &World, home: &str, album: AlbumId) -> Self {
        let engine = Engine::start(world.config(home), Arc::new(|| {})).unwrap();
        let mut window = Self {
            engine,
            library: Library::new(),
            in_step: false,
            uploads: BTreeMap::new(),
            troubles: Vec::new(),
            account: None,
        };
        window.until("in step", |w| w.in_step && w.library.album(album).is_some());
        window
    }

    #[track_caller]
    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        while !done(self) {
            let last = || {
                (self.uploads.values().map(|it| (&it.path, &it.state)).collect(), &self.troubles)
            };
            let state: (Vec<_>, _) = last();
            assert!(begun.elapsed() < Duration::from_mins(1), "never {what}: {state:?}");
            match self.engine.poll() {
                Some(event) => self.take(event),
                None => std::thread::park_timeout(Duration::from_millis(1)),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Changed(news) => self.library = news.library,
            Event::Sync(progress) => self.in_step = progress.is_none(),
            Event::Uploads(UploadsEvent::Changed(changed)) => {
                self.uploads.extend(changed.into_iter().map(|upload| (upload.id, upload)));
            }
            Event::Uploads(UploadsEvent::Removed(removed)) => {
                self.uploads.retain(|id, _| !removed.contains(id));
            }
            Event::Trouble(trouble) => self.troubles.push(trouble),
            Event::Account(account) => self.account = Some(account),
            _ => {}
        }
    }

    fn send(&self, album: AlbumId, paths: &[PathBuf], strip: Option<Strip>) {
        let options = UploadOptions { strip, ..UploadOptions::default() };
        self.engine.request(Request::Upload { album, paths: paths.to_vec(), options });
    }

    fn wish(&self, wish: UploadsRequest) {
        self.engine.request(Request::Uploads(wish));
    }

    fn of(&self, name: &str) -> &Upload {
        let is_it = |upload: &&Upload| upload.path.file_name().unwrap() == name;
        self.uploads.values().find(is_it).unwrap()
    }

    fn all(&self, suits: impl Fn(&UploadState) -> bool) -> bool {
        self.uploads.values().all(|upload| suits(&upload.state))
    }
}

/// A world with a slow line, a home that is signed in, and an album.
fn slow(bytes_per_second: u64) -> (World, AlbumId) {
    let line_rate = Some(bytes_per_second);
    let world = World::with(&[], Conditions { line_rate, ..Conditions::default() }, Vec::new());
    let home = world.signed_in("home", 0);
    let album = home.create_album("Album").unwrap().id;
    (world, album)
}

/// Pictures of so many bytes, by their names.
fn pictures(world: &World, count: u8, bytes: usize) -> Vec<PathBuf> {
    let folder = world.folder.path().join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |n: u8| {
        let path = folder.join(format!("{n:02}.jpg"));
        std::fs::write(&path, jpeg(n, 64, 48, bytes)).unwrap();
        path
    };
    (0..count).map(write).collect()
}

/// Names in the album, oldest first.
fn stand(home: &Headless, album: AlbumId) -> Vec<String> {
    home.sync().unwrap();
    home.list(album).unwrap().iter().rev().map(|photo| photo.name.clone()).collect()
}

fn is_verified(state: &UploadState) -> bool {
    *state == UploadState::Verified
}

#[test]
fn files_go_out_in_the_order_that_the_user_gives_them() {
    // So slow that the last ones are far from their turn when they are moved.
    let (world, album) = slow(100_000);
    let paths = pictures(&world, 8, 120_000);
    let mut window = Window::open(&world, "home", album);
    window.send(album, &paths, None);
    window.until("queued", |w| w.uploads.len() == 8);
    let id = |window: &Window, name: &str| window.of(name).id;
    let (upload, before) = (id(&window, "07.jpg"), Some(id(&window, "05.jpg")));
    window.wish(UploadsRequest::Move { upload, before });
    let upload = id(&window, "06.jpg");
    window.wish(UploadsRequest::Move { upload, before: None });
    // What is paused goes on at its new place.
    window.wish(UploadsRequest::PauseAll);
    window.until("paused", |w| {
        w.all(|state| matches!(state, UploadState::Paused { .. } | UploadState::Verified))
    });
    window.wish(UploadsRequest::ResumeAll);
    window.until("sent", |w| w.all(is_verified));
    drop(window);
    let home = world.open("home");
    let order = [0, 1, 2, 3, 4, 7, 5, 6].map(|n| format!("{n:02}.jpg"));
    assert_eq!(stand(&home, album), order);
}

#[test]
fn what_is_cancelled_is_not_sent_and_what_was_sent_stays() {
    let (world, album) = slow(800_000);
    let paths = pictures(&world, 12, 150_000);
    let mut window = Window::open(&world, "home", album);
    window.send(album, &paths, None);
    window.until("some is sent", |w| {
        w.uploads.len() == 12 && w.uploads.values().any(|upload| is_verified(&upload.state))
    });
    window.wish(UploadsRequest::CancelAll);
    window.until("nothing is left to do", |w| w.all(is_verified));
    let sent: Vec<String> = window
        .uploads
        .values()
        .map(|upload| upload.path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    drop(window);
    // Nor is it after a restart.
    let mut window = Window::open(&world, "home", album);
    let home_again = |w: &Window| w.uploads.values().all(|upload| is_verified(&upload.state));
    window.until("nothing goes on", home_again);
    // What is sent after it comes after it.
    let more = world.folder.path().join("more.jpg");
    std::fs::write(&more, jpeg(99, 64, 48, 1000)).unwrap();
    window.send(album, std::slice::from_ref(&more), None);
    window.until("the last one", |w| {
        w.uploads.values().any(|it| it.path == more && is_verified(&it.state))
    });
    drop(window);
    let home = world.open("home");
    let mut names = stand(&home, album);
    assert_eq!(names.pop().unwrap(), "more.jpg");
    names.sort();
    let mut sent = sent;
    sent.sort();
    assert_eq!(names, sent);
}

/// A picture that says where it was taken, in front of much that nobody decodes.
fn told(world: &World, place: &[u8]) -> (PathBuf, Vec<u8>) {
    let plain = jpeg(7, 64, 48, 0);
    let length = u16::try_from(place.len() + 2).unwrap().to_be_bytes();
    let told =
        [&plain[..2], b"\xff\xfe", &length, place, &plain[2..], &noise(5, 2_500_000)].concat();
    let path = world.folder.path().join("told.jpg");
    std::fs::write(&path, &told).unwrap();
    (path, told)
}

#[test]
fn what_is_to_be_taken_out_counts_although_the_file_is_going_out_already() {
    let (world, album) = slow(1_000_000);
    let place: &[u8] = b"a place that nobody is told of";
    let (path, told) = told(&world, place);
    let mut window = Window::open(&world, "home", album);
    window.send(album, std::slice::from_ref(&path), None);
    window.until("parts are acknowledged", |w| {
        w.uploads.values().any(|it| matches!(it.state, UploadState::Sending { sent } if sent > 0))
    });
    window.send(album, std::slice::from_ref(&path), Some(Strip::All));
    window.until("sent", |w| !w.uploads.is_empty() && w.all(is_verified));
    // On a quick computer, and with luck, it was too late: then that is said.
    let is_late = !window.troubles.is_empty();
    drop(window);
    let home = world.open("home");
    assert_eq!(stand(&home, album).len(), 1);
    let photo = &home.list(album).unwrap()[0];
    let to = world.folder.path().join("out");
    let known = home.albums().unwrap()[0].album.clone();
    let came = world::download(&home, &known, &to);
    let has_place = came["told.jpg"].windows(place.len()).any(|bytes| bytes == place);
    assert_eq!(has_place, is_late, "{} of {} bytes", photo.bytes, told.len());
}

/// Sent by a run that was stopped before what Telegram holds was compared, and gone since: all of it
/// is read back, and compared with what was written down.
#[test]
fn a_file_that_is_gone_is_proven_by_what_was_written_down_of_it() {
    let world =
        World::with(&["flood=upload.getFileHashes:1:3600"], Conditions::default(), Vec::new());
    let home = world.signed_in("home", 0);
    let album = home.create_album("Album").unwrap().id;
    let paths = pictures(&world, 1, 700_000);
    let (stop, options) = (Stop::default(), UploadOptions::default());
    let summary = home.upload(album, &paths, &options, &stop, &mut |report| {
        if report.event == FileEvent::Sent {
            stop.stop();
        }
    });
    assert_eq!(summary.unwrap().sent, 1);
    drop(home);
    std::fs::remove_file(&paths[0]).unwrap();
    world.sandbox().set_faults(Faults::default());
    let before = world.sandbox().bytes_handed_out();
    let mut window = Window::open(&world, "home", album);
    window.until("proven", |w| !w.uploads.is_empty() && w.all(is_verified));
    assert!(world.sandbox().bytes_handed_out() >= before + 700_000, "it was not read");
}

#[test]
fn who_logs_out_and_in_again_finds_the_queue_going_on() {
    let (world, album) = slow(400_000);
    let paths = pictures(&world, 12, 100_000);
    let mut window = Window::open(&world, "home", album);
    window.send(album, &paths, None);
    window.until("some is sent", |w| {
        w.uploads.len() == 12 && w.uploads.values().any(|upload| is_verified(&upload.state))
    });
    window.engine.request(Request::Account(AccountRequest::LogOut));
    window.until("signed out", |w| w.account == Some(AccountState::NeedsPhone));
    window.uploads.clear();
    let account = world.sandbox().ready().accounts[0].clone();
    let (phone, code) = (account.phone, Zeroizing::new(account.code));
    window.engine.request(Request::Account(AccountRequest::SendCode { phone }));
    window
        .until("asked for the code", |w| matches!(w.account, Some(AccountState::NeedsCode { .. })));
    window.engine.request(Request::Account(AccountRequest::SignIn { code }));
    window.until("the rest is sent", |w| !w.uploads.is_empty() && w.all(is_verified));
    drop(window);
    let home = world.open("home");
    let names: Vec<String> = (0..12).map(|n| format!("{n:02}.jpg")).collect();
    assert_eq!(stand(&home, album), names, "all, and none twice");
}
