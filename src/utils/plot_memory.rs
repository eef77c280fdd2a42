//! A model's memory as a picture: what lies where, layer by layer.

use std::fmt::Write;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::model::Model;
use kseq_core::tensor::Tensor;
use kseq_core::train::Sequential;

use super::thousands::thousands;

/// What lies in a part of the memory from one row to another.
struct Block {
    /// Rows, from 0.
    rows: [usize; 2],
    /// `f32`s: where it begins, and how many there are.
    begin: usize,
    len: usize,
    kind: Kind,
    layer: &'static str,
}

#[derive(Clone, Copy)]
enum Kind {
    Output,
    Cache,
    Scratch,
}

impl Kind {
    const fn color(self) -> &'static str {
        match self {
            Kind::Output => "#9fd0ee",
            Kind::Cache => "#f3cd80",
            Kind::Scratch => "#d5d5d5",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Kind::Output => "output",
            Kind::Cache => "for the backward pass",
            Kind::Scratch => "while it runs",
        }
    }
}

/// A picture: rows are the layers in the order of time, the axis across is the memory.
struct Plot {
    title: String,
    len: usize,
    blocks: Vec<Block>,
}

/// A prediction of one sample on a microcontroller: the arena. What a layer writes stays until the next one has read it; the
/// sample and the output are the caller's.
fn prediction<M: Model>() -> Plot {
    let last = M::SPOTS.len().saturating_sub(1);
    let mut blocks = Vec::new();
    for (i, (layer, spot)) in M::LAYERS.iter().zip(M::SPOTS).enumerate() {
        let block = |rows, [begin, len]: [usize; 2], kind| Block {
            rows,
            begin,
            len,
            kind,
            layer: layer.name,
        };
        if i < last {
            blocks.push(block([i, i + 1], spot.y, Kind::Output));
        }
        if spot.scratch[1] > 0 {
            blocks.push(block([i, i], spot.scratch, Kind::Scratch));
        }
    }
    let len = match last {
        0 => M::LAYERS
            .iter()
            .map(|layer| layer.scratch)
            .max()
            .unwrap_or(0),
        _ => M::SIZES.arena,
    };
    Plot {
        title: format!(
            "{}: prediction of a sample, {} bytes",
            M::NAME,
            thousands(4 * len)
        ),
        len,
        blocks,
    }
}

/// A training step on one sample: outputs and caches, which the backward pass reads, so that they stay; of frozen layers in front
/// only what they give to the others.
fn training<M: Model>() -> Plot {
    let rows = M::PLACEMENTS.len();
    let mut blocks = Vec::new();
    for (i, (layer, placement)) in M::LAYERS.iter().zip(M::REST).enumerate() {
        let mut block = |begin, len, kind| {
            let rows = [i, rows.saturating_sub(1)];
            if len > 0 {
                blocks.push(Block {
                    rows,
                    begin,
                    len,
                    kind,
                    layer: layer.name,
                });
            }
        };
        if !placement.aliased {
            block(placement.y, placement.len, Kind::Output);
        }
        block(placement.cache, placement.cache_len, Kind::Cache);
    }
    let sizes = M::SIZES.rest;
    let ([a, b], len) = (sizes.grads, sizes.tape);
    let mut title = format!(
        "{}: training step on a sample, {} bytes, and {} for gradients on their way back and {} while a layer runs",
        M::NAME,
        thousands(4 * len),
        thousands(4 * (a + b)),
        thousands(4 * sizes.scratch)
    );
    if sizes.first > 0 {
        // Writing into a string does not fail.
        let _ = write!(
            title,
            "; before, {} behind the input for a prediction with the first {} layers",
            thousands(4 * M::SIZES.arena),
            sizes.first
        );
    }
    Plot { title, len, blocks }
}

/// Pixels: of a row, of the memory, of the names, around.
const ROW: usize = 22;
const WIDTH: f64 = 640.0;
const NAMES: usize = 180;
const GAP: usize = 24;

impl Plot {
    fn height(&self, rows: usize) -> usize {
        2 * GAP + rows * ROW + GAP
    }

    /// The picture, `top` pixels below.
    fn draw(&self, svg: &mut String, names: &[&str], top: usize) {
        let (first, len) = (top + 2 * GAP, self.len.max(1) as f64);
        let at = |value: usize| (NAMES + GAP) as f64 + value as f64 / len * WIDTH;
        // Writing into a string does not fail.
        let _ = writeln!(
            svg,
            "<text x=\"{GAP}\" y=\"{}\" font-weight=\"bold\">{}</text>",
            top + GAP,
            self.title
        );
        for (i, name) in names.iter().enumerate() {
            let y = first + i * ROW;
            let _ = writeln!(svg, "<text x=\"{GAP}\" y=\"{}\">{name}</text>", y + 16);
            let _ = writeln!(
                svg,
                "<path d=\"M{GAP} {y}H{}\" stroke=\"#e4e4e4\"/>",
                at(self.len)
            );
        }
        for block in &self.blocks {
            let [from, to] = block.rows;
            let (x, y) = (at(block.begin), first + from * ROW);
            let bytes = thousands(4 * block.len);
            let (width, height) = (at(block.begin + block.len) - x, (to - from + 1) * ROW);
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{height}\" fill=\"{}\" fill-opacity=\"0.8\" \
                 stroke=\"black\" stroke-width=\"0.5\"><title>{}: {}, {bytes} bytes</title></rect>",
                width.max(0.5),
                block.kind.color(),
                block.layer,
                block.kind.what()
            );
            // A block begins in the row of its layer; a number that does not fit into it is told by hovering.
            if width > 8.0 * bytes.len() as f64 + 8.0 {
                let _ = writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{}\" font-size=\"11\">{bytes}</text>",
                    x + 5.0,
                    y + 15
                );
            }
        }
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{} bytes</text>",
            at(self.len),
            first - 6,
            thousands(4 * self.len)
        );
    }
}

fn svg<M: Model>() -> String {
    let plots = [prediction::<M>(), training::<M>()];
    let names: Vec<&str> = M::LAYERS.iter().map(|layer| layer.name).collect();
    let height: usize = plots.iter().map(|plot| plot.height(names.len())).sum();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        NAMES + 2 * GAP + WIDTH as usize,
        height + 2 * GAP
    );
    let mut top = 0;
    for plot in &plots {
        plot.draw(&mut svg, &names, top);
        top += plot.height(names.len());
    }
    for (i, kind) in [Kind::Output, Kind::Cache, Kind::Scratch]
        .into_iter()
        .enumerate()
    {
        let x = NAMES + GAP + 180 * i;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{}\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"black\" stroke-width=\"0.5\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            top - 12,
            kind.color(),
            x + 20,
            top,
            kind.what()
        );
    }
    top += GAP;
    let others = thousands(4 * (M::Input::LEN + M::Output::LEN));
    let _ = writeln!(
        svg,
        "<text x=\"{GAP}\" y=\"{top}\">besides: {others} bytes for a sample and its output, by estimate {} of stack to predict</text>\n</svg>",
        M::INFER_STACK
    );
    svg
}

/// Draws a model's memory, for a microcontroller: a row for each layer, the bytes across; first the arena of a prediction, then what a
/// training step keeps for its backward pass. A block is what a layer has written, for as long as it is needed; hovering
/// says which. `to_file` ends with `.svg`.
///
/// ```
/// # use kseq::prelude::*;
/// let model = sequential![Dense(5, activation = "relu", input_dim = 3), Dense(4), Dense(1)];
/// let path = std::env::temp_dir().join(format!("kseq-plot-memory-{}.svg", std::process::id()));
/// kseq::utils::plot_memory(&model, &path)?;
/// let picture = std::fs::read_to_string(&path).unwrap();
/// assert!(picture.contains("prediction of a sample, 36 bytes") && picture.contains("dense_1: output, 20 bytes"));
/// assert!(kseq::utils::plot_memory(&model, "memory.png").is_err());
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// The name ends otherwise, or the file cannot be written.
pub fn plot_memory<M: Model>(
    model: &Sequential<M>,
    to_file: impl AsRef<Path>,
) -> Result<(), Error> {
    let _ = model;
    let path = to_file.as_ref();
    let refused = |why: String| Error::File {
        path: path.to_path_buf(),
        why,
    };
    if path.extension().and_then(|end| end.to_str()) != Some("svg") {
        return Err(refused("expected a name that ends with `.svg`".to_string()));
    }
    let svg = svg::<M>();
    kseq_safetensors::write_whole(path, &mut |out| out.write_all(svg.as_bytes()))
        .map_err(|e| refused(e.to_string()))
}
