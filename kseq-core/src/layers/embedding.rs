//! `Embedding`: each token becomes its row of a table. For users: `docs/layers/Embedding.md`.
//!
//! The gradient is dense: 0 for rows that no token of the batch names. Behind a lookup tokens are numbers; those without a row are zeros.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Embedding, EmbeddingParams};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let embedding: Embedding<3, 2> = Embedding::new(Initializer::RANDOM_UNIFORM);
//! let p = EmbeddingParams { embeddings: [[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]] };
//! let mut y = [[[0.0; 2]; 3]];
//! let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
//! embedding.infer(&p, &NoParams, &[[2, 0, 2]], &mut y, cx);
//! assert_eq!(y, [[[2.0, 2.5], [0.0, 0.5], [2.0, 2.5]]]);
//! let error = Layer::<[u32; 3], _>::check(&embedding, &[[2, 0, 2], [0, 3, 0]]).unwrap_err();
//! assert_eq!(error.to_string(), "sample 1, element 1: token 3 is not below input_dim = 3");
//! ```

use super::rules::fits;
use crate::error::Error;
use crate::facts::{Mask, Occurrences, Reads, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::axpy;
use crate::layer::{Backward, Ctx, Layer};
use crate::open::Open;
use crate::params::{NoParams, params};
use crate::pool::{Pool, rows_of};
use crate::rng::Rng;
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::{Note, Text};

/// A table of `V` rows with `D` features. `MASK_ZERO` says whether token 0 is padding.
///
/// In a layer list `Embedding(..)`, whose arguments are explained in `kseq::layers::Embedding`.
pub struct Embedding<const V: usize, const D: usize, const MASK_ZERO: bool = false> {
    embeddings_initializer: Initializer,
}

impl<const V: usize, const D: usize, const MASK_ZERO: bool> Embedding<V, D, MASK_ZERO> {
    /// The layer with its initializer (Keras's default: `uniform`, from -0.05 to 0.05).
    #[must_use]
    pub const fn new(embeddings_initializer: Initializer) -> Self {
        Embedding {
            embeddings_initializer,
        }
    }
}

params! {
    /// The parameters of an [`Embedding`].
    pub struct EmbeddingParams<const V: usize, const D: usize> {
        /// `(V, D)`
        pub embeddings: [[f32; D]; V],
    }
}

/// A sample of tokens: the model's, or numbers behind a lookup.
pub trait Tokens: Tensor {
    /// The same sample with `D` features in the place of each token.
    type Embedded<const D: usize>: Tensor<Elem = f32>;
}

impl<const T: usize> Tokens for [u32; T] {
    type Embedded<const D: usize> = [[f32; D]; T];
}

impl<const T: usize, const W: usize> Tokens for [[u32; T]; W] {
    type Embedded<const D: usize> = [[[f32; D]; T]; W];
}

impl<const T: usize> Tokens for [f32; T] {
    type Embedded<const D: usize> = [[f32; D]; T];
}

impl<const T: usize, const W: usize> Tokens for [[f32; T]; W] {
    type Embedded<const D: usize> = [[[f32; D]; T]; W];
}

impl<const AXES: usize> Tokens for Open<u32, AXES> {
    type Embedded<const D: usize> = Open<[f32; D], AXES>;
}

impl<const T: usize> Tokens for Open<[u32; T]> {
    type Embedded<const D: usize> = Open<[[f32; D]; T]>;
}

/// The shape rule: a last axis of `output_dim` features is added. `behind_lookup` says that numbers are tokens.
pub const fn shape(input: Shape, input_dim: usize, output_dim: usize, behind_lookup: bool) -> Rule {
    if behind_lookup && input.open_axes() > 0 {
        let what = Text::new()
            .str("Embedding behind a lookup takes numbers of a known shape, found ")
            .text(&input.text());
        return Err(Refusal::new(
            what,
            "give the samples a length: input_shape = (20,)",
        ));
    }
    if let (Elem::F32, false) = (input.elem(), behind_lookup) {
        let what = Text::new()
            .str("Embedding expects integer tokens, found f32 features ")
            .text(&input.text());
        let help = "an Embedding is the first layer; if an Input declares the tokens, give it dtype = \"int32\"";
        return Err(Refusal::new(what, help));
    }
    if !matches!(input.rank(), 1 | 2) {
        let what = Text::new()
            .str("Embedding expects tokens of 1 or 2 axes, found ")
            .text(&input.text());
        return Err(Refusal::new(what, "give the tokens of a sample in one row"));
    }
    let sizes = [("input_dim", input_dim), ("output_dim", output_dim)];
    let mut i = 0;
    while i < sizes.len() {
        if sizes[i].1 == 0 {
            let what = Text::new()
                .str(sizes[i].0)
                .str(" must be a positive integer, found 0");
            let help =
                "Embedding(input_dim = the number of different tokens, output_dim = features)";
            return Err(Refusal::new(what, help));
        }
        i += 1;
    }
    let table = Shape::new(&[input_dim, output_dim]);
    if !fits(&table) {
        let what = Text::new()
            .str("its table ")
            .text(&table.text())
            .str(" is larger than the address space");
        return Err(Refusal::new(what, "use a smaller vocabulary"));
    }
    Ok(match input.rank() {
        1 => Shape::new(&[input.dim(0), output_dim]),
        _ => Shape::new(&[input.dim(0), input.dim(1), output_dim]),
    })
}

impl<const V: usize, const D: usize, const MASK_ZERO: bool, In: Tokens> Layer<In, In::Embedded<D>>
    for Embedding<V, D, MASK_ZERO>
{
    type Params = EmbeddingParams<V, D>;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = match MASK_ZERO {
        true if is_of_numbers::<In>() => Mask::Finds,
        true => Mask::Makes,
        false => Mask::Drops,
    };

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let table = p.embeddings.as_flattened_mut();
        self.embeddings_initializer
            .fill(table, Fans::dense(V, D), rng);
    }

    fn check(&self, x: &[In]) -> Result<(), Error> {
        let tokens = In::tokens(In::flat(x));
        match tokens.iter().position(|&token| token as usize >= V) {
            None => Ok(()),
            Some(at) => Err(Error::Input {
                sample: at / In::LEN.max(1),
                element: at % In::LEN.max(1),
                why: Note::new()
                    .str("token ")
                    .num(tokens[at] as usize)
                    .str(" is not below input_dim = ")
                    .num(V),
            }),
        }
    }

    fn infer(
        &self,
        p: &Self::Params,
        _: &NoParams,
        x: &[In],
        y: &mut [In::Embedded<D>],
        cx: &mut Ctx<'_>,
    ) {
        let (table, y) = (p.embeddings.as_flattened(), <In::Embedded<D>>::flat_mut(y));
        let rows = Rows::of::<In>(x);
        look_up(&rows, table, y, D, cx.pool);
        if MASK_ZERO && is_of_numbers::<In>() {
            cx.find_mask(rows.len(), |flags| {
                let all = flags.iter_mut().enumerate();
                all.for_each(|(i, flag)| *flag = rows.get(i).unwrap_or(0));
            });
        }
    }

    /// There is no gradient of tokens.
    fn backward(
        &self,
        _: &Self::Params,
        pass: Backward<'_, In, In::Embedded<D>>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        if MASK_ZERO && is_of_numbers::<In>() {
            cx.leave_mask();
        }
        if let Some(dx) = pass.dx {
            In::flat_mut(dx).fill(In::Elem::default());
        }
        if !cx.trains() {
            return;
        }
        let tokens = &Rows::of::<In>(pass.x);
        let (dy, table) = (
            <In::Embedded<D>>::flat(pass.dy),
            dp.embeddings.as_flattened_mut(),
        );
        add_rows(tokens, dy, table, D, cx.pool, |dy, row| axpy(1.0, dy, row));
        let (asked, sums) = &mut cx.occurrences;
        if sums.len() != V * D {
            return;
        }
        match asked {
            Occurrences::Sum => {}
            Occurrences::Squares => add_rows(tokens, dy, sums, D, cx.pool, add_squares),
            Occurrences::Sizes => add_rows(tokens, dy, sums, D, cx.pool, add_sizes),
        }
    }
}

impl<const V: usize, const D: usize, const MASK_ZERO: bool, In: Tokens> Fusion<In, In::Embedded<D>>
    for Embedding<V, D, MASK_ZERO>
{
    const REPEATS: bool = true;
    const OCCURRENCES: usize = V * D;
    const STREAMING: Streaming = match is_of_numbers::<In>() {
        true => Streaming::NEVER,
        false => by_step::<Self, In, In::Embedded<D>>(),
    };
}

/// Whether samples consist of numbers, as behind a lookup.
const fn is_of_numbers<In: Tensor>() -> bool {
    matches!(In::SHAPE.elem(), Elem::F32)
}

/// Which rows a batch names: by tokens, or by numbers.
struct Rows<'a> {
    tokens: &'a [u32],
    numbers: &'a [f32],
}

impl<'a> Rows<'a> {
    fn of<In: Tensor>(x: &'a [In]) -> Self {
        let x = In::flat(x);
        Rows {
            tokens: In::tokens(x),
            numbers: In::floats(x),
        }
    }

    const fn len(&self) -> usize {
        self.tokens.len() + self.numbers.len()
    }

    /// A number that is no row is beyond all rows.
    fn get(&self, i: usize) -> Option<u32> {
        let of_number = |x: f32| if x < 0.0 { u32::MAX } else { x as u32 };
        match self.tokens.get(i) {
            Some(token) => Some(*token),
            None => self.numbers.get(i).copied().map(of_number),
        }
    }

    fn iter_from(&self, first: usize) -> impl Iterator<Item = u32> + '_ {
        (first..self.len()).map_while(|i| self.get(i))
    }
}

/// The rows of the tokens; zeros for a token without a row.
fn look_up(tokens: &Rows<'_>, table: &[f32], y: &mut [f32], width: usize, pool: &Pool) {
    let len = rows_of(width);
    pool.for_each_chunk(y, len, |i, y| {
        let tokens = tokens.iter_from(i * (len / width));
        for (y, token) in y.chunks_exact_mut(width).zip(tokens) {
            let at = (token as usize).saturating_mul(width);
            match table.get(at..).and_then(|rows| rows.get(..width)) {
                Some(row) => y.copy_from_slice(row),
                None => y.fill(0.0),
            }
        }
    });
}

/// At most so many tasks divide the table between them; each looks at all tokens.
const TASKS: usize = 16;

simd_fn! {
    fn add_squares(dy: &[f32], row: &mut [f32]) {
        for (row, g) in row.iter_mut().zip(dy) {
            *row += g * g;
        }
    }
}

simd_fn! {
    fn add_sizes(dy: &[f32], row: &mut [f32]) {
        for (row, g) in row.iter_mut().zip(dy) {
            *row += g.abs();
        }
    }
}

/// Writes a table of sums: for each row what `add` makes of its tokens' gradients, the first one first.
/// (`add` is no type of its own, so that a debug build takes this loop from here, too.)
fn add_rows(
    tokens: &Rows<'_>,
    dy: &[f32],
    table: &mut [f32],
    width: usize,
    pool: &Pool,
    add: fn(&[f32], &mut [f32]),
) {
    let rows = (table.len() / width).div_ceil(TASKS);
    let len = rows_of(width).max(rows * width);
    pool.for_each_chunk(table, len, |i, table| {
        table.fill(0.0);
        let first = i * (len / width);
        for (token, dy) in tokens.iter_from(0).zip(dy.chunks_exact(width)) {
            if let Some(row) = (token as usize).checked_sub(first)
                && let Some(row) = table.chunks_exact_mut(width).nth(row)
            {
                add(dy, row);
            }
        }
    });
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn the_gradient_is_dense_and_zero_for_other_rows() {
        let (tokens, dy) = ([1, 3, 1, 9], [1.0, 2.0, 10.0, 20.0, 100.0, 200.0, 7.0, 7.0]);
        let mut table = vec![f32::NAN; 10];
        let tokens = Rows {
            tokens: &tokens,
            numbers: &[],
        };
        add_rows(&tokens, &dy, &mut table, 2, &Pool::Serial, |dy, row| {
            axpy(1.0, dy, row);
        });
        assert_eq!(
            table,
            [0.0, 0.0, 101.0, 202.0, 0.0, 0.0, 10.0, 20.0, 0.0, 0.0]
        );
    }

    #[test]
    fn a_token_without_a_row_is_zeros() {
        let mut y = [1.0; 4];
        look_up(
            &Rows {
                tokens: &[],
                numbers: &[1.0, -1.0],
            },
            &[1.0, 2.0, 3.0, 4.0],
            &mut y,
            2,
            &Pool::Serial,
        );
        assert_eq!(y, [3.0, 4.0, 0.0, 0.0]);
    }
}
