//! `../shared/seeds/004_e86d075301d528b1.txt`, its last part: the examples. Where the guide's data are
//! large there are fewer samples here; the models are the guide's.

mod guide;

use guide::models::Steps;
use guide::{close, column, keys, randint, random, rng, sequences};
use kseq::prelude::*;

/// Class and output shape of each layer.
fn layers<M: Model>(_: &Sequential<M>) -> Vec<(&'static str, String)> {
    let layer = |l: &kseq::model::LayerInfo| (l.class_name, l.output.to_string());
    M::LAYERS.iter().map(layer).collect()
}

fn params<M: Model>(_: &Sequential<M>) -> usize {
    M::LAYERS
        .iter()
        .map(kseq::model::LayerInfo::count_params)
        .sum()
}

#[track_caller]
fn has_layers<M: Model>(model: &Sequential<M>, expected: &[(&str, &str)]) {
    let found = layers(model);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(class, shape)| (*class, shape.as_str()))
        .collect();
    assert_eq!(found, expected);
}

/// `y_train` and `y_test` of ten classes, one-hot.
fn ten_classes(rng: &mut kseq::rng::Rng, n: usize) -> Vec<[f32; 10]> {
    to_categorical(&randint(rng, 10, n)).unwrap()
}

/// Near the loss of guessing: there is nothing to be learnt from random numbers.
#[track_caller]
fn guesses(loss: f32, guessing: f64) {
    assert!((0.8..1.3).contains(&(f64::from(loss) / guessing)), "{loss}");
}

/// A multilayer perceptron for ten classes.
#[test]
fn mlp_softmax() {
    let rng = &mut rng(0);
    let x_train: Vec<[f32; 20]> = random(rng, 1000);
    let y_train = ten_classes(rng, 1000);
    let x_test: Vec<[f32; 20]> = random(rng, 100);
    let y_test = ten_classes(rng, 100);

    sequential! {
        let mut model = Sequential();
        // Dense(64) is a fully-connected layer with 64 hidden units. In the first layer, you must
        // specify the expected input data shape: here, 20-dimensional vectors.
        model.add(Dense(64, activation = "relu", input_dim = 20));
        model.add(Dropout(0.5));
        model.add(Dense(64, activation = "relu"));
        model.add(Dropout(0.5));
        model.add(Dense(10, activation = "softmax"));
    }
    assert_eq!(
        params(&model),
        (20 * 64 + 64) + (64 * 64 + 64) + (64 * 10 + 10)
    );

    let sgd = SGD::new(0.01).decay(1e-6).momentum(0.9).nesterov(true);
    let mut model = compile!(
        model,
        loss = "categorical_crossentropy",
        optimizer = sgd,
        metrics = ["accuracy"]
    );
    let mut steps = Steps(Vec::new());
    let fit = Fit::new().epochs(20).batch_size(128).verbose(0);
    let history = model
        .fit(&x_train, &y_train, fit.callbacks([&mut steps]))
        .unwrap();
    // 1000 samples in batches of 128: the last one has 104.
    assert_eq!(
        (keys(&history), steps.0),
        (vec!["loss", "accuracy"], vec![8; 20])
    );
    let loss = history.get("loss").unwrap();
    guesses(loss[0], f64::ln(10.0));
    assert!(loss[19] < loss[0]);
    let options = Evaluate::new().batch_size(128);
    let score = model.evaluate_with(&x_test, &y_test, options).unwrap();
    guesses(score.loss, f64::ln(10.0));
    // Dropout does nothing in a test: the score is that of the predictions.
    let y_pred = model.predict(&x_test).unwrap();
    let of_class = |(y, p): (&[f32; 10], &[f32; 10])| -> f64 {
        let probability: f32 = y.iter().zip(p).map(|(y, p)| y * p).sum();
        -f64::from(probability).ln()
    };
    let mean = y_test.iter().zip(&y_pred).map(of_class).sum::<f64>() / 100.0;
    close(score.loss, mean);
    assert!((0.0..0.3).contains(&score.metrics.0));
}

/// The same for two classes.
#[test]
fn mlp_binary() {
    let rng = &mut rng(0);
    let x_train: Vec<[f32; 20]> = random(rng, 1000);
    let y_train = column(&randint(rng, 2, 1000));
    let x_test: Vec<[f32; 20]> = random(rng, 100);
    let y_test = column(&randint(rng, 2, 100));

    sequential! {
        let mut model = Sequential();
        model.add(Dense(64, input_dim = 20, activation = "relu"));
        model.add(Dropout(0.5));
        model.add(Dense(64, activation = "relu"));
        model.add(Dropout(0.5));
        model.add(Dense(1, activation = "sigmoid"));
    }
    let mut model = compile!(
        model,
        loss = "binary_crossentropy",
        optimizer = "rmsprop",
        metrics = ["accuracy"]
    );
    let fit = Fit::new().epochs(20).batch_size(128).verbose(0);
    let history = model.fit(&x_train, &y_train, fit).unwrap();
    let loss = history.get("loss").unwrap();
    guesses(loss[0], f64::ln(2.0));
    assert!(loss.len() == 20 && loss[19] < loss[0]);
    let options = Evaluate::new().batch_size(128);
    let score = model.evaluate_with(&x_test, &y_test, options).unwrap();
    guesses(score.loss, f64::ln(2.0));
    let right = |y_pred: Vec<[f32; 1]>| {
        let right = y_test
            .iter()
            .zip(y_pred)
            .filter(|(y, p)| (p[0] > 0.5) == (y[0] == 1.0));
        right.count() as f32 / 100.0
    };
    assert_eq!(score.metrics.0, right(model.predict(&x_test).unwrap()));
}

/// A convolutional network like VGG. The guide has 100 images and ten epochs; here are three and two.
#[test]
fn vgg_like() {
    type Image = [[[f32; 3]; 100]; 100];
    let rng = &mut rng(0);
    let mut images =
        |n: usize| -> Vec<Image> { sequences::<100, 3>(rng, n * 100).as_chunks().0.to_vec() };
    let (x_train, x_test) = (images(3), images(1));
    let (y_train, y_test) = (ten_classes(rng, 3), ten_classes(rng, 1));

    sequential! {
        let mut model = Sequential();
        // Input: 100x100 images with 3 channels -> (100, 100, 3) tensors. This applies 32 convolution
        // filters of size 3x3 each.
        model.add(Conv2D(32, (3, 3), activation = "relu", input_shape = (100, 100, 3)));
        model.add(Conv2D(32, (3, 3), activation = "relu"));
        model.add(MaxPooling2D(pool_size = (2, 2)));
        model.add(Dropout(0.25));

        model.add(Conv2D(64, (3, 3), activation = "relu"));
        model.add(Conv2D(64, (3, 3), activation = "relu"));
        model.add(MaxPooling2D(pool_size = (2, 2)));
        model.add(Dropout(0.25));

        model.add(Flatten());
        model.add(Dense(256, activation = "relu"));
        model.add(Dropout(0.5));
        model.add(Dense(10, activation = "softmax"));
    }
    has_layers(
        &model,
        &[
            ("Conv2D", "(98, 98, 32)"),
            ("Conv2D", "(96, 96, 32)"),
            ("MaxPooling2D", "(48, 48, 32)"),
            ("Dropout", "(48, 48, 32)"),
            ("Conv2D", "(46, 46, 64)"),
            ("Conv2D", "(44, 44, 64)"),
            ("MaxPooling2D", "(22, 22, 64)"),
            ("Dropout", "(22, 22, 64)"),
            ("Flatten", "(30976,)"),
            ("Dense", "(256,)"),
            ("Dropout", "(256,)"),
            ("Dense", "(10,)"),
        ],
    );
    let convolutions = 896 + 9_248 + 18_496 + 36_928;
    assert_eq!(params(&model), convolutions + 30_976 * 256 + 256 + 2_570);

    let sgd = SGD::new(0.01).decay(1e-6).momentum(0.9).nesterov(true);
    let mut model = compile!(model, loss = "categorical_crossentropy", optimizer = sgd);
    let fit = Fit::new().batch_size(32).epochs(2).verbose(0);
    let history = model.fit(&x_train, &y_train, fit).unwrap();
    // There is no metric: neither in the history, nor in the score.
    assert_eq!(
        (keys(&history), history.epoch()),
        (vec!["loss"], &[0, 1][..])
    );
    guesses(history.get("loss").unwrap()[0], f64::ln(10.0));
    let Scores { loss, metrics: () } = model
        .evaluate_with(&x_test, &y_test, Evaluate::new().batch_size(32))
        .unwrap();
    let probability: f32 = y_test[0]
        .iter()
        .zip(model.predict(&x_test).unwrap()[0])
        .map(|(y, p)| y * p)
        .sum();
    close(loss, -f64::from(probability).ln());
}

/// Sequence classification with an LSTM: as in the guide, sequences of any length.
#[test]
fn lstm() {
    const MAX_FEATURES: usize = 1024;
    let rng = &mut rng(0);
    // Of 8 to 15 tokens.
    let mut tokens = |n: usize| -> Vec<Vec<u32>> {
        let each = (0..n).map(|i| randint(rng, MAX_FEATURES as u32, 8 + i % 8));
        each.collect()
    };
    let (x_train, x_test) = (tokens(48), tokens(16));
    // What there is to be learnt: whether the last token is one of the first half.
    let first_half = |x: &Vec<u32>| u32::from(x.last().is_some_and(|last| *last < 512));
    let classes = |x: &[Vec<u32>]| column(&x.iter().map(first_half).collect::<Vec<_>>());
    let (y_train, y_test) = (classes(&x_train), classes(&x_test));

    sequential! {
        let mut model = Sequential();
        model.add(Embedding(MAX_FEATURES, output_dim = 256));
        model.add(LSTM(128));
        model.add(Dropout(0.5));
        model.add(Dense(1, activation = "sigmoid"));
    }
    let expected = [
        ("Embedding", "(None, 256)"),
        ("LSTM", "(128,)"),
        ("Dropout", "(128,)"),
        ("Dense", "(1,)"),
    ];
    has_layers(&model, &expected);
    assert_eq!(params(&model), 1024 * 256 + 4 * (256 + 128 + 1) * 128 + 129);

    let mut model = compile!(
        model,
        loss = "binary_crossentropy",
        optimizer = "rmsprop",
        metrics = ["accuracy"]
    );
    let fit = Fit::new().batch_size(16).epochs(10).verbose(0);
    let history = model.fit(&x_train, &y_train, fit).unwrap();
    let loss = history.get("loss").unwrap();
    guesses(loss[0], f64::ln(2.0));
    assert!(loss[9] < 0.5 * loss[0], "learnt by heart: {loss:?}");
    let score = model
        .evaluate_with(&x_test, &y_test, Evaluate::new().batch_size(16))
        .unwrap();
    assert!(score.loss.is_finite() && (0.0..=1.0).contains(&score.metrics.0));
    // A token that is not below max_features is refused.
    let error = model
        .evaluate(&[vec![1024; 12]], &[[0.0]])
        .unwrap_err()
        .to_string();
    assert!(error.contains("1024"), "{error}");
}

/// Sequence classification with 1D convolutions.
#[test]
fn conv1d() {
    const SEQ_LENGTH: usize = 64;
    let rng = &mut rng(0);
    let x_train: Vec<[[f32; 100]; SEQ_LENGTH]> = sequences(rng, 32);
    let y_train = column(&randint(rng, 2, 32));
    let x_test: Vec<[[f32; 100]; SEQ_LENGTH]> = sequences(rng, 16);
    let y_test = column(&randint(rng, 2, 16));

    sequential! {
        let mut model = Sequential();
        model.add(Conv1D(64, 3, activation = "relu", input_shape = (SEQ_LENGTH, 100)));
        model.add(Conv1D(64, 3, activation = "relu"));
        model.add(MaxPooling1D(3));
        model.add(Conv1D(128, 3, activation = "relu"));
        model.add(Conv1D(128, 3, activation = "relu"));
        model.add(GlobalAveragePooling1D());
        model.add(Dropout(0.5));
        model.add(Dense(1, activation = "sigmoid"));
    }
    has_layers(
        &model,
        &[
            ("Conv1D", "(62, 64)"),
            ("Conv1D", "(60, 64)"),
            ("MaxPooling1D", "(20, 64)"),
            ("Conv1D", "(18, 128)"),
            ("Conv1D", "(16, 128)"),
            ("GlobalAveragePooling1D", "(128,)"),
            ("Dropout", "(128,)"),
            ("Dense", "(1,)"),
        ],
    );
    assert_eq!(params(&model), 19_264 + 12_352 + 24_704 + 49_280 + 129);

    let mut model = compile!(
        model,
        loss = "binary_crossentropy",
        optimizer = "rmsprop",
        metrics = ["accuracy"]
    );
    let fit = Fit::new().batch_size(16).epochs(3).verbose(0);
    let history = model.fit(&x_train, &y_train, fit).unwrap();
    assert_eq!(
        (keys(&history), history.epoch().len()),
        (vec!["loss", "accuracy"], 3)
    );
    let score = model
        .evaluate_with(&x_test, &y_test, Evaluate::new().batch_size(16))
        .unwrap();
    guesses(score.loss, f64::ln(2.0));
    assert_eq!(score.metrics.0 * 16.0 % 1.0, 0.0, "a share of 16 samples");
}

/// Three stacked LSTMs: two return sequences, the last one a single vector.
#[test]
fn stacked_lstm() {
    const DATA_DIM: usize = 16;
    const TIMESTEPS: usize = 8;
    const NUM_CLASSES: usize = 10;

    sequential! {
        let mut model = Sequential();
        model.add(LSTM(32, return_sequences = True,
                       input_shape = (TIMESTEPS, DATA_DIM))); // returns a sequence of vectors of dimension 32
        model.add(LSTM(32, return_sequences = True)); // returns a sequence of vectors of dimension 32
        model.add(LSTM(32)); // return a single vector of dimension 32
        model.add(Dense(NUM_CLASSES, activation = "softmax"));
    }
    let expected = [
        ("LSTM", "(8, 32)"),
        ("LSTM", "(8, 32)"),
        ("LSTM", "(32,)"),
        ("Dense", "(10,)"),
    ];
    has_layers(&model, &expected);
    assert_eq!(params(&model), 6_272 + 8_320 + 8_320 + 330);

    let mut model = compile!(
        model,
        loss = "categorical_crossentropy",
        optimizer = "rmsprop",
        metrics = ["accuracy"]
    );
    let rng = &mut rng(0);
    let x_train: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, 1000);
    let y_train: Vec<[f32; NUM_CLASSES]> = random(rng, 1000);
    let x_val: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, 100);
    let y_val: Vec<[f32; NUM_CLASSES]> = random(rng, 100);

    let mut steps = Steps(Vec::new());
    let fit = Fit::new()
        .batch_size(64)
        .epochs(5)
        .verbose(0)
        .validation_data(&x_val, &y_val);
    let history = model
        .fit(&x_train, &y_train, fit.callbacks([&mut steps]))
        .unwrap();
    assert_eq!(
        keys(&history),
        ["loss", "accuracy", "val_loss", "val_accuracy"]
    );
    assert_eq!(steps.0, [16; 5]);
    // The targets add up to five on average: so does the loss, in units of ln 10.
    guesses(history.get("loss").unwrap()[0], 5.0 * f64::ln(10.0));
    // The validation is that of the model after the epoch.
    let scores = model.evaluate(&x_val, &y_val).unwrap();
    assert_eq!(history.last("val_loss"), Some(scores.loss));
    assert_eq!(history.last("val_accuracy"), Some(scores.metrics.0));
}

/// The same, stateful: sample i of batch k is the follow-up of sample i of batch k - 1. The guide has
/// batches of 32.
#[test]
fn stateful_lstm() {
    const DATA_DIM: usize = 16;
    const TIMESTEPS: usize = 8;
    const NUM_CLASSES: usize = 10;
    const BATCH_SIZE: usize = 32;

    // Expected input batch shape: (batch_size, timesteps, data_dim). Note that we have to provide the
    // full batch_input_shape since the network is stateful.
    sequential! {
        let mut model = Sequential();
        model.add(LSTM(32, return_sequences = True, stateful = True,
                       batch_input_shape = (BATCH_SIZE, TIMESTEPS, DATA_DIM)));
        model.add(LSTM(32, return_sequences = True, stateful = True));
        model.add(LSTM(32, stateful = True));
        model.add(Dense(10, activation = "softmax"));
    }
    let mut model = compile!(
        model,
        loss = "categorical_crossentropy",
        optimizer = "rmsprop",
        metrics = ["accuracy"]
    );
    let rng = &mut rng(0);
    let x_train: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, BATCH_SIZE * 10);
    let y_train: Vec<[f32; NUM_CLASSES]> = random(rng, BATCH_SIZE * 10);
    let x_val: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, BATCH_SIZE * 3);
    let y_val: Vec<[f32; NUM_CLASSES]> = random(rng, BATCH_SIZE * 3);

    let fit = || {
        Fit::new()
            .batch_size(BATCH_SIZE)
            .epochs(5)
            .shuffle(false)
            .verbose(0)
    };
    let history = model
        .fit(&x_train, &y_train, fit().validation_data(&x_val, &y_val))
        .unwrap();
    assert_eq!(
        keys(&history),
        ["loss", "accuracy", "val_loss", "val_accuracy"]
    );
    assert_eq!(history.epoch(), [0, 1, 2, 3, 4]);

    // The state goes on: the same batch again is another one, and the first again after a reset.
    model.reset_states();
    let batch = &x_val[..BATCH_SIZE];
    let (first, second) = (model.predict(batch).unwrap(), model.predict(batch).unwrap());
    assert_ne!(first, second);
    model.reset_states();
    assert_eq!(model.predict(batch).unwrap(), first);
    // Two batches in a call are the same as two calls.
    model.reset_states();
    assert_eq!(
        model.predict(&batch.repeat(2)).unwrap(),
        [first, second].concat()
    );
    // Sample i of a batch depends on sample i of the batch before, and on no other.
    let mut others = batch.to_vec();
    others[1..].fill([[0.5; DATA_DIM]; TIMESTEPS]);
    model.reset_states();
    let both = [others, batch.to_vec()].concat();
    let after = model.predict(&both).unwrap();
    model.reset_states();
    let plain = model.predict(&batch.repeat(2)).unwrap();
    assert_eq!(after[BATCH_SIZE], plain[BATCH_SIZE]);
    assert_ne!(after[BATCH_SIZE + 1], plain[BATCH_SIZE + 1]);
    // ValueError: samples that are not a multiple of the batch size.
    let error = model.predict(&x_val[..33]).unwrap_err().to_string();
    assert!(error.contains("33") && error.contains("32"), "{error}");
    let error = model
        .fit(&x_train, &y_train, fit().batch_size(16))
        .unwrap_err()
        .to_string();
    assert!(error.contains("16") && error.contains("32"), "{error}");
}
