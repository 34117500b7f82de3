//! Packets on a byte stream: the full, abridged and intermediate transports, recognised by how a client begins.
//! <https://core.telegram.org/mtproto/mtproto-transports>. Lengths are checked before anything is allocated.
//! Reading runs on the connection's reading task, packing on its writing task.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use grammers_crypto::DequeBuffer;
use grammers_mtproto::transport::{Full, Transport};
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};

use super::crypto;
use super::line::Line;

/// Telegram takes no more than 1 MiB of payload; this leaves room for what is around it.
const LARGEST: usize = (1 << 20) + (64 << 10);
/// Bytes that a rate is applied to at once.
const CHUNK: usize = 32 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Full,
    Abridged,
    Intermediate,
    Padded,
}

/// A packet's bytes and where in them its payload is.
#[derive(Debug)]
pub(super) struct Packet {
    pub bytes: Vec<u8>,
    pub payload: Range<usize>,
}

pub(super) struct FrameReader<R> {
    stream: BufReader<R>,
    kind: Kind,
    full: Full,
    /// Bytes of the first packet that were read to recognise the transport.
    read_ahead: Option<[u8; 4]>,
    line: Arc<Line>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads as much as it takes to know the transport.
    pub(super) async fn recognise(stream: R, line: Arc<Line>) -> io::Result<Self> {
        let mut stream = BufReader::with_capacity(64 << 10, stream);
        let mut head = [0; 4];
        stream.read_exact(&mut head[..1]).await?;
        let mut read_ahead = None;
        let kind = if head[0] == 0xef {
            Kind::Abridged
        } else {
            stream.read_exact(&mut head[1..]).await?;
            match head {
                [0xee, 0xee, 0xee, 0xee] => Kind::Intermediate,
                [0xdd, 0xdd, 0xdd, 0xdd] => Kind::Padded,
                _ => {
                    read_ahead = Some(head);
                    Kind::Full
                }
            }
        };
        Ok(Self { stream, kind, full: Full::new(), read_ahead, line })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The next packet. Not to be cancelled and called again.
    pub(super) async fn next(&mut self) -> io::Result<Packet> {
        let packet = match self.kind {
            Kind::Full => self.full_packet().await?,
            Kind::Abridged => {
                let mut head = [0; 4];
                self.stream.read_exact(&mut head[..1]).await?;
                // The highest bit asks for a quick acknowledgement, which is a wish only.
                let mut words = usize::from(head[0] & 0x7f);
                if words == 0x7f {
                    self.stream.read_exact(&mut head[..3]).await?;
                    words = usize::from(head[0])
                        | usize::from(head[1]) << 8
                        | usize::from(head[2]) << 16;
                }
                self.payload(words * 4).await?
            }
            Kind::Intermediate | Kind::Padded => {
                let mut head = [0; 4];
                self.stream.read_exact(&mut head).await?;
                let length = (u32::from_le_bytes(head) & 0x7fff_ffff) as usize;
                self.payload(length).await?
            }
        };
        self.line.carried(packet.bytes.len())?;
        Ok(packet)
    }

    async fn full_packet(&mut self) -> io::Result<Packet> {
        let head = if let Some(head) = self.read_ahead.take() {
            head
        } else {
            let mut head = [0; 4];
            self.stream.read_exact(&mut head).await?;
            head
        };
        let length = u32::from_le_bytes(head) as usize;
        if !(12..=LARGEST).contains(&length) || !length.is_multiple_of(4) {
            return Err(invalid("packet length"));
        }
        let mut bytes = vec![0; length];
        bytes[..4].copy_from_slice(&head);
        self.fill(&mut bytes[4..]).await?;
        let unpacked = self.full.unpack(&mut bytes).map_err(|cause| invalid(&cause.to_string()))?;
        Ok(Packet { bytes, payload: unpacked.data_range })
    }

    async fn payload(&mut self, length: usize) -> io::Result<Packet> {
        if !(4..=LARGEST).contains(&length) {
            return Err(invalid("packet length"));
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes).await?;
        let mut end = length;
        if self.kind == Kind::Padded && length > 24 {
            // Up to 15 bytes of noise follow; encrypted data is a multiple of 16 after its header of 24.
            let plain = bytes[..8] == [0; 8];
            end = if plain { length } else { 24 + (length - 24) / 16 * 16 };
        }
        Ok(Packet { bytes, payload: 0..end })
    }

    async fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        if !self.line.is_limited() {
            return self.stream.read_exact(bytes).await.map(drop);
        }
        for chunk in bytes.chunks_mut(CHUNK) {
            self.stream.read_exact(chunk).await?;
            self.line.inbound(chunk.len()).await;
        }
        Ok(())
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Puts frames around payloads; one per connection, since the full transport counts.
pub(super) struct FramePacker {
    kind: Kind,
    full: Full,
}

impl FramePacker {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, full: Full::new() }
    }

    pub(super) fn pack(&mut self, buffer: &mut DequeBuffer<u8>) {
        let length = buffer.len();
        match self.kind {
            Kind::Full => self.full.pack(buffer),
            Kind::Abridged => {
                let words = u32::try_from(length / 4).unwrap_or(u32::MAX).to_le_bytes();
                if length / 4 < 0x7f {
                    buffer.extend_front(&words[..1]);
                } else {
                    buffer.extend_front(&[0x7f, words[0], words[1], words[2]]);
                }
            }
            Kind::Intermediate => {
                buffer.extend_front(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
            }
            Kind::Padded => {
                let noise = crypto::random::<16>();
                buffer.extend(&noise[..usize::from(noise[15] % 16)]);
                buffer.extend_front(&u32::try_from(buffer.len()).unwrap_or(u32::MAX).to_le_bytes());
            }
        }
    }

    /// How the server says that it cannot go on, for instance −404 for an unknown key. The full transport has no
    /// frame for it: Telegram sends the number in place of length, sequence and payload.
    pub(super) fn refusal(&self, code: i32) -> Vec<u8> {
        let code = code.to_le_bytes();
        match self.kind {
            Kind::Full => code.repeat(3),
            Kind::Abridged => [&[1], &code[..]].concat(),
            Kind::Intermediate | Kind::Padded => [4u32.to_le_bytes(), code].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::SharedLine;
    use super::*;
    use crate::sandbox::{Conditions, Faults};

    fn line() -> Arc<Line> {
        Arc::new(Line::new(&Conditions::default(), &Faults::default(), &SharedLine::default()))
    }

    #[tokio::test]
    async fn each_transport_is_recognised_and_read() {
        for (start, kind) in [
            (&[][..], Kind::Full),
            (&[0xef], Kind::Abridged),
            (&[0xee; 4], Kind::Intermediate),
            (&[0xdd; 4], Kind::Padded),
        ] {
            let mut sent = start.to_vec();
            let mut packer = FramePacker::new(kind);
            let payloads = [vec![7u8; 40], vec![8; 24 + 64 * 1024]];
            for payload in &payloads {
                let mut buffer = DequeBuffer::with_capacity(payload.len() + 32, 16);
                buffer.extend(payload);
                packer.pack(&mut buffer);
                sent.extend_from_slice(buffer.as_ref());
            }
            let mut reader = FrameReader::recognise(&sent[..], line()).await.unwrap();
            assert_eq!(reader.kind(), kind);
            for payload in &payloads {
                let packet = reader.next().await.unwrap();
                assert_eq!(&packet.bytes[packet.payload.clone()], &payload[..], "{kind:?}");
            }
        }
    }

    #[tokio::test]
    async fn absurd_lengths_are_refused_before_allocating() {
        for sent in
            [&[0xff, 0xff, 0xff, 0x7f][..], &[8, 0, 0, 0], &[0xee, 0xee, 0xee, 0xee, 0, 0, 0, 0x70]]
        {
            let mut reader = FrameReader::recognise(sent, line()).await.unwrap();
            assert_eq!(reader.next().await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }
}
