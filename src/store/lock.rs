//! One process a home: `home.lock` in the data folder.
//!
//! The lock is the system's, on the open file; the file itself means nothing and stays. When the
//! process dies, however it dies, the home is free.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::error::{Result, StoreError};
use crate::platform::fs;

#[derive(Debug)]
pub(super) struct HomeLock(#[expect(dead_code, reason = "held, not used")] File);

impl HomeLock {
    pub(super) fn take(data: &Path) -> Result<Self> {
        let path = data.join("home.lock");
        let file = fs::private_file(&path).map_err(StoreError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: data.to_path_buf() }),
            Err(TryLockError::Error(error)) => Err(StoreError::of(&path, error)),
        }
    }
}
