//! Bytes of a photo from Telegram, with a stale file reference refreshed on the way. Async, on the
//! network workers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::EngineError;
use super::core::Core;
use crate::model::{Photo, PhotoId};
use crate::store::StoreError;
use crate::telegram::TelegramError;

/// How often a reference is refreshed for one piece before giving up.
const REFRESHES: u32 = 3;
/// `telegram.messages` takes so many at once; neighbours are refreshed along.
const AT_ONCE: usize = 100;

/// Why bytes could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the photo is no longer in its album")]
    Gone,
    #[error(transparent)]
    Telegram(TelegramError),
    #[error(transparent)]
    Store(Arc<StoreError>),
    #[error("Telegram sent {got} bytes where {wanted} were expected; try again")]
    Short { wanted: u64, got: u64 },
    #[error("the file at Telegram is longer than its message says ({told} bytes)")]
    Longer { told: u64 },
    #[error("Heliogram is stopping")]
    Stopping,
    #[error("{0}")]
    File(String),
}

impl FetchError {
    pub(crate) fn is_offline(&self) -> bool {
        matches!(self, Self::Telegram(error) if error.is_offline())
    }

    /// Telegram asks to wait longer than was waited.
    pub(crate) fn wait(&self) -> Option<std::time::Duration> {
        match self {
            Self::Telegram(error) => error.wait(),
            _ => None,
        }
    }
}

impl From<TelegramError> for FetchError {
    fn from(error: TelegramError) -> Self {
        Self::Telegram(error)
    }
}

impl From<StoreError> for FetchError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<EngineError> for FetchError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Telegram(error) | EngineError::SignIn(error) => Self::Telegram(error),
            EngineError::Store(error) => Self::Store(error),
            EngineError::Stopping => Self::Stopping,
            other => Self::File(other.to_string()),
        }
    }
}

impl From<super::runtime::Crashed> for FetchError {
    fn from(error: super::runtime::Crashed) -> Self {
        Self::File(error.to_string())
    }
}

/// Up to `limit` bytes from `offset` of the original (`thumb` `None`) or a thumbnail.
pub(crate) async fn fetch(
    core: &Core,
    id: PhotoId,
    thumb: Option<&str>,
    offset: u64,
    limit: u32,
) -> Result<Vec<u8>, FetchError> {
    with_reference(core, id, |photo| async move {
        core.telegram.fetch(&photo.remote, thumb, offset, limit).await
    })
    .await
}

/// Calls with the photo's file; when its reference is stale, refreshes it and calls again.
pub(crate) async fn with_reference<T, F>(
    core: &Core,
    id: PhotoId,
    call: impl Fn(Arc<Photo>) -> F,
) -> Result<T, FetchError>
where
    F: Future<Output = Result<T, TelegramError>>,
{
    let mut refreshes = 0;
    loop {
        let photo = core.photo(id).await?;
        match call(photo.clone()).await {
            Err(error) if is_stale(&error) && refreshes < REFRESHES => {
                refreshes += 1;
                refresh(core, &photo).await?;
            }
            other => return Ok(other?),
        }
    }
}

fn is_stale(error: &TelegramError) -> bool {
    error.name().is_some_and(|name| name.starts_with("FILE_REFERENCE_"))
}

/// Fetches the message again, with its neighbours: theirs are as old.
async fn refresh(core: &Core, stale: &Photo) -> Result<(), FetchError> {
    // The next in line finds its reference refreshed already.
    let _turn = core.refreshing.lock().await;
    let now = core.photo(stale.id).await?;
    if now.remote.reference != stale.remote.reference {
        return Ok(());
    }
    renew(core, stale.id).await
}

/// A photo with a fresh permit, after Telegram has refused the one that it had.
pub(crate) async fn refreshed(core: &Core, stale: &Photo) -> Result<Arc<Photo>, FetchError> {
    refresh(core, stale).await?;
    core.photo(stale.id).await
}

/// Asks Telegram for the message and its neighbours, and records what it says.
async fn renew(core: &Core, id: PhotoId) -> Result<(), FetchError> {
    let album = core.mirror.album(id.album).ok_or(FetchError::Gone)?;
    let ids = core.mirror.around(id, AT_ONCE);
    let changes = core.telegram.messages(&album, &ids).await?;
    core.publisher.publish(changes).await?;
    Ok(())
}

impl Core {
    /// A photo with all that a download needs, as it is recorded now; read on the pool. A record
    /// that makes no sense is replaced by what Telegram says.
    pub(crate) async fn photo(&self, id: PhotoId) -> Result<Arc<Photo>, FetchError> {
        let read = || {
            let store = self.store.clone();
            self.pool.run(move || store.photo(id))
        };
        let photo = match read().await? {
            Err(error @ StoreError::Unreadable { .. }) => {
                tracing::warn!(%error, photo = %id, "asked for anew");
                renew(self, id).await?;
                read().await??
            }
            other => other?,
        };
        photo.map(Arc::new).ok_or(FetchError::Gone)
    }

    /// As [`photo`](Self::photo), for many, each once; and those that are not there. In the order
    /// of their ids.
    pub(crate) async fn photos(
        &self,
        ids: impl IntoIterator<Item = PhotoId>,
    ) -> Result<(Vec<Arc<Photo>>, Vec<PhotoId>), FetchError> {
        let mut missing: BTreeSet<PhotoId> = ids.into_iter().collect();
        let (store, wanted) = (self.store.clone(), missing.iter().copied().collect::<Vec<_>>());
        let read = self.pool.run(move || store.photos(&wanted)).await??;
        let mut found: Vec<Arc<Photo>> = read.into_iter().map(Arc::new).collect();
        for photo in &found {
            missing.remove(&photo.id);
        }
        let unread: Vec<PhotoId> =
            missing.iter().copied().filter(|id| self.mirror.has_photo(*id)).collect();
        for id in unread {
            match self.photo(id).await {
                Ok(photo) => found.push(photo),
                Err(FetchError::Gone) => continue,
                Err(error) => return Err(error),
            }
            missing.remove(&id);
        }
        found.sort_by_key(|photo| photo.id);
        Ok((found, missing.into_iter().collect()))
    }

    /// [`Core::patiently`] for calls that fetch.
    pub(crate) async fn patiently_fetch<T, F>(
        &self,
        mut call: impl FnMut() -> F,
    ) -> Result<T, FetchError>
    where
        F: Future<Output = Result<T, FetchError>>,
    {
        // Other errors than Telegram's pass through as an answer.
        let answer = self
            .patiently(
                |_| {},
                || {
                    let call = call();
                    async {
                        match call.await {
                            Err(FetchError::Telegram(error)) => Err(error),
                            other => Ok(other),
                        }
                    }
                },
            )
            .await;
        answer?
    }
}
