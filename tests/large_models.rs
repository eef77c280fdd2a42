//! The proofs for the guide's largest model and for its stateful one: the same bits on one thread and
//! on two, and training on a small stack in a debug build.

use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

sequential! {
    /// The guide's VGG-like network: 8,000,000 parameters.
    VggLike = [
        Conv2D(32, (3, 3), activation = "relu", input_shape = (100, 100, 3)),
        Conv2D(32, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),
        Conv2D(64, (3, 3), activation = "relu"),
        Conv2D(64, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),
        Flatten(),
        Dense(256, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// The guide's stateful stack of LSTM layers.
    StatefulLstm = [
        LSTM(32, return_sequences = true, stateful = true, batch_input_shape = (32, 8, 16)),
        LSTM(32, return_sequences = true, stateful = true),
        LSTM(32, stateful = true),
        Dense(10, activation = "softmax"),
    ]
}

/// Random samples, made in place: a sample of the VGG-like network is 120 KB.
fn random<X: Tensor<Elem = f32>>(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed, Purpose::User, 0, 0);
    (0..n * X::LEN).map(|_| rng.uniform()).collect()
}

fn bits<M: Model<Output = [f32; 10]>>(threads: usize, samples: usize, batch: usize) -> Vec<u32>
where
    M::Input: Tensor<Elem = f32>,
{
    let (x, y) = (
        random::<M::Input>(samples, 1),
        random::<M::Output>(samples, 2),
    );
    let (x, y) = (M::Input::view(&x), M::Output::view(&y));
    let model = M::new(3).threads(threads).unwrap();
    let mut model = model.compile(RMSprop::default(), MeanSquaredError::default(), (Accuracy,));
    let fit = Fit::new().batch_size(batch).epochs(2).verbose(0);
    let history = model.fit(x, y, fit.validation_data(x, y)).unwrap();
    let predicted = model.predict(x).unwrap();
    let weights = model.params().as_f32s().iter();
    let all = weights
        .chain(predicted.as_flattened())
        .chain(history.get("loss").unwrap());
    all.map(|v| v.to_bits()).collect()
}

fn on_a_small_stack<R: Send + 'static>(job: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(job).unwrap().join().unwrap()
}

#[test]
fn vgg_like() {
    assert_eq!(
        VggLike::LAYERS
            .iter()
            .map(|l| l.count_params())
            .sum::<usize>(),
        7_998_250
    );
    let one = on_a_small_stack(|| bits::<VggLike>(1, 5, 3));
    assert!(one == bits::<VggLike>(2, 5, 3), "one thread and two differ");
}

#[test]
fn stateful_lstm() {
    let one = on_a_small_stack(|| bits::<StatefulLstm>(1, 96, 32));
    assert!(
        one == bits::<StatefulLstm>(2, 96, 32),
        "one thread and two differ"
    );
}
