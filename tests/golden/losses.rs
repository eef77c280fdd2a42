//! Losses: values and gradients under each reduction, and without one.

use kseq::losses::{Loss, Reduction};
use kseq::tensor::Tensor;

use crate::{Golden, Number, near};

/// The least tolerance, relative to the largest value of a tensor.
const FLOOR: f64 = 1e-6;

/// The loss that `loss` makes with a reduction, against the file.
pub fn loss_case<Out, L>(golden: &Golden, loss: impl Fn(Reduction) -> L) -> Result<(), String>
where
    Out: Tensor<Elem = f32>,
    L: Loss<Out, Target: Tensor<Elem: Number>>,
{
    let out: Vec<Out> = golden.samples("y_pred")?;
    let y: Vec<L::Target> = golden.samples("y_true")?;
    let weight = golden.get("sample_weight").ok();
    let mut grad = out.clone();
    let reductions = [
        ("sum_over_batch_size", Reduction::SumOverBatchSize),
        ("sum", Reduction::Sum),
        ("mean_with_sample_weight", Reduction::MeanWithSampleWeight),
    ];
    for (name, reduction) in reductions {
        let value = loss(reduction).loss(&out, &y, weight, &mut grad);
        close(golden, &format!("loss_{name}"), &[value])?;
        close(golden, &format!("grad_{name}"), Out::flat(&grad))?;
    }
    // A batch of one sample: the sum of its rows.
    let rows = Out::LEN / Out::SHAPE.last();
    let per_sample = golden.get("per_sample")?;
    for (i, want) in per_sample.chunks(rows).enumerate() {
        let each = weight.map(|w| w.len() / out.len());
        let weight = weight.zip(each).map(|(w, n)| &w[i * n..][..n]);
        let (out, y) = (&out[i..][..1], &y[i..][..1]);
        let value = loss(Reduction::Sum).loss(out, y, weight, &mut grad[..1]);
        let tolerance = tolerance(golden, "per_sample")? * rows as f64;
        near("per_sample", &[want.iter().sum()], &[value], |_| tolerance)?;
    }
    Ok(())
}

/// Within ten times the file's noise, at least the floor.
fn close(golden: &Golden, name: &str, found: &[f32]) -> Result<(), String> {
    let tolerance = tolerance(golden, name)?;
    near(name, golden.get(name)?, found, |_| tolerance)
}

fn tolerance(golden: &Golden, name: &str) -> Result<f64, String> {
    let number = |key| golden.number(&format!("/f32_vs_f64/{name}/{key}"));
    let noise = number("max_abs").ok_or("no noise")?;
    let largest = number("max_ref").ok_or("no largest value")?;
    Ok((10.0 * noise).max(FLOOR * largest))
}
