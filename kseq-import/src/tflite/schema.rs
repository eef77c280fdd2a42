//! The tables of TFLite that a model needs, of
//! [`schema.fbs`](https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs), and the
//! versions of the operators, of `op_version.cc` beside it.

use std::borrow::Cow;

use super::flatbuffer::{Table, Value};
use kseq_int8::op::Clamp;

/// What a file begins with, behind its first offset.
pub const IDENTIFIER: [u8; 4] = *b"TFL3";
/// The version of the schema.
pub const VERSION: i32 = 3;

/// The type of an element: `TensorType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Type {
    Float32 = 0,
    Int32 = 2,
    Int16 = 7,
    Int8 = 9,
}

/// An operator: `BuiltinOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Builtin {
    AveragePool2d = 1,
    Conv2d = 3,
    DepthwiseConv2d = 4,
    Dequantize = 6,
    FullyConnected = 9,
    Logistic = 14,
    MaxPool2d = 17,
    Relu = 19,
    ReluN1To1 = 20,
    Relu6 = 21,
    Reshape = 22,
    Softmax = 25,
    Tanh = 28,
    Pad = 34,
    Mean = 40,
    UnidirectionalSequenceLstm = 44,
    StridedSlice = 45,
    LeakyRelu = 98,
    Elu = 111,
    Quantize = 114,
    HardSwish = 117,
    Gelu = 150,
}

/// What an operator is told: which `BuiltinOptions`, and its fields.
#[derive(Clone, Debug)]
pub struct Options<'a>(pub u8, pub Table<'a>);

/// Where a window ends: `Padding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Padding {
    Same = 0,
    Valid = 1,
}

/// Height and width of something.
type Size = [usize; 2];

/// `ActivationFunctionType`; nothing for an activation that is no part of another operator.
pub fn activation(clamp: Clamp) -> Option<u8> {
    match clamp {
        Clamp::None => Some(0),
        Clamp::Relu => Some(1),
        Clamp::ReluN1To1 => Some(2),
        Clamp::Relu6 => Some(3),
        _ => None,
    }
}

/// The same, of an LSTM.
const TANH: u8 = 4;

/// A size as the file has it. (A model with one that does not fit has no room in a file.)
pub fn int(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}

fn size(size: usize) -> Value<'static> {
    Value::Int(int(size))
}

/// The version of an operator on tensors of `i8`, or of `f32`.
pub fn version(builtin: Builtin, is_int8: bool) -> i32 {
    use Builtin::{
        AveragePool2d, Conv2d, DepthwiseConv2d, Dequantize, FullyConnected, Gelu, Logistic,
        MaxPool2d, Mean, Pad, Relu, Relu6, Softmax, StridedSlice, Tanh,
    };
    match (builtin, is_int8) {
        (FullyConnected, true) => 4,
        (Conv2d | DepthwiseConv2d, true) => 3,
        (AveragePool2d | MaxPool2d | Mean | Pad | StridedSlice, true) => 2,
        (Relu | Relu6 | Logistic | Tanh | Gelu | Softmax | Dequantize, true) => 2,
        _ => 1,
    }
}

/// The version of `FULLY_CONNECTED` that can be told to keep the axes.
pub const KEEPS_AXES: i32 = 5;
/// The version of `DEPTHWISE_CONV_2D` on `f32` that can have a dilation.
pub const DILATES: i32 = 2;

/// `Conv2DOptions`
pub fn conv(padding: Padding, [h, w]: Size, clamp: u8, [down, right]: Size) -> Options<'static> {
    let table = Table::new()
        .with(0, Value::Byte(padding as u8))
        .with(1, size(w))
        .with(2, size(h))
        .with(3, Value::Byte(clamp))
        .with(4, size(right))
        .with(5, size(down));
    Options(1, table)
}

/// `DepthwiseConv2DOptions`
pub fn depthwise(
    padding: Padding,
    [h, w]: Size,
    multiplier: usize,
    clamp: u8,
    [down, right]: Size,
) -> Options<'static> {
    let table = Table::new()
        .with(0, Value::Byte(padding as u8))
        .with(1, size(w))
        .with(2, size(h))
        .with(3, size(multiplier))
        .with(4, Value::Byte(clamp))
        .with(5, size(right))
        .with(6, size(down));
    Options(2, table)
}

/// `Pool2DOptions`
pub fn pool(padding: Padding, [h, w]: Size, [high, wide]: Size) -> Options<'static> {
    let table = Table::new()
        .with(0, Value::Byte(padding as u8))
        .with(1, size(w))
        .with(2, size(h))
        .with(3, size(wide))
        .with(4, size(high));
    Options(5, table)
}

/// `FullyConnectedOptions`
pub fn fully_connected(clamp: u8, keep_num_dims: bool) -> Options<'static> {
    let table = Table::new()
        .with(0, Value::Byte(clamp))
        .with(2, Value::Byte(keep_num_dims.into()));
    Options(8, table)
}

/// `SoftmaxOptions`, with a `beta` of 1.
pub fn softmax() -> Options<'static> {
    Options(9, Table::new().with(0, Value::Float(1.0)))
}

/// `ReshapeOptions`
pub fn reshape(shape: Vec<i32>) -> Options<'static> {
    Options(17, Table::new().with(0, Value::Ints(shape)))
}

/// `PadOptions`
pub fn pad() -> Options<'static> {
    Options(22, Table::new())
}

/// `ReducerOptions`
pub fn reducer(keep_dims: bool) -> Options<'static> {
    Options(27, Table::new().with(0, Value::Byte(keep_dims.into())))
}

/// `StridedSliceOptions`: axes that are taken whole, and those of which one element is taken, as bits.
pub fn strided_slice(whole: i32, single: i32) -> Options<'static> {
    let table = Table::new()
        .with(0, Value::Int(whole))
        .with(1, Value::Int(whole))
        .with(4, Value::Int(single));
    Options(32, table)
}

/// `DequantizeOptions`
pub fn dequantize() -> Options<'static> {
    Options(38, Table::new())
}

/// `UnidirectionalSequenceLSTMOptions`: Keras's activation, and no clip.
pub fn lstm() -> Options<'static> {
    Options(71, Table::new().with(0, Value::Byte(TANH)))
}

/// `LeakyReluOptions`
pub fn leaky_relu(alpha: f32) -> Options<'static> {
    Options(75, Table::new().with(0, Value::Float(alpha)))
}

/// `QuantizeOptions`
pub fn quantize() -> Options<'static> {
    Options(89, Table::new())
}

/// `HardSwishOptions`
pub fn hard_swish() -> Options<'static> {
    Options(91, Table::new())
}

/// `GeluOptions`
pub fn gelu(approximate: bool) -> Options<'static> {
    Options(116, Table::new().with(0, Value::Byte(approximate.into())))
}

/// `QuantizationParameters`: a scale and a zero point, or as many of them as an axis is long.
pub fn quantization(scales: Vec<f32>, zero_points: Vec<i64>, axis: usize) -> Table<'static> {
    Table::new()
        .with(2, Value::Floats(scales))
        .with(3, Value::Longs(zero_points))
        .with(6, size(axis))
}

/// A `Tensor`, whose numbers are those of a buffer.
pub struct Tensor<'a> {
    pub name: String,
    pub shape: Vec<i32>,
    /// With -1 where an axis may have any length.
    pub signature: Option<Vec<i32>>,
    pub r#type: Type,
    pub buffer: usize,
    pub quantization: Option<Table<'a>>,
    /// Whether an operator keeps its state there.
    pub is_variable: bool,
}

/// Its table.
pub fn tensor(tensor: Tensor<'_>) -> Table<'_> {
    let mut table = Table::new()
        .with(0, Value::Ints(tensor.shape))
        .with(1, Value::Byte(tensor.r#type as u8))
        .with(2, size(tensor.buffer))
        .with(3, Value::Text(tensor.name.into()));
    if let Some(quantization) = tensor.quantization {
        table = table.with(4, Value::Table(quantization));
    }
    if tensor.is_variable {
        table = table.with(5, Value::Byte(1));
    }
    if let Some(signature) = tensor.signature {
        table = table.with(7, Value::Ints(signature));
    }
    table
}

/// A `Buffer`; of nothing for what is computed.
pub fn buffer(data: Option<Cow<'_, [u8]>>) -> Table<'_> {
    match data {
        Some(data) => Table::new().with(0, Value::Data(data)),
        None => Table::new(),
    }
}

/// An `OperatorCode`, with the operator at the place where older readers look, too.
pub fn operator_code(builtin: Builtin, version: i32) -> Table<'static> {
    let code = builtin as u8;
    Table::new()
        .with(0, Value::Byte(code.min(127)))
        .with(2, Value::Int(version))
        .with(3, Value::Int(code.into()))
}

/// An `Operator`.
pub fn operator<'a>(
    code: usize,
    inputs: Vec<i32>,
    outputs: Vec<i32>,
    options: Option<Options<'a>>,
    intermediates: Vec<i32>,
) -> Table<'a> {
    let mut table = Table::new()
        .with(0, size(code))
        .with(1, Value::Ints(inputs))
        .with(2, Value::Ints(outputs));
    if let Some(Options(kind, options)) = options {
        table = table.with(3, Value::Byte(kind));
        table = table.with(4, Value::Table(options));
    }
    if !intermediates.is_empty() {
        table = table.with(8, Value::Ints(intermediates));
    }
    table
}

/// A `SubGraph`.
pub fn subgraph<'a>(
    tensors: Vec<Table<'a>>,
    input: i32,
    output: i32,
    operators: Vec<Table<'a>>,
    name: &'a str,
) -> Table<'a> {
    Table::new()
        .with(0, Value::Tables(tensors))
        .with(1, Value::Ints(vec![input]))
        .with(2, Value::Ints(vec![output]))
        .with(3, Value::Tables(operators))
        .with(4, Value::Text(name.into()))
}

/// A `SignatureDef`: what input and output are called by those who run the model.
pub fn signature(input: i32, output: i32) -> Table<'static> {
    let named = |name: &'static str, tensor| {
        let table = Table::new().with(0, Value::Text(name.into()));
        Value::Tables(vec![table.with(1, Value::Int(tensor))])
    };
    Table::new()
        .with(0, named("input", input))
        .with(1, named("output", output))
        .with(2, Value::Text("serving_default".into()))
}

/// A `Model`.
pub fn model<'a>(
    codes: Vec<Table<'a>>,
    subgraph: Table<'a>,
    description: &'a str,
    buffers: Vec<Table<'a>>,
    signature: Table<'a>,
) -> Table<'a> {
    Table::new()
        .with(0, Value::Int(VERSION))
        .with(1, Value::Tables(codes))
        .with(2, Value::Tables(vec![subgraph]))
        .with(3, Value::Text(description.into()))
        .with(7, Value::Tables(vec![signature]))
        .with(4, Value::Tables(buffers))
}
