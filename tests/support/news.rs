//! The engine's side of the library, for tests that play the engine.

use heliogram::engine::{Event, News};
use heliogram::model::{Change, Library};

/// Folds changes into the engine's library; the event that tells the window of them.
pub(crate) fn tell(library: &mut Library, changes: &[Change]) -> Event {
    let touched = library.apply_all(changes).touched;
    Event::Changed(News { library: library.clone(), touched })
}
