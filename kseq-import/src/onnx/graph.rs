//! A graph of ONNX while it grows.

use std::collections::{HashMap, HashSet};

use super::proto::{
    AttributeProto, Dimension, DimensionProto, FLOAT, GraphProto, INT64, NodeProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

/// The nodes and the constants so far.
#[derive(Default)]
pub struct Graph {
    /// In the order of their execution.
    pub nodes: Vec<NodeProto>,
    /// Weights, and what operators take as tensors.
    pub constants: Vec<TensorProto>,
    /// What goes in.
    pub inputs: Vec<ValueInfoProto>,
    /// What comes out.
    pub outputs: Vec<ValueInfoProto>,
    /// The fixed size of a batch, of a model with a state.
    pub batch: Option<usize>,
    /// The layer whose nodes these are, which stands before their names.
    pub scope: String,
    taken: HashMap<String, usize>,
}

impl Graph {
    /// An empty one, for batches of this size or of any.
    pub fn new(batch: Option<usize>) -> Self {
        Graph {
            batch,
            ..Graph::default()
        }
    }

    /// A name that nothing has yet: `dense_1/MatMul`.
    pub fn fresh(&mut self, what: &str) -> String {
        let name = match self.scope.is_empty() {
            true => what.to_owned(),
            false => format!("{}/{what}", self.scope),
        };
        let count = self.taken.entry(name.clone()).or_insert(0);
        *count += 1;
        match *count {
            1 => name,
            count => format!("{name}_{count}"),
        }
    }

    /// A call of an operator, and the name of its output.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        let output = self.fresh(op);
        self.push(op, inputs, std::slice::from_ref(&output), attributes);
        output
    }

    /// A call of an operator whose outputs have names already.
    pub fn push(
        &mut self,
        op: &str,
        inputs: &[&str],
        outputs: &[String],
        attribute: Vec<AttributeProto>,
    ) {
        let named = outputs.iter().find(|name| !name.is_empty());
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: outputs.to_vec(),
            name: named.cloned().unwrap_or_default(),
            op_type: op.to_owned(),
            attribute,
        });
    }

    /// A constant of `f32`s.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, shape, FLOAT, bytes.collect())
    }

    /// A single number.
    pub fn number(&mut self, value: f32) -> String {
        self.floats("number", &[], &[value])
    }

    /// Whole numbers: axes, sizes.
    pub fn whole(&mut self, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant("sizes", &[values.len()], INT64, bytes.collect())
    }

    /// An input of `f32`s that the caller may leave out.
    pub fn optional_input(&mut self, name: &str, shape: &[usize], raw_data: Vec<u8>) {
        self.inputs
            .push(info(name, FLOAT, shape.iter().map(|&n| size(n)).collect()));
        self.constants.push(tensor(name, shape, FLOAT, raw_data));
    }

    /// A constant by its bytes.
    pub fn constant(
        &mut self,
        name: &str,
        shape: &[usize],
        data_type: i32,
        raw_data: Vec<u8>,
    ) -> String {
        let name = self.fresh(name);
        self.constants
            .push(tensor(&name, shape, data_type, raw_data));
        name
    }

    /// Builds the nodes of a graph within the graph; its constants are those of the whole.
    pub fn inside<T>(&mut self, build: impl FnOnce(&mut Self) -> T) -> (Vec<NodeProto>, T) {
        let outside = std::mem::take(&mut self.nodes);
        let built = build(self);
        (std::mem::replace(&mut self.nodes, outside), built)
    }

    /// Takes out what does not lead to an output: masks that nobody asks for.
    pub fn keep_only_what_leads_out(&mut self) {
        let outputs = self.outputs.iter().map(|output| output.name.clone());
        let mut used: HashSet<String> = outputs.collect();
        let mut kept: Vec<NodeProto> = Vec::new();
        for node in std::mem::take(&mut self.nodes).into_iter().rev() {
            if node.output.iter().any(|name| used.contains(name)) {
                uses(&node, &mut used);
                kept.push(node);
            }
        }
        kept.reverse();
        self.nodes = kept;
        self.constants
            .retain(|constant| used.contains(&constant.name));
    }
}

fn tensor(name: &str, shape: &[usize], data_type: i32, raw_data: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: shape.iter().map(|&size| size as i64).collect(),
        data_type,
        name: name.to_owned(),
        raw_data,
    }
}

fn uses(node: &NodeProto, used: &mut HashSet<String>) {
    used.extend(node.input.iter().cloned());
    let inside = node.attribute.iter().filter_map(|a| a.g.as_ref());
    for node in inside.flat_map(|graph| &graph.node) {
        uses(node, used);
    }
}

/// A value with its type.
pub fn info(name: &str, elem_type: i32, dim: Vec<DimensionProto>) -> ValueInfoProto {
    let shape = Some(TensorShapeProto { dim });
    let tensor_type = Some(TensorTypeProto { elem_type, shape });
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { tensor_type }),
    }
}

/// An axis of this size.
pub fn size(size: usize) -> DimensionProto {
    DimensionProto {
        value: Some(Dimension::Value(size as i64)),
    }
}

/// An axis whose size has a name.
pub fn named_size(name: &str) -> DimensionProto {
    DimensionProto {
        value: Some(Dimension::Param(name.to_owned())),
    }
}

fn attribute(name: &str, r#type: i32) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type,
        ..AttributeProto::default()
    }
}

/// An attribute that is a number.
pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        f: Some(value),
        ..attribute(name, 1)
    }
}

/// One that is a whole number.
pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        ..attribute(name, 2)
    }
}

/// One that is a word.
pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: Some(value.as_bytes().to_vec()),
        ..attribute(name, 3)
    }
}

/// One that is a graph.
pub fn graph(name: &str, value: GraphProto) -> AttributeProto {
    AttributeProto {
        g: Some(Box::new(value)),
        ..attribute(name, 5)
    }
}

/// One that is numbers.
pub fn floats(name: &str, values: &[f32]) -> AttributeProto {
    AttributeProto {
        floats: values.to_vec(),
        ..attribute(name, 6)
    }
}

/// One that is whole numbers.
pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: values.to_vec(),
        ..attribute(name, 7)
    }
}

/// One that is words.
pub fn texts(name: &str, values: &[&str]) -> AttributeProto {
    AttributeProto {
        strings: values
            .iter()
            .map(|value| value.as_bytes().to_vec())
            .collect(),
        ..attribute(name, 8)
    }
}
