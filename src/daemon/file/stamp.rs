//! Which files were read, and whether they are the same still.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The files that were looked at for one version, each as it was just before it was read.
///
/// A stamp is taken first and the file read afterwards, so a change in between is seen at the next comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamps(BTreeMap<PathBuf, Stamp>);

/// A file at one time: what stands under its name, and what that leads to when it is a symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    entry: Option<State>,
    target: Option<State>,
}

/// Identity and state of a file. The time of its last change of any kind (ctime) also tells new permissions, and a
/// modification time that was set back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamps {
    /// Notes a file as it is now, also one that is not there. The first note of a file counts.
    pub fn note(&mut self, path: &Path) {
        if !self.0.contains_key(path) {
            self.0.insert(path.to_owned(), Stamp::of(path));
        }
    }

    /// Whether every file is as it was.
    pub(super) fn hold(&self) -> bool {
        self.0.iter().all(|(path, stamp)| Stamp::of(path) == *stamp)
    }
}

impl Stamp {
    fn of(path: &Path) -> Self {
        let state = |metadata: Metadata| State {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        };
        Self { entry: path.symlink_metadata().ok().map(state), target: path.metadata().ok().map(state) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn whatever_happens_to_a_file_or_to_where_its_link_leads_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("one"), "1").unwrap();
        fs::write(at("two"), "2").unwrap();
        symlink("one", at("link")).unwrap();
        let happenings: [(&str, &dyn Fn()); 6] = [
            ("written, longer", &|| fs::write(at("one"), "11").unwrap()),
            ("forbidden", &|| fs::set_permissions(at("one"), fs::Permissions::from_mode(0o000)).unwrap()),
            ("replaced", &|| {
                fs::write(at("new"), "11").unwrap();
                fs::rename(at("new"), at("one")).unwrap();
            }),
            ("the link leads elsewhere", &|| {
                symlink("two", at("new")).unwrap();
                fs::rename(at("new"), at("link")).unwrap();
            }),
            ("removed", &|| fs::remove_file(at("two")).unwrap()),
            ("made again", &|| fs::write(at("two"), "2").unwrap()),
        ];
        for (what, happens) in happenings {
            let mut stamps = Stamps::default();
            stamps.note(&at("link"));
            assert!(stamps.hold(), "before: {what}");
            happens();
            assert!(!stamps.hold(), "{what}");
        }
    }
}
