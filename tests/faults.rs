//! Whatever goes wrong on the line: what was sent is what comes back, nothing is missing and
//! nothing is there twice. Each fault that the sandbox knows is switched on in turn.

#[path = "support/program.rs"]
mod program;

use std::fs;

use program::{Running, SandboxProcess, files, sorted, write_jpeg, write_noise};
use serde_json::json;

/// Uploads, reads from a second home, downloads, compares.
fn round_trip(options: &[&str]) {
    let sandbox = SandboxProcess::start(options);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    for seed in 1..=4 {
        write_jpeg(&source.path().join(format!("{seed}.jpg")), seed, 500);
    }
    write_noise(&source.path().join("noise.png"), 8, 800);
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Album", "--create", "--json"];
    let events = home.run(&upload).exits(0).objects();
    let summary = events.last().expect("a summary");
    assert_eq!((&summary["sent"], &summary["failed"]), (&json!(5), &json!(0)), "{options:?}");

    let second = sandbox.signed_in();
    second.run(&["sync"]).exits(0);
    let names = ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "noise.png"];
    assert_eq!(sorted(&second.list("Album"), "name"), names, "{options:?}");
    let fetched = tempfile::tempdir().expect("a folder");
    let to = fetched.path().to_str().expect("UTF-8");
    second.run(&["download", "Album", "--to", to]).exits(0);
    assert_eq!(files(fetched.path()), files(source.path()), "{options:?}");
    for name in names {
        let both = [source.path(), fetched.path()].map(|folder| fs::read(folder.join(name)));
        let [sent, came] = both.map(|content| content.expect("a file"));
        assert!(sent == came, "{name} differs with {options:?}");
    }
}

/// One test a fault, so that a failure is named by it.
macro_rules! survives {
    ($($name:ident: $($option:literal),+;)+) => {
        $(
            #[test]
            fn $name() {
                round_trip(&[$($option),+]);
            }
        )+
    };
}

survives! {
    a_long_line: "--rtt", "100";
    a_flood_wait: "--fault", "flood=messages.sendMedia:3:1";
    a_premium_wait: "--fault", "premium-wait=upload.saveFilePart:4:1";
    cut_connections: "--fault", "cut=0.05";
    connections_that_end_after_some_bytes: "--fault", "cut-after=700000";
    a_long_line_that_is_cut_early: "--rtt", "100", "--fault", "cut-after=700000";
    a_salt_that_changes: "--fault", "bad-salt=5";
    garbage: "--fault", "garbage=0.02";
    references_that_expire: "--fault", "expire-references=1";
    lost_parts: "--fault", "lose-part=0.1";
    an_account_elsewhere: "--fault", "migrate";
    differences_that_are_too_long: "--fault", "too-long";
    too_long_with_a_pts: "--fault", "too-long-pts";
    differences_in_slices: "--fault", "sliced";
    hints_that_do_not_come: "--fault", "drop-hints=1";
    a_slow_first_answer: "--fault", "slow-first=800";
    no_hashes: "--fault", "no-hashes";
    several_at_once: "--rtt", "30", "--fault", "cut=0.02", "bad-salt=11", "migrate", "sliced";
}

/// A file that becomes another one while it goes out, or is no more, is named and never sent half;
/// as it is then, it goes out the next time.
#[test]
fn a_file_that_changes_while_it_is_sent_is_named_and_goes_out_whole_the_next_time() {
    let sandbox = SandboxProcess::start(&["--line-rate", "1000000"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    let path = source.path().join("noise.png");
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Album", "--create", "--json"];
    let failed = |change: &dyn Fn()| {
        write_noise(&path, 1, 1300);
        let mut running = Running::start(home.command(&upload));
        running.until("it is being sent", |event| event["event"] == "sending");
        change();
        let over = running.until("it is over", |event| {
            matches!(event["event"].as_str(), Some("failed" | "sent" | "summary"))
        });
        assert_eq!(over["event"], "failed", "{over}");
        running.until("the end", |event| event["event"] == "summary");
        running.child.wait().expect("it ends, and lets go of its home");
        over["reason"].as_str().expect("why").to_owned()
    };
    let reason = failed(&|| fs::remove_file(&path).expect("it was there"));
    assert!(reason.contains("not there any more"), "{reason}");
    let reason = failed(&|| write_noise(&path, 2, 1250));
    assert!(reason.contains("changed"), "{reason}");
    home.run(&upload).exits(0);
    let fetched = tempfile::tempdir().expect("a folder");
    home.run(&["download", "Album", "--to", fetched.path().to_str().expect("UTF-8")]).exits(0);
    assert_eq!(files(fetched.path()), files(source.path()));
    let both = [&path, &fetched.path().join("noise.png")].map(|path| fs::read(path).expect("it"));
    assert!(both[0] == both[1], "another file was sent");
}

#[test]
fn a_file_beyond_what_telegram_takes_is_refused_before_it_is_read() {
    let sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    let path = source.path().join("long.jpg");
    write_jpeg(&path, 1, 300);
    // Most of it is a hole.
    let file = fs::File::options().write(true).open(&path).expect("a file");
    file.set_len(4001 * 512 * 1024).expect("as long as that");
    write_jpeg(&source.path().join("short.jpg"), 2, 300);
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Album", "--create", "--json"];
    let events = home.run(&upload).exits(1).objects();
    let failed: Vec<_> = events.iter().filter(|event| event["event"] == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["path"].as_str().is_some_and(|path| path.ends_with("long.jpg")));
    let reason = failed[0]["reason"].as_str().expect("why");
    assert!(reason.contains("2097 MB is the most"), "{reason}");
    assert_eq!(events.last().expect("a summary")["verified"], 1);
}

/// An hour is waited out however often the program is started meanwhile: it does not knock at a
/// door that it knows to be shut.
#[test]
fn a_long_wait_is_waited_out_over_a_restart() {
    let mut sandbox = SandboxProcess::start(&["--fault", "flood=messages.sendMedia:2:3600"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    for seed in 1..=3 {
        write_jpeg(&source.path().join(format!("{seed}.jpg")), seed, 300);
    }
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Album", "--create", "--json"];
    let mut running = Running::start(home.command(&upload));
    running.until("it waits", |event| event["event"] == "waiting");
    running.kill();
    // It would be let in now, and end without a wait. What the first run has sent may be found.
    sandbox.restart(&[]);
    let mut running = Running::start(home.command(&upload));
    let told = running.until("it waits again", |event| event["event"] == "waiting");
    assert!(told["seconds"].as_f64().is_some_and(|seconds| seconds > 3000.0), "{told}");
    running.kill();
}

#[test]
fn signed_out_in_the_middle_it_is_3_and_goes_on_after_the_next_sign_in() {
    let mut sandbox = SandboxProcess::start(&["--fault", "revoke-after=60"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    for seed in 1..=30 {
        write_jpeg(&source.path().join(format!("{seed:02}.jpg")), seed, 400);
    }
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Album", "--create", "--json"];
    let ran = home.run(&upload).exits(3);
    assert!(ran.stderr.contains("login"), "says how to go on: {}", ran.stderr);
    sandbox.restart(&[]);
    home.sign_in(sandbox.text("phone"), sandbox.text("code"), sandbox.ready["password"].as_str());
    let events = home.run(&upload).exits(0).objects();
    assert_eq!(events.last().expect("a summary")["failed"], 0);
    let names: Vec<String> = (1..=30).map(|seed| format!("{seed:02}.jpg")).collect();
    assert_eq!(sorted(&home.list("Album"), "name"), names);
}

/// Parts of half a megabyte never pass such a line: the file is begun anew with smaller ones.
#[test]
fn a_line_that_breaks_before_a_part_has_passed_gets_smaller_parts() {
    let mut sandbox = SandboxProcess::start(&["--fault", "cut-after=300000"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    write_noise(&source.path().join("1.png"), 8, 700);
    write_noise(&source.path().join("2.png"), 9, 600);
    write_jpeg(&source.path().join("3.jpg"), 3, 300);
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Album", "--create", "--json"];
    let events = home.run(&upload).exits(0).objects();
    let summary = events.last().expect("a summary");
    assert_eq!((&summary["verified"], &summary["failed"]), (&json!(3), &json!(0)), "{summary}");

    sandbox.restart(&[]);
    let second = sandbox.signed_in();
    second.run(&["sync"]).exits(0);
    let fetched = tempfile::tempdir().expect("a folder");
    second.run(&["download", "Album", "--to", fetched.path().to_str().expect("UTF-8")]).exits(0);
    assert_eq!(files(fetched.path()), files(source.path()));
    for name in files(source.path()) {
        let both = [source.path(), fetched.path()].map(|folder| fs::read(folder.join(&name)));
        let [sent, came] = both.map(|content| content.expect("a file"));
        assert!(sent == came, "{} differs", name.display());
    }
}

/// Where not even the smallest parts pass, that is said, and it is tried on: on a better line it
/// goes on.
#[test]
fn a_line_that_lets_nothing_through_is_named_and_the_next_one_is_used() {
    let mut sandbox = SandboxProcess::start(&["--fault", "cut-after=300000"]);
    let home = sandbox.signed_in();
    home.run(&["album", "create", "Album"]).exits(0);
    let source = tempfile::tempdir().expect("a folder");
    write_noise(&source.path().join("1.png"), 8, 500);
    let folder = source.path().to_str().expect("UTF-8");
    sandbox.restart(&["--fault", "cut-after=25000"]);
    let upload = ["upload", folder, "--album", "Album", "--json"];
    let mut running = Running::start(home.command(&upload));
    let told = running.until("it says so", |event| event["event"] == "waiting");
    let reason = told["reason"].as_str().expect("why");
    assert!(reason.contains("breaks before even a small part"), "{reason}");
    running.kill();
    sandbox.restart(&[]);
    let events = home.run(&upload).exits(0).objects();
    assert_eq!(events.last().expect("a summary")["verified"], 1);
}

/// Sent, but killed before what Telegram holds was compared: that is done by the next run, which
/// does not count it as sent once more.
#[test]
fn what_an_earlier_run_has_sent_is_proven_and_not_counted_again() {
    // Telegram asks to wait for an hour before it tells a hash.
    let wait = "flood=upload.getFileHashes:1:3600";
    let mut sandbox = SandboxProcess::start(&["--fault", wait]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    for seed in 1..=2 {
        write_noise(&source.path().join(format!("{seed}.png")), seed, 500);
    }
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Album", "--create", "--json"];
    let mut running = Running::start(home.command(&upload));
    for _ in 0..2 {
        running.until("it is sent", |event| event["event"] == "sent");
    }
    running.kill();
    sandbox.restart(&["--fault", "no-hashes"]);
    let events = home.run(&upload).exits(0).objects();
    let summary = events.last().expect("a summary");
    let counts = ["sent", "verified", "skipped", "failed"].map(|field| summary[field].as_u64());
    assert_eq!(counts, [0, 2, 0, 0].map(Some), "{events:?}");
}
