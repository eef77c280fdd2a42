//! What an `IntegerLookup` takes, and the shape that it gives.

use crate::layers::axis;
use crate::layers::encoding::{OutputMode, encoded};
use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// The arguments that the rule looks at.
pub struct Arguments<'a> {
    /// The greatest number of places; 0: as many as the vocabulary needs.
    pub max_tokens: usize,
    /// How many places there are for the unknown.
    pub num_oov_indices: usize,
    /// The token that is padding, or none.
    pub mask_token: &'a [i64],
    /// The one that stands for the unknown.
    pub oov_token: i64,
    /// The vocabulary; `None`: it is to be learned.
    pub vocabulary: Option<&'a [i64]>,
    /// The weights of its tokens, or none.
    pub idf_weights: &'a [f32],
    /// Whether places become tokens.
    pub invert: bool,
    /// What comes out.
    pub mode: OutputMode,
    /// Whether there are `max_tokens` places also of a smaller vocabulary.
    pub pad_to_max_tokens: bool,
}

impl Arguments<'_> {
    /// The places before the vocabulary.
    const fn before(&self) -> usize {
        let int = matches!(self.mode, OutputMode::Int);
        self.num_oov_indices + (int && !self.mask_token.is_empty()) as usize
    }

    /// How many tokens are to be learned.
    #[must_use]
    pub const fn learned(&self) -> usize {
        match self.vocabulary {
            Some(_) => 0,
            None => self.max_tokens.saturating_sub(self.before()),
        }
    }
}

/// The shape rule.
pub const fn shape(input: Shape, of: &Arguments<'_>) -> Rule {
    if let Some(refusal) = refused(of) {
        return Err(refusal);
    }
    let classes = match of.vocabulary {
        Some(vocabulary) if !of.pad_to_max_tokens => vocabulary.len() + of.num_oov_indices,
        _ => of.max_tokens,
    };
    encoded("IntegerLookup", input, classes, of.mode)
}

const fn refused(of: &Arguments<'_>) -> Option<Refusal> {
    let (what, help) = if of.invert && !matches!(of.mode, OutputMode::Int) {
        (
            "IntegerLookup gives tokens for places (invert), which are numbers",
            "leave output_mode out",
        )
    } else if !of.idf_weights.is_empty() && !matches!(of.mode, OutputMode::TfIdf) {
        (
            "idf_weights are for output_mode = \"tf_idf\"",
            "leave idf_weights out, or write output_mode = \"tf_idf\"",
        )
    } else if of.pad_to_max_tokens && of.max_tokens == 0 {
        (
            "pad_to_max_tokens needs max_tokens",
            "give how many places there are: max_tokens = 100",
        )
    } else if let Some(vocabulary) = of.vocabulary {
        return of_vocabulary(vocabulary, of);
    } else if of.max_tokens == 0 {
        (
            "IntegerLookup has no vocabulary",
            "give vocabulary = [12, 36], or max_tokens = 100 and call adapt before the training",
        )
    } else if of.num_oov_indices == 0 {
        (
            "IntegerLookup learns its vocabulary, and has no place for what is not in it",
            "leave num_oov_indices out, or give the vocabulary",
        )
    } else if of.learned() == 0 {
        let what = Text::new()
            .str("max_tokens = ")
            .num(of.max_tokens)
            .str(" leaves no place for a token besides padding and the unknown");
        return Some(Refusal::new(what, "use more"));
    } else if !of.idf_weights.is_empty() {
        (
            "idf_weights are of a vocabulary that is given, or learned together with it",
            "give the vocabulary, too",
        )
    } else {
        return None;
    };
    Some(Refusal::new(Text::new().str(what), help))
}

/// What is wrong with a vocabulary that is given.
const fn of_vocabulary(vocabulary: &[i64], of: &Arguments<'_>) -> Option<Refusal> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        fn lookup<'a>(
            mask_token: &'a [i64],
            num_oov_indices: usize,
            vocabulary: &'a [i64],
        ) -> Arguments<'a> {
            Arguments {
                max_tokens: 0,
                num_oov_indices,
                mask_token,
                oov_token: -1,
                vocabulary: Some(vocabulary),
                idf_weights: &[],
                invert: false,
                mode: OutputMode::MultiHot,
                pad_to_max_tokens: false,
            }
        }
        let takes = |mask_token: &[i64], oov, vocabulary: &[i64]| {
            shape(Shape::tokens(&[3]), &lookup(mask_token, oov, vocabulary)).is_ok()
        };
        assert!(!takes(&[], 1, &[1, 2, 1]));
        // What Keras refuses, or leaves out of a vocabulary.
        assert!(!takes(&[0], 1, &[0, 12]) && !takes(&[0], 1, &[12, 0]) && takes(&[], 1, &[0, 12]));
        assert!(!takes(&[], 1, &[-1, 12]) && takes(&[], 1, &[12, -1]) && takes(&[], 0, &[-1, 12]));
    }
}
