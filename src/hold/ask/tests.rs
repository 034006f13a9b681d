//! Asking, step by step.
