//! What a photo's file tells of it: from the original where it is in the cache, else from its head.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::Errands;
use crate::engine::fetch::FetchError;
use crate::engine::heads::{self, For};
use crate::engine::originals::fetch_piece;
use crate::engine::runtime::lock;
use crate::model::{Details, MediaKind, Photo, PhotoId, Verified};

/// Photos whose details are kept, of about 200 bytes each.
const KEPT: usize = 512;

/// What was found out lately, newest last. A file of another id is another file.
#[derive(Default)]
pub(super) struct Told(Mutex<VecDeque<((PhotoId, i64), Details)>>);

impl Told {
    fn get(&self, photo: &Photo) -> Option<Details> {
        let mut kept = lock(&self.0);
        let at = kept.iter().position(|(key, _)| *key == (photo.id, photo.remote.id))?;
        let found = kept.remove(at)?;
        let details = found.1.clone();
        kept.push_back(found);
        Some(details)
    }

    fn put(&self, photo: &Photo, details: &Details) {
        let mut kept = lock(&self.0);
        kept.push_back(((photo.id, photo.remote.id), details.clone()));
        while kept.len() > KEPT {
            kept.pop_front();
        }
    }
}

impl Errands {
    pub(super) async fn describe(&self, id: PhotoId) -> Result<Arc<Details>, FetchError> {
        let photo = self.core.photo(id).await?;
        let details = if let Some(details) = self.told.get(&photo) {
            details
        } else {
            let details = self.read(&photo).await?;
            self.told.put(&photo, &details);
            details
        };
        // Asked anew each time: proof may have come meanwhile.
        let verified = self.verified(&photo).await?;
        Ok(Arc::new(Details { verified, ..details }))
    }

    async fn verified(&self, photo: &Arc<Photo>) -> Result<Option<Verified>, FetchError> {
        let desk = self.uploads.borrow().clone();
        if desk.is_some_and(|desk| desk.has_verified(photo.id)) {
            return Ok(Some(Verified::AsSent));
        }
        let (store, photo) = (self.core.store.clone(), photo.clone());
        let proof = self.core.pool.run(move || {
            let proof = store.proof(photo.id).ok().flatten();
            proof.filter(|proof| proof.file == photo.remote.id)
        });
        Ok(proof.await?.map(|proof| Verified::Whole { at: proof.at }))
    }

    async fn read(&self, photo: &Arc<Photo>) -> Result<Details, FetchError> {
        if photo.kind == MediaKind::Sidecar {
            return Ok(Details::default());
        }
        let (core, id) = (&self.core, photo.id);
        let _work = core.busy.begin();
        let (store, wanted) = (core.store.clone(), photo.clone());
        let here = core.pool.run(move || {
            let path = store.original(&wanted)?;
            heads::in_file(&path, For::Details).ok()
        });
        let head = if let Some(head) = here.await? {
            head
        } else {
            let fetch = |range| async move { fetch_piece(core, id, range).await };
            heads::remote(core, photo, For::Details, fetch).await?.0
        };
        let taken = heads::taken(&head, &photo.name);
        if !photo.head_read {
            // What was learnt here need not be read once more for the date.
            core.describer.head_was_read(id, photo.remote.id, taken, None).await;
        }
        Ok(Details { size: head.facts.size, taken, shot: head.shot, verified: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, MediaKind, MessageId, PixelSize, RemoteFile, RemoteKind};

    fn photo(message: i32, file: i64) -> Photo {
        Photo {
            id: PhotoId { album: AlbumId(1), message: MessageId(message) },
            name: String::new(),
            bytes: 1,
            size: PixelSize::default(),
            kind: MediaKind::Image,
            mime: String::new(),
            caption: String::new(),
            sent: 0,
            taken: None,
            head_read: false,
            blur: None,
            group: None,
            remote: RemoteFile {
                kind: RemoteKind::Document,
                id: file,
                access_hash: 0,
                reference: vec![],
                dc: 2,
                thumbs: vec![],
                stripped: None,
            },
        }
    }

    #[test]
    fn what_was_told_last_is_kept_and_no_more_than_fits() {
        let told = Told::default();
        let of = |n: u32| Details { size: PixelSize::new(n, 1), ..Details::default() };
        told.put(&photo(0, 7), &of(0));
        for n in 1..=i32::try_from(KEPT).unwrap() {
            assert_eq!(told.get(&photo(0, 7)), Some(of(0)), "in use");
            told.put(&photo(n, 7), &of(n.unsigned_abs()));
        }
        assert_eq!(lock(&told.0).len(), KEPT);
        assert_eq!(told.get(&photo(1, 7)), None, "the one unused for longest");
        assert_eq!(told.get(&photo(0, 8)), None, "another file");
    }
}
