//! The oracle against real Keras, by its golden data.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::activations::{activation, kinks};
use crate::call::Call;
use crate::golden::{Case, cases, enough, of_object};
use crate::losses::{self, Outputs};
use crate::metrics::{self, Batch};
use crate::optimizers::{Gradient, Optimizer, Variable};
use crate::reductions::{self, Weights};
use crate::tape::{Var, clear, gradients};
use crate::{constraints, regularizers, schedules};

/// A batch and its weights that a loss of the oracle takes: of a batch of scalars each is a row.
fn weights_of<'a>(case: &'a Case, name: &str, rows: &[usize]) -> Option<Weights<'a>> {
    let (weights, _) = case.find(name)?;
    let all: usize = rows.iter().product();
    Some(match rows.len() {
        1.. if weights.len() == all => Weights::Rows(weights),
        _ => Weights::Samples(weights),
    })
}

#[test]
fn losses_are_those_of_keras() {
    let mut seen = 0;
    for case in cases("losses", "loss_") {
        let class = case.text("loss").expect("the name of a loss");
        let loss = case.call(class, &["config"]);
        let (y, _) = case.get("y_true");
        let (p, shape) = case.get("y_pred");
        let axis = loss.some_wholes("axis");
        let is_last = axis.is_some_and(
            |axis| matches!(axis[..], [at] if at == -1 || at + 1 == shape.len() as i64),
        );
        if class.ends_with("entropy") && loss.names().any(|name| name == "axis") && !is_last {
            // Classes are the last axis.
            continue;
        }
        // Keras takes the scalars of a batch for one row.
        let scalars = [1, shape[0]];
        let shape = if shape.len() == 1 { &scalars } else { shape };
        clear();
        let values: Vec<Var> = p.iter().map(|&p| Var::parameter(p)).collect();
        let outputs = Outputs {
            values: &values,
            shape,
            logits: None,
        };
        let y = padded(y, class, shape);
        let rows = losses::rows(&loss, &y, &outputs);
        let weights = weights_of(&case, "sample_weight", &rows.shape);
        let is_one = rows.values.len() == 1 && shape[0] == 1;
        if is_one && weights.is_some() {
            // One row with many weights.
            continue;
        }
        if rows.counts.is_none() && weights.is_none() {
            let found: Vec<f64> = rows.values.iter().map(|value| value.value()).collect();
            case.compare("per_sample", &found, 2e-6);
        }
        for reduction in ["sum_over_batch_size", "sum", "mean_with_sample_weight"] {
            let loss = loss.clone().with("reduction", reduction);
            let value = reductions::reduced(&loss, &rows, weights, None);
            case.compare(&format!("loss_{reduction}"), &[value.value()], 2e-6);
            case.compare(
                &format!("grad_{reduction}"),
                &gradients(value, &values),
                5e-6,
            );
        }
        assert_eq!(loss.unread(), Vec::<&str>::new(), "{}", case.name);
        seen += 1;
    }
    enough(seen, 40, "losses");
}

/// The labels of `CTC` for each step, zeros behind them.
fn padded(y: &[f64], class: &str, shape: &[usize]) -> Vec<f64> {
    if class != "CTC" {
        return y.to_vec();
    }
    let each = y.len() / shape[0];
    let row = |labels: &[f64]| {
        let mut labels = labels.to_vec();
        labels.resize(shape[1], 0.0);
        labels
    };
    y.chunks(each).flat_map(row).collect()
}

#[test]
fn metrics_are_those_of_keras() {
    let mut seen = 0;
    for case in cases("metrics", "metric_") {
        let class = case.text("metric").expect("the name of a metric");
        let metric = case.call(class, &["args", "config"]);
        let is_weighted = (0..3).all(|k| case.find(&format!("sample_weight_{k}")).is_some());
        if metric.get("ignore_class").is_some() && !is_weighted && class.starts_with("Sparse") {
            // Rows of the class that is ignored do not count in kseq.
            continue;
        }
        let is_of_one_axis = |k| {
            let weights = case.find(&format!("sample_weight_{k}"));
            weights.is_none_or(|(_, shape)| shape.len() == 1)
        };
        if class.ends_with("Score") && !(0..3).all(is_of_one_axis) {
            // Keras multiplies by an axis that is not there.
            continue;
        }
        let batch = |k: usize| {
            let (outputs, shape) = case
                .find(&format!("y_pred_{k}"))
                .unwrap_or_else(|| case.get(&format!("value_{k}")));
            let y = case.find(&format!("y_true_{k}")).unwrap_or_default();
            let weights = case.find(&format!("sample_weight_{k}"));
            let of_rows = matches!(shape.len(), 1) && y.0.len() == shape[0] && looks_at_rows(class);
            Batch {
                y: y.0.to_vec(),
                outputs: outputs.to_vec(),
                shape: if of_rows {
                    vec![1, shape[0]]
                } else {
                    shape.to_vec()
                },
                weights: weights.map(|(weights, _)| weights.to_vec()),
                mask: None,
            }
        };
        let batches: Vec<Batch> = (0..3).map(batch).collect();
        if batches[0]
            .weights
            .as_ref()
            .is_some_and(|w| batches[0].shape[0] == 1 && w.len() > 1)
        {
            continue;
        }
        for k in 0..3 {
            let found = result(&metric, &batches[..=k], case.get(&format!("result_{k}")).0);
            // What Keras takes differences of, in float32.
            let is_of_differences =
                matches!(class, "R2Score" | "Sum" | "Mean") || class.ends_with("Correlation");
            // Metrics are differences and quotients of sums of about 1.
            let part = if is_of_differences { 1e-5 } else { 2e-6 };
            case.compare_to(&format!("result_{k}"), &found, part, 2e-7);
        }
        seen += 1;
    }
    enough(seen, 70, "metrics");
}

/// The result of a metric. Where one quantity must be at least so much, it may be just that, and rounding says whether it is: then the
/// result is that of a little less or more which is nearer to the expected one.
fn result(metric: &Call, batches: &[Batch], expected: &[f64]) -> Vec<f64> {
    let bounds = ["recall", "precision", "sensitivity", "specificity"];
    let Some(bound) = bounds.into_iter().find(|bound| metric.get(bound).is_some()) else {
        return metrics::result(metric, batches);
    };
    let least = metric.number(bound, 0.0);
    let moved = |by: f64| metric.clone().without(bound).with(bound, least + by);
    let results = [-1e-6, 0.0, 1e-6].map(|by| metrics::result(&moved(by), batches));
    let far = |found: &Vec<f64>| (found[0] - expected[0]).abs();
    let nearest = results.into_iter().min_by(|a, b| far(a).total_cmp(&far(b)));
    nearest.expect("three results")
}

/// Whether a metric has a value for each row, so that the scalars of a batch are one.
fn looks_at_rows(class: &str) -> bool {
    !matches!(
        class,
        "Mean" | "Sum" | "Accuracy" | "AUC" | "RootMeanSquaredError"
    ) && !class.ends_with("IoU")
        && !class.ends_with("atives")
        && !class.ends_with("itives")
        && !class.contains("Precision")
        && !class.contains("Recall")
        && !class.contains("Sensitivity")
}

#[test]
fn optimizers_are_those_of_keras() {
    let mut seen = 0;
    for case in cases("optimizers", "optimizer_") {
        let class = case.text("optimizer").expect("the name of an optimizer");
        let optimizer = case.call(class, &["args", "config"]);
        let number = (0..).take_while(|i| case.find(&format!("param_{i}")).is_some());
        let mut variables: Vec<Variable> = number
            .map(|i| {
                let (values, shape) = case.get(&format!("param_{i}"));
                Variable {
                    path: format!("param_{i}"),
                    shape: shape.to_vec(),
                    values: values.to_vec(),
                }
            })
            .collect();
        let mut found: Vec<Vec<f64>> = vec![Vec::new(); variables.len()];
        let scale = case
            .json
            .pointer("/args/loss_scale_factor")
            .and_then(Json::as_f64);
        let mut trained = Optimizer::new(&optimizer, &variables);
        let steps = case.get("traj_0").0.len() / variables[0].values.len();
        for step in 0..steps {
            let of = |(i, variable): (usize, &Variable)| {
                let len = variable.values.len();
                let gradient = &case.get(&format!("grad_{i}")).0[step * len..][..len];
                Gradient::dense(gradient.iter().map(|g| g / scale.unwrap_or(1.0)).collect())
            };
            let of_all = variables.iter().enumerate().map(of).collect();
            trained.apply(&mut variables, of_all);
            for (found, variable) in found.iter_mut().zip(&variables) {
                found.extend(&variable.values);
            }
        }
        for (i, found) in found.iter().enumerate() {
            case.compare(&format!("traj_{i}"), found, 1e-5);
        }
        seen += 1;
    }
    enough(seen, 40, "optimizers");
}

#[test]
fn schedules_are_those_of_keras() {
    let mut seen = 0;
    for case in cases("optimizers", "schedule_") {
        let schedule = case.text("schedule").expect("the name of a schedule");
        let schedule = case.call(schedule, &["config"]);
        let (steps, _) = case.get("step");
        let found = steps
            .iter()
            .map(|&step| schedules::at(&schedule, step as u64));
        case.compare("value", &found.collect::<Vec<_>>(), 1e-6);
        assert_eq!(schedule.unread(), Vec::<&str>::new(), "{}", case.name);
        seen += 1;
    }
    enough(seen, 5, "schedules");
}

#[test]
fn constraints_are_those_of_keras() {
    let mut seen = 0;
    for case in cases("constraints", "constraint_") {
        let constraint = case.json.get("constraint").and_then(Json::as_object);
        let constraint = of_object(constraint.expect("a constraint"));
        let (values, shape) = case.get("weight");
        let found = constraints::constrained(&constraint, values, shape);
        case.compare("output", &found, 1e-6);
        assert_eq!(constraint.unread(), Vec::<&str>::new(), "{}", case.name);
        seen += 1;
    }
    enough(seen, 5, "constraints");
}

/// Activations alone, and behind the product of a `Dense`.
#[test]
fn activations_are_those_of_keras() {
    let mut seen = BTreeSet::new();
    for case in cases("layers", "activation_") {
        let layer = case.json.pointer("/layers/0").expect("a layer");
        let name = layer.pointer("/config/activation").and_then(Json::as_str);
        let Some(name) = name.filter(|name| *name != "glu") else {
            continue;
        };
        let (input, shape) = case.get("input");
        clear();
        let x: Vec<Var> = input.iter().map(|&x| Var::parameter(x)).collect();
        let is_alone = layer.get("class_name").and_then(Json::as_str) == Some("Activation");
        let width = shape[shape.len() - 1];
        let z = if is_alone {
            x.clone()
        } else {
            dense(&case, &x, width)
        };
        let y = activation(name, &z, case.get("output").1[shape.len() - 1]);
        case.compare(
            "output",
            &y.iter().map(|y| y.value()).collect::<Vec<_>>(),
            5e-6,
        );
        let projected: Var = y
            .iter()
            .zip(case.get("grad_proj").0)
            .map(|(&y, &r)| y * r)
            .sum();
        // At a kink there is no derivative, and everybody has one of their own.
        if !z.iter().any(|z| kinks(name).contains(&z.value())) {
            case.compare("grad_input", &gradients(projected, &x), 5e-6);
        }
        seen.insert(name.to_owned());
    }
    enough(seen.len(), 20, "activations");
}

/// `x W + b`
fn dense(case: &Case, x: &[Var], width: usize) -> Vec<Var> {
    let (kernel, shape) = case.get("weight_0");
    let units = shape[1];
    let bias = case.find("weight_1").map(|(bias, _)| bias);
    let of_row = |row: &[Var]| -> Vec<Var> {
        let unit = |unit: usize| {
            let sum: Var = row
                .iter()
                .enumerate()
                .map(|(i, &x)| x * kernel[i * units + unit])
                .sum();
            sum + bias.map_or(0.0, |bias| bias[unit])
        };
        (0..units).map(unit).collect()
    };
    x.chunks(width).flat_map(of_row).collect()
}

/// The penalties of layers of which the arrays, or the output, have one.
#[test]
fn regularizers_are_those_of_keras() {
    let mut seen = 0;
    for case in cases("layers", "") {
        let layers = case.json.get("layers").and_then(Json::as_array);
        let (Some([layer]), Some((losses, _))) = (layers.map(Vec::as_slice), case.find("losses"))
        else {
            continue;
        };
        let Some(config) = layer.get("config").and_then(Json::as_object) else {
            continue;
        };
        let mut expected = losses.to_vec();
        let mut found = Vec::new();
        for (key, value) in config {
            let Some((array, "regularizer")) = key.rsplit_once('_') else {
                continue;
            };
            let Some(object) = value.as_object() else {
                continue;
            };
            let regularizer = of_object(object);
            let vars =
                |values: &[f64]| values.iter().map(|&x| Var::constant(x)).collect::<Vec<_>>();
            if array == "activity" {
                let (output, shape) = case.get("output");
                found.push(
                    regularizers::activity_penalty(&regularizer, &vars(output), shape).value(),
                );
                continue;
            }
            let listed = case
                .json
                .get("weights")
                .and_then(Json::as_array)
                .into_iter()
                .flatten();
            for (i, weight) in listed.enumerate() {
                let path = weight
                    .get("path")
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                if path.rsplit('/').next() == Some(array) {
                    let (values, shape) = case.get(&format!("weight_{i}"));
                    found.push(regularizers::penalty(&regularizer, &vars(values), shape).value());
                }
            }
        }
        // Layers in layers have others.
        if found.is_empty() || found.len() != expected.len() {
            continue;
        }
        expected.sort_by(f64::total_cmp);
        found.sort_by(f64::total_cmp);
        for (expected, found) in expected.iter().zip(&found) {
            let is_near = (expected - found).abs() <= 5e-6 * expected.abs().max(1e-3);
            assert!(is_near, "{}: {found}, in Keras {expected}", case.name);
        }
        seen += 1;
    }
    enough(seen, 3, "regularizers");
}
