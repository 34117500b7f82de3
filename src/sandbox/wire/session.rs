//! A client's session: message ids, sequence numbers, and which requests it has already made.
//! A request sent twice is carried out once; its answer is kept for a while, when small. Any thread.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::sandbox::held::lock;

/// Requests a session remembers.
const REMEMBERED: usize = 2048;
/// Answers it keeps, in bytes altogether and each.
const KEPT_BYTES: usize = 1 << 20;
const KEPT_ANSWER: usize = 32 << 10;
/// Sessions a key may have; the oldest without a connection gives way.
const MOST: usize = 512;

/// What kind of message the server sends, which decides its id and sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// `rpc_result`: an answer that wants to be acknowledged.
    Answer,
    /// `pong`, `bad_server_salt`, …: an answer that does not.
    Reply,
    /// An update or `new_session_created`: nobody asked, and it wants to be acknowledged.
    Notice,
}

/// Whether a session hears of updates.
const UNDECIDED: u8 = 0;
const WANTED: u8 = 1;
const UNWANTED: u8 = 2;

#[derive(Debug)]
pub(crate) struct Session {
    pub id: i64,
    updates: AtomicU8,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    announced: bool,
    last_message: i64,
    content_messages: i32,
    seen: HashMap<i64, Seen>,
    order: VecDeque<i64>,
    kept_bytes: usize,
    /// Requests up to this id may have been forgotten.
    forgotten: i64,
}

#[derive(Debug)]
struct Seen {
    /// `Some(succeeded)` once it is done.
    done: watch::Sender<Option<bool>>,
    answer: Option<Arc<Vec<u8>>>,
    /// The client no longer wants the answer.
    dropped: bool,
}

/// What to do with a request.
#[derive(Debug)]
pub(crate) enum Begin {
    /// Carry it out.
    New(Ticket),
    /// It is being carried out; its answer will come.
    UnderWay,
    /// It was carried out.
    Answered(Arc<Vec<u8>>),
    /// So old that nobody knows.
    Forgotten,
}

/// What is known of a request that the client gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    Unknown,
    Running,
    Answered,
}

/// A request being carried out. Dropped unfinished, it was never made.
#[derive(Debug)]
pub(crate) struct Ticket {
    session: Arc<Session>,
    request: i64,
    finished: bool,
}

impl Ticket {
    /// Keeps the answer if it is small. False when the client does not want it any more.
    pub(crate) fn finish(mut self, answer: &Arc<Vec<u8>>, succeeded: bool) -> bool {
        self.finished = true;
        let mut state = lock(&self.session.state);
        let state = &mut *state;
        let Some(seen) = state.seen.get_mut(&self.request) else { return true };
        seen.done.send_replace(Some(succeeded));
        let wanted = !seen.dropped;
        if answer.len() <= KEPT_ANSWER && state.kept_bytes + answer.len() <= KEPT_BYTES {
            state.kept_bytes += answer.len();
            seen.answer = Some(Arc::clone(answer));
        }
        wanted
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.finished {
            let mut state = lock(&self.session.state);
            state.seen.remove(&self.request);
            state.order.retain(|id| *id != self.request);
        }
    }
}

impl Session {
    pub(crate) fn new(id: i64) -> Self {
        Self { id, updates: AtomicU8::new(UNDECIDED), state: Mutex::default() }
    }

    /// True the first time: the client is to be told that its session is new.
    pub(crate) fn announce(&self) -> bool {
        !std::mem::replace(&mut lock(&self.state).announced, true)
    }

    /// A call was made that is no transfer: from then on the session hears of updates, unless it said otherwise.
    pub(crate) fn want_updates(&self) {
        let _ =
            self.updates.compare_exchange(UNDECIDED, WANTED, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// `invokeWithoutUpdates`
    pub(crate) fn refuse_updates(&self) {
        self.updates.store(UNWANTED, Ordering::Relaxed);
    }

    pub(crate) fn wants_updates(&self) -> bool {
        self.updates.load(Ordering::Relaxed) == WANTED
    }

    /// Id and sequence number of the server's next message: by its clock, strictly increasing.
    pub(crate) fn next_message(&self, sort: Sort) -> (i64, i32) {
        let mut state = lock(&self.state);
        let id = message_id(state.last_message, if sort == Sort::Notice { 3 } else { 1 });
        state.last_message = id;
        let mut sequence = state.content_messages.wrapping_mul(2);
        if sort != Sort::Reply {
            sequence += 1;
            state.content_messages = state.content_messages.wrapping_add(1);
        }
        (id, sequence)
    }

    /// Notes a request.
    pub(crate) fn begin(self: &Arc<Self>, request: i64) -> Begin {
        let mut state = lock(&self.state);
        let state = &mut *state;
        if let Some(seen) = state.seen.get(&request) {
            if seen.done.borrow().is_none() {
                return Begin::UnderWay;
            }
            if let Some(answer) = &seen.answer {
                return Begin::Answered(Arc::clone(answer));
            }
            // Too large to be kept: only reads have such answers, and those can be made again.
            state.seen.remove(&request);
            state.order.retain(|id| *id != request);
        } else if request <= state.forgotten {
            return Begin::Forgotten;
        }
        while state.order.len() >= REMEMBERED {
            let Some(oldest) = state.order.pop_front() else { break };
            state.forgotten = state.forgotten.max(oldest);
            if let Some(seen) = state.seen.remove(&oldest) {
                state.kept_bytes -= seen.answer.map_or(0, |answer| answer.len());
            }
        }
        state.order.push_back(request);
        state
            .seen
            .insert(request, Seen { done: watch::Sender::new(None), answer: None, dropped: false });
        Begin::New(Ticket { session: Arc::clone(self), request, finished: false })
    }

    /// To wait for another request of this session; `None` when there was none of this id.
    pub(crate) fn outcome(&self, request: i64) -> Option<watch::Receiver<Option<bool>>> {
        lock(&self.state).seen.get(&request).map(|seen| seen.done.subscribe())
    }

    /// `rpc_drop_answer`
    pub(crate) fn drop_answer(&self, request: i64) -> Dropped {
        let mut state = lock(&self.state);
        let state = &mut *state;
        match state.seen.get_mut(&request) {
            None => Dropped::Unknown,
            Some(seen) if seen.done.borrow().is_none() => {
                seen.dropped = true;
                Dropped::Running
            }
            Some(_) => Dropped::Answered,
        }
    }

    /// One byte of `msgs_state_info`: 4 when the message was received, 1 when it may have been, 2 when it was not.
    pub(crate) fn message_state(&self, request: i64) -> u8 {
        let state = lock(&self.state);
        match state.seen.contains_key(&request) {
            true => 4,
            false if request <= state.forgotten => 1,
            false => 2,
        }
    }
}

/// A message id by the clock, above `last`, with these lowest two bits.
pub(crate) fn message_id(last: i64, low: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or(0) << 32;
    let fraction = (i64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
    let by_clock = (seconds | fraction) & !3;
    by_clock.max((last & !3) + 4) | low
}

/// The sessions of one key.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<i64, Arc<Session>>>);

impl Sessions {
    /// The session of this id, made when it is new.
    pub(crate) fn enter(&self, id: i64) -> Arc<Session> {
        let mut all = lock(&self.0);
        if let Some(session) = all.get(&id) {
            return Arc::clone(session);
        }
        if all.len() >= MOST {
            let idle = all.values().filter(|session| Arc::strong_count(session) == 1);
            let oldest = idle
                .min_by_key(|session| lock(&session.state).last_message)
                .map(|session| session.id);
            oldest.and_then(|id| all.remove(&id));
        }
        let session = Arc::new(Session::new(id));
        all.insert(id, Arc::clone(&session));
        session
    }

    pub(crate) fn get(&self, id: i64) -> Option<Arc<Session>> {
        lock(&self.0).get(&id).cloned()
    }

    /// Forgets a session; says whether there was one.
    pub(crate) fn destroy(&self, id: i64) -> bool {
        lock(&self.0).remove(&id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_carried_out_once() {
        let session = Arc::new(Session::new(1));
        let Begin::New(ticket) = session.begin(4) else { panic!() };
        assert!(matches!(session.begin(4), Begin::UnderWay));
        assert!(ticket.finish(&Arc::new(vec![9]), true));
        assert!(matches!(session.begin(4), Begin::Answered(answer) if *answer == [9]));
        let Begin::New(ticket) = session.begin(8) else { panic!() };
        drop(ticket);
        assert!(
            matches!(session.begin(8), Begin::New(_)),
            "what was cut off before it ran may be made again"
        );
        assert_eq!(session.message_state(4), 4);
    }

    #[test]
    fn memory_is_bounded_and_what_is_forgotten_is_not_repeated() {
        let session = Arc::new(Session::new(1));
        for request in 1..=4 * i64::try_from(REMEMBERED).unwrap() {
            let Begin::New(ticket) = session.begin(request * 4) else { panic!() };
            ticket.finish(&Arc::new(vec![0; KEPT_ANSWER]), true);
        }
        let state = lock(&session.state);
        assert!(
            state.seen.len() <= REMEMBERED
                && state.order.len() <= REMEMBERED
                && state.kept_bytes <= KEPT_BYTES
        );
        drop(state);
        assert!(matches!(session.begin(4), Begin::Forgotten));
    }

    #[test]
    fn ids_and_sequence_numbers_by_the_book() {
        let session = Session::new(1);
        let sorts = [Sort::Answer, Sort::Notice, Sort::Reply, Sort::Answer];
        let sent = sorts.map(|sort| session.next_message(sort));
        assert_eq!(sent.map(|(id, _)| id & 3), [1, 3, 1, 1]);
        assert_eq!(sent.map(|(_, sequence)| sequence), [1, 3, 4, 5]);
        assert!(sent.is_sorted_by(|a, b| a.0 < b.0));
    }
}
