//! What the compiler says of a model that cannot be quantised, and of a file that is another model's.

use super::baked::BakedQuantized;
use super::graph::{Graph, HEADER, PLACES, Part, Refusal, Step};
use super::pass::Quantizable;
use crate::baked::FileArray;
use crate::model::LayerInfo;
use crate::params::Aligned;
use crate::text::{Text, same};

/// Reports that a layer has no operator in integers.
#[track_caller]
#[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
pub const fn layer<const L: usize>(graph: &Graph<L>, index: usize, name: &str) {
    let Some(refusal) = graph.refusal(index) else {
        return;
    };
    let text = Text::new()
        .str("layer ")
        .num(index + 1)
        .str(" `")
        .str(name)
        .str("`: ");
    let text = match refusal {
        Refusal::Operator(why) => text.str(why).str(FLOAT),
        Refusal::Activation(name) => text
            .str("the activation `")
            .str(name)
            .str("` has no int8 operator")
            .str(FLOAT),
        Refusal::Never(why) => text
            .str(why)
            .str("\n  help: leave that out, or `#[quantize]` before the model's name"),
    };
    panic!("{}", text.as_str());
}

const FLOAT: &str = "\n  help: write `#[float]` before the layer: it stays in f32, and what lies between is converted";

/// Reports that nothing is to be done.
#[track_caller]
#[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
pub const fn model<const L: usize>(graph: &Graph<L>) {
    if graph.count() == 0 {
        panic!(
            "`#[quantize]`: no layer of the model computes anything\n  help: leave `#[quantize]` out"
        );
    }
}

/// The end of the name of a step's array, behind that of the layer.
#[must_use]
pub const fn ending(part: Part) -> &'static str {
    match part {
        Part::Before => ".conversion",
        Part::Depthwise => ".depthwise",
        Part::Activation => ".activation",
        _ => ".int8",
    }
}

/// The array with the scales of input and output.
pub const ENDS: &str = "model.ends";

const fn is_named(name: &str, layer: &str, ending: &str) -> bool {
    let (name, layer, ending) = (name.as_bytes(), layer.as_bytes(), ending.as_bytes());
    if name.len() != layer.len() + ending.len() {
        return false;
    }
    let mut i = 0;
    while i < name.len() {
        let byte = if i < layer.len() {
            layer[i]
        } else {
            ending[i - layer.len()]
        };
        if name[i] != byte {
            return false;
        }
        i += 1;
    }
    true
}

const fn find<'f>(file: &'f [FileArray], layer: &str, ending: &str) -> Option<&'f FileArray> {
    let mut i = 0;
    while i < file.len() {
        if is_named(file[i].name(), layer, ending) {
            return Some(&file[i]);
        }
        i += 1;
    }
    None
}

/// What a quantised model demands of a file.
#[doc(hidden)]
pub struct Demands {
    layers: &'static [LayerInfo],
    steps: &'static [[Step; PLACES]],
}

impl Demands {
    /// Those of a model.
    #[must_use]
    pub const fn of<M: Quantizable>() -> Self {
        Demands {
            layers: M::LAYERS,
            steps: M::STEPS,
        }
    }
}

/// Reports what of the file does not fit the model.
#[doc(hidden)]
#[track_caller]
#[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
pub const fn file(model: &Demands, file: &[FileArray]) {
    if let Some(text) = refusal(model, file) {
        panic!("{}", text.as_str());
    }
}

const HELP: &str = "\n  help: the file is of another model, or of an older one, or not quantised: save it anew with `model.quantize(..)?.save(..)`";

const fn refusal(model: &Demands, file: &[FileArray]) -> Option<Text> {
    if cfg!(target_endian = "big") {
        return Some(Text::new().str("`include_weights!` needs a little-endian target"));
    }
    if model.layers.is_empty() {
        return None;
    }
    if let Some(text) = wrong(find(file, ENDS, ""), ENDS, "", HEADER) {
        return Some(text);
    }
    let mut i = 0;
    while i < model.steps.len() {
        let mut place = 0;
        while place < PLACES {
            let step = &model.steps[i][place];
            if step.is_some() {
                let (layer, ending) = (model.layers[i].name, ending(step.part));
                let text = wrong(find(file, layer, ending), layer, ending, step.block_len());
                if text.is_some() {
                    return text;
                }
            }
            place += 1;
        }
        i += 1;
    }
    None
}

const fn wrong(found: Option<&FileArray>, layer: &str, ending: &str, bytes: usize) -> Option<Text> {
    let name = Text::new().str("`").str(layer).str(ending).str("`");
    let Some(found) = found else {
        return Some(name.str(" is in the model, but not in the file").str(HELP));
    };
    if !same(found.dtype(), "U8") || found.len() != bytes {
        let text = name
            .str(" has ")
            .num(bytes)
            .str(" bytes in the model and ")
            .num(found.len());
        let text = text.str(" of type ").str(found.dtype()).str(" in the file");
        return Some(text.str(HELP));
    }
    None
}

/// The parameters of the file where the model has them. What does not fit is left out: [`file`] has reported it.
#[doc(hidden)]
pub const fn assemble<M: Quantizable>(file: &[FileArray], bytes: &[u8]) -> BakedQuantized<M> {
    let mut block = Aligned::<M::Block>::zeroed();
    put(&mut block, find(file, ENDS, ""), bytes, 0, HEADER);
    let mut i = 0;
    while i < M::STEPS.len() {
        let mut place = 0;
        while place < PLACES {
            let step = &M::STEPS[i][place];
            if step.is_some() && i < M::LAYERS.len() {
                let found = find(file, M::LAYERS[i].name, ending(step.part));
                put(&mut block, found, bytes, step.at, step.block_len());
            }
            place += 1;
        }
        i += 1;
    }
    BakedQuantized::of(block)
}

const fn put<B: crate::params::Flat>(
    block: &mut Aligned<B>,
    found: Option<&FileArray>,
    bytes: &[u8],
    at: usize,
    len: usize,
) {
    let Some(found) = found else { return };
    let start = found.start();
    if start > bytes.len() || bytes.len() - start < len {
        return;
    }
    let (_, bytes) = bytes.split_at(start);
    let (bytes, _) = bytes.split_at(len);
    block.set_le_bytes(at / size_of::<f32>(), bytes);
}
