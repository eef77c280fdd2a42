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

    /// A module of tests behind the model: `file` is where the bytes are, from there, `weights` an expression of the path of the
    /// weights. An error is why there is none.
    pub fn test(
        &self,
        model: &Model,
        name: &str,
        file: &str,
        weights: &str,
    ) -> Result<String, String> {
        let Parity { x, y } = self;
        let sample = x.shape.get(1..).unwrap_or_default();
        let fits = sample.len() == model.input.len()
            && sample
                .iter()
                .zip(&model.input)
                .all(|(size, said)| said.is_none_or(|said| said == *size));
        if !fits {
            let shape = crate::config::shown(&model.input);
            return Err(format!(
                "`x` is of the shape {:?}; expected samples of the shape {shape}",
                x.shape
            ));
        }
        if y.shape.first() != x.shape.first() || y.shape.len() < 2 {
            return Err(format!(
                "`y` is of the shape {:?}; expected an output for each of the {} samples",
                y.shape,
                x.shape.first().unwrap_or(&0)
            ));
        }
        let convert = match model.takes_tokens() {
            false => "",
            true => "        let x: Vec<u32> = x.iter().map(|token| *token as u32).collect();\n",
        };
        // Known axes are arrays, one of any length is a `Vec` of them.
        let known: Vec<&usize> = sample
            .iter()
            .skip(model.input.iter().take_while(|size| size.is_none()).count())
            .collect();
        let open = sample.len() - known.len();
        let arrays: String = known
            .iter()
            .rev()
            .map(|size| format!(".as_chunks::<{size}>().0"))
            .collect();
        let x_line = match (open, sample.first()) {
            (0, _) => format!("        let x = x{arrays};\n"),
            (1, Some(steps)) => format!(
                "        let x: Vec<_> = x{arrays}.chunks({steps}).map(<[_]>::to_vec).collect();\n"
            ),
            _ => return Err("images of any size are tested by hand".to_owned()),
        };
        let flatten = ".flatten()".repeat(y.shape.len() - 1);
        let given = match open {
            0 => "x",
            _ => "&x",
        };
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
        let (x, expected) = numbers.split_at({});
{convert}{x_line}        let mut net = {name}::new(0);
        net.load_weights({weights})?;
        let y: Vec<f32> = net.predict({given})?.into_iter(){flatten}.collect();
        assert_eq!(y.len(), expected.len());
        let largest = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        for (found, expected) in y.iter().zip(expected) {{
            let difference = (found - expected).abs();
            assert!(difference <= 1e-5 * largest, \"found {{found}}, Keras gives {{expected}}\");
        }}
        Ok(())
    }}
}}
",
            x.values.len()
        ))
    }
}
