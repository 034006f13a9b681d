//! All tests that go through the front door, in one binary so that they link fast.

mod clean;
mod content;
mod daemon;
mod files;
mod flow;
mod fuzzing;
mod house;
mod make;
mod services;
mod stories;
mod support;
mod vectors;
mod web;
mod wire;
