//! Keras's table of layers, written by the compiler: [`Model::SUMMARY`].

use core::marker::PhantomData;

use crate::model::{LayerInfo, Model};
use crate::text::TextOf;

/// The table of a model in at most `LEN` bytes.
pub struct Table<M, const LEN: usize>(PhantomData<M>);

impl<M: Model, const LEN: usize> Table<M, LEN> {
    /// The table: layers, output shapes (`None` is the batch axis), parameters; the totals; what a run needs.
    pub const TEXT: TextOf<LEN> = table::<M, LEN>();
}

/// A cell of the table.
type Cell = TextOf<128>;

const HEAD: [&str; 3] = ["Layer (type)", "Output Shape", "Param #"];

/// Layer, output shape, parameters.
const fn cells(layer: &LayerInfo) -> [Cell; 3] {
    let name = Cell::new()
        .str(layer.name)
        .str(" (")
        .str(layer.class_name)
        .str(")");
    let mut shape = Cell::new().str("(None");
    let mut axis = 0;
    while axis < layer.output.rank() {
        shape = shape.str(", ").num(layer.output.dim(axis));
        axis += 1;
    }
    let params = layer.count_params() + layer.count_state();
    [name, shape.str(")"), Cell::new().thousands(params)]
}

const fn line<const LEN: usize>(
    t: TextOf<LEN>,
    widths: [usize; 3],
    parts: [&str; 4],
) -> TextOf<LEN> {
    let [left, dash, middle, right] = parts;
    t.str(left)
        .repeat(dash, widths[0] + 2)
        .str(middle)
        .repeat(dash, widths[1] + 2)
        .str(middle)
        .repeat(dash, widths[2] + 2)
        .str(right)
        .str("\n")
}

/// `{what}: 407,050 (1.55 MB)`
const fn total<const LEN: usize>(t: TextOf<LEN>, what: &str, n: usize) -> TextOf<LEN> {
    let t = t.str(" ").str(what).str(" params: ").thousands(n);
    t.str(" (").bytes(n * size_of::<f32>()).str(")\n")
}

const fn table<M: Model, const LEN: usize>() -> TextOf<LEN> {
    let mut widths = [HEAD[0].len(), HEAD[1].len(), HEAD[2].len()];
    let (mut trainable, mut fixed) = (0, 0);
    let mut i = 0;
    while i < M::LAYERS.len() {
        let layer = &M::LAYERS[i];
        let cells = cells(layer);
        let mut k = 0;
        while k < 3 {
            let width = cells[k].as_str().len();
            widths[k] = if width > widths[k] { width } else { widths[k] };
            k += 1;
        }
        if i < M::FROZEN.len() && M::FROZEN[i] {
            fixed += layer.count_params();
        } else {
            trainable += layer.count_params();
        }
        fixed += layer.count_state();
        i += 1;
    }
    let t = TextOf::<LEN>::new()
        .str("Model: \"")
        .str(M::NAME)
        .str("\"\n");
    let mut t = line(t, widths, ["┏", "━", "┳", "┓"])
        .str("┃ ")
        .left(HEAD[0], widths[0])
        .str(" ┃ ")
        .left(HEAD[1], widths[1])
        .str(" ┃ ")
        .right(HEAD[2], widths[2])
        .str(" ┃\n");
    let mut i = 0;
    while i < M::LAYERS.len() {
        t = match i {
            0 => line(t, widths, ["┡", "━", "╇", "┩"]),
            _ => line(t, widths, ["├", "─", "┼", "┤"]),
        };
        let [name, shape, params] = cells(&M::LAYERS[i]);
        t = t
            .str("│ ")
            .left(name.as_str(), widths[0])
            .str(" │ ")
            .left(shape.as_str(), widths[1])
            .str(" │ ")
            .right(params.as_str(), widths[2])
            .str(" │\n");
        i += 1;
    }
    t = line(t, widths, ["└", "─", "┴", "┘"]);
    t = total(t, "Total", trainable + fixed);
    t = total(t, "Trainable", trainable);
    t = total(t, "Non-trainable", fixed);
    t.str(" Multiply-accumulates: ")
        .thousands(M::MACS)
        .str(" a sample\n Memory: ")
        .bytes(M::INFER_RAM)
        .str(" to predict, ")
        .bytes(M::TRAIN_RAM)
        .str(" to train (one sample, plain SGD)\n")
}
