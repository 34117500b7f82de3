//! An album: one of the user's own private channels.

use serde::{Deserialize, Serialize};

use super::AlbumId;

/// An album as Telegram describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Album {
    /// The channel's bare id.
    pub id: AlbumId,
    /// The channel's access hash for this account; needed in every call about it.
    pub access_hash: i64,
    /// The channel's title, any script.
    pub title: String,
    /// When the channel was made, Unix seconds.
    pub created: i64,
}

/// How far the local copy of an album has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The channel's `pts` up to which every change is recorded.
    pub pts: i32,
    /// Whether the whole history below `pts` is recorded. While it is not, history is still
    /// being read and a difference alone does not make the album complete.
    pub complete: bool,
}
