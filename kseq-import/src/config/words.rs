//! Layers of Keras 1 and 2 in the words of Keras 3.

use kseq_catalogue::{COMMON_LATER, FORMER, Kind};
use serde_json::{Map, Value, json};

use super::objects::{layers_of, plain};
use super::writer::Writer;
use crate::error::Refusal;
use crate::translate::{class_of, config_of};

/// What goes on while layers are translated.
pub struct Words<'a> {
    writer: &'a Writer,
    /// The layer that is being translated, for messages.
    pub place: String,
    /// What cannot be said.
    pub refused: Vec<Refusal>,
    /// What is not said.
    pub left_out: Vec<String>,
}

/// Keys of Keras 1 that say how it computes, or what the weights began with.
const NOTHING: &[&str] = &[
    "consume_less",
    "forget_bias_init",
    "init",
    "inner_init",
    "beta_init",
    "gamma_init",
    "weights",
    "input_dtype",
];

/// Layers whose numbers are the classes of what they take.
const INTEGERS: &[&str] = &["CategoryEncoding", "Discretization", "IntegerLookup"];

/// Types of numbers that are computed as `float32`.
const FLOATS: &[&str] = &[
    "float16",
    "bfloat16",
    "float64",
    "mixed_float16",
    "mixed_bfloat16",
];

impl<'a> Words<'a> {
    /// For a file of this writer.
    pub fn new(writer: &'a Writer) -> Self {
        Words {
            writer,
            place: String::new(),
            refused: Vec::new(),
            left_out: Vec::new(),
        }
    }

    fn refuse(&mut self, what: impl Into<String>) {
        let place = self.place.clone();
        self.refused.push(Refusal::new(place, what));
    }

    fn leave_out(&mut self, what: &str) {
        let place = &self.place;
        self.left_out.push(format!("{place}: {what}"));
    }

    /// Brings a layer, and those in it, into the words of Keras 3.
    pub fn modernise(&mut self, object: &mut Value) {
        if let Some("Functional" | "Model") = class_of(object) {
            match super::chain::layers(object) {
                Ok(layers) => {
                    let mut config = config_of(object);
                    config.insert("layers".to_owned(), layers.into());
                    *object = json!({ "class_name": "Sequential", "config": config });
                }
                Err(why) => {
                    let why = why.0.into_iter().map(|why| why.to_string());
                    why.collect::<Vec<_>>()
                        .into_iter()
                        .for_each(|why| self.refuse(why));
                    return;
                }
            }
        }
        let Some(class) = class_of(object).map(str::to_owned) else {
            return;
        };
        let Some(class) = self.class(&class, object) else {
            return;
        };
        if class == "Sequential" {
            let layers = layers_of(object).unwrap_or_default();
            let is_layer = |layer: &Value| class_of(layer) != Some("InputLayer");
            let mut layers: Vec<Value> = layers.into_iter().filter(is_layer).collect();
            layers.iter_mut().for_each(|layer| self.modernise(layer));
            let config = config_of(object);
            let mut kept = json!({ "layers": layers });
            for key in ["name", "trainable"] {
                if let (Some(value), Some(kept)) = (config.get(key), kept.as_object_mut()) {
                    kept.insert(key.to_owned(), value.clone());
                }
            }
            *object = json!({ "class_name": class, "config": kept });
            return;
        }
        let mut config = config_of(object);
        // These say neither: they have what cuDNN has.
        if class_of(object).is_some_and(|class| class.starts_with("CuDNN")) {
            config.insert("recurrent_activation".to_owned(), "sigmoid".into());
            if class == "GRU" {
                config.insert("reset_after".to_owned(), true.into());
            }
        }
        one_axis(&class, &mut config);
        if self.writer.major == 1 {
            self.of_keras_1(&class, &mut config);
        }
        self.of_keras_2(&class, &mut config);
        self.dtype(&class, &mut config);
        for (key, value) in &mut config {
            if let Some(number) = plain(value).cloned() {
                *value = number;
            }
            match key.as_str() {
                "layer" | "backward_layer" | "cell" | "cells" => self.inner(value),
                key if key.ends_with("activation") => {
                    self.activation(value);
                    let class = class_of(value).and_then(kseq_catalogue::layer);
                    if class.is_some() {
                        self.modernise(value);
                    }
                }
                _ => {}
            }
        }
        without_default_backward(&mut config);
        *object = json!({ "class_name": class, "config": config });
    }

    /// The layers in a wrapper, the cells of a recurrent layer.
    fn inner(&mut self, value: &mut Value) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|value| self.inner(value)),
            value => self.modernise(value),
        }
    }

    /// The class in kseq; nothing if the layer is refused.
    fn class(&mut self, class: &str, object: &Value) -> Option<String> {
        let package = object.get("registered_name").and_then(Value::as_str);
        let module = object.get("module").and_then(Value::as_str);
        let is_own = package.is_some_and(|name| !name.is_empty())
            && module.is_none_or(|module| !module.contains("keras"));
        let base = class.rsplit('>').next().unwrap_or(class);
        if is_own || class.contains('>') && !class.starts_with("keras>") {
            self.refuse(format!(
                "`{}` is a class of a program, whose code is not in the file\n  help: write the layer as one of your own, \
                 see `examples/own_layer.rs`",
                package.unwrap_or(class)
            ));
            return None;
        }
        Some(match base {
            "Lambda" | "TFOpLambda" | "SlicingOpLambda" => {
                let function = object.pointer("/config/function").unwrap_or(&Value::Null);
                let shown = match function {
                    Value::String(name) => format!("`{name}`"),
                    _ => "code of Python".to_owned(),
                };
                self.refuse(format!(
                    "its function is {shown}, which is never run\n  help: say in Python what it does with layers, such as \
                     `Rescaling`, `Reshape` or `Activation`, and save the model anew"
                ));
                return None;
            }
            "BatchNormalizationV1" | "BatchNormalizationV2" | "SyncBatchNormalization" => {
                "BatchNormalization".to_owned()
            }
            "AtrousConvolution1D" => "Conv1D".to_owned(),
            "AtrousConvolution2D" => "Conv2D".to_owned(),
            "Deconvolution2D" => "Conv2DTranspose".to_owned(),
            "TimeDistributedDense" => "Dense".to_owned(),
            "LSTMV1" | "LSTMV2" | "CuDNNLSTM" => "LSTM".to_owned(),
            "GRUV1" | "GRUV2" | "CuDNNGRU" => "GRU".to_owned(),
            base => kseq_catalogue::layer(base)
                .map_or(base, |row| row.class)
                .to_owned(),
        })
    }

    /// Keras 2's values of single layers, and keys without a meaning.
    fn of_keras_2(&mut self, class: &str, config: &mut Map<String, Value>) {
        for later in COMMON_LATER {
            let default = later.default.unwrap_or_default().to_lowercase();
            let is_default = |value: &Value| {
                value.is_null()
                    || value
                        .as_bool()
                        .is_some_and(|flag| flag.to_string() == default)
            };
            if config.get(later.name).is_some_and(is_default) {
                config.remove(later.name);
            }
        }
        for key in ["input_length", "fused", "ragged", "sparse"] {
            let is_telling = key == "sparse"
                && kseq_catalogue::layer(class).is_some_and(|row| row.param(key).is_some());
            if !is_telling {
                config.remove(key);
            }
        }
        if class != "Embedding" {
            config.remove("input_dim");
        }
        // What the classes of `tf.keras` have from the ones that they are made of.
        let is_inherited = |key: &str, value: &Value| {
            key.ends_with("_initializer")
                || key == "groups" && value == 1
                || key == "time_major" && value == &Value::Bool(false)
                // How random numbers come about, with a state or without.
                || key == "rng_type"
        };
        config.retain(|key, value| is_argument(class, key) || !is_inherited(key, value));
        if let Some(row) = kseq_catalogue::layer(class) {
            for (former, now) in row.former {
                if let Some(value) = config.remove(*former) {
                    config.entry(*now).or_insert(value);
                }
            }
        }
        // Keras has it since 2.1.6, and `reset_after = true` as its default since 3 (`tf.keras` 2).
        let is_gru = matches!(class, "GRU" | "GRUCell");
        if is_gru && self.writer.major < 3 {
            config.entry("reset_after").or_insert(Value::Bool(false));
        }
        let is_gated = is_gru || matches!(class, "LSTM" | "LSTMCell");
        if is_gated && self.writer.major < 3 {
            let hard = || Value::from("hard_sigmoid");
            config.entry("recurrent_activation").or_insert_with(hard);
        }
    }

    /// `hard_sigmoid` is another function since Keras 3.
    fn activation(&self, value: &mut Value) {
        let name = match class_of(value) {
            Some("function") => value.get("config").and_then(Value::as_str),
            _ => value.as_str(),
        };
        if name == Some("hard_sigmoid") && self.writer.major < 3 {
            *value = Value::from("hard_sigmoid_keras2");
        }
    }

    /// Takes policies of types off: kseq computes in `f32`.
    fn dtype(&mut self, class: &str, config: &mut Map<String, Value>) {
        let named = config.get("dtype").and_then(|dtype| match dtype {
            Value::Object(_) => dtype.pointer("/config/name")?.as_str(),
            dtype => dtype.as_str(),
        });
        let Some(name) = named.map(str::to_owned) else {
            config.remove("dtype");
            return;
        };
        let is_counted = INTEGERS.contains(&class) && name.starts_with("int");
        if FLOATS.contains(&name.as_str()) {
            self.leave_out(&format!("its type `{name}`: kseq computes in `float32`"));
        } else if name != "float32" && class != "Embedding" && !is_counted {
            self.refuse(format!("dtype = \"{name}\"; kseq computes in `float32`"));
        }
        config.remove("dtype");
    }

    /// Keras 1's words.
    fn of_keras_1(&mut self, class: &str, config: &mut Map<String, Value>) {
        for key in NOTHING {
            config.remove(*key);
        }
        let mode = config.remove("mode");
        if class == "BatchNormalization" && mode.as_ref().is_some_and(|mode| mode != 0) {
            let mode = mode.unwrap_or_default();
            self.refuse(format!(
                "mode = {mode}; kseq, as Keras since 2, has what was `mode = 0`"
            ));
        }
        if let Some(rate) = config.remove("dropout").filter(|_| class == "Embedding")
            && rate.as_f64().is_some_and(|rate| rate > 0.0)
        {
            self.leave_out(&format!(
                "dropout = {rate}, which an Embedding has had in Keras 1 alone"
            ));
        }
        let pair = |config: &mut Map<String, Value>, [first, second]: [&str; 2]| {
            let (first, second) = (config.remove(first)?, config.remove(second)?);
            Some(json!([first, second]))
        };
        if let Some(kernel) = pair(config, ["nb_row", "nb_col"]) {
            config.insert("kernel_size".to_owned(), kernel);
        }
        config.remove("output_shape");
        if let Some(order) = config.remove("dim_ordering") {
            let order = match order.as_str() {
                Some("th") => "channels_first",
                _ => "channels_last",
            };
            config.insert("data_format".to_owned(), order.into());
        }
        if let (Some(Value::Array(four)), "ZeroPadding2D") = (config.get("padding"), class)
            && let [top, bottom, left, right] = four.as_slice()
        {
            let pairs = json!([[top, bottom], [left, right]]);
            config.insert("padding".to_owned(), pairs);
        }
        if class == "GaussianNoise"
            && let Some(sigma) = config.remove("sigma")
        {
            config.insert("stddev".to_owned(), sigma);
        }
        for other in FORMER {
            // An Embedding has kept this name.
            let is_kept = other.name == "output_dim" && class == "Embedding";
            if let Some(value) = config.get(other.name).cloned()
                && !is_kept
                && is_argument(class, other.here)
            {
                config.remove(other.name);
                config.insert(other.here.to_owned(), value);
            }
        }
        for (key, value) in config.iter_mut() {
            if key.ends_with("_regularizer") || key.ends_with("_constraint") {
                of_a_weight(value);
            }
        }
    }
}

/// Keras 2 writes the axis of a `BatchNormalization` as a list of one.
fn one_axis(class: &str, config: &mut Map<String, Value>) {
    let Some(row) = kseq_catalogue::layer(class) else {
        return;
    };
    for param in row.params {
        if let (Kind::Axis | Kind::Axes | Kind::AxesOrNone, Some(Value::Array(list))) =
            (param.kind, config.get(param.name))
            && let [axis] = list.as_slice()
        {
            let axis = axis.clone();
            config.insert(param.name.to_owned(), axis);
        }
    }
}

/// Whether a layer takes it.
fn is_argument(class: &str, name: &str) -> bool {
    kseq_catalogue::layer(class).is_some_and(|row| row.param(name).is_some())
}

/// Keras 1's `{"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}` and `{"name": "MaxNorm", "m": 2, "axis": 0}`.
fn of_a_weight(value: &mut Value) {
    let Some(map) = value.as_object() else {
        return;
    };
    let mut config = map.clone();
    let Some(name) = config.remove("name") else {
        return;
    };
    let class = match name.as_str().unwrap_or_default() {
        "WeightRegularizer"
        | "ActivityRegularizer"
        | "L1L2Regularizer"
        | "L1Regularizer"
        | "L2Regularizer" => "L1L2",
        other => other,
    };
    if let Some(max) = config.remove("m") {
        config.insert("max_value".to_owned(), max);
    }
    *value = json!({ "class_name": class, "config": config });
}

/// Takes off the layer backwards that a `Bidirectional` makes by itself.
fn without_default_backward(config: &mut Map<String, Value>) {
    let of = |key: &str| {
        let layer = config.get(key)?;
        let mut inner = config_of(layer);
        inner.retain(|key, _| {
            !(matches!(key.as_str(), "name" | "seed" | "build_config")
                || key.ends_with("_initializer"))
        });
        let is_backwards = inner.remove("go_backwards") == Some(Value::Bool(true));
        Some((class_of(layer).map(str::to_owned), inner, is_backwards))
    };
    if let (Some(forward), Some(backward)) = (of("layer"), of("backward_layer"))
        && (forward.0, forward.1) == (backward.0, backward.1)
        && forward.2 != backward.2
    {
        config.remove("backward_layer");
    }
}
