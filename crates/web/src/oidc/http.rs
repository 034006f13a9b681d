//! The few requests that go to the provider: one connection each, bounded in time and size, by TLS
//! unless the provider is this machine, and following no redirect (which could lead anywhere).

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use openidconnect::url::Url;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::options::is_safe;

/// A request with its answer takes no longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// No more of an answer is read.
const LARGEST: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the address is not https")]
    Unsafe,
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    Slow,
    #[error("{0}")]
    Connection(#[from] std::io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("the answer cannot be read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
}

/// Makes requests.
pub struct Http(TlsConnector);

impl Http {
    /// With the authorities of a file, or the system's.
    ///
    /// # Errors
    /// Where there are none.
    pub fn new(ca_file: Option<&Path>) -> Result<Http, String> {
        let roots = next_hop::roots(ca_file).map_err(|e| e.to_string())?;
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        Ok(Http(TlsConnector::from(Arc::new(config))))
    }

    async fn talk(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| HttpError::Unsafe)?;
        let port = url.port_or_known_default().ok_or(HttpError::Unsafe)?;
        let host = url.host_str().filter(|_| is_safe(&url)).ok_or(HttpError::Unsafe)?;
        let bare = host.trim_matches(['[', ']']).to_string();
        let stream = TcpStream::connect((bare.as_str(), port)).await?;
        stream.set_nodelay(true)?;
        let request = of_origin(request, &url, host)?;
        if url.scheme() == "https" {
            let name = ServerName::try_from(bare).map_err(|_| HttpError::Unsafe)?;
            exchange(self.0.connect(name, stream).await?, request).await
        } else {
            exchange(stream, request).await
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            tokio::time::timeout(PATIENCE, self.talk(request)).await.map_err(|_| HttpError::Slow)?
        })
    }
}

/// The request as it goes to the server itself: path and query, and the host beside (RFC 9112 section 3.2.1).
fn of_origin(request: HttpRequest, url: &Url, host: &str) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
    let (mut parts, body) = request.into_parts();
    let named = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_string(),
    };
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_string();
    parts.uri = path.parse().map_err(|_| HttpError::Unsafe)?;
    parts.headers.insert(HOST, HeaderValue::from_str(&named).map_err(|_| HttpError::Unsafe)?);
    Ok(hyper::Request::from_parts(parts, Full::new(Bytes::from(body))))
}

async fn exchange<S>(stream: S, request: hyper::Request<Full<Bytes>>) -> Result<HttpResponse, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let answer = async move {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LARGEST).collect().await.map_err(HttpError::Body)?;
        Ok(HttpResponse::from_parts(parts, body.to_bytes().to_vec()))
    };
    // The connection ends when nobody is left to ask it; how, the answer tells.
    let (answer, _) = tokio::join!(answer, connection);
    answer
}
