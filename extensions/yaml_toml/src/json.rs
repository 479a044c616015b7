//! JSON values whose numbers keep their digits, and JSON text (RFC 8259).
//!
//! Not `serde_json`: its feature that keeps digits changes every other user of that crate in the same build.

use core::fmt;

use indexmap::IndexMap;

/// How many arrays and objects may lie in each other.
pub const MAX_DEPTH: usize = 127;

/// Members in their order.
pub type Object = IndexMap<String, Json>;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As JSON writes it.
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Object),
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(digits) => f.write_str(digits),
            Self::String(text) => write_text(f, text),
            Self::Array(array) => {
                f.write_str("[")?;
                for (index, value) in array.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    value.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(object) => {
                f.write_str("{")?;
                for (index, (name, value)) in object.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write_text(f, name)?;
                    f.write_str(":")?;
                    value.fmt(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Writes text in quotes.
pub fn write_text(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            '\0'..='\x1f' => write!(f, "\\u{:04x}", u32::from(character))?,
            _ => f.write_char(character)?,
        }
    }
    f.write_char('"')
}

impl Json {
    /// What a JSON Pointer (RFC 6901) leads to.
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        pointer.split('/').skip(1).try_fold(self, |json, token| match json {
            Self::Object(object) => object.get(&token.replace("~1", "/").replace("~0", "~")),
            Self::Array(array) if token == "0" || !token.starts_with(['0', '+']) => {
                array.get(token.parse::<usize>().ok()?)
            }
            _ => None,
        })
    }
}

/// Reads JSON text. Of members with the same name the last one counts.
///
/// # Errors
/// Says what is wrong, with line and column from 1.
pub fn parse(text: &str) -> Result<Json, String> {
    let mut reader = Reader { text, at: 0 };
    let json = reader.value(0).and_then(|json| {
        reader.skip();
        if reader.at == text.len() { Ok(json) } else { Err("expected nothing more") }
    });
    json.map_err(|reason| {
        let before = text.get(..reader.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{reason} at line {line} column {column}")
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `byte` if it comes next after white space.
    fn take(&mut self, byte: u8) -> bool {
        self.skip();
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str, json: Json) -> Result<Json, &'static str> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(json);
        }
        Err("expected a value")
    }

    fn value(&mut self, depth: usize) -> Result<Json, &'static str> {
        self.skip();
        match self.next() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => Err("over 127 arrays and objects in each other"),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err("expected a value"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, &'static str> {
        self.at += 1;
        let mut array = Vec::new();
        if self.take(b']') {
            return Ok(Json::Array(array));
        }
        loop {
            array.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Json::Array(array));
            }
            if !self.take(b',') {
                return Err("expected `,` or `]`");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, &'static str> {
        self.at += 1;
        let mut object = Object::new();
        if self.take(b'}') {
            return Ok(Json::Object(object));
        }
        loop {
            self.skip();
            if self.next() != Some(b'"') {
                return Err("expected a name in quotes");
            }
            let name = self.string()?;
            if !self.take(b':') {
                return Err("expected `:`");
            }
            let value = self.value(depth + 1)?;
            object.insert(name, value);
            if self.take(b'}') {
                return Ok(Json::Object(object));
            }
            if !self.take(b',') {
                return Err("expected `,` or `}`");
            }
        }
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.next(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Result<Json, &'static str> {
        let from = self.at;
        self.at += usize::from(self.next() == Some(b'-'));
        let begins_with_zero = self.next() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (begins_with_zero && whole > 1) {
            return Err("expected a number without zeros before it");
        }
        if self.next() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err("expected digits after the point");
            }
        }
        if matches!(self.next(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.next(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return Err("expected digits in the exponent");
            }
        }
        Ok(Json::Number(self.text[from..self.at].to_owned()))
    }

    fn string(&mut self) -> Result<String, &'static str> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let length = rest.find(|character: char| matches!(character, '"' | '\\' | '\0'..='\x1f'));
            let length = length.ok_or("expected `\"`")?;
            string.push_str(&rest[..length]);
            self.at += length;
            match self.next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                _ => return Err("expected no control character in text"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, &'static str> {
        let kind = self.text.as_bytes().get(self.at + 1);
        let character = match kind {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err("expected another character after `\\`"),
        };
        self.at += 2;
        Ok(character)
    }

    /// `\uXXXX`, or two of them for a character beyond 16 bits.
    fn unicode(&mut self) -> Result<char, &'static str> {
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
        };
        let first = unit(self.at).ok_or("expected four digits after `\\u`")?;
        let pair = [first, unit(self.at + 6).unwrap_or_default()];
        let character =
            char::decode_utf16(pair).next().and_then(Result::ok).ok_or("expected a whole surrogate pair")?;
        self.at += 6 * character.len_utf16();
        Ok(character)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn json_text_is_read_and_written() {
        for text in [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1.10",
            "1e5",
            "-1.5E-7",
            "12345678901234567890123",
            "\"\"",
            "[]",
            "{}",
            r#"[1,[2,{"a":[]}],"x"]"#,
            r#"{"b":1,"a":{"":null}}"#,
            r#""\"\\\b\f\n\r\t\u0000\u001f/é😀""#,
        ] {
            assert_eq!(parse(text).map(|json| json.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(parse(" { \"a\" : [ 1 , 2 ] } \n").map(|json| json.to_string()), Ok(r#"{"a":[1,2]}"#.to_owned()));
        assert_eq!(parse(r#""\u00e9\uD83D\ude00\/""#).map(|json| json.to_string()), Ok("\"é😀/\"".to_owned()));
        assert_eq!(parse(r#"{"a":1,"a":2}"#).map(|json| json.to_string()), Ok(r#"{"a":2}"#.to_owned()));
        for (text, reason) in [
            ("", "expected a value at line 1 column 1"),
            ("{a:1}", "expected a name in quotes at line 1 column 2"),
            ("[1,\n2 3]", "expected `,` or `]` at line 2 column 3"),
            ("{\"a\" 1}", "expected `:` at line 1 column 6"),
            ("{\"a\":1,}", "expected a name in quotes at line 1 column 8"),
            ("[1,]", "expected a value at line 1 column 4"),
            ("01", "expected a number without zeros before it at line 1 column 3"),
            ("-", "expected a number without zeros before it at line 1 column 2"),
            ("1.", "expected digits after the point at line 1 column 3"),
            ("1e+", "expected digits in the exponent at line 1 column 4"),
            ("+1", "expected a value at line 1 column 1"),
            (".5", "expected a value at line 1 column 1"),
            ("NaN", "expected a value at line 1 column 1"),
            ("nul", "expected a value at line 1 column 1"),
            ("\"a", "expected `\"` at line 1 column 2"),
            ("\"a\nb\"", "expected no control character in text at line 1 column 3"),
            ("\"\\x\"", "expected another character after `\\` at line 1 column 2"),
            ("\"\\u12\"", "expected four digits after `\\u` at line 1 column 2"),
            ("\"\\ud800\"", "expected a whole surrogate pair at line 1 column 2"),
            ("\"\\ud800\\u0041\"", "expected a whole surrogate pair at line 1 column 2"),
            ("1 2", "expected nothing more at line 1 column 3"),
            ("'a'", "expected a value at line 1 column 1"),
        ] {
            assert_eq!(parse(text), Err(reason.to_owned()), "{text}");
        }
        assert!(parse(&format!("{}{}", "[".repeat(127), "]".repeat(127))).is_ok());
        assert!(parse(&"[".repeat(128)).is_err_and(|reason| reason.starts_with("over 127 arrays")));
    }

    #[test]
    fn pointers() {
        let Ok(json) = parse(r#"{"a":[10,{"/":1,"~":2,"":3,"m~n":4}]}"#) else { panic!() };
        for (pointer, found) in [
            ("", Some(r#"{"a":[10,{"/":1,"~":2,"":3,"m~n":4}]}"#)),
            ("/a/0", Some("10")),
            ("/a/1/~1", Some("1")),
            ("/a/1/~0", Some("2")),
            ("/a/1/", Some("3")),
            ("/a/1/m~0n", Some("4")),
            ("/a/00", None),
            ("/a/+0", None),
            ("/a/2", None),
            ("/a/-", None),
            ("/a/0/0", None),
            ("/b", None),
        ] {
            assert_eq!(json.pointer(pointer).map(ToString::to_string).as_deref(), found, "{pointer}");
        }
    }
}
