//! Which server a home belongs to: `endpoint.toml` in its data folder, and the rules around it.
//!
//! A server that is not Telegram's is known by its RSA key, not by its address: one that was
//! started again on another port is the same server. A fresh home belongs to nobody until it is
//! claimed, so that looking (`--help`, a typing error, no connection) costs nothing.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use toml::{Table, Value};

use super::{ConfigError, Places, app_file, key};
use crate::platform::fs;

/// The format of `endpoint.toml`.
const VERSION: i64 = 1;

/// Which Telegram-speaking server a home belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// Telegram itself.
    Telegram,
    /// Telegram's test servers.
    TestServers,
    /// Any other, a sandbox for example.
    Custom(CustomServer),
}

/// A server that is not Telegram's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// The id of its first data centre.
    pub dc_id: i32,
    /// Its public key, PKCS#1 PEM.
    pub rsa_public_key: String,
}

impl CustomServer {
    /// What is wrong with it, if anything.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.address.port() == 0 {
            Some("its address has no port")
        } else if !(1..=1000).contains(&self.dc_id) {
            Some("the id of its data centre is not between 1 and 1000")
        } else {
            key::fingerprint(&self.rsa_public_key).err()
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.problem().map_or(Ok(()), |problem| Err(ConfigError::BadServer(problem.to_owned())))
    }

    fn key(&self) -> Option<[u8; 32]> {
        key::fingerprint(&self.rsa_public_key).ok()
    }
}

impl Server {
    /// Whether both are the same server, wherever it listens at the moment.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Custom(one), Self::Custom(two)) => one.key().is_some() && one.key() == two.key(),
            (one, two) => one == two,
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telegram => f.write_str("Telegram"),
            Self::TestServers => f.write_str("Telegram's test servers"),
            Self::Custom(server) => {
                let key = server.key().as_ref().map(key::short).unwrap_or_default();
                write!(f, "the server at {} (key {key})", server.address)
            }
        }
    }
}

/// The server that the home belongs to; `None` for a fresh one.
pub(super) fn stored(places: &Places) -> Result<Option<Server>, ConfigError> {
    let path = places.endpoint_file();
    let text = app_file::text_of(&path)?;
    if text.is_empty() {
        // A session is only kept in a claimed home. Where the claim was deleted it is taken for
        // Telegram's: the dearer mistake would be to mix that up with another.
        let signed_in = places.data.join("session").exists();
        return Ok(signed_in.then_some(Server::Telegram));
    }
    let table = app_file::table_of(&path, &text)?;
    let server = parse(&table).and_then(|server| match &server {
        Server::Custom(custom) => custom.problem().map_or(Ok(server), Err),
        _ => Ok(server),
    });
    server.map(Some).map_err(|problem| ConfigError::Line { path, line: 1, problem: problem.into() })
}

fn parse(table: &Table) -> Result<Server, &'static str> {
    let text = |name: &str| table.get(name).and_then(Value::as_str);
    if table.get("version").and_then(Value::as_integer).is_none_or(|version| version > VERSION) {
        return Err("was written by a newer Heliogram; use that one, or another --home");
    }
    match text("server") {
        Some("telegram") => Ok(Server::Telegram),
        Some("test") => Ok(Server::TestServers),
        Some("custom") => {
            let address = text("address").and_then(|text| text.parse().ok());
            let dc_id = table.get("dc_id").and_then(Value::as_integer);
            let dc_id = dc_id.and_then(|id| i32::try_from(id).ok());
            match (address, dc_id, text("rsa_public_key")) {
                (Some(address), Some(dc_id), Some(key)) => {
                    let rsa_public_key = key.to_owned();
                    Ok(Server::Custom(CustomServer { address, dc_id, rsa_public_key }))
                }
                _ => Err("needs address, dc_id and rsa_public_key of the server"),
            }
        }
        _ => Err("names no server that this Heliogram knows"),
    }
}

/// The server to use, from what is stored and what was asked for.
pub(super) fn decide(
    places: &Places,
    stored: Option<Server>,
    asked: Option<CustomServer>,
    test_servers: bool,
) -> Result<Server, ConfigError> {
    match (stored, asked.map(Server::Custom)) {
        (Some(owner), Some(asked)) if !owner.is_same(&asked) => Err(other(places, &owner, &asked)),
        (_, Some(asked)) => Ok(asked),
        (Some(owner), None) => Ok(owner),
        (None, None) if test_servers => Ok(Server::TestServers),
        (None, None) => Ok(Server::Telegram),
    }
}

fn other(places: &Places, owner: &Server, asked: &Server) -> ConfigError {
    ConfigError::OtherServer {
        home: home_of(places),
        owner: owner.to_string(),
        asked: asked.to_string(),
    }
}

/// The folder that was given with `--home`, or the data folder where the platform chose it.
fn home_of(places: &Places) -> PathBuf {
    let above = places.data.parent().filter(|above| places.cache.parent() == Some(*above));
    above.unwrap_or(&places.data).to_path_buf()
}

/// Writes down whose the home is, unless that stands there already.
pub(super) fn claim(places: &Places, server: &Server) -> Result<(), ConfigError> {
    let owner = stored(places)?;
    match &owner {
        Some(owner) if !owner.is_same(server) => return Err(other(places, owner, server)),
        Some(owner) if owner == server && places.endpoint_file().exists() => return Ok(()),
        _ => {}
    }
    let mut table = Table::from_iter([("version".to_owned(), Value::from(VERSION))]);
    let mut put = |name: &str, value: Value| drop(table.insert(name.to_owned(), value));
    match server {
        Server::Telegram => put("server", "telegram".into()),
        Server::TestServers => put("server", "test".into()),
        Server::Custom(custom) => {
            custom.check()?;
            put("server", "custom".into());
            put("address", custom.address.to_string().into());
            put("dc_id", i64::from(custom.dc_id).into());
            put("rsa_public_key", custom.rsa_public_key.clone().into());
        }
    }
    fs::private_dir(&places.data).map_err(ConfigError::io(&places.data))?;
    let path = places.endpoint_file();
    fs::write_whole(&path, table.to_string().as_bytes()).map_err(ConfigError::io(&path))
}
