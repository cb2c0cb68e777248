//! A database of dictd: an index and what it points into, which may be packed.
#![no_main]

mod entry;

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Arc;

use daemon::service::word::dictd::{Dictd, unpack};
use daemon::service::word::read::Item;
use libfuzzer_sys::fuzz_target;

// The first byte says where the index ends, in sixteenths, and whether the rest is packed.
fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let (index, texts) = rest.split_at(rest.len() * usize::from(first & 15) / 16);
    let texts = match first & 16 {
        0 => file(texts),
        _ => match unpack(file(texts)) {
            Ok(texts) => texts,
            Err(_) => return,
        },
    };
    let mut dictd = Dictd::new(file(index), Arc::new(texts));
    while let Some(item) = dictd.read().expect("read") {
        if let Item::Entry(entry) = item {
            entry::check(&entry);
        }
    }
    assert_eq!(dictd.bytes(), index.len() as u64);
});

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile_in("/dev/shm").expect("a file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("back at its beginning");
    file
}
