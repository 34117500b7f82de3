//! The server's side of MTProto 2.0's arithmetic: what `grammers-crypto` has for clients only. Pure but for `random`.
//! <https://core.telegram.org/mtproto/description>

use std::sync::LazyLock;

use grammers_crypto::{DequeBuffer, aes};
use num_bigint::BigUint;

/// Telegram's 2048-bit safe prime, for key exchange and passwords alike; clients know it and trust it.
pub(crate) static DH_PRIME: LazyLock<BigUint> = LazyLock::new(|| {
    const HEX: &[u8] = b"c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4db\
fa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64\
2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b41\
0dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4\
e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf\
6f4fadf034b10403119cd8e3b92fcc5b";
    BigUint::parse_bytes(HEX, 16).unwrap_or_default()
});
/// A generator of the prime's subgroup.
pub(crate) const G: u32 = 3;

pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives randomness");
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

pub(crate) fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    use sha1::Digest;
    let mut hash = sha1::Sha1::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The first eight bytes; what is missing is zero.
pub(crate) fn eight(bytes: &[u8]) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    eight
}

/// A number below 2^2048 as 256 bytes.
pub(crate) fn padded(number: &BigUint) -> [u8; 256] {
    let bytes = number.to_bytes_be();
    let mut padded = [0; 256];
    let bytes = &bytes[bytes.len().saturating_sub(256)..];
    padded[256 - bytes.len()..].copy_from_slice(bytes);
    padded
}

/// The lower 64 bits of the key's SHA-1.
pub(crate) fn key_id(key: &[u8; 256]) -> i64 {
    i64::from_le_bytes(eight(&sha1(&[key])[12..]))
}

#[derive(Clone, Copy)]
enum Direction {
    FromClient,
    ToClient,
}

impl Direction {
    /// The `x` of the key derivation.
    fn offset(self) -> usize {
        match self {
            Self::FromClient => 0,
            Self::ToClient => 8,
        }
    }
}

fn aes_key(key: &[u8; 256], message_key: &[u8], direction: Direction) -> ([u8; 32], [u8; 32]) {
    let x = direction.offset();
    let a = sha256(&[message_key, &key[x..x + 36]]);
    let b = sha256(&[&key[40 + x..76 + x], message_key]);
    let weave = |outer: &[u8; 32], inner: &[u8; 32]| {
        let mut woven = *outer;
        woven[8..24].copy_from_slice(&inner[8..24]);
        woven
    };
    (weave(&a, &b), weave(&b, &a))
}

fn message_key(key: &[u8; 256], plain: &[u8], direction: Direction) -> [u8; 16] {
    let x = direction.offset();
    let large = sha256(&[&key[88 + x..120 + x], plain]);
    let mut middle = [0; 16];
    middle.copy_from_slice(&large[8..24]);
    middle
}

/// Decrypts `key id, message key, data` where it is; the plain text begins at byte 24. False when it is not authentic.
pub(crate) fn decrypt(key: &[u8; 256], packet: &mut [u8]) -> bool {
    if packet.len() < 24 + 32 || !(packet.len() - 24).is_multiple_of(16) {
        return false;
    }
    let (head, data) = packet.split_at_mut(24);
    let (aes, iv) = aes_key(key, &head[8..24], Direction::FromClient);
    aes::ige_decrypt(data, &aes, &iv);
    message_key(key, data, Direction::FromClient) == head[8..24]
}

/// Pads and encrypts where it is, and puts key id and message key in front.
pub(crate) fn encrypt(key: &[u8; 256], key_id: i64, plain: &mut DequeBuffer<u8>) {
    // 12 to 1024 bytes, to a multiple of 16
    let padding = 12 + (16 - (plain.len() + 12) % 16) % 16;
    plain.extend(&random::<32>()[..padding]);
    let message_key = message_key(key, plain.as_ref(), Direction::ToClient);
    let (aes, iv) = aes_key(key, &message_key, Direction::ToClient);
    aes::ige_encrypt(plain.as_mut(), &aes, &iv);
    plain.extend_front(&message_key);
    plain.extend_front(&key_id.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_crypto::{AuthKey, decrypt_data_v2, encrypt_data_v2};
    use proptest::prelude::*;

    proptest! {
        /// The client's own code is the other end.
        #[test]
        fn understands_the_client_and_is_understood(plain in proptest::collection::vec(any::<u8>(), 16..600), flip in any::<usize>()) {
            let bytes: [u8; 256] = random();
            let (client, id) = (AuthKey::from_bytes(bytes), key_id(&bytes));

            let mut sent = DequeBuffer::with_capacity(plain.len() + 64, 32);
            sent.extend(&plain);
            encrypt_data_v2(&mut sent, &client);
            let mut packet = sent.as_ref().to_vec();
            let mut broken = packet.clone();
            prop_assert!(decrypt(&bytes, &mut packet));
            prop_assert_eq!(&packet[24..24 + plain.len()], &plain[..]);
            let place = 8 + flip % (broken.len() - 8);
            broken[place] ^= 1;
            prop_assert!(!decrypt(&bytes, &mut broken));

            let mut answer = DequeBuffer::with_capacity(plain.len() + 64, 32);
            answer.extend(&plain);
            encrypt(&bytes, id, &mut answer);
            prop_assert_eq!(&decrypt_data_v2(answer.as_mut(), &client).unwrap()[..plain.len()], &plain[..]);
        }
    }
}
