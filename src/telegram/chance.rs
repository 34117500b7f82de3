//! Random numbers from the system. No thread, no I/O but that.

use super::error::{Result, TelegramError};

/// `N` bytes that nobody can guess.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| TelegramError::Session {
        why: format!("the system gives no random numbers ({error})"),
    })?;
    Ok(bytes)
}

/// An id that nobody else chooses; never zero.
pub(super) fn id() -> Result<i64> {
    loop {
        let id = i64::from_le_bytes(bytes()?);
        if id != 0 {
            return Ok(id);
        }
    }
}
