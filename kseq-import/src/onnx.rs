//! ONNX out: a model with its weights as a file that onnxruntime and its like run.
//!
//! The operators are those of opset 18 (in a file of IR version 8, as onnxruntime reads from 1.14 on). The batch is of any size, as
//! is each axis that is `None`; the weights lie in the file as bytes. Samples come in and go out as in Keras: channels last.
//!
//! ```
//! use kseq_import::import::import;
//! use kseq_import::onnx::onnx;
//!
//! let model = import("tests/files/k3_cnn.keras", None)?;
//! let bytes = onnx(&model)?;
//! # assert!(bytes.len() > 1000);
//! // std::fs::write("cnn.onnx", bytes)?;
//! # Ok::<(), kseq_import::error::Refusals>(())
//! ```

use crate::error::{Refusal, Refusals};
use crate::import::Imported;

mod activation;
mod attention;
mod convolution;
mod flow;
mod graph;
mod layer;
mod normalization;
mod pooling;
mod proto;
mod recurrent;
mod reshaping;
mod wire;
mod words;

use flow::Flow;
use graph::{Graph, info, named_size, size};
use proto::{DimensionProto, FLOAT, GraphProto, INT32, ModelProto, OperatorSetIdProto};
use wire::Message;

const IR_VERSION: i64 = 8;
const OPSET: i64 = 18;

/// A model as the bytes of a `.onnx` file; tokens are `int32`, everything else is `float`.
///
/// # Errors
/// What ONNX cannot say of it exactly: all such layers at once.
pub fn onnx(imported: &Imported) -> Result<Vec<u8>, Refusals> {
    let model = &imported.model;
    let mut graph = Graph::new(model.batch);
    let input = graph.fresh("input");
    let mut flow = Flow::new(input.clone(), model.input.len() + 1);
    flow.is_whole = model.takes_tokens();
    let batch = model.batch.map_or_else(|| named_size("batch"), size);
    let mut axes = vec![batch.clone()];
    let sizes = model.input.iter().enumerate();
    axes.extend(sizes.map(|(i, n)| n.map_or_else(|| named_size(&format!("axis_{}", i + 1)), size)));
    graph.inputs.push(info(&input, type_of(&flow), axes));
    let mut refused = Vec::new();
    for (i, layer) in model.layers.iter().enumerate() {
        graph.scope.clone_from(&layer.name);
        let arrays = imported.weights.get(i).map(Vec::as_slice);
        let words = words::Layer::new(&layer.object, arrays.unwrap_or_default(), String::new());
        match layer::write(&mut graph, &words, flow.clone()) {
            Ok(next) => flow = next,
            Err(why) => {
                let class = &layer.call.class;
                let place = format!("layer {} `{}` ({class})", i + 1, layer.name);
                refused.push(Refusal::new(place, why));
                flow = layer::behind_refused(&words, flow);
            }
        }
    }
    if !refused.is_empty() {
        return Err(Refusals(refused));
    }
    graph.scope.clear();
    let flow = flow.plain(&mut graph);
    let output = graph.fresh("output");
    graph.push(
        "Identity",
        &[&flow.name],
        std::slice::from_ref(&output),
        Vec::new(),
    );
    let mut axes = vec![DimensionProto::default(); flow.rank()];
    if let Some(first) = axes.first_mut() {
        *first = batch;
    }
    graph.outputs.insert(0, info(&output, type_of(&flow), axes));
    graph.keep_only_what_leads_out();
    let opset = OperatorSetIdProto {
        domain: String::new(),
        version: OPSET,
    };
    let file = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "kseq".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(GraphProto {
            node: graph.nodes,
            name: model.name.clone(),
            initializer: graph.constants,
            input: graph.inputs,
            output: graph.outputs,
        }),
        opset_import: vec![opset],
    };
    Ok(file.bytes())
}

fn type_of(flow: &Flow) -> i32 {
    if flow.is_whole { INT32 } else { FLOAT }
}
