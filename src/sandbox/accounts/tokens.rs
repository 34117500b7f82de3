//! Short-lived tokens: those of a QR code, and those that carry a sign-in to the other data centre. In memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::keys::SignIn;
use crate::sandbox::held::lock;
use crate::sandbox::wire::crypto::random;

/// How long a QR code may be scanned, <https://core.telegram.org/api/qr-login>.
pub(crate) const LOGIN_LIFE: Duration = Duration::from_secs(30);
/// An accepted one may take a little longer, since its key has to come back for it.
const ACCEPTED_LIFE: Duration = Duration::from_mins(5);
const EXPORT_LIFE: Duration = Duration::from_mins(1);
const MOST: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    login: Mutex<HashMap<[u8; 32], Login>>,
    exported: Mutex<HashMap<[u8; 32], Exported>>,
}

#[derive(Debug)]
struct Login {
    /// The key that shows the QR code.
    key: i64,
    made: Instant,
    accepted: Option<i64>,
}

#[derive(Debug)]
struct Exported {
    sign_in: SignIn,
    dc: i32,
    made: Instant,
}

/// Why a scanned token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Unknown,
    Expired,
    AlreadyAccepted,
}

impl Tokens {
    /// A new QR token for a key. Earlier ones of it stay good until they expire.
    pub(crate) fn offer(&self, key: i64) -> [u8; 32] {
        let token = random();
        let mut login = lock(&self.login);
        login.retain(|_, login| login.made.elapsed() < ACCEPTED_LIFE);
        if login.len() < MOST {
            login.insert(token, Login { key, made: Instant::now(), accepted: None });
        }
        token
    }

    /// The user of another device says yes. Tells the key that waits for it.
    pub(crate) fn accept(&self, token: &[u8], user: i64) -> Result<i64, Refused> {
        let token: [u8; 32] = token.try_into().map_err(|_| Refused::Unknown)?;
        let mut all = lock(&self.login);
        let login = all.get_mut(&token).ok_or(Refused::Unknown)?;
        if login.accepted.is_some() {
            return Err(Refused::AlreadyAccepted);
        }
        if login.made.elapsed() >= LOGIN_LIFE {
            return Err(Refused::Expired);
        }
        login.accepted = Some(user);
        Ok(login.key)
    }

    /// An accepted token of this key, and whose it is.
    pub(crate) fn accepted_for(&self, key: i64) -> Option<([u8; 32], i64)> {
        let all = lock(&self.login);
        let mut of_key = all
            .iter()
            .filter(|(_, login)| login.key == key && login.made.elapsed() < ACCEPTED_LIFE);
        of_key.find_map(|(token, login)| login.accepted.map(|user| (*token, user)))
    }

    /// Who accepted a token that was shown at another data centre.
    pub(crate) fn accepted(&self, token: &[u8]) -> Result<i64, Refused> {
        let token: [u8; 32] = token.try_into().map_err(|_| Refused::Unknown)?;
        let all = lock(&self.login);
        let login = all.get(&token).ok_or(Refused::Unknown)?;
        if login.made.elapsed() >= ACCEPTED_LIFE {
            return Err(Refused::Expired);
        }
        login.accepted.ok_or(Refused::Unknown)
    }

    /// Its key is signed in: the token has done its work.
    pub(crate) fn spend(&self, token: &[u8]) {
        if let Ok(token) = <[u8; 32]>::try_from(token) {
            lock(&self.login).remove(&token);
        }
    }

    /// A token by which a key of data centre `dc` may take over this sign-in.
    pub(crate) fn export(&self, sign_in: SignIn, dc: i32) -> [u8; 32] {
        let token = random();
        let mut exported = lock(&self.exported);
        exported.retain(|_, token| token.made.elapsed() < EXPORT_LIFE);
        if exported.len() < MOST {
            exported.insert(token, Exported { sign_in, dc, made: Instant::now() });
        }
        token
    }

    /// Takes an exported sign-in; each token is good once.
    pub(crate) fn import(&self, token: &[u8], user: i64, dc: i32) -> Option<SignIn> {
        let token: [u8; 32] = token.try_into().ok()?;
        let mut all = lock(&self.exported);
        let exported = all.get(&token)?;
        if exported.dc != dc
            || exported.sign_in.user != user
            || exported.made.elapsed() >= EXPORT_LIFE
        {
            return None;
        }
        all.remove(&token).map(|exported| exported.sign_in)
    }
}
