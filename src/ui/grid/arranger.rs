//! Orders and lays out a library that is too large for a frame, on a thread of its own. The window
//! goes on with what it has and takes the new in when it is there.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use jiff::tz::TimeZone;

use super::layout::{Layout, Params};
use crate::model::{Library, Touched};
use crate::ui::timeline::{Scope, Timeline};

/// A timeline and its layout, in step with each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Arranged {
    pub(super) timeline: Timeline,
    pub(super) layout: Layout,
}

impl Arranged {
    /// No row is broken.
    pub(super) fn of(timeline: Timeline, params: &Params) -> Self {
        let layout = Layout::of(timeline.order(), params);
        Self { timeline, layout }
    }
}

/// A thread at work.
pub(super) struct Arranger {
    receiver: Receiver<Box<Arranged>>,
    pub(super) scope: Scope,
    /// What has been touched since it took the library.
    pub(super) touched: Touched,
}

/// What has become of it.
pub(super) enum Outcome {
    /// Not done yet.
    AtWork,
    /// Done.
    Done(Box<Arranged>),
    /// It ended without a result.
    Lost,
}

impl Arranger {
    /// Begins; `None` where the system has no thread for it.
    pub(super) fn begin(
        ctx: &egui::Context,
        library: &Library,
        scope: Scope,
        zone: &TimeZone,
        params: Params,
    ) -> Option<Self> {
        let (sender, receiver) = sync_channel(1);
        let (ctx, library, zone) = (ctx.clone(), library.clone(), zone.clone());
        let work = move || {
            let mut arranged = Arranged::of(Timeline::of(&library, scope, &zone), &params);
            arranged.layout.finish(arranged.timeline.order());
            if sender.send(Box::new(arranged)).is_ok() {
                ctx.request_repaint();
            }
        };
        match std::thread::Builder::new().name("arrange".to_owned()).spawn(work) {
            Ok(_) => Some(Self { receiver, scope, touched: Touched::default() }),
            Err(error) => {
                tracing::warn!(%error, "no thread to arrange photos on");
                None
            }
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self.receiver.try_recv() {
            Ok(arranged) => Outcome::Done(arranged),
            Err(TryRecvError::Empty) => Outcome::AtWork,
            Err(TryRecvError::Disconnected) => Outcome::Lost,
        }
    }
}
