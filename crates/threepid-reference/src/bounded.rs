//! A map that never holds more than a fixed number of entries.
//!
//! *Takes* a capacity; *gives* a map that forgets its oldest entry to take a new one; *never* grows with what strangers ask
//! for. Challenges and validation sessions can be opened without an access token, so they need it.

use std::{
    borrow::Borrow,
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// A map that forgets its oldest entry when it is full.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    capacity: usize,
    entries: HashMap<K, V>,
    /// Keys in the order of their insertion. Keys removed early stay here until their turn or a clean-up.
    order: VecDeque<K>,
}

impl<K: Eq + Hash + Clone, V> Bounded<K, V> {
    /// An empty map for at most `capacity` entries.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, entries: HashMap::new(), order: VecDeque::new() }
    }

    /// Inserts a new key; gives back the entry that had to go, if the map was full. Keys are used once only.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<(K, V)> {
        let mut evicted = None;
        while self.entries.len() >= self.capacity {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            evicted = self.entries.remove_entry(&oldest).or(evicted);
        }
        if self.order.len() >= self.capacity.saturating_mul(2) {
            self.order.retain(|key| self.entries.contains_key(key));
        }
        self.order.push_back(key.clone());
        self.entries.insert(key, value);
        evicted
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    pub(super) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key)
    }

    pub(super) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.entries.remove(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_makes_room() {
        let mut map = Bounded::new(2);
        assert_eq!(map.insert(1, "a"), None);
        assert_eq!(map.insert(2, "b"), None);
        assert_eq!(map.insert(3, "c"), Some((1, "a")));
        assert_eq!(map.get(&1), None);
        assert_eq!(map.get(&3), Some(&"c"));
    }

    #[test]
    fn removed_entries_do_not_pile_up() {
        let mut map = Bounded::new(4);
        for key in 0..1_000 {
            map.insert(key, ());
            map.remove(&key);
        }
        assert!(map.order.len() <= 8, "{}", map.order.len());
        map.insert(1_000, ());
        assert!(map.get(&1_000).is_some());
    }
}
