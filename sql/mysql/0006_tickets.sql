-- Events with a fixed number of seats, and who has booked them.

CREATE TABLE IF NOT EXISTS event (
    id         BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    name       VARCHAR(255) NOT NULL,
    seats      BIGINT NOT NULL,
    free       BIGINT NOT NULL CHECK (free >= 0),
    price      BIGINT NOT NULL,
    most       BIGINT NOT NULL,
    starts_at  BIGINT,
    called_off BIGINT NOT NULL DEFAULT 0,
    author     BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    FOREIGN KEY (author) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS booking (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    account BIGINT NOT NULL,
    event   BIGINT NOT NULL,
    seats   BIGINT NOT NULL,
    paid    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    KEY booking_of_account (account, id),
    KEY booking_of_event (event, id),
    KEY booking_of_both (event, account, seats),
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (event) REFERENCES event (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
