//! Messages that belong to the protocol itself: acknowledgements, pings, salts, sessions. Answered at once, in order.
//! <https://core.telegram.org/mtproto/service_messages>

use std::io;
use std::sync::Arc;
use std::time::Duration;

use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, RawVec, Serializable, enums, functions, types,
};

use super::incoming::{From, Incoming, bad};
use super::messages::Message;
use super::salts;
use super::session::{Dropped, Sort};
use crate::sandbox::server::now;

impl Incoming {
    /// Answers what belongs to the protocol itself; false for a call of the API.
    pub(super) async fn service_call(
        &mut self,
        from: &From,
        message: &Message,
    ) -> io::Result<bool> {
        let mut cursor = Cursor::from_slice(message.body.get(4..).unwrap_or_default());
        let reply = match message.body.constructor() {
            types::MsgsAck::CONSTRUCTOR_ID => {
                if message.sequence & 1 == 1 {
                    self.bad(from, message, bad::EVEN_EXPECTED).await?;
                }
                return Ok(true);
            }
            types::MsgsStateInfo::CONSTRUCTOR_ID
            | types::MsgsAllInfo::CONSTRUCTOR_ID
            | types::HttpWait::CONSTRUCTOR_ID => return Ok(true),
            functions::Ping::CONSTRUCTOR_ID => {
                let ping_id = i64::deserialize(&mut cursor).unwrap_or_default();
                enums::Pong::from(types::Pong { msg_id: message.id, ping_id }).to_bytes()
            }
            functions::PingDelayDisconnect::CONSTRUCTOR_ID => {
                let ping_id = i64::deserialize(&mut cursor).unwrap_or_default();
                let seconds =
                    i32::deserialize(&mut cursor).ok().and_then(|delay| u64::try_from(delay).ok());
                self.disconnect_after = seconds.filter(|delay| *delay > 0).map(Duration::from_secs);
                enums::Pong::from(types::Pong { msg_id: message.id, ping_id }).to_bytes()
            }
            functions::GetFutureSalts::CONSTRUCTOR_ID => {
                let count = i32::deserialize(&mut cursor).unwrap_or(1);
                let now = now();
                let salts = RawVec(salts::coming(&from.key, count, now));
                enums::FutureSalts::from(types::FutureSalts { req_msg_id: message.id, now, salts })
                    .to_bytes()
            }
            types::MsgsStateReq::CONSTRUCTOR_ID | types::MsgResendReq::CONSTRUCTOR_ID => {
                let ids = Vec::<i64>::deserialize(&mut cursor).unwrap_or_default();
                let info = ids.iter().map(|id| from.session.message_state(*id)).collect();
                enums::MsgsStateInfo::from(types::MsgsStateInfo { req_msg_id: message.id, info })
                    .to_bytes()
            }
            functions::DestroySession::CONSTRUCTOR_ID => {
                let session_id = i64::deserialize(&mut cursor).unwrap_or_default();
                let other = session_id != from.session.id;
                let answer: enums::DestroySessionRes =
                    if other && from.key.sessions.destroy(session_id) {
                        types::DestroySessionOk { session_id }.into()
                    } else {
                        types::DestroySessionNone { session_id }.into()
                    };
                answer.to_bytes()
            }
            functions::DestroyAuthKey::CONSTRUCTOR_ID => {
                let (server, key) = (Arc::clone(&self.server), from.key.id);
                let destroyed =
                    tokio::task::spawn_blocking(move || server.accounts.keys.destroy(key)).await;
                match destroyed.map_err(io::Error::other)? {
                    Ok(true) => enums::DestroyAuthKeyRes::DestroyAuthKeyOk,
                    Ok(false) => enums::DestroyAuthKeyRes::DestroyAuthKeyNone,
                    Err(cause) => {
                        tracing::error!(%cause, "a key could not be destroyed");
                        enums::DestroyAuthKeyRes::DestroyAuthKeyFail
                    }
                }
                .to_bytes()
            }
            functions::RpcDropAnswer::CONSTRUCTOR_ID => {
                let request = i64::deserialize(&mut cursor).unwrap_or_default();
                let known = from.session.drop_answer(request);
                let answer = match known {
                    Dropped::Unknown => enums::RpcDropAnswer::RpcAnswerUnknown,
                    Dropped::Running => enums::RpcDropAnswer::RpcAnswerDroppedRunning,
                    Dropped::Answered => {
                        types::RpcAnswerDropped { msg_id: request, seq_no: 0, bytes: 0 }.into()
                    }
                };
                self.answer(from, message.id, Arc::new(answer.to_bytes())).await?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.service(from, Sort::Reply, reply).await?;
        Ok(true)
    }
}
