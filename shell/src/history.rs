//! The history file: under the XDG state folder, for the owner only, and without secrets.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;

use crate::friendly;

/// Verbs whose words are secrets.
const SECRET: [&str; 7] = ["LOGIN", "REGISTER", "PASSWD", "RESUME", "REDEEM", "RECOVER", "UNREGISTER"];

/// The folder of what the shell remembers; made if it is not there.
///
/// # Errors
/// There is no home, or the file system refuses.
pub fn state_folder() -> io::Result<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .ok_or(io::ErrorKind::NotFound)?;
    let folder = state.join("reel");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(folder)
}

/// Where the history is kept; made if it is not there.
///
/// # Errors
/// There is no home, or the file system refuses.
pub fn file() -> io::Result<PathBuf> {
    let path = state_folder()?.join("history");
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(path)
}

/// Whether a line may be remembered: it is no log-in, nothing that may have been meant as one,
/// and holds nothing that looks like a digest.
pub fn may_keep(line: &str) -> bool {
    let verb = line.split([' ', '\t', '"', '=']).find(|word| !word.is_empty());
    if verb.is_some_and(|verb| verb.eq_ignore_ascii_case("RAW")) {
        let sent = line.trim_start().get(3..).unwrap_or_default();
        return sent.trim().is_empty() || may_keep(sent);
    }
    let Some(verb) = verb else { return false };
    let secret = |verb: &str| SECRET.iter().any(|s| s.eq_ignore_ascii_case(verb));
    let near = || protocol::near::nearest(verb, SECRET.into_iter()).is_some();
    let known = friendly::find(verb).is_some() || friendly::table(verb).is_some();
    !secret(verb) && (known || !near()) && !has_digest(line)
}

/// 32 hex digits or more in a row.
fn has_digest(line: &str) -> bool {
    line.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_remembered() {
        let digest = "1a79a4d60de6718e8e5b326e338ae533";
        for line in [
            format!("LOGIN anna {digest}"),
            format!("  logn anna {digest}"),
            "login anna".into(),
            "lgoin anna secret".into(),
            "Register anna invite=abc".into(),
            "\"RESUME\" 3q2fQ0Yb0bq6d1X0eK4b7w9tZ1s5v8y2".into(),
            "RESME 3q2fQ0Yb0bq6d1X0eK4b7w9tZ1s5v8y2".into(),
            "passwd".into(),
            "recover anna 7QK2ZP-XW40CN-9M3TGA-5RB8VD".into(),
            format!("STOR 5 {digest}"),
            "raw RESUME 3q2fQ0Yb0bq6d1X0eK4b7w9tZ1s5v8y2".into(),
            " RAW  \"redeem\" 7QK2ZP".into(),
            String::new(),
        ] {
            assert!(!may_keep(&line), "{line}");
        }
        for line in
            ["ls PAID", "get 7 -o x", "frobnicate", "search \"green tea\"", "raw", "raw LIST limit=1", "!ls"]
        {
            assert!(may_keep(line), "{line}");
        }
    }
}
