//! Sidecars stand beside their pictures: each one is told the date that its picture is known by.
//!
//! One task on the network workers, which looks through the library on the pool when it has
//! changed. Reads no file and asks Telegram nothing.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::core::Core;
use crate::model::{
    AlbumId, AlbumShelf, Change, Library, MediaKind, MessageId, PhotoId, PhotoRef, Taken,
    called_by_sidecars, sidecar_of,
};

/// How often it is looked whether there is something new.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A raw file, its JPEG and their sidecars come within so many messages.
const TOGETHER: u32 = 8;

/// Tells dates for as long as it is polled.
pub(crate) async fn serve(core: Core) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen: HashMap<AlbumId, u64> = HashMap::new();
    loop {
        look.tick().await;
        let library = core.mirror.snapshot();
        let new: Vec<AlbumId> = library
            .albums()
            .filter(|shelf| seen.get(&shelf.album.id) != Some(&shelf.revision()))
            .map(|shelf| shelf.album.id)
            .collect();
        seen = library.albums().map(|shelf| (shelf.album.id, shelf.revision())).collect();
        if new.is_empty() {
            continue;
        }
        let changes = core.pool.run(move || dates(&library, &new)).await.unwrap_or_default();
        if !changes.is_empty()
            && let Err(error) = core.publisher.publish(changes).await
        {
            tracing::warn!(%error, "the dates of sidecars could not be recorded");
        }
    }
}

/// What is to be said about the sidecars of these albums.
fn dates(library: &Library, albums: &[AlbumId]) -> Vec<Change> {
    albums.iter().filter_map(|album| library.album(*album)).flat_map(dates_in).collect()
}

fn dates_in(shelf: &AlbumShelf) -> Vec<Change> {
    let is_undated =
        |photo: &PhotoRef<'_>| photo.kind() == MediaKind::Sidecar && photo.taken().is_none();
    let undated: Vec<(PhotoRef<'_>, String)> = shelf
        .photos()
        .filter(is_undated)
        .filter_map(|photo| Some((photo, sidecar_of(photo.name())?)))
        .collect();
    if undated.is_empty() {
        return Vec::new();
    }
    let mut owners: HashMap<&str, Vec<(MessageId, Option<Taken>)>> =
        undated.iter().map(|(_, owner)| (owner.as_str(), Vec::new())).collect();
    for photo in shelf.photos().filter(|photo| photo.kind() != MediaKind::Sidecar) {
        for called in called_by_sidecars(photo.name()) {
            if let Some(owners) = owners.get_mut(called.as_str()) {
                owners.push((photo.id().message, photo.taken()));
            }
        }
    }
    let told = |(sidecar, owner): &(PhotoRef<'_>, String)| {
        let photo: PhotoId = sidecar.id();
        let far = |message: MessageId| message.0.abs_diff(photo.message.0);
        let owners = owners.get(owner.as_str())?;
        let nearest = owners.iter().map(|(message, _)| far(*message)).min()?;
        // Cameras begin to count anew: it came with those of its name that stand together.
        let together = owners.iter().filter(|(message, _)| far(*message) <= nearest + TOGETHER);
        let dated = together.filter(|(_, taken)| taken.is_some());
        let taken = dated.min_by_key(|(message, _)| far(*message))?.1;
        let file = sidecar.file();
        Some(Change::Described { photo, file, taken, head_read: true, blur: None })
    };
    undated.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::library::tests::{album, photo};

    #[test]
    fn a_sidecar_is_told_the_date_of_the_nearest_of_its_name_once() {
        let taken = |wall_seconds| Some(Taken { wall_seconds, offset_minutes: None });
        let named = |message, name: &str, kind, taken| {
            let mut photo = photo(1, message, 9);
            (photo.name, photo.kind, photo.taken) = (name.into(), kind, taken);
            Change::Photo(Box::new(photo))
        };
        let (picture, sidecar) = (MediaKind::Image, MediaKind::Sidecar);
        let mut library = Library::new();
        library.apply_all(&[
            Change::Album(album(1)),
            named(1, "IMG_1.JPG", picture, taken(100)),
            named(2, "IMG_1.xmp", sidecar, None),
            named(50, "IMG_1.xmp", sidecar, None),
            named(51, "img_1.cr2", picture, taken(500)),
            named(52, "IMG_2.JPG.xmp", sidecar, None),
            named(53, "IMG_2.JPG", picture, None),
            named(54, "IMG_3.xmp", sidecar, None),
            named(90, "IMG_4.CR2", picture, None),
            named(91, "IMG_4.xmp", sidecar, None),
            named(92, "IMG_4.JPG", picture, taken(900)),
            named(150, "IMG_4.xmp", sidecar, None),
            named(151, "IMG_4.CR2", picture, None),
        ]);
        let known = |library: &Library| -> Vec<_> {
            let shelf = library.album(AlbumId(1)).unwrap();
            let sidecars = shelf.photos().filter(|photo| photo.kind() == sidecar);
            sidecars.map(|photo| photo.taken().map(|taken| taken.wall_seconds)).collect()
        };
        let all = [AlbumId(1)];
        library.apply_all(&dates(&library, &all));
        assert_eq!(known(&library), [Some(100), Some(500), None, None, Some(900), None]);
        assert_eq!(dates(&library, &all), []);
        // A picture whose date becomes known later.
        library.apply(&named(53, "IMG_2.JPG", picture, taken(700)));
        library.apply_all(&dates(&library, &all));
        assert_eq!(known(&library), [Some(100), Some(500), Some(700), None, Some(900), None]);
    }
}
