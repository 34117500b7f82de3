//! One call of the API under way, in a task of its own, and the faults that hit it.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::messages::Message;
use super::outgoing::Out;
use super::session::{Session, Ticket};
use crate::sandbox::accounts::keys::AuthKey;
use crate::sandbox::held::read;
use crate::sandbox::hub::SessionId;
use crate::sandbox::rpc::{self, Caller};
use crate::sandbox::server::Server;

/// One call under way.
pub(super) struct Request {
    pub server: Arc<Server>,
    pub key: Arc<AuthKey>,
    pub session: Arc<Session>,
    pub dc: i32,
    pub queue: mpsc::Sender<Out>,
    pub switch: watch::Sender<bool>,
}

impl Request {
    pub(super) async fn run(
        self,
        message: Message,
        ticket: Ticket,
        permit: tokio::sync::OwnedSemaphorePermit,
    ) {
        let cut = self.server.dice.chance(read(&self.server.faults).cut);
        if cut && self.server.dice.chance(0.5) {
            self.switch.send_replace(true);
            return;
        }
        let caller = Caller {
            session: SessionId { key: self.key.id, session: self.session.id },
            dc: self.dc,
            user: self.key.user(),
            no_updates: false,
        };
        let answer = rpc::dispatch(&self.server, &caller, &message.body).await;
        let succeeded = answer.is_ok();
        let result = Arc::new(answer.unwrap_or_else(|error| error.to_bytes()));
        let wanted = ticket.finish(&result, succeeded);
        if cut {
            self.switch.send_replace(true);
        } else if wanted {
            // Gone with the connection; the client asks again and gets the kept answer.
            let Self { key, session, queue, .. } = self;
            let _ = queue
                .send(Out::Answer {
                    key,
                    session,
                    request: message.id,
                    result,
                    permit: Some(permit),
                })
                .await;
        }
    }
}
