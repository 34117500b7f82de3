//! One photo: what Telegram holds of it against all that is known of it here.

use std::collections::HashMap;

use super::local::Locals;
use crate::engine::compare::{Seen, digest_of_hashes, hashes, read_back};
use crate::engine::core::Core;
use crate::engine::fetch::FetchError;
use crate::model::{AlbumId, MessageId, Photo, PhotoId, Proof, RemoteKind};
use crate::store::{JournalStage, Store, StoreError};

/// What a photo was found to be.
pub(super) enum Verdict {
    /// These local files are equal to it.
    Equal(Vec<usize>),
    /// Telegram holds it whole.
    Whole,
    /// Something is wrong with it.
    Bad(String),
}

pub(super) struct Look {
    pub(super) id: PhotoId,
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) verdict: Verdict,
    pub(super) proof: Option<Proof>,
}

impl Look {
    /// It could not be looked at.
    pub(super) fn failed(core: &Core, id: PhotoId, error: &FetchError) -> Self {
        let library = core.mirror.snapshot();
        let photo = library.photo(id);
        let name = photo.map(|photo| photo.name().to_owned()).unwrap_or_default();
        let why = match error {
            FetchError::Gone => "It was deleted from the album meanwhile".to_owned(),
            error => error.to_string(),
        };
        let bytes = photo.map_or(0, |photo| photo.bytes());
        Self { id, name, bytes, verdict: Verdict::Bad(why), proof: None }
    }
}

/// What the journal says was sent as the messages of an album: the SHA-256 of each.
pub(super) fn sent(
    store: &Store,
    album: AlbumId,
) -> Result<HashMap<MessageId, [u8; 32]>, StoreError> {
    let entries = store.journal()?.into_iter();
    let of_album = entries.filter(|entry| entry.album == album && !entry.as_photo);
    Ok(of_album
        .filter_map(|entry| match entry.stage {
            JournalStage::Sent { message } | JournalStage::Verified { message } => {
                Some((message, entry.sha256?))
            }
            _ => None,
        })
        .collect())
}

const CHANGED: &str = "What Telegram holds is not what was sent";
const NOT_ITS_HASHES: &str = "What Telegram sends is not what its own hashes say: fetch the photo \
                              and compare it with yours";

/// Looks at one.
pub(super) async fn look(
    core: &Core,
    id: PhotoId,
    locals: &Locals,
    sent: Option<&[u8; 32]>,
) -> Result<Look, FetchError> {
    let photo = core.photo(id).await?;
    let store = core.store.clone();
    let proven = core.pool.run(move || store.proof(id)).await??;
    let known = Known { proven: proven.filter(|proof| proof.file == photo.remote.id), sent };
    let (verdict, proof) = compared(core, &photo, locals, &known).await?;
    let (name, bytes) = (photo.name.clone(), photo.bytes);
    Ok(Look { id, name, bytes, verdict, proof })
}

/// What is known of a photo without its file.
struct Known<'a> {
    proven: Option<Proof>,
    sent: Option<&'a [u8; 32]>,
}

async fn compared(
    core: &Core,
    photo: &Photo,
    locals: &Locals,
    known: &Known<'_>,
) -> Result<(Verdict, Option<Proof>), FetchError> {
    let (id, bytes, file) = (photo.id, photo.bytes, photo.remote.id);
    let is_file = photo.remote.kind == RemoteKind::Document;
    let told = if is_file { core.patiently_fetch(|| hashes(core, id)).await? } else { None };
    let told = told.and_then(|told| digest_of_hashes(told, bytes));
    if let Some(told) = told {
        let equal = locals.equal_to(bytes, |local| local.digest() == Some(told));
        if let Some((_, first)) = equal.first() {
            let seen = Seen { bytes, sha256: first.sha256, pieces: told };
            let files = equal.iter().map(|(at, _)| *at).collect();
            return Ok((Verdict::Equal(files), Some(seen.proof(file))));
        }
        if let Some(proven) = known.proven {
            return Ok(if proven.pieces == told {
                (Verdict::Whole, Some(super::dated(proven)))
            } else {
                (Verdict::Bad(CHANGED.to_owned()), None)
            });
        }
    }
    // Nothing that is known here can be compared with what Telegram tells: read it.
    let Some(seen) = read_back(core, id, bytes, None).await? else {
        return Ok((Verdict::Bad(CHANGED.to_owned()), None));
    };
    if told.is_some_and(|told| told != seen.pieces) {
        return Ok((Verdict::Bad(NOT_ITS_HASHES.to_owned()), None));
    }
    let is_other = known.proven.is_some_and(|proven| proven.sha256 != seen.sha256)
        || known.sent.is_some_and(|sent| *sent != seen.sha256);
    if is_other {
        return Ok((Verdict::Bad(CHANGED.to_owned()), None));
    }
    let equal = locals.equal_to(bytes, |local| is_file && local.sha256 == seen.sha256);
    let files: Vec<usize> = equal.iter().map(|(at, _)| *at).collect();
    let verdict = if files.is_empty() { Verdict::Whole } else { Verdict::Equal(files) };
    Ok((verdict, Some(seen.proof(file))))
}
