//! An independent client, Telethon, at the same server: it sees what we send, and we see what it
//! does. Needs Python with Telethon 1.45.0: `HELIOGRAM_PYTHON` names the interpreter, otherwise
//! `python3` is tried. Without it the test says that it was skipped; with
//! `HELIOGRAM_REQUIRE_TELETHON=1` that is a failure.

#[path = "support/program.rs"]
mod program;
#[path = "support/window.rs"]
mod window;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use heliogram::config::{Config, CustomServer};
use heliogram::engine::Headless;
use heliogram::model::{AlbumShelf, MessageId};
use program::{SandboxProcess, sorted, write_jpeg, write_noise};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use window::{SOON, Window};

/// The interpreter that has Telethon; `None` where there is none.
fn python() -> Option<String> {
    let named = std::env::var("HELIOGRAM_PYTHON").ok();
    let python = named.unwrap_or_else(|| "python3".to_owned());
    let asks = "import telethon; assert telethon.__version__ == '1.45.0', telethon.__version__";
    let tried = Command::new(&python).args(["-c", asks]).output();
    match tried {
        Ok(output) if output.status.success() => Some(python),
        other => {
            let required = std::env::var("HELIOGRAM_REQUIRE_TELETHON").is_ok_and(|v| v == "1");
            assert!(!required, "Telethon 1.45.0 is required but {python} has none: {other:?}");
            None
        }
    }
}

/// Telethon, signed in, taking orders.
struct Telethon {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Telethon {
    fn start(python: &str, ready: &Path, folder: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent_client.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([ready, folder])
            // No compiled files beside the script.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let mut telethon = Self { child, orders, answers };
        let me = telethon.answer("sign in");
        assert!(me["me"].is_i64(), "{me}");
        telethon
    }

    #[track_caller]
    fn answer(&mut self, what: &str) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("text");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("Telethon could not {what}"))
    }

    /// Carries one order out. What went wrong is on standard error, from Python.
    #[track_caller]
    fn order(&mut self, order: &Value) -> Value {
        let orders = self.orders.as_mut().expect("it takes orders");
        writeln!(orders, "{order}").expect("it still runs");
        self.answer(&order.to_string())
    }

    fn finish(mut self) {
        drop(self.orders.take());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Telethon {
    fn drop(&mut self) {
        // After a failed test it may still be there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("to a string");
        text
    })
}

#[test]
fn an_independent_client_works_both_ways() {
    let Some(python) = python() else {
        println!("skipped: no Python with Telethon 1.45.0 (set HELIOGRAM_PYTHON)");
        return;
    };
    let sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    let at = |name: &str| source.path().join(name);
    let text = |name: &str| at(name).to_str().expect("UTF-8").to_owned();

    // Ours first: an album with three files, one of them sent in large parts.
    let ours = ["small.jpg", "größer 写真.jpg", "large.png"];
    write_jpeg(&at(ours[0]), 1, 400);
    write_jpeg(&at(ours[1]), 2, 2000);
    write_noise(&at(ours[2]), 3, 2000);
    assert!(fs::metadata(at(ours[2])).expect("a file").len() > 10 << 20);
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Ours 相册", "--create", "--caption", "wörd"];
    home.run(&upload).exits(0);

    let fetched = tempfile::tempdir().expect("a folder");
    let mut telethon = Telethon::start(&python, &sandbox.ready_file(), fetched.path());
    let answer = telethon.order(&json!({"do": "fetch", "title": "Ours 相册"}));
    let came = answer["files"].as_array().expect("files");
    assert_eq!(came.len(), ours.len(), "{answer}");
    for name in ours {
        let bytes = fs::read(at(name)).expect("a file");
        let file = came.iter().find(|file| file["name"] == name).expect("every name comes");
        assert_eq!(file["sha256"], sha256(&bytes).as_str(), "{name} differs");
        assert_eq!((&file["bytes"], &file["caption"]), (&json!(bytes.len()), &json!("wörd")));
        assert_eq!(file["thumbnail"], true, "{name} shows nothing in other apps");
    }

    theirs(&mut telethon, &home, &text);
    telethon.finish();
}

/// Telethon fills a channel of its own, changes and deletes; our list follows.
fn theirs(telethon: &mut Telethon, home: &program::Home, text: &dyn Fn(&str) -> String) {
    let title = "Theirs";
    let names = ["document.jpg", "as photo.jpg", "a.jpg", "b.jpg", "c.jpg", "gone.jpg"];
    for (seed, name) in (20..).zip(names) {
        write_jpeg(Path::new(&text(name)), seed, 600 + u32::from(seed));
    }
    telethon.order(&json!({"do": "create", "title": title}));
    let mut send = |names: &[&str], caption: &str, as_file: bool| {
        let paths: Vec<String> = names.iter().map(|name| text(name)).collect();
        let sent = telethon.order(&json!({
            "do": "send", "title": title, "paths": paths, "caption": caption, "as_file": as_file,
        }));
        let ids = sent["ids"].as_array().expect("ids").clone();
        (ids, sent["groups"].as_array().expect("groups").clone())
    };
    let (document, _) = send(&["document.jpg"], "before", true);
    let (photo, _) = send(&["as photo.jpg"], "", false);
    let (group, groups) = send(&["a.jpg", "b.jpg", "c.jpg"], "together", true);
    let (gone, _) = send(&["gone.jpg"], "", true);
    assert!(groups.iter().all(|group| group.is_i64() && *group == groups[0]), "{groups:?}");
    telethon.order(&json!({"do": "write", "title": title, "text": "no picture"}));

    // All of it is there.
    home.run(&["sync"]).exits(0);
    assert_eq!(home.list(title).len(), 6);
    // Edited and deleted while nobody of ours was looking.
    telethon.order(&json!({"do": "edit", "title": title, "id": document[0], "caption": "nach 後"}));
    telethon.order(&json!({"do": "delete", "title": title, "ids": [gone[0], group[1]]}));
    let report = home.run(&["sync", "--json"]).exits(0).object();
    assert_eq!((&report["changed"], &report["removed"]), (&json!(1), &json!(2)), "{report}");

    let rows = home.list(title);
    let by_id: BTreeMap<i64, &Value> =
        rows.iter().map(|row| (row["id"].as_i64().expect("a number"), row)).collect();
    let mut expected: Vec<i64> = [&document[0], &photo[0], &group[0], &group[2]]
        .map(|id| id.as_i64().expect("a number"))
        .to_vec();
    expected.sort_unstable();
    assert_eq!(by_id.keys().copied().collect::<Vec<_>>(), expected);
    let row = |id: &Value| by_id[&id.as_i64().expect("a number")];
    assert_eq!(row(&document[0])["name"], "document.jpg");
    assert_eq!(row(&document[0])["caption"], "nach 後");
    assert_eq!(row(&group[0])["name"], "a.jpg");
    assert_eq!(row(&group[2])["name"], "c.jpg");
    assert_eq!(row(&photo[0])["mime"], "image/jpeg");
    assert_eq!(row(&photo[0])["name"], format!("photo_{}.jpg", photo[0]));
    assert_eq!(sorted(&rows, "caption").iter().filter(|caption| *caption == "together").count(), 1);

    // What we fetch is what they sent, or, for a photo, what the server made of it.
    let fetched = tempfile::tempdir().expect("a folder");
    let to = fetched.path().to_str().expect("UTF-8");
    let reports = home.run(&["download", title, "--to", to, "--json"]).exits(0).objects();
    let content = |id: &Value| {
        let report = reports.iter().find(|report| report["photo"] == *id).expect("a report");
        fs::read(report["path"].as_str().expect("a path")).expect("a file")
    };
    for (id, name) in [(&document[0], "document.jpg"), (&group[0], "a.jpg"), (&group[2], "c.jpg")] {
        assert!(content(id) == fs::read(text(name)).expect("a file"), "{name} differs");
    }
    let theirs = telethon.order(&json!({"do": "original", "title": title, "id": photo[0]}));
    assert_eq!(theirs["sha256"], sha256(&content(&photo[0])).as_str(), "the photo differs");
}

fn numbers(value: &Value) -> Vec<i64> {
    let number = |id: &Value| id.as_i64().expect("a number");
    value.as_array().expect("a list").iter().map(number).collect()
}

fn reversed(mut ids: Vec<i64>) -> Vec<i64> {
    ids.reverse();
    ids
}

#[test]
fn what_other_applications_do_works() {
    let Some(python) = python() else {
        println!("skipped: no Python with Telethon 1.45.0 (set HELIOGRAM_PYTHON)");
        return;
    };
    let sandbox = SandboxProcess::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let text = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    write_jpeg(Path::new(&text("sea.jpg")), 1, 900);
    write_jpeg(Path::new(&text("hill.jpg")), 2, 1500);
    write_noise(Path::new(&text("large.png")), 3, 2000);
    assert!(fs::metadata(text("large.png")).expect("a file").len() > 10 << 20);
    let mut telethon = Telethon::start(&python, &sandbox.ready_file(), folder.path());
    for title in ["One", "Two"] {
        telethon.order(&json!({"do": "create", "title": title}));
    }
    let mut send = |paths: &[&str], caption: &str, as_file: bool| {
        let paths: Vec<String> = paths.iter().map(|name| text(name)).collect();
        numbers(
            &telethon.order(&json!({
                "do": "send", "title": "One", "paths": paths, "caption": caption, "as_file": as_file,
            }))["ids"],
        )[0]
    };
    let sea = send(&["sea.jpg"], "The Sea at dawn", true);
    let hill = send(&["hill.jpg"], "a hill", false);
    let large = send(&["large.png"], "", true);
    // It tells by itself that this is beyond a small file, and sends it so.
    let back = telethon.order(&json!({"do": "original", "title": "One", "id": large}));
    let bytes = fs::read(text("large.png")).expect("a file");
    assert_eq!(back["sha256"], sha256(&bytes).as_str());
    // Of a photo comes what the server made: another encoding, its largest size.
    let back = telethon.order(&json!({"do": "original", "title": "One", "id": hill}));
    assert!(back["bytes"].as_u64().expect("a number") > 10_000);
    let bytes = fs::read(text("hill.jpg")).expect("a file");
    assert_ne!(back["sha256"], sha256(&bytes).as_str());

    let dialogs = telethon.order(&json!({"do": "dialogs"}));
    assert_eq!(dialogs["titles"], json!(["One", "Two"]), "the newest first");
    assert_eq!(dialogs["tops"], json!([large, 1]));
    let ids = [sea, 999, hill];
    let seen =
        telethon.order(&json!({"do": "browse", "title": "One", "words": "sea dawn", "ids": ids}));
    assert_eq!(numbers(&seen["found"]), [sea]);
    assert_eq!(numbers(&seen["files"]), [large, sea]);
    assert_eq!(numbers(&seen["photos"]), [hill]);
    assert_eq!(numbers(&seen["videos"]), [0; 0]);
    assert_eq!(seen["by_id"], json!([sea, null, hill]));
    assert_eq!(numbers(&seen["oldest"]), [1, sea, hill, large]);
    assert_eq!(seen["total"], 4);
    // Of a file of more than 10 MB the server makes none.
    for (id, jpegs) in
        [(sea, json!([true, true])), (hill, json!([true, true])), (large, json!([null, null]))]
    {
        let thumbnail = telethon.order(&json!({"do": "thumbnail", "title": "One", "id": id}));
        assert_eq!(thumbnail["jpegs"], jpegs, "of message {id}");
    }

    let copied =
        telethon.order(&json!({"do": "forward", "title": "One", "to": "Two", "ids": [sea, large]}));
    assert_eq!(copied["from"], json!([false, false]), "nobody's name on them");
    let copies = numbers(&copied["ids"]);
    let seen =
        telethon.order(&json!({"do": "browse", "title": "Two", "words": "sea", "ids": copies}));
    assert_eq!(numbers(&seen["files"]), reversed(copies.clone()));
    let back = telethon.order(&json!({"do": "original", "title": "Two", "id": copies[0]}));
    let bytes = fs::read(text("sea.jpg")).expect("a file");
    assert_eq!(back["sha256"], sha256(&bytes).as_str());

    let picture = text("sea.jpg");
    let dressed = telethon.order(
        &json!({"do": "dress", "title": "Two", "new_title": "Zwei \u{1F30A}", "picture": picture}),
    );
    assert_eq!(dressed["title"], "Zwei \u{1F30A}");
    let sizes = [&dressed["small"], &dressed["big"]].map(|size| size.as_u64().expect("a number"));
    assert!(0 < sizes[0] && sizes[0] < sizes[1], "{sizes:?}");

    let second = telethon.order(&json!({"do": "second_session"}));
    assert_eq!(
        (&second["left"], second["titles"].as_array().map(Vec::len)),
        (&json!(true), Some(2))
    );
    let left = telethon.order(&json!({"do": "leave"}));
    assert_eq!(left, json!({"left": true, "authorized": false}));
    telethon.finish();
}

#[test]
fn a_window_on_another_home_shows_what_an_independent_client_does() {
    let Some(python) = python() else {
        println!("skipped: no Python with Telethon 1.45.0 (set HELIOGRAM_PYTHON)");
        return;
    };
    let sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    let folder = tempfile::tempdir().expect("a folder");
    let names = ["file.jpg", "photo.jpg", "a.jpg", "b.jpg", "c.jpg"];
    let text = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    for (seed, name) in (30..).zip(names) {
        write_jpeg(Path::new(&text(name)), seed, 500);
    }
    let mut telethon = Telethon::start(&python, &sandbox.ready_file(), folder.path());
    let server = CustomServer {
        address: sandbox.text("address").parse().expect("an address"),
        dc_id: 2,
        rsa_public_key: sandbox.text("rsa_public_key").to_owned(),
    };
    let mut window = Window::open(home.path(), server.clone());
    window.within(program::PATIENCE, "in step", |window| window.in_step);

    let mut late = Vec::new();
    let mut seen = |window: &mut Window, what: &'static str, done: &dyn Fn(&Window) -> bool| {
        let took = window.within(SOON, what, done);
        late.push((what, took));
    };
    telethon.order(&json!({"do": "create", "title": "Live"}));
    seen(&mut window, "a new album", &|window| window.album("Live").is_some());
    let count = |window: &Window| window.album("Live").map_or(0, AlbumShelf::len);
    let mut send = |paths: &[&str], as_file: bool| {
        let paths: Vec<String> = paths.iter().map(|name| text(name)).collect();
        let sent = telethon.order(&json!({
            "do": "send", "title": "Live", "paths": paths, "caption": "first", "as_file": as_file,
        }));
        numbers(&sent["ids"])
    };
    let file = send(&names[..1], true);
    seen(&mut window, "a file", &|window| count(window) == 1);
    send(&names[1..2], false);
    seen(&mut window, "a photo", &|window| count(window) == 2);
    let group = send(&names[2..], true);
    seen(&mut window, "a group of three", &|window| count(window) == 5);

    let id = |id: i64| MessageId(i32::try_from(id).expect("a small number"));
    let caption = |window: &Window, number: i64| {
        let photo = window.album("Live").and_then(|shelf| shelf.photo(id(number)));
        photo.map(|photo| photo.caption().to_owned())
    };
    telethon.order(&json!({"do": "edit", "title": "Live", "id": file[0], "caption": "second"}));
    seen(&mut window, "an edited caption", &|window| {
        caption(window, file[0]).as_deref() == Some("second")
    });
    telethon.order(&json!({"do": "delete", "title": "Live", "ids": [group[1]]}));
    seen(&mut window, "a deletion", &|window| {
        count(window) == 4 && caption(window, group[1]).is_none()
    });
    telethon.order(&json!({
        "do": "dress", "title": "Live", "new_title": "Renamed", "picture": text("a.jpg"),
    }));
    seen(&mut window, "another title", &|window| window.album("Renamed").is_some());
    let slowest: Duration = late.iter().map(|(_, took)| *took).max().unwrap_or_default();
    println!("the slowest was seen after {slowest:?}: {late:?}");
    telethon.finish();

    let album = window.album("Renamed").expect("seen above").album.id;
    drop(window);
    let config = Config::with_server(home.path(), server).expect("the home is of this server");
    let listed = Headless::open(Arc::new(config)).expect("it opens").list(album).expect("a list");
    let group_of = |number: i64| listed.iter().find(|photo| photo.id.message == id(number));
    let groups = [group[0], group[2]].map(|n| group_of(n).expect("it is there").group);
    assert!(groups[0].is_some() && groups[0] == groups[1], "{groups:?}");
}
