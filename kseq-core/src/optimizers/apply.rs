//! The pass over a whole model, split over threads, with what Keras's optimizers do around a rule:
//! accumulation, clipping, weight decay, averages.

use core::ops::Range;

use super::chunks::{CHUNK, Segment, WholeModel, halves};
use super::clip::{global_scale, scale, sum_of, sum_of_squares};
use super::optimizer::Optimizer;
use super::settings::{Clip, Extras};
use super::slots::MAX_SLOTS;
use super::update::{OccurrenceSums, Update};
use super::variables::{Variable, variables};
use crate::base::layer_info::LayerInfo;
use crate::facts::Occurrences;
use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::kernels::simd;
use crate::pool::Pool;
use crate::shape::Shape;

/// The parameters below which a second thread costs more than it saves.
const SERIAL: usize = 4 * CHUNK;

/// One batch of training: updates all trained parameters from their gradients, in chunks over the
/// pool's threads; `step` counts the batches from 0. Nothing is allocated.
///
/// In this order, as Keras: gradients are accumulated, if that was asked for, and only every so many
/// batches go on; they are clipped; the weights decay; the optimizer's update; the averages.
///
/// Of slices that do not fit each other the part that does is updated.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::{optimizers::{SGD, Update, apply}, pool::Pool};
/// let (mut p, mut g, mut velocity) = ([1.0, 2.0], [1.0, -1.0], [0.0; 2]);
/// let sgd = SGD::new(0.5).momentum(0.9);
/// apply(&sgd, 0, Update::new(&mut p, &mut g, &mut velocity), &Pool::Serial);
/// assert_eq!((p, velocity), ([0.5, 2.5], [-0.5, 0.5]));
///
/// let (mut p, mut g) = ([0.0, 0.0], [3.0, 4.0]);
/// let sgd = SGD::new(1.0).global_clipnorm(1.0);
/// apply(&sgd, 0, Update::new(&mut p, &mut g, &mut []), &Pool::Serial);
/// assert_eq!(p, [-0.6, -0.8]);
/// ```
pub fn apply<O: Optimizer>(optimizer: &O, step: u64, update: Update<'_>, pool: &Pool) {
    const {
        assert!(
            O::SLOTS <= MAX_SLOTS && O::SLOTS == O::SLOT_NAMES.len(),
            "an optimizer has at most MAX_SLOTS slots, and a name for each"
        )
    };
    if DEVICE && !O::EXTRAS && !O::WHOLE_ARRAYS {
        return in_order(optimizer, step, update);
    }
    let update_segment: &UpdateSegment<'_> = &|step, shape, segment, own| {
        let slots = segment.slots.get_mut(..own).unwrap_or_default();
        match &segment.sums {
            sums if O::WHOLE_ARRAYS => {
                optimizer.update_array(step, shape, segment.p, segment.g, sums.as_deref(), slots);
            }
            Some(sums) => optimizer.update_occurrences(step, segment.p, segment.g, sums, slots),
            None => optimizer.update(step, segment.p, segment.g, slots),
        }
    };
    let extras = if O::EXTRAS {
        optimizer.extras()
    } else {
        Extras::NONE
    };
    let driver = Driver {
        own: O::SLOTS.saturating_sub(extras.slots()),
        step: step / extras.accumulation.max(1),
        lr: optimizer.learning_rate(step).unwrap_or_default(),
        squares: O::OCCURRENCES == Occurrences::Squares,
        whole: O::WHOLE_ARRAYS,
        begins_as_parameters: O::BEGINS_AS_PARAMETERS,
        by_shape: &|layer, array| optimizer.by_shape(layer, array),
        extras,
        layers: update.layers,
        frozen: update.frozen,
        pool,
    };
    let whole = &mut WholeModel::new(update, O::SLOTS);
    driver.batch(step, whole, update_segment);
}

/// The updates alone, of one array after the other: what a microcontroller needs of [`Driver`].
fn in_order<O: Optimizer>(optimizer: &O, step: u64, update: Update<'_>) {
    let (layers, frozen) = (update.layers, update.frozen);
    let whole = &mut WholeModel::new(update, O::SLOTS);
    let all = 0..whole.p.len();
    if O::BEGINS_AS_PARAMETERS && step == 0 {
        begin_as_parameters(whole);
    }
    let mut run = |range: &Range<usize>| {
        let with_sums = O::OCCURRENCES != Occurrences::Sum && whole.has_sums(range);
        let mut segment = whole.segment(range, with_sums);
        let slots = segment.slots.get_mut(..O::SLOTS).unwrap_or_default();
        match &segment.sums {
            Some(sums) => optimizer.update_occurrences(step, segment.p, segment.g, sums, slots),
            None => optimizer.update(step, segment.p, segment.g, slots),
        }
    };
    if O::OCCURRENCES == Occurrences::Sum && frozen.is_empty() || layers.is_empty() {
        return run(&all);
    }
    for Variable { layer, range, .. } in variables(layers) {
        if frozen.get(layer) != Some(&true) {
            run(&range);
        }
    }
}

/// The end of a training: after `use_ema`, the trained parameters become their averages. `step` is the
/// number of batches so far; before the first there is no average. The gradients of `update` are not
/// looked at.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::{optimizers::{SGD, Update, apply, finalize}, pool::Pool};
/// let sgd = SGD::new(0.5).use_ema().ema_momentum(0.75);
/// let (mut p, mut average) = ([1.0], [0.0]);
/// for step in 0..2 {
///     apply(&sgd, step, Update::new(&mut p, &mut [1.0], &mut average), &Pool::Serial);
/// }
/// assert_eq!(p, [0.0]);
/// finalize(&sgd, 2, Update::new(&mut p, &mut [], &mut average), &Pool::Serial);
/// // The average begins with the first result.
/// assert_eq!(p, [0.75 * 0.5 + 0.25 * 0.0]);
/// ```
pub fn finalize<O: Optimizer>(optimizer: &O, step: u64, update: Update<'_>, pool: &Pool) {
    let extras = optimizer.extras();
    if step == 0 || extras.ema_momentum.is_none() {
        return;
    }
    let own = O::SLOTS.saturating_sub(extras.slots());
    let driver = Driver {
        own,
        step,
        lr: 0.0,
        squares: false,
        whole: false,
        begins_as_parameters: false,
        by_shape: &|_, _| true,
        extras,
        layers: update.layers,
        frozen: update.frozen,
        pool,
    };
    let whole = &mut WholeModel::new(update, O::SLOTS);
    driver.segments(whole, &|_, _| Treatment::PLAIN, &|_, _, segment| {
        if let Some(average) = segment.slots.get(own) {
            segment
                .p
                .iter_mut()
                .zip(&**average)
                .for_each(|(p, a)| *p = *a);
        }
    });
}

/// The optimizer's update of a chunk: (step, shape of an array, chunk, number of its own slots).
type UpdateSegment<'a> = dyn Fn(u64, &Shape, &mut Segment<'_>, usize) + Sync + 'a;

/// One batch, without the type of the optimizer: compiled once.
struct Driver<'a> {
    extras: Extras,
    /// The optimizer's own slots.
    own: usize,
    /// The updates before this batch.
    step: u64,
    lr: f32,
    /// Whether the sums over occurrences are of squares.
    squares: bool,
    /// Whether arrays stay whole.
    whole: bool,
    /// Whether the first slot begins as the parameters.
    begins_as_parameters: bool,
    /// Of a layer and an array of it, whether the shape matters.
    by_shape: &'a (dyn Fn(&str, &str) -> bool + Sync),
    layers: &'a [LayerInfo],
    frozen: &'a [bool],
    pool: &'a Pool,
}

/// What is done to an array.
#[derive(Clone, Copy, PartialEq)]
struct Treatment {
    /// The factor of the gradient.
    scale: f32,
    /// How much its weights decay.
    decay: f32,
    /// Whether there are sums over its occurrences.
    sums: bool,
}

impl Treatment {
    const PLAIN: Treatment = Treatment {
        scale: 1.0,
        decay: 0.0,
        sums: false,
    };
}

impl Driver<'_> {
    fn batch(&self, batch: u64, whole: &mut WholeModel<'_>, update_segment: &UpdateSegment<'_>) {
        let Extras {
            clip,
            weight_decay,
            weight_decay_of_others,
            excluded,
            accumulation,
            ..
        } = self.extras;
        if batch == 0 {
            self.begin_averages(whole);
            if self.begins_as_parameters {
                begin_as_parameters(whole);
            }
        }
        if accumulation > 1 {
            // What is accumulated is dense, as in Keras.
            whole.sums = None;
            let last = (batch + 1).is_multiple_of(accumulation);
            self.segments(whole, &|_, _| Treatment::PLAIN, &|_, _, mut segment| {
                self.accumulate(&mut segment, last);
            });
            if !last {
                return;
            }
        }
        let mut all = 1.0;
        if let Clip::GlobalNorm(clip) = clip {
            all = global_scale(self.global_squares(whole), clip);
        }
        if matches!(clip, Clip::GlobalNorm(_) | Clip::Value(_)) {
            // With the norm of all Keras makes the gradient dense. By value Keras on TensorFlow clips that of each
            // occurrence, which nobody keeps here: their sum is clipped, and has no parts then.
            whole.sums = None;
        }
        let treatment = |whole: &WholeModel<'_>, variable: &Variable| Treatment {
            scale: match clip {
                Clip::Norm(clip) => scale(self.array_squares(whole, variable), clip),
                _ => all,
            },
            decay: match weight_decay_of_others {
                _ if excluded.iter().any(|e| variable.name.contains(e)) => 0.0,
                Some(decay) if variable.shape.rank() != 2 => decay,
                _ => weight_decay,
            },
            sums: whole.has_sums(&variable.range),
        };
        self.segments(whole, &treatment, &|treatment, shape, mut segment| {
            self.clip(&treatment, &mut segment);
            if treatment.decay > 0.0 {
                decay(treatment.decay, self.lr, segment.p);
            }
            update_segment(self.step, shape, &mut segment, self.own);
            self.average(&mut segment);
        });
    }

    /// Adds the gradient to what the batches before left, and in the last one takes the mean.
    fn accumulate(&self, segment: &mut Segment<'_>, last: bool) {
        let at = self.own + usize::from(self.extras.ema_momentum.is_some());
        let batches = self.extras.accumulation as f32;
        if let Some(sum) = segment.slots.get_mut(at) {
            let all = segment.g.iter_mut().zip(sum.iter_mut());
            simd(|| {
                if last {
                    all.for_each(|(g, sum)| {
                        *g = (*g + *sum) / batches;
                        *sum = 0.0;
                    });
                } else {
                    all.for_each(|(g, sum)| *sum += *g);
                }
            });
        }
        if !last {
            self.average(segment);
        }
    }

    fn clip(&self, treatment: &Treatment, segment: &mut Segment<'_>) {
        let (scale, g) = (treatment.scale, &mut *segment.g);
        if let Clip::Value(clip) = self.extras.clip {
            // A NaN stays, unlike with `min` and `max`.
            let clipped = |g: f32| match g {
                g if g > clip => clip,
                g if g < -clip => -clip,
                g => g,
            };
            simd(|| g.iter_mut().for_each(|g| *g = clipped(*g)));
        }
        if scale != 1.0 {
            simd(|| g.iter_mut().for_each(|g| *g *= scale));
            if let Some(sums) = &mut segment.sums {
                let scale = if self.squares { scale * scale } else { scale };
                simd(|| sums.iter_mut().for_each(|s| *s *= scale));
            }
        }
    }

    /// The averages of frozen layers are their parameters, should they be trained one day: those of the
    /// others begin anew after the first update.
    fn begin_averages(&self, whole: &mut WholeModel<'_>) {
        if self.extras.ema_momentum.is_none() || !self.frozen.contains(&true) {
            return;
        }
        if let Some(average) = whole.slots.get_mut(self.own) {
            let all = average.iter_mut().zip(whole.p.iter());
            all.for_each(|(average, p)| *average = *p);
        }
    }

    /// Moves the averages, and now and then the parameters to them.
    fn average(&self, segment: &mut Segment<'_>) {
        let Some(momentum) = self.extras.ema_momentum else {
            return;
        };
        let momentum = if self.step == 0 { 0.0 } else { momentum };
        let fresh = 1.0 - momentum;
        let every = self.extras.ema_overwrite_frequency;
        let overwrite = every > 0 && (self.step + 1).is_multiple_of(every);
        if let Some(average) = segment.slots.get_mut(self.own) {
            move_averages(momentum, fresh, segment.p, average);
            if overwrite {
                segment
                    .p
                    .iter_mut()
                    .zip(&**average)
                    .for_each(|(p, a)| *p = *a);
            }
        }
    }

    /// The sum of the squares of an array's gradient.
    fn array_squares(&self, whole: &WholeModel<'_>, variable: &Variable) -> f64 {
        let pool = self.pool(variable.range.len());
        match &whole.sums {
            // Keras on TensorFlow takes the norm over all occurrences. Where their squares are not known (SGD and others that
            // do not ask for them) it is that of the sums.
            Some(OccurrenceSums { sums, .. })
                if self.squares && whole.has_sums(&variable.range) =>
            {
                sum_of(sums, pool)
            }
            _ => sum_of_squares(
                whole.g.get(variable.range.clone()).unwrap_or_default(),
                pool,
            ),
        }
    }

    /// The same for all arrays that are trained.
    fn global_squares(&self, whole: &WholeModel<'_>) -> f64 {
        self.arrays(whole.p.len())
            .map(|variable| self.array_squares(whole, &variable))
            .sum()
    }

    /// The arrays that are trained; what the layers do not tell is one more.
    fn arrays(&self, len: usize) -> impl Iterator<Item = Variable> {
        let told = variables(self.layers).last().map_or(0, |v| v.range.end);
        let rest = Variable {
            layer: self.layers.len(),
            name: "",
            shape: Shape::new(&[len.saturating_sub(told)]),
            range: told..len,
            still: false,
        };
        let all = variables(self.layers)
            .chain(Some(rest))
            .map(|mut variable| {
                let layer = self
                    .layers
                    .get(variable.layer)
                    .map_or("", |layer| layer.name);
                if self.whole && !(self.by_shape)(layer, variable.name) {
                    variable.shape = Shape::new(&[variable.range.len()]);
                }
                variable
            });
        let frozen = |v: &Variable| v.still || self.frozen.get(v.layer) == Some(&true);
        all.filter(move |v| !v.range.is_empty() && !frozen(v))
    }

    /// Runs `f` on the chunks of every trained array; neighbours that are treated alike go together,
    /// unless arrays stay whole.
    fn segments(
        &self,
        whole: &mut WholeModel<'_>,
        treatment: &dyn Fn(&WholeModel<'_>, &Variable) -> Treatment,
        f: &(dyn Fn(Treatment, &Shape, Segment<'_>) + Sync),
    ) {
        let run = |whole: &mut WholeModel<'_>, (variable, treatment): (Variable, Treatment)| {
            let segment = whole.segment(&variable.range, treatment.sums);
            if self.whole {
                return f(treatment, &variable.shape, segment);
            }
            let pool = self.pool(segment.p.len());
            halves(
                segment,
                &|segment| f(treatment, &variable.shape, segment),
                pool,
            );
        };
        let mut pending: Option<(Variable, Treatment)> = None;
        for variable in self.arrays(whole.p.len()) {
            let treatment = treatment(whole, &variable);
            match &mut pending {
                Some((Variable { range, .. }, before))
                    if !self.whole && range.end == variable.range.start && *before == treatment =>
                {
                    range.end = variable.range.end;
                }
                _ => {
                    if let Some(segment) = pending.replace((variable, treatment)) {
                        run(whole, segment);
                    }
                }
            }
        }
        if let Some(segment) = pending {
            run(whole, segment);
        }
    }

    fn pool(&self, len: usize) -> &Pool {
        if len < SERIAL {
            &Pool::Serial
        } else {
            self.pool
        }
    }
}

fn begin_as_parameters(whole: &mut WholeModel<'_>) {
    if let Some(first) = whole.slots.first_mut() {
        let all = first.iter_mut().zip(whole.p.iter());
        all.for_each(|(first, p)| *first = *p);
    }
}

simd_fn! {
    fn decay(weight_decay: f32, lr: f32, p: &mut [f32]) {
        for p in p {
            *p -= *p * weight_decay * lr;
        }
    }
}

simd_fn! {
    fn move_averages(momentum: f32, fresh: f32, p: &[f32], average: &mut [f32]) {
        for (average, p) in average.iter_mut().zip(p) {
            *average = momentum * *average + fresh * p;
        }
    }
}
