//! Whether an album has a file already. Async; comparing asks Telegram for hashes or reads back.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::desk::{Content, Desk};
use super::prepare::Prepared;
use crate::engine::compare::holds;
use crate::engine::fetch::FetchError;
use crate::model::{AlbumId, Photo, PhotoId, RemoteKind, UploadId};
use crate::store::{JournalEntry, JournalStage};

/// Photos of the same size that are compared, at most.
const CANDIDATES: usize = 16;
/// How long the album's first reading is waited for, at most.
const READING: Duration = Duration::from_mins(10);

/// What was found.
pub(crate) enum Twin {
    /// The album has it.
    InAlbum(PhotoId, String),
    /// This entry is sending it.
    UnderWay(UploadId),
}

/// Looks for the same content in the journal and in the album.
pub(crate) async fn find(
    desk: &Desk,
    entry: &JournalEntry,
    prepared: &Prepared,
) -> Result<Option<Twin>, FetchError> {
    album_is_known(desk, entry.album).await;
    let content =
        Content { album: entry.album, sha256: prepared.expected.sha256, as_photo: entry.as_photo };
    if let Some(owner) = desk.claim(entry.id, content) {
        match owner.entry.stage {
            JournalStage::Sent { .. } | JournalStage::Verified { .. } => {
                let photo = owner.photo.and_then(|id| desk.core.mirror.photo(id));
                if let Some(photo) = photo {
                    return Ok(Some(Twin::InAlbum(photo.id, reason(desk, entry, &photo))));
                }
                // It was deleted from the album since: then it is missing there.
                desk.take_over(entry.id, content);
            }
            _ => return Ok(Some(Twin::UnderWay(owner.entry.id))),
        }
    }
    if entry.as_photo {
        return Ok(None);
    }
    let (core, album, bytes) = (desk.core.clone(), entry.album, prepared.stamp.bytes);
    let mut candidates = desk.core.pool.run(move || core.mirror.of_size(album, bytes)).await?;
    candidates.retain(|photo| photo.remote.kind == RemoteKind::Document);
    let name = super::send::name_of(&entry.path);
    // Those of the same name first: most likely the same.
    candidates.sort_by_key(|photo| photo.name != name);
    for photo in candidates.into_iter().take(CANDIDATES) {
        match desk.core.patiently_fetch(|| holds(&desk.core, photo.id, &prepared.expected)).await {
            Ok(true) => return Ok(Some(Twin::InAlbum(photo.id, reason(desk, entry, &photo)))),
            Ok(false) | Err(FetchError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn reason(desk: &Desk, entry: &JournalEntry, photo: &Arc<Photo>) -> String {
    let album = desk.core.mirror.album(entry.album).map(|album| album.title).unwrap_or_default();
    if photo.name == super::send::name_of(&entry.path) {
        format!("It is already in “{album}”")
    } else {
        format!("It is already in “{album}” as {}", photo.name)
    }
}

/// While an album's history is still being read, nobody can tell what it has.
async fn album_is_known(desk: &Desk, album: AlbumId) {
    let begun = Instant::now();
    while desk.core.cursors.get(album).is_none_or(|cursor| !cursor.complete)
        && begun.elapsed() < READING
        && desk.core.mirror.album(album).is_some()
    {
        sleep(Duration::from_millis(100)).await;
    }
}
