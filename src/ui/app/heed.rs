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
            let (title, body) = outcome(&Counts {
                failed: uploads.failed(),
                skipped: uploads.skipped(),
                whole: uploads.verified() - uploads.copies(),
                copies: uploads.copies(),
                photos: uploads.photos(),
            });
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

/// What became of how many files.
#[derive(Default)]
struct Counts {
    failed: usize,
    skipped: usize,
    /// Verified as they are.
    whole: usize,
    /// Verified as copies that something was taken out of.
    copies: usize,
    /// Compressed by Telegram.
    photos: usize,
}

fn outcome(counts: &Counts) -> (&'static str, String) {
    let Counts { failed, skipped, whole, copies, photos } = *counts;
    let files = |count| words::counted(count, "file", "files");
    if failed > 0 {
        let what = words::counted(failed, "file was", "files were");
        return ("Uploads need attention", format!("{what} not sent. Heliogram says why."));
    }
    if whole + copies + photos == 0 {
        return (
            "Nothing new was sent",
            format!("{} skipped. Heliogram says why.", files(skipped)),
        );
    }
    let mut facts = Vec::new();
    if whole > 0 {
        facts.push(format!("Telegram holds {}, byte for byte", files(whole)));
    }
    if copies > 0 {
        let what = words::counted(copies, "copy", "copies");
        facts.push(format!("{what} without location or details verified"));
    }
    if photos > 0 {
        facts.push(format!("{} sent as photos, compressed by Telegram", files(photos)));
    }
    if skipped > 0 {
        facts.push(format!("{} skipped", words::count(skipped)));
    }
    let title = if photos > 0 { "All uploads are sent" } else { "All uploads are verified" };
    (title, format!("{}.", facts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::{Counts, outcome};

    #[test]
    fn failures_come_first_and_nothing_is_called_whole_that_is_not() {
        let some = Counts { failed: 1, whole: 2, ..Counts::default() };
        assert_eq!(outcome(&some).1, "1 file was not sent. Heliogram says why.");
        let all = Counts { whole: 2, skipped: 1, ..Counts::default() };
        assert_eq!(outcome(&all).1, "Telegram holds 2 files, byte for byte; 1 skipped.");
        let photos = Counts { photos: 2, copies: 1, ..Counts::default() };
        let (title, body) = outcome(&photos);
        assert_eq!(title, "All uploads are sent");
        assert!(!body.contains("byte for byte") && body.starts_with("1 copy without"), "{body}");
        let none = Counts { skipped: 3, ..Counts::default() };
        assert!(!outcome(&none).1.contains("Telegram holds"));
    }
}
