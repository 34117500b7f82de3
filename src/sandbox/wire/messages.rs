//! What is inside an encrypted packet: one message, or a container of them, any of them perhaps gzipped. Pure.
//! <https://core.telegram.org/mtproto/service_messages>

use std::io::Read;
use std::ops::{Deref, Range};
use std::sync::Arc;

use grammers_tl_types::{Cursor, Deserializable};

const CONTAINER: u32 = 0x73f1_f8dc;
pub(crate) const GZIP: u32 = 0x3072_cfa1;
/// More than this in one container is refused, as by Telegram.
const MOST_IN_CONTAINER: usize = 1020;
/// The largest request, unpacked.
const LARGEST: usize = 2 << 20;

/// Part of a packet's plain text, shared instead of copied.
#[derive(Clone, Debug)]
pub(super) struct Body {
    buffer: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Body {
    pub(super) fn new(buffer: Arc<Vec<u8>>, range: Range<usize>) -> Self {
        Self { buffer, range }
    }

    fn owned(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), buffer: Arc::new(bytes) }
    }

    pub(super) fn part(&self, range: Range<usize>) -> Self {
        Self {
            buffer: Arc::clone(&self.buffer),
            range: self.range.start + range.start..self.range.start + range.end,
        }
    }

    /// The constructor it begins with, 0 if it is too short for one.
    pub(super) fn constructor(&self) -> u32 {
        constructor(self)
    }
}

impl Deref for Body {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }
}

pub(super) fn constructor(body: &[u8]) -> u32 {
    body.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// One message of a client.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub id: i64,
    pub sequence: i32,
    pub body: Body,
}

/// A container that cannot be taken apart: error 64 of `bad_msg_notification`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InvalidContainer;

/// The messages of a packet in their order, unpacked. The second value says whether they came in a container.
pub(super) fn flatten(message: Message) -> Result<(Vec<Message>, bool), InvalidContainer> {
    let message = unzip(message)?;
    if message.body.constructor() != CONTAINER {
        return Ok((vec![message], false));
    }
    let mut inner = Vec::new();
    let mut cursor = Cursor::from_slice(&message.body);
    let mut int = || i32::deserialize(&mut cursor).map_err(|_| InvalidContainer);
    int()?;
    let count = usize::try_from(int()?).map_err(|_| InvalidContainer)?;
    if count > MOST_IN_CONTAINER {
        return Err(InvalidContainer);
    }
    let mut position = 8;
    for _ in 0..count {
        let head = message.body.get(position..position + 16).ok_or(InvalidContainer)?;
        let mut cursor = Cursor::from_slice(head);
        let fields = (|| {
            Ok::<_, grammers_tl_types::deserialize::Error>((
                i64::deserialize(&mut cursor)?,
                i32::deserialize(&mut cursor)?,
                i32::deserialize(&mut cursor)?,
            ))
        })();
        let (id, sequence, length) = fields.map_err(|_| InvalidContainer)?;
        let length = usize::try_from(length).map_err(|_| InvalidContainer)?;
        let end = (position + 16).checked_add(length).filter(|end| *end <= message.body.len());
        let end = end.filter(|_| length.is_multiple_of(4)).ok_or(InvalidContainer)?;
        let one = unzip(Message { id, sequence, body: message.body.part(position + 16..end) })?;
        if one.body.constructor() == CONTAINER {
            return Err(InvalidContainer);
        }
        inner.push(one);
        position = end;
    }
    Ok((inner, true))
}

fn unzip(message: Message) -> Result<Message, InvalidContainer> {
    if message.body.constructor() != GZIP {
        return Ok(message);
    }
    let body = gunzip(&message.body).map(Body::owned).ok_or(InvalidContainer)?;
    Ok(Message { body, ..message })
}

/// Unpacks a `gzip_packed`; `None` when it is damaged or larger than a request may be.
pub(crate) fn gunzip(packed: &[u8]) -> Option<Vec<u8>> {
    let bytes = tl_bytes(packed.get(4..)?)?;
    let mut plain = Vec::with_capacity((bytes.len() + bytes.len() / 4).min(LARGEST));
    flate2::read::GzDecoder::new(bytes).take(LARGEST as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= LARGEST).then_some(plain)
}

/// A TL `bytes` where it lies.
fn tl_bytes(from: &[u8]) -> Option<&[u8]> {
    match *from.first()? {
        254 => {
            let length =
                u32::from_le_bytes([*from.get(1)?, *from.get(2)?, *from.get(3)?, 0]) as usize;
            from.get(4..4 + length)
        }
        255 => None,
        short => from.get(1..1 + usize::from(short)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::Serializable;
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        let mut packed = GZIP.to_bytes();
        encoder.finish().unwrap().serialize(&mut packed);
        packed
    }

    fn message(bytes: Vec<u8>) -> Message {
        Message { id: 4, sequence: 1, body: Body::owned(bytes) }
    }

    fn container(bodies: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = CONTAINER.to_bytes();
        i32::try_from(bodies.len()).unwrap().serialize(&mut bytes);
        for (body, id) in bodies.iter().zip(1i64..) {
            (id * 4).serialize(&mut bytes);
            1i32.serialize(&mut bytes);
            i32::try_from(body.len()).unwrap().serialize(&mut bytes);
            bytes.extend_from_slice(body);
        }
        bytes
    }

    proptest! {
        #[test]
        fn containers_come_apart_as_they_were_put_together(words in proptest::collection::vec(proptest::collection::vec(1u32..99, 1..300), 0..6)) {
            let bodies: Vec<Vec<u8>> = words.iter().map(|body| body.iter().flat_map(|word| word.to_le_bytes()).collect()).collect();
            let sent: Vec<Vec<u8>> = bodies.iter().enumerate().map(|(n, body)| if n % 2 == 0 { body.clone() } else { gzip(body) }).collect();
            // A gzipped body is padded to words by TL's own rules.
            let (messages, contained) = flatten(message(container(&sent))).unwrap();
            prop_assert!(contained);
            prop_assert_eq!(messages.iter().map(|message| message.body.to_vec()).collect::<Vec<_>>(), bodies);
        }

        #[test]
        fn noise_never_panics(mut noise in proptest::collection::vec(any::<u8>(), 0..200), gzipped in any::<bool>()) {
            let kind = if gzipped { GZIP } else { CONTAINER };
            noise.splice(0..0, kind.to_le_bytes());
            let _ = flatten(message(noise));
        }
    }

    #[test]
    fn bombs_and_nested_containers_are_refused() {
        assert!(flatten(message(gzip(&vec![0; LARGEST + 4]))).is_err());
        assert_eq!(flatten(message(gzip(&vec![0; LARGEST]))).unwrap().0[0].body.len(), LARGEST);
        assert!(flatten(message(container(&[container(&[])]))).is_err());
    }
}
