//! Things learnt about photos on the way (a placeholder, a capture date), gathered for a moment
//! and published together. Best effort: what is lost is learnt again. A task on the network
//! workers.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::publish::Publisher;
use crate::model::{Blur, Change, Photo, PhotoId, Taken};

/// How long the first of a batch waits for others.
const GATHER: Duration = Duration::from_millis(300);
const BATCH: usize = 256;

/// The sending end. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Describer(mpsc::Sender<Change>);

impl Describer {
    /// Starts the task; must be called inside the runtime.
    pub(crate) fn start(publisher: Publisher) -> Self {
        let (sender, mut inbox) = mpsc::channel(1024);
        tokio::spawn(async move {
            while let Some(first) = inbox.recv().await {
                let (mut changes, until) = (vec![first], Instant::now() + GATHER);
                while changes.len() < BATCH {
                    let Ok(Some(next)) = timeout_at(until, inbox.recv()).await else { break };
                    changes.push(next);
                }
                if let Err(error) = publisher.publish(changes).await {
                    tracing::warn!(%error, "what was learnt about photos could not be recorded");
                }
            }
        });
        Self(sender)
    }

    /// The head of a photo's file was read. Waits for its turn: that it was read must be known.
    pub(crate) async fn head_was_read(
        &self,
        photo: PhotoId,
        file: i64,
        taken: Option<Taken>,
        blur: Option<Blur>,
    ) {
        let change = Change::Described { photo, file, taken, head_read: true, blur };
        drop(self.0.send(change).await);
    }

    /// The same of one whose original is here anyway. Never waits; with very much at once some is
    /// dropped.
    pub(crate) fn original_was_read(&self, photo: &Photo, taken: Option<Taken>) {
        let (photo, file) = (photo.id, photo.remote.id);
        let change = Change::Described { photo, file, taken, head_read: true, blur: None };
        drop(self.0.try_send(change));
    }

    /// A placeholder was made. Never waits; with very much at once some is dropped.
    pub(crate) fn blurred(&self, photo: &Photo, blur: Option<Blur>) {
        if blur.is_some() {
            let (photo, file) = (photo.id, photo.remote.id);
            let change = Change::Described { photo, file, taken: None, head_read: false, blur };
            drop(self.0.try_send(change));
        }
    }
}
