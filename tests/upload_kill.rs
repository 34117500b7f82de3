//! Uploads by the real binary on a slow line: the program is killed at any moment, and so is the
//! server. The album ends with exactly the files, byte for byte, and no kill costs more than what
//! was on the line at that moment.
//!
//! `HELIOGRAM_KILLS=FILES,PROGRAM,SERVER,BYTES_PER_SECOND,SEED` makes it as large as one likes:
//! `HELIOGRAM_KILLS=300,100,20,4000000,1` takes minutes.

#[path = "support/program.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use program::{Home, SandboxProcess, files, sorted, write_jpeg};

/// The largest part.
const PART: u64 = 512 * 1024;
/// Parts under way on the one connection that this home may have.
const UNDER_WAY: u64 = 4;
/// Half of a long file: several times what may be sent again after a kill.
const HALF: u64 = 13 * PART;
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
/// kill in it would cost much if they were forgotten, the rest of one. How many bytes each has.
fn pictures(folder: &Path, plan: &Plan, dice: &mut Dice) -> Vec<u64> {
    let mut all = Vec::new();
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
        all.push(bytes.len() as u64);
    }
    all
}

/// What a moment waits for, once so many bytes have arrived; not longer than until the next one.
#[derive(Clone, Copy, Debug)]
enum After {
    Nothing,
    Sent,
    Verified,
    /// So many files are half there.
    Half(usize),
}

/// A moment at which something is killed.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Bytes that the server has received.
    received: u64,
    after: After,
    is_server: bool,
}

/// Where in the upload the long files are half there.
fn halves(lengths: &[u64]) -> Vec<Moment> {
    let (mut before, mut halves) = (0, Vec::new());
    for length in lengths {
        if *length > HALF {
            let after = After::Half(halves.len() + 1);
            halves.push(Moment { received: before + HALF, after, is_server: false });
        }
        before += length;
    }
    halves
}

/// All over the upload, by how far it is and not by the clock: the program in the middle of long
/// files, as often as not, everything else anywhere.
fn moments(plan: &Plan, lengths: &[u64], dice: &mut Dice) -> Vec<Moment> {
    let bytes = lengths.iter().sum::<u64>();
    let halves = halves(lengths);
    let aimed = (plan.program_kills / 2).min(halves.len());
    let mut moments: Vec<Moment> = (0..aimed).map(|n| halves[n * halves.len() / aimed]).collect();
    moments.extend((aimed..plan.program_kills + plan.server_kills).map(|number| Moment {
        received: dice.within(0, bytes / 100 * 92),
        after: match dice.within(0, 5) {
            0 => After::Sent,
            1 => After::Verified,
            _ => After::Nothing,
        },
        is_server: number >= plan.program_kills,
    }));
    moments.sort_by_key(|moment| moment.received);
    moments
}

/// The program, and what it has told so far.
struct Upload {
    child: Child,
    sent: Arc<AtomicUsize>,
    verified: Arc<AtomicUsize>,
    said: Option<JoinHandle<Said>>,
}

/// What it said until it ended.
#[derive(Default)]
struct Said {
    /// Files of which it told that they are proven.
    verified: Vec<String>,
    /// Failures, the summary, the last words.
    words: String,
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
            let mut said = Said::default();
            for line in out.lines().map_while(Result::ok) {
                let is = |event: &str| line.contains(&format!("\"event\":\"{event}\""));
                told.0.fetch_add(usize::from(is("sent")), Ordering::Relaxed);
                if is("verified") {
                    told.1.fetch_add(1, Ordering::Relaxed);
                    let path = line.split_once("\"path\":\"").expect("a path").1;
                    said.verified.extend(path.split('"').next().map(str::to_owned));
                }
                if is("failed") || is("summary") {
                    said.words += &(line + "\n");
                }
            }
            said.words += &errors.join().expect("its words").unwrap_or_default();
            said
        });
        Self { child, sent, verified, said: Some(said) }
    }

    fn told(&self, after: After) -> usize {
        match after {
            After::Nothing | After::Half(_) => 0,
            After::Sent => self.sent.load(Ordering::Relaxed),
            After::Verified => self.verified.load(Ordering::Relaxed),
        }
    }

    fn said(&mut self) -> Said {
        self.said.take().map(|said| said.join().expect("text")).unwrap_or_default()
    }

    /// How it ended, its failures, its summary, its last words.
    fn words(&mut self) -> String {
        let status = self.child.wait().expect("it ends");
        format!("{status}: {}", self.said().words)
    }

    /// Gives the files that it has told to be proven.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        self.said().verified
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
    /// The lengths of parts of files.
    files: u64,
    /// The lengths of parts that came again, by the kill that they were lost in.
    again: Vec<Vec<u64>>,
    thumbnails: u64,
}

/// `kills`: how much of each upload the server had when something was killed.
fn received(uploads: &Path, kills: &[BTreeMap<PathBuf, u64>]) -> Received {
    let mut all = Received { files: 0, again: vec![Vec::new(); kills.len()], thumbnails: 0 };
    for path in lengths(uploads).into_keys() {
        let bytes = fs::read(&path).expect("an upload");
        let number = |at: usize| {
            let four = bytes[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(four)
        };
        let mut at = 0;
        let mut records = Vec::new();
        while at + 32 <= bytes.len() && bytes[at..].starts_with(b"HGp1") {
            let (part, length) = (number(at + 4), u64::from(number(at + 8)));
            // The first kill that it was there before.
            let had = |kill: &BTreeMap<PathBuf, u64>| {
                kill.get(&path).is_some_and(|length| *length > at as u64)
            };
            records.push((part, length, kills.partition_point(|kill| !had(kill))));
            at += 32 + number(at + 8) as usize;
        }
        let longest = records.iter().map(|(_, length, _)| *length).max().unwrap_or_default();
        if records.iter().all(|(part, ..)| *part == 0) && longest < THUMBNAIL {
            all.thumbnails += 1;
            continue;
        }
        let mut before = BTreeMap::new();
        for (part, length, kill) in records {
            all.files += length;
            match before.insert(part, kill) {
                // Who was killed had said it already, and the server heard it only then.
                Some(lost) if lost == kill => all.again[kill.saturating_sub(1)].push(length),
                Some(lost) => all.again[lost].push(length),
                None => {}
            }
        }
    }
    all
}

/// Longer than that nothing stands still, however slow the computer.
const STANDSTILL: Duration = Duration::from_mins(2);

/// Waits for a moment, for what it is after until so many bytes are there; `false` when the program has ended before.
fn wait_for(moment: Moment, next: u64, upload: &mut Upload, uploads: &Path) -> bool {
    let mut last = (0, Instant::now());
    let mut told = None;
    loop {
        if upload.child.try_wait().expect("its state").is_some() {
            return false;
        }
        let lengths = lengths(uploads);
        let now: u64 = lengths.values().sum();
        let is_time = match moment.after {
            After::Half(files) => lengths.values().filter(|had| **had >= HALF).count() >= files,
            _ if now < moment.received => false,
            After::Nothing => true,
            _ if now >= next => true,
            after => upload.told(after) > *told.get_or_insert_with(|| upload.told(after)),
        };
        if is_time {
            return true;
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
    let pictures = pictures(source.path(), &plan, &mut dice);
    let moments = moments(&plan, &pictures, &mut dice);
    let uploads = sandbox.uploads();

    let begun = Instant::now();
    let mut upload = Upload::start(&home, source.path());
    let (mut kills, mut verified) = (Vec::new(), Vec::new());
    for (number, moment) in moments.iter().enumerate() {
        let next = moments.get(number + 1).map_or(u64::MAX, |next| next.received);
        let there = wait_for(*moment, next, &mut upload, &uploads);
        assert!(there, "it ended before {moment:?}: {}", upload.words());
        if moment.is_server {
            sandbox.kill();
            kills.push(lengths(&uploads));
            sandbox.crash();
        } else {
            verified.extend(upload.kill());
            kills.push(lengths(&uploads));
            upload = Upload::start(&home, source.path());
        }
    }
    let ended = upload.child.wait().expect("it ends");
    let seconds = begun.elapsed().as_secs();
    let last = upload.said();
    assert!(ended.success(), "{}", last.words);
    verified.extend(last.verified);
    verified.sort();
    let distinct: BTreeSet<&String> = verified.iter().collect();
    assert_eq!(distinct.len(), verified.len(), "proven files were sent or looked at again");

    // Somebody who knows nothing of all this, on a better line.
    let received = received(&uploads, &kills);
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

    let bytes: u64 = pictures.iter().sum();
    let again = received.again.iter().flatten().sum::<u64>();
    eprintln!(
        "{} files of {bytes} bytes in {seconds} s; killed: the program {} times, the server {} \
         times; sent again: {again} bytes ({} parts), {} thumbnails",
        plan.files,
        plan.program_kills,
        plan.server_kills,
        received.again.iter().flatten().count(),
        received.thumbnails.saturating_sub(plan.files),
    );
    assert_eq!(received.files - bytes, again, "a file was begun anew");
    let on_average = UNDER_WAY * PART + plan.bytes_per_second / 10;
    let most = on_average * moments.len() as u64;
    assert!(again <= most, "{again} bytes were sent again in all, {most} at most");
    let mut before = 0;
    for ((moment, had), again) in moments.iter().zip(&kills).zip(&received.again) {
        let had = had.values().sum::<u64>();
        // What was acknowledged in the last 100 ms are whole parts, and a busy disk may have held
        // one more up.
        let mut allowed = (UNDER_WAY + (plan.bytes_per_second / 10).div_ceil(PART) + 1) * PART;
        if had - before <= allowed {
            // The server may not have heard all yet that the one killed before it had said.
            allowed += UNDER_WAY * PART;
        }
        let cost = again.iter().sum::<u64>();
        eprintln!("{moment:?}, {} bytes after the last: {cost} of {allowed}", had - before);
        assert!(cost <= allowed, "{cost} bytes were sent again, {allowed} at most: {again:?}");
        before = had;
    }
}
