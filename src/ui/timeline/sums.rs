//! A list that knows the sums of its beginnings: where the millionth photo is, or what lies at a
//! place far down the page, is found without walking there.
//!
//! Items stand in chunks of a few dozen; each chunk knows what comes before it. A change costs its
//! chunk and one addition for every later chunk. Pure; the window's thread, or any other.

use std::ops::AddAssign;

/// What can be added up.
pub(crate) trait Summed {
    type Sum: Copy + Default + AddAssign;

    /// What this item adds.
    fn sum(&self) -> Self::Sum;
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct SumList<T: Summed> {
    chunks: Vec<Chunk<T>>,
    total: T::Sum,
    len: usize,
}

#[derive(Clone, Debug)]
struct Chunk<T: Summed> {
    items: Vec<T>,
    /// Of its items.
    sum: T::Sum,
    /// Of everything before this chunk.
    before: T::Sum,
    /// Items before this chunk.
    first: usize,
}

/// Items in a chunk, at most.
const MOST: usize = 64;

impl<T: Summed> Chunk<T> {
    fn of(items: Vec<T>) -> Self {
        let mut this = Self { items, sum: T::Sum::default(), before: T::Sum::default(), first: 0 };
        this.add_up();
        this
    }

    fn add_up(&mut self) {
        self.sum = T::Sum::default();
        self.items.iter().for_each(|item| self.sum += item.sum());
    }
}

impl<T: Summed> Default for SumList<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), total: T::Sum::default(), len: 0 }
    }
}

impl<T: Summed> FromIterator<T> for SumList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items = items.into_iter().peekable();
        let mut this = Self::default();
        while items.peek().is_some() {
            // Room to grow: the first insertion need not cut a chunk in two.
            let mut chunk = Vec::with_capacity(MOST);
            chunk.extend(items.by_ref().take(MOST * 3 / 4));
            this.chunks.push(Chunk::of(chunk));
        }
        this.add_up_from(0);
        this
    }
}

impl<T: Summed> SumList<T> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The sum of all items.
    pub(crate) const fn total(&self) -> T::Sum {
        self.total
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let (chunk, at) = self.locate(index)?;
        self.chunks.get(chunk)?.items.get(at)
    }

    /// The sum of all items before `index`; of all items, beyond the end.
    pub(crate) fn before(&self, index: usize) -> T::Sum {
        let Some((chunk, at)) = self.locate(index) else { return self.total };
        self.chunks.get(chunk).map_or(self.total, |chunk| {
            let mut sum = chunk.before;
            chunk.items.iter().take(at).for_each(|item| sum += item.sum());
            sum
        })
    }

    /// The first item at which the sum of everything up to and including it `is_enough`; its index
    /// and the sum of what comes before it. Once a sum is enough, every larger one has to be.
    pub(crate) fn find(&self, is_enough: impl Fn(T::Sum) -> bool) -> Option<(usize, T::Sum)> {
        if !is_enough(self.total) {
            return None;
        }
        // The last chunk before which it is not enough holds the item.
        let after = self.chunks.partition_point(|chunk| !is_enough(chunk.before));
        let chunk = self.chunks.get(after.saturating_sub(1))?;
        let (mut before, mut index) = (chunk.before, chunk.first);
        for item in &chunk.items {
            let mut through = before;
            through += item.sum();
            if is_enough(through) {
                return Some((index, before));
            }
            (before, index) = (through, index + 1);
        }
        None
    }

    /// How many items from the beginning on are such; they have to come before all others.
    pub(crate) fn partition_point(&self, is_such: impl Fn(&T) -> bool) -> usize {
        let after = self.chunks.partition_point(|chunk| chunk.items.first().is_some_and(&is_such));
        let Some(chunk) = after.checked_sub(1).and_then(|at| self.chunks.get(at)) else {
            return 0;
        };
        chunk.first + chunk.items.partition_point(is_such)
    }

    /// The items from `index` on.
    pub(crate) fn iter_from(&self, index: usize) -> impl Iterator<Item = &T> {
        let (chunk, at) = self.locate(index).unwrap_or((self.chunks.len(), 0));
        let chunks = self.chunks.get(chunk..).unwrap_or(&[]);
        chunks.iter().flat_map(|chunk| &chunk.items).skip(at)
    }

    /// Changes one item.
    pub(crate) fn update<R>(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let (chunk, at) = self.locate(index)?;
        let this = self.chunks.get_mut(chunk)?;
        let result = change(this.items.get_mut(at)?);
        this.add_up();
        self.add_up_from(chunk);
        Some(result)
    }

    /// Changes every item.
    pub(crate) fn update_all(&mut self, mut change: impl FnMut(&mut T)) {
        for chunk in &mut self.chunks {
            chunk.items.iter_mut().for_each(&mut change);
            chunk.add_up();
        }
        self.add_up_from(0);
    }

    /// Puts an item before the one at `index`; at the end, beyond it.
    pub(crate) fn insert(&mut self, index: usize, item: T) {
        if self.chunks.is_empty() {
            self.chunks.push(Chunk::of(Vec::new()));
        }
        let last = self.chunks.len() - 1;
        let (chunk, at) = self.locate(index).unwrap_or((last, usize::MAX));
        let Some(this) = self.chunks.get_mut(chunk) else { return };
        this.items.insert(at.min(this.items.len()), item);
        if this.items.len() > MOST {
            let half = Chunk::of(this.items.split_off(MOST / 2));
            this.add_up();
            self.chunks.insert(chunk + 1, half);
        } else {
            this.add_up();
        }
        self.add_up_from(chunk);
    }

    /// Takes an item out.
    pub(crate) fn remove(&mut self, index: usize) -> Option<T> {
        let (chunk, at) = self.locate(index)?;
        let this = self.chunks.get_mut(chunk).filter(|chunk| at < chunk.items.len())?;
        let item = this.items.remove(at);
        let left = this.items.len();
        this.add_up();
        if left == 0 {
            self.chunks.remove(chunk);
        } else if left < MOST / 4 {
            self.join(chunk);
        }
        self.add_up_from(chunk);
        Some(item)
    }

    /// Joins a chunk that has become small with the next one, where one has room for both.
    fn join(&mut self, chunk: usize) {
        let len = |at: usize| self.chunks.get(at).map_or(MOST, |chunk| chunk.items.len());
        if len(chunk) + len(chunk + 1) <= MOST {
            let next = self.chunks.remove(chunk + 1);
            if let Some(this) = self.chunks.get_mut(chunk) {
                this.items.extend(next.items);
                this.add_up();
            }
        }
    }

    /// The chunk of an item and its place there.
    fn locate(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.len {
            return None;
        }
        let chunk = self.chunks.partition_point(|chunk| chunk.first <= index).checked_sub(1)?;
        Some((chunk, index - self.chunks.get(chunk)?.first))
    }

    /// Sums anew what comes before each chunk from this one on.
    fn add_up_from(&mut self, chunk: usize) {
        let (mut sum, mut len) = chunk
            .checked_sub(1)
            .and_then(|at| self.chunks.get(at))
            .map_or((T::Sum::default(), 0), |c| (c.before, c.first));
        for chunk in self.chunks.iter_mut().skip(chunk.saturating_sub(1)) {
            (chunk.before, chunk.first) = (sum, len);
            sum += chunk.sum;
            len += chunk.items.len();
        }
        (self.total, self.len) = (sum, len);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Summed for u32 {
        type Sum = u64;

        fn sum(&self) -> u64 {
            u64::from(*self)
        }
    }

    #[derive(Clone, Debug)]
    enum Edit {
        Insert(usize, u32),
        Remove(usize),
        Update(usize, u32),
        All(u32),
    }

    fn edit() -> impl Strategy<Value = Edit> {
        prop_oneof![
            4 => (any::<usize>(), 0_u32..9).prop_map(|(at, n)| Edit::Insert(at, n)),
            4 => any::<usize>().prop_map(Edit::Remove),
            3 => (any::<usize>(), 0_u32..9).prop_map(|(at, n)| Edit::Update(at, n)),
            1 => (1_u32..3).prop_map(Edit::All),
        ]
    }

    fn check(list: &SumList<u32>, model: &[u32]) -> Result<(), TestCaseError> {
        prop_assert_eq!(list.len(), model.len());
        let mut sum = 0;
        for (index, n) in model.iter().enumerate() {
            prop_assert_eq!(list.get(index), Some(n));
            prop_assert_eq!(list.before(index), sum);
            sum += u64::from(*n);
            let found = list.find(|through| through >= sum);
            let first = model
                .iter()
                .scan(0, |so_far, n| {
                    *so_far += u64::from(*n);
                    Some(*so_far)
                })
                .position(|through| through >= sum);
            prop_assert_eq!(found.map(|(index, _)| index), first);
        }
        prop_assert_eq!(list.total(), sum);
        prop_assert_eq!(list.before(model.len()), sum);
        prop_assert!(list.find(|through| through > sum).is_none());
        let middle = model.len() / 2;
        prop_assert!(list.iter_from(middle).eq(&model[middle..]));
        Ok(())
    }

    proptest! {
        #[test]
        fn sums_are_right_after_any_sequence_of_edits(
            first in prop::collection::vec(0_u32..9, 0..300),
            edits in prop::collection::vec(edit(), 0..120),
        ) {
            let mut list: SumList<u32> = first.iter().copied().collect();
            let mut model = first;
            for edit in edits {
                match edit {
                    Edit::Insert(at, n) => {
                        let at = at % (model.len() + 1);
                        list.insert(at, n);
                        model.insert(at, n);
                    }
                    Edit::Remove(at) if !model.is_empty() => {
                        let at = at % model.len();
                        prop_assert_eq!(list.remove(at), Some(model.remove(at)));
                    }
                    Edit::Update(at, n) if !model.is_empty() => {
                        let at = at % model.len();
                        list.update(at, |item| *item = n);
                        model[at] = n;
                    }
                    Edit::All(n) => {
                        list.update_all(|item| *item += n);
                        for item in &mut model {
                            *item += n;
                        }
                    }
                    Edit::Remove(at) => prop_assert_eq!(list.remove(at), None),
                    Edit::Update(at, n) => {
                        prop_assert!(list.update(at, |item| *item = n).is_none());
                    }
                }
            }
            check(&list, &model)?;
        }

        #[test]
        fn the_border_is_found(mut items in prop::collection::vec(0_u32..50, 0..300), at in 0_u32..60) {
            items.sort_unstable();
            let list: SumList<u32> = items.iter().copied().collect();
            let border = items.partition_point(|n| *n < at);
            prop_assert_eq!(list.partition_point(|n| *n < at), border);
        }
    }
}
