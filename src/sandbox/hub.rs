//! Live sessions that want updates, and the way to them.
//! Pushing never blocks and never waits for a slow reader: queues are bounded, the oldest update gives way,
//! and the client finds out by its difference. Any thread.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use grammers_tl_types::{Serializable, enums, types};
use tokio::sync::Notify;

use super::accounts::keys::AuthKey;
use super::dice::Dice;
use super::held::{lock, read, write};
use super::server::now;
use super::wire::session::Session;

/// Updates one connection may have waiting.
const QUEUE: usize = 128;

/// One session of one auth key: whom an update need not be pushed to, because it has it in its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionId {
    pub key: i64,
    pub session: i64,
}

/// An update on its way to a session.
#[derive(Clone)]
pub(crate) struct Push {
    pub key: Arc<AuthKey>,
    pub session: Arc<Session>,
    pub body: Arc<Vec<u8>>,
}

/// The updates that wait for one connection's writer.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: Mutex<VecDeque<Push>>,
    wake: Notify,
}

impl Outbox {
    fn push(&self, push: Push) {
        {
            let mut waiting = lock(&self.waiting);
            if waiting.len() >= QUEUE {
                waiting.pop_front();
            }
            waiting.push_back(push);
        }
        self.wake.notify_one();
    }

    /// The next update; may be cancelled without losing one.
    pub(crate) async fn next(&self) -> Push {
        loop {
            if let Some(push) = lock(&self.waiting).pop_front() {
                return push;
            }
            self.wake.notified().await;
        }
    }
}

struct Live {
    connection: u64,
    key: Arc<AuthKey>,
    session: Arc<Session>,
    outbox: Arc<Outbox>,
}

pub(crate) struct Hub {
    live: RwLock<HashMap<SessionId, Live>>,
    dice: Arc<Dice>,
    /// Bits of the probability that an update is dropped.
    drop: AtomicU64,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("live", &read(&self.live).len()).finish_non_exhaustive()
    }
}

impl Hub {
    pub(crate) fn new(dice: Arc<Dice>) -> Self {
        Self { live: RwLock::default(), dice, drop: AtomicU64::new(0) }
    }

    pub(crate) fn set_drop(&self, probability: f64) {
        self.drop.store(probability.to_bits(), Ordering::Relaxed);
    }

    /// A session spoke on a connection: that is where it hears.
    pub(crate) fn arrive(
        &self,
        connection: u64,
        key: &Arc<AuthKey>,
        session: &Arc<Session>,
        outbox: &Arc<Outbox>,
    ) {
        let id = SessionId { key: key.id, session: session.id };
        let live = Live {
            connection,
            key: Arc::clone(key),
            session: Arc::clone(session),
            outbox: Arc::clone(outbox),
        };
        write(&self.live).insert(id, live);
    }

    /// A connection ended.
    pub(crate) fn leave(&self, connection: u64) {
        write(&self.live).retain(|_, live| live.connection != connection);
    }

    /// Pushes to every live session of `user` that wants updates, except `except`.
    pub(crate) fn push(&self, user: i64, except: Option<SessionId>, updates: &enums::Updates) {
        let wanted = |id: &SessionId, live: &Live| {
            except != Some(*id) && live.session.wants_updates() && live.key.user() == Some(user)
        };
        self.send(wanted, || updates.to_bytes());
    }

    /// Tells the sessions of a key that its QR code was accepted; they are not signed in yet.
    pub(crate) fn push_login_token(&self, key: i64) {
        let update = enums::Updates::UpdateShort(types::UpdateShort {
            update: enums::Update::LoginToken,
            date: now(),
        });
        self.send(|id, _| id.key == key, || update.to_bytes());
    }

    fn send(&self, wanted: impl Fn(&SessionId, &Live) -> bool, body: impl FnOnce() -> Vec<u8>) {
        let live = read(&self.live);
        let receivers: Vec<&Live> =
            live.iter().filter(|(id, live)| wanted(id, live)).map(|(_, live)| live).collect();
        if receivers.is_empty() {
            return;
        }
        let body = Arc::new(body());
        let drop = f64::from_bits(self.drop.load(Ordering::Relaxed));
        for live in receivers {
            if !self.dice.chance(drop) {
                live.outbox.push(Push {
                    key: Arc::clone(&live.key),
                    session: Arc::clone(&live.session),
                    body: Arc::clone(&body),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::accounts::keys::Keys;
    use crate::sandbox::accounts::keys::SignIn;
    use crate::sandbox::db;

    fn update() -> enums::Updates {
        enums::Updates::TooLong
    }

    /// A signed-in key of `user` with one live session that wants updates.
    fn live(hub: &Hub, keys: &Keys, user: i64) -> (SessionId, Arc<Outbox>) {
        let key = AuthKey::new(2, crate::sandbox::wire::crypto::random(), 1, 1, true);
        let id = key.id;
        assert!(keys.add(key).unwrap());
        let key = keys.get(id).unwrap();
        keys.sign_in(&key, SignIn { user, hash: id, since: 1, imported: false }).unwrap();
        let (session, outbox) = (key.sessions.enter(9), Arc::<Outbox>::default());
        session.want_updates();
        hub.arrive(u64::from_le_bytes(id.to_le_bytes()), &key, &session, &outbox);
        (SessionId { key: id, session: 9 }, outbox)
    }

    fn waiting(outbox: &Outbox) -> usize {
        lock(&outbox.waiting).len()
    }

    #[test]
    fn updates_go_to_the_users_other_sessions_and_never_pile_up() {
        let folder = tempfile::tempdir().unwrap();
        let database = db::open(folder.path()).unwrap();
        let (hub, keys) = (Hub::new(Arc::new(Dice::new(1))), Keys::open(&database).unwrap());
        let (own, first) = live(&hub, &keys, 1);
        let (silent, second) = live(&hub, &keys, 1);
        let (_, stranger) = live(&hub, &keys, 2);
        hub.push(1, Some(own), &update());
        assert_eq!([waiting(&first), waiting(&second), waiting(&stranger)], [0, 1, 0]);
        keys.get(silent.key).unwrap().sessions.get(9).unwrap().refuse_updates();
        for _ in 0..2 * QUEUE {
            hub.push(1, None, &update());
        }
        assert_eq!([waiting(&first), waiting(&second)], [QUEUE, 1]);
        keys.sign_out(own.key).unwrap();
        hub.set_drop(1.0);
        hub.push(2, None, &update());
        assert_eq!(waiting(&stranger), 0, "every hint is dropped");
        hub.set_drop(0.0);
        hub.leave(u64::from_le_bytes(own.key.to_le_bytes()));
        assert!(!read(&hub.live).contains_key(&own));
    }
}
