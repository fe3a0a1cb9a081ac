//! The files of code, for tests that read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file of code below the folder, without those of tests.
pub(crate) fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut all = Vec::new();
    collect_with_tests(folder, &mut all);
    files.extend(all.into_iter().filter(|path| !path.ends_with("tests.rs")));
}

/// Every file of code below the folder, those of tests among them.
pub(crate) fn collect_with_tests(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_with_tests(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
