//! Update rules against `f64`, the driver, arguments.

mod accumulation;
mod arguments;
mod driver;
mod rules;
