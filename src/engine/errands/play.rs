//! Videos for the system's player, which gets them from here while they come from Telegram.
//!
//! The player is given a play list of one line, a file that nobody else may read, and not the
//! address itself: what opens an `http` address is a browser, while lists belong to players
//! wherever there is one (VLC, mpv, IINA, Totem, Windows' own); and the arguments of a program,
//! which others on the computer can see, would give the address away.

mod range;
mod server;

use crate::engine::event::{PhotoEvent, Trouble};
use crate::engine::fetch::FetchError;
use crate::model::{MediaKind, Photo, PhotoId};
use crate::platform::fs;

pub(super) use self::server::Server;
use super::Errands;
use crate::engine::download::safe;

impl Errands {
    pub(super) async fn play(&self, id: PhotoId) -> Result<(), Trouble> {
        let what = "The video cannot be played";
        let failed = |error: FetchError| Trouble::from(&error).while_doing(what);
        let photo = self.core.photo(id).await.map_err(failed)?;
        let MediaKind::Video { seconds } = photo.kind else {
            return Err(Trouble::plain("This is no video"));
        };
        let start = || Server::start(self.core.clone());
        let server = self.server.get_or_try_init(start).await;
        let server = server.map_err(|error| Trouble::retry(what, error))?;
        let address = server.address_of(&photo).map_err(|error| Trouble::retry(what, error))?;
        let (handed, list) = (self.handed.clone(), list(&photo, seconds, &address));
        let written = self.core.pool.run(move || {
            let to = handed.place_of_list()?.join(safe(&format!("{}.m3u8", photo.name)));
            fs::write_lazily(&to, list.as_bytes()).map(|()| to)
        });
        let written = written.await.map_err(|e| Trouble::from(e).while_doing(what))?;
        let file = written.map_err(|error| Trouble::retry(what, error))?;
        self.tell(PhotoEvent::Ready { photo: id, file });
        Ok(())
    }
}

/// A list of one video. Its name is one line, whatever is in it.
fn list(photo: &Photo, seconds: u32, address: &str) -> String {
    let name: String = photo.name.chars().filter(|c| !c.is_control()).collect();
    let length = if seconds == 0 { "-1".to_owned() } else { seconds.to_string() };
    format!("#EXTM3U\n#EXTINF:{length},{name}\n{address}\n")
}
