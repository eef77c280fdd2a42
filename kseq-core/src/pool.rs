//! Threads (stand-in until the kernels land).

/// Where work is spread over threads.
pub enum Pool {
    /// The calling thread alone.
    Serial,
}
