//! The layers of a model in the words of Keras 3: `{"class_name": "Dense", "config": {"name": "dense_1", "units": 10}}`.

use std::borrow::ToOwned;
use std::format;
use std::vec::Vec;

use kseq_import::error::{Refusal, Refusals};
use serde_json::{Map, Value as Json, json};

use crate::activations::{Act, Activation};
use crate::base::said::Said;
use crate::base::shape::Elem;
use crate::config::{LayerConfig, Value};
use crate::constraints::Constraint;
use crate::initializers::{Distribution, Initializer, Mode};
use crate::model::{LayerInfo, Model};
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A model as a `Sequential` of Keras, of whose layers these are frozen; and what of it is the program's own, and so cannot be said.
pub(super) fn of<M: Model>(frozen: &[bool]) -> (Json, Refusals) {
    let mut refused = Refusals::default();
    if M::CONFIG.is_empty() {
        let why = "its layers were read without kseq's feature `import`, which must be on where `sequential!` is";
        refused
            .0
            .push(Refusal::new(format!("the model `{}`", M::NAME), why));
    }
    let mut layers = layers(M::CONFIG, M::LAYERS, frozen, "", &mut refused);
    if let Some(act) = M::Head::ACT
        && act != Act::Linear
        && let Some(last) = layers.last_mut()
    {
        end_with(last, act);
    }
    layers.insert(0, input(M::Input::SHAPE, M::BATCH));
    let config = json!({ "name": M::NAME, "trainable": true, "layers": layers });
    (object("Sequential", config), refused)
}

fn object(class: &str, config: Json) -> Json {
    json!({ "class_name": class, "config": config })
}

/// `Input(shape, batch_size)`
fn input(shape: Shape, batch: Option<usize>) -> Json {
    let sizes = shape.dims().iter().enumerate();
    let sizes = sizes.map(|(axis, &size)| (!shape.is_open(axis)).then_some(size));
    let batch_shape: Vec<Option<usize>> = [batch].into_iter().chain(sizes).collect();
    let dtype = match shape.elem() {
        Elem::U32 => "int32",
        Elem::F32 => "float32",
    };
    object(
        "InputLayer",
        json!({ "batch_shape": batch_shape, "dtype": dtype, "name": "input" }),
    )
}

/// Gives the last layer back the activation with which a loss may fuse.
fn end_with(layer: &mut Json, act: Act) {
    let class = layer.get("class_name").and_then(Json::as_str);
    let is_softmax = class == Some("Softmax");
    let Some(config) = layer.get_mut("config").and_then(Json::as_object_mut) else {
        return;
    };
    if let Some(last) = config.get_mut("layers").and_then(Json::as_array_mut) {
        return last.last_mut().map_or((), |last| end_with(last, act));
    }
    if let Some(inner) = config.get_mut("layer") {
        return end_with(inner, act);
    }
    if !is_softmax {
        config.insert("activation".to_owned(), act.name().into());
    }
}

/// The layers of a list; `within` names the layers around it.
fn layers(
    configs: &[LayerConfig],
    infos: &[LayerInfo],
    frozen: &[bool],
    within: &str,
    refused: &mut Refusals,
) -> Vec<Json> {
    let layers = configs.iter().zip(infos).enumerate();
    let layers = layers.map(|(i, (config, info))| {
        let place = format!("{within}layer {} `{}`", i + 1, info.name);
        let mut layer = layer(config, info, &place, refused);
        let trainable = frozen.get(i) != Some(&true);
        if let Some(config) = layer.get_mut("config").and_then(Json::as_object_mut) {
            config.insert("name".to_owned(), info.name.into());
            // Not all layers of Keras take what is its default.
            if !trainable {
                config.insert("trainable".to_owned(), trainable.into());
            }
        }
        layer
    });
    layers.collect()
}

/// A layer; of one in a wrapper `info` is the wrapper's.
fn layer(config: &LayerConfig, info: &LayerInfo, place: &str, refused: &mut Refusals) -> Json {
    let mut fields = Map::new();
    for (name, value) in config.arguments {
        if is_silent(name) {
            continue;
        }
        let within = format!("{place}, ");
        let value = match value {
            Value::Layers(configs) => {
                if configs.is_empty() {
                    let why = "a model whose layers were read without kseq's feature `import`";
                    refused.0.push(Refusal::new(place, why));
                }
                let inside = info.inside;
                Json::Array(layers(
                    configs,
                    inside.layers,
                    inside.frozen,
                    &within,
                    refused,
                ))
            }
            Value::Layer(config) => layer(config, info, place, refused),
            value => match plain(value) {
                Some(value) => value,
                None => {
                    refuse_own(name, info, place, refused);
                    continue;
                }
            },
        };
        fields.insert((*name).to_owned(), value);
    }
    // The weights of a model that is a layer are those of a `Sequential` in Keras, which has a name.
    if config.class == "Sequential" {
        fields.insert("name".to_owned(), info.name.into());
    }
    object(config.class, Json::Object(fields))
}

/// A layer has one refusal, whatever of it is the program's own.
fn refuse_own(argument: &str, info: &LayerInfo, place: &str, refused: &mut Refusals) {
    let place = format!("{place} ({})", info.class_name);
    let what = match argument {
        "" => "the layer is the program's own".to_owned(),
        name => format!("`{name}` is the program's own"),
    };
    if !refused.0.iter().any(|refusal| refusal.place == place) {
        let why = format!("{what}, for which Keras has no word");
        refused.0.push(Refusal::new(place, why));
    }
}

/// What says how a version of Keras computes, which another one does not take.
fn is_silent(argument: &str) -> bool {
    matches!(
        argument,
        "implementation" | "time_major" | "input_length" | "fused" | "unroll" | "use_cudnn"
    )
}

/// A value that is no layer; `None` if it is the program's own.
fn plain(value: &Value) -> Option<Json> {
    let with = |sizes: &[Option<usize>], none: Json| -> Json {
        let size = |size: &Option<usize>| size.map_or(none.clone(), Json::from);
        sizes.iter().map(size).collect()
    };
    Some(match *value {
        Value::Size(size) => size.into(),
        Value::Sizes(sizes) => sizes.iter().copied().collect(),
        Value::Pairs(sizes) => sizes.chunks(2).map(|pair| json!(pair)).collect(),
        Value::TargetShape(sizes) => with(sizes, (-1).into()),
        Value::NoiseShape(sizes) => with(sizes, Json::Null),
        Value::Seed(seed) => seed.into(),
        Value::Axis(axis) => axis.into(),
        Value::Axes([]) => Json::Null,
        Value::Axes([axis]) => (*axis).into(),
        Value::Axes(axes) => axes.iter().copied().collect(),
        Value::Wholes(numbers) => numbers.iter().copied().collect(),
        Value::Real(x) => number(x),
        Value::Reals([x]) => number(*x),
        Value::Reals(numbers) => numbers.iter().map(|x| number(*x)).collect(),
        Value::Dict(keys, values) => {
            let fields = keys.iter().zip(values);
            let fields =
                fields.filter_map(|(key, value)| Some(((*key).to_owned(), number((*value)?))));
            Json::Object(fields.collect())
        }
        Value::Flag(flag) => flag.into(),
        Value::Word(word) => word.into(),
        Value::Initializer(of) => initializer(&of)?,
        Value::Regularizer(of) => regularizer(&of)?,
        Value::Constraint(of) => constraint(&of)?,
        Value::Layer(_) | Value::Layers(_) | Value::Own => return None,
    })
}

fn number(x: f32) -> Json {
    x.json()
}

fn initializer(of: &Initializer) -> Option<Json> {
    let known = |class: &str, fields: &[(&str, f32)]| {
        let fields = fields
            .iter()
            .map(|(name, x)| ((*name).to_owned(), number(*x)));
        Some(object(class, Json::Object(fields.collect())))
    };
    match *of {
        Initializer::Zeros => known("Zeros", &[]),
        Initializer::Ones => known("Ones", &[]),
        Initializer::Constant(value) => known("Constant", &[("value", value)]),
        Initializer::RandomNormal { mean, stddev } => {
            known("RandomNormal", &[("mean", mean), ("stddev", stddev)])
        }
        Initializer::RandomUniform { minval, maxval } => {
            known("RandomUniform", &[("minval", minval), ("maxval", maxval)])
        }
        Initializer::TruncatedNormal { mean, stddev } => {
            known("TruncatedNormal", &[("mean", mean), ("stddev", stddev)])
        }
        Initializer::VarianceScaling {
            scale,
            mode,
            distribution,
        } => {
            let mode = match mode {
                Mode::FanIn => "fan_in",
                Mode::FanOut => "fan_out",
                Mode::FanAvg => "fan_avg",
            };
            let distribution = match distribution {
                Distribution::TruncatedNormal => "truncated_normal",
                Distribution::UntruncatedNormal => "untruncated_normal",
                Distribution::Uniform => "uniform",
            };
            let named = match (scale, mode, distribution) {
                (1.0, "fan_avg", "uniform") => "GlorotUniform",
                (1.0, "fan_avg", "truncated_normal") => "GlorotNormal",
                (2.0, "fan_in", "uniform") => "HeUniform",
                (2.0, "fan_in", "truncated_normal") => "HeNormal",
                (1.0, "fan_in", "uniform") => "LecunUniform",
                (1.0, "fan_in", "truncated_normal") => "LecunNormal",
                _ => {
                    let config = json!({ "scale": number(scale), "mode": mode, "distribution": distribution });
                    return Some(object("VarianceScaling", config));
                }
            };
            known(named, &[])
        }
        Initializer::Orthogonal { gain } => known("Orthogonal", &[("gain", gain)]),
        Initializer::Identity { gain } => known("Identity", &[("gain", gain)]),
        Initializer::Seeded { of, seed } => {
            let mut of = initializer(of)?;
            let config = of.get_mut("config").and_then(Json::as_object_mut)?;
            config.insert("seed".to_owned(), seed.into());
            Some(of)
        }
        Initializer::Custom(_) => None,
    }
}

fn regularizer(of: &Regularizer) -> Option<Json> {
    use crate::regularizers::Mode as Vectors;
    Some(match *of {
        Regularizer::L1 { l1 } => object("L1", json!({ "l1": number(l1) })),
        Regularizer::L2 { l2 } => object("L2", json!({ "l2": number(l2) })),
        Regularizer::L1L2 { l1, l2 } => {
            object("L1L2", json!({ "l1": number(l1), "l2": number(l2) }))
        }
        Regularizer::OrthogonalRegularizer { factor, mode } => {
            let mode = match mode {
                Vectors::Rows => "rows",
                Vectors::Columns => "columns",
            };
            let config = json!({ "factor": number(factor), "mode": mode });
            object("OrthogonalRegularizer", config)
        }
        Regularizer::Custom { .. } => return None,
    })
}

fn constraint(of: &Constraint) -> Option<Json> {
    let axes = |axis: &[isize]| match axis {
        [one] => json!(one),
        several => json!(several),
    };
    Some(match *of {
        Constraint::MaxNorm { max_value, axis } => object(
            "MaxNorm",
            json!({ "max_value": number(max_value), "axis": axes(axis) }),
        ),
        Constraint::NonNeg => object("NonNeg", json!({})),
        Constraint::UnitNorm { axis } => object("UnitNorm", json!({ "axis": axes(axis) })),
        Constraint::MinMaxNorm {
            min_value,
            max_value,
            rate,
            axis,
        } => object(
            "MinMaxNorm",
            json!({
                "min_value": number(min_value),
                "max_value": number(max_value),
                "rate": number(rate),
                "axis": axes(axis),
            }),
        ),
        Constraint::Custom(_) => return None,
    })
}
