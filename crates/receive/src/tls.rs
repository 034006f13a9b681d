//! STARTTLS for clients: the certificate and its key.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

use super::options::OptionsError;

/// Reads the certificate chain and the key. With `client_ca`, clients must show a certificate that one of its
/// authorities signed.
pub(super) fn acceptor(
    certificate: &Path,
    key: &Path,
    client_ca: Option<&Path>,
) -> Result<TlsAcceptor, OptionsError> {
    let bad = |path: &Path, error| OptionsError::Pem(path.to_path_buf(), error);
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(|e| bad(certificate, Some(e)))?.collect();
    let chain = chain.map_err(|e| bad(certificate, Some(e)))?;
    if chain.is_empty() {
        return Err(bad(certificate, None));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| bad(key, Some(e)))?;
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = match client_ca {
        Some(path) => {
            let roots =
                next_hop::roots(Some(path)).map_err(|_| OptionsError::ClientCa(path.to_path_buf()))?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder
                .with_client_cert_verifier(verifier.map_err(|_| OptionsError::ClientCa(path.to_path_buf()))?)
        }
        None => builder.with_no_client_auth(),
    };
    let config = builder.with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
