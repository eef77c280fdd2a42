//! `CategoryEncoding`, `Discretization`, `IntegerLookup`: what a value is counted as, and ones in its place. For users:
//! `docs/layers/CategoryEncoding.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{CategoryEncoding, OutputMode};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let (mut y, cx) = ([[0.0; 4]], &mut Ctx::new(&Pool::Serial, 0, 0));
//! let layer = CategoryEncoding::new(4, OutputMode::Count);
//! layer.infer(&NoParams, &NoParams, &[[3, 1, 3]], &mut y, cx);
//! assert_eq!(y, [[0.0, 1.0, 0.0, 2.0]]);
//! ```

use super::axis;
use crate::base::part::{part, rows_mut};
use crate::error::Error;
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::for_samples;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::{Note, Text};

/// What comes out for the classes of a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutputMode {
    /// The class of each value, as a number.
    Int,
    /// For each value a vector with a 1 in its place.
    OneHot,
    /// One vector with ones in the places of all values.
    MultiHot,
    /// One vector that counts them.
    Count,
}

/// Tokens as ones in their places.
///
/// In a layer list `CategoryEncoding(..)`, whose arguments are explained in `kseq::layers::CategoryEncoding`.
pub struct CategoryEncoding {
    tokens: usize,
    mode: OutputMode,
}

impl CategoryEncoding {
    /// The layer for so many tokens.
    #[must_use]
    pub const fn new(num_tokens: usize, mode: OutputMode) -> Self {
        CategoryEncoding {
            tokens: num_tokens,
            mode,
        }
    }

    fn class(&self, value: Value) -> Option<usize> {
        let class = usize::try_from(value.whole()).ok();
        class.filter(|class| *class < self.tokens)
    }

    /// What is wrong with a value.
    fn refused(&self, value: Value) -> Option<Note> {
        let why = || {
            let note = value.as_token();
            note.str(" is not at least 0 and less than num_tokens = ")
                .num(self.tokens)
        };
        self.class(value).is_none().then(why)
    }
}

/// Numbers as the intervals that they are in.
///
/// In a layer list `Discretization(..)`, whose arguments are explained in `kseq::layers::Discretization`.
pub struct Discretization {
    boundaries: &'static [f32],
    mode: OutputMode,
}

impl Discretization {
    /// The layer with the ends of the intervals.
    #[must_use]
    pub const fn new(bin_boundaries: &'static [f32], mode: OutputMode) -> Self {
        Discretization {
            boundaries: bin_boundaries,
            mode,
        }
    }

    /// How many of the ends are not above it.
    fn class(&self, value: Value) -> Option<usize> {
        let x = value.number();
        Some(self.boundaries.partition_point(|end| *end <= x))
    }

    fn refused(&self, _: Value) -> Option<Note> {
        None
    }
}

/// Whole numbers as their places in a vocabulary.
///
/// In a layer list `IntegerLookup(..)`, whose arguments are explained in `kseq::layers::IntegerLookup`.
pub struct IntegerLookup {
    vocabulary: &'static [i64],
    unknown: usize,
    mask: Option<i64>,
    mode: OutputMode,
}

impl IntegerLookup {
    /// The layer with so many places for what is not in the vocabulary, and a token that is padding, or none.
    #[must_use]
    pub const fn new(
        num_oov_indices: usize,
        mask_token: &[i64],
        vocabulary: &'static [i64],
        mode: OutputMode,
    ) -> Self {
        IntegerLookup {
            vocabulary,
            unknown: num_oov_indices,
            mask: match mask_token {
                [token, ..] => Some(*token),
                [] => None,
            },
            mode,
        }
    }

    fn class(&self, value: Value) -> Option<usize> {
        let value = value.whole();
        // Padding has a number, but no place among ones.
        let first = usize::from(self.mask.is_some() && self.mode == OutputMode::Int);
        if self.mask == Some(value) {
            return (first > 0).then_some(0);
        }
        match self.vocabulary.iter().position(|known| *known == value) {
            Some(at) => Some(first + self.unknown + at),
            None if self.unknown == 0 => None,
            None => Some(first + value.rem_euclid(self.unknown as i64) as usize),
        }
    }

    fn refused(&self, value: Value) -> Option<Note> {
        let is_unknown = self.class(value).is_none() && self.mask != Some(value.whole());
        let why = || {
            let note = value.as_token();
            note.str(" is not in the vocabulary, and num_oov_indices is 0")
        };
        is_unknown.then(why)
    }
}

/// A value of a sample.
#[derive(Clone, Copy)]
enum Value {
    Token(u32),
    Number(f32),
}

impl Value {
    fn whole(self) -> i64 {
        match self {
            Value::Token(token) => i64::from(token),
            Value::Number(x) => x as i64,
        }
    }

    /// In a message.
    fn as_token(self) -> Note {
        let whole = self.whole();
        let note = Note::new().str(if whole < 0 { "token -" } else { "token " });
        note.num(whole.unsigned_abs() as usize)
    }

    fn number(self) -> f32 {
        match self {
            Value::Token(token) => token as f32,
            Value::Number(x) => x,
        }
    }
}

/// The values of a sample: tokens, or numbers.
fn values<'a>(tokens: &'a [u32], floats: &'a [f32]) -> impl Iterator<Item = Value> + 'a {
    let tokens = tokens.iter().copied().map(Value::Token);
    tokens.chain(floats.iter().copied().map(Value::Number))
}

/// The rule of `layer` with so many classes.
const fn encoded(layer: &str, input: Shape, classes: usize, mode: OutputMode) -> Rule {
    let mut dims = [0; crate::shape::MAX_RANK];
    let mut i = 0;
    while i < input.rank() && i < dims.len() {
        dims[i] = input.dim(i);
        i += 1;
    }
    let rank = input.rank();
    let output = match mode {
        OutputMode::Int => Shape::new(dims.split_at(rank).0),
        OutputMode::OneHot if rank > 0 && input.last() == 1 => {
            Shape::new(dims.split_at(rank).0).with_last(classes)
        }
        OutputMode::OneHot if rank < dims.len() => {
            dims[rank] = classes;
            Shape::new(dims.split_at(rank + 1).0)
        }
        OutputMode::MultiHot | OutputMode::Count if rank == 1 && !input.is_open(0) => {
            Shape::new(&[classes])
        }
        _ => {
            let what = Text::new().str(layer).str(
                " makes one vector of the values of a sample, which has to have one axis, found ",
            );
            let help = "use output_mode = \"one_hot\" for a vector of each value, and a GlobalMaxPooling behind it";
            return Err(Refusal::new(what.text(&input.text()), help));
        }
    };
    if output.len().is_none() {
        let what = Text::new()
            .str(layer)
            .str(": ")
            .num(classes)
            .str(" classes are too many for the address space");
        return Err(Refusal::new(what, "use fewer"));
    }
    Ok(output)
}

/// The shape rule of `CategoryEncoding`.
pub const fn category_shape(input: Shape, num_tokens: usize, mode: OutputMode) -> Rule {
    if num_tokens == 0 {
        let what = Text::new().str("num_tokens must be a positive integer, found 0");
        return Err(Refusal::new(
            what,
            "give how many tokens there are: they count from 0",
        ));
    }
    encoded("CategoryEncoding", input, num_tokens, mode)
}

/// The shape rule of `Discretization`.
pub const fn discretization_shape(input: Shape, bin_boundaries: &[f32], mode: OutputMode) -> Rule {
    let mut i = 1;
    while i < bin_boundaries.len() {
        let ascends = bin_boundaries[i - 1] < bin_boundaries[i];
        if !ascends {
            let what = Text::new()
                .str("bin_boundaries must ascend, found ")
                .float(bin_boundaries[i]);
            let what = what.str(" behind ").float(bin_boundaries[i - 1]);
            return Err(Refusal::new(
                what,
                "write the ends of the intervals in ascending order: [0.0, 1.0, 2.0]",
            ));
        }
        i += 1;
    }
    encoded("Discretization", input, bin_boundaries.len() + 1, mode)
}

/// What stands for unknown tokens in a vocabulary that Keras gives: there it would be taken for that, not for a token.
const OOV_TOKEN: i64 = -1;

/// The shape rule of `IntegerLookup`.
pub const fn lookup_shape(
    input: Shape,
    num_oov_indices: usize,
    mask_token: &[i64],
    vocabulary: &[i64],
    mode: OutputMode,
) -> Rule {
    let mut i = 0;
    while i < vocabulary.len() {
        let mut j = 0;
        while j < vocabulary.len() {
            if i != j && vocabulary[i] == vocabulary[j] {
                let what = axis::signed(Text::new().str("vocabulary has "), vocabulary[i] as isize);
                return Err(Refusal::new(what.str(" twice"), "write each token once"));
            }
            j += 1;
        }
        if !mask_token.is_empty() && vocabulary[i] == mask_token[0] {
            let what = Text::new().str("vocabulary has the mask_token, ");
            return Err(Refusal::new(
                axis::signed(what, mask_token[0] as isize),
                "leave it out: its place is in front of the vocabulary",
            ));
        }
        i += 1;
    }
    if num_oov_indices == 1 && !vocabulary.is_empty() && vocabulary[0] == OOV_TOKEN {
        let what = Text::new().str("vocabulary begins with -1, the oov_token");
        return Err(Refusal::new(
            what,
            "leave it out: the place of what is not in the vocabulary is in front of it",
        ));
    }
    encoded(
        "IntegerLookup",
        input,
        vocabulary.len() + num_oov_indices,
        mode,
    )
}

macro_rules! encodes {
    ($layer:ident) => {
        impl<In: Tensor, Out: Tensor<Elem = f32>> Layer<In, Out> for $layer {
            type Params = NoParams;
            type State = NoParams;
            const READS_OUTPUT: Reads = Reads::Nothing;

            fn check(&self, x: &[In]) -> Result<(), Error> {
                let x = In::flat(x);
                for (at, value) in values(In::tokens(x), In::floats(x)).enumerate() {
                    if let Some(why) = self.refused(value) {
                        let len = In::LEN.max(1);
                        let (sample, element) = (at / len, at % len);
                        return Err(Error::Input {
                            sample,
                            element,
                            why,
                        });
                    }
                }
                Ok(())
            }

            fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
                let (input, output) = (cx.input_shape::<In>(), cx.output_shape::<Out>());
                let (len, out) = (input.len().unwrap_or(0), output.len().unwrap_or(0));
                let x = In::flat(x);
                let (tokens, floats) = (In::tokens(x), In::floats(x));
                let some = |i: usize| {
                    let tokens = if tokens.is_empty() {
                        tokens
                    } else {
                        part(tokens, i * len, len)
                    };
                    let floats = if floats.is_empty() {
                        floats
                    } else {
                        part(floats, i * len, len)
                    };
                    values(tokens, floats)
                };
                for_samples(cx.pool, Out::flat_mut(y), out, out, |i, y| {
                    let classes = some(i).map(|value| self.class(value));
                    write(classes, self.mode, output.last(), y);
                });
            }

            /// What is counted has no slope.
            fn backward(
                &self,
                _: &NoParams,
                pass: Backward<'_, In, Out>,
                _: &mut NoParams,
                _: &mut Ctx<'_>,
            ) {
                if let Some(dx) = pass.dx {
                    In::flat_mut(dx).fill(In::Elem::default());
                }
            }
        }

        impl<In: Tensor, Out: Tensor<Elem = f32>> Fusion<In, Out> for $layer {
            const SAMPLE_WISE: SampleWise = SampleWise::Always;
        }
    };
}

encodes!(CategoryEncoding);
encodes!(Discretization);
encodes!(IntegerLookup);

/// A sample of these classes; a value without one is 0, and nothing among ones.
fn write(
    classes: impl Iterator<Item = Option<usize>>,
    mode: OutputMode,
    depth: usize,
    y: &mut [f32],
) {
    if mode != OutputMode::Int {
        y.fill(0.0);
    }
    match mode {
        OutputMode::Int => {
            let all = y.iter_mut().zip(classes);
            all.for_each(|(y, class)| *y = class.unwrap_or(0) as f32);
        }
        OutputMode::OneHot => {
            for (y, class) in rows_mut(y, depth).zip(classes) {
                if let Some(y) = class.and_then(|class| y.get_mut(class)) {
                    *y = 1.0;
                }
            }
        }
        OutputMode::MultiHot | OutputMode::Count => {
            for class in classes.flatten() {
                if let Some(y) = y.get_mut(class) {
                    *y = if mode == OutputMode::Count {
                        *y + 1.0
                    } else {
                        1.0
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;

    fn of<L, In: Tensor, Out: Tensor<Elem = f32>>(layer: &L, x: In) -> Out
    where
        L: Layer<In, Out, Params = NoParams, State = NoParams>,
    {
        let mut y = [Out::ZERO];
        layer.infer(
            &NoParams,
            &NoParams,
            &[x],
            &mut y,
            &mut Ctx::new(&Pool::Serial, 0, 0),
        );
        let [y] = y;
        y
    }

    /// As `np.digitize` and Keras do.
    #[test]
    fn intervals_begin_with_their_ends() {
        let layer = |mode| Discretization::new(&[0.0, 1.0, 2.5], mode);
        let y: [f32; 5] = of(&layer(OutputMode::Int), [-1.0, 0.0, 0.5, 2.5, 9.0]);
        assert_eq!(y, [0.0, 1.0, 1.0, 3.0, 3.0]);
        let y: [[f32; 4]; 2] = of(&layer(OutputMode::OneHot), [-1.0, 1.0]);
        assert_eq!(y, [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    }

    /// As Keras's `IntegerLookup(vocabulary = [12, 36, 1138, 42])` does.
    #[test]
    fn places_in_a_vocabulary() {
        let vocabulary = &[12, 36, 1138, 42];
        let layer = IntegerLookup::new(1, &[], vocabulary, OutputMode::Int);
        let y: [f32; 4] = of(&layer, [12u32, 1138, 42, 7]);
        assert_eq!(y, [1.0, 3.0, 4.0, 0.0]);
        let masked = IntegerLookup::new(2, &[0], vocabulary, OutputMode::Int);
        let y: [f32; 4] = of(&masked, [0u32, 12, 7, 8]);
        assert_eq!(y, [0.0, 3.0, 2.0, 1.0]);
        let count = IntegerLookup::new(1, &[0], vocabulary, OutputMode::Count);
        let y: [f32; 5] = of(&count, [0u32, 12, 7, 12]);
        assert_eq!(y, [1.0, 2.0, 0.0, 0.0, 0.0]);
        let strict = IntegerLookup::new(0, &[], vocabulary, OutputMode::Int);
        let check = Layer::<[u32; 2], [f32; 2]>::check;
        assert!(check(&strict, &[[12, 36]]).is_ok() && check(&strict, &[[12, 7]]).is_err());
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_refused_token_keeps_its_sign() {
        let check = Layer::<[f32; 1], [f32; 4]>::check;
        let layer = CategoryEncoding::new(4, OutputMode::Count);
        assert!(check(&layer, &[[3.0]]).is_ok());
        let error = std::format!("{}", check(&layer, &[[-2.0]]).expect_err("below 0"));
        assert!(error.contains("token -2 is not at least 0"), "{error}");
    }

    #[test]
    fn shapes() {
        let (hot, one) = (OutputMode::MultiHot, OutputMode::OneHot);
        let shape = |dims: &[usize], mode| category_shape(Shape::tokens(dims), 7, mode).ok();
        assert_eq!(shape(&[3], hot), Some(Shape::new(&[7])));
        assert_eq!(shape(&[3], one), Some(Shape::new(&[3, 7])));
        assert_eq!(shape(&[1], one), Some(Shape::new(&[7])));
        assert_eq!(shape(&[3, 2], hot), None);
        assert!(discretization_shape(Shape::new(&[3]), &[1.0, 1.0], hot).is_err());
        let lookup = |mask: &[i64], oov, vocabulary: &[i64]| {
            lookup_shape(Shape::tokens(&[3]), oov, mask, vocabulary, hot).is_ok()
        };
        assert!(!lookup(&[], 1, &[1, 2, 1]));
        // What Keras refuses, or leaves out of a vocabulary.
        assert!(
            !lookup(&[0], 1, &[0, 12]) && !lookup(&[0], 1, &[12, 0]) && lookup(&[], 1, &[0, 12])
        );
        assert!(
            !lookup(&[], 1, &[-1, 12]) && lookup(&[], 1, &[12, -1]) && lookup(&[], 0, &[-1, 12])
        );
    }
}
