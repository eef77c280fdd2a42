//! What cannot be computed in parts is refused before the first step.

use kseq::losses::Dice;
use kseq::optimizers::SGD;
use kseq::prelude::*;
use kseq_mpi::World;

use super::{Outcome, say};

sequential! { Plain = [Dense(2, activation = "sigmoid", input_shape = (3,))] }
sequential! {
    Carries = [
        LSTM(3, stateful = True, batch_input_shape = (4, 2, 3)),
        Dense(2),
    ]
}

fn refusal<T>(found: Result<T, Error>) -> Result<String, String> {
    found
        .err()
        .map(|error| error.to_string())
        .ok_or("it was not refused".into())
}

pub fn all(world: &World) -> Outcome {
    let error = refusal(world.compile(
        Carries::new(0),
        SGD::new(0.1),
        MeanSquaredError::default(),
        (),
    ))?;
    assert!(
        error.starts_with("distributed: a stateful model"),
        "{error}"
    );

    let (x, y) = (vec![[0.5; 3]; 8], vec![[1.0, 0.0]; 8]);
    let mut model = world.compile(Plain::new(0), SGD::new(0.1), Dice::new(), ())?;
    let error = refusal(model.fit(&x, &y, Fit::new()))?;
    assert!(error.starts_with("parts: this loss compares"), "{error}");

    let model = world.compile(
        Plain::new(0),
        SGD::new(0.1),
        MeanSquaredError::default(),
        (),
    )?;
    let error = refusal(model.parts(1))?;
    let expected = format!(
        "parts: expected at least {}, one for each rank, found 1",
        world.size()
    );
    assert_eq!(error, expected);

    let again = kseq_mpi::init();
    assert!(again.unwrap_err().to_string().contains("call it once"));
    say(world, "what is refused");
    Ok(())
}
