//! Prediction: the arguments of `predict_with`, and how samples go through the layers some at a time.

use std::boxed::Box;
use std::sync::{PoisonError, RwLock};

use super::prediction_buffer::PredictionBuffer;
use super::threads::Apart;
use crate::check;
use crate::error::Error;
use crate::kernels::cache::L2_FLOATS;
use crate::layer::Ctx;
use crate::model::Model;
use crate::nested::Call;
use crate::params::{Aligned, Flat};
use crate::pool::Pool;
use crate::step;
use crate::tensor::Tensor;

/// Samples that go through the layers together, at least: enough to be worth loading parameters from memory.
const MIN_TILE: usize = 32;
/// And at most: few enough that their values stay in the cache.
const MAX_TILE: usize = 256;
/// Values of a tile that stay in the second level cache.
const TILE_CACHE: usize = L2_FLOATS / 2;
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

impl<M: Model> Predictor<'_, M> {
    /// Gives the outputs to `sink` in their order, some at a time.
    ///
    /// # Errors
    /// Tokens that are out of range; samples that do not fill the batches of a stateful model.
    pub fn run(&self, x: &[M::Input], sink: &mut dyn FnMut(&[M::Output])) -> Result<(), Error> {
        M::check(x)?;
        check::batches::<M>("predict", x.len())?;
        let plan = check::plan_of::<M>([1; 2])?;
        if let Some(batch) = check::batch::<M>() {
            self.in_batches(&plan, x, batch, sink);
            return Ok(());
        }
        let state = &***self.state.read().unwrap_or_else(PoisonError::into_inner);
        let (params, seed, pool, buffer) = (self.params, self.seed, self.pool, self.buffer);
        let tiles = Tiles::<M> {
            params,
            state,
            seed,
            pool,
            buffer,
        };
        tiles.run(x, sink);
        Ok(())
    }

    /// The outputs for whole batches of a stateful model, whose state changes.
    fn in_batches(
        &self,
        plan: &M::Plan,
        x: &[M::Input],
        batch: usize,
        sink: &mut dyn FnMut(&[M::Output]),
    ) {
        let state = &mut ***self.state.write().unwrap_or_else(PoisonError::into_inner);
        let each = M::Output::LEN + step::test_memory::<M>();
        // With the lock held nothing may wait for a pool in which code of the user's runs: see `apart`.
        let pool = self.pool.for_work(M::MACS.saturating_mul(batch));
        let pool = &self.apart.of(pool);
        let cx = Ctx::new(pool, self.seed, 0);
        self.buffer.with(batch.min(x.len()) * each, |memory| {
            for x in x.chunks(batch) {
                let (y, work) = memory.split_at_mut(M::Output::LEN * x.len());
                let y = M::Output::view_mut(y);
                pool.install(&mut || {
                    step::predict_batch::<M>(plan, self.params, state, x, y, work, &cx);
                });
                sink(y);
            }
        });
    }
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
    /// Gives the outputs to `sink` in their order, some samples at a time.
    pub fn run(&self, x: &[M::Input], sink: &mut dyn FnMut(&[M::Output])) {
        // Threads get tiles of their own, as long as these are not too small; no size changes a result.
        let pool = self.pool.for_work(M::MACS.saturating_mul(x.len()));
        let pool = pool.unless_nested();
        let _call = (!matches!(pool, Pool::Serial)).then(Call::begin);
        let threads = pool.threads();
        let cached = match M::SIZES.front.layers {
            // Parameters that come from memory are worth a tile that outgrows the cache a little.
            0 => {
                TILE_CACHE.max(<M::Params as Flat>::LEN / 8) / (M::Output::LEN + M::SIZES.predict())
            }
            // The front takes a few samples at a time: only those are large.
            _ => MAX_TILE,
        };
        let most = cached.min(x.len().div_ceil(threads));
        let tile = most.clamp(MIN_TILE, MAX_TILE).min(x.len()).max(1);
        // Every tile has its outputs and its activations side by side in one buffer.
        let more = if tile == 1 { M::SIZES.pipeline.more } else { 0 };
        let each = M::Output::LEN * tile + M::SIZES.prediction(tile, threads) + more;
        let tiles = match threads {
            1 => 1,
            _ => x.len().div_ceil(tile).clamp(1, TILES_AT_ONCE),
        };
        let run = |x: &[M::Input], memory: &mut [f32], pool: &Pool| {
            let (y, work) = memory.split_at_mut(M::Output::LEN * x.len());
            let cx = Ctx::new(pool, self.seed, 0);
            let y = M::Output::view_mut(y);
            M::predict_into(self.params, self.state, x, y, work, &cx);
        };
        self.buffer.with(tiles * each, |memory| {
            for x in x.chunks(tiles * tile) {
                let memory = &mut memory[..x.len().div_ceil(tile) * each];
                if x.len() <= tile {
                    // Each layer splits its work among the threads.
                    let pool = pool.for_work(M::MACS.saturating_mul(x.len()) / 4);
                    if matches!(pool, Pool::Serial) {
                        run(x, memory, pool);
                    } else {
                        pool.enter(&mut |pool| run(x, memory, pool));
                    }
                } else {
                    pool.for_each_chunk(memory, each, |i, memory| {
                        let x = &x[i * tile..];
                        run(&x[..x.len().min(tile)], memory, &Pool::Serial);
                    });
                }
                for (x, memory) in x.chunks(tile).zip(memory.chunks(each.max(1))) {
                    sink(M::Output::view(&memory[..M::Output::LEN * x.len()]));
                }
            }
        });
    }
}
