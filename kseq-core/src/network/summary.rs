//! Keras's table of layers, written by the compiler: [`Model::SUMMARY`].

use core::marker::PhantomData;

use crate::model::{LayerInfo, Model};
use crate::text::TextOf;

pub use crate::text::Written;

/// The table of a model in at most `LEN` bytes.
pub struct Table<M, const LEN: usize>(PhantomData<M>);

impl<M: Model, const LEN: usize> Table<M, LEN> {
    const TABLE: TextOf<LEN> = table::<M, LEN>();
}

impl<M: Model, const LEN: usize> Written for Table<M, LEN> {
    /// Layers, output shapes (`None` is the batch axis), parameters, multiply-accumulates; the totals; what a
    /// run needs.
    const TEXT: &'static str = Self::TABLE.as_str();
}

/// A cell of the table.
type Cell = TextOf<128>;

const HEAD: [&str; 4] = ["Layer (type)", "Output Shape", "Param #", "MACs"];

/// Layer, output shape, parameters, multiply-accumulates of a sample.
const fn cells(layer: &LayerInfo) -> [Cell; 4] {
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
    [
        name,
        shape.str(")"),
        Cell::new().thousands(params),
        Cell::new().thousands(layer.macs),
    ]
}

/// A text that is written in place: a table is long, and each copy of it takes time.
struct Writer<const LEN: usize>(TextOf<LEN>);

impl<const LEN: usize> Writer<LEN> {
    const fn write(&mut self, parts: &[&str]) {
        let mut i = 0;
        while i < parts.len() {
            self.0.push(parts[i]);
            i += 1;
        }
    }

    const fn repeat(&mut self, s: &str, times: usize) {
        let mut i = 0;
        while i < times {
            self.0.push(s);
            i += 1;
        }
    }

    /// A line between rows: its left end, what it is drawn with, its middle, its right end.
    const fn line(&mut self, widths: [usize; 4], [left, dash, middle, right]: [&str; 4]) {
        self.write(&[left]);
        self.repeat(dash, widths[0] + 2);
        self.write(&[middle]);
        self.repeat(dash, widths[1] + 2);
        self.write(&[middle]);
        self.repeat(dash, widths[2] + 2);
        self.write(&[middle]);
        self.repeat(dash, widths[3] + 2);
        self.write(&[right, "\n"]);
    }

    /// Two cells to the left, two to the right.
    const fn row(&mut self, widths: [usize; 4], cells: [&str; 4], bar: &str) {
        self.write(&[bar, " ", cells[0]]);
        self.repeat(" ", widths[0] - cells[0].len());
        self.write(&[" ", bar, " ", cells[1]]);
        self.repeat(" ", widths[1] - cells[1].len());
        self.write(&[" ", bar, " "]);
        self.repeat(" ", widths[2] - cells[2].len());
        self.write(&[cells[2], " ", bar, " "]);
        self.repeat(" ", widths[3] - cells[3].len());
        self.write(&[cells[3], " ", bar, "\n"]);
    }

    /// `{what} params: 407,050 (1.55 MB)`
    const fn total(&mut self, what: &str, n: usize) {
        let (count, size) = (
            Cell::new().thousands(n),
            Cell::new().bytes(n * size_of::<f32>()),
        );
        self.write(&[
            " ",
            what,
            " params: ",
            count.as_str(),
            " (",
            size.as_str(),
            ")\n",
        ]);
    }
}

const fn table<M: Model, const LEN: usize>() -> TextOf<LEN> {
    let mut widths = [HEAD[0].len(), HEAD[1].len(), HEAD[2].len(), HEAD[3].len()];
    let (mut trainable, mut fixed) = (0, 0);
    let mut i = 0;
    while i < M::LAYERS.len() {
        let layer = &M::LAYERS[i];
        let cells = cells(layer);
        let mut k = 0;
        while k < 4 {
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
    let mut w = Writer(TextOf::<LEN>::new());
    w.write(&["Model: \"", M::NAME, "\"\n"]);
    w.line(widths, ["┏", "━", "┳", "┓"]);
    w.row(widths, HEAD, "┃");
    let mut i = 0;
    while i < M::LAYERS.len() {
        w.line(
            widths,
            if i == 0 {
                ["┡", "━", "╇", "┩"]
            } else {
                ["├", "─", "┼", "┤"]
            },
        );
        let [name, shape, params, macs] = cells(&M::LAYERS[i]);
        let cells = [
            name.as_str(),
            shape.as_str(),
            params.as_str(),
            macs.as_str(),
        ];
        w.row(widths, cells, "│");
        i += 1;
    }
    w.line(widths, ["└", "─", "┴", "┘"]);
    w.total("Total", trainable + fixed);
    w.total("Trainable", trainable);
    w.total("Non-trainable", fixed);
    let macs = Cell::new().thousands(M::MACS);
    w.write(&[" Multiply-accumulates: ", macs.as_str(), " a sample\n"]);
    let (predict, train) = (
        Cell::new().bytes(M::INFER_RAM),
        Cell::new().bytes(M::TRAIN_RAM),
    );
    w.write(&[" Memory: ", predict.as_str(), " to predict, "]);
    w.write(&[train.as_str(), " to train (one sample, plain SGD)\n"]);
    w.0
}
