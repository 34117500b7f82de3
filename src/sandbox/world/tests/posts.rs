//! Posting, albums of several, forwards and edits.

use super::*;

fn known(document: &types::Document) -> enums::InputMedia {
    types::InputMediaDocument {
        spoiler: false,
        id: types::InputDocument {
            id: document.id,
            access_hash: document.access_hash,
            file_reference: document.file_reference.clone(),
        }
        .into(),
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
        query: None,
    }
    .into()
}

fn sent_file(bench: &Bench, peer: Peer, id: i64) -> types::Document {
    let file = bench.upload(ANN, id, b"some bytes", 1024);
    let request = media_message(peer, uploaded_document(file, None, "x/y"), "caption", id);
    document(&new_messages(&bench.ask(ANN, &request).unwrap())[0])
}

#[test]
fn own_updates_are_answered_and_everybody_elses_pushed() {
    let mut bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    bench.pushed();
    let updates = bench.ask(ANN, &text_message(peer, "hello", 42)).unwrap();
    assert!(matches!(&updates_of(&updates)[0], enums::Update::MessageId(it)
        if it.random_id == 42 && it.id == 2));
    assert!(matches!(&updates_of(&updates)[1], enums::Update::NewChannelMessage(it)
        if it.pts == 3 && it.pts_count == 1));
    let pushed = bench.pushed();
    assert_eq!(pushed.len(), 1);
    assert!(matches!(pushed[0].2[..], [enums::Update::NewChannelMessage(_)]));
    bench.faults.too_long_pts = true;
    bench.say(ANN, peer, "again", 43);
    assert!(matches!(&bench.pushed()[0].2[..],
        [enums::Update::ChannelTooLong(it)] if it.pts == Some(4)));
}

#[test]
fn random_ids_are_for_once() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let say = |user, peer, id| bench.ask(user, &text_message(peer, "x", id)).map(|_| ());
    assert_eq!(say(ANN, peer, 0).unwrap_err(), "400 RANDOM_ID_EMPTY");
    say(ANN, peer, 5).unwrap();
    assert_eq!(say(ANN, peer, 5).unwrap_err(), "500 RANDOM_ID_DUPLICATE");
    let other = bench.channel(BEN, "Norway");
    say(BEN, other, 5).unwrap();
    let bench = bench.reopened();
    let again = bench.ask(ANN, &text_message(peer, "x", 5)).unwrap_err();
    assert_eq!(again, "500 RANDOM_ID_DUPLICATE");
    assert_eq!(bench.history(ANN, peer, Page { limit: 9, ..Page::default() }).len(), 2);
}

#[test]
fn texts_and_captions_have_limits() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let text = |text: &str| bench.ask(ANN, &text_message(peer, text, 9)).unwrap_err();
    assert_eq!(text(" "), "400 MESSAGE_EMPTY");
    assert_eq!(text(&"é".repeat(4097)), "400 MESSAGE_TOO_LONG");
    let file = bench.upload(ANN, 1, b"bytes", 1024);
    let mut request =
        media_message(peer, uploaded_document(file, None, "x/y"), &"é".repeat(1025), 9);
    assert_eq!(bench.ask(ANN, &request).unwrap_err(), "400 MEDIA_CAPTION_TOO_LONG");
    request.message = "é".repeat(1024);
    let bold = |offset, length| {
        Some(vec![enums::MessageEntity::Bold(types::MessageEntityBold { offset, length })])
    };
    request.entities = bold(1000, 25);
    assert_eq!(bench.ask(ANN, &request).unwrap_err(), "400 ENTITY_BOUNDS_INVALID");
    request.entities = bold(1000, 24);
    bench.ask(ANN, &request).unwrap();
}

#[test]
fn captions_are_edited_and_cleared() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    sent_file(&bench, peer, 1);
    let text = |id, text: &str| bench.ask(ANN, &edit(peer, id, text));
    assert_eq!(text(2, "caption").unwrap_err(), "400 MESSAGE_NOT_MODIFIED");
    assert_eq!(text(9, "new").unwrap_err(), "400 MESSAGE_ID_INVALID");
    assert_eq!(text(1, "new").unwrap_err(), "400 MESSAGE_ID_INVALID");
    assert_eq!(text(2, &"x".repeat(1025)).unwrap_err(), "400 MEDIA_CAPTION_TOO_LONG");
    bench.pushed();
    let updates = text(2, "").unwrap();
    let enums::Update::EditChannelMessage(edited) = &updates_of(&updates)[0] else { panic!() };
    let enums::Message::Message(message) = &edited.message else { panic!() };
    assert!(message.message.is_empty() && message.edit_date.is_some() && message.media.is_some());
    assert_eq!(edited.pts, 4);
    assert_eq!(bench.pushed().len(), 1);
    let said = bench.say(ANN, peer, "text", 2);
    assert_eq!(text(said, "").unwrap_err(), "400 MESSAGE_EMPTY");
}

fn group(peer: Peer, media: Vec<(enums::InputMedia, i64)>) -> f::messages::SendMultiMedia {
    f::messages::SendMultiMedia {
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: peer.peer(),
        reply_to: None,
        multi_media: media
            .into_iter()
            .map(|(media, random_id)| {
                let message = String::new();
                types::InputSingleMedia { media, random_id, message, entities: None }.into()
            })
            .collect(),
        schedule_date: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
    }
}

#[test]
fn groups_are_of_one_kind_and_of_ten() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let file = known(&sent_file(&bench, peer, 1));
    let refused = |request| bench.ask(ANN, &request).unwrap_err();
    assert_eq!(refused(group(peer, vec![])), "400 MEDIA_EMPTY");
    let many = (10..21).map(|n| (file.clone(), n)).collect();
    assert_eq!(refused(group(peer, many)), "400 MULTI_MEDIA_TOO_LONG");
    let twice = vec![(file.clone(), 8), (file.clone(), 8)];
    assert_eq!(refused(group(peer, twice)), "500 RANDOM_ID_DUPLICATE");
    let raw = uploaded_document(bench.upload(ANN, 2, b"x", 1024), None, "x/y");
    assert_eq!(refused(group(peer, vec![(raw, 8)])), "400 MEDIA_INVALID");
    let mut clip = uploaded_document(bench.upload(ANN, 3, b"x", 1024), None, "video/mp4");
    if let enums::InputMedia::UploadedDocument(clip) = &mut clip {
        clip.attributes.push(super::super::plain::video(1.0, (4, 3)));
    }
    let request =
        f::messages::UploadMedia { business_connection_id: None, peer: peer.peer(), media: clip };
    let enums::MessageMedia::Document(clip) = bench.ask(ANN, &request).unwrap() else { panic!() };
    let Some(enums::Document::Document(clip)) = clip.document else { panic!() };
    let mixed = vec![(file.clone(), 8), (known(&clip), 9)];
    assert_eq!(refused(group(peer, mixed)), "400 MEDIA_GROUPED_INVALID");
    let updates = bench.ask(ANN, &group(peer, vec![(file.clone(), 8), (file, 9)])).unwrap();
    let groups: Vec<_> = new_messages(&updates)
        .iter()
        .map(|message| {
            let enums::Message::Message(message) = message else { panic!() };
            message.grouped_id.unwrap()
        })
        .collect();
    assert!(groups.len() == 2 && groups[0] == groups[1]);
}

#[test]
fn forwards_share_the_file_and_may_drop_the_author() {
    let bench = Bench::new();
    let (from, to) = (bench.channel(ANN, "Iceland"), bench.channel(ANN, "Norway"));
    let sent = sent_file(&bench, from, 1);
    let forward = |drop_author, id: Vec<i32>, random_id: Vec<i64>| f::messages::ForwardMessages {
        silent: false,
        background: false,
        with_my_score: false,
        drop_author,
        drop_media_captions: false,
        noforwards: false,
        allow_paid_floodskip: false,
        from_ephemeral: false,
        from_peer: from.peer(),
        id,
        random_id,
        to_peer: to.peer(),
        top_msg_id: None,
        reply_to: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        video_timestamp: None,
        allow_paid_stars: None,
        suggested_post: None,
    };
    let refused = |request| bench.ask(ANN, &request).unwrap_err();
    assert_eq!(refused(forward(true, vec![2], vec![])), "400 RANDOM_ID_INVALID");
    assert_eq!(refused(forward(true, vec![], vec![])), "400 MESSAGE_IDS_EMPTY");
    assert_eq!(refused(forward(true, vec![99], vec![50])), "400 MESSAGE_ID_INVALID");
    for (drop_author, random_id) in [(true, 51), (false, 52)] {
        let updates = bench.ask(ANN, &forward(drop_author, vec![2], vec![random_id])).unwrap();
        let forwarded = &new_messages(&updates)[0];
        assert_eq!(document(forwarded).id, sent.id);
        let enums::Message::Message(message) = forwarded else { panic!() };
        assert_eq!(message.fwd_from.is_none(), drop_author);
        assert_eq!(message.message, "caption");
    }
}
