//! The upload journal: every file on its way, so that none is lost and none is sent twice.
//!
//! Says what is on the disk, not what to do about it. An acknowledged part is one small row of its
//! own, so that writing it down does not rewrite the entry.

use std::path::PathBuf;

use redb::{ReadableTable, Table, TableDefinition, TableError, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::PartSet;
use super::base::{Base, Fault, Layout};
use super::error::{Result, StoreError};
use super::handed_in::HandedIn;
use super::parts::place;
use super::record::{append, decode, decode_appended, decode_first, encode};
use crate::model::{AlbumId, Blur, MessageId, Strip, Taken, UploadId};

type FaultOr<T> = std::result::Result<T, Fault>;

const ENTRIES: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("entries");
/// Sixty-four parts a row: (upload, row) → bits.
const PARTS: TableDefinition<'_, (i64, u32), u64> = TableDefinition::new("parts");

/// Until when Telegram wants which method to rest, Unix seconds. Not there before the first.
const WAITS: TableDefinition<'_, &str, i64> = TableDefinition::new("waits");

/// What was handed in and is not among the entries yet. Not there before the first.
const HANDED_IN: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("handed in");

/// One sync a commit: a journal is small, so opening it after a kill is quick anyway.
pub(super) const LAYOUT: Layout = Layout {
    schema: 1,
    page_cache: 2 << 20,
    quick_repair: false,
    tables: |new| {
        new.open_table(ENTRIES)?;
        new.open_table(PARTS)?;
        Ok(())
    },
};

/// How far a file has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JournalStage {
    /// Nothing is known but the path.
    Queued,
    /// Looked at: `bytes`, `modified`, `sha256` are set; parts are going out.
    Sending,
    /// `sendMedia` with `random_id` is about to be or was sent, its answer is not recorded: look
    /// before sending again.
    Committing {
        /// The album's newest message before.
        after: MessageId,
    },
    /// The message stands.
    Sent {
        /// Which.
        message: MessageId,
    },
    /// What Telegram holds is this file.
    Verified {
        /// The message.
        message: MessageId,
    },
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
    /// Stopped by the user.
    Paused,
}

/// One file on its way to Telegram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The `file_id` of its parts.
    pub id: UploadId,
    /// Its position in the queue.
    pub order: u64,
    /// Where it goes.
    pub album: AlbumId,
    /// The local file. Kept byte for byte, whatever its encoding.
    #[serde(with = "crate::store::exact_path")]
    pub path: PathBuf,
    /// The `random_id` of its message, chosen before the first attempt.
    pub random_id: i64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its modification time, nanoseconds since 1970.
    pub modified: i64,
    /// The SHA-256 of its content.
    pub sha256: Option<[u8; 32]>,
    /// The size of its parts in bytes.
    pub part_size: u32,
    /// The parts that Telegram has acknowledged.
    pub acknowledged: PartSet,
    /// Sent as a photo, compressed by Telegram, not as a file.
    pub as_photo: bool,
    /// What is taken out of the copy that is sent. Follows the rest of the row.
    #[serde(skip)]
    pub strip: Option<Strip>,
    /// Caption, as typed.
    pub caption: String,
    /// When the camera took it, where known.
    pub taken: Option<Taken>,
    /// Placeholder, where made.
    pub blur: Option<Blur>,
    /// How far it has come.
    pub stage: JournalStage,
}

/// A change of the journal.
#[derive(Debug)]
pub(super) enum Edit {
    Put(Vec<JournalEntry>),
    Part(UploadId, u32),
    Remove(Vec<UploadId>),
    Replace(UploadId, Box<JournalEntry>),
    Waits(Vec<(String, i64)>),
    HandIn(i64, Box<HandedIn>),
    TakeIn(i64),
}

#[derive(Debug)]
pub(super) struct Journal(Base);

impl Journal {
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let base = Base::open(path, LAYOUT).map_err(|error| match error {
            StoreError::Unreadable { path, cause } => StoreError::Unreadable {
                path,
                cause: format!(
                    "{cause}. It says which files were on their way; nothing was deleted. Put a \
                     copy of it back if there is one, or move it away: then add those files again, \
                     what the albums already hold is skipped"
                ),
            },
            other => other,
        })?;
        let used = base.read(|read| {
            let entries = read.open_table(ENTRIES)?;
            entries.iter()?.try_fold(0, |sum, row| Ok(sum + row?.1.value().len() as u64 + 64))
        })?;
        base.shrink(used)?;
        Ok(Self(base))
    }

    #[cfg(test)]
    pub(super) fn over(base: Base) -> Self {
        Self(base)
    }

    pub(super) fn read(&self) -> Result<Vec<JournalEntry>> {
        let mut entries = self.0.read(|read| {
            let (rows, parts) = (read.open_table(ENTRIES)?, read.open_table(PARTS)?);
            let mut entries = Vec::new();
            for row in rows.iter()? {
                let (id, row) = row?;
                let mut entry = decode_entry(row.value())?;
                for part in parts.range((id.value(), 0)..=(id.value(), u32::MAX))? {
                    let (key, bits) = part?;
                    entry.acknowledged.add_row(key.value().1, bits.value());
                }
                entries.push(entry);
            }
            Ok(entries)
        })?;
        entries.sort_by_key(|entry| (entry.order, entry.id));
        Ok(entries)
    }

    pub(super) fn waits(&self) -> Result<Vec<(String, i64)>> {
        self.0.read(|read| {
            let waits = match read.open_table(WAITS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                waits => waits?,
            };
            let rows = waits.iter()?;
            rows.map(|row| row.map(|(method, until)| (method.value().to_owned(), until.value())))
                .map(|row| Ok(row?))
                .collect()
        })
    }

    pub(super) fn handed_in(&self) -> Result<Vec<(i64, HandedIn)>> {
        self.0.read(|read| {
            let rows = match read.open_table(HANDED_IN) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                rows => rows?,
            };
            let rows = rows.iter()?;
            rows.map(|row| {
                let (id, row) = row?;
                Ok((id.value(), decode(row.value())?))
            })
            .collect()
        })
    }

    /// All edits in one durable transaction.
    pub(super) fn apply(&self, edits: Vec<Edit>) -> Result<()> {
        self.0.write(true, |write| {
            let mut tables = Tables::open(write)?;
            edits.into_iter().try_for_each(|edit| match edit {
                Edit::Put(entries) => entries.into_iter().try_for_each(|entry| tables.put(entry)),
                Edit::Part(id, part) => tables.part(id, part),
                Edit::Remove(ids) => ids.into_iter().try_for_each(|id| tables.remove(id)),
                Edit::Replace(old, entry) => {
                    tables.remove(old)?;
                    tables.put(*entry)
                }
                Edit::Waits(waits) => {
                    let mut table = write.open_table(WAITS)?;
                    table.retain(|_, _| false)?;
                    for (method, until) in waits {
                        table.insert(method.as_str(), until)?;
                    }
                    Ok(())
                }
                Edit::HandIn(id, handed) => {
                    let mut table = write.open_table(HANDED_IN)?;
                    table.insert(id, encode(&*handed)?.as_slice())?;
                    Ok(())
                }
                Edit::TakeIn(id) => {
                    write.open_table(HANDED_IN)?.remove(id)?;
                    Ok(())
                }
            })
        })
    }

    pub(super) fn forget(&self) -> Result<()> {
        self.0.begin_anew()
    }
}

/// A row as it has always been, and behind it what came later, where there is any.
fn encode_entry(entry: &JournalEntry) -> FaultOr<Vec<u8>> {
    let row = encode(entry)?;
    match entry.strip {
        None => Ok(row),
        strip => append(row, &strip),
    }
}

fn decode_entry(row: &[u8]) -> FaultOr<JournalEntry> {
    let (mut entry, later): (JournalEntry, _) = decode_first(row)?;
    if !later.is_empty() {
        entry.strip = decode_appended(later)?;
    }
    Ok(entry)
}

struct Tables<'t> {
    entries: Table<'t, i64, &'static [u8]>,
    parts: Table<'t, (i64, u32), u64>,
}

impl<'t> Tables<'t> {
    fn open(write: &'t WriteTransaction) -> FaultOr<Self> {
        Ok(Self { entries: write.open_table(ENTRIES)?, parts: write.open_table(PARTS)? })
    }

    fn put(&mut self, mut entry: JournalEntry) -> FaultOr<()> {
        let id = entry.id;
        self.remove_parts(id)?;
        for (row, bits) in std::mem::take(&mut entry.acknowledged).rows() {
            self.parts.insert((id.0, row), bits)?;
        }
        self.entries.insert(id.0, encode_entry(&entry)?.as_slice())?;
        Ok(())
    }

    fn part(&mut self, id: UploadId, part: u32) -> FaultOr<()> {
        let (row, bit) = place(part);
        if part >= PartSet::CAPACITY || self.entries.get(id.0)?.is_none() {
            return Ok(());
        }
        let key = (id.0, u32::try_from(row).unwrap_or(u32::MAX));
        let bits = self.parts.get(key)?.map_or(0, |bits| bits.value());
        self.parts.insert(key, bits | bit)?;
        Ok(())
    }

    fn remove(&mut self, id: UploadId) -> FaultOr<()> {
        self.entries.remove(id.0)?;
        self.remove_parts(id)
    }

    fn remove_parts(&mut self, id: UploadId) -> FaultOr<()> {
        Ok(self.parts.retain_in((id.0, 0)..=(id.0, u32::MAX), |_, _| false)?)
    }
}
