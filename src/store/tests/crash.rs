//! Power cuts at every sync, and full disks: what was acknowledged is there afterwards.

use std::collections::BTreeMap;

use super::disk::Disk;
use super::*;
use crate::model;
use crate::store::journal::{self, Edit, Journal};
use crate::store::library::{self, Library};

/// xorshift: luck that can be had again.
fn luck(mut seed: u64) -> impl FnMut() -> bool {
    seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed >> 40 & 1 == 1
    }
}

/// The n-th edit of a life with uploads, and what it makes of the journal.
fn step(n: u32, entries: &mut BTreeMap<i64, JournalEntry>) -> Edit {
    let id = i64::from(n / 5);
    match n % 5 {
        0 => {
            let mut new = entry(id, u64::from(n));
            new.caption = "a long caption ".repeat(40);
            entries.insert(id, new.clone());
            Edit::Put(vec![new])
        }
        4 if id % 3 == 0 => {
            entries.remove(&id);
            Edit::Remove(vec![UploadId(id)])
        }
        part => {
            entries.get_mut(&id).unwrap().acknowledged.insert(part * 70);
            Edit::Part(UploadId(id), part * 70)
        }
    }
}

#[test]
fn the_journal_survives_power_cuts() {
    for cut in 0..60 {
        let disk = Disk::dying_after(cut);
        let mut acknowledged = BTreeMap::new();
        let mut attempted = BTreeMap::new();
        // A new database is made under another name, so one that is half made is never opened.
        let Ok(base) = disk.base(journal::LAYOUT) else { continue };
        let journal = Journal::over(base);
        for n in 0.. {
            let edit = step(n, &mut attempted);
            if journal.apply(vec![edit]).is_err() {
                break;
            }
            acknowledged = attempted.clone();
        }
        assert!(disk.is_dead());
        for seed in 0..4 {
            let after = disk.after_power_cut(luck(cut as u64 * 64 + seed));
            let journal = Journal::over(after.base(journal::LAYOUT).unwrap());
            let found: BTreeMap<_, _> =
                journal.read().unwrap().into_iter().map(|entry| (entry.id.0, entry)).collect();
            // What was being written when the power went may have made it, but only whole.
            assert!(found == acknowledged || found == attempted, "cut {cut}, seed {seed}");
            journal.apply(vec![Edit::Put(vec![entry(1000, 0)])]).unwrap();
        }
    }
}

#[test]
fn the_library_survives_power_cuts() {
    for cut in (0..60).step_by(2) {
        let disk = Disk::dying_after(cut);
        let mut acknowledged = model::Library::new();
        let mut attempted = model::Library::new();
        let Ok(base) = disk.base(library::LAYOUT) else { continue };
        let library = Library::over(base);
        {
            for n in 0.. {
                let mut changes = vec![Change::Album(album(i64::from(n % 3)))];
                changes.extend(
                    (0..20)
                        .map(|m| Change::Photo(Box::new(photo(i64::from(n % 3), n * 10 + m, 5)))),
                );
                for change in &changes {
                    attempted.apply(change);
                }
                if library.record(vec![changes.into()]).is_err() {
                    break;
                }
                acknowledged = attempted.clone();
            }
        }
        assert!(disk.is_dead());
        let after = disk.after_power_cut(luck(cut as u64));
        let library = Library::over(after.base(library::LAYOUT).unwrap());
        let found = library.load(&|pieces, each| (0..pieces).for_each(each)).unwrap();
        assert!(found == acknowledged || found == attempted, "cut {cut}");
    }
}

#[test]
fn a_full_disk_is_told_and_forgiven() {
    let disk = Disk::default();
    let journal = Journal::over(disk.base(journal::LAYOUT).unwrap());
    journal.apply(vec![Edit::Put(vec![entry(0, 0)])]).unwrap();
    disk.set_capacity(Some(disk.len()));
    let big = |id: i64| {
        let caption = "x".repeat(300_000);
        JournalEntry { caption, ..entry(id, id.unsigned_abs()) }
    };
    let failed = (1..100).find(|id| match journal.apply(vec![Edit::Put(vec![big(*id)])]) {
        Ok(()) => false,
        Err(error) => {
            assert!(error.is_full(), "{error}");
            true
        }
    });
    let failed = failed.unwrap();
    let there = || journal.read().unwrap().iter().map(|entry| entry.id.0).collect::<Vec<_>>();
    assert_eq!(there(), (0..failed).collect::<Vec<_>>());
    // Room is made; nothing has to be started again.
    disk.set_capacity(None);
    journal.apply(vec![Edit::Put(vec![big(failed)])]).unwrap();
    assert_eq!(there(), (0..=failed).collect::<Vec<_>>());
}
