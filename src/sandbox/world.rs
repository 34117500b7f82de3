//! The world of the sandbox: channels, messages, logs, files and uploads, on disk.
//!
//! What every user of the data centre owns, and the rules by which it changes. It knows nothing of
//! connections, sessions or sign-in; the RPC namespaces (`rpc/messages.rs` and its neighbours)
//! turn calls into the verbs here. Whatever is answered was committed before: redb for records,
//! append-only files for uploaded parts. Everything blocks: called from blocking threads only.

pub(crate) mod cache;
pub(crate) mod channel;
pub(crate) mod difference;
pub(crate) mod error;
pub(crate) mod file;
mod kinds;
pub(crate) mod media;
pub(crate) mod message;
pub(crate) mod painted;
pub(crate) mod picture;
mod place;
pub(crate) mod plain;
pub(crate) mod record;
pub(crate) mod seal;
pub(crate) mod sequence;
pub(crate) mod upload;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use self::cache::Cache;
use self::error::{Outcome, WorldError};
use self::file::OpenFiles;
use self::painted::Gallery;
use self::record::{
    CHANNELS, Channel, FORMAT, KEPT, META, Reading, Stretch, index_entry, make_tables, pack,
};
use self::seal::Seal;
use self::upload::Uploads;
use super::painted::Painter;
use super::{PaintedOptions, SandboxError, SandboxOptions};

/// Channels are written to one after the other, in the order in which updates are pushed.
const STRIPES: usize = 32;
/// Where [`META`] has the seed and the number of the painted photographs.
const PAINTED: &str = "painted";

/// See the module.
pub(crate) struct World {
    db: Arc<Database>,
    pub(crate) seal: Seal,
    pub(crate) gallery: Option<Gallery>,
    /// What was painted once, or is to be painted now.
    painted: Option<PaintedOptions>,
    pub(crate) uploads: Uploads,
    files: OpenFiles,
    hashes: Cache<(i64, u8, u64)>,
    order: [Mutex<()>; STRIPES],
    chance: AtomicU64,
    /// Bytes of files that were sent so far, for tests.
    pub(crate) handed_out: AtomicU64,
}

impl World {
    /// Opens the world in `folder` and `db`, or makes a new one.
    pub(crate) fn open(
        db: &Arc<Database>,
        folder: &Path,
        options: &SandboxOptions,
    ) -> Result<Self, SandboxError> {
        Self::open_inner(db, folder, options).map_err(|error| SandboxError::World(Box::new(error)))
    }

    fn open_inner(db: &Arc<Database>, folder: &Path, options: &SandboxOptions) -> Outcome<Self> {
        let tx = db.begin_write()?;
        make_tables(&tx)?;
        let painted = painted_before(&tx)?;
        if let (Some(before), Some(wanted)) = (painted, options.painted)
            && before != wanted
        {
            return Err(WorldError::Painted { photos: before.photos, seed: before.seed });
        }
        let painted = painted.or(options.painted);
        let seal = {
            let mut meta = tx.open_table(META)?;
            let format = meta.get("format")?.map(|found| found.value().to_vec());
            if format.is_some_and(|found| found != FORMAT.to_le_bytes()) {
                return Err(WorldError::Record("made by another version".to_owned()));
            }
            meta.insert("format", FORMAT.to_le_bytes().as_slice())?;
            let known = meta.get("secret")?.and_then(|found| found.value().try_into().ok());
            let secret = if let Some(secret) = known {
                secret
            } else {
                let mut secret = [0; 32];
                for eight in secret.chunks_mut(8) {
                    eight.copy_from_slice(&seal::random()?.to_le_bytes());
                }
                meta.insert("secret", secret.as_slice())?;
                secret
            };
            Seal(secret)
        };
        tx.commit()?;
        let uploads = Uploads::new(folder.join("uploads"))?;
        {
            let kept = db.begin_read()?.open_table(KEPT)?;
            // When in doubt a file is kept.
            uploads.sweep(|key| kept.get(key).map_or(true, |found| found.is_some()))?;
        }
        Ok(Self {
            db: Arc::clone(db),
            seal,
            gallery: painted.map(|painted| Gallery::new(Painter { seed: painted.seed })),
            painted,
            uploads,
            files: OpenFiles::default(),
            hashes: Cache::new(4 << 20, 8192),
            order: std::array::from_fn(|_| Mutex::new(())),
            chance: AtomicU64::new(options.fault_seed),
            handed_out: AtomicU64::new(0),
        })
    }

    /// Gives `owner` the painted albums, once in the life of a world. Harmless to call again.
    pub(crate) fn paint(&self, owner: i64) -> Result<(), SandboxError> {
        self.paint_inner(owner).map_err(|error| SandboxError::World(Box::new(error)))
    }

    fn paint_inner(&self, owner: i64) -> Outcome<()> {
        let (Some(gallery), Some(painted)) = (&self.gallery, self.painted) else { return Ok(()) };
        let tx = self.db.begin_write()?;
        if painted_before(&tx)?.is_some() {
            return Ok(());
        }
        let mark = [painted.seed.to_le_bytes(), painted.photos.to_le_bytes()].concat();
        tx.open_table(META)?.insert(PAINTED, mark.as_slice())?;
        for album in gallery.painter.albums(painted.photos) {
            let count = i32::try_from(album.count).unwrap_or(i32::MAX - 2);
            let date = |index| i32::try_from(gallery.painter.spec(index).sent).unwrap_or(i32::MAX);
            let made = date(album.first);
            let mut channel = channel::new_channel(&tx, owner, album.title, made)?;
            channel.last_date = date(album.first + album.count.saturating_sub(1));
            channel.changed = channel.last_date;
            channel.last_id = count + 1;
            channel.pts += count;
            // There is no log of what was always there.
            channel.log_floor = channel.pts;
            channel.painted = Some(Stretch { first: album.first, count, gone: 0 });
            put_channel(&tx, &channel)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Painted files live at data centre `dc` from now on.
    pub(crate) fn painted_live_at(&self, dc: i32) {
        if let Some(gallery) = &self.gallery {
            gallery.live_at(dc);
        }
    }

    pub(crate) fn reading(&self) -> Outcome<Reading> {
        Reading::new(&self.db.begin_read()?)
    }

    fn writing(&self) -> Outcome<WriteTransaction> {
        Ok(self.db.begin_write()?)
    }

    /// Taken around a change of a channel and the push of its updates.
    pub(crate) fn in_order(&self, channel: i64) -> MutexGuard<'_, ()> {
        let stripe = usize::try_from(channel.unsigned_abs() % STRIPES as u64).unwrap_or(0);
        self.order[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True with probability `p`; the same series for the same fault seed.
    pub(crate) fn chance(&self, p: f64) -> bool {
        if p <= 0.0 {
            return false;
        }
        let number = seal::mix(self.chance.fetch_add(1, Ordering::Relaxed));
        #[expect(clippy::cast_precision_loss, reason = "53 bits are chance enough")]
        let part = (number >> 11) as f64 / (1u64 << 53) as f64;
        part < p
    }
}

/// What a world was painted from, if it was.
fn painted_before(tx: &WriteTransaction) -> Outcome<Option<PaintedOptions>> {
    let meta = tx.open_table(META)?;
    let Some(found) = meta.get(PAINTED)? else { return Ok(None) };
    let Some((seed, photos)) = found.value().split_first_chunk() else {
        return Err(WorldError::Record("what it was painted from is missing".to_owned()));
    };
    let photos = photos
        .try_into()
        .map_err(|_| WorldError::Record("how many were painted is missing".to_owned()))?;
    Ok(Some(PaintedOptions { seed: u64::from_le_bytes(*seed), photos: u64::from_le_bytes(photos) }))
}

/// Writes a channel's record.
fn put_channel(tx: &WriteTransaction, channel: &Channel) -> Outcome<()> {
    tx.open_table(CHANNELS)?.insert(channel.id, pack(channel)?.as_slice())?;
    Ok(())
}

/// Writes the index entry of a message.
fn put_index(tx: &WriteTransaction, key: (i64, i32), date: i32, kind: record::Kind) -> Outcome<()> {
    tx.open_table(record::INDEX)?.insert(key, index_entry(date, kind))?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
