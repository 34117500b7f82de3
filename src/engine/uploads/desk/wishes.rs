//! What the user wishes for the queue: pause, resume, cancel, clear. Wishes come from anywhere; each
//! is durable before it counts.

use std::time::Duration;

use super::super::item::Item;
use super::super::step::Outcome;
use super::Desk;
use crate::engine::{EngineError, UploadsRequest};
use crate::model::UploadId;
use crate::store::JournalStage;

impl Desk {
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
    pub(super) async fn go_on(&self, id: UploadId) -> Result<(), EngineError> {
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
}
