//! One table of the keys that exist: what the code listens to and what the sheet shows.

mod sheet;

use egui::{Context, Event, Key, Modifiers};

pub(crate) use self::sheet::sheet;

/// Where a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    Grid,
    Viewer,
    /// In the viewer, while photos follow each other by themselves.
    Slides,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Upload,
    NewAlbum,
    Settings,
    KeySheet,
    Quit,
    Left,
    Right,
    Up,
    Down,
    First,
    Last,
    PageUp,
    PageDown,
    Open,
    ExtendLeft,
    ExtendRight,
    ExtendUp,
    ExtendDown,
    ExtendFirst,
    ExtendLast,
    ExtendPageUp,
    ExtendPageDown,
    Select,
    SelectAll,
    SelectNone,
    Menu,
    DeleteForGood,
    NextDay,
    PreviousDay,
    NextMonth,
    PreviousMonth,
    NextYear,
    PreviousYear,
    GoToDate,
    LargerTiles,
    SmallerTiles,
    Arrange,
    Next,
    Previous,
    Save,
    Closer,
    Further,
    PanLeft,
    PanRight,
    PanUp,
    PanDown,
    CopyPicture,
    Play,
    FitOrFull,
    Fit,
    Full,
    TurnRight,
    TurnLeft,
    FullScreen,
    Info,
    Filmstrip,
    Hide,
    Slides,
    Pause,
    Longer,
    Shorter,
    Paste,
    Back,
}

/// How a key is recognised.
#[derive(Clone, Copy, Debug)]
enum Trigger {
    Key(Modifiers, Key),
    /// By the character, whatever the layout of the keyboard.
    Character(&'static str),
    /// As the system says that something is to be copied: the window gets no key of it.
    Copy,
}

impl Trigger {
    const fn has_shift(&self) -> bool {
        matches!(self, Self::Key(modifiers, _) if modifiers.shift)
    }
}

/// One line of the sheet and the triggers behind it.
#[derive(Clone, Copy, Debug)]
struct Binding {
    place: Place,
    action: Action,
    triggers: &'static [Trigger],
    /// As shown; empty for the second half of a pair.
    shown: &'static str,
    does: &'static str,
}

const fn key(key: Key) -> Trigger {
    Trigger::Key(Modifiers::NONE, key)
}

const fn command(key: Key) -> Trigger {
    Trigger::Key(Modifiers::COMMAND, key)
}

const fn shift(key: Key) -> Trigger {
    Trigger::Key(Modifiers::SHIFT, key)
}

const fn bind(
    place: Place,
    action: Action,
    triggers: &'static [Trigger],
    shown: &'static str,
    does: &'static str,
) -> Binding {
    Binding { place, action, triggers, shown, does }
}

const BINDINGS: &[Binding] = &[
    bind(Place::Anywhere, Action::Upload, &[command(Key::U)], "Ctrl U", "Upload files"),
    // The window gets no key of it either: what is pasted is taken in where files arrive.
    bind(Place::Anywhere, Action::Paste, &[], "Ctrl V", "Upload what was copied"),
    bind(Place::Anywhere, Action::NewAlbum, &[command(Key::N)], "Ctrl N", "New album"),
    bind(Place::Anywhere, Action::Settings, &[command(Key::Comma)], "Ctrl ,", "Settings"),
    bind(
        Place::Anywhere,
        Action::KeySheet,
        &[key(Key::F1), Trigger::Character("?")],
        "F1  ?",
        "These keys",
    ),
    bind(Place::Anywhere, Action::Quit, &[command(Key::Q)], "Ctrl Q", "Quit"),
    bind(Place::Grid, Action::Left, &[key(Key::ArrowLeft)], "← → ↑ ↓", "Go from photo to photo"),
    bind(Place::Grid, Action::Right, &[key(Key::ArrowRight)], "", ""),
    bind(Place::Grid, Action::Up, &[key(Key::ArrowUp)], "", ""),
    bind(Place::Grid, Action::Down, &[key(Key::ArrowDown)], "", ""),
    bind(Place::Grid, Action::First, &[key(Key::Home)], "Home  End", "Newest, oldest"),
    bind(Place::Grid, Action::Last, &[key(Key::End)], "", ""),
    bind(Place::Grid, Action::PageUp, &[key(Key::PageUp)], "PgUp  PgDn", "A screen up, down"),
    bind(Place::Grid, Action::PageDown, &[key(Key::PageDown)], "", ""),
    bind(
        Place::Grid,
        Action::ExtendLeft,
        &[shift(Key::ArrowLeft)],
        "Shift ← → …",
        "The same, selecting on the way",
    ),
    bind(Place::Grid, Action::ExtendRight, &[shift(Key::ArrowRight)], "", ""),
    bind(Place::Grid, Action::ExtendUp, &[shift(Key::ArrowUp)], "", ""),
    bind(Place::Grid, Action::ExtendDown, &[shift(Key::ArrowDown)], "", ""),
    bind(Place::Grid, Action::ExtendFirst, &[shift(Key::Home)], "", ""),
    bind(Place::Grid, Action::ExtendLast, &[shift(Key::End)], "", ""),
    bind(Place::Grid, Action::ExtendPageUp, &[shift(Key::PageUp)], "", ""),
    bind(Place::Grid, Action::ExtendPageDown, &[shift(Key::PageDown)], "", ""),
    bind(
        Place::Grid,
        Action::NextDay,
        &[key(Key::D)],
        "D  M  Y",
        "Next day, month, year; Shift goes back",
    ),
    bind(Place::Grid, Action::NextMonth, &[key(Key::M)], "", ""),
    bind(Place::Grid, Action::NextYear, &[key(Key::Y)], "", ""),
    bind(Place::Grid, Action::PreviousDay, &[shift(Key::D)], "", ""),
    bind(Place::Grid, Action::PreviousMonth, &[shift(Key::M)], "", ""),
    bind(Place::Grid, Action::PreviousYear, &[shift(Key::Y)], "", ""),
    bind(Place::Grid, Action::GoToDate, &[key(Key::G)], "G", "Go to a date"),
    bind(
        Place::Grid,
        Action::LargerTiles,
        &[Trigger::Character("+")],
        "+  −",
        "Tile size; also Ctrl and the wheel",
    ),
    bind(Place::Grid, Action::SmallerTiles, &[Trigger::Character("-")], "", ""),
    bind(Place::Grid, Action::Arrange, &[key(Key::S)], "S", "Squares, or whole photos"),
    bind(Place::Grid, Action::Open, &[key(Key::Enter), key(Key::Space)], "Enter  Space", "Open"),
    bind(Place::Grid, Action::Select, &[key(Key::X)], "X", "Select; also Ctrl click, or drag"),
    bind(Place::Grid, Action::SelectAll, &[command(Key::A)], "Ctrl A", "Select all"),
    bind(Place::Grid, Action::SelectNone, &[key(Key::Escape)], "Esc", "Select none"),
    bind(Place::Grid, Action::CopyPicture, &[Trigger::Copy], "Ctrl C", "Copy the picture"),
    bind(Place::Grid, Action::Save, &[command(Key::S)], "Ctrl S", "Save originals"),
    bind(
        Place::Grid,
        Action::DeleteForGood,
        &[shift(Key::Delete)],
        "Shift Del",
        "Delete for good; asks first",
    ),
    bind(
        Place::Grid,
        Action::Menu,
        &[shift(Key::F10), key(Key::Menu)],
        "Shift F10",
        "Menu; also a right click",
    ),
    bind(
        Place::Viewer,
        Action::Previous,
        &[key(Key::ArrowLeft)],
        "←  →",
        "Newer, older photo; hold to skim",
    ),
    bind(Place::Viewer, Action::Next, &[key(Key::ArrowRight)], "", ""),
    bind(Place::Viewer, Action::First, &[key(Key::Home)], "Home  End", "Newest, oldest"),
    bind(Place::Viewer, Action::Last, &[key(Key::End)], "", ""),
    bind(
        Place::Viewer,
        Action::Closer,
        &[Trigger::Character("+"), Trigger::Character("=")],
        "+  −",
        "Closer, further; also the wheel",
    ),
    bind(Place::Viewer, Action::Further, &[Trigger::Character("-")], "", ""),
    bind(
        Place::Viewer,
        Action::PanLeft,
        &[shift(Key::ArrowLeft)],
        "Shift ← → …",
        "Move the photo; also drag it",
    ),
    bind(Place::Viewer, Action::PanRight, &[shift(Key::ArrowRight)], "", ""),
    bind(Place::Viewer, Action::PanUp, &[shift(Key::ArrowUp)], "", ""),
    bind(Place::Viewer, Action::PanDown, &[shift(Key::ArrowDown)], "", ""),
    bind(
        Place::Viewer,
        Action::FitOrFull,
        &[key(Key::Z)],
        "Z",
        "Fit or 100 %; also a double click",
    ),
    bind(Place::Viewer, Action::Fit, &[key(Key::Num0)], "0  1", "Fit, 100 %"),
    bind(Place::Viewer, Action::Full, &[key(Key::Num1)], "", ""),
    bind(
        Place::Viewer,
        Action::TurnRight,
        &[key(Key::R)],
        "R",
        "Turn the view; Shift turns it left",
    ),
    bind(Place::Viewer, Action::TurnLeft, &[shift(Key::R)], "", ""),
    bind(Place::Viewer, Action::Info, &[key(Key::I)], "I", "Info"),
    bind(Place::Viewer, Action::Filmstrip, &[key(Key::T)], "T", "Filmstrip"),
    bind(Place::Viewer, Action::Hide, &[key(Key::H)], "H", "Nothing but the photo"),
    bind(Place::Viewer, Action::FullScreen, &[key(Key::F), key(Key::F11)], "F  F11", "Full screen"),
    bind(Place::Viewer, Action::Play, &[key(Key::Enter)], "Enter", "Play a video"),
    bind(Place::Viewer, Action::CopyPicture, &[Trigger::Copy], "Ctrl C", "Copy the picture"),
    bind(Place::Viewer, Action::Slides, &[key(Key::F5)], "F5", "Slide show"),
    bind(Place::Viewer, Action::Save, &[command(Key::S)], "Ctrl S", "Save the original"),
    bind(
        Place::Viewer,
        Action::DeleteForGood,
        &[shift(Key::Delete)],
        "Shift Del",
        "Delete for good; asks first",
    ),
    bind(Place::Viewer, Action::Back, &[key(Key::Escape)], "Esc", "Back"),
    bind(Place::Slides, Action::Pause, &[key(Key::Space)], "Space", "Pause, go on"),
    bind(
        Place::Slides,
        Action::Longer,
        &[Trigger::Character("+"), Trigger::Character("=")],
        "+  −",
        "A longer, shorter time for each",
    ),
    bind(Place::Slides, Action::Shorter, &[Trigger::Character("-")], "", ""),
];

/// Whether a key that is held does this again and again: an arrow in the viewer is followed by
/// [`held`] instead.
const fn repeats(place: Place, action: Action) -> bool {
    !matches!((place, action), (Place::Viewer, Action::Next | Action::Previous))
}

/// The one of `actions` whose key is down: for what follows a key that is held, however often it
/// repeats. None while two of them are, or while text is being edited.
pub(crate) fn held(ctx: &Context, place: Place, actions: &[Action]) -> Option<Action> {
    if ctx.text_edit_focused() {
        return None;
    }
    let is_down = |trigger: &Trigger| match trigger {
        Trigger::Key(modifiers, key) => {
            ctx.input(|input| input.key_down(*key) && input.modifiers.matches_exact(*modifiers))
        }
        Trigger::Character(_) | Trigger::Copy => false,
    };
    let here = BINDINGS.iter().filter(|b| b.place == place && actions.contains(&b.action));
    let mut down = here.filter(|b| b.triggers.iter().any(is_down)).map(|b| b.action);
    down.next().filter(|_| down.next().is_none())
}

/// Uses up the strokes of a key; those that the keyboard repeats count only where that is wanted.
fn strokes(input: &mut egui::InputState, modifiers: Modifiers, key: Key, repeated: bool) -> usize {
    let is_repeated = |event: &&Event| {
        matches!(event, Event::Key { key: of, pressed: true, repeat: true, modifiers: with, .. }
            if *of == key && with.matches_logically(modifiers))
    };
    let too_many = if repeated { 0 } else { input.events.iter().filter(is_repeated).count() };
    input.count_and_consume_key(modifiers, key).saturating_sub(too_many)
}

/// The actions of `place` whose keys were pressed since the last frame; they are used up.
///
/// While text is being edited only keys with Ctrl (⌘) and function keys count.
pub(crate) fn pressed(ctx: &Context, place: Place) -> Vec<Action> {
    let mut actions = Vec::new();
    let is_key = |event: &Event| matches!(event, Event::Key { .. } | Event::Text(_) | Event::Copy);
    if !ctx.input(|input| input.events.iter().any(is_key)) {
        return actions;
    }
    let typing = ctx.text_edit_focused();
    // A key alone would take the same key with Shift, too.
    for with_shift in [true, false] {
        let here = BINDINGS.iter().filter(|binding| binding.place == place);
        let triggers = here.flat_map(|b| b.triggers.iter().map(|trigger| (b.action, *trigger)));
        for (action, trigger) in triggers.filter(|(_, trigger)| trigger.has_shift() == with_shift) {
            let times = match trigger {
                Trigger::Key(modifiers, key) => {
                    let allowed = !typing || modifiers.command || key == Key::F1;
                    if allowed {
                        let again = repeats(place, action);
                        ctx.input_mut(|input| strokes(input, modifiers, key, again))
                    } else {
                        0
                    }
                }
                Trigger::Character(wanted) if !typing => ctx.input(|input| {
                    input
                        .events
                        .iter()
                        .filter(|event| matches!(event, Event::Text(text) if text == wanted))
                        .count()
                }),
                Trigger::Copy if !typing => ctx.input(|input| {
                    let copies = |event: &&Event| matches!(event, Event::Copy);
                    input.events.iter().filter(copies).count()
                }),
                Trigger::Character(_) | Trigger::Copy => 0,
            };
            actions.extend(std::iter::repeat_n(action, times));
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let mut seen = Vec::new();
        for binding in BINDINGS {
            for trigger in binding.triggers {
                let mark = (format!("{:?}", binding.place), format!("{trigger:?}"));
                assert!(!seen.contains(&mark), "{mark:?} twice");
                seen.push(mark);
            }
        }
    }

    #[test]
    fn every_action_is_on_the_sheet() {
        // A binding without words is the second half of the pair before it.
        for pair in BINDINGS.windows(2) {
            if pair[1].shown.is_empty() {
                assert_eq!(pair[0].place, pair[1].place);
            }
        }
        assert!(!BINDINGS[0].shown.is_empty());
    }

    #[test]
    fn a_held_arrow_is_one_stroke_in_the_viewer_and_many_in_the_grid() {
        let ctx = Context::default();
        let mut counted = Vec::new();
        for place in [Place::Viewer, Place::Grid] {
            // The first frame presses, the second repeats.
            let event = |pressed| Event::Key {
                key: Key::ArrowRight,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers: Modifiers::NONE,
            };
            for events in [vec![event(true)], vec![event(true), event(true)], vec![event(false)]] {
                let input = egui::RawInput { events, ..Default::default() };
                let output = ctx.run_ui(input, |ui| {
                    let way = [Action::Next, Action::Previous];
                    let held = held(ui.ctx(), Place::Viewer, &way);
                    counted.push((pressed(ui.ctx(), place).len(), held));
                });
                output.drop_without_applying_deltas();
            }
        }
        let right = Some(Action::Next);
        assert_eq!(counted[..3], [(1, right), (0, right), (0, None)]);
        assert_eq!(counted[3..], [(1, right), (2, right), (0, None)]);
    }
}
