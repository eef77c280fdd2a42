//! The equation of an `EinsumDense`: the sizes of its axes, and where they lie.

use super::plan::{Letter, Plan};
use super::words::{Axes, EQUATION, Written, named, refuse, written};
use crate::layers::axis;
use crate::layers::rules::fits;
use crate::shape::{Elem, MAX_RANK, Refusal, Rule, Shape};
use crate::text::Text;

/// What an equation comes to; of one that the rule refuses nothing.
#[must_use]
pub const fn plan_of(
    input: Shape,
    equation: &str,
    output_shape: &[Option<usize>],
    bias_axes: &str,
) -> Plan {
    match plan(input, equation, output_shape, bias_axes) {
        Ok(plan) => plan,
        Err(_) => Plan::NONE,
    }
}

/// The shapes of kernel and bias; empty where the rule refuses.
#[must_use]
pub const fn weights(
    input: Shape,
    equation: &str,
    output_shape: &[Option<usize>],
    bias_axes: &str,
) -> [Shape; 2] {
    let plan = plan_of(input, equation, output_shape, bias_axes);
    [plan.kernel, plan.bias]
}

/// The shape rule.
pub const fn shape(
    input: Shape,
    equation: &str,
    output_shape: &[Option<usize>],
    bias_axes: &str,
) -> Rule {
    if let Elem::U32 = input.elem() {
        let what = Text::new().str("EinsumDense expects f32 features, found integer tokens ");
        return Err(Refusal::new(
            what.text(&input.text()),
            "put an Embedding first",
        ));
    }
    if input.open_axes() > 0 {
        let what = Text::new()
            .str("EinsumDense needs the sizes of all axes, found ")
            .text(&input.text());
        let help = "give the sequence a length: input_shape = (100, 16); a Dense takes any length";
        return Err(Refusal::new(what, help));
    }
    match plan(input, equation, output_shape, bias_axes) {
        Ok(plan) => Ok(plan.output),
        Err(refusal) => Err(refusal),
    }
}

/// The axes of a sample: those that dots stand for, and all letters but that of the batch.
const fn of_sample(letters: &Axes, dots: usize, of: &Written) -> Axes {
    let mut axes = Axes::NONE;
    let mut i = 0;
    while of.before && i < dots {
        axes = axes.with(b'0' + i as u8);
        i += 1;
    }
    let mut i = if of.before { 0 } else { 1 };
    while i < letters.len {
        axes = axes.with(letters.letters[i]);
        i += 1;
    }
    let mut i = 0;
    while of.behind && i < dots {
        axes = axes.with(b'0' + i as u8);
        i += 1;
    }
    axes
}

const fn plan(
    input: Shape,
    equation: &str,
    output_shape: &[Option<usize>],
    bias_axes: &str,
) -> Result<Plan, Refusal> {
    let Some(of) = written(equation) else {
        let what = Text::new()
            .str("the equation \"")
            .str(equation)
            .str("\" is none");
        return refuse(what, EQUATION);
    };
    let [x, w, y] = &of.parts;
    let batch = if of.before { 0 } else { 1 };
    let named_axes = x.len - batch;
    if input.rank() < named_axes || !(of.before || of.behind) && input.rank() > named_axes {
        let what = Text::new()
            .str("the equation \"")
            .str(equation)
            .str("\" is for samples of other axes, found ")
            .text(&crate::layers::rules::with_batch(input));
        return refuse(
            what,
            "name all axes of the input, that of the batch first: \"abc,cd->abd\"",
        );
    }
    let first = x.letters[0];
    if batch == 1 && (y.letters[0] != first || w.has(first)) {
        let what = named(Text::new().str("the axis "), first)
            .str(" of the batch must be the first one of the output, and none of the kernel");
        return refuse(what, EQUATION);
    }
    let dots = input.rank() - named_axes;
    let (a, b) = (of_sample(x, dots, &of), of_sample(y, dots, &of));
    if a.repeats() || b.repeats() || w.repeats() {
        let what = Text::new().str("an axis is named twice in one part of the equation");
        return refuse(what, "give each axis a letter of its own");
    }
    if b.len > MAX_RANK || b.len == 0 {
        let what = Text::new().str("a sample has one to four axes, but the output would have ");
        return refuse(what.num(b.len), EQUATION);
    }
    let given = y.len - batch;
    if output_shape.len() != given {
        let what = Text::new()
            .str("output_shape has ")
            .num(output_shape.len())
            .str(" sizes, but the equation names ")
            .num(given)
            .str(" axes of the output besides that of the batch");
        return refuse(
            what,
            "give one size for each, or None where it is that of the input",
        );
    }
    // The sizes of the output.
    let mut sizes = [0; MAX_RANK];
    let (mut i, mut named_output) = (0, 0);
    while i < b.len {
        let letter = b.letters[i];
        let said = if letter.is_ascii_digit() {
            None
        } else {
            named_output += 1;
            output_shape[named_output - 1]
        };
        sizes[i] = match (a.at(letter), said) {
            (Some(at), None) => input.dim(at),
            (Some(at), Some(said)) if said == input.dim(at) => said,
            (Some(at), Some(said)) => {
                let what = named(Text::new().str("the axis "), letter)
                    .str(" has the size ")
                    .num(input.dim(at))
                    .str(" in the input, but output_shape says ")
                    .num(said);
                return refuse(what, "write None for it in output_shape");
            }
            (None, _) if !w.has(letter) => {
                let what = named(Text::new().str("the axis "), letter)
                    .str(" of the output is neither one of the input nor one of the kernel");
                return refuse(what, EQUATION);
            }
            (None, Some(said)) if said > 0 => said,
            (None, _) => {
                let what = named(
                    Text::new().str("output_shape says no size for the axis "),
                    letter,
                );
                return refuse(what, "give it a positive integer: it is one of the kernel");
            }
        };
        i += 1;
    }
    let output = Shape::new(sizes.split_at(b.len).0);
    // The sizes of the kernel.
    let mut sizes = [0; MAX_RANK];
    let (mut fan_in, mut fan_out, mut i) = (1, 1, 0);
    while i < w.len {
        let letter = w.letters[i];
        sizes[i] = match (b.at(letter), a.at(letter)) {
            (Some(at), _) => output.dim(at),
            (None, Some(at)) => input.dim(at),
            (None, None) => {
                let what = named(Text::new().str("the axis "), letter)
                    .str(" of the kernel is neither one of the input nor one of the output");
                return refuse(what, EQUATION);
            }
        };
        if b.has(letter) {
            fan_out = sizes[i].saturating_mul(fan_out);
        } else {
            fan_in = sizes[i].saturating_mul(fan_in);
        }
        i += 1;
    }
    let kernel = Shape::new(sizes.split_at(w.len).0);
    if !fits(&kernel) {
        let what = Text::new()
            .str("its kernel ")
            .text(&kernel.text())
            .str(" is larger than the address space");
        return refuse(what, "use smaller sizes in output_shape");
    }
    let (bias, bias_first) = match bias_of(bias_axes, y, &b, output) {
        Ok(bias) => bias,
        Err(refusal) => return Err(refusal),
    };
    let all = letters(&a, w, &b, [input, kernel, output]);
    Ok(Plan {
        letters: all.0,
        count: all.1,
        input,
        kernel,
        output,
        bias,
        bias_first,
        product: product(&a, w, &b, input, output),
        fans: (fan_in, fan_out),
    })
}

/// The shape of the bias, and the axis of the output that its first one is.
const fn bias_of(
    bias_axes: &str,
    written: &Axes,
    output_axes: &Axes,
    output: Shape,
) -> Result<(Shape, usize), Refusal> {
    let axes = bias_axes.as_bytes();
    let (mut first, mut i) = (output.rank(), 0);
    while i < axes.len() {
        match (written.at(axes[i]), output_axes.at(axes[i])) {
            (Some(_), Some(at)) if !axes[i].is_ascii_digit() => {
                if at < first {
                    first = at;
                }
            }
            _ => {
                let what = named(Text::new().str("the axis "), axes[i])
                    .str(" of bias_axes is none of the output besides that of the batch");
                return refuse(what, "name axes of the output: bias_axes = \"d\"");
            }
        }
        i += 1;
    }
    if axes.is_empty() {
        return Ok((Shape::new(&[0]), 0));
    }
    let mut sizes = [1; MAX_RANK];
    let mut at = first;
    while at < output.rank() {
        let mut i = 0;
        while i < axes.len() {
            if output_axes.letters[at] == axes[i] {
                sizes[at - first] = output.dim(at);
            }
            i += 1;
        }
        at += 1;
    }
    Ok((Shape::new(sizes.split_at(output.rank() - first).0), first))
}

/// How far it is from one place to the next.
const fn stride(axes: &Axes, shape: Shape, letter: u8) -> usize {
    match axes.at(letter) {
        Some(at) => axis::inner(shape, at),
        None => 0,
    }
}

/// All letters: those of the output first, so that the sums of an element come one after the other.
const fn letters(
    a: &Axes,
    w: &Axes,
    b: &Axes,
    [input, kernel, output]: [Shape; 3],
) -> ([Letter; 8], usize) {
    let mut letters = Plan::NONE.letters;
    let (mut count, mut part) = (0, 0);
    while part < 2 {
        let axes = if part == 0 { b } else { a };
        let shape = if part == 0 { output } else { input };
        let mut i = 0;
        while i < axes.len {
            let letter = axes.letters[i];
            if (part == 0 || !b.has(letter)) && count < letters.len() {
                letters[count] = Letter {
                    size: shape.dim(i),
                    input: stride(a, input, letter),
                    kernel: stride(w, kernel, letter),
                    output: stride(b, output, letter),
                };
                count += 1;
            }
            i += 1;
        }
        part += 1;
    }
    (letters, count)
}

/// Terms and columns of a matrix product: the input has rows and then terms, the kernel the same terms and then columns, the output
/// the same rows and then the same columns.
const fn product(a: &Axes, w: &Axes, b: &Axes, input: Shape, output: Shape) -> Option<[usize; 2]> {
    let mut rows = 0;
    while rows < a.len && rows < b.len && a.letters[rows] == b.letters[rows] {
        rows += 1;
    }
    let (mut terms, mut columns, mut i) = (1, 1, rows);
    while i < a.len {
        if i - rows >= w.len || w.letters[i - rows] != a.letters[i] {
            return None;
        }
        terms = input.dim(i).saturating_mul(terms);
        i += 1;
    }
    let before = a.len - rows;
    if w.len != before + b.len - rows {
        return None;
    }
    let mut i = rows;
    while i < b.len {
        if w.letters[before + i - rows] != b.letters[i] {
            return None;
        }
        columns = output.dim(i).saturating_mul(columns);
        i += 1;
    }
    // What is in all three is no term and no column.
    let mut i = 0;
    while i < rows {
        if w.has(a.letters[i]) {
            return None;
        }
        i += 1;
    }
    Some([terms, columns])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_as_in_keras() {
        let of = |dims: &[usize], equation: &str, output: &[Option<usize>], bias: &str| {
            plan(Shape::new(dims), equation, output, bias)
                .ok()
                .map(|plan| (plan.output, plan.kernel, plan.bias, plan.product.is_some()))
        };
        let shape = |dims: &[usize]| Shape::new(dims);
        let none = shape(&[0]);
        let (some, any) = (|n: usize| Some(n), None);
        assert_eq!(
            of(&[32, 128], "abc,cd->abd", &[any, some(64)], "d"),
            Some((shape(&[32, 64]), shape(&[128, 64]), shape(&[64]), true))
        );
        assert_eq!(
            of(&[32, 128], "...x,xy->...y", &[some(64)], "y"),
            Some((shape(&[32, 64]), shape(&[128, 64]), shape(&[64]), true))
        );
        assert_eq!(
            of(&[5, 6], "abc,cde->abde", &[any, some(2), some(3)], "de"),
            Some((shape(&[5, 2, 3]), shape(&[6, 2, 3]), shape(&[2, 3]), true))
        );
        assert_eq!(
            of(&[5, 6], "abc,bd->adc", &[some(4), any], "d"),
            Some((shape(&[4, 6]), shape(&[5, 4]), shape(&[4, 1]), false))
        );
        assert_eq!(
            of(&[5, 6], "ab...,bc->ac...", &[some(4)], ""),
            Some((shape(&[4, 6]), shape(&[5, 4]), none, false))
        );
        assert_eq!(
            of(&[5, 6], "abc,bcd->abd", &[any, some(3)], ""),
            Some((shape(&[5, 3]), shape(&[5, 6, 3]), none, false))
        );
        for (equation, output, bias) in [
            ("abc,cd>abd", &[any, some(64)][..], ""),
            ("ab,bc->ac", &[some(3)], ""),
            ("abc,cd->abe", &[any, some(3)], ""),
            ("abc,cde->abd", &[any, some(3)], ""),
            ("abc,cd->abd", &[any], ""),
            ("abc,cd->abd", &[some(4), some(3)], ""),
            ("abc,cd->abd", &[any, any], ""),
            ("abc,cd->abd", &[any, some(3)], "c"),
            ("abc,cd->abd", &[any, some(3)], "a"),
            ("abc,acd->abd", &[any, some(3)], ""),
            ("abb,bd->abd", &[any, some(3)], ""),
        ] {
            assert!(of(&[5, 6], equation, output, bias).is_none(), "{equation}");
        }
    }
}
