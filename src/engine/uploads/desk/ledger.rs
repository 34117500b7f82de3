//! What the task that carries a file asks of the desk: its entry, the durable record of what
//! happened, and who else has the same content.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::super::item::Item;
use super::super::step::{Effect, Known, Outcome, apply};
use super::Desk;
use super::queue::{Content, Parking};
use crate::engine::runtime::random_id;
use crate::model::{AlbumId, MessageId, UploadId};
use crate::store::{JournalEntry, JournalStage, StoreError};
use crate::telegram::UploadLimits;

impl Desk {
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
        self.queue().claim(id, content)
    }

    /// Whether another entry, or the album, may have this content: a quick look, by hash and size.
    pub(crate) fn may_be_known(&self, id: UploadId, content: Content, bytes: u64) -> bool {
        let claimed = self.queue().claims.get(&content).is_some_and(|owner| *owner != id);
        claimed || (!content.as_photo && self.core.mirror.has_size(content.album, bytes))
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

    /// Lets the entry wait until `owner` is over.
    pub(crate) fn park(&self, id: UploadId, owner: UploadId) -> Parking {
        self.queue().park(id, owner)
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
}
