//! What a message carries and where Telegram keeps it.

use serde::{Deserialize, Serialize};

use super::PixelSize;

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaKind {
    /// A still picture (or an animated one that plays in the viewer).
    Image,
    /// A video of so many seconds (0 where not known).
    Video {
        /// Duration, whole seconds.
        seconds: u32,
    },
    /// What a camera or a program wrote beside a picture, under its name.
    Sidecar,
}

/// How much of a photo is wanted, from cheapest to dearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rendition {
    /// The smoothed stripped preview that came with the message; no request is needed.
    Preview,
    /// Telegram's thumbnail that suits a tile (≤ 320 px), or one made from the original.
    Thumbnail,
    /// The original, scaled to the screen.
    Screen,
    /// Every pixel of the original.
    Original,
}

/// Which of Telegram's two ways of keeping a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoteKind {
    /// `document`: bytes untouched.
    Document,
    /// `photo`: compressed by Telegram; the original is its largest size.
    Photo,
}

/// A thumbnail that Telegram offers for download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteThumb {
    /// `photoSize.type`, e.g. `m` (320 px), `x` (800), `y` (1280), `w` (2560).
    pub letter: String,
    /// Its size in pixels, as stored (thumbnails made by the server are upright).
    pub size: PixelSize,
    /// Its size in bytes.
    pub bytes: u32,
}

/// Where Telegram keeps a file: everything that a download needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFile {
    /// Document or photo.
    pub kind: RemoteKind,
    /// The file's id.
    pub id: i64,
    /// Its access hash.
    pub access_hash: i64,
    /// Its file reference: goes stale after a while, then the message is fetched anew.
    pub reference: Vec<u8>,
    /// The data centre that has it.
    pub dc: i32,
    /// Thumbnails for download, smallest first. For a photo this includes the largest size,
    /// which *is* the original.
    pub thumbs: Vec<RemoteThumb>,
    /// `photoStrippedSize`, as on the wire: `[1, height, width]` and the scan of a tiny JPEG.
    pub stripped: Option<Vec<u8>>,
}
