//! Long TL types with every flag off: one literal each, filled in by those who use them.

use grammers_tl_types::{enums, types};

pub(crate) fn message(peer_id: enums::Peer) -> types::Message {
    types::Message {
        out: false,
        mentioned: false,
        media_unread: false,
        silent: false,
        post: false,
        from_scheduled: false,
        legacy: false,
        edit_hide: false,
        pinned: false,
        noforwards: false,
        invert_media: false,
        offline: false,
        video_processing_pending: false,
        paid_suggested_post_stars: false,
        paid_suggested_post_ton: false,
        id: 0,
        from_id: None,
        from_boosts_applied: None,
        from_rank: None,
        peer_id,
        saved_peer_id: None,
        fwd_from: None,
        via_bot_id: None,
        via_business_bot_id: None,
        guestchat_via_from: None,
        reply_to: None,
        date: 0,
        message: String::new(),
        media: None,
        reply_markup: None,
        entities: None,
        views: None,
        forwards: None,
        replies: None,
        edit_date: None,
        post_author: None,
        grouped_id: None,
        reactions: None,
        restriction_reason: None,
        ttl_period: None,
        quick_reply_shortcut_id: None,
        effect: None,
        factcheck: None,
        report_delivery_until_date: None,
        paid_message_stars: None,
        suggested_post: None,
        schedule_repeat_period: None,
        summary_from_language: None,
        rich_message: None,
    }
}

pub(crate) fn service(peer_id: enums::Peer, action: enums::MessageAction) -> types::MessageService {
    types::MessageService {
        out: true,
        mentioned: false,
        media_unread: false,
        reactions_are_possible: false,
        silent: false,
        post: true,
        legacy: false,
        id: 0,
        from_id: None,
        peer_id,
        saved_peer_id: None,
        reply_to: None,
        date: 0,
        action,
        reactions: None,
        ttl_period: None,
    }
}

pub(crate) fn channel(id: i64, photo: enums::ChatPhoto) -> types::Channel {
    types::Channel {
        creator: false,
        left: false,
        broadcast: false,
        verified: false,
        megagroup: false,
        restricted: false,
        signatures: false,
        min: false,
        scam: false,
        has_link: false,
        has_geo: false,
        slowmode_enabled: false,
        call_active: false,
        call_not_empty: false,
        fake: false,
        gigagroup: false,
        noforwards: false,
        join_to_send: false,
        join_request: false,
        forum: false,
        stories_hidden: false,
        stories_hidden_min: false,
        stories_unavailable: false,
        signature_profiles: false,
        autotranslation: false,
        broadcast_messages_allowed: false,
        monoforum: false,
        forum_tabs: false,
        id,
        access_hash: None,
        title: String::new(),
        username: None,
        photo,
        date: 0,
        restriction_reason: None,
        admin_rights: None,
        banned_rights: None,
        default_banned_rights: None,
        participants_count: None,
        usernames: None,
        stories_max_id: None,
        color: None,
        profile_color: None,
        emoji_status: None,
        level: None,
        subscription_until_date: None,
        bot_verification_icon: None,
        send_paid_messages_stars: None,
        linked_monoforum_id: None,
        linked_community_id: None,
    }
}

pub(crate) fn channel_full(id: i64, chat_photo: enums::Photo) -> types::ChannelFull {
    types::ChannelFull {
        can_view_participants: false,
        can_set_username: false,
        can_set_stickers: false,
        hidden_prehistory: false,
        can_set_location: false,
        has_scheduled: false,
        can_view_stats: false,
        blocked: false,
        can_delete_channel: false,
        antispam: false,
        participants_hidden: false,
        translations_disabled: false,
        stories_pinned_available: false,
        view_forum_as_messages: false,
        restricted_sponsored: false,
        can_view_revenue: false,
        paid_media_allowed: false,
        can_view_stars_revenue: false,
        paid_reactions_available: false,
        stargifts_available: false,
        paid_messages_available: false,
        has_welcome_messages: false,
        id,
        about: String::new(),
        participants_count: None,
        admins_count: None,
        kicked_count: None,
        banned_count: None,
        online_count: None,
        read_inbox_max_id: 0,
        read_outbox_max_id: 0,
        unread_count: 0,
        chat_photo,
        notify_settings: notify(),
        exported_invite: None,
        bot_info: vec![],
        migrated_from_chat_id: None,
        migrated_from_max_id: None,
        pinned_msg_id: None,
        stickerset: None,
        available_min_id: None,
        folder_id: None,
        linked_chat_id: None,
        location: None,
        slowmode_seconds: None,
        slowmode_next_send_date: None,
        stats_dc: None,
        pts: 0,
        call: None,
        ttl_period: None,
        pending_suggestions: None,
        groupcall_default_join_as: None,
        theme_emoticon: None,
        requests_pending: None,
        recent_requesters: None,
        default_send_as: None,
        available_reactions: None,
        reactions_limit: None,
        stories: None,
        wallpaper: None,
        boosts_applied: None,
        boosts_unrestrict: None,
        emojiset: None,
        bot_verification: None,
        stargifts_count: None,
        send_paid_messages_stars: None,
        main_tab: None,
        guard_bot_id: None,
    }
}

pub(crate) fn dialog(peer: enums::Peer) -> types::Dialog {
    types::Dialog {
        pinned: false,
        unread_mark: false,
        view_forum_as_messages: false,
        peer,
        top_message: 0,
        read_inbox_max_id: 0,
        read_outbox_max_id: 0,
        unread_count: 0,
        unread_mentions_count: 0,
        unread_reactions_count: 0,
        unread_poll_votes_count: 0,
        notify_settings: notify(),
        pts: None,
        draft: None,
        folder_id: None,
        ttl_period: None,
    }
}

pub(crate) fn notify() -> enums::PeerNotifySettings {
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
    .into()
}

pub(crate) fn document(id: i64, access_hash: i64, dc_id: i32) -> types::Document {
    types::Document {
        id,
        access_hash,
        file_reference: vec![],
        date: 0,
        mime_type: String::new(),
        size: 0,
        thumbs: None,
        video_thumbs: None,
        dc_id,
        attributes: vec![],
    }
}

pub(crate) fn photo(id: i64, access_hash: i64, dc_id: i32) -> types::Photo {
    types::Photo {
        has_stickers: false,
        id,
        access_hash,
        file_reference: vec![],
        date: 0,
        sizes: vec![],
        video_sizes: None,
        dc_id,
    }
}

pub(crate) fn media_document(document: enums::Document) -> types::MessageMediaDocument {
    types::MessageMediaDocument {
        nopremium: false,
        spoiler: false,
        video: false,
        round: false,
        voice: false,
        document: Some(document),
        alt_documents: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    }
}

pub(crate) fn media_photo(photo: enums::Photo) -> types::MessageMediaPhoto {
    types::MessageMediaPhoto {
        spoiler: false,
        live_photo: false,
        photo: Some(photo),
        ttl_seconds: None,
        video: None,
    }
}

pub(crate) fn forwarded(date: i32) -> types::MessageFwdHeader {
    types::MessageFwdHeader {
        imported: false,
        saved_out: false,
        from_id: None,
        from_name: None,
        date,
        channel_post: None,
        post_author: None,
        saved_from_peer: None,
        saved_from_msg_id: None,
        saved_from_id: None,
        saved_from_name: None,
        saved_date: None,
        psa_type: None,
    }
}

/// All that a creator may do.
pub(crate) fn creator_rights() -> enums::ChatAdminRights {
    types::ChatAdminRights {
        change_info: true,
        post_messages: true,
        edit_messages: true,
        delete_messages: true,
        ban_users: true,
        invite_users: true,
        pin_messages: true,
        add_admins: true,
        anonymous: false,
        manage_call: true,
        other: true,
        manage_topics: false,
        post_stories: true,
        edit_stories: true,
        delete_stories: true,
        manage_direct_messages: false,
        manage_ranks: false,
        manage_linked_peers: false,
        manage_welcome_messages: false,
    }
    .into()
}

pub(crate) fn photo_size(letter: u8, (w, h): (i32, i32), size: i32) -> enums::PhotoSize {
    types::PhotoSize { r#type: char::from(letter).to_string(), w, h, size }.into()
}

pub(crate) fn stripped_size(bytes: Vec<u8>) -> enums::PhotoSize {
    types::PhotoStrippedSize { r#type: "i".to_owned(), bytes }.into()
}

pub(crate) fn filename(file_name: &str) -> enums::DocumentAttribute {
    types::DocumentAttributeFilename { file_name: file_name.to_owned() }.into()
}

pub(crate) fn image_size((w, h): (i32, i32)) -> enums::DocumentAttribute {
    types::DocumentAttributeImageSize { w, h }.into()
}

pub(crate) fn video(duration: f64, (w, h): (i32, i32)) -> enums::DocumentAttribute {
    types::DocumentAttributeVideo {
        round_message: false,
        supports_streaming: true,
        nosound: false,
        duration,
        w,
        h,
        preload_prefix_size: None,
        video_start_ts: None,
        video_codec: None,
    }
    .into()
}

/// `updates` in the plain form, without a sequence number.
pub(crate) fn updates(
    updates: Vec<enums::Update>,
    users: Vec<enums::User>,
    chats: Vec<enums::Chat>,
) -> enums::Updates {
    types::Updates { updates, users, chats, date: super::seal::now(), seq: 0 }.into()
}
