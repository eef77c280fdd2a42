//! The models as ONNX graphs, written with tract's own structures: what an exporter would write, without dropout.

use harness::Rng;
use tract_onnx::pb;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto;

/// A graph for a batch of `batch`, with random weights. Inputs: the samples `x`; of `stateful_lstm` then the states
/// `h` and `c` of each layer. Outputs: the predictions, then the new states.
pub fn graph(model: &str, batch: usize) -> pb::ModelProto {
    let mut g = Graph::new();
    let b = batch;
    let x = String::from("x");
    let softmax = Some("Softmax");
    let y = match model {
        "mlp_softmax" | "mlp_binary" => {
            g.input("x", DataType::Float, &[b, 20]);
            let y = g.dense(x, 20, 64, Some("Relu"));
            let y = g.dense(y, 64, 64, Some("Relu"));
            match model {
                "mlp_softmax" => g.dense(y, 64, 10, softmax),
                _ => g.dense(y, 64, 1, Some("Sigmoid")),
            }
        }
        "mnist_mlp" => {
            g.input("x", DataType::Float, &[b, 784]);
            let y = g.dense(x, 784, 512, Some("Relu"));
            let y = g.dense(y, 512, 512, Some("Relu"));
            g.dense(y, 512, 10, softmax)
        }
        "mnist_cnn" => {
            g.input("x", DataType::Float, &[b, 1, 28, 28]);
            let y = g.conv(x, 1, 32, &[3, 3]);
            let y = g.conv(y, 32, 64, &[3, 3]);
            let y = g.max_pool(y, &[2, 2]);
            let y = g.op("Flatten", &[y], &[]);
            let y = g.dense(y, 9216, 128, Some("Relu"));
            g.dense(y, 128, 10, softmax)
        }
        "vgg_like" => {
            g.input("x", DataType::Float, &[b, 3, 100, 100]);
            let mut y = x;
            for (i, o) in [(3, 32), (32, 64)] {
                y = g.conv(y, i, o, &[3, 3]);
                y = g.conv(y, o, o, &[3, 3]);
                y = g.max_pool(y, &[2, 2]);
            }
            let y = g.op("Flatten", &[y], &[]);
            let y = g.dense(y, 64 * 22 * 22, 256, Some("Relu"));
            g.dense(y, 256, 10, softmax)
        }
        "lstm_imdb" => {
            g.input("x", DataType::Int32, &[b, 80]);
            let table = g.weights(&[1024, 256]);
            let y = g.op("Gather", &[table, x], &[]);
            let y = g.op("Transpose", &[y], &[ints("perm", &[1, 0, 2])]);
            let y = g.lstm(y, 256, 128, Use::Last, None);
            g.dense(y, 128, 1, Some("Sigmoid"))
        }
        "conv1d_seq" => {
            g.input("x", DataType::Float, &[b, 100, 64]);
            let y = g.conv(x, 100, 64, &[3]);
            let y = g.conv(y, 64, 64, &[3]);
            let y = g.max_pool(y, &[3]);
            let y = g.conv(y, 64, 128, &[3]);
            let y = g.conv(y, 128, 128, &[3]);
            let y = g.op("GlobalAveragePool", &[y], &[]);
            let y = g.op("Flatten", &[y], &[]);
            g.dense(y, 128, 1, Some("Sigmoid"))
        }
        "stacked_lstm" | "stateful_lstm" => {
            g.input("x", DataType::Float, &[b, 8, 16]);
            let mut y = g.op("Transpose", &[x], &[ints("perm", &[1, 0, 2])]);
            for layer in 0..3 {
                let states = (model == "stateful_lstm").then_some((layer, b));
                let inputs = if layer == 0 { 16 } else { 32 };
                let all = if layer < 2 { Use::All } else { Use::Last };
                y = g.lstm(y, inputs, 32, all, states);
            }
            g.dense(y, 32, 10, softmax)
        }
        _ => panic!("unknown model {model}"),
    };
    g.finish(y)
}

/// Which hidden states of an LSTM the next layer reads.
#[derive(PartialEq)]
enum Use {
    All,
    Last,
}

struct Graph {
    graph: pb::GraphProto,
    states: Vec<String>,
    rng: Rng,
    names: usize,
}

impl Graph {
    fn new() -> Graph {
        Graph {
            graph: pb::GraphProto::default(),
            states: Vec::new(),
            rng: Rng::new(3),
            names: 0,
        }
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("t{}", self.names)
    }

    fn input(&mut self, name: &str, kind: DataType, shape: &[usize]) {
        let dim = |&n: &usize| Dimension {
            value: Some(dimension::Value::DimValue(n as i64)),
            ..Default::default()
        };
        let tensor = type_proto::Tensor {
            elem_type: kind as i32,
            shape: Some(pb::TensorShapeProto {
                dim: shape.iter().map(dim).collect(),
            }),
        };
        self.graph.input.push(pb::ValueInfoProto {
            name: name.into(),
            r#type: Some(pb::TypeProto {
                value: Some(type_proto::Value::TensorType(tensor)),
                ..Default::default()
            }),
            ..Default::default()
        });
    }

    fn constant(&mut self, shape: &[usize], kind: DataType, raw_data: Vec<u8>) -> String {
        let name = self.name();
        self.graph.initializer.push(pb::TensorProto {
            name: name.clone(),
            dims: shape.iter().map(|&n| n as i64).collect(),
            data_type: kind as i32,
            raw_data,
            ..Default::default()
        });
        name
    }

    /// Random numbers as large as weights usually are.
    fn weights(&mut self, shape: &[usize]) -> String {
        let fan = shape[1..].iter().product::<usize>().max(1);
        let values = self.rng.f32s(shape.iter().product());
        let scaled = values.iter().map(|v| v / (fan as f32).sqrt());
        self.constant(
            shape,
            DataType::Float,
            scaled.flat_map(f32::to_le_bytes).collect(),
        )
    }

    fn node(
        &mut self,
        kind: &str,
        inputs: &[String],
        outputs: &[String],
        attributes: &[pb::AttributeProto],
    ) {
        let name = self.name();
        self.graph.node.push(pb::NodeProto {
            name,
            op_type: kind.into(),
            input: inputs.to_vec(),
            output: outputs.to_vec(),
            attribute: attributes.to_vec(),
            ..Default::default()
        });
    }

    fn op(&mut self, kind: &str, inputs: &[String], attributes: &[pb::AttributeProto]) -> String {
        let output = self.name();
        self.node(kind, inputs, std::slice::from_ref(&output), attributes);
        output
    }

    fn dense(
        &mut self,
        x: String,
        inputs: usize,
        units: usize,
        activation: Option<&str>,
    ) -> String {
        let (w, b) = (self.weights(&[inputs, units]), self.weights(&[units]));
        let y = self.op("Gemm", &[x, w, b], &[]);
        match activation {
            Some("Softmax") => self.op("Softmax", &[y], &[int("axis", 1)]),
            Some(kind) => self.op(kind, &[y], &[]),
            None => y,
        }
    }

    fn conv(&mut self, x: String, inputs: usize, filters: usize, size: &[usize]) -> String {
        let w = self.weights(&[&[filters, inputs], size].concat());
        let b = self.weights(&[filters]);
        let y = self.op("Conv", &[x, w, b], &[ints("kernel_shape", size)]);
        self.op("Relu", &[y], &[])
    }

    fn max_pool(&mut self, x: String, size: &[usize]) -> String {
        self.op(
            "MaxPool",
            &[x],
            &[ints("kernel_shape", size), ints("strides", size)],
        )
    }

    /// `states`: the number of a stateful layer, and the batch.
    fn lstm(
        &mut self,
        x: String,
        inputs: usize,
        units: usize,
        all: Use,
        states: Option<(usize, usize)>,
    ) -> String {
        let w = self.weights(&[1, 4 * units, inputs]);
        let r = self.weights(&[1, 4 * units, units]);
        let b = self.weights(&[1, 8 * units]);
        let mut ins = vec![x, w, r, b];
        let outs = [self.name(), self.name(), self.name()];
        let mut wanted = 2;
        if let Some((layer, batch)) = states {
            let (h, c) = (format!("h{layer}"), format!("c{layer}"));
            self.input(&h, DataType::Float, &[1, batch, units]);
            self.input(&c, DataType::Float, &[1, batch, units]);
            // The optional input in between is the lengths of the sequences.
            ins.extend([String::new(), h, c]);
            self.states.extend_from_slice(&outs[1..]);
            wanted = 3;
        }
        self.node("LSTM", &ins, &outs[..wanted], &[int("hidden_size", units)]);
        let [every, last, _] = outs;
        let (y, axis) = match all {
            Use::All => (every, 1_i64),
            Use::Last => (last, 0),
        };
        let axis = self.constant(&[1], DataType::Int64, axis.to_le_bytes().to_vec());
        self.op("Squeeze", &[y, axis], &[])
    }

    fn finish(mut self, y: String) -> pb::ModelProto {
        let outputs = std::iter::once(y).chain(std::mem::take(&mut self.states));
        self.graph.output = outputs
            .map(|name| pb::ValueInfoProto {
                name,
                ..Default::default()
            })
            .collect();
        pb::ModelProto {
            ir_version: 8,
            opset_import: vec![pb::OperatorSetIdProto {
                version: 17,
                ..Default::default()
            }],
            graph: Some(self.graph),
            ..Default::default()
        }
    }
}

fn int(name: &str, value: usize) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.into(),
        r#type: AttributeType::Int as i32,
        i: value as i64,
        ..Default::default()
    }
}

fn ints(name: &str, values: &[usize]) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints: values.iter().map(|&v| v as i64).collect(),
        ..Default::default()
    }
}
