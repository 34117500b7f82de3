//! What the desk knows about every file: a plain table behind the desk's lock. Decides nothing and
//! waits for nothing.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::path::PathBuf;

use tokio::task::{AbortHandle, Id};

use super::super::item::{Item, Work};
use super::super::parts::LARGEST;
use super::super::step::Known;
use super::super::totals::{Pace, Speedometer, Tally};
use super::narrow::Narrow;
use super::news::{Delay, News};
use super::order;
use crate::engine::UploadOptions;
use crate::engine::runtime::random_id;
use crate::model::{AlbumId, PhotoId, Upload, UploadId, UploadTotals, sidecar_of};
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
    /// Which entry sends which content where; by an id that it has or had.
    pub(super) claims: HashMap<Content, UploadId>,
    /// The entries of which no other may be made.
    pub(super) places: HashMap<Handed, UploadId>,
    /// The entries that became these photos.
    pub(super) became: HashMap<PhotoId, UploadId>,
    pub(super) next_order: u64,
    pub(super) speed: Speedometer,
    pub(super) pace: Pace,
    pub(super) narrow: Narrow,
    pub(super) flood: Option<i64>,
    /// What has changed since it was last told, and what is not shown any more.
    pub(super) dirty: BTreeSet<UploadId>,
    pub(super) removed: Vec<UploadId>,
    /// As of then.
    pub(super) tally: Tally,
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
    /// Of a sidecar, its name: those of two pictures may be alike, and each one is kept.
    sidecar: u64,
}

impl Content {
    /// Of an entry, whose content has this hash.
    pub(crate) fn of(entry: &JournalEntry, sha256: [u8; 32]) -> Self {
        let name = entry.path.file_name().unwrap_or_default();
        let is_sidecar = sidecar_of(&name.to_string_lossy()).is_some();
        let sidecar = if is_sidecar {
            BuildHasherDefault::<DefaultHasher>::default().hash_one(name)
        } else {
            0
        };
        Self { album: entry.album, sha256, as_photo: entry.as_photo, sidecar }
    }

    /// The same as a file of another album.
    pub(super) const fn as_file_in(self, album: AlbumId) -> Self {
        Self { album, as_photo: false, ..self }
    }
}

/// What makes two files that were handed in the same entry.
type Handed = (AlbumId, PathBuf, bool);

fn handed(entry: &JournalEntry) -> Handed {
    (entry.album, entry.path.clone(), entry.as_photo)
}

/// Whether another entry may be made of the same file.
const fn is_finished(entry: &JournalEntry) -> bool {
    matches!(entry.stage, JournalStage::Verified { .. } | JournalStage::Skipped { .. })
}

/// The photo that a file became.
fn photo_of(entry: &JournalEntry) -> Option<PhotoId> {
    match entry.stage {
        JournalStage::Sent { message } | JournalStage::Verified { message } => {
            Some(PhotoId { album: entry.album, message })
        }
        _ => None,
    }
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
    /// Takes a file in, also under a new id.
    pub(super) fn insert(&mut self, item: Item) {
        let id = item.entry.id;
        if let Some(photo) = photo_of(&item.entry) {
            self.became.insert(photo, id);
        }
        if !is_finished(&item.entry) {
            self.places.insert(handed(&item.entry), id);
        }
        self.items.insert(id, item);
    }

    /// Forgets a file.
    pub(super) fn remove(&mut self, id: UploadId) {
        let Some(item) = self.items.remove(&id) else { return };
        self.vanished(id);
        if let Some(photo) = photo_of(&item.entry) {
            self.became.remove(&photo);
        }
        self.leave_place(&item.entry, id);
    }

    /// The file is not shown any more.
    fn vanished(&mut self, id: UploadId) {
        self.dirty.remove(&id);
        self.removed.push(id);
    }

    /// Takes what is over, and did not fail, out of sight. Verified entries stay, because they tell
    /// duplicates; the others, which are returned, are forgotten.
    pub(super) fn clear_finished(&mut self) -> Vec<UploadId> {
        let is_clear = |item: &Item| item.shown && item.stuck.is_none() && is_finished(&item.entry);
        let over = self.items.values().filter(|item| is_clear(item)).map(|item| item.entry.id);
        let mut forget = Vec::new();
        for id in over.collect::<Vec<_>>() {
            let Some(item) = self.items.get_mut(&id) else { continue };
            item.shown = false;
            if matches!(item.entry.stage, JournalStage::Skipped { .. }) {
                self.remove(id);
                forget.push(id);
            } else {
                self.vanished(id);
            }
        }
        forget
    }

    /// What has changed since the last time, and what is not shown any more; the sums are as of now.
    pub(super) fn take_changes(&mut self) -> (Vec<Upload>, Vec<UploadId>) {
        let (dirty, removed) = (std::mem::take(&mut self.dirty), std::mem::take(&mut self.removed));
        for id in removed.iter().chain(&dirty) {
            self.tally.set(*id, self.items.get(id).filter(|item| item.shown));
        }
        let shown = dirty.iter().filter_map(|id| self.items.get(id)).filter(|item| item.shown);
        (shown.map(|item| item.upload(self.flood)).collect(), removed)
    }

    fn leave_place(&mut self, entry: &JournalEntry, id: UploadId) {
        if let Entry::Occupied(place) = self.places.entry(handed(entry))
            && *place.get() == id
        {
            place.remove();
        }
    }

    /// The entry of a file that was handed in before and is not finished.
    pub(super) fn unfinished(
        &self,
        album: AlbumId,
        path: PathBuf,
        as_photo: bool,
    ) -> Option<UploadId> {
        let id = self.current(*self.places.get(&(album, path, as_photo))?);
        self.items.get(&id).filter(|item| !is_finished(&item.entry)).map(|_| id)
    }

    /// The entry that became this photo.
    pub(super) fn became(&self, photo: PhotoId) -> Option<&Item> {
        let id = self.current(*self.became.get(&photo)?);
        self.items.get(&id).filter(|item| photo_of(&item.entry) == Some(photo))
    }

    /// The entry that has this content.
    pub(super) fn owner(&self, content: &Content) -> Option<&Item> {
        self.items.get(&self.current(*self.claims.get(content)?))
    }

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
        // One that was held back, and being made, is paused from now on.
        self.dirty.insert(id);
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
        let owner = self.owner(&content).filter(|item| item.entry.id != id).filter(|item| {
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
            news.push(News { upload: item.upload(None), seconds: None, delay: None });
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
                delay: None,
            });
        }
        self.unpark(id);
    }

    /// Something holds a file up that its state does not say.
    pub(super) fn delayed(&mut self, id: UploadId, delay: Delay) {
        let id = self.current(id);
        if let (Some(news), Some(item)) = (&mut self.news, self.items.get(&id))
            && item.shown
        {
            let upload = item.upload(self.flood);
            news.push(News { upload, seconds: None, delay: Some(delay) });
        }
    }

    pub(super) fn put(&mut self, id: UploadId, entry: JournalEntry, known: Known) {
        if is_finished(&entry) {
            self.leave_place(&entry, id);
        }
        let Some(item) = self.items.get_mut(&id) else { return };
        if let Some(photo) = photo_of(&entry) {
            item.photo = Some(photo);
            self.became.insert(photo, id);
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
        if let Some(waiting) = self.parked.remove(&old) {
            self.parked.insert(new, waiting);
        }
        self.renamed.insert(old, new);
        self.vanished(old);
        self.dirty.insert(new);
        self.insert(item);
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
        part_size: LARGEST,
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
mod tests;
