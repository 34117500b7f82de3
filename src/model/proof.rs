//! What was proven of a photo: that Telegram holds exactly these bytes.

use serde::{Deserialize, Serialize};

/// Telegram was seen to hold a file, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The id of the file: of another file of the same message, nothing is proven.
    pub file: i64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of its content.
    pub sha256: [u8; 32],
    /// The SHA-256 of the SHA-256 of each 128 KiB of it, one after the other: what Telegram's own
    /// hashes come to, so that proving it again takes no download.
    pub pieces: [u8; 32],
    /// When that was seen, Unix seconds.
    pub at: i64,
}
