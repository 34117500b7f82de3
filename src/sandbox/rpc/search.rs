//! Messages by what they hold: pages, counts, days and sparse positions. Blocking.

#![expect(clippy::needless_pass_by_value, reason = "a handler owns what it was asked")]

use std::ops::ControlFlow;

use grammers_tl_types::{enums, functions as f, types};

use super::history::{PAGE, Page, answer, load, page_limit};
use super::world::Call;
use crate::sandbox::world::error::{Outcome, WorldError, refuse};
use crate::sandbox::world::record::{Channel, Kind, Reading};
use crate::sandbox::world::sequence::{ANY, Sequence};

/// Days in one answer of the calendar.
const DAYS: usize = 100;
const DAY_SECONDS: i32 = 86_400;

/// The kinds that a filter lets through.
fn mask(filter: &enums::MessagesFilter) -> u8 {
    use enums::MessagesFilter as F;
    match filter {
        F::InputMessagesFilterEmpty => ANY,
        F::InputMessagesFilterPhotos => Kind::Photo.bit(),
        F::InputMessagesFilterVideo => Kind::Video.bit(),
        F::InputMessagesFilterPhotoVideo => Kind::Photo.bit() | Kind::Video.bit(),
        F::InputMessagesFilterDocument => Kind::File.bit(),
        // Nothing here is music, a link, a place …
        _ => 0,
    }
}

/// Whether every word of the question stands in the text or in the file's name.
fn matches(message: &enums::Message, words: &[String]) -> bool {
    let enums::Message::Message(message) = message else { return false };
    let mut text = message.message.to_lowercase();
    if let Some(enums::MessageMedia::Document(media)) = &message.media
        && let Some(enums::Document::Document(document)) = &media.document
    {
        for attribute in &document.attributes {
            if let enums::DocumentAttribute::Filename(name) = attribute {
                text.push('\n');
                text.push_str(&name.file_name.to_lowercase());
            }
        }
    }
    words.iter().all(|word| text.contains(word))
}

pub(super) fn search(
    call: &Call<'_>,
    asked: f::messages::Search,
) -> Outcome<enums::messages::Messages> {
    let reading = call.world.reading()?;
    let channel = call.world.by_peer(&reading, call.user, &asked.peer)?;
    let found = Sequence::new(call.world, &reading, &channel, mask(&asked.filter));
    // Both dates are exclusive.
    let after =
        if asked.min_date > 0 { found.first_at(asked.min_date.saturating_add(1))? } else { 0 };
    let before = if asked.max_date > 0 { found.first_at(asked.max_date)? } else { i32::MAX };
    if !asked.q.trim().is_empty() {
        return search_text(call, &asked, &reading, &channel, &found, after..before);
    }
    let mut page = Page {
        offset_id: asked.offset_id,
        offset_date: 0,
        add_offset: asked.add_offset,
        limit: asked.limit,
        max_id: asked.max_id,
        min_id: asked.min_id.max(after - 1),
    };
    if before < i32::MAX && (page.offset_id <= 0 || page.offset_id > before) {
        page.offset_id = before;
    }
    let ids = page.ids(&found)?;
    let count = if after > 0 || before < i32::MAX {
        found.count_from(after)? - found.count_from(before)?
    } else {
        found.count()
    };
    let place = match ids.first() {
        Some(first) if asked.offset_id > 0 => Some(found.count_from(first + 1)?),
        _ => None,
    };
    let messages = load(call, &reading, &channel, &ids)?;
    answer(call, &channel, messages, count, place, false)
}

/// Looks through texts from the offset down until the page is full: what lies further is not
/// counted, so the count is inexact unless the end was reached.
fn search_text(
    call: &Call<'_>,
    asked: &f::messages::Search,
    reading: &Reading,
    channel: &Channel,
    found: &Sequence<'_>,
    ids: std::ops::Range<i32>,
) -> Outcome<enums::messages::Messages> {
    let words: Vec<String> = asked.q.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let limit = usize::try_from(page_limit(asked.limit)?).unwrap_or(0);
    let skip = usize::try_from(asked.add_offset).unwrap_or(0);
    let least = ids.start.max(asked.min_id.saturating_add(1));
    let mut below = ids.end;
    for cut in [asked.offset_id, asked.max_id] {
        if cut > 0 {
            below = below.min(cut);
        }
    }
    let (mut hits, mut skipped, mut complete) = (Vec::new(), 0, true);
    let mut trouble: Option<WorldError> = None;
    found.older(below, |id| {
        if id < least {
            return ControlFlow::Break(());
        }
        match call.world.message(reading, channel, id) {
            Ok(Some(message)) if matches(&message, &words) => {
                if skipped < skip {
                    skipped += 1;
                } else if hits.len() < limit {
                    hits.push(message);
                } else {
                    complete = false;
                    return ControlFlow::Break(());
                }
            }
            Ok(_) => {}
            Err(error) => {
                trouble = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = trouble {
        return Err(error);
    }
    let seen = hits.len() + skipped + usize::from(!complete);
    let inexact = !complete || asked.offset_id > 0;
    let count = i32::try_from(seen).unwrap_or(i32::MAX);
    answer(call, channel, hits, count, None, inexact)
}

pub(super) fn counters(
    call: &Call<'_>,
    asked: f::messages::GetSearchCounters,
) -> Outcome<Vec<enums::messages::SearchCounter>> {
    let reading = call.world.reading()?;
    let channel = call.world.by_peer(&reading, call.user, &asked.peer)?;
    Ok(asked
        .filters
        .into_iter()
        .map(|filter| {
            let count = Sequence::new(call.world, &reading, &channel, mask(&filter)).count();
            types::messages::SearchCounter { inexact: false, filter, count }.into()
        })
        .collect())
}

/// A filter that days and positions may be asked of.
fn countable(filter: &enums::MessagesFilter) -> Outcome<u8> {
    match mask(filter) {
        ANY => refuse("FILTER_NOT_SUPPORTED"),
        mask => Ok(mask),
    }
}

pub(super) fn calendar(
    call: &Call<'_>,
    asked: f::messages::GetSearchResultsCalendar,
) -> Outcome<enums::messages::SearchResultsCalendar> {
    let reading = call.world.reading()?;
    let channel = call.world.by_peer(&reading, call.user, &asked.peer)?;
    let found = Sequence::new(call.world, &reading, &channel, countable(&asked.filter)?);
    let start = match (asked.offset_id, asked.offset_date) {
        (id, _) if id > 0 => id,
        (_, date) if date > 0 => found.first_at(date)?,
        _ => i32::MAX,
    };
    let mut periods = Vec::new();
    let mut firsts = Vec::new();
    let mut below = start;
    while periods.len() < DAYS
        && let Some(newest) = found.page(below, 0, 1)?.first().copied()
    {
        let date = found.date_from(newest)?.unwrap_or(0);
        let day = date - date.rem_euclid(DAY_SECONDS);
        let begin = found.first_at(day)?;
        let oldest = found.page_up(begin, 1)?.first().copied().unwrap_or(newest);
        let count = found.count_from(oldest)? - found.count_from(newest.saturating_add(1))?;
        periods.push(
            types::SearchResultsCalendarPeriod {
                date: day,
                min_msg_id: oldest,
                max_msg_id: newest,
                count,
            }
            .into(),
        );
        firsts.push(oldest);
        below = begin;
    }
    let min_msg_id = found.page_up(0, 1)?.first().copied().unwrap_or(0);
    let min_date = if min_msg_id > 0 { found.date_from(min_msg_id)?.unwrap_or(0) } else { 0 };
    Ok(types::messages::SearchResultsCalendar {
        inexact: false,
        count: found.count(),
        min_date,
        min_msg_id,
        offset_id_offset: if start < i32::MAX { Some(found.count_from(start)?) } else { None },
        periods,
        messages: load(call, &reading, &channel, &firsts)?,
        chats: call.chats(&channel)?,
        users: call.users(),
    }
    .into())
}

pub(super) fn positions(
    call: &Call<'_>,
    asked: f::messages::GetSearchResultsPositions,
) -> Outcome<enums::messages::SearchResultsPositions> {
    let reading = call.world.reading()?;
    let channel = call.world.by_peer(&reading, call.user, &asked.peer)?;
    let found = Sequence::new(call.world, &reading, &channel, countable(&asked.filter)?);
    let below = if asked.offset_id > 0 { asked.offset_id } else { i32::MAX };
    let before = if below < i32::MAX { found.count_from(below)? } else { 0 };
    let left = found.count() - before;
    let limit = asked.limit.clamp(1, PAGE);
    // As many as asked for, evenly spread over what is left.
    let step = usize::try_from((left / limit).max(1)).unwrap_or(1);
    let (mut picked, mut seen) = (Vec::new(), 0usize);
    found.older(below, |id| {
        if seen.is_multiple_of(step) {
            picked.push((id, seen));
        }
        seen += 1;
        if picked.len() < usize::try_from(limit).unwrap_or(1) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    let mut positions = Vec::with_capacity(picked.len());
    for (msg_id, place) in picked {
        let date = found.date_from(msg_id)?.unwrap_or(0);
        let offset = before + i32::try_from(place).unwrap_or(i32::MAX - before);
        positions.push(types::SearchResultPosition { msg_id, date, offset }.into());
    }
    Ok(types::messages::SearchResultsPositions { count: found.count(), positions }.into())
}
