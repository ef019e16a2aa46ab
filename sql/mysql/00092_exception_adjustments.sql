-- +goose Up
CREATE TABLE exception_adjustments (
  exception_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  reverses BIGINT NOT NULL,
  linked_payment_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  approval_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  booked_at BIGINT NOT NULL,
  PRIMARY KEY (exception_id, version, kind),
  KEY exception_adjustments_day (merchant_id, mode, day, account_id, kind),
  CONSTRAINT exception_adjustments_amount CHECK (amount <> 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
