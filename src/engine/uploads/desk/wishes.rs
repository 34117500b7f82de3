//! What the user wishes for the queue: pause, resume, cancel, clear. Wishes come from anywhere; each
//! is durable before it counts.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::super::item::Item;
use super::super::step::{Effect, Outcome, apply};
use super::Desk;
use super::news::Delay;
use crate::engine::event::Trouble;
use crate::engine::runtime::random_id;
use crate::engine::{EngineError, UploadOptions, UploadsRequest};
use crate::model::UploadId;
use crate::store::{JournalEntry, JournalStage};

/// How long cancelling waits for a message that is being made.
const LAST_MOMENT: Duration = Duration::from_secs(5);

impl Desk {
    /// What the user wishes for the queue.
    pub(crate) async fn request(&self, request: UploadsRequest) -> Result<(), EngineError> {
        match request {
            UploadsRequest::PauseAll => {
                self.pause(self.ids(|item| item.shown && !item.is_over())).await
            }
            UploadsRequest::ResumeAll => {
                self.go_on(self.ids(|item| item.held_back || item.is_paused())).await
            }
            UploadsRequest::Pause(id) => self.pause(vec![id]).await,
            UploadsRequest::Resume(id) | UploadsRequest::Retry(id) => self.go_on(vec![id]).await,
            UploadsRequest::RetryAll => {
                self.go_on(self.ids(|item| {
                    let failed = matches!(item.entry.stage, JournalStage::Failed { .. });
                    item.shown && (failed || item.stuck.is_some())
                }))
                .await
            }
            UploadsRequest::Cancel(id) => self.cancel(vec![id]).await,
            UploadsRequest::CancelAll => {
                self.cancel(self.ids(|item| item.shown && !item.is_over())).await
            }
            UploadsRequest::Move { upload, before } => self.rearrange(upload, before).await,
            UploadsRequest::Show(ids) => {
                self.glimpse(ids).await;
                Ok(())
            }
            UploadsRequest::ClearFinished => self.clear_finished().await,
        }
    }

    fn ids(&self, which: impl Fn(&Item) -> bool) -> Vec<UploadId> {
        self.queue().items.values().filter(|item| which(item)).map(|item| item.entry.id).collect()
    }

    /// A message on its way is not called back: it is a matter of moments. But if Telegram does
    /// not make it now, it is not asked for again.
    async fn pause(&self, mut ids: Vec<UploadId>) -> Result<(), EngineError> {
        let _one = self.wishes.lock().await;
        let can =
            |item: &Item| matches!(item.entry.stage, JournalStage::Queued | JournalStage::Sending);
        {
            let mut queue = self.queue();
            for id in &mut ids {
                *id = queue.current(*id);
            }
            for id in &ids {
                queue.hold_back(*id);
            }
            ids.retain(|id| queue.items.get(id).is_some_and(can));
        }
        let held = self.halt(&ids).await;
        self.settle_all(&held.0, Outcome::Pause).await?;
        Ok(())
    }

    /// After a pause or a failure.
    pub(super) async fn go_on(&self, mut ids: Vec<UploadId>) -> Result<(), EngineError> {
        let _one = self.wishes.lock().await;
        {
            let queue = self.queue();
            for id in &mut ids {
                *id = queue.current(*id);
            }
        }
        self.settle_all(&ids, Outcome::Again).await?;
        let mut queue = self.queue();
        for id in ids {
            if let Some(item) = queue.items.get_mut(&id) {
                item.stuck = None;
                item.held_back = false;
                item.shown = true;
            }
            queue.resume(id);
            queue.changed(id);
        }
        drop(queue);
        self.nudge.notify_one();
        self.told.notify_one();
        Ok(())
    }

    /// What is said about files that were handed in before. One that is under way begins anew where
    /// the copy is another one; where its message may have been asked for, it is too late, and that
    /// is said.
    pub(super) async fn reword(
        &self,
        ids: &[UploadId],
        options: &UploadOptions,
    ) -> Result<(), EngineError> {
        let _one = self.wishes.lock().await;
        let others = |ids: &[UploadId]| -> Vec<UploadId> {
            let queue = self.queue();
            let is_other =
                |id: &UploadId| queue.items.get(id).is_some_and(|item| !item.is_worded(options));
            ids.iter().map(|id| queue.current(*id)).filter(is_other).collect()
        };
        let differ = others(ids);
        if differ.is_empty() {
            return Ok(());
        }
        let held = self.halt(&differ).await;
        let (caption, strip) = (options.caption.clone(), options.strip);
        self.settle_all(&held.0, Outcome::Reworded { caption, strip }).await?;
        let late = others(&held.0);
        drop(held);
        self.too_late(&late);
        Ok(())
    }

    fn too_late(&self, ids: &[UploadId]) {
        if ids.is_empty() {
            return;
        }
        let reason = "It was on its way to Telegram already, as was said first: with its first \
                      caption, and nothing more taken out of it. Where that matters, delete it \
                      from the album and send it again";
        let mut queue = self.queue();
        for id in ids {
            queue.delayed(*id, Delay { seconds: 0.0, reason });
        }
        drop(queue);
        let count = ids.len();
        let sentence = if count == 1 {
            "One file was on its way already and is sent as was said first".to_owned()
        } else {
            format!("{count} files were on their way already and are sent as was said first")
        };
        self.core.bus.trouble(Trouble::plain(sentence));
        self.told.notify_one();
    }

    /// A message that Telegram is just making is waited for; if it stands, it is too late.
    async fn cancel(&self, mut ids: Vec<UploadId>) -> Result<(), EngineError> {
        let _one = self.wishes.lock().await;
        {
            let queue = self.queue();
            for id in &mut ids {
                *id = queue.current(*id);
            }
        }
        // The rest first: it must not go on while those are waited for.
        let (made, rest): (Vec<_>, Vec<_>) = {
            let queue = self.queue();
            ids.into_iter().partition(|id| queue.items.get(id).is_some_and(Item::is_being_made))
        };
        let mut held = self.halt(&rest).await;
        let answered = async {
            while self.any(&made, Item::is_being_made) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        drop(timeout(LAST_MOMENT, answered).await);
        held.0.append(&mut self.halt(&made).await.0);
        let stands = |item: &Item| {
            let stage = &item.entry.stage;
            matches!(stage, JournalStage::Sent { .. } | JournalStage::Verified { .. })
        };
        let (gone, names) = {
            let queue = self.queue();
            let here = |id: &&UploadId| queue.items.get(*id).is_some_and(|item| !stands(item));
            let gone: HashSet<UploadId> = held.0.iter().filter(here).copied().collect();
            // Under all its names: had an earlier one stayed behind, it would be sent again.
            let names: HashSet<UploadId> = queue.names(&gone).into_iter().collect();
            (gone, names)
        };
        if !names.is_empty() {
            let names = names.iter().copied().collect();
            self.core.store.journal_remove(names).done().await?;
        }
        {
            let mut queue = self.queue();
            queue.claims.retain(|_, owner| !names.contains(owner));
            for id in gone {
                queue.remove(id);
                queue.unpark(id);
            }
        }
        drop(held);
        self.nudge.notify_one();
        Ok(())
    }

    fn any(&self, ids: &[UploadId], what: impl Fn(&Item) -> bool) -> bool {
        let queue = self.queue();
        ids.iter().any(|id| queue.items.get(id).is_some_and(&what))
    }

    /// Gives a file that waits another place in the queue: right before another one, or last.
    async fn rearrange(&self, id: UploadId, before: Option<UploadId>) -> Result<(), EngineError> {
        let _one = self.wishes.lock().await;
        let (id, before) = {
            let queue = self.queue();
            (queue.current(id), before.map(|before| queue.current(before)))
        };
        let waits = |item: &Item| {
            let stage = &item.entry.stage;
            matches!(stage, JournalStage::Queued | JournalStage::Sending | JournalStage::Paused)
                && !item.is_over()
        };
        if before == Some(id) || !self.any(&[id], waits) {
            return Ok(());
        }
        let held = self.halt(&[id]).await;
        let (entries, ticket) = {
            let mut queue = self.queue();
            let places = queue.rearranged(id, before);
            let entries: Vec<_> = places
                .into_iter()
                .filter_map(|(id, order)| {
                    let item = queue.items.get(&id)?;
                    Some(JournalEntry { order, ..item.entry.clone() })
                })
                .collect();
            // Queued while nobody else can settle them, so that no older ones follow.
            let ticket = self.core.store.journal_put(entries.clone());
            for entry in &entries {
                queue.place(entry.id, entry.order);
            }
            (entries, ticket)
        };
        ticket.done().await?;
        {
            let mut queue = self.queue();
            for entry in &entries {
                queue.changed(entry.id);
            }
        }
        drop(held);
        Ok(())
    }

    /// The same outcome for many files: durable first, in one go.
    async fn settle_all(&self, ids: &[UploadId], outcome: Outcome) -> Result<(), EngineError> {
        let mut changed = Vec::new();
        for id in ids {
            let Some((mut entry, mut known)) = self.peek(*id) else { continue };
            if apply(&mut entry, &mut known, outcome.clone(), random_id) != Effect::Nothing {
                changed.push((*id, entry, known));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let entries = changed.iter().map(|(_, entry, _)| entry.clone()).collect();
        self.core.store.journal_put(entries).done().await?;
        let mut queue = self.queue();
        for (id, entry, known) in changed {
            queue.put(id, entry, known);
            queue.changed(id);
        }
        drop(queue);
        self.told.notify_one();
        Ok(())
    }

    async fn clear_finished(&self) -> Result<(), EngineError> {
        let forget = self.queue().clear_finished();
        if !forget.is_empty() {
            self.core.store.journal_remove(forget).done().await?;
        }
        Ok(())
    }

    /// Aborts the files' tasks and waits until they are gone; no other may begin while the answer
    /// lives: whoever settles next must be alone.
    async fn halt(&self, ids: &[UploadId]) -> Held<'_> {
        let mut held = Held(Vec::new(), self);
        let mut aborts = Vec::new();
        {
            let mut queue = self.queue();
            for id in ids {
                if let Some(kept) = queue.hold(*id) {
                    held.0.push(*id);
                    aborts.extend(kept.task);
                }
            }
        }
        for abort in &aborts {
            abort.abort();
        }
        for abort in aborts {
            while !abort.is_finished() {
                sleep(Duration::from_millis(2)).await;
            }
        }
        // The last thing a task did may have been to take its file up anew.
        let queue = self.queue();
        held.0.iter_mut().for_each(|id| *id = queue.current(*id));
        drop(queue);
        held
    }
}

/// Files that no task may touch, until this is dropped.
struct Held<'a>(Vec<UploadId>, &'a Desk);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        {
            let mut queue = self.1.queue();
            for id in &self.0 {
                queue.release(*id);
            }
        }
        self.1.nudge.notify_one();
        self.1.told.notify_one();
    }
}
