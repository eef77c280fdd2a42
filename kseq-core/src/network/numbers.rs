//! A model's numbers before any run: parameters, memory, multiplications, and its budget.
//!
//! All are constants of the [`Model`], computed from its layers while the compiler runs.

use core::fmt;

use super::footprint;
use crate::model::{LayerInfo, Model};
use crate::plan::Placement;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::text::{Text, TextOf};

const F32: usize = size_of::<f32>();

/// What a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// [`Model::PARAMS`]
    Params,
    /// [`Model::FLASH_BYTES`]
    Flash,
    /// [`Model::INFER_RAM`]
    Ram,
    /// [`Model::TRAIN_RAM`]
    TrainRam,
    /// [`Model::MACS`]
    Macs,
}

impl Measure {
    /// The name of the argument of `#[budget(..)]`.
    const fn name(self) -> &'static str {
        match self {
            Measure::Params => "params",
            Measure::Flash => "flash",
            Measure::Ram => "ram",
            Measure::TrainRam => "train_ram",
            Measure::Macs => "macs",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Measure::Params | Measure::Macs => "",
            Measure::Flash | Measure::Ram | Measure::TrainRam => " bytes",
        }
    }

    /// What a layer adds to it; what layers share (gradients, the sample itself, the stack) is in none.
    const fn of_layer(self, numbers: &Numbers, index: usize) -> usize {
        let (layer, placement) = (&numbers.layers[index], &numbers.rest[index]);
        let (params, state) = (layer.count_params(), layer.count_state());
        match self {
            Measure::Params => params + state,
            Measure::Flash => F32 * (params + state) + footprint::code_of(numbers.layers, index),
            Measure::Ram => F32 * (numbers.outputs[index].len + layer.scratch),
            Measure::TrainRam => {
                let output = if placement.aliased { 0 } else { placement.len };
                F32 * (params + state + output + placement.cache_len + layer.scratch)
            }
            Measure::Macs => layer.macs,
        }
    }
}

/// The numbers of a model.
#[derive(Clone, Copy)]
pub struct Numbers {
    name: &'static str,
    input: Shape,
    layers: &'static [LayerInfo],
    outputs: &'static [Placement],
    /// What training keeps on a microcontroller.
    rest: &'static [Placement],
    totals: [usize; 5],
    /// By estimate: code, the stack of a prediction and of a training step.
    code: usize,
    stacks: [usize; 2],
}

impl Numbers {
    /// The numbers of `M`.
    #[must_use]
    pub const fn of<M: Model>() -> Self {
        Numbers {
            name: M::NAME,
            input: M::Input::SHAPE,
            layers: M::LAYERS,
            outputs: M::PLACEMENTS,
            rest: M::REST,
            totals: [
                M::PARAMS,
                M::FLASH_BYTES,
                M::INFER_RAM,
                M::TRAIN_RAM,
                M::MACS,
            ],
            code: M::CODE_BYTES,
            stacks: [M::INFER_STACK, footprint::training_stack(M::LAYERS)],
        }
    }

    /// What of a total is an estimate, and what is in no layer's row.
    const fn parts(&self, measure: Measure) -> Text {
        let text = Text::new().str("\n  (");
        match measure {
            Measure::Params | Measure::Macs => Text::new(),
            Measure::Flash => {
                let text = text.str("weights, and by estimate ").thousands(self.code);
                text.str(" bytes of code)")
            }
            Measure::Ram => {
                let text = text.str("values, the sample and the output, and by estimate ");
                text.thousands(self.stacks[0]).str(" bytes of stack)")
            }
            Measure::TrainRam => {
                let text = text.str(
                    "parameters, gradients, values, a sample with its target, and by estimate ",
                );
                text.thousands(self.stacks[1]).str(" bytes of stack)")
            }
        }
    }

    /// The layer that adds most.
    const fn dearest(&self, measure: Measure) -> usize {
        let (mut dearest, mut most, mut i) = (0, 0, 0);
        while i < self.layers.len() {
            let n = measure.of_layer(self, i);
            if n > most {
                (dearest, most) = (i, n);
            }
            i += 1;
        }
        dearest
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [params, flash, ram, train_ram, macs] = self.totals;
        f.debug_struct(self.name)
            .field("PARAMS", &params)
            .field("FLASH_BYTES", &flash)
            .field("INFER_RAM", &ram)
            .field("TRAIN_RAM", &train_ram)
            .field("MACS", &macs)
            .finish()
    }
}

/// The text of a table; the rows of a very long model are cut.
type Table = TextOf<8192>;

/// The rows that a budget's table shows at most, and how many of them are the first ones.
const ROWS: usize = 40;

/// Refuses a model that is over its budget: `#[budget(params = 400_000)]`.
#[track_caller]
#[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
pub const fn within(numbers: &Numbers, measure: Measure, limit: usize) {
    let found = numbers.totals[measure as usize];
    if found <= limit {
        return;
    }
    let dearest = numbers.dearest(measure);
    let mut t = Table::new()
        .str("`")
        .str(numbers.name)
        .str("`: ")
        .str(measure.name())
        .str(" is ")
        .thousands(found)
        .str(measure.unit())
        .str(", over the budget of ")
        .thousands(limit)
        .text(&numbers.parts(measure))
        .str("\n  input ")
        .text(&numbers.input.text());
    let mut widths = [0; 3];
    let mut i = 0;
    while i < numbers.layers.len() {
        let layer = &numbers.layers[i];
        let amount = measure.of_layer(numbers, i);
        let cells = [
            layer.name.len(),
            layer.output.text().as_str().len(),
            TextOf::<40>::new().thousands(amount).as_str().len(),
        ];
        let mut k = 0;
        while k < 3 {
            widths[k] = if cells[k] > widths[k] {
                cells[k]
            } else {
                widths[k]
            };
            k += 1;
        }
        i += 1;
    }
    let mut i = 0;
    while i < numbers.layers.len() {
        if i == ROWS && numbers.layers.len() > ROWS {
            t = t.str("\n  ...");
        }
        if i < ROWS || i == dearest {
            let layer = &numbers.layers[i];
            let amount = measure.of_layer(numbers, i);
            let amount = TextOf::<40>::new().thousands(amount);
            let shape = layer.output.text();
            t = t
                .str("\n  ")
                .left(layer.name, widths[0])
                .str("  ")
                .left(shape.as_str(), widths[1])
                .str("  ")
                .right(amount.as_str(), widths[2]);
            if i == dearest {
                t = t.str("  <- the dearest");
            }
        }
        i += 1;
    }
    let t = t
        .str("\n  help: make layer ")
        .num(dearest + 1)
        .str(" `")
        .str(numbers.layers[dearest].name)
        .str("` smaller, or raise the budget");
    panic!("{}", t.as_str());
}
