//! Placeholders of photos that have just come, made of their stripped previews before the photos
//! are recorded and told: no tile is ever without one. Made on the pool, so that the pages of a
//! history are worked on side by side while their order is kept.

use super::library::Mirror;
use super::runtime::{Job, Pool};
use crate::model::{Batch, Blur, Change, Photo};
use crate::pixels;

/// Makes placeholders. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Placeholders {
    pool: Pool,
    mirror: Mirror,
}

/// Placeholders by the places of the changes they belong to.
type Blurs = Vec<(usize, Option<Blur>)>;

/// A batch whose placeholders are being made.
pub(crate) struct Unready {
    batch: Batch,
    blurs: Option<Job<Blurs>>,
}

impl Placeholders {
    pub(crate) const fn new(pool: Pool, mirror: Mirror) -> Self {
        Self { pool, mirror }
    }

    /// Begins to make what the batch lacks. A photo that is known with a placeholder keeps it: it
    /// may have been made of more than a preview.
    pub(crate) fn begin(&self, batch: Batch) -> Unready {
        let library = self.mirror.snapshot();
        let is_known = |photo: &Photo| {
            let known = library.photo(photo.id);
            known.is_some_and(|known| known.file() == photo.remote.id && known.blur().is_some())
        };
        let stripped = |change: &Change| match change {
            Change::Photo(photo) if photo.blur.is_none() && !is_known(photo) => {
                photo.remote.stripped.clone()
            }
            _ => None,
        };
        let changes = batch.changes.iter().enumerate();
        let lacking: Vec<(usize, Vec<u8>)> =
            changes.filter_map(|(at, change)| Some((at, stripped(change)?))).collect();
        let blurs = (!lacking.is_empty()).then(|| {
            self.pool.start(move || {
                let blur =
                    |(at, stripped): &(usize, Vec<u8>)| (*at, pixels::stripped_blur(stripped));
                lacking.iter().map(blur).collect()
            })
        });
        Unready { batch, blurs }
    }
}

impl Unready {
    pub(crate) const fn len(&self) -> usize {
        self.batch.changes.len()
    }

    /// The batch with its placeholders; without them where the pool cannot make them.
    pub(crate) async fn done(self) -> Batch {
        let Self { mut batch, blurs } = self;
        let Some(blurs) = blurs else { return batch };
        for (at, blur) in blurs.done().await.unwrap_or_default() {
            if let Some(Change::Photo(photo)) = batch.changes.get_mut(at) {
                photo.blur = blur;
            }
        }
        batch
    }
}
