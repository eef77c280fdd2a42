//! Against real Keras.
