//! A network with random parameters, layer by layer.

use kseq_import::tflite::{Action, Float, Int8, Lstm, Network, Step, Tensor};
use kseq_int8::arithmetic::Scale;
use kseq_int8::op::{self, Axis, Clamp, Conv, Dense, Function, Mean, Op, Pad, Pool, Rows, Table};

use crate::random::Random;

/// A scale like those that calibration finds.
fn scale(random: &mut Random) -> Scale {
    let zero_point = random.byte();
    let scale = random.float(0.01, 0.06);
    Scale { scale, zero_point }
}

/// A network that grows at its end.
pub struct Growing<'r> {
    network: Network,
    random: &'r mut Random,
}

impl<'r> Growing<'r> {
    pub fn new(name: impl Into<String>, shape: &[usize], random: &'r mut Random) -> Self {
        let input = Tensor {
            shape: shape.to_vec(),
            scale: Some(scale(random)),
        };
        let (name, steps) = (name.into(), Vec::new());
        Growing {
            network: Network {
                name,
                batch: None,
                input,
                steps,
            },
            random,
        }
    }

    /// Of a network whose input are `f32`s.
    pub fn of_floats(mut self) -> Self {
        self.network.input.scale = None;
        self
    }

    pub fn done(self) -> Network {
        self.network
    }

    fn last(&self) -> &Tensor {
        let network = &self.network;
        network
            .steps
            .last()
            .map_or(&network.input, |step| &step.output)
    }

    pub fn push(mut self, action: Action, shape: &[usize], scale: Option<Scale>) -> Self {
        let name = format!("layer_{}", self.network.steps.len() + 1);
        let output = Tensor {
            shape: shape.to_vec(),
            scale,
        };
        self.network.steps.push(Step {
            name,
            action,
            output,
        });
        self
    }

    /// Other axes.
    pub fn reshape(self, shape: &[usize]) -> Self {
        let scale = self.last().scale;
        self.push(Action::Reshape, shape, scale)
    }

    pub fn quantize(self) -> Self {
        let (shape, to) = (self.last().shape.clone(), scale(self.random));
        self.push(Action::Quantize, &shape, Some(to))
    }

    pub fn dequantize(self) -> Self {
        let shape = self.last().shape.clone();
        self.push(Action::Dequantize, &shape, None)
    }

    /// An operator with random parameters, on whatever its input has.
    pub fn op(self, op: Op, shape: &[usize]) -> Self {
        let (weights, outputs, inputs) = match op {
            Op::Dense(d) => (d.inputs * d.outputs, d.outputs, d.inputs),
            Op::Conv(c) => (
                c.taps() * c.channels * c.filters,
                c.filters,
                c.taps() * c.channels,
            ),
            Op::Depthwise(c) => (c.taps() * c.filters, c.filters, c.taps()),
            _ => (0, 0, 0),
        };
        let input = self.last().scale;
        let random = &mut *self.random;
        // Of as many products, the sum of uniform `i8`s is as large as an output may be.
        let reach = 1.0 / (100.0 * (inputs.max(1) as f32).sqrt());
        let Some(input) = input else {
            let kernel = self.random.floats(weights, reach * 100.0);
            let bias = self.random.floats(outputs, 0.5);
            return self.push(
                Action::Float {
                    op,
                    parameters: Float { kernel, bias },
                },
                shape,
                None,
            );
        };
        let scales = if random.whole(0, 4) == 0 {
            outputs.min(1)
        } else {
            outputs
        };
        let bias = (0..outputs)
            .map(|_| random.whole(0, 20_000) as i32 - 10_000)
            .collect();
        let parameters = Int8 {
            // A kernel is symmetric: -128 is not in it.
            kernel: random
                .bytes(weights)
                .into_iter()
                .map(|w| w.max(-127))
                .collect(),
            bias: if random.whole(0, 5) == 0 {
                Vec::new()
            } else {
                bias
            },
            scales: (0..scales)
                .map(|_| reach * random.float(0.5, 1.5))
                .collect(),
        };
        let mut output = scale(random);
        if weights > 0 {
            output.scale = input.scale * random.float(0.7, 2.0);
        }
        if op.keeps_scale() {
            output = input;
        }
        if let Some((scale, zero_point)) = op.fixed_output() {
            output = Scale { scale, zero_point };
        }
        self.push(Action::Int8 { op, parameters }, shape, Some(output))
    }

    /// A dense layer of each row.
    pub fn dense(self, outputs: usize, clamp: Clamp) -> Self {
        let mut shape = self.last().shape.clone();
        let inputs = shape.pop().unwrap();
        let rows = shape.iter().product();
        shape.push(outputs);
        self.op(
            Op::Dense(Dense {
                rows,
                inputs,
                outputs,
                clamp,
            }),
            &shape,
        )
    }

    /// A convolution, with as many channels as there are times `multiplier` where it is depthwise.
    pub fn conv(self, window: [Window; 2], filters: usize, depthwise: bool, clamp: Clamp) -> Self {
        let (shape, (height, width, channels)) = (self.last().shape.clone(), self.image());
        let [h, w] = window;
        let axes = [h.over(height), w.over(width)];
        let filters = if depthwise {
            channels * filters
        } else {
            filters
        };
        let output = [axes[0].output, axes[1].output, filters];
        let conv = Conv {
            axes,
            channels,
            filters,
            clamp,
        };
        let op = if depthwise {
            Op::Depthwise(conv)
        } else {
            Op::Conv(conv)
        };
        self.op(op, &output[3 - shape.len()..])
    }

    pub fn pool(self, window: [Window; 2], is_max: bool) -> Self {
        let (shape, (height, width, channels)) = (self.last().shape.clone(), self.image());
        let [h, w] = window;
        let axes = [h.over(height), w.over(width)];
        let output = [axes[0].output, axes[1].output, channels];
        let pool = Pool { axes, channels };
        let op = if is_max {
            Op::MaxPool(pool)
        } else {
            Op::AveragePool(pool)
        };
        self.op(op, &output[3 - shape.len()..])
    }

    /// An LSTM with as many units, and all steps or the last one.
    pub fn lstm(self, units: usize, sequences: bool) -> Self {
        let (_, steps, inputs) = self.image();
        let random = &mut *self.random;
        let mut four = |count| {
            [(); 4].map(|()| {
                random
                    .bytes(count)
                    .into_iter()
                    .map(|w| w.max(-127))
                    .collect()
            })
        };
        let (kernels, recurrent) = (four(units * inputs), four(units * units));
        let biases = [(); 4].map(|()| {
            (0..units)
                .map(|_| random.whole(0, 2000) as i32 - 1000)
                .collect()
        });
        let parameters = Box::new(Lstm {
            cell: random.whole(0, 6) as i8 - 15,
            kernels,
            recurrent,
            biases,
            kernel_scales: [(); 4].map(|()| random.float(0.001, 0.02)),
            recurrent_scales: [(); 4].map(|()| random.float(0.001, 0.02)),
        });
        // From -1 to 1.
        let output = Scale {
            scale: random.float(0.004, 0.009),
            zero_point: random.whole(0, 20) as i8 - 10,
        };
        let op = op::Lstm {
            steps,
            inputs,
            units,
            sequences,
        };
        let shape = if sequences {
            vec![steps, units]
        } else {
            vec![units]
        };
        self.push(Action::Lstm { op, parameters }, &shape, Some(output))
    }

    /// For so many samples at once.
    pub fn of_batch(mut self, batch: usize) -> Self {
        self.network.batch = Some(batch);
        self
    }

    pub fn mean(self) -> Self {
        let (height, width, channels) = self.image();
        self.op(
            Op::Mean(Mean {
                rows: height * width,
                channels,
            }),
            &[channels],
        )
    }

    pub fn pad(self, before: [usize; 2], after: [usize; 2]) -> Self {
        let (height, width, channels) = self.image();
        let input = [height, width, channels];
        let shape = [
            before[0] + height + after[0],
            before[1] + width + after[1],
            channels,
        ];
        self.op(
            Op::Pad(Pad {
                input,
                before,
                after,
            }),
            &shape,
        )
    }

    pub fn function(self, function: Function) -> Self {
        let shape = self.last().shape.clone();
        let len = shape.iter().product();
        self.op(Op::Table(Table { len, function }), &shape)
    }

    pub fn softmax(self) -> Self {
        let shape = self.last().shape.clone();
        let width = *shape.last().unwrap();
        let rows = shape.iter().product::<usize>() / width;
        self.op(Op::Softmax(Rows { rows, width }), &shape)
    }

    /// Whether its last output is an image, not a sequence.
    pub fn is_image(&self) -> bool {
        self.last().shape.len() == 3
    }

    /// Whether an image is large enough for windows of this size.
    pub fn holds(&self, [h, w]: [usize; 2], dilation: usize) -> bool {
        let (height, width, _) = self.image();
        let reach = |kernel| (kernel - 1) * dilation + 1;
        self.is_image() && reach(h) <= height && reach(w) <= width
    }

    /// Height, width and channels of an image, or of a sequence.
    fn image(&self) -> (usize, usize, usize) {
        match self.last().shape[..] {
            [height, width, channels] => (height, width, channels),
            [width, channels] => (1, width, channels),
            _ => panic!("{:?}", self.last()),
        }
    }
}

/// A window over an axis of any length.
#[derive(Clone, Copy)]
pub struct Window {
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub padding: Padding,
}

#[derive(Clone, Copy)]
pub enum Padding {
    Valid,
    Same,
    Causal,
}

pub fn window(kernel: usize, stride: usize, dilation: usize, padding: Padding) -> Window {
    Window {
        kernel,
        stride,
        dilation,
        padding,
    }
}

/// What the height of a sequence has.
pub const ONE: Window = Window {
    kernel: 1,
    stride: 1,
    dilation: 1,
    padding: Padding::Valid,
};

impl Window {
    fn over(self, input: usize) -> Axis {
        let Window {
            kernel,
            stride,
            dilation,
            padding,
        } = self;
        let reach = (kernel - 1) * dilation + 1;
        let (output, before) = match padding {
            Padding::Valid => ((input - reach) / stride + 1, 0),
            Padding::Same => {
                let output = input.div_ceil(stride);
                (
                    output,
                    ((output - 1) * stride + reach).saturating_sub(input) / 2,
                )
            }
            Padding::Causal => ((input - 1) / stride + 1, reach - 1),
        };
        Axis {
            input,
            output,
            kernel,
            stride,
            dilation,
            before,
        }
    }
}
