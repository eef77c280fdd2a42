//! Prediction: the arguments of `predict_with`, and how samples go through the layers some at a time, those of one length together.
#![expect(
    clippy::indexing_slicing,
    reason = "samples, their lengths and the places of their outputs are lists of one length, and tiles are cut from memory made for them"
)]

use std::boxed::Box;
use std::format;
use std::sync::{PoisonError, RwLock};
use std::vec::Vec;

use super::prediction_buffer::PredictionBuffer;
use super::threads::Apart;
use crate::check;
use crate::error::Error;
use crate::kernels::cache::{L2_FLOATS, LINE_FLOATS};
use crate::layer::Ctx;
use crate::model::{LayerInfo, Model, planned, predict_planned};
use crate::nested::Call;
use crate::params::{Aligned, Flat};
use crate::pool::Pool;
use crate::step;
use crate::tensor::Tensor;
use crate::text::Note;
use crate::train::data::Outputs;
use crate::train::data::buckets::side_by_side;
use crate::train::data::given::View;
use crate::train::data::lengths;

/// Samples that go through the layers together, at least: enough to be worth loading parameters from memory.
const MIN_TILE: usize = 32;
/// And at most: few enough that their values stay in the cache.
const MAX_TILE: usize = 256;
/// Values of a tile that stay in the second level cache.
const TILE_CACHE: usize = L2_FLOATS / 2;
/// Values of samples of one length that are copied side by side.
const GATHERED: usize = 1 << 22;
/// Tiles that a prediction works on at once, on several threads.
const TILES_AT_ONCE: usize = 8;

/// The arguments of `predict_with`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Predict;
/// let options = Predict::new().batch_size(10).steps(3);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Predict {
    pub(super) batch_size: Option<usize>,
    pub(super) verbose: u8,
    pub(super) steps: Option<usize>,
}

impl Predict {
    /// Batches of 32, all of them, silent.
    pub const fn new() -> Self {
        Predict {
            batch_size: None,
            verbose: 0,
            steps: None,
        }
    }

    /// Samples for each batch: what a step counts. It changes no output; how many samples go through
    /// the layers together is kseq's choice. Default 32, and for a stateful model its own batch size.
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = Some(batch_size);
        self
    }

    /// 0: silent (default); 1 or 2: one line when it is done.
    pub const fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// The number of batches to predict. Default: all.
    pub const fn steps(mut self, steps: usize) -> Self {
        self.steps = Some(steps);
        self
    }
}

/// What a prediction uses of a model.
pub(super) struct Predictor<'a, M: Model> {
    pub params: &'a M::Params,
    pub state: &'a RwLock<Box<Aligned<M::State>>>,
    pub seed: u64,
    pub pool: &'a Pool,
    pub apart: &'a Apart,
    pub buffer: &'a PredictionBuffer,
}

/// Samples of one length: the plan for it, and all of their steps.
type OneLength<'x, M> = (<M as Model>::Plan, &'x [<M as Model>::Input]);

impl<M: Model> Predictor<'_, M> {
    /// The outputs for samples of any lengths.
    ///
    /// # Errors
    /// Tokens that are out of range; samples that do not fill the batches of a stateful model; of an axis of any length, samples
    /// that are empty or that the model does not take.
    pub fn outputs(&self, x: View<'_, M::Input>) -> Result<Outputs<M::Output>, Error> {
        if M::Input::OPEN == 0 {
            let mut y = Vec::with_capacity(x.len());
            self.run(x.rows(), &mut |some| y.extend_from_slice(some))?;
            return Ok(Outputs::rows(y));
        }
        if let Some((plan, steps)) = self.of_one_length(x)? {
            let lengths = std::vec![lengths::of_outputs::<M>(&plan); x.len()];
            let mut y = Vec::with_capacity(room(&lengths));
            self.with_tiles(|tiles| tiles.run(&plan, steps, &mut |some| y.extend_from_slice(some)));
            return Ok(Outputs { steps: y, lengths });
        }
        let lengths = lengths::check_samples::<M>(x)?;
        let mut y = std::vec![M::Output::ZERO; room(&lengths)];
        self.any_lengths(x, &lengths, &mut y)?;
        Ok(Outputs { steps: y, lengths })
    }

    /// Samples that have one length and lie side by side, as all of their steps with the plan for them: there is nothing to sort.
    fn of_one_length<'x>(&self, x: View<'x, M::Input>) -> Result<Option<OneLength<'x, M>>, Error> {
        match x.together() {
            Some(all) if x.len() > 0 && check::batch::<M>().is_none() => {
                let plan = lengths::check_equal::<M>(x, all.lengths)?;
                Ok(Some((plan, all.steps)))
            }
            _ => Ok(None),
        }
    }

    /// The same into memory of the caller's.
    pub fn outputs_into(&self, x: View<'_, M::Input>, y: &mut [M::Output]) -> Result<(), Error> {
        let check = |room: usize, found: usize| match room == found {
            true => Ok(()),
            false => {
                let why = Note::new().str("expected room for ").num(room);
                let why = why.str(" outputs, found ").num(found);
                Err(Error::Argument { name: "y", why })
            }
        };
        let mut rest = y;
        if M::Input::OPEN > 0 {
            if let Some((plan, steps)) = self.of_one_length(x)? {
                let [a, b] = lengths::of_outputs::<M>(&plan);
                check(x.len() * a * b, rest.len())?;
                self.with_tiles(|tiles| tiles.run(&plan, steps, &mut |some| fill(&mut rest, some)));
                return Ok(());
            }
            let lengths = lengths::check_samples::<M>(x)?;
            check(room(&lengths), rest.len())?;
            return self.any_lengths(x, &lengths, rest);
        }
        check(x.len(), rest.len())?;
        self.run(x.rows(), &mut |some| fill(&mut rest, some))
    }

    /// Gives the outputs to `sink` in their order, some at a time.
    fn run(&self, x: &[M::Input], sink: &mut dyn FnMut(&[M::Output])) -> Result<(), Error> {
        M::check(x)?;
        check::batches::<M>("predict", x.len())?;
        let plan = check::plan_of::<M>([1; 2])?;
        if let Some(batch) = check::batch::<M>() {
            let state = &mut ***self.state.write().unwrap_or_else(PoisonError::into_inner);
            for x in x.chunks(batch) {
                self.batch(&plan, state, x, sink);
            }
            return Ok(());
        }
        self.with_tiles(|tiles| tiles.run(&plan, x, sink));
        Ok(())
    }

    /// Samples of any lengths, which have been checked.
    fn any_lengths(
        &self,
        x: View<'_, M::Input>,
        lengths: &[[usize; 2]],
        y: &mut [M::Output],
    ) -> Result<(), Error> {
        check::batches::<M>("predict", x.len())?;
        let Some(batch) = check::batch::<M>() else {
            self.with_tiles(|tiles| tiles.any_lengths(x, lengths, y));
            return Ok(());
        };
        let all: Vec<usize> = (0..x.len()).collect();
        for samples in all.chunks(batch) {
            let of = |sample: &usize| x.sample(*sample).lengths;
            let other = samples.windows(2).find(|two| of(&two[0]) != of(&two[1]));
            if let Some(&[_, sample]) = other {
                let why =
                    format!("this stateful model takes batches of {batch} samples of one length");
                return Err(Error::Sample {
                    what: "predict",
                    sample,
                    why,
                });
            }
        }
        let state = &mut ***self.state.write().unwrap_or_else(PoisonError::into_inner);
        let (mut rest, mut memory) = (y, Vec::new());
        for samples in all.chunks(batch) {
            let plan = check::plan_of::<M>(x.sample(samples[0]).lengths)?;
            let x = side_by_side(x, samples, &mut memory);
            self.batch(&plan, state, x, &mut |some| fill(&mut rest, some));
        }
        Ok(())
    }

    fn with_tiles(&self, f: impl FnOnce(&Tiles<'_, M>)) {
        let state = &***self.state.read().unwrap_or_else(PoisonError::into_inner);
        let (params, seed, pool, buffer) = (self.params, self.seed, self.pool, self.buffer);
        f(&Tiles::<M> {
            params,
            state,
            seed,
            pool,
            buffer,
        });
    }

    /// The outputs for a whole batch of a stateful model, whose state changes.
    fn batch(
        &self,
        plan: &M::Plan,
        state: &mut M::State,
        x: &[M::Input],
        sink: &mut dyn FnMut(&[M::Output]),
    ) {
        let planned = planned::<M>(plan);
        let outputs = planned.samples(x) * planned.output_len::<M::Output>();
        let testing = planned.samples(x) * step::test_memory_of::<M>(&planned);
        // With the lock held nothing may wait for a pool in which code of the user's runs: see `apart`.
        let pool = self.pool.for_work(M::MACS.saturating_mul(x.len()));
        let pool = &self.apart.of(pool);
        let cx = Ctx::new(pool, self.seed, 0);
        self.buffer.with(outputs + testing, |memory| {
            let (y, work) = memory.split_at_mut(outputs);
            let y = M::Output::view_mut(y);
            step::predict_batch::<M>(plan, self.params, state, x, y, work, &cx);
            sink(y);
        });
    }
}

/// How many samples a thread takes through the layers, at least, if those at the front take one after the other anyway: what they cost is
/// many times what it takes to load the parameters, which each thread does for its own.
fn least_tile<M: Model>() -> usize {
    let each = <M::Params as Flat>::LEN.saturating_mul(64) / M::MACS.max(1);
    each.clamp(1, MIN_TILE)
}

/// The multiply-accumulates for so many samples, and as many as take the time in which parameters are read that come from behind the second
/// level cache.
fn work<M: Model>(samples: usize) -> usize {
    let read = const { parameters_read(M::LAYERS) };
    let reading = if read < L2_FLOATS / 2 { 0 } else { 16 * read };
    M::MACS.saturating_mul(samples).saturating_add(reading)
}

/// The parameters that a sample needs: all but the tables in which it looks something up.
const fn parameters_read(layers: &[LayerInfo]) -> usize {
    let (mut read, mut i) = (0, 0);
    while i < layers.len() {
        read += layers[i]
            .count_params()
            .saturating_sub(layers[i].occurrences);
        i += 1;
    }
    read
}

/// Copies to the front of `rest`, which is then what lies behind.
fn fill<T: Copy>(rest: &mut &mut [T], some: &[T]) {
    let (first, others) = core::mem::take(rest).split_at_mut(some.len());
    first.copy_from_slice(some);
    *rest = others;
}

/// The outputs of samples for which they have these lengths.
fn room(lengths: &[[usize; 2]]) -> usize {
    lengths.iter().map(|[a, b]| a * b).sum()
}

/// A prediction of a model without state between batches.
pub(super) struct Tiles<'a, M: Model> {
    pub params: &'a M::Params,
    pub state: &'a M::State,
    pub seed: u64,
    pub pool: &'a Pool,
    pub buffer: &'a PredictionBuffer,
}

impl<M: Model> Tiles<'_, M> {
    /// The outputs for samples that have been checked, of which those of one length go through the layers together.
    fn any_lengths(&self, x: View<'_, M::Input>, lengths: &[[usize; 2]], y: &mut [M::Output]) {
        let mut begin = 0;
        let begins = lengths.iter().map(|[a, b]| {
            let at = begin;
            begin += a * b;
            at
        });
        let begins: Vec<usize> = begins.collect();
        let mut order: Vec<usize> = (0..x.len()).collect();
        let of = |sample: usize| x.sample(sample).lengths;
        order.sort_by_key(|&sample| of(sample));
        let mut memory = Vec::new();
        for samples in order.chunk_by(|&a, &b| of(a) == of(b)) {
            let first = x.sample(samples[0]);
            let Ok(plan) = M::plan(first.lengths) else {
                continue; // There is one: it has been asked for the lengths of the outputs.
            };
            let each = (first.steps.len() * M::Input::LEN).max(1);
            let some = (GATHERED / each).clamp(1, MAX_TILE * TILES_AT_ONCE);
            let steps = lengths[samples[0]];
            let steps = steps[0] * steps[1];
            for samples in samples.chunks(some) {
                let mut begins = samples.iter().map(|&sample| begins[sample]);
                let x = side_by_side(x, samples, &mut memory);
                self.run(&plan, x, &mut |some| {
                    for (output, begin) in some.chunks(steps.max(1)).zip(&mut begins) {
                        y[begin..][..output.len()].copy_from_slice(output);
                    }
                });
            }
        }
    }

    /// The outputs for samples of any lengths, as [`Predictor::outputs`].
    pub fn outputs(&self, x: View<'_, M::Input>) -> Result<Outputs<M::Output>, Error> {
        if M::Input::OPEN == 0 {
            M::check(x.rows())?;
            let plan = check::plan_of::<M>([1; 2])?;
            let mut y = Vec::with_capacity(x.len());
            self.run(&plan, x.rows(), &mut |some| y.extend_from_slice(some));
            return Ok(Outputs::rows(y));
        }
        let lengths = lengths::check_samples::<M>(x)?;
        let mut y = std::vec![M::Output::ZERO; room(&lengths)];
        self.any_lengths(x, &lengths, &mut y);
        Ok(Outputs { steps: y, lengths })
    }

    /// Gives the outputs to `sink` in their order, some samples at a time.
    fn run(&self, plan: &M::Plan, x: &[M::Input], sink: &mut dyn FnMut(&[M::Output])) {
        let planned = &planned::<M>(plan);
        let (sizes, steps) = (planned.sizes, planned.input::<M::Input>());
        let (samples, output) = (planned.samples(x), planned.output_len::<M::Output>());
        // Threads get tiles of their own, as long as these are not too small; no size changes a result.
        let pool = self.pool.for_work(work::<M>(x.len()));
        let pool = pool.unless_nested();
        let _call = (!matches!(pool, Pool::Serial)).then(Call::begin);
        let threads = pool.threads();
        let cached = match sizes.front.layers {
            // Parameters that come from memory are worth a tile that outgrows the cache a little.
            0 => TILE_CACHE.max(<M::Params as Flat>::LEN / 8) / (output + sizes.predict()).max(1),
            // The front takes a few samples at a time: only those are large.
            _ => MAX_TILE,
        };
        let least = match sizes.front.layers {
            1.. if threads > 1 => least_tile::<M>(),
            _ => MIN_TILE,
        };
        let most = cached.min(samples.div_ceil(threads));
        let tile = most.clamp(least, MAX_TILE).min(samples).max(1);
        // Every tile has its outputs and its activations side by side in one buffer, both from the begin of a line on: a vector
        // across two of them takes twice as long to load and to store.
        let lines = |values: usize| values.next_multiple_of(LINE_FLOATS);
        let more = if tile == 1 { sizes.pipeline.more } else { 0 };
        let outputs = lines(output * tile);
        let each = outputs + lines(sizes.prediction(tile, threads) + more);
        let tiles = match threads {
            1 => 1,
            _ => samples.div_ceil(tile).clamp(1, TILES_AT_ONCE),
        };
        let run = |x: &[M::Input], memory: &mut [f32], pool: &Pool| {
            let (y, work) = memory.split_at_mut(outputs);
            let cx = Ctx::new(pool, self.seed, 0);
            let y = M::Output::view_mut(&mut y[..output * planned.samples(x)]);
            predict_planned::<M>(plan, self.params, self.state, x, y, work, &cx);
        };
        let in_tile = tile * steps;
        self.buffer.with(tiles * each, |memory| {
            for x in x.chunks(tiles * in_tile) {
                let memory = &mut memory[..x.len().div_ceil(in_tile) * each];
                if x.len() <= in_tile {
                    // Each layer splits its work among the threads.
                    let pool = pool.for_work(work::<M>(x.len()) / 2);
                    if matches!(pool, Pool::Serial) {
                        run(x, memory, pool);
                    } else {
                        pool.enter(&mut |pool| run(x, memory, pool));
                    }
                } else {
                    pool.for_each_chunk(memory, each, |i, memory| {
                        let x = &x[i * in_tile..];
                        run(&x[..x.len().min(in_tile)], memory, &Pool::Serial);
                    });
                }
                for (x, memory) in x.chunks(in_tile).zip(memory.chunks(each.max(1))) {
                    sink(M::Output::view(&memory[..output * planned.samples(x)]));
                }
            }
        });
    }
}
