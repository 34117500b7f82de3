//! Channels: their life, who sees them, lists and pages.

use super::*;

#[test]
fn a_channel_is_born_with_a_note_and_pushed_to_the_other_sessions() {
    let bench = Bench::new();
    let updates = bench.ask(ANN, &create(" Iceland ", "about")).unwrap();
    let enums::Updates::Updates(all) = &updates else { panic!() };
    let enums::Chat::Channel(channel) = &all.chats[0] else { panic!() };
    assert!(channel.creator && channel.broadcast && channel.username.is_none());
    assert_eq!(channel.title, "Iceland");
    let notes = new_messages(&updates);
    assert!(matches!(&notes[0], enums::Message::Service(note)
        if note.id == 1 && matches!(note.action, enums::MessageAction::ChannelCreate(_))));
    let pushed = bench.pushed();
    assert_eq!(pushed[0].0, ANN);
    assert_eq!(pushed[0].1, Some(SessionId { key: ANN, session: 1 }));
    assert!(matches!(pushed[0].2[0], enums::Update::Channel(_)));
}

#[test]
fn titles_and_descriptions_are_checked() {
    let bench = Bench::new();
    assert_eq!(bench.ask(ANN, &create("  ", "")).unwrap_err(), "400 CHAT_TITLE_EMPTY");
    let long = "x".repeat(256);
    assert_eq!(bench.ask(ANN, &create("a", &long)).unwrap_err(), "400 CHAT_ABOUT_TOO_LONG");
    let peer = bench.channel(ANN, "Iceland");
    let title = |title: &str| f::channels::EditTitle { channel: peer.input(), title: title.into() };
    assert_eq!(bench.ask(ANN, &title("")).unwrap_err(), "400 CHAT_TITLE_EMPTY");
    assert_eq!(bench.ask(ANN, &title("Iceland")).unwrap_err(), "400 CHAT_NOT_MODIFIED");
    bench.pushed();
    let updates = bench.ask(ANN, &title("Norway")).unwrap();
    assert!(matches!(updates_of(&updates)[0], enums::Update::Channel(_)));
    assert_eq!(ids(&new_messages(&updates)), [2]);
    assert_eq!(bench.pushed().len(), 1);
    let about = |text: &str| f::messages::EditChatAbout { peer: peer.peer(), about: text.into() };
    assert!(bench.ask(ANN, &about("new")).unwrap());
    assert_eq!(bench.ask(ANN, &about("new")).unwrap_err(), "400 CHAT_ABOUT_NOT_MODIFIED");
    assert_eq!(bench.ask(ANN, &about(&long)).unwrap_err(), "400 CHAT_ABOUT_TOO_LONG");
    let full = f::channels::GetFullChannel { channel: peer.input() };
    let enums::messages::ChatFull::Full(full) = bench.ask(ANN, &full).unwrap();
    let enums::ChatFull::ChannelFull(full) = full.full_chat else { panic!() };
    assert_eq!((full.about.as_str(), full.pts), ("new", 3));
}

#[test]
fn nobody_else_sees_a_channel() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let page = Page { limit: 10, ..Page::default() };
    assert_eq!(bench.ask(BEN, &get_history(peer, page)).unwrap_err(), "400 CHANNEL_INVALID");
    let guessed = Peer { hash: bench.world.seal.channel_hash(BEN, peer.id), ..peer };
    assert_eq!(bench.ask(BEN, &get_history(guessed, page)).unwrap_err(), "400 CHANNEL_PRIVATE");
    let unknown = Peer { id: 5, hash: bench.world.seal.channel_hash(BEN, 5) };
    assert_eq!(bench.ask(BEN, &get_history(unknown, page)).unwrap_err(), "400 CHANNEL_INVALID");
    let mut oneself = get_history(peer, page);
    oneself.peer = enums::InputPeer::PeerSelf;
    assert_eq!(bench.ask(ANN, &oneself).unwrap_err(), "400 PEER_ID_INVALID");
    let all = dialogs(&bench, BEN, 10, 0, None);
    assert!(all.0.is_empty());
    bench.ask(ANN, &f::channels::DeleteChannel { channel: peer.input() }).unwrap();
    assert_eq!(bench.ask(ANN, &get_history(peer, page)).unwrap_err(), "400 CHANNEL_PRIVATE");
    assert!(dialogs(&bench, ANN, 10, 0, None).0.is_empty());
}

/// Channel ids of a page of dialogs, with the total where it is a slice.
fn dialogs(
    bench: &Bench,
    user: i64,
    limit: i32,
    offset_date: i32,
    after: Option<Peer>,
) -> (Vec<i64>, Option<i32>, i32) {
    let request = f::messages::GetDialogs {
        exclude_pinned: false,
        folder_id: None,
        offset_date,
        offset_id: 0,
        offset_peer: after.map_or(enums::InputPeer::Empty, Peer::peer),
        limit,
        hash: 0,
    };
    let (dialogs, messages, count) = match bench.ask(user, &request).unwrap() {
        enums::messages::Dialogs::Dialogs(it) => (it.dialogs, it.messages, None),
        enums::messages::Dialogs::Slice(it) => (it.dialogs, it.messages, Some(it.count)),
        enums::messages::Dialogs::NotModified(_) => panic!(),
    };
    let ids = dialogs
        .iter()
        .map(|dialog| {
            let enums::Dialog::Dialog(dialog) = dialog else { panic!() };
            assert!(dialog.pts.is_some() && dialog.top_message > 0);
            let enums::Peer::Channel(peer) = &dialog.peer else { panic!() };
            peer.channel_id
        })
        .collect();
    let date = match messages.last() {
        Some(enums::Message::Service(it)) => it.date,
        Some(enums::Message::Message(it)) => it.date,
        _ => 0,
    };
    (ids, count, date)
}

#[test]
fn dialogs_come_in_pages_without_gap_or_repeat() {
    let bench = Bench::new();
    let made: Vec<Peer> = (0..7).map(|n| bench.channel(ANN, &format!("Album {n}"))).collect();
    let (mut seen, mut date, mut last) = (Vec::new(), 0, None);
    loop {
        let (page, count, oldest) = dialogs(&bench, ANN, 3, date, last);
        if page.is_empty() {
            break;
        }
        assert_eq!(count, Some(7));
        date = oldest;
        last = made.iter().find(|peer| Some(&peer.id) == page.last()).copied();
        seen.extend(page);
    }
    let mut expected: Vec<i64> = made.iter().map(|peer| peer.id).collect();
    expected.reverse();
    assert_eq!(seen, expected);
    assert_eq!(dialogs(&bench, ANN, 100, 0, None).1, None);
}

#[test]
fn pages_of_history_follow_offsets_and_bounds() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    for n in 2..=250 {
        assert_eq!(bench.say(ANN, peer, "x", n), i32::try_from(n).unwrap());
    }
    let page = |page| ids(&bench.history(ANN, peer, page));
    let p = Page { limit: 100, ..Page::default() };
    assert_eq!(page(p), (151..=250).rev().collect::<Vec<_>>());
    assert_eq!(page(Page { offset_id: 3, ..p }), [2, 1]);
    assert_eq!(page(Page { offset_id: 50, limit: 3, ..p }), [49, 48, 47]);
    assert_eq!(page(Page { offset_id: 50, limit: 3, add_offset: 2, ..p }), [47, 46, 45]);
    assert_eq!(page(Page { offset_id: 50, limit: 4, add_offset: -2, ..p }), [51, 50, 49, 48]);
    assert_eq!(page(Page { offset_id: 50, limit: 2, add_offset: -5, ..p }), [54, 53]);
    assert_eq!(page(Page { offset_id: 249, limit: 4, add_offset: -3, ..p }), [250, 249, 248]);
    assert_eq!(page(Page { max_id: 50, min_id: 46, ..p }), [49, 48, 47]);
    assert_eq!(page(Page { limit: 0, ..p }), Vec::<i32>::new());
    let future = crate::sandbox::world::seal::now() + 100;
    assert_eq!(page(Page { offset_date: future, limit: 2, ..p }), [250, 249]);
    assert_eq!(page(Page { offset_date: 5, ..p }), Vec::<i32>::new());
    let (_, count) = messages(bench.ask(ANN, &get_history(peer, p)).unwrap());
    assert_eq!(count, 250);
}

#[test]
fn messages_by_id_leave_gaps_where_deleted() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    for n in 2..=5 {
        bench.say(ANN, peer, "x", n);
    }
    let delete = |id| f::channels::DeleteMessages { channel: peer.input(), id };
    assert_eq!(bench.ask(ANN, &delete(vec![1])).unwrap_err(), "403 MESSAGE_DELETE_FORBIDDEN");
    assert_eq!(bench.ask(ANN, &delete(vec![])).unwrap_err(), "400 MESSAGE_IDS_EMPTY");
    assert_eq!(bench.ask(ANN, &delete((2..200).collect())).unwrap_err(), "400 LIMIT_INVALID");
    bench.pushed();
    let enums::messages::AffectedMessages::Messages(affected) =
        bench.ask(ANN, &delete(vec![3, 99, 4])).unwrap();
    assert_eq!((affected.pts, affected.pts_count), (8, 2));
    assert!(matches!(&bench.pushed()[0].2[0], enums::Update::DeleteChannelMessages(it)
        if it.messages == [3, 4] && it.pts == 8 && it.pts_count == 2));
    let input = |id| enums::InputMessage::Id(types::InputMessageId { id });
    let get = |ids: Vec<i32>| f::channels::GetMessages {
        channel: peer.input(),
        id: ids.into_iter().map(input).collect(),
    };
    let (found, _) = messages(bench.ask(ANN, &get(vec![5, 4, 1])).unwrap());
    assert!(matches!(found[0], enums::Message::Message(_)));
    assert!(matches!(found[1], enums::Message::Empty(_)));
    assert!(matches!(found[2], enums::Message::Service(_)));
    assert_eq!(bench.ask(ANN, &get(vec![])).unwrap_err(), "400 MESSAGE_IDS_EMPTY");
    assert_eq!(bench.ask(ANN, &get((1..=101).collect())).unwrap_err(), "400 LIMIT_INVALID");
}
