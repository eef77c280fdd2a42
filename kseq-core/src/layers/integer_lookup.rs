//! `IntegerLookup`: whole numbers as their places in a vocabulary, or the other way round. The vocabulary is given, or learned from data by
//! [`IntegerLookupState::adapt`]. For users: `docs/layers/IntegerLookup.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{IntegerLookup, OutputMode};
//! use kseq_core::{params::{NoParams, zeroed}, pool::Pool};
//!
//! // One place for what is not in the vocabulary.
//! let layer: IntegerLookup<[[f32; 2]; 0], [f32; 0], { i64::MIN }, -1> =
//!     IntegerLookup::new(1, &[12, 36, 1138], &[], OutputMode::Int);
//! let (mut y, cx) = ([[0.0; 3]], &mut Ctx::new(&Pool::Serial, 0, 0));
//! layer.infer(&NoParams, &zeroed(), &[[36, 12, 7]], &mut y, cx);
//! assert_eq!(y, [[2.0, 1.0, 0.0]]);
//! ```

#[cfg(feature = "std")]
mod learn;
mod rule;
mod tokens;

use core::marker::PhantomData;

use super::encoding::{self, Classes, OutputMode, Value, encodes};
use crate::error::Error;
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{NoParams, ParamField, params};
use crate::rng::Rng;
use crate::tensor::Tensor;
use crate::text::Note;
pub use rule::{Arguments, shape};
use tokens::{EMPTY, NO_MASK, is_learned, joined};

/// Whole numbers as their places in a vocabulary. `V` is the array in which it is learned, and `W` that of the weights for `"tf_idf"`, without
/// elements if they are given; `MASK` is the token that is padding, or `i64::MIN`, `OOV` the one that stands for all that are unknown.
///
/// In a layer list `IntegerLookup(..)`, whose arguments are explained in `kseq::layers::IntegerLookup`.
pub struct IntegerLookup<V, W, const MASK: i64, const OOV: i64> {
    vocabulary: &'static [i64],
    idf_weights: &'static [f32],
    unknown: usize,
    mode: OutputMode,
    invert: bool,
    arrays: PhantomData<fn() -> (V, W)>,
}

/// The token that is padding, as the type of the layer has it.
#[must_use]
pub const fn mask(mask_token: &[i64]) -> i64 {
    match mask_token {
        [token, ..] => *token,
        [] => NO_MASK,
    }
}

/// The token that stands for the unknown, as the type of the layer has it.
#[must_use]
pub const fn oov(oov_token: &[i64]) -> i64 {
    match oov_token {
        [token, ..] => *token,
        [] => -1,
    }
}

impl<V, W, const MASK: i64, const OOV: i64> IntegerLookup<V, W, MASK, OOV> {
    /// The layer with so many places for what is not in the vocabulary, which is empty if it is to be learned.
    #[must_use]
    pub const fn new(
        num_oov_indices: usize,
        vocabulary: &'static [i64],
        idf_weights: &'static [f32],
        mode: OutputMode,
    ) -> Self {
        IntegerLookup {
            vocabulary,
            idf_weights,
            unknown: num_oov_indices,
            mode,
            invert: false,
            arrays: PhantomData,
        }
    }

    /// The same the other way round: tokens for places, if that is asked for.
    #[must_use]
    pub const fn invert(self, invert: bool) -> Self {
        IntegerLookup { invert, ..self }
    }

    /// The place of the first unknown token: padding has one only where numbers come out.
    const fn first(&self) -> usize {
        (MASK != NO_MASK && matches!(self.mode, OutputMode::Int)) as usize
    }
}

params! {
    /// What an [`IntegerLookup`] has learned from data.
    pub struct IntegerLookupState<V, W; const MASK: i64, const OOV: i64> {
        /// The tokens, each `65,536 a + b` as two numbers, and -1 for `b` behind the last one; or nothing if they are given.
        pub vocabulary: V,
        /// `ln(1 + samples / (1 + samples with the token))` for each, or nothing without `"tf_idf"`.
        pub idf_weights: W,
    }
}

impl<V: ParamField, W: ParamField, const MASK: i64, const OOV: i64> IntegerLookup<V, W, MASK, OOV> {
    /// The place of a token in the vocabulary.
    fn place(&self, s: &IntegerLookupState<V, W, MASK, OOV>, token: i64) -> Option<usize> {
        if !is_learned::<V>() {
            return self.vocabulary.iter().position(|known| *known == token);
        }
        let (known, _) = s.vocabulary.as_f32s().as_chunks();
        known.iter().position(|known| joined(*known) == Some(token))
    }

    /// The token at a place of the vocabulary.
    fn token(&self, s: &IntegerLookupState<V, W, MASK, OOV>, place: usize) -> Option<i64> {
        if !is_learned::<V>() {
            return self.vocabulary.get(place).copied();
        }
        let (known, _) = s.vocabulary.as_f32s().as_chunks();
        joined(*known.get(place)?)
    }
}

impl<V: ParamField, W: ParamField, const MASK: i64, const OOV: i64> Classes
    for IntegerLookup<V, W, MASK, OOV>
{
    type State = IntegerLookupState<V, W, MASK, OOV>;

    fn mode(&self) -> OutputMode {
        self.mode
    }

    fn begin(s: &mut Self::State) {
        s.vocabulary.as_f32s_mut().fill(EMPTY);
    }

    fn class(&self, s: &Self::State, value: Value) -> Option<usize> {
        let (value, first) = (value.whole(), self.first());
        if MASK != NO_MASK && MASK == value {
            return (first > 0).then_some(0);
        }
        match self.place(s, value) {
            Some(at) => Some(first + self.unknown + at),
            None if self.unknown == 0 => None,
            None => Some(first + value.rem_euclid(self.unknown as i64) as usize),
        }
    }

    fn number(&self, s: &Self::State, value: Value) -> f32 {
        if !self.invert {
            return self.class(s, value).unwrap_or(0) as f32;
        }
        let index = usize::try_from(value.whole()).ok();
        if index == Some(0) && MASK != NO_MASK {
            return MASK as f32;
        }
        let place = index.and_then(|index| index.checked_sub(self.first() + self.unknown));
        place.and_then(|place| self.token(s, place)).unwrap_or(OOV) as f32
    }

    /// That of the unknown is the mean of all.
    fn weight(&self, s: &Self::State, class: usize) -> f32 {
        let all = match is_learned::<V>() {
            true => s.idf_weights.as_f32s(),
            false => self.idf_weights,
        };
        let known = match is_learned::<V>() {
            true => (0..all.len())
                .take_while(|i| self.token(s, *i).is_some())
                .count(),
            false => all.len(),
        };
        let all = all.get(..known).unwrap_or_default();
        match class.checked_sub(self.unknown) {
            Some(place) => all.get(place).copied().unwrap_or(0.0),
            None => {
                let sum: f64 = all.iter().copied().map(f64::from).sum();
                (sum / all.len().max(1) as f64) as f32
            }
        }
    }

    /// (Of a vocabulary that is learned the rule demands a place for the unknown.)
    fn refused(&self, value: Value) -> Option<Note> {
        if self.invert || self.unknown > 0 || is_learned::<V>() {
            return None;
        }
        let token = value.whole();
        let is_known = MASK != NO_MASK && MASK == token || self.vocabulary.contains(&token);
        let why = || {
            let note = value.as_token();
            note.str(" is not in the vocabulary, and num_oov_indices is 0")
        };
        (!is_known).then(why)
    }
}

encodes!(
    [V: ParamField, W: ParamField, const MASK: i64, const OOV: i64,]
    IntegerLookup<V, W, MASK, OOV>,
    IntegerLookupState<V, W, MASK, OOV>
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::encoding::tests::of;

    type Plain = IntegerLookup<[[f32; 2]; 0], [f32; 0], NO_MASK, -1>;
    type Masked = IntegerLookup<[[f32; 2]; 0], [f32; 0], 0, -7>;

    /// As Keras's `IntegerLookup(vocabulary = [12, 36, 1138, 42])` does.
    #[test]
    fn places_in_a_vocabulary() {
        let vocabulary = &[12, 36, 1138, 42];
        let layer = Plain::new(1, vocabulary, &[], OutputMode::Int);
        let y: [f32; 4] = of(&layer, [12u32, 1138, 42, 7]);
        assert_eq!(y, [1.0, 3.0, 4.0, 0.0]);
        let masked = Masked::new(2, vocabulary, &[], OutputMode::Int);
        let y: [f32; 4] = of(&masked, [0u32, 12, 7, 8]);
        assert_eq!(y, [0.0, 3.0, 2.0, 1.0]);
        let count = Masked::new(1, vocabulary, &[], OutputMode::Count);
        let y: [f32; 5] = of(&count, [0u32, 12, 7, 12]);
        assert_eq!(y, [1.0, 2.0, 0.0, 0.0, 0.0]);
        let strict = Plain::new(0, vocabulary, &[], OutputMode::Int);
        let check = Layer::<[u32; 2], [f32; 2]>::check;
        assert!(check(&strict, &[[12, 36]]).is_ok() && check(&strict, &[[12, 7]]).is_err());
    }

    /// As Keras does with the same arguments.
    #[test]
    fn tokens_of_places_and_weights() {
        let vocabulary = &[12, 36, 1138, 42];
        let back = Plain::new(1, vocabulary, &[], OutputMode::Int).invert(true);
        let y: [f32; 7] = of(&back, [0u32, 1, 2, 3, 4, 5, 99]);
        assert_eq!(y, [-1.0, 12.0, 36.0, 1138.0, 42.0, -1.0, -1.0]);
        let back = Masked::new(2, vocabulary, &[], OutputMode::Int).invert(true);
        let y: [f32; 8] = of(&back, [0u32, 1, 2, 3, 4, 5, 6, 99]);
        assert_eq!(y, [0.0, -7.0, -7.0, 12.0, 36.0, 1138.0, 42.0, -7.0]);
        let weights = &[0.25, 0.75, 0.6, 0.4];
        let layer = Plain::new(2, vocabulary, weights, OutputMode::TfIdf);
        let y: [f32; 6] = of(&layer, [12u32, 7, 36, 36, 9]);
        assert_eq!(y, [0.0, 1.0, 0.25, 1.5, 0.0, 0.0]);
    }
}
