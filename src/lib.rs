//! kseq
