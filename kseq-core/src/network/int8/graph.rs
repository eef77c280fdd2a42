//! Layers as steps: what is fused, what is converted, and where everything lies. All of it is a constant.

use kseq_int8::op::{Clamp, Conv, Op, Table};
use kseq_int8::params::Layout;

use crate::activations::Activation;
use crate::base::operator::{InFloat, Like, Normalise, STAYS, Then};
use crate::layer::Layer;
use crate::params::Flat;
use crate::tensor::Tensor;

mod place;
#[cfg(test)]
mod tests;

pub use crate::base::operator::Operator;

/// The places that a layer has for its steps: a conversion, one or two products, an activation.
pub const PLACES: usize = 4;

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it does.
    pub kind: Kind,
    /// Which layer's, from 0.
    pub layer: usize,
    /// The last layer that is a part of it: its activation, or a `BatchNormalization` whose factors are in its kernel.
    pub through: usize,
    /// Which part of that layer.
    pub part: Part,
    /// The `BatchNormalization` whose factors are in its kernel.
    pub folded: Option<(usize, Normalise)>,
    /// Where in the block its parameters begin.
    pub at: usize,
    /// Where its input lies; `None` is the network's input.
    pub input: Option<usize>,
    /// Where its output goes; `None` is the network's output.
    pub output: Option<usize>,
    /// Where in the arena its scratch memory begins, and how much there is.
    pub scratch: (usize, usize),
}

/// See [`Step::kind`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing: a place that is not needed.
    Nothing,
    /// An operator in integers.
    Int8(Op),
    /// So many values from `f32` to `i8`.
    Quantize(usize),
    /// So many values from `i8` to `f32`.
    Dequantize(usize),
    /// A layer in `f32`, with so many values in and out.
    Float(InFloat, [usize; 2]),
}

/// Which part of a layer a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A conversion before it.
    Before,
    /// Its product, with or without a bias; or all of it.
    Product {
        /// Whether there is a bias.
        bias: bool,
    },
    /// The depthwise convolution of a `SeparableConv`.
    Depthwise,
    /// Its convolution of single pixels.
    Pointwise {
        /// Whether there is a bias.
        bias: bool,
    },
    /// A `BatchNormalization` by itself.
    Normalise(usize),
    /// Its activation.
    Activation,
}

/// The bytes at the beginning of a block: scale and zero point of the input and of the output, 4 bytes each.
pub const HEADER: usize = 16;

/// What a conversion has in the block: scale and zero point.
const CONVERSION: usize = 8;

/// The steps of a model with `L` layers.
#[derive(Clone, Copy, Debug)]
pub struct Graph<const L: usize> {
    /// Those of each layer, in order.
    pub steps: [[Step; PLACES]; L],
    /// All else.
    pub plan: Plan,
    refusals: [Option<Refusal>; L],
}

/// Why a layer has no steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no operator; in `f32` it may stay.
    Operator(&'static str),
    /// There is none for the activation of this name.
    Activation(&'static str),
    /// No twin has such a layer.
    Never(&'static str),
}

/// What the steps need.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The bytes of the block.
    pub block: usize,
    /// The bytes between the steps, a multiple of 4.
    pub arena: usize,
    /// The values of a sample's input.
    pub input: usize,
    /// The values of a sample's output.
    pub output: usize,
    /// Whether the input is in `f32`: the first layer is.
    pub float_input: bool,
    /// Whether the output is in `f32`: the last layer is.
    pub float_output: bool,
}

impl Plan {
    /// That of a model with an error.
    pub const NOTHING: Plan = Plan {
        block: HEADER,
        arena: 0,
        input: 0,
        output: 0,
        float_input: false,
        float_output: false,
    };
}

/// A tensor while the steps are made.
#[derive(Clone, Copy)]
struct Flow {
    float: bool,
    len: usize,
}

const fn words(bytes: usize) -> usize {
    bytes.div_ceil(4) * 4
}

impl Step {
    const NOTHING: Step = Step {
        kind: Kind::Nothing,
        layer: 0,
        through: 0,
        part: Part::Before,
        folded: None,
        at: 0,
        input: None,
        output: None,
        scratch: (0, 0),
    };

    const fn new(kind: Kind, layer: usize, part: Part) -> Self {
        Step {
            kind,
            layer,
            through: layer,
            part,
            ..Step::NOTHING
        }
    }

    /// Whether there is something to do.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        !matches!(self.kind, Kind::Nothing)
    }

    /// The values in and out, and whether they are `f32`s.
    #[must_use]
    #[inline(always)]
    pub const fn ends(&self) -> ([usize; 2], [bool; 2]) {
        match &self.kind {
            Kind::Nothing => ([0; 2], [false; 2]),
            Kind::Int8(op) => ([op.input_len(), op.output_len()], [false; 2]),
            Kind::Quantize(len) => ([*len; 2], [true, false]),
            Kind::Dequantize(len) => ([*len; 2], [false, true]),
            Kind::Float(_, ends) => (*ends, [true; 2]),
        }
    }

    /// The bytes of its parameters.
    #[must_use]
    pub const fn block_len(&self) -> usize {
        match &self.kind {
            Kind::Nothing => 0,
            Kind::Int8(op) => words(Layout::of(op).len()),
            Kind::Quantize(_) | Kind::Dequantize(_) => CONVERSION,
            Kind::Float(of, _) => 4 * (of.params + of.state),
        }
    }

    const fn scratch_len(&self) -> usize {
        match &self.kind {
            Kind::Int8(op) => words(kseq_int8::run::scratch_len(op)),
            Kind::Float(of, _) => 4 * of.scratch,
            _ => 0,
        }
    }

    const fn bytes(&self, end: usize) -> usize {
        let (lens, floats) = self.ends();
        words(lens[end] * if floats[end] { 4 } else { 1 })
    }
}

/// The operator with this activation, if it does one by itself.
pub(crate) const fn clamped(op: Op, clamp: Clamp) -> Op {
    match op {
        Op::Dense(mut dense) => {
            dense.clamp = clamp;
            Op::Dense(dense)
        }
        Op::Conv(mut conv) => {
            conv.clamp = clamp;
            Op::Conv(conv)
        }
        Op::Depthwise(mut conv) => {
            conv.clamp = clamp;
            Op::Depthwise(conv)
        }
        other => other,
    }
}

/// A convolution as the operator of an activation: a factor and a term for each channel.
const fn factors(of: &Normalise) -> Op {
    let pixels = of.len / if of.channels == 0 { 1 } else { of.channels };
    let axis = kseq_int8::op::Axis {
        input: 1,
        output: 1,
        kernel: 1,
        stride: 1,
        dilation: 1,
        before: 0,
    };
    Op::Depthwise(Conv {
        axes: [
            axis,
            kseq_int8::op::Axis {
                input: pixels,
                output: pixels,
                ..axis
            },
        ],
        channels: of.channels,
        filters: of.channels,
        clamp: Clamp::None,
    })
}

impl<const L: usize> Graph<L> {
    /// The steps of these layers, which take and give `lens` values: `lens[0]` is the input.
    #[must_use]
    pub const fn new(layers: [Operator; L], lens: &[usize]) -> Self {
        let mut graph = Graph {
            steps: [[Step::NOTHING; PLACES]; L],
            plan: Plan {
                block: HEADER,
                arena: 0,
                input: lens[0],
                output: lens[L],
                float_input: first_is_float(&layers),
                float_output: false,
            },
            refusals: [None; L],
        };
        let mut flow = Flow {
            float: graph.plan.float_input,
            len: lens[0],
        };
        // The product behind which nothing has come yet: (layer, place).
        let mut open: Option<(usize, usize)> = None;
        let mut i = 0;
        while i < L {
            if !matches!(layers[i], Operator::Same) {
                open = graph.add(i, &layers[i], &mut flow, open);
            }
            flow.len = lens[i + 1];
            i += 1;
        }
        graph.plan.float_output = flow.float;
        graph.place();
        graph
    }

    /// Puts a step into the first free place of a layer from `from` on.
    const fn put(&mut self, layer: usize, place: usize, kind: Kind, part: Part) {
        self.steps[layer][place] = Step::new(kind, layer, part);
    }

    /// The steps of one layer. Gives the product that may take up what follows.
    const fn add(
        &mut self,
        i: usize,
        layer: &Operator,
        flow: &mut Flow,
        open: Option<(usize, usize)>,
    ) -> Option<(usize, usize)> {
        let stays = matches!(layer, Operator::Float(_));
        if stays != flow.float && !matches!(layer, Operator::Refused(_) | Operator::Never(_)) {
            let kind = match stays {
                true => Kind::Dequantize(flow.len),
                false => Kind::Quantize(flow.len),
            };
            self.put(i, 0, kind, Part::Before);
            flow.float = stays;
        }
        match layer {
            Operator::Same => open,
            Operator::Product { op, bias, then } => {
                self.put(i, 1, Kind::Int8(*op), Part::Product { bias: *bias });
                self.then(i, then, op.output_len(), Some((i, 1)))
            }
            Operator::Separable {
                depthwise,
                pointwise,
                bias,
                then,
            } => {
                self.put(i, 1, Kind::Int8(Op::Depthwise(*depthwise)), Part::Depthwise);
                let last = Op::Conv(*pointwise);
                self.put(i, 2, Kind::Int8(last), Part::Pointwise { bias: *bias });
                self.then(i, then, last.output_len(), Some((i, 2)))
            }
            Operator::Plain(op) => {
                self.put(i, 1, Kind::Int8(*op), Part::Product { bias: false });
                None
            }
            Operator::Activation(Then::Softmax, rows) => {
                self.put(i, 3, Kind::Int8(Op::Softmax(*rows)), Part::Activation);
                None
            }
            Operator::Activation(then, rows) => self.then(i, then, rows.rows * rows.width, open),
            Operator::Normalise(of) => match open {
                Some((layer, place)) if self.channels(layer, place) == of.channels => {
                    self.steps[layer][place].folded = Some((i, *of));
                    self.steps[layer][place].through = i;
                    open
                }
                _ => {
                    self.put(i, 1, Kind::Int8(factors(of)), Part::Normalise(i));
                    self.steps[i][1].folded = Some((i, *of));
                    Some((i, 1))
                }
            },
            Operator::Lstm { op, bias } => {
                self.put(
                    i,
                    1,
                    Kind::Int8(Op::Lstm(*op)),
                    Part::Product { bias: *bias },
                );
                None
            }
            Operator::Float(of) => {
                let ends = [flow.len, 0];
                self.put(i, 1, Kind::Float(*of, ends), Part::Product { bias: false });
                None
            }
            Operator::Refused(why) => {
                self.refusals[i] = Some(Refusal::Operator(why));
                None
            }
            Operator::Never(why) => {
                self.refusals[i] = Some(Refusal::Never(why));
                None
            }
        }
    }

    /// The activation of layer `i` behind a product, or by itself.
    const fn then(
        &mut self,
        i: usize,
        then: &Then,
        len: usize,
        open: Option<(usize, usize)>,
    ) -> Option<(usize, usize)> {
        match (then, open) {
            (Then::Clamp(Clamp::None), open) => open,
            (Then::Clamp(clamp), Some((layer, place))) => {
                if let Kind::Int8(op) = self.steps[layer][place].kind {
                    self.steps[layer][place].kind = Kind::Int8(clamped(op, *clamp));
                    self.steps[layer][place].through = i;
                }
                None
            }
            (Then::Clamp(clamp), None) => {
                let function = kseq_int8::op::Function::Clamp(*clamp);
                self.put(
                    i,
                    3,
                    Kind::Int8(Op::Table(Table { len, function })),
                    Part::Activation,
                );
                None
            }
            (Then::Function(function), _) => {
                let table = Table {
                    len,
                    function: *function,
                };
                self.put(i, 3, Kind::Int8(Op::Table(table)), Part::Activation);
                None
            }
            (Then::Softmax, Some((layer, place))) => {
                let width = self.channels(layer, place);
                let rows = kseq_int8::op::Rows {
                    rows: len / if width == 0 { 1 } else { width },
                    width,
                };
                self.put(i, 3, Kind::Int8(Op::Softmax(rows)), Part::Activation);
                None
            }
            (Then::Softmax, None) => None,
            (Then::Refused(name), _) => {
                self.refusals[i] = Some(Refusal::Activation(name));
                None
            }
        }
    }

    /// The channels of a product's output.
    const fn channels(&self, layer: usize, place: usize) -> usize {
        match self.steps[layer][place].kind {
            Kind::Int8(Op::Dense(dense)) => dense.outputs,
            Kind::Int8(Op::Conv(conv) | Op::Depthwise(conv)) => conv.filters,
            _ => 0,
        }
    }

    /// How many steps there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        let (mut count, mut i) = (0, 0);
        while i < L {
            let mut place = 0;
            while place < PLACES {
                count += self.steps[i][place].is_some() as usize;
                place += 1;
            }
            i += 1;
        }
        count
    }

    /// Why a layer has no steps.
    #[must_use]
    pub const fn refusal(&self, layer: usize) -> Option<Refusal> {
        self.refusals[layer]
    }
}

/// Whether the first layer that does something stays in `f32`.
const fn first_is_float(layers: &[Operator]) -> bool {
    let mut i = 0;
    while i < layers.len() {
        match layers[i] {
            Operator::Same => i += 1,
            Operator::Float(_) => return true,
            _ => return false,
        }
    }
    false
}

/// A layer that stays in `f32`.
#[must_use]
pub const fn float<L: Layer<X, Y>, X: Tensor, Y: Tensor>() -> Operator {
    if L::STATEFUL {
        return Operator::Never(STAYS);
    }
    Operator::Float(InFloat {
        params: <L::Params as Flat>::LEN,
        state: <L::State as Flat>::LEN,
        scratch: L::INFER_SCRATCH,
        like: None,
    })
}

/// The same of a layer that would be this in integers.
#[must_use]
pub const fn float_like<L: Layer<X, Y>, X: Tensor, Y: Tensor>(integers: Operator) -> Operator {
    match (float::<L, X, Y>(), integers) {
        (Operator::Float(of), Operator::Product { op, bias, then }) => Operator::Float(InFloat {
            like: Some(Like { op, bias, then }),
            ..of
        }),
        (any, _) => any,
    }
}

/// The last layer, with the activation that is the model's head.
#[must_use]
pub const fn ending<A: Activation, Y: Tensor>(last: Operator) -> Operator {
    last.ending(A::INT8, Y::SHAPE)
}
