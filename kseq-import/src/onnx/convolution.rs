//! Convolutions: `y[o] = bias[o] + sum over i and the window of kernel[.., i, o] x[i]`.
//!
//! Keras's kernels are `(k.., in, out)`, ONNX's `(out, in, k..)`; the channels of a sample come first there.

use super::activation;
use super::flow::Flow;
use super::graph::{Graph, int, ints, text};
use super::proto::AttributeProto;
use super::words::Layer;
use crate::array::Array;
use crate::numbers::{reordered, transposed};

/// How many axes an image has, by the name of the class.
pub fn axes_of(class: &str) -> usize {
    match class {
        class if class.contains("1D") => 1,
        class if class.contains("3D") => 3,
        _ => 2,
    }
}

/// `Conv1D`, `Conv2D`, `Conv3D`.
pub fn conv(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let axes = axes_of(layer.class);
    let kernel = layer.array("kernel", axes + 2)?;
    let kernel = out_first(graph, "kernel", kernel, axes);
    let flow = one(graph, layer, flow, &kernel, layer.whole("groups", 1))?;
    biased(graph, layer, flow)
}

/// `DepthwiseConv1D` and `DepthwiseConv2D`: each channel by itself.
pub fn depthwise(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let (kernel, channels) = by_channels(graph, layer, "kernel")?;
    let flow = one(graph, layer, flow, &kernel, channels)?;
    biased(graph, layer, flow)
}

/// `SeparableConv1D` and `SeparableConv2D`: each channel by itself, then all at each place.
pub fn separable(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let axes = axes_of(layer.class);
    let (kernel, channels) = by_channels(graph, layer, "depthwise_kernel")?;
    let flow = one(graph, layer, flow, &kernel, channels)?;
    let pointwise = layer.array("pointwise_kernel", axes + 2)?;
    let pointwise = out_first(graph, "pointwise_kernel", pointwise, axes);
    let name = graph.node("Conv", &[&flow.name, &pointwise], Vec::new());
    biased(graph, layer, flow.with(name))
}

/// `Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`.
pub fn transpose(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let axes = axes_of(layer.class);
    let kernel = layer.array("kernel", axes + 2)?;
    let sizes: Vec<i64> = kernel.shape.iter().map(|&size| size as i64).collect();
    // (k.., out, in) -> (in, out, k..)
    let kernel = out_first(graph, "kernel", kernel, axes);
    let strides = layer.sizes("strides", axes, 1);
    let dilations = layer.sizes("dilation_rate", axes, 1);
    let given = layer.get("output_padding").is_some();
    let padding = layer.sizes("output_padding", axes, 0);
    let is_same = layer.text("padding", "valid") == "same";
    let (mut begins, mut ends, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for axis in 0..axes {
        let of = |sizes: &[i64]| sizes.get(axis).copied().unwrap_or(1);
        let (stride, size) = (of(&strides), (of(&sizes) - 1) * of(&dilations) + 1);
        // What Keras's output has less than the whole of (n - 1) strides and a kernel.
        let less = match (given, is_same) {
            (false, true) => size - stride,
            (false, false) => (size - stride).min(0),
            (true, true) => size / 2 * 2 - of(&padding),
            (true, false) => -of(&padding),
        };
        begins.push(if is_same { less.max(0) / 2 } else { 0 });
        ends.push(less.max(0) - less.max(0) / 2);
        more.push((-less).max(0));
    }
    begins.extend(ends);
    let mut attributes = vec![
        ints("strides", &strides),
        ints("dilations", &dilations),
        ints("pads", &begins),
    ];
    if more.iter().any(|&more| more > 0) {
        attributes.push(ints("output_padding", &more));
    }
    let flow = flow.channels_first(graph);
    let name = graph.node("ConvTranspose", &[&flow.name, &kernel], attributes);
    biased(graph, layer, flow.with(name))
}

/// A convolution without its bias.
fn one(
    graph: &mut Graph,
    layer: &Layer<'_>,
    flow: Flow,
    kernel: &str,
    groups: i64,
) -> Result<Flow, String> {
    let axes = axes_of(layer.class);
    let strides = layer.sizes("strides", axes, 1);
    let dilations = layer.sizes("dilation_rate", axes, 1);
    let array = layer.find("kernel").or(layer.find("depthwise_kernel"));
    let shape = array
        .map(|array| array.shape.as_slice())
        .unwrap_or_default();
    let sizes: Vec<i64> = shape
        .iter()
        .zip(&dilations)
        .map(|(&size, &dilation)| (size as i64 - 1) * dilation + 1)
        .collect();
    let mut attributes = vec![ints("strides", &strides), ints("dilations", &dilations)];
    attributes.extend(padding(layer.text("padding", "valid"), &sizes, &strides)?);
    if groups != 1 {
        attributes.push(int("group", groups));
    }
    let flow = flow.channels_first(graph);
    let name = graph.node("Conv", &[&flow.name, kernel], attributes);
    Ok(flow.with(name))
}

/// Keras's word for what lies around a sample, for windows of such sizes.
pub fn padding(
    word: &str,
    sizes: &[i64],
    strides: &[i64],
) -> Result<Option<AttributeProto>, String> {
    let pads = |before: &dyn Fn(i64) -> i64| {
        let begins = sizes.iter().map(|size| before(size - 1));
        let ends = sizes.iter().map(|size| size - 1 - before(size - 1));
        ints("pads", &begins.chain(ends).collect::<Vec<_>>())
    };
    match word {
        "valid" => Ok(None),
        "causal" => Ok(Some(pads(&|all| all))),
        "same" if strides.iter().all(|&stride| stride == 1) => Ok(Some(pads(&|all| all / 2))),
        // With strides it depends on the size of the sample.
        "same" => Ok(Some(text("auto_pad", "SAME_UPPER"))),
        word => Err(format!("padding = {word:?} is unknown")),
    }
}

/// The bias on the channels, and the activation.
fn biased(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let mut flow = flow;
    if layer.flag("use_bias", true) {
        let bias = layer.array("bias", 1)?;
        let bias = flow.along(graph, flow.last(), "bias", &bias.values);
        let name = graph.node("Add", &[&flow.name, &bias], Vec::new());
        flow = flow.with(name);
    }
    activation::ending(graph, layer, flow)
}

/// (k.., a, b) -> (b, a, k..)
fn out_first(graph: &mut Graph, name: &str, kernel: &Array, axes: usize) -> String {
    let order: Vec<usize> = [axes + 1, axes].into_iter().chain(0..axes).collect();
    let values = transposed(&kernel.shape, &kernel.values, &order);
    graph.floats(name, &reordered(&kernel.shape, &order), &values)
}

/// (k.., channels, multiplier) -> (channels multiplier, 1, k..), and the channels.
fn by_channels(graph: &mut Graph, layer: &Layer<'_>, name: &str) -> Result<(String, i64), String> {
    let axes = axes_of(layer.class);
    let kernel = layer.array(name, axes + 2)?;
    let order: Vec<usize> = [axes, axes + 1].into_iter().chain(0..axes).collect();
    let values = transposed(&kernel.shape, &kernel.values, &order);
    let (windows, channels) = kernel.shape.split_at(axes);
    let mut shape = vec![channels.iter().product(), 1];
    shape.extend(windows);
    let channels = channels.first().copied().unwrap_or(1);
    Ok((graph.floats(name, &shape, &values), channels as i64))
}
