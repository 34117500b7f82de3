//! MTProto over one connection, without the connection: requests in, bytes out; bytes in, answers
//! out. No thread, no I/O. Encrypts and decrypts where it is called: half a megabyte takes about a
//! millisecond. Nothing is compressed, because photographs are already.

use grammers_crypto::DequeBuffer;
use grammers_mtproto::MsgId;
use grammers_mtproto::mtp::{self, Deserialization, Mtp as _};
use grammers_mtproto::transport::{self, Transport as _};

/// Packets stay below one megabyte; a little more for what wraps them.
const LARGEST_PACKET: usize = 1024 * 1024 + 64 * 1024;
/// To begin with: enough for everything but pieces of files.
const SMALL: usize = 64 * 1024;
/// Room for what is put in front of a request.
const HEAD_ROOM: usize = mtp::MAX_TRANSPORT_HEADER_LEN
    + mtp::ENCRYPTED_PACKET_HEADER_LEN
    + mtp::PLAIN_PACKET_HEADER_LEN
    + mtp::MESSAGE_CONTAINER_HEADER_LEN;

/// Why a stream of bytes is not MTProto.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    /// The server does not know the key: −404.
    #[error("the server does not know our key")]
    UnknownKey,
    /// Anything else.
    #[error("{0}")]
    Senseless(String),
}

/// The state of the protocol, and what is to be written.
pub(super) struct Wire {
    mtp: mtp::Encrypted,
    transport: transport::Full,
    out: DequeBuffer<u8>,
    written: usize,
}

/// What was read and is not a whole packet yet.
pub(super) struct Inbox {
    buffer: Vec<u8>,
    filled: usize,
}

impl Wire {
    pub(super) fn new(key: &[u8; 256]) -> Self {
        Self {
            mtp: mtp::Encrypted::build().compression_threshold(None).finish(*key),
            transport: transport::Full::new(),
            out: DequeBuffer::with_capacity(SMALL, HEAD_ROOM),
            written: 0,
        }
    }

    /// Takes a request into the packet being made; `None` when it does not fit, or while the
    /// server owes an answer to the protocol itself.
    pub(super) fn push(&mut self, request: &[u8]) -> Option<MsgId> {
        self.mtp.push(&mut self.out, request)
    }

    /// Closes the packet. `None`: there was nothing to send.
    pub(super) fn seal(&mut self) -> Option<MsgId> {
        let id = self.mtp.finalize(&mut self.out)?;
        self.transport.pack(&mut self.out);
        Some(id)
    }

    /// Whether everything was written, so that a new packet may be made.
    pub(super) fn is_written(&self) -> bool {
        self.out.is_empty()
    }

    pub(super) fn unwritten(&self) -> &[u8] {
        &self.out[self.written..]
    }

    pub(super) fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
        if self.written >= self.out.len() {
            self.out.clear();
            self.written = 0;
        }
    }

    /// Reads whatever whole packets the inbox has.
    pub(super) fn read(&mut self, inbox: &mut Inbox) -> Result<Vec<Deserialization>, WireError> {
        let mut answers = Vec::new();
        let mut start = 0;
        while start < inbox.filled {
            let rest = &mut inbox.buffer[start..inbox.filled];
            let packet = match self.transport.unpack(rest) {
                Ok(packet) => packet,
                Err(transport::Error::MissingBytes) => break,
                Err(transport::Error::BadStatus { status: 404 }) => {
                    return Err(WireError::UnknownKey);
                }
                Err(error) => return Err(WireError::Senseless(error.to_string())),
            };
            let mut read = self
                .mtp
                .deserialize(&mut rest[packet.data_range])
                .map_err(|error| WireError::Senseless(error.to_string()))?;
            answers.append(&mut read);
            start += packet.next_offset;
        }
        inbox.drop_front(start);
        Ok(answers)
    }
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; SMALL], filled: 0 }
    }

    /// Where the next bytes go. Grows as the packet that is arriving says, up to a limit.
    pub(super) fn room(&mut self) -> Result<&mut [u8], WireError> {
        if let Some(&[a, b, c, d]) = self.buffer[..self.filled].first_chunk::<4>() {
            // Negative lengths are errors of the transport: it reads them itself.
            let length = usize::try_from(i32::from_le_bytes([a, b, c, d])).unwrap_or(0);
            if length > LARGEST_PACKET {
                return Err(WireError::Senseless(format!("a packet of {length} bytes")));
            }
            if length > self.buffer.len() {
                self.buffer.resize(length, 0);
            }
        }
        if self.filled == self.buffer.len() {
            return Err(WireError::Senseless("a packet without an end".into()));
        }
        Ok(&mut self.buffer[self.filled..])
    }

    pub(super) fn got(&mut self, bytes: usize) {
        self.filled += bytes;
    }

    fn drop_front(&mut self, bytes: usize) {
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_may_not_be_larger_than_any_real_one() {
        let mut inbox = Inbox::new();
        inbox.room().unwrap()[..4].copy_from_slice(&i32::MAX.to_le_bytes());
        inbox.got(4);
        assert!(inbox.room().is_err());
    }

    #[test]
    fn room_grows_to_the_packet_and_not_beyond() {
        let mut inbox = Inbox::new();
        inbox.room().unwrap()[..4].copy_from_slice(&600_000i32.to_le_bytes());
        inbox.got(4);
        assert_eq!(inbox.room().unwrap().len(), 600_000 - 4);
    }

    #[test]
    fn an_unknown_key_is_told_from_nonsense() {
        let mut wire = Wire::new(&[7; 256]);
        let mut inbox = Inbox::new();
        inbox.room().unwrap()[..4].copy_from_slice(&(-404i32).to_le_bytes());
        inbox.got(4);
        assert!(matches!(wire.read(&mut inbox), Err(WireError::UnknownKey)));
    }

    #[test]
    fn what_is_written_in_pieces_is_written_once() {
        let mut wire = Wire::new(&[7; 256]);
        assert!(wire.is_written());
        wire.push(&[1; 400]).unwrap();
        wire.seal().unwrap();
        let whole = wire.unwritten().len();
        wire.wrote(100);
        assert_eq!(wire.unwritten().len(), whole - 100);
        wire.wrote(whole - 100);
        assert!(wire.is_written() && wire.seal().is_none());
    }
}
