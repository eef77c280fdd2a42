//! Random metrics that suit outputs and targets.

use crate::arguments::{Draw, draw};
use crate::call::{Call, Value};
use crate::random::{Random, two_digits};
use crate::suiting::Kind;

/// Up to three metrics that suit outputs with targets of a kind, each with a name of its own.
pub fn metrics(kind: Kind, random: &mut Random, shape: &[usize]) -> Vec<Call> {
    let known = metrics_for(kind, shape);
    let count = random.between(0, 3.min(known.len()));
    let metric = |at: usize| {
        let class = random.pick(&known);
        let metric = metric_of(class, random, kind, shape);
        metric.with("name", format!("metric_{at}").as_str())
    };
    (0..count).map(metric).collect()
}

/// The metrics that suit outputs with targets of a kind.
pub fn metrics_for(kind: Kind, shape: &[usize]) -> Vec<&'static str> {
    let width = shape[shape.len() - 1];
    let is_row = shape.len() == 2;
    #[rustfmt::skip]
    let known: &[&[&'static str]] = match kind {
        Kind::Real | Kind::FarFromZero => &[
            &["RootMeanSquaredError", "MeanSquaredError", "MeanAbsoluteError", "LogCoshError", "R2Score"],
            &["CosineSimilarity", "PearsonCorrelation", "ConcordanceCorrelation"],
            if kind == Kind::Real { &[] } else { &["MeanAbsolutePercentageError"] },
        ],
        Kind::Positive => &[&["RootMeanSquaredError", "MeanSquaredLogarithmicError", "Poisson", "R2Score"]],
        Kind::Binary => &[&[
            "BinaryAccuracy", "BinaryCrossentropy", "AUC", "BinaryIoU", "Precision", "Recall", "TruePositives", "TrueNegatives",
            "FalsePositives", "FalseNegatives", "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity",
            "SpecificityAtSensitivity", "Hinge", "SquaredHinge", "F1Score", "FBetaScore",
        ]],
        Kind::Signs => &[&["Hinge", "SquaredHinge", "MeanSquaredError"]],
        Kind::OneHot => &[&[
            "CategoricalAccuracy", "TopKCategoricalAccuracy", "CategoricalCrossentropy", "CategoricalHinge", "OneHotIoU", "OneHotMeanIoU",
            "F1Score", "FBetaScore", "Precision", "Recall", "AUC",
        ]],
        Kind::Distribution => &[&["KLDivergence", "CategoricalCrossentropy", "CategoricalAccuracy"]],
        Kind::Classes => &[&[
            "SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "SparseCategoricalCrossentropy", "IoU", "MeanIoU",
        ]],
        Kind::Labels => &[],
    };
    let fits = |class: &&str| match *class {
        "F1Score" | "FBetaScore" | "R2Score" => is_row,
        "CosineSimilarity" | "PearsonCorrelation" | "ConcordanceCorrelation" => width > 1,
        _ => true,
    };
    known.concat().into_iter().filter(fits).collect()
}

/// A metric of a class.
pub fn metric_of(class: &str, random: &mut Random, kind: Kind, shape: &[usize]) -> Call {
    let width = shape[shape.len() - 1];
    let rank = shape.len() as i64;
    let mut draw = draw(class, random);
    let class_id = |draw: &mut Draw<'_>| {
        if width > 1 {
            draw.whole("class_id", 0, width - 1);
        }
    };
    let ids = |draw: &mut Draw<'_>, classes: usize| {
        let ids: Vec<usize> = (0..classes).filter(|_| draw.random.chance(0.6)).collect();
        draw.call.set(
            "target_class_ids",
            if ids.is_empty() { vec![0] } else { ids },
        );
    };
    match class {
        "BinaryAccuracy" => draw.number("threshold", 0.2, 0.8),
        "BinaryCrossentropy" => draw.number("label_smoothing", 0.0, 0.4),
        "CategoricalCrossentropy" => draw.number("label_smoothing", 0.0, 0.4),
        "SparseCategoricalCrossentropy" => draw.whole("ignore_class", 0, width - 1),
        "TopKCategoricalAccuracy" | "SparseTopKCategoricalAccuracy" => draw.whole("k", 1, width),
        "CosineSimilarity" | "PearsonCorrelation" | "ConcordanceCorrelation" => {
            draw.maybe("axis", |random| {
                // Not along the batch, nor along one value.
                let long: Vec<i64> = (1..rank).filter(|&axis| shape[axis as usize] > 1).collect();
                let axis = random.pick(&long);
                random.pick(&[axis, axis - rank]).into()
            });
        }
        "F1Score" | "FBetaScore" => {
            draw.maybe("average", |random| {
                random.pick(&["macro", "micro", "weighted"]).into()
            });
            draw.number("threshold", 0.2, 0.8);
            if class == "FBetaScore" {
                draw.number("beta", 0.5, 2.0);
            }
        }
        "R2Score" => {
            let words = ["uniform_average", "variance_weighted_average"];
            draw.maybe("class_aggregation", |random| random.pick(&words).into());
            draw.whole("num_regressors", 0, 2);
        }
        "AUC" => auc(&mut draw, width, rank),
        "Precision" | "Recall" => {
            if width > 1 && (kind == Kind::OneHot || draw.random.chance(0.3)) {
                draw.whole("top_k", 1, width - 1);
            }
            class_id(&mut draw);
            draw.maybe("thresholds", some_thresholds);
        }
        "TruePositives" | "TrueNegatives" | "FalsePositives" | "FalseNegatives" => {
            draw.maybe("thresholds", some_thresholds);
        }
        "PrecisionAtRecall"
        | "RecallAtPrecision"
        | "SensitivityAtSpecificity"
        | "SpecificityAtSensitivity" => {
            let what = match class {
                "PrecisionAtRecall" => "recall",
                "RecallAtPrecision" => "precision",
                "SensitivityAtSpecificity" => "specificity",
                _ => "sensitivity",
            };
            let least = two_digits(draw.random, 0.2, 0.8);
            draw.call.set(what, least);
            draw.maybe("num_thresholds", |random| {
                random.pick(&[2_usize, 5, 50]).into()
            });
            class_id(&mut draw);
        }
        "BinaryIoU" => {
            if draw.random.chance(0.6) {
                ids(&mut draw, 2);
            }
            draw.number("threshold", 0.2, 0.8);
        }
        "IoU" | "MeanIoU" | "OneHotIoU" | "OneHotMeanIoU" => {
            draw.call.set("num_classes", width);
            if !class.contains("Mean") {
                ids(&mut draw, width);
            }
            draw.whole("ignore_class", 0, width - 1);
        }
        _ => {}
    }
    draw.call
}

fn auc(draw: &mut Draw<'_>, width: usize, rank: i64) {
    if draw.random.chance(0.7) {
        draw.maybe("num_thresholds", |random| {
            random.pick(&[3_usize, 20, 50]).into()
        });
    } else {
        draw.call.set("thresholds", vec![0.25, 0.5, 0.6]);
    }
    let curves = ["ROC", "PR", "PRGAIN", "roc", "pr", "prgain"];
    draw.maybe("curve", |random| random.pick(&curves).into());
    let methods = ["interpolation", "majoring", "minoring"];
    draw.maybe("summation_method", |random| random.pick(&methods).into());
    if width > 1 && rank == 2 {
        let multi_label = draw.random.chance(0.5);
        draw.maybe("multi_label", |_| multi_label.into());
        let is_multi_label = draw.call.flag("multi_label", false);
        if is_multi_label {
            draw.maybe("num_labels", |_| width.into());
            let weights: Vec<f64> = (0..width)
                .map(|_| two_digits(draw.random, 0.2, 2.0))
                .collect();
            draw.maybe("label_weights", |_| weights.into());
        }
    }
    draw.maybe("from_logits", |random| random.chance(0.3).into());
}

/// One threshold or several.
fn some_thresholds(random: &mut Random) -> Value {
    match random.chance(0.5) {
        true => two_digits(random, 0.2, 0.8).into(),
        false => vec![0.3, two_digits(random, 0.4, 0.6), 0.7].into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kseq_catalogue as catalogue;

    use super::{metric_of, metrics_for};
    use crate::arguments::tests::expected;
    use crate::metrics::{self, Batch};
    use crate::random::Random;
    use crate::suiting::tests::{SHAPES, outputs};
    use crate::suiting::{Kind, targets};

    /// Rows that are no metric of outputs and targets, and the two words of which the model says what they are.
    const OTHERS: [&str; 4] = ["Accuracy", "Crossentropy", "Mean", "Sum"];

    /// Arguments that change no result: `num_labels` must be the model's, and `num_classes` too.
    const TOLD: [&str; 2] = ["num_labels", "num_classes"];

    #[test]
    fn every_metric_is_drawn_with_every_argument() {
        let kinds = [
            Kind::Real,
            Kind::FarFromZero,
            Kind::Positive,
            Kind::Binary,
            Kind::Signs,
            Kind::OneHot,
            Kind::Distribution,
            Kind::Classes,
        ];
        for row in catalogue::METRICS
            .rows
            .iter()
            .filter(|row| !OTHERS.contains(&row.class))
        {
            let (mut seen, mut counted) = (BTreeSet::new(), BTreeSet::new());
            for (shape, kind) in SHAPES
                .into_iter()
                .flat_map(|shape| kinds.map(|kind| (shape, kind)))
            {
                let is_of_classes =
                    matches!(kind, Kind::Classes | Kind::OneHot | Kind::Distribution);
                if !metrics_for(kind, shape).contains(&row.class)
                    || is_of_classes && shape == [6, 1]
                {
                    continue;
                }
                let batch = Batch {
                    y: targets(kind, &mut Random::new(3), shape),
                    outputs: outputs(shape),
                    shape: shape.to_vec(),
                    weights: None,
                    mask: None,
                };
                for seed in 0..300 {
                    let call = metric_of(row.class, &mut Random::new(seed), kind, shape);
                    let found = metrics::result(&call, std::slice::from_ref(&batch));
                    assert!(
                        found.iter().all(|found| found.is_finite()),
                        "{call}: {found:?}"
                    );
                    for name in call.names() {
                        seen.insert(name.to_owned());
                        // What must be given has no result without it.
                        let is_free = !row.new.contains(&name) && !TOLD.contains(&name);
                        let other = is_free.then(|| {
                            metrics::result(
                                &call.clone().without(name),
                                std::slice::from_ref(&batch),
                            )
                        });
                        if other.is_none_or(|other| other != found) {
                            counted.insert(name.to_owned());
                        }
                    }
                }
            }
            let expected = expected(catalogue::METRICS.params(row));
            // A model whose outputs are logits has no metric that takes them here.
            let from_logits = BTreeSet::from(["from_logits".to_owned()]);
            let missing: BTreeSet<String> = expected.difference(&seen).cloned().collect();
            assert!(
                missing.is_subset(&from_logits),
                "{}: {missing:?}",
                row.class
            );
            assert_eq!(seen, counted, "{}", row.class);
        }
    }
}
