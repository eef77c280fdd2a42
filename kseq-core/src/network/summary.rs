//! Keras's table of layers, written by the compiler: [`Model::SUMMARY`].

use core::marker::PhantomData;

use crate::model::{LayerInfo, Model};
use crate::shape::axis as size;
use crate::tensor::Tensor;
use crate::text::TextOf;

pub use crate::text::Written;

/// The table of a model in at most `LEN` bytes.
pub struct Table<M, const LEN: usize>(PhantomData<M>);

// A model of a thousand layers stays below what the compiler takes for an endless computation: texts are appended in few
// pieces, and what is first counted and last checked to be UTF-8 are constants of their own.
impl<M: Model, const LEN: usize> Table<M, LEN> {
    const EXTENT: Extent = extent::<M>();
    const TABLE: TextOf<LEN> = table::<M, LEN>(&Self::EXTENT);
}

impl<M: Model, const LEN: usize> Written for Table<M, LEN> {
    /// Layers, output shapes (`None` is the batch axis), parameters, multiply-accumulates; the totals; what a
    /// run needs.
    const TEXT: &'static str = Self::TABLE.as_str();
}

/// A cell of the table.
pub(crate) type Cell = TextOf<128>;

/// A line between rows, whose characters take 3 bytes.
pub(crate) type Line = TextOf<2048>;

const HEAD: [&str; 4] = ["Layer (type)", "Output Shape", "Param #", "MACs"];

/// As many as a cell takes at most.
const SPACES: &str = match core::str::from_utf8(&[b' '; 512]) {
    Ok(spaces) => spaces,
    Err(_) => "",
};

/// The width of a layer's name and its class.
const fn title_width(layer: &LayerInfo) -> usize {
    width(layer.name) + width(layer.class_name) + 3
}

/// Output shape, parameters, multiply-accumulates of a sample.
const fn cells(layer: &LayerInfo, batch: Option<usize>) -> [Cell; 3] {
    let mut shape = match batch {
        None => Cell::new().str("(None"),
        Some(batch) => Cell::new().str("(").num(batch),
    };
    let mut axis = 0;
    while axis < layer.output.rank() {
        shape = size(shape.str(", "), layer.output.dim(axis));
        axis += 1;
    }
    let (trained, fixed) = weights(layer);
    [
        shape.str(")"),
        Cell::new().thousands(trained + fixed),
        Cell::new().thousands(layer.macs),
    ]
}

/// What is trained, and what is not. What a stateful layer remembers is none of its weights.
const fn weights(layer: &LayerInfo) -> (usize, usize) {
    let fixed = match layer.stateful {
        true => 0,
        false => layer.count_state(),
    };
    (layer.count_params(), fixed)
}

/// The cells of a terminal that a text takes: one for a character, two for those of East Asian scripts and for most
/// pictures, none for marks that are set over the one before.
pub(crate) const fn width(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut cells, mut i) = (0, 0);
    while i < bytes.len() {
        let first = bytes[i];
        let (len, mut code) = match first {
            0..0x80 => (1, first as u32),
            0x80..0xE0 => (2, first as u32 & 0x1F),
            0xE0..0xF0 => (3, first as u32 & 0x0F),
            _ => (4, first as u32 & 0x07),
        };
        let end = i + len;
        i += 1;
        while i < end {
            code = code << 6 | bytes[i] as u32 & 0x3F;
            i += 1;
        }
        cells += match code {
            0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
            0x1100..=0x115F
            | 0x2E80..=0xA4CF
            | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0xFFE0..=0xFFE6
            | 0x1F300..=0x1FAFF
            | 0x20000..=0x3FFFD => 2,
            _ => 1,
        };
    }
    cells
}

/// A line between rows: its left end, what it is drawn with, its middle, its right end.
pub(crate) const fn line(widths: [usize; 4], [left, dash, middle, right]: [&str; 4]) -> Line {
    let mut line = Line::new().str(left);
    let mut k = 0;
    while k < 4 {
        if k > 0 {
            line.push(middle);
        }
        let mut i = 0;
        while i < widths[k] + 2 {
            line.push(dash);
            i += 1;
        }
        k += 1;
    }
    line.str(right).str("\n")
}

/// A text that is written in place: a table is long, and each copy of it takes time.
pub(crate) struct Writer<const LEN: usize>(pub(crate) TextOf<LEN>);

impl<const LEN: usize> Writer<LEN> {
    pub(crate) const fn write(&mut self, parts: &[&str]) {
        let mut i = 0;
        while i < parts.len() {
            self.0.push(parts[i]);
            i += 1;
        }
    }

    const fn spaces(&mut self, count: usize) {
        self.0.push(SPACES.split_at(count).0);
    }

    /// Two cells to the left, two to the right. The first are parts of a text of a certain width.
    pub(crate) const fn row(
        &mut self,
        widths: [usize; 4],
        (name, width): (&[&str], usize),
        cells: &[Cell; 3],
        [left, middle, right]: [&str; 3],
    ) {
        let [shape, params, macs] = cells;
        self.0.push(left);
        self.write(name);
        self.spaces(widths[0] - width);
        self.0.push(middle);
        self.0.push_text(shape);
        self.spaces(widths[1] - shape.len());
        self.0.push(middle);
        self.spaces(widths[2] - params.len());
        self.0.push_text(params);
        self.0.push(middle);
        self.spaces(widths[3] - macs.len());
        self.0.push_text(macs);
        self.0.push(right);
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

pub(crate) const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// What is known of a table before it is written: the widths of its columns, and the totals.
struct Extent {
    widths: [usize; 4],
    trainable: usize,
    fixed: usize,
}

const fn extent<M: Model>() -> Extent {
    let mut widths = [HEAD[0].len(), HEAD[1].len(), HEAD[2].len(), HEAD[3].len()];
    let (mut trainable, mut fixed) = (0, 0);
    let mut i = 0;
    while i < M::LAYERS.len() {
        let layer = &M::LAYERS[i];
        let [shape, params, macs] = cells(layer, M::BATCH);
        widths = [
            larger(widths[0], title_width(layer)),
            larger(widths[1], shape.len()),
            larger(widths[2], params.len()),
            larger(widths[3], macs.len()),
        ];
        let (trained, state) = weights(layer);
        if i < M::FROZEN.len() && M::FROZEN[i] {
            fixed += trained;
        } else {
            trainable += trained - layer.inside.count_frozen();
            fixed += layer.inside.count_frozen();
        }
        fixed += state;
        i += 1;
    }
    Extent {
        widths,
        trainable,
        fixed,
    }
}

const fn table<M: Model, const LEN: usize>(extent: &Extent) -> TextOf<LEN> {
    let Extent {
        widths,
        trainable,
        fixed,
    } = *extent;
    let mut w = Writer(TextOf::<LEN>::new());
    w.write(&["Model: \"", M::NAME, "\"\n"]);
    w.0.push_text(&line(widths, ["┏", "━", "┳", "┓"]));
    let head = [
        Cell::new().str(HEAD[1]),
        Cell::new().str(HEAD[2]),
        Cell::new().str(HEAD[3]),
    ];
    w.row(
        widths,
        (&[HEAD[0]], HEAD[0].len()),
        &head,
        ["┃ ", " ┃ ", " ┃\n"],
    );
    let between = line(widths, ["├", "─", "┼", "┤"]);
    let mut i = 0;
    while i < M::LAYERS.len() {
        if i == 0 {
            w.0.push_text(&line(widths, ["┡", "━", "╇", "┩"]));
        } else {
            w.0.push_text(&between);
        }
        let layer = &M::LAYERS[i];
        w.row(
            widths,
            (
                &[layer.name, " (", layer.class_name, ")"],
                title_width(layer),
            ),
            &cells(layer, M::BATCH),
            ["│ ", " │ ", " │\n"],
        );
        i += 1;
    }
    w.0.push_text(&line(widths, ["└", "─", "┴", "┘"]));
    w.total("Total", trainable + fixed);
    w.total("Trainable", trainable);
    w.total("Non-trainable", fixed);
    let macs = Cell::new().thousands(M::MACS);
    // What comes with the data is counted as little as it can be.
    let (each, sample) = match M::Input::OPEN {
        0 => ("a sample", "one sample"),
        _ => ("a sample, each `None` as 1", "one of the shortest samples"),
    };
    w.write(&[" Multiply-accumulates: ", macs.as_str(), " ", each, "\n"]);
    let (predict, train) = (
        Cell::new().bytes(M::INFER_RAM),
        Cell::new().bytes(M::TRAIN_RAM),
    );
    w.write(&[" Memory: ", predict.as_str(), " to predict, "]);
    w.write(&[train.as_str(), " to train (", sample, ", plain SGD)\n"]);
    w.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_a_terminal() {
        for (text, cells) in [
            ("", 0),
            ("dense_1", 7),
            ("größe", 5),
            ("日本", 4),
            ("слой", 4),
            ("한글", 4),
            ("e\u{301}", 1),
            ("🦀", 2),
        ] {
            assert_eq!(width(text), cells, "{text}");
        }
    }
}
