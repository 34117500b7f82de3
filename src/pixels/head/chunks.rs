//! Where the EXIF of a PNG or a `WebP` is: in a chunk that may stand behind the picture. Where so
//! many chunks lie between that their lengths do not lead there, it is looked for in the file's
//! last bytes, and believed where the chunks from there on lead to the end.

use super::parts::{Gap, Read, View};
use super::{Found, Look, found_in};

/// The end of a PNG: a chunk without content.
const PNG_END: u64 = 12;

/// A chunk: its kind, where it begins, its content.
struct Chunk<'a> {
    kind: [u8; 4],
    body: Read<View<'a>>,
    next: u64,
}

/// Reads the date of a PNG.
pub(super) fn png(file: View<'_>) -> Found {
    let mut at = 8;
    loop {
        match png_chunk(file, at) {
            Ok(chunk) if &chunk.kind == b"eXIf" => return found_in(chunk.body),
            Ok(chunk) if &chunk.kind == b"IEND" => return Found::default(),
            Ok(chunk) => at = chunk.next,
            Err(Gap::NotAtHand(_)) => break,
            Err(Gap::Nowhere) => return Found::default(),
        }
    }
    if file.len() <= at.saturating_add(PNG_END) {
        return Found::default();
    }
    by_name(file, *b"eXIf", &|at| {
        let chunk = png_chunk(file, at.checked_sub(4)?).ok()?;
        let mut next = chunk.next;
        loop {
            let behind = png_chunk(file, next).ok()?;
            if &behind.kind == b"IEND" {
                return Some(chunk.body);
            }
            next = behind.next;
        }
    })
}

fn png_chunk(file: View<'_>, at: u64) -> Read<Chunk<'_>> {
    let (length, kind) = (u64::from(file.be32(at)?), file.array::<4>(at + 4)?);
    if !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(Gap::Nowhere);
    }
    Ok(Chunk { kind, body: file.at(at + 8, length), next: at + 12 + length })
}

/// Reads the date of a `WebP`.
pub(super) fn webp(file: View<'_>) -> Found {
    // Only the extended kind has EXIF, and says whether it has.
    let says_so = file.bytes(12, 4) == Ok(b"VP8X") && file.array(20).is_ok_and(|[f]| f & 8 != 0);
    if !says_so {
        return Found::default();
    }
    let mut at = 12;
    let mut frames = false;
    loop {
        match webp_chunk(file, at) {
            Ok(chunk) if &chunk.kind == b"EXIF" => return found_in(exif_of(chunk.body)),
            Ok(chunk) => {
                frames |= &chunk.kind == b"ANMF";
                at = chunk.next;
            }
            // An animation has a chunk for each frame.
            Err(Gap::NotAtHand(_)) if frames => break,
            Err(Gap::NotAtHand(at)) => return Found::look(Look::From(at)),
            Err(Gap::Nowhere) => return Found::default(),
        }
    }
    by_name(file, *b"EXIF", &|at| {
        let chunk = webp_chunk(file, at).ok()?;
        let mut next = chunk.next;
        while next < file.len() {
            next = webp_chunk(file, next).ok()?.next;
        }
        (next == file.len()).then(|| exif_of(chunk.body))
    })
}

fn webp_chunk(file: View<'_>, at: u64) -> Read<Chunk<'_>> {
    let (kind, length) = (file.array::<4>(at)?, u64::from(file.le32(at + 4)?));
    Ok(Chunk { kind, body: file.at(at + 8, length), next: at + 8 + length.next_multiple_of(2) })
}

/// Some programs write what stands before the block in a JPEG.
fn exif_of(body: Read<View<'_>>) -> Read<View<'_>> {
    let body = body?;
    if body.bytes(0, 6)? == b"Exif\0\0" { body.at(6, u64::MAX) } else { Ok(body) }
}

/// Looks for a chunk's name in the piece of the file that is at hand beside its beginning;
/// `chunk` gives its content where that name is one and not part of the picture.
fn by_name<'a>(
    file: View<'a>,
    name: [u8; 4],
    chunk: &dyn Fn(u64) -> Option<Read<View<'a>>>,
) -> Found {
    let (from, tail) = file.parts().more();
    if tail.is_empty() {
        return Found::look(Look::Tail);
    }
    let mut places = tail.windows(4).zip(from..).filter(|(window, _)| *window == name);
    places.find_map(|(_, at)| chunk(at)).map_or_else(Found::default, found_in)
}
