//! Rules are data: CEL conditions over the facts, each citing the incidents that it would have
//! prevented.

pub mod verdict;
