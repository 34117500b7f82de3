//! Signing in: one card, one question at a time, and its answer's trouble beside it.

mod card;

use std::time::Duration;

use egui::{Align2, Id, Rect, Ui, pos2, vec2};
use zeroize::{Zeroize, Zeroizing};

use self::card::Card;
use super::icons::Icon;
use super::tokens::{self, motion};
use super::view::Intent;
use super::widgets::{self, Face, FieldOptions};
use super::{brand, text, words};
use crate::engine::{AccountRequest, AccountState, ConnectionState, Request, Trouble};

/// What is typed, and what the card waits for.
#[derive(Default)]
pub(crate) struct SignIn {
    api_id: String,
    api_hash: String,
    phone: String,
    code: String,
    password: String,
    trouble: Option<Trouble>,
    /// Since when an answer is awaited, and to what.
    busy: Option<(f64, &'static str)>,
    /// The state whose field has had the focus given once.
    focused: Option<AccountState>,
    /// From when on a new code may be asked for, by the frame clock.
    resend_at: Option<f64>,
}

impl Drop for SignIn {
    fn drop(&mut self) {
        self.code.zeroize();
        self.password.zeroize();
        self.api_hash.zeroize();
    }
}

const CARD: egui::Vec2 = vec2(432.0, 352.0);
const CARD_TOP: f32 = 256.0;

impl SignIn {
    /// The account's state has changed: nothing is awaited any more.
    pub(crate) fn changed(&mut self, state: &AccountState, now: f64) {
        self.busy = None;
        self.trouble = None;
        self.resend_at = None;
        match state {
            AccountState::NeedsCode { resend_after, .. } => {
                self.code.zeroize();
                self.resend_at = resend_after.map(|after| now + after.as_secs_f64());
            }
            AccountState::NeedsPassword { .. } => self.password.zeroize(),
            AccountState::SignedIn { .. } => {
                self.code.zeroize();
                self.password.zeroize();
            }
            _ => {}
        }
    }

    /// The answer was a refusal.
    pub(crate) fn refuse(&mut self, trouble: Trouble) {
        self.busy = None;
        self.trouble = Some(trouble);
        self.code.zeroize();
        self.password.zeroize();
        self.focused = None;
    }

    fn ask(&mut self, now: f64, why: &'static str, request: AccountRequest, out: &mut Vec<Intent>) {
        self.busy = Some((now, why));
        self.trouble = None;
        out.push(Intent::Request(Request::Account(request)));
    }

    /// Paints the whole window.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        window: Rect,
        state: &AccountState,
        connection: &ConnectionState,
        offers_demo: bool,
        out: &mut Vec<Intent>,
    ) {
        let palette = tokens::palette(ui.ctx());
        ui.painter().rect_filled(window, 0.0, palette.canvas);
        // The design's 900 points, closed up where the window is lower.
        let squeeze = ((window.height() - 540.0) / 360.0).clamp(0.0, 1.0);
        let y = |full: f32, low: f32| window.min.y + egui::lerp(low..=full, squeeze);
        let x = window.center().x;
        let painter = ui.painter();
        brand::paint(
            painter,
            pos2(x, y(120.0, 26.0)),
            egui::lerp(32.0..=48.0, squeeze),
            palette.accent,
        );
        let centre = Align2::CENTER_CENTER;
        let room = window.width() - 32.0;
        let at = pos2(x, y(174.0, 60.0));
        let title =
            text::paint(painter, at, centre, text::DISPLAY, "Heliogram", palette.text, room);
        widgets::says(ui, title, Id::unique("welcome"), egui::Role::Heading, "Heliogram");
        if squeeze > 0.5 {
            let at = pos2(x, y(208.0, 88.0));
            let line = "Your photographs, kept in your own Telegram account";
            text::paint(painter, at, centre, text::LEAD, line, palette.text_2, room);
        }
        let top = y(CARD_TOP, 84.0);
        let most = window.max.y - 76.0 - top;
        let size = vec2(CARD.x.min(window.width() - 32.0), CARD.y.min(most));
        let rect = Rect::from_min_size(pos2(x - size.x / 2.0, top), size);
        if matches!(state, AccountState::Starting) {
            starting(ui, rect);
        } else {
            self.card(ui, rect, state, connection, out);
        }
        let below = rect.max.y + egui::lerp(18.0..=34.0, squeeze);
        if offers_demo && !matches!(state, AccountState::Starting) {
            demo(ui, pos2(x, below), squeeze > 0.5, out);
        }
        let at = pos2(x, window.max.y - 24.0 - 16.0 * squeeze);
        let line = "Heliogram uses the Telegram API and is not an official Telegram app.";
        let shown = text::paint(ui.painter(), at, centre, text::SMALL, line, palette.text_3, room);
        widgets::says(ui, shown, Id::unique("not official"), egui::Role::Label, line);
    }

    fn card(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        state: &AccountState,
        connection: &ConnectionState,
        out: &mut Vec<Intent>,
    ) {
        let mut card = Card::new(ui, rect);
        let first = self.focused.as_ref() != Some(state);
        match state {
            AccountState::NeedsApi => self.api(&mut card, first, out),
            AccountState::NeedsPhone => self.phone(&mut card, first, out),
            AccountState::NeedsCode { phone, length, sent_where, .. } => {
                self.code(&mut card, first, phone, *length, sent_where, out);
            }
            AccountState::NeedsPassword { hint } => {
                self.password(&mut card, first, hint.as_deref(), out);
            }
            AccountState::Starting | AccountState::SignedIn { .. } => {}
        }
        if first {
            self.focused = Some(state.clone());
        }
        self.foot(&mut card, connection);
    }

    fn api(&mut self, card: &mut Card<'_>, first: bool, out: &mut Vec<Intent>) {
        card.heading("Heliogram’s key to Telegram");
        card.paragraph(
            "Telegram asks every app for a key of its own. Sign in at my.telegram.org, open API \
             development tools, and copy the two values here. This is asked for once.",
        );
        if card.link("Open my.telegram.org") {
            card.ui.ctx().open_url(egui::OpenUrl::new_tab("https://my.telegram.org/apps"));
        }
        let id = FieldOptions {
            name: "api_id",
            hint: "api_id: a number",
            limit: 10,
            ..Default::default()
        };
        let hash = FieldOptions {
            name: "api_hash",
            hint: "api_hash: 32 letters and digits",
            limit: 32,
            ..Default::default()
        };
        card.field(Id::unique("api_id"), &mut self.api_id, id, first);
        card.space(8.0);
        let entered = card.field(Id::unique("api_hash"), &mut self.api_hash, hash, false);
        card.space(12.0);
        let number = self.api_id.trim().parse::<i32>().ok().filter(|id| *id > 0);
        let hash = self.api_hash.trim();
        let fits = hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let ready = number.filter(|_| fits && self.busy.is_none());
        let pressed = card.main("Continue", ready.is_some());
        if let Some(id) = ready.filter(|_| pressed || entered) {
            let request = AccountRequest::UseApi { id, hash: hash.to_owned() };
            self.ask(card.now(), "Keeping the key", request, out);
        }
    }

    fn phone(&mut self, card: &mut Card<'_>, first: bool, out: &mut Vec<Intent>) {
        card.heading("Your phone number");
        card.paragraph("Telegram sends a code to the devices where you are signed in, or by SMS.");
        card.space(8.0);
        let options = FieldOptions {
            name: "Phone number",
            hint: "+47 412 34 567",
            limit: 24,
            wrong: self.trouble.is_some(),
            ..Default::default()
        };
        let entered = card.field(Id::unique("phone"), &mut self.phone, options, first);
        card.hint(match plausible_phone(&self.phone) {
            Phone::NoCountry => "Begin with + and the country code",
            _ => "With the country code",
        });
        let phone = match plausible_phone(&self.phone) {
            Phone::Complete(phone) if self.busy.is_none() => Some(phone),
            _ => None,
        };
        let pressed = card.main("Continue", phone.is_some());
        if let Some(phone) = phone.filter(|_| pressed || entered) {
            self.ask(
                card.now(),
                "Asking Telegram for a code",
                AccountRequest::SendCode { phone },
                out,
            );
        }
    }

    fn code(
        &mut self,
        card: &mut Card<'_>,
        first: bool,
        phone: &str,
        length: u8,
        sent_where: &str,
        out: &mut Vec<Intent>,
    ) {
        card.heading("Enter the code");
        let digits =
            if length > 0 { format!("The {length}-digit code") } else { "The code".to_owned() };
        card.paragraph(&format!("{digits} for {phone} was sent {sent_where}."));
        card.space(8.0);
        let limit = if length > 0 { usize::from(length) } else { 16 };
        let options = FieldOptions {
            name: "Code",
            hint: "Code",
            limit,
            wrong: self.trouble.is_some(),
            ..Default::default()
        };
        let entered = card.field(Id::unique("code"), &mut self.code, options, first);
        let code = self.code.trim();
        let is_empty = code.is_empty();
        let complete = length > 0 && code.chars().count() == usize::from(length);
        let changed = complete && card.changed;
        let may_resend = self.resend_at.is_none_or(|at| card.now() >= at);
        if let Some(at) = self.resend_at.filter(|_| !may_resend) {
            let left = Duration::from_secs_f64((at - card.now()).max(0.0));
            card.hint(&format!("Another code in {}", words::duration(left.as_secs() + 1)));
            card.ui.ctx().request_repaint_after_secs(0.5);
        } else if card.link("Send another code") {
            self.ask(card.now(), "Asking Telegram for a code", AccountRequest::ResendCode, out);
        }
        let ready = !is_empty && self.busy.is_none();
        let pressed = card.main("Sign in", ready);
        if ready && (pressed || entered || changed) {
            let code = Zeroizing::new(self.code.trim().to_owned());
            let request = AccountRequest::SignIn { code };
            self.ask(card.now(), "Checking the code", request, out);
        }
        card.space(4.0);
        if card.plain("Use another number") {
            self.focused = None;
            out.push(Intent::Request(Request::Account(AccountRequest::StartOver)));
        }
    }

    fn password(
        &mut self,
        card: &mut Card<'_>,
        first: bool,
        hint: Option<&str>,
        out: &mut Vec<Intent>,
    ) {
        card.heading("Your password");
        card.paragraph("This account is protected by a password of two-step verification.");
        card.space(8.0);
        let options = FieldOptions {
            name: "Password",
            hint: "Password",
            secret: true,
            wrong: self.trouble.is_some(),
            ..Default::default()
        };
        let entered = card.field(Id::unique("password"), &mut self.password, options, first);
        let hint = hint.filter(|hint| !hint.is_empty()).map(|hint| format!("Hint: {hint}"));
        match hint {
            Some(hint) => card.hint(&hint),
            None => card.space(16.0),
        }
        let ready = !self.password.is_empty() && self.busy.is_none();
        let pressed = card.main("Sign in", ready);
        if ready && (pressed || entered) {
            let password = Zeroizing::new(self.password.clone());
            let request = AccountRequest::CheckPassword { password };
            self.ask(card.now(), "Checking the password", request, out);
        }
        card.space(4.0);
        if card.plain("Start over") {
            self.focused = None;
            out.push(Intent::Request(Request::Account(AccountRequest::StartOver)));
        }
    }

    /// Trouble, or what is being waited for, or a promise.
    fn foot(&self, card: &mut Card<'_>, connection: &ConnectionState) {
        if let Some(trouble) = &self.trouble {
            return card.foot(Icon::Warning, &words::trouble(trouble), true);
        }
        if let Some((since, why)) = self.busy {
            let waited = card.now() - since;
            card.ui.ctx().request_repaint_after_secs(0.1);
            if waited > motion::SPINNER_AFTER {
                return card.busy(why);
            }
        }
        if let ConnectionState::Offline { why } = connection {
            return card.foot(Icon::Info, &format!("No connection to Telegram: {why}"), false);
        }
        card.foot(
            Icon::ShieldCheck,
            "Your session stays on this computer. You can end it in Telegram at any time.",
            false,
        );
    }
}

enum Phone {
    NoCountry,
    Incomplete,
    Complete(String),
}

/// Digits with a plus in front; spaces, dashes and brackets are for the eye.
fn plausible_phone(typed: &str) -> Phone {
    let typed = typed.trim();
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let rest = typed.chars().any(|c| !c.is_ascii_digit() && !" +-()./".contains(c));
    if !digits.is_empty() && !typed.starts_with('+') && !typed.starts_with("00") {
        return Phone::NoCountry;
    }
    let digits = if typed.starts_with('+') { digits } else { digits.chars().skip(2).collect() };
    if rest || !(5..=17).contains(&digits.len()) {
        Phone::Incomplete
    } else {
        Phone::Complete(format!("+{digits}"))
    }
}

fn starting(ui: &Ui, rect: Rect) {
    // A start takes a fraction of a second; only a slow one says what it does.
    let palette = tokens::palette(ui.ctx());
    let since = Id::unique("starting since");
    let now = ui.ctx().time();
    let began = ui.data_mut(|data| *data.get_temp_mut_or_insert_with(since, || now));
    ui.ctx().request_repaint_after_secs(0.1);
    if now - began > motion::SPINNER_AFTER {
        let spin =
            Rect::from_center_size(pos2(rect.center().x, rect.min.y + 40.0), vec2(20.0, 20.0));
        widgets::spinner(ui, spin, palette.text_3);
        text::paint(
            ui.painter(),
            pos2(rect.center().x, rect.min.y + 72.0),
            Align2::CENTER_CENTER,
            text::LABEL,
            "Opening your library",
            palette.text_3,
            rect.width(),
        );
    }
}

fn demo(ui: &Ui, centre: egui::Pos2, with_line: bool, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let label = "Try the demo";
    let width = widgets::button_width(ui, Face::Plain, None, label);
    let rect = Rect::from_center_size(centre, vec2(width, 32.0));
    if widgets::button(ui, rect, Id::unique("demo"), Face::Plain, None, label, true).clicked() {
        out.push(Intent::TryDemo);
    }
    if with_line {
        let at = centre + vec2(0.0, 24.0);
        let line = "No account needed. Nothing leaves this computer.";
        text::paint(
            ui.painter(),
            at,
            Align2::CENTER_CENTER,
            text::SMALL,
            line,
            palette.text_3,
            400.0,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_understood_however_they_are_typed() {
        let complete = |typed| match plausible_phone(typed) {
            Phone::Complete(phone) => Some(phone),
            _ => None,
        };
        assert_eq!(complete("+47 412 34 567").as_deref(), Some("+4741234567"));
        assert_eq!(complete("0047 (412) 34-567").as_deref(), Some("+4741234567"));
        assert_eq!(complete("+47 abc 34567"), None);
        assert_eq!(complete("+47"), None);
        assert!(matches!(plausible_phone("412 34 567"), Phone::NoCountry));
    }
}
