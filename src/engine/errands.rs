//! What one asks for with photos in hand: to know what their files tell, to have them as files, to
//! copy them, to hand them to another program.
//!
//! Tasks on the network workers, one a request, while somebody is signed in. Whether a clipboard or
//! a player gets what comes of it is the window's affair.

mod details;
mod fetching;
mod handed;
mod play;
mod save;

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell, watch};

use self::details::Told;
use self::fetching::Fetches;
use self::handed::Handed;
pub(crate) use self::handed::forget as forget_handed;
use self::play::Server;
use super::PhotoRequest;
use super::core::Core;
use super::event::{Event, PhotoEvent, Trouble};
use super::uploads::Desk;

/// See the module. Dropping it stops what it serves.
pub(crate) struct Errands {
    core: Core,
    uploads: watch::Receiver<Option<Arc<Desk>>>,
    told: Told,
    fetches: Fetches,
    /// One after the other: two that write one file would spoil it.
    saving: Mutex<()>,
    /// The same for files of other programs.
    handing: Mutex<()>,
    /// A whole picture for the clipboard is large.
    copying: Mutex<()>,
    handed: Handed,
    server: OnceCell<Server>,
}

impl Errands {
    pub(crate) fn new(core: Core, uploads: watch::Receiver<Option<Arc<Desk>>>) -> Arc<Self> {
        Arc::new(Self {
            told: Told::default(),
            fetches: Fetches::new(core.bus.clone()),
            saving: Mutex::default(),
            handing: Mutex::default(),
            copying: Mutex::default(),
            handed: Handed::new(&core.config.places.cache),
            server: OnceCell::new(),
            core,
            uploads,
        })
    }

    /// Puts away what a former run left. Once, when somebody is signed in.
    pub(crate) async fn tidy(&self) {
        let handed = self.handed.clone();
        if let Ok(Err(error)) = self.core.pool.run(move || handed.tidy()).await {
            tracing::warn!(%error, "files for other programs could not be put away");
        }
    }

    /// Carries out a request. A stop concerns what was asked for before it and nothing else, in
    /// whatever order the futures come to run: that much is done when this returns.
    pub(crate) fn carry_out(
        self: Arc<Self>,
        request: PhotoRequest,
    ) -> impl Future<Output = Result<(), Trouble>> + Send {
        let stopped = self.fetches.stopped();
        if let PhotoRequest::StopFetching = request {
            self.fetches.stop();
        }
        async move {
            match request {
                PhotoRequest::Describe(photo) => {
                    let details = self.describe(photo).await.map_err(|e| Trouble::from(&e));
                    self.tell(PhotoEvent::Details { photo, details });
                }
                PhotoRequest::Save { photos, to } => self.save(photos, to, stopped).await?,
                PhotoRequest::Picture(photo) => self.picture(photo, stopped).await?,
                PhotoRequest::HandOver(photo) => self.hand_over(photo, stopped).await?,
                PhotoRequest::Play(photo) => self.play(photo).await?,
                PhotoRequest::StopFetching => {}
            }
            Ok(())
        }
    }

    fn tell(&self, event: PhotoEvent) {
        self.core.bus.send(Event::Photo(event));
    }
}
