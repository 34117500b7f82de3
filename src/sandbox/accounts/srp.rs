//! The server's half of the password check, <https://core.telegram.org/api/srp>.
//! Making a verifier takes some 100 ms of CPU and a check some 20 ms: not on a tokio worker.

use std::fmt;
use std::sync::LazyLock;

use grammers_tl_types::{enums, types};
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::sandbox::wire::crypto::{DH_PRIME, G, padded, random, sha256};

/// `H(p | g)`
static K: LazyLock<BigUint> = LazyLock::new(|| {
    BigUint::from_bytes_be(&sha256(&[&padded(&DH_PRIME), &padded(&BigUint::from(G))]))
});

/// What is kept of a password: enough to check it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Verifier {
    salt1: Vec<u8>,
    salt2: Vec<u8>,
    v: Vec<u8>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

impl Verifier {
    pub(crate) fn new(password: &str) -> Self {
        let (salt1, salt2) = (random::<32>().to_vec(), random::<16>().to_vec());
        let salted = |data: &[u8], salt: &[u8]| sha256(&[salt, data, salt]);
        let first = salted(&salted(password.as_bytes(), &salt1), &salt2);
        let mut long = Zeroizing::new([0u8; 64]);
        pbkdf2::pbkdf2_hmac::<sha2::Sha512>(&first, &salt1, 100_000, long.as_mut_slice());
        let x = BigUint::from_bytes_be(&salted(long.as_slice(), &salt2));
        let v = padded(&BigUint::from(G).modpow(&x, &DH_PRIME)).to_vec();
        Self { salt1, salt2, v }
    }

    /// How a client has to hash the password.
    pub(crate) fn algorithm(&self) -> enums::PasswordKdfAlgo {
        algorithm(self.salt1.clone(), self.salt2.clone())
    }
}

/// The algorithm for a password to be chosen; its first salt is for the client to prolong.
pub(crate) fn new_algorithm() -> enums::PasswordKdfAlgo {
    algorithm(random::<8>().to_vec(), random::<16>().to_vec())
}

fn algorithm(salt1: Vec<u8>, salt2: Vec<u8>) -> enums::PasswordKdfAlgo {
    let g = i32::try_from(G).unwrap_or(3);
    types::PasswordKdfAlgoSha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow {
        salt1,
        salt2,
        g,
        p: padded(&DH_PRIME).to_vec(),
    }
    .into()
}

/// One attempt's half of the exchange; used up by the answer to it, right or wrong.
pub(crate) struct Challenge {
    pub id: i64,
    pub user: i64,
    b: BigUint,
    g_b: [u8; 256],
    verifier: Verifier,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Challenge {
    pub(crate) fn new(user: i64, verifier: Verifier) -> Self {
        let b = BigUint::from_bytes_be(&random::<256>());
        let v = BigUint::from_bytes_be(&verifier.v);
        let g_b = padded(&((&*K * v + BigUint::from(G).modpow(&b, &DH_PRIME)) % &*DH_PRIME));
        Self { id: i64::from_le_bytes(random()), user, b, g_b, verifier }
    }

    pub(crate) fn g_b(&self) -> Vec<u8> {
        self.g_b.to_vec()
    }

    /// Whether `m1` proves the password.
    pub(crate) fn check(&self, a: &[u8], m1: &[u8]) -> bool {
        let g_a = BigUint::from_bytes_be(a);
        if a.len() > 256 || g_a == BigUint::ZERO || g_a >= *DH_PRIME {
            return false;
        }
        let a = padded(&g_a);
        let u = BigUint::from_bytes_be(&sha256(&[&a, &self.g_b]));
        let v = BigUint::from_bytes_be(&self.verifier.v);
        let shared = (g_a * v.modpow(&u, &DH_PRIME)).modpow(&self.b, &DH_PRIME);
        let key = sha256(&[&padded(&shared)]);
        let mut group = sha256(&[&padded(&DH_PRIME)]);
        group.iter_mut().zip(sha256(&[&padded(&BigUint::from(G))])).for_each(|(p, g)| *p ^= g);
        let salts = (sha256(&[&self.verifier.salt1]), sha256(&[&self.verifier.salt2]));
        sha256(&[&group, &salts.0, &salts.1, &a, &self.g_b, &key]) == *m1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_crypto::two_factor_auth::calculate_2fa;

    fn answer(challenge: &Challenge, password: &str) -> ([u8; 256], [u8; 32]) {
        let verifier = &challenge.verifier;
        let (m1, a) = calculate_2fa(
            &verifier.salt1,
            &verifier.salt2,
            &padded(&DH_PRIME),
            &i32::try_from(G).unwrap(),
            challenge.g_b(),
            random::<256>().to_vec(),
            password,
        );
        (a, m1)
    }

    #[test]
    fn the_right_password_and_no_other() {
        let challenge = Challenge::new(1, Verifier::new("säge"));
        let (a, m1) = answer(&challenge, "säge");
        assert!(challenge.check(&a, &m1));
        let (a, m1) = answer(&challenge, "sage");
        assert!(!challenge.check(&a, &m1));
        assert!(!challenge.check(&[0; 256], &m1));
    }
}
