//! Users: phone, name, second factor, and how each looks to another.
//! They are few and change only at the start, so all are kept in memory; any thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use grammers_tl_types::{enums, types};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use serde::{Deserialize, Serialize};

use super::srp::Verifier;
use crate::sandbox::options::digits;
use crate::sandbox::server::DCS;
use crate::sandbox::wire::crypto::{eight, sha256};
use crate::sandbox::{AccountOption, SandboxError, db};

const USERS: TableDefinition<i64, &[u8]> = TableDefinition::new("users");

/// Like Telegram's newer users: does not fit 32 bits.
const FIRST_ID: i64 = 6_200_000_001;

/// Telegram's test numbers are 99966, the digit of a data centre and four more.
const DEFAULT_PHONE: &str = "9996621234";
const TEST_PREFIX: &str = "99966";

const NAMES: [&str; 8] = ["Demo", "Ada", "Grace", "Alan", "Edith", "Louis", "Lise", "Carl"];

/// One user, as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub id: i64,
    /// Digits only.
    pub phone: String,
    pub first_name: String,
    /// The data centre it signs in at.
    pub home: i32,
    pub password: Option<Password>,
}

/// A second factor. Its text is kept because the ready file must name it after a restart, too.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Password {
    pub text: String,
    pub verifier: Verifier,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

pub(crate) struct Users {
    by_id: BTreeMap<i64, User>,
    by_phone: BTreeMap<String, i64>,
    /// Those the options name, in their order, then all others.
    listed: Vec<i64>,
    secret: Vec<u8>,
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").field("known", &self.by_id.len()).finish_non_exhaustive()
    }
}

/// The sign-in code of a phone: the digit of its data centre five times, as Telegram's test servers have it.
pub(crate) fn code(phone: &str) -> String {
    dc_digit(phone).to_string().repeat(5)
}

fn dc_digit(phone: &str) -> char {
    let digit = phone
        .strip_prefix(TEST_PREFIX)
        .filter(|rest| rest.len() == 5)
        .and_then(|rest| rest.chars().next());
    digit.unwrap_or('2')
}

/// Where a phone signs in: where its digit says if that data centre exists, at the first otherwise.
pub(crate) fn home(phone: &str) -> i32 {
    let digit = dc_digit(phone).to_digit(10).and_then(|digit| i32::try_from(digit).ok());
    digit.filter(|digit| DCS.contains(digit)).unwrap_or(DCS[0])
}

impl Users {
    pub(super) fn open(
        database: &Arc<Database>,
        secret: Vec<u8>,
        wanted: &[AccountOption],
    ) -> Result<Self, SandboxError> {
        let mut users =
            Self { by_id: load(database)?, by_phone: BTreeMap::new(), listed: Vec::new(), secret };
        users.by_phone = users.by_id.values().map(|user| (user.phone.clone(), user.id)).collect();
        let default = [AccountOption { phone: DEFAULT_PHONE.into(), password: None }];
        let wanted = if wanted.is_empty() && users.by_id.is_empty() { &default } else { wanted };
        for account in wanted {
            let id = users.ensure(database, account)?;
            if !users.listed.contains(&id) {
                users.listed.push(id);
            }
        }
        let others: Vec<i64> =
            users.by_id.keys().copied().filter(|id| !users.listed.contains(id)).collect();
        users.listed.extend(others);
        Ok(users)
    }

    /// Makes the account, or gives the one with this phone the password asked for.
    fn ensure(
        &mut self,
        database: &Database,
        account: &AccountOption,
    ) -> Result<i64, SandboxError> {
        let refused = |cause: &str| SandboxError::Account {
            phone: account.phone.clone(),
            cause: cause.into(),
        };
        let phone =
            digits(&account.phone).ok_or_else(|| refused("a phone number takes 7 to 15 digits"))?;
        let known = self.by_phone.get(&phone).and_then(|id| self.by_id.get(id)).cloned();
        let mut user = known.clone().unwrap_or_else(|| {
            let order = self.by_id.len();
            let named = NAMES.get(order).map(|name| (*name).to_owned());
            User {
                id: FIRST_ID + i64::try_from(order).unwrap_or_default(),
                first_name: named.unwrap_or_else(|| format!("Person {}", order + 1)),
                home: home(&phone),
                phone: phone.clone(),
                password: None,
            }
        });
        if user.password.as_ref().map(|password| &password.text) != account.password.as_ref() {
            user.password = account
                .password
                .as_ref()
                .map(|text| Password { text: text.clone(), verifier: Verifier::new(text) });
        } else if known.is_some() {
            return Ok(user.id);
        }
        let bytes = postcard::to_stdvec(&user).map_err(|cause| refused(&cause.to_string()))?;
        let transaction = db::begin(database)?;
        transaction.open_table(USERS)?.insert(user.id, bytes.as_slice())?;
        transaction.commit()?;
        let id = user.id;
        self.by_phone.insert(phone, id);
        self.by_id.insert(id, user);
        Ok(id)
    }

    /// The accounts in the order of the ready file.
    pub(crate) fn listed(&self) -> Vec<User> {
        self.listed.iter().filter_map(|id| self.by_id.get(id)).cloned().collect()
    }

    /// The account that painted photographs belong to.
    pub(crate) fn first(&self) -> Option<i64> {
        self.listed.first().copied()
    }

    pub(crate) fn get(&self, id: i64) -> Option<&User> {
        self.by_id.get(&id)
    }

    /// By the digits of a phone number.
    pub(crate) fn by_phone(&self, digits: &str) -> Option<&User> {
        self.by_phone.get(digits).and_then(|id| self.by_id.get(id))
    }

    /// What `viewer` must show to speak of `user`: never zero, another for every viewer.
    pub(crate) fn access_hash(&self, viewer: i64, user: i64) -> i64 {
        let hash = sha256(&[&self.secret, b"user", &viewer.to_le_bytes(), &user.to_le_bytes()]);
        i64::from_le_bytes(eight(&hash)) | 1
    }

    /// Whom `input` means to `viewer`; `None` for a stranger or a foreign access hash.
    pub(crate) fn resolve(&self, viewer: i64, input: &enums::InputUser) -> Option<i64> {
        match input {
            enums::InputUser::UserSelf => Some(viewer),
            enums::InputUser::User(named) if named.user_id == viewer => Some(viewer),
            enums::InputUser::User(named) => (self.by_id.contains_key(&named.user_id)
                && self.access_hash(viewer, named.user_id) == named.access_hash)
                .then_some(named.user_id),
            enums::InputUser::Empty | enums::InputUser::FromMessage(_) => None,
        }
    }

    /// How `viewer` sees `id`.
    pub(crate) fn tl(&self, viewer: i64, id: i64) -> Option<enums::User> {
        self.by_id.get(&id).map(|user| enums::User::User(self.describe(viewer, user)))
    }

    fn describe(&self, viewer: i64, user: &User) -> types::User {
        let own = viewer == user.id;
        types::User {
            is_self: own,
            contact: false,
            mutual_contact: false,
            deleted: false,
            bot: false,
            bot_chat_history: false,
            bot_nochats: false,
            verified: false,
            restricted: false,
            min: false,
            bot_inline_geo: false,
            support: false,
            scam: false,
            apply_min_photo: false,
            fake: false,
            bot_attach_menu: false,
            premium: false,
            attach_menu_enabled: false,
            bot_can_edit: false,
            close_friend: false,
            stories_hidden: false,
            stories_unavailable: true,
            contact_require_premium: false,
            bot_business: false,
            bot_has_main_app: false,
            bot_forum_view: false,
            bot_forum_can_manage_topics: false,
            bot_can_manage_bots: false,
            bot_guestchat: false,
            bot_guard: false,
            id: user.id,
            access_hash: Some(self.access_hash(viewer, user.id)),
            first_name: Some(user.first_name.clone()),
            last_name: None,
            username: None,
            phone: own.then(|| user.phone.clone()),
            photo: None,
            status: Some(types::UserStatusRecently { by_me: false }.into()),
            bot_info_version: None,
            restriction_reason: None,
            bot_inline_placeholder: None,
            lang_code: None,
            emoji_status: None,
            usernames: None,
            stories_max_id: None,
            color: None,
            profile_color: None,
            bot_active_users: None,
            bot_verification_icon: None,
            send_paid_messages_stars: None,
            linked_community_id: None,
        }
    }
}

fn load(database: &Database) -> Result<BTreeMap<i64, User>, SandboxError> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(USERS) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(BTreeMap::new()),
        Err(cause) => return Err(cause.into()),
    };
    let mut users = BTreeMap::new();
    for entry in table.iter()? {
        let (id, bytes) = entry?;
        match postcard::from_bytes(bytes.value()) {
            Ok(user) => drop(users.insert(id.value(), user)),
            Err(cause) => {
                tracing::error!(user = id.value(), %cause, "a stored user cannot be read and is left out");
            }
        }
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(phone: &str, password: Option<&str>) -> AccountOption {
        AccountOption { phone: phone.into(), password: password.map(Into::into) }
    }

    #[test]
    fn made_kept_and_changed() {
        let folder = tempfile::tempdir().unwrap();
        let open = |wanted: &[AccountOption]| {
            Users::open(&db::open(folder.path()).unwrap(), vec![1; 32], wanted).unwrap()
        };
        let listed = open(&[]).listed();
        assert_eq!(
            (listed[0].phone.as_str(), listed[0].first_name.as_str(), listed[0].home),
            (DEFAULT_PHONE, "Demo", 2)
        );
        let users = open(&[account("+999 664 0001", Some("pw")), account("+9996620002", None)]);
        let listed = users.listed();
        assert_eq!(listed.iter().map(|user| user.home).collect::<Vec<_>>(), [4, 2, 2]);
        assert_eq!(code(&listed[0].phone), "44444");
        assert_eq!(open(&[]).listed().len(), 3);
        assert_eq!(open(&[]).by_phone("9996640001").unwrap().password.as_ref().unwrap().text, "pw");
        assert!(
            open(&[account("9996640001", None)]).by_phone("9996640001").unwrap().password.is_none()
        );
    }

    #[test]
    fn an_access_hash_is_good_for_one_viewer_only() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = [account("9996620001", None), account("9996620002", None)];
        let users = Users::open(&db::open(folder.path()).unwrap(), vec![1; 32], &wanted).unwrap();
        let (one, two) = (FIRST_ID, FIRST_ID + 1);
        let input = |user_id, access_hash| {
            enums::InputUser::from(types::InputUser { user_id, access_hash })
        };
        assert_eq!(users.resolve(one, &input(two, users.access_hash(one, two))), Some(two));
        assert_eq!(users.resolve(one, &input(two, users.access_hash(two, two))), None);
    }
}
