//! The two listening sockets. The second port is remembered, so that clients find it again after a restart.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::sandbox::server::{DCS, Server};
use crate::sandbox::{SandboxError, db};

const SECOND_PORT: &str = "second port";

/// The first data centre's socket, before the world is open: a wrong address is told at once.
pub(crate) struct First(TcpListener, SocketAddr);

pub(crate) async fn bind(address: SocketAddr) -> Result<First, SandboxError> {
    let failed = |source| SandboxError::Address { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok(First(listener, bound))
}

impl First {
    /// Adds the second one and tells the server where both are.
    pub(crate) async fn complete(
        self,
        server: Server,
    ) -> Result<(Arc<Server>, [(i32, TcpListener); 2]), SandboxError> {
        let Self(first, address) = self;
        let remembered = db::get(&server.db, SECOND_PORT)?
            .and_then(|port| <[u8; 2]>::try_from(port.as_slice()).ok());
        let mut wanted = SocketAddr::new(address.ip(), remembered.map_or(0, u16::from_le_bytes));
        let second = if let Ok(second) = TcpListener::bind(wanted).await {
            second
        } else {
            wanted.set_port(0);
            TcpListener::bind(wanted)
                .await
                .map_err(|source| SandboxError::Address { address: wanted, source })?
        };
        let other = second
            .local_addr()
            .map_err(|source| SandboxError::Address { address: wanted, source })?;
        if remembered.map(u16::from_le_bytes) != Some(other.port()) {
            db::put(&server.db, SECOND_PORT, &other.port().to_le_bytes())?;
        }
        server.set_addresses([address, other]);
        Ok((Arc::new(server), [(DCS[0], first), (DCS[1], second)]))
    }
}
