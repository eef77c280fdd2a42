//! Random losses with what suits them: targets, weights, metrics, and what a model has to end with.

use crate::arguments::draw;
use crate::call::{Call, Value, axis};
use crate::random::{Random, single, two_digits};

/// Keras's losses.
#[rustfmt::skip]
pub const LOSSES: &[&str] = &[
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy", "CategoricalHinge", "Circle", "CosineSimilarity", "CTC", "Crossentropy", "Dice", "Hinge", "Huber",
    "KLDivergence", "LogCosh", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError",
    "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge", "Tversky",
];

/// What the last step of a model has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Any.
    Anyhow,
    /// None: what comes out is what a softmax or a sigmoid would be applied to.
    Logits,
    /// A sigmoid: each output is from 0 to 1.
    Sigmoid,
    /// A softmax: each row is a distribution.
    Softmax,
    /// An activation whose values are positive, such as `softplus`.
    Positive,
    /// A `UnitNormalization`: each row has the length 1.
    UnitLength,
}

/// What targets are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Numbers.
    Real,
    /// Numbers that are far from 0.
    FarFromZero,
    /// Positive numbers.
    Positive,
    /// 0 or 1, for each output.
    Binary,
    /// -1 or 1, for each output.
    Signs,
    /// One 1 in each row.
    OneHot,
    /// Rows that sum to 1.
    Distribution,
    /// Class numbers, without the last axis of the outputs: `u32`.
    Classes,
    /// The labels of `CTC`, one for each step, zeros behind them: `u32`.
    Labels,
}

/// A loss that suits outputs of a shape (the batch first).
pub fn loss(random: &mut Random, shape: &[usize]) -> Call {
    loop {
        let class = random.pick(LOSSES);
        if suits(class, shape) {
            return loss_of(class, random, shape);
        }
    }
}

/// Whether a loss is meant for outputs of such a shape.
pub fn suits(class: &str, shape: &[usize]) -> bool {
    let (rank, width) = (shape.len() - 1, shape[shape.len() - 1]);
    match class {
        "Circle" => rank == 1 && width > 1,
        "CTC" => rank == 2 && width > 1 && shape[1] > 1,
        "CosineSimilarity" | "KLDivergence" => width > 1,
        class if class.contains("Categorical") => width > 1,
        _ => true,
    }
}

/// Whether Keras takes a loss for masked outputs of so many axes: it spreads the values over the mask from its last axis on, whatever
/// axes they are of, and fails where the sizes are others.
pub fn suits_a_mask(loss: &Call, rank: usize) -> bool {
    let Some(axes) = loss.some_wholes("axis") else {
        // One value for each sample, which has a mask for each step.
        return loss.class != "CTC";
    };
    let axes: Vec<usize> = axes.iter().map(|number| axis(*number, rank)).collect();
    let mut kept = (0..rank).skip_while(|axis| axes.contains(axis));
    axes.contains(&(rank - 1)) && kept.all(|axis| axis == rank - 1 || !axes.contains(&axis))
}

/// A loss of a class.
pub fn loss_of(class: &str, random: &mut Random, shape: &[usize]) -> Call {
    let mut draw = draw(class, random);
    let rank = shape.len() as i64;
    match class {
        "BinaryCrossentropy" | "CategoricalCrossentropy" => {
            draw.flag("from_logits");
            draw.number("label_smoothing", 0.0, 0.4);
        }
        "BinaryFocalCrossentropy" | "CategoricalFocalCrossentropy" => {
            draw.number("alpha", 0.1, 0.9);
            draw.number("gamma", 1.0, 3.0);
            draw.flag("from_logits");
            draw.number("label_smoothing", 0.0, 0.4);
            if class.starts_with("Binary") {
                draw.flag("apply_class_balancing");
            }
        }
        "SparseCategoricalCrossentropy" => {
            draw.flag("from_logits");
            let classes = shape[shape.len() - 1];
            draw.whole("ignore_class", 0, classes - 1);
        }
        "CategoricalGeneralizedCrossEntropy" => draw.number("q", 0.2, 0.9),
        "Circle" => {
            draw.one("gamma", &[1.0, 4.0, 16.0]);
            draw.number("margin", 0.1, 0.6);
            draw.flag("remove_diagonal");
        }
        "CosineSimilarity" => draw.maybe("axis", |random| {
            let axis = random.between(1, rank as usize - 1) as i64;
            random.pick(&[axis, axis - rank]).into()
        }),
        "Dice" => draw.maybe("axis", |random| some_axes(random, rank)),
        "Tversky" => {
            draw.number("alpha", 0.1, 0.9);
            draw.number("beta", 0.1, 0.9);
            draw.maybe("axis", |random| some_axes(random, rank));
        }
        "Huber" => draw.number("delta", 0.2, 2.0),
        "Crossentropy" => {
            draw.call.word = Some(draw.random.pick(&["crossentropy", "ce"]).to_owned());
            return draw.call;
        }
        _ => {}
    }
    draw.maybe("reduction", |random| {
        let words = ["sum_over_batch_size", "sum", "mean_with_sample_weight"];
        random.pick(&words).into()
    });
    let mut call = draw.call;
    if call.names().next().is_none() && random.chance(0.7) {
        call.word = Some(random.pick(words(class)).to_owned());
    }
    call
}

/// Some axes of a batch, in any order.
fn some_axes(random: &mut Random, rank: i64) -> Value {
    let mut axes: Vec<i64> = (0..rank).filter(|_| random.chance(0.5)).collect();
    if axes.is_empty() {
        axes.push(random.between(0, rank as usize - 1) as i64);
    }
    let axes: Vec<i64> = axes
        .into_iter()
        .map(|axis| {
            if random.chance(0.3) {
                axis - rank
            } else {
                axis
            }
        })
        .collect();
    match axes[..] {
        [axis] if random.chance(0.5) => axis.into(),
        _ => axes.into(),
    }
}

/// The words that stand for a loss with Keras's defaults.
pub(crate) fn words(class: &str) -> &'static [&'static str] {
    match class {
        "BinaryCrossentropy" => &["binary_crossentropy", "bce"],
        "BinaryFocalCrossentropy" => &["binary_focal_crossentropy"],
        "CategoricalCrossentropy" => &["categorical_crossentropy"],
        "CategoricalFocalCrossentropy" => &["categorical_focal_crossentropy"],
        "CategoricalGeneralizedCrossEntropy" => &["categorical_generalized_cross_entropy"],
        "CategoricalHinge" => &["categorical_hinge"],
        "Circle" => &["circle"],
        "CosineSimilarity" => &["cosine_similarity"],
        "CTC" => &["ctc"],
        "Dice" => &["dice"],
        "Hinge" => &["hinge"],
        "Huber" => &["huber", "huber_loss"],
        "KLDivergence" => &["kl_divergence", "kld", "KLD", "kullback_leibler_divergence"],
        "LogCosh" => &["log_cosh", "logcosh"],
        "MeanAbsoluteError" => &["mean_absolute_error", "mae", "MAE"],
        "MeanAbsolutePercentageError" => &["mean_absolute_percentage_error", "mape"],
        "MeanSquaredError" => &["mean_squared_error", "mse", "MSE"],
        "MeanSquaredLogarithmicError" => &["mean_squared_logarithmic_error", "msle"],
        "Poisson" => &["poisson"],
        "SparseCategoricalCrossentropy" => &["sparse_categorical_crossentropy"],
        "SquaredHinge" => &["squared_hinge"],
        "Tversky" => &["tversky"],
        other => panic!("no loss {other}"),
    }
}

/// What a model with this loss ends with.
pub fn ending(loss: &Call, shape: &[usize]) -> Ending {
    match loss.class.as_str() {
        class
            if class.contains("ntropy")
                && loss.flag("from_logits", false)
                && class != "Crossentropy" =>
        {
            Ending::Logits
        }
        "Crossentropy" if shape[shape.len() - 1] == 1 => Ending::Sigmoid,
        "BinaryCrossentropy" | "BinaryFocalCrossentropy" | "Dice" | "Tversky" => Ending::Sigmoid,
        "CategoricalHinge" => Ending::Anyhow,
        "Crossentropy" | "KLDivergence" => Ending::Softmax,
        class if class.contains("Categorical") => Ending::Softmax,
        "Circle" => Ending::UnitLength,
        "CTC" => Ending::Logits,
        "MeanSquaredLogarithmicError" | "Poisson" => Ending::Positive,
        _ => Ending::Anyhow,
    }
}

/// The kind of targets that a loss takes; of several one.
pub fn kind(loss: &Call, random: &mut Random, shape: &[usize]) -> Kind {
    match loss.class.as_str() {
        "Crossentropy" if shape[shape.len() - 1] == 1 => Kind::Binary,
        "SparseCategoricalCrossentropy" | "CategoricalGeneralizedCrossEntropy" | "Circle" => {
            Kind::Classes
        }
        "CTC" => Kind::Labels,
        "CategoricalHinge" => Kind::OneHot,
        "KLDivergence" => Kind::Distribution,
        "BinaryCrossentropy" | "BinaryFocalCrossentropy" | "Dice" | "Tversky" => Kind::Binary,
        "Hinge" | "SquaredHinge" => random.pick(&[Kind::Binary, Kind::Signs]),
        "MeanAbsolutePercentageError" => Kind::FarFromZero,
        "MeanSquaredLogarithmicError" | "Poisson" => Kind::Positive,
        class if class.contains("ategorical") || class == "Crossentropy" => {
            random.pick(&[Kind::OneHot, Kind::OneHot, Kind::Distribution])
        }
        _ => Kind::Real,
    }
}

/// Targets of a kind for outputs of a shape.
pub fn targets(kind: Kind, random: &mut Random, shape: &[usize]) -> Vec<f64> {
    let elements: usize = shape.iter().product();
    let width = shape[shape.len() - 1];
    let rows = elements / width;
    let mut each =
        |of: &dyn Fn(&mut Random) -> f64| (0..elements).map(|_| single(of(random))).collect();
    match kind {
        Kind::Real => each(&|random| random.normal()),
        Kind::FarFromZero => each(&|random| random.uniform(0.3, 2.0) * random.pick(&[-1.0, 1.0])),
        Kind::Positive => each(&|random| random.uniform(0.1, 3.0)),
        Kind::Binary => each(&|random| random.pick(&[0.0, 1.0])),
        Kind::Signs => each(&|random| random.pick(&[-1.0, 1.0])),
        Kind::OneHot => {
            let classes: Vec<usize> = (0..rows).map(|_| random.between(0, width - 1)).collect();
            let row =
                |&class: &usize| (0..width).map(move |at| if at == class { 1.0 } else { 0.0 });
            classes.iter().flat_map(row).collect()
        }
        Kind::Distribution => {
            let mut all: Vec<f64> = each(&|random| random.uniform(0.1, 1.0));
            for row in all.chunks_mut(width) {
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|y| *y = single(*y / sum));
            }
            all
        }
        Kind::Classes => (0..rows)
            .map(|_| random.between(0, width - 1) as f64)
            .collect(),
        Kind::Labels => {
            let steps = shape[1];
            let mut labels = Vec::new();
            for _ in 0..shape[0] {
                // As many as fit if all are the same, with a blank between each two.
                let count = random.between(0, steps.div_ceil(2));
                let label = |at| {
                    if at < count {
                        random.between(1, width - 1) as f64
                    } else {
                        0.0
                    }
                };
                labels.extend((0..steps).map(label));
            }
            labels
        }
    }
}

/// The weights of `fit` for targets of a kind: of samples, of rows, of classes, or none.
#[derive(Clone, Debug, PartialEq)]
pub enum FitWeights {
    /// None.
    Nothing,
    /// `sample_weight`, an `f32` each.
    Samples(Vec<f64>),
    /// `sample_weight`, a `[f32; T]` each.
    Rows(Vec<f64>),
    /// `class_weight`, an `f32` for each class; two for one output.
    Classes(Vec<f64>),
}

/// Random weights for a loss on outputs of a shape.
pub fn fit_weights(loss: &Call, kind: Kind, random: &mut Random, shape: &[usize]) -> FitWeights {
    let width = shape[shape.len() - 1];
    let many = |random: &mut Random, count: usize| {
        let weight = |_| match random.chance(0.1) {
            true => 0.0,
            false => two_digits(random, 0.3, 2.0),
        };
        (0..count).map(weight).collect()
    };
    // Sequences have a weight for each step, and what goes over other axes has no rows.
    let is_of_rows = shape.len() == 3 && loss.get("axis").is_none() && loss.class != "CTC";
    let has_classes = shape.len() == 2
        && match kind {
            Kind::Classes | Kind::OneHot => true,
            Kind::Binary => width == 1,
            _ => false,
        };
    match random.between(0, 5) {
        0 | 1 if shape.len() == 2 => FitWeights::Samples(many(random, shape[0])),
        0..4 if is_of_rows => FitWeights::Rows(many(random, shape[0] * shape[1])),
        2..4 if has_classes => FitWeights::Classes(many(random, width.max(2))),
        _ => FitWeights::Nothing,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use kseq_catalogue as catalogue;

    use super::{FitWeights, Kind, LOSSES, fit_weights, kind, loss_of, suits, targets};
    use crate::arguments::tests::{arguments_count, expected};
    use crate::call::Call;
    use crate::losses::{Outputs, rows};
    use crate::random::Random;
    use crate::reductions::{Weights, class_weights, reduced};
    use crate::tape::Var;

    pub(crate) const SHAPES: [&[usize]; 4] = [&[6, 1], &[6, 3], &[4, 5, 3], &[3, 2, 2, 3]];

    /// Outputs between 0 and 1, which suit all.
    pub(crate) fn outputs(shape: &[usize]) -> Vec<f64> {
        let mut random = Random::new(7);
        (0..shape.iter().product())
            .map(|_| random.uniform(0.05, 0.95))
            .collect()
    }

    #[test]
    fn every_loss_is_drawn_with_every_argument() {
        let rows_of = catalogue::LOSSES.rows;
        assert_eq!(
            rows_of.iter().map(|row| row.class).collect::<Vec<_>>(),
            LOSSES
        );
        for row in rows_of {
            let (mut all, mut all_counted) = (BTreeSet::new(), BTreeSet::new());
            for shape in SHAPES.into_iter().filter(|shape| suits(row.class, shape)) {
                let values: Vec<Var> = outputs(shape).into_iter().map(Var::constant).collect();
                let outputs = Outputs {
                    values: &values,
                    shape,
                    logits: None,
                };
                let weights: Vec<f64> = (0..shape[0]).map(|i| 0.5 + i as f64).collect();
                let result = |call: &Call| {
                    let mut random = Random::new(1);
                    let kind = kind(call, &mut random, shape);
                    let y = targets(kind, &mut random, shape);
                    let rows = rows(call, &y, &outputs);
                    let value = reduced(call, &rows, Some(Weights::Samples(&weights)), None);
                    assert!(value.value().is_finite(), "{call}");
                    vec![value.value()]
                };
                let draw = &mut |random: &mut Random| loss_of(row.class, random, shape);
                let (drawn, counted) = arguments_count(draw, &result);
                all.extend(drawn);
                all_counted.extend(counted);
            }
            let expected = expected(catalogue::LOSSES.params(row));
            assert_eq!(
                (&all, &all_counted),
                (&expected, &expected),
                "{}",
                row.class
            );
        }
    }

    #[test]
    fn weights_of_classes_are_those_of_the_targets() {
        let weights = [1.0, 2.0, 5.0];
        assert_eq!(class_weights(&[2.0, 0.0], None, &weights), [5.0, 1.0]);
        assert_eq!(
            class_weights(&[0.0, 1.0, 0.0, 0.0, 0.0, 1.0], Some(3), &weights),
            [2.0, 5.0]
        );
        let shape = [4, 3];
        let (mut random, loss) = (Random::new(5), Call::new("CategoricalCrossentropy"));
        let drawn = (0..50).map(|_| fit_weights(&loss, Kind::OneHot, &mut random, &shape));
        let lengths: BTreeSet<(u8, usize)> = drawn
            .map(|weights| match weights {
                FitWeights::Nothing => (0, 0),
                FitWeights::Samples(weights) => (1, weights.len()),
                FitWeights::Rows(weights) => (2, weights.len()),
                FitWeights::Classes(weights) => (3, weights.len()),
            })
            .collect();
        assert_eq!(lengths, BTreeSet::from([(0, 0), (1, 4), (3, 3)]));
    }
}
