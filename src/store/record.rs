//! How a value becomes a row: one byte for the row's format, then postcard.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::base::Fault;

/// The only row format so far.
const FORMAT: u8 = 1;

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    postcard::to_extend(value, vec![FORMAT]).map_err(|error| Fault::Row(error.to_string()))
}

/// A row with something behind it, which [`decode_appended`] reads.
pub(super) fn append<T: Serialize>(row: Vec<u8>, value: &T) -> Result<Vec<u8>, Fault> {
    postcard::to_extend(value, row).map_err(|error| Fault::Row(error.to_string()))
}

pub(super) fn decode_appended<T: DeserializeOwned>(later: &[u8]) -> Result<T, Fault> {
    match postcard::take_from_bytes(later) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(too_long()),
        Err(error) => Err(Fault::Row(format!("a row makes no sense ({error})"))),
    }
}

pub(super) fn decode<T: DeserializeOwned>(row: &[u8]) -> Result<T, Fault> {
    match decode_first(row)? {
        (value, []) => Ok(value),
        _ => Err(too_long()),
    }
}

pub(super) fn too_long() -> Fault {
    Fault::Row("a row is longer than its content".to_owned())
}

/// What a row begins with, in place, and what follows.
pub(super) fn decode_first<'r, T: Deserialize<'r>>(row: &'r [u8]) -> Result<(T, &'r [u8]), Fault> {
    let body = match row.split_first() {
        Some((&FORMAT, body)) => body,
        Some((format, _)) => return Err(Fault::Row(format!("a row has the format {format}"))),
        None => return Err(Fault::Row("a row is empty".to_owned())),
    };
    postcard::take_from_bytes(body)
        .map_err(|error| Fault::Row(format!("a row makes no sense ({error})")))
}
