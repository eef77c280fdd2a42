//! `Sequential`: a model with its parameters, before `compile`.

use core::ops::{Deref, DerefMut};
use std::boxed::Box;
use std::path::Path;
use std::string::String;
use std::sync::{PoisonError, RwLock};
use std::vec::Vec;

use super::get_layer::{LayerKey, LayerView, LayerViewMut, find, find_mut, index_of};
use super::predict::{Predict, Predictor};
use super::prediction_buffer::PredictionBuffer;
use super::threads::{Apart, default_pool, pool_of};
use super::weights::{ArraysMut, Weights, array_locations, get, set};
use super::weights_file;
use crate::check;
use crate::error::Error;
use crate::losses::Classes;
use crate::metrics::argmax;
use crate::model::Model;
use crate::network::on_host::OnHost;
use crate::params::{Aligned, Flat, zeroed_box};
use crate::plan::Causal;
use crate::pool::Pool;
use crate::rng::{Purpose, Rng};
use crate::stream::{Held, Stream};
use crate::tensor::Tensor;
use crate::text::Note;
use crate::train::data::arguments::{argument, batch_size, has_fixed_shape, positive};
use crate::train::data::batch::failed;
use crate::train::data::queue::{Queue, QueueOptions};
use crate::train::data::{IntoGenerator, Outputs, ToPredict};
use crate::train::report::progress::Progress;
use crate::train::report::summary::{self, Printed};

/// The state of a model that is borrowed exclusively: there is nothing to wait for.
pub(in crate::train) fn locked<T>(state: &mut RwLock<Box<Aligned<T>>>) -> &mut T {
    state.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// A model with its parameters: what `Net::new(seed)` gives. [`compile`](Sequential::compile) makes
/// it trainable; [`predict`](Sequential::predict) works without.
///
/// The parameters are its fields: `model.dense_1.kernel`.
#[must_use]
pub struct Sequential<M: Model> {
    pub(in crate::train) params: Box<Aligned<M::Params>>,
    /// Behind a lock, since a prediction of a stateful model changes it; all others only read it.
    pub(in crate::train) state: RwLock<Box<Aligned<M::State>>>,
    pub(in crate::train) seed: u64,
    pub(in crate::train) pool: Pool,
    /// Which layers training leaves alone.
    pub(in crate::train) frozen: Vec<bool>,
    /// The memory of the last prediction.
    buffer: PredictionBuffer,
    /// The threads of predictions that change the state.
    apart: Apart,
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
            buffer: PredictionBuffer::default(),
            apart: Apart::default(),
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

    /// The same model on this many threads; 0 means one for each core, as by default. The number never
    /// changes a result.
    ///
    /// # Errors
    /// The system refuses the threads, or kseq was built without the feature `rayon`.
    pub fn threads(mut self, threads: usize) -> Result<Self, Error> {
        self.pool = pool_of(threads)?;
        self.apart = Apart::default();
        Ok(self)
    }

    /// From now on the model works on this pool.
    #[doc(hidden)]
    pub fn set_pool(&mut self, pool: Pool) {
        self.pool = pool;
        self.apart = Apart::default();
    }

    /// Forgets what the layers carry from one batch to the next: the state of recurrent layers with
    /// `stateful = true`.
    pub fn reset_states(&mut self) {
        M::reset_states(locked(&mut self.state));
    }

    /// The outputs for the samples of `x`. A stateful model takes them in its batches, and continues
    /// from the state that the last call left.
    ///
    /// A model with `None` in its shape also takes one sample, for which it gives one output: of a sequence the steps, `&[S]` or a
    /// `Vec<S>`, of an image a [`Grid`](crate::train::Grid). An output that is a sequence, too, is a `Vec` of its steps.
    ///
    /// # Errors
    /// Tokens that are out of range; samples that do not fill the batches of a stateful model, that have no step, or for which a layer
    /// has no output.
    pub fn predict<X: ToPredict<M::Input> + ?Sized>(
        &self,
        x: &X,
    ) -> Result<X::For<M::Output>, Error> {
        Ok(X::give(self.predictor().outputs(x.samples().view())?))
    }

    /// The class of each sample, or of each row of it: the largest output; of a single unit 1 if the output is more than
    /// 0.5, and 0 if not. Keras 2's `predict_classes`.
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict).
    pub fn predict_classes<X: ToPredict<M::Input> + ?Sized>(
        &self,
        x: &X,
    ) -> Result<X::For<<M::Output as Classes>::Target>, Error>
    where
        M::Output: Classes,
    {
        let y = self.predictor().outputs(x.samples().view())?;
        let width = M::Output::SHAPE.last().max(1);
        let rows = M::Output::flat(&y.steps).chunks_exact(width);
        let classes: Vec<u32> = rows
            .map(|row| match row {
                [one] => u32::from(*one > 0.5),
                several => argmax(several) as u32,
            })
            .collect();
        Ok(X::give(Outputs {
            steps: <M::Output as Classes>::Target::view(&classes).to_vec(),
            lengths: y.lengths,
        }))
    }

    /// The outputs, which are probabilities after a softmax or a sigmoid: Keras 2's name for
    /// [`predict`](Sequential::predict).
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict).
    pub fn predict_proba<X: ToPredict<M::Input> + ?Sized>(
        &self,
        x: &X,
    ) -> Result<X::For<M::Output>, Error> {
        self.predict(x)
    }

    /// As [`predict`](Sequential::predict), into memory of the caller's. Nothing is allocated, but for the
    /// memory of the layers by the first call, which leaves it to the next ones; other threads change nothing in that. A call while another one runs has memory of its own. Outputs of any length are the steps of
    /// all of them, one after the other; to put samples of one length together takes memory.
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict), and when `x` and `y` have different lengths.
    pub fn predict_into<X: ToPredict<M::Input> + ?Sized>(
        &self,
        x: &X,
        y: &mut [M::Output],
    ) -> Result<(), Error> {
        self.predictor().outputs_into(x.samples().view(), y)
    }

    /// The model for a sequence that comes step by step, as it is now: see [`Stream`].
    pub fn stream(&self) -> Stream<'_, M>
    where
        M: Model<Plan: Causal>,
    {
        let mut state = zeroed_box::<M::State>();
        let now = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.as_f32s_mut().copy_from_slice(now.as_f32s());
        let params: &M::Params = &self.params;
        Stream::new(params, Held::Copied(state))
    }

    fn predictor(&self) -> Predictor<'_, M> {
        Predictor {
            params: &self.params,
            state: &self.state,
            seed: self.seed,
            pool: &self.pool,
            apart: &self.apart,
            buffer: &self.buffer,
        }
    }

    /// The same with Keras's other arguments.
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict); arguments that are 0, or a batch size that a stateful
    /// model does not have.
    pub fn predict_with<X: ToPredict<M::Input> + ?Sized>(
        &self,
        x: &X,
        options: Predict,
    ) -> Result<X::For<M::Output>, Error> {
        let given = x.samples();
        let x = given.view();
        positive("batch_size", options.batch_size)?;
        positive("steps", options.steps)?;
        check::batch_size::<M>(options.batch_size)?;
        let size = batch_size::<M>(options.batch_size);
        let samples = match options.steps {
            None => x.len(),
            Some(steps) => x.len().min(steps.saturating_mul(size)),
        };
        let steps = samples.div_ceil(size);
        let progress = Progress::start(options.verbose, Some(steps));
        let y = self.predictor().outputs(x.split_at(samples).0)?;
        progress.finish();
        Ok(X::give(y))
    }

    /// The outputs for the batches of an iterator or a [`Sequence`](crate::train::Sequence), one after the other, as Keras's
    /// `predict_generator`. Targets and weights are ignored.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// # use kseq::{error::Error, model::Model, train::{Predict, Sequential}};
    /// # fn of<M: Model>(model: &Sequential<M>, x: &[M::Input]) -> Result<(), Error> {
    /// let y = model.predict_generator(x.chunks(32).map(<[M::Input]>::to_vec), Predict::new())?;
    /// assert_eq!(y.len(), x.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict) and [`fit_generator`](crate::train::Compiled::fit_generator).
    pub fn predict_generator<'g, Kind, G>(
        &self,
        generator: G,
        options: Predict,
    ) -> Result<Vec<M::Output>, Error>
    where
        G: IntoGenerator<'g, Kind, X = M::Input>,
        G::Y: Send,
    {
        has_fixed_shape::<M>("predict_generator")?;
        let generator = generator.into_generator().erased();
        let steps = options.steps;
        positive("steps", steps)?;
        generator.check("steps", steps)?;
        if options.batch_size.is_some() {
            let why = Note::new().str("the generator decides how many samples a batch has");
            return Err(argument("batch_size", why));
        }
        let queue_options = QueueOptions {
            pass: steps,
            total: steps,
            ..QueueOptions::default()
        };
        Queue::new(generator, queue_options).run(|source| {
            let mut outputs = Vec::new();
            let total = steps.or(source.steps()?).unwrap_or(0);
            let progress = Progress::start(options.verbose, Some(total));
            source.begin(Rng::new(self.seed, Purpose::Shuffle, 0, 0))?;
            for at in 0..steps.unwrap_or(usize::MAX) {
                let Some(batch) = source.next()? else { break };
                let y = self.predict::<[M::Input]>(batch.x);
                let at = batch.unchecked.unwrap_or(at);
                outputs.extend(y.map_err(|e| failed(at, e.into()))?);
            }
            progress.finish();
            Ok(outputs)
        })
    }

    /// The outputs for the samples of one batch: Keras's name for [`predict`](Sequential::predict).
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict).
    pub fn predict_on_batch<X: ToPredict<M::Input> + ?Sized>(
        &self,
        x: &X,
    ) -> Result<X::For<M::Output>, Error> {
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

    /// A layer by name or by index, to set its arrays: `model.get_layer_mut("dense_1")?.set_weights(..)`.
    ///
    /// # Errors
    /// No layer has that name or index; the message lists those there are.
    pub fn get_layer_mut<'k>(
        &mut self,
        key: impl Into<LayerKey<'k>>,
    ) -> Result<LayerViewMut<'_>, Error> {
        find_mut::<M>(&mut self.params, locked(&mut self.state), key.into())
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
        if let Some(frozen) = self.frozen.get_mut(index) {
            *frozen = !trainable;
        }
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

    /// Copies of all arrays in Keras's order.
    #[must_use]
    pub fn get_weights(&self) -> Weights<M> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let (params, state) = (self.params.as_f32s(), state.as_f32s());
        Weights::of(get(&array_locations(M::LAYERS), params, state))
    }

    /// Sets all arrays: from the [`get_weights`](Sequential::get_weights) of a model of this type, or
    /// from [`Weights::new`].
    pub fn set_weights(&mut self, weights: &Weights<M>) {
        set(&array_locations(M::LAYERS), self.arrays_mut(), weights);
    }

    /// Saves all arrays as safetensors, under their names: `dense_1.kernel`,
    /// `batch_normalization_1.moving_mean`. With the feature `import` a path that ends with `.npz` gives NumPy's format: `numpy.load` has
    /// the arrays by these names, in the order of [`get_weights`](Sequential::get_weights).
    ///
    /// Whenever the process is killed, the path has what it had before or all of the new file. A link stays and
    /// its target is written; a file keeps its mode, and its owner where that is allowed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        weights_file::save::<M>(path.as_ref(), self.params.as_f32s(), state.as_f32s())
    }

    /// Sets all arrays from a safetensors file, by name; a checkpoint of a training is one, too.
    ///
    /// With the feature `import` also from a file of Keras (`.keras`, `.h5`, `.weights.h5`, of Keras 1 to 3) or NumPy
    /// (`.npz`), whatever its ending: by the names of the layers if they are the same, else in order, as Keras does.
    ///
    /// # Errors
    /// The file cannot be read or is damaged; an array is missing, superfluous, or of another shape. Nothing
    /// is changed then.
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        weights_file::load::<M>(path.as_ref(), self.arrays_mut())
    }

    pub(super) fn arrays_mut(&mut self) -> ArraysMut<'_> {
        ArraysMut {
            params: self.params.as_f32s_mut(),
            state: locked(&mut self.state).as_f32s_mut(),
        }
    }

    /// Prints the layers with their output shapes and numbers of parameters, as Keras does: on a terminal in its width and in
    /// colour (unless `NO_COLOR` is set), else as [`summary_text`](Self::summary_text). The variable `COLUMNS` says another width
    /// than the terminal's, also for files.
    pub fn summary(&self) -> Printed {
        summary::show(&self.summary_text())
    }

    /// What [`summary`](Self::summary) prints, as a text: `println!("{}", model.summary_text())`.
    #[must_use]
    pub fn summary_text(&self) -> String {
        let mut text = String::from(M::SUMMARY.trim_end_matches('\n'));
        let layers = M::LAYERS.iter().zip(&self.frozen).enumerate();
        let frozen = layers.filter(|(i, (_, frozen))| **frozen && M::FROZEN.get(*i) != Some(&true));
        let names: Vec<&str> = frozen.map(|(_, (layer, _))| layer.name).collect();
        if !names.is_empty() {
            text += "\n Frozen by set_trainable: ";
            text += &names.join(", ");
        }
        text
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

impl<M: Model> OnHost for M {
    type Sequential = Sequential<M>;

    fn on_host(seed: u64) -> Sequential<M> {
        Sequential::new(seed)
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
            buffer: PredictionBuffer::default(),
            apart: Apart::default(),
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
