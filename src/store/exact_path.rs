//! How a path becomes part of a row: a path that is not UTF-8 is still a photo that must not be lost;
//! serde's own way refuses it. Pure.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(unix)]
pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).serialize(to)
}

#[cfg(unix)]
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let bytes = Vec::<u8>::deserialize(from)?;
    Ok(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into())
}

#[cfg(windows)]
pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    let wide = std::os::windows::ffi::OsStrExt::encode_wide(path.as_os_str());
    wide.collect::<Vec<u16>>().serialize(to)
}

#[cfg(windows)]
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let wide = Vec::<u16>::deserialize(from)?;
    Ok(<OsString as std::os::windows::ffi::OsStringExt>::from_wide(&wide).into())
}
