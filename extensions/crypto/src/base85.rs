//! Base85 in three alphabets: four bytes, most significant first, are five digits; a rest of n bytes is n + 1 digits.
//!
//! Source: RFC 1924 (alphabet), <https://rfc.zeromq.org/spec/32/> (Z85), Adobe's PostScript Language Reference, third edition, 3.13.3

use crate::encoding::Fault;

/// How the digits are written.
pub struct Base85 {
    digits: &'static [u8; 85],
    /// The one character that stands for four zero bytes.
    zero: Option<u8>,
}

/// The alphabet of RFC 1924, with bytes in groups as in git and Python's `b85encode`, not as one number.
pub static RFC1924: Base85 = Base85 {
    digits: b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    zero: None,
};

/// Adobe's, without the marks `<~` and `~>`.
pub static ASCII85: Base85 = Base85 {
    digits: b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu",
    zero: Some(b'z'),
};

/// ZeroMQ's, whose digits need no escape in source code.
pub static Z85: Base85 = Base85 {
    digits: b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
    zero: None,
};

impl Base85 {
    pub fn encode(&self, data: &[u8]) -> String {
        let mut text = String::with_capacity(data.len().div_ceil(4) * 5);
        for group in data.chunks(4) {
            let mut bytes = [0; 4];
            bytes[..group.len()].copy_from_slice(group);
            let mut number = u32::from_be_bytes(bytes);
            if let (Some(zero), 4, 0) = (self.zero, group.len(), number) {
                text.push(char::from(zero));
                continue;
            }
            let mut digits = [0; 5];
            for digit in digits.iter_mut().rev() {
                *digit = self.digits[(number % 85) as usize];
                number /= 85;
            }
            text.extend(digits[..=group.len()].iter().map(|digit| char::from(*digit)));
        }
        text
    }

    /// The bytes, or the position of what is wrong in `text`, from 0. White space is skipped.
    pub fn decode(&self, text: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut values = [u8::MAX; 256];
        for (value, digit) in (0..).zip(self.digits) {
            values[usize::from(*digit)] = value;
        }
        let mut data = Vec::with_capacity(text.len() / 5 * 4 + 4);
        let (mut number, mut count, mut start) = (0_u64, 0, 0);
        for (position, byte) in text.iter().enumerate() {
            if byte.is_ascii_whitespace() {
                continue;
            }
            if count == 0 {
                if self.zero == Some(*byte) {
                    data.extend([0; 4]);
                    continue;
                }
                start = position;
            }
            let value = values[usize::from(*byte)];
            if value == u8::MAX {
                return Err(Fault::Character(position));
            }
            number = number * 85 + u64::from(value);
            count += 1;
            if count == 5 {
                let group = u32::try_from(number).map_err(|_| Fault::Group(start))?;
                data.extend(group.to_be_bytes());
                (number, count) = (0, 0);
            }
        }
        match count {
            0 => Ok(data),
            1 => Err(Fault::Length),
            _ => {
                // The missing digits count as the highest one, so that the bytes kept come out right.
                let filled = (count..5).fold(number, |number, _| number * 85 + 84);
                let bytes = u32::try_from(filled).map_err(|_| Fault::Group(start))?.to_be_bytes();
                data.extend(&bytes[..count - 1]);
                Ok(data)
            }
        }
    }
}
