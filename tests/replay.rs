//! The window driven by a script, as a process: on a display of its own where the machine can make
//! one, and without any.
#![cfg(target_os = "linux")]

#[path = "support/program.rs"]
mod program;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use program::{SandboxProcess, heliogram};
use serde_json::Value;

/// An X server that nobody looks at; gone with this.
struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    /// `None` where there is no such server to start.
    fn open() -> Option<Self> {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1600x1000x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut number = String::new();
        let said = server.stdout.take().expect("piped");
        BufReader::new(said).read_line(&mut number).expect("text");
        let name = format!(":{}", number.trim());
        assert!(name.len() > 1, "Xvfb did not start");
        Some(Self { server, name })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn run(mut command: Command, screen: Option<&Screen>) -> Output {
    if let Some(screen) = screen {
        command.env("DISPLAY", &screen.name);
    }
    command.output().expect("it runs")
}

#[track_caller]
fn assert_exit(ran: &Output, code: i32) {
    assert_eq!(ran.status.code(), Some(code), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// The report, all of whose fields make sense.
#[track_caller]
fn read(file: &Path, photos: u64) -> Value {
    let text = std::fs::read_to_string(file).expect("there is a report");
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    let mut names: Vec<&str> =
        report.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "blank_tiles",
        "frames",
        "max_ms",
        "p50_ms",
        "p99_ms",
        "peak_memory_bytes",
        "photos",
        "photos_shown",
        "rest_to_sharp_ms",
        "rests_timed",
        "skim_photos_per_second",
        "sync_seconds",
        "thumbnails_shown",
    ];
    assert_eq!(names, expected);
    let number = |name: &str| report[name].as_f64().expect("a number");
    assert_eq!(report["photos"], photos);
    // A machine without a graphics card that has other work paints few.
    assert!(report["frames"].as_u64().is_some_and(|frames| frames > 60), "{report}");
    let [p50, p99, max] = ["p50_ms", "p99_ms", "max_ms"].map(number);
    assert!(0.0 < p50 && p50 <= p99 && p99 <= max, "{report}");
    assert!(number("peak_memory_bytes") > 30e6 && number("sync_seconds") > 0.0, "{report}");
    for name in ["photos_shown", "thumbnails_shown"] {
        let shown = report[name].as_u64().expect("whole");
        assert!((20..=photos).contains(&shown), "{name}: {report}");
    }
    report
}

#[test]
fn the_demo_scrolls_by_itself_and_shows_no_blank_tile() {
    let Some(screen) = Screen::open() else {
        eprintln!("there is no Xvfb: not tried");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scroll.json");
    let mut command = heliogram();
    command.args(["demo", "--photos", "300", "--replay", "scroll", "--size", "640x480"]);
    command.arg("--report").arg(&file);
    assert_exit(&run(command, Some(&screen)), 0);
    let report = read(&file, 300);
    assert!(report["photos_shown"].as_u64().is_some_and(|shown| shown > 150), "{report}");
    assert_eq!(report["blank_tiles"], 0, "{report}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("readable").collect();
    assert_eq!(left.len(), 1, "nothing but the report: {left:?}");
}

#[test]
fn a_home_of_another_process_is_skimmed_and_remembers_nothing_of_it() {
    let Some(screen) = Screen::open() else {
        eprintln!("there is no Xvfb: not tried");
        return;
    };
    let sandbox = SandboxProcess::start(&["--photos", "80"]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("skim.json");
    let file_name = file.to_str().expect("UTF-8");
    let arguments = ["--replay", "skim", "--report", file_name, "--size", "640x480"];
    // Nobody is signed in there.
    let stranger = sandbox.home();
    assert_exit(&run(stranger.command(&arguments), Some(&screen)), 3);
    assert!(!file.exists());
    let home = sandbox.signed_in();
    assert_exit(&run(home.command(&arguments), Some(&screen)), 0);
    read(&file, 80);
    let remembered = walkdir::WalkDir::new(home.path())
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_name() == "window.toml");
    assert!(remembered.is_none(), "{remembered:?}");
}

#[test]
fn without_a_display_it_is_6_and_without_a_place_for_the_report_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("r.json");
    let told = |arguments: &[&str], file: &Path| {
        let mut command = heliogram();
        command.arg("--home").arg(folder.path().join("home")).args(arguments);
        command.arg("--report").arg(file);
        run(command, None)
    };
    for demo in [&["demo", "--replay", "scroll"][..], &["--replay", "scroll"]] {
        assert_exit(&told(demo, &file), 6);
        assert_exit(&told(demo, &folder.path().join("no such folder/r.json")), 2);
        assert_exit(&told(demo, folder.path()), 2);
    }
    assert!(!file.exists());
    let mut another = heliogram();
    another.args(["--replay", "scroll", "--report"]).arg(&file).arg("albums");
    assert_exit(&run(another, None), 2);
}
