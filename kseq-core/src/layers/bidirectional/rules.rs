//! The rules of `Bidirectional`: of its shapes, and of what its two ways must agree in.

use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// The shape rule: of what both ways give, `one` and `other`, which may stand side by side.
pub const fn shape(one: Rule, other: Rule, concat: bool) -> Rule {
    let one = match one {
        Ok(one) => one,
        Err(refusal) => {
            let then = match refusal.then {
                Some(then) => Some(merged(then, concat)),
                None => None,
            };
            return Err(Refusal { then, ..refusal });
        }
    };
    let other = match other {
        Ok(other) => other,
        Err(refusal) => {
            let then = Some(merged(one, concat));
            return Err(Refusal { then, ..refusal });
        }
    };
    if one.rank() == other.rank() && one.last() != other.last() {
        let what = Text::new()
            .str("Bidirectional puts outputs of one size together: layer gives ")
            .num(one.last())
            .str(" features, backward_layer ")
            .num(other.last());
        return Err(Refusal {
            then: Some(merged(one, concat)),
            ..Refusal::new(what, "give both the same units")
        });
    }
    let len = one.last().checked_mul(2);
    match len {
        None => {
            let what = Text::new().str("its output is larger than the address space");
            Err(Refusal::new(what, "use fewer units"))
        }
        Some(_) => Ok(merged(one, concat)),
    }
}

/// The same of two ways that are alike.
pub const fn shape_of_one(one: Rule, concat: bool) -> Rule {
    match one {
        Ok(one) => shape(Ok(one), Ok(one), concat),
        Err(refusal) => shape(Err(refusal), Ok(Shape::new(&[])), concat),
    }
}

const fn merged(one: Shape, concat: bool) -> Shape {
    match concat {
        true => one.with_last(one.last().wrapping_mul(2)),
        false => one,
    }
}

/// What the ways say of themselves.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// `go_backwards`
    pub go_backwards: bool,
    /// `return_sequences`
    pub return_sequences: bool,
    /// `stateful`
    pub stateful: bool,
}

/// The rule of the two ways: `other` is `None` if there is no `backward_layer`.
#[must_use]
pub const fn ways_rule(one: Way, other: Option<Way>) -> Option<Refusal> {
    let Some(other) = other else {
        if !one.go_backwards {
            return None;
        }
        let what =
            "the layer in Bidirectional goes backwards, and so does the one that is made of it";
        let help = "leave out `go_backwards`: Bidirectional reads both ways by itself";
        return Some(Refusal::new(Text::new().str(what), help));
    };
    if one.go_backwards == other.go_backwards {
        let what = Text::new()
            .str("layer and backward_layer both go ")
            .str(if one.go_backwards {
                "backwards"
            } else {
                "forwards"
            });
        let help = match one.go_backwards {
            true => "leave `go_backwards` out of `layer`",
            false => "write `backward_layer = ...(..., go_backwards = true)`",
        };
        return Some(Refusal::new(what, help));
    }
    let (name, differs) = if one.return_sequences == other.return_sequences {
        ("stateful", one.stateful != other.stateful)
    } else {
        ("return_sequences", true)
    };
    if !differs {
        return None;
    }
    let what = Text::new()
        .str("layer and backward_layer differ in ")
        .str(name);
    Some(Refusal::new(what, "give both the same value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORTH: Way = Way {
        go_backwards: false,
        return_sequences: true,
        stateful: false,
    };
    const BACK: Way = Way {
        go_backwards: true,
        ..FORTH
    };

    #[test]
    fn two_ways_agree_but_for_the_direction() {
        assert!(ways_rule(FORTH, None).is_none() && ways_rule(BACK, None).is_some());
        assert!(ways_rule(FORTH, Some(BACK)).is_none() && ways_rule(BACK, Some(FORTH)).is_none());
        assert!(ways_rule(FORTH, Some(FORTH)).is_some() && ways_rule(BACK, Some(BACK)).is_some());
        let vector = Way {
            return_sequences: false,
            ..BACK
        };
        let what = ways_rule(FORTH, Some(vector)).map(|refusal| refusal.what);
        let text = "layer and backward_layer differ in return_sequences";
        assert_eq!(what.as_ref().map(Text::as_str), Some(text));
    }

    #[test]
    fn outputs_of_one_size() {
        let given = |units| Ok(Shape::new(&[8, units]));
        let merged = |concat| shape(given(5), given(5), concat).expect("fits");
        assert_eq!(merged(true), Shape::new(&[8, 10]));
        assert_eq!(merged(false), Shape::new(&[8, 5]));
        assert!(shape(given(5), given(4), true).is_err());
    }
}
