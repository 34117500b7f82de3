//! Carries one file from its journal entry to a verified message, step by step. A task of its own
//! on the network workers; may be aborted at any moment.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::poll_immediate;
use tokio::time::sleep;

use super::desk::{Content, Desk, Parking};
use super::duplicates::{self, Twin};
use super::prepare::{PART, Prepared, Unfit, prepare};
use super::send::{self, Stop, is_unchanged, name_of, wait_out};
use super::step::{Known, Outcome, Step, next};
use super::turnstile::Place;
use crate::engine::compare::{Expected, Stamp, holds, read_local};
use crate::engine::event::Trouble;
use crate::engine::fetch::FetchError;
use crate::model::{Change, MessageId, Photo, PhotoId, RemoteKind, UploadId};
use crate::store::{JournalEntry, JournalStage, StoreError};
use crate::telegram::TelegramError;

/// How often the journal may refuse to be written before the file stops.
const JOURNAL_TRIES: u32 = 3;
/// How often verifying may fail before it is left to the next start.
const VERIFY_TRIES: u32 = 3;

/// How often an answer to `sendMedia` may make no sense before the file is left to the next start.
const SEND_TRIES: u32 = 3;

/// What follows a step.
enum Then {
    Settle(Outcome),
    Again,
    End,
    /// It cannot go on in this run; the journal keeps its place.
    Stuck(String),
    Journal(Arc<StoreError>),
}

struct Errand {
    desk: Arc<Desk>,
    place: Place,
    prepared: Option<Prepared>,
    verify_tries: u32,
    send_tries: u32,
}

/// Carries the file until nothing more happens by itself.
pub(crate) async fn carry(desk: Arc<Desk>, mut id: UploadId, place: Place) {
    let mut errand =
        Errand { desk: desk.clone(), place, prepared: None, verify_tries: 0, send_tries: 0 };
    let _work = desk.core.busy.begin();
    let mut journal_tries = 0;
    while let Some((entry, known)) = desk.peek(id) {
        let failed = match errand.step(&entry, &known).await {
            Then::End => return,
            Then::Again => continue,
            Then::Stuck(reason) => {
                desk.update(id, |item| item.stuck = Some(reason));
                return;
            }
            Then::Journal(error) => error,
            Then::Settle(outcome) => match desk.settle(id, outcome).await {
                Ok(now) => {
                    id = now;
                    continue;
                }
                Err(error) => error,
            },
        };
        journal_tries += 1;
        if journal_tries >= JOURNAL_TRIES {
            desk.core.bus.trouble(Trouble::from(&failed));
            desk.update(id, |item| item.stuck = Some(failed.to_string()));
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

impl Errand {
    async fn step(&mut self, entry: &JournalEntry, known: &Known) -> Then {
        let next = next(entry, known);
        tracing::debug!(file = %entry.id, ?next, "step");
        match next {
            Step::Rest => Then::End,
            Step::Prepare => self.prepare(entry).await,
            Step::Parts => self.parts(entry).await,
            Step::Commit => self.commit(entry).await,
            Step::Look { after } => self.look(entry, known, after).await,
            Step::Send => self.send(entry).await,
            Step::GiveUp => Then::Settle(Outcome::Refused(
                "The file is not there any more, or is another one now, and the album does not \
                 have it"
                    .into(),
            )),
            Step::Verify { message } => self.verify(entry, message).await,
        }
    }

    async fn prepare(&mut self, entry: &JournalEntry) -> Then {
        let (desk, id) = (self.desk.clone(), entry.id);
        let (album, as_photo) = (entry.album, entry.as_photo);
        let result = {
            let _pass = desk.prepares.pass(entry.order).await;
            desk.update(id, |item| item.preparing = true);
            let (path, desk) = (entry.path.clone(), desk.clone());
            let look = move || {
                prepare(&path, |expected| {
                    let content = Content { album, sha256: expected.sha256, as_photo };
                    desk.may_be_known(id, content, expected.bytes)
                })
            };
            self.desk.core.pool.run(look).await
        };
        desk.update(id, |item| item.preparing = false);
        let mut prepared = match result {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(Unfit::Skip(reason))) => return Then::Settle(Outcome::Skip(reason)),
            Ok(Err(Unfit::Fail(reason))) => return Then::Settle(Outcome::Unreadable(reason)),
            Err(crashed) => return Then::Settle(Outcome::Unreadable(crashed.to_string())),
        };
        if !matches!(entry.stage, JournalStage::Committing { .. }) {
            if let Some(reason) = self.too_large(&prepared).await {
                return Then::Settle(Outcome::Refused(reason));
            }
            match duplicates::find(&desk, entry, &prepared).await {
                Ok(None) => {}
                Ok(Some(Twin::InAlbum(photo, reason))) => {
                    desk.update(id, |item| item.photo = Some(photo));
                    return Then::Settle(Outcome::Skip(reason));
                }
                Ok(Some(Twin::UnderWay(owner))) => {
                    return match desk.park(id, owner) {
                        Parking::Waits => Then::End,
                        // It would be stuck for the same reason.
                        Parking::Stuck(reason) => Then::Stuck(reason),
                        // Over by now, or carried on by nobody: look again, or take it over.
                        Parking::Over => {
                            desk.disown(owner);
                            Then::Again
                        }
                    };
                }
                Err(error) => return stuck_or_refused(error),
            }
        }
        if prepared.is_undecoded {
            let _pass = desk.prepares.pass(entry.order).await;
            let path = entry.path.clone();
            let complete = move || {
                prepared.complete(&path);
                prepared
            };
            prepared = match desk.core.pool.run(complete).await {
                Ok(completed) => completed,
                Err(crashed) => return Then::Settle(Outcome::Unreadable(crashed.to_string())),
            };
        }
        desk.update(id, |item| (item.size, item.taken) = (prepared.size, prepared.taken));
        if let Some(tile) = &prepared.tile {
            desk.tile(id, tile.clone());
        }
        let outcome = Outcome::Prepared {
            bytes: prepared.stamp.bytes,
            modified: prepared.stamp.modified,
            sha256: prepared.expected.sha256,
            part_size: PART,
            parts: prepared.parts(),
            taken: prepared.taken,
            blur: prepared.blur,
        };
        self.prepared = Some(prepared);
        Then::Settle(outcome)
    }

    async fn too_large(&self, prepared: &Prepared) -> Option<String> {
        let limits = self.desk.limits().await?;
        let part = u64::from(PART.min(limits.max_part_size));
        let most = u64::from(limits.max_parts) * part;
        (prepared.stamp.bytes > most).then(|| {
            format!(
                "The file is larger than Telegram takes: {} MB, and {} MB is the most",
                prepared.stamp.bytes.div_ceil(1_000_000),
                most / 1_000_000
            )
        })
    }

    async fn parts(&mut self, entry: &JournalEntry) -> Then {
        let Some(prepared) = &self.prepared else { return self.unprepared(entry) };
        match send::parts(&self.desk, entry, prepared).await {
            Ok(()) => Then::Again,
            Err(Stop::Outcome(outcome)) => Then::Settle(outcome),
            Err(Stop::Journal(error)) => Then::Journal(error),
            Err(Stop::Telegram(error)) => refused(&error),
        }
    }

    /// Memory and its note disagree: begin with looking at the file again.
    fn unprepared(&self, entry: &JournalEntry) -> Then {
        self.desk.update(entry.id, |item| item.known.prepared = false);
        Then::Again
    }

    async fn commit(&mut self, entry: &JournalEntry) -> Then {
        let Some(prepared) = &self.prepared else { return self.unprepared(entry) };
        if !is_unchanged(&entry.path, prepared.stamp).await {
            return Then::Settle(Outcome::Changed);
        }
        Then::Settle(Outcome::Committing { after: self.desk.core.mirror.top(entry.album) })
    }

    async fn send(&mut self, entry: &JournalEntry) -> Then {
        let Some(prepared) = self.prepared.clone() else { return self.unprepared(entry) };
        let (desk, id) = (self.desk.clone(), entry.id);
        let Some(album) = desk.core.mirror.album(entry.album) else {
            return Then::Settle(Outcome::Refused("The album is no longer there".into()));
        };
        desk.begins(id);
        // Before its turn comes, so that nobody waits for it.
        let thumb = match &prepared.thumb {
            Some(jpeg) if !entry.as_photo => match desk.core.telegram.save_thumb(jpeg).await {
                Ok(thumb) => Some(thumb),
                Err(error) => {
                    return match wait_out(&desk, id, error).await {
                        Ok(()) => Then::Again,
                        Err(error) => refused(&error),
                    };
                }
            },
            _ => None,
        };
        self.place.turn().await;
        let pass = desk.commits.pass(entry.order).await;
        // From here on nobody is sure until there is an answer.
        desk.update(id, |item| item.known.surely_not_sent = false);
        // Large, and one of up to many tasks: not on their stacks.
        let mut sending = Box::pin(send::message(&desk, &album, entry, &prepared, thumb));
        let at_once = poll_immediate(&mut sending).await;
        // It has its place in Telegram's order now.
        self.place.leave();
        let answer = match at_once {
            Some(answer) => answer,
            None => sending.await,
        };
        drop(pass);
        match answer {
            Ok(photo) => {
                let message = photo.id.message;
                self.publish(photo, entry).await;
                Then::Settle(Outcome::Sent(message))
            }
            Err(error) => self.not_sent(id, error).await,
        }
    }

    async fn not_sent(&mut self, id: UploadId, error: TelegramError) -> Then {
        if let Some(part) = error.missing_part() {
            return Then::Settle(Outcome::PartMissing(part));
        }
        match error.name() {
            Some("RANDOM_ID_DUPLICATE") => {
                // Its message may take a moment to be found.
                sleep(Duration::from_millis(300)).await;
                return Then::Settle(Outcome::Duplicate);
            }
            Some(name) if name.starts_with("FILE_PART") || name == "FILE_ID_INVALID" => {
                return Then::Settle(Outcome::PartsGone);
            }
            _ => {}
        }
        if may_stand(&error) {
            tracing::warn!(%error, "whether the message stands is not known");
            self.send_tries += 1;
            if self.send_tries >= SEND_TRIES {
                return Then::Stuck(format!(
                    "{error} Whether it was sent is looked at first at the next start"
                ));
            }
            // Its message may take a moment to be found.
            sleep(Duration::from_millis(300)).await;
            return Then::Settle(Outcome::Unsure);
        }
        let unsure = error.is_offline();
        match wait_out(&self.desk, id, error).await {
            Ok(()) if unsure => Then::Settle(Outcome::Unsure),
            Ok(()) => {
                // Told to wait means: not done.
                self.desk.update(id, |item| item.known.surely_not_sent = true);
                Then::Again
            }
            Err(error) => refused(&error),
        }
    }

    /// The message becomes a change like any other, with what we know besides.
    async fn publish(&self, photo: Photo, entry: &JournalEntry) {
        let described = known_of(photo.id, photo.remote.id, entry);
        let changes = vec![Change::Photo(Box::new(photo)), described];
        if let Err(error) = self.desk.core.publisher.publish(changes).await {
            // It stands on the server; the next synchronisation brings it.
            tracing::warn!(%error, "a sent photo could not be recorded");
        }
    }

    /// Looks for the message that a lost answer may have left.
    async fn look(&mut self, entry: &JournalEntry, known: &Known, after: MessageId) -> Then {
        let core = &self.desk.core;
        let Some(album) = core.mirror.album(entry.album) else {
            return Then::Settle(Outcome::Refused("The album is no longer there".into()));
        };
        let name = name_of(&entry.path);
        let found = if entry.as_photo {
            let page = core.patiently(|_| {}, || core.telegram.history(&album, None, 100)).await;
            page.map(|page| {
                let newer = |photo: &Photo| {
                    photo.id.message > after
                        && photo.remote.kind == RemoteKind::Photo
                        && photo.caption == entry.caption
                };
                // Compressed pictures cannot be compared: only one that Telegram says is there
                // is taken to be it.
                let mut photos = page.photos;
                photos.retain(|photo| known.duplicate && newer(photo));
                photos
            })
        } else {
            core.patiently(|_| {}, || core.telegram.find_sent(&album, after, &name, entry.bytes))
                .await
        };
        let mut candidates = match found {
            Ok(candidates) => candidates,
            Err(error) => return refused(&error),
        };
        candidates.sort_by_key(|photo| photo.id.message);
        let claimed = self.desk.claimed(entry.album, entry.id);
        candidates.retain(|photo| !claimed.contains(&photo.id.message));
        let Some(expected) = self.expected(entry, known) else {
            return Then::Settle(Outcome::NotFound);
        };
        for photo in candidates {
            let (id, file) = (photo.id, photo.remote.id);
            self.publish_found(photo).await;
            let same = entry.as_photo
                || match core.patiently_fetch(|| holds(core, id, &expected)).await {
                    Ok(same) => same,
                    Err(FetchError::Gone) => false,
                    Err(error) => return stuck_or_refused(error),
                };
            if same {
                self.describe(id, file, entry).await;
                return Then::Settle(Outcome::Found(id.message));
            }
        }
        Then::Settle(Outcome::NotFound)
    }

    async fn publish_found(&self, photo: Photo) {
        let change = vec![Change::Photo(Box::new(photo))];
        if let Err(error) = self.desk.core.publisher.publish(change).await {
            tracing::warn!(%error, "a found photo could not be recorded");
        }
    }

    async fn describe(&self, photo: PhotoId, file: i64, entry: &JournalEntry) {
        let change = known_of(photo, file, entry);
        if let Err(error) = self.desk.core.publisher.publish(vec![change]).await {
            tracing::warn!(%error, "what is known about a photo could not be recorded");
        }
    }

    /// What the message has to hold: by what is at hand, or by what the journal says.
    fn expected(&self, entry: &JournalEntry, known: &Known) -> Option<Expected> {
        if let Some(prepared) = self.prepared.as_ref().filter(|_| known.prepared) {
            return Some(prepared.expected.clone());
        }
        Some(Expected { bytes: entry.bytes, sha256: entry.sha256?, pieces: None })
    }

    async fn verify(&mut self, entry: &JournalEntry, message: MessageId) -> Then {
        self.place.leave();
        let id = PhotoId { album: entry.album, message };
        let expected =
            match self.prepared.as_ref().filter(|p| Some(p.expected.sha256) == entry.sha256) {
                Some(prepared) => Some(prepared.expected.clone()),
                None => from_disk(&self.desk, entry).await,
            };
        let proof = match expected {
            Some(expected) if !entry.as_photo => self.proof(id, &expected).await,
            _ => self.stands(id).await,
        };
        match proof {
            Ok(true) => Then::Settle(Outcome::Verified),
            Ok(false) => Then::Settle(Outcome::Mismatch(
                "What Telegram holds is not this file. Delete that photo from the album and try \
                 again"
                    .into(),
            )),
            Err(FetchError::Gone) => Then::Settle(Outcome::Mismatch(
                "It was sent, but deleted from the album before it could be verified. Try again \
                 to send it once more"
                    .into(),
            )),
            Err(error) => {
                self.verify_tries += 1;
                if self.verify_tries < VERIFY_TRIES {
                    sleep(Duration::from_millis(500)).await;
                    return Then::Again;
                }
                tracing::warn!(%error, photo = %id, "not verified");
                Then::Stuck(format!(
                    "It was sent, but could not be verified: {error}. It is tried again at the \
                     next start"
                ))
            }
        }
    }

    async fn proof(&self, id: PhotoId, expected: &Expected) -> Result<bool, FetchError> {
        let core = &self.desk.core;
        if !core.mirror.has_photo(id) {
            // Sent in an earlier run, not synchronised yet.
            self.stands(id).await?;
        }
        core.patiently_fetch(|| holds(core, id, expected)).await
    }

    /// Whether the message is there, with a picture.
    async fn stands(&self, id: PhotoId) -> Result<bool, FetchError> {
        let core = &self.desk.core;
        let album = core.mirror.album(id.album).ok_or(FetchError::Gone)?;
        let ids = [id.message];
        let changes = core.patiently(|_| {}, || core.telegram.messages(&album, &ids)).await?;
        let there =
            changes.iter().any(|change| matches!(change, Change::Photo(photo) if photo.id == id));
        core.publisher.publish(changes).await?;
        if there { Ok(true) } else { Err(FetchError::Gone) }
    }
}

/// What we know of a photo because we have its file: its head tells no more than that.
const fn known_of(photo: PhotoId, file: i64, entry: &JournalEntry) -> Change {
    Change::Described { photo, file, taken: entry.taken, head_read: true, blur: entry.blur }
}

/// Hashes of the local file, if it is still the one that was sent; else what the journal knows.
async fn from_disk(desk: &Desk, entry: &JournalEntry) -> Option<Expected> {
    let (path, stamp) =
        (entry.path.clone(), Stamp { bytes: entry.bytes, modified: entry.modified });
    let local = desk.core.pool.run(move || read_local(&path, 0)).await;
    if let Ok(Ok(local)) = local
        && local.stamp == stamp
        && Some(local.expected.sha256) == entry.sha256
    {
        return Some(local.expected);
    }
    Some(Expected { bytes: entry.bytes, sha256: entry.sha256?, pieces: None })
}

/// Whether the message may stand although asking for it failed: the answer was lost or not
/// understood, or what failed was asked after it.
fn may_stand(error: &TelegramError) -> bool {
    match error {
        TelegramError::Lost { .. } | TelegramError::Unexpected { .. } => true,
        TelegramError::Refused { method, .. } | TelegramError::Wait { method, .. } => {
            *method != "messages.sendMedia"
        }
        _ => false,
    }
}

fn stuck_or_refused(error: FetchError) -> Then {
    match error {
        FetchError::Telegram(error) => refused(&error),
        error => Then::Stuck(error.to_string()),
    }
}

/// What will work later keeps its place in the journal; what Telegram refuses has failed.
fn refused(error: &TelegramError) -> Then {
    if error.is_offline() || error.is_signed_out() {
        return Then::Stuck(format!("{error}. It goes on at the next start"));
    }
    match error.name() {
        Some(name) if name.starts_with("FILE_PART") || name == "FILE_ID_INVALID" => {
            Then::Settle(Outcome::PartsGone)
        }
        _ => Then::Settle(Outcome::Refused(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_telegram_refused_to_send_is_surely_not_sent() {
        let refused = |method| TelegramError::Refused {
            code: 400,
            name: "CHANNEL_PRIVATE".into(),
            value: None,
            method,
        };
        assert!(!may_stand(&refused("messages.sendMedia")));
        assert!(may_stand(&refused("channels.getMessages")), "asked for after it was sent");
        assert!(may_stand(&TelegramError::Lost { method: "messages.sendMedia" }));
        let what = "no message".into();
        assert!(may_stand(&TelegramError::Unexpected { method: "messages.sendMedia", what }));
    }
}
