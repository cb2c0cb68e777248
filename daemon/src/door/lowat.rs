//! The one socket option that no safe crate sets.

use std::os::fd::{AsFd, AsRawFd};

use libc::{SO_RCVLOWAT, SOL_SOCKET, c_int, setsockopt, socklen_t};

/// Sets SO_RCVLOWAT, socket(7): how many bytes have to be there before a socket counts as readable. Linux counts it so
/// too at the end of input, after an error, and when no more fit into the buffer. 1 is what a socket begins with. A
/// kernel that refuses leaves all as it was, which costs speed and nothing else.
pub fn set(socket: impl AsFd, bytes: usize) {
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    #[allow(clippy::cast_possible_truncation, reason = "4")]
    let length = size_of::<c_int>() as socklen_t;
    // SAFETY: the descriptor is open, because it is borrowed; the pointer is to a local that lives until the call has
    // returned, of the length that is told; the kernel reads from it and keeps nothing of it.
    #[allow(unsafe_code)]
    unsafe {
        setsockopt(socket.as_fd().as_raw_fd(), SOL_SOCKET, SO_RCVLOWAT, (&raw const bytes).cast(), length);
    }
}
