//! The three scripts: what is done, for how long, and when it is over sooner. Plain data.

use egui::Key;

use super::Script;
use crate::ui::grid::TileSize;

/// What a hand does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gesture {
    /// Nothing.
    Rest,
    /// Writes a character.
    Type(&'static str),
    /// Presses a key and lets it go.
    Tap(Key),
    /// Keeps a key down: it repeats as keyboards do.
    Hold(Key),
    /// Turns the wheel, notches a second; down is positive.
    Wheel(f32),
    /// Flicks over a touchpad, beginning with so many screens a second; down is positive.
    Fling(f32),
    /// Takes the scrubber from one share of its lane to another.
    Drag(f32, f32),
    /// Clicks into the lane of the scrubber.
    Jump(f32),
}

/// When a gesture is over before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sooner {
    Never,
    /// When the page goes no further.
    AtTheEnd,
    /// When every picture that was wished for is there.
    WhenServed,
    /// When a photo is shown again that was sharp before.
    WhenBack,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) gesture: Gesture,
    /// At most.
    pub(super) seconds: f64,
    pub(super) sooner: Sooner,
}

const fn step(gesture: Gesture, seconds: f64) -> Step {
    let sooner = match gesture {
        Gesture::Rest => Sooner::WhenServed,
        Gesture::Wheel(_) | Gesture::Fling(_) => Sooner::AtTheEnd,
        _ => Sooner::Never,
    };
    Step { gesture, seconds, sooner }
}

const fn rest(seconds: f64) -> Step {
    step(Gesture::Rest, seconds)
}

/// Photos that are visited twice when skimming.
const VISITS: usize = 7;

/// For a key that is pressed once, and what follows from it.
const TAP: f64 = 0.1;

/// All steps of a script.
pub(super) fn steps(script: Script) -> Vec<Step> {
    match script {
        Script::Scroll => at_every_size(&[
            step(Gesture::Wheel(15.0), 1.5),
            rest(0.8),
            step(Gesture::Fling(12.0), 1.2),
            step(Gesture::Fling(40.0), 1.2),
            rest(1.2),
            step(Gesture::Wheel(-30.0), 1.0),
            step(Gesture::Fling(-25.0), 1.0),
            rest(0.8),
        ]),
        Script::Scrub => {
            let mut steps = at_every_size(&[
                step(Gesture::Drag(0.0, 1.0), 1.5),
                rest(0.8),
                step(Gesture::Drag(1.0, 0.0), 0.5),
                rest(0.8),
                step(Gesture::Jump(0.5), 0.2),
                rest(0.8),
                step(Gesture::Jump(0.93), 0.2),
                step(Gesture::Jump(0.07), 0.2),
                rest(0.8),
            ]);
            // Slowly through all of time, and slowly through a small part of it.
            steps.push(step(Gesture::Drag(0.0, 1.0), 6.0));
            steps.push(rest(1.0));
            steps.push(step(Gesture::Drag(0.4, 0.42), 3.0));
            steps.push(rest(1.0));
            steps
        }
        Script::Skim => {
            let hold = |key, seconds| step(Gesture::Hold(key), seconds);
            let key = |key| step(Gesture::Tap(key), TAP);
            let mut steps = vec![key(Key::ArrowRight), rest(1.0), key(Key::Enter), rest(1.0)];
            steps.extend([hold(Key::ArrowRight, 6.0), rest(2.2)]);
            // Originals come from far at these …
            for _ in 0..VISITS {
                steps.extend([hold(Key::ArrowRight, 0.6), rest(2.2)]);
            }
            // … and are on the disk when one comes back to them; those that were seen first are
            // on the card no more.
            for _ in 0..=VISITS {
                let back = Step { sooner: Sooner::WhenBack, ..hold(Key::ArrowLeft, 0.9) };
                steps.extend([back, rest(0.9)]);
            }
            steps.extend([hold(Key::ArrowLeft, 3.0), rest(1.0)]);
            // The other way, from the oldest.
            steps.extend([key(Key::Escape), rest(0.5), key(Key::End), rest(1.0)]);
            steps.extend([key(Key::Enter), rest(1.0), hold(Key::ArrowLeft, 6.0), rest(1.0)]);
            steps.push(key(Key::Escape));
            steps.push(rest(0.5));
            steps
        }
    }
}

/// The same at all tile sizes, smallest first.
fn at_every_size(same: &[Step]) -> Vec<Step> {
    let sizes = TileSize::ALL.len();
    let mut steps = vec![step(Gesture::Type("-"), TAP); sizes - 1];
    for size in 0..sizes {
        if size > 0 {
            steps.push(step(Gesture::Type("+"), TAP));
        }
        steps.push(rest(0.5));
        steps.extend_from_slice(same);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_takes_longer_than_a_minute() {
        for script in [Script::Scroll, Script::Scrub, Script::Skim] {
            let seconds: f64 = steps(script).iter().map(|step| step.seconds).sum();
            assert!((20.0..=60.0).contains(&seconds), "{script:?} takes {seconds} s");
        }
    }
}
