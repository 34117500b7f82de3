//! What one does with the hands in the grid: every key and every gesture of the pointer, in the
//! whole window, before an engine that the test plays.

#[path = "support/played.rs"]
mod played;

use egui::{
    Event as Input, Key, Modifiers, MouseWheelUnit, TouchDeviceId, TouchId, TouchPhase, Vec2, pos2,
    vec2,
};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use heliogram::engine::{AccountState, ConnectionState, Event, PhotoRequest, Request, SaveTo};
use heliogram::model::{AlbumId, Change};
use played::{Hands as _, Window, album, gone, id, library, photo};

const SIZE: Vec2 = vec2(1440.0, 900.0);
const NONE: Modifiers = Modifiers::NONE;

fn open<'a>(photos: i32, a_day: i32) -> Window<'a> {
    Window::open(SIZE, &library(photos, a_day))
}

/// How many are selected, as the bar says.
fn count(window: &Window<'_>) -> usize {
    window.bar().split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Ground between two days.
fn ground(window: &Window<'_>) -> egui::Pos2 {
    let first = window.tile(*window.visible().last().expect("a tile"));
    pos2(first.max.x + 300.0, first.min.y - 20.0)
}

#[test]
fn the_disc_selects_then_any_click_does_until_nothing_is_selected() {
    let mut window = open(30, 6);
    window.click_at(window.disc(30), NONE);
    assert_eq!(window.selected(), [30]);
    assert_eq!(window.bar(), "1 selected, 1.0 MB");
    window.click_at(window.tile(28).center(), NONE);
    assert_eq!(window.selected(), [28, 30]);
    assert_eq!(window.bar(), "2 selected, 2.0 MB");
    window.click_at(window.tile(30).center(), NONE);
    window.click_at(window.tile(28).center(), NONE);
    assert_eq!(window.bar(), "", "the bar goes with the last one");
    window.click_at(window.tile(28).center(), NONE);
    assert!(window.shows("Back"), "a click opens again");
}

#[test]
fn the_button_above_lets_clicks_select() {
    let mut window = open(30, 6);
    window.click("Select");
    assert_eq!(window.bar(), "0 selected, 0 B");
    assert!(window.harness.query_by_label("Delete").is_none(), "there is nothing to delete");
    window.click_at(window.tile(29).center(), NONE);
    assert_eq!(window.selected(), [29]);
    window.click("Select");
    assert_eq!(window.bar(), "");
    window.click_at(window.tile(29).center(), NONE);
    assert!(window.shows("Back"));
}

#[test]
fn a_finger_moves_the_page_and_selects_nothing() {
    let mut window = open(600, 6);
    let from = window.tile(590).center();
    let touch = |phase, at| Input::Touch {
        device_id: TouchDeviceId(1),
        id: TouchId(1),
        phase,
        pos: at,
        force: None,
    };
    let before = window.tile(590).min.y;
    window.harness.event(touch(TouchPhase::Start, from));
    window.drag(from, from - vec2(0.0, 90.0), NONE);
    assert!((window.tile(590).min.y - (before - 90.0)).abs() < 8.0, "{:?}", window.tile(590));
    window.harness.event(touch(TouchPhase::End, from - vec2(0.0, 90.0)));
    window.release(from - vec2(0.0, 90.0));
    assert_eq!(window.bar(), "");
    assert!(!window.shows("Back"));
}

#[test]
fn ctrl_selects_one_by_one_and_shift_up_to_there() {
    let mut window = open(60, 6);
    window.click_at(window.tile(60).center(), Modifiers::COMMAND);
    window.click_at(window.tile(57).center(), Modifiers::COMMAND);
    assert_eq!(window.selected(), [57, 60]);
    window.click_at(window.tile(54).center(), Modifiers::SHIFT);
    assert_eq!(window.selected(), [54, 55, 56, 57, 60]);
    window.click_at(window.tile(56).center(), Modifiers::SHIFT);
    assert_eq!(window.selected(), [56, 57, 60], "the range is drawn anew from where it began");
    window.click_at(window.tile(57).center(), Modifiers::COMMAND);
    assert_eq!(window.selected(), [56, 60]);
    assert!(!window.shows("Back"));
}

#[test]
fn keys_select_as_they_go() {
    let mut window = open(60, 6);
    window.press(Key::ArrowRight);
    window.press(Key::X);
    assert_eq!(window.selected(), [60], "the first key puts the cursor on the newest");
    window.press(Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.selected(), [57, 58, 59, 60]);
    window.press_with(Modifiers::SHIFT, Key::ArrowLeft);
    assert_eq!(window.selected(), [58, 59, 60], "going back takes back");
    window.press(Key::Escape);
    assert_eq!(window.bar(), "");
    window.press_with(Modifiers::SHIFT, Key::ArrowDown);
    let in_a_row = count(&window);
    assert!((4..9).contains(&in_a_row), "{in_a_row}");
    window.press_with(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(window.bar(), "1 selected, 1.0 MB");
    window.press_with(Modifiers::SHIFT, Key::End);
    assert_eq!(window.bar(), "58 selected, 58.0 MB");
    window.press_with(Modifiers::SHIFT, Key::Home);
    assert_eq!(window.bar(), "3 selected, 3.0 MB");
    window.press(Key::Escape);
    window.press_with(Modifiers::SHIFT, Key::PageDown);
    let in_a_screen = count(&window);
    assert!((10..40).contains(&in_a_screen), "{in_a_screen}");
    window.press_with(Modifiers::SHIFT, Key::PageUp);
    assert_eq!(window.bar(), "1 selected, 1.0 MB");
    window.press_with(Modifiers::COMMAND, Key::A);
    assert_eq!(window.bar(), "60 selected, 60.0 MB");
    window.press(Key::Escape);
    assert_eq!(window.bar(), "");
}

#[test]
fn a_range_goes_on_through_news() {
    let mut window = open(60, 6);
    window.press(Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.selected(), [58, 59, 60]);
    // The beginning of its file was read: nothing moves.
    let seventh = id(2, 7);
    let file = i64::from(seventh.message.0);
    let (taken, blur) = (None, None);
    let read = Change::Described { photo: seventh, file, taken, head_read: true, blur };
    window.change(&[read]);
    window.press_with(Modifiers::SHIFT, Key::ArrowLeft);
    assert_eq!(window.selected(), [59, 60], "it can still be taken back");
    window.change(&[photo(2, 61, 40)]);
    assert_eq!(window.selected(), [59, 60], "what arrives does not join");
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.selected(), [58, 59, 60]);
}

#[test]
fn photos_keep_up_with_the_thumb() {
    let mut window = open(600, 6);
    let lane = window.harness.get_by_label("Scroll through time").rect();
    window.drag(lane.center(), lane.center() + vec2(0.0, 40.0), NONE);
    let before = window.visible();
    let to = lane.center() + vec2(0.0, 200.0);
    window.harness.event(Input::PointerMoved(to));
    window.harness.step();
    let at_once = window.visible();
    assert_ne!(at_once, before);
    window.harness.run_steps(2);
    assert_eq!(window.visible(), at_once);
    window.release(to);
}

#[test]
fn the_cursor_goes_from_photo_to_photo() {
    let mut window = open(300, 30);
    // Selecting tells where the cursor is.
    // Down, the first of them, might as well mean the check disc of the next header.
    let steps = [Key::ArrowDown, Key::ArrowRight, Key::ArrowDown, Key::ArrowLeft, Key::ArrowUp];
    let mut rects = Vec::new();
    for key in steps {
        window.press(key);
        window.press(Key::X);
        let selected = window.selected();
        assert_eq!(selected.len(), 1);
        rects.push(window.tile(selected[0]));
        window.press(Key::X);
    }
    let [first, right, down, left, up] = rects[..] else { panic!("five steps") };
    assert!(right.min.x > first.max.x && (right.min.y - first.min.y).abs() < 1.0);
    assert!(down.min.y > right.max.y && down.x_range().intersects(right.x_range()));
    assert!(left.max.x < down.min.x && (left.min.y - down.min.y).abs() < 1.0);
    assert_eq!(up, first);
}

#[test]
fn a_day_is_selected_by_its_header() {
    let mut window = open(12, 3);
    let day = "Select Monday, 4 January 2021";
    let toggled = |window: &Window<'_>| {
        format!("{:?}", window.harness.get_by_label(day).accesskit_node().toggled())
    };
    assert_eq!(toggled(&window), "Some(False)");
    window.click_at(window.disc(11), NONE);
    assert_eq!(toggled(&window), "Some(Mixed)");
    window.click(day);
    assert_eq!(window.selected(), [10, 11, 12]);
    assert_eq!(toggled(&window), "Some(True)");
    window.click(day);
    assert_eq!(window.bar(), "");
}

#[test]
fn a_band_selects_what_it_touches_and_no_more() {
    let mut window = open(30, 6);
    let from = ground(&window);
    let (a, b) = (window.tile(29), window.tile(28));
    let from = pos2(from.x.min(b.center().x), from.y);
    window.drag(from, a.center(), NONE);
    assert_eq!(window.selected(), [28, 29]);
    window.move_to(b.center());
    assert_eq!(window.selected(), [28], "live, and back again");
    window.release(b.center());
    assert_eq!(window.bar(), "1 selected, 1.0 MB");
    // Begun on a tile it opens nothing; without Ctrl it begins anew.
    window.drag(window.tile(22).center(), window.tile(23).center(), NONE);
    window.release(window.tile(23).center());
    assert_eq!(window.selected(), [22, 23]);
    assert!(!window.shows("Back"));
    // With Ctrl it flips.
    window.drag(window.tile(23).center(), window.tile(24).center(), Modifiers::COMMAND);
    assert_eq!(window.selected(), [22, 24]);
    // Esc takes the band back, not the rest.
    window.press(Key::Escape);
    assert_eq!(window.selected(), [22, 23]);
    window.release(window.tile(24).center());
    assert_eq!(window.selected(), [22, 23]);
    // A click on ground: nothing.
    window.click_at(ground(&window), NONE);
    assert_eq!(window.bar(), "");
}

#[test]
fn near_the_edge_a_band_scrolls_the_page() {
    let mut window = open(600, 6);
    let from = window.tile(600).center();
    let below = pos2(from.x + 500.0, 895.0);
    window.drag(from, below, NONE);
    let before = count(&window);
    window.harness.run_steps(60);
    let after = count(&window);
    assert!(after > before + 3, "{before}, then {after}");
    assert!(!window.visible().contains(&600), "the beginning has gone out of sight");
    // Back at the top, all of that is let go.
    window.move_to(pos2(from.x + 500.0, 58.0));
    window.harness.run_steps(400);
    assert!(window.visible().contains(&600));
    window.move_to(from + vec2(4.0, 4.0));
    window.release(from + vec2(4.0, 4.0));
    assert_eq!(window.selected(), [600]);
}

#[test]
fn a_band_holds_on_to_its_photos_while_others_arrive() {
    let mut window = open(30, 6);
    let (a, b) = (window.tile(22).center(), window.tile(23).center());
    window.drag(a, b, NONE);
    assert_eq!(window.selected(), [22, 23]);
    window.change(&[photo(2, 31, 40)]);
    let selected = window.selected();
    assert!(selected.contains(&22), "{selected:?}");
    assert!(!selected.contains(&31), "{selected:?}");
    window.release(b);
}

#[test]
fn what_is_gone_leaves_and_what_arrives_does_not_join() {
    let mut window = open(30, 6);
    window.press_with(Modifiers::COMMAND, Key::A);
    window.change(&[photo(2, 31, 5), photo(2, 32, 0)]);
    assert_eq!(window.bar(), "30 selected, 30.0 MB");
    assert!(!window.selected().contains(&31));
    window.change(&[gone(2, &[30, 12])]);
    assert_eq!(window.bar(), "28 selected, 28.0 MB");
    // Another place: nothing is selected there, nor when one comes back.
    window.click("Album Norway, 30 photos");
    assert_eq!(window.bar(), "");
    window.click("All photos, 30 photos");
    assert_eq!(window.bar(), "");
}

#[test]
fn originals_are_saved_by_key_and_by_bar() {
    let mut window = open(30, 6);
    window.press(Key::ArrowRight);
    window.press_with(Modifiers::COMMAND, Key::S);
    wait_for_request(&mut window, |request, to| {
        let file = SaveTo::File(to.join("DSC00030.jpg"));
        let wanted = PhotoRequest::Save { photos: vec![id(2, 30)], to: file };
        matches!(request, Request::Photo(asked) if *asked == wanted)
    });
    window.click_at(window.disc(29), NONE);
    window.click_at(window.tile(27).center(), NONE);
    window.click("Save");
    wait_for_request(&mut window, |request, to| {
        let photos = vec![id(2, 27), id(2, 29)];
        let wanted = PhotoRequest::Save { photos, to: SaveTo::Folder(to.to_owned()) };
        matches!(request, Request::Photo(asked) if *asked == wanted)
    });
    assert_eq!(window.bar(), "2 selected, 2.0 MB", "they stay selected");
}

/// The dialog has a thread of its own.
#[track_caller]
fn wait_for_request(window: &mut Window<'_>, wanted: impl Fn(&Request, &std::path::Path) -> bool) {
    let begun = std::time::Instant::now();
    let mut seen = Vec::new();
    while begun.elapsed() < std::time::Duration::from_mins(1) {
        window.settle();
        seen.extend(window.asked());
        if seen.iter().any(|request| wanted(request, &window.saved_to())) {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    panic!("asked for {seen:?}");
}

#[test]
fn photos_are_deleted_only_by_the_unsafe_answer() {
    let mut changes = library(30, 6);
    changes.push(photo(1, 40, 9));
    let mut window = Window::open(SIZE, &changes);
    window.press_with(Modifiers::COMMAND, Key::A);
    window.press_with(Modifiers::SHIFT, Key::Delete);
    assert!(window.shows("Delete 31 photos for good?"));
    assert!(window.shows("“Arezzo” and “Norway”"), "the albums are named");
    window.press(Key::Enter);
    assert!(!window.shows("for good?"), "the safe answer has the focus");
    assert!(window.asked().is_empty());
    assert_eq!(window.bar(), "31 selected, 31.0 MB");
    window.press(Key::Escape);
    window.click_at(window.disc(40), NONE);
    window.click("Delete");
    window.click("Delete 1 photo");
    let asked = window.asked();
    assert!(
        matches!(asked.as_slice(), [Request::DeletePhotos { photos }] if *photos == [id(1, 40)]),
        "{asked:?}"
    );
    assert_eq!(window.bar(), "", "they are no longer selected");
    window.change(&[gone(1, &[40])]);
    window.say(Event::Deleted { photos: vec![id(1, 40)], deleted: 1 });
    assert!(window.shows("1 photo deleted for good"));
}

#[test]
fn the_viewer_asks_too_and_goes_on_to_the_next() {
    let mut window = open(30, 6);
    window.click_at(window.tile(28).center(), NONE);
    assert!(window.shows("Back"));
    window.press_with(Modifiers::SHIFT, Key::Delete);
    window.click("Delete 1 photo");
    let asked = window.asked();
    assert!(
        matches!(asked.as_slice(), [Request::DeletePhotos { photos }] if *photos == [id(2, 28)]),
        "{asked:?}"
    );
    window.change(&[gone(2, &[28])]);
    assert!(window.shows("Back"), "the viewer stays");
    window.press(Key::Escape);
    window.settle();
    window.press(Key::X);
    assert_eq!(window.selected(), [27], "its neighbour took its place");
}

#[test]
fn nothing_is_deleted_without_a_line_and_that_is_said() {
    let mut window = open(6, 6);
    window.say(Event::Connection(ConnectionState::Offline { why: "no route".to_owned() }));
    window.press(Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::Delete);
    assert!(!window.shows("for good?"));
    assert!(window.shows("Photos are deleted on Telegram, which cannot be reached now."));
    assert!(window.asked().is_empty());
}

#[test]
fn keys_go_through_days_months_and_years() {
    // One every ten days.
    let mut changes = vec![album(2, "Norway")];
    changes.extend((0..120).map(|n| photo(2, n + 1, n * 10)));
    let mut window = Window::open(SIZE, &changes);
    // Selecting tells where the cursor is.
    let at = |window: &mut Window<'_>| {
        window.press(Key::X);
        let selected = window.selected();
        window.press(Key::Escape);
        assert_eq!(selected.len(), 1, "{selected:?}");
        selected[0]
    };
    window.press(Key::D);
    assert_eq!(at(&mut window), 119);
    window.press(Key::D);
    assert_eq!(at(&mut window), 118);
    window.press_with(Modifiers::SHIFT, Key::D);
    assert_eq!(at(&mut window), 119);
    // 119 is of 25 March 2024; the newest of February is of 24 February.
    window.press(Key::M);
    assert_eq!(at(&mut window), 116);
    window.press(Key::Y);
    assert_eq!(at(&mut window), 110, "27 December 2023");
    window.press_with(Modifiers::SHIFT, Key::Y);
    assert_eq!(at(&mut window), 120);
    window.press_with(Modifiers::SHIFT, Key::M);
    assert_eq!(at(&mut window), 120, "there is nothing newer");
    for _ in 0..6 {
        window.press(Key::Y);
    }
    assert_eq!(at(&mut window), 37, "2021 is the oldest: 27 December");
}

#[test]
fn a_date_is_understood_and_gone_to() {
    let mut changes = vec![album(2, "Norway")];
    changes.extend((0..120).map(|n| photo(2, n + 1, n * 10)));
    let mut window = Window::open(SIZE, &changes);
    window.type_key(Key::G, "g");
    assert_eq!(window.harness.get_by_label("Date").value().as_deref(), Some(""));
    let typed = "17 may";
    window.harness.get_by_label("Date").type_text(typed);
    window.settle();
    assert!(window.shows("Try 2024, May 2024 or 17 May 2024"));
    window.press(Key::Enter);
    assert!(window.shows("Go to a date"), "nothing to go to yet");
    window.harness.get_by_label("Date").type_text(" 2022");
    window.settle();
    assert!(window.shows("Tuesday, 17 May 2022"));
    window.press(Key::Enter);
    assert!(!window.shows("Go to a date"));
    assert!(window.shows("Photo DSC00051.jpg"), "of 16 May 2022: {:?}", window.visible());
    window.press(Key::X);
    assert_eq!(window.selected(), [51], "the cursor is there");
    window.press(Key::G);
    window.harness.get_by_label("Date").type_text("2021");
    window.settle();
    window.press(Key::Escape);
    assert!(!window.shows("Go to a date"));
    assert_eq!(window.selected(), [51], "that Esc was for the card");
}

/// Frames until `done`, or its last words after a while.
#[track_caller]
fn wait(window: &mut Window<'_>, mut done: impl FnMut(&Window<'_>) -> Result<(), String>) {
    let begun = std::time::Instant::now();
    while let Err(state) = done(window) {
        assert!(begun.elapsed() < std::time::Duration::from_mins(1), "still {state}");
        window.settle();
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
}

#[test]
fn of_very_many_all_are_selected_and_the_farthest_found() {
    const MANY: i32 = 30_000;
    let mut window = open(MANY, 20);
    window.press_with(Modifiers::COMMAND, Key::A);
    wait(&mut window, |window| match window.bar() {
        bar if bar == "30,000 selected, 30.0 GB" => Ok(()),
        bar => Err(bar),
    });
    window.press(Key::Escape);
    window.press(Key::G);
    window.harness.get_by_label("Date").type_text("2 Feb 2021");
    window.settle();
    window.press(Key::Enter);
    // Photo 660 is the newest of that day; its row stands below the top bar and the day's header.
    wait(&mut window, |window| {
        let shown = window.visible();
        if shown.contains(&660) { Ok(()) } else { Err(format!("{shown:?}")) }
    });
    let top = window.tile(660).min.y;
    assert!((top - 104.0).abs() < 1.5, "{top}");
    window.press_with(Modifiers::SHIFT, Key::Home);
    wait(&mut window, |window| match window.bar() {
        bar if bar == "29,341 selected, 29.3 GB" => Ok(()),
        bar => Err(bar),
    });
}

#[test]
fn the_menu_acts_on_its_photo_or_on_all_that_is_selected() {
    let mut window = open(30, 6);
    window.harness.get_by_label_contains("Photo DSC00030.jpg").click_secondary();
    window.settle();
    window.click("Show in its album");
    assert!(window.shows("Album Norway, 30 photos") && window.shows("Back to all photos"));
    window.press(Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::F10);
    assert!(!window.shows("Show in its album"), "it is there already");
    window.harness.get_by_role_and_label(egui::Role::MenuItem, "Select").click();
    window.settle();
    assert_eq!(window.selected().len(), 1);
    window.click_at(window.tile(20).center(), NONE);
    window.harness.get_by_label_contains("Photo DSC00020.jpg").click_secondary();
    window.settle();
    window.click("Delete 2 for good");
    assert!(window.shows("Delete 2 photos for good?"));
    window.press(Key::Escape);
    // Of one that is not selected, it is about that one alone.
    window.harness.get_by_label_contains("Photo DSC00021.jpg").click_secondary();
    window.settle();
    window.click("Delete for good");
    assert!(window.shows("Delete “DSC00021.jpg” for good?"));
    window.press(Key::Escape);
    // Esc closes the menu and nothing else.
    window.press(Key::Menu);
    assert!(window.shows("Save original"));
    window.press(Key::Escape);
    assert!(!window.shows("Save original"));
    assert_eq!(window.selected().len(), 2);
    window.harness.get_by_label_contains("Photo DSC00021.jpg").click_secondary();
    window.settle();
    window.click("Open");
    assert!(window.shows("Back"));
}

#[test]
fn a_still_pointer_is_told_more() {
    let mut window = open(6, 6);
    window.move_to(window.tile(6).center());
    assert!(!window.shows("6000 × 4000"));
    window.harness.run_steps(60);
    assert!(window.shows("6000 × 4000 · 1.0 MB"));
    assert!(window.harness.query_by_label("Norway").is_some(), "the album, in All photos");
    assert!(window.harness.query_by_label("1 January 2021, 00:00").is_some());
    window.move_to(window.tile(6).center() + vec2(3.0, 0.0));
    window.settle();
    assert!(!window.shows("6000 × 4000"));
}

#[test]
fn screen_readers_find_tiles_and_use_them() {
    let mut window = open(300, 6);
    let grid = window.harness.get_by_label("Photos");
    let node = grid.accesskit_node();
    assert_eq!(node.data().size_of_set(), Some(300));
    assert_eq!(node.data().description(), Some("300 photos"));
    let tile = window.harness.get_by_label_contains("Photo DSC00300.jpg");
    assert_eq!(tile.accesskit_node().parent_id(), Some(node.id()));
    assert_eq!(tile.accesskit_node().data().position_in_set(), Some(0));
    tile.focus();
    window.settle();
    window.press(Key::X);
    assert_eq!(window.selected(), [300]);
    window.harness.get_by_label_contains("Photo DSC00298.jpg").click_accesskit();
    window.settle();
    assert_eq!(window.selected(), [298, 300], "a click selects while anything is selected");
    let described = window
        .harness
        .get_by_label("Photos")
        .accesskit_node()
        .data()
        .description()
        .map(str::to_owned);
    assert_eq!(described.as_deref(), Some("300 photos, 2 selected"));
    window.press(Key::Escape);
    window.harness.get_by_label_contains("Photo DSC00298.jpg").click_accesskit();
    window.settle();
    assert!(window.shows("Back"));
}

#[test]
fn tiles_grow_and_shrink() {
    let mut window = open(300, 6);
    let height = |window: &Window<'_>| window.tile(300).height();
    let at_first = height(&window);
    window.type_key(Key::Plus, "+");
    let larger = height(&window);
    assert!(larger > at_first);
    window.type_key(Key::Minus, "-");
    assert!((height(&window) - at_first).abs() < 1.0);
    window.move_to(window.tile(300).center());
    let wheel = Input::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta: vec2(0.0, 5.0),
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::COMMAND,
    };
    window.harness.event(wheel);
    window.harness.run_steps(30);
    assert!(height(&window) > at_first, "Ctrl and the wheel");
    window.type_key(Key::Minus, "-");
    window.harness.event(Input::Zoom(1.3));
    window.harness.run_steps(10);
    assert!(height(&window) > at_first, "two fingers");
}

#[test]
fn pages_and_ends_are_gone_to() {
    let mut window = open(600, 6);
    window.press(Key::PageDown);
    assert!(!window.visible().contains(&600));
    window.press(Key::PageUp);
    assert!(window.visible().contains(&600));
    window.press(Key::End);
    assert!(window.visible().contains(&1));
    window.press(Key::Home);
    assert!(window.visible().contains(&600));
    window.press(Key::Space);
    assert!(window.shows("Back"), "Space opens the photo under the cursor");
}

#[test]
fn the_bar_fits_a_narrow_window() {
    let mut window = Window::open(vec2(640.0, 480.0), &library(30, 6));
    window.press_with(Modifiers::COMMAND, Key::A);
    for label in ["Select none", "Save originals", "Delete for good"] {
        let rect = window.harness.get_by_label(label).rect();
        assert!(rect.min.x >= 64.0 && rect.max.x <= 640.0 && rect.max.y <= 464.0, "{rect:?}");
    }
    window.click("Select none");
    assert_eq!(window.bar(), "");
}

#[test]
fn a_photo_under_a_header_is_not_what_was_clicked() {
    let mut window = open(600, 60);
    let before = window.tile(600);
    window.press(Key::PageDown);
    let under = window.tile(*window.visible().last().expect("a tile"));
    assert!(under.min.y < before.min.y);
    window.click_at(pos2(before.max.x + 500.0, before.min.y - 24.0), NONE);
    assert!(!window.shows("Back"));
}

#[test]
fn the_next_album_has_its_own_grid() {
    let mut window = open(30, 6);
    window.click_at(window.disc(30), NONE);
    window.change(&[Change::AlbumGone(AlbumId(2))]);
    assert_eq!(window.bar(), "", "what is gone with its album is not selected");
}

/// Scrolls the cursor far out of view.
fn wheel_away(window: &mut Window<'_>) {
    window.move_to(pos2(800.0, 500.0));
    for _ in 0..12 {
        window.harness.event(Input::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -400.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: NONE,
        });
        window.settle();
    }
}

#[test]
fn keys_do_nothing_to_a_photo_that_is_out_of_view() {
    let mut window = open(600, 6);
    window.press(Key::Home);
    window.press(Key::ArrowRight);
    wheel_away(&mut window);
    assert!(!window.visible().contains(&600));
    window.press_with(Modifiers::SHIFT, Key::Delete);
    assert!(!window.shows("for good?"));
    // An arrow goes on from what is in view.
    let before = window.visible();
    window.press(Key::ArrowRight);
    window.press(Key::X);
    let selected = window.selected();
    assert_eq!(selected.len(), 1);
    assert!(before.contains(&selected[0]), "{selected:?} of {before:?}");
}

#[test]
fn a_question_gives_the_keyboard_back() {
    let mut window = open(30, 6);
    window.press(Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::Delete);
    assert!(window.shows("Delete “DSC00030.jpg” for good?"));
    window.press(Key::Escape);
    window.press(Key::Enter);
    assert!(window.shows("Back"), "Enter opens the photo under the cursor");
}

#[test]
fn a_date_counts_that_came_together_with_enter() {
    let mut window = open(300, 6);
    window.type_key(Key::G, "g");
    window.harness.event(Input::Text("2021".to_owned()));
    window.harness.key_press(Key::Enter);
    window.settle();
    assert!(!window.shows("Go to a date"));
}

#[test]
fn the_next_account_sees_nothing_of_the_one_before() {
    let mut window = open(300, 6);
    let heading = |window: &Window<'_>| {
        let headings = window.harness.query_all_by_role(egui::Role::Heading);
        let of = headings.map(|node| node.accesskit_node().label().unwrap_or_default());
        of.collect::<Vec<_>>().join(", ")
    };
    window.click("Album Norway, 300 photos");
    for _ in 0..3 {
        window.press(Key::PageDown);
    }
    window.press(Key::ArrowRight);
    window.press(Key::X);
    assert!(!window.bar().is_empty() && heading(&window).contains("Norway"));
    window.press_with(Modifiers::SHIFT, Key::Delete);
    assert!(window.shows("for good?"));

    window.say(Event::Account(AccountState::NeedsPhone));
    assert!(!window.shows("for good?"), "it was about photos of somebody else");
    for event in played::signed_in() {
        window.say(event);
    }
    window.change(&[photo(2, 400, 60)]);
    assert!(!window.shows("for good?"));
    assert_eq!(window.bar(), "", "nothing is selected");
    assert!(heading(&window).contains("All photos"), "{}", heading(&window));
    assert!(window.visible().contains(&400), "at the top: {:?}", window.visible());
}

/// The date of a photo was read: it belongs to this day.
fn dated(message: i32, day: i32) -> Change {
    let Change::Photo(photo) = photo(2, message, day) else { unreachable!("it is a photo") };
    let file = i64::from(message);
    Change::Described { photo: photo.id, file, taken: photo.taken, head_read: true, blur: None }
}

#[test]
fn where_one_has_gone_stays_while_dates_are_being_read() {
    let mut window = open(3000, 40);
    window.press(Key::G);
    window.harness.get_by_label("Date").type_text("2 Feb 2021");
    window.settle();
    window.press(Key::Enter);
    window.press(Key::M);
    let stands = |window: &Window<'_>, message: i32| {
        let tile = window.tile(message);
        assert!((tile.min.y - 104.0).abs() <= 1.0, "{message} is not below the header: {tile:?}");
    };
    // The newest of 31 January.
    stands(&window, 1240);
    // Some of the days above belong elsewhere.
    window.change(&(1245..=1262).map(|message| dated(message, 60)).collect::<Vec<_>>());
    stands(&window, 1240);
    // The first ones of the day do too: the next one of the day is in their place.
    window.change(&(1230..=1240).map(|message| dated(message, 2)).collect::<Vec<_>>());
    stands(&window, 1229);
    // Others turn out to be of this day, later and earlier ones, and of the day above.
    window.change(&(2000..=2030).map(|message| dated(message, 30)).collect::<Vec<_>>());
    stands(&window, 1229);
    window.change(&(1..=25).map(|message| dated(message, 30)).collect::<Vec<_>>());
    window.change(&(2100..=2117).map(|message| dated(message, 31)).collect::<Vec<_>>());
    stands(&window, 1229);
    window.press(Key::X);
    assert_eq!(window.selected(), [1229], "the cursor is where one sees it");
}

#[test]
fn after_a_deletion_the_keys_go_on_from_its_neighbour() {
    let mut window = open(30, 6);
    window.click_at(window.tile(28).center(), Modifiers::COMMAND);
    window.click_at(window.tile(27).center(), Modifiers::COMMAND);
    window.press_with(Modifiers::SHIFT, Key::Delete);
    window.click("Delete 2 photos");
    window.change(&[gone(2, &[28, 27])]);
    window.press(Key::ArrowRight);
    window.press(Key::X);
    assert_eq!(window.selected(), [25], "the one after that which follows the deleted ones");
}

#[test]
fn the_bar_of_the_selection_covers_nothing_that_keys_are_on() {
    let mut window = open(60, 6);
    window.press(Key::End);
    window.press_with(Modifiers::COMMAND, Key::A);
    let bar = |window: &Window<'_>| window.harness.get_by_label_contains(" selected, ").rect();
    let (tile, over) = (window.tile(1), bar(&window));
    assert!(tile.max.y <= over.min.y, "at the end: {tile:?} {over:?}");
    window.press(Key::Escape);
    window.press(Key::Home);
    window.press(Key::X);
    for _ in 0..8 {
        window.press_with(Modifiers::SHIFT, Key::ArrowDown);
        let last = *window.selected().first().expect("a selected one");
        let (tile, over) = (window.tile(last), bar(&window));
        assert!(tile.max.y <= over.min.y, "{last}: {tile:?} {over:?}");
    }
}

#[test]
fn a_pointer_that_rests_while_keys_are_used_is_told_nothing() {
    let mut window = open(600, 6);
    window.move_to(window.tile(599).center());
    window.harness.run_steps(90);
    assert!(window.shows("6000 × 4000"));
    window.press(Key::PageDown);
    window.press(Key::PageUp);
    window.harness.run_steps(120);
    assert!(!window.shows("6000 × 4000"), "nobody has pointed at anything");
    let shown = window.visible();
    window.move_to(window.tile(shown[shown.len() / 2]).center());
    window.harness.run_steps(90);
    assert!(window.shows("6000 × 4000"));
}
