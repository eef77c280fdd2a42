//! The methods of `Sequential`: each with every argument that the guides list, one after the other.

use kseq::params::Flat;
use kseq::prelude::*;

use super::{N, Seen, close, keys, loss_of, loss_of_all, printed, probe, targets, unit_vectors};

/// `compile(optimizer, loss=None, metrics=None, loss_weights=None, sample_weight_mode=None,
/// weighted_metrics=None, target_tensors=None)`
pub fn compile() {
    let (x, y) = (unit_vectors(), targets());
    let mut model = compile!(
        super::Probe::new(0),
        optimizer = SGD(lr = 0.5),
        loss = "mse",
        metrics = ["mae"],
        loss_weights = [2.0],
        // `"temporal"` is a type here: see the weights of time steps in `tests/fit_arguments.rs`.
        sample_weight_mode = None,
        weighted_metrics = ["mae", "mse"],
        target_tensors = None,
    );
    // A metric is named by its string; a weighted one of a name that is taken is `weighted_..`.
    let names = ["loss", "mae", "weighted_mae", "mse"];
    assert_eq!(model.metrics_names(), names);
    // The outputs are 0, the first targets 1 and -2.
    let weights = OnBatch::new().sample_weight(&[3.0, 0.5]);
    let scores = model.test_on_batch_with(&x[..2], &y[..2], weights).unwrap();
    // loss_weights * mean(weight * target^2)
    close(scores.loss, 2.0 * (3.0 * 1.0 + 0.5 * 4.0) / 2.0);
    let (mae, weighted_mae, weighted_mse) = scores.metrics;
    close(mae, (1.0 + 2.0) / 2.0);
    close(weighted_mae, (3.0 * 1.0 + 0.5 * 2.0) / 3.5);
    close(weighted_mse, (3.0 * 1.0 + 0.5 * 4.0) / 3.5);
    // optimizer: p -= 0.5 * 2 * (2 (0 - target) * weight / 2)
    model
        .train_on_batch_with(&x[..2], &y[..2], weights)
        .unwrap();
    assert_eq!(model.dense_1.kernel[..3], [[3.0], [-1.0], [0.0]]);
    // The rest has defaults: `optimizer = "rmsprop"`, no metric.
    let mut plain = compile!(super::Probe::new(0), loss = "mse");
    assert_eq!(plain.metrics_names(), ["loss"]);
    let (_, rmsprop): (_, &mut RMSprop) = (
        plain.fit(&x, &y, Fit::new().verbose(0)),
        plain.optimizer_mut(),
    );
    assert_eq!(*rmsprop, RMSprop::new(0.001));
}

/// `fit(x=None, y=None, batch_size=None, epochs=1, verbose=1, callbacks=None, validation_split=0.0,
/// validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
/// steps_per_epoch=None, validation_steps=None)`
pub fn fit(test: &str) {
    let (x, y) = (&unit_vectors()[..], &targets()[..]);
    fit_verbose(test, x, y);

    // Every argument. Of ten samples the first six are trained on, in batches of 3, 1 step an epoch.
    let mut seen = Seen::default();
    let weights: [f32; N] = std::array::from_fn(|k| 1.0 + k as f32);
    let options = Fit::new()
        .batch_size(3)
        .epochs(4)
        .verbose(0)
        .callbacks([&mut seen])
        .validation_split(0.4)
        .shuffle(false)
        .class_weight([1.0, 10.0])
        .sample_weight(&weights)
        .initial_epoch(1)
        .steps_per_epoch(1)
        .validation_steps(1);
    let history = probe().fit(x, y, options).unwrap();
    // `epochs` is where it ends: epochs 1, 2, 3. An epoch goes on where the one before ended.
    assert_eq!(
        (history.epoch(), &seen.epochs[..]),
        (&[1, 2, 3][..], &[1, 2, 3][..])
    );
    assert_eq!(seen.samples(), [[0, 1, 2], [3, 4, 5], [0, 1, 2]]);
    // Even samples are of class 1 and count ten times; and each what its own weight says.
    let weighted: Vec<f32> = seen.batches[..2].concat().iter().map(|s| s.1).collect();
    for (found, expected) in weighted.iter().zip([10.0, 2.0, 30.0, 4.0, 50.0, 6.0]) {
        close(*found, expected);
    }
    let losses = history.get("loss").unwrap();
    close(losses[0], loss_of(&[(0, 10.0), (1, 2.0), (2, 30.0)]));
    close(losses[1], loss_of(&[(3, 4.0), (4, 50.0), (5, 6.0)]));
    // One step validates samples 6, 7, 8, with their own weights, not those of the classes.
    assert_eq!(seen.tested, [1, 1, 1]);
    assert_eq!(keys(&history), ["loss", "val_loss"]);
    let validated = loss_of(&[(6, 7.0), (7, 8.0), (8, 9.0)]);
    close(history.last("val_loss").unwrap(), validated);

    // validation_data overrides validation_split: all samples are trained on.
    let mut seen = Seen::default();
    let fit = Fit::new().verbose(0).batch_size(4).shuffle(false);
    let fit = fit
        .validation_split(0.4)
        .validation_data(&x[2..4], &y[2..4]);
    // The third of a tuple (x_val, y_val, val_sample_weights).
    let fit = fit.validation_sample_weight(&[0.25, 0.5]);
    let history = probe().fit(x, y, fit.callbacks([&mut seen])).unwrap();
    assert_eq!(seen.samples().concat(), (0..N).collect::<Vec<_>>());
    close(
        history.last("val_loss").unwrap(),
        loss_of(&[(2, 0.25), (3, 0.5)]),
    );

    // The defaults: batches of 32, one epoch, each sample once, in an order of its own; no validation.
    let mut seen = Seen::default();
    let fit = Fit::new().verbose(0).callbacks([&mut seen]);
    let (more, targets) = (x.repeat(4), y.repeat(4));
    let history = probe().fit(&more, &targets, fit).unwrap();
    assert_eq!((seen.batches.len(), history.epoch()), (2, &[0][..]));
    assert_eq!(keys(&history), ["loss"]);
    close(history.last("loss").unwrap(), loss_of_all(0..N));

    // shuffle: True, or "batch" (neighbours stay together).
    for (shuffle, together) in [(Shuffle::True, false), (Shuffle::Batch, true)] {
        let mut seen = Seen::default();
        let fit = Fit::new()
            .verbose(0)
            .batch_size(2)
            .epochs(2)
            .shuffle(shuffle);
        probe().fit(x, y, fit.callbacks([&mut seen])).unwrap();
        let batches = seen.samples();
        let (one, other) = batches.split_at(5);
        assert_ne!(one, other, "a new order in every epoch");
        for epoch in [one, other] {
            let mut all = epoch.concat();
            all.sort_unstable();
            assert_eq!(all, (0..N).collect::<Vec<_>>());
            let neighbours = epoch.iter().all(|b| b[0] % 2 == 0 && b[1] == b[0] + 1);
            assert_eq!(neighbours, together);
        }
    }

    // initial_epoch goes on with what was trained before.
    let train = |epochs: &[(usize, usize)]| {
        let mut model = compile!(super::Probe::new(0), "adam", "mse");
        for &(initial_epoch, epochs) in epochs {
            let fit = Fit::new().verbose(0).batch_size(3);
            let fit = fit.initial_epoch(initial_epoch).epochs(epochs);
            model.fit(x, y, fit).unwrap();
        }
        model.dense_1.kernel
    };
    assert_eq!(train(&[(0, 5)]), train(&[(0, 2), (2, 5), (5, 5)]));

    // ValueError: data that do not fit the model are refused before any training.
    let error = probe().fit(x, &y[1..], Fit::new()).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("x has 10 samples, y has 9"), "{error}");
}

fn fit_verbose(test: &str, x: &[[f32; N]], y: &[[f32; 1]]) {
    let fit = || Fit::new().batch_size(4).epochs(2).initial_epoch(1);
    let train = |fit: Fit<'_, super::Probe, [f32; 1]>| {
        probe().fit(x, y, fit).unwrap();
    };
    let [default, silent, lines] = printed(
        test,
        [&|| train(fit()), &|| train(fit().verbose(0)), &|| {
            train(fit().verbose(2))
        }],
    );
    assert_eq!(silent, "");
    let bar: Vec<&str> = default.lines().collect();
    assert_eq!((bar.len(), bar[0]), (2, "Epoch 2/2"), "{default}");
    assert!(
        bar[1].starts_with("3/3 ━━━━━━━━━━━━━━━━━━━━ 0s "),
        "{default}"
    );
    assert!(bar[1].ends_with("/step - loss: 38.5000"), "{default}");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "Epoch 2/2"));
    assert!(lines[1].starts_with("3/3 - 0s - "), "{lines:?}");
    assert!(lines[1].ends_with(" - loss: 38.5000"), "{lines:?}");
}

/// `evaluate(x=None, y=None, batch_size=None, verbose=1, sample_weight=None, steps=None)`
pub fn evaluate(test: &str) {
    let (x, y) = (&unit_vectors()[..], &targets()[..]);
    let every = || {
        Evaluate::new()
            .batch_size(4)
            .steps(2)
            .sample_weight(&[0.5; N])
    };
    let run = |verbose| {
        probe()
            .evaluate_with(x, y, every().verbose(verbose))
            .unwrap()
    };
    let silent = || {
        probe().evaluate(x, y).unwrap();
    };
    let [bar, line, nothing] = printed(
        test,
        [
            &|| {
                run(1);
            },
            &|| {
                run(2);
            },
            &silent,
        ],
    );
    assert!(bar.starts_with("2/2 ━━━━━━━━━━━━━━━━━━━━ 0s "), "{bar}");
    assert!(bar.ends_with("/step - loss: 12.7500"), "{bar}");
    assert!(
        line.starts_with("2/2 - 0s - ") && line.ends_with(" - loss: 12.7500"),
        "{line}"
    );
    // Keras's default is the bar, that of kseq silence.
    assert_eq!(nothing, "");

    // Two steps of four: the first eight samples, each with half of its weight.
    let scores = run(0);
    close(scores.loss, loss_of_all(0..8) / 2.0);
    let () = scores.metrics;
    // All of them, once, whatever the batches.
    let (all, uneven) = (
        probe().evaluate(x, y).unwrap(),
        Evaluate::new().batch_size(3),
    );
    close(all.loss, loss_of_all(0..N));
    close(
        probe().evaluate_with(x, y, uneven).unwrap().loss,
        loss_of_all(0..N),
    );
    // Batches of 32, if nothing else is said: one step of forty samples.
    let (more, targets) = (x.repeat(4), y.repeat(4));
    let first = probe()
        .evaluate_with(&more, &targets, Evaluate::new().steps(1))
        .unwrap();
    close(
        first.loss,
        (3.0 * N as f64 * loss_of_all(0..N) + 1.0 + 4.0) / 32.0,
    );

    // With metrics there is a value for each, which metrics_names names; nothing was trained.
    let mut model = compile!(super::Probe::new(0), loss = "mse", metrics = ["mae"]);
    let Scores {
        loss,
        metrics: (mae,),
    } = model.evaluate(x, y).unwrap();
    assert_eq!(model.metrics_names(), ["loss", "mae"]);
    close(loss, 38.5);
    close(mae, 5.5);
    assert_eq!(model.params().as_f32s(), [0.0; N]);
}

/// `predict(x, batch_size=None, verbose=0, steps=None)`
pub fn predict(test: &str) {
    let x = &unit_vectors()[..];
    let mut model = super::Probe::new(0);
    for k in 0..N {
        model.dense_1.kernel[k] = [k as f32];
    }
    let every = |verbose| Predict::new().batch_size(3).verbose(verbose).steps(2);
    let run = |verbose| model.predict_with(x, every(verbose)).unwrap();
    let [silent, bar] = printed(
        test,
        [
            &|| {
                run(0);
            },
            &|| {
                run(1);
            },
        ],
    );
    assert_eq!(silent, "");
    assert!(bar.starts_with("2/2 ━━━━━━━━━━━━━━━━━━━━ 0s "), "{bar}");
    // Two steps of three samples, in their order; without steps all, before `compile` too.
    assert_eq!(run(0), [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]);
    assert_eq!(
        model.predict(x).unwrap().concat(),
        (0..N).map(|k| k as f32).collect::<Vec<_>>()
    );
    // The default batch size is 32.
    let one = Predict::new().steps(1);
    assert_eq!(model.predict_with(&x.repeat(4), one).unwrap().len(), 32);
    let batches = [1, 4, 32].map(|n| model.predict_with(x, Predict::new().batch_size(n)).unwrap());
    assert!(batches.iter().all(|y| *y == model.predict(x).unwrap()));
}

/// `train_on_batch(x, y, sample_weight=None, class_weight=None)`
pub fn train_on_batch() {
    let (x, y) = (&unit_vectors()[..3], &targets()[..3]);
    let new = || compile!(super::Probe::new(0), SGD(lr = 0.75), "mse", ["mae"]);
    // One update, of the whole batch; the values are those before it.
    let mut model = new();
    let scores = model.train_on_batch(x, y).unwrap();
    close(scores.loss, loss_of_all(0..3));
    close(scores.metrics.0, 2.0);
    assert_eq!(model.metrics_names(), ["loss", "mae"]);
    // p -= 0.75 * 2 (0 - target) / 3, which is half of the target.
    assert_eq!(model.dense_1.kernel[..4], [[0.5], [-1.0], [1.5], [0.0]]);
    // With all arguments: the second sample does not count; the others, of class 1, twice. Metrics are
    // not weighted.
    let mut model = new();
    let options = OnBatch::new()
        .sample_weight(&[1.0, 0.0, 0.5])
        .class_weight([1.0, 2.0]);
    let scores = model.train_on_batch_with(x, y, options).unwrap();
    close(scores.loss, loss_of(&[(0, 2.0), (1, 0.0), (2, 1.0)]));
    close(scores.metrics.0, 2.0);
    assert_eq!(model.dense_1.kernel[..4], [[1.0], [0.0], [1.5], [0.0]]);
}

/// `test_on_batch(x, y, sample_weight=None)`
pub fn test_on_batch() {
    let (x, y) = (&unit_vectors()[..3], &targets()[..3]);
    let mut model = compile!(super::Probe::new(0), "rmsprop", "mse", ["mae"]);
    let scores = model.test_on_batch(x, y).unwrap();
    close(scores.loss, loss_of_all(0..3));
    close(scores.metrics.0, 2.0);
    let weights = OnBatch::new().sample_weight(&[1.0, 0.0, 0.5]);
    let scores = model.test_on_batch_with(x, y, weights).unwrap();
    close(scores.loss, loss_of(&[(0, 1.0), (1, 0.0), (2, 0.5)]));
    close(scores.metrics.0, 2.0);
    assert_eq!(model.params().as_f32s(), [0.0; N], "nothing is trained");
}

/// `predict_on_batch(x)`
pub fn predict_on_batch() {
    let x = unit_vectors();
    let mut model = super::Probe::new(0);
    model.dense_1.kernel = std::array::from_fn(|k| [k as f32 / 2.0]);
    let y = model.predict_on_batch(&x[1..4]).unwrap();
    assert_eq!(y, [[0.5], [1.0], [1.5]]);
}

/// `get_layer(name=None, index=None)`
pub fn get_layer() {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, input_dim = 784));
        model.add(Activation("relu"));
        model.add(Dense(10, name = "classes"));
    }
    model.classes.bias[3] = 7.0;
    let layer = model.get_layer("classes").unwrap();
    assert_eq!(
        (layer.index, layer.info.name, layer.info.class_name),
        (2, "classes", "Dense")
    );
    let weights = layer.weights();
    let [(kernel, _), (bias, values)] = weights[..] else {
        panic!("{weights:?}");
    };
    assert_eq!(
        (kernel.name, kernel.shape.to_string()),
        ("kernel", "(32, 10)".into())
    );
    assert_eq!(
        (bias.name, bias.shape.to_string()),
        ("bias", "(10,)".into())
    );
    assert_eq!(values[3], 7.0);
    // By index, from the bottom up.
    let names: Vec<_> = (0..3)
        .map(|i| model.get_layer(i).unwrap().info.name)
        .collect();
    assert_eq!(names, ["dense_1", "activation_1", "classes"]);
    // ValueError: a name or an index that there is not.
    for error in [model.get_layer("dense_2"), model.get_layer(3)] {
        let text = error.unwrap_err().to_string();
        assert!(
            text.contains("dense_1") && text.contains("classes"),
            "{text}"
        );
    }
}
