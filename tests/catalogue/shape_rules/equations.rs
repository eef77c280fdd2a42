//! `EinsumDense` and attention: which axes an equation or a list names.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kseq::__core::layers;

use super::draw::{Case, Draw, Input, NONE, asked};

pub fn letters(d: &mut Draw) -> String {
    let count = d.below(5);
    (0..count)
        .map(|_| char::from(b'a' + d.below(5) as u8))
        .collect()
}

pub fn einsum(d: &mut Draw) -> Case {
    let axes = 1 + d.below(3);
    let input = Input::draw(d, axes, false);
    let equation = match d.below(6) {
        0 => [
            "",
            ",->",
            "...,->...",
            "a,b->",
            "->",
            "...x",
            "é,b->c",
            "abcdefghi,i->a",
            "a...b,b->a...b",
        ][d.below(9)]
        .to_owned(),
        1 => format!("{},{}->{}", letters(d), letters(d), letters(d)),
        2 => format!("...{},{}->...{}", letters(d), letters(d), letters(d)),
        3 => format!("{}...,{}->{}...", letters(d), letters(d), letters(d)),
        // All of the input, its last axes in the kernel with new ones.
        _ => {
            let all: String = "abcdefg".chars().take(axes + 1).collect();
            let (kept, summed) = all.split_at(1 + d.below(axes + 1).min(axes));
            let new = ["x", "xy", "x", "y"][d.below(4)];
            format!("{all},{summed}{new}->{kept}{new}")
        }
    };
    let output = equation.split("->").last().unwrap_or("").replace('.', "");
    let named = output
        .len()
        .saturating_sub(usize::from(!equation.contains("...")));
    let count = if d.one_in(8) { d.below(5) } else { named };
    let sizes: Vec<Option<usize>> = (0..count)
        .map(|_| (!d.one_in(2)).then(|| d.arg("size")))
        .collect();
    let bias = ["", "", "x", "a", "bx", "é"][d.below(6)];
    d.said.push(format!("{equation:?} {sizes:?} bias {bias:?}"));
    let rule = asked(|| layers::einsum_dense::shape(input.shape, &equation, &sizes, bias));
    // The weights, too, are asked for whatever the rule says.
    let weights =
        catch_unwind(|| layers::einsum_dense::weights(input.shape, &equation, &sizes, bias));
    // By the letters: what is taken must have these sizes.
    let (left, _) = equation.split_once("->").unwrap_or((&equation, ""));
    let x = left.split(',').next().unwrap_or("").replace('.', "");
    let dots = equation.contains("...");
    let behind = left.split(',').next().is_some_and(|x| x.ends_with("..."));
    let skipped = usize::from(!dots || behind);
    let named_input = x.len().saturating_sub(skipped);
    let hidden = input.dims.len().saturating_sub(named_input);
    let size_of = |letter: char| {
        x.chars()
            .skip(skipped)
            .position(|other| other == letter)
            .and_then(|at| {
                input
                    .dims
                    .get(at + if behind { 0 } else { hidden })
                    .copied()
            })
    };
    let mut said = sizes.iter();
    let named: Vec<Option<u128>> = output
        .chars()
        .skip(skipped)
        .map(|letter| {
            let said = said.next().copied().flatten().map(|n| n as u128);
            size_of(letter).or(said)
        })
        .collect();
    let wanted: Option<Vec<u128>> = named.into_iter().collect();
    let wanted = wanted.map(|named| match (dots, behind) {
        (false, _) => named,
        (_, false) => [input.dims[..hidden.min(input.dims.len())].to_vec(), named].concat(),
        (_, true) => [named, input.dims[input.dims.len() - hidden..].to_vec()].concat(),
    });
    // Whether all of an equation fits, only NumPy knows: what is refused is not judged.
    d.is_small = false;
    match weights {
        Ok(_) => (rule, wanted),
        Err(_) => (Err(()), wanted),
    }
}

pub fn attention(d: &mut Draw) -> Case {
    let axes = 2 + d.below(3);
    let input = Input::draw(d, axes, false);
    let sizes = d.args::<3>("num_heads, key_dim, value_dim");
    let given: Option<Vec<Option<usize>>> = match d.below(3) {
        0 => None,
        1 => Some(vec![Some(d.arg("output_shape"))]),
        _ => Some(
            (0..d.below(4))
                .map(|_| (!d.one_in(5)).then(|| d.arg("output_shape")))
                .collect(),
        ),
    };
    let axes = if d.one_in(2) {
        Vec::new()
    } else {
        d.axes("attention_axes")
    };
    let rank = input.dims.len();
    let outputs: Option<Vec<u128>> = match &given {
        None => Some(vec![input.last()]),
        Some(all) if (1..=2).contains(&all.len()) => all
            .iter()
            .map(|n| n.filter(|n| *n > 0).map(|n| n as u128))
            .collect(),
        Some(_) => None,
    };
    let fits = input.is_f32 && rank >= 2 && !sizes.contains(&0);
    let places = match axes.is_empty() {
        true => (rank >= 2).then(|| (0..rank - 1).collect()),
        // (One that is named twice is none of Keras's, either.)
        false => input.axes(&axes),
    };
    let places = places.map(|mut places: Vec<usize>| {
        places.sort_unstable();
        places
    });
    let places = places.filter(|places| places.last().is_some_and(|last| last + 1 < rank));
    // Those that are not side by side have no form here, nor have lengths of which one is attended to.
    let together = places.filter(|places| places.windows(2).all(|two| two[0] + 1 == two[1]));
    let whole = together.filter(|places| {
        let open: Vec<usize> = (0..rank).filter(|at| input.dims[*at] == NONE).collect();
        open.len() < 2
            || open.iter().all(|at| places.contains(at))
            || open.iter().all(|at| !places.contains(at))
    });
    let wanted = outputs.filter(|outputs| fits && whole.is_some() && rank - 1 + outputs.len() <= 4);
    let wanted = wanted.map(|outputs| [input.dims[..rank - 1].to_vec(), outputs].concat());
    let rule =
        || layers::multi_head_attention::shape(input.shape, sizes, given.as_deref(), &axes, false);
    let rule = asked(rule);
    let weights = catch_unwind(AssertUnwindSafe(|| {
        layers::multi_head_attention::output_weights(
            input.shape,
            sizes[0],
            sizes[2],
            given.as_deref(),
        )
    }));
    (weights.map_err(|_| ()).and(rule), wanted)
}
