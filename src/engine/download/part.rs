//! The `.part` file of one photo: opened where it goes on, and what in it cannot be trusted.
//! Blocking; on the pool.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::engine::originals::{ALIGN, PIECE};
use crate::telegram::PieceHash;

/// Copies into a file of its own making: the store's files are for nobody else's eyes, the
/// user's have the mode that new files have here.
pub(super) fn copy(from: &Path, to: &Path) -> std::io::Result<u64> {
    std::io::copy(&mut File::open(from)?, &mut File::create(to)?)
}

/// Opens or makes a `.part` file; how much of it to build on. `whole`: all of it is there.
pub(super) fn open(path: &Path, whole: bool) -> std::io::Result<(File, u64)> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let length = file.metadata()?.len();
    // The last piece may have been cut short by a kill.
    let have = if whole { length } else { length / PIECE * PIECE / ALIGN * ALIGN };
    Ok((file, have))
}

pub(super) fn write(file: &mut File, at: u64, bytes: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

/// What of the first `have` bytes has to be fetched anew. After a power cut a file may have its
/// length but not its content. `hashes` tell where there are any; elsewhere a block of nothing but
/// zeros, which is what file systems leave then, is not believed.
pub(super) fn doubtful(
    file: &mut File,
    have: u64,
    hashes: &[PieceHash],
) -> std::io::Result<Vec<Range<u64>>> {
    let hashes: BTreeMap<u64, &PieceHash> =
        hashes.iter().map(|piece| (piece.offset, piece)).collect();
    let mut doubtful: Vec<Range<u64>> = Vec::new();
    let mut buffer = Vec::new();
    let mut at = 0;
    file.rewind()?;
    while at < have {
        let hash = hashes.get(&at).filter(|piece| {
            let limit = u64::from(piece.limit);
            (1..=PIECE).contains(&limit) && limit <= have - at
        });
        let length = hash.map_or(ALIGN.min(have - at), |piece| u64::from(piece.limit));
        buffer.resize(usize::try_from(length).unwrap_or_default(), 0);
        file.read_exact(&mut buffer)?;
        let is_good = match hash {
            Some(piece) => Sha256::digest(&buffer)[..] == piece.sha256[..],
            None => buffer.iter().any(|byte| *byte != 0),
        };
        let end = at + length;
        match doubtful.last_mut() {
            _ if is_good => {}
            Some(last) if last.end == at => last.end = end,
            _ => doubtful.push(at..end),
        }
        at = end;
    }
    Ok(doubtful)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_file_goes_on_at_a_whole_piece() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("a.part");
        std::fs::write(&part, vec![1; usize::try_from(PIECE).unwrap() + 77]).unwrap();
        assert_eq!(open(&part, false).unwrap().1, PIECE);
        assert_eq!(open(&part, true).unwrap().1, PIECE + 77);
    }

    #[test]
    fn what_a_power_cut_took_is_fetched_anew() {
        const HASHED: u64 = 128 * 1024;
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("a.part");
        let mut content = vec![7; usize::try_from(PIECE).unwrap()];
        let hashes: Vec<PieceHash> = content
            .chunks(usize::try_from(HASHED).unwrap())
            .zip(0..)
            .map(|(piece, n)| PieceHash {
                offset: n * HASHED,
                limit: u32::try_from(HASHED).unwrap(),
                sha256: Sha256::digest(piece).into(),
            })
            .collect();
        let zeros = PIECE - 2 * ALIGN - 100;
        content[usize::try_from(zeros).unwrap()..].fill(0);
        content[5] = 8;
        std::fs::write(&part, content).unwrap();
        let (mut file, have) = open(&part, false).unwrap();
        let found = doubtful(&mut file, have, &hashes).unwrap();
        assert_eq!(found, [0..HASHED, PIECE - HASHED..PIECE]);
        let found = doubtful(&mut file, have, &[]).unwrap();
        let zeros_only = std::slice::from_ref(&(PIECE - 2 * ALIGN..PIECE)).to_vec();
        assert_eq!(found, zeros_only, "without hashes only zeros are seen");
        let found = doubtful(&mut file, have, &hashes[..1]).unwrap();
        assert_eq!(found, [0..HASHED, PIECE - 2 * ALIGN..PIECE]);
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_is_as_open_as_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let [from, to, other] = ["a", "b", "c"].map(|name| folder.path().join(name));
        std::fs::write(&from, b"picture").unwrap();
        std::fs::set_permissions(&from, PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(copy(&from, &to).unwrap(), 7);
        std::fs::write(&other, b"").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&to), mode(&other));
    }
}
