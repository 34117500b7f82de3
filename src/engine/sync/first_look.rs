//! The first look at an account that is new here: the newest page of the album in which something
//! happened last goes alone, those of others follow a few at a time, and older pages of all wait
//! until the newest photos have their thumbnails, so that a slow line carries first what is looked
//! at. Async, on the network workers; whoever asks first waits, and the others with it.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::PAGES;
use crate::model::AlbumId;

/// The window has so long to paint the first photos and to say which thumbnails it lacks.
const ASKS: Duration = Duration::from_millis(300);
/// The longest that anybody waits.
const LONGEST: Duration = Duration::from_secs(2);
/// Albums whose newest pages are asked for at once while thumbnails come.
const FEW: usize = 2;

/// Once for all albums.
#[derive(Debug)]
pub(super) struct FirstLook {
    first: OnceLock<AlbumId>,
    /// Those that may follow.
    others: Semaphore,
    over: OnceCell<()>,
}

/// The right to ask for an album's newest page. Others may follow when the first one's is dropped.
pub(super) struct Turn<'a> {
    look: Option<&'a FirstLook>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(look) = self.look {
            look.others.add_permits(FEW);
        }
    }
}

impl Default for FirstLook {
    fn default() -> Self {
        Self { first: OnceLock::new(), others: Semaphore::new(0), over: OnceCell::new() }
    }
}

impl FirstLook {
    /// This album's newest page goes first. Counts once.
    pub(super) fn begin_with(&self, album: AlbumId) {
        self.first.get_or_init(|| album);
    }

    /// Waits until the album's newest page may be asked for; not for long if the first one's hangs.
    pub(super) async fn turn(&self, album: AlbumId) -> Turn<'_> {
        let first = self.first.get();
        let permit = match first {
            Some(first) if *first != album && !self.over.initialized() => {
                timeout(LONGEST, self.others.acquire()).await.ok().and_then(Result::ok)
            }
            _ => None,
        };
        Turn { look: (first == Some(&album)).then_some(self), _permit: permit }
    }

    /// Waits until it is over. `thumbnails`: how many are on their way.
    pub(super) async fn over(&self, mut thumbnails: watch::Receiver<usize>) {
        let look = async {
            let begun = Instant::now();
            let asked = thumbnails.wait_for(|count| *count > 0);
            if timeout_at(begun + ASKS, asked).await.is_ok() {
                let served = thumbnails.wait_for(|count| *count == 0);
                if timeout_at(begun + LONGEST, served).await.is_err() {
                    tracing::debug!("thumbnails take long: histories are read beside them");
                }
            }
            self.others.add_permits(PAGES);
        };
        self.over.get_or_init(|| look).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::poll_immediate;

    use super::*;

    async fn took(look: &FirstLook, thumbnails: &watch::Sender<usize>) -> Duration {
        let begun = Instant::now();
        look.over(thumbnails.subscribe()).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn histories_wait_for_the_thumbnails_that_were_asked_for_but_not_for_ever() {
        let after = |millis, count: usize, thumbnails: &watch::Sender<usize>| {
            let thumbnails = thumbnails.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                thumbnails.send_replace(count);
            })
        };
        let thumbnails = watch::Sender::new(0);
        let look = FirstLook::default();
        assert_eq!(took(&look, &thumbnails).await, ASKS, "nobody asks");
        assert_eq!(took(&look, &thumbnails).await, Duration::ZERO, "it was the only one");

        let look = FirstLook::default();
        let (_asked, _served) = (after(100, 40, &thumbnails), after(600, 0, &thumbnails));
        let (first, second) = tokio::join!(took(&look, &thumbnails), took(&look, &thumbnails));
        assert_eq!([first, second].map(|time| time.as_millis()), [600, 600]);

        let look = FirstLook::default();
        thumbnails.send_replace(1);
        assert_eq!(took(&look, &thumbnails).await, LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn the_newest_album_goes_alone_and_a_few_follow() {
        let begun = Instant::now();
        let look = FirstLook::default();
        drop(look.turn(AlbumId(7)).await);
        look.begin_with(AlbumId(1));
        let first = look.turn(AlbumId(1)).await;
        let second = poll_immediate(look.turn(AlbumId(2))).await;
        assert!(second.is_none(), "the first one's page is not here");
        drop(first);
        let few = [look.turn(AlbumId(2)).await, look.turn(AlbumId(3)).await];
        assert!(poll_immediate(look.turn(AlbumId(4))).await.is_none(), "too many");
        drop(few);
        let _two = [look.turn(AlbumId(4)).await, look.turn(AlbumId(5)).await];
        assert_eq!(begun.elapsed(), Duration::ZERO);
        drop(look.turn(AlbumId(6)).await);
        assert_eq!(begun.elapsed(), LONGEST, "nobody waits for ever");
        took(&look, &watch::Sender::new(0)).await;
        let over = Instant::now();
        drop(look.turn(AlbumId(6)).await);
        assert_eq!(over.elapsed(), Duration::ZERO);
    }
}
