//! What changes do to photos, and what they have done.

use super::PhotoFacts;
use crate::model::{AlbumId, MessageId, PhotoId, Taken};

/// Above so many, nobody is told of each.
const MOST_TOUCHED: usize = 4096;

/// Which photos may be different now. Albums are few: they are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Any.
    Everything,
    /// These, some maybe more than once; no other.
    Photos(Vec<PhotoId>),
}

impl Default for Touched {
    fn default() -> Self {
        Self::Photos(Vec::new())
    }
}

impl Touched {
    /// Adds what was touched later.
    pub fn merge(&mut self, later: Self) {
        match (&mut *self, later) {
            (Self::Photos(ids), Self::Photos(more)) if ids.len() + more.len() <= MOST_TOUCHED => {
                ids.extend(more);
            }
            (_, Self::Photos(more)) if more.is_empty() => {}
            _ => *self = Self::Everything,
        }
    }
}

/// What changes have done to the library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Photos that came.
    pub added: usize,
    /// Photos whose message is different now in what can be seen of it.
    pub changed: usize,
    /// Photos that went.
    pub removed: usize,
    /// Whether an album came, went, or is different.
    pub albums: bool,
    /// Which photos are different now.
    pub touched: Touched,
    count: usize,
}

impl Folded {
    /// Whether anything is different now.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        self.albums || self.count > 0
    }

    pub(super) const fn touched_count(&self) -> usize {
        self.count
    }

    pub(super) fn album_gone(&mut self, photos: usize) {
        self.albums = true;
        self.removed += photos;
        if photos > 0 {
            self.touched = Touched::Everything;
        }
    }

    /// What a photo becomes by edits, one after the other.
    pub(super) fn take<'a>(
        &mut self,
        album: AlbumId,
        message: MessageId,
        was: Option<PhotoFacts<'a>>,
        steps: &[(MessageId, Edit<'a>)],
    ) -> Option<PhotoFacts<'a>> {
        let mut now = was;
        for (_, edit) in steps {
            now = self.step(now, edit);
        }
        if now != was {
            self.count += 1;
            let id = PhotoId { album, message };
            if let Touched::Photos(ids) = &mut self.touched {
                ids.push(id);
            }
        }
        now
    }

    fn step<'a>(&mut self, now: Option<PhotoFacts<'a>>, edit: &Edit<'a>) -> Option<PhotoFacts<'a>> {
        match (*edit, now) {
            (Edit::Put(photo), None) => {
                self.added += 1;
                Some(photo)
            }
            (Edit::Put(photo), Some(known)) => {
                let photo = photo.inheriting(&known);
                self.changed += usize::from(photo != known);
                Some(photo)
            }
            (Edit::Gone, known) => {
                self.removed += usize::from(known.is_some());
                None
            }
            (Edit::Described { file, taken, head_read, blur }, Some(known))
                if file == known.file =>
            {
                Some(PhotoFacts {
                    taken: taken.or(known.taken),
                    head_read: head_read || known.head_read,
                    blur: blur.or(known.blur),
                    ..known
                })
            }
            // What was looked at is not there any more.
            (Edit::Described { .. }, known) => known,
        }
    }
}

/// What happens to one photo.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edit<'a> {
    Put(PhotoFacts<'a>),
    Gone,
    Described { file: i64, taken: Option<Taken>, head_read: bool, blur: Option<&'a str> },
}
