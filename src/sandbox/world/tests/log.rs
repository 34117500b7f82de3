//! The log of a channel: following it from anywhere leads to what history shows.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn ask(peer: Peer, pts: i32, limit: i32) -> f::updates::GetChannelDifference {
    f::updates::GetChannelDifference {
        force: false,
        channel: peer.input(),
        filter: enums::ChannelMessagesFilter::Empty,
        pts,
        limit,
    }
}

/// What a client knows: message id → text.
type Known = BTreeMap<i32, String>;

fn note(known: &mut Known, message: &enums::Message) {
    let text = match message {
        enums::Message::Message(it) => it.message.clone(),
        _ => String::new(),
    };
    known.insert(message.id(), text);
}

/// Follows the log to its end; answers the pts there.
fn follow(bench: &Bench, peer: Peer, known: &mut Known, mut pts: i32, limit: i32) -> i32 {
    loop {
        match bench.ask(ANN, &ask(peer, pts, limit)).unwrap() {
            enums::updates::ChannelDifference::Empty(it) => {
                assert_eq!(it.pts, pts);
                return pts;
            }
            enums::updates::ChannelDifference::Difference(it) => {
                assert!(it.pts > pts);
                assert!(it.new_messages.len() + it.other_updates.len() <= limit as usize);
                pts = it.pts;
                for message in &it.new_messages {
                    note(known, message);
                }
                for update in &it.other_updates {
                    match update {
                        enums::Update::EditChannelMessage(it) => note(known, &it.message),
                        enums::Update::DeleteChannelMessages(it) => {
                            known.retain(|id, _| !it.messages.contains(id));
                        }
                        other => panic!("{other:?}"),
                    }
                }
                if it.r#final {
                    return pts;
                }
            }
            enums::updates::ChannelDifference::TooLong(_) => panic!("the log is short"),
        }
    }
}

fn shown(bench: &Bench, peer: Peer) -> Known {
    let mut known = Known::new();
    for message in bench.history(ANN, peer, Page { limit: 100, ..Page::default() }) {
        note(&mut known, &message);
    }
    known
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn following_the_log_from_anywhere_leads_to_history(
        steps in prop::collection::vec((0..5u8, any::<prop::sample::Index>()), 1..25),
        limit in 1..6i32,
    ) {
        let bench = Bench::new();
        let peer = bench.channel(ANN, "Iceland");
        // What a client would know who stopped following at each moment.
        let mut stops: Vec<(i32, Known)> = vec![(1, Known::new())];
        for (number, (step, pick)) in steps.iter().enumerate() {
            let live: Vec<i32> = shown(&bench, peer).into_keys().filter(|id| *id > 1).collect();
            let text = format!("text {number}");
            if *step < 3 || live.is_empty() {
                bench.say(ANN, peer, &text, number as i64 + 1);
            } else if *step == 3 {
                bench.ask(ANN, &edit(peer, live[pick.index(live.len())], &text)).unwrap();
            } else {
                let from = pick.index(live.len());
                let id = live[from..(from + 2).min(live.len())].to_vec();
                let delete = f::channels::DeleteMessages { channel: peer.input(), id };
                bench.ask(ANN, &delete).unwrap();
            }
            let reading = bench.world.reading().unwrap();
            let pts = reading.channel(peer.id).unwrap().unwrap().pts;
            stops.push((pts, shown(&bench, peer)));
        }
        let (end, expected) = stops.last().unwrap().clone();
        for (pts, mut known) in stops {
            prop_assert_eq!(follow(&bench, peer, &mut known, pts, limit), end);
            prop_assert_eq!(&known, &expected);
        }
    }
}

#[test]
fn differences_are_sliced_too_long_or_refused() {
    let mut bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    for n in 1..=9 {
        bench.say(ANN, peer, "x", n);
    }
    let refused = |pts| bench.ask(ANN, &ask(peer, pts, 100)).unwrap_err();
    assert_eq!(refused(0), "400 PERSISTENT_TIMESTAMP_EMPTY");
    assert_eq!(refused(99), "400 PERSISTENT_TIMESTAMP_INVALID");
    bench.faults.sliced = true;
    let slice = bench.ask(ANN, &ask(peer, 2, 100)).unwrap();
    assert!(matches!(slice, enums::updates::ChannelDifference::Difference(it)
        if !it.r#final && it.pts == 4 && it.new_messages.len() == 2));
    bench.faults.too_long = true;
    let far = bench.ask(ANN, &ask(peer, 2, 5)).unwrap();
    let enums::updates::ChannelDifference::TooLong(far) = far else { panic!() };
    assert_eq!(ids(&far.messages), [10, 9, 8, 7, 6]);
    let enums::Dialog::Dialog(dialog) = far.dialog else { panic!() };
    assert_eq!((dialog.pts, dialog.top_message), (Some(11), 10));
    let level = bench.ask(ANN, &ask(peer, 11, 5)).unwrap();
    assert!(matches!(level, enums::updates::ChannelDifference::Empty(_)));
}

#[test]
fn the_common_state_tells_which_channels_changed() {
    let bench = Bench::new();
    bench.channel(ANN, "Iceland");
    let away = |date| f::updates::GetDifference {
        pts: 1,
        pts_limit: None,
        pts_total_limit: None,
        date,
        qts: 1,
        qts_limit: None,
    };
    let now = crate::sandbox::world::seal::now();
    let missed = bench.ask(ANN, &away(now - 100)).unwrap();
    assert!(matches!(missed, enums::updates::Difference::Difference(it)
        if matches!(it.other_updates[..], [enums::Update::ChannelTooLong(_)])));
    let changed = bench.world.reading().unwrap().channels_of(ANN).unwrap()[0].changed;
    let at_once = bench.ask(ANN, &away(changed)).unwrap();
    assert!(matches!(at_once, enums::updates::Difference::Difference(_)), "{at_once:?}");
    let nothing = bench.ask(ANN, &away(now + 100)).unwrap();
    assert!(matches!(nothing, enums::updates::Difference::Empty(_)));
    let nothing = bench.ask(BEN, &away(0)).unwrap();
    assert!(matches!(nothing, enums::updates::Difference::Empty(_)));
}

#[test]
fn the_log_reaches_back_so_far_and_no_further() {
    use super::super::message::{Draft, LOG_REACH};
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    let draft = || Draft {
        message: super::super::plain::message(types::PeerChannel { channel_id: peer.id }.into())
            .into(),
        kind: super::super::record::Kind::Text,
        random_id: None,
    };
    let posted = bench.world.post(peer.id, (0..LOG_REACH + 1000).map(|_| draft()).collect());
    let last = posted.unwrap().last().unwrap().1;
    let far = bench.ask(ANN, &ask(peer, 2, 100)).unwrap();
    assert!(matches!(far, enums::updates::ChannelDifference::TooLong(_)));
    let near = bench.ask(ANN, &ask(peer, last - LOG_REACH, 100)).unwrap();
    assert!(matches!(near, enums::updates::ChannelDifference::Difference(it)
        if !it.r#final && it.new_messages.len() == 100));
}

#[test]
fn a_channel_that_went_while_away_is_told() {
    let bench = Bench::new();
    let peer = bench.channel(ANN, "Iceland");
    bench.ask(ANN, &f::channels::DeleteChannel { channel: peer.input() }).unwrap();
    let away = f::updates::GetDifference {
        pts: 1,
        pts_limit: None,
        pts_total_limit: None,
        date: 5,
        qts: 1,
        qts_limit: None,
    };
    let missed = bench.ask(ANN, &away).unwrap();
    assert!(matches!(missed, enums::updates::Difference::Difference(it)
        if matches!(it.other_updates[..], [enums::Update::Channel(_)])
        && matches!(it.chats[..], [enums::Chat::ChannelForbidden(_)])));
}
