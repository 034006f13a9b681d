//! Signing in with the organisation's own identity provider: OpenID Connect Core 1.0, the authorization
//! code flow with PKCE (RFC 7636), state and nonce. Who comes is known by the mail address that the
//! provider says it has verified. A build without the feature `oidc` reads the options, to say that it
//! cannot do it.

#[cfg(not(feature = "oidc"))]
mod absent;
#[cfg(feature = "oidc")]
mod flow;
#[cfg(feature = "oidc")]
mod http;
mod options;
#[cfg(feature = "oidc")]
mod provider;

#[cfg(not(feature = "oidc"))]
pub use self::absent::Provider;
#[cfg(feature = "oidc")]
pub use self::flow::{begin, callback};
pub use self::options::Options;
#[cfg(feature = "oidc")]
pub use self::provider::Provider;

/// Where the provider sends people back to.
#[cfg(feature = "oidc")]
pub const CALLBACK: &str = "/login/oidc/callback";
