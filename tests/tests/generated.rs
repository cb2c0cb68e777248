//! What `reel --generate` writes: the manual page and the completions, as their readers take them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tests::{Terminal, program};

fn generated(home: &Path, what: &[&str]) -> String {
    let mut command = Command::new(program("reel"));
    command
        .args(what)
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("REEL_LANG");
    let out = command.stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn the_manual_page_has_every_flag_verb_and_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let page = generated(folder.path(), &["--generate", "man"]);
    let help = generated(folder.path(), &["--help"]);
    let flags = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 4);
    let plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
    let mut count = 0;
    for flag in flags {
        assert!(plain.contains(flag.trim_end_matches(['.', ',', ';'])), "{flag}");
        count += 1;
    }
    assert!(count > 12, "{help}");
    let codes = help.split("Exit codes:").nth(1).unwrap();
    for code in codes.lines().filter_map(|line| line.split_whitespace().next()) {
        assert!(plain.contains(&format!("\n.TP\n{code}\n")), "{code}");
    }
    for verb in ["get", "find, search", "invite", "whoami", "logout"] {
        assert!(plain.contains(verb), "{verb}");
    }
    for word in ["REEL_PASSWORD", "REEL_TLS_PIN", "config.toml", "secrets.toml", "known_servers"] {
        assert!(plain.contains(word), "{word}");
    }
    assert!(generated(folder.path(), &["--lang", "zh", "--generate", "man"]).contains("命令"));
    // What man itself has to say against it, where it is installed.
    fs::write(folder.path().join("reel.1"), &page).unwrap();
    let mandoc =
        Command::new("mandoc").args(["-Tlint", "-Werror", "reel.1"]).current_dir(folder.path()).output();
    match mandoc {
        Ok(out) => assert!(out.status.success(), "{out:?}"),
        Err(_) => eprintln!("NOT RUN: no mandoc here"),
    }
}

#[test]
fn bash_completes_flags_their_words_and_profiles() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    fs::write(home.join("reel.bash"), generated(home, &["--generate", "bash"])).unwrap();
    fs::create_dir_all(home.join(".config/reel")).unwrap();
    fs::write(home.join(".config/reel/config.toml"), "[profiles.club]\n[profiles.cinema]\n").unwrap();
    let path = format!("{}:{}", program("reel").parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("setsid");
    command.args(["--ctty", "bash", "--norc", "--noprofile", "-i"]).current_dir(home);
    command.env("HOME", home).env("PATH", path).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
    command.env("PS1", "ready> ").env_remove("XDG_CONFIG_HOME").env_remove("INPUTRC").env("HISTFILE", "");
    let mut bash = Terminal::start(command, 24, 80);
    bash.wait("ready> ");
    bash.type_("source ./reel.bash\r");
    bash.wait("ready> ");
    for (typed, becomes) in [
        ("reel @cl\t", "reel @club "),
        ("reel --forg\t", "reel --forget-server "),
        ("reel --remember pas\t", "reel --remember password "),
        ("reel @cin\t-c\t", "reel @cinema -c "),
    ] {
        bash.type_(typed);
        bash.wait(becomes);
        bash.type_("\x15");
    }
    bash.type_("exit\r");
    bash.end(0);
}
