//! TLS towards the next hop: verified where it is required, merely encrypting where it is taken
//! because it is offered.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

use super::options::{OptionsError, Security};

/// What a handshake needs.
pub(super) struct Tls {
    /// For a server whose certificate is verified.
    verified: Option<TlsConnector>,
    /// For one whose certificate may be any.
    unverified: Option<TlsConnector>,
    pub name: ServerName<'static>,
}

impl Tls {
    /// What the security asks for. With a password to protect, a certificate is verified even where TLS
    /// would be taken as it comes: whoever answers with any other could read the password.
    pub(super) fn new(
        host: &str,
        security: Security,
        ca_file: Option<&Path>,
        credentials: bool,
    ) -> Result<Self, OptionsError> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            || ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let connector = |config| TlsConnector::from(Arc::new(config));
        let opportunistic = security == Security::WhenOffered;
        let unverified = match opportunistic {
            true => Some(connector(
                builder()?
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider.clone())))
                    .with_no_client_auth(),
            )),
            false => None,
        };
        let verified = match !opportunistic || credentials && !names_loopback(host) {
            true => Some(connector(builder()?.with_root_certificates(roots(ca_file)?).with_no_client_auth())),
            false => None,
        };
        let name =
            ServerName::try_from(host.to_string()).map_err(|_| OptionsError::Host(host.to_string()))?;
        Ok(Tls { verified, unverified, name })
    }

    /// The connector for a server on this machine, or on another.
    pub(super) fn connector(&self, loopback: bool) -> Option<&TlsConnector> {
        match (&self.verified, &self.unverified) {
            (Some(_), Some(unverified)) if loopback => Some(unverified),
            (Some(verified), _) => Some(verified),
            (None, unverified) => unverified.as_ref(),
        }
    }
}

fn names_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The authorities of a file, or the system's.
///
/// # Errors
/// Where there are none.
pub fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, OptionsError> {
    let mut store = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let bad = |error| OptionsError::CaFile(path.to_path_buf(), error);
            for certificate in CertificateDer::pem_file_iter(path).map_err(|e| bad(Some(e)))? {
                store.add(certificate.map_err(|e| bad(Some(e)))?)?;
            }
            if store.is_empty() {
                return Err(bad(None));
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() {
                return Err(OptionsError::NoRoots);
            }
        }
    }
    Ok(store)
}

/// Takes every certificate, but wants its key to be there: encryption against those who only
/// listen (RFC 7435). Whoever needs more says smtp+starttls.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
