//! How an `IntegerLookup` learns its vocabulary.

use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use super::IntegerLookupState;
use super::tokens::{EMPTY, NO_MASK, PARTS, is_learned};
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
                    return other(Note::new().str("a token is no whole number of at most 40 bits"));
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

#[cfg(test)]
mod tests {
    use core::f32::consts::LN_2;

    use super::*;
    use crate::layers::IntegerLookup;
    use crate::layers::encoding::OutputMode;
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
        close(&s.idf_weights, &[LN_2, LN_2, 0.916_290_76, 0.916_290_76]);
        let layer =
            IntegerLookup::<[[f32; 2]; 4], [f32; 4], 0, -1>::new(2, &[], &[], OutputMode::TfIdf);
        let y: [f32; 6] = of_state(&layer, &s, [42u32, 3, 0, 12]);
        close(&y, &[0.0, 0.804_719, LN_2, LN_2, 0.0, 0.0]);
        let mut more: IntegerLookupState<[[f32; 2]; 19], [f32; 19], { NO_MASK }, -1> = zeroed();
        more.adapt(&X).expect("tokens");
        let layer = IntegerLookup::<_, _, { NO_MASK }, -1>::new(1, &[], &[], OutputMode::TfIdf);
        let y: [f32; 20] = of_state::<_, _, [f32; 20]>(&layer, &more, [42u32, 3, 0, 12]);
        close(
            y.get(..5).unwrap_or_default(),
            &[0.832_611_9, LN_2, LN_2, LN_2, 0.0],
        );
    }
}
