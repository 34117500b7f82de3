//! Driving the window by a fixed script in the user's place, and saying what that cost.
//!
//! The script's wheel, pointer and keys enter where the window system's do, so that what is
//! measured is what a user runs; the real ones are ignored meanwhile. What is remembered of the
//! window is neither read nor written: every run begins alike. Window thread only. Not here:
//! anything that is painted, and writing the report down.

mod clock;
mod driver;
mod hand;
mod record;
mod script;
mod skim;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use egui::{Vec2, vec2};
use serde::Serialize;

pub(crate) use self::driver::Driven;
use super::remembered::Remembered;

/// What the window is driven through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Down and up the grid at every tile size, by wheel and by flings, with rests between.
    Scroll,
    /// The scrubber from end to end at several speeds, jumps and rests, at every tile size.
    Scrub,
    /// The viewer, with the arrow keys held down, and rests between.
    Skim,
}

/// What came of it. Milliseconds are the window thread's processor time of a frame, from the start
/// of `logic` to the end of tessellation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Photos in the library.
    pub photos: usize,
    /// Frames that were painted while the script ran.
    pub frames: usize,
    /// Half of the frames took no longer.
    pub p50_ms: f64,
    /// 99 of 100 frames took no longer.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// Tiles that were painted with neither placeholder nor picture, added up over all frames.
    pub blank_tiles: u64,
    /// Distinct photos whose thumbnail has been painted since the window opened.
    pub thumbnails_shown: usize,
    /// Distinct photos that the script brought into view: into the grid, or, when skimming, into
    /// the viewer, with more than a placeholder.
    pub photos_shown: usize,
    /// When skimming: photos that went by in a second while an arrow key was held, each with more
    /// than a placeholder. `None` where too few did.
    pub skim_photos_per_second: Option<f64>,
    /// When skimming: the longest from letting go of the key until the photo was as sharp as the
    /// screen, among those whose original was on the disk. `None` where none was.
    pub rest_to_sharp_ms: Option<f64>,
    /// How many such rests there were.
    pub rests_timed: usize,
    /// The most physical memory that this process has had since it began; 0 where the system does
    /// not tell (anything but Linux).
    pub peak_memory_bytes: u64,
    /// From the start of the engine until the library was in step.
    pub sync_seconds: f64,
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Nobody is signed in.
    #[error("Nobody is signed in, so there is nothing to replay. Run `heliogram login` first.")]
    NotSignedIn,
    /// There is no line; why, for people.
    #[error("The library cannot be brought in step: there is no connection ({0}).")]
    NoConnection(String),
    /// There is a line, but no news.
    #[error("The library does not get in step. Run `heliogram sync` and see why.")]
    Stalled,
    /// There are no photos.
    #[error("There are no photos, so there is nothing to replay. Upload some first.")]
    NoPhotos,
    /// The window was there, but covered or minimised.
    #[error("The window was not visible during the replay. Leave it uncovered and start again.")]
    Unseen,
    /// The window was closed.
    #[error("The window was closed before the replay was over; there is no report.")]
    Closed,
}

/// An order to drive the window. Clones share the outcome.
#[derive(Clone, Debug)]
pub struct Replay {
    script: Script,
    size: Vec2,
    outcome: Rc<RefCell<Option<Result<Report, ReplayError>>>>,
}

impl Replay {
    /// The size of the window where none is named, points.
    pub const SIZE: (u16, u16) = (1280, 800);

    /// Drives a window of `size` points through `script`.
    #[must_use]
    pub fn new(script: Script, size: (u16, u16)) -> Self {
        let size = vec2(f32::from(size.0), f32::from(size.1));
        Self { script, size, outcome: Rc::default() }
    }

    /// What came of it, once the window is closed.
    ///
    /// # Errors
    /// Why there is no report.
    pub fn take_report(&self) -> Result<Report, ReplayError> {
        self.outcome.borrow_mut().take().unwrap_or(Err(ReplayError::Closed))
    }

    fn end(&self, outcome: Result<Report, ReplayError>) {
        self.outcome.borrow_mut().get_or_insert(outcome);
    }

    /// What every replay begins with, in the place of what a user left.
    pub(super) fn remembered(&self) -> Remembered {
        let mut remembered = Remembered::default();
        (remembered.width, remembered.height) = (self.size.x, self.size.y);
        remembered
    }
}
