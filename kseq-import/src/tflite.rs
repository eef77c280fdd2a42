//! TFLite out: a network of integer operators as a `.tflite` file, which LiteRT, TFLite for microcontrollers and their like run.
//!
//! What the file is made of is plain data: operators of [`kseq_int8`], or the same ones in `f32`, one after the other, with TFLite's
//! kernels and biases. Samples go in and come out as in Keras, channels last. LiteRT's reference kernels compute from it what
//! [`kseq_int8::run::run`] does, bit for bit.
//!
//! An LSTM's operator goes on with the state that it had: whoever runs it calls `reset_all_variables` before each sample.
//!
//! ```
//! use kseq_import::tflite::{Action, Int8, Network, Step, Tensor, tflite};
//! use kseq_int8::arithmetic::Scale;
//! use kseq_int8::op::{Clamp, Dense, Op};
//!
//! let scaled = |n, scale| Tensor { shape: vec![n], scale: Some(Scale { scale, zero_point: 0 }) };
//! let network = Network {
//!     name: "net".to_owned(),
//!     batch: None,
//!     input: scaled(3, 0.1),
//!     steps: vec![Step {
//!         name: "dense_1".to_owned(),
//!         action: Action::Int8 {
//!             op: Op::Dense(Dense { rows: 1, inputs: 3, outputs: 2, clamp: Clamp::Relu }),
//!             parameters: Int8 { kernel: vec![1, 2, 3, 4, 5, 6], bias: vec![7, 8], scales: vec![0.02, 0.03] },
//!         },
//!         output: scaled(2, 0.05),
//!     }],
//! };
//! let bytes = tflite(&network)?;
//! assert_eq!(bytes.get(4..8), Some(&b"TFL3"[..]));
//! // std::fs::write("net.tflite", bytes)?;
//! # Ok::<(), kseq_import::error::Refusals>(())
//! ```

use crate::error::{Refusal, Refusals};

mod flatbuffer;
mod graph;
mod lstm;
mod network;
mod options;
mod padding;
mod schema;
mod step;
mod weights;

use graph::Graph;
pub use network::{Action, Float, Int8, Lstm, Network, Step, Tensor};

/// A network as the bytes of a `.tflite` file (version 3 of the schema), with one signature, `serving_default`, from `input` to `output`.
///
/// # Errors
/// What does not fit together, or cannot be said in TFLite: all such steps at once.
pub fn tflite(network: &Network) -> Result<Vec<u8>, Refusals> {
    let has_state = |step: &Step| matches!(step.action, Action::Lstm { .. });
    let batch = match network.steps.iter().any(has_state) {
        true => network.batch.or(Some(1)),
        false => network.batch,
    };
    let mut graph = Graph::new(batch);
    let input = &network.input;
    let mut flow = graph.computed("input", input.shape.clone(), input.scale);
    let first = flow.id;
    let mut shape = &input.shape;
    let mut refused = Vec::new();
    for (i, step) in network.steps.iter().enumerate() {
        graph.scope.clone_from(&step.name);
        match step::write(&mut graph, step, shape, flow.clone()) {
            Ok(next) => flow = next,
            Err(why) => {
                refused.push(Refusal::new(
                    format!("layer {} `{}`", i + 1, step.name),
                    why,
                ));
                let output = &step.output;
                flow = graph.computed("", output.shape.clone(), output.scale);
            }
        }
        shape = &step.output.shape;
    }
    if !refused.is_empty() {
        return Err(Refusals(refused));
    }
    graph.scope = "output".to_owned();
    let last = graph.reshaped(flow, shape);
    let place = || format!("the network `{}`", network.name);
    if last.id == first {
        return Err(
            Refusal::new(place(), "it does nothing: a file of TFLite has operators").into(),
        );
    }
    let file = graph.file(&network.name, first, last.id);
    let too_large = "it would be 2 GiB or more, and no offset of a `.tflite` file reaches so far";
    file.ok_or_else(|| Refusal::new(place(), too_large).into())
}
