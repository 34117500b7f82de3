//! The first look at an account that is new here: older pages of its histories wait until the
//! newest photos have their thumbnails, so that a slow line carries first what is looked at.
//! Async, on the network workers; whoever asks first waits, and the others with it.

use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, timeout_at};

/// The window has so long to paint the first photos and to say which thumbnails it lacks.
const ASKS: Duration = Duration::from_millis(300);
/// The longest that histories wait.
const LONGEST: Duration = Duration::from_secs(2);

/// Once for all albums.
#[derive(Debug, Default)]
pub(super) struct FirstLook(OnceCell<()>);

impl FirstLook {
    /// Waits until it is over. `thumbnails`: how many are on their way.
    pub(super) async fn over(&self, mut thumbnails: watch::Receiver<usize>) {
        let look = async {
            let begun = Instant::now();
            let asked = thumbnails.wait_for(|count| *count > 0);
            if timeout_at(begun + ASKS, asked).await.is_err() {
                return;
            }
            let served = thumbnails.wait_for(|count| *count == 0);
            if timeout_at(begun + LONGEST, served).await.is_err() {
                tracing::debug!("thumbnails take long: histories are read beside them");
            }
        };
        self.0.get_or_init(|| look).await;
    }
}

#[cfg(test)]
mod tests {
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
}
