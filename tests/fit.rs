//! What the arguments of `fit` mean, and what comes back.

use kseq::metrics::Metric;
use kseq::optimizers::Optimizer;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

sequential! {
    Net = [
        Dense(8, activation = "tanh", input_shape = (3,)),
        Dense(2, activation = "softmax"),
    ]
}

/// Two classes, separable by the sign of the first feature.
fn data(n: usize) -> (Vec<[f32; 3]>, Vec<[f32; 2]>) {
    let mut rng = Rng::new(5, Purpose::User, 0, 0);
    let x: Vec<[f32; 3]> = (0..n)
        .map(|_| std::array::from_fn(|_| rng.normal()))
        .collect();
    let classes: Vec<u32> = x.iter().map(|x| u32::from(x[0] > 0.0)).collect();
    (x, to_categorical(&classes).unwrap())
}

type Trained<O> = Compiled<Net, O, CategoricalCrossentropy, (Accuracy,)>;

fn model<O: Optimizer>(optimizer: O) -> Trained<O> {
    Net::new(1).compile(optimizer, CategoricalCrossentropy::default(), (Accuracy,))
}

#[test]
fn training_learns() {
    let (x, y) = data(200);
    let mut model = model(SGD::new(0.5).momentum(0.9).nesterov(true));
    let history = model.fit(&x, &y, Fit::new().epochs(20).verbose(0)).unwrap();
    assert!(history.last("accuracy").unwrap() > 0.95);
    let (accuracy,) = model.evaluate(&x, &y).unwrap().metrics;
    assert!(accuracy > 0.95);
}

#[test]
fn validation_split_is_the_end_before_shuffling() {
    let (x, y) = data(50);
    let mut model = model(SGD::default());
    let fit = Fit::new().validation_split(0.25).epochs(2).verbose(0);
    let history = model.fit(&x, &y, fit).unwrap();
    // Keras: floor(50 * 0.75) = 37 are trained on.
    let end = model.evaluate(&x[37..], &y[37..]).unwrap();
    assert_eq!(history.last("val_loss"), Some(end.loss));
    assert_eq!(history.last("val_accuracy"), Some(end.metrics.0));
    let keys: Vec<_> = history.keys().collect();
    assert_eq!(keys, ["loss", "accuracy", "val_loss", "val_accuracy"]);
}

#[test]
fn splits_are_those_of_the_decimal_that_was_typed() {
    // Keras: floor(n * (1 - split)) samples are trained on.
    for (n, split, trained) in [
        (10, 0.2, 8),
        (10, 0.1, 9),
        (10, 0.3, 7),
        (1000, 0.1, 900),
        (1000, 0.3, 700),
    ] {
        let (x, y) = data(n);
        let mut model = model(SGD::default());
        let fit = Fit::new().validation_split(split).verbose(0);
        let history = model.fit(&x, &y, fit).unwrap();
        let end = model.evaluate(&x[trained..], &y[trained..]).unwrap();
        assert_eq!(history.last("val_loss"), Some(end.loss), "{split} of {n}");
    }
}

#[test]
fn validation_data_overrides_the_split() {
    let (x, y) = data(40);
    let mut model = model(SGD::default());
    let fit = Fit::new()
        .validation_split(0.5)
        .validation_data(&x[..7], &y[..7]);
    let history = model.fit(&x, &y, fit.verbose(0)).unwrap();
    let seven = model.evaluate(&x[..7], &y[..7]).unwrap();
    assert_eq!(history.last("val_loss"), Some(seven.loss));
}

#[test]
fn initial_epoch_counts_epochs_already_done() {
    let (x, y) = data(40);
    let fit = || Fit::new().batch_size(8).verbose(0);
    let mut whole = model(SGD::new(0.1));
    let all = whole.fit(&x, &y, fit().epochs(5)).unwrap();
    let mut parts = model(SGD::new(0.1));
    let first = parts.fit(&x, &y, fit().epochs(2)).unwrap();
    let rest = parts.fit(&x, &y, fit().initial_epoch(2).epochs(5)).unwrap();
    assert_eq!((first.epoch(), rest.epoch()), (&[0, 1][..], &[2, 3, 4][..]));
    let joined = [first.get("loss").unwrap(), rest.get("loss").unwrap()].concat();
    assert_eq!(all.get("loss").unwrap(), joined);
    assert_eq!(whole.params().as_f32s(), parts.params().as_f32s());
    assert!(
        whole
            .fit(&x, &y, fit().initial_epoch(5).epochs(5))
            .unwrap()
            .epoch()
            .is_empty()
    );
}

#[test]
fn means_are_exact_over_an_uneven_last_batch() {
    let (x, y) = data(37);
    let mut model = model(SGD::new(0.0));
    let scores = model.evaluate(&x, &y).unwrap();
    let history = model
        .fit(&x, &y, Fit::new().batch_size(8).verbose(0))
        .unwrap();
    let difference = history.last("loss").unwrap() - scores.loss;
    assert!(difference.abs() < 1e-6);
    assert_eq!(history.last("accuracy"), Some(scores.metrics.0));
}

#[test]
fn shuffle_changes_the_order_and_nothing_else() {
    let (x, y) = data(64);
    let train = |shuffle: bool| {
        let mut model = model(SGD::new(0.1));
        let fit = Fit::new().batch_size(16).shuffle(shuffle).verbose(0);
        model.fit(&x, &y, fit).unwrap();
        model.params().as_f32s().to_vec()
    };
    assert_ne!(train(true), train(false));
    assert_eq!(train(true), train(true));
    // One batch with all samples: the order only changes how sums are rounded.
    let one = |shuffle: bool| {
        let mut model = model(SGD::new(0.1));
        let fit = Fit::new().batch_size(64).shuffle(shuffle).verbose(0);
        model.fit(&x, &y, fit).unwrap();
        model.params().as_f32s().to_vec()
    };
    for (a, b) in one(true).iter().zip(one(false)) {
        assert!((a - b).abs() < 1e-6);
    }
}

#[test]
fn on_batch_family() {
    let (x, y) = data(16);
    let mut model = model(SGD::new(0.1));
    let before = model.test_on_batch(&x, &y).unwrap();
    let trained = model.train_on_batch(&x, &y).unwrap();
    assert_eq!(before, trained);
    assert!(model.test_on_batch(&x, &y).unwrap().loss < before.loss);
    assert_eq!(
        model.predict_on_batch(&x).unwrap(),
        model.predict(&x).unwrap()
    );
    assert_eq!(model.metrics_names(), ["loss", "accuracy"]);
}

#[test]
fn fit_again_goes_on_with_other_orders() {
    let (x, y) = data(64);
    let fit = |epochs: usize| Fit::new().batch_size(16).epochs(epochs).verbose(0);
    let mut once = model(SGD::new(0.1));
    once.fit(&x, &y, fit(2)).unwrap();
    let mut twice = model(SGD::new(0.1));
    twice.fit(&x, &y, fit(1)).unwrap();
    twice.fit(&x, &y, fit(1)).unwrap();
    assert_eq!(once.params().as_f32s(), twice.params().as_f32s());
}

#[test]
fn a_compiled_model_can_be_cloned_and_compiled_again() {
    let (x, y) = data(32);
    let mut first = model(SGD::new(0.1));
    first.fit(&x, &y, Fit::new().verbose(0)).unwrap();
    let mut copy = first.clone();
    let (a, b) = (
        first.train_on_batch(&x, &y).unwrap(),
        copy.train_on_batch(&x, &y).unwrap(),
    );
    assert_eq!((a, first.params().as_f32s()), (b, copy.params().as_f32s()));
    let again = first.compile(
        Adam::default(),
        CategoricalCrossentropy::default(),
        (Accuracy, Accuracy),
    );
    assert_eq!(again.params().as_f32s(), copy.params().as_f32s());
    assert_eq!(again.metrics_names(), ["loss", "accuracy", "accuracy_1"]);
    assert!(format!("{again:?}").contains("Net"));
}

/// The guide's `mean_pred`: the mean of all outputs.
#[derive(Default)]
struct MeanPred {
    /// The sum, and the count.
    state: [f64; 2],
}

impl<Out: Tensor<Elem = f32>, Y> Metric<Out, Y> for MeanPred {
    fn name(&self) -> &'static str {
        "mean_pred"
    }

    fn update(&mut self, out: &[Out], _: &[Y], _: Option<&[f32]>) {
        let out = Out::flat(out);
        self.state[0] += out.iter().map(|&v| f64::from(v)).sum::<f64>();
        self.state[1] += out.len() as f64;
    }

    fn result(&self) -> f32 {
        (self.state[0] / self.state[1].max(1.0)) as f32
    }

    fn state(&mut self) -> &mut [f64] {
        &mut self.state
    }
}

/// A user's own optimizer, without momentum.
struct SignSGD(f32);

impl Optimizer for SignSGD {
    const SLOT_NAMES: &'static [&'static str] = &[];

    fn update(&self, _: u64, p: &mut [f32], g: &[f32], _: &mut [&mut [f32]]) {
        for (p, g) in p.iter_mut().zip(g) {
            *p -= self.0 * g.signum();
        }
    }
}

/// A user's own loss: the mean absolute error.
struct MeanAbsolute;

impl<Out: Tensor<Elem = f32>> kseq::losses::Loss<Out> for MeanAbsolute {
    type Target = Out;
    type Units = kseq::losses::AnyUnits;
    const NAME: &'static str = "mean_absolute";

    fn loss(&self, out: &[Out], y: &[Out], _: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let (out, y, grad) = (Out::flat(out), Out::flat(y), Out::flat_mut(grad));
        let n = out.len().max(1) as f32;
        let mut sum = 0.0;
        for ((out, y), grad) in out.iter().zip(y).zip(grad) {
            sum += (out - y).abs();
            *grad = (out - y).signum() / n;
        }
        sum / n
    }
}

#[test]
fn a_users_loss_metric_and_optimizer_are_ordinary_types() {
    let (x, y) = data(64);
    let metrics = (Accuracy, MeanPred::default());
    let mut model = Net::new(1).compile(SignSGD(0.01), MeanAbsolute, metrics);
    let history = model.fit(&x, &y, Fit::new().epochs(20).verbose(0)).unwrap();
    let loss = history.get("loss").unwrap();
    assert!(loss[19] < 0.5 * loss[0], "{loss:?}");
    // Two classes: the mean of a softmax over two units is one half.
    assert!((history.last("mean_pred").unwrap() - 0.5).abs() < 1e-6);
}

#[test]
fn accuracy_means_the_right_one_for_the_loss() {
    sequential! { One = [Dense(1, activation = "sigmoid", input_dim = 3)] }
    sequential! { Labels = [Dense(2, activation = "sigmoid", input_dim = 3)] }
    let x = [[0.0; 3]; 4];
    // One unit: 0.5 is not more than 0.5, so the class is 0.
    let mut one = One::new(1).compile(SGD::default(), BinaryCrossentropy::default(), (Accuracy,));
    let scores = one.evaluate(&x, &[[0.0], [1.0], [0.0], [0.0]]).unwrap();
    assert_eq!(scores.metrics, (0.75,));
    // Several labels a sample: each counts.
    let mut labels =
        Labels::new(1).compile(SGD::default(), BinaryCrossentropy::default(), (Accuracy,));
    labels.dense_1.bias = [5.0, -5.0];
    let scores = labels
        .evaluate(&x, &[[1.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 1.0]])
        .unwrap();
    assert_eq!(scores.metrics, (0.5,));
    // Classes by index.
    let mut net = Net::new(1).compile(
        SGD::default(),
        SparseCategoricalCrossentropy::default(),
        (Accuracy,),
    );
    net.dense_2.bias = [0.0, 50.0];
    assert_eq!(net.evaluate(&x, &[1, 1, 0, 1]).unwrap().metrics, (0.75,));
}
