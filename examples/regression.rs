//! How far a car of the seventies goes with a gallon: a table, standardised, and cross-validation.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! table = pd.read_csv("data/cars/cars.csv").drop(columns="name").sample(frac=1)
//! table = pd.get_dummies(table, columns=["origin"], dtype=float)
//! x, y = table.drop(columns="mpg").values, table["mpg"].values
//!
//! def build_model():
//!     model = Sequential()
//!     model.add(Dense(64, activation="relu", input_shape=(9,)))
//!     model.add(Dense(64, activation="relu"))
//!     model.add(Dense(1))
//!     model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
//!     return model
//!
//! for train, val in KFold(4).split(x):
//!     mean, std = x[train].mean(axis=0), x[train].std(axis=0)
//!     model = build_model()
//!     model.fit((x[train] - mean) / std, y[train], epochs=80, batch_size=16, verbose=0)
//!     val_mse, val_mae = model.evaluate((x[val] - mean) / std, y[val], verbose=0)
//!     scores.append(val_mae)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example regression
//! ```

mod common;

use kseq::prelude::*;

type Car = [f32; 9];

sequential! {
    pub Consumption = [
        Dense(64, activation = "relu", input_shape = (9,)),
        Dense(64, activation = "relu"),
        Dense(1),
    ]
}

/// A line of the table: six numbers and the origin as three columns of 0 and 1; and the target, which is the first column.
fn row(line: &str) -> Option<(Car, [f32; 1])> {
    let mut cells = line.split(',');
    let mut number = || cells.next()?.parse::<f32>().ok();
    let (mpg, mut x) = (number()?, [0.0; 9]);
    for value in &mut x[..6] {
        *value = number()?;
    }
    let origin = cells.next()?;
    x[6 + ["USA", "Europe", "Japan"]
        .iter()
        .position(|&o| o == origin)?] = 1.0;
    Some((x, [mpg]))
}

/// Mean and standard deviation of each column.
fn moments(x: &[Car]) -> (Car, Car) {
    let n = x.len() as f32;
    let mean: Car = std::array::from_fn(|i| x.iter().map(|x| x[i]).sum::<f32>() / n);
    let variance = |i: usize| x.iter().map(|x| (x[i] - mean[i]).powi(2)).sum::<f32>() / n;
    (mean, std::array::from_fn(|i| variance(i).sqrt()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("regression.rs"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/cars/cars.csv");
    let table = std::fs::read_to_string(path)?;
    let mut cars = Vec::new();
    for line in table.lines().skip(1) {
        cars.push(row(line).ok_or_else(|| format!("{path}: {line}"))?);
    }
    common::generator(0).shuffle(&mut cars);

    const FOLDS: usize = 4;
    let mut scores = Vec::new();
    for fold in 0..FOLDS {
        let (from, to) = (cars.len() * fold / FOLDS, cars.len() * (fold + 1) / FOLDS);
        let (x_val, y_val): (Vec<_>, Vec<_>) = cars[from..to].iter().copied().unzip();
        let train = cars[..from].iter().chain(&cars[to..]).copied();
        let (x_train, y_train): (Vec<_>, Vec<[f32; 1]>) = train.unzip();

        // The moments are those of what is trained with.
        let (mean, std) = moments(&x_train);
        let scale = |x: &Car| -> Car { std::array::from_fn(|i| (x[i] - mean[i]) / std[i]) };
        let x_train: Vec<Car> = x_train.iter().map(scale).collect();
        let x_val: Vec<Car> = x_val.iter().map(scale).collect();

        let mut model = compile!(
            Consumption::new(fold as u64),
            optimizer = "rmsprop",
            loss = "mse",
            metrics = ["mae"],
        );
        model.fit(
            &x_train,
            &y_train,
            Fit::new().epochs(80).batch_size(16).verbose(0),
        )?;
        let (mae,) = model.evaluate(&x_val, &y_val)?.metrics;

        // Who does not look at the car says the mean of all.
        let mean = y_train.iter().map(|y| y[0]).sum::<f32>() / y_train.len() as f32;
        let blind = y_val.iter().map(|y| (y[0] - mean).abs()).sum::<f32>() / y_val.len() as f32;
        println!(
            "fold {fold}: wrong by {mae:.2} miles in the mean; the mean of all cars {blind:.2}"
        );
        scores.push((mae, blind));
    }
    let mean = |of: fn(&(f32, f32)) -> f32| scores.iter().map(of).sum::<f32>() / FOLDS as f32;
    let (mae, blind) = (mean(|s| s.0), mean(|s| s.1));
    println!("all folds: {mae:.2} and {blind:.2}");
    assert!(mae < 0.5 * blind, "it was not learned");
    Ok(())
}
