use crate::words::{Word, Words, folded};

fn vocabulary() -> Words {
    let mut words = Words::default();
    for (rowid, (text, rank)) in (1..).zip([("kennesaw", 5), ("Kenosha", 1), ("kennel", 9), ("kernel", 9), ("café", 1)])
    {
        words.add(Word { rowid, text: text.to_owned(), rank });
    }
    words
}

fn found(pattern: &str, top: usize, scope: usize, prefix: bool) -> Vec<(String, usize)> {
    let words = vocabulary();
    let found = words.search(&folded(pattern), top, scope, prefix);
    found.iter().map(|found| (found.word.text.clone(), found.distance)).collect()
}

#[test]
fn the_nearest_words_come_first() {
    assert_eq!(found("kennasaw", 5, 2, false), [("kennesaw".to_owned(), 1)]);
    // At the same distance by rank, then in alphabetical order.
    assert_eq!(found("kerne", 5, 2, false), [("kernel".to_owned(), 1), ("kennel".to_owned(), 2)]);
    assert_eq!(found("KENOSHA", 5, 0, false), [("Kenosha".to_owned(), 0)]);
    assert_eq!(found("kenenl", 5, 1, false), [("kennel".to_owned(), 1)]);
    assert_eq!(found("cafe", 5, 1, false), [("café".to_owned(), 1)]);
    assert_eq!(found("kerne", 1, 2, false).len(), 1);
    assert!(found("zebra", 9, 2, false).is_empty());
}

#[test]
fn a_prefix_finds_longer_words() {
    assert_eq!(found("kenn", 5, 0, true), [("kennel".to_owned(), 0), ("kennesaw".to_owned(), 0)]);
    assert_eq!(found("kenns", 5, 1, true)[0].1, 1);
    assert!(found("kenn", 5, 0, false).is_empty());
}
