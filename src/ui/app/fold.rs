//! Taking in what the engine tells.

use std::time::{Duration, Instant};

use egui::Context;

use super::App;
use crate::engine::{AccountState, Event, Remedy, Trouble};
use crate::model::Change;
use crate::ui::icons::Icon;
use crate::ui::timeline::Timeline;
use crate::ui::view::Place;
use crate::ui::words;

/// The longest that a frame takes in events.
const AT_MOST: Duration = Duration::from_millis(6);

impl App {
    /// Takes in what waits, for a few milliseconds at most.
    pub(super) fn drain(&mut self, ctx: &Context) {
        let began = Instant::now();
        while let Some(event) = self.backend.poll() {
            self.take_in(ctx, event);
            if began.elapsed() > AT_MOST {
                ctx.request_repaint();
                break;
            }
        }
        self.facts.uploads.sample_speed(ctx.time());
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
                    self.place = Place::AllPhotos;
                    self.facts.uploads.forget();
                }
                self.facts.account = state;
            }
            Event::Connection(state) => self.facts.connection = state,
            Event::Changed(changes) => self.fold(ctx, &changes),
            Event::Picture(picture) => self.pictures.receive(picture),
            Event::Uploads(event) => {
                self.facts.uploads.receive(ctx, event);
                self.hand_over();
            }
            Event::Trouble(trouble) => self.trouble(trouble),
            Event::Sync(progress) => {
                self.facts.in_step = progress.is_none();
                self.facts.sync = progress;
            }
            Event::Saved { photos, to } => {
                let what = words::counted(photos, "original", "originals");
                self.toasts.say(Icon::Download, format!("{what} saved in {}", to.display()));
            }
        }
    }

    fn fold(&mut self, ctx: &Context, changes: &[Change]) {
        let mut gone = false;
        for change in changes {
            match change {
                Change::Photo(photo) => {
                    let known = self.facts.library.photo(photo.id);
                    if known.is_some_and(|known| known.remote.id != photo.remote.id) {
                        self.pictures.forget(photo.id);
                    }
                    self.facts.uploads.arrived(photo);
                }
                Change::PhotosGone { album, messages } => {
                    gone = true;
                    for message in messages {
                        let (album, message) = (*album, *message);
                        self.pictures.forget(crate::model::PhotoId { album, message });
                    }
                }
                Change::Album(album) => self.greet(&album.title, album.id),
                Change::AlbumGone(album) => {
                    gone = true;
                    if self.place == Place::Album(*album) {
                        self.place = Place::AllPhotos;
                    }
                }
                Change::Described { .. } => {}
            }
            self.facts.library.apply(change);
        }
        self.hand_over();
        if gone {
            self.walk_on(ctx);
        }
    }

    /// Files that have become photos bring their pictures along: no tile flickers.
    fn hand_over(&mut self) {
        for (photo, texture) in self.facts.uploads.take_handovers() {
            self.pictures.adopt(photo, texture);
        }
    }

    /// The album that was asked for is here: go there, and send what waited for it.
    fn greet(&mut self, title: &str, album: crate::model::AlbumId) {
        let is_new = self.facts.library.album(album).is_none();
        if !is_new || self.screens.sidebar.making.as_deref() != Some(title) {
            return;
        }
        self.screens.sidebar.making = None;
        self.place = Place::Album(album);
        let homeless = std::mem::take(&mut self.screens.drop.homeless);
        if !homeless.is_empty() {
            self.send(album, homeless);
        }
    }

    /// The photo in the viewer may be gone: its neighbour takes its place.
    fn walk_on(&mut self, ctx: &Context) {
        let Some(viewer) = &mut self.screens.viewer else { return };
        let Some(scope) = self.place.scope() else { return };
        let new = Timeline::of(&self.facts.library, scope, &self.facts.zone);
        viewer.replace_gone(self.screens.grid.timeline(), &new, ctx.time());
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
