//! A server that answers with replies that were written down, and remembers what it was asked.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "every test crate uses a part of it, so an `expect` would not hold in all; and a test may be blunt"
)]

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What the server was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The path of the request.
    pub(crate) path: String,
    /// The headers, their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Value,
}

/// A server on loopback. It ends with the test.
pub(crate) struct Replay {
    /// Its address.
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A certificate with its key, both in PEM.
pub(crate) struct Certificate {
    /// The certificate and those behind it.
    pub(crate) chain: String,
    /// Its key.
    pub(crate) key: String,
}

impl Replay {
    /// Serves these replies, by path, over plain HTTP.
    pub(crate) fn start(replies: &Value) -> Self {
        Self::serve(replies.clone(), None)
    }

    /// Serves these replies over TLS, as `localhost`.
    pub(crate) fn start_tls(replies: &Value, certificate: &Certificate) -> Self {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(certificate.chain.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::serve(replies.clone(), Some(Arc::new(config)))
    }

    fn serve(replies: Value, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = match &tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let asked = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A client that hangs up, or refuses the certificate, ends its own connection and nothing else.
                let done = match &tls {
                    None => answer(stream, &replies, &memory),
                    Some(config) => encrypted(stream, config).and_then(|s| answer(s, &replies, &memory)),
                };
                drop(done);
            }
        });
        Self { url, asked }
    }

    /// What it was asked since this was last asked for.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn encrypted(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
) -> std::io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

fn answer(stream: impl Read + Write, replies: &Value, memory: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    memory.lock().unwrap_or_else(PoisonError::into_inner).push(Asked { path: path.clone(), headers, body });
    stream.get_mut().write_all(&written(&replies[path.as_str()]))?;
    stream.get_mut().flush()
}

fn written(reply: &Value) -> Vec<u8> {
    let status = reply["status"].as_u64().unwrap_or(404);
    let body = match &reply["raw"] {
        Value::String(raw) => raw.clone(),
        _ => reply["body"].to_string(),
    };
    let mut head =
        format!("HTTP/1.1 {status} x\r\nContent-Type: application/x-amz-json-1.0\r\nConnection: close\r\n");
    for (name, value) in reply["headers"].as_object().into_iter().flatten() {
        head.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap_or_default()));
    }
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// An authority, and a certificate for `localhost` that it vouches for.
pub(crate) fn authority() -> (String, Certificate) {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertifiedIssuer::self_signed(params, key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    (authority.pem(), Certificate { chain: leaf.pem(), key: key.serialize_pem() })
}

/// A certificate for `localhost` that vouches for itself, as `openssl req -x509` makes them: an authority, too.
pub(crate) fn self_signed() -> Certificate {
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Certificate { chain: certificate.pem(), key: key.serialize_pem() }
}
