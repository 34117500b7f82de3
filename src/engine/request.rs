//! What the window asks for: few requests, in the user's words, and the one wish list.
//!
//! Plain data.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::UploadOptions;
use crate::config::Settings;
use crate::model::{AlbumId, Bitmap, PhotoId, PixelSize, Rendition, UploadId};

/// What the window asks for.
#[derive(Debug)]
pub enum Request {
    /// Signing in and out.
    Account(AccountRequest),
    /// A new album.
    CreateAlbum {
        /// Its title.
        title: String,
    },
    /// Another title for an album.
    RenameAlbum {
        /// Which.
        album: AlbumId,
        /// The new title.
        title: String,
    },
    /// Delete an album with all that is in it; the window has asked the user before.
    DeleteAlbum {
        /// Which.
        album: AlbumId,
    },
    /// Delete photos for good; the window has asked the user before. Answered by
    /// [`Event::Deleted`](super::Event::Deleted), whatever comes of it.
    DeletePhotos {
        /// Which.
        photos: Vec<PhotoId>,
    },
    /// Send files and folders into an album.
    Upload {
        /// Where to.
        album: AlbumId,
        /// Files and folders.
        paths: Vec<PathBuf>,
        /// How.
        options: UploadOptions,
    },
    /// Send a picture that is no file: it becomes a PNG of this home, which is kept until it is sent.
    UploadPicture {
        /// Where to.
        album: AlbumId,
        /// The picture.
        picture: Arc<Bitmap>,
    },
    /// Send each folder, with all that is in it, into the album of its name; one that is not there
    /// is made.
    UploadFolders {
        /// The folders.
        folders: Vec<PathBuf>,
        /// How.
        options: UploadOptions,
    },
    /// What the user chose: counts from now on and is written down.
    Settings(Box<Settings>),
    /// Prove that what Telegram holds of an album is whole, and which of the files under `paths`
    /// (there need be none) it holds. Answered by [`Event::Verify`](super::Event::Verify); nothing
    /// more happens while that album is being verified already.
    Verify {
        /// Which.
        album: AlbumId,
        /// Files and folders to compare with.
        paths: Vec<PathBuf>,
    },
    /// Stop verifying an album.
    StopVerifying {
        /// Which.
        album: AlbumId,
    },
    /// Something about the upload queue.
    Uploads(UploadsRequest),
    /// Play a picture that moves, if its original is on the disk and does. Answered by
    /// [`Event::Moves`](super::Event::Moves), or not at all.
    Animate {
        /// Which.
        photo: PhotoId,
        /// Physical pixels that it will cover.
        fit: PixelSize,
    },
    /// Forget a failed picture and try again.
    Retry(PhotoId, Rendition),
    /// Look for changes now.
    SyncNow,
    /// Something about the photos themselves.
    Photo(PhotoRequest),
}

/// Something about the photos themselves. Each is answered by a
/// [`PhotoEvent`](super::PhotoEvent), or by trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhotoRequest {
    /// What its file tells of it.
    Describe(PhotoId),
    /// Save originals, byte for byte. Whatever stands there under their names stays.
    Save {
        /// Which.
        photos: Vec<PhotoId>,
        /// Where.
        to: SaveTo,
    },
    /// All of the picture, upright, to be copied.
    Picture(PhotoId),
    /// Its original as a file that another program may have.
    HandOver(PhotoId),
    /// A list with an address from which a player gets the video.
    Play(PhotoId),
    /// Stop saving, and fetching what was to be copied or handed over.
    StopFetching,
}

/// Where originals are saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveTo {
    /// Into a folder, by their own names.
    Folder(PathBuf),
    /// One, by this name.
    File(PathBuf),
}

/// Signing in and out.
pub enum AccountRequest {
    /// `api_id` and `api_hash` of my.telegram.org.
    UseApi {
        /// `api_id`.
        id: i32,
        /// `api_hash`.
        hash: String,
    },
    /// Ask for a login code.
    SendCode {
        /// The phone number, with country code.
        phone: String,
    },
    /// Ask for the code once more, by the next means.
    ResendCode,
    /// Sign in with the code.
    SignIn {
        /// The code as typed.
        code: Zeroizing<String>,
    },
    /// The password of two-step verification.
    CheckPassword {
        /// The password as typed.
        password: Zeroizing<String>,
    },
    /// Back to the phone number.
    StartOver,
    /// Sign out and forget everything about the account on this machine.
    LogOut,
}

/// Names the request alone: phone numbers, codes and passwords are nobody's business.
impl std::fmt::Debug for AccountRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UseApi { .. } => "UseApi",
            Self::SendCode { .. } => "SendCode",
            Self::ResendCode => "ResendCode",
            Self::SignIn { .. } => "SignIn",
            Self::CheckPassword { .. } => "CheckPassword",
            Self::StartOver => "StartOver",
            Self::LogOut => "LogOut",
        })
    }
}

/// Something about the upload queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadsRequest {
    /// Stop all that are not over.
    PauseAll,
    /// Let all go on.
    ResumeAll,
    /// Stop one.
    Pause(UploadId),
    /// Let one go on.
    Resume(UploadId),
    /// Try a failed one again.
    Retry(UploadId),
    /// Try all that failed again.
    RetryAll,
    /// Take one out of the queue.
    Cancel(UploadId),
    /// Take all out of the queue that are not sent.
    CancelAll,
    /// Let a file go right before another one that waits; after all others where that is `None`.
    Move {
        /// Which.
        upload: UploadId,
        /// The one that follows it then.
        before: Option<UploadId>,
    },
    /// Make pictures of these files, which are in view; answered by
    /// [`UploadsEvent::Thumbnail`](super::UploadsEvent::Thumbnail) where one can be made.
    Show(Vec<UploadId>),
    /// No longer show those that are over.
    ClearFinished,
}

/// The one wish: which photos in which rendition, most wanted first. The newest list replaces the
/// last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantList {
    /// Most wanted first.
    pub wants: Vec<Want>,
}

/// One wanted picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Want {
    /// Which photo.
    pub photo: PhotoId,
    /// How much of it.
    pub rendition: Rendition,
    /// Physical pixels that it will cover.
    pub fit: PixelSize,
}
