//! Logging in, registering and changing the password: the verbs that ask for one.

use protocol::command::{Command, Login, Passwd, Recover, Register, Unregister};
use protocol::value::{Secret, Ticket, UserName};

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
    let name = name(given.word(0))?;
    // A server that is not there is told before the password is asked for.
    shell.session.connect()?;
    let password = shell.asker.password(Text::Password, PASSWORD)?;
    let line = Command::Login(Login { name, password }).line();
    let reply = shell.session.order(&line)?;
    Ok(welcome(shell, reply))
}

/// `register NAME [invite=CODE]`.
///
/// # Errors
/// No password, no connection, or a refusal.
pub fn register(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let name = name(given.word(0))?;
    shell.session.connect()?;
    let password = shell.asker.new_password(Text::Password, PASSWORD)?;
    let invite = given.get("invite").map(|code| Ticket(Secret::new(code.to_owned())));
    let line = Command::Register(Register { name, password, invite }).line();
    let reply = shell.session.order(&line)?;
    Ok(welcome(shell, reply))
}

/// `passwd`.
///
/// # Errors
/// No passwords, no connection, or a refusal.
pub fn passwd(shell: &mut Shell) -> Result<Answer, Fault> {
    let old = shell.asker.password(Text::PasswordOld, PASSWORD)?;
    let new = shell.asker.new_password(Text::PasswordNew, NEW_PASSWORD)?;
    let line = Command::Passwd(Passwd { old, new }).line();
    let reply = shell.session.order(&line)?;
    shell.screen.say(Text::PasswordChanged, &[]);
    Ok(Answer { reply, layout: Layout::Silent, more: None })
}

/// `recover NAME [CODE]`: a forgotten password set anew.
///
/// # Errors
/// No code or password, no connection, or a refusal.
pub fn recover(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let name = name(given.word(0))?;
    shell.session.connect()?;
    let code = match given.words.get(1) {
        Some(code) => code.clone(),
        None => shell.asker.hidden(Text::Code)?,
    };
    let code = Ticket(Secret::new(code.trim().to_owned()));
    let password = shell.asker.new_password(Text::PasswordNew, NEW_PASSWORD)?;
    let line = Command::Recover(Recover { name, code, password }).line();
    let reply = shell.session.order(&line)?;
    Ok(welcome(shell, reply))
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
    let lost = [name.as_str(), &fact("balance"), &bought, &fact("member-until")];
    shell.screen.say(Text::Unregistering, &lost);
    // Typed where commands are typed; what a script says it means.
    if !given.has("-y") && (shell.asker.typed || !shell.asker.yes) {
        let typed = shell.asker.line(Text::TypeName).ok_or_else(|| shell.usage(Text::NeedName))??;
        if typed.trim() != who.status.get("user").unwrap_or_default() {
            return Err(shell.usage(Text::OtherNameTyped));
        }
    }
    let password = shell.asker.password(Text::Password, PASSWORD)?;
    let reply = shell.session.order(&Command::Unregister(Unregister { password }).line())?;
    shell.session.forget();
    shell.screen.say(Text::Unregistered, &[&name]);
    Ok(Answer { reply, layout: Layout::Silent, more: None })
}

/// Greets who has just logged in and shows the newest notice.
pub fn welcome(shell: &mut Shell, reply: Reply) -> Answer {
    // Whoever was here before has left the chat rooms.
    shell.talk = Default::default();
    let fact = |key: &str| value(key, reply.status.get(key).unwrap_or("-")).into_owned();
    let facts = [fact("user"), fact("role"), fact("balance"), fact("member-until")];
    shell.screen.say(Text::LoggedInAs, &facts.each_ref().map(String::as_str));
    reply.rows.iter().for_each(|row| shell.screen.notice(row));
    Answer { reply, layout: Layout::Silent, more: None }
}

fn name(word: &str) -> Result<UserName, Fault> {
    let wrong = || Fault::Usage("a name has 2 to 32 characters and no white space".to_owned());
    word.parse().map_err(|_| wrong())
}
