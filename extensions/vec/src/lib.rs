//! SQLink extension `vec`: vectors as blobs or JSON, distances between them, and nearest neighbours.
#![forbid(unsafe_code)]

mod distance;
mod each;
mod index;
mod nearest;
mod vector;

use distance::{Metric, distance};
use each::vec_each;
use index::VecIndex;
use sqlink_guest::prelude::*;
use vector::{Element, Vector};

/// The vector of an argument: a JSON array, or a blob of floats.
fn floats<'a>(function: &str, number: u32, value: ValueRef<'a>) -> Result<Vector<'a>, Error> {
    of(function, number, value, Element::Float32)
}

/// The vector of an argument: a JSON array, or a blob of `element`s.
fn of<'a>(function: &str, number: u32, value: ValueRef<'a>, element: Element) -> Result<Vector<'a>, Error> {
    let vector = match value {
        ValueRef::Text(json) => Vector::parse(element, json),
        ValueRef::Blob(bytes) => Vector::stored(element, bytes),
        other => {
            let message = format!(
                "function `{function}`: argument {number} must be a vector (a JSON array or a blob), found {}",
                other.type_name()
            );
            return Err(Error::new(Error::MISMATCH, message));
        }
    };
    vector.map_err(|what| Error::new(Error::ERROR, format!("function `{function}`: argument {number}: {what}")))
}

/// A vector as a blob of 32-bit floats.
#[scalar(deterministic, innocuous)]
fn vec_f32(vector: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    stored("vec_f32", vector, Element::Float32)
}

/// A vector as a blob of signed bytes.
#[scalar(deterministic, innocuous)]
fn vec_int8(vector: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    stored("vec_int8", vector, Element::Int8)
}

/// A vector as a blob of bits.
#[scalar(deterministic, innocuous)]
fn vec_bit(vector: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    stored("vec_bit", vector, Element::Bit)
}

fn stored(function: &str, value: ValueRef<'_>, element: Element) -> Result<Option<Vec<u8>>, Error> {
    if value == ValueRef::Null {
        return Ok(None);
    }
    Ok(Some(of(function, 1, value, element)?.bytes.into_owned()))
}

/// Defines the distances of float vectors.
macro_rules! distances {
    ($($(#[$doc:meta])* $function:ident, $sql:literal: $metric:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous, name = $sql)]
        fn $function(a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Option<f64>, Error> {
            between($sql, Metric::$metric, Element::Float32, a, b)
        }
    )+};
}

distances! {
    /// Euclidean distance.
    vec_distance_l2, "vec_distance_l2": L2;
    /// Sum of absolute differences.
    vec_distance_l1, "vec_distance_l1": L1;
    /// 1 minus the cosine of the angle.
    vec_distance_cosine, "vec_distance_cosine": Cosine;
}

/// Number of different bits of two bit vectors.
#[scalar(deterministic, innocuous)]
fn vec_distance_hamming(a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Option<f64>, Error> {
    between("vec_distance_hamming", Metric::Hamming, Element::Bit, a, b)
}

/// A distance by the metric's name, between vectors of an element's name.
#[scalar(deterministic, innocuous)]
fn vec_distance(
    a: ValueRef<'_>,
    b: ValueRef<'_>,
    metric: &str,
    #[default("float32")] element: &str,
) -> Result<Option<f64>, Error> {
    let refuse = |number: u32, found: &str, expected: String| {
        let shown: String = found.chars().take(40).collect();
        let message = format!("function `vec_distance`: argument {number} is `{shown}`, expected {expected}");
        Error::new(Error::ERROR, message)
    };
    let metrics = || Metric::ALL.map(|(name, _)| format!("`{name}`")).join(", ");
    let metric = Metric::named(metric).ok_or_else(|| refuse(3, metric, metrics()))?;
    let element = Element::named(element).ok_or_else(|| refuse(4, element, "`float32`, `int8` or `bit`".into()))?;
    between("vec_distance", metric, element, a, b)
}

fn between(
    function: &str,
    metric: Metric,
    element: Element,
    a: ValueRef<'_>,
    b: ValueRef<'_>,
) -> Result<Option<f64>, Error> {
    if a == ValueRef::Null || b == ValueRef::Null {
        return Ok(None);
    }
    let (a, b) = (of(function, 1, a, element)?, of(function, 2, b, element)?);
    distance(metric, &a, &b)
        .map(Some)
        .map_err(|what| Error::new(Error::ERROR, format!("function `{function}`: {what}")))
}

/// The inner product.
#[scalar(deterministic, innocuous)]
fn vec_dot(a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Option<f64>, Error> {
    Ok(between("vec_dot", Metric::Dot, Element::Float32, a, b)?.map(|negative| 0.0 - negative))
}

/// Number of elements of a float vector.
#[scalar(deterministic, innocuous)]
fn vec_length(vector: ValueRef<'_>) -> Result<Option<i64>, Error> {
    if vector == ValueRef::Null {
        return Ok(None);
    }
    Ok(i64::try_from(floats("vec_length", 1, vector)?.dimensions()).ok())
}

/// A float vector as JSON; of an element's name, another one.
#[scalar(deterministic, innocuous)]
fn vec_to_json(vector: ValueRef<'_>, #[default("float32")] element: &str) -> Result<Option<String>, Error> {
    let known = Element::named(element).ok_or_else(|| {
        let message = "function `vec_to_json`: argument 2: expected `float32`, `int8` or `bit`";
        Error::new(Error::ERROR, message)
    })?;
    if vector == ValueRef::Null {
        return Ok(None);
    }
    Ok(Some(of("vec_to_json", 1, vector, known)?.to_json()))
}

/// Two float vectors, element by element.
fn elementwise(
    function: &str,
    a: ValueRef<'_>,
    b: ValueRef<'_>,
    each: fn(f32, f32) -> f32,
) -> Result<Option<Vec<u8>>, Error> {
    if a == ValueRef::Null || b == ValueRef::Null {
        return Ok(None);
    }
    let (a, b) = (floats(function, 1, a)?.floats(), floats(function, 2, b)?.floats());
    if a.len() != b.len() {
        let message = format!(
            "function `{function}`: the vectors have {} and {} elements, expected the same number",
            a.len(),
            b.len()
        );
        return Err(Error::new(Error::ERROR, message));
    }
    finished(function, a.iter().zip(&b).map(|(x, y)| each(*x, *y)).collect())
}

fn finished(function: &str, floats: Vec<f32>) -> Result<Option<Vec<u8>>, Error> {
    match Vector::of_floats(&floats) {
        Ok(vector) => Ok(Some(vector.bytes.into_owned())),
        Err(what) => Err(Error::new(Error::ERROR, format!("function `{function}`: the result's {what}"))),
    }
}

/// The sum.
#[scalar(deterministic, innocuous)]
fn vec_add(a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    elementwise("vec_add", a, b, |x, y| x + y)
}

/// The difference.
#[scalar(deterministic, innocuous)]
fn vec_sub(a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    elementwise("vec_sub", a, b, |x, y| x - y)
}

/// The vector of length 1 in the same direction.
#[scalar(deterministic, innocuous)]
fn vec_normalize(vector: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    if vector == ValueRef::Null {
        return Ok(None);
    }
    let floats = floats("vec_normalize", 1, vector)?.floats();
    let norm = floats.iter().map(|float| f64::from(*float).powi(2)).sum::<f64>().sqrt();
    if norm == 0.0 {
        return finished("vec_normalize", floats);
    }
    #[allow(clippy::cast_possible_truncation, reason = "vectors are of 32-bit floats")]
    finished("vec_normalize", floats.iter().map(|float| (f64::from(*float) / norm) as f32).collect())
}

/// The elements from `start` (from 0) up to `end`, which is left out.
#[scalar(deterministic, innocuous)]
fn vec_slice(vector: ValueRef<'_>, start: u32, end: u32) -> Result<Option<Vec<u8>>, Error> {
    if vector == ValueRef::Null {
        return Ok(None);
    }
    let floats = floats("vec_slice", 1, vector)?.floats();
    match floats.get(start as usize..end as usize) {
        Some(slice) if !slice.is_empty() => finished("vec_slice", slice.to_vec()),
        _ => Err(Error::new(
            Error::RANGE,
            format!("function `vec_slice`: {start} to {end} is no part of a vector of {} elements", floats.len()),
        )),
    }
}

/// A float vector as bits: 1 for elements above 0. The number of elements is a multiple of 8.
#[scalar(deterministic, innocuous)]
fn vec_quantize_binary(vector: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    if vector == ValueRef::Null {
        return Ok(None);
    }
    let floats = floats("vec_quantize_binary", 1, vector)?.floats();
    if !floats.len().is_multiple_of(8) {
        let message = format!("function `vec_quantize_binary`: {} elements, expected a multiple of 8", floats.len());
        return Err(Error::new(Error::ERROR, message));
    }
    let byte = |eight: &[f32]| eight.iter().rev().fold(0, |byte, float| byte << 1 | u8::from(*float > 0.0));
    Ok(Some(floats.chunks(8).map(byte).collect()))
}

/// A float vector as signed bytes: -1 to 1 become -127 to 127, and what is beyond is cut.
#[scalar(deterministic, innocuous)]
fn vec_quantize_int8(vector: ValueRef<'_>) -> Result<Option<Vec<u8>>, Error> {
    if vector == ValueRef::Null {
        return Ok(None);
    }
    let floats = floats("vec_quantize_int8", 1, vector)?.floats();
    #[allow(clippy::cast_possible_truncation, reason = "it was cut to the range before")]
    let byte = |float: &f32| ((float.clamp(-1.0, 1.0) * 127.0).round() as i8).cast_unsigned();
    Ok(Some(floats.iter().map(byte).collect()))
}

extension! {
    name: "vec",
    description: "Vectors as blobs or JSON, distances between them, and nearest neighbours.",
    functions: [
        vec_f32, vec_int8, vec_bit, vec_distance_l2, vec_distance_l1, vec_distance_cosine, vec_distance_hamming,
        vec_distance, vec_dot, vec_length, vec_to_json, vec_add, vec_sub, vec_normalize, vec_slice, vec_quantize_binary,
        vec_quantize_int8,
    ],
    tables: [vec_each, VecIndex],
    optional: {
        "spi.read": "a vec_index reads the vectors it keeps in a table beside it",
        "spi.write": "a vec_index writes the vectors it keeps in a table beside it",
    },
}
