//! The desktop is asked to stay awake and to show notifications, over a message bus of this test's
//! own. Says when it was skipped for want of a `dbus-daemon`.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may")]
#![expect(clippy::used_underscore_binding, reason = "the bus passes on what nobody asks for")]

use std::collections::HashMap;
use std::io::{Read, Write, pipe};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use heliogram::platform::awake::{Awake, Keep, Standing};
use heliogram::platform::notify;
use zbus::zvariant::{OwnedFd, OwnedObjectPath, OwnedValue};

use bus::Bus;

#[path = "support/bus.rs"]
mod bus;

const PATIENCE: Duration = Duration::from_mins(1);
/// What the process says whose wish was answered.
const STANDING: &str = "standing:";

/// The test as login manager, portal and notification service; tells what it was asked.
struct Desktop(Sender<Asked>, Vec<&'static str>);

/// What the desktop was asked, and what tells that the wish is over.
#[derive(Debug)]
enum Asked {
    Lock(String, std::io::PipeReader),
    Session(u32),
    Notify(String, String),
}

struct Login(Sender<Asked>);
struct Portal(Sender<Asked>);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    fn inhibit(&self, what: &str, _who: &str, _why: &str, _mode: &str) -> OwnedFd {
        let (reader, writer) = pipe().unwrap();
        self.0.send(Asked::Lock(what.to_owned(), reader)).unwrap();
        std::os::fd::OwnedFd::from(writer).into()
    }
}

#[zbus::interface(name = "org.freedesktop.portal.Inhibit")]
impl Portal {
    fn inhibit(
        &self,
        _window: &str,
        flags: u32,
        _options: HashMap<String, OwnedValue>,
    ) -> OwnedObjectPath {
        self.0.send(Asked::Session(flags)).unwrap();
        OwnedObjectPath::try_from("/request/1").unwrap()
    }
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desktop {
    fn get_capabilities(&self) -> Vec<&str> {
        self.1.clone()
    }

    #[expect(clippy::too_many_arguments, reason = "the service's own call")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        summary: &str,
        body: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _milliseconds: i32,
    ) -> u32 {
        self.0.send(Asked::Notify(summary.to_owned(), body.to_owned())).unwrap();
        1
    }
}

/// The bus with the desktop on it, for as long as both are kept.
fn desktop(bus: &Bus) -> (zbus::Connection, Receiver<Asked>) {
    let (told, asked) = channel();
    let able = vec!["body", "body-markup"];
    let connection = zbus::connection::Builder::address(bus.address.as_str())
        .and_then(|builder| builder.name("org.freedesktop.login1"))
        .and_then(|builder| builder.name("org.freedesktop.portal.Desktop"))
        .and_then(|builder| builder.name("org.freedesktop.Notifications"))
        .and_then(|builder| builder.serve_at("/org/freedesktop/login1", Login(told.clone())))
        .and_then(|b| b.serve_at("/org/freedesktop/portal/desktop", Portal(told.clone())))
        .and_then(|builder| builder.serve_at("/org/freedesktop/Notifications", Desktop(told, able)))
        .unwrap();
    let connection = zbus::block_on(connection.build()).unwrap();
    (connection, asked)
}

/// Runs a part of this test in a process that finds both buses at `address`.
fn process(name: &str, address: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env("DBUS_SYSTEM_BUS_ADDRESS", address)
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .stdin(Stdio::piped());
    command
}

#[test]
#[ignore = "run by the other tests in a process of its own"]
fn holds() {
    let keep = if std::env::var_os("SCREEN").is_some() { Keep::Screen } else { Keep::Computer };
    let awake = Awake::hold(keep, "Photos are being sent");
    let deadline = Instant::now() + PATIENCE;
    while awake.standing() == Standing::Asked && Instant::now() < deadline {
        std::thread::yield_now();
    }
    println!("\n{STANDING} {:?}", awake.standing());
    let mut words = std::io::stdin();
    words.read_exact(&mut [0]).unwrap();
    drop(awake);
    // What is taken back is taken back while the process lives.
    words.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn the_computer_stays_awake_until_the_guard_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let Some(bus) = Bus::start(folder.path()) else {
        eprintln!("skipped: there is no dbus-daemon");
        return;
    };
    let (_connection, asked) = desktop(&bus);
    for (screen, flags) in [(false, 4), (true, 12)] {
        let mut command = process("holds", &bus.address);
        if screen {
            command.env("SCREEN", "1");
        }
        let mut holder = command.stdout(Stdio::piped()).spawn().unwrap();
        let Asked::Lock(what, mut lock) = asked.recv_timeout(PATIENCE).unwrap() else {
            panic!("the login manager is asked first");
        };
        assert_eq!(what, "idle");
        let session = asked.recv_timeout(PATIENCE).unwrap();
        assert!(matches!(session, Asked::Session(asked) if asked == flags), "{session:?}");
        let mut words = holder.stdin.take().unwrap();
        words.write_all(b"!").unwrap();
        lock.read_to_end(&mut Vec::new()).unwrap();
        drop(words);
        let output = holder.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(&format!("{STANDING} Held")), "{said}");
    }
}

#[test]
fn without_a_bus_nothing_is_held_and_the_reason_is_told() {
    let mut holder = process("holds", "unix:path=/nowhere").stdout(Stdio::piped()).spawn().unwrap();
    holder.stdin.take().unwrap().write_all(b"!").unwrap();
    let output = holder.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!("{STANDING} Refused(\"the login manager: ")), "{said}");
}

#[test]
#[ignore = "run by the other test in a process of its own"]
fn says() {
    notify::say("Uploads", "3 files <sent> & verified");
    // Until the test has heard of it.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_notification_is_shown_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let Some(bus) = Bus::start(folder.path()) else {
        eprintln!("skipped: there is no dbus-daemon");
        return;
    };
    let (_connection, asked) = desktop(&bus);
    let mut speaker = process("says", &bus.address).spawn().unwrap();
    let said = asked.recv_timeout(PATIENCE).unwrap();
    let Asked::Notify(summary, body) = said else { panic!("{said:?}") };
    assert_eq!(
        (summary.as_str(), body.as_str()),
        ("Uploads", "3 files &lt;sent&gt; &amp; verified")
    );
    drop(speaker.stdin.take());
    assert!(speaker.wait().unwrap().success());
}
