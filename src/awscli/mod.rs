//! What the drop-in for `aws apprunner resume-service` decides and formats.
//!
//! [`options`] reads the command line as the CLI does; [`profile`] and [`settings`] read from the
//! environment and the profile what the command line leaves open; [`input`] makes the request. What comes back is read by its
//! [`shape`], narrowed by a [`query`] and written by [`output`]. Nothing here reads a file, an environment or a clock, or
//! makes a call.

pub(crate) mod complete;
pub(crate) mod failure;
pub(crate) mod input;
pub(crate) mod json;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod profile;
pub(crate) mod query;
pub(crate) mod refusal;
pub(crate) mod settings;
pub(crate) mod shape;
pub(crate) mod skeleton;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod timestamp;
pub(crate) mod value;
pub(crate) mod yaml;
