//! The rules of the recurrent layers: of their shapes, and of arguments.

use crate::layers::rules::{EACH_STEP, NO_FEATURES, fits, open_features, with_batch};
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::text::Text;

/// The layer before that gives a vector although it could give a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    /// Its number, from 1.
    pub number: usize,
    /// Its name.
    pub name: &'static str,
    /// Its class.
    pub class: &'static str,
}

/// The shape rule of all recurrent layers: `(steps, features)` becomes `(units,)`, or
/// `(steps, units)` with `return_sequences`. `gates` is how many kernels of `units` lie side by side.
pub const fn shape(
    class: &str,
    input: Shape,
    units: usize,
    return_sequences: bool,
    gates: usize,
    before: Option<Last>,
) -> Rule {
    if let Elem::U32 = input.elem() {
        let what = Text::new()
            .str(class)
            .str(" expects f32 features, found integer tokens ")
            .text(&input.text());
        return Err(Refusal::new(what, "put an Embedding first"));
    }
    if input.rank() != 2 {
        let refusal = not_a_sequence(class, input, before);
        return Err(match return_sequences {
            false if units > 0 => refusal.then(Shape::new(&[units])),
            _ => refusal,
        });
    }
    if units == 0 {
        let what = Text::new().str("units must be a positive integer, found 0");
        return Err(Refusal::new(what, "give the number of output features"));
    }
    if let Some(refusal) = open_features(class, "", input) {
        return Err(refusal);
    }
    let Some(columns) = units.checked_mul(gates) else {
        let what = Text::new().str("its kernels are larger than the address space");
        return Err(Refusal::new(what, "use fewer units"));
    };
    // The slab of the steps has at most two more columns for each unit.
    let steps = if input.is_open(0) { 1 } else { input.dim(0) };
    let slab = Shape::new(&[steps.saturating_add(1), columns, 3]);
    let kernels = [
        Shape::new(&[input.last(), columns]),
        Shape::new(&[units, columns]),
    ];
    if !fits(&kernels[0]) || !fits(&kernels[1]) || slab.len().is_none() {
        let what = Text::new()
            .str("its kernels ")
            .text(&kernels[0].text())
            .str(" and ")
            .text(&kernels[1].text())
            .str(" are larger than the address space");
        return Err(Refusal::new(what, "use fewer units"));
    }
    Ok(if return_sequences {
        input.with_last(units)
    } else {
        Shape::new(&[units])
    })
}

const fn not_a_sequence(class: &str, input: Shape, before: Option<Last>) -> Refusal {
    let what = Text::new()
        .str(class)
        .str(" expects ndim=3 (batch, steps, features), found ndim=")
        .num(input.rank() + 1)
        .str(", full shape received: ")
        .text(&with_batch(input));
    if input.is_open(0) {
        let help = match input.rank() {
            1 => Text::new().str(NO_FEATURES),
            _ => Text::new()
                .str("write TimeDistributed(")
                .str(class)
                .str(EACH_STEP),
        };
        return Refusal {
            what,
            help,
            then: None,
        };
    }
    if input.rank() != 1 {
        return Refusal::new(what, "put a Reshape((steps, features)) before it");
    }
    let Some(before) = before else {
        let help = "a sequence has two axes: declare input_shape = (steps, features), or put a \
                    Reshape((steps, features)) or a RepeatVector(steps) before it";
        return Refusal::new(what, help);
    };
    let what = what
        .str("; layer ")
        .num(before.number)
        .str(" `")
        .str(before.name)
        .str("` lacks return_sequences = true: it gives its last output only");
    let help = Text::new()
        .str("write `")
        .str(before.class)
        .str("(..., return_sequences = true)` in layer ")
        .num(before.number);
    Refusal {
        what,
        help,
        then: None,
    }
}

/// The rule of `dropout` and `recurrent_dropout`: at least 0 and less than 1.
#[must_use]
pub const fn rate_rule(argument: &str, rate: f32) -> Option<Refusal> {
    if rate >= 0.0 && rate < 1.0 {
        return None;
    }
    let what = Text::new()
        .str(argument)
        .str(" must be at least 0 and less than 1, found ")
        .float(rate);
    let help = "it is the share of values set to 0: 0.2 drops one in five";
    Some(Refusal::new(what, help))
}

/// The rule of `stateful`: the state has a row for each sample of a batch.
#[must_use]
pub const fn stateful_rule(stateful: bool, batch: Option<usize>) -> Option<Refusal> {
    if !stateful || batch.is_some() {
        return None;
    }
    let what =
        "stateful = true needs the batch size: the state has one row for each sample of a batch";
    let help = "declare the input with it: `batch_input_shape = (32, steps, features)`, or `batch_size = 32`";
    Some(Refusal::new(Text::new().str(what), help))
}

/// The columns of a kernel: the units, once for each gate.
#[must_use]
pub const fn gate_columns(units: usize, gates: usize) -> usize {
    units.wrapping_mul(gates)
}

/// Whether a layer drops anything.
#[must_use]
pub const fn drops(dropout: f32, recurrent_dropout: f32) -> bool {
    dropout > 0.0 || recurrent_dropout > 0.0
}

/// The number of rows of a layer's state.
#[must_use]
pub const fn state_rows(stateful: bool, batch: Option<usize>) -> usize {
    match batch {
        Some(batch) if stateful => batch,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_before_is_named() {
        let before = Some(Last {
            number: 1,
            name: "reader",
            class: "GRU",
        });
        let rule = shape("LSTM", Shape::new(&[32]), 8, false, 4, before);
        let what = rule.as_ref().map_err(|r| r.what.as_str()).err();
        assert!(what.is_some_and(|w| w.contains("layer 1 `reader` lacks return_sequences = true")));
    }

    #[test]
    fn sequences_keep_their_steps() {
        let input = Shape::new(&[8, 16]);
        let out = |sequences| shape("GRU", input, 5, sequences, 3, None).map(|s| s.rank());
        assert!(matches!((out(true), out(false)), (Ok(2), Ok(1))));
        assert!(shape("GRU", input, usize::MAX / 3, false, 3, None).is_err());
        assert!(shape("GRU", Shape::tokens(&[8]), 5, false, 3, None).is_err());
        assert!(shape("GRU", Shape::new(&[8, 4, 1]), 5, false, 3, None).is_err());
    }

    #[test]
    fn arguments_that_are_refused() {
        assert!(rate_rule("dropout", 0.0).is_none() && rate_rule("dropout", 0.99).is_none());
        assert!(rate_rule("dropout", 1.0).is_some() && rate_rule("dropout", f32::NAN).is_some());
        assert!(stateful_rule(true, None).is_some() && stateful_rule(true, Some(3)).is_none());
        assert_eq!(
            (state_rows(true, Some(3)), state_rows(false, Some(3))),
            (3, 0)
        );
    }
}
