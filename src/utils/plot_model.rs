//! `keras.utils.plot_model`: a model as a picture.

use std::fmt::Write;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::model::Model;
use kseq_core::shape::Shape;
use kseq_core::tensor::Tensor;
use kseq_core::train::Sequential;

use super::thousands::thousands;

/// What is said of a layer: its name and class, its shapes, its numbers if it has any.
fn boxes<M: Model>() -> Vec<Vec<String>> {
    let shape = |shape: Shape| {
        let dims: Vec<String> = shape.dims().iter().map(ToString::to_string).collect();
        format!("(None, {})", dims.join(", "))
    };
    let mut input = M::Input::SHAPE;
    let layers = M::LAYERS.iter().map(|layer| {
        let from = core::mem::replace(&mut input, layer.output);
        let lines = [
            format!("{} ({})", layer.name, layer.class_name),
            format!("{} -> {}", shape(from), shape(layer.output)),
            numbers(layer.count_params() + layer.count_state(), layer.macs),
        ];
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    });
    layers.collect()
}

/// `12,832 parameters, 12,800 multiply-accumulates`; of a layer that only moves numbers there is nothing to say.
fn numbers(parameters: usize, macs: usize) -> String {
    let of = |count: usize, what: &str| (count > 0).then(|| format!("{} {what}", thousands(count)));
    let both = [
        of(parameters, "parameters"),
        of(macs, "multiply-accumulates"),
    ];
    let both: Vec<String> = both.into_iter().flatten().collect();
    both.join(", ")
}

/// A model in the language of Graphviz: a box for each layer, with its shapes, its number of parameters and
/// its multiply-accumulates.
///
/// ```
/// use kseq::prelude::*;
/// sequential! { Net = [Dense(2, input_dim = 3)] }
/// let dot = kseq::utils::model_to_dot::<Net>();
/// assert!(dot.contains(r"dense_1 (Dense)\n(None, 3) -> (None, 2)\n8 parameters, 6 multiply-accumulates"));
/// ```
#[must_use]
pub fn model_to_dot<M: Model>() -> String {
    let mut dot = format!("digraph \"{}\" {{\n  node [shape=box];\n", M::NAME);
    for (i, lines) in boxes::<M>().iter().enumerate() {
        // Writing into a string does not fail.
        let _ = writeln!(dot, "  {i} [label=\"{}\"];", lines.join("\\n"));
        if i > 0 {
            let _ = writeln!(dot, "  {} -> {i};", i - 1);
        }
    }
    dot.push_str("}\n");
    dot
}

/// The width and height of a box, and the room between two.
const BOX: [usize; 3] = [420, 64, 28];

fn svg<M: Model>() -> String {
    let [width, height, gap] = BOX;
    let boxes = boxes::<M>();
    let whole = boxes.len() * (height + gap) + gap;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{whole}\" \
         font-family=\"sans-serif\" font-size=\"14\" text-anchor=\"middle\">\n\
         <title>{1}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        width + 2 * gap,
        M::NAME,
    );
    let middle = gap + width / 2;
    for (i, lines) in boxes.iter().enumerate() {
        let top = gap + i * (height + gap);
        let _ = writeln!(
            svg,
            "<rect x=\"{gap}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"4\" \
             fill=\"#eaf3fa\" stroke=\"#0072b2\"/>"
        );
        for (k, line) in lines.iter().enumerate() {
            let y = top + height / 2 + 15 - 10 * lines.len() + 19 * k;
            let line = line.replace('>', "&gt;");
            let weight = if k == 0 { " font-weight=\"bold\"" } else { "" };
            let _ = writeln!(svg, "<text x=\"{middle}\" y=\"{y}\"{weight}>{line}</text>");
        }
        if i > 0 {
            let from = top - gap;
            let _ = writeln!(
                svg,
                "<path d=\"M{middle} {from}V{top}l-4 -7h8l-4 7\" stroke=\"#333333\"/>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Draws a model: a box for each layer, with its shapes, its number of parameters and its
/// multiply-accumulates. `to_file` says by its end as what: `.svg`, or `.dot` for Graphviz.
///
/// ```
/// # use kseq::prelude::*;
/// let model = sequential![Dense(2, activation = "relu", input_dim = 3), Dense(1)];
/// let path = std::env::temp_dir().join(format!("kseq-plot-model-{}.svg", std::process::id()));
/// kseq::utils::plot_model(&model, &path)?;
/// assert!(std::fs::read_to_string(&path).unwrap().contains("dense_1 (Dense)"));
/// assert!(kseq::utils::plot_model(&model, "model.png").is_err());
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// The name ends otherwise, or the file cannot be written.
pub fn plot_model<M: Model>(model: &Sequential<M>, to_file: impl AsRef<Path>) -> Result<(), Error> {
    let _ = model;
    let path = to_file.as_ref();
    let refused = |why: String| Error::File {
        path: path.to_path_buf(),
        why,
    };
    let text = match path.extension().and_then(|end| end.to_str()) {
        Some("svg") => svg::<M>(),
        Some("dot") => model_to_dot::<M>(),
        _ => {
            let why = "expected a name that ends with `.svg` or `.dot`";
            return Err(refused(why.to_string()));
        }
    };
    kseq_safetensors::write_whole(path, &mut |out| out.write_all(text.as_bytes()))
        .map_err(|e| refused(e.to_string()))
}
