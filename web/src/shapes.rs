//! Points of two classes in the plane, drawn from a seed.

use core::f32::consts::{PI, TAU};

use kseq::rng::{Purpose, Rng};

/// How many points there are, half of them of each class.
pub const POINTS: usize = 240;

/// How the points lie.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Two arms around each other.
    Spiral,
    /// Two half circles that reach into each other.
    Moons,
    /// One circle in another one.
    Circles,
}

impl Shape {
    /// By its place in the page's list.
    pub const fn of(place: u32) -> Self {
        match place {
            0 => Shape::Spiral,
            1 => Shape::Moons,
            _ => Shape::Circles,
        }
    }

    /// A point of a class (0 or 1), `along` of the way from one end of it to the other; without noise.
    fn place(self, class: f32, along: f32) -> [f32; 2] {
        let (angle, [x, y], radius) = match self {
            // The second arm is the first one, turned around by half a circle.
            Shape::Spiral => (
                1.5 * TAU * along + class * PI,
                [0.0; 2],
                0.08 + 0.87 * along,
            ),
            Shape::Moons => (
                (along + class) * PI,
                [0.6 * class - 0.3, 0.4 * class - 0.2],
                0.6,
            ),
            Shape::Circles => (along * TAU, [0.0; 2], 0.35 + 0.5 * class),
        };
        [
            x + radius * libm::cosf(angle),
            y + radius * libm::sinf(angle),
        ]
    }

    /// Points between -1 and 1, of both classes in turn.
    pub fn draw(self, seed: u64, x: &mut [[f32; 2]; POINTS], y: &mut [[f32; 1]; POINTS]) {
        let noise = match self {
            Shape::Spiral => 0.02,
            Shape::Moons | Shape::Circles => 0.04,
        };
        let mut rng = Rng::new(seed, Purpose::User, 0, 0);
        for (i, (x, y)) in x.iter_mut().zip(y).enumerate() {
            let class = (i % 2) as f32;
            let place = self.place(class, (i / 2) as f32 / (POINTS / 2) as f32);
            *x = place.map(|value| (value + noise * rng.normal()).clamp(-1.0, 1.0));
            *y = [class];
        }
    }
}
