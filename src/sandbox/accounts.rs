//! Who may use the sandbox: users and their phones, keys and whom they are signed in as, codes, passwords, QR tokens.
//! Users, keys and sign-ins are kept in the database; codes and tokens live minutes and are not.
//! No sockets here. What writes to the database blocks; `rpc` calls it from blocking threads.

use std::sync::Arc;

use redb::Database;

use super::{AccountOption, SandboxError, db};

pub(crate) mod codes;
pub(crate) mod keys;
pub(crate) mod srp;
pub(crate) mod tokens;
pub(crate) mod users;

const SECRET: &str = "access hashes";

#[derive(Debug)]
pub(crate) struct Accounts {
    pub users: users::Users,
    pub keys: keys::Keys,
    pub codes: codes::Codes,
    pub tokens: tokens::Tokens,
}

impl Accounts {
    /// Reads what the folder has and adds the accounts asked for.
    pub(crate) fn open(
        database: &Arc<Database>,
        wanted: &[AccountOption],
    ) -> Result<Self, SandboxError> {
        let secret = if let Some(secret) = db::get(database, SECRET)? {
            secret
        } else {
            let secret = super::wire::crypto::random::<32>().to_vec();
            db::put(database, SECRET, &secret)?;
            secret
        };
        Ok(Self {
            users: users::Users::open(database, secret, wanted)?,
            keys: keys::Keys::open(database)?,
            codes: codes::Codes::default(),
            tokens: tokens::Tokens::default(),
        })
    }
}
