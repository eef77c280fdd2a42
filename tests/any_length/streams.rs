//! A sequence that comes step by step gives the bits of the whole one, and its memory is as promised.

use kseq::__core::layer::Ctx;
use kseq::__core::step;
use kseq::model::Model;
use kseq::open::Stepwise;
use kseq::params::{Flat, zeroed_box};
use kseq::plan::{Causal, OfLengths};
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::stream::Stream;
use kseq::tensor::Tensor;

use super::{Drawn, bits, inputs};

sequential! { Audio = [
    Conv1D(16, 5, padding = "causal", activation = "relu", input_shape = (None, 1)),
    Conv1D(16, 3, padding = "causal", dilation_rate = 4, activation = "relu"),
    GRU(24, return_sequences = true),
    Dense(4, activation = "softmax"),
] }
sequential! { Valid = [
    Conv1D(7, 4, strides = 2, activation = "tanh", input_shape = (None, 3)),
    BatchNormalization(),
    MaxPooling1D(3, strides = 2),
    Conv1D(5, 3, groups = 1, dilation_rate = 2, use_bias = false),
    AveragePooling1D(2),
    LayerNormalization(),
    RMSNormalization(),
    LeakyReLU(0.1),
    GaussianNoise(0.1),
    Dense(3),
] }
sequential! { Separable = [
    SeparableConv1D(7, 3, padding = "causal", activation = "gelu", input_shape = (None, 3)),
    DepthwiseConv1D(4, strides = 2, depth_multiplier = 2, activation = "relu"),
    DepthwiseConv1D(2, dilation_rate = 2),
    SeparableConv1D(5, 2, depth_multiplier = 2, dilation_rate = 3),
    Dense(3),
] }
sequential! { Strided = [
    Conv1D(40, 3, strides = 3, padding = "causal", input_shape = (None, 20)),
    PReLU(shared_axes = [1]),
    MaxPooling1D(1),
    SimpleRNN(9, return_sequences = true),
    LSTM(33, return_sequences = true),
    Dropout(0.5),
    TimeDistributed(Dense(3, activation = "softplus")),
] }
sequential! { Tokens = [
    Embedding(11, 6, mask_zero = true, input_shape = (None,)),
    LSTM(8, return_sequences = true),
    GRU(5, return_sequences = true),
] }
sequential! { Last = [LSTM(12, input_shape = (None, 4)), Dense(2, activation = "sigmoid")] }
sequential! { Behind = [
    Conv1D(4, 3, padding = "causal", input_shape = (None, 2)),
    GRU(6),
    Reshape((3, 2)),
    SimpleRNN(4, return_sequences = true, go_backwards = true),
    Conv1D(3, 2, padding = "same"),
    GlobalMaxPooling1D(),
    RepeatVector(2),
    LSTM(3),
] }
sequential! { Stateful = [LSTM(5, stateful = true, return_sequences = true, batch_input_shape = (1, None, 4))] }
sequential! { Wide = [Conv1D(64, 9, padding = "causal", input_shape = (None, 64)), Activation("softmax")] }

/// The outputs of a whole sequence.
fn whole<M: Model>(p: &M::Params, s: &mut M::State, x: &[M::Input]) -> Vec<f32> {
    let plan = M::plan([x.len(), 1]).unwrap_or_else(|why| panic!("{}", why.what.as_str()));
    let planned = plan.planned().expect("any length");
    let len = planned.output_len::<M::Output>();
    let memory = planned.sizes.predict() + planned.sizes.tape + planned.sizes.scratch;
    let (mut y, mut work) = (vec![0.0; len], vec![0.0; memory]);
    let cx = Ctx::new(&Pool::Serial, 0, 0);
    step::predict_batch::<M>(&plan, p, s, x, M::Output::view_mut(&mut y), &mut work, &cx);
    y
}

/// Whether the steps of a sequence give its outputs.
fn same<M>(model: &Sequential<M>, steps: usize)
where
    M: Model<Plan: Causal, Input: Stepwise + Tensor<Elem: Drawn>>,
{
    let x = inputs::<M::Input>(steps * M::Input::LEN);
    let x = M::Input::each(M::Input::view(&x));
    let (mut p, mut s) = (zeroed_box::<M::Params>(), zeroed_box::<M::State>());
    M::init(&mut p, &mut s, 5);
    assert_eq!(p.as_f32s(), model.params().as_f32s());
    let mut stream = model.stream();
    // A second sequence does not remember the first one.
    for _ in 0..2 {
        let mut given = Vec::new();
        for (i, step) in x.iter().enumerate() {
            let first = Stream::<M>::DELAY;
            let due = i >= first && (i - first).is_multiple_of(Stream::<M>::EVERY);
            let mut y = M::Output::ZERO;
            let y = stream.push_into(step, &mut y).unwrap().then_some(y);
            assert_eq!(y.is_some(), due, "{}: step {i}", M::NAME);
            if M::Output::OPEN == 0 {
                // The one output is that of the steps so far.
                let mut s = zeroed_box::<M::State>();
                let so_far = whole::<M>(&p, &mut s, M::Input::of_steps(&x[..=i]));
                let y = y.as_slice();
                assert_eq!(bits(M::Output::flat(y)), bits(&so_far), "{}: {i}", M::NAME);
            } else {
                given.extend(y);
            }
        }
        if M::Output::OPEN > 0 {
            let mut s2 = zeroed_box::<M::State>();
            s2.as_f32s_mut().copy_from_slice(s.as_f32s());
            let all = whole::<M>(&p, &mut s2, M::Input::of_steps(x));
            assert_eq!(bits(M::Output::flat(&given)), bits(&all), "{}", M::NAME);
        }
        stream.reset();
    }
}

#[test]
fn steps_give_what_the_sequence_gives() {
    same(&Audio::new(5), 70);
    same(&Valid::new(5), 71);
    same(&Separable::new(5), 71);
    same(&Strided::new(5), 50);
    same(&Tokens::new(5), 40);
    same(&Last::new(5), 20);
    same(&Behind::new(5), 9);
    same(&Stateful::new(5), 20);
    same(&Wide::new(5), 30);
}

#[test]
fn numbers_of_a_stream_are_constants() {
    const { assert!(Stream::<Audio>::DELAY == 0 && Stream::<Audio>::EVERY == 1) };
    // 3 steps; of every second one 2; of every fourth one 4, and 1.
    const { assert!(Stream::<Valid>::DELAY == 3 + 2 * 2 + 4 * 4 + 4) };
    const { assert!(Stream::<Valid>::EVERY == 8) };
    // What the layers look back at, two outputs of 24 values, and the scratch memory of the GRU.
    const { assert!(Stream::<Audio>::BYTES < 4096) };
    // The numbers of a model without a length are those of its shortest sample, with the memory of its layers.
    const LAYERS: usize = Last::scratch(1) + 4 + 2;
    const { assert!(LAYERS > 40 && Last::INFER_RAM >= size_of::<f32>() * LAYERS) };
}

#[test]
fn a_token_that_is_out_of_range_is_no_step() {
    let model = Tokens::new(5);
    let (mut stream, mut other) = (model.stream(), model.stream());
    let error = stream.push(&11).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sample 0, element 0: token 11 is not below input_dim = 11"
    );
    assert_eq!(stream.push(&3).unwrap(), other.push(&3).unwrap());
}

/// An update without memory for the gradient rounds by itself.
#[track_caller]
fn near(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    assert!(
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6),
        "{a:?} {b:?}"
    );
}

/// Without a heap: memory for the longest sequence is a constant, and shorter ones train in it, as they would in a batch on the host.
#[test]
fn a_trainer_takes_sequences_of_any_length_up_to_the_longest() {
    const MEMORY: usize = Last::trainer_memory::<SGD>(2, 9);
    let mut memory = Box::new(TrainerMemory::<Last, MEMORY>::new());
    let loss = BinaryCrossentropy::default;
    let mut trainer = Trainer::new(&mut memory, SGD::new(0.1), loss(), 5).unwrap();
    let mut model = Last::new(5).compile(SGD::new(0.1), loss(), ());
    let y = [[1.0, 0.0], [0.0, 1.0]];
    for steps in [9, 4, 1, 7] {
        let x = inputs::<<Last as Model>::Input>(2 * steps * 4);
        let x: Vec<Vec<[f32; 4]>> = x.as_chunks().0.chunks(steps).map(<[_]>::to_vec).collect();
        let flat = &x.concat();
        let loss = trainer.train_on_batch(flat, &y).unwrap();
        near(&[loss], &[model.train_on_batch(&x, &y).unwrap().loss]);
        near(trainer.params().as_f32s(), model.params().as_f32s());
        let loss = trainer.evaluate(flat, &y).unwrap();
        near(&[loss], &[model.evaluate(&x, &y).unwrap().loss]);
        let mut out = [[0.0; 2]; 2];
        trainer.predict_into(flat, &mut out).unwrap();
        near(
            out.as_flattened(),
            model.predict(&x).unwrap().as_flattened(),
        );
    }
    let long = inputs::<<Last as Model>::Input>(2 * 12 * 4);
    let error = trainer
        .train_on_batch(<Last as Model>::Input::view(&long), &y)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "batch: the memory is for 1 samples a batch of 12 steps, found 2"
    );
    let odd = inputs::<<Last as Model>::Input>(5 * 4);
    let error = trainer
        .train_on_batch(<Last as Model>::Input::view(&odd), &y)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "x: 5 steps are not those of 2 sequences of one length"
    );
}

sequential! { Halved = [
    Conv1D(4, 3, strides = 2, padding = "causal", input_shape = (None, 3)),
    Dense(2),
] }

/// Nothing is trained on or written for targets and outputs of another length.
#[test]
fn a_trainer_refuses_targets_of_another_length() {
    const MEMORY: usize = Halved::trainer_memory::<SGD>(1, 9);
    let mut memory = Box::new(TrainerMemory::<Halved, MEMORY>::new());
    let mut trainer = Trainer::new(&mut memory, SGD::new(0.1), MeanSquaredError::new(), 5).unwrap();
    let x = inputs::<<Halved as Model>::Input>(12 * 3);
    let x = <Halved as Model>::Input::view(&x);
    let mut y = [<Halved as Model>::Output::ZERO; 8];
    let before = bits(trainer.params().as_f32s());
    for steps in [0, 3, 8] {
        let said = format!("y: expected as the output 4 steps, found {steps}");
        let error = trainer.train_on_batch(&x[..7], &y[..steps]).unwrap_err();
        assert_eq!(error.to_string(), said);
        assert!(trainer.evaluate(&x[..7], &y[..steps]).is_err());
        assert!(trainer.predict_into(&x[..7], &mut y[..steps]).is_err());
    }
    assert_eq!(bits(trainer.params().as_f32s()), before);
    assert!(trainer.train_on_batch(&x[..7], &y[..4]).is_ok());
    assert!(trainer.evaluate(&x[..7], &y[..4]).is_ok());
    assert!(trainer.predict_into(&x[..7], &mut y[..4]).is_ok());
    let error = trainer.evaluate(&x[..12], &y[..6]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "batch: the memory is for 0 samples a batch of 12 steps, found 1"
    );
}

sequential! { Carried = [
    Conv1D(2, 3, batch_input_shape = (2, None, 1)),
    LSTM(3, stateful = true),
    Dense(1),
] }
sequential! { CarriedSteps = [
    GRU(3, stateful = true, return_sequences = true, batch_input_shape = (1, None, 4)),
    Dense(2, activation = "softmax"),
] }

/// The weights of seed 5, as a program has them.
fn baked<M: Model>() -> Box<Baked<M>> {
    let (mut p, mut s) = (
        kseq::__core::params::zeroed(),
        kseq::__core::params::zeroed(),
    );
    M::init(&mut p, &mut s, 5);
    Box::new(Baked::of(p, s))
}

/// A state of the caller's goes on from a sequence to the next one, whatever their lengths.
#[test]
fn weights_in_the_program_carry_a_state_through_sequences_of_any_length() {
    let (net, model) = (baked::<Carried>(), Carried::new(5));
    let mut net = net.stateful();
    let mut scratch = [0.0; 2 * Carried::scratch(9)];
    for steps in [9, 3, 5] {
        let x = inputs::<<Carried as Model>::Input>(2 * steps);
        let both: Vec<Vec<[f32; 1]>> = x.as_chunks().0.chunks(steps).map(<[_]>::to_vec).collect();
        let mut y = [[0.0]; 2];
        let x = <Carried as Model>::Input::view(&x);
        net.predict_into(x, &mut y, &mut scratch).unwrap();
        let expected = model.predict(&both).unwrap();
        assert_eq!(bits(y.as_flattened()), bits(expected.as_flattened()));
    }
    let x = [<Carried as Model>::Input::ZERO; 20];
    let mut refused = |x: &[<Carried as Model>::Input], y: &mut [[f32; 1]]| {
        let error = net.predict_into(x, y, &mut scratch).unwrap_err();
        error.to_string()
    };
    let mut y = [[0.0]; 3];
    assert_eq!(
        refused(&x[..5], &mut y[..2]),
        "x: 5 steps are not those of 2 sequences of one length"
    );
    assert_eq!(
        refused(&x[..8], &mut y),
        "y: expected as the output 2 samples, found 3"
    );
    assert_eq!(
        refused(&x[..20], &mut y[..2]),
        "scratch: too small for samples of this length: it is `[0.0; Net::scratch(steps)]`"
    );
    assert!(refused(&x[..4], &mut y[..2]).contains("kernel_size 3 does not fit"));

    let (net, model) = (baked::<CarriedSteps>(), CarriedSteps::new(5));
    let mut net = net.stateful();
    let x = inputs::<<CarriedSteps as Model>::Input>(6 * 4);
    let expected = model.predict(&[x.as_chunks::<4>().0.to_vec()]).unwrap();
    let x = <CarriedSteps as Model>::Input::view(&x);
    let mut y = [<CarriedSteps as Model>::Output::ZERO; 6];
    y[0] = net.predict(&x[0]).unwrap();
    net.predict_into(&x[1..], &mut y[1..], &mut [0.0; CarriedSteps::scratch(5)])
        .unwrap();
    let y = <CarriedSteps as Model>::Output::flat(&y);
    assert_eq!(bits(y), bits(expected[0].as_flattened()));
}
