//! Carries one file from its journal entry to a verified message, step by step. A task of its own
//! on the network workers; may be aborted at any moment.

mod check;
mod message;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, try_join};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::desk::{Content, Desk, Parking};
use super::duplicates::{self, Twin};
use super::parts::{self, LARGEST};
use super::prepare::{Prepared, Unfit, prepare};
use super::send::{self, Stop, unchanged};
use super::step::{Known, Outcome, Step, next};
use super::turnstile::Place;
use crate::engine::event::Trouble;
use crate::engine::fetch::FetchError;
use crate::model::{Photo, UploadId};
use crate::store::{JournalEntry, JournalStage, StoreError};
use crate::telegram::{SavedThumb, TelegramError};

/// Bytes of a file that every account may send: that need not be asked.
/// <https://core.telegram.org/api/config#client-configuration>, `upload_max_fileparts_default`
const ALWAYS_TAKEN: u64 = 1 << 30;
/// How often the journal may refuse to be written before the file stops.
const JOURNAL_TRIES: u32 = 3;

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
    /// Its thumbnail, once Telegram has it.
    thumb: Option<SavedThumb>,
    /// A photo of another album that is this file.
    source: Option<Photo>,
    verify_tries: u32,
    send_tries: u32,
    copy_tries: u32,
}

/// Carries the file until nothing more happens by itself.
pub(crate) async fn carry(desk: Arc<Desk>, mut id: UploadId, place: Place) {
    let mut errand = Errand {
        desk: desk.clone(),
        place,
        prepared: None,
        thumb: None,
        source: None,
        verify_tries: 0,
        send_tries: 0,
        copy_tries: 0,
    };
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
        if self.desk.is_held_back(entry.id) {
            match next {
                Step::Send => return Then::End,
                // It was surely not sent, after all.
                Step::Parts | Step::Commit => return Then::Settle(Outcome::Pause),
                _ => {}
            }
        }
        match next {
            Step::Rest => Then::End,
            Step::Prepare => self.prepare(entry).await,
            Step::Parts => self.parts(entry).await,
            Step::Commit => self.commit(entry).await,
            Step::Look { after } => self.look(entry, known, after).await,
            Step::Send => self.send(entry, known).await,
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
        let committing = matches!(entry.stage, JournalStage::Committing { .. });
        if !committing && let Some(reason) = self.surely_too_large(entry).await {
            return Then::Settle(Outcome::Refused(reason));
        }
        desk.core.telegram.expect_uploads();
        let album = entry.album;
        let look = async {
            let _pass = desk.prepares.pass(entry.order).await;
            desk.update(id, |item| item.preparing = true);
            let (entry, desk) = (entry.clone(), desk.clone());
            let look = move || {
                prepare(&entry.path, entry.strip, |expected| {
                    let content = Content::of(&entry, expected.sha256);
                    desk.may_be_known(id, content, expected.bytes)
                })
            };
            self.desk.core.pool.run(look).await
        };
        // Both are needed then, and the one waits for the line, the other for the disk.
        let known = async {
            if !committing {
                duplicates::album_is_known(&desk, album).await;
            }
        };
        let (result, ()) = join(look, known).await;
        desk.update(id, |item| item.preparing = false);
        let mut prepared = match result {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(Unfit::Skip(reason))) => return Then::Settle(Outcome::Skip(reason)),
            Ok(Err(Unfit::Fail(reason))) => return Then::Settle(Outcome::Unreadable(reason)),
            Err(crashed) => return Then::Settle(Outcome::Unreadable(crashed.to_string())),
        };
        self.source = None;
        if !committing {
            if let Some(reason) = self.too_large(prepared.expected.bytes).await {
                return Then::Settle(Outcome::Refused(reason));
            }
            match duplicates::find(&desk, entry, &prepared).await {
                Ok(None) => {}
                Ok(Some(Twin::InAlbum(photo, reason))) => {
                    desk.update(id, |item| item.photo = Some(photo));
                    return Then::Settle(Outcome::Skip(reason));
                }
                Ok(Some(Twin::Elsewhere(photo))) => self.source = Some(*photo),
                Ok(Some(Twin::UnderWay(owner))) => {
                    let content = Content::of(entry, prepared.expected.sha256);
                    return match desk.park(id, owner) {
                        Parking::Waits => Then::End,
                        // It would be stuck for the same reason.
                        Parking::Stuck(reason) => Then::Stuck(reason),
                        Parking::Never => {
                            desk.take_over(id, content);
                            Then::Again
                        }
                        // Over by now, or carried on by nobody: look again, or take it over.
                        Parking::Over => {
                            desk.disown(content);
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
        let bytes = prepared.expected.bytes;
        // A file goes on as it was begun: parts of two sizes do not mix.
        let is_begun = (entry.sha256, entry.bytes) == (Some(prepared.expected.sha256), bytes);
        let part_size = if is_begun && parts::is_size(entry.part_size) {
            entry.part_size
        } else {
            desk.part_size(bytes).await
        };
        let outcome = Outcome::Prepared {
            bytes,
            modified: prepared.stamp.modified,
            sha256: prepared.expected.sha256,
            part_size,
            parts: parts::count(bytes, part_size),
            elsewhere: self.source.is_some(),
            taken: prepared.taken,
            blur: prepared.blur,
        };
        (self.prepared, self.thumb) = (Some(prepared), None);
        Then::Settle(outcome)
    }

    /// Before a long file is read for nothing. One that something is taken out of gets smaller.
    async fn surely_too_large(&self, entry: &JournalEntry) -> Option<String> {
        let file = tokio::fs::metadata(&entry.path).await.ok()?;
        if entry.strip.is_some() || !file.is_file() || file.len() < ALWAYS_TAKEN {
            None
        } else {
            self.too_large(file.len()).await
        }
    }

    async fn too_large(&self, bytes: u64) -> Option<String> {
        let limits = self.desk.limits().await?;
        let part = u64::from(LARGEST.min(limits.max_part_size));
        let most = u64::from(limits.max_parts) * part;
        (bytes > most).then(|| {
            format!(
                "The file is larger than Telegram takes: {} MB, and {} MB is the most",
                bytes.div_ceil(1_000_000),
                most / 1_000_000
            )
        })
    }

    async fn parts(&mut self, entry: &JournalEntry) -> Then {
        let Some(prepared) = &self.prepared else { return self.unprepared(entry) };
        let begun = Notify::new();
        let parts = send::parts(&self.desk, entry, prepared, &begun);
        // Beside its own parts, not those of files before it: after a kill it is sent again.
        let thumb = async {
            begun.notified().await;
            Ok(send::thumb(&self.desk, entry, prepared).await)
        };
        match try_join(parts, thumb).await {
            Ok(((), thumb)) => {
                // Without one it is tried again when the message is asked for.
                self.thumb = thumb.unwrap_or_default();
                Then::Again
            }
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
        if let Err(outcome) = unchanged(&entry.path, prepared.stamp).await {
            return Then::Settle(outcome);
        }
        Then::Settle(Outcome::Committing { after: self.desk.core.mirror.top(entry.album) })
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
