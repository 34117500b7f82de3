//! Uploads by the real binary on a slow line: the program is killed at any moment, and so is the
//! server. The album ends with exactly the files, byte for byte, and next to nothing is sent again.
//!
//! `HELIOGRAM_KILLS=FILES,PROGRAM,SERVER,BYTES_PER_SECOND,SEED` makes it as large as one likes:
//! `HELIOGRAM_KILLS=300,100,20,4000000,1` takes minutes.

#[path = "support/program.rs"]
mod program;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use program::{Home, SandboxProcess, files, sorted, write_jpeg};

/// The largest part.
const PART: u64 = 512 * 1024;
/// Parts under way on the one connection that this home may have.
const UNDER_WAY: u64 = 3;
/// No thumbnail is as long, and no file as short.
const THUMBNAIL: u64 = 20_000;

/// How much of everything.
struct Plan {
    files: u64,
    program_kills: usize,
    server_kills: usize,
    bytes_per_second: u64,
    seed: u64,
}

impl Plan {
    fn chosen() -> Self {
        let usual = "20,6,2,4000000,1".to_owned();
        let text = std::env::var("HELIOGRAM_KILLS").unwrap_or(usual);
        let numbers: Vec<u64> =
            text.split(',').map(|number| number.parse().expect("a number")).collect();
        let [files, program_kills, server_kills, bytes_per_second, seed] = numbers[..] else {
            panic!("five numbers, not {text:?}")
        };
        let count = |number| usize::try_from(number).expect("few");
        let (program_kills, server_kills) = (count(program_kills), count(server_kills));
        Self { files, program_kills, server_kills, bytes_per_second, seed }
    }
}

struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn within(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from)
    }
}

/// Pictures with something behind them that nobody decodes: every fifth of so many parts that a
/// kill would cost much more than may be sent again if they were forgotten, the rest of one. How many bytes they have.
fn pictures(folder: &Path, plan: &Plan, dice: &mut Dice) -> u64 {
    let mut sum = 0;
    for number in 0..plan.files {
        let path = folder.join(format!("{number:04}.jpg"));
        write_jpeg(&path, u8::try_from(number % 200).expect("small"), 200);
        let padding = match number % 5 {
            1 => dice.within(10_600_000, 12_000_000),
            _ => dice.within(100_000, 500_000),
        };
        let mut bytes = fs::read(&path).expect("it was written");
        while (bytes.len() as u64) < padding {
            bytes.extend_from_slice(&dice.next().to_le_bytes());
        }
        fs::write(&path, &bytes).expect("a file");
        sum += bytes.len() as u64;
    }
    sum
}

/// What a moment waits for, once so many bytes have arrived.
#[derive(Clone, Copy, Debug)]
enum After {
    Nothing,
    Sent,
    Verified,
}

/// A moment at which something is killed.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Bytes that the server has received.
    received: u64,
    after: After,
    is_server: bool,
}

/// All over the upload, by how far it is and not by the clock.
fn moments(plan: &Plan, bytes: u64, dice: &mut Dice) -> Vec<Moment> {
    let all = plan.program_kills + plan.server_kills;
    let mut moments: Vec<Moment> = (0..all)
        .map(|number| Moment {
            received: dice.within(0, bytes / 100 * 92),
            after: match dice.within(0, 5) {
                0 => After::Sent,
                1 => After::Verified,
                _ => After::Nothing,
            },
            is_server: number < plan.server_kills,
        })
        .collect();
    moments.sort_by_key(|moment| moment.received);
    moments
}

/// The program, and what it has told so far.
struct Upload {
    child: Child,
    sent: Arc<AtomicUsize>,
    verified: Arc<AtomicUsize>,
    said: Option<std::thread::JoinHandle<String>>,
}

impl Upload {
    fn start(home: &Home, folder: &Path) -> Self {
        let folder = folder.to_str().expect("UTF-8");
        let mut command = home.command(&["upload", folder, "--album", "Album", "--json"]);
        let mut child = command.spawn().expect("the program starts");
        let (sent, verified) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let told = (Arc::clone(&sent), Arc::clone(&verified));
        let out = std::io::BufReader::new(child.stdout.take().expect("piped"));
        let mut errors = child.stderr.take().expect("piped");
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).map(|_| text)
        });
        let said = std::thread::spawn(move || {
            let mut failures = String::new();
            for line in out.lines().map_while(Result::ok) {
                let is = |event: &str| line.contains(&format!("\"event\":\"{event}\""));
                told.0.fetch_add(usize::from(is("sent")), Ordering::Relaxed);
                told.1.fetch_add(usize::from(is("verified")), Ordering::Relaxed);
                if is("failed") || is("summary") {
                    failures.push_str(&line);
                    failures.push('\n');
                }
            }
            let errors = errors.join().expect("its words").unwrap_or_default();
            failures + &errors
        });
        Self { child, sent, verified, said: Some(said) }
    }

    fn told(&self, after: After) -> usize {
        match after {
            After::Nothing => usize::MAX,
            After::Sent => self.sent.load(Ordering::Relaxed),
            After::Verified => self.verified.load(Ordering::Relaxed),
        }
    }

    /// How it ended, its failures, its summary, its last words.
    fn words(&mut self) -> String {
        let status = self.child.wait().expect("it ends");
        let said = self.said.take().map(|said| said.join().expect("text")).unwrap_or_default();
        format!("{status}: {said}")
    }

    fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

/// What the server has written down of parts, thumbnails included: by upload, how many bytes.
fn lengths(uploads: &Path) -> BTreeMap<PathBuf, u64> {
    let Ok(folder) = fs::read_dir(uploads) else { return BTreeMap::new() };
    let length = |entry: fs::DirEntry| Some((entry.path(), entry.metadata().ok()?.len()));
    folder.filter_map(|entry| length(entry.ok()?)).collect()
}

/// Every part that the server was sent, as often as it was, read from what it wrote down: a record
/// a part, with a header of 32 bytes.
struct Received {
    /// The lengths of parts of files, and of those that came again.
    files: u64,
    again: Vec<u64>,
    thumbnails: u64,
}

fn received(uploads: &Path) -> Received {
    let mut all = Received { files: 0, again: Vec::new(), thumbnails: 0 };
    for path in lengths(uploads).into_keys() {
        let bytes = fs::read(&path).expect("an upload");
        let number = |at: usize| {
            let four = bytes[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(four)
        };
        let (mut at, mut seen) = (0, HashSet::new());
        let mut records = Vec::new();
        while at + 32 <= bytes.len() && bytes[at..].starts_with(b"HGp1") {
            let (part, length) = (number(at + 4), number(at + 8));
            records.push((part, u64::from(length)));
            at += 32 + length as usize;
        }
        let longest = records.iter().map(|(_, length)| *length).max().unwrap_or_default();
        if records.iter().all(|(part, _)| *part == 0) && longest < THUMBNAIL {
            all.thumbnails += 1;
            continue;
        }
        for (part, length) in records {
            all.files += length;
            if !seen.insert(part) {
                all.again.push(length);
            }
        }
    }
    all
}

/// Longer than that nothing stands still, however slow the computer.
const STANDSTILL: Duration = Duration::from_mins(2);

/// Waits for a moment; `false` when the program has ended before.
fn wait_for(moment: Moment, upload: &mut Upload, uploads: &Path) -> bool {
    let mut last = (0, Instant::now());
    let mut told = None;
    loop {
        if upload.child.try_wait().expect("its state").is_some() {
            return false;
        }
        let now: u64 = lengths(uploads).values().sum();
        if now >= moment.received {
            let before = *told.get_or_insert_with(|| upload.told(moment.after));
            if matches!(moment.after, After::Nothing) || upload.told(moment.after) > before {
                return true;
            }
        }
        if now != last.0 {
            last = (now, Instant::now());
        }
        assert!(last.1.elapsed() < STANDSTILL, "nothing moves at {now} bytes before {moment:?}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_nothing_is_sent_twice() {
    let plan = Plan::chosen();
    let mut dice = Dice::new(plan.seed);
    let rate = plan.bytes_per_second.to_string();
    let mut sandbox = SandboxProcess::start(&["--line-rate", &rate]);
    let home = sandbox.signed_in();
    let settings = home.path().join("config");
    fs::create_dir_all(&settings).expect("a folder");
    fs::write(settings.join("app.toml"), "max_connections = 1\n").expect("what the user chose");
    home.run(&["album", "create", "Album"]).exits(0);
    let source = tempfile::tempdir().expect("a folder");
    let bytes = pictures(source.path(), &plan, &mut dice);
    let moments = moments(&plan, bytes, &mut dice);
    let uploads = sandbox.uploads();

    let begun = Instant::now();
    let mut upload = Upload::start(&home, source.path());
    for moment in &moments {
        let there = wait_for(*moment, &mut upload, &uploads);
        assert!(there, "it ended before {moment:?}: {}", upload.words());
        if moment.is_server {
            sandbox.crash();
        } else {
            upload.kill();
            upload = Upload::start(&home, source.path());
        }
    }
    let ended = upload.child.wait().expect("it ends");
    assert!(ended.success(), "{}", upload.words());
    let seconds = begun.elapsed().as_secs();

    // Somebody who knows nothing of all this, on a better line.
    let received = received(&uploads);
    sandbox.restart(&[]);
    let second = sandbox.signed_in();
    second.run(&["sync"]).exits(0);
    let names: Vec<String> = (0..plan.files).map(|number| format!("{number:04}.jpg")).collect();
    assert_eq!(sorted(&second.list("Album"), "name"), names);
    let fetched = tempfile::tempdir().expect("a folder");
    let to = fetched.path().to_str().expect("UTF-8");
    second.run(&["download", "Album", "--to", to]).exits(0);
    assert_eq!(files(fetched.path()), files(source.path()));
    for name in &names {
        let both = [source.path(), fetched.path()].map(|folder| fs::read(folder.join(name)));
        let [sent, came] = both.map(|content| content.expect("a file"));
        assert!(sent == came, "{name} differs");
    }

    let (again, kills) = (received.files - bytes, moments.len() as u64);
    let allowed = kills * (UNDER_WAY * PART + plan.bytes_per_second / 10);
    eprintln!(
        "{} files of {bytes} bytes in {seconds} s; killed: the program {} times, the server {} \
         times; sent again: {again} bytes ({} parts, {allowed} bytes at most), {} thumbnails",
        plan.files,
        plan.program_kills,
        plan.server_kills,
        received.again.len(),
        received.thumbnails.saturating_sub(plan.files),
    );
    assert_eq!(again, received.again.iter().sum::<u64>(), "a file was begun anew");
    assert!(again <= allowed, "{again} bytes were sent again, {allowed} at most");
    let parts = kills * (UNDER_WAY + 1);
    assert!(received.again.len() as u64 <= parts, "{} parts again", received.again.len());
}
