//! Doing what the screens asked for.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use egui::Context;

use super::{App, Sheet};
use crate::engine::{
    AccountRequest, ConnectionState, PhotoRequest, Request, UploadOptions, UploadsRequest,
};
use crate::model::{AlbumId, MediaKind, PhotoId, Rendition};
use crate::ui::Outcome;
use crate::ui::browse::{Chosen, Purpose};
use crate::ui::drop::Sorted;
use crate::ui::icons::Icon;
use crate::ui::offer::Offer;
use crate::ui::verification::Verification;
use crate::ui::view::{Errand, Intent, Place, Question};
use crate::ui::viewer::Viewer;
use crate::ui::words;
use crate::ui::{desktop, links};

/// The request behind a question that was answered with loss.
pub(super) fn loss(question: &Question) -> Request {
    match question {
        Question::DeleteAlbum { album, .. } => Request::DeleteAlbum { album: *album },
        Question::DeletePhotos { photos, .. } => Request::DeletePhotos { photos: photos.clone() },
        Question::CancelUploads { .. } => Request::Uploads(UploadsRequest::CancelAll),
        Question::LogOut => Request::Account(AccountRequest::LogOut),
    }
}

impl App {
    pub(super) fn act(&mut self, ctx: &Context, intent: Intent) {
        match intent {
            Intent::Go(place) => self.go(place),
            Intent::Open(photo, from) => {
                let (info, slides) = (self.remembered.info_panel, self.remembered.slides());
                self.screens.viewer = Some(Viewer::open(photo, from, ctx.time(), info, slides));
            }
            Intent::Show(place, photo) => {
                self.go(place);
                self.screens.grid.reveal(photo);
            }
            Intent::Request(request) => self.request(request),
            Intent::Retry(photo) => {
                for rendition in [
                    Rendition::Preview,
                    Rendition::Thumbnail,
                    Rendition::Screen,
                    Rendition::Original,
                ] {
                    if self.pictures.failure(photo, rendition).is_some() {
                        self.pictures.forgive(photo, rendition);
                        self.backend.request(Request::Retry(photo, rendition));
                    }
                }
            }
            Intent::BrowseFiles(album) => self.browse.files(ctx, album),
            Intent::BrowseFolder(album) => self.browse.folder(ctx, album),
            Intent::Send(album, paths) => self.screens.drop.sort(ctx, album, paths),
            Intent::Paste(album, picture) => self.desktop.files(ctx, album, picture),
            Intent::SendNow(album, paths, options) => self.send(album, paths, options),
            Intent::Save(photos) => self.save(ctx, photos),
            Intent::Photo(errand, photo) => self.errand(ctx, errand, photo),
            Intent::OpenMap(place) => self.desktop.open(ctx, vec![links::map(place).into()]),
            Intent::Describe(photo) => {
                if self.particulars.ask(photo) {
                    self.photo_request(PhotoRequest::Describe(photo));
                }
            }
            Intent::StopFetching => self.photo_request(PhotoRequest::StopFetching),
            Intent::Choose => self.screens.grid.hands.choose(),
            Intent::Delete(photos) => self.ask_to_delete(photos),
            Intent::NewAlbum => self.screens.sidebar.new_album(),
            Intent::RenameAlbum(album) => {
                if let Some(shelf) = self.facts.library.album(album) {
                    let title = shelf.album.title.clone();
                    self.screens.sidebar.rename(album, title);
                }
            }
            Intent::Ask(question) => self.question = Some((question, true)),
            Intent::Theme(theme) => {
                self.theme = theme;
                self.remembered.set_theme(theme);
                ctx.set_theme(theme);
            }
            Intent::TileSize(size) => self.remembered.set_tile_size(size),
            Intent::Arrange(arrangement) => self.remembered.set_arrangement(arrangement),
            Intent::KeySheet => self.sheet = Some(Sheet::Keys),
            Intent::Verify(album) => self.verify(album, Vec::new()),
            Intent::BrowseToCompare(album) => self.browse.compare(ctx, album),
            Intent::Settings => self.sheet = Some(Sheet::Settings),
            Intent::Change(settings) => {
                self.settings = (*settings).clone();
                self.backend.request(Request::Settings(settings));
            }
            Intent::TryDemo => {
                self.outcome.set(Outcome::TryDemo);
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
        }
        ctx.request_repaint();
    }

    fn photo_request(&mut self, request: PhotoRequest) {
        self.backend.request(Request::Photo(request));
    }

    /// One is saved by a name, several into a folder.
    fn save(&self, ctx: &Context, photos: Vec<PhotoId>) {
        let named = |photo| self.facts.library.photo(photo).map(|photo| photo.name().to_owned());
        match photos.as_slice() {
            [] => {}
            [one] => {
                if let Some(name) = named(*one) {
                    self.browse.save_one(ctx, *one, &name);
                }
            }
            _ => self.browse.save(ctx, photos),
        }
    }

    fn errand(&mut self, ctx: &Context, errand: Errand, photo: PhotoId) {
        match errand {
            Errand::CopyPicture => self.photo_request(PhotoRequest::Picture(photo)),
            Errand::CopyLink => {
                ctx.copy_text(links::telegram(photo));
                self.toasts.say(Icon::Link, "Link copied. It opens for members of the album only.");
            }
            Errand::ShowInTelegram => {
                let links = vec![links::telegram_app(photo).into(), links::telegram(photo).into()];
                self.desktop.open(ctx, links);
            }
            Errand::OpenElsewhere => self.photo_request(PhotoRequest::HandOver(photo)),
            Errand::Play => {
                // The key is the same on pictures, where it means nothing.
                let kind = self.facts.library.photo(photo).map(|photo| photo.kind());
                if matches!(kind, Some(MediaKind::Video { .. })) {
                    self.photo_request(PhotoRequest::Play(photo));
                }
            }
        }
    }

    /// What the desktop did, or could not do.
    pub(super) fn desktop_did(&mut self, ctx: &Context, done: desktop::Done) {
        match done {
            desktop::Done::Pasted { album, files, .. } if !files.is_empty() => {
                self.screens.drop.sort(ctx, album, files);
            }
            desktop::Done::Pasted { album, picture: Some(picture), .. } => {
                self.screens.drop.paste(ctx, album, picture);
            }
            desktop::Done::Pasted { .. } => {
                self.toasts.trouble("The clipboard holds neither files nor a picture.");
            }
            desktop::Done::Copied => self.toasts.say(Icon::Copy, "Picture copied"),
            desktop::Done::Failed(words) => self.toasts.trouble(words),
        }
    }

    /// Telegram alone can delete for good: without a line there is nothing to ask.
    fn ask_to_delete(&mut self, photos: Vec<PhotoId>) {
        if matches!(self.facts.connection, ConnectionState::Offline { .. }) {
            self.toasts.trouble(
                "Photos are deleted on Telegram, which cannot be reached now. Try again once you \
                 are online.",
            );
            return;
        }
        let albums: BTreeSet<AlbumId> = photos.iter().map(|photo| photo.album).collect();
        let shelves = albums.into_iter().filter_map(|album| self.facts.library.album(album));
        let albums = shelves.map(|shelf| shelf.album.title.clone()).collect();
        let name = match photos.as_slice() {
            [] => return,
            [one] => self.facts.library.photo(*one).map(|photo| photo.name().to_owned()),
            _ => None,
        };
        self.question = Some((Question::DeletePhotos { photos, albums, name }, true));
    }

    fn verify(&mut self, album: AlbumId, paths: Vec<PathBuf>) {
        self.verification = Some(Verification::begin(album, !paths.is_empty()));
        self.sheet = Some(Sheet::Verification);
        self.backend.request(Request::Verify { album, paths });
    }

    fn go(&mut self, place: Place) {
        self.place = place;
        self.screens.viewer = None;
        if let Place::Album(album) = place {
            self.remembered.set_last_album(album);
        }
    }

    fn request(&mut self, request: Request) {
        match &request {
            Request::Uploads(UploadsRequest::PauseAll) => self.facts.uploads.all_paused = true,
            Request::Uploads(UploadsRequest::ResumeAll) => self.facts.uploads.all_paused = false,
            _ => {}
        }
        self.backend.request(request);
    }

    /// Sends what was handed in, or asks how.
    pub(super) fn send_sorted(&mut self, ctx: &Context) {
        while let Some((target, given)) = self.screens.drop.sorted() {
            let asks = !given.folders.is_empty() || self.settings.uploads.always_ask;
            let has_place = target.is_some() || given.files.is_empty();
            let Sorted { files, folders } = &given;
            if asks && has_place {
                self.offers += 1;
                let offer = Offer::new(ctx, target, given, self.offers);
                self.screens.offers.push(offer);
            } else if let Some(album) = target {
                self.send(album, given.files, UploadOptions::default());
            } else if !files.is_empty() || !folders.is_empty() {
                self.screens.drop.homeless.extend(given.folders.into_iter().chain(given.files));
                self.screens.sidebar.new_album();
            }
            ctx.request_repaint();
        }
    }

    /// The window closes: files that nothing would have been asked about go. A card that nobody
    /// has answered is no word to send anything, and neither are folders, which get a card.
    pub(super) fn send_what_waits(&mut self) {
        let unanswered = std::mem::take(&mut self.screens.offers).len();
        if unanswered > 0 {
            tracing::warn!(unanswered, "what was asked about was not sent: the window closed");
        }
        for (target, given) in self.screens.drop.take_unsorted() {
            let asks = given.as_ref().is_none_or(|given| !given.folders.is_empty());
            match (target, given) {
                (Some(album), Some(given)) if !asks && !self.settings.uploads.always_ask => {
                    self.send(album, given.files, UploadOptions::default());
                }
                _ => tracing::warn!("what was handed in last was not sent: the window closed"),
            }
        }
    }

    /// Sends pictures that were pasted; they need an album.
    pub(super) fn send_pasted(&mut self) {
        while let Some((target, picture)) = self.screens.drop.pasted() {
            match (target, picture) {
                (Some(album), Some(picture)) => {
                    let picture = Arc::new(picture);
                    self.backend.request(Request::UploadPicture { album, picture });
                    let title = self.facts.library.album(album).map(|s| s.album.title.clone());
                    let title = title.unwrap_or_else(|| "the new album".to_owned());
                    self.toasts.say(Icon::Upload, format!("The picture is on the way to {title}"));
                }
                (None, _) => self.toasts.trouble("Make an album first, then paste again."),
                (_, None) => self
                    .toasts
                    .trouble("The clipboard's picture cannot be read. Copy it again and paste it."),
            }
        }
    }

    /// Asks for pictures of files on their way that are in view.
    pub(super) fn show_files_in_view(&mut self, ctx: &Context) {
        let files = self.facts.uploads.wishes(ctx.time());
        if !files.is_empty() {
            self.backend.request(Request::Uploads(UploadsRequest::Show(files)));
        }
    }

    fn send(&mut self, album: AlbumId, paths: Vec<PathBuf>, options: UploadOptions) {
        // A dialog may be left without a choice.
        if paths.is_empty() {
            return;
        }
        self.remembered.set_last_album(album);
        let title = self
            .facts
            .library
            .album(album)
            .map_or_else(|| "the new album".to_owned(), |shelf| shelf.album.title.clone());
        let what = words::counted(paths.len(), "item", "items");
        self.toasts.say(Icon::Upload, format!("{what} on the way to {title}"));
        self.backend.request(Request::Upload { album, paths, options });
    }

    pub(super) fn chosen(&mut self, ctx: &Context, chosen: Chosen) {
        match chosen {
            Chosen::Compare(album, folder) => self.verify(album, vec![folder]),
            Chosen::Upload(album, paths) => self.screens.drop.sort(ctx, Some(album), paths),
            Chosen::NoDialog(Purpose::Upload) => self.toasts.trouble(
                "This system has no file dialog. Drop files on the window instead, or install \
                 xdg-desktop-portal or zenity.",
            ),
            Chosen::NoDialog(Purpose::Save) => self.toasts.trouble(
                "This system has no file dialog, so there is no way to say where to save. Install \
                 xdg-desktop-portal (and the part of it for your desktop) or zenity, then save \
                 again.",
            ),
            Chosen::Save(photos, to) => self.photo_request(PhotoRequest::Save { photos, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::config::{Config, Places, Server, Settings};
    use crate::engine::{Event, WantList};
    use crate::ui::{Backend, WindowOptions};

    /// Keeps the albums that something was to be sent to.
    #[derive(Clone, Default)]
    struct Desk(Rc<RefCell<Vec<AlbumId>>>);

    impl Backend for Desk {
        fn poll(&mut self) -> Option<Event> {
            None
        }

        fn request(&mut self, request: Request) {
            if let Request::Upload { album, .. } = request {
                self.0.borrow_mut().push(album);
            }
        }

        fn want(&mut self, _wants: WantList) {}
    }

    #[test]
    fn a_dialog_that_was_left_without_a_choice_sends_and_says_nothing() {
        let home = tempfile::tempdir().unwrap();
        let here = || home.path().to_path_buf();
        let config = Arc::new(Config {
            places: Places { config: here(), data: here(), cache: here(), logs: here() },
            server: Server::Telegram,
            api: None,
            settings: Settings::default(),
        });
        let (ctx, desk) = (Context::default(), Desk::default());
        let mut app = App::new(&ctx, Box::new(desk.clone()), &config, WindowOptions::default());
        app.act(&ctx, Intent::SendNow(AlbumId(1), Vec::new(), UploadOptions::default()));
        assert!(desk.0.borrow().is_empty() && app.toasts.is_empty());
        app.act(&ctx, Intent::SendNow(AlbumId(2), vec![here()], UploadOptions::default()));
        assert!(*desk.0.borrow() == [AlbumId(2)] && !app.toasts.is_empty());
    }
}
