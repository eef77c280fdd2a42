//! Optimizers step by step, and learning rate schedules.

use kseq::__core::model::{Inside, LayerInfo};
use kseq::optimizers::schedules::LearningRateSchedule;
use kseq::optimizers::{Optimizer, Update, apply};
use kseq::params::ParamSpec;
use kseq::pool::Pool;
use kseq::shape::Shape;
use serde_json::Value;

use crate::{Golden, Outcome, Why, near};

/// The parameters after each step, and the optimizer's slots after the last one.
pub fn optimizer_case<O: Optimizer>(golden: &Golden, optimizer: O) -> Outcome {
    if let Some(why) = optimizer.check() {
        return Err(Why::Unsupported(why.as_str().to_owned()));
    }
    let count = (0..)
        .take_while(|i| golden.get(&format!("param_{i}")).is_ok())
        .count();
    let params = (0..count).map(|i| {
        let dims = golden.json.pointer(&format!("/tensors/param_{i}/shape"));
        let dims = dims.and_then(Value::as_array).into_iter().flatten();
        let dims: Vec<usize> = dims.map(|d| d.as_u64().unwrap_or(0) as usize).collect();
        ParamSpec {
            name: String::leak(format!("param_{i}")),
            shape: Shape::new(&dims),
        }
    });
    let layers = [LayerInfo {
        name: "golden",
        class_name: "Golden",
        output: Shape::new(&[1]),
        params: Vec::leak(params.collect()),
        state: &[],
        stateful: false,
        occurrences: 0,
        macs: 0,
        inside: Inside::NONE,
        mask: kseq::layer::Mask::Drops,
        scratch: 0,
    }];
    let lens: Vec<usize> = layers[0]
        .params
        .iter()
        .map(|spec| spec.shape.len().unwrap_or(0))
        .collect();
    let total: usize = lens.iter().sum();
    if lens.contains(&0) || lens.is_empty() {
        return Err(Why::Unsupported("no shapes of the parameters".to_owned()));
    }
    let mut p = vec![0.0; total];
    golden.weights("param", &mut p)?;
    let mut slots = vec![0.0; O::SLOTS * total];
    let steps = golden.get("traj_0")?.len() / lens[0];
    for step in 0..steps {
        let mut g = Vec::new();
        for (i, len) in lens.iter().enumerate() {
            g.extend(at_step(golden, &format!("grad_{i}"), step, *len)?);
        }
        let update = Update::new(&mut p, &mut g, &mut slots).layers(&layers);
        apply(&optimizer, step as u64, update, &Pool::Serial);
        let mut at = 0;
        for (i, len) in lens.iter().enumerate() {
            let name = format!("traj_{i}");
            let noise = golden.number(&format!("/f32_vs_f64/{name}/max_abs"));
            let noise = 10.0 * noise.unwrap_or(0.0);
            let want = at_step(golden, &name, step, *len)?;
            let tolerance = |want: f64| noise.max(1e-5 * want.abs());
            near(
                &format!("{name} at step {step}"),
                want,
                &p[at..][..*len],
                tolerance,
            )?;
            at += len;
        }
    }
    // The slots, by Keras's names, but for accumulators that do not begin with 0.
    let names = golden.json.pointer("/optimizer_variables");
    let names = names.and_then(Value::as_array).into_iter().flatten();
    for (at, name) in names.enumerate() {
        let name = name.as_str().unwrap_or_default();
        let Some((_, rest)) = name.rsplit_once("param_") else {
            continue;
        };
        let Some((array, slot)) = rest.split_once('_') else {
            continue;
        };
        // Nor Adafactor's, which keeps the factors alone, and Muon's, which works in them.
        if slot == "accumulator" || O::WHOLE_ARRAYS && O::NAME != "lamb" {
            continue;
        }
        let slot = O::SLOT_NAMES.iter().position(|own| *own == slot);
        let slot = slot.ok_or_else(|| format!("no slot {name}, only {:?}", O::SLOT_NAMES))?;
        let array: usize = array.parse().map_err(|_| name.to_string())?;
        if array >= lens.len() {
            return Err(Why::Unsupported(format!("{name} of {} arrays", lens.len())));
        }
        let first: usize = slot * total + lens[..array].iter().sum::<usize>();
        let want = golden.get(&format!("optvar_{at}"))?;
        near(name, want, &slots[first..][..lens[array]], |want| {
            1e-5 * want.abs().max(1e-2)
        })?;
    }
    Ok(())
}

/// The values of an array at a step.
fn at_step<'a>(golden: &'a Golden, name: &str, step: usize, len: usize) -> Result<&'a [f32], Why> {
    let all = golden.get(name)?;
    let values = all.get(step * len..).and_then(|rest| rest.get(..len));
    values.ok_or_else(|| Why::Unsupported(format!("{name} ends before step {step}")))
}

/// The learning rate at each step.
pub fn schedule_case<S: LearningRateSchedule>(golden: &Golden, schedule: S) -> Outcome {
    if let Some(why) = schedule.check() {
        return Err(Why::Unsupported(why.as_str().to_owned()));
    }
    let found: Vec<f32> = golden
        .get("step")?
        .iter()
        .map(|&step| schedule.at(step as u64))
        .collect();
    // Keras computes in f32: half a cosine near its end has the noise of the 1 it is the difference to.
    let largest = golden.get("value")?.iter().fold(0.0_f32, |a, b| a.max(*b));
    let tolerance = 2e-7 * f64::from(largest);
    Ok(near("value", golden.get("value")?, &found, |_| tolerance)?)
}
