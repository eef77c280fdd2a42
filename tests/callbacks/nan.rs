//! `TerminateOnNaN` says where a value that is not finite came up first.

use kseq::callbacks::{NonFinite, TerminateOnNaN, Where};
use kseq::prelude::*;

sequential! {
    Deep = [
        Dense(3, activation = "tanh", input_shape = (2,)),
        Dense(3),
        Activation("relu"),
        Dense(1),
    ]
}

fn data() -> (Vec<[f32; 2]>, Vec<[f32; 1]>) {
    let x: Vec<[f32; 2]> = (0..12).map(|i| [i as f32 / 12.0, 1.0]).collect();
    let y = x.iter().map(|x| [x[0] - 0.3]).collect();
    (x, y)
}

/// Spoils something before a batch.
struct Spoil(usize, fn(&mut Sequential<Deep>));

impl Callback<Deep> for Spoil {
    fn on_train_batch_begin(
        &mut self,
        batch: usize,
        t: &mut Training<'_, Deep>,
    ) -> Result<(), Error> {
        if batch == self.0 {
            (self.1)(t.model);
        }
        Ok(())
    }
}

/// Trains three epochs of six batches; how many batches there were, and what was found.
fn run(
    learning_rate: f32,
    raise_error: bool,
    spoil: (usize, fn(&mut Sequential<Deep>)),
) -> (Result<usize, Error>, Option<NonFinite>) {
    let (x, y) = data();
    let loss = MeanSquaredError::default();
    let mut model = Deep::new(1).compile(SGD::new(learning_rate), loss, ());
    let mut spoil = Spoil(spoil.0, spoil.1);
    let mut nan = TerminateOnNaN::new().raise_error(raise_error);
    let mut batches = 0;
    let mut count = kseq::callbacks::LambdaCallback::new().on_train_batch_end(|_, _| batches += 1);
    let fit = Fit::new()
        .batch_size(2)
        .epochs(3)
        .verbose(0)
        .callbacks([&mut count, &mut spoil, &mut nan]);
    let outcome = model.fit(&x, &y, fit);
    drop(count);
    (outcome.map(|_| batches), nan.found().cloned())
}

fn at(batch: usize, place: Where) -> Option<NonFinite> {
    Some(NonFinite {
        epoch: 0,
        batch,
        place,
    })
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let (batches, found) = run(0.01, false, (0, |_| {}));
    assert_eq!((batches.unwrap(), found), (18, None));
}

#[test]
fn a_weight_that_is_nan_shows_in_the_output_of_its_layer() {
    let spoil: fn(&mut Sequential<Deep>) = |m| m.dense_2.bias[1] = f32::NAN;
    let (batches, found) = run(0.01, false, (2, spoil));
    assert_eq!(batches.unwrap(), 3);
    // The activation works in the memory of the layer before.
    let found = found.unwrap();
    let Where::Output(layers) = &found.place else {
        panic!("{found}");
    };
    assert_eq!((found.batch, layers[0]), (2, "dense_2"));
    assert!(!layers.contains(&"dense_1") && !layers.contains(&"dense_3"));
    let (error, _) = run(0.01, true, (2, spoil));
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("TerminateOnNaN: the loss is NaN in batch 2; the output of dense_2"),
        "{error}"
    );
}

#[test]
fn an_output_too_large_for_the_loss() {
    // Finite, but not its square.
    let (batches, found) = run(0.01, false, (1, |m| m.dense_3.bias[0] = 1e30));
    assert_eq!((batches.unwrap(), found), (2, at(1, Where::Loss)));
}

#[test]
fn a_learning_rate_that_is_too_large_shows_in_the_weights_a_batch_before_the_loss() {
    let (batches, found) = run(3e38, false, (0, |m| m.dense_3.bias[0] = 100.0));
    let found = found.unwrap();
    assert!(
        matches!(
            found.place,
            Where::Weights("dense_1" | "dense_2" | "dense_3", _)
        ),
        "{found}"
    );
    assert_eq!((batches.unwrap(), found.batch), (2, 0));
}

#[test]
fn a_gradient_that_overflows() {
    // An output of 1e18 has a finite loss; its gradient for dense_2 passes a kernel of 1e25.
    let spoil: fn(&mut Sequential<Deep>) = |m| {
        m.dense_2.kernel = [[0.0; 3]; 3];
        m.dense_2.bias = [1e-7; 3];
        m.dense_3.kernel = [[1e25]; 3];
    };
    let (_, found) = run(0.0, false, (0, spoil));
    assert_eq!(found, at(0, Where::Gradient("dense_2", "bias")));
}
