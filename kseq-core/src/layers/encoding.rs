//! `CategoryEncoding`: ones in the places of tokens; and what it shares with `Discretization` and `IntegerLookup`. For users:
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

use super::encoding;
use super::rules::not_a_sample;
use crate::base::part::{part, rows_mut};
use crate::error::Error;
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{NoParams, ParamBlock};
use crate::pool::for_samples;
use crate::rng::Rng;
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
    /// The same, each count by the weight of its class.
    TfIdf,
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
}

impl Classes for CategoryEncoding {
    type State = NoParams;

    fn mode(&self) -> OutputMode {
        self.mode
    }

    fn class(&self, _: &NoParams, value: Value) -> Option<usize> {
        let class = usize::try_from(value.whole()).ok();
        class.filter(|class| *class < self.tokens)
    }

    fn refused(&self, value: Value) -> Option<Note> {
        let why = || {
            let note = value.as_token();
            note.str(" is not at least 0 and less than num_tokens = ")
                .num(self.tokens)
        };
        self.class(&NoParams, value).is_none().then(why)
    }
}

/// What the classes of a layer are.
pub(super) trait Classes: Send + Sync {
    /// What it has learned from data.
    type State: ParamBlock;

    fn mode(&self) -> OutputMode;

    /// What it begins with, before it has learned anything.
    fn begin(_: &mut Self::State) {}

    /// The class of a value.
    fn class(&self, s: &Self::State, value: Value) -> Option<usize>;

    /// What comes out for a value by itself.
    fn number(&self, s: &Self::State, value: Value) -> f32 {
        self.class(s, value).unwrap_or(0) as f32
    }

    /// What each value of a class counts.
    fn weight(&self, _: &Self::State, _class: usize) -> f32 {
        1.0
    }

    /// What is wrong with a value.
    fn refused(&self, value: Value) -> Option<Note>;
}

/// A value of a sample.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Token(u32),
    Number(f32),
}

impl Value {
    pub(super) fn whole(self) -> i64 {
        match self {
            Value::Token(token) => i64::from(token),
            Value::Number(x) => x as i64,
        }
    }

    /// In a message.
    pub(super) fn as_token(self) -> Note {
        let whole = self.whole();
        let note = Note::new().str(if whole < 0 { "token -" } else { "token " });
        note.num(whole.unsigned_abs() as usize)
    }

    pub(super) fn number(self) -> f32 {
        match self {
            Value::Token(token) => token as f32,
            Value::Number(x) => x,
        }
    }
}

/// The values of a sample: tokens, or numbers.
pub(super) fn values<'a>(tokens: &'a [u32], floats: &'a [f32]) -> impl Iterator<Item = Value> + 'a {
    let tokens = tokens.iter().copied().map(Value::Token);
    tokens.chain(floats.iter().copied().map(Value::Number))
}

/// The rule of `layer` with so many classes.
pub(super) const fn encoded(layer: &str, input: Shape, classes: usize, mode: OutputMode) -> Rule {
    if let Some(refusal) = not_a_sample(layer, input) {
        return Err(refusal);
    }
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
        OutputMode::MultiHot | OutputMode::Count | OutputMode::TfIdf
            if rank == 1 && !input.is_open(0) =>
        {
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

/// The layer that gives what its [`Classes`] say.
macro_rules! encodes {
    ([$($generics:tt)*] $layer:ty, $state:ty) => {
        impl<$($generics)* In: Tensor, Out: Tensor<Elem = f32>> Layer<In, Out> for $layer {
            type Params = NoParams;
            type State = $state;
            const READS_OUTPUT: Reads = Reads::Nothing;

            fn init(&self, _: &mut NoParams, s: &mut Self::State, _: &mut Rng) {
                Self::begin(s);
            }

            fn check(&self, x: &[In]) -> Result<(), Error> {
                encoding::check(self, x)
            }

            fn infer(&self, _: &NoParams, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
                encoding::infer(self, s, x, y, cx);
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

        impl<$($generics)* In: Tensor, Out: Tensor<Elem = f32>> Fusion<In, Out> for $layer {
            const SAMPLE_WISE: SampleWise = SampleWise::Always;
        }
    };
}
pub(super) use encodes;

encodes!([] CategoryEncoding, NoParams);

/// The values that have no class.
pub(super) fn check<L: Classes, In: Tensor>(layer: &L, x: &[In]) -> Result<(), Error> {
    let x = In::flat(x);
    for (at, value) in values(In::tokens(x), In::floats(x)).enumerate() {
        if let Some(why) = layer.refused(value) {
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

pub(super) fn infer<L: Classes, In: Tensor, Out: Tensor<Elem = f32>>(
    layer: &L,
    s: &L::State,
    x: &[In],
    y: &mut [Out],
    cx: &Ctx<'_>,
) {
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
        write(layer, s, some(i), output.last(), y);
    });
}

/// A sample of these values; one without a class is 0, and nothing among ones.
fn write<L: Classes>(
    layer: &L,
    s: &L::State,
    values: impl Iterator<Item = Value>,
    depth: usize,
    y: &mut [f32],
) {
    let mode = layer.mode();
    if mode == OutputMode::Int {
        let all = y.iter_mut().zip(values);
        return all.for_each(|(y, value)| *y = layer.number(s, value));
    }
    y.fill(0.0);
    let classes = values.map(|value| layer.class(s, value));
    if mode == OutputMode::OneHot {
        for (y, class) in rows_mut(y, depth).zip(classes) {
            if let Some(y) = class.and_then(|class| y.get_mut(class)) {
                *y = 1.0;
            }
        }
        return;
    }
    for class in classes.flatten() {
        if let Some(y) = y.get_mut(class) {
            match mode {
                OutputMode::MultiHot => *y = 1.0,
                _ => *y += 1.0,
            }
        }
    }
    if mode == OutputMode::TfIdf {
        let all = y.iter_mut().enumerate();
        all.for_each(|(class, y)| *y *= layer.weight(s, class));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::params::zeroed;
    use crate::pool::Pool;

    /// What a layer that is given all it needs makes of a sample.
    pub fn of<L, In: Tensor, Out: Tensor<Elem = f32>>(layer: &L, x: In) -> Out
    where
        L: Layer<In, Out, Params = NoParams>,
    {
        of_state(layer, &zeroed(), x)
    }

    /// The same of one that has learned.
    pub fn of_state<L, In: Tensor, Out: Tensor<Elem = f32>>(layer: &L, s: &L::State, x: In) -> Out
    where
        L: Layer<In, Out, Params = NoParams>,
    {
        let mut y = [Out::ZERO];
        let mut cx = Ctx::new(&Pool::Serial, 0, 0);
        layer.infer(&NoParams, s, &[x], &mut y, &mut cx);
        let [y] = y;
        y
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
    }
}
