//! `verify` by the real binary: what Telegram holds is proven whole, against what is known of it
//! and against local files; what is not whole, or not held, is named.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use program::{Home, SandboxProcess, files, write_jpeg, write_noise};
use serde_json::Value;

/// What a run says: its photos (and files), and its summary.
fn verify(home: &Home, code: i32, paths: &[&Path]) -> (Vec<Value>, Value) {
    let paths = paths.iter().map(|path| path.to_str().expect("UTF-8"));
    let arguments: Vec<&str> = ["verify", "Album", "--json"].into_iter().chain(paths).collect();
    let mut lines = home.run(&arguments).exits(code).objects();
    let summary = lines.pop().expect("a summary");
    assert_eq!(summary["event"], "summary", "{summary}");
    (lines, summary)
}

fn counts(summary: &Value) -> [u64; 4] {
    ["ok", "failed", "skipped", "safe_to_delete"].map(|field| summary[field].as_u64().expect("it"))
}

/// Three pictures, one of several pieces, and something that is none.
fn pictures(folder: &Path) {
    write_jpeg(&folder.join("one.jpg"), 1, 640);
    write_jpeg(&folder.join("two.jpg"), 2, 500);
    write_noise(&folder.join("noise.png"), 3, 600);
    fs::write(folder.join("notes.txt"), "no picture").expect("a file");
}

#[test]
fn what_telegram_holds_is_proven_and_what_it_does_not_is_named() {
    let mut sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    pictures(folder);
    let text = folder.to_str().expect("UTF-8");
    home.run(&["upload", text, "--album", "Album", "--create", "--json"]).exits(0);

    let (lines, summary) = verify(&home, 0, &[]);
    assert_eq!(counts(&summary), [3, 0, 0, 0]);
    assert!(lines.iter().all(|line| line["ok"] == true && line["photo"].is_i64()), "{lines:?}");
    let (lines, summary) = verify(&home, 0, &[folder]);
    assert_eq!(counts(&summary), [3, 0, 1, 3]);
    let named = |lines: &[Value], ok: bool| -> Vec<String> {
        let of = lines.iter().filter(|line| line["ok"] == ok);
        let mut names: Vec<_> = of
            .filter_map(|line| Some(Path::new(line["path"].as_str()?).file_name()?.to_owned()))
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(named(&lines, true), ["noise.png", "one.jpg", "two.jpg"]);

    // Two files that are one photo.
    fs::copy(folder.join("one.jpg"), folder.join("again.jpg")).expect("a copy");
    assert_eq!(counts(&verify(&home, 0, &[folder]).1), [4, 0, 1, 4]);
    let said = home.run(&["verify", "Album", text]).exits(0).stderr;
    assert!(said.contains("3 photos whole") && said.contains("4 files safe"), "{said}");
    fs::remove_file(folder.join("again.jpg")).expect("it was there");

    // One that the album has under that name is another file now; one it never had.
    write_jpeg(&folder.join("two.jpg"), 9, 500);
    write_jpeg(&folder.join("new.jpg"), 8, 300);
    let (lines, summary) = verify(&home, 1, &[folder]);
    assert_eq!(counts(&summary), [2, 2, 1, 2]);
    assert_eq!(named(&lines, true), ["noise.png", "one.jpg"]);
    assert_eq!(named(&lines, false), ["new.jpg", "two.jpg"]);
    for line in lines.iter().filter(|line| line["ok"] == false) {
        let is_new = line["name"] == "new.jpg";
        assert_eq!(line["photo"].is_null(), is_new, "{line}");
        assert!(line["reason"].as_str().is_some_and(|why| !why.is_empty()), "{line}");
    }

    // A home that knows nothing, and a server that tells no hashes: everything is read.
    sandbox.restart(&["--fault", "no-hashes"]);
    let other = sandbox.signed_in();
    for home in [&home, &other] {
        let (_, summary) = verify(home, 0, &[&folder.join("one.jpg")]);
        assert_eq!(counts(&summary), [3, 0, 0, 1]);
    }
}

#[test]
fn damage_at_the_server_is_found_by_who_has_proven_it_whole_before() {
    let mut sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    let folder = tempfile::tempdir().expect("a folder");
    pictures(folder.path());
    let text = folder.path().to_str().expect("UTF-8");
    home.run(&["upload", text, "--album", "Album", "--create", "--json"]).exits(0);
    // By hashes here, by reading there.
    let other = sandbox.signed_in();
    verify(&other, 0, &[]);
    sandbox.kill();
    let world = sandbox.ready_file().with_file_name("world");
    let largest = files(&world.join("uploads"))
        .into_iter()
        .map(|path| world.join("uploads").join(path))
        .max_by_key(|path| path.metadata().expect("its size").len())
        .expect("what was uploaded");
    let mut file = fs::File::options().read(true).write(true).open(largest).expect("a file");
    let mut byte = [0];
    file.seek(SeekFrom::Start(200_000)).expect("within it");
    file.read_exact(&mut byte).expect("a byte");
    file.seek(SeekFrom::Start(200_000)).expect("within it");
    file.write_all(&[byte[0] ^ 1]).expect("another");
    drop(file);
    for faults in [&[][..], &["--fault", "no-hashes"]] {
        sandbox.restart(faults);
        for home in [&home, &other] {
            let (lines, summary) = verify(home, 1, &[]);
            assert_eq!(counts(&summary), [2, 1, 0, 0]);
            let bad: Vec<_> = lines.iter().filter(|line| line["ok"] == false).collect();
            assert_eq!(bad[0]["name"], "noise.png", "{bad:?}");
        }
        let (lines, summary) = verify(&home, 1, &[folder.path()]);
        assert_eq!(counts(&summary), [2, 2, 1, 2], "{lines:?}");
    }
}
