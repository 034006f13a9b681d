//! Signing in with the organisation's own identity provider: OpenID Connect Core 1.0, the authorization
//! code flow with PKCE (RFC 7636), state and nonce. Who comes is known by the mail address that the
//! provider says it has verified.

mod flow;
mod http;
mod options;
mod provider;

pub use self::flow::{begin, callback};
pub use self::options::Options;
pub use self::provider::Provider;

/// Where the provider sends people back to.
pub const CALLBACK: &str = "/login/oidc/callback";
