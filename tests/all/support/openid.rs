//! An OpenID provider as small as one can be: discovery, keys and the token endpoint over real sockets,
//! with keys of its own. What a person does at its pages, the test does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub const CLIENT: &str = "sekisho";
pub const SECRET: &str = "made-up secret";

/// A running provider. It ends with the runtime.
#[derive(Clone)]
pub struct OpenId {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    key: Key,
    /// What the discovery document says the issuer is.
    issuer: String,
    grants: HashMap<String, Grant>,
    granted: usize,
    /// How often its keys were asked for.
    keys_asked: usize,
}

/// Somebody who has signed in at the provider, before the code is exchanged.
struct Grant {
    challenge: String,
    redirect: String,
    token: String,
}

struct Key {
    id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(id: &str) -> Key {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
        Key { id: id.into(), pair }
    }

    /// The public half (RFC 7518 section 6.2.1).
    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y})
    }

    /// The claims as a signed token (RFC 7515 section 3.1).
    fn sign(&self, claims: &Value) -> String {
        let head = json!({"alg": "ES256", "typ": "JWT", "kid": self.id});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

/// What the browser is sent to the provider with.
pub struct Asked(pub HashMap<String, String>);

impl Asked {
    /// The query of the address that the site sends the browser to.
    pub fn of(location: &str) -> Asked {
        let url = url::Url::parse(location).expect("an address");
        Asked(url.query_pairs().into_owned().collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.0))
    }
}

impl OpenId {
    pub async fn start() -> OpenId {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let issuer = format!("http://{address}");
        let state = State { key: Key::new("one"), issuer, grants: HashMap::new(), granted: 0, keys_asked: 0 };
        let provider = OpenId { address, state: Arc::new(Mutex::new(state)) };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let provider = serving.clone();
                tokio::spawn(async move { provider.serve(stream).await });
            }
        });
        provider
    }

    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its discovery document names another issuer from now on.
    pub fn pretend_to_be(&self, issuer: &str) {
        self.state().issuer = issuer.into();
    }

    /// It signs with another key from now on.
    pub fn change_key(&self) {
        self.state().key = Key::new("two");
    }

    pub fn keys_asked(&self) -> usize {
        self.state().keys_asked
    }

    /// Lets somebody sign in: the code for the browser to come back with. `change` bends the claims.
    pub fn grant(&self, asked: &Asked, address: &str, change: impl FnOnce(&mut Value)) -> String {
        self.grant_by(asked, address, change, None)
    }

    /// The same, with a token that a stranger's key has signed under this provider's key id.
    pub fn grant_forged(&self, asked: &Asked, address: &str) -> String {
        self.grant_by(asked, address, |_| {}, Some(Key::new("one")))
    }

    fn grant_by(
        &self,
        asked: &Asked,
        address: &str,
        change: impl FnOnce(&mut Value),
        by: Option<Key>,
    ) -> String {
        assert_eq!((asked.get("client_id"), asked.get("code_challenge_method")), (CLIENT, "S256"));
        assert!(asked.get("scope").split(' ').any(|s| s == "openid"), "{}", asked.get("scope"));
        let now = jiff::Timestamp::now().as_second();
        let mut claims = json!({
            "iss": self.issuer(), "aud": CLIENT, "sub": "248289761001", "iat": now, "exp": now + 300,
            "nonce": asked.get("nonce"), "email": address, "email_verified": true, "name": "山田 花",
        });
        change(&mut claims);
        let mut state = self.state();
        let token = by.as_ref().unwrap_or(&state.key).sign(&claims);
        state.granted += 1;
        let code = format!("code-{}", state.granted);
        let (challenge, redirect) = (asked.get("code_challenge").into(), asked.get("redirect_uri").into());
        state.grants.insert(code.clone(), Grant { challenge, redirect, token });
        code
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panicked")
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        let (head, body) = loop {
            let Ok(1..) = stream.read_buf(&mut bytes).await else { return };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = field(head, "content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                break (head.to_string(), body.to_string());
            }
        };
        let (status, answer) = self.answer(&head, &body);
        let text = answer.to_string();
        let whole = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        );
        drop(stream.write_all(whole.as_bytes()).await);
    }

    fn answer(&self, head: &str, body: &str) -> (u16, Value) {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let base = self.issuer();
        match path {
            "/.well-known/openid-configuration" => {
                let document = json!({
                    "issuer": self.state().issuer, "authorization_endpoint": format!("{base}/authorize"),
                    "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys"),
                    "response_types_supported": ["code"], "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                });
                (200, document)
            }
            "/keys" => {
                let mut state = self.state();
                state.keys_asked += 1;
                (200, json!({"keys": [state.key.public()]}))
            }
            "/token" => self.exchange(head, body),
            _ => (404, json!({})),
        }
    }

    /// The token for a code: once, to the client that asked, with the verifier (RFC 7636 section 4.6).
    fn exchange(&self, head: &str, body: &str) -> (u16, Value) {
        let form = Asked::of(&format!("http://x.example/?{body}")).0;
        let said = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let basic = field(head, "authorization").and_then(|a| a.strip_prefix("Basic ").map(str::to_string));
        let known = STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+")));
        let grant = self.state().grants.remove(said("code"));
        let verifier = URL_SAFE_NO_PAD
            .encode(ring::digest::digest(&ring::digest::SHA256, said("code_verifier").as_bytes()));
        match grant {
            Some(g)
                if basic == Some(known) && g.challenge == verifier && g.redirect == said("redirect_uri") =>
            {
                (
                    200,
                    json!({"access_token": "unused", "token_type": "Bearer", "expires_in": 60, "id_token": g.token}),
                )
            }
            _ => (400, json!({"error": "invalid_grant"})),
        }
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|l| l.split_once(':'));
    lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_string())
}
