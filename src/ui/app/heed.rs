//! What the user is told who looks elsewhere: a notification of the system when uploads are over
//! or stand still, and on a new start that they go on.

use egui::Context;

use super::App;
use crate::engine::AccountState;
use crate::ui::icons::Icon;
use crate::ui::words;

/// What was known of the uploads when it was last looked.
#[derive(Default)]
pub(super) struct Heed {
    /// Files were on their way.
    was_at_work: bool,
    was_signed_in: bool,
}

impl App {
    /// Looks at the uploads after news of them, and of the account.
    pub(super) fn heed(&mut self, ctx: &Context) {
        let uploads = &self.facts.uploads;
        let left = uploads.left();
        let signed_in = matches!(self.facts.account, AccountState::SignedIn { .. });
        let was_signed_in = std::mem::replace(&mut self.heed.was_signed_in, signed_in);
        let was_at_work = std::mem::replace(&mut self.heed.was_at_work, left > 0);
        if was_signed_in && !signed_in && was_at_work {
            self.notify(ctx, "Uploads have stopped", "Sign in to Telegram again; they go on then.");
        }
        if was_at_work && left == 0 && signed_in && !uploads.is_empty() {
            let (title, body) = outcome(uploads.failed(), uploads.len(), uploads.skipped());
            self.notify(ctx, title, &body);
        }
    }

    /// What was left of the last run goes on.
    pub(super) fn goes_on(&mut self, files: usize) {
        let what = words::counted(files, "file", "files");
        self.toasts.say(Icon::Upload, format!("Sending goes on: {what} left from the last time"));
    }

    fn notify(&self, ctx: &Context, title: &str, body: &str) {
        let is_seen = ctx.input(|input| input.focused);
        if let Some(notifier) = &self.notifier
            && self.settings.uploads.notify
            && !is_seen
        {
            notifier(title, body);
        }
    }
}

fn outcome(failed: usize, files: usize, skipped: usize) -> (&'static str, String) {
    if failed > 0 {
        let what = words::counted(failed, "file was", "files were");
        return ("Uploads need attention", format!("{what} not sent. Heliogram says why."));
    }
    let verified = words::counted(files - skipped, "file", "files");
    let mut body = format!("Telegram holds {verified}, byte for byte");
    if skipped > 0 {
        body = format!("{body}; {} skipped", words::count(skipped));
    }
    ("All uploads are verified", format!("{body}."))
}

#[cfg(test)]
mod tests {
    use super::outcome;

    #[test]
    fn failures_come_first() {
        assert_eq!(outcome(1, 3, 0).1, "1 file was not sent. Heliogram says why.");
        assert_eq!(outcome(0, 3, 1).1, "Telegram holds 2 files, byte for byte; 1 skipped.");
    }
}
