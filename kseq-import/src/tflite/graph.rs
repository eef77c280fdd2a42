//! A graph of TFLite while it grows.

use std::borrow::Cow;
use std::collections::HashMap;

use kseq_int8::arithmetic::Scale;

use super::flatbuffer::{Table, file};
use super::schema::{self, Builtin, Options, Type, int};

/// A tensor of the graph, by its number.
pub type Id = i32;

/// What comes from one operator to the next.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The tensor.
    pub id: Id,
    /// Its axes, without the batch.
    pub shape: Vec<usize>,
    /// What its numbers stand for; nothing if they are `f32`s.
    pub scale: Option<Scale>,
}

/// A call of an operator.
pub struct Call<'a> {
    /// Which one.
    pub builtin: Builtin,
    /// Of which version.
    pub version: i32,
    /// What it is told.
    pub options: Option<Options<'a>>,
}

/// Tensors, the numbers of those that are constants, and the operators in the order of their execution.
pub struct Graph<'a> {
    tensors: Vec<Table<'a>>,
    buffers: Vec<Table<'a>>,
    codes: Vec<(Builtin, i32)>,
    operators: Vec<Table<'a>>,
    /// How many samples there are at once; nothing for any number.
    pub batch: Option<usize>,
    /// The layer whose tensors these are: what their names begin with.
    pub scope: String,
    taken: HashMap<String, usize>,
}

impl<'a> Graph<'a> {
    /// An empty one. The first buffer has nothing, and is that of all tensors that are computed.
    pub fn new(batch: Option<usize>) -> Self {
        Graph {
            tensors: Vec::new(),
            buffers: vec![schema::buffer(None)],
            codes: Vec::new(),
            operators: Vec::new(),
            batch,
            scope: String::new(),
            taken: HashMap::new(),
        }
    }

    /// A tensor that goes in, or that an operator computes.
    pub fn computed(&mut self, what: &str, shape: Vec<usize>, scale: Option<Scale>) -> Flow {
        let axes = || shape.iter().map(|&n| int(n));
        let with_batch = |batch| std::iter::once(batch).chain(axes()).collect();
        let tensor = schema::Tensor {
            name: self.fresh(what),
            shape: with_batch(int(self.batch.unwrap_or(1))),
            signature: self.batch.is_none().then(|| with_batch(-1)),
            r#type: if scale.is_some() {
                Type::Int8
            } else {
                Type::Float32
            },
            buffer: 0,
            quantization: scale
                .map(|s| schema::quantization(vec![s.scale], vec![s.zero_point.into()], 0)),
            is_variable: false,
        };
        let id = self.push(tensor);
        Flow { id, shape, scale }
    }

    /// A tensor that an operator keeps from one call to the next, or knows of only by its scale: all of its axes.
    pub fn inner(
        &mut self,
        what: &str,
        shape: &[usize],
        r#type: Type,
        scale: (f32, i8),
        is_variable: bool,
    ) -> Id {
        let name = self.fresh(what);
        let (scale, zero_point) = scale;
        self.push(schema::Tensor {
            name,
            shape: shape.iter().map(|&n| int(n)).collect(),
            signature: None,
            r#type,
            buffer: 0,
            quantization: Some(schema::quantization(
                vec![scale],
                vec![zero_point.into()],
                0,
            )),
            is_variable,
        })
    }

    /// A constant of these bytes.
    pub fn constant(
        &mut self,
        what: &str,
        shape: &[usize],
        r#type: Type,
        bytes: Cow<'a, [u8]>,
        quantization: Option<Table<'a>>,
    ) -> Id {
        let buffer = self.buffers.len();
        self.buffers.push(schema::buffer(Some(bytes)));
        let name = self.fresh(what);
        self.push(schema::Tensor {
            name,
            shape: shape.iter().map(|&n| int(n)).collect(),
            signature: None,
            r#type,
            buffer,
            quantization,
            is_variable: false,
        })
    }

    /// A constant of whole numbers, which an operator takes as a tensor.
    pub fn ints(&mut self, what: &str, shape: &[usize], ints: &[i32]) -> Id {
        let bytes: Vec<u8> = ints.iter().flat_map(|int| int.to_le_bytes()).collect();
        self.constant(what, shape, Type::Int32, bytes.into(), None)
    }

    /// An operator.
    pub fn call(&mut self, call: Call<'a>, inputs: &[Id], output: Id) {
        self.call_with(call, inputs, output, Vec::new());
    }

    /// An operator that has tensors of its own.
    pub fn call_with(&mut self, call: Call<'a>, inputs: &[Id], output: Id, inner: Vec<Id>) {
        let code = (call.builtin, call.version);
        let known = self.codes.iter().position(|known| *known == code);
        let index = known.unwrap_or_else(|| {
            self.codes.push(code);
            self.codes.len() - 1
        });
        let (inputs, outputs) = (inputs.to_vec(), vec![output]);
        let operator = schema::operator(index, inputs, outputs, call.options, inner);
        self.operators.push(operator);
    }

    /// The same numbers along other axes.
    pub fn reshaped(&mut self, flow: Flow, shape: &[usize]) -> Flow {
        if flow.shape == shape {
            return flow;
        }
        let mut axes = vec![self.batch.map_or(-1, int)];
        axes.extend(shape.iter().map(|&n| int(n)));
        let wanted = self.ints("Reshape/shape", &[axes.len()], &axes);
        let output = self.computed("Reshape", shape.to_vec(), flow.scale);
        let call = Call {
            builtin: Builtin::Reshape,
            version: 1,
            options: Some(schema::reshape(axes)),
        };
        self.call(call, &[flow.id, wanted], output.id);
        output
    }

    /// The file; nothing if it is too large for one.
    pub fn file(self, name: &'a str, input: Id, output: Id) -> Option<Vec<u8>> {
        let graph = schema::subgraph(self.tensors, input, output, self.operators, name);
        let codes = self.codes.into_iter();
        let codes = codes.map(|(builtin, version)| schema::operator_code(builtin, version));
        let signature = schema::signature(input, output);
        let by = concat!("kseq ", env!("CARGO_PKG_VERSION"));
        let model = schema::model(codes.collect(), graph, by, self.buffers, signature);
        file(&model, schema::IDENTIFIER)
    }

    fn push(&mut self, tensor: schema::Tensor<'a>) -> Id {
        self.tensors.push(schema::tensor(tensor));
        int(self.tensors.len() - 1)
    }

    /// A name that nothing has yet: `dense_1/kernel`; of what has no name of its own, the layer's.
    fn fresh(&mut self, what: &str) -> String {
        let name = match (self.scope.as_str(), what) {
            ("", what) => what.to_owned(),
            (scope, "") => scope.to_owned(),
            (scope, what) => format!("{scope}/{what}"),
        };
        let count = self.taken.entry(name.clone()).or_insert(0);
        *count += 1;
        match *count {
            1 => name,
            count => format!("{name}_{count}"),
        }
    }
}
