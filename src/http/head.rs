//! Response heads from bytes.
