//! What passes by a few samples at a time, and what two layers do together, cannot be seen in a result.

use kseq::model::Model;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

// Large enough that only a few samples stay in the cache. The last column and row are in no window of the first pooling.
sequential! {
    Together = [
        Conv2D(16, 3, activation = "relu", input_shape = (25, 23, 3)),
        Conv2D(20, (3, 2), activation = "relu", padding = "same"),
        MaxPooling2D((2, 2)),
        Dropout(0.25),
        Conv2D(9, 3),
        MaxPooling2D(2, padding = "same"),
        Conv2D(5, 2, strides = 2, activation = "relu"),
        MaxPooling2D((1, 2)),
        Flatten(),
        Dense(12, activation = "relu"),
        Dense(3),
    ]
}

// The same with every activation as a layer of its own: no pooling follows a convolution.
sequential! {
    Apart = [
        Conv2D(16, 3, input_shape = (25, 23, 3)),
        Activation("relu"),
        Conv2D(20, (3, 2), padding = "same"),
        Activation("relu"),
        MaxPooling2D((2, 2)),
        Activation("linear"),
        Conv2D(9, 3),
        Activation("linear"),
        MaxPooling2D(2, padding = "same"),
        Conv2D(5, 2, strides = 2),
        Activation("relu"),
        MaxPooling2D((1, 2)),
        Flatten(),
        Dense(12, activation = "relu"),
        Dense(3),
    ]
}

// As `Together`, without what draws random numbers by the index of the layer.
sequential! {
    NoDropout = [
        Conv2D(16, 3, activation = "relu", input_shape = (25, 23, 3)),
        Conv2D(20, (3, 2), activation = "relu", padding = "same"),
        MaxPooling2D((2, 2)),
        Conv2D(9, 3),
        MaxPooling2D(2, padding = "same"),
        Conv2D(5, 2, strides = 2, activation = "relu"),
        MaxPooling2D((1, 2)),
        Flatten(),
        Dense(12, activation = "relu"),
        Dense(3),
    ]
}

// A pooling behind the first layer; windows that overlap, and such with gaps.
sequential! {
    Sequence = [
        Conv1D(33, 3, activation = "relu", input_shape = (2000, 2)),
        MaxPooling1D(3),
        Conv1D(7, 3, activation = "relu", padding = "causal"),
        MaxPooling1D(3, strides = 2),
        Conv1D(6, 3, dilation_rate = 2),
        MaxPooling1D(2, strides = 3),
        GlobalAveragePooling1D(),
        Dense(3),
    ]
}

sequential! {
    SequenceApart = [
        Conv1D(33, 3, input_shape = (2000, 2)),
        Activation("relu"),
        MaxPooling1D(3),
        Conv1D(7, 3, padding = "causal"),
        Activation("relu"),
        MaxPooling1D(3, strides = 2),
        Conv1D(6, 3, dilation_rate = 2),
        Activation("linear"),
        MaxPooling1D(2, strides = 3),
        GlobalAveragePooling1D(),
        Dense(3),
    ]
}

// The backward pass ends between a convolution and its pooling, or goes through a convolution that is not trained.
sequential! {
    Frozen = [
        Conv2D(4, 3, input_shape = (14, 14, 1), activation = "relu", trainable = false),
        MaxPooling2D(2),
        Conv2D(4, 2, activation = "relu"),
        Conv2D(4, 2, activation = "relu", trainable = false),
        MaxPooling2D(2),
        Flatten(),
        Dense(3),
    ]
}

sequential! {
    /// Convolutions of each channel by itself, and of single pixels.
    pub Separable = [
        Conv2D(16, 3, activation = "relu", input_shape = (25, 23, 3)),
        DepthwiseConv2D(3, padding = "same", activation = "relu"),
        SeparableConv2D(20, 3, strides = 2, activation = "relu"),
        MaxPooling2D(2),
        DepthwiseConv2D(2, depth_multiplier = 2),
        SeparableConv2D(9, 2, depth_multiplier = 2),
        Conv2D(7, 1, activation = "tanh"),
        Flatten(),
        Dense(3),
    ]
}

fn samples<T: Tensor<Elem = f32>>(n: usize, seed: u64) -> Vec<T> {
    let mut rng = Rng::new(seed, Purpose::User, 0, 0);
    let values: Vec<f32> = (0..n * T::LEN).map(|_| rng.normal()).collect();
    T::view(&values).to_vec()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// The losses of two updates, parameters and state after them, and what is predicted then.
fn train<M>(n: usize, threads: usize) -> Vec<u32>
where
    M: Model<Output: Tensor<Elem = f32>, Input: Tensor<Elem = f32>>,
    MeanSquaredError: kseq::losses::MeantFor<M::Output, M::Units>
        + kseq::losses::Loss<M::Output, Target = M::Output>,
{
    let (x, y) = (samples::<M::Input>(n, 1), samples::<M::Output>(n, 2));
    let mut model = M::new(5).threads(threads).unwrap();
    // The layers of the two forms have other indices, so they draw other values.
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    for p in model.params_mut().as_f32s_mut() {
        *p = 0.2 * rng.normal();
    }
    let mut model = model.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    let losses = [0, 1].map(|_| model.train_on_batch(&x, &y).unwrap().loss);
    let predicted = model.predict(&x).unwrap();
    let state = model.state_mut().as_f32s().to_vec();
    let weights = model.params().as_f32s();
    assert!(weights.iter().all(|w| w.is_finite()));
    [&losses, weights, &state, M::Output::flat(&predicted)]
        .map(bits)
        .concat()
}

#[test]
fn a_pooling_and_the_convolution_before_it() {
    for n in [1, 5, 16, 17, 40] {
        assert_eq!(train::<NoDropout>(n, 1), train::<Apart>(n, 1), "{n}");
        assert_eq!(train::<Sequence>(n, 1), train::<SequenceApart>(n, 1), "{n}");
    }
}

#[test]
fn any_number_of_threads() {
    for n in [3, 9, 40, 70] {
        for threads in [2, 3, 7] {
            assert_eq!(train::<Together>(n, 1), train::<Together>(n, threads));
            assert_eq!(train::<Sequence>(n, 1), train::<Sequence>(n, threads));
            assert_eq!(train::<Separable>(n, 1), train::<Separable>(n, threads));
            assert_eq!(train::<Frozen>(n, 1), train::<Frozen>(n, threads));
        }
    }
}

#[test]
fn a_few_samples_at_a_time() {
    fn check<M: Model<Output = [f32; 3], Input: Tensor<Elem = f32>>>() {
        let front = M::SIZES.front;
        assert!(front.layers > 0 && front.samples < 70, "{}", M::NAME);
        let x = samples::<M::Input>(70, 1);
        let model = M::new(5);
        let all = model.predict(&x).unwrap();
        for (x, y) in x.iter().zip(&all) {
            let one = model.predict(std::slice::from_ref(x)).unwrap();
            assert_eq!(bits(&one[0]), bits(y), "{}", M::NAME);
        }
        for threads in [1, 2, 3] {
            let model = M::new(5).threads(threads).unwrap();
            assert_eq!(model.predict(&x).unwrap(), all);
            for n in [1, 2, 33, 65] {
                assert_eq!(model.predict(&x[..n]).unwrap(), all[..n]);
            }
        }
    }
    check::<Together>();
    check::<Apart>();
    check::<Sequence>();
    check::<Separable>();
}

/// `evaluate` takes the same way.
#[test]
fn the_loss_of_predictions() {
    let (x, y) = (samples(70, 1), samples::<[f32; 3]>(70, 2));
    let model = Together::new(5);
    let mut model = model.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    let predicted = model.predict(&x).unwrap();
    let pairs = predicted.as_flattened().iter().zip(y.as_flattened());
    let mean = pairs.map(|(p, y)| (p - y).powi(2)).sum::<f32>() / (70.0 * 3.0);
    let loss = model.evaluate(&x, &y).unwrap().loss;
    assert!((loss - mean).abs() < 1e-4 * mean, "{loss} {mean}");
}

/// In a step of one sample the first layers are as frozen as the list says.
#[test]
fn frozen_convolutions_stay() {
    let (x, y) = (samples(20, 1), samples::<[f32; 3]>(20, 2));
    let mut model = Frozen::new(5).compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let before = bits(
        model
            .conv2d_1
            .kernel
            .as_flattened()
            .as_flattened()
            .as_flattened(),
    );
    let trained = bits(
        model
            .conv2d_2
            .kernel
            .as_flattened()
            .as_flattened()
            .as_flattened(),
    );
    model.train_on_batch(&x, &y).unwrap();
    let after = bits(
        model
            .conv2d_1
            .kernel
            .as_flattened()
            .as_flattened()
            .as_flattened(),
    );
    assert_eq!(before, after);
    let after = bits(
        model
            .conv2d_2
            .kernel
            .as_flattened()
            .as_flattened()
            .as_flattened(),
    );
    assert_ne!(trained, after);
}

// Normalizations, of which convolutions do what they do in a prediction: behind the first layer and others, with strides, by
// Winograd's form (24 channels), over another axis (which nobody does), with `relu` behind it or not.
sequential! {
    Normalised = [
        Conv2D(24, 3, strides = 2, padding = "same", use_bias = false, input_shape = (33, 31, 3)),
        BatchNormalization(),
        Activation("relu"),
        DepthwiseConv2D(3, padding = "same", use_bias = false),
        BatchNormalization(),
        ReLU(),
        Conv2D(32, 3, activation = "relu"),
        BatchNormalization(),
        DepthwiseConv2D(3, strides = 2, padding = "same", depth_multiplier = 2),
        BatchNormalization(scale = false),
        Conv2D(40, 1, groups = 2),
        BatchNormalization(axis = 1),
        Activation("relu"),
        SeparableConv2D(17, 2, use_bias = false),
        BatchNormalization(center = false),
        ReLU(),
        Conv2D(8, 1, activation = "tanh"),
        BatchNormalization(),
        MaxPooling2D(2),
        Conv2D(5, 1),
        BatchNormalization(),
    ]
}

// The same with a layer that does nothing before each normalization, and before each `relu`.
sequential! {
    ByThemselves = [
        Conv2D(24, 3, strides = 2, padding = "same", use_bias = false, input_shape = (33, 31, 3)),
        Activation("linear"),
        BatchNormalization(),
        Activation("linear"),
        Activation("relu"),
        DepthwiseConv2D(3, padding = "same", use_bias = false),
        Activation("linear"),
        BatchNormalization(),
        Activation("linear"),
        ReLU(),
        Conv2D(32, 3, activation = "relu"),
        Activation("linear"),
        BatchNormalization(),
        DepthwiseConv2D(3, strides = 2, padding = "same", depth_multiplier = 2),
        Activation("linear"),
        BatchNormalization(scale = false),
        Conv2D(40, 1, groups = 2),
        Activation("linear"),
        BatchNormalization(axis = 1),
        Activation("linear"),
        Activation("relu"),
        SeparableConv2D(17, 2, use_bias = false),
        Activation("linear"),
        BatchNormalization(center = false),
        Activation("linear"),
        ReLU(),
        Conv2D(8, 1, activation = "tanh"),
        Activation("linear"),
        BatchNormalization(),
        MaxPooling2D(2),
        Conv2D(5, 1),
        Activation("linear"),
        BatchNormalization(),
    ]
}

sequential! {
    NormalisedSteps = [
        Conv1D(20, 3, padding = "causal", input_shape = (None, 4)),
        BatchNormalization(),
        Activation("linear"),
        Activation("relu"),
        SeparableConv1D(9, 3, padding = "same"),
        BatchNormalization(),
        GlobalMaxPooling1D(),
        Dense(3),
    ]
}

sequential! {
    StepsByThemselves = [
        Conv1D(20, 3, padding = "causal", input_shape = (None, 4)),
        Activation("linear"),
        BatchNormalization(),
        Activation("linear"),
        Activation("relu"),
        SeparableConv1D(9, 3, padding = "same"),
        Activation("linear"),
        BatchNormalization(),
        GlobalMaxPooling1D(),
        Dense(3),
    ]
}

/// Values as the statistics of a model that has been trained: none of them is what it begins with.
fn some_statistics(values: &mut [f32]) {
    let mut rng = Rng::new(17, Purpose::User, 0, 0);
    values
        .iter_mut()
        .for_each(|value| *value += 0.4 * rng.uniform());
}

#[test]
fn what_is_normalised_in_a_convolution_has_the_bits_of_its_own_pass() {
    for threads in [1, 2] {
        let mut one = Normalised::new(5).threads(threads).unwrap();
        let mut other = ByThemselves::new(5).threads(threads).unwrap();
        some_statistics(one.params_mut().as_f32s_mut());
        some_statistics(one.state_mut().as_f32s_mut());
        let params = other.params_mut().as_f32s_mut();
        params.copy_from_slice(one.params().as_f32s());
        let state = one.state_mut().as_f32s().to_vec();
        other.state_mut().as_f32s_mut().copy_from_slice(&state);
        let mut rng = Rng::new(3, Purpose::User, 0, 0);
        let mut x = vec![[[[0.0_f32; 3]; 31]; 33]; 40];
        for value in x.as_flattened_mut().as_flattened_mut().as_flattened_mut() {
            *value = rng.uniform() - 0.5;
        }
        for some in [1, 2, 40] {
            let (y, want) = (
                one.predict(&x[..some]).unwrap(),
                other.predict(&x[..some]).unwrap(),
            );
            let bits = |y: &[[[[f32; 5]; 3]; 3]]| -> Vec<u32> {
                let flat = y.as_flattened().as_flattened().as_flattened();
                flat.iter().map(|y| y.to_bits()).collect()
            };
            assert!(bits(&y) == bits(&want), "{some} samples, {threads} threads");
            assert!(
                y.iter()
                    .flatten()
                    .flatten()
                    .flatten()
                    .all(|y| y.is_finite())
            );
        }
    }
}

#[test]
fn steps_that_are_normalised_in_a_convolution_have_the_bits_of_their_own_pass() {
    let (mut one, mut other) = (NormalisedSteps::new(5), StepsByThemselves::new(5));
    some_statistics(one.params_mut().as_f32s_mut());
    some_statistics(one.state_mut().as_f32s_mut());
    let params = other.params_mut().as_f32s_mut();
    params.copy_from_slice(one.params().as_f32s());
    let state = one.state_mut().as_f32s().to_vec();
    other.state_mut().as_f32s_mut().copy_from_slice(&state);
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    let x: Vec<Vec<[f32; 4]>> = [5, 9, 5, 70, 9, 1]
        .map(|steps| {
            (0..steps)
                .map(|_| [(); 4].map(|()| rng.uniform() - 0.5))
                .collect()
        })
        .into();
    assert_eq!(one.predict(&x).unwrap(), other.predict(&x).unwrap());
}

/// And in a training, where a normalization does what a `relu` behind it does, and a convolution before it the end of the way back.
#[test]
fn a_training_with_normalizations_has_the_bits_of_passes_of_their_own() {
    for n in [1, 3, 5, 17] {
        let want = train::<ByThemselves>(n, 1);
        for threads in [1, 2, 3] {
            assert!(train::<Normalised>(n, threads) == want, "{n}, {threads}");
        }
    }
}

#[test]
fn a_training_with_normalized_steps_has_the_bits_of_passes_of_their_own() {
    let (one, other) = (NormalisedSteps::new(5), StepsByThemselves::new(5));
    let mut one = one.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    let mut other = other.compile(SGD::new(0.01), MeanSquaredError::default(), ());
    some_statistics(one.params_mut().as_f32s_mut());
    let params = other.params_mut().as_f32s_mut();
    params.copy_from_slice(one.params().as_f32s());
    for steps in [5, 70] {
        let x: Vec<Vec<[f32; 4]>> = (0..9).map(|i| samples(steps, i)).collect();
        let y = samples::<[f32; 3]>(9, 1);
        let losses = [
            one.train_on_batch(&x, &y).unwrap().loss,
            other.train_on_batch(&x, &y).unwrap().loss,
        ];
        assert_eq!(losses[0].to_bits(), losses[1].to_bits());
        assert!(bits(one.params().as_f32s()) == bits(other.params().as_f32s()));
    }
}
