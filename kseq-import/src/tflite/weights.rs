//! The kernels and the biases of operators as tensors.

use std::borrow::Cow;

use super::graph::{Flow, Graph, Id};
use super::network::{Float, Int8};
use super::schema::{Type, quantization};

/// What an operator has learned.
#[derive(Clone, Copy)]
pub enum Parameters<'a> {
    /// On `i8`.
    Int8(&'a Int8),
    /// On `f32`.
    Float(&'a Float),
}

impl<'a> Parameters<'a> {
    /// Whether the operator is one on `i8`.
    pub fn is_int8(self) -> bool {
        matches!(self, Parameters::Int8(_))
    }

    /// What an operator with a kernel of this shape takes, `axis` of which are the outputs: the input, the kernel and the bias.
    pub fn inputs(
        self,
        graph: &mut Graph<'a>,
        flow: &Flow,
        shape: &[usize],
        axis: usize,
    ) -> Result<[Id; 3], String> {
        let outputs = shape.get(axis).copied().unwrap_or_default();
        let len = shape.iter().product();
        match self {
            Parameters::Int8(Int8 {
                kernel,
                bias,
                scales,
            }) => {
                fits("kernel", kernel.len(), len)?;
                if scales.len() != 1 {
                    fits("kernel's scales", scales.len(), outputs)?;
                }
                let zeros = || vec![0; scales.len()];
                let input = flow.scale.map_or(1.0, |s| s.scale);
                let products = scales.iter().map(|scale| input * scale).collect();
                let bytes = kernel.iter().map(|&weight| weight as u8).collect();
                let of_kernel = quantization(scales.clone(), zeros(), axis);
                let kernel = graph.constant("kernel", shape, Type::Int8, bytes, Some(of_kernel));
                let bytes = or_zeros(bias, outputs, |bias| bias.to_le_bytes())?;
                let of_bias = quantization(products, zeros(), 0);
                let bias = graph.constant("bias", &[outputs], Type::Int32, bytes, Some(of_bias));
                Ok([flow.id, kernel, bias])
            }
            Parameters::Float(Float { kernel, bias }) => {
                fits("kernel", kernel.len(), len)?;
                let bytes = kernel
                    .iter()
                    .flat_map(|weight| weight.to_le_bytes())
                    .collect();
                let kernel = graph.constant("kernel", shape, Type::Float32, bytes, None);
                let bytes = or_zeros(bias, outputs, |bias| bias.to_le_bytes())?;
                let bias = graph.constant("bias", &[outputs], Type::Float32, bytes, None);
                Ok([flow.id, kernel, bias])
            }
        }
    }

    /// That there are none.
    pub fn none(self) -> Result<(), String> {
        let (kernel, bias) = match self {
            Parameters::Int8(p) => (p.kernel.len(), p.bias.len()),
            Parameters::Float(p) => (p.kernel.len(), p.bias.len()),
        };
        fits("kernel", kernel, 0)?;
        fits("bias", bias, 0)
    }
}

/// A bias of four bytes each; zeros where there is none. (Not all that read a file take an operator without a bias.)
pub fn or_zeros<T>(
    bias: &[T],
    outputs: usize,
    bytes: fn(&T) -> [u8; 4],
) -> Result<Cow<'static, [u8]>, String> {
    if bias.is_empty() {
        return Ok(vec![0; 4 * outputs].into());
    }
    fits("bias", bias.len(), outputs)?;
    Ok(bias.iter().flat_map(bytes).collect())
}

/// That there are as many numbers as there should be.
pub fn fits(what: &str, found: usize, expected: usize) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!(
            "its {what} has {found} numbers where it takes {expected}"
        )),
    }
}
