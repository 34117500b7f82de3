//! What we remember: library, thumbnails and upload journal in redb, the session and originals as
//! files.
//!
//! Knows nothing of Telegram, of pictures or of the window. The data folder holds what cannot be
//! fetched again (`home.lock`, `session`, `journal.redb`); the cache folder holds what can
//! (`library.redb`, `thumbnails.redb`, `originals/`) and may be deleted at any time.
//!
//! Threads: reads run on the caller's thread (rayon, or a plain one; never the window's and never
//! one of the network's). Writes run on two threads of the store: "store" for library and
//! thumbnails, "journal" for the journal and the session, so that an acknowledged part never waits
//! behind a thousand thumbnails. Both commit as many waiting writes as there are in one
//! transaction. A newer file is refused, a damaged cache is moved aside and begun anew, a damaged
//! journal is an error and left as it is.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::model::{self, AlbumId, Batch, Cursor, Photo, PhotoId, Proof, UploadId};
use crate::platform::fs;

mod base;
mod error;
mod exact_path;
mod handed_in;
mod journal;
mod keeper;
mod library;
mod lock;
mod originals;
mod partial;
mod parts;
mod ranges;
mod record;
mod registrar;
mod session;
mod thumbnails;
mod ticket;
mod writer;

#[cfg(test)]
mod tests;

pub use error::{Result, StoreError};
pub use handed_in::{ExactPath, HandedIn};
pub use journal::{JournalEntry, JournalStage};
pub use library::Spread;
pub use originals::HeldOriginal;
pub use partial::PartialOriginal;
pub use parts::PartSet;
pub use thumbnails::ThumbKey;
pub use ticket::Ticket;

use journal::Journal;
use keeper::{Keeper, KeeperJob};
use library::Library;
use lock::HomeLock;
use originals::Originals;
use registrar::{Registrar, RegistrarJob};
use session::SessionFile;
use thumbnails::Thumbnails;
use ticket::{Done, answer_here};
use writer::Writer;

/// Where a store lives and how much disk it may take.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The data folder.
    pub data: PathBuf,
    /// The cache folder.
    pub cache: PathBuf,
    /// How many bytes of pages thumbnails may take; the file may be twice as large.
    pub thumbnail_budget: u64,
    /// How much disk originals may take, bytes.
    pub original_budget: u64,
}

/// The store of one home. Cheap to clone; dropping the last clone commits everything that was
/// queued, ends the threads and lets go of the home.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

/// Dropped from the first field to the last: first the threads, which commit what is queued, then
/// the databases, then the lock.
#[derive(Debug)]
struct Inner {
    registrar: Writer<RegistrarJob>,
    keeper: Writer<KeeperJob>,
    journal: Arc<Journal>,
    library: Arc<Library>,
    thumbnails: Arc<Thumbnails>,
    originals: Arc<Originals>,
    session: Arc<SessionFile>,
    warnings: Vec<String>,
    _lock: Arc<HomeLock>,
}

impl Store {
    /// Takes the home's lock (the system lets go of it when the process dies), opens the
    /// databases, checks their schema versions, removes what a kill left half written.
    pub fn open(options: StoreOptions) -> Result<Self> {
        let StoreOptions { data, cache, thumbnail_budget, original_budget } = options;
        for folder in [&data, &cache] {
            fs::private_dir(folder).map_err(StoreError::io(folder))?;
        }
        let lock = Arc::new(HomeLock::take(&data)?);
        for folder in [&data, &cache] {
            remove_leftovers(folder).map_err(StoreError::io(folder))?;
        }

        let mut warnings = Vec::new();
        let journal = Arc::new(Journal::open(data.join("journal.redb"))?);
        let library = Arc::new(Library::open(&cache.join("library.redb"), &mut warnings)?);
        let thumbnails = cache.join("thumbnails.redb");
        let thumbnails = Arc::new(Thumbnails::open(&thumbnails, thumbnail_budget, &mut warnings)?);
        let originals =
            Arc::new(Originals::open(cache.join("originals"), original_budget, Arc::clone(&lock))?);
        let session = Arc::new(SessionFile::new(data.join("session")));

        let registrar = Registrar::new(Arc::clone(&journal));
        let keeper =
            Keeper::new(Arc::clone(&library), Arc::clone(&thumbnails), Arc::clone(&originals));
        let inner = Inner {
            registrar: Writer::start("journal", registrar, &data)?,
            keeper: Writer::start("store", keeper, &cache)?,
            journal,
            library,
            thumbnails,
            originals,
            session,
            warnings,
            _lock: lock,
        };
        inner.keeper.send(KeeperJob::Sweep);
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What was found damaged and begun anew when the store was opened: sentences for people.
    pub fn warnings(&self) -> &[String] {
        &self.inner.warnings
    }

    /// The library as it is recorded.
    ///
    /// When it turns out to be damaged it is moved aside and begun anew, and the answer is
    /// [`StoreError::Unreadable`]: go on with an empty library, which comes back from Telegram.
    pub fn load(&self) -> Result<model::Library> {
        self.load_spread(&|pieces, each| (0..pieces).for_each(each))
    }

    /// As [`load`](Self::load), on several threads that may read files.
    pub fn load_spread(&self, spread: Spread<'_>) -> Result<model::Library> {
        self.inner.library.load(spread)
    }

    /// A photo with all that a download needs, if it is recorded; [`StoreError::Unreadable`] when
    /// its record makes no sense. Recording it anew heals that.
    pub fn photo(&self, id: PhotoId) -> Result<Option<Photo>> {
        self.inner.library.photo(id)
    }

    /// Those of these photos that are recorded and can be read, in the same order.
    pub fn photos(&self, ids: &[PhotoId]) -> Result<Vec<Photo>> {
        self.inner.library.photos(ids)
    }

    /// All photos of an album, newest first. Damage is met as by [`load`](Self::load).
    pub fn photos_of(&self, album: AlbumId) -> Result<Vec<Photo>> {
        self.inner.library.photos_of(album)
    }

    /// When and as what a photo was proven to be whole, if it was. Compare [`Proof::file`] with the
    /// photo's: the message may carry another file by now.
    pub fn proof(&self, id: PhotoId) -> Result<Option<Proof>> {
        self.inner.library.proof(id)
    }

    /// How far each album's local copy has come.
    pub fn cursors(&self) -> Result<Vec<(AlbumId, Cursor)>> {
        self.inner.library.cursors()
    }

    /// Records a batch in one transaction; durable when the ticket resolves. As in
    /// [`model::Library`](crate::model::Library), a photo of an unknown album is not kept, nor is
    /// a cursor of one. Blocks while very many writes are waiting.
    pub fn record(&self, batch: Batch) -> Ticket {
        self.keep(|done| KeeperJob::Record(batch, done))
    }

    /// A thumbnail, if it is here. It counts as used.
    pub fn thumbnail(&self, key: ThumbKey) -> Result<Option<Vec<u8>>> {
        self.inner.thumbnails.get(key)
    }

    /// Keeps a thumbnail (of 2 MiB at most), as far as that is easy: it may be lost in a kill or when very many are
    /// waiting, and goes when the budget is used up and it was not asked for. Never blocks.
    pub fn put_thumbnail(&self, key: ThumbKey, jpeg: Vec<u8>) {
        if jpeg.len() > thumbnails::LARGEST {
            return;
        }
        if !self.inner.keeper.offer(KeeperJob::Thumbnail(key, jpeg)) {
            tracing::debug!(?key, "a thumbnail was not kept: too many are waiting");
        }
    }

    /// The whole original, if it is here. It counts as used, and is not evicted within the next
    /// two minutes; to keep it for longer, [`hold_original`](Self::hold_original).
    pub fn original(&self, photo: &Photo) -> Option<PathBuf> {
        self.inner.originals.find(photo)
    }

    /// The whole original, if it is here; it is not evicted before the answer is dropped.
    pub fn hold_original(&self, photo: &Photo) -> Option<HeldOriginal> {
        Originals::hold(&self.inner.originals, photo)
    }

    /// A resumable original in the making. One at a time for each photo: a second is refused with
    /// an [`Io`](StoreError::Io) error of kind `ResourceBusy`.
    pub fn begin_original(&self, photo: &Photo) -> Result<PartialOriginal> {
        PartialOriginal::begin(&self.inner.originals, photo)
    }

    /// The session, if one is kept.
    pub fn session(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.inner.session.read()
    }

    /// Keeps the session; durable when this returns. Blocks for the disk.
    pub fn save_session(&self, bytes: &[u8]) -> Result<()> {
        self.inner.session.next().write(bytes)
    }

    /// Removes the session; durable when this returns.
    pub fn clear_session(&self) -> Result<()> {
        self.inner.session.next().clear()
    }

    /// As [`save_session`](Self::save_session) (or [`clear_session`](Self::clear_session) with
    /// `None`) without blocking for the disk; when several are waiting only the last is written.
    /// The order of all calls counts, whichever way they were made.
    pub fn queue_session(&self, bytes: Option<Zeroizing<Vec<u8>>>) -> Ticket {
        let turn = self.inner.session.next();
        let (ticket, done) = Ticket::new();
        self.inner.registrar.send(RegistrarJob::Session(turn, bytes, done));
        ticket
    }

    /// All files on their way, in the order of the queue.
    pub fn journal(&self) -> Result<Vec<JournalEntry>> {
        self.inner.journal.read()
    }

    /// Writes entries down, wholly (acknowledged parts included), in place of what was there.
    /// Durable when the ticket resolves.
    pub fn journal_put(&self, entries: Vec<JournalEntry>) -> Ticket {
        self.register(|done| RegistrarJob::Put(entries, done))
    }

    /// Part `part` of `id` was acknowledged. Durable when the ticket resolves, grouped with others
    /// that arrive meanwhile. Harmless for an entry that is not there any more.
    pub fn journal_part(&self, id: UploadId, part: u32) -> Ticket {
        self.register(|done| RegistrarJob::Part(id, part, done))
    }

    /// Removes entries; ids that are unknown are no error.
    pub fn journal_remove(&self, ids: Vec<UploadId>) -> Ticket {
        self.register(|done| RegistrarJob::Remove(ids, done))
    }

    /// Writes an entry down in place of `old`: the one comes and the other goes, or neither.
    /// Durable when the ticket resolves.
    pub fn journal_replace(&self, old: UploadId, entry: JournalEntry) -> Ticket {
        self.register(|done| RegistrarJob::Replace(old, Box::new(entry), done))
    }

    /// Until when Telegram wanted which method to rest, Unix seconds, as it was last kept.
    pub fn waits(&self) -> Result<Vec<(String, i64)>> {
        self.inner.journal.waits()
    }

    /// Keeps these waits in place of the former ones. Durable when the ticket resolves.
    pub fn keep_waits(&self, waits: Vec<(String, i64)>) -> Ticket {
        self.register(|done| RegistrarJob::Waits(waits, done))
    }

    /// What was handed in and not taken in since.
    pub fn handed_in(&self) -> Result<Vec<(i64, HandedIn)>> {
        self.inner.journal.handed_in()
    }

    /// Keeps what is handed in, under a number. Durable when the ticket resolves.
    pub fn hand_in(&self, id: i64, handed: HandedIn) -> Ticket {
        self.register(|done| RegistrarJob::HandIn(id, Box::new(handed), done))
    }

    /// What was handed in under this number needs to be kept no longer; one that is unknown is no
    /// error.
    pub fn take_in(&self, id: i64) -> Ticket {
        self.register(|done| RegistrarJob::TakeIn(id, done))
    }

    /// Forgets everything that belongs to the account: session, journal, library, thumbnails,
    /// originals (on log-out, where no upload is left). The files are removed, not only their
    /// content. Blocks; all of it is tried even when some fails.
    pub fn forget_account(&self) -> Result<()> {
        let session = self.clear_session();
        let content = self.forget_content();
        session.and(content)
    }

    /// Forgets what belongs to the account but its unfinished uploads: those wait for it to sign in
    /// again. Whether there are any; where there are none, nothing is left at all. Blocks.
    pub fn forget_all_but_queue(&self) -> Result<bool> {
        let is_over = |entry: &JournalEntry| {
            matches!(entry.stage, JournalStage::Verified { .. } | JournalStage::Skipped { .. })
        };
        let (over, unfinished): (Vec<_>, Vec<_>) = self.journal()?.into_iter().partition(is_over);
        if unfinished.is_empty() && self.handed_in()?.is_empty() {
            return self.forget_account().map(|()| false);
        }
        let session = self.clear_session();
        let journal = self.journal_remove(over.iter().map(|entry| entry.id).collect()).wait();
        let (cache_done, cache) = answer_here();
        self.inner.keeper.send(KeeperJob::Forget(cache_done));
        session.and(journal).and(cache.wait()).map(|()| true)
    }

    /// Forgets what belongs to an account but its session: journal, library, thumbnails,
    /// originals (when another account has signed in here). Blocks; all of it is tried even when
    /// some fails.
    pub fn forget_content(&self) -> Result<()> {
        let (journal_done, journal) = answer_here();
        self.inner.registrar.send(RegistrarJob::Forget(journal_done));
        let (cache_done, cache) = answer_here();
        self.inner.keeper.send(KeeperJob::Forget(cache_done));
        let (journal, cache) = (journal.wait(), cache.wait());
        journal.and(cache)
    }

    fn keep(&self, job: impl FnOnce(Done) -> KeeperJob) -> Ticket {
        let (ticket, done) = Ticket::new();
        self.inner.keeper.send(job(done));
        ticket
    }

    fn register(&self, job: impl FnOnce(Done) -> RegistrarJob) -> Ticket {
        let (ticket, done) = Ticket::new();
        self.inner.registrar.send(job(done));
        ticket
    }
}

/// Removes what was being written whole when the process died.
fn remove_leftovers(folder: &std::path::Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == fs::TEMPORARY) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
