//! In the place of the provider in a build without the feature `oidc`: there is none.

use super::options::{ABSENT, Options};
use store::Store;

/// A provider that people may sign in with. It has no values here.
pub enum Provider {}

impl Provider {
    /// Always the error that this build cannot do it.
    pub fn new(_: &Options, _: &crate::Options, _: &Store) -> Result<Provider, String> {
        Err(ABSENT.to_string())
    }

    /// What the sign-in page calls it.
    pub fn name(&self) -> &str {
        match *self {}
    }
}
