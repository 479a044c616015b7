//! Codes for how words sound, from the letters A to Z.

use rphonetic::{Caverphone2, Cologne, DoubleMetaphone, Encoder, Metaphone, Nysiis, RefinedSoundex, Soundex};
use sqlink_guest::Error;

/// The longest text that is encoded, in characters: codes are for words, and some encoders take time that grows with the square.
const MAX_CHARS: usize = 1000;

/// The letters without accents of U+00C0 to U+017F, the first of those that are two in one; a space for what is no letter.
const PLAIN: &[u8; 192] = b"AAAAAAACEEEEIIIIDNOOOOO OUUUUYTSAAAAAAACEEEEIIIIDNOOOOO OUUUUYTY\
AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLLLLLNNNNNNNNNOOOOOOOORRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

/// A phonetic code. The numbers are the most letters it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Soundex,
    RefinedSoundex,
    Metaphone(usize),
    DoubleMetaphone(usize),
    DoubleMetaphoneAlternate(usize),
    Nysiis,
    Caverphone,
    Cologne,
}

impl Code {
    /// The code of `word`; empty if it has no letter.
    ///
    /// # Errors
    /// If `word` has more than [`MAX_CHARS`] characters.
    pub fn of(self, function: &str, word: &str) -> Result<String, Error> {
        let chars = word.chars().count();
        if chars > MAX_CHARS {
            let (most, found) = (MAX_CHARS.to_string(), chars.to_string());
            let message = [
                "function `",
                function,
                "`: argument 1 must be a word, expected at most ",
                &most,
                " characters, found ",
                &found,
            ];
            return Err(Error::new(Error::TOOBIG, message.concat()));
        }
        let word = plain(word, self);
        if !word.contains(char::is_alphabetic) {
            return Ok(String::new());
        }
        Ok(match self {
            Self::Soundex => Soundex::default().encode(&word),
            Self::RefinedSoundex => RefinedSoundex::default().encode(&word),
            Self::Metaphone(most) => Metaphone::new(Some(most)).encode(&word),
            Self::DoubleMetaphone(most) => DoubleMetaphone::new(Some(most)).encode(&word),
            Self::DoubleMetaphoneAlternate(most) => DoubleMetaphone::new(Some(most)).encode_alternate(&word),
            Self::Nysiis => Nysiis::default().encode(&word),
            Self::Caverphone => Caverphone2.encode(&word),
            Self::Cologne => Cologne.encode(&word),
        })
    }

    /// The letter of ASCII that stands for `c` where this code has a rule of its own.
    const fn letter(self, c: char) -> Option<char> {
        match (self, c) {
            (Self::DoubleMetaphone(_) | Self::DoubleMetaphoneAlternate(_), 'Ç' | 'ç') => Some('S'),
            _ => None,
        }
    }
}

/// `word` in ASCII: Latin letters with accents become plain ones, what else there is goes.
///
/// The encoders get nothing but ASCII: some of them cut a word in the middle of longer characters.
fn plain(word: &str, code: Code) -> String {
    let letter = |c: char| {
        if c.is_ascii() {
            return Some(c);
        }
        code.letter(c).or_else(|| {
            let index = usize::try_from(u32::from(c).checked_sub(0xc0)?).ok()?;
            PLAIN.get(index).filter(|letter| **letter != b' ').map(|letter| char::from(*letter))
        })
    };
    word.chars().filter_map(letter).collect()
}
