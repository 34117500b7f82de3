//! MTProto over TCP, the server's end: listening, framing, key exchange, encryption, sessions, and the line's qualities.
//! What a call means is none of its business: that is `rpc`.
//! Each connection has a reading task, a writing task, and a task for each request under way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::held::lock;
use super::server::Server;

mod connection;
pub(crate) mod crypto;
mod frame;
mod handshake;
mod incoming;
pub(crate) mod line;
pub(crate) mod listeners;
pub(crate) mod messages;
mod outgoing;
mod request;
mod salts;
mod service;
pub(crate) mod session;

/// More than any client opens; a leak of one should show as refused connections, not as memory.
const MOST_CONNECTIONS: usize = 2048;

/// The open connections, each with its switch.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    last: AtomicU64,
    open: Mutex<HashMap<u64, watch::Sender<bool>>>,
}

impl Connections {
    /// A new connection's number and its switch; `None` when there are too many.
    fn open(&self) -> Option<(u64, watch::Sender<bool>)> {
        let mut open = lock(&self.open);
        if open.len() >= MOST_CONNECTIONS {
            return None;
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let switch = watch::Sender::new(false);
        open.insert(number, switch.clone());
        Some((number, switch))
    }

    fn close(&self, number: u64) {
        lock(&self.open).remove(&number);
    }

    /// Cuts all that are open now.
    pub(crate) fn cut_all(&self) {
        for switch in lock(&self.open).values() {
            switch.send_replace(true);
        }
    }
}

/// Accepts connections of one data centre until the sandbox stops.
pub(crate) async fn accept(server: Arc<Server>, dc: i32, listener: TcpListener) {
    let mut stopping = server.stopping();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                if let Some((number, switch)) = server.connections.open() {
                    tokio::spawn(connection::serve(
                        Arc::clone(&server),
                        dc,
                        stream,
                        number,
                        switch,
                    ));
                } else {
                    tracing::warn!("too many connections: one is refused");
                }
            }
            Err(cause) => {
                // Out of descriptors, most likely: let some go before trying again.
                tracing::warn!(%cause, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
