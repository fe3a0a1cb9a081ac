//! An App Runner that lives in this process: a pure model, and an HTTP face for it.
