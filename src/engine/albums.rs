//! Making, renaming and deleting albums. Async, on the network workers.

use std::collections::BTreeSet;

use super::EngineError;
use super::core::Core;
use crate::model::{Album, AlbumId, Change};
use crate::telegram::RemoteAlbum;

/// How often a lost answer is followed by another attempt.
const ATTEMPTS: u32 = 4;

/// Makes an album.
///
/// Telegram has no means to repeat this call safely: after a lost answer the list of albums tells
/// whether it was carried out, before another is made.
pub(crate) async fn create(core: &Core, title: &str) -> Result<Album, EngineError> {
    let title = title.trim();
    let mut before: BTreeSet<AlbumId> = core.mirror.albums().into_keys().collect();
    let listed = core.patiently(|_| {}, || core.telegram.albums()).await?;
    before.extend(listed.iter().map(|remote| remote.album.id));
    let mut attempt = 0;
    loop {
        let error = match core.telegram.create_album(title).await {
            Ok(remote) => return announce(core, remote.album).await,
            Err(error) => error,
        };
        attempt += 1;
        if let Some(wait) = error.wait() {
            tokio::time::sleep(wait).await;
            continue;
        }
        if !error.is_offline() || attempt >= ATTEMPTS || !core.line_is_back(attempt).await {
            return Err(error.into());
        }
        let listed = core.patiently(|_| {}, || core.telegram.albums()).await?;
        if let Some(made) = made_meanwhile(&before, listed, title) {
            return announce(core, made).await;
        }
    }
}

/// The album that a lost answer left behind.
fn made_meanwhile(
    before: &BTreeSet<AlbumId>,
    listed: Vec<RemoteAlbum>,
    title: &str,
) -> Option<Album> {
    listed
        .into_iter()
        .map(|remote| remote.album)
        .find(|album| album.title == title && !before.contains(&album.id))
}

async fn announce(core: &Core, album: Album) -> Result<Album, EngineError> {
    core.publisher.publish(vec![Change::Album(album.clone())]).await?;
    Ok(album)
}

/// Gives an album another title.
pub(crate) async fn rename(core: &Core, id: AlbumId, title: &str) -> Result<Album, EngineError> {
    let album = core.album(id)?;
    let title = title.trim();
    let renamed = core.patiently(|_| {}, || core.telegram.rename_album(&album, title)).await?;
    announce(core, renamed).await
}

/// Deletes an album with all that is in it.
pub(crate) async fn delete(core: &Core, id: AlbumId) -> Result<(), EngineError> {
    let album = core.album(id)?;
    core.patiently(|_| {}, || core.telegram.delete_album(&album)).await?;
    core.publisher.publish(vec![Change::AlbumGone(id)]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::library::tests::album;
    use crate::model::MessageId;

    #[test]
    fn only_an_album_that_was_not_there_before_is_the_one_just_made() {
        let remote = |id: i64| {
            let mut album = album(id);
            album.title = "Summer".into();
            RemoteAlbum { album, pts: 1, top: MessageId(1), active: 0 }
        };
        let before = BTreeSet::from([AlbumId(1)]);
        assert_eq!(made_meanwhile(&before, vec![remote(1)], "Summer"), None);
        let found = made_meanwhile(&before, vec![remote(1), remote(2)], "Summer");
        assert_eq!(found.map(|album| album.id), Some(AlbumId(2)));
        assert_eq!(made_meanwhile(&before, vec![remote(2)], "Winter"), None);
    }
}
