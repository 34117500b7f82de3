//! An original in the making: a `.part` file and a small `.ranges` record of what of it is there,
//! so that a download goes on after a kill.
//!
//! The record never claims bytes that the disk may not have: the part file is synced first, and a
//! record with a wrong checksum is none. Runs on its owner's thread.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::error::{Result, StoreError};
use super::originals::{Originals, PART, RANGES};
use super::ranges::Ranges;
use crate::model::Photo;
use crate::platform::fs;

/// What may have to be fetched again after a kill: this many bytes, or what came in this time.
const RECORD_AFTER_BYTES: u64 = 8 << 20;
const RECORD_AFTER: Duration = Duration::from_secs(2);
/// A record of a file in very many pieces is still far below this.
const LARGEST_RECORD: u64 = 1 << 20;
const RECORD_FORMAT: u8 = 1;
const CHECKSUM: usize = 8;

/// A resumable original in the making. Dropping it keeps what is there for the next attempt.
#[derive(Debug)]
pub struct PartialOriginal {
    originals: Arc<Originals>,
    /// Where it will be when it is whole.
    path: PathBuf,
    file: File,
    total: u64,
    ranges: Ranges,
    unrecorded: u64,
    recorded: Instant,
}

impl PartialOriginal {
    pub(super) fn begin(originals: &Arc<Originals>, photo: &Photo) -> Result<Self> {
        let path = originals.path(photo);
        if !originals.begin_writing(&path) {
            let busy = Error::new(ErrorKind::ResourceBusy, "it is being fetched already");
            return Err(StoreError::Io { path, source: busy });
        }
        Self::open(originals, &path, photo.bytes).inspect_err(|_| originals.end_writing(&path))
    }

    fn open(originals: &Arc<Originals>, path: &Path, total: u64) -> Result<Self> {
        if let Some(folder) = path.parent() {
            fs::private_dir(folder).map_err(StoreError::io(folder))?;
        }
        let part = path.with_extension(PART);
        let failed = |error| StoreError::of(&part, error);
        let file = fs::private_file(&part).map_err(failed)?;
        let there = file.metadata().map_err(failed)?.len();
        let ranges = recorded(&path.with_extension(RANGES), total)
            .filter(|ranges| ranges.end() <= there && there <= total);
        if ranges.is_none() {
            file.set_len(0).map_err(failed)?;
        }
        Ok(Self {
            originals: Arc::clone(originals),
            path: path.to_path_buf(),
            file,
            total,
            ranges: ranges.unwrap_or_default(),
            unrecorded: 0,
            recorded: Instant::now(),
        })
    }

    /// The declared size, bytes.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// All ranges of bytes that are missing, in order.
    pub fn missing(&self) -> Vec<Range<u64>> {
        self.ranges.missing(self.total)
    }

    /// Puts bytes where they belong; they may come in any order and more than once. Refuses what
    /// lies beyond the declared size.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let end = offset.checked_add(bytes.len() as u64).filter(|end| *end <= self.total);
        let Some(end) = end else {
            let beyond = Error::new(ErrorKind::InvalidInput, "more bytes than the declared size");
            return Err(self.failed(beyond));
        };
        let write = |mut file: &File| {
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)
        };
        write(&self.file).map_err(|error| self.failed(error))?;
        self.ranges.insert(offset..end);
        self.unrecorded += bytes.len() as u64;
        if self.unrecorded >= RECORD_AFTER_BYTES || self.recorded.elapsed() >= RECORD_AFTER {
            self.record()?;
        }
        Ok(())
    }

    /// The bytes from 0 that are there without a gap.
    pub fn prefix_len(&self) -> u64 {
        self.ranges.prefix()
    }

    /// Reads those bytes.
    pub fn read_prefix(&self) -> Result<Vec<u8>> {
        self.read(0..self.prefix_len())
    }

    /// Reads bytes that are there; an error where some of them are not.
    pub fn read(&self, range: Range<u64>) -> Result<Vec<u8>> {
        if !self.ranges.holds(&range) {
            return Err(self.failed(ErrorKind::UnexpectedEof.into()));
        }
        let read = |mut file: &File| {
            let length = usize::try_from(range.end - range.start)
                .map_err(|_| Error::from(ErrorKind::FileTooLarge))?;
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(length).map_err(|_| Error::from(ErrorKind::OutOfMemory))?;
            // Every write seeks first: the position is nobody's.
            file.seek(SeekFrom::Start(range.start))?;
            file.take(range.end - range.start).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read(&self.file).map_err(|error| self.failed(error))
    }

    /// Makes it a whole original, durably, and tells where it is. An error unless every byte of
    /// the declared size is there; what is there is kept.
    pub fn finish(self) -> Result<PathBuf> {
        let there = self.file.metadata().map_err(|error| self.failed(error))?.len();
        if !self.missing().is_empty() || there != self.total {
            let problem = format!("{there} of {} bytes, or a gap among them", self.total);
            return Err(self.failed(Error::new(ErrorKind::UnexpectedEof, problem)));
        }
        self.file.sync_all().map_err(|error| self.failed(error))?;
        std::fs::rename(self.part(), &self.path)
            .and_then(|()| fs::sync_parent(&self.path))
            .and_then(|()| fs::remove_file(&self.path.with_extension(RANGES)))
            .map_err(|error| self.failed(error))?;
        let path = self.path.clone();
        let (originals, total) = (Arc::clone(&self.originals), self.total);
        // Before room is made: now it is an original like others.
        drop(self);
        originals.added(total);
        Ok(path)
    }

    fn part(&self) -> PathBuf {
        self.path.with_extension(PART)
    }

    fn failed(&self, error: Error) -> StoreError {
        StoreError::of(&self.part(), error)
    }

    /// Writes down what is there.
    fn record(&mut self) -> Result<()> {
        self.file.sync_data().map_err(|error| self.failed(error))?;
        let body = postcard::to_extend(&(self.total, self.ranges.to_record()), vec![RECORD_FORMAT])
            .map_err(|error| self.failed(Error::other(error.to_string())))?;
        let mut record = checksum(&body).to_vec();
        record.extend_from_slice(&body);
        match fs::write_lazily(&self.path.with_extension(RANGES), &record) {
            // The cache was deleted under us, which is allowed; the end will tell.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            other => other.map_err(|error| self.failed(error))?,
        }
        self.unrecorded = 0;
        self.recorded = Instant::now();
        Ok(())
    }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::digest(body);
    std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default())
}

/// What an earlier attempt has written down, if that makes sense.
fn recorded(path: &Path, total: u64) -> Option<Ranges> {
    let record = fs::read_up_to(path, LARGEST_RECORD).ok()??;
    let (sum, body) = record.split_first_chunk::<CHECKSUM>()?;
    let (&format, pairs) = body.split_first()?;
    if *sum != checksum(body) || format != RECORD_FORMAT {
        return None;
    }
    let (of, pairs): (u64, Vec<(u64, u64)>) = postcard::from_bytes(pairs).ok()?;
    if of == total { Ranges::from_record(&pairs, total) } else { None }
}

impl Drop for PartialOriginal {
    fn drop(&mut self) {
        if self.unrecorded > 0
            && self.part().exists()
            && let Err(error) = self.record()
        {
            tracing::warn!(%error, "what was fetched last will be fetched again");
        }
        self.originals.end_writing(&self.path);
    }
}
