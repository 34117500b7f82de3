//! The queue: what is in it, who may work, what the window and the command line are told.
//!
//! A task on the network workers starts a task for each file that may go; wishes of the user come
//! in from anywhere. The lock is held for moments and never across an `await`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OnceCell};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::carry::carry;
use super::item::{Item, Work};
use super::prepare::PART;
use super::step::{Effect, Known, Outcome, apply, twins};
use super::totals::{Speedometer, totals};
use super::turnstile::{Line, Turnstile};
use crate::engine::core::Core;
use crate::engine::event::{Event, UploadsEvent};
use crate::engine::runtime::{lock, now, random_id};
use crate::engine::walk::absolute;
use crate::engine::{EngineError, UploadOptions, UploadsRequest};
use crate::model::{AlbumId, Bitmap, MessageId, PhotoId, Upload, UploadId, UploadTotals};
use crate::store::{JournalEntry, JournalStage, PartSet, StoreError};
use crate::telegram::UploadLimits;

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
    queue: Mutex<Queue>,
    /// Something may be begun, or is over.
    nudge: Notify,
    /// News for the command line.
    pub(crate) told: Notify,
}

#[derive(Default)]
struct Queue {
    items: BTreeMap<UploadId, Item>,
    /// Those that may be given a task, by their place.
    runnable: BTreeMap<u64, UploadId>,
    active: HashMap<UploadId, AbortHandle>,
    /// Who waits for whom to be over.
    parked: HashMap<UploadId, Vec<UploadId>>,
    /// Which entry sends which content where.
    claims: HashMap<Content, UploadId>,
    next_order: u64,
    speed: Speedometer,
    flood: Option<i64>,
    dirty: BTreeSet<UploadId>,
    removed: Vec<UploadId>,
    last_totals: Option<UploadTotals>,
    /// Kept only where somebody takes it.
    news: Option<Vec<News>>,
}

/// What makes two files the same upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Content {
    pub(crate) album: AlbumId,
    pub(crate) sha256: [u8; 32],
    pub(crate) as_photo: bool,
}

/// A change of one file's state, for the command line.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) upload: Upload,
    pub(crate) seconds: Option<f64>,
}

impl Desk {
    /// Takes up the journal. `mine`: which unfinished entries are to be carried on.
    pub(crate) async fn open(
        core: Core,
        listen: bool,
        mine: impl Fn(&JournalEntry) -> bool,
    ) -> Result<Arc<Self>, EngineError> {
        let store = core.store.clone();
        let mut entries =
            core.pool.run(move || store.journal()).await.map_err(|_| EngineError::Stopping)??;
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
                let (album, as_photo) = (entry.album, entry.as_photo);
                queue.claims.entry(Content { album, sha256, as_photo }).or_insert(entry.id);
            }
            let item = Item::new(entry, carried);
            if carried {
                queue.show(&item);
                if item.is_runnable() {
                    queue.runnable.insert(item.entry.order, item.entry.id);
                }
            }
            queue.items.insert(item.entry.id, item);
        }
        let cores = core.pool.threads();
        Ok(Arc::new(Self {
            prepares: Turnstile::new(cores),
            parts: Turnstile::new(1),
            commits: Turnstile::new(COMMITS),
            line: Line::default(),
            limits: OnceCell::new(),
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
        self.parts.set_limit(*window.borrow_and_update());
        let mut beat = interval(Duration::from_millis(100));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.begin(&mut tasks);
            tokio::select! {
                () = self.nudge.notified() => {}
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    if let Ok((_, id)) = ended {
                        self.ended(id);
                    }
                    self.reap();
                }
                _ = beat.tick() => self.tell(),
                Ok(()) = window.changed() => self.parts.set_limit(*window.borrow_and_update()),
                Ok(()) = waits.changed() => {
                    let until = waits
                        .borrow_and_update()
                        .iter()
                        .filter(|wait| {
                            wait.method.starts_with("upload.save")
                                || wait.method.starts_with("messages.send")
                        })
                        .map(|wait| wait.until)
                        .max();
                    self.flooded(until);
                }
            }
        }
    }

    fn begin(self: &Arc<Self>, tasks: &mut JoinSet<UploadId>) {
        let mut queue = self.queue();
        while queue.active.len() < ACTIVE {
            let Some((_, id)) = queue.runnable.pop_first() else { return };
            let Some(item) = queue.items.get_mut(&id).filter(|item| item.is_runnable()) else {
                continue;
            };
            item.work = Work::Active;
            item.known = Known::default();
            let desk = self.clone();
            let abort = tasks.spawn(async move { carry(desk, id).await });
            queue.active.insert(id, abort);
        }
    }

    /// A task is over; its file may have another id by now.
    fn ended(&self, id: UploadId) {
        let mut queue = self.queue();
        queue.active.remove(&id);
        if let Some(item) = queue.items.get_mut(&id) {
            if item.work == Work::Active {
                item.work = Work::Resting;
            }
            (item.preparing, item.sending, item.wait_until) = (false, false, None);
            // A wish that came while it was active.
            if item.is_runnable() {
                let order = item.entry.order;
                queue.runnable.insert(order, id);
            }
            queue.dirty.insert(id);
        }
        queue.unpark(id);
    }

    /// Tasks that were aborted or panicked end without saying which they were.
    fn reap(&self) {
        let finished: Vec<UploadId> = self
            .queue()
            .active
            .iter()
            .filter(|(_, abort)| abort.is_finished())
            .map(|(id, _)| *id)
            .collect();
        for id in finished {
            self.ended(id);
        }
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
        let mut fresh = Vec::new();
        let mut again = Vec::new();
        {
            let mut queue = self.queue();
            let unfinished: HashMap<PathBuf, UploadId> = queue
                .items
                .values()
                .filter(|item| {
                    item.entry.album == album
                        && item.entry.as_photo == options.as_photo
                        && !matches!(item.entry.stage, JournalStage::Verified { .. })
                        && !matches!(item.entry.stage, JournalStage::Skipped { .. })
                })
                .map(|item| (item.entry.path.clone(), item.entry.id))
                .collect();
            for given in files {
                let path = absolute(&given);
                if let Some(id) = unfinished.get(&path) {
                    again.push(*id);
                    continue;
                }
                let order = queue.next_order;
                queue.next_order += 1;
                let entry = new_entry(order, album, path, options);
                fresh.push(entry);
            }
        }
        if !fresh.is_empty() {
            self.core.store.journal_put(fresh.clone()).done().await?;
        }
        {
            let mut queue = self.queue();
            for entry in fresh {
                let item = Item::new(entry, true);
                queue.runnable.insert(item.entry.order, item.entry.id);
                queue.show(&item);
                queue.items.insert(item.entry.id, item);
            }
        }
        self.nudge.notify_one();
        for id in again {
            self.go_on(id).await?;
        }
        self.told.notify_one();
        Ok(())
    }

    /// What the user wishes for the queue.
    pub(crate) async fn request(&self, request: UploadsRequest) -> Result<(), EngineError> {
        match request {
            UploadsRequest::PauseAll => {
                for id in self.ids(|item| item.shown && !item.is_over()) {
                    self.pause(id).await?;
                }
            }
            UploadsRequest::ResumeAll => {
                for id in self.ids(|item| item.entry.stage == JournalStage::Paused) {
                    self.go_on(id).await?;
                }
            }
            UploadsRequest::Pause(id) => self.pause(id).await?,
            UploadsRequest::Resume(id) | UploadsRequest::Retry(id) => self.go_on(id).await?,
            UploadsRequest::Cancel(id) => self.cancel(id).await?,
            UploadsRequest::ClearFinished => self.clear_finished().await?,
        }
        Ok(())
    }

    fn ids(&self, which: impl Fn(&Item) -> bool) -> Vec<UploadId> {
        self.queue().items.values().filter(|item| which(item)).map(|item| item.entry.id).collect()
    }

    async fn pause(&self, id: UploadId) -> Result<(), EngineError> {
        let can =
            |item: &Item| matches!(item.entry.stage, JournalStage::Queued | JournalStage::Sending);
        if !self.queue().items.get(&id).is_some_and(can) {
            // A message on its way is not called back: it is a matter of moments.
            return Ok(());
        }
        self.halt(id).await;
        self.settle(id, Outcome::Pause).await?;
        Ok(())
    }

    /// After a pause or a failure.
    async fn go_on(&self, id: UploadId) -> Result<(), EngineError> {
        self.settle(id, Outcome::Again).await?;
        let mut queue = self.queue();
        if let Some(item) = queue.items.get_mut(&id) {
            item.stuck = None;
            item.shown = true;
            let (order, runnable) = (item.entry.order, item.is_runnable());
            if runnable {
                queue.runnable.insert(order, id);
            }
            queue.changed(id);
        }
        drop(queue);
        self.nudge.notify_one();
        self.told.notify_one();
        Ok(())
    }

    async fn cancel(&self, id: UploadId) -> Result<(), EngineError> {
        self.halt(id).await;
        self.core.store.journal_remove(vec![id]).done().await?;
        let mut queue = self.queue();
        if let Some(item) = queue.items.remove(&id) {
            queue.runnable.remove(&item.entry.order);
        }
        queue.claims.retain(|_, owner| *owner != id);
        queue.dirty.remove(&id);
        queue.removed.push(id);
        queue.unpark(id);
        drop(queue);
        self.nudge.notify_one();
        Ok(())
    }

    /// Verified entries stay in the journal, out of sight: they tell duplicates. The rest is
    /// forgotten.
    async fn clear_finished(&self) -> Result<(), EngineError> {
        let mut forget = Vec::new();
        {
            let mut queue = self.queue();
            let over: Vec<UploadId> = queue
                .items
                .values()
                .filter(|item| item.shown && item.is_over() && item.stuck.is_none())
                .filter(|item| !matches!(item.entry.stage, JournalStage::Failed { .. }))
                .map(|item| item.entry.id)
                .collect();
            for id in over {
                queue.dirty.remove(&id);
                queue.removed.push(id);
                let Some(item) = queue.items.get_mut(&id) else { continue };
                item.shown = false;
                if matches!(item.entry.stage, JournalStage::Skipped { .. }) {
                    queue.items.remove(&id);
                    forget.push(id);
                }
            }
        }
        if !forget.is_empty() {
            self.core.store.journal_remove(forget).done().await?;
        }
        Ok(())
    }

    /// Aborts the file's task and waits until it is gone: whoever settles next must be alone.
    async fn halt(&self, id: UploadId) {
        let abort = {
            let mut queue = self.queue();
            if let Some(item) = queue.items.get(&id) {
                let order = item.entry.order;
                queue.runnable.remove(&order);
            }
            queue.active.get(&id).cloned()
        };
        if let Some(abort) = abort {
            abort.abort();
            while !abort.is_finished() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    // What `carry` needs.

    pub(crate) fn peek(&self, id: UploadId) -> Option<(JournalEntry, Known)> {
        self.queue().items.get(&id).map(|item| (item.entry.clone(), item.known))
    }

    /// Changes what is known in memory, and tells it.
    pub(crate) fn update(&self, id: UploadId, change: impl FnOnce(&mut Item)) {
        let mut queue = self.queue();
        if let Some(item) = queue.items.get_mut(&id) {
            change(item);
            queue.changed(id);
        }
        drop(queue);
        self.told.notify_one();
    }

    /// Folds an outcome in: durable first, then in memory. Returns the file's id, which may be
    /// another one now.
    pub(crate) async fn settle(
        &self,
        id: UploadId,
        outcome: Outcome,
    ) -> Result<UploadId, Arc<StoreError>> {
        let Some((mut entry, mut known)) = self.peek(id) else { return Ok(id) };
        let effect = apply(&mut entry, &mut known, outcome, random_id);
        let store = &self.core.store;
        match effect {
            Effect::Nothing => {}
            Effect::Put => store.journal_put(vec![entry.clone()]).done().await?,
            Effect::Part(part) => store.journal_part(id, part).done().await?,
            Effect::Reborn { old } => {
                store.journal_put(vec![entry.clone()]).done().await?;
                store.journal_remove(vec![old]).done().await?;
            }
        }
        let mut queue = self.queue();
        if let Effect::Part(part) = effect {
            // Other parts were acknowledged meanwhile: add this one, do not take those back.
            if let Some(item) = queue.items.get_mut(&id) {
                item.entry.acknowledged.insert(part);
                let part_size = u64::from(item.entry.part_size);
                let bytes = part_size.min(item.entry.bytes - part_size * u64::from(part));
                queue.speed.moved(Instant::now(), bytes);
            }
        } else {
            queue.put(id, entry, known);
        }
        let new = if let Effect::Reborn { .. } = effect { queue.reborn(id) } else { id };
        queue.changed(new);
        drop(queue);
        self.told.notify_one();
        Ok(new)
    }

    /// Claims the content for this entry; or says who has it.
    pub(crate) fn claim(&self, id: UploadId, content: Content) -> Option<Item> {
        let mut queue = self.queue();
        let owner = queue.claims.get(&content).copied().filter(|owner| *owner != id);
        let owner = owner.and_then(|owner| queue.items.get(&owner)).filter(|item| {
            item.entry.sha256 == Some(content.sha256)
                && !matches!(
                    item.entry.stage,
                    JournalStage::Failed { .. } | JournalStage::Skipped { .. }
                )
        });
        let owner = owner.cloned();
        if owner.is_none() {
            queue.claims.insert(content, id);
        }
        owner
    }

    /// Claims the content although another entry has it.
    pub(crate) fn take_over(&self, id: UploadId, content: Content) {
        self.queue().claims.insert(content, id);
    }

    /// The owner is not carried on by anybody: what it claims is free.
    pub(crate) fn disown(&self, owner: UploadId) {
        let mut queue = self.queue();
        if queue.items.get(&owner).is_none_or(|item| !item.shown) {
            queue.claims.retain(|_, other| *other != owner);
        }
    }

    /// Bytes of this file begin to go out.
    pub(crate) fn begins(&self, id: UploadId) {
        let mut queue = self.queue();
        let Some(item) = queue.items.get_mut(&id) else { return };
        if item.sending {
            return;
        }
        item.sending = true;
        item.began.get_or_insert_with(Instant::now);
        queue.changed(id);
        drop(queue);
        self.told.notify_one();
    }

    /// What Telegram takes; asked once.
    pub(crate) async fn limits(&self) -> Option<UploadLimits> {
        let core = &self.core;
        self.limits
            .get_or_try_init(|| core.patiently(|_| {}, || core.telegram.upload_limits()))
            .await
            .inspect_err(|error| tracing::warn!(%error, "the limits of uploads are not known"))
            .ok()
            .copied()
    }

    /// Lets the entry wait until `owner` is over; `false` when that is so already, or when nobody
    /// carries that one on.
    pub(crate) fn park(&self, id: UploadId, owner: UploadId) -> bool {
        let mut queue = self.queue();
        if queue.items.get(&owner).is_none_or(|owner| owner.is_over() || !owner.shown) {
            return false;
        }
        queue.parked.entry(owner).or_default().push(id);
        if let Some(item) = queue.items.get_mut(&id) {
            item.work = Work::Parked;
            item.preparing = false;
        }
        queue.changed(id);
        true
    }

    /// Messages of the album that entries of the journal have become.
    pub(crate) fn claimed(&self, album: AlbumId, except: UploadId) -> BTreeSet<MessageId> {
        self.queue()
            .items
            .values()
            .filter(|item| item.entry.album == album && item.entry.id != except)
            .filter_map(|item| match item.entry.stage {
                JournalStage::Sent { message } | JournalStage::Verified { message } => {
                    Some(message)
                }
                _ => None,
            })
            .collect()
    }

    pub(crate) fn tile(&self, upload: UploadId, bitmap: Arc<Bitmap>) {
        self.core.bus.send(Event::Uploads(UploadsEvent::Thumbnail { upload, bitmap }));
    }

    // News.

    /// Tells the window what is different, at most ten times a second.
    fn tell(&self) {
        let mut queue = self.queue();
        if queue.flood.is_some_and(|until| until <= now()) {
            queue.flood = None;
        }
        let (dirty, removed) =
            (std::mem::take(&mut queue.dirty), std::mem::take(&mut queue.removed));
        let flood = queue.flood;
        let changed: Vec<Upload> = dirty
            .iter()
            .filter_map(|id| queue.items.get(id))
            .filter(|item| item.shown)
            .map(|item| item.upload(flood))
            .collect();
        // While nothing moves, only the speed may still have to sink to nothing.
        let idle = queue.last_totals.is_none_or(|totals| totals.speed == 0.0);
        let sums = if changed.is_empty() && removed.is_empty() && idle {
            None
        } else {
            let speed = queue.speed.speed(Instant::now());
            let wait = flood.map_or(0, |until| u64::try_from(until - now()).unwrap_or(0));
            let shown = queue.items.values().filter(|item| item.shown);
            let sums = totals(shown, speed, self.core.telegram.transfer_connections(), wait);
            let news = queue.last_totals != Some(sums);
            queue.last_totals = Some(sums);
            news.then_some(sums)
        };
        drop(queue);
        let bus = &self.core.bus;
        if !removed.is_empty() {
            bus.send(Event::Uploads(UploadsEvent::Removed(removed)));
        }
        if !changed.is_empty() {
            bus.send(Event::Uploads(UploadsEvent::Changed(changed)));
        }
        if let Some(sums) = sums {
            bus.send(Event::Uploads(UploadsEvent::Totals(sums)));
        }
    }

    /// News since the last time, in order.
    pub(crate) fn take_news(&self) -> Vec<News> {
        self.queue().news.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Queue {
    fn show(&mut self, item: &Item) {
        self.dirty.insert(item.entry.id);
        if let Some(news) = &mut self.news {
            news.push(News { upload: item.upload(None), seconds: None });
        }
    }

    fn changed(&mut self, id: UploadId) {
        self.dirty.insert(id);
        if let (Some(news), Some(item)) = (&mut self.news, self.items.get(&id))
            && item.shown
        {
            news.push(News {
                upload: item.upload(self.flood),
                seconds: item.began.map(|began| began.elapsed().as_secs_f64()),
            });
        }
        self.unpark(id);
    }

    fn put(&mut self, id: UploadId, entry: JournalEntry, known: Known) {
        let Some(item) = self.items.get_mut(&id) else { return };
        if let JournalStage::Sent { message } | JournalStage::Verified { message } = entry.stage {
            item.photo = Some(PhotoId { album: entry.album, message });
        }
        (item.entry, item.known) = (entry, known);
    }

    /// Moves an item under its new id.
    fn reborn(&mut self, old: UploadId) -> UploadId {
        let Some(item) = self.items.remove(&old) else { return old };
        let new = item.entry.id;
        if let Some(abort) = self.active.remove(&old) {
            self.active.insert(new, abort);
        }
        for owner in self.claims.values_mut().filter(|owner| **owner == old) {
            *owner = new;
        }
        if let Some(waiting) = self.parked.remove(&old) {
            self.parked.insert(new, waiting);
        }
        self.dirty.remove(&old);
        self.removed.push(old);
        self.items.insert(new, item);
        new
    }

    /// Those that waited for `id` may go, if it is over.
    fn unpark(&mut self, id: UploadId) {
        if !self.items.get(&id).is_none_or(Item::is_over) {
            return;
        }
        for waiting in self.parked.remove(&id).unwrap_or_default() {
            let Some(item) = self.items.get_mut(&waiting) else { continue };
            if item.work == Work::Parked {
                item.work = Work::Resting;
                let order = item.entry.order;
                self.runnable.insert(order, waiting);
            }
        }
    }
}

fn new_entry(order: u64, album: AlbumId, path: PathBuf, options: &UploadOptions) -> JournalEntry {
    JournalEntry {
        id: UploadId(random_id()),
        order,
        album,
        path,
        random_id: random_id(),
        bytes: 0,
        modified: 0,
        sha256: None,
        part_size: PART,
        acknowledged: PartSet::default(),
        as_photo: options.as_photo,
        caption: options.caption.clone(),
        taken: None,
        blur: None,
        stage: JournalStage::Queued,
    }
}
