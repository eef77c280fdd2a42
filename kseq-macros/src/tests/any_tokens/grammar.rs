//! What users may write, as text: every layer, class, kind of argument and spelling that the catalogue has.

use std::fmt::Write;

use kseq_catalogue::{
    ACTIVATIONS, CONSTRAINTS, ClassFamily, ClassRow, INITIALIZERS, Kind, LOSSES, LayerRow, METRICS,
    OPTIMIZERS, ObjectFamily, Param, REGULARIZERS, Range, camel, layers,
};

use super::choices::Choices;
use crate::check::kinds::example;

/// How many lists and wrappers may lie in each other.
const DEEPEST: usize = 3;

/// Writes what is right.
pub struct Grammar<'c> {
    pub choices: &'c mut Choices,
    /// How many names were given.
    names: usize,
    /// Whether it is the layer in a wrapper, which has the penalty on its output, and no state between batches.
    is_inside: bool,
    /// Whether the model has an int8 twin: of samples of numbers and of any size, with `#[float]` before what has no operator.
    is_quantized: bool,
}

impl<'c> Grammar<'c> {
    pub fn new(choices: &'c mut Choices) -> Self {
        Grammar {
            choices,
            names: 0,
            is_inside: false,
            is_quantized: false,
        }
    }

    fn one_of(&mut self, texts: &[&str]) -> String {
        (*self.choices.pick(texts)).to_owned()
    }

    /// So many of something, between brackets of a kind.
    fn tuple(&mut self, n: usize, each: &mut dyn FnMut(&mut Self, usize) -> String) -> String {
        let all: Vec<String> = (0..n).map(|i| each(self, i)).collect();
        match (self.choices.one_in(3), n) {
            (true, _) => format!("[{}]", all.join(", ")),
            (false, 1) => format!("({},)", all.join(", ")),
            (false, _) => format!("({})", all.join(", ")),
        }
    }

    fn shuffled(&mut self, mut all: Vec<String>) -> Vec<String> {
        for i in (1..all.len()).rev() {
            all.swap(i, self.choices.below(i + 1));
        }
        all
    }

    /// A call of `sequential!`: one of the forms of a list.
    pub fn models(&mut self) -> String {
        let count = 1 + self.choices.below(6);
        let form = self.choices.below(9);
        // A list alone has no place for the word.
        self.is_quantized = !matches!(form, 3 | 4) && self.choices.one_in(4);
        let quantize = if self.is_quantized {
            "#[quantize] "
        } else {
            ""
        };
        let layers = self.layers(count);
        self.is_quantized = false;
        let list = layers.join(", ");
        let comma = self.one_of(&["", ","]);
        let text = match form {
            0 => format!("pub Net = [{list}{comma}]"),
            1 => format!("Net = [{list}{comma}]"),
            2 => format!("/// What it is for.\n#[derive(Debug)]\npub(crate) Net = [{list}];"),
            3 => format!("[{list}{comma}]"),
            4 => format!("{list}{comma}"),
            5 => format!("let mut model = Sequential([{list}{comma}]);"),
            6 => {
                let begin = self.one_of(&[
                    "let mut model = Sequential();",
                    "model = Sequential()",
                    "model = keras.Sequential()",
                    "model = models.Sequential();",
                ]);
                let end = self.one_of(&[";", ""]);
                let adds = layers.iter().fold(String::new(), |mut all, layer| {
                    let _ = write!(all, "\nmodel.add({layer}){end}");
                    all
                });
                begin + &adds
            }
            7 => format!("pub Net = Sequential([{list}])"),
            _ => {
                let other = self.layers(2).join(", ");
                format!("pub Net = [{list}]; Other = [{other}]")
            }
        };
        quantize.to_owned() + &text
    }

    fn layers(&mut self, count: usize) -> Vec<String> {
        let rows: Vec<&LayerRow> = layers()
            .filter(|row| !(self.is_quantized && row.on_tokens))
            .collect();
        let mut all = Vec::new();
        for i in 0..count {
            let row = *self.choices.pick(&rows);
            if i == 0 && self.choices.one_in(2) {
                all.push(self.input(row));
            }
            let first = all.is_empty();
            let doc = if self.choices.one_in(12) {
                "/// Why.\n"
            } else {
                ""
            };
            let needs = kseq_catalogue::quantized(row.class).is_none();
            let float = match self.is_quantized && (needs || self.choices.one_in(6)) {
                true => "#[float] ",
                false => "",
            };
            let layer = self.layer(row, first, 0);
            all.push(format!("{doc}{float}{layer}"));
        }
        all
    }

    /// What declares the input of a list that begins with this layer.
    fn input(&mut self, row: &LayerRow) -> String {
        let shape = self.shape(row);
        let dtype = match row.on_tokens {
            true => ", dtype = \"int32\"",
            false => "",
        };
        match self.choices.below(4) {
            0 => format!("Input({shape}{dtype})"),
            1 => format!("Input(shape = {shape}{dtype})"),
            2 => format!("keras.Input(shape = {shape}, name = \"the_input\"{dtype})"),
            _ => format!("InputLayer(input_shape = {shape}{dtype})"),
        }
    }

    fn shape(&mut self, row: &LayerRow) -> String {
        let axes = row.takes.len();
        self.tuple(axes, &mut |it, i| match it.choices.below(8) {
            0 => "SIDE".to_owned(),
            // Only the first axes may be of any length.
            1 if i == 0 && !it.is_quantized => "None".to_owned(),
            _ => row.takes[i].to_string(),
        })
    }

    /// A layer with some of its arguments.
    fn layer(&mut self, row: &LayerRow, first: bool, depth: usize) -> String {
        // Of Keras 1's names the arguments by position are others.
        let aliases = row
            .aliases
            .iter()
            .filter(|name| !name.contains("Convolution"));
        let names: Vec<&str> = [row.class].iter().chain(aliases).copied().collect();
        let name = self.one_of(&names);
        let prefix = self.one_of(&[
            "",
            "",
            "",
            "",
            "layers.",
            "keras.layers.",
            "tf.keras.layers.",
        ]);
        let mut given = self.arguments(row, depth);
        if depth == 0 {
            if first {
                let shape = self.shape(row);
                given.push(format!("input_shape = {shape}"));
            }
            if self.choices.one_in(6) {
                self.names += 1;
                given.push(format!("name = \"given_{}\"", self.names));
            }
            if self.choices.one_in(8) {
                given.push(self.one_of(&["trainable = False", "trainable = true"]));
            }
            let own = row.param("activity_regularizer").is_some();
            if !own && row.class != "ActivityRegularization" && self.choices.one_in(12) {
                let value = self.object(&REGULARIZERS);
                given.push(format!("activity_regularizer = {value}"));
            }
        }
        format!("{prefix}{name}({})", given.join(", "))
    }

    /// The arguments of a layer: the first ones by position, perhaps, the others by name in any order.
    fn arguments(&mut self, row: &LayerRow, depth: usize) -> Vec<String> {
        // These two exclude each other, and one of them is needed.
        let either = match row.class {
            "Discretization" => Some(["bin_boundaries", "num_bins"]),
            "IntegerLookup" => Some(["max_tokens", "vocabulary"]),
            _ => None,
        };
        if let Some(pair) = either {
            return vec![match *self.choices.pick(&pair) {
                "bin_boundaries" => "bin_boundaries = [-0.5, 0.0, B]".to_owned(),
                "num_bins" => "num_bins = 4".to_owned(),
                "max_tokens" => "max_tokens = 8".to_owned(),
                _ => "vocabulary = [12, 36]".to_owned(),
            }];
        }
        let by_position = self.choices.one_in(2);
        let (mut placed, mut named) = (Vec::new(), Vec::new());
        let mut ended = !by_position;
        for param in row.params {
            let needed = param.default.is_none();
            let of_wrapper = matches!(
                param.name,
                "activity_regularizer" | "stateful" | "mask_zero"
            );
            let is_its_own = !(self.is_inside && of_wrapper);
            let wanted = needed || is_its_own && self.choices.one_in(5);
            if !wanted {
                ended = true;
                continue;
            }
            let Some(value) = self.value(param, row, depth) else {
                ended = true;
                continue;
            };
            ended |= self.choices.one_in(4);
            match ended {
                true => named.push(format!("{} = {value}", param.name)),
                false => placed.push(value),
            }
        }
        let named = self.shuffled(named);
        [placed, named].concat()
    }

    /// A value that an argument takes.
    fn value(&mut self, param: &Param, row: &LayerRow, depth: usize) -> Option<String> {
        Some(match param.kind {
            Kind::Layer if param.default.is_some() => return None,
            Kind::Layer => self.inner(row, depth)?,
            Kind::Layers if depth >= DEEPEST || self.choices.one_in(4) => {
                self.one_of(&["Encoder", "crate::models::Encoder", "self::Encoder"])
            }
            Kind::Layers => {
                let rows: Vec<&LayerRow> = layers().collect();
                let count = 1 + self.choices.below(2);
                let all: Vec<String> = (0..count)
                    .map(|_| {
                        let row = *self.choices.pick(&rows);
                        self.layer(row, false, depth + 1)
                    })
                    .collect();
                format!("[{}]", all.join(", "))
            }
            kind => self.simple(kind),
        })
    }

    /// The layer in a wrapper.
    fn inner(&mut self, wrapper: &LayerRow, depth: usize) -> Option<String> {
        if wrapper.class == "RNN" {
            let cells = ["LSTMCell(3)", "GRUCell(units = 4)", "SimpleRNNCell(N)"];
            return Some(self.one_of(&cells));
        }
        let fits = |row: &&LayerRow| match wrapper.class {
            "Bidirectional" => row.is_recurrent() && !row.is_wrapper() && row.class != "RNN",
            "SpectralNormalization" => matches!(row.class, "Dense" | "Conv2D" | "Conv1D"),
            // One divides a kernel once a step of the training, the other makes a mask, which goes nowhere.
            _ if matches!(row.class, "SpectralNormalization" | "Masking") => false,
            _ => depth < DEEPEST || !row.is_wrapper(),
        };
        let rows: Vec<&LayerRow> = layers().filter(fits).collect();
        let row = *self.choices.pick(&rows);
        let was_inside = std::mem::replace(&mut self.is_inside, true);
        let layer = self.layer(row, false, depth + 1);
        self.is_inside = was_inside;
        Some(layer)
    }

    fn simple(&mut self, kind: Kind) -> String {
        let size = |it: &mut Self, _: usize| {
            it.one_of(&[
                "1", "2", "3", "10", "N", "N + 1", "(3)", "SIZES[0]", "2usize", "0x10",
            ])
        };
        match kind {
            Kind::Size => size(self, 0),
            Kind::Sizes(n) | Kind::SizesLike(n, _) => match self.choices.one_in(2) {
                true => size(self, 0),
                false => self.tuple(n, &mut { size }),
            },
            Kind::Margins(n) => match self.choices.below(3) {
                0 => self.one_of(&["0", "1", "N"]),
                1 if n > 1 => self.tuple(n, &mut |it, _| it.one_of(&["0", "2", "N"])),
                _ => self.tuple(n, &mut |it, _| {
                    it.tuple(2, &mut |it, _| it.one_of(&["0", "3", "N"]))
                }),
            },
            Kind::Extra(n) => match self.choices.one_in(2) {
                true => self.one_of(&["0", "1", "None"]),
                false => self.tuple(n, &mut |it, _| it.one_of(&["0", "1"])),
            },
            Kind::Permutation => {
                let n = 1 + self.choices.below(4);
                let axes = self.shuffled((1..=n).map(|axis| axis.to_string()).collect());
                self.tuple(n, &mut |_, i| axes[i].clone())
            }
            Kind::TargetShape => {
                let (n, left) = (1 + self.choices.below(3), self.choices.below(6));
                self.tuple(n, &mut |it, i| match i == left {
                    true => "-1".to_owned(),
                    false => it.one_of(&["2", "7", "N"]),
                })
            }
            Kind::NoiseShape => {
                let n = 1 + self.choices.below(3);
                self.tuple(n, &mut |it, _| it.one_of(&["None", "1", "N"]))
            }
            Kind::Seed => self.one_of(&["1", "None", "-3", "SEED", "0"]),
            Kind::Axis => self.one_of(&["-1", "1", "AXIS"]),
            Kind::Axes => self.one_of(&["-1", "1", "(1, 2)", "[-1]"]),
            Kind::AxesOrNone => self.one_of(&["-1", "None", "(1, 2)"]),
            Kind::Real => self.one_of(&["0.5", "1", "-1.5", "RATE", "1e-3", "f32::EPSILON"]),
            Kind::Flag => self.one_of(&["true", "false", "True", "False", "FLAG"]),
            Kind::Switch => self.one_of(&["true", "false", "True", "False"]),
            Kind::Activation => {
                let row = self.choices.pick(ACTIVATIONS);
                let name = *self.choices.pick(row.names);
                match self.choices.below(4) {
                    0 => self.one_of(&["None", "LeakyReLU(0.2)", "ReLU(max_value = 6.0)"]),
                    _ => format!("{name:?}"),
                }
            }
            Kind::Initializer => self.object(&INITIALIZERS),
            Kind::Regularizer => self.object_or_none(&REGULARIZERS),
            Kind::Constraint => self.object_or_none(&CONSTRAINTS),
            Kind::Function => self.one_of(&["|x| x * x", "f32::abs", "own::function", "|x| { x }"]),
            Kind::Word(words) => format!("{:?}", self.choices.pick(words.known)),
            Kind::OneOf(numbers) => self.one_of(numbers),
            Kind::In(range) => self.number(range),
            Kind::InOrNone(range) => match self.choices.one_in(3) {
                true => "None".to_owned(),
                false => self.number(range),
            },
            Kind::Several(range) => match self.choices.one_in(2) {
                true => self.number(range),
                false => format!("[{}, {}]", self.number(range), self.number(range)),
            },
            kind => example(kind),
        }
    }

    fn number(&mut self, range: Range) -> String {
        match self.choices.below(4) {
            0 => "RATE".to_owned(),
            _ => format!("{:?}", self.choices.pick(range.inside())),
        }
    }

    fn object_or_none(&mut self, family: &ObjectFamily) -> String {
        match self.choices.one_in(4) {
            true => "None".to_owned(),
            false => self.object(family),
        }
    }

    /// An initializer, a regularizer, a constraint: by its name, or with arguments.
    fn object(&mut self, family: &ObjectFamily) -> String {
        let row = self.choices.pick(family.rows);
        let needed = |param: &Param| param.default.is_none();
        if !row.params.iter().any(needed) && self.choices.one_in(2) {
            return format!("{:?}", row.name);
        }
        let mut given = Vec::new();
        for param in row.params {
            if needed(param) || self.choices.one_in(2) {
                let value = match param.kind {
                    Kind::Later | Kind::Fixed(_) => continue,
                    kind => self.simple(kind),
                };
                given.push(format!("{} = {value}", param.name));
            }
        }
        format!("{}({})", camel(row.name), given.join(", "))
    }

    /// A call of `compile!`.
    pub fn compile(&mut self) -> String {
        let optimizer = self.class(&OPTIMIZERS);
        let loss = self.class(&LOSSES);
        let count = self.choices.below(4);
        let metrics: Vec<String> = (0..count).map(|_| self.class(&METRICS)).collect();
        let metrics = format!("[{}]", metrics.join(", "));
        let model = self.one_of(&["model", "net.model", "Net::new(0)", "make()?"]);
        match self.choices.below(3) {
            0 => format!("{model}, {optimizer}, {loss}, {metrics}"),
            1 => format!("{model}, {optimizer}, loss = {loss}, metrics = {metrics},"),
            _ => {
                let given = vec![
                    format!("optimizer = {optimizer}"),
                    format!("loss = {loss}"),
                    format!("metrics = {metrics}"),
                ];
                format!("{model}, {}", self.shuffled(given).join(", "))
            }
        }
    }

    /// A class: in quotes where it needs no arguments, or as a call.
    fn class(&mut self, family: &'static ClassFamily) -> String {
        let rows: Vec<&ClassRow> = family.by_name().collect();
        let row = *self.choices.pick(&rows);
        let params: Vec<&Param> = family.params(row).collect();
        let needs = params.iter().any(|param| param.default.is_none());
        if !needs && self.choices.one_in(2) {
            return match row.names {
                [] => row.class.to_owned() + "()",
                names => format!("{:?}", self.choices.pick(names)),
            };
        }
        let mut given = Vec::new();
        let clip = *self
            .choices
            .pick(&["clipnorm", "clipvalue", "global_clipnorm"]);
        for param in params {
            let value = match param.kind {
                _ if param.default.is_some() && !self.choices.one_in(4) => continue,
                Kind::Later | Kind::Fixed(_) | Kind::Name | Kind::Dtype => continue,
                // What they are for is another argument's to say.
                _ if param.name.starts_with("ema_") || param.name == "label_weights" => continue,
                // One of three.
                _ if param.name.contains("clip") && param.name != clip => continue,
                Kind::Reals => "[0.1, 0.01]".to_owned(),
                Kind::Several(range) => format!("[{}]", self.number(range)),
                Kind::In(range) | Kind::InOrNone(range) => self.number(range),
                Kind::Flag | Kind::Switch => self.one_of(&["True", "False", "true", "false"]),
                kind => example(kind),
            };
            given.push(format!("{} = {value}", param.name));
        }
        let given = self.shuffled(given);
        let prefix = self.one_of(&["", "", "keras.", "tf.keras."]);
        let prefix = match prefix.as_str() {
            "" => prefix,
            _ => format!(
                "{prefix}{}.",
                family.module.rsplit("::").next().unwrap_or_default()
            ),
        };
        format!("{prefix}{}({})", row.class, given.join(", "))
    }

    /// What `derive(ParamBlock)` is given.
    pub fn param_block(&mut self) -> String {
        let count = 1 + self.choices.below(4);
        let mut text = "#[repr(C)]\n".to_owned();
        if self.choices.one_in(4) {
            text += "#[param_block(crate = facade::kseq)]\n";
        }
        text += "pub struct Params<const N: usize, const M: usize> {\n";
        for i in 0..count {
            let doc = if self.choices.one_in(3) {
                "/// It.\n"
            } else {
                ""
            };
            let ty = self.one_of(&[
                "f32",
                "[f32; N]",
                "[[f32; N]; M]",
                "[f32; { N + 1 }]",
                "Matrix<N>",
            ]);
            let _ = writeln!(text, "{doc}pub field_{i}: {ty},");
        }
        text + "}"
    }

    /// A call of `include_weights!`, of a file that may not be there.
    pub fn include_weights(&mut self) -> String {
        let file = self.one_of(&[
            "net",
            "half",
            "damaged",
            "cut",
            "missing",
            "../kseq-macros/Cargo",
        ]);
        let end = self.one_of(&["safetensors", "h5", "toml", "npz"]);
        let path = format!("\"../ui-tests/weights/{file}.{end}\"");
        match self.choices.below(4) {
            0 => format!("self::Net, {path},"),
            _ => format!("Net, {path}"),
        }
    }

    /// A call of `import_keras!`.
    #[cfg(feature = "import")]
    pub fn import_keras(&mut self) -> String {
        let file = self.one_of(&[
            "missing.keras",
            "k3_mlp.keras",
            "tf_mlp.h5",
            "k1_gru.h5",
            "README.md",
        ]);
        let path = format!("\"../kseq-import/tests/files/{file}\"");
        match self.choices.below(3) {
            0 => format!("pub Net = {path}"),
            1 => format!("/// It.\npub(crate) static NET: Net = {path};"),
            _ => format!("A = {path}; static B: Other = {path}"),
        }
    }
}
