//! The queue: what is in it, who may work, what the window and the command line are told.
//!
//! A task on the network workers starts a task for each file that may go; wishes of the user come
//! in from anywhere. The lock is held for moments and never across an `await`.

mod glimpse;
mod ledger;
mod manners;
mod narrow;
mod news;
mod order;
mod queue;
mod wishes;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, OnceCell, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

pub(crate) use self::narrow::REST;
pub(crate) use self::news::News;
pub(crate) use self::queue::{Content, Parking};
use self::queue::{Queue, new_entry};
use super::carry::carry;
use super::item::Item;
use super::prepare::goes_as_photo;
use super::step::twins;
use super::turnstile::{Line, Turnstile};
use crate::config::Settings;
use crate::engine::core::Core;
use crate::engine::runtime::lock;
use crate::engine::walk::absolute;
use crate::engine::{EngineError, UploadOptions};
use crate::model::{AlbumId, UploadId};
use crate::store::{JournalEntry, JournalStage, StoreError};
use crate::telegram::{UploadLimits, Wait};

/// Files that have a task at once. Enough that small files fill a long line.
const ACTIVE: usize = 48;
/// `sendMedia` calls in flight.
const COMMITS: usize = 8;

/// The queue. Shared by reference.
pub(crate) struct Desk {
    pub(crate) core: Core,
    pub(crate) prepares: Turnstile,
    pub(crate) parts: Turnstile,
    pub(crate) commits: Turnstile,
    pub(crate) line: Line,
    limits: OnceCell<UploadLimits>,
    /// One wish at a time.
    wishes: tokio::sync::Mutex<()>,
    /// One pasted picture at a time is kept and queued.
    pub(crate) pasting: tokio::sync::Mutex<()>,
    queue: Mutex<Queue>,
    /// Something may be begun, or is over.
    nudge: Notify,
    /// News for the command line.
    pub(crate) told: Notify,
}

impl Desk {
    /// Takes up the journal. `mine`: which unfinished entries are to be carried on.
    pub(crate) async fn open(
        core: Core,
        listen: bool,
        mine: impl Fn(&JournalEntry) -> bool,
    ) -> Result<Arc<Self>, EngineError> {
        let store = core.store.clone();
        let read = move || {
            let entries = store.journal()?;
            let unread = |entry: &&JournalEntry| entry.bytes == 0;
            let lengths = entries.iter().filter(unread);
            let lengths = lengths.map(|entry| (entry.id, length(&entry.path)));
            let lengths: HashMap<UploadId, u64> = lengths.collect();
            Ok::<_, StoreError>((entries, lengths))
        };
        let (mut entries, lengths) =
            core.pool.run(read).await.map_err(|_| EngineError::Stopping)??;
        entries.sort_by_key(|entry| (entry.order, entry.id));
        let mut obsolete = twins(&mut entries);
        // A file that was skipped is looked at again when it is offered again.
        entries.retain(|entry| {
            let skipped = matches!(entry.stage, JournalStage::Skipped { .. });
            if skipped {
                obsolete.push(entry.id);
            }
            !skipped
        });
        if !obsolete.is_empty() {
            core.store.journal_remove(obsolete).done().await?;
        }
        let mut queue = Queue { news: listen.then(Vec::new), ..Queue::default() };
        for entry in entries {
            queue.next_order = queue.next_order.max(entry.order + 1);
            let finished = matches!(entry.stage, JournalStage::Verified { .. });
            let carried = !finished && mine(&entry);
            if let Some(sha256) = entry.sha256
                && !matches!(entry.stage, JournalStage::Failed { .. })
            {
                queue.claims.entry(Content::of(&entry, sha256)).or_insert(entry.id);
            }
            let length = lengths.get(&entry.id).copied().unwrap_or_default();
            let item = Item { length, ..Item::new(entry, carried) };
            if carried {
                queue.show(&item);
                if item.is_runnable() {
                    queue.runnable.insert(item.entry.order, item.entry.id);
                }
            }
            queue.insert(item);
        }
        let cores = core.pool.threads();
        Ok(Arc::new(Self {
            prepares: Turnstile::new(cores),
            parts: Turnstile::new(1),
            commits: Turnstile::new(COMMITS),
            line: Line::default(),
            limits: OnceCell::new(),
            wishes: tokio::sync::Mutex::default(),
            pasting: tokio::sync::Mutex::default(),
            core,
            queue: Mutex::new(queue),
            nudge: Notify::new(),
            told: Notify::new(),
        }))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// Works for as long as it is polled; dropping it stops all files where they are.
    pub(crate) async fn work(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        let mut window = self.core.telegram.window();
        let mut waits = self.core.telegram.waits();
        let mut chosen = self.core.chosen.subscribe();
        let mut awake = None;
        let line = watch::Sender::new(None);
        let mut says_that_it_waits = false;
        let mut metered = line.subscribe();
        let asking = manners::ask_on(chosen.clone(), &line);
        tokio::pin!(asking);
        let before = waits.borrow_and_update().clone();
        self.told_to_wait(&before).await;
        let mut beat = interval(Duration::from_millis(100));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let room = |window: &watch::Receiver<usize>, chosen: &watch::Receiver<Settings>| {
            let limit = manners::limit(&chosen.borrow().uploads, *line.borrow(), *window.borrow());
            self.parts.set_limit(limit);
        };
        room(&window, &chosen);
        loop {
            self.begin(&mut tasks);
            tokio::select! {
                () = self.nudge.notified() => {}
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    let (task, crashed) = match ended {
                        Ok((task, ())) => (task, false),
                        Err(error) => (error.id(), error.is_panic()),
                    };
                    self.queue().ended(task, crashed);
                    self.told.notify_one();
                }
                _ = beat.tick() => {
                    self.tell();
                    self.stay_awake(&chosen, &mut awake);
                    let metered = *line.borrow();
                    let (chosen, told) = (&chosen.borrow().uploads, &mut says_that_it_waits);
                    self.say_why_none_goes(chosen, metered, told);
                }
                Ok(()) = window.changed() => room(&window, &chosen),
                Ok(()) = chosen.changed() => room(&window, &chosen),
                Ok(()) = metered.changed() => room(&window, &chosen),
                () = &mut asking => {}
                Ok(()) = waits.changed() => {
                    let now = waits.borrow_and_update().clone();
                    self.told_to_wait(&now).await;
                }
            }
        }
    }

    /// Whether a file is still to be sent.
    pub(crate) fn needs(&self, path: &Path) -> bool {
        let queue = self.queue();
        queue.items.values().any(|item| {
            let is_over = matches!(
                item.entry.stage,
                JournalStage::Verified { .. } | JournalStage::Skipped { .. }
            );
            !is_over && item.entry.path == path
        })
    }

    /// Files that may be given a task.
    pub(crate) fn waiting(&self) -> usize {
        self.queue().runnable.len()
    }

    fn begin(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        let mut queue = self.queue();
        while queue.active.len() < ACTIVE {
            let Some((album, order, id)) = queue.take_next() else { return };
            // In line before it runs: tasks do not begin to run in the order of their making.
            let (desk, place) = (self.clone(), self.line.enter(album, order));
            let abort = tasks.spawn(carry(desk, id, place));
            queue.active.insert(id, abort);
        }
    }

    /// Remembered, then shown: after a restart it is still to be waited out.
    async fn told_to_wait(&self, waits: &[Wait]) {
        let of_ours = waits.iter().filter(|wait| wait.outlives_a_restart());
        let kept: Vec<(String, i64)> =
            of_ours.map(|wait| (wait.method.to_owned(), wait.until)).collect();
        let until = kept.iter().map(|(_, until)| *until).max();
        if let Err(error) = self.core.store.keep_waits(kept).done().await {
            // At worst Telegram asks once more.
            tracing::warn!(%error, "a wait is not remembered");
        }
        self.flooded(until);
    }

    fn flooded(&self, until: Option<i64>) {
        let mut queue = self.queue();
        queue.flood = until;
        let sending: Vec<UploadId> = queue
            .active
            .keys()
            .filter(|id| queue.items.get(id).is_some_and(|item| item.sending))
            .copied()
            .collect();
        for id in sending {
            queue.changed(id);
        }
        drop(queue);
        self.told.notify_one();
    }

    /// Puts files into the journal, then into the queue. A file that the journal holds unfinished
    /// goes on; one that it holds verified, unchanged, is left to the look for duplicates.
    pub(crate) async fn add(
        &self,
        album: AlbumId,
        files: Vec<PathBuf>,
        options: &UploadOptions,
    ) -> Result<(), EngineError> {
        let again = self.add_new(album, files, options).await?;
        if !again.is_empty() {
            self.reword(&again, options).await?;
            self.go_on(again).await?;
            self.told.notify_one();
        }
        Ok(())
    }

    /// Puts files into the journal, then into the queue, and leaves those alone that the journal
    /// holds unfinished; it returns these.
    pub(crate) async fn add_new(
        &self,
        album: AlbumId,
        files: Vec<PathBuf>,
        options: &UploadOptions,
    ) -> Result<Vec<UploadId>, EngineError> {
        let as_photo = options.as_photo;
        let look = move || -> Vec<_> {
            let look = |given: &PathBuf| {
                let path = absolute(given);
                let (as_photo, length) = (as_photo && goes_as_photo(&path), length(&path));
                ((path, as_photo), length)
            };
            files.iter().map(look).collect()
        };
        let files = self.core.pool.run(look).await.map_err(|_| EngineError::Stopping)?;
        let mut fresh = Vec::new();
        let mut again = Vec::new();
        {
            let mut queue = self.queue();
            for ((path, as_photo), length) in files {
                if let Some(id) = queue.unfinished(album, path.clone(), as_photo) {
                    again.push(id);
                    continue;
                }
                let order = queue.next_order;
                queue.next_order += order::GAP;
                let entry = new_entry(order, album, path, as_photo, options);
                fresh.push((entry, length));
            }
        }
        if !fresh.is_empty() {
            let entries = fresh.iter().map(|(entry, _)| entry.clone()).collect();
            self.core.store.journal_put(entries).done().await?;
        }
        {
            let mut queue = self.queue();
            for (entry, length) in fresh {
                let item = Item { length, ..Item::new(entry, true) };
                queue.runnable.insert(item.entry.order, item.entry.id);
                queue.show(&item);
                queue.insert(item);
            }
        }
        self.nudge.notify_one();
        self.told.notify_one();
        Ok(again)
    }
}

/// A file's length by its folder; 0 where that cannot be told.
fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
