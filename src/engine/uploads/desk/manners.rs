//! How the queue behaves towards the rest of the computer: it keeps it awake while files are going
//! out, and leaves room on the line where the user wants that.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::Desk;
use crate::config::{OnMetered, Settings, Uploads};
use crate::engine::dates::ask_whether_metered;
use crate::engine::event::Trouble;
use crate::platform::awake::{Awake, Keep};
use crate::platform::network::Metered;

/// How often it is asked whether the line is metered.
const ASK_EVERY: Duration = Duration::from_secs(15);
/// Nothing goes out before the first answer; after so long, no answer is one.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// Parts that are read while those before them are under way, so that no connection waits for the
/// disk.
const READ_AHEAD: usize = 2;

/// Parts that may be at hand at once, where the line would take `window`. Where it matters whether
/// the line is metered, none before that was asked.
pub(super) fn limit(chosen: &Uploads, metered: Option<Metered>, window: usize) -> usize {
    let on_metered = match metered {
        Some(Metered::No | Metered::Unknown) => OnMetered::Go,
        None if chosen.on_metered != OnMetered::Go => return 0,
        Some(Metered::Yes) | None => chosen.on_metered,
    };
    match on_metered {
        OnMetered::Pause => 0,
        OnMetered::Gentle => window.min(1),
        OnMetered::Go if chosen.gentle => window.min(1),
        OnMetered::Go => window + READ_AHEAD,
    }
}

/// Keeps `line` up to date, while anybody cares.
pub(super) async fn ask_on(
    mut chosen: watch::Receiver<Settings>,
    line: &watch::Sender<Option<Metered>>,
) {
    loop {
        let matters = chosen.borrow_and_update().uploads.on_metered != OnMetered::Go;
        let now = if matters {
            let answer = timeout(ANSWERS_WITHIN, ask_whether_metered()).await;
            Some(answer.unwrap_or(Metered::Unknown))
        } else {
            None
        };
        line.send_if_modified(|before| std::mem::replace(before, now) != now);
        // Who chooses otherwise is heard at once.
        let _is_time = timeout(ASK_EVERY, chosen.changed()).await.is_err();
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

    /// Says once that files wait because the line is metered; `is_told`: that they still do.
    pub(super) fn say_why_none_goes(
        &self,
        chosen: &Uploads,
        metered: Option<Metered>,
        is_told: &mut bool,
    ) {
        let waits = metered == Some(Metered::Yes) && limit(chosen, metered, 1) == 0;
        if !waits {
            *is_told = false;
        } else if !*is_told && self.queue().is_at_work() {
            *is_told = true;
            self.core.bus.trouble(Trouble::plain(
                "Sending waits, because this line is metered; it goes on by itself on another one. \
                 The settings of uploads say so",
            ));
        }
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
        let (yes, no) = (Some(Metered::Yes), Some(Metered::Unknown));
        for (on_metered, then) in
            [(OnMetered::Go, 26), (OnMetered::Gentle, 1), (OnMetered::Pause, 0)]
        {
            assert_eq!(limit(on_metered, false, yes), then);
            assert_eq!(limit(on_metered, false, no), 26);
            assert_eq!(limit(on_metered, true, no), 1);
            let before = if on_metered == OnMetered::Go { 26 } else { 0 };
            assert_eq!(limit(on_metered, false, None), before, "nobody was asked yet");
        }
    }
}
