//! Which operators a layer is.

use kseq_catalogue::Counter;
use serde_json::Value;

use super::flow::Flow;
use super::graph::{Graph, int};
use super::proto::FLOAT;
use super::words::Layer;
use super::{activation, attention, convolution, normalization, pooling, recurrent, reshaping};
use crate::translate::class_of;

/// Layers that do nothing when a model predicts.
const NOTHING: &[&str] = &[
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "Identity",
];

/// Layers behind which Keras knows of no mask.
const FORGET: &[&str] = &["RMSNormalization", "Resizing"];

/// Writes the nodes of a layer.
pub fn write(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let class = layer.class;
    let flow = match FORGET.contains(&class) {
        true => Flow { mask: None, ..flow },
        false => flow,
    };
    if NOTHING.contains(&class) || is_augmentation(class) {
        return Ok(flow);
    }
    match class {
        "Dense" => dense(graph, layer, flow),
        "Activation" => activation::ending(graph, layer, flow),
        "ReLU" | "LeakyReLU" | "ELU" | "ThresholdedReLU" => {
            let flow = activation::of_layer(graph, layer, flow);
            flow.ok_or_else(|| "is no activation".to_owned())
        }
        "PReLU" => prelu(graph, layer, flow),
        "Softmax" => softmax(graph, layer, flow),
        "Embedding" => reshaping::embedding(graph, layer, flow),
        "Masking" => Ok(masking(graph, layer, flow)),
        "Flatten" => Ok(reshaping::flatten(graph, flow)),
        "Reshape" => Ok(reshaping::reshape(graph, layer, flow)),
        "Permute" => Ok(reshaping::permute(layer, flow)),
        "RepeatVector" => Ok(reshaping::repeat_vector(graph, layer, flow)),
        "ZeroPadding1D" | "ZeroPadding2D" | "ZeroPadding3D" => {
            Ok(reshaping::zero_padding(graph, layer, flow))
        }
        "Cropping1D" | "Cropping2D" | "Cropping3D" => Ok(reshaping::cropping(graph, layer, flow)),
        "UpSampling1D" | "UpSampling2D" | "UpSampling3D" => {
            reshaping::up_sampling(graph, layer, flow)
        }
        "Resizing" => reshaping::resizing(graph, layer, flow),
        "Conv1D" | "Conv2D" | "Conv3D" => convolution::conv(graph, layer, unmasked(flow)),
        "DepthwiseConv1D" | "DepthwiseConv2D" => {
            convolution::depthwise(graph, layer, unmasked(flow))
        }
        "SeparableConv1D" | "SeparableConv2D" => {
            convolution::separable(graph, layer, unmasked(flow))
        }
        "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose" => {
            convolution::transpose(graph, layer, unmasked(flow))
        }
        class if class.starts_with("Global") => Ok(pooling::global(graph, layer, flow)),
        "MaxPooling1D" | "MaxPooling2D" | "MaxPooling3D" | "AveragePooling1D"
        | "AveragePooling2D" | "AveragePooling3D" => pooling::windows(graph, layer, flow),
        class if class.starts_with("Adaptive") => adaptive(graph, layer, flow),
        "BatchNormalization" => normalization::batch(graph, layer, flow),
        "LayerNormalization" => Ok(normalization::layer(graph, layer, flow)),
        "GroupNormalization" => normalization::group(graph, layer, flow),
        "RMSNormalization" => normalization::rms(graph, layer, flow),
        "UnitNormalization" => Ok(normalization::unit(graph, layer, flow)),
        "Normalization" => normalization::known(graph, layer, flow),
        "Rescaling" => Ok(normalization::rescaling(graph, layer, flow)),
        "LSTM" | "GRU" | "SimpleRNN" => recurrent::layer(graph, layer, flow),
        "RNN" => recurrent::around_cell(graph, layer, flow),
        "Bidirectional" => recurrent::bidirectional(graph, layer, flow),
        "MultiHeadAttention" => attention::layer(graph, layer, flow),
        "TimeDistributed" => time_distributed(graph, layer, flow),
        // Its kernel is the one of the layer when a model predicts.
        "SpectralNormalization" => {
            let flow = write(graph, &layer.inner(inner(layer)?, ""), flow)?;
            Ok(unmasked(flow))
        }
        "Sequential" => sequential(graph, layer, flow),
        _ => Err("has no form in ONNX here\n  help: the weights go into any program by `save_weights(\"w.safetensors\")`".to_owned()),
    }
}

/// What goes on behind a layer that is refused, so that the next ones can be looked at, too: nothing of it is written.
pub fn behind_refused(layer: &Layer<'_>, flow: Flow) -> Flow {
    let inner = layer.get("layer").map(|inner| layer.inner(inner, ""));
    let recurrent = inner.as_ref().unwrap_or(layer);
    let classes = ["ConvLSTM", "LSTM", "GRU", "SimpleRNN", "RNN"];
    let is_recurrent = classes
        .iter()
        .any(|begin| recurrent.class.starts_with(begin));
    let takes_steps = is_recurrent && !recurrent.flag("return_sequences", false);
    let rank = flow.rank().saturating_sub(usize::from(takes_steps));
    Flow::new(flow.name, rank)
}

fn unmasked(flow: Flow) -> Flow {
    Flow { mask: None, ..flow }
}

/// Random changes of images, in training only. (What `RandomCrop` takes in a prediction depends on the image.)
fn is_augmentation(class: &str) -> bool {
    let row = kseq_catalogue::layer(class);
    let is_one = class.starts_with("Random") || class == "Solarization";
    is_one && row.is_some_and(|row| row.keeps_shape)
}

/// `y = activation(x kernel + bias)`
fn dense(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let kernel = layer.array("kernel", 2)?;
    let flow = flow.last_last(graph);
    let kernel = graph.floats("kernel", &kernel.shape, &kernel.values);
    let mut name = graph.node("MatMul", &[&flow.name, &kernel], Vec::new());
    if layer.flag("use_bias", true) {
        let bias = layer.array("bias", 1)?;
        let bias = graph.floats("bias", &bias.shape, &bias.values);
        name = graph.node("Add", &[&name, &bias], Vec::new());
    }
    activation::ending(graph, layer, flow.with(name))
}

fn prelu(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let slope = layer.array("alpha", flow.last())?;
    let flow = flow.plain(graph);
    let slope = graph.floats("alpha", &slope.shape, &slope.values);
    let name = graph.node("PRelu", &[&flow.name, &slope], Vec::new());
    Ok(flow.with(name))
}

/// The layer of that name, over an axis or several.
fn softmax(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    if flow.mask.is_some() {
        return Err("on masked steps it has no form in ONNX here".to_owned());
    }
    let axis = match layer.whole_numbers("axis").as_slice() {
        [] => flow.last(),
        [axis] => flow.of_keras(*axis),
        axes => return Err(format!("axis = {axes:?}: ONNX has a softmax over one axis")),
    };
    let axis = int("axis", flow.axis(axis) as i64);
    let name = graph.node("Softmax", &[&flow.name], vec![axis]);
    Ok(flow.with(name))
}

/// Steps of nothing but `mask_value` do not count, and are 0.
fn masking(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let flow = flow.plain(graph);
    let value = graph.number(layer.number("mask_value", 0.0));
    let last = graph.whole(&[flow.last() as i64]);
    let is_value = graph.node("Equal", &[&flow.name, &value], Vec::new());
    let differs = graph.node("Not", &[&is_value], Vec::new());
    let differs = graph.node("Cast", &[&differs], vec![int("to", i64::from(FLOAT))]);
    let counts = graph.node("ReduceMax", &[&differs, &last], vec![int("keepdims", 1)]);
    let name = graph.node("Mul", &[&flow.name, &counts], Vec::new());
    let steps = graph.node("Squeeze", &[&counts, &last], Vec::new());
    let to = i64::from(super::proto::BOOL);
    let mask = graph.node("Cast", &[&steps], vec![int("to", to)]);
    Flow {
        mask: Some(mask),
        ..flow.with(name)
    }
}

/// Poolings to a size: to one place they are global ones.
fn adaptive(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let sizes = layer.whole_numbers("output_size");
    if sizes.iter().any(|&size| size != 1) {
        return Err(format!(
            "output_size = {sizes:?}: ONNX has no pooling to a given size, but for one of 1"
        ));
    }
    let last = flow.last();
    let axes: Vec<i64> = (1..last).map(|axis| flow.axis(axis) as i64).collect();
    let axes = graph.whole(&axes);
    let op = match layer.class.contains("Max") {
        true => "ReduceMax",
        false => "ReduceMean",
    };
    let name = graph.node(op, &[&flow.name, &axes], Vec::new());
    Ok(unmasked(flow.with(name)))
}

/// The layer in a wrapper.
fn inner<'a>(layer: &Layer<'a>) -> Result<&'a Value, String> {
    let inner = layer.get("layer");
    inner.ok_or_else(|| "the layer in it is not in the file".to_owned())
}

/// A layer at each step: all steps are samples of one batch.
fn time_distributed(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let object = inner(layer)?;
    let inner = layer.inner(object, "");
    // These work on the last axis, whatever is before.
    if matches!(inner.class, "Dense" | "Embedding") || NOTHING.contains(&inner.class) {
        return write(graph, &inner, flow);
    }
    let (mask, is_whole) = (flow.mask.clone(), flow.is_whole);
    let rank = flow.rank();
    let flow = flow.plain(graph);
    let part = |graph: &mut Graph, name: &str, start: i64, end: i64| {
        let from = vec![int("start", start), int("end", end)];
        graph.node("Shape", &[name], from)
    };
    let axis = || vec![int("axis", 0)];
    let steps = part(graph, &flow.name, 0, 2);
    let sample = part(graph, &flow.name, 2, rank as i64);
    let any = graph.whole(&[-1]);
    let shape = graph.node("Concat", &[&any, &sample], axis());
    let name = graph.node("Reshape", &[&flow.name, &shape], Vec::new());
    let inside = Flow {
        is_whole,
        ..Flow::new(name, rank.saturating_sub(1))
    };
    let inside = write(graph, &inner, inside)?.plain(graph);
    let rank = inside.rank();
    let sample = part(graph, &inside.name, 1, rank as i64);
    let shape = graph.node("Concat", &[&steps, &sample], axis());
    let name = graph.node("Reshape", &[&inside.name, &shape], Vec::new());
    Ok(Flow {
        mask,
        ..Flow::new(name, rank + 1)
    })
}

/// A model in the model.
fn sequential(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let layers = layer.get("layers").and_then(Value::as_array);
    let mut flow = flow;
    let mut counter = Counter::default();
    let mut refused = Vec::new();
    let scope = graph.scope.clone();
    for object in layers.into_iter().flatten() {
        let class = class_of(object).unwrap_or_default();
        if class == "InputLayer" {
            continue;
        }
        let name = counter.next(class);
        graph.scope = format!("{scope}/{name}");
        let inner = layer.inner(object, &format!("{name}."));
        match write(graph, &inner, flow.clone()) {
            Ok(next) => flow = next,
            Err(why) => refused.push(format!("its layer `{name}` ({class}): {why}")),
        }
    }
    graph.scope = scope;
    match refused.is_empty() {
        true => Ok(flow),
        false => Err(refused.join("; ")),
    }
}
