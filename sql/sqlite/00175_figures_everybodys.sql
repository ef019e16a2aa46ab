-- +goose Up
-- The sums of all merchants, of the figures that were counted before these had rows.
INSERT INTO figures (merchant_id, mode, span, starts_at, channel, account_id, method,
  created, created_amount, succeeded, succeeded_amount, closed, failed, late, refunded, paid, paid_amount,
  refunds, refunds_standing, refunds_standing_amount, refunds_succeeded, refunds_succeeded_amount, returned,
  returned_amount, refused)
SELECT '', mode, span, starts_at, channel, '', channel,
  SUM(created), SUM(created_amount), SUM(succeeded), SUM(succeeded_amount), SUM(closed), SUM(failed), SUM(late),
  SUM(refunded), SUM(paid), SUM(paid_amount), SUM(refunds), SUM(refunds_standing), SUM(refunds_standing_amount),
  SUM(refunds_succeeded), SUM(refunds_succeeded_amount), SUM(returned), SUM(returned_amount), SUM(refused)
FROM figures
WHERE merchant_id <> '' AND NOT EXISTS (SELECT 1 FROM figures everybodys WHERE everybodys.merchant_id = '')
GROUP BY mode, span, starts_at, channel;
