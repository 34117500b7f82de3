//! Whether the system is set to move less on the screen.
//!
//! On Linux the desktop's portal is asked over the session's message bus; where there is none, and
//! on other systems, nobody is asked and things move. Waits for an answer: not for the window's
//! thread.

/// Asks the system.
#[must_use]
pub fn wants_less() -> bool {
    #[cfg(target_os = "linux")]
    {
        match zbus::block_on(portal::wants_less()) {
            Ok(less) => less,
            Err(error) => {
                tracing::debug!(%error, "nobody says how much may move");
                false
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        false
    }
}

#[cfg(target_os = "linux")]
mod portal {
    use zbus::zvariant::{OwnedValue, Value};

    const SERVICE: &str = "org.freedesktop.portal.Desktop";
    const OBJECT: &str = "/org/freedesktop/portal/desktop";
    const SETTINGS: &str = "org.freedesktop.portal.Settings";

    /// Where desktops keep it: the common name, then that of GNOME and of those after it.
    const NAMES: [(&str, &str); 2] = [
        ("org.freedesktop.appearance", "reduced-motion"),
        ("org.gnome.desktop.interface", "enable-animations"),
    ];

    pub(super) async fn wants_less() -> zbus::Result<bool> {
        let bus = zbus::Connection::session().await?;
        let settings = zbus::Proxy::new(&bus, SERVICE, OBJECT, SETTINGS).await?;
        let mut last = Ok(false);
        for name in NAMES {
            // `Read` wraps its answer once more than `ReadOne`, and every portal has it.
            match settings.call::<_, _, OwnedValue>("Read", &name).await {
                Ok(answer) => return Ok(read(&answer)),
                Err(error) => last = Err(error),
            }
        }
        last
    }

    /// `reduced-motion`: 1 is less. `enable-animations`: no is less.
    fn read(answer: &Value<'_>) -> bool {
        match answer {
            Value::Value(inner) => read(inner),
            Value::U32(reduced) => *reduced == 1,
            Value::Bool(moves) => !*moves,
            _ => false,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn both_names_are_understood() {
            let wrapped = |value: Value<'static>| Value::Value(Box::new(value));
            let answers = [0_u32, 1, 2].map(|word| read(&wrapped(Value::U32(word))));
            assert_eq!(answers, [false, true, false]);
            assert!(read(&wrapped(Value::Bool(false))));
            assert!(!read(&wrapped(wrapped(Value::Bool(true)))));
            assert!(!read(&Value::from("yes")));
        }
    }
}
