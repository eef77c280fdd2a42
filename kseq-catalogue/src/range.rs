//! Ranges of numbers: those of arguments. The macros check literals by them; what is known only while a program runs is
//! checked by the library, and `tests/catalogue/` holds it against these ranges.

/// Which numbers an argument takes. All of them are finite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Range {
    /// Any number.
    Finite,
    /// More than 0: epsilons, norms.
    Positive,
    /// At least 0: learning rates, decays.
    NotNegative,
    /// At most 0: exponents.
    NotPositive,
    /// At least 0 and less than 1: betas.
    BelowOne,
    /// More than 0 and at most 1.
    AboveZero,
    /// More than 0 and less than 1.
    Between,
    /// From 0 to 1: shares.
    Unit,
    /// At least 1.
    AtLeastOne,
}

impl Range {
    /// Whether a number is in it.
    #[must_use]
    pub fn contains(self, x: f64) -> bool {
        let fits = match self {
            Range::Finite => true,
            Range::Positive => x > 0.0,
            Range::NotNegative => x >= 0.0,
            Range::NotPositive => x <= 0.0,
            Range::BelowOne => (0.0..1.0).contains(&x),
            Range::AboveZero => x > 0.0 && x <= 1.0,
            Range::Between => x > 0.0 && x < 1.0,
            Range::Unit => (0.0..=1.0).contains(&x),
            Range::AtLeastOne => x >= 1.0,
        };
        fits && x > f64::NEG_INFINITY && x < f64::INFINITY
    }

    /// What an argument "must be".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Range::Finite => "a number",
            Range::Positive => "more than 0",
            Range::NotNegative => "at least 0",
            Range::NotPositive => "at most 0",
            Range::BelowOne => "at least 0 and less than 1",
            Range::AboveZero => "more than 0 and at most 1",
            Range::Between => "more than 0 and less than 1",
            Range::Unit => "from 0 to 1",
            Range::AtLeastOne => "at least 1",
        }
    }

    /// Numbers at its ends, just inside: a test of the library takes them.
    #[must_use]
    pub const fn inside(self) -> &'static [f32] {
        match self {
            Range::Finite => &[-1.0, 0.0, 1.0],
            Range::Positive => &[1e-6, 1.0],
            Range::NotNegative => &[0.0, 1.0],
            Range::NotPositive => &[0.0, -1.0],
            Range::BelowOne => &[0.0, 0.999],
            Range::AboveZero => &[0.001, 1.0],
            Range::Between => &[0.001, 0.999],
            Range::Unit => &[0.0, 1.0],
            Range::AtLeastOne => &[1.0, 2.0],
        }
    }

    /// Numbers at its ends, just outside.
    #[must_use]
    pub const fn outside(self) -> &'static [f32] {
        match self {
            Range::Finite => &[f32::NAN, f32::INFINITY],
            Range::Positive => &[0.0, -1.0, f32::NAN, f32::INFINITY],
            Range::NotNegative => &[-0.001, f32::NAN, f32::INFINITY],
            Range::NotPositive => &[0.001, f32::NAN, f32::NEG_INFINITY],
            Range::BelowOne => &[-0.001, 1.0, f32::NAN],
            Range::AboveZero => &[0.0, 1.001, f32::NAN],
            Range::Between => &[0.0, 1.0, f32::NAN],
            Range::Unit => &[-0.001, 1.001, f32::NAN],
            Range::AtLeastOne => &[0.999, f32::NAN, f32::INFINITY],
        }
    }
}
