//! Proves that what Telegram holds of an album is whole, and which local files it holds equal to
//! the byte: those are safe to delete locally. Async, on the network workers; hashing runs on the
//! pool.
//!
//! Telegram's own hashes are compared with those of local files, or with what was proven before; a
//! file of which nothing is known, or whose hashes Telegram does not tell, is read back. What was
//! proven is kept.

mod local;
mod look;
mod window;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use futures_util::stream::{StreamExt, iter};

use self::local::Locals;
use self::look::{Look, Verdict, look};
pub(crate) use self::window::Verifying;
use super::EngineError;
use super::core::Core;
use super::fetch::FetchError;
use super::report::{Stop, VerifyReport, VerifySummary};
use super::runtime::now;
use crate::model::{AlbumId, Change, PhotoId};

/// Photos that are looked at at once.
const AT_ONCE: usize = 8;
/// Proofs of one transaction.
const PROOFS: usize = 64;

const ANOTHER: &str = "The album has a photo of this name, but it is another file";
const NOT_HELD: &str = "The album does not hold this file";

/// Looks at every photo of the album, and for every picture and video under `paths`. `each` is told
/// of a photo once, or once for each local file that is equal to it, and of each local file to
/// which none is. Returns when `stop` says so, too.
pub(crate) async fn verify<E: FnMut(VerifyReport) + ?Sized>(
    core: &Core,
    album: AlbumId,
    paths: Vec<PathBuf>,
    stop: &Stop,
    each: &mut E,
) -> Result<VerifySummary, EngineError> {
    let mut tale = Tale { each, summary: VerifySummary::default(), begun: Instant::now() };
    core.album(album)?;
    let mut locals = Locals::gather(core, album, paths, stop).await?;
    tale.summary.skipped = locals.skipped;
    for (path, reason) in std::mem::take(&mut locals.unreadable) {
        tale.file(path, None, 0, reason);
    }
    let store = core.store.clone();
    let sent = core.pool.run(move || look::sent(&store, album)).await;
    let sent = sent.map_err(|_| EngineError::Stopping)??;
    let mut photos = core.mirror.newest_first(album);
    photos.reverse();
    let mut proofs = Vec::new();
    // Photos of which a local file has the name and none the content: told of with that file.
    let mut namesakes: HashMap<String, Look> = HashMap::new();
    {
        let (locals, sent) = (&locals, &sent);
        let mut looking = iter(photos)
            .take_while(|_| std::future::ready(!stop.is_stopped()))
            .map(|id| async move { (id, look(core, id, locals, sent.get(&id.message)).await) })
            .buffer_unordered(AT_ONCE);
        while let Some((id, looked)) = looking.next().await {
            let looked = match looked {
                Ok(looked) => looked,
                // It is not the photo's fault, and would be said of all that follow.
                Err(FetchError::Telegram(error)) if error.is_offline() || error.is_signed_out() => {
                    return Err(error.into());
                }
                Err(FetchError::Stopping) => return Err(EngineError::Stopping),
                Err(error) => Look::failed(core, id, &error),
            };
            if let Some(proof) = looked.proof {
                proofs.push(Change::Proven { photo: id, proof });
            }
            if proofs.len() >= PROOFS {
                keep(core, std::mem::take(&mut proofs)).await;
            }
            let has_namesake = locals.names.contains(&looked.name);
            match looked.verdict {
                Verdict::Whole if has_namesake && !namesakes.contains_key(&looked.name) => {
                    namesakes.insert(looked.name.clone(), looked);
                }
                _ => tale.photo(looked, locals).await,
            }
        }
    }
    keep(core, proofs).await;
    if !stop.is_stopped() {
        for file in locals.not_held() {
            let (photo, why) = match namesakes.remove(&file.name) {
                Some(look) => (Some(look.id), ANOTHER),
                None => (None, NOT_HELD),
            };
            tale.file(file.path.clone(), photo, file.bytes(), why.to_owned());
        }
    }
    for (_, look) in namesakes {
        tale.photo(look, &locals).await;
    }
    tale.summary.seconds = tale.begun.elapsed().as_secs_f64();
    Ok(tale.summary)
}

/// What was proven is worth keeping, and nothing is lost where it cannot be.
async fn keep(core: &Core, proofs: Vec<Change>) {
    if !proofs.is_empty()
        && let Err(error) = core.publisher.publish(proofs).await
    {
        tracing::warn!(%error, "what was proven could not be recorded");
    }
}

/// What was told so far.
struct Tale<'e, E: ?Sized> {
    each: &'e mut E,
    summary: VerifySummary,
    begun: Instant,
}

impl<E: FnMut(VerifyReport) + ?Sized> Tale<'_, E> {
    async fn photo(&mut self, look: Look, locals: &Locals) {
        let report = |path, result| VerifyReport {
            photo: Some(look.id.message),
            name: look.name.clone(),
            bytes: look.bytes,
            path,
            result,
        };
        if !matches!(look.verdict, Verdict::Bad(_)) {
            self.summary.photos += 1;
            self.summary.bytes += look.bytes;
        }
        match &look.verdict {
            Verdict::Whole => self.report(report(None, Ok(()))),
            Verdict::Bad(why) => self.report(report(None, Err(why.clone()))),
            Verdict::Equal(files) => {
                let first: Vec<_> = files.iter().filter_map(|at| locals.hold(*at)).collect();
                if first.is_empty() {
                    // The album has it more than once.
                    return self.report(report(None, Ok(())));
                }
                for file in first {
                    // Whoever deletes it relies on this line.
                    let result = if file.is_unchanged().await {
                        self.summary.safe += 1;
                        Ok(())
                    } else {
                        Err("The local file was changed meanwhile".to_owned())
                    };
                    self.report(report(Some(file.path.clone()), result));
                }
            }
        }
    }

    fn file(&mut self, path: PathBuf, photo: Option<PhotoId>, bytes: u64, reason: String) {
        let name = super::uploads::name_of(&path);
        let photo = photo.map(|photo| photo.message);
        self.report(VerifyReport { photo, name, bytes, path: Some(path), result: Err(reason) });
    }

    fn report(&mut self, report: VerifyReport) {
        if report.result.is_ok() {
            self.summary.ok += 1;
        } else {
            self.summary.failed += 1;
        }
        (self.each)(report);
    }
}

/// How a proof of this moment is dated.
fn dated(mut proof: crate::model::Proof) -> crate::model::Proof {
    proof.at = now();
    proof
}
