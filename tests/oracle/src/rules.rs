//! How each optimizer changes one array: the method `update_step` of Keras's classes.

use crate::call::Call;
use crate::optimizers::{Gradient, Variable, epsilon};
use crate::random::rounded;
use crate::sides::sign_of_move;

/// What an optimizer keeps of an array: by Keras's names momentum, velocity, accumulator and the like.
#[derive(Clone, Debug)]
pub struct State {
    first: Vec<f64>,
    second: Vec<f64>,
    third: Vec<f64>,
}

impl State {
    /// Before the first update.
    pub(crate) fn new(call: &Call, variable: &Variable) -> State {
        let zeros = vec![0.0; variable.values.len()];
        let first = match call.class.as_str() {
            "Adagrad" | "Ftrl" => {
                let initial = call.number("initial_accumulator_value", 0.1);
                vec![initial; zeros.len()]
            }
            "ScheduleFreeAdamW" => variable.values.clone(),
            _ => zeros.clone(),
        };
        State {
            first,
            second: zeros.clone(),
            third: zeros,
        }
    }
}

/// An update.
pub(crate) struct Rule<'a> {
    pub(crate) call: &'a Call,
    /// The learning rate.
    pub(crate) rate: f64,
    /// The number of the update, from 1.
    pub(crate) step: f64,
    /// `Nadam`'s product.
    pub(crate) product: f64,
}

/// `new` moves `old` by the part `1 - beta`, of the decimal that was typed: Keras subtracts before it rounds, and takes the powers of
/// corrections of the `f32`. Of 0.999 the two are 1.3e-5 apart, by half of which the first steps are larger or smaller.
fn moved(old: f64, new: f64, beta: f64) -> f64 {
    let typed = (beta as f32).to_string().parse().unwrap_or(beta);
    old + (1.0 - typed) * (new - old)
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn root_mean_square(values: &[f64]) -> f64 {
    norm(values) / (values.len() as f64).sqrt()
}

/// Whether `Muon` treats an array as a matrix; all others it treats as AdamW does.
pub(crate) fn is_muons(call: &Call, variable: &Variable) -> bool {
    let excluded = call.texts("exclude_layers");
    let is_excluded = excluded.iter().any(|name| variable.path.contains(name));
    let embedding =
        call.flag("exclude_embeddings", true) && variable.path.to_lowercase().contains("embedding");
    variable.shape.len() == 2 && !embedding && !is_excluded
}

impl Rule<'_> {
    fn number(&self, name: &str, default: f64) -> f64 {
        self.call.number(name, default)
    }

    fn betas(&self) -> (f64, f64) {
        (self.number("beta_1", 0.9), self.number("beta_2", 0.999))
    }

    /// Changes an array.
    pub(crate) fn update(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        match self.call.class.as_str() {
            "SGD" => self.sgd(variable, gradient, state),
            "RMSprop" => self.rmsprop(variable, gradient, state),
            "Adagrad" => self.adagrad(variable, gradient, state),
            "Adadelta" => self.adadelta(variable, gradient, state),
            "Adam" | "AdamW" => {
                let amsgrad = self.call.flag("amsgrad", false);
                self.adam(variable, gradient, state, self.betas(), self.rate, amsgrad);
            }
            "Adamax" => self.adamax(variable, gradient, state),
            "Nadam" => self.nadam(variable, gradient, state),
            "Lamb" => self.lamb(variable, gradient, state),
            "Lion" => self.lion(variable, gradient, state),
            "Ftrl" => self.ftrl(variable, gradient, state),
            "Adafactor" => self.adafactor(variable, gradient, state),
            "ScheduleFreeAdamW" => self.schedule_free(variable, gradient, state),
            "Muon" if is_muons(self.call, variable) => self.muon(variable, gradient, state),
            "Muon" => {
                let betas = (
                    self.number("adam_beta_1", 0.9),
                    self.number("adam_beta_2", 0.999),
                );
                let rate = self.rate * self.number("adam_lr_ratio", 1.0);
                self.adam(variable, gradient, state, betas, rate, false);
            }
            other => panic!("no optimizer {other}"),
        }
    }

    fn sgd(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let momentum = self.number("momentum", 0.0);
        let nesterov = self.call.flag("nesterov", false);
        for (i, g) in gradient.values.iter().enumerate() {
            let (w, v) = (&mut variable.values[i], &mut state.first[i]);
            let step = self.rate * g;
            *v = momentum * *v - step;
            *w += if nesterov && momentum != 0.0 {
                momentum * *v - step
            } else {
                *v
            };
        }
    }

    fn rmsprop(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let (rho, momentum) = (self.number("rho", 0.9), self.number("momentum", 0.0));
        let centered = self.call.flag("centered", false);
        // A variance is of whole gradients (Keras fails where occurrences repeat).
        let squares = match centered {
            true => gradient.values.iter().map(|g| g * g).collect(),
            false => gradient.sums(|g| g * g),
        };
        for (i, g) in gradient.values.iter().enumerate() {
            let velocity = &mut state.first[i];
            *velocity = moved(*velocity, squares[i], rho);
            let mut denominator = *velocity + epsilon(self.call);
            if centered {
                let average = &mut state.second[i];
                *average = moved(*average, *g, rho);
                denominator -= *average * *average;
            }
            let increment = self.rate * g / denominator.sqrt();
            state.third[i] = momentum * state.third[i] + increment;
            variable.values[i] -= state.third[i];
        }
    }

    fn adagrad(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let squares = gradient.sums(|g| g * g);
        for (i, g) in gradient.values.iter().enumerate() {
            state.first[i] += squares[i];
            variable.values[i] -= self.rate * g / (state.first[i] + epsilon(self.call)).sqrt();
        }
    }

    fn adadelta(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let rho = self.number("rho", 0.95);
        let root = |x: f64| (x + epsilon(self.call)).sqrt();
        let squares = gradient.sums(|g| g * g);
        for (i, g) in gradient.values.iter().enumerate() {
            state.first[i] = moved(state.first[i], squares[i], rho);
            let factor = root(state.second[i]) / root(state.first[i]);
            // The squares of the parts of the step.
            state.second[i] = moved(state.second[i], factor * factor * squares[i], rho);
            variable.values[i] -= self.rate * factor * g;
        }
    }

    fn adam(
        &self,
        variable: &mut Variable,
        gradient: &Gradient,
        state: &mut State,
        (beta_1, beta_2): (f64, f64),
        rate: f64,
        amsgrad: bool,
    ) {
        let alpha = rate * (1.0 - beta_2.powf(self.step)).sqrt() / (1.0 - beta_1.powf(self.step));
        let squares = gradient.sums(|g| g * g);
        for (i, g) in gradient.values.iter().enumerate() {
            let (m, v) = (&mut state.first[i], &mut state.second[i]);
            *m = moved(*m, *g, beta_1);
            *v = moved(*v, squares[i], beta_2);
            state.third[i] = state.third[i].max(*v);
            let v = if amsgrad { state.third[i] } else { *v };
            variable.values[i] -= alpha * *m / (v.sqrt() + epsilon(self.call));
        }
    }

    fn adamax(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let (beta_1, beta_2) = self.betas();
        let sizes = gradient.sums(f64::abs);
        for (i, g) in gradient.values.iter().enumerate() {
            let (m, u) = (&mut state.first[i], &mut state.second[i]);
            *m = moved(*m, *g, beta_1);
            *u = (beta_2 * *u).max(sizes[i]);
            let correction = 1.0 - beta_1.powf(self.step);
            variable.values[i] -= self.rate * *m / (correction * (*u + epsilon(self.call)));
        }
    }

    fn nadam(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let (beta_1, beta_2) = self.betas();
        let at = |step: f64| beta_1 * (1.0 - 0.5 * 0.96_f64.powf(step));
        let (now, next) = (at(self.step), at(self.step + 1.0));
        let squares = gradient.sums(|g| g * g);
        for (i, g) in gradient.values.iter().enumerate() {
            let (m, v) = (&mut state.first[i], &mut state.second[i]);
            *m = moved(*m, *g, beta_1);
            *v = moved(*v, squares[i], beta_2);
            let m_hat =
                next * *m / (1.0 - self.product * next) + (1.0 - now) * g / (1.0 - self.product);
            let v_hat = *v / (1.0 - beta_2.powf(self.step));
            variable.values[i] -= self.rate * m_hat / (v_hat.sqrt() + epsilon(self.call));
        }
    }

    fn lamb(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let (beta_1, beta_2) = self.betas();
        let squares = gradient.sums(|g| g * g);
        let mut update = Vec::new();
        for (i, g) in gradient.values.iter().enumerate() {
            let (m, v) = (&mut state.first[i], &mut state.second[i]);
            *m = moved(*m, *g, beta_1);
            *v = moved(*v, squares[i], beta_2);
            let m_hat = *m / (1.0 - beta_1.powf(self.step));
            let v_hat = *v / (1.0 - beta_2.powf(self.step));
            update.push(m_hat / (v_hat.sqrt() + epsilon(self.call)));
        }
        let (of_weights, of_update) = (norm(&variable.values), norm(&update));
        let ratio = match of_weights > 0.0 && of_update > 0.0 {
            true => of_weights / of_update,
            false => 1.0,
        };
        let all = variable.values.iter_mut().zip(update);
        all.for_each(|(w, update)| *w -= ratio * self.rate * update);
    }

    fn lion(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let (beta_1, beta_2) = (self.number("beta_1", 0.9), self.number("beta_2", 0.99));
        for (i, g) in gradient.values.iter().enumerate() {
            let m = &mut state.first[i];
            let direction = sign_of_move(moved(*m, *g, beta_1), &variable.path, i);
            if direction != 0.0 {
                variable.values[i] -= self.rate * direction.signum();
            }
            *m = moved(*m, *g, beta_2);
        }
    }

    fn ftrl(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let power = -self.number("learning_rate_power", -0.5);
        let l1 = self.number("l1_regularization_strength", 0.0);
        let l2 = self.number("l2_regularization_strength", 0.0)
            + self.number("beta", 0.0) / (2.0 * self.rate);
        let shrinkage = self.number("l2_shrinkage_regularization_strength", 0.0);
        let squares = gradient.sums(|g| g * g);
        for (i, g) in gradient.values.iter().enumerate() {
            let w = &mut variable.values[i];
            let (before, linear) = (state.first[i], &mut state.second[i]);
            let after = before + squares[i];
            let sigma = (rounded(after.powf(power)) - rounded(before.powf(power))) / self.rate;
            *linear += g + 2.0 * shrinkage * *w - sigma * *w;
            let quadratic = after.powf(power) / self.rate + 2.0 * l2;
            *w = (linear.clamp(-l1, l1) - *linear) / quadratic;
            state.first[i] = after;
        }
    }

    /// The velocity of a matrix, or of matrices side by side, is a product of two vectors: the means over its rows and columns.
    fn adafactor(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let epsilon_1 = self.number("epsilon_1", 1e-30);
        let rho = self.rate.min(1.0 / self.step.sqrt());
        let alpha = self
            .number("epsilon_2", 1e-3)
            .max(root_mean_square(&variable.values))
            * rho;
        let beta = 1.0 - self.step.powf(self.number("beta_2_decay", -0.8));
        let squares: Vec<f64> = gradient
            .sums(|g| g * g)
            .iter()
            .map(|square| square + epsilon_1)
            .collect();
        let velocity: Vec<f64> = match variable.shape[..] {
            [.., rows, columns] => {
                let mut velocity = Vec::new();
                for (n, matrix) in squares.chunks(rows * columns).enumerate() {
                    let (r, c) = (
                        &mut state.first[n * rows..][..rows],
                        &mut state.second[n * columns..][..columns],
                    );
                    for (i, r) in r.iter_mut().enumerate() {
                        let sum: f64 = (0..columns).map(|j| matrix[i * columns + j]).sum();
                        *r = moved(*r, sum / columns as f64, beta);
                    }
                    for (j, c) in c.iter_mut().enumerate() {
                        let sum: f64 = (0..rows).map(|i| matrix[i * columns + j]).sum();
                        *c = moved(*c, sum / rows as f64, beta);
                    }
                    let mean = r.iter().sum::<f64>() / rows as f64;
                    velocity.extend(r.iter().flat_map(|r| c.iter().map(move |c| r / mean * c)));
                }
                velocity
            }
            _ => {
                let all = state.third.iter_mut().zip(&squares);
                all.for_each(|(v, square)| *v = moved(*v, *square, beta));
                state.third.clone()
            }
        };
        // Of a row and a column without gradients the product is 0 in float32, and the update none: 0 / 0, in Keras as well.
        let seen = |v: f64| {
            if v < f64::from(f32::MIN_POSITIVE) {
                0.0
            } else {
                v
            }
        };
        // The mean is of the squares of single occurrences.
        let squares = gradient.sums(|g| g * g);
        let sum: f64 = squares
            .iter()
            .zip(&velocity)
            .map(|(g, v)| g / seen(*v))
            .sum();
        let size = (sum / squares.len() as f64).sqrt();
        let clipped = (size / self.number("clip_threshold", 1.0)).max(1.0);
        let all = gradient.values.iter().zip(velocity);
        let update = all.map(|(g, v)| g / seen(v).sqrt());
        let all = variable.values.iter_mut().zip(update);
        all.for_each(|(w, update)| *w -= alpha * update / clipped);
    }

    fn schedule_free(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let (beta_1, beta_2) = self.betas();
        let warmup = self.call.whole("warmup_steps", 0) as f64;
        let rate = match warmup > 0.0 {
            true => self.rate * (self.step / warmup).min(1.0),
            false => self.rate,
        };
        let squares = gradient.sums(|g| g * g);
        for (i, g) in gradient.values.iter().enumerate() {
            let (z, v) = (&mut state.first[i], &mut state.second[i]);
            *v = moved(*v, squares[i], beta_2);
            let v_hat = *v / (1.0 - beta_2.powf(self.step));
            *z -= rate * g / (v_hat.sqrt() + epsilon(self.call));
            // On TensorFlow `momentum_old` is the variable itself, which has moved by then.
            let x = (variable.values[i] - (1.0 - beta_1) * *z) / beta_1;
            let x = moved(*z, x, 1.0 / self.step);
            variable.values[i] = moved(x, *z, beta_1);
        }
    }

    /// The momentum, made nearly orthogonal by a polynomial of it (Newton and Schulz).
    fn muon(&self, variable: &mut Variable, gradient: &Gradient, state: &mut State) {
        let momentum = self.number("momentum", 0.95);
        let nesterov = self.call.flag("nesterov", true);
        let (rows, columns) = (variable.shape[0], variable.shape[1]);
        let mut update = Vec::new();
        for (m, g) in state.first.iter_mut().zip(&gradient.values) {
            *m = momentum * *m + g;
            update.push(if nesterov { g + momentum * *m } else { *m });
        }
        let is_tall = rows > columns;
        let (mut x, n, len) = match is_tall {
            true => (transposed(&update, rows, columns), columns, rows),
            false => (update, rows, columns),
        };
        let size = norm(&x) + 1e-7;
        x.iter_mut().for_each(|x| *x /= size);
        let (a, b, c) = (
            self.number("muon_a", 3.4445),
            self.number("muon_b", -4.775),
            self.number("muon_c", 2.0315),
        );
        for _ in 0..self.call.whole("ns_steps", 5) {
            let square = product(&x, &transposed(&x, n, len), n, len, n);
            let fourth = product(&square, &square, n, n, n);
            let both = square.iter().zip(&fourth);
            let both: Vec<f64> = both
                .map(|(square, fourth)| b * square + c * fourth)
                .collect();
            let added = product(&both, &x, n, n, len);
            x.iter_mut()
                .zip(added)
                .for_each(|(x, added)| *x = a * *x + added);
        }
        if is_tall {
            x = transposed(&x, n, len);
        }
        // 0 is what Keras's `None` is here: the update as it is.
        let factor = match self.number("rms_rate", 0.2) {
            0.0 => self.rate,
            rms_rate => self.rate * (rows.max(columns) as f64).sqrt() * rms_rate,
        };
        let all = variable.values.iter_mut().zip(x);
        all.for_each(|(w, x)| *w -= factor * x);
    }
}

fn transposed(x: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let column = |j: usize| (0..rows).map(move |i| x[i * columns + j]);
    (0..columns).flat_map(column).collect()
}

/// A matrix of `n` x `k` times one of `k` x `m`.
fn product(a: &[f64], b: &[f64], n: usize, k: usize, m: usize) -> Vec<f64> {
    let element = |i: usize, j: usize| (0..k).map(|l| a[i * k + l] * b[l * m + j]).sum();
    (0..n * m).map(|at| element(at / m, at % m)).collect()
}
