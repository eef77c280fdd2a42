//! Layers with random arguments.

use crate::call::Call;
use crate::generate::Place;
use crate::random::Random;

/// The shape of a sample, and the number of tokens if it consists of them.
pub fn input(random: &mut Random) -> (Vec<usize>, Option<usize>) {
    match random.between(0, 1) {
        0 => (vec![random.between(3, 12)], None),
        _ => (vec![random.between(3, 7), random.between(2, 6)], None),
    }
}

/// A layer for a place, if the one that was drawn can be there.
pub fn random_layer(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    match random.between(0, 2) {
        0 => Some(Call::new("Dense").with("units", random.between(1, 9)).with("activation", random.pick(&["linear", "relu", "tanh", "gelu"]))),
        1 => Some(Call::new("Activation").with("activation", random.pick(&["relu", "softmax", "sigmoid"]))),
        _ => Some(Call::new("Flatten")).filter(|_| place.shape.len() > 1),
    }
}

/// Whether a layer does in training what random numbers say.
pub fn is_random(_layer: &Call) -> bool {
    false
}
