//! The messages of ONNX that a model needs, of [`onnx.proto`](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

use super::wire::{Fields, Message};

/// The type of an element: `TensorProto.DataType`.
pub const FLOAT: i32 = 1;
/// A whole number of 32 bits.
pub const INT32: i32 = 6;
/// A whole number of 64 bits.
pub const INT64: i32 = 7;
/// True or false.
pub const BOOL: i32 = 9;

/// A file.
#[derive(Clone, Default)]
pub struct ModelProto {
    pub ir_version: i64,
    pub producer_name: String,
    pub producer_version: String,
    pub graph: Option<GraphProto>,
    pub opset_import: Vec<OperatorSetIdProto>,
}

impl Message for ModelProto {
    fn fields(&self, out: &mut Fields) {
        out.int(1, self.ir_version);
        out.text(2, &self.producer_name);
        out.text(3, &self.producer_version);
        out.message(7, self.graph.as_ref());
        out.messages(8, &self.opset_import);
    }
}

/// Which version of the operators it means.
#[derive(Clone, Default)]
pub struct OperatorSetIdProto {
    pub domain: String,
    pub version: i64,
}

impl Message for OperatorSetIdProto {
    fn fields(&self, out: &mut Fields) {
        out.text(1, &self.domain);
        out.int(2, self.version);
    }
}

/// Nodes in the order of their execution.
#[derive(Clone, Default)]
pub struct GraphProto {
    pub node: Vec<NodeProto>,
    pub name: String,
    pub initializer: Vec<TensorProto>,
    pub input: Vec<ValueInfoProto>,
    pub output: Vec<ValueInfoProto>,
}

impl Message for GraphProto {
    fn fields(&self, out: &mut Fields) {
        out.messages(1, &self.node);
        out.text(2, &self.name);
        out.messages(5, &self.initializer);
        out.messages(11, &self.input);
        out.messages(12, &self.output);
    }
}

/// A call of an operator.
#[derive(Clone, Default)]
pub struct NodeProto {
    pub input: Vec<String>,
    pub output: Vec<String>,
    pub name: String,
    pub op_type: String,
    pub attribute: Vec<AttributeProto>,
}

impl Message for NodeProto {
    fn fields(&self, out: &mut Fields) {
        out.texts(1, &self.input);
        out.texts(2, &self.output);
        out.text(3, &self.name);
        out.text(4, &self.op_type);
        out.messages(5, &self.attribute);
    }
}

/// An argument of an operator. (The numbers are optional, so that a zero is written.)
#[derive(Clone, Default)]
pub struct AttributeProto {
    pub name: String,
    pub f: Option<f32>,
    pub i: Option<i64>,
    pub s: Option<Vec<u8>>,
    pub g: Option<Box<GraphProto>>,
    pub floats: Vec<f32>,
    pub ints: Vec<i64>,
    pub strings: Vec<Vec<u8>>,
    /// Which of them it is: `AttributeProto.AttributeType`.
    pub r#type: i32,
}

impl Message for AttributeProto {
    fn fields(&self, out: &mut Fields) {
        out.text(1, &self.name);
        out.some_float(2, self.f);
        out.some_int(3, self.i);
        out.some_text(4, self.s.as_ref());
        out.message(6, self.g.as_deref());
        out.floats(7, &self.floats);
        out.ints(8, &self.ints);
        out.texts(9, &self.strings);
        out.int(20, self.r#type.into());
    }
}

/// Numbers.
#[derive(Clone, Default)]
pub struct TensorProto {
    pub dims: Vec<i64>,
    pub data_type: i32,
    pub name: String,
    /// Little-endian.
    pub raw_data: Vec<u8>,
}

impl Message for TensorProto {
    fn fields(&self, out: &mut Fields) {
        out.ints(1, &self.dims);
        out.int(2, self.data_type.into());
        out.text(8, &self.name);
        out.text(9, &self.raw_data);
    }
}

/// What goes in or comes out.
#[derive(Clone, Default)]
pub struct ValueInfoProto {
    pub name: String,
    pub r#type: Option<TypeProto>,
}

impl Message for ValueInfoProto {
    fn fields(&self, out: &mut Fields) {
        out.text(1, &self.name);
        out.message(2, self.r#type.as_ref());
    }
}

/// Its type, which is a tensor here.
#[derive(Clone, Default)]
pub struct TypeProto {
    pub tensor_type: Option<TensorTypeProto>,
}

impl Message for TypeProto {
    fn fields(&self, out: &mut Fields) {
        out.message(1, self.tensor_type.as_ref());
    }
}

/// `TypeProto.Tensor`
#[derive(Clone, Default)]
pub struct TensorTypeProto {
    pub elem_type: i32,
    pub shape: Option<TensorShapeProto>,
}

impl Message for TensorTypeProto {
    fn fields(&self, out: &mut Fields) {
        out.int(1, self.elem_type.into());
        out.message(2, self.shape.as_ref());
    }
}

/// Its axes.
#[derive(Clone, Default)]
pub struct TensorShapeProto {
    pub dim: Vec<DimensionProto>,
}

impl Message for TensorShapeProto {
    fn fields(&self, out: &mut Fields) {
        out.messages(1, &self.dim);
    }
}

/// An axis; of any length if it says nothing.
#[derive(Clone, Default)]
pub struct DimensionProto {
    pub value: Option<Dimension>,
}

impl Message for DimensionProto {
    fn fields(&self, out: &mut Fields) {
        match &self.value {
            Some(Dimension::Value(size)) => out.some_int(1, Some(*size)),
            Some(Dimension::Param(name)) => out.some_text(2, Some(name)),
            None => {}
        }
    }
}

/// What is known of an axis.
#[derive(Clone)]
pub enum Dimension {
    /// Its length.
    Value(i64),
    /// A name of its length.
    Param(String),
}
