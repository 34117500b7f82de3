//! The command line as scripts see it: names, JSON fields, exit codes, and what happens to a
//! process that is killed. Each test has a sandbox process of its own.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use program::{Home, Running, SandboxProcess, files, heliogram, objects, sorted};
use program::{write_jpeg, write_noise};
use serde_json::{Value, json};

/// A folder with pictures, a hidden one, one in a folder, and something that is no picture.
fn pictures(folder: &Path) {
    fs::create_dir_all(folder.join("deep")).expect("a folder");
    write_jpeg(&folder.join("one.jpg"), 1, 640);
    write_jpeg(&folder.join("zwei ü 東京.jpg"), 2, 1200);
    write_jpeg(&folder.join(".hidden.jpg"), 3, 300);
    // The same name twice, in two folders.
    write_jpeg(&folder.join("deep/one.jpg"), 4, 500);
    write_noise(&folder.join("deep/noise.png"), 5, 700);
    fs::write(folder.join("notes.txt"), "no picture").expect("a file");
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_photograph_goes_all_the_way_and_comes_back() {
    let sandbox = SandboxProcess::start(&[]);
    let home = sandbox.home();
    let phone = sandbox.text("phone");
    let me = home.sign_in(phone, sandbox.text("code"), sandbox.ready["password"].as_str()).object();
    assert_eq!(home.run(&["whoami", "--json"]).exits(0).object(), me);
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let masked = format!("+{}{}", "*".repeat(digits.len() - 2), &digits[digits.len() - 2..]);
    assert_eq!(me["phone"], masked.as_str());
    assert!(me["id"].is_i64() && me["name"].is_string(), "{me}");

    let album = home.run(&["album", "create", "Prüfung 東京", "--json"]).exits(0).object();
    assert_eq!((&album["title"], &album["ok"]), (&json!("Prüfung 東京"), &json!(true)));
    let id = album["id"].to_string();

    let source = tempfile::tempdir().expect("a folder");
    pictures(source.path());
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Prüfung 東京", "--caption", "a word", "--json"];
    let events = home.run(&upload).exits(0).objects();
    let summary = events.last().expect("a summary");
    assert_eq!(summary["event"], "summary");
    let counts = ["sent", "verified", "skipped", "failed"].map(|field| summary[field].as_u64());
    assert_eq!(counts, [5, 5, 1, 0].map(Some), "{summary}");
    let skipped: Vec<_> = events.iter().filter(|event| event["event"] == "skipped").collect();
    assert_eq!(skipped.len(), 1);
    assert!(skipped[0]["path"].as_str().is_some_and(|path| path.ends_with("notes.txt")));
    assert!(skipped[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()));

    // Again: the album holds all of it.
    let again = home.run(&upload).exits(0).objects();
    let summary = again.last().expect("a summary");
    assert_eq!((&summary["sent"], &summary["skipped"]), (&json!(0), &json!(6)), "{summary}");

    let rows = home.list(&id);
    assert_eq!(rows.len(), 5);
    let fields = ["bytes", "caption", "height", "id", "mime", "name", "sent", "taken", "width"];
    let ids: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().expect("a number")).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first: {ids:?}");
    for row in &rows {
        let mut there = keys(row);
        there.sort_unstable();
        assert_eq!(there, fields);
        assert_eq!(row["caption"], "a word");
        assert!(row["sent"].as_str().is_some_and(|sent| sent.len() == 25), "{row}");
        assert!(row["width"].as_u64() > Some(0) && row["height"].as_u64() > Some(0), "{row}");
    }

    let albums = home.run(&["albums", "--json"]).exits(0).objects();
    let ours = albums.iter().find(|row| row["id"] == album["id"]).expect("our album");
    assert_eq!(ours, &json!({"id": album["id"], "title": "Prüfung 東京", "photos": 5}));

    comes_back(&home, &id, source.path());
    // A second home of the same account, empty: it learns all of it from the server.
    let second = sandbox.signed_in();
    let report = second.run(&["sync", "--json"]).exits(0).object();
    assert_eq!(report["added"], 5, "{report}");
    assert_eq!(sorted(&second.list(&id), "name"), sorted(&rows, "name"));
    comes_back(&second, &id, source.path());
    let report = second.run(&["sync", "--json"]).exits(0).object();
    let counts = ["added", "changed", "removed"].map(|field| report[field].as_u64());
    assert_eq!(counts, [Some(0); 3], "{report}");

    // Renamed and deleted at one place, seen at the other.
    home.run(&["album", "rename", &id, "Neu", "--json"]).exits(0);
    second.run(&["sync"]).exits(0);
    assert_eq!(second.list("Neu").len(), 5);
    home.run(&["album", "delete", "Neu", "--json"]).exits(2);
    let deleted = home.run(&["album", "delete", "Neu", "--yes", "--json"]).exits(0).object();
    assert_eq!(deleted, json!({"id": album["id"], "title": "Neu", "ok": true}));
    second.run(&["sync"]).exits(0);
    second.run(&["list", &id]).exits(2);

    home.run(&["logout"]).exits(0);
    for command in [&["whoami"][..], &["albums"], &["list", &id]] {
        home.run(command).exits(3);
    }
    second.run(&["whoami"]).exits(0);
}

/// Downloads an album and compares it with the folder it was made of.
fn comes_back(home: &Home, album: &str, source: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("new/folder");
    let to = to.to_str().expect("UTF-8");
    let reports = home.run(&["download", album, "--to", to, "--json"]).exits(0).objects();
    let (summary, photos) = reports.split_last().expect("a summary");
    assert_eq!((&summary["ok"], &summary["failed"]), (&json!(5), &json!(0)), "{summary}");
    assert!(photos.iter().all(|photo| photo["ok"] == true), "{photos:?}");
    let came = files(Path::new(to));
    let names: Vec<_> = came.iter().map(|path| path.to_string_lossy()).collect();
    assert_eq!(names, [".hidden.jpg", "noise.png", "one (2).jpg", "one.jpg", "zwei ü 東京.jpg"]);
    let contents = |folder: &Path, paths: &[std::path::PathBuf]| {
        let mut contents: Vec<Vec<u8>> =
            paths.iter().map(|path| fs::read(folder.join(path)).expect("a file")).collect();
        contents.sort();
        contents
    };
    let mut sent = files(source);
    sent.retain(|path| path.extension().is_some_and(|extension| extension != "txt"));
    assert!(contents(Path::new(to), &came) == contents(source, &sent), "bytes differ");

    // Again: nothing is fetched twice, nothing overwritten.
    home.run(&["download", album, "--to", to, "--json"]).exits(0);
    assert_eq!(files(Path::new(to)), came);
    // One photo alone, and one that is not there.
    let one = photos[0]["photo"].to_string();
    let alone = folder.path().join("alone");
    let alone = alone.to_str().expect("UTF-8");
    let ran = home.run(&["download", album, "--photo", &one, "--to", alone, "--json"]).exits(0);
    assert_eq!(ran.objects().len(), 2);
    assert_eq!(files(Path::new(alone)).len(), 1);
    let missing = ["download", album, "--photo", "99999", "--to", alone, "--json"];
    let reports = home.run(&missing).exits(1).objects();
    assert_eq!((&reports[0]["photo"], &reports[0]["ok"]), (&json!(99999), &json!(false)));
}

#[test]
fn wrong_usage_is_2_and_names_the_candidates() {
    let sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    for title in ["Twice", "Twice", "Once"] {
        home.run(&["album", "create", title]).exits(0);
    }
    let ids = sorted(&home.run(&["albums", "--json"]).exits(0).objects(), "id");
    let ran = home.run(&["list", "Twice", "--json"]).exits(2);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    assert_eq!(ids.iter().filter(|id| ran.stderr.contains(id.as_str())).count(), 2, "{ran:?}");
    let ran = home.run(&["upload", ".", "--album", "Thrice"]).exits(2);
    assert!(ran.stderr.contains("Once") && ran.stderr.contains("Twice"), "{ran:?}");
    for wrong in [&["no-such-command"][..], &["upload"], &["list"], &["album", "create", " "]] {
        home.run(wrong).exits(2);
    }
    let endless = "a".repeat(1025);
    for wrong in [
        &["upload", ".", "--album", "Once", "--caption", &endless][..],
        &["download", "Thrice", "--to", "/no/such/folder"],
    ] {
        home.run(wrong).exits(2);
    }
    for wrong in [&["/no/such/folder"][..], &["--photos", "0"]] {
        let ran = heliogram().args(["demo", "--headless"]).args(wrong).output().expect("it runs");
        assert_eq!(ran.status.code(), Some(2), "{wrong:?}");
    }
    // A path that is not there is one failed item, named; the rest goes on.
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("there.jpg");
    write_jpeg(&picture, 9, 200);
    let (there, gone) = (picture.to_str().expect("UTF-8"), "/no/such/picture.jpg");
    let events = home.run(&["upload", gone, there, "--album", "Once", "--json"]).exits(1).objects();
    assert!(events.iter().any(|e| e["event"] == "failed" && e["path"] == gone), "{events:?}");
    assert_eq!(events.last().expect("a summary")["sent"], 1);
}

#[test]
fn who_is_not_signed_in_gets_3_and_no_code_is_accepted_blindly() {
    let sandbox = SandboxProcess::start(&["--account", "+9996620001:a secret, with: signs"]);
    let home = sandbox.home();
    let commands: [&[&str]; 7] = [
        &["whoami"],
        &["sync"],
        &["albums"],
        &["list", "Album"],
        &["album", "create", "Album"],
        &["upload", ".", "--album", "Album"],
        &["logout"],
    ];
    for command in commands {
        let ran = home.run(command).exits(3);
        assert!(ran.stderr.contains("login"), "says how to sign in: {ran:?}");
    }
    let login = ["login", "--phone", "+9996620001", "--stdin"];
    home.run_with("00000\n\n", &login).exits(3);
    let code = sandbox.text("code");
    home.run_with(&format!("{code}\n\n"), &login).exits(3);
    home.run_with(&format!("{code}\nwrong\n"), &login).exits(3);
    home.run(&["whoami"]).exits(3);
    home.run_with(&format!("{code}\na secret, with: signs\n"), &login).exits(0);
    home.run(&["whoami"]).exits(0);
}

#[test]
fn without_a_server_it_is_4_and_the_local_library_still_answers() {
    let mut sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    home.run(&["album", "create", "Here"]).exits(0);
    let left = sandbox.signed_in();
    left.run(&["logout"]).exits(0);
    sandbox.kill();
    // Nobody is signed in there, and that is known without a server.
    left.run(&["whoami"]).exits(3);
    let begun = Instant::now();
    let ran = home.run(&["sync"]).exits(4);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains(".."), "{}", ran.stderr);
    assert_eq!(home.list("Here").len(), 0);
    assert_eq!(home.run(&["albums", "--json"]).exits(0).objects().len(), 1);
}

#[test]
fn a_home_in_use_is_5_and_free_again_afterwards_even_after_a_kill() {
    let sandbox = SandboxProcess::start(&[]);
    let home = sandbox.home();
    // Holds the home open: it waits for the code on a pipe that stays silent.
    let mut first = home
        .command(&["login", "--phone", sandbox.text("phone"), "--stdin"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut said = String::new();
    BufReader::new(first.stderr.as_mut().expect("piped")).read_line(&mut said).expect("text");
    assert!(said.contains("code"), "it asks for the code: {said}");
    let ran = home.run(&["albums", "--json"]).exits(5);
    assert!(ran.stdout.is_empty() && !ran.stderr.trim().is_empty(), "{ran:?}");
    first.kill().expect("it can be killed");
    first.wait().expect("it ends");
    home.run(&["albums", "--json"]).exits(3);
    // Neither does the home serve another server.
    let other = SandboxProcess::start(&[]);
    let ran = heliogram()
        .arg("--home")
        .arg(home.path())
        .arg("--endpoint")
        .arg(other.ready_file())
        .arg("whoami")
        .output()
        .expect("it runs");
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_display_it_is_6_in_one_line_that_names_what_works() {
    let home = tempfile::tempdir().expect("a folder");
    let ran = heliogram().arg("--home").arg(home.path()).output().expect("it runs");
    assert_eq!(ran.status.code(), Some(6));
    let said = String::from_utf8(ran.stderr).expect("text");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("upload") && said.contains("demo --headless"), "{said}");
}

#[test]
fn killed_in_the_middle_of_an_upload_nothing_is_lost_and_nothing_doubled() {
    let mut sandbox = SandboxProcess::start(&["--line-rate", "3000000"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    for number in 0..5 {
        write_noise(&source.path().join(format!("{number}.png")), number + 1, 700);
    }
    // More than 10 MB, which takes Telegram's other way of sending parts.
    write_noise(&source.path().join("large.png"), 77, 2000);
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Killed", "--create", "--json"];
    let mut running = Running::start(home.command(&upload));
    running.until("a file was sent", |event| event["event"] == "sent");
    running.kill();
    // Once more, and now the server is killed too.
    let mut running = Running::start(home.command(&upload));
    running.until("files are on their way", |event| event["event"] == "sending");
    sandbox.restart(&[]);
    running.kill();

    let events = home.run(&upload).exits(0).objects();
    assert_eq!(events.last().expect("a summary")["failed"], 0);
    let expected = ["0.png", "1.png", "2.png", "3.png", "4.png", "large.png"];
    for home in [&home, &sandbox.signed_in()] {
        home.run(&["sync"]).exits(0);
        assert_eq!(home.run(&["albums", "--json"]).exits(0).objects().len(), 1);
        assert_eq!(sorted(&home.list("Killed"), "name"), expected);
    }
    let fetched = tempfile::tempdir().expect("a folder");
    let to = fetched.path().to_str().expect("UTF-8");
    home.run(&["download", "Killed", "--to", to]).exits(0);
    assert_eq!(files(fetched.path()), files(source.path()));
    for path in files(source.path()) {
        let both = [source.path(), fetched.path()].map(|folder| fs::read(folder.join(&path)));
        let [sent, came] = both.map(|content| content.expect("a file"));
        assert!(sent == came, "{} differs", path.display());
    }
}

#[test]
fn what_is_asked_for_last_is_what_the_rest_is_sent_with() {
    let mut sandbox = SandboxProcess::start(&["--line-rate", "200000"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    let picture = source.path().join("noise.png");
    write_noise(&picture, 3, 700);
    let picture = picture.to_str().expect("UTF-8");
    let upload = |caption| {
        ["upload", picture, "--album", "Words", "--create", "--caption", caption, "--json"]
    };
    let mut running = Running::start(home.command(&upload("a first thought")));
    running.until("it is on its way", |event| event["event"] == "sending");
    running.kill();
    sandbox.restart(&[]);
    home.run(&upload("a second thought")).exits(0);
    let captions = sorted(&home.list("Words"), "caption");
    assert_eq!(captions, ["a second thought"]);
}

/// Names as this system takes them, and what is no picture although it lies among them.
#[test]
#[cfg(unix)]
fn any_name_comes_back_and_what_is_no_picture_is_named_but_no_failure() {
    let sandbox = SandboxProcess::start(&[]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    let longest = format!("{}.jpg", "x".repeat(251));
    let names = [
        " blanks .jpg",
        "..dots",
        "12:30?.jpg",
        "-v.jpg",
        "back\\slash",
        "two\nlines.jpg",
        &longest,
    ];
    for (seed, name) in (1..).zip(names) {
        write_jpeg(&source.path().join(name), seed, 200);
    }
    let nothing = tempfile::tempdir().expect("a folder");
    fs::write(nothing.path().join(".nomedia"), "").expect("a file");
    fs::write(nothing.path().join("fake.jpg"), "no picture").expect("a file");
    std::os::unix::fs::symlink(source.path(), nothing.path().join("link")).expect("a link");
    let socket = nothing.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");

    let [pictures, nothing] = [&source, &nothing].map(|f| f.path().to_str().expect("UTF-8"));
    let upload = ["upload", pictures, nothing, "--album", "Names", "--create", "--json"];
    let events = home.run(&upload).exits(0).objects();
    let skipped: Vec<Value> =
        events.iter().filter(|event| event["event"] == "skipped").cloned().collect();
    let expected = [".nomedia", "fake.jpg", "link", "socket"].map(|n| format!("{nothing}/{n}"));
    assert_eq!(sorted(&skipped, "path"), expected);
    assert!(skipped.iter().all(|event| event["reason"].is_string()), "{skipped:?}");
    assert_eq!(events.last().expect("a summary")["skipped"], 4);

    let fetched = tempfile::tempdir().expect("a folder");
    let to = fetched.path().to_str().expect("UTF-8");
    home.run(&["download", "Names", "--to", to]).exits(0);
    assert_eq!(files(fetched.path()), files(source.path()));

    // All that is kept is for this user alone.
    for entry in walkdir::WalkDir::new(home.path()).min_depth(1) {
        let entry = entry.expect("it can be read");
        let permissions = entry.metadata().expect("its mode").permissions();
        let mode = std::os::unix::fs::PermissionsExt::mode(&permissions);
        assert_eq!(mode & 0o077, 0, "{} is open to others", entry.path().display());
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_cleanly_and_says_how_to_go_on() {
    let sandbox = SandboxProcess::start(&["--line-rate", "1000000"]);
    let home = sandbox.signed_in();
    let source = tempfile::tempdir().expect("a folder");
    for number in 0..8 {
        write_noise(&source.path().join(format!("{number}.png")), number + 1, 700);
    }
    let folder = source.path().to_str().expect("UTF-8");
    let upload = ["upload", folder, "--album", "Stopped", "--create", "--json"];
    let mut child = home.command(&upload).spawn().expect("the program starts");
    let mut lines = std::io::BufRead::lines(BufReader::new(child.stdout.take().expect("piped")));
    let is_sending = |line: &String| line.contains("\"sending\"");
    lines.by_ref().map(|line| line.expect("text")).find(is_sending).expect("it sends");
    let signalled = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill can be run");
    assert!(signalled.success());
    // What is left on standard output is still whole lines.
    let rest: String = lines.map(|line| line.expect("text") + "\n").collect();
    objects(&rest);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("same command again"), "{said}");
    let events = home.run(&upload).exits(0).objects();
    assert_eq!(events.last().expect("a summary")["failed"], 0);
    assert_eq!(home.list("Stopped").len(), 8);
}

#[test]
fn every_command_explains_every_option() {
    let commands: [&[&str]; 15] = [
        &[],
        &["demo"],
        &["sandbox"],
        &["login"],
        &["logout"],
        &["whoami"],
        &["albums"],
        &["album"],
        &["album", "create"],
        &["album", "rename"],
        &["album", "delete"],
        &["upload"],
        &["list"],
        &["download"],
        &["sync"],
    ];
    for command in commands {
        let ran = heliogram().args(command).arg("--help").output().expect("it runs");
        assert!(ran.status.success(), "{command:?}");
        let help = String::from_utf8(ran.stdout).expect("text");
        for option in ["--home", "--endpoint", "--json", "--verbose"] {
            assert!(help.contains(option), "{command:?} does not mention {option}");
        }
        // An option with nothing behind it or below it would not be explained.
        let lines: Vec<&str> = help.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let line = line.trim_start();
            if line.starts_with("--") || line.starts_with("-v") {
                let behind = line.contains("  ");
                let below = lines.get(index + 1).is_some_and(|next| !next.trim().is_empty());
                assert!(behind || below, "{command:?}: {line} is not explained");
            }
        }
    }
}

#[test]
fn no_secret_is_in_any_output_or_file_that_others_read() {
    let password = "correct-horse-7";
    let account = format!("+9996627431:{password}");
    let sandbox = SandboxProcess::start(&["--account", &account]);
    let home = sandbox.home();
    let code = sandbox.text("code").to_owned();
    let input = format!("{code}\n{password}\n");
    let login = ["-vvv", "login", "--phone", "+9996627431", "--stdin", "--json"];
    let mut said = vec![home.run_with(&input, &login).exits(0)];
    said.push(home.run(&["-vvv", "whoami", "--json"]).exits(0));
    said.push(home.run(&["-vvv", "album", "create", "Album"]).exits(0));
    said.push(home.run(&["-vvv", "logout"]).exits(0));
    let mut texts: Vec<String> =
        said.into_iter().flat_map(|ran| [ran.stdout, ran.stderr]).collect();
    let logs = home.path().join("logs");
    let log_files = files(&logs);
    assert!(!log_files.is_empty(), "there is a log");
    for path in &log_files {
        texts.push(fs::read_to_string(logs.join(path)).expect("the log is text"));
    }
    assert!(texts.iter().map(String::len).sum::<usize>() > 200, "something was said: {texts:?}");
    for text in &texts {
        for secret in [code.as_str(), password, "9996627431"] {
            assert!(!holds(text, secret), "a secret is in: {text}");
        }
    }
}

/// Whether `secret` stands in `text`, not as a part of a longer number or word.
fn holds(text: &str, secret: &str) -> bool {
    text.match_indices(secret).any(|(at, _)| {
        let is_apart = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
        is_apart(text[..at].chars().next_back())
            && is_apart(text[at + secret.len()..].chars().next())
    })
}

#[test]
fn two_accounts_and_two_homes_see_what_they_should() {
    let sandbox =
        SandboxProcess::start(&["--account", "+9996620001", "--account", "+9996620002:pass"]);
    let (first, elsewhere, second) = (sandbox.home(), sandbox.home(), sandbox.home());
    let account = |index: usize| &sandbox.ready["accounts"][index];
    let sign_in = |home: &Home, index: usize| {
        let field = |name: &str| account(index)[name].as_str();
        let (phone, code) = (field("phone").expect("a phone"), field("code").expect("a code"));
        home.sign_in(phone, code, field("password"));
    };
    sign_in(&first, 0);
    sign_in(&elsewhere, 0);
    sign_in(&second, 1);
    first.run(&["album", "create", "Mine"]).exits(0);
    second.run(&["album", "create", "Theirs"]).exits(0);
    // A download is of all that the album holds, not of what was known of it here.
    elsewhere.run(&["sync"]).exits(0);
    let folder = tempfile::tempdir().expect("a folder");
    let (picture, to) = (folder.path().join("new.jpg"), folder.path().join("to"));
    write_jpeg(&picture, 1, 200);
    let (picture, to) = (picture.to_str().expect("UTF-8"), to.to_str().expect("UTF-8"));
    first.run(&["upload", picture, "--album", "Mine"]).exits(0);
    elsewhere.run(&["download", "Mine", "--to", to]).exits(0);
    assert_eq!(files(Path::new(to)), [Path::new("new.jpg")]);
    for (home, title) in [(&first, "Mine"), (&elsewhere, "Mine"), (&second, "Theirs")] {
        home.run(&["sync"]).exits(0);
        let albums = home.run(&["albums", "--json"]).exits(0).objects();
        assert_eq!(sorted(&albums, "title"), [title]);
    }
}

#[test]
fn the_demo_makes_its_journey_without_a_window() {
    let source = tempfile::tempdir().expect("a folder");
    pictures(source.path());
    for arguments in [&["--photos", "3"][..], &[source.path().to_str().expect("UTF-8")]] {
        let ran = heliogram()
            .args(["demo", "--headless", "--json"])
            .args(arguments)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(0), "{arguments:?}: {said}");
        let steps = objects(&String::from_utf8(ran.stdout).expect("text"));
        let last = steps.last().expect("steps");
        assert_eq!(last["step"], "bytes compared", "{said}");
        assert!(last["bytes"].as_u64() > Some(10_000), "{last}");
    }
}
