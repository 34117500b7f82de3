//! What the desk knows about every file: a plain table behind the desk's lock. Decides nothing and
//! waits for nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use tokio::task::{AbortHandle, Id};

use super::super::item::{Item, Work};
use super::super::prepare::PART;
use super::super::step::Known;
use super::super::totals::{Pace, Speedometer};
use super::news::News;
use super::order;
use crate::engine::UploadOptions;
use crate::engine::runtime::random_id;
use crate::model::{AlbumId, PhotoId, UploadId, UploadTotals};
use crate::store::{JournalEntry, JournalStage, PartSet};

/// A file that tasks are kept away from, and the one that works on it still.
pub(super) struct Held {
    pub(super) task: Option<AbortHandle>,
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) items: BTreeMap<UploadId, Item>,
    /// Those that may be given a task, by their place.
    pub(super) runnable: BTreeMap<u64, UploadId>,
    pub(super) active: HashMap<UploadId, AbortHandle>,
    /// Entries that were taken up under a new id: who asks for the old one means the new one.
    pub(super) renamed: HashMap<UploadId, UploadId>,
    /// Who waits for whom to be over.
    pub(super) parked: HashMap<UploadId, Vec<UploadId>>,
    /// Which entry sends which content where.
    pub(super) claims: HashMap<Content, UploadId>,
    pub(super) next_order: u64,
    pub(super) speed: Speedometer,
    pub(super) pace: Pace,
    pub(super) flood: Option<i64>,
    pub(super) dirty: BTreeSet<UploadId>,
    pub(super) removed: Vec<UploadId>,
    pub(super) last_totals: Option<UploadTotals>,
    /// Kept only where somebody takes it.
    pub(super) news: Option<Vec<News>>,
}

/// What makes two files the same upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Content {
    pub(crate) album: AlbumId,
    pub(crate) sha256: [u8; 32],
    pub(crate) as_photo: bool,
}

/// What became of the wish to wait for another entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parking {
    /// It waits.
    Waits,
    /// There is nothing to wait for.
    Over,
    /// The other one waits for this one, or is paused: nothing would ever come of waiting.
    Never,
    /// The other one cannot go on in this run, for this reason.
    Stuck(String),
}

impl Queue {
    /// The file that may have a task next, marked as having one: its album, place and id.
    pub(super) fn take_next(&mut self) -> Option<(AlbumId, u64, UploadId)> {
        while let Some((order, id)) = self.runnable.pop_first() {
            // One whose last task was not seen to end yet comes back when it is.
            if self.active.contains_key(&id) {
                continue;
            }
            if let Some(item) = self.items.get_mut(&id).filter(|item| item.is_runnable()) {
                item.work = Work::Active;
                item.known = item.known.passed_on();
                return Some((item.entry.album, order, id));
            }
        }
        None
    }

    /// Whether a file goes out, or would if it could.
    pub(super) fn is_at_work(&self) -> bool {
        !self.active.is_empty() || !self.runnable.is_empty()
    }

    /// A task is over. One that crashed is not begun again by itself: it would crash for ever.
    pub(super) fn ended(&mut self, task: Id, crashed: bool) {
        let found = self.active.iter().find(|(_, abort)| abort.id() == task);
        let Some(id) = found.map(|(id, _)| *id) else { return };
        self.active.remove(&id);
        if let Some(item) = self.items.get_mut(&id) {
            if item.work == Work::Active {
                item.work = Work::Resting;
            }
            (item.preparing, item.sending, item.wait_until) = (false, false, None);
            if crashed {
                item.stuck = Some(
                    "Something went wrong in Heliogram itself; the log file says where. Try it \
                     again"
                        .into(),
                );
            }
        }
        self.resume(id);
        self.changed(id);
    }

    /// Lets a file have a task, if there is something to do for it.
    pub(super) fn resume(&mut self, id: UploadId) {
        if let Some(item) = self.items.get(&id).filter(|item| item.is_runnable()) {
            self.runnable.insert(item.entry.order, id);
        }
    }

    /// Keeps tasks away from a file; hands over the one that it has. `None`: no such file.
    pub(super) fn hold(&mut self, id: UploadId) -> Option<Held> {
        let item = self.items.get_mut(&id)?;
        item.work = Work::Held;
        self.runnable.remove(&item.entry.order);
        Some(Held { task: self.active.get(&id).cloned() })
    }

    /// Pauses a file whose message may have been asked for already: its place in the journal stays,
    /// so that it is looked for first when it goes on.
    pub(super) fn hold_back(&mut self, id: UploadId) {
        if let Some(item) = self.items.get_mut(&id)
            && matches!(item.entry.stage, JournalStage::Committing { .. })
            && !item.is_over()
        {
            item.held_back = true;
            self.runnable.remove(&item.entry.order);
            self.changed(id);
        }
    }

    /// Whether a message may be asked for now; notes that it is.
    pub(super) fn asks(&mut self, id: UploadId) -> bool {
        let Some(item) = self.items.get_mut(&id).filter(|item| !item.held_back) else {
            return false;
        };
        item.known.surely_not_sent = false;
        self.changed(id);
        true
    }

    /// The end of [`Self::hold`].
    pub(super) fn release(&mut self, id: UploadId) {
        let id = self.current(id);
        if let Some(item) = self.items.get_mut(&id)
            && item.work == Work::Held
        {
            item.work = Work::Resting;
        }
        self.resume(id);
        self.changed(id);
    }

    /// The id that an entry has now.
    pub(super) fn current(&self, mut id: UploadId) -> UploadId {
        while let Some(new) = self.renamed.get(&id) {
            id = *new;
        }
        id
    }

    /// All ids that these entries have had.
    pub(super) fn names(&self, now: &HashSet<UploadId>) -> Vec<UploadId> {
        let before = self.renamed.keys().filter(|old| now.contains(&self.current(**old)));
        before.chain(now).copied().collect()
    }

    /// Claims the content for this entry; or says who has it.
    pub(super) fn claim(&mut self, id: UploadId, content: Content) -> Option<Item> {
        let owner = self.claims.get(&content).copied().filter(|owner| *owner != id);
        let owner = owner.and_then(|owner| self.items.get(&owner)).filter(|item| {
            // Between its claim and its entry, an owner's hash is not written down yet.
            item.entry.sha256.is_none_or(|sha256| sha256 == content.sha256)
                && !matches!(
                    item.entry.stage,
                    JournalStage::Failed { .. }
                        | JournalStage::Skipped { .. }
                        | JournalStage::Paused
                )
        });
        let owner = owner.cloned();
        if owner.is_none() {
            self.claims.insert(content, id);
        }
        owner
    }

    /// Lets the entry wait until `owner` is over.
    pub(super) fn park(&mut self, id: UploadId, owner: UploadId) -> Parking {
        match self.items.get(&owner).filter(|owner| owner.shown) {
            Some(Item { stuck: Some(reason), .. }) => return Parking::Stuck(reason.clone()),
            Some(owner) if owner.entry.stage == JournalStage::Paused => return Parking::Never,
            Some(owner) if !owner.is_over() => {}
            _ => return Parking::Over,
        }
        if self.waits_for(owner, id) {
            return Parking::Never;
        }
        self.parked.entry(owner).or_default().push(id);
        if let Some(item) = self.items.get_mut(&id) {
            item.preparing = false;
            // A wish of the user's goes before.
            if item.work == Work::Active {
                item.work = Work::Parked;
            }
        }
        self.changed(id);
        Parking::Waits
    }

    /// Whether one waits for the other, or for one that does.
    fn waits_for(&self, id: UploadId, other: UploadId) -> bool {
        let (mut seen, mut next) = (HashSet::new(), vec![other]);
        while let Some(owner) = next.pop() {
            if owner == id {
                return true;
            }
            if seen.insert(owner) {
                let waiting = self.parked.get(&owner).into_iter().flatten().copied();
                next.extend(waiting.filter(|waiting| {
                    self.items.get(waiting).is_some_and(|item| item.work == Work::Parked)
                }));
            }
        }
        false
    }

    /// The places that files get so that `id`, which is held, stands right before `before`.
    pub(super) fn rearranged(
        &mut self,
        id: UploadId,
        before: Option<UploadId>,
    ) -> Vec<(UploadId, u64)> {
        let waits = |item: &&Item| item.entry.id == id || item.is_runnable();
        let waiting: Vec<(u64, UploadId)> =
            self.items.values().filter(waits).map(|i| (i.entry.order, i.entry.id)).collect();
        let others = self.items.values().filter(|item| item.entry.id != id);
        let taken = others.map(|item| item.entry.order).collect();
        let before = before.and_then(|before| self.items.get(&before)).map(|i| i.entry.order);
        let places = order::before(id, before, waiting, &taken, self.next_order);
        let last = places.iter().map(|(_, order)| order + order::GAP).max();
        self.next_order = self.next_order.max(last.unwrap_or_default());
        places
    }

    /// Gives a file another place.
    pub(super) fn place(&mut self, id: UploadId, order: u64) {
        let Some(item) = self.items.get_mut(&id) else { return };
        let old = std::mem::replace(&mut item.entry.order, order);
        if self.runnable.get(&old) == Some(&id) {
            self.runnable.remove(&old);
            self.runnable.insert(order, id);
        }
    }

    pub(super) fn show(&mut self, item: &Item) {
        self.dirty.insert(item.entry.id);
        if let Some(news) = &mut self.news {
            news.push(News { upload: item.upload(None), seconds: None });
        }
    }

    pub(super) fn changed(&mut self, id: UploadId) {
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

    pub(super) fn put(&mut self, id: UploadId, entry: JournalEntry, known: Known) {
        let Some(item) = self.items.get_mut(&id) else { return };
        if let JournalStage::Sent { message } | JournalStage::Verified { message } = entry.stage {
            item.photo = Some(PhotoId { album: entry.album, message });
        }
        (item.entry, item.known) = (entry, known);
    }

    /// Moves an item under its new id.
    pub(super) fn reborn(&mut self, old: UploadId) -> UploadId {
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
        self.renamed.insert(old, new);
        self.dirty.remove(&old);
        self.removed.push(old);
        self.items.insert(new, item);
        new
    }

    /// Those that waited for `id` may go, if it is over or paused.
    pub(super) fn unpark(&mut self, id: UploadId) {
        let goes = |item: &Item| !item.is_over() && item.entry.stage != JournalStage::Paused;
        if self.items.get(&id).is_some_and(goes) {
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

pub(super) fn new_entry(
    order: u64,
    album: AlbumId,
    path: PathBuf,
    as_photo: bool,
    options: &UploadOptions,
) -> JournalEntry {
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
        as_photo,
        strip: options.strip,
        caption: options.caption.clone(),
        taken: None,
        blur: None,
        stage: JournalStage::Queued,
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;
    use crate::model::{MessageId, UploadState};

    fn queue(count: u64) -> (Queue, Vec<UploadId>) {
        let mut queue = Queue::default();
        let ids = (0..count).map(|order| {
            let mut entry =
                new_entry(order, AlbumId(1), "a.jpg".into(), false, &UploadOptions::default());
            entry.sha256 = Some([1; 32]);
            let id = entry.id;
            queue.items.insert(id, Item::new(entry, true));
            queue.resume(id);
            id
        });
        let ids = ids.collect();
        (queue, ids)
    }

    fn begin(queue: &mut Queue, tasks: &mut JoinSet<()>) -> Option<UploadId> {
        let (_, _, id) = queue.take_next()?;
        queue.active.insert(id, tasks.spawn(std::future::pending()));
        Some(id)
    }

    #[tokio::test]
    async fn a_file_that_is_held_gets_no_task_until_it_is_released() {
        let (mut queue, ids) = queue(1);
        let mut tasks = JoinSet::new();
        assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
        let abort = queue.hold(ids[0]).unwrap().task.unwrap();
        abort.abort();
        let ended = tasks.join_next_with_id().await.unwrap().unwrap_err();
        queue.ended(ended.id(), false);
        assert_eq!(begin(&mut queue, &mut tasks), None, "the wish is still being carried out");
        queue.release(ids[0]);
        assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
    }

    #[test]
    fn a_file_that_was_moved_goes_before_the_other() {
        let (mut queue, ids) = queue(3);
        queue.next_order = 3;
        queue.hold(ids[2]).unwrap();
        for (id, order) in queue.rearranged(ids[2], Some(ids[0])) {
            queue.place(id, order);
        }
        queue.release(ids[2]);
        let order: Vec<UploadId> =
            std::iter::from_fn(|| queue.take_next()).map(|(_, _, id)| id).collect();
        assert_eq!(order, [ids[2], ids[0], ids[1]]);
    }

    #[tokio::test]
    async fn a_file_never_has_two_tasks() {
        let (mut queue, ids) = queue(1);
        let mut tasks = JoinSet::new();
        assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
        // Parked and woken before the task that parked it was seen to end.
        queue.items.get_mut(&ids[0]).unwrap().work = Work::Resting;
        queue.resume(ids[0]);
        assert_eq!(begin(&mut queue, &mut tasks), None);
        let task = queue.active[&ids[0]].id();
        queue.ended(task, false);
        assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
    }

    #[tokio::test]
    async fn a_task_that_crashed_is_not_begun_again_by_itself() {
        let (mut queue, ids) = queue(1);
        let mut tasks = JoinSet::new();
        begin(&mut queue, &mut tasks);
        let task = queue.active[&ids[0]].id();
        queue.ended(task, true);
        assert_eq!(begin(&mut queue, &mut tasks), None);
        assert!(queue.items[&ids[0]].stuck.is_some());
    }

    #[test]
    fn the_twin_of_a_file_that_is_stuck_does_not_wait_for_it() {
        let (mut queue, ids) = queue(2);
        let content = Content { album: AlbumId(1), sha256: [1; 32], as_photo: false };
        assert!(queue.claim(ids[0], content).is_none());
        assert_eq!(queue.claim(ids[1], content).unwrap().entry.id, ids[0]);
        assert_eq!(queue.park(ids[1], ids[0]), Parking::Waits);
        queue.items.get_mut(&ids[0]).unwrap().stuck = Some("no line".into());
        assert_eq!(queue.park(ids[1], ids[0]), Parking::Stuck("no line".into()));
    }

    #[test]
    fn a_file_that_may_have_been_sent_is_paused_without_losing_its_place() {
        let (mut queue, ids) = queue(1);
        let id = ids[0];
        let stage = JournalStage::Committing { after: MessageId(3) };
        queue.take_next().unwrap();
        queue.items.get_mut(&id).unwrap().entry.stage = stage.clone();
        assert!(queue.asks(id));
        queue.hold_back(id);
        let paused =
            |queue: &Queue| matches!(queue.items[&id].state(None), UploadState::Paused { .. });
        assert!(!paused(&queue), "its answer is on its way");
        // Telegram asks to wait.
        queue.items.get_mut(&id).unwrap().known.surely_not_sent = true;
        assert!(paused(&queue) && !queue.asks(id));
        queue.items.get_mut(&id).unwrap().work = Work::Resting;
        queue.resume(id);
        assert_eq!(queue.take_next(), None);
        let item = queue.items.get_mut(&id).unwrap();
        assert_eq!(item.entry.stage, stage);
        item.held_back = false;
        queue.resume(id);
        assert!(queue.take_next().is_some() && queue.asks(id));
    }

    #[test]
    fn two_files_never_wait_for_each_other() {
        let (mut queue, ids) = queue(3);
        for _ in &ids {
            queue.take_next().unwrap();
        }
        assert_eq!(queue.park(ids[0], ids[1]), Parking::Waits);
        assert_eq!(queue.park(ids[1], ids[2]), Parking::Waits);
        assert_eq!(queue.park(ids[2], ids[0]), Parking::Never);
        assert_eq!(queue.items[&ids[2]].work, Work::Active);
        // One that waits no longer is in nobody's way.
        queue.items.get_mut(&ids[0]).unwrap().work = Work::Active;
        assert_eq!(queue.park(ids[2], ids[0]), Parking::Waits);
    }

    #[test]
    fn the_twin_of_a_file_that_is_paused_goes_on_itself() {
        let (mut queue, ids) = queue(2);
        let content = Content { album: AlbumId(1), sha256: [1; 32], as_photo: false };
        assert!(queue.claim(ids[0], content).is_none());
        queue.take_next().unwrap();
        queue.take_next().unwrap();
        assert_eq!(queue.park(ids[1], ids[0]), Parking::Waits);
        queue.items.get_mut(&ids[0]).unwrap().entry.stage = JournalStage::Paused;
        assert_eq!(queue.park(ids[1], ids[0]), Parking::Never);
        queue.changed(ids[0]);
        assert_eq!(queue.take_next().map(|(_, _, id)| id), Some(ids[1]));
        assert!(queue.claim(ids[1], content).is_none(), "it has it now");
        // The other one finds it when it goes on.
        queue.items.get_mut(&ids[0]).unwrap().entry.stage = JournalStage::Queued;
        assert_eq!(queue.claim(ids[0], content).unwrap().entry.id, ids[1]);
    }

    #[test]
    fn of_two_that_are_prepared_together_the_first_to_claim_sends_it() {
        let (mut queue, ids) = queue(2);
        for id in &ids {
            queue.items.get_mut(id).unwrap().entry.sha256 = None;
        }
        let content = Content { album: AlbumId(1), sha256: [1; 32], as_photo: false };
        assert!(queue.claim(ids[0], content).is_none());
        assert_eq!(queue.claim(ids[1], content).unwrap().entry.id, ids[0]);
        // It turned out to be another file.
        queue.items.get_mut(&ids[0]).unwrap().entry.sha256 = Some([2; 32]);
        assert!(queue.claim(ids[1], content).is_none());
    }

    #[test]
    fn who_asks_for_an_old_id_means_the_new_one() {
        let (mut queue, ids) = queue(1);
        queue.items.get_mut(&ids[0]).unwrap().entry.id = UploadId(77);
        assert_eq!(queue.reborn(ids[0]), UploadId(77));
        assert_eq!(queue.current(ids[0]), UploadId(77));
    }
}
