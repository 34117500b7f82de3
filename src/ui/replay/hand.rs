//! Gestures as the events that a window system would send.

use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Rect, TouchPhase,
    lerp, pos2, vec2,
};

use super::script::Gesture;
use crate::ui::tokens::measure;

/// A key that is held repeats after so many seconds …
const REPEATS_AFTER: f64 = 0.25;
/// … so many times a second.
const REPEATS: f64 = 30.0;
/// A flick has lost two thirds of its speed after so many seconds.
const SLOWS: f64 = 0.4;

/// One gesture under way.
#[derive(Debug)]
pub(super) struct Hand {
    gesture: Gesture,
    began: f64,
    /// Events of a kind that were sent: turns of the wheel, strokes of the key.
    sent: f64,
    /// Where a flick has come to, points.
    gone: f64,
}

impl Hand {
    pub(super) const fn new(gesture: Gesture, began: f64) -> Self {
        Self { gesture, began, sent: 0.0, gone: 0.0 }
    }

    /// The events of a frame. `grid`: where it is on the screen; `seconds`: of the whole gesture.
    pub(super) fn events(&mut self, now: f64, seconds: f64, grid: Rect) -> Vec<Event> {
        let since = now - self.began;
        let is_first = self.sent == 0.0;
        match self.gesture {
            Gesture::Rest => Vec::new(),
            Gesture::Type(text) => self.once(vec![Event::Text(text.to_owned())]),
            Gesture::Tap(of) => self.once(vec![key(of, true), key(of, false)]),
            Gesture::Hold(of) => {
                let repeated = ((since - REPEATS_AFTER) * REPEATS).floor() + 1.0;
                self.due(1.0 + repeated.max(0.0), &key(of, true))
            }
            Gesture::Wheel(rate) => {
                let due = (since * f64::from(rate.abs())).floor() + 1.0;
                self.due(due, &wheel(MouseWheelUnit::Line, -rate.signum()))
            }
            Gesture::Fling(speed) => {
                let length = f64::from(speed) * f64::from(grid.height()) * SLOWS;
                let at = length * (1.0 - (-since / SLOWS).exp());
                let delta = at - std::mem::replace(&mut self.gone, at);
                #[expect(clippy::cast_possible_truncation, reason = "some screens")]
                let delta = delta as f32;
                vec![wheel(MouseWheelUnit::Point, -delta)]
            }
            Gesture::Drag(from, to) => {
                #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
                let share = lerp(from..=to, (since / seconds).clamp(0.0, 1.0) as f32);
                self.sent = 1.0;
                let at = in_lane(grid, share);
                let mut events = vec![Event::PointerMoved(at)];
                events.extend(is_first.then(|| button(at, true)));
                events
            }
            Gesture::Jump(to) => {
                let at = in_lane(grid, to);
                self.once(vec![Event::PointerMoved(at), button(at, true)])
            }
        }
    }

    /// What ends the gesture.
    pub(super) fn let_go(&self, grid: Rect) -> Vec<Event> {
        match self.gesture {
            Gesture::Hold(of) => vec![key(of, false)],
            Gesture::Drag(_, to) | Gesture::Jump(to) => {
                vec![button(in_lane(grid, to), false), home(grid)]
            }
            _ => Vec::new(),
        }
    }

    fn once(&mut self, events: Vec<Event>) -> Vec<Event> {
        if std::mem::replace(&mut self.sent, 1.0) == 0.0 { events } else { Vec::new() }
    }

    /// As many events as are due and have not been sent.
    fn due(&mut self, due: f64, event: &Event) -> Vec<Event> {
        let mut events = Vec::new();
        while self.sent < due {
            events.push(event.clone());
            self.sent += 1.0;
        }
        events
    }
}

/// Where the pointer is while it does nothing else.
pub(super) fn home(grid: Rect) -> Event {
    Event::PointerMoved(grid.center())
}

/// A little beyond the lane at both ends, as hands go.
fn in_lane(grid: Rect, share: f32) -> Pos2 {
    let x = grid.max.x - measure::SCRUBBER / 4.0;
    pos2(x, lerp(grid.min.y + 4.0..=grid.max.y - 4.0, share))
}

const fn key(key: Key, pressed: bool) -> Event {
    let modifiers = Modifiers::NONE;
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }
}

const fn button(pos: Pos2, pressed: bool) -> Event {
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    Event::PointerButton { pos, button, pressed, modifiers }
}

const fn wheel(unit: MouseWheelUnit, down: f32) -> Event {
    Event::MouseWheel {
        unit,
        delta: vec2(0.0, down),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Rect = Rect { min: pos2(240.0, 56.0), max: pos2(1280.0, 800.0) };

    /// All events of a gesture at so many frames a second.
    fn played(gesture: Gesture, seconds: f64, rate: f64) -> Vec<Event> {
        let mut hand = Hand::new(gesture, 100.0);
        let mut events = Vec::new();
        let mut since = 0.0;
        while since < seconds {
            events.extend(hand.events(100.0 + since, seconds, GRID));
            since += 1.0 / rate;
        }
        events.extend(hand.let_go(GRID));
        events
    }

    fn turned(events: &[Event]) -> f32 {
        let turns = events.iter().map(|event| match event {
            Event::MouseWheel { delta, .. } => delta.y,
            other => panic!("not the wheel: {other:?}"),
        });
        turns.sum()
    }

    #[test]
    fn a_slow_window_gets_as_much_as_a_fast_one() {
        for rate in [7.0, 60.0, 240.0] {
            let notches = turned(&played(Gesture::Wheel(15.0), 2.0, rate));
            assert!((-31.0..=-28.0).contains(&notches), "{notches} at {rate}");
            let points = turned(&played(Gesture::Fling(-10.0), 4.0, rate));
            let whole = 10.0 * 744.0 * 0.4;
            assert!((whole * 0.99..=whole).contains(&points), "{points} at {rate}");
            let strokes = played(Gesture::Hold(Key::ArrowLeft), 2.25, rate);
            let down = strokes.iter().filter(|event| **event == key(Key::ArrowLeft, true));
            assert!((56..=62).contains(&down.count()), "at {rate}");
            assert_eq!(strokes.last(), Some(&key(Key::ArrowLeft, false)));
        }
    }

    #[test]
    fn a_short_stroke_does_not_repeat() {
        let strokes = played(Gesture::Hold(Key::Z), 0.2, 60.0);
        assert_eq!(strokes, [key(Key::Z, true), key(Key::Z, false)]);
        assert_eq!(played(Gesture::Tap(Key::Z), 0.2, 60.0), strokes);
        assert_eq!(played(Gesture::Type("+"), 0.2, 60.0), [Event::Text("+".to_owned())]);
    }

    #[test]
    fn what_is_pressed_is_let_go() {
        for gesture in [Gesture::Drag(0.0, 1.0), Gesture::Jump(0.5)] {
            let events = played(gesture, 1.0, 60.0);
            let buttons: Vec<bool> = events
                .iter()
                .filter_map(|event| match event {
                    Event::PointerButton { pressed, pos, .. } => {
                        assert!(GRID.contains(*pos));
                        Some(*pressed)
                    }
                    _ => None,
                })
                .collect();
            assert_eq!(buttons, [true, false], "{gesture:?}");
            assert_eq!(events.last(), Some(&home(GRID)));
        }
    }
}
