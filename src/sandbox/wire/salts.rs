//! Server salts: half-hourly, derived from the key, so that none has to be stored. Pure but for the clock given in.
//! A forced change counts up the key's generation, and all salts of before are void.

use std::sync::atomic::Ordering;

use grammers_tl_types::types::FutureSalt;

use super::crypto::{eight, sha256};
use crate::sandbox::accounts::keys::AuthKey;

const PERIOD: i32 = 1800;
/// How long a salt is good, from the beginning of its period.
const LIFE: i32 = 2 * PERIOD;

/// The salt of the period that holds `time` (Unix seconds).
pub(super) fn at(key: &AuthKey, time: i32) -> i64 {
    of_period(key, time.div_euclid(PERIOD))
}

fn of_period(key: &AuthKey, period: i32) -> i64 {
    let generation = key.salt_generation.load(Ordering::Relaxed);
    let hash = sha256(&[b"salt", &key.bytes, &period.to_le_bytes(), &generation.to_le_bytes()]);
    // Never zero: that is what a client without a salt sends.
    i64::from_le_bytes(eight(&hash)) | 1
}

/// Whether a message with this salt is to be accepted now.
pub(super) fn is_good(key: &AuthKey, salt: i64, now: i32) -> bool {
    let period = now.div_euclid(PERIOD);
    let fresh = key.salt_generation.load(Ordering::Relaxed) == 0 && now - key.made < LIFE;
    // The next one, too: a client's clock may be ahead.
    (fresh && salt == key.first_salt)
        || (period - 1..=period + 1).any(|period| of_period(key, period) == salt)
}

/// The salts from now on; at least two, since a client with one asks for more before it goes on.
pub(super) fn coming(key: &AuthKey, count: i32, now: i32) -> Vec<FutureSalt> {
    let first = now.div_euclid(PERIOD);
    let period = |n: i32| FutureSalt {
        valid_since: (first + n) * PERIOD,
        valid_until: (first + n) * PERIOD + LIFE,
        salt: of_period(key, first + n),
    };
    (0..count.clamp(2, 64)).map(period).collect()
}

/// Voids all salts given out so far.
pub(super) fn change(key: &AuthKey) {
    key.salt_generation.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_salts_are_good_in_their_time_and_void_after_a_change() {
        let key = AuthKey::new(2, [3; 256], 77, 1_000_000, false);
        let coming = coming(&key, 10, 1_000_000);
        for salt in &coming {
            assert!(is_good(&key, salt.salt, salt.valid_since));
            assert!(is_good(&key, salt.salt, salt.valid_until - 1));
            assert!(!is_good(&key, salt.salt, salt.valid_until + PERIOD));
        }
        assert!(is_good(&key, 77, 1_000_000) && !is_good(&key, 77, 1_000_000 + LIFE));
        change(&key);
        assert!(!is_good(&key, coming[0].salt, 1_000_000) && !is_good(&key, 77, 1_000_000));
        assert!(is_good(&key, at(&key, 1_000_000), 1_000_000));
    }
}
