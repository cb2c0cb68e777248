//! What is shipped beside the program, from the same definitions: the manual page and the completions.

use std::io::{self, Write as _};
use std::path::Path;
use std::str::FromStr;

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use protocol::table::{Gate, Spec};

use crate::cli;
use crate::fault::Fault;
use crate::help;
use crate::locale::{Text, Tongue};

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The manual page, for `man1/reel.1`.
    Man,
    /// Completions.
    Completions(Shell),
}

impl Form {
    /// The words for all of them.
    pub const WORDS: &[&str] = &["man", "bash", "zsh", "fish"];
}

impl FromStr for Form {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "man" => Ok(Form::Man),
            "bash" => Ok(Form::Completions(Shell::Bash)),
            "zsh" => Ok(Form::Completions(Shell::Zsh)),
            "fish" => Ok(Form::Completions(Shell::Fish)),
            _ => Err("expected man, bash, zsh or fish"),
        }
    }
}

/// Writes one of them to standard output.
///
/// # Errors
/// Nobody takes it.
pub fn write(form: Form, tongue: Tongue) -> Result<(), Fault> {
    let text = match form {
        Form::Man => manual(tongue),
        Form::Completions(shell) => Ok(completions(shell, tongue)),
    };
    let written = text.and_then(|text| io::stdout().write_all(text.as_bytes()));
    written.map_err(|error| Fault::file(Path::new("-"), error))
}

/// Names the profiles, one a line.
const NAMES: &str = r"reel --profiles 2>/dev/null | sed -n 's/^\(@[^ ]*\) .*/\1/p'";

fn completions(shell: Shell, tongue: Tongue) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut cli::command(tongue), "reel", &mut out);
    let text = String::from_utf8_lossy(&out).into_owned();
    match shell {
        Shell::Bash => text.replace("complete -F _reel ", "complete -F _reel_or_profile ") + &bash(),
        Shell::Zsh => zsh(&text),
        _ => {
            text + &format!(
                "complete -c reel -n 'string match -q -- \"@*\" (commandline -ct)' -f -a \"({NAMES})\"\n"
            )
        }
    }
}

/// To bash's readline an `@` belongs to the word that is completed, to COMP_WORDS it does not.
fn bash() -> String {
    format!(
        r#"
_reel_or_profile() {{
    if [[ "${{COMP_LINE:0:COMP_POINT}}" =~ (^|[[:space:]])@([^[:space:]]*)$ ]]; then
        COMPREPLY=( $(compgen -P @ -W "$({NAMES} | tr -d @)" -- "${{BASH_REMATCH[2]}}") )
        return 0
    fi
    _reel "$@"
}}
"#
    )
}

/// The argument that is a profile offers the profiles.
fn zsh(text: &str) -> String {
    let function = format!("_reel_profiles() {{\n    compadd -- ${{(f)\"$({NAMES})\"}}\n}}\n\n");
    let lines = text.lines().map(|line| match line.strip_prefix("'::profile") {
        Some(_) => line.replace(":_default'", ":_reel_profiles'"),
        None => line.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    let last = "if [ \"$funcstack[1]\" = \"_reel\" ]; then";
    (lines.join("\n") + "\n").replacen(last, &(function + last), 1)
}

/// Environment variables that are no flag's.
const VARIABLES: &[(&str, Text)] = &[
    ("REEL_PASSWORD", Text::ManPassword),
    ("REEL_NEW_PASSWORD", Text::ManNewPassword),
    ("REEL_BELL", Text::ManBell),
    ("VISUAL, EDITOR", Text::ManEditor),
    ("NO_COLOR, TERM", Text::ManColour),
    ("LC_ALL, LC_MESSAGES, LANG", Text::ManLocale),
    ("DBUS_SESSION_BUS_ADDRESS", Text::ManBus),
];

/// The files.
const FILES: &[(&str, Text)] = &[
    ("$XDG_CONFIG_HOME/reel/config.toml (~/.config/reel/config.toml)", Text::ManConfig),
    ("$XDG_STATE_HOME/reel/secrets.toml (~/.local/state/reel/secrets.toml)", Text::ManSecrets),
    ("$XDG_STATE_HOME/reel/known_servers", Text::ManKnown),
    ("$XDG_STATE_HOME/reel/history", Text::ManHistory),
];

fn manual(tongue: Tongue) -> io::Result<String> {
    let command = cli::command(tongue);
    let man = Man::new(command.clone());
    // Without a date: the same program writes the same page.
    let mut out = format!(".TH REEL 1 \"\" \"reel {}\" Reel\n", env!("CARGO_PKG_VERSION")).into_bytes();
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    let (before, codes) = cli::after(tongue);
    let mut roff = Roff::default();
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(before)]);
    roff.to_writer(&mut out)?;
    man.render_options_section(&mut out)?;
    let mut roff = Roff::default();
    verbs(&mut roff, tongue);
    section(&mut roff, "EXIT STATUS", codes.map(|(code, text)| (code.to_owned(), text.to_owned())));
    let flags = command.get_arguments().filter_map(|arg| {
        let flag = format!("{}--{}", tongue.text(Text::ManAs), arg.get_long()?);
        Some((arg.get_env()?.to_string_lossy().into_owned(), flag))
    });
    let others = VARIABLES.iter().map(|(name, text)| ((*name).to_owned(), tongue.text(*text).to_owned()));
    section(&mut roff, "ENVIRONMENT", flags.chain(others));
    let files = FILES.iter().map(|(name, text)| ((*name).to_owned(), tongue.text(*text).to_owned()));
    section(&mut roff, "FILES", files);
    roff.control("SH", ["EXAMPLES"]);
    for line in [
        "reel --host club.example --tls --user anna --save-profile club",
        "reel @club",
        "reel @club -c 'get 7 -o film.webm -j 4'",
        "reel --generate bash > ~/.local/share/bash-completion/completions/reel",
    ] {
        roff.control("PP", []);
        roff.text([bold(line)]);
    }
    roff.to_writer(&mut out)?;
    let text = String::from_utf8_lossy(&out);
    Ok(text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect())
}

fn verbs(roff: &mut Roff, tongue: Tongue) {
    roff.control("SH", [tongue.text(Text::ManVerbs)]);
    for (gate, head) in
        [(Gate::Guest, Text::ManGuest), (Gate::User, Text::ManUser), (Gate::Admin, Text::ManAdmin)]
    {
        roff.control("SS", [tongue.text(head)]);
        help::every(gate)
            .filter(|(_, spec, _)| spec.gate == gate)
            .for_each(|(usage, spec, own)| verb(roff, &usage, spec, own, tongue));
    }
}

fn verb(roff: &mut Roff, usage: &str, spec: &Spec, own: bool, tongue: Tongue) {
    let names = help::names(spec, own);
    let rest = usage.split_once(' ').map_or(String::new(), |(_, rest)| format!(" {rest}"));
    let mut text = tongue.doc(spec).replace('\n', tongue.space());
    text.push_str(&format!(" {}{}", tongue.text(Text::ManExample), help::lower(spec.example)));
    item(roff, vec![bold(names), roman(rest)], &text);
}

fn section(roff: &mut Roff, head: &str, items: impl Iterator<Item = (String, String)>) {
    roff.control("SH", [head]);
    items.for_each(|(name, text)| item(roff, vec![bold(name)], &text));
}

fn item(roff: &mut Roff, head: Vec<Inline>, text: &str) {
    roff.control("TP", []);
    roff.text(head);
    roff.text([roman(text)]);
}
