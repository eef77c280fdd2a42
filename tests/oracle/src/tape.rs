//! Scalars that remember how they were computed: the derivative of one by others is the sum over all ways from one to the other
//! (Griewank & Walther, *Evaluating Derivatives*, chapter 3). The engine has a backward pass written by hand for each layer; here there
//! is none.

use std::cell::{Cell, RefCell};
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use crate::random::{Random, single};
use crate::sides::side;

/// What a scalar was made of: up to two others, and the derivative by each.
#[derive(Clone, Copy)]
struct Node {
    from: [u32; 2],
    slope: [f64; 2],
}

/// In place of a node: a constant, of which nobody asks the derivative.
const CONSTANT: u32 = u32::MAX;

thread_local! {
    static TAPE: RefCell<Vec<Node>> = const { RefCell::new(Vec::new()) };
    static LARGEST: Cell<f64> = const { Cell::new(0.0) };
}

fn note(value: f64) {
    let size = if value.is_nan() {
        f64::INFINITY
    } else {
        value.abs()
    };
    if size > LARGEST.get() {
        LARGEST.set(size);
    }
}

/// The largest magnitude of a scalar or a derivative of this thread's, since [`forget_largest`].
pub fn largest() -> f64 {
    LARGEST.get()
}

/// Begins anew.
pub fn forget_largest() {
    LARGEST.set(0.0);
}

/// A scalar. It belongs to the thread that made it, until [`clear`].
#[derive(Clone, Copy, Debug)]
pub struct Var {
    value: f64,
    node: u32,
}

fn record(value: f64, from: [u32; 2], slope: [f64; 2]) -> Var {
    note(value);
    if from == [CONSTANT; 2] {
        return Var {
            value,
            node: CONSTANT,
        };
    }
    TAPE.with_borrow_mut(|tape| {
        let node =
            u32::try_from(tape.len()).expect("fewer than four thousand million scalars in a model");
        tape.push(Node { from, slope });
        Var { value, node }
    })
}

impl Var {
    /// Zero.
    pub const ZERO: Var = Var::constant(0.0);
    /// One.
    pub const ONE: Var = Var::constant(1.0);

    /// A number of which nobody asks the derivative.
    pub const fn constant(value: f64) -> Var {
        Var {
            value,
            node: CONSTANT,
        }
    }

    /// A number of which the derivative can be asked.
    pub fn parameter(value: f64) -> Var {
        TAPE.with_borrow_mut(|tape| {
            let node = u32::try_from(tape.len())
                .expect("fewer than four thousand million scalars in a model");
            tape.push(Node {
                from: [CONSTANT; 2],
                slope: [0.0; 2],
            });
            Var { value, node }
        })
    }

    /// The number.
    pub const fn value(self) -> f64 {
        self.value
    }

    /// The same number, cut off from what it was made of (Keras's `stop_gradient`).
    pub const fn stopped(self) -> Var {
        Var::constant(self.value)
    }

    /// A function of this one, given its value and its derivative there.
    pub fn function(self, value: f64, slope: f64) -> Var {
        record(value, [self.node, CONSTANT], [slope, 0.0])
    }

    /// `e` to this.
    pub fn exp(self) -> Var {
        let value = self.value.exp();
        self.function(value, value)
    }

    /// The natural logarithm.
    pub fn ln(self) -> Var {
        self.function(self.value.ln(), 1.0 / self.value)
    }

    /// `ln(1 + x)`.
    pub fn ln_1p(self) -> Var {
        self.function(self.value.ln_1p(), 1.0 / (1.0 + self.value))
    }

    /// The square root.
    pub fn sqrt(self) -> Var {
        let value = self.value.sqrt();
        self.function(value, 0.5 / value)
    }

    /// The square.
    pub fn square(self) -> Var {
        self.function(self.value * self.value, 2.0 * self.value)
    }

    /// This to a constant power.
    pub fn powf(self, power: f64) -> Var {
        let slope = if power == 0.0 {
            0.0
        } else {
            power * self.value.powf(power - 1.0)
        };
        self.function(self.value.powf(power), slope)
    }

    /// The hyperbolic tangent.
    pub fn tanh(self) -> Var {
        let value = self.value.tanh();
        self.saturating(value, |y| 1.0 - y * y)
    }

    /// A function that comes to 1 or -1, and whose derivative the engine, as Keras, takes from its value: that of an `f32`, from where on
    /// it is the limit itself, is 0, and `Lamb` enlarges what there would be.
    pub fn saturating(self, value: f64, slope: impl Fn(f64) -> f64) -> Var {
        self.function(value, slope(single(value)))
    }

    /// The sine.
    pub fn sin(self) -> Var {
        self.function(self.value.sin(), self.value.cos())
    }

    /// The cosine.
    pub fn cos(self) -> Var {
        self.function(self.value.cos(), -self.value.sin())
    }

    /// The error function.
    pub fn erf(self) -> Var {
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-self.value * self.value).exp();
        self.function(erf(self.value), slope)
    }

    /// The magnitude; at zero the derivative is zero, as TensorFlow's.
    pub fn abs(self) -> Var {
        let side = side(self.value, 0.0);
        let slope = if side == 0.0 { 0.0 } else { side.signum() };
        self.function(self.value.abs(), slope)
    }

    /// The larger one; of equal ones this.
    pub fn max(self, other: impl Into<Var>) -> Var {
        let other = other.into();
        if side(other.value, self.value) > 0.0 {
            other
        } else {
            self
        }
    }

    /// The smaller one; of equal ones this.
    pub fn min(self, other: impl Into<Var>) -> Var {
        let other = other.into();
        if side(other.value, self.value) < 0.0 {
            other
        } else {
            self
        }
    }
}

impl From<f64> for Var {
    fn from(value: f64) -> Var {
        Var::constant(value)
    }
}

macro_rules! operators {
    ($($name:ident, $method:ident, |$a:ident, $b:ident| $value:expr, [$by_a:expr, $by_b:expr];)*) => {$(
        impl $name for Var {
            type Output = Var;
            fn $method(self, other: Var) -> Var {
                let ($a, $b) = (self.value, other.value);
                record($value, [self.node, other.node], [$by_a, $by_b])
            }
        }
        impl $name<f64> for Var {
            type Output = Var;
            fn $method(self, other: f64) -> Var {
                self.$method(Var::constant(other))
            }
        }
        impl $name<Var> for f64 {
            type Output = Var;
            fn $method(self, other: Var) -> Var {
                Var::constant(self).$method(other)
            }
        }
    )*};
}
operators! {
    Add, add, |a, b| a + b, [1.0, 1.0];
    Sub, sub, |a, b| a - b, [1.0, -1.0];
    Mul, mul, |a, b| a * b, [b, a];
    Div, div, |a, b| a / b, [1.0 / b, -a / (b * b)];
}

impl Neg for Var {
    type Output = Var;
    fn neg(self) -> Var {
        self.function(-self.value, -1.0)
    }
}

impl AddAssign for Var {
    fn add_assign(&mut self, other: Var) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Var {
    fn sum<I: Iterator<Item = Var>>(all: I) -> Var {
        all.fold(Var::ZERO, |sum, next| sum + next)
    }
}

/// The error function, by its series near zero and by the continued fraction of its complement away from it.
pub fn erf(x: f64) -> f64 {
    let z = x.abs();
    let value = if z < 3.0 {
        let (mut term, mut sum, mut n) = (z, z, 0.0);
        while term.abs() > 1e-18 * sum.abs() {
            n += 1.0;
            term *= -z * z / n;
            sum += term / (2.0 * n + 1.0);
            if n > 200.0 {
                break;
            }
        }
        std::f64::consts::FRAC_2_SQRT_PI * sum
    } else {
        let fraction = (1..=60)
            .rev()
            .fold(0.0, |below, k| f64::from(k) / 2.0 / (z + below));
        1.0 - (-z * z).exp() / std::f64::consts::PI.sqrt() / (z + fraction)
    };
    value.copysign(x)
}

/// The derivatives of a scalar by others.
pub fn gradients(of: Var, by: &[Var]) -> Vec<f64> {
    rounded_gradients(of, by, &mut None)
}

/// The same with products and sums that are moved by this share at random, as rounding does.
pub fn rounded_gradients(of: Var, by: &[Var], rounding: &mut Option<(f64, Random)>) -> Vec<f64> {
    let mut moved = |number: f64, by: f64| match rounding {
        Some((share, random)) => number + by.abs() * *share * random.uniform(-1.0, 1.0),
        None => number,
    };
    if of.node == CONSTANT {
        return vec![0.0; by.len()];
    }
    TAPE.with_borrow(|tape| {
        let last = of.node as usize;
        let mut slopes = vec![0.0; last + 1];
        slopes[last] = 1.0;
        for node in (0..=last).rev() {
            let slope = slopes[node];
            if slope == 0.0 {
                continue;
            }
            note(slope);
            for (from, by) in tape[node].from.into_iter().zip(tape[node].slope) {
                if from == CONSTANT {
                    continue;
                }
                let mut product = slope * by;
                // A copy is exact.
                if by.abs() != 1.0 {
                    product = moved(product, product);
                }
                let before = slopes[from as usize];
                slopes[from as usize] = match before == 0.0 {
                    true => product,
                    false => moved(before + product, before.abs().max(product.abs())),
                };
            }
        }
        by.iter()
            .map(|var| slopes.get(var.node as usize).copied().unwrap_or(0.0))
            .collect()
    })
}

/// How many scalars this thread has.
pub fn len() -> usize {
    TAPE.with_borrow(Vec::len)
}

/// Forgets all scalars of this thread.
pub fn clear() {
    TAPE.with_borrow_mut(Vec::clear);
}

#[cfg(test)]
mod tests {
    use super::{Var, clear, erf, gradients};

    /// The derivative of a function of two numbers, compared with differences.
    fn compare(function: impl Fn(Var, Var) -> Var, x: f64, y: f64) {
        clear();
        let (a, b) = (Var::parameter(x), Var::parameter(y));
        let found = gradients(function(a, b), &[a, b]);
        let at = |x: f64, y: f64| function(Var::constant(x), Var::constant(y)).value();
        let h = 1e-6;
        let expected = [
            (at(x + h, y) - at(x - h, y)) / (2.0 * h),
            (at(x, y + h) - at(x, y - h)) / (2.0 * h),
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-7 * (1.0 + expected.abs()),
                "{found} is not {expected}"
            );
        }
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        compare(|x, y| x * y + x / y - y, 0.7, -1.3);
        compare(
            |x, y| x.exp() * y.tanh() - (x * y).sin() + x.cos(),
            0.4,
            0.9,
        );
        compare(
            |x, y| (x * x + y.square()).sqrt() * y.ln() + x.ln_1p(),
            1.4,
            0.9,
        );
        compare(|x, y| x.powf(2.5) * y.abs() + x.erf() * y.erf(), 0.8, -0.6);
        compare(
            |x, y| x.max(y) * x.min(y) + x.max(0.3) - y.stopped() * 0.0,
            0.8,
            -0.6,
        );
        compare(
            |x, y| [x, y, x * y].into_iter().sum::<Var>() * 2.0 + 1.0 / x - -y,
            0.8,
            -0.6,
        );
    }

    #[test]
    fn the_error_function() {
        // Abramowitz & Stegun, table 7.1, and 1 - erfc(3.5) of table 7.3.
        for (x, value) in [
            (0.5, 0.520_499_877_8),
            (1.0, 0.842_700_792_9),
            (2.0, 0.995_322_265_0),
            (3.5, 0.999_999_256_9),
        ] {
            assert!((erf(x) - value).abs() < 1e-10, "erf({x}) is {}", erf(x));
            assert!((erf(-x) + value).abs() < 1e-10);
        }
        assert!((erf(2.999_999_9) - erf(3.000_000_1)).abs() < 1e-9);
    }

    #[test]
    fn a_constant_has_no_derivative() {
        clear();
        let x = Var::parameter(2.0);
        assert_eq!(gradients(x.stopped() * 3.0, &[x]), [0.0]);
        assert_eq!(gradients(Var::constant(1.0), &[x]), [0.0]);
    }
}
