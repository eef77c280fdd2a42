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
//!
//! The file has a checksum; one from before there were checksums is taken as far as its numbers can be meant.

use std::borrow::Cow;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_safetensors::{
    ArrayInFile, CHECKPOINT, Entry, File, Values, beside, is_checkpoint, make_folder_of, write,
    write_whole,
};

use crate::error::Error;
use crate::model::{LayerInfo, Model};
use crate::params::Flat;
use crate::train::callbacks::Callback;
use crate::train::files::error::{check_ending, file_error, with_path};
use crate::train::model::sequential::locked;
use crate::train::model::weights::{ArrayLocation, ArraysMut, array_locations};
use crate::train::model::weights_file::{copy_arrays, entries, fits, matching, read};
use crate::train::report::running_mean::RunningMean;
use crate::train::report::{History, Series};
use crate::train::state::ranks::Ranks;
use crate::train::state::training::OptimizerNames;
use crate::train::state::{Position, Training};

/// The name of a slot's part.
fn slot_name(location: &ArrayLocation, slot: &str) -> String {
    format!("optimizer/{}/{slot}", location.name())
}

/// The names under which the callbacks' states are kept: those of a kind are numbered.
fn callback_names<M: Model>(callbacks: &[&mut dyn Callback<M>]) -> Vec<String> {
    let name = |(i, c): (usize, &&mut dyn Callback<M>)| {
        let before = callbacks.iter().take(i).filter(|b| b.name() == c.name());
        format!("callbacks/{}/{}", c.name(), before.count())
    };
    callbacks.iter().enumerate().map(name).collect()
}

/// Writes a checkpoint; whenever the process is killed, the path has the one before or all of this one.
pub(in crate::train) fn save<M: Model>(
    path: &Path,
    t: &mut Training<'_, M>,
    callbacks: &mut [&mut dyn Callback<M>],
) -> Result<(), Error> {
    check_ending(path)?;
    callbacks.iter_mut().try_for_each(|c| c.sync())?;
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
    for (name, callback) in callback_names(callbacks).iter().zip(callbacks.iter()) {
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
    with_path(path, make_folder_of(path))?;
    let mut all = Some(all);
    let written = write_whole(path, &mut |out| {
        write(out, &metadata, all.take().unwrap_or_default())
    });
    with_path(path, written)
}

/// Begins the pass over the data that a position is in, with the seed that its order is drawn from; how many batches it has,
/// if that is known.
pub(in crate::train) type Begin<'b> =
    &'b mut dyn FnMut(&Position, u64) -> Result<Option<usize>, Error>;

/// The file of the first rank, for all of them.
fn read_for_all(path: &Path, ranks: &Ranks) -> Result<File, Error> {
    let bytes = match ranks.is_first() {
        true => std::fs::read(path).ok(),
        false => None,
    };
    match ranks.broadcast_bytes(bytes) {
        Some(bytes) => File::parse(bytes).map_err(|why| file_error(path, why)),
        // The first rank says why.
        None if ranks.is_first() => read(path),
        None => Err(file_error(path, "rank 0 could not read it")),
    }
}

/// Continues from a checkpoint. Everything is checked before anything is changed. `steps` are those of an epoch if they
/// are given.
pub(in crate::train) fn load<M: Model>(
    path: &Path,
    t: &mut Training<'_, M>,
    callbacks: &mut [&mut dyn Callback<M>],
    steps: Option<usize>,
    begin: Begin<'_>,
) -> Result<(), Error> {
    let file = match &t.workspace.ranks {
        None => read(path)?,
        Some(ranks) => read_for_all(path, ranks)?,
    };
    let wrong = |why: String| file_error(path, why);
    let arrays = StoredArrays::of(&file, M::LAYERS, &t.compiled.names()).map_err(wrong)?;
    let stored = StoredState::of(&file, M::LAYERS.len()).map_err(wrong)?;
    let mut metrics = Vec::new();
    t.compiled.metrics(&mut |state| metrics.push(state.len()));
    if metrics != stored.metrics.iter().map(Vec::len).collect::<Vec<_>>() {
        let why = "it was made with other metrics; compile the model with the same ones";
        return Err(wrong(why.to_string()));
    }
    for (name, callback) in callback_names(callbacks).iter().zip(callbacks.iter()) {
        if let Some(array) = file.get(name) {
            let state = file.f64s(array).map(Iterator::collect::<Vec<_>>);
            let state = state.ok_or_else(|| wrong(missing(name)))?;
            let checked = callback.check_state(&state);
            checked.map_err(|why| wrong(format!("`{name}`: {why}")))?;
        }
    }
    // Of what can fail nearly the last, since it calls the user's code.
    let most = begin(&stored.position, stored.seed)?;
    if let Some(most) = most.filter(|most| stored.position.taken > *most) {
        let taken = stored.position.taken;
        let why = format!(
            "the checkpoint was made after {taken} batches of the data, now they have {most}; resume with the \
             data and the batch_size that it was made with"
        );
        return Err(wrong(why));
    }
    if let (Some(was), Some(is)) = (stored.steps, steps.or(most))
        && was != is
        && stored.position.batch > 0
    {
        let why = format!(
            "the checkpoint was made in the middle of an epoch of {was} batches, now an epoch has {is}; \
             resume with the data, the batch_size and the steps_per_epoch that it was made with"
        );
        return Err(wrong(why));
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
        if !is_checkpoint(file)? {
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

/// The largest number that counts something: one can be added to it, whatever is counted.
const MOST: u64 = {
    let words = usize::MAX as u64 / 2;
    let exact = 1 << 52;
    if words < exact { words } else { exact }
};

/// The first parts of the names of what is not weights.
const PARTS: [&str; 6] = [
    "optimizer",
    "training",
    "metrics",
    "history",
    "history_at",
    "callbacks",
];

fn missing(name: &str) -> String {
    format!("it lacks `{name}`, or that is of another type or number")
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
    fn of(file: &File, layers: usize) -> Result<Self, String> {
        let part = |name: &str| name.split_once('/').map(|(part, _)| PARTS.contains(&part));
        let mut arrays = file.arrays().iter();
        if let Some(unknown) = arrays.find(|a| part(&a.name) == Some(false)) {
            return Err(format!(
                "it has `{}`, which no checkpoint has",
                unknown.name
            ));
        }
        let integers = |name: &str| integers(file, name);
        let one = |name: &str| match integers(name)?[..] {
            [value] => Ok(value),
            _ => Err(missing(name)),
        };
        let flag = |name: &str, value: u64| match value {
            0 | 1 => Ok(value == 1),
            _ => Err(format!("`{name}`: expected 0 or 1, found {value}")),
        };
        let flags = |name: &str| -> Result<Vec<bool>, String> {
            let values = integers(name)?;
            values.into_iter().map(|value| flag(name, value)).collect()
        };
        let step = counts("training/step", &[one("training/step")?])?;
        let step = step.first().copied().unwrap_or_default() as u64;
        let steps = match file.get("training/steps") {
            Some(_) => Some(counts("training/steps", &integers("training/steps")?)?[..].to_vec()),
            None => None,
        };
        let steps = match steps.as_deref() {
            None => None,
            Some([steps]) => Some(*steps),
            Some(_) => return Err(missing("training/steps")),
        };
        let position = counts("training/position", &integers("training/position")?)?;
        let position = match position[..] {
            [epoch, batch, pass, taken] => Position {
                epoch,
                batch,
                pass: pass as u64,
                taken,
            },
            _ => return Err(missing("training/position")),
        };
        // Each batch is one step; a pass begins at one.
        if position.pass + position.taken as u64 > step
            || position.batch as u64 > step
            || steps.is_some_and(|steps| position.batch > steps)
        {
            let Position {
                epoch,
                batch,
                pass,
                taken,
            } = position;
            return Err(format!(
                "`training/position`: after {step} steps no training is in epoch {epoch} at batch {batch}, with \
                 {taken} batches of a pass that began at step {pass}"
            ));
        }
        let loss = file.get("training/loss").and_then(|a| file.f64s(a));
        let loss: Vec<f64> = loss.into_iter().flatten().collect();
        let loss = match loss[..] {
            [sum, samples] if samples >= 0.0 && samples.is_finite() => RunningMean { sum, samples },
            _ => return Err(missing("training/loss")),
        };
        let learning_rate = match file.get("training/learning_rate") {
            Some(array) => {
                let rate = file.f32s(array).and_then(|mut rates| rates.next());
                Some(rate.ok_or_else(|| missing("training/learning_rate"))?)
            }
            None => None,
        };
        let metric = |i: usize| {
            let array = file.get(&format!("metrics/{i}"))?;
            Some(file.f64s(array)?.collect())
        };
        let frozen = flags("training/frozen")?;
        if frozen.len() != layers && !frozen.is_empty() {
            let found = frozen.len();
            return Err(format!(
                "`training/frozen`: expected {layers} layers, found {found}"
            ));
        }
        Ok(StoredState {
            step,
            seed: one("training/seed")?,
            position,
            stop: flag("training/stop", one("training/stop")?)?,
            frozen,
            steps,
            learning_rate,
            loss,
            metrics: (0..).map_while(metric).collect(),
            history: history(file)?,
        })
    }
}

/// The numbers of an array.
fn integers(file: &File, name: &str) -> Result<Vec<u64>, String> {
    let values = file.get(name).and_then(|a| file.u64s(a));
    values.map(Iterator::collect).ok_or_else(|| missing(name))
}

/// Numbers that count something.
fn counts(name: &str, values: &[u64]) -> Result<Vec<usize>, String> {
    match values.iter().find(|value| **value > MOST) {
        Some(found) => Err(format!("`{name}`: expected at most {MOST}, found {found}")),
        None => Ok(values.iter().map(|value| *value as usize).collect()),
    }
}

/// The epochs before.
fn history(file: &File) -> Result<History, String> {
    let epochs = counts("history/epoch", &integers(file, "history/epoch")?)?;
    let mut all = Vec::new();
    for array in file.arrays() {
        let Some(key) = array.name.strip_prefix("history/") else {
            continue;
        };
        if key == "epoch" {
            continue;
        }
        let values: Option<Vec<f32>> = file.f32s(array).map(Iterator::collect);
        let values = values.ok_or_else(|| missing(&array.name))?;
        let name = format!("history_at/{key}");
        let at = counts(&name, &integers(file, &name)?)?;
        let rising = at.is_sorted_by(|a, b| a < b);
        if at.len() != values.len() || !rising || at.last().is_some_and(|at| *at >= epochs.len()) {
            let (found, count) = (values.len(), epochs.len());
            return Err(format!(
                "`{name}`: expected of which of {count} epochs the {found} values are, found {at:?}"
            ));
        }
        let key = key.to_string();
        all.push(Series { key, values, at });
    }
    Ok(History::of(epochs, all))
}
