//! `cache`: an extension's memory on the host's side, bounded, with a time to live.
//!
//! Source: wit/cache.wit

use std::collections::{BTreeMap, HashMap};

use super::{GuestError, import};
use crate::engine::connection::Connection;
use crate::engine::error::{Error, Result, TOOBIG};
use crate::engine::platform::Platform;
use crate::engine::policy::Capability;
use crate::front::PLATFORM;

/// Bytes an entry counts for besides its key and value: about what it takes to keep it.
pub const CACHE_ENTRY_COST: usize = 64;

/// Bytes by key. What was used longest ago goes first when it is full.
#[derive(Default)]
pub(crate) struct Cache {
    entries: HashMap<String, Entry>,
    /// Keys by when they were last used.
    by_use: BTreeMap<u64, String>,
    uses: u64,
    bytes: usize,
}

struct Entry {
    bytes: Vec<u8>,
    /// When its time is up, in the platform's monotonic milliseconds.
    until: Option<u64>,
    used: u64,
}

fn cost(key: &str, bytes: &[u8]) -> usize {
    key.len().saturating_add(bytes.len()).saturating_add(CACHE_ENTRY_COST)
}

impl Cache {
    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    fn get(&mut self, key: &str, now_ms: u64) -> Option<Vec<u8>> {
        if self.entries.get(key)?.until.is_some_and(|until| until <= now_ms) {
            self.delete(key, now_ms);
            return None;
        }
        let used = self.next_use();
        let entry = self.entries.get_mut(key)?;
        let before = std::mem::replace(&mut entry.used, used);
        if let Some(key) = self.by_use.remove(&before) {
            self.by_use.insert(used, key);
        }
        Some(entry.bytes.clone())
    }

    /// Keeps `bytes`; false if they are too large for all of `limit`.
    fn set(&mut self, key: String, bytes: Vec<u8>, until: Option<u64>, limit: usize) -> bool {
        let cost = cost(&key, &bytes);
        if cost > limit {
            return false;
        }
        self.remove(&key);
        while self.bytes > limit - cost {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.remove(&oldest);
        }
        let used = self.next_use();
        self.bytes += cost;
        self.by_use.insert(used, key.clone());
        self.entries.insert(key, Entry { bytes, until, used });
        true
    }

    /// Forgets a key; false if it was not there, or its time was up.
    fn delete(&mut self, key: &str, now_ms: u64) -> bool {
        self.remove(key).is_some_and(|entry| entry.until.is_none_or(|until| until > now_ms))
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.by_use.remove(&entry.used);
        self.bytes = self.bytes.saturating_sub(cost(key, &entry.bytes));
        Some(entry)
    }
}

/// The bytes at `key`.
///
/// # Errors
///
/// As wit/cache.wit says, here and below.
pub fn cache_get(extension: u32, key: &str) -> Result<Option<Vec<u8>>, GuestError> {
    import(extension, "cache.get", Capability::Cache, |extension| {
        Ok(extension.kept.cache.borrow_mut().get(key, PLATFORM.monotonic_ms()))
    })
}

/// Keeps `bytes` at `key`.
///
/// * `ttl_ms` - milliseconds, 0 for no limit.
///
/// # Errors
///
/// As wit/cache.wit says.
pub fn cache_set(extension: u32, key: String, bytes: Vec<u8>, ttl_ms: u32) -> Result<(), GuestError> {
    import(extension, "cache.set", Capability::Cache, |extension| {
        let limit = Connection::get(extension.connection)?.core.limits.get().cache_bytes as usize;
        let until = (ttl_ms > 0).then(|| PLATFORM.monotonic_ms().saturating_add(ttl_ms.into()));
        let cost = cost(&key, &bytes);
        if extension.kept.cache.borrow_mut().set(key, bytes, until, limit) {
            return Ok(());
        }
        let message =
            format!("{cost} bytes are more than the whole cache, which the limit `cache-bytes` keeps to {limit}");
        Err(Error::new(TOOBIG, message))
    })
}

/// Forgets `key`; false if it was not there.
///
/// # Errors
///
/// As wit/cache.wit says.
pub fn cache_delete(extension: u32, key: &str) -> Result<bool, GuestError> {
    import(extension, "cache.delete", Capability::Cache, |extension| {
        Ok(extension.kept.cache.borrow_mut().delete(key, PLATFORM.monotonic_ms()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: usize = 3 * (CACHE_ENTRY_COST + 2);

    fn set(cache: &mut Cache, key: &str) {
        assert!(cache.set(key.into(), vec![1], None, ROOM));
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let mut cache = Cache::default();
        for key in ["a", "b", "c"] {
            set(&mut cache, key);
        }
        assert!(cache.get("a", 0).is_some());
        set(&mut cache, "d");
        assert_eq!(cache.get("b", 0), None);
        assert!(["a", "c", "d"].iter().all(|key| cache.get(key, 0).is_some()));
        assert_eq!(cache.bytes, ROOM);
    }

    #[test]
    fn replacing_counts_once_and_too_large_keeps_the_old() {
        let mut cache = Cache::default();
        set(&mut cache, "a");
        set(&mut cache, "a");
        assert_eq!((cache.bytes, cache.by_use.len()), (CACHE_ENTRY_COST + 2, 1));
        assert!(!cache.set("a".into(), vec![0; ROOM], None, ROOM));
        assert_eq!(cache.get("a", 0), Some(vec![1]));
        assert!(cache.set("a".into(), vec![0; ROOM - CACHE_ENTRY_COST - 1], None, ROOM));
        assert!(cache.delete("a", 0));
        assert!(!cache.delete("a", 0));
        assert_eq!((cache.bytes, cache.entries.len(), cache.by_use.len()), (0, 0, 0));
    }

    #[test]
    fn an_entry_is_gone_when_its_time_is_up() {
        let mut cache = Cache::default();
        assert!(cache.set("a".into(), vec![1], Some(100), ROOM));
        assert!(cache.get("a", 99).is_some());
        assert_eq!(cache.get("a", 100), None);
        assert_eq!(cache.bytes, 0);
        assert!(cache.set("a".into(), vec![1], Some(100), ROOM));
        assert!(!cache.delete("a", 100));
    }
}
