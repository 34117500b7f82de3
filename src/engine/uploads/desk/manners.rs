//! How the queue behaves towards the rest of the computer: it keeps it awake while files are going
//! out, and leaves room on the line where the user wants that.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::Desk;
use crate::config::{OnMetered, Settings, Uploads};
use crate::engine::dates::ask_whether_metered;
use crate::engine::event::Trouble;
use crate::platform::awake::{Awake, Keep};
use crate::platform::network::Metered;

/// How often it is asked whether the line is metered.
const ASK_EVERY: Duration = Duration::from_mins(1);
/// Parts that are read while those before them are under way, so that no connection waits for the
/// disk.
const READ_AHEAD: usize = 2;

/// Parts that may be at hand at once, where the line would take `window`.
pub(super) fn limit(chosen: &Uploads, metered: Metered, window: usize) -> usize {
    let on_metered = if metered == Metered::Yes { chosen.on_metered } else { OnMetered::Go };
    match on_metered {
        OnMetered::Pause => 0,
        OnMetered::Gentle => window.min(1),
        OnMetered::Go if chosen.gentle => window.min(1),
        OnMetered::Go => window + READ_AHEAD,
    }
}

/// Keeps `line` up to date, while anybody cares.
pub(super) async fn ask_on(chosen: watch::Receiver<Settings>, line: &watch::Sender<Metered>) {
    loop {
        let matters = chosen.borrow().uploads.on_metered != OnMetered::Go;
        let now = if matters { ask_whether_metered().await } else { Metered::Unknown };
        line.send_if_modified(|before| std::mem::replace(before, now) != now);
        sleep(ASK_EVERY).await;
    }
}

impl Desk {
    /// Holds on to the computer while there is work, lets it go when there is none.
    pub(super) fn stay_awake(&self, chosen: &watch::Receiver<Settings>, awake: &mut Option<Awake>) {
        let wanted = chosen.borrow().uploads.stay_awake && self.queue().is_at_work();
        if !wanted {
            *awake = None;
        } else if awake.is_none() {
            *awake = Some(Awake::hold(Keep::Computer, "Photos are being sent"));
        }
    }

    /// Lets as many parts go out as the line takes and the user wants; says so when none may.
    pub(super) fn make_room(&self, chosen: &Uploads, metered: Metered, window: usize) {
        let limit = limit(chosen, metered, window);
        if limit == 0 && self.queue().is_at_work() {
            self.core.bus.trouble(Trouble::plain(
                "Sending waits, because this line is metered; it goes on by itself on another one. \
                 The settings of uploads say so",
            ));
        }
        self.parts.set_limit(limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metered_line_is_treated_as_the_user_wishes() {
        let limit = |on_metered, gentle, metered| {
            limit(&Uploads { gentle, on_metered, ..Uploads::default() }, metered, 24)
        };
        let (yes, no) = (Metered::Yes, Metered::Unknown);
        for (on_metered, then) in
            [(OnMetered::Go, 26), (OnMetered::Gentle, 1), (OnMetered::Pause, 0)]
        {
            assert_eq!(limit(on_metered, false, yes), then);
            assert_eq!(limit(on_metered, false, no), 26);
            assert_eq!(limit(on_metered, true, no), 1);
        }
    }
}
