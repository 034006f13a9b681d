//! The provider: what it says of itself, kept for a while, and what it says of a person, verified: the
//! token's signature, issuer, audience, time and nonce (OpenID Connect Core section 3.1.3.7).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, SignatureVerificationError, TokenResponse as _,
};
use ring::hmac;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::CALLBACK;
use super::http::Http;
use super::options::Options;
use store::Store;
use terms::clock::Timestamp;

/// What the provider says of itself is asked for anew after so long.
const KEPT: Duration = Duration::from_secs(3_600);
/// A key that is not known is asked for, but no more often than this.
const AGAIN: Duration = Duration::from_secs(60);
/// Somebody who signs in has so long to come back, in seconds.
pub const UNDER_WAY: i64 = 600;

/// Signed by a key of the provider's that only it has: nothing without a signature, and nothing that
/// whoever knows the client's secret could have signed.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type ProviderClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider that people may sign in with.
pub struct Provider {
    pub(super) options: Options,
    issuer: IssuerUrl,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: Http,
    key: hmac::Key,
    known: Mutex<Option<(Instant, Arc<CoreProviderMetadata>)>>,
}

/// What the browser keeps while its user is with the provider.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnderWay {
    pub state: String,
    nonce: String,
    verifier: String,
    /// Where they go on to afterwards.
    pub to: String,
    until: i64,
}

/// Somebody whom the provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// A verified mail address, in lower case.
    pub address: String,
    /// Their name, where the provider tells it.
    pub display: Option<String>,
    /// The values of the claim that tells the role.
    pub groups: Vec<String>,
}

impl Provider {
    /// The provider of the options.
    ///
    /// # Errors
    /// Where a file that they name cannot be used.
    pub fn new(options: &Options, web: &crate::Options, store: &Store) -> Result<Provider, String> {
        let secret = match &options.client_secret_file {
            Some(file) => {
                let text = std::fs::read_to_string(file);
                let text =
                    text.map_err(|e| format!("[web.oidc] client_secret_file {}: {e}", file.display()))?;
                Some(ClientSecret::new(text.trim().to_string()))
            }
            None => None,
        };
        let redirect = format!("{}{CALLBACK}", web.public_url.trim_end_matches('/'));
        Ok(Provider {
            options: options.clone(),
            issuer: IssuerUrl::new(options.issuer.clone()).map_err(|e| format!("[web.oidc] issuer: {e}"))?,
            secret,
            redirect: RedirectUrl::new(redirect).map_err(|e| format!("[web] public_url: {e}"))?,
            http: Http::new(options.ca_file.as_deref()).map_err(|e| format!("[web.oidc] ca_file: {e}"))?,
            key: hmac::Key::new(hmac::HMAC_SHA256, &store.derived_key("oidc")),
            known: Mutex::new(None),
        })
    }

    /// What the sign-in page calls it.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// Where the browser goes, and what it keeps meanwhile.
    ///
    /// # Errors
    /// In words for the log, where the provider does not answer.
    pub async fn begin(&self, to: &str, now: Timestamp) -> Result<(String, String), String> {
        let client = self.client(self.metadata(KEPT).await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        let scopes = self.options.scopes.iter().cloned().map(Scope::new);
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        let under_way = UnderWay {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            to: to.to_string(),
            until: now.as_second() + UNDER_WAY,
        };
        Ok((url.to_string(), self.seal(&under_way)))
    }

    /// What the browser kept, if it is what it was given here and its time is not over.
    pub fn resume(&self, kept: &str, now: Timestamp) -> Option<UnderWay> {
        let (body, code) = kept.split_once('.')?;
        let code = URL_SAFE_NO_PAD.decode(code).ok()?;
        hmac::verify(&self.key, body.as_bytes(), &code).ok()?;
        let under_way: UnderWay = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        (under_way.until > now.as_second()).then_some(under_way)
    }

    fn seal(&self, under_way: &UnderWay) -> String {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(under_way).unwrap_or_default());
        let code = hmac::sign(&self.key, body.as_bytes());
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(code.as_ref()))
    }

    /// Who came back with this code.
    ///
    /// # Errors
    /// In words for the log, which name no person.
    pub async fn person(&self, under_way: UnderWay, code: String) -> Result<Person, String> {
        let client = self.client(self.metadata(KEPT).await?);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|e| e.to_string())?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(under_way.verifier));
        let answer = request.request_async(&self.http).await.map_err(|e| told(&e))?;
        let token = answer.id_token().ok_or("the provider gave no ID token")?;
        let nonce = Nonce::new(under_way.nonce);
        match verify(&client, token, &nonce) {
            // The provider may have changed its keys since they were asked for.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let client = self.client(self.metadata(AGAIN).await?);
                verify(&client, token, &nonce)
            }
            verified => verified,
        }
        .map_err(|e| told(&e))?;
        self.read(token)
    }

    /// What a verified token says.
    fn read(&self, token: &CoreIdToken) -> Result<Person, String> {
        let text = token.to_string();
        let payload = text.split('.').nth(1).and_then(|p| URL_SAFE_NO_PAD.decode(p).ok());
        let claims: serde_json::Value = payload
            .and_then(|p| serde_json::from_slice(&p).ok())
            .ok_or("the token's claims cannot be read")?;
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_string);
        // Some providers say it as a text.
        let verified = claims.get("email_verified").is_some_and(|v| v == true || v == "true");
        let address = text("email").ok_or("the token tells no mail address; see [web.oidc] scopes")?;
        if !verified {
            return Err("the provider has not verified the mail address (email_verified)".into());
        }
        let address = message::Address::parse(&address).ok_or("the token's address is none")?;
        let groups = match self.options.role_claim.as_ref().and_then(|claim| claims.get(claim)) {
            Some(serde_json::Value::String(one)) => vec![one.clone()],
            Some(serde_json::Value::Array(many)) => {
                many.iter().filter_map(|v| v.as_str().map(str::to_string)).collect()
            }
            _ => Vec::new(),
        };
        let display = text("name").map(|name| name.trim().chars().take(100).collect::<String>());
        Ok(Person { address: address.key(), display: display.filter(|name| !name.is_empty()), groups })
    }

    fn client(&self, metadata: Arc<CoreProviderMetadata>) -> ProviderClient {
        let methods = metadata.token_endpoint_auth_methods_supported();
        // RFC 8414 section 2: HTTP Basic where nothing is said.
        let by_body = methods.is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        let id = ClientId::new(self.options.client_id.clone());
        let client = CoreClient::from_provider_metadata((*metadata).clone(), id, self.secret.clone());
        let auth = if by_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        client.set_redirect_uri(self.redirect.clone()).set_auth_type(auth)
    }

    /// What the provider says of itself, no older than `age`. One request at a time.
    async fn metadata(&self, age: Duration) -> Result<Arc<CoreProviderMetadata>, String> {
        let mut known = self.known.lock().await;
        if let Some((at, metadata)) = known.as_ref().filter(|(at, _)| at.elapsed() < age) {
            let _ = at;
            return Ok(metadata.clone());
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let metadata = Arc::new(found.map_err(|e| told(&e))?);
        *known = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }
}

fn verify(
    client: &ProviderClient,
    token: &CoreIdToken,
    nonce: &Nonce,
) -> Result<(), ClaimsVerificationError> {
    let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
    token.claims(&verifier, nonce).map(|_| ())
}

/// An error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
