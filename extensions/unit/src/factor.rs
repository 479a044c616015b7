//! Exact positive factors: a fraction, times a power of ten, times a power of π.

/// A factor between units. While everything fits in 128 bits it is exact; then it goes on as a real.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// In lowest terms, and with no tens in both: these are in `tens`.
    fraction: Option<(u128, u128)>,
    tens: i32,
    /// What counts when `fraction` is `None`, without `tens` and π.
    approximate: f64,
    pi: i32,
}

const fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[allow(clippy::cast_precision_loss, reason = "reals round to the nearest")]
const fn real(value: u128) -> f64 {
    value as f64
}

impl Factor {
    pub const ONE: Self = Self { fraction: Some((1, 1)), tens: 0, approximate: 1.0, pi: 0 };

    /// `digits` times ten to the power of `tens`.
    pub fn decimal(digits: u128, tens: i32) -> Self {
        Self::new(digits, 1, tens, 0)
    }

    pub const PI: Self = Self { fraction: Some((1, 1)), tens: 0, approximate: 1.0, pi: 1 };

    fn new(numerator: u128, denominator: u128, mut tens: i32, pi: i32) -> Self {
        let divisor = greatest_common_divisor(numerator, denominator).max(1);
        let (mut numerator, mut denominator) = (numerator / divisor, denominator / divisor);
        while numerator != 0 && numerator.is_multiple_of(10) {
            numerator /= 10;
            tens += 1;
        }
        while denominator.is_multiple_of(10) {
            denominator /= 10;
            tens -= 1;
        }
        Self { fraction: Some((numerator, denominator)), tens, approximate: 1.0, pi }
    }

    /// Without tens and π.
    fn plain(self) -> f64 {
        self.fraction.map_or(self.approximate, |(numerator, denominator)| real(numerator) / real(denominator))
    }

    pub fn times(self, other: Self) -> Self {
        let (tens, pi) = (self.tens.saturating_add(other.tens), self.pi.saturating_add(other.pi));
        let exact = self.fraction.zip(other.fraction).and_then(|((a, b), (c, d))| {
            let (first, second) = (greatest_common_divisor(a, d).max(1), greatest_common_divisor(c, b).max(1));
            let numerator = (a / first).checked_mul(c / second)?;
            let denominator = (b / second).checked_mul(d / first)?;
            Some(Self::new(numerator, denominator, tens, pi))
        });
        exact.unwrap_or_else(|| Self { fraction: None, tens, approximate: self.plain() * other.plain(), pi })
    }

    pub fn inverse(self) -> Self {
        let fraction = self.fraction.map(|(numerator, denominator)| (denominator, numerator));
        let factor = Self { fraction, tens: -self.tens, approximate: 1.0 / self.approximate, pi: -self.pi };
        match factor.fraction {
            // Fives and twos of both sides may make tens now.
            Some((numerator, denominator)) if denominator != 0 => {
                Self::new(numerator, denominator, factor.tens, factor.pi)
            }
            _ => factor,
        }
    }

    pub fn power(self, exponent: i32) -> Self {
        let base = if exponent < 0 { self.inverse() } else { self };
        (0..exponent.unsigned_abs()).fold(Self::ONE, |product, _| product.times(base))
    }

    pub fn is_zero(self) -> bool {
        self.fraction.map_or(self.approximate == 0.0, |(numerator, _)| numerator == 0)
    }

    /// `value` times the factor, rounded as few times as possible.
    pub fn apply(self, value: f64) -> f64 {
        let (mut up, mut down) = match self.fraction {
            Some((numerator, denominator)) => (Some(numerator), Some(denominator)),
            None => (None, Some(1)),
        };
        // A power of ten is best as a whole number on one side.
        let mut tens = self.tens;
        let power = 10_u128.checked_pow(tens.unsigned_abs());
        let side = if tens < 0 { &mut down } else { &mut up };
        if let Some(whole) = side.zip(power).and_then(|(side, power)| side.checked_mul(power)) {
            *side = Some(whole);
            tens = 0;
        }
        let value = match (up, down) {
            (Some(up), Some(down)) => {
                let divisor = greatest_common_divisor(up, down).max(1);
                let (up, down) = (up / divisor, down / divisor);
                // Reals hold whole numbers exactly up to here, so that one side alone is one rounding.
                if down == 1 {
                    value * real(up)
                } else if up == 1 {
                    value / real(down)
                } else {
                    value * real(up) / real(down)
                }
            }
            (_, down) => value * self.approximate / down.map_or(1.0, real),
        };
        let value = if tens == 0 { value } else { value * 10_f64.powi(tens) };
        if self.pi == 0 { value } else { value * core::f64::consts::PI.powi(self.pi) }
    }
}

#[cfg(test)]
mod tests {
    use super::Factor;

    #[test]
    fn products_are_exact() {
        let inch = Factor::decimal(254, -4);
        let centimetre = Factor::decimal(1, -2);
        assert_eq!(inch.times(centimetre.inverse()).apply(1.0), 2.54);
        assert_eq!(centimetre.times(inch.inverse()).apply(2.54), 1.0);
        assert_eq!(inch.power(3).times(inch.power(-3)), Factor::ONE);
        assert_eq!(Factor::decimal(1, 30).power(30).times(Factor::decimal(1, -30).power(30)), Factor::ONE);
        assert_eq!(Factor::PI.apply(1.0), core::f64::consts::PI);
        assert!(Factor::decimal(0, 3).is_zero());
        let huge = Factor::decimal(u128::MAX, 0).power(3);
        assert!((huge.times(huge.inverse()).apply(1.0) - 1.0).abs() < 1e-9);
    }
}
