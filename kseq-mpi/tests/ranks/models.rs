//! Models of several kinds, on one process and on ranks: the same values within rounding, and the same bits in parts.

use kseq::losses::{Reduction, SparseCategoricalCrossentropy};
use kseq::metrics::{AUC, Accuracy, R2Score, Weighted};
use kseq::optimizers::{Adam, SGD};
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq_mpi::World;

use super::{Outcome, bits, close, same_history, say};

sequential! {
    Noisy = [
        Dense(13, activation = "relu", input_shape = (7,)),
        Dropout(0.3),
        Dense(11, activation = "tanh"),
        GaussianNoise(0.1),
        GaussianDropout(0.2),
        Dense(3, activation = "softmax"),
    ]
}
sequential! {
    Penalised = [
        Dense(9, activation = "tanh", kernel_regularizer = l2(0.02), input_shape = (7,)),
        Dense(8, activity_regularizer = l1(0.05), kernel_constraint = max_norm(1.0)),
        Dense(3),
    ]
}
sequential! {
    Masked = [
        Embedding(12, 5, mask_zero = True, input_length = 6),
        LSTM(6, return_sequences = True, dropout = 0.2, recurrent_dropout = 0.3),
        TimeDistributed(Dense(1, activation = "sigmoid")),
    ]
}
sequential! {
    Tokens = [
        Embedding(12, 5, input_length = 6),
        GRU(6, dropout = 0.2, recurrent_dropout = 0.3),
        Dense(3, activation = "softmax"),
    ]
}
sequential! {
    Normalised = [
        Dense(8, input_shape = (7,)),
        BatchNormalization(),
        Activation("relu"),
        Dense(3, activation = "softmax"),
    ]
}
sequential! {
    Synchronized = [
        Dense(8, input_shape = (7,)),
        BatchNormalization(synchronized = true),
        Activation("relu"),
        Dense(8),
        BatchNormalization(synchronized = true, momentum = 0.5),
        Dense(3, activation = "softmax"),
    ]
}
sequential! {
    Images = [
        Conv2D(4, 3, activation = "relu", input_shape = (8, 8, 2)),
        SpatialDropout2D(0.25),
        MaxPooling2D(2),
        AlphaDropout(0.1),
        Flatten(),
        Dense(3, activation = "softmax"),
    ]
}

/// The parts of the exact mode: at least as many as ranks, and no power of two.
const PARTS: usize = 6;

/// Uniform numbers, the same on all ranks.
fn numbers<const N: usize>(seed: u64, n: usize) -> Vec<[f32; N]> {
    let mut rng = Rng::new(seed, Purpose::User, 0, 0);
    (0..n)
        .map(|_| std::array::from_fn(|_| 2.0 * rng.uniform() - 1.0))
        .collect()
}

/// What decides a class, so that there is something to learn.
fn class(x: &[f32]) -> u32 {
    let sum: f32 = x.iter().sum();
    (sum > 0.3) as u32 + (sum > -0.3) as u32
}

/// Trains on one process and on ranks, plainly and in parts, and compares.
macro_rules! compare {
    ($world:expr, $what:literal, $net:ident, $compile:expr, $x:expr, $y:expr, $fit:expr, exact = $exact:expr) => {{
        let (world, seed) = ($world, 5);
        let (optimizer, loss, metrics) = $compile;
        let mut alone = $net::new(seed).compile(optimizer, loss, metrics);
        let expected = alone.fit($x, $y, $fit)?;
        let (optimizer, loss, metrics) = $compile;
        // All begin with what rank 0 has.
        let mut model = world.compile(
            $net::new(seed + world.rank() as u64),
            optimizer,
            loss,
            metrics,
        )?;
        let found = model.fit(world.shard($x), world.shard($y), $fit)?;
        if $exact {
            close($what, &found, &expected);
        }
        let expected = alone.evaluate($x, $y)?.loss;
        let (optimizer, loss, metrics) = $compile;
        let mut again = world.compile($net::new(seed), optimizer, loss, metrics)?;
        same_history($what, &again.fit($x, $y, $fit)?, &found);
        assert_eq!(bits(&again), bits(&model), "{}: a second run", $what);
        if $exact {
            let found = model.evaluate($x, $y)?.loss;
            assert!(
                (found - expected).abs() < 1e-5,
                "{}: {found} {expected}",
                $what
            );
            let (optimizer, loss, metrics) = $compile;
            let mut alone = $net::new(seed)
                .compile(optimizer, loss, metrics)
                .parts(PARTS)?;
            let expected = alone.fit($x, $y, $fit)?;
            let (optimizer, loss, metrics) = $compile;
            let mut model = world
                .compile($net::new(seed), optimizer, loss, metrics)?
                .parts(PARTS)?;
            same_history($what, &model.fit($x, $y, $fit)?, &expected);
            assert_eq!(bits(&model), bits(&alone), "{}: in parts", $what);
        }
        say(world, $what);
    }};
}

pub fn all(world: &World) -> Outcome {
    noisy(world)?;
    penalised(world)?;
    tokens(world)?;
    masked(world)?;
    normalised(world)?;
    synchronized(world)?;
    images(world)?;
    predictions(world)?;
    bytes(world)
}

/// Dropout and noise are those of the whole batch; the last batch has 3 samples, so that of 4 ranks one has none.
fn noisy(world: &World) -> Outcome {
    let x = numbers::<7>(1, 43);
    let y: Vec<[f32; 3]> = x
        .iter()
        .map(|x| to_categorical(&[class(x)]).unwrap()[0])
        .collect();
    let weights: Vec<f32> = (0..43).map(|i| 0.5 + (i % 5) as f32 * 0.3).collect();
    let (x_val, y_val) = (numbers::<7>(2, 9), y[..9].to_vec());
    compare!(
        world,
        "dropout, noise, weights of samples and classes, validation, an uneven last batch",
        Noisy,
        (
            Adam::new(0.01),
            CategoricalCrossentropy::default(),
            (Accuracy, Weighted(Accuracy), AUC::<200>::new())
        ),
        &x,
        &y,
        Fit::new()
            .batch_size(10)
            .epochs(4)
            .verbose(0)
            .class_weight([1.0, 2.0, 0.5])
            .sample_weight(&weights)
            .validation_data(&x_val, &y_val),
        exact = true
    );
    Ok(())
}

/// Penalties are counted once, and the norm that is clipped is that of the sum.
fn penalised(world: &World) -> Outcome {
    let (x, y) = (numbers::<7>(3, 40), numbers::<3>(4, 40));
    compare!(
        world,
        "regularizers, constraints, a clipped norm",
        Penalised,
        (
            SGD::new(0.3).momentum(0.5).global_clipnorm(0.2),
            MeanSquaredError::default(),
            (R2Score::<3>::new(),)
        ),
        &x,
        &y,
        Fit::new().batch_size(9).epochs(4).verbose(0),
        exact = true
    );
    compare!(
        world,
        "a loss that is a sum",
        Penalised,
        (
            SGD::new(0.01),
            MeanSquaredError::new().reduction(Reduction::Sum),
            ()
        ),
        &x,
        &y,
        Fit::new()
            .batch_size(16)
            .epochs(2)
            .verbose(0)
            .shuffle(false),
        exact = true
    );
    Ok(())
}

/// Sentences of tokens; 0 is padding at their end.
fn sentences(n: usize) -> Vec<[u32; 6]> {
    let mut rng = Rng::new(6, Purpose::User, 0, 0);
    let sentence = |rng: &mut Rng| {
        let len = 1 + rng.below(6) as usize;
        std::array::from_fn(|i| if i < len { 1 + rng.below(11) } else { 0 })
    };
    (0..n).map(|_| sentence(&mut rng)).collect()
}

/// What Adam asks of the gradients of single tokens is summed, too.
fn tokens(world: &World) -> Outcome {
    let x = sentences(30);
    let y: Vec<u32> = x.iter().map(|x| x[0] % 3).collect();
    compare!(
        world,
        "an embedding, a recurrent layer with dropout",
        Tokens,
        (
            Adam::new(0.01),
            SparseCategoricalCrossentropy::default(),
            (Accuracy,)
        ),
        &x,
        &y,
        Fit::new().batch_size(8).epochs(3).verbose(0),
        exact = true
    );
    Ok(())
}

/// How many steps count in a batch only the pass knows.
fn masked(world: &World) -> Outcome {
    let x = sentences(30);
    let y: Vec<[[f32; 1]; 6]> = x
        .iter()
        .map(|x| x.map(|token| [(token % 2) as f32]))
        .collect();
    let compiled = || (Adam::new(0.01), BinaryCrossentropy::default(), (Accuracy,));
    let fit = || Fit::new().batch_size(8).epochs(3).verbose(0);
    let (optimizer, loss, metrics) = compiled();
    let mut alone = Masked::new(5).compile(optimizer, loss, metrics);
    let expected = alone.fit(&x, &y, fit())?;
    let (optimizer, loss, metrics) = compiled();
    let mut model = world.compile(Masked::new(5), optimizer, loss, metrics)?;
    close(
        "a mask of the outputs",
        &model.fit(&x, &y, fit())?,
        &expected,
    );
    let (found, expected) = (model.evaluate(&x, &y)?, alone.evaluate(&x, &y)?);
    assert!(
        (found.loss - expected.loss).abs() < 1e-5,
        "{found:?}, {expected:?}"
    );
    say(world, "a mask of the outputs");
    Ok(())
}

/// Each part is normalised by itself, and the moving averages are the mean of theirs: those of one process in as many parts.
fn normalised(world: &World) -> Outcome {
    let x = numbers::<7>(7, 40);
    let y: Vec<u32> = x.iter().map(|x| class(x)).collect();
    let compiled = || {
        (
            SGD::new(0.1),
            SparseCategoricalCrossentropy::default(),
            (Accuracy,),
        )
    };
    let fit = || Fit::new().batch_size(20).epochs(3).verbose(0);
    for parts in [world.size(), 4, PARTS] {
        let (optimizer, loss, metrics) = compiled();
        let mut alone = Normalised::new(5)
            .compile(optimizer, loss, metrics)
            .parts(parts)?;
        let expected = alone.fit(&x, &y, fit())?;
        let (optimizer, loss, metrics) = compiled();
        let mut model = world
            .compile(Normalised::new(5), optimizer, loss, metrics)?
            .parts(parts)?;
        same_history("BatchNormalization", &model.fit(&x, &y, fit())?, &expected);
        assert_eq!(
            bits(&model),
            bits(&alone),
            "BatchNormalization in {parts} parts"
        );
        let (optimizer, loss, metrics) = compiled();
        let mut model = world.compile(Normalised::new(5), optimizer, loss, metrics)?;
        let found = model.fit(&x, &y, fit())?;
        if parts == world.size() {
            close("BatchNormalization", &found, &expected);
        }
    }
    say(world, "BatchNormalization");
    Ok(())
}

/// The moments are those of the whole batch, and so are the gradients.
fn synchronized(world: &World) -> Outcome {
    let x = numbers::<7>(12, 40);
    let y: Vec<u32> = x.iter().map(|x| class(x)).collect();
    let compiled = || {
        (
            SGD::new(0.1),
            SparseCategoricalCrossentropy::default(),
            (Accuracy,),
        )
    };
    let fit = || {
        Fit::new()
            .batch_size(15)
            .epochs(4)
            .verbose(0)
            .validation_data(&x, &y)
    };
    let (optimizer, loss, metrics) = compiled();
    let expected = Synchronized::new(5)
        .compile(optimizer, loss, metrics)
        .fit(&x, &y, fit())?;
    let (optimizer, loss, metrics) = compiled();
    let mut model = world.compile(Synchronized::new(5), optimizer, loss, metrics)?;
    close("synchronized", &model.fit(&x, &y, fit())?, &expected);
    let fit = || Fit::new().batch_size(15).epochs(4).verbose(0);
    let (optimizer, loss, metrics) = compiled();
    let mut model = world.compile(Normalised::new(5), optimizer, loss, metrics)?;
    let local = model.fit(&x, &y, fit())?;
    let (optimizer, loss, metrics) = compiled();
    let mut model = Normalised::new(5).compile(optimizer, loss, metrics);
    let whole = model.fit(&x, &y, fit())?;
    // So the comparison above can fail.
    let away = local.last("loss").unwrap() - whole.last("loss").unwrap();
    assert!(away.abs() > 1e-3, "{away}");
    say(world, "BatchNormalization, synchronized");
    Ok(())
}

fn images(world: &World) -> Outcome {
    let x: Vec<[[[f32; 2]; 8]; 8]> = numbers::<128>(8, 21)
        .iter()
        .map(|x| {
            std::array::from_fn(|i| std::array::from_fn(|j| [x[i * 16 + j], x[i * 16 + j + 8]]))
        })
        .collect();
    let y: Vec<u32> = x
        .iter()
        .map(|x| class(x.as_flattened().as_flattened()))
        .collect();
    compare!(
        world,
        "convolutions, dropout of whole channels",
        Images,
        (
            Adam::new(0.01),
            SparseCategoricalCrossentropy::default(),
            (Accuracy,)
        ),
        &x,
        &y,
        Fit::new().batch_size(8).epochs(3).verbose(0),
        exact = true
    );
    Ok(())
}

fn predictions(world: &World) -> Outcome {
    let model = Noisy::new(5);
    for n in [1, 3, 33] {
        let x = numbers::<7>(9, n);
        let (found, expected) = (world.predict(&model, &x)?, model.predict(&x)?);
        let bits =
            |y: &[[f32; 3]]| -> Vec<u32> { y.as_flattened().iter().map(|y| y.to_bits()).collect() };
        assert_eq!(bits(&found), bits(&expected), "{n} predictions");
    }
    say(world, "predictions");
    Ok(())
}

/// What a step sends follows from the number of parameters.
fn bytes(world: &World) -> Outcome {
    let x = numbers::<7>(10, 40);
    let y = numbers::<3>(11, 40);
    let sgd = SGD::new(0.1);
    let mut model = world.compile(Penalised::new(5), sgd, MeanSquaredError::default(), ())?;
    let fit = |epochs| Fit::new().batch_size(8).epochs(epochs).verbose(0);
    let mut sent = Vec::new();
    for epochs in [1, 2] {
        let before = world.bytes_sent();
        model.fit(&x, &y, fit(epochs))?;
        sent.push(world.bytes_sent() - before);
    }
    let (others, ranks) = (world.size() as u64 - 1, world.size() as u64);
    let weights = model.get_weights();
    let params: usize = weights.iter().map(|array| array.values().len()).sum();
    let gradients = 2 * others * 4 * params as u64 / ranks;
    // Each step the loss, and whether all go on; that once more at the end of an epoch.
    let numbers = others * 8;
    assert_eq!(sent[1] - sent[0], 5 * (gradients + 2 * numbers) + numbers);
    say(world, "bytes");
    Ok(())
}
