//! Which files are in view without a picture, and when the engine was asked to make one: each a few
//! times, some at a time.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::model::UploadId;

/// Files whose pictures are awaited at once.
const AT_ONCE: usize = 48;
/// Seconds after which a file in view that still has none is asked for again.
const AGAIN: f64 = 5.0;
/// What cannot be made is not asked for for ever.
const TRIES: u8 = 3;

/// The files in view that have no picture.
#[derive(Default)]
pub(super) struct InView {
    /// Noted while the frame is painted.
    noted: RefCell<Vec<UploadId>>,
    asked: HashMap<UploadId, Asked>,
}

#[derive(Clone, Copy)]
struct Asked {
    at: f64,
    tries: u8,
}

impl InView {
    /// A file is in view, and there is no picture of it.
    pub(super) fn note(&self, file: UploadId) {
        self.noted.borrow_mut().push(file);
    }

    /// Its picture is here, or it is gone, or its picture was given up: it may be asked for anew.
    pub(super) fn forget(&mut self, file: UploadId) {
        self.asked.remove(&file);
    }

    /// Those of the last frame to ask for now.
    pub(super) fn wishes(&mut self, now: f64) -> Vec<UploadId> {
        let mut noted = std::mem::take(&mut *self.noted.borrow_mut());
        if noted.is_empty() {
            return noted;
        }
        let awaited = self.asked.values().filter(|asked| now - asked.at < AGAIN).count();
        noted.retain(|file| {
            let asked = self.asked.get(file);
            asked.is_none_or(|asked| now - asked.at >= AGAIN && asked.tries < TRIES)
        });
        noted.truncate(AT_ONCE.saturating_sub(awaited));
        for file in &noted {
            let tries = self.asked.get(file).map_or(0, |asked| asked.tries);
            self.asked.insert(*file, Asked { at: now, tries: tries + 1 });
        }
        noted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_asked_for_a_few_times_and_not_too_many_at_once() {
        let mut view = InView::default();
        let many = i64::try_from(AT_ONCE).unwrap() + 5;
        let note_all = |view: &InView| (0..many).for_each(|n| view.note(UploadId(n)));
        note_all(&view);
        assert_eq!(view.wishes(0.0).len(), AT_ONCE);
        note_all(&view);
        assert!(view.wishes(0.1).is_empty(), "as many are awaited as may be");
        (0..7).for_each(|n| view.forget(UploadId(n)));
        note_all(&view);
        assert_eq!(view.wishes(0.2).len(), 7);
        let one = UploadId(many + 1);
        let mut asked = 0;
        for round in 1..20_u8 {
            view.note(one);
            asked += view.wishes(f64::from(round) * 2.0 * AGAIN).len();
        }
        assert_eq!(asked, usize::from(TRIES));
    }
}
