//! What a call may be wrapped in: layer, introduction, order, no updates, gzip. Pure; nothing large is copied.

use std::borrow::Cow;

use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, deserialize, enums, functions, types as tl,
};

use super::RpcError;
use crate::sandbox::accounts::keys::Device;
use crate::sandbox::wire::messages::{GZIP, gunzip};

/// Wrappers in wrappers: more than any client has.
const DEEPEST: usize = 12;
/// Longest part of an introduction that is kept.
const LONGEST: usize = 128;

/// A call without its wrappers.
#[derive(Debug)]
pub(super) struct Stripped<'a> {
    pub body: Cow<'a, [u8]>,
    pub device: Option<Device>,
    pub layered: bool,
    pub without_updates: bool,
    /// Requests that must have succeeded before.
    pub after: Vec<i64>,
}

pub(super) fn strip(body: &[u8]) -> Result<Stripped<'_>, RpcError> {
    let mut call = Stripped {
        body: Cow::Borrowed(body),
        device: None,
        layered: false,
        without_updates: false,
        after: Vec::new(),
    };
    for _ in 0..DEEPEST {
        let Some(length) = peel(&mut call)? else { return Ok(call) };
        call.body = match call.body {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[length..]),
            Cow::Owned(mut bytes) => Cow::Owned(bytes.split_off(length)),
        };
    }
    Err(RpcError::bad_request("INPUT_REQUEST_INVALID"))
}

/// Takes note of one wrapper; how long it is, or `None` for the call itself.
fn peel(call: &mut Stripped<'_>) -> Result<Option<usize>, RpcError> {
    let mut cursor = Cursor::from_slice(&call.body);
    match u32::deserialize(&mut cursor)? {
        functions::InvokeWithLayer::<()>::CONSTRUCTOR_ID => {
            i32::deserialize(&mut cursor)?;
            call.layered = true;
        }
        functions::InitConnection::<()>::CONSTRUCTOR_ID => {
            let flags = u32::deserialize(&mut cursor)?;
            let api_id = i32::deserialize(&mut cursor)?;
            let mut text = || {
                String::deserialize(&mut cursor)
                    .map(|text| text.chars().take(LONGEST).collect::<String>())
            };
            let (model, system, app) = (text()?, text()?, text()?);
            let _languages = (text()?, text()?, text()?);
            if flags & 1 != 0 {
                enums::InputClientProxy::deserialize(&mut cursor)?;
            }
            if flags & 2 != 0 {
                skip_json(&mut cursor, 0)?;
            }
            call.device = Some(Device { api_id, model, system, app });
        }
        functions::InvokeWithoutUpdates::<()>::CONSTRUCTOR_ID => call.without_updates = true,
        functions::InvokeAfterMsg::<()>::CONSTRUCTOR_ID => {
            call.after.push(i64::deserialize(&mut cursor)?);
        }
        functions::InvokeAfterMsgs::<()>::CONSTRUCTOR_ID => {
            call.after.extend(Vec::<i64>::deserialize(&mut cursor)?);
        }
        GZIP => {
            let plain = gunzip(&call.body).ok_or(RpcError::bad_request("INPUT_FETCH_FAIL"))?;
            call.body = Cow::Owned(plain);
            return Ok(Some(0));
        }
        _ => return Ok(None),
    }
    Ok(Some(cursor.pos()))
}

/// Passes over a `JSONValue`, which a stranger may nest deeper than a stack.
fn skip_json(cursor: &mut Cursor<'_>, depth: usize) -> Result<(), RpcError> {
    if depth > DEEPEST {
        return Err(RpcError::bad_request("INPUT_REQUEST_INVALID"));
    }
    let count = |cursor: &mut Cursor<'_>| {
        let _vector = u32::deserialize(cursor)?;
        u32::deserialize(cursor)
    };
    match u32::deserialize(cursor)? {
        tl::JsonBool::CONSTRUCTOR_ID => drop(bool::deserialize(cursor)?),
        tl::JsonNumber::CONSTRUCTOR_ID => drop(f64::deserialize(cursor)?),
        tl::JsonString::CONSTRUCTOR_ID => drop(Vec::<u8>::deserialize(cursor)?),
        tl::JsonArray::CONSTRUCTOR_ID => {
            for _ in 0..count(cursor)? {
                skip_json(cursor, depth + 1)?;
            }
        }
        tl::JsonObject::CONSTRUCTOR_ID => {
            for _ in 0..count(cursor)? {
                let _constructor = u32::deserialize(cursor)?;
                let _key = Vec::<u8>::deserialize(cursor)?;
                skip_json(cursor, depth + 1)?;
            }
        }
        tl::JsonNull::CONSTRUCTOR_ID => {}
        id => return Err(deserialize::Error::UnexpectedConstructor { id }.into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::Serializable;

    fn params() -> enums::Jsonvalue {
        let value: enums::Jsonvalue = tl::JsonArray {
            value: vec![
                enums::Jsonvalue::JsonNull,
                tl::JsonBool { value: true }.into(),
                tl::JsonNumber { value: 2.5 }.into(),
                tl::JsonString { value: "x".into() }.into(),
            ],
        }
        .into();
        tl::JsonObject {
            value: vec![tl::JsonObjectValue { key: "tz_offset".into(), value }.into()],
        }
        .into()
    }

    #[test]
    fn bottomless_json_is_refused() {
        let mut deep = params();
        for _ in 0..50 {
            deep = tl::JsonArray { value: vec![deep] }.into();
        }
        assert!(skip_json(&mut Cursor::from_slice(&deep.to_bytes()), 0).is_err());
    }

    #[test]
    fn all_wrappers_come_off() {
        let call = functions::InvokeWithLayer {
            layer: 230,
            query: functions::InitConnection {
                api_id: 7,
                device_model: "m".into(),
                system_version: "s".into(),
                app_version: "a".into(),
                system_lang_code: "en".into(),
                lang_pack: String::new(),
                lang_code: "en".into(),
                proxy: None,
                params: Some(params()),
                query: functions::InvokeWithoutUpdates {
                    query: functions::InvokeAfterMsgs {
                        msg_ids: vec![4, 8],
                        query: functions::help::GetConfig {},
                    },
                },
            },
        };
        let bytes = call.to_bytes();
        let stripped = strip(&bytes).unwrap();
        assert_eq!(&*stripped.body, functions::help::GetConfig {}.to_bytes());
        assert_eq!(
            stripped.device.map(|device| (device.api_id, device.app)),
            Some((7, "a".into()))
        );
        assert!(stripped.layered && stripped.without_updates);
        assert_eq!(stripped.after, [4, 8]);
        assert!(strip(&bytes[..20]).is_err());
    }
}
