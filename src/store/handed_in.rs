//! Files and folders that somebody handed in and that nobody has walked through yet: written down
//! first, so that neither a kill nor quitting loses them. Plain data.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{AlbumId, Strip};

/// What was handed in at once, and how it is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedIn {
    /// Where to; `None`: each folder into the album of its name.
    pub album: Option<AlbumId>,
    /// Files and folders.
    pub paths: Vec<ExactPath>,
    /// As photos that Telegram compresses.
    pub as_photo: bool,
    /// Caption of each, as typed.
    pub caption: String,
    /// What is taken out of the copies that are sent.
    pub strip: Option<Strip>,
}

/// A path, kept byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactPath(#[serde(with = "crate::store::exact_path")] pub PathBuf);
