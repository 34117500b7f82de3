//! The table by itself: who gets a task, who waits for whom, and that what is looked up quickly is
//! what a look at everything finds.

use proptest::prelude::*;
use tokio::task::JoinSet;

use super::super::super::totals::Going;
use super::*;
use crate::model::{MessageId, UploadState};

fn queue(count: u64) -> (Queue, Vec<UploadId>) {
    let mut queue = Queue::default();
    let ids = (0..count).map(|order| {
        let mut entry =
            new_entry(order, AlbumId(1), "a.jpg".into(), false, &UploadOptions::default());
        entry.sha256 = Some([1; 32]);
        let id = entry.id;
        queue.insert(Item::new(entry, true));
        queue.resume(id);
        id
    });
    let ids = ids.collect();
    (queue, ids)
}

fn begin(queue: &mut Queue, tasks: &mut JoinSet<()>) -> Option<UploadId> {
    let (_, _, id) = queue.take_next()?;
    queue.active.insert(id, tasks.spawn(std::future::pending()));
    Some(id)
}

#[tokio::test]
async fn a_file_that_is_held_gets_no_task_until_it_is_released() {
    let (mut queue, ids) = queue(1);
    let mut tasks = JoinSet::new();
    assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
    let abort = queue.hold(ids[0]).unwrap().task.unwrap();
    abort.abort();
    let ended = tasks.join_next_with_id().await.unwrap().unwrap_err();
    queue.ended(ended.id(), false);
    assert_eq!(begin(&mut queue, &mut tasks), None, "the wish is still being carried out");
    queue.release(ids[0]);
    assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
}

#[test]
fn a_file_that_was_moved_goes_before_the_other() {
    let (mut queue, ids) = queue(3);
    queue.next_order = 3;
    queue.hold(ids[2]).unwrap();
    for (id, order) in queue.rearranged(ids[2], Some(ids[0])) {
        queue.place(id, order);
    }
    queue.release(ids[2]);
    let order: Vec<UploadId> =
        std::iter::from_fn(|| queue.take_next()).map(|(_, _, id)| id).collect();
    assert_eq!(order, [ids[2], ids[0], ids[1]]);
}

#[tokio::test]
async fn a_file_never_has_two_tasks() {
    let (mut queue, ids) = queue(1);
    let mut tasks = JoinSet::new();
    assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
    // Parked and woken before the task that parked it was seen to end.
    queue.items.get_mut(&ids[0]).unwrap().work = Work::Resting;
    queue.resume(ids[0]);
    assert_eq!(begin(&mut queue, &mut tasks), None);
    let task = queue.active[&ids[0]].id();
    queue.ended(task, false);
    assert_eq!(begin(&mut queue, &mut tasks), Some(ids[0]));
}

#[tokio::test]
async fn a_task_that_crashed_is_not_begun_again_by_itself() {
    let (mut queue, ids) = queue(1);
    let mut tasks = JoinSet::new();
    begin(&mut queue, &mut tasks);
    let task = queue.active[&ids[0]].id();
    queue.ended(task, true);
    assert_eq!(begin(&mut queue, &mut tasks), None);
    assert!(queue.items[&ids[0]].stuck.is_some());
}

#[test]
fn the_twin_of_a_file_that_is_stuck_does_not_wait_for_it() {
    let (mut queue, ids) = queue(2);
    let content = Content { album: AlbumId(1), sha256: [1; 32], as_photo: false, sidecar: 0 };
    assert!(queue.claim(ids[0], content).is_none());
    assert_eq!(queue.claim(ids[1], content).unwrap().entry.id, ids[0]);
    assert_eq!(queue.park(ids[1], ids[0]), Parking::Waits);
    queue.items.get_mut(&ids[0]).unwrap().stuck = Some("no line".into());
    assert_eq!(queue.park(ids[1], ids[0]), Parking::Stuck("no line".into()));
}

#[test]
fn a_file_that_may_have_been_sent_is_paused_without_losing_its_place() {
    let (mut queue, ids) = queue(1);
    let id = ids[0];
    let stage = JournalStage::Committing { after: MessageId(3) };
    queue.take_next().unwrap();
    queue.items.get_mut(&id).unwrap().entry.stage = stage.clone();
    assert!(queue.asks(id));
    queue.hold_back(id);
    let paused = |queue: &Queue| matches!(queue.items[&id].state(None), UploadState::Paused { .. });
    assert!(!paused(&queue), "its answer is on its way");
    // Telegram asks to wait.
    queue.items.get_mut(&id).unwrap().known.surely_not_sent = true;
    assert!(paused(&queue) && !queue.asks(id));
    queue.items.get_mut(&id).unwrap().work = Work::Resting;
    queue.resume(id);
    assert_eq!(queue.take_next(), None);
    let item = queue.items.get_mut(&id).unwrap();
    assert_eq!(item.entry.stage, stage);
    item.held_back = false;
    queue.resume(id);
    assert!(queue.take_next().is_some() && queue.asks(id));
}

#[test]
fn two_files_never_wait_for_each_other() {
    let (mut queue, ids) = queue(3);
    for _ in &ids {
        queue.take_next().unwrap();
    }
    assert_eq!(queue.park(ids[0], ids[1]), Parking::Waits);
    assert_eq!(queue.park(ids[1], ids[2]), Parking::Waits);
    assert_eq!(queue.park(ids[2], ids[0]), Parking::Never);
    assert_eq!(queue.items[&ids[2]].work, Work::Active);
    // One that waits no longer is in nobody's way.
    queue.items.get_mut(&ids[0]).unwrap().work = Work::Active;
    assert_eq!(queue.park(ids[2], ids[0]), Parking::Waits);
}

#[test]
fn the_twin_of_a_file_that_is_paused_goes_on_itself() {
    let (mut queue, ids) = queue(2);
    let content = Content { album: AlbumId(1), sha256: [1; 32], as_photo: false, sidecar: 0 };
    assert!(queue.claim(ids[0], content).is_none());
    queue.take_next().unwrap();
    queue.take_next().unwrap();
    assert_eq!(queue.park(ids[1], ids[0]), Parking::Waits);
    queue.items.get_mut(&ids[0]).unwrap().entry.stage = JournalStage::Paused;
    assert_eq!(queue.park(ids[1], ids[0]), Parking::Never);
    queue.changed(ids[0]);
    assert_eq!(queue.take_next().map(|(_, _, id)| id), Some(ids[1]));
    assert!(queue.claim(ids[1], content).is_none(), "it has it now");
    // The other one finds it when it goes on.
    queue.items.get_mut(&ids[0]).unwrap().entry.stage = JournalStage::Queued;
    assert_eq!(queue.claim(ids[0], content).unwrap().entry.id, ids[1]);
}

#[test]
fn of_two_that_are_prepared_together_the_first_to_claim_sends_it() {
    let (mut queue, ids) = queue(2);
    for id in &ids {
        queue.items.get_mut(id).unwrap().entry.sha256 = None;
    }
    let content = Content { album: AlbumId(1), sha256: [1; 32], as_photo: false, sidecar: 0 };
    assert!(queue.claim(ids[0], content).is_none());
    assert_eq!(queue.claim(ids[1], content).unwrap().entry.id, ids[0]);
    // It turned out to be another file.
    queue.items.get_mut(&ids[0]).unwrap().entry.sha256 = Some([2; 32]);
    assert!(queue.claim(ids[1], content).is_none());
}

#[test]
fn who_asks_for_an_old_id_means_the_new_one() {
    let (mut queue, ids) = queue(1);
    queue.items.get_mut(&ids[0]).unwrap().entry.id = UploadId(77);
    assert_eq!(queue.reborn(ids[0]), UploadId(77));
    assert_eq!(queue.current(ids[0]), UploadId(77));
}

/// Files that the property below is about.
const FILES: u64 = 6;

/// What may happen to the table; numbers say to which file, and to which other one.
#[derive(Clone, Debug)]
enum Event {
    Take,
    /// A task ends, by itself or by a crash.
    End(usize, bool),
    /// A wish begins to be carried out, and is.
    Hold(usize),
    Release(usize),
    /// A task finds that another file has its content.
    Park(usize, usize),
    /// It comes to this.
    Stage(usize, JournalStage),
    Stuck(usize),
    /// The user tries again.
    Again(usize),
    Reborn(usize),
    Move(usize, Option<usize>),
    Cancel(usize),
    Part(usize, u32),
    /// A message may be asked for: the user pauses it, or it is known not to stand.
    Asked(usize),
    HoldBack(usize),
    NotMade(usize),
    Clear,
    /// The window is told.
    Tell,
}

fn event() -> impl Strategy<Value = Event> {
    let file = || 0..usize::try_from(FILES).unwrap();
    let stage = prop_oneof![
        Just(JournalStage::Paused),
        Just(JournalStage::Sending),
        Just(JournalStage::Committing { after: MessageId(0) }),
        Just(JournalStage::Failed { reason: String::new() }),
        Just(JournalStage::Skipped { reason: String::new() }),
        Just(JournalStage::Sent { message: MessageId(0) }),
        Just(JournalStage::Verified { message: MessageId(0) }),
    ];
    prop_oneof![
        6 => Just(Event::Take),
        4 => (file(), any::<bool>()).prop_map(|(n, crashed)| Event::End(n, crashed)),
        2 => file().prop_map(Event::Hold),
        3 => file().prop_map(Event::Release),
        3 => (file(), file()).prop_map(|(n, owner)| Event::Park(n, owner)),
        3 => (file(), stage).prop_map(|(n, stage)| Event::Stage(n, stage)),
        1 => file().prop_map(Event::Stuck),
        3 => file().prop_map(Event::Again),
        2 => file().prop_map(Event::Reborn),
        2 => (file(), proptest::option::of(file())).prop_map(|(n, to)| Event::Move(n, to)),
        1 => file().prop_map(Event::Cancel),
        2 => (file(), 0_u32..4).prop_map(|(n, part)| Event::Part(n, part)),
        2 => file().prop_map(Event::Asked),
        2 => file().prop_map(Event::HoldBack),
        1 => file().prop_map(Event::NotMade),
        1 => Just(Event::Clear),
        3 => Just(Event::Tell),
    ]
}

/// The table, its tasks, and the ids that the files had first.
struct Table {
    queue: Queue,
    first: Vec<UploadId>,
    tasks: JoinSet<()>,
}

impl Table {
    fn new() -> Self {
        let (mut queue, first) = (Queue { next_order: FILES, ..Queue::default() }, Vec::new());
        let mut table = Self { first, tasks: JoinSet::new(), queue: Queue::default() };
        for order in 0..FILES {
            let path = format!("{order}.jpg").into();
            let mut entry = new_entry(order, AlbumId(1), path, false, &UploadOptions::default());
            // One whose length nobody knows among them.
            (entry.bytes, entry.part_size) = (order * 1000, 1000);
            table.first.push(entry.id);
            let item = Item::new(entry, true);
            queue.show(&item);
            queue.insert(item);
            queue.resume(table.first[table.first.len() - 1]);
        }
        table.queue = queue;
        table
    }

    fn happens(&mut self, event: Event) {
        let first = &self.first;
        let queue = &mut self.queue;
        let now = |queue: &Queue, n: usize| queue.current(first[n]);
        match event {
            Event::Take => {
                if let Some((_, _, id)) = queue.take_next() {
                    let task = self.tasks.spawn(std::future::pending());
                    assert!(queue.active.insert(id, task).is_none(), "a second task");
                }
            }
            Event::End(n, crashed) => {
                if let Some(abort) = queue.active.get(&now(queue, n)) {
                    let task = abort.id();
                    queue.ended(task, crashed);
                }
            }
            Event::Hold(n) => drop(queue.hold(now(queue, n))),
            Event::Release(n) => queue.release(now(queue, n)),
            Event::Park(n, owner) => {
                let (id, owner) = (now(queue, n), now(queue, owner));
                let works = queue.items.get(&id).is_some_and(|item| item.work == Work::Active);
                if works && id != owner {
                    queue.park(id, owner);
                }
            }
            Event::Stage(n, stage) => {
                let id = now(queue, n);
                let Some(item) = queue.items.get(&id) else { return };
                if !is_finished(&item.entry) {
                    // No two files become the same photo.
                    let message = MessageId(i32::try_from(n).unwrap());
                    let stage = match stage {
                        JournalStage::Sent { .. } => JournalStage::Sent { message },
                        JournalStage::Verified { .. } => JournalStage::Verified { message },
                        stage => stage,
                    };
                    let entry = JournalEntry { stage, ..item.entry.clone() };
                    let known = item.known;
                    queue.put(id, entry, known);
                    queue.resume(id);
                    queue.changed(id);
                }
            }
            Event::Stuck(n) => {
                let id = now(queue, n);
                if let Some(item) = queue.items.get_mut(&id) {
                    item.stuck = Some("no line".into());
                }
                queue.changed(id);
            }
            Event::Again(n) => {
                let id = now(queue, n);
                if let Some(item) = queue.items.get_mut(&id) {
                    item.stuck = None;
                    let stage = &mut item.entry.stage;
                    if matches!(stage, JournalStage::Paused | JournalStage::Failed { .. }) {
                        *stage = JournalStage::Queued;
                    }
                }
                queue.resume(id);
                queue.changed(id);
            }
            Event::Reborn(n) => {
                let id = now(queue, n);
                let item = queue.items.get_mut(&id);
                // Its task does it, be it as the last thing before it is stopped.
                let by_task = |item: &&mut Item| matches!(item.work, Work::Active | Work::Held);
                if let Some(item) = item.filter(by_task) {
                    item.entry.id = UploadId(random_id());
                    queue.reborn(id);
                }
            }
            Event::Move(n, to) => {
                let (id, to) = (now(queue, n), to.map(|to| now(queue, to)));
                if to == Some(id) || queue.hold(id).is_none() {
                    return;
                }
                for (id, order) in queue.rearranged(id, to) {
                    queue.place(id, order);
                }
                queue.release(id);
            }
            Event::Cancel(n) => {
                let id = now(queue, n);
                if queue.hold(id).is_some() {
                    queue.remove(id);
                    queue.unpark(id);
                }
            }
            Event::Part(n, part) => {
                let id = now(queue, n);
                queue.acknowledged(id, part);
                queue.changed(id);
            }
            Event::Asked(n) => drop(queue.asks(now(queue, n))),
            Event::HoldBack(n) => queue.hold_back(now(queue, n)),
            Event::NotMade(n) => {
                let id = now(queue, n);
                if let Some(item) = queue.items.get_mut(&id) {
                    item.known.surely_not_sent = true;
                }
                queue.changed(id);
            }
            Event::Clear => drop(queue.clear_finished()),
            Event::Tell => self.tell(),
        }
    }

    /// What is told is what a walk through everything finds.
    fn tell(&mut self) {
        drop(self.queue.take_changes());
        let (mut walked, going) = (Tally::default(), Going { speed: 1e3, ..Going::default() });
        for (id, item) in self.queue.items.iter().filter(|(_, item)| item.shown) {
            walked.set(*id, Some(item));
        }
        assert_eq!(self.queue.tally.totals(&going), walked.totals(&going));
    }

    fn check(&self) {
        let queue = &self.queue;
        let mut orders = HashSet::new();
        for (id, item) in &queue.items {
            assert_eq!(*id, item.entry.id);
            assert!(orders.insert(item.entry.order), "two at one place");
            if item.is_runnable() && !queue.active.contains_key(id) {
                assert_eq!(queue.runnable.get(&item.entry.order), Some(id), "lost: {item:?}");
            }
            let waits = |ids: &Vec<UploadId>| ids.contains(id);
            let owner = queue.parked.iter().find(|(_, ids)| waits(ids)).map(|(owner, _)| owner);
            if item.work == Work::Parked {
                let owner = owner.and_then(|owner| queue.items.get(owner));
                let comes = owner.is_some_and(|owner| {
                    !owner.is_over() && owner.entry.stage != JournalStage::Paused
                });
                assert!(comes, "it waits for nothing: {item:?}");
            }
            let (album, path) = (item.entry.album, item.entry.path.clone());
            let found = queue.unfinished(album, path, false);
            assert_eq!(found, (!is_finished(&item.entry)).then_some(*id));
        }
        for message in 0..i32::try_from(FILES).unwrap() {
            let photo = PhotoId { album: AlbumId(1), message: MessageId(message) };
            let is_it = |item: &&Item| photo_of(&item.entry) == Some(photo);
            let there = queue.items.values().find(is_it).map(|item| item.entry.id);
            assert_eq!(queue.became(photo).map(|item| item.entry.id), there);
        }
    }
}

proptest! {
    /// Whatever happens: what can go on has its place, what waits waits for something that comes,
    /// nothing has two tasks, and what is looked up is what is there.
    #[test]
    fn nothing_is_forgotten(events in prop::collection::vec(event(), 0..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _inside = runtime.enter();
        let mut table = Table::new();
        for event in events {
            table.happens(event);
            table.check();
        }
        table.tell();
    }
}
