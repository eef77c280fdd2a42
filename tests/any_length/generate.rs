//! Draws models with `None` in their shape, and the same with lengths written in: `cargo` compiles what this writes.

use std::fmt::Write as _;

/// How many models are drawn, unless `KSEQ_ANY_LENGTH` says another number, and with how many lengths each is compared.
const MODELS: usize = 40;
const LENGTHS: usize = 2;

/// A generator of random numbers, with the same results everywhere.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn within(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }
}

const ACTIVATIONS: [&str; 6] = ["linear", "relu", "tanh", "sigmoid", "softmax", "gelu"];

/// A layer from a sequence of features to one.
fn of_sequence(draw: &mut Draw) -> String {
    let (units, act) = (draw.within(2, 9), draw.one(&ACTIVATIONS));
    match draw.below(16) {
        0 => format!("Dense({units}, activation = \"{act}\")"),
        1 => {
            let (size, padding) = (draw.within(1, 3), draw.one(&["valid", "same", "causal"]));
            let more = draw.one(&[
                "",
                ", strides = 2",
                ", dilation_rate = 2",
                ", use_bias = false",
            ]);
            let kind = draw.one(&["Conv1D", "Conv1D", "SeparableConv1D"]);
            format!(
                "{kind}({units}, {size}, padding = \"{padding}\", activation = \"{act}\"{more})"
            )
        }
        2 => format!(
            "MaxPooling1D(2, padding = \"{}\")",
            draw.one(&["valid", "same"])
        ),
        3 => format!(
            "AveragePooling1D({}, strides = {})",
            draw.within(1, 3),
            draw.within(1, 2)
        ),
        4 => format!("ZeroPadding1D(({}, {}))", draw.below(3), draw.below(3)),
        5 => "Cropping1D((1, 0))".to_owned(),
        6 => draw
            .one(&[
                "UpSampling1D(2)",
                "Conv1DTranspose(3, 3, strides = 2)",
                "Conv1DTranspose(5, 2, padding = \"same\", activation = \"gelu\")",
            ])
            .to_string(),
        7 => format!(
            "LSTM({units}, return_sequences = true, go_backwards = {})",
            draw.below(2) == 1
        ),
        8 => format!("GRU({units}, return_sequences = true, dropout = 0.25)"),
        9 => format!(
            "SimpleRNN({units}, return_sequences = true, activation = \"{}\")",
            draw.one(&["tanh", "relu"])
        ),
        10 => format!("TimeDistributed(Dense({units}, activation = \"tanh\"))"),
        11 => "BatchNormalization()".to_owned(),
        12 => draw
            .one(&[
                "LayerNormalization()",
                "LayerNormalization()",
                "RMSNormalization()",
                "UnitNormalization(axis = 1)",
                "GroupNormalization(-1)",
                "Softmax(axis = (1, 2))",
            ])
            .to_owned(),
        13 => draw
            .one(&[
                "Dropout(0.25)",
                "Dropout(0.5)",
                "SpatialDropout1D(0.25)",
                "Dropout(0.5, noise_shape = (None, None, 1), seed = 7)",
                "GaussianNoise(0.25)",
                "AlphaDropout(0.25)",
                "LeakyReLU(0.1)",
            ])
            .to_owned(),
        14 => draw
            .one(&[
                "MultiHeadAttention(2, 3)",
                "MultiHeadAttention(2, 3, dropout = 0.25, use_causal_mask = true)",
                "MultiHeadAttention(1, 2, use_gate = true, output_shape = (4,))",
            ])
            .to_owned(),
        _ => format!("Activation(\"{act}\", activity_regularizer = \"l2\")"),
    }
}

/// A layer from an image to one.
fn of_image(draw: &mut Draw) -> String {
    let (filters, act) = (draw.within(2, 9), draw.one(&ACTIVATIONS));
    match draw.below(9) {
        0 => format!("Dense({filters}, activation = \"{act}\")"),
        1..=3 => {
            let (size, padding) = (draw.within(1, 3), draw.one(&["valid", "same"]));
            let more = draw.one(&["", ", strides = (2, 1)", ", dilation_rate = (1, 2)"]);
            let kind = draw.one(&["Conv2D", "DepthwiseConv2D", "SeparableConv2D"]);
            let filters = match kind {
                "DepthwiseConv2D" => String::new(),
                _ => format!("{filters}, "),
            };
            format!(
                "{kind}({filters}{size}, padding = \"{padding}\", activation = \"{act}\"{more})"
            )
        }
        4 => "MaxPooling2D((2, 1))".to_owned(),
        5 => format!(
            "AveragePooling2D(2, padding = \"{}\")",
            draw.one(&["valid", "same"])
        ),
        6 => "ZeroPadding2D(((1, 0), (0, 2)))".to_owned(),
        7 => draw
            .one(&[
                "UpSampling2D((1, 2))",
                "Conv2DTranspose(2, 3, strides = (1, 2), output_padding = (0, 1))",
                "Conv2DTranspose(3, 2, strides = 2, padding = \"same\", activation = \"tanh\")",
            ])
            .to_string(),
        _ => "BatchNormalization()".to_owned(),
    }
}

/// What ends the open axes, or leaves them.
fn end(draw: &mut Draw, image: bool) -> Vec<String> {
    let axes = if image { "2D" } else { "1D" };
    let units = draw.within(2, 6);
    let global = format!(
        "{}{axes}()",
        draw.one(&["GlobalMaxPooling", "GlobalAveragePooling"])
    );
    let last = match (draw.below(4), image) {
        (0, _) => return vec![format!("Dense({units}, activation = \"softmax\")")],
        (1, false) => format!("LSTM({units})"),
        (2, false) => format!("GRU({units}, recurrent_dropout = 0.25)"),
        _ => global,
    };
    let mut layers = vec![last];
    // From sequence to sequence: steps of a fixed number behind those of any.
    if draw.below(3) == 0 {
        let steps = draw.within(2, 4);
        layers.push(format!("RepeatVector({steps})"));
        layers.push(match draw.below(3) {
            0 => format!("LSTM({units}, return_sequences = true)"),
            1 => format!("GRU({units}, return_sequences = true, dropout = 0.25)"),
            _ => format!("Conv1D({units}, 2, padding = \"causal\")"),
        });
    }
    layers.push(format!("Dense({units}, activation = \"tanh\")"));
    layers
}

/// The layers of a model whose input is `{input}`; the lengths that each of them takes begin with the second number.
struct Model {
    layers: Vec<String>,
    /// The shape of a sample, with `T` and `U` for its lengths.
    shape: String,
}

fn model(draw: &mut Draw) -> Model {
    let kind = draw.below(8);
    let depth = draw.within(1, 4);
    let features = draw.within(2, 6);
    let mut layers = Vec::new();
    let (shape, image) = match kind {
        0 | 1 => ("(T,)".to_owned(), false),
        2..=4 => (format!("(T, {features})"), false),
        _ => (format!("(T, U, {features})"), true),
    };
    if kind < 2 {
        let mask = draw.one(&["", ", mask_zero = true"]);
        layers.push(format!(
            "Embedding(11, {features}{mask}, input_shape = {shape})"
        ));
    } else {
        layers.push(format!("Activation(\"linear\", input_shape = {shape})"));
    }
    let masked = kind < 2 && layers[0].contains("mask_zero");
    for _ in 0..depth {
        let layer = if image {
            of_image(draw)
        } else {
            of_sequence(draw)
        };
        // Some in a model of their own.
        let layer = match draw.below(6) {
            0 if image => format!("Sequential([{layer}, {}])", of_image(draw)),
            0 => format!("Sequential([{layer}, {}])", of_sequence(draw)),
            1 => format!(
                "Sequential([Residual([Dropout(0.25), Activation(\"tanh\")]), Sequential([{layer}])])"
            ),
            _ => layer,
        };
        // Refused behind a mask.
        if !(masked && layer.contains("BatchNormalization")) {
            layers.push(layer);
        }
    }
    layers.extend(end(draw, image));
    Model { layers, shape }
}

/// The models as source code, and a table of what is compared.
pub fn generate() -> String {
    let mut draw = Draw(20_261_129);
    let (mut items, mut pairs) = (String::new(), String::new());
    let asked = std::env::var("KSEQ_ANY_LENGTH").ok();
    let models = asked.map_or(MODELS, |number| {
        let number = number.parse();
        number.expect("KSEQ_ANY_LENGTH is a number of models")
    });
    for number in 0..models {
        let Model { layers, shape } = model(&mut draw);
        let with = |t: &str, u: &str| {
            let shape_with = shape.replace('T', t).replace('U', u);
            layers.join(",\n    ").replace(&shape, &shape_with)
        };
        let _ = writeln!(
            items,
            "sequential! {{ Open{number} = [\n    {}\n] }}",
            with("None", "None")
        );
        for turn in 0..LENGTHS {
            // Long enough for what the layers take away of it.
            let (t, u) = (
                draw.within(24, 60),
                if shape.contains('U') {
                    draw.within(24, 40)
                } else {
                    1
                },
            );
            let twin = format!("Fixed{number}x{turn}");
            let fixed = with(&t.to_string(), &u.to_string());
            let _ = writeln!(items, "sequential! {{ {twin} = [\n    {fixed}\n] }}");
            let _ = writeln!(pairs, "    pair!(Open{number}, {twin}, [{t}, {u}]),");
        }
    }
    format!("{items}\nconst PAIRS: &[Pair] = &[\n{pairs}];\n")
}
