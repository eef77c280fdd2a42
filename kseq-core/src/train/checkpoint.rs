//! A checkpoint: all that decides how a training goes on, in one safetensors file.
//!
//! | arrays | what |
//! |---|---|
//! | `dense_1.kernel`, ... | weights and state, as `save_weights` writes them |
//! | `optimizer/dense_1.kernel/momentum`, ... | the optimizer's slots |
//! | `training/...` | number of updates, seed, position, learning rate, loss so far, frozen layers |
//! | `metrics/0`, ... | what the metrics have accumulated |
//! | `history/epoch`, `history/loss`, ... | the epochs before |
//! | `callbacks/EarlyStopping/0`, ... | what [`Callback::state`] gave |

use std::borrow::Cow;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use super::atomic;
use super::callback::{Callback, Mean, Position, Training};
use super::callbacks::folder_of;
use super::history::History;
use super::safetensors::{Entry, File, Read, Values, write};
use super::sequential::locked;
use super::weights::{Place, copy, entries, fits, matching, places, read, refused};
use crate::error::Error;
use crate::model::Model;
use crate::params::Flat;

/// What the file says of itself.
const FORMAT: &str = "kseq checkpoint";

/// Of the names in a file, those that are not of weights.
pub(super) fn beside(file: &File) -> impl Fn(&str) -> bool + use<> {
    // A layer's name has no slash.
    let checkpoint = file.metadata("format") == Some(FORMAT);
    move |name| checkpoint && name.contains('/')
}

/// The name of a slot's part.
fn slot_name(place: &Place, slot: &str) -> String {
    format!("optimizer/{}/{slot}", place.name())
}

/// The names under which the callbacks' states are kept: so many of a kind before it count.
fn callback_names<M: Model>(callbacks: &[&mut dyn Callback<M>]) -> Vec<String> {
    let name = |(i, c): (usize, &&mut dyn Callback<M>)| {
        let before = callbacks[..i].iter().filter(|b| b.name() == c.name());
        format!("callbacks/{}/{}", c.name(), before.count())
    };
    callbacks.iter().enumerate().map(name).collect()
}

/// Writes a checkpoint; whenever the process is killed, the path has the one before or all of this one.
pub(super) fn save<M: Model>(
    path: &Path,
    t: &mut Training<'_, M>,
    callbacks: &[&mut dyn Callback<M>],
) -> Result<(), Error> {
    let places = places(M::LAYERS);
    let params = t.model.params.as_f32s();
    let state = locked(&mut t.model.state).as_f32s();
    let mut all = entries(&places, params, state);
    let (name, slots) = t.engine.optimizer();
    let len = params.len();
    for (i, slot) in slots.iter().enumerate() {
        let values = t.memory.slots.get(i * len..(i + 1) * len);
        let values = values.unwrap_or_default();
        all.extend(places.iter().filter(|p| !p.state).map(|place| Entry {
            name: slot_name(place, slot),
            shape: place.spec.shape.dims().to_vec(),
            values: Values::F32(place.of(values, &[])),
        }));
    }
    let Position {
        epoch,
        batch,
        pass,
        taken,
    } = t.run.position;
    let frozen = t.model.frozen.iter().map(|&f| u64::from(f)).collect();
    let rate = t.engine.learning_rate(0);
    let mut numbers = std::vec![
        ("step", [t.memory.step].to_vec()),
        ("seed", [t.model.seed].to_vec()),
        (
            "position",
            [epoch as u64, batch as u64, pass, taken as u64].to_vec()
        ),
        ("stop", [u64::from(t.run.stop)].to_vec()),
        ("frozen", frozen),
    ];
    if let Some(steps) = t.run.steps {
        numbers.push(("steps", [steps as u64].to_vec()));
    }
    let training = |name: &str| format!("training/{name}");
    all.extend(
        numbers
            .into_iter()
            .map(|(name, values)| Entry::flat(&training(name), Values::U64(values))),
    );
    if let Some(rate) = &rate {
        let rate = Values::F32(core::slice::from_ref(rate));
        all.push(Entry::flat(&training("learning_rate"), rate));
    }
    let loss = [t.run.loss.sum, t.run.loss.samples];
    let doubles = |values: &[f64]| Values::F64(Cow::Owned(values.to_vec()));
    all.push(Entry::flat(&training("loss"), doubles(&loss)));
    let mut metrics = 0;
    t.engine.metrics(&mut |values| {
        all.push(Entry::flat(&format!("metrics/{metrics}"), doubles(values)));
        metrics += 1;
    });
    let epochs = t.run.history.epoch().iter().map(|&e| e as u64).collect();
    all.push(Entry::flat("history/epoch", Values::U64(epochs)));
    for key in t.run.history.keys() {
        let values = Values::F32(t.run.history.get(key).unwrap_or_default());
        all.push(Entry::flat(&format!("history/{key}"), values));
    }
    for (name, callback) in callback_names(callbacks).iter().zip(callbacks) {
        let state = callback.state();
        if !state.is_empty() {
            all.push(Entry::flat(name, Values::F64(state.into())));
        }
    }
    let metadata = [
        ("format", FORMAT),
        ("model", M::NAME),
        ("optimizer", name),
        ("kseq", env!("CARGO_PKG_VERSION")),
    ];
    folder_of(path)?;
    let mut all = Some(all);
    atomic::write(path, &mut |out| {
        write(out, &metadata, all.take().unwrap_or_default())
    })
    .map_err(|e| refused(path, e.to_string()))
}

/// Goes on from a checkpoint. Everything is checked before anything is changed.
pub(super) fn load<M: Model>(
    path: &Path,
    t: &mut Training<'_, M>,
    callbacks: &mut [&mut dyn Callback<M>],
) -> Result<(), Error> {
    let file = read(path)?;
    let wrong = |why: String| refused(path, why);
    let weights = Weights::of(&file, M::LAYERS, t.engine.optimizer()).map_err(wrong)?;
    let progress = Progress::of(&file).map_err(wrong)?;
    if let (Some(was), Some(is)) = (progress.steps, t.run.steps)
        && was != is
        && progress.position.batch > 0
    {
        let why = format!(
            "the checkpoint was made in the middle of an epoch of {was} batches, now an epoch has {is}; \
             resume with the data, the batch_size and the steps_per_epoch that it was made with"
        );
        return Err(wrong(why));
    }
    let mut metrics = Vec::new();
    t.engine.metrics(&mut |state| metrics.push(state.len()));
    if metrics != progress.metrics.iter().map(Vec::len).collect::<Vec<_>>() {
        let why = "it was made with other metrics; compile the model with the same ones";
        return Err(wrong(why.to_string()));
    }
    // The last that can fail, and it changes nothing then.
    if let Some(rate) = progress.learning_rate
        && t.engine.learning_rate(0) != Some(rate)
        && let Err(e) = t.engine.set_learning_rate(rate)
    {
        let why = format!("it was made with the learning rate {rate}, which cannot be set: {e}");
        return Err(wrong(why));
    }
    let mut accumulated = progress.metrics.iter();
    t.engine.metrics(&mut |state| {
        if let Some(values) = accumulated.next() {
            state.copy_from_slice(values);
        }
    });
    weights.put(t);
    t.memory.step = progress.step;
    t.model.seed = progress.seed;
    t.model.frozen = progress.frozen;
    t.run.position = progress.position;
    t.run.stop = progress.stop;
    t.run.loss = progress.loss;
    t.run.history = progress.history;
    for (name, callback) in callback_names(callbacks).iter().zip(callbacks) {
        if let Some(state) = file.get(name).and_then(|a| file.f64s(a)) {
            callback.set_state(&state.collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// Weights, state and slots of a file that fit the model.
struct Weights<'f> {
    file: &'f File,
    places: Vec<Place>,
    arrays: Vec<&'f Read>,
    /// For each slot those of the trainable arrays.
    slots: Vec<Vec<&'f Read>>,
}

impl<'f> Weights<'f> {
    fn of(
        file: &'f File,
        layers: &'static [crate::model::LayerInfo],
        (optimizer, slots): (&str, &[&str]),
    ) -> Result<Self, String> {
        if file.metadata("format") != Some(FORMAT) {
            return Err(String::from(
                "it holds no checkpoint of a training; `load_weights` takes files with weights only",
            ));
        }
        let places = places(layers);
        let arrays = matching(file, &places, &beside(file))?;
        let was = file.metadata("optimizer").unwrap_or_default();
        if was != optimizer {
            return Err(format!(
                "it was made with the optimizer {was}, the model is compiled with {optimizer}"
            ));
        }
        let slot = |slot: &&str| {
            let trainable = places.iter().filter(|p| !p.state);
            let array = |place: &Place| {
                let name = slot_name(place, slot);
                let array = file.get(&name);
                let array = array.ok_or_else(|| {
                    format!("it lacks `{name}`: it was made with another {optimizer}")
                })?;
                fits(array, &name, place.spec.shape).map(|()| array)
            };
            trainable.map(array).collect()
        };
        let slots = slots.iter().map(slot).collect::<Result<_, String>>()?;
        Ok(Weights {
            file,
            places,
            arrays,
            slots,
        })
    }

    fn put<M: Model>(&self, t: &mut Training<'_, M>) {
        let params = t.model.params.as_f32s_mut();
        let state = locked(&mut t.model.state).as_f32s_mut();
        let len = params.len();
        copy(self.file, &self.arrays, &self.places, (params, state));
        let slots = t.memory.slots.chunks_mut(len.max(1));
        for (arrays, to) in self.slots.iter().zip(slots) {
            for (array, place) in arrays.iter().zip(self.places.iter().filter(|p| !p.state)) {
                let to = place.of_mut(to, &mut []);
                let from = self.file.f32s(array).into_iter().flatten();
                to.iter_mut().zip(from).for_each(|(to, from)| *to = from);
            }
        }
    }
}

/// The rest of a file.
struct Progress {
    step: u64,
    seed: u64,
    position: Position,
    stop: bool,
    frozen: Vec<bool>,
    steps: Option<usize>,
    learning_rate: Option<f32>,
    loss: Mean,
    metrics: Vec<Vec<f64>>,
    history: History,
}

impl Progress {
    fn of(file: &File) -> Result<Self, String> {
        let missing = |name: &str| format!("it lacks `{name}`, or that is of another type");
        let integers = |name: &str| -> Result<Vec<u64>, String> {
            let values = file.get(name).and_then(|a| file.u64s(a));
            values.map(Iterator::collect).ok_or_else(|| missing(name))
        };
        let one = |name: &str| match integers(name)?[..] {
            [value] => Ok(value),
            _ => Err(missing(name)),
        };
        let position = match integers("training/position")?[..] {
            [epoch, batch, pass, taken] => Position {
                epoch: epoch as usize,
                batch: batch as usize,
                pass,
                taken: taken as usize,
            },
            _ => return Err(missing("training/position")),
        };
        let loss = file.get("training/loss").and_then(|a| file.f64s(a));
        let loss: Vec<f64> = loss.into_iter().flatten().collect();
        let loss = match loss[..] {
            [sum, samples] => Mean { sum, samples },
            _ => return Err(missing("training/loss")),
        };
        let rate = file
            .get("training/learning_rate")
            .and_then(|a| file.f32s(a));
        let metric = |i: usize| {
            let array = file.get(&format!("metrics/{i}"))?;
            Some(file.f64s(array)?.collect())
        };
        let recorded = |array: &Read| {
            let key = array.name.strip_prefix("history/")?;
            Some((key.to_string(), file.f32s(array)?.collect()))
        };
        let epochs = integers("history/epoch")?;
        let epochs = epochs.into_iter().map(|e| e as usize).collect();
        let history = History::of(epochs, file.arrays().iter().filter_map(recorded).collect());
        Ok(Progress {
            step: one("training/step")?,
            seed: one("training/seed")?,
            position,
            stop: one("training/stop")? != 0,
            frozen: integers("training/frozen")?
                .iter()
                .map(|&f| f != 0)
                .collect(),
            steps: one("training/steps").ok().map(|s| s as usize),
            learning_rate: rate.and_then(|mut r| r.next()),
            loss,
            metrics: (0..).map_while(metric).collect(),
            history,
        })
    }
}
