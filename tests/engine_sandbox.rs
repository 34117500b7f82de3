//! The engine against a data centre in this process: a photograph goes all the way, twice is
//! once, and what another home of the account does shows in a window.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heliogram::config::{Config, CustomServer};
use heliogram::engine::{
    AccountState, Engine, Event, FileEvent, Headless, Request, Stop, UploadOptions, UploadSummary,
    UploadsEvent, Want, WantList,
};
use heliogram::model::{
    AlbumId, Library, PixelSize, RemoteKind, Rendition, Strip, UploadId, UploadState,
};
use heliogram::pixels::encode_jpeg;
use heliogram::sandbox::{
    AccountOption, Conditions, Faults, FloodRule, Ready, Sandbox, SandboxOptions,
};
use heliogram::store::{
    ExactPath, HandedIn, JournalEntry, JournalStage, PartSet, Store, StoreOptions,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A data centre with a folder of its own, on threads of its own.
struct Centre {
    sandbox: Sandbox,
    _runtime: tokio::runtime::Runtime,
    folder: TempDir,
}

impl Centre {
    fn start(faults: Faults) -> Self {
        Self::start_with(Conditions::default(), faults)
    }

    fn start_with(conditions: Conditions, faults: Faults) -> Self {
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = SandboxOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: folder.path().join("world"),
            ready_file: None,
            painted: None,
            accounts: Vec::<AccountOption>::new(),
            conditions,
            faults,
            fault_seed: 7,
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        Self { sandbox, _runtime: runtime, folder }
    }

    fn ready(&self) -> &Ready {
        self.sandbox.ready()
    }

    fn config(&self, home: &str) -> Arc<Config> {
        let ready = self.ready();
        let server = CustomServer {
            address: ready.address.parse().unwrap(),
            dc_id: ready.dc_id,
            rsa_public_key: ready.rsa_public_key.clone(),
        };
        let mut config = Config::with_server(&self.folder.path().join(home), server).unwrap();
        // What is compared here must not change by itself.
        config.settings.dates.read_heads = false;
        config.claim().unwrap();
        Arc::new(config)
    }

    /// A home that is signed in.
    fn home(&self, name: &str) -> Headless {
        let home = Headless::open(self.config(name)).unwrap();
        home.send_code(&self.ready().phone).unwrap();
        home.sign_in(Zeroizing::new(self.ready().code.clone())).unwrap().expect("no password");
        home
    }

    /// A folder of small, different pictures.
    fn pictures(&self, count: u8) -> PathBuf {
        let folder = self.folder.path().join(format!("pictures-{count}"));
        std::fs::create_dir_all(&folder).unwrap();
        for n in 0..count {
            let size = PixelSize::new(64, 48);
            let pixels = (0..size.pixels())
                .flat_map(|i| [n.wrapping_mul(37), u8::try_from(i % 251).unwrap(), 90, 255])
                .collect();
            let bitmap = heliogram::model::Bitmap::new(size, pixels).unwrap();
            let jpeg = encode_jpeg(&bitmap, 90).unwrap();
            std::fs::write(folder.join(format!("{n}.jpg")), jpeg).unwrap();
        }
        folder
    }
}

fn upload(home: &Headless, album: AlbumId, path: &Path) -> UploadSummary {
    let options = UploadOptions::default();
    let mut failed = Vec::new();
    let summary = home
        .upload(album, &[path.to_owned()], &options, &Stop::default(), &mut |report| {
            if let FileEvent::Failed { reason } = report.event {
                failed.push(reason);
            }
        })
        .unwrap();
    assert_eq!(failed, Vec::<String>::new());
    summary
}

#[test]
fn equal_files_side_by_side_are_sent_once() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("first");
    let folder = centre.pictures(12);
    for n in 0..12 {
        std::fs::copy(folder.join(format!("{n}.jpg")), folder.join(format!("{n} copy.jpg")))
            .unwrap();
    }
    let album = home.create_album("Twins").unwrap().id;
    let summary = upload(&home, album, &folder);
    assert_eq!((summary.sent, summary.skipped), (12, 12));
    assert_eq!(home.list(album).unwrap().len(), 12);
    // Nor are they where Telegram copies them.
    let album = home.create_album("Twins again").unwrap().id;
    let summary = upload(&home, album, &folder);
    assert_eq!((summary.sent, summary.skipped), (12, 12));
    assert_eq!(home.list(album).unwrap().len(), 12);
}

fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut contents: Vec<Vec<u8>> =
        files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    contents.sort();
    contents
}

fn round_trip(faults: Faults) {
    let centre = Centre::start(faults);
    let home = centre.home("first");
    let album = home.create_album("Tour").unwrap().id;
    let pictures = centre.pictures(12);

    let summary = upload(&home, album, &pictures);
    assert_eq!((summary.sent, summary.verified, summary.skipped), (12, 12, 0));
    let again = upload(&home, album, &pictures);
    assert_eq!((again.sent, again.skipped), (0, 12), "twice is once");
    drop(home);

    let other = centre.home("second");
    let report = other.sync().unwrap();
    assert_eq!((report.albums, report.added, report.removed), (1, 12, 0));
    let still = other.sync().unwrap();
    assert_eq!((still.added, still.changed, still.removed), (0, 0, 0));
    // A home that has nothing of the journal knows duplicates all the same.
    assert_eq!(upload(&other, album, &pictures).skipped, 12);

    let to = centre.folder.path().join("out");
    for _ in 0..2 {
        let mut failed = Vec::new();
        other
            .download(album, &[], &to, &Stop::default(), &mut |report| {
                failed.extend(report.result.err());
            })
            .unwrap();
        assert_eq!(failed, Vec::<String>::new());
        assert_eq!(contents(&to), contents(&pictures), "byte for byte, and nothing else");
    }
    let mut shown = 0;
    other
        .thumbnails(album, &mut |_, result| {
            assert_eq!(result, Ok(PixelSize::new(64, 48)));
            shown += 1;
        })
        .unwrap();
    assert_eq!(shown, 12);
}

#[test]
fn a_photograph_goes_all_the_way() {
    round_trip(Faults::default());
}

/// What the disk has spoilt of a photo's record costs nobody the photo.
#[test]
fn a_record_that_makes_no_sense_is_asked_for_anew() {
    use redb::{Database, ReadableTable as _, TableDefinition};
    const PHOTOS: TableDefinition<'_, (i64, i32), &[u8]> = TableDefinition::new("photos");
    let centre = Centre::start(Faults::default());
    let home = centre.home("first");
    let album = home.create_album("Tour").unwrap().id;
    let pictures = centre.pictures(3);
    upload(&home, album, &pictures);
    drop(home);
    let file = centre.config("first").places.cache.join("library.redb");
    let database = Database::open(&file).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut photos = transaction.open_table(PHOTOS).unwrap();
        let rows: Vec<_> = photos
            .iter()
            .unwrap()
            .map(|row| row.map(|(key, row)| (key.value(), row.value().to_vec())).unwrap())
            .collect();
        assert_eq!(rows.len(), 3);
        for (key, row) in rows.iter().skip(1) {
            photos.insert(key, &row[..row.len() - 1]).unwrap();
        }
    }
    transaction.commit().unwrap();
    drop(database);
    let home = Headless::open(centre.config("first")).unwrap();
    let to = centre.folder.path().join("out");
    let mut failed = Vec::new();
    home.download(album, &[], &to, &Stop::default(), &mut |report| {
        failed.extend(report.result.err());
    })
    .unwrap();
    assert_eq!(failed, Vec::<String>::new());
    assert_eq!(contents(&to), contents(&pictures));
    assert_eq!(home.list(album).unwrap().len(), 3);
}

#[test]
fn lost_connections_lose_nothing() {
    round_trip(Faults { cut: 0.02, sliced: true, ..Faults::default() });
}

#[test]
fn a_download_that_a_power_cut_spoilt_ends_as_the_photo() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("home");
    let album = home.create_album("Tour").unwrap().id;
    let pictures = centre.pictures(1);
    // Longer than one request; what follows the picture belongs to the file.
    let path = pictures.join("0.jpg");
    let mut content = std::fs::read(&path).unwrap();
    content.extend((0..700_000u32).map(|i| u8::try_from(i % 249).unwrap()));
    std::fs::write(&path, &content).unwrap();
    upload(&home, album, &pictures);
    let photo = home.list(album).unwrap().remove(0);

    let to = centre.folder.path().join("out");
    std::fs::create_dir(&to).unwrap();
    let part = format!(".heliogram-{album}-{}-{:x}.part", photo.id.message, photo.remote.id);
    content.truncate(600_000);
    content[100_000] ^= 1;
    content[400_000..].fill(0);
    std::fs::write(to.join(part), content).unwrap();
    home.download(album, &[], &to, &Stop::default(), &mut |report| drop(report.result.unwrap()))
        .unwrap();
    assert_eq!(contents(&to), contents(&pictures));
}

#[test]
fn a_video_among_photos_goes_as_a_file() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("home");
    let album = home.create_album("Tour").unwrap().id;
    let pictures = centre.pictures(1);
    let mut video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    video.extend([5; 5000]);
    std::fs::write(pictures.join("1.mp4"), video).unwrap();
    let options = UploadOptions { as_photo: true, ..UploadOptions::default() };
    let send = || {
        let each = &mut |_| {};
        home.upload(album, std::slice::from_ref(&pictures), &options, &Stop::default(), each)
    };
    assert_eq!(send().unwrap().verified, 2);
    let mut kinds: Vec<(String, RemoteKind)> = Vec::new();
    for photo in home.list(album).unwrap() {
        kinds.push((photo.name.clone(), photo.remote.kind));
    }
    assert_eq!(kinds.len(), 2);
    let video = kinds.iter().find(|(name, _)| name == "1.mp4").unwrap();
    assert_eq!(video.1, RemoteKind::Document);
    assert!(kinds.iter().any(|(_, kind)| *kind == RemoteKind::Photo), "{kinds:?}");
    assert_eq!(send().unwrap().skipped, 2, "twice is once");
}

#[test]
fn photos_stand_in_the_album_in_the_order_of_the_queue() {
    let wait = FloodRule { method: "messages.sendMedia".into(), every: 9, seconds: 1 };
    for faults in [
        Faults::default(),
        Faults { flood: vec![wait], ..Faults::default() },
        Faults { cut: 0.03, ..Faults::default() },
    ] {
        let rtt = Duration::from_millis(40);
        let centre =
            Centre::start_with(Conditions { rtt, ..Conditions::default() }, faults.clone());
        let home = centre.home("home");
        let album = home.create_album("Tour").unwrap().id;
        let mut queued = Vec::new();
        let pictures = [centre.pictures(40)];
        let options = UploadOptions::default();
        let summary = home.upload(album, &pictures, &options, &Stop::default(), &mut |report| {
            if matches!(report.event, FileEvent::Queued) {
                queued.push(report.path.file_name().unwrap().to_string_lossy().into_owned());
            }
        });
        assert_eq!(summary.unwrap().verified, 40);
        let stand: Vec<String> =
            home.list(album).unwrap().iter().rev().map(|photo| photo.name.clone()).collect();
        assert_eq!(stand, queued, "{faults:?}");
    }
}

#[test]
fn lost_parts_and_stale_references_lose_nothing() {
    let expire_references = Some(Duration::from_secs(1));
    round_trip(Faults { lose_part: 0.1, expire_references, ..Faults::default() });
}

#[test]
fn without_hashes_files_are_read_back() {
    round_trip(Faults { no_hashes: true, migrate: true, ..Faults::default() });
}

/// The files of an album by their names: which file Telegram has for each.
fn held(home: &Headless, album: AlbumId) -> std::collections::BTreeMap<String, i64> {
    let photos = home.list(album).unwrap();
    photos.into_iter().map(|photo| (photo.name, photo.remote.id)).collect()
}

#[test]
fn what_another_album_holds_is_copied_and_not_sent_again() {
    for no_hashes in [false, true] {
        let centre = Centre::start(Faults { no_hashes, ..Faults::default() });
        let home = centre.home("first");
        let [one, two, three] =
            ["One", "Two", "Three"].map(|title| home.create_album(title).unwrap().id);
        let pictures = centre.pictures(7);
        assert_eq!(upload(&home, one, &pictures).verified, 7);
        let summary = upload(&home, two, &pictures);
        assert_eq!((summary.sent, summary.verified, summary.skipped), (7, 7, 0));
        assert_eq!(held(&home, one), held(&home, two), "the same files");
        drop(home);
        // A home that has sent nothing: told by Telegram's hashes, or not at all.
        let other = centre.home("second");
        other.sync().unwrap();
        // Under another name it is another file: what is copied keeps its own.
        std::fs::rename(pictures.join("0.jpg"), pictures.join("another.jpg")).unwrap();
        assert_eq!(upload(&other, three, &pictures).verified, 7);
        let (first, third) = (held(&other, one), held(&other, three));
        let copied = third.iter().filter(|(name, id)| first.get(*name) == Some(id)).count();
        assert_eq!(copied, if no_hashes { 0 } else { 6 }, "{first:?} {third:?}");
        let to = centre.folder.path().join("out");
        let each = &mut |report: heliogram::engine::DownloadReport| drop(report.result.unwrap());
        other.download(three, &[], &to, &Stop::default(), each).unwrap();
        assert_eq!(contents(&to), contents(&pictures));
    }
}

#[test]
fn what_is_taken_out_of_a_picture_is_taken_out_of_its_copy_alone() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("home");
    let album = home.create_album("Tour").unwrap().id;
    let pictures = centre.pictures(2);
    let path = pictures.join("0.jpg");
    let plain = std::fs::read(&path).unwrap();
    // Long enough for several parts, with a word in front and one behind.
    let comment: Vec<u8> = [&b"\xff\xfe\0\x07place"[..]].concat();
    let behind: Vec<u8> = (0..900_000u32).map(|i| u8::try_from(i % 241).unwrap()).collect();
    let told = [&plain[..2], &comment, &plain[2..], &behind].concat();
    std::fs::write(&path, &told).unwrap();
    std::fs::write(pictures.join("animated.gif"), b"GIF89a\x01\0\x01\0\0\0\0;").unwrap();
    let options = UploadOptions { strip: Some(Strip::All), ..UploadOptions::default() };
    let send = || {
        let (mut failed, each) = (Vec::new(), std::slice::from_ref(&pictures));
        let summary = home.upload(album, each, &options, &Stop::default(), &mut |report| {
            if let FileEvent::Failed { reason } = report.event {
                failed.push(reason);
            }
        });
        (summary.unwrap(), failed)
    };
    let (summary, failed) = send();
    assert_eq!((summary.verified, summary.failed), (2, 1));
    assert!(failed[0].contains("image/gif"), "{failed:?}");
    let (summary, _) = send();
    assert_eq!((summary.sent, summary.skipped), (0, 2), "twice is once");
    std::fs::remove_file(pictures.join("animated.gif")).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), told, "the file itself stays");
    let to = centre.folder.path().join("out");
    home.download(album, &[], &to, &Stop::default(), &mut |report| drop(report.result.unwrap()))
        .unwrap();
    assert_eq!(std::fs::read(to.join("0.jpg")).unwrap(), plain);
    assert_eq!(
        std::fs::read(to.join("1.jpg")).unwrap(),
        std::fs::read(pictures.join("1.jpg")).unwrap()
    );
    // As it is, it is another file.
    assert_eq!(upload(&home, album, &path).verified, 1);
}

/// A window: everything it was told so far.
struct Window {
    engine: Engine,
    library: Library,
    account: Option<AccountState>,
    in_step: bool,
    pictures: Vec<(Rendition, PixelSize)>,
    verified: usize,
}

impl Window {
    fn open(config: Arc<Config>) -> Self {
        let engine = Engine::start(config, Arc::new(|| {})).unwrap();
        Self {
            engine,
            library: Library::new(),
            account: None,
            in_step: false,
            pictures: Vec::new(),
            verified: 0,
        }
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        while !done(self) {
            assert!(begun.elapsed() < Duration::from_mins(1), "never {what}");
            match self.engine.poll() {
                Some(event) => self.take(event),
                None => std::thread::yield_now(),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Account(state) => self.account = Some(state),
            Event::Changed(news) => self.library = news.library,
            Event::Sync(progress) => self.in_step = progress.is_none(),
            Event::Picture(picture) if picture.progress.is_none() => {
                self.pictures.push((picture.rendition, picture.content.unwrap().size()));
            }
            Event::Uploads(UploadsEvent::Changed(uploads)) => {
                let verified = |state: &UploadState| *state == UploadState::Verified;
                self.verified += uploads.iter().filter(|upload| verified(&upload.state)).count();
            }
            _ => {}
        }
    }
}

#[test]
fn a_window_shows_what_another_home_does_and_sends_what_is_dropped() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("first");
    let album = home.create_album("Tour").unwrap().id;
    drop(centre.home("second"));
    let mut window = Window::open(centre.config("second"));
    window.until("in step", |w| w.in_step && w.library.album(album).is_some());

    let pictures = centre.pictures(6);
    upload(&home, album, &pictures);
    let sent = Instant::now();
    window.until("shown", |w| w.library.photo_count() == 6);
    assert!(sent.elapsed() < Duration::from_secs(20), "late by {:?}", sent.elapsed());

    let ids: Vec<_> =
        window.library.album(album).unwrap().photos().map(|photo| photo.id()).collect();
    let want = |rendition| Want { photo: ids[0], rendition, fit: PixelSize::new(40, 40) };
    let wants = [Rendition::Thumbnail, Rendition::Screen, Rendition::Original].map(want);
    window.engine.want(WantList { wants: wants.to_vec() });
    window.until("painted", |w| w.pictures.len() == 3);
    let mut painted = window.pictures.clone();
    painted.sort_by_key(|(rendition, _)| *rendition);
    assert_eq!(painted[0], (Rendition::Thumbnail, PixelSize::new(40, 30)));
    assert_eq!(painted[2], (Rendition::Original, PixelSize::new(64, 48)));

    let more = centre.pictures(9);
    window.engine.request(Request::Upload {
        album,
        paths: vec![more],
        options: UploadOptions::default(),
    });
    // Six of the nine are there already.
    window.until("sent", |w| w.verified >= 3 && w.library.photo_count() == 9);

    let shown = window.library.clone();
    let begun = Instant::now();
    drop(window);
    assert!(begun.elapsed() < Duration::from_secs(20), "stops at once");
    let mut again = Window::open(centre.config("second"));
    again.until("read again", |w| w.library.photo_count() == 9);
    again.until("signed in", |w| matches!(w.account, Some(AccountState::SignedIn { .. })));
    again.until("in step", |w| w.in_step);
    assert!(again.library == shown, "what is loaded is what was shown");
}

#[test]
fn pictures_that_are_pasted_at_once_are_all_sent() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("home");
    let album = home.create_album("Pasted").unwrap().id;
    drop(home);
    let mut window = Window::open(centre.config("home"));
    window.until("in step", |w| w.in_step && w.library.album(album).is_some());
    for shade in 0..6_u8 {
        let size = PixelSize::new(64, 48);
        let rgba = [shade * 40, 90, 20, 255].repeat(64 * 48);
        let picture = Arc::new(heliogram::model::Bitmap::new(size, rgba).unwrap());
        window.engine.request(Request::UploadPicture { album, picture });
    }
    window.until("all sent", |w| w.verified >= 6 && w.library.photo_count() == 6);
}

#[test]
fn what_is_handed_in_just_before_quitting_is_sent_in_the_next_run() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("home");
    let album = home.create_album("Tour").unwrap().id;
    drop(home);
    let mut window = Window::open(centre.config("home"));
    window.until("in step", |w| w.in_step && w.library.album(album).is_some());
    let (some, others) = (centre.pictures(5), centre.pictures(7));
    let options = UploadOptions::default;
    window.engine.request(Request::Upload { album, paths: vec![some], options: options() });
    window.engine.request(Request::UploadFolders { folders: vec![others], options: options() });
    drop(window);
    let mut again = Window::open(centre.config("home"));
    again.until("sent", |w| w.library.photo_count() == 12 && w.library.albums().count() == 2);
    let titles: Vec<_> = again.library.albums().map(|shelf| shelf.album.title.clone()).collect();
    assert!(titles.contains(&"pictures-7".to_owned()), "{titles:?}");
}

/// A home's records, while nothing else uses them.
fn records(config: &Config) -> Store {
    let (data, cache) = (config.places.data.clone(), config.places.cache.clone());
    Store::open(StoreOptions { data, cache, thumbnail_budget: 1 << 20, original_budget: 1 << 20 })
        .unwrap()
}

#[test]
fn only_what_is_not_in_the_queue_yet_is_handed_in_again() {
    // Each call to make an album has to wait for an hour.
    let rule = FloodRule { method: "channels.createChannel".into(), every: 2, seconds: 3600 };
    let centre = Centre::start(Faults { flood: vec![rule], ..Faults::default() });
    let home = centre.home("home");
    home.create_album("pictures-5").unwrap();
    drop(home);
    let config = centre.config("home");
    let mut window = Window::open(config.clone());
    window.until("in step", |w| w.in_step && w.library.albums().count() == 1);
    let (here, made) = (centre.pictures(5), centre.pictures(7));
    let folders = vec![here, made.clone()];
    window.engine.request(Request::UploadFolders { folders, options: UploadOptions::default() });
    window.until("sent", |w| w.library.photo_count() == 5);
    drop(window);
    let left = records(&config).handed_in().unwrap();
    let [(_, handed)] = left.as_slice() else { panic!("one that waits: {left:?}") };
    assert_eq!(handed.paths, [ExactPath(made)]);
}

#[test]
fn what_was_paused_stays_paused_when_its_folder_is_handed_in_again() {
    let centre = Centre::start(Faults::default());
    let home = centre.home("home");
    let album = home.create_album("Tour").unwrap().id;
    drop(home);
    let config = centre.config("home");
    let folder = centre.pictures(2);
    let paused = JournalEntry {
        id: UploadId(5),
        order: 1,
        album,
        path: folder.join("0.jpg"),
        random_id: 6,
        bytes: 0,
        modified: 0,
        sha256: None,
        part_size: 512 * 1024,
        acknowledged: PartSet::default(),
        as_photo: false,
        strip: None,
        caption: String::new(),
        taken: None,
        blur: None,
        stage: JournalStage::Paused,
    };
    let handed = HandedIn {
        album: Some(album),
        paths: vec![ExactPath(folder)],
        as_photo: false,
        caption: "Later".to_owned(),
        strip: None,
    };
    let store = records(&config);
    store.journal_put(vec![paused.clone()]).wait().unwrap();
    store.hand_in(7, handed).wait().unwrap();
    drop(store);
    let mut window = Window::open(config.clone());
    window.until("the other is sent", |w| w.verified >= 1 && w.library.photo_count() >= 1);
    drop(window);
    let store = records(&config);
    assert_eq!(store.handed_in().unwrap(), []);
    let journal = store.journal().unwrap();
    let still = journal.iter().find(|entry| entry.path == paused.path);
    assert_eq!(still, Some(&paused));
}
