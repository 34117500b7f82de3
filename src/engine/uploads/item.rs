//! One file of the queue in memory: its journal entry and what is happening to it now. Plain data.

use std::time::Instant;

use super::step::Known;
use crate::engine::UploadOptions;
use crate::model::{PhotoId, PixelSize, Taken, Upload, UploadState};
use crate::store::{JournalEntry, JournalStage};

/// What works on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing.
    #[default]
    Resting,
    /// A task.
    Active,
    /// It waits for another entry with the same content to be over.
    Parked,
    /// A wish of the user's is being carried out: no task may begin.
    Held,
}

/// One file of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) entry: JournalEntry,
    pub(crate) known: Known,
    pub(crate) work: Work,
    /// Being read and hashed now.
    pub(crate) preparing: bool,
    /// Parts began to go out.
    pub(crate) sending: bool,
    /// Telegram asked it to wait, until this Unix second.
    pub(crate) wait_until: Option<i64>,
    /// It cannot go on in this run; the journal remembers where it was.
    pub(crate) stuck: Option<String>,
    pub(crate) size: PixelSize,
    /// When the camera took it, once the file was looked at.
    pub(crate) taken: Option<Taken>,
    /// It became, or is a duplicate of, this photo.
    pub(crate) photo: Option<PhotoId>,
    /// The user paused it when its message may have been asked for already: it is not asked for
    /// again. In memory only; the journal says that it may have been sent.
    pub(crate) held_back: bool,
    /// The file's length by its folder, until it is read.
    pub(crate) length: u64,
    /// Shown in this run.
    pub(crate) shown: bool,
    /// When its bytes began to go out in this run.
    pub(crate) began: Option<Instant>,
}

impl Item {
    pub(crate) fn new(entry: JournalEntry, shown: bool) -> Self {
        let message = match entry.stage {
            JournalStage::Sent { message } | JournalStage::Verified { message } => Some(message),
            _ => None,
        };
        Self {
            photo: message.map(|message| PhotoId { album: entry.album, message }),
            entry,
            known: Known::default(),
            work: Work::Resting,
            preparing: false,
            sending: false,
            wait_until: None,
            stuck: None,
            held_back: false,
            length: 0,
            size: PixelSize::default(),
            taken: None,
            shown,
            began: None,
        }
    }

    /// Bytes that Telegram has acknowledged.
    pub(crate) fn sent(&self) -> u64 {
        match self.entry.stage {
            JournalStage::Committing { .. }
            | JournalStage::Sent { .. }
            | JournalStage::Verified { .. } => self.entry.bytes,
            _ => (u64::from(self.entry.acknowledged.len()) * u64::from(self.entry.part_size))
                .min(self.entry.bytes),
        }
    }

    /// Whether nothing more happens by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.stuck.is_some()
            || matches!(
                self.entry.stage,
                JournalStage::Verified { .. }
                    | JournalStage::Skipped { .. }
                    | JournalStage::Failed { .. }
            )
    }

    /// Whether it waits for a task.
    pub(crate) fn is_runnable(&self) -> bool {
        self.work == Work::Resting && !self.is_over() && !self.is_paused()
    }

    /// Whether Telegram may be making a message of it at this moment.
    pub(crate) fn is_being_made(&self) -> bool {
        self.work == Work::Active
            && matches!(self.entry.stage, JournalStage::Committing { .. })
            && !self.known.surely_not_sent
    }

    /// Whether the user has stopped it, and nothing of it is on its way.
    pub(crate) fn is_paused(&self) -> bool {
        match self.entry.stage {
            JournalStage::Paused => true,
            JournalStage::Committing { .. } => self.held_back && !self.is_being_made(),
            _ => false,
        }
    }

    /// Its bytes, as far as they are known.
    pub(crate) fn weight(&self) -> u64 {
        if self.entry.bytes > 0 { self.entry.bytes } else { self.length }
    }

    /// Whether the same was said about it.
    pub(crate) fn is_worded(&self, options: &UploadOptions) -> bool {
        self.entry.caption == options.caption && self.entry.strip == options.strip
    }

    /// As people see it. `flood`: transfers wait until this Unix second.
    pub(crate) fn state(&self, flood: Option<i64>) -> UploadState {
        if let Some(reason) = &self.stuck {
            return UploadState::Failed { reason: reason.clone() };
        }
        let sent = self.sent();
        if self.is_paused() {
            return UploadState::Paused { sent };
        }
        let on_its_way = || match self.wait_until.or(flood.filter(|_| self.sending)) {
            Some(until) => UploadState::Waiting { sent, until },
            None if self.sending => UploadState::Sending { sent },
            None if self.preparing => UploadState::Preparing,
            None => UploadState::Queued,
        };
        match &self.entry.stage {
            JournalStage::Queued if self.preparing => UploadState::Preparing,
            JournalStage::Queued => UploadState::Queued,
            JournalStage::Sending | JournalStage::Committing { .. } => on_its_way(),
            JournalStage::Sent { .. } => UploadState::Sent,
            JournalStage::Verified { .. } => UploadState::Verified,
            JournalStage::Skipped { reason } => UploadState::Skipped { reason: reason.clone() },
            JournalStage::Failed { reason } => UploadState::Failed { reason: reason.clone() },
            JournalStage::Paused => UploadState::Paused { sent },
        }
    }

    /// As people see it.
    pub(crate) fn upload(&self, flood: Option<i64>) -> Upload {
        Upload {
            id: self.entry.id,
            order: self.entry.order,
            album: self.entry.album,
            path: self.entry.path.clone(),
            bytes: self.entry.bytes,
            size: self.size,
            taken: self.taken,
            as_photo: self.entry.as_photo,
            strip: self.entry.strip,
            state: self.state(flood),
            photo: self.photo,
        }
    }
}
