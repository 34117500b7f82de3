//! Where things live, which server a home belongs to, and what the user chose: arguments and
//! files become one immutable, validated [`Config`], once, at the start.
//!
//! Knows nothing of albums or of the network, starts nothing and watches nothing. Reads and writes
//! small files on the caller's thread (the main thread, before there is a window). The one thing
//! it takes from another room is `platform::fs`, for files that nobody else may read.

use std::path::Path;

mod api;
mod app_file;
mod endpoint;
mod error;
mod key;
mod places;
mod ready;
mod settings;

pub use api::ApiCredentials;
pub use endpoint::{CustomServer, Server};
pub use error::ConfigError;
pub use places::Places;
pub use settings::{Dates, OnMetered, Settings, Uploads};

use app_file::AppFile;

/// Everything that is decided before the first window or connection.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where things live.
    pub places: Places,
    /// The server that this home belongs to, or will belong to once it is claimed.
    pub server: Server,
    /// What the program shows to Telegram; `None` where the user has to be asked. Servers other
    /// than Telegram's need none.
    pub api: Option<ApiCredentials>,
    /// What the user chose.
    pub settings: Settings,
}

impl Config {
    /// Reads the configuration of the home under `home` (the platform's places where `None`),
    /// with the server of the ready file `endpoint`, if given.
    ///
    /// A home belongs to one server, known by its RSA key, and refuses another. A newer address in
    /// the ready file overrides the stored one. Without `endpoint` the stored server is used; a
    /// fresh home is Telegram's (or that of Telegram's test servers where `app.toml` says
    /// `server = "test"`). Nothing is written: see [`claim`](Self::claim).
    pub fn load(home: Option<&Path>, endpoint: Option<&Path>) -> Result<Self, ConfigError> {
        let places = match home {
            Some(home) => Places::under(home),
            None => Places::of_platform().ok_or(ConfigError::NoPlaces)?,
        };
        let asked = endpoint.map(CustomServer::from_ready_file).transpose()?;
        Self::decide(places, asked, &|name| std::env::var(name).ok())
    }

    /// As [`load`](Self::load), for a server that is at hand as a value (one in this process).
    pub fn with_server(home: &Path, server: CustomServer) -> Result<Self, ConfigError> {
        server.check()?;
        Self::decide(Places::under(home), Some(server), &|name| std::env::var(name).ok())
    }

    fn decide(
        places: Places,
        asked: Option<CustomServer>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let app = AppFile::read(&places.app_file())?;
        let stored = endpoint::stored(&places)?;
        let server = endpoint::decide(&places, stored, asked, app.test_servers)?;
        let api = api::find(app.api, environment)?;
        Ok(Self { places, server, api, settings: app.settings })
    }

    /// Writes down which server this home belongs to. To be called when something is really done
    /// with the home (before the store is opened); calling it again is harmless. Fails when the
    /// home was claimed for another server meanwhile.
    pub fn claim(&self) -> Result<(), ConfigError> {
        endpoint::claim(&self.places, &self.server)
    }

    /// Stores `api_id` and `api_hash` in `app.toml`, which nobody else may read; whatever else
    /// stands in that file is kept.
    pub fn remember_api(&self, api: ApiCredentials) -> Result<(), ConfigError> {
        app_file::remember_api(&self.places.app_file(), api)
    }

    /// Stores what the user chose in `app.toml`; whatever else stands in that file is kept.
    pub fn remember_settings(&self, settings: &Settings) -> Result<(), ConfigError> {
        app_file::remember_settings(&self.places.app_file(), settings)
    }
}

#[cfg(test)]
mod tests;
