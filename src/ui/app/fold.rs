//! Taking in what the engine tells.

use std::time::{Duration, Instant};

use egui::Context;

use super::{App, Facts, Sheet};
use crate::engine::{
    AccountState, ConnectionState, Event, News, PhotoEvent, Remedy, Request, SaveTo, Trouble,
    UploadsEvent, VerifyEvent,
};
use crate::model::{Album, AlbumId, Library, PhotoId, Rendition, Touched};
use crate::ui::grid::Grid;
use crate::ui::icons::Icon;
use crate::ui::view::Place;
use crate::ui::words;

/// The longest that a frame takes in events.
const AT_MOST: Duration = Duration::from_millis(6);
/// Files on their way of which news is taken in between two looks at the clock.
const FILES: usize = 250;
/// Photos among which a file on its way is looked for when nobody says which are new.
const NEWEST: usize = 10_000;

impl App {
    /// Takes in what waits, for a few milliseconds at most.
    pub(super) fn drain(&mut self, ctx: &Context) {
        let began = Instant::now();
        while let Some(event) = self.next_event() {
            self.take_in(ctx, event);
            if began.elapsed() > AT_MOST {
                ctx.request_repaint();
                break;
            }
        }
        self.facts.uploads.sample_speed(ctx.time());
        if self.untaken.is_none() {
            self.heed(ctx);
        }
    }

    /// The next event. News of very many files is taken in piece by piece, before anything that
    /// was told later.
    fn next_event(&mut self) -> Option<Event> {
        let event = match self.untaken.take() {
            Some(rest) => Event::Uploads(rest),
            None => self.backend.poll()?,
        };
        let (piece, rest) = match event {
            Event::Uploads(UploadsEvent::Changed(mut files)) if files.len() > FILES => {
                let rest = files.split_off(FILES);
                (UploadsEvent::Changed(files), UploadsEvent::Changed(rest))
            }
            Event::Uploads(UploadsEvent::Removed(mut ids)) if ids.len() > FILES => {
                let rest = ids.split_off(FILES);
                (UploadsEvent::Removed(ids), UploadsEvent::Removed(rest))
            }
            whole => return Some(whole),
        };
        self.untaken = Some(rest);
        Some(Event::Uploads(piece))
    }

    fn take_in(&mut self, ctx: &Context, event: Event) {
        match event {
            Event::Account(state) => {
                if state == self.facts.account {
                    return;
                }
                self.screens.sign_in.changed(&state, ctx.time());
                if matches!(self.facts.account, AccountState::SignedIn { .. }) {
                    // The next account sees nothing of this one.
                    self.screens.viewer = None;
                    self.screens.grid = Grid::default();
                    self.question = None;
                    (self.particulars, self.fetching) = Default::default();
                    self.screens.offers.clear();
                    (self.sheet, self.verification) = (None, None);
                    self.place = Place::AllPhotos;
                    self.facts.uploads.forget();
                    self.remembered.forget_account();
                }
                self.facts.account = state;
            }
            Event::Connection(state) => {
                if state == ConnectionState::Online {
                    self.particulars.forgive();
                }
                self.facts.connection = state;
            }
            Event::Changed(news) => self.fold(ctx, news),
            Event::Picture(picture) => self.pictures.receive(picture),
            Event::Moves { photo, frames } => {
                if let Some(viewer) = &mut self.screens.viewer {
                    viewer.moves(photo, frames);
                }
            }
            Event::Uploads(event) => {
                if let UploadsEvent::GoesOn { files } = event {
                    self.goes_on(files);
                }
                self.facts.uploads.receive(ctx, event);
                self.hand_over();
            }
            Event::Trouble(trouble) => self.trouble(trouble),
            Event::Dates(left) => self.facts.dates_left = left,
            Event::Sync(progress) => {
                self.facts.in_step = progress.is_none();
                self.facts.sync = progress;
            }
            Event::Deleted { photos, deleted } => {
                self.screens.grid.hands.deleted(&photos);
                if deleted > 0 {
                    let what = words::counted(deleted, "photo", "photos");
                    self.toasts.say(Icon::Trash, format!("{what} deleted for good"));
                }
            }
            Event::Verify(event) => self.verified(event),
            Event::Photo(event) => self.photo_event(ctx, event),
        }
    }

    /// Who has closed the sheet is told what came of it.
    fn verified(&mut self, event: VerifyEvent) {
        let Some(verification) = &mut self.verification else { return };
        let is_over = verification.told(event);
        if !is_over || self.sheet == Some(Sheet::Verification) {
            return;
        }
        let shelf = self.facts.library.album(verification.album);
        let title = shelf.map_or("the album", |shelf| shelf.album.title.as_str());
        match verification.verdict(title) {
            Some((true, words)) => self.toasts.say(Icon::ShieldCheck, words),
            Some((false, words)) => self.toasts.trouble(words),
            None => {}
        }
    }

    fn photo_event(&mut self, ctx: &Context, event: PhotoEvent) {
        match event {
            PhotoEvent::Details { photo, details } => self.particulars.learn(photo, details),
            PhotoEvent::Fetching(fetching) => self.fetching.told(ctx.time(), fetching),
            PhotoEvent::Saved { to: SaveTo::File(file), .. } => {
                self.toasts.say(Icon::Download, format!("Original saved as {}", file.display()));
            }
            PhotoEvent::Saved { photos, to: SaveTo::Folder(folder) } => {
                let what = words::counted(photos, "original", "originals");
                self.toasts.say(Icon::Download, format!("{what} saved in {}", folder.display()));
            }
            PhotoEvent::Picture { picture, .. } => self.desktop.copy(ctx, picture),
            PhotoEvent::Ready { file, .. } => self.desktop.open(ctx, vec![file.into()]),
        }
    }

    /// What the library was and what it is tell what happened to whatever was touched.
    fn fold(&mut self, ctx: &Context, News { library, touched }: News) {
        let before = std::mem::replace(&mut self.facts.library, library);
        self.albums_since(ctx, &before);
        self.screens.grid.note(&touched);
        match touched {
            Touched::Photos(ids) => ids.into_iter().for_each(|id| self.photo_since(&before, id)),
            Touched::Everything => {
                self.screens.grid.hands.changed_somehow();
                // Of all others nothing is kept here.
                for id in self.pictures.known() {
                    self.photo_since(&before, id);
                }
                self.arrivals_since(&before);
            }
        }
        self.hand_over();
        self.walk_on(ctx);
    }

    fn photo_since(&mut self, before: &Library, id: PhotoId) {
        if let Some(was) = before.photo(id) {
            let is = self.facts.library.photo(id).map(|is| is.bytes());
            self.screens.grid.hands.changed(id, was.bytes(), is);
        }
        match (before.photo(id), self.facts.library.photo(id)) {
            (Some(was), Some(is)) if was.file() == is.file() => {}
            (Some(_), new) => {
                let is_another = new.is_some();
                self.particulars.forget(id);
                self.pictures.forget(id);
                // What was delivered of the file before is not to be taken for this one's.
                for rendition in [Rendition::Preview, Rendition::Thumbnail] {
                    if is_another {
                        self.backend.request(Request::Retry(id, rendition));
                    }
                }
            }
            (None, Some(new)) => self.facts.uploads.arrived(new),
            (None, None) => {}
        }
    }

    /// Looks for files on their way among the newest photos of their albums.
    fn arrivals_since(&mut self, before: &Library) {
        let Facts { library, uploads, .. } = &mut self.facts;
        for album in uploads.expectant() {
            let (Some(was), Some(is)) = (before.album(album), library.album(album)) else {
                continue;
            };
            let newest = is.photos_since(was).rev().take(NEWEST);
            newest
                .filter(|photo| was.photo(photo.id().message).is_none())
                .for_each(|photo| uploads.arrived(photo));
        }
    }

    fn albums_since(&mut self, ctx: &Context, before: &Library) {
        let library = &self.facts.library;
        if before.albums().any(|shelf| library.album(shelf.album.id).is_none()) {
            self.screens.grid.hands.changed_somehow();
        }
        let is_new = |album: &Album| before.album(album.id).is_none();
        let albums = library.albums().map(|shelf| &shelf.album);
        let making = self.screens.sidebar.making.as_deref();
        let made = albums.filter(|a| is_new(a)).find(|a| making == Some(a.title.as_str()));
        let made = made.map(|album| album.id);
        if let Place::Album(album) = self.place
            && before.album(album).is_some()
            && library.album(album).is_none()
        {
            self.place = Place::AllPhotos;
        }
        if let Some(album) = made {
            self.greet(ctx, album);
        }
    }

    /// Files that have become photos bring their pictures along: no tile flickers.
    fn hand_over(&mut self) {
        for (photo, texture) in self.facts.uploads.take_handovers() {
            self.pictures.adopt(photo, texture);
        }
    }

    /// The album that was asked for is here: go there, and send what waited for it.
    fn greet(&mut self, ctx: &Context, album: AlbumId) {
        self.screens.sidebar.making = None;
        self.place = Place::Album(album);
        let homeless = std::mem::take(&mut self.screens.drop.homeless);
        if !homeless.is_empty() {
            self.screens.drop.sort(ctx, Some(album), homeless);
        }
    }

    /// The photo in the viewer may be gone: its neighbour takes its place.
    fn walk_on(&mut self, ctx: &Context) {
        if let Some(viewer) = &mut self.screens.viewer {
            let shown = self.screens.grid.timeline();
            viewer.replace_gone(shown, &self.facts.library, ctx.time());
        }
    }

    fn trouble(&mut self, trouble: Trouble) {
        self.screens.sidebar.making = None;
        if !matches!(self.facts.account, AccountState::SignedIn { .. }) {
            self.screens.sign_in.refuse(trouble);
            return;
        }
        let mut words = words::trouble(&trouble);
        if let Remedy::WaitUntil(until) = trouble.remedy {
            let left = until - jiff::Timestamp::now().as_second();
            if let Ok(left) = u64::try_from(left) {
                words = format!("{words} Goes on in {}.", words::duration(left));
            }
        }
        self.toasts.trouble(words);
    }
}
