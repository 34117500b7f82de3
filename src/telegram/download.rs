//! Fetching: pieces of originals and thumbnails, and the hashes of what Telegram holds. On
//! tokio's workers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use futures_util::future::try_join_all;
use futures_util::stream::{StreamExt, iter};
use grammers_tl_types::{Identifiable, RemoteCall, enums, functions, types};

use super::core::Core;
use super::error::{Result, TelegramError};
use super::transfer::{Kind, Transfers};
use super::words::PieceHash;
use crate::model::{RemoteFile, RemoteKind};

/// No request crosses such a block. Telegram allows blocks of 1 MiB
/// (<https://core.telegram.org/api/files#downloading-files>); a whole one makes an answer larger
/// than grammers accepts in one message, so half of it is asked for at once.
const BLOCK: u64 = 512 * 1024;
/// What offsets and lengths must be multiples of, with `precise`.
const GRAIN: u64 = 1024;
/// Up to this many bytes a request goes with the thumbnails, not behind originals.
const SMALL: u32 = 128 * 1024;
/// The most hops from one data centre to the next.
const HOPS: usize = 3;
/// Files of which it is remembered that they moved.
const REMEMBERED: usize = 10_000;
/// More than a file of 4 GB has.
const MOST_HASHES: usize = 40_000;
/// Requests for hashes of one file that are under way at once.
const HASHES_AT_ONCE: usize = 16;

/// Files that were found in another data centre than their message says.
#[derive(Default)]
pub(super) struct Moved(Mutex<HashMap<i64, i32>>);

impl Moved {
    fn of(&self, file: &RemoteFile) -> i32 {
        let moved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moved.get(&file.id).copied().unwrap_or(file.dc)
    }

    fn note(&self, file: i64, dc: i32) {
        let mut moved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if moved.len() >= REMEMBERED {
            moved.clear();
        }
        moved.insert(file, dc);
    }
}

fn location(file: &RemoteFile, thumb: Option<&str>) -> enums::InputFileLocation {
    let (id, access_hash, file_reference) = (file.id, file.access_hash, file.reference.clone());
    match file.kind {
        RemoteKind::Document => {
            let thumb_size = thumb.unwrap_or_default().to_owned();
            types::InputDocumentFileLocation { id, access_hash, file_reference, thumb_size }.into()
        }
        // The original of a compressed photo is its largest size.
        RemoteKind::Photo => {
            let largest = file.thumbs.last().map(|thumb| thumb.letter.as_str());
            let thumb_size = thumb.or(largest).unwrap_or("y").to_owned();
            types::InputPhotoFileLocation { id, access_hash, file_reference, thumb_size }.into()
        }
    }
}

/// `limit` bytes from `offset`; fewer at the end of the file.
pub(super) async fn fetch(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    thumb: Option<&str>,
    offset: u64,
    limit: u32,
) -> Result<Vec<u8>> {
    let kind = if thumb.is_some() || limit <= SMALL { Kind::Small } else { Kind::Down };
    let wanted = offset..offset.saturating_add(u64::from(limit));
    fetch_by(core, transfers, file, thumb, wanted, kind).await
}

/// The same of an original that somebody looks at.
pub(super) async fn fetch_to_view(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    offset: u64,
    limit: u32,
) -> Result<Vec<u8>> {
    let wanted = offset..offset.saturating_add(u64::from(limit));
    fetch_by(core, transfers, file, None, wanted, Kind::View).await
}

async fn fetch_by(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    thumb: Option<&str>,
    wanted: Range<u64>,
    kind: Kind,
) -> Result<Vec<u8>> {
    let pieces = split(&wanted);
    let location = location(file, thumb);
    let fetched = try_join_all(
        pieces.iter().map(|piece| fetch_piece(core, transfers, file, kind, &location, piece)),
    )
    .await?;
    Ok(join(&wanted, &pieces, fetched))
}

async fn fetch_piece(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    kind: Kind,
    location: &enums::InputFileLocation,
    piece: &Range<u64>,
) -> Result<Vec<u8>> {
    let method = "upload.getFile";
    let request = functions::upload::GetFile {
        precise: true,
        cdn_supported: false,
        location: location.clone(),
        offset: i64::try_from(piece.start)
            .map_err(|_| TelegramError::unexpected(method, "an offset beyond any file"))?,
        limit: i32::try_from(piece.end - piece.start)
            .map_err(|_| TelegramError::unexpected(method, "a piece beyond any limit"))?,
    };
    match follow(core, transfers, file, kind, request).await? {
        enums::upload::File::File(found) => Ok(found.bytes),
        // Never sent to who does not say that it supports this.
        enums::upload::File::CdnRedirect(_) => {
            Err(TelegramError::unexpected(method, "a redirection to a content network"))
        }
    }
}

/// Sends a request to the data centre that has the file, wherever that leads.
async fn follow<R: RemoteCall + Identifiable + Clone>(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    kind: Kind,
    request: R,
) -> Result<R::Return> {
    let mut dc = core.moved.of(file);
    for _ in 0..HOPS {
        match transfers.call(dc, kind, request.clone(), 256).await {
            Err(TelegramError::Refused { code: 303, name, value: Some(to), .. })
                if name == "FILE_MIGRATE" =>
            {
                dc = i32::try_from(to).unwrap_or(dc);
                core.moved.note(file.id, dc);
            }
            done => return done,
        }
    }
    Err(TelegramError::unexpected("upload.getFile", "it sends from one data centre to the next"))
}

/// Cuts a range so that each piece may be asked for: whole grains, within one block.
fn split(wanted: &Range<u64>) -> Vec<Range<u64>> {
    let mut pieces = Vec::new();
    let mut start = wanted.start - wanted.start % GRAIN;
    while start < wanted.end {
        let block_end = (start / BLOCK + 1) * BLOCK;
        let end = block_end.min(wanted.end.next_multiple_of(GRAIN));
        pieces.push(start..end);
        start = end;
    }
    pieces
}

/// Puts the pieces together and cuts off what was not wanted. A piece that is shorter than asked
/// for is the end of the file.
fn join(wanted: &Range<u64>, pieces: &[Range<u64>], fetched: Vec<Vec<u8>>) -> Vec<u8> {
    let mut whole: Vec<u8> = Vec::new();
    for (piece, bytes) in pieces.iter().zip(fetched) {
        let is_short = (bytes.len() as u64) < piece.end - piece.start;
        if whole.is_empty() {
            whole = bytes;
        } else {
            whole.extend(bytes);
        }
        if is_short {
            break;
        }
    }
    let from = pieces.first().map_or(0, |first| wanted.start - first.start);
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(whole.len());
    whole.drain(..from);
    whole.truncate(usize::try_from(wanted.end - wanted.start).unwrap_or(usize::MAX));
    whole
}

/// The hashes of a whole file of `bytes` bytes, in order; `None` where the server does not tell
/// them. <https://core.telegram.org/method/upload.getFileHashes>
pub(super) async fn hashes(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    bytes: u64,
) -> Result<Option<Vec<PieceHash>>> {
    let mut pieces = told_from(core, transfers, file, 0).await?;
    if pieces.is_empty() {
        return Ok(None);
    }
    // As far as one answer reaches, so far the others do: they are asked for side by side.
    let reach = end_of(&pieces, 0);
    let most = MOST_HASHES / pieces.len();
    let starts = (1..).map(|n| n * reach).take_while(|start| *start < bytes).take(most);
    let mut stretches = iter(starts)
        .map(|start| told_of(core, transfers, file, start..(start + reach).min(bytes)))
        .buffered(HASHES_AT_ONCE);
    while let Some(more) = stretches.next().await {
        pieces.extend(more?);
    }
    Ok(Some(pieces))
}

/// The hashes of a stretch, by as many answers as it takes; fewer where the server tells no more.
async fn told_of(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    stretch: Range<u64>,
) -> Result<Vec<PieceHash>> {
    let (mut pieces, mut at) = (Vec::new(), stretch.start);
    while at < stretch.end {
        let more = told_from(core, transfers, file, at).await?;
        if more.is_empty() {
            break;
        }
        at = end_of(&more, at);
        pieces.extend(more);
    }
    Ok(pieces)
}

/// What one answer tells from `offset` on, without a gap.
async fn told_from(
    core: &Core,
    transfers: &Transfers,
    file: &RemoteFile,
    offset: u64,
) -> Result<Vec<PieceHash>> {
    let request = functions::upload::GetFileHashes {
        location: location(file, None),
        offset: i64::try_from(offset).unwrap_or(i64::MAX),
    };
    let told = match follow(core, transfers, file, Kind::Small, request).await {
        Ok(told) => told,
        // Beyond the end, or nothing at all, is refused by some servers.
        Err(TelegramError::Refused { name, .. }) if !name.starts_with("FILE_REFERENCE") => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let (mut pieces, mut at) = (Vec::new(), offset);
    for enums::FileHash::Hash(hash) in told {
        let (Ok(start), Ok(limit), Ok(sha256)) = (
            u64::try_from(hash.offset),
            u32::try_from(hash.limit),
            <[u8; 32]>::try_from(hash.hash),
        ) else {
            return Err(TelegramError::unexpected("upload.getFileHashes", "no hash"));
        };
        // Servers may begin with the piece in which the offset lies.
        if start == at && limit > 0 {
            pieces.push(PieceHash { offset: start, limit, sha256 });
            at += u64::from(limit);
        }
    }
    Ok(pieces)
}

/// Where the last of some pieces ends; `start` if there is none.
fn end_of(pieces: &[PieceHash], start: u64) -> u64 {
    pieces.last().map_or(start, |last| last.offset + u64::from(last.limit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_allowed_and_give_back_what_was_wanted(
            offset in 0u64..3 * BLOCK,
            limit in 1u32..3 * 1024 * 1024,
            length in 0u64..5 * BLOCK,
        ) {
            let wanted = offset..offset + u64::from(limit);
            let pieces = split(&wanted);
            for piece in &pieces {
                prop_assert!(piece.start % GRAIN == 0 && piece.end % GRAIN == 0);
                prop_assert!(piece.start < piece.end && piece.end - piece.start <= BLOCK);
                prop_assert_eq!(piece.start / BLOCK, (piece.end - 1) / BLOCK);
            }
            // A file whose bytes tell where they are.
            let byte = |at: u64| (at % 251) as u8;
            let fetched = pieces.iter().map(|piece| {
                (piece.start.min(length)..piece.end.min(length)).map(byte).collect()
            });
            let got = join(&wanted, &pieces, fetched.collect());
            let expected: Vec<u8> =
                (wanted.start.min(length)..wanted.end.min(length)).map(byte).collect();
            prop_assert!(got == expected);
        }
    }
}
