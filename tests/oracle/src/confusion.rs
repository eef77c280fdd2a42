//! Metrics of what is above thresholds: `keras/src/metrics/confusion_metrics.py` and `metrics_utils.py`.

use crate::call::Call;
use crate::losses::EPSILON;
use crate::metrics::Batch;
use crate::random::single;

/// The weights of hits, false alarms, what was rightly and what was wrongly left out.
#[derive(Clone, Copy, Default)]
struct Counts {
    tp: f64,
    fp: f64,
    tn: f64,
    fn_: f64,
}

/// What Keras puts in the place of what is not among the best.
const LOWEST: f64 = -1e10;

/// A quotient that is 0 where the divisor is.
fn part(of: f64, by: f64) -> f64 {
    if by == 0.0 { 0.0 } else { of / by }
}

/// Thresholds in equal steps from 0 to 1: of these Keras counts outputs in buckets, so that they lie between.
fn is_even(thresholds: &[f64]) -> bool {
    let last = thresholds.len() as f64 - 1.0;
    let is_there = |(i, &t): (usize, &f64)| {
        let expected = i as f64 / last;
        (t - expected).abs() <= EPSILON + 1e-5 * expected
    };
    thresholds.len() >= 3 && thresholds.iter().enumerate().all(is_there)
}

/// The counts at each threshold, of all labels or of one.
fn counted(
    metric: &Call,
    batches: &[Batch],
    thresholds: &[f64],
    bounded: bool,
    label: Option<usize>,
) -> Vec<Counts> {
    let top_k = metric.some_whole("top_k");
    let from_logits = metric.flag("from_logits", false);
    let label_weights = match label {
        None => metric.some_numbers("label_weights"),
        Some(_) => None,
    };
    let mut counts = vec![Counts::default(); thresholds.len()];
    for batch in batches {
        let width = batch.width();
        for (i, (&p, &y)) in batch.outputs.iter().zip(&batch.y).enumerate() {
            if label.is_some_and(|label| i % width != label) {
                continue;
            }
            let row = &batch.outputs[i / width * width..][..width];
            let better = row.iter().filter(|&&other| other > p).count();
            let mut p = match top_k {
                Some(k) if better >= k => LOWEST,
                _ => p,
            };
            if from_logits {
                p = 1.0 / (1.0 + (-p).exp());
            }
            if bounded {
                p = p.clamp(0.0, 1.0);
            }
            let weight = batch.weight(i, batch.outputs.len())
                * label_weights
                    .as_ref()
                    .map_or(1.0, |weights| weights[i % width]);
            for (counts, &threshold) in counts.iter_mut().zip(thresholds) {
                let count = match (y != 0.0, p > threshold) {
                    (true, true) => &mut counts.tp,
                    (false, true) => &mut counts.fp,
                    (false, false) => &mut counts.tn,
                    (true, false) => &mut counts.fn_,
                };
                *count += weight;
            }
        }
    }
    counts
}

/// `Precision`, `Recall`, and the counts themselves: a value for each threshold.
pub(crate) fn counts(metric: &Call, batches: &[Batch]) -> Vec<f64> {
    let default = match metric.some_whole("top_k") {
        Some(_) => LOWEST,
        None => 0.5,
    };
    let thresholds = metric.some_numbers("thresholds").unwrap_or(vec![default]);
    let label = metric.some_whole("class_id");
    let counts = counted(metric, batches, &thresholds, is_even(&thresholds), label);
    let value = |&Counts { tp, fp, tn, fn_ }: &Counts| match metric.class.as_str() {
        "Precision" => part(tp, tp + fp),
        "Recall" => part(tp, tp + fn_),
        "TruePositives" => tp,
        "FalsePositives" => fp,
        "TrueNegatives" => tn,
        _ => fn_,
    };
    counts.iter().map(value).collect()
}

/// So many thresholds in equal steps.
fn steps(count: usize) -> Vec<f64> {
    let last = count as f64 - 1.0;
    (0..count).map(|i| i as f64 / last).collect()
}

/// `PrecisionAtRecall` and its like: the best of one where the other is at least so much.
pub(crate) fn best(metric: &Call, batches: &[Batch]) -> f64 {
    let thresholds = match metric.whole("num_thresholds", 200) {
        1 => vec![0.5],
        count => steps(count),
    };
    let label = metric.some_whole("class_id");
    let counts = counted(metric, batches, &thresholds, thresholds.len() > 1, label);
    let recall = |c: &Counts| part(c.tp, c.tp + c.fn_);
    let precision = |c: &Counts| part(c.tp, c.tp + c.fp);
    let specificity = |c: &Counts| part(c.tn, c.tn + c.fp);
    // What must be reached, what it is, and what is sought. (Sensitivity is recall.)
    let (name, quantities): (_, Vec<(f64, f64)>) = match metric.class.as_str() {
        "PrecisionAtRecall" => (
            "recall",
            counts.iter().map(|c| (recall(c), precision(c))).collect(),
        ),
        "RecallAtPrecision" => (
            "precision",
            counts.iter().map(|c| (precision(c), recall(c))).collect(),
        ),
        "SensitivityAtSpecificity" => (
            "specificity",
            counts.iter().map(|c| (specificity(c), recall(c))).collect(),
        ),
        _ => (
            "sensitivity",
            counts.iter().map(|c| (recall(c), specificity(c))).collect(),
        ),
    };
    let least = metric.some_number(name).expect("what must be reached");
    // A part of 4 in 5 reaches 0.8, of which the engine has the float32.
    let reached = quantities
        .into_iter()
        .filter(|(is, _)| single(*is) >= least);
    reached.map(|(_, best)| best).fold(0.0, f64::max)
}

/// `AUC`: of each label, or of all together.
pub(crate) fn auc(metric: &Call, batches: &[Batch]) -> f64 {
    let mut thresholds = match metric.some_numbers("thresholds") {
        Some(mut given) => {
            given.sort_by(f64::total_cmp);
            [&[0.0], &*given, &[1.0]].concat()
        }
        None => steps(metric.whole("num_thresholds", 200)),
    };
    // Keras does not bound outputs where the thresholds are in no equal steps, and so leaves a part of the area out if they are not from
    // 0 to 1; kseq does.
    let bounded = true;
    if let [first, .., last] = &mut *thresholds {
        (*first, *last) = (-EPSILON, 1.0 + EPSILON);
    }
    let area = |label| {
        area(
            metric,
            &counted(metric, batches, &thresholds, bounded, label),
        )
    };
    if !metric.flag("multi_label", false) {
        return area(None);
    }
    let labels = batches.first().map_or(1, Batch::width);
    assert_eq!(metric.whole("num_labels", labels), labels, "num_labels");
    let weights = metric
        .some_numbers("label_weights")
        .unwrap_or(vec![1.0; labels]);
    let areas = weights
        .iter()
        .enumerate()
        .map(|(label, weight)| weight * area(Some(label)));
    part(areas.sum(), weights.iter().sum())
}

/// The area under the curve through the counts at each threshold.
fn area(metric: &Call, counts: &[Counts]) -> f64 {
    let curve = metric.text("curve", "ROC").to_uppercase();
    let method = metric.text("summation_method", "interpolation");
    let pairs = counts.iter().zip(&counts[1..]);
    if curve == "PR" && method == "interpolation" {
        // Davis & Goadrich: between two points the true positives are a linear function of all positives.
        let between = |(a, b): (&Counts, &Counts)| {
            let (more, fewer) = (a.tp + a.fp, b.tp + b.fp);
            let slope = part(a.tp - b.tp, (more - fewer).max(0.0));
            let intercept = b.tp - slope * fewer;
            let ratio = if more > 0.0 && fewer > 0.0 {
                more / fewer
            } else {
                1.0
            };
            let gained = slope * ((a.tp - b.tp) + intercept * ratio.ln());
            part(gained, (b.tp + b.fn_).max(0.0))
        };
        return pairs.map(between).sum();
    }
    let point = |c: &Counts| match curve.as_str() {
        "ROC" => (part(c.fp, c.fp + c.tn), part(c.tp, c.tp + c.fn_)),
        "PR" => (part(c.tp, c.tp + c.fn_), part(c.tp, c.tp + c.fp)),
        // Flach & Kull.
        _ if c.tp == 0.0 => (0.0, 1.0),
        _ => {
            let scale = part(c.tp + c.fn_, c.tn + c.fp);
            let gain = |lost: f64| 1.0 - scale * lost / c.tp;
            (gain(c.fn_).max(0.0), gain(c.fp))
        }
    };
    let step = |(a, b): (&Counts, &Counts)| {
        let ((x_a, y_a), (x_b, y_b)) = (point(a), point(b));
        let height = match method {
            "interpolation" => (y_a + y_b) / 2.0,
            "minoring" => y_a.min(y_b),
            _ => y_a.max(y_b),
        };
        (x_a - x_b) * height
    };
    pairs.map(step).sum()
}
