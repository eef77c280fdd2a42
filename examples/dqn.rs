//! A pole on a cart is kept upright by a network that learns what each push is worth: deep Q-learning.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! def build_model():
//!     model = Sequential()
//!     model.add(Dense(64, input_dim=4, activation="relu"))
//!     model.add(Dense(64, activation="relu"))
//!     model.add(Dense(2, activation="linear"))
//!     model.compile(loss="huber", optimizer=Adam(learning_rate=0.001))
//!     return model
//!
//! target.set_weights(model.get_weights())              # every 500 steps
//!
//! q, q_next = model.predict(states), target.predict(next_states)
//! best = np.argmax(model.predict(next_states), axis=1)
//! q[np.arange(64), actions] = np.where(done, -1, 0.99 * q_next[np.arange(64), best])
//! model.train_on_batch(states, q)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example dqn
//! ```

mod common;

use kseq::prelude::*;
use kseq::rng::Rng;

/// Position, velocity, angle, angular velocity.
type State = [f32; 4];

sequential! {
    /// What a push to the left and one to the right are worth.
    pub Values = [
        Dense(64, input_dim = 4, activation = "relu"),
        Dense(64, activation = "relu"),
        Dense(2, activation = "linear"),
    ]
}

/// One push, a fiftieth of a second (Barto, Sutton and Anderson, 1983), and whether that was the end: the pole has fallen
/// by 12 degrees, or the cart has left the track.
fn push([x, v, angle, turn]: State, action: usize) -> (State, bool) {
    const SECONDS: f32 = 0.02;
    let force = if action == 1 { 10.0 } else { -10.0 };
    let (sin, cos) = angle.sin_cos();
    // The cart's mass is 1, the pole's 0.1, half its length 0.5.
    let push = (force + 0.05 * turn * turn * sin) / 1.1;
    let turning = (9.8 * sin - cos * push) / (0.5 * (4.0 / 3.0 - 0.1 * cos * cos / 1.1));
    let moving = push - 0.05 * turning * cos / 1.1;
    let next = [
        x + SECONDS * v,
        v + SECONDS * moving,
        angle + SECONDS * turn,
        turn + SECONDS * turning,
    ];
    (
        next,
        next[0].abs() > 2.4 || next[2].abs() > 12_f32.to_radians(),
    )
}

fn start(rng: &mut Rng) -> State {
    std::array::from_fn(|_| 0.1 * rng.uniform() - 0.05)
}

fn best(values: &[f32; 2]) -> usize {
    usize::from(values[1] > values[0])
}

/// The mean number of pushes before the pole falls, of at most 500.
fn play(model: &Sequential<Values>, games: u32, rng: &mut Rng) -> Result<f32, Error> {
    let mut pushes = 0;
    for _ in 0..games {
        let (mut state, mut done, mut n) = (start(rng), false, 0);
        while !done && n < 500 {
            (state, done) = push(state, best(&model.predict(&[state])?[0]));
            n += 1;
        }
        pushes += n;
    }
    Ok(pushes as f32 / games as f32)
}

fn main() -> Result<(), Error> {
    common::no_arguments(include_str!("dqn.rs"));
    const BATCH: usize = 64;
    let rng = &mut common::generator(0);
    let mut model = compile!(
        Values::new(0),
        loss = "huber",
        optimizer = Adam(learning_rate = 0.001)
    );
    let mut target = Values::new(0);
    let before = play(&model, 20, rng)?;

    let mut memory = Vec::new();
    let (mut state, mut reached) = (start(rng), 0.0);
    for step in 1..=60_000 {
        let random = rng.uniform() < (1.0 - step as f32 / 4000.0).max(0.05);
        let action = match random {
            true => rng.below(2) as usize,
            false => best(&model.predict(&[state])?[0]),
        };
        let (next, done) = push(state, action);
        memory.push((state, action, next, done));
        state = if done { start(rng) } else { next };
        if memory.len() < 500 {
            continue;
        }

        let batch: [_; BATCH] =
            std::array::from_fn(|_| memory[rng.below(memory.len() as u32) as usize]);
        let (states, next_states) = (batch.map(|b| b.0), batch.map(|b| b.2));
        let (mut q, q_next) = (model.predict(&states)?, target.predict(&next_states)?);
        let chosen = model.predict(&next_states)?;
        for (i, &(_, action, _, done)) in batch.iter().enumerate() {
            // A fall is all that counts, and the more the sooner it comes.
            q[i][action] = if done {
                -1.0
            } else {
                0.99 * q_next[i][best(&chosen[i])]
            };
        }
        model.train_on_batch(&states, &q)?;

        if step % 500 == 0 {
            target.set_weights(&model.get_weights());
        }
        if step % 1000 == 0 {
            reached = play(&model, 20, rng)?;
            println!("step {step}: {reached} pushes");
            if reached >= 475.0 {
                break;
            }
        }
    }
    println!("the pole stands for {before} pushes before the training, {reached} after it");
    assert!(reached >= 475.0, "it was not learned");
    Ok(())
}
