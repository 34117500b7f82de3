//! The words in which this room speaks with the engine: plain data without threads or I/O, and
//! without any of Telegram's wire types.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::model::{Album, AlbumId, Change, MessageId, Photo, PixelSize, UploadId};

/// Which server to speak to.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// Telegram itself.
    Telegram,
    /// Telegram's servers for tests: other accounts, other data.
    TestServers,
    /// Any other server that speaks the protocol. No other host is ever contacted.
    Custom {
        /// Where its first data centre listens.
        address: SocketAddr,
        /// The id of that data centre.
        dc_id: i32,
        /// Its RSA key, PKCS#1 PEM.
        rsa_public_key_pem: String,
    },
}

/// Where the session is kept; the engine gives one that stands on the store. Called from tokio
/// workers: `save` must return at once (hand the bytes to the store's thread).
pub trait SessionVault: Send + Sync {
    /// The bytes saved last, if there are any. Called once, by [`Telegram::start`](super::Telegram::start).
    fn load(&self) -> std::io::Result<Option<Zeroizing<Vec<u8>>>>;
    /// Keeps `bytes`, replacing earlier ones. They are as good as the account's password.
    fn save(&self, bytes: Zeroizing<Vec<u8>>);
    /// Forgets what was saved.
    fn clear(&self);
}

/// What [`Telegram::start`](super::Telegram::start) needs.
pub struct Options {
    /// Which server.
    pub endpoint: Endpoint,
    /// From my.telegram.org; any other server than Telegram's may accept any.
    pub api_id: i32,
    /// Belongs to `api_id`.
    pub api_hash: String,
    /// Keeps the session.
    pub vault: Arc<dyn SessionVault>,
    /// Most transfer connections in each direction, at least 1.
    pub max_connections: u8,
}

/// How the line to Telegram is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Being set up, or set up again.
    Connecting,
    /// Up, and signed in.
    Online,
    /// Down; it is tried again by itself.
    Offline {
        /// A sentence for people.
        why: String,
    },
    /// Up, but nobody is signed in (any more).
    SignedOut,
}

/// Something changed at Telegram. Not what: ask for the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Something happened in this album (or in a channel that is none): ask for its difference.
    Album(AlbumId),
    /// Albums appeared, vanished or were renamed; or the line was lost and is back.
    Everything,
}

/// Who is signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Me {
    /// The user's id.
    pub id: i64,
    /// First and last name.
    pub name: String,
    /// Telephone number, digits alone.
    pub phone: String,
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The number stays out of logs.
        f.debug_struct("Me").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A login code is on its way.
#[derive(Clone, Debug)]
pub struct CodeSent {
    /// Digits; 0 where not known.
    pub length: u8,
    /// Where to look for it: "in Telegram on your other devices", "by SMS", …
    pub sent_where: String,
    /// When another way may be asked for.
    pub resend_after: Option<Duration>,
}

/// What came of a login code.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// Signed in.
    Done(Me),
    /// The account has a password.
    PasswordNeeded {
        /// The hint its owner set.
        hint: Option<String>,
    },
}

/// An album as the list of chats tells it.
#[derive(Clone, Debug)]
pub struct RemoteAlbum {
    /// The album.
    pub album: Album,
    /// Its `pts` now.
    pub pts: i32,
    /// Its newest message.
    pub top: MessageId,
    /// When something last happened in it, Unix seconds; 0 where that is not told.
    pub active: i64,
}

/// A page of history: newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The photos among its messages.
    pub photos: Vec<Photo>,
    /// All message ids seen, photo or not. Empty: there is nothing older.
    pub messages: Vec<MessageId>,
    /// Messages in the whole channel.
    pub total: u32,
    /// The channel's `pts` when the page was made.
    pub pts: i32,
}

/// What happened in an album since a `pts`.
#[derive(Clone, Debug)]
pub enum Difference {
    /// Nothing.
    Empty {
        /// Where it stands.
        pts: i32,
    },
    /// These changes.
    Changes {
        /// In order.
        changes: Vec<Change>,
        /// Where they lead to.
        pts: i32,
        /// `false`: ask again from `pts`.
        is_final: bool,
    },
    /// Too much happened: read the history again.
    TooLong {
        /// Where it stands.
        pts: i32,
    },
}

/// The hash of a piece of a stored file, told by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceHash {
    /// Where the piece begins.
    pub offset: u64,
    /// Its length in bytes.
    pub limit: u32,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// One part of a file on its way up.
pub struct Part {
    /// The file it belongs to.
    pub file: UploadId,
    /// Its number, from 0.
    pub index: u32,
    /// How many parts the file has.
    pub total: u32,
    /// Whether the file is larger than 10 MB.
    pub big: bool,
    /// Its bytes: all parts but the last are of one size, which divides 512 KiB.
    pub bytes: Vec<u8>,
}

/// A file whose parts are all there, ready to become a message.
pub struct Outgoing {
    /// The file.
    pub file: UploadId,
    /// How many parts it has.
    pub parts: u32,
    /// Whether it is larger than 10 MB.
    pub big: bool,
    /// File name as people will see it.
    pub name: String,
    /// MIME type.
    pub mime: String,
    /// Size in pixels, upright.
    pub size: PixelSize,
    /// Duration, when it is a video.
    pub video_seconds: Option<u32>,
    /// The thumbnail, sent before; for a document only.
    pub thumb: Option<SavedThumb>,
    /// As typed, with marks: see [`caption_text`](super::caption_text).
    pub caption: String,
    /// Let Telegram compress it.
    pub as_photo: bool,
    /// Chosen and recorded before the first try, so that it is never sent twice.
    pub random_id: i64,
}

/// A thumbnail that Telegram has, for a message to come.
#[derive(Clone)]
pub struct SavedThumb {
    pub(super) file_id: i64,
    /// In case that Telegram loses it.
    pub(super) jpeg: Vec<u8>,
}

/// What Telegram allows this account to upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLimits {
    /// Most parts a file.
    pub max_parts: u32,
    /// Largest part in bytes.
    pub max_part_size: u32,
}

/// A wait that Telegram asked for and that is being waited out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The method that must rest.
    pub method: &'static str,
    /// When it may be called again, Unix seconds.
    pub until: i64,
}

impl Wait {
    /// Whether it is worth remembering: a queue that goes on after a restart would knock at a door
    /// that is known to be shut.
    #[must_use]
    pub fn outlives_a_restart(&self) -> bool {
        super::flood::is_of_sending(self.method)
    }
}
