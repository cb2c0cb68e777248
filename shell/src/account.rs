//! Logging in, registering and changing the password: the verbs that ask for one.

use protocol::command::{Command, Login, Passwd, Recover, Register, Unregister};
use protocol::value::{PasswordDigest, Secret, Ticket, UserName};

use crate::ask::{NEW_PASSWORD, PASSWORD};
use crate::fault::Fault;
use crate::input::Given;
use crate::link::Reply;
use crate::locale::Text;
use crate::pages;
use crate::shell::Shell;
use crate::show::plain::value;
use crate::show::{Answer, Layout};

/// `login NAME`.
///
/// # Errors
/// No password, no connection, or a refusal.
pub fn login(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let name = name(shell, given.word(0))?;
    // A server that is not there is told before the password is asked for.
    shell.session.connect()?;
    let password = shell.asker.password(Text::Password, PASSWORD)?;
    let line = Command::Login(Login { name, password: password.clone() }).line();
    let reply = shell.session.order(&line)?;
    Ok(begun(shell, reply, &password))
}

/// `register NAME [invite=CODE]`.
///
/// # Errors
/// No password, no connection, or a refusal.
pub fn register(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let name = name(shell, given.word(0))?;
    shell.session.connect()?;
    let password = shell.asker.new_password(Text::Password, PASSWORD)?;
    let invite = given.get("invite").map(|code| Ticket(Secret::new(code.to_owned())));
    let line = Command::Register(Register { name, password: password.clone(), invite }).line();
    let reply = shell.session.order(&line)?;
    Ok(begun(shell, reply, &password))
}

/// `passwd`.
///
/// # Errors
/// No passwords, no connection, or a refusal.
pub fn passwd(shell: &mut Shell) -> Result<Answer, Fault> {
    let old = shell.asker.password(Text::PasswordOld, PASSWORD)?;
    let new = shell.asker.new_password(Text::PasswordNew, NEW_PASSWORD)?;
    let line = Command::Passwd(Passwd { old, new: new.clone() }).line();
    let reply = shell.session.order(&line)?;
    if let Some(name) = shell.session.account().map(|account| account.name.clone()) {
        let renewed = shell.memory.renew(&name, &new);
        unless_kept(shell, renewed);
    }
    shell.screen.say(Text::PasswordChanged, &[]);
    Ok(Answer { reply, layout: Layout::Silent, more: None })
}

/// `recover NAME [CODE]`: a forgotten password set anew.
///
/// # Errors
/// No code or password, no connection, or a refusal.
pub fn recover(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let name = name(shell, given.word(0))?;
    shell.session.connect()?;
    let code = match given.words.get(1) {
        Some(code) => code.clone(),
        None => shell.asker.hidden(Text::Code)?,
    };
    let code = Ticket(Secret::new(code.trim().to_owned()));
    let password = shell.asker.new_password(Text::PasswordNew, NEW_PASSWORD)?;
    let line = Command::Recover(Recover { name, code, password: password.clone() }).line();
    let reply = shell.session.order(&line)?;
    Ok(begun(shell, reply, &password))
}

/// `unregister`: says what is lost, has the name typed, and deletes the account.
///
/// # Errors
/// Somebody thought better of it, no password, no connection, or a refusal.
pub fn unregister(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let who = shell.session.look("WHOAMI")?;
    let fact = |key: &str| value(key, who.status.get(key).unwrap_or("-")).into_owned();
    let bought = pages::count(&mut shell.session, "LIST OWNED limit=1000")?.to_string();
    let name = fact("user");
    let (balance, until) = (fact("balance"), fact("member-until"));
    match until.as_str() {
        "-" => shell.screen.say(Text::Unregistering, &[&name, &balance, &bought]),
        until => shell.screen.say(Text::UnregisteringMember, &[&name, &balance, &bought, until]),
    }
    // Typed where commands are typed; what a script says it means.
    if !given.has("-y") && (shell.asker.typed || !shell.asker.yes) {
        let typed = shell.asker.line(Text::TypeName).ok_or_else(|| shell.usage(Text::NeedName))??;
        if typed.trim() != who.status.get("user").unwrap_or_default() {
            return Err(shell.usage(Text::OtherNameTyped));
        }
    }
    let password = shell.asker.password(Text::Password, PASSWORD)?;
    let reply = shell.session.order(&Command::Unregister(Unregister { password }).line())?;
    gone(shell);
    shell.screen.say(Text::Unregistered, &[&name]);
    Ok(Answer { reply, layout: Layout::Silent, more: None })
}

/// Greets who has just logged in and shows the newest notice.
pub fn welcome(shell: &mut Shell, reply: Reply) -> Answer {
    // Whoever was here before has left the chat rooms.
    shell.talk = Default::default();
    let fact = |key: &str| value(key, reply.status.get(key).unwrap_or("-")).into_owned();
    let (user, role, balance) =
        (fact("user"), shell.screen.tongue.role(&fact("role")).to_owned(), fact("balance"));
    match fact("member-until").as_str() {
        "-" => shell.screen.say(Text::LoggedInAs, &[&user, &role, &balance]),
        until => shell.screen.say(Text::LoggedInMember, &[&user, &role, &balance, until]),
    }
    // A script has not come to read.
    if shell.asker.typed {
        reply.rows.iter().for_each(|row| shell.screen.notice(row));
    }
    keep(shell, None);
    Answer { reply, layout: Layout::Silent, more: None }
}

/// Somebody has logged in with a password.
fn begun(shell: &mut Shell, reply: Reply, password: &PasswordDigest) -> Answer {
    keep(shell, Some(password));
    welcome(shell, reply)
}

fn keep(shell: &mut Shell, password: Option<&PasswordDigest>) {
    match shell.memory.keep(&mut shell.session, password) {
        // For somebody who reads along.
        Ok(true) if shell.screen.draws => shell.screen.say(Text::Remembered, &[]),
        Ok(_) => {}
        Err(fault) => unless_kept(shell, Err(fault)),
    }
}

/// Somebody has logged out, and is forgotten here.
///
/// # Errors
/// What was remembered cannot be removed.
pub fn logged_out(shell: &mut Shell) -> Result<(), Fault> {
    let name = shell.session.account().map(|account| account.name.clone());
    shell.session.forget();
    name.map_or(Ok(()), |name| shell.memory.forget(&name))
}

/// The account is gone, and nothing of it is remembered.
pub fn gone(shell: &mut Shell) {
    if let Some(name) = shell.session.account().map(|account| account.name.clone()) {
        let buried = shell.memory.bury(&name);
        unless_kept(shell, buried);
    }
    shell.session.forget();
}

/// What cannot be remembered is told, and nothing else fails for it.
fn unless_kept(shell: &Shell, result: Result<(), Fault>) {
    if let Err(fault) = result {
        // No document of its own: the command has done what it was to do.
        shell.screen.warn(&fault);
    }
}

fn name(shell: &Shell, word: &str) -> Result<UserName, Fault> {
    word.parse().map_err(|_| shell.usage(Text::BadName))
}
