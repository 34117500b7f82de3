//! Whether there is a screen to open a window on, and by which way.
//!
//! Opens no window. A Linux desktop is asked by connecting to it, because a variable that is set
//! may well point to a server that is gone; that takes at most [`PATIENCE`]. Called once at the
//! start, on the main thread, before there is a window.

use std::time::Duration;

/// How long an X server may take to answer (a forwarded one may be far away).
pub const PATIENCE: Duration = Duration::from_secs(3);

/// The way to a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// An X server, Xwayland included. Preferred on Linux: only there can files be dropped on
    /// the window and the pointer be followed while they are dragged.
    X11,
    /// A Wayland compositor without an X server.
    Wayland,
    /// The system's own (Windows, macOS).
    Native,
}

/// Whether a window can be opened at all.
pub fn has_display() -> bool {
    display().is_some()
}

/// Whether the window should be opened by X11 although there may be a Wayland compositor.
pub fn prefer_x11() -> bool {
    display() == Some(Display::X11)
}

/// The way to a screen that suits best; `None` when there is none.
#[cfg(any(windows, target_os = "macos"))]
pub fn display() -> Option<Display> {
    Some(Display::Native)
}

/// The way to a screen that suits best; `None` when there is none.
#[cfg(not(any(windows, target_os = "macos")))]
pub fn display() -> Option<Display> {
    choose(|name| std::env::var_os(name), x11_answers, wayland_answers)
}

#[cfg(not(any(windows, target_os = "macos")))]
fn choose(
    variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    x11: impl Fn(&std::ffi::OsStr) -> bool,
    wayland: impl Fn(&std::path::Path) -> bool,
) -> Option<Display> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if set("DISPLAY").is_some_and(|display| x11(&display)) {
        return Some(Display::X11);
    }
    // A compositor that starts a program itself hands the open connection over.
    if set("WAYLAND_SOCKET").is_some() {
        return Some(Display::Wayland);
    }
    // The name is a path, or a socket in the runtime folder; `join` knows which.
    let socket = std::path::PathBuf::from(set("XDG_RUNTIME_DIR").unwrap_or_default())
        .join(set("WAYLAND_DISPLAY")?);
    wayland(&socket).then_some(Display::Wayland)
}

#[cfg(not(any(windows, target_os = "macos")))]
fn wayland_answers(socket: &std::path::Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

#[cfg(target_os = "linux")]
fn x11_answers(display: &std::ffi::OsStr) -> bool {
    let Some(display) = display.to_str().map(str::to_owned) else { return false };
    // The port is 6000 + the display's number; x11rb adds without looking.
    let number = display.rsplit(':').next().and_then(|end| end.split('.').next());
    let number = number.and_then(|number| number.parse::<u16>().ok());
    if number.is_none_or(|number| number.checked_add(6000).is_none()) {
        return false;
    }
    // Connecting has no time limit of its own; a thread that hangs for ever ends with the program.
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    let asked = std::thread::Builder::new().name("display".to_owned()).spawn(move || {
        let _ = answer.send(x11rb::connect(Some(&display)).is_ok());
    });
    asked.is_ok() && answered.recv_timeout(PATIENCE).unwrap_or(false)
}

/// No X client outside Linux: the variable is believed.
#[cfg(not(any(windows, target_os = "macos", target_os = "linux")))]
fn x11_answers(_display: &std::ffi::OsStr) -> bool {
    true
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::ffi::{OsStr, OsString};

    use super::*;

    fn chosen(variables: &[(&str, &str)], x11: bool, wayland: bool) -> Option<Display> {
        let variable = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        choose(variable, |_| x11, |_| wayland)
    }

    #[test]
    fn x11_comes_first_and_empty_is_not_set() {
        let both = [("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0")];
        assert_eq!(chosen(&both, true, true), Some(Display::X11));
        assert_eq!(chosen(&both, false, true), Some(Display::Wayland));
        assert_eq!(chosen(&both, false, false), None);
        assert_eq!(chosen(&[("DISPLAY", ""), ("WAYLAND_DISPLAY", "")], true, true), None);
        assert_eq!(chosen(&[("WAYLAND_SOCKET", "5")], false, false), Some(Display::Wayland));
        assert_eq!(chosen(&[], true, true), None);
    }

    #[test]
    fn a_display_that_nobody_serves_is_none() {
        assert!(!x11_answers(OsStr::new(":59535")));
        assert!(!x11_answers(OsStr::new(":59536")));
        assert!(!x11_answers(OsStr::new("nonsense")));
        assert!(!wayland_answers(std::path::Path::new("/nowhere/wayland-0")));
    }

    #[test]
    fn a_wayland_socket_is_found_in_the_runtime_folder() {
        let runtime = tempfile::tempdir().unwrap();
        let _compositor =
            std::os::unix::net::UnixListener::bind(runtime.path().join("wayland-7")).unwrap();
        let variable = |name: &str| match name {
            "XDG_RUNTIME_DIR" => Some(runtime.path().as_os_str().to_owned()),
            "WAYLAND_DISPLAY" => Some(OsString::from("wayland-7")),
            _ => None,
        };
        assert_eq!(choose(variable, |_| false, wayland_answers), Some(Display::Wayland));
    }
}
