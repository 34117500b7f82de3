//! Whether an album has a file already, or another album. Async; comparing asks Telegram for hashes
//! or, within the album, reads back.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::desk::{Content, Desk};
use super::prepare::Prepared;
use crate::engine::compare::{Expected, hashes, holds, match_pieces};
use crate::engine::core::Core;
use crate::engine::fetch::{self, FetchError};
use crate::model::{AlbumId, Change, Photo, PhotoId, UploadId};
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
    /// Another album has it, under the same name: Telegram can copy it.
    Elsewhere(Box<Photo>),
}

/// Looks for the same content in the journal and in the album, which is known by now.
pub(crate) async fn find(
    desk: &Desk,
    entry: &JournalEntry,
    prepared: &Prepared,
) -> Result<Option<Twin>, FetchError> {
    let content = Content::of(entry, prepared.expected.sha256);
    if let Some(owner) = desk.claim(entry.id, content) {
        match owner.entry.stage {
            JournalStage::Sent { .. } | JournalStage::Verified { .. } => {
                if let Some(photo) = owner.photo
                    && stands(desk, photo).await?
                {
                    return Ok(Some(Twin::InAlbum(photo, reason(desk, entry, photo))));
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
    let (core, album, bytes) = (desk.core.clone(), entry.album, prepared.expected.bytes);
    let name = super::send::name_of(&entry.path);
    let of_size = move || core.mirror.of_size(album, bytes, &name);
    let mut candidates = desk.core.pool.run(of_size).await?;
    // Those of the same name first: most likely the same.
    candidates.sort_by_key(|(_, has_name)| !has_name);
    if prepared.is_sidecar {
        // Those of two pictures may be alike, and each one is kept.
        candidates.retain(|(_, has_name)| *has_name);
    }
    for (id, _) in candidates.into_iter().take(CANDIDATES) {
        match desk.core.patiently_fetch(|| holds(&desk.core, id, &prepared.expected)).await {
            Ok(true) => {
                return Ok(Some(Twin::InAlbum(id, reason(desk, entry, id))));
            }
            Ok(false) | Err(FetchError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    elsewhere(desk, entry, prepared).await
}

/// Looks for the same content in other albums. What Telegram cannot be asked about is not read
/// back: sending it takes no longer, and is certain.
async fn elsewhere(
    desk: &Desk,
    entry: &JournalEntry,
    prepared: &Prepared,
) -> Result<Option<Twin>, FetchError> {
    // Whoever came before sends it; whoever came later waits for this one.
    if let Some(owner) = desk.sent_elsewhere(entry, prepared.expected.sha256) {
        return Ok(Some(Twin::UnderWay(owner)));
    }
    let (core, album, bytes) = (&desk.core, entry.album, prepared.expected.bytes);
    let (mirror, name) = (core.mirror.clone(), super::send::name_of(&entry.path));
    let alike = core.pool.run(move || mirror.elsewhere(album, bytes, &name)).await?;
    for id in alike.into_iter().take(CANDIDATES) {
        match core.patiently_fetch(|| is_told(core, id, &prepared.expected)).await {
            Ok(true) => {
                return Ok(Some(Twin::Elsewhere(Box::new(core.photo(id).await?.as_ref().clone()))));
            }
            Ok(false) | Err(FetchError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether a photo is this file by what was proven of it, or by Telegram's own hashes.
async fn is_told(core: &Core, id: PhotoId, expected: &Expected) -> Result<bool, FetchError> {
    let (store, photo) = (core.store.clone(), core.photo(id).await?);
    let proof = core.pool.run(move || store.proof(id)).await??;
    if let Some(proof) = proof.filter(|proof| proof.file == photo.remote.id) {
        return Ok((proof.bytes, proof.sha256) == (expected.bytes, expected.sha256));
    }
    let (Some(local), Some(told)) = (&expected.pieces, hashes(core, id).await?) else {
        return Ok(false);
    };
    Ok(match_pieces(told, local, expected.bytes) == Some(true))
}

/// A photo of another album with a fresh permit, if it is still there.
pub(crate) async fn refreshed(desk: &Desk, stale: &Photo) -> Option<Photo> {
    let core = &desk.core;
    let fresh = core.patiently_fetch(|| fetch::refreshed(core, stale)).await;
    match fresh {
        Ok(photo) => Some(photo.as_ref().clone()),
        Err(error) => {
            tracing::debug!(%error, "it is no longer in the other album");
            None
        }
    }
}

/// Whether a message that was made still stands. That it is not recorded says nothing: where the
/// disk is full, nothing is.
async fn stands(desk: &Desk, photo: PhotoId) -> Result<bool, FetchError> {
    let core = &desk.core;
    if core.mirror.has_photo(photo) {
        return Ok(true);
    }
    let Some(album) = core.mirror.album(photo.album) else { return Ok(false) };
    let ids = [photo.message];
    let changes = core.patiently(|_| {}, || core.telegram.messages(&album, &ids)).await?;
    Ok(changes.iter().any(|change| matches!(change, Change::Photo(found) if found.id == photo)))
}

/// Why a file is not sent that the album has.
fn reason(desk: &Desk, entry: &JournalEntry, photo: PhotoId) -> String {
    let library = desk.core.mirror.snapshot();
    let album = library.album(entry.album).map(|shelf| shelf.album.title.as_str());
    let album = album.unwrap_or_default();
    match library.photo(photo) {
        Some(photo) if photo.name() != super::send::name_of(&entry.path) => {
            format!("It is already in “{album}” as {}", photo.name())
        }
        _ => format!("It is already in “{album}”"),
    }
}

/// While an album's history is still being read, nobody can tell what it has.
pub(crate) async fn album_is_known(desk: &Desk, album: AlbumId) {
    if desk.core.listed_album(album).await.is_none() {
        return;
    }
    let begun = Instant::now();
    while desk.core.cursors.get(album).is_none_or(|cursor| !cursor.complete)
        && begun.elapsed() < READING
        && desk.core.mirror.album(album).is_some()
    {
        sleep(Duration::from_millis(100)).await;
    }
}
