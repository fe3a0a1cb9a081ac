//! Why there are no credentials, for people.

use crate::apprunner::error_text::text;
use aws_credential_types::provider::error::CredentialsError;

/// What to do about it, whatever is wrong.
const REMEDY: &str = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine or the container \
                       a role";

/// Why there are no credentials, in a sentence.
pub(in crate::apprunner) fn problem(error: &CredentialsError) -> String {
    let text = text(error);
    match error {
        CredentialsError::CredentialsNotLoaded(_) => match missing_profile(&text) {
            Some(name) => format!("no AWS credentials found: there is no profile `{name}`; {REMEDY}"),
            None => format!("no AWS credentials found; {REMEDY}"),
        },
        _ => format!("no AWS credentials: {text}; {REMEDY}"),
    }
}

/// The profile that was asked for by name and is in no file, in the SDK's words.
fn missing_profile(text: &str) -> Option<&str> {
    let (before, _) = text.split_once("` was not defined")?;
    let (_, name) = before.rsplit_once("profile `")?;
    (name != "default").then_some(name)
}
