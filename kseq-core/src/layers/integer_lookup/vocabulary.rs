//! The vocabulary of an `IntegerLookup`: what may be given, and how it is learned.

use super::Arguments;
#[cfg(feature = "std")]
use super::{IntegerLookupState, NO_MASK, is_learned};
use crate::layers::axis;
use crate::layers::encoding::OutputMode;
use crate::shape::Refusal;
use crate::text::Text;

/// The second number of a token that there is not.
pub(super) const EMPTY: f32 = -1.0;

/// A token from its two numbers.
pub(super) fn joined([high, low]: [f32; 2]) -> Option<i64> {
    (low >= 0.0).then(|| (high as i64) * PARTS + low as i64)
}

const PARTS: i64 = 1 << 16;

/// What is wrong with a vocabulary that is given.
pub(super) const fn refused(vocabulary: &[i64], of: &Arguments<'_>) -> Option<Refusal> {
    let mut i = 0;
    while i < vocabulary.len() {
        let mut j = 0;
        while j < vocabulary.len() {
            if i != j && vocabulary[i] == vocabulary[j] {
                let what = axis::signed(Text::new().str("vocabulary has "), vocabulary[i] as isize);
                return Some(Refusal::new(what.str(" twice"), "write each token once"));
            }
            j += 1;
        }
        if !of.mask_token.is_empty() && vocabulary[i] == of.mask_token[0] {
            let what = Text::new().str("vocabulary has the mask_token, ");
            return Some(Refusal::new(
                axis::signed(what, of.mask_token[0] as isize),
                "leave it out: its place is in front of the vocabulary",
            ));
        }
        // What stands for unknown tokens in a vocabulary that Keras gives: there it would be taken for that, not for a token.
        let begins = i == 0 && of.num_oov_indices == 1;
        if (begins || of.invert) && vocabulary[i] == of.oov_token {
            let what = Text::new().str(if begins {
                "vocabulary begins with "
            } else {
                "vocabulary has "
            });
            return Some(Refusal::new(
                axis::signed(what, of.oov_token as isize).str(", the oov_token"),
                "leave it out: the place of what is not in the vocabulary is in front of it",
            ));
        }
        i += 1;
    }
    let places = of.before() + vocabulary.len();
    if of.max_tokens > 0 && places > of.max_tokens {
        let what = Text::new()
            .str("the vocabulary takes ")
            .num(places)
            .str(" places with those for padding and the unknown, more than max_tokens = ")
            .num(of.max_tokens);
        return Some(Refusal::new(what, "leave max_tokens out"));
    }
    let weights = of.idf_weights.len();
    if matches!(of.mode, OutputMode::TfIdf) && weights != vocabulary.len() {
        let what = Text::new()
            .str("there are ")
            .num(weights)
            .str(" idf_weights for ")
            .num(vocabulary.len())
            .str(" tokens of the vocabulary");
        return Some(Refusal::new(what, "give one for each token"));
    }
    None
}

#[cfg(feature = "std")]
mod learn {
    use std::collections::{BTreeMap, BTreeSet};
    use std::vec::Vec;

    use super::{EMPTY, IntegerLookupState, NO_MASK, PARTS, is_learned};
    use crate::error::Error;
    use crate::layers::encoding;
    use crate::params::ParamField;
    use crate::tensor::Tensor;
    use crate::text::Note;

    impl<V: ParamField, W: ParamField, const MASK: i64, const OOV: i64>
        IntegerLookupState<V, W, MASK, OOV>
    {
        /// Learns the vocabulary, the tokens that come most often, as Keras's `layer.adapt(data)`: before the training, of what comes into the
        /// layer. Of those that come as often the larger ones are first.
        ///
        /// ```text
        /// model.state_mut().integer_lookup_1.adapt(&x)?;
        /// ```
        ///
        /// # Errors
        /// There is no token, one is no whole number of at most 40 bits, or the vocabulary is given in the list of layers. Nothing is changed then.
        pub fn adapt<X: Tensor>(&mut self, x: &[X]) -> Result<(), Error> {
            const WHAT: &str = "adapt";
            let other = |why: Note| Err(Error::Argument { name: WHAT, why });
            if !is_learned::<V>() {
                return other(Note::new().str("the vocabulary is given in the list of layers"));
            }
            // How often each comes, and in how many samples.
            let mut counts: BTreeMap<i64, [u64; 2]> = BTreeMap::new();
            for sample in x {
                let values = X::flat(core::slice::from_ref(sample));
                let mut seen = BTreeSet::new();
                for value in encoding::values(X::tokens(values), X::floats(values)) {
                    let token = value.whole();
                    let whole = token as f32 == value.number();
                    if !whole || token.unsigned_abs() >= 1 << 40 {
                        return other(
                            Note::new().str("a token is no whole number of at most 40 bits"),
                        );
                    }
                    let [all, samples] = counts.entry(token).or_default();
                    *all += 1;
                    *samples += u64::from(seen.insert(token));
                }
            }
            if counts.is_empty() {
                return Err(Error::Empty { what: WHAT });
            }
            let learned = counts
                .into_iter()
                .filter(|(token, _)| *token != OOV && (*token != MASK || MASK == NO_MASK));
            let mut learned: Vec<(i64, [u64; 2])> = learned.collect();
            learned.sort_by_key(|(token, [all, _])| core::cmp::Reverse((*all, *token)));
            let (places, _) = self.vocabulary.as_f32s_mut().as_chunks_mut::<2>();
            places.fill([0.0, EMPTY]);
            for (place, (token, _)) in places.iter_mut().zip(&learned) {
                *place = [
                    token.div_euclid(PARTS) as f32,
                    token.rem_euclid(PARTS) as f32,
                ];
            }
            let samples = x.len() as f64;
            let weights = self.idf_weights.as_f32s_mut();
            weights.fill(0.0);
            for (weight, (_, [_, with])) in weights.iter_mut().zip(&learned) {
                *weight = (1.0 + samples / (1 + with) as f64).ln() as f32;
            }
            Ok(())
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::IntegerLookup;
    use crate::layers::encoding::tests::of_state;
    use crate::params::zeroed;

    const X: [[u32; 4]; 3] = [[12, 1138, 42, 42], [42, 1000, 36, 0], [7, 12, 0, 5]];

    /// As Keras's `adapt` on the same data.
    #[test]
    fn tokens_are_learned() {
        let mut s: IntegerLookupState<[[f32; 2]; 4], [f32; 0], 0, -1> = zeroed();
        s.adapt(&X).expect("tokens");
        let layer =
            IntegerLookup::<[[f32; 2]; 4], [f32; 0], 0, -1>::new(1, &[], &[], OutputMode::Int);
        let y: [f32; 6] = of_state(&layer, &s, [42u32, 3, 0, 12, 1138, 1000]);
        assert_eq!(y, [2.0, 1.0, 0.0, 3.0, 4.0, 5.0]);
        let back = layer.invert(true);
        let y: [f32; 4] = of_state(&back, &s, [0u32, 1, 2, 99]);
        assert_eq!(y, [0.0, -1.0, 42.0, -1.0]);
        assert!(s.adapt(&[[0.5]]).is_err() && s.adapt::<[u32; 1]>(&[]).is_err());
    }

    #[test]
    fn weights_are_learned() {
        let close = |found: &[f32], expected: &[f32]| {
            let mut all = found.iter().zip(expected);
            assert!(
                all.all(|(a, b)| (a - b).abs() < 1e-6),
                "{found:?} {expected:?}"
            );
        };
        let mut s: IntegerLookupState<[[f32; 2]; 4], [f32; 4], 0, -1> = zeroed();
        s.adapt(&X).expect("tokens");
        close(
            &s.idf_weights,
            &[0.693_147_2, 0.693_147_2, 0.916_290_76, 0.916_290_76],
        );
        let layer =
            IntegerLookup::<[[f32; 2]; 4], [f32; 4], 0, -1>::new(2, &[], &[], OutputMode::TfIdf);
        let y: [f32; 6] = of_state(&layer, &s, [42u32, 3, 0, 12]);
        close(&y, &[0.0, 0.804_719, 0.693_147_2, 0.693_147_2, 0.0, 0.0]);
        let mut more: IntegerLookupState<[[f32; 2]; 19], [f32; 19], { NO_MASK }, -1> = zeroed();
        more.adapt(&X).expect("tokens");
        let layer = IntegerLookup::<_, _, { NO_MASK }, -1>::new(1, &[], &[], OutputMode::TfIdf);
        let y: [f32; 20] = of_state::<_, _, [f32; 20]>(&layer, &more, [42u32, 3, 0, 12]);
        close(
            y.get(..5).unwrap_or_default(),
            &[0.832_611_9, 0.693_147_2, 0.693_147_2, 0.693_147_2, 0.0],
        );
    }
}
