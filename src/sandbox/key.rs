//! The data centres' own RSA key: made at the first start, kept in the folder, readable by its owner alone.
//! Both paddings of the key exchange are undone here; nothing else is ever decrypted with it.
//! The private operation takes some milliseconds: call it where that may be (not on a tokio worker).

use std::fmt;
use std::io::Write;
use std::path::Path;

use grammers_crypto::aes;
use grammers_tl_types::{Cursor, Deserializable, Serializable, enums};
use num_bigint::BigUint;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, EncodeRsaPublicKey, LineEnding};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use zeroize::Zeroizing;

use super::SandboxError;
use super::wire::crypto::{sha1, sha256};

const FILE: &str = "rsa-private.pem";

/// Telegram's keys have 2048 bits; the exchange has room for exactly that.
const BITS: usize = 2048;

pub(crate) struct ServerKey {
    n: BigUint,
    d: BigUint,
    public_pem: String,
    fingerprint: i64,
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// The system's randomness for a crate that wants an older `rand_core`.
struct SystemRandom;

impl rsa::rand_core::RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        rsa::rand_core::impls::next_u32_via_fill(self)
    }
    fn next_u64(&mut self) -> u64 {
        rsa::rand_core::impls::next_u64_via_fill(self)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        super::wire::crypto::fill(bytes);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for SystemRandom {}

impl ServerKey {
    /// The folder's key, made when there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let path = folder.join(FILE);
        let unreadable = |cause: String| SandboxError::Unreadable { path: path.clone(), cause };
        let private = match std::fs::read_to_string(&path) {
            Ok(pem) => {
                let pem = Zeroizing::new(pem);
                rsa::RsaPrivateKey::from_pkcs1_pem(&pem)
                    .map_err(|cause| unreadable(cause.to_string()))?
            }
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => make(&path)?,
            Err(source) => return Err(SandboxError::Io { path, source }),
        };
        if private.size() * 8 != BITS {
            return Err(unreadable(format!(
                "the key has {} bits instead of {BITS}",
                private.size() * 8
            )));
        }
        let public = private.to_public_key();
        let public_pem =
            public.to_pkcs1_pem(LineEnding::LF).map_err(|cause| unreadable(cause.to_string()))?;
        let (n, e) = (public.n().to_bytes_be(), public.e().to_bytes_be());
        // https://core.telegram.org/mtproto/auth_key: the lower 64 bits of SHA-1 of the bare rsa_public_key
        let hash = sha1(&[&n.to_bytes(), &e.to_bytes()]);
        Ok(Self {
            n: BigUint::from_bytes_be(&n),
            d: BigUint::from_bytes_be(&private.d().to_bytes_be()),
            public_pem,
            fingerprint: i64::from_le_bytes(super::wire::crypto::eight(&hash[12..])),
        })
    }

    pub(crate) fn public_pem(&self) -> &str {
        &self.public_pem
    }

    pub(crate) fn fingerprint(&self) -> i64 {
        self.fingerprint
    }

    /// Undoes `RSA_PAD` or the older padding with SHA-1 and reads what was inside.
    pub(crate) fn open_inner_data(&self, encrypted: &[u8]) -> Option<enums::PQInnerData> {
        let cipher = BigUint::from_bytes_be(encrypted);
        if encrypted.len() != BITS / 8 || cipher >= self.n {
            return None;
        }
        let plain = super::wire::crypto::padded(&cipher.modpow(&self.d, &self.n));
        undo_rsa_pad(&plain).or_else(|| undo_sha1_padding(&plain))
    }
}

fn make(path: &Path) -> Result<rsa::RsaPrivateKey, SandboxError> {
    let failed = |source: std::io::Error| SandboxError::Io { path: path.to_owned(), source };
    let private = rsa::RsaPrivateKey::new(&mut SystemRandom, BITS)
        .map_err(|cause| SandboxError::Key(cause.to_string()))?;
    let pem = private
        .to_pkcs1_pem(LineEnding::LF)
        .map_err(|cause| SandboxError::Key(cause.to_string()))?;
    // A temporary file is made with mode 0600, and renaming keeps it.
    let mut file =
        tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(pem.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|cause| failed(cause.error))?;
    Ok(private)
}

/// <https://core.telegram.org/mtproto/auth_key#presenting-proof-of-work-server-authentication>
fn undo_rsa_pad(plain: &[u8; 256]) -> Option<enums::PQInnerData> {
    let (masked_key, encrypted) = plain.split_at(32);
    let mut key = sha256(&[encrypted]);
    key.iter_mut().zip(masked_key).for_each(|(key, mask)| *key ^= mask);
    let mut data = encrypted.to_vec();
    aes::ige_decrypt(&mut data, &key, &[0; 32]);
    let (reversed, hash) = data.split_at(192);
    let padded: Vec<u8> = reversed.iter().rev().copied().collect();
    if sha256(&[&key, &padded]) != *hash {
        return None;
    }
    enums::PQInnerData::from_bytes(&padded).ok()
}

/// `0, SHA1(data), data, random padding`: what clients did before `RSA_PAD`, and some still do.
fn undo_sha1_padding(plain: &[u8; 256]) -> Option<enums::PQInnerData> {
    let (head, data) = plain.split_at(21);
    let mut cursor = Cursor::from_slice(data);
    let inner = enums::PQInnerData::deserialize(&mut cursor).ok()?;
    (head[0] == 0 && sha1(&[&data[..cursor.pos()]]) == head[1..]).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::types;

    fn inner() -> enums::PQInnerData {
        types::PQInnerData {
            pq: vec![1; 8],
            p: vec![2; 4],
            q: vec![3; 4],
            nonce: [4; 16],
            server_nonce: [5; 16],
            new_nonce: [6; 32],
        }
        .into()
    }

    #[test]
    fn both_paddings_and_kept_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let key = ServerKey::open(folder.path()).unwrap();
        let client = grammers_crypto::rsa::Key::new(&key.n.to_string(), "65537").unwrap();
        let sent = grammers_crypto::rsa::encrypt_hashed(&inner().to_bytes(), &client, &[9; 224]);
        let again = ServerKey::open(folder.path()).unwrap();
        assert_eq!(again.fingerprint, key.fingerprint);
        assert_eq!(again.open_inner_data(&sent), Some(inner()));

        let data = inner().to_bytes();
        let mut old = [&[0u8][..], &sha1(&[&data]), &data].concat();
        old.resize(256, 7);
        let cipher = BigUint::from_bytes_be(&old).modpow(&BigUint::from(65537u32), &key.n);
        assert_eq!(
            key.open_inner_data(&super::super::wire::crypto::padded(&cipher)),
            Some(inner())
        );
        old[30] ^= 1;
        let cipher = BigUint::from_bytes_be(&old).modpow(&BigUint::from(65537u32), &key.n);
        assert_eq!(key.open_inner_data(&super::super::wire::crypto::padded(&cipher)), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
