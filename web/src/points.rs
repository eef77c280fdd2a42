//! A small network that learns which points of the plane are of which class, in the browser: `begin()`, then `train()` as often as the
//! page is drawn.

use kseq::optimizers::Optimizer;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use spin::Mutex;
use static_cell::ConstStaticCell;

use crate::memory::{Floats, write, zeros};
use crate::shapes::{POINTS, Shape};

sequential! {
    /// Two numbers in, the probability of the second class out.
    Plane = [
        Rescaling(4.0, input_shape = (2,)),
        Dense(24, activation = "tanh"),
        Dense(24, activation = "tanh"),
        Dense(1, activation = "sigmoid"),
    ]
}

/// Points of a step.
const BATCH: usize = 24;
/// Points in a row of the surface, and rows.
const SIDE: usize = 60;

const LEN: usize = trainer_memory::<Plane, Adam>(BATCH);

static MEMORY: ConstStaticCell<TrainerMemory<Plane, LEN>> =
    ConstStaticCell::new(TrainerMemory::new());
static LEARNING: Mutex<Option<Learning>> = Mutex::new(None);
static PLACES: Floats<{ 2 * POINTS }> = zeros();
static SURFACE: Floats<{ SIDE * SIDE }> = zeros();

/// A training that goes on from call to call.
struct Learning {
    net: Trainer<'static, Plane, Adam, BinaryCrossentropy>,
    x: [[f32; 2]; POINTS],
    y: [[f32; 1]; POINTS],
    rng: Rng,
}

impl Learning {
    fn new() -> Option<Self> {
        let memory = MEMORY.try_take()?;
        let (optimizer, loss) = (Adam::new(0.01), BinaryCrossentropy::new());
        Some(Learning {
            net: Trainer::new(memory, optimizer, loss, 0).ok()?,
            x: [[0.0; 2]; POINTS],
            y: [[0.0; 1]; POINTS],
            rng: Rng::new(0, Purpose::User, 0, 0),
        })
    }

    /// One step, with points that are drawn anew; the loss before it.
    fn step(&mut self) -> Option<f32> {
        let (mut x, mut y) = ([[0.0; 2]; BATCH], [[0.0; 1]; BATCH]);
        for (x, y) in x.iter_mut().zip(&mut y) {
            let i = self.rng.below(POINTS as u32) as usize;
            (*x, *y) = (*self.x.get(i)?, *self.y.get(i)?);
        }
        self.net.train_on_batch(&x, &y).ok()
    }
}

/// Draws points of a shape and parameters from a seed, and forgets what was learned. Whether there is something to learn now.
#[unsafe(no_mangle)]
pub extern "C" fn begin(shape: u32, seed: u32) -> bool {
    let mut learning = LEARNING.lock();
    if learning.is_none() {
        *learning = Learning::new();
    }
    let Some(Learning { net, x, y, rng }) = &mut *learning else {
        return false;
    };
    Shape::of(shape).draw(seed.into(), x, y);
    write(&PLACES, x.as_flattened());
    net.restart(seed.into());
    *rng = Rng::new(seed.into(), Purpose::Shuffle, 0, 0);
    true
}

/// Goes on with another learning rate; false if it is none.
#[unsafe(no_mangle)]
pub extern "C" fn set_learning_rate(rate: f32) -> bool {
    let mut learning = LEARNING.lock();
    learning.as_mut().is_some_and(|learning| {
        let optimizer = learning.net.optimizer_mut();
        optimizer.set_learning_rate(rate).is_ok()
    })
}

/// So many steps; their mean loss, or NaN.
#[unsafe(no_mangle)]
pub extern "C" fn train(steps: u32) -> f32 {
    let mut learning = LEARNING.lock();
    let losses = (0..steps).map(|_| learning.as_mut()?.step());
    losses.sum::<Option<f32>>().unwrap_or(f32::NAN) / steps as f32
}

/// The share of all points that are classified as what they are.
#[unsafe(no_mangle)]
pub extern "C" fn accuracy() -> f32 {
    let mut learning = LEARNING.lock();
    let Some(Learning { net, x, y, .. }) = &mut *learning else {
        return f32::NAN;
    };
    let mut found = [[0.0; 1]; POINTS];
    if net.predict_into(&*x, &mut found).is_err() {
        return f32::NAN;
    }
    let right = |([found], [y]): &(&[f32; 1], &[f32; 1])| (*found > 0.5) == (*y > 0.5);
    found.iter().zip(&*y).filter(right).count() as f32 / POINTS as f32
}

/// Computes the probability of the second class over the square from -1 to 1: where `surface_side()` rows of as many values are, the
/// first one at the bottom.
#[unsafe(no_mangle)]
pub extern "C" fn surface() -> *const u32 {
    let mut learning = LEARNING.lock();
    if let Some(Learning { net, .. }) = &mut *learning {
        let at = |i: usize| (2 * i + 1) as f32 / SIDE as f32 - 1.0;
        for (row, values) in SURFACE.chunks(SIDE).enumerate() {
            let x: [[f32; 2]; SIDE] = core::array::from_fn(|column| [at(column), at(row)]);
            let mut y = [[0.0; 1]; SIDE];
            if net.predict_into(&x, &mut y).is_ok() {
                write(values, y.as_flattened());
            }
        }
    }
    SURFACE.as_ptr().cast()
}

/// The values in a row of the surface.
#[unsafe(no_mangle)]
pub extern "C" fn surface_side() -> usize {
    SIDE
}

/// Where the points are, both numbers of each; those of the two classes are in turn.
#[unsafe(no_mangle)]
pub extern "C" fn places() -> *const u32 {
    PLACES.as_ptr().cast()
}

/// How many points there are.
#[unsafe(no_mangle)]
pub extern "C" fn points() -> usize {
    POINTS
}

/// The points of a step.
#[unsafe(no_mangle)]
pub extern "C" fn batch() -> usize {
    BATCH
}

/// The parameters of the network.
#[unsafe(no_mangle)]
pub extern "C" fn parameters() -> usize {
    Plane::PARAMS
}
