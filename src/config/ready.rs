//! The ready file: how a server that is not Telegram's tells where it listens.
//!
//! Only address, data centre and key are taken; the codes and passwords in it are for tests and
//! people, and no sentence from here quotes them.

use std::path::Path;

use serde_json::Value;

use super::{ConfigError, CustomServer};
use crate::platform::fs;

/// A ready file with hundreds of accounts is still far below this.
const LARGEST: u64 = 4 << 20;

impl CustomServer {
    /// Reads the file that `heliogram sandbox --ready-file` writes.
    pub fn from_ready_file(path: &Path) -> Result<Self, ConfigError> {
        let bytes = fs::read_up_to(path, LARGEST).map_err(ConfigError::io(path))?;
        let bytes = bytes.ok_or_else(|| ConfigError::NoReadyFile { path: path.to_path_buf() })?;
        Self::from_json(&bytes)
            .map_err(|problem| ConfigError::BadReadyFile { path: path.to_path_buf(), problem })
    }

    fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is not JSON (line {})", error.line()))?;
        let field = |name: &str| match json.get(name) {
            None | Some(Value::Null) => Err(format!("the field \"{name}\" is missing")),
            Some(value) => Ok(value),
        };
        let address = field("address")?
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or("\"address\" is not of the form \"127.0.0.1:PORT\"")?;
        let dc_id = field("dc_id")?
            .as_i64()
            .and_then(|id| i32::try_from(id).ok())
            .ok_or("\"dc_id\" is not a number")?;
        let rsa_public_key =
            field("rsa_public_key")?.as_str().ok_or("\"rsa_public_key\" is not text")?.to_owned();
        let server = Self { address, dc_id, rsa_public_key };
        server.problem().map_or(Ok(server), |problem| Err(problem.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use rsa::pkcs1::LineEnding;
    use serde_json::json;

    use super::super::key::tests::pem;
    use super::*;

    fn ready() -> Value {
        json!({
            "address": "127.0.0.1:4430", "dc_id": 2, "rsa_public_key": pem(5, LineEnding::LF),
            "phone": "+9996621234", "code": "22222", "password": "hunter2", "pid": 1,
            "accounts": [{"phone": "+9996621234", "code": "22222", "password": "hunter2"}],
        })
    }

    #[test]
    fn a_ready_file_is_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("ready.json");
        assert!(matches!(
            CustomServer::from_ready_file(&path),
            Err(ConfigError::NoReadyFile { .. })
        ));
        std::fs::write(&path, ready().to_string()).unwrap();
        let server = CustomServer::from_ready_file(&path).unwrap();
        assert_eq!((server.address.port(), server.dc_id), (4430, 2));
    }

    #[test]
    fn each_fault_has_its_sentence_and_tells_no_secret() {
        for (field, value, says) in [
            ("address", Value::Null, "\"address\" is missing"),
            ("address", json!("somewhere"), "127.0.0.1:PORT"),
            ("dc_id", json!("two"), "not a number"),
            ("dc_id", json!(0), "data centre"),
            ("rsa_public_key", json!(7), "not text"),
            ("rsa_public_key", json!("hunter2"), "RSA key"),
        ] {
            let mut file = ready();
            file[field] = value;
            let problem = CustomServer::from_json(file.to_string().as_bytes()).unwrap_err();
            assert!(problem.contains(says), "{field}: {problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
        let problem = CustomServer::from_json(b"{\"password\": \"hunter2\" oops").unwrap_err();
        assert!(problem.contains("not JSON") && !problem.contains("hunter2"), "{problem}");
    }
}
