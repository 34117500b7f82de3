//! What Telegram holds of a file that was sent, against the file.

use std::time::Duration;

use tokio::time::sleep;

use super::super::content;
use super::super::desk::Desk;
use super::super::step::Outcome;
use super::{Errand, Then};
use crate::engine::compare::{Expected, Seen, match_pieces, prove};
use crate::engine::fetch::FetchError;
use crate::model::{Change, MessageId, Photo, PhotoId};
use crate::store::JournalEntry;

/// How often verifying may fail before it is left to the next start.
const VERIFY_TRIES: u32 = 3;

impl Errand {
    pub(super) async fn verify(&mut self, entry: &JournalEntry, message: MessageId) -> Then {
        self.place.leave();
        let id = PhotoId { album: entry.album, message };
        let expected =
            match self.prepared.as_ref().filter(|p| Some(p.expected.sha256) == entry.sha256) {
                Some(prepared) => Some(prepared.expected.clone()),
                None => from_disk(&self.desk, entry).await,
            };
        let proof = match expected {
            // Telegram made another picture of it.
            _ if entry.as_photo => self.stands(id).await,
            Some(expected) => self.proof(id, &expected).await,
            None => {
                return Then::Stuck(
                    "It was sent, but there is nothing left to compare it with. Look at the photo \
                     in the album"
                        .into(),
                );
            }
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
            // Sent in an earlier run and not synchronised yet; or there was no room to record it.
            let (photo, recorded) = self.look_at(id).await?;
            if let Err(error) = recorded {
                return match self.is_told(&photo, expected).await? {
                    Some(equal) => Ok(equal),
                    None => Err(error),
                };
            }
        }
        let seen = core.patiently_fetch(|| prove(core, id, expected)).await?;
        if let Some(seen) = seen {
            self.keep(id, seen).await;
        }
        Ok(seen.is_some())
    }

    /// Writes down what was proven. Where that cannot be done, it can be proven again.
    async fn keep(&self, id: PhotoId, seen: Seen) {
        let core = &self.desk.core;
        let file = core.mirror.snapshot().photo(id).map(|photo| photo.file());
        let Some(file) = file else { return };
        let proof = Change::Proven { photo: id, proof: seen.proof(file) };
        if let Err(error) = core.publisher.publish(vec![proof]).await {
            tracing::warn!(%error, "what was proven could not be recorded");
        }
    }

    /// Whether a photo that is not recorded is this file, by what Telegram tells of it alone.
    async fn is_told(
        &self,
        photo: &Photo,
        expected: &Expected,
    ) -> Result<Option<bool>, FetchError> {
        let core = &self.desk.core;
        if photo.bytes != expected.bytes {
            return Ok(Some(false));
        }
        let told =
            core.patiently(|_| {}, || core.telegram.hashes(&photo.remote, photo.bytes)).await?;
        let pieces = told.zip(expected.pieces.as_deref());
        Ok(pieces.and_then(|(told, local)| match_pieces(told, local, expected.bytes)))
    }

    /// Whether the message is there, with a picture.
    async fn stands(&self, id: PhotoId) -> Result<bool, FetchError> {
        self.look_at(id).await.map(|_| true)
    }

    /// The photo as Telegram has it, and whether it could be recorded: that it stands is true
    /// without that.
    async fn look_at(&self, id: PhotoId) -> Result<(Photo, Result<(), FetchError>), FetchError> {
        let core = &self.desk.core;
        let album = core.listed_album(id.album).await.ok_or(FetchError::Gone)?;
        let ids = [id.message];
        let changes = core.patiently(|_| {}, || core.telegram.messages(&album, &ids)).await?;
        let photo = changes.iter().find_map(|change| match change {
            Change::Photo(photo) if photo.id == id => Some(photo.as_ref().clone()),
            _ => None,
        });
        let recorded = core.publisher.publish(changes).await;
        let photo = photo.ok_or(FetchError::Gone)?;
        Ok((photo, recorded.map(drop).map_err(FetchError::from)))
    }
}

/// Hashes of the local file, if it is still the one that was sent; else what the journal knows, by
/// which all of it is read back.
async fn from_disk(desk: &Desk, entry: &JournalEntry) -> Option<Expected> {
    let (path, strip) = (entry.path.clone(), entry.strip);
    let read = desk.core.pool.run(move || content::read(&path, 0, strip)).await;
    if let Ok(Ok((local, _))) = read
        && local.stamp.modified == entry.modified
        && Some(local.expected.sha256) == entry.sha256
    {
        return Some(local.expected);
    }
    Some(Expected { bytes: entry.bytes, sha256: entry.sha256?, pieces: None })
}
