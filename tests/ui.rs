//! The whole window in front of an engine that the test plays.

#[path = "support/played.rs"]
mod played;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use egui::{Key, Modifiers, ViewportId, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heliogram::engine::{
    AccountRequest, AccountState, ConnectionState, Event, News, Picture, Remedy, Request, Trouble,
    UploadsEvent, UploadsRequest, WantList,
};
use heliogram::model::{
    AlbumId, Bitmap, Blur, Change, Library, MessageId, PhotoId, PixelSize, Rendition, Taken,
    Touched, Upload, UploadId, UploadState,
};
use heliogram::ui::Outcome;
use played::{Hands as _, Opening, Window, album, id, signed_in, tell};

/// A window in which these things have happened. Its frames are far apart.
fn open<'a>(first: Vec<Event>) -> Window<'a> {
    Window::open_with(opening(first))
}

fn opening(first: Vec<Event>) -> Opening {
    Opening { first, step: 0.25, ..Opening::new(vec2(1440.0, 900.0)) }
}

/// Photo number `message`: the higher, the newer; three a day.
fn photo(album: i64, message: i32) -> Change {
    let Change::Photo(mut photo) = played::photo(album, message, message / 3) else {
        unreachable!("it is a photo")
    };
    photo.name = format!("DSC{message:04}.jpg");
    photo.bytes = 24_100_000;
    Change::Photo(photo)
}

/// Two albums, the second and newer one with `photos` photos.
fn library(photos: i32) -> Vec<Event> {
    let mut changes = vec![album(1, "Arezzo"), album(2, "Norway 2026")];
    changes.extend((1..=photos).map(|message| photo(2, message)));
    let mut events = signed_in();
    events.push(tell(&mut Library::new(), &changes));
    events
}

fn trouble(sentence: &str) -> Trouble {
    Trouble { sentence: sentence.to_owned(), cause: None, remedy: Remedy::None }
}

fn picture(photo: PhotoId, rendition: Rendition, colour: [u8; 4]) -> Event {
    let size = PixelSize::new(320, 200);
    let bitmap = Bitmap::new(size, colour.repeat(320 * 200)).expect("as many pixels");
    Event::Picture(Picture::new(photo, rendition, Ok(Arc::new(bitmap))))
}

#[test]
fn signing_in_goes_from_number_to_code_to_password() {
    let mut window = open(vec![Event::Account(AccountState::NeedsPhone)]);
    window.write("Phone number", "+47 412 34 567");
    window.click("Continue");
    let asked = window.engine.asked();
    assert!(
        matches!(asked.as_slice(), [Request::Account(AccountRequest::SendCode { phone })] if phone == "+4741234567")
    );

    window.say(Event::Account(AccountState::NeedsCode {
        phone: "+47 412 34 567".to_owned(),
        length: 5,
        sent_where: "to your other devices".to_owned(),
        resend_after: Some(Duration::from_mins(1)),
    }));
    assert!(!window.shows("Send another code"), "not before its time");
    window.write("Code", "12345");
    let asked = window.engine.asked();
    assert!(
        matches!(asked.as_slice(), [Request::Account(AccountRequest::SignIn { code })] if code.as_str() == "12345"),
        "the last digit sends the code"
    );
    window.say(Event::Trouble(trouble("That code is not right.")));
    assert!(window.shows("That code is not right."));
    assert_eq!(window.harness.get_by_label("Code").value().as_deref(), Some(""));

    window.say(Event::Account(AccountState::NeedsPassword { hint: Some("the usual".to_owned()) }));
    assert!(!window.shows("That code is not right."));
    window.write("Password", "secret");
    window.press(Key::Enter);
    let asked = window.engine.asked();
    assert!(
        matches!(asked.as_slice(), [Request::Account(AccountRequest::CheckPassword { password })] if password.as_str() == "secret")
    );
    for event in signed_in() {
        window.engine.say(event);
    }
    window.settle();
    assert!(window.shows("Looking for your albums"));
    window.say(Event::Sync(None));
    assert!(window.shows("Begin with an album"));
}

#[test]
fn a_number_without_a_country_is_not_sent() {
    let mut window = open(vec![Event::Account(AccountState::NeedsPhone)]);
    window.write("Phone number", "412 34 567");
    window.press(Key::Enter);
    window.click("Continue");
    assert!(window.engine.asked().is_empty());
}

#[test]
fn the_key_to_telegram_is_asked_for_once_and_checked() {
    let mut window = open(vec![Event::Account(AccountState::NeedsApi)]);
    window.write("api_id", "12345");
    window.write("api_hash", "0123456789abcdef0123456789abcde");
    window.click("Continue");
    assert!(window.engine.asked().is_empty(), "31 characters are no hash");
    window.write("api_hash", "f");
    window.click("Continue");
    let asked = window.engine.asked();
    assert!(matches!(
        asked.as_slice(),
        [Request::Account(AccountRequest::UseApi { id: 12345, .. })]
    ));
}

#[test]
fn the_demo_is_left_to_whoever_opened_the_window() {
    let mut window = open(vec![Event::Account(AccountState::NeedsPhone)]);
    window.click("Try the demo");
    assert_eq!(window.outcome.get(), Outcome::TryDemo);
    assert!(window.engine.asked().is_empty());
}

#[test]
fn a_new_album_is_named_made_and_opened() {
    let mut window = open(signed_in());
    window.press_with(Modifiers::COMMAND, Key::N);
    window.write("Album title", "Garden");
    window.press(Key::Enter);
    let asked = window.engine.asked();
    assert!(matches!(asked.as_slice(), [Request::CreateAlbum { title }] if title == "Garden"));
    window.change(&[album(9, "Garden")]);
    assert!(window.shows("Album Garden, 0 photos"));
    assert!(window.shows("Nothing here yet"));
}

#[test]
fn a_click_opens_a_photo_and_esc_goes_back_to_the_same_place() {
    let mut window = open(library(400));
    // Away from the top first.
    window.press(Key::PageDown);
    window.press(Key::PageDown);
    let tile = |window: &Window<'_>| {
        let mut tiles = window.harness.query_all_by_label_contains("Photo DSC");
        tiles
            .find(|tile| tile.rect().center().y > 300.0)
            .map(|tile| (tile.accesskit_node().label().unwrap_or_default(), tile.rect()))
    };
    let (name, before) = tile(&window).unwrap();
    window.click(&name);
    assert!(window.shows("Back"));
    assert!(!window.shows("Upload"), "the viewer covers the gallery");
    window.press(Key::Escape);
    window.settle();
    assert!(!window.shows("Back"));
    assert_eq!(window.harness.get_by_label(&name).rect(), before);
}

#[test]
fn the_viewer_walks_and_brings_the_grid_along() {
    let mut window = open(library(400));
    window.harness.get_by_label_contains("Photo DSC0400.jpg").click();
    window.settle();
    for _ in 0..60 {
        window.press(Key::ArrowRight);
    }
    let wants = window.engine.wants().wants;
    assert!(
        wants.iter().any(|w| w.photo == id(2, 340) && w.rendition == Rendition::Screen),
        "the photo that is shown is wanted for the screen"
    );
    window.press(Key::Escape);
    window.settle();
    assert!(window.shows("Photo DSC0340.jpg"), "its tile has come into view");
}

/// Told which photos were touched, or only that any may have been.
#[test]
fn a_snapshot_tells_what_happened_to_each_photo() {
    for touched in [false, true] {
        let mut events = library(12);
        events.push(Event::Uploads(UploadsEvent::Changed(vec![Upload {
            id: UploadId(1),
            order: 1,
            album: AlbumId(2),
            path: "DSC0013.jpg".into(),
            bytes: 24_100_000,
            size: PixelSize::new(6000, 4000),
            taken: None,
            as_photo: false,
            strip: None,
            state: UploadState::Sending { sent: 43 },
            photo: None,
        }])));
        let mut window = open(events);
        for message in [12, 11] {
            window.say(picture(id(2, message), Rendition::Thumbnail, [200, 40, 40, 255]));
        }
        let wants = |window: &Window<'_>, message: i32, rendition: Rendition| {
            let wants = window.engine.wants().wants;
            wants.iter().any(|w| w.photo == id(2, message) && w.rendition == rendition)
        };
        assert!(!wants(&window, 12, Rendition::Thumbnail));
        window.harness.get_by_label_contains("Photo DSC0006.jpg").click();
        window.settle();

        let Change::Photo(mut edited) = photo(2, 12) else { unreachable!("it is a photo") };
        edited.remote.id = 999;
        let gone = vec![MessageId(6)];
        let changes = [
            Change::Photo(edited),
            photo(2, 13),
            Change::PhotosGone { album: AlbumId(2), messages: gone },
        ];
        let mut library = window.engine.library();
        let news = match tell(&mut library, &changes) {
            Event::Changed(news) if !touched => News { touched: Touched::Everything, ..news },
            Event::Changed(news) => news,
            other => panic!("unexpected {other:?}"),
        };
        window.say(Event::Changed(news));
        assert!(wants(&window, 5, Rendition::Screen), "the next photo takes its place");
        window.press(Key::Escape);
        window.settle();
        assert!(wants(&window, 12, Rendition::Thumbnail), "it is another picture now");
        assert!(!wants(&window, 11, Rendition::Thumbnail), "it is the same picture");
        window.press(Key::Home);
        let tiles = window.harness.query_all_by_label_contains("DSC0013.jpg");
        assert_eq!(tiles.count(), 1, "the file has become its photo");
    }
}

#[test]
fn visible_tiles_are_wanted_first_and_only_until_they_are_there() {
    let mut window = open(library(400));
    let first = window.engine.wants().wants;
    let visible: Vec<_> = first.iter().take(6).map(|want| want.photo.message.0).collect();
    assert!(visible.iter().all(|message| *message > 380), "{visible:?}");
    let thumbnails = |wants: &WantList| {
        let mut wants = wants.wants.iter();
        wants.any(|w| w.photo == id(2, 400) && w.rendition == Rendition::Thumbnail)
    };
    assert!(thumbnails(&window.engine.wants()));
    window.say(picture(id(2, 400), Rendition::Thumbnail, [200, 40, 40, 255]));
    assert!(!thumbnails(&window.engine.wants()));
}

#[test]
fn no_tile_is_blank_in_any_frame_however_wildly_one_scrolls() {
    let mut changes = vec![album(2, "Norway 2026")];
    for message in 1..=20_000 {
        let Change::Photo(mut described) = photo(2, message) else { panic!("a photo") };
        described.blur = Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj");
        if message % 50 == 0 {
            // Telegram has nothing of it to show.
            (described.blur, described.name) = (None, format!("DSC{message}.heic"));
        }
        changes.push(Change::Photo(described));
    }
    let mut events = signed_in();
    events.push(tell(&mut Library::new(), &changes));
    let mut window = open(events);
    window.harness.set_size(vec2(2560.0, 1440.0));
    window.harness.hover_at(pos2(1200.0, 700.0));
    for _ in 0..6 {
        window.harness.input_mut().events.push(egui::Event::Zoom(0.8));
        window.settle();
    }
    let mut tiles = 0;
    for step in 0..90 {
        let keys = [Key::PageDown, Key::PageDown, Key::End, Key::PageUp, Key::Home];
        window.harness.key_press(keys[step % 5]);
        if step > 60 && step % 5 == 0 {
            window.harness.input_mut().events.push(egui::Event::Zoom(1.25));
        }
        let wheel = egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Page,
            delta: vec2(0.0, [-3.0, 2.0, -9.0][step % 3]),
            phase: egui::TouchPhase::Move,
            modifiers: Modifiers::NONE,
            source: egui::MouseWheelSource::Wheel,
        };
        window.harness.input_mut().events.push(wheel);
        window.harness.step();
        let tally = window.harness.state().tally();
        assert_eq!(tally.blank, 0, "in step {step}: {tally:?}");
        tiles = tally.tiles.max(tiles);
    }
    assert!(tiles > 300, "the smallest tiles: {tiles}");
}

#[test]
fn a_picture_that_failed_says_why_and_is_tried_again() {
    let mut window = open(library(3));
    let failed =
        |trouble| Event::Picture(Picture::new(id(2, 3), Rendition::Thumbnail, Err(trouble)));
    window.say(failed(trouble("HEIC is not built in")));
    assert!(window.shows("HEIC is not built in") && !window.shows("Retry"), "it cannot help");
    window.say(failed(Trouble { remedy: Remedy::Retry, ..trouble("File not readable") }));
    window.click("Retry");
    let asked = window.engine.asked();
    assert!(
        matches!(asked.as_slice(), [Request::Retry(photo, Rendition::Thumbnail)] if *photo == id(2, 3))
    );
    let wants = window.engine.wants().wants;
    assert!(wants.iter().any(|w| w.photo == id(2, 3)), "it is wanted again");
}

#[test]
fn messages_in_the_viewer_stand_above_the_filmstrip() {
    let mut window = open(library(12));
    window.harness.get_by_label_contains("Photo DSC0012.jpg").click();
    window.settle();
    window.press(Key::I);
    window.click("Copy link");
    let message = window.harness.get_by_label_contains("Link copied").rect();
    let strip = window.harness.get_by_label("Go to DSC0012.jpg").rect();
    assert!(message.max.y < strip.min.y, "{message} over {strip}");
}

#[test]
fn what_keys_hide_and_enlarge_is_in_the_viewers_menu_and_a_click_brings_it_back() {
    let mut window = open(library(12));
    window.harness.get_by_label_contains("Photo DSC0012.jpg").click();
    window.settle();
    window.click("More");
    assert!(window.shows("Full screen"));
    window.click("Nothing but the photo");
    assert!(!window.shows("Back"));
    window.harness.get_by_label_contains("Showing").click();
    window.settle();
    assert!(window.shows("Back"));
}

#[test]
fn dropped_files_go_to_the_open_album() {
    let mut window = open(library(12));
    window.click("Album Arezzo, 0 photos");
    window.drop_files(&[Path::new("/photos/a.jpg"), Path::new("/photos/more")]);
    let asked = window.engine.asked();
    let [Request::Upload { album, paths, .. }] = asked.as_slice() else { panic!("one upload") };
    assert_eq!(*album, AlbumId(1));
    assert_eq!(paths, &[PathBuf::from("/photos/a.jpg"), "/photos/more".into()]);
    // In All photos they go to the album used last.
    window.click("All photos, 12 photos");
    window.drop_files(&[Path::new("/photos/b.jpg")]);
    let asked = window.engine.asked();
    assert!(matches!(asked.as_slice(), [Request::Upload { album: AlbumId(1), .. }]));
}

#[test]
fn dropped_on_an_album_in_the_sidebar_they_go_there() {
    let place = Rc::new(Cell::new(None));
    let probe = Rc::clone(&place);
    let mut window = Window::open_with(Opening {
        pointer: Some(Box::new(move || probe.get())),
        ..opening(library(12))
    });
    let row = window.harness.get_by_label("Album Arezzo, 0 photos").rect().center();
    place.set(Some((f64::from(row.x) + 100.0, f64::from(row.y) + 50.0)));
    let screen = egui::Rect::from_min_size(pos2(100.0, 50.0), vec2(1440.0, 900.0));
    let viewport = window.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.inner_rect = Some(screen);
    window.drop_files(&[Path::new("/photos/a.jpg")]);
    let asked = window.engine.asked();
    assert!(matches!(asked.as_slice(), [Request::Upload { album: AlbumId(1), .. }]));
}

#[test]
fn files_dropped_before_there_is_an_album_wait_for_it() {
    let mut window = open(signed_in());
    window.drop_files(&[Path::new("/photos/a.jpg")]);
    window.write("Album title", "First");
    window.press(Key::Enter);
    window.change(&[album(5, "First")]);
    let asked = window.engine.asked();
    let [Request::CreateAlbum { .. }, Request::Upload { album, paths, .. }] = asked.as_slice()
    else {
        panic!("an album, then an upload")
    };
    assert_eq!((*album, paths.len()), (AlbumId(5), 1));
}

#[test]
fn keys_yield_to_a_field() {
    let mut window = open(library(12));
    window.press(Key::F1);
    assert!(window.harness.query_by_label("Keys").is_some());
    window.press(Key::Escape);
    assert!(window.harness.query_by_label("Keys").is_none());
    window.press_with(Modifiers::COMMAND, Key::N);
    window.write("Album title", "?+-");
    assert!(window.harness.query_by_label("Keys").is_none());
    assert_eq!(window.harness.get_by_label("Album title").value().as_deref(), Some("?+-"));
}

#[test]
fn every_key_can_be_read_in_the_smallest_window() {
    let mut window = open(library(12));
    for (size, scrolls) in [(vec2(1440.0, 900.0), false), (vec2(640.0, 480.0), true)] {
        window.harness.set_size(size);
        window.press(Key::F1);
        let sheet = window.harness.get_by_label("Keys").rect();
        let is_there = |window: &Window<'_>, label: &str| {
            sheet.contains_rect(window.harness.get_by_label_contains(label).rect())
        };
        assert!(is_there(&window, "Go from photo to photo"));
        assert_eq!(is_there(&window, "Esc: Back"), !scrolls);
        window.press(Key::End);
        assert!(is_there(&window, "Esc: Back"), "in a window of {size}");
        window.press(Key::Home);
        assert!(is_there(&window, "Go from photo to photo"));
        window.press(Key::Escape);
    }
}

#[test]
fn the_arrows_walk_through_the_grid_and_enter_opens() {
    let mut window = open(library(12));
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    window.press(Key::Enter);
    let wants = window.engine.wants().wants;
    let screen = wants.iter().find(|want| want.rendition == Rendition::Screen);
    assert_eq!(screen.map(|want| want.photo), Some(id(2, 11)));
}

/// The photo nearest to where one looks: its name and where it is painted.
fn under_the_eye(window: &Window<'_>) -> (String, egui::Rect) {
    let mut best = None;
    for tile in window.harness.query_all_by_label_contains("Photo DSC") {
        let off = (tile.rect().center() - pos2(808.0, 56.0 + 0.4 * 844.0)).length();
        if best.as_ref().is_none_or(|(least, _, _)| off < *least) {
            best = Some((off, tile.accesskit_node().label().unwrap_or_default(), tile.rect()));
        }
    }
    best.map(|(_, name, rect)| (name, rect)).expect("a photo on screen")
}

/// Whether the photo that was written down is on the screen, at the height that was written down.
fn stands_where_it_says(window: &Window<'_>, said: &str) -> bool {
    let number = |key: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")))?;
        line.parse::<f32>().ok()
    };
    let Some([message, within, below]) = number("message")
        .zip(number("within"))
        .zip(number("below_top"))
        .map(|((a, b), c)| [a, b, c])
    else {
        return false;
    };
    let name = format!("Photo DSC{message:04}.jpg");
    let tile = window.harness.query_all_by_label_contains(&name).next();
    tile.is_some_and(|tile| {
        let height = tile.rect().min.y + within * tile.rect().height();
        (height - 56.0 - below).abs() < 1.0
    })
}

#[test]
fn the_window_opens_where_it_was_left() {
    let mut window = open(library(600));
    for _ in 0..4 {
        window.press(Key::PageDown);
    }
    let (name, before) = under_the_eye(&window);
    // It writes by itself: a program that is killed remembers too.
    let file = window.home.path().join("window.toml");
    let begun = std::time::Instant::now();
    loop {
        window.harness.run_steps(4);
        let said = std::fs::read_to_string(&file).unwrap_or_default();
        // A slow machine has written on the way down already.
        if stands_where_it_says(&window, &said) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "not where it is: {said:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let Window { harness, home, .. } = window;
    drop(harness);

    // Photos have come meanwhile, newer ones and one far below.
    let mut changes = vec![album(2, "Norway 2026"), photo(2, 1)];
    changes.extend((20..=640).map(|message| photo(2, message)));
    let mut events = signed_in();
    events.push(tell(&mut Library::new(), &changes));
    let mut window = Window::open_with(Opening { home, ..opening(events) });
    let after = window.harness.get_by_label(&name).rect();
    assert!((after.min.y - before.min.y).abs() <= 1.0, "{before:?} {after:?}");
    // Nothing of the top was painted on the way. (The newest is the album's cover.)
    assert!(!window.engine.was_wanted(id(2, 639)));
    // It is left to itself from here: what comes does not move it.
    window.change(&(641..=680).map(|message| photo(2, message)).collect::<Vec<_>>());
    let after = window.harness.get_by_label(&name).rect();
    assert!((after.min.y - before.min.y).abs() <= 1.0, "{before:?} {after:?}");
    // Up at the top, the top is where it opens.
    window.press(Key::Home);
    assert!(window.shows("Photo DSC0680.jpg"));
}

#[test]
fn the_photo_under_the_eye_stays_when_the_window_or_the_library_changes() {
    let mut window = open(library(600));
    for _ in 0..4 {
        window.press(Key::PageDown);
    }
    let (name, before) = under_the_eye(&window);
    // Newer photos arrive above.
    window.change(&(601..=640).map(|message| photo(2, message)).collect::<Vec<_>>());
    let after = window.harness.get_by_label(&name).rect();
    assert!((after.min.y - before.min.y).abs() <= 1.0, "{before:?} {after:?}");
    window.harness.set_size(vec2(1100.0, 900.0));
    window.settle();
    let narrow = window.harness.get_by_label(&name).rect();
    assert!((narrow.center().y - before.center().y).abs() < before.height(), "{narrow:?}");
    window.harness.set_size(vec2(1440.0, 900.0));
    window.settle();
    let back = window.harness.get_by_label(&name).rect();
    assert!((back.min.y - before.min.y).abs() <= 1.0, "no drift: {before:?} {back:?}");
}

/// Names and rectangles of the tiles on the screen, in the order in which they stand.
fn tiles(window: &Window<'_>) -> Vec<(String, egui::Rect)> {
    let tiles = window.harness.query_all_by_label_contains("Photo DSC");
    tiles.map(|tile| (tile.accesskit_node().label().unwrap_or_default(), tile.rect())).collect()
}

#[test]
fn squares_and_whole_photos_take_turns_around_the_same_photo() {
    let mut window = open(library(600));
    for _ in 0..4 {
        window.press(Key::PageDown);
    }
    let (name, before) = under_the_eye(&window);
    window.press(Key::S);
    let squares = tiles(&window);
    assert!(squares.iter().all(|(_, rect)| (rect.width() - rect.height()).abs() <= 1.0));
    let right = squares.iter().map(|(_, rect)| rect.max.x).fold(0.0, f32::max);
    let square = window.harness.get_by_label(&name).rect();
    assert!((square.center().y - before.center().y).abs() < before.height(), "{square:?}");
    window.click("Show whole photos");
    let back = window.harness.get_by_label(&name).rect();
    assert!((back.min - before.min).length() <= 1.0, "no drift: {before:?} {back:?}");
    assert!(right <= 1440.0 - 64.0 + 0.5, "{right}");
}

#[test]
fn nothing_moves_when_a_photo_turns_out_to_be_older() {
    let mut window = open(library(600));
    for _ in 0..4 {
        window.press(Key::PageDown);
    }
    let before = tiles(&window);
    let (name, _) = under_the_eye(&window);
    let number: i32 = name.split("DSC").nth(1).unwrap()[..4].parse().unwrap();
    // The very photo under the eye, and one above it: both belong to another year.
    let dated = |message: i32| Change::Described {
        photo: id(2, message),
        file: i64::from(message),
        taken: Some(Taken { wall_seconds: 1_500_000_000, offset_minutes: None }),
        head_read: true,
        blur: None,
    };
    window.change(&[dated(number), dated(590)]);
    assert!(!window.shows(&name), "it stands where it belongs");
    let after = tiles(&window);
    let stayed = before.iter().filter(|(name, rect)| {
        let now = after.iter().find(|(other, _)| other == name);
        now.is_some_and(|(_, now)| (now.min.y - rect.min.y).abs() <= 1.0)
    });
    let stayed = stayed.count();
    assert!(stayed * 3 >= before.len(), "{stayed} of {}: {before:?} {after:?}", before.len());
}

#[test]
fn a_library_too_large_for_a_frame_is_shown_at_once_and_whole_in_a_moment() {
    let mut window = open(library(30_000));
    assert!(window.shows("Photo DSC30000"), "the newest, in the first frames");
    let begun = std::time::Instant::now();
    loop {
        window.press(Key::End);
        if window.shows("Photo DSC0001.jpg") {
            break;
        }
        let late = begun.elapsed() > Duration::from_mins(1);
        assert!(!late, "the oldest is not there: {:?}", tiles(&window));
    }
    // The same where nothing was shown before.
    let mut other = open(signed_in());
    other.engine.say(library(30_000).pop().expect("news"));
    other.harness.run_steps(2);
    assert!(other.shows("Photo DSC30000"), "the newest, and not that there is nothing");
    // An album in between: going back is where it was, at once.
    let (name, before) = under_the_eye(&window);
    window.click("Album Arezzo, 0 photos");
    assert!(!window.shows("Photo DSC"));
    window.harness.get_by_label("All photos, 30,000 photos").click();
    window.harness.run_steps(2);
    let after = window.harness.get_by_label(&name).rect();
    assert!((after.min.y - before.min.y).abs() <= 1.0, "{before:?} {after:?}");
    // It follows what happens, there and then.
    window.change(&[photo(2, 30_001)]);
    window.press(Key::Home);
    assert!(window.shows("Photo DSC30001"));
}

#[test]
fn an_album_is_deleted_only_by_the_unsafe_answer() {
    let mut window = open(library(12));
    window.click("Album Norway 2026, 12 photos");
    let ask = |window: &mut Window<'_>| {
        window.click("More about this album");
        window.click("Delete album");
    };
    ask(&mut window);
    assert!(window.shows("There is no way back."));
    window.press(Key::Enter);
    assert!(window.engine.asked().is_empty(), "Enter is the safe answer");
    assert!(!window.shows("There is no way back."));
    ask(&mut window);
    window.click("Delete album");
    let asked = window.engine.asked();
    assert!(matches!(asked.as_slice(), [Request::DeleteAlbum { album: AlbumId(2) }]));
}

#[test]
fn uploads_are_listed_failed_first_and_can_be_stopped() {
    let mut events = library(12);
    let upload = |n: i64, name: &str, state| Upload {
        id: UploadId(n),
        order: n.unsigned_abs(),
        album: AlbumId(2),
        path: name.into(),
        bytes: 100,
        size: PixelSize::default(),
        taken: None,
        as_photo: false,
        strip: None,
        state,
        photo: None,
    };
    let failed = UploadState::Failed { reason: "The file is gone".to_owned() };
    events.push(Event::Uploads(UploadsEvent::Changed(vec![
        upload(1, "a.jpg", UploadState::Sending { sent: 43 }),
        upload(2, "b.jpg", failed),
    ])));
    let mut window = open(events);
    window.click("Uploads, 1 failed");
    let y = |label: &str| window.harness.get_by_label(label).rect().min.y;
    assert!(y("Do not send b.jpg") < y("Do not send a.jpg"));
    window.click("Pause a.jpg");
    window.click("Retry");
    window.click("Do not send b.jpg");
    let asked = window.engine.asked();
    assert!(matches!(
        asked.as_slice(),
        [
            Request::Uploads(UploadsRequest::Pause(UploadId(1))),
            Request::Uploads(UploadsRequest::Retry(UploadId(2))),
            Request::Uploads(UploadsRequest::Cancel(UploadId(2))),
        ]
    ));
}

#[test]
fn offline_is_a_quiet_line() {
    let mut window = open(library(3));
    let offline = ConnectionState::Offline { why: "no route".to_owned() };
    window.say(Event::Connection(offline));
    assert!(window.shows("Offline. What is on this computer still opens"));
    assert!(window.shows("Photo DSC0003.jpg"));
}

#[test]
fn reading_dates_is_a_quiet_line_too() {
    let mut window = open(library(3));
    assert!(window.shows("Up to date"));
    window.say(Event::Dates(1234));
    assert!(window.shows("Reading dates, 1,234 left"));
    window.say(Event::Dates(0));
    assert!(window.shows("Up to date"));
}

#[test]
fn screen_readers_are_told_what_is_painted() {
    let headings = |window: &Window<'_>| {
        let of_role = window.harness.query_all_by_role(egui::Role::Heading);
        of_role.map(|node| node.accesskit_node().label().unwrap_or_default()).collect::<Vec<_>>()
    };
    let window = open(vec![Event::Account(AccountState::NeedsPhone)]);
    assert_eq!(headings(&window), ["Heliogram", "Your phone number"]);
    assert!(window.shows("not an official Telegram app"));
    let mut window = open(library(3));
    assert_eq!(headings(&window)[..3], ["Library", "Albums", "All photos"]);
    window.click("Album Norway 2026, 3 photos");
    assert_eq!(headings(&window)[..3], ["Library", "Albums", "Norway 2026"]);
}

#[test]
fn tab_goes_through_the_window_in_reading_order() {
    let mut window = open(library(3));
    let mut reached = Vec::new();
    for _ in 0..8 {
        window.press(Key::Tab);
        let nodes = window.harness.root().children_recursive();
        let focused = nodes.into_iter().find(|node| node.accesskit_node().is_focused());
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    let expected = [
        "All photos, 3 photos",
        "Uploads",
        "Album Norway 2026, 3 photos",
        "Album Arezzo, 0 photos",
        "New album",
        "Account and appearance",
        "Show squares",
        "Tile size",
    ];
    assert_eq!(reached, expected);
}

#[test]
fn everything_fits_into_the_smallest_window() {
    let mut window = open(library(30));
    window.harness.set_size(vec2(640.0, 480.0));
    window.settle();
    for label in ["Upload", "Tile size", "New album"] {
        let rect = window.harness.get_by_label(label).rect();
        assert!(rect.max.x <= 640.0 && rect.max.y <= 480.0, "{label} at {rect:?}");
    }
}

#[test]
fn the_first_painted_frame_is_not_blank() {
    let adapter = std::panic::catch_unwind(|| {
        let mut window = Window::open_with(Opening { painted: true, ..opening(library(30)) });
        for message in 1..=30 {
            let event = picture(id(2, message), Rendition::Thumbnail, [200, 40, 40, 255]);
            window.engine.say(event);
        }
        window.settle();
        window.harness.render()
    });
    let Ok(Ok(image)) = adapter else {
        let required = std::env::var_os("HELIOGRAM_REQUIRE_ADAPTER").is_some_and(|v| v == "1");
        assert!(!required, "a graphics adapter is required, and there is none");
        println!("skipped: no graphics adapter");
        return;
    };
    let red = image.pixels().filter(|p| p.0[0] > 180 && p.0[1] < 60 && p.0[2] < 60).count();
    assert!(red > 50_000, "thumbnails are painted: {red} pixels");
    let sidebar = image.get_pixel(8, 600).0;
    assert_eq!(sidebar, [0x14, 0x15, 0x19, 255], "the sidebar has its colour");
}

#[test]
fn at_rest_no_frame_is_asked_for() {
    let mut window = open(library(60));
    let rests = |window: &mut Window<'_>, wherever: &str| {
        // Fades, glides, bubbles and hints all come to an end.
        let mut delay = Duration::ZERO;
        for _ in 0..200 {
            window.harness.step();
            delay = window.harness.output().viewport_output[&ViewportId::ROOT].repaint_delay;
            if delay == Duration::MAX {
                return;
            }
        }
        let causes = window.harness.ctx.repaint_causes();
        panic!("{wherever}: a frame is asked for every {delay:?} by {causes:?}");
    };
    for n in 1..=60 {
        for rendition in [Rendition::Preview, Rendition::Thumbnail, Rendition::Screen] {
            window.engine.say(picture(id(2, n), rendition, [90, 120, 60, 255]));
        }
    }
    window.settle();
    rests(&mut window, "the grid");
    window.harness.hover_at(pos2(700.0, 400.0));
    rests(&mut window, "a tile under the pointer");
    window.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, -4.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    rests(&mut window, "after scrolling");
    window.press(Key::ArrowDown);
    rests(&mut window, "a tile under the cursor");
    window.press(Key::Enter);
    assert!(window.shows("Save the original"));
    rests(&mut window, "one photo");
    window.press(Key::Escape);
    window.click("Uploads");
    rests(&mut window, "no uploads");
}

#[test]
fn a_resting_pointer_tells_of_a_photo_but_not_while_photos_pass_under_it() {
    let mut window = open(library(400));
    let tile = window.harness.query_all_by_label_contains("Photo DSC").next().unwrap().rect();
    let tells = |window: &Window<'_>| window.shows("6000 × 4000");
    let turn = |window: &mut Window<'_>, notches: f32| {
        window.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: vec2(0.0, notches),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        window.harness.run_steps(2);
    };
    window.harness.hover_at(tile.center());
    window.settle();
    assert!(tells(&window));
    for notches in [-1.0, -1.0, 1.0, 1.0] {
        turn(&mut window, notches);
        assert!(!tells(&window), "it moves");
    }
    window.harness.run_steps(12);
    assert!(tells(&window), "back where it was, and at rest");
}
