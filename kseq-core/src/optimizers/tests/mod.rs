//! Update rules against `f64`, the driver, arguments.

mod arguments;
mod driver;
mod rules;
