//! Layers that move values: shapes, margins, repetitions.

use super::convolution::axes_of;
use super::flow::Flow;
use super::graph::{Graph, int, text};
use super::proto::{AttributeProto, INT32};
use super::words::Layer;

/// All values of a sample in a row.
pub fn flatten(graph: &mut Graph, flow: Flow) -> Flow {
    let flow = flow.plain(graph);
    let name = graph.node("Flatten", &[&flow.name], vec![int("axis", 1)]);
    reshaped(flow, name, 2)
}

/// `Reshape`, of which one axis may be `-1`.
pub fn reshape(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let target = layer.whole_numbers("target_shape");
    let flow = flow.plain(graph);
    // 0 is the axis as it was: the batch.
    let shape: Vec<i64> = [0].into_iter().chain(target).collect();
    let to = graph.whole(&shape);
    let name = graph.node("Reshape", &[&flow.name, &to], Vec::new());
    reshaped(flow, name, shape.len())
}

fn reshaped(flow: Flow, name: String, rank: usize) -> Flow {
    Flow {
        is_whole: flow.is_whole,
        ..Flow::new(name, rank)
    }
}

/// `Permute`: the same tensor, whose axes are called otherwise.
pub fn permute(layer: &Layer<'_>, flow: Flow) -> Flow {
    let dims = layer.whole_numbers("dims");
    let place = |axis: usize| {
        let found = dims.iter().position(|&dim| dim as usize == axis);
        found.map_or(0, |at| at + 1)
    };
    let order = flow.order.iter().map(|&axis| match axis {
        0 => 0,
        axis => place(axis),
    });
    Flow {
        order: order.collect(),
        mask: None,
        ..flow
    }
}

/// `RepeatVector`
pub fn repeat_vector(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let flow = flow.plain(graph);
    let axis = graph.whole(&[1]);
    let name = graph.node("Unsqueeze", &[&flow.name, &axis], Vec::new());
    let shape = graph.whole(&[1, layer.whole("n", 1), 1]);
    let name = graph.node("Expand", &[&name, &shape], Vec::new());
    reshaped(flow, name, 3)
}

/// `ZeroPadding1D` and theirs.
pub fn zero_padding(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let margins = margins(layer, "padding", &flow);
    let begins = margins.iter().map(|[before, _]| *before);
    let ends = margins.iter().map(|[_, behind]| *behind);
    let pads = graph.whole(&begins.chain(ends).collect::<Vec<_>>());
    let name = graph.node("Pad", &[&flow.name, &pads], Vec::new());
    Flow {
        mask: None,
        ..flow.with(name)
    }
}

/// `Cropping1D` and theirs.
pub fn cropping(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let margins = margins(layer, "cropping", &flow);
    let begins: Vec<i64> = margins.iter().map(|[before, _]| *before).collect();
    let end = |behind: i64| if behind == 0 { i64::MAX } else { -behind };
    let ends: Vec<i64> = margins.iter().map(|[_, behind]| end(*behind)).collect();
    let (begins, ends) = (graph.whole(&begins), graph.whole(&ends));
    let name = graph.node("Slice", &[&flow.name, &begins, &ends], Vec::new());
    Flow {
        mask: None,
        ..flow.with(name)
    }
}

/// For each axis as it lies how much is before and behind.
fn margins(layer: &Layer<'_>, key: &str, flow: &Flow) -> Vec<[i64; 2]> {
    let margins = layer.margins(key, axes_of(layer.class));
    let of = |&axis: &usize| {
        let at = axis.checked_sub(1);
        at.and_then(|at| margins.get(at))
            .copied()
            .unwrap_or_default()
    };
    flow.order.iter().map(of).collect()
}

/// `UpSampling1D` and theirs.
pub fn up_sampling(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let attributes = resized(
        layer.text("interpolation", "nearest"),
        "asymmetric",
        "floor",
    )?;
    let flow = flow.channels_first(graph);
    let mut scales = vec![1.0, 1.0];
    let size = layer.sizes("size", axes_of(layer.class), 2);
    scales.extend(size.iter().map(|&size| size as f32));
    let scales = graph.floats("scales", &[scales.len()], &scales);
    let name = graph.node("Resize", &[&flow.name, "", &scales], attributes);
    Ok(Flow {
        mask: None,
        ..flow.with(name)
    })
}

/// `Resizing` to a height and a width.
pub fn resizing(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    for key in ["crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"] {
        if layer.flag(key, false) {
            return Err(format!("{key} = true has no form in ONNX here"));
        }
    }
    let word = layer.text("interpolation", "bilinear");
    let attributes = resized(word, "half_pixel", "round_prefer_ceil")?;
    let flow = flow.channels_first(graph);
    let kept = vec![int("start", 0), int("end", 2)];
    let kept = graph.node("Shape", &[&flow.name], kept);
    let sizes = graph.whole(&[layer.whole("height", 1), layer.whole("width", 1)]);
    let sizes = graph.node("Concat", &[&kept, &sizes], vec![int("axis", 0)]);
    let name = graph.node("Resize", &[&flow.name, "", "", &sizes], attributes);
    Ok(Flow {
        mask: None,
        ..flow.with(name)
    })
}

/// How values are found between others; of the nearest one where, and which.
fn resized(
    interpolation: &str,
    nearest_at: &str,
    nearest: &str,
) -> Result<Vec<AttributeProto>, String> {
    let at = "coordinate_transformation_mode";
    match interpolation {
        "nearest" => Ok(vec![
            text("mode", "nearest"),
            text(at, nearest_at),
            text("nearest_mode", nearest),
        ]),
        "bilinear" => Ok(vec![text("mode", "linear"), text(at, "half_pixel")]),
        word => Err(format!(
            "interpolation = {word:?}: expected \"nearest\" or \"bilinear\", others are not the same in ONNX"
        )),
    }
}

/// `Embedding`: a row of the table for each token.
pub fn embedding(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let table = layer.array("embeddings", 2)?;
    let table = graph.floats("embeddings", &table.shape, &table.values);
    let flow = flow.plain(graph);
    let tokens = match flow.is_whole {
        true => flow.name.clone(),
        false => graph.node("Cast", &[&flow.name], vec![int("to", i64::from(INT32))]),
    };
    let mask = layer.flag("mask_zero", false).then(|| {
        let zero = graph.constant("zero", &[], INT32, vec![0; 4]);
        let is_nothing = graph.node("Equal", &[&tokens, &zero], Vec::new());
        graph.node("Not", &[&is_nothing], Vec::new())
    });
    let name = graph.node("Gather", &[&table, &tokens], Vec::new());
    Ok(Flow {
        mask,
        ..Flow::new(name, flow.rank() + 1)
    })
}
