//! Proof that what Telegram holds is what is on the disk: by the hashes that Telegram answers, or
//! by reading the file back. Hashing runs on the pool.

use std::fs::File;
use std::io::Read;
use std::iter::once;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use futures_util::stream::{StreamExt, iter};
use sha2::{Digest, Sha256};

use super::core::Core;
use super::fetch::{FetchError, with_reference};
use super::originals::{fetch_piece, pieces};
use crate::model::{PhotoId, Proof, RemoteKind};
use crate::platform::fs::open_regular;
use crate::telegram::PieceHash;

/// Telegram hashes pieces of this size.
pub(crate) const HASHED: usize = 128 * 1024;
/// Requests in flight when a file is read back.
const IN_FLIGHT: usize = 4;
/// Bytes of a local file that are read at a time.
const READ: usize = 8 * HASHED;

/// What a file on Telegram has to be.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) bytes: u64,
    pub(crate) sha256: [u8; 32],
    /// SHA-256 of each 128 KiB; absent where the local file is gone.
    pub(crate) pieces: Option<Arc<[[u8; 32]]>>,
}

impl Expected {
    /// See [`Proof::pieces`].
    pub(crate) fn digest(&self) -> Option<[u8; 32]> {
        self.pieces.as_ref().map(|pieces| digest_of(pieces))
    }
}

/// Size and modification time: whether a file is still the one that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970; 0 where the file system does not tell.
    pub(crate) modified: i64,
}

impl Stamp {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            bytes: metadata.len(),
            modified: since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)),
        }
    }
}

/// A local file, read once.
pub(crate) struct Local {
    pub(crate) stamp: Stamp,
    pub(crate) expected: Expected,
    /// The content, if it is no longer than was asked to be kept.
    pub(crate) content: Option<Vec<u8>>,
}

/// Reads and hashes a file; keeps its content up to `keep` bytes. On the pool.
pub(crate) fn read_local(path: &Path, keep: u64) -> std::io::Result<Local> {
    let mut file = open_regular(path)?;
    let before = Stamp::of(&file.metadata()?);
    let mut hashing = Hashing::default();
    let mut content = (before.bytes <= keep)
        .then(|| Vec::with_capacity(usize::try_from(before.bytes).unwrap_or_default()));
    let (mut buffer, mut bytes) = (vec![0; READ], 0u64);
    loop {
        let read = fill(&mut file, &mut buffer)?;
        let piece = &buffer[..read];
        if piece.is_empty() {
            break;
        }
        hashing.update(piece);
        bytes += read as u64;
        // One that grows while it is read may grow for ever.
        if bytes > before.bytes {
            break;
        }
        if let Some(content) = &mut content {
            content.extend_from_slice(piece);
        }
    }
    if Stamp::of(&file.metadata()?) != before || bytes != before.bytes {
        return Err(std::io::Error::other("the file changed while it was being read"));
    }
    Ok(Local { stamp: before, expected: hashing.done(), content })
}

/// The hashes of a file that is seen bit by bit: of all of it, and of each piece.
#[derive(Default)]
pub(crate) struct Hashing {
    whole: Sha256,
    pieces: PieceHashes,
    bytes: u64,
}

#[derive(Default)]
struct PieceHashes {
    piece: Sha256,
    filled: usize,
    done: Vec<[u8; 32]>,
}

impl Hashing {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let Self { whole, pieces, .. } = self;
        if bytes.len() > HASHED {
            // Side by side where another thread of the pool has nothing to do.
            rayon::join(|| whole.update(bytes), || pieces.update(bytes));
        } else {
            whole.update(bytes);
            pieces.update(bytes);
        }
    }

    pub(crate) fn done(self) -> Expected {
        let sha256 = self.whole.finalize().into();
        Expected { bytes: self.bytes, sha256, pieces: Some(self.pieces.done().into()) }
    }
}

impl PieceHashes {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(HASHED - self.filled));
            self.piece.update(now);
            self.filled += now.len();
            if self.filled == HASHED {
                self.end_piece();
            }
            bytes = later;
        }
    }

    fn end_piece(&mut self) {
        self.done.push(self.piece.finalize_reset().into());
        self.filled = 0;
    }

    fn done(mut self) -> Vec<[u8; 32]> {
        if self.filled > 0 {
            self.end_piece();
        }
        self.done
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What a file on Telegram was seen to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) bytes: u64,
    pub(crate) sha256: [u8; 32],
    /// See [`Proof::pieces`].
    pub(crate) pieces: [u8; 32],
}

impl Seen {
    fn new(bytes: u64, sha256: [u8; 32], pieces: &[[u8; 32]]) -> Self {
        Self { bytes, sha256, pieces: digest_of(pieces) }
    }

    /// As it is kept.
    pub(crate) fn proof(self, file: i64) -> Proof {
        let Self { bytes, sha256, pieces } = self;
        Proof { file, bytes, sha256, pieces, at: super::runtime::now() }
    }
}

/// See [`Proof::pieces`].
fn digest_of(pieces: &[[u8; 32]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().into()
}

/// Whether the photo's original is exactly `expected`. A picture that Telegram compressed never
/// is.
pub(crate) async fn holds(
    core: &Core,
    id: PhotoId,
    expected: &Expected,
) -> Result<bool, FetchError> {
    Ok(prove(core, id, expected).await?.is_some())
}

/// As [`holds`], and what was seen.
pub(crate) async fn prove(
    core: &Core,
    id: PhotoId,
    expected: &Expected,
) -> Result<Option<Seen>, FetchError> {
    let photo = core.photo(id).await?;
    if photo.remote.kind == RemoteKind::Photo || photo.bytes != expected.bytes {
        return Ok(None);
    }
    if let Some(local) = &expected.pieces
        && let Some(remote) = hashes(core, id).await?
        && let Some(equal) = match_pieces(remote, local, expected.bytes)
    {
        return Ok(equal.then(|| Seen::new(expected.bytes, expected.sha256, local)));
    }
    let seen = read_back(core, id, expected.bytes, expected.pieces.clone()).await?;
    Ok(seen.filter(|seen| seen.sha256 == expected.sha256))
}

/// What Telegram's hashes come to, as in [`Proof::pieces`]; `None` where they do not cover the file
/// in the known cut.
pub(crate) fn digest_of_hashes(remote: Vec<PieceHash>, bytes: u64) -> Option<[u8; 32]> {
    Some(digest_of(&in_the_known_cut(remote, bytes)?))
}

/// Telegram's hashes of the photo's original. Servers that know none are normal, in whichever way
/// they say so.
pub(crate) async fn hashes(core: &Core, id: PhotoId) -> Result<Option<Vec<PieceHash>>, FetchError> {
    let hashes = with_reference(core, id, |photo| async move {
        core.telegram.hashes(&photo.remote, photo.bytes).await
    });
    match hashes.await {
        Err(FetchError::Telegram(error)) if !error.is_offline() && !error.is_signed_out() => {
            tracing::debug!(%error, "no hashes");
            Ok(None)
        }
        answer => answer,
    }
}

/// Compares hashes; `None` when they do not cover the file in the known cut.
pub(crate) fn match_pieces(remote: Vec<PieceHash>, local: &[[u8; 32]], bytes: u64) -> Option<bool> {
    let remote = in_the_known_cut(remote, bytes)?;
    (remote.len() == local.len()).then(|| remote == local)
}

/// The hashes of a file's pieces of [`HASHED`] bytes, in order; `None` when these are not those.
fn in_the_known_cut(mut remote: Vec<PieceHash>, bytes: u64) -> Option<Vec<[u8; 32]>> {
    remote.sort_by_key(|piece| piece.offset);
    remote.dedup_by_key(|piece| piece.offset);
    let mut offset = 0;
    for piece in &remote {
        let length = (bytes - offset).min(HASHED as u64);
        if piece.offset != offset || u64::from(piece.limit) < length {
            return None;
        }
        offset += length;
    }
    (offset == bytes).then(|| remote.into_iter().map(|piece| piece.sha256).collect())
}

/// Reads `bytes` bytes of the original; `None` as soon as a piece is none of `pieces`.
pub(crate) async fn read_back(
    core: &Core,
    id: PhotoId,
    bytes: u64,
    pieces_known: Option<Arc<[[u8; 32]]>>,
) -> Result<Option<Seen>, FetchError> {
    let mut stream = iter(pieces(once(0..bytes), bytes))
        .map(|piece| core.patiently_fetch(move || fetch_piece(core, id, piece.clone())))
        .buffered(IN_FLIGHT);
    let (mut hasher, mut seen) = (Sha256::new(), Vec::<[u8; 32]>::new());
    while let Some(read) = stream.next().await {
        let (read, known) = (read?, pieces_known.clone());
        let hash = move || {
            hasher.update(&read);
            let first = seen.len();
            seen.extend(read.chunks(HASHED).map(|piece| <[u8; 32]>::from(Sha256::digest(piece))));
            let equal = known.is_none_or(|known| known.get(first..seen.len()) == seen.get(first..));
            (hasher, seen, equal)
        };
        let equal;
        (hasher, seen, equal) = core.pool.run(hash).await?;
        if !equal {
            return Ok(None);
        }
    }
    Ok(Some(Seen::new(bytes, hasher.finalize().into(), &seen)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(content: &[u8]) -> (Vec<PieceHash>, Vec<[u8; 32]>) {
        let local: Vec<[u8; 32]> =
            content.chunks(HASHED).map(|piece| Sha256::digest(piece).into()).collect();
        let remote = local.iter().enumerate().map(|(i, sha256)| PieceHash {
            offset: (i * HASHED) as u64,
            limit: u32::try_from(HASHED).unwrap(),
            sha256: *sha256,
        });
        (remote.collect(), local)
    }

    #[test]
    fn hashes_prove_equality_difference_or_nothing() {
        let content = vec![7; 2 * HASHED + 5];
        let (mut remote, local) = hashes(&content);
        let bytes = content.len() as u64;
        remote.reverse();
        assert_eq!(match_pieces(remote.clone(), &local, bytes), Some(true));
        remote[0].sha256[3] ^= 1;
        assert_eq!(match_pieces(remote.clone(), &local, bytes), Some(false));
        assert_eq!(match_pieces(remote[1..].to_vec(), &local, bytes), None, "a gap proves nothing");
    }

    #[test]
    fn a_file_is_read_once_and_kept_only_if_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let content: Vec<u8> = (0..HASHED + 9).map(|i| u8::try_from(i % 251).unwrap()).collect();
        std::fs::write(&path, &content).unwrap();
        let local = read_local(&path, 1 << 20).unwrap();
        assert_eq!(local.content.as_deref(), Some(&content[..]));
        assert_eq!(local.expected.sha256, <[u8; 32]>::from(Sha256::digest(&content)));
        assert_eq!(local.expected.pieces.unwrap().to_vec(), hashes(&content).1);
        assert!(read_local(&path, 10).unwrap().content.is_none());
        assert!(read_local(path.parent().unwrap(), 10).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_longer_than_it_says_is_given_up_at_once() {
        assert!(read_local(Path::new("/dev/zero"), 10).is_err());
        // A plain file of no length at all by its metadata.
        let error = read_local(Path::new("/proc/self/status"), 10).err().unwrap();
        assert!(error.to_string().contains("changed"), "{error}");
    }
}
