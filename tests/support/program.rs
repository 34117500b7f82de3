//! The program as a process: a sandbox, and homes whose commands are run against it. Everything
//! goes through the binary, as a script would, and never through the library.

// Each test binary uses its part of this.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The program, without a display and without anything of the user's.
pub(crate) fn heliogram() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heliogram"));
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(variable);
    }
    for variable in ["HELIOGRAM_API_ID", "HELIOGRAM_API_HASH"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for a condition; its last state is what is said when time is over.
pub(crate) fn until<T>(what: &str, mut condition: impl FnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match condition() {
            Ok(value) => return value,
            Err(state) if begun.elapsed() > PATIENCE => {
                panic!("gave up waiting until {what}: {state}")
            }
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// It exited with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON Lines: every line an object, and nothing else.
    #[track_caller]
    pub(crate) fn objects(&self) -> Vec<Value> {
        objects(&self.stdout)
    }

    /// The one object.
    #[track_caller]
    pub(crate) fn object(&self) -> Value {
        let mut objects = self.objects();
        assert_eq!(objects.len(), 1, "{}", self.stdout);
        objects.remove(0)
    }
}

/// JSON Lines, each an object.
#[track_caller]
pub(crate) fn objects(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is cut: {text}");
    let object = |line: &str| match serde_json::from_str(line) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        other => panic!("no JSON object: {line:?} ({other:?})"),
    };
    text.lines().map(object).collect()
}

/// A sandbox in a process and a folder of its own. Ended by force when dropped.
pub(crate) struct SandboxProcess {
    folder: TempDir,
    child: Child,
    arguments: Vec<String>,
    pub(crate) ready: Value,
}

impl SandboxProcess {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let (child, ready) = serve(folder.path(), ANYWHERE, &arguments);
        Self { folder, child, arguments, ready }
    }

    pub(crate) fn ready_file(&self) -> PathBuf {
        self.folder.path().join("ready.json")
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.ready[field].as_str().unwrap_or_else(|| panic!("{field} is missing: {}", self.ready))
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Starts again on the same world, with other options.
    pub(crate) fn restart(&mut self, arguments: &[&str]) {
        self.kill();
        std::fs::remove_file(self.ready_file()).expect("the ready file was there");
        self.arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        (self.child, self.ready) = serve(self.folder.path(), ANYWHERE, &self.arguments);
    }

    /// kill -9, and the same again at the same address: who is connected finds it there.
    pub(crate) fn crash(&mut self) {
        self.kill();
        let address = self.text("address").to_owned();
        (self.child, self.ready) = serve(self.folder.path(), &address, &self.arguments);
    }

    /// Where it keeps what it was sent.
    pub(crate) fn uploads(&self) -> PathBuf {
        self.folder.path().join("world").join("uploads")
    }

    /// A home of its own that belongs to this sandbox; nobody is signed in.
    pub(crate) fn home(&self) -> Home {
        Home { folder: tempfile::tempdir().expect("a folder"), endpoint: self.ready_file() }
    }

    /// A home in which the first account is signed in.
    pub(crate) fn signed_in(&self) -> Home {
        let home = self.home();
        home.sign_in(self.text("phone"), self.text("code"), self.ready["password"].as_str());
        home
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        // A test that failed has it killed already, or not: both are fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Any port that is free.
const ANYWHERE: &str = "127.0.0.1:0";

fn serve(folder: &Path, listen: &str, arguments: &[String]) -> (Child, Value) {
    let ready = folder.join("ready.json");
    let mut child = heliogram()
        .args(["sandbox", "--listen", listen, "--data"])
        .arg(folder.join("world"))
        .arg("--ready-file")
        .arg(&ready)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let ready = until("the sandbox is ready", || {
        if let Some(status) = child.try_wait().expect("its state") {
            let mut said = String::new();
            child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
            panic!("the sandbox ended ({status}): {said}");
        }
        let text = std::fs::read_to_string(&ready).map_err(|error| error.to_string())?;
        let said: Value = serde_json::from_str(&text).expect("the ready file is written whole");
        // One that was there before says nothing of this one.
        if said["pid"] == child.id() { Ok(said) } else { Err("not written anew yet".to_owned()) }
    });
    // Nobody reads on: a full pipe must not stop it.
    let mut said = child.stderr.take().expect("piped");
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    (child, ready)
}

/// A home with the endpoint that it is used with.
pub(crate) struct Home {
    folder: TempDir,
    endpoint: PathBuf,
}

impl Home {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = heliogram();
        command.arg("--home").arg(self.path()).arg("--endpoint").arg(&self.endpoint);
        command.args(arguments);
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with("", arguments)
    }

    /// Runs a command with this on its standard input.
    pub(crate) fn run_with(&self, input: &str, arguments: &[&str]) -> Ran {
        let mut child =
            self.command(arguments).stdin(Stdio::piped()).spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("piped");
        // One that reads nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    #[track_caller]
    pub(crate) fn sign_in(&self, phone: &str, code: &str, password: Option<&str>) -> Ran {
        let input = format!("{code}\n{}\n", password.unwrap_or_default());
        self.run_with(&input, &["login", "--phone", phone, "--stdin", "--json"]).exits(0)
    }

    /// Rows of `list --json`.
    #[track_caller]
    pub(crate) fn list(&self, album: &str) -> Vec<Value> {
        self.run(&["list", album, "--json"]).exits(0).objects()
    }
}

/// Starts a command and gives its standard output line by line, so that a test can act in the
/// middle of it.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    said: Option<std::thread::JoinHandle<String>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut stderr = child.stderr.take().expect("piped");
        let said = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        Self { child, lines, said: Some(said) }
    }

    /// Reads until an object suits.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, suits: impl Fn(&Value) -> bool) -> Value {
        for line in self.lines.by_ref() {
            let value: Value = serde_json::from_str(&line.expect("text")).expect("a JSON object");
            if suits(&value) {
                return value;
            }
        }
        let said = self.said.take().map(|said| said.join().expect("its words"));
        panic!("it ended before {what}: {}", said.unwrap_or_default());
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

/// Writes a JPEG of `side` × 2/3 `side` pixels that differs with `seed`.
pub(crate) fn write_jpeg(path: &Path, seed: u8, side: u32) {
    let picture = image::RgbImage::from_fn(side, side * 2 / 3, |x, y| {
        let wave = |n: u32| u8::try_from((n * (u32::from(seed) + 3) / 7) % 256).expect("below 256");
        image::Rgb([wave(x), wave(y), wave(x + y)])
    });
    picture.save_with_format(path, image::ImageFormat::Jpeg).expect("a JPEG can be written");
}

/// Writes a PNG of noise, which nothing can make smaller: about 3 × `side` × `side` bytes.
pub(crate) fn write_noise(path: &Path, seed: u64, side: u32) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let picture = image::RgbImage::from_fn(side, side, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [a, b, c, ..] = state.to_le_bytes();
        image::Rgb([a, b, c])
    });
    picture.save_with_format(path, image::ImageFormat::Png).expect("a PNG can be written");
}

/// All files below a folder by their path in it.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("the folder can be read"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(folder).expect("below it").to_owned())
        .collect();
    files.sort();
    files
}

/// The values of one field, sorted.
pub(crate) fn sorted(rows: &[Value], field: &str) -> Vec<String> {
    let text = |row: &Value| match &row[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut values: Vec<String> = rows.iter().map(text).collect();
    values.sort();
    values
}
