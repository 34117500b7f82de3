//! Whether the line to the network is paid for by what goes through it.
//!
//! On Linux `NetworkManager` knows, and is asked over the system's message bus; where there is no
//! `NetworkManager`, and on other systems, nobody is asked and the answer is "unknown". Async, on the
//! network workers; the bus is listened to on a thread of its own that `zbus` keeps.

/// What the system says of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// Paid for by the byte, or limited.
    Yes,
    /// Not.
    No,
    /// The system does not say.
    Unknown,
}

/// Asks the system. The caller sets the limit of its patience.
pub async fn metered() -> Metered {
    #[cfg(target_os = "linux")]
    {
        match network_manager::metered().await {
            Ok(word) => network_manager::read(word),
            Err(error) => {
                tracing::debug!(%error, "nobody says whether the line is metered");
                Metered::Unknown
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        Metered::Unknown
    }
}

#[cfg(target_os = "linux")]
mod network_manager {
    use super::Metered;

    const SERVICE: &str = "org.freedesktop.NetworkManager";
    const OBJECT: &str = "/org/freedesktop/NetworkManager";

    /// The property `Metered` of the connection that is in use.
    pub(super) async fn metered() -> zbus::Result<u32> {
        let bus = zbus::Connection::system().await?;
        let manager = zbus::Proxy::new(&bus, SERVICE, OBJECT, SERVICE).await?;
        manager.get_property("Metered").await
    }

    /// `NMMetered`: 1 yes, 2 no, 3 and 4 the same as guesses.
    pub(super) const fn read(word: u32) -> Metered {
        match word {
            1 | 3 => Metered::Yes,
            2 | 4 => Metered::No,
            _ => Metered::Unknown,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn guesses_count() {
            let words = [0, 1, 2, 3, 4, 5].map(read);
            let [yes, no, unknown] = [Metered::Yes, Metered::No, Metered::Unknown];
            assert_eq!(words, [unknown, yes, no, yes, no, unknown]);
        }
    }
}
