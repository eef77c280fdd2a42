//! Messages as [protocol buffers](https://protobuf.dev/programming-guides/encoding/) write them: fields in the order of their
//! numbers, each behind its number and how long it is.

use kseq_safetensors::protobuf::{self, COUNTED, FOUR_BYTES, VARINT};

/// What is written as fields.
pub trait Message {
    /// Writes the fields that are not their defaults.
    fn fields(&self, out: &mut Fields);

    /// The message by itself, as it stands in a file.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Fields(Vec::new());
        self.fields(&mut out);
        out.0
    }
}

/// The fields that have been written. A number or a text that is the default, zero or nothing, is left out, as readers expect.
pub struct Fields(Vec<u8>);

impl Fields {
    /// A whole number; a negative one takes ten bytes.
    pub fn int(&mut self, field: u64, value: i64) {
        if value != 0 {
            self.some_int(field, Some(value));
        }
    }

    /// One of which a zero is written, too.
    pub fn some_int(&mut self, field: u64, value: Option<i64>) {
        if let Some(value) = value {
            protobuf::key(&mut self.0, field, VARINT);
            protobuf::varint(&mut self.0, value as u64);
        }
    }

    /// A number.
    pub fn some_float(&mut self, field: u64, value: Option<f32>) {
        if let Some(value) = value {
            protobuf::key(&mut self.0, field, FOUR_BYTES);
            self.0.extend(value.to_le_bytes());
        }
    }

    /// A text, or bytes.
    pub fn text(&mut self, field: u64, text: impl AsRef<[u8]>) {
        if !text.as_ref().is_empty() {
            self.some_text(field, Some(text));
        }
    }

    /// One of which nothing is written, too.
    pub fn some_text(&mut self, field: u64, text: Option<impl AsRef<[u8]>>) {
        if let Some(text) = text {
            protobuf::counted(&mut self.0, field, text.as_ref());
        }
    }

    /// Each of them is a field, whatever it is.
    pub fn texts(&mut self, field: u64, texts: &[impl AsRef<[u8]>]) {
        for text in texts {
            self.some_text(field, Some(text));
        }
    }

    /// A list of whole numbers is one field.
    pub fn ints(&mut self, field: u64, values: &[i64]) {
        let mut all = Vec::new();
        for value in values {
            protobuf::varint(&mut all, *value as u64);
        }
        self.text(field, all);
    }

    /// A list of numbers is one field.
    pub fn floats(&mut self, field: u64, values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.text(field, bytes.collect::<Vec<u8>>());
    }

    /// A message in this one.
    pub fn message(&mut self, field: u64, message: Option<&impl Message>) {
        let Some(message) = message else { return };
        protobuf::key(&mut self.0, field, COUNTED);
        let begin = self.0.len();
        message.fields(self);
        // Its length is known only now, and makes room for itself: a second memory for it might be that of all weights.
        let mut length = Vec::new();
        protobuf::varint(&mut length, (self.0.len() - begin) as u64);
        self.0.splice(begin..begin, length);
    }

    /// Each of them is a field.
    pub fn messages(&mut self, field: u64, messages: &[impl Message]) {
        for message in messages {
            self.message(field, Some(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Message;
    use crate::onnx::proto::*;

    /// The bytes of a message with fields of all kinds, defaults among them, which the package `onnx` reads as this message.
    #[test]
    fn fields_of_all_kinds() {
        let attribute = AttributeProto {
            name: "a".to_owned(),
            f: Some(0.0),
            i: Some(-2),
            s: Some(Vec::new()),
            g: Some(Box::new(GraphProto {
                name: "inner".to_owned(),
                ..GraphProto::default()
            })),
            floats: vec![1.5, 0.0],
            ints: vec![0, -1, 300],
            strings: vec![Vec::new(), b"x".to_vec()],
            r#type: 7,
        };
        let node = NodeProto {
            input: vec!["x".to_owned(), String::new()],
            output: vec!["y".to_owned()],
            name: "n".to_owned(),
            op_type: "Op".to_owned(),
            attribute: vec![attribute],
        };
        let tensor = TensorProto {
            dims: vec![2, 0],
            data_type: FLOAT,
            name: "t".to_owned(),
            raw_data: vec![1, 2],
        };
        let axes = [
            Some(Dimension::Param("b".to_owned())),
            Some(Dimension::Value(0)),
            None,
            Some(Dimension::Value(300)),
        ];
        let dim = axes.map(|value| DimensionProto { value }).to_vec();
        let input = crate::onnx::graph::info("x", FLOAT, dim);
        let opset = OperatorSetIdProto {
            domain: String::new(),
            version: 18,
        };
        let model = ModelProto {
            ir_version: 8,
            producer_name: "kseq".to_owned(),
            producer_version: String::new(),
            graph: Some(GraphProto {
                node: vec![node],
                name: "g".to_owned(),
                initializer: vec![tensor],
                input: vec![input],
                output: Vec::new(),
            }),
            opset_import: vec![opset],
        };
        let hex: String = model.bytes().iter().map(|b| format!("{b:02x}")).collect();
        let read = concat!(
            "080812046b7365713a81010a500a01780a001201791a016e22024f702a3f0a0161150000000018feffffffffffffffff0122",
            "0032071205696e6e65723a080000c03f00000000420d00ffffffffffffffffff01ac024a004a0178a001071201672a0d0a02",
            "020010014201744a0201025a1b0a017812160a14080112100a031201620a0208000a000a0308ac0242021012",
        );
        assert_eq!(hex, read);
    }
}
