//! Saves originals where the user says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt;

use super::Errands;
use super::fetching::Stopped;
use crate::engine::SaveTo;
use crate::engine::download::Download;
use crate::engine::event::{PhotoEvent, Trouble};
use crate::model::PhotoId;

impl Errands {
    pub(super) async fn save(
        &self,
        photos: Vec<PhotoId>,
        to: SaveTo,
        mut stopped: Stopped,
    ) -> Result<(), Trouble> {
        let core = &self.core;
        let (chosen, missing) = core.photos(photos).await.map_err(|e| Trouble::from(&e))?;
        if !missing.is_empty() {
            let gone = "Some of the photos are no longer in their albums and could not be saved";
            core.bus.trouble(Trouble::plain(gone));
        }
        let share = Arc::new(self.fetches.begin(chosen.iter().map(|photo| &**photo)));
        let saved = async {
            let _turn = self.saving.lock().await;
            let (folder, name) = match to {
                SaveTo::Folder(folder) => (folder, None),
                SaveTo::File(file) => apart(&file)?,
            };
            let target = Download::into(core.clone(), &folder).await;
            let target = target.map_err(|e| Trouble::from(&e))?;
            let target = name.into_iter().fold(target, Download::named);
            let came = share.clone();
            let target = target.telling(Box::new(move |bytes| came.came(bytes)));
            let mut saved = Vec::new();
            {
                let mut coming = Box::pin(target.all(&chosen));
                loop {
                    let (photo, result) = tokio::select! {
                        next = coming.next() => match next {
                            Some(next) => next,
                            None => break,
                        },
                        () = stopped.stopped() => break,
                    };
                    share.done();
                    match result {
                        Ok(path) => saved.push(path),
                        Err(error) => core.bus.trouble(
                            Trouble::from(&error)
                                .while_doing(format!("{} could not be saved", photo.name)),
                        ),
                    }
                }
            }
            if saved.len() < chosen.len() {
                target.forget(&chosen).await;
            }
            Ok::<_, Trouble>((saved, folder))
        };
        let (saved, folder) = saved.await?;
        drop(share);
        if let [first, rest @ ..] = &saved[..] {
            let is_one = rest.is_empty() && chosen.len() == 1;
            let to = if is_one { SaveTo::File(first.clone()) } else { SaveTo::Folder(folder) };
            self.tell(PhotoEvent::Saved { photos: saved.len(), to });
        }
        Ok(())
    }
}

/// The folder and the name of a file.
fn apart(file: &Path) -> Result<(PathBuf, Option<String>), Trouble> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    match (file.parent(), name) {
        (Some(folder), Some(name)) => Ok((folder.to_owned(), Some(name))),
        _ => Err(Trouble::plain("This is no name for a file. Choose another one")),
    }
}
