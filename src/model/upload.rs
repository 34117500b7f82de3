//! Files on their way to Telegram, as the window and the command line show them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{AlbumId, Moment, PhotoId, PixelSize, Taken, UploadId};

/// What is happening to one file. Sentences are for people: what happened and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// Journalled, not begun.
    Queued,
    /// Being read, hashed and scaled.
    Preparing,
    /// Parts are going out.
    Sending {
        /// Bytes acknowledged by Telegram.
        sent: u64,
    },
    /// Telegram asks to wait.
    Waiting {
        /// Bytes acknowledged so far.
        sent: u64,
        /// Unix seconds at which it goes on.
        until: i64,
    },
    /// The message stands; what Telegram holds is being compared.
    Sent,
    /// What Telegram holds was found to be what was sent: of a file or the copy of one every byte,
    /// of a compressed photo that it stands.
    Verified,
    /// Not sent, and that is right: the album has it, or it is no picture.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Not sent; needs attention.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
    /// Stopped by the user until resumed.
    Paused {
        /// Bytes acknowledged so far.
        sent: u64,
    },
}

impl UploadState {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Verified | Self::Skipped { .. } | Self::Failed { .. })
    }

    /// Whether it is neither queued nor over.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        matches!(self, Self::Preparing | Self::Sending { .. } | Self::Waiting { .. } | Self::Sent)
    }
}

/// What is taken out of the copy of a picture that is sent; the local file stays what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Strip {
    /// The place where it was taken.
    Location,
    /// All that it tells besides the picture: place, time, camera, captions.
    All,
}

/// One file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Its place in the queue: those with smaller ones go first.
    pub order: u64,
    /// Where it goes.
    pub album: AlbumId,
    /// The local file.
    pub path: PathBuf,
    /// Its size in bytes; 0 until it was looked at.
    pub bytes: u64,
    /// Its size in pixels, upright; empty until it was looked at or for a video.
    pub size: PixelSize,
    /// When the camera took it; `None` until it was looked at, or where the file does not say.
    pub taken: Option<Taken>,
    /// Whether Telegram compresses it as a photo.
    pub as_photo: bool,
    /// What is taken out of the copy that is sent.
    pub strip: Option<Strip>,
    /// What is happening.
    pub state: UploadState,
    /// The photo that it became.
    pub photo: Option<PhotoId>,
}

impl Upload {
    /// The place in time that its photo will have, as far as that is known; `sent` in place of the
    /// moment at which it will be sent.
    #[must_use]
    pub fn moment(&self, sent: i64) -> Moment {
        let name = self.path.file_name().unwrap_or_default();
        Moment::of(self.taken, &name.to_string_lossy(), sent)
    }
}

/// Sums over the upload queue.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UploadTotals {
    /// Files in all, finished ones included.
    pub files: usize,
    /// Files that are over: verified, skipped or failed.
    pub finished: usize,
    /// Files that failed.
    pub failed: usize,
    /// Bytes in all; files whose length is not known yet count as much as the others on average.
    pub bytes: u64,
    /// Bytes acknowledged by Telegram.
    pub sent: u64,
    /// Bytes a second over the last seconds.
    pub speed: f64,
    /// Seconds left, waits included; `None` while it cannot be told.
    pub seconds_left: Option<u64>,
    /// Connections carrying parts at the moment.
    pub connections: u32,
}
