//! A server's RSA public key as PKCS#1 PEM, and the fingerprint by which a home knows its server.
//!
//! Only as much of PEM and DER as that takes; no cryptography.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const BEGIN: &str = "-----BEGIN RSA PUBLIC KEY-----";
const END: &str = "-----END RSA PUBLIC KEY-----";
/// A key of 8192 bits has about 1,400 characters.
const LONGEST: usize = 4096;

/// The SHA-256 of the key's DER: equal for equal keys, however their PEM is broken into lines.
pub(super) fn fingerprint(pem: &str) -> Result<[u8; 32], &'static str> {
    if pem.len() > LONGEST {
        return Err("its RSA key is far too long");
    }
    let body = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).ok_or(
        "its RSA key does not stand between the lines BEGIN RSA PUBLIC KEY and END RSA PUBLIC KEY",
    )?;
    let packed: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = STANDARD.decode(packed).map_err(|_| "its RSA key is not base64 text")?;
    check(&der).ok_or("its RSA key is not a PKCS#1 public key")?;
    Ok(Sha256::digest(&der).into())
}

/// `SEQUENCE { INTEGER n, INTEGER e }` and nothing after it.
fn check(der: &[u8]) -> Option<()> {
    let (inside, rest) = element(der, 0x30)?;
    let (_modulus, after) = element(inside, 0x02)?;
    let (_exponent, end) = element(after, 0x02)?;
    (rest.is_empty() && end.is_empty()).then_some(())
}

/// One DER element of this type: its content, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = digits.iter().try_fold(0_usize, |length, digit| {
            length.checked_mul(256)?.checked_add(usize::from(*digit))
        })?;
        (length, rest)
    };
    (found == tag && length > 0).then(|| rest.split_at_checked(length)).flatten()
}

/// The first bytes of a fingerprint: enough for people to tell two servers apart.
pub(super) fn short(fingerprint: &[u8; 32]) -> String {
    let head = fingerprint.first_chunk().copied().unwrap_or_default();
    format!("{:012x}", u64::from_be_bytes(head) >> 16)
}

#[cfg(test)]
pub(super) mod tests {
    use rsa::pkcs1::EncodeRsaPublicKey as _;
    use rsa::pkcs1::LineEnding;

    use super::*;

    /// A key whose modulus is some odd number; good enough to be told apart.
    pub(in crate::config) fn pem(number: u64, ending: LineEnding) -> String {
        let modulus = (rsa::BigUint::from(number) << 2040_usize) + rsa::BigUint::from(1_u8);
        let key = rsa::RsaPublicKey::new(modulus, rsa::BigUint::from(65_537_u32)).unwrap();
        key.to_pkcs1_pem(ending).unwrap()
    }

    #[test]
    fn line_endings_do_not_make_another_key() {
        let unix = fingerprint(&pem(5, LineEnding::LF)).unwrap();
        assert_eq!(fingerprint(&pem(5, LineEnding::CRLF)).unwrap(), unix);
        assert_ne!(fingerprint(&pem(7, LineEnding::LF)).unwrap(), unix);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let good = pem(5, LineEnding::LF);
        let cut: String = good.lines().filter(|line| line.len() != 64).collect();
        for bad in ["", "key", &good.replace("RSA PUBLIC", "PUBLIC"), &cut, &good.replace('M', "!")]
        {
            assert!(fingerprint(bad).is_err(), "{bad}");
        }
        assert!(fingerprint(&"x".repeat(LONGEST + 1)).is_err());
    }
}
