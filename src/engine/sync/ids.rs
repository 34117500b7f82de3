//! A set of message ids, a bit each: channels number their messages 1, 2, 3 … Pure.

use std::collections::BTreeMap;

use crate::model::MessageId;

/// Ids of one entry.
const WORD: i32 = 64;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    words: BTreeMap<i32, u64>,
    len: usize,
}

const fn place(id: MessageId) -> (i32, u64) {
    (id.0.div_euclid(WORD), 1 << id.0.rem_euclid(WORD))
}

impl Ids {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn insert(&mut self, id: MessageId) {
        let (word, bit) = place(id);
        let bits = self.words.entry(word).or_default();
        self.len += usize::from(*bits & bit == 0);
        *bits |= bit;
    }

    pub(crate) fn remove(&mut self, id: MessageId) {
        let (word, bit) = place(id);
        if let Some(bits) = self.words.get_mut(&word)
            && *bits & bit != 0
        {
            *bits &= !bit;
            self.len -= 1;
        }
    }

    /// In order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = MessageId> {
        self.words.iter().flat_map(|(word, bits)| {
            let ids = (0..WORD).filter(move |at| bits & (1 << at) != 0);
            ids.map(move |at| MessageId(word * WORD + at))
        })
    }
}

impl FromIterator<MessageId> for Ids {
    fn from_iter<I: IntoIterator<Item = MessageId>>(ids: I) -> Self {
        let mut set = Self::default();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(steps in prop::collection::vec(
            (any::<bool>(), prop_oneof![-200i32..400, any::<i32>()]), 0..200,
        )) {
            let (mut ids, mut plain) = (Ids::default(), BTreeSet::new());
            for (put, id) in steps {
                let id = MessageId(id);
                if put {
                    ids.insert(id);
                    plain.insert(id);
                } else {
                    ids.remove(id);
                    plain.remove(&id);
                }
                prop_assert_eq!(ids.len(), plain.len());
            }
            prop_assert!(ids.iter().eq(plain.iter().copied()));
            prop_assert!(plain.iter().copied().collect::<Ids>().iter().eq(ids.iter()));
        }
    }
}
