//! Layers as steps: what is fused, what is converted, and where everything lies. All of it is a constant.

use kseq_int8::op::{Clamp, Conv, Op, Table};

use crate::activations::Activation;
use crate::base::operator::{InFloat, Like, Normalise, STAYS, Then};
use crate::layer::Layer;
use crate::params::Flat;
use crate::tensor::Tensor;

mod place;
mod step;
#[cfg(test)]
mod tests;

pub use crate::base::operator::Operator;
pub use step::{Kind, PLACES, Part, Step};

/// The bytes at the beginning of a block: scale and zero point of the input and of the output, 4 bytes each.
pub const HEADER: usize = 16;

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
