//! Deleting photos for good, at Telegram first and then here. Async, on the network workers.
//!
//! Some at a time, album by album: what Telegram has deleted is told at once, what it refuses
//! stays. The cursors are left alone: the next difference tells the same once more, which is
//! harmless, and nothing that came between is skipped.

use std::collections::BTreeMap;

use tokio::time::sleep;

use super::core::Core;
use super::event::Trouble;
use super::{EngineError, Event};
use crate::model::{Album, AlbumId, Change, MessageId, PhotoId};
use crate::telegram::TelegramError;

/// Messages of one call.
const AT_ONCE: usize = 100;
/// After so many refusals without one success, the rest of the album is not tried.
const REFUSALS: usize = 8;

/// What came of it.
#[derive(Default)]
struct Outcome {
    deleted: usize,
    kept: usize,
    /// Why the first that was kept was kept.
    why: Option<Trouble>,
    /// Of those deleted: how many are still recorded here.
    unrecorded: usize,
    /// Why the first of them is.
    why_unrecorded: Option<Trouble>,
}

impl Outcome {
    /// Telegram has deleted so many, and this came of recording it.
    fn deleted(&mut self, count: usize, recorded: Result<(), EngineError>) {
        self.deleted += count;
        if let Err(error) = recorded {
            tracing::warn!(%error, count, "deleted photos could not be taken out of the library");
            self.unrecorded += count;
            self.why_unrecorded.get_or_insert_with(|| Trouble::from(&error));
        }
    }
}

/// Deletes photos and says so, whatever came of it.
pub(crate) async fn delete(core: &Core, photos: Vec<PhotoId>) {
    let outcome = delete_all(core, &photos).await;
    if let Some(why) = outcome.why {
        core.bus.trouble(why.while_doing(kept(outcome.kept, outcome.deleted)));
    }
    if let Some(why) = outcome.why_unrecorded {
        core.bus.trouble(why.while_doing(unrecorded(outcome.unrecorded)));
    }
    core.bus.send(Event::Deleted { photos, deleted: outcome.deleted });
}

fn photos(n: usize) -> String {
    if n == 1 { "1 photo".to_owned() } else { format!("{n} photos") }
}

/// Of those that Telegram has deleted. The next difference tells of them once more.
fn unrecorded(count: usize) -> String {
    let are = if count == 1 { "is" } else { "are" };
    format!("{} {are} deleted at Telegram, but still listed here", photos(count))
}

fn kept(kept: usize, deleted: usize) -> String {
    if deleted == 0 {
        return format!("{} could not be deleted", photos(kept));
    }
    format!("{kept} of {} could not be deleted", photos(kept + deleted))
}

async fn delete_all(core: &Core, photos: &[PhotoId]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut by_album: BTreeMap<AlbumId, Vec<MessageId>> = BTreeMap::new();
    for photo in photos {
        by_album.entry(photo.album).or_default().push(photo.message);
    }
    let mut by_album = by_album.into_iter();
    while let Some((id, messages)) = by_album.next() {
        // With an album everything in it is gone.
        let Ok(album) = core.album(id) else {
            outcome.deleted += messages.len();
            continue;
        };
        let stopped = delete_from(core, &album, messages, &mut outcome).await;
        if stopped {
            outcome.kept += by_album.map(|(_, messages)| messages.len()).sum::<usize>();
            break;
        }
    }
    outcome
}

/// Deletes messages of one album; true when there is no use in going on with others.
async fn delete_from(
    core: &Core,
    album: &Album,
    messages: Vec<MessageId>,
    outcome: &mut Outcome,
) -> bool {
    let mut waiting: Vec<Vec<MessageId>> =
        messages.chunks(AT_ONCE).rev().map(<[MessageId]>::to_vec).collect();
    let (mut refusals, before) = (0, outcome.deleted);
    while let Some(some) = waiting.pop() {
        let count = some.len();
        let error = match delete_some(core, album, some.clone()).await {
            Ok(recorded) => {
                outcome.deleted(count, recorded);
                continue;
            }
            Err(error) => error,
        };
        tracing::warn!(%error, count, "photos could not be deleted");
        refusals += 1;
        let is_stuck = refusals >= REFUSALS && outcome.deleted == before;
        if is_refusal_of_some(&error) && count > 1 && !is_stuck {
            // One that must stay keeps none of the others.
            let (first, second) = some.split_at(count / 2);
            waiting.extend([second.to_vec(), first.to_vec()]);
            continue;
        }
        outcome.kept += count;
        outcome.why.get_or_insert_with(|| Trouble::from(&error));
        if !is_refusal_of_some(&error) || is_stuck {
            outcome.kept += waiting.iter().map(Vec::len).sum::<usize>();
            return !is_of_album(&error);
        }
    }
    false
}

/// Telegram deletes none of a call's messages if it must not delete one of them.
fn is_refusal_of_some(error: &EngineError) -> bool {
    refusal(error) == Some("MESSAGE_DELETE_FORBIDDEN")
}

/// Whether other albums may do better.
fn is_of_album(error: &EngineError) -> bool {
    refusal(error).is_some()
}

fn refusal(error: &EngineError) -> Option<&str> {
    match error {
        EngineError::Telegram(error) => error.name(),
        _ => None,
    }
}

/// One call, repeated after the waits that Telegram asks for; a line that is down is an error. The
/// answer within says whether what Telegram has deleted is recorded here.
async fn delete_some(
    core: &Core,
    album: &Album,
    messages: Vec<MessageId>,
) -> Result<Result<(), EngineError>, EngineError> {
    loop {
        match core.telegram.delete_messages(album, &messages).await {
            Ok(()) => break,
            Err(error) => wait_out(core, error).await?,
        }
    }
    let gone = Change::PhotosGone { album: album.id, messages };
    Ok(core.publisher.publish(vec![gone]).await.map(drop))
}

async fn wait_out(core: &Core, error: TelegramError) -> Result<(), EngineError> {
    let Some(wait) = error.wait() else { return Err(error.into()) };
    core.bus.trouble(Trouble::from(&error));
    sleep(wait).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{EngineError, Outcome, kept, unrecorded};

    #[test]
    fn what_telegram_deleted_is_deleted_though_it_is_not_recorded() {
        let mut outcome = Outcome::default();
        outcome.deleted(3, Ok(()));
        outcome.deleted(2, Err(EngineError::Stopping));
        assert_eq!((outcome.deleted, outcome.kept, outcome.unrecorded), (5, 0, 2));
        assert!(outcome.why.is_none() && outcome.why_unrecorded.is_some());
        assert_eq!(unrecorded(1), "1 photo is deleted at Telegram, but still listed here");
        assert_eq!(unrecorded(2), "2 photos are deleted at Telegram, but still listed here");
    }

    #[test]
    fn it_says_how_many_were_kept() {
        assert_eq!(kept(1, 0), "1 photo could not be deleted");
        assert_eq!(kept(3, 0), "3 photos could not be deleted");
        assert_eq!(kept(3, 9), "3 of 12 photos could not be deleted");
    }
}
