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

use prost::Message;

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
mod words;

use flow::Flow;
use graph::Graph;
use proto::{
    Dimension, DimensionProto, FLOAT, GraphProto, INT32, ModelProto, OperatorSetIdProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

const IR_VERSION: i64 = 8;
const OPSET: i64 = 18;

/// A model as the bytes of a `.onnx` file; tokens are `int32`, everything else is `float`.
///
/// # Errors
/// What ONNX cannot say of it exactly: all such layers at once.
pub fn onnx(imported: &Imported) -> Result<Vec<u8>, Refusals> {
    let model = &imported.model;
    let mut graph = Graph::default();
    let input = graph.fresh("input");
    let mut flow = Flow::new(input.clone(), model.input.len() + 1);
    flow.is_whole = model.takes_tokens();
    let elem_type = if flow.is_whole { INT32 } else { FLOAT };
    let mut axes = vec![match model.batch {
        Some(batch) => value(batch),
        None => param("batch"),
    }];
    let sizes = model.input.iter().enumerate();
    axes.extend(
        sizes.map(|(i, size)| size.map_or_else(|| param(&format!("axis_{}", i + 1)), value)),
    );
    let inputs = vec![info(&input, elem_type, axes)];
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
            }
        }
    }
    if !refused.is_empty() {
        return Err(Refusals(refused));
    }
    graph.scope.clear();
    let flow = flow.plain(&mut graph);
    let output = graph.fresh("output");
    graph.keep_only_what_leads_to(&flow.name);
    match flow.name == input {
        true => graph.push(
            "Identity",
            &[&input],
            std::slice::from_ref(&output),
            Vec::new(),
        ),
        false => graph.rename(&flow.name, &output),
    }
    let elem_type = if flow.is_whole { INT32 } else { FLOAT };
    let mut axes = vec![DimensionProto::default(); flow.rank()];
    if let (Some(batch), None) = (axes.first_mut(), model.batch) {
        *batch = param("batch");
    }
    let outputs = vec![info(&output, elem_type, axes)];
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
            input: inputs,
            output: outputs,
        }),
        opset_import: vec![opset],
    };
    Ok(file.encode_to_vec())
}

fn value(size: usize) -> DimensionProto {
    DimensionProto {
        value: Some(Dimension::Value(size as i64)),
    }
}

fn param(name: &str) -> DimensionProto {
    DimensionProto {
        value: Some(Dimension::Param(name.to_owned())),
    }
}

fn info(name: &str, elem_type: i32, dim: Vec<DimensionProto>) -> ValueInfoProto {
    let shape = Some(TensorShapeProto { dim });
    let tensor_type = Some(TensorTypeProto { elem_type, shape });
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { tensor_type }),
    }
}
