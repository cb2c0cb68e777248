//! What is measured: a file a row of the table.

mod download;
mod idle;
mod list;
mod money;
mod noop;
mod resume;
mod small;
mod tail;
mod tls;
mod upload;

use crate::Result;
use crate::lab::Lab;

/// What is better.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More: a rate.
    More,
    /// Less: a time, memory, CPU.
    Less,
}

/// One line of figures of a row.
pub struct Figure {
    /// What is counted.
    pub title: &'static str,
    /// In what.
    pub unit: &'static str,
    /// Which way.
    pub better: Better,
    /// What is aimed at, in words.
    pub target: &'static str,
}

/// A piece of work that several servers do.
pub trait Row {
    /// How it is asked for at the command line.
    fn name(&self) -> &'static str;

    /// What it is.
    fn title(&self) -> &'static str;

    /// What is told of it.
    fn figures(&self) -> &'static [Figure];

    /// Who does it; Reel, or what the others are held against, first.
    fn competitors(&self) -> &'static [&'static str];

    /// How many rounds of it are enough: some take long, or do not wobble.
    fn rounds(&self) -> usize {
        usize::MAX
    }

    /// One round of one of them: figures by their place among [`figures`](Self::figures), none where it
    /// cannot do that.
    ///
    /// # Errors
    /// If it fails; it is left out then.
    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>>;
}

/// All of them, in the order of the table.
pub fn all() -> Vec<Box<dyn Row>> {
    vec![
        Box::new(download::Download::ONE),
        Box::new(download::Download::FOUR),
        Box::new(upload::Upload::PLAIN),
        Box::new(upload::Upload::OPENSSL),
        Box::new(small::Small),
        Box::new(resume::Resume),
        Box::new(noop::Noop),
        Box::new(idle::Idle),
        Box::new(list::List),
        Box::new(tls::Tls),
        Box::new(tail::Tail::default()),
        Box::new(money::Money::default()),
    ]
}
