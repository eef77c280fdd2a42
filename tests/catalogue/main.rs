//! The catalogue and the library say the same: each row is there, and nothing is there without a row.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kseq::activations::{Act, Activation};
use kseq::metrics::Metric;
use kseq::prelude::*;
use kseq::tensor::Tensor;
use kseq_catalogue::{
    ACTIVATIONS, CONSTRAINTS, ClassFamily, INITIALIZERS, Kind, LOSSES, METRICS, OPTIMIZERS,
    ObjectFamily, REGULARIZERS, SCHEDULES, layers,
};

mod shape_rules;

kseq_macros::catalogue_suite!();

/// A model of one layer with its defaults is what the layer's row says.
fn layer<M: Model>(class: &str) {
    let row = kseq_catalogue::layer(class).expect("a row");
    assert_eq!(M::LAYERS[0].class_name, class);
    assert_eq!(M::PARAMS > 0, has_weights(class), "{class}: parameters");
    let (input, output) = (M::Input::SHAPE, M::Output::SHAPE);
    if row.keeps_shape {
        assert_eq!(input.to_string(), output.to_string(), "{class}: its shape");
    }
    drop(M::new(0));
}

/// What is a step of the twin by its row is one, and else in `f32`.
fn twin<M: kseq::int8::Quantizable>(class: &str) {
    use kseq::int8::graph::Kind;
    let steps = M::STEPS[0].iter().filter(|step| step.is_some());
    let kinds: Vec<Kind> = steps.map(|step| step.kind).collect();
    let fits = match kseq_catalogue::quantized(class) {
        Some(kseq_catalogue::Quantized::Same) => kinds.is_empty(),
        Some(kseq_catalogue::Quantized::Operator) => {
            !kinds.is_empty() && kinds.iter().all(|kind| matches!(kind, Kind::Int8(_)))
        }
        None => matches!(kinds[..], [Kind::Float(..)]),
    };
    assert!(fits, "{class}: {kinds:?}");
}

/// A wrapper has those of the layer in it, or of the layers; some have what they have found in data.
fn has_weights(class: &str) -> bool {
    kseq_catalogue::layer(class).is_some_and(|row| {
        let lists = row.params.iter().any(|param| param.kind == Kind::Layers);
        let finds = matches!(class, "Discretization" | "IntegerLookup" | "Normalization");
        row.has_weights() || row.is_wrapper() || lists || finds
    })
}

fn activation<A: Activation>(names: &[&str]) {
    assert_eq!(names.first(), Some(&A::NAME));
}

/// A metric of three outputs.
fn metric<Y: Tensor, M: Metric<[f32; 3], Y>>(_: M) {}

/// The library takes a number at an end of an argument's range if the catalogue does, and else refuses it.
fn at_an_end(what: &str, is_inside: bool, is_refused: bool) {
    assert_eq!(is_refused, !is_inside, "{what}");
}

/// Literals in the range of a layer's argument are not checked by the compiler: the range must be that of the rule.
#[test]
fn the_ranges_of_layers_are_those_of_their_rules() {
    use kseq::__core::activations;
    use kseq::__core::layers::{
        dropout, gaussian_noise, layer_normalization, recurrent, thresholded_relu,
    };
    for row in layers() {
        for param in row.params {
            let (Kind::In(range) | Kind::InOrNone(range)) = param.kind else {
                continue;
            };
            let is_refused = |x: f32| match param.name {
                "rate" => dropout::rate_rule(x).is_some(),
                "dropout" | "recurrent_dropout" => recurrent::rate_rule(param.name, x).is_some(),
                "epsilon" => layer_normalization::epsilon_rule(x).is_some(),
                "max_value" => activations::max_value_rule(x).is_some(),
                "negative_slope" => activations::negative_slope_rule(x).is_some(),
                "threshold" => activations::threshold_rule(x).is_some(),
                "alpha" => activations::alpha_rule(x).is_some(),
                "stddev" => gaussian_noise::stddev_rule(x).is_some(),
                "theta" => thresholded_relu::theta_rule(x).is_some(),
                name => panic!("{}: the rule of `{name}`", row.class),
            };
            let what = |x: &f32| format!("{}: {} = {x}", row.class, param.name);
            for x in range.inside() {
                at_an_end(&what(x), true, is_refused(*x));
            }
            for x in range.outside() {
                at_an_end(&what(x), false, is_refused(*x));
            }
        }
    }
}

#[test]
fn layers_build_with_their_defaults() {
    build_layers();
}

#[test]
fn layers_have_the_steps_of_their_rows() {
    ask_twins();
}

/// Each layer of the core with an operator in integers (`const fn int8`) has a row in `kseq-catalogue/src/quantized.rs`.
#[test]
fn no_operator_in_integers_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kseq-core/src/layers");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        if !text.contains("const fn int8<") {
            continue;
        }
        // Its file is named for the class, or for classes of several ranks.
        let file = path.file_stem().unwrap_or_default().to_string_lossy();
        let rows = kseq_catalogue::quantized_classes();
        let named = |class: &str| {
            let class = kseq_catalogue::snake(class);
            file.split('_').all(|word| class.contains(word))
        };
        assert!(
            rows.into_iter().any(named),
            "{file}: its classes in `quantized.rs`"
        );
    }
}

#[test]
fn classes_have_defaults_and_the_ranges_of_their_rows() {
    make_classes();
}

#[test]
fn activations_are_those_of_the_core() {
    ask_activations();
    let core: BTreeSet<&str> = Act::ALL.iter().map(|act| act.name()).collect();
    let rows: BTreeSet<&str> = ACTIVATIONS.iter().map(|row| row.names[0]).collect();
    assert_eq!(rows, core);
}

sequential! { Three = [Dense(3, activation = "softmax", input_dim = 2)] }

/// The number of outputs in the type of some metrics is the model's.
#[test]
fn metrics_of_a_number_of_outputs_by_name() {
    let model = compile!(
        Three::new(0),
        loss = "categorical_crossentropy",
        metrics = ["f1_score", R2Score(name = "r2")]
    );
    assert_eq!(model.metrics_names(), ["loss", "f1_score", "r2"]);
}

/// The file of a module of the core.
fn source(module: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kseq-core/src");
    let files = [format!("{module}/mod.rs"), format!("{module}.rs")];
    let found = files
        .iter()
        .find_map(|file| fs::read_to_string(folder.join(file)).ok());
    found.unwrap_or_else(|| panic!("no module {module}"))
}

/// The files of a module of the core.
fn sources(module: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kseq-core/src");
    let entries = fs::read_dir(folder.join(module)).expect("a folder");
    let files = entries.filter_map(|entry| fs::read_to_string(entry.expect("a file").path()).ok());
    files.collect()
}

/// The types that a module of the core gives to the outside by `pub use`.
fn exported(module: &str) -> BTreeSet<String> {
    let source = source(module);
    let mut names = BTreeSet::new();
    let uses = source.split("\npub use ").skip(1);
    for path in uses.filter_map(|rest| rest.split(';').next()) {
        if let Some(file) = path.strip_suffix("::*") {
            // The types of such a file are the left sides of a table.
            let source = self::source(&format!("{module}/{file}"));
            let lines = source
                .lines()
                .filter_map(|line| line.trim().split_once(" = "));
            names.extend(
                lines
                    .map(|(name, _)| name.to_owned())
                    .filter(|name| is_type(name)),
            );
            continue;
        }
        let last = path.rsplit_once("::").map_or(path, |(_, last)| last);
        let list = path.split_once('{').map_or(last, |(_, list)| list);
        let list = list
            .split(',')
            .map(|name| name.trim_matches(['}', ' ', '\n']));
        names.extend(list.filter(|name| is_type(name)).map(str::to_owned));
    }
    names
}

fn is_type(name: &str) -> bool {
    let is_word = name.chars().all(char::is_alphanumeric);
    is_word && name.starts_with(char::is_uppercase)
}

/// The rows, and the types of the module that are not `others`.
fn compare<'a>(module: &str, rows: impl Iterator<Item = &'a str>, others: &[&str]) {
    let mut exported = exported(module);
    for other in others {
        assert!(exported.remove(*other), "{module} has no {other}");
    }
    let rows: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(rows, exported, "{module}: rows of the catalogue, and types");
}

fn compare_classes(family: &ClassFamily, others: &[&str]) {
    let module = family.module.replace("::", "/");
    compare(&module, family.rows.iter().map(|row| row.class), others);
}

#[test]
fn every_public_type_has_a_row() {
    let parts = |name: &String| name.ends_with("Params") || name.ends_with("State");
    let parts: Vec<String> = exported("layers").into_iter().filter(parts).collect();
    let parts = parts.iter().map(String::as_str);
    let others: Vec<&str> = parts
        .chain([
            "FillMode",
            "Fit",
            "FlipMode",
            "Glu",
            "Interpolation",
            "LambdaOf",
            "LocallyConnected",
            "Normalised",
            "OutputMode",
            "Padding",
            "SharedDropout",
            "Window",
            "Windows",
        ])
        .collect();
    // A model in a list is no type of this module.
    let rows = layers().map(|row| row.class);
    compare(
        "layers",
        rows.filter(|class| *class != "Sequential"),
        &others,
    );
    let others = [
        "Extras",
        "Occurrences",
        "Optimizer",
        "Settings",
        "Update",
        "Variable",
    ];
    compare_classes(&OPTIMIZERS, &others);
    compare_classes(&SCHEDULES, &["LearningRateSchedule", "Rate"]);
    let others = [
        "Accuracy",
        "AnyUnits",
        "AsMetric",
        "Classes",
        "Covers",
        "Function",
        "GivesClasses",
        "GivesLogits",
        "GivesYesNo",
        "InParts",
        "Insist",
        "Logits",
        "Loss",
        "MaskWeights",
        "MeantFor",
        "OverClasses",
        "Probabilities",
        "Reduction",
        "SeveralUnits",
        "Weights",
        "YesNo",
    ];
    compare_classes(&LOSSES, &others);
    let others = [
        "AccuracyTarget",
        "Average",
        "ClassAggregation",
        "CrossentropyTarget",
        "Curve",
        "Direction",
        "Function",
        "Metric",
        "Metrics",
        "MultiLabelAUC",
        "Named",
        "SummationMethod",
        "TakesMetrics",
        "Weighted",
    ];
    compare_classes(&METRICS, &others);
}

/// The variants of the enum of a family, without one's own.
fn variants(family: &ObjectFamily) -> BTreeSet<String> {
    let source = sources(family.module);
    let head = format!("pub enum {} {{\n", family.ty);
    let (_, body) = source.split_once(&head).expect("the enum");
    let (body, _) = body.split_once("\n}").expect("its end");
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.map(|line| line.split([',', ' ', '(', '{']).next().unwrap_or_default());
    let names = names.filter(|name| is_type(name) && !matches!(*name, "Custom" | "Seeded"));
    names.map(str::to_owned).collect()
}

/// `random_normal` -> `RandomNormal`
fn camel(name: &str) -> String {
    let words = name
        .split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect()
}

#[test]
fn every_variant_has_a_row() {
    for family in [&INITIALIZERS, &REGULARIZERS, &CONSTRAINTS] {
        let variants = variants(family);
        let rows = family.rows.iter().map(|row| camel(row.name));
        // What is a special case of another has a constant of its own.
        let source = sources(family.module);
        let is_special = |name: &String| {
            let constant = family.rows.iter().find(|row| camel(row.name) == *name);
            let constant = constant
                .and_then(|row| row.constant)
                .unwrap_or("no constant");
            !variants.contains(name) && source.contains(&format!("pub const {constant}: Self"))
        };
        let rows: BTreeSet<String> = rows.filter(|name| !is_special(name)).collect();
        assert_eq!(rows, variants, "{}", family.ty);
        for line in source.split("pub const ").skip(1) {
            let Some((constant, _)) = line.split_once(": Self") else {
                continue;
            };
            let is_constant = constant
                .chars()
                .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
            let mut rows = family.rows.iter();
            let has_row = rows.any(|row| row.constant == Some(constant));
            assert!(
                has_row || !is_constant,
                "{}::{constant} has no row",
                family.ty
            );
        }
    }
}
