//! One original in the making: its file, and the requests under way for it. All who want something
//! of it share it, so that nothing is asked for twice; what is here when the last of them is gone
//! stays on the disk.
//!
//! Runs inside the futures of those who ask; the file is touched on the pool.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::future::{FutureExt, WeakShared};
use futures_util::stream::{FuturesUnordered, StreamExt, TryStreamExt, iter};
use tokio::sync::watch;

use super::flights::{Flights, Next, Shareable, Weakly};
use super::speed::Speed;
use super::{ALIGN, Coming, Originals, PIECE, exactly};
use crate::engine::Progress;
use crate::engine::core::Core;
use crate::engine::fetch::{FetchError, with_reference};
use crate::engine::runtime::lock;
use crate::model::{Bitmap, Photo};
use crate::store::{HeldOriginal, PartialOriginal, StoreError};

/// Requests queued for somebody who reads a range: what lies behind may never be wanted.
const QUEUED_AHEAD: usize = 4;
/// How often a piece that came too short is asked for again.
const TRIES: u32 = 3;

/// What is here of the file.
enum Stage {
    /// Not looked at yet.
    Closed,
    Part(PartialOriginal),
    Whole(HeldOriginal),
}

pub(super) struct Making {
    core: Core,
    pub(super) photo: Arc<Photo>,
    stage: Arc<Mutex<Stage>>,
    /// One opens at a time.
    opening: tokio::sync::Mutex<()>,
    flights: Mutex<Flights>,
    whole: Mutex<Option<Weakly<PathBuf>>>,
    speed: Mutex<Speed>,
    pub(super) coming: watch::Sender<Coming>,
    /// The picture that was made last of what is here.
    pub(super) part: Mutex<Option<Arc<Bitmap>>>,
}

impl Making {
    pub(super) fn new(core: Core, photo: Arc<Photo>) -> Self {
        let progress = Progress { bytes: 0, total: photo.bytes, bytes_per_second: 0.0 };
        Self {
            core,
            photo,
            stage: Arc::new(Mutex::new(Stage::Closed)),
            opening: tokio::sync::Mutex::default(),
            flights: Mutex::default(),
            whole: Mutex::default(),
            speed: Mutex::new(Speed::new(Instant::now())),
            coming: watch::Sender::new(Coming { progress, prefix: 0, is_asked_for: false }),
            part: Mutex::default(),
        }
    }

    /// Whether it is of this very file.
    pub(super) fn is_of(&self, photo: &Photo) -> bool {
        (self.photo.remote.id, self.photo.bytes) == (photo.remote.id, photo.bytes)
    }

    /// Looks at what is here; where it is all, where that is.
    async fn open(self: &Arc<Self>) -> Result<Option<PathBuf>, FetchError> {
        let _turn = self.opening.lock().await;
        let mut closed = self.core.originals.closed.subscribe();
        loop {
            let (stage, photo) = (self.stage.clone(), self.photo.clone());
            let (store, this) = (self.core.store.clone(), self.clone());
            let opened = self.core.pool.run(move || {
                let mut stage = lock(&stage);
                if let Stage::Closed = *stage {
                    *stage = if let Some(whole) = store.hold_original(&photo) {
                        Stage::Whole(whole)
                    } else {
                        let part = store.begin_original(&photo)?;
                        lock(&this.flights).found(&part.missing(), part.total());
                        Stage::Part(part)
                    };
                }
                Ok::<_, StoreError>(match &*stage {
                    Stage::Whole(whole) => (Some(whole.to_path_buf()), photo.bytes, photo.bytes),
                    Stage::Part(part) => (None, here(part), part.prefix_len()),
                    Stage::Closed => (None, 0, 0),
                })
            });
            match opened.await? {
                Ok((whole, bytes, prefix)) => {
                    self.coming.send_modify(|coming| {
                        (coming.progress.bytes, coming.prefix) = (bytes, prefix);
                    });
                    return Ok(whole);
                }
                // Whoever had it before is closing it.
                Err(error) if error.is_busy() => {
                    closed.changed().await.map_err(|_| FetchError::Stopping)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The whole file, fetched where it is not here. For all who ask at once.
    pub(super) fn whole(self: &Arc<Self>) -> Shareable<PathBuf> {
        let mut slot = lock(&self.whole);
        if let Some(task) = slot.as_ref().and_then(WeakShared::upgrade) {
            return task;
        }
        let this = self.clone();
        let task = async move {
            let made = this.make_whole().await;
            if made.is_err() {
                // Whoever asks next begins anew.
                *lock(&this.whole) = None;
            }
            made
        };
        let task = task.boxed().shared();
        *slot = task.downgrade();
        task
    }

    async fn make_whole(self: &Arc<Self>) -> Result<PathBuf, Arc<FetchError>> {
        if let Some(path) = self.open().await? {
            return Ok(path);
        }
        let depth = &self.core.originals.depth;
        let (total, mut at, mut under_way) = (self.photo.bytes, 0, 0);
        let mut flying = FuturesUnordered::new();
        loop {
            // From the beginning on.
            while at < total && (flying.is_empty() || under_way + depth.piece() <= depth.window()) {
                let Some((piece, flight)) = self.next(&mut at, total, depth.piece()) else { break };
                let length = piece.end - piece.start;
                under_way += length;
                flying.push(flight.map(move |written| written.map(|()| length)));
            }
            if at >= total {
                self.coming
                    .send_if_modified(|coming| !std::mem::replace(&mut coming.is_asked_for, true));
            }
            match flying.next().await {
                Some(written) => under_way -= written?,
                None => break,
            }
        }
        let (stage, store, photo) =
            (self.stage.clone(), self.core.store.clone(), self.photo.clone());
        let finished = self.core.pool.run(move || {
            let mut stage = lock(&stage);
            if let Stage::Part(part) = std::mem::replace(&mut *stage, Stage::Closed) {
                let path = part.finish()?;
                if let Some(held) = store.hold_original(&photo) {
                    *stage = Stage::Whole(held);
                }
                return Ok::<_, StoreError>(Some(path));
            }
            Ok(None)
        });
        let path = finished.await.map_err(FetchError::from)?.map_err(FetchError::from)?;
        path.ok_or_else(|| Arc::new(FetchError::File("it was closed meanwhile; try again".into())))
    }

    /// The bytes of a range (fewer at the end of the file), fetched first where they are not here.
    pub(super) async fn read(
        self: &Arc<Self>,
        range: Range<u64>,
    ) -> Result<Vec<u8>, Arc<FetchError>> {
        let total = self.photo.bytes;
        let range = range.start.min(total)..range.end.min(total);
        if range.is_empty() {
            return Ok(Vec::new());
        }
        if self.open().await?.is_none() {
            let (this, mut at, end) = (self.clone(), range.start, range.end);
            let flights = std::iter::from_fn(move || {
                this.next(&mut at, end, PIECE).map(|(_, flight)| flight)
            });
            iter(flights).buffered(QUEUED_AHEAD).try_collect::<Vec<()>>().await?;
        }
        let (bytes, is_complete) = self.read_here(range).await?;
        if is_complete {
            // All of it came range by range.
            self.whole().await?;
        }
        Ok(bytes)
    }

    /// The bytes from 0 on that are here without a gap.
    pub(super) async fn prefix(&self) -> Result<Vec<u8>, FetchError> {
        let end = self.coming.borrow().prefix;
        Ok(self.read_here(0..end).await?.0)
    }

    /// Bytes that are here, and whether no other is missing of a file that is not whole yet.
    async fn read_here(&self, range: Range<u64>) -> Result<(Vec<u8>, bool), FetchError> {
        let stage = self.stage.clone();
        let read = self.core.pool.run(move || match &*lock(&stage) {
            Stage::Part(part) => Ok((part.read(range)?, part.missing().is_empty())),
            Stage::Whole(path) => Ok((read_file(path, &range)?, false)),
            Stage::Closed => Err(FetchError::File("it was closed meanwhile; try again".into())),
        });
        read.await?
    }

    /// The first piece from `at` on, which goes behind it, that is not here. It has at most `size`
    /// bytes, unless it is under way already.
    fn next(
        self: &Arc<Self>,
        at: &mut u64,
        end: u64,
        size: u64,
    ) -> Option<(Range<u64>, Shareable<()>)> {
        let mut flights = lock(&self.flights);
        while *at < end {
            match flights.next(*at, size, self.photo.bytes) {
                Next::Here(end) => *at = end,
                Next::UnderWay(piece, flight) => {
                    *at = piece.end;
                    return Some((piece, flight));
                }
                Next::Free(piece) => {
                    *at = piece.end;
                    let flight = self.piece(piece.clone());
                    flights.begun(&piece, &flight);
                    return Some((piece, flight));
                }
            }
        }
        None
    }

    /// Fetches a piece and writes it down.
    fn piece(self: &Arc<Self>, piece: Range<u64>) -> Shareable<()> {
        let this = self.clone();
        let flight = async move {
            let fetched = this.fetch(piece.clone()).await;
            lock(&this.flights).ended(&piece, fetched.is_ok());
            fetched.map_err(Arc::new)
        };
        flight.boxed().shared()
    }

    async fn fetch(&self, piece: Range<u64>) -> Result<(), FetchError> {
        let (core, id, total) = (&self.core, self.photo.id, self.photo.bytes);
        let (start, length) = (piece.start, piece.end - piece.start);
        let mut tries = 1;
        let limit = u32::try_from(length.next_multiple_of(ALIGN)).unwrap_or(u32::MAX);
        let view = || {
            with_reference(core, id, |photo| async move {
                core.telegram.fetch_to_view(&photo.remote, start, limit).await
            })
        };
        let bytes = loop {
            let asked = core.originals.depth.asked(Instant::now());
            let bytes = core.patiently_fetch(view).await?;
            core.originals.depth.answered(asked, length, Instant::now());
            match exactly(bytes, &piece, total) {
                Err(FetchError::Short { .. }) if tries < TRIES => tries += 1,
                other => break other?,
            }
        };
        let stage = self.stage.clone();
        let written = core.pool.run(move || match &mut *lock(&stage) {
            Stage::Part(part) => {
                part.write(piece.start, &bytes).map(|()| (here(part), part.prefix_len()))
            }
            // It has become whole meanwhile.
            Stage::Whole(_) | Stage::Closed => Ok((total, total)),
        });
        let (bytes, prefix) = written.await??;
        let now = Instant::now();
        let rate = {
            let mut speed = lock(&self.speed);
            speed.add(length, now);
            speed.bytes_per_second(now)
        };
        self.coming.send_modify(|coming| {
            // Two that were written one after the other may be told in another order.
            coming.progress.bytes = coming.progress.bytes.max(bytes);
            coming.progress.bytes_per_second = rate;
            coming.prefix = coming.prefix.max(prefix);
        });
        Ok(())
    }

    /// How fast it comes now.
    pub(super) fn bytes_per_second(&self) -> f64 {
        lock(&self.speed).bytes_per_second(Instant::now())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let (stage, originals): (_, Originals) = (self.stage.clone(), self.core.originals.clone());
        // Closing writes down what is there and waits for the disk.
        self.core.pool.spawn(move || {
            let stage = std::mem::replace(&mut *lock(&stage), Stage::Closed);
            drop(stage);
            originals.closed.send_modify(|count| *count = count.wrapping_add(1));
        });
    }
}

/// How many bytes are here.
fn here(part: &PartialOriginal) -> u64 {
    let missing: u64 = part.missing().iter().map(|gap| gap.end - gap.start).sum();
    part.total().saturating_sub(missing)
}

fn read_file(path: &Path, range: &Range<u64>) -> Result<Vec<u8>, FetchError> {
    let read = || {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        file.take(range.end - range.start).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    read().map_err(|error| {
        FetchError::File(format!("The original could not be read from the disk: {error}"))
    })
}
