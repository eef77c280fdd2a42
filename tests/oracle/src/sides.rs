//! On which side of a step or of a kink a number is.
//!
//! Where a number lies within rounding of the place at which a function jumps or bends, the engine may find it on the other side, and is as
//! right. Whoever asks on which side a number is asks here, so that such places are known: how far each number is from the place, and, in
//! another run, what becomes of all if one of them is on the other side ([`Rule::Turned`]), or if all stay where they were while rounding
//! moves them ([`Rule::As`]).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::random::single;

/// Which sides are taken.
#[derive(Clone, Debug, Default)]
pub enum Rule {
    /// Those that the numbers are on.
    #[default]
    Own,
    /// The same, but for these, which are on others.
    Turned(BTreeMap<usize, f64>),
    /// These.
    As(Vec<f64>),
}

/// What a run has asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// How far each number was from its place.
    pub distances: Vec<f64>,
    /// The sides that were taken.
    pub taken: Vec<f64>,
    /// How many had been asked for where each part of the run began.
    pub begins: Vec<usize>,
    /// Those by whose sign an optimizer moves a parameter down: the array's name, and which of its values.
    pub moves: BTreeMap<usize, (String, usize)>,
}

impl Asked {
    /// What was asked in a part of the run.
    pub fn part(&self, number: usize) -> Range<usize> {
        let begin = |number: usize| self.begins.get(number).copied().unwrap_or(self.taken.len());
        begin(number)..begin(number + 1)
    }
}

/// Begins a part of a run.
pub fn begin() {
    STATE.with_borrow_mut(|state| {
        if let Some((_, asked)) = state {
            asked.begins.push(asked.taken.len());
        }
    });
}

thread_local! {
    static STATE: RefCell<Option<(Rule, Asked)>> = const { RefCell::new(None) };
}

/// The side of a place that a number is on: positive above it, negative below it, or 0 at the place itself. Both are numbers of the
/// engine's, `f32`s: where a function has come so near to its limit that an `f32` is the limit itself, so is this.
pub fn side(number: f64, place: f64) -> f64 {
    let (distance, own) = (number - place, single(number) - single(place));
    STATE.with_borrow_mut(|state| {
        let Some((rule, asked)) = state else {
            return own;
        };
        let at = asked.taken.len();
        let taken = match rule {
            Rule::Own => own,
            Rule::Turned(turned) => turned.get(&at).copied().unwrap_or(own),
            Rule::As(sides) => *sides.get(at).expect("as many sides in each run"),
        };
        asked.distances.push(distance);
        asked.taken.push(taken);
        taken
    })
}

/// The side of 0 that a number is on by whose sign an optimizer moves a value of an array down.
pub fn sign_of_move(number: f64, path: &str, value: usize) -> f64 {
    STATE.with_borrow_mut(|state| {
        if let Some((_, asked)) = state {
            let name = path.replace('/', ".");
            asked.moves.insert(asked.taken.len(), (name, value));
        }
    });
    side(number, 0.0)
}

/// Calls with a rule, and says what was asked.
pub fn watched<R>(rule: Rule, call: impl FnOnce() -> R) -> (R, Asked) {
    STATE.set(Some((rule, Asked::default())));
    let result = call();
    let asked = STATE.take().map(|(_, asked)| asked);
    (result, asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Rule, side, watched};

    #[test]
    fn sides_are_taken_as_the_rule_says() {
        let run = |rule| watched(rule, || [side(5.0, 3.0), side(2.0, 3.0), side(1e-9, 0.0)]);
        let (own, asked) = run(Rule::Own);
        assert_eq!((own[0], own[1], asked.distances[2]), (2.0, -1.0, 1e-9));
        let (turned, asked) = run(Rule::Turned([(1, 1.0)].into()));
        assert_eq!((turned, asked.taken), ([2.0, 1.0, own[2]], turned.to_vec()));
        let (followed, asked) = run(Rule::As(vec![-1.0, -2.0, 3.0]));
        assert_eq!(followed, [-1.0, -2.0, 3.0]);
        assert_eq!(asked.distances[..2], [2.0, -1.0]);
        assert_eq!(side(1.0 - 1e-9, 1.0), 0.0);
        assert_eq!(watched(Rule::Own, || ()).1.taken.len(), 0);
    }
}
