//! Numbers of both, and when they are the same.

use std::collections::BTreeMap;

use kseq_oracle::expected::{Numbers, Rounding};
use kseq_oracle::generate::MOST;
use kseq_oracle::model::BATCHES;
use kseq_oracle::random::Random;
use kseq_oracle::sides::{Asked, Rule};
use kseq_oracle::tape;

/// Runs the interpreter.
pub type Interpreter<'a> = dyn Fn(Rounding, Rule) -> Watched + 'a;
/// What it comes to, and which sides it has asked for.
pub type Watched = (Numbers, Asked);

/// The share of the largest number of an array that rounding may come to where nothing makes it larger: forward and back, for each layer.
const FORWARD: f64 = 4e-6;
const BACK: f64 = 2e-5;
/// How much larger kseq's rounding may be than what the oracle's numbers move if they are rounded so.
const MOVES: f64 = 10.0;
/// What they are rounded by, a little more than an `f32` is.
pub const ROUNDING: f64 = 2e-7;
/// How often.
const TRIES: u64 = 6;
/// How many numbers near a step or a kink, each on two sides, are tried one by one, and how often all of them.
const MOST_NEAR: usize = 200;
const SWEEPS: usize = 12;

/// What was found of a model.
#[derive(Debug, Default)]
pub struct Report {
    /// What disagrees.
    pub wrong: Vec<String>,
    /// What is as far away as rounding moves the oracle's own numbers.
    pub ill_conditioned: usize,
    /// What agrees if numbers within rounding of a step or a kink are on its other side.
    pub other_sides: usize,
    /// A hash of all numbers of kseq's.
    pub bits: u64,
}

impl Report {
    /// Of a model that could not be run to its end.
    pub fn panicked(seed: u64) -> Report {
        Report {
            wrong: vec![format!("a panic in model {seed}")],
            ..Report::default()
        }
    }

    /// Two results of kseq's that have to be the same bits.
    pub fn same(&mut self, name: &str, expected: &[f32], found: &[f32]) {
        let first = expected
            .iter()
            .zip(found)
            .position(|(a, b)| a.to_bits() != b.to_bits());
        if first.is_some() || expected.len() != found.len() {
            self.wrong.push(format!(
                "{name}: other bits from {first:?} on, {:?}",
                first.map(|i| (expected[i], found[i]))
            ));
        }
    }
}

/// The parts of a comparison in the order in which the interpreter comes to them: the predictions, a pass, the steps of a training.
const PARTS: usize = 2 * BATCHES + 1;

/// The part that numbers of this name are of.
fn part_of(name: &str) -> usize {
    let mut words = name.split_whitespace();
    let (first, second) = (words.next(), words.next());
    let number = || {
        second
            .and_then(|word| word.parse::<usize>().ok())
            .unwrap_or(0)
    };
    let part = match first {
        Some("prediction") => number(),
        Some("loss" | "step") => BATCHES + 1 + number(),
        _ => BATCHES,
    };
    part.min(PARTS - 1)
}

/// Whether a score is better than another one: in the first part that is not the same, since what comes later follows from it.
fn is_nearer(score: &[f64; PARTS], than: &[f64; PARTS]) -> bool {
    let pairs = score.iter().zip(than);
    let mut others = pairs.filter(|(a, b)| (*a - *b).abs() > 1e-6 * (1.0 + b.abs()));
    others.next().is_some_and(|(a, b)| a < b)
}

/// All, their halves, the halves of those and so on to single ones: several that belong together are found together.
fn halves<T: Copy>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    let sizes = (0..usize::BITS).map(|halved| all.len() >> halved);
    let sizes = sizes.take_while(|size| *size > 0);
    sizes.flat_map(|size| all.chunks(size).map(<[T]>::to_vec))
}

/// A run of the interpreter's, and others whose numbers are moved as rounding moves them, on the same sides of all steps and kinks.
struct State {
    numbers: Numbers,
    asked: Asked,
    tries: Vec<Watched>,
}

impl State {
    /// Of a run and its rule.
    fn new(run: &Interpreter<'_>, (numbers, asked): Watched) -> State {
        let rounded = |seed| run(Some((ROUNDING, seed)), Rule::As(asked.taken.clone()));
        State {
            tries: (0..TRIES).map(rounded).collect(),
            numbers,
            asked,
        }
    }

    /// How far rounding moves a number.
    fn moved(&self, name: &str, i: usize) -> f64 {
        let number = self.numbers[name][i];
        let moved = self
            .tries
            .iter()
            .map(|(numbers, _)| (numbers[name][i] - number).abs());
        moved.fold(0.0, f64::max)
    }

    /// How far it moves any of an array.
    fn most(&self, name: &str) -> f64 {
        (0..self.numbers[name].len())
            .map(|i| self.moved(name, i))
            .fold(0.0, f64::max)
    }

    /// The numbers of a part that rounding may bring to the other side of a step or a kink, the nearest ones first, and that side.
    fn near(&self, part: usize) -> Vec<(usize, f64)> {
        let of_part = self.asked.part(part);
        let share = |(at, distance): (usize, &f64)| {
            let tries = self.tries.iter();
            let moved = tries.map(|(_, asked)| (asked.distances[at] - distance).abs());
            let moved = moved.fold(0.0, f64::max);
            // What is at the place itself and does not move is there in any arithmetic: by a mask, or a clip.
            (moved > 0.0 && distance.abs() <= MOVES * moved).then(|| (distance.abs() / moved, at))
        };
        let distances = of_part.clone().zip(&self.asked.distances[of_part]);
        let mut near: Vec<(f64, usize)> = distances.filter_map(share).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        // The place itself, and the other side: of several the last one counts.
        let sides = |(_, at): (f64, usize)| {
            let others = match sign(self.asked.taken[at]) {
                0.0 => [-1.0, 1.0],
                own => [0.0, -own],
            };
            others.map(|side| (at, side))
        };
        near.into_iter().flat_map(sides).collect()
    }
}

/// Kseq's numbers by their names.
#[derive(Clone, Default)]
pub struct Found(BTreeMap<String, Vec<f32>>);

impl Found {
    /// Adds some.
    pub fn add(&mut self, name: String, numbers: &[f32]) {
        self.0.insert(name, numbers.to_vec());
    }

    /// Compares all of them with what the interpreter comes to: `run` runs it, with rounding of its own or none, and with a rule for
    /// numbers that lie near a step or a kink.
    pub fn compare(&self, depth: usize, run: &Interpreter<'_>, report: &mut Report) {
        tape::forget_largest();
        let (expected, asked) = run(None, Rule::Own);
        // (What random layers draw, nobody knows before.)
        if tape::largest() > MOST {
            report.ill_conditioned += 1;
            return;
        }
        if !self.0.keys().eq(expected.keys()) {
            let (kseq, oracle): (Vec<_>, Vec<_>) =
                (self.0.keys().collect(), expected.keys().collect());
            report
                .wrong
                .push(format!("kseq has {kseq:?}, the oracle {oracle:?}"));
            return;
        }
        for (name, found) in &self.0 {
            let (expected, found) = (expected[name].len(), found.len());
            if expected != found {
                report.wrong.push(format!(
                    "{name}: kseq has {found} numbers, the oracle {expected}"
                ));
                return;
            }
        }
        self.hash(report);
        if self
            .0
            .keys()
            .all(|name| self.is_close(name, &expected, depth))
        {
            return;
        }
        let state = State::new(run, (expected, asked));
        let wrong = self.far(&state, depth);
        if wrong.is_empty() {
            report.ill_conditioned += 1;
        } else if self.other_sides(run, state, depth) {
            report.other_sides += 1;
        } else {
            report.wrong.extend(wrong);
        }
    }

    /// What is further away than rounding moves it.
    fn far(&self, state: &State, depth: usize) -> Vec<String> {
        let mut far = Vec::new();
        for (name, found) in &self.0 {
            let (expected, most) = (&state.numbers[name], state.most(name));
            let tolerance = tolerance(name, &state.numbers, depth);
            let pairs = expected.iter().zip(found).enumerate();
            let worst =
                pairs.max_by(|a, b| distance(*a.1.0, *a.1.1).total_cmp(&distance(*b.1.0, *b.1.1)));
            if let Some((i, (expected, found))) = worst
                && distance(*expected, *found) > tolerance + MOVES * most
            {
                far.push(format!(
                    "{name}[{i}]: kseq {found}, oracle {expected}, tolerance {tolerance:.1e}, rounding moves it by {:.1e}, any by {most:.1e}",
                    state.moved(name, i)
                ));
            }
        }
        far
    }

    /// Whether all agree if some of the numbers that rounding may bring to the other side of a step or a kink are there: each that brings
    /// the interpreter nearer stays there.
    fn other_sides(&self, run: &Interpreter<'_>, mut state: State, depth: usize) -> bool {
        let mut turned = BTreeMap::new();
        for _ in 0..SWEEPS {
            let mut score = self.score(&state.numbers, &state, depth);
            let mut nearest = None;
            // What comes later follows from it.
            let Some(part) = score.iter().position(|score| *score > 0.0) else {
                return false;
            };
            let near = state.near(part);
            let few = if near.len() > MOST_NEAR {
                &[]
            } else {
                &near[..]
            };
            let some = std::iter::once(self.moved_otherwise(&near, &state, part, depth));
            for some in some.chain(halves(few)) {
                let mut other = turned.clone();
                other.extend(some);
                if other == turned {
                    continue;
                }
                let watched = run(None, Rule::Turned(other.clone()));
                let other_score = self.score(&watched.0, &state, depth);
                if is_nearer(&other_score, &score) {
                    (score, turned, nearest) = (other_score, other, Some(watched));
                }
            }
            let Some(watched) = nearest else {
                return near.len() > MOST_NEAR
                    && self.any_sides(run, &state, &turned, &near, depth);
            };
            state = State::new(run, watched);
            if self.far(&state, depth).is_empty() {
                return true;
            }
        }
        false
    }

    /// Where too many numbers lie near a step or a kink for each to be tried: whether kseq's are no further away than some of the
    /// interpreter's are, if each of these numbers is on a side at random.
    fn any_sides(
        &self,
        run: &Interpreter<'_>,
        state: &State,
        turned: &BTreeMap<usize, f64>,
        near: &[(usize, f64)],
        depth: usize,
    ) -> bool {
        let numbers = |seed| {
            let mut random = Random::new(seed);
            let mut sides = turned.clone();
            sides.extend(near.iter().copied().filter(|_| random.chance(0.5)));
            run(None, Rule::Turned(sides)).0
        };
        let others: Vec<Numbers> = (0..2 * TRIES).map(numbers).collect();
        self.0.iter().all(|(name, found)| {
            let expected = &state.numbers[name];
            let far = |other: &Numbers| {
                let pairs = other[name].iter().zip(expected);
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            };
            let most = others.iter().map(far).fold(0.0, f64::max);
            let allowed =
                tolerance(name, &state.numbers, depth) + MOVES * state.most(name) + 2.0 * most;
            let mut pairs = expected.iter().zip(found);
            pairs.all(|(expected, found)| distance(*expected, *found) <= allowed)
        })
    }

    /// Of these numbers near a step those by whose sign an optimizer has moved a value otherwise than kseq has.
    fn moved_otherwise(
        &self,
        near: &[(usize, f64)],
        state: &State,
        part: usize,
        depth: usize,
    ) -> Vec<(usize, f64)> {
        let is_other = |(at, side): &&(usize, f64)| {
            let Some((array, value)) = state.asked.moves.get(at) else {
                return false;
            };
            let name = format!("step {} {array}", part.saturating_sub(BATCHES + 1));
            let (expected, found) = (state.numbers[&name][*value], self.0[&name][*value]);
            // From one side to the other in two steps: at the place itself nothing moves.
            let wanted = if f64::from(found) < expected {
                1.0
            } else {
                -1.0
            };
            distance(expected, found) > tolerance(&name, &state.numbers, depth)
                && side - sign(state.asked.taken[*at]) == wanted
        };
        near.iter().filter(is_other).copied().collect()
    }

    /// How far all are from numbers of the interpreter's, beyond what rounding does: of each part of the comparison by itself.
    fn score(&self, numbers: &Numbers, state: &State, depth: usize) -> [f64; PARTS] {
        let mut score = [0.0; PARTS];
        for (name, found) in &self.0 {
            let allowed = tolerance(name, &state.numbers, depth) + MOVES * state.most(name);
            let pairs = numbers[name].iter().zip(found);
            let beyond = pairs.map(|(expected, found)| distance(*expected, *found) / allowed - 1.0);
            score[part_of(name)] += beyond.map(|beyond| beyond.clamp(0.0, 1e12)).sum::<f64>();
        }
        score
    }

    fn is_close(&self, name: &str, all: &Numbers, depth: usize) -> bool {
        let found = &self.0[name];
        let (expected, tolerance) = (&all[name], tolerance(name, all, depth));
        found.len() == expected.len()
            && expected
                .iter()
                .zip(found)
                .all(|(expected, found)| distance(*expected, *found) <= tolerance)
    }

    fn hash(&self, report: &mut Report) {
        for number in self.0.values().flatten() {
            report.bits = (report.bits ^ u64::from(number.to_bits()))
                .wrapping_mul(0x0100_0000_01b3)
                .rotate_left(23);
        }
    }
}

/// 1, 0 or -1.
fn sign(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number.signum() }
}

fn distance(expected: f64, found: f32) -> f64 {
    let distance = (expected - f64::from(found)).abs();
    if distance.is_nan() {
        f64::INFINITY
    } else {
        distance
    }
}

/// How far kseq's may be from an array of these numbers.
fn tolerance(name: &str, all: &Numbers, depth: usize) -> f64 {
    let largest = |numbers: &[f64]| numbers.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let own = largest(&all[name]).max(1e-2);
    let (share, size) = if name.starts_with("gradient") {
        // Where they cancel, as in front of a normalization, sums are as exact as what is summed.
        let gradients = all.iter().filter(|(name, _)| name.starts_with("gradient"));
        let of_all = gradients.map(|(_, numbers)| largest(numbers));
        (BACK, own.max(0.05 * of_all.fold(0.0, f64::max)))
    } else if name.starts_with("step") {
        (BACK, own)
    } else {
        (FORWARD, own)
    };
    share * (2 + depth) as f64 * size
}
