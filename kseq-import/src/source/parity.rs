//! A test of the model: what Keras gives for some inputs.

use crate::array::Array;
use crate::config::Model;

/// Samples, and what Keras gives for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Parity {
    /// The samples, the first axis counts them.
    pub x: Array,
    /// The outputs.
    pub y: Array,
}

impl Parity {
    /// The bytes that the test reads: all values of `x`, then those of `y`.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let values = self.x.values.iter().chain(&self.y.values);
        values.flat_map(|value| value.to_le_bytes()).collect()
    }

    /// A module of tests behind the model: `file` is where the bytes are, from there, `weights` the path of the weights. An error
    /// is why there is none.
    pub fn test(
        &self,
        model: &Model,
        name: &str,
        file: &str,
        weights: &str,
    ) -> Result<String, String> {
        self.check(model)?;
        let (x, y) = (&self.x, &self.y);
        let sample = x.shape.get(1..).unwrap_or_default();
        // Known axes are arrays, one of any length is a `Vec` of them.
        let open = model.input.iter().filter(|size| size.is_none()).count();
        let mut samples = String::new();
        if model.takes_tokens() {
            samples += "        let x: Vec<u32> = x.iter().map(|token| *token as u32).collect();\n";
        }
        for size in sample.iter().skip(open).rev() {
            samples += &format!("        let x = x.as_chunks::<{size}>().0;\n");
        }
        let given = match (open, sample.first()) {
            (0, _) => "x",
            (1, Some(steps)) => {
                samples += &format!("        let x = x.chunks({steps}).map(<[_]>::to_vec);\n");
                samples += "        let x: Vec<_> = x.collect();\n";
                "&x"
            }
            _ => return Err("images of any size are tested by hand".to_owned()),
        };
        let flatten = ".flatten()".repeat(y.shape.len() - 1);
        let count = x.values.len();
        Ok(format!(
            "
#[cfg(test)]
mod tests {{
    use super::*;

    /// Samples and what Keras gives for them, as `f32`s: all of `x`, then all of `y`.
    const PARITY: &[u8] = include_bytes!({file:?});

    #[test]
    fn it_gives_what_keras_gives() -> Result<(), Box<dyn std::error::Error>> {{
        let numbers = PARITY.as_chunks().0.iter();
        let numbers: Vec<f32> = numbers.map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let (x, expected) = numbers.split_at({count});
{samples}        let mut net = {name}::new(0);
        net.load_weights({weights:?})?;
        let y = net.predict({given})?.into_iter();
        let y: Vec<f32> = y{flatten}.collect();
        assert_eq!(y.len(), expected.len());
        let sizes = expected.iter().map(|value| value.abs());
        let largest = sizes.fold(0.0, f32::max);
        for (found, expected) in y.iter().zip(expected) {{
            let is_close = (found - expected).abs() <= 1e-5 * largest;
            assert!(is_close, \"found {{found}}, Keras gives {{expected}}\");
        }}
        Ok(())
    }}
}}
"
        ))
    }

    /// Whether the arrays can be samples and outputs of the model.
    fn check(&self, model: &Model) -> Result<(), String> {
        let (x, y) = (&self.x.shape, &self.y.shape);
        let sample = x.get(1..).unwrap_or_default();
        let fits = |(size, said): (&usize, &Option<usize>)| said.is_none_or(|said| said == *size);
        if sample.len() != model.input.len() || !sample.iter().zip(&model.input).all(fits) {
            let shape = crate::config::shown(&model.input);
            return Err(format!(
                "`x` is of the shape {x:?}; expected samples of the shape {shape}"
            ));
        }
        match y.first() == x.first() && y.len() >= 2 {
            true => Ok(()),
            false => Err(format!(
                "`y` is of the shape {y:?}; expected an output for each sample of `x`, {x:?}"
            )),
        }
    }
}
