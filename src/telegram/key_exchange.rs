//! How an authorisation key is agreed upon with a server. With Telegram's own servers grammers does
//! it; for any other server, whose RSA key grammers cannot be given, it is done here from
//! grammers' public parts, with every check that
//! <https://core.telegram.org/mtproto/auth_key> and
//! <https://core.telegram.org/mtproto/security_guidelines> demand. Big numbers are computed off
//! the asynchronous threads.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use grammers_crypto::{AuthKey, aes, factorize, generate_key_data_from_nonce, hex, rsa};
use grammers_mtproto::{mtp, transport};
use grammers_mtsender::{InvocationError, Sender, ServerAddr};
use grammers_tl_types::{Cursor, Deserializable as _, Serializable as _, enums, functions, types};
use num_bigint::BigUint;
use sha1::{Digest as _, Sha1};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::chance;
use super::endpoint::{Place, ServerKey};
use super::error::{Result, TelegramError};

/// The whole exchange: three round trips and some arithmetic.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// How often the server may ask for another number.
const RETRIES: usize = 5;

/// The prime that Telegram uses, known to be safe; others are tested, which takes a second.
static KNOWN_PRIME: LazyLock<Vec<u8>> = LazyLock::new(|| {
    hex::from_hex(
        "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f\
         48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37\
         20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64\
         2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4\
         a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754\
         fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4\
         e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f\
         0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
    )
});

pub(super) type Key = Zeroizing<[u8; 256]>;

/// Agrees on a key with the data centre at `address`.
pub(super) async fn exchange(place: &Place, address: SocketAddr) -> Result<Key> {
    let server = place.custom.as_ref().map(|custom| custom.key.clone());
    // A task of its own: what panics on a senseless answer must not take the caller along.
    let mut task = tokio::task::JoinSet::new();
    task.spawn(async move {
        match server {
            Some(key) => with_custom(address, &key).await,
            None => with_telegram(address).await,
        }
    });
    match timeout(TIME_LIMIT, task.join_next()).await {
        Ok(Some(Ok(result))) => result,
        Ok(_) => Err(unsafe_because("the server's answers make no sense")),
        Err(_) => Err(TelegramError::Offline { why: "the server does not answer".into() }),
    }
}

async fn with_telegram(address: SocketAddr) -> Result<Key> {
    let sender =
        grammers_mtsender::connect(transport::Full::new(), ServerAddr::Tcp { address }).await;
    Ok(Zeroizing::new(sender.map_err(exchange_error)?.auth_key()))
}

async fn with_custom(address: SocketAddr, server: &ServerKey) -> Result<Key> {
    let plain = mtp::Plain::new();
    let mut line = Sender::connect(transport::Full::new(), plain, ServerAddr::Tcp { address })
        .await
        .map_err(|error| TelegramError::Offline { why: error.to_string() })?;
    let nonce: [u8; 16] = chance::bytes()?;
    let enums::ResPq::Pq(pq) =
        line.invoke(&functions::ReqPqMulti { nonce }).await.map_err(exchange_error)?;
    check(pq.nonce == nonce, "the nonce was changed")?;
    check(
        pq.server_public_key_fingerprints.contains(&server.fingerprint),
        "it does not have the expected RSA key",
    )?;
    let names =
        Names { nonce, server_nonce: pq.server_nonce, new_nonce: Zeroizing::new(chance::bytes()?) };
    let request = prove(&names, pq.pq, server).await?;
    let answer = line.invoke(&request).await.map_err(exchange_error)?;
    let group = group(&names, answer).await?;
    let mut retry_id = 0;
    for _ in 0..RETRIES {
        let (g_b, key) = group.choose().await?;
        let request = names.client_half(g_b, retry_id)?;
        let answer = line.invoke(&request).await.map_err(exchange_error)?;
        if names.verdict(&key, &answer)? {
            return Ok(key);
        }
        retry_id = i64::from_le_bytes(aux_hash(&key));
    }
    Err(unsafe_because("no number pleased the server"))
}

/// The three numbers that tie an exchange together.
struct Names {
    nonce: [u8; 16],
    server_nonce: [u8; 16],
    new_nonce: Zeroizing<[u8; 32]>,
}

/// Splits `pq` and sends the new nonce so that only the owner of the RSA key can read it.
async fn prove(names: &Names, pq: Vec<u8>, server: &ServerKey) -> Result<functions::ReqDhParams> {
    let number = <[u8; 8]>::try_from(pq.as_slice())
        .map(u64::from_be_bytes)
        .ok()
        // "a product of two distinct odd primes", less than 2^63; the rest would never end.
        .filter(|pq| pq % 2 == 1 && (1 << 20..1 << 63).contains(pq));
    let Some(number) = number else { return Err(unsafe_because("its proof of work is no number")) };
    let (p, q) = heavy(move || factorize(number)).await?;
    check(p > 1 && p < q && p.checked_mul(q) == Some(number), "its proof of work is unsolvable")?;
    let (p, q) = (short(p), short(q));
    let inner = types::PQInnerData {
        pq,
        p: p.clone(),
        q: q.clone(),
        nonce: names.nonce,
        server_nonce: names.server_nonce,
        new_nonce: *names.new_nonce,
    };
    let inner = Zeroizing::new(enums::PQInnerData::Data(inner).to_bytes());
    let key = rsa::Key::new(&server.n.to_string(), &server.e.to_string())
        .ok_or_else(|| unsafe_because("its RSA key is no number"))?;
    let encrypted_data = rsa::encrypt_hashed(&inner, &key, &chance::bytes::<224>()?);
    Ok(functions::ReqDhParams {
        nonce: names.nonce,
        server_nonce: names.server_nonce,
        p,
        q,
        public_key_fingerprint: server.fingerprint,
        encrypted_data,
    })
}

/// The group and the server's half of the key, both checked.
struct Group {
    prime: BigUint,
    g: u32,
    g_a: BigUint,
}

/// Decrypts and checks the server's half.
async fn group(names: &Names, answer: enums::ServerDhParams) -> Result<Group> {
    let mut sealed = match answer {
        enums::ServerDhParams::Ok(sealed) => sealed,
        enums::ServerDhParams::Fail(_) => return Err(unsafe_because("it refused the exchange")),
    };
    check(sealed.nonce == names.nonce, "the nonce was changed")?;
    check(sealed.server_nonce == names.server_nonce, "the server's nonce was changed")?;
    let length = sealed.encrypted_answer.len();
    check(length >= 32 && length.is_multiple_of(16), "its answer has the wrong length")?;
    let (key, iv) = generate_key_data_from_nonce(&names.server_nonce, &names.new_nonce);
    aes::ige_decrypt(&mut sealed.encrypted_answer, &key, &iv);
    let (hash, rest) = sealed.encrypted_answer.split_at(20);
    let mut cursor = Cursor::from_slice(rest);
    let enums::ServerDhInnerData::Data(inner) = enums::ServerDhInnerData::deserialize(&mut cursor)
        .map_err(|_| unsafe_because("its answer was not made for us"))?;
    let digest: [u8; 20] = Sha1::digest(&rest[..cursor.pos()]).into();
    check(digest == *hash, "its answer was changed")?;
    check(rest.len() - cursor.pos() < 16, "its answer is padded too much")?;
    check(inner.nonce == names.nonce, "the nonce was changed")?;
    check(inner.server_nonce == names.server_nonce, "the server's nonce was changed")?;
    let g = inner.g;
    // Other bases are not in the protocol, and grammers' test does not expect them.
    check((2..=7).contains(&g), "its base is not one of the protocol's")?;
    let prime = inner.dh_prime;
    // 3 generates a subgroup of Telegram's prime as the guidelines demand; so do 4 and 7.
    let known = prime == *KNOWN_PRIME && matches!(g, 3 | 4 | 7);
    let tested = prime.clone();
    let good = known
        || heavy(move || grammers_crypto::two_factor_auth::check_p_and_g(&tested, &g)).await?;
    check(good, "its prime is not safe")?;
    let group = Group {
        prime: BigUint::from_bytes_be(&prime),
        g: g.unsigned_abs(),
        g_a: BigUint::from_bytes_be(&inner.g_a),
    };
    check(group.prime.bits() == 2048, "its prime is not safe")?;
    check(group.in_range(&group.g_a), "its half of the key is out of range")?;
    Ok(group)
}

impl Group {
    /// Between 2^(2048−64) and prime − 2^(2048−64).
    fn in_range(&self, value: &BigUint) -> bool {
        let margin = BigUint::from(1u8) << (2048 - 64);
        *value > margin && *value < &self.prime - &margin
    }

    /// A new secret: our half of the key, and the key.
    async fn choose(&self) -> Result<([u8; 256], Key)> {
        for _ in 0..RETRIES {
            let (prime, g, g_a) = (self.prime.clone(), BigUint::from(self.g), self.g_a.clone());
            let b = Zeroizing::new(chance::bytes::<256>()?);
            let (g_b, key) = heavy(move || {
                let b = BigUint::from_bytes_be(&*b);
                (g.modpow(&b, &prime), padded(&g_a.modpow(&b, &prime)))
            })
            .await?;
            if self.in_range(&g_b) {
                return Ok((*padded(&g_b), key));
            }
        }
        Err(unsafe_because("no number of ours was in range"))
    }
}

impl Names {
    /// Our half, encrypted.
    fn client_half(&self, g_b: [u8; 256], retry_id: i64) -> Result<functions::SetClientDhParams> {
        let inner = enums::ClientDhInnerData::Data(types::ClientDhInnerData {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            retry_id,
            g_b: g_b.to_vec(),
        })
        .to_bytes();
        let digest: [u8; 20] = Sha1::digest(&inner).into();
        let mut sealed = digest.to_vec();
        sealed.extend(inner);
        let padding: [u8; 16] = chance::bytes()?;
        sealed.extend(&padding[..sealed.len().next_multiple_of(16) - sealed.len()]);
        let (key, iv) = generate_key_data_from_nonce(&self.server_nonce, &self.new_nonce);
        aes::ige_encrypt(&mut sealed, &key, &iv);
        Ok(functions::SetClientDhParams {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            encrypted_data: sealed,
        })
    }

    /// Whether the server took the key; `false` when it wants another number.
    fn verdict(&self, key: &Key, answer: &enums::SetClientDhParamsAnswer) -> Result<bool> {
        use enums::SetClientDhParamsAnswer as A;
        let (nonce, server_nonce, hash, number) = match answer {
            A::DhGenOk(a) => (a.nonce, a.server_nonce, a.new_nonce_hash1, 1),
            A::DhGenRetry(a) => (a.nonce, a.server_nonce, a.new_nonce_hash2, 2),
            A::DhGenFail(a) => (a.nonce, a.server_nonce, a.new_nonce_hash3, 3),
        };
        check(nonce == self.nonce, "the nonce was changed")?;
        check(server_nonce == self.server_nonce, "the server's nonce was changed")?;
        let expected = AuthKey::from_bytes(**key).calc_new_nonce_hash(&self.new_nonce, number);
        check(hash == expected, "it has another key than we have")?;
        check(number != 3, "it refused the key")?;
        Ok(number == 1)
    }
}

/// The 64 higher-order bits of the key's SHA-1.
fn aux_hash(key: &Key) -> [u8; 8] {
    let digest: [u8; 20] = Sha1::digest(**key).into();
    let mut hash = [0; 8];
    hash.copy_from_slice(&digest[..8]);
    hash
}

/// Runs arithmetic where it disturbs nobody.
async fn heavy<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| unsafe_because("its numbers make no sense"))
}

fn padded(number: &BigUint) -> Key {
    let bytes = Zeroizing::new(number.to_bytes_be());
    let mut key = Zeroizing::new([0; 256]);
    let start = 256usize.saturating_sub(bytes.len());
    key[start..].copy_from_slice(&bytes[bytes.len().saturating_sub(256)..]);
    key
}

/// Big endian, without leading zeros.
fn short(number: u64) -> Vec<u8> {
    number.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect()
}

fn check(holds: bool, why: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(unsafe_because(why)) }
}

fn unsafe_because(why: &str) -> TelegramError {
    TelegramError::Unsafe { why: why.into() }
}

fn exchange_error(error: InvocationError) -> TelegramError {
    match error {
        InvocationError::Deserialize(_) => unsafe_because("its answers make no sense"),
        error => TelegramError::from_invocation(error, "the key exchange"),
    }
}
