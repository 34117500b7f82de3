//! A line that breaks before a large part has passed: files get smaller parts, and where not even
//! those pass, it is said.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::super::parts::{self, LARGEST};
use super::super::step::Outcome;
use super::Desk;
use super::news::Delay;
use crate::engine::event::Trouble;
use crate::model::UploadId;
use crate::store::JournalEntry;
use crate::telegram::UploadLimits;

/// How long it is remembered that the line takes smaller parts only: then large ones are tried
/// again.
const REMEMBERED: Duration = Duration::from_mins(10);
/// How long a file rests that the line does not take at all.
pub(crate) const REST: Duration = Duration::from_secs(30);
/// What holds where Telegram's own limits are not known.
const USUAL: UploadLimits = UploadLimits { max_parts: 4000, max_part_size: LARGEST };

/// What is known of the line.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    /// Larger parts were cut off, at that moment.
    size: Option<(u32, Instant)>,
    /// The user was told that nothing passes; until something does.
    is_told: bool,
    /// The same of files that are too long for smaller parts; once for each.
    told_of: BTreeSet<UploadId>,
}

impl Narrow {
    fn size(&self) -> u32 {
        let fresh = self.size.filter(|(_, at)| at.elapsed() < REMEMBERED);
        fresh.map_or(LARGEST, |(size, _)| size)
    }
}

impl Desk {
    async fn usual_limits(&self) -> UploadLimits {
        self.limits().await.unwrap_or(USUAL)
    }

    /// The size of the parts of a file that is begun now.
    pub(crate) async fn part_size(&self, bytes: u64) -> u32 {
        let limits = self.usual_limits().await;
        let wanted = self.queue().narrow.size();
        parts::fitting(bytes, wanted, limits)
    }

    /// A part was cut off again and again: what to do with its file, if it can have smaller ones.
    pub(crate) async fn cut_off(&self, entry: &JournalEntry) -> Option<Outcome> {
        let limits = self.usual_limits().await;
        let size = parts::smaller(entry.bytes, entry.part_size, limits)?;
        tracing::info!(file = %entry.id, size, "the line breaks: the file gets smaller parts");
        let narrow = &mut self.queue().narrow;
        let known = narrow.size().min(size);
        narrow.size = Some((known, Instant::now()));
        Some(smaller(entry, size))
    }

    /// Whether a file of which nothing has passed yet should get smaller parts, because another one
    /// did.
    pub(crate) async fn should_shrink(&self, entry: &JournalEntry) -> Option<Outcome> {
        let begun = {
            let queue = self.queue();
            let item = queue.items.get(&queue.current(entry.id))?;
            !item.entry.acknowledged.is_empty() || queue.narrow.size() >= entry.part_size
        };
        if begun {
            return None;
        }
        let size = self.part_size(entry.bytes).await;
        (size < entry.part_size).then(|| smaller(entry, size))
    }

    /// Nothing of a file passes: says so, once.
    pub(crate) fn nothing_passes(&self, id: UploadId) {
        let reason;
        {
            let mut queue = self.queue();
            let current = queue.current(id);
            let part_size = queue.items.get(&current).map(|item| item.entry.part_size);
            let was_told = if part_size.is_none_or(|size| size <= parts::SMALLEST) {
                reason = "The connection breaks before even a small part of a file has passed. It \
                          is tried again, slowly; another network may help";
                std::mem::replace(&mut queue.narrow.is_told, true)
            } else {
                reason = "The connection breaks before a part of this file has passed, and so long \
                          a file cannot have smaller parts. It is tried again, slowly; another \
                          network may help";
                !queue.narrow.told_of.insert(current)
            };
            if was_told {
                return;
            }
            queue.delayed(id, Delay { seconds: REST.as_secs_f64(), reason });
        }
        self.core.bus.trouble(Trouble::plain(reason));
        self.told.notify_one();
    }

    /// Something has passed.
    pub(crate) fn passes(&self) {
        self.queue().narrow.is_told = false;
    }
}

fn smaller(entry: &JournalEntry, part_size: u32) -> Outcome {
    Outcome::Smaller { part_size, parts: parts::count(entry.bytes, part_size) }
}
