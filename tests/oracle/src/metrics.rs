//! Keras's metrics, each from its definition in `keras/src/metrics`. A metric here keeps all batches, and its result is computed from them
//! at once: there are no running sums that could be wrong.

use crate::call::{Call, axis};
use crate::confusion;
use crate::losses::{self, EPSILON, Outputs, groups};
use crate::tape::Var;

/// A batch that a metric has seen. Metrics of values alone (`Mean`, `Sum`) look at the outputs.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The targets: of the shape of the outputs, or class numbers without their last axis.
    pub y: Vec<f64>,
    /// The outputs.
    pub outputs: Vec<f64>,
    /// Their shape, the batch first.
    pub shape: Vec<usize>,
    /// Weights of the first axes: one for each sample, row, or element.
    pub weights: Option<Vec<f64>>,
    /// Which rows count.
    pub mask: Option<Vec<bool>>,
}

impl Batch {
    /// The length of a row.
    pub(crate) fn width(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// The weight of one of so many values, with the mask.
    pub(crate) fn weight(&self, at: usize, of: usize) -> f64 {
        // A weight is one of all values behind its axes.
        let spread = |len: usize| at * len / of;
        let weight = self.weights.as_ref().map_or(1.0, |w| w[spread(w.len())]);
        match &self.mask {
            Some(mask) if !mask[spread(mask.len())] => 0.0,
            _ => weight,
        }
    }
}

/// The result of a metric over some batches: one number, or several. Of Keras's metrics those that are a mean of a function leave out what
/// a mask does; the others do not look at it.
pub fn result(metric: &Call, batches: &[Batch]) -> Vec<f64> {
    #[rustfmt::skip]
    let others = [
        "AUC", "BinaryIoU", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "IoU", "Mean", "MeanIoU", "OneHotIoU",
        "OneHotMeanIoU", "Precision", "PrecisionAtRecall", "R2Score", "Recall", "RecallAtPrecision", "RootMeanSquaredError",
        "SensitivityAtSpecificity", "SpecificityAtSensitivity", "Sum", "TrueNegatives", "TruePositives",
    ];
    if others.contains(&metric.class.as_str()) && batches.iter().any(|batch| batch.mask.is_some()) {
        let unmasked = batches.iter().cloned().map(|batch| Batch {
            mask: None,
            ..batch
        });
        return result(metric, &unmasked.collect::<Vec<_>>());
    }
    let mean_of = |values: &dyn Fn(&Batch) -> Vec<f64>| weighted_mean(batches, values);
    let row = |f: &dyn Fn(&[f64], &[f64]) -> f64| {
        let values = |batch: &Batch| {
            let rows = batch.outputs.chunks(batch.width());
            let each = batch.y.len() / rows.len();
            let values = batch.y.chunks(each).zip(rows);
            values.map(|(y, p)| f(y, p)).collect()
        };
        vec![mean_of(&values)]
    };
    let hit = |is: bool| if is { 1.0 } else { 0.0 };
    match metric.class.as_str() {
        "Mean" => vec![mean_of(&|batch| batch.outputs.clone())],
        "Sum" => {
            let weighted = batches.iter().flat_map(|batch| {
                let all = batch.outputs.iter().enumerate();
                all.map(|(i, value)| value * batch.weight(i, batch.outputs.len()))
            });
            vec![weighted.sum()]
        }
        "RootMeanSquaredError" => {
            let squares = |batch: &Batch| {
                let pairs = batch.y.iter().zip(&batch.outputs);
                pairs.map(|(y, p)| (y - p) * (y - p)).collect()
            };
            vec![mean_of(&squares).sqrt()]
        }
        "Accuracy" => {
            let equal = |batch: &Batch| {
                let pairs = batch.y.iter().zip(&batch.outputs);
                pairs.map(|(y, p)| hit(y == p)).collect()
            };
            vec![mean_of(&equal)]
        }
        "BinaryAccuracy" => {
            let threshold = metric.number("threshold", 0.5);
            row(&|y, p| {
                let hits = y.iter().zip(p).map(|(&y, &p)| hit(y == hit(p > threshold)));
                hits.sum::<f64>() / p.len() as f64
            })
        }
        "CategoricalAccuracy" => row(&|y, p| hit(largest(y) == largest(p))),
        "SparseCategoricalAccuracy" => row(&|y, p| hit(y[0] as usize == largest(p))),
        "TopKCategoricalAccuracy" => {
            let k = metric.whole("k", 5);
            row(&|y, p| hit(rank(p, largest(y)) < k))
        }
        "SparseTopKCategoricalAccuracy" => {
            let k = metric.whole("k", 5);
            row(&|y, p| hit(rank(p, y[0] as usize) < k))
        }
        "PearsonCorrelation" => vec![mean_of(&|batch| correlations(metric, batch, pearson))],
        "ConcordanceCorrelation" => {
            vec![mean_of(&|batch| correlations(metric, batch, concordance))]
        }
        "F1Score" | "FBetaScore" => f_scores(metric, batches),
        "R2Score" => r2(metric, batches),
        "BinaryIoU" | "IoU" | "MeanIoU" | "OneHotIoU" | "OneHotMeanIoU" => {
            vec![intersection_over_union(metric, batches)]
        }
        "AUC" => vec![confusion::auc(metric, batches)],
        "Precision" | "Recall" | "TruePositives" | "FalsePositives" | "TrueNegatives"
        | "FalseNegatives" => confusion::counts(metric, batches),
        "PrecisionAtRecall"
        | "RecallAtPrecision"
        | "SensitivityAtSpecificity"
        | "SpecificityAtSensitivity" => vec![confusion::best(metric, batches)],
        // Cosine similarity as a metric is not turned round.
        "CosineSimilarity" => vec![-mean_of(&|batch| of_loss(metric, batch))],
        "LogCoshError" => {
            let loss = Call::new("LogCosh");
            vec![mean_of(&|batch| of_loss(&loss, batch))]
        }
        "SparseCategoricalCrossentropy" => {
            // Rows of the class that is ignored do not count.
            let ignored = metric.some_number("ignore_class");
            let counted: Vec<Batch> = batches
                .iter()
                .map(|batch| without(batch, ignored))
                .collect();
            let values = |batch: &Batch| of_loss(metric, batch);
            vec![weighted_mean(&counted, &values)]
        }
        _ => vec![mean_of(&|batch| of_loss(metric, batch))],
    }
}

/// The weighted mean of values of samples, rows or elements.
fn weighted_mean(batches: &[Batch], values: &dyn Fn(&Batch) -> Vec<f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for batch in batches {
        let values = values(batch);
        for (i, value) in values.iter().enumerate() {
            let weight = batch.weight(i, values.len());
            // What a mask leaves out may be no number.
            sum += if weight == 0.0 { 0.0 } else { value * weight };
            count += weight;
        }
    }
    if count == 0.0 { 0.0 } else { sum / count }
}

/// A batch in which rows of a class are masked.
fn without(batch: &Batch, ignored: Option<f64>) -> Batch {
    let mut batch = batch.clone();
    if let Some(ignored) = ignored {
        let rows = batch.y.len();
        let counts = |row: usize| batch.y[row] != ignored && batch.weight(row, rows) != 0.0;
        batch.mask = Some((0..rows).map(counts).collect());
    }
    batch
}

/// The values of a loss.
fn of_loss(loss: &Call, batch: &Batch) -> Vec<f64> {
    let values: Vec<Var> = batch.outputs.iter().map(|&p| Var::constant(p)).collect();
    let outputs = Outputs {
        values: &values,
        shape: &batch.shape,
        logits: None,
    };
    let rows = losses::rows(loss, &batch.y, &outputs);
    rows.values.iter().map(|value| value.value()).collect()
}

/// What the word `accuracy` is of a model.
pub fn accuracy(loss: &Call, width: usize, targets_are_classes: bool) -> &'static str {
    match loss.class.as_str() {
        "BinaryCrossentropy" => "BinaryAccuracy",
        _ if width == 1 => "BinaryAccuracy",
        _ if targets_are_classes => "SparseCategoricalAccuracy",
        _ => "CategoricalAccuracy",
    }
}

/// The place of the first largest value.
pub(crate) fn largest(row: &[f64]) -> usize {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter().position(|&x| x == largest).unwrap_or(0)
}

/// How many values are larger than this one.
fn rank(row: &[f64], of: usize) -> usize {
    row.iter().filter(|&&x| x > row[of]).count()
}

fn correlations(metric: &Call, batch: &Batch, of: fn(&[f64], &[f64]) -> f64) -> Vec<f64> {
    let axes = metric.some_wholes("axis").unwrap_or(vec![-1]);
    let along = axis(axes[0], batch.shape.len());
    let value = |group: &Vec<usize>| {
        let of_group = |all: &[f64]| group.iter().map(|&i| all[i]).collect::<Vec<f64>>();
        of(&of_group(&batch.y), &of_group(&batch.outputs))
    };
    groups(&batch.shape, &[along]).0.iter().map(value).collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn variance(x: &[f64]) -> f64 {
    let mean = mean(x);
    x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / x.len() as f64
}

fn pearson(y: &[f64], p: &[f64]) -> f64 {
    let (of_y, of_p) = (mean(y), mean(p));
    let products = y.iter().zip(p).map(|(y, p)| (y - of_y) * (p - of_p));
    products.sum::<f64>() / y.len() as f64 / (variance(y) * variance(p)).sqrt()
}

fn concordance(y: &[f64], p: &[f64]) -> f64 {
    let (of_y, of_p) = (mean(y), mean(p));
    // As Keras: the mean of the outputs for both.
    let products = y.iter().zip(p).map(|(y, p)| (y - of_p) * (p - of_p));
    let covariance = products.sum::<f64>() / y.len() as f64;
    let norm = variance(y) + variance(p) + (of_y - of_p) * (of_y - of_p);
    2.0 * covariance / (norm + EPSILON)
}

fn f_scores(metric: &Call, batches: &[Batch]) -> Vec<f64> {
    let beta = metric.number("beta", 1.0);
    let threshold = metric.some_number("threshold");
    let average = metric.some_text("average");
    let classes = batches.first().map_or(1, Batch::width);
    // Of each class: hits, false alarms, what was missed.
    let mut counts = vec![[0.0; 3]; classes];
    for batch in batches {
        let rows = batch.outputs.chunks(classes).zip(batch.y.chunks(classes));
        let of = rows.len();
        for (i, (p, y)) in rows.enumerate() {
            let weight = batch.weight(i, of);
            let most = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for class in 0..classes {
                let is = match threshold {
                    Some(threshold) => p[class] > threshold,
                    None => p[class] >= most && p[class].abs() > 1e-9,
                };
                let (p, y) = (if is { 1.0 } else { 0.0 }, y[class]);
                let [hits, alarms, missed] = &mut counts[class];
                *hits += weight * p * y;
                *alarms += weight * p * (1.0 - y);
                *missed += weight * (1.0 - p) * y;
            }
        }
    }
    if average == Some("micro") {
        let sum = |at: usize| counts.iter().map(|counts| counts[at]).sum();
        counts = vec![[sum(0), sum(1), sum(2)]];
    }
    let score = |&[hits, alarms, missed]: &[f64; 3]| {
        let precision = hits / (hits + alarms + EPSILON);
        let recall = hits / (hits + missed + EPSILON);
        let square = beta * beta;
        precision * recall / (square * precision + recall + EPSILON) * (1.0 + square)
    };
    let scores: Vec<f64> = counts.iter().map(score).collect();
    match average {
        None => scores,
        Some("weighted") => {
            let there = |[hits, _, missed]: &[f64; 3]| hits + missed;
            let all: f64 = counts.iter().map(there).sum::<f64>() + EPSILON;
            let weighted = counts.iter().zip(&scores);
            vec![weighted.map(|(c, score)| there(c) / all * score).sum()]
        }
        Some(_) => vec![mean(&scores)],
    }
}

fn r2(metric: &Call, batches: &[Batch]) -> Vec<f64> {
    let outputs = batches.first().map_or(1, Batch::width);
    let elements: usize = batches.iter().map(|batch| batch.y.len()).sum();
    let mut totals = Vec::new();
    let mut scores = Vec::new();
    for at in 0..outputs {
        // (target, output, weight) of each sample.
        let samples = || {
            batches.iter().flat_map(move |batch| {
                let rows = batch.y.len() / outputs;
                let place = move |row| row * outputs + at;
                (0..rows).map(move |row| {
                    (
                        batch.y[place(row)],
                        batch.outputs[place(row)],
                        batch.weight(row, rows),
                    )
                })
            })
        };
        let count: f64 = samples().map(|(.., w)| w).sum();
        let mean = samples().map(|(y, _, w)| y * w).sum::<f64>() / count;
        let total: f64 = samples().map(|(y, _, w)| (y - mean) * (y - mean) * w).sum();
        let left: f64 = samples().map(|(y, p, w)| (y - p) * (y - p) * w).sum();
        let score = 1.0 - left / total;
        totals.push(total);
        scores.push(if score.is_infinite() { 0.0 } else { score });
    }
    let aggregation = match metric.is_none("class_aggregation") {
        true => "none",
        false => metric.text("class_aggregation", "uniform_average"),
    };
    let found = match aggregation {
        "uniform_average" => vec![mean(&scores)],
        "variance_weighted_average" => {
            let weighted = totals
                .iter()
                .zip(&scores)
                .map(|(total, score)| total * score);
            vec![weighted.sum::<f64>() / totals.iter().sum::<f64>()]
        }
        _ => scores,
    };
    let regressors = metric.whole("num_regressors", 0) as f64;
    let samples = elements as f64;
    if regressors == 0.0 || regressors >= samples - 1.0 {
        return found;
    }
    let adjusted =
        |score: f64| 1.0 - (1.0 - score) * (samples - 1.0) / (samples - regressors - 1.0);
    found.into_iter().map(adjusted).collect()
}

fn intersection_over_union(metric: &Call, batches: &[Batch]) -> f64 {
    let is_binary = metric.class == "BinaryIoU";
    let threshold = metric.number("threshold", 0.5);
    let classes = if is_binary {
        2
    } else {
        metric.whole("num_classes", 0)
    };
    let ignored = metric.some_wholes("ignore_class").map(|class| class[0]);
    let one_hot = metric.class.starts_with("OneHot") || !metric.flag("sparse_y_true", true);
    let mut matrix = vec![vec![0.0; classes]; classes];
    for batch in batches {
        let width = batch.width();
        let by_rows = |all: &[f64]| all.chunks(width).map(|row| largest(row) as i64).collect();
        let as_they_are = |all: &[f64]| all.iter().map(|&class| class as i64).collect();
        let y: Vec<i64> = if one_hot {
            by_rows(&batch.y)
        } else {
            as_they_are(&batch.y)
        };
        // Answers are class numbers, or the places of the largest outputs.
        let p: Vec<i64> = match is_binary {
            true => {
                let all = batch.outputs.iter();
                all.map(|&p| i64::from(p >= threshold)).collect()
            }
            false if batch.outputs.len() > y.len() => by_rows(&batch.outputs),
            false => as_they_are(&batch.outputs),
        };
        let rows = y.len();
        for (i, (&y, &p)) in y.iter().zip(&p).enumerate() {
            let known = 0..classes as i64;
            if known.contains(&y) && known.contains(&p) && Some(y) != ignored {
                // Weights are whole numbers.
                matrix[y as usize][p as usize] += batch.weight(i, rows).trunc();
            }
        }
    }
    let all = (0..classes as i64).collect();
    let of = match metric.class.as_str() {
        "MeanIoU" | "OneHotMeanIoU" => all,
        _ => metric.some_wholes("target_class_ids").unwrap_or(all),
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for class in of.into_iter().map(|class| class as usize) {
        let targets: f64 = matrix[class].iter().sum();
        let answers: f64 = matrix.iter().map(|row| row[class]).sum();
        let either = targets + answers - matrix[class][class];
        if either > 1e-9 {
            sum += matrix[class][class] / (either + EPSILON);
            count += 1.0;
        }
    }
    sum / (count + EPSILON)
}
