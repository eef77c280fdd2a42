//! Models that carry state from one batch to the next, and models on tokens.

#![allow(
    unused_qualifications,
    reason = "a layer of one's own is named by a path"
)]

use kseq::__core::step::infer_stateful;
use kseq::layer::*;
use kseq::model::Model;
use kseq::params::{Flat, zeroed_box};
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

const BATCH: usize = 4;

sequential! {
    Net = [
        LSTM(6, return_sequences = true, stateful = true, batch_input_shape = (BATCH, 3, 2)),
        GRU(5, return_sequences = true, stateful = true),
        SimpleRNN(5, stateful = true),
        Dense(2, activation = "softmax"),
    ]
}

// The same layers on one long sequence.
sequential! {
    Long = [
        LSTM(6, return_sequences = true, input_shape = (9, 2)),
        GRU(5, return_sequences = true),
        SimpleRNN(5),
        Dense(2, activation = "softmax"),
    ]
}

fn draw(n: usize) -> Vec<[[f32; 2]; 3]> {
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    (0..n)
        .map(|_| [[0.0; 2]; 3].map(|row| row.map(|_| rng.normal())))
        .collect()
}

fn bits(y: &[[f32; 2]]) -> Vec<u32> {
    y.as_flattened().iter().map(|y| y.to_bits()).collect()
}

#[test]
fn three_batches_are_one_long_sequence() {
    let (mut net, mut long) = (Net::new(1), Long::new(2));
    long.params_mut()
        .as_f32s_mut()
        .copy_from_slice(net.params().as_f32s());
    // The samples at one place of the three batches follow each other.
    let x = draw(3 * BATCH);
    let long_x: Vec<[[f32; 2]; 9]> = (0..BATCH)
        .map(|b| std::array::from_fn(|t| x[t / 3 * BATCH + b][t % 3]))
        .collect();
    let want = bits(&long.predict(&long_x).unwrap());
    let y = net.predict(&x).unwrap();
    assert_eq!(bits(&y[2 * BATCH..]), want);
    // It goes on from there, until it forgets.
    assert_ne!(bits(&net.predict(&x).unwrap()), bits(&y));
    net.reset_states();
    assert_eq!(bits(&net.predict(&x).unwrap()), bits(&y));
    assert_eq!(net.get_layer("gru_1").unwrap().weights().len(), 4);
}

// One step a call, of what never ends: a word is spotted while the microphone is on.
sequential! {
    Spotter = [
        BatchNormalization(batch_input_shape = (1, 1, 2)),
        self::Total(),
        LSTM(6, return_sequences = true, stateful = true),
        GRU(5, stateful = true),
        Dense(2, activation = "softmax"),
    ]
}

/// The sum of all that has come.
struct Total;

impl Total {
    const fn new() -> Self {
        Total
    }
}

#[derive(ParamBlock)]
#[repr(C)]
struct Sum {
    sum: [f32; 2],
}

impl ShapeRule<[[f32; 2]; 1]> for Total {
    const OUTPUT: Rule = Ok(Shape::new(&[1, 2]));
}

impl Layer<[[f32; 2]; 1], [[f32; 2]; 1]> for Total {
    type Params = NoParams;
    type State = Sum;
    const STATEFUL: bool = true;
    const CACHE: usize = 3;
    const SCRATCH: usize = 1;

    fn reset_states(&self, s: &mut Sum) {
        s.sum = [0.0; 2];
    }

    fn infer(
        &self,
        _: &NoParams,
        s: &Sum,
        x: &[[[f32; 2]; 1]],
        y: &mut [[[f32; 2]; 1]],
        _: &mut Ctx<'_>,
    ) {
        for ([y], [x]) in y.iter_mut().zip(x) {
            *y = [x[0] + s.sum[0], x[1] + s.sum[1]];
        }
    }

    fn forward(
        &self,
        p: &NoParams,
        s: &mut Sum,
        x: &[[[f32; 2]; 1]],
        y: &mut [[[f32; 2]; 1]],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        assert_eq!((cache.len(), !cx.scratch.is_empty()), (3, true));
        self.infer(p, s, x, y, cx);
        s.sum = y[0][0];
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, [[f32; 2]; 1], [[f32; 2]; 1]>,
        _: &mut NoParams,
        _: &mut Ctx<'_>,
    ) {
        if let Some(dx) = pass.dx {
            dx.copy_from_slice(pass.dy);
        }
    }
}

sequential! { Alone = [GRU(2, stateful = true, batch_input_shape = (1, 1, 2))] }

/// The outputs of whole batches with a state that the caller owns, in the memory of a prediction.
fn with_a_state<M: Model>(seed: u64, batch: usize, x: &[M::Input]) -> Vec<f32> {
    let (mut p, mut s) = (zeroed_box::<M::Params>(), zeroed_box::<M::State>());
    M::init(&mut p, &mut s, seed);
    let mut carried = zeroed_box::<M::State>();
    let (mut y, mut work) = (
        vec![f32::NAN; x.len() * M::Output::LEN],
        vec![f32::NAN; kseq::model::infer_memory::<M>()],
    );
    let (cx, outputs) = (Ctx::new(&Pool::Serial, 0, 0), M::Output::view_mut(&mut y));
    let Ok(plan) = M::plan([1; 2]) else {
        panic!("the lengths are in the type");
    };
    for (x, y) in x.chunks(batch).zip(outputs.chunks_mut(batch)) {
        let mut run =
            |work: &mut [f32]| infer_stateful::<M>(&plan, &p, &s, &mut carried, x, y, work, &cx);
        assert!(run(&mut work));
        // Too little memory changes nothing.
        assert!(!run(&mut work[1..]));
    }
    y
}

#[test]
fn a_state_of_the_callers() {
    let x = draw(3 * BATCH);
    let (net, spotter, alone) = (Net::new(1), Spotter::new(1), Alone::new(1));
    let want = net.predict(&x).unwrap();
    assert_eq!(with_a_state::<Net>(1, BATCH, &x), want.as_flattened());
    let steps: Vec<[[f32; 2]; 1]> = x.as_flattened().iter().map(|x| [*x]).collect();
    let want = spotter.predict(&steps).unwrap();
    assert_eq!(with_a_state::<Spotter>(1, 1, &steps), want.as_flattened());
    let want = alone.predict(&steps).unwrap();
    assert_eq!(with_a_state::<Alone>(1, 1, &steps), want.as_flattened());
}

fn compiled(threads: usize) -> Compiled<Net, RMSprop, CategoricalCrossentropy, (Accuracy,)> {
    let net = Net::new(1).threads(threads).unwrap();
    net.compile(
        RMSprop::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    )
}

#[test]
fn fit_and_evaluate_carry_the_state() {
    let (x, y) = (draw(3 * BATCH), vec![[1.0, 0.0]; 3 * BATCH]);
    let run = |threads| {
        let mut model = compiled(threads);
        let first = model.evaluate(&x, &y).unwrap().loss;
        assert_ne!(model.evaluate(&x, &y).unwrap().loss, first);
        model.reset_states();
        assert_eq!(model.evaluate(&x, &y).unwrap().loss, first);
        // Without a batch size it takes the model's own.
        let fit = Fit::new().epochs(2).shuffle(false).verbose(0);
        model.fit(&x, &y, fit.validation_data(&x, &y)).unwrap();
        let p = model.params().as_f32s().iter();
        let weights: Vec<u32> = p.map(|p| p.to_bits()).collect();
        (weights, bits(&model.predict(&x).unwrap()))
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn other_batches_are_refused() {
    let (x, y) = (draw(3 * BATCH), vec![[1.0, 0.0]; 3 * BATCH]);
    let mut model = compiled(1);
    let text = |e: Result<_, Error>| e.map_or_else(|e| e.to_string(), |()| String::new());
    let fit = || Fit::new().verbose(0);
    let whole = "this stateful model takes whole batches of 4 samples, found ";
    let error = text(model.fit(&x[..10], &y[..10], fit()).map(drop));
    assert_eq!(error, format!("fit: {whole}10"));
    let error = text(model.fit(&x, &y, fit().batch_size(8)).map(drop));
    assert_eq!(
        error,
        "batch_size: this stateful model has batches of 4 samples, found 8"
    );
    let error = text(model.fit(&x, &y, fit().validation_split(0.5)).map(drop));
    assert_eq!(error, format!("fit: {whole}6"));
    let batches = || {
        x.chunks(4)
            .zip(y.chunks(4))
            .map(|(x, y)| (x.to_vec(), y.to_vec()))
    };
    let validated = || fit().validation_data(&x, &y).validation_batch_size(6);
    for error in [
        model.fit(&x, &y, validated()),
        model.fit_generator(batches(), validated()),
    ] {
        assert_eq!(
            text(error.map(drop)),
            "batch_size: this stateful model has batches of 4 samples, found 6"
        );
    }
    let fit = fit().validation_data(&x[..5], &y[..5]);
    let error = text(model.fit(&x, &y, fit).map(drop));
    assert_eq!(error, format!("validation_data: {whole}5"));
    let error = text(model.evaluate(&x[..3], &y[..3]).map(drop));
    assert_eq!(error, format!("evaluate: {whole}3"));
    assert_eq!(
        text(model.predict(&x[..3]).map(drop)),
        format!("predict: {whole}3")
    );
    assert!(model.train_on_batch(&x, &y).is_err());
    assert!(model.test_on_batch(&x, &y).is_err());
    assert!(model.train_on_batch(&x[..4], &y[..4]).is_ok());
}

sequential! {
    Words = [
        Embedding(7, 3, input_length = 5),
        LSTM(4, dropout = 0.2, recurrent_dropout = 0.2),
        Dense(1, activation = "sigmoid"),
    ]
}

#[test]
fn tokens_out_of_the_vocabulary_are_refused() {
    let mut x = vec![[0, 1, 2, 3, 6]; 8];
    let y = vec![[1.0]; 8];
    let mut model =
        Words::new(1).compile(SGD::new(0.1), BinaryCrossentropy::default(), (Accuracy,));
    let before = model.embedding_1.embeddings;
    let fit = || Fit::new().verbose(0);
    model.fit(&x, &y, fit()).unwrap();
    let changed: Vec<bool> = (0..7)
        .map(|row| model.embedding_1.embeddings[row] != before[row])
        .collect();
    assert_eq!(changed, [true, true, true, true, false, false, true]);
    x[3][2] = 7;
    let why = "sample 3, element 2: token 7 is not below input_dim = 7";
    assert_eq!(model.fit(&x, &y, fit()).unwrap_err().to_string(), why);
    assert_eq!(model.predict(&x).unwrap_err().to_string(), why);
    assert_eq!(model.evaluate(&x, &y).unwrap_err().to_string(), why);
}

sequential! { Pages = [Embedding(5, 2, input_shape = (2, 3)), Flatten(), Dense(1)] }

#[test]
fn tokens_of_two_axes() {
    let model = Pages::new(1);
    let y = model.predict(&[[[0, 1, 2], [3, 4, 0]]]).unwrap();
    assert_eq!(y.len(), 1);
}
