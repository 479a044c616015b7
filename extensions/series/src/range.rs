//! An arithmetic sequence of integers that can be narrowed at both ends.

/// The integers `first`, `first + step`, … : `count` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    first: i128,
    step: i128,
    count: u64,
}

impl Range {
    /// From `start` to `stop`, both inclusive. A step of 0 counts as 1; with a negative step it counts down.
    pub fn new(start: i64, stop: i64, step: i64) -> Self {
        let (first, last) = (i128::from(start), i128::from(stop));
        let step = if step == 0 { 1 } else { i128::from(step) };
        let distance = if step > 0 { last - first } else { first - last };
        Self { first, step, count: count(distance, step.abs()) }
    }

    /// No numbers.
    pub const fn empty() -> Self {
        Self { first: 0, step: 1, count: 0 }
    }

    /// Drops everything.
    pub const fn clear(&mut self) {
        self.count = 0;
    }

    fn end(&self) -> i128 {
        self.first + self.step * i128::from(self.count.saturating_sub(1))
    }

    /// Drops the numbers below `bound`.
    pub fn at_least(&mut self, bound: i64) {
        let bound = i128::from(bound);
        if self.step > 0 {
            self.drop_first(ceiling(bound - self.first, self.step));
        } else {
            self.drop_last(ceiling(bound - self.end(), -self.step));
        }
    }

    /// Drops the numbers above `bound`.
    pub fn at_most(&mut self, bound: i64) {
        let bound = i128::from(bound);
        if self.step > 0 {
            self.drop_last(ceiling(self.end() - bound, self.step));
        } else {
            self.drop_first(ceiling(self.first - bound, -self.step));
        }
    }

    fn drop_first(&mut self, number: i128) {
        let number = number.clamp(0, i128::from(self.count));
        self.first += self.step * number;
        self.count -= u64::try_from(number).unwrap_or(self.count);
    }

    fn drop_last(&mut self, number: i128) {
        let number = number.clamp(0, i128::from(self.count));
        self.count -= u64::try_from(number).unwrap_or(self.count);
    }

    /// Drops the first `number`.
    pub fn skip(&mut self, number: u64) {
        self.drop_first(number.into());
    }

    /// Keeps the first `number`.
    pub fn take(&mut self, number: u64) {
        self.count = self.count.min(number);
    }

    /// Puts the smallest first.
    pub fn ascend(&mut self) {
        if self.step < 0 {
            self.reverse();
        }
    }

    /// Puts the largest first.
    pub fn descend(&mut self) {
        if self.step > 0 {
            self.reverse();
        }
    }

    fn reverse(&mut self) {
        self.first = self.end();
        self.step = -self.step;
    }
}

impl Range {
    /// Takes the first number out.
    pub fn advance(&mut self) -> Option<i64> {
        if self.count == 0 {
            return None;
        }
        let number = self.first;
        self.first += self.step;
        self.count -= 1;
        i64::try_from(number).ok()
    }
}

/// How many numbers there are up to `distance` from the first one.
fn count(distance: i128, step: i128) -> u64 {
    if distance < 0 { 0 } else { u64::try_from(distance / step + 1).unwrap_or(u64::MAX) }
}

/// `distance / step`, rounded up; `step` is positive.
const fn ceiling(distance: i128, step: i128) -> i128 {
    distance.div_euclid(step) + if distance.rem_euclid(step) == 0 { 0 } else { 1 }
}
