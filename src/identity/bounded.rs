//! A map that never holds more than a fixed number of entries: the oldest goes to make room.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map that forgets its oldest entry when it is full.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    capacity: usize,
    entries: HashMap<K, (u64, V)>,
    /// Keys by age. One whose number is not that of the entry was removed, or inserted anew, and counts no more.
    order: VecDeque<(u64, K)>,
    next: u64,
}

impl<K: Eq + Hash + Clone, V> Bounded<K, V> {
    pub(super) fn new(capacity: usize) -> Bounded<K, V> {
        Bounded { capacity, entries: HashMap::new(), order: VecDeque::new(), next: 0 }
    }

    /// Inserts or replaces; a replaced entry counts as new.
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.entries.remove(&key);
        while self.entries.len() >= self.capacity {
            let Some((number, oldest)) = self.order.pop_front() else { break };
            if self.entries.get(&oldest).is_some_and(|(current, _)| *current == number) {
                self.entries.remove(&oldest);
            }
        }
        if self.order.len() >= self.capacity.saturating_mul(2) {
            let entries = &self.entries;
            self.order.retain(|(number, key)| entries.get(key).is_some_and(|(current, _)| current == number));
        }
        self.order.push_back((self.next, key.clone()));
        self.entries.insert(key, (self.next, value));
        self.next += 1;
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(super) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub(super) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.entries.remove(key).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_and_nothing_else() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        map.insert("a", 3);
        map.insert("c", 4);
        assert_eq!((map.get("a"), map.get("b"), map.get("c")), (Some(&3), None, Some(&4)));
    }

    #[test]
    fn it_stays_small_however_often_entries_come_and_go() {
        let mut map = Bounded::new(4);
        for number in 0..1000 {
            map.insert(number % 3, number);
            map.remove(&(number % 3));
        }
        assert!(map.order.len() <= 8 && map.entries.is_empty());
    }
}
