//! `Sequential`: a model with its parameters, before `compile`.

use core::ops::{Deref, DerefMut};
use std::boxed::Box;
#[cfg(feature = "rayon")]
use std::string::ToString;
use std::sync::{PoisonError, RwLock};
use std::vec::Vec;

use super::compiled::{Compiled, Scores};
use super::data::Inputs;
use super::evaluate::{Evaluate, Predict};
use super::fit::{BATCH, Fit, positive};
use super::get_layer::{LayerKey, LayerView, find, index_of};
use super::history::History;
use super::progress::ProgbarLogger;
use super::spare::Spare;
use crate::check;
use crate::error::Error;
use crate::kernels::cache::L2_FLOATS;
use crate::layer::Ctx;
use crate::losses::MeantFor;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::params::{Aligned, Flat, zeroed_box};
use crate::pool::Pool;
use crate::step;
use crate::tensor::Tensor;
use crate::text::Note;

/// Samples that a prediction takes through the layers together, at least and at most: enough to use a kernel well
/// that came from far, few enough that their values stay in the cache.
const TILE: [usize; 2] = [32, 256];
/// Values of a tile that stay in the cache.
const TILE_FLOATS: usize = L2_FLOATS / 2;
/// Tiles that a prediction works on at once, on several threads.
const TILES: usize = 8;

/// A number of threads that is a slip of the pen.
const MAX_THREADS: usize = 1024;

fn default_pool() -> Pool {
    #[cfg(feature = "rayon")]
    return Pool::Global;
    #[cfg(not(feature = "rayon"))]
    Pool::Serial
}

fn pool_of(threads: usize) -> Result<Pool, Error> {
    match threads {
        0 => Ok(default_pool()),
        MAX_THREADS.. => {
            let why = Note::new().str("expected fewer than ").num(MAX_THREADS);
            let why = why.str(" threads, found ").num(threads);
            Err(Error::Argument {
                name: "threads",
                why,
            })
        }
        1 => Ok(Pool::Serial),
        #[cfg(feature = "rayon")]
        _ => match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => Ok(Pool::Own(pool.into())),
            Err(e) => {
                let why = Note::new()
                    .str("the system refused ")
                    .num(threads)
                    .str(" threads: ");
                let why = why.str(&e.to_string());
                Err(Error::Argument {
                    name: "threads",
                    why,
                })
            }
        },
        #[cfg(not(feature = "rayon"))]
        _ => {
            let why = Note::new().str("expected 0 or 1 without the feature `rayon`, found ");
            let why = why.num(threads);
            Err(Error::Argument {
                name: "threads",
                why,
            })
        }
    }
}

/// The state of a model that is borrowed exclusively: there is nothing to wait for.
pub(super) fn locked<T>(state: &mut RwLock<Box<Aligned<T>>>) -> &mut T {
    state.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// A model with its parameters: what `Net::new(seed)` gives. [`compile`](Sequential::compile) makes
/// it trainable; [`predict`](Sequential::predict) works without.
///
/// The parameters are its fields: `model.dense_1.kernel`.
#[must_use]
pub struct Sequential<M: Model> {
    pub(super) params: Box<Aligned<M::Params>>,
    /// Behind a lock, since a prediction of a stateful model changes it; all others only read it.
    pub(super) state: RwLock<Box<Aligned<M::State>>>,
    pub(super) seed: u64,
    pub(super) pool: Pool,
    /// Which layers training leaves alone.
    pub(super) frozen: Vec<bool>,
    /// The memory of the last prediction.
    spare: Spare,
}

impl<M: Model> Sequential<M> {
    /// The model with initial parameters drawn from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut model = Sequential {
            params: zeroed_box(),
            state: RwLock::new(zeroed_box()),
            seed,
            pool: default_pool(),
            frozen: M::FROZEN.to_vec(),
            spare: Spare::default(),
        };
        M::init(&mut model.params, locked(&mut model.state), seed);
        model
    }

    /// The same model drawn from another seed: for the list form, which has no place for one.
    pub fn seed(self, seed: u64) -> Self {
        let (pool, frozen) = (self.pool.clone(), self.frozen.clone());
        Sequential {
            pool,
            frozen,
            ..Sequential::new(seed)
        }
    }

    /// What training updates without a gradient, one field a layer: the moving averages of a
    /// `BatchNormalization`.
    pub fn state_mut(&mut self) -> &mut M::State {
        locked(&mut self.state)
    }

    /// The same model on so many threads; 0 means one for each core, as by default. The number never
    /// changes a result.
    ///
    /// # Errors
    /// The system refuses the threads, or kseq was built without the feature `rayon`.
    pub fn threads(mut self, threads: usize) -> Result<Self, Error> {
        self.pool = pool_of(threads)?;
        Ok(self)
    }

    /// Configures the model for training, as Keras's `compile`.
    ///
    /// `loss` fixes the type of the targets; `metrics` is a tuple, `(Accuracy,)` or `()`.
    pub fn compile<O, L, Me>(self, optimizer: O, loss: L, metrics: Me) -> Compiled<M, O, L, Me>
    where
        O: Optimizer,
        L: MeantFor<M::Output, M::Units>,
        Me: Metrics<M::Output, L::Target>,
    {
        Compiled::new(self, optimizer, loss, metrics)
    }

    /// Forgets what the layers carry from one batch to the next: the state of recurrent layers with
    /// `stateful = true`.
    pub fn reset_states(&mut self) {
        M::reset_states(locked(&mut self.state));
    }

    /// The outputs for the samples of `x`. A stateful model takes them in its batches, and goes on
    /// from the state that the last call left.
    ///
    /// # Errors
    /// Tokens that are out of range; samples that do not fill the batches of a stateful model.
    pub fn predict(&self, x: &(impl Inputs<M::Input> + ?Sized)) -> Result<Vec<M::Output>, Error> {
        let x = x.inputs();
        let mut y = Vec::with_capacity(x.len());
        self.tiles(x, &mut |some| y.extend_from_slice(some))?;
        Ok(y)
    }

    /// As [`predict`](Sequential::predict), into memory of the caller's. On one thread nothing is allocated, but for the
    /// memory of the layers by the first call, which leaves it to the next ones; to hand work to other threads rayon
    /// may allocate a block of its queue now and then. A call while another one runs has memory of its own.
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict), and when `x` and `y` have different lengths.
    pub fn predict_into(
        &self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &mut [M::Output],
    ) -> Result<(), Error> {
        let x = x.inputs();
        if x.len() != y.len() {
            let why = Note::new().str("expected room for ").num(x.len());
            let why = why.str(" outputs, found ").num(y.len());
            return Err(Error::Argument { name: "y", why });
        }
        let mut rest = y;
        self.tiles(x, &mut |some| {
            let (y, others) = core::mem::take(&mut rest).split_at_mut(some.len());
            y.copy_from_slice(some);
            rest = others;
        })
    }

    /// Hands the outputs to `sink` in their order, some at a time.
    fn tiles(&self, x: &[M::Input], sink: &mut dyn FnMut(&[M::Output])) -> Result<(), Error> {
        M::check(x)?;
        check::batches::<M>("predict", x.len())?;
        if let Some(batch) = check::batch::<M>() {
            self.batches(x, batch, sink);
            return Ok(());
        }
        let state = &***self.state.read().unwrap_or_else(PoisonError::into_inner);
        // Threads get tiles of their own, as long as these are not too small; no size changes a result.
        let pool = self.pool.for_work(M::MACS.saturating_mul(x.len()));
        let threads = pool.threads();
        let near = match M::SIZES.front.layers {
            // Parameters that come from far are worth a tile that does not stay quite as near.
            0 => {
                TILE_FLOATS.max(<M::Params as Flat>::LEN / 8)
                    / (M::Output::LEN + M::SIZES.predict())
            }
            // Only a few samples at a time are large.
            _ => TILE[1],
        };
        let most = near.min(x.len().div_ceil(threads));
        let tile = most.clamp(TILE[0], TILE[1]).min(x.len()).max(1);
        // Every tile has its outputs and its activations side by side in one buffer.
        let more = if tile == 1 { M::SIZES.tail.more } else { 0 };
        let each = M::Output::LEN * tile + M::SIZES.prediction(tile, threads) + more;
        let tiles = match threads {
            1 => 1,
            _ => x.len().div_ceil(tile).clamp(1, TILES),
        };
        let run = |x: &[M::Input], memory: &mut [f32], pool: &Pool| {
            let (y, work) = memory.split_at_mut(M::Output::LEN * x.len());
            let cx = Ctx::new(pool, self.seed, 0);
            let y = M::Output::view_mut(y);
            M::predict_into(&self.params, state, x, y, work, &cx);
        };
        self.spare.with(tiles * each, |memory| {
            for x in x.chunks(tiles * tile) {
                let memory = &mut memory[..x.len().div_ceil(tile) * each];
                if x.len() <= tile {
                    // Every layer hands work over.
                    let pool = pool.for_work(M::MACS.saturating_mul(x.len()) / 4);
                    pool.install(&mut || run(x, memory, pool));
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
        Ok(())
    }

    /// The outputs for whole batches of a stateful model, whose state changes.
    fn batches(&self, x: &[M::Input], batch: usize, sink: &mut dyn FnMut(&[M::Output])) {
        let state = &mut ***self.state.write().unwrap_or_else(PoisonError::into_inner);
        let each = M::Output::LEN + step::test_memory::<M>();
        let pool = self.pool.for_work(M::MACS.saturating_mul(batch));
        let cx = Ctx::new(pool, self.seed, 0);
        self.spare.with(batch.min(x.len()) * each, |memory| {
            for x in x.chunks(batch) {
                let (y, work) = memory.split_at_mut(M::Output::LEN * x.len());
                let y = M::Output::view_mut(y);
                pool.install(&mut || {
                    step::predict_batch::<M>((&self.params, state), x, y, work, &cx);
                });
                sink(y);
            }
        });
    }

    /// The same with Keras's other arguments.
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict); arguments that are 0, or a batch size that a stateful
    /// model does not have.
    pub fn predict_with(
        &self,
        x: &(impl Inputs<M::Input> + ?Sized),
        options: Predict,
    ) -> Result<Vec<M::Output>, Error> {
        let x = x.inputs();
        positive("batch_size", options.batch_size)?;
        positive("steps", options.steps)?;
        check::batch_size::<M>(options.batch_size)?;
        let size = options.batch_size.or(check::batch::<M>()).unwrap_or(BATCH);
        let samples = match options.steps {
            None => x.len(),
            Some(steps) => x.len().min(steps.saturating_mul(size)),
        };
        let mut progress = ProgbarLogger::new(options.verbose);
        progress.begin(samples.div_ceil(size));
        let y = self.predict(&x[..samples])?;
        progress.finish();
        Ok(y)
    }

    /// The outputs for the samples of one batch: Keras's name for [`predict`](Sequential::predict).
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict).
    pub fn predict_on_batch(
        &self,
        x: &(impl Inputs<M::Input> + ?Sized),
    ) -> Result<Vec<M::Output>, Error> {
        self.predict(x)
    }

    /// A layer by name or by index, with its shapes and its arrays.
    ///
    /// `model.dense_1.kernel` is the typed way, checked by the compiler.
    ///
    /// # Errors
    /// No layer has that name or index; the message lists those there are.
    pub fn get_layer<'k>(&self, key: impl Into<LayerKey<'k>>) -> Result<LayerView<'_>, Error> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        find::<M>(&self.params, &state, key.into())
    }

    /// Whether training changes a layer: with `false` it is frozen. No gradient of its parameters is
    /// computed, the backward pass ends at the first layer that is trained, and a
    /// `BatchNormalization` works as in inference and keeps its statistics (as in Keras).
    ///
    /// `trainable = false` in the layer list says the same at compile time. Before a layer is trained
    /// that was frozen for long, compile again: what an optimizer divides by the number of updates
    /// (Adam's bias correction) is counted from `compile` for all layers.
    ///
    /// # Errors
    /// No layer has that name or index; the message lists those there are.
    pub fn set_trainable<'k>(
        &mut self,
        key: impl Into<LayerKey<'k>>,
        trainable: bool,
    ) -> Result<(), Error> {
        let index = index_of::<M>(key.into())?;
        self.frozen.resize(M::LAYERS.len(), false);
        self.frozen[index] = !trainable;
        Ok(())
    }

    /// Whether training changes a layer.
    ///
    /// # Errors
    /// No layer has that name or index.
    pub fn trainable<'k>(&self, key: impl Into<LayerKey<'k>>) -> Result<bool, Error> {
        let index = index_of::<M>(key.into())?;
        Ok(self.frozen.get(index) != Some(&true))
    }

    /// Prints the layers with their output shapes and numbers of parameters, as Keras does.
    pub fn summary(&self) {
        std::print!("{}", M::SUMMARY);
        let layers = M::LAYERS.iter().zip(&self.frozen).enumerate();
        let frozen = layers.filter(|(i, (_, frozen))| **frozen && M::FROZEN.get(*i) != Some(&true));
        let names: Vec<&str> = frozen.map(|(_, (layer, _))| layer.name).collect();
        if !names.is_empty() {
            std::println!(" Frozen by set_trainable: {}", names.join(", "));
        }
    }

    /// The parameters, one field a layer.
    pub fn params(&self) -> &M::Params {
        &self.params
    }

    /// The parameters, to be set.
    pub fn params_mut(&mut self) -> &mut M::Params {
        &mut self.params
    }
}

impl<M: Model> Clone for Sequential<M> {
    fn clone(&self) -> Self {
        let (mut params, mut state) = (zeroed_box::<M::Params>(), zeroed_box::<M::State>());
        // As slices: a large model never passes over the stack.
        params.as_f32s_mut().copy_from_slice(self.params.as_f32s());
        let now = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.as_f32s_mut().copy_from_slice(now.as_f32s());
        Sequential {
            params,
            state: RwLock::new(state),
            seed: self.seed,
            pool: self.pool.clone(),
            frozen: self.frozen.clone(),
            spare: Spare::default(),
        }
    }
}

impl<M: Model> core::fmt::Debug for Sequential<M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Sequential")
            .field("name", &M::NAME)
            .field("layers", &M::LAYERS.len())
            .field("params", &<M::Params as Flat>::LEN)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl<M: Model> Deref for Sequential<M> {
    type Target = M::Params;

    fn deref(&self) -> &M::Params {
        &self.params
    }
}

impl<M: Model> DerefMut for Sequential<M> {
    fn deref_mut(&mut self) -> &mut M::Params {
        &mut self.params
    }
}

/// Never implemented: its error says that the model must be compiled.
#[diagnostic::on_unimplemented(
    message = "the model must be compiled before training or testing",
    label = "this model is not compiled",
    note = "call `let mut model = model.compile(optimizer, loss, metrics);` first"
)]
pub trait IsCompiled {}

/// What only a compiled model can do: here so that the compiler can say so.
impl<M: Model> Sequential<M> {
    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn fit<X, Y, W, C>(
        &mut self,
        _: &[X],
        _: &[Y],
        _: Fit<'_, M, Y, W, C>,
    ) -> Result<History, Error>
    where
        Self: IsCompiled,
    {
        Ok(History::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn evaluate<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn fit_generator<G, Y, W, C>(
        &mut self,
        _: G,
        _: Fit<'_, M, Y, W, C>,
    ) -> Result<History, Error>
    where
        Self: IsCompiled,
    {
        Ok(History::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn evaluate_generator<G>(&mut self, _: G, _: Evaluate<'_, M>) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn train_on_batch<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn test_on_batch<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }
}
