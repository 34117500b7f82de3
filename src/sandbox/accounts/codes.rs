//! Sign-in codes on their way: which `phone_code_hash` was given out for which phone. In memory, for minutes.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sandbox::held::lock;
use crate::sandbox::wire::crypto::random;

const LIFE: Duration = Duration::from_mins(10);
/// Beyond this the oldest are forgotten, as if they had expired.
const MOST: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Codes(Mutex<HashMap<String, Sent>>);

#[derive(Clone, Debug)]
struct Sent {
    phone: String,
    at: Instant,
}

impl Codes {
    /// "Sends" a code to a phone (its digits): a new `phone_code_hash`.
    pub(crate) fn send(&self, phone: &str) -> String {
        use std::fmt::Write;
        let mut hash = String::new();
        for byte in random::<9>() {
            let _ = write!(hash, "{byte:02x}");
        }
        let mut sent = lock(&self.0);
        sent.retain(|_, code| code.at.elapsed() < LIFE);
        if sent.len() >= MOST {
            let oldest = sent.iter().min_by_key(|(_, code)| code.at).map(|(hash, _)| hash.clone());
            oldest.and_then(|hash| sent.remove(&hash));
        }
        sent.insert(hash.clone(), Sent { phone: phone.to_owned(), at: Instant::now() });
        hash
    }

    /// Whether this hash was given out for this phone lately. It stays good, for an answer may be lost on its way.
    pub(crate) fn is_current(&self, hash: &str, phone: &str) -> bool {
        lock(&self.0).get(hash).is_some_and(|code| code.phone == phone && code.at.elapsed() < LIFE)
    }

    /// Forgets a code; says whether there was one.
    pub(crate) fn cancel(&self, hash: &str, phone: &str) -> bool {
        let mut sent = lock(&self.0);
        let known = sent.get(hash).is_some_and(|code| code.phone == phone);
        if known {
            sent.remove(hash);
        }
        known
    }
}
