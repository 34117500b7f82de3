//! What the command line is told: plain results of the blocking calls.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::{Album, MessageId, Strip};

/// What a synchronisation did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SyncReport {
    /// Albums that there are now.
    pub albums: usize,
    /// Photos that were not known before.
    pub added: usize,
    /// Photos that are different now (a caption, for example).
    pub changed: usize,
    /// Photos that are gone.
    pub removed: usize,
    /// How long it took.
    pub seconds: f64,
}

/// An album with its count.
#[derive(Clone, Debug)]
pub struct AlbumRow {
    /// The album.
    pub album: Album,
    /// Its photos, videos included.
    pub photos: usize,
}

/// How files are sent.
#[derive(Clone, Debug, Default)]
pub struct UploadOptions {
    /// As photos that Telegram compresses, instead of files that stay what they are.
    pub as_photo: bool,
    /// Caption of each, in the marks of Telegram's own clients (`**bold**`, `__italic__`,
    /// `~~struck~~`, `||hidden||`, `[text](url)`, `#tag`); empty for none.
    pub caption: String,
    /// What is taken out of the copies that are sent, if anything.
    pub strip: Option<Strip>,
}

/// What happened to one file.
#[derive(Clone, Debug, PartialEq)]
pub enum FileEvent {
    /// It is in the journal.
    Queued,
    /// Its bytes begin to go out.
    Sending,
    /// Telegram asks to wait.
    Waiting {
        /// For so long.
        seconds: f64,
        /// Why, for people.
        reason: String,
    },
    /// Its message stands.
    Sent,
    /// Telegram holds exactly this file.
    Verified,
    /// Not sent, and that is right.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Not sent; needs attention.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
}

/// One event of one file of an upload.
#[derive(Clone, Debug, PartialEq)]
pub struct UploadReport {
    /// The local file.
    pub path: PathBuf,
    /// What happened.
    pub event: FileEvent,
    /// The message that it became.
    pub photo: Option<MessageId>,
    /// Its size, once known.
    pub bytes: Option<u64>,
    /// Seconds since it began to be sent, where it was.
    pub seconds: Option<f64>,
}

/// Sums of an upload.
#[derive(Default, Clone, Copy, Debug, PartialEq)]
pub struct UploadSummary {
    /// Files whose message stands because of this call.
    pub sent: usize,
    /// Files that are proven to be whole, those included that an earlier call had sent.
    pub verified: usize,
    /// Files that were not sent, rightly.
    pub skipped: usize,
    /// Files that were not sent and need attention.
    pub failed: usize,
    /// Bytes of the files that were sent.
    pub bytes: u64,
    /// How long it all took.
    pub seconds: f64,
}

/// What happened to one photo of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadReport {
    /// Its message.
    pub photo: MessageId,
    /// Its name in the album.
    pub name: String,
    /// Where it is now, or why it is not.
    pub result: Result<PathBuf, String>,
}

/// What was found out about one photo, or about a local file that the album does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Its message; `None` for a local file that no photo of the album is like.
    pub photo: Option<MessageId>,
    /// Its name in the album, or the file's.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The local file that it was compared with; where `result` is good it is equal to the byte,
    /// and may be deleted locally.
    pub path: Option<PathBuf>,
    /// Telegram holds it whole; or what is wrong.
    pub result: Result<(), String>,
}

/// Sums of a verification.
#[derive(Default, Clone, Copy, Debug, PartialEq)]
pub struct VerifySummary {
    /// Reports that were good: one a photo, or one for each local file that is equal to it.
    pub ok: usize,
    /// Reports that were not.
    pub failed: usize,
    /// Photos that Telegram holds whole.
    pub photos: usize,
    /// Local files that are no picture or video.
    pub skipped: usize,
    /// Local files that are safe to delete.
    pub safe: usize,
    /// Bytes of those photos.
    pub bytes: u64,
    /// How long it all took.
    pub seconds: f64,
}

/// Asks a long call to stop cleanly (Ctrl-C).
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks; may be called from any thread, again and again.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
