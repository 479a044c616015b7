//! Text by grapheme clusters.

use unicode_segmentation::UnicodeSegmentation;

use crate::MAX_RESULT_BYTES;

/// How many clusters `text` has.
pub fn count(text: &str) -> usize {
    // In ASCII only CR LF is one cluster of two bytes.
    if text.is_ascii() && !text.contains('\r') { text.len() } else { text.graphemes(true).count() }
}

/// The byte offset after `count` clusters, or before the last `-count` ones if it is negative.
pub fn boundary(text: &str, count: i64) -> usize {
    let clusters = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count >= 0 {
        text.grapheme_indices(true).nth(clusters).map_or(text.len(), |(offset, _)| offset)
    } else {
        // `count` is not 0 here.
        text.grapheme_indices(true).nth_back(clusters - 1).map_or(0, |(offset, _)| offset)
    }
}

/// As SQLite's `substr`: `start` from 1, or from the end if negative; with a negative `length` the clusters before `start`.
///
/// Source: <https://sqlite.org/lang_corefunc.html#substr>
pub fn substring(text: &str, start: i64, length: i64) -> &str {
    // The range [from, to) that is asked for, in clusters from 0, which may reach outside.
    let start = i128::from(start);
    let origin = match start {
        1.. => start - 1,
        0 => -1,
        _ => start + i128::try_from(count(text)).unwrap_or(i128::MAX),
    };
    // The greatest length stands for all the rest.
    let length = if length == i64::MAX { i128::from(u64::MAX) } else { i128::from(length) };
    let (from, to) = if length < 0 {
        // `substr('abc', 0, -1)` counts 0 as 1.
        let origin = if start == 0 { 0 } else { origin };
        (origin + length, origin)
    } else {
        (origin, origin + length)
    };
    let clamp = |cluster: i128| i64::try_from(cluster.max(0)).unwrap_or(i64::MAX);
    let (from, to) = (clamp(from), clamp(to));
    let rest = &text[boundary(text, from)..];
    &rest[..boundary(rest, to - from)]
}

/// `text` cut or filled up to `length` clusters, or `None` if the result would be over [`MAX_RESULT_BYTES`].
///
/// As PostgreSQL does it: cut at the end on both sides, and a negative length counts as 0.
pub fn pad(text: &str, length: i64, fill: &str, left: bool) -> Option<String> {
    let length = length.max(0);
    let has = count(text);
    let wanted = usize::try_from(length).unwrap_or(usize::MAX);
    if has >= wanted || fill.is_empty() {
        return Some(text[..boundary(text, length)].to_owned());
    }
    let missing = wanted - has;
    let clusters = count(fill);
    let rest = &fill[..boundary(fill, i64::try_from(missing % clusters).unwrap_or(i64::MAX))];
    let times = missing / clusters;
    let len = fill.len().checked_mul(times)?.checked_add(rest.len())?.checked_add(text.len())?;
    if len > MAX_RESULT_BYTES {
        return None;
    }
    let filling = [&fill.repeat(times), rest].concat();
    Some(if left { filling + text } else { text.to_owned() + &filling })
}
