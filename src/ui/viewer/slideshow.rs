//! The slide show: one photo after another, each there before it is shown.
//!
//! Here is what comes when, and the small bar to set it; painting a photo is `picture`'s.

use egui::{Align2, Color32, Id, Rect, Ui, pos2, vec2};

use crate::model::{MediaKind, PhotoId};
use crate::platform::awake::{Awake, Keep};
use crate::ui::icons::Icon;
use crate::ui::text;
use crate::ui::timeline::{Entry, Timeline};
use crate::ui::tokens::viewer as look;
use crate::ui::view::View;
use crate::ui::widgets::{self, IconFace};

/// How long a photo may stand, seconds.
const STEPS: [u32; 8] = [2, 3, 5, 8, 12, 20, 30, 60];
/// How long one photo fades into the next, seconds.
pub(super) const FADE: f32 = 0.8;
/// Photos that are looked at to find one that can be shown.
const LOOKS: usize = 64;
const BAR: egui::Vec2 = vec2(348.0, 48.0);
const BUTTON: f32 = 40.0;

/// What a slide show is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How long a photo stands.
    pub(crate) seconds: u32,
    pub(crate) shuffles: bool,
    /// Whether photos fill the window, cut, or are seen whole.
    pub(crate) fills: bool,
    /// Whether one fades into the next.
    pub(crate) fades: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seconds: 5, shuffles: false, fills: false, fades: true }
    }
}

impl Options {
    /// With a time that the bar can show.
    pub(crate) fn sane(self) -> Self {
        let near = STEPS.into_iter().min_by_key(|step| step.abs_diff(self.seconds));
        Self { seconds: near.unwrap_or(5), ..self }
    }

    /// A longer time, or a shorter one.
    pub(super) fn other_time(&mut self, longer: bool) {
        let at = STEPS.iter().position(|step| *step == self.seconds).unwrap_or_default();
        let to = if longer { at + 1 } else { at.saturating_sub(1) };
        self.seconds = STEPS.get(to).copied().unwrap_or(self.seconds);
    }
}

/// A slide show under way.
pub(super) struct Slideshow {
    pub(super) options: Options,
    pub(super) is_paused: bool,
    /// Since when the photo stands, sharp.
    since: f64,
    next: Option<PhotoId>,
    /// The photo that fades away, and since when.
    leaving: Option<(PhotoId, f64)>,
    /// What the order is shuffled by, and how far one is in it.
    seed: u64,
    turn: u64,
    pub(super) was_full_screen: bool,
    /// The screen stays lit.
    _awake: Option<Awake>,
}

impl Slideshow {
    pub(super) fn begin(options: Options, now: f64, was_full_screen: bool) -> Self {
        use std::hash::{BuildHasher as _, Hasher as _};
        Self {
            options,
            is_paused: false,
            since: now,
            next: None,
            leaving: None,
            // The standard library's hashers are keyed by the system.
            seed: std::hash::RandomState::new().build_hasher().finish(),
            turn: 0,
            was_full_screen,
            _awake: Some(Awake::hold(Keep::Screen, "A slide show is running")),
        }
    }

    /// The photo that comes next.
    pub(super) const fn next(&self) -> Option<PhotoId> {
        self.next
    }

    /// Sees to it that there is a next photo. `refused`: it cannot be shown.
    pub(super) fn choose(
        &mut self,
        current: PhotoId,
        timeline: &Timeline,
        view: &View<'_>,
        refused: impl Fn(PhotoId) -> bool,
    ) {
        let stands = |id: PhotoId| {
            let photo = view.library.photo(id);
            photo.is_some_and(|photo| matches!(photo.kind(), MediaKind::Image))
                && id != current
                && !refused(id)
        };
        if self.next.is_some_and(stands) {
            return;
        }
        let count = timeline.photo_count();
        let at = timeline.photo_place(current).unwrap_or_default();
        self.next = None;
        for step in 1..=LOOKS.min(count) {
            let place = if self.options.shuffles {
                self.turn += 1;
                shuffled(self.turn, count, self.seed)
            } else {
                (at + step) % count
            };
            let photo = timeline.photo_at(place).and_then(Entry::photo);
            if let Some(photo) = photo.filter(|id| stands(*id)) {
                self.next = Some(photo);
                return;
            }
        }
    }

    /// The photo to show now, if it is time for another. `is_there`: the current one is as sharp
    /// as it gets; `next_is_there`: the next one can be painted at once.
    pub(super) fn due(&mut self, now: f64, is_there: bool, next_is_there: bool) -> Option<PhotoId> {
        if !is_there || self.is_paused {
            self.since = now;
        }
        if now - self.since < f64::from(self.options.seconds) || !next_is_there {
            return None;
        }
        self.next.take()
    }

    /// Another photo than `before` is shown from now on.
    pub(super) fn turned(&mut self, before: PhotoId, now: f64) {
        self.leaving = Some((before, now)).filter(|_| self.options.fades);
        (self.since, self.next) = (now, None);
    }

    /// The photo that fades away, and how much of the new one shows.
    #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
    pub(super) fn leaving(&mut self, now: f64, fade: f32) -> Option<(PhotoId, f32)> {
        let (photo, since) = self.leaving?;
        let share = if fade > 0.0 { ((now - since) / f64::from(fade)) as f32 } else { 1.0 };
        if share >= 1.0 {
            self.leaving = None;
        }
        self.leaving.map(|_| (photo, share))
    }

    /// When the next photo is due, seconds from `now`.
    pub(super) fn left(&self, now: f64) -> f64 {
        (f64::from(self.options.seconds) - (now - self.since)).max(0.0)
    }

    /// The bar at the bottom of `area`; true when the show is to stop.
    pub(super) fn bar(&mut self, ui: &Ui, area: Rect) -> bool {
        let middle = pos2(area.center().x, area.max.y - 24.0 - BAR.y / 2.0);
        let bar = Rect::from_center_size(middle, BAR);
        ui.painter().rect_filled(bar, BAR.y / 2.0, look::PANEL);
        let at = |x: f32| Rect::from_min_size(bar.min + vec2(x, 4.0), vec2(BUTTON, BUTTON));
        let (icon, name) = if self.is_paused {
            (Icon::Play, "Go on (Space)")
        } else {
            (Icon::Pause, "Pause (Space)")
        };
        if button(ui, at(4.0), icon, name, false) {
            self.is_paused = !self.is_paused;
        }
        if button(ui, at(44.0), Icon::Minus, "Shorter (−)", false) {
            self.options.other_time(false);
        }
        let time = Rect::from_min_size(bar.min + vec2(84.0, 0.0), vec2(52.0, BAR.y));
        if button(ui, at(136.0), Icon::Plus, "Longer (+)", false) {
            self.options.other_time(true);
        }
        if button(ui, at(180.0), Icon::Shuffle, "Shuffle", self.options.shuffles) {
            self.options.shuffles = !self.options.shuffles;
            self.next = None;
        }
        if button(ui, at(220.0), Icon::Fill, "Fill the window", self.options.fills) {
            self.options.fills = !self.options.fills;
        }
        if button(ui, at(260.0), Icon::Fade, "Cross-fade", self.options.fades) {
            self.options.fades = !self.options.fades;
        }
        let stops = button(ui, at(304.0), Icon::Close, "Stop (Esc)", false);
        let words = format!("{} s", self.options.seconds);
        let align = Align2::CENTER_CENTER;
        text::paint(ui.painter(), time.center(), align, text::LABEL_500, &words, look::TEXT, 52.0);
        widgets::says(ui, time, Id::unique("slide time"), egui::Role::Status, &words);
        stops
    }
}

fn button(ui: &Ui, rect: Rect, icon: Icon, name: &str, on: bool) -> bool {
    let ground = if on { look::TOGGLED } else { Color32::TRANSPARENT };
    let face = IconFace { colour: look::TEXT, ground, radius: BUTTON / 2.0, size: 18.0 };
    let id = Id::unique(("slide show", icon as u8));
    widgets::icon_button_as(ui, rect, id, icon, name, face).clicked()
}

/// The place with number `turn` in an order of `count` places that has each once, then again: a
/// small Feistel network, walked until it falls within the places that there are.
fn shuffled(turn: u64, count: usize, seed: u64) -> usize {
    let count = (count as u64).max(1);
    let half = (u64::BITS - (count - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1_u64 << half) - 1;
    let mut value = turn % count;
    loop {
        let (mut left, mut right) = (value >> half, value & mask);
        for round in 0..4_u64 {
            let key = seed.wrapping_add((round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            (left, right) = (right, left ^ (mixed(right ^ key) & mask));
        }
        value = (left << half) | right;
        if value < count {
            return usize::try_from(value).unwrap_or_default();
        }
    }
}

/// A number of which every bit depends on all of `value`.
const fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId};

    fn show() -> Slideshow {
        Slideshow {
            options: Options::default(),
            is_paused: false,
            since: 0.0,
            next: Some(id(2)),
            leaving: None,
            seed: 1,
            turn: 0,
            was_full_screen: false,
            _awake: None,
        }
    }

    fn id(n: i32) -> PhotoId {
        PhotoId { album: AlbumId(1), message: MessageId(n) }
    }

    proptest! {
        #[test]
        fn a_shuffled_order_has_each_place_once(count in 1_usize..500, seed: u64) {
            let mut seen: Vec<usize> =
                (0..count as u64).map(|turn| shuffled(turn, count, seed)).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn orders_differ_and_are_no_mere_rotation() {
        let order = |seed| -> Vec<usize> { (0..100).map(|t| shuffled(t, 100, seed)).collect() };
        let (one, other) = (order(1), order(0x1234_5678_9abc_def0));
        assert_ne!(one, other);
        let in_line = one.windows(2).filter(|two| two[1] == two[0] + 1).count();
        assert!(in_line < 20, "{one:?}");
    }

    #[test]
    fn the_next_photo_waits_until_its_time_and_its_picture() {
        let mut show = show();
        assert_eq!(show.due(3.0, false, true), None, "the time begins when the photo is sharp");
        assert_eq!(show.due(7.9, true, true), None);
        assert_eq!(show.due(8.1, true, false), None, "the picture is not there yet");
        assert_eq!(show.due(9.0, true, true), Some(id(2)));
        show.turned(id(1), 9.0);
        assert!(
            show.leaving(9.4, FADE).is_some_and(|(photo, share)| photo == id(1) && share < 0.6)
        );
        assert_eq!(show.leaving(10.0, FADE), None);
        show.next = Some(id(3));
        show.is_paused = true;
        assert_eq!(show.due(60.0, true, true), None);
        show.is_paused = false;
        assert_eq!(show.due(64.0, true, true), None, "it stands as long again");
        assert_eq!(show.due(65.1, true, true), Some(id(3)));
    }

    #[test]
    fn times_go_up_and_down_and_stay_within_their_steps() {
        let mut options = Options { seconds: 6, ..Options::default() }.sane();
        assert_eq!(options.seconds, 5);
        for _ in 0..20 {
            options.other_time(true);
        }
        assert_eq!(options.seconds, 60);
        for _ in 0..20 {
            options.other_time(false);
        }
        assert_eq!(options.seconds, 2);
    }
}
