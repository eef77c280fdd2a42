//! Whole twins as files of TFLite: LiteRT's reference kernels give the same bits, where there is Python
//! (`KSEQ_KERAS_PYTHON=python3 cargo test -p kseq-tests --features import --test int8`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kseq::int8::Quantizable;
use kseq::prelude::*;
use kseq::tensor::Tensor;
use kseq_safetensors::npy_header;

use super::{Digits, Mixed, Series, samples};

sequential! {
    #[quantize]
    DigitMlp = [
        Flatten(input_shape = (28, 28, 1)),
        Dense(32, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// A keyword spotter of separable convolutions.
    #[quantize]
    KeywordDsCnn = [
        Conv2D(64, (10, 4), strides = (2, 2), padding = "same", use_bias = false, input_shape = (49, 10, 1)),
        BatchNormalization(),
        ReLU(),
        DepthwiseConv2D((3, 3), padding = "same", use_bias = false),
        BatchNormalization(),
        ReLU(),
        Conv2D(64, (1, 1), use_bias = false),
        BatchNormalization(),
        ReLU(),
        SeparableConv2D(64, (3, 3), padding = "same", activation = "relu6"),
        SeparableConv2D(64, (3, 3), padding = "same", activation = "relu"),
        AveragePooling2D((25, 5)),
        Flatten(),
        Dense(12, activation = "softmax"),
    ]
}

sequential! {
    #[quantize]
    Listener = [
        LSTM(16, return_sequences = true, input_shape = (20, 6)),
        LSTM(12),
        Dense(4, activation = "softmax"),
    ]
}

sequential! {
    #[quantize]
    Kinds = [
        ZeroPadding2D((1, 2), input_shape = (9, 8, 3)),
        Conv2D(6, (3, 3), strides = 2, activation = "elu"),
        DepthwiseConv2D((2, 2), depth_multiplier = 2, activation = "relu6"),
        BatchNormalization(),
        LeakyReLU(0.1),
        MaxPooling2D((2, 2), padding = "same"),
        Reshape((4, 12)),
        Conv1D(5, 2, padding = "causal", dilation_rate = 2, activation = "tanh"),
        AveragePooling1D(2),
        Activation("hard_silu"),
        GlobalMaxPooling1D(),
        Dense(4, activation = "gelu"),
        Dense(3, activation = "sigmoid"),
    ]
}

fn npy<T>(path: &Path, dtype: &str, shape: &[usize], values: &[T], bytes: impl Fn(&T) -> Vec<u8>) {
    let mut all = npy_header(dtype, shape);
    all.extend(values.iter().flat_map(bytes));
    fs::write(path, all).unwrap();
}

/// The file of a twin, with samples and the outputs of kseq.
fn write<M>(folder: &Path, name: &str, model: &Sequential<M>, count: usize)
where
    M: Model<Input: Tensor<Elem = f32>> + Quantizable,
{
    let x: Vec<M::Input> = samples(count);
    let twin = model.quantize(&Calibration::new(&x)).unwrap();
    let path = |ending: &str| folder.join(format!("{name}.{ending}"));
    twin.export_tflite(path("tflite")).unwrap();
    let dims = |shape: kseq::shape::Shape| [&[count], shape.dims()].concat();
    let (input, output) = (dims(M::Input::SHAPE), dims(M::Output::SHAPE));
    let plan = M::INT8;
    if plan.float_input || plan.float_output {
        // As many kinds of numbers go in and come out as there are.
        let mut y = vec![M::Output::ZERO; count];
        twin.predict_into(&x, &mut y).unwrap();
        let (x, y) = (M::Input::flat(&x), M::Output::flat(&y));
        let (scale, zero) = twin.input_scale();
        match plan.float_input {
            true => npy(&path("x.npy"), "<f4", &input, x, |x| {
                x.to_le_bytes().to_vec()
            }),
            false => npy(&path("x.npy"), "|i1", &input, x, |x| {
                vec![((x / scale).round() as i32 + i32::from(zero)).clamp(-128, 127) as u8]
            }),
        }
        let (scale, zero) = twin.output_scale();
        match plan.float_output {
            true => npy(&path("layer_1.npy"), "<f4", &output, y, |y| {
                y.to_le_bytes().to_vec()
            }),
            false => npy(&path("layer_1.npy"), "|i1", &output, y, |y| {
                vec![((y / scale).round() as i32 + i32::from(zero)) as u8]
            }),
        }
        return;
    }
    let (scale, zero) = twin.input_scale();
    let integers = M::Input::flat(&x)
        .iter()
        .map(|x| ((x / scale).round() as i32 + i32::from(zero)).clamp(-128, 127) as i8);
    let integers: Vec<i8> = integers.collect();
    let mut y = vec![0_i8; count * M::Output::LEN];
    twin.predict_int8_into(&integers, &mut y).unwrap();
    npy(&path("x.npy"), "|i1", &input, &integers, |x| vec![*x as u8]);
    npy(&path("layer_1.npy"), "|i1", &output, &y, |y| vec![*y as u8]);
}

#[test]
fn litert_gives_the_same_bits() {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("int8");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    write(&folder, "digit_mlp", &DigitMlp::new(1), 40);
    write(&folder, "digit_cnn", &Digits::new(2), 40);
    write(&folder, "keyword_ds_cnn", &KeywordDsCnn::new(3), 20);
    write(&folder, "listener", &Listener::new(4), 20);
    write(&folder, "kinds", &Kinds::new(5), 40);
    write(&folder, "mixed", &Mixed::new(6), 40);
    write(&folder, "series", &Series::new(7), 40);
    let Some(python) = std::env::var_os("KSEQ_KERAS_PYTHON") else {
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kseq-import/tests/tflite.py");
    let output = Command::new(python)
        .arg(script)
        .arg(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{failed}");
    println!("{said}");
}
