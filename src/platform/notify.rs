//! The system's own notifications: a title and a sentence, shown by the desktop.
//!
//! On Linux the notification service is asked over the session's message bus; on macOS and Windows
//! the `notify-rust` crate asks the system. Where there is no such service nothing is shown, and
//! the log says why. Asking can take long, so each is said on a thread of its own, named "notify";
//! the caller never waits and hears of no failure.

/// Shows a notification.
pub fn say(title: &str, body: &str) {
    let (title, body) = (title.to_owned(), body.to_owned());
    let work = move || {
        if let Err(error) = show(&title, &body) {
            tracing::info!(%error, "the system shows no notification");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("notify".to_owned()).spawn(work) {
        tracing::warn!(%error, "no thread for a notification");
    }
}

#[cfg(target_os = "linux")]
fn show(title: &str, body: &str) -> Result<(), String> {
    zbus::block_on(desktop::show(title, body)).map_err(|error| error.to_string())
}

#[cfg(any(target_os = "macos", windows))]
fn show(title: &str, body: &str) -> Result<(), String> {
    let mut notification = notify_rust::Notification::new();
    let shown = notification.appname("Heliogram").summary(title).body(body).show();
    shown.map(|_| ()).map_err(|error| error.to_string())
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn show(_title: &str, _body: &str) -> Result<(), String> {
    Err("this system offers no notifications".to_owned())
}

#[cfg(target_os = "linux")]
mod desktop {
    use std::collections::HashMap;

    use zbus::zvariant::Value;
    use zbus::{Connection, Proxy};

    const SERVICE: &str = "org.freedesktop.Notifications";
    const OBJECT: &str = "/org/freedesktop/Notifications";
    const NAME: &str = "heliogram";
    /// How long it is shown is the desktop's choice.
    const AS_LONG_AS_USUAL: i32 = -1;

    pub(super) async fn show(title: &str, body: &str) -> zbus::Result<()> {
        let bus = Connection::session().await?;
        let service = Proxy::new(&bus, SERVICE, OBJECT, SERVICE).await?;
        let able: Vec<String> = service.call("GetCapabilities", &()).await?;
        let is_markup = able.iter().any(|able| able == "body-markup");
        let body = if is_markup { escaped(body) } else { body.to_owned() };
        let hints = HashMap::from([("desktop-entry", Value::from(NAME))]);
        let actions: Vec<&str> = Vec::new();
        let wish = ("Heliogram", 0_u32, NAME, title, body, actions, hints, AS_LONG_AS_USUAL);
        let _: u32 = service.call("Notify", &wish).await?;
        Ok(())
    }

    /// Plain text where markup is understood.
    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        use super::escaped;

        #[test]
        fn a_name_is_no_markup() {
            assert_eq!(escaped("a <b> & c.jpg"), "a &lt;b&gt; &amp; c.jpg");
        }
    }
}
