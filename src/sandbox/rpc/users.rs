//! `users`: what one user sees of another.

use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, Serializable, enums, functions as f, types,
};

use super::{Answer, Caller, RpcError};
use crate::sandbox::server::Server;

/// More at once is refused.
const MOST: usize = 200;

pub(super) fn call(server: &Server, caller: &Caller, id: u32, body: &[u8]) -> Option<Answer> {
    let viewer = caller.user?;
    match id {
        f::users::GetUsers::CONSTRUCTOR_ID => Some(get_users(server, viewer, body)),
        f::users::GetFullUser::CONSTRUCTOR_ID => Some(get_full_user(server, viewer, body)),
        _ => None,
    }
}

/// Strangers and foreign access hashes come back as empty users.
fn get_users(server: &Server, viewer: i64, body: &[u8]) -> Answer {
    let request = f::users::GetUsers::deserialize(&mut Cursor::from_slice(&body[4..]))?;
    if request.id.len() > MOST {
        return Err(RpcError::bad_request("LIMIT_INVALID"));
    }
    let users = &server.accounts.users;
    let user = |input: &enums::InputUser| {
        let known = users.resolve(viewer, input).and_then(|id| users.tl(viewer, id));
        let named = match input {
            enums::InputUser::User(named) => named.user_id,
            _ => 0,
        };
        known.unwrap_or_else(|| types::UserEmpty { id: named }.into())
    };
    Ok(request.id.iter().map(user).collect::<Vec<_>>().to_bytes())
}

fn get_full_user(server: &Server, viewer: i64, body: &[u8]) -> Answer {
    let request = f::users::GetFullUser::deserialize(&mut Cursor::from_slice(&body[4..]))?;
    let users = &server.accounts.users;
    let id = users.resolve(viewer, &request.id).ok_or(RpcError::bad_request("USER_ID_INVALID"))?;
    let full = types::users::UserFull {
        full_user: full_user(id).into(),
        chats: Vec::new(),
        users: users.tl(viewer, id).into_iter().collect(),
    };
    Ok(enums::users::UserFull::from(full).to_bytes())
}

fn full_user(id: i64) -> types::UserFull {
    types::UserFull {
        blocked: false,
        phone_calls_available: false,
        phone_calls_private: false,
        can_pin_message: false,
        has_scheduled: false,
        video_calls_available: false,
        voice_messages_forbidden: false,
        translations_disabled: false,
        stories_pinned_available: false,
        blocked_my_stories_from: false,
        wallpaper_overridden: false,
        contact_require_premium: false,
        read_dates_private: false,
        sponsored_enabled: false,
        can_view_revenue: false,
        bot_can_manage_emoji_status: false,
        display_gifts_button: false,
        noforwards_my_enabled: false,
        noforwards_peer_enabled: false,
        unofficial_security_risk: false,
        id,
        about: None,
        settings: peer_settings().into(),
        personal_photo: None,
        profile_photo: None,
        fallback_photo: None,
        notify_settings: notify_settings().into(),
        bot_info: None,
        pinned_msg_id: None,
        common_chats_count: 0,
        folder_id: None,
        ttl_period: None,
        theme: None,
        private_forward_name: None,
        bot_group_admin_rights: None,
        bot_broadcast_admin_rights: None,
        wallpaper: None,
        stories: None,
        business_work_hours: None,
        business_location: None,
        business_greeting_message: None,
        business_away_message: None,
        business_intro: None,
        birthday: None,
        personal_channel_id: None,
        personal_channel_message: None,
        stargifts_count: None,
        starref_program: None,
        bot_verification: None,
        send_paid_messages_stars: None,
        disallowed_gifts: None,
        stars_rating: None,
        stars_my_pending_rating: None,
        stars_my_pending_rating_date: None,
        main_tab: None,
        saved_music: None,
        note: None,
        bot_manager_id: None,
    }
}

fn peer_settings() -> types::PeerSettings {
    types::PeerSettings {
        report_spam: false,
        add_contact: false,
        block_contact: false,
        share_contact: false,
        need_contacts_exception: false,
        report_geo: false,
        autoarchived: false,
        invite_members: false,
        request_chat_broadcast: false,
        business_bot_paused: false,
        business_bot_can_reply: false,
        geo_distance: None,
        request_chat_title: None,
        request_chat_date: None,
        business_bot_id: None,
        business_bot_manage_url: None,
        charge_paid_message_stars: None,
        registration_month: None,
        phone_country: None,
        name_change_date: None,
        photo_change_date: None,
    }
}

/// Everything as it is by default.
pub(crate) fn notify_settings() -> types::PeerNotifySettings {
    types::PeerNotifySettings {
        show_previews: None,
        silent: None,
        mute_until: None,
        ios_sound: None,
        android_sound: None,
        other_sound: None,
        stories_muted: None,
        stories_hide_sender: None,
        stories_ios_sound: None,
        stories_android_sound: None,
        stories_other_sound: None,
    }
}
