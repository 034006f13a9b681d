//! Nothing: the benches of this folder stand for themselves.
