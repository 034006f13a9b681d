//! The program as it is installed, between a client and a next hop of the test: what it passes on, what
//! it says, and how it starts, reloads and stops.

mod crowded;
mod logging;
mod memory;
mod mending;
mod passing;
mod reloading;
mod restarting;
mod rewriting;
mod starting;
mod stopping;
