//! Logging in, registering and changing the password: the verbs that ask for one.

use protocol::command::{Command, Login, Passwd, Register};
use protocol::grammar::find;
use protocol::value::{Secret, Ticket, UserName};

use crate::ask::{NEW_PASSWORD, PASSWORD};
use crate::fault::Fault;
use crate::input::Given;
use crate::link::Reply;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::plain::{harmless, value};
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

/// Greets who has just logged in and shows the newest notice.
pub fn welcome(shell: &mut Shell, reply: Reply) -> Answer {
    // Whoever was here before has left the chat rooms.
    shell.talk = Default::default();
    let fact = |key: &str| value(key, reply.status.get(key).unwrap_or("-")).into_owned();
    let facts = [fact("user"), fact("role"), fact("balance"), fact("member-until")];
    shell.screen.say(Text::LoggedInAs, &facts.each_ref().map(String::as_str));
    for row in &reply.rows {
        let cell = |key| value(key, find(row, key).unwrap_or_default()).into_owned();
        let text = find(row, "text").unwrap_or_default();
        let text = text.lines().map(harmless).collect::<Vec<_>>().join("\n  ");
        shell.screen.say(Text::Notice, &[&cell("at"), &cell("title"), &text]);
    }
    Answer { reply, layout: Layout::Silent, more: None }
}

fn name(word: &str) -> Result<UserName, Fault> {
    let wrong = || Fault::Usage("a name has 2 to 32 characters and no white space".to_owned());
    word.parse().map_err(|_| wrong())
}
