//! The system is asked whether the line is metered, as a desktop's `NetworkManager` answers it: over
//! a message bus of this test's own. Says when it was skipped for want of a `dbus-daemon`.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::process::Command;

use heliogram::platform::network::metered;

use bus::Bus;

#[path = "support/bus.rs"]
mod bus;

/// Where the bus is found, for the process that asks.
const BUS: &str = "DBUS_SYSTEM_BUS_ADDRESS";
/// What the process that asks says.
const ANSWER: &str = "the line is metered:";

struct NetworkManager(u32);

#[zbus::interface(name = "org.freedesktop.NetworkManager")]
impl NetworkManager {
    #[zbus(property)]
    fn metered(&self) -> u32 {
        self.0
    }
}

/// What a process says that finds the system's bus at `address`.
fn asked(address: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "asks", "--ignored", "--nocapture"])
        .env(BUS, address)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let answer = said.lines().find_map(|line| line.split_once(ANSWER));
    answer.unwrap_or_else(|| panic!("no answer: {said}")).1.trim().to_owned()
}

#[test]
#[ignore = "run by the other test in a process of its own"]
fn asks() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("\n{ANSWER} {:?}", runtime.block_on(metered()));
}

#[test]
fn the_desktop_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let Some(bus) = Bus::start(folder.path()) else {
        eprintln!("skipped: there is no dbus-daemon");
        return;
    };
    assert_eq!(asked(&bus.address), "Unknown", "nobody is there who knows");
    assert_eq!(asked("unix:path=/nowhere"), "Unknown", "there is no bus");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (word, answer) in [(1, "Yes"), (2, "No"), (3, "Yes"), (4, "No"), (0, "Unknown")] {
        let _manager = runtime.block_on(async {
            zbus::connection::Builder::address(bus.address.as_str())
                .unwrap()
                .name("org.freedesktop.NetworkManager")
                .unwrap()
                .serve_at("/org/freedesktop/NetworkManager", NetworkManager(word))
                .unwrap()
                .build()
                .await
                .unwrap()
        });
        assert_eq!(asked(&bus.address), answer, "{word}");
    }
}
