//! What the window is told.
//!
//! Plain data.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::SaveTo;
use super::frames::Frames;
use super::report::{VerifyReport, VerifySummary};
use crate::model::{
    AlbumId, Bitmap, Details, Library, PhotoId, PixelSize, Rendition, Touched, Upload, UploadId,
    UploadTotals,
};

/// What the window is told.
#[derive(Debug)]
pub enum Event {
    /// Where signing in stands.
    Account(AccountState),
    /// Whether there is a line.
    Connection(ConnectionState),
    /// The library has changed.
    Changed(News),
    /// Answer to a want.
    Picture(Picture),
    /// A photo that was to be played does move, and here it comes.
    Moves {
        /// Which photo.
        photo: PhotoId,
        /// Its frames; dropping them ends it.
        frames: Frames,
    },
    /// News of the upload queue.
    Uploads(UploadsEvent),
    /// Shown as a toast unless its place is known.
    Trouble(Trouble),
    /// Progress of the first reading of the albums; `None` when in step.
    Sync(Option<SyncProgress>),
    /// Capture dates are being read in the background, of so many photos; 0 when it rests.
    Dates(usize),
    /// Deleting photos for good is over.
    Deleted {
        /// Those that were to be deleted.
        photos: Vec<PhotoId>,
        /// How many of them are gone. Why others are not was told as [`Event::Trouble`].
        deleted: usize,
    },
    /// News of an album that is being verified.
    Verify(VerifyEvent),
    /// Something about the photos themselves.
    Photo(PhotoEvent),
}

/// Answers to [`PhotoRequest`](super::PhotoRequest)s.
#[derive(Debug)]
pub enum PhotoEvent {
    /// What a photo's file tells of it.
    Details {
        /// Which.
        photo: PhotoId,
        /// What it tells, or why that is not known.
        details: Result<Arc<Details>, Trouble>,
    },
    /// How far saving is, and fetching what is to be copied or handed over; `None` when nothing of
    /// that is under way.
    Fetching(Option<Fetching>),
    /// Originals were saved. Why others were not was told as [`Event::Trouble`].
    Saved {
        /// How many.
        photos: usize,
        /// The one file under the name that it got, or the folder of several.
        to: SaveTo,
    },
    /// All of the picture, upright.
    Picture {
        /// Which.
        photo: PhotoId,
        /// Its pixels.
        picture: Arc<Bitmap>,
    },
    /// A file is ready for another program: an original, or a list for a player.
    Ready {
        /// Which.
        photo: PhotoId,
        /// The file.
        file: PathBuf,
    },
}

/// How far saving and handing over is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fetching {
    /// Photos in all.
    pub photos: usize,
    /// Photos that are done.
    pub done: usize,
    /// Bytes of all of them, and how fast they come.
    pub progress: Progress,
}

/// News of an album that is being verified.
#[derive(Clone, Debug, PartialEq)]
pub enum VerifyEvent {
    /// How far it is; at most ten times a second.
    Progress {
        /// Which album.
        album: AlbumId,
        /// Photos looked at.
        done: usize,
        /// Photos in all.
        total: usize,
        /// Of those looked at, and of local files: how many are not as they should be.
        failed: usize,
    },
    /// It is over.
    Over(VerifyOutcome),
}

/// What verifying an album came to.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyOutcome {
    /// Which album.
    pub album: AlbumId,
    /// Sums; nothing where it was stopped by a trouble.
    pub summary: VerifySummary,
    /// What is not as it should be, the first thousand.
    pub failed: Vec<VerifyReport>,
    /// Local files that Telegram holds, equal to the byte: safe to delete.
    pub safe: Vec<PathBuf>,
    /// It ended early: it was asked to, or a trouble, told by [`Event::Trouble`], stopped it.
    pub stopped: bool,
}

/// The library as it is now.
#[derive(Clone, Debug)]
pub struct News {
    /// A snapshot.
    pub library: Library,
    /// Which photos may be different from those of the snapshot before.
    pub touched: Touched,
}

/// Where signing in stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// Not known yet.
    Starting,
    /// `api_id` and `api_hash` are needed first.
    NeedsApi,
    /// The phone number is needed.
    NeedsPhone,
    /// The login code is needed.
    NeedsCode {
        /// The number that it was asked for.
        phone: String,
        /// Digits; 0 where unknown.
        length: u8,
        /// "in Telegram on your other devices", "by SMS", …
        sent_where: String,
        /// When it can be asked for again.
        resend_after: Option<Duration>,
    },
    /// The password of two-step verification is needed.
    NeedsPassword {
        /// The user's own hint.
        hint: Option<String>,
    },
    /// Signed in.
    SignedIn {
        /// The account's name.
        name: String,
        /// Its phone number, masked but for the last two digits.
        phone_masked: String,
    },
}

/// Whether there is a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Being made.
    Connecting,
    /// There is one.
    Online,
    /// There is none.
    Offline {
        /// Why, for people.
        why: String,
    },
}

/// Answer to a want.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Which photo.
    pub photo: PhotoId,
    /// The rendition that was asked for.
    pub rendition: Rendition,
    /// The picture. While `progress` says that the original is on its way, the best that is at
    /// hand meanwhile, upright and in the original's shape: the same `Arc` again and again until
    /// there is a better one.
    pub content: Result<Arc<Bitmap>, Trouble>,
    /// Beside a picture: why it is not what was asked for. With `progress`, why nothing comes at
    /// the moment, which passes; without, why the original cannot be shown, and `content` is
    /// Telegram's own preview of it.
    pub trouble: Option<Trouble>,
    /// The original's own size, upright, where it would have taken too much memory and `content`
    /// has fewer pixels than were asked for.
    pub reduced_from: Option<PixelSize>,
    /// The original itself is damaged, in the same way as Telegram holds it: `content` shows what
    /// there is of it.
    pub is_damaged: bool,
    /// While on its way: `content` shows a part of the original, sharper than any thumbnail.
    pub partial: bool,
    /// Of the original on its way; `None` when done.
    pub progress: Option<Progress>,
}

impl Picture {
    /// An answer with nothing more to say about it.
    #[must_use]
    pub const fn new(
        photo: PhotoId,
        rendition: Rendition,
        content: Result<Arc<Bitmap>, Trouble>,
    ) -> Self {
        Self {
            photo,
            rendition,
            content,
            trouble: None,
            reduced_from: None,
            is_damaged: false,
            partial: false,
            progress: None,
        }
    }
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Bytes that are here.
    pub bytes: u64,
    /// Bytes in all.
    pub total: u64,
    /// Bytes a second since it began.
    pub bytes_per_second: f64,
}

/// How far the first reading of the albums is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncProgress {
    /// Messages read.
    pub known: usize,
    /// Messages in all, as far as known.
    pub total: usize,
}

/// News of the upload queue.
#[derive(Debug)]
pub enum UploadsEvent {
    /// What an earlier run left unfinished goes on; told once, before anything else of the queue.
    GoesOn {
        /// How many files.
        files: usize,
    },
    /// New or changed files.
    Changed(Vec<Upload>),
    /// No longer in the queue, or no longer shown.
    Removed(Vec<UploadId>),
    /// Sums.
    Totals(UploadTotals),
    /// Local thumbnail of a file on its way.
    Thumbnail {
        /// Which file.
        upload: UploadId,
        /// At most 320 px.
        bitmap: Arc<Bitmap>,
    },
}

/// Something went wrong: a sentence for people, its cause, what can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub sentence: String,
    /// Why, as precisely as is known.
    pub cause: Option<String>,
    /// What can be done.
    pub remedy: Remedy,
}

/// What can be done: a button or a countdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing.
    None,
    /// Try again.
    Retry,
    /// It goes on by itself at this Unix second.
    WaitUntil(i64),
    /// Sign in again.
    SignInAgain,
    /// Make room on the disk.
    FreeSpace,
}

impl Remedy {
    /// Whether trying again may help, be it after something else was done.
    #[must_use]
    pub const fn is_another_try(&self) -> bool {
        matches!(self, Self::Retry | Self::FreeSpace)
    }
}
