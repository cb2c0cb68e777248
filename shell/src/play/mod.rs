//! `play`: somebody's player on a film that is still in the club. It asks for pieces over HTTP, on this machine
//! alone, and they are fetched as it asks for them; no file is left behind.

use std::path::Path;
use std::process::ExitStatus;
use std::thread;

use protocol::value::TitleId;

use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::input::Given;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::Answer;
use crate::show::plain::harmless;
use crate::transfer::place::Title;
use crate::transfer::{Patience, pay, pick, wait};

mod http;
mod player;
mod server;
mod source;

use player::Player;
use server::Server;
use source::Film;

/// `play ID [-y]`.
///
/// # Errors
/// There is no player, the title cannot be had, or the player failed.
pub fn play(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let id: TitleId = given
        .word(0)
        .parse()
        .map_err(|_| Fault::Usage(shell.screen.tongue.fill(Text::Expected, &["the number of a title"])))?;
    // Nobody waits and pays for what cannot be played.
    let player = Player::find().ok_or_else(|| shell.usage(Text::NoPlayer))?;
    let title = pick::one(shell, id.0)?;
    let yes = shell.asker.yes;
    shell.asker.yes |= given.has("-y");
    let settled = settle(shell, &title);
    shell.asker.yes = yes;
    settled?;
    let status = show(shell, &title, &player)?;
    if shell.session.endpoint().cancel.is_cancelled() {
        return Err(Fault::Cancelled);
    }
    if !status.success() {
        let how = status.code().map_or_else(|| status.to_string(), |code| code.to_string());
        let why = shell.screen.tongue.fill(Text::PlayerFailed, &[player.name(), &how]);
        return Err(Fault::File { path: player.name().to_owned(), error: std::io::Error::other(why) });
    }
    Ok(Answer::own(250, "OK", &[("id", &title.id.to_string())]))
}

/// Waits and pays, until the bytes may be had.
fn settle(shell: &mut Shell, title: &Title) -> Result<(), Fault> {
    let mut patience = Patience::default();
    loop {
        let reply = match pay::offer(shell, title) {
            Err(fault) if fault.is_lost() => {
                shell.screen.say(Text::Retrying, &[&fault.to_string()]);
                patience.wait(&shell.session.endpoint().cancel, fault)?;
                continue;
            }
            other => other?,
        };
        match (reply.status.code, reply.status.word.as_str()) {
            (..300, _) => return Ok(()),
            (350, _) => wait::sit_out(shell, &reply)?,
            (552, "NEED_PAY") => pay::pay(shell, title.id, &title.name, reply)?,
            _ => return Err(Fault::Refused(Box::new(reply))),
        }
    }
}

/// Serves the film for as long as the player lives.
fn show(shell: &Shell, title: &Title, player: &Player) -> Result<ExitStatus, Fault> {
    // Its connections end with the player, not with Ctrl-C, which the player hears itself.
    let over = Cancel::default();
    let film = Film::new(title.clone(), shell.session.pass().under(over.clone()));
    let server = Server::open().map_err(|error| Fault::file(Path::new("127.0.0.1"), error))?;
    shell.screen.say(Text::Playing, &[&harmless(&title.name), &harmless(player.name())]);
    let ended = thread::scope(|scope| {
        scope.spawn(|| server.serve(scope, &film, &over));
        let ended =
            player.run(&server.url(), &title.name, shell.asker.typed, &shell.session.endpoint().cancel);
        over.cancel();
        server.wake();
        ended
    });
    match film.fault() {
        Some(fault) => Err(fault),
        None => ended.map_err(|error| Fault::file(Path::new(player.name()), error)),
    }
}
