//! How deep a call's values may lie in each other. Pure.
//!
//! Texts hold texts, blocks hold blocks, media hold media, peers are known from a peer; whoever
//! reads them calls itself for each level, and four bytes make a level. A stack that runs out ends
//! the whole process, so that a call is looked at before it is read: it cannot be deeper than it
//! has values that hold others.

use grammers_tl_types::name_for_id;

/// More than any client sends in one call (an album has ten files, a poll ten answers), and few
/// enough for the smallest of stacks.
const MOST: usize = 40;
/// How the names of constructors begin that can hold one of their own kind.
const HOLDERS: [&str; 10] = [
    "text",
    "pageBlock",
    "pageList",
    "pageTable",
    "inputMedia",
    "inputPoll",
    "inputRich",
    "json",
    "inputPeerUserFrom",
    "inputPeerChannelFrom",
];

/// Whether a call is too deep to be read. Everything in TL lies at a multiple of four.
pub(super) fn is_too_deep(body: &[u8]) -> bool {
    let holds = |word: &[u8; 4]| {
        let name = name_for_id(u32::from_le_bytes(*word));
        HOLDERS.iter().any(|holder| name.starts_with(holder))
    };
    body.as_chunks().0.iter().filter(|word| holds(word)).nth(MOST).is_some()
}

#[cfg(test)]
mod tests {
    use grammers_tl_types::{Deserializable, Identifiable, Serializable, enums, functions, types};

    use super::*;

    fn nested(constructor: u32, levels: usize) -> Vec<u8> {
        constructor.to_le_bytes().repeat(levels)
    }

    #[test]
    fn towers_of_values_are_refused_before_they_are_read() {
        for constructor in [
            types::TextBold::CONSTRUCTOR_ID,
            types::PageBlockCover::CONSTRUCTOR_ID,
            types::JsonArray::CONSTRUCTOR_ID,
            types::InputMediaPaidMedia::CONSTRUCTOR_ID,
            types::InputPeerUserFromMessage::CONSTRUCTOR_ID,
        ] {
            assert!(is_too_deep(&nested(constructor, 100_000)));
        }
    }

    #[test]
    fn what_is_let_through_fits_a_stack() {
        let mut media: enums::InputMedia = enums::InputMedia::Empty;
        for _ in 0..MOST {
            let held = vec![media];
            media =
                types::InputMediaPaidMedia { stars_amount: 1, extended_media: held, payload: None }
                    .into();
        }
        let deepest = media.to_bytes();
        assert!(is_too_deep(&deepest), "the empty one at the bottom counts too");
        assert!(enums::InputMedia::from_bytes(&deepest).is_ok());
        let mut peer = enums::InputPeer::PeerSelf;
        for _ in 0..MOST {
            peer = types::InputPeerChannelFromMessage { peer, msg_id: 1, channel_id: 1 }.into();
        }
        assert!(!is_too_deep(&peer.to_bytes()));
        assert!(enums::InputPeer::from_bytes(&peer.to_bytes()).is_ok());
        let mut text = enums::RichText::TextEmpty;
        for _ in 0..MOST {
            text = types::TextBold { text }.into();
        }
        assert!(enums::RichText::from_bytes(&text.to_bytes()).is_ok());
    }

    #[test]
    fn what_clients_send_is_not() {
        let media = types::InputMediaUploadedPhoto {
            spoiler: false,
            live_photo: false,
            file: types::InputFile {
                id: 1,
                parts: 1,
                name: "a".into(),
                md5_checksum: String::new(),
            }
            .into(),
            stickers: None,
            ttl_seconds: None,
            video: None,
        };
        let single = types::InputSingleMedia {
            media: media.into(),
            random_id: 1,
            message: "text ".repeat(200),
            entities: None,
        };
        let call = functions::messages::SendMultiMedia {
            silent: false,
            background: false,
            clear_draft: false,
            noforwards: false,
            update_stickersets_order: false,
            invert_media: false,
            allow_paid_floodskip: false,
            peer: enums::InputPeer::PeerSelf,
            reply_to: None,
            multi_media: vec![single.into(); 10],
            schedule_date: None,
            send_as: None,
            quick_reply_shortcut: None,
            effect: None,
            allow_paid_stars: None,
        };
        assert!(!is_too_deep(&call.to_bytes()));
    }
}
