//! What one does with photos in hand, against a server: what their files tell, saving them, handing
//! them to other programs, videos in a player while they come.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/dated.rs"]
mod dated;
#[path = "support/world.rs"]
mod world;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use heliogram::config::Config;
use heliogram::engine::{
    Engine, Event, Fetching, PhotoEvent, PhotoRequest, Request, SaveTo, Trouble,
};
use heliogram::model::{AlbumShelf, Details, Library, PhotoId, Shot, Taken, Verified};
use heliogram::sandbox::Conditions;
use world::{World, assert_same_files, download, jpeg, noise, read_folder, until, upload};

const LIMIT: Duration = Duration::from_mins(1);
/// 2024-01-31 14:22:33 where the camera was, two hours ahead of UTC.
const THEN: u64 = 1_706_710_953;
const TEXT: &str = "2024:01:31 14:22:33";

/// A window without pixels.
struct Window {
    engine: Engine,
    library: Library,
    told: Vec<PhotoEvent>,
    troubles: Vec<Trouble>,
}

impl Window {
    fn open(config: Arc<Config>) -> Self {
        let engine = Engine::start(config, Arc::new(|| {})).unwrap();
        Self { engine, library: Library::new(), told: Vec::new(), troubles: Vec::new() }
    }

    fn take(&mut self) {
        while let Some(event) = self.engine.poll() {
            match event {
                Event::Changed(news) => self.library = news.library,
                Event::Photo(event) => self.told.push(event),
                Event::Trouble(trouble) => self.troubles.push(trouble),
                _ => {}
            }
        }
    }

    fn ask(&self, request: PhotoRequest) {
        self.engine.request(Request::Photo(request));
    }

    /// The first answer of which `wanted` makes something; what came before it is forgotten.
    #[track_caller]
    fn answer<T>(&mut self, wanted: impl Fn(PhotoEvent) -> Option<T>) -> T {
        until("an answer", LIMIT, || {
            self.take();
            let state = format!("{:?} {:?}", self.told, self.troubles);
            self.told.drain(..).find_map(&wanted).ok_or(state)
        })
    }

    #[track_caller]
    fn photo(&mut self, name: &str) -> PhotoId {
        until("the library is read", LIMIT, || {
            self.take();
            let mut photos = self.library.albums().flat_map(AlbumShelf::photos);
            let found = photos.find(|photo| photo.name() == name).map(|photo| photo.id());
            found.ok_or_else(|| format!("{} photos", self.library.photo_count()))
        })
    }

    #[track_caller]
    fn details(&mut self, photo: PhotoId) -> Arc<Details> {
        self.ask(PhotoRequest::Describe(photo));
        self.answer(|event| match event {
            PhotoEvent::Details { photo: of, details } if of == photo => Some(details.unwrap()),
            _ => None,
        })
    }

    #[track_caller]
    fn save(&mut self, photos: &[PhotoId], to: SaveTo) -> (usize, SaveTo) {
        self.ask(PhotoRequest::Save { photos: photos.to_vec(), to });
        self.answer(|event| match event {
            PhotoEvent::Saved { photos, to } => Some((photos, to)),
            _ => None,
        })
    }

    #[track_caller]
    fn ready(&mut self, request: PhotoRequest) -> PathBuf {
        self.ask(request);
        self.answer(|event| match event {
            PhotoEvent::Ready { file, .. } => Some(file),
            _ => None,
        })
    }
}

/// The EXIF block of a camera that tells everything.
fn exif() -> Vec<u8> {
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let ratio = |num, denom| Rational { num, denom };
    let fields = [
        (Tag::Make, text("Fujifilm")),
        (Tag::Model, text("GFX 50S II")),
        (Tag::DateTimeOriginal, text(TEXT)),
        (Tag::OffsetTimeOriginal, text("+02:00")),
        (Tag::ExposureTime, Value::Rational(vec![ratio(1, 320)])),
        (Tag::FNumber, Value::Rational(vec![ratio(11, 1)])),
        (Tag::PhotographicSensitivity, Value::Short(vec![100])),
        (Tag::FocalLength, Value::Rational(vec![ratio(35, 1)])),
        (Tag::LensModel, text("GF 35-70 mm")),
        (Tag::GPSLatitudeRef, text("N")),
        (Tag::GPSLatitude, Value::Rational(vec![ratio(62, 1), ratio(30, 1), ratio(0, 1)])),
        (Tag::GPSLongitudeRef, text("E")),
        (Tag::GPSLongitude, Value::Rational(vec![ratio(7, 1), ratio(45, 1), ratio(0, 1)])),
    ];
    let fields = fields.map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value });
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut out = Cursor::new(Vec::new());
    writer.write(&mut out, false).unwrap();
    out.into_inner()
}

fn shot() -> Shot {
    Shot {
        camera: Some("Fujifilm GFX 50S II".to_owned()),
        lens: Some("GF 35-70 mm".to_owned()),
        exposure_seconds: Some(1.0 / 320.0),
        f_number: Some(11.0),
        iso: Some(100),
        focal_mm: Some(35.0),
        focal_35_mm: None,
        place: heliogram::model::GeoPoint::new(62.5, 7.75, None),
    }
}

/// A photograph with the EXIF in its first segment.
fn photograph(seed: u8, padding: usize) -> Vec<u8> {
    dated::jpeg(&jpeg(seed, 64, 48, padding), &exif())
}

/// A PNG of a few hundred kB with the EXIF at its end.
fn drawing() -> Vec<u8> {
    let picture = image::RgbImage::from_raw(400, 300, noise(5, 400 * 300 * 3)).unwrap();
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, image::ImageFormat::Png).unwrap();
    dated::png(&out.into_inner(), &exif())
}

fn piece(kind: &[u8], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), kind, body].concat()
}

/// As cameras write them: the header behind the film.
fn video(bytes: usize) -> Vec<u8> {
    let mut mvhd = vec![0; 100];
    mvhd[12..16].copy_from_slice(&600_u32.to_be_bytes());
    mvhd[16..20].copy_from_slice(&24_600_u32.to_be_bytes());
    let moov = piece(b"moov", &piece(b"mvhd", &mvhd));
    let film = piece(b"mdat", &noise(3, bytes));
    [piece(b"ftyp", b"isom\0\0\0\0isommp42"), film, moov].concat()
}

/// Sends files from the home `from`, and gives what they hold by name.
fn sent(world: &World, from: &str, files: &[(&str, Vec<u8>)]) {
    let folder = world.folder.path().join("files");
    std::fs::create_dir_all(&folder).unwrap();
    let paths = files.iter().map(|(name, bytes)| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    });
    let paths: Vec<PathBuf> = paths.collect();
    let engine = world.signed_in(from, 0);
    let album = engine.create_album("Norway").unwrap().id;
    upload(&engine, album, &paths).unwrap();
}

/// A window of another home of the same account.
fn window(world: &World) -> Window {
    drop(world.signed_in("here", 0));
    Window::open(world.config("here"))
}

fn modified(path: &Path) -> SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn files_tell_how_they_were_made() {
    let world = World::new(&[]);
    let broken = {
        let mut file = photograph(3, 0);
        file[20..140].fill(0xff);
        file
    };
    let files = [
        ("photo.jpg", photograph(1, 300_000)),
        ("drawing.png", drawing()),
        ("plain.jpg", jpeg(2, 40, 30, 0)),
        ("broken.jpg", broken),
    ];
    sent(&world, "there", &files);
    let mut here = window(&world);
    let taken = Taken { wall_seconds: i64::try_from(THEN).unwrap(), offset_minutes: Some(120) };
    for name in ["photo.jpg", "drawing.png"] {
        let photo = here.photo(name);
        for _ in 0..2 {
            let told = here.details(photo);
            assert_eq!(told.shot, shot(), "{name}");
            assert_eq!((told.taken, told.verified), (Some(taken), None), "{name}");
        }
    }
    for name in ["plain.jpg", "broken.jpg"] {
        let photo = here.photo(name);
        assert_eq!(here.details(photo).shot.place, None, "{name}");
    }
    drop(here);
    // Who sent them knows that they arrived.
    let mut there = Window::open(world.config("there"));
    let photo = there.photo("photo.jpg");
    until("it is known to be verified", LIMIT, || {
        let verified = there.details(photo).verified;
        if verified == Some(Verified::AsSent) { Ok(()) } else { Err(format!("{verified:?}")) }
    });
}

#[test]
fn originals_are_saved_beside_what_is_there_and_are_as_old_as_they_are() {
    let world = World::new(&[]);
    let (one, two) = (photograph(1, 700_000), photograph(2, 90_000));
    sent(&world, "there", &[("one.jpg", one.clone()), ("two.jpg", two.clone())]);
    let mut here = window(&world);
    let both = [here.photo("one.jpg"), here.photo("two.jpg")];
    let folder = world.folder.path().join("saved");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("one.jpg"), b"somebody else's").unwrap();
    std::fs::write(folder.join("two.jpg"), &two).unwrap();
    let before = modified(&folder.join("two.jpg"));

    let saved = here.save(&both, SaveTo::Folder(folder.clone()));
    assert_eq!(saved, (2, SaveTo::Folder(folder.clone())));
    let names = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        files.keys().cloned().collect::<Vec<_>>()
    };
    let files = read_folder(&folder);
    assert_eq!(names(&files), ["one (2).jpg", "one.jpg", "two.jpg"]);
    assert_eq!(files["one.jpg"], b"somebody else's");
    assert!(files["one (2).jpg"] == one && files["two.jpg"] == two);
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(THEN - 7200);
    assert_eq!(modified(&folder.join("one (2).jpg")), then);
    assert_eq!(modified(&folder.join("two.jpg")), before, "the user's own file stays as it is");

    // By a name of one's own; once more: the same file is there.
    for _ in 0..2 {
        let to = folder.join("Førde.jpg");
        let saved = SaveTo::File(to.clone());
        assert_eq!(here.save(&both[..1], saved.clone()), (1, saved));
        assert!(std::fs::read(&to).unwrap() == one);
        assert_eq!(modified(&to), then);
    }
    let (count, other) = here.save(&both[1..], SaveTo::File(folder.join("Førde.jpg")));
    assert_eq!((count, other), (1, SaveTo::File(folder.join("Førde (2).jpg"))));
    assert_eq!(read_folder(&folder).len(), 5);

    // Without a window they are as old.
    let there = world.open("there");
    let album = there.albums().unwrap().remove(0).album;
    let to = world.folder.path().join("downloaded");
    assert_eq!(download(&there, &album, &to).len(), 2);
    assert_eq!(modified(&to.join("one.jpg")), then);
}

#[test]
fn what_belongs_together_stays_apart() {
    let world = World::new(&[]);
    let raw = dated::tiff(&noise(9, 3_000), TEXT);
    let film = dated::mp4(&noise(8, 3_000), 1_706_710_953);
    let files = [("IMG_0001.JPG", photograph(1, 0)), ("IMG_0001.TIF", raw), ("IMG_0001.MOV", film)];
    sent(&world, "there", &files);
    let mut here = window(&world);
    let photos: Vec<PhotoId> = files.iter().map(|(name, _)| here.photo(name)).collect();
    let folder = world.folder.path().join("saved");
    assert_eq!(here.save(&photos, SaveTo::Folder(folder.clone())).0, 3);
    let sent = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    assert_same_files(&read_folder(&folder), &sent);
}

#[test]
fn saving_says_how_far_it_is_and_stops() {
    // Three seconds of this line.
    let conditions = Conditions { line_rate: Some(3 << 20), ..Conditions::default() };
    let world = World::with(&[], conditions, Vec::new());
    sent(&world, "there", &[("long.jpg", photograph(1, 9_000_000))]);
    let mut here = window(&world);
    let photo = here.photo("long.jpg");
    let folder = world.folder.path().join("saved");
    let save = PhotoRequest::Save { photos: vec![photo], to: SaveTo::Folder(folder.clone()) };
    here.ask(save);
    let fetching = |event| match event {
        PhotoEvent::Fetching(fetching) => Some(fetching),
        _ => None,
    };
    let first = here.answer(fetching).expect("it has begun");
    assert_eq!((first.photos, first.done), (1, 0));
    assert!(first.progress.total > 9_000_000, "{first:?}");
    let some = here.answer(|event| match event {
        PhotoEvent::Fetching(Some(now)) if now.progress.bytes > 0 => Some(now),
        _ => None,
    });
    assert!(some.progress.bytes <= some.progress.total, "{some:?}");
    here.ask(PhotoRequest::StopFetching);
    let over = |event| fetching(event).filter(Option::is_none);
    assert_eq!(here.answer(over), None::<Fetching>);
    assert_eq!(read_folder(&folder).len(), 0, "nothing that nobody wants is left");
    let saved = here.save(&[photo], SaveTo::Folder(folder.clone()));
    assert_eq!(saved, (1, SaveTo::File(folder.join("long.jpg"))));
}

#[test]
fn what_is_stopped_leaves_what_is_saved_next_whole() {
    // A third of a second of this line.
    let conditions = Conditions { line_rate: Some(3 << 20), ..Conditions::default() };
    let world = World::with(&[], conditions, Vec::new());
    let photo = photograph(1, 1_000_000);
    sent(&world, "there", &[("photo.jpg", photo.clone())]);
    let mut here = window(&world);
    let id = here.photo("photo.jpg");
    let folder = world.folder.path().join("saved");
    let mut kept = Vec::new();
    for round in 0..8 {
        let save = |name: String| PhotoRequest::Save {
            photos: vec![id],
            to: SaveTo::File(folder.join(name)),
        };
        here.ask(save(format!("stopped {round}.jpg")));
        if round % 2 == 0 {
            here.answer(|event| matches!(event, PhotoEvent::Fetching(_)).then_some(()));
        }
        here.ask(PhotoRequest::StopFetching);
        let name = format!("kept {round}.jpg");
        here.ask(save(name.clone()));
        let file = SaveTo::File(folder.join(&name));
        here.answer(|event| match &event {
            PhotoEvent::Saved { to, .. } if *to == file => Some(()),
            _ => None,
        });
        kept.push(name);
        let found = read_folder(&folder);
        assert!(found.values().all(|bytes| *bytes == photo), "{:?}", found.keys());
        assert!(!found.keys().any(|name| name.starts_with('.')), "{:?}", found.keys());
        assert!(kept.iter().all(|name| found.contains_key(name)), "{:?}", found.keys());
    }
}

#[test]
fn other_programs_get_a_copy_under_a_name_that_starts_nothing() {
    let world = World::new(&[]);
    let (photo, script) = (photograph(1, 5_000), photograph(2, 5_000));
    sent(&world, "there", &[("photo.jpg", photo.clone()), ("x.desktop", script.clone())]);
    let mut here = window(&world);
    for (name, shown, bytes) in
        [("photo.jpg", "photo.jpg", photo), ("x.desktop", "x.desktop.jpg", script)]
    {
        let id = here.photo(name);
        let file = here.ready(PhotoRequest::HandOver(id));
        assert_eq!(file.file_name().unwrap(), shown);
        assert!(std::fs::read(&file).unwrap() == bytes);
        private(&file);
        // What the other program does to it is done to a copy.
        std::fs::write(&file, b"edited").unwrap();
        let again = here.ready(PhotoRequest::HandOver(id));
        assert!(std::fs::read(&again).unwrap() == bytes);
        assert_eq!(std::fs::read(&file).unwrap(), b"edited", "nobody's work is lost");
    }
    let id = here.photo("photo.jpg");
    here.ask(PhotoRequest::Picture(id));
    let picture = here.answer(|event| match event {
        PhotoEvent::Picture { picture, .. } => Some(picture),
        _ => None,
    });
    assert_eq!((picture.size().width, picture.size().height), (64, 48));
}

/// Nobody else may read it.
fn private(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let _ = file;
}

/// What curl says: the status, the headers, the content.
fn curl(arguments: &[&str], url: &str) -> (u16, String, Vec<u8>) {
    let out = Command::new("curl")
        .args(["--silent", "--include", "--max-time", "50"])
        .args(arguments)
        .arg(url)
        .output()
        .expect("this test needs curl");
    assert!(out.status.success(), "{:?}", out.status);
    let end = out.stdout.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(out.stdout[..end].to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, out.stdout[end + 4..].to_vec())
}

#[test]
fn a_video_is_played_while_it_comes() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl to play it");
        return;
    }
    // The whole of it takes four seconds.
    let conditions = Conditions { line_rate: Some(4 << 20), ..Conditions::default() };
    let world = World::with(&[], conditions, Vec::new());
    let film = video(16 << 20);
    sent(&world, "there", &[("film\u{202e}.mp4", film.clone())]);
    let mut here = window(&world);
    let id = here.photo("film\u{202e}.mp4");
    let list = here.ready(PhotoRequest::Play(id));
    private(&list);
    assert_eq!(list.extension().unwrap(), "m3u8");
    let text = std::fs::read_to_string(&list).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "#EXTM3U");
    assert!(lines[1].starts_with("#EXTINF:41,film"), "{text}");
    let url = lines[2];
    assert!(url.starts_with("http://127.0.0.1:") && lines.len() == 3, "{text}");

    // A player looks at the beginning, then at the header behind the film, then into the middle.
    let total = film.len();
    let (last, middle) = (total - 1000, total / 2 + 77);
    for (range, from, to) in [
        ("0-4095".to_owned(), 0, 4096),
        (format!("{last}-"), last, total),
        ("-500".to_owned(), total - 500, total),
        (format!("{middle}-{}", middle + 700_000), middle, middle + 700_001),
    ] {
        let (status, head, bytes) = curl(&["--range", &range], url);
        assert_eq!(status, 206, "{head}");
        assert!(bytes == film[from..to], "{range}: {} bytes", bytes.len());
        assert!(
            head.contains(&format!("content-range: bytes {from}-{}/{total}", to - 1)),
            "{head}"
        );
        assert!(head.contains("accept-ranges: bytes") && head.contains("video/mp4"), "{head}");
    }
    let whole = world.config("here").places.cache.join("originals");
    let files = walkdir::WalkDir::new(whole).into_iter().filter_map(Result::ok);
    let complete = files.filter(|file| {
        let is_whole = file.path().extension().is_none();
        is_whole && file.file_type().is_file()
    });
    assert_eq!(complete.count(), 0, "nothing waited for all of it");

    let (status, head, bytes) = curl(&["--head"], url);
    assert_eq!((status, bytes.len()), (200, 0));
    assert!(head.contains(&format!("content-length: {total}")), "{head}");
    assert_eq!(curl(&["--range", &format!("{total}-")], url).0, 416);
    assert_eq!(curl(&["--data", "x"], url).0, 405);
    let (front, token) = url.rsplit_once('/').unwrap();
    assert!(token.len() >= 43, "256 bits");
    let wrong = format!("{front}/{}A", &token[..token.len() - 1]);
    let wrong =
        if wrong == url { format!("{front}/{}B", &token[..token.len() - 1]) } else { wrong };
    assert_eq!(curl(&[], &wrong).0, 404);
    assert_eq!(curl(&[], front).0, 404);
    // A page that has its own name lead here is not heard.
    assert_eq!(curl(&["--header", "Host: example.org"], url).0, 403);
    assert_eq!(curl(&["--header", "Host:"], url).0, 403);
    let (status, _, bytes) = curl(&[], url);
    assert!(status == 200 && bytes == film, "{} bytes", bytes.len());

    // It ends with the window.
    drop(here);
    let gone = Command::new("curl").args(["--silent", "--max-time", "50", url]).status().unwrap();
    assert!(!gone.success());
}
