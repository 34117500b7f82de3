//! The session: one small file, written whole. Whoever has it is signed in, so nobody else may
//! read it, and it is wiped from memory after use.
//!
//! The header says how the content is kept. So far that is in the clear; sealing it with a key
//! becomes another number there.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::{Result, StoreError};
use crate::platform::fs;

const MAGIC: &[u8; 8] = b"HELIOSES";
/// Format 1: magic, format (u16 LE), sealing (u16 LE), SHA-256 of the content, content.
const FORMAT: u16 = 1;
const IN_THE_CLEAR: u16 = 0;
const HEADER: usize = 8 + 2 + 2 + 32;
/// A session has a few kilobytes, a few hundred when it knows very many peers.
const LARGEST: u64 = 16 << 20;

#[derive(Debug)]
pub(super) struct SessionFile {
    path: PathBuf,
    turns: AtomicU64,
    /// The newest turn that was carried out. Held while writing.
    done: Mutex<u64>,
}

/// The right to write once, in the order in which turns were taken: an older one that comes late
/// does nothing.
#[derive(Debug)]
pub(super) struct Turn {
    file: Arc<SessionFile>,
    number: u64,
}

impl SessionFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, turns: AtomicU64::new(1), done: Mutex::new(0) }
    }

    pub(super) fn next(self: &Arc<Self>) -> Turn {
        Turn { file: Arc::clone(self), number: self.turns.fetch_add(1, Ordering::Relaxed) }
    }

    pub(super) fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let _writing = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(content) =
            fs::read_up_to(&self.path, LARGEST).map_err(StoreError::io(&self.path))?
        else {
            return Ok(None);
        };
        self.open(&Zeroizing::new(content)).map(Some)
    }

    fn open(&self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let damaged = || StoreError::Unreadable {
            path: self.path.clone(),
            cause: "it is damaged; delete this file and sign in again, nothing else is lost"
                .to_owned(),
        };
        let (header, content) = file.split_at_checked(HEADER).ok_or_else(damaged)?;
        let (magic, header) = header.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (format, header) = header.split_first_chunk::<2>().ok_or_else(damaged)?;
        let (sealing, digest) = header.split_first_chunk::<2>().ok_or_else(damaged)?;
        let (format, sealing) = (u16::from_le_bytes(*format), u16::from_le_bytes(*sealing));
        if magic != MAGIC || format == 0 {
            return Err(damaged());
        }
        if format > FORMAT || sealing != IN_THE_CLEAR {
            return Err(StoreError::Newer {
                path: self.path.clone(),
                found: u32::from(format.max(FORMAT + 1)),
                known: u32::from(FORMAT),
            });
        }
        if Sha256::digest(content).as_slice() != digest {
            return Err(damaged());
        }
        Ok(Zeroizing::new(content.to_vec()))
    }
}

impl Turn {
    pub(super) fn write(self, content: &[u8]) -> Result<()> {
        let mut file = Zeroizing::new(Vec::with_capacity(HEADER + content.len()));
        file.extend_from_slice(MAGIC);
        file.extend_from_slice(&FORMAT.to_le_bytes());
        file.extend_from_slice(&IN_THE_CLEAR.to_le_bytes());
        file.extend_from_slice(&Sha256::digest(content));
        file.extend_from_slice(content);
        self.carry_out(|path| fs::write_whole(path, &file))
    }

    pub(super) fn clear(self) -> Result<()> {
        self.carry_out(|path| {
            fs::remove_file(path)?;
            fs::sync_parent(path)
        })
    }

    fn carry_out(self, act: impl FnOnce(&std::path::Path) -> std::io::Result<()>) -> Result<()> {
        let mut done = self.file.done.lock().unwrap_or_else(PoisonError::into_inner);
        if self.number <= *done {
            return Ok(());
        }
        act(&self.file.path).map_err(StoreError::io(&self.file.path))?;
        *done = self.number;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_asked_for_wins_whenever_it_is_carried_out() {
        let home = tempfile::tempdir().unwrap();
        let file = Arc::new(SessionFile::new(home.path().join("session")));
        assert!(file.read().unwrap().is_none());
        let (late, clear) = (file.next(), file.next());
        clear.clear().unwrap();
        late.write(b"old").unwrap();
        assert!(file.read().unwrap().is_none());
        file.next().write(b"new").unwrap();
        assert_eq!(file.read().unwrap().unwrap().as_slice(), b"new");
    }

    #[test]
    fn damage_and_newer_formats_are_told_apart() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("session");
        let file = Arc::new(SessionFile::new(path.clone()));
        file.next().write(b"secret").unwrap();
        let good = std::fs::read(&path).unwrap();
        let with = |at: usize, byte: u8| {
            let mut bad = good.clone();
            bad[at] = byte;
            std::fs::write(&path, bad).unwrap();
            file.read().unwrap_err()
        };
        assert!(matches!(with(0, 0), StoreError::Unreadable { .. }));
        assert!(matches!(with(8, 9), StoreError::Newer { found: 9, known: 1, .. }));
        assert!(matches!(with(10, 1), StoreError::Newer { .. }));
        let error = with(HEADER, b'X');
        assert!(matches!(error, StoreError::Unreadable { .. }));
        assert!(!error.to_string().contains("ecret"));
        std::fs::write(&path, &good[..HEADER - 1]).unwrap();
        assert!(matches!(file.read(), Err(StoreError::Unreadable { .. })));
    }
}
