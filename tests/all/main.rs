//! All tests that go through the front door, in one binary so that they link fast.

mod content;
mod house;
mod support;
