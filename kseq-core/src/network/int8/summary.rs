//! The table of an int8 twin, written by the compiler: `Quantized::<Net>::SUMMARY`.

use core::marker::PhantomData;

use kseq_int8::op::{Clamp, Function, Op};

use super::check::ending;
use super::graph::{Kind, PLACES, Part, Step};
use super::pass::Quantizable;
use crate::model::LayerInfo;
use crate::network::summary::{Cell, Writer, larger, line, width};
use crate::shape::{Shape, axis};
use crate::tensor::Tensor;
use crate::text::{TextOf, Written};

/// The table of a twin in at most `LEN` bytes.
pub struct Table<M, const LEN: usize>(PhantomData<M>);

impl<M: Quantizable, const LEN: usize> Table<M, LEN> {
    const WIDTHS: [usize; 4] = widths(M::LAYERS, M::STEPS, M::Input::SHAPE);
    const TABLE: TextOf<LEN> = table::<M, LEN>(Self::WIDTHS);
}

impl<M: Quantizable, const LEN: usize> Written for Table<M, LEN> {
    /// A row for each step, and one for each layer that is a part of another's; the bytes of its parameters; the totals.
    const TEXT: &'static str = Self::TABLE.as_str();
}

const HEAD: [&str; 4] = ["Layer (type)", "Output Shape", "Operator", "Bytes"];

impl Step {
    /// What it is: TFLite's name of its operator, or `f32` of a layer that stays as it is.
    #[must_use]
    pub const fn operator(&self) -> &'static str {
        match &self.kind {
            Kind::Int8(op) => match op {
                Op::Dense(_) => "FULLY_CONNECTED",
                Op::Conv(_) => "CONV_2D",
                Op::Depthwise(_) => "DEPTHWISE_CONV_2D",
                Op::MaxPool(_) => "MAX_POOL_2D",
                Op::AveragePool(_) => "AVERAGE_POOL_2D",
                Op::Mean(_) => "MEAN",
                Op::Pad(_) => "PAD",
                Op::Table(table) => function(table.function),
                Op::Softmax(_) => "SOFTMAX",
                Op::Lstm(_) => "UNIDIRECTIONAL_SEQUENCE_LSTM",
                _ => "",
            },
            Kind::Quantize(_) => "QUANTIZE",
            Kind::Dequantize(_) => "DEQUANTIZE",
            Kind::Float(..) => "f32",
            Kind::Nothing => "",
        }
    }

    /// The activation that is a part of its operator.
    const fn clamp(&self) -> Clamp {
        match &self.kind {
            Kind::Int8(Op::Dense(dense)) => dense.clamp,
            Kind::Int8(Op::Conv(conv) | Op::Depthwise(conv)) => conv.clamp,
            _ => Clamp::None,
        }
    }
}

const fn function(function: Function) -> &'static str {
    match function {
        Function::Clamp(Clamp::None) => "QUANTIZE",
        Function::Clamp(of) => clamp(of),
        Function::Sigmoid => "LOGISTIC",
        Function::Tanh => "TANH",
        Function::Elu => "ELU",
        Function::LeakyRelu(_) => "LEAKY_RELU",
        Function::HardSwish => "HARD_SWISH",
        Function::Gelu(_) => "GELU",
        _ => "",
    }
}

const fn clamp(clamp: Clamp) -> &'static str {
    match clamp {
        Clamp::Relu => "RELU",
        Clamp::Relu6 => "RELU6",
        Clamp::ReluN1To1 => "RELU_N1_TO_1",
        _ => "",
    }
}

/// What a step writes into its row.
#[derive(Clone, Copy)]
struct Row {
    /// `conv2d_1 (Conv2D)`, or `conv2d_1.conversion`, in two or four parts.
    title: [&'static str; 4],
    shape: Shape,
    /// The operator, and the activation in it; or the layer of which this one is a part.
    does: [&'static str; 3],
    /// The bytes of its parameters, if it is a step.
    bytes: Option<usize>,
}

impl Row {
    const fn title_width(&self) -> usize {
        let (mut sum, mut i) = (0, 0);
        while i < self.title.len() {
            sum += width(self.title[i]);
            i += 1;
        }
        sum
    }

    /// Shape, operator, bytes.
    const fn cells(&self) -> [Cell; 3] {
        let mut shape = Cell::new().str("(None");
        let mut i = 0;
        while i < self.shape.rank() {
            shape = axis(shape.str(", "), self.shape.dim(i));
            i += 1;
        }
        let [a, b, c] = self.does;
        let bytes = match self.bytes {
            Some(bytes) => Cell::new().thousands(bytes),
            None => Cell::new(),
        };
        [shape.str(")"), Cell::new().str(a).str(b).str(c), bytes]
    }
}

/// The rows of a layer: those of its steps, or one that says where it has gone.
const fn rows(
    layers: &[LayerInfo],
    steps: &[[Step; PLACES]],
    i: usize,
    input: Shape,
) -> [Option<Row>; PLACES] {
    let (layer, mut rows, mut place, mut any) = (&layers[i], [None; PLACES], 0, false);
    let full = [layer.name, " (", layer.class_name, ")"];
    // The last step of a layer that is none of a conversion has its full title, unless it has more than one.
    while place < PLACES {
        let step = &steps[i][place];
        if step.is_some() {
            let is_conversion = matches!(step.part, Part::Before);
            let is_part = matches!(step.part, Part::Depthwise)
                || matches!(step.part, Part::Activation) && any;
            let inside = clamp(step.clamp());
            rows[place] = Some(Row {
                title: match is_conversion || is_part {
                    true => [layer.name, ending(step.part), "", ""],
                    false => full,
                },
                shape: match step.part {
                    Part::Before => input,
                    Part::Depthwise => between(step, layer.output),
                    _ => layer.output,
                },
                does: [
                    step.operator(),
                    if inside.is_empty() { "" } else { ", " },
                    inside,
                ],
                bytes: Some(step.block_len()),
            });
            any |= !is_conversion;
        }
        place += 1;
    }
    if !any {
        rows[PLACES - 1] = Some(Row {
            title: full,
            shape: layer.output,
            does: match part_of(layers, steps, i) {
                Some(of) => ["in ", of, ""],
                None => ["-", "", ""],
            },
            bytes: None,
        });
    }
    rows
}

/// What the first half of a separable convolution gives.
const fn between(step: &Step, output: Shape) -> Shape {
    match &step.kind {
        Kind::Int8(Op::Depthwise(conv)) => output.with_last(conv.filters),
        _ => output,
    }
}

/// The layer in whose step this one is.
const fn part_of(layers: &[LayerInfo], steps: &[[Step; PLACES]], i: usize) -> Option<&'static str> {
    let mut before = 0;
    while before < i {
        let mut place = 0;
        while place < PLACES {
            let step = &steps[before][place];
            if step.is_some() && step.through >= i {
                return Some(layers[before].name);
            }
            place += 1;
        }
        before += 1;
    }
    None
}

const fn shape_before(layers: &[LayerInfo], i: usize, input: Shape) -> Shape {
    match i {
        0 => input,
        _ => layers[i - 1].output,
    }
}

const fn widths(layers: &[LayerInfo], steps: &[[Step; PLACES]], input: Shape) -> [usize; 4] {
    let mut widths = [HEAD[0].len(), HEAD[1].len(), HEAD[2].len(), HEAD[3].len()];
    let mut i = 0;
    while i < layers.len() && i < steps.len() {
        let rows = rows(layers, steps, i, shape_before(layers, i, input));
        let mut place = 0;
        while place < PLACES {
            if let Some(row) = &rows[place] {
                let [shape, does, bytes] = row.cells();
                widths = [
                    larger(widths[0], row.title_width()),
                    larger(widths[1], shape.len()),
                    larger(widths[2], does.len()),
                    larger(widths[3], bytes.len()),
                ];
            }
            place += 1;
        }
        i += 1;
    }
    widths
}

const fn table<M: Quantizable, const LEN: usize>(widths: [usize; 4]) -> TextOf<LEN> {
    let mut w = Writer(TextOf::<LEN>::new());
    w.write(&["Model: \"", M::NAME, "\" in int8\n"]);
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
    let (mut i, mut first) = (0, true);
    while i < M::LAYERS.len() && i < M::STEPS.len() {
        let before = shape_before(M::LAYERS, i, M::Input::SHAPE);
        let rows = rows(M::LAYERS, M::STEPS, i, before);
        let mut place = 0;
        while place < PLACES {
            if let Some(row) = &rows[place] {
                match first {
                    true => w.0.push_text(&line(widths, ["┡", "━", "╇", "┩"])),
                    false => w.0.push_text(&between),
                }
                first = false;
                let title: &[&str] = &row.title;
                w.row(
                    widths,
                    (title, row.title_width()),
                    &row.cells(),
                    ["│ ", " │ ", " │\n"],
                );
            }
            place += 1;
        }
        i += 1;
    }
    w.0.push_text(&line(widths, ["└", "─", "┴", "┘"]));
    let plan = M::INT8;
    let (int8, float) = (
        Cell::new().bytes(plan.block),
        Cell::new().bytes(size_of::<f32>() * M::PARAMS),
    );
    w.write(&[" Parameters: ", int8.as_str(), " (", float.as_str()]);
    w.write(&[" in f32)\n Input: ", elements(plan.float_input)]);
    w.write(&[", output: ", elements(plan.float_output)]);
    let arena = Cell::new().bytes(plan.arena);
    w.write(&[
        "\n Memory: ",
        arena.as_str(),
        " between the steps of a sample\n",
    ]);
    w.0
}

const fn elements(float: bool) -> &'static str {
    if float { "f32" } else { "int8" }
}
