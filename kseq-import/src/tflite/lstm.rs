//! `UNIDIRECTIONAL_SEQUENCE_LSTM` on `i8`: 24 inputs, of which Keras's layer has 15, and five tensors that only say scales, in the order
//! that `kseq_int8::lstm` tells.

use kseq_int8::op;

use super::graph::{Call, Flow, Graph, Id};
use super::network::{Lstm, Step};
use super::schema::{self, Builtin, Type, quantization, version};
use super::weights::{fits, or_zeros};

/// An input that the operator may have, and has not.
const NONE: Id = -1;

/// The scale of what the gates' functions take.
const GATES: f32 = 1.0 / 4096.0;

/// The names of the gates, as Keras orders them.
const NAMES: [&str; 4] = ["i", "f", "g", "o"];

/// Writes an LSTM, and where only the last step is an output, what cuts it out.
pub fn write<'a>(
    graph: &mut Graph<'a>,
    step: &'a Step,
    lstm: &op::Lstm,
    parameters: &'a Lstm,
    shape: &[usize],
    flow: Flow,
) -> Result<Flow, String> {
    let op::Lstm {
        steps,
        inputs,
        units,
        sequences,
    } = *lstm;
    let (Some(input), Some(output)) = (flow.scale, step.output.scale) else {
        return Err("it is an operator on `i8`, and its input or output has `f32`s".to_owned());
    };
    fits("input", shape.iter().product(), steps * inputs)?;
    let rows = if sequences { steps } else { 1 };
    fits("output", step.output.shape.iter().product(), rows * units)?;
    let flow = graph.reshaped(flow, &[steps, inputs]);
    let mut tensors = vec![flow.id];
    let p = parameters;
    for (what, columns, kernels, scales) in [
        ("kernel", inputs, &p.kernels, &p.kernel_scales),
        ("recurrent_kernel", units, &p.recurrent, &p.recurrent_scales),
    ] {
        for ((gate, kernel), scale) in NAMES.iter().zip(kernels).zip(scales) {
            fits(what, kernel.len(), units * columns)?;
            let bytes = kernel.iter().map(|&weight| weight as u8).collect();
            let name = format!("{what}_{gate}");
            let scale = Some(quantization(vec![*scale], vec![0], 0));
            tensors.push(graph.constant(&name, &[units, columns], Type::Int8, bytes, scale));
        }
    }
    tensors.extend([NONE; 3]);
    for ((gate, bias), scale) in NAMES.iter().zip(&p.biases).zip(p.kernel_scales) {
        let bytes = or_zeros(bias, units, |bias| bias.to_le_bytes())?;
        let scale = Some(quantization(vec![input.scale * scale], vec![0], 0));
        let name = format!("bias_{gate}");
        tensors.push(graph.constant(&name, &[units], Type::Int32, bytes, scale));
    }
    tensors.extend([NONE; 2]);
    let of_output = (output.scale, output.zero_point);
    let state = [graph.batch.unwrap_or(1), units];
    tensors.push(graph.inner("state", &state, Type::Int8, of_output, true));
    let of_cell = (f32::from(p.cell).exp2(), 0);
    tensors.push(graph.inner("cell", &state, Type::Int16, of_cell, true));
    tensors.extend([NONE; 4]);
    let mut inner: Vec<Id> = NAMES
        .iter()
        .map(|gate| graph.inner(&format!("sum_{gate}"), &[0], Type::Int16, (GATES, 0), false))
        .collect();
    inner.push(graph.inner("hidden", &[0], Type::Int8, of_output, false));
    let all = graph.computed(
        if sequences { "" } else { "steps" },
        vec![steps, units],
        Some(output),
    );
    let builtin = Builtin::UnidirectionalSequenceLstm;
    let call = Call {
        builtin,
        version: version(builtin, true),
        options: Some(schema::lstm()),
    };
    graph.call_with(call, &tensors, all.id, inner);
    Ok(if sequences {
        all
    } else {
        last(graph, all, units)
    })
}

/// The last of some rows: `[:, -1, :]`.
fn last<'a>(graph: &mut Graph<'a>, rows: Flow, units: usize) -> Flow {
    let [begin, end, strides] = [
        ("begin", [0, -1, 0]),
        ("end", [0, 0, 0]),
        ("strides", [1, 1, 1]),
    ]
    .map(|(what, ints)| graph.ints(what, &[3], &ints));
    let output = graph.computed("", vec![units], rows.scale);
    let builtin = Builtin::StridedSlice;
    // The first axis and the third are bits 1 and 4, the second is bit 2.
    let options = Some(schema::strided_slice(0b101, 0b010));
    let call = Call {
        builtin,
        version: version(builtin, true),
        options,
    };
    graph.call(call, &[rows.id, begin, end, strides], output.id);
    output
}
