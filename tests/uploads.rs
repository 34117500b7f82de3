//! Files on their way, in the window: handing them in, the queue and its order, tiles that become
//! photos, what is told when all is over.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, Rect, Shape, TextureId, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heliogram::engine::{
    Event, Request, UploadsEvent, UploadsRequest, VerifyEvent, VerifyOutcome, VerifyReport,
    VerifySummary,
};
use heliogram::model::{AlbumId, Bitmap, Change, PixelSize, Strip, Upload, UploadId, UploadState};
use heliogram::platform::desktop::Desktop;
use played::{Hands as _, Opening, Window, id, library, photo, signed_in, tell};

#[path = "support/played.rs"]
mod played;

fn upload(n: i64, state: UploadState) -> Upload {
    Upload {
        id: UploadId(n),
        order: n.unsigned_abs() * 10,
        album: AlbumId(2),
        path: format!("/photos/F{n:05}.jpg").into(),
        bytes: 1_000_000,
        size: PixelSize::new(6000, 4000),
        taken: None,
        as_photo: false,
        strip: None,
        state,
        photo: None,
    }
}

fn changed(uploads: Vec<Upload>) -> Event {
    Event::Uploads(UploadsEvent::Changed(uploads))
}

fn failed(reason: &str) -> UploadState {
    UploadState::Failed { reason: reason.to_owned() }
}

fn open() -> Window<'static> {
    Window::open(vec2(1440.0, 900.0), &library(6, 6))
}

/// The window on the screen of uploads.
fn queue(uploads: Vec<Upload>) -> Window<'static> {
    let mut window = open();
    window.say(changed(uploads));
    let row = window.harness.get_by_label_contains("Uploads, ");
    row.click();
    window.settle();
    window
}

/// What is asked once a thread of the window has done its part.
fn asked_at_last(window: &mut Window<'_>) -> Vec<Request> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        window.settle();
        let asked = window.asked();
        if !asked.is_empty() {
            return asked;
        }
        assert!(Instant::now() < deadline, "nothing is asked: {:?}", window.harness.root());
        std::thread::yield_now();
    }
}

/// Names in the list, from the top.
fn listed(window: &Window<'_>) -> Vec<String> {
    let rows = window.harness.query_all_by_label_contains("Do not send F");
    let mut rows: Vec<(i32, String)> = rows
        .map(|row| {
            #[expect(clippy::cast_possible_truncation, reason = "points")]
            let y = row.rect().min.y as i32;
            (y, row.accesskit_node().label().unwrap().replace("Do not send ", ""))
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, name)| name).collect()
}

/// Folders on the disk, with a file in each.
fn folders(home: &Path) -> [PathBuf; 2] {
    ["Alps", "Garden"].map(|name| {
        let folder = home.join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("a.jpg"), b"a").unwrap();
        folder
    })
}

#[test]
fn folders_can_become_albums_and_files_go_where_they_were_dropped() {
    let home = tempfile::tempdir().unwrap();
    let [alps, garden] = folders(home.path());
    let file = home.path().join("b.jpg");
    std::fs::write(&file, b"b").unwrap();
    let mut window = open();
    window.click("Album Norway, 6 photos");
    window.drop_files(&[&alps, &file, &garden]);
    assert!(window.asked().is_empty(), "it is asked first");
    window.click("An album for each folder: “Alps” and “Garden”");
    window.click("Remove location");
    window.click("Remove all metadata");
    window.click("As photos, compressed by Telegram");
    window.write("Caption", "Summer");
    window.click("Send");
    let asked = window.asked();
    let [
        Request::UploadFolders { folders, options },
        Request::Upload { album, paths, options: same },
    ] = asked.as_slice()
    else {
        panic!("two requests: {asked:?}")
    };
    assert_eq!(folders, &[alps, garden]);
    assert_eq!((*album, paths.as_slice()), (AlbumId(2), [file].as_slice()));
    for options in [options, same] {
        assert_eq!((options.as_photo, options.caption.as_str()), (true, "Summer"));
        assert_eq!(options.strip, None, "of photos Telegram takes it out");
    }
    assert!(!window.shows("How to send"));
}

#[test]
fn folders_that_nobody_says_anything_about_are_sent_as_they_were_dropped() {
    let home = tempfile::tempdir().unwrap();
    let [alps, _] = folders(home.path());
    let mut window = Window::open_with(Opening {
        step: 0.5,
        first: signed_in(),
        ..Opening::new(vec2(1200.0, 800.0))
    });
    window.change(&library(6, 6));
    window.drop_files(&[&alps]);
    window.harness.run_steps(60);
    let asked = window.asked();
    let [Request::Upload { album, paths, options }] = asked.as_slice() else {
        panic!("one request: {asked:?}")
    };
    assert_eq!((*album, paths.as_slice()), (AlbumId(2), [alps].as_slice()));
    assert!(!options.as_photo && options.caption.is_empty());
}

#[test]
fn folders_need_no_album_before_and_may_be_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let [alps, garden] = folders(home.path());
    let mut window = Window::open(vec2(1200.0, 800.0), &[]);
    window.drop_files(&[&alps]);
    window.click("Do not send");
    assert!(window.asked().is_empty());
    window.drop_files(&[&garden]);
    // With the keyboard in it, it waits.
    window.write("Caption", "x");
    window.click("Remove location");
    window.click("Send");
    let asked = window.asked();
    let [Request::UploadFolders { options, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(options.strip, Some(Strip::Location));
}

#[test]
fn closing_the_window_sends_nothing_that_was_still_asked_about() {
    let home = tempfile::tempdir().unwrap();
    let [alps, garden] = folders(home.path());
    let mut window = open();
    window.click("Album Norway, 6 photos");
    window.drop_files(&[&alps]);
    window.drop_files(&[&garden]);
    assert!(window.shows("How to send"));
    eframe::App::on_exit(window.harness.state_mut(), None);
    let asked = window.asked();
    assert!(asked.is_empty(), "nobody answered: {asked:?}");
}

#[test]
fn a_picture_on_the_clipboard_is_sent_to_the_open_album() {
    let mut window = with_clipboard(&[]);
    window.click("Album Norway, 6 photos");
    let image = egui::ColorImage::from_rgba_unmultiplied([2, 1], &[1, 2, 3, 255, 4, 5, 6, 255]);
    window.harness.event(egui::Event::PasteImage(Arc::new(image)));
    window.settle();
    let asked = asked_at_last(&mut window);
    let [Request::UploadPicture { album, picture }] = asked.as_slice() else {
        panic!("one picture: {asked:?}")
    };
    assert_eq!((*album, picture.rgba()), (AlbumId(2), [1, 2, 3, 255, 4, 5, 6, 255].as_slice()));
}

/// A desktop whose clipboard names files.
struct Copied(Vec<PathBuf>);

impl Desktop for Copied {
    fn open(&self, _what: &OsStr) -> std::io::Result<()> {
        Err(std::io::ErrorKind::NotFound.into())
    }

    fn copy(&self, _picture: &Bitmap) -> Result<(), String> {
        Err("not here".to_owned())
    }

    fn files(&self) -> Vec<PathBuf> {
        self.0.clone()
    }
}

fn with_clipboard(files: &[&str]) -> Window<'static> {
    let files = files.iter().map(PathBuf::from).collect();
    let desktop: Arc<dyn Desktop> = Arc::new(Copied(files));
    let (first, desktop) = (signed_in(), Some(desktop));
    let mut window =
        Window::open_with(Opening { first, desktop, ..Opening::new(vec2(1440.0, 900.0)) });
    window.change(&library(6, 6));
    window
}

#[test]
fn files_that_a_file_manager_copied_are_sent_and_go_before_their_picture() {
    let mut window = with_clipboard(&["/photos/a.jpg", "/photos/b.jpg"]);
    window.click("Album Norway, 6 photos");
    // The window system tells nothing of a list of files but that the key comes up.
    let key_up = || egui::Event::Key {
        key: Key::V,
        physical_key: None,
        pressed: false,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    };
    let image = egui::ColorImage::from_rgba_unmultiplied([1, 1], &[1, 2, 3, 255]);
    for told in [None, Some(egui::Event::PasteImage(Arc::new(image)))] {
        for event in told.into_iter().chain([key_up()]) {
            window.harness.event(event);
            window.settle();
        }
        let asked = asked_at_last(&mut window);
        let [Request::Upload { album, paths, .. }] = asked.as_slice() else {
            panic!("two files, once: {asked:?}")
        };
        assert_eq!(*album, AlbumId(2));
        assert_eq!(paths, &[PathBuf::from("/photos/a.jpg"), "/photos/b.jpg".into()]);
    }
    // What the letter alone had pasted would come before what is pasted after it.
    window.press(Key::V);
    window.harness.event(key_up());
    let asked = asked_at_last(&mut window);
    assert_eq!(asked.len(), 1, "the letter alone pastes nothing: {asked:?}");
}

#[test]
fn an_album_is_verified_and_compared_with_a_folder() {
    let mut window = open();
    window.click("Album Norway, 6 photos");
    window.click("More about this album");
    window.click("Verify album");
    let asked = window.asked();
    let [Request::Verify { album: AlbumId(2), paths }] = asked.as_slice() else {
        panic!("a verification: {asked:?}")
    };
    assert!(paths.is_empty());
    let album = AlbumId(2);
    let progress = VerifyEvent::Progress { album, done: 3, total: 6, failed: 1 };
    window.say(Event::Verify(progress));
    assert!(window.shows("3 of 6 compared, 1 not as it should be"));
    window.click("Stop verifying");
    let asked = window.asked();
    assert!(matches!(asked.as_slice(), [Request::StopVerifying { album: AlbumId(2) }]));
    let report = VerifyReport {
        photo: None,
        name: "DSC00002.jpg".to_owned(),
        bytes: 1,
        path: None,
        result: Err("Telegram holds other bytes".to_owned()),
    };
    let summary = VerifySummary { photos: 5, failed: 1, ..VerifySummary::default() };
    let (failed, safe) = (vec![report], Vec::new());
    let outcome = VerifyOutcome { album, summary, failed, safe, stopped: false };
    window.say(Event::Verify(VerifyEvent::Over(outcome)));
    assert!(window.shows("5 photos of Norway whole; 1 is not as it should be."));
    window.click("Compare with a folder");
    let asked = asked_at_last(&mut window);
    let [Request::Verify { paths, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(paths, &[window.saved_to()]);
    // Closed, it says so where one is.
    window.press(Key::Escape);
    let summary = VerifySummary { photos: 6, safe: 2, ..VerifySummary::default() };
    let (failed, safe) = (Vec::new(), vec!["/a".into(), "/b".into()]);
    let outcome = VerifyOutcome { album, summary, failed, safe, stopped: false };
    window.say(Event::Verify(VerifyEvent::Over(outcome)));
    assert!(window.shows("Telegram holds all of Norway byte for byte: 6 photos."));
}

#[test]
fn the_list_has_groups_in_the_order_of_the_queue_and_folds_what_waits() {
    let mut window = queue(vec![
        upload(5, UploadState::Queued),
        upload(4, UploadState::Queued),
        upload(6, UploadState::Queued),
        upload(3, UploadState::Sending { sent: 430_000 }),
        upload(9, failed("The file changed while it was being read")),
        upload(2, UploadState::Waiting { sent: 0, until: i64::MAX }),
    ]);
    assert_eq!(
        listed(&window),
        ["F00009.jpg", "F00002.jpg", "F00003.jpg", "F00004.jpg", "F00005.jpg"]
    );
    window.click("1 more queued");
    assert_eq!(listed(&window).len(), 6);
    window.click("Queued, 3");
    assert_eq!(listed(&window), ["F00004.jpg", "F00005.jpg", "F00006.jpg"]);
    // The engine says that one stands elsewhere now.
    window.say(changed(vec![Upload { order: 1, ..upload(6, UploadState::Queued) }]));
    assert_eq!(listed(&window), ["F00006.jpg", "F00004.jpg", "F00005.jpg"]);
    window.click("Failed, 1");
    assert_eq!(listed(&window), ["F00009.jpg"]);
}

#[test]
fn a_queued_file_is_moved_by_menu_and_by_hand() {
    let mut window = queue((1..=5).map(|n| upload(n, UploadState::Queued)).collect());
    window.click("Queued, 5");
    let mut moved = |label: &str| {
        window.click("Move F00003.jpg");
        window.click(label);
        let asked = window.asked();
        let [Request::Uploads(UploadsRequest::Move { upload: UploadId(3), before })] =
            asked.as_slice()
        else {
            panic!("a move: {asked:?}")
        };
        before.map(|id| id.0)
    };
    let labels = ["Send first", "Move up", "Move down", "Send last"];
    assert_eq!(labels.map(&mut moved), [Some(1), Some(2), Some(5), None]);

    let row = |window: &Window<'_>, name: &str| {
        let label = format!("Do not send {name}");
        window.harness.get_by_label(&label).rect().center().y
    };
    let x = 400.0;
    let from = egui::pos2(x, row(&window, "F00004.jpg"));
    let to = egui::pos2(x, row(&window, "F00002.jpg") - 20.0);
    window.drag(from, to, Modifiers::NONE);
    window.release(to);
    let asked = window.asked();
    let [Request::Uploads(UploadsRequest::Move { upload: UploadId(4), before: Some(UploadId(2)) })] =
        asked.as_slice()
    else {
        panic!("a move: {asked:?}")
    };
}

#[test]
fn of_ten_thousand_files_only_those_in_view_are_made() {
    let mut window = queue((1..=10_000).map(|n| upload(n, UploadState::Queued)).collect());
    // So many are taken in over some frames.
    let deadline = Instant::now() + Duration::from_mins(1);
    while !window.shows("9,998 more queued") {
        assert!(Instant::now() < deadline, "{:?}", window.harness.root());
        window.settle();
    }
    window.click("9,998 more queued");
    assert!((5..30).contains(&listed(&window).len()), "{:?}", listed(&window));
    assert!(window.shows("Queued, 10,000"));
    let shown = window.engine.shown();
    assert!(shown.contains(&UploadId(1)) && shown.len() < 60, "{}", shown.len());
    window.click("Cancel all");
    assert!(window.asked().is_empty(), "asked first");
    window.click("Stop sending");
    assert!(matches!(window.asked().as_slice(), [Request::Uploads(UploadsRequest::CancelAll)]));
}

#[test]
fn the_wheel_over_a_sheet_leaves_the_list_below_alone() {
    let mut window = queue((1..=200).map(|n| upload(n, UploadState::Queued)).collect());
    window.click("Queued, 200");
    let wheel = |window: &mut Window<'_>| {
        window.move_to(egui::pos2(720.0, 600.0));
        window.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: vec2(0.0, -900.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        window.harness.run_steps(60);
        listed(window)
    };
    let before = listed(&window);
    window.press_with(Modifiers::COMMAND, Key::Comma);
    let keys = window.harness.query_by_label("Show all keys").is_some();
    assert_eq!(wheel(&mut window), before);
    assert!(keys || window.harness.query_by_label("Show all keys").is_some(), "the sheet scrolls");
    window.press(Key::Escape);
    assert_ne!(wheel(&mut window), before, "uncovered, the list scrolls");
}

#[test]
fn the_summary_names_every_failure() {
    let skipped = UploadState::Skipped { reason: "Already in Norway".to_owned() };
    let mut window = queue(vec![
        upload(1, UploadState::Verified),
        upload(2, failed("It cannot be read")),
        upload(3, failed("It is empty")),
        upload(4, skipped),
    ]);
    window.click("Retry failed");
    assert!(matches!(window.asked().as_slice(), [Request::Uploads(UploadsRequest::RetryAll)]));
    window.harness.get_by_label("Copy summary").click();
    let mut copied = None;
    for _ in 0..5 {
        window.harness.step();
        let commands = &window.harness.output().platform_output.commands;
        copied = copied.or_else(|| {
            commands.iter().find_map(|command| match command {
                egui::OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        });
    }
    let expected = "To Norway\n1 verified, 1 skipped, 2 failed\n\nFailed\n\
                    /photos/F00002.jpg: It cannot be read\n/photos/F00003.jpg: It is empty\n\n\
                    Skipped\n/photos/F00004.jpg: Already in Norway\n";
    assert_eq!(copied.as_deref(), Some(expected));
}

#[test]
fn who_looks_elsewhere_is_told_when_all_is_sent() {
    let said = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&said);
    let mut window = Window::open_with(Opening {
        first: signed_in(),
        notifier: Some(Box::new(move |title, _| heard.borrow_mut().push(title.to_owned()))),
        ..Opening::new(vec2(1200.0, 800.0))
    });
    window.change(&library(6, 6));
    let send = |window: &mut Window<'_>, state: UploadState, focused: bool| {
        window.harness.input_mut().focused = focused;
        window.say(changed(vec![upload(1, UploadState::Sending { sent: 1 })]));
        window.say(changed(vec![upload(1, state)]));
        std::mem::take(&mut *said.borrow_mut())
    };
    assert!(send(&mut window, UploadState::Verified, true).is_empty(), "it is seen");
    assert_eq!(send(&mut window, UploadState::Verified, false), ["All uploads are verified"]);
    assert_eq!(send(&mut window, failed("gone"), false), ["Uploads need attention"]);
    let skipped = UploadState::Skipped { reason: "Already in Norway".to_owned() };
    assert_eq!(send(&mut window, skipped, false), ["Nothing new was sent"]);
    window.harness.input_mut().focused = true;
    window.press_with(Modifiers::COMMAND, Key::Comma);
    window.click("Notify when all is sent, or something needs attention");
    let asked = window.asked();
    let [Request::Settings(settings)] = asked.as_slice() else { panic!("settings: {asked:?}") };
    assert!(!settings.uploads.notify && settings.uploads.stay_awake);
    window.press(Key::Escape);
    assert!(send(&mut window, UploadState::Verified, false).is_empty());
}

#[test]
fn what_was_left_of_the_last_run_goes_on_and_says_so() {
    let mut window = open();
    window.say(Event::Uploads(UploadsEvent::GoesOn { files: 12 }));
    assert!(window.shows("Sending goes on: 12 files left from the last time"));
}

/// Rectangles that show a picture in the last frame.
fn pictures(window: &Window<'_>) -> Vec<Rect> {
    fn collect(shape: &Shape, found: &mut Vec<Rect>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, found)),
            other if other.texture_id() != TextureId::default() => {
                found.push(other.visual_bounding_rect());
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for clipped in &window.harness.output().shapes {
        collect(&clipped.shape, &mut found);
    }
    found
}

/// The file's own picture, then the photo's: at every place that the tile has, also where the
/// photo's date moves it to another day, and whatever is told first.
#[test]
fn no_frame_lacks_a_picture_while_a_file_becomes_its_photo() {
    for (days, photo_first) in [(0, true), (0, false), (400, true), (400, false)] {
        let mut window = Window::open(vec2(1200.0, 900.0), &library(6, 6));
        window.say(changed(vec![upload(7, UploadState::Sending { sent: 10 })]));
        assert!(pictures(&window).is_empty(), "nothing has a picture yet");
        let bitmap = Arc::new(Bitmap::new(PixelSize::new(48, 32), vec![200; 48 * 32 * 4]).unwrap());
        window.say(Event::Uploads(UploadsEvent::Thumbnail { upload: UploadId(7), bitmap }));
        let whole = pictures(&window);
        assert!(!whole.is_empty(), "the file shows its picture");
        let size = whole[0].size();
        let mut sent = photo(2, 7, days);
        if let Change::Photo(photo) = &mut sent {
            photo.name = "F00007.jpg".to_owned();
            (photo.taken, photo.size) = (None, PixelSize::new(6000, 4000));
        }
        let became = |state| Upload { photo: Some(id(2, 7)), ..upload(7, state) };
        let news = tell(&mut window.engine.library(), &[sent]);
        let told = changed(vec![became(UploadState::Sent)]);
        let order = if photo_first { [news, told] } else { [told, news] };
        for event in order.into_iter().chain([changed(vec![became(UploadState::Verified)])]) {
            window.engine.say(event);
            for frame in 0..20 {
                window.harness.step();
                let shown = pictures(&window);
                let is_whole = shown.iter().any(|rect| (rect.size() - size).length() < 2.0);
                assert!(is_whole, "frame {frame}, {days} days, {photo_first}: {shown:?} of {size}");
            }
        }
        assert!(window.shows("Photo F00007.jpg"));
    }
}
