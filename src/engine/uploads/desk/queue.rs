//! What the desk knows about every file: a plain table behind the desk's lock. Decides nothing and
//! waits for nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use tokio::task::AbortHandle;

use super::super::item::{Item, Work};
use super::super::prepare::PART;
use super::super::step::Known;
use super::super::totals::Speedometer;
use super::news::News;
use crate::engine::UploadOptions;
use crate::engine::runtime::random_id;
use crate::model::{AlbumId, PhotoId, UploadId, UploadTotals};
use crate::store::{JournalEntry, JournalStage, PartSet};

#[derive(Default)]
pub(super) struct Queue {
    pub(super) items: BTreeMap<UploadId, Item>,
    /// Those that may be given a task, by their place.
    pub(super) runnable: BTreeMap<u64, UploadId>,
    pub(super) active: HashMap<UploadId, AbortHandle>,
    /// Who waits for whom to be over.
    pub(super) parked: HashMap<UploadId, Vec<UploadId>>,
    /// Which entry sends which content where.
    pub(super) claims: HashMap<Content, UploadId>,
    pub(super) next_order: u64,
    pub(super) speed: Speedometer,
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

impl Queue {
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
        self.dirty.remove(&old);
        self.removed.push(old);
        self.items.insert(new, item);
        new
    }

    /// Those that waited for `id` may go, if it is over.
    pub(super) fn unpark(&mut self, id: UploadId) {
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

pub(super) fn new_entry(
    order: u64,
    album: AlbumId,
    path: PathBuf,
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
        as_photo: options.as_photo,
        caption: options.caption.clone(),
        taken: None,
        blur: None,
        stage: JournalStage::Queued,
    }
}
