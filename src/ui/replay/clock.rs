//! How long the window's thread worked on a frame.
//!
//! Tessellation happens in the window's integration, after everything that can be watched from
//! here. So it is done once more at the end of each pass, on a copy whose making does not count.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use egui::{Context, FullOutput, Plugin};

use crate::platform::usage::thread_time;

/// Counts the processor time of frames; clones are the same clock. As a plugin of egui it stops by
/// itself when a pass is over.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<Mutex<Count>>);

#[derive(Default)]
struct Count {
    /// Since when it runs.
    since: Option<Duration>,
    work: Duration,
    /// Of the last pass: only the last one's shapes are painted.
    tessellation: Option<Duration>,
}

impl Clock {
    /// Goes on counting.
    pub(super) fn start(&self) {
        self.with(|count| count.since = Some(thread_time()));
    }

    /// Stops counting for a while.
    pub(super) fn pause(&self) {
        let now = thread_time();
        self.with(|count| {
            if let Some(since) = count.since.take() {
                count.work += now.saturating_sub(since);
            }
        });
    }

    /// What the frame took, and back to nothing. `None` when nothing was painted.
    pub(super) fn take(&self) -> Option<Duration> {
        let count = self.with(std::mem::take);
        count.tessellation.map(|tessellation| count.work + tessellation)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Count) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Plugin for Clock {
    fn debug_name(&self) -> &'static str {
        "clock of the replay"
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        self.pause();
        let shapes = output.shapes.clone();
        let before = thread_time();
        let primitives = ctx.tessellate(shapes, output.pixels_per_point);
        let took = thread_time().saturating_sub(before);
        drop(primitives);
        self.with(|count| count.tessellation = Some(took));
    }
}

#[cfg(test)]
mod tests {
    use egui::{Color32, RawInput};

    use super::*;

    fn work(amount: Duration) {
        let until = thread_time() + amount;
        while thread_time() < until {}
    }

    #[test]
    fn only_what_lies_between_start_and_pause_counts_and_tessellation() {
        let ctx = Context::default();
        let clock = Clock::default();
        ctx.add_plugin(clock.clone());
        assert_eq!(clock.take(), None);
        let frame = |circles: u8| {
            let output = ctx.run_ui(RawInput::default(), |ui| {
                work(Duration::from_millis(50));
                clock.start();
                work(Duration::from_millis(2));
                clock.pause();
                work(Duration::from_millis(50));
                clock.start();
                for n in 0..circles {
                    let at = egui::pos2(f32::from(n), 50.0);
                    ui.painter().circle_filled(at, 900.0, Color32::WHITE);
                }
            });
            output.drop_without_applying_deltas();
            clock.take().unwrap()
        };
        let few = frame(0);
        assert!(few >= Duration::from_millis(2) && few < Duration::from_millis(40), "{few:?}");
        assert!(frame(200) > few);
    }
}
