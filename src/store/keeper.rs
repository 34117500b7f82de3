//! The work of the "store" thread: library and thumbnails, in groups, and tidying the originals.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::base::aside;
use super::error::{Result, StoreError};
use super::library::{Gone, Library};
use super::originals::Originals;
use super::thumbnails::{ThumbKey, Thumbnails};
use super::ticket::Done;
use super::writer::Work;
use crate::model::Batch;
use crate::platform::fs;

/// Thumbnails that were put within this time may be lost in a kill.
const SYNC_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) enum KeeperJob {
    Record(Batch, Done),
    Thumbnail(ThumbKey, Vec<u8>),
    /// Counts the originals, removes leftovers and what is beyond the budget.
    Sweep,
    Forget(Done),
}

#[derive(Debug)]
pub(super) struct Keeper {
    library: Arc<Library>,
    thumbnails: Arc<Thumbnails>,
    originals: Arc<Originals>,
}

/// What is waiting to be written together.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    recorded: Vec<Done>,
    thumbnails: Vec<(ThumbKey, Vec<u8>)>,
}

impl Keeper {
    pub(super) const fn new(
        library: Arc<Library>,
        thumbnails: Arc<Thumbnails>,
        originals: Arc<Originals>,
    ) -> Self {
        Self { library, thumbnails, originals }
    }

    /// The library first: somebody waits for it.
    fn carry_out(&self, group: &mut Group) {
        let Group { batches, recorded, thumbnails } = std::mem::take(group);
        if !batches.is_empty() {
            let (result, gone) = match self.library.record(batches) {
                Ok(gone) => (Ok(()), gone),
                Err(error) => (Err(error), Vec::new()),
            };
            Done::answer_all(recorded, &result);
            for gone in gone {
                match gone {
                    Gone::Album(album) => self.originals.forget_album(album),
                    Gone::Photos(album, messages) => {
                        self.originals.forget_photos(album, &messages);
                    }
                }
            }
        }
        if !thumbnails.is_empty() {
            log("thumbnails were not kept", self.thumbnails.put(&thumbnails));
        }
    }

    fn forget(&self) -> Result<()> {
        let results = [
            self.library.forget(),
            self.thumbnails.forget(),
            self.originals.forget(),
            remove_aside(self.library.path()),
            remove_aside(self.thumbnails.path()),
        ];
        results.into_iter().collect()
    }
}

/// What was moved aside for being damaged is the account's too.
fn remove_aside(path: &std::path::Path) -> Result<()> {
    let aside = aside(path);
    fs::remove_file(&aside).map_err(StoreError::io(&aside))
}

/// Nobody waits for these, so this is where the error is told.
fn log(what: &str, result: Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "{what}");
    }
}

impl Work for Keeper {
    type Job = KeeperJob;

    fn group(&mut self, jobs: Vec<KeeperJob>) {
        let mut group = Group::default();
        for job in jobs {
            match job {
                KeeperJob::Record(batch, done) => {
                    group.batches.push(batch);
                    group.recorded.push(done);
                }
                KeeperJob::Thumbnail(key, jpeg) => group.thumbnails.push((key, jpeg)),
                KeeperJob::Sweep => {
                    log("the originals were not tidied", self.originals.sweep(SystemTime::now()));
                }
                KeeperJob::Forget(done) => {
                    self.carry_out(&mut group);
                    done.answer(self.forget());
                }
            }
        }
        self.carry_out(&mut group);
    }

    fn rest_after(&self) -> Option<Duration> {
        self.thumbnails.is_unsynced().then_some(SYNC_AFTER)
    }

    fn rest(&mut self) {
        log("thumbnails were not kept", self.thumbnails.flush());
    }
}
