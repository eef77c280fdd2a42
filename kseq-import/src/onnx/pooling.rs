//! Poolings: the largest or the mean of a window, or of all places.

use super::convolution::{axes_of, padding};
use super::flow::Flow;
use super::graph::{Graph, int, ints};
use super::proto::FLOAT;
use super::words::Layer;

/// `MaxPooling2D`, `AveragePooling2D` and theirs.
pub fn windows(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let axes = axes_of(layer.class);
    let sizes = layer.sizes("pool_size", axes, 2);
    let strides = match layer.get("strides") {
        Some(_) => layer.sizes("strides", axes, 1),
        None => sizes.clone(),
    };
    let mut attributes = vec![ints("kernel_shape", &sizes), ints("strides", &strides)];
    attributes.extend(padding(layer.text("padding", "valid"), &sizes, &strides)?);
    let op = match layer.class.starts_with("Max") {
        true => "MaxPool",
        false => "AveragePool",
    };
    let flow = flow.channels_first(graph);
    let name = graph.node(op, &[&flow.name], attributes);
    Ok(Flow {
        mask: None,
        ..flow.with(name)
    })
}

/// `GlobalMaxPooling2D`, `GlobalAveragePooling2D` and theirs; of a masked sequence the mean of the steps that count.
pub fn global(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let is_max = layer.class.contains("Max");
    let keeps = layer.flag("keepdims", false);
    let last = flow.last();
    let mask = flow.mask.clone().filter(|_| !is_max);
    let flow = match mask {
        Some(_) => flow.plain(graph),
        None => flow,
    };
    let axes: Vec<i64> = (1..last).map(|axis| flow.axis(axis) as i64).collect();
    let axes = graph.whole(&axes);
    let keepdims = || vec![int("keepdims", i64::from(keeps))];
    let name = match mask {
        Some(mask) => {
            let end = graph.whole(&[-1]);
            let counts = graph.node("Cast", &[&mask], vec![int("to", i64::from(FLOAT))]);
            let counts = graph.node("Unsqueeze", &[&counts, &end], Vec::new());
            let sum = graph.node("Mul", &[&flow.name, &counts], Vec::new());
            let sum = graph.node("ReduceSum", &[&sum, &axes], keepdims());
            let number = graph.node("ReduceSum", &[&counts, &axes], keepdims());
            graph.node("Div", &[&sum, &number], Vec::new())
        }
        None if is_max => graph.node("ReduceMax", &[&flow.name, &axes], keepdims()),
        None => graph.node("ReduceMean", &[&flow.name, &axes], keepdims()),
    };
    let order = match keeps {
        true => flow.order.clone(),
        // The batch comes first, or the channels do.
        false if flow.axis(0) < flow.axis(last) => vec![0, 1],
        false => vec![1, 0],
    };
    Flow {
        order,
        mask: None,
        ..flow.with(name)
    }
}
