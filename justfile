# The daily commands; `just` lists them.
_default:
    @just --list

# A club of one's own, with films in it, and the shell
demo *ARGS:
    demo/run {{ARGS}}

# All tests, on SQLite and on MariaDB
test *ARGS:
    tests/run {{ARGS}}

# kill -9 under load, 200 rounds on each database
kills *ARGS:
    tests/kills {{ARGS}}

# What CI runs
ci:
    .ci/run

# Writes the generated parts of protocol.md and operating.md anew
doc:
    REEL_WRITE_DOCS=1 cargo test --quiet --package protocol --test documents
    REEL_WRITE_DOCS=1 cargo test --quiet --package daemon --test settings

# Licences and advisories of the dependencies (cargo install cargo-deny)
deny:
    cargo deny check

# A while of each fuzz target, and of the model of whole sessions (REEL_MODEL_STEPS says how long)
fuzz *ARGS:
    fuzz/run {{ARGS}}

# What a refused log-in takes, for a name that exists and for one that does not
bench-login *ARGS:
    bench/login {{ARGS}}

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
