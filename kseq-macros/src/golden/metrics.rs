//! Cases of metrics: a function that runs each with the metric that its file names.

use kseq_catalogue::{ClassRow, METRICS};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use super::case::Emitted;
use super::losses;
use super::values::{self, Samples};

/// The metrics that count each element by itself: it may have a weight of its own.
const OF_ELEMENTS: &[&str] = &[
    "AUC",
    "BinaryIoU",
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "PrecisionAtRecall",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
    "TrueNegatives",
    "TruePositives",
];

/// The metrics that have several values, and which samples have one axis.
const OF_CLASSES: &[&str] = &["F1Score", "FBetaScore", "R2Score"];

/// The largest number of thresholds: their counts lie on the stack.
const MOST_THRESHOLDS: u64 = 10_000;

/// The function that runs the case.
pub(super) fn case(case: &Value) -> Result<Emitted, String> {
    let name = case
        .get("metric")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // Not all of them can be named in `compile!`.
    let mut rows = METRICS.rows.iter();
    let row = rows
        .find(|row| row.class == name)
        .ok_or_else(|| format!("no metric {name}"))?;
    let args = values::given(case.get("args").or_else(|| case.get("config")));
    // They have no targets.
    if matches!(name, "Mean" | "Sum") {
        let metric = format_ident!("{name}");
        return Ok(Emitted::only(quote! {
            |golden| metrics::values_case(
                golden,
                |m, v, w| m.update_state(v, w),
                ::kseq::metrics::#metric::result,
                ::kseq::metrics::#metric::new(),
            )
        }));
    }
    let samples = samples(case, name, &args)?;
    let dims = &samples.dims;
    if OF_CLASSES.contains(&name) && (dims.len() != 1 || samples.is_one_row) {
        return Err(format!("{name} of samples of shape {dims:?}"));
    }
    let output = &samples.output;
    let target = match is_sparse(name) {
        true => quote!(<#output as ::kseq::losses::Classes>::Target),
        false => output.clone(),
    };
    let numbers = answers_are_numbers(name, &args);
    let is_weighted = (0..3).all(|k| values::has(case, &format!("sample_weight_{k}")));
    let metric = metric(row, &args, dims, is_weighted)?;
    let result = match values::shape(case, "result_0")?.as_slice() {
        [] | [1] => quote!(|m| vec![::kseq::metrics::Metric::<#output, #target>::result(m)]),
        _ if has_values(name) => quote!(|m| m.values().to_vec()),
        several => return Err(format!("a result of shape {several:?}")),
    };
    Ok(Emitted::only(quote! {
        |golden| metrics::metric_case::<#output, #target, _>(golden, #numbers, #metric, #result)
    }))
}

/// Whether targets are class numbers.
fn is_sparse(name: &str) -> bool {
    name.starts_with("Sparse") || matches!(name, "IoU" | "MeanIoU")
}

/// Whether outputs are class numbers, which kseq does not have: the suite makes them outputs over classes.
fn answers_are_numbers(name: &str, args: &Map<String, Value>) -> bool {
    let default = matches!(name, "IoU" | "MeanIoU");
    let is_of_classes = default || matches!(name, "OneHotIoU" | "OneHotMeanIoU");
    let given = args.get("sparse_y_pred");
    is_of_classes && given.map_or(default, |value| value == &Value::Bool(true))
}

/// The argument `num_classes`.
fn classes(args: &Map<String, Value>) -> Result<usize, String> {
    let classes = args.get("num_classes").ok_or("no num_classes")?;
    Ok(values::whole(classes)? as usize)
}

/// Whether it has a value for each threshold or class.
fn has_values(name: &str) -> bool {
    OF_CLASSES.contains(&name)
        || matches!(
            name,
            "Precision"
                | "Recall"
                | "FalseNegatives"
                | "FalsePositives"
                | "TrueNegatives"
                | "TruePositives"
        )
}

/// The samples of all three updates, which are of one type.
fn samples(case: &Value, name: &str, args: &Map<String, Value>) -> Result<Samples, String> {
    let mut first: Option<Samples> = None;
    for k in 0..3 {
        let names = [format!("y_true_{k}"), format!("y_pred_{k}")];
        let [y_true, y_pred] = names.each_ref().map(String::as_str);
        let mut samples = match answers_are_numbers(name, args) {
            true => Samples::of_answers(case, [y_true, y_pred], classes(args)?)?,
            false => Samples::of(case, [y_true, y_pred], is_sparse(name))?,
        };
        let weight = format!("sample_weight_{k}");
        if matches!(name, "F1Score" | "FBetaScore")
            && values::has(case, &weight)
            && values::shape(case, &weight)?.len() != 1
        {
            return Err(format!("{name} with weights of more than one axis"));
        }
        let by_element = OF_ELEMENTS.contains(&name);
        let looks_at_rows = ["class_id", "top_k"]
            .iter()
            .any(|key| args.contains_key(*key));
        if samples.is_one_row && by_element && !looks_at_rows {
            // Any arrangement of the elements has the same result.
            samples = Samples {
                output: quote!([f32; 1]),
                dims: vec![1],
                is_one_row: false,
            };
        }
        let is_whole = values::has(case, &weight)
            && values::shape(case, &weight)? == values::shape(case, y_pred)?;
        if !(by_element && is_whole) {
            samples.check_weights(case, &weight, args.get("axis"))?;
        }
        match &first {
            Some(first) if first.dims != samples.dims || first.is_one_row != samples.is_one_row => {
                return Err("batches of other shapes".to_owned());
            }
            Some(_) => {}
            None => first = Some(samples),
        }
    }
    first.ok_or_else(|| "no samples".to_owned())
}

/// The metric with its arguments, for samples of this shape.
fn metric(
    row: &ClassRow,
    args: &Map<String, Value>,
    dims: &[usize],
    is_weighted: bool,
) -> Result<TokenStream, String> {
    let name = row.class;
    let units = dims.last().copied().unwrap_or(1);
    let mut new = match of_loss(name, args, dims, is_weighted)? {
        Some(metric) => return Ok(metric),
        None => new(row, args, units)?,
    };
    // What changes the type comes first, but for what leaves only a few methods.
    let order = |key: &str| match key {
        "num_thresholds" | "thresholds" => 0,
        "multi_label" => 2,
        "label_weights" => 3,
        _ => 1,
    };
    let mut sorted: Vec<(&String, &Value)> = args.iter().collect();
    sorted.sort_by_key(|(key, _)| order(key));
    for (key, value) in sorted {
        let key = key.as_str();
        let is_iou = name.ends_with("IoU") && name != "BinaryIoU";
        match key {
            "name" | "dtype" => continue,
            _ if row.new.contains(&key) || (key == "num_classes" && is_iou) => continue,
            "axis" | "sparse_y_true" | "sparse_y_pred" if is_iou => continue,
            "from_sorted_ids" | "multi_label" if value == &Value::Bool(false) => continue,
            "num_labels" if args.get("multi_label") == Some(&Value::Bool(true)) => {
                match values::whole(value)? == units as u64 {
                    true => continue,
                    false => return Err(format!("{name}: {value} labels of {units} units")),
                }
            }
            "num_thresholds" if args.contains_key("thresholds") => continue,
            "thresholds" if !row.own().any(|known| known.name == "thresholds") => {
                return Err(format!("{name}: no argument {key} = {value}"));
            }
            "ignore_class" if is_iou => {}
            _ if row.own().any(|known| known.name == key) => {}
            _ => return Err(format!("{name}: no argument {key} = {value}")),
        }
        new.extend(call(key, value, units).map_err(|why| format!("{name}: {key}: {why}"))?);
    }
    Ok(new)
}

/// A loss as a metric.
fn of_loss(
    name: &str,
    args: &Map<String, Value>,
    dims: &[usize],
    is_weighted: bool,
) -> Result<Option<TokenStream>, String> {
    let class = match name {
        "LogCoshError" => "LogCosh",
        name => name,
    };
    let Ok(row) = losses::row(class) else {
        return Ok(None);
    };
    if args.contains_key("ignore_class") && !is_weighted {
        return Err(format!(
            "{name}: rows of ignore_class do not count, in Keras they do without weights"
        ));
    }
    let loss = losses::value(row, args, dims)?;
    Ok(Some(quote!(::kseq::metrics::MeanMetricWrapper::new(#loss))))
}

/// The constructor.
fn new(row: &ClassRow, args: &Map<String, Value>, units: usize) -> Result<TokenStream, String> {
    let name = row.class;
    let metric = format_ident!("{name}");
    if name == "Accuracy" {
        // The class of Keras: equal elements.
        return Ok(quote!(::kseq::metrics::function(
            "accuracy",
            metrics::equal
        )));
    }
    if name.ends_with("IoU") && name != "BinaryIoU" {
        let classes = classes(args)?;
        if args
            .get("sparse_y_true")
            .is_some_and(|v| v != &Value::Bool(is_sparse(name)))
        {
            return Err(format!("{name}: sparse_y_true"));
        }
        if classes != units {
            return Err(format!("{name}: {classes} classes of {units} units"));
        }
        let ids = match row.new {
            [key] => Some(ids(args.get(*key).ok_or("no target_class_ids")?)?),
            _ => None,
        };
        return Ok(quote!(::kseq::metrics::#metric::<#classes>::new(#ids)));
    }
    let first = match row.new {
        // Keras's default.
        ["beta"] if !args.contains_key("beta") => Some(1.0),
        [key] => {
            let value = args.get(*key).ok_or_else(|| format!("{name}: no {key}"))?;
            Some(values::real(value)?)
        }
        _ => None,
    };
    Ok(quote!(::kseq::metrics::#metric::new(#first)))
}

/// `&[0, 2]`
fn ids(value: &Value) -> Result<TokenStream, String> {
    let ids = values::list(value, values::whole)?;
    let ids = ids.iter().map(|id| *id as usize);
    Ok(quote!(&[#(#ids),*]))
}

/// One argument as a call of the builder's method.
fn call(key: &str, value: &Value, units: usize) -> Result<TokenStream, String> {
    let method = format_ident!("{key}");
    Ok(match key {
        "num_thresholds" => {
            let count = values::whole(value)?;
            if !(2..=MOST_THRESHOLDS).contains(&count) {
                return Err(format!("{count}, kseq takes 2 to {MOST_THRESHOLDS}"));
            }
            let count = count as usize;
            quote!(.num_thresholds::<#count>())
        }
        "thresholds" => {
            let thresholds = match value {
                Value::Array(_) => values::list(value, values::real)?,
                _ => vec![values::real(value)?],
            };
            if thresholds.is_empty() {
                return Err("an empty list".to_owned());
            }
            quote!(.thresholds([#(#thresholds),*]))
        }
        "k" | "top_k" | "class_id" | "num_regressors" => {
            let value = values::whole(value)? as usize;
            quote!(.#method(#value))
        }
        "ignore_class" => {
            let class = value.as_i64().ok_or_else(|| value.to_string())?;
            let class = u32::try_from(class).unwrap_or(u32::MAX);
            quote!(.ignore_class(#class))
        }
        "target_class_ids" => {
            let ids = ids(value)?;
            quote!(.target_class_ids(#ids))
        }
        "label_weights" => {
            let weights = values::list(value, values::real)?;
            if weights.len() != units {
                return Err(format!("{value} of {units} units"));
            }
            quote!(.label_weights([#(#weights),*]))
        }
        "axis" => {
            let axis = value.as_i64().ok_or_else(|| value.to_string())? as isize;
            quote!(.axis(#axis))
        }
        "multi_label" => quote!(.multi_label::<#units>()),
        "from_logits" => {
            let value = values::flag(value)?;
            quote!(.from_logits(#value))
        }
        "average" | "curve" | "summation_method" | "class_aggregation" => {
            let word = value.as_str().ok_or_else(|| value.to_string())?;
            let (ty, variant) = variant(key, word).ok_or_else(|| format!("no {word}"))?;
            let (ty, variant) = (format_ident!("{ty}"), format_ident!("{variant}"));
            quote!(.#method(::kseq::metrics::#ty::#variant))
        }
        _ => {
            let value = values::real(value)?;
            quote!(.#method(#value))
        }
    })
}

/// The type of an argument and its variant for a word.
fn variant(key: &str, word: &str) -> Option<(&'static str, &'static str)> {
    Some(match (key, word) {
        ("average", "macro") => ("Average", "Macro"),
        ("average", "micro") => ("Average", "Micro"),
        ("average", "weighted") => ("Average", "Weighted"),
        ("curve", "ROC" | "roc") => ("Curve", "ROC"),
        ("curve", "PR" | "pr") => ("Curve", "PR"),
        ("curve", "PRGAIN" | "prgain") => ("Curve", "PRGAIN"),
        ("summation_method", "interpolation") => ("SummationMethod", "Interpolation"),
        ("summation_method", "majoring") => ("SummationMethod", "Majoring"),
        ("summation_method", "minoring") => ("SummationMethod", "Minoring"),
        ("class_aggregation", "uniform_average") => ("ClassAggregation", "UniformAverage"),
        ("class_aggregation", "variance_weighted_average") => {
            ("ClassAggregation", "VarianceWeightedAverage")
        }
        _ => return None,
    })
}
