//! Painted albums: as if they were stored, with what was done to them on top.

use super::*;
use crate::sandbox::painted::{PaintedKind, Painter};

const PHOTOS: u64 = 3000;

fn first_album(bench: &Bench) -> (Peer, i32) {
    let reading = bench.world.reading().unwrap();
    let channel = reading.channels_of(ANN).unwrap().remove(0);
    let peer = Peer { id: channel.id, hash: bench.world.seal.channel_hash(ANN, channel.id) };
    (peer, channel.painted.unwrap().count)
}

fn search(peer: Peer, filter: enums::MessagesFilter, q: &str) -> f::messages::Search {
    f::messages::Search {
        peer: peer.peer(),
        q: q.into(),
        from_id: None,
        saved_peer_id: None,
        saved_reaction: None,
        top_msg_id: None,
        filter,
        min_date: 0,
        max_date: 0,
        offset_id: 0,
        add_offset: 0,
        limit: 100,
        max_id: 0,
        min_id: 0,
        hash: 0,
    }
}

/// All ids of the kind, oldest first, by asking the painter for each.
fn expected(count: i32, fits: impl Fn(&PaintedKind) -> bool) -> Vec<i32> {
    let painter = Painter { seed: 5 };
    (2..=count + 1).filter(|id| fits(&painter.spec(u64::try_from(id - 2).unwrap()).kind)).collect()
}

#[test]
fn painted_albums_page_like_any_other_and_carry_changes() {
    let bench = Bench::painted(PHOTOS);
    bench.world.paint(ANN).unwrap();
    let (peer, count) = first_album(&bench);
    let top = bench.history(ANN, peer, Page { limit: 100, ..Page::default() });
    assert_eq!(ids(&top), (count - 98..=count + 1).rev().collect::<Vec<_>>());
    let delete = f::channels::DeleteMessages { channel: peer.input(), id: vec![10, 12] };
    bench.ask(ANN, &delete).unwrap();
    bench.ask(ANN, &edit(peer, 11, "mine now")).unwrap();
    let new = bench.say(ANN, peer, "on top", 1);
    assert_eq!(new, count + 2);
    let bench = bench.reopened();
    let low = bench.history(ANN, peer, Page { limit: 6, offset_id: 14, ..Page::default() });
    assert_eq!(ids(&low), [13, 11, 9, 8, 7, 6]);
    assert!(matches!(&low[1], enums::Message::Message(it)
        if it.message == "mine now" && it.media.is_some()));
    let high = bench.history(ANN, peer, Page { limit: 2, ..Page::default() });
    assert_eq!(ids(&high), [count + 2, count + 1]);
    let end = bench.history(ANN, peer, Page { limit: 9, offset_id: 4, ..Page::default() });
    assert_eq!(ids(&end), [3, 2, 1]);
    let all = get_history(peer, Page { limit: 1, ..Page::default() });
    assert_eq!(messages(bench.ask(ANN, &all).unwrap()).1, count + 2 - 2);
    // Following the log from the start of the painted world shows just these changes.
    let follow = f::updates::GetChannelDifference {
        force: false,
        channel: peer.input(),
        filter: enums::ChannelMessagesFilter::Empty,
        pts: count + 2,
        limit: 100,
    };
    let enums::updates::ChannelDifference::Difference(it) = bench.ask(ANN, &follow).unwrap() else {
        panic!()
    };
    assert_eq!((it.new_messages.len(), it.other_updates.len()), (1, 2));
    let before = f::updates::GetChannelDifference { pts: 2, ..follow };
    let far = bench.ask(ANN, &before).unwrap();
    assert!(matches!(far, enums::updates::ChannelDifference::TooLong(_)));
}

#[test]
fn painted_albums_are_there_again_without_being_asked_for() {
    let bench = Bench::painted(PHOTOS);
    let (peer, count) = first_album(&bench);
    let page = Page { limit: 3, ..Page::default() };
    let before = ids(&bench.history(ANN, peer, page));
    let bench = bench.repainted(None).unwrap();
    assert_eq!(ids(&bench.history(ANN, peer, page)), before);
    assert_eq!(first_album(&bench).1, count);
    let bench = bench.repainted(Some(PaintedOptions { photos: PHOTOS, seed: 5 })).unwrap();
    assert_eq!(first_album(&bench).1, count);
    let others = Some(PaintedOptions { photos: PHOTOS, seed: 6 });
    let refused = bench.repainted(others).err().unwrap().to_string();
    assert!(refused.contains("--photos 3000 --seed 5"), "{refused}");
}

#[test]
fn a_world_is_painted_later_too() {
    let bench = Bench::new();
    bench.channel(ANN, "First");
    let later = bench.repainted(Some(PaintedOptions { photos: 40, seed: 1 })).unwrap();
    let albums = later.world.reading().unwrap().channels_of(ANN).unwrap();
    assert_eq!(albums.len(), 6);
}

#[test]
fn painted_files_have_the_bytes_they_declare() {
    let bench = Bench::painted(PHOTOS);
    let (peer, count) = first_album(&bench);
    let painter = Painter { seed: 5 };
    let id = *expected(count, |kind| *kind == PaintedKind::Document).first().unwrap();
    let page = Page { limit: 1, offset_id: id + 1, ..Page::default() };
    let sent = document(&bench.history(ANN, peer, page)[0]);
    let spec = painter.spec(u64::try_from(id - 2).unwrap());
    let file = painter.file(&spec);
    assert_eq!(u64::try_from(sent.size).unwrap(), spec.bytes);
    let mut got = Vec::new();
    for offset in (0..file.len()).step_by(65_536) {
        let request = get_file(location(&sent, ""), offset as i64, 65_536);
        got.extend(bytes(bench.ask(ANN, &request).unwrap()));
    }
    assert!(got == file);
    let declared = sent.thumbs.iter().flatten().find_map(|size| match size {
        enums::PhotoSize::Size(size) if size.r#type == "m" => Some(size.size),
        _ => None,
    });
    let thumb = bytes(bench.ask(ANN, &get_file(location(&sent, "m"), 0, 1 << 20)).unwrap());
    assert_eq!(declared, i32::try_from(thumb.len()).ok());
    let id = *expected(count, |kind| *kind == PaintedKind::Photo).first().unwrap();
    let page = Page { limit: 1, offset_id: id + 1, ..Page::default() };
    let enums::Message::Message(message) = &bench.history(ANN, peer, page)[0] else { panic!() };
    let Some(enums::MessageMedia::Photo(media)) = &message.media else { panic!() };
    let Some(enums::Photo::Photo(photo)) = &media.photo else { panic!() };
    let Some(enums::PhotoSize::Size(largest)) = photo.sizes.last() else { panic!() };
    let place = types::InputPhotoFileLocation {
        id: photo.id,
        access_hash: photo.access_hash,
        file_reference: photo.file_reference.clone(),
        thumb_size: largest.r#type.clone(),
    };
    let spec = painter.spec(u64::try_from(id - 2).unwrap());
    let got = bytes(bench.ask(ANN, &get_file(place.into(), 0, 1 << 20)).unwrap());
    assert!(got == painter.file(&spec)[..got.len()]);
    assert_eq!(u64::try_from(largest.size).unwrap(), spec.bytes);
}

#[test]
fn searches_count_and_page_painted_kinds() {
    let bench = Bench::painted(PHOTOS);
    let (peer, count) = first_album(&bench);
    let videos = expected(count, |kind| matches!(kind, PaintedKind::Video { .. }));
    let gone = videos[videos.len() / 2];
    let delete = f::channels::DeleteMessages { channel: peer.input(), id: vec![gone, gone + 1] };
    bench.ask(ANN, &delete).unwrap();
    let left: Vec<i32> =
        videos.iter().copied().filter(|id| *id != gone && *id != gone + 1).collect();
    let mut request = search(peer, enums::MessagesFilter::InputMessagesFilterVideo, "");
    let mut seen = Vec::new();
    loop {
        let (page, total) = messages(bench.ask(ANN, &request).unwrap());
        assert_eq!(usize::try_from(total).unwrap(), left.len());
        let Some(last) = page.last() else { break };
        request.offset_id = last.id();
        seen.extend(ids(&page));
    }
    seen.reverse();
    assert_eq!(seen, left);
    let both = enums::MessagesFilter::InputMessagesFilterPhotoVideo;
    let counters = f::messages::GetSearchCounters {
        peer: peer.peer(),
        saved_peer_id: None,
        top_msg_id: None,
        filters: vec![both, enums::MessagesFilter::InputMessagesFilterMusic],
    };
    let counts: Vec<i32> = bench
        .ask(ANN, &counters)
        .unwrap()
        .into_iter()
        .map(|enums::messages::SearchCounter::Counter(it)| it.count)
        .collect();
    let fits = |kind: &PaintedKind| *kind != PaintedKind::Document;
    let expected = expected(count, fits).into_iter().filter(|id| *id != gone && *id != gone + 1);
    assert_eq!(counts, [i32::try_from(expected.count()).unwrap(), 0]);
}

#[test]
fn the_calendar_and_the_positions_agree_with_the_search() {
    let bench = Bench::painted(PHOTOS);
    let (peer, _) = first_album(&bench);
    let filter = enums::MessagesFilter::InputMessagesFilterDocument;
    let (_, total) = messages(bench.ask(ANN, &search(peer, filter.clone(), "")).unwrap());
    let (mut sum, mut offset_id, mut last_date) = (0, 0, i32::MAX);
    loop {
        let request = f::messages::GetSearchResultsCalendar {
            peer: peer.peer(),
            saved_peer_id: None,
            filter: filter.clone(),
            offset_id,
            offset_date: 0,
        };
        let enums::messages::SearchResultsCalendar::Calendar(it) =
            bench.ask(ANN, &request).unwrap();
        assert_eq!(it.count, total);
        assert_eq!(it.messages.len(), it.periods.len());
        if it.periods.is_empty() {
            break;
        }
        for enums::SearchResultsCalendarPeriod::Period(period) in it.periods {
            assert!(period.date < last_date && period.date % 86_400 == 0);
            assert!(period.min_msg_id <= period.max_msg_id);
            last_date = period.date;
            sum += period.count;
            offset_id = period.min_msg_id;
        }
    }
    assert_eq!(sum, total);
    let request = f::messages::GetSearchResultsPositions {
        peer: peer.peer(),
        saved_peer_id: None,
        filter: filter.clone(),
        offset_id: 0,
        limit: 20,
    };
    let enums::messages::SearchResultsPositions::Positions(found) =
        bench.ask(ANN, &request).unwrap();
    assert_eq!((found.count, found.positions.len()), (total, 20));
    for enums::SearchResultsPosition::SearchResultPosition(it) in found.positions {
        let mut exact = search(peer, filter.clone(), "");
        (exact.add_offset, exact.limit) = (it.offset, 1);
        assert_eq!(ids(&messages(bench.ask(ANN, &exact).unwrap()).0), [it.msg_id]);
    }
    let any = f::messages::GetSearchResultsPositions {
        filter: enums::MessagesFilter::InputMessagesFilterEmpty,
        ..request
    };
    assert_eq!(bench.ask(ANN, &any).unwrap_err(), "400 FILTER_NOT_SUPPORTED");
}

#[test]
fn words_and_dates_narrow_a_search() {
    let bench = Bench::painted(PHOTOS);
    let (peer, count) = first_album(&bench);
    let empty = || enums::MessagesFilter::InputMessagesFilterEmpty;
    bench.ask(ANN, &edit(peer, 77, "A very Unusual caption")).unwrap();
    let (found, _) = messages(bench.ask(ANN, &search(peer, empty(), "unusual CAPTION")).unwrap());
    assert_eq!(ids(&found), [77]);
    let painter = Painter { seed: 5 };
    let sent = |id: i32| i32::try_from(painter.spec(u64::try_from(id - 2).unwrap()).sent).unwrap();
    let mut request = search(peer, empty(), "");
    (request.min_date, request.max_date) = (sent(100), sent(110));
    let (found, total) = messages(bench.ask(ANN, &request).unwrap());
    let expected: Vec<i32> = (2..=count + 1)
        .rev()
        .filter(|id| (sent(100) + 1..sent(110)).contains(&sent(*id)))
        .collect();
    assert_eq!(ids(&found), expected);
    assert_eq!(usize::try_from(total).unwrap(), expected.len());
}
