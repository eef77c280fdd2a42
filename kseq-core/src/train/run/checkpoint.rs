//! A checkpoint: all that decides how a training continues, in one safetensors file.
//!
//! | arrays | what |
//! |---|---|
//! | `dense_1.kernel`, ... | weights and state, as `save_weights` writes them |
//! | `optimizer/dense_1.kernel/momentum`, ... | the optimizer's slots |
//! | `training/...` | number of updates, seed, position, learning rate, loss so far, frozen layers |
//! | `metrics/0`, ... | what the metrics have accumulated |
//! | `history/epoch`, `history/loss`, ... | the epochs before; `history_at/loss`: of which epochs the values are |
//! | `callbacks/EarlyStopping/0`, ... | what [`Callback::state`] gave |

use std::borrow::Cow;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use crate::error::Error;
use crate::model::{LayerInfo, Model};
use crate::params::Flat;
use crate::train::callbacks::Callback;
use crate::train::files::atomic::{self, make_folder_of};
use crate::train::files::error::file_error;
use crate::train::files::safetensors::{ArrayInFile, Entry, File, Values, write};
use crate::train::model::sequential::locked;
use crate::train::model::weights::{ArrayLocation, ArraysMut, array_locations};
use crate::train::model::weights_file::{
    CHECKPOINT, beside, copy_arrays, entries, fits, matching, read,
};
use crate::train::report::running_mean::RunningMean;
use crate::train::report::{History, Series};
use crate::train::state::training::OptimizerNames;
use crate::train::state::{Position, Training};

/// The name of a slot's part.
fn slot_name(location: &ArrayLocation, slot: &str) -> String {
    format!("optimizer/{}/{slot}", location.name())
}

/// The names under which the callbacks' states are kept: those of a kind are numbered.
fn callback_names<M: Model>(callbacks: &[&mut dyn Callback<M>]) -> Vec<String> {
    let name = |(i, c): (usize, &&mut dyn Callback<M>)| {
        let before = callbacks[..i].iter().filter(|b| b.name() == c.name());
        format!("callbacks/{}/{}", c.name(), before.count())
    };
    callbacks.iter().enumerate().map(name).collect()
}

/// Writes a checkpoint; whenever the process is killed, the path has the one before or all of this one.
pub(in crate::train) fn save<M: Model>(
    path: &Path,
    t: &mut Training<'_, M>,
    callbacks: &[&mut dyn Callback<M>],
) -> Result<(), Error> {
    let locations = array_locations(M::LAYERS);
    let params = t.model.params.as_f32s();
    let state = locked(&mut t.model.state).as_f32s();
    let mut all = entries(&locations, params, state);
    let names = t.compiled.names();
    let len = params.len();
    for (i, slot) in names.slots.iter().enumerate() {
        let values = t.workspace.slots.get(i * len..(i + 1) * len);
        let values = values.unwrap_or_default();
        all.extend(locations.iter().filter(|p| !p.state).map(|location| Entry {
            name: slot_name(location, slot),
            shape: location.spec.shape.dims().to_vec(),
            values: Values::F32(location.of(values, &[])),
        }));
    }
    let Position {
        epoch,
        batch,
        pass,
        taken,
    } = t.state.position;
    let frozen = t.model.frozen.iter().map(|&f| u64::from(f)).collect();
    let rate = t.compiled.learning_rate(0);
    let mut numbers = std::vec![
        ("step", [t.workspace.step].to_vec()),
        ("seed", [t.model.seed].to_vec()),
        (
            "position",
            [epoch as u64, batch as u64, pass, taken as u64].to_vec()
        ),
        ("stop", [u64::from(t.state.stop)].to_vec()),
        ("frozen", frozen),
    ];
    if let Some(steps) = t.state.steps {
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
    let loss = [t.state.loss.sum, t.state.loss.samples];
    let doubles = |values: &[f64]| Values::F64(Cow::Owned(values.to_vec()));
    all.push(Entry::flat(&training("loss"), doubles(&loss)));
    let mut metrics = 0;
    t.compiled.metrics(&mut |values| {
        all.push(Entry::flat(&format!("metrics/{metrics}"), doubles(values)));
        metrics += 1;
    });
    let epochs = t.state.history.epoch().iter().map(|&e| e as u64).collect();
    all.push(Entry::flat("history/epoch", Values::U64(epochs)));
    for Series { key, values, at } in t.state.history.series() {
        all.push(Entry::flat(&format!("history/{key}"), Values::F32(values)));
        let at = at.iter().map(|&at| at as u64).collect();
        all.push(Entry::flat(&format!("history_at/{key}"), Values::U64(at)));
    }
    for (name, callback) in callback_names(callbacks).iter().zip(callbacks) {
        let state = callback.state();
        if !state.is_empty() {
            all.push(Entry::flat(name, Values::F64(state.into())));
        }
    }
    let metadata = [
        ("format", CHECKPOINT),
        ("model", M::NAME),
        ("optimizer", names.optimizer),
        ("kseq", env!("CARGO_PKG_VERSION")),
    ];
    make_folder_of(path)?;
    let mut all = Some(all);
    atomic::write(path, &mut |out| {
        write(out, &metadata, all.take().unwrap_or_default())
    })
    .map_err(|e| file_error(path, e.to_string()))
}

/// Continues from a checkpoint. Everything is checked before anything is changed.
pub(in crate::train) fn load<M: Model>(
    path: &Path,
    t: &mut Training<'_, M>,
    callbacks: &mut [&mut dyn Callback<M>],
) -> Result<(), Error> {
    let file = read(path)?;
    let wrong = |why: String| file_error(path, why);
    let arrays = StoredArrays::of(&file, M::LAYERS, &t.compiled.names()).map_err(wrong)?;
    let stored = StoredState::of(&file).map_err(wrong)?;
    if let (Some(was), Some(is)) = (stored.steps, t.state.steps)
        && was != is
        && stored.position.batch > 0
    {
        let why = format!(
            "the checkpoint was made in the middle of an epoch of {was} batches, now an epoch has {is}; \
             resume with the data, the batch_size and the steps_per_epoch that it was made with"
        );
        return Err(wrong(why));
    }
    let mut metrics = Vec::new();
    t.compiled.metrics(&mut |state| metrics.push(state.len()));
    if metrics != stored.metrics.iter().map(Vec::len).collect::<Vec<_>>() {
        let why = "it was made with other metrics; compile the model with the same ones";
        return Err(wrong(why.to_string()));
    }
    // The last that can fail, and it changes nothing then.
    if let Some(rate) = stored.learning_rate
        && t.compiled.learning_rate(0) != Some(rate)
        && let Err(e) = t.compiled.set_learning_rate(rate)
    {
        let why = format!("it was made with the learning rate {rate}, which cannot be set: {e}");
        return Err(wrong(why));
    }
    let mut accumulated = stored.metrics.iter();
    t.compiled.metrics(&mut |state| {
        if let Some(values) = accumulated.next() {
            state.copy_from_slice(values);
        }
    });
    arrays.copy_to(t);
    t.workspace.step = stored.step;
    t.model.seed = stored.seed;
    t.model.frozen = stored.frozen;
    t.state.position = stored.position;
    t.state.stop = stored.stop;
    t.state.loss = stored.loss;
    t.state.history = stored.history;
    for (name, callback) in callback_names(callbacks).iter().zip(callbacks) {
        if let Some(state) = file.get(name).and_then(|a| file.f64s(a)) {
            callback.set_state(&state.collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// Weights, state and slots of a file that fit the model.
struct StoredArrays<'f> {
    file: &'f File,
    locations: Vec<ArrayLocation>,
    arrays: Vec<&'f ArrayInFile>,
    /// For each slot those of the trainable arrays.
    slots: Vec<Vec<&'f ArrayInFile>>,
}

impl<'f> StoredArrays<'f> {
    fn of(
        file: &'f File,
        layers: &'static [LayerInfo],
        names: &OptimizerNames,
    ) -> Result<Self, String> {
        if file.metadata("format") != Some(CHECKPOINT) {
            return Err(String::from(
                "it holds no checkpoint of a training; `load_weights` takes files with weights only",
            ));
        }
        let locations = array_locations(layers);
        let arrays = matching(file, &locations, &beside(file))?;
        let optimizer = names.optimizer;
        let was = file.metadata("optimizer").unwrap_or_default();
        if was != optimizer {
            return Err(format!(
                "it was made with the optimizer {was}, the model is compiled with {optimizer}"
            ));
        }
        let slot = |slot: &&str| {
            let trainable = locations.iter().filter(|p| !p.state);
            let array = |location: &ArrayLocation| {
                let name = slot_name(location, slot);
                let array = file.get(&name);
                let array = array.ok_or_else(|| {
                    format!("it lacks `{name}`: it was made with another {optimizer}")
                })?;
                fits(array, &name, location.spec.shape).map(|()| array)
            };
            trainable.map(array).collect()
        };
        let slots = names
            .slots
            .iter()
            .map(slot)
            .collect::<Result<_, String>>()?;
        Ok(StoredArrays {
            file,
            locations,
            arrays,
            slots,
        })
    }

    fn copy_to<M: Model>(&self, t: &mut Training<'_, M>) {
        let params = t.model.params.as_f32s_mut();
        let state = locked(&mut t.model.state).as_f32s_mut();
        let len = params.len();
        copy_arrays(
            self.file,
            &self.arrays,
            &self.locations,
            ArraysMut { params, state },
        );
        let slots = t.workspace.slots.chunks_mut(len.max(1));
        for (arrays, to) in self.slots.iter().zip(slots) {
            for (array, location) in arrays
                .iter()
                .zip(self.locations.iter().filter(|p| !p.state))
            {
                let to = location.of_mut(to, &mut []);
                let from = self.file.f32s(array).into_iter().flatten();
                to.iter_mut().zip(from).for_each(|(to, from)| *to = from);
            }
        }
    }
}

/// What else a file says of the training.
struct StoredState {
    step: u64,
    seed: u64,
    position: Position,
    stop: bool,
    frozen: Vec<bool>,
    steps: Option<usize>,
    learning_rate: Option<f32>,
    loss: RunningMean,
    metrics: Vec<Vec<f64>>,
    history: History,
}

impl StoredState {
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
            [sum, samples] => RunningMean { sum, samples },
            _ => return Err(missing("training/loss")),
        };
        let rate = file
            .get("training/learning_rate")
            .and_then(|a| file.f32s(a));
        let metric = |i: usize| {
            let array = file.get(&format!("metrics/{i}"))?;
            Some(file.f64s(array)?.collect())
        };
        let recorded = |array: &ArrayInFile| {
            let key = array.name.strip_prefix("history/")?.to_string();
            let at = integers(&format!("history_at/{key}")).ok()?;
            let at = at.into_iter().map(|at| at as usize).collect();
            let values = file.f32s(array)?.collect();
            Some(Series { key, values, at })
        };
        let epochs = integers("history/epoch")?;
        let epochs = epochs.into_iter().map(|e| e as usize).collect();
        let history = History::of(epochs, file.arrays().iter().filter_map(recorded).collect());
        Ok(StoredState {
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
