//! What was learnt of the photos that were looked at last, for the info panel.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::engine::Trouble;
use crate::model::{Details, PhotoId};

/// Photos of which something is kept.
const KEPT: usize = 64;

/// What is known of one photo.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Particular {
    Asked,
    Known(Arc<Details>),
    /// Why it is not known.
    Failed(String),
}

/// See the module.
#[derive(Default)]
pub(crate) struct Particulars {
    known: HashMap<PhotoId, Particular>,
    /// Oldest first.
    order: VecDeque<PhotoId>,
}

impl Particulars {
    pub(crate) fn get(&self, photo: PhotoId) -> Option<&Particular> {
        self.known.get(&photo)
    }

    /// Whether it is to be asked for; it counts as asked from then on.
    pub(crate) fn ask(&mut self, photo: PhotoId) -> bool {
        let is_new = !self.known.contains_key(&photo);
        if is_new {
            self.put(photo, Particular::Asked);
        }
        is_new
    }

    pub(crate) fn learn(&mut self, photo: PhotoId, details: Result<Arc<Details>, Trouble>) {
        // What was forgotten meanwhile may be of the file before.
        if self.known.contains_key(&photo) {
            let what = details
                .map_or_else(|trouble| Particular::Failed(trouble.sentence), Particular::Known);
            self.known.insert(photo, what);
        }
    }

    /// It is another file now, or gone.
    pub(crate) fn forget(&mut self, photo: PhotoId) {
        if self.known.remove(&photo).is_some() {
            self.order.retain(|kept| *kept != photo);
        }
    }

    /// What failed may be asked for again.
    pub(crate) fn forgive(&mut self) {
        let failed = |what: &Particular| matches!(what, Particular::Failed(_));
        self.known.retain(|_, what| !failed(what));
        self.order.retain(|photo| self.known.contains_key(photo));
    }

    fn put(&mut self, photo: PhotoId, what: Particular) {
        self.known.insert(photo, what);
        self.order.push_back(photo);
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, MessageId};

    fn id(message: i32) -> PhotoId {
        PhotoId { album: AlbumId(1), message: MessageId(message) }
    }

    #[test]
    fn each_is_asked_for_once_and_the_oldest_go() {
        let mut all = Particulars::default();
        assert!(all.ask(id(0)));
        assert!(!all.ask(id(0)));
        all.learn(id(0), Err(Trouble::plain("No line")));
        assert!(!all.ask(id(0)), "not over and over");
        all.forgive();
        assert!(all.ask(id(0)));
        all.forget(id(0));
        all.learn(id(0), Ok(Arc::default()));
        assert_eq!(all.get(id(0)), None, "an answer about the file before");
        for message in 0..200 {
            all.ask(id(message));
        }
        assert_eq!((all.known.len(), all.order.len()), (KEPT, KEPT));
        assert!(all.get(id(199)).is_some());
    }
}
