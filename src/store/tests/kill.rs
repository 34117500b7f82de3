//! kill -9 of a process that writes: what it was told to be durable is there.
//!
//! The process is this test binary again, running `writes_until_killed` alone.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

const HOME: &str = "HELIOGRAM_TEST_STORE_TO_BE_KILLED";
const TOLD: &str = "durable ";
const SIZE: u64 = 40 << 20;
const CHUNK: u64 = 1 << 20;

/// Does nothing unless the other test started it.
#[test]
fn writes_until_killed() {
    let Some(home) = std::env::var_os(HOME) else { return };
    let store = open(Path::new(&home));
    store.record(vec![Change::Album(album(1))].into()).wait().unwrap();
    let mut original = store.begin_original(&photo(1, 1, SIZE)).unwrap();
    for n in 0..10_000_u32 {
        let message = i32::try_from(n).unwrap() + 1;
        let id = i64::from(n / 10);
        if n % 10 == 0 {
            store.journal_put(vec![entry(id, u64::from(n))]).wait().unwrap();
        }
        let part = store.journal_part(UploadId(id), n % 10);
        let batch = vec![Change::Photo(Box::new(photo(1, message, 1)))];
        let recorded = store.record(batch.into());
        store.put_thumbnail(ThumbKey { file: id, letter: b'm' }, vec![1; 20_000]);
        store.save_session(&n.to_le_bytes()).unwrap();
        let at = u64::from(n) * CHUNK;
        if at < SIZE - CHUNK {
            original.write(at, &vec![n.to_le_bytes()[0]; 1 << 20]).unwrap();
        }
        part.wait().unwrap();
        recorded.wait().unwrap();
        // Straight to the pipe: the harness keeps what is printed the usual way.
        writeln!(std::io::stdout(), "\n{TOLD}{n}").unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let home = tempfile::tempdir().unwrap();
    for lines in [1, 13, 40] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::kill::writes_until_killed", "--nocapture"])
            .env(HOME, home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let told = output
            .lines()
            .map_while(std::io::Result::ok)
            .filter_map(|line| line.strip_prefix(TOLD)?.parse::<u32>().ok())
            .nth(lines - 1);
        child.kill().unwrap();
        child.wait().unwrap();
        let last = told.expect("the process writes until it is killed");

        // No lock is left behind, and a full repair is not needed.
        let begun = Instant::now();
        let store = open(home.path());
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert_eq!(store.warnings(), &[] as &[String]);
        let session = store.session().unwrap().unwrap();
        assert!(u32::from_le_bytes(session.as_slice().try_into().unwrap()) >= last);
        let journal = store.journal().unwrap();
        let photos = recorded(&store).len() - 1;
        assert!(photos > last as usize);
        for n in 0..=last {
            let entry = journal.iter().find(|entry| entry.id.0 == i64::from(n / 10)).unwrap();
            assert!(entry.acknowledged.contains(n % 10), "part of {n}");
        }
        // The original goes on from where it was, give or take what the record says may be lost.
        let original = store.begin_original(&photo(1, 1, SIZE)).unwrap();
        let chunks = (u64::from(last) + 1).min(SIZE / CHUNK - 1);
        assert!(original.prefix_len() + (9 << 20) >= chunks * CHUNK, "{}", original.prefix_len());
        let prefix = original.read_prefix().unwrap();
        for (n, chunk) in prefix.chunks(1 << 20).enumerate() {
            assert!(chunk.iter().all(|byte| *byte == n.to_le_bytes()[0]), "chunk {n}");
        }
    }
}
