//! Losses: values and gradients under each reduction, and without one.

use kseq::losses::{Loss, Reduction};
use kseq::tensor::Tensor;

use crate::{Golden, Number, Outcome, Why, near};

/// The least tolerance, relative to the largest value of a tensor.
const FLOOR: f64 = 1e-6;

/// The loss that `loss` makes with a reduction, against the file; whether the value of a sample depends on the whole batch.
pub fn loss_case<Out, L>(
    golden: &Golden,
    is_of_batch: bool,
    loss: impl Fn(Reduction) -> L,
) -> Outcome
where
    Out: Tensor<Elem = f32>,
    L: Loss<Out, Target: Tensor<Elem: Number>>,
{
    let out: Vec<Out> = golden.samples("y_pred")?;
    let y: Vec<L::Target> = golden.padded("y_true", out.len())?;
    if y.len() != out.len() {
        let (y, out) = (y.len(), out.len());
        return Err(Why::Unsupported(format!("{y} targets for {out} outputs")));
    }
    let made = loss(Reduction::default());
    if let Some(why) = made.check_arguments() {
        return Err(Why::Unsupported(why.as_str().to_owned()));
    }
    let weights = golden.get("sample_weight").ok();
    // Keras had scalars, which are one row: its value times each weight.
    let is_spread =
        out.len() == 1 && Out::SHAPE.rank() == 1 && weights.is_some_and(|w| w.len() > 1);
    // The values of a sample: one for each row.
    let per_sample = golden.get("per_sample")?;
    let rows = match is_spread {
        true => 1,
        false => (per_sample.len() / out.len().max(1)).max(1),
    };
    let mut grad = out.clone();
    let reductions = [
        ("sum_over_batch_size", Reduction::SumOverBatchSize),
        ("sum", Reduction::Sum),
        ("mean_with_sample_weight", Reduction::MeanWithSampleWeight),
    ];
    for (name, reduction) in reductions {
        let collapsed = weights.filter(|_| is_spread).map(|w| {
            let sum: f32 = w.iter().sum();
            match reduction {
                Reduction::SumOverBatchSize => [sum / w.len() as f32],
                _ => [sum],
            }
        });
        let weights = collapsed.as_ref().map(|w| w.as_slice()).or(weights);
        let value = loss(reduction).loss(&out, &y, weights, &mut grad);
        close(golden, &format!("loss_{name}"), &[value])?;
        close(golden, &format!("grad_{name}"), Out::flat(&grad))?;
    }
    if is_of_batch {
        let value = loss(Reduction::Sum).loss(&out, &y, weights, &mut grad);
        let tolerance = tolerance(golden, "per_sample")? * per_sample.len() as f64;
        return Ok(near(
            "per_sample",
            &[per_sample.iter().sum()],
            &[value],
            |_| tolerance,
        )?);
    }
    // A batch of one sample: the sum of its rows.
    for (i, want) in per_sample.chunks(rows).enumerate() {
        let (at, each) = match is_spread {
            true => (0, Some(1)),
            false => (i, weights.map(|w| w.len() / out.len())),
        };
        let weight = weights
            .zip(each)
            .and_then(|(w, n)| w.get(i * n..)?.get(..n));
        let (Some(out), Some(y)) = (out.get(at..=at), y.get(at..=at)) else {
            return Err(format!("per_sample: {} values", per_sample.len()).into());
        };
        let value = loss(Reduction::Sum).loss(out, y, weight, &mut grad[..1]);
        let tolerance = tolerance(golden, "per_sample")? * rows as f64;
        near("per_sample", &[want.iter().sum()], &[value], |_| tolerance)?;
    }
    Ok(())
}

/// Within ten times the file's noise, at least the floor.
fn close(golden: &Golden, name: &str, found: &[f32]) -> Outcome {
    let tolerance = tolerance(golden, name)?;
    Ok(near(name, golden.get(name)?, found, |_| tolerance)?)
}

fn tolerance(golden: &Golden, name: &str) -> Result<f64, Why> {
    let number = |key| golden.number(&format!("/f32_vs_f64/{name}/{key}"));
    let noise = number("max_abs").unwrap_or(0.0);
    let largest = match number("max_ref") {
        Some(largest) => largest,
        None => golden
            .get(name)?
            .iter()
            .fold(0.0, |a, b| f64::max(a, b.abs().into())),
    };
    Ok((10.0 * noise).max(FLOOR * largest))
}
