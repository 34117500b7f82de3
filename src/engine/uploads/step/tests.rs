//! The rules against a world that fails in every way: a program that is killed, a line that loses
//! answers, a server that forgets parts and is slow to show what it made, a file that changes,
//! vanishes and comes back, another album that has it or not, a line that takes smaller parts only, a
//! user who pauses, tries again and says something else about the file.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::AlbumId;

const PARTS: u32 = 4;
/// Of a file of so many bytes, and so many in a part.
const BYTES: u32 = 100;
const SIZE: u32 = BYTES / PARTS;
const SMALLER: u32 = SIZE / 5;

fn entry() -> JournalEntry {
    JournalEntry {
        id: UploadId(1),
        order: 1,
        album: AlbumId(1),
        path: "a.jpg".into(),
        random_id: 77,
        bytes: 0,
        modified: 0,
        sha256: None,
        part_size: 0,
        acknowledged: PartSet::default(),
        as_photo: false,
        strip: None,
        caption: String::new(),
        taken: None,
        blur: None,
        stage: JournalStage::Queued,
    }
}

fn prepared(content: u8) -> Outcome {
    prepared_as(content, false)
}

fn prepared_as(content: u8, elsewhere: bool) -> Outcome {
    prepared_in(content, elsewhere, SIZE)
}

fn prepared_in(content: u8, elsewhere: bool, part_size: u32) -> Outcome {
    Outcome::Prepared {
        bytes: u64::from(BYTES),
        modified: 1,
        sha256: [content; 32],
        part_size,
        parts: BYTES / part_size,
        elsewhere,
        taken: None,
        blur: None,
    }
}

/// Whatever may happen next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    /// The next step, and what becomes of it.
    Step(Luck),
    Kill,
    ForgetParts {
        all: bool,
    },
    /// The file becomes another one.
    Change,
    Vanish,
    /// It is there again.
    Return,
    /// The other album gets it or loses it.
    Elsewhere(bool),
    /// What the server made can be seen.
    Show,
    Pause,
    Again,
    /// The line breaks before a part has passed.
    Cut,
    /// It is handed in again, with another caption.
    Caption,
    /// It is handed in again, without its location. Where that is taken back, the copy is one that
    /// may be in the album by then: to see that is what looking for duplicates is for.
    Strip,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Luck {
    Good,
    /// The server does it, its answer is lost.
    AnswerLost,
    /// The server does it, the program dies before it is told.
    DiesAfter,
    /// It is told, and dies while it writes that down.
    DiesHalfWay,
    /// The server asks to wait, and does nothing.
    Wait,
}

fn event() -> impl Strategy<Value = Event> {
    let luck = prop_oneof![
        12 => Just(Luck::Good),
        3 => Just(Luck::AnswerLost),
        2 => Just(Luck::DiesAfter),
        2 => Just(Luck::DiesHalfWay),
        2 => Just(Luck::Wait),
    ];
    prop_oneof![
        40 => luck.prop_map(Event::Step),
        3 => Just(Event::Kill),
        2 => any::<bool>().prop_map(|all| Event::ForgetParts { all }),
        1 => Just(Event::Change),
        1 => Just(Event::Vanish),
        2 => Just(Event::Return),
        2 => any::<bool>().prop_map(Event::Elsewhere),
        4 => Just(Event::Show),
        2 => Just(Event::Pause),
        4 => Just(Event::Again),
        1 => Just(Event::Cut),
        1 => Just(Event::Caption),
        1 => Just(Event::Strip),
    ]
}

/// A message that the server made.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Message {
    random_id: i64,
    content: u8,
    is_shown: bool,
}

/// Telegram, as far as it matters here.
#[derive(Default)]
struct Server {
    /// By file and part: of which content, and how long.
    parts: BTreeMap<i64, BTreeMap<u32, (u8, u32)>>,
    messages: Vec<Message>,
}

impl Server {
    fn make(&mut self, random_id: i64, content: u8) -> Outcome {
        if self.messages.iter().any(|message| message.random_id == random_id) {
            return Outcome::Duplicate;
        }
        self.messages.push(Message { random_id, content, is_shown: false });
        Outcome::Sent(MessageId(i32::try_from(self.messages.len()).unwrap()))
    }

    fn send(&mut self, file: i64, random_id: i64, count: u32) -> Outcome {
        let parts = self.parts.entry(file).or_default();
        match (0..count).filter(|n| !parts.contains_key(n)).collect::<Vec<_>>()[..] {
            [] => {
                let first = parts[&0];
                assert!(
                    parts.values().all(|other| *other == first),
                    "two files mixed, or parts of two sizes: {parts:?}"
                );
                assert_eq!(parts.len(), usize::try_from(BYTES / first.1).unwrap());
                parts.clear();
                self.make(random_id, first.0)
            }
            [one] => Outcome::PartMissing(one),
            _ => Outcome::PartsGone,
        }
    }

    /// What can be seen of this content.
    fn find(&self, content: u8) -> Outcome {
        let at = self.messages.iter().rposition(|it| it.is_shown && it.content == content);
        at.map_or(Outcome::NotFound, |at| Outcome::Found(MessageId(i32::try_from(at + 1).unwrap())))
    }
}

/// A disk, and a program that dies whenever the dice say so.
struct World {
    server: Server,
    journal: BTreeMap<i64, JournalEntry>,
    entry: JournalEntry,
    known: Known,
    /// The file as it is now.
    file: Option<u8>,
    versions: u8,
    /// As it was looked at.
    looked_at: u8,
    /// What would be sent of that: without its location it is another content.
    content: u8,
    /// What files that are begun get.
    part_size: u32,
    elsewhere: bool,
    serial: Cell<i64>,
}

impl World {
    fn new() -> Self {
        let entry = entry();
        Self {
            server: Server::default(),
            journal: BTreeMap::from([(entry.id.0, entry.clone())]),
            entry,
            known: Known::default(),
            file: Some(1),
            versions: 1,
            looked_at: 0,
            content: 0,
            part_size: SIZE,
            elsewhere: false,
            serial: Cell::new(1000),
        }
    }

    fn restart(&mut self) {
        let mut entries: Vec<_> = self.journal.values().cloned().collect();
        for other in twins(&mut entries) {
            self.journal.remove(&other.0);
        }
        assert_eq!(entries.len(), 1, "one file is one entry");
        self.entry = entries.remove(0);
        self.known = Known::default();
    }

    fn settle(&mut self, outcome: Outcome, dies_half_way: bool) {
        let fresh = || {
            self.serial.set(self.serial.get() + 1);
            self.serial.get()
        };
        let effect = apply(&mut self.entry, &mut self.known, outcome, fresh);
        match effect {
            Effect::Nothing => {}
            // The disk has it or not; it was not relied upon.
            Effect::Put | Effect::Part(_) if dies_half_way && self.serial.get() % 2 == 0 => {}
            Effect::Put => {
                self.journal.insert(self.entry.id.0, self.entry.clone());
            }
            Effect::Part(part) => {
                self.journal.get_mut(&self.entry.id.0).unwrap().acknowledged.insert(part);
            }
            Effect::Reborn { old } => {
                self.journal.insert(self.entry.id.0, self.entry.clone());
                self.journal.remove(&old.0);
            }
        }
        self.serial.set(self.serial.get() + 1);
        if dies_half_way {
            self.restart();
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Step(luck) => self.step(luck),
            Event::Kill => self.restart(),
            Event::ForgetParts { all } => {
                if let Some(parts) = self.server.parts.values_mut().last() {
                    if all {
                        parts.clear();
                    } else {
                        parts.pop_first();
                    }
                }
            }
            Event::Change => {
                self.versions += 1;
                self.file = Some(self.versions);
            }
            Event::Vanish => self.file = None,
            Event::Return => self.file = self.file.or(Some(self.versions)),
            Event::Elsewhere(has) => self.elsewhere = has,
            Event::Show => self.server.messages.iter_mut().for_each(|it| it.is_shown = true),
            Event::Pause => self.settle(Outcome::Pause, false),
            Event::Again => self.settle(Outcome::Again, false),
            Event::Cut => {
                self.part_size = SMALLER;
                if next(&self.entry, &self.known) == Step::Parts && self.entry.part_size == SIZE {
                    let (part_size, parts) = (SMALLER, BYTES / SMALLER);
                    self.settle(Outcome::Smaller { part_size, parts }, false);
                }
            }
            Event::Caption => {
                let caption = self.serial.get().to_string();
                self.reword(&caption, self.entry.strip);
            }
            Event::Strip => self.reword(&self.entry.caption.clone(), Some(Strip::Location)),
        }
    }

    /// What is wished is done, or it is too late.
    fn reword(&mut self, caption: &str, strip: Option<Strip>) {
        let is_unsaid = is_unsaid(&self.entry, &self.known);
        self.settle(Outcome::Reworded { caption: caption.to_owned(), strip }, false);
        let is_so = (self.entry.caption.as_str(), self.entry.strip) == (caption, strip);
        assert!(is_so || !is_unsaid);
    }

    /// As the task that carries the file does it.
    fn step(&mut self, luck: Luck) {
        let unchanged = self.file == Some(self.looked_at);
        let outcome = match next(&self.entry, &self.known) {
            Step::Prepare => match self.file {
                None => Outcome::Unreadable("gone".into()),
                Some(version) => {
                    self.looked_at = version;
                    self.content = version * 2 + u8::from(self.entry.strip.is_some());
                    let committing = matches!(self.entry.stage, JournalStage::Committing { .. });
                    let is_begun = self.entry.sha256 == Some([self.content; 32]);
                    let size = if is_begun { self.entry.part_size } else { self.part_size };
                    prepared_in(self.content, self.elsewhere && !committing, size)
                }
            },
            Step::Parts | Step::Commit if self.file.is_none() && luck == Luck::Good => {
                Outcome::Unreadable("gone".into())
            }
            Step::Parts | Step::Commit if !unchanged => Outcome::Changed,
            Step::Parts => {
                if luck == Luck::Wait {
                    return;
                }
                assert_eq!(self.known.parts, BYTES / self.entry.part_size);
                let missing = |n: &u32| !self.entry.acknowledged.contains(*n);
                let part = (0..self.known.parts).find(missing).unwrap();
                let parts = self.server.parts.entry(self.entry.id.0).or_default();
                parts.insert(part, (self.content, self.entry.part_size));
                if luck == Luck::AnswerLost {
                    return;
                }
                Outcome::Acknowledged(part)
            }
            Step::Commit => Outcome::Committing { after: MessageId(0) },
            Step::Look { .. } => self.server.find(self.entry.sha256.unwrap()[0]),
            Step::Send => {
                assert!(self.known.surely_not_sent && self.known.prepared);
                let is_stripped = self.content % 2 == 1;
                assert_eq!(is_stripped, self.entry.strip.is_some(), "another copy was wished");
                // From here on nobody is sure.
                self.known.surely_not_sent = false;
                if luck == Luck::Wait {
                    // Told to wait means: not done.
                    self.known.surely_not_sent = true;
                    return;
                }
                let random_id = self.entry.random_id;
                let answer = match (self.known.elsewhere, self.elsewhere) {
                    (false, _) => self.server.send(self.entry.id.0, random_id, self.known.parts),
                    (true, true) => self.server.make(random_id, self.content),
                    (true, false) => Outcome::NotElsewhere,
                };
                if luck == Luck::AnswerLost { Outcome::Unsure } else { answer }
            }
            Step::GiveUp => Outcome::Refused("gone".into()),
            Step::Verify { message } => {
                let at = usize::try_from(message.0).unwrap() - 1;
                let held = [self.server.messages[at].content; 32];
                assert_eq!(Some(held), self.entry.sha256, "another file's message");
                Outcome::Verified
            }
            Step::Rest => return,
        };
        if luck == Luck::DiesAfter {
            return self.restart();
        }
        self.settle(outcome, luck == Luck::DiesHalfWay);
    }

    /// A time without trouble, in which it has to come to an end.
    fn quiet(&mut self) {
        for event in [Event::Return, Event::Show] {
            self.happens(event);
        }
        for _ in 0..160 {
            self.happens(Event::Step(Luck::Good));
            self.happens(Event::Show);
            if next(&self.entry, &self.known) == Step::Rest {
                // The user presses Retry or Resume.
                self.happens(Event::Again);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever happened: in the end the file as it is, or as it was when it was sent, is in the
    /// album, no version of it twice, and the journal knows.
    #[test]
    fn never_lost_and_never_twice(events in proptest::collection::vec(event(), 0..200)) {
        let mut world = World::new();
        for event in events {
            world.happens(event);
        }
        world.quiet();
        let stands = matches!(world.entry.stage, JournalStage::Verified { .. });
        prop_assert!(stands, "{:?}", world.entry.stage);
        prop_assert_eq!(&world.journal[&world.entry.id.0], &world.entry);
        let mut contents: Vec<u8> = world.server.messages.iter().map(|it| it.content).collect();
        contents.sort_unstable();
        let all = contents.len();
        contents.dedup();
        prop_assert_eq!(contents.len(), all, "sent twice: {:?}", world.server.messages);
    }

    /// Where the file stays what it is, and what is to be sent of it, there is one message whatever
    /// else happens.
    #[test]
    fn one_file_is_one_message(events in proptest::collection::vec(event(), 0..200)) {
        let mut world = World::new();
        let other = |event: &Event| matches!(event, Event::Change | Event::Strip);
        for event in events.into_iter().filter(|event| !other(event)) {
            world.happens(event);
        }
        world.quiet();
        prop_assert_eq!(world.server.messages.len(), 1);
    }
}

#[test]
fn other_content_never_mixes_with_acknowledged_parts() {
    let (mut entry, mut known) = (entry(), Known::default());
    let fresh = || 5;
    assert_eq!(apply(&mut entry, &mut known, prepared(1), fresh), Effect::Put);
    apply(&mut entry, &mut known, Outcome::Acknowledged(2), fresh);
    apply(&mut entry, &mut known, Outcome::Pause, fresh);
    apply(&mut entry, &mut known, Outcome::Again, fresh);
    assert_eq!(next(&entry, &known), Step::Prepare);
    assert_eq!(apply(&mut entry, &mut known, prepared(1), fresh), Effect::Put);
    assert!(entry.acknowledged.contains(2), "the same content goes on");
    known = Known::default();
    let effect = apply(&mut entry, &mut known, prepared(2), fresh);
    assert_eq!(effect, Effect::Reborn { old: UploadId(1) });
    assert_eq!((entry.id, entry.acknowledged.len()), (UploadId(5), 0));
}

#[test]
fn a_file_that_vanished_after_it_was_perhaps_sent_is_looked_for_first() {
    let (mut entry, mut known) = (entry(), Known::default());
    entry.stage = JournalStage::Committing { after: MessageId(3) };
    entry.sha256 = Some([1; 32]);
    assert_eq!(next(&entry, &known), Step::Prepare);
    let gone = Outcome::Unreadable("gone".into());
    assert_eq!(apply(&mut entry, &mut known, gone, || 5), Effect::Nothing);
    assert_eq!(next(&entry, &known), Step::Look { after: MessageId(3) });
    apply(&mut entry, &mut known, Outcome::NotFound, || 5);
    assert_eq!(next(&entry, &known), Step::GiveUp);
}

#[test]
fn what_another_album_has_is_sent_without_a_part_and_with_all_where_it_vanished() {
    let (mut entry, mut known) = (entry(), Known::default());
    apply(&mut entry, &mut known, prepared_as(1, true), || 5);
    assert_eq!(next(&entry, &known), Step::Commit);
    let committing = Outcome::Committing { after: MessageId(3) };
    apply(&mut entry, &mut known, committing, || 5);
    assert_eq!(next(&entry, &known), Step::Send);
    assert_eq!(apply(&mut entry, &mut known, Outcome::NotElsewhere, || 5), Effect::Put);
    assert_eq!(next(&entry, &known), Step::Parts);
}

#[test]
fn what_an_earlier_attempt_may_have_made_is_looked_for_from_there() {
    let (mut entry, mut known) = (entry(), Known::default());
    let fresh = || 5;
    apply(&mut entry, &mut known, prepared(1), fresh);
    (0..PARTS).for_each(|part| {
        apply(&mut entry, &mut known, Outcome::Acknowledged(part), fresh);
    });
    apply(&mut entry, &mut known, Outcome::Committing { after: MessageId(3) }, fresh);
    // Made as message 4, but the answer is lost and it does not show; its parts are used up.
    apply(&mut entry, &mut known, Outcome::Unsure, fresh);
    apply(&mut entry, &mut known, Outcome::NotFound, fresh);
    apply(&mut entry, &mut known, Outcome::PartMissing(0), fresh);
    known = known.passed_on();
    apply(&mut entry, &mut known, prepared(1), fresh);
    apply(&mut entry, &mut known, Outcome::Acknowledged(0), fresh);
    assert_eq!(next(&entry, &known), Step::Commit);
    apply(&mut entry, &mut known, Outcome::Committing { after: MessageId(4) }, fresh);
    apply(&mut entry, &mut known, Outcome::Duplicate, fresh);
    assert_eq!(next(&entry, &known), Step::Look { after: MessageId(3) });
    // Another file is another message.
    entry.stage = JournalStage::Sending;
    apply(&mut entry, &mut known, prepared(2), fresh);
    apply(&mut entry, &mut known, Outcome::Committing { after: MessageId(9) }, fresh);
    assert_eq!(entry.stage, JournalStage::Committing { after: MessageId(9) });
}

#[test]
fn smaller_parts_never_mix_with_those_that_telegram_may_have_got() {
    let (mut entry, mut known) = (entry(), Known::default());
    let fresh = || 5;
    assert_eq!(apply(&mut entry, &mut known, prepared(1), fresh), Effect::Put);
    // None was acknowledged, which does not mean that none has arrived.
    let smaller = Outcome::Smaller { part_size: SMALLER, parts: BYTES / SMALLER };
    let effect = apply(&mut entry, &mut known, smaller, fresh);
    assert_eq!(effect, Effect::Reborn { old: UploadId(1) });
    assert_eq!((entry.part_size, known.parts), (SMALLER, BYTES / SMALLER));
    assert_eq!(next(&entry, &known), Step::Parts);
}

#[test]
fn what_is_taken_out_of_a_file_is_not_forgotten_while_it_is_being_sent() {
    let (mut entry, mut known) = (entry(), Known::default());
    let fresh = || 5;
    let reworded = |caption: &str, strip| Outcome::Reworded { caption: caption.into(), strip };
    apply(&mut entry, &mut known, prepared(1), fresh);
    apply(&mut entry, &mut known, Outcome::Acknowledged(0), fresh);
    // Another caption costs nothing.
    let effect = apply(&mut entry, &mut known, reworded("sea", None), fresh);
    assert_eq!((effect, next(&entry, &known)), (Effect::Put, Step::Parts));
    // Another copy is looked at anew, also where its message was just about to be asked for.
    apply(&mut entry, &mut known, Outcome::Committing { after: MessageId(3) }, fresh);
    let location = Some(Strip::Location);
    let effect = apply(&mut entry, &mut known, reworded("sea", location), fresh);
    assert_eq!((effect, next(&entry, &known)), (Effect::Put, Step::Prepare));
    apply(&mut entry, &mut known, prepared(2), fresh);
    assert_eq!(entry.acknowledged.len(), 0);
    // Once it was asked for, it is too late.
    apply(&mut entry, &mut known, Outcome::Committing { after: MessageId(3) }, fresh);
    known.surely_not_sent = false;
    assert_eq!(apply(&mut entry, &mut known, reworded("", None), fresh), Effect::Nothing);
    assert_eq!((entry.strip, entry.caption.as_str()), (location, "sea"));
}
