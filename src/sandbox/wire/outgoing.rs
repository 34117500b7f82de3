//! The writing half of a connection: numbers, encrypts and frames what goes out, and delays it as the line does.
//! One task a connection; a second one when the line has a round trip.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use grammers_crypto::DequeBuffer;
use grammers_tl_types::Serializable;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};

use super::frame::FramePacker;
use super::line::Line;
use super::session::{Session, Sort, message_id};
use super::{crypto, salts};
use crate::sandbox::accounts::keys::AuthKey;
use crate::sandbox::held::read;
use crate::sandbox::hub::{Outbox, Push};
use crate::sandbox::server::{Server, now};

const RPC_RESULT: u32 = 0xf35c_6d01;
/// Room in front of a message for everything that is put before it.
const FRONT: usize = 64;
/// A buffer that grew beyond this is not kept.
const KEPT: usize = 2 << 20;
/// Bytes a delayed line may hold, in KiB.
const DELAYED_KIB: usize = 64 << 10;
const CHUNK: usize = 32 << 10;

/// Something for the client.
pub(super) enum Out {
    /// `rpc_result`; its permit is a place among the requests under way.
    Answer {
        key: Arc<AuthKey>,
        session: Arc<Session>,
        request: i64,
        result: Arc<Vec<u8>>,
        permit: Option<OwnedSemaphorePermit>,
    },
    /// A service message.
    Service { key: Arc<AuthKey>, session: Arc<Session>, sort: Sort, body: Vec<u8> },
    /// A step of the key exchange.
    Plain(Vec<u8>),
    /// A transport error, after which the connection ends.
    Refuse(i32),
}

pub(super) struct Writer {
    pub server: Arc<Server>,
    pub socket: OwnedWriteHalf,
    pub packer: FramePacker,
    pub line: Arc<Line>,
    pub queue: mpsc::Receiver<Out>,
    pub outbox: Arc<Outbox>,
}

impl Writer {
    /// Writes until the queue ends, the line breaks or a refusal was sent.
    pub(super) async fn run(self) {
        let Self { server, mut socket, packer, line, queue, outbox } = self;
        let mut composer = Composer { server, packer, last_plain: 0, first: true };
        let done = if line.is_delayed() {
            let (sender, receiver) = mpsc::channel(4096);
            let delay = tokio::spawn(delayed(socket, Arc::clone(&line), receiver));
            let done = compose(
                &mut composer,
                queue,
                &outbox,
                Sink::Delayed(sender, Arc::new(Semaphore::new(DELAYED_KIB))),
                &line,
            )
            .await;
            match delay.await {
                Ok(result) => done.and(result),
                Err(_) => done,
            }
        } else {
            let done =
                compose(&mut composer, queue, &outbox, Sink::Socket(&mut socket), &line).await;
            let _ = socket.shutdown().await;
            done
        };
        if let Err(cause) = done {
            tracing::debug!(%cause, "a connection was not written to the end");
        }
    }
}

/// A frame on its way through a delayed line.
type Delayed = (Instant, Vec<u8>, OwnedSemaphorePermit);

enum Sink<'a> {
    Socket(&'a mut OwnedWriteHalf),
    Delayed(mpsc::Sender<Delayed>, Arc<Semaphore>),
}

impl Sink<'_> {
    async fn write(&mut self, bytes: &[u8], line: &Line) -> io::Result<()> {
        match self {
            Self::Socket(socket) => transmit(socket, bytes, line).await,
            Self::Delayed(queue, room) => {
                let kib = u32::try_from(bytes.len() / 1024 + 1).unwrap_or(u32::MAX);
                let room = Arc::clone(room).acquire_many_owned(kib).await;
                let room = room.map_err(|_| io::ErrorKind::BrokenPipe)?;
                let frame = (line.departure(), bytes.to_vec(), room);
                queue.send(frame).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
            }
        }
    }
}

async fn delayed(
    mut socket: OwnedWriteHalf,
    line: Arc<Line>,
    mut frames: mpsc::Receiver<Delayed>,
) -> io::Result<()> {
    while let Some((due, bytes, _room)) = frames.recv().await {
        sleep_until(due).await;
        transmit(&mut socket, &bytes, &line).await?;
    }
    let _ = socket.shutdown().await;
    Ok(())
}

async fn transmit(socket: &mut OwnedWriteHalf, bytes: &[u8], line: &Line) -> io::Result<()> {
    line.carried(bytes.len())?;
    if !line.is_limited() {
        return socket.write_all(bytes).await;
    }
    for chunk in bytes.chunks(CHUNK) {
        line.outbound(chunk.len()).await;
        socket.write_all(chunk).await?;
    }
    Ok(())
}

async fn compose(
    composer: &mut Composer,
    mut queue: mpsc::Receiver<Out>,
    outbox: &Outbox,
    mut sink: Sink<'_>,
    line: &Line,
) -> io::Result<()> {
    let mut buffer = fresh(64 << 10);
    loop {
        let next = tokio::select! {
            biased;
            out = queue.recv() => match out {
                Some(out) => out,
                None => return Ok(()),
            },
            push = outbox.next() => push.into(),
        };
        if let Out::Answer { .. } = &next {
            composer.be_slow_once().await;
            if composer.server.dice.chance(read(&composer.server.faults).garbage) {
                sink.write(&composer.garbage(), line).await?;
                return Ok(());
            }
        }
        if let Out::Refuse(code) = next {
            return sink.write(&composer.packer.refusal(code), line).await;
        }
        let permit = composer.frame(next, &mut buffer);
        sink.write(buffer.as_ref(), line).await?;
        drop(permit);
        if buffer.len() > KEPT {
            buffer = fresh(64 << 10);
        }
    }
}

fn fresh(capacity: usize) -> DequeBuffer<u8> {
    DequeBuffer::with_capacity(capacity, FRONT)
}

struct Composer {
    server: Arc<Server>,
    packer: FramePacker,
    last_plain: i64,
    first: bool,
}

impl From<Push> for Out {
    fn from(Push { key, session, body }: Push) -> Self {
        // The body is shared among receivers; a service message owns its own.
        Self::Service { key, session, sort: Sort::Notice, body: body.to_vec() }
    }
}

impl Composer {
    /// The `slow-first` fault.
    async fn be_slow_once(&mut self) {
        if std::mem::take(&mut self.first) {
            let late: Option<Duration> = read(&self.server.faults).slow_first;
            if let Some(late) = late {
                tokio::time::sleep(late).await;
            }
        }
    }

    /// Looks like a frame of the full transport and is none.
    fn garbage(&self) -> Vec<u8> {
        let mut noise = vec![0; 96];
        self.server.dice.fill(&mut noise);
        noise[..4].copy_from_slice(&96u32.to_le_bytes());
        noise
    }

    /// Makes the whole frame in `buffer`.
    fn frame(&mut self, out: Out, buffer: &mut DequeBuffer<u8>) -> Option<OwnedSemaphorePermit> {
        buffer.clear();
        let mut kept = None;
        match out {
            Out::Answer { key, session, request, result, permit } => {
                kept = permit;
                head(buffer, &key, &session, Sort::Answer, 12 + result.len());
                RPC_RESULT.serialize(buffer);
                request.serialize(buffer);
                buffer.extend(result.as_slice());
                crypto::encrypt(&key.bytes, key.id, buffer);
            }
            Out::Service { key, session, sort, body } => {
                head(buffer, &key, &session, sort, body.len());
                buffer.extend(body.as_slice());
                crypto::encrypt(&key.bytes, key.id, buffer);
            }
            Out::Plain(body) => {
                self.last_plain = message_id(self.last_plain, 1);
                0i64.serialize(buffer);
                self.last_plain.serialize(buffer);
                i32::try_from(body.len()).unwrap_or(i32::MAX).serialize(buffer);
                buffer.extend(body.as_slice());
            }
            Out::Refuse(_) => {}
        }
        self.packer.pack(buffer);
        kept
    }
}

/// Everything of a message before its body.
fn head(buffer: &mut DequeBuffer<u8>, key: &AuthKey, session: &Session, sort: Sort, length: usize) {
    let (id, sequence) = session.next_message(sort);
    salts::at(key, now()).serialize(buffer);
    session.id.serialize(buffer);
    id.serialize(buffer);
    sequence.serialize(buffer);
    i32::try_from(length).unwrap_or(i32::MAX).serialize(buffer);
}
