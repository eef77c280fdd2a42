//! The prediction of an LSTM.
#![no_std]
#![no_main]

measure::predict!(Net = [LSTM(16, input_shape = (16, 8))], 0.3);
