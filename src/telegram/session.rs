//! What must survive a restart to stay signed in: keys, addresses, the home data centre, who we
//! are. In memory first (every request asks it), and handed to the [`SessionVault`] whenever
//! something worth keeping changed. Any thread; its lock is held for moments only and never while
//! waiting.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grammers_session::types::{DcOption, PeerAuth, PeerId, PeerInfo, UpdateState, UpdatesState};
use grammers_session::{BoxFuture, Session};
use zeroize::Zeroizing;

use super::endpoint::Place;
use super::error::Result;
use super::key_exchange::Key;
use super::record::{self, DcRecord, Record};
use super::words::{Me, SessionVault};

/// Our session over memory, with a vault behind.
pub(super) struct OurSession {
    place: Arc<Place>,
    vault: Arc<dyn SessionVault>,
    state: Mutex<State>,
}

struct State {
    home: i32,
    dcs: BTreeMap<i32, Dc>,
    me: Option<Me>,
    updates: UpdatesState,
}

struct Dc {
    /// Address alone: the key is kept apart, where it is wiped when dropped.
    option: DcOption,
    key: Option<Key>,
    /// Whether the home data centre's authorisation was carried over to this key.
    authorised: bool,
}

impl OurSession {
    /// Takes up what the vault has, if anything.
    pub(super) fn open(place: Arc<Place>, vault: Arc<dyn SessionVault>) -> Result<Self> {
        let mut state = State::fresh(&place);
        let saved = vault.load().map_err(|error| record::unusable(error.to_string()))?;
        if let Some(saved) = saved {
            state.take_up(&place, record::decode(&saved, &place.identity)?);
        }
        Ok(Self { place, vault, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can leave a half-made state behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn save(&self, state: &State) {
        match record::encode(&state.record(&self.place.identity)) {
            Ok(bytes) => self.vault.save(bytes),
            Err(error) => tracing::error!(%error, "the session could not be saved"),
        }
    }

    pub(super) fn home(&self) -> i32 {
        self.state().home
    }

    /// Moves the account's home (at sign-in, when the server says so).
    pub(super) fn set_home(&self, dc: i32) {
        let mut state = self.state();
        if state.home != dc {
            state.home = dc;
            self.save(&state);
        }
    }

    pub(super) fn me(&self) -> Option<Me> {
        self.state().me.clone()
    }

    /// Signed in as `me`, or no longer signed in.
    pub(super) fn set_me(&self, me: Option<Me>) {
        let mut state = self.state();
        if state.me != me {
            state.me = me;
            self.save(&state);
        }
    }

    /// Where a data centre is and the key agreed upon with it.
    pub(super) fn dc(&self, dc: i32) -> Option<(DcOption, Option<Key>)> {
        let state = self.state();
        state.dcs.get(&dc).map(|found| (found.option.clone(), found.key.clone()))
    }

    pub(super) fn set_key(&self, dc: i32, key: Key) {
        let mut state = self.state();
        if let Some(found) = state.dcs.get_mut(&dc) {
            found.key = Some(key);
            found.authorised = false;
            self.save(&state);
        }
    }

    /// The server does not know this key (any more).
    pub(super) fn forget_key(&self, dc: i32) {
        let mut state = self.state();
        if let Some(found) = state.dcs.get_mut(&dc) {
            found.key = None;
            found.authorised = false;
            self.save(&state);
        }
    }

    pub(super) fn is_authorised(&self, dc: i32) -> bool {
        let state = self.state();
        dc == state.home || state.dcs.get(&dc).is_some_and(|found| found.authorised)
    }

    pub(super) fn set_authorised(&self, dc: i32, authorised: bool) {
        let mut state = self.state();
        if let Some(found) = state.dcs.get_mut(&dc)
            && found.authorised != authorised
        {
            found.authorised = authorised;
            self.save(&state);
        }
    }

    /// Forgets everything that belongs to the account, here and in the vault.
    pub(super) fn clear(&self) {
        *self.state() = State::fresh(&self.place);
        self.vault.clear();
    }
}

impl State {
    fn fresh(place: &Place) -> Self {
        let dcs = place
            .known
            .iter()
            .map(|option| (option.id, Dc { option: option.clone(), key: None, authorised: false }))
            .collect();
        Self { home: place.first_dc, dcs, me: None, updates: UpdatesState::default() }
    }

    fn take_up(&mut self, place: &Place, record: Record) {
        self.me = record.me.map(|(id, name, phone)| Me { id, name, phone });
        for saved in record.dcs {
            let option =
                DcOption { id: saved.id, ipv4: saved.ipv4, ipv6: saved.ipv6, auth_key: None };
            let Some(option) = place.accept(option) else { continue };
            let dc = Dc { option, key: saved.key, authorised: saved.authorised };
            self.dcs.insert(saved.id, dc);
        }
        if self.dcs.contains_key(&record.home) {
            self.home = record.home;
        }
        let (pts, qts, date, seq) = record.updates;
        self.updates = UpdatesState { pts, qts, date, seq, channels: Vec::new() };
    }

    fn record(&self, identity: &str) -> Record {
        let updates = &self.updates;
        Record {
            endpoint: identity.to_owned(),
            home: self.home,
            dcs: self
                .dcs
                .iter()
                .map(|(&id, dc)| DcRecord {
                    id,
                    ipv4: dc.option.ipv4,
                    ipv6: dc.option.ipv6,
                    key: dc.key.clone(),
                    authorised: dc.authorised,
                })
                .collect(),
            me: self.me.as_ref().map(|me| (me.id, me.name.clone(), me.phone.clone())),
            updates: (updates.pts, updates.qts, updates.date, updates.seq),
        }
    }
}

impl Session for OurSession {
    type Error = Infallible;

    fn home_dc_id(&self) -> std::result::Result<i32, Infallible> {
        Ok(self.home())
    }

    fn set_home_dc_id(&self, dc_id: i32) -> BoxFuture<'_, std::result::Result<(), Infallible>> {
        self.set_home(dc_id);
        Box::pin(async { Ok(()) })
    }

    fn dc_option(&self, dc_id: i32) -> std::result::Result<Option<DcOption>, Infallible> {
        Ok(self.dc(dc_id).map(|(option, key)| DcOption { auth_key: key.map(|key| *key), ..option }))
    }

    /// What the pool learnt: an address from the server's configuration, or a key.
    fn set_dc_option(
        &self,
        option: &DcOption,
    ) -> BoxFuture<'_, std::result::Result<(), Infallible>> {
        let key = option.auth_key.map(Zeroizing::new);
        let address = DcOption { auth_key: None, ..option.clone() };
        if let Some(address) = self.place.accept(address) {
            let mut state = self.state();
            let fresh = Dc { option: address.clone(), key: None, authorised: false };
            let dc = state.dcs.entry(option.id).or_insert(fresh);
            let same_key = key.is_none() || dc.key == key;
            let changed = dc.option != address || !same_key;
            dc.option = address;
            if !same_key {
                dc.key = key;
                dc.authorised = false;
            }
            if changed {
                self.save(&state);
            }
        }
        Box::pin(async { Ok(()) })
    }

    fn peer(
        &self,
        peer: PeerId,
    ) -> BoxFuture<'_, std::result::Result<Option<PeerInfo>, Infallible>> {
        let me = self.me().filter(|me| {
            peer == PeerId::self_user() || PeerId::user(me.id).is_some_and(|id| id == peer)
        });
        let info = me.map(|me| PeerInfo::User {
            id: me.id,
            auth: Some(PeerAuth::default()),
            bot: Some(false),
            is_self: Some(true),
        });
        Box::pin(async { Ok(info) })
    }

    /// Every call of ours carries the access hash that its album is stored with, so that no peer
    /// but oneself has to be remembered here.
    fn cache_peer(&self, _peer: PeerInfo) -> BoxFuture<'_, std::result::Result<(), Infallible>> {
        Box::pin(async { Ok(()) })
    }

    fn updates_state(&self) -> BoxFuture<'_, std::result::Result<UpdatesState, Infallible>> {
        let updates = self.state().updates.clone();
        Box::pin(async { Ok(updates) })
    }

    /// In memory alone: albums are reconciled by their own `pts`, so this is worth no write.
    fn set_update_state(
        &self,
        update: UpdateState,
    ) -> BoxFuture<'_, std::result::Result<(), Infallible>> {
        let mut state = self.state();
        match update {
            UpdateState::All(all) => state.updates = UpdatesState { channels: Vec::new(), ..all },
            UpdateState::Primary { pts, date, seq } => {
                state.updates = UpdatesState { pts, date, seq, ..state.updates.clone() };
            }
            UpdateState::Secondary { qts } => state.updates.qts = qts,
            UpdateState::Channel { .. } => {}
        }
        drop(state);
        Box::pin(async { Ok(()) })
    }
}

impl std::fmt::Debug for OurSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("OurSession")
            .field("endpoint", &self.place.identity)
            .field("home", &state.home)
            .field("signed_in", &state.me.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegram::words::Endpoint;

    #[derive(Default)]
    struct Drawer(Mutex<Option<Vec<u8>>>);

    impl SessionVault for Drawer {
        fn load(&self) -> std::io::Result<Option<Zeroizing<Vec<u8>>>> {
            Ok(self.0.lock().unwrap().clone().map(Zeroizing::new))
        }
        fn save(&self, bytes: Zeroizing<Vec<u8>>) {
            *self.0.lock().unwrap() = Some(bytes.to_vec());
        }
        fn clear(&self) {
            *self.0.lock().unwrap() = None;
        }
    }

    fn place() -> Arc<Place> {
        Arc::new(Place::new(&Endpoint::Telegram).unwrap())
    }

    #[tokio::test]
    async fn a_restart_finds_everything_again() {
        let drawer = Arc::new(Drawer::default());
        let session = OurSession::open(place(), drawer.clone()).unwrap();
        session.set_key(4, Zeroizing::new([0xA7; 256]));
        session.set_authorised(4, true);
        session.set_home(4);
        session.set_me(Some(Me { id: 7, name: "Ada".into(), phone: "4420".into() }));
        let shown = format!("{session:?}");
        assert!(!shown.contains("167, 167") && !shown.contains("4420"), "{shown}");

        let again = OurSession::open(place(), drawer.clone()).unwrap();
        assert_eq!(again.home(), 4);
        assert_eq!(again.me().map(|me| me.name), Some("Ada".into()));
        assert_eq!(again.dc(4).unwrap().1.as_deref(), Some(&[0xA7; 256]));
        assert!(again.is_authorised(4));
        assert!(again.peer(PeerId::self_user()).await.unwrap().is_some());

        again.clear();
        assert!(drawer.0.lock().unwrap().is_none());
        assert!(again.me().is_none() && again.dc(4).unwrap().1.is_none());
    }

    #[test]
    fn a_session_belongs_to_its_endpoint() {
        let drawer = Arc::new(Drawer::default());
        let session = OurSession::open(place(), drawer.clone()).unwrap();
        session.set_key(2, Zeroizing::new([1; 256]));
        let other = Arc::new(Place::new(&Endpoint::TestServers).unwrap());
        assert!(OurSession::open(other, drawer).is_err());
    }
}
