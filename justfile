# The daily commands; `just` lists them.
_default:
    @just --list

# A club of one's own, with films in it, and the shell
demo *ARGS:
    demo/run {{ARGS}}

# All tests, on SQLite and on MariaDB
test *ARGS:
    tests/run {{ARGS}}

# What CI runs
ci:
    .ci/run

# Writes the generated parts of protocol.md anew
doc:
    REEL_WRITE_DOCS=1 cargo test --quiet --package protocol --test documents

# Licences and advisories of the dependencies (cargo install cargo-deny)
deny:
    cargo deny check

# A chat room of 1,000: how long a message takes to the last of them
bench-lounge *ARGS:
    bench/lounge {{ARGS}}

# Reel beside vsftpd, proftpd, pure-ftpd and nginx: some 15 minutes; `just bench 1 noop small` is quicker
bench *ARGS:
    bench/run {{ARGS}}

# Instructions that NOOP, LIST and RETR take, beside the kept figures
instructions *ARGS:
    bench/instructions {{ARGS}}

# Lists and searches of 1,000 titles beside 1,000,000, and the query plans, on both databases
scale *ARGS:
    bench/scale {{ARGS}}
