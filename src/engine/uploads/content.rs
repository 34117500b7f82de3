//! What is sent of a file: all of it, or what is left without that which the user wants out of it.
//! The file itself is never touched; the copy exists only in the parts that are sent. Blocking; on
//! the pool, or where files may be read.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::prepare::Unfit;
use crate::engine::compare::{Hashing, Local, read_local};
use crate::engine::runtime::lock;
use crate::engine::walk::sentence;
use crate::model::Strip;
use crate::pixels::{self, Span};

/// Files larger than this are not stripped: that takes them whole.
const MOST: u64 = 256 * 1024 * 1024;

/// A plan over a file; all of it where there is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content(Option<Arc<[Span]>>);

/// Reads a file: its hashes are those of what is sent; the content that is kept, up to `keep`
/// bytes, is the file's own.
pub(crate) fn read(
    path: &Path,
    keep: u64,
    strip: Option<Strip>,
) -> Result<(Local, Content), Unfit> {
    let unreadable = |error: std::io::Error| Unfit::Fail(sentence(&error));
    let Some(strip) = strip else {
        return Ok((read_local(path, keep).map_err(unreadable)?, Content::default()));
    };
    let mut local = read_local(path, MOST).map_err(unreadable)?;
    let Some(file) = &local.content else {
        return Err(Unfit::Fail(
            "The file is too large to take anything out of it. Send it without that choice".into(),
        ));
    };
    let spans = pixels::strip(file, strip).map_err(|error| Unfit::Fail(error.to_string()))?;
    if let Some(spans) = &spans {
        let mut hashing = Hashing::default();
        for span in spans {
            hashing.update(match span {
                Span::Keep(range) => file.get(range.clone()).unwrap_or_default(),
                Span::Put(bytes) => bytes,
            });
        }
        local.expected = hashing.done();
    }
    if local.stamp.bytes > keep {
        local.content = None;
    }
    Ok((local, Content(spans.map(Into::into))))
}

impl Content {
    /// `length` bytes from `offset` of what is sent. The file must be the one that was read.
    pub(crate) fn part(
        &self,
        file: &Mutex<File>,
        offset: u64,
        length: usize,
    ) -> std::io::Result<Vec<u8>> {
        let mut part = vec![0; length];
        let mut file = lock(file);
        let Some(spans) = &self.0 else {
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(&mut part)?;
            return Ok(part);
        };
        let (mut skip, mut filled) = (usize::try_from(offset).unwrap_or(usize::MAX), 0);
        for span in spans.iter() {
            let size = match span {
                Span::Keep(range) => range.len(),
                Span::Put(bytes) => bytes.len(),
            };
            if skip >= size {
                skip -= size;
                continue;
            }
            let taken = (size - skip).min(length - filled);
            let Some(room) = part.get_mut(filled..filled + taken) else { break };
            match span {
                Span::Keep(range) => {
                    file.seek(SeekFrom::Start((range.start + skip) as u64))?;
                    file.read_exact(room)?;
                }
                Span::Put(bytes) => {
                    room.copy_from_slice(bytes.get(skip..skip + taken).unwrap_or_default());
                }
            }
            (skip, filled) = (0, filled + taken);
            if filled == length {
                return Ok(part);
            }
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Part by part it is what was planned, wherever the parts are cut.
        #[test]
        fn parts_add_up_to_the_plan(
            plan in proptest::collection::vec(
                prop_oneof![
                    (0..90usize, 0..40usize).prop_map(|(at, length)| {
                        Span::Keep(at..(at + length).min(100))
                    }),
                    proptest::collection::vec(any::<u8>(), 0..30).prop_map(Span::Put),
                ],
                0..8,
            ),
            size in 1usize..50,
        ) {
            let file: Vec<u8> = (0..100).collect();
            let whole: Vec<u8> = plan.iter().flat_map(|span| match span {
                Span::Keep(range) => file[range.clone()].to_vec(),
                Span::Put(bytes) => bytes.clone(),
            }).collect();
            let mut open = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut open, &file).unwrap();
            let open = Mutex::new(open);
            let content = Content(Some(plan.into()));
            for (at, part) in whole.chunks(size).enumerate() {
                let read = content.part(&open, (at * size) as u64, part.len()).unwrap();
                prop_assert_eq!(&read, part);
            }
            prop_assert!(content.part(&open, whole.len() as u64, 1).is_err());
        }
    }
}
