//! Where the server is: Telegram, its test servers, or any other by address and RSA key. Decides
//! which addresses may be used at all. No thread, no I/O.

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use base64::Engine as _;
use grammers_session::SessionData;
use grammers_session::types::DcOption;
use grammers_tl_types::Serializable as _;
use num_bigint::BigUint;
use sha1::{Digest as _, Sha1};

use super::error::{Result, TelegramError};
use super::words::Endpoint;

/// An endpoint, looked through.
pub(super) struct Place {
    /// The custom server, where it is one.
    pub(super) custom: Option<CustomPlace>,
    /// Tells endpoints apart: a session belongs to one of them.
    pub(super) identity: String,
    /// The data centre to begin with.
    pub(super) first_dc: i32,
    /// The addresses known from the start.
    pub(super) known: Vec<DcOption>,
}

/// A server that is not Telegram's.
pub(super) struct CustomPlace {
    pub(super) address: SocketAddr,
    pub(super) dc_id: i32,
    pub(super) key: ServerKey,
}

/// A server's RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerKey {
    pub(super) n: BigUint,
    pub(super) e: BigUint,
    /// The lower 64 bits of the SHA-1 of the key as TL has it.
    pub(super) fingerprint: i64,
}

impl Place {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self> {
        Ok(match endpoint {
            Endpoint::Telegram => {
                let data = SessionData::default();
                Self {
                    custom: None,
                    identity: "telegram".into(),
                    first_dc: data.home_dc,
                    known: data.dc_options.into_values().collect(),
                }
            }
            Endpoint::TestServers => Self {
                custom: None,
                identity: "telegram-test".into(),
                first_dc: 2,
                known: test_servers(),
            },
            Endpoint::Custom { address, dc_id, rsa_public_key_pem } => {
                let key = ServerKey::from_pem(rsa_public_key_pem)?;
                Self {
                    identity: format!("custom-{:016x}", key.fingerprint),
                    first_dc: *dc_id,
                    known: vec![option_at(*dc_id, *address)],
                    custom: Some(CustomPlace { address: *address, dc_id: *dc_id, key }),
                }
            }
        })
    }

    /// Whether the server's address has to be reached over IPv6.
    pub(super) fn uses_ipv6(&self) -> bool {
        self.custom.as_ref().is_some_and(|custom| custom.address.is_ipv6())
    }

    /// The address to use for a data centre.
    pub(super) fn address(&self, option: &DcOption) -> SocketAddr {
        if self.uses_ipv6() { option.ipv6.into() } else { option.ipv4.into() }
    }

    /// What may be believed of an address that a server gave. A custom server may name further
    /// data centres on its own host and nothing else, so that Telegram's real addresses can
    /// never be reached through it; its first one stays where we were told it is.
    pub(super) fn accept(&self, mut option: DcOption) -> Option<DcOption> {
        let Some(custom) = &self.custom else { return Some(option) };
        if option.id == custom.dc_id {
            let sure = option_at(custom.dc_id, custom.address);
            option.ipv4 = sure.ipv4;
            option.ipv6 = sure.ipv6;
            return Some(option);
        }
        let address = self.address(&option);
        (address.ip() == custom.address.ip() && address.port() != 0).then_some(option)
    }
}

/// A data centre of which one address is known.
fn option_at(id: i32, address: SocketAddr) -> DcOption {
    let (ipv4, ipv6) = match address {
        SocketAddr::V4(v4) => (v4, SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0)),
        SocketAddr::V6(v6) => (SocketAddrV4::new(std::net::Ipv4Addr::UNSPECIFIED, 0), v6),
    };
    DcOption { id, ipv4, ipv6, auth_key: None }
}

/// The addresses that my.telegram.org and the official apps give for tests.
fn test_servers() -> Vec<DcOption> {
    let dc = |id, v4: [u8; 4], v6: [u16; 4]| DcOption {
        id,
        ipv4: SocketAddrV4::new(v4.into(), 443),
        ipv6: SocketAddrV6::new(Ipv6Addr::new(v6[0], v6[1], v6[2], v6[3], 0, 0, 0, 0xe), 443, 0, 0),
        auth_key: None,
    };
    vec![
        dc(1, [149, 154, 175, 10], [0x2001, 0xb28, 0xf23d, 0xf001]),
        dc(2, [149, 154, 167, 40], [0x2001, 0x67c, 0x4e8, 0xf002]),
        dc(3, [149, 154, 175, 117], [0x2001, 0xb28, 0xf23d, 0xf003]),
    ]
}

impl ServerKey {
    /// Reads a PKCS#1 PEM (`BEGIN RSA PUBLIC KEY`) of 2048 bits.
    pub(super) fn from_pem(pem: &str) -> Result<Self> {
        Self::parse(pem).ok_or_else(|| TelegramError::Endpoint {
            why: "its RSA key is not a PKCS#1 PEM of 2048 bits".into(),
        })
    }

    fn parse(pem: &str) -> Option<Self> {
        let body = pem
            .split_once("-----BEGIN RSA PUBLIC KEY-----")?
            .1
            .split_once("-----END RSA PUBLIC KEY-----")?
            .0;
        let body: String = body.split_whitespace().collect();
        let der = base64::engine::general_purpose::STANDARD.decode(body).ok()?;
        // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
        let (sequence, rest) = der_value(&der, 0x30)?;
        let (modulus, after) = der_value(sequence, 0x02)?;
        let (exponent, end) = der_value(after, 0x02)?;
        let (n, e) = (BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent));
        let whole = rest.is_empty() && end.is_empty() && n.bits() == 2048 && e.bits() >= 2;
        whole.then(|| Self { fingerprint: fingerprint(&n, &e), n, e })
    }
}

/// Splits a DER value of the given tag off `bytes`.
fn der_value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > 2 {
            return None;
        }
        (digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)), rest)
    };
    (found == tag).then(|| rest.split_at_checked(length)).flatten()
}

/// <https://core.telegram.org/mtproto/auth_key>: the lower 64 bits of the SHA-1 of the bare
/// `rsa_public_key n:string e:string`.
fn fingerprint(n: &BigUint, e: &BigUint) -> i64 {
    let mut bytes = n.to_bytes_be().to_bytes();
    e.to_bytes_be().serialize(&mut bytes);
    let hash: [u8; 20] = Sha1::digest(&bytes).into();
    let mut lower = [0; 8];
    lower.copy_from_slice(&hash[12..]);
    i64::from_le_bytes(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key that Telegram publishes for its test servers.
    const TEST_KEY: &str = "-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAyMEdY1aR+sCR3ZSJrtztKTKqigvO/vBfqACJLZtS7QMgCGXJ6XIR
yy7mx66W0/sOFa7/1mAZtEoIokDP3ShoqF4fVNb6XeqgQfaUHd8wJpDWHcR2OFwv
plUUI1PLTktZ9uW2WE23b+ixNwJjJGwBDJPQEQFBE+vfmH0JP503wr5INS1poWg/
j25sIWeYPHYeOrFp/eXaqhISP6G+q2IeTaWTXpwZj4LzXq5YOpk4bYEQ6mvRq7D1
aHWfYmlEGepfaYR8Q0YqvvhYtMte3ITnuSJs171+GDqpdKcSwHnd6FudwGO4pcCO
j4WcDuXc2CTHgH8gFTNhp/Y8/SpDOhvn9QIDAQAB
-----END RSA PUBLIC KEY-----";

    fn custom() -> Place {
        Place::new(&Endpoint::Custom {
            address: "127.0.0.1:4430".parse().unwrap(),
            dc_id: 2,
            rsa_public_key_pem: TEST_KEY.into(),
        })
        .unwrap()
    }

    #[test]
    fn a_published_key_has_its_published_fingerprint() {
        let key = ServerKey::from_pem(TEST_KEY).unwrap();
        // As grammers has it for the same key.
        assert_eq!(key.fingerprint, -5_595_554_452_916_591_101);
        assert!(ServerKey::from_pem(&TEST_KEY.replace("MIIB", "MIIC")).is_err());
        assert!(ServerKey::from_pem("").is_err());
    }

    #[test]
    fn a_custom_server_cannot_lead_us_elsewhere() {
        let place = custom();
        assert_eq!(place.known.len(), 1);
        let there = |id, address: &str| {
            place.accept(option_at(id, address.parse().unwrap())).map(|o| place.address(&o))
        };
        assert_eq!(there(4, "149.154.167.92:443"), None);
        assert_eq!(there(4, "127.0.0.1:0"), None);
        assert_eq!(there(4, "127.0.0.1:4431"), Some("127.0.0.1:4431".parse().unwrap()));
        // Its first data centre stays where we were told it is.
        assert_eq!(there(2, "149.154.167.41:443"), Some("127.0.0.1:4430".parse().unwrap()));
    }
}
