//! Which files stand elsewhere in the grid since when: the grid then looks at those alone, however
//! many are on their way.

use std::collections::VecDeque;

use crate::model::UploadId;

/// Notes that are kept; who looks less often than that looks at all files.
const MOST: usize = 20_000;

/// Grows with every file that is noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Revision(u64);

impl Revision {
    /// So many notes later.
    pub(crate) const fn after(self, notes: usize) -> Self {
        Self(self.0 + notes as u64)
    }
}

/// The files noted last.
#[derive(Default)]
pub(super) struct TouchedLog {
    revision: Revision,
    last: VecDeque<UploadId>,
}

impl TouchedLog {
    pub(super) fn note(&mut self, upload: UploadId) {
        self.revision.0 += 1;
        self.last.push_back(upload);
        if self.last.len() > MOST {
            self.last.pop_front();
        }
    }

    pub(super) const fn revision(&self) -> Revision {
        self.revision
    }

    /// The files noted since the revision was `then`; `None` where that is not known any more.
    pub(super) fn since(&self, then: Revision) -> Option<impl Iterator<Item = UploadId>> {
        let count = usize::try_from(self.revision.0.checked_sub(then.0)?).ok()?;
        let skipped = self.last.len().checked_sub(count)?;
        Some(self.last.iter().skip(skipped).copied())
    }

    /// One of a later revision that knows nothing of what was before.
    pub(super) const fn emptied(&self) -> Self {
        Self { revision: Revision(self.revision.0 + 1), last: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_noted_is_missed(notes in proptest::collection::vec(0_i64..50, 0..200), looked in 0_usize..200) {
            let (mut log, looked) = (TouchedLog::default(), looked.min(notes.len()));
            let mut then = log.revision();
            for (at, id) in notes.iter().enumerate() {
                if at == looked {
                    then = log.revision();
                }
                log.note(UploadId(*id));
            }
            if looked == notes.len() {
                then = log.revision();
            }
            let since: Vec<i64> = log.since(then).unwrap().map(|id| id.0).collect();
            prop_assert_eq!(since.as_slice(), &notes[looked..]);
        }
    }

    #[test]
    fn who_looks_too_seldom_is_told_so() {
        let mut log = TouchedLog::default();
        let (start, now) = (log.revision(), log.emptied());
        assert!(now.since(start).is_none());
        (0..=MOST).for_each(|_| log.note(UploadId(1)));
        assert!(log.since(start).is_none());
    }
}
