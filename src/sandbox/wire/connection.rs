//! One connection: its reading loop, and the tasks around it.
//! Ends when the client goes, the line breaks, the client stays silent, or the switch is thrown.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::frame::{FramePacker, FrameReader, Packet};
use super::incoming::Incoming;
use super::line::Line;
use super::outgoing::Writer;
use crate::sandbox::held::read;
use crate::sandbox::server::Server;

/// A client that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_mins(15);
/// Answers waiting to be written.
const QUEUE: usize = 64;
/// Bytes a delayed line may hold, in KiB.
const DELAYED_KIB: usize = 64 << 10;

pub(super) async fn serve(
    server: Arc<Server>,
    dc: i32,
    stream: TcpStream,
    number: u64,
    switch: watch::Sender<bool>,
) {
    // Held until the end: whoever stops the sandbox waits for it.
    let stopping = server.stopping();
    let mut cut = switch.subscribe();
    if !*stopping.borrow() {
        tokio::select! {
            ended = talk(&server, dc, stream, number, &switch) => {
                if let Err(cause) = ended {
                    tracing::debug!(connection = number, %cause, "a connection ended");
                }
            }
            _ = cut.wait_for(|cut| *cut) => tracing::debug!(connection = number, "a connection is cut"),
        }
    }
    server.hub.leave(number);
    server.connections.close(number);
}

async fn talk(
    server: &Arc<Server>,
    dc: i32,
    stream: TcpStream,
    number: u64,
    switch: &watch::Sender<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let line = Arc::new(Line::new(&server.options.conditions, &read(&server.faults), &server.line));
    let (reading, writing) = stream.into_split();
    let mut frames = FrameReader::recognise(reading, Arc::clone(&line)).await?;
    let (queue, queued) = mpsc::channel(QUEUE);
    let outbox = Arc::default();
    let writer = Writer {
        server: Arc::clone(server),
        socket: writing,
        packer: FramePacker::new(frames.kind()),
        line: Arc::clone(&line),
        queue: queued,
        outbox: Arc::clone(&outbox),
    };
    let (mut cut, stopping) = (switch.subscribe(), server.stopping());
    let broken = switch.clone();
    tokio::spawn(async move {
        let _stopping = stopping;
        tokio::select! {
            () = writer.run() => drop(broken.send_replace(true)),
            _ = cut.wait_for(|cut| *cut) => {}
        }
    });
    let mut incoming = Incoming::new(Arc::clone(server), dc, number, queue, outbox, switch.clone());
    if !line.is_delayed() {
        loop {
            let deadline = incoming.deadline(SILENCE);
            let packet = tokio::select! {
                packet = frames.next() => packet?,
                () = sleep_until(deadline) => return Err(io::ErrorKind::TimedOut.into()),
            };
            incoming.packet(packet).await?;
        }
    }
    // The bytes are on their way while others are being read: a delay, not a queue.
    let (sender, mut arriving) = mpsc::channel::<(Instant, Packet, _)>(4096);
    let room = Arc::new(Semaphore::new(DELAYED_KIB));
    let on_the_way = async move {
        loop {
            let packet = frames.next().await?;
            let kib = u32::try_from(packet.bytes.len() / 1024 + 1).unwrap_or(u32::MAX);
            let room = Arc::clone(&room).acquire_many_owned(kib).await;
            let arrives = line.arrival();
            if sender.send((arrives, packet, room)).await.is_err() {
                return Ok::<(), io::Error>(());
            }
        }
    };
    let arrived = async {
        loop {
            let deadline = incoming.deadline(SILENCE);
            let next = tokio::select! {
                next = arriving.recv() => next,
                () = sleep_until(deadline) => return Err(io::ErrorKind::TimedOut.into()),
            };
            let Some((arrives, packet, _room)) = next else { return Ok(()) };
            sleep_until(arrives).await;
            incoming.packet(packet).await?;
        }
    };
    // What was sent before the client closed still arrives.
    let (sent, received) = tokio::join!(on_the_way, arrived);
    sent.and(received)
}
