//! What both ends of `reel/1` say: the words, the commands, the replies and their framing.
//!
//! Nothing here opens a file or a socket. The daemon and the shell are made from the same
//! table ([`command::TABLE`]), so they cannot disagree about a command.

pub mod code;
pub mod command;
pub mod doc;
pub mod field;
pub mod frame;
pub mod grammar;
pub mod harmless;
pub mod near;
pub mod reply;
pub mod table;
pub mod value;

/// Longest command line in bytes, without its end. Bounds what a stranger can make us buffer.
pub const MAX_LINE: usize = 8192;

/// The port Reel listens on where nothing else is said.
pub const DEFAULT_PORT: u16 = 2121;

/// The port for TLS where nothing else is said.
pub const DEFAULT_TLS_PORT: u16 = 2122;

/// The version of the protocol that the greeting names.
pub const PROTO: u32 = 1;
