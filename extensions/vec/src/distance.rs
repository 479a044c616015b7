//! Distances between vectors of one kind and one number of dimensions.

use crate::vector::{Element, Vector};

/// How far two vectors are from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Euclidean distance.
    L2,
    /// Sum of absolute differences.
    L1,
    /// 1 minus the cosine of the angle between them: 0 for the same direction, 2 for the opposite one.
    Cosine,
    /// Minus the inner product, so that the most similar vectors come first.
    Dot,
    /// Number of different bits.
    Hamming,
}

impl Metric {
    /// All metrics with their names in SQL.
    pub const ALL: [(&'static str, Self); 5] =
        [("l2", Self::L2), ("l1", Self::L1), ("cosine", Self::Cosine), ("dot", Self::Dot), ("hamming", Self::Hamming)];

    /// The metric of a name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, metric)| metric)
    }

    /// Whether it is defined for vectors of `element`.
    pub fn takes(self, element: Element) -> bool {
        (self == Self::Hamming) == (element == Element::Bit)
    }
}

/// The distance of two vectors.
///
/// # Errors
/// In words, if they are not of one kind, or the metric is not defined for it.
pub fn distance(metric: Metric, a: &Vector<'_>, b: &Vector<'_>) -> Result<f64, String> {
    if a.element != b.element {
        return Err(format!("the vectors are of {} and {}, expected one kind", a.element.name(), b.element.name()));
    }
    if a.bytes.len() != b.bytes.len() {
        return Err(format!(
            "the vectors have {} and {} elements, expected the same number",
            a.dimensions(),
            b.dimensions()
        ));
    }
    if !metric.takes(a.element) {
        return Err(format!("this distance is not defined for {} vectors", a.element.name()));
    }
    Ok(match a.element {
        Element::Float32 => of_floats(metric, &a.floats(), &b.floats()),
        Element::Int8 => of_bytes(metric, &a.bytes, &b.bytes),
        Element::Bit => hamming(&a.bytes, &b.bytes),
    })
}

/// Distance of two float vectors of the same length.
///
/// Sums are of 32-bit floats in 8 lanes, which the compiler turns into vector instructions.
pub fn of_floats(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    match metric {
        Metric::L2 => f64::from(sum(a, b, |x, y| (x - y) * (x - y))).sqrt(),
        Metric::L1 => f64::from(sum(a, b, |x, y| (x - y).abs())),
        Metric::Dot => 0.0 - f64::from(sum(a, b, |x, y| x * y)),
        Metric::Cosine => {
            let norm = (f64::from(sum(a, a, |x, y| x * y)) * f64::from(sum(b, b, |x, y| x * y))).sqrt();
            cosine(f64::from(sum(a, b, |x, y| x * y)), norm)
        }
        Metric::Hamming => f64::NAN,
    }
}

/// Distance of two int8 vectors of the same length.
pub fn of_bytes(metric: Metric, a: &[u8], b: &[u8]) -> f64 {
    let total = |term: fn(i64, i64) -> i64, a: &[u8], b: &[u8]| {
        a.iter().zip(b).map(|(x, y)| term(i64::from(x.cast_signed()), i64::from(y.cast_signed()))).sum::<i64>() as f64
    };
    match metric {
        Metric::L2 => total(|x, y| (x - y) * (x - y), a, b).sqrt(),
        Metric::L1 => total(|x, y| (x - y).abs(), a, b),
        Metric::Dot => 0.0 - total(|x, y| x * y, a, b),
        Metric::Cosine => {
            let norm = (total(|x, y| x * y, a, a) * total(|x, y| x * y, b, b)).sqrt();
            cosine(total(|x, y| x * y, a, b), norm)
        }
        Metric::Hamming => f64::NAN,
    }
}

/// Number of different bits.
pub fn hamming(a: &[u8], b: &[u8]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from((x ^ y).count_ones())).sum()
}

/// A vector without direction is as far from all others as one at a right angle.
fn cosine(dot: f64, norm: f64) -> f64 {
    if norm > 0.0 { 1.0 - (dot / norm).clamp(-1.0, 1.0) } else { 1.0 }
}

fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += term(x[lane], y[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| term(*x, *y)).sum();
    lanes.iter().sum::<f32>() + rest
}
