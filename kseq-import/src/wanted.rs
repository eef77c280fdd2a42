//! What a layer has: by its config, or as a model in Rust declares it.

use serde_json::Value;

/// What a layer has, and is to be found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, in the file if that is known.
    pub name: String,
    /// Its class, in Keras 3's word: `Conv1D`.
    pub class: String,
    /// Its arrays in kseq's order.
    pub arrays: Vec<WantedArray>,
    /// The layers of a model that is a layer; it has no arrays of its own then.
    pub inside: Vec<Wanted>,
}

/// An array of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedArray {
    /// Its name: `kernel`, `forward_layer.kernel`.
    pub name: String,
    /// Its axes, if they are known.
    pub shape: Option<Vec<usize>>,
}

impl Wanted {
    /// What the layer of a config has, `{"class_name": .., "config": ..}` in the words of Keras 3.
    #[must_use]
    pub fn of(layer: &Value) -> Self {
        let name = layer.pointer("/config/name").and_then(Value::as_str);
        let class = layer.get("class_name").and_then(Value::as_str);
        let class = class.unwrap_or_default();
        let inside = match class {
            "Sequential" | "Functional" | "Model" => layer.pointer("/config/layers"),
            // A model at each step.
            "TimeDistributed" => layer.pointer("/config/layer/config/layers"),
            _ => None,
        };
        let inside = inside.and_then(Value::as_array).into_iter().flatten();
        let no_input = |layer: &&Value| layer.get("class_name") != Some(&"InputLayer".into());
        Wanted {
            name: name.unwrap_or_default().to_owned(),
            class: class.to_owned(),
            arrays: names_of(class, layer.get("config").unwrap_or(&Value::Null))
                .into_iter()
                .map(|name| WantedArray { name, shape: None })
                .collect(),
            inside: inside.filter(no_input).map(Wanted::of).collect(),
        }
    }

    /// How many arrays it has, with those inside.
    pub(crate) fn count(&self) -> usize {
        self.arrays.len() + self.inside.iter().map(Wanted::count).sum::<usize>()
    }
}

/// The names of the arrays of a class, in Keras's and kseq's order.
fn names_of(class: &str, config: &Value) -> Vec<String> {
    let flag =
        |key: &str, default: bool| config.get(key).and_then(Value::as_bool).unwrap_or(default);
    let row = |names: &[(&str, bool)]| {
        let kept = names.iter().filter(|(_, is)| *is);
        kept.map(|(name, _)| (*name).to_owned()).collect()
    };
    let inner = |key: &str| -> Vec<String> {
        let layer = config.get(key).or_else(|| config.get("layer"));
        let layer = layer.unwrap_or(&Value::Null);
        let class = layer.get("class_name").and_then(Value::as_str);
        let config = layer.get("config").unwrap_or(&Value::Null);
        names_of(class.unwrap_or_default(), config)
    };
    let bias = ("bias", flag("use_bias", true));
    match class {
        "LSTM" | "GRU" | "SimpleRNN" | "ConvLSTM1D" | "ConvLSTM2D" | "ConvLSTM3D" => {
            row(&[("kernel", true), ("recurrent_kernel", true), bias])
        }
        "SeparableConv1D" | "SeparableConv2D" => {
            row(&[("depthwise_kernel", true), ("pointwise_kernel", true), bias])
        }
        "Dense" | "LocallyConnected1D" | "LocallyConnected2D" => row(&[("kernel", true), bias]),
        class if class.starts_with("Conv") || class.starts_with("DepthwiseConv") => {
            row(&[("kernel", true), bias])
        }
        "Embedding" => row(&[("embeddings", true)]),
        "PReLU" => row(&[("alpha", true)]),
        "RMSNormalization" => row(&[("scale", true)]),
        "BatchNormalization" | "LayerNormalization" | "GroupNormalization" => {
            let moving = class == "BatchNormalization";
            let renorm = moving && flag("renorm", false);
            row(&[
                ("gamma", flag("scale", true)),
                ("beta", flag("center", true)),
                ("moving_mean", moving),
                ("moving_variance", moving),
                ("moving_stddev", renorm),
                ("renorm_mean", renorm),
                ("renorm_stddev", renorm),
            ])
        }
        "Normalization" => {
            let given = config.get("mean").is_some_and(|mean| !mean.is_null());
            row(&[("mean", !given), ("variance", !given), ("count", !given)])
        }
        "MultiHeadAttention" => {
            let parts = ["query", "key", "value", "output"];
            let names = parts.map(|part| [format!("{part}_kernel"), format!("{part}_bias")]);
            let names = names.into_iter().flatten();
            names
                .filter(|name| bias.1 || name.ends_with("kernel"))
                .collect()
        }
        "Bidirectional" => {
            let ways = [
                ("forward_layer", "layer"),
                ("backward_layer", "backward_layer"),
            ];
            let below = |(way, key)| {
                inner(key)
                    .into_iter()
                    .map(move |name| format!("{way}.{name}"))
            };
            ways.into_iter().flat_map(below).collect()
        }
        "TimeDistributed" => inner("layer"),
        "RNN" => {
            let cell = config.get("cell").unwrap_or(&Value::Null);
            let class = cell.get("class_name").and_then(Value::as_str);
            let class = class.and_then(|class| class.strip_suffix("Cell"));
            names_of(
                class.unwrap_or_default(),
                cell.get("config").unwrap_or(&Value::Null),
            )
        }
        "SpectralNormalization" => {
            let mut names = inner("layer");
            names.push("vector_u".to_owned());
            names
        }
        _ => Vec::new(),
    }
}
