//! How the drop-in ends when it cannot do what it was asked.

/// What went wrong, in our own words. Each kind has the exit code that the CLI has for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line is wrong.
    #[error("{0}")]
    CommandLine(String),
    /// There is no region, or there are no credentials, or a setting has no meaning.
    #[error("{0}")]
    Configuration(String),
    /// App Runner refused the request.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::CommandLine(_) => 252,
            Self::Configuration(_) => 253,
            Self::Refused(_) => 254,
            Self::Other(_) => 255,
        }
    }
}
