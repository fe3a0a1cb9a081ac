//! `schedule.toml` as an argument: which file it is, and reading it.

use super::exit::{BAD_CONFIGURATION, LATER, USAGE};
use super::stdout::{paint_for, print_error, print_last_error};
use crate::clock;
use crate::config::{
    self, CheckContext, Checked, Config, FileSource, MAX_CALENDAR_BYTES, MAX_FILE_BYTES, Place, Problem,
    Severity,
};
use crate::daemon::{Reading, Source, Stamps, Unusable, Version, Warning};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, FromArgMatches};
use jiff::tz;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What stands for standard input in place of a file.
const STANDARD_INPUT: &str = "-";

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "/etc/reveille/schedule.toml";

/// Names the file where the command line does not.
const VARIABLE: &str = "REVEILLE_CONFIG";

/// The option that names the file, the same for every subcommand that reads it.
#[derive(Debug, Clone, Args)]
pub(super) struct ConfigOption {
    /// The file with the services and their schedules
    #[arg(
        short,
        long,
        value_name = "FILE",
        env = VARIABLE,
        default_value = DEFAULT_FILE
    )]
    config: PathBuf,
}

/// The option, and the same as a positional argument.
#[derive(Debug, Args)]
struct ArgumentOrOption {
    /// The file, instead of `--config`; `-` is standard input, which `run` does not read
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    option: ConfigOption,
}

/// Which file to read. One file: naming two is an error of usage.
#[derive(Debug, Clone)]
pub(super) struct ConfigFile {
    pub(super) config: PathBuf,
}

impl From<&ConfigOption> for ConfigFile {
    fn from(option: &ConfigOption) -> Self {
        Self { config: option.config.clone() }
    }
}

impl Args for ConfigFile {
    fn augment_args(command: clap::Command) -> clap::Command {
        ArgumentOrOption::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        ArgumentOrOption::augment_args_for_update(command)
    }
}

impl FromArgMatches for ConfigFile {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        // clap's own conflicts would also take the environment for a file that was named.
        let option_is_given = matches.value_source("config") == Some(ValueSource::CommandLine);
        let ArgumentOrOption { file, option } = ArgumentOrOption::from_arg_matches(matches)?;
        match file {
            Some(file) if option_is_given => {
                let (config, file) = (option.config.display(), file.display());
                let message = format!("two files are named, `{config}` and `{file}`; name one\n");
                Err(clap::Error::raw(ErrorKind::ArgumentConflict, message))
            }
            Some(config) => Ok(Self { config }),
            None => Ok(Self { config: option.config }),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A file that could be read, and what its check said.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The name under which its problems are reported.
    pub(super) file_name: String,
    /// Its text, in which the problems have their places.
    pub(super) text: String,
    /// What the check said.
    pub(super) checked: Checked,
    /// A digest of the text and of the calendars that it names.
    pub(super) digest: String,
}

/// Why a file cannot be read, and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// There is no such file.
    #[error("{0}: there is no such file{hint}", hint = .1.hint_when_missing)]
    Missing(String, Kind),
    /// It is a directory, a pipe, a device or a socket.
    #[error("{0}: this is {1}, not a file; name the {kind} itself", kind = .2.name)]
    NoFile(String, &'static str, Kind),
    /// It is larger than what is read of its kind.
    #[error(
        "{0}: the file is larger than {mib} MiB, so it is not a {kind}",
        mib = .1.max_bytes / 1024 / 1024,
        kind = .1.name
    )]
    TooLarge(String, Kind),
    /// The system refused, for example because of permissions or a loop of symbolic links.
    #[error("{0}: the file cannot be read: {1}")]
    Refused(String, #[source] io::Error),
}

impl Unreadable {
    /// Whether it may be readable later although nobody changes it: its disk failed, or its network file system.
    fn is_temporary(&self) -> bool {
        use io::ErrorKind::{InvalidFilename, NotADirectory, PermissionDenied};
        let Self::Refused(_, error) = self else { return false };
        let is_loop = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        !is_loop && !matches!(error.kind(), InvalidFilename | NotADirectory | PermissionDenied)
    }
}

/// What a file is read as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    name: &'static str,
    max_bytes: usize,
    hint_when_missing: &'static str,
}

const SCHEDULE: Kind = Kind {
    name: "`schedule.toml`",
    max_bytes: MAX_FILE_BYTES,
    hint_when_missing: "; name one with `--config FILE` or in $REVEILLE_CONFIG",
};

const CALENDAR: Kind = Kind { name: "calendar", max_bytes: MAX_CALENDAR_BYTES, hint_when_missing: "" };

/// Where hosts keep their zone database.
const ZONE_FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// The files beside a `schedule.toml`; it keeps account of what is read from them.
struct Folder<'a> {
    folder: &'a Path,
    account: RefCell<&'a mut Account>,
}

/// What a version was read from.
#[derive(Debug, Default)]
struct Account {
    files: Stamps,
    digest: Sha256,
    /// A calendar could not be read for a reason that may pass.
    is_incomplete: bool,
}

impl Account {
    /// A calendar is part of the version. No text of TOML contains a zero byte, so nothing else has this digest.
    fn add_calendar(&mut self, path: &Path, bytes: &[u8]) {
        self.digest.update([0]);
        self.digest.update(path.as_os_str().as_encoded_bytes());
        self.digest.update([0]);
        self.digest.update(bytes.len().to_le_bytes());
        self.digest.update(bytes);
    }
}

impl FileSource for Folder<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let full = self.folder.join(path);
        let mut account = self.account.borrow_mut();
        account.files.note(&full);
        // The name is the file's own, without the folder: its reader knows where that is.
        let bytes = read(&full, &path.display().to_string(), CALENDAR).map_err(|error| {
            account.is_incomplete |= error.is_temporary();
            error.to_string()
        })?;
        account.add_calendar(path, &bytes);
        Ok(bytes)
    }
}

impl ConfigFile {
    /// The file of a command line that names none.
    #[expect(
        clippy::disallowed_methods,
        reason = "what clap reads for `--config`, where clap itself is asked"
    )]
    pub(super) fn usual() -> Self {
        Self { config: std::env::var_os(VARIABLE).map_or_else(|| DEFAULT_FILE.into(), PathBuf::from) }
    }

    /// Reads and checks the file.
    ///
    /// # Errors
    ///
    /// When it cannot be read at all; what is wrong within it is in [`Loaded::checked`].
    pub(super) fn load(&self) -> Result<Loaded, Unreadable> {
        self.load_noting(&mut Account::default())
    }

    fn load_noting(&self, account: &mut Account) -> Result<Loaded, Unreadable> {
        let file_name = self.name();
        let bytes = if self.is_standard_input() {
            read_all(io::stdin().lock(), &file_name, self.kind())?
        } else {
            account.files.note(&self.config);
            read(&self.config, &file_name, self.kind())?
        };
        account.digest.update(&bytes);
        // What standard input names stands beside whoever writes it: in the working directory.
        let folder = self.config.parent().unwrap_or(Path::new(""));
        let folder = Folder { folder, account: RefCell::new(account) };
        let around = CheckContext { now: Some(clock::wall()), files: Some(&folder) };
        let checked = config::check(&bytes, around);
        let account = folder.account.into_inner();
        if let Some(config) = &checked.config {
            note_zones(config, &mut account.files);
        }
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let digest = account.digest.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Loaded { file_name, text, checked, digest })
    }

    /// The name under which the file's problems are reported.
    pub(super) fn name(&self) -> String {
        if self.is_standard_input() { "<stdin>".to_owned() } else { self.config.display().to_string() }
    }

    /// Who has named a file needs no telling how to name one.
    fn kind(&self) -> Kind {
        let is_named = self.config != Path::new(DEFAULT_FILE);
        if is_named { Kind { hint_when_missing: "", ..SCHEDULE } } else { SCHEDULE }
    }

    pub(super) fn is_standard_input(&self) -> bool {
        self.config.as_os_str() == STANDARD_INPUT
    }

    /// Reads and checks the file for a subcommand that goes on with what it says.
    ///
    /// # Errors
    ///
    /// The exit code, when there is nothing to go on with. Everything that is wrong, warnings too, has been said on
    /// standard error.
    pub(super) fn config(&self) -> Result<Config, ExitCode> {
        let loaded = self.loaded(&mut Account::default(), print_error)?;
        loaded.say_problems(print_error);
        loaded.version().map(|version| version.config).map_err(|_| BAD_CONFIGURATION.into())
    }

    /// The same for a daemon, with where the file is to be read again. Warnings are not said but given back: a daemon's go to
    /// its log, which waits for no reader.
    ///
    /// # Errors
    ///
    /// As [`Self::config`].
    pub(super) fn follow(&self) -> Result<(Version, Source), ExitCode> {
        if self.is_standard_input() {
            print_last_error(
                "reveille run: the file cannot be standard input: it is read again whenever it changes; name a file \
                 (`reveille check -` reads standard input)\n",
            );
            return Err(USAGE.into());
        }
        let mut account = Account::default();
        let version = self.loaded(&mut account, print_last_error)?.version().map_err(|wrong| {
            wrong.say_problems(print_last_error);
            ExitCode::from(if account.is_incomplete { LATER } else { BAD_CONFIGURATION })
        })?;
        let file = self.clone();
        let read = Arc::new(move || file.read_again());
        Ok((version, Source { path: self.config.clone(), files: account.files, read }))
    }

    fn loaded(&self, account: &mut Account, print_error: fn(&str)) -> Result<Loaded, ExitCode> {
        self.load_noting(account).map_err(|error| {
            print_error(&format!("{error}\n"));
            if error.is_temporary() { LATER.into() } else { BAD_CONFIGURATION.into() }
        })
    }

    /// Reads and checks the file for a daemon that goes on without it: each problem is one line, with its place.
    fn read_again(&self) -> Reading {
        // Zones are cached for minutes; what is read again is to be as the host has it now.
        tz::db().reset();
        let mut account = Account::default();
        let version = match self.load_noting(&mut account) {
            Ok(loaded) => loaded.version().map_err(|loaded| Unusable::Wrong(loaded.errors())),
            Err(error) => Err(Unusable::Unreadable(error.to_string())),
        };
        Reading { version, files: account.files }
    }
}

impl Loaded {
    /// The version of the file, or the same again when it is wrong.
    fn version(mut self) -> Result<Version, Box<Self>> {
        match self.checked.config.take() {
            Some(config) => Ok(Version { config, warnings: self.warnings(), digest: self.digest }),
            None => Err(Box::new(self)),
        }
    }

    /// Says everything that is wrong, for people.
    fn say_problems(&self, print_error: fn(&str)) {
        print_error(&self.checked.problems.render_in(paint_for(&io::stderr()), &self.file_name, &self.text));
    }

    /// Each error in one line.
    fn errors(&self) -> Vec<String> {
        let errors = self.checked.problems.iter().filter(|problem| problem.severity == Severity::Error);
        errors.map(|problem| in_one_line(problem, &self.file_name, &self.text)).collect()
    }

    /// Each problem of a file without errors, in one line.
    fn warnings(&self) -> Vec<Warning> {
        let problems = &self.checked.problems;
        let warnings = problems.iter().map(|problem| Warning {
            text: in_one_line(problem, &self.file_name, &self.text),
            place: Some(problem.place(&self.text)),
        });
        let unlisted = (problems.unlisted() > 0).then(|| Warning {
            text: format!("{}: and {} more problems", self.file_name, problems.unlisted()),
            place: None,
        });
        warnings.chain(unlisted).collect()
    }
}

/// Notes the host's data for the zones that the file names. Zones may change while the file does not. Which they are is
/// known only when they have been read, so a change in between is noticed by the next comparison.
fn note_zones(config: &Config, files: &mut Stamps) {
    let Some(folder) = zone_folder() else { return };
    let zones: BTreeSet<&str> =
        config.services.iter().map(|service| service.schedule.time_zone_name()).collect();
    zones.into_iter().for_each(|zone| files.note(&folder.join(zone)));
    // A calendar may name a zone of its own; this file is replaced whenever any zone is.
    files.note(&folder.join("tzdata.zi"));
}

/// The host's zone database, where jiff looks for it; none where it uses its own.
#[expect(clippy::disallowed_methods, reason = "the zone database's own setting everywhere")]
fn zone_folder() -> Option<PathBuf> {
    let named = std::env::var_os("TZDIR").map(PathBuf::from);
    named.into_iter().chain(ZONE_FOLDERS.map(PathBuf::from)).find(|folder| folder.is_dir())
}

fn in_one_line(problem: &Problem, file_name: &str, text: &str) -> String {
    let Place { line, column } = problem.place(text);
    let help = problem.help().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{file_name}:{line}:{column}: {}{help}", problem.message())
}

/// Reads a plain file, and no more of it than is allowed.
fn read(path: &Path, name: &str, kind: Kind) -> Result<Vec<u8>, Unreadable> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Missing(name.to_owned(), kind),
        _ => Unreadable::Refused(name.to_owned(), error),
    };
    // Asked before it is opened: opening a pipe without a writer would block forever.
    let metadata = path.metadata().map_err(refused)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a directory" } else { "a pipe, a device or a socket" };
        return Err(Unreadable::NoFile(name.to_owned(), what, kind));
    }
    if metadata.len() > u64::try_from(kind.max_bytes).unwrap_or(u64::MAX) {
        return Err(Unreadable::TooLarge(name.to_owned(), kind));
    }
    read_all(File::open(path).map_err(refused)?, name, kind)
}

fn read_all(from: impl Read, name: &str, kind: Kind) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    let one_too_many = u64::try_from(kind.max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    from.take(one_too_many)
        .read_to_end(&mut bytes)
        .map_err(|error| Unreadable::Refused(name.to_owned(), error))?;
    if bytes.len() > kind.max_bytes {
        return Err(Unreadable::TooLarge(name.to_owned(), kind));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(path: &Path) -> String {
        ConfigFile { config: path.to_owned() }.load().unwrap_err().to_string()
    }

    #[test]
    fn a_path_that_is_not_a_file_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("schedule.toml");
        assert!(error_of(&missing).ends_with("schedule.toml: there is no such file"));
        let unnamed = ConfigFile { config: PathBuf::from(DEFAULT_FILE) }.kind();
        let error = Unreadable::Missing(DEFAULT_FILE.to_owned(), unnamed).to_string();
        assert!(
            error.ends_with("there is no such file; name one with `--config FILE` or in $REVEILLE_CONFIG")
        );
        assert!(error_of(folder.path()).contains("this is a directory, not a file"));
        assert!(
            error_of(Path::new("/dev/zero")).contains("this is a pipe, a device or a socket, not a file")
        );
        let circle = folder.path().join("circle");
        std::os::unix::fs::symlink(&circle, &circle).unwrap();
        assert!(error_of(&circle).contains("the file cannot be read: "));
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_before_it_is_parsed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(u64::try_from(MAX_FILE_BYTES).unwrap() + 1).unwrap();
        assert!(error_of(file.path()).contains("the file is larger than 64 MiB"));
    }

    #[test]
    fn a_file_that_is_not_text_is_a_problem_with_a_position() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"# caf\xe9\n").unwrap();
        let loaded = ConfigFile { config: file.path().to_owned() }.load().unwrap();
        let problem = loaded.checked.problems.iter().next().unwrap();
        assert_eq!((problem.place(&loaded.text).line, problem.place(&loaded.text).column), (1, 6));
    }

    #[test]
    fn the_digest_is_the_texts_own_and_covers_its_calendars() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schedule.toml");
        let digest_of = |text: &str, calendar: &str| {
            std::fs::write(&path, text).unwrap();
            std::fs::write(folder.path().join("holidays.ics"), calendar).unwrap();
            ConfigFile { config: path.clone() }.load().unwrap().digest
        };
        let calendar = |day: &str| {
            format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:{day}\nEND:VEVENT\nEND:VCALENDAR\n")
        };
        let (may, june) = (calendar("20270501"), calendar("20270601"));
        let plain = "timezone = \"UTC\"\n";
        let as_sha256sum_prints_it = "2577d86e71de6055e01cf33af45ac955f47a2af28e48a2288f88f6026f328660";
        assert_eq!(digest_of(plain, &may), as_sha256sum_prints_it);
        assert_eq!(digest_of(plain, &june), as_sha256sum_prints_it, "a calendar that nobody names");
        let named = "timezone = \"UTC\"\n[closed-days]\nall = { ics = \"holidays.ics\" }\n";
        assert_ne!(digest_of(named, &may), digest_of(named, &june));
        assert_eq!(digest_of(named, &may), digest_of(named, &may));
    }
}
