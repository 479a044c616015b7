//! Vectors: how they are stored, parsed and written.

use std::borrow::Cow;

/// Most dimensions of a vector.
pub const MAX_DIMENSIONS: usize = 65_536;

/// What the elements of a vector are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// IEEE 754 binary32, little-endian: four bytes each.
    Float32,
    /// A signed byte.
    Int8,
    /// One bit, the first of a byte being its lowest. The number of dimensions is a multiple of 8.
    Bit,
}

impl Element {
    /// The name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Int8 => "int8",
            Self::Bit => "bit",
        }
    }

    /// The element of a name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Float32, Self::Int8, Self::Bit].into_iter().find(|element| element.name().eq_ignore_ascii_case(name))
    }

    /// Number of dimensions of a vector of this many bytes; none if there is no such vector.
    pub const fn dimensions(self, bytes: usize) -> Option<usize> {
        match self {
            Self::Float32 if bytes.is_multiple_of(4) => Some(bytes / 4),
            Self::Float32 => None,
            Self::Int8 => Some(bytes),
            Self::Bit => Some(bytes * 8),
        }
    }
}

/// A vector, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector<'a> {
    /// What `bytes` holds.
    pub element: Element,
    /// The elements.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Vector<'a> {
    /// A vector of stored bytes.
    ///
    /// # Errors
    /// In words, if there is no such vector.
    pub fn stored(element: Element, bytes: &'a [u8]) -> Result<Self, String> {
        let Some(dimensions) = element.dimensions(bytes.len()) else {
            return Err(format!("a float32 vector has a multiple of 4 bytes, found {}", bytes.len()));
        };
        check_dimensions(dimensions)?;
        Ok(Self { element, bytes: Cow::Borrowed(bytes) })
    }

    /// A vector of a JSON array of numbers.
    ///
    /// # Errors
    /// In words, if it is none, or an element does not fit.
    pub fn parse(element: Element, json: &str) -> Result<Self, String> {
        let numbers: Vec<f64> = serde_json::from_str::<Vec<serde_json::Number>>(json)
            .map_err(|error| format!("a vector is a JSON array of numbers: {error}"))?
            .into_iter()
            .map(|number| number.as_f64().unwrap_or(f64::INFINITY))
            .collect();
        check_dimensions(numbers.len())?;
        let bytes = match element {
            Element::Float32 => {
                #[allow(clippy::cast_possible_truncation, reason = "the nearest 32-bit float is what is stored")]
                let floats: Vec<f32> = numbers.iter().map(|number| *number as f32).collect();
                return Self::of_floats(&floats);
            }
            Element::Int8 => numbers
                .iter()
                .enumerate()
                .map(|(place, number)| {
                    let fits = number.fract() == 0.0 && (-128.0..=127.0).contains(number);
                    if fits {
                        #[allow(clippy::cast_possible_truncation, reason = "it fits")]
                        Ok((*number as i8).cast_unsigned())
                    } else {
                        Err(format!(
                            "element {place} of an int8 vector is {number}, expected an integer from -128 to 127"
                        ))
                    }
                })
                .collect::<Result<Vec<u8>, String>>()?,
            Element::Bit => {
                if !numbers.len().is_multiple_of(8) {
                    return Err(format!("a bit vector has a multiple of 8 elements, found {}", numbers.len()));
                }
                let mut bytes = vec![0; numbers.len() / 8];
                for (place, number) in numbers.iter().enumerate() {
                    match *number {
                        0.0 => {}
                        1.0 => bytes[place / 8] |= 1 << (place % 8),
                        _ => return Err(format!("element {place} of a bit vector is {number}, expected 0 or 1")),
                    }
                }
                bytes
            }
        };
        Ok(Self { element, bytes: Cow::Owned(bytes) })
    }

    /// A vector of floats.
    ///
    /// # Errors
    /// In words, if one is not finite.
    pub fn of_floats(floats: &[f32]) -> Result<Vector<'static>, String> {
        check_dimensions(floats.len())?;
        if let Some(place) = floats.iter().position(|float| !float.is_finite()) {
            return Err(format!("element {place} is {}, expected a finite number", floats[place]));
        }
        let bytes: Vec<u8> = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
        Ok(Vector { element: Element::Float32, bytes: Cow::Owned(bytes) })
    }

    /// Number of dimensions.
    pub fn dimensions(&self) -> usize {
        self.element.dimensions(self.bytes.len()).unwrap_or(0)
    }

    /// The elements as floats; a bit is 0 or 1.
    pub fn floats(&self) -> Vec<f32> {
        match self.element {
            Element::Float32 => self.bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Element::Int8 => self.bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
            Element::Bit => {
                (0..self.dimensions()).map(|place| f32::from(self.bytes[place / 8] >> (place % 8) & 1)).collect()
            }
        }
    }

    /// The vector as a JSON array.
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(self.dimensions() * 8);
        for (place, float) in self.floats().iter().enumerate() {
            text.push(if place == 0 { '[' } else { ',' });
            text.push_str(&float.to_string());
        }
        text.push(']');
        text
    }
}

fn check_dimensions(dimensions: usize) -> Result<(), String> {
    match dimensions {
        0 => Err("a vector has at least one element".into()),
        1..=MAX_DIMENSIONS => Ok(()),
        _ => Err(format!("a vector has at most {MAX_DIMENSIONS} elements, found {dimensions}")),
    }
}
