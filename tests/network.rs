//! With an endpoint of its own, and in the demo, the program speaks to that server and to nobody
//! else: not to Telegram, not to a name server, not even when the endpoint is gone. Looks at the
//! sockets of the process while it works.
#![cfg(target_os = "linux")]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command};

use program::{SandboxProcess, heliogram, write_noise};

/// The other ends of all sockets that a process has open, as the system writes them:
/// `ADDRESS:PORT` in hexadecimal digits.
fn peers(pid: u32) -> BTreeSet<String> {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return BTreeSet::new() };
    let inode = |entry: fs::DirEntry| {
        let target = fs::read_link(entry.path()).ok()?;
        let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned();
        Some(inode)
    };
    let own: BTreeSet<String> = descriptors.flatten().filter_map(inode).collect();
    let mut peers = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            if let (Some(peer), Some(inode)) = (columns.get(2), columns.get(9))
                && own.contains(*inode)
            {
                peers.insert((*peer).to_owned());
            }
        }
    }
    peers
}

/// Whether a peer is on this machine, or nobody (a listening socket).
fn is_local(peer: &str) -> bool {
    let (address, _) = peer.split_once(':').expect("ADDRESS:PORT");
    match address.len() {
        // Bytes in reverse order: 127.x.y.z ends with 7F.
        8 => address.ends_with("7F") || address == "00000000",
        _ => {
            address == "00000000000000000000000001000000"
                || address.ends_with("7F") && address.starts_with("0000000000000000FFFF0000")
                || address.bytes().all(|digit| digit == b'0')
        }
    }
}

/// Runs a command to its end and keeps every peer it ever had.
fn watched(mut command: Command) -> (Option<i32>, BTreeSet<String>) {
    let mut child: Child = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut seen = BTreeSet::new();
    loop {
        seen.append(&mut peers(child.id()));
        if let Some(status) = child.try_wait().expect("its state") {
            return (status.code(), seen);
        }
        // Often enough: an attempt to reach a far machine takes longer than this.
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn nobody_but_the_endpoint_is_spoken_to() {
    // Two data centres, and accounts that live in the second.
    let mut sandbox = SandboxProcess::start(&["--fault", "migrate", "--line-rate", "4000000"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    write_noise(&source.path().join("a.png"), 1, 900);
    let folder = source.path().to_str().expect("UTF-8");
    let (code, seen) = watched(home.command(&["upload", folder, "--album", "A", "--create"]));
    assert_eq!(code, Some(0));
    assert!(seen.iter().any(|peer| peer.starts_with("0100007F:")), "nothing was seen: {seen:?}");
    assert!(seen.iter().all(|peer| is_local(peer)), "spoken to: {seen:?}");

    // A server that is gone is no reason to look elsewhere.
    sandbox.kill();
    let (code, seen) = watched(home.command(&["sync"]));
    assert_eq!(code, Some(4));
    assert!(seen.iter().all(|peer| is_local(peer)), "spoken to: {seen:?}");
}

#[test]
fn the_demo_stays_on_this_machine() {
    let mut demo = heliogram();
    demo.args(["demo", "--headless", "--photos", "2"]);
    let (code, seen) = watched(demo);
    assert_eq!(code, Some(0));
    assert!(seen.iter().any(|peer| peer.starts_with("0100007F:")), "nothing was seen: {seen:?}");
    assert!(seen.iter().all(|peer| is_local(peer)), "spoken to: {seen:?}");
}

#[test]
fn far_peers_would_be_noticed() {
    assert!(is_local("0100007F:1F90") && is_local("00000000:0000"));
    assert!(is_local("0000000000000000FFFF00000100007F:01BB"));
    // 149.154.167.50, and a name server.
    assert!(!is_local("32A79A95:01BB") && !is_local("08080808:0035"));
    assert!(!is_local("0120F200D45B670000000000A0DE0000:01BB"));
}
