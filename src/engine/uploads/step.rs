//! What comes next for one file, and what an outcome makes of its journal entry. Pure.
//!
//! The journal entry is what survives a kill; [`Known`] is what this process knows besides. Every
//! outcome is durable before the next step is taken, so that any moment is a good one to die:
//! a file is never lost, and the message that carries it is never made twice, because before
//! `sendMedia` the entry says that it may have happened, and whoever finds it saying so looks for
//! the message first and otherwise repeats the same `random_id`.

use crate::model::{Blur, MessageId, Strip, Taken, UploadId};
use crate::store::{JournalEntry, JournalStage, PartSet};

/// How often parts may vanish on the server before a file is given up.
const RESTARTS: u32 = 20;
/// How often a message that Telegram says it has is looked for.
const LOOKS: u32 = 6;

/// What is known in memory only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The file was looked at in this run: thumbnail and hashes are at hand.
    pub(crate) prepared: bool,
    /// The file cannot be read any more, or is another one now.
    pub(crate) unreadable: bool,
    /// No `sendMedia` for this entry can have succeeded.
    pub(crate) surely_not_sent: bool,
    /// Telegram says that the `random_id` was used.
    pub(crate) duplicate: bool,
    /// Telegram has the file already, in another album: no part is sent.
    pub(crate) elsewhere: bool,
    /// Parts of the file.
    pub(crate) parts: u32,
    /// What this `random_id` was first sent after.
    earliest: Option<MessageId>,
    restarts: u32,
    looks: u32,
}

impl Known {
    /// What another task for the same file may know.
    pub(crate) fn passed_on(&self) -> Self {
        Self { earliest: self.earliest, ..Self::default() }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Read, hash, scale.
    Prepare,
    /// Send the parts that are not acknowledged.
    Parts,
    /// Write down that `sendMedia` comes next.
    Commit,
    /// See whether the message stands already.
    Look { after: MessageId },
    /// `sendMedia`.
    Send,
    /// Neither sent nor sendable.
    GiveUp,
    /// Compare what Telegram holds.
    Verify { message: MessageId },
    /// Nothing.
    Rest,
}

/// What came of a step, or of a wish of the user's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Prepared {
        bytes: u64,
        modified: i64,
        sha256: [u8; 32],
        part_size: u32,
        parts: u32,
        /// Telegram has the file already, in another album.
        elsewhere: bool,
        taken: Option<Taken>,
        blur: Option<Blur>,
    },
    /// No other album has it, or it is not to be had there.
    NotElsewhere,
    /// Not to be sent, rightly.
    Skip(String),
    /// It cannot be read.
    Unreadable(String),
    Acknowledged(u32),
    Committing {
        after: MessageId,
    },
    Found(MessageId),
    NotFound,
    Sent(MessageId),
    /// Whether it was sent is not known.
    Unsure,
    /// `RANDOM_ID_DUPLICATE`.
    Duplicate,
    PartMissing(u32),
    /// All parts are gone, or useless.
    PartsGone,
    /// The line does not take parts of this size: the file is begun anew with smaller ones.
    Smaller {
        part_size: u32,
        parts: u32,
    },
    /// The file is no longer the one that was looked at.
    Changed,
    Verified,
    /// What Telegram holds is not this file, or no longer there.
    Mismatch(String),
    /// It cannot be sent.
    Refused(String),
    Pause,
    /// After a pause or a failure.
    Again,
    /// The user says something else about a file that was handed in again.
    Reworded {
        caption: String,
        strip: Option<Strip>,
    },
}

/// What has to become durable before going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    /// The whole entry.
    Put,
    /// One more acknowledged part.
    Part(u32),
    /// The entry under its new id, in place of the old one.
    Reborn {
        old: UploadId,
    },
}

/// The next step.
pub(crate) fn next(entry: &JournalEntry, known: &Known) -> Step {
    match entry.stage {
        JournalStage::Queued => Step::Prepare,
        JournalStage::Sending if !known.prepared => Step::Prepare,
        JournalStage::Sending if !known.elsewhere && entry.acknowledged.len() < known.parts => {
            Step::Parts
        }
        JournalStage::Sending => Step::Commit,
        JournalStage::Committing { .. } if !known.prepared && !known.unreadable => Step::Prepare,
        JournalStage::Committing { after } if !known.surely_not_sent => Step::Look { after },
        JournalStage::Committing { .. } if known.prepared => Step::Send,
        JournalStage::Committing { .. } => Step::GiveUp,
        JournalStage::Sent { message } => Step::Verify { message },
        JournalStage::Verified { .. }
        | JournalStage::Skipped { .. }
        | JournalStage::Failed { .. }
        | JournalStage::Paused => Step::Rest,
    }
}

/// Whether no message of this entry can have been asked for: what is said about it may change.
pub(crate) fn is_unsaid(entry: &JournalEntry, known: &Known) -> bool {
    match entry.stage {
        JournalStage::Queued
        | JournalStage::Sending
        | JournalStage::Paused
        | JournalStage::Failed { .. } => true,
        JournalStage::Committing { .. } => known.surely_not_sent && known.earliest.is_none(),
        JournalStage::Sent { .. }
        | JournalStage::Verified { .. }
        | JournalStage::Skipped { .. } => false,
    }
}

/// Folds an outcome into the entry. `fresh` makes random ids.
pub(crate) fn apply(
    entry: &mut JournalEntry,
    known: &mut Known,
    outcome: Outcome,
    fresh: impl Fn() -> i64,
) -> Effect {
    let committing = matches!(entry.stage, JournalStage::Committing { .. });
    if let Outcome::Reworded { caption, strip } = outcome {
        return reword(entry, known, caption, strip);
    }
    if let JournalStage::Committing { after } = entry.stage {
        known.earliest = Some(known.earliest.map_or(after, |earliest| earliest.min(after)));
    }
    match outcome {
        Outcome::Prepared { bytes, modified, sha256, part_size, parts, elsewhere, taken, blur } => {
            let same = entry.sha256 == Some(sha256)
                && (entry.bytes, entry.part_size) == (bytes, part_size);
            if committing {
                // What was perhaps sent is what the journal says, not what lies there now.
                (known.prepared, known.unreadable, known.parts) = (same, !same, parts);
                return Effect::Nothing;
            }
            if entry.sha256.is_some_and(|before| before != sha256) {
                // Another file: what the old one may have become is no message of this one.
                entry.random_id = fresh();
                known.earliest = None;
            }
            let is_first = entry.sha256.is_none() && entry.acknowledged.is_empty();
            (known.prepared, known.parts, known.elsewhere) = (true, parts, elsewhere);
            (entry.bytes, entry.modified, entry.part_size) = (bytes, modified, part_size);
            (entry.sha256, entry.taken, entry.blur) = (Some(sha256), taken, blur);
            entry.stage = JournalStage::Sending;
            // Of a file that was never looked at no part went out.
            if same || is_first { Effect::Put } else { without_parts(entry, &fresh) }
        }
        Outcome::NotElsewhere => {
            known.elsewhere = false;
            settle(entry, JournalStage::Sending)
        }
        Outcome::Unreadable(_) if committing => {
            known.unreadable = true;
            Effect::Nothing
        }
        Outcome::Skip(reason) => settle(entry, JournalStage::Skipped { reason }),
        Outcome::Unreadable(reason) | Outcome::Refused(reason) => fail(entry, reason),
        Outcome::Acknowledged(part) => {
            entry.acknowledged.insert(part);
            Effect::Part(part)
        }
        Outcome::Committing { after } => {
            known.surely_not_sent = true;
            // An earlier attempt may have made the message without being told: it stands before
            // what came since.
            let after = known.earliest.map_or(after, |earliest| earliest.min(after));
            settle(entry, JournalStage::Committing { after })
        }
        Outcome::Found(message) | Outcome::Sent(message) => {
            settle(entry, JournalStage::Sent { message })
        }
        Outcome::NotFound => {
            known.surely_not_sent = true;
            if committing && known.prepared && entry.acknowledged.len() < known.parts {
                // It was to be copied from another album, which has to be looked for again.
                (known.prepared, known.elsewhere) = (false, false);
                return settle(entry, JournalStage::Sending);
            }
            Effect::Nothing
        }
        Outcome::Unsure => {
            known.surely_not_sent = false;
            Effect::Nothing
        }
        Outcome::Duplicate => {
            (known.surely_not_sent, known.duplicate) = (false, true);
            known.looks += 1;
            if known.looks < LOOKS {
                return Effect::Nothing;
            }
            fail(
                entry,
                "Telegram says that this file was sent already, but it is not in the album. \
                 Look there, and send it again if it is missing"
                    .into(),
            )
        }
        Outcome::PartMissing(_) | Outcome::PartsGone if known.restarts >= RESTARTS => {
            fail(entry, "Telegram lost parts of this file again and again. Try it later".into())
        }
        Outcome::PartMissing(part) => {
            known.restarts += 1;
            let mut kept = PartSet::default();
            for other in (0..known.parts).filter(|n| *n != part && entry.acknowledged.contains(*n))
            {
                kept.insert(other);
            }
            entry.acknowledged = kept;
            settle(entry, JournalStage::Sending)
        }
        Outcome::PartsGone => {
            known.restarts += 1;
            entry.stage = JournalStage::Sending;
            without_parts(entry, &fresh)
        }
        Outcome::Smaller { part_size, parts } => {
            (entry.part_size, known.parts) = (part_size, parts);
            entry.stage = JournalStage::Sending;
            without_parts(entry, &fresh)
        }
        Outcome::Changed => {
            known.prepared = false;
            // What was looked at stays known: only if it is another file then is its message
            // another one.
            let reason = "The file changed while it was being sent. Try again to send it as it is \
                          now";
            entry.stage = JournalStage::Failed { reason: reason.into() };
            without_parts(entry, &fresh)
        }
        Outcome::Verified => {
            entry.acknowledged.clear();
            match entry.stage {
                JournalStage::Sent { message } => settle(entry, JournalStage::Verified { message }),
                _ => Effect::Nothing,
            }
        }
        Outcome::Mismatch(reason) => {
            // A message was made with this random id; another attempt is another message.
            entry.random_id = fresh();
            known.earliest = None;
            entry.sha256 = None;
            entry.stage = JournalStage::Failed { reason };
            without_parts(entry, &fresh)
        }
        Outcome::Pause => match entry.stage {
            JournalStage::Queued | JournalStage::Sending => settle(entry, JournalStage::Paused),
            _ => Effect::Nothing,
        },
        Outcome::Again => match entry.stage {
            JournalStage::Paused | JournalStage::Failed { .. } => {
                *known = known.passed_on();
                settle(entry, JournalStage::Queued)
            }
            _ => Effect::Nothing,
        },
        // Said above, because it changes nothing else.
        Outcome::Reworded { .. } => Effect::Nothing,
    }
}

fn reword(
    entry: &mut JournalEntry,
    known: &mut Known,
    caption: String,
    strip: Option<Strip>,
) -> Effect {
    let is_said = (&entry.caption, entry.strip) == (&caption, strip);
    if is_said || !is_unsaid(entry, known) {
        return Effect::Nothing;
    }
    let is_another_copy = entry.strip != strip;
    (entry.caption, entry.strip) = (caption, strip);
    if matches!(entry.stage, JournalStage::Sending | JournalStage::Committing { .. }) {
        entry.stage = JournalStage::Sending;
        known.prepared &= !is_another_copy;
    }
    Effect::Put
}

fn settle(entry: &mut JournalEntry, stage: JournalStage) -> Effect {
    entry.stage = stage;
    Effect::Put
}

fn fail(entry: &mut JournalEntry, reason: String) -> Effect {
    settle(entry, JournalStage::Failed { reason })
}

/// Parts that went out are worthless: forget them, and their file id, so that old and new ones are
/// never mixed. Telegram may have some that it never acknowledged.
fn without_parts(entry: &mut JournalEntry, fresh: &impl Fn() -> i64) -> Effect {
    entry.acknowledged.clear();
    let old = std::mem::replace(&mut entry.id, UploadId(fresh()));
    Effect::Reborn { old }
}

/// Of entries that share a `random_id` (left by versions that wrote [`Effect::Reborn`] in two steps)
/// one goes on; which, does not matter. Returns the others.
pub(crate) fn twins(entries: &mut Vec<JournalEntry>) -> Vec<UploadId> {
    let mut seen = std::collections::HashSet::new();
    let mut others = Vec::new();
    entries.retain(|entry| {
        let first = seen.insert(entry.random_id);
        if !first {
            others.push(entry.id);
        }
        first
    });
    others
}

#[cfg(test)]
mod tests;
