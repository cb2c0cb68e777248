-- The tables of sqlite/0009_lounge.sql, where they are explained. Every statement may be run again.

CREATE TABLE IF NOT EXISTS lounge_room (
    id        BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    name      VARCHAR(64) NOT NULL,
    folded    VARCHAR(700) NOT NULL UNIQUE,
    spoken_at BIGINT NOT NULL,
    KEY lounge_room_by_silence (spoken_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS lounge_message (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    room    BIGINT NOT NULL,
    account BIGINT NOT NULL,
    role    VARCHAR(16) NOT NULL,
    at      BIGINT NOT NULL,
    text    TEXT NOT NULL,
    KEY lounge_message_of_room (room, id),
    FOREIGN KEY (room) REFERENCES lounge_room (id),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS lounge_mute (
    account BIGINT NOT NULL PRIMARY KEY,
    until   BIGINT,
    why     VARCHAR(255) NOT NULL,
    admin   BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    KEY lounge_mute_by_end (until),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS lounge_report (
    id       BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    at       BIGINT NOT NULL,
    reporter BIGINT NOT NULL,
    message  BIGINT NOT NULL,
    room     VARCHAR(64) NOT NULL,
    account  BIGINT NOT NULL,
    said_at  BIGINT NOT NULL,
    text     TEXT NOT NULL,
    why      VARCHAR(255) NOT NULL,
    UNIQUE KEY lounge_report_once (reporter, message),
    KEY lounge_report_by_time (at),
    FOREIGN KEY (reporter) REFERENCES account (id),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
