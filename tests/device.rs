//! What a microcontroller does by other code than a host. On a host this is a test of the same answers; `cargo xtask device` runs it with the
//! kernels of a microcontroller.

use kseq::params::{Flat, zeroed};
use kseq::prelude::*;

sequential! {
    Penalized = [
        Conv1D(3, 2, activation = "relu", activity_regularizer = L2(0.5), input_shape = (6, 2)),
        MaxPooling1D(2),
        Flatten(),
        Dense(2, activity_regularizer = L1(0.25)),
    ]
}

sequential! { Single = [Dense(2, activity_regularizer = L2(0.5), input_shape = (3,))] }

fn numbers<P: Flat>() -> P {
    let mut p: P = zeroed();
    for (i, p) in p.as_f32s_mut().iter_mut().enumerate() {
        *p = ((i * 7 + 3) % 11) as f32 / 11.0 - 0.4;
    }
    p
}

/// Of several samples each gets its output, also where penalties look at a whole batch.
#[test]
fn several_samples_of_a_model_with_penalties() {
    let net = Baked::<Penalized>::of(numbers(), zeroed());
    let x: [[[f32; 2]; 6]; 3] = numbers();
    let (mut y, mut scratch) = ([[9.0; 2]; 3], [0.0; Baked::<Penalized>::SCRATCH]);
    net.predict_into(&x, &mut y, &mut scratch).unwrap();
    for (x, y) in x.iter().zip(&y) {
        assert_eq!(net.predict(x).unwrap(), *y);
        let mut alone = [0.0; 2];
        let mut run = net.predict_some(x, &mut alone, &mut scratch).unwrap();
        while run.step() {}
        assert_eq!(alone, *y);
    }
}

/// The loss before a step is that of `evaluate`: the penalties on outputs are in both, of several layers or of one.
#[test]
fn penalties_are_evaluated() {
    macro_rules! check {
        ($net:ident) => {{
            const LEN: usize = trainer_memory::<$net, SGD>(3);
            let mut memory: TrainerMemory<$net, LEN> = TrainerMemory::new();
            let (sgd, loss) = (SGD::new(0.1), MeanSquaredError::new());
            let mut trainer = Trainer::new(&mut memory, sgd, loss, 1).unwrap();
            *trainer.params_mut() = numbers();
            let (x, y): ([<$net as Model>::Input; 3], _) = (numbers(), [[0.5; 2]; 3]);
            let evaluated = trainer.evaluate(&x, &y).unwrap();
            let trained = trainer.train_on_batch(&x, &y).unwrap();
            assert!(
                (evaluated - trained).abs() < 1e-6 * trained,
                "{evaluated} {trained}"
            );
        }};
    }
    check!(Penalized);
    check!(Single);
}

// The mask is found in the middle, and reaches the output: the loss asks for that of the whole batch.
sequential! {
    Masked = [
        Input(shape = (6, 1)),
        Activation("linear"),
        Masking(-0.4),
        LSTM(2, return_sequences = true),
        Dense(3, activation = "tanh"),
        Dense(2),
    ]
}

sequential! { OnlyMasked = [Masking(-0.4, input_shape = (6, 1))] }

#[test]
fn masks_that_are_found() {
    let net = Baked::<Masked>::of(numbers(), zeroed());
    let x: [[[f32; 1]; 6]; 3] = numbers();
    let masked = x.map(|x| x.map(|x| x == [-0.4]));
    assert!(masked.as_flattened().iter().any(|masked| *masked));
    let (mut y, mut scratch) = ([[[9.0; 2]; 6]; 3], [0.0; Baked::<Masked>::SCRATCH]);
    net.predict_into(&x, &mut y, &mut scratch).unwrap();
    for ((x, y), masked) in x.iter().zip(&y).zip(&masked) {
        assert_eq!(net.predict(x).unwrap(), *y);
        let mut alone = [[0.0; 2]; 6];
        let mut run = net.predict_some(x, &mut alone, &mut scratch).unwrap();
        while run.step() {}
        assert_eq!(alone, *y);
        // A masked step repeats the output.
        for t in 1..6 {
            assert!(!masked[t] || y[t] == y[t - 1]);
        }
    }

    const LEN: usize = trainer_memory::<Masked, SGD>(3);
    let mut memory: TrainerMemory<Masked, LEN> = TrainerMemory::new();
    let (sgd, loss) = (SGD::new(0.1), MeanSquaredError::new());
    let mut trainer = Trainer::new(&mut memory, sgd, loss, 1).unwrap();
    *trainer.params_mut() = numbers();
    let targets = [[[0.5; 2]; 6]; 3];
    let (mut sum, mut count) = (0.0, 0.0);
    for (y, masked) in y.as_flattened().iter().zip(masked.as_flattened()) {
        if !masked {
            sum += y.iter().map(|y| (y - 0.5) * (y - 0.5)).sum::<f32>() / 2.0;
            count += 1.0;
        }
    }
    let evaluated = trainer.evaluate(&x, &targets).unwrap();
    let trained = trainer.train_on_batch(&x, &targets).unwrap();
    let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5 * b, "{a} {b}");
    close(evaluated, sum / count);
    close(trained, sum / count);
    assert!(trainer.evaluate(&x, &targets).unwrap() < evaluated);

    let net = Baked::<OnlyMasked>::of(zeroed(), zeroed());
    let y = net.predict(&x[0]).unwrap();
    for ((x, y), masked) in x[0].iter().zip(&y).zip(&masked[0]) {
        assert_eq!(*y, if *masked { [0.0] } else { *x });
    }
}

sequential! {
    Whole = [
        SeparableConv2D(3, 2, depth_multiplier = 2, padding = "same", activation = "tanh", input_shape = (4, 5, 2)),
        Flatten(),
        Dense(2),
    ]
}

sequential! {
    Parts = [
        DepthwiseConv2D(2, depth_multiplier = 2, padding = "same", use_bias = false, input_shape = (4, 5, 2)),
        Conv2D(3, 1, activation = "tanh"),
        Flatten(),
        Dense(2),
    ]
}

/// In a prediction, where a microcontroller has one pixel of what is between them, and in training.
#[test]
fn a_separable_convolution_is_its_two_parts() {
    macro_rules! results {
        ($net:ident) => {{
            const LEN: usize = trainer_memory::<$net, SGD>(3);
            let mut memory: TrainerMemory<$net, LEN> = TrainerMemory::new();
            let (sgd, loss) = (SGD::new(0.1), MeanSquaredError::new());
            let mut trainer = Trainer::new(&mut memory, sgd, loss, 1).unwrap();
            *trainer.params_mut() = numbers();
            let (x, y): ([<$net as Model>::Input; 3], _) = (numbers(), [[0.5; 2]; 3]);
            let losses = [0, 1].map(|_| trainer.train_on_batch(&x, &y).unwrap());
            let params = trainer.params().as_f32s().to_vec();
            let net = Baked::<$net>::of(numbers(), zeroed());
            let predicted = x.map(|x| net.predict(&x).unwrap());
            [&losses, predicted.as_flattened(), &params].concat()
        }};
    }
    let (whole, parts) = (results!(Whole), results!(Parts));
    assert_eq!(whole.len(), parts.len());
    for (whole, parts) in whole.iter().zip(&parts) {
        assert!((whole - parts).abs() < 1e-6, "{whole} {parts}");
    }
}
