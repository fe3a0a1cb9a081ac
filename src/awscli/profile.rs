//! The settings of a profile, from AWS's two files.
//!
//! The SDK's reader is of no use here: it opens the files itself, drops a section whose name stands in quotes, and refuses
//! `name: value`, all of which the CLI takes.

use super::failure::Failure;
use std::collections::BTreeMap;

/// The names and values of a section. A value of several lines keeps them, each after a line break.
type Section = BTreeMap<String, String>;

/// The sections of a file.
#[derive(Debug, Default)]
pub(crate) struct File(BTreeMap<String, Section>);

impl File {
    /// Reads a file's text; `name` is for the message.
    pub(crate) fn parse(text: &str, name: &str) -> Result<Self, Failure> {
        let mut sections: BTreeMap<String, Section> = BTreeMap::new();
        let (mut section, mut key) = (None::<String>, None::<String>);
        for (number, line) in (1_usize..).zip(text.lines()) {
            let wrong = |what: &str| Failure::Other(format!("{name}:{number}: {what}: `{}`", line.trim()));
            let stripped = line.trim();
            if stripped.is_empty() || stripped.starts_with(['#', ';']) {
                continue;
            }
            if let Some(known) = key.as_ref().filter(|_| line.starts_with([' ', '\t'])) {
                let values = section.as_ref().and_then(|section| sections.get_mut(section));
                if let Some(value) = values.and_then(|section| section.get_mut(known)) {
                    value.push('\n');
                    value.push_str(stripped);
                }
            } else if let Some(header) = stripped.strip_prefix('[') {
                let (header, _) = header.split_once(']').ok_or_else(|| wrong("a section without `]`"))?;
                sections.entry(header.to_owned()).or_default();
                (section, key) = (Some(header.to_owned()), None);
            } else {
                let (word, value) = stripped
                    .split_once(['=', ':'])
                    .ok_or_else(|| wrong("neither a section nor `name = value`"))?;
                let word = word.trim().to_lowercase();
                let values = section.as_ref().and_then(|section| sections.get_mut(section));
                let values = values.ok_or_else(|| wrong("a setting before the first section"))?;
                values.insert(word.clone(), value.trim().to_owned());
                key = Some(word);
            }
        }
        Ok(Self(sections))
    }

    /// The section of this kind and name, as in `[profile work]`.
    fn named(&self, kind: &str, name: &str) -> Option<&Section> {
        let found = self.0.iter().find(|(header, _)| {
            let (first, second) = header.split_once([' ', '\t']).unwrap_or((header, ""));
            first == kind && second.trim().trim_matches(['"', '\'']) == name
        });
        found.map(|(_, section)| section)
    }
}

/// The settings of one profile.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    settings: Section,
    /// What the section of services that it names says about App Runner.
    services: Section,
}

impl Profile {
    /// Finds a profile: the named one, which must be there, or the default one, which need not.
    pub(crate) fn find(name: Option<&str>, config: &File, credentials: &File) -> Result<Self, Failure> {
        let wanted = name.unwrap_or("default");
        let in_config = config.named("profile", wanted);
        let in_config = in_config.or_else(|| config.0.get(wanted).filter(|_| wanted == "default"));
        let in_credentials = credentials.0.get(wanted);
        if let (Some(name), None, None) = (name, in_config, in_credentials) {
            return Err(Failure::Other(format!(
                "there is no profile `{name}`; `--profile` and AWS_PROFILE take one of those in the files of \
                 AWS_CONFIG_FILE [~/.aws/config] and AWS_SHARED_CREDENTIALS_FILE [~/.aws/credentials]"
            )));
        }
        let mut settings = in_config.cloned().unwrap_or_default();
        settings.extend(in_credentials.cloned().unwrap_or_default());
        let services = settings.get("services").and_then(|name| config.named("services", name));
        let services = services.and_then(|services| services.get("apprunner")).map(|text| nested(text));
        Ok(Self { settings, services: services.unwrap_or_default() })
    }

    /// A setting, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.set_to(name).filter(|value| !value.is_empty())
    }

    /// A setting, if it is there at all.
    pub(crate) fn set_to(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    /// The endpoint for App Runner, or for every service.
    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.services.get("endpoint_url").map(String::as_str).or_else(|| self.get("endpoint_url"))
    }
}

/// The settings in a value of several lines.
fn nested(text: &str) -> Section {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
[default]
region = eu-west-1
# a remark
[profile work]
Region: us-east-2
s3 =
  max = 3
services = local
[services local]
apprunner =
  endpoint_url = http://127.0.0.1:9190
[profile \"two words\"]
output=text
";

    #[test]
    fn a_profile_is_found_with_its_settings_and_its_services() {
        let (config, none) = (File::parse(CONFIG, "config").unwrap(), File::default());
        let find = |name| Profile::find(name, &config, &none).unwrap();
        assert_eq!(find(None).get("region"), Some("eu-west-1"));
        assert_eq!(find(Some("work")).get("region"), Some("us-east-2"));
        assert_eq!(find(Some("work")).endpoint_url(), Some("http://127.0.0.1:9190"));
        assert_eq!(find(Some("two words")).get("output"), Some("text"));
        assert!(Profile::find(Some("nobody"), &config, &none).unwrap_err().to_string().contains("`nobody`"));
        assert!(Profile::find(None, &none, &none).unwrap().get("region").is_none());
    }

    #[test]
    fn the_credentials_file_knows_profiles_too_and_wins() {
        let config = File::parse(CONFIG, "config").unwrap();
        let credentials =
            File::parse("[work]\nregion = eu-west-3\n[else]\nregion = x\n", "credentials").unwrap();
        let find = |name| Profile::find(Some(name), &config, &credentials).unwrap();
        assert_eq!(find("work").get("region"), Some("eu-west-3"));
        assert_eq!(find("else").get("region"), Some("x"));
    }

    #[test]
    fn an_invalid_file_is_reported_with_its_line() {
        let error = |text| File::parse(text, "config").unwrap_err().to_string();
        assert_eq!(error("region = x"), "config:1: a setting before the first section: `region = x`");
        assert_eq!(error("[a\n"), "config:1: a section without `]`: `[a`");
        assert_eq!(error("[a]\nb\n"), "config:2: neither a section nor `name = value`: `b`");
    }
}
