//! The boxes of ISO base media files (MP4, MOV, HEIC, AVIF): a walk over bytes in memory.
//!
//! Lengths come from the file and are never believed beyond the bytes that are there.

/// One box: its four-letter kind and what is in it.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) kind: [u8; 4],
    pub(super) body: &'a [u8],
}

/// The boxes that stand one after the other in `bytes`. A last one that is cut off is given with
/// the part that is there.
pub(super) fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    std::iter::from_fn(move || {
        let (header, length) = header(bytes)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let end = if length == 0 { bytes.len() } else { length.min(bytes.len()) };
        let kind = bytes.get(4..8)?.try_into().ok()?;
        let body = bytes.get(header..end)?;
        bytes = &bytes[end..];
        Some(Piece { kind, body })
    })
}

/// Length of the header and of the whole box (0: up to the end) at the start of `bytes`; `None`
/// where there is none or its length is impossible.
pub(super) fn header(bytes: &[u8]) -> Option<(usize, u64)> {
    let short = u64::from(be32(bytes, 0)?);
    let _kind = bytes.get(4..8)?;
    match short {
        0 => Some((8, 0)),
        1 => {
            let long = be64(bytes, 8)?;
            (long >= 16).then_some((16, long))
        }
        2..8 => None,
        _ => Some((8, short)),
    }
}

/// The body of the first box of `kind` in `bytes`.
pub(super) fn find(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    pieces(bytes).find(|piece| piece.kind == kind).map(|piece| piece.body)
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(super) fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
