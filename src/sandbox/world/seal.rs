//! Ids, access hashes and file references: numbers that a client cannot guess and that need not
//! be stored, because they are made from a secret of the world. Pure, but for the clock and the
//! system's randomness.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::error::{Outcome, WorldError, refuse};

/// How long a file reference lasts when no fault says otherwise.
const REFERENCE_LIFE: Duration = Duration::from_hours(12);
const REFERENCE_BYTES: usize = 25;

/// The world's secret.
#[derive(Clone)]
pub(crate) struct Seal(pub(crate) [u8; 32]);

impl Seal {
    fn digest(&self, purpose: &str, numbers: &[i64]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(purpose.as_bytes());
        for number in numbers {
            hash.update(number.to_le_bytes());
        }
        hash.finalize().into()
    }

    fn number(&self, purpose: &str, numbers: &[i64]) -> i64 {
        let digest = self.digest(purpose, numbers);
        let mut eight = [0; 8];
        eight.copy_from_slice(&digest[..8]);
        i64::from_le_bytes(eight)
    }

    /// A channel's access hash, as `user` knows it.
    pub(crate) fn channel_hash(&self, user: i64, channel: i64) -> i64 {
        self.number("channel", &[user, channel])
    }

    /// A file's access hash.
    pub(crate) fn file_hash(&self, file: i64) -> i64 {
        self.number("file", &[file])
    }

    /// A fresh reference to a file.
    pub(crate) fn reference(&self, file: i64) -> Vec<u8> {
        self.reference_at(file, now_ms())
    }

    fn reference_at(&self, file: i64, time_ms: i64) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&time_ms.to_be_bytes()[2..]);
        let digest = self.digest("reference", &[file, time_ms]);
        bytes.extend_from_slice(&digest[..REFERENCE_BYTES - bytes.len()]);
        bytes
    }

    /// Refuses references that are empty, not ours, or older than `life` (12 h where none is set).
    pub(crate) fn check(&self, file: i64, bytes: &[u8], life: Option<Duration>) -> Outcome<()> {
        if bytes.is_empty() {
            return refuse("FILE_REFERENCE_EMPTY");
        }
        if bytes.len() != REFERENCE_BYTES {
            return refuse("FILE_REFERENCE_INVALID");
        }
        let mut time = [0; 8];
        time[2..].copy_from_slice(&bytes[1..7]);
        let time_ms = i64::from_be_bytes(time);
        if bytes != self.reference_at(file, time_ms) {
            return refuse("FILE_REFERENCE_INVALID");
        }
        let age = Duration::from_millis(u64::try_from(now_ms() - time_ms).unwrap_or(0));
        if age >= life.unwrap_or(REFERENCE_LIFE) {
            return refuse("FILE_REFERENCE_EXPIRED");
        }
        Ok(())
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Seconds since 1970, as Telegram writes dates.
pub(crate) fn now() -> i32 {
    i32::try_from(now_ms() / 1000).unwrap_or(i32::MAX)
}

/// Eight random bytes.
pub(crate) fn random() -> Outcome<i64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| WorldError::File(std::io::Error::other(error.to_string())))?;
    Ok(i64::from_le_bytes(bytes))
}

/// Splitmix: a well-spread number from any number.
pub(crate) fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(result: Outcome<()>) -> String {
        result.unwrap_err().into_rpc().name.into_owned()
    }

    #[test]
    fn references_are_of_one_file_and_go_stale() {
        let seal = Seal([7; 32]);
        let fresh = seal.reference(5);
        assert_eq!(fresh.len(), REFERENCE_BYTES);
        seal.check(5, &fresh, None).unwrap();
        assert_eq!(name(seal.check(6, &fresh, None)), "FILE_REFERENCE_INVALID");
        assert_eq!(name(seal.check(5, &[], None)), "FILE_REFERENCE_EMPTY");
        assert_eq!(name(seal.check(5, &[1; 25], None)), "FILE_REFERENCE_INVALID");
        assert_eq!(name(seal.check(5, &fresh, Some(Duration::ZERO))), "FILE_REFERENCE_EXPIRED");
        let old = seal.reference_at(5, now_ms() - 13 * 3_600_000);
        assert_eq!(name(seal.check(5, &old, None)), "FILE_REFERENCE_EXPIRED");
        assert_eq!(name(Seal([8; 32]).check(5, &fresh, None)), "FILE_REFERENCE_INVALID");
    }
}
