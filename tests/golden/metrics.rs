//! Metrics: the results after each of three updates, and after a reset.

use kseq::metrics::Metric;
use kseq::tensor::Tensor;
use serde_json::Value;

use crate::{Golden, Number, Outcome, Why, near};

fn close(golden: &Golden, name: &str, found: &[f32]) -> Outcome {
    // R2 is the difference of 1 and a quotient; correlations are differences that Keras takes in float32.
    let metric = golden.json.pointer("/metric").and_then(Value::as_str);
    let is_of_differences = metric.is_some_and(|m| m == "R2Score" || m.ends_with("Correlation"));
    let least = if is_of_differences { 1e-6 } else { 1e-7 };
    let tolerance = |w: f64| (1e-6 * w.abs()).max(least);
    Ok(near(name, golden.get(name)?, found, tolerance)?)
}

/// Outputs of which the largest is that of a class.
fn one_hot<Out: Tensor<Elem = f32>>(classes: &[f32]) -> Result<Vec<Out>, Why> {
    let width = Out::SHAPE.last();
    let mut values = vec![0.0; classes.len() * width];
    for (row, class) in values.chunks_mut(width).zip(classes) {
        let there_is_none = || Why::Unsupported(format!("the answer {class} of {width} classes"));
        *row.get_mut(*class as usize).ok_or_else(there_is_none)? = 1.0;
    }
    Ok(Out::view(&values).to_vec())
}

/// The metric against the file, whose outputs may be class numbers; before each update it is a new one with the state of the last, as after
/// a checkpoint.
pub fn metric_case<Out, Y, M>(
    golden: &Golden,
    are_classes: bool,
    fresh: M,
    result: impl Fn(&M) -> Vec<f32>,
) -> Outcome
where
    Out: Tensor<Elem = f32>,
    Y: Tensor<Elem: Number>,
    M: Metric<Out, Y> + Clone,
{
    if let Some(why) = fresh.check_arguments() {
        return Err(Why::Unsupported(why.as_str().to_owned()));
    }
    let mut metric = fresh.clone();
    for k in 0..3 {
        let mut restored = fresh.clone();
        restored.state().copy_from_slice(metric.state());
        metric = restored;
        let name = format!("y_pred_{k}");
        let out: Vec<Out> = match are_classes {
            true => one_hot(golden.get(&name)?)?,
            false => golden.samples(&name)?,
        };
        let y: Vec<Y> = golden.samples(&format!("y_true_{k}"))?;
        if y.len() != out.len() {
            let (y, out) = (y.len(), out.len());
            return Err(Why::Unsupported(format!("{y} targets for {out} outputs")));
        }
        let weight = golden.get(&format!("sample_weight_{k}")).ok();
        metric.update(&out, &y, weight);
        close(golden, &format!("result_{k}"), &result(&metric))?;
    }
    metric.reset();
    close(golden, "result_reset", &result(&metric))
}

/// A metric of values without targets.
pub fn values_case<M>(
    golden: &Golden,
    update: impl Fn(&mut M, &[f32], Option<&[f32]>),
    result: impl Fn(&M) -> f32,
    mut metric: M,
) -> Outcome {
    for k in 0..3 {
        let weight = golden.get(&format!("sample_weight_{k}")).ok();
        update(&mut metric, golden.get(&format!("value_{k}"))?, weight);
        // Their values cancel: Keras's own sums, in float32, are exact to this.
        let (name, found) = (format!("result_{k}"), [result(&metric)]);
        near(&name, golden.get(&name)?, &found, |_| 1e-6)?;
    }
    Ok(())
}

/// The class `keras.metrics.Accuracy` (not the word "accuracy"): the share of equal elements.
pub fn equal<T: Tensor<Elem = f32>>(y: &T, out: &T) -> f32 {
    let (y, out) = (
        T::flat(std::slice::from_ref(y)),
        T::flat(std::slice::from_ref(out)),
    );
    let equal = y.iter().zip(out).filter(|(y, o)| y == o);
    equal.count() as f32 / y.len() as f32
}
