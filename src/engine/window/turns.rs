//! Turns in the order in which they were taken: what the user wishes one after the other is carried
//! out so, although each wish has a task of its own. Async; holds no thread.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::coop::unconstrained;

/// Gives turns. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<()>>);

type Coming = Pin<Box<dyn Future<Output = OwnedMutexGuard<()>> + Send>>;

/// A place among those who wait. Dropping it gives it up.
pub(super) enum Turn {
    Here(OwnedMutexGuard<()>),
    Coming(Coming),
}

impl Turns {
    /// Takes the next turn.
    pub(super) fn take(&self) -> Turn {
        let mut coming: Coming = Box::pin(self.0.clone().lock_owned());
        // Asked for once it stands in line, whenever it is waited for; also where this task has
        // used up its share of polls for now.
        match unconstrained(&mut coming).now_or_never() {
            Some(here) => Turn::Here(here),
            None => Turn::Coming(coming),
        }
    }
}

impl Turn {
    /// Waits until it has come; it lasts as long as the answer lives.
    pub(super) async fn comes(self) -> OwnedMutexGuard<()> {
        match self {
            Self::Here(here) => here,
            Self::Coming(coming) => coming.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_come_in_the_order_in_which_they_were_taken() {
        let (turns, order) = (Turns::default(), Arc::new(Mutex::new(Vec::new())));
        let taken: Vec<Turn> = (0..5).map(|_| turns.take()).collect();
        let mut tasks = tokio::task::JoinSet::new();
        // Whoever comes last begins to wait first.
        for (number, turn) in taken.into_iter().enumerate().rev() {
            let order = order.clone();
            tasks.spawn(async move {
                let _here = turn.comes().await;
                order.lock().await.push(number);
            });
        }
        tasks.join_all().await;
        assert_eq!(*order.lock().await, [0, 1, 2, 3, 4]);
    }
}
