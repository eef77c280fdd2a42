//! `../shared/seeds/004_e86d075301d528b1.txt`: `Sequential`, its methods, generators. Its larger examples
//! are in `guide_004_examples.rs`.

mod guide;

use std::fs;
use std::io::{BufRead, BufReader};

use guide::{
    N, Probe, Seen, close, compile, generators, keys, models, probe, random, rng, signatures,
};
use kseq::metrics::Named;
use kseq::prelude::*;

/// `Sequential([Dense(32, input_shape=(784,)), Activation('relu'), Dense(10), Activation('softmax')])`
#[test]
fn list() {
    models::list();
}

/// `model.add(Dense(32, input_dim=784))`, `model.add(Activation('relu'))`
#[test]
fn add() {
    models::add();
}

/// `model.add(Dense(32, input_shape=(784,)))`
#[test]
fn input_shape() {
    models::the_same_input(&models::by_input_shape());
}

/// `model.add(Dense(32, input_dim=784))`
#[test]
fn input_dim() {
    models::the_same_input(&models::by_input_dim());
}

/// `model.compile(...)` for several classes, two classes, a regression, and with `mean_pred`.
#[test]
fn compile_for_each_kind_of_problem() {
    compile::several_classes();
    compile::two_classes();
    compile::regression();
    compile::a_metric_of_ones_own();
}

/// For a model with two classes.
#[test]
fn train_two_classes() {
    models::two_classes();
}

/// For a model with ten classes.
#[test]
fn train_ten_classes() {
    models::ten_classes();
}

/// `compile(optimizer, loss=None, metrics=None, loss_weights=None, sample_weight_mode=None,
/// weighted_metrics=None, target_tensors=None)`
#[test]
fn compile() {
    signatures::compile();
}

/// `fit(x=None, y=None, batch_size=None, epochs=1, verbose=1, callbacks=None, validation_split=0.0,
/// validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
/// steps_per_epoch=None, validation_steps=None)`
#[test]
fn fit() {
    signatures::fit("fit");
}

/// ```python
/// history = model.fit(trainX, trainy, validation_data=(testX, testy), epochs=4000, verbose=0)
/// pyplot.plot(history.history['loss'], label='train')
/// pyplot.plot(history.history['val_loss'], label='test')
/// ```
/// and with metrics "acc", "val_acc". Forty epochs are enough here.
#[test]
fn fit_and_plot_the_history() {
    let (train, test) = (circles(60, 1), circles(40, 2));
    let mut model = classifier();
    let fit = Fit::new()
        .validation_data(&test.0, &test.1)
        .epochs(40)
        .verbose(0);
    let history = model.fit(&train.0, &train.1, fit).unwrap();
    assert_eq!(keys(&history), ["loss", "acc", "val_loss", "val_acc"]);
    // The curves: a point for each epoch; both fall, since there is something to be learnt.
    let (loss, val_loss) = (
        history.get("loss").unwrap(),
        history.get("val_loss").unwrap(),
    );
    assert_eq!((loss.len(), val_loss.len()), (40, 40));
    assert!(loss[39] < 0.5 * loss[0] && val_loss[39] < 0.5 * val_loss[0]);
    // The last point of the test's curve is what `evaluate` says of the model now.
    let scores = model.evaluate(&test.0, &test.1).unwrap();
    assert_eq!(history.last("val_loss"), Some(scores.loss));
    assert_eq!(history.last("val_acc"), Some(scores.metrics.0));
    let path = std::env::temp_dir().join(format!("kseq-guide-{}.svg", std::process::id()));
    history.plot(&path).unwrap();
    let drawn = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    // A chart for the loss and one for the accuracy, each with two curves.
    assert_eq!(drawn.matches("validation").count(), 2);
}

/// Points within and around a circle: features and their squares.
fn circles(n: usize, seed: u64) -> (Vec<[f32; 4]>, Vec<[f32; 1]>) {
    let points: Vec<[f32; 2]> = random(&mut rng(seed), n);
    let squares = |[a, b]: [f32; 2]| {
        let (a, b) = (2.0 * a - 1.0, 2.0 * b - 1.0);
        (
            [a, b, a * a, b * b],
            [f32::from(u8::from(a * a + b * b < 0.6))],
        )
    };
    points.into_iter().map(squares).unzip()
}

sequential! {
    Classifier = [Dense(16, activation = "relu", input_dim = 4), Dense(1, activation = "sigmoid")]
}

fn classifier() -> Compiled<Classifier, Adam, BinaryCrossentropy, (Named<Accuracy>,)> {
    compile!(
        Classifier::new(1),
        optimizer = Adam(lr = 0.05),
        loss = "binary_crossentropy",
        metrics = ["acc"]
    )
}

/// `evaluate(x=None, y=None, batch_size=None, verbose=1, sample_weight=None, steps=None)`
#[test]
fn evaluate() {
    signatures::evaluate("evaluate");
}

/// ```python
/// _, train_acc = model.evaluate(trainX, trainy, verbose=0)
/// _, test_acc = model.evaluate(testX, testy, verbose=0)
/// print('Train: %.3f, Test: %.3f' % (train_acc, test_acc))
/// ```
#[test]
fn evaluate_the_model() {
    let (train, test) = (circles(60, 1), circles(40, 2));
    let mut model = classifier();
    // An output of 1/2 and less is class 0: as good a guess as there are samples outside the circle.
    model.dense_2.kernel = [[0.0]; 16];
    let outside =
        |y: &[[f32; 1]]| y.iter().filter(|y| **y == [0.0]).count() as f32 / y.len() as f32;
    let (train_acc,) = model.evaluate(&train.0, &train.1).unwrap().metrics;
    let (test_acc,) = model.evaluate(&test.0, &test.1).unwrap().metrics;
    assert_eq!((train_acc, test_acc), (outside(&train.1), outside(&test.1)));
    let fit = Fit::new().epochs(60).verbose(0);
    model.fit(&train.0, &train.1, fit).unwrap();
    let (train_acc,) = model.evaluate(&train.0, &train.1).unwrap().metrics;
    let (test_acc,) = model.evaluate(&test.0, &test.1).unwrap().metrics;
    let text = format!("Train: {train_acc:.3}, Test: {test_acc:.3}");
    assert!(train_acc > 0.9 && test_acc > 0.8, "{text}");
    // The share of the samples whose class `predict` says.
    let right = |(x, y): &(Vec<[f32; 4]>, Vec<[f32; 1]>)| {
        let y_pred = model.predict(x).unwrap();
        let right = y
            .iter()
            .zip(y_pred)
            .filter(|(y, p)| (p[0] > 0.5) == (y[0] > 0.5));
        right.count() as f32 / y.len() as f32
    };
    assert_eq!((train_acc, test_acc), (right(&train), right(&test)));
}

/// `predict(x, batch_size=None, verbose=0, steps=None)`
#[test]
fn predict() {
    signatures::predict("predict");
}

/// `train_on_batch(x, y, sample_weight=None, class_weight=None)`
#[test]
fn train_on_batch() {
    signatures::train_on_batch();
}

/// `test_on_batch(x, y, sample_weight=None)`
#[test]
fn test_on_batch() {
    signatures::test_on_batch();
}

/// `predict_on_batch(x)`
#[test]
fn predict_on_batch() {
    signatures::predict_on_batch();
}

/// `fit_generator(generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None,
/// validation_data=None, validation_steps=None, class_weight=None, max_queue_size=10, workers=1,
/// use_multiprocessing=False, shuffle=True, initial_epoch=0)`
#[test]
fn fit_generator() {
    generators::fit_generator("fit_generator");
}

type Picture = [[[f32; 3]; 64]; 64];

/// ```python
/// def generator(features, labels, batch_size):
///     # Create empty arrays to contain batch of features and labels
///     batch_features = np.zeros((batch_size, 64, 64, 3))
///     batch_labels = np.zeros((batch_size, 1))
///     while True:
///         for i in range(batch_size):
///             # choose random index in features
///             index = random.choice(len(features), 1)
///             batch_features[i] = some_processing(features[index])
///             batch_labels[i] = labels[index]
///         yield batch_features, batch_labels
/// ```
/// The arrays are made anew for every batch: several of them wait in the queue.
fn generator(
    features: &[Picture],
    labels: &[[f32; 1]],
    batch_size: usize,
) -> impl Iterator<Item = (Vec<Picture>, Vec<[f32; 1]>)> {
    let mut rng = rng(3);
    std::iter::repeat_with(move || {
        let mut batch_features = vec![[[[0.0; 3]; 64]; 64]; batch_size];
        let mut batch_labels = vec![[0.0]; batch_size];
        for i in 0..batch_size {
            let index = rng.below(features.len() as u32) as usize;
            some_processing(&features[index], &mut batch_features[i]);
            batch_labels[i] = labels[index];
        }
        (batch_features, batch_labels)
    })
}

/// Twice as bright.
fn some_processing(from: &Picture, to: &mut Picture) {
    for (to, from) in to
        .as_flattened_mut()
        .as_flattened_mut()
        .iter_mut()
        .zip(from.as_flattened().as_flattened())
    {
        *to = 2.0 * from;
    }
}

/// A generator of random samples, `features` of shape (100, 64, 64, 3) and `labels` of shape (100, 1):
/// ten at a time, fifty in an epoch.
#[test]
fn a_generator_of_random_samples() {
    let features: Vec<Picture> = (0..100)
        .map(|i| [[[i as f32 / 100.0; 3]; 64]; 64])
        .collect();
    let labels: Vec<[f32; 1]> = (0..100).map(|i| [i as f32]).collect();
    // What the model gets: pairs of a feature and its label, ten at a time.
    let mut seen = Vec::new();
    for (x, y) in generator(&features, &labels, 10).take(10) {
        assert_eq!((x.len(), y.len()), (10, 10));
        for (x, [y]) in x.iter().zip(y) {
            assert_eq!(*x, [[[2.0 * y / 100.0; 3]; 64]; 64]);
            seen.push(y as usize);
        }
    }
    let mut different = seen.clone();
    different.sort_unstable();
    different.dedup();
    assert!(
        (50..100).contains(&different.len()),
        "drawn with replacement: {}",
        different.len()
    );

    sequential! {
        Net = [AveragePooling2D(64, input_shape = (64, 64, 3)), Flatten(), Dense(1, kernel_initializer = "zeros")]
    }
    let mut model = compile!(Net::new(0), optimizer = SGD(lr = 0.0), loss = "mse");
    let mut taken = 0;
    let batches = generator(&features, &labels, 10).inspect(|_| taken += 1);
    let fit = Fit::new().steps_per_epoch(5).epochs(2).verbose(0);
    let history = model.fit_generator(batches, fit).unwrap();
    // Five batches an epoch, and not one more is made. The loss tells the samples: all outputs are 0.
    assert_eq!(taken, 10);
    for (loss, epoch) in history.get("loss").unwrap().iter().zip(seen.chunks(50)) {
        let sum: f64 = epoch.iter().map(|&y| (y * y) as f64).sum();
        close(*loss, sum / 50.0);
    }
    assert_eq!(history.epoch(), [0, 1]);
}

/// ```python
/// def generate_arrays_from_file(path):
///     while True:
///         with open(path) as f:
///             for line in f:
///                 # create numpy arrays of input data and labels, from each line in the file
///                 x1, x2, y = process_line(line)
///                 yield ({'input_1': x1, 'input_2': x2}, {'output': y})
///
/// model.fit_generator(generate_arrays_from_file('/my_file.txt'), steps_per_epoch=10000, epochs=10)
/// ```
/// A `Sequential` has one input: x1 and x2 are its halves. (The guide's `yield` is indented too far.)
fn generate_arrays_from_file(path: &str) -> impl Iterator<Item = std::io::Result<Line>> + Send {
    let open = move |path: String| fs::File::open(path).map(|f| BufReader::new(f).lines());
    let path = path.to_owned();
    std::iter::repeat_with(move || open(path.clone())).flat_map(|lines| match lines {
        Ok(lines) => Box::new(lines.map(|line| Ok(process_line(&line?))))
            as Box<dyn Iterator<Item = _> + Send>,
        Err(e) => Box::new(std::iter::once(Err(e))),
    })
}

/// A batch of one sample and its target.
type Line = (Vec<[f32; N]>, Vec<[f32; 1]>);

/// `0 1 0 0 0;0 0 0 0 0;-2`
fn process_line(line: &str) -> Line {
    let numbers = |part: &str| {
        part.split_whitespace()
            .map(|n| n.parse().unwrap())
            .collect::<Vec<f32>>()
    };
    let parts: Vec<Vec<f32>> = line.split(';').map(numbers).collect();
    let x: Vec<f32> = [&parts[0][..], &parts[1]].concat();
    (vec![x.try_into().unwrap()], vec![[parts[2][0]]])
}

#[test]
fn a_generator_of_the_lines_of_a_file() {
    let path = std::env::temp_dir().join(format!("kseq_guide_{}.txt", std::process::id()));
    let path = path.to_str().unwrap().to_owned();
    let (x, y) = (guide::unit_vectors(), guide::targets());
    let texts = |v: &[f32]| v.iter().map(f32::to_string).collect::<Vec<_>>().join(" ");
    let lines =
        [6, 1, 4].map(|i| format!("{};{};{}\n", texts(&x[i][..5]), texts(&x[i][5..]), y[i][0]));
    fs::write(&path, lines.concat()).unwrap();
    let mut seen = Seen::default();
    let fit = Fit::new()
        .steps_per_epoch(4)
        .epochs(2)
        .verbose(0)
        .callbacks([&mut seen]);
    let history = probe()
        .fit_generator(generate_arrays_from_file(&path), fit)
        .unwrap();
    fs::remove_file(&path).unwrap();
    // At its end the file begins again, in the middle of an epoch.
    assert_eq!(seen.samples().concat(), [6, 1, 4, 6, 1, 4, 6, 1]);
    close(
        history.get("loss").unwrap()[0],
        guide::loss_of_all([6, 1, 4, 6]),
    );
    // Where there is no file, that is the error of fit_generator.
    let fit = Fit::new().steps_per_epoch(4).verbose(0);
    let error = probe()
        .fit_generator(generate_arrays_from_file(&path), fit)
        .unwrap_err();
    assert!(
        error.to_string().starts_with("batch 0 of the generator: "),
        "{error}"
    );
}

/// ```python
/// def fibonacci(max_n):
///     a, b = 1, 1
///     while a <= max_n:
///         yield a
///         a, b = b, a + b
/// ```
fn fibonacci(max_n: u32) -> impl Iterator<Item = u32> + Clone {
    let pairs = std::iter::successors(Some((1, 1)), |&(a, b)| Some((b, a + b)));
    pairs.map(|(a, _)| a).take_while(move |a| *a <= max_n)
}

/// What a generator is: Python's is Rust's iterator.
#[test]
fn a_generator_is_an_iterator() {
    let mut n = Vec::new();
    for i in fibonacci(15) {
        n.push(i);
    }
    assert_eq!(n, [1, 1, 2, 3, 5, 8, 13]);
    let mut m = fibonacci(13);
    assert_eq!([m.next(), m.next(), m.next()], [Some(1), Some(1), Some(2)]);
    // It goes on where it was, and is used up in the end.
    let mut model = Probe::new(0);
    model.dense_1.kernel[0] = [10.0];
    let batch = |n: u32| vec![std::array::from_fn(|i| if i == 0 { n as f32 } else { 0.0 })];
    let rest = model
        .predict_generator((&mut m).map(batch), Predict::new())
        .unwrap();
    assert_eq!(rest, [[30.0], [50.0], [80.0], [130.0]]);
    assert_eq!(m.next(), None);
    let none = model
        .predict_generator((&mut m).map(batch), Predict::new())
        .unwrap();
    assert!(none.is_empty());
}

/// `evaluate_generator(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False,
/// verbose=0)`
#[test]
fn evaluate_generator() {
    generators::evaluate_generator("evaluate_generator");
}

/// `predict_generator(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False,
/// verbose=0)`
#[test]
fn predict_generator() {
    generators::predict_generator("predict_generator");
}

/// `get_layer(name=None, index=None)`
#[test]
fn get_layer() {
    signatures::get_layer();
}
