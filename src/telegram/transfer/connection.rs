//! One transfer connection: several requests under way at once, answers in any order. What was
//! not answered when it breaks goes back into the queue and is sent again by another one (saving
//! a part twice is the same as saving it once, and reading changes nothing). Runs as a task of
//! its own on tokio's workers, encryption included: half a megabyte takes about a millisecond.

use std::collections::HashMap;
use std::hash::{Hash as _, Hasher};
use std::sync::Arc;
use std::time::Duration;

use grammers_mtproto::MsgId;
use grammers_mtproto::mtp::{BadMessage, Deserialization};
use grammers_mtsender::RpcError;
use grammers_tl_types::{Identifiable as _, Serializable as _, functions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::lane::{Answer, Job, Lane};
use super::wire::{Inbox, Wire, WireError};
use crate::telegram::chance;
use crate::telegram::error::TelegramError;

/// For the TCP connection itself.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Without a byte in either direction for this long, and …
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
/// … the time that what is under way takes on the slowest line we still serve, it is dead.
const SLOWEST_BYTES_PER_SECOND: u64 = 32 * 1024;
/// When the main line was found dead, so is one that was silent this long.
const SUSPICIOUS_SILENCE: Duration = Duration::from_secs(5);
/// Unused for this long it is closed.
const IDLE_LIMIT: Duration = Duration::from_secs(45);
/// When there is nothing to send, acknowledgements go out after this long, with a ping.
const ACKNOWLEDGE_AFTER: Duration = Duration::from_secs(2);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("{0}")]
    NoRoute(TelegramError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server does not answer")]
    Silent,
    #[error("the server does not know our key")]
    UnknownKey,
    #[error("{0}")]
    Senseless(String),
    #[error("the server refused the connection: {0}")]
    Refused(String),
}

impl From<WireError> for Broken {
    fn from(error: WireError) -> Self {
        match error {
            WireError::UnknownKey => Self::UnknownKey,
            WireError::Senseless(what) => Self::Senseless(what),
        }
    }
}

/// Carries the lane's requests until it breaks or is no longer needed.
pub(super) async fn run(lane: Arc<Lane>) -> Result<(), Broken> {
    let route = lane.core.route(lane.dc).await.map_err(Broken::NoRoute)?;
    let stream = timeout(CONNECT_LIMIT, TcpStream::connect(route.address))
        .await
        .map_err(|_| Broken::Silent)??;
    stream.set_nodelay(true)?;
    let mut talk = Talk {
        wire: Wire::new(&route.key),
        flights: Flights { lane: Arc::clone(&lane), map: HashMap::new(), has_answered: false },
        introduction: Introduction::Due,
        blocked: false,
        progress: Instant::now(),
        acknowledge_at: None,
    };
    drop(route);
    let _open = lane.count_open();
    talk.carry(&lane, stream).await
}

/// The first request tells who we are; nothing else is sent before it is answered, because until
/// then the server's salt is not known and all would have to be sent again.
enum Introduction {
    Due,
    Sent { id: MsgId, packet: Option<MsgId> },
    Done,
}

/// The state of a conversation.
struct Talk {
    wire: Wire,
    flights: Flights,
    introduction: Introduction,
    /// The protocol itself waits for an answer (salts); nothing can be sent before.
    blocked: bool,
    /// When bytes last went either way, or something began to be waited for.
    progress: Instant,
    acknowledge_at: Option<Instant>,
}

impl Talk {
    async fn carry(&mut self, lane: &Lane, mut stream: TcpStream) -> Result<(), Broken> {
        let (mut reader, mut writer) = stream.split();
        let mut inbox = Inbox::new();
        let mut outages = lane.core.line.outages();
        loop {
            if self.wire.is_written() && !self.blocked {
                self.fill(lane);
            }
            let rest = lane.rests_until();
            let has_room = matches!(self.introduction, Introduction::Done)
                && !self.blocked
                && self.wire.is_written()
                && self.flights.map.len() < lane.share();
            tokio::select! {
                read = reader.read(inbox.room()?) => {
                    let bytes = read?;
                    if bytes == 0 {
                        return Err(Broken::Closed);
                    }
                    inbox.got(bytes);
                    self.progress = Instant::now();
                    // Salts come without an answer for us.
                    self.blocked = false;
                    for answer in self.wire.read(&mut inbox)? {
                        self.hear(lane, answer)?;
                    }
                }
                wrote = writer.write(self.wire.unwritten()), if !self.wire.is_written() => {
                    self.wire.wrote(wrote?);
                    self.progress = Instant::now();
                }
                () = lane.work.notified(), if has_room => {}
                () = sleep_until(rest.unwrap_or(self.progress)), if has_room && rest.is_some() => {}
                changed = outages.changed() => {
                    let silent = self.progress.elapsed() > SUSPICIOUS_SILENCE;
                    if changed.is_err() || (self.is_waiting() && silent) {
                        return Err(Broken::Silent);
                    }
                }
                () = sleep_until(self.deadline()) => {
                    if self.is_waiting() {
                        return Err(Broken::Silent);
                    }
                    if self.acknowledge_at.take().is_none() && !lane.keeps_idle() {
                        return Ok(());
                    }
                    self.ping();
                }
            }
            if !self.is_waiting() && self.wire.is_written() && lane.has_too_many() {
                return Ok(());
            }
        }
    }

    fn is_waiting(&self) -> bool {
        !self.flights.map.is_empty() || !matches!(self.introduction, Introduction::Done)
    }

    /// The moment at which something is wrong, or nothing is wanted any more.
    fn deadline(&self) -> Instant {
        if self.is_waiting() {
            self.progress + patience(self.flights.bytes())
        } else {
            self.acknowledge_at.unwrap_or(self.progress + IDLE_LIMIT)
        }
    }

    /// Makes the next packet of whatever there is to send.
    fn fill(&mut self, lane: &Lane) {
        let was_waiting = self.is_waiting();
        let mut refused = false;
        match self.introduction {
            Introduction::Due => match self.wire.push(&lane.core.introduction()) {
                Some(id) => self.introduction = Introduction::Sent { id, packet: None },
                None => refused = true,
            },
            Introduction::Sent { .. } => {}
            Introduction::Done => {
                while self.flights.map.len() < lane.share() {
                    let Some(job) = lane.take() else { break };
                    let before = self.flights.latest().filter(|_| lane.in_order());
                    let pushed = match before {
                        Some(before) => self.wire.push(&after(before, &job.body)),
                        None => self.wire.push(&job.body),
                    };
                    let Some(id) = pushed else {
                        lane.put_back(job, false);
                        refused = true;
                        break;
                    };
                    self.flights.add(id, job);
                }
            }
        }
        match self.wire.seal() {
            Some(packet) => {
                self.flights.sealed(packet);
                if let Introduction::Sent { packet: packet_of @ None, .. } = &mut self.introduction
                {
                    *packet_of = Some(packet);
                }
            }
            // A full packet goes out and then there is room again; but this is none.
            None => self.blocked = refused,
        }
        if self.is_waiting() {
            self.acknowledge_at = None;
            if !was_waiting {
                self.progress = Instant::now();
            }
        }
    }

    /// Carries the acknowledgements that are due.
    fn ping(&mut self) {
        if let Ok(ping_id) = chance::id()
            && self.wire.is_written()
        {
            // Its answer belongs to no request and is passed over.
            self.wire.push(&functions::Ping { ping_id }.to_bytes());
            self.wire.seal();
        }
    }

    fn hear(&mut self, lane: &Lane, answer: Deserialization) -> Result<(), Broken> {
        match answer {
            Deserialization::RpcResult(result) => {
                if self.is_introduction(result.msg_id) {
                    self.introduction = Introduction::Done;
                } else if let Some(flight) = self.flights.map.remove(&result.msg_id) {
                    let bytes = flight.job.body.len().max(result.body.len());
                    lane.answered(bytes, flight.sent.elapsed());
                    let _nobody_waits = flight.job.reply.send(Answer::Done(result.body)).is_err();
                    self.after_answer();
                }
            }
            Deserialization::RpcError(refusal) => {
                let error = RpcError::from(refusal.error);
                if self.is_introduction(refusal.msg_id) {
                    return Err(Broken::Refused(error.name));
                } else if lane.in_order() && keeps_its_place(&error) {
                    self.put_back(lane, refusal.msg_id, &error);
                } else if let Some(flight) = self.flights.map.remove(&refusal.msg_id) {
                    lane.answered(0, flight.sent.elapsed());
                    let answer = Answer::Refused { body: flight.job.body, error };
                    let _nobody_waits = flight.job.reply.send(answer).is_err();
                    self.after_answer();
                }
            }
            Deserialization::BadMessage(bad) => self.hear_complaint(lane, &bad)?,
            Deserialization::Failure(failure) => {
                return Err(Broken::Senseless(failure.error.to_string()));
            }
            // Not meant for this connection, and told to the main one too.
            Deserialization::OwnUpdate { .. } | Deserialization::Update(_) => {}
        }
        Ok(())
    }

    /// A request of an ordered lane that was not carried out, and comes first again.
    fn put_back(&mut self, lane: &Lane, id: MsgId, error: &RpcError) {
        let Some(flight) = self.flights.map.remove(&id) else { return };
        if error.code == 420 {
            let wait = Duration::from_secs(u64::from(error.value.unwrap_or(1)));
            lane.core.gate.close(flight.job.method, wait);
        }
        lane.put_back(flight.job, error.code != 420);
        self.after_answer();
    }

    fn after_answer(&mut self) {
        self.flights.has_answered = true;
        if self.flights.map.is_empty() {
            self.acknowledge_at = Some(Instant::now() + ACKNOWLEDGE_AFTER);
        }
    }

    fn is_introduction(&self, heard: MsgId) -> bool {
        matches!(self.introduction, Introduction::Sent { id, packet } if id == heard || packet == Some(heard))
    }

    /// The server did not take a message, or a whole packet: salt, clock or numbering were wrong.
    /// The protocol has corrected itself; what can be repeated is.
    fn hear_complaint(&mut self, lane: &Lane, bad: &BadMessage) -> Result<(), Broken> {
        if !bad.retryable() {
            return Err(Broken::Senseless(bad.description().into()));
        }
        if self.is_introduction(bad.msg_id) {
            self.introduction = Introduction::Due;
        }
        for job in self.flights.refused(bad.msg_id) {
            lane.put_back(job, false);
        }
        Ok(())
    }
}

/// A request that is carried out after another one, which is under way on this connection.
/// <https://core.telegram.org/api/invoking#calling-methods-in-sequence>
fn after(before: MsgId, body: &[u8]) -> Vec<u8> {
    let mut request = Vec::with_capacity(body.len() + 12);
    functions::InvokeAfterMsg::<()>::CONSTRUCTOR_ID.serialize(&mut request);
    number(before).serialize(&mut request);
    request.extend_from_slice(body);
    request
}

/// The number in a message's id, which grammers keeps to itself but for hashing it.
fn number(id: MsgId) -> i64 {
    struct Seen(i64);
    impl Hasher for Seen {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, _: &[u8]) {}
        fn write_i64(&mut self, number: i64) {
            self.0 = number;
        }
    }
    let mut seen = Seen(0);
    id.hash(&mut seen);
    seen.0
}

/// Told to wait, or what it was to come after was not carried out: not done, to be done again.
fn keeps_its_place(error: &RpcError) -> bool {
    error.code == 420 || error.name.starts_with("MSG_WAIT_")
}

/// How long silence is borne while so many bytes are under way.
fn patience(bytes: usize) -> Duration {
    SILENCE_LIMIT + Duration::from_secs(bytes as u64 / SLOWEST_BYTES_PER_SECOND)
}

/// Requests at the server. When this is dropped, also by a panic, they go back into the queue.
struct Flights {
    lane: Arc<Lane>,
    map: HashMap<MsgId, Flight>,
    /// This connection has brought an answer.
    has_answered: bool,
}

struct Flight {
    job: Job,
    sent: Instant,
    /// The packet it went in.
    packet: Option<MsgId>,
}

impl Flights {
    fn add(&mut self, id: MsgId, job: Job) {
        self.map.insert(id, Flight { job, sent: Instant::now(), packet: None });
    }

    fn sealed(&mut self, packet: MsgId) {
        for flight in self.map.values_mut().filter(|flight| flight.packet.is_none()) {
            flight.packet = Some(packet);
        }
    }

    /// The one that was sent last, if it is still under way.
    fn latest(&self) -> Option<MsgId> {
        self.map.iter().max_by_key(|(_, flight)| flight.job.place).map(|(id, _)| *id)
    }

    fn bytes(&self) -> usize {
        self.map.values().map(|flight| flight.job.body.len()).sum()
    }

    /// Takes out what was in a message or packet that the server did not take.
    fn refused(&mut self, bad: MsgId) -> Vec<Job> {
        let ids: Vec<MsgId> = self
            .map
            .iter()
            .filter(|(id, flight)| **id == bad || flight.packet == Some(bad))
            .map(|(id, _)| *id)
            .collect();
        ids.iter().filter_map(|id| self.map.remove(id)).map(|flight| flight.job).collect()
    }
}

impl Drop for Flights {
    fn drop(&mut self) {
        if !self.map.is_empty() && !self.has_answered {
            self.lane.was_cut_at_once();
        }
        for (_, flight) in self.map.drain() {
            self.lane.put_back(flight.job, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_the_one_that_it_comes_after() {
        let mut wire = Wire::new(&[7; 256]);
        let first = wire.push(&[0; 8]).unwrap();
        let second = wire.push(&[0; 8]).unwrap();
        assert!(number(first) != 0 && number(second) > number(first), "{first:?} {second:?}");
        assert_eq!(format!("{first:?}"), format!("MsgId({})", number(first)));
        let wrapped = after(first, &[1, 2, 3, 4]);
        assert_eq!(wrapped[4..12], number(first).to_le_bytes());
        assert_eq!(wrapped[12..], [1, 2, 3, 4]);
    }

    #[test]
    fn a_slow_line_is_given_the_time_it_needs() {
        assert_eq!(patience(0), SILENCE_LIMIT);
        assert_eq!(patience(3 * 512 * 1024), Duration::from_secs(30 + 48));
    }
}
