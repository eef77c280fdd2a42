//! The ranges of arguments, and what is wrong with one that is out of its range.

use crate::text::Note;

/// Which values an argument may have.
#[derive(Clone, Copy)]
pub(super) struct Range {
    contains: fn(f32) -> bool,
    /// What an argument "must be".
    words: &'static str,
}

/// An argument with its value.
pub(super) struct Argument {
    name: &'static str,
    value: f32,
    range: Range,
}

impl Range {
    pub(super) const fn new(contains: fn(f32) -> bool, words: &'static str) -> Self {
        Range { contains, words }
    }

    /// An argument that this is the range of.
    pub(super) const fn of(self, name: &'static str, value: f32) -> Argument {
        let range = self;
        Argument { name, value, range }
    }
}

/// Learning rates and decays.
pub(super) const NOT_NEGATIVE: Range =
    Range::new(|x| x.is_finite() && x >= 0.0, "finite and not negative");
/// Factors of any sign.
#[cfg(feature = "std")]
pub(super) const FINITE: Range = Range::new(f32::is_finite, "finite");
/// Epsilons and norms.
pub(super) const POSITIVE: Range = Range::new(|x| x.is_finite() && x > 0.0, "finite and positive");
/// Exponents.
pub(super) const NOT_POSITIVE: Range =
    Range::new(|x| x.is_finite() && x <= 0.0, "finite and at most 0");
/// Betas and rho.
pub(super) const BELOW_ONE: Range =
    Range::new(|x| (0.0..1.0).contains(&x), "at least 0 and less than 1");
/// Lion's first beta: with 0 it would be the sign of the gradient.
pub(super) const ABOVE_ZERO: Range =
    Range::new(|x| x > 0.0 && x <= 1.0, "more than 0 and at most 1");
/// Momentum.
pub(super) const UNIT: Range = Range::new(|x| (0.0..=1.0).contains(&x), "in 0 to 1");

/// What is wrong with the first argument that is out of its range.
pub(super) fn first_wrong(arguments: &[Argument]) -> Option<Note> {
    let wrong = arguments.iter().find(|a| !(a.range.contains)(a.value))?;
    Some(words(wrong))
}

#[cfg(feature = "std")]
fn words(Argument { name, value, range }: &Argument) -> Note {
    struct Writer(Note);
    impl core::fmt::Write for Writer {
        fn write_str(&mut self, s: &str) -> core::fmt::Result {
            self.0 = self.0.str(s);
            Ok(())
        }
    }
    let mut text = Writer(Note::new());
    // Writing into a `Note` does not fail.
    let _ = core::fmt::write(
        &mut text,
        format_args!("{name} = {value}, but it must be {}", range.words),
    );
    text.0
}

/// Printing a float is 20 KB of code.
#[cfg(not(feature = "std"))]
fn words(Argument { name, range, .. }: &Argument) -> Note {
    Note::new().str(name).str(range.words)
}
