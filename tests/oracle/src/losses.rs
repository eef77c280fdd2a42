//! Keras's losses, each from its definition in `keras/src/losses/losses.py`: a value for each row of a batch, and how they become one
//! number.

use crate::activations::{clip, log_softmax, log_sum_exp, sigmoid, softmax, softplus};
use crate::call::{Call, axis};
use crate::sides::side;
use crate::tape::Var;

/// Keras's `epsilon()`.
pub const EPSILON: f64 = 1e-7;
/// 1 less that, as float32 has it: the logarithm of what is left to 1 is another one.
const ALMOST_ONE: f64 = (1.0_f32 - 1e-7) as f64;

/// The outputs of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Outputs<'a> {
    /// The values.
    pub values: &'a [Var],
    /// Their shape, the batch first.
    pub shape: &'a [usize],
    /// What the last step of the model was applied to, if that was a softmax or a sigmoid: Keras computes cross entropies from it.
    pub logits: Option<(Head, &'a [Var])>,
}

/// The last step of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Head {
    /// Softmax over the last axis.
    Softmax,
    /// Sigmoid.
    Sigmoid,
}

/// The values of a loss before they are one number.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The values.
    pub values: Vec<Var>,
    /// Their shape: that of the outputs without the axes along which the loss goes.
    pub shape: Vec<usize>,
    /// Whether the batch is one of these axes: a value then counts once for each weight.
    pub of_batch: bool,
    /// Which of them count, where the loss says that.
    pub counts: Option<Vec<bool>>,
}

/// The values of a loss. Of a loss over class numbers the targets lack the last axis of the outputs; `CTC` has labels for each step.
pub fn rows(loss: &Call, y: &[f64], outputs: &Outputs<'_>) -> Rows {
    let Outputs { values, shape, .. } = *outputs;
    let last = shape.len() - 1;
    let width = shape[last];
    let pairs = || y.chunks(width).zip(values.chunks(width));
    let each = |row: &dyn Fn(&[f64], &[Var]) -> Var| Rows {
        values: pairs().map(|(y, p)| row(y, p)).collect(),
        shape: shape[..last].to_vec(),
        of_batch: false,
        counts: None,
    };
    // The mean over a row of a function of single values.
    let mean = |f: &dyn Fn(f64, Var) -> Var| {
        each(&|y, p| y.iter().zip(p).map(|(&y, &p)| f(y, p)).sum::<Var>() / width as f64)
    };
    let smooth = |y: f64, classes: f64| {
        let smoothing = loss.number("label_smoothing", 0.0);
        y * (1.0 - smoothing) + smoothing / classes
    };
    match loss.class.as_str() {
        "Crossentropy" if width == 1 => rows(&Call::new("BinaryCrossentropy"), y, outputs),
        "Crossentropy" => rows(&Call::new("CategoricalCrossentropy"), y, outputs),
        "MeanSquaredError" => mean(&|y, p| (y - p).square()),
        "MeanAbsoluteError" => mean(&|y, p| (y - p).abs()),
        "MeanAbsolutePercentageError" => {
            mean(&|y, p| 100.0 * ((y - p) / y.abs().max(EPSILON)).abs())
        }
        "MeanSquaredLogarithmicError" => {
            let log = |x: Var| (x.max(EPSILON) + 1.0).ln();
            mean(&|y, p| (log(p) - log(Var::constant(y))).square())
        }
        "LogCosh" => mean(&|y, p| p - y + softplus(-2.0 * (p - y)) - std::f64::consts::LN_2),
        "Huber" => {
            let delta = loss.number("delta", 1.0);
            mean(&|y, p| {
                let error = p - y;
                let size = error.abs();
                if side(size.value(), delta) <= 0.0 {
                    0.5 * error.square()
                } else {
                    delta * size - 0.5 * delta * delta
                }
            })
        }
        "Poisson" => mean(&|y, p| p - y * (p + EPSILON).ln()),
        "Hinge" => {
            let sign = signs(y);
            mean(&|y, p| (1.0 - sign(y) * p).max(0.0))
        }
        "SquaredHinge" => {
            let sign = signs(y);
            mean(&|y, p| (1.0 - sign(y) * p).max(0.0).square())
        }
        "CategoricalHinge" => each(&|y, p| {
            let positive: Var = y.iter().zip(p).map(|(&y, &p)| y * p).sum();
            let negative = y.iter().zip(p).map(|(&y, &p)| (1.0 - y) * p);
            let negative = negative.reduce(Var::max).expect("a row of some values");
            (negative - positive + 1.0).max(0.0)
        }),
        "KLDivergence" => each(&|y, p| {
            let terms = y.iter().zip(p).map(|(&y, &p)| {
                let y = y.clamp(EPSILON, 1.0);
                y * (y / clip(p, EPSILON, 1.0)).ln()
            });
            terms.sum()
        }),
        "CosineSimilarity" => along(loss, y, outputs),
        "BinaryCrossentropy" => {
            let entropies = binary(outputs, loss.flag("from_logits", false));
            of_elements(outputs, &|i| entropies(i, smooth(y[i], 2.0)))
        }
        "BinaryFocalCrossentropy" => {
            let is_logits = loss.flag("from_logits", false);
            let entropies = binary(outputs, is_logits);
            let (alpha, gamma) = (loss.number("alpha", 0.25), loss.number("gamma", 2.0));
            let balanced = loss.flag("apply_class_balancing", false);
            of_elements(outputs, &|i| {
                let y = smooth(y[i], 2.0);
                let p = if is_logits {
                    sigmoid(values[i])
                } else {
                    values[i]
                };
                let right = y * p + (1.0 - y) * (1.0 - p);
                let value = (1.0 - right).powf(gamma) * entropies(i, y);
                if balanced {
                    (y * alpha + (1.0 - y) * (1.0 - alpha)) * value
                } else {
                    value
                }
            })
        }
        "CategoricalCrossentropy" => {
            let logarithms = categorical(outputs, loss.flag("from_logits", false));
            let value = |i: usize, y: &[f64]| {
                let logs = logarithms(i).into_iter();
                -y.iter()
                    .zip(logs)
                    .map(|(&y, log)| smooth(y, width as f64) * log)
                    .sum::<Var>()
            };
            let values = y.chunks(width).enumerate().map(|(i, y)| value(i, y));
            Rows {
                values: values.collect(),
                shape: shape[..last].to_vec(),
                of_batch: false,
                counts: None,
            }
        }
        "CategoricalFocalCrossentropy" => {
            let (alpha, gamma) = (loss.number("alpha", 0.25), loss.number("gamma", 2.0));
            let is_logits = loss.flag("from_logits", false);
            each(&|y, p| {
                let p = if is_logits { softmax(p) } else { p.to_vec() };
                let sum: Var = p.iter().copied().sum();
                let terms = y.iter().zip(p).map(|(&y, p)| {
                    let p = clip(p / sum, EPSILON, ALMOST_ONE);
                    let y = smooth(y, width as f64);
                    (1.0 - p).powf(gamma) * alpha * (-y * p.ln())
                });
                terms.sum()
            })
        }
        "SparseCategoricalCrossentropy" => {
            let ignored = loss.some_number("ignore_class");
            let is_logits = loss.flag("from_logits", false);
            let value = |i: usize, class: f64| {
                if Some(class) == ignored {
                    return Var::ZERO;
                }
                -sparse(outputs, is_logits, i)[class as usize]
            };
            Rows {
                values: y.iter().enumerate().map(|(i, &y)| value(i, y)).collect(),
                shape: shape[..last].to_vec(),
                of_batch: false,
                counts: ignored.map(|ignored| y.iter().map(|&y| y != ignored).collect()),
            }
        }
        "CategoricalGeneralizedCrossEntropy" => {
            let q = loss.number("q", 0.5);
            let rows = y.iter().zip(values.chunks(width));
            Rows {
                values: rows
                    .map(|(&y, p)| (1.0 - p[y as usize].powf(q)) / q)
                    .collect(),
                shape: shape[..last].to_vec(),
                of_batch: false,
                counts: None,
            }
        }
        "Dice" => overlap(loss, y, outputs, &|both, y_only, p_only| {
            1.0 - 2.0 * both / (2.0 * both + y_only + p_only + EPSILON)
        }),
        "Tversky" => {
            let (alpha, beta) = (loss.number("alpha", 0.5), loss.number("beta", 0.5));
            overlap(loss, y, outputs, &|both, y_only, p_only| {
                1.0 - both / (both + alpha * y_only + beta * p_only + EPSILON)
            })
        }
        "Circle" => circle(loss, y, outputs),
        "CTC" => Rows {
            values: y
                .chunks(shape[1])
                .zip(values.chunks(shape[1] * width))
                .map(|(labels, steps)| ctc(labels, steps, width))
                .collect(),
            shape: vec![shape[0]],
            of_batch: false,
            counts: None,
        },
        other => panic!("no loss {other}"),
    }
}

/// Targets that are all 0 or 1 in a batch become -1 or 1.
fn signs(y: &[f64]) -> impl Fn(f64) -> f64 + use<> {
    let are_binary = y.iter().all(|&y| y == 0.0 || y == 1.0);
    move |y| if are_binary { 2.0 * y - 1.0 } else { y }
}

/// The mean over each row of values of elements.
fn of_elements(outputs: &Outputs<'_>, element: &dyn Fn(usize) -> Var) -> Rows {
    let last = outputs.shape.len() - 1;
    let width = outputs.shape[last];
    let rows = outputs.values.len() / width;
    let row = |row| (0..width).map(|i| element(row * width + i)).sum::<Var>() / width as f64;
    Rows {
        values: (0..rows).map(row).collect(),
        shape: outputs.shape[..last].to_vec(),
        of_batch: false,
        counts: None,
    }
}

/// Binary cross entropies by the index of an output and its target.
fn binary<'a>(outputs: &Outputs<'a>, from_logits: bool) -> impl Fn(usize, f64) -> Var + use<'a> {
    let Outputs { values, logits, .. } = *outputs;
    move |i, y| match logits {
        Some((Head::Sigmoid, logits)) => softplus(logits[i]) - y * logits[i],
        _ if from_logits => softplus(values[i]) - y * values[i],
        _ => {
            let p = clip(values[i], EPSILON, ALMOST_ONE);
            -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
        }
    }
}

/// A row of logits, if there are logits.
fn logits_of<'a>(outputs: &Outputs<'a>, from_logits: bool, row: usize) -> Option<&'a [Var]> {
    let width = outputs.shape[outputs.shape.len() - 1];
    let all = match outputs.logits {
        Some((Head::Softmax, logits)) => logits,
        _ if from_logits => outputs.values,
        _ => return None,
    };
    Some(&all[row * width..][..width])
}

/// The logarithms of a row's probabilities, which are divided by their sum.
fn categorical<'a>(
    outputs: &Outputs<'a>,
    from_logits: bool,
) -> impl Fn(usize) -> Vec<Var> + use<'a> {
    let outputs = *outputs;
    let width = outputs.shape[outputs.shape.len() - 1];
    move |row| match logits_of(&outputs, from_logits, row) {
        Some(logits) => log_softmax(logits),
        None => {
            let row = &outputs.values[row * width..][..width];
            let sum: Var = row.iter().copied().sum();
            row.iter()
                .map(|&p| clip(p / sum, EPSILON, ALMOST_ONE).ln())
                .collect()
        }
    }
}

/// The same for class numbers: probabilities are clipped, and then taken for logits.
fn sparse(outputs: &Outputs<'_>, from_logits: bool, row: usize) -> Vec<Var> {
    let width = outputs.shape[outputs.shape.len() - 1];
    match logits_of(outputs, from_logits, row) {
        Some(logits) => log_softmax(logits),
        None => {
            let row = outputs.values[row * width..][..width].iter();
            let logs = row.map(|&p| clip(p, EPSILON, ALMOST_ONE).ln());
            log_softmax(&logs.collect::<Vec<_>>())
        }
    }
}

/// The places of elements in groups that share all indices but those along some axes: (the groups, the shape that they leave).
pub(crate) fn groups(shape: &[usize], summed: &[usize]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let left: Vec<usize> = (0..shape.len()).filter(|a| !summed.contains(a)).collect();
    let left_shape: Vec<usize> = left.iter().map(|&a| shape[a]).collect();
    let mut groups = vec![Vec::new(); left_shape.iter().product()];
    for element in 0..shape.iter().product() {
        let index = |axis: usize| {
            let inner: usize = shape[axis + 1..].iter().product();
            element / inner % shape[axis]
        };
        let group = left.iter().fold(0, |at, &a| at * shape[a] + index(a));
        groups[group].push(element);
    }
    (groups, left_shape)
}

/// `CosineSimilarity`.
fn along(loss: &Call, y: &[f64], outputs: &Outputs<'_>) -> Rows {
    let axes = loss.some_wholes("axis").unwrap_or(vec![-1]);
    let axes: Vec<usize> = axes.iter().map(|&a| axis(a, outputs.shape.len())).collect();
    let (groups, shape) = groups(outputs.shape, &axes);
    // `x / |x|`, of a vanishing x less.
    let normalised = |x: Vec<Var>| -> Vec<Var> {
        let squares: Var = x.iter().map(|x| x.square()).sum();
        let inverse = (1.0 / squares.sqrt()).min(1.0 / EPSILON);
        x.iter().map(|&x| x * inverse).collect()
    };
    let value = |group: &Vec<usize>| {
        let y = normalised(group.iter().map(|&i| Var::constant(y[i])).collect());
        let p = normalised(group.iter().map(|&i| outputs.values[i]).collect());
        -y.into_iter().zip(p).map(|(y, p)| y * p).sum::<Var>()
    };
    Rows {
        values: groups.iter().map(value).collect(),
        shape,
        of_batch: axes.contains(&0),
        counts: None,
    }
}

/// `Dice` and `Tversky`: a function of (what is in both, in the targets alone, in the outputs alone).
fn overlap(
    loss: &Call,
    y: &[f64],
    outputs: &Outputs<'_>,
    value: &dyn Fn(Var, Var, Var) -> Var,
) -> Rows {
    let rank = outputs.shape.len();
    let axes: Vec<usize> = match loss.some_wholes("axis") {
        None => (0..rank).collect(),
        Some(axes) => axes.iter().map(|&a| axis(a, rank)).collect(),
    };
    let (groups, shape) = groups(outputs.shape, &axes);
    let of = |group: &Vec<usize>| {
        let pairs = || group.iter().map(|&i| (y[i], outputs.values[i]));
        value(
            pairs().map(|(y, p)| y * p).sum(),
            pairs().map(|(y, p)| y * (1.0 - p)).sum(),
            pairs().map(|(y, p)| (1.0 - y) * p).sum(),
        )
    };
    Rows {
        values: groups.iter().map(of).collect(),
        shape,
        of_batch: axes.contains(&0),
        counts: None,
    }
}

/// `Circle`: the values of each sample against all of the batch.
fn circle(loss: &Call, y: &[f64], outputs: &Outputs<'_>) -> Rows {
    let (gamma, margin) = (loss.number("gamma", 80.0), loss.number("margin", 0.4));
    let remove_diagonal = loss.flag("remove_diagonal", true);
    let samples: Vec<&[Var]> = outputs.values.chunks(outputs.shape[1]).collect();
    let value = |i: usize| {
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for j in 0..samples.len() {
            let product: Var = samples[i]
                .iter()
                .zip(samples[j])
                .map(|(&a, &b)| a * b)
                .sum();
            let distance = (1.0 - product).max(0.0);
            if y[i] != y[j] {
                let weight = (1.0 + margin - distance).max(0.0);
                negative.push(gamma * weight * (1.0 - margin - distance));
            } else if i != j || !remove_diagonal {
                let weight = (margin + distance).max(0.0);
                positive.push(-gamma * weight * (margin - distance));
            }
        }
        if positive.is_empty() || negative.is_empty() {
            return Var::ZERO;
        }
        softplus(log_sum_exp(&positive) + log_sum_exp(&negative))
    };
    let values: Vec<Var> = (0..samples.len()).map(value).collect();
    Rows {
        of_batch: false,
        counts: Some(values.iter().map(|v| v.value() > 0.0).collect()),
        values,
        shape: vec![outputs.shape[0]],
    }
}

/// `CTC` of a sample: minus the logarithm of the probability of all ways through the steps that leave the labels when repetitions, and then
/// the blank 0, are taken out. All ways are gone through, one label at a time.
fn ctc(labels: &[f64], steps: &[Var], width: usize) -> Var {
    let labels: Vec<usize> = labels
        .iter()
        .map(|&l| l as usize)
        .take_while(|&l| l != 0)
        .collect();
    // Blanks before, between and behind the labels.
    let mut path = vec![0];
    labels.iter().for_each(|&label| path.extend([label, 0]));
    let mut ways: Vec<Vec<Var>> = vec![Vec::new(); path.len()];
    for (t, step) in steps.chunks(width).enumerate() {
        let logs = log_softmax(step);
        let before = std::mem::replace(&mut ways, vec![Vec::new(); path.len()]);
        for (s, &label) in path.iter().enumerate() {
            let mut from = Vec::new();
            if t == 0 {
                from.extend((s < 2).then_some(Var::ZERO));
            } else {
                from.extend(&before[s]);
                if s >= 1 {
                    from.extend(&before[s - 1]);
                }
                if s >= 2 && label != 0 && label != path[s - 2] {
                    from.extend(&before[s - 2]);
                }
            }
            if !from.is_empty() {
                ways[s] = vec![log_sum_exp(&from) + logs[label]];
            }
        }
    }
    let end: Vec<Var> = ways[path.len().saturating_sub(2)..].concat();
    -log_sum_exp(&end)
}
