//! A disk in memory that can lose its power at the n-th sync, keeping any part of what was not
//! synced, and that can be full.

use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

use crate::store::base::{Base, Layout};

const SECTOR: usize = 512;

#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What a reader sees.
    now: Vec<u8>,
    /// What the last sync made sure of.
    synced: Vec<u8>,
    /// What happened since, in order.
    since: Vec<Happened>,
    syncs_left: Option<usize>,
    dead: bool,
    capacity: Option<u64>,
}

#[derive(Clone, Debug)]
enum Happened {
    Length(usize),
    Write(usize, Vec<u8>),
}

impl Happened {
    fn to(&self, disk: &mut Vec<u8>) {
        match self {
            Self::Length(length) => disk.resize(*length, 0),
            Self::Write(at, bytes) => {
                disk.resize(disk.len().max(at + bytes.len()), 0);
                disk[*at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

impl Disk {
    /// One whose power goes at the sync after `syncs` good ones.
    pub(super) fn dying_after(syncs: usize) -> Self {
        let disk = Self::default();
        disk.0.lock().unwrap().syncs_left = Some(syncs);
        disk
    }

    pub(super) fn set_capacity(&self, bytes: Option<u64>) {
        self.0.lock().unwrap().capacity = bytes;
    }

    pub(super) fn len(&self) -> u64 {
        self.0.lock().unwrap().now.len() as u64
    }

    pub(super) fn is_dead(&self) -> bool {
        self.0.lock().unwrap().dead
    }

    /// The disk after the power is back: what was synced, and of the rest whatever `lucky` lets
    /// through, sector by sector.
    pub(super) fn after_power_cut(&self, mut lucky: impl FnMut() -> bool) -> Self {
        let state = self.0.lock().unwrap();
        let mut now = state.synced.clone();
        for happened in &state.since {
            match happened {
                Happened::Length(_) if lucky() => happened.to(&mut now),
                Happened::Length(_) => {}
                Happened::Write(at, bytes) => {
                    let mut from = 0;
                    while from < bytes.len() {
                        let to = bytes.len().min((at + from) / SECTOR * SECTOR + SECTOR - at);
                        if lucky() {
                            Happened::Write(at + from, bytes[from..to].to_vec()).to(&mut now);
                        }
                        from = to;
                    }
                }
            }
        }
        Self(Arc::new(Mutex::new(State { synced: now.clone(), now, ..State::default() })))
    }

    pub(super) fn base(&self, layout: Layout) -> crate::store::Result<Base> {
        let disk = self.clone();
        let source = move || {
            let backend = disk.clone();
            Ok(redb::Builder::new().set_cache_size(1 << 20).create_with_backend(backend)?)
        };
        Base::with_source("disk".into(), layout, Box::new(source))
    }

    fn change(&self, happened: Happened) -> Result<()> {
        let mut state = self.0.lock().unwrap();
        if state.dead {
            return Err(Error::other("no power"));
        }
        let end = match &happened {
            Happened::Length(length) => *length,
            Happened::Write(at, bytes) => at + bytes.len(),
        };
        let end = end as u64;
        if end > state.now.len() as u64 && state.capacity.is_some_and(|capacity| end > capacity) {
            return Err(ErrorKind::StorageFull.into());
        }
        happened.to(&mut state.now);
        state.since.push(happened);
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        Ok(Self::len(self))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let state = self.0.lock().unwrap();
        let from = usize::try_from(offset).unwrap();
        let there = state.now.get(from..from + out.len());
        out.copy_from_slice(there.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<()> {
        self.change(Happened::Length(usize::try_from(length).unwrap()))
    }

    fn sync_data(&self) -> Result<()> {
        let mut state = self.0.lock().unwrap();
        if state.syncs_left == Some(0) {
            state.dead = true;
        }
        if state.dead {
            return Err(Error::other("no power"));
        }
        state.syncs_left = state.syncs_left.map(|left| left - 1);
        state.synced = state.now.clone();
        state.since.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.change(Happened::Write(usize::try_from(offset).unwrap(), data.to_vec()))
    }
}
