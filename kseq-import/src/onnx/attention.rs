//! `MultiHeadAttention` of a sequence on itself: `softmax(q k^T / sqrt(key_dim)) v` for each head.

use super::flow::Flow;
use super::graph::{Graph, int, ints};
use super::words::Layer;

/// The layer on `(batch, steps, features)`.
pub fn layer(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    if flow.mask.is_some() {
        return Err("on masked steps it has no form in ONNX here".to_owned());
    }
    if flow.rank() != 3 {
        return Err(format!(
            "expected samples of 2 axes (steps, features), found {}",
            flow.rank().saturating_sub(1)
        ));
    }
    let flow = flow.plain(graph);
    let x = flow.name.as_str();
    let query = projected(graph, layer, x, "query", &[0, 2, 1, 3])?;
    let key = projected(graph, layer, x, "key", &[0, 2, 3, 1])?;
    let value = projected(graph, layer, x, "value", &[0, 2, 1, 3])?;
    let (_, [_, _, key_dim]) = layer.sized("query_kernel")?;
    let scale = graph.number(1.0 / (key_dim as f32).sqrt());
    let query = graph.node("Mul", &[&query, &scale], Vec::new());
    let mut scores = graph.node("MatMul", &[&query, &key], Vec::new());
    if layer.flag("use_causal_mask", false) {
        let steps = vec![int("start", 1), int("end", 2)];
        let steps = graph.node("Shape", &[x], steps);
        let shape = graph.node("Concat", &[&steps, &steps], vec![int("axis", 0)]);
        let (one, zero) = (graph.number(1.0), graph.number(0.0));
        let all = graph.node("Expand", &[&one, &shape], Vec::new());
        let seen = graph.node("Trilu", &[&all], vec![int("upper", 0)]);
        let seen = graph.node("Greater", &[&seen, &zero], Vec::new());
        let never = graph.number(f32::NEG_INFINITY);
        scores = graph.node("Where", &[&seen, &scores, &never], Vec::new());
    }
    let shares = graph.node("Softmax", &[&scores], vec![int("axis", -1)]);
    let heads = graph.node("MatMul", &[&shares, &value], Vec::new());
    let heads = graph.node("Transpose", &[&heads], vec![ints("perm", &[0, 2, 1, 3])]);
    let (kernel, [count, width, out]) = layer.sized("output_kernel")?;
    let shape = graph.whole(&[0, 0, (count * width) as i64]);
    let heads = graph.node("Reshape", &[&heads, &shape], Vec::new());
    let kernel = graph.floats("output_kernel", &[count * width, out], &kernel.values);
    let mut name = graph.node("MatMul", &[&heads, &kernel], Vec::new());
    if let Some(bias) = layer.find("output_bias") {
        let bias = graph.floats("output_bias", &bias.shape, &bias.values);
        name = graph.node("Add", &[&name, &bias], Vec::new());
    }
    Ok(flow.with(name))
}

/// What the heads take of each step, with the axes batch, steps, heads, features in an order.
fn projected(
    graph: &mut Graph,
    layer: &Layer<'_>,
    x: &str,
    part: &str,
    order: &[i64],
) -> Result<String, String> {
    let name = format!("{part}_kernel");
    let (kernel, [input, heads, width]) = layer.sized(&name)?;
    let kernel = graph.floats(&name, &[input, heads * width], &kernel.values);
    let mut y = graph.node("MatMul", &[x, &kernel], Vec::new());
    let name = format!("{part}_bias");
    if let Some(bias) = layer.find(&name) {
        let bias = graph.floats(&name, &[heads * width], &bias.values);
        y = graph.node("Add", &[&y, &bias], Vec::new());
    }
    let shape = graph.whole(&[0, 0, heads as i64, width as i64]);
    let y = graph.node("Reshape", &[&y, &shape], Vec::new());
    Ok(graph.node("Transpose", &[&y], vec![ints("perm", order)]))
}
