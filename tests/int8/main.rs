//! The int8 twin: from a trained model to predictions in integers, its file, its report.

mod baked;
#[cfg(feature = "import")]
mod litert;
mod models;
mod twin;

use kseq::prelude::*;
use models::{Mixed, Series, samples};

sequential! {
    #[quantize]
    Digits = [
        Conv2D(8, (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(16, (3, 3), use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

/// The largest difference of the outputs of the model and its twin.
fn difference<M>(model: &Sequential<M>, x: &[M::Input]) -> f32
where
    M: Model + kseq::int8::Quantizable,
    M::Input: kseq::tensor::Tensor<Elem = f32>,
{
    use kseq::tensor::Tensor;
    let twin = model.quantize(&Calibration::new(x)).unwrap();
    println!("{}", twin.report());
    let mut outputs = vec![M::Output::ZERO; x.len()];
    twin.predict_into(x, &mut outputs).unwrap();
    let exact = model.predict(x).unwrap();
    let pairs = M::Output::flat(&outputs)
        .iter()
        .zip(M::Output::flat(&exact));
    pairs.fold(0.0, |most: f32, (a, b)| most.max((a - b).abs()))
}

#[test]
fn twins_predict_what_their_models_do() {
    let digits = difference(&Digits::new(1), &samples(20));
    let mixed = difference(&Mixed::new(2), &samples(50));
    let series = difference(&Series::new(3), &samples(50));
    println!("{digits} {mixed} {series}");
    assert!(
        digits < 0.02 && mixed < 0.02 && series < 0.05,
        "{digits} {mixed} {series}"
    );
}

#[test]
fn a_twin_and_its_file_predict_the_same() {
    let x: Vec<<Mixed as Model>::Input> = samples(9);
    let twin = Mixed::new(2)
        .quantize(&Calibration::new(&x).percentile(99.9))
        .unwrap();
    let path = std::env::temp_dir().join(format!("kseq-int8-{}.safetensors", std::process::id()));
    twin.save(&path).unwrap();
    let loaded = Quantized::<Mixed>::load(&path).unwrap();
    assert_eq!(twin.predict(&x).unwrap(), loaded.predict(&x).unwrap());
    let wrong = Quantized::<Series>::load(&path).err().unwrap().to_string();
    assert!(
        wrong.contains("`lstm_1.int8` is in the model, but not in the file"),
        "{wrong}"
    );
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_training_that_is_aware_of_the_integers() {
    sequential! {
        #[quantize]
        Net = [
            Dense(16, activation = "tanh", input_shape = (4,)),
            Dense(8, use_bias = false),
            BatchNormalization(),
            ReLU(),
            Dense(3, activation = "softmax"),
        ]
    }
    let x: Vec<[f32; 4]> = samples(256);
    let classes: Vec<u32> = x
        .iter()
        .map(|x| u32::from(x[0] > x[1]) + u32::from(x[2] * x[3] > 0.0))
        .collect();
    let mut model = compile!(
        Net::new(1),
        optimizer = Adam(0.01),
        loss = "sparse_categorical_crossentropy",
        metrics = ["accuracy"]
    );
    model
        .fit(&x, &classes, Fit::new().epochs(30).verbose(0))
        .unwrap();
    let before = model.evaluate(&x, &classes).unwrap();
    let mut model = model.quantize_aware();
    model
        .fit(&x, &classes, Fit::new().epochs(20).verbose(0))
        .unwrap();
    let after = model.evaluate(&x, &classes).unwrap();
    println!("{before:?} {after:?}");
    assert!(after.loss < before.loss + 0.02, "{after:?} {before:?}");
    // What training saw is what the twin computes.
    let twin = model
        .quantize(&Calibration::new(&x).classes(&classes))
        .unwrap();
    let [float, int8] = twin.report().accuracy.unwrap();
    println!("{}", twin.report());
    assert!((float - int8).abs() < 0.02, "{float} {int8}");
}
