//! The session as bytes: a version, then postcard. A newer version is refused, not guessed at.
//! No thread, no I/O. Whatever holds a key is wiped when dropped.

use std::net::{SocketAddrV4, SocketAddrV6};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::{Result, TelegramError};
use super::key_exchange::Key;

const VERSION: u8 = 1;
/// More than any account has; limits what a damaged record can make us allocate.
const LARGEST: usize = 64 * 1024;

/// A session at rest.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    /// Which endpoint it belongs to.
    pub(super) endpoint: String,
    pub(super) home: i32,
    pub(super) dcs: Vec<DcRecord>,
    /// Id, name, telephone number.
    pub(super) me: Option<(i64, String, String)>,
    /// pts, qts, date, seq.
    pub(super) updates: (i32, i32, i32, i32),
}

#[derive(Serialize, Deserialize)]
pub(super) struct DcRecord {
    pub(super) id: i32,
    pub(super) ipv4: SocketAddrV4,
    pub(super) ipv6: SocketAddrV6,
    #[serde(with = "key_bytes")]
    pub(super) key: Option<Key>,
    pub(super) authorised: bool,
}

/// Keys as postcard byte strings.
mod key_bytes {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};
    use zeroize::Zeroizing;

    use super::Key;

    #[expect(clippy::ref_option, reason = "serde hands the field over like this")]
    pub(super) fn serialize<S: Serializer>(key: &Option<Key>, to: S) -> Result<S::Ok, S::Error> {
        key.as_ref().map(|key| key.as_slice()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Key>, D::Error> {
        let Some(bytes) = Option::<&[u8]>::deserialize(from)? else { return Ok(None) };
        let key = <[u8; 256]>::try_from(bytes).map_err(|_| D::Error::custom("a key's length"))?;
        Ok(Some(Zeroizing::new(key)))
    }
}

pub(super) fn encode(record: &Record) -> Result<Zeroizing<Vec<u8>>> {
    // One buffer, large enough from the start: growing would leave copies of the keys behind.
    let text = record.me.as_ref().map_or(0, |(_, name, phone)| name.len() + phone.len());
    let size = 512 + record.endpoint.len() + text + record.dcs.len() * 512;
    let mut bytes = Zeroizing::new(vec![0; size]);
    bytes[0] = VERSION;
    let used = postcard::to_slice(record, &mut bytes[1..])
        .map_err(|error| unusable(error.to_string()))?
        .len();
    bytes.truncate(1 + used);
    Ok(bytes)
}

pub(super) fn decode(bytes: &[u8], endpoint: &str) -> Result<Record> {
    match bytes.split_first() {
        Some((&VERSION, rest)) if bytes.len() <= LARGEST => {
            let record: Record =
                postcard::from_bytes(rest).map_err(|_| unusable("it is damaged"))?;
            if record.endpoint == endpoint {
                Ok(record)
            } else {
                Err(unusable("it belongs to another server"))
            }
        }
        Some((&newer, _)) if newer > VERSION => {
            Err(unusable("a newer Heliogram wrote it; use that one"))
        }
        _ => Err(unusable("it is damaged")),
    }
}

pub(super) fn unusable(why: impl Into<String>) -> TelegramError {
    TelegramError::Session { why: why.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(home: i32, name: &str, key: Option<u8>) -> Record {
        let dc = |id| DcRecord {
            id,
            ipv4: "127.0.0.1:443".parse().unwrap(),
            ipv6: "[::1]:443".parse().unwrap(),
            key: key.map(|byte| Zeroizing::new([byte; 256])),
            authorised: id % 2 == 0,
        };
        Record {
            endpoint: "here".into(),
            home,
            dcs: (1..=5).map(dc).collect(),
            me: Some((1 << 40, name.to_owned(), "440".into())),
            updates: (1, 2, 3, 4),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(home: i32, name in ".{0,200}", key: Option<u8>) {
            let before = record(home, &name, key);
            let after = decode(&encode(&before).unwrap(), "here").unwrap();
            prop_assert_eq!((after.home, &after.me), (before.home, &before.me));
            prop_assert_eq!(&after.dcs[4].key, &before.dcs[4].key);
            prop_assert_eq!(after.dcs[1].authorised, true);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = decode(&bytes, "here").is_ok();
        }
    }

    #[test]
    fn newer_and_foreign_records_are_refused() {
        let mut bytes = encode(&record(1, "", None)).unwrap();
        assert!(decode(&bytes, "elsewhere").is_err());
        bytes[0] = VERSION + 1;
        assert!(decode(&bytes, "here").err().unwrap().to_string().contains("newer"));
    }
}
