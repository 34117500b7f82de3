//! The key exchange of one connection, <https://core.telegram.org/mtproto/auth_key>.
//! Takes tens of milliseconds of CPU: each step runs on a blocking thread.

use grammers_crypto::{AuthKey as Derived, aes, generate_key_data_from_nonce};
use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, Serializable, enums, functions, types,
};
use num_bigint::BigUint;

use super::crypto::{DH_PRIME, G, eight, padded, random, sha1};
use crate::sandbox::accounts::keys::AuthKey;
use crate::sandbox::server::{Server, now};

/// Test clients add this to the number of a data centre.
const TEST_DC: i32 = 10_000;

/// Where the exchange stands. Anything out of turn ends it.
#[derive(Default)]
pub(super) enum Exchange {
    #[default]
    Nothing,
    /// `resPQ` was sent.
    Asked { nonces: Nonces, factors: (u32, u32) },
    /// `server_DH_params_ok` was sent.
    Offered { nonces: Nonces, new_nonce: [u8; 32], a: BigUint, temporary: bool },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Nonces {
    client: [u8; 16],
    server: [u8; 16],
}

/// Why an exchange ends; the client gets the code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub i32);

/// What Telegram says to a message it makes nothing of.
const NOT_FOUND: Refused = Refused(-404);
/// "Invalid DC".
const WRONG_DC: Refused = Refused(-444);

impl From<grammers_tl_types::deserialize::Error> for Refused {
    fn from(_: grammers_tl_types::deserialize::Error) -> Self {
        NOT_FOUND
    }
}

impl Exchange {
    /// Takes the body of an unencrypted message; answers with that of another. Blocks.
    pub(super) fn step(
        self,
        server: &Server,
        dc: i32,
        body: &[u8],
    ) -> Result<(Self, Vec<u8>), Refused> {
        let mut cursor = Cursor::from_slice(body);
        match (u32::deserialize(&mut cursor)?, self) {
            (functions::ReqPqMulti::CONSTRUCTOR_ID | functions::ReqPq::CONSTRUCTOR_ID, _) => {
                Ok(ask(server, <[u8; 16]>::deserialize(&mut cursor)?))
            }
            (functions::ReqDhParams::CONSTRUCTOR_ID, Self::Asked { nonces, factors }) => offer(
                server,
                dc,
                nonces,
                factors,
                &functions::ReqDhParams::deserialize(&mut cursor)?,
            ),
            (
                functions::SetClientDhParams::CONSTRUCTOR_ID,
                Self::Offered { nonces, new_nonce, a, temporary },
            ) => {
                let request = functions::SetClientDhParams::deserialize(&mut cursor)?;
                let answer = agree(server, dc, nonces, new_nonce, &a, temporary, request)?;
                Ok((Self::Nothing, answer.to_bytes()))
            }
            _ => Err(NOT_FOUND),
        }
    }
}

fn ask(server: &Server, client: [u8; 16]) -> (Exchange, Vec<u8>) {
    let nonces = Nonces { client, server: random() };
    let (one, other) = (prime(), prime());
    let factors = (one.min(other), one.max(other));
    let answer = enums::ResPq::Pq(types::ResPq {
        nonce: nonces.client,
        server_nonce: nonces.server,
        pq: (u64::from(one) * u64::from(other)).to_be_bytes().to_vec(),
        server_public_key_fingerprints: vec![server.key.fingerprint()],
    });
    (Exchange::Asked { nonces, factors }, answer.to_bytes())
}

/// A random prime of 31 bits, small enough to be found by trial.
fn prime() -> u32 {
    loop {
        let candidate = u32::from_le_bytes(random()) >> 2 | 0x4000_0001;
        let divides = |divisor: &u32| candidate.is_multiple_of(*divisor);
        if !(3..=46_341).step_by(2).any(|divisor| divides(&divisor)) {
            return candidate;
        }
    }
}

fn offer(
    server: &Server,
    dc: i32,
    nonces: Nonces,
    factors: (u32, u32),
    request: &functions::ReqDhParams,
) -> Result<(Exchange, Vec<u8>), Refused> {
    let asked = Nonces { client: request.nonce, server: request.server_nonce };
    let named = (number(&request.p), number(&request.q));
    if asked != nonces
        || named != factors
        || request.public_key_fingerprint != server.key.fingerprint()
    {
        return Err(NOT_FOUND);
    }
    let inner = server.key.open_inner_data(&request.encrypted_data).ok_or(NOT_FOUND)?;
    let (wanted_dc, temporary) = match &inner {
        enums::PQInnerData::Data(_) => (None, false),
        enums::PQInnerData::Dc(data) => (Some(data.dc), false),
        enums::PQInnerData::Temp(_) => (None, true),
        enums::PQInnerData::TempDc(data) => (Some(data.dc), true),
    };
    if wanted_dc.is_some_and(|wanted| wanted.abs() % TEST_DC != dc) {
        return Err(WRONG_DC);
    }
    let inside = Nonces { client: inner.nonce(), server: inner.server_nonce() };
    if inside != nonces || (number(&inner.p()), number(&inner.q())) != factors {
        return Err(NOT_FOUND);
    }
    let new_nonce = inner.new_nonce();
    let a = BigUint::from_bytes_be(&random::<256>());
    let data = enums::ServerDhInnerData::Data(types::ServerDhInnerData {
        nonce: nonces.client,
        server_nonce: nonces.server,
        g: i32::try_from(G).unwrap_or(3),
        dh_prime: padded(&DH_PRIME).to_vec(),
        g_a: padded(&BigUint::from(G).modpow(&a, &DH_PRIME)).to_vec(),
        server_time: now(),
    })
    .to_bytes();
    let mut encrypted = [&sha1(&[&data])[..], &data].concat();
    let missing = encrypted.len().next_multiple_of(16) - encrypted.len();
    encrypted.extend_from_slice(&random::<16>()[..missing]);
    let (key, iv) = generate_key_data_from_nonce(&nonces.server, &new_nonce);
    aes::ige_encrypt(&mut encrypted, &key, &iv);
    let answer = enums::ServerDhParams::Ok(types::ServerDhParamsOk {
        nonce: nonces.client,
        server_nonce: nonces.server,
        encrypted_answer: encrypted,
    });
    Ok((Exchange::Offered { nonces, new_nonce, a, temporary }, answer.to_bytes()))
}

/// A number of at most four bytes; 0, which nothing equals, for anything else.
fn number(bytes: &[u8]) -> u32 {
    if bytes.len() > 4 {
        return 0;
    }
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn agree(
    server: &Server,
    dc: i32,
    nonces: Nonces,
    new_nonce: [u8; 32],
    a: &BigUint,
    temporary: bool,
    request: functions::SetClientDhParams,
) -> Result<enums::SetClientDhParamsAnswer, Refused> {
    let asked = Nonces { client: request.nonce, server: request.server_nonce };
    let mut data = request.encrypted_data;
    if asked != nonces || data.len() < 32 || !data.len().is_multiple_of(16) {
        return Err(NOT_FOUND);
    }
    let (key, iv) = generate_key_data_from_nonce(&nonces.server, &new_nonce);
    aes::ige_decrypt(&mut data, &key, &iv);
    let mut cursor = Cursor::from_slice(&data[20..]);
    let enums::ClientDhInnerData::Data(inner) = enums::ClientDhInnerData::deserialize(&mut cursor)?;
    let inside = Nonces { client: inner.nonce, server: inner.server_nonce };
    if sha1(&[&data[20..20 + cursor.pos()]]) != data[..20] || inside != nonces {
        return Err(NOT_FOUND);
    }
    let g_b = BigUint::from_bytes_be(&inner.g_b);
    let bytes = padded(&g_b.modpow(a, &DH_PRIME));
    let hash = |number| Derived::from_bytes(bytes).calc_new_nonce_hash(&new_nonce, number);
    let failed = || {
        enums::SetClientDhParamsAnswer::DhGenFail(types::DhGenFail {
            nonce: nonces.client,
            server_nonce: nonces.server,
            new_nonce_hash3: hash(3),
        })
    };
    if !is_safe(&g_b) {
        return Ok(failed());
    }
    let salt = i64::from_le_bytes(eight(&new_nonce)) ^ i64::from_le_bytes(eight(&nonces.server));
    // Stored before it is acknowledged: a client never has a key that a restart makes unknown.
    match server.accounts.keys.add(AuthKey::new(dc, bytes, salt, now(), temporary)) {
        Ok(true) => Ok(enums::SetClientDhParamsAnswer::DhGenOk(types::DhGenOk {
            nonce: nonces.client,
            server_nonce: nonces.server,
            new_nonce_hash1: hash(1),
        })),
        Ok(false) => Ok(enums::SetClientDhParamsAnswer::DhGenRetry(types::DhGenRetry {
            nonce: nonces.client,
            server_nonce: nonces.server,
            new_nonce_hash2: hash(2),
        })),
        Err(cause) => {
            tracing::error!(%cause, "a new key could not be stored");
            Ok(failed())
        }
    }
}

/// Both sides must refuse a power of g near the ends of its range,
/// <https://core.telegram.org/mtproto/auth_key#dh-key-exchange-complete>.
fn is_safe(power: &BigUint) -> bool {
    let margin = BigUint::from(1u8) << (2048 - 64);
    *power >= margin && *power <= &*DH_PRIME - &margin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_and_numbers() {
        for _ in 0..3 {
            let (one, other) = (prime(), prime());
            let product = u64::from(one) * u64::from(other);
            let found = grammers_crypto::factorize(product);
            assert_eq!(found, (u64::from(one.min(other)), u64::from(one.max(other))));
        }
        assert_eq!(number(&[1, 2]), 258);
        assert_eq!(number(&[0; 5]), 0);
    }

    #[test]
    fn weak_powers_are_refused() {
        for weak in [
            BigUint::ZERO,
            BigUint::from(1u8),
            BigUint::from(3u8),
            &*DH_PRIME - 1u8,
            DH_PRIME.clone(),
        ] {
            assert!(!is_safe(&weak));
        }
        assert!(is_safe(&(&*DH_PRIME / 3u8)));
    }
}
