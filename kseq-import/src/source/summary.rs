//! Keras's table of the layers, with what a file knows: names, classes, arrays.

use crate::array::Array;
use crate::config::Model;

/// A line for each layer, with the arrays that are its weights. (The shapes of what comes out are the compiler's to say:
/// `Net::SUMMARY`.)
#[must_use]
pub fn summary(model: &Model, weights: &[Vec<Array>]) -> String {
    let count = |array: &Array| array.values.len();
    let mut rows = Vec::new();
    let mut total = 0;
    for (i, layer) in model.layers.iter().enumerate() {
        let arrays = weights.get(i).map(Vec::as_slice).unwrap_or_default();
        let shapes = arrays.iter();
        let mut shapes = shapes.map(|array| format!("{} {:?}", array.name, array.shape));
        let number: usize = arrays.iter().map(count).sum();
        total += number;
        let name = format!("{} ({})", layer.name, layer.call.class);
        rows.push([name, shapes.next().unwrap_or_default(), thousands(number)]);
        // One below the other: those of a `Bidirectional` are six.
        rows.extend(shapes.map(|shape| [String::new(), shape, String::new()]));
    }
    let heads = ["Layer (type)", "Weights", "Param #"].map(str::to_owned);
    let width = |column: usize| {
        let all = rows.iter().chain([&heads]);
        let lengths = all.filter_map(|row| Some(row.get(column)?.chars().count()));
        lengths.max().unwrap_or(0)
    };
    let (name, shapes, number) = (width(0), width(1), width(2));
    let line = |[a, b, c]: &[String; 3]| {
        let line = format!(" {a:<name$}  {b:<shapes$}  {c:>number$}");
        line.trim_end().to_owned() + "\n"
    };
    let rule = "=".repeat(name + shapes + number + 6) + "\n";
    let rows: String = rows.iter().map(line).collect();
    let input = crate::config::shown(&model.input);
    format!(
        "{}{rule}{rows}{rule} Input {input}, {} parameters\n",
        line(&heads),
        thousands(total)
    )
}

/// `1,234,567`
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
