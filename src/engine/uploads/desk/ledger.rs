//! What the task that carries a file asks of the desk: its entry, the durable record of what
//! happened, and who else has the same content.

use std::sync::Arc;
use std::time::Instant;

use super::super::item::{Item, Work};
use super::super::step::{Effect, Known, Outcome, apply};
use super::Desk;
use super::queue::{Content, Parking, Queue};
use crate::engine::runtime::random_id;
use crate::model::{PhotoId, UploadId};
use crate::store::{JournalEntry, JournalStage, StoreError};
use crate::telegram::UploadLimits;

impl Desk {
    /// The entry as it is now, also where it was taken up under a new id.
    pub(crate) fn peek(&self, id: UploadId) -> Option<(JournalEntry, Known)> {
        let queue = self.queue();
        let item = queue.items.get(&queue.current(id))?;
        Some((item.entry.clone(), item.known))
    }

    /// Changes what is known in memory, and tells it.
    pub(crate) fn update(&self, id: UploadId, change: impl FnOnce(&mut Item)) {
        let mut queue = self.queue();
        let id = queue.current(id);
        if let Some(item) = queue.items.get_mut(&id) {
            change(item);
            queue.changed(id);
        }
        drop(queue);
        self.told.notify_one();
    }

    /// Whether the message of this file may be asked for now: from here on nobody is sure whether it
    /// stands, until there is an answer. `false`: the user has paused it.
    pub(crate) fn asks(&self, id: UploadId) -> bool {
        let mut queue = self.queue();
        let id = queue.current(id);
        let asks = queue.asks(id);
        drop(queue);
        self.told.notify_one();
        asks
    }

    /// Whether the user paused this file when its message may have been asked for already.
    pub(crate) fn is_held_back(&self, id: UploadId) -> bool {
        let queue = self.queue();
        queue.items.get(&queue.current(id)).is_some_and(|item| item.held_back)
    }

    /// Folds an outcome in: durable first, then in memory; but a new id is known at once, because
    /// whoever works on the file may be stopped while it is being written down. Returns the
    /// file's id, which may be another one now.
    pub(crate) async fn settle(
        &self,
        id: UploadId,
        outcome: Outcome,
    ) -> Result<UploadId, Arc<StoreError>> {
        let store = &self.core.store;
        let made = matches!(outcome, Outcome::Sent(_));
        let (now, effect, entry, known, ticket) = {
            let mut queue = self.queue();
            let Some((now, effect, entry, known)) = queue.fold(id, outcome, random_id) else {
                return Ok(queue.current(id));
            };
            // Queued while nobody else can settle it, so that no older one follows.
            let ticket = match effect {
                Effect::Nothing => None,
                Effect::Put => Some(store.journal_put(vec![entry.clone()])),
                Effect::Part(part) => Some(store.journal_part(now, part)),
                Effect::Reborn { old } => Some(store.journal_replace(old, entry.clone())),
            };
            (now, effect, entry, known, ticket)
        };
        if let Some(ticket) = ticket {
            ticket.done().await?;
        }
        let mut queue = self.queue();
        if made {
            queue.pace.made(Instant::now());
        }
        match effect {
            Effect::Part(part) => queue.acknowledged(now, part),
            Effect::Nothing | Effect::Reborn { .. } => {}
            Effect::Put => queue.put(now, entry, known),
        }
        queue.changed(now);
        drop(queue);
        self.told.notify_one();
        Ok(now)
    }

    /// Claims the content for this entry; or says who has it.
    pub(crate) fn claim(&self, id: UploadId, content: Content) -> Option<Item> {
        self.queue().claim(id, content)
    }

    /// Whether another entry, or the album, may have this content: a quick look, by hash and size.
    pub(crate) fn may_be_known(&self, id: UploadId, content: Content, bytes: u64) -> bool {
        let claimed = self.queue().owner(&content).is_some_and(|owner| owner.entry.id != id);
        claimed || (!content.as_photo && self.core.mirror.has_size(content.album, bytes))
    }

    /// An entry that comes before this one and sends the same file to another album, under the
    /// same name: once it is over, Telegram can copy it.
    pub(crate) fn sent_elsewhere(
        &self,
        entry: &JournalEntry,
        sha256: [u8; 32],
    ) -> Option<UploadId> {
        let albums = self.core.mirror.snapshot();
        let queue = self.queue();
        albums.albums().map(|shelf| shelf.album.id).filter(|album| *album != entry.album).find_map(
            |album| {
                let content = Content::of(entry, sha256).as_file_in(album);
                let owner = queue.owner(&content)?;
                let sends = owner.shown && !owner.is_over() && owner.entry.order < entry.order;
                let is_paused = owner.entry.stage == JournalStage::Paused;
                let has_name = owner.entry.path.file_name() == entry.path.file_name();
                // One that waits may be waiting for this one.
                let waits = owner.work == Work::Parked;
                (sends && !is_paused && !waits && has_name).then_some(owner.entry.id)
            },
        )
    }

    /// Claims the content although another entry has it.
    pub(crate) fn take_over(&self, id: UploadId, content: Content) {
        self.queue().claims.insert(content, id);
    }

    /// Where the owner is not carried on by anybody, what it claims is free.
    pub(crate) fn disown(&self, content: Content) {
        let mut queue = self.queue();
        if queue.owner(&content).is_none_or(|item| !item.shown) {
            queue.claims.remove(&content);
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

    /// Whether Telegram was proved to hold, as this photo, exactly the file that was sent from
    /// here.
    pub(crate) fn has_verified(&self, photo: PhotoId) -> bool {
        let queue = self.queue();
        queue.became(photo).is_some_and(|item| {
            let is_verified = matches!(item.entry.stage, JournalStage::Verified { .. });
            is_verified && !item.entry.as_photo
        })
    }

    /// Whether another entry of the journal has become this photo.
    pub(crate) fn is_claimed(&self, photo: PhotoId, except: UploadId) -> bool {
        self.queue().became(photo).is_some_and(|item| item.entry.id != except)
    }
}

impl Queue {
    /// What an outcome makes of a file: its id from now on, what has to become durable, and what
    /// to put in its place then. A new id, and what is known in memory only, is in place already. `None`: it is about no file, or
    /// about parts that were forgotten.
    fn fold(
        &mut self,
        id: UploadId,
        outcome: Outcome,
        fresh: impl Fn() -> i64,
    ) -> Option<(UploadId, Effect, JournalEntry, Known)> {
        let now = self.current(id);
        if now != id && matches!(outcome, Outcome::Acknowledged(_)) {
            return None;
        }
        let item = self.items.get(&now)?;
        let (mut entry, mut known) = (item.entry.clone(), item.known);
        let effect = apply(&mut entry, &mut known, outcome, fresh);
        match effect {
            // At once and alone: a copy put back later could undo what somebody else settled.
            Effect::Nothing => {
                self.items.get_mut(&now)?.known = known;
                Some((now, effect, entry, known))
            }
            Effect::Reborn { .. } => {
                self.put(now, entry.clone(), known);
                Some((self.reborn(now), effect, entry, known))
            }
            Effect::Put | Effect::Part(_) => Some((now, effect, entry, known)),
        }
    }

    /// Other parts were acknowledged meanwhile: adds this one, does not take those back.
    pub(super) fn acknowledged(&mut self, id: UploadId, part: u32) {
        let Some(item) = self.items.get_mut(&id) else { return };
        item.entry.acknowledged.insert(part);
        let part_size = u64::from(item.entry.part_size);
        let left = item.entry.bytes.saturating_sub(part_size * u64::from(part));
        self.speed.moved(Instant::now(), part_size.min(left));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::queue::new_entry;
    use super::*;
    use crate::engine::UploadOptions;
    use crate::model::AlbumId;

    fn sending() -> (Queue, UploadId) {
        let mut entry = new_entry(0, AlbumId(1), "a.jpg".into(), false, &UploadOptions::default());
        (entry.bytes, entry.part_size, entry.stage) = (100, 50, JournalStage::Sending);
        entry.acknowledged.insert(0);
        let (mut queue, id) = (Queue::default(), entry.id);
        queue.insert(Item::new(entry, true));
        (queue, id)
    }

    #[test]
    fn a_new_id_is_known_before_it_is_written_down() {
        let (mut queue, old) = sending();
        let folded = queue.fold(old, Outcome::PartsGone, || 77).unwrap();
        assert_eq!((folded.0, folded.1), (UploadId(77), Effect::Reborn { old }));
        // Stopped here, before the write was awaited: whoever cancels forgets both.
        assert_eq!(queue.current(old), UploadId(77));
        let mut names = queue.names(&HashSet::from([queue.current(old)]));
        names.sort_unstable();
        let mut both = [old, UploadId(77)];
        both.sort_unstable();
        assert_eq!(names, both);
        assert!(queue.fold(old, Outcome::Acknowledged(1), || 78).is_none(), "another file's part");
    }

    #[test]
    fn what_is_known_in_memory_only_is_in_place_at_once() {
        let (mut queue, id) = sending();
        let (_, effect, ..) = queue.fold(id, Outcome::NotFound, || 77).unwrap();
        assert_eq!(effect, Effect::Nothing);
        assert!(queue.items[&id].known.surely_not_sent);
    }
}
