//! The world's tables and the records in them. Plain data; reading and writing is done elsewhere.
//!
//! Messages and files keep their TL form, with references left empty: those are minted on the way
//! out. The folder's format number changes with the TL layer.

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::error::Outcome;

/// Counted up when anything in these tables changes its meaning.
pub(crate) const FORMAT: u32 = 1;

pub(crate) type Bytes = &'static [u8];
/// Format, secret and what else the world knows of itself.
pub(crate) const META: TableDefinition<&str, Bytes> = TableDefinition::new("world_meta");
/// Channel id → [`Channel`].
pub(crate) const CHANNELS: TableDefinition<i64, Bytes> = TableDefinition::new("world_channels");
/// (channel, message) → TL message.
pub(crate) const MESSAGES: TableDefinition<(i64, i32), Bytes> =
    TableDefinition::new("world_messages");
/// (channel, message) → date and [`Kind`] of every live message that is not a painted one.
pub(crate) const INDEX: TableDefinition<(i64, i32), u64> = TableDefinition::new("world_index");
/// (channel, message) of painted messages that were deleted.
pub(crate) const GONE: TableDefinition<(i64, i32), ()> = TableDefinition::new("world_gone");
/// (channel, pts after it) → [`Event`].
pub(crate) const LOG: TableDefinition<(i64, i32), Bytes> = TableDefinition::new("world_log");
/// (user, random id) → (channel, message).
pub(crate) const RANDOM: TableDefinition<(i64, i64), (i64, i32)> =
    TableDefinition::new("world_random_ids");
/// File id → [`Stored`].
pub(crate) const FILES: TableDefinition<i64, Bytes> = TableDefinition::new("world_files");
/// (file, letter of the size) → JPEG.
pub(crate) const THUMBS: TableDefinition<(i64, u8), Bytes> = TableDefinition::new("world_thumbs");
/// (owner, bytes, file): to find a file by its hash.
pub(crate) const SIZES: TableDefinition<(i64, u64, i64), ()> = TableDefinition::new("world_sizes");
/// (drawer, upload) whose bytes a file lives in: never swept away.
pub(crate) const KEPT: TableDefinition<(i64, i64), ()> = TableDefinition::new("world_kept_uploads");

/// What a message holds, as far as filters ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Text, or a note of the service.
    Text = 0,
    /// A compressed photo.
    Photo = 1,
    /// A video.
    Video = 2,
    /// A file.
    File = 3,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Text, Self::Photo, Self::Video, Self::File];

    pub(crate) fn from_bits(bits: u8) -> Self {
        Self::ALL[usize::from(bits & 3)]
    }
    /// The bit of this kind in a mask of kinds.
    pub(crate) fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// The entry of [`INDEX`].
pub(crate) fn index_entry(date: i32, kind: Kind) -> u64 {
    (u64::from(date.cast_unsigned()) << 8) | u64::from(kind as u8)
}

/// Date and kind back from [`index_entry`].
pub(crate) fn index_parts(entry: u64) -> (i32, Kind) {
    (
        u32::try_from(entry >> 8).unwrap_or_default().cast_signed(),
        Kind::from_bits((entry & 3) as u8),
    )
}

/// Painted messages of a channel: ids 2 ..= count + 1.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Stretch {
    /// Painter's index of message 2.
    pub first: u64,
    pub count: i32,
    /// How many of them were deleted.
    pub gone: i32,
}

/// A channel (or a group, which a photo client must leave alone).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Channel {
    pub id: i64,
    pub owner: i64,
    pub title: String,
    pub about: String,
    pub broadcast: bool,
    pub date: i32,
    /// File id of its photo.
    pub photo: Option<i64>,
    pub pts: i32,
    /// Differences reach back to this pts.
    pub log_floor: i32,
    pub last_id: i32,
    /// Of the newest message; dates never run backwards within a channel.
    pub last_date: i32,
    /// When it last changed in any way.
    pub changed: i32,
    pub read_max: i32,
    /// Live messages by kind, painted ones not counted (but those taken away are).
    pub counts: [i32; 4],
    pub painted: Option<Stretch>,
    pub deleted: bool,
}

/// One entry of a channel's log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    New(i32),
    Edit(i32),
    Delete(Vec<i32>),
}

/// Where a file's bytes lie.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Body {
    /// In pieces of an upload, as they arrived: offset and length of each, all but the last alike.
    Upload { drawer: i64, upload: i64, spans: Vec<(u64, u32)> },
    /// A photo: nothing but its sizes.
    Sizes,
}

/// A document or a photo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub id: i64,
    pub owner: i64,
    pub dc: i32,
    pub bytes: u64,
    pub mime: String,
    pub body: Body,
    /// TL `Document` or `Photo`, without its reference.
    pub tl: Vec<u8>,
    pub photo: bool,
}

/// The tables that answers are read from, of one moment.
pub(crate) struct Reading {
    pub channels: ReadOnlyTable<i64, Bytes>,
    pub messages: ReadOnlyTable<(i64, i32), Bytes>,
    pub index: ReadOnlyTable<(i64, i32), u64>,
    pub gone: ReadOnlyTable<(i64, i32), ()>,
    pub log: ReadOnlyTable<(i64, i32), Bytes>,
}

impl Reading {
    pub(crate) fn new(tx: &ReadTransaction) -> Outcome<Self> {
        Ok(Self {
            channels: tx.open_table(CHANNELS)?,
            messages: tx.open_table(MESSAGES)?,
            index: tx.open_table(INDEX)?,
            gone: tx.open_table(GONE)?,
            log: tx.open_table(LOG)?,
        })
    }

    /// A channel's record.
    pub(crate) fn channel(&self, id: i64) -> Outcome<Option<Channel>> {
        self.channels.get(id)?.map(|found| unpack(found.value())).transpose()
    }

    /// Channels of `user`'s, those that were deleted as well.
    pub(crate) fn all_channels_of(&self, user: i64) -> Outcome<Vec<Channel>> {
        let mut own = Vec::new();
        for entry in self.channels.iter()? {
            let channel: Channel = unpack(entry?.1.value())?;
            if channel.owner == user {
                own.push(channel);
            }
        }
        Ok(own)
    }

    /// All channels that `user` is in.
    pub(crate) fn channels_of(&self, user: i64) -> Outcome<Vec<Channel>> {
        let mut own = self.all_channels_of(user)?;
        own.retain(|channel| !channel.deleted);
        Ok(own)
    }
}

/// Creates what is missing.
pub(crate) fn make_tables(tx: &WriteTransaction) -> Outcome<()> {
    tx.open_table(META)?;
    tx.open_table(CHANNELS)?;
    tx.open_table(MESSAGES)?;
    tx.open_table(INDEX)?;
    tx.open_table(GONE)?;
    tx.open_table(LOG)?;
    tx.open_table(RANDOM)?;
    tx.open_table(FILES)?;
    tx.open_table(THUMBS)?;
    tx.open_table(SIZES)?;
    tx.open_table(KEPT)?;
    Ok(())
}

/// Serialises a record.
pub(crate) fn pack<T: Serialize>(record: &T) -> Outcome<Vec<u8>> {
    Ok(postcard::to_stdvec(record)?)
}

/// Reads a record.
pub(crate) fn unpack<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Outcome<T> {
    Ok(postcard::from_bytes(bytes)?)
}
