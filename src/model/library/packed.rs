//! The photos of one album in the order of their messages: chunks in blocks, so that a change
//! copies one chunk and two short lists of pointers, however many photos there are.

use std::sync::Arc;

use super::PhotoFacts;
use super::chunk::{Chunk, ChunkBuilder, MOST, PhotoRef};
use super::fold::{Edit, Folded};
use crate::model::{AlbumId, MessageId};

/// Chunks of one block, at most. Few in tests, so that a short album has many blocks.
const WIDEST: usize = if cfg!(test) { 3 } else { 64 };
/// A chunk of fewer photos joins its neighbour.
const FEW: usize = MOST / 8;

/// Chunks that are never empty, in order.
#[derive(Clone, Debug)]
struct Block {
    chunks: Vec<Arc<Chunk>>,
}

impl Block {
    fn first(&self) -> MessageId {
        self.chunks.first().map_or(MessageId(i32::MIN), |chunk| chunk.first())
    }
}

/// See the module. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    blocks: Vec<Arc<Block>>,
    len: usize,
}

/// What becomes of a row.
enum Kept<'a> {
    AsIs(PhotoRef<'a>),
    New(MessageId, PhotoFacts<'a>),
}

impl Packed {
    pub(super) fn of(chunks: &[Arc<Chunk>]) -> Self {
        let len = chunks.iter().map(|chunk| chunk.len()).sum();
        let block = |chunks: &[Arc<Chunk>]| Arc::new(Block { chunks: chunks.to_vec() });
        Self { blocks: chunks.chunks(WIDEST).map(block).collect(), len }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn chunks(&self) -> impl DoubleEndedIterator<Item = &Arc<Chunk>> {
        self.blocks.iter().flat_map(|block| &block.chunks)
    }

    pub(super) fn photos(&self, album: AlbumId) -> impl DoubleEndedIterator<Item = PhotoRef<'_>> {
        self.chunks()
            .flat_map(move |chunk| (0..chunk.len()).filter_map(move |at| chunk.get(album, at)))
    }

    pub(super) fn get(&self, album: AlbumId, message: MessageId) -> Option<PhotoRef<'_>> {
        let (block, chunk) = self.find(message)?;
        let chunk = self.chunk(block, chunk)?;
        chunk.get(album, chunk.place_of(message).ok()?)
    }

    /// From `message` on, oldest first.
    pub(super) fn from(
        &self,
        album: AlbumId,
        message: MessageId,
    ) -> impl Iterator<Item = PhotoRef<'_>> {
        let (block, chunk) = self.find(message).unwrap_or_default();
        let here =
            self.blocks.get(block).into_iter().flat_map(move |b| b.chunks.iter().skip(chunk));
        let later = self.blocks.iter().skip(block + 1).flat_map(|block| &block.chunks);
        here.chain(later).flat_map(move |chunk| {
            let from = chunk.place_of(message).unwrap_or_else(|place| place);
            (from..chunk.len()).filter_map(move |at| chunk.get(album, at))
        })
    }

    /// Those before `message`, newest first.
    pub(super) fn before(
        &self,
        album: AlbumId,
        message: MessageId,
    ) -> impl Iterator<Item = PhotoRef<'_>> {
        let (block, chunk) = self.find(message).unwrap_or_default();
        let here = self.blocks.get(block).into_iter();
        let here = here.flat_map(move |b| b.chunks.iter().take(chunk + 1).rev());
        let earlier = self.blocks.iter().take(block).rev().flat_map(|b| b.chunks.iter().rev());
        here.chain(earlier).flat_map(move |chunk| {
            let to = chunk.place_of(message).unwrap_or_else(|place| place);
            (0..to).rev().filter_map(move |at| chunk.get(album, at))
        })
    }

    fn chunk(&self, block: usize, chunk: usize) -> Option<&Arc<Chunk>> {
        self.blocks.get(block)?.chunks.get(chunk)
    }

    /// The chunk that a message is in, or would be in; `None` without any chunk.
    fn find(&self, message: MessageId) -> Option<(usize, usize)> {
        let block = self.blocks.partition_point(|block| block.first() <= message).saturating_sub(1);
        let chunks = &self.blocks.get(block)?.chunks;
        let chunk = chunks.partition_point(|chunk| chunk.first() <= message).saturating_sub(1);
        Some((block, chunk))
    }

    /// Where the chunk after this one begins.
    fn limit(&self, block: usize, chunk: usize) -> Option<MessageId> {
        let next = self.chunk(block, chunk + 1);
        next.map(|chunk| chunk.first()).or_else(|| self.blocks.get(block + 1).map(|b| b.first()))
    }

    /// Carries edits out, in the order of their messages and, for one message, of time. Each chunk
    /// is made anew at most once, and only if it becomes another.
    pub(super) fn edit(
        &mut self,
        album: AlbumId,
        mut edits: &[(MessageId, Edit<'_>)],
        folded: &mut Folded,
    ) {
        while let Some((message, _)) = edits.first() {
            let place = self.find(*message);
            let limit = place.and_then(|(block, chunk)| self.limit(block, chunk));
            let here = edits.partition_point(|(id, _)| limit.is_none_or(|limit| *id < limit));
            let (now, later) = edits.split_at(here);
            edits = later;
            let old = place.and_then(|(block, chunk)| self.chunk(block, chunk)).cloned();
            if let Some(new) = remade(album, old.as_deref(), now, folded) {
                self.replace(place, &new);
            }
        }
    }

    /// Puts chunks in the place of one.
    fn replace(&mut self, place: Option<(usize, usize)>, new: &[Arc<Chunk>]) {
        let Some((at, chunk)) = place else {
            *self = Self::of(new);
            return;
        };
        let Some(block) = self.blocks.get_mut(at) else { return };
        let chunks = &mut Arc::make_mut(block).chunks;
        let old: usize = chunks.get(chunk).map_or(0, |old| old.len());
        chunks.splice(chunk..=chunk, new.iter().cloned());
        self.len = self.len - old + new.iter().map(|chunk| chunk.len()).sum::<usize>();
        if new.len() == 1 {
            join(chunks, chunk);
        }
        if chunks.is_empty() {
            self.blocks.remove(at);
        } else if chunks.len() > WIDEST {
            let wide = std::mem::take(chunks);
            let parts = wide.len().div_ceil(WIDEST);
            let block = |chunks: &[Arc<Chunk>]| Arc::new(Block { chunks: chunks.to_vec() });
            let blocks: Vec<_> = wide.chunks(wide.len().div_ceil(parts)).map(block).collect();
            self.blocks.splice(at..=at, blocks);
        }
    }
}

/// Gives a chunk of few photos to a neighbour that has room.
fn join(chunks: &mut Vec<Arc<Chunk>>, at: usize) {
    let length = |at: usize| chunks.get(at).map(|chunk| chunk.len());
    let Some(own) = length(at).filter(|own| *own < FEW) else { return };
    let has_room = |at: &usize| length(*at).is_some_and(|other| other + own <= MOST);
    let Some(other) = at.checked_sub(1).filter(has_room).or(Some(at + 1).filter(has_room)) else {
        return;
    };
    let (left, right) = (at.min(other), at.max(other));
    let mut builder = ChunkBuilder::default();
    // The album is no part of what is kept.
    let rows = chunks.get(left..=right).into_iter().flatten();
    rows.flat_map(|chunk| (0..chunk.len()).filter_map(|row| chunk.get(AlbumId(0), row)))
        .for_each(|photo| builder.copy(photo));
    chunks.splice(left..=right, builder.finish());
}

/// The chunks that come of one by edits; `None` if it stays what it is.
fn remade(
    album: AlbumId,
    old: Option<&Chunk>,
    edits: &[(MessageId, Edit<'_>)],
    folded: &mut Folded,
) -> Option<Vec<Arc<Chunk>>> {
    let before = folded.touched_count();
    let rows = old.map_or(0, Chunk::len);
    let mut kept: Vec<Kept<'_>> = Vec::with_capacity(rows + edits.len());
    let mut next = 0;
    let get = |at: usize| old.and_then(|chunk| chunk.get(album, at));
    for steps in edits.chunk_by(|(a, _), (b, _)| a == b) {
        let Some((message, _)) = steps.first() else { continue };
        let place = old.map_or(Err(0), |chunk| chunk.place_of(*message));
        let (Ok(until) | Err(until)) = place;
        kept.extend((next..until).filter_map(get).map(Kept::AsIs));
        next = until + usize::from(place.is_ok());
        let was = place.ok().and_then(get);
        let becomes = folded.take(album, *message, was.map(|row| row.facts()), steps);
        match (becomes, was) {
            (Some(facts), Some(row)) if row.facts() == facts => kept.push(Kept::AsIs(row)),
            (Some(facts), _) => kept.push(Kept::New(*message, facts)),
            (None, _) => {}
        }
    }
    if folded.touched_count() == before {
        return None;
    }
    kept.extend((next..rows).filter_map(get).map(Kept::AsIs));
    let parts = kept.len().div_ceil(MOST).max(1);
    let mut builder = ChunkBuilder::default();
    let chunks = kept.chunks(kept.len().div_ceil(parts).max(1)).filter_map(|part| {
        for photo in part {
            match photo {
                Kept::AsIs(row) => builder.copy(*row),
                Kept::New(message, facts) => builder.push(*message, facts),
            }
        }
        builder.finish()
    });
    Some(chunks.collect())
}
