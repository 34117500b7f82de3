//! Whether an album has a file already. Async; comparing asks Telegram for hashes or reads back.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::desk::{Content, Desk};
use super::prepare::Prepared;
use crate::engine::compare::holds;
use crate::engine::fetch::FetchError;
use crate::model::{AlbumId, PhotoId, UploadId};
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
                if let Some((photo, reason)) = owner.photo.and_then(|id| reason(desk, entry, id)) {
                    return Ok(Some(Twin::InAlbum(photo, reason)));
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
    let name = super::send::name_of(&entry.path);
    let of_size = move || core.mirror.of_size(album, bytes, &name);
    let mut candidates = desk.core.pool.run(of_size).await?;
    // Those of the same name first: most likely the same.
    candidates.sort_by_key(|(_, has_name)| !has_name);
    for (id, _) in candidates.into_iter().take(CANDIDATES) {
        match desk.core.patiently_fetch(|| holds(&desk.core, id, &prepared.expected)).await {
            Ok(true) => {
                if let Some((photo, reason)) = reason(desk, entry, id) {
                    return Ok(Some(Twin::InAlbum(photo, reason)));
                }
            }
            Ok(false) | Err(FetchError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Why a file is not sent; `None` when the photo is gone.
fn reason(desk: &Desk, entry: &JournalEntry, photo: PhotoId) -> Option<(PhotoId, String)> {
    let library = desk.core.mirror.snapshot();
    let album = library.album(entry.album).map(|shelf| shelf.album.title.as_str());
    let (album, name) = (album.unwrap_or_default(), library.photo(photo)?.name());
    let reason = if name == super::send::name_of(&entry.path) {
        format!("It is already in “{album}”")
    } else {
        format!("It is already in “{album}” as {name}")
    };
    Some((photo, reason))
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
