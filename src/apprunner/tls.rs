//! Whom a connection trusts: the system's authorities, those of a file, or anybody. The only file that names rustls.

use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use std::sync::Arc;
use std::time::Duration;

pub(super) use hyper_rustls::HttpsConnector;

/// Whom a connection trusts.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Whom the system trusts.
    System,
    /// Whoever one of these certificates, in PEM, vouches for; and themselves.
    Bundle(Vec<u8>),
    /// Anybody: somebody on the way may read and answer.
    Anybody,
}

/// Why there are no certificates to trust.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoTrust {
    /// The file has no certificate.
    #[error("it contains no PEM certificate")]
    Empty,
    /// Something in the file cannot be read.
    #[error("it contains a certificate that cannot be read: {0}")]
    Unreadable(String),
    /// The system has none.
    #[error("the system has no trusted certificates; install ca-certificates, or name a certificate file")]
    NoSystem,
}

/// How a connection to the endpoint is made: through the proxy of the environment if it is for `https`, and with TLS if
/// the address asks for it.
pub(super) enum Connector {
    Straight(HttpsConnector<HttpConnector>),
    Through(HttpsConnector<Tunnel<HttpConnector>>),
}

/// The connector to an endpoint.
pub(super) fn connector(
    endpoint: &http::Uri,
    trust: &Trust,
    patience: Option<Duration>,
) -> Result<Connector, NoTrust> {
    let is_tls = endpoint.scheme() == Some(&http::uri::Scheme::HTTPS);
    let config = if is_tls { client_config(trust)? } else { unused_config()? };
    let tls = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(patience);
    tcp.set_nodelay(true);
    let proxy = is_tls.then(|| Matcher::from_env().intercept(endpoint)).flatten();
    let Some(proxy) = proxy else { return Ok(Connector::Straight(tls.wrap_connector(tcp))) };
    let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
    if let Some(password) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(password.clone());
    }
    Ok(Connector::Through(tls.wrap_connector(tunnel)))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// For an address without TLS: no certificate is trusted, so none is read.
fn unused_config() -> Result<ClientConfig, NoTrust> {
    let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let config = config.map_err(|error| NoTrust::Unreadable(error.to_string()))?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn client_config(trust: &Trust) -> Result<ClientConfig, NoTrust> {
    let provider = provider();
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anybody => Arc::new(Nobody { provider: Arc::clone(&provider) }),
        Trust::System => {
            let certificates = rustls_native_certs::load_native_certs().certs;
            if certificates.is_empty() {
                return Err(NoTrust::NoSystem);
            }
            verifier(&certificates, &provider)?
        }
        Trust::Bundle(pem) => {
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let certificates = certificates.map_err(|error| NoTrust::Unreadable(error.to_string()))?;
            let inner = verifier(&certificates, &provider)?;
            Arc::new(Bundle { inner, certificates })
        }
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| NoTrust::Unreadable(error.to_string()))?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn verifier(
    certificates: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, NoTrust> {
    let mut roots = RootCertStore::empty();
    // Some systems carry a certificate that no library reads; the others count.
    let (added, _) = roots.add_parsable_certificates(certificates.iter().cloned());
    if added == 0 {
        return Err(NoTrust::Empty);
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| NoTrust::Unreadable(error.to_string()))
}

/// Trusts the authorities of a file, and a server that shows a certificate of the file itself: the self-signed
/// certificates that people make are authorities, which rustls takes for nothing else.
#[derive(Debug)]
struct Bundle {
    inner: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Bundle {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // Found only after the dates have been looked at, so the certificate is neither old nor too new.
            Err(Error::InvalidCertificate(CertificateError::Other(ref other)))
                if is_an_authority(other) && self.certificates.iter().any(|known| known == end_entity) =>
            {
                let certificate = ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&certificate, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn is_an_authority(OtherError(error): &OtherError) -> bool {
    error.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// Looks at no certificate. The handshake's signatures are still checked, for a broken one is no server at all.
#[derive(Debug)]
struct Nobody {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Nobody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
