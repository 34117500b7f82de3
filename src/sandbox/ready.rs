//! The ready file: says, once both data centres listen, where and with which key and accounts.
//! Written whole (temporary file, then rename), so that whoever waits for it never reads half of it.

use std::fmt;
use std::io::Write;
use std::path::Path;

use super::server::Server;
use super::{SandboxError, accounts};

/// What the ready file says.
#[derive(Clone, serde::Serialize)]
pub struct Ready {
    /// `IP:PORT` of the first data centre.
    pub address: String,
    /// Its id.
    pub dc_id: i32,
    /// Public key of both data centres, PKCS#1 PEM.
    pub rsa_public_key: String,
    /// The first account's phone number.
    pub phone: String,
    /// Its sign-in code, constant.
    pub code: String,
    /// Its second factor.
    pub password: Option<String>,
    /// All accounts.
    pub accounts: Vec<ReadyAccount>,
    /// The sandbox's process.
    pub pid: u32,
}

/// An account one can sign in to.
#[derive(Clone, serde::Serialize)]
pub struct ReadyAccount {
    /// Phone number with its plus sign.
    pub phone: String,
    /// Sign-in code, constant.
    pub code: String,
    /// Second factor, if it has one.
    pub password: Option<String>,
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("address", &self.address)
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ReadyAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyAccount").field("phone", &self.phone).finish_non_exhaustive()
    }
}

pub(crate) fn describe(server: &Server) -> Ready {
    let accounts: Vec<ReadyAccount> = server.accounts.users.listed().iter().map(account).collect();
    let first = accounts.first().cloned();
    let (dc_id, address) = server.addresses()[0];
    Ready {
        address: address.to_string(),
        dc_id,
        rsa_public_key: server.key.public_pem().to_owned(),
        phone: first.as_ref().map(|account| account.phone.clone()).unwrap_or_default(),
        code: first.as_ref().map(|account| account.code.clone()).unwrap_or_default(),
        password: first.and_then(|account| account.password),
        accounts,
        pid: std::process::id(),
    }
}

fn account(user: &accounts::users::User) -> ReadyAccount {
    ReadyAccount {
        phone: format!("+{}", user.phone),
        code: accounts::users::code(&user.phone),
        password: user.password.as_ref().map(|password| password.text.clone()),
    }
}

/// Readable by the owner alone, for it holds what signs in.
pub(crate) fn write(path: &Path, ready: &Ready) -> Result<(), SandboxError> {
    let failed = |source: std::io::Error| SandboxError::Io { path: path.to_owned(), source };
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = serde_json::to_vec_pretty(ready).map_err(|cause| failed(cause.into()))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(&text).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
    file.persist(path).map_err(|cause| failed(cause.error))?;
    Ok(())
}
