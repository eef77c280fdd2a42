//! Same seed, same bits: over a whole training, whatever the number of threads.

use kseq::layer::Tensor;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

// Large enough that every kernel splits its work.
sequential! {
    Net = [
        Dense(300, activation = "relu", input_shape = (200,)),
        Dropout(0.3),
        Dense(300),
        Activation("tanh"),
        GaussianNoise(0.1),
        Reshape((10, 10, 3)),
        LeakyReLU(0.4),
        GroupNormalization(3),
        SpatialDropout2D(0.1, seed = 5),
        BatchNormalization(),
        ZeroPadding2D(1),
        MaxPooling2D(3, strides = 1),
        AveragePooling2D(2, strides = 1, padding = "same"),
        LayerNormalization(),
        RMSNormalization(axis = (2, 3)),
        AlphaDropout(0.05),
        Permute((2, 1, 3)),
        GaussianDropout(0.1),
        UpSampling2D((1, 2)),
        Cropping2D(((1, 0), (0, 1))),
        Flatten(),
        Dropout(0.1),
        Dense(10, activation = "softmax"),
    ]
}

/// All parameters after a training, and its history.
fn train(seed: u64, threads: usize) -> (Vec<u32>, History) {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let x: Vec<[f32; 200]> = (0..300)
        .map(|_| std::array::from_fn(|_| rng.normal()))
        .collect();
    let classes: Vec<u32> = (0..300).map(|_| rng.below(10)).collect();
    let y: Vec<[f32; 10]> = to_categorical(&classes).unwrap();
    let model = Net::new(seed).threads(threads).unwrap();
    let mut model = model.compile(
        Adam::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    let fit = Fit::new().batch_size(128).epochs(3).verbose(0);
    let history = model.fit(&x, &y, fit.validation_split(0.1)).unwrap();
    let predicted = model.predict(&x).unwrap();
    let weights = model.params().as_f32s().iter();
    let bits = weights.chain(predicted.as_flattened()).map(|v| v.to_bits());
    (bits.collect(), history)
}

#[test]
fn one_thread_equals_two_and_three() {
    let one = train(7, 1);
    assert_eq!(one, train(7, 2));
    assert_eq!(one, train(7, 3));
}

#[test]
fn a_run_equals_a_second_one_and_not_one_of_another_seed() {
    let first = train(7, 0);
    assert_eq!(first, train(7, 0));
    assert_ne!(first, train(8, 0));
}

#[test]
fn a_row_of_a_batch_equals_a_batch_of_one() {
    let mut rng = Rng::new(2, Purpose::User, 0, 0);
    let x: Vec<[f32; 200]> = (0..150)
        .map(|_| std::array::from_fn(|_| rng.normal()))
        .collect();
    let model = Net::new(3);
    let all = model.predict(&x).unwrap();
    for (x, y) in x.iter().zip(&all) {
        let one = model.predict(std::slice::from_ref(x)).unwrap();
        assert_eq!(one[0].map(f32::to_bits), y.map(f32::to_bits));
    }
}

// Rows of more than one task, more than one batch of 16 samples, and a part of one.
sequential! {
    ConvNet = [
        Conv2D(40, 3, padding = "same", activation = "relu", input_shape = (24, 20, 2)),
        Conv2D(8, (3, 2), strides = 2, activation = "gelu"),
        Conv2D(12, 3, groups = 2, dilation_rate = 2, padding = "same"),
        Flatten(),
        Dense(3),
    ]
}

// One sample of it is worth several threads: rows of pixels, single pixels, channels by themselves, and columns of large weights.
sequential! {
    Large = [
        Conv2D(64, 3, padding = "same", activation = "relu", input_shape = (24, 20, 2)),
        DepthwiseConv2D(3, padding = "same", activation = "relu"),
        Conv2D(256, 1, activation = "gelu"),
        Conv2D(64, 3),
        Conv2D(32, 3, strides = 2, activation = "tanh"),
        Flatten(),
        Dense(400, activation = "relu"),
        Dense(400, use_bias = false),
        Dense(10, activation = "softmax"),
    ]
}

#[test]
fn a_sample_on_one_thread_equals_one_on_several() {
    let x = images(7);
    let model = Large::new(5).threads(1).unwrap();
    let bits = |y: &[[f32; 10]]| -> Vec<u32> {
        let values = y.as_flattened().iter();
        values.map(|v| v.to_bits()).collect()
    };
    let want = model.predict(&x).unwrap();
    for threads in [2, 3, 6] {
        let model = model.clone().threads(threads).unwrap();
        for n in [1, 2, 3, 7] {
            let y = model.predict(&x[..n]).unwrap();
            let (y, want) = (bits(&y), bits(&want[..n]));
            assert_eq!(y, want, "{n} samples on {threads} threads");
        }
    }
}

// Larger images, a kernel for each place, volumes.
sequential! {
    Growing = [
        Conv2D(12, 3, strides = 2, padding = "same", input_shape = (24, 20, 2)),
        Conv2DTranspose(20, 3, strides = 2, padding = "same", activation = "relu"),
        Conv2DTranspose(3, (2, 3), activation = "gelu"),
        LocallyConnected2D(2, 3, strides = 4, activation = "tanh"),
        Reshape((6, 5, 2, 1)),
        Conv3D(4, 2, padding = "same", activation = "relu"),
        Conv3DTranspose(2, 2, strides = (1, 2, 1)),
        Flatten(),
        Dense(3),
    ]
}

fn images(n: usize) -> Vec<[[[f32; 2]; 20]; 24]> {
    let mut rng = Rng::new(4, Purpose::User, 0, 0);
    let mut images = vec![[[[0.0; 2]; 20]; 24]; n];
    let pixels = images.as_flattened_mut().as_flattened_mut();
    for pixel in pixels.as_flattened_mut() {
        *pixel = rng.normal();
    }
    images
}

/// The parameters after an epoch of convolutions.
fn train_conv<M>(threads: usize) -> Vec<u32>
where
    M: Model<Input = [[[f32; 2]; 20]; 24], Output = [f32; 3]>,
    MeanSquaredError: kseq::losses::MeantFor<M::Output, M::Units>,
{
    let (x, y) = (images(37 + 5), vec![[0.5; 3]; 37 + 5]);
    let model = M::new(3).threads(threads).unwrap();
    let mut model = model.compile(SGD::default(), MeanSquaredError::default(), ());
    let fit = Fit::new().batch_size(37).epochs(1).verbose(0);
    model.fit(&x, &y, fit).unwrap();
    let weights = model.params().as_f32s().iter();
    weights.map(|v| v.to_bits()).collect()
}

#[test]
fn convolutions_on_one_thread_equal_those_on_two_and_three() {
    let one = train_conv::<ConvNet>(1);
    assert_eq!(one, train_conv::<ConvNet>(2));
    assert_eq!(one, train_conv::<ConvNet>(3));
    let one = train_conv::<Growing>(1);
    assert_eq!(one, train_conv::<Growing>(2));
    assert_eq!(one, train_conv::<Growing>(3));
}

#[test]
fn an_image_of_a_batch_equals_a_batch_of_one() {
    fn one_by_one<M: Model<Input = [[[f32; 2]; 20]; 24], Output = [f32; 3]>>() {
        let (x, model) = (images(70), M::new(3));
        let all = model.predict(&x).unwrap();
        for (x, y) in x.iter().zip(&all) {
            let one = model.predict(std::slice::from_ref(x)).unwrap();
            assert_eq!(one[0].map(f32::to_bits), y.map(f32::to_bits));
        }
    }
    one_by_one::<ConvNet>();
    one_by_one::<Growing>();
}

// A large dense layer behind a convolution: a single image goes by parts of its rows, through windows that overlap, that begin
// before the image, and that leave rows out. (The second convolution is in Winograd's form.)
sequential! {
    Overlapping = [
        Conv2D(32, 3, activation = "relu", input_shape = (24, 20, 2)),
        Conv2D(48, 3, padding = "same", activation = "tanh"),
        MaxPooling2D(3, strides = 2, padding = "same"),
        Dropout(0.5),
        AveragePooling2D((2, 3), strides = 1),
        Activation("relu"),
        Flatten(),
        Dense(64, activation = "sigmoid"),
        Dense(3),
    ]
}
sequential! {
    Sparse = [
        Conv2D(40, 3, activation = "relu", input_shape = (24, 20, 2)),
        MaxPooling2D(3, strides = 4),
        Flatten(),
        Dense(200, use_bias = False),
    ]
}
sequential! {
    Plain = [
        Conv2D(16, (2, 3), strides = (3, 1), input_shape = (24, 20, 2)),
        Reshape((-1,)),
        Dense(70, activation = "softmax"),
    ]
}

fn alone<M: Model<Input = [[[f32; 2]; 20]; 24]>>(model: &Sequential<M>, threads: usize) {
    let (x, sizes) = (images(5), M::SIZES);
    assert!(
        sizes.pipeline.until > 0,
        "no layer of the model runs by parts"
    );
    let all = model.predict(&x).unwrap();
    for (x, y) in x.iter().zip(&all) {
        let one = model.predict(std::slice::from_ref(x)).unwrap();
        let bits = |y: &M::Output| -> Vec<u32> {
            M::Output::flat(std::slice::from_ref(y))
                .iter()
                .map(|v| v.to_bits())
                .collect()
        };
        assert_eq!(bits(&one[0]), bits(y), "{threads} threads");
    }
}

#[test]
fn an_image_by_parts_equals_one_of_a_batch() {
    for threads in [1, 2] {
        alone(&Overlapping::new(3).threads(threads).unwrap(), threads);
        alone(&Sparse::new(3).threads(threads).unwrap(), threads);
        alone(&Plain::new(3).threads(threads).unwrap(), threads);
    }
}

#[test]
fn predictions_of_convolutions_on_one_thread_equal_those_on_two_and_three() {
    let x = images(7);
    let predict = |threads: usize, images: &[_]| {
        let model = Overlapping::new(3).threads(threads).unwrap();
        let y = model.predict(images).unwrap();
        y.as_flattened()
            .iter()
            .map(|v| v.to_bits())
            .collect::<Vec<_>>()
    };
    for images in [&x[..], &x[..3], &x[..1]] {
        let one = predict(1, images);
        assert_eq!(one, predict(2, images));
        assert_eq!(one, predict(3, images));
    }
}

// Large enough that the loops over gates and tokens split, too.
sequential! {
    Words = [
        Embedding(3000, 20, input_shape = (9,)),
        LSTM(40, return_sequences = True, dropout = 0.2, recurrent_dropout = 0.1),
        GRU(50, return_sequences = True, go_backwards = True),
        GRU(40, reset_after = False, return_sequences = True),
        Bidirectional(GRU(24, return_sequences = True, dropout = 0.1)),
        Bidirectional(LSTM(20, return_sequences = True), merge_mode = "mul"),
        SimpleRNN(150, recurrent_dropout = 0.1),
        Dense(1, activation = "sigmoid"),
    ]
}

fn tokens(n: usize) -> Vec<[u32; 9]> {
    let mut rng = Rng::new(4, Purpose::User, 0, 0);
    (0..n)
        .map(|_| std::array::from_fn(|_| rng.below(3000)))
        .collect()
}

#[test]
fn sequences_on_one_thread_equal_two_and_three() {
    let x = tokens(300);
    let y: Vec<[f32; 1]> = x.iter().map(|x| [(x[3] % 2) as f32]).collect();
    let train = |threads: usize| {
        let model = Words::new(7).threads(threads).unwrap();
        let mut model = model.compile(
            RMSprop::default(),
            BinaryCrossentropy::default(),
            (Accuracy,),
        );
        let history = model.fit(&x, &y, Fit::new().batch_size(150).epochs(2).verbose(0));
        let predicted = model.predict(&x).unwrap();
        let weights = model.params().as_f32s().iter();
        let bits = weights.chain(predicted.as_flattened()).map(|v| v.to_bits());
        (bits.collect::<Vec<_>>(), history.unwrap())
    };
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(3));
}

#[test]
fn a_sequence_of_a_batch_equals_a_batch_of_one() {
    let (x, model) = (tokens(100), Words::new(3));
    let all = model.predict(&x).unwrap();
    for (x, y) in x.iter().zip(&all) {
        let one = model.predict(std::slice::from_ref(x)).unwrap();
        assert_eq!(one[0].map(f32::to_bits), y.map(f32::to_bits));
    }
}
