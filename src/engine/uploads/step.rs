//! What comes next for one file, and what an outcome makes of its journal entry. Pure.
//!
//! The journal entry is what survives a kill; [`Known`] is what this process knows besides. Every
//! outcome is durable before the next step is taken, so that any moment is a good one to die:
//! a file is never lost, and the message that carries it is never made twice, because before
//! `sendMedia` the entry says that it may have happened, and whoever finds it saying so looks for
//! the message first and otherwise repeats the same `random_id`.

use crate::model::{Blur, MessageId, Taken, UploadId};
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
    /// Parts of the file.
    pub(crate) parts: u32,
    restarts: u32,
    looks: u32,
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
        taken: Option<Taken>,
        blur: Option<Blur>,
    },
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
        JournalStage::Sending if entry.acknowledged.len() < known.parts => Step::Parts,
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

/// Folds an outcome into the entry. `fresh` makes random ids.
pub(crate) fn apply(
    entry: &mut JournalEntry,
    known: &mut Known,
    outcome: Outcome,
    fresh: impl Fn() -> i64,
) -> Effect {
    let committing = matches!(entry.stage, JournalStage::Committing { .. });
    match outcome {
        Outcome::Prepared { bytes, modified, sha256, part_size, parts, taken, blur } => {
            let same = entry.sha256 == Some(sha256)
                && (entry.bytes, entry.part_size) == (bytes, part_size);
            if committing {
                // What was perhaps sent is what the journal says, not what lies there now.
                (known.prepared, known.unreadable, known.parts) = (same, !same, parts);
                return Effect::Nothing;
            }
            (known.prepared, known.parts) = (true, parts);
            (entry.bytes, entry.modified, entry.part_size) = (bytes, modified, part_size);
            (entry.sha256, entry.taken, entry.blur) = (Some(sha256), taken, blur);
            entry.stage = JournalStage::Sending;
            if same { Effect::Put } else { without_parts(entry, &fresh) }
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
            settle(entry, JournalStage::Committing { after })
        }
        Outcome::Found(message) | Outcome::Sent(message) => {
            settle(entry, JournalStage::Sent { message })
        }
        Outcome::NotFound => {
            known.surely_not_sent = true;
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
        Outcome::Changed => {
            known.prepared = false;
            entry.sha256 = None;
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
            entry.acknowledged.clear();
            entry.sha256 = None;
            fail(entry, reason)
        }
        Outcome::Pause => match entry.stage {
            JournalStage::Queued | JournalStage::Sending => settle(entry, JournalStage::Paused),
            _ => Effect::Nothing,
        },
        Outcome::Again => match entry.stage {
            JournalStage::Paused | JournalStage::Failed { .. } => {
                *known = Known::default();
                settle(entry, JournalStage::Queued)
            }
            _ => Effect::Nothing,
        },
    }
}

fn settle(entry: &mut JournalEntry, stage: JournalStage) -> Effect {
    entry.stage = stage;
    Effect::Put
}

fn fail(entry: &mut JournalEntry, reason: String) -> Effect {
    settle(entry, JournalStage::Failed { reason })
}

/// Parts that were acknowledged are worthless: forget them, and their file id, so that old and new
/// ones are never mixed.
fn without_parts(entry: &mut JournalEntry, fresh: &impl Fn() -> i64) -> Effect {
    if entry.acknowledged.is_empty() {
        return Effect::Put;
    }
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
mod tests {
    use std::cell::Cell;
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::model::AlbumId;

    const PARTS: u32 = 4;

    fn entry() -> JournalEntry {
        JournalEntry {
            id: UploadId(1),
            order: 1,
            album: AlbumId(1),
            path: "a.jpg".into(),
            random_id: 77,
            bytes: 0,
            modified: 0,
            sha256: None,
            part_size: 0,
            acknowledged: PartSet::default(),
            as_photo: false,
            caption: String::new(),
            taken: None,
            blur: None,
            stage: JournalStage::Queued,
        }
    }

    /// Telegram, as far as it matters here.
    #[derive(Default)]
    struct Server {
        parts: BTreeMap<i64, BTreeSet<u32>>,
        messages: Vec<i64>,
    }

    impl Server {
        fn send(&mut self, file: i64, random_id: i64) -> Outcome {
            if self.messages.contains(&random_id) {
                return Outcome::Duplicate;
            }
            let parts = self.parts.entry(file).or_default();
            match (0..PARTS).filter(|n| !parts.contains(n)).collect::<Vec<_>>()[..] {
                [] => {
                    parts.clear();
                    self.messages.push(random_id);
                    self.sent(random_id).unwrap()
                }
                [one] => Outcome::PartMissing(one),
                _ => Outcome::PartsGone,
            }
        }

        fn sent(&self, random_id: i64) -> Option<Outcome> {
            let at = self.messages.iter().position(|other| *other == random_id)?;
            Some(Outcome::Sent(MessageId(i32::try_from(at).unwrap() + 1)))
        }
    }

    /// A disk, and a program that dies whenever the dice say so.
    struct World {
        server: Server,
        journal: BTreeMap<i64, JournalEntry>,
        entry: JournalEntry,
        known: Known,
    }

    impl World {
        fn restart(&mut self) {
            let mut entries: Vec<_> = self.journal.values().cloned().collect();
            for other in twins(&mut entries) {
                self.journal.remove(&other.0);
            }
            assert_eq!(entries.len(), 1, "one file is one entry");
            self.entry = entries.remove(0);
            self.known = Known::default();
        }

        fn persist(&mut self, effect: Effect, dies_half_way: bool) {
            match effect {
                Effect::Nothing => {}
                Effect::Put => {
                    self.journal.insert(self.entry.id.0, self.entry.clone());
                }
                Effect::Part(part) => {
                    self.journal.get_mut(&self.entry.id.0).unwrap().acknowledged.insert(part);
                }
                Effect::Reborn { old } => {
                    self.journal.insert(self.entry.id.0, self.entry.clone());
                    if !dies_half_way {
                        self.journal.remove(&old.0);
                    }
                }
            }
        }
    }

    fn prepared(content: u8) -> Outcome {
        Outcome::Prepared {
            bytes: 100,
            modified: 1,
            sha256: [content; 32],
            part_size: 25,
            parts: PARTS,
            taken: None,
            blur: None,
        }
    }

    proptest! {
        /// Killed at any moment, answers lost, parts lost, paused and resumed: in the end there is
        /// exactly one message, and the journal knows it.
        #[test]
        fn never_lost_and_never_twice(dice in proptest::collection::vec(0u8..100, 40..400)) {
            let serial = Cell::new(1000);
            let fresh = || { serial.set(serial.get() + 1); serial.get() };
            let first = entry();
            let mut world = World {
                server: Server::default(),
                journal: BTreeMap::from([(first.id.0, first.clone())]),
                entry: first,
                known: Known::default(),
            };
            // After the trouble a quiet time, in which it has to come to an end.
            let rolls = dice.iter().copied().chain(std::iter::repeat_n(99, 60));
            for roll in rolls {
                if roll < 8 {
                    world.restart();
                    continue;
                }
                if (8..12).contains(&roll) {
                    // The server forgets parts.
                    let all = roll < 10;
                    if let Some(parts) = world.server.parts.values_mut().last() {
                        if all { parts.clear(); } else { parts.pop_first(); }
                    }
                    continue;
                }
                let answer_lost = (12..30).contains(&roll);
                let dies_after = (30..40).contains(&roll);
                let random_id = world.entry.random_id;
                let outcome = match next(&world.entry, &world.known) {
                    Step::Prepare if (40..43).contains(&roll) => Outcome::Pause,
                    Step::Prepare => prepared(1),
                    Step::Parts => {
                        let part =
                            (0..PARTS).find(|n| !world.entry.acknowledged.contains(*n)).unwrap();
                        world.server.parts.entry(world.entry.id.0).or_default().insert(part);
                        if answer_lost { continue; }
                        Outcome::Acknowledged(part)
                    }
                    Step::Commit => Outcome::Committing { after: MessageId(0) },
                    Step::Look { .. } => match world.server.sent(random_id) {
                        Some(Outcome::Sent(message)) => Outcome::Found(message),
                        _ => Outcome::NotFound,
                    },
                    Step::Send => {
                        // As the driver does: from here on nobody is sure.
                        world.known.surely_not_sent = false;
                        let answer = world.server.send(world.entry.id.0, random_id);
                        if answer_lost { Outcome::Unsure } else { answer }
                    }
                    Step::Verify { .. } => Outcome::Verified,
                    Step::GiveUp => panic!("the file is readable"),
                    Step::Rest => match world.entry.stage {
                        JournalStage::Verified { .. } => continue,
                        // The user presses Retry or Resume.
                        _ => Outcome::Again,
                    },
                };
                if dies_after {
                    world.restart();
                    continue;
                }
                let effect = apply(&mut world.entry, &mut world.known, outcome, fresh);
                let half_way = (43..60).contains(&roll);
                world.persist(effect, half_way);
                if half_way {
                    world.restart();
                }
            }
            prop_assert_eq!(world.server.messages.len(), 1);
            let stands = matches!(world.entry.stage, JournalStage::Verified { .. });
            prop_assert!(stands, "{:?}", world.entry.stage);
            prop_assert_eq!(&world.journal[&world.entry.id.0], &world.entry);
        }
    }

    #[test]
    fn other_content_never_mixes_with_acknowledged_parts() {
        let (mut entry, mut known) = (entry(), Known::default());
        let fresh = || 5;
        assert_eq!(apply(&mut entry, &mut known, prepared(1), fresh), Effect::Put);
        apply(&mut entry, &mut known, Outcome::Acknowledged(2), fresh);
        apply(&mut entry, &mut known, Outcome::Pause, fresh);
        apply(&mut entry, &mut known, Outcome::Again, fresh);
        assert_eq!(next(&entry, &known), Step::Prepare);
        assert_eq!(apply(&mut entry, &mut known, prepared(1), fresh), Effect::Put);
        assert!(entry.acknowledged.contains(2), "the same content goes on");
        known = Known::default();
        let effect = apply(&mut entry, &mut known, prepared(2), fresh);
        assert_eq!(effect, Effect::Reborn { old: UploadId(1) });
        assert_eq!((entry.id, entry.acknowledged.len()), (UploadId(5), 0));
    }

    #[test]
    fn a_file_that_vanished_after_it_was_perhaps_sent_is_looked_for_first() {
        let (mut entry, mut known) = (entry(), Known::default());
        entry.stage = JournalStage::Committing { after: MessageId(3) };
        entry.sha256 = Some([1; 32]);
        assert_eq!(next(&entry, &known), Step::Prepare);
        let gone = Outcome::Unreadable("gone".into());
        assert_eq!(apply(&mut entry, &mut known, gone, || 5), Effect::Nothing);
        assert_eq!(next(&entry, &known), Step::Look { after: MessageId(3) });
        apply(&mut entry, &mut known, Outcome::NotFound, || 5);
        assert_eq!(next(&entry, &known), Step::GiveUp);
    }
}
