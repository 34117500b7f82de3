//! The reading half of a connection: what each packet of a client means for the protocol, and which calls it makes.
//! Checks key, time, salt and session; answers service messages at once; each call gets a task of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use grammers_tl_types::{Cursor, Deserializable, Serializable, enums, types};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

use super::frame::Packet;
use super::handshake::Exchange;
use super::messages::{Body, Message, flatten};
use super::outgoing::Out;
use super::request::Request;
use super::session::{Begin, Session, Sort};
use super::{crypto, salts};
use crate::sandbox::accounts::keys::AuthKey;
use crate::sandbox::held::read;
use crate::sandbox::hub::{Outbox, SessionId};
use crate::sandbox::server::{Server, now};

/// Requests of one connection under way at once; more have to wait in the socket.
const UNDER_WAY: usize = 64;
/// A client's clock may be this far behind or ahead, in seconds.
const BEHIND: i64 = 300;
const AHEAD: i64 = 30;
/// Where the plain text of a decrypted packet begins.
const PLAIN: usize = 24;

/// Codes of `bad_msg_notification`, <https://core.telegram.org/mtproto/service_messages_about_messages>.
pub(super) mod bad {
    pub(in crate::sandbox::wire) const TOO_LOW: i32 = 16;
    pub(in crate::sandbox::wire) const TOO_HIGH: i32 = 17;
    pub(in crate::sandbox::wire) const NOT_DIVISIBLE_BY_FOUR: i32 = 18;
    pub(in crate::sandbox::wire) const TOO_OLD: i32 = 20;
    pub(in crate::sandbox::wire) const EVEN_EXPECTED: i32 = 34;
    pub(in crate::sandbox::wire) const ODD_EXPECTED: i32 = 35;
    pub(in crate::sandbox::wire) const SALT: i32 = 48;
    pub(in crate::sandbox::wire) const CONTAINER: i32 = 64;
}

pub(super) struct Incoming {
    pub(super) server: Arc<Server>,
    dc: i32,
    number: u64,
    queue: mpsc::Sender<Out>,
    outbox: Arc<Outbox>,
    switch: watch::Sender<bool>,
    under_way: Arc<Semaphore>,
    exchange: Exchange,
    /// The session that spoke last, and that hears here.
    current: Option<SessionId>,
    last_heard: Instant,
    /// What `ping_delay_disconnect` asked for.
    pub(super) disconnect_after: Option<Duration>,
}

/// Whose packet it is.
pub(super) struct From {
    pub key: Arc<AuthKey>,
    pub session: Arc<Session>,
}

impl Incoming {
    pub(super) fn new(
        server: Arc<Server>,
        dc: i32,
        number: u64,
        queue: mpsc::Sender<Out>,
        outbox: Arc<Outbox>,
        switch: watch::Sender<bool>,
    ) -> Self {
        Self {
            server,
            dc,
            number,
            queue,
            outbox,
            switch,
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
            exchange: Exchange::Nothing,
            current: None,
            last_heard: Instant::now(),
            disconnect_after: None,
        }
    }

    /// When the connection ends if nothing is heard.
    pub(super) fn deadline(&self, silence: Duration) -> Instant {
        self.last_heard + self.disconnect_after.unwrap_or(silence)
    }

    /// Takes one packet. An error ends the connection.
    pub(super) async fn packet(&mut self, packet: Packet) -> io::Result<()> {
        self.last_heard = Instant::now();
        let Packet { mut bytes, payload } = packet;
        let end = payload.end;
        let Some(key_id) = bytes[payload.clone()].first_chunk().map(|id| i64::from_le_bytes(*id))
        else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if key_id == 0 {
            return self.exchange(&bytes[payload]).await;
        }
        let Some(key) = self.server.accounts.keys.at(self.dc, key_id) else {
            return self.refuse(-404).await;
        };
        let start = payload.start;
        if !crypto::decrypt(&key.bytes, &mut bytes[payload]) {
            return self.refuse(-404).await;
        }
        self.plain(key, Body::new(Arc::new(bytes), start + PLAIN..end)).await
    }

    /// The last word: the writer ends the connection after it.
    async fn refuse(&self, code: i32) -> io::Result<()> {
        self.send(Out::Refuse(code)).await
    }

    async fn send(&self, out: Out) -> io::Result<()> {
        self.queue.send(out).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    async fn exchange(&mut self, packet: &[u8]) -> io::Result<()> {
        // Eight bytes of zero, a message id, a length.
        let length =
            packet.get(16..20).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let end = length.and_then(|length| 20usize.checked_add(length as usize));
        let Some(body) = end.and_then(|end| packet.get(20..end)).map(<[u8]>::to_vec) else {
            return self.refuse(-404).await;
        };
        let (exchange, server, dc) =
            (std::mem::take(&mut self.exchange), Arc::clone(&self.server), self.dc);
        let step = tokio::task::spawn_blocking(move || exchange.step(&server, dc, &body)).await;
        match step.map_err(io::Error::other)? {
            Ok((exchange, answer)) => {
                self.exchange = exchange;
                self.send(Out::Plain(answer)).await
            }
            Err(refused) => self.refuse(refused.0).await,
        }
    }

    async fn plain(&mut self, key: Arc<AuthKey>, plain: Body) -> io::Result<()> {
        let Some(header) = Header::read(&plain) else { return self.refuse(-404).await };
        let session = key.sessions.enter(header.session);
        let from = From { key, session };
        let outer = Message { id: header.message, sequence: header.sequence, body: header.body };
        if let Some(code) = clock_error(outer.id) {
            return self.bad(&from, &outer, code).await;
        }
        if !salts::is_good(&from.key, header.salt, now()) {
            return self.bad(&from, &outer, bad::SALT).await;
        }
        if from.session.announce() {
            let created = enums::NewSession::Created(types::NewSessionCreated {
                first_msg_id: outer.id,
                unique_id: i64::from_le_bytes(crypto::random()),
                server_salt: salts::at(&from.key, now()),
            });
            self.service(&from, Sort::Notice, created.to_bytes()).await?;
        }
        let here = SessionId { key: from.key.id, session: from.session.id };
        if self.current != Some(here) {
            self.current = Some(here);
            self.server.hub.arrive(self.number, &from.key, &from.session, &self.outbox);
        }
        let Ok((messages, contained)) = flatten(outer.clone()) else {
            return self.bad(&from, &outer, bad::CONTAINER).await;
        };
        if contained && outer.sequence & 1 == 1 {
            return self.bad(&from, &outer, bad::EVEN_EXPECTED).await;
        }
        for message in messages {
            if message.id & 3 != 0 {
                self.bad(&from, &message, bad::NOT_DIVISIBLE_BY_FOUR).await?;
            } else if !self.service_call(&from, &message).await? {
                self.call(&from, message).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn service(&self, from: &From, sort: Sort, body: Vec<u8>) -> io::Result<()> {
        let (key, session) = (Arc::clone(&from.key), Arc::clone(&from.session));
        self.send(Out::Service { key, session, sort, body }).await
    }

    pub(super) async fn bad(
        &self,
        from: &From,
        message: &Message,
        error_code: i32,
    ) -> io::Result<()> {
        let (bad_msg_id, bad_msg_seqno) = (message.id, message.sequence);
        let notice: enums::BadMsgNotification = if error_code == bad::SALT {
            let new_server_salt = salts::at(&from.key, now());
            types::BadServerSalt { bad_msg_id, bad_msg_seqno, error_code, new_server_salt }.into()
        } else {
            types::BadMsgNotification { bad_msg_id, bad_msg_seqno, error_code }.into()
        };
        self.service(from, Sort::Reply, notice.to_bytes()).await
    }

    pub(super) async fn answer(
        &self,
        from: &From,
        request: i64,
        result: Arc<Vec<u8>>,
    ) -> io::Result<()> {
        let (key, session) = (Arc::clone(&from.key), Arc::clone(&from.session));
        self.send(Out::Answer { key, session, request, result, permit: None }).await
    }

    /// A call of the API: its own task, when there is room for one.
    async fn call(&mut self, from: &From, message: Message) -> io::Result<()> {
        if message.sequence & 1 == 0 {
            return self.bad(from, &message, bad::ODD_EXPECTED).await;
        }
        let ticket = match from.session.begin(message.id) {
            Begin::New(ticket) => ticket,
            Begin::UnderWay => return Ok(()),
            Begin::Answered(answer) => return self.answer(from, message.id, answer).await,
            Begin::Forgotten => return self.bad(from, &message, bad::TOO_OLD).await,
        };
        self.count_for_salts(&from.key);
        let permit = Arc::clone(&self.under_way).acquire_owned().await.map_err(io::Error::other)?;
        let request = Request {
            server: Arc::clone(&self.server),
            key: Arc::clone(&from.key),
            session: Arc::clone(&from.session),
            dc: self.dc,
            queue: self.queue.clone(),
            switch: self.switch.clone(),
        };
        let stopping = self.server.stopping();
        tokio::spawn(async move {
            let _stopping = stopping;
            request.run(message, ticket, permit).await;
        });
        Ok(())
    }

    /// The `bad-salt` fault: after every so many calls the salt is another one.
    fn count_for_salts(&self, key: &AuthKey) {
        let arrived = self.server.calls.arrive();
        let every = read(&self.server.faults).bad_salt_every;
        if every.is_some_and(|every| every > 0 && arrived.is_multiple_of(every)) {
            salts::change(key);
        }
    }
}

/// The fields before a message's body.
struct Header {
    salt: i64,
    session: i64,
    message: i64,
    sequence: i32,
    body: Body,
}

impl Header {
    /// `None` when the lengths do not fit: 12 to 1024 bytes of padding follow the body.
    fn read(plain: &Body) -> Option<Self> {
        let mut cursor = Cursor::from_slice(plain);
        let salt = i64::deserialize(&mut cursor).ok()?;
        let session = i64::deserialize(&mut cursor).ok()?;
        let message = i64::deserialize(&mut cursor).ok()?;
        let sequence = i32::deserialize(&mut cursor).ok()?;
        let length = usize::try_from(i32::deserialize(&mut cursor).ok()?).ok()?;
        let padding = plain.len().checked_sub(32)?.checked_sub(length)?;
        let sound = length >= 4 && length.is_multiple_of(4) && (12..=1024).contains(&padding);
        sound.then(|| Self { salt, session, message, sequence, body: plain.part(32..32 + length) })
    }
}

fn clock_error(message: i64) -> Option<i32> {
    let seconds = message >> 32;
    let now = i64::from(now());
    if message & 3 != 0 {
        Some(bad::NOT_DIVISIBLE_BY_FOUR)
    } else if seconds < now - BEHIND {
        Some(bad::TOO_LOW)
    } else if seconds > now + AHEAD {
        Some(bad::TOO_HIGH)
    } else {
        None
    }
}
