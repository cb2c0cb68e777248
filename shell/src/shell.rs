//! The shell without a keyboard: takes a line, does what it says, shows what came of it.

use std::time::Duration;

use protocol::command::{Book, Buy, Command, Info, Member};
use protocol::grammar::find;
use protocol::table::Spec;
use protocol::value::{Money, Opaque, Price, Sort, TitleId};

use crate::account;
use crate::ask::Asker;
use crate::chat::{self, Talk};
use crate::export;
use crate::fault::Fault;
use crate::friendly::{Deed, Own};
use crate::help;
use crate::input::{self, Given, Input, Wire};
use crate::jobs::{self, Jobs};
use crate::key;
use crate::link::Reply;
use crate::local;
use crate::locale::Text;
use crate::memory::Memory;
use crate::notice;
use crate::play;
use crate::ranking;
use crate::raw;
use crate::session::{Note, Session};
use crate::show::{Answer, Layout, Screen};
use crate::stats;
use crate::transfer::{self, pay};
use crate::words;

/// How often a command with a key is given again when its outcome is unknown.
const TRIES: u32 = 4;

/// Whether the shell goes on after a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Next line.
    Go,
    /// Good bye.
    Leave,
}

/// A session, a screen and somebody to ask.
#[derive(Debug)]
pub struct Shell {
    /// The connection and who is logged in.
    pub session: Session,
    /// Where answers appear.
    pub screen: Screen,
    /// Who answers questions.
    pub asker: Asker,
    /// Lines are words to be looked up, and no commands.
    pub words: bool,
    /// Lines go to the server as they are.
    pub raw: bool,
    /// The chat room that is talked in.
    pub talk: Talk,
    /// What runs in the background.
    pub jobs: Jobs,
    /// What is remembered of log-ins.
    pub memory: Memory,
}

impl Shell {
    /// Does what a line says and shows the answer. A fault is for the caller to show.
    ///
    /// # Errors
    /// It could not be done.
    pub fn run(&mut self, line: &str) -> Result<After, Fault> {
        self.session.endpoint().cancel.reset();
        let result = match self.talk.room() {
            Some(_) => chat::line(self, line).map(|answer| answer.map(|answer| (answer, None))),
            None => self.act(line),
        };
        if self.session.endpoint().cancel.is_cancelled() {
            // Ctrl-C has shut it, whatever the command was doing.
            self.session.drop_link();
        }
        self.tell_notes();
        let Some((answer, spec)) = result? else {
            return Ok(After::Go);
        };
        self.screen.answer(&answer, spec);
        // QUIT on the wire ends a connection, and no shell.
        let leaves = answer.reply.status.code == 221 && answer.layout != Layout::Raw;
        Ok(if leaves { After::Leave } else { After::Go })
    }

    /// Tells what happened besides.
    pub fn tell_notes(&mut self) {
        let notes = self.session.notes();
        notes.iter().for_each(|note| self.screen.note(note));
        self.jobs.told().iter().for_each(|line| self.screen.talk(line));
        if self.session.account().is_none() {
            self.talk = Talk::default();
        }
        if notes.iter().any(|note| matches!(note, Note::Resumed)) {
            chat::enter_again(self);
        }
    }

    /// The answer, and the row of the table that says what it looks like.
    fn act(&mut self, line: &str) -> Result<Option<(Answer, Option<&'static Spec>)>, Fault> {
        if self.words {
            let spec = protocol::command::find("DEFINE");
            return words::line(self, line).map(|answer| answer.map(|answer| (answer, spec)));
        }
        if self.raw {
            return raw::line(self, line).map(|answer| answer.map(|answer| (answer, None)));
        }
        match input::read(line, self.screen.tongue)? {
            Input::Nothing => Ok(None),
            Input::Own(own, given) => {
                let spec = own.row();
                self.own(own, &given).map(|answer| Some((answer, spec)))
            }
            Input::Wire(mut wire) => {
                self.talk.aim(&mut wire.command);
                self.wire(&wire).map(|answer| Some((answer, Some(wire.spec))))
            }
        }
    }

    fn own(&mut self, own: &Own, given: &Given) -> Result<Answer, Fault> {
        match own.deed {
            Deed::Login => account::login(self, given),
            Deed::Register => account::register(self, given),
            Deed::Passwd => account::passwd(self),
            Deed::Recover => account::recover(self, given),
            Deed::Unregister => account::unregister(self, given),
            Deed::Export => export::export(self, given),
            Deed::Stats => stats::stats(self, given),
            Deed::Post => notice::post(self, given),
            Deed::Get => transfer::get::get(self, given),
            Deed::Put => transfer::put::put(self, given),
            Deed::Play => play::play(self, given),
            Deed::Jobs => jobs::verbs::list(self),
            Deed::Wait => jobs::verbs::wait(self, given),
            Deed::Cancel => jobs::verbs::cancel(self, given),
            Deed::Words => words::begin(self),
            Deed::Say => chat::say(self, given),
            Deed::Chat => chat::chat(self, given),
            Deed::Top => ranking::first(self, given, Sort::Popular),
            Deed::New => ranking::first(self, given, Sort::New),
            Deed::Raw => raw::raw(self, given),
            Deed::Local => local::run(self, given),
            Deed::Help => help::help(&self.screen, self.session.gate(), given.word(0)),
            Deed::Quit => Ok(self.quit()),
        }
    }

    /// Gives a command of the table.
    ///
    /// # Errors
    /// A refusal, or no connection.
    pub fn wire(&mut self, wire: &Wire) -> Result<Answer, Fault> {
        match &wire.command {
            Command::Retr(_) if !transfer::raw::is_possible(&self.screen) => {
                return Err(self.usage(Text::UseGet));
            }
            Command::Retr(_) => return transfer::raw::retr(self, &wire.command.line()),
            Command::Stor(_) => return Err(self.usage(Text::UsePut)),
            _ => {}
        }
        let reply = self.agreed(wire)?;
        match &wire.command {
            Command::Logout(_) => {
                account::logged_out(self)?;
                self.screen.say(Text::LoggedOut, &[]);
                return Ok(Answer { reply, layout: Layout::Silent, more: None });
            }
            Command::Unregister(_) => account::gone(self),
            Command::Reset(c) => self.screen.say(Text::ResetHint, &[&c.name.to_string()]),
            Command::Invite(_) => self.screen.say(Text::InviteHint, &[]),
            _ => {}
        }
        match wire.command {
            Command::Join(_) => return Ok(chat::entered(self, &wire.command, reply)),
            Command::Leave(_) => chat::left(self, &wire.command),
            _ => {}
        }
        let more = reply.status.get("next").map(|next| {
            let mut line = format!("{} after=", wire.page);
            protocol::grammar::write_word(&mut line, next);
            line
        });
        if reply.status.code == 230 {
            return Ok(account::welcome(self, reply));
        }
        Ok(Answer { reply, layout: layout(wire.spec), more })
    }

    /// Sends a command. Before one spends money for which no price was named, the price is shown and agreed to; where
    /// nobody can be asked only `--yes` agrees.
    fn agreed(&mut self, wire: &Wire) -> Result<Reply, Fault> {
        let key = match &wire.command {
            Command::Buy(Buy { key, .. })
            | Command::Book(Book { key, .. })
            | Command::Member(Member { key, .. }) => key.as_ref().map(|key| key.0.clone()),
            _ => return self.send(wire),
        };
        let key = key.map_or_else(key::fresh, Ok)?;
        let price = Some(Price(Money::ZERO));
        // Said again with the same key it has no second effect either.
        let asking = Some(Opaque(key::behind(&key)));
        let asked = match wire.command.clone() {
            _ if self.asker.yes => return self.send(wire),
            Command::Buy(c) if c.price.is_none() => Command::Buy(Buy { price, key: asking, ..c }),
            Command::Book(c) if c.price.is_none() => Command::Book(Book { price, key: asking, ..c }),
            Command::Member(c) if c.price.is_none() => Command::Member(Member { price, key: asking, ..c }),
            _ => return self.send(wire),
        };
        // For nothing it is had by nobody who has to pay: the refusal says what it costs.
        let refusal = match self.keyed(&asked.line()) {
            Err(Fault::Refused(reply)) if reply.status.word == "PRICE_CHANGED" => reply,
            other => return other,
        };
        let price: Price = refusal
            .status
            .get("price")
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| Fault::Garbled("PRICE_CHANGED without price".to_owned()))?;
        let question = match &wire.command {
            Command::Book(c) => {
                self.screen.tongue.fill(Text::AskSeats, &[&c.seats.to_string(), &price.to_string()])
            }
            _ => self.screen.tongue.fill(Text::AskPrice, &[&price.to_string()]),
        };
        match self.asker.confirm(&question) {
            Some(true) => {}
            Some(false) => return Err(Fault::Cancelled),
            None => {
                self.screen.say(Text::NeedYes, &[&price.to_string()]);
                return Err(pay::unpaid(price));
            }
        }
        let line = format!("{} price={price}", wire.command.line());
        let line = if wire.keyed { line } else { format!("{line} key={key}") };
        self.keyed(&line)
    }

    fn send(&mut self, wire: &Wire) -> Result<Reply, Fault> {
        let line = wire.command.line();
        let takes_key = wire.spec.option("key").is_some();
        if takes_key && !wire.keyed {
            return self.keyed(&format!("{line} key={}", key::fresh()?));
        }
        if takes_key {
            return self.keyed(&line);
        }
        if only_reads(wire.spec) { self.session.look(&line) } else { self.session.order(&line) }
    }

    /// Gives a command with a key until its outcome is known: it has no second effect.
    ///
    /// # Errors
    /// A refusal, or the last of several failures.
    pub fn keyed(&mut self, line: &str) -> Result<Reply, Fault> {
        let mut pause = Duration::from_millis(500);
        for _ in 1..TRIES {
            match self.session.order(line) {
                Err(fault) if fault.is_lost() || fault.is("OUTCOME_UNKNOWN") => {
                    self.screen.say(Text::Retrying, &[&fault.to_string()]);
                }
                Err(Fault::Cancelled) => {
                    // It was on its way, and the same line again would have another key.
                    self.screen.say(Text::LookFirst, &[]);
                    return Err(Fault::Cancelled);
                }
                other => return other,
            }
            if !self.session.endpoint().cancel.sleep(pause) {
                return Err(Fault::Cancelled);
            }
            pause *= 2;
        }
        self.session.order(line)
    }

    /// The row of a title.
    ///
    /// # Errors
    /// There is none, or no connection.
    pub fn info(&mut self, id: i64) -> Result<Vec<(String, String)>, Fault> {
        let line = Command::Info(Info { id: TitleId(id), after: None, limit: None }).line();
        let row = self.session.look(&line)?.rows.into_iter().next();
        row.filter(|row| find(row, "size").is_some())
            .ok_or_else(|| Fault::Garbled("INFO without a row".to_owned()))
    }

    /// A fault that one of the texts describes.
    pub fn usage(&self, text: Text) -> Fault {
        Fault::Usage(self.screen.tongue.text(text).to_owned())
    }

    /// Whether lines are something else than commands until somebody ends it.
    pub fn is_in_a_loop(&self) -> bool {
        self.words || self.raw || self.talk.room().is_some()
    }

    fn quit(&mut self) -> Answer {
        // What they do needs the session that ends here.
        if self.asker.typed {
            jobs::waiting::stop(self)
        } else {
            jobs::waiting::finish(self)
        }
        self.session.leave();
        Answer::own(221, "BYE", &[])
    }
}

fn layout(spec: &Spec) -> Layout {
    match spec.verb {
        "NOTICE" => Layout::Notice,
        "DEFINE" => Layout::Meanings,
        _ if spec.answer.starts_with("one row") => Layout::Card,
        _ => Layout::Table,
    }
}

fn only_reads(spec: &Spec) -> bool {
    spec.answer.starts_with("rows") || spec.answer.starts_with("one row")
}
