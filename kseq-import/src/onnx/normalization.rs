//! Normalizations.

use super::flow::Flow;
use super::graph::{Graph, float, int};
use super::words::Layer;

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` with the moving mean and variance: one factor, one term.
pub fn batch(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let axis = match layer.whole_numbers("axis").as_slice() {
        [] => flow.last(),
        [axis] => flow.of_keras(*axis),
        axes => return Err(format!("axis = {axes:?}: ONNX has one axis of channels")),
    };
    let mean = layer.array("moving_mean", 1)?;
    let variance = layer.array("moving_variance", 1)?;
    let epsilon = f64::from(layer.number("epsilon", 1e-3));
    let gamma = layer.find("gamma").map(|array| array.values.as_slice());
    let beta = layer.find("beta").map(|array| array.values.as_slice());
    let of = |values: Option<&[f32]>, i: usize, default: f32| {
        let value = values.and_then(|values| values.get(i)).copied();
        f64::from(value.unwrap_or(default))
    };
    let (mut factor, mut term) = (Vec::new(), Vec::new());
    for (i, (&mean, &variance)) in mean.values.iter().zip(&variance.values).enumerate() {
        let by = of(gamma, i, 1.0) / (f64::from(variance) + epsilon).sqrt();
        factor.push(by as f32);
        term.push((of(beta, i, 0.0) - by * f64::from(mean)) as f32);
    }
    Ok(scaled(graph, flow, axis, Some(&factor), Some(&term)))
}

/// A factor and a term along an axis.
fn scaled(
    graph: &mut Graph,
    mut flow: Flow,
    axis: usize,
    factor: Option<&[f32]>,
    term: Option<&[f32]>,
) -> Flow {
    for (op, what, values) in [("Mul", "factor", factor), ("Add", "term", term)] {
        if let Some(values) = values {
            let constant = flow.along(graph, axis, what, values);
            let name = graph.node(op, &[&flow.name, &constant], Vec::new());
            flow = flow.with(name);
        }
    }
    flow
}

/// Each sample over some axes, which are the last ones in ONNX.
pub fn layer(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let mut axes: Vec<usize> = layer
        .whole_numbers("axis")
        .iter()
        .map(|&axis| flow.of_keras(axis))
        .collect();
    if axes.is_empty() {
        axes.push(flow.last());
    }
    let others = (0..flow.rank()).filter(|axis| !axes.contains(axis));
    let mut order: Vec<usize> = others.collect();
    let first = order.len();
    order.extend(axes);
    let flow = flow.ordered(graph, order);
    let array = layer.find("gamma").or(layer.find("beta"));
    let gamma = layer.find("gamma");
    // ONNX asks for a factor: one number goes along any axis.
    let gamma = match gamma {
        Some(gamma) => graph.floats("gamma", &gamma.shape, &gamma.values),
        None => {
            let ones = array.map(|array| (array.shape.clone(), vec![1.0; array.values.len()]));
            let (shape, values) = ones.unwrap_or((vec![1], vec![1.0]));
            graph.floats("gamma", &shape, &values)
        }
    };
    let mut inputs = vec![flow.name.clone(), gamma];
    if let Some(beta) = layer.find("beta") {
        inputs.push(graph.floats("beta", &beta.shape, &beta.values));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let attributes = vec![
        int("axis", first as i64),
        float("epsilon", layer.number("epsilon", 1e-3)),
    ];
    let name = graph.node("LayerNormalization", &inputs, attributes);
    flow.with(name)
}

/// Groups of the channels, over all places.
pub fn group(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    if flow.of_keras(layer.whole("axis", -1)) != flow.last() {
        return Err("axis: the channels are the last axis in kseq".to_owned());
    }
    let arrays = layer.find("gamma").or(layer.find("beta"));
    let groups = match (layer.whole("groups", 32), arrays) {
        (-1, Some(array)) => array.values.len() as i64,
        (-1, None) => {
            return Err("groups = -1 with neither scale nor center".to_owned());
        }
        (groups, _) => groups,
    };
    if !(1..1 << 20).contains(&groups) {
        return Err(format!(
            "groups = {groups}: expected as many as divide the channels"
        ));
    }
    let flow = flow.channels_first(graph);
    let shape = graph.node("Shape", &[&flow.name], Vec::new());
    let to = graph.whole(&[0, groups, -1]);
    let name = graph.node("Reshape", &[&flow.name, &to], Vec::new());
    let (ones, zeros) = (vec![1.0; groups as usize], vec![0.0; groups as usize]);
    let ones = graph.floats("ones", &[groups as usize], &ones);
    let zeros = graph.floats("zeros", &[groups as usize], &zeros);
    let epsilon = vec![float("epsilon", layer.number("epsilon", 1e-3))];
    let name = graph.node("InstanceNormalization", &[&name, &ones, &zeros], epsilon);
    let name = graph.node("Reshape", &[&name, &shape], Vec::new());
    let (last, flow) = (flow.last(), flow.with(name));
    let values = |name: &str| layer.find(name).map(|array| array.values.as_slice());
    Ok(scaled(graph, flow, last, values("gamma"), values("beta")))
}

/// `y = scale x / sqrt(mean(x^2) + epsilon)`
pub fn rms(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let last = flow.last();
    if !matches!(layer.whole_numbers("axis").as_slice(), [axis] if flow.of_keras(*axis) == last)
        && layer.get("axis").is_some()
    {
        return Err("axis: expected the last one".to_owned());
    }
    let axis = graph.whole(&[flow.axis(last) as i64]);
    let epsilon = graph.number(layer.number("epsilon", 1e-6));
    let x = &flow.name;
    let square = graph.node("Mul", &[x, x], Vec::new());
    let mean = graph.node("ReduceMean", &[&square, &axis], Vec::new());
    let mean = graph.node("Add", &[&mean, &epsilon], Vec::new());
    let root = graph.node("Sqrt", &[&mean], Vec::new());
    let name = graph.node("Div", &[x, &root], Vec::new());
    let scale = layer.find("scale").map(|array| array.values.as_slice());
    Ok(scaled(graph, flow.with(name), last, scale, None))
}

/// `y = x / sqrt(max(sum(x^2), 1e-12))`
pub fn unit(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let axes = match layer.whole_numbers("axis") {
        axes if axes.is_empty() => vec![-1],
        axes => axes,
    };
    let axes = axes
        .iter()
        .map(|&axis| flow.axis(flow.of_keras(axis)) as i64);
    let axes: Vec<i64> = axes.collect();
    let (axes, least) = (graph.whole(&axes), graph.number(1e-12));
    let x = &flow.name;
    let square = graph.node("Mul", &[x, x], Vec::new());
    let sum = graph.node("ReduceSum", &[&square, &axes], Vec::new());
    let sum = graph.node("Max", &[&sum, &least], Vec::new());
    let root = graph.node("Sqrt", &[&sum], Vec::new());
    let name = graph.node("Div", &[x, &root], Vec::new());
    flow.with(name)
}

/// `Normalization`: `(x - mean) / max(sqrt(variance), 1e-7)`, or that turned around.
pub fn known(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let values = |name: &str| match layer.find(name) {
        Some(array) => array.values.clone(),
        None => layer.numbers(name),
    };
    let (mean, variance) = (values("mean"), values("variance"));
    let axes = match layer.says("axis") {
        true => layer.whole_numbers("axis"),
        false => vec![-1],
    };
    let is_last = matches!(axes.as_slice(), [axis] if flow.of_keras(*axis) == flow.last());
    if mean.is_empty() || mean.len() != variance.len() || !(is_last || mean.len() == 1) {
        return Err("expected a mean and a variance of each place of the last axis".to_owned());
    }
    let deviation = |variance: &f32| f64::from(*variance).sqrt().max(1e-7);
    let deviations: Vec<f64> = variance.iter().map(deviation).collect();
    let axis = flow.last();
    if layer.flag("invert", false) {
        let factor: Vec<f32> = deviations.iter().map(|d| *d as f32).collect();
        return Ok(scaled(graph, flow, axis, Some(&factor), Some(&mean)));
    }
    // First the mean: behind the factor its digits would be lost.
    let less: Vec<f32> = mean.iter().map(|mean| -mean).collect();
    let factor: Vec<f32> = deviations.iter().map(|d| (1.0 / d) as f32).collect();
    let flow = scaled(graph, flow, axis, None, Some(&less));
    Ok(scaled(graph, flow, axis, Some(&factor), None))
}

/// `y = scale x + offset`
pub fn rescaling(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let (scale, offset) = (layer.numbers("scale"), layer.numbers("offset"));
    let axis = flow.last();
    let offset = Some(offset.as_slice()).filter(|offset| offset.iter().any(|&o| o != 0.0));
    let scale = Some(scale.as_slice()).filter(|scale| !scale.is_empty());
    scaled(graph, flow, axis, scale, offset)
}
