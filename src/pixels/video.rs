//! Duration and size of a video from the header of its MP4 or MOV file.
//!
//! Reads boxes, never frames. Other containers answer with zeros: the window copes.

use std::io::{Read, Seek, SeekFrom};

use super::boxes::{self, be32, be64};
use crate::model::PixelSize;

/// More boxes than this before `moov` is no file of a camera.
const MAX_BOXES: usize = 4096;
/// The header of hours of video stays well below; a longer one is read up to here.
const MAX_HEADER_BYTES: u64 = 32 << 20;

/// Duration in whole seconds (rounded, at least 1 where there is any) and upright size from an
/// MP4 or MOV header, wherever in the file it stands. Zeros where `file` does not say, or cannot
/// be read.
pub fn video_facts(file: &mut (impl Read + Seek)) -> (u32, PixelSize) {
    movie_header(file).map(|moov| (seconds(&moov).unwrap_or(0), size(&moov))).unwrap_or_default()
}

/// The body of `moov`.
fn movie_header(file: &mut (impl Read + Seek)) -> Option<Vec<u8>> {
    let mut at = 0_u64;
    for _ in 0..MAX_BOXES {
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut start = Vec::with_capacity(16);
        file.take(16).read_to_end(&mut start).ok()?;
        let (header, length) = boxes::header(&start)?;
        let header = u64::try_from(header).ok()?;
        if start.get(4..8)? == b"moov" {
            file.seek(SeekFrom::Start(at.checked_add(header)?)).ok()?;
            let body = if length == 0 { MAX_HEADER_BYTES } else { length.saturating_sub(header) };
            let mut moov = vec![];
            // Grows with what is really there, not with what the length claims.
            file.take(body.min(MAX_HEADER_BYTES)).read_to_end(&mut moov).ok()?;
            return Some(moov);
        }
        if length == 0 {
            return None;
        }
        at = at.checked_add(length)?;
    }
    None
}

fn seconds(moov: &[u8]) -> Option<u32> {
    let mvhd = boxes::find(moov, *b"mvhd")?;
    let (scale, mut duration) = match *mvhd.first()? {
        1 => (be32(mvhd, 20)?, be64(mvhd, 24)?),
        _ => (be32(mvhd, 12)?, u64::from(be32(mvhd, 16)?)),
    };
    if duration == 0 {
        // Fragmented files tell their length apart.
        let mehd = boxes::find(boxes::find(moov, *b"mvex")?, *b"mehd")?;
        duration = match *mehd.first()? {
            1 => be64(mehd, 4)?,
            _ => u64::from(be32(mehd, 4)?),
        };
    }
    // All ones means "not known".
    if scale == 0 || duration == 0 || duration == u64::from(u32::MAX) || duration == u64::MAX {
        return None;
    }
    let scale = u64::from(scale);
    let rounded = duration.saturating_add(scale / 2) / scale;
    u32::try_from(rounded.max(1)).ok()
}

/// The size of the largest track, turned as its matrix says.
fn size(moov: &[u8]) -> PixelSize {
    boxes::pieces(moov)
        .filter(|piece| &piece.kind == b"trak")
        .filter_map(|trak| track_size(boxes::find(trak.body, *b"tkhd")?))
        .max_by_key(|size| size.pixels())
        .unwrap_or_default()
}

fn track_size(tkhd: &[u8]) -> Option<PixelSize> {
    let matrix = if *tkhd.first()? == 1 { 52 } else { 40 };
    let turned = be32(tkhd, matrix)? == 0 && be32(tkhd, matrix + 16)? == 0;
    // 16.16 fixed point.
    let size = PixelSize::new(be32(tkhd, matrix + 36)? >> 16, be32(tkhd, matrix + 40)? >> 16);
    Some(if turned { size.transposed() } else { size })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn piece(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(&kind);
        bytes.extend_from_slice(body);
        bytes
    }

    fn movie(scale: u32, duration: u32, size: PixelSize, turned: bool) -> Vec<u8> {
        let mut mvhd = vec![0; 100];
        mvhd[12..16].copy_from_slice(&scale.to_be_bytes());
        mvhd[16..20].copy_from_slice(&duration.to_be_bytes());
        let mut tkhd = vec![0; 84];
        let one = 0x1_0000_u32.to_be_bytes();
        for at in if turned { [44, 52] } else { [40, 56] } {
            tkhd[at..at + 4].copy_from_slice(&one);
        }
        tkhd[76..80].copy_from_slice(&(size.width << 16).to_be_bytes());
        tkhd[80..84].copy_from_slice(&(size.height << 16).to_be_bytes());
        let sound = piece(*b"trak", &piece(*b"tkhd", &[0; 84]));
        let sight = piece(*b"trak", &piece(*b"tkhd", &tkhd));
        let moov = piece(*b"moov", &[piece(*b"mvhd", &mvhd), sound, sight].concat());
        // As cameras write: the header comes last.
        [piece(*b"ftyp", b"isom\0\0\0\0"), piece(*b"mdat", &[7; 5000]), moov].concat()
    }

    #[test]
    fn a_video_tells_its_length_and_how_it_was_held() {
        let size = PixelSize::new(1920, 1080);
        let read = |bytes: Vec<u8>| video_facts(&mut Cursor::new(bytes));
        assert_eq!(read(movie(600, 7_500, size, false)), (13, size));
        assert_eq!(read(movie(600, 60, size, true)), (1, PixelSize::new(1080, 1920)));
        assert_eq!(read(movie(0, 7_500, size, false)).0, 0);
        assert_eq!(read(b"no video".to_vec()), (0, PixelSize::default()));
    }

    #[test]
    fn lengths_that_lie_are_survived() {
        let mut endless = piece(*b"ftyp", b"isom");
        endless.extend_from_slice(&1_u32.to_be_bytes());
        endless.extend_from_slice(b"moov");
        endless.extend_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(video_facts(&mut Cursor::new(endless)), (0, PixelSize::default()));
        let mut stuck = 4_u32.to_be_bytes().to_vec();
        stuck.extend_from_slice(b"free");
        assert_eq!(video_facts(&mut Cursor::new(stuck)), (0, PixelSize::default()));
    }

    proptest! {
        #[test]
        fn no_bytes_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..5400, patch in any::<[u8; 6]>()) {
            let _ = video_facts(&mut Cursor::new(&bytes));
            let mut damaged = movie(600, 600, PixelSize::new(64, 48), false);
            let at = at.min(damaged.len() - patch.len());
            damaged[at..at + patch.len()].copy_from_slice(&patch);
            let _ = video_facts(&mut Cursor::new(&damaged));
            damaged.truncate(at);
            let _ = video_facts(&mut Cursor::new(&damaged));
        }
    }
}
