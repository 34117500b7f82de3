//! Authorization keys: their bytes, their salts, whom they are signed in as, and their live sessions.
//! Keys and sign-ins are stored before they are acknowledged. Reading is any thread's; what stores blocks.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use serde::{Deserialize, Serialize};

use super::srp::Challenge;
use crate::sandbox::held::{lock, read, write};
use crate::sandbox::wire::crypto;
use crate::sandbox::wire::session::Sessions;
use crate::sandbox::{SandboxError, db};

const KEYS: TableDefinition<i64, &[u8]> = TableDefinition::new("keys");

/// Password attempts a key may have open at once.
const CHALLENGES: usize = 8;

/// What is stored of a key.
#[derive(Clone, Serialize, Deserialize)]
struct Record {
    dc: i32,
    bytes: Vec<u8>,
    first_salt: i64,
    made: i32,
    device: Option<Device>,
    sign_in: Option<SignIn>,
}

/// What a client said about itself in `initConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub api_id: i32,
    pub model: String,
    pub system: String,
    pub app: String,
}

/// A key that acts as a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignIn {
    pub user: i64,
    /// Names the sign-in in `account.getAuthorizations`; copies at the other data centre share it.
    pub hash: i64,
    /// Unix seconds.
    pub since: i32,
    /// Carried over from the user's own data centre.
    pub imported: bool,
}

/// One authorization key of one data centre.
pub(crate) struct AuthKey {
    pub id: i64,
    pub dc: i32,
    pub bytes: [u8; 256],
    /// Agreed in the key exchange; good for the first hour.
    pub first_salt: i64,
    /// Unix seconds.
    pub made: i32,
    /// Counts forced changes of the salt.
    pub salt_generation: AtomicU32,
    /// Calls since the sign-in.
    pub requests: AtomicU64,
    pub sessions: Sessions,
    /// Not to be stored: a key for some hours only.
    pub temporary: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    device: Option<Device>,
    sign_in: Option<SignIn>,
    /// The code was right, the password is still to come.
    password_pending: Option<i64>,
    challenges: VecDeque<Challenge>,
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthKey")
            .field("id", &self.id)
            .field("dc", &self.dc)
            .finish_non_exhaustive()
    }
}

impl AuthKey {
    pub(crate) fn new(
        dc: i32,
        bytes: [u8; 256],
        first_salt: i64,
        made: i32,
        temporary: bool,
    ) -> Self {
        Self {
            id: crypto::key_id(&bytes),
            dc,
            bytes,
            first_salt,
            made,
            salt_generation: AtomicU32::new(0),
            requests: AtomicU64::new(0),
            sessions: Sessions::default(),
            temporary,
            state: Mutex::default(),
        }
    }

    pub(crate) fn sign_in(&self) -> Option<SignIn> {
        lock(&self.state).sign_in
    }

    pub(crate) fn user(&self) -> Option<i64> {
        self.sign_in().map(|sign_in| sign_in.user)
    }

    pub(crate) fn device(&self) -> Option<Device> {
        lock(&self.state).device.clone()
    }

    pub(crate) fn password_pending(&self) -> Option<i64> {
        lock(&self.state).password_pending
    }

    pub(crate) fn await_password(&self, user: i64) {
        lock(&self.state).password_pending = Some(user);
    }

    pub(crate) fn add_challenge(&self, challenge: Challenge) {
        let challenges = &mut lock(&self.state).challenges;
        if challenges.len() >= CHALLENGES {
            challenges.pop_front();
        }
        challenges.push_back(challenge);
    }

    /// The challenge of this id, once.
    pub(crate) fn take_challenge(&self, id: i64) -> Option<Challenge> {
        let challenges = &mut lock(&self.state).challenges;
        let place = challenges.iter().position(|challenge| challenge.id == id)?;
        challenges.remove(place)
    }
}

/// All keys of both data centres.
pub(crate) struct Keys {
    database: Arc<Database>,
    all: RwLock<HashMap<i64, Arc<AuthKey>>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("known", &read(&self.all).len()).finish_non_exhaustive()
    }
}

impl Keys {
    pub(crate) fn open(database: &Arc<Database>) -> Result<Self, SandboxError> {
        let all = load(database)?;
        Ok(Self { database: Arc::clone(database), all: RwLock::new(all) })
    }

    pub(crate) fn get(&self, id: i64) -> Option<Arc<AuthKey>> {
        read(&self.all).get(&id).cloned()
    }

    /// A key as one data centre knows it: keys of the other one are strangers.
    pub(crate) fn at(&self, dc: i32, id: i64) -> Option<Arc<AuthKey>> {
        read(&self.all).get(&id).filter(|key| key.dc == dc).cloned()
    }

    /// Stores a new key. False when its id is taken.
    pub(crate) fn add(&self, key: AuthKey) -> Result<bool, SandboxError> {
        if read(&self.all).contains_key(&key.id) {
            return Ok(false);
        }
        self.store(&key)?;
        write(&self.all).insert(key.id, Arc::new(key));
        Ok(true)
    }

    /// Forgets a key and everything that depends on it.
    pub(crate) fn destroy(&self, id: i64) -> Result<bool, SandboxError> {
        let transaction = db::begin(&self.database)?;
        transaction.open_table(KEYS)?.remove(id)?;
        transaction.commit()?;
        Ok(write(&self.all).remove(&id).is_some())
    }

    /// Signs the key in, durably.
    pub(crate) fn sign_in(&self, key: &AuthKey, sign_in: SignIn) -> Result<(), SandboxError> {
        {
            let mut state = lock(&key.state);
            state.sign_in = Some(sign_in);
            state.password_pending = None;
            state.challenges.clear();
        }
        key.requests.store(0, Ordering::Relaxed);
        self.store(key)
    }

    /// Ends the sign-in of this name, wherever it was carried; says whether there was one.
    pub(crate) fn sign_out(&self, hash: i64) -> Result<bool, SandboxError> {
        let of_it: Vec<Arc<AuthKey>> = self.matching(|sign_in| sign_in.hash == hash);
        for key in &of_it {
            lock(&key.state).sign_in = None;
            self.store(key)?;
        }
        Ok(!of_it.is_empty())
    }

    /// All keys of a user.
    pub(crate) fn of_user(&self, user: i64) -> Vec<Arc<AuthKey>> {
        self.matching(|sign_in| sign_in.user == user)
    }

    /// What the client says about itself; stored when it is news.
    pub(crate) fn set_device(&self, key: &AuthKey, device: Device) -> Result<(), SandboxError> {
        {
            let mut state = lock(&key.state);
            if state.device.as_ref() == Some(&device) {
                return Ok(());
            }
            state.device = Some(device);
        }
        self.store(key)
    }

    fn matching(&self, wanted: impl Fn(&SignIn) -> bool) -> Vec<Arc<AuthKey>> {
        let all = read(&self.all);
        all.values()
            .filter(|key| key.sign_in().is_some_and(|sign_in| wanted(&sign_in)))
            .cloned()
            .collect()
    }

    fn store(&self, key: &AuthKey) -> Result<(), SandboxError> {
        if key.temporary {
            return Ok(());
        }
        // The transaction comes first: of two writers the later one stores the later state.
        let transaction = db::begin(&self.database)?;
        let record = {
            let state = lock(&key.state);
            Record {
                dc: key.dc,
                bytes: key.bytes.to_vec(),
                first_salt: key.first_salt,
                made: key.made,
                device: state.device.clone(),
                sign_in: state.sign_in,
            }
        };
        let bytes =
            postcard::to_stdvec(&record).map_err(|cause| SandboxError::Key(cause.to_string()))?;
        transaction.open_table(KEYS)?.insert(key.id, bytes.as_slice())?;
        transaction.commit()?;
        Ok(())
    }
}

fn load(database: &Database) -> Result<HashMap<i64, Arc<AuthKey>>, SandboxError> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(KEYS) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(HashMap::new()),
        Err(cause) => return Err(cause.into()),
    };
    let mut keys = HashMap::new();
    for entry in table.iter()? {
        let (id, bytes) = entry?;
        let record = postcard::from_bytes::<Record>(bytes.value()).ok();
        let Some((record, bytes)) = record.and_then(|record| {
            <[u8; 256]>::try_from(record.bytes.as_slice()).ok().map(|bytes| (record, bytes))
        }) else {
            tracing::error!(key = id.value(), "a stored key cannot be read and is left out");
            continue;
        };
        let key = AuthKey::new(record.dc, bytes, record.first_salt, record.made, false);
        *lock(&key.state) =
            State { device: record.device, sign_in: record.sign_in, ..State::default() };
        keys.insert(key.id, Arc::new(key));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_over_a_restart_and_signed_out_everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let sign_in = SignIn { user: 1, hash: 5, since: 3, imported: false };
        let ids = {
            let keys = Keys::open(&db::open(folder.path()).unwrap()).unwrap();
            [(2, 1u8), (4, 2)].map(|(dc, fill)| {
                let key = AuthKey::new(dc, [fill; 256], 9, 1, false);
                let id = key.id;
                assert!(keys.add(key).unwrap());
                keys.sign_in(&keys.get(id).unwrap(), sign_in).unwrap();
                id
            })
        };
        let keys = Keys::open(&db::open(folder.path()).unwrap()).unwrap();
        assert!(keys.at(4, ids[0]).is_none(), "a key of one data centre is none of the other's");
        assert_eq!(keys.at(2, ids[0]).unwrap().sign_in(), Some(sign_in));
        assert!(keys.sign_out(5).unwrap());
        assert!(ids.iter().all(|id| keys.get(*id).unwrap().user().is_none()));
        assert!(!keys.sign_out(5).unwrap());
    }
}
