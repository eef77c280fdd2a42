//! Frozen layers: `set_trainable(layer, false)`.

use kseq::optimizers::Optimizer;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::train::Weights;
use safetensors::SafeTensors;

sequential! {
    Net = [
        Dense(5, activation = "tanh", input_shape = (3,)),
        BatchNormalization(),
        Dense(4, activation = "relu"),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    /// The first two layers of [`Net`].
    Front = [
        Dense(5, activation = "tanh", input_shape = (3,)),
        BatchNormalization(),
    ]
}

sequential! {
    /// The others.
    Back = [
        Dense(4, activation = "relu", input_shape = (5,)),
        Dense(2, activation = "softmax"),
    ]
}

fn data() -> (Vec<[f32; 3]>, Vec<[f32; 2]>) {
    let mut rng = Rng::new(5, Purpose::User, 0, 0);
    let x: Vec<[f32; 3]> = (0..50)
        .map(|_| std::array::from_fn(|_| rng.normal()))
        .collect();
    let classes: Vec<u32> = x.iter().map(|x| u32::from(x[0] * x[1] > 0.0)).collect();
    (x, to_categorical(&classes).unwrap())
}

fn net<O: Optimizer>(optimizer: O) -> Compiled<Net, O, CategoricalCrossentropy, (Accuracy,)> {
    Net::new(1).compile(optimizer, CategoricalCrossentropy::default(), (Accuracy,))
}

fn fit<'a, M: Model>() -> Fit<'a, M, [f32; 2]> {
    Fit::new().epochs(3).batch_size(8).verbose(0)
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// With everything around the rule that touches parameters: decay, clipping, averages.
fn frozen_arrays_stay<O: Optimizer>(optimizer: O) {
    let (x, y) = data();
    let mut model = net(optimizer);
    for layer in ["dense_1", "batch_normalization_1"] {
        model.set_trainable(layer, false).unwrap();
        assert!(!model.trainable(layer).unwrap());
    }
    let before = model.get_weights();
    let [kernel, bias] = [0, 1].map(|i| bits(before[i].values()));
    model.fit(&x, &y, fit()).unwrap();
    let after = model.get_weights();
    for (i, (before, after)) in before.iter().zip(after.iter()).enumerate() {
        // Kernel, bias, gamma, beta, moving_mean, moving_variance; then what is trained.
        assert_eq!(before == after, i < 6, "{}: array {i}", O::NAME);
    }
    // The slots of what is frozen have never been written, but for the averages, which are its arrays.
    let path = std::env::temp_dir().join(format!("kseq-{}-{}", O::NAME, std::process::id()));
    model.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    for slot in O::SLOT_NAMES {
        if *slot == "average" {
            for (array, values) in [("dense_1.kernel", &kernel), ("dense_1.bias", &bias)] {
                let average = file.tensor(&format!("optimizer/{array}/{slot}")).unwrap();
                let values: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                assert_eq!(average.data(), values);
            }
            continue;
        }
        let zero = |array: &str| {
            let slot = file.tensor(&format!("optimizer/{array}/{slot}")).unwrap();
            slot.data().iter().all(|&byte| byte == 0)
        };
        for array in [
            "dense_1.kernel",
            "dense_1.bias",
            "batch_normalization_1.gamma",
        ] {
            assert!(zero(array), "{}: {slot} of {array}", O::NAME);
        }
        assert!(!zero("dense_2.kernel"), "{}: {slot}", O::NAME);
    }
}

#[test]
fn arrays_statistics_and_slots_of_frozen_layers_stay() {
    frozen_arrays_stay(SGD::new(0.1).momentum(0.9).weight_decay(0.01));
    frozen_arrays_stay(Adam::new(0.01).clipnorm(0.5).use_ema());
    frozen_arrays_stay(RMSprop::new(0.01).global_clipnorm(0.5));
}

/// Fine-tuning: a layer that is trained later has an average that begins with its weights, not with 0.
#[test]
fn averages_of_a_layer_that_is_trained_later() {
    let (x, y) = data();
    // It does not move, so its average is its weights.
    let mut model = net(SGD::new(0.0).use_ema());
    model.set_trainable("dense_1", false).unwrap();
    model.fit(&x, &y, fit()).unwrap();
    let before = model.get_weights();
    model.set_trainable("dense_1", true).unwrap();
    model.fit(&x, &y, fit()).unwrap();
    for (before, after) in before[..2].iter().zip(model.get_weights().iter()) {
        for (before, after) in before.values().iter().zip(after.values()) {
            assert!((before - after).abs() < 1e-6, "{before} became {after}");
        }
    }
}

#[test]
fn training_behind_frozen_layers_is_training_on_their_outputs() {
    let (x, y) = data();
    let mut whole = net(Adam::new(0.01));
    whole.set_trainable(0, false).unwrap();
    whole.set_trainable(1, false).unwrap();
    // Statistics that are not those of a fresh layer.
    let moved = whole.state_mut();
    moved.batch_normalization_1.moving_mean = [0.1, -0.2, 0.3, 0.0, 0.2];
    moved.batch_normalization_1.moving_variance = [0.5, 1.5, 2.0, 1.0, 0.7];
    let weights = whole.get_weights();
    let mut front = Front::new(0);
    front.set_weights(&Weights::new(weights[..6].to_vec()).unwrap());
    let outputs = front.predict(&x).unwrap();
    let mut back = Back::new(1);
    back.set_weights(&Weights::new(weights[6..].to_vec()).unwrap());
    let loss = CategoricalCrossentropy::default();
    let mut back = back.compile(Adam::new(0.01), loss, (Accuracy,));
    let history = back.fit(&outputs, &y, fit()).unwrap();
    assert_eq!(whole.fit(&x, &y, fit()).unwrap(), history);
    assert!(history.last("loss") < Some(history.get("loss").unwrap()[0]));
    let trained = back.get_weights();
    for (whole, back) in whole.get_weights()[6..].iter().zip(trained.iter()) {
        assert_eq!(bits(whole.values()), bits(back.values()));
    }
}

/// Looks at the gradients after each update.
struct Gradients(Vec<f32>);

impl Callback<Net> for Gradients {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Net>,
    ) -> Result<(), Error> {
        self.0.extend(t.gradients().dense_2.as_f32s());
        Ok(())
    }
}

#[test]
fn the_gradient_goes_on_through_a_frozen_layer_to_those_before() {
    let (x, y) = data();
    let update = |freeze: bool| {
        let mut model = net(SGD::new(0.1));
        model.set_trainable("dense_2", !freeze).unwrap();
        let mut gradients = Gradients(Vec::new());
        let once = fit().epochs(1).batch_size(50).callbacks([&mut gradients]);
        model.fit(&x, &y, once).unwrap();
        (model.get_weights(), gradients.0)
    };
    let ((free, computed), (frozen, not)) = (update(false), update(true));
    for (i, (free, frozen)) in free.iter().zip(frozen.iter()).enumerate() {
        // Kernel and bias of dense_2 are arrays 6 and 7.
        assert_eq!(free == frozen, !(6..8).contains(&i), "array {i}");
    }
    // No backward work for its own arrays.
    assert!(computed.iter().any(|g| *g != 0.0) && not.iter().all(|g| *g == 0.0));
}

#[test]
fn a_layer_that_is_trained_again_goes_on() {
    let (x, y) = data();
    let mut model = net(Adam::new(0.01));
    model.set_trainable("dense_1", false).unwrap();
    model.fit(&x, &y, fit()).unwrap();
    let before = model.dense_1.kernel;
    model.set_trainable("dense_1", true).unwrap();
    model.fit(&x, &y, fit()).unwrap();
    assert_ne!(model.dense_1.kernel, before);
    assert!(model.set_trainable("dense_9", false).is_err());
}

#[test]
fn a_model_that_is_frozen_altogether_does_not_change() {
    let (x, y) = data();
    let mut model = net(RMSprop::new(0.1));
    for layer in 0..4 {
        model.set_trainable(layer, false).unwrap();
    }
    let before = model.get_weights();
    let history = model.fit(&x, &y, fit()).unwrap();
    assert_eq!(model.get_weights(), before);
    // Without a BatchNormalization that trains, the losses are those of `evaluate`.
    let all = model.evaluate(&x, &y).unwrap().loss;
    for seen in history.get("loss").unwrap() {
        assert!((all - seen).abs() < 1e-6, "{all} {seen}");
    }
}

sequential! {
    Listed = [
        Dense(4, activation = "tanh", trainable = false, input_dim = 3),
        BatchNormalization(trainable = !TUNED),
        Dense(2, trainable = TUNED),
    ]
}

const TUNED: bool = true;

/// `trainable = false` in the list is `set_trainable` before anything else, on a microcontroller too.
#[test]
fn trainable_in_the_layer_list() {
    assert_eq!(Listed::FROZEN, [true, true, false]);
    let (x, y) = (
        [[0.5, -1.0, 2.0], [1.0, 0.0, -1.0]],
        [[1.0, 0.0], [0.0, 1.0]],
    );
    let mut listed = Listed::new(1).compile(Adam::new(0.1), MeanSquaredError::new(), ());
    let before = listed.get_weights();
    let fit = || Fit::new().epochs(3).shuffle(false).batch_size(2).verbose(0);
    listed.fit(&x, &y, fit()).unwrap();
    let after = listed.get_weights();
    // Two arrays of the first Dense, four of the normalisation, two of the last Dense.
    assert_eq!(before[..6], after[..6]);
    assert_ne!(before[6], after[6]);

    const LEN: usize = trainer_memory::<Listed, Adam>(2);
    let mut memory: Box<TrainerMemory<Listed, LEN>> = Box::default();
    let mut trainer =
        Trainer::new(&mut memory, Adam::new(0.1), MeanSquaredError::new(), 1).unwrap();
    for _ in 0..3 {
        trainer.train_on_batch(&x, &y).unwrap();
    }
    assert_eq!(trainer.params().dense_1.kernel, listed.dense_1.kernel);
    assert_eq!(trainer.params().dense_2.kernel, listed.dense_2.kernel);
}
