//! Takes a panic's message to the host before the trap ends the instance.

use std::panic::PanicHookInfo;

/// Makes every later panic of this instance report itself to the host's log.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let mut text = String::with_capacity(message.len() + 80);
    text.push_str("panicked: ");
    text.push_str(message);
    if let Some(location) = info.location() {
        text.push_str(" at ");
        text.push_str(location.file());
        text.push(':');
        text.push_str(&location.line().to_string());
    }
    crate::log::error(&text);
}
