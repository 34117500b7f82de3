//! How the queue behaves towards the rest of the computer: it keeps it awake while files are going
//! out, and leaves room on the line where the user wants that.

use tokio::sync::watch;

use super::Desk;
use crate::config::Settings;
use crate::platform::awake::{Awake, Keep};

/// Parts that may be under way at once, of `window` that the line would take.
pub(super) fn limit(chosen: &watch::Receiver<Settings>, window: usize) -> usize {
    if chosen.borrow().uploads.gentle { window.min(1) } else { window }
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
}
