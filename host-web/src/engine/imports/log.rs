//! `log`: at most so many messages a second.
//!
//! Source: wit/log.wit

use std::borrow::Cow;
use std::cell::Cell;

use crate::engine::extension::Extension;
use crate::engine::platform::{Level, Platform};
use crate::front::PLATFORM;

/// Longest log message, in bytes; what is longer is cut.
pub const MAX_LOG_MESSAGE: usize = 65_536;
/// Most log messages of one extension in a second; what is more is dropped.
pub const MAX_LOG_RATE: u32 = 1000;

/// How many messages an extension has written in the current second.
#[derive(Default)]
pub(crate) struct LogWindow {
    started: Cell<u64>,
    written: Cell<u32>,
    dropped: Cell<u32>,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is written, after saying that this many were dropped before it.
    Write {
        dropped: u32,
    },
    Drop,
}

impl LogWindow {
    fn admit(&self, now_ms: u64) -> Verdict {
        let fresh = now_ms.saturating_sub(self.started.get()) >= 1000;
        if fresh {
            self.started.set(now_ms);
            self.written.set(0);
        }
        if self.written.get() >= MAX_LOG_RATE {
            self.dropped.set(self.dropped.get().saturating_add(1));
            return Verdict::Drop;
        }
        self.written.set(self.written.get() + 1);
        Verdict::Write { dropped: self.dropped.take() }
    }
}

/// Hands an extension's message to the embedder, at most 1000 a second. Bytes that are not valid UTF-8 become U+FFFD.
/// A message of an extension that is not loaded is dropped.
pub fn log_write(extension: u32, level: Level, message: &[u8]) {
    let Some(extension) = Extension::get(extension) else { return };
    let Verdict::Write { dropped } = extension.kept.log.admit(PLATFORM.monotonic_ms()) else { return };
    let name = Some(extension.name.as_str());
    if dropped > 0 {
        PLATFORM.log(name, Level::Warn, &format!("{dropped} messages were dropped: at most {MAX_LOG_RATE} a second"));
    }
    PLATFORM.log(name, level, &cut(message));
}

fn cut(message: &[u8]) -> Cow<'_, str> {
    let end = message.len().min(MAX_LOG_MESSAGE);
    let mut text = String::from_utf8_lossy(message.get(..end).unwrap_or_default());
    if end < message.len() && text.ends_with('\u{fffd}') {
        // The cut may have gone through a character.
        let kept = text.trim_end_matches('\u{fffd}').to_owned();
        text = Cow::Owned(kept);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_limited_and_says_how_much_it_dropped() {
        let window = LogWindow::default();
        for _ in 0..MAX_LOG_RATE {
            assert_eq!(window.admit(5000), Verdict::Write { dropped: 0 });
        }
        assert_eq!(window.admit(5000), Verdict::Drop);
        assert_eq!(window.admit(5999), Verdict::Drop);
        assert_eq!(window.admit(6000), Verdict::Write { dropped: 2 });
        assert_eq!(window.admit(6000), Verdict::Write { dropped: 0 });
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let mut message = "x".repeat(MAX_LOG_MESSAGE - 1);
        message.push('ä');
        assert_eq!(cut(message.as_bytes()), "x".repeat(MAX_LOG_MESSAGE - 1));
        assert_eq!(cut(b"a\xffb"), "a\u{fffd}b");
    }
}
