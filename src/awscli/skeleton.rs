//! Samples of the request and of the reply.

use super::shape::RESUME_SERVICE;
use super::value::Value;

/// The request as JSON, to be filled in.
pub(crate) const INPUT: &str = "{\n    \"ServiceArn\": \"\"\n}\n";

/// The request as YAML, to be filled in, with what the member is for: the service model's words.
pub(crate) const YAML_INPUT: &str = "ServiceArn: ''  # [REQUIRED] The Amazon Resource Name (ARN) of the App Runner \
                                     service that you want to resume.\n";

/// A reply in which every member has something.
pub(crate) fn output() -> Value {
    RESUME_SERVICE.sample("")
}
