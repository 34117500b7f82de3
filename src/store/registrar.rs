//! The work of the "journal" thread: the journal's edits and the session, in groups.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::handed_in::HandedIn;
use super::journal::{Edit, Journal, JournalEntry};
use super::session::Turn;
use super::ticket::Done;
use super::writer::Work;
use crate::model::UploadId;

#[derive(Debug)]
pub(super) enum RegistrarJob {
    Put(Vec<JournalEntry>, Done),
    Part(UploadId, u32, Done),
    Remove(Vec<UploadId>, Done),
    /// The entry takes the place of another one.
    Replace(UploadId, Box<JournalEntry>, Done),
    Waits(Vec<(String, i64)>, Done),
    HandIn(i64, Box<HandedIn>, Done),
    TakeIn(i64, Done),
    /// `None` removes it.
    Session(Turn, Option<Zeroizing<Vec<u8>>>, Done),
    Forget(Done),
}

#[derive(Debug)]
pub(super) struct Registrar {
    journal: Arc<Journal>,
}

/// What is waiting to be written together.
#[derive(Default)]
struct Group {
    edits: Vec<Edit>,
    edited: Vec<Done>,
    /// Only the last one is worth writing.
    session: Option<(Turn, Option<Zeroizing<Vec<u8>>>)>,
    saved: Vec<Done>,
}

impl Registrar {
    pub(super) const fn new(journal: Arc<Journal>) -> Self {
        Self { journal }
    }

    fn carry_out(&self, group: &mut Group) {
        let Group { edits, edited, session, saved } = std::mem::take(group);
        if !edits.is_empty() {
            Done::answer_all(edited, &self.journal.apply(edits));
        }
        if let Some((turn, content)) = session {
            let result = match content {
                Some(content) => turn.write(&content),
                None => turn.clear(),
            };
            Done::answer_all(saved, &result);
        }
    }
}

impl Work for Registrar {
    type Job = RegistrarJob;

    fn group(&mut self, jobs: Vec<RegistrarJob>) {
        let mut group = Group::default();
        let edit = |group: &mut Group, edit, done| {
            group.edits.push(edit);
            group.edited.push(done);
        };
        for job in jobs {
            match job {
                RegistrarJob::Put(entries, done) => edit(&mut group, Edit::Put(entries), done),
                RegistrarJob::Part(id, part, done) => edit(&mut group, Edit::Part(id, part), done),
                RegistrarJob::Remove(ids, done) => edit(&mut group, Edit::Remove(ids), done),
                RegistrarJob::Replace(old, entry, done) => {
                    edit(&mut group, Edit::Replace(old, entry), done);
                }
                RegistrarJob::Waits(waits, done) => edit(&mut group, Edit::Waits(waits), done),
                RegistrarJob::HandIn(id, handed, done) => {
                    edit(&mut group, Edit::HandIn(id, handed), done);
                }
                RegistrarJob::TakeIn(id, done) => edit(&mut group, Edit::TakeIn(id), done),
                RegistrarJob::Session(turn, content, done) => {
                    group.session = Some((turn, content));
                    group.saved.push(done);
                }
                RegistrarJob::Forget(done) => {
                    self.carry_out(&mut group);
                    done.answer(self.journal.forget());
                }
            }
        }
        self.carry_out(&mut group);
    }
}
