//! A model of the generator's as JSON, with what it comes to by the interpreter: for `tests/oracle/judge.py`, which asks Keras.

use std::fmt::Write;

use kseq_oracle::call::Call;
use kseq_oracle::expected::{self, Numbers};
use kseq_oracle::generate;

fn main() {
    let seed = std::env::args()
        .nth(1)
        .and_then(|seed| seed.parse().ok())
        .expect("a seed");
    let model = generate::model(seed);
    // What random layers draw is kseq's to say: here they draw nothing.
    let noise = |_: &Call, shape: &[usize], _: u64| {
        let len = shape.iter().product();
        [vec![0.0; len], vec![1.0; len]]
    };
    let calls: Vec<String> = model.layers.iter().map(Call::source).collect();
    let arrays: Numbers = model
        .arrays
        .iter()
        .map(|(name, array)| (name.clone(), array.values.clone()))
        .collect();
    let mut text = format!("{{\"seed\": {seed}");
    let mut add =
        |name: &str, value: String| write!(text, ",\n\"{name}\": {value}").expect("memory");
    add("layers", format!("{calls:?}"));
    add("loss", format!("{:?}", model.loss.source()));
    add("optimizer", format!("{:?}", model.optimizer.source()));
    add("batch_shape", format!("{:?}", model.batch_shape()));
    add("tokens", model.tokens.is_some().to_string());
    add("stateful", model.is_stateful().to_string());
    add("only_predicts", model.only_predicts.to_string());
    add("output", format!("{:?}", model.output()));
    add("x", format!("{:?}", model.x));
    add("y", format!("{:?}", model.y));
    add(
        "weights",
        format!("{:?}", model.weights.clone().unwrap_or_default()),
    );
    add("projection", format!("{:?}", model.projection));
    add("arrays", format!("{arrays:?}"));
    add(
        "expected",
        format!("{:?}", expected::all(&model, &noise, None)),
    );
    println!("{text}\n}}");
}
