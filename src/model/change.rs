//! The one currency: everything that happens to the library is a [`Change`].

use serde::{Deserialize, Serialize};

use super::{Album, AlbumId, Blur, Cursor, MessageId, Photo, PhotoId, Proof, Taken};

/// One change. Telegram produces them, the store records them, the engine folds
/// them into the [`Library`](super::Library). Applying one twice is the same as applying it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// An album exists, with this title.
    Album(Album),
    /// An album is gone, with all that was in it.
    AlbumGone(AlbumId),
    /// A photo exists, or its message was edited.
    Photo(Box<Photo>),
    /// Photos are gone.
    PhotosGone {
        /// The album they were in.
        album: AlbumId,
        /// Their messages. Ids that are unknown are no error.
        messages: Vec<MessageId>,
    },
    /// Something was learnt about a photo that its message does not tell. `None` leaves what is
    /// known as it is.
    Described {
        /// Which photo.
        photo: PhotoId,
        /// The id of the file that was looked at: of another, nothing was learnt.
        file: i64,
        /// Its capture date.
        taken: Option<Taken>,
        /// Its file's head has been read; `false` leaves what is known as it is.
        head_read: bool,
        /// Its placeholder.
        blur: Option<Blur>,
    },
    /// A photo was proven to be whole. The store keeps that; the library does not.
    Proven {
        /// Which photo.
        photo: PhotoId,
        /// What was proven.
        proof: Proof,
    },
}

/// Changes that belong together: recorded in one transaction, with the cursors that they advance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In order.
    pub changes: Vec<Change>,
    /// Where these changes bring the albums to.
    pub cursors: Vec<(AlbumId, Cursor)>,
}

impl Batch {
    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.cursors.is_empty()
    }
}

impl From<Vec<Change>> for Batch {
    fn from(changes: Vec<Change>) -> Self {
        Self { changes, cursors: Vec::new() }
    }
}
