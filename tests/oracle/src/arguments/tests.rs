use std::collections::BTreeSet;

use kseq_catalogue as catalogue;
use kseq_catalogue::Kind;

use super::{
    CONSTRAINTS, OPTIMIZERS, REGULARIZERS, SCHEDULES, constraint_of, optimizer_of, regularizer_of,
    schedule_of,
};
use crate::activations;
use crate::call::Call;
use crate::constraints::constrained;
use crate::optimizers::{Gradient, Optimizer, Variable};
use crate::random::Random;
use crate::regularizers::penalty;
use crate::schedules;
use crate::tape::Var;

/// The arguments of some hundred random calls, and those of which one changes the result: left out, it is another.
pub(crate) fn arguments_count(
    draw: &mut dyn FnMut(&mut Random) -> Call,
    result: &dyn Fn(&Call) -> Vec<f64>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut seen, mut counted) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..400 {
        let call = draw(&mut Random::new(seed));
        for name in call.names().filter(|name| *name != "name") {
            seen.insert(name.to_owned());
            if !counted.contains(name) && result(&call) != result(&call.clone().without(name)) {
                counted.insert(name.to_owned());
            }
        }
    }
    (seen, counted)
}

/// The arguments of a row that must be drawn.
pub(crate) fn expected(
    params: impl Iterator<Item = &'static catalogue::Param>,
) -> BTreeSet<String> {
    let is_idle = |kind: Kind| {
        matches!(
            kind,
            Kind::Later | Kind::Fixed(_) | Kind::Dtype | Kind::Name
        )
    };
    let params = params.filter(|param| !is_idle(param.kind));
    params.map(|param| param.name.to_owned()).collect()
}

fn without_name(mut names: BTreeSet<String>) -> BTreeSet<String> {
    names.remove("name");
    names
}

#[test]
fn every_optimizer_is_drawn_with_every_argument() {
    let rows = catalogue::OPTIMIZERS.rows;
    assert_eq!(
        rows.iter().map(|row| row.class).collect::<Vec<_>>(),
        OPTIMIZERS
    );
    for row in rows {
        let names = [String::from("dense_1")];
        let (drawn, counted) = arguments_count(
            &mut |random| optimizer_of(row.class, random, &names),
            &|call| {
                let variable = |path: &str, shape: &[usize]| Variable {
                    path: path.to_owned(),
                    shape: shape.to_vec(),
                    values: (0..shape.iter().product())
                        .map(|i| (i as f64 * 1.7).sin())
                        .collect(),
                };
                let mut variables = [
                    variable("dense_1/kernel", &[3, 2]),
                    variable("dense_2/kernel", &[2, 3]),
                    variable("embedding_1/embeddings", &[2, 2]),
                    variable("dense_1/bias", &[2]),
                ];
                let mut optimizer = Optimizer::new(call, &variables);
                for step in 0..6 {
                    let of = |variable: &Variable| {
                        let each = variable.values.iter().enumerate();
                        Gradient::dense(
                            each.map(|(i, w)| w + (i as f64 + step as f64 * 0.7).cos())
                                .collect(),
                        )
                    };
                    let gradients = variables.iter().map(of).collect();
                    optimizer.apply(&mut variables, gradients);
                }
                variables
                    .iter()
                    .flat_map(|variable| variable.values.clone())
                    .collect()
            },
        );
        let expected = expected(catalogue::OPTIMIZERS.params(row));
        assert_eq!(drawn, expected, "{}", row.class);
        assert_eq!(counted, expected, "{}", row.class);
    }
}

#[test]
fn every_schedule_is_drawn_with_every_argument() {
    let rows = catalogue::SCHEDULES.rows;
    assert_eq!(
        rows.iter().map(|row| row.class).collect::<Vec<_>>(),
        SCHEDULES
    );
    for row in rows {
        let draw = |random: &mut Random| schedule_of(row.class, random);
        let (mut drawn, mut counted) = (BTreeSet::new(), BTreeSet::new());
        let result = |call: &Call| {
            (0..20)
                .map(|step| schedules::at(call, step))
                .collect::<Vec<_>>()
        };
        for seed in 0..200 {
            let call = draw(&mut Random::new(seed));
            result(&call);
            drawn.extend(call.names().map(str::to_owned));
            // What must be given is not left out.
            for name in call.names().filter(|name| !row.new.contains(name)) {
                if result(&call) != result(&call.clone().without(name)) {
                    counted.insert(name.to_owned());
                }
            }
        }
        let expected = expected(row.params.iter());
        assert_eq!(without_name(drawn), expected, "{}", row.class);
        counted.extend(row.new.iter().map(|name| (*name).to_owned()));
        assert_eq!(counted, expected, "{}", row.class);
    }
}

#[test]
fn every_regularizer_and_constraint_is_drawn_with_every_argument() {
    // Columns with other norms.
    let value = |i: u32| (f64::from(i) * 1.3 + 0.4).sin() * [0.1, 0.5, 1.0][i as usize % 3];
    let values: Vec<f64> = (0..12).map(value).collect();
    let words = |known: &[&str]| -> BTreeSet<String> {
        known.iter().map(|class| catalogue::snake(class)).collect()
    };
    let names = |family: &catalogue::ObjectFamily| -> BTreeSet<String> {
        family
            .rows
            .iter()
            .map(|row| row.name.replace("l1_l2", "l1l2"))
            .collect()
    };
    assert_eq!(words(REGULARIZERS), names(&catalogue::REGULARIZERS));
    assert_eq!(words(CONSTRAINTS), names(&catalogue::CONSTRAINTS));
    for class in REGULARIZERS {
        let (drawn, counted) =
            arguments_count(&mut |random| regularizer_of(class, random), &|call| {
                let values: Vec<Var> = values.iter().map(|&x| Var::constant(x)).collect();
                vec![penalty(call, &values, &[4, 3]).value()]
            });
        let row = catalogue::REGULARIZERS
            .rows
            .iter()
            .find(|row| row.name.replace("l1_l2", "l1l2") == catalogue::snake(class));
        let expected = expected(row.expect("a row").params.iter());
        assert_eq!((&drawn, &counted), (&expected, &expected), "{class}");
    }
    for class in CONSTRAINTS {
        let draw = &mut |random: &mut Random| constraint_of(class, random, &[4, 3]);
        let (drawn, counted) = arguments_count(draw, &|call| constrained(call, &values, &[4, 3]));
        let row = catalogue::CONSTRAINTS
            .rows
            .iter()
            .find(|row| row.name == catalogue::snake(class));
        let expected = expected(row.expect("a row").params.iter());
        assert_eq!((&drawn, &counted), (&expected, &expected), "{class}");
    }
}

#[test]
fn every_activation_is_there() {
    let known: BTreeSet<&str> = catalogue::activation_names().collect();
    assert_eq!(
        activations::NAMES.iter().copied().collect::<BTreeSet<_>>(),
        known
    );
    for name in activations::NAMES {
        let y = activations::activation(name, &[Var::constant(0.3), Var::constant(-0.2)], 2);
        assert!(y.iter().all(|y| y.value().is_finite()), "{name}");
    }
}
