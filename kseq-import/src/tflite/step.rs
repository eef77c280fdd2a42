//! A step as operators of the graph.

use kseq_int8::op::{Conv, Dense, Op, Pad, Pool};

use super::graph::{Call, Flow, Graph, Id};
use super::lstm;
use super::network::{Action, Step};
use super::options::of_function;
use super::padding::{Windows, windows};
use super::schema::{self, Builtin, Options, Padding, activation, int, version};
use super::weights::{Parameters, fits};

/// Writes a step behind what has been written. `shape` is that of its input; what flows may have the same numbers along other axes.
pub fn write<'a>(
    graph: &mut Graph<'a>,
    step: &'a Step,
    shape: &[usize],
    flow: Flow,
) -> Result<Flow, String> {
    let (op, parameters) = match &step.action {
        Action::Int8 { op, parameters } => (op, Parameters::Int8(parameters)),
        Action::Float { op, parameters } => (op, Parameters::Float(parameters)),
        Action::Reshape => {
            let (found, expected) = (step.output.shape.iter().product(), shape.iter().product());
            fits("output", found, expected)?;
            if step.output.scale != flow.scale {
                return Err(
                    "other axes are no other numbers: the output has the input's scale".to_owned(),
                );
            }
            return Ok(flow);
        }
        Action::Lstm { op, parameters } => {
            return lstm::write(graph, step, op, parameters, shape, flow);
        }
        Action::Quantize | Action::Dequantize => return converted(graph, step, flow),
    };
    fits("input", shape.iter().product(), op.input_len())?;
    fits(
        "output",
        step.output.shape.iter().product(),
        op.output_len(),
    )?;
    scales_fit(step, op, &flow, parameters.is_int8())?;
    let mut writer = Writer {
        graph,
        step,
        parameters,
    };
    match op {
        Op::Dense(dense) => writer.dense(dense, shape, flow),
        Op::Conv(conv) => writer.conv(conv, flow, false),
        Op::Depthwise(conv) => writer.conv(conv, flow, true),
        Op::MaxPool(pool) => writer.pool(Builtin::MaxPool2d, pool, flow),
        Op::AveragePool(pool) => writer.pool(Builtin::AveragePool2d, pool, flow),
        Op::Mean(mean) => writer.mean([1, mean.rows, mean.channels], flow),
        Op::Pad(pad) => writer.pad(pad, flow),
        Op::Table(table) => {
            parameters.none()?;
            match of_function(table.function, parameters.is_int8())? {
                Some((builtin, options)) => {
                    Ok(writer.call(builtin, options, &[flow.id], flow.shape))
                }
                None => Ok(flow),
            }
        }
        Op::Softmax(rows) => {
            parameters.none()?;
            let is_row = flow.shape.last() == Some(&rows.width) && flow.shape.len() < 4;
            let flow = if is_row {
                flow
            } else {
                writer.graph.reshaped(flow, &[rows.rows, rows.width])
            };
            Ok(writer.call(
                Builtin::Softmax,
                Some(schema::softmax()),
                &[flow.id],
                flow.shape,
            ))
        }
        _ => Err(format!("there is no operator of TFLite that is {op:?}")),
    }
}

/// That input and output have the scales that the operator asks for.
fn scales_fit(step: &Step, op: &Op, flow: &Flow, is_int8: bool) -> Result<(), String> {
    let output = step.output.scale;
    if flow.scale.is_some() != is_int8 || output.is_some() != is_int8 {
        let (kind, other) = if is_int8 {
            ("i8", "f32")
        } else {
            ("f32", "i8")
        };
        return Err(format!(
            "it is an operator on `{kind}`, and its input or output has `{other}`s"
        ));
    }
    if is_int8 && op.keeps_scale() && output != flow.scale {
        return Err("its output must have the scale and the zero point of its input".to_owned());
    }
    match (op.fixed_output(), output) {
        (Some(fixed), Some(found)) if fixed != (found.scale, found.zero_point) => {
            let (scale, zero_point) = fixed;
            Err(format!(
                "its output must have the scale {scale} and the zero point {zero_point}"
            ))
        }
        _ => Ok(()),
    }
}

/// `QUANTIZE` and `DEQUANTIZE`
fn converted<'a>(graph: &mut Graph<'a>, step: &'a Step, flow: Flow) -> Result<Flow, String> {
    let (builtin, options) = match (&step.action, flow.scale, step.output.scale) {
        (Action::Quantize, None, Some(_)) => (Builtin::Quantize, schema::quantize()),
        (Action::Dequantize, Some(_), None) => (Builtin::Dequantize, schema::dequantize()),
        (Action::Quantize, ..) => return Err("it takes `f32` and gives `i8`".to_owned()),
        _ => return Err("it takes `i8` and gives `f32`".to_owned()),
    };
    let (found, expected) = (
        step.output.shape.iter().product(),
        flow.shape.iter().product(),
    );
    fits("output", found, expected)?;
    let output = graph.computed("", flow.shape, step.output.scale);
    let is_int8 = builtin == Builtin::Dequantize;
    let call = Call {
        builtin,
        version: version(builtin, is_int8),
        options: Some(options),
    };
    graph.call(call, &[flow.id], output.id);
    Ok(output)
}

/// What writes an operator.
struct Writer<'g, 'a> {
    graph: &'g mut Graph<'a>,
    step: &'a Step,
    parameters: Parameters<'a>,
}

impl<'a> Writer<'_, 'a> {
    /// A call whose output is the step's, along these axes.
    fn call(
        &mut self,
        builtin: Builtin,
        options: Option<Options<'a>>,
        inputs: &[Id],
        shape: Vec<usize>,
    ) -> Flow {
        let version = version(builtin, self.parameters.is_int8());
        self.call_of(
            Call {
                builtin,
                version,
                options,
            },
            inputs,
            shape,
        )
    }

    fn call_of(&mut self, call: Call<'a>, inputs: &[Id], shape: Vec<usize>) -> Flow {
        let output = self.graph.computed("", shape, self.step.output.scale);
        self.graph.call(call, inputs, output.id);
        output
    }

    /// Each row by itself; more than one keep their axes.
    fn dense(&mut self, dense: &Dense, shape: &[usize], flow: Flow) -> Result<Flow, String> {
        let Dense {
            rows,
            inputs,
            outputs,
            ..
        } = *dense;
        let is_row = |shape: &[usize]| shape.last() == Some(&inputs);
        let flow = if is_row(&flow.shape) {
            flow
        } else if is_row(shape) {
            self.graph.reshaped(flow, shape)
        } else if rows == 1 {
            self.graph.reshaped(flow, &[inputs])
        } else {
            self.graph.reshaped(flow, &[rows, inputs])
        };
        let clamp = activation(dense.clamp).ok_or_else(|| no_activation(dense))?;
        let tensors = self
            .parameters
            .inputs(self.graph, &flow, &[outputs, inputs], 0)?;
        let keeps_axes = flow.shape.len() > 1;
        let mut axes = flow.shape;
        if let Some(last) = axes.last_mut() {
            *last = outputs;
        }
        let builtin = Builtin::FullyConnected;
        let version = match keeps_axes {
            true => schema::KEEPS_AXES,
            false => version(builtin, self.parameters.is_int8()),
        };
        let options = Some(schema::fully_connected(clamp, keeps_axes));
        Ok(self.call_of(
            Call {
                builtin,
                version,
                options,
            },
            &tensors,
            axes,
        ))
    }

    fn conv(&mut self, conv: &Conv, flow: Flow, depthwise: bool) -> Result<Flow, String> {
        let [h, w] = conv.axes;
        let clamp = activation(conv.clamp).ok_or_else(|| no_activation(conv))?;
        let flow = self
            .graph
            .reshaped(flow, &[h.input, w.input, conv.channels]);
        let (padding, flow) = match windows(&conv.axes).ok_or_else(|| no_padding(conv))? {
            Windows::As(padding) => (padding, flow),
            Windows::Padded([rows, columns]) => {
                (Padding::Valid, self.padded(flow, [rows, columns]))
            }
        };
        let (strides, dilation) = ([h.stride, w.stride], [h.dilation, w.dilation]);
        let output = vec![h.output, w.output, conv.filters];
        if !depthwise {
            let kernel = [conv.filters, h.kernel, w.kernel, conv.channels];
            let tensors = self.parameters.inputs(self.graph, &flow, &kernel, 0)?;
            let options = schema::conv(padding, strides, clamp, dilation);
            return Ok(self.call(Builtin::Conv2d, Some(options), &tensors, output));
        }
        let kernel = [1, h.kernel, w.kernel, conv.filters];
        let tensors = self.parameters.inputs(self.graph, &flow, &kernel, 3)?;
        let multiplier = conv.filters.checked_div(conv.channels).unwrap_or_default();
        fits(
            "output's channels",
            conv.filters,
            multiplier * conv.channels,
        )?;
        let options = schema::depthwise(padding, strides, multiplier, clamp, dilation);
        let builtin = Builtin::DepthwiseConv2d;
        let version = match dilation {
            [1, 1] => version(builtin, self.parameters.is_int8()),
            _ => version(builtin, self.parameters.is_int8()).max(schema::DILATES),
        };
        Ok(self.call_of(
            Call {
                builtin,
                version,
                options: Some(options),
            },
            &tensors,
            output,
        ))
    }

    fn pool(&mut self, builtin: Builtin, pool: &Pool, flow: Flow) -> Result<Flow, String> {
        self.parameters.none()?;
        let [h, w] = pool.axes;
        let Some(Windows::As(padding)) = windows(&pool.axes) else {
            return Err(no_padding(pool));
        };
        if (h.dilation, w.dilation) != (1, 1) {
            return Err("the windows of TFLite's poolings have no dilation".to_owned());
        }
        let flow = self
            .graph
            .reshaped(flow, &[h.input, w.input, pool.channels]);
        let options = schema::pool(padding, [h.stride, w.stride], [h.kernel, w.kernel]);
        let output = vec![h.output, w.output, pool.channels];
        Ok(self.call(builtin, Some(options), &[flow.id], output))
    }

    /// Over the pixels, which keep their axes: so it is the operator with a kernel of its own.
    fn mean(&mut self, image: [usize; 3], flow: Flow) -> Result<Flow, String> {
        self.parameters.none()?;
        let [_, _, channels] = image;
        let is_image = flow.shape.len() == 3 && flow.shape.last() == Some(&channels);
        let flow = if is_image {
            flow
        } else {
            self.graph.reshaped(flow, &image)
        };
        let axes = self.graph.ints("axes", &[2], &[1, 2]);
        let options = Some(schema::reducer(true));
        Ok(self.call(
            Builtin::Mean,
            options,
            &[flow.id, axes],
            vec![1, 1, channels],
        ))
    }

    fn pad(&mut self, pad: &Pad, flow: Flow) -> Result<Flow, String> {
        self.parameters.none()?;
        let flow = self.graph.reshaped(flow, &pad.input);
        let ([top, left], [bottom, right]) = (pad.before, pad.after);
        Ok(self.padded(flow, [[top, bottom], [left, right]]))
    }

    /// An image with zeros around it.
    fn padded(&mut self, flow: Flow, [[top, bottom], [left, right]]: [[usize; 2]; 2]) -> Flow {
        let margins = [0, 0, top, bottom, left, right, 0, 0].map(int);
        let paddings = self.graph.ints("paddings", &[4, 2], &margins);
        let mut shape = flow.shape;
        for (axis, more) in shape.iter_mut().zip([top + bottom, left + right]) {
            *axis += more;
        }
        let output = self.graph.computed("Pad", shape, flow.scale);
        let builtin = Builtin::Pad;
        let version = version(builtin, flow.scale.is_some());
        let call = Call {
            builtin,
            version,
            options: Some(schema::pad()),
        };
        self.graph.call(call, &[flow.id, paddings], output.id);
        output
    }
}

fn no_activation(op: impl std::fmt::Debug) -> String {
    format!("no operator of TFLite has its activation: {op:?}")
}

fn no_padding(op: impl std::fmt::Debug) -> String {
    format!("its windows lie as no padding of TFLite has them: {op:?}")
}
