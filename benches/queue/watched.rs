//! The engine, and what it has told of files on their way.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use heliogram::engine::{Engine, Event, Request, UploadsEvent, WantList};
use heliogram::model::{UploadId, UploadState};
use heliogram::ui::Backend;

/// What was told, shared with who measures.
pub(super) type Facts = Rc<RefCell<Told>>;

#[derive(Default)]
pub(super) struct Told {
    pub(super) photos: usize,
    pub(super) in_step: bool,
    pub(super) known: HashSet<UploadId>,
    /// Files that are over.
    pub(super) over: HashSet<UploadId>,
    /// Files that an earlier run left.
    pub(super) goes_on: usize,
}

impl Told {
    pub(super) fn words(&self) -> String {
        format!("{} photos, {} files, {} over", self.photos, self.known.len(), self.over.len())
    }
}

/// See the module.
pub(super) struct Watched {
    engine: Engine,
    pub(super) facts: Facts,
}

impl Watched {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, facts: Facts::default() }
    }
}

impl Backend for Watched {
    fn poll(&mut self) -> Option<Event> {
        let event = self.engine.poll();
        let mut facts = self.facts.borrow_mut();
        match &event {
            Some(Event::Changed(news)) => facts.photos = news.library.photo_count(),
            Some(Event::Sync(progress)) => facts.in_step = progress.is_none(),
            Some(Event::Uploads(UploadsEvent::GoesOn { files })) => facts.goes_on = *files,
            Some(Event::Uploads(UploadsEvent::Changed(uploads))) => {
                for upload in uploads {
                    facts.known.insert(upload.id);
                    if upload.state == UploadState::Verified {
                        facts.over.insert(upload.id);
                    }
                }
            }
            _ => {}
        }
        event
    }

    fn request(&mut self, request: Request) {
        self.engine.request(request);
    }

    fn want(&mut self, wants: WantList) {
        self.engine.want(wants);
    }
}
