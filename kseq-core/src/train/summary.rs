//! `summary()`: Keras's table of layers.

use core::fmt::{Display, Formatter, Result};
use std::format;
use std::string::String;

use crate::model::{LayerInfo, Model};
use crate::shape::Shape;

/// The table that `summary()` prints: layers, output shapes (`None` is the batch axis), parameters.
pub struct Summary {
    name: &'static str,
    layers: &'static [LayerInfo],
}

impl Summary {
    /// The table of a model.
    #[must_use]
    pub const fn of<M: Model>() -> Self {
        Summary {
            name: M::NAME,
            layers: M::LAYERS,
        }
    }
}

/// A shape as Keras shows it in the table, with the batch axis.
fn batched(shape: Shape) -> String {
    let mut s = String::from("(None");
    for axis in 0..shape.rank() {
        s += &format!(", {}", shape.dim(axis));
    }
    s + ")"
}

/// `407050` as `407,050`.
fn thousands(n: usize) -> String {
    let digits = format!("{n}");
    let mut s = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            s.push(',');
        }
        s.push(c);
    }
    s
}

/// `1.55 MB`, in Keras's units of 1024.
fn bytes(parameters: usize) -> String {
    let mut size = (parameters * size_of::<f32>()) as f64;
    let mut units = ["B", "KB", "MB", "GB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if size < 1024.0 {
            break;
        }
        (size, unit) = (size / 1024.0, next);
    }
    format!("{size:.2} {unit}")
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let rows: std::vec::Vec<[String; 3]> = self
            .layers
            .iter()
            .map(|l| {
                [
                    format!("{} ({})", l.name, l.class_name),
                    batched(l.output),
                    thousands(l.count_params() + l.count_state()),
                ]
            })
            .collect();
        let head = ["Layer (type)", "Output Shape", "Param #"];
        let mut widths = head.map(str::len);
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.len());
            }
        }
        let [a, b, c] = widths;
        let line = |left: &str, middle: &str, right: &str, dash: &str| {
            let [a, b, c] = widths.map(|w| dash.repeat(w + 2));
            format!("{left}{a}{middle}{b}{middle}{c}{right}")
        };
        writeln!(f, "Model: \"{}\"", self.name)?;
        writeln!(f, "{}", line("┏", "┳", "┓", "━"))?;
        writeln!(f, "┃ {:<a$} ┃ {:<b$} ┃ {:>c$} ┃", head[0], head[1], head[2])?;
        writeln!(f, "{}", line("┡", "╇", "┩", "━"))?;
        for (i, [name, shape, params]) in rows.iter().enumerate() {
            if i > 0 {
                writeln!(f, "{}", line("├", "┼", "┤", "─"))?;
            }
            writeln!(f, "│ {name:<a$} │ {shape:<b$} │ {params:>c$} │")?;
        }
        writeln!(f, "{}", line("└", "┴", "┘", "─"))?;
        let trainable = self.layers.iter().map(LayerInfo::count_params).sum();
        let fixed = self.layers.iter().map(LayerInfo::count_state).sum();
        let mut total =
            |what: &str, n: usize| writeln!(f, " {what} params: {} ({})", thousands(n), bytes(n));
        total("Total", trainable + fixed)?;
        total("Trainable", trainable)?;
        total("Non-trainable", fixed)
    }
}
