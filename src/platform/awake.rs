//! Keeps the computer from falling asleep for want of a user, or the screen from going dark, for
//! as long as an [`Awake`] lives. The user's own word (closing the lid, "sleep") still counts.
//!
//! On Linux the login manager and the desktop's portal are asked over the message buses: desktops
//! differ in whom they heed. On macOS and Windows the `keepawake` crate asks the system. Elsewhere
//! nothing happens, and [`Awake::standing`] says why. Asking can take long, so it is done on a
//! thread of its own, named "awake", which lives as long as the [`Awake`]; no call here waits.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

/// What is kept from resting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The computer works on; the screen may go dark.
    Computer,
    /// The screen stays lit, and so the computer works on.
    Screen,
}

/// Whether the system has agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not answered yet.
    Asked,
    /// It stays awake.
    Held,
    /// It may fall asleep, and this is why.
    Refused(String),
}

/// Keeps the system awake until it is dropped.
#[derive(Debug)]
pub struct Awake {
    answer: Arc<OnceLock<Result<(), String>>>,
    /// Held so that the thread, and with it what it holds, ends when this is dropped.
    _alive: SyncSender<()>,
}

impl Awake {
    /// Asks the system to stay awake; `why` is for people, for instance "Photos are being sent".
    #[must_use = "the system falls asleep again when this is dropped"]
    pub fn hold(keep: Keep, why: &str) -> Self {
        let (alive, over) = sync_channel(0);
        let answer = Arc::new(OnceLock::new());
        let (told, why) = (Arc::clone(&answer), why.to_owned());
        let work = move || {
            let held = ask(keep, &why);
            let result = held.as_ref().map(|_| ()).map_err(Clone::clone);
            if let Err(error) = &result {
                tracing::info!(%error, "the system may fall asleep");
            }
            // Set by this thread alone.
            let _ = told.set(result);
            // Nothing is ever sent: this ends when the other end is dropped.
            let _ = over.recv();
            drop(held);
        };
        if let Err(error) = std::thread::Builder::new().name("awake".to_owned()).spawn(work) {
            let _ = answer.set(Err(format!("no thread could be started: {error}")));
        }
        Self { answer, _alive: alive }
    }

    /// Whether the system has agreed.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.answer.get() {
            None => Standing::Asked,
            Some(Ok(())) => Standing::Held,
            Some(Err(why)) => Standing::Refused(why.clone()),
        }
    }
}

#[cfg(target_os = "linux")]
fn ask(keep: Keep, why: &str) -> Result<desktop::Held, String> {
    desktop::ask(keep, why)
}

#[cfg(any(target_os = "macos", windows))]
fn ask(keep: Keep, why: &str) -> Result<keepawake::KeepAwake, String> {
    keepawake::Builder::default()
        .idle(true)
        .display(keep == Keep::Screen)
        .reason(why)
        .app_name("Heliogram")
        .app_reverse_domain("org.heliogram.Heliogram")
        .create()
        .map_err(|error| error.to_string())
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn ask(_keep: Keep, _why: &str) -> Result<(), String> {
    Err("this system offers no way to ask for it".to_owned())
}

#[cfg(target_os = "linux")]
mod desktop {
    use std::collections::HashMap;

    use zbus::zvariant::{OwnedFd, OwnedObjectPath, Value};
    use zbus::{Connection, Proxy, block_on};

    use super::Keep;

    const LOGIN: &str = "org.freedesktop.login1";
    const LOGIN_OBJECT: &str = "/org/freedesktop/login1";
    const LOGIN_MANAGER: &str = "org.freedesktop.login1.Manager";
    const PORTAL: &str = "org.freedesktop.portal.Desktop";
    const PORTAL_OBJECT: &str = "/org/freedesktop/portal/desktop";
    const PORTAL_INHIBIT: &str = "org.freedesktop.portal.Inhibit";
    /// The portal's flags.
    const SUSPEND: u32 = 4;
    const IDLE: u32 = 8;

    /// What those who were asked gave; closing it is taking the wish back.
    #[derive(Debug)]
    pub(super) struct Held {
        _lock: Option<OwnedFd>,
        _session: Option<Connection>,
    }

    pub(super) fn ask(keep: Keep, why: &str) -> Result<Held, String> {
        let lock = block_on(login_manager(why));
        let session = block_on(portal(keep, why));
        match (lock, session) {
            (Err(lock), Err(session)) => {
                Err(format!("the login manager: {lock}; the desktop: {session}"))
            }
            // Of the screen the login manager decides nothing.
            (Ok(_), Err(session)) if keep == Keep::Screen => Err(session.to_string()),
            (lock, session) => Ok(Held { _lock: lock.ok(), _session: session.ok() }),
        }
    }

    async fn login_manager(why: &str) -> zbus::Result<OwnedFd> {
        let bus = Connection::system().await?;
        let manager = Proxy::new(&bus, LOGIN, LOGIN_OBJECT, LOGIN_MANAGER).await?;
        manager.call("Inhibit", &("idle", "Heliogram", why, "block")).await
    }

    /// The wish ends with the connection that it came by.
    async fn portal(keep: Keep, why: &str) -> zbus::Result<Connection> {
        let bus = Connection::session().await?;
        let portal = Proxy::new(&bus, PORTAL, PORTAL_OBJECT, PORTAL_INHIBIT).await?;
        let flags = match keep {
            Keep::Computer => SUSPEND,
            Keep::Screen => SUSPEND | IDLE,
        };
        let options = HashMap::from([("reason", Value::from(why))]);
        let _: OwnedObjectPath = portal.call("Inhibit", &("", flags, options)).await?;
        Ok(bus)
    }
}
